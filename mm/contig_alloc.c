// SPDX-License-Identifier: GPL-2.0
/*
 * Contiguous ranges of pages for anyone: a given range, one that is looked for
 * in the zones, and the way back for both and for what areas hand out.
 *
 * Contiguous areas are left alone here: their ranges are to be had in cma.c.
 */
#include <linux/alloc_tag.h>
#include <linux/export.h>
#include <linux/gfp.h>
#include <linux/ktime.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/vmstat.h>

#include "cma_place.h"
#include "contig.h"
#include "internal.h"

/* What says where memory should come from, when the range says it already. */
#define CONTIG_GFP_IGNORED	(GFP_ZONEMASK | __GFP_MOVABLE | \
				 __GFP_RECLAIMABLE | __GFP_WRITE | \
				 __GFP_HARDWALL | __GFP_THISNODE | \
				 __GFP_NOMEMALLOC)

/* Is there memory all over a range, and of one zone? It may have holes. */
static bool is_in_one_zone(unsigned long start, unsigned long end)
{
	struct page *first = pfn_to_online_page(start), *page;
	unsigned long pfn;

	if (!first)
		return false;
	for (pfn = start; pfn < end; pfn = pageblock_end_pfn(pfn)) {
		page = pfn_to_online_page(pfn);
		if (!page || page_zone(page) != page_zone(first))
			return false;
	}
	page = pfn_to_online_page(end - 1);
	return page && page_zone(page) == page_zone(first);
}

/* A request by a caller who knows its range, checked. */
static int init_request(struct contig_request *req, unsigned long start,
			unsigned long end, gfp_t gfp)
{
	*req = (struct contig_request) {
		.start_pfn = start,
		.end_pfn = end,
		.migratetype = MIGRATE_MOVABLE,
		.gfp = current_gfp_context(gfp & ~CONTIG_GFP_IGNORED),
		.deadline = KTIME_MAX,
	};

	if (req->gfp & ~CONTIG_GFP_MASK)
		return -EINVAL;
	if (start >= end || !is_in_one_zone(start, end))
		return -EINVAL;
	if ((req->gfp & __GFP_COMP) && (!is_power_of_2(end - start) ||
					!IS_ALIGNED(start, end - start)))
		return -EINVAL;
	return 0;
}

/**
 * alloc_contig_range() - take a given range of pages
 * @start: first pfn
 * @end: pfn behind the last; no alignment asked for, but all pageblocks that it is in
 *	have to be in one zone as a whole
 * @migratetype: MIGRATE_MOVABLE: what the pageblocks become, which are isolated
 *	meanwhile. Ranges of a contiguous area are not to be had here.
 * @gfp_mask: reclaim, __GFP_COMP, zeroing and retry flags. __GFP_COMP makes
 *	the range one compound page; it must be an aligned power of two then.
 *
 * Freed with free_contig_range(), also in parts, unless it is compound.
 *
 * Context: May sleep. No locks held.
 * Return: 0; -EBUSY if something in the range does not move, or a pageblock that it
 * is in is only partly in the zone: try another;
 * -ENOMEM if there is no room elsewhere for what has to move; -EINTR for
 * a fatal signal; -EINVAL for flags that make no sense, or a range that is not all
 * memory of one zone.
 *
 * Since: 6.12
 */
int alloc_contig_range_noprof(unsigned long start, unsigned long end,
			      unsigned int migratetype, gfp_t gfp_mask)
{
	struct contig_request req;
	int err = init_request(&req, start, end, gfp_mask);

	if (err || migratetype != MIGRATE_MOVABLE)
		return -EINVAL;
	return contig_take(&req);
}
EXPORT_SYMBOL(alloc_contig_range_noprof);

/* Windows tried in a zone before it is given up. */
#define ZONE_TRIES	16

/**
 * struct zone_search - looking for a range in a zone
 * @survey: how to look at pages
 * @nr_stuck: windows tried in vain
 * @stuck: the page that was in the way of each
 */
struct zone_search {
	struct contig_survey survey;
	unsigned int nr_stuck;
	unsigned long stuck[ZONE_TRIES];
};

static struct cma_piece survey_zone_piece(void *data, unsigned long pfn,
					  unsigned long nr)
{
	struct zone_search *search = data;
	struct cma_piece piece = { };
	unsigned int i;

	cond_resched();
	for (i = 0; i < search->nr_stuck; i++) {
		if (search->stuck[i] - pfn < nr) {
			piece.blocked = true;
			piece.blocker = search->stuck[i];
			return piece;
		}
	}
	return contig_survey_piece(&search->survey, pfn, nr);
}

/* Windows of a zone that the survey finds no fault with, until one is taken. */
static struct page *alloc_contig_in_zone(struct zone *zone,
					 unsigned long nr_pages, gfp_t gfp)
{
	struct zone_search search = { };
	struct cma_place place = {
		.start = zone->zone_start_pfn,
		.end = zone_end_pfn(zone),
		.count = nr_pages,
		.align = is_power_of_2(nr_pages) ? nr_pages : 1,
		.looks = CONTIG_LOOKS,
		.survey = survey_zone_piece,
		.data = &search,
	};
	struct contig_request req;
	unsigned long pfn;
	int err;

	contig_survey_init(&search.survey, zone, MIGRATE_MOVABLE, gfp);
	while (search.nr_stuck < ZONE_TRIES && cma_place_window(&place, &pfn)) {
		err = init_request(&req, pfn, pfn + nr_pages, gfp);
		if (!err)
			err = contig_take(&req);
		if (!err)
			return pfn_to_page(pfn);
		if (err != -EBUSY)
			break;
		search.stuck[search.nr_stuck++] = req.blocker;
	}
	return NULL;
}

