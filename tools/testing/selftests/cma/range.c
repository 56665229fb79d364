// SPDX-License-Identifier: GPL-2.0
/*
 * alloc_contig_range() and free_contig_range() on ordinary memory that is in
 * use, as virtio-mem and others call them: whole pageblocks or not.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "../kselftest_harness.h"
#include "cma_util.h"

#define SEED		6
#define MOST_PER_BLOCK	(4 * MB / PAGE)
#define TRIES		5
#define MOMENT_US	10000

/**
 * struct blocks - two pageblocks in a row that hold memory of this process only
 * @block: bytes of a pageblock, 2 or 4 MiB where pages are 4 KiB
 * @phys: where they are
 * @memory: where the memory came from
 * @held: offset into @memory of each page in the two
 * @nr_held: how many there are
 */
struct blocks {
	size_t block;
	__u64 phys;
	struct cma_hog memory;
	size_t held[2 * MOST_PER_BLOCK];
	size_t nr_held;
};

FIXTURE(range)
{
	struct cma_env env;
	struct blocks blocks;
};

/* Where two pageblocks in a row hold most of this process's memory */
static __u64 find_blocks(const unsigned long *pfns, size_t pages, size_t block)
{
	static unsigned short count[4 * 1024];
	size_t i, nr, best = 0;

	for (i = 0; i < pages; i++) {
		nr = pfns[i] / (block / PAGE);
		if (pfns[i] && nr < ARRAY_LEN(count))
			count[nr]++;
	}
	for (i = 0; i + 1 < ARRAY_LEN(count); i++)
		if (count[i] + count[i + 1] > count[best] + count[best + 1])
			best = i;
	return (__u64)best * block;
}

static bool in_blocks(const struct blocks *blocks, unsigned long pfn)
{
	return pfn >= blocks->phys / PAGE &&
	       pfn - blocks->phys / PAGE < 2 * blocks->block / PAGE;
}

/*
 * Puts a pattern into each of this process's pages there, with its place for a
 * seed, and gives up all others: where nothing else is free, the kernel would put
 * its own pages into a range as soon as it is released.
 */
static bool choose_blocks(struct blocks *blocks)
{
	const struct cma_hog *memory = &blocks->memory;
	unsigned long *pfns = cma_pfns_of(memory->addr, memory->populated);
	size_t pages = memory->populated / PAGE, gap = 0, i;

	if (!pfns)
		return false;
	blocks->phys = find_blocks(pfns, pages, blocks->block);
	for (i = 0; i < pages; i++) {
		if (!in_blocks(blocks, pfns[i]))
			continue;
		cma_fill(memory->addr + i * PAGE, PAGE, i + 1);
		blocks->held[blocks->nr_held++] = i * PAGE;
		madvise(memory->addr + gap * PAGE, (i - gap) * PAGE, MADV_DONTNEED);
		gap = i + 1;
	}
	madvise(memory->addr + gap * PAGE, (pages - gap) * PAGE, MADV_DONTNEED);
	free(pfns);
	return true;
}

static bool pages_are_intact(const struct blocks *blocks)
{
	size_t i;

	for (i = 0; i < blocks->nr_held; i++)
		if (!cma_check(blocks->memory.addr + blocks->held[i], PAGE,
			       blocks->held[i] / PAGE + 1))
			return false;
	return true;
}

static bool get_blocks(struct cma_env *env, struct blocks *blocks)
{
	*blocks = (struct blocks){ .block = cma_pageblock_pages() * PAGE };
	/* Whoever else has pages there may not be able to move. A few are on CPUs' lists. */
	return cma_hog_begin(env, &blocks->memory) &&
	       cma_hog_take(env, &blocks->memory) && choose_blocks(blocks) &&
	       blocks->nr_held >= 2 * blocks->block / PAGE / 8 * 7;
}

FIXTURE_SETUP(range)
{
	if (!cma_env_open(&self->env))
		SKIP(return, "%s", self->env.why_not);
	ASSERT_GE(MOST_PER_BLOCK, cma_pageblock_pages());
	cma_drop_caches();
	ASSERT_TRUE(get_blocks(&self->env, &self->blocks));
}

