/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lending: which requests may have free pages of contiguous areas, and when
 * they are served from there rather than from the rest of the zone.
 */
#ifndef _MM_CMA_LEND_H
#define _MM_CMA_LEND_H

#include <linux/gfp.h>
#include <linux/jiffies.h>
#include <linux/mmzone.h>
#include <linux/vmstat.h>

#include "internal.h"

/*
 * Only what can move out again when the area wants its pages back.
 *
 * What is movable, but must not be in high memory (on any machine: that is but a
 * flag), is what the kernel itself reads and writes all the time: the metadata of
 * file systems, in buffers that a journal holds until it is written to its place.
 *
 * Too little memory for mobility grouping: everybody's type is the same, and so
 * are the per-CPU lists, where a lent page would be anybody's.
 */
static inline unsigned int alloc_flags_lent(gfp_t gfp)
{
	const gfp_t lent = __GFP_MOVABLE | __GFP_HIGHMEM;

	return IS_ENABLED(CONFIG_CMA) && (gfp & lent) == lent &&
	       gfp_migratetype(gfp) == MIGRATE_MOVABLE ? ALLOC_CMA : 0;
}

/* Per-CPU lists of movable pages have some that are lent among them. */
static inline bool pcp_suits(const struct zone *zone, int migratetype,
			     unsigned int alloc_flags)
{
	return migratetype != MIGRATE_MOVABLE || (alloc_flags & ALLOC_CMA) ||
	       !zone_cma_pages(zone);
}

/* Free pages that a request without ALLOC_CMA has to do without. */
static inline long lent_pages_barred(struct zone *zone,
				     unsigned int alloc_flags)
{
	if (!IS_ENABLED(CONFIG_CMA) || (alloc_flags & ALLOC_CMA))
		return 0;
	return zone_page_state(zone, NR_FREE_CMA_PAGES);
}

/* For so long after a request or a release, areas expect the next request. */
#define CMA_WANTED_JIFFIES	(10 * HZ)

/**
 * zone_cma_want() - the areas of a zone are in use by those they are for
 * @zone: the zone
 *
 * Context: Any.
 */
static inline void zone_cma_want(struct zone *zone)
{
#ifdef CONFIG_CMA
	/* Never 0, which means that nobody ever was. */
	WRITE_ONCE(zone->cma_wanted_until, (jiffies + CMA_WANTED_JIFFIES) | 1);
#endif
}

static inline bool zone_cma_wanted(const struct zone *zone)
{
#ifdef CONFIG_CMA
	unsigned long until = READ_ONCE(zone->cma_wanted_until);

	/* Not time_before(), which is wrong again half a wrap later. */
	return until && until - jiffies - 1 <= CMA_WANTED_JIFFIES;
#else
	return false;
#endif
}

/*
 * Does the next page for a movable request come from an area?
 *
 * Both sides of the zone fill in proportion to their size: then unmovable
 * requests, which can use one side only, do not run dry while an area idles.
 *
 * Areas that were asked lately are likely to be asked again, for the same
 * buffers as before: what is lent until then has to be moved out each time.
 * They lend only when the rest has no more free than they have as well.
 */
static inline bool zone_lends_first(struct zone *zone, unsigned int alloc_flags)
{
	u64 free, lent_free, rest_free, lent_size, rest_size;

	if (!IS_ENABLED(CONFIG_CMA) || !(alloc_flags & ALLOC_CMA) ||
	    !zone_cma_pages(zone))
		return false;

	lent_size = zone_cma_pages(zone);
	rest_size = zone_managed_pages(zone) - lent_size;
	/* Two counters, each a little behind. */
	lent_free = zone_page_state(zone, NR_FREE_CMA_PAGES);
	free = zone_page_state(zone, NR_FREE_PAGES);
	rest_free = free > lent_free ? free - lent_free : 0;

	if (zone_cma_wanted(zone) && lent_free <= rest_free)
		return false;
	return lent_free * rest_size > rest_free * lent_size;
}

#endif /* _MM_CMA_LEND_H */
