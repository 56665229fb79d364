// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/align.h>
#include <linux/minmax.h>

#include "cma_claims.h"
#include "cma_place.h"
#include "claims_trace.h"

const char * const claims_sentences[NR_PROMISES] = {
	[TAKES_IF_UNCLAIMED] = "pages are claimed if and only if none of them is",
	[DROPS_IF_COVERED] = "claims can be dropped if and only if there are some, from a unit on",
	[NEXT_IS_FIRST] = "claimed pages in a range are seen if and only if there are some",
	[NEXT_KNOWS_LAST] = "the last page of their run is named, in the range or behind",
	[SPANS_IF_INSIDE] = "pages span if and only if all of them lie in the area",
	[PLACED_IF_ROOM] = "a window is placed if and only if there is room between claims",
	[PLACED_IS_UNCLAIMED] = "a window that is placed can be claimed",
	[BITS_ARE_RIGHT] = "after each step all units are claimed that should be and no other",
	[COUNT_IS_RIGHT] = "after each step the count is that of the claimed pages",
};

/**
 * struct area - the code under test and the model
 * @claims: the one
 * @claimed: the other, a flag for each page
 */
struct area {
	struct cma_claims claims;
	bool claimed[TRACE_MAX_PAGES];
};

static unsigned long unit(const struct area *a)
{
	return 1UL << a->claims.order;
}

/* Of @nr pages from @pfn, how many are in front of the first one that is as said? */
static unsigned long find(const struct area *a, unsigned long pfn, unsigned long nr,
			  bool claimed)
{
	unsigned long i;

	for (i = 0; i < nr; i++)
		if (a->claimed[pfn - a->claims.base_pfn + i] == claimed)
			break;
	return i;
}

static void mark(struct area *a, unsigned long pfn, unsigned long nr, bool claimed)
{
	nr = ALIGN(nr, unit(a));
	memset(a->claimed + (pfn - a->claims.base_pfn), claimed, nr);
}

static enum claims_promise take(struct area *a, const struct step *s)
{
	unsigned long nr = ALIGN(s->nr, unit(a));
	bool unclaimed = find(a, s->pfn, nr, true) == nr;

	if (cma_claims_take(&a->claims, s->pfn, s->nr) != unclaimed)
		return TAKES_IF_UNCLAIMED;
	if (unclaimed)
		mark(a, s->pfn, s->nr, true);
	return NR_PROMISES;
}

static enum claims_promise drop(struct area *a, const struct step *s)
{
	bool covered = find(a, s->pfn, s->nr, false) == s->nr &&
		       (s->pfn - a->claims.base_pfn) % unit(a) == 0;

	if (cma_claims_cover(&a->claims, s->pfn, s->nr) != covered)
		return DROPS_IF_COVERED;
	if (covered) {
		cma_claims_drop(&a->claims, s->pfn, s->nr);
		mark(a, s->pfn, s->nr, false);
	}
	return NR_PROMISES;
}

static enum claims_promise next(struct area *a, const struct step *s)
{
	unsigned long first = find(a, s->pfn, s->nr, true), found = 0, last = 0, end;
	bool claimed = first < s->nr;

	if (cma_claims_next(&a->claims, s->pfn, s->nr, &found, &last) != claimed)
		return NEXT_IS_FIRST;
	if (!claimed)
		return NR_PROMISES;

	first += s->pfn;
	end = a->claims.base_pfn + a->claims.nr_pages;
	return found == first && last == first + find(a, first, end - first, false) - 1 ?
	       NR_PROMISES : NEXT_KNOWS_LAST;
}

static enum claims_promise span(struct area *a, const struct step *s)
{
	unsigned long last = s->pfn + s->nr - 1;
	bool inside = s->nr && last >= s->pfn && s->pfn >= a->claims.base_pfn &&
		      last - a->claims.base_pfn < a->claims.nr_pages;

	return cma_claims_span(&a->claims, s->pfn, s->nr) == inside ?
	       NR_PROMISES : SPANS_IF_INSIDE;
}

