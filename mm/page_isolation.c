// SPDX-License-Identifier: GPL-2.0
/*
 * Pageblocks out of service: free pages in them stay free, and nobody gets
 * them.
 *
 * An isolated pageblock has the type MIGRATE_ISOLATE, which no allocation
 * looks at.  Pages that are freed into it join it.  Two kinds of user:
 *
 *  - contig_range.c isolates what is in the way of a range while it empties
 *    it.  Its ranges may meet inside a pageblock, so holds are counted.
 *  - Memory hotplug isolates whole memory blocks for good.  It must be alone:
 *    what it finds isolated already is refused, and what it has isolated
 *    cannot be held by anyone else.
 *
 * A pageblock's type, the free list its pages are on and the list of holds
 * change together under zone->lock, which is taken for one pageblock at a
 * time.
 */
#define pr_fmt(fmt) "page_isolation: " fmt

#include <linux/cma_fail.h>
#include <linux/hugetlb.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/page-isolation.h>
#include <linux/pagevec.h>
#include <linux/vmstat.h>

#include "internal.h"

#define CREATE_TRACE_POINTS
#include <trace/events/page_isolation.h>

/**
 * buddy_give_run() - free pages that nobody refers to, in large blocks
 * @zone: their zone
 * @pfn: the first; all are prepared for being free
 * @end: pfn behind the last
 *
 * Context: zone->lock held.
 *
 * Since: 6.12
 */
void buddy_give_run(struct zone *zone, unsigned long pfn, unsigned long end)
{
	lockdep_assert_held(&zone->lock);

	while (pfn < end) {
		unsigned int order = buddy_order_fitting(pfn, end);

		buddy_give_block(zone, pfn_to_page(pfn), order);
		pfn += 1UL << order;
	}
}

/**
 * free_isolated_run() - free folios that lie side by side as if they were one
 * @folios: prepared for being free, each with its order in its private field
 * @first: index of the first, which is in an isolated pageblock
 *
 * Ends with the pageblock.
 *
 * Context: Any that may take zone->lock.
 * Return: how many folios there were.
 *
 * Since: 6.12
 */
int free_isolated_run(struct folio_batch *folios, int first)
{
	unsigned long pfn = folio_pfn(folios->folios[first]), end = pfn, flags;
	struct zone *zone = folio_zone(folios->folios[first]);
	int i = first;

	do {
		struct folio *folio = folios->folios[i++];

		end += 1UL << (unsigned long)folio->private;
		folio->private = NULL;
	} while (i < folios->nr && !pageblock_aligned(end) &&
		 folio_pfn(folios->folios[i]) == end);

	__count_vm_events(PGFREE, end - pfn);
	spin_lock_irqsave(&zone->lock, flags);
	buddy_give_run(zone, pfn, end);
	spin_unlock_irqrestore(&zone->lock, flags);
	return i - first;
}

/*
 * The free block of pageblock order or more that @pfn's pageblock is all or a
 * part of; NULL if there is none.
 */
static struct page *free_block_around(unsigned long pfn)
{
	unsigned int order;

	for (order = pageblock_order; order <= MAX_PAGE_ORDER; order++) {
		struct page *page = pfn_to_page(round_down(pfn, 1UL << order));

		if (PageBuddy(page) && buddy_order(page) >= order)
			return page;
	}
	return NULL;
}

/*
 * Give the pageblock at @pfn another type, and its free pages the list that
 * goes with it.
 *
 * A free block that reaches beyond the pageblock has to be cut at its border,
 * and one that fills it may merge with a neighbour that it now matches: the
 * buddy allocator does both if the block passes through its hands.
 */
static void change_pageblock_type(struct zone *zone, unsigned long pfn,
				  int old_mt, int new_mt)
{
	struct page *block;
	unsigned int order;

	lockdep_assert_held(&zone->lock);

	block = free_block_around(pfn);
	if (!block) {
		buddy_move_pageblock(zone, pfn, old_mt, new_mt);
		return;
	}
	order = buddy_order(block);
	buddy_take_block(zone, block, order);
	set_pageblock_migratetype(pfn_to_page(pfn), new_mt);
	buddy_give_block(zone, block, order);
}

