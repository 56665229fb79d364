// SPDX-License-Identifier: GPL-2.0
/*
 * Placement: which window of a range costs least to take?
 *
 * The first step of a request.  A survey tells the cost of a piece of memory,
 * or that something in it cannot move; this file decides what to survey and
 * compares.  It knows nothing of pages, so that it can be tested anywhere.
 *
 * A window slides over the range in steps of a granule.  Its cost is kept as
 * the costs of its parts, so that each part is surveyed once however many
 * windows it belongs to:
 *
 *	            granule   granule   granule
 *	          |---------|---------|---------|----
 *	parts      aaaa bbbb aaaa bbbb aaaa bbbb aaaa
 *	window 0  [--------- count --------]
 *	window 1            [--------- count --------]
 *
 * "a" is as long as what a window covers of its last granule.  When a part is
 * blocked, no window that contains the blocker can be had: the search goes on
 * with the first one behind it.
 *
 * So a window without a blocker is found whenever there is one: the first one
 * behind a blocker is always looked at.
 *
 * What lies between two blockers is a gap. A window in the middle of a gap is
 * bad for those who come later: what it cuts off is charged to it, and if that is
 * less than a window, as much as a whole one, as another like it will not fit in
 * there. Two sorts of windows are compared: those that leave room on the left, the
 * first of which leaves none; and the one that ends where the gap does.
 *
 * A free window that cuts nothing off ends the search: at the beginning of a gap
 * that is tried before anything else. So does any window that is not worth
 * looking on for: who wants one page moves one out of the way
 * rather than look at an area full of them. Of several that cost the same the
 * lowest is taken.
 */
#include <linux/align.h>
#include <linux/log2.h>
#include <linux/minmax.h>

#include "cma_place.h"

/* A window is at least this many granules, if its alignment allows, */
#define MIN_GRANULES	16
/* and a small one fewer: for less than so many pages no survey is worth it. */
#define MIN_GRANULE	4UL
#define FEW_GRANULES	4
/* A survey takes as long as so many looks more. */
#define LOOKS_PER_SURVEY	8
/* Fewer than twice as many granules, two parts each, and the last "a". */
#define MAX_PARTS	(4 * MIN_GRANULES)

/**
 * struct sliding_window - the window being looked at
 * @granule: how far it moves in one step, in pages
 * @part_len: lengths of "a" and "b"; "b" is 0 if a window is whole granules
 * @nr_wanted: parts that make a window
 * @start: its first pfn
 * @end: pfn behind the last part surveyed
 * @first: index in @cost of its first part
 * @nr: parts surveyed
 * @sum: their cost
 * @looked: looks so far, and the surveys that took
 * @cost: of each part, a ring
 */
struct sliding_window {
	unsigned long granule;
	unsigned long part_len[2];
	unsigned int nr_wanted;
	unsigned long start;
	unsigned long end;
	unsigned int first;
	unsigned int nr;
	unsigned long sum;
	unsigned long looked;
	unsigned long cost[MAX_PARTS];
};

static void window_init(struct sliding_window *w, const struct cma_place *place)
{
	unsigned long size = rounddown_pow_of_two(place->count), granules, rest;

	w->granule = max(size / MIN_GRANULES,
			 min(size / FEW_GRANULES, MIN_GRANULE));
	w->granule = max(w->granule, place->align);
	granules = place->count / w->granule;
	rest = place->count % w->granule;

	w->part_len[0] = rest ? rest : w->granule;
	w->part_len[1] = w->granule - w->part_len[0];
	w->nr_wanted = rest ? 2 * granules + 1 : granules;
	w->looked = 0;
}

static void window_restart(struct sliding_window *w, unsigned long start)
{
	w->start = start;
	w->end = start;
	w->first = 0;
	w->nr = 0;
	w->sum = 0;
}

/* Length of the part at @index from the window's start. */
static unsigned long part_len(const struct sliding_window *w,
			      unsigned int index)
{
	return w->part_len[1] ? w->part_len[index % 2] : w->part_len[0];
}

static void window_drop_part(struct sliding_window *w)
{
	w->sum -= w->cost[w->first];
	w->first = (w->first + 1) % MAX_PARTS;
	w->nr--;
}

/* Move on by one granule. */
static void window_step(struct sliding_window *w)
{
	unsigned long start = w->start + w->granule;

	/* Windows that do not overlap have no parts in common. */
	if (start >= w->end) {
		window_restart(w, start);
		return;
	}
	window_drop_part(w);
	if (w->part_len[1])
		window_drop_part(w);
	w->start = start;
}

static struct cma_piece window_survey(struct sliding_window *w,
				      const struct cma_place *place,
				      unsigned long pfn, unsigned long nr)
{
	struct cma_piece piece = place->survey(place->data, pfn, nr);

	w->looked += piece.looks + LOOKS_PER_SURVEY;
	return piece;
}

