// SPDX-License-Identifier: GPL-2.0
/*
 * An area that fills up: what small windows leave must do for large ones, and if
 * all are looked for only as long as that pays.
 *
 * Where a page is at most copied, no window cuts off any room.  So the small ones
 * leave a gap for the large one, and pieces of one size can be had as often as
 * the area is larger than one.
 */
#include <string.h>
#include <linux/array_size.h>
#include <linux/minmax.h>

#include "campaign.h"
#include "random.h"
#include "tap.h"
#include "tests.h"

#define NR_LAYOUTS	2000
#define NR_CUTS		100
#define AREA_PAGES	16384UL
#define ALIGNMENT	256
/* 1 GiB, where RAM starts on many an ARM board */
#define AREA_START	0x40000

/* What a clean page of a file and a page that is copied cost the kernel. */
#define PAGE_CLEAN	(PAGE_CHEAPEST + 2)
#define PAGE_COPIED	(PAGE_CHEAPEST + 7)
#define SPLIT_COST	(2 * 8)
/* What it looks at in an eighth of that time, or less. */
#define LOOKS		4

/* Blocks of pages of one kind. */
static void random_area(struct request *r)
{
	static const char kinds[] = { PAGE_FREE, PAGE_CLEAN, PAGE_COPIED };
	unsigned long i, block;

	for (i = 0; i < r->nr; i += block) {
		block = min(random_between(16, 512), r->nr - i);
		memset(r->map + i, kinds[random_below(sizeof(kinds))], block);
	}
}

/* One window after the other, each in the way of all that follow. */
static bool all_fit(struct campaign *c, struct request *r)
{
	static const unsigned long counts[] = { 256, 512, 1024, 2048, 8192 };
	const struct trial *t;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		r->count = counts[i];
		t = campaign_try(c, r);
		if (!t->inside)
			return false;
		memset(r->map + (t->window - r->start), PAGE_BLOCKED, r->count);
	}
	return true;
}

/* Pieces of one size, as many as there is room for. */
static bool all_pieces_fit(struct campaign *c, struct request *r)
{
	unsigned long nr = r->nr / r->count;
	const struct trial *t;

	for (; nr; nr--) {
		t = campaign_try(c, r);
		if (!t->inside)
			return false;
		memset(r->map + (t->window - r->start), PAGE_BLOCKED, r->count);
	}
	return true;
}

static void test_place_cut(void)
{
	static struct request r = {
		.start = AREA_START,
		.nr = AREA_PAGES,
		.align = 1,
		.scale = 1,
		.split_cost = SPLIT_COST,
	};
	struct campaign c = { .name = "an area cut into pieces" };
	unsigned int i, nr_fit = 0;

	for (i = 0; i < NR_CUTS; i++) {
		random_area(&r);
		r.looks = i % 2 ? LOOKS : 0;
		r.count = random_between(400, 4000);
		nr_fit += all_pieces_fit(&c, &r);
	}
	tap_result(nr_fit == NR_CUTS, "%s: to its last page, if they are of one size", c.name);
	if (nr_fit < NR_CUTS)
		tap_note("in %u of %u areas", nr_fit, NR_CUTS);
	campaign_report(&c);
}

static void test_place_sizes(void)
{
	static struct request r = {
		.start = AREA_START,
		.nr = AREA_PAGES,
		.align = ALIGNMENT,
		.scale = 1,
		.split_cost = SPLIT_COST,
	};
	struct campaign c = { .name = "windows held together" };
	unsigned int i, nr_fit = 0;

	for (i = 0; i < NR_LAYOUTS; i++) {
		random_area(&r);
		r.looks = i % 2 ? LOOKS : 0;
		nr_fit += all_fit(&c, &r);
	}
	tap_result(nr_fit == NR_LAYOUTS, "%s: small ones leave room for large ones", c.name);
	if (nr_fit < NR_LAYOUTS)
		tap_note("in %u of %u areas", nr_fit, NR_LAYOUTS);
	campaign_report(&c);
}

void test_place_fill(unsigned long seed)
{
	random_seed(seed);
	test_place_sizes();
	test_place_cut();
}