FIXTURE_TEARDOWN(range)
{
	EXPECT_TRUE(pages_are_intact(&self->blocks));
	cma_hog_release(&self->blocks.memory);
	EXPECT_TRUE(cma_env_close(&self->env));
}

static int take(struct cma_env *env, __u64 phys, size_t size, __u32 flags,
		struct test_cma_alloc *req)
{
	*req = (struct test_cma_alloc){
		.kind = TEST_CMA_RANGE, .phys = phys, .size = size, .flags = flags,
	};
	return cma_alloc(env, req);
}

static bool renew_blocks(struct cma_env *env, struct blocks *blocks)
{
	cma_hog_release(&blocks->memory);
	return get_blocks(env, blocks);
}

/*
 * A part of the two.  A page that somebody else got between those of this process may
 * be the kernel's own, but not each time.
 */
static int take_part_of(struct cma_env *env, struct blocks *blocks, size_t offset,
			size_t size, struct test_cma_alloc *req)
{
	int ret = take(env, blocks->phys + offset, size, 0, req), tries = 1;

	while (ret == -EBUSY && tries++ < TRIES) {
		if (!renew_blocks(env, blocks))
			return -ENOMEM;
		ret = take(env, blocks->phys + offset, size, 0, req);
	}
	return ret;
}

static int take_both(struct cma_env *env, struct blocks *blocks, struct test_cma_alloc *req)
{
	return take_part_of(env, blocks, 0, 2 * blocks->block, req);
}

/* Frames that were given back a moment ago: somebody may have one for a moment. */
static int take_again(struct cma_env *env, __u64 phys, size_t size,
		      struct test_cma_alloc *req)
{
	int ret = take(env, phys, size, 0, req), tries = 1;

	while (ret == -EBUSY && tries++ < TRIES) {
		usleep(MOMENT_US);
		ret = take(env, phys, size, 0, req);
	}
	return ret;
}

CMA_TEST(range, in_use_is_emptied_and_its_data_survives)
{
	struct blocks *blocks = &self->blocks;
	struct test_cma_alloc req;
	size_t i;

	ASSERT_EQ(0, take_both(&self->env, blocks, &req));
	EXPECT_EQ(self->blocks.phys, req.phys);
	EXPECT_EQ(2 * blocks->block, req.contiguous);
	for (i = 0; i < blocks->nr_held; i++)
		ASSERT_FALSE(in_blocks(blocks, cma_pfn_of(blocks->memory.addr +
							 blocks->held[i])));
	EXPECT_EQ(0, cma_fill_object(&self->env, req.id, SEED));
	EXPECT_TRUE(pages_are_intact(&self->blocks));
	EXPECT_EQ(0, cma_check_object(&self->env, req.id, SEED));
	EXPECT_EQ(0, cma_free(&self->env, req.id));
}

/**
 * struct part - one of several that are taken at the same time
 * @env: the room of the test
 * @phys: where it is
 * @size: how much
 * @ret: what became of it
 * @id: the object that it became
 */
struct part {
	struct cma_env *env;
	__u64 phys;
	size_t size;
	int ret;
	__u32 id;
};

static void *take_part(void *data)
{
	struct part *part = data;
	struct test_cma_alloc req;

	part->ret = take(part->env, part->phys, part->size, 0, &req);
	part->id = req.id;
	return NULL;
}

/* Whatever page becomes free, here is somebody who wants it. */
static void *fault_and_forget(void *data)
{
	const size_t size = 2 * MB;
	bool *stop = data;
	char *addr;

	while (!__atomic_load_n(stop, __ATOMIC_RELAXED)) {
		addr = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
		if (addr != MAP_FAILED)
			munmap(addr, size);
	}
	return NULL;
}

