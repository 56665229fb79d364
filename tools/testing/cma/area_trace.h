/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is done with an area and the memory around it: mm/cma.c and all that it is
 * made of, beside a record of who has which page.
 */
#ifndef _CMA_TEST_AREA_TRACE_H
#define _CMA_TEST_AREA_TRACE_H

#include "trace.h"

/**
 * enum area_op - what is done
 * @AREA_ALLOC: ask the area for @nr pages, as @pfn says: enum area_effort
 * @AREA_FOLIO: ask it for a folio of order @nr
 * @AREA_RELEASE: give back what was had from it: the @pfn-th piece, @nr pages of it
 * @AREA_WRONG: give back @nr pages from @pfn on, whoever has them
 * @RANGE_ALLOC: take @nr pages of ordinary memory from @pfn on
 * @RANGE_WRITTEN: the same from where a folio is under writeback: of the first such
 *	user from @pfn on
 * @RANGE_FREE: give back the @pfn-th such range
 * @RANGE_SHARED: the same, while somebody else refers to its page @nr
 * @RANGE_POISONED: the same, after memory has failed at its page @nr
 * @ZONE_ALLOC: have @nr pages looked for in the zone
 * @OFFLINE: @nr pageblocks from that of page @pfn on are isolated, and put back
 * @USE: @nr folios of kind and order @pfn
 * @UNUSE: @nr users from @pfn on free their folios
 * @PIN: the user @pfn has a reference more for @nr ms
 * @WRITE: what the user @pfn has is under writeback for @nr ms
 * @BATCH: @nr folios from user @pfn on are in this CPU's LRU batch
 * @ON_CPU: from now on this is CPU @pfn
 * @GIVEN_UP: kswapd does not reclaim until somebody else does
 * @FROZEN: kswapd does nothing if @nr is odd, until it is not
 * @KILLED: a fatal signal is pending, or no more
 * @NR_AREA_OPS: how many there are
 *
 * Numbers of pieces, ranges and users are counted around.
 */
enum area_op {
	AREA_ALLOC,
	AREA_FOLIO,
	AREA_RELEASE,
	AREA_WRONG,
	RANGE_ALLOC,
	RANGE_WRITTEN,
	RANGE_FREE,
	RANGE_SHARED,
	RANGE_POISONED,
	ZONE_ALLOC,
	OFFLINE,
	USE,
	UNUSE,
	PIN,
	WRITE,
	BATCH,
	ON_CPU,
	GIVEN_UP,
	FROZEN,
	KILLED,
	NR_AREA_OPS
};

/**
 * enum area_effort - how to ask, in the low bits of a step's @pfn
 * @EFFORT_DEFAULT: as most do
 * @EFFORT_NORETRY: move nothing
 * @EFFORT_MAYFAIL: until the deadline
 * @EFFORT_NOFS: without file systems
 * @NR_EFFORTS: how many there are; times this, the order to align to
 */
enum area_effort {
	EFFORT_DEFAULT,
	EFFORT_NORETRY,
	EFFORT_MAYFAIL,
	EFFORT_NOFS,
	NR_EFFORTS
};

/* What is true after every step; the sentences are in area_sentences[]. */
enum area_promise {
	PAGES_ARE_SOMEBODYS,
	FREE_IS_COUNTED,
	TYPES_ARE_BACK,
	USERS_KEEP_THEIRS,
	CLAIMS_ARE_RIGHT,
	GETS_WHAT_IT_ASKED,
	FINDS_WINDOW,
	REFUSES_RIGHTLY,
	WRONG_IS_REFUSED,
	RANGE_IS_HAD,
	SHARED_STAYS,
	POISONED_STAYS,
	ISOLATED_IS_TOLD,
	HOLES_ARE_REFUSED,
	ENDS_IN_TIME,
	NO_WARNING,
	NR_AREA_PROMISES
};

extern const char * const area_sentences[NR_AREA_PROMISES];
extern int (*const cma_init_reserved_areas_initcall)(void);

/* For who does something else with the area of a trace than its steps */
struct cma *area_reserve(const struct trace *trace);
struct cma *area_boot(const struct trace *trace);
/* There is no area any more. */
void area_forget(void);
/* Which promise is broken, given that nothing is handed out any more? */
enum area_promise area_check_idle(const struct trace *trace, struct cma *cma);

void area_random_trace(struct trace *trace, unsigned int max_steps);
unsigned int area_trace_run(const struct trace *trace);
unsigned int area_faults_run(const struct trace *trace);
int area_step_text(const struct step *s, char *text, size_t size);

#endif /* _CMA_TEST_AREA_TRACE_H */
