// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <linux/types.h>

#include "guard.h"
#include "tap.h"
#include "tests.h"
#include "trace.h"

#define DEFAULT_SEED		1
#define DEFAULT_ITERATIONS	500000

/* A trace is as much work as this many searches, about. */
#define STEPS_IN_A_TRACE	16
/* A boot as these. */
#define SEARCHES_IN_BOOT	10
/* One of an area in a zone as these. */
#define SEARCHES_IN_AREA_TRACE	100
/* With everything failing in turn it is run hundreds of times. */
#define SEARCHES_IN_AREA_FAULTS	5000
/* And rounds as these. */
#define SEARCHES_IN_ROUNDS	8

/* Have them end in SIGABRT, so that the guard hears of it. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "abort_on_error=1";
}

const char *__ubsan_default_options(void);
const char *__ubsan_default_options(void)
{
	return "abort_on_error=1:print_stacktrace=1";
}

static unsigned long from_environment(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);
	unsigned long value;
	char *end;

	if (!text || !*text)
		return otherwise;

	value = strtoul(text, &end, 0);
	if (*end || *text == '-') {
		fprintf(stderr, "%s=%s is no number\n", name, text);
		exit(2);
	}
	return value;
}

int main(void)
{
	unsigned long seed = from_environment("SEED", DEFAULT_SEED);
	unsigned long iterations = from_environment("ITERATIONS", DEFAULT_ITERATIONS);

	printf("TAP version 13\n");
	tap_note("SEED=%lu ITERATIONS=%lu, %d bits", seed, iterations, BITS_PER_LONG);
	guard_install();

	test_option_cases();
	test_activation_cases();
	test_deadline_cases();
	test_place_cases();
	test_stuck_cases();
	test_rounds_cases();
	trace_test(&claims_traces, seed, iterations / STEPS_IN_A_TRACE + 1);
	trace_test(&stuck_traces, seed, iterations / STEPS_IN_A_TRACE + 1);
	test_boots(seed, iterations / SEARCHES_IN_BOOT + 1);
	trace_test(&area_traces, seed, iterations / SEARCHES_IN_AREA_TRACE + 1);
	trace_test(&area_faults, seed, iterations / SEARCHES_IN_AREA_FAULTS + 1);
	test_place_random(seed, iterations);
	test_place_fill(seed);
	test_rounds(seed, iterations / SEARCHES_IN_ROUNDS + 1);
	test_place_exhaustive();

	return tap_finish();
}
