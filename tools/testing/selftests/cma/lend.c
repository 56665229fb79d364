// SPDX-License-Identifier: GPL-2.0
/*
 * The area is used while no driver needs it, and only by what can leave it.  Most of it
 * has to be lent for that to be seen: cma_can_lend() says when that cannot be.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kernel-page-flags.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "cma_util.h"

#define FLAG(name)	(1ULL << KPF_##name)
#define SEED		5
/* Of the kernel's own header */
#define KPF_PRIVATE	35
/* So many files make a file system read and write most of its metadata. */
#define NR_FILES	256

FIXTURE(lend)
{
	struct cma_env env;
	struct cma_hog hog;
};

FIXTURE_SETUP(lend)
{
	if (!cma_env_open(&self->env))
		SKIP(return, "%s", self->env.why_not);
	if (!cma_can_lend(&self->env))
		SKIP(return, CMA_CANNOT_LEND);
	cma_drop_caches();
	ASSERT_TRUE(cma_hog_begin(&self->env, &self->hog));
	ASSERT_TRUE(cma_hog_take(&self->env, &self->hog));
}

FIXTURE_TEARDOWN(lend)
{
	cma_hog_release(&self->hog);
	EXPECT_TRUE(cma_env_close(&self->env));
}

/* Anonymous memory for most of what is free in the area */
static char *borrow(struct cma_env *env, size_t *size)
{
	char *addr;

	*size = env->largest / 8 * 7;
	addr = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		    -1, 0);
	if (addr != MAP_FAILED)
		cma_fill(addr, *size, SEED);
	return addr;
}

CMA_TEST(lend, anonymous_memory_fills_the_area)
{
	unsigned long pages = self->env.area.pages - self->env.used;
	size_t size;
	char *addr = borrow(&self->env, &size);

	ASSERT_TRUE(addr != MAP_FAILED);
	EXPECT_GT(cma_pages_in_area(&self->env.area, addr, size), pages / 2);
	EXPECT_GT(cma_count_flagged(&self->env.area, FLAG(ANON)), pages / 2);
}

CMA_TEST(lend, lent_pages_count_as_used_memory_and_not_as_allocated)
{
	unsigned long long total = cma_meminfo("CmaTotal");
	unsigned long lent;
	size_t size;
	char *addr = borrow(&self->env, &size);

	ASSERT_TRUE(addr != MAP_FAILED);
	lent = cma_pages_in_area(&self->env.area, addr, size);
	EXPECT_EQ(total, cma_meminfo("CmaTotal"));
	EXPECT_LE(cma_meminfo("CmaFree"), total - (lent + self->env.used) * PAGE / 1024);
	EXPECT_EQ(self->env.used, cma_area_debugfs(&self->env.area, "used"));
}

CMA_TEST(lend, free_pages_of_the_area_are_free_pages_of_the_system)
{
	struct cma_zone zone;

	EXPECT_LE(cma_meminfo("CmaFree"), cma_meminfo("MemFree"));
	EXPECT_LE(cma_meminfo("CmaFree"), cma_meminfo("CmaTotal"));
	ASSERT_TRUE(cma_zone_of(self->env.area.base_pfn, &zone));
	EXPECT_LE(zone.free_cma, zone.free);
}

CMA_TEST(lend, memory_that_is_given_up_no_longer_lives_in_the_area)
{
	unsigned long lent;
	size_t size;
	char *addr = borrow(&self->env, &size);

	ASSERT_TRUE(addr != MAP_FAILED);
	lent = cma_count_flagged(&self->env.area, FLAG(ANON));
	munmap(addr, size);
	EXPECT_LT(cma_count_flagged(&self->env.area, FLAG(ANON)), lent / 8);
}

/* Little is free outside, and all of the area: that is where pages would come from. */
CMA_TEST(lend, nothing_unmovable_enters_the_area)
{
	const __u64 unmovable = FLAG(SLAB) | FLAG(PGTABLE);
	struct test_cma_alloc req = { .kind = TEST_CMA_BUDDY, .size = 2 * MB };
	unsigned long pfn, inside = 0;
	size_t offset, size;

	ASSERT_EQ(0, cma_alloc(&self->env, &req));
	for (offset = 0; offset < req.size; offset += PAGE) {
		pfn = cma_object_pfn(&self->env, req.id, offset);
		ASSERT_NE(0UL, pfn);
		inside += cma_in_area(&self->env.area, pfn);
	}
	EXPECT_EQ(0UL, inside);

	/* A process's page tables are not its memory. */
	ASSERT_TRUE(borrow(&self->env, &size) != MAP_FAILED);
	EXPECT_EQ(0UL, cma_count_flagged(&self->env.area, unmovable));
}

