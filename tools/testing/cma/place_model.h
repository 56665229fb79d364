/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What placement promises, found by trying every window.
 */
#ifndef _CMA_TEST_PLACE_MODEL_H
#define _CMA_TEST_PLACE_MODEL_H

#include <stdbool.h>

#include "layout.h"

/**
 * struct verdict - the answer to a request
 * @exists: there is a window without a blocker
 * @window: the one to take
 * @cost_bound: what the one taken may cost at most
 * @granule: how far apart the windows compared are
 *
 * Not all windows are compared.  Those that are, in every stretch without a
 * blocker: its first aligned one, and from there on one every granule.  So
 * whatever window costs least, one that starts less than a granule in front of
 * it, in the same stretch, is compared as well: taking that costs at most what
 * the pages between their starts cost in addition.  @cost_bound is derived from
 * that and from the granule's upper limit alone, @window from its exact size.
 */
struct verdict {
	bool exists;
	unsigned long window;
	unsigned long cost_bound;
	unsigned long granule;
};

struct verdict model_place(const struct request *r);

/* Of pages of the request that model_place() was last given */
bool model_blocked(unsigned long pfn, unsigned long nr);
unsigned long model_cost(unsigned long pfn, unsigned long nr);

#endif /* _CMA_TEST_PLACE_MODEL_H */