/**
 * alloc_contig_pages() - find and take a contiguous range of pages
 * @nr_pages: how many, not necessarily a power of two
 * @gfp_mask: which zones, and as for alloc_contig_range()
 * @nid: preferred node
 * @nodemask: nodes allowed, or NULL
 *
 * A power of two is aligned to its size. Contiguous areas are left alone.
 * Freed with free_contig_range(), or with __GFP_COMP by dropping the reference.
 *
 * Context: May sleep. No locks held.
 * Return: the first page, or NULL.
 *
 * Since: 6.12
 */
struct page *alloc_contig_pages_noprof(unsigned long nr_pages, gfp_t gfp_mask,
				       int nid, nodemask_t *nodemask)
{
	struct zonelist *zonelist = node_zonelist(nid, gfp_mask);
	struct zoneref *z;
	struct zone *zone;

	for_each_zone_zonelist_nodemask(zone, z, zonelist, gfp_zone(gfp_mask),
					nodemask) {
		struct page *page = alloc_contig_in_zone(zone, nr_pages,
							 gfp_mask);

		if (page)
			return page;
	}
	return NULL;
}

/* Free a block of pages that lost their last reference, if it is fit to be used. */
static bool free_block(struct zone *zone, struct page *page, unsigned int order)
{
	unsigned long flags;

	if (!free_pages_prepare(page, order))
		return false;
	spin_lock_irqsave(&zone->lock, flags);
	buddy_give_block(zone, page, order);
	spin_unlock_irqrestore(&zone->lock, flags);
	return true;
}

/* Free pages that lost their last reference, in the largest blocks. */
static void free_span(unsigned long pfn, unsigned long end)
{
	struct zone *zone = page_zone(pfn_to_page(pfn));
	unsigned long stop;

	count_vm_events(PGFREE, end - pfn);
	for (; pfn < end; pfn = stop) {
		/* Allocation profiling has tagged each page for itself. */
		unsigned int order = mem_alloc_profiling_enabled() ? 0 :
				     buddy_order_fitting(pfn, end);

		stop = pfn + (1UL << order);
		if (free_block(zone, pfn_to_page(pfn), order) || !order)
			continue;
		/* One page's fault, which has been reported; the others are fine. */
		for (; pfn < stop; pfn++)
			free_block(zone, pfn_to_page(pfn), 0);
	}
}

/* put_page_testzero() for who sees to the barriers, once for many pages. */
static bool put_page_relaxed(struct page *page)
{
	bool last;

	VM_WARN_ON_ONCE_PAGE(page_ref_count(page) == 0, page);
	last = !atomic_dec_return_relaxed(&page->_refcount);
	if (page_ref_tracepoint_active(page_ref_mod_and_test))
		__page_ref_mod_and_test(page, -1, last);
	return last;
}

/*
 * Drop a reference to each page of a run, which lies in one pageblock, up to the
 * first that must not go with the others: one that is poisoned, which has to be
 * seen to be so when it is freed, or that somebody else still refers to.
 *
 * Return how many went, and in *@last whether that page has no references either.
 */
static unsigned long put_run(struct page *page, unsigned long nr, bool *last)
{
	struct page *first = page, *end = page + nr;

	/* What was done to the pages comes before whoever else frees one, ... */
	smp_mb__before_atomic();
	for (; page < end; page++) {
		bool poisoned = PageHWPoison(page);

		*last = put_page_relaxed(page);
		if (poisoned || !*last)
			break;
	}
	/* ... and what others did to them before we do. */
	smp_mb__after_atomic();
	return page - first;
}

/**
 * free_contig_range() - give a range back
 * @pfn: first pfn, of pages from alloc_contig_range() or alloc_contig_pages()
 * @nr_pages: how many of them; a part of what was allocated is fine unless it
 *	is a compound page
 *
 * The range goes to the buddy allocator in blocks as large as possible,
 * around the per-CPU lists. A page that someone else still refers to is left
 * to that one to free, with a warning.
 *
 * Context: Any that may take zone->lock with interrupts disabled.
 *
 * Since: 6.12
 */
void free_contig_range(unsigned long pfn, unsigned long nr_pages)
{
	unsigned long end = pfn + nr_pages, in_use = 0;

	if (PageHead(pfn_to_page(pfn))) {
		struct folio *folio = pfn_folio(pfn);

		if (!WARN_ON_ONCE(folio_nr_pages(folio) != nr_pages))
			folio_put(folio);
		return;
	}

	while (pfn < end) {
		unsigned long stop = min(pageblock_end_pfn(pfn), end);
		unsigned long run;
		bool last;

		run = pfn + put_run(pfn_to_page(pfn), stop - pfn, &last);
		if (pfn < run)
			free_span(pfn, run);
		pfn = run;
		if (pfn == stop)
			continue;
		if (last)
			free_span(pfn, pfn + 1);
		else
			in_use++;
		pfn++;
	}
	WARN(in_use, "%lu of %lu pages are still in use\n", in_use, nr_pages);
}
EXPORT_SYMBOL(free_contig_range);
