// SPDX-License-Identifier: GPL-2.0
/*
 * All requests of a kind.
 */
#include <string.h>
#include <linux/array_size.h>

#include "campaign.h"
#include "tests.h"

static void try_all_split_costs(struct campaign *c, struct request *r)
{
	static const unsigned long split_costs[] = { 0, 1, 16 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(split_costs); i++) {
		r->split_cost = split_costs[i];
		campaign_try(c, r);
	}
}

/*
 * Looking is for free; and it costs: @dear is what a page 'a' must cost then, for
 * a search to end with any of its windows.
 */
static void try_all_costs(struct campaign *c, struct request *r, unsigned long dear)
{
	r->looks = 0;
	r->scale = 1;
	try_all_split_costs(c, r);
	r->looks = 1;
	r->scale = dear;
	try_all_split_costs(c, r);
}

static void try_all_reports(struct campaign *c, struct request *r)
{
	for (r->report = 0; r->report < NR_REPORTS; r->report++)
		try_all_costs(c, r, 16);
}

/* Every count, alignment and start for a layout of a few pages. */
static void try_layout(struct campaign *c, struct request *r)
{
	for (r->count = 1; r->count <= r->nr + 1; r->count++)
		for (r->align = 1; r->align <= 8; r->align *= 2)
			for (r->start = 0; r->start < 4; r->start++)
				try_all_reports(c, r);
}

static void test_short_ranges(void)
{
	struct campaign c = { .name = "every layout of up to 6 pages" };
	static struct request r;

	for (r.nr = 0; r.nr <= 6; r.nr++) {
		memset(r.map, PAGE_FREE, r.nr);
		do {
			try_layout(&c, &r);
		} while (request_next_map(&r, ".a#"));
	}
	campaign_report(&c);
}

/* Two pages, everywhere in a range, that are unlike all others. */
static void try_all_pairs(struct campaign *c, struct request *r, const char *pages)
{
	unsigned long i, j;

	for (i = 0; i < r->nr; i++) {
		for (j = 0; j < r->nr; j++) {
			memset(r->map, pages[0], r->nr);
			r->map[i] = pages[1];
			r->map[j] = pages[2];
			try_all_costs(c, r, 4);
		}
	}
}

/*
 * From 32 pages on windows are compared in steps that are larger than the
 * alignment, and from 64 on in twice as large ones.
 */
static void test_coarse_steps(void)
{
	static const char * const pages[] = { ".##", ".b#", "b.#", "ba.", "abb" };
	static const unsigned long counts[] = { 31, 32, 33, 48, 63, 64, 65 };
	struct campaign c = { .name = "every pair of odd pages in 100" };
	static struct request r = { .nr = 100 };
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		r.count = counts[i];
		for (j = 0; j < ARRAY_SIZE(pages); j++) {
			for (r.align = 1; r.align <= 4; r.align *= 4) {
				r.start = j;
				try_all_pairs(&c, &r, pages[j]);
			}
		}
	}
	campaign_report(&c);
}

void test_place_exhaustive(void)
{
	test_short_ranges();
	test_coarse_steps();
}
