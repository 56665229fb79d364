// SPDX-License-Identifier: GPL-2.0
/*
 * What is remembered of pages that would not move: one case for each sentence,
 * and one for each border.
 */
#include <limits.h>
#include <linux/array_size.h>

#include "cma_stuck.h"
#include "tap.h"
#include "tests.h"

#define MAX_STEPS	5
/* Of any kind, where it does not matter. */
#define KIND		7
#define COST		CMA_STUCK_COST
#define FULL		CMA_NR_STUCK

/**
 * enum what - what is done in a step
 * @NOTHING: there is no such step
 * @NOTE: pages would not move, one after the other, a nanosecond apart
 * @FORGET: pages have moved
 */
enum what {
	NOTHING,
	NOTE,
	FORGET
};

/**
 * struct stuck_step - a step of a case
 * @what: is done
 * @pfn: first page
 * @nr: how many
 * @when: time, if it matters
 */
struct stuck_step {
	enum what what;
	unsigned long pfn;
	unsigned long nr;
	s64 when;
};

/**
 * struct stuck_case - what is done, what is asked then, and the answer
 * @name: what it proves
 * @steps: what is done
 * @pfn: first page of the piece that is asked about
 * @nr: its pages
 * @since: when the round began
 * @now: when it is asked
 * @piece: the answer
 * @known: how many pages are remembered
 */
struct stuck_case {
	const char *name;
	struct stuck_step steps[MAX_STEPS];
	unsigned long pfn;
	unsigned long nr;
	s64 since;
	s64 now;
	struct cma_piece piece;
	unsigned int known;
};

