// SPDX-License-Identifier: GPL-2.0
/*
 * Files below /proc, /sys/kernel/mm/cma and /sys/kernel/debug/cma: they agree
 * with each other and with what happens, and take no nonsense.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "cma_util.h"

#define TRACING		"/sys/kernel/tracing"
#define SYSFS_FILES	"/sys/kernel/mm/cma"
#define DEBUGFS_FILES	"/sys/kernel/debug/cma"

FIXTURE(interfaces)
{
	struct cma_env env;
};

FIXTURE_SETUP(interfaces)
{
	if (!cma_env_open(&self->env))
		SKIP(return, "%s", self->env.why_not);
}

FIXTURE_TEARDOWN(interfaces)
{
	EXPECT_TRUE(cma_env_close(&self->env));
}

static unsigned long long debugfs(const struct cma_env *env, const char *file)
{
	return cma_area_debugfs(&env->area, file);
}

static unsigned long long sysfs(const struct cma_env *env, const char *file)
{
	return cma_area_sysfs(&env->area, file);
}

static int write_debugfs(const struct cma_env *env, const char *file,
			 const char *text)
{
	char path[160];

	snprintf(path, sizeof(path), DEBUGFS_FILES "/%s/%s", env->area.name, file);
	return cma_write_text(path, text);
}

static int write_sysfs(const struct cma_env *env, const char *file, const char *text)
{
	char path[160];

	snprintf(path, sizeof(path), SYSFS_FILES "/%s/%s", env->area.name, file);
	return cma_write_text(path, text);
}

CMA_TEST(interfaces, have_the_modes_that_the_abi_says)
{
	static const struct { const char *dir, *file; mode_t mode; bool ours; } files[] = {
		{ SYSFS_FILES, "alloc_pages_success", 0444 },
		{ SYSFS_FILES, "alloc_pages_fail", 0444 },
		{ SYSFS_FILES, "release_pages_success", 0444 },
		{ SYSFS_FILES, "total_pages", 0444, true },
		{ SYSFS_FILES, "used_pages", 0444, true },
		{ SYSFS_FILES, "pages_captured", 0444, true },
		{ SYSFS_FILES, "pages_migrated", 0444, true },
		{ SYSFS_FILES, "pages_dropped", 0444, true },
		{ SYSFS_FILES, "alloc_blocked", 0444, true },
		{ SYSFS_FILES, "drains", 0444, true },
		{ SYSFS_FILES, "alloc_latency_us", 0444, true },
		{ SYSFS_FILES, "deadline_ms", 0644, true },
		{ DEBUGFS_FILES, "alloc", 0200 },
		{ DEBUGFS_FILES, "free", 0200 },
		{ DEBUGFS_FILES, "base_pfn", 0444 },
		{ DEBUGFS_FILES, "count", 0444 },
		{ DEBUGFS_FILES, "order_per_bit", 0444 },
		{ DEBUGFS_FILES, "used", 0444 },
		{ DEBUGFS_FILES, "maxchunk", 0444 },
		{ DEBUGFS_FILES, "bitmap", 0444 },
		{ DEBUGFS_FILES, "map", 0444, true },
		{ DEBUGFS_FILES, "blockers", 0444, true },
	};
	struct stat st;
	char path[192];
	size_t i;

	for (i = 0; i < ARRAY_LEN(files); i++) {
		if (files[i].ours && !self->env.ours)
			continue;
		snprintf(path, sizeof(path), "%s/%s/%s", files[i].dir,
			 self->env.area.name, files[i].file);
		EXPECT_EQ(0, stat(path, &st)) TH_LOG("%s", path);
		EXPECT_EQ(files[i].mode, st.st_mode & 07777) TH_LOG("%s", path);
	}
}

CMA_TEST(interfaces, agree_on_what_is_allocated)
{
	unsigned int order = debugfs(&self->env, "order_per_bit");
	unsigned long units = self->env.area.pages >> order, i, used = 0, run = 0, best = 0;
	static bool bits[1 << 20];
	struct test_cma_alloc req[3];

	ASSERT_EQ(0, cma_alloc_dma(&self->env, MB + 3 * PAGE, 0, &req[0]));
	ASSERT_EQ(0, cma_alloc_dma(&self->env, 5 * PAGE, 0, &req[1]));
	ASSERT_EQ(0, cma_alloc_dma(&self->env, 4 * MB, 0, &req[2]));
	ASSERT_EQ(0, cma_free(&self->env, req[0].id));

	ASSERT_LE(units, cma_area_bitmap(&self->env.area, bits, ARRAY_LEN(bits)));
	for (i = 0; i < units; i++) {
		used += bits[i];
		run = bits[i] ? 0 : run + 1;
		best = run > best ? run : best;
	}
	EXPECT_EQ(used << order, debugfs(&self->env, "used"));
	EXPECT_EQ(best << order, debugfs(&self->env, "maxchunk"));
	EXPECT_EQ(self->env.used + 5 + 1024, debugfs(&self->env, "used"));
	if (self->env.ours) {
		EXPECT_EQ(used << order, sysfs(&self->env, "used_pages"));
		EXPECT_EQ(self->env.area.pages, sysfs(&self->env, "total_pages"));
	}
}

CMA_TEST(interfaces, count_requests)
{
	unsigned long long good = cma_keyed_value("/proc/vmstat", "cma_alloc_success");
	unsigned long long bad = cma_keyed_value("/proc/vmstat", "cma_alloc_fail");
	unsigned long long pages = sysfs(&self->env, "alloc_pages_success");
	unsigned long long failed = sysfs(&self->env, "alloc_pages_fail");
	unsigned long long freed = sysfs(&self->env, "release_pages_success");
	unsigned long all = self->env.area.pages;
	struct test_cma_alloc req;

	ASSERT_NE(CMA_NO_VALUE, good);
	ASSERT_NE(CMA_NO_VALUE, pages);
	ASSERT_EQ(0, cma_alloc_dma(&self->env, 7 * PAGE, 0, &req));
	EXPECT_EQ(-ENOMEM, cma_alloc_dma(&self->env, all * PAGE, TEST_CMA_NOWARN, &req));
	EXPECT_EQ(good + 1, cma_keyed_value("/proc/vmstat", "cma_alloc_success"));
	EXPECT_EQ(bad + 1, cma_keyed_value("/proc/vmstat", "cma_alloc_fail"));
	EXPECT_EQ(pages + 7, sysfs(&self->env, "alloc_pages_success"));
	EXPECT_EQ(failed + all, sysfs(&self->env, "alloc_pages_fail"));
	EXPECT_EQ(freed, sysfs(&self->env, "release_pages_success"));
}

CMA_TEST(interfaces, tell_captured_from_migrated_pages)
{
	struct test_cma_alloc req;
	unsigned long long captured, migrated, dropped;

	if (!self->env.ours)
		SKIP(return, "the stock kernel does not count them");
	/* The first request empties the area, so that the second finds it free. */
	ASSERT_EQ(0, cma_alloc_dma(&self->env, self->env.largest, 0, &req));
	ASSERT_EQ(0, cma_free(&self->env, req.id));
	captured = sysfs(&self->env, "pages_captured");
	migrated = sysfs(&self->env, "pages_migrated");
	dropped = sysfs(&self->env, "pages_dropped");
	ASSERT_EQ(0, cma_alloc_dma(&self->env, 4 * MB, 0, &req));
	EXPECT_EQ(captured + 4 * MB / PAGE, sysfs(&self->env, "pages_captured"));
	EXPECT_EQ(migrated, sysfs(&self->env, "pages_migrated"));
	EXPECT_EQ(dropped, sysfs(&self->env, "pages_dropped"));
}

