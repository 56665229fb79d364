// SPDX-License-Identifier: GPL-2.0
/*
 * Pages that are held all over the area: a buffer is had whenever there is a place
 * for it without any of them, and not otherwise.
 *
 * The test knows where that is: it holds the pages itself, reads where they are
 * from /proc/self/pagemap and what is allocated from debugfs.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "cma_util.h"

#define HELD		64
#define TRIES		5
#define MAX_BUFFERS	1024

/* Buffers of a megabyte and more begin at a multiple of one: CMA_ALIGNMENT */
#define ALIGN_PAGES	(MB / PAGE)

/**
 * struct held - a page of lent memory that is held
 * @id: the object that does
 * @pfn: where it is
 */
struct held {
	__u32 id;
	unsigned long pfn;
};

FIXTURE(held)
{
	struct cma_env env;
	struct cma_lent lent;
	struct held held[HELD];
	bool *blocked;
};

FIXTURE_VARIANT(held)
{
	unsigned int seed;
};

FIXTURE_VARIANT_ADD(held, here) {
	.seed = 1,
};

FIXTURE_VARIANT_ADD(held, there) {
	.seed = 2,
};

static bool hold_page(struct cma_env *env, char *addr, struct held *held)
{
	struct test_cma_alloc req;

	held->pfn = cma_pfn_of(addr);
	if (!cma_in_area(&env->area, held->pfn) ||
	    cma_hold(env, TEST_CMA_PIN, addr, PAGE, 0, &req))
		return false;
	held->id = req.id;
	return true;
}

/* Rather at one end of memory than at the other */
static char *pick_page(const struct cma_lent *lent, unsigned int *seed)
{
	unsigned int pages = lent->size / PAGE, i = rand_r(seed) % pages;

	i = (unsigned long long)i * (rand_r(seed) % pages) / pages;
	return lent->addr + i * PAGE;
}

static bool hold_pages(struct cma_env *env, const struct cma_lent *lent,
		       struct held *held, unsigned int seed)
{
	unsigned int count = 0, tries;

	for (tries = 0; tries < 100 * HELD && count < HELD; tries++)
		count += hold_page(env, pick_page(lent, &seed), &held[count]);
	return count == HELD;
}

FIXTURE_SETUP(held)
{
	struct cma_area *area = &self->env.area;
	size_t i;

	if (!cma_env_open(&self->env))
		SKIP(return, "%s", self->env.why_not);
	cma_drop_caches();
	ASSERT_TRUE(cma_lend(&self->env, &self->lent));
	ASSERT_TRUE(hold_pages(&self->env, &self->lent, self->held, variant->seed));
	self->blocked = calloc(area->pages, sizeof(bool));
	ASSERT_TRUE(!!self->blocked);
	ASSERT_EQ(area->pages, cma_area_bitmap(area, self->blocked, area->pages));
	for (i = 0; i < HELD; i++)
		self->blocked[self->held[i].pfn - area->base_pfn] = true;
}

FIXTURE_TEARDOWN(held)
{
	EXPECT_TRUE(cma_check(self->lent.addr, self->lent.size, CMA_LENT_SEED));
	EXPECT_TRUE(cma_env_close(&self->env));
}

/* The oracle: is there a place for a buffer that nothing blocks? */
static bool there_is_room(const struct cma_area *area, const bool *blocked,
			  unsigned long pages)
{
	unsigned long start = -area->base_pfn % ALIGN_PAGES;

	for (; start + pages <= area->pages; start += ALIGN_PAGES)
		if (!memchr(blocked + start, true, pages))
			return true;
	return false;
}

/* The buffer takes its place; false when that was no place for it. */
static bool occupy(const struct cma_area *area, bool *blocked,
		   const struct test_cma_alloc *req)
{
	unsigned long start = req->phys / PAGE - area->base_pfn, pages = req->size / PAGE;

	if (!cma_object_in_area(area, req) || memchr(blocked + start, true, pages))
		return false;
	memset(blocked + start, true, pages);
	return true;
}

/**
 * struct reads - reads of a page each that a slow disk takes seconds for
 * @context: what the kernel calls them
 * @fd: the disk, past the page cache
 * @count: how many
 * @done: how many are done
 */
