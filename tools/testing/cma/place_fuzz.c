// SPDX-License-Identifier: GPL-2.0
/*
 * Placement under libFuzzer: the input is a request.  The first bytes are its
 * numbers, every other one is a page.
 */
#include <stdlib.h>
#include <string.h>
#include <linux/minmax.h>
#include <linux/types.h>

#include "fuzz.h"
#include "place_trial.h"
#include "tap.h"

/**
 * struct header - the numbers of a request, in fewer bits
 * @start: the lowest ones of its first pfn
 * @count: pages in a window
 * @split: what a page of room costs that is cut off, in pages 'a'
 * @align: as an order
 * @scale: as an order
 * @report: how blockers are named
 * @looks: looks that can be had for a cost of 1
 * @base: the highest ones of its first pfn
 */
struct header {
	u16 start;
	u16 count;
	u16 split;
	u8 align;
	u8 scale;
	u8 report;
	u8 looks;
	u8 base;
};

static char fuzz_page(u8 byte)
{
	static const char pages[] = { PAGE_FREE, PAGE_CHEAPEST, PAGE_CHEAPEST + 1,
				      PAGE_DEAREST, PAGE_BLOCKED };

	return pages[byte % sizeof(pages)];
}

int cma_fuzz(const u8 *data, size_t size)
{
	static struct request r;
	const struct trial *t;
	struct header h;
	unsigned long i;

	if (size < sizeof(h))
		return 0;
	memcpy(&h, data, sizeof(h));
	data += sizeof(h);

	r.start = ((unsigned long)(h.base & 0x7f) << (BITS_PER_LONG - 8)) + h.start;
	r.count = h.count ? h.count : 1;
	r.align = 1UL << h.align % BITS_PER_LONG;
	r.scale = 1UL << h.scale % (BITS_PER_LONG - REQUEST_COST_BITS);
	r.split_cost = h.split % (REQUEST_MAX_SPLIT + 1) * r.scale;
	r.report = h.report % NR_REPORTS;
	r.looks = h.looks;
	r.nr = min(size - sizeof(h), (size_t)LAYOUT_MAX);
	for (i = 0; i < r.nr; i++)
		r.map[i] = fuzz_page(data[i]);

	t = trial_run(&r);
	for (i = 0; i < NR_PROPERTIES; i++) {
		if (properties[i].holds(t))
			continue;
		tap_note("it is not true that %s", properties[i].sentence);
		tap_note("%s", request_text(&r));
		abort();
	}
	return 0;
}
