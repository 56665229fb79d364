// SPDX-License-Identifier: GPL-2.0
/*
 * Random traces of what is done with an area's memory of pages that would not
 * move.  Most areas are so small that pages are met again, and so large that they
 * are more than can be remembered.
 */
#include <limits.h>
#include <linux/minmax.h>

#include "cma_stuck.h"
#include "random.h"
#include "stuck_trace.h"

#define MAX_PAGES	128
#define MAX_KIND	9

static void random_pages(const struct trace *trace, struct step *s)
{
	s->pfn = trace->base_pfn + random_below(trace->nr_pages);
	s->nr = random_size(trace->nr_pages);
}

/* Often none at all, and now and then just as long as pages are avoided. */
static s64 random_ns(void)
{
	switch (random_below(32)) {
	case 0:
		return CMA_STUCK_NS;
	case 1:
		return CMA_STUCK_NS - 1;
	case 2:
	case 3:
		return CMA_STUCK_NS / 4;
	default:
		return random_below(2);
	}
}

static void random_step(const struct trace *trace, struct step *s)
{
	s->ns = random_ns();
	random_pages(trace, s);
	switch (random_below(16)) {
	case 0:
		s->op = STUCK_FORGET;
		break;
	case 1:
		s->op = STUCK_ROUND;
		break;
	case 2:
	case 3:
	case 4:
	case 5:
		s->op = STUCK_RECALL;
		break;
	default:
		s->op = STUCK_NOTE;
		s->nr = random_below(MAX_KIND);
	}
}

static void random_trace(struct trace *trace)
{
	unsigned int i;

	trace->order = 0;
	trace->nr_pages = random_between(1, MAX_PAGES);
	trace->base_pfn = random_size(ULONG_MAX / 2) - 1;
	trace->nr_steps = TRACE_MAX_STEPS;
	for (i = 0; i < trace->nr_steps; i++)
		random_step(trace, &trace->steps[i]);
}

const struct trace_kind stuck_traces = {
	.name = "pages that would not move",
	.sentences = stuck_sentences,
	.nr_promises = NR_STUCK_PROMISES,
	.make = random_trace,
	.run = stuck_trace_run,
	.text = stuck_step_text,
};