struct reads {
	aio_context_t context;
	int fd;
	int count;
	int done;
};

static bool reads_begin(struct reads *reads)
{
	*reads = (struct reads){ };
	reads->fd = open(CMA_SLOW_DISK, O_RDONLY | O_DIRECT | O_CLOEXEC);
	return reads->fd >= 0 && !syscall(SYS_io_setup, HELD, &reads->context);
}

static bool read_page(struct reads *reads, char *addr)
{
	struct iocb read = {
		.aio_lio_opcode = IOCB_CMD_PREAD, .aio_fildes = reads->fd,
		.aio_buf = (uintptr_t)addr, .aio_nbytes = PAGE,
		/* Not one behind the other, or they would become one request. */
		.aio_offset = reads->count * 2 * PAGE,
	}, *one = &read;

	if (syscall(SYS_io_submit, reads->context, 1, &one) != 1)
		return false;
	reads->count++;
	return true;
}

/* Waits until so many more of them are done. */
static void reads_wait(struct reads *reads, int count)
{
	struct io_event events[HELD];
	int got = syscall(SYS_io_getevents, reads->context, count, HELD, events, NULL);

	reads->done += got > 0 ? got : 0;
}

static bool reads_end(struct reads *reads)
{
	reads_wait(reads, reads->count - reads->done);
	syscall(SYS_io_destroy, reads->context);
	close(reads->fd);
	return reads->done == reads->count;
}

/* What is held otherwise stays so. */
static bool are_held(struct reads *reads)
{
	if (reads)
		reads_wait(reads, 0);
	return !reads || !reads->done;
}

/*
 * How many buffers of that size were had, until there was no room or the pages were
 * held no longer; -1 on failure
 */
static int fill_up(struct cma_env *env, const bool *blocked_before, size_t size,
		   struct reads *reads)
{
	static struct test_cma_alloc req[MAX_BUFFERS];
	struct cma_area *area = &env->area;
	bool *blocked = malloc(area->pages), room = true;
	int count = 0, had = 0, i, ret = 0;

	memcpy(blocked, blocked_before, area->pages);
	while (had >= 0 && room) {
		room = there_is_room(area, blocked, size / PAGE);
		ret = cma_alloc_dma(env, size, room ? 0 : TEST_CMA_NOWARN, &req[count]);
		count += !ret;
		if (!are_held(reads))
			break;
		if (room == !ret && (!room || occupy(area, blocked, &req[had])))
			had += room;
		else
			had = -1;
	}
	if (had < 0)
		ksft_print_msg("buffer %d of %zu bytes: %s, room: %d\n", count, size,
			       strerror(-ret), room);
	for (i = 0; i < count; i++)
		cma_free(env, req[i].id);
	free(blocked);
	return had;
}

CMA_TEST(held, pages_leave_all_other_places_to_buffers)
{
	static const size_t sizes[] = { 8 * MB, 4 * MB, 2 * MB, MB };
	unsigned long long given_up = cma_area_sysfs(&self->env.area, "alloc_blocked");
	size_t i;
	int had;

	if (!self->env.ours)
		SKIP(return, "the stock kernel cannot be relied on to find them");
	for (i = 0; i < ARRAY_LEN(sizes); i++) {
		had = fill_up(&self->env, self->blocked, sizes[i], NULL);
		/* There has to be room for some, or this says nothing. */
		EXPECT_LT(0, had) TH_LOG("%zu bytes", sizes[i]);
	}
	/*
	 * They were seen before anything was done for a place with one of them. A place
	 * may be given up because of somebody else's page.
	 */
	EXPECT_GE(given_up + 2, cma_area_sysfs(&self->env.area, "alloc_blocked"));
}

CMA_TEST(held, pages_keep_a_request_without_a_place_from_moving_anything)
{
	unsigned long long migrated = cma_area_sysfs(&self->env.area, "pages_migrated");
	struct test_cma_alloc req;

	if (!self->env.ours)
		SKIP(return, "the stock kernel does not look before it begins");
	EXPECT_EQ(-ENOMEM, cma_alloc_dma(&self->env, self->env.largest, TEST_CMA_NOWARN,
					 &req));
	EXPECT_EQ(migrated, cma_area_sysfs(&self->env.area, "pages_migrated"));
}

