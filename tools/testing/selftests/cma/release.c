// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that is given back is the area's again: all of it, a part of it, and
 * nothing but what was allocated.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../kselftest_harness.h"
#include "cma_util.h"

#define SEED		9
#define SIZE		(4 * MB)
#define TRIES		5

FIXTURE(release)
{
	struct cma_env env;
	struct test_cma_alloc req;
};

FIXTURE_SETUP(release)
{
	if (!cma_env_open(&self->env))
		SKIP(return, "%s", self->env.why_not);
	self->req = (struct test_cma_alloc){ .kind = TEST_CMA_PAGES, .size = SIZE };
	ASSERT_EQ(0, cma_alloc(&self->env, &self->req));
	if (!cma_object_in_area(&self->env.area, &self->req))
		SKIP(return, "dma_alloc_pages() takes no pages of an area in high memory");
}

FIXTURE_TEARDOWN(release)
{
	EXPECT_TRUE(cma_env_close(&self->env));
}

static unsigned long used(const struct cma_env *env)
{
	return cma_area_debugfs(&env->area, "used");
}

CMA_TEST(release, of_a_part_returns_just_that_part)
{
	static const struct { size_t offset, size; } parts[] = {
		{ 0, PAGE }, { SIZE - PAGE, PAGE }, { PAGE, MB }, { 3 * MB, MB - PAGE },
	};
	unsigned long expected = self->env.used + SIZE / PAGE;
	size_t i;

	EXPECT_EQ(expected, used(&self->env));
	for (i = 0; i < ARRAY_LEN(parts); i++) {
		EXPECT_EQ(0, cma_free_part(&self->env, self->req.id, parts[i].offset,
					   parts[i].size));
		expected -= parts[i].size / PAGE;
		EXPECT_EQ(expected, used(&self->env));
	}
}

CMA_TEST(release, of_a_part_makes_just_that_part_available)
{
	struct test_cma_alloc other = { .kind = TEST_CMA_PAGES, .size = MB,
					.flags = TEST_CMA_NOWARN };
	bool again = false;

	EXPECT_EQ(0, cma_fill_object(&self->env, self->req.id, SEED));
	EXPECT_EQ(0, cma_free_part(&self->env, self->req.id, 0, MB));
	EXPECT_EQ(0, cma_free_part(&self->env, self->req.id, 3 * MB, MB));
	/* Takes all of the area, and goes on into other memory. */
	while (!cma_alloc(&self->env, &other) &&
	       cma_object_in_area(&self->env.area, &other)) {
		EXPECT_EQ(0, cma_fill_object(&self->env, other.id, SEED + 1));
		again |= other.phys == self->req.phys;
	}
	EXPECT_TRUE(again);
	EXPECT_EQ(0, cma_check_part(&self->env, self->req.id, MB, 2 * MB, SEED));
}

CMA_TEST(release, counts_pages_in_sysfs)
{
	unsigned long long before = cma_area_sysfs(&self->env.area,
						   "release_pages_success");

	if (before == CMA_NO_VALUE)
		SKIP(return, "needs CONFIG_CMA_SYSFS");
	EXPECT_EQ(0, cma_free_part(&self->env, self->req.id, 0, 3 * PAGE));
	EXPECT_EQ(before + 3, cma_area_sysfs(&self->env.area, "release_pages_success"));
	EXPECT_EQ(0, cma_free(&self->env, self->req.id));
	EXPECT_EQ(before + SIZE / PAGE,
		  cma_area_sysfs(&self->env.area, "release_pages_success"));
}

CMA_TEST(release, of_pages_that_no_area_owns_reaches_the_page_allocator)
{
	struct test_cma_alloc buddy = { .kind = TEST_CMA_BUDDY, .size = 32 * MB };
	unsigned long before = used(&self->env);
	unsigned long free;

	ASSERT_EQ(0, cma_alloc(&self->env, &buddy));
	free = cma_free_pages();
	EXPECT_EQ(0, cma_free_flags(&self->env, buddy.id, 0, 0, TEST_CMA_FOREIGN));
	/* Others take and give as well meanwhile. */
	EXPECT_GE(cma_free_pages(), free + buddy.size / PAGE * 3 / 4);
	EXPECT_EQ(before, used(&self->env));
}