static const struct stuck_case cases[] = {
	{
		.name = "of nothing, nothing is remembered",
		.pfn = 0, .nr = ULONG_MAX, .known = 0,
	}, {
		.name = "a page that would not move when the round began is in the way",
		.steps = { { NOTE, 5, 1, 100 } },
		.pfn = 0, .nr = 10, .since = 100, .now = 100,
		.piece = { .blocked = true, .blocker = 5 }, .known = 1,
	}, {
		.name = "one that would not a nanosecond later, too",
		.steps = { { NOTE, 5, 1, 101 } },
		.pfn = 0, .nr = 10, .since = 100, .now = 101,
		.piece = { .blocked = true, .blocker = 5 }, .known = 1,
	}, {
		.name = "one that would not a nanosecond before makes the piece dear",
		.steps = { { NOTE, 5, 1, 99 } },
		.pfn = 0, .nr = 10, .since = 100, .now = 100,
		.piece = { .cost = COST }, .known = 1,
	}, {
		.name = "it does so until a nanosecond before five seconds are over",
		.steps = { { NOTE, 5, 1, 99 } },
		.pfn = 0, .nr = 10, .since = 100, .now = 99 + 4999999999,
		.piece = { .cost = COST }, .known = 1,
	}, {
		.name = "and when they are it does not",
		.steps = { { NOTE, 5, 1, 99 } },
		.pfn = 0, .nr = 10, .since = 100, .now = 99 + 5000000000, .known = 1,
	}, {
		.name = "in a round that takes longer it stays in the way",
		.steps = { { NOTE, 5, 1, 100 } },
		.pfn = 0, .nr = 10, .since = 100, .now = 100 + 5000000000,
		.piece = { .blocked = true, .blocker = 5 }, .known = 1,
	}, {
		.name = "the first page of a piece belongs to it",
		.steps = { { NOTE, 10, 1, 0 } },
		.pfn = 10, .nr = 1, .since = 1, .now = 1,
		.piece = { .cost = COST }, .known = 1,
	}, {
		.name = "the page in front of it does not",
		.steps = { { NOTE, 9, 1, 0 } },
		.pfn = 10, .nr = 5, .since = 0, .now = 0, .known = 1,
	}, {
		.name = "the last page of a piece belongs to it",
		.steps = { { NOTE, 14, 1, 0 } },
		.pfn = 10, .nr = 5, .since = 0, .now = 0,
		.piece = { .blocked = true, .blocker = 14 }, .known = 1,
	}, {
		.name = "the page behind it does not",
		.steps = { { NOTE, 15, 1, 0 } },
		.pfn = 10, .nr = 5, .since = 0, .now = 0, .known = 1,
	}, {
		.name = "page 0 can be in the way",
		.steps = { { NOTE, 0, 1, 0 } },
		.pfn = 0, .nr = 1, .since = 0, .now = 0,
		.piece = { .blocked = true, .blocker = 0 }, .known = 1,
	}, {
		.name = "the last of all pages can be in the way",
		.steps = { { NOTE, ULONG_MAX, 1, 0 } },
		.pfn = ULONG_MAX - 3, .nr = 4, .since = 0, .now = 0,
		.piece = { .blocked = true, .blocker = ULONG_MAX }, .known = 1,
	}, {
		.name = "of several pages in the way the last is named, not the latest",
		.steps = { { NOTE, 3, 1, 100 }, { NOTE, 9, 1, 101 }, { NOTE, 6, 1, 102 } },
		.pfn = 0, .nr = 10, .since = 100, .now = 102,
		.piece = { .blocked = true, .blocker = 9 }, .known = 3,
	}, {
		.name = "the last of them in the piece",
		.steps = { { NOTE, 3, 1, 100 }, { NOTE, 9, 1, 101 }, { NOTE, 6, 1, 102 } },
		.pfn = 0, .nr = 9, .since = 100, .now = 102,
		.piece = { .blocked = true, .blocker = 6 }, .known = 3,
	}, {
		.name = "and the last of them of this round",
		.steps = { { NOTE, 9, 1, 50 }, { NOTE, 3, 1, 100 }, { NOTE, 6, 1, 99 } },
		.pfn = 0, .nr = 10, .since = 100, .now = 102,
		.piece = { .blocked = true, .blocker = 3 }, .known = 3,
	}, {
		.name = "several pages of the last five seconds cost as much more",
		.steps = { { NOTE, 3, 2, 100 }, { NOTE, 9, 1, 300 } },
		.pfn = 0, .nr = 10, .since = 400, .now = 400,
		.piece = { .cost = 3 * COST }, .known = 3,
	}, {
		.name = "those that are longer ago do not",
		.steps = { { NOTE, 3, 1, 100 }, { NOTE, 4, 1, 200 }, { NOTE, 9, 1, 300 } },
		.pfn = 0, .nr = 10, .since = 200 + 5000000000, .now = 200 + 5000000000,
		.piece = { .cost = COST }, .known = 3,
	}, {
		.name = "a page noted twice is remembered once, since the second time",
		.steps = { { NOTE, 5, 1, 10 }, { NOTE, 6, 1, 20 }, { NOTE, 5, 1, 200 } },
		.pfn = 0, .nr = 10, .since = 100, .now = 200,
		.piece = { .blocked = true, .blocker = 5 }, .known = 2,
	}, {
		.name = "and costs once",
		.steps = { { NOTE, 5, 1, 10 }, { NOTE, 5, 1, 20 } },
		.pfn = 0, .nr = 10, .since = 100, .now = 200,
		.piece = { .cost = COST }, .known = 1,
	}, {
		.name = "so many pages are remembered",
		.steps = { { NOTE, 100, FULL, 1 } },
		.pfn = 0, .nr = 1000, .since = 500, .now = 500,
		.piece = { .cost = FULL * COST }, .known = FULL,
	}, {
		.name = "and one more",
		.steps = { { NOTE, 100, FULL, 1 }, { NOTE, 200, 1, 400 } },
		.pfn = 101, .nr = 100, .since = 500, .now = 500,
		.piece = { .cost = FULL * COST }, .known = FULL,
	}, {
		.name = "for that the oldest is forgotten",
		.steps = { { NOTE, 100, FULL, 1 }, { NOTE, 200, 1, 400 } },
		.pfn = 100, .nr = 1, .since = 500, .now = 500, .known = FULL,
	}, {
		.name = "wherever it is: in the middle",
		.steps = { { NOTE, 100, FULL / 2, 50 }, { NOTE, 150, 1, 49 },
			   { NOTE, 160, FULL / 2 - 1, 100 }, { NOTE, 200, 1, 400 } },
		.pfn = 150, .nr = 1, .since = 500, .now = 500, .known = FULL,
	}, {
		.name = "or last",
		.steps = { { NOTE, 100, FULL - 1, 50 }, { NOTE, 150, 1, 49 },
			   { NOTE, 200, 1, 400 } },
		.pfn = 150, .nr = 1, .since = 500, .now = 500, .known = FULL,
	}, {
		.name = "one that was noted first and again later is not the oldest",
		.steps = { { NOTE, 100, FULL, 1 }, { NOTE, 100, 1, 300 }, { NOTE, 200, 1, 400 } },
		.pfn = 100, .nr = 2, .since = 500, .now = 500,
		.piece = { .cost = COST }, .known = FULL,
	}, {
		.name = "a page that is known already takes nobody's place",
		.steps = { { NOTE, 100, FULL, 1 }, { NOTE, 105, 1, 400 } },
		.pfn = 100, .nr = FULL, .since = 500, .now = 500,
		.piece = { .cost = FULL * COST }, .known = FULL,
	}, {
		.name = "nor does one that follows on one forgotten",
		.steps = { { NOTE, 100, FULL, 1 }, { FORGET, 110, 1, 0 }, { NOTE, 200, 1, 400 } },
		.pfn = 100, .nr = 10, .since = 500, .now = 500,
		.piece = { .cost = 10 * COST }, .known = FULL,
	}, {
		.name = "a page in the middle is forgotten, and those around it are not",
		.steps = { { NOTE, 5, 3, 1 }, { FORGET, 6, 1, 0 } },
		.pfn = 0, .nr = 10, .since = 500, .now = 500,
		.piece = { .cost = 2 * COST }, .known = 2,
	}, {
		.name = "it does not cost any more",
		.steps = { { NOTE, 5, 3, 1 }, { FORGET, 6, 1, 0 } },
		.pfn = 6, .nr = 1, .since = 500, .now = 500, .known = 2,
	}, {
		.name = "of several noted the first and the last are forgotten",
		.steps = { { NOTE, 5, 1, 1 }, { NOTE, 9, 1, 2 }, { NOTE, 6, 1, 3 },
			   { FORGET, 5, 2, 0 } },
		.pfn = 0, .nr = 10, .since = 0, .now = 500,
		.piece = { .blocked = true, .blocker = 9 }, .known = 1,
	}, {
		.name = "the page in front of those that moved is not forgotten",
		.steps = { { NOTE, 5, 1, 1 }, { FORGET, 6, 4, 0 } },
		.pfn = 5, .nr = 1, .since = 500, .now = 500,
		.piece = { .cost = COST }, .known = 1,
	}, {
		.name = "nor is the page behind them",
		.steps = { { NOTE, 10, 1, 1 }, { FORGET, 6, 4, 0 } },
		.pfn = 10, .nr = 1, .since = 500, .now = 500,
		.piece = { .cost = COST }, .known = 1,
	}, {
		.name = "more pages may have moved than are known",
		.steps = { { NOTE, 100, FULL, 1 }, { FORGET, 0, 1000, 0 } },
		.pfn = 0, .nr = 1000, .since = 0, .now = 500, .known = 0,
	}, {
		.name = "or others",
		.steps = { { NOTE, 100, 2, 1 }, { FORGET, 102, 1000, 0 }, { FORGET, 0, 100, 0 } },
		.pfn = 0, .nr = 1000, .since = 500, .now = 500,
		.piece = { .cost = 2 * COST }, .known = 2,
	}, {
		.name = "or all there are, where none is known",
		.steps = { { FORGET, 0, ULONG_MAX, 0 } },
		.pfn = 0, .nr = 1000, .since = 0, .now = 500, .known = 0,
	}, {
		.name = "a page forgotten can be noted again",
		.steps = { { NOTE, 100, 2, 1 }, { FORGET, 0, 1000, 0 }, { NOTE, 101, 1, 2 } },
		.pfn = 0, .nr = 1000, .since = 2, .now = 500,
		.piece = { .blocked = true, .blocker = 101 }, .known = 1,
	},
};

