// SPDX-License-Identifier: GPL-2.0
/*
 * How long a request waits for a page that does not move: __GFP_NORETRY not at
 * all, others until the area's deadline and no longer, and __GFP_RETRY_MAYFAIL is
 * there again as soon as the page can be moved.  A fatal signal ends all of them.
 *
 * Each variant is something that keeps a page from being moved.  That page lies
 * where every request for env.largest bytes meets it.  Times are the best of
 * several, and of more when those were too long: who waits for the wrong thing does
 * so every time, but a host that is busy elsewhere does not always let the guest go on.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "cma_util.h"

#define TRIES		5
#define MAX_TRIES	40

#define DEADLINE_MS	200
#define SHORT_MS	10
#define LONG_MS		30000
/* A request in progress, after so long */
#define MOMENT_US	50000

/* At the most, in microseconds */
#define OVERSHOOT	10000
#define AT_ONCE		10000
#define PROMPT		50000
/* The same with pages to move: some are on their way, and arrive. */
#define PROMPT_AT_WORK	200000

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
 * @tries: how many there were
 * @had: how many succeeded
 * @best: the shortest, in microseconds
 */
struct waited {
	int tries;
	int had;
	long long best;
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
	if (!waited->tries++ || took < waited->best)
		waited->best = took;
}

/* Until one takes less than @bound.  False when a request hung on the page. */
static bool ask_several_times(struct cma_env *env, struct cma_obstacle *obstacle,
			      __u32 flags, long long bound, struct waited *waited)
{
	struct cma_rescue rescue;

	*waited = (struct waited){ };
	while (waited->tries < TRIES ||
	       (waited->best >= bound && waited->tries < MAX_TRIES)) {
		if (!cma_rescue_begin(&rescue, env, obstacle))
			return false;
		ask(env, flags, waited);
		if (cma_rescue_end(&rescue))
			return false;
	}
	return true;
}

