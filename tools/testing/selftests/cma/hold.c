// SPDX-License-Identifier: GPL-2.0
/*
 * Who holds user memory: for long, or nobody knows how long, then it has to leave
 * the area first; for a moment, then the area waits, and nobody loses data.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

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

CMA_TEST(hold, for_long_moves_the_pages_out_of_the_area_first)
{
	struct test_cma_alloc pinned;

	ASSERT_EQ(0, cma_hold(&self->env, TEST_CMA_PIN, self->addr, self->size,
			      TEST_CMA_LONGTERM, &pinned));
	EXPECT_EQ(0UL, cma_pages_in_area(&self->env.area, self->addr, self->size));
	EXPECT_TRUE(cma_check(self->addr, self->size, SEED));
	EXPECT_EQ(0, cma_check_object(&self->env, pinned.id, SEED));
	EXPECT_EQ(0, cma_free(&self->env, pinned.id));
}

CMA_TEST(hold, for_long_does_not_stand_in_the_way_of_the_area)
{
	struct test_cma_alloc pinned, all;

	ASSERT_EQ(0, cma_hold(&self->env, TEST_CMA_PIN, self->addr, self->size,
			      TEST_CMA_LONGTERM, &pinned));
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
	ASSERT_EQ(0, cma_hold(&self->env, TEST_CMA_PIN, self->addr, self->size,
			      0, &pinned));
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

	ASSERT_EQ(0, cma_hold(&self->env, TEST_CMA_PIN, self->addr, self->size,
			      0, &pinned));
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

/* What a pipe took of memory with a pattern, and when it gives it back is unknown */
struct spliced {
	int pipe[2];
	size_t room;
	size_t size;
};

static bool pipe_open(struct spliced *spliced)
{
	int room;

	spliced->size = 0;
	if (pipe(spliced->pipe))
		return false;
	room = fcntl(spliced->pipe[1], F_SETPIPE_SZ, MB);
	spliced->room = room < 0 ? 16 * PAGE : (size_t)room;
	return true;
}

/* As much as a pipe takes at once: less than @size, or a negative errno */
static ssize_t splice_in(struct spliced *spliced, char *addr, size_t size)
{
	struct iovec iov = {
		.iov_base = addr,
		.iov_len = size < spliced->room ? size : spliced->room,
	};
	ssize_t got = vmsplice(spliced->pipe[1], &iov, 1, SPLICE_F_NONBLOCK);

	if (got < 0)
		return -errno;
	spliced->size = got;
	return got;
}

/* Is what comes out of the pipe what is in memory? */
static bool splice_out(struct spliced *spliced, const char *addr)
{
	static char block[PAGE];
	bool same = true;
	size_t offset;

	close(spliced->pipe[1]);
	for (offset = 0; offset < spliced->size; offset += PAGE)
		same &= read(spliced->pipe[0], block, PAGE) == (ssize_t)PAGE &&
			!memcmp(block, addr + offset, PAGE);
	close(spliced->pipe[0]);
	return same;
}

CMA_TEST(hold, in_a_pipe_moves_the_pages_out_of_the_area_first)
{
	struct spliced spliced;
	size_t before;
	ssize_t got;

	if (!self->env.ours)
		SKIP(return, "the stock kernel leaves them where they are");
	ASSERT_TRUE(pipe_open(&spliced));
	got = splice_in(&spliced, self->addr, self->size);
	ASSERT_GT(got, 0);
	before = cma_pages_in_area(&self->env.area, self->addr + got, self->size - got);
	EXPECT_GT(before, (self->size - got) / PAGE / 2);
	/* Reclaim may have had a few of them in its hands. */
	EXPECT_GT(got / PAGE / 8, cma_pages_in_area(&self->env.area, self->addr, got));
	EXPECT_TRUE(cma_check(self->addr, self->size, SEED));
	EXPECT_TRUE(splice_out(&spliced, self->addr));
}

