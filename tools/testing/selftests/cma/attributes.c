// SPDX-License-Identifier: GPL-2.0
/*
 * What a DMA buffer is: contiguous, aligned, zeroed, and mapped so that a device
 * and the processor see the same, in the kernel and in user space.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "cma_util.h"

#define SEED	7

#define LOOK_US	20000
#define WAIT_US	60000000LL

#define UNTOLD	"the driver cannot tell how this architecture maps"

FIXTURE(buffer)
{
	struct cma_env env;
	struct test_cma_alloc req;
};

/**
 * struct buffer variant - a way to ask for a buffer
 * @size: of the buffer
 * @flags: &enum test_cma_flags
 * @memtype: how it has to be mapped on a machine whose devices do not snoop
 * @any_place: may come from elsewhere than the area
 */
FIXTURE_VARIANT(buffer)
{
	size_t size;
	__u32 flags;
	enum test_cma_memtype memtype;
	bool any_place;
};

FIXTURE_VARIANT_ADD(buffer, coherent) {
	.size = 2 * MB, .memtype = TEST_CMA_UNCACHED,
};

FIXTURE_VARIANT_ADD(buffer, coherent_of_one_page) {
	.size = PAGE, .memtype = TEST_CMA_UNCACHED, .any_place = CMA_LEAST > PAGE,
};

FIXTURE_VARIANT_ADD(buffer, coherent_of_odd_size) {
	.size = 3 * MB + 5 * PAGE, .memtype = TEST_CMA_UNCACHED,
};

FIXTURE_VARIANT_ADD(buffer, coherent_of_32_megabytes) {
	.size = 32 * MB, .memtype = TEST_CMA_UNCACHED,
};

FIXTURE_VARIANT_ADD(buffer, write_combining) {
	.size = 2 * MB, .flags = TEST_CMA_WRITE_COMBINE,
	.memtype = TEST_CMA_UNCACHED,
};

FIXTURE_VARIANT_ADD(buffer, force_contiguous) {
	.size = 2 * MB, .flags = TEST_CMA_FORCE_CONTIGUOUS,
	.memtype = TEST_CMA_UNCACHED,
};

FIXTURE_VARIANT_ADD(buffer, snooping_device) {
	.size = 2 * MB, .flags = TEST_CMA_COHERENT_DEV, .memtype = TEST_CMA_CACHED,
};

FIXTURE_VARIANT_ADD(buffer, atomic) {
	.size = 4 * PAGE, .flags = TEST_CMA_ATOMIC, .memtype = TEST_CMA_UNCACHED,
	.any_place = true,
};

FIXTURE_VARIANT_ADD(buffer, without_kernel_mapping) {
	.size = 2 * MB, .flags = TEST_CMA_NO_KERNEL_MAPPING,
	.memtype = TEST_CMA_UNCACHED,
};

FIXTURE_VARIANT_ADD(buffer, without_kernel_mapping_for_a_snooping_device) {
	.size = 2 * MB, .flags = TEST_CMA_NO_KERNEL_MAPPING | TEST_CMA_COHERENT_DEV,
	.memtype = TEST_CMA_CACHED,
};

/*
 * Other architectures' pool for requests that cannot wait has pages of the area, and
 * takes as many again in the background when it is first used.  It never has less than
 * it began with then, and stays as it is.
 */
static bool pool_has_grown(void)
{
	static const char * const pools[] = { "dma", "dma32", "kernel" };
	unsigned long long size, largest = 0;
	char text[96];
	size_t i;

	for (i = 0; i < ARRAY_LEN(pools); i++) {
		snprintf(text, sizeof(text), "/sys/kernel/debug/dma_pools/pool_size_%s",
			 pools[i]);
		size = cma_read_value(text);
		if (size != CMA_NO_VALUE && size > largest)
			largest = size;
	}
	if (!largest)
		return true;
	snprintf(text, sizeof(text), "DMA: preallocated %llu KiB .* pool for atomic",
		 largest / 1024);
	return !cma_dmesg_has(text);
}

