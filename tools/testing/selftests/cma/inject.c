// SPDX-License-Identifier: GPL-2.0
/*
 * A request whose steps fail (fail_cma, CONFIG_FAIL_CMA) ends as documented: it is
 * served all the same, or elsewhere, or fails with the right error.  It leaves
 * nothing behind, and the next request is served.
 *
 * Each case is one request with one step made to fail, once or each time, when the
 * area is free, or lent so that every request has to move pages.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../kselftest.h"
#include "cma_util.h"

#define FAULTS		"/sys/kernel/debug/fail_cma"
#define SMALL		(64 * 1024)
/* So much that an aligned SMALL is in it wherever it begins */
#define BY_HAND		(2 * SMALL / PAGE)
#define SEED		31
/* Where requests end by themselves, and where the deadline ends them */
#define LONG_MS		60000
#define SHORT_MS	1000
#define THREADS		4

/* Bits of fail_cma/points */
enum {
	CLAIM	= 1 << 0,
	ISOLATE	= 1 << 1,
	CAPTURE	= 1 << 2,
	MIGRATE	= 1 << 3,
	TARGET	= 1 << 4,
	REMAP	= 1 << 5,
	ALL	= (1 << 6) - 1,
};

/**
 * struct point - a step, and what it means that it fails
 * @name: of the step
 * @bit: in fail_cma/points
 * @lent: it is taken only if there are pages to move
 * @survived: a request survives one such fault
 * @held: what is in the way seems to be held: some come back for it
 * @errors: how the area's request ends if there is no end of them, as a regular
 *	expression; "0" if it succeeds, and what comes behind it fails
 * @deadline_ms: for such a request
 */
static const struct point {
	const char *name;
	unsigned int bit;
	bool lent;
	bool survived;
	bool held;
	const char *errors;
	unsigned int deadline_ms;
} points[] = {
	{ "claim", CLAIM, .survived = true, .errors = "-62", .deadline_ms = SHORT_MS },
	{ "isolation", ISOLATE, .lent = true, .survived = true, .errors = "-16",
	  .deadline_ms = LONG_MS },
	{ "capture", CAPTURE, .survived = true, .held = true, .errors = "-(16|62)",
	  .deadline_ms = SHORT_MS },
	{ "migration", MIGRATE, .lent = true, .survived = true, .held = true,
	  .errors = "-16", .deadline_ms = LONG_MS },
	{ "memory to move to", TARGET, .lent = true, .survived = true, .errors = "-12",
	  .deadline_ms = LONG_MS },
	{ "remap", REMAP, .errors = "0", .deadline_ms = LONG_MS },
};

/**
 * struct way - how a request is made
 * @name: says so
 * @size: of the DMA buffer; 0 for one that is made by hand
 * @flags: for the driver
 * @falls_back: there is other memory if the area has none
 * @maps: the buffer is mapped for the kernel
 * @moves: it can be had of a lent area, again and again
 */
static const struct way {
	const char *name;
	size_t size;
	__u32 flags;
	bool falls_back;
	bool maps;
	bool moves;
} ways[] = {
	{ "by hand", 0, .moves = true },
	{ "a page", PAGE, .maps = true },
	{ "a buffer", SMALL, .maps = true, .moves = true },
	{ "a large buffer", 6 * MB, .maps = true },
	{ "a buffer without a mapping", SMALL, TEST_CMA_NO_KERNEL_MAPPING,
	  .falls_back = true, .moves = true },
	{ "a buffer for a snooping device", SMALL, TEST_CMA_COHERENT_DEV,
	  .falls_back = true, .moves = true },
	{ "a buffer that must be had", SMALL, TEST_CMA_RETRY_MAYFAIL, .maps = true,
	  .moves = true },
	{ "a buffer without retries", SMALL, TEST_CMA_NORETRY, .maps = true },
};

#define BY_HAND_WAY	(&ways[0])
#define BUFFER		(&ways[2])
#define LARGE_BUFFER	(&ways[3])

static struct cma_env env;
static struct cma_lent lent;

static void write_fault(const char *file, long value)
{
	char path[96], text[24];

	snprintf(path, sizeof(path), FAULTS "/%s", file);
	snprintf(text, sizeof(text), "%ld", value);
	if (cma_write_text(path, text))
		ksft_exit_fail_msg("cannot write %s to %s\n", text, path);
}

static long faults_left(void)
{
	return cma_read_value(FAULTS "/times");
}

/* @times of them, -1 for no end, after @space pages went through well */
static void faults_begin(unsigned int steps, long times, unsigned long space)
{
	write_fault("points", steps);
	write_fault("times", times);
	write_fault("space", space);
	write_fault("probability", 100);
}

