// SPDX-License-Identifier: GPL-2.0
/*
 * Batches of LRU pages, which each CPU has, are emptied on all CPUs only for a page
 * that may be in one of them, and once for a request at the most.  (That pages on
 * the CPUs' free lists need none of this is in free.c, and that many tries of one
 * request share theirs in patience.c.)
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "cma_util.h"

#define TRIES		5
#define MAX_CPUS	8
/* As a rule more than are on a CPU's free lists; the last do not make a batch full. */
#define TOUCHED		1100

FIXTURE(drains)
{
	struct cma_env env;
};

FIXTURE_SETUP(drains)
{
	if (!cma_env_open(&self->env))
		SKIP(return, "%s", self->env.why_not);
	if (!self->env.ours)
		SKIP(return, "the stock kernel drains for each try");
	cma_drop_caches();
}

FIXTURE_TEARDOWN(drains)
{
	EXPECT_TRUE(cma_env_close(&self->env));
}

/**
 * struct seen - what a request for the area did
 * @drains: so often it emptied the batches of all CPUs
 * @migrated: so many pages it moved
 */
struct seen {
	unsigned long long drains;
	unsigned long long migrated;
};

static int take_area(struct cma_env *env, struct seen *seen)
{
	struct cma_area *area = &env->area;
	struct test_cma_alloc req;
	int ret;

	seen->drains = cma_area_sysfs(area, "drains");
	seen->migrated = cma_area_sysfs(area, "pages_migrated");
	ret = cma_alloc_dma(env, env->largest, 0, &req);
	seen->drains = cma_area_sysfs(area, "drains") - seen->drains;
	seen->migrated = cma_area_sysfs(area, "pages_migrated") - seen->migrated;
	return ret ? ret : cma_free(env, req.id);
}

CMA_TEST(drains, are_not_needed_for_pages_that_are_in_no_batch)
{
	struct seen seen = { .drains = 1 };
	struct cma_lent lent;
	int i;

	/* Others, too, may put a page there. */
	for (i = 0; i < TRIES && seen.drains; i++) {
		ASSERT_TRUE(cma_lend(&self->env, &lent));
		/* Empties them all. */
		cma_drop_caches();
		EXPECT_EQ(0, take_area(&self->env, &seen));
		EXPECT_GE(1ULL, seen.drains);
		EXPECT_LT(0ULL, seen.migrated);
		EXPECT_TRUE(cma_check(lent.addr, lent.size, CMA_LENT_SEED));
		munmap(lent.addr, lent.size);
	}
	EXPECT_EQ(0ULL, seen.drains);
}

/**
 * struct toucher - a thread that touches memory for the first time
 * @thread: it
 * @cpu: on which CPU
 * @addr: where the memory is
 * @meet: when all have touched theirs, and again when they may go: who goes gives a
 *	stack back, and empties the CPU's batches for that
 */
struct toucher {
	pthread_t thread;
	int cpu;
	char *addr;
	pthread_barrier_t *meet;
};

static bool stay_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return !sched_setaffinity(0, sizeof(set), &set);
}

static void *touch_pages(void *data)
{
	struct toucher *toucher = data;

	if (stay_on(toucher->cpu))
		cma_fill(toucher->addr, TOUCHED * PAGE, CMA_LENT_SEED);
	pthread_barrier_wait(toucher->meet);
	pthread_barrier_wait(toucher->meet);
	return NULL;
}

/* One on each CPU but the first, which this thread keeps for itself */
static bool touchers_begin(struct toucher *touchers, int count, char *addr)
{
	static pthread_barrier_t meet;
	int i;

	if (!stay_on(0) || pthread_barrier_init(&meet, NULL, count + 1))
		return false;
	for (i = 0; i < count; i++) {
		touchers[i] = (struct toucher){
			.cpu = i + 1, .addr = addr + i * TOUCHED * PAGE, .meet = &meet,
		};
		if (pthread_create(&touchers[i].thread, NULL, touch_pages, &touchers[i]))
			return false;
	}
	pthread_barrier_wait(&meet);
	return true;
}

static void touchers_end(struct toucher *touchers, int count)
{
	pthread_barrier_wait(touchers->meet);
	while (count)
		pthread_join(touchers[--count].thread, NULL);
}

CMA_TEST(drains, happen_once_for_pages_in_the_batches_of_all_other_cpus)
{
	struct toucher touchers[MAX_CPUS - 1];
	int count = sysconf(_SC_NPROCESSORS_ONLN) - 1, i, j;
	struct seen seen = { };
	unsigned long lent = 0;
	struct cma_hog hog;
	size_t size;
	char *addr;

	if (!count)
		SKIP(return, "there is one CPU only");
	if (count > (int)ARRAY_LEN(touchers))
		count = ARRAY_LEN(touchers);
	size = count * TOUCHED * PAGE;
	for (i = 0; i < TRIES && !seen.drains; i++) {
		ASSERT_TRUE(cma_hog_begin(&self->env, &hog));
		ASSERT_TRUE(cma_hog_take(&self->env, &hog));
		addr = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		ASSERT_TRUE(addr != MAP_FAILED);
		ASSERT_TRUE(touchers_begin(touchers, count, addr));
		lent += cma_pages_in_area(&self->env.area, addr, size);
		cma_hog_release(&hog);
		EXPECT_EQ(0, take_area(&self->env, &seen));
		EXPECT_GE(1ULL, seen.drains);
		touchers_end(touchers, count);
		for (j = 0; j < count; j++)
			EXPECT_TRUE(cma_check(touchers[j].addr, TOUCHED * PAGE,
					      CMA_LENT_SEED));
		munmap(addr, size);
	}
	EXPECT_LT(0UL, lent);
	EXPECT_EQ(1ULL, seen.drains);
}

CMA_TEST(drains, free_pages_outside_of_the_area_for_a_range)
{
	struct test_cma_alloc area = { }, range = { .kind = TEST_CMA_RANGE, .size = PAGE };
	struct toucher toucher;
	char *addr, *last;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP(return, "there is one CPU only");
	/* Memory comes from outside then. */
	ASSERT_EQ(0, cma_alloc_dma(&self->env, self->env.largest, 0, &area));
	addr = mmap(NULL, TOUCHED * PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(addr != MAP_FAILED);
	ASSERT_TRUE(touchers_begin(&toucher, 1, addr));
	/* But for what lies beside a place for so large a buffer */
	for (last = addr + (TOUCHED - 1) * PAGE; last > addr; last -= PAGE)
		if (!cma_in_area(&self->env.area, cma_pfn_of(last)))
			break;
	range.phys = (__u64)cma_pfn_of(last) * PAGE;
	EXPECT_EQ(0, cma_alloc(&self->env, &range));
	EXPECT_EQ(0, cma_free(&self->env, range.id));
	touchers_end(&toucher, 1);
	EXPECT_TRUE(cma_check(addr, TOUCHED * PAGE, CMA_LENT_SEED));
	munmap(addr, TOUCHED * PAGE);
	EXPECT_EQ(0, cma_free(&self->env, area.id));
}

TEST_HARNESS_MAIN
