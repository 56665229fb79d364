// SPDX-License-Identifier: GPL-2.0
/*
 * Pages that are held all over the area: a buffer is had whenever there is a place
 * for it without any of them, and not otherwise.
 *
 * The test knows where that is: it holds the pages itself, reads where they are
 * from /proc/self/pagemap and what is allocated from debugfs.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "cma_util.h"

#define HELD		64
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

/* Somewhere in the area, rather at one end of memory than at the other */
static bool hold_pages(struct cma_env *env, const struct cma_lent *lent,
		       struct held *held, unsigned int seed)
{
	unsigned int pages = lent->size / PAGE, count = 0, tries, i;

	for (tries = 0; tries < 100 * HELD && count < HELD; tries++) {
		i = (unsigned long long)(rand_r(&seed) % pages) *
		    (rand_r(&seed) % pages) / pages;
		count += hold_page(env, lent->addr + i * PAGE, &held[count]);
	}
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

/* How many buffers of that size were had, until there was no room; -1 on failure */
static int fill_up(struct cma_env *env, const bool *blocked_before, size_t size)
{
	static struct test_cma_alloc req[MAX_BUFFERS];
	struct cma_area *area = &env->area;
	bool *blocked = malloc(area->pages);
	int count = 0, i, ret = 0;

	memcpy(blocked, blocked_before, area->pages);
	while (!ret && there_is_room(area, blocked, size / PAGE)) {
		ret = cma_alloc_dma(env, size, 0, &req[count]);
		if (!ret && !occupy(area, blocked, &req[count++]))
			ret = -EEXIST;
	}
	if (ret)
		ksft_print_msg("buffer %d of %zu bytes: %s\n", count, size, strerror(-ret));
	else if (!cma_alloc_dma(env, size, TEST_CMA_NOWARN, &req[count]))
		ksft_print_msg("buffer %d of %zu bytes: where?\n", count, size), ret = -1;
	for (i = 0; i < count; i++)
		cma_free(env, req[i].id);
	free(blocked);
	return ret ? -1 : count;
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
		had = fill_up(&self->env, self->blocked, sizes[i]);
		/* There has to be room for some, or this says nothing. */
		EXPECT_LT(0, had) TH_LOG("%zu bytes", sizes[i]);
	}
	/* They were seen before anything was done for a place with one of them. */
	EXPECT_EQ(given_up, cma_area_sysfs(&self->env.area, "alloc_blocked"));
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

TEST_HARNESS_MAIN
