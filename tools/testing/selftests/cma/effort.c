// SPDX-License-Identifier: GPL-2.0
/*
 * How hard a request tries: __GFP_NORETRY takes what is free or can be dropped,
 * others move pages, whichever way the driver's gfp flags go down to the area.  The
 * stock kernel knows no such difference.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "cma_util.h"

FIXTURE(effort)
{
	struct cma_env env;
};

FIXTURE_VARIANT(effort)
{
	enum test_cma_kind kind;
	__u32 flags;
};

/* Those that the architecture maps, those that it need not, and dma_alloc_pages() */
FIXTURE_VARIANT_ADD(effort, for_buffers) {
	.kind = TEST_CMA_DMA,
};

FIXTURE_VARIANT_ADD(effort, for_a_snooping_device) {
	.kind = TEST_CMA_DMA, .flags = TEST_CMA_COHERENT_DEV,
};

FIXTURE_VARIANT_ADD(effort, for_pages) {
	.kind = TEST_CMA_PAGES,
};

static int ask(struct cma_env *env, const FIXTURE_VARIANT(effort) *variant,
	       size_t size, __u32 flags, struct test_cma_alloc *req)
{
	*req = (struct test_cma_alloc){
		.kind = variant->kind, .size = size, .flags = variant->flags | flags,
	};
	return cma_alloc(env, req);
}

FIXTURE_SETUP(effort)
{
	struct test_cma_alloc req;

	if (!cma_env_open(&self->env))
		SKIP(return, "%s", self->env.why_not);
	if (!self->env.ours)
		SKIP(return, "the stock kernel knows one effort only");
	cma_drop_caches();
	/* What was lent is out of the way, then. */
	ASSERT_EQ(0, cma_alloc_dma(&self->env, self->env.largest, 0, &req));
	ASSERT_EQ(0, cma_free(&self->env, req.id));
	ASSERT_EQ(0, ask(&self->env, variant, 2 * MB, 0, &req));
	if (!cma_object_in_area(&self->env.area, &req) && variant->kind == TEST_CMA_PAGES)
		SKIP(return, "high memory has no address for dma_alloc_pages()");
	ASSERT_EQ(0, cma_free(&self->env, req.id));
}

FIXTURE_TEARDOWN(effort)
{
	EXPECT_TRUE(cma_env_close(&self->env));
}

static unsigned long long sysfs(const struct cma_env *env, const char *file)
{
	return cma_area_sysfs(&env->area, file);
}

CMA_TEST(effort, without_retries_takes_what_is_free)
{
	struct test_cma_alloc req;

	ASSERT_EQ(0, ask(&self->env, variant, 4 * MB, TEST_CMA_NORETRY, &req));
	EXPECT_TRUE(cma_object_in_area(&self->env.area, &req));
}

CMA_TEST(effort, without_retries_moves_nothing)
{
	unsigned long long migrated;
	struct test_cma_alloc req;
	unsigned long inside;
	struct cma_lent lent;

	ASSERT_TRUE(cma_lend(&self->env, &lent));
	inside = cma_pages_in_area(&self->env.area, lent.addr, lent.size);
	migrated = sysfs(&self->env, "pages_migrated");
	EXPECT_EQ(-ENOMEM, ask(&self->env, variant, self->env.largest,
			       TEST_CMA_NORETRY | TEST_CMA_NOWARN, &req));
	EXPECT_EQ(migrated, sysfs(&self->env, "pages_migrated"));
	/* Compaction may move a few of them meanwhile. */
	EXPECT_LE(inside / 16 * 15, cma_pages_in_area(&self->env.area, lent.addr, lent.size));
	EXPECT_TRUE(cma_check(lent.addr, lent.size, CMA_LENT_SEED));
}

