// SPDX-License-Identifier: GPL-2.0
/*
 * Random traces of what is done with an area's claims.
 */
#include <limits.h>
#include <linux/align.h>
#include <linux/minmax.h>

#include "claims_trace.h"
#include "random.h"

#define MAX_UNITS	200
#define MAX_ORDER	4
#define NR_STEPS	64

/* Any pages of the area. */
static void random_pages(const struct trace *trace, struct step *s)
{
	s->pfn = trace->base_pfn + random_below(trace->nr_pages);
	s->nr = random_size(trace->base_pfn + trace->nr_pages - s->pfn);
}

/* In and around the area; some go around zero, and may come back into it. */
static void random_span(const struct trace *trace, struct step *s)
{
	unsigned long first = trace->base_pfn - trace->nr_pages / 2;

	s->pfn = first + random_below(2 * trace->nr_pages);
	s->nr = random_below(trace->nr_pages + 2);
	if (random_one_in(4))
		s->nr = first + random_below(2 * trace->nr_pages) - s->pfn;
}

static void random_step(const struct trace *trace, struct step *s)
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

static void random_trace(struct trace *trace)
{
	unsigned int i;

	trace->order = random_below(MAX_ORDER + 1);
	trace->nr_pages = random_size(MAX_UNITS) << trace->order;
	trace->base_pfn = ALIGN_DOWN(random_size(ULONG_MAX / 2), 1UL << trace->order);
	trace->nr_steps = NR_STEPS;
	for (i = 0; i < trace->nr_steps; i++)
		random_step(trace, &trace->steps[i]);
}

const struct trace_kind claims_traces = {
	.name = "claims",
	.sentences = claims_sentences,
	.nr_promises = NR_PROMISES,
	.make = random_trace,
	.run = claims_trace_run,
	.text = claims_step_text,
};
