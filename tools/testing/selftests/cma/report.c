// SPDX-License-Identifier: GPL-2.0
/*
 * What a request leaves behind that says how it went: the page in the way of one
 * that failed, in the log, in the trace and in debugfs, and the time that each one
 * took, in sysfs.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "cma_util.h"

#define LATENCIES	24
#define DEADLINE_MS	200

FIXTURE(report)
{
	struct cma_env env;
	struct cma_obstacle obstacle;
};

FIXTURE_VARIANT(report)
{
	enum test_cma_kind kind;
	const char *says;
};

FIXTURE_VARIANT_ADD(report, pinned) {
	.kind = TEST_CMA_PIN, .says = "held by an extra reference",
};

FIXTURE_VARIANT_ADD(report, locked) {
	.kind = TEST_CMA_LOCK, .says = "locked or under writeback",
};

FIXTURE_VARIANT_ADD(report, under_writeback) {
	.kind = TEST_CMA_WRITEBACK, .says = "locked or under writeback",
};

FIXTURE_VARIANT_ADD(report, reserved) {
	.kind = TEST_CMA_STRAY, .says = "unmovable",
};

FIXTURE_SETUP(report)
{
	int ret;

	if (!cma_env_open(&self->env))
		SKIP(return, "%s", self->env.why_not);
	if (!self->env.ours)
		SKIP(return, "the stock kernel does not say what was in the way");
	cma_drop_caches();
	ret = cma_obstacle_begin(&self->env, &self->obstacle, variant->kind);
	if (ret == -ENODEV)
		SKIP(return, "no ext4 file system on /dev/vda");
	ASSERT_EQ(0, ret);
	ASSERT_EQ(0, cma_set_deadline(&self->env.area, DEADLINE_MS));
}

FIXTURE_TEARDOWN(report)
{
	cma_obstacle_end(&self->env, &self->obstacle);
	EXPECT_TRUE(cma_env_close(&self->env));
}

static unsigned long pfn_of(const struct cma_obstacle *obstacle)
{
	return obstacle->held.phys / PAGE;
}

/* -ENOMEM if the page was in the way all the time, as it should be */
static int ask_in_vain(struct cma_env *env, struct cma_obstacle *obstacle,
		       unsigned long pages, __u32 flags)
{
	struct cma_rescue rescue;
	struct test_cma_alloc req;
	int ret;

	if (!cma_rescue_begin(&rescue, env, obstacle))
		return -EAGAIN;
	ret = cma_alloc_dma(env, pages * PAGE, flags, &req);
	return cma_rescue_end(&rescue) ? -EDEADLK : ret;
}

/* ", allocated by COMM[PID]" with a kernel that keeps the books, nothing with others */
static void name_owner(char *text, size_t size)
{
	char value[8], comm[16];

	*text = '\0';
	if (access("/sys/kernel/debug/page_owner", F_OK) ||
	    !cma_cmdline_value("page_owner", value, sizeof(value)) || strcmp(value, "on"))
		return;
	prctl(PR_GET_NAME, comm);
	snprintf(text, size, ", allocated by %s\\[%d\\]", comm, getpid());
}

/* The log is not told of more than ten failures in five seconds. */
CMA_TEST(report, of_a_failure_is_one_line_in_the_log_that_names_the_page)
{
	struct cma_area *area = &self->env.area;
	char line[512], owner[64];
	unsigned long pages;

	/* Nobody else asks for that many. */
	pages = self->env.largest / PAGE - getpid() % 200;
	name_owner(owner, sizeof(owner));
	EXPECT_EQ(-ENOMEM, ask_in_vain(&self->env, &self->obstacle, pages, 0));
	snprintf(line, sizeof(line),
		 "^<3>(\\[[ 0-9.]+\\] )?cma: %s: no %lu pages aligned to order 8: (the deadline is over, )?pfn 0x%lx is %s%s; error -[0-9]+, [0-9]+ windows tried, [0-9]+ us, %lu of %lu pages allocated$",
		 area->name, pages, pfn_of(&self->obstacle), variant->says, owner,
		 self->env.used, area->pages);
	EXPECT_TRUE(cma_dmesg_has(line)) TH_LOG("%s", line);
}

CMA_TEST(report, of_a_failure_is_no_line_when_the_caller_wants_none)
{
	unsigned long pages = self->env.largest / PAGE - 200 - getpid() % 50;
	char line[96];

	EXPECT_EQ(-ENOMEM, ask_in_vain(&self->env, &self->obstacle, pages,
				       TEST_CMA_NOWARN));
	snprintf(line, sizeof(line), "cma: .* no %lu pages", pages);
	EXPECT_FALSE(cma_dmesg_has(line));
}

CMA_TEST(report, of_a_failure_is_one_event_that_names_the_page)
{
	static const char * const events[] = { "cma:cma_alloc_blocked" };
	unsigned long pages = self->env.largest / PAGE;
	char event[256];

	ASSERT_TRUE(cma_trace_open(events, ARRAY_LEN(events)));
	cma_trace_begin();
	EXPECT_EQ(-ENOMEM, ask_in_vain(&self->env, &self->obstacle, pages,
				       TEST_CMA_NOWARN));
	cma_trace_end();
	snprintf(event, sizeof(event),
		 ": cma_alloc_blocked: name=%s pfn=0x%lx count=%lu align=8 kind=%s windows=[0-9]+ us=[0-9]+$",
		 self->env.area.name, pfn_of(&self->obstacle), pages, variant->says);
	EXPECT_EQ(1UL, cma_trace_count(": cma_alloc_blocked:"));
	EXPECT_EQ(1UL, cma_trace_count(event)) TH_LOG("%s", event);
}

