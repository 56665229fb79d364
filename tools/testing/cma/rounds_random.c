// SPDX-License-Identifier: GPL-2.0
/*
 * Random rounds: over random layouts, with pages among them that will not move,
 * fewer and more than can be remembered.
 */
#include <linux/array_size.h>

#include "cma_stuck.h"
#include "random.h"
#include "rounds_trial.h"

/* Few in one half of the layouts, and no more than this in the other. */
#define FEW_STUCK	8
#define MANY_STUCK	(3 * CMA_NR_STUCK / 2)
#define MANY_OLD	(3 * CMA_NR_STUCK / 2)
#define MANY_RACED	4

static s64 random_ns(void)
{
	static const s64 times[] = { 0, 1, CMA_STUCK_NS / 2, CMA_STUCK_NS - 1, CMA_STUCK_NS };

	return times[random_below(ARRAY_SIZE(times))];
}

/* Pages that move until someone tries; and some that others own. */
static void change_pages(struct request *r)
{
	unsigned int nr = random_below(random_one_in(2) ? FEW_STUCK : MANY_STUCK);
	unsigned int nr_claimed = random_below(4);
	char *page;

	for (; r->nr && nr; nr--) {
		page = &r->map[random_below(r->nr)];
		if (*page == PAGE_FREE)
			*page = PAGE_STUCK;
		else if (*page >= PAGE_CHEAPEST && *page <= PAGE_DEAREST)
			*page += PAGE_STUCK - PAGE_CHEAPEST;
	}
	for (; r->nr && nr_claimed; nr_claimed--)
		r->map[random_below(r->nr)] = PAGE_CLAIMED;
}

void rounds_random(struct rounds *how, struct request *r)
{
	request_random(r);
	change_pages(r);
	how->request = r;
	how->meets_last = random_one_in(2);
	how->nr_raced = random_one_in(4) ? random_below(MANY_RACED + 1) : 0;
	how->nr_old = random_one_in(2) ? random_below(MANY_OLD + 1) : 0;
	how->age = random_ns() + 1;
	how->tick = random_below(2);
	/*
	 * If the clock stands still between rounds, what both have met counts
	 * as met by the second: together that may be more than can be remembered.
	 */
	how->pause = random_ns() + 1;
}
