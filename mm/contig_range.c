// SPDX-License-Identifier: GPL-2.0
/*
 * Take a given range of pages out of use, and give it back.
 *
 * The middle of the way of a request:
 *
 *	capture   pageblock by pageblock, what is free comes straight out of
 *		  the buddy allocator, under zone->lock
 *	evacuate  from the first pageblock on that holds something, the rest of
 *		  the range is isolated, so that nothing moves into it; then
 *		  clean cache is dropped, the rest migrated, and each pageblock
 *		  captured as it becomes free
 *	prepare   the pages get their references
 *
 * A range that is free never gets to the second step: it isolates nothing,
 * drains nothing, waits for nothing. If the second step fails, what was
 * captured goes back and every page is in use or free as before, though some
 * may have moved.
 *
 * Nobody else takes the same range meanwhile: cma.c has claimed it, and other
 * callers have it for themselves or lose the race for its free pages, which
 * is decided under zone->lock. Neighbours may share pageblocks, see
 * page_isolation.c.
 *
 * This file sleeps, and holds zone->lock never across more than a pageblock.
 */
#include <linux/alloc_tag.h>
#include <linux/export.h>
#include <linux/hugetlb.h>
#include <linux/ktime.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/page-isolation.h>
#include <linux/page_owner.h>
#include <linux/pagemap.h>
#include <linux/pagevec.h>
#include <linux/sched/signal.h>
#include <linux/swap.h>

#include <trace/events/kmem.h>

#include "contig.h"
#include "internal.h"

/* Pages are collected for migration up to this many at a time. */
#define EVACUATE_BATCH	256

/*
 * Looks at a pageblock that should be empty and is not, before giving up. The
 * pages are in someone's hands, on their way to the free lists or back into
 * use, and nothing says when they arrive: from some look on, take a tick.
 */
#define CAPTURE_TRIES	16
#define CAPTURE_SPINS	6

/* The free block that @pfn is in, or NULL. Stable with zone->lock held. */
static struct page *free_block_at(unsigned long pfn)
{
	unsigned int order;

	for (order = 0; order <= MAX_PAGE_ORDER; order++) {
		struct page *page = pfn_to_page(round_down(pfn, 1UL << order));

		if (PageBuddy(page))
			return buddy_order(page) >= order ? page : NULL;
	}
	return NULL;
}

static unsigned long free_block_end(struct page *block)
{
	return page_to_pfn(block) + (1UL << buddy_order(block));
}

/* The largest order that a block at @pfn can have and end by @end. */
static unsigned int order_fitting(unsigned long pfn, unsigned long end)
{
	unsigned int order = min_t(unsigned int, MAX_PAGE_ORDER,
				   ilog2(end - pfn));

	return pfn ? min_t(unsigned int, order, __ffs(pfn)) : order;
}

/* Put pages that nobody refers to on the free lists, as large as they come. */
static void give_span(struct zone *zone, unsigned long pfn, unsigned long end)
{
	lockdep_assert_held(&zone->lock);

	while (pfn < end) {
		unsigned int order = order_fitting(pfn, end);

		buddy_give_block(zone, pfn_to_page(pfn), order);
		pfn += 1UL << order;
	}
}

/* Take the part of a free block that is in [@start, @end) off the free lists. */
static void take_part_of_block(struct zone *zone, struct page *block,
			       unsigned long start, unsigned long end)
{
	unsigned long block_start = page_to_pfn(block);
	unsigned long block_end = free_block_end(block);

	buddy_take_block(zone, block, buddy_order(block));
	if (block_start < start)
		give_span(zone, block_start, start);
	if (end < block_end)
		give_span(zone, end, block_end);
}

/* The first pfn in [@start, @end) that is not free, or one not below @end. */
static unsigned long first_not_free(unsigned long start, unsigned long end)
{
	struct page *block;

	while (start < end) {
		block = free_block_at(start);
		if (!block)
			break;
		start = free_block_end(block);
	}
	return start;
}