CMA_TEST(report, of_a_failure_stays_in_debugfs_until_the_page_has_moved)
{
	unsigned long pfn = pfn_of(&self->obstacle);
	struct test_cma_alloc req;

	EXPECT_EQ(-ENOMEM, ask_in_vain(&self->env, &self->obstacle,
				       self->env.largest / PAGE, TEST_CMA_NOWARN));
	EXPECT_TRUE(cma_remembers(&self->env.area, pfn, variant->says));
	cma_obstacle_remove(&self->env, &self->obstacle);
	ASSERT_EQ(0, cma_set_deadline(&self->env.area, self->env.deadline_ms));
	ASSERT_EQ(0, cma_alloc_dma(&self->env, self->env.largest, 0, &req));
	EXPECT_FALSE(cma_remembers(&self->env.area, pfn, ""));
}

/* Who is held shows before anything is done, who only has to be waited for does not. */
CMA_TEST(report, of_a_window_given_up_is_one_more_in_sysfs)
{
	bool waits = variant->kind == TEST_CMA_LOCK || variant->kind == TEST_CMA_WRITEBACK;
	unsigned long long given_up = cma_area_sysfs(&self->env.area, "alloc_blocked");

	EXPECT_EQ(-ENOMEM, ask_in_vain(&self->env, &self->obstacle,
				       self->env.largest / PAGE, TEST_CMA_NOWARN));
	given_up = cma_area_sysfs(&self->env.area, "alloc_blocked") - given_up;
	EXPECT_EQ(waits, given_up > 0);
}

FIXTURE(report_of_time)
{
	struct cma_env env;
};

FIXTURE_SETUP(report_of_time)
{
	if (!cma_env_open(&self->env))
		SKIP(return, "%s", self->env.why_not);
	if (!self->env.ours)
		SKIP(return, "the stock kernel does not say how long requests took");
	cma_drop_caches();
}

FIXTURE_TEARDOWN(report_of_time)
{
	EXPECT_TRUE(cma_env_close(&self->env));
}

/* How many numbers there are: of each, the requests so far that took so long */
static size_t read_latencies(const struct cma_env *env, unsigned long long *counts)
{
	char path[160], text[1024], *word, *rest, *end;
	size_t count = 0;

	snprintf(path, sizeof(path), "/sys/kernel/mm/cma/%s/alloc_latency_us",
		 env->area.name);
	if (cma_read_text(path, text, sizeof(text)) <= 0)
		return 0;
	for (word = strtok_r(text, " \n", &rest); word; word = strtok_r(NULL, " \n", &rest)) {
		if (count == LATENCIES)
			return 0;
		counts[count++] = strtoull(word, &end, 10);
		if (*end)
			return 0;
	}
	return count;
}

/* Which number grew, by one; -1 if none or several did */
static int what_grew(const unsigned long long *before, const unsigned long long *after)
{
	int grew = -1, i;

	for (i = 0; i < LATENCIES; i++) {
		if (after[i] == before[i])
			continue;
		if (grew >= 0 || after[i] != before[i] + 1)
			return -1;
		grew = i;
	}
	return grew;
}

/* The first number that is for less than so much time */
static int place_of(long long us)
{
	int i = 0;

	while (i < LATENCIES - 1 && us >= 1LL << i)
		i++;
	return i;
}

CMA_TEST(report_of_time, counts_each_request_once_whether_it_was_had_or_not)
{
	const size_t sizes[] = { PAGE, MB, self->env.largest, 2 * self->env.largest };
	unsigned long long before[LATENCIES], after[LATENCIES];
	struct test_cma_alloc req;
	long long took;
	size_t i;
	int grew;

	for (i = 0; i < ARRAY_LEN(sizes); i++) {
		ASSERT_EQ(LATENCIES, read_latencies(&self->env, before));
		took = cma_now_us();
		if (!cma_alloc_dma(&self->env, sizes[i], TEST_CMA_NOWARN, &req))
			cma_free(&self->env, req.id);
		took = cma_now_us() - took;
		ASSERT_EQ(LATENCIES, read_latencies(&self->env, after));
		grew = what_grew(before, after);
		EXPECT_GE(grew, 0);
		/* The request itself took less than what was seen of it from here. */
		EXPECT_LE(grew, place_of(took));
	}
}

CMA_TEST(report_of_time, puts_a_request_that_waited_in_its_place)
{
	unsigned long long before[LATENCIES], after[LATENCIES];
	struct cma_obstacle obstacle;
	struct test_cma_alloc req;
	long long took;
	int grew;

	ASSERT_EQ(0, cma_obstacle_begin(&self->env, &obstacle, TEST_CMA_PIN));
	ASSERT_EQ(0, cma_set_deadline(&self->env.area, DEADLINE_MS));
	ASSERT_EQ(LATENCIES, read_latencies(&self->env, before));
	took = cma_now_us();
	EXPECT_EQ(-ENOMEM, cma_alloc_dma(&self->env, self->env.largest,
					 TEST_CMA_RETRY_MAYFAIL | TEST_CMA_NOWARN, &req));
	took = cma_now_us() - took;
	ASSERT_EQ(LATENCIES, read_latencies(&self->env, after));
	cma_obstacle_end(&self->env, &obstacle);
	grew = what_grew(before, after);
	EXPECT_GE(grew, place_of(DEADLINE_MS * 1000));
	EXPECT_LE(grew, place_of(took));
}

TEST_HARNESS_MAIN