/* Pages that firmware has not handed over yet cannot be told apart: take them. */
static void accept_pages_around(unsigned long pfn)
{
	struct page *page = pfn_to_page(round_down(pfn, MAX_ORDER_NR_PAGES));

	if (PageUnaccepted(page))
		accept_page(page);
}

static void isolate_pageblock(struct zone *zone, unsigned long pfn)
{
	int mt = get_pageblock_migratetype(pfn_to_page(pfn));

	change_pageblock_type(zone, pfn, mt, MIGRATE_ISOLATE);
	zone->nr_isolate_pageblock++;
}

static void unisolate_pageblock(struct zone *zone, unsigned long pfn, int mt)
{
	change_pageblock_type(zone, pfn, MIGRATE_ISOLATE, mt);
	zone->nr_isolate_pageblock--;
}

/* Does a hold other than @self cover the pageblock at @pfn? */
static bool held_by_others(const struct zone *zone, unsigned long pfn,
			   const struct pageblock_hold *self)
{
	const struct pageblock_hold *hold;

	lockdep_assert_held(&zone->lock);

	for (hold = zone->pageblock_holds; hold; hold = hold->next) {
		if (hold != self && hold->start_pfn <= pfn &&
		    pfn < hold->end_pfn)
			return true;
	}
	return false;
}

/* A page that offlining can leave where it is. */
static bool may_stay_offline(const struct page *page)
{
	/* Its driver lets go of it in its MEM_GOING_OFFLINE notifier. */
	return PageHWPoison(page) || PageOffline(page);
}

static bool hugetlb_folio_moves(struct folio *folio)
{
	/* The folio may be freed under us: its hstate comes from its size. */
	struct hstate *h = size_to_hstate(folio_size(folio));

	return h && hugepage_migration_supported(h);
}

/* Is it about to be on an LRU list? Who takes a range has it drained to there. */
static bool is_on_its_way(const struct page *page)
{
	return READ_ONCE(page->mapping) && !page_has_type(page);
}

/*
 * Would migration have a chance with the allocated page at @pfn?  Tells too
 * how many pages that answer is for.
 */
static bool page_may_move(struct page *page, unsigned long pfn, int flags,
			  unsigned long *nr)
{
	struct folio *folio = page_folio(page);

	*nr = 1;
	if (PageReserved(page))
		return false;
	if (zone_idx(page_zone(page)) == ZONE_MOVABLE)
		return true;
	if (PageHuge(page) || PageTransCompound(page)) {
		*nr = folio_pfn(folio) + folio_nr_pages(folio) - pfn;
		if (folio_test_hugetlb(folio))
			return hugetlb_folio_moves(folio);
		if (folio_test_lru(folio) || __folio_test_movable(folio))
			return true;
		return !(flags & MEMORY_OFFLINE) && is_on_its_way(&folio->page);
	}
	/* Free, or on its way there or back: it will show itself later. */
	if (!page_ref_count(page))
		return true;
	if (PageLRU(page) || __PageMovable(page))
		return true;
	if (flags & MEMORY_OFFLINE)
		return may_stay_offline(page);
	return is_on_its_way(page);
}

/*
 * The first page in [@start, @end), within one pageblock, that cannot move.
 * Stable against allocation with zone->lock held.
 */
static struct page *first_unmovable_page(unsigned long start, unsigned long end,
					 int migratetype, int flags)
{
	unsigned long pfn, nr;

	/* Lent pages go back to their area, nowhere else. */
	if (is_migrate_cma_page(pfn_to_page(start)) &&
	    !is_migrate_cma(migratetype))
		return pfn_to_page(start);

	for (pfn = start; pfn < end; pfn += nr) {
		struct page *page = pfn_to_page(pfn);

		if (PageBuddy(page))
			nr = 1UL << buddy_order(page);
		else if (!page_may_move(page, pfn, flags, &nr))
			return page;
	}
	return NULL;
}