CMA_TEST(hold, in_a_pipe_does_not_stand_in_the_way_of_the_area)
{
	char *part = self->addr;
	struct spliced spliced;
	struct test_cma_alloc all;

	if (!self->env.ours)
		SKIP(return, "the stock kernel leaves them where they are");
	while (part < self->addr + self->size &&
	       !cma_in_the_way(&self->env, cma_pfn_of(part)))
		part += MB;
	ASSERT_LT(part, self->addr + self->size);
	ASSERT_TRUE(pipe_open(&spliced));
	ASSERT_GT(splice_in(&spliced, part, MB), 0);
	EXPECT_EQ(0, cma_alloc_dma(&self->env, self->env.largest, 0, &all));
	EXPECT_EQ(0, cma_fill_object(&self->env, all.id, SEED + 1));
	EXPECT_TRUE(cma_check(self->addr, self->size, SEED));
	EXPECT_TRUE(splice_out(&spliced, part));
	EXPECT_EQ(0, cma_check_object(&self->env, all.id, SEED + 1));
	EXPECT_EQ(0, cma_free(&self->env, all.id));
}

FIXTURE(hold_without_room)
{
	struct cma_env env;
	struct cma_hog hog;
	struct spliced spliced[32];
	struct test_cma_alloc rest[512];
	char *addr;
	size_t size;
};

/* Memory that lives in the area while the kernel has next to none elsewhere */
FIXTURE_SETUP(hold_without_room)
{
	struct test_cma_alloc *rest = self->rest;
	size_t i;

	if (!cma_env_open(&self->env))
		SKIP(return, "%s", self->env.why_not);
	if (!self->env.ours)
		SKIP(return, "the stock kernel leaves them where they are");
	cma_drop_caches();
	self->size = ARRAY_LEN(self->spliced) * MB;
	/* Nothing of what the kernel needs for itself may be missing later. */
	for (i = 0; i < ARRAY_LEN(self->spliced); i++)
		ASSERT_TRUE(pipe_open(&self->spliced[i]));
	ASSERT_TRUE(cma_hog_begin(&self->env, &self->hog));
	ASSERT_TRUE(cma_hog_take(&self->env, &self->hog));
	self->addr = mmap(NULL, self->size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(self->addr != MAP_FAILED);
	cma_fill(self->addr, self->size, SEED);
	for (i = 0; i < ARRAY_LEN(self->rest); i++) {
		rest[i] = (struct test_cma_alloc){
			.kind = TEST_CMA_BUDDY, .size = 64 * PAGE,
			.flags = TEST_CMA_NORETRY | TEST_CMA_NOWARN,
		};
		if (cma_alloc(&self->env, &rest[i]))
			break;
	}
	ASSERT_LT(0UL, i);
	if (i == ARRAY_LEN(self->rest))
		SKIP(return, "there is more memory than this can take");
}

FIXTURE_TEARDOWN(hold_without_room)
{
	cma_hog_release(&self->hog);
	munmap(self->addr, self->size);
	EXPECT_TRUE(cma_env_close(&self->env));
}

/* There is nowhere to move them to.  That is no reason to refuse, or to kill. */
CMA_TEST(hold_without_room, in_a_pipe_leaves_the_pages_where_they_are)
{
	ssize_t got[ARRAY_LEN(self->spliced)];
	size_t i;

	for (i = 0; i < ARRAY_LEN(got); i++)
		got[i] = splice_in(&self->spliced[i], self->addr + i * MB, MB);
	/* What follows needs memory that is not movable. */
	EXPECT_EQ(0, cma_free(&self->env, self->rest[0].id));
	for (i = 0; i < ARRAY_LEN(got); i++)
		EXPECT_EQ((ssize_t)MB, got[i]);
	EXPECT_LT(0UL, cma_pages_in_area(&self->env.area, self->addr, self->size));
	EXPECT_TRUE(cma_check(self->addr, self->size, SEED));
	for (i = 0; i < ARRAY_LEN(got); i++)
		EXPECT_TRUE(splice_out(&self->spliced[i], self->addr + i * MB));
}

TEST_HARNESS_MAIN
