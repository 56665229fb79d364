// SPDX-License-Identifier: GPL-2.0
/*
 * Gigantic hugetlb pages come and go while the system runs: out of hugetlb's own area
 * (hugetlb_cma=) while that has room, then out of wherever there is such a range.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "cma_util.h"

#define SIZE		((size_t)1024 * MB)
#define SIZE_KB		(SIZE / 1024)
#define SEED		61
#define ROUNDS		2

/* Of the kernel's own header */
#define MAP_HUGE_1GB	(30 << 26)

/* One page is written in each huge page of the smaller kind. */
#define STEP		(2 * MB)

/* Of what a process has used, so much stays, of so much. */
#define KEPT		MB
#define USED		(8 * MB)

/**
 * struct memory - what a process has kept of its memory
 * @addr: the first byte; the first %KEPT bytes of each %USED are there
 * @size: how much is mapped
 * @pfns: where each page was, 0 for one that is not there
 */
struct memory {
	char *addr;
	size_t size;
	unsigned long *pfns;
};

FIXTURE(gigantic)
{
	struct cma_env env;
	struct cma_area own;
	unsigned long long own_used;
	char *pages;
};

FIXTURE_SETUP(gigantic)
{
	if (!cma_env_open(&self->env))
		SKIP(return, "%s", self->env.why_not);
	if (access("/sys/kernel/mm/hugepages/hugepages-1048576kB", X_OK))
		SKIP(return, "no hugetlb pages of 1 GiB: needs CONFIG_HUGETLBFS, pdpe1gb");
	if (!cma_open_area("hugetlb0", &self->own))
		SKIP(return, "hugetlb has no area: needs hugetlb_cma=");
	if (self->own.pages != SIZE / PAGE || cma_meminfo("MemTotal") < 6 * SIZE_KB)
		SKIP(return, "needs hugetlb_cma=1G and 6 GiB of memory");
	self->own_used = cma_area_debugfs(&self->own, "used");
	cma_drop_caches();
}

FIXTURE_TEARDOWN(gigantic)
{
	EXPECT_TRUE(cma_env_close(&self->env));
}

/* Has the kernel make two, and maps them. */
static bool get_pages(char **addr)
{
	if (!cma_set_hugetlb_pages(SIZE_KB, 2))
		return false;
	*addr = mmap(NULL, 2 * SIZE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_HUGE_1GB, -1, 0);
	return *addr != MAP_FAILED;
}

static bool put_pages(char *addr)
{
	return !munmap(addr, 2 * SIZE) && cma_set_hugetlb_pages(SIZE_KB, 0);
}

static bool pages_are_zeroed(const char *addr)
{
	size_t offset;

	for (offset = 0; offset < 2 * SIZE; offset += STEP)
		if (!cma_check(addr + offset, PAGE, 0))
			return false;
	return true;
}

static bool pages_keep_what_is_written(char *addr)
{
	size_t offset;

	for (offset = 0; offset < 2 * SIZE; offset += STEP)
		cma_fill(addr + offset, PAGE, SEED + offset / STEP);
	for (offset = 0; offset < 2 * SIZE; offset += STEP)
		if (!cma_check(addr + offset, PAGE, SEED + offset / STEP))
			return false;
	return true;
}

/* In which order they are mapped is hugetlb's affair. */
static unsigned long first_outside(const struct cma_area *own, const char *addr)
{
	unsigned long pfn = cma_pfn_of(addr);

	return cma_in_area(own, pfn) ? cma_pfn_of(addr + SIZE) : pfn;
}

/* Something in each part of memory, that has to move */
static bool use_memory(struct memory *memory)
{
	size_t offset;

	memory->size = SIZE / 2 * 3;
	memory->addr = mmap(NULL, memory->size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (memory->addr == MAP_FAILED)
		return false;
	for (offset = 0; offset < memory->size; offset += USED) {
		cma_fill(memory->addr + offset, KEPT, SEED + offset / USED);
		madvise(memory->addr + offset + KEPT, USED - KEPT, MADV_DONTNEED);
	}
	memory->pfns = cma_pfns_of(memory->addr, memory->size);
	return memory->pfns;
}

static bool memory_is_intact(const struct memory *memory)
{
	size_t offset;

	for (offset = 0; offset < memory->size; offset += USED)
		if (!cma_check(memory->addr + offset, KEPT, SEED + offset / USED))
			return false;
	return true;
}

/* How many of its pages were where that gigantic page is now */
static unsigned long count_moved(const struct memory *memory, unsigned long first)
{
	unsigned long count = 0;
	size_t i;

	for (i = 0; i < memory->size / PAGE; i++)
		count += memory->pfns[i] >= first && memory->pfns[i] - first < SIZE / PAGE;
	return count;
}

/* Before the other: an area that was asked lately is lent last of all. */
CMA_TEST(gigantic, pages_are_had_while_memory_is_in_use)
{
	struct memory memory;
	unsigned long moved;
	char *addr;

	ASSERT_TRUE(use_memory(&memory));
	ASSERT_TRUE(get_pages(&addr));
	EXPECT_TRUE(pages_are_zeroed(addr));
	EXPECT_TRUE(pages_keep_what_is_written(addr));
	/* The other page may be where all is free. */
	moved = count_moved(&memory, self->own.base_pfn);
	TH_LOG("%lu pages moved out of hugetlb's area, %lu out of elsewhere", moved,
	       count_moved(&memory, first_outside(&self->own, addr)));
	EXPECT_LT(0UL, moved);
	EXPECT_TRUE(memory_is_intact(&memory));
	EXPECT_TRUE(put_pages(addr));
	EXPECT_TRUE(memory_is_intact(&memory));
	munmap(memory.addr, memory.size);
	free(memory.pfns);
}

CMA_TEST(gigantic, pages_come_from_their_area_and_then_from_elsewhere)
{
	unsigned long free = cma_free_pages(), pfn;
	char *addr;
	int round;

	for (round = 0; round < ROUNDS; round++) {
		ASSERT_TRUE(cma_set_hugetlb_pages(SIZE_KB, 1));
		EXPECT_EQ(SIZE / PAGE, cma_area_debugfs(&self->own, "used"));
		ASSERT_TRUE(get_pages(&addr));
		EXPECT_TRUE(pages_are_zeroed(addr));
		EXPECT_TRUE(pages_keep_what_is_written(addr));
		pfn = first_outside(&self->own, addr);
		EXPECT_FALSE(cma_in_area(&self->own, pfn));
		EXPECT_FALSE(cma_in_area(&self->env.area, pfn));
		EXPECT_EQ(0UL, pfn % (SIZE / PAGE));
		EXPECT_TRUE(put_pages(addr));
		EXPECT_EQ(self->own_used, cma_area_debugfs(&self->own, "used"));
	}
	EXPECT_GE(cma_free_pages() + 16 * MB / PAGE, free);
}

TEST_HARNESS_MAIN
