// SPDX-License-Identifier: GPL-2.0
/* The dma-buf heap on the default area: buffers for user space by the file */
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-heap.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "cma_util.h"

#define SEED	8

FIXTURE(heap)
{
	struct cma_env env;
	int heap;
};

FIXTURE_SETUP(heap)
{
	char path[96];

	if (!cma_env_open(&self->env))
		SKIP(return, "%s", self->env.why_not);
	snprintf(path, sizeof(path), "/dev/dma_heap/%s", self->env.area.name);
	self->heap = open(path, O_RDWR | O_CLOEXEC);
	if (self->heap < 0)
		SKIP(return, "no %s: needs CONFIG_DMABUF_HEAPS_CMA", path);
}

FIXTURE_TEARDOWN(heap)
{
	close(self->heap);
	EXPECT_TRUE(cma_env_close(&self->env));
}

/* A new buffer's file descriptor, or a negative errno */
static int new_buffer(int heap, __u64 size, __u32 fd_flags)
{
	struct dma_heap_allocation_data request = { .len = size, .fd_flags = fd_flags };

	if (ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &request))
		return -errno;
	return request.fd;
}

static unsigned long used(const struct cma_env *env)
{
	return cma_area_debugfs(&env->area, "used") - env->used;
}

CMA_TEST(heap, gives_contiguous_buffers_of_the_area)
{
	static const size_t sizes[] = { PAGE, 3 * PAGE, MB, 8 * MB };
	struct test_cma_mapping map;
	size_t i, offset;
	__u64 phys;
	char *addr;
	int fd;

	if (!cma_tells_mappings(&self->env))
		SKIP(return, "the driver cannot tell how this architecture maps");
	for (i = 0; i < ARRAY_LEN(sizes); i++) {
		fd = new_buffer(self->heap, sizes[i], O_RDWR | O_CLOEXEC);
		ASSERT_GE(fd, 0);
		EXPECT_EQ(sizes[i] / PAGE, used(&self->env));
		addr = mmap(NULL, sizes[i], PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		ASSERT_TRUE(addr != MAP_FAILED);
		cma_fill(addr, sizes[i], SEED);
		for (offset = 0; offset < sizes[i]; offset += PAGE) {
			ASSERT_EQ(0, cma_mapping(&self->env, TEST_CMA_USER, 0,
						 (uintptr_t)addr + offset, &map));
			if (!offset)
				phys = map.phys;
			ASSERT_EQ(phys + offset, map.phys);
			ASSERT_TRUE(cma_in_area(&self->env.area, map.phys / PAGE));
		}
		munmap(addr, sizes[i]);
		close(fd);
		EXPECT_EQ(0UL, used(&self->env));
	}
}

CMA_TEST(heap, gives_zeroed_buffers_also_when_they_were_written_before)
{
	size_t size = 4 * MB;
	char *addr;
	int round, fd;

	for (round = 0; round < 3; round++) {
		fd = new_buffer(self->heap, size, O_RDWR | O_CLOEXEC);
		ASSERT_GE(fd, 0);
		addr = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		ASSERT_TRUE(addr != MAP_FAILED);
		EXPECT_TRUE(cma_check(addr, size, 0));
		cma_fill(addr, size, SEED);
		EXPECT_TRUE(cma_check(addr, size, SEED));
		munmap(addr, size);
		close(fd);
	}
}

CMA_TEST(heap, keeps_a_buffer_while_somebody_maps_it)
{
	int fd = new_buffer(self->heap, MB, O_RDWR | O_CLOEXEC);
	char *addr;

	ASSERT_GE(fd, 0);
	addr = mmap(NULL, MB, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_TRUE(addr != MAP_FAILED);
	close(fd);
	cma_fill(addr, MB, SEED);
	EXPECT_EQ(MB / PAGE, used(&self->env));
	EXPECT_TRUE(cma_check(addr, MB, SEED));
	munmap(addr, MB);
	EXPECT_EQ(0UL, used(&self->env));
}

CMA_TEST(heap, rounds_sizes_up_to_pages)
{
	int fd = new_buffer(self->heap, PAGE + 1, O_RDWR | O_CLOEXEC);

	ASSERT_GE(fd, 0);
	EXPECT_EQ(2UL, used(&self->env));
	close(fd);
}

CMA_TEST(heap, refuses_what_it_cannot_give)
{
	EXPECT_EQ(-EINVAL, new_buffer(self->heap, 0, O_RDWR));
	EXPECT_EQ(-EINVAL, new_buffer(self->heap, PAGE, ~0U));
	EXPECT_GT(0, new_buffer(self->heap, (self->env.area.pages + 1) * PAGE, O_RDWR));
	EXPECT_GT(0, new_buffer(self->heap, ~0ULL - PAGE, O_RDWR));
	EXPECT_EQ(0UL, used(&self->env));
}

CMA_TEST(heap, gives_until_the_area_is_full_and_can_give_it_all_again)
{
	static int fds[4096];
	int round, count, i;

	for (round = 0; round < 2; round++) {
		for (count = 0; count < (int)ARRAY_LEN(fds); count++) {
			fds[count] = new_buffer(self->heap, MB, O_RDWR | O_CLOEXEC);
			if (fds[count] < 0)
				break;
		}
		ASSERT_LT(count, (int)ARRAY_LEN(fds));
		EXPECT_EQ(-ENOMEM, fds[count]);
		EXPECT_GE((size_t)count, self->env.largest / MB);
		for (i = 0; i < count; i++)
			close(fds[i]);
		EXPECT_EQ(0UL, used(&self->env));
	}
}

TEST_HARNESS_MAIN