/* Small parts at both ends, which are had soon, and a large one between: 0 or why not */
static int take_parts_at_once(struct cma_env *env, const struct blocks *blocks,
			      unsigned long long *moved)
{
	const size_t small = MB / 4, all = 2 * blocks->block;
	struct part parts[] = {
		{ env, blocks->phys + small, all - 2 * small },
		{ env, blocks->phys, small },
		{ env, blocks->phys + all - small, small },
	};
	pthread_t threads[ARRAY_LEN(parts)], others[2];
	bool stop = false;
	int ret = 0;
	size_t i;

	for (i = 0; i < ARRAY_LEN(others); i++)
		pthread_create(&others[i], NULL, fault_and_forget, &stop);
	*moved = cma_keyed_value("/proc/vmstat", "pgmigrate_success");
	for (i = 0; i < ARRAY_LEN(parts); i++)
		pthread_create(&threads[i], NULL, take_part, &parts[i]);
	for (i = 0; i < ARRAY_LEN(parts); i++) {
		pthread_join(threads[i], NULL);
		ret = parts[i].ret ? parts[i].ret : ret;
	}
	*moved = cma_keyed_value("/proc/vmstat", "pgmigrate_success") - *moved;
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (i = 0; i < ARRAY_LEN(others); i++)
		pthread_join(others[i], NULL);
	for (i = 0; i < ARRAY_LEN(parts); i++)
		if (!parts[i].ret)
			cma_free(env, parts[i].id);
	return ret;
}

/*
 * Who is done first must not open the pageblock for others, or what was moved out of
 * it is taken at once and has to be moved again.
 */
CMA_TEST(range, in_use_moves_once_when_several_take_parts_of_a_pageblock)
{
	struct blocks *blocks = &self->blocks;
	const unsigned long long most = 2 * blocks->block / PAGE;
	unsigned long long moved;
	int ret, tries = 1;

	if (!self->env.ours)
		SKIP(return, "the stock kernel lets all but one of them fail");
	ret = take_parts_at_once(&self->env, blocks, &moved);
	/* One page that is just changing hands is enough for that, but not each time. */
	while ((ret == -EBUSY || moved > most) && tries++ < 4 * TRIES) {
		EXPECT_TRUE(pages_are_intact(blocks));
		ASSERT_TRUE(renew_blocks(&self->env, blocks));
		ret = take_parts_at_once(&self->env, blocks, &moved);
	}
	EXPECT_EQ(0, ret);
	/* Each page once: those of this process, and what was free for the others. */
	EXPECT_LE(blocks->nr_held, moved);
	EXPECT_GE(most, moved);
	EXPECT_TRUE(pages_are_intact(blocks));
}

CMA_TEST(range, smaller_than_a_pageblock_spares_its_neighbours)
{
	const size_t block = self->blocks.block;
	const struct { size_t offset, size; } parts[] = {
		{ 0, PAGE }, { PAGE, PAGE }, { 7 * PAGE, 9 * PAGE }, { MB - PAGE, MB },
		{ block - PAGE, 2 * PAGE }, { block - MB, 2 * MB + 3 * PAGE },
	};
	struct test_cma_alloc req;
	size_t i;

	for (i = 0; i < ARRAY_LEN(parts); i++) {
		ASSERT_EQ(0, take_part_of(&self->env, &self->blocks, parts[i].offset,
					  parts[i].size, &req)) TH_LOG("part %zu", i);
		EXPECT_EQ(parts[i].size, req.contiguous);
		EXPECT_EQ(0, cma_fill_object(&self->env, req.id, i + 1));
		EXPECT_EQ(0, cma_check_object(&self->env, req.id, i + 1));
		EXPECT_EQ(0, cma_free(&self->env, req.id));
	}
}

CMA_TEST(range, of_an_area_is_not_for_others)
{
	__u64 phys = (__u64)self->env.area.base_pfn * PAGE;
	struct test_cma_alloc range;

	EXPECT_EQ(-EBUSY, take(&self->env, phys + self->env.area.pages / 2 * PAGE, MB,
			       TEST_CMA_NOWARN, &range));
}

CMA_TEST(range, that_holds_a_drivers_buffer_is_busy)
{
	const size_t block = self->blocks.block;
	struct test_cma_alloc req, range;

	ASSERT_EQ(0, cma_alloc_dma(&self->env, MB, 0, &req));
	EXPECT_EQ(0, cma_fill_object(&self->env, req.id, SEED));
	EXPECT_EQ(-EBUSY, take(&self->env, req.phys, req.size, TEST_CMA_NOWARN, &range));
	EXPECT_EQ(-EBUSY, take(&self->env, req.phys / block * block, block,
			       TEST_CMA_NOWARN, &range));
	EXPECT_EQ(0, cma_check_object(&self->env, req.id, SEED));
}

