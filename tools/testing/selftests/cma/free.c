// SPDX-License-Identifier: GPL-2.0
/*
 * Ranges that are free are had at once: nobody is interrupted, nothing is drained,
 * isolated, moved or waited for.  What must not happen is looked for in the
 * counters, in the kernel's trace and in /proc/interrupts, and each of these is
 * shown to see it when it does happen.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "cma_util.h"

#define TRIES		5

/* A request, and what it may do that somebody would feel */
static const char * const events[] = {
	"cma:cma_alloc_start", "cma:cma_alloc_finish", "sched:sched_switch",
	"page_isolation:test_pages_isolated", "kmem:mm_alloc_contig_migrate_range_info",
	"migrate:mm_migrate_pages",
	"kmem:mm_page_pcpu_drain",
	"ipi:ipi_raise", "ipi:ipi_send_cpu", "ipi:ipi_send_cpumask",
	"workqueue:workqueue_queue_work",
	"rcu:rcu_grace_period", "rcu:rcu_exp_grace_period", "rcu:rcu_barrier",
	"compaction:mm_compaction_begin", "compaction:mm_compaction_isolate_migratepages",
	"vmscan:mm_vmscan_wakeup_kswapd", "vmscan:mm_vmscan_direct_reclaim_begin",
};

/* Nothing of that shows up while a free range is taken. */
static const char * const felt[] = {
	": (test_pages_isolated|mm_alloc_contig_migrate_range_info):",
	": mm_migrate_pages:",
	": mm_page_pcpu_drain:",
	": (ipi_|workqueue_queue_work|rcu_(exp_)?(grace_period|barrier))",
	": mm_(compaction|vmscan)_",
};

FIXTURE(free_range)
{
	struct cma_env env;
	char sleeps[96];
};

FIXTURE_SETUP(free_range)
{
	struct test_cma_alloc all;

	if (!cma_env_open(&self->env))
		SKIP(return, "%s", self->env.why_not);
	if (!self->env.ours)
		SKIP(return, "the stock kernel isolates, drains and waits each time");
	snprintf(self->sleeps, sizeof(self->sleeps),
		 ": sched_switch: .*prev_pid=%d .*prev_state=[^R]", gettid());
	cma_drop_caches();
	/* What was lent moves out. */
	ASSERT_EQ(0, cma_alloc_dma(&self->env, self->env.largest, 0, &all));
	ASSERT_EQ(0, cma_free(&self->env, all.id));
}

FIXTURE_TEARDOWN(free_range)
{
	EXPECT_TRUE(cma_env_close(&self->env));
}

static unsigned long long sysfs(const struct cma_env *env, const char *file)
{
	return cma_area_sysfs(&env->area, file);
}

/* The counters that tell what requests did besides taking free pages */
static const char * const deeds[] = {
	"drains", "pages_migrated", "pages_dropped", "alloc_blocked",
};

static void read_deeds(const struct cma_env *env, unsigned long long *values)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(deeds); i++)
		values[i] = sysfs(env, deeds[i]);
}

/*
 * Who asks for one page may rather move one than look for a free one, and what this
 * process touches meanwhile comes and goes.  Then the next request meets nothing.
 */
CMA_TEST(free_range, is_taken_without_a_drain_or_a_move)
{
	const size_t sizes[] = { CMA_LEAST, 16 * PAGE, MB, 4 * MB, self->env.largest / 2 };
	unsigned long long before[ARRAY_LEN(deeds)], after[ARRAY_LEN(deeds)], captured;
	struct test_cma_alloc req;
	size_t i, j, tries;

	for (i = 0; i < ARRAY_LEN(sizes); i++) {
		for (tries = 0; tries < TRIES; tries++) {
			captured = sysfs(&self->env, "pages_captured");
			read_deeds(&self->env, before);
			ASSERT_EQ(0, cma_alloc_dma(&self->env, sizes[i], 0, &req));
			read_deeds(&self->env, after);
			captured = sysfs(&self->env, "pages_captured") - captured;
			ASSERT_EQ(0, cma_free(&self->env, req.id));
			if (captured == sizes[i] / PAGE)
				break;
		}
		EXPECT_EQ(sizes[i] / PAGE, captured);
		for (j = 0; j < ARRAY_LEN(deeds); j++) {
			EXPECT_EQ(before[j], after[j])
				TH_LOG("%s, for %zu bytes", deeds[j], sizes[i]);
		}
	}
}

static unsigned long count_felt(const char *sleeps)
{
	unsigned long count = cma_trace_count_inside(sleeps);
	size_t i;

	for (i = 0; i < ARRAY_LEN(felt); i++)
		count += cma_trace_count_inside(felt[i]);
	return count;
}

