// SPDX-License-Identifier: GPL-2.0
/*
 * What becomes of an area when the page allocator is there: its memory is lent. If it
 * cannot be an area, its memory is ordinary memory, or stays with an owner who has said
 * that nobody else may have it.
 */
#include "area_trace.h"
#include "cma.h"
#include "kernel_model.h"
#include "tap.h"
#include "tests.h"

#define AREA_PAGES	(4 * pageblock_nr_pages)

/**
 * struct activation_case - an area, and how it fares
 * @name: what it proves
 * @beyond: half of it is beyond the zone
 * @no_bitmap: there is no memory for its bitmap
 * @kept: its owner has called cma_reserve_pages_on_error()
 */
static const struct activation_case {
	const char *name;
	bool beyond;
	bool no_bitmap;
	bool kept;
} cases[] = {
	{ "an area is lent", .kept = false },
	{ "an area is lent although its owner would keep it", .kept = true },
	{ "an area without a bitmap is ordinary memory", .no_bitmap = true },
	{ "an area without a bitmap stays reserved if its owner keeps it",
	  .no_bitmap = true, .kept = true },
	{ "an area in more than a zone is ordinary memory", .beyond = true },
	{ "an area in more than a zone stays reserved if its owner keeps it",
	  .beyond = true, .kept = true },
};

static bool is_right(const struct activation_case *c)
{
	struct trace trace = { .base_pfn = ZONE_FIRST_PFN, .nr_pages = AREA_PAGES };
	bool usable = !c->beyond && !c->no_bitmap;
	unsigned long lent = usable ? AREA_PAGES : 0, freed = AREA_PAGES, others;
	struct cma *cma;

	if (c->beyond) {
		freed /= 2;
		trace.base_pfn += ZONE_PAGES - freed;
	}
	if (!usable && c->kept)
		freed = 0;

	cma = area_reserve(&trace);
	if (c->kept)
		cma_reserve_pages_on_error(cma);
	others = zone_page_state(&kernel_zone, NR_FREE_PAGES);
	kernel_fail_nth = c->no_bitmap;
	cma_init_reserved_areas_initcall();
	kernel_fail_nth = 0;

	return zone_page_state(&kernel_zone, NR_FREE_PAGES) == others + freed &&
	       zone_page_state(&kernel_zone, NR_FREE_CMA_PAGES) == lent &&
	       cma->active == usable && totalcma_pages == lent &&
	       cma_get_size(cma) == lent << PAGE_SHIFT &&
	       usable == !kernel_nr_said && !kernel_nr_warned;
}

void test_activation_cases(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		tap_result(is_right(&cases[i]), "%s", cases[i].name);
}