/* What the pool takes from the area belongs to no test. */
static bool let_pool_grow(struct cma_env *env)
{
	long long until = cma_now_us() + WAIT_US;
	struct test_cma_alloc req;

	if (cma_alloc_dma(env, PAGE, TEST_CMA_ATOMIC, &req))
		return false;
	while (!pool_has_grown() && cma_now_us() < until)
		usleep(LOOK_US);
	cma_free(env, req.id);
	cma_env_measure(env);
	return pool_has_grown();
}

FIXTURE_SETUP(buffer)
{
	if (!cma_env_open(&self->env))
		SKIP(return, "%s", self->env.why_not);
	if (variant->flags & TEST_CMA_ATOMIC)
		ASSERT_TRUE(let_pool_grow(&self->env));
	if (variant->size > self->env.largest)
		SKIP(return, "the area is smaller");
	ASSERT_EQ(0, cma_alloc_dma(&self->env, variant->size, variant->flags,
				   &self->req));
}

FIXTURE_TEARDOWN(buffer)
{
	EXPECT_TRUE(cma_env_close(&self->env));
}

static size_t pages_up(size_t size)
{
	return (size + PAGE - 1) / PAGE * PAGE;
}

CMA_TEST(buffer, is_contiguous_and_inside_the_area)
{
	EXPECT_GE(self->req.contiguous, variant->size);
	EXPECT_EQ(self->req.phys, self->req.dma_addr);
	if (!variant->any_place)
		EXPECT_TRUE(cma_object_in_area(&self->env.area, &self->req));
}

CMA_TEST(buffer, is_aligned_to_its_size_up_to_a_megabyte)
{
	size_t align = PAGE;

	if (variant->any_place)
		SKIP(return, "is no buffer of the area");
	while (align < variant->size && align < MB)
		align *= 2;
	EXPECT_EQ(0ULL, self->req.phys % align);
}

CMA_TEST(buffer, is_mapped_in_the_kernel_as_the_device_needs_it)
{
	size_t size = pages_up(variant->size), offset;
	struct test_cma_mapping map;

	if (!cma_tells_mappings(&self->env))
		SKIP(return, UNTOLD);
	if (variant->flags & TEST_CMA_NO_KERNEL_MAPPING)
		SKIP(return, "has no mapping in the kernel");
	for (offset = 0; offset < size; offset += PAGE) {
		ASSERT_EQ(0, cma_mapping(&self->env, TEST_CMA_KERNEL, self->req.id,
					 offset, &map));
		ASSERT_EQ(variant->memtype, map.memtype) TH_LOG("at %#zx", offset);
		ASSERT_EQ(self->req.phys + offset, map.phys);
	}
}

CMA_TEST(buffer, has_no_cached_alias_in_the_linear_mapping)
{
	size_t size = pages_up(variant->size), offset;
	struct test_cma_mapping map;

	if (!cma_tells_mappings(&self->env))
		SKIP(return, UNTOLD);
	if (variant->memtype == TEST_CMA_CACHED)
		SKIP(return, "is cached itself");
	if (variant->flags & TEST_CMA_NO_KERNEL_MAPPING)
		SKIP(return, "its linear mapping is left alone");
	if (!cma_object_in_area(&self->env.area, &self->req))
		SKIP(return, "is no buffer of the area");
	for (offset = 0; offset < size; offset += PAGE) {
		ASSERT_EQ(0, cma_mapping(&self->env, TEST_CMA_LINEAR, 0,
					 self->req.phys + offset, &map));
		ASSERT_NE(TEST_CMA_CACHED, map.memtype) TH_LOG("at %#zx", offset);
	}
}