CMA_TEST(free_range, is_taken_without_an_event_that_anybody_would_feel)
{
	const size_t sizes[] = { CMA_LEAST, 16 * PAGE, MB, 4 * MB, self->env.largest / 2 };
	unsigned long noticed;
	struct test_cma_alloc req;
	size_t i, j, tries;

	ASSERT_TRUE(cma_trace_open(events, ARRAY_LEN(events)));
	for (i = 0; i < ARRAY_LEN(sizes); i++) {
		noticed = 1;
		for (tries = 0; tries < 8 * TRIES && noticed; tries++) {
			cma_trace_begin();
			EXPECT_EQ(0, cma_alloc_dma(&self->env, sizes[i], 0, &req));
			EXPECT_EQ(0, cma_free(&self->env, req.id));
			cma_trace_end();
			EXPECT_EQ(1UL, cma_trace_count(": cma_alloc_finish:"));
			noticed = count_felt(self->sleeps);
		}
		EXPECT_EQ(0UL, cma_trace_count_inside(self->sleeps));
		for (j = 0; j < ARRAY_LEN(felt); j++) {
			EXPECT_EQ(0UL, cma_trace_count_inside(felt[j]))
				TH_LOG("%s, for %zu bytes", felt[j], sizes[i]);
		}
	}
}

/* And the same look at a range that is in use finds what it should. */
CMA_TEST(free_range, differs_in_these_events_from_one_that_is_lent)
{
	struct test_cma_alloc req;
	struct cma_lent lent;

	ASSERT_TRUE(cma_lend(&self->env, &lent));
	ASSERT_TRUE(cma_trace_open(events, ARRAY_LEN(events)));
	cma_trace_begin();
	EXPECT_EQ(0, cma_alloc_dma(&self->env, self->env.largest, 0, &req));
	/* Has a worker on each CPU do something, and waits for them. */
	EXPECT_EQ(0, cma_write_text("/proc/sys/vm/stat_refresh", "1"));
	cma_trace_end();
	EXPECT_LT(0UL, cma_trace_count_inside(": mm_alloc_contig_migrate_range_info:"));
	EXPECT_LT(0UL, cma_trace_count_inside(": mm_migrate_pages:"));
	EXPECT_LT(0UL, cma_trace_count(": workqueue_queue_work:"));
	EXPECT_LT(0UL, cma_trace_count(self->sleeps));
}

/**
 * struct listed - pages of the area that this process has just given up
 * @pfns: where they are
 * @count: how many
 * @cpu: on whose list
 * @addr: memory that it takes first, so that none else is on that list
 * @size: how much of that it may take
 * @taken: how much it has taken
 * @area: the area
 */
struct listed {
	unsigned long pfns[32];
	size_t count;
	int cpu;
	char *addr;
	size_t size;
	size_t taken;
	const struct cma_area *area;
};

static void *populate(size_t size)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
}

/* Which of them are in the area? */
static void list_pages(struct listed *listed, char *addr)
{
	unsigned long *pfns = cma_pfns_of(addr, ARRAY_LEN(listed->pfns) * PAGE);
	size_t i;

	listed->count = 0;
	for (i = 0; pfns && i < ARRAY_LEN(listed->pfns); i++)
		if (cma_in_area(listed->area, pfns[i]))
			listed->pfns[listed->count++] = pfns[i];
	free(pfns);
}

/*
 * A CPU puts what was given up last onto its own list, and takes from there first.
 * How much is there is the kernel's to say: an eighth of memory at times.
 */
