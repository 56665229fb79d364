// SPDX-License-Identifier: GPL-2.0
/*
 * The driver's turn: buffers from dma_alloc_coherent(), through lib/test_cma.c.
 * They are held together, written and read from both sides, and given back.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "test_cma_uapi.h"

#include "demo.h"

/*
 * They are held together and the largest comes last: there is room for it in one
 * piece only if the small ones were placed with care.
 */
static const unsigned int sizes_mib[] = { 1, 2, 4, 8, 32 };

#define NR_BUFFERS	(sizeof(sizes_mib) / sizeof(sizes_mib[0]))

/* What the two sides write; any two patterns that differ */
#define SEED_KERNEL	0x6b
#define SEED_USER	0x75

/* What went wrong in a round: bits of the exit status */
enum {
	WRONG_NOTHING	= 0,
	WRONG_REFUSED	= 1 << 1,
	WRONG_ADDRESS	= 1 << 2,
	WRONG_DATA	= 1 << 3,
};

/**
 * struct pages - what became of the pages that stood in the way
 * @moved: pages migrated
 * @dropped: pages of clean page cache dropped
 * @free: pages that were free already
 *
 * NO_FIGURE where the kernel does not count that.
 */
struct pages {
	long moved;
	long dropped;
	long free;
};

static struct pages count_pages(const struct area *area)
{
	struct pages pages = {
		.moved = area_counter(area, "pages_migrated"),
		.dropped = area_counter(area, "pages_dropped"),
		.free = area_counter(area, "pages_captured"),
	};

	/* The stock kernel has this one figure, for all that moves pages. */
	if (pages.moved == NO_FIGURE)
		pages.moved = keyed_figure("/proc/vmstat", "pgmigrate_success");
	return pages;
}

static void print_difference(int width, long before, long after)
{
	if (before == NO_FIGURE)
		printf(" %*s", width, "-");
	else
		printf(" %*ld", width, after - before);
}

static void print_head(void)
{
	printf("\n%s  round    size  physical address   %9s %9s %13s %9s%s\n", ink(INK_BOLD),
	       "moved", "dropped", "already free", "time", ink(INK_NONE));
}

static void print_row(const struct test_cma_alloc *req,
		      const struct pages *before, const struct pages *after)
{
	printf("%3u MiB  %08llx-%08llx", (unsigned int)(req->size / MIB),
	       (unsigned long long)req->phys,
	       (unsigned long long)(req->phys + req->size - 1));
	print_difference(9, before->moved, after->moved);
	print_difference(9, before->dropped, after->dropped);
	print_difference(13, before->free, after->free);
	printf(" %6.1f ms\n", req->time_ns / 1e6);
}

static int check_address(const struct area *area, const struct test_cma_alloc *req)
{
	uint64_t base = (uint64_t)area->base_pfn * PAGE_BYTES;
	uint64_t end = base + (uint64_t)area->nr_pages * PAGE_BYTES;

	if (req->contiguous < req->size) {
		complain("only the first %llu bytes of the buffer are contiguous",
			 (unsigned long long)req->contiguous);
		return WRONG_ADDRESS;
	}
	if (req->phys < base || req->phys + req->size > end) {
		complain("the buffer is outside of the area");
		return WRONG_ADDRESS;
	}
	return WRONG_NOTHING;
}

/* Takes one buffer and prints its row, the first column of which is done. */
static int take(int fd, const struct area *area, struct test_cma_alloc *req)
{
	struct pages before = count_pages(area), after;

	if (ioctl(fd, TEST_CMA_ALLOC, req)) {
		printf("%3u MiB  %srefused: %s%s\n", (unsigned int)(req->size / MIB),
		       ink(INK_RED), strerror(errno), ink(INK_NONE));
		return WRONG_REFUSED;
	}
	after = count_pages(area);
	print_row(req, &before, &after);
	return check_address(area, req);
}

static size_t count_bad(const uint32_t *words, size_t nr_words)
{
	size_t i, bad = 0;

	for (i = 0; i < nr_words; i++)
		bad += words[i] != test_cma_word(SEED_KERNEL, i);
	return bad;
}

static void fill(uint32_t *words, size_t nr_words)
{
	size_t i;

	for (i = 0; i < nr_words; i++)
		words[i] = test_cma_word(SEED_USER, i);
}

/* The kernel writes and the process reads, then the other way about. */
static int check_data(int fd, const struct test_cma_alloc *req)
{
	struct test_cma_data data = { .id = req->id, .seed = SEED_KERNEL };
	size_t nr_words = req->size / sizeof(uint32_t), bad;
	uint32_t *words;

	words = mmap(NULL, req->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		     (off_t)(req->id * PAGE_BYTES));
	if (words == MAP_FAILED)
		die("cannot map a buffer: %s", strerror(errno));
	if (ioctl(fd, TEST_CMA_FILL, &data))
		die("the driver cannot fill a buffer: %s", strerror(errno));
	bad = count_bad(words, nr_words);

	fill(words, nr_words);
	data.seed = SEED_USER;
	if (ioctl(fd, TEST_CMA_CHECK, &data))
		die("the driver cannot check a buffer: %s", strerror(errno));
	munmap(words, req->size);

	if (!bad && !data.bad_words)
		return WRONG_NOTHING;
	complain("of %zu words the process misread %zu, the driver %llu", nr_words,
		 bad, (unsigned long long)data.bad_words);
	return WRONG_DATA;
}

static void give_back(int fd, const struct test_cma_alloc *req)
{
	struct test_cma_free done = { .id = req->id };

	if (ioctl(fd, TEST_CMA_FREE, &done))
		die("cannot free a buffer: %s", strerror(errno));
}

int take_round(const struct area *area, unsigned int round, bool with_map)
{
	struct test_cma_alloc reqs[NR_BUFFERS] = { 0 };
	int wrong = WRONG_NOTHING;
	unsigned int i;
	int fd;

	fd = open(TEST_CMA_DEVICE, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		die("cannot open " TEST_CMA_DEVICE ": %s", strerror(errno));
	/* The maps of the first round part its rows from those that follow. */
	if (round <= 2)
		print_head();
	for (i = 0; i < NR_BUFFERS; i++) {
		if (i)
			printf("%9s", "");
		else
			printf("%7u  ", round);
		reqs[i].size = sizes_mib[i] * MIB;
		wrong |= take(fd, area, &reqs[i]);
	}
	for (i = 0; i < NR_BUFFERS; i++)
		if (reqs[i].id)
			wrong |= check_data(fd, &reqs[i]);
	if (with_map)
		map_draw(area, "While the driver has its buffers");
	for (i = 0; i < NR_BUFFERS; i++)
		if (reqs[i].id)
			give_back(fd, &reqs[i]);
	close(fd);
	return wrong;
}
