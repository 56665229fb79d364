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
 * @score_bound: what the one taken may cost at most, what it cuts off included
 * @granule: how far apart the windows compared are
 * @end: pfn behind the last window worth looking at; ULONG_MAX if all of them are
 *
 * Not all windows are compared.  Those that are, in every gap: its first one,
 * from there on one every granule, and the last one if room costs anything.  So
 * whatever window costs least, one that starts less than a granule in front of
 * it, in the same gap, is compared as well: taking that costs at most what the
 * pages between their starts cost in addition.  @score_bound is derived from that
 * and from the granule's upper limit alone, @window from its exact size.
 *
 * All but the last are charged for the room left of them.
 *
 * Looking may cost, too: the search ends with the window at which it has cost as
 * much as the best one seen.
 */
struct verdict {
	bool exists;
	unsigned long window;
	unsigned long score_bound;
	unsigned long granule;
	unsigned long end;
};

/**
 * struct model_gap - neighbouring aligned windows without a blocker
 * @first: start of the first one
 * @last: start of the last one; the next is blocked, or not in the range
 */
struct model_gap {
	unsigned long first;
	unsigned long last;
};

struct verdict model_place(const struct request *r, const unsigned long *looked);

/* Of pages of the request that model_place() was last given */
bool model_blocked(unsigned long pfn, unsigned long nr);
unsigned long model_cost(unsigned long pfn, unsigned long nr);
unsigned long model_dearest(void);

/* Of a window of that request that is not blocked */
struct model_gap model_gap(const struct request *r, unsigned long window);
unsigned long model_charge(const struct request *r, unsigned long room);
unsigned long model_cut_off(const struct request *r, unsigned long window);

#endif /* _CMA_TEST_PLACE_MODEL_H */
