// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include <linux/minmax.h>

#include "cma_place.h"
#include "guard.h"
#include "place_trial.h"

/* mm/cma_place.c: a survey takes as long as so many looks more. */
#define LOOKS_PER_SURVEY	8

static void look_at(struct watch *w, unsigned long pfn, unsigned long nr)
{
	for (pfn -= w->request->start; nr--; pfn++) {
		w->looked[pfn]++;
		w->often = max(w->often, w->looked[pfn]);
	}
}

static struct cma_piece survey(void *data, unsigned long pfn, unsigned long nr)
{
	struct watch *w = data;
	const struct request *r = w->request;
	struct cma_piece piece = { 0 };

	w->surveys++;
	if (!nr || pfn < r->start || pfn - r->start > r->nr ||
	    nr > r->nr - (pfn - r->start) || nr > r->count) {
		w->astray = true;
		return piece;
	}

	w->pages += nr;
	w->end = max(w->end, pfn + nr);
	piece = request_survey(r, pfn, nr);
	w->looks += piece.looks + LOOKS_PER_SURVEY;
	if (piece.blocked) {
		w->blocked++;
		look_at(w, pfn, min(piece.blocker + 1 - pfn, nr));
	} else {
		look_at(w, pfn, nr);
		w->looks_to[pfn + nr - r->start] = w->looks;
	}
	return piece;
}

static bool is_free(void *data, unsigned long pfn, unsigned long nr)
{
	struct watch *w = data;
	const struct request *r = w->request;

	if (pfn < r->start || pfn - r->start > r->nr || nr > r->nr - (pfn - r->start))
		w->astray = true;
	else
		return !model_blocked(pfn, nr) && !model_cost(pfn, nr);
	return false;
}

static const char *describe(const void *request)
{
	return request_text(request);
}

static void watch_begin(struct watch *w, const struct request *r)
{
	memset(w, 0, offsetof(struct watch, looked) + r->nr);
	memset(w->looks_to, 0, (r->nr + 1) * sizeof(w->looks_to[0]));
	w->request = r;
}

/* Good until the next call. */
const struct trial *trial_run(const struct request *r)
{
	static struct trial t;
	static struct watch told;
	struct cma_place place = {
		.start = r->start,
		.end = r->start + r->nr,
		.count = r->count,
		.align = r->align,
		.split_cost = r->split_cost,
		.looks = r->looks,
		.survey = survey,
		.data = &t.watch,
	};

	t.request = r;
	watch_begin(&t.watch, r);
	guard_begin(describe, r);
	t.found = cma_place_window(&place, &t.window);
	guard_end();

	t.expected = model_place(r, t.watch.looks_to);
	watch_begin(&told, r);
	place.is_free = is_free;
	place.data = &told;
	guard_begin(describe, r);
	t.found_if_told = cma_place_window(&place, &t.window_if_told);
	guard_end();

	t.inside = t.found && t.window >= r->start && r->count <= r->nr &&
		   t.window - r->start <= r->nr - r->count;
	return &t;
}

static bool finds_what_exists(const struct trial *t)
{
	return t->found == t->expected.exists;
}

static bool is_aligned(const struct trial *t)
{
	return !t->found || t->window % t->request->align == 0;
}

static bool is_inside(const struct trial *t)
{
	return !t->found || t->inside;
}

static bool covers_no_blocker(const struct trial *t)
{
	return !t->inside || !model_blocked(t->window, t->request->count);
}

static bool costs_little(const struct trial *t)
{
	const struct request *r = t->request;
	unsigned long looking = r->looks ? t->watch.looks / r->looks : 0;

	return !t->inside || !t->expected.exists ||
	       model_cost(t->window, r->count) +
	       model_charge(r, model_cut_off(r, t->window)) <=
	       max(t->expected.score_bound, looking);
}

static bool is_lowest_of_cheapest(const struct trial *t)
{
	return !t->found || !t->expected.exists || t->window == t->expected.window;
}

static bool ends_at_free_one(const struct trial *t)
{
	const struct request *r = t->request;

	if (!t->inside || model_cost(t->window, r->count))
		return true;
	if (r->split_cost && model_gap(r, t->window).first != t->window)
		return true;
	return t->watch.end <= t->window + r->count;
}

static bool ends_when_looking_costs(const struct trial *t)
{
	return t->watch.end <= t->expected.end;
}

static bool cuts_off_nothing(const struct trial *t)
{
	const struct request *r = t->request;

	return !t->inside || !r->split_cost || r->split_cost < model_dearest() ||
	       !model_cut_off(r, t->window);
}

static bool surveys_in_range(const struct trial *t)
{
	return !t->watch.astray;
}

/* Once step by step; and if room costs anything, at the last window of each gap. */
static unsigned int times(const struct trial *t)
{
	return t->request->split_cost ? 2 : 1;
}

static bool looks_once(const struct trial *t)
{
	return t->watch.often <= times(t);
}

static bool asks_for_little(const struct trial *t)
{
	unsigned long behind = min(t->expected.granule, t->request->count);

	return t->watch.pages <= times(t) * t->request->nr + t->watch.blocked * behind;
}

static bool asks_seldom(const struct trial *t)
{
	unsigned long stretches = t->watch.blocked + 1;

	return t->watch.surveys <= 2 * (t->request->nr / t->expected.granule) +
				   (1 + times(t)) * stretches;
}

static bool is_same_if_told(const struct trial *t)
{
	return t->found_if_told == t->found &&
	       (!t->found || t->window_if_told == t->window);
}

const struct property properties[NR_PROPERTIES] = {
	{ "a window is found if and only if there is one", finds_what_exists },
	{ "a window starts at a multiple of the alignment", is_aligned },
	{ "a window lies in the range", is_inside },
	{ "a window covers nothing that is in the way", covers_no_blocker },
	{ "a window costs at most granules more than the best, or what was looked at",
	  costs_little },
	{ "of the windows compared the lowest of the cheapest is taken, cut-off room included",
	  is_lowest_of_cheapest },
	{ "an entirely free window that cuts nothing off, left of it, ends the search",
	  ends_at_free_one },
	{ "looking that has cost as much as the best window ends the search",
	  ends_when_looking_costs },
	{ "if room costs as much as the dearest page, none is cut off", cuts_off_nothing },
	{ "surveys are of pieces of windows in the range", surveys_in_range },
	{ "no page is looked at twice, but for a gap's last window", looks_once },
	{ "surveys ask for the range once, a granule more for each blocker, and last windows",
	  asks_for_little },
	{ "surveys are two for each granule and blocker at most, and last windows", asks_seldom },
	{ "to be told whether a window is free changes nothing", is_same_if_told },
};