static void faults_end(void)
{
	write_fault("probability", 0);
}

/* Faults are for this process alone. */
static void faults_open(void)
{
	faults_end();
	write_fault("interval", 1);
	write_fault("verbose", 0);
	cma_write_text(FAULTS "/task-filter", "Y");
	if (cma_write_text("/proc/self/make-it-fail", "1"))
		ksft_exit_fail_msg("cannot write to /proc/self/make-it-fail\n");
}

static void faults_close(void)
{
	cma_write_text(FAULTS "/task-filter", "N");
	write_fault("points", ALL);
	write_fault("times", 1);
}

static int write_debugfs(const char *file, unsigned long pages)
{
	char path[160], text[24];

	snprintf(path, sizeof(path), "/sys/kernel/debug/cma/%s/%s", env.area.name, file);
	snprintf(text, sizeof(text), "%lu", pages);
	return cma_write_text(path, text);
}

static int ask(const struct way *way, struct test_cma_alloc *req)
{
	if (!way->size)
		return write_debugfs("alloc", BY_HAND);
	return cma_alloc_dma(&env, way->size, way->flags | TEST_CMA_NOWARN, req);
}

static void give_back(const struct way *way, const struct test_cma_alloc *req)
{
	if (way->size)
		cma_free(&env, req->id);
	else
		write_debugfs("free", BY_HAND);
}

static unsigned long used(void)
{
	return cma_area_debugfs(&env.area, "used");
}

static bool same(const char *what, unsigned long is, unsigned long was)
{
	if (is != was)
		ksft_print_msg("%s: %lu instead of %lu\n", what, is, was);
	return is == was;
}

/* Is all as it was when @was pages were allocated? */
static bool nothing_leaked(unsigned long was)
{
	bool good = same("allocated pages", used(), was);

	good &= same("isolated pageblocks", cma_count_blocks("Isolate"), env.isolated);
	return cma_audit_agrees() && good;
}

/* Take what of the area can be had without moving pages, until the file is closed. */
static void take_what_is_free(void)
{
	struct test_cma_alloc req;

	while (!cma_alloc_dma(&env, SMALL, TEST_CMA_NORETRY | TEST_CMA_NOWARN, &req))
		;
}

/**
 * enum outcome - what becomes of a request
 * @SERVED: a buffer of the area
 * @ELSEWHERE: a buffer, but not of the area
 * @REFUSED: no buffer
 */
enum outcome {
	SERVED,
	ELSEWHERE,
	REFUSED,
};

static const char * const outcomes[] = { "served", "served elsewhere", "refused" };

static enum outcome expected(const struct point *point, const struct way *way,
			     bool always)
{
	if (point->bit == REMAP)
		return way->maps ? REFUSED : SERVED;
	if (!always && point->survived)
		return SERVED;
	return way->falls_back ? ELSEWHERE : REFUSED;
}

/* Makes the request, and gives back what came of it. */
static enum outcome outcome_of(const struct way *way, int *err)
{
	enum outcome outcome = SERVED;
	struct test_cma_alloc req;

	*err = ask(way, &req);
	if (*err)
		return REFUSED;
	if (way->size && !cma_object_in_area(&env.area, &req))
		outcome = ELSEWHERE;
	give_back(way, &req);
	return outcome;
}

static bool next_is_served(const struct way *way)
{
	int err;

	if (outcome_of(way, &err) == SERVED)
		return true;
	ksft_print_msg("the next request: error %d\n", err);
	return false;
}

/* The area's own requests: did all of them end so? */
static bool all_ended_with(const char *errors)
{
	char regex[64];
	unsigned long all = cma_trace_count(": cma_alloc_finish:");

	snprintf(regex, sizeof(regex), ": cma_alloc_finish:.* errorno=%s$", errors);
	if (all && cma_trace_count(regex) == all)
		return true;
	ksft_print_msg("of %lu requests, %lu ended with %s\n", all, cma_trace_count(regex),
		       errors);
	return false;
}

/* How the area's own request ends, and what ends it */
static const char *errors_of(const struct point *point, const struct way *way,
			     bool always, unsigned int *deadline_ms)
{
	*deadline_ms = always ? point->deadline_ms : LONG_MS;
	if (!always)
		return "0";
	if (!point->held || !(way->flags & TEST_CMA_RETRY_MAYFAIL))
		return point->errors;
	*deadline_ms = SHORT_MS;
	return "-62";
}

