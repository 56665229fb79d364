/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which window of a range of pages to take: see cma_place.c.
 *
 * No kernel structures in here: the host's model tests compile both files as
 * they are.
 */
#ifndef _MM_CMA_PLACE_H
#define _MM_CMA_PLACE_H

#include <linux/types.h>

/**
 * struct cma_piece - what a survey says about a piece of a window
 * @cost: what taking all of it would cost; 0 if all of it is free
 * @looks: how many looks that took: many pages can be seen to be free at once
 * @blocked: it cannot be taken, @blocker says why not
 * @clear: if blocked, so many pages at its beginning may be had all the same:
 *	none behind them, if that is known
 * @blocker: a pfn that is in the way. Any of those in the piece; or, behind
 *	it, the last of an unbroken run that begins in the piece
 */
struct cma_piece {
	unsigned long cost;
	unsigned long looks;
	bool blocked;
	unsigned long clear;
	unsigned long blocker;
};

/**
 * struct cma_place - a search for the window that costs least
 * @start: first pfn that a window may start at
 * @end: pfn behind the last that a window may cover
 * @count: pages in a window, at least 1
 * @align: windows start at pfns that are multiples of this power of two, below
 *	half of the range of unsigned long
 * @split_cost: what it costs to cut a page of room off from the rest, and at
 *	least as many as a window has
 * @looks: looks that can be had for a cost of 1; 0 if looking is for free. The
 *	search ends with what it has when looking has cost as much as that
 * @survey: looks at the pages [pfn, pfn + nr), which lie in [@start, @end)
 * @is_free: tells whether a survey of these pages would say that they cost
 *	nothing, in less time than one in pieces takes; or NULL
 * @data: for @survey and @is_free
 */
struct cma_place {
	unsigned long start;
	unsigned long end;
	unsigned long count;
	unsigned long align;
	unsigned long split_cost;
	unsigned long looks;
	struct cma_piece (*survey)(void *data, unsigned long pfn,
				   unsigned long nr);
	bool (*is_free)(void *data, unsigned long pfn, unsigned long nr);
	void *data;
};

bool cma_place_window(const struct cma_place *place, unsigned long *window);

#endif /* _MM_CMA_PLACE_H */