/**
 * capture() - take a piece of a pageblock if all of it is free
 * @req: for whom
 * @start: first pfn
 * @end: pfn behind the last, in the same pageblock
 * @busy: where to put the first pfn that is not free
 *
 * The pages are the caller's then, without references.
 *
 * Return: true if they are, false if nothing was taken.
 */
static bool capture(const struct contig_request *req, unsigned long start,
		    unsigned long end, unsigned long *busy)
{
	struct zone *zone = page_zone(pfn_to_page(start));
	unsigned long flags, pfn;
	bool all_free;

	spin_lock_irqsave(&zone->lock, flags);
	*busy = start;
	all_free = pageblock_serves(zone, pageblock_start_pfn(start),
				    req->migratetype);
	if (all_free) {
		*busy = first_not_free(start, end);
		all_free = *busy >= end;
	}
	for (pfn = start; all_free && pfn < end;) {
		struct page *block = free_block_at(pfn);

		pfn = free_block_end(block);
		take_part_of_block(zone, block, start, end);
	}
	spin_unlock_irqrestore(&zone->lock, flags);
	return all_free;
}

/* Give back what was captured and not prepared yet. */
static void uncapture(unsigned long start, unsigned long end)
{
	struct zone *zone = page_zone(pfn_to_page(start));
	unsigned long flags, stop;

	for (; start < end; start = stop) {
		stop = min(pageblock_end_pfn(start), end);
		spin_lock_irqsave(&zone->lock, flags);
		give_span(zone, start, stop);
		spin_unlock_irqrestore(&zone->lock, flags);
	}
}

/* Pages without references that are in no free block wait on per-CPU lists. */
static bool on_pcp_list(unsigned long pfn)
{
	unsigned long nr;

	return contig_page_kind(pfn, &nr) == CONTIG_PCP;
}

static void drain_pcp(struct contig_request *req, struct zone *zone)
{
	drain_all_pages(zone);
	req->pcp_drained = true;
	req->nr_drains++;
}

/**
 * contig_drain_lru() - get folios out of the per-CPU LRU batches
 * @req: for whom; does so for all CPUs at most once
 *
 * The own CPU's batches are where folios used last are most likely to be, and
 * cost next to nothing; those of other CPUs cost a wait for each of them.
 *
 * Context: May sleep.
 */
void contig_drain_lru(struct contig_request *req)
{
	if (req->lru_drained) {
		lru_add_drain();
		return;
	}
	lru_add_drain_all();
	req->lru_drained = true;
	req->nr_drains++;
}

/* A folio may begin before the range; what is in the way is in the range. */
static int blocked_by(struct contig_request *req, unsigned long pfn,
		      enum contig_kind kind)
{
	req->blocker = max(pfn, req->start_pfn);
	req->blocker_kind = kind;
	return -EBUSY;
}

/**
 * struct evacuation - one pageblock's worth of work
 * @req: for whom
 * @to_move: isolated folios on their way
 * @nr_to_move: pages in them
 * @dropped: references to folios that are out of the page cache
 */
struct evacuation {
	struct contig_request *req;
	struct list_head to_move;
	unsigned long nr_to_move;
	struct folio_batch dropped;
};

/**
 * contig_out_of_time() - has a request ended, whatever the pages do?
 * @req: the request
 *
 * Context: Any.
 * Return: 0, -EINTR for a fatal signal, -ETIME behind the deadline.
 */
int contig_out_of_time(const struct contig_request *req)
{
	if (fatal_signal_pending(current))
		return -EINTR;
	if (req->deadline != KTIME_MAX &&
	    ktime_after(ktime_get(), req->deadline))
		return -ETIME;
	return 0;
}

/*
 * Anonymous pages may go to high memory from wherever they are. Of a file's
 * that cannot be said here: its mapping may go away before the folio is locked.
 */
static struct folio *alloc_elsewhere(struct folio *src, unsigned long private)
{
	struct migration_target_control mtc =
		*(struct migration_target_control *)private;

	if (folio_test_anon(src))
		mtc.gfp_mask |= __GFP_HIGHMEM;
	return alloc_migration_target(src, (unsigned long)&mtc);
}