CMA_TEST(effort, by_default_moves_what_can_be_moved)
{
	struct test_cma_alloc req;
	unsigned long long migrated;
	struct cma_lent lent;
	unsigned long inside;

	ASSERT_TRUE(cma_lend(&self->env, &lent));
	inside = cma_pages_in_area(&self->env.area, lent.addr, lent.size);
	migrated = sysfs(&self->env, "pages_migrated");
	ASSERT_EQ(0, ask(&self->env, variant, self->env.largest, 0, &req));
	EXPECT_GE(sysfs(&self->env, "pages_migrated"), migrated + inside / 2);
	EXPECT_TRUE(cma_check(lent.addr, lent.size, CMA_LENT_SEED));
}

FIXTURE(effort_with_files)
{
	struct cma_env env;
	struct cma_hog hog;
	size_t size;
	char path[64];
	char *addr;
	int fd;
};

/* Clean page cache that fills most of the area and that nobody maps */
FIXTURE_SETUP(effort_with_files)
{
	const char *dir;

	if (!cma_env_open(&self->env))
		SKIP(return, "%s", self->env.why_not);
	if (!self->env.ours)
		SKIP(return, "the stock kernel knows one effort only");
	cma_drop_caches();
	ASSERT_TRUE(cma_hog_begin(&self->env, &self->hog));
	dir = cma_disk_mount();
	if (!dir)
		SKIP(return, "no ext4 file system on /dev/vda");
	snprintf(self->path, sizeof(self->path), "%s/effort", dir);
	self->fd = open(self->path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	ASSERT_GE(self->fd, 0);
	self->size = self->env.largest / 4 * 3;
	ASSERT_TRUE(cma_write_cold_file(self->fd, self->size, CMA_LENT_SEED));
	ASSERT_TRUE(cma_hog_take(&self->env, &self->hog));
	self->addr = mmap(NULL, self->size, PROT_READ, MAP_SHARED, self->fd, 0);
	ASSERT_TRUE(self->addr != MAP_FAILED);
	ASSERT_EQ(0, madvise(self->addr, self->size, MADV_POPULATE_READ));
	ASSERT_LT(self->size / PAGE / 2,
		  cma_pages_in_area(&self->env.area, self->addr, self->size));
	ASSERT_EQ(0, munmap(self->addr, self->size));
}

FIXTURE_TEARDOWN(effort_with_files)
{
	close(self->fd);
	unlink(self->path);
	cma_disk_unmount();
	cma_hog_release(&self->hog);
	EXPECT_TRUE(cma_env_close(&self->env));
}

static bool file_is_intact(int fd, size_t size)
{
	char *addr = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	bool intact = addr != MAP_FAILED && cma_check(addr, size, CMA_LENT_SEED);

	munmap(addr, size);
	return intact;
}

/* No room to move to is needed for that: the hog is still there. */
CMA_TEST(effort_with_files, without_retries_drops_clean_page_cache)
{
	unsigned long long dropped = sysfs(&self->env, "pages_dropped");
	struct test_cma_alloc req;

	ASSERT_EQ(0, cma_alloc_dma(&self->env, self->size / 2, TEST_CMA_NORETRY, &req));
	EXPECT_LT(dropped, sysfs(&self->env, "pages_dropped"));
	EXPECT_EQ(0, cma_free(&self->env, req.id));
	EXPECT_TRUE(file_is_intact(self->fd, self->size));
}

CMA_TEST(effort_with_files, by_default_drops_clean_page_cache_without_a_copy)
{
	unsigned long long dropped = sysfs(&self->env, "pages_dropped");
	unsigned long long migrated = sysfs(&self->env, "pages_migrated");
	struct test_cma_alloc req;

	cma_hog_release(&self->hog);
	ASSERT_EQ(0, cma_alloc_dma(&self->env, self->env.largest, 0, &req));
	dropped = sysfs(&self->env, "pages_dropped") - dropped;
	migrated = sysfs(&self->env, "pages_migrated") - migrated;
	EXPECT_LT(self->size / PAGE / 2, dropped);
	/* Something else may have been lent a few. */
	EXPECT_GT(dropped / 16, migrated);
	EXPECT_EQ(0, cma_free(&self->env, req.id));
	EXPECT_TRUE(file_is_intact(self->fd, self->size));
}

TEST_HARNESS_MAIN
