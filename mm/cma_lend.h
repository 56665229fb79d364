/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lending: which requests may have free pages of contiguous areas, and when
 * they are served from there rather than from the rest of the zone.
 */
#ifndef _MM_CMA_LEND_H
#define _MM_CMA_LEND_H

#include <linux/gfp.h>
#include <linux/mmzone.h>
#include <linux/vmstat.h>

#include "internal.h"

/* Only what can move out again when the area wants its pages back. */
static inline unsigned int alloc_flags_lent(gfp_t gfp)
{
	if (IS_ENABLED(CONFIG_CMA) && gfp_migratetype(gfp) == MIGRATE_MOVABLE)
		return ALLOC_CMA;
	return 0;
}

/* Free pages that a request without ALLOC_CMA has to do without. */
static inline long lent_pages_barred(struct zone *zone, unsigned int alloc_flags)
{
	if (!IS_ENABLED(CONFIG_CMA) || (alloc_flags & ALLOC_CMA))
		return 0;
	return zone_page_state(zone, NR_FREE_CMA_PAGES);
}

/*
 * Does the next page for a movable request come from an area?
 *
 * Both sides of the zone fill in proportion to their size: then unmovable
 * requests, which can use one side only, do not run dry while an area idles.
 */
static inline bool zone_lends_first(struct zone *zone, unsigned int alloc_flags)
{
	u64 lent_free, rest_free, lent_size, rest_size;

	if (!IS_ENABLED(CONFIG_CMA) || !(alloc_flags & ALLOC_CMA) ||
	    !zone_cma_pages(zone))
		return false;

	lent_size = zone_cma_pages(zone);
	rest_size = zone_managed_pages(zone) - lent_size;
	lent_free = zone_page_state(zone, NR_FREE_CMA_PAGES);
	rest_free = zone_page_state(zone, NR_FREE_PAGES) - lent_free;

	return lent_free * rest_size > rest_free * lent_size;
}

#endif /* _MM_CMA_LEND_H */
