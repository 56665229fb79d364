/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Many searches, one result for each property.
 */
#ifndef _CMA_TEST_CAMPAIGN_H
#define _CMA_TEST_CAMPAIGN_H

#include "place_trial.h"

/**
 * struct campaign - many searches
 * @name: what they have in common
 * @trials: how many
 * @found: how many of them found a window
 * @coarse: how many of these compared windows further apart than the alignment
 * @early: how many of these took one that costs something, to save looking on
 * @failing: for each property, the first request that broke it, as small as
 *	it could be made, in words; or NULL
 */
struct campaign {
	const char *name;
	unsigned long trials;
	unsigned long found;
	unsigned long coarse;
	unsigned long early;
	char *failing[NR_PROPERTIES];
};

const struct trial *campaign_try(struct campaign *c, const struct request *r);
void campaign_report(struct campaign *c);

#endif /* _CMA_TEST_CAMPAIGN_H */