CMA_TEST(interfaces, allocate_and_free_by_hand)
{
	ASSERT_EQ(0, write_debugfs(&self->env, "alloc", "100"));
	EXPECT_EQ(self->env.used + 100, debugfs(&self->env, "used"));
	ASSERT_EQ(0, write_debugfs(&self->env, "alloc", "1"));
	EXPECT_EQ(0, write_debugfs(&self->env, "free", "31"));
	EXPECT_EQ(self->env.used + 70, debugfs(&self->env, "used"));
	EXPECT_EQ(0, write_debugfs(&self->env, "free", "70"));
}

CMA_TEST(interfaces, refuse_numbers_that_make_no_request)
{
	static const char * const texts[] = { "x", "-1", "0x", "12x3", "0" };
	char too_many[32];
	size_t i;

	for (i = 0; i < ARRAY_LEN(texts); i++) {
		EXPECT_GT(0, write_debugfs(&self->env, "alloc", texts[i]))
			TH_LOG("alloc '%s'", texts[i]);
		if (self->env.ours || strcmp(texts[i], "0"))
			EXPECT_EQ(-EINVAL, write_debugfs(&self->env, "free", texts[i]))
				TH_LOG("free '%s'", texts[i]);
	}
	snprintf(too_many, sizeof(too_many), "%lu", self->env.area.pages + 1);
	EXPECT_GT(0, write_debugfs(&self->env, "alloc", too_many));
	EXPECT_GT(0, write_debugfs(&self->env, "alloc", "2147483648"));
	EXPECT_GT(0, write_debugfs(&self->env, "alloc", "99999999999999999999999"));
}

