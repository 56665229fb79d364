// SPDX-License-Identifier: GPL-2.0
/*
 * Clean page cache in the way: the area is full of a file that was read.
 *
 *	lat_cache WORKLOAD PAGES...
 *
 * Makes a file as large as the area on the file system on /disk, and reads it into
 * the area before each request. Cells: take-N; load-N, what of the area was free
 * nevertheless; file, pages that did not read as written.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/kernel-page-flags.h>

#include "bench_util.h"
#include "job.h"
#include "lat_lend.h"

#define ROUNDS	5
#define FILE_	"/disk/lat_cache"
#define CHUNK	MIB

static uint32_t chunk_words[CHUNK / sizeof(uint32_t)];

static void fill_chunk(uint32_t seed)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(chunk_words); i++)
		chunk_words[i] = test_cma_word(seed, i);
}

static int open_file(int flags)
{
	int fd = open(FILE_, flags | O_CLOEXEC, 0600);

	if (fd < 0)
		die("cannot open " FILE_ ": %s", strerror(errno));
	return fd;
}

static void make_file(unsigned long chunks)
{
	int fd = open_file(O_WRONLY | O_CREAT | O_TRUNC);
	unsigned long i;

	for (i = 0; i < chunks; i++) {
		fill_chunk(i + 1);
		if (write(fd, chunk_words, CHUNK) != (ssize_t)CHUNK)
			die("cannot write " FILE_ ": %s", strerror(errno));
	}
	if (fsync(fd))
		die("cannot write " FILE_ ": %s", strerror(errno));
	close(fd);
	drop_caches();
}

static void read_chunk(int fd)
{
	if (read(fd, chunk_words, CHUNK) != (ssize_t)CHUNK)
		die("cannot read " FILE_ ": %s", strerror(errno));
}

static void read_file(unsigned long chunks)
{
	int fd = open_file(O_RDONLY);
	unsigned long i;

	for (i = 0; i < chunks; i++)
		read_chunk(fd);
	close(fd);
}

static unsigned long bad_pages(unsigned long chunks)
{
	int fd = open_file(O_RDONLY);
	unsigned long i, page, bad = 0;
	static uint32_t want[CHUNK / sizeof(uint32_t)];

	for (i = 0; i < chunks; i++) {
		fill_chunk(i + 1);
		memcpy(want, chunk_words, CHUNK);
		read_chunk(fd);
		for (page = 0; page < CHUNK; page += PAGE_BYTES)
			bad += !!memcmp((char *)want + page, (char *)chunk_words + page,
					PAGE_BYTES);
	}
	close(fd);
	return bad;
}

/* How much of the area is free, and how much of that in one piece */
static void print_load(const struct area *area, unsigned long pages, uint64_t *flags)
{
	unsigned long page, nr_free = 0, run = 0, longest = 0;
	const char *cell = cell_name("load-%lu", pages);

	area_flags(area, flags);
	for (page = 0; page < area->pages; page++) {
		bool is_free = flags[page] >> KPF_BUDDY & 1;

		nr_free += is_free;
		run = is_free ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	print_value(cell, "free_before", nr_free, "pages");
	print_value(cell, "free_in_one_piece", longest, "pages");
}

static void one_round(const struct area *area, unsigned long pages, unsigned int round,
		      uint64_t *flags)
{
	struct memory outside;
	uint64_t took, gave;
	int err;

	lend_begin(area, &outside);
	read_file(area->pages / MIB_PAGES);
	lend_end(&outside);
	print_load(area, pages, flags);
	err = area_take(area, pages, &took);
	print_request(cell_name("take-%lu", pages), round, !err, took);
	if (!err)
		area_give(area, pages, &gave);
	memory_give(&outside);
}

int main(int argc, char **argv)
{
	unsigned long chunks;
	struct area area;
	uint64_t *flags;
	int arg, round;

	if (argc < 3)
		die("usage: lat_cache WORKLOAD PAGES...");
	workload = argv[1];
	area_open(&area);
	chunks = area.pages / MIB_PAGES;
	flags = malloc(area.pages * sizeof(*flags));
	make_file(chunks);
	for (arg = 2; arg < argc; arg++) {
		unsigned long pages = strtoul(argv[arg], NULL, 10);

		if (!job_wants(cell_name("take-%lu", pages)))
			continue;
		for (round = 0; round < ROUNDS; round++)
			one_round(&area, pages, round, flags);
	}
	print_value("file", "damaged", bad_pages(chunks), "pages");
	unlink(FILE_);
	return 0;
}
