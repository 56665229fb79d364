// SPDX-License-Identifier: GPL-2.0
/*
 * Who holds user memory for a driver: for long, then it has to leave the area
 * first; for a moment, then the area waits, and nobody loses data.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "../kselftest_harness.h"
#include "cma_util.h"

#define SEED	4

FIXTURE(hold)
{
	struct cma_env env;
	struct cma_hog hog;
	char *addr;
	size_t size;
};

/* Anonymous memory that lives in the area, with room to move to */
FIXTURE_SETUP(hold)
{
	if (!cma_env_open(&self->env))
		SKIP(return, "%s", self->env.why_not);
	cma_drop_caches();
	self->size = 16 * MB;
	ASSERT_TRUE(cma_hog_begin(&self->env, &self->hog));
	ASSERT_TRUE(cma_hog_take(&self->env, &self->hog));
	self->addr = mmap(NULL, self->size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(self->addr != MAP_FAILED);
	cma_fill(self->addr, self->size, SEED);
	cma_hog_release(&self->hog);
	ASSERT_GT(cma_pages_in_area(&self->env.area, self->addr, self->size),
		  self->size / PAGE / 2);
}

FIXTURE_TEARDOWN(hold)
{
	struct test_cma_alloc req;

	munmap(self->addr, self->size);
	EXPECT_EQ(0, cma_alloc_dma(&self->env, self->env.largest, 0, &req));
	EXPECT_TRUE(cma_env_close(&self->env));
}

static int pin(struct cma_env *env, void *addr, size_t size, __u32 flags,
	       struct test_cma_alloc *req)
{
	*req = (struct test_cma_alloc){
		.kind = TEST_CMA_PIN, .flags = flags, .uaddr = (uintptr_t)addr,
		.size = size,
	};
	return cma_alloc(env, req);
}

CMA_TEST(hold, for_long_moves_the_pages_out_of_the_area_first)
{
	struct test_cma_alloc pinned;

	ASSERT_EQ(0, pin(&self->env, self->addr, self->size, TEST_CMA_LONGTERM,
			 &pinned));
	EXPECT_EQ(0UL, cma_pages_in_area(&self->env.area, self->addr, self->size));
	EXPECT_TRUE(cma_check(self->addr, self->size, SEED));
	EXPECT_EQ(0, cma_check_object(&self->env, pinned.id, SEED));
	EXPECT_EQ(0, cma_free(&self->env, pinned.id));
}

CMA_TEST(hold, for_long_does_not_stand_in_the_way_of_the_area)
{
	struct test_cma_alloc pinned, all;

	ASSERT_EQ(0, pin(&self->env, self->addr, self->size, TEST_CMA_LONGTERM,
			 &pinned));
	EXPECT_EQ(0, cma_alloc_dma(&self->env, self->env.largest, 0, &all));
	EXPECT_EQ(0, cma_check_object(&self->env, pinned.id, SEED));
	EXPECT_EQ(0, cma_free(&self->env, all.id));
	EXPECT_EQ(0, cma_free(&self->env, pinned.id));
}

CMA_TEST(hold, for_a_moment_leaves_the_pages_where_they_are)
{
	unsigned long before, pfn = cma_pfn_of(self->addr);
	struct test_cma_alloc pinned, all;

	before = cma_pages_in_area(&self->env.area, self->addr, self->size);
	ASSERT_EQ(0, pin(&self->env, self->addr, self->size, 0, &pinned));
	EXPECT_EQ(before, cma_pages_in_area(&self->env.area, self->addr, self->size));

	/* They cannot be moved now: the request fails, and they stay. */
	EXPECT_EQ(-ENOMEM, cma_alloc_dma(&self->env, self->env.largest, TEST_CMA_NOWARN,
					 &all));
	EXPECT_EQ(pfn, cma_pfn_of(self->addr));
	EXPECT_EQ(0, cma_check_object(&self->env, pinned.id, SEED));
	EXPECT_TRUE(cma_check(self->addr, self->size, SEED));

	/* They can, now. */
	EXPECT_EQ(0, cma_free(&self->env, pinned.id));
	EXPECT_EQ(0, cma_alloc_dma(&self->env, self->env.largest, 0, &all));
	EXPECT_TRUE(cma_check(self->addr, self->size, SEED));
	EXPECT_EQ(0, cma_free(&self->env, all.id));
}

CMA_TEST(hold, for_a_moment_sends_requests_to_other_places)
{
	struct test_cma_alloc pinned, req;
	int i;

	ASSERT_EQ(0, pin(&self->env, self->addr, self->size, 0, &pinned));
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, cma_alloc_dma(&self->env, 2 * MB, 0, &req));
		EXPECT_TRUE(cma_object_in_area(&self->env.area, &req));
		EXPECT_EQ(0, cma_fill_object(&self->env, req.id, SEED + 1));
	}
	EXPECT_EQ(0, cma_check_object(&self->env, pinned.id, SEED));

	/* The teardown asks for all of the area. */
	EXPECT_EQ(0, cma_free(&self->env, pinned.id));
	while (req.id > pinned.id)
		EXPECT_EQ(0, cma_free(&self->env, req.id--));
}

TEST_HARNESS_MAIN
