// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>
#include <linux/align.h>

#include "cma_claims.h"
#include "cma_place.h"
#include "cma_stuck.h"
#include "guard.h"
#include "place_model.h"
#include "rounds_trial.h"

/* What the pages are that will not move does not matter. */
#define KIND	7

const char * const rounds_sentences[NR_ROUNDS_PROMISES] = {
	[FINDS_WHAT_MOVES] =
		"fewer pages that will not move than can be remembered do not hide a window",
	[TRIES_ALL] =
		"nor do more of them, unless as many windows were tried",
	[TRIES_ONCE] =
		"no page that would not move is tried twice in a round",
	[TRIES_WINDOWS] =
		"what is tried is a window, nobody's, with nothing seen in the way",
	[ROUND_ENDS] =
		"a round ends after as many tries, and windows that others claimed first",
	[AVOIDS_REMEMBERED] =
		"the first try avoids pages that would not move in the last five seconds",
	[FORGETS_IN_TIME] =
		"the first try is what placement alone would choose if there were none",
	[FORGETS_WHAT_MOVED] =
		"no page of a window that was had is remembered",
	[CLAIMS_WINDOW_ONLY] =
		"after a round the window is claimed that was had, and nothing new beside it",
};

/**
 * struct area - the area and what goes on in it
 * @how: its circumstances
 * @now: its pages, as they are by now
 * @claims: who owns them
 * @stuck: which would not move
 * @clock: what time it is
 * @round_began: when the round did
 * @nr_raced: windows that others will claim
 * @broken: a bit for each broken promise
 * @bits: for @claims
 * @known: whether a page was remembered from the last five seconds, when that
 *	was looked up
 * @met: whether a page would not move in this round
 */
struct area {
	const struct rounds *how;
	struct request now;
	struct cma_claims claims;
	struct cma_stuck_table stuck;
	s64 clock;
	s64 round_began;
	unsigned int nr_raced;
	unsigned int broken;
	unsigned long bits[BITS_TO_LONGS(LAYOUT_MAX)];
	bool known[LAYOUT_MAX];
	bool met[LAYOUT_MAX];
};

static void expect(struct area *a, bool holds, enum rounds_promise promise)
{
	if (!holds)
		a->broken |= 1U << promise;
}

static unsigned long index_of(const struct area *a, unsigned long pfn)
{
	return pfn - a->now.start;
}

static bool is_claimed(const struct area *a, unsigned long i)
{
	return a->now.map[i] == PAGE_CLAIMED;
}

static bool is_stuck(const struct area *a, unsigned long i)
{
	return page_is_stuck(a->now.map[i]);
}

static bool is_known(const struct area *a, unsigned long i)
{
	return a->known[i];
}

/* Is there a window without a page in the way, and without one that is as said? */
static bool has_window(const struct area *a,
		       bool (*unfit)(const struct area *a, unsigned long i))
{
	const struct request *r = &a->now;
	unsigned long i = ALIGN(r->start, r->align) - r->start, at;

	while (i <= r->nr && r->count <= r->nr - i) {
		for (at = i + r->count; at > i; at--)
			if (request_page_blocked(r, r->start + at - 1) || unfit(a, at - 1))
				break;
		if (at == i)
			return true;
		i = ALIGN(r->start + at, r->align) - r->start;
	}
	return false;
}

/* How many of these pages are as said? */
static unsigned int nr_pages(const struct area *a, unsigned long pfn, unsigned long count,
			     bool (*such)(const struct area *a, unsigned long i))
{
	unsigned int nr = 0;

	for (; count; count--, pfn++)
		nr += such(a, index_of(a, pfn));
	return nr;
}

/* As mm/cma.c does it: claims, memory, then pages. */
static struct cma_piece survey(void *data, unsigned long pfn, unsigned long nr)
{
	struct cma_piece records = { 0 }, pages;
	struct area *a = data;
	unsigned long first;

