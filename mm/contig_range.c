// SPDX-License-Identifier: GPL-2.0
/*
 * Take a given range of pages out of use.
 *
 * The middle of the way of a request:
 *
 *	capture   pageblock by pageblock, what is free comes straight out of
 *		  the buddy allocator, under zone->lock
 *	evacuate  from the first pageblock on that holds something, the rest of
 *		  the range is isolated, so that nothing moves into it; then
 *		  clean cache is dropped, the rest moved by contig_move.c, and
 *		  each pageblock captured as it becomes free
 *	prepare   the pages get their references
 *
 * A range that is free never gets to the second step: it isolates nothing,
 * drains nothing, waits for nothing. Outside of areas all of the range is isolated
 * to begin with: memory hotplug must not come upon pages that are neither free nor
 * in use, and would wait for them to become free. If it fails, what was
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
#include <linux/buffer_head.h>
#include <linux/cma_fail.h>
#include <linux/hugetlb.h>
#include <linux/ktime.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/page-isolation.h>
#include <linux/page_owner.h>
#include <linux/pagemap.h>
#include <linux/pagevec.h>
#include <linux/swap.h>

#include <trace/events/kmem.h>

#include "contig.h"
#include "internal.h"

/* Pages are collected for migration up to this many at a time. */
#define EVACUATE_BATCH	256

/* So many looks at a pageblock that should be empty are made at once. */
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

/* Take the part of a free block that is in [@start, @end) off the free lists. */
static void take_part_of_block(struct zone *zone, struct page *block,
			       unsigned long start, unsigned long end)
{
	unsigned long block_start = page_to_pfn(block);
	unsigned long block_end = free_block_end(block);

	buddy_take_block(zone, block, buddy_order(block));
	if (block_start < start)
		buddy_put_rest(zone, block_start, start);
	if (end < block_end)
		buddy_put_rest(zone, end, block_end);
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

	*busy = start;
	if (cma_should_fail(CMA_FAIL_CAPTURE, end - start))
		return false;
	spin_lock_irqsave(&zone->lock, flags);
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
		buddy_give_run(zone, start, stop);
		spin_unlock_irqrestore(&zone->lock, flags);
	}
}

/* Pages without references that are in no free block wait on per-CPU lists. */
static bool on_pcp_list(unsigned long pfn)
{
	unsigned long nr;

	return contig_page_kind(pfn, &nr) == CONTIG_PCP;
}

/*
 * capture(), if need be after fetching what is on per-CPU lists: of all the
 * range, as its other pageblocks are next.
 */
static bool capture_listed(struct contig_request *req, unsigned long start,
			   unsigned long end, unsigned long *busy)
{
	struct zone *zone = page_zone(pfn_to_page(start));

	if (capture(req, start, end, busy))
		return true;
	return on_pcp_list(*busy) &&
	       buddy_fetch_listed(zone, *busy, req->end_pfn) &&
	       capture(req, start, end, busy);
}

/**
 * contig_drain_lru() - get folios out of the per-CPU LRU batches
 * @req: for whom; notes that it was done, once is enough
 *
 * The own CPU's batches are where folios used last are most likely to be, and
 * cost next to nothing; those of other CPUs cost a wait for each of them.
 *
 * Context: May sleep.
 */
void contig_drain_lru(struct contig_request *req)
{
	lru_add_drain();
	invalidate_bh_lrus_cpu();
	/* Has nothing left to wait for on this CPU. */
	lru_add_drain_all();
	req->lru_drained = true;
	req->nr_drains++;
}

/**
 * struct evacuation - one pageblock's worth of work
 * @req: for whom
 * @batch: isolated folios on their way
 * @mapping: the file whose folios are in @clean
 * @clean: locked folios that follow one another in their file, to be dropped
 */
struct evacuation {
	struct contig_request *req;
	struct contig_batch batch;
	struct address_space *mapping;
	struct folio_batch clean;
};

/* Drop what was collected. What somebody uses meanwhile stays. */
static void drop_collected(struct evacuation *ev)
{
	unsigned int i;

	if (!folio_batch_count(&ev->clean))
		return;
	filemap_drop_batch(ev->mapping, &ev->clean);
	for (i = 0; i < folio_batch_count(&ev->clean); i++) {
		struct folio *folio = ev->clean.folios[i];

		ev->req->nr_dropped += folio_nr_pages(folio);
		folio_unlock(folio);
	}
	folios_put(&ev->clean);
}