FIXTURE(lend_to_files)
{
	struct cma_env env;
	struct cma_hog hog;
	size_t size;
	char path[64];
	int fd;
};

FIXTURE_SETUP(lend_to_files)
{
	const char *dir;

	if (!cma_env_open(&self->env))
		SKIP(return, "%s", self->env.why_not);
	if (!cma_can_lend(&self->env))
		SKIP(return, CMA_CANNOT_LEND);
	cma_drop_caches();
	self->size = self->env.largest / 8 * 7;
	ASSERT_TRUE(cma_hog_begin(&self->env, &self->hog));
	dir = cma_disk_mount();
	if (!dir)
		SKIP(return, "no ext4 file system on /dev/vda");
	snprintf(self->path, sizeof(self->path), "%s/lend", dir);
	self->fd = open(self->path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	ASSERT_GE(self->fd, 0);
	ASSERT_TRUE(cma_write_cold_file(self->fd, self->size, SEED));
	ASSERT_TRUE(cma_hog_take(&self->env, &self->hog));
}

FIXTURE_TEARDOWN(lend_to_files)
{
	close(self->fd);
	unlink(self->path);
	cma_disk_unmount();
	cma_hog_release(&self->hog);
	EXPECT_TRUE(cma_env_close(&self->env));
}

CMA_TEST(lend_to_files, page_cache_fills_the_area)
{
	unsigned long pages = self->env.area.pages - self->env.used;
	static char block[64 * 1024];
	size_t offset;

	EXPECT_LT(cma_count_flagged(&self->env.area, FLAG(LRU)), pages / 8);
	for (offset = 0; offset < self->size; offset += sizeof(block))
		ASSERT_EQ(sizeof(block), pread(self->fd, block, sizeof(block), offset));
	/* With so little room, what was read first may be dropped already. */
	EXPECT_GT(cma_count_flagged(&self->env.area, FLAG(LRU)), pages / 3);
	EXPECT_LT(cma_count_flagged(&self->env.area, FLAG(ANON)), pages / 8);
}

static void make_files(struct __test_metadata *_metadata, const char *path)
{
	char name[96];
	int fd, i;

	for (i = 0; i < NR_FILES; i++) {
		snprintf(name, sizeof(name), "%s-%d", path, i);
		fd = open(name, O_WRONLY | O_CREAT, 0600);
		ASSERT_GE(fd, 0);
		ASSERT_EQ(sizeof(name), write(fd, name, sizeof(name)));
		close(fd);
	}
	for (i = 0; i < NR_FILES; i++) {
		snprintf(name, sizeof(name), "%s-%d", path, i);
		ASSERT_EQ(0, unlink(name));
	}
}

/*
 * A page with buffers that is not up to date as a whole: of file data, all would
 * have been read or written.
 */
static bool is_metadata(__u64 flags)
{
	const __u64 all = FLAG(LRU) | FLAG(PRIVATE);

	return (flags & all) == all && !(flags & (FLAG(UPTODATE) | FLAG(ANON)));
}

/* Metadata of file systems in memory, and how much of it is in the area, in pages */
static unsigned long count_metadata(const struct cma_area *area, unsigned long *inside)
{
	int fd = open("/proc/kpageflags", O_RDONLY);
	unsigned long found = 0, pfn = 0;
	__u64 entries[512];
	ssize_t got, i;

	*inside = 0;
	while ((got = read(fd, entries, sizeof(entries))) > 0) {
		for (i = 0; i < got / (ssize_t)sizeof(*entries); i++, pfn++) {
			if (!is_metadata(entries[i]))
				continue;
			found++;
			*inside += cma_in_area(area, pfn);
		}
	}
	close(fd);
	return found;
}

/* A journal holds it for longer than a request can wait. */
CMA_TEST(lend_to_files, metadata_of_file_systems_does_not_enter_the_area)
{
	unsigned long inside;

	make_files(_metadata, self->path);
	EXPECT_GT(count_metadata(&self->env.area, &inside), 8);
	EXPECT_EQ(0, inside);
}

TEST_HARNESS_MAIN