/**
 * pageblock_holder() - who keeps a pageblock isolated?
 * @zone: its zone
 * @pfn: first pfn of the pageblock
 *
 * Context: zone->lock held.
 * Return: one of the holds that cover it, or NULL.
 *
 * Since: 6.12
 */
const struct pageblock_hold *pageblock_holder(const struct zone *zone,
					      unsigned long pfn)
{
	const struct pageblock_hold *hold;

	lockdep_assert_held(&zone->lock);

	for (hold = zone->pageblock_holds; hold; hold = hold->next) {
		if (hold->start_pfn <= pfn && pfn < hold->end_pfn)
			return hold;
	}
	return NULL;
}

/**
 * pageblock_serves() - may free pages of a pageblock be taken for a range?
 * @zone: its zone
 * @pfn: first pfn of the pageblock
 * @migratetype: of the range
 *
 * A lent pageblock serves its area only, and an isolated one only those who
 * hold it; what memory hotplug has isolated serves nobody, nor does what is
 * kept for high-order atomic requests.
 *
 * Context: zone->lock held.
 * Return: true if so.
 *
 * Since: 6.12
 */
bool pageblock_serves(const struct zone *zone, unsigned long pfn,
		      int migratetype)
{
	int mt = get_pageblock_migratetype(pfn_to_page(pfn));
	const struct pageblock_hold *hold;

	lockdep_assert_held(&zone->lock);

	if (!is_migrate_isolate(mt))
		return is_migrate_cma(mt) == is_migrate_cma(migratetype) &&
		       !is_migrate_highatomic(mt);

	hold = pageblock_holder(zone, pfn);
	return hold && hold->migratetype == migratetype;
}

/*
 * Is there a page in [@start, @end), within one pageblock, that makes isolating
 * it pointless? In a lent one there is none: all that is lent can move.
 */
static bool hopeless(unsigned long start, unsigned long end, int migratetype)
{
	return !is_migrate_cma(migratetype) &&
	       first_unmovable_page(start, end, migratetype, 0);
}

/*
 * Extend @hold by the pageblock behind it: isolate that one, or join those
 * who keep it isolated. The range in question is [@start_pfn, @end_pfn).
 */
static int hold_next_pageblock(struct pageblock_hold *hold,
			       unsigned long start_pfn, unsigned long end_pfn)
{
	struct zone *zone = hold->zone;
	unsigned long pfn = hold->end_pfn, end = pfn + pageblock_nr_pages;
	unsigned long flags;
	int err = -EBUSY;

	if (cma_should_fail(CMA_FAIL_ISOLATE, pageblock_nr_pages))
		return err;
	accept_pages_around(pfn);

	spin_lock_irqsave(&zone->lock, flags);
	if (!pageblock_serves(zone, pfn, hold->migratetype) ||
	    hopeless(max(pfn, start_pfn), min(end, end_pfn), hold->migratetype))
		goto unlock;
	if (!is_migrate_isolate_page(pfn_to_page(pfn)))
		isolate_pageblock(zone, pfn);
	hold->end_pfn = end;
	err = 0;
unlock:
	spin_unlock_irqrestore(&zone->lock, flags);
	return err;
}

static void link_hold(struct pageblock_hold *hold)
{
	struct zone *zone = hold->zone;
	unsigned long flags;

	spin_lock_irqsave(&zone->lock, flags);
	hold->next = zone->pageblock_holds;
	zone->pageblock_holds = hold;
	spin_unlock_irqrestore(&zone->lock, flags);
}

static void unlink_hold(struct pageblock_hold *hold)
{
	struct zone *zone = hold->zone;
	struct pageblock_hold **link;
	unsigned long flags;

	spin_lock_irqsave(&zone->lock, flags);
	for (link = &zone->pageblock_holds; *link != hold;)
		link = &(*link)->next;
	*link = hold->next;
	spin_unlock_irqrestore(&zone->lock, flags);
}

