// SPDX-License-Identifier: GPL-2.0
/*
 * alloc_contig_range() and free_contig_range() on ordinary memory that is in
 * use, as virtio-mem and others call them: whole pageblocks or not.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "../kselftest_harness.h"
#include "cma_util.h"

#define SEED		6
#define BLOCK		(4 * MB)

FIXTURE(range)
{
	struct cma_env env;
	char *addr;
	size_t size;
	uint64_t phys;
};

/*
 * Memory of this process outside of the area, and the two pageblocks in a row that
 * hold the most of it
 */
static unsigned long find_blocks(FIXTURE_DATA(range) *self)
{
	const unsigned long block_pages = BLOCK / PAGE;
	static unsigned long count[4096];
	unsigned long first = ~0UL, pfn, i, best = 0;
	size_t offset;

	for (offset = 0; offset < self->size; offset += PAGE) {
		pfn = cma_pfn_of(self->addr + offset);
		first = pfn && pfn < first ? pfn : first;
	}
	first -= first % block_pages;
	for (offset = 0; offset < self->size; offset += PAGE) {
		i = (cma_pfn_of(self->addr + offset) - first) / block_pages;
		if (i < ARRAY_LEN(count))
			count[i]++;
	}
	for (i = 0; i + 1 < ARRAY_LEN(count); i++)
		if (count[i] + count[i + 1] > count[best] + count[best + 1])
			best = i;
	self->phys = (uint64_t)(first + best * block_pages) * PAGE;
	return count[best] + count[best + 1];
}

FIXTURE_SETUP(range)
{
	struct cma_hog hog;

	CMA_SETUP(&self->env);
	cma_drop_caches();
	self->size = 48 * MB;
	ASSERT_TRUE(cma_hog_begin(&self->env, &hog));
	self->addr = mmap(NULL, self->size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(self->addr != MAP_FAILED);
	cma_fill(self->addr, self->size, SEED);
	ASSERT_EQ(0, cma_free(&self->env, hog.area.id));
	ASSERT_GT(find_blocks(self), 2 * BLOCK / PAGE * 7 / 8);
}

FIXTURE_TEARDOWN(range)
{
	EXPECT_TRUE(cma_check(self->addr, self->size, SEED));
	CMA_TEARDOWN(&self->env);
}

static int take(struct cma_env *env, uint64_t phys, size_t size, uint32_t flags,
		struct test_cma_alloc *req)
{
	*req = (struct test_cma_alloc){
		.kind = TEST_CMA_RANGE, .phys = phys, .size = size, .flags = flags,
	};
	return cma_alloc(env, req);
}

CMA_TEST(range, in_use_is_emptied_and_its_data_survives)
{
	struct test_cma_alloc req;
	unsigned long pfn;
	size_t offset;

	ASSERT_EQ(0, take(&self->env, self->phys, 2 * BLOCK, 0, &req));
	EXPECT_EQ(self->phys, req.phys);
	EXPECT_EQ(2 * BLOCK, req.contiguous);
	for (offset = 0; offset < self->size; offset += PAGE) {
		pfn = cma_pfn_of(self->addr + offset);
		ASSERT_FALSE(pfn >= self->phys / PAGE &&
			     pfn < (self->phys + 2 * BLOCK) / PAGE);
	}
	EXPECT_EQ(0, cma_fill_object(&self->env, req.id, SEED + 1));
	EXPECT_TRUE(cma_check(self->addr, self->size, SEED));
	EXPECT_EQ(0, cma_check_object(&self->env, req.id, SEED + 1));
	EXPECT_EQ(0, cma_free(&self->env, req.id));
}

CMA_TEST(range, smaller_than_a_pageblock_spares_its_neighbours)
{
	static const struct { size_t offset, size; } parts[] = {
		{ 0, PAGE }, { PAGE, PAGE }, { 7 * PAGE, 9 * PAGE }, { MB - PAGE, MB },
		{ BLOCK - PAGE, 2 * PAGE }, { BLOCK - MB, 2 * MB + 3 * PAGE },
	};
	struct test_cma_alloc req;
	size_t i;

	for (i = 0; i < ARRAY_LEN(parts); i++) {
		ASSERT_EQ(0, take(&self->env, self->phys + parts[i].offset,
				  parts[i].size, 0, &req)) TH_LOG("part %zu", i);
		EXPECT_EQ(parts[i].size, req.contiguous);
		EXPECT_EQ(0, cma_fill_object(&self->env, req.id, i + 1));
		EXPECT_EQ(0, cma_check_object(&self->env, req.id, i + 1));
		EXPECT_EQ(0, cma_free(&self->env, req.id));
	}
}

CMA_TEST(range, of_an_area_is_not_for_others)
{
	uint64_t phys = (uint64_t)self->env.area.base_pfn * PAGE;
	struct test_cma_alloc range;

	EXPECT_EQ(-EBUSY, take(&self->env, phys + self->env.area.pages / 2 * PAGE, MB,
			       TEST_CMA_NOWARN, &range));
}

CMA_TEST(range, that_holds_a_drivers_buffer_is_busy)
{
	struct test_cma_alloc req, range;

	ASSERT_EQ(0, cma_alloc_dma(&self->env, MB, 0, &req));
	EXPECT_EQ(0, cma_fill_object(&self->env, req.id, SEED));
	EXPECT_EQ(-EBUSY, take(&self->env, req.phys, req.size, TEST_CMA_NOWARN, &range));
	EXPECT_EQ(-EBUSY, take(&self->env, req.phys / BLOCK * BLOCK, BLOCK,
			       TEST_CMA_NOWARN, &range));
	EXPECT_EQ(0, cma_check_object(&self->env, req.id, SEED));
}

CMA_TEST(range, that_was_taken_already_is_busy)
{
	struct test_cma_alloc first, second;

	ASSERT_EQ(0, take(&self->env, self->phys, MB, 0, &first));
	EXPECT_EQ(-EBUSY, take(&self->env, self->phys, MB, TEST_CMA_NOWARN, &second));
	EXPECT_EQ(-EBUSY, take(&self->env, self->phys + MB - PAGE, MB, TEST_CMA_NOWARN,
			       &second));
}

CMA_TEST(range, beside_one_that_was_taken_can_be_had)
{
	struct test_cma_alloc req[4];
	int i;

	if (!self->env.ours)
		SKIP(return, "the stock kernel wants all of a pageblock to be movable");
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, take(&self->env, self->phys + i * MB, MB, 0, &req[i]));
		EXPECT_EQ(0, cma_fill_object(&self->env, req[i].id, i + 1));
	}
	for (i = 0; i < 4; i++)
		EXPECT_EQ(0, cma_check_object(&self->env, req[i].id, i + 1));
}

