// SPDX-License-Identifier: GPL-2.0
#include <limits.h>
#include <linux/align.h>
#include <linux/minmax.h>

#include "place_model.h"

/* mm/cma_place.c: a window has at least as many granules, if it can. */
#define MIN_GRANULES	16

/* In the pages in front of the one at an index: blockers, and their cost. */
static unsigned long blockers[LAYOUT_MAX + 1], costs[LAYOUT_MAX + 1];
static unsigned long base;

static void add_up(const struct request *r)
{
	unsigned long i;

	base = r->start;
	for (i = 0; i < r->nr; i++) {
		bool blocked = request_page_blocked(r, base + i);

		blockers[i + 1] = blockers[i] + blocked;
		costs[i + 1] = costs[i] + (blocked ? 0 : request_page_cost(r, base + i));
	}
}

bool model_blocked(unsigned long pfn, unsigned long nr)
{
	return blockers[pfn - base + nr] != blockers[pfn - base];
}

unsigned long model_cost(unsigned long pfn, unsigned long nr)
{
	return costs[pfn - base + nr] - costs[pfn - base];
}

/*
 * The largest power of two of alignments that is small enough, "fewer than
 * twice as many" included.
 */
static unsigned long granule(const struct request *r)
{
	unsigned long size = r->align;

	while (size <= r->count / MIN_GRANULES / 2)
		size *= 2;
	return size;
}

/* How far in front of @pfn a window may be that is compared, at most. */
static unsigned long max_offset(const struct request *r)
{
	return ALIGN_DOWN(max(r->align, r->count / MIN_GRANULES) - 1, r->align);
}

/* Cost of the window at @pfn and of the pages that may be taken instead of others. */
static unsigned long bound(const struct request *r, unsigned long stretch,
			   unsigned long pfn)
{
	unsigned long front = min(max_offset(r), pfn - stretch);

	return model_cost(pfn - front, front + r->count);
}

struct verdict model_place(const struct request *r)
{
	unsigned long cost, least = ULONG_MAX, pfn, stretch = 0;
	unsigned long start = ALIGN(r->start, r->align);
	struct verdict v = {
		.cost_bound = ULONG_MAX,
		.granule = granule(r),
	};

	add_up(r);
	if (start < r->start || start - r->start > r->nr ||
	    r->count > r->nr - (start - r->start))
		return v;

	for (pfn = start; pfn - r->start <= r->nr - r->count; pfn += r->align) {
		if (model_blocked(pfn, r->count))
			continue;
		/* The first aligned window behind a blocker opens a stretch. */
		if (!v.exists || model_blocked(stretch, pfn - stretch))
			stretch = pfn;
		v.exists = true;
		v.cost_bound = min(v.cost_bound, bound(r, stretch, pfn));

		cost = model_cost(pfn, r->count);
		if ((pfn - stretch) % v.granule || cost >= least)
			continue;
		least = cost;
		v.window = pfn;
	}
	return v;
}
