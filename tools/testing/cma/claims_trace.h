/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is done with the claims on an area, beside a model that has one flag for
 * each page.
 */
#ifndef _CMA_TEST_CLAIMS_TRACE_H
#define _CMA_TEST_CLAIMS_TRACE_H

#include <stdbool.h>

#define TRACE_MAX_PAGES	4096UL
#define TRACE_MAX_STEPS	64

/**
 * enum claims_op - what is done
 * @OP_TAKE: claim pages
 * @OP_DROP: drop the claim on pages, if that can be done
 * @OP_NEXT: look for the first claimed pages
 * @OP_SPAN: ask whether pages lie in the area
 * @OP_PLACE: find a window that nobody claims, and claim it
 * @NR_OPS: how many there are
 */
enum claims_op {
	OP_TAKE,
	OP_DROP,
	OP_NEXT,
	OP_SPAN,
	OP_PLACE,
	NR_OPS
};

/**
 * struct claims_step - one thing that is done
 * @op: what
 * @pfn: with which pages; alignment for OP_PLACE
 * @nr: how many
 */
struct claims_step {
	enum claims_op op;
	unsigned long pfn;
	unsigned long nr;
};

/**
 * struct claims_trace - an area and what is done with it
 * @base_pfn: its first page
 * @nr_pages: its pages
 * @order: of the unit that a bit stands for
 * @nr_steps: how many of @steps there are
 * @steps: one after the other
 */
struct claims_trace {
	unsigned long base_pfn;
	unsigned long nr_pages;
	unsigned int order;
	unsigned int nr_steps;
	struct claims_step steps[TRACE_MAX_STEPS];
};

/* What is true of every step; the sentences are in claims_sentences[]. */
enum claims_promise {
	TAKES_IF_UNCLAIMED,
	DROPS_IF_COVERED,
	NEXT_IS_FIRST,
	NEXT_KNOWS_LAST,
	SPANS_IF_INSIDE,
	PLACED_IF_ROOM,
	PLACED_IS_UNCLAIMED,
	BITS_ARE_RIGHT,
	COUNT_IS_RIGHT,
	NR_PROMISES
};

extern const char * const claims_sentences[NR_PROMISES];

enum claims_promise claims_trace_run(const struct claims_trace *trace);
const char *claims_trace_text(const struct claims_trace *trace);

#endif /* _CMA_TEST_CLAIMS_TRACE_H */
