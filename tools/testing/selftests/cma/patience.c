// SPDX-License-Identifier: GPL-2.0
/*
 * How long a request waits for a page that does not move: __GFP_NORETRY not at
 * all, others until the area's deadline and no longer, and __GFP_RETRY_MAYFAIL is
 * there again as soon as the page can be moved.  A fatal signal ends all of them.
 *
 * Each variant is something that keeps a page from being moved.  That page lies
 * where every request for env.largest bytes meets it.  Times are the best of
 * several: who waits for the wrong thing does so every time, while a host that is
 * busy elsewhere is not.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "cma_util.h"

#define TRIES		5

#define DEADLINE_MS	200
#define SHORT_MS	10
#define LONG_MS		30000
/* A request in progress, after so long */
#define MOMENT_US	50000

/* At the most, in microseconds */
#define OVERSHOOT	10000
#define AT_ONCE		5000
#define PROMPT		50000

FIXTURE(patience)
{
	struct cma_env env;
	struct cma_obstacle obstacle;
};

FIXTURE_VARIANT(patience)
{
	enum test_cma_kind kind;
};

FIXTURE_VARIANT_ADD(patience, pinned) {
	.kind = TEST_CMA_PIN,
};

FIXTURE_VARIANT_ADD(patience, locked) {
	.kind = TEST_CMA_LOCK,
};

FIXTURE_VARIANT_ADD(patience, under_writeback) {
	.kind = TEST_CMA_WRITEBACK,
};

FIXTURE_SETUP(patience)
{
	int ret;

	if (!cma_env_open(&self->env))
		SKIP(return, "%s", self->env.why_not);
	if (!self->env.ours)
		SKIP(return, "the stock kernel knows one effort and no deadline");
	cma_drop_caches();
	ret = cma_obstacle_begin(&self->env, &self->obstacle, variant->kind);
	if (ret == -ENODEV)
		SKIP(return, "no ext4 file system on /dev/vda");
	ASSERT_EQ(0, ret);
}

FIXTURE_TEARDOWN(patience)
{
	cma_obstacle_end(&self->env, &self->obstacle);
	EXPECT_TRUE(cma_env_close(&self->env));
}

/**
 * struct waited - what became of several requests for all of the area
 * @had: how many succeeded
 * @best: the shortest, in microseconds
 * @worst: the longest
 */
struct waited {
	int had;
	long long best;
	long long worst;
};

static void ask(struct cma_env *env, __u32 flags, struct waited *waited)
{
	struct test_cma_alloc req;
	long long began = cma_now_us(), took;
	int ret = cma_alloc_dma(env, env->largest, flags | TEST_CMA_NOWARN, &req);

	took = cma_now_us() - began;
	if (!ret)
		cma_free(env, req.id);
	waited->had += !ret;
	if (!waited->best || took < waited->best)
		waited->best = took;
	if (took > waited->worst)
		waited->worst = took;
}

/* False when a request hung on the page. */
static bool ask_several_times(struct cma_env *env, struct cma_obstacle *obstacle,
			      __u32 flags, struct waited *waited)
{
	struct cma_rescue rescue;
	int i;

	*waited = (struct waited){ };
	if (!cma_rescue_begin(&rescue, env, obstacle))
		return false;
	for (i = 0; i < TRIES; i++)
		ask(env, flags, waited);
	return !cma_rescue_end(&rescue);
}

CMA_TEST(patience, is_not_expected_of_requests_without_retries)
{
	static const char * const events[] = { "cma", "sched:sched_switch" };
	unsigned long long drains = 1;
	unsigned long slept = 1;
	struct waited waited = { };
	struct test_cma_alloc req;
	char sleeps[96];
	int i;

	snprintf(sleeps, sizeof(sleeps), "sched_switch: .*prev_pid=%d .*prev_state=[^R]",
		 gettid());
	/* Batches of LRU pages, where the page could be, may be drained first. */
	for (i = 0; i < TRIES && slept && drains; i++) {
		drains = cma_area_sysfs(&self->env.area, "drains");
		ASSERT_TRUE(cma_trace_begin(events, ARRAY_LEN(events)));
		EXPECT_TRUE(ask_several_times(&self->env, &self->obstacle,
					      TEST_CMA_NORETRY, &waited));
		cma_trace_end();
		EXPECT_EQ(TRIES, cma_trace_count(": cma_alloc_finish:"));
		slept = cma_trace_count_inside(sleeps);
		drains = cma_area_sysfs(&self->env.area, "drains") - drains;
	}
	EXPECT_EQ(0, waited.had);
	if (!drains || variant->kind != TEST_CMA_PIN)
		EXPECT_EQ(0UL, slept);
	EXPECT_LT(waited.best, AT_ONCE);

	/* What does not contain that page can be had. */
	EXPECT_EQ(0, cma_alloc_dma(&self->env, 4 * MB, TEST_CMA_NORETRY, &req));
}

CMA_TEST(patience, by_default_ends_at_the_deadline)
{
	struct waited waited;

	ASSERT_EQ(0, cma_set_deadline(&self->env.area, DEADLINE_MS));
	EXPECT_TRUE(ask_several_times(&self->env, &self->obstacle, 0, &waited));
	EXPECT_EQ(0, waited.had);
	EXPECT_LT(waited.best, DEADLINE_MS * 1000 + OVERSHOOT);
}