CMA_TEST(buffer, is_mapped_in_user_space_as_the_device_needs_it)
{
	size_t size = pages_up(variant->size), offset;
	struct test_cma_mapping map;
	char *addr;

	if (!cma_tells_mappings(&self->env))
		SKIP(return, UNTOLD);
	addr = cma_mmap(&self->env, self->req.id, size);
	ASSERT_TRUE(addr != MAP_FAILED);
	for (offset = 0; offset < size; offset += PAGE) {
		ASSERT_EQ(0, cma_mapping(&self->env, TEST_CMA_USER, 0,
					 (uintptr_t)addr + offset, &map));
		ASSERT_EQ(variant->memtype, map.memtype) TH_LOG("at %#zx", offset);
		ASSERT_EQ(self->req.phys + offset, map.phys);
	}
	munmap(addr, size);
}

CMA_TEST(buffer, is_zeroed_also_when_its_memory_was_written_before)
{
	size_t size = pages_up(variant->size);
	struct test_cma_alloc all;
	char *addr;
	int round;

	if (variant->flags & (TEST_CMA_NO_KERNEL_MAPPING | TEST_CMA_ATOMIC) &&
	    !self->env.ours)
		SKIP(return, "the stock kernel hands out such memory as it is");
#ifndef __arm__
	if (variant->flags & TEST_CMA_NO_KERNEL_MAPPING)
		SKIP(return, "dma-direct hands out such memory as it is");
#endif
	/* Wherever in the area the next buffer is, somebody has written there. */
	ASSERT_EQ(0, cma_free(&self->env, self->req.id));
	ASSERT_EQ(0, cma_alloc_dma(&self->env, self->env.largest, 0, &all));
	ASSERT_EQ(0, cma_fill_object(&self->env, all.id, SEED));
	ASSERT_EQ(0, cma_free(&self->env, all.id));
	for (round = 0; round < 2; round++) {
		ASSERT_EQ(0, cma_alloc_dma(&self->env, variant->size, variant->flags,
					   &self->req));
		addr = cma_mmap(&self->env, self->req.id, size);
		ASSERT_TRUE(addr != MAP_FAILED);
		ASSERT_TRUE(cma_check(addr, size, 0)) TH_LOG("round %d", round);
		cma_fill(addr, size, SEED);
		munmap(addr, size);
		ASSERT_EQ(0, cma_free(&self->env, self->req.id));
	}
}

CMA_TEST(buffer, shows_the_kernels_writes_to_user_space_and_back)
{
	size_t size = pages_up(variant->size);
	char *addr;

	if (variant->flags & TEST_CMA_NO_KERNEL_MAPPING)
		SKIP(return, "has no mapping in the kernel");
	addr = cma_mmap(&self->env, self->req.id, size);
	ASSERT_TRUE(addr != MAP_FAILED);
	EXPECT_EQ(0, cma_fill_object(&self->env, self->req.id, SEED));
	EXPECT_TRUE(cma_check(addr, size, SEED));
	cma_fill(addr, size, SEED + 1);
	EXPECT_EQ(0, cma_check_object(&self->env, self->req.id, SEED + 1));
	munmap(addr, size);
}

CMA_TEST(buffer, leaves_cached_memory_behind_when_it_is_freed)
{
	size_t size = pages_up(variant->size), offset;
	struct test_cma_mapping map;

	if (!cma_tells_mappings(&self->env))
		SKIP(return, UNTOLD);
	if (!cma_object_in_area(&self->env.area, &self->req) || variant->any_place)
		SKIP(return, "stays in a pool of such memory");
	ASSERT_EQ(0, cma_free(&self->env, self->req.id));
	for (offset = 0; offset < size; offset += PAGE) {
		ASSERT_EQ(0, cma_mapping(&self->env, TEST_CMA_LINEAR, 0,
					 self->req.phys + offset, &map));
		if (map.memtype == TEST_CMA_UNMAPPED)
			SKIP(return, "high memory is not mapped when it is free");
		ASSERT_EQ(TEST_CMA_CACHED, map.memtype) TH_LOG("at %#zx", offset);
	}
}

TEST_HARNESS_MAIN