static int migrate_collected(struct evacuation *ev)
{
	struct contig_request *req = ev->req;
	struct migration_target_control mtc = {
		.nid = NUMA_NO_NODE,
		.gfp_mask = __GFP_MOVABLE | __GFP_HARDWALL | __GFP_NOWARN |
			    __GFP_RETRY_MAYFAIL |
			    (req->gfp & (__GFP_RECLAIM | __GFP_IO | __GFP_FS)),
		.reason = MR_CONTIG_RANGE,
	};
	unsigned int nr_moved = 0;
	struct folio *stuck;
	int ret;

	ev->nr_to_move = 0;
	if (list_empty(&ev->to_move))
		return 0;

	/* MIGRATE_SYNC begins without waiting, then waits for what is left. */
	ret = migrate_pages(&ev->to_move, alloc_elsewhere, NULL,
			    (unsigned long)&mtc, MIGRATE_SYNC, MR_CONTIG_RANGE,
			    &nr_moved);
	req->nr_migrated += nr_moved;
	if (!ret)
		return 0;

	stuck = list_first_entry(&ev->to_move, struct folio, lru);
	blocked_by(req, folio_pfn(stuck), CONTIG_HELD);
	putback_movable_pages(&ev->to_move);
	return ret < 0 ? ret : -EBUSY;
}

/* Take a clean folio that we hold a reference to out of the page cache. */
static bool drop_from_cache(struct folio *folio)
{
	bool dropped;

	if (!folio_trylock(folio))
		return false;
	dropped = mapping_evict_folio(folio_mapping(folio), folio);
	folio_unlock(folio);
	return dropped;
}

/*
 * Set a folio that we hold a reference to on its way: drop it, or queue it for
 * migration. Consumes the reference.
 */
static int evacuate_folio(struct evacuation *ev, struct folio *folio)
{
	struct contig_request *req = ev->req;
	unsigned long nr = folio_nr_pages(folio);
	bool mapped = folio_mapped(folio);
	int err = 0;

	if (!folio_test_swapbacked(folio) && !folio_test_dirty(folio) &&
	    folio_test_lru(folio) && !mapped && drop_from_cache(folio)) {
		req->nr_dropped += nr;
		if (!folio_batch_add(&ev->dropped, folio))
			folios_put(&ev->dropped);
		return 0;
	}

	/* Writing back or moving a file's pages may need the caller's locks. */
	if (!contig_may_migrate(req->gfp) ||
	    (!(req->gfp & __GFP_FS) && folio_mapping(folio))) {
		err = blocked_by(req, folio_pfn(folio), CONTIG_MOVABLE);
	} else if (isolate_folio_to_list(folio, &ev->to_move)) {
		ev->nr_to_move += nr;
		if (mapped)
			req->nr_mapped += nr;
	} else {
		err = blocked_by(req, folio_pfn(folio), CONTIG_BATCHED);
	}
	folio_put(folio);
	return err;
}

/* hugetlb knows how to replace a folio that is free in its pool. */
static int evacuate_hugetlb(struct evacuation *ev, unsigned long pfn)
{
	struct contig_request *req = ev->req;
	struct page *page = pfn_to_page(pfn);
	int err;

	if (!contig_may_migrate(req->gfp) || !(req->gfp & __GFP_FS))
		return blocked_by(req, pfn, CONTIG_MOVABLE);
	err = isolate_or_dissolve_huge_page(page, &ev->to_move);
	if (err)
		blocked_by(req, pfn, CONTIG_HELD);
	else
		ev->nr_to_move += compound_nr(compound_head(page));
	return err;
}

/*
 * Set whatever is at @pfn on its way, and say how many pages that covers.
 * What is on a per-CPU list or changing hands shows itself at the capture.
 */
