// SPDX-License-Identifier: GPL-2.0
/*
 * Random traces of an area in a zone that is now rather empty, now rather full.
 */
#include "kernel_model.h"

#include "area_trace.h"
#include "random.h"

static void random_request(const struct trace *trace, struct step *s)
{
	s->nr = random_one_in(8) ? random_below(trace->nr_pages + 2) : random_size(64);
	s->pfn = (random_one_in(3) ? random_below(6) : 0) * NR_EFFORTS +
		 (random_one_in(2) ? EFFORT_DEFAULT : random_below(NR_EFFORTS));
}

static void random_use(struct step *s)
{
	unsigned int order = random_one_in(6) ? random_below(4) : 0;

	s->nr = random_one_in(6) ? random_size(256) : random_size(24);
	s->pfn = random_below(NR_USER_KINDS) + NR_USER_KINDS * (order + 4 * random_below(2));
	/* Seldom what does not move: it is not freed more often than others are. */
	if (s->pfn % NR_USER_KINDS == USER_KERNEL && s->nr > 4)
		s->nr = 4;
}

static void random_range(struct step *s)
{
	s->nr = random_size(48);
	s->pfn = ZONE_FIRST_PFN + random_below(ZONE_PAGES - s->nr + 1);
}

static unsigned long random_ms(void)
{
	return random_one_in(3) ? 100000 : random_size(100);
}

static void random_step(const struct trace *trace, struct step *s)
{
	*s = (struct step) { .op = random_below(NR_AREA_OPS), .ns = random_below(2) };
	if (random_one_in(8))
		s->ns = random_size(64) * NSEC_PER_MSEC;
	/* What makes a trace interesting comes more often. */
	if (random_one_in(4))
		s->op = AREA_ALLOC;
	if (random_one_in(6))
		s->op = USE;

	s->pfn = random_below(MAX_USERS);
	s->nr = random_size(32);
	switch (s->op) {
	case AREA_ALLOC:
		random_request(trace, s);
		break;
	case OFFLINE:
		s->nr = random_between(1, 3);
		break;
	case AREA_FOLIO:
		s->nr = random_between(1, 4);
		break;
	case RANGE_ALLOC:
		random_range(s);
		break;
	case USE:
		random_use(s);
		break;
	case PIN:
	case WRITE:
		s->nr = random_ms();
		break;
	case KILLED:
		/* Soon over */
		if (!random_one_in(4))
			s->op = ON_CPU;
		break;
	default:
		break;
	}
}

void area_random_trace(struct trace *trace, unsigned int max_steps)
{
	static const unsigned int orders[] = { 0, 0, 0, 1, 2, 4 };
	unsigned int i;

	trace->order = orders[random_below(ARRAY_SIZE(orders))];
	trace->nr_pages = pageblock_nr_pages * random_between(1, 12);
	trace->base_pfn = ZONE_FIRST_PFN + pageblock_nr_pages * random_between(6, 12);
	trace->nr_steps = random_between(8, max_steps);
	for (i = 0; i < trace->nr_steps; i++)
		random_step(trace, &trace->steps[i]);
}

static void long_trace(struct trace *trace)
{
	area_random_trace(trace, TRACE_MAX_STEPS);
}

/* It is run once for each chance to fail. */
static void short_trace(struct trace *trace)
{
	area_random_trace(trace, 24);
}

const struct trace_kind area_traces = {
	.name = "an area in a zone",
	.sentences = area_sentences,
	.nr_promises = NR_AREA_PROMISES,
	.make = long_trace,
	.run = area_trace_run,
	.text = area_step_text,
};

const struct trace_kind area_faults = {
	.name = "an area in a zone, everything failing in turn",
	.sentences = area_sentences,
	.nr_promises = NR_AREA_PROMISES,
	.make = short_trace,
	.run = area_faults_run,
	.text = area_step_text,
};
