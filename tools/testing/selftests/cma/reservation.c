// SPDX-License-Identifier: GPL-2.0
/*
 * What became of the command line's wish for an area.
 *
 * The boots of this collection say what they expect behind their cma=:
 *
 *	cma_test.area=SIZE[@START[-END]]	an area of this size, at START, or
 *						somewhere from START to END
 *	cma_test.area=none			no area
 *	cma_test.error				and the kernel says why not as asked
 *	cma_test.differs			the stock kernel takes it otherwise
 */
#include <dirent.h>
#include <errno.h>
#include <linux/kernel-page-flags.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "cma_util.h"

#define AREAS	"/sys/kernel/debug/cma"

FIXTURE(reservation)
{
	bool ours;
	bool exists;
	struct cma_area area;
	char wish[64];
	bool error;
	bool differs;
};

FIXTURE_SETUP(reservation)
{
	char value[8];

	if (geteuid())
		SKIP(return, "needs root");
	self->exists = cma_find_area(&self->area);
	self->ours = cma_kernel_has("cma_alloc_gfp");
	cma_cmdline_value("cma_test.area", self->wish, sizeof(self->wish));
	self->error = cma_cmdline_value("cma_test.error", value, sizeof(value));
	self->differs = cma_cmdline_value("cma_test.differs", value, sizeof(value));
}

FIXTURE_TEARDOWN(reservation)
{
}

CMA_TEST(reservation, is_what_the_command_line_asks_for)
{
	unsigned long long size, start, end = 0, base = self->area.base_pfn * PAGE;
	const char *text = self->wish;

	if (!*text)
		SKIP(return, "this boot has no cma_test.area= on its command line");
	if (self->differs && !self->ours)
		SKIP(return, "the stock kernel takes such a request otherwise");
	if (!strcmp(text, "none")) {
		EXPECT_FALSE(self->exists);
		return;
	}

	ASSERT_TRUE(self->exists);
	size = cma_parse_bytes(&text);
	EXPECT_EQ(size, self->area.pages * PAGE);
	if (*text++ != '@')
		return;
	start = cma_parse_bytes(&text);
	if (*text++ == '-')
		end = cma_parse_bytes(&text);
	EXPECT_GE(base, start);
	EXPECT_LE(base + size, end ? end : start + size);
}

CMA_TEST(reservation, that_is_not_possible_is_explained)
{
	if (!self->error)
		SKIP(return, "this boot has no cma_test.error on its command line");
	if (!self->ours)
		SKIP(return, "the stock kernel is silent about some of them");
	EXPECT_TRUE(cma_dmesg_has("^<3>.*cma="));
}

static unsigned long long pages_of_all_areas(void)
{
	DIR *dir = opendir(AREAS);
	unsigned long long sum = 0, count;
	struct dirent *entry;
	char path[512];

	if (!dir)
		return 0;
	while ((entry = readdir(dir))) {
		snprintf(path, sizeof(path), AREAS "/%s/count", entry->d_name);
		count = cma_read_value(path);
		if (count != CMA_NO_VALUE)
			sum += count;
	}
	closedir(dir);
	return sum;
}

CMA_TEST(reservation, is_counted_alike_everywhere)
{
	unsigned long long total = cma_meminfo("CmaTotal");
	char banner[64];

	EXPECT_EQ(total, pages_of_all_areas() * PAGE / 1024);
	EXPECT_EQ(total, cma_zones_cma_pages() * PAGE / 1024);
	snprintf(banner, sizeof(banner), "Memory: .* %lluK cma-reserved", total);
	EXPECT_TRUE(cma_dmesg_has(banner));
}

CMA_TEST(reservation, is_announced_in_the_log)
{
	char line[128];

	if (!self->exists)
		SKIP(return, "this kernel was booted without an area");
	snprintf(line, sizeof(line), "cma: Reserved %zu MiB at 0x0*%llx on node -1$",
		 (size_t)self->area.pages * PAGE / MB,
		 (unsigned long long)self->area.base_pfn * PAGE);
	EXPECT_TRUE(cma_dmesg_has(line));
}

CMA_TEST(reservation, is_made_of_whole_pageblocks_of_the_right_type)
{
	unsigned long block = cma_pageblock_pages();

	if (!self->exists)
		SKIP(return, "this kernel was booted without an area");
	ASSERT_NE(0UL, block);
	EXPECT_EQ(0UL, self->area.base_pfn % block);
	EXPECT_EQ(0UL, self->area.pages % block);
	EXPECT_EQ(pages_of_all_areas() / block, cma_count_blocks("CMA"));
}

CMA_TEST(reservation, lies_in_one_zone)
{
	struct cma_zone zone;

	if (!self->exists)
		SKIP(return, "this kernel was booted without an area");
	ASSERT_TRUE(cma_zone_of(self->area.base_pfn, &zone));
	EXPECT_LE(self->area.base_pfn + self->area.pages, zone.start_pfn + zone.spanned);
	EXPECT_GE(zone.cma, self->area.pages);
}

CMA_TEST(reservation, is_ram_and_belongs_to_the_page_allocator)
{
	const __u64 gone = 1ULL << KPF_NOPAGE | 1ULL << 32; /* KPF_RESERVED */

	if (!self->exists)
		SKIP(return, "this kernel was booted without an area");
	EXPECT_EQ(0UL, cma_count_flagged(&self->area, gone));
}

CMA_TEST(reservation, that_is_absent_leaves_no_trace)
{
	if (self->exists)
		SKIP(return, "this kernel was booted with an area");
	EXPECT_EQ(0ULL, cma_meminfo("CmaTotal"));
	EXPECT_EQ(0ULL, cma_meminfo("CmaFree"));
	EXPECT_EQ(0ULL, pages_of_all_areas());
	EXPECT_EQ(0UL, cma_count_blocks("CMA"));
}

CMA_TEST(reservation, that_is_absent_leaves_small_buffers_to_the_page_allocator)
{
	struct cma_env env;
	struct test_cma_alloc req;

	if (self->exists)
		SKIP(return, "this kernel was booted with an area");
	if (!cma_env_open(&env) && env.fd < 0)
		SKIP(return, "%s", env.why_not);
	ASSERT_EQ(0, cma_alloc_dma(&env, MB, 0, &req));
	EXPECT_GE(req.contiguous, MB);
	EXPECT_EQ(0, cma_fill_object(&env, req.id, 1));
	EXPECT_EQ(0, cma_check_object(&env, req.id, 1));
	EXPECT_EQ(0, cma_free(&env, req.id));
	EXPECT_EQ(-ENOMEM, cma_alloc_dma(&env, 32 * MB, TEST_CMA_NOWARN, &req));
	close(env.fd);
}

TEST_HARNESS_MAIN
