// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that lives in the area makes room for a driver, and survives it.
 *
 * Each variant is a kind of memory.  A pattern is put into it while nearly all
 * that is free lies in the area, so that the kernel has to lend; then a driver
 * asks for the whole area in one piece.  Where the kernel will not lend as much, as
 * cma_can_lend() says, all of it is skipped.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "cma_util.h"

#define OLD_SEED	11
#define SEED		22
#define DRIVER_SEED	33

enum backing { ANON, TMPFS, DISK };

/**
 * struct kind - a kind of memory
 * @backing: what is behind it
 * @shared: mapped MAP_SHARED
 * @locked: with mlock()
 * @written: a file's pages differ from what is on the disk
 * @unmapped: no process maps it while the driver asks
 * @forked: two processes map it, and neither has written since
 * @to_high: it is in low memory, and there is no room for it but in high memory
 */
struct kind {
	enum backing backing;
	bool shared;
	bool locked;
	bool written;
	bool unmapped;
	bool forked;
	bool to_high;
};

/**
 * struct memory - some of it
 * @path: the file's name
 * @fd: the file, or -1
 * @addr: where it is mapped
 * @size: how much
 */
struct memory {
	char path[64];
	int fd;
	char *addr;
	size_t size;
};

/**
 * struct reader - a second process that maps it
 * @child: its id
 * @go: a pipe whose end tells it to look
 */
struct reader {
	pid_t child;
	int go;
};

FIXTURE(takeback)
{
	struct cma_env env;
	struct cma_hog hog;
	struct memory memory;
	struct cma_area low;
};

FIXTURE_VARIANT(takeback)
{
	struct kind kind;
};

FIXTURE_VARIANT_ADD(takeback, anonymous) {
	{ .backing = ANON },
};

FIXTURE_VARIANT_ADD(takeback, forked_anonymous) {
	{ .backing = ANON, .forked = true },
};

FIXTURE_VARIANT_ADD(takeback, shared_anonymous) {
	{ .backing = ANON, .shared = true },
};

FIXTURE_VARIANT_ADD(takeback, mlocked_anonymous) {
	{ .backing = ANON, .locked = true },
};

FIXTURE_VARIANT_ADD(takeback, tmpfs) {
	{ .backing = TMPFS, .shared = true, .written = true, .unmapped = true },
};

FIXTURE_VARIANT_ADD(takeback, mapped_tmpfs) {
	{ .backing = TMPFS, .shared = true, .written = true },
};

FIXTURE_VARIANT_ADD(takeback, clean_page_cache) {
	{ .backing = DISK, .shared = true, .unmapped = true },
};

FIXTURE_VARIANT_ADD(takeback, mapped_page_cache) {
	{ .backing = DISK, .shared = true },
};

FIXTURE_VARIANT_ADD(takeback, mlocked_page_cache) {
	{ .backing = DISK, .shared = true, .locked = true },
};

FIXTURE_VARIANT_ADD(takeback, dirty_page_cache) {
	{ .backing = DISK, .shared = true, .written = true, .unmapped = true },
};

FIXTURE_VARIANT_ADD(takeback, mapped_dirty_page_cache) {
	{ .backing = DISK, .shared = true, .written = true },
};

FIXTURE_VARIANT_ADD(takeback, anonymous_to_high_memory) {
	{ .backing = ANON, .to_high = true },
};

FIXTURE_VARIANT_ADD(takeback, mapped_tmpfs_to_high_memory) {
	{ .backing = TMPFS, .shared = true, .written = true, .to_high = true },
};

FIXTURE_VARIANT_ADD(takeback, mapped_page_cache_to_high_memory) {
	{ .backing = DISK, .shared = true, .to_high = true },
};

FIXTURE_VARIANT_ADD(takeback, mapped_dirty_page_cache_to_high_memory) {
	{ .backing = DISK, .shared = true, .written = true, .to_high = true },
};

static void *map_memory(int fd, size_t size, bool shared)
{
	int flags = (shared ? MAP_SHARED : MAP_PRIVATE) | (fd < 0 ? MAP_ANONYMOUS : 0);

	return mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);
}

/* Is the area in low memory, of which @low becomes all, and is there high memory? */
static bool is_in_low_memory(const struct cma_area *area, struct cma_area *low)
{
	unsigned long long high = cma_meminfo("HighTotal");
	struct cma_zone zone;

	if (!high || high == CMA_NO_VALUE ||
	    !cma_zone_of(area->base_pfn, &zone) || zone.is_highmem)
		return false;
	*low = (struct cma_area){ .base_pfn = zone.start_pfn, .pages = zone.spanned };
	return true;
}

