// SPDX-License-Identifier: GPL-2.0
/*
 * Files that are written, read, mapped, cut and deleted, on ext4 and on tmpfs, and
 * read and written around the page cache. Each worker has a directory of its own,
 * and knows what is in each of its files.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "soak.h"

#define NR_FILES	24
#define CHUNK		(64 * 1024)

/**
 * struct file - a file
 * @size: how long it is; 0 if there is none
 * @seed: the pattern that it carries
 */
struct file {
	size_t size;
	uint32_t seed;
};

/* What a predecessor has left behind is gone then. */
static void enter_directory(const char *where)
{
	char path[64];
	unsigned int i;

	snprintf(path, sizeof(path), "%s/worker%u", where, me->number);
	if (mkdir(path, 0700) && errno != EEXIST)
		die("cannot make %s: %s", path, strerror(errno));
	if (chdir(path))
		die("cannot enter %s: %s", path, strerror(errno));
	for (i = 0; i < NR_FILES; i++) {
		snprintf(path, sizeof(path), "%u", i);
		unlink(path);
	}
}

static int open_file(unsigned int i, int flags)
{
	char path[16];
	int fd;

	snprintf(path, sizeof(path), "%u", i);
	fd = open(path, flags | O_CLOEXEC, 0600);
	if (fd < 0)
		wrong("cannot open file %u: %s", i, strerror(errno));
	return fd;
}

static void forget(struct file *file, unsigned int i)
{
	char path[16];

	snprintf(path, sizeof(path), "%u", i);
	unlink(path);
	file->size = 0;
}

/* False if there is no room for it. */
static bool write_all(int fd, const char *addr, size_t size)
{
	ssize_t done;

	while (size) {
		done = write(fd, addr, size < CHUNK ? size : CHUNK);
		if (done <= 0) {
			if (errno != ENOSPC && errno != ENOMEM)
				wrong("cannot write a file: %s", strerror(errno));
			return false;
		}
		addr += done;
		size -= done;
	}
	return true;
}

static void make_file(struct file *file, unsigned int i, size_t most, char *room)
{
	int fd = open_file(i, O_RDWR | O_CREAT | O_TRUNC);

	if (fd < 0)
		return;
	file->size = random_size(most / PAGE) * PAGE;
	file->seed = new_seed();
	cma_fill(room, file->size, file->seed);
	if (!write_all(fd, room, file->size))
		forget(file, i);
	else if (random_one_in(4) && fsync(fd))
		wrong("fsync: %s", strerror(errno));
	else if (random_one_in(4))
		posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	close(fd);
}

static void check_mapped(const struct file *file, int fd)
{
	void *addr = mmap(NULL, file->size, PROT_READ, MAP_SHARED, fd, 0);

	if (addr == MAP_FAILED) {
		wrong("cannot map a file: %s", strerror(errno));
		return;
	}
	pattern_check(addr, file->size, file->seed, "a mapped file");
	munmap(addr, file->size);
}

static void check_read(const struct file *file, int fd, char *room)
{
	size_t got = 0;
	ssize_t part;

	while (got < file->size) {
		part = read(fd, room + got, file->size - got);
		if (part <= 0) {
			wrong("only %zu of %zu bytes of a file are there: %s", got, file->size,
			      part ? strerror(errno) : "it ends");
			return;
		}
		got += part;
	}
	pattern_check(room, file->size, file->seed, "a file");
}

static void check_file(const struct file *file, unsigned int i, char *room)
{
	int fd = open_file(i, O_RDONLY);

	if (fd < 0)
		return;
	if (random_one_in(2))
		check_mapped(file, fd);
	else
		check_read(file, fd, room);
	close(fd);
}

/* Written anew through a mapping */
static void rewrite(struct file *file, unsigned int i)
{
	int fd = open_file(i, O_RDWR);
	void *addr;

	if (fd < 0)
		return;
	addr = mmap(NULL, file->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (addr != MAP_FAILED) {
		file->seed = new_seed();
		cma_fill(addr, file->size, file->seed);
		munmap(addr, file->size);
	}
	close(fd);
}

static void cut_file(struct file *file, unsigned int i)
{
	size_t size = random_between(1, file->size / PAGE) * PAGE;
	char path[16];

	snprintf(path, sizeof(path), "%u", i);
	if (truncate(path, size))
		wrong("cannot cut a file to %zu bytes: %s", size, strerror(errno));
	else
		file->size = size;
}

static void churn(const char *where, size_t most)
{
	struct file files[NR_FILES] = { 0 };
	char *room = map_anon(most);
	unsigned int i;

	enter_directory(where);
	while (!must_stop()) {
		i = random_below(NR_FILES);
		if (!files[i].size) {
			make_file(&files[i], i, most, room);
			continue;
		}
		check_file(&files[i], i, room);
		switch (random_below(4)) {
		case 0:
			forget(&files[i], i);
			break;
		case 1:
			rewrite(&files[i], i);
			break;
		case 2:
			cut_file(&files[i], i);
		}
	}
	for (i = 0; i < NR_FILES; i++) {
		if (files[i].size)
			check_file(&files[i], i, room);
		forget(&files[i], i);
	}
}

void churn_files(void)
{
	churn("/disk", 4 * MB);
}

void churn_tmpfs(void)
{
	churn("/tmp", soak->ram_mib * MB / 16 / NR_FILES / PAGE * PAGE);
}

static bool move_directly(int fd, char *addr, size_t size, off_t offset, bool writes)
{
	ssize_t done = writes ? pwrite(fd, addr, size, offset) : pread(fd, addr, size, offset);

	if (done == (ssize_t)size)
		return true;
	if (errno != ENOMEM)
		wrong("direct I/O: %zd of %zu bytes: %s", done, size, strerror(errno));
	return false;
}

#define DIRECT_SIZE	(4 * MB)
#define DIRECT_PIECE	(256 * 1024)
#define DIRECT_PIECES	(DIRECT_SIZE / DIRECT_PIECE)

/* From and to anonymous memory that is new each time, in pieces of a file */
void do_direct_io(void)
{
	uint32_t seeds[DIRECT_PIECES] = { 0 };
	unsigned int i;
	char *room;
	int fd;

	enter_directory("/disk");
	fd = open_file(0, O_RDWR | O_CREAT | O_TRUNC | O_DIRECT);
	if (fd < 0 || ftruncate(fd, DIRECT_SIZE))
		die("no file for direct I/O: %s", strerror(errno));
	while (!must_stop()) {
		i = random_below(DIRECT_PIECES);
		room = map_anon(DIRECT_PIECE);
		if (random_one_in(2)) {
			seeds[i] = new_seed();
			cma_fill(room, DIRECT_PIECE, seeds[i]);
			if (!move_directly(fd, room, DIRECT_PIECE, i * DIRECT_PIECE, true))
				die("a piece of a file is half written");
		} else if (move_directly(fd, room, DIRECT_PIECE, i * DIRECT_PIECE, false)) {
			pattern_check(room, DIRECT_PIECE, seeds[i], "a file that is read directly");
		}
		munmap(room, DIRECT_PIECE);
	}
	close(fd);
	unlink("0");
}