static int evacuate_pfn(struct evacuation *ev, unsigned long pfn,
			unsigned long *nr)
{
	struct page *page = pfn_to_page(pfn);
	enum contig_kind kind = contig_page_kind(pfn, nr);
	struct folio *folio;

	if (kind == CONTIG_FREE || kind == CONTIG_PCP)
		return 0;
	/* What is lent may be young; elsewhere it is the kernel's own. */
	if (kind == CONTIG_UNMOVABLE ||
	    (kind == CONTIG_OPAQUE && !is_migrate_cma(ev->req->migratetype)))
		return blocked_by(ev->req, pfn, kind);
	if (PageHuge(page))
		return evacuate_hugetlb(ev, pfn);

	/* Nearly always the own CPU's batches hold it, if any do. */
	if (kind == CONTIG_BATCHED || kind == CONTIG_HELD ||
	    kind == CONTIG_OPAQUE)
		lru_add_drain();

	folio = page_folio(page);
	if (!folio_try_get(folio))
		return 0;
	if (page_folio(page) != folio) {
		folio_put(folio);
		*nr = 1;
		return 0;
	}
	*nr = folio_pfn(folio) + folio_nr_pages(folio) - pfn;

	/* One reference is ours. */
	if (folio_test_lru(folio) && contig_excess_refs(folio) > 1) {
		folio_put(folio);
		return blocked_by(ev->req, pfn, CONTIG_HELD);
	}
	return evacuate_folio(ev, folio);
}

/* One pass over a piece: what can go, goes. */
static int evacuate_pass(struct evacuation *ev, unsigned long start,
			 unsigned long end)
{
	unsigned long pfn, nr;
	int err = 0;

	for (pfn = start; pfn < end && !err; pfn += nr) {
		err = evacuate_pfn(ev, pfn, &nr);
		if (!err && ev->nr_to_move >= EVACUATE_BATCH) {
			err = migrate_collected(ev);
			if (!err)
				err = contig_out_of_time(ev->req);
			cond_resched();
		}
	}
	if (err)
		putback_movable_pages(&ev->to_move);
	else
		err = migrate_collected(ev);
	ev->nr_to_move = 0;
	folios_put(&ev->dropped);
	return err;
}

/*
 * May the page that stopped a pass let the next one through? An extra reference
 * can be that of another CPU's batch, and what is off the LRU lists, or just
 * allocated, comes to them sooner or later.
 */
static bool may_pass_later(struct contig_request *req)
{
	if (!contig_may_migrate(req->gfp))
		return false;

	switch (req->blocker_kind) {
	case CONTIG_BATCHED:
	case CONTIG_OPAQUE:
	case CONTIG_HELD:
		if (!req->lru_drained) {
			contig_drain_lru(req);
			return true;
		}
		return req->blocker_kind != CONTIG_HELD;
	default:
		return false;
	}
}

/* Wait a little, for pages that are in someone's hands. */
static void give_way(const struct contig_request *req, int tries)
{
	if (tries >= CAPTURE_SPINS && contig_may_migrate(req->gfp))
		schedule_timeout_killable(1);
	else
		cond_resched();
}

/**
 * evacuate() - empty a piece of an isolated pageblock, and capture it
 * @req: for whom
 * @start: first pfn
 * @end: pfn behind the last, in the same pageblock
 *
 * Return: 0, or a negative errno: -EBUSY with the blocker noted in @req,
 *	-ENOMEM, -EINTR, -ETIME.
 */
static int evacuate(struct contig_request *req, unsigned long start,
		    unsigned long end)
{
	struct evacuation ev = {
		.req = req,
		.to_move = LIST_HEAD_INIT(ev.to_move),
	};
	unsigned long busy = start;
	int err = 0, tries;

	folio_batch_init(&ev.dropped);

	for (tries = 0; tries < CAPTURE_TRIES; tries++) {
		err = contig_out_of_time(req);
		if (err)
			return err;
		err = evacuate_pass(&ev, start, end);
		if (err && (err != -EBUSY || !may_pass_later(req)))
			return err;

		wait_for_freed_hugetlb_folios();
		if (!err && capture(req, start, end, &busy))
			return 0;
		/* Once more late: a page may have been on its way to a list. */
		if (!err && (!req->pcp_drained || tries == CAPTURE_SPINS) &&
		    on_pcp_list(busy))
			drain_pcp(req, page_zone(pfn_to_page(start)));
		else
			give_way(req, tries);
	}
	return err ?: blocked_by(req, busy, CONTIG_PCP);
}