CMA_TEST(range, that_was_taken_already_is_busy)
{
	struct test_cma_alloc first, second;

	ASSERT_EQ(0, take_part_of(&self->env, &self->blocks, 0, MB, &first));
	EXPECT_EQ(-EBUSY, take(&self->env, self->blocks.phys, MB, TEST_CMA_NOWARN, &second));
	EXPECT_EQ(-EBUSY, take(&self->env, self->blocks.phys + MB - PAGE, MB, TEST_CMA_NOWARN,
			       &second));
}

/* One behind the other; all of them, or none */
static int take_in_a_row(struct cma_env *env, const struct blocks *blocks,
			 struct test_cma_alloc *req, int count)
{
	int ret = 0, i;

	for (i = 0; i < count && !ret; i++)
		ret = take(env, blocks->phys + i * MB, MB, 0, &req[i]);
	while (ret && --i > 0)
		cma_free(env, req[i - 1].id);
	return ret;
}

CMA_TEST(range, beside_one_that_was_taken_can_be_had)
{
	struct test_cma_alloc req[4];
	int ret, tries = 1, i;

	if (!self->env.ours)
		SKIP(return, "the stock kernel wants all of a pageblock to be movable");
	ret = take_in_a_row(&self->env, &self->blocks, req, 4);
	while (ret == -EBUSY && tries++ < TRIES) {
		ASSERT_TRUE(renew_blocks(&self->env, &self->blocks));
		ret = take_in_a_row(&self->env, &self->blocks, req, 4);
	}
	ASSERT_EQ(0, ret);
	for (i = 0; i < 4; i++)
		EXPECT_EQ(0, cma_fill_object(&self->env, req[i].id, i + 1));
	for (i = 0; i < 4; i++)
		EXPECT_EQ(0, cma_check_object(&self->env, req[i].id, i + 1));
}

CMA_TEST(range, with_the_kernels_own_memory_is_busy)
{
	struct test_cma_alloc buddy = { .kind = TEST_CMA_BUDDY, .size = PAGE }, range;
	const size_t block = self->blocks.block;

	ASSERT_EQ(0, cma_alloc(&self->env, &buddy));
	EXPECT_EQ(-EBUSY, take(&self->env, buddy.phys, PAGE, TEST_CMA_NOWARN, &range));
	EXPECT_EQ(-EBUSY, take(&self->env, buddy.phys / block * block, block,
			       TEST_CMA_NOWARN, &range));
}

CMA_TEST(range, with_flags_that_mean_nothing_here_is_invalid)
{
	struct test_cma_alloc range;

	EXPECT_EQ(-EINVAL, take(&self->env, self->blocks.phys, MB, TEST_CMA_ATOMIC,
				&range));
}

CMA_TEST(range, can_be_given_back_in_parts)
{
	const size_t block = self->blocks.block;
	struct test_cma_alloc whole, part;
	size_t offset;

	ASSERT_EQ(0, take_both(&self->env, &self->blocks, &whole));
	EXPECT_EQ(0, cma_fill_object(&self->env, whole.id, SEED + 1));
	for (offset = 0; offset < block; offset += MB)
		ASSERT_EQ(0, cma_free_part(&self->env, whole.id, offset, MB));

	EXPECT_EQ(0, take_again(&self->env, self->blocks.phys, block, &part));
	EXPECT_EQ(0, cma_fill_object(&self->env, part.id, SEED + 2));
	EXPECT_EQ(-EBUSY, take(&self->env, self->blocks.phys + block, block, TEST_CMA_NOWARN,
			       &part));
	EXPECT_EQ(0, cma_check_part(&self->env, whole.id, block, block, SEED + 1));
	EXPECT_EQ(0, cma_free_part(&self->env, whole.id, 2 * block - PAGE, PAGE));
	EXPECT_EQ(0, cma_free(&self->env, whole.id));
	EXPECT_EQ(0, take_again(&self->env, self->blocks.phys + block, block, &part));
}

TEST_HARNESS_MAIN
