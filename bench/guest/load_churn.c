// SPDX-License-Identifier: GPL-2.0
/*
 * File churn: a process makes trees of files on ext4, as if it unpacked an
 * archive, reads each again for its checksum, and deletes the oldest tree.  The
 * kernel writes back what is dirty meanwhile.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "load.h"

#define TREE_FILES	48
#define KEPT_TREES	12
#define MOST_PAGES	32
#define PAGE_WORDS	(PAGE_BYTES / sizeof(uint32_t))

/* So many files between two requests */
#define UNITS		2

static struct worker worker;
static struct lot lot;
static unsigned int tree;

static void file_path(char *path, size_t size, unsigned int of_tree, unsigned int file)
{
	snprintf(path, size, DISK_DIR "/tree%u/file%u", of_tree, file);
}

static void write_file(const char *path, uint32_t seed, unsigned int pages)
{
	static uint32_t words[PAGE_WORDS];
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	size_t i;

	if (fd < 0)
		die("cannot make %s: %s", path, strerror(errno));
	for (i = 0; i < PAGE_WORDS; i++)
		words[i] = test_cma_word(seed, i);
	while (pages--)
		if (write(fd, words, PAGE_BYTES) != (ssize_t)PAGE_BYTES)
			die("cannot write %s: %s", path, strerror(errno));
	close(fd);
}

static void read_file(const char *path, uint32_t seed)
{
	static uint32_t words[PAGE_WORDS];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t i;

	if (fd < 0)
		die("cannot open %s: %s", path, strerror(errno));
	while (read(fd, words, PAGE_BYTES) == (ssize_t)PAGE_BYTES)
		for (i = 0; i < PAGE_WORDS; i++)
			if (words[i] != test_cma_word(seed, i))
				die("%s was damaged", path);
	close(fd);
}

static void make_tree(struct progress *progress)
{
	unsigned int file;
	char path[64];

	snprintf(path, sizeof(path), DISK_DIR "/tree%u", tree);
	if (mkdir(path, 0700))
		die("cannot make %s: %s", path, strerror(errno));
	for (file = 0; file < TREE_FILES; file++) {
		file_path(path, sizeof(path), tree, file);
		write_file(path, tree * TREE_FILES + file + 1,
			   1 + draw_below(&lot, MOST_PAGES));
		progress->done++;
	}
}

static void sum_tree(struct progress *progress)
{
	unsigned int file;
	char path[64];

	for (file = 0; file < TREE_FILES; file++) {
		file_path(path, sizeof(path), tree, file);
		read_file(path, tree * TREE_FILES + file + 1);
		progress->done++;
	}
}

static void delete_tree(unsigned int old)
{
	unsigned int file;
	char path[64];

	for (file = 0; file < TREE_FILES; file++) {
		file_path(path, sizeof(path), old, file);
		unlink(path);
	}
	snprintf(path, sizeof(path), DISK_DIR "/tree%u", old);
	if (rmdir(path))
		die("cannot delete %s: %s", path, strerror(errno));
}

static void churn(struct progress *progress)
{
	int fd = open(DISK_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	make_tree(progress);
	syncfs(fd);
	close(fd);
	sum_tree(progress);
	if (tree >= KEPT_TREES)
		delete_tree(tree - KEPT_TREES);
	tree++;
}

static void churn_start(unsigned int number)
{
	(void)number;
	keep_cpu_awake();
	lot = job_lot();
	worker_start(&worker, "churn", churn);
	worker_wait(&worker, 2UL * KEPT_TREES * TREE_FILES);
}

static void churn_settle(size_t displaced)
{
	(void)displaced;
	worker_wait(&worker, UNITS);
}

const struct load load_churn = {
	.name = "churn",
	.start = churn_start,
	.settle = churn_settle,
};