static struct cma_piece survey_claims(void *data, unsigned long pfn, unsigned long nr)
{
	struct cma_piece piece = { 0 };
	struct area *a = data;
	unsigned long first;

	piece.blocked = cma_claims_next(&a->claims, pfn, nr, &first, &piece.blocker);
	if (piece.blocked)
		piece.clear = first - pfn;
	return piece;
}

static bool has_room(const struct area *a, unsigned long count, unsigned long align)
{
	unsigned long end = a->claims.base_pfn + a->claims.nr_pages;
	unsigned long pfn = ALIGN(a->claims.base_pfn, align);

	for (; pfn < end && count <= end - pfn; pfn += align)
		if (find(a, pfn, count, true) == count)
			return true;
	return false;
}

/* What a request does, if taking pages costs nothing. */
static enum claims_promise place(struct area *a, const struct step *s)
{
	const struct cma_place place = {
		.start = a->claims.base_pfn,
		.end = a->claims.base_pfn + a->claims.nr_pages,
		.count = s->nr,
		.align = max(s->pfn, unit(a)),
		.split_cost = 1,
		.survey = survey_claims,
		.data = a,
	};
	bool room = has_room(a, place.count, place.align);
	unsigned long window;

	if (cma_place_window(&place, &window) != room)
		return PLACED_IF_ROOM;
	if (!room)
		return NR_PROMISES;
	if (!cma_claims_span(&a->claims, window, s->nr) ||
	    find(a, window, place.count, true) != place.count ||
	    !cma_claims_take(&a->claims, window, s->nr))
		return PLACED_IS_UNCLAIMED;
	mark(a, window, s->nr, true);
	return NR_PROMISES;
}

static enum claims_promise check(const struct area *a)
{
	const struct cma_claims *claims = &a->claims;
	unsigned long bit, pfn, nr_claimed = 0;
	unsigned long nr_bits = BITS_TO_LONGS(cma_claims_nr_bits(claims)) * BITS_PER_LONG;

	for (bit = 0; bit < nr_bits; bit++) {
		pfn = bit << claims->order;
		if (test_bit(bit, claims->bits) != (pfn < claims->nr_pages && a->claimed[pfn]))
			return BITS_ARE_RIGHT;
	}
	for (pfn = 0; pfn < claims->nr_pages; pfn++)
		nr_claimed += a->claimed[pfn];
	return claims->nr_claimed == nr_claimed ? NR_PROMISES : COUNT_IS_RIGHT;
}

static enum claims_promise (*const ops[NR_OPS])(struct area *a, const struct step *s) = {
	[OP_TAKE] = take,
	[OP_DROP] = drop,
	[OP_NEXT] = next,
	[OP_SPAN] = span,
	[OP_PLACE] = place,
};

unsigned int claims_trace_run(const struct trace *trace)
{
	enum claims_promise broken = NR_PROMISES;
	static struct area a;
	unsigned int i;

	a.claims = (struct cma_claims) {
		.base_pfn = trace->base_pfn,
		.nr_pages = trace->nr_pages,
		.order = trace->order,
	};
	memset(a.claimed, 0, trace->nr_pages);
	/* No longer than it must be: the sanitizer watches its end. */
	a.claims.bits = calloc(BITS_TO_LONGS(cma_claims_nr_bits(&a.claims)), sizeof(long));
	if (!a.claims.bits)
		abort();

	for (i = 0; i < trace->nr_steps && broken == NR_PROMISES; i++) {
		broken = ops[trace->steps[i].op](&a, &trace->steps[i]);
		if (broken == NR_PROMISES)
			broken = check(&a);
	}
	free(a.claims.bits);
	return broken;
}

int claims_step_text(const struct step *s, char *text, size_t size)
{
	static const char * const names[NR_OPS] = {
		[OP_TAKE] = "take",
		[OP_DROP] = "drop",
		[OP_NEXT] = "next",
		[OP_SPAN] = "span",
		[OP_PLACE] = "place, aligned to",
	};

	return snprintf(text, size, "%s 0x%lx %lu pages", names[s->op], s->pfn, s->nr);
}