/* Capture as much as is free from the range's beginning on. */
static unsigned long capture_leading(struct contig_request *req)
{
	unsigned long pfn = req->start_pfn, busy;

	while (pfn < req->end_pfn) {
		unsigned long stop = min(pageblock_end_pfn(pfn), req->end_pfn);

		if (capture(req, pfn, stop, &busy)) {
			req->nr_captured += stop - pfn;
			pfn = stop;
		} else if (!req->pcp_drained && on_pcp_list(busy)) {
			drain_pcp(req, page_zone(pfn_to_page(pfn)));
		} else {
			break;
		}
	}
	return pfn;
}

/*
 * Empty and capture the range from *@pfn on, which tells how far we came.
 *
 * All of it is isolated, free pageblocks too: else they would be where the
 * pages go to that are moved out of the others.
 */
static int evacuate_rest(struct contig_request *req, unsigned long *pfn)
{
	struct pageblock_hold hold;
	int err;

	err = pageblock_hold_range(&hold, *pfn, req->end_pfn, req->migratetype);
	if (err)
		return blocked_by(req, hold.start_pfn, CONTIG_UNMOVABLE);
	/* Only from now on does nothing of the range get onto those lists. */
	req->pcp_drained = false;

	while (*pfn < req->end_pfn) {
		unsigned long stop = min(pageblock_end_pfn(*pfn), req->end_pfn);
		unsigned long moved = req->nr_migrated + req->nr_dropped;

		err = evacuate(req, *pfn, stop);
		if (err)
			break;
		moved = req->nr_migrated + req->nr_dropped - moved;
		/* Folios that reach out of the range move as a whole. */
		if (moved < stop - *pfn)
			req->nr_captured += stop - *pfn - moved;
		*pfn = stop;
	}
	pageblock_unhold_range(&hold);
	return err;
}

/* Captured pages become pages with one reference each. */
static void prepare_pages(unsigned long pfn, unsigned long end, gfp_t gfp)
{
	while (pfn < end) {
		unsigned int order = order_fitting(pfn, end);
		struct page *page = pfn_to_page(pfn);

		post_alloc_hook(page, order, gfp);
		set_page_refcounted(page);
		if (order)
			split_page(page, order);
		pfn += 1UL << order;
	}
}

/* Captured pages become one compound page with one reference. */
static void prepare_compound(unsigned long pfn, unsigned long end, gfp_t gfp)
{
	unsigned int order = ilog2(end - pfn);
	struct page *page = pfn_to_page(pfn);

	post_alloc_hook(page, order, gfp);
	set_page_refcounted(page);
	prep_compound_page(page, order);
}

static void trace_evacuation(const struct contig_request *before,
			     const struct contig_request *after)
{
	unsigned long migrated = after->nr_migrated - before->nr_migrated;
	unsigned long dropped = after->nr_dropped - before->nr_dropped;
	unsigned long mapped = after->nr_mapped - before->nr_mapped;

	trace_mm_alloc_contig_migrate_range_info(after->start_pfn,
						 after->end_pfn, migrated,
						 dropped, mapped,
						 after->migratetype);
}

/**
 * contig_take() - take a range of pages out of use
 * @req: which, for whom, with what effort; counts what was done
 *
 * Context: May sleep, shortly even if @req->gfp does not allow to wait for pages.
 *	No locks held.
 * Return: 0, and the pages have one reference each, or are one compound page
 *	with __GFP_COMP. A negative errno otherwise, and nothing is taken:
 *	-EBUSY with the blocker noted in @req, -ENOMEM if there was no room for
 *	what had to move, -EINTR for a fatal signal, -ETIME behind the deadline.
 */