CMA_TEST(patience, is_not_expected_of_requests_without_retries)
{
	static const char * const events[] = {
		"cma:cma_alloc_start", "cma:cma_alloc_finish", "sched:sched_switch",
	};
	unsigned long long drains = 1;
	unsigned long slept = 1;
	struct waited waited = { };
	struct test_cma_alloc req;
	char sleeps[96];
	int i;

	snprintf(sleeps, sizeof(sleeps), "sched_switch: .*prev_pid=%d .*prev_state=[^R]",
		 gettid());
	ASSERT_TRUE(cma_trace_open(events, ARRAY_LEN(events)));
	/* Batches of LRU pages, where the page could be, may be drained first. */
	for (i = 0; i < TRIES && slept && drains; i++) {
		drains = cma_area_sysfs(&self->env.area, "drains");
		cma_trace_begin();
		EXPECT_TRUE(ask_several_times(&self->env, &self->obstacle,
					      TEST_CMA_NORETRY, AT_ONCE, &waited));
		cma_trace_end();
		EXPECT_EQ(waited.tries, cma_trace_count(": cma_alloc_finish:"));
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
	const long long bound = DEADLINE_MS * 1000 + OVERSHOOT;
	struct waited waited;

	ASSERT_EQ(0, cma_set_deadline(&self->env.area, DEADLINE_MS));
	EXPECT_TRUE(ask_several_times(&self->env, &self->obstacle, 0, bound, &waited));
	EXPECT_EQ(0, waited.had);
	EXPECT_LT(waited.best, bound);
}

CMA_TEST(patience, with_retries_ends_at_the_deadline_and_not_before)
{
	const long long bound = DEADLINE_MS * 1000 + OVERSHOOT;
	unsigned long long drains = cma_area_sysfs(&self->env.area, "drains");
	struct waited waited;

	ASSERT_EQ(0, cma_set_deadline(&self->env.area, DEADLINE_MS));
	EXPECT_TRUE(ask_several_times(&self->env, &self->obstacle,
				      TEST_CMA_RETRY_MAYFAIL, bound, &waited));
	EXPECT_EQ(0, waited.had);
	EXPECT_GE(waited.best, DEADLINE_MS * 1000);
	EXPECT_LT(waited.best, bound);
	/* One for each request, however often it looked at the page */
	drains = cma_area_sysfs(&self->env.area, "drains") - drains;
	EXPECT_GE((unsigned long long)waited.tries, drains);
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
	long long took, best = 0, bound;
	pthread_t thread;
	int i;

	cma_obstacle_remove(&self->env, &self->obstacle);
	for (i = 0; i < TRIES; i++)
		ask(&self->env, 0, &unhindered);
	EXPECT_EQ(TRIES, unhindered.had);
	bound = unhindered.best + PROMPT;
	for (i = 0; i < TRIES || (best >= bound && i < MAX_TRIES); i++) {
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
	EXPECT_LT(best, bound);
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
	for (i = 0; i < ARRAY_LEN(efforts); i++) {
		best = PROMPT;
		for (j = 0; j < MAX_TRIES && best >= PROMPT; j++) {
			ASSERT_TRUE(cma_rescue_begin(&rescue, &self->env, &self->obstacle));
			took = time_to_die(&self->env, efforts[i]);
			ASSERT_FALSE(cma_rescue_end(&rescue)) TH_LOG("flags %#x", efforts[i]);
			ASSERT_GE(took, 0) TH_LOG("flags %#x", efforts[i]);
			if (took < best)
				best = took;
		}
		EXPECT_LT(best, PROMPT) TH_LOG("flags %#x", efforts[i]);
	}
}

/**
 * struct asker - a thread that asks, again and again
 * @thread: it
 * @env: the room of the test
 * @size: of what it asks for
 * @flags: and how
 * @stop: it shall end
 * @had: how often it succeeded
 */
struct asker {
	pthread_t thread;
	struct cma_env *env;
	size_t size;
	__u32 flags;
	bool stop;
	unsigned long had;
};

static void *ask_for_ever(void *data)
{
	struct asker *asker = data;
	struct test_cma_alloc req;

	while (!__atomic_load_n(&asker->stop, __ATOMIC_RELAXED)) {
		if (cma_alloc_dma(asker->env, asker->size, asker->flags | TEST_CMA_NOWARN, &req))
			continue;
		asker->had++;
		cma_free(asker->env, req.id);
	}
	return NULL;
}

/* Somebody works on a window of nearly all of the area: it counts as allocated. */
static bool await_work(struct cma_env *env)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	long long until = cma_now_us() + LONG_MS * 1000LL;

	while (cma_area_debugfs(&env->area, "used") < env->largest / PAGE) {
		if (cma_now_us() > until)
			return false;
		nanosleep(&moment, NULL);
	}
	return true;
}

/*
 * While one request works in vain on nearly all of the area, others come and are
 * done with what is left.  That they are is no sign that there will be no room.
 */
CMA_TEST(patience, lasts_for_who_was_at_work_before_and_not_for_who_came_later)
{
	struct asker large = {
		.env = &self->env, .size = self->env.largest,
		.flags = TEST_CMA_RETRY_MAYFAIL,
	};
	struct asker small = { .env = &self->env, .size = PAGE };
	struct test_cma_alloc req;
	int i;

	if (variant->kind == TEST_CMA_PIN)
		SKIP(return, "nobody works on a window for a page that is held");
	ASSERT_EQ(0, cma_set_deadline(&self->env.area, LONG_MS));
	ASSERT_EQ(0, pthread_create(&large.thread, NULL, ask_for_ever, &large));
	ASSERT_EQ(0, pthread_create(&small.thread, NULL, ask_for_ever, &small));
	for (i = 0; i < TRIES; i++) {
		ASSERT_TRUE(await_work(&self->env));
		EXPECT_EQ(0, cma_alloc_dma(&self->env, 2 * MB, TEST_CMA_RETRY_MAYFAIL, &req));
		EXPECT_EQ(0, cma_free(&self->env, req.id));
	}
	__atomic_store_n(&small.stop, true, __ATOMIC_RELAXED);
	__atomic_store_n(&large.stop, true, __ATOMIC_RELAXED);
	cma_obstacle_remove(&self->env, &self->obstacle);
	pthread_join(small.thread, NULL);
	pthread_join(large.thread, NULL);
	EXPECT_LT(0UL, small.had);
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
}

FIXTURE_TEARDOWN(patience_with_work)
{
	EXPECT_TRUE(cma_env_close(&self->env));
}

/* Asks until it is had: the shortest time of those that were not; 0 without any */
static long long best_in_vain(struct cma_env *env)
{
	struct waited waited = { };
	long long best = 0;

	while (waited.tries < MAX_TRIES && !waited.had) {
		best = waited.best;
		ask(env, 0, &waited);
	}
	return best;
}

/* Nothing is in the way but a lot to move: more than can be done in the time. */
CMA_TEST(patience_with_work, ends_at_the_deadline)
{
	const long long bound = SHORT_MS * 1000 + PROMPT;
	long long best = bound;
	int i;

	for (i = 0; i < TRIES && best >= bound; i++) {
		ASSERT_EQ(0, cma_set_deadline(&self->env.area, LONG_MS));
		ASSERT_TRUE(cma_lend(&self->env, &self->lent));
		ASSERT_EQ(0, cma_set_deadline(&self->env.area, SHORT_MS));
		best = best_in_vain(&self->env);
		EXPECT_TRUE(cma_check(self->lent.addr, self->lent.size, CMA_LENT_SEED));
		munmap(self->lent.addr, self->lent.size);
	}
	EXPECT_LT(0, best);
	EXPECT_LT(best, bound);
}

/*
 * Kills a process when the first pages have moved for its request: the time until it
 * was gone, -1 if its request was done before
 */
static long long time_to_stop(struct cma_env *env, const struct cma_lent *lent,
			      __u32 flags)
{
	unsigned long pages = cma_pages_in_area(&env->area, lent->addr, lent->size), left;
	struct test_cma_alloc req;
	long long took;
	pid_t child;
	int status;

	child = fork();
	if (!child) {
		/* What it has is to end with it. */
		env->fd = open(TEST_CMA_DEVICE, O_RDWR);
		cma_alloc_dma(env, env->largest, flags, &req);
		_exit(KSFT_PASS);
	}
	do {
		left = cma_pages_in_area(&env->area, lent->addr, lent->size);
		if (waitpid(child, &status, WNOHANG))
			return -1;
	} while (left == pages);
	took = cma_now_us();
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	took = cma_now_us() - took;
	/* What lies beside the place for the buffer stays in any case. */
	left = cma_pages_in_area(&env->area, lent->addr, lent->size);
	return left > env->area.pages - env->largest / PAGE ? took : -1;
}

CMA_TEST(patience_with_work, ends_with_a_fatal_signal)
{
	static const __u32 efforts[] = { 0, TEST_CMA_RETRY_MAYFAIL };
	long long took, best;
	size_t i;
	int tries;

	for (i = 0; i < ARRAY_LEN(efforts); i++) {
		best = PROMPT_AT_WORK;
		for (tries = 0; tries < 3 * TRIES && best >= PROMPT_AT_WORK; tries++) {
			ASSERT_TRUE(cma_lend(&self->env, &self->lent));
			ASSERT_EQ(0, madvise(self->lent.addr, self->lent.size,
					     MADV_DONTFORK));
			took = time_to_stop(&self->env, &self->lent, efforts[i]);
			EXPECT_TRUE(cma_check(self->lent.addr, self->lent.size,
					      CMA_LENT_SEED));
			munmap(self->lent.addr, self->lent.size);
			if (took >= 0 && took < best)
				best = took;
		}
		EXPECT_LT(best, PROMPT_AT_WORK) TH_LOG("flags %#x", efforts[i]);
	}
}

TEST_HARNESS_MAIN
