// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that lives in the area makes room for a driver, and survives it.
 *
 * Each variant is a kind of memory.  A pattern is put into it while nearly all
 * that is free lies in the area, so that the kernel has to lend; then a driver
 * asks for the whole area in one piece.
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

FIXTURE(takeback)
{
	struct cma_env env;
	struct cma_hog hog;
	size_t size;
	char path[64];
	int fd;
	char *addr;
	unsigned long lent;
	pid_t child;
	int go;
};

/**
 * struct takeback variant - a kind of memory
 * @backing: what is behind it
 * @shared: mapped MAP_SHARED
 * @locked: with mlock()
 * @written: a file's pages differ from what is on the disk
 * @unmapped: no process maps it while the driver asks
 * @forked: two processes map it, and neither has written since
 */
FIXTURE_VARIANT(takeback)
{
	enum backing backing;
	bool shared;
	bool locked;
	bool written;
	bool unmapped;
	bool forked;
};

FIXTURE_VARIANT_ADD(takeback, anonymous) {
	.backing = ANON,
};

FIXTURE_VARIANT_ADD(takeback, forked_anonymous) {
	.backing = ANON, .forked = true,
};

FIXTURE_VARIANT_ADD(takeback, shared_anonymous) {
	.backing = ANON, .shared = true,
};

FIXTURE_VARIANT_ADD(takeback, mlocked_anonymous) {
	.backing = ANON, .locked = true,
};

FIXTURE_VARIANT_ADD(takeback, tmpfs) {
	.backing = TMPFS, .shared = true, .written = true, .unmapped = true,
};

FIXTURE_VARIANT_ADD(takeback, mapped_tmpfs) {
	.backing = TMPFS, .shared = true, .written = true,
};

FIXTURE_VARIANT_ADD(takeback, clean_page_cache) {
	.backing = DISK, .shared = true, .unmapped = true,
};

FIXTURE_VARIANT_ADD(takeback, mapped_page_cache) {
	.backing = DISK, .shared = true,
};

FIXTURE_VARIANT_ADD(takeback, mlocked_page_cache) {
	.backing = DISK, .shared = true, .locked = true,
};

FIXTURE_VARIANT_ADD(takeback, dirty_page_cache) {
	.backing = DISK, .shared = true, .written = true, .unmapped = true,
};

FIXTURE_VARIANT_ADD(takeback, mapped_dirty_page_cache) {
	.backing = DISK, .shared = true, .written = true,
};

static void *map_memory(int fd, size_t size, bool shared)
{
	int flags = (shared ? MAP_SHARED : MAP_PRIVATE) | (fd < 0 ? MAP_ANONYMOUS : 0);

	return mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);
}

/* A file on the disk whose pages are not in memory */
static bool write_cold_file(int fd, size_t size)
{
	char *addr;

	if (ftruncate(fd, size))
		return false;
	addr = map_memory(fd, size, true);
	if (addr == MAP_FAILED)
		return false;
	cma_fill(addr, size, OLD_SEED);
	munmap(addr, size);
	return !fsync(fd) && !posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
}

FIXTURE_SETUP(takeback)
{
	const char *dir = "/tmp";

	self->fd = -1;
	if (!cma_env_open(&self->env))
		SKIP(return, "%s", self->env.why_not);
	self->size = self->env.largest / 4 * 3;
	cma_drop_caches();
	ASSERT_TRUE(cma_hog_begin(&self->env, &self->hog));
	if (variant->backing == DISK) {
		dir = cma_disk_mount();
		if (!dir)
			SKIP(return, "no ext4 file system on /dev/vda");
	}
	if (variant->backing != ANON) {
		snprintf(self->path, sizeof(self->path), "%s/takeback", dir);
		self->fd = open(self->path, O_RDWR | O_CREAT | O_TRUNC, 0600);
		ASSERT_GE(self->fd, 0);
		ASSERT_EQ(0, ftruncate(self->fd, self->size));
	}
	if (variant->backing == DISK)
		ASSERT_TRUE(write_cold_file(self->fd, self->size));
}

FIXTURE_TEARDOWN(takeback)
{
	munmap(self->addr, self->size);
	if (self->fd >= 0) {
		close(self->fd);
		unlink(self->path);
	}
	if (variant->backing == DISK)
		cma_disk_unmount();
	EXPECT_TRUE(cma_env_close(&self->env));
}

static __u32 seed_of(const FIXTURE_VARIANT(takeback) *variant)
{
	return variant->backing == DISK && !variant->written ? OLD_SEED : SEED;
}

static int make_memory(FIXTURE_DATA(takeback) *self,
		       const FIXTURE_VARIANT(takeback) *variant)
{
	self->addr = map_memory(self->fd, self->size, variant->shared);
	if (self->addr == MAP_FAILED)
		return -errno;
	if (variant->locked && mlock(self->addr, self->size))
		return -errno;
	if (variant->backing == DISK && !variant->written)
		return madvise(self->addr, self->size, MADV_POPULATE_READ) ? -errno : 0;
	cma_fill(self->addr, self->size, SEED);
	return 0;
}

/* A second process that looks at the same memory when it is told to */
static void fork_reader(FIXTURE_DATA(takeback) *self)
{
	int go[2];
	char byte;

	if (pipe(go))
		return;
	self->child = fork();
	if (self->child) {
		close(go[0]);
		self->go = go[1];
		return;
	}
	close(go[1]);
	if (read(go[0], &byte, 1) < 0)
		_exit(1);
	_exit(!cma_check(self->addr, self->size, SEED));
}

static bool reader_is_content(FIXTURE_DATA(takeback) *self)
{
	int status;

	close(self->go);
	return waitpid(self->child, &status, 0) == self->child && !status;
}

CMA_TEST(takeback, data_survives_while_a_driver_has_the_area)
{
	__u32 seed = seed_of(variant);
	struct test_cma_alloc req;

	/* Lend. */
	ASSERT_TRUE(cma_hog_take(&self->env, &self->hog));
	ASSERT_EQ(0, make_memory(self, variant));
	self->lent = cma_pages_in_area(&self->env.area, self->addr, self->size);
	EXPECT_GE(self->lent, self->size / PAGE / 2)
		TH_LOG("only %lu of %zu pages live in the area", self->lent,
		       self->size / PAGE);
	if (variant->unmapped)
		ASSERT_EQ(0, munmap(self->addr, self->size));
	if (variant->forked)
		fork_reader(self);
	cma_hog_release(&self->hog);

	/* Take back. */
	ASSERT_EQ(0, cma_alloc_dma(&self->env, self->env.largest, 0, &req));
	EXPECT_TRUE(cma_object_in_area(&self->env.area, &req));
	EXPECT_EQ(0, cma_check_object(&self->env, req.id, 0))
		TH_LOG("the buffer is not zeroed");
	EXPECT_EQ(0, cma_fill_object(&self->env, req.id, DRIVER_SEED));

	/* Compare. */
	if (variant->unmapped)
		self->addr = map_memory(self->fd, self->size, true);
	ASSERT_TRUE(self->addr != MAP_FAILED);
	EXPECT_TRUE(cma_check(self->addr, self->size, seed));
	if (variant->forked)
		EXPECT_TRUE(reader_is_content(self));
	EXPECT_EQ(0, cma_check_object(&self->env, req.id, DRIVER_SEED));
	EXPECT_EQ(0, cma_free(&self->env, req.id));
	EXPECT_TRUE(cma_check(self->addr, self->size, seed));
}

TEST_HARNESS_MAIN