	a->clock += a->how->tick;
	if (cma_claims_next(&a->claims, pfn, nr, &first, &records.blocker)) {
		records.blocked = true;
		records.clear = first - pfn;
	} else {
		records = cma_stuck_recall(&a->stuck, pfn, nr, a->round_began, a->clock);
	}
	if (records.blocked)
		return records;
	pages = request_survey(&a->now, pfn, nr);
	pages.cost += records.cost;
	return pages;
}

/* The page that keeps a window from being emptied; false if there is none. */
static bool meets(const struct area *a, unsigned long window, unsigned long *pfn)
{
	unsigned long end = window + a->now.count, i;
	bool found = false;

	for (i = window; i < end && (!found || a->how->meets_last); i++) {
		if (is_stuck(a, index_of(a, i))) {
			*pfn = i;
			found = true;
		}
	}
	return found;
}

/* All that moves leaves the pages from @pfn to @end. */
static void move_out(struct area *a, unsigned long pfn, unsigned long end)
{
	for (; pfn < end; pfn++)
		if (!is_stuck(a, index_of(a, pfn)))
			a->now.map[index_of(a, pfn)] = PAGE_FREE;
}

/* Others may be faster, and keep what they have. */
static bool claim(struct area *a, unsigned long window)
{
	unsigned long other = window + a->now.count / 2;

	if (a->nr_raced) {
		a->nr_raced--;
		cma_claims_take(&a->claims, other, 1);
		a->now.map[index_of(a, other)] = PAGE_CLAIMED;
	}
	return cma_claims_take(&a->claims, window, a->now.count);
}

/* Empty the window that is claimed, or give it up. */
static bool take(struct area *a, unsigned long window)
{
	unsigned long blocker, i;

	a->clock += a->how->tick;
	if (!meets(a, window, &blocker)) {
		memset(a->now.map + index_of(a, window), PAGE_CLAIMED, a->now.count);
		cma_stuck_forget(&a->stuck, window, a->now.count);
		for (i = 0; i < a->stuck.nr; i++)
			expect(a, a->stuck.page[i].pfn - window >= a->now.count,
			       FORGETS_WHAT_MOVED);
		return true;
	}
	move_out(a, window, blocker);
	expect(a, !a->met[index_of(a, blocker)], TRIES_ONCE);
	a->met[index_of(a, blocker)] = true;
	cma_claims_drop(&a->claims, window, a->now.count);
	cma_stuck_note(&a->stuck, blocker, KIND, a->clock);
	return false;
}

static bool is_window(const struct area *a, unsigned long pfn)
{
	const struct request *r = &a->now;
	unsigned long i;

	if (pfn % r->align || pfn < r->start || r->count > r->nr ||
	    pfn - r->start > r->nr - r->count)
		return false;
	for (i = pfn; i < pfn + r->count; i++)
		if (request_page_blocked(r, i))
			return false;
	return true;
}

/* What is remembered and may matter; how many pages that are. */
static unsigned int look_up_known(struct area *a)
{
	unsigned int i, nr = 0;

	memset(a->known, 0, a->now.nr);
	for (i = 0; i < a->stuck.nr; i++) {
		if (a->clock - a->stuck.page[i].when >= CMA_STUCK_NS)
			continue;
		a->known[index_of(a, a->stuck.page[i].pfn)] = true;
		nr++;
	}
	return nr;
}

/* No window costs as much as a page that is remembered, whatever it cuts off. */
static bool all_are_cheap(const struct area *a)
{
	const struct request *r = &a->now;

	return model_cost(r->start, r->nr) + r->nr * r->split_cost < CMA_STUCK_COST;
}

static bool choose(struct area *a, unsigned long *window)
{
	const struct cma_place place = {
		.start = a->now.start,
		.end = a->now.start + a->now.nr,
		.count = a->now.count,
		.align = a->now.align,
		.split_cost = a->now.split_cost,
		.looks = a->now.looks,
		.survey = survey,
		.data = a,
	};
	bool right;

	if (!cma_place_window(&place, window))
		return false;
	right = is_window(a, *window);
	expect(a, right, TRIES_WINDOWS);
	return right;
}

