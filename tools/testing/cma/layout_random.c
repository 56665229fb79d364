// SPDX-License-Identifier: GPL-2.0
/*
 * Random requests.  Layouts are made of runs, as memory is; a window is cleared
 * in half of them, so that large requests fit now and then, and tightly.
 */
#include <limits.h>
#include <string.h>
#include <linux/minmax.h>
#include <linux/types.h>

#include "layout.h"
#include "random.h"

/* Ranges are short, for many of them; one in so many is up to LAYOUT_MAX. */
#define SHORT_RANGE	600
#define LONG_ONE_IN	200

static unsigned long random_start(unsigned long nr)
{
	switch (random_below(4)) {
	case 0:
		return random_below(2 * nr + 1);
	case 1: /* 1 GiB, where RAM starts on many an ARM board */
		return (1UL << 18) + random_below(2 * nr + 1);
	case 2: /* the sign bit: more than any machine has, and some of it beyond */
		return ULONG_MAX / 2 - random_below(2 * nr + 1);
	default:
		return random_size(ULONG_MAX / 2);
	}
}

static unsigned long random_count(unsigned long nr)
{
	if (random_one_in(50))
		return ULONG_MAX - random_below(2 * nr + 1);
	if (random_one_in(10))
		return max(nr + random_below(2), 1UL);
	return random_size(nr + 1);
}

static unsigned long random_align(unsigned long nr)
{
	unsigned long align = 1;

	if (random_one_in(50))
		return 1UL << random_below(BITS_PER_LONG - 1);
	while (align < 2 * nr && !random_one_in(3))
		align *= 2;
	return align;
}

static unsigned long random_split_cost(unsigned long scale)
{
	switch (random_below(5)) {
	case 0:
		return 0;
	case 1:
		return 1;
	case 2: /* the kernel's own, if 8 is what copying a page costs */
		return 16;
	case 3:
		return REQUEST_MAX_SPLIT * scale;
	default:
		return random_size(REQUEST_MAX_SPLIT) * scale;
	}
}

static unsigned long random_looks(void)
{
	switch (random_below(3)) {
	case 0:
		return 0;
	case 1: /* the kernel's own */
		return 4;
	default:
		return random_size(64);
	}
}

static char random_page(unsigned long free_percent, unsigned long blocked_percent)
{
	unsigned long percent = random_below(100);

	if (percent < blocked_percent)
		return PAGE_BLOCKED;
	if (percent < blocked_percent + free_percent)
		return PAGE_FREE;
	return PAGE_CHEAPEST + random_size(PAGE_DEAREST - PAGE_CHEAPEST + 1) - 1;
}

static void fill_map(struct request *r)
{
	static const unsigned char percents[] = { 0, 1, 5, 20, 40 };
	unsigned long blocked_percent = percents[random_below(sizeof(percents))];
	unsigned long free_percent = random_below(100 - blocked_percent + 1);
	unsigned long longest = random_size(r->nr + 1);
	unsigned long i, run;

	for (i = 0; i < r->nr; i += run) {
		run = min(random_size(longest), r->nr - i);
		memset(r->map + i, random_page(free_percent, blocked_percent), run);
	}
}

/* Make room for a window somewhere, not necessarily aligned. */
static void clear_window(struct request *r)
{
	unsigned long first = random_below(r->nr - r->count + 1);
	unsigned long slack = random_size(r->align);
	unsigned long i;

	for (i = first; i < r->nr && i - first < r->count + slack - 1; i++)
		if (r->map[i] == PAGE_BLOCKED)
			r->map[i] = random_page(50, 0);
}

void request_random(struct request *r)
{
	r->nr = random_one_in(LONG_ONE_IN) ? random_size(LAYOUT_MAX) : random_size(SHORT_RANGE);
	if (random_one_in(500))
		r->nr = 0;
	r->start = random_start(r->nr);
	r->count = random_count(r->nr);
	r->align = random_align(r->nr);
	r->scale = random_one_in(2) ? 1 : 1UL << random_below(BITS_PER_LONG - REQUEST_COST_BITS);
	r->split_cost = random_split_cost(r->scale);
	r->looks = random_looks();
	r->report = random_below(NR_REPORTS);
	fill_map(r);
	if (r->count <= r->nr && random_one_in(2))
		clear_window(r);
}