FIXTURE_SETUP(takeback)
{
	struct memory *memory = &self->memory;
	const char *dir = "/tmp";

	memory->fd = -1;
	if (!cma_env_open(&self->env))
		SKIP(return, "%s", self->env.why_not);
	if (!cma_can_lend(&self->env))
		SKIP(return, CMA_CANNOT_LEND);
	if (variant->kind.to_high && !is_in_low_memory(&self->env.area, &self->low))
		SKIP(return, "needs an area in low memory, and high memory");
	memory->size = self->env.largest / 4 * 3;
	cma_drop_caches();
	ASSERT_TRUE(cma_hog_begin(&self->env, &self->hog));
	if (variant->kind.backing == ANON)
		return;

	if (variant->kind.backing == DISK)
		dir = cma_disk_mount();
	if (!dir)
		SKIP(return, "no ext4 file system on /dev/vda");
	snprintf(memory->path, sizeof(memory->path), "%s/takeback", dir);
	memory->fd = open(memory->path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	ASSERT_GE(memory->fd, 0);
	ASSERT_EQ(0, ftruncate(memory->fd, memory->size));
	if (variant->kind.backing == DISK)
		ASSERT_TRUE(cma_write_cold_file(memory->fd, memory->size, OLD_SEED));
}

FIXTURE_TEARDOWN(takeback)
{
	struct memory *memory = &self->memory;

	munmap(memory->addr, memory->size);
	if (memory->fd >= 0) {
		close(memory->fd);
		unlink(memory->path);
	}
	if (variant->kind.backing == DISK)
		cma_disk_unmount();
	EXPECT_TRUE(cma_env_close(&self->env));
}

/* A file that was only read holds what is on the disk. */
static __u32 seed_of(const struct kind *kind)
{
	return kind->backing == DISK && !kind->written ? OLD_SEED : SEED;
}

static int make_memory(struct memory *memory, const struct kind *kind)
{
	memory->addr = map_memory(memory->fd, memory->size, kind->shared);
	if (memory->addr == MAP_FAILED)
		return -errno;
	if (kind->locked && mlock(memory->addr, memory->size))
		return -errno;
	if (kind->backing == DISK && !kind->written)
		return madvise(memory->addr, memory->size, MADV_POPULATE_READ) ? -errno : 0;
	cma_fill(memory->addr, memory->size, SEED);
	return 0;
}

static bool fork_reader(struct reader *reader, const struct memory *memory)
{
	int go[2];
	char byte;

	if (pipe(go))
		return false;
	reader->child = fork();
	if (reader->child) {
		close(go[0]);
		reader->go = go[1];
		return reader->child > 0;
	}
	close(go[1]);
	if (read(go[0], &byte, 1) < 0)
		_exit(1);
	_exit(!cma_check(memory->addr, memory->size, SEED));
}

static bool reader_is_content(struct reader *reader)
{
	int status;

	close(reader->go);
	return waitpid(reader->child, &status, 0) == reader->child && !status;
}

/* Of what takes up all memory, gives up what is not in low memory. */
static void release_high(struct cma_hog *hog, const struct cma_area *low)
{
	const size_t step = 2 * MB;
	size_t offset;

	for (offset = 0; offset < hog->populated; offset += step)
		if (!cma_pages_in_area(low, hog->addr + offset, step))
			madvise(hog->addr + offset, step, MADV_DONTNEED);
}

/* How many of its pages are in low memory, but not in the area? */
static unsigned long count_low(const struct memory *memory, const struct cma_area *low,
			       const struct cma_area *area)
{
	return cma_pages_in_area(low, memory->addr, memory->size) -
	       cma_pages_in_area(area, memory->addr, memory->size);
}

CMA_TEST(takeback, data_survives_while_a_driver_has_the_area)
{
	struct memory *memory = &self->memory;
	const struct kind *kind = &variant->kind;
	struct test_cma_alloc req;
	struct reader reader;
	unsigned long lent, low = 0;

	/* Lend. */
	ASSERT_TRUE(cma_hog_take(&self->env, &self->hog));
	ASSERT_EQ(0, make_memory(memory, kind));
	lent = cma_pages_in_area(&self->env.area, memory->addr, memory->size);
	EXPECT_GE(lent, memory->size / PAGE / 2);
	if (kind->unmapped)
		ASSERT_EQ(0, munmap(memory->addr, memory->size));
	if (kind->forked)
		ASSERT_TRUE(fork_reader(&reader, memory));
	if (kind->to_high) {
		low = count_low(memory, &self->low, &self->env.area);
		release_high(&self->hog, &self->low);
	} else {
		cma_hog_release(&self->hog);
	}

	/* Take back. */
	ASSERT_EQ(0, cma_alloc_dma(&self->env, self->env.largest, 0, &req));
	EXPECT_TRUE(cma_object_in_area(&self->env.area, &req));
	EXPECT_EQ(0, cma_check_object(&self->env, req.id, 0));
	EXPECT_EQ(0, cma_fill_object(&self->env, req.id, DRIVER_SEED));
	if (kind->to_high)
		EXPECT_LE(count_low(memory, &self->low, &self->env.area), low);

	/* Compare. */
	if (kind->unmapped)
		memory->addr = map_memory(memory->fd, memory->size, true);
	ASSERT_TRUE(memory->addr != MAP_FAILED);
	EXPECT_TRUE(cma_check(memory->addr, memory->size, seed_of(kind)));
	if (kind->forked)
		EXPECT_TRUE(reader_is_content(&reader));
	EXPECT_EQ(0, cma_check_object(&self->env, req.id, DRIVER_SEED));
	EXPECT_EQ(0, cma_free(&self->env, req.id));
	EXPECT_TRUE(cma_check(memory->addr, memory->size, seed_of(kind)));
}

TEST_HARNESS_MAIN