int contig_take(struct contig_request *req)
{
	const struct contig_request before = *req;
	unsigned long pfn;
	int err = 0;

	pfn = capture_leading(req);
	if (pfn < req->end_pfn) {
		err = evacuate_rest(req, &pfn);
		trace_evacuation(&before, req);
	}
	if (err) {
		uncapture(req->start_pfn, pfn);
		return err;
	}
	if (req->gfp & __GFP_COMP)
		prepare_compound(req->start_pfn, req->end_pfn, req->gfp);
	else
		prepare_pages(req->start_pfn, req->end_pfn, req->gfp);
	return 0;
}

/* What says where memory should come from, when the range says it already. */
#define CONTIG_GFP_IGNORED	(GFP_ZONEMASK | __GFP_MOVABLE | \
				 __GFP_RECLAIMABLE | __GFP_WRITE | \
				 __GFP_HARDWALL | __GFP_THISNODE | \
				 __GFP_NOMEMALLOC)

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
	if (start >= end || !pfn_valid(start) || !pfn_valid(end - 1) ||
	    page_zone(pfn_to_page(start)) != page_zone(pfn_to_page(end - 1)))
		return -EINVAL;
	if ((req->gfp & __GFP_COMP) && (!is_power_of_2(end - start) ||
					!IS_ALIGNED(start, end - start)))
		return -EINVAL;
	return 0;
}

/**
 * alloc_contig_range() - take a given range of pages
 * @start: first pfn
 * @end: pfn behind the last; all in one zone, no alignment asked for
 * @migratetype: MIGRATE_MOVABLE: what pageblocks that have to be isolated
 *	meanwhile become. Ranges of a contiguous area are not to be had here.
 * @gfp_mask: reclaim, __GFP_COMP, zeroing and retry flags. __GFP_COMP makes
 *	the range one compound page; it must be an aligned power of two then.
 *
 * Freed with free_contig_range(), also in parts, unless it is compound.
 *
 * Context: May sleep. No locks held.
 * Return: 0; -EBUSY if something in the range does not move: try another;
 *	-ENOMEM if there is no room elsewhere for what has to move; -EINTR for
 *	a fatal signal; -EINVAL for flags or a range that make no sense.
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
	struct zone_search search = {
		.survey.zone = zone,
		.survey.migratetype = MIGRATE_MOVABLE,
		.survey.effort = gfp,
	};
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

/* Free pages that lost their last reference, in the largest blocks. */
static void free_span(unsigned long pfn, unsigned long end)
{
	struct zone *zone = page_zone(pfn_to_page(pfn));
	unsigned long flags;

	count_vm_events(PGFREE, end - pfn);
	while (pfn < end) {
		/* Allocation profiling has tagged each page for itself. */
		unsigned int order = mem_alloc_profiling_enabled() ? 0 :
				     order_fitting(pfn, end);
		struct page *page = pfn_to_page(pfn);

		if (free_pages_prepare(page, order)) {
			spin_lock_irqsave(&zone->lock, flags);
			buddy_give_block(zone, page, order);
			spin_unlock_irqrestore(&zone->lock, flags);
		}
		pfn += 1UL << order;
	}
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
 */
void free_contig_range(unsigned long pfn, unsigned long nr_pages)
{
	unsigned long end = pfn + nr_pages, start = pfn, in_use = 0;

	if (PageHead(pfn_to_page(pfn))) {
		struct folio *folio = pfn_folio(pfn);

		if (!WARN_ON_ONCE(folio_nr_pages(folio) != nr_pages))
			folio_put(folio);
		return;
	}

	for (; pfn < end; pfn++) {
		struct page *page = pfn_to_page(pfn);
		bool last = put_page_testzero(page);

		/* A poisoned page must be seen to be one when it is freed. */
		if (last && !PageHWPoison(page))
			continue;
		if (start < pfn)
			free_span(start, pfn);
		if (last)
			free_span(pfn, pfn + 1);
		else
			in_use++;
		start = pfn + 1;
	}
	if (start < end)
		free_span(start, end);
	WARN(in_use, "%lu of %lu pages are still in use\n", in_use, nr_pages);
}
EXPORT_SYMBOL(free_contig_range);