static void *give_up_pages(void *data)
{
	struct listed *listed = data;
	size_t size = ARRAY_LEN(listed->pfns) * PAGE;
	char *mine = NULL;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(listed->cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
	listed->count = 0;
	while (!listed->count && listed->taken < listed->size) {
		mine = listed->addr + listed->taken;
		listed->taken += size;
		madvise(mine, size, MADV_POPULATE_WRITE);
		list_pages(listed, mine);
	}
	if (mine)
		madvise(mine, size, MADV_DONTNEED);
	return NULL;
}

/* How many of the pages that left lists during the request are of these */
static size_t count_fetched(const struct listed *listed, const unsigned long *pfns,
			    size_t count)
{
	size_t fetched = 0, i, j;

	for (i = 0; i < count; i++)
		for (j = 0; j < listed->count; j++)
			fetched += pfns[i] == listed->pfns[j];
	return fetched;
}

/* Only what is in a batch of LRU pages, unlike these, may need a drain. */
CMA_TEST(free_range, on_the_list_of_a_cpu_is_fetched_from_there_alone)
{
	static const char * const requests_and_lists[] = {
		"cma:cma_alloc_start", "cma:cma_alloc_finish", "kmem:mm_page_pcpu_drain",
	};
	struct listed listed = {
		.cpu = sysconf(_SC_NPROCESSORS_ONLN) - 1, .area = &self->env.area,
		.size = 32 * MB,
	};
	size_t size = cma_not_lent_before(&self->env.area) + 32 * MB;
	char *most;
	unsigned long long drained = 1;
	static unsigned long pfns[4096];
	size_t count = 0, fetched = 0, others = 0, i;
	struct test_cma_alloc req;
	pthread_t thread;
	int tries;

	most = populate(size);
	ASSERT_TRUE(most != MAP_FAILED);
	listed.addr = mmap(NULL, listed.size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ASSERT_TRUE(listed.addr != MAP_FAILED);
	/* Where there are huge pages, none is on a list. */
	madvise(listed.addr, listed.size, MADV_NOHUGEPAGE);
	ASSERT_TRUE(cma_trace_open(requests_and_lists, ARRAY_LEN(requests_and_lists)));
	for (tries = 0; tries < 4 * TRIES && (drained || others || !fetched); tries++) {
		ASSERT_EQ(0, pthread_create(&thread, NULL, give_up_pages, &listed));
		pthread_join(thread, NULL);
		cma_trace_begin();
		drained = sysfs(&self->env, "drains");
		EXPECT_EQ(0, cma_alloc_dma(&self->env, self->env.largest, 0, &req));
		drained = sysfs(&self->env, "drains") - drained;
		cma_trace_end();
		EXPECT_EQ(0, cma_free(&self->env, req.id));
		count = cma_trace_numbers_inside(": mm_page_pcpu_drain:", "pfn=", pfns,
						 ARRAY_LEN(pfns));
		fetched = count_fetched(&listed, pfns, count);
		for (others = 0, i = 0; i < count; i++)
			others += !cma_in_area(&self->env.area, pfns[i]);
	}
	munmap(listed.addr, listed.size);
	munmap(most, size);
	EXPECT_LT(0UL, fetched);
	EXPECT_EQ(0UL, others);
	EXPECT_EQ(0ULL, drained);
}

/**
 * struct busy - keeps the other CPUs busy: those that idle need no interrupts
 * @threads: one for each of them
 * @count: how many
 * @stop: they shall end
 */
struct busy {
	pthread_t threads[8];
	int count;
	bool stop;
};

static void *spin(void *data)
{
	struct busy *busy = data;

	while (!__atomic_load_n(&busy->stop, __ATOMIC_RELAXED))
		;
	return NULL;
}

/* This thread keeps the first CPU for itself. */
static void busy_begin(struct busy *busy)
{
	int cpus = sysconf(_SC_NPROCESSORS_ONLN), i;
	cpu_set_t set;

	*busy = (struct busy){ };
	for (i = 0; i < cpus && i < (int)ARRAY_LEN(busy->threads); i++) {
		CPU_ZERO(&set);
		CPU_SET(i, &set);
		if (!i)
			sched_setaffinity(0, sizeof(set), &set);
		else if (!pthread_create(&busy->threads[busy->count], NULL, spin, busy))
			pthread_setaffinity_np(busy->threads[busy->count++], sizeof(set),
					       &set);
	}
}

static void busy_end(struct busy *busy)
{
	__atomic_store_n(&busy->stop, true, __ATOMIC_RELAXED);
	while (busy->count)
		pthread_join(busy->threads[--busy->count], NULL);
}

/* What a line of /proc/interrupts counts; those for timers come by themselves. */
static bool is_between_cpus(const char *name, const char *rest)
{
	static const char * const x86[] = { "RES:", "CAL:", "TLB:" };
	size_t i;

	if (!strncmp(name, "IPI", 3))
		return !strstr(rest, "imer");
	for (i = 0; i < ARRAY_LEN(x86); i++)
		if (!strcmp(name, x86[i]))
			return true;
	return false;
}

/* Interrupts from one CPU to others so far: "IPI0:  1  2 ... Rescheduling interrupts" */
static unsigned long long interrupts_between_cpus(void)
{
	FILE *file = fopen("/proc/interrupts", "r");
	unsigned long long sum = 0;
	char line[512], *number, *rest;

	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file)) {
		number = strtok_r(line, " \n", &rest);
		if (!number || !is_between_cpus(number, rest))
			continue;
		while ((number = strtok_r(NULL, " \n", &rest)) && isdigit(*number))
			sum += strtoull(number, NULL, 10);
	}
	fclose(file);
	return sum;
}

static unsigned long long interrupts_of_requests(struct cma_env *env, int count)
{
	unsigned long long before = interrupts_between_cpus();
	struct test_cma_alloc req;

	while (count--)
		if (!cma_alloc_dma(env, 8 * MB, 0, &req))
			cma_free(env, req.id);
	return interrupts_between_cpus() - before;
}

CMA_TEST(free_range, is_taken_and_given_back_without_interrupting_other_cpus)
{
	unsigned long long best = ~0ULL, sent, calls;
	struct busy busy;
	int i;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP(return, "there is one CPU only");
	busy_begin(&busy);
	for (i = 0; i < 32 * TRIES && best; i++) {
		sent = interrupts_of_requests(&self->env, 1);
		best = sent < best ? sent : best;
	}

	/* That many would be seen. */
	calls = interrupts_between_cpus();
	syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0);
	syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
	calls = interrupts_between_cpus() - calls;
	busy_end(&busy);

	/* Others send some as well, now and then, but not all the time. */
	EXPECT_EQ(0ULL, best);
	EXPECT_LE((unsigned long long)sysconf(_SC_NPROCESSORS_ONLN) - 1, calls);
}

TEST_HARNESS_MAIN