/**
 * pageblock_hold_range() - keep a range's pageblocks isolated
 * @hold: the caller's; must live until pageblock_unhold_range()
 * @start_pfn: first pfn, anywhere in its pageblock
 * @end_pfn: pfn behind the last, in the same zone
 * @migratetype: type of the pageblocks once nobody holds them any more; all
 *	who hold a pageblock at a time agree on it
 *
 * Pages on per-CPU lists stay there: who needs them fetches them afterwards.
 *
 * Context: Any. Takes zone->lock, for one pageblock at a time.
 * Return: 0, or -EBUSY if a pageblock does not serve @migratetype, is not
 * entirely the zone's or has a page in the range that cannot move. Nothing
 * is held then, and @hold->start_pfn is the first pfn of that pageblock.
 *
 * Since: 6.12
 */
int pageblock_hold_range(struct pageblock_hold *hold, unsigned long start_pfn,
			 unsigned long end_pfn, int migratetype)
{
	unsigned long start = pageblock_start_pfn(start_pfn);
	unsigned long end = pageblock_align(end_pfn);

	hold->zone = page_zone(pfn_to_page(start_pfn));
	hold->start_pfn = start;
	if (!zone_spans_pfn(hold->zone, start))
		return -EBUSY;
	if (!zone_spans_pfn(hold->zone, end - 1)) {
		hold->start_pfn = end - pageblock_nr_pages;
		return -EBUSY;
	}

	hold->end_pfn = start;
	hold->migratetype = migratetype;
	link_hold(hold);

	while (hold->end_pfn < end) {
		if (hold_next_pageblock(hold, start_pfn, end_pfn)) {
			pageblock_unhold_range(hold);
			return -EBUSY;
		}
	}
	return 0;
}

/**
 * pageblock_unhold_range() - end a hold
 * @hold: from pageblock_hold_range()
 *
 * Pageblocks that nobody else holds go back into service.
 *
 * Context: Any. Takes zone->lock, for one pageblock at a time.
 *
 * Since: 6.12
 */
void pageblock_unhold_range(struct pageblock_hold *hold)
{
	struct zone *zone = hold->zone;
	unsigned long flags;

	while (hold->start_pfn < hold->end_pfn) {
		unsigned long pfn = hold->start_pfn;

		spin_lock_irqsave(&zone->lock, flags);
		hold->start_pfn = pfn + pageblock_nr_pages;
		if (!held_by_others(zone, pfn, hold))
			unisolate_pageblock(zone, pfn, hold->migratetype);
		spin_unlock_irqrestore(&zone->lock, flags);
	}
	unlink_hold(hold);
}

static int isolate_alone(struct zone *zone, unsigned long pfn, int migratetype,
			 int flags)
{
	struct page *blocker = NULL;
	unsigned long irqflags;
	int err = 0;

	accept_pages_around(pfn);

	spin_lock_irqsave(&zone->lock, irqflags);
	if (is_migrate_isolate_page(pfn_to_page(pfn)))
		err = -EBUSY;
	else
		blocker = first_unmovable_page(pfn, pfn + pageblock_nr_pages,
					       migratetype, flags);
	if (blocker)
		err = -EBUSY;
	if (!err)
		isolate_pageblock(zone, pfn);
	spin_unlock_irqrestore(&zone->lock, irqflags);

	/* Printing under zone->lock could need memory for the console. */
	if (blocker && (flags & REPORT_FAILURE))
		dump_page(blocker, "unmovable page");
	return err;
}

/**
 * start_isolate_page_range() - isolate a range and be the only one to
 * @start_pfn: first pfn; rounded down to its pageblock
 * @end_pfn: pfn behind the last; rounded up to a pageblock
 * @migratetype: type the pages count as movable for, and that
 *	undo_isolate_page_range() will be told
 * @flags: MEMORY_OFFLINE, REPORT_FAILURE
 * @gfp_flags: unused: nothing is allocated or moved here
 *
 * Pages that are in use stay so; the caller moves them, and drains the per-CPU
 * lists. The range must not span zones or holes.
 *
 * Context: Any. Takes zone->lock, for one pageblock at a time.
 * Return: 0; -EBUSY if a page cannot move or a pageblock is isolated already.
 * Nothing is isolated then.
 *
 * Since: 6.12
 */