/* How many of the pages between @start and @start + @pages the area remembers */
static int count_remembered(const struct cma_area *area, const struct held *held,
			    unsigned long start, unsigned long pages)
{
	int count = 0, i;

	for (i = 0; i < HELD; i++)
		count += held[i].pfn - start < pages &&
			 cma_remembers(area, held[i].pfn, "");
	return count;
}

CMA_TEST(held, pages_are_forgotten_when_they_have_moved)
{
	struct cma_area *area = &self->env.area;
	struct test_cma_alloc req;
	int i;

	if (!self->env.ours)
		SKIP(return, "the stock kernel remembers none");
	EXPECT_EQ(-ENOMEM, cma_alloc_dma(&self->env, self->env.largest, TEST_CMA_NOWARN,
					 &req));
	EXPECT_LT(0, count_remembered(area, self->held, area->base_pfn, area->pages));
	for (i = 0; i < HELD; i++)
		cma_free(&self->env, self->held[i].id);
	EXPECT_EQ(0, cma_alloc_dma(&self->env, self->env.largest, 0, &req));
	EXPECT_EQ(0, count_remembered(area, self->held, req.phys / PAGE, req.size / PAGE));
}

FIXTURE(held_by_reads)
{
	struct cma_env env;
	struct cma_lent lent;
	struct reads reads;
	bool *blocked;
};

FIXTURE_SETUP(held_by_reads)
{
	if (!cma_env_open(&self->env))
		SKIP(return, "%s", self->env.why_not);
	if (!self->env.ours)
		SKIP(return, "the stock kernel cannot be relied on to find them");
	if (!cma_slow_disk())
		SKIP(return, "no slow disk: needs CONFIG_BLK_DEV_NULL_BLK");
	cma_drop_caches();
	self->blocked = calloc(self->env.area.pages, sizeof(bool));
	ASSERT_TRUE(!!self->blocked);
}

FIXTURE_TEARDOWN(held_by_reads)
{
	EXPECT_TRUE(cma_env_close(&self->env));
}

/* Has the disk read into so many lent pages, and marks them as blocked. */
static bool read_pages(struct cma_env *env, const struct cma_lent *lent,
		       struct reads *reads, int count, bool *blocked)
{
	struct cma_area *area = &env->area;
	unsigned int seed = 3, tries;
	unsigned long pfn;
	char *addr;

	if (cma_area_bitmap(area, blocked, area->pages) != area->pages)
		return false;
	for (tries = 0; tries < 100 * HELD && reads->count < count; tries++) {
		addr = pick_page(lent, &seed);
		pfn = cma_pfn_of(addr);
		if (!cma_in_area(area, pfn) || blocked[pfn - area->base_pfn])
			continue;
		if (!read_page(reads, addr))
			return false;
		blocked[pfn - area->base_pfn] = true;
	}
	return reads->count == count;
}

/* It takes seconds, but a host that is busy may let the guest do next to nothing then. */
CMA_TEST(held_by_reads, pages_leave_all_other_places_to_buffers)
{
	struct test_cma_alloc all;
	int had = 0, tries, ret;

	for (tries = 0; tries < TRIES && !had; tries++) {
		ASSERT_TRUE(cma_lend(&self->env, &self->lent));
		ASSERT_TRUE(reads_begin(&self->reads));
		/* A host that is too slow for so many is not for fewer. */
		ASSERT_TRUE(read_pages(&self->env, &self->lent, &self->reads,
				       HELD >> tries, self->blocked));
		had = fill_up(&self->env, self->blocked, 2 * MB, &self->reads);
		ret = cma_alloc_dma(&self->env, self->env.largest, TEST_CMA_NOWARN, &all);
		if (are_held(&self->reads))
			EXPECT_EQ(-ENOMEM, ret);
		if (!ret)
			EXPECT_EQ(0, cma_free(&self->env, all.id));
		EXPECT_TRUE(reads_end(&self->reads));
		EXPECT_TRUE(cma_check(self->lent.addr, self->lent.size, CMA_LENT_SEED));
		munmap(self->lent.addr, self->lent.size);
	}
	EXPECT_LT(0, had);
}

TEST_HARNESS_MAIN
