/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which pages would not move lately: what an area remembers of windows that it
 * had to give up.
 *
 * Pure bookkeeping, like cma_claims.h: who uses it brings the lock and the
 * clock, and the host's model tests compile it as it is.
 */
#ifndef _MM_CMA_STUCK_H
#define _MM_CMA_STUCK_H

#include <linux/minmax.h>
#include <linux/types.h>

#include "cma_place.h"

/* Pages remembered per area. */
#define CMA_NR_STUCK		32
/* For so long a page is avoided, where there is a choice. */
#define CMA_STUCK_NS		5000000000LL
/* What it costs until then: more than to cut off room, of 256 MiB and less. */
#define CMA_STUCK_COST		0x100000

/**
 * struct cma_stuck - a page that a request could not get out of its way
 * @pfn: which
 * @kind: what it was, of &enum contig_kind
 * @when: time of the last attempt, in ns
 */
struct cma_stuck {
	unsigned long pfn;
	unsigned int kind;
	s64 when;
};

/**
 * struct cma_stuck_table - the pages that an area remembers
 * @nr: how many there are
 * @page: they, each pfn once, in no order
 */
struct cma_stuck_table {
	unsigned int nr;
	struct cma_stuck page[CMA_NR_STUCK];
};

/* The entry for a page: its own, a new one, or that which is oldest. */
static inline struct cma_stuck *cma_stuck_entry(struct cma_stuck_table *table,
						unsigned long pfn)
{
	struct cma_stuck *oldest = table->page;
	unsigned int i;

	for (i = 0; i < table->nr; i++) {
		if (table->page[i].pfn == pfn)
			return &table->page[i];
		if (table->page[i].when < oldest->when)
			oldest = &table->page[i];
	}
	return table->nr < CMA_NR_STUCK ? &table->page[table->nr++] : oldest;
}

/**
 * cma_stuck_note() - remember that a page would not move
 * @table: the area's
 * @pfn: which
 * @kind: what it is, of &enum contig_kind
 * @now: the time, in ns
 *
 * If there is no room, the page whose attempt is the longest ago is forgotten.
 */
static inline void cma_stuck_note(struct cma_stuck_table *table,
				  unsigned long pfn, unsigned int kind, s64 now)
{
	struct cma_stuck *stuck = cma_stuck_entry(table, pfn);

	stuck->pfn = pfn;
	stuck->kind = kind;
	stuck->when = now;
}

/**
 * cma_stuck_forget() - pages have moved after all
 * @table: the area's
 * @pfn: first pfn
 * @nr: how many
 */
static inline void cma_stuck_forget(struct cma_stuck_table *table,
				    unsigned long pfn, unsigned long nr)
{
	unsigned int i = 0;

	while (i < table->nr) {
		if (table->page[i].pfn - pfn < nr)
			table->page[i] = table->page[--table->nr];
		else
			i++;
	}
}

/**
 * cma_stuck_recall() - what is remembered of a piece of memory
 * @table: the area's
 * @pfn: first pfn
 * @nr: how many pages
 * @since: begin of the round over the area, in ns
 * @now: the time, in ns
 *
 * A page that would not move in this round is in the way for the rest of it,
 * whatever it looks like. One that would not lately makes the piece expensive.
 *
 * Return: what placement wants to know: blocked by the last page of this round,
 * or the cost of those before.
 */
static inline struct cma_piece
cma_stuck_recall(const struct cma_stuck_table *table, unsigned long pfn,
		 unsigned long nr, s64 since, s64 now)
{
	struct cma_piece piece = { };
	unsigned int i;

	for (i = 0; i < table->nr; i++) {
		const struct cma_stuck *stuck = &table->page[i];

		if (stuck->pfn - pfn >= nr)
			continue;
		if (stuck->when >= since) {
			piece.blocked = true;
			piece.blocker = max(piece.blocker, stuck->pfn);
		} else if (now - stuck->when < CMA_STUCK_NS) {
			piece.cost += CMA_STUCK_COST;
		}
	}
	return piece;
}

#endif /* _MM_CMA_STUCK_H */
