/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is done with an area's memory of pages that would not move.
 */
#ifndef _CMA_TEST_STUCK_TRACE_H
#define _CMA_TEST_STUCK_TRACE_H

#include "trace.h"

/**
 * enum stuck_op - what is done
 * @STUCK_NOTE: a page would not move; @nr is its kind
 * @STUCK_FORGET: pages have moved
 * @STUCK_RECALL: ask about a piece
 * @STUCK_ROUND: a round over the area begins
 * @NR_STUCK_OPS: how many there are
 */
enum stuck_op {
	STUCK_NOTE,
	STUCK_FORGET,
	STUCK_RECALL,
	STUCK_ROUND,
	NR_STUCK_OPS
};

/* What is true of every step; the sentences are in stuck_sentences[]. */
enum stuck_promise {
	OLDEST_MAKES_ROOM,
	TABLE_IS_RIGHT,
	BLOCKED_IN_ROUND,
	LAST_IS_NAMED,
	LATELY_COSTS,
	NR_STUCK_PROMISES
};

extern const char * const stuck_sentences[NR_STUCK_PROMISES];

unsigned int stuck_trace_run(const struct trace *trace);
int stuck_step_text(const struct step *s, char *text, size_t size);

#endif /* _CMA_TEST_STUCK_TRACE_H */
