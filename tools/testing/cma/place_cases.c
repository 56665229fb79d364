// SPDX-License-Identifier: GPL-2.0
/*
 * One case for each sentence of the contract, and one for each border.
 *
 * The answers are worked out by hand: they hold the model to account as well.
 */
#include <limits.h>
#include <linux/array_size.h>
#include <linux/types.h>

#include "place_trial.h"
#include "tap.h"
#include "tests.h"

#define NOWHERE	ULONG_MAX
#define MIDDLE	(ULONG_MAX / 2 + 1)

/**
 * struct place_case - a request and its answer
 * @name: what it proves
 * @start: see struct request, as all up to
 * @map: as text
 * @window: the answer, or NOWHERE
 */
struct place_case {
	const char *name;
	unsigned long start;
	unsigned long count;
	unsigned long align;
	unsigned long scale;
	unsigned long split_cost;
	unsigned long looks;
	enum report report;
	const char *map;
	unsigned long window;
};

static const struct place_case cases[] = {
	{
		.name = "a range without pages has no window",
		.start = 8, .count = 1, .align = 1, .map = "", .window = NOWHERE,
	}, {
		.name = "a window of one page is found",
		.start = 7, .count = 1, .align = 1, .map = "z", .window = 7,
	}, {
		.name = "a page in the way leaves no window of one page",
		.count = 1, .align = 1, .map = "#", .window = NOWHERE,
	}, {
		.name = "a window may be the whole range",
		.start = 4, .count = 12, .align = 4, .map = "12a", .window = 4,
	}, {
		.name = "a window may be the whole range, in coarse steps",
		.start = 5, .count = 1000, .align = 1, .map = "1000a", .window = 5,
	}, {
		.name = "a window may not be a page longer than the range",
		.count = 13, .align = 1, .map = "12.", .window = NOWHERE,
	}, {
		.name = "a window may not be the largest number of pages",
		.start = 16, .count = ULONG_MAX, .align = 1, .map = "12.", .window = NOWHERE,
	}, {
		.name = "a window may not go around zero",
		.start = 16, .count = 0UL - 4, .align = 4, .map = "12.", .window = NOWHERE,
	}, {
		.name = "alignment may leave too little of the range",
		.start = 1, .count = 5, .align = 8, .map = "11.", .window = NOWHERE,
	}, {
		.name = "alignment may leave just enough of the range",
		.start = 1, .count = 5, .align = 8, .map = "12.", .window = 8,
	}, {
		.name = "alignment larger than the count leaves gaps between windows",
		.start = 0, .count = 2, .align = 8, .map = "#15.", .window = 8,
	}, {
		.name = "no window starts in such a gap",
		.start = 0, .count = 2, .align = 8, .map = "#7.#7.", .window = NOWHERE,
	}, {
		.name = "blockers in such a gap are in nobody's way",
		.start = 0, .count = 2, .align = 8, .map = "aa6#..6#", .window = 8,
	}, {
		.name = "alignment larger than the range can be met by its first page",
		.start = 64, .count = 3, .align = 64, .map = "4.", .window = 64,
	}, {
		.name = "alignment larger than the range can be met by its last page",
		.start = 60, .count = 1, .align = 64, .map = "4#.", .window = 64,
	}, {
		.name = "alignment larger than the range can be met by none",
		.start = 65, .count = 1, .align = 64, .map = "63.", .window = NOWHERE,
	}, {
		.name = "the largest alignment is met by pfn 0",
		.count = 2, .align = MIDDLE, .map = "4.", .window = 0,
	}, {
		.name = "the largest alignment is met by no other pfn",
		.start = MIDDLE - 9, .count = 2, .align = MIDDLE, .map = "8.",
		.window = NOWHERE,
	}, {
		.name = "the second largest one is met in the middle of all numbers",
		.start = MIDDLE - 3, .count = 2, .align = MIDDLE / 2, .map = "3.a.",
		.window = MIDDLE,
	}, {
		.name = "pfns across the middle of all numbers are as any others",
		.start = MIDDLE - 6, .count = 8, .align = 4, .map = "8a#8.aaa",
		.window = MIDDLE + 4,
	}, {
		.name = "and a window across it is found",
		.start = MIDDLE - 6, .count = 8, .align = 4, .map = "##8a#8.",
		.window = MIDDLE - 4,
	}, {
		.name = "the last window, which touches the end, is found",
		.count = 4, .align = 4, .map = "3.#3.#3.#4.", .window = 12,
	}, {
		.name = "a window against the end of a range that is not aligned is found",
		.start = 3, .count = 5, .align = 1, .map = "4.#4.#5.", .window = 13,
	}, {
		.name = "a window against the end is found in coarse steps",
		.count = 64, .align = 1, .map = "63.#64.", .window = 64,
	}, {
		.name = "a blocker at the first page costs that page only",
		.start = 10, .count = 4, .align = 1, .map = "#4.", .window = 11,
	}, {
		.name = "a blocker at the last page costs that page only",
		.start = 10, .count = 4, .align = 1, .map = "4.#", .window = 10,
	}, {
		.name = "a blocker at the last page may leave nothing",
		.start = 10, .count = 5, .align = 1, .map = "4.#", .window = NOWHERE,
	}, {
		.name = "behind a blocker the search goes on at an aligned pfn",
		.start = 0, .count = 4, .align = 4, .map = "..#9.", .window = 4,
	}, {
		.name = "right behind a blocker, if that is aligned",
		.start = 0, .count = 4, .align = 4, .map = "3.#4.", .window = 4,
	}, {
		.name = "behind a blocker coarse steps begin anew",
		.count = 64, .align = 1, .map = "33.#64.3#", .window = 34,
	}, {
		.name = "a run that goes on behind the range ends the search",
		.report = REPORT_BEHIND, .count = 4, .align = 1, .map = "aab.3#", .window = 0,
	}, {
		.name = "a run named by its first page is left page after page",
		.report = REPORT_FIRST, .count = 3, .align = 1, .map = "..6#3a.", .window = 9,
	}, {
		.name = "a free window wins over a cheap one in front of it",
		.count = 4, .align = 4, .map = "3.a4.", .window = 4,
	}, {
		.name = "the first of two free windows wins",
		.count = 4, .align = 4, .map = "4b4.4.", .window = 4,
	}, {
		.name = "a cheap window wins over a dear one in front of it",
		.count = 4, .align = 4, .map = "4c4b4c", .window = 4,
	}, {
		.name = "a cheap window wins over a dear one behind it",
		.count = 4, .align = 4, .map = "4b4c", .window = 0,
	}, {
		.name = "the lowest of windows that cost the same wins",
		.count = 4, .align = 4, .map = "4d4c4babbc4d", .window = 8,
	}, {
		.name = "cost counts, not how many pages it is for",
		.count = 4, .align = 4, .map = "3.d3a.", .window = 4,
	}, {
		.name = "a cheap window behind a blocker wins over a dear one in front of it",
		.count = 4, .align = 4, .map = "4b#3.4a", .window = 8,
	}, {
		.name = "a dear window in front of a blocker is not forgotten",
		.count = 4, .align = 4, .map = "4a#3.4b..#.", .window = 0,
	}, {
		.name = "windows overlap",
		.count = 4, .align = 1, .map = "cc3.acc", .window = 2,
	}, {
		.name = "the cheapest of coarse steps is found: it starts at the third",
		.count = 64, .align = 1, .map = "8b64a4b", .window = 8,
	}, {
		.name = "a free window between coarse steps is missed by less than a step",
		.count = 64, .align = 1, .map = "3b64.4b", .window = 4,
	}, {
		.name = "alignment larger than a 16th of the window makes the step",
		.count = 64, .align = 8, .map = "8b64.4b", .window = 8,
	}, {
		.name = "costs are not cut short",
		.scale = 1UL << (BITS_PER_LONG - 10),
		.count = 4, .align = 4, .map = "4z4y4z", .window = 4,
	}, {
		.name = "a window that saves no more than it cuts off is not taken",
		.split_cost = 1, .count = 4, .align = 4, .map = "4a4.8a", .window = 0,
	}, {
		.name = "a window that saves more than it cuts off is taken",
		.split_cost = 1, .count = 4, .align = 4, .map = "4b4.8a", .window = 4,
	}, {
		.name = "what is left of a window is cut off, even if that is more",
		.split_cost = 1, .count = 4, .align = 4, .map = "12b4.4b", .window = 0,
	}, {
		.name = "what is right of it is not",
		.split_cost = 1, .count = 4, .align = 4, .map = "4b4.12b", .window = 4,
	}, {
		.name = "room costs as much as is said for a page",
		.split_cost = 2, .count = 4, .align = 4, .map = "4b4.8b", .window = 0,
	}, {
		.name = "a window against the end of the range cuts nothing off",
		.split_cost = 100, .count = 4, .align = 4, .map = "4c4b4.", .window = 8,
	}, {
		.name = "a window against a blocker cuts nothing off",
		.split_cost = 100, .count = 4, .align = 4, .map = "4c4b4.#7c", .window = 8,
	}, {
		.name = "a window that fills its gap cuts nothing off",
		.split_cost = 100, .count = 4, .align = 4, .map = "4b4.4b#3.4a#3.8b",
		.window = 16,
	}, {
		.name = "behind a blocker room is counted anew",
		.split_cost = 1, .count = 4, .align = 4, .map = "4b#3.4a4.4b", .window = 8,
	}, {
		.name = "room that is too small for a window costs as much as one",
		.split_cost = 1, .count = 8, .align = 4, .map = "4b8.8b", .window = 0,
	}, {
		.name = "and no more than that",
		.split_cost = 1, .count = 8, .align = 4, .map = "4c8.8c", .window = 4,
	}, {
		.name = "pages in front of the first aligned one are no room",
		.start = 1, .split_cost = 1, .count = 4, .align = 4, .map = "3.4a4.4a",
		.window = 4,
	}, {
		.name = "pages behind the last aligned window are no room",
		.split_cost = 100, .count = 4, .align = 4, .map = "4b4a7.", .window = 8,
	}, {
		.name = "a free window that cuts something off does not end the search",
		.split_cost = 2, .count = 4, .align = 4, .map = "4a4.8a4.", .window = 16,
	}, {
		.name = "a dear window behind a blocker may be worth what a free one cuts off",
		.split_cost = 3, .count = 4, .align = 4, .map = "4c4.4c#3.4b", .window = 16,
	}, {
		.name = "the lower of two windows wins that cost the same with what they cut off",
		.split_cost = 1, .count = 4, .align = 4, .map = "4d4b4a4d", .window = 4,
	}, {
		.name = "the lower of two windows in different gaps wins",
		.split_cost = 100, .count = 4, .align = 4, .map = "4c4b#3.4b4c", .window = 4,
	}, {
		.name = "between windows less than their alignment long there is room, too",
		.split_cost = 1, .count = 2, .align = 8, .map = "bb14.bb", .window = 0,
	}, {
		.name = "blockers in such a gap do not end that room",
		.split_cost = 1, .count = 2, .align = 8, .map = "bb5.#..5.#bb", .window = 0,
	}, {
		.name = "a window against a blocker may be between coarse steps",
		.split_cost = 100, .count = 64, .align = 1, .map = "8b64.bb#9c", .window = 10,
	}, {
		.name = "as may one that ends inside of a granule",
		.split_cost = 100, .count = 66, .align = 1, .map = "8b66.b#9c", .window = 9,
	}, {
		.name = "and one behind the last step",
		.split_cost = 3, .count = 64, .align = 1, .map = "4b64.bb", .window = 6,
	}, {
		.name = "against a blocker as well",
		.split_cost = 3, .count = 64, .align = 1, .map = "4b64.bb#", .window = 6,
	}, {
		.name = "the cost of room is not cut short",
		.split_cost = 1UL << (BITS_PER_LONG - 6),
		.count = 4, .align = 4, .map = "4z4.8z", .window = 0,
	}, {
		.name = "looking as dear as a window, 1 page and a survey, ends the search",
		.looks = 9, .count = 1, .align = 1, .map = "a.", .window = 0,
	}, {
		.name = "looking that is cheaper does not",
		.looks = 10, .count = 1, .align = 1, .map = "a.", .window = 1,
	}, {
		.name = "4 pages are as many looks",
		.looks = 3, .count = 4, .align = 4, .map = "4a4.", .window = 0,
	}, {
		.name = "and no more than that",
		.looks = 4, .count = 4, .align = 4, .map = "4a4.", .window = 4,
	}, {
		.name = "if the survey has seen them at one look, they are one",
		.looks = 10, .count = 4, .align = 4, .map = "3.a4.", .window = 0,
	}, {
		.name = "even if they were four pages",
		.looks = 11, .count = 4, .align = 4, .map = "3.a4.", .window = 4,
	}, {
		.name = "what was looked at in vain counts as well",
		.looks = 18, .count = 1, .align = 1, .map = "#a.", .window = 1,
	}, {
		.name = "as often as there was something in the way",
		.looks = 19, .count = 1, .align = 1, .map = "#a.", .window = 2,
	}, {
		.name = "when looking has cost enough the best window is taken, not the last",
		.looks = 9, .count = 4, .align = 4, .map = "4a4b4c4.", .window = 0,
	}, {
		.name = "in front of a blocker, if that is where it was",
		.looks = 4, .count = 4, .align = 4, .map = "4b#3.4c4.", .window = 0,
	}, {
		.name = "room on the left is cut off then for all that is known",
		.looks = 3, .split_cost = 1, .count = 4, .align = 4, .map = "4b4a", .window = 0,
	}, {
		.name = "and costs what has to be looked for",
		.looks = 3, .split_cost = 1, .count = 4, .align = 4, .map = "4c4a4.", .window = 4,
	}, {
		.name = "however dear looking is, a window is found",
		.report = REPORT_FIRST, .looks = 1, .count = 2, .align = 1, .map = ".9#a#zz",
		.window = 12,
	},
};

/* Fills @r; false if the row is no request. */
static bool case_request(const struct place_case *p, struct request *r)
{
	r->start = p->start;
	r->count = p->count;
	r->align = p->align;
	r->scale = p->scale ? p->scale : 1;
	r->split_cost = p->split_cost;
	r->looks = p->looks;
	r->report = p->report;
	return request_parse_map(r, p->map);
}

static void test_case(const struct place_case *p)
{
	static struct request r;
	unsigned long window;
	const struct trial *t;
	bool ok, parsed;
	unsigned int i;

	parsed = case_request(p, &r);
	t = trial_run(&r);
	window = t->found ? t->window : NOWHERE;
	ok = parsed && window == p->window;
	for (i = 0; i < NR_PROPERTIES; i++)
		ok = ok && properties[i].holds(t);

	tap_result(ok, "%s", p->name);
	if (window != p->window)
		tap_note("window 0x%lx instead of 0x%lx", window, p->window);
	for (i = 0; i < NR_PROPERTIES; i++)
		if (!properties[i].holds(t))
			tap_note("it is not true that %s", properties[i].sentence);
}

void test_place_cases(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		test_case(&cases[i]);
}
