// SPDX-License-Identifier: GPL-2.0
/* Several at a time: nobody gets what another has, and nobody's data changes. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "cma_util.h"

#define THREADS		8
#define ROUNDS		24
#define HELD		6
#define DECODER_PAGES	148
#define PLUG_ROUNDS	3
#define TRIES		5
#define SEED		77

FIXTURE(stress)
{
	struct cma_env env;
};

FIXTURE_SETUP(stress)
{
	if (!cma_env_open(&self->env))
		SKIP(return, "%s", self->env.why_not);
	cma_drop_caches();
}

FIXTURE_TEARDOWN(stress)
{
	EXPECT_TRUE(cma_env_close(&self->env));
}

/**
 * struct driver - one thread that asks for buffers and gives them back
 * @env: the room of the test
 * @index: which thread this is
 * @smallest: in bytes
 * @largest: in bytes
 * @held: how many buffers it keeps at a time, up to %HELD
 * @must_succeed: there is room at any time
 * @requests: how many requests there were
 * @refused: how many of them failed
 * @broken: how many buffers were not what was left in them, or not in the area
 */
struct driver {
	struct cma_env *env;
	unsigned int index;
	size_t smallest;
	size_t largest;
	int held;
	bool must_succeed;
	unsigned int requests;
	unsigned int refused;
	unsigned int broken;
};

static size_t pick_size(struct driver *driver, unsigned int *random)
{
	size_t pages = (driver->largest - driver->smallest) / PAGE + 1;

	return driver->smallest + rand_r(random) % pages * PAGE;
}

static void drop_buffer(struct driver *driver, struct test_cma_alloc *req)
{
	if (!req->id)
		return;
	driver->broken += !!cma_check_object(driver->env, req->id, req->id);
	driver->broken += !!cma_free(driver->env, req->id);
	req->id = 0;
}

static void *drive(void *data)
{
	struct test_cma_alloc held[HELD] = { };
	struct driver *driver = data;
	unsigned int random = driver->index + 1;
	__u32 flags = driver->must_succeed ? 0 : TEST_CMA_NOWARN;
	struct test_cma_alloc *req;
	int round;

	for (round = 0; round < ROUNDS + driver->held; round++) {
		req = &held[round % driver->held];
		drop_buffer(driver, req);
		if (round >= ROUNDS)
			continue;
		driver->requests++;
		if (cma_alloc_dma(driver->env, pick_size(driver, &random), flags, req)) {
			driver->refused++;
			req->id = 0;
			continue;
		}
		driver->broken += !cma_object_in_area(&driver->env->area, req);
		driver->broken += !!cma_fill_object(driver->env, req->id, req->id);
	}
	return NULL;
}

static void run_drivers(struct driver *drivers, const struct driver *like)
{
	pthread_t threads[THREADS];
	int i;

	for (i = 0; i < THREADS; i++) {
		drivers[i] = *like;
		drivers[i].index = i;
		pthread_create(&threads[i], NULL, drive, &drivers[i]);
	}
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

/*
 * A process that puts patterns into all memory that is easily had, again and
 * again, and looks at them, until the pipe is closed.
 */
static void borrow_and_check(int stop, size_t size)
{
	const size_t piece = MB;
	unsigned int random = 1;
	__u32 *seeds;
	size_t i, pieces = size / piece;
	char byte, *addr;

	fcntl(stop, F_SETFL, O_NONBLOCK);
	seeds = calloc(pieces, sizeof(*seeds));
	addr = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!seeds || addr == MAP_FAILED)
		_exit(KSFT_FAIL);
	while (read(stop, &byte, 1) < 0) {
		i = rand_r(&random) % pieces;
		if (!cma_check(addr + i * piece, piece, seeds[i]))
			_exit(KSFT_FAIL);
		if (rand_r(&random) % 2) {
			madvise(addr + i * piece, piece, MADV_DONTNEED);
			seeds[i] = 0;
		} else {
			seeds[i] = rand_r(&random) | 1;
			cma_fill(addr + i * piece, piece, seeds[i]);
		}
	}
	for (i = 0; i < pieces; i++)
		if (!cma_check(addr + i * piece, piece, seeds[i]))
			_exit(KSFT_FAIL);
	_exit(KSFT_PASS);
}

/**
 * struct borrower - such a process
 * @child: its id
 * @stop: the pipe
 */
struct borrower {
	pid_t child;
	int stop;
};

static bool start_borrower(struct borrower *borrower)
{
	size_t size = cma_meminfo("MemAvailable") * 1024 / 8 * 5;
	int stop[2];

	if (pipe(stop))
		return false;
	borrower->child = fork();
	if (!borrower->child) {
		close(stop[1]);
		borrow_and_check(stop[0], size / MB * MB);
	}
	close(stop[0]);
	borrower->stop = stop[1];
	return borrower->child > 0;
}

static int stop_borrower(struct borrower *borrower)
{
	int status;

	close(borrower->stop);
	if (waitpid(borrower->child, &status, 0) != borrower->child)
		return -ECHILD;
	return status;
}