static bool ends_as_documented(const struct point *point, const struct way *way,
			       bool always)
{
	enum outcome wanted = expected(point, way, always), outcome;
	unsigned int deadline_ms;
	const char *errors = errors_of(point, way, always, &deadline_ms);
	bool good;
	int err;

	cma_set_deadline(&env.area, deadline_ms);
	cma_trace_begin();
	faults_begin(point->bit, always ? -1 : 1, 0);
	outcome = outcome_of(way, &err);
	faults_end();
	cma_trace_end();
	cma_set_deadline(&env.area, LONG_MS);

	good = outcome == wanted && (outcome != REFUSED || err == -ENOMEM);
	if (!good)
		ksft_print_msg("%s, error %d\n", outcomes[outcome], err);
	if (!always && (point->bit != REMAP || way->maps))
		good &= same("faults left", faults_left(), 0);
	return all_ended_with(errors) && good;
}

static void check(const struct point *point, const struct way *way, bool is_lent,
		  bool always)
{
	unsigned long before;
	bool good;

	/* What others gave back is free, and would be had without moving a page. */
	if (is_lent)
		take_what_is_free();
	before = used();
	good = ends_as_documented(point, way, always);
	good &= nothing_leaked(before);
	good &= next_is_served(way);
	good &= nothing_leaked(before);
	ksft_test_result(good, "%s area, %s, %s fails %s: %s, the next one served\n",
			 is_lent ? "lent" : "free", way->name, point->name,
			 always ? "each time" : "once",
			 outcomes[expected(point, way, always)]);
}

static void check_all(bool is_lent)
{
	size_t i, j;

	for (i = 0; i < ARRAY_LEN(points); i++) {
		for (j = 0; j < ARRAY_LEN(ways); j++) {
			if (is_lent ? !ways[j].moves : points[i].lent)
				continue;
			check(&points[i], &ways[j], is_lent, false);
			check(&points[i], &ways[j], is_lent, true);
		}
	}
}

/* Faults that begin in the middle of a request: some of it has to be undone. */
static void check_undoing(void)
{
	static const unsigned long spaces[] = { 1, 15, 255, 257, 1023, 1025 };
	unsigned long before;
	bool good = true;
	size_t i, j;
	int err;

	for (i = 0; i < ARRAY_LEN(points); i++) {
		for (j = 0; j < ARRAY_LEN(spaces); j++) {
			before = used();
			cma_set_deadline(&env.area, points[i].deadline_ms);
			faults_begin(points[i].bit, -1, spaces[j]);
			outcome_of(LARGE_BUFFER, &err);
			faults_end();
			good &= !err || err == -ENOMEM;
			good &= nothing_leaked(before);
		}
		ksft_test_result(good, "%s fails after some pages: nothing is leaked\n",
				 points[i].name);
		good = true;
	}
	cma_set_deadline(&env.area, LONG_MS);
}

/* The fault at step @step of a request: false if it has fewer steps */
static bool fails_at_step(const struct way *way, unsigned int step, bool *good)
{
	unsigned long before = used();
	char text[24];
	int err;

	snprintf(text, sizeof(text), "%u", step);
	if (cma_write_text("/proc/self/fail-nth", text))
		ksft_exit_fail_msg("cannot write to /proc/self/fail-nth\n");
	outcome_of(way, &err);
	if (cma_read_value("/proc/self/fail-nth")) {
		cma_write_text("/proc/self/fail-nth", "0");
		return false;
	}
	*good &= !err || err == -ENOMEM;
	*good &= nothing_leaked(before);
	return true;
}

/* What is lent moves out bit by bit, until requests have nothing to move any more. */
static bool lend_again(void)
{
	bool intact = cma_check(lent.addr, lent.size, CMA_LENT_SEED);

	munmap(lent.addr, lent.size);
	/* That ends what take_what_is_free() took. */
	close(env.fd);
	env.fd = open(TEST_CMA_DEVICE, O_RDWR);
	if (!cma_lend(&env, &lent))
		ksft_exit_fail_msg("nothing of the area was lent again\n");
	return intact;
}

static void check_each_step(const struct way *way)
{
	bool good = lend_again();
	unsigned int step = 0;

	write_fault("points", ALL);
	do {
		take_what_is_free();
		step++;
	} while (fails_at_step(way, step, &good) && step < 1000);
	/* It is claimed, isolated, migrated, captured at the least. */
	ksft_test_result(good && step > 4 && step < 1000,
			 "lent area, %s, each of its %u steps fails by itself: nothing is leaked\n",
			 way->name, step - 1);
}

