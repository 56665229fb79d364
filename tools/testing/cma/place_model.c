// SPDX-License-Identifier: GPL-2.0
#include <limits.h>
#include <linux/align.h>
#include <linux/minmax.h>

#include "place_model.h"

/* mm/cma_place.c: a window has at least as many granules, if it can... */
#define MIN_GRANULES	16
/* ...and a small one fewer, which are not larger than so many pages. */
#define FEW_GRANULES	4
#define MIN_GRANULE	4

/* In the pages in front of the one at an index: blockers, and their cost. */
static unsigned long blockers[LAYOUT_MAX + 1], costs[LAYOUT_MAX + 1];
static unsigned long base, dearest;

static void add_up(const struct request *r)
{
	unsigned long cost, i;

	base = r->start;
	dearest = 0;
	for (i = 0; i < r->nr; i++) {
		bool blocked = request_page_blocked(r, base + i);

		cost = blocked ? 0 : request_page_cost(r, base + i);
		blockers[i + 1] = blockers[i] + blocked;
		costs[i + 1] = costs[i] + cost;
		dearest = max(dearest, cost);
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

/* What the page costs that costs most. */
unsigned long model_dearest(void)
{
	return dearest;
}

/* @pfn is not in front of the range. */
static bool is_window(const struct request *r, unsigned long pfn)
{
	return pfn - r->start <= r->nr - r->count && !model_blocked(pfn, r->count);
}

struct model_gap model_gap(const struct request *r, unsigned long window)
{
	struct model_gap gap = { .first = window, .last = window };

	while (gap.first - r->start >= r->align && is_window(r, gap.first - r->align))
		gap.first -= r->align;
	while (is_window(r, gap.last + r->align))
		gap.last += r->align;
	return gap;
}

/* Pages of room on the side of a window where there are fewer. */
unsigned long model_cut_off(const struct request *r, unsigned long window)
{
	struct model_gap gap = model_gap(r, window);

	return min(window - gap.first, gap.last - window);
}

/*
 * The largest power of two of alignments that is small enough, "fewer than
 * twice as many" included.
 */
static unsigned long granule(const struct request *r)
{
	unsigned long size = r->align;

	while (size <= r->count / MIN_GRANULES / 2 ||
	       (size < MIN_GRANULE && size <= r->count / FEW_GRANULES / 2))
		size *= 2;
	return size;
}

/* How far in front of @pfn a window may be that is compared, at most. */
static unsigned long max_offset(const struct request *r)
{
	return ALIGN_DOWN(max(granule(r), r->count / MIN_GRANULES) - 1, r->align);
}

/* What is charged for room that is cut off: that of a window at least. */
unsigned long model_charge(const struct request *r, unsigned long room)
{
	return room ? r->split_cost * max(room, r->count) : 0;
}

/*
 * What the best window may cost, and what may be taken in its place: pages in
 * front of it, but for the last one of a gap.
 */
static unsigned long bound(const struct request *r, const struct model_gap *gap,
			   unsigned long pfn)
{
	unsigned long front = min(max_offset(r), pfn - gap->first);

	if (pfn == gap->last && r->split_cost)
		return model_cost(pfn, r->count);
	return model_cost(pfn - front, front + r->count) +
	       model_charge(r, pfn - gap->first);
}

/*
 * Is one of a gap's windows the last to be compared, as looking on would cost
 * more than the best one?  Only what is left of them is known to be room then.
 */
static bool ends_early(const struct request *r, const struct model_gap *gap,
		       const unsigned long *looked, unsigned long *least, struct verdict *v)
{
	unsigned long best = ULONG_MAX, window = gap->first, pfn, score, spent;

	for (pfn = gap->first; pfn <= gap->last; pfn += v->granule) {
		score = model_cost(pfn, r->count) + model_charge(r, pfn - gap->first);
		if (score < best) {
			best = score;
			window = pfn;
		}
		spent = r->looks ? looked[pfn + r->count - r->start] / r->looks : 0;
		if (min(best, *least) > spent)
			continue;
		if (best < *least) {
			*least = best;
			v->window = window;
		}
		v->end = pfn + r->count;
		return true;
	}
	return false;
}

static void note(unsigned long pfn, unsigned long score, unsigned long *least,
		 struct verdict *v)
{
	if (score < *least) {
		*least = score;
		v->window = pfn;
	}
}

/* What windows of a gap are compared, and is one of them better than @least? */
static void compare(const struct request *r, const struct model_gap *gap,
		    const unsigned long *looked, unsigned long *least, struct verdict *v)
{
	unsigned long pfn;

	if (v->end != ULONG_MAX || ends_early(r, gap, looked, least, v))
		return;
	for (pfn = gap->first; pfn <= gap->last; pfn += v->granule)
		note(pfn, model_cost(pfn, r->count) + model_charge(r, pfn - gap->first),
		     least, v);
	if (r->split_cost)
		note(gap->last, model_cost(gap->last, r->count), least, v);
}

/*
 * @looked: for each pfn, counted from the range's first, what a search has looked
 * at when it knows all up to there; not used if @r->looks is 0
 */
struct verdict model_place(const struct request *r, const unsigned long *looked)
{
	unsigned long start = ALIGN(r->start, r->align);
	unsigned long least = ULONG_MAX, pfn;
	struct model_gap gap = { 0 };
	struct verdict v = {
		.score_bound = ULONG_MAX,
		.granule = granule(r),
		.end = ULONG_MAX,
	};

	add_up(r);
	if (start < r->start || start - r->start > r->nr ||
	    r->count > r->nr - (start - r->start))
		return v;

	for (pfn = start; pfn - r->start <= r->nr - r->count; pfn += r->align) {
		if (model_blocked(pfn, r->count))
			continue;
		if (!v.exists || pfn > gap.last) {
			v.exists = true;
			gap = model_gap(r, pfn);
			compare(r, &gap, looked, &least, &v);
		}
		v.score_bound = min(v.score_bound, bound(r, &gap, pfn));
	}
	return v;
}