/* Survey what is missing of the window; false and that *@piece if blocked. */
static bool window_complete(struct sliding_window *w,
			    const struct cma_place *place,
			    struct cma_piece *piece)
{
	while (w->nr < w->nr_wanted) {
		unsigned long len = part_len(w, w->nr);

		*piece = window_survey(w, place, w->end, len);
		if (piece->blocked)
			return false;
		w->cost[(w->first + w->nr++) % MAX_PARTS] = piece->cost;
		w->sum += piece->cost;
		w->end += len;
	}
	return true;
}

/**
 * struct gap - the windows of a gap seen so far
 * @first: where its first window starts
 * @found: there was a window
 * @best: start of the one that is best
 * @score: its cost, with the room that it cuts off on the left
 * @latest: start of the one seen last
 * @latest_cost: its cost
 */
struct gap {
	unsigned long first;
	bool found;
	unsigned long best;
	unsigned long score;
	unsigned long latest;
	unsigned long latest_cost;
};

static void gap_open(struct gap *gap, unsigned long first)
{
	gap->first = first;
	gap->found = false;
}

/* What to charge for @room pages that are cut off. */
static unsigned long cut_off(const struct cma_place *place, unsigned long room)
{
	return room ? max(room, place->count) * place->split_cost : 0;
}

static void gap_note(struct gap *gap, const struct cma_place *place,
		     const struct sliding_window *w)
{
	unsigned long score = w->sum + cut_off(place, w->start - gap->first);

	if (!gap->found || score < gap->score) {
		gap->best = w->start;
		gap->score = score;
	}
	gap->latest = w->start;
	gap->latest_cost = w->sum;
	gap->found = true;
}

/**
 * struct choice - the best window of all gaps seen so far
 * @found: there is one
 * @start: its first pfn
 * @score: its cost, cut-off room included
 */
struct choice {
	bool found;
	unsigned long start;
	unsigned long score;
};

static void choose(struct choice *choice, unsigned long start,
		   unsigned long score)
{
	if (choice->found && choice->score <= score)
		return;
	choice->found = true;
	choice->start = start;
	choice->score = score;
}

/* The gap ends before @end: its last window leaves nothing on the right. */
static void gap_close(const struct gap *gap, const struct cma_place *place,
		      struct sliding_window *w, unsigned long end,
		      struct choice *choice)
{
	unsigned long last;
	struct cma_piece piece;

	choose(choice, gap->best, gap->score);
	if (!place->split_cost)
		return;

	last = ALIGN_DOWN(end - place->count, place->align);
	if (last == gap->latest) {
		choose(choice, last, gap->latest_cost);
		return;
	}
	/* It has no part in common with those that were seen step by step. */
	piece = window_survey(w, place, last, place->count);
	if (!piece.blocked)
		choose(choice, last, piece.cost);
}

/* The last gap ends with the range, or at a blocker behind its last window. */
static unsigned long last_end(struct sliding_window *w,
			      const struct cma_place *place)
{
	struct cma_piece piece;

	/* Nobody asks for it if room is for free. */
	if (!place->split_cost || w->end >= place->end)
		return place->end;
	piece = window_survey(w, place, w->end, place->end - w->end);
	return piece.blocked ? w->end + piece.clear : place->end;
}

/* Is a gap's first window free? It cuts nothing off, so none is better. */
static bool first_is_free(const struct cma_place *place,
			  const struct sliding_window *w)
{
	return place->is_free &&
	       place->is_free(place->data, w->start, place->count);
}

/* Would it cost more to look on than a better window could save? */
static bool good_enough(const struct gap *gap, const struct choice *choice,
			const struct cma_place *place,
			const struct sliding_window *w)
{
	unsigned long best = gap->score;

	if (choice->found && choice->score < best)
		best = choice->score;
	return !best || (place->looks && best <= w->looked / place->looks);
}

/**
 * cma_place_window() - find the window that costs least
 * @place: where to search, for what, and how to survey
 * @window: where to put its first pfn
 *
 * Context: As the survey's.
 * Return: true if there is a window in which nothing is in the way.
 */
bool cma_place_window(const struct cma_place *place, unsigned long *window)
{
	struct choice choice = { .found = false };
	struct sliding_window w;
	struct cma_piece piece;
	struct gap gap;

	if (place->end < place->start || place->end - place->start < place->count)
		return false;

	window_init(&w, place);
	window_restart(&w, ALIGN(place->start, place->align));
	gap_open(&gap, w.start);

	while (w.start <= place->end - place->count) {
		if (!gap.found && first_is_free(place, &w)) {
			choose(&choice, w.start, 0);
			goto out;
		}
		if (!window_complete(&w, place, &piece)) {
			if (gap.found)
				gap_close(&gap, place, &w, w.end + piece.clear,
					  &choice);
			window_restart(&w, ALIGN(piece.blocker + 1, place->align));
			gap_open(&gap, w.start);
			continue;
		}
		gap_note(&gap, place, &w);
		if (good_enough(&gap, &choice, place, &w)) {
			choose(&choice, gap.best, gap.score);
			goto out;
		}
		window_step(&w);
	}
	if (gap.found)
		gap_close(&gap, place, &w, last_end(&w, place), &choice);
out:
	*window = choice.start;
	return choice.found;
}