CMA_TEST(patience, with_retries_ends_at_the_deadline_and_not_before)
{
	struct waited waited;

	ASSERT_EQ(0, cma_set_deadline(&self->env.area, DEADLINE_MS));
	EXPECT_TRUE(ask_several_times(&self->env, &self->obstacle,
				      TEST_CMA_RETRY_MAYFAIL, &waited));
	EXPECT_EQ(0, waited.had);
	EXPECT_GE(waited.best, DEADLINE_MS * 1000);
	EXPECT_LT(waited.best, DEADLINE_MS * 1000 + OVERSHOOT);
}

/**
 * struct release - a thread that lets the page go in a moment
 * @env: the room of the test
 * @id: the object that keeps it
 * @when: the time at which it did
 */
struct release {
	struct cma_env *env;
	__u32 id;
	long long when;
};

static void *let_go_in_a_moment(void *data)
{
	struct release *release = data;

	usleep(MOMENT_US);
	release->when = cma_now_us();
	cma_free(release->env, release->id);
	return NULL;
}

CMA_TEST(patience, with_retries_ends_as_soon_as_the_page_can_be_moved)
{
	struct release release = { .env = &self->env };
	struct waited unhindered = { };
	struct test_cma_alloc req;
	long long took, best = 0;
	pthread_t thread;
	int i;

	cma_obstacle_remove(&self->env, &self->obstacle);
	for (i = 0; i < TRIES; i++)
		ask(&self->env, 0, &unhindered);
	EXPECT_EQ(TRIES, unhindered.had);
	for (i = 0; i < TRIES; i++) {
		ASSERT_EQ(0, cma_obstacle_put(&self->env, &self->obstacle));
		release.id = self->obstacle.held.id;
		ASSERT_EQ(0, pthread_create(&thread, NULL, let_go_in_a_moment, &release));
		ASSERT_EQ(0, cma_alloc_dma(&self->env, self->env.largest,
					   TEST_CMA_RETRY_MAYFAIL, &req));
		took = cma_now_us();
		pthread_join(thread, NULL);
		took -= release.when;
		/* It really was in the way. */
		EXPECT_GE(took, 0);
		if (!i || took < best)
			best = took;
		ASSERT_EQ(0, cma_free(&self->env, req.id));
	}
	EXPECT_LT(best, unhindered.best + PROMPT);
}

/* How long a process lives on that is killed while it asks; -1 if it ends else */
static long long time_to_die(struct cma_env *env, __u32 flags)
{
	struct waited waited = { };
	long long killed;
	int ready[2], status;
	pid_t child;
	char byte;

	if (pipe(ready))
		return -1;
	child = fork();
	if (!child) {
		close(ready[0]);
		close(ready[1]);
		while (!waited.had)
			ask(env, flags, &waited);
		_exit(KSFT_FAIL);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) < 0 || child < 0)
		return -1;
	close(ready[0]);
	usleep(MOMENT_US);
	killed = cma_now_us();
	kill(child, SIGKILL);
	if (waitpid(child, &status, 0) != child || !WIFSIGNALED(status))
		return -1;
	return cma_now_us() - killed;
}

CMA_TEST(patience, ends_with_a_fatal_signal)
{
	static const __u32 efforts[] = { TEST_CMA_NORETRY, 0, TEST_CMA_RETRY_MAYFAIL };
	struct cma_rescue rescue;
	long long took, best;
	size_t i, j;

	ASSERT_EQ(0, cma_set_deadline(&self->env.area, LONG_MS));
	ASSERT_TRUE(cma_rescue_begin(&rescue, &self->env, &self->obstacle));
	for (i = 0; i < ARRAY_LEN(efforts); i++) {
		best = 0;
		for (j = 0; j < 3; j++) {
			took = time_to_die(&self->env, efforts[i]);
			ASSERT_GE(took, 0) TH_LOG("flags %#x", efforts[i]);
			if (!j || took < best)
				best = took;
		}
		EXPECT_LT(best, PROMPT) TH_LOG("flags %#x", efforts[i]);
	}
	EXPECT_FALSE(cma_rescue_end(&rescue));
}

FIXTURE(patience_with_work)
{
	struct cma_env env;
	struct cma_lent lent;
};

FIXTURE_SETUP(patience_with_work)
{
	if (!cma_env_open(&self->env))
		SKIP(return, "%s", self->env.why_not);
	if (!self->env.ours)
		SKIP(return, "the stock kernel knows no deadline");
	cma_drop_caches();
	ASSERT_TRUE(cma_lend(&self->env, &self->lent));
}

FIXTURE_TEARDOWN(patience_with_work)
{
	EXPECT_TRUE(cma_check(self->lent.addr, self->lent.size, CMA_LENT_SEED));
	EXPECT_TRUE(cma_env_close(&self->env));
}

/* Nothing is in the way but a lot to move: more than can be done in the time. */
CMA_TEST(patience_with_work, ends_at_the_deadline)
{
	struct waited waited = { };
	int i;

	ASSERT_EQ(0, cma_set_deadline(&self->env.area, SHORT_MS));
	for (i = 0; i < TRIES && !waited.had; i++)
		ask(&self->env, 0, &waited);
	EXPECT_GT(i, 1);
	EXPECT_LT(waited.best, SHORT_MS * 1000 + OVERSHOOT);
}

TEST_HARNESS_MAIN
