// SPDX-License-Identifier: GPL-2.0
/*
 * Two requests for a window, with what each of them tries and gets worked out by
 * hand.  Of pages that cost the same the lowest is tried first.
 */
#include <limits.h>
#include <linux/array_size.h>

#include "cma_stuck.h"
#include "rounds_trial.h"
#include "tap.h"
#include "tests.h"

#define NOWHERE	ULONG_MAX
/* Pages remembered from before, if that is every other one; and some to be met. */
#define EIGHT	"#A#A#A#A#A#A#A#A"

/**
 * struct rounds_case - two rounds and what becomes of them
 * @name: what it proves
 * @count: pages in a window, which is not aligned
 * @map: as text
 * @how: circumstances
 * @window: what each round gets, or NOWHERE
 * @tries: and how many it tries before
 */
struct rounds_case {
	const char *name;
	unsigned long count;
	const char *map;
	struct rounds how;
	unsigned long window[NR_ROUNDS];
	unsigned int tries[NR_ROUNDS];
};

static const struct rounds_case cases[] = {
	{
		.name = "where all pages move, the first try gets the window that costs least",
		.count = 1, .map = "b.bb", .window = { 1, 0 }, .tries = { 0, 0 },
	}, {
		.name = "if a page will not move, a round goes on behind it",
		.count = 1, .map = "Abb", .how = { .pause = 1 },
		.window = { 1, 2 }, .tries = { 1, 0 },
	}, {
		.name = "or in front of it, and tries it again when nothing else is left",
		.count = 2, .map = "b.Ab", .how = { .pause = 1 },
		.window = { 0, NOWHERE }, .tries = { 1, 1 },
	}, {
		.name = "where no page moves, each is tried once in a round",
		.count = 1, .map = "3A", .how = { .pause = 1 },
		.window = { NOWHERE, NOWHERE }, .tries = { 3, 3 },
	}, {
		.name = "of two in a window the first is met, and then the other",
		.count = 2, .map = "AAbb", .how = { .pause = 1 },
		.window = { 2, NOWHERE }, .tries = { 2, 1 },
	}, {
		.name = "or the last one, which saves a try",
		.count = 2, .map = "AAbb", .how = { .pause = 1, .meets_last = true },
		.window = { 2, NOWHERE }, .tries = { 1, 1 },
	}, {
		.name = "31 pages that will not move do not hide the one that does",
		.count = 1, .map = "31Ab", .how = { .pause = 1 },
		.window = { 31, NOWHERE }, .tries = { 31, 31 },
	}, {
		.name = "32 do for a round, and the next one knows them",
		.count = 1, .map = "32Ab", .how = { .pause = 1 },
		.window = { NOWHERE, 32 }, .tries = { 32, 0 },
	}, {
		.name = "a nanosecond before five seconds are over a page is avoided",
		.count = 1, .map = "Abb", .how = { .pause = CMA_STUCK_NS - 1 },
		.window = { 1, 2 }, .tries = { 1, 0 },
	}, {
		.name = "and then it is not any more",
		.count = 1, .map = "Abb", .how = { .pause = CMA_STUCK_NS },
		.window = { 1, 2 }, .tries = { 1, 1 },
	}, {
		.name = "a page remembered is had when there is no other, however dear",
		.count = 1, .map = ".b", .how = { .nr_old = 1, .age = 1 },
		.window = { 1, 0 }, .tries = { 0, 0 },
	}, {
		.name = "unless that is too long ago",
		.count = 1, .map = ".b", .how = { .nr_old = 1, .age = CMA_STUCK_NS },
		.window = { 0, 1 }, .tries = { 0, 0 },
	}, {
		.name = "a table full of pages from before has room for those of a round",
		.count = 1, .map = EIGHT EIGHT EIGHT "#A#A#A#A#A#A#A#b",
		.how = { .nr_old = 32, .age = 1, .pause = 1 },
		.window = { 63, NOWHERE }, .tries = { 31, 31 },
	}, {
		.name = "a window that others claim first is no try",
		.count = 1, .map = "...", .how = { .nr_raced = 1 },
		.window = { 1, 2 }, .tries = { 0, 0 },
	}, {
		.name = "nor is one that was claimed before",
		.count = 2, .map = ".*.*bb", .window = { 4, NOWHERE }, .tries = { 0, 0 },
	}, {
		.name = "a page is in the way of a round that began when it was met, by the clock",
		.count = 1, .map = "Abb", .how = { .pause = 0 },
		.window = { 1, 2 }, .tries = { 1, 0 },
	},
};

static void test_case(const struct rounds_case *c)
{
	static struct request r;
	struct rounds how = c->how;
	struct rounds_trial t;
	unsigned long window;
	unsigned int i;
	bool ok;

	r.count = c->count;
	r.align = 1;
	r.scale = 1;
	how.request = &r;
	ok = request_parse_map(&r, c->map);
	t = rounds_run(&how);
	for (i = 0; i < NR_ROUNDS; i++) {
		window = t.outcome[i].found ? t.outcome[i].window : NOWHERE;
		ok = ok && window == c->window[i] && t.outcome[i].tries == c->tries[i];
	}
	tap_result(ok && !t.broken, "%s", c->name);
	for (i = 0; i < NR_ROUNDS && !ok; i++)
		tap_note("round %u: %u tries, %s 0x%lx", i + 1, t.outcome[i].tries,
			 t.outcome[i].found ? "got" : "did not get", t.outcome[i].window);
	for (i = 0; i < NR_ROUNDS_PROMISES; i++)
		if (t.broken & 1U << i)
			tap_note("it is not true that %s", rounds_sentences[i]);
}

void test_rounds_cases(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		test_case(&cases[i]);
}