CMA_TEST(range, with_the_kernels_own_memory_is_busy)
{
	struct test_cma_alloc buddy = { .kind = TEST_CMA_BUDDY, .size = PAGE }, range;

	ASSERT_EQ(0, cma_alloc(&self->env, &buddy));
	EXPECT_EQ(-EBUSY, take(&self->env, buddy.phys, PAGE, TEST_CMA_NOWARN, &range));
	EXPECT_EQ(-EBUSY, take(&self->env, buddy.phys / BLOCK * BLOCK, BLOCK,
			       TEST_CMA_NOWARN, &range));
}

CMA_TEST(range, with_flags_that_mean_nothing_here_is_invalid)
{
	struct test_cma_alloc range;

	EXPECT_EQ(-EINVAL, take(&self->env, self->phys, MB, TEST_CMA_ATOMIC,
				&range));
}

CMA_TEST(range, can_be_given_back_in_parts)
{
	struct test_cma_alloc whole, part;
	size_t offset;

	ASSERT_EQ(0, take(&self->env, self->phys, 2 * BLOCK, 0, &whole));
	EXPECT_EQ(0, cma_fill_object(&self->env, whole.id, SEED + 1));
	for (offset = 0; offset < BLOCK; offset += MB)
		ASSERT_EQ(0, cma_free_part(&self->env, whole.id, offset, MB));

	EXPECT_EQ(0, take(&self->env, self->phys, BLOCK, 0, &part));
	EXPECT_EQ(0, cma_fill_object(&self->env, part.id, SEED + 2));
	EXPECT_EQ(-EBUSY, take(&self->env, self->phys + BLOCK, BLOCK, TEST_CMA_NOWARN,
			       &part));
	EXPECT_EQ(0, cma_check_part(&self->env, whole.id, BLOCK, BLOCK, SEED + 1));
	EXPECT_EQ(0, cma_free_part(&self->env, whole.id, 2 * BLOCK - PAGE, PAGE));
	EXPECT_EQ(0, cma_free(&self->env, whole.id));
	EXPECT_EQ(0, take(&self->env, self->phys + BLOCK, BLOCK, 0, &part));
}

TEST_HARNESS_MAIN