/* Of a locked folio: can it be dropped? Gets rid of its private data then. */
static bool make_droppable(struct folio *folio)
{
	struct address_space *mapping = folio_mapping(folio);

	/* Anonymous memory, given up or in the swap cache, is in no file. */
	if (!mapping || folio_test_swapbacked(folio))
		return false;
	/* Whoever made it unevictable may use it without a reference. */
	return !folio_test_unevictable(folio) && !mapping_unevictable(mapping) &&
	       !folio_test_dirty(folio) && !folio_test_writeback(folio) &&
	       contig_excess_refs(folio) <= 1 &&
	       filemap_release_folio(folio, 0);
}

/* Does a folio come right behind those collected in the same file? */
static bool continues_clean(struct evacuation *ev, struct folio *folio)
{
	unsigned int nr = folio_batch_count(&ev->clean);

	return nr && folio->mapping == ev->mapping &&
	       folio->index == folio_next_index(ev->clean.folios[nr - 1]);
}

/*
 * Collect a clean folio that we hold a reference to, which goes with it. One
 * run of a file leaves its page cache in less time than so many folios.
 */
static bool collect_clean(struct evacuation *ev, struct folio *folio)
{
	if (!folio_trylock(folio))
		return false;
	if (!make_droppable(folio)) {
		folio_unlock(folio);
		return false;
	}
	if (!continues_clean(ev, folio))
		drop_collected(ev);
	ev->mapping = folio->mapping;
	if (!folio_batch_add(&ev->clean, folio))
		drop_collected(ev);
	return true;
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
	    folio_test_lru(folio) && !mapped && collect_clean(ev, folio))
		return 0;

	/* Writing back or moving a file's pages may need the caller's locks. */
	if (!contig_may_migrate(req->gfp) ||
	    (!(req->gfp & __GFP_FS) && folio_mapping(folio))) {
		err = contig_blocked_by(req, folio_pfn(folio), CONTIG_MOVABLE);
	} else if (isolate_folio_to_list(folio, &ev->batch.folios)) {
		ev->batch.nr_pages += nr;
		if (!folio_test_large(folio))
			ev->batch.nr_single++;
		if (mapped)
			req->nr_mapped += nr;
	} else {
		err = contig_blocked_by(req, folio_pfn(folio), CONTIG_BATCHED);
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
		return contig_blocked_by(req, pfn, CONTIG_MOVABLE);
	err = isolate_or_dissolve_huge_page(page, &ev->batch.folios);
	/* There is none to replace it, or somebody else is moving it. */
	if (err)
		return contig_blocked_by(req, pfn, err == -ENOMEM ?
					 CONTIG_UNMOVABLE : CONTIG_BATCHED);
	ev->batch.nr_pages += compound_nr(compound_head(page));
	return 0;
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
		return contig_blocked_by(ev->req, pfn, kind);
	if (PageHuge(page)) {
		drop_collected(ev);
		return evacuate_hugetlb(ev, pfn);
	}

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

	/* One reference is ours. That of a clean one is looked at when it goes. */
	if (kind != CONTIG_CLEAN && folio_test_lru(folio) &&
	    contig_excess_refs(folio) > 1) {
		folio_put(folio);
		return contig_blocked_by(ev->req, pfn, CONTIG_HELD);
	}
	return evacuate_folio(ev, folio);
}

/* Is a page in somebody's hands, who will put it where it can be had? */
static bool in_passing(const struct contig_request *req)
{
	return contig_may_migrate(req->gfp) &&
	       (req->blocker_kind == CONTIG_BATCHED ||
		(req->blocker_kind == CONTIG_OPAQUE &&
		 is_migrate_cma(req->migratetype)));
}

/*
 * One pass over a piece: what can go, goes. Ends at the first page that cannot;
 * those that only cannot yet are left to the next pass.
 */