/* One page more than was allocated, on either side, and something that is free */
CMA_TEST(release, of_pages_that_were_not_allocated_is_refused)
{
	unsigned long before;

	if (!self->env.ours)
		SKIP(return, "the stock kernel does not notice and corrupts memory");
	EXPECT_EQ(0, cma_fill_object(&self->env, self->req.id, SEED));
	EXPECT_EQ(0, cma_free_part(&self->env, self->req.id, 0, MB));
	EXPECT_EQ(0, cma_free_part(&self->env, self->req.id, 3 * MB, MB));
	before = used(&self->env);

	EXPECT_EQ(0, cma_free_flags(&self->env, self->req.id, 0, 2 * MB, TEST_CMA_WRONG));
	EXPECT_EQ(before, used(&self->env));
	EXPECT_EQ(0, cma_free_flags(&self->env, self->req.id, 2 * MB, 2 * MB,
				    TEST_CMA_WRONG));
	EXPECT_EQ(before, used(&self->env));
	EXPECT_EQ(0, cma_free_flags(&self->env, self->req.id, 0, MB, TEST_CMA_WRONG));
	EXPECT_EQ(before, used(&self->env));
	EXPECT_TRUE(cma_dmesg_has("^<3>[^a-z]*cma: .*refus"));
}

/* The last pages of the area, and as many behind its end */
CMA_TEST(release, of_a_range_that_leaves_the_area_is_refused)
{
	size_t end = (self->env.area.base_pfn + self->env.area.pages) * PAGE;
	unsigned long before = used(&self->env);

	if (!self->env.ours)
		SKIP(return, "the stock kernel does not notice and corrupts memory");
	if (cma_free_flags(&self->env, self->req.id, end - self->req.phys - MB, 2 * MB,
			   TEST_CMA_WRONG) == -EINVAL)
		SKIP(return, "no memory behind the area");
	EXPECT_EQ(before, used(&self->env));
}

FIXTURE(release_all)
{
	struct cma_env env;
};

FIXTURE_SETUP(release_all)
{
	if (!cma_env_open(&self->env))
		SKIP(return, "%s", self->env.why_not);
	cma_drop_caches();
}

FIXTURE_TEARDOWN(release_all)
{
	EXPECT_TRUE(cma_env_close(&self->env));
}

/* The stock kernel's released pages hide on per-CPU lists. */
CMA_TEST(release_all, raises_free_memory_by_what_was_released)
{
	unsigned long long raised = 0;
	struct test_cma_alloc req;
	int tries;

	if (!self->env.ours)
		SKIP(return, "the stock kernel keeps released pages on per-CPU lists");
	/* Each CPU counts a few pages for itself for a while; they are of something else. */
	for (tries = 0; tries < TRIES && raised != self->env.largest / 1024; tries++) {
		ASSERT_EQ(0, cma_alloc_dma(&self->env, self->env.largest, 0, &req));
		raised = cma_meminfo("CmaFree");
		EXPECT_EQ(0, cma_free(&self->env, req.id));
		raised = cma_meminfo("CmaFree") - raised;
	}
	EXPECT_EQ(self->env.largest / 1024, raised);
}

CMA_TEST(release_all, lets_the_same_buffer_be_had_a_hundred_times)
{
	struct test_cma_alloc req;
	int i;

	for (i = 0; i < 100; i++) {
		ASSERT_EQ(0, cma_alloc_dma(&self->env, 8 * MB, 0, &req));
		ASSERT_TRUE(cma_object_in_area(&self->env.area, &req));
		ASSERT_EQ(0, cma_free(&self->env, req.id));
	}
}

CMA_TEST(release_all, happens_when_a_driver_is_closed)
{
	struct test_cma_alloc req;
	int i;

	for (i = 0; i < 16; i++)
		ASSERT_EQ(0, cma_alloc_dma(&self->env, (i + 1) * 32 * 1024, 0, &req));
	EXPECT_LT(self->env.used, used(&self->env));
	/* The teardown closes it and compares. */
}

TEST_HARNESS_MAIN
