// SPDX-License-Identifier: GPL-2.0
/*
 * From a long request that breaks something to a short one.
 *
 * One thing after the other is left out; what still breaks it stays
 * out.  Over again until nothing more can go.
 */
#include <string.h>

#include "place_shrink.h"

/* Searches that one failure may take: seconds, on a long range. */
#define MAX_TRIES	20000

/**
 * struct shrinking - a request that becomes shorter
 * @breaks: tells whether a request breaks it
 * @what: it is that breaks
 * @shortest: so far
 * @attempt: a shorter one that may or may not break it
 * @tries: how many more there may be
 * @progress: @shortest became shorter
 */
struct shrinking {
	breaks_fn *breaks;
	const void *what;
	struct request shortest;
	struct request attempt;
	unsigned long tries;
	bool progress;
};

/* Keep the attempt if it breaks the property; begin the next one. */
static bool keep(struct shrinking *s)
{
	bool breaks = false;

	if (s->tries) {
		s->tries--;
		breaks = s->breaks(&s->attempt, s->what);
	}
	if (breaks) {
		request_copy(&s->shortest, &s->attempt);
		s->progress = true;
	}
	request_copy(&s->attempt, &s->shortest);
	return breaks;
}

/* Leave out pages; those behind them move up. */
static bool cut(struct shrinking *s, unsigned long at, unsigned long nr)
{
	struct request *r = &s->attempt;

	memmove(r->map + at, r->map + at + nr, r->nr - at - nr);
	r->nr -= nr;
	return keep(s);
}

/* Leave out what lies in pages. */
static bool empty(struct shrinking *s, unsigned long at, unsigned long nr)
{
	struct request *r = &s->attempt;
	unsigned long i;

	for (i = at; i < at + nr; i++)
		if (r->map[i] != PAGE_FREE)
			break;
	if (i == at + nr)
		return false;
	memset(r->map + at, PAGE_FREE, nr);
	return keep(s);
}

static void shrink_map(struct shrinking *s)
{
	unsigned long at, nr;

	for (nr = s->shortest.nr; nr; nr /= 2) {
		for (at = 0; at + nr <= s->shortest.nr; )
			if (!cut(s, at, nr))
				at += nr;
		for (at = 0; at + nr <= s->shortest.nr; at += nr)
			empty(s, at, nr);
	}
}

static void shrink_numbers(struct shrinking *s)
{
	struct request *r = &s->attempt;

	while (r->count > 1) {
		r->count /= 2;
		if (!keep(s))
			break;
	}
	while (r->count > 1) {
		r->count--;
		if (!keep(s))
			break;
	}
	while (r->align > 1) {
		r->align /= 2;
		if (!keep(s))
			break;
	}
	if (r->start >= r->align) {
		r->start %= r->align;
		keep(s);
	}
	if (r->scale > 1) {
		r->scale = 1;
		keep(s);
	}
	while (r->split_cost) {
		r->split_cost /= 2;
		if (!keep(s))
			break;
	}
	while (r->looks) {
		r->looks /= 2;
		if (!keep(s))
			break;
	}
	if (r->report != REPORT_LAST) {
		r->report = REPORT_LAST;
		keep(s);
	}
}

/* Good until the next call. */
const struct request *place_shrink(const struct request *r, breaks_fn *breaks, const void *what)
{
	static struct shrinking s;

	s.breaks = breaks;
	s.what = what;
	s.tries = MAX_TRIES;
	request_copy(&s.shortest, r);
	request_copy(&s.attempt, r);
	do {
		s.progress = false;
		shrink_numbers(&s);
		shrink_map(&s);
	} while (s.progress);
	return &s.shortest;
}
