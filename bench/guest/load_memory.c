// SPDX-License-Identifier: GPL-2.0
/*
 * Anonymous memory, and pages of it that somebody holds.
 *
 * The memory is a ring: what comes first is given back first, and other pages
 * are taken instead, as in a process that lives.  After a request the kernel so
 * decides anew where as much memory is to be as the request had displaced.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "load.h"

/* This much is taken before as much is given back: less than is ever free */
#define STEP_PAGES	64UL

#define MAX_HELD	1024

/* The ring: @nr_pages from @first on are there, of @room in all */
static struct {
	char *base;
	unsigned long room;
	unsigned long first;
	unsigned long nr_pages;
} ring;

/* Pages that pipes hold, where they are, and the pipes' ends for reading */
static struct {
	unsigned int nr_pages;
	unsigned long pfn[MAX_HELD];
	int pipe[MAX_HELD];
	struct lot lot;
} held;

static char *ring_page(unsigned long i)
{
	return ring.base + (ring.first + i) % ring.room * PAGE_BYTES;
}

/* A page carries the number of its place, which stays when it is moved. */
static void take_page(char *page)
{
	*(volatile uint32_t *)page = (page - ring.base) / PAGE_BYTES + 1;
}

static void check_page(char *page)
{
	uint32_t word = *(volatile uint32_t *)page;

	if (word != (page - ring.base) / PAGE_BYTES + 1)
		die("anonymous memory was damaged: %#x instead of %#lx", word,
		    (unsigned long)(page - ring.base) / PAGE_BYTES + 1);
}

static void anon_start(unsigned int percent)
{
	unsigned long i;

	ring.nr_pages = read_keyed("/proc/meminfo", "MemTotal:") / 4 * percent / 100;
	ring.room = ring.nr_pages + STEP_PAGES;
	ring.base = mmap(NULL, ring.room * PAGE_BYTES, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (ring.base == MAP_FAILED)
		die("cannot take %u %% of all memory: %s", percent, strerror(errno));
	/* Workers that are started later do not share it. */
	madvise(ring.base, ring.room * PAGE_BYTES, MADV_DONTFORK);
	for (i = 0; i < ring.nr_pages; i++)
		take_page(ring_page(i));
}

static void anon_settle(size_t displaced)
{
	unsigned long left = displaced / PAGE_BYTES;

	while (left--) {
		take_page(ring_page(ring.nr_pages));
		check_page(ring_page(0));
		madvise(ring_page(0), PAGE_BYTES, MADV_DONTNEED);
		ring.first++;
	}
}

static void anon_round(void)
{
	unsigned long there = read_keyed("/proc/meminfo", "AnonPages:") / 4;

	/* The kernel counts in batches on each CPU: one in a hundred may be missing. */
	if (there < ring.nr_pages - ring.nr_pages / 100)
		die("there are %lu pages of anonymous memory instead of %lu", there, ring.nr_pages);
}

const struct load load_anon = {
	.name = "anon",
	.start = anon_start,
	.round = anon_round,
	.settle = anon_settle,
};

static void hold_page(unsigned int i)
{
	char *page = ring_page(draw_below(&held.lot, ring.nr_pages));
	struct iovec piece = { .iov_base = page, .iov_len = PAGE_BYTES };
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		die("cannot make a pipe: %s", strerror(errno));
	if (vmsplice(ends[1], &piece, 1, 0) != (ssize_t)PAGE_BYTES)
		die("cannot put a page into a pipe: %s", strerror(errno));
	close(ends[1]);
	held.pipe[i] = ends[0];
	held.pfn[i] = pfn_of(page);
}

static void held_start(unsigned int nr_pages)
{
	if (!ring.nr_pages || nr_pages > MAX_HELD)
		die("held=%u: needs anon before it, and at most %u pages", nr_pages, MAX_HELD);
	held.lot = job_lot();
	held.nr_pages = nr_pages;
	memset(held.pipe, -1, sizeof(held.pipe));
}

/* Others are held in each round: one layout would tell of itself only. */
static void held_round(void)
{
	unsigned int i;

	for (i = 0; i < held.nr_pages; i++) {
		if (held.pipe[i] >= 0)
			close(held.pipe[i]);
		hold_page(i);
	}
}

static bool is_held(unsigned long pfn, unsigned long nr_pages)
{
	unsigned int i;

	for (i = 0; i < held.nr_pages; i++)
		if (held.pfn[i] - pfn < nr_pages)
			return true;
	return false;
}

/* Windows begin where a buffer of at least 1 MiB may: CONFIG_CMA_ALIGNMENT is 8. */
bool held_leaves_window(const struct area *area, unsigned long pages)
{
	unsigned char *taken = malloc(area->pages);
	unsigned long i;
	bool found = false;

	area_allocated(area, taken);
	for (i = 0; !found && i + pages <= area->pages; i += MIB_PAGES)
		found = !memchr(taken + i, 1, pages) && !is_held(area->base_pfn + i, pages);
	free(taken);
	return found;
}

const struct load load_held = {
	.name = "held",
	.start = held_start,
	.round = held_round,
};