int start_isolate_page_range(unsigned long start_pfn, unsigned long end_pfn,
			     int migratetype, int flags, gfp_t gfp_flags)
{
	struct zone *zone = page_zone(pfn_to_page(start_pfn));
	unsigned long start = pageblock_start_pfn(start_pfn);
	unsigned long end = pageblock_align(end_pfn);
	unsigned long pfn;

	for (pfn = start; pfn < end; pfn += pageblock_nr_pages) {
		if (isolate_alone(zone, pfn, migratetype, flags)) {
			undo_isolate_page_range(start, pfn, migratetype);
			return -EBUSY;
		}
	}
	return 0;
}

/**
 * undo_isolate_page_range() - put a range back into service
 * @start_pfn: as given to start_isolate_page_range()
 * @end_pfn: likewise
 * @migratetype: type of the range's pageblocks from now on
 *
 * Also for memory that was onlined isolated.
 *
 * Context: Any. Takes zone->lock, for one pageblock at a time.
 *
 * Since: 6.12
 */
void undo_isolate_page_range(unsigned long start_pfn, unsigned long end_pfn,
			     int migratetype)
{
	struct zone *zone = page_zone(pfn_to_page(start_pfn));
	unsigned long end = pageblock_align(end_pfn);
	unsigned long flags, pfn;

	for (pfn = pageblock_start_pfn(start_pfn); pfn < end;
	     pfn += pageblock_nr_pages) {
		spin_lock_irqsave(&zone->lock, flags);
		if (is_migrate_isolate_page(pfn_to_page(pfn)))
			unisolate_pageblock(zone, pfn, migratetype);
		spin_unlock_irqrestore(&zone->lock, flags);
	}
}

/*
 * The pfn in [@start, @end) from where on pages are still in use.  None is if
 * that is @end or, where the last free block is a large one, behind it.
 */
static unsigned long first_page_in_use(unsigned long start, unsigned long end,
				       int flags)
{
	unsigned long pfn = start;

	while (pfn < end) {
		struct page *page = pfn_to_page(pfn);

		if (PageBuddy(page))
			pfn += 1UL << buddy_order(page);
		else if ((flags & MEMORY_OFFLINE) &&
			 (PageHWPoison(page) ||
			  (PageOffline(page) && !page_count(page))))
			pfn++;
		else
			break;
	}
	return pfn;
}

/**
 * test_pages_isolated() - has an isolated range become free?
 * @start_pfn: first pfn, of a range that the caller has isolated
 * @end_pfn: pfn behind the last
 * @isol_flags: MEMORY_OFFLINE: pages that offlining may leave do not count
 *
 * Context: May sleep: waits for hugetlb folios that are being freed.
 * Return: 0 if no page is in use or on a per-CPU list, -EBUSY otherwise.
 *
 * Since: 6.12
 */
int test_pages_isolated(unsigned long start_pfn, unsigned long end_pfn,
			int isol_flags)
{
	struct zone *zone = page_zone(pfn_to_page(start_pfn));
	unsigned long flags, in_use = start_pfn;

	wait_for_freed_hugetlb_folios();

	while (in_use < end_pfn) {
		unsigned long stop = min(pageblock_end_pfn(in_use), end_pfn);

		spin_lock_irqsave(&zone->lock, flags);
		in_use = first_page_in_use(in_use, stop, isol_flags);
		spin_unlock_irqrestore(&zone->lock, flags);
		if (in_use < stop)
			break;
	}
	trace_test_pages_isolated(start_pfn, end_pfn, in_use);
	return in_use < end_pfn ? -EBUSY : 0;
}
