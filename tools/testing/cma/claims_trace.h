/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is done with the claims on an area.
 */
#ifndef _CMA_TEST_CLAIMS_TRACE_H
#define _CMA_TEST_CLAIMS_TRACE_H

#include "trace.h"

/**
 * enum claims_op - what is done
 * @OP_TAKE: claim pages
 * @OP_DROP: drop the claim on pages, if that can be done
 * @OP_NEXT: look for the first claimed pages
 * @OP_SPAN: ask whether pages lie in the area
 * @OP_PLACE: find a window that nobody claims, and claim it; @pfn is the alignment
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

unsigned int claims_trace_run(const struct trace *trace);
int claims_step_text(const struct step *s, char *text, size_t size);

#endif /* _CMA_TEST_CLAIMS_TRACE_H */
