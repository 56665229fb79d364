// SPDX-License-Identifier: GPL-2.0
/*
 * Random traces of what is done with an area's claims.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <linux/align.h>
#include <linux/minmax.h>

#include "claims_trace.h"
#include "random.h"
#include "tap.h"
#include "tests.h"

#define MAX_UNITS	200
#define MAX_ORDER	4

/* Any pages of the area. */
static void random_pages(const struct claims_trace *trace, struct claims_step *s)
{
	s->pfn = trace->base_pfn + random_below(trace->nr_pages);
	s->nr = random_size(trace->base_pfn + trace->nr_pages - s->pfn);
}

/* In and around the area; some go around zero, and may come back into it. */
static void random_span(const struct claims_trace *trace, struct claims_step *s)
{
	unsigned long first = trace->base_pfn - trace->nr_pages / 2;

	s->pfn = first + random_below(2 * trace->nr_pages);
	s->nr = random_below(trace->nr_pages + 2);
	if (random_one_in(4))
		s->nr = first + random_below(2 * trace->nr_pages) - s->pfn;
}

static void random_step(const struct claims_trace *trace, struct claims_step *s)
{
	unsigned long unit = 1UL << trace->order;

	s->op = random_below(NR_OPS);
	switch (s->op) {
	case OP_TAKE:
		random_pages(trace, s);
		s->pfn -= (s->pfn - trace->base_pfn) % unit;
		break;
	case OP_DROP:
		random_pages(trace, s);
		if (!random_one_in(4))
			s->pfn -= (s->pfn - trace->base_pfn) % unit;
		break;
	case OP_NEXT:
		random_pages(trace, s);
		break;
	case OP_SPAN:
		random_span(trace, s);
		break;
	default:
		s->pfn = 1UL << random_below(8);
		s->nr = random_size(max(trace->nr_pages / 4, 1UL));
	}
}

static void random_trace(struct claims_trace *trace)
{
	unsigned int i;

	trace->order = random_below(MAX_ORDER + 1);
	trace->nr_pages = random_size(MAX_UNITS) << trace->order;
	trace->base_pfn = ALIGN_DOWN(random_size(ULONG_MAX / 2), 1UL << trace->order);
	trace->nr_steps = TRACE_MAX_STEPS;
	for (i = 0; i < trace->nr_steps; i++)
		random_step(trace, &trace->steps[i]);
}

/* Leave out steps, as long as the promise is broken still. */
static void shrink(struct claims_trace *trace, enum claims_promise broken)
{
	unsigned int i = 0;

	while (i < trace->nr_steps) {
		struct claims_trace shorter = *trace;

		shorter.nr_steps--;
		memmove(&shorter.steps[i], &shorter.steps[i + 1],
			(shorter.nr_steps - i) * sizeof(shorter.steps[0]));
		if (claims_trace_run(&shorter) == broken) {
			*trace = shorter;
			i = 0;
		} else {
			i++;
		}
	}
}

void test_claims_random(unsigned long seed, unsigned long iterations)
{
	char *failing[NR_PROMISES] = { NULL };
	enum claims_promise broken;
	struct claims_trace trace;
	unsigned long i;

	random_seed(seed);
	for (i = 0; i < iterations; i++) {
		random_trace(&trace);
		broken = claims_trace_run(&trace);
		if (broken == NR_PROMISES || failing[broken])
			continue;
		shrink(&trace, broken);
		failing[broken] = strdup(claims_trace_text(&trace));
	}

	tap_note("claims: %lu traces", iterations);
	for (i = 0; i < NR_PROMISES; i++) {
		tap_result(!failing[i], "claims: %s", claims_sentences[i]);
		if (failing[i])
			tap_note("%s", failing[i]);
		free(failing[i]);
	}
}
