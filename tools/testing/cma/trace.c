// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guard.h"
#include "random.h"
#include "tap.h"
#include "trace.h"

/* For the guard: of what kind the trace is that is run. */
static const struct trace_kind *running;

/* Good until the next call. */
static const char *describe(const void *what)
{
	static char text[128 + 64 * TRACE_MAX_STEPS];
	const struct trace *trace = what;
	unsigned int i;
	size_t used;

	used = snprintf(text, sizeof(text), "%lu pages from 0x%lx, order %u:",
			trace->nr_pages, trace->base_pfn, trace->order);
	for (i = 0; i < trace->nr_steps; i++) {
		used += snprintf(text + used, sizeof(text) - used, i ? ", " : " ");
		used += running->text(&trace->steps[i], text + used, sizeof(text) - used);
	}
	return text;
}

static unsigned int run(const struct trace_kind *kind, const struct trace *trace)
{
	unsigned int broken;

	running = kind;
	guard_begin(describe, trace);
	broken = kind->run(trace);
	guard_end();
	return broken;
}

/* Leave out each step that the promise is broken without; true if there was one. */
static bool shrink_once(const struct trace_kind *kind, struct trace *trace, unsigned int broken)
{
	unsigned int i = trace->nr_steps, before = trace->nr_steps;

	/* From behind: what comes after the one that breaks it goes at once. */
	while (i--) {
		struct trace shorter = *trace;

		shorter.nr_steps--;
		memmove(&shorter.steps[i], &shorter.steps[i + 1],
			(shorter.nr_steps - i) * sizeof(shorter.steps[0]));
		if (run(kind, &shorter) == broken)
			*trace = shorter;
	}
	return trace->nr_steps < before;
}

static void shrink(const struct trace_kind *kind, struct trace *trace, unsigned int broken)
{
	while (shrink_once(kind, trace, broken))
		;
}

/* Random traces, and one result for each promise. */
void trace_test(const struct trace_kind *kind, unsigned long seed, unsigned long iterations)
{
	char **failing = calloc(kind->nr_promises, sizeof(*failing));
	unsigned long i, nr_steps = 0;
	struct trace trace;
	unsigned int broken;

	if (!failing)
		abort();

	random_seed(seed);
	for (i = 0; i < iterations; i++) {
		kind->make(&trace);
		nr_steps += trace.nr_steps;
		broken = run(kind, &trace);
		if (broken == kind->nr_promises || failing[broken])
			continue;
		shrink(kind, &trace, broken);
		failing[broken] = strdup(describe(&trace));
	}

	tap_note("%s: %lu traces, %lu steps", kind->name, iterations, nr_steps);
	for (i = 0; i < kind->nr_promises; i++) {
		tap_result(!failing[i], "%s: %s", kind->name, kind->sentences[i]);
		if (failing[i])
			tap_note("%s", failing[i]);
		free(failing[i]);
	}
	free(failing);
}

/* One trace, made up by a fuzzer. */
void trace_fuzz(const struct trace_kind *kind, const u8 *data, size_t size)
{
	struct trace trace;
	unsigned int broken;

	random_take(data, size);
	kind->make(&trace);
	broken = run(kind, &trace);
	if (broken == kind->nr_promises)
		return;
	shrink(kind, &trace, broken);
	tap_note("it is not true that %s", kind->sentences[broken]);
	tap_note("%s", describe(&trace));
	abort();
}