static int evacuate_pass(struct evacuation *ev, unsigned long start,
			 unsigned long end)
{
	unsigned long pfn, nr, left = 0;
	enum contig_kind left_kind;
	int err = 0;

	for (pfn = start; pfn < end && !err; pfn += nr) {
		err = evacuate_pfn(ev, pfn, &nr);
		if (err == -EBUSY && in_passing(ev->req)) {
			left = ev->req->blocker;
			left_kind = ev->req->blocker_kind;
			err = 0;
		}
		if (!err && ev->batch.nr_pages >= EVACUATE_BATCH) {
			drop_collected(ev);
			err = contig_move(ev->req, &ev->batch);
			if (!err)
				err = contig_out_of_time(ev->req);
			cond_resched();
		}
	}
	drop_collected(ev);
	if (!err)
		err = contig_move(ev->req, &ev->batch);
	if (!err && left)
		err = contig_blocked_by(ev->req, left, left_kind);
	if (err)
		contig_put_back(&ev->batch);
	return err;
}

/*
 * Somebody holds a page in a range of which others were moved out already. Is it
 * let go before waiting took as long as the work? The same work would have to be
 * done for any other range, where the next page may be held.
 */
static bool outlast_holder(struct contig_request *req)
{
	ktime_t now = ktime_get(), since = now;
	unsigned long nr;
	s64 worth_ns;
	bool held;

	/* If it was on its way already, it is in a batch. */
	lru_add_drain();
	if (contig_page_kind(req->blocker, &nr) != CONTIG_HELD)
		return false;

	worth_ns = ktime_to_ns(ktime_sub(now, req->began)) - 2 * req->waited_ns;
	worth_ns = min(worth_ns, CONTIG_WAIT_MS * NSEC_PER_MSEC);
	do {
		if (ktime_to_ns(ktime_sub(now, since)) >= worth_ns ||
		    contig_out_of_time(req))
			return false;
		contig_pause();
		held = contig_page_kind(req->blocker, &nr) == CONTIG_HELD;
		now = ktime_get();
	} while (held);
	req->waited_ns += ktime_to_ns(ktime_sub(now, since));
	return true;
}

/*
 * May what stopped a pass let the next one through? An extra reference can be
 * that of another CPU's batch; who is in passing comes out of there.
 */
static bool may_pass_later(struct contig_request *req)
{
	if (!contig_may_migrate(req->gfp) || contig_out_of_time(req) ||
	    (!in_passing(req) && req->blocker_kind != CONTIG_HELD))
		return false;
	if (!req->lru_drained) {
		contig_drain_lru(req);
		return true;
	}
	return in_passing(req) || outlast_holder(req);
}

/**
 * evacuate() - empty a piece of an isolated pageblock, and capture it
 * @req: for whom
 * @start: first pfn
 * @end: pfn behind the last, in the same pageblock
 *
 * Return: 0, or a negative errno: -EBUSY with the blocker noted in @req,
 * -ENOMEM, -EINTR, -ETIME.
 */
static int evacuate(struct contig_request *req, unsigned long start,
		    unsigned long end)
{
	ktime_t until = ktime_add_ms(ktime_get(), CONTIG_WAIT_MS);
	struct evacuation ev = {
		.req = req,
		.batch.folios = LIST_HEAD_INIT(ev.batch.folios),
	};
	unsigned long busy = start, nr;
	int err = 0, tries;

	folio_batch_init(&ev.clean);

	for (tries = 0; ; tries++) {
		unsigned long done = req->nr_migrated + req->nr_dropped;

		err = contig_out_of_time(req);
		if (err)
			return err;
		err = evacuate_pass(&ev, start, end);
		if (err && (err != -EBUSY || !may_pass_later(req)))
			return err;

		if (contig_may_migrate(req->gfp))
			wait_for_freed_hugetlb_folios();
		if (!err && capture_listed(req, start, end, &busy))
			return 0;
		if (req->nr_migrated + req->nr_dropped != done)
			until = ktime_add_ms(ktime_get(), CONTIG_WAIT_MS);
		if (tries < CAPTURE_SPINS)
			cond_resched();
		else if (contig_may_migrate(req->gfp) &&
			 ktime_before(ktime_get(), until))
			contig_pause();
		else
			break;
	}
	return err ?: contig_blocked_by(req, busy, contig_page_kind(busy, &nr));
}

