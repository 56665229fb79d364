// SPDX-License-Identifier: GPL-2.0
/*
 * An area that fills up: what small windows leave must do for large ones, and if
 * all are looked for only as long as that pays.
 *
 * Each window cuts off no more than half its size, so that those in front of
 * the largest take at most one and a half times their own 3840 pages from the
 * largest gap, and leave 10624 of 16384.
 */
#include <string.h>
#include <linux/array_size.h>
#include <linux/minmax.h>

#include "campaign.h"
#include "random.h"
#include "tap.h"
#include "tests.h"

#define NR_LAYOUTS	2000
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

void test_place_fill(unsigned long seed)
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

	random_seed(seed);
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