CMA_TEST(interfaces, do_not_cut_large_numbers_down)
{
	if (!self->env.ours)
		SKIP(return, "the stock kernel keeps 32 bits of them");
	EXPECT_EQ(-EINVAL, write_debugfs(&self->env, "alloc", "4294967297"));
	EXPECT_EQ(-EINVAL, write_debugfs(&self->env, "free", "4294967297"));
}

CMA_TEST(interfaces, refuse_to_free_more_by_hand_than_was_allocated_by_hand)
{
	struct test_cma_alloc req;

	ASSERT_EQ(0, cma_alloc_dma(&self->env, MB, 0, &req));
	ASSERT_EQ(0, write_debugfs(&self->env, "alloc", "16"));
	if (self->env.ours) {
		EXPECT_EQ(-EINVAL, write_debugfs(&self->env, "free", "17"));
		EXPECT_EQ(self->env.used + 16 + 256, debugfs(&self->env, "used"));
		EXPECT_EQ(0, write_debugfs(&self->env, "free", "16"));
	} else {
		write_debugfs(&self->env, "free", "17");
	}
	EXPECT_EQ(self->env.used + 256, debugfs(&self->env, "used"));
}

CMA_TEST(interfaces, are_read_only_where_they_show_something)
{
	EXPECT_GT(0, write_sysfs(&self->env, "alloc_pages_success", "0"));
	EXPECT_GT(0, write_debugfs(&self->env, "used", "0"));
	EXPECT_GT(0, write_debugfs(&self->env, "bitmap", "0"));
	EXPECT_GT(0, write_debugfs(&self->env, "base_pfn", "0"));
}

CMA_TEST(interfaces, keep_the_deadline_when_a_new_one_makes_no_sense)
{
	static const char * const texts[] = {
		"x", "-1", "0", "1x", "4294967296", "99999999999999999999999",
	};
	unsigned long long before = sysfs(&self->env, "deadline_ms");
	size_t i;

	if (!self->env.ours)
		SKIP(return, "the stock kernel knows no deadline");
	ASSERT_NE(CMA_NO_VALUE, before);
	for (i = 0; i < ARRAY_LEN(texts); i++) {
		EXPECT_EQ(-EINVAL, write_sysfs(&self->env, "deadline_ms", texts[i]))
			TH_LOG("'%s'", texts[i]);
		EXPECT_EQ(before, sysfs(&self->env, "deadline_ms"));
	}
	EXPECT_EQ(0, cma_set_deadline(&self->env.area, 1234));
	EXPECT_EQ(1234ULL, sysfs(&self->env, "deadline_ms"));
}