/* Requests of all sizes, some of which fail: how many buffers were damaged? */
static void *ask_often(void *unused)
{
	struct test_cma_alloc req;
	unsigned long damaged = 0;
	int i;

	for (i = 0; i < 64; i++) {
		if (cma_alloc_dma(&env, PAGE << i % 10, TEST_CMA_NOWARN, &req))
			continue;
		damaged += cma_fill_object(&env, req.id, SEED + i) ||
			   cma_check_object(&env, req.id, SEED + i);
		damaged += !!cma_free(&env, req.id);
	}
	return (void *)damaged;
}

static void check_several_at_once(void)
{
	unsigned long before = used(), damaged = 0;
	pthread_t threads[THREADS];
	void *ret;
	int i;

	faults_begin(ALL, -1, 0);
	write_fault("probability", 10);
	for (i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, ask_often, NULL))
			ksft_exit_fail_msg("no thread\n");
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &ret);
		damaged += (unsigned long)ret;
	}
	faults_end();
	ksft_test_result(!damaged && nothing_leaked(before),
			 "several requests at once, of which each tenth step fails\n");
}

/* Ordinary memory, which others than areas take: a page of this process */
static unsigned long find_page_elsewhere(char *addr, size_t size)
{
	unsigned long *pfns = cma_pfns_of(addr, size), found = 0;
	size_t i;

	for (i = 0; pfns && !found && i < size / PAGE; i++)
		if (!cma_in_area(&env.area, pfns[i]))
			found = pfns[i];
	free(pfns);
	return found;
}

static int take_range(unsigned long pfn)
{
	struct test_cma_alloc req = {
		.kind = TEST_CMA_RANGE, .phys = (__u64)pfn * PAGE, .size = PAGE,
		.flags = TEST_CMA_NOWARN,
	};
	int err = cma_alloc(&env, &req);

	return err ?: cma_free(&env, req.id);
}

static void check_ranges(void)
{
	static const struct { const char *name; unsigned int bit; int err; } faults[] = {
		{ "isolation", ISOLATE, -EBUSY },
		{ "capture", CAPTURE, -EBUSY },
		{ "migration", MIGRATE, -EBUSY },
		{ "memory to move to", TARGET, -ENOMEM },
	};
	unsigned long pfn, before = used();
	char *addr;
	int err, next;
	size_t i;

	addr = mmap(NULL, MB, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (addr == MAP_FAILED)
		ksft_exit_fail_msg("no memory\n");
	cma_fill(addr, MB, SEED);
	for (i = 0; i < ARRAY_LEN(faults); i++) {
		/* A page that is on its way to its list is no range's. */
		cma_drop_caches();
		pfn = find_page_elsewhere(addr, MB);
		faults_begin(faults[i].bit, -1, 0);
		err = take_range(pfn);
		faults_end();
		cma_drop_caches();
		next = take_range(pfn);
		if (err != faults[i].err || next)
			ksft_print_msg("pfn %#lx: error %d, the next one %d\n", pfn, err, next);
		ksft_test_result(pfn && err == faults[i].err && !next &&
				 nothing_leaked(before) && cma_check(addr, MB, SEED),
				 "ordinary memory, a range, %s fails each time: error %d, the next one served\n",
				 faults[i].name, faults[i].err);
	}
	munmap(addr, MB);
}

/* With fail_cma= on the command line, requests failed before there was a process. */
static void check_boot(void)
{
	char value[32];

	if (!cma_cmdline_value("fail_cma", value, sizeof(value)))
		return;
	ksft_test_result(cma_dmesg_has("FAULT_INJECTION: forcing a failure"),
			 "fail_cma=%s: requests fail from boot on\n", value);
	ksft_test_result(!env.used, "fail_cma=%s: the atomic pool is not of the area\n", value);
}

int main(void)
{
	static const char * const events[] = { "cma:cma_alloc_start", "cma:cma_alloc_finish" };

	ksft_print_header();
	if (access(FAULTS, X_OK))
		ksft_exit_skip("needs CONFIG_FAIL_CMA and CONFIG_FAULT_INJECTION_DEBUG_FS\n");
	if (!cma_env_open(&env))
		ksft_exit_skip("%s\n", env.why_not);
	check_boot();
	cma_drop_caches();
	cma_trace_open(events, ARRAY_LEN(events));
	faults_open();

	check_all(false);
	check_ranges();
	if (!cma_lend(&env, &lent))
		ksft_exit_fail_msg("nothing of the area was lent\n");
	check_all(true);
	check_undoing();
	check_each_step(BY_HAND_WAY);
	check_each_step(BUFFER);
	check_several_at_once();
	ksft_test_result(cma_check(lent.addr, lent.size, CMA_LENT_SEED),
			 "what was lent is as it was\n");

	faults_close();
	ksft_test_result(cma_env_close(&env), "the area is as it was\n");
	ksft_set_plan(ksft_test_num());
	ksft_finished();
}