static void do_step(struct cma_stuck_table *table, const struct stuck_step *s)
{
	unsigned long i;

	if (s->what == FORGET)
		cma_stuck_forget(table, s->pfn, s->nr);
	for (i = 0; s->what == NOTE && i < s->nr; i++)
		cma_stuck_note(table, s->pfn + i, KIND, s->when + i);
}

static void test_case(const struct stuck_case *c)
{
	struct cma_stuck_table table = { .nr = 0 };
	const struct cma_piece *expected = &c->piece;
	struct cma_piece piece;
	unsigned int i;
	bool ok;

	for (i = 0; i < MAX_STEPS; i++)
		do_step(&table, &c->steps[i]);
	piece = cma_stuck_recall(&table, c->pfn, c->nr, c->since, c->now);

	ok = table.nr == c->known && piece.blocked == expected->blocked;
	if (piece.blocked)
		ok = ok && piece.blocker == expected->blocker;
	else
		ok = ok && piece.cost == expected->cost;
	tap_result(ok, "%s", c->name);
	if (!ok)
		tap_note("%u pages, %s, cost %lu, blocker 0x%lx", table.nr,
			 piece.blocked ? "blocked" : "not blocked", piece.cost, piece.blocker);
}

/* What does not show when placement asks. */
static void test_kind(void)
{
	struct cma_stuck_table table = { .nr = 0 };

	cma_stuck_note(&table, 5, 1, 10);
	cma_stuck_note(&table, 5, 2, 20);
	tap_result(table.page[0].pfn == 5 && table.page[0].kind == 2 && table.page[0].when == 20,
		   "what a page was and when are those of the last time");
}

void test_stuck_cases(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		test_case(&cases[i]);
	test_kind();
}