static bool event_has(const char *event, const char *field)
{
	static char text[8192];
	char path[128], name[64];

	snprintf(path, sizeof(path), TRACING "/events/cma/%s/format", event);
	snprintf(name, sizeof(name), "%s;", field);
	return cma_read_text(path, text, sizeof(text)) > 0 && strstr(text, name);
}

CMA_TEST(interfaces, trace_requests_and_releases)
{
	static const char * const fields[][7] = {
		{ "cma_alloc_start", "name", "count", "align" },
		{ "cma_alloc_finish", "name", "pfn", "page", "count", "align", "errorno" },
		{ "cma_alloc_busy_retry", "name", "pfn", "page", "count", "align" },
		{ "cma_release", "name", "pfn", "page", "count" },
	};
	static const char * const events[] = {
		"cma:cma_alloc_start", "cma:cma_alloc_finish", "cma:cma_release",
	};
	struct test_cma_alloc req;
	size_t i, j;

	if (access(TRACING "/events/cma", X_OK))
		SKIP(return, "needs tracepoints and tracefs on " TRACING);
	for (i = 0; i < ARRAY_LEN(fields); i++)
		for (j = 1; j < ARRAY_LEN(fields[i]) && fields[i][j]; j++)
			EXPECT_TRUE(event_has(fields[i][0], fields[i][j]))
				TH_LOG("%s has no %s", fields[i][0], fields[i][j]);

	ASSERT_TRUE(cma_trace_open(events, ARRAY_LEN(events)));
	cma_trace_begin();
	EXPECT_EQ(0, cma_alloc_dma(&self->env, MB, 0, &req));
	EXPECT_EQ(0, cma_free(&self->env, req.id));
	cma_trace_end();
	EXPECT_EQ(1UL, cma_trace_count(": cma_alloc_start:"));
	EXPECT_EQ(1UL, cma_trace_count(": cma_alloc_finish:"));
	EXPECT_EQ(1UL, cma_trace_count(": cma_release:"));
}

CMA_TEST(interfaces, of_the_test_driver_refuse_what_makes_no_sense)
{
	struct test_cma_alloc req = { .kind = TEST_CMA_WRITEBACK + 1, .size = PAGE };
	struct test_cma_mapping map;
	char *addr;

	EXPECT_EQ(-EINVAL, cma_alloc(&self->env, &req));
	EXPECT_EQ(-EINVAL, cma_alloc_dma(&self->env, 0, 0, &req));
	EXPECT_EQ(-EINVAL, cma_alloc_dma(&self->env, PAGE, 1U << 31, &req));
	EXPECT_EQ(-ENOENT, cma_free(&self->env, 1));

	ASSERT_EQ(0, cma_alloc_dma(&self->env, 2 * PAGE, 0, &req));
	EXPECT_EQ(-EINVAL, cma_free_part(&self->env, req.id, 0, PAGE));
	EXPECT_EQ(-EINVAL, cma_check_part(&self->env, req.id, PAGE, 2 * PAGE, 0));
	EXPECT_EQ(-EINVAL, cma_mapping(&self->env, TEST_CMA_KERNEL, req.id, 2 * PAGE,
				       &map));
	EXPECT_TRUE(cma_mmap(&self->env, req.id, 3 * PAGE) == MAP_FAILED);
	addr = cma_mmap(&self->env, req.id, 2 * PAGE);
	ASSERT_TRUE(addr != MAP_FAILED);
	EXPECT_EQ(-EBUSY, cma_free(&self->env, req.id));
	munmap(addr, 2 * PAGE);
	EXPECT_EQ(0, cma_free(&self->env, req.id));
}

TEST_HARNESS_MAIN