CMA_TEST(stress, drivers_at_the_same_time_never_share_a_page)
{
	const struct driver like = {
		.env = &self->env, .smallest = PAGE, .held = HELD,
		.largest = self->env.area.pages / 48 * PAGE,
	};
	struct driver drivers[THREADS];
	unsigned int refused = 0;
	int i;

	run_drivers(drivers, &like);
	for (i = 0; i < THREADS; i++) {
		EXPECT_EQ(0U, drivers[i].broken);
		refused += drivers[i].refused;
	}
	/* A third of the area is asked for on average, and two thirds at the most. */
	EXPECT_LT(refused, THREADS * ROUNDS / 4);
}

/*
 * Eight decoders made a board fail once, with 40 % of the area free: two requests
 * that share a pageblock at their ends.
 */
CMA_TEST(stress, small_requests_succeed_while_two_fifths_of_the_area_are_free)
{
	size_t share = (self->env.area.pages - self->env.used) * PAGE * 3 / 5;
	const struct driver like = {
		.env = &self->env, .must_succeed = true, .smallest = PAGE,
		.held = HELD, .largest = share / (THREADS * HELD) < MB / 2 ?
			   share / (THREADS * HELD) : MB / 2,
	};
	struct driver drivers[THREADS];
	int i;

	run_drivers(drivers, &like);
	for (i = 0; i < THREADS; i++) {
		EXPECT_EQ(0U, drivers[i].broken);
		EXPECT_EQ(0U, drivers[i].refused);
	}
}

/* The same with their own sizes, and with somebody in their way. */
CMA_TEST(stress, decoders_succeed_while_two_fifths_of_the_area_are_free)
{
	/* Each buffer begins at a megabyte of its own. */
	size_t places = (self->env.area.pages - self->env.used) * PAGE / MB;
	const struct driver like = {
		.env = &self->env, .must_succeed = true,
		.smallest = DECODER_PAGES * PAGE, .largest = DECODER_PAGES * PAGE,
		.held = places * 3 / 5 / THREADS < HELD ? places * 3 / 5 / THREADS : HELD,
	};
	struct driver drivers[THREADS];
	struct borrower borrower;
	int i;

	ASSERT_LT(0, like.held);
	ASSERT_TRUE(start_borrower(&borrower));
	run_drivers(drivers, &like);
	EXPECT_EQ(0, stop_borrower(&borrower));
	for (i = 0; i < THREADS; i++) {
		EXPECT_EQ(0U, drivers[i].broken);
		EXPECT_EQ(0U, drivers[i].refused);
	}
}

CMA_TEST(stress, data_survives_while_drivers_take_and_return_lent_memory)
{
	const struct driver like = {
		.env = &self->env, .smallest = PAGE, .held = HELD,
		.largest = self->env.area.pages / 64 * PAGE,
	};
	struct driver drivers[THREADS];
	struct borrower borrower;
	unsigned int refused = 0;
	int i;

	ASSERT_TRUE(start_borrower(&borrower));
	run_drivers(drivers, &like);
	EXPECT_EQ(0, stop_borrower(&borrower));
	for (i = 0; i < THREADS; i++) {
		EXPECT_EQ(0U, drivers[i].broken);
		refused += drivers[i].refused;
	}
	EXPECT_LT(refused, THREADS * ROUNDS / 4);
}

CMA_TEST(stress, large_requests_succeed_while_a_process_works_in_the_area)
{
	struct borrower borrower;
	struct test_cma_alloc req;
	int i;

	ASSERT_TRUE(start_borrower(&borrower));
	for (i = 0; i < 8; i++) {
		ASSERT_EQ(0, cma_alloc_dma(&self->env, self->env.largest / 2,
					   TEST_CMA_RETRY_MAYFAIL, &req));
		EXPECT_EQ(0, cma_fill_object(&self->env, req.id, SEED));
		EXPECT_EQ(0, cma_check_object(&self->env, req.id, SEED));
		EXPECT_EQ(0, cma_free(&self->env, req.id));
	}
	EXPECT_EQ(0, stop_borrower(&borrower));
}

/**
 * struct plugger - a thread that takes one CPU after another away and puts it back
 * @thread: it
 * @stop: it shall end
 * @rounds: how often each CPU but the first was away
 * @failed: how often one did not go or come
 */
struct plugger {
	pthread_t thread;
	atomic_bool stop;
	atomic_uint rounds;
	unsigned int failed;
};

static int set_online(long cpu, const char *state)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%ld/online", cpu);
	return cma_write_text(path, state);
}

/* A CPU that its host does not let run in time comes with the next try. */
static int bring_online(long cpu)
{
	int ret, tries = 0;

	do {
		ret = set_online(cpu, "1");
	} while (ret && ++tries < TRIES);
	return ret;
}