/* Capture as much as is free from the range's beginning on. */
static unsigned long capture_leading(struct contig_request *req)
{
	unsigned long pfn = req->start_pfn, busy;

	while (pfn < req->end_pfn) {
		unsigned long stop = min(pageblock_end_pfn(pfn), req->end_pfn);

		if (!capture_listed(req, pfn, stop, &busy))
			break;
		req->nr_captured += stop - pfn;
		pfn = stop;
	}
	return pfn;
}

/* Captured pages become pages with one reference each. */
static void prepare_pages(unsigned long pfn, unsigned long end, gfp_t gfp)
{
	while (pfn < end) {
		unsigned int order = buddy_order_fitting(pfn, end);
		struct page *page = pfn_to_page(pfn);

		post_alloc_hook(page, order, gfp);
		set_page_refcounted(page);
		if (order)
			split_page(page, order);
		pfn += 1UL << order;
	}
}

/* Captured pages become one compound page with one reference; one page needs none. */
static void prepare_compound(unsigned long pfn, unsigned long end, gfp_t gfp)
{
	unsigned int order = ilog2(end - pfn);
	struct page *page = pfn_to_page(pfn);

	post_alloc_hook(page, order, gfp);
	set_page_refcounted(page);
	if (order)
		prep_compound_page(page, order);
}

static void prepare(const struct contig_request *req)
{
	if (req->gfp & __GFP_COMP)
		prepare_compound(req->start_pfn, req->end_pfn, req->gfp);
	else
		prepare_pages(req->start_pfn, req->end_pfn, req->gfp);
}

/*
 * Empty and capture the range from *@pfn on, which is isolated, and tell in *@pfn
 * how far we came.
 */
static int evacuate_rest(struct contig_request *req, unsigned long *pfn)
{
	req->began = ktime_get();
	req->waited_ns = 0;
	/* From now on nothing of it gets there; else we would move to it. */
	buddy_fetch_listed(page_zone(pfn_to_page(*pfn)), *pfn, req->end_pfn);

	while (*pfn < req->end_pfn) {
		unsigned long stop = min(pageblock_end_pfn(*pfn), req->end_pfn);
		unsigned long moved = req->nr_migrated + req->nr_dropped;
		int err = evacuate(req, *pfn, stop);

		if (err)
			return err;
		moved = req->nr_migrated + req->nr_dropped - moved;
		/* Folios that reach out of the range move as a whole. */
		if (moved < stop - *pfn)
			req->nr_captured += stop - *pfn - moved;
		*pfn = stop;
	}
	return 0;
}

/*
 * Take a range of which what is before @pfn was captured.
 *
 * All of the rest is isolated, free pageblocks too: else they would be where the
 * pages go to that are moved out of the others. It stays so until the pages have
 * references.
 */
static int take_occupied(struct contig_request *req, unsigned long pfn)
{
	struct pageblock_hold hold;
	int err;

	err = pageblock_hold_range(&hold, pfn, req->end_pfn, req->migratetype);
	if (err) {
		uncapture(req->start_pfn, pfn);
		return contig_blocked_by(req, hold.start_pfn, CONTIG_UNMOVABLE);
	}
	err = evacuate_rest(req, &pfn);
	if (err)
		uncapture(req->start_pfn, pfn);
	else
		prepare(req);
	pageblock_unhold_range(&hold);
	return err;
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
 * No locks held.
 * Return: 0, and the pages have one reference each, or are one compound page
 * with __GFP_COMP. A negative errno otherwise, and nothing is taken:
 * -EBUSY with the blocker noted in @req, -ENOMEM if there was no room for
 * what had to move, -EINTR for a fatal signal, -ETIME behind the deadline.
 */
int contig_take(struct contig_request *req)
{
	const struct contig_request before = *req;
	unsigned long pfn = req->start_pfn;
	int err;

	/* Lent pageblocks are none of memory hotplug's business. */
	if (is_migrate_cma(req->migratetype)) {
		pfn = capture_leading(req);
		if (pfn == req->end_pfn) {
			prepare(req);
			return 0;
		}
	}
	err = take_occupied(req, pfn);
	trace_evacuation(&before, req);
	return err;
}