/* The first choice of a round is made by what is known from before. */
static bool choose_first(struct area *a, unsigned long *window)
{
	struct verdict expected = { .exists = false };
	bool none_known, avoidable, found;

	if (a->now.looks)
		return choose(a, window);

	expected = model_place(&a->now, NULL);
	none_known = !look_up_known(a);
	avoidable = expected.granule == a->now.align && all_are_cheap(a) &&
		    has_window(a, is_known);
	found = choose(a, window);
	/* It may have taken so long that less matters by now. */
	look_up_known(a);
	if (avoidable)
		expect(a, found && !nr_pages(a, *window, a->now.count, is_known),
		       AVOIDS_REMEMBERED);
	if (none_known)
		expect(a, found == expected.exists &&
		       (!found || *window == expected.window), FORGETS_IN_TIME);
	return found;
}

/* As mm/cma.c does it: choose, claim and take until there is nothing to choose. */
static struct outcome search_round(struct area *a)
{
	unsigned int most = CMA_NR_STUCK + a->nr_raced, nr_chosen = 0;
	struct outcome o = { .found = false };
	bool chosen;

	a->round_began = a->clock;
	memset(a->met, 0, a->now.nr);
	chosen = choose_first(a, &o.window);
	while (chosen && nr_chosen++ < most) {
		if (claim(a, o.window)) {
			o.found = take(a, o.window);
			if (o.found)
				break;
			o.tries++;
		}
		chosen = o.tries < CMA_NR_STUCK && choose(a, &o.window);
	}
	expect(a, nr_chosen <= most, ROUND_ENDS);
	return o;
}

static void check_round(struct area *a, const struct outcome *o)
{
	unsigned int nr_stuck = nr_pages(a, a->now.start, a->now.nr, is_stuck);
	bool missed = !o->found && has_window(a, is_stuck);
	unsigned long i;

	expect(a, !missed || nr_stuck >= CMA_NR_STUCK, FINDS_WHAT_MOVES);
	expect(a, !missed || o->tries == CMA_NR_STUCK, TRIES_ALL);
	for (i = 0; i < a->now.nr; i++)
		expect(a, test_bit(i, a->bits) == is_claimed(a, i), CLAIMS_WINDOW_ONLY);
}

static void area_init(struct area *a, const struct rounds *how)
{
	unsigned long i;

	a->how = how;
	request_copy(&a->now, how->request);
	memset(a->bits, 0, sizeof(a->bits));
	a->claims = (struct cma_claims) {
		.base_pfn = a->now.start,
		.nr_pages = a->now.nr,
		.bits = a->bits,
	};
	for (i = 0; i < a->now.nr; i++)
		if (is_claimed(a, i))
			cma_claims_take(&a->claims, a->now.start + i, 1);

	a->clock = how->age;
	a->stuck.nr = 0;
	for (i = 0; a->now.nr && i < how->nr_old; i++)
		cma_stuck_note(&a->stuck, a->now.start + i * a->now.nr / how->nr_old, KIND, 0);
	a->nr_raced = how->nr_raced;
	a->broken = 0;
}

static const char *describe(const void *how)
{
	return rounds_text(how);
}

struct rounds_trial rounds_run(const struct rounds *how)
{
	struct rounds_trial t;
	static struct area a;
	unsigned int i;

	guard_begin(describe, how);
	area_init(&a, how);
	for (i = 0; i < NR_ROUNDS; i++) {
		t.outcome[i] = search_round(&a);
		check_round(&a, &t.outcome[i]);
		a.clock += how->pause;
	}
	guard_end();
	t.broken = a.broken;
	return t;
}

/* Good until the next call. */
const char *rounds_text(const struct rounds *how)
{
	static char text[2 * LAYOUT_MAX + 512];

	snprintf(text, sizeof(text),
		 "meets the %s, %u raced, %u old of %lld ns, tick %lld ns, pause %lld ns: %s",
		 how->meets_last ? "last" : "first", how->nr_raced, how->nr_old, how->age,
		 how->tick, how->pause, request_text(how->request));
	return text;
}