static void *plug(void *data)
{
	long cpus = sysconf(_SC_NPROCESSORS_CONF), cpu;
	struct plugger *plugger = data;

	while (!plugger->stop) {
		for (cpu = 1; cpu < cpus; cpu++) {
			plugger->failed += !!set_online(cpu, "0");
			plugger->failed += !!bring_online(cpu);
		}
		plugger->rounds++;
	}
	return NULL;
}

/* What a CPU had on its lists and in its batches is not lost while it is away. */
CMA_TEST(stress, requests_succeed_while_processors_go_and_come)
{
	const struct driver like = {
		.env = &self->env, .must_succeed = true, .smallest = PAGE, .held = 1,
		.largest = self->env.largest / 2 / THREADS,
	};
	struct driver drivers[THREADS];
	struct plugger plugger = { };
	struct test_cma_alloc req;
	struct borrower borrower;
	int i;

	if (access("/sys/devices/system/cpu/cpu1/online", W_OK))
		SKIP(return, "needs several CPUs and CONFIG_HOTPLUG_CPU");
	ASSERT_TRUE(start_borrower(&borrower));
	ASSERT_EQ(0, pthread_create(&plugger.thread, NULL, plug, &plugger));
	do {
		run_drivers(drivers, &like);
		for (i = 0; i < THREADS; i++) {
			EXPECT_EQ(0U, drivers[i].broken);
			EXPECT_EQ(0U, drivers[i].refused);
		}
	} while (plugger.rounds < PLUG_ROUNDS);
	plugger.stop = true;
	pthread_join(plugger.thread, NULL);
	EXPECT_EQ(0U, plugger.failed);

	EXPECT_EQ(0, set_online(1, "0"));
	EXPECT_EQ(0, cma_alloc_dma(&self->env, self->env.largest,
				   TEST_CMA_RETRY_MAYFAIL, &req));
	EXPECT_EQ(0, bring_online(1));
	EXPECT_EQ(0, stop_borrower(&borrower));
}

/**
 * struct neighbour - one thread that takes its part of two pageblocks
 * @env: the room of the test
 * @phys: where its part is
 * @failed: how often it could not have it, or found it changed
 */
struct neighbour {
	struct cma_env *env;
	__u64 phys;
	unsigned int failed;
};

#define PART	(MB + 3 * PAGE)

static void *take_part(void *data)
{
	struct neighbour *me = data;
	struct test_cma_alloc req;
	int round;

	for (round = 0; round < ROUNDS; round++) {
		req = (struct test_cma_alloc){
			.kind = TEST_CMA_RANGE, .phys = me->phys, .size = PART,
		};
		if (cma_alloc(me->env, &req)) {
			me->failed++;
			continue;
		}
		me->failed += !!cma_fill_object(me->env, req.id, round + 1);
		me->failed += !!cma_check_object(me->env, req.id, round + 1);
		me->failed += !!cma_free(me->env, req.id);
	}
	return NULL;
}

/*
 * A range outside of the area that can be taken; 0 when there is none.  The kernel's
 * own pages come from the zone's begin, so that its end stays movable.
 */
static __u64 find_range(struct cma_env *env, size_t size)
{
	unsigned long step = cma_pageblock_pages(), pfn;
	struct test_cma_alloc req;
	struct cma_zone zone;

	if (!step || !cma_zone_of(env->area.base_pfn, &zone))
		return 0;
	for (pfn = (zone.start_pfn + zone.spanned - size / PAGE) / step * step;
	     pfn >= zone.start_pfn; pfn -= step) {
		req = (struct test_cma_alloc){
			.kind = TEST_CMA_RANGE, .phys = (__u64)pfn * PAGE,
			.size = size, .flags = TEST_CMA_NOWARN,
		};
		if (!cma_in_area(&env->area, pfn) && !cma_alloc(env, &req))
			return cma_free(env, req.id) ? 0 : req.phys;
	}
	return 0;
}

/* How often one of several neighbours could not have its part of a range */
static unsigned int count_failures(struct cma_env *env, __u64 phys)
{
	struct neighbour parts[THREADS];
	pthread_t threads[THREADS];
	unsigned int failed = 0;
	int i;

	for (i = 0; i < THREADS; i++) {
		parts[i] = (struct neighbour){ .env = env, .phys = phys + i * PART };
		pthread_create(&threads[i], NULL, take_part, &parts[i]);
	}
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		failed += parts[i].failed;
	}
	return failed;
}

CMA_TEST(stress, ranges_that_share_a_pageblock_can_be_taken_at_the_same_time)
{
	unsigned int failed = 1;
	__u64 phys;
	int tries;

	if (!self->env.ours)
		SKIP(return, "the stock kernel lets one of them fail");
	/* What is given back in between the kernel may take for itself, but not each time. */
	for (tries = 0; tries < TRIES && failed; tries++) {
		phys = find_range(&self->env, THREADS * PART);
		ASSERT_NE(0ULL, phys);
		failed = count_failures(&self->env, phys);
	}
	EXPECT_EQ(0U, failed);
}

TEST_HARNESS_MAIN
