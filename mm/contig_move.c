// SPDX-License-Identifier: GPL-2.0
/*
 * Move pages out of a range, and wait for those that will move soon.
 *
 * The part of contig_range.c's evacuation that takes the time. It decides where
 * pages go, and what is worth waiting for: the end of I/O is, somebody's
 * reference is not. How pages move is migrate.c's business.
 */
#include <linux/buffer_head.h>
#include <linux/cma_fail.h>
#include <linux/hugetlb.h>
#include <linux/ktime.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>

#include "contig.h"
#include "internal.h"

/* Nothing announces the end of a reference: it is looked for so often. */
#define PAUSE_US	500

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

/**
 * contig_pause() - let a moment pass for a page in the way
 *
 * Context: May sleep. Ends early with a fatal signal.
 */
void contig_pause(void)
{
	ktime_t moment = ns_to_ktime(PAUSE_US * NSEC_PER_USEC);

	set_current_state(TASK_KILLABLE);
	schedule_hrtimeout_range(&moment, PAUSE_US * NSEC_PER_USEC,
				 HRTIMER_MODE_REL);
}

/* Pages to move to are allocated so many at a time. */
#define NR_SPARE	32

/**
 * struct contig_target - where pages move to
 * @mtc: what alloc_migration_target() wants to know; with the zones for the last folio
 * @req: for whom
 * @nr_wanted: single pages still to be moved, at most
 * @nr_spare: pages in @spare
 * @spare: pages allocated in advance, for single pages that may be in high memory
 */
struct contig_target {
	struct migration_target_control mtc;
	struct contig_request *req;
	unsigned long nr_wanted;
	unsigned int nr_spare;
	struct page *spare[NR_SPARE];
};

/*
 * Reclaim is kswapd's. A page allocator that reclaims by itself knows of no deadline:
 * it goes on for as long as there is anything to reclaim, though others take it each
 * time, and waits for kswapd and for I/O on the way, while migrate_pages() has
 * folios locked and new pages in hand that others wait for.
 *
 * Who does not reclaim is taken for somebody who cannot wait, and gets of the
 * reserves for those, unless it says that it wants none of them.
 */
static void target_init(struct contig_target *target,
			struct contig_request *req, unsigned long nr_single)
{
	*target = (struct contig_target) {
		.mtc.nid = NUMA_NO_NODE,
		.mtc.gfp_mask = __GFP_MOVABLE | __GFP_HARDWALL | __GFP_NOWARN |
				__GFP_NORETRY | __GFP_NOMEMALLOC |
				(req->gfp & CONTIG_GFP_RECLAIM &
				 ~__GFP_DIRECT_RECLAIM),
		.mtc.reason = MR_CONTIG_RANGE,
		.req = req,
		.nr_wanted = nr_single,
	};
}

static struct page *take_spare(struct contig_target *target)
{
	struct page *page = target->spare[--target->nr_spare];

	/* The bulk allocator fills what is NULL. */
	target->spare[target->nr_spare] = NULL;
	return page;
}

/* Spare pages are of no use to anyone while nobody moves to them. */
static void target_release(struct contig_target *target)
{
	while (target->nr_spare)
		__free_page(take_spare(target));
}

/* Of an isolated folio: will any page do, one in high memory too? */
static bool may_be_high(struct folio *folio)
{
	struct address_space *mapping;
	bool high;

	if (folio_test_anon(folio))
		return true;
	/* It may be truncated meanwhile. Inodes last until all readers are gone. */
	rcu_read_lock();
	mapping = READ_ONCE(folio->mapping);
	high = mapping && !((unsigned long)mapping & PAGE_MAPPING_FLAGS) &&
	       (mapping_gfp_mask(mapping) & __GFP_HIGHMEM);
	rcu_read_unlock();
	return high;
}

static struct folio *alloc_high_target(struct contig_target *target, int nid)
{
	unsigned long nr = clamp(target->nr_wanted, 1, NR_SPARE);

	if (!target->nr_spare && !contig_out_of_time(target->req))
		target->nr_spare = alloc_pages_bulk_array_node(target->mtc.gfp_mask,
							       nid, nr, target->spare);
	if (!target->nr_spare)
		return NULL;
	if (target->nr_wanted)
		target->nr_wanted--;
	return page_folio(take_spare(target));
}

static struct folio *alloc_elsewhere(struct folio *src, unsigned long private)
{
	struct contig_target *target = (void *)private;

	if (cma_should_fail(CMA_FAIL_TARGET, folio_nr_pages(src)))
		return NULL;
	target->mtc.gfp_mask &= ~__GFP_HIGHMEM;
	if (!folio_test_large(src) && may_be_high(src)) {
		target->mtc.gfp_mask |= __GFP_HIGHMEM;
		return alloc_high_target(target, folio_nid(src));
	}
	/* For a large folio this may compact memory. */
	if (contig_out_of_time(target->req))
		return NULL;
	return alloc_migration_target(src, (unsigned long)&target->mtc);
}

#ifdef CONFIG_BUFFER_HEAD
/* Of a locked folio: is a part of it being read or written by itself? */
static bool has_locked_buffers(struct folio *folio)
{
	struct address_space *mapping = folio_mapping(folio);
	struct buffer_head *bh, *head;

	if (!mapping || !folio_test_private(folio) ||
	    (mapping->a_ops->migrate_folio != buffer_migrate_folio &&
	     mapping->a_ops->migrate_folio != buffer_migrate_folio_norefs))
		return false;
	head = folio_buffers(folio);
	bh = head;
	do {
		if (buffer_locked(bh))
			return true;
		bh = bh->b_this_page;
	} while (bh != head);
	return false;
}
#else
static bool has_locked_buffers(struct folio *folio)
{
	return false;
}
#endif

/* Of a locked folio: does its file system move only what is written? */
static bool must_be_written(struct folio *folio)
{
	struct address_space *mapping = folio_mapping(folio);

	return mapping && folio_test_dirty(folio) &&
	       !folio_test_anon(folio) && !mapping->a_ops->migrate_folio;
}

/**
 * enum wait_for - what an isolated folio that did not move is waiting for
 * @WAIT_FOR_NOTHING: nothing that would end: somebody holds it
 * @WAIT_FOR_IO: the end of I/O, or of whatever else it is locked for
 * @WAIT_FOR_WRITE: somebody to write it
 */
enum wait_for {
	WAIT_FOR_NOTHING,
	WAIT_FOR_IO,
	WAIT_FOR_WRITE,
};

static enum wait_for what_it_waits_for(struct folio *folio)
{
	enum wait_for what = WAIT_FOR_NOTHING;

	/* The lock keeps its mapping from going away. */
	if (folio_test_writeback(folio) || !folio_trylock(folio))
		return WAIT_FOR_IO;
	if (has_locked_buffers(folio))
		what = WAIT_FOR_IO;
	else if (must_be_written(folio))
		what = WAIT_FOR_WRITE;
	folio_unlock(folio);
	return what;
}

/* Which of the collected folios waits for least, and for what? */
static struct folio *find_hopeless(struct contig_batch *batch,
				   enum wait_for *what)
{
	struct folio *folio, *first = NULL;
	enum wait_for whats;

	list_for_each_entry(folio, &batch->folios, lru) {
		whats = what_it_waits_for(folio);
		if (!first || whats == WAIT_FOR_NOTHING) {
			first = folio;
			*what = whats;
		}
		if (whats == WAIT_FOR_NOTHING)
			break;
	}
	return first;
}

/*
 * Memory to move pages to can be lying on per-CPU lists, of which a request gets
 * what is on its own CPU's, of its own type.
 */
static bool gather_free_pages(struct contig_request *req)
{
	if (req->pcp_drained)
		return false;
	drain_all_pages(NULL);
	req->pcp_drained = true;
	return true;
}

/*
 * What kswapd could not reclaim for long it leaves alone, whoever wakes it, until
 * somebody else succeeds in that.
 */
static bool kswapd_gave_up(int nid)
{
	return READ_ONCE(NODE_DATA(nid)->kswapd_failures) >= MAX_RECLAIM_RETRIES;
}

/* Until a folio's I/O is over, or it is time to give up. */
static void await_folio(const struct contig_request *req, struct folio *folio,
			ktime_t until)
{
	do {
		contig_pause();
	} while (what_it_waits_for(folio) == WAIT_FOR_IO &&
		 ktime_before(ktime_get(), until) && !contig_out_of_time(req));
}

/* How long kswapd may take to make room for pages, and how long to wait for any. */
#define KSWAPD_WAIT_MS	20
#define ROOM_WAIT_MS	1000

/**
 * struct patience - how migration of collected folios goes on
 * @until: to give up then, unless something moves
 * @kswapd_until: the same for kswapd, if there is no room to move to
 * @room_until: the same for any room
 * @reclaimed: since something moved, the request has reclaimed, and not in vain
 * @doubts: how often a folio seemed to be held; it takes two to believe it
 */
struct patience {
	ktime_t until;
	ktime_t kswapd_until;
	ktime_t room_until;
	bool reclaimed;
	unsigned int doubts;
};

/* To begin with, and whenever something has moved. */
static void renew_patience(struct patience *patience)
{
	ktime_t now = ktime_get();

	patience->until = ktime_add_ms(now, CONTIG_WAIT_MS);
	patience->kswapd_until = ktime_add_ms(now, KSWAPD_WAIT_MS);
	patience->room_until = ktime_add_ms(now, ROOM_WAIT_MS);
	patience->reclaimed = false;
}

/*
 * One round of reclaim, with no folio locked: as a rule it frees more than the page
 * that is asked for, and rouses kswapd. Without __GFP_FS it does not wait long for
 * kswapd, which is not waited for at all if it has given up.
 */
static bool reclaim_once(const struct contig_target *target, int nid)
{
	gfp_t gfp = target->mtc.gfp_mask | (target->req->gfp & __GFP_DIRECT_RECLAIM);
	struct page *page;

	if (!kswapd_gave_up(nid))
		gfp &= ~__GFP_FS;
	page = alloc_pages_node(nid, gfp, 0);
	if (page)
		__free_page(page);
	return page;
}

/*
 * There was no room to move pages to. Can there be, a moment later? From kswapd if
 * it gets on: it may have given up, be frozen while the system suspends, or belong to
 * another node than the pages may go to.
 */
static bool await_room(const struct contig_target *target,
		       struct patience *patience)
{
	struct contig_request *req = target->req;
	int nid = page_to_nid(pfn_to_page(req->start_pfn));
	ktime_t now = ktime_get();

	if (gather_free_pages(req))
		return true;
	if (ktime_after(now, patience->room_until) || contig_out_of_time(req))
		return false;
	if (kswapd_gave_up(nid) || ktime_after(now, patience->kswapd_until))
		req->reclaims = true;
	/* What was reclaimed may do at once; if it did not, it is not what is missing. */
	if (req->reclaims && reclaim_once(target, nid) && !patience->reclaimed)
		patience->reclaimed = true;
	else
		contig_pause();
	return true;
}

/* Is there one for which there is no other?  These go first. */
static bool blocked_by_hugetlb(struct contig_request *req,
			       const struct contig_batch *batch)
{
	struct folio *folio;

	list_for_each_entry(folio, &batch->folios, lru) {
		if (folio_test_hugetlb(folio)) {
			contig_blocked_by(req, folio_pfn(folio),
					  CONTIG_UNMOVABLE);
			return true;
		}
	}
	return false;
}

static int migrate_list(struct list_head *folios, struct contig_target *target,
			enum migrate_mode mode, unsigned int *nr_moved)
{
	int err = migrate_pages(folios, alloc_elsewhere, NULL,
				(unsigned long)target, mode, MR_CONTIG_RANGE,
				nr_moved);

	target->req->nr_migrated += *nr_moved;
	return err;
}

/*
 * migrate_pages() has a folio written only if it may wait for locks and I/O, and then
 * it waits for all that it is given: each is alone, and nobody had it locked a moment
 * ago. Some are written and moved at once; those whose I/O is only begun are for the
 * next try. Return how many pages have moved.
 */
static unsigned int write_out(struct contig_target *target,
			      struct contig_batch *batch)
{
	unsigned int nr_moved, all_moved = 0;
	struct folio *folio, *next;
	LIST_HEAD(alone);
	LIST_HEAD(done);

	list_for_each_entry_safe(folio, next, &batch->folios, lru) {
		if (contig_out_of_time(target->req))
			break;
		if (what_it_waits_for(folio) != WAIT_FOR_WRITE)
			continue;
		nr_moved = 0;
		list_move(&folio->lru, &alone);
		migrate_list(&alone, target, MIGRATE_SYNC, &nr_moved);
		list_splice_tail_init(&alone, &done);
		all_moved += nr_moved;
	}
	list_splice_tail(&done, &batch->folios);
	target_release(target);
	return all_moved;
}

/*
 * Some of the collected folios did not move. Wait for what they are waiting for,
 * or note the one that keeps the range from being taken: then return false.
 */
static bool be_patient(struct contig_target *target, struct contig_batch *batch,
		       struct patience *patience)
{
	struct contig_request *req = target->req;
	struct folio *folio;
	enum wait_for what;

	folio = find_hopeless(batch, &what);
	contig_blocked_by(req, folio_pfn(folio), what == WAIT_FOR_NOTHING ?
			  CONTIG_HELD : CONTIG_WAITING);
	if (ktime_after(ktime_get(), patience->until) ||
	    contig_out_of_time(req))
		return false;

	/* A lock or a reference for a moment can be gone already. */
	if (what == WAIT_FOR_NOTHING && patience->doubts++)
		return false;
	if (what != WAIT_FOR_WRITE)
		await_folio(req, folio, patience->until);
	else if (write_out(target, batch))
		renew_patience(patience);
	else
		contig_pause();
	return true;
}

/**
 * contig_put_back() - isolated folios stay where they are
 * @batch: the folios; empty then
 *
 * Context: May sleep.
 */
void contig_put_back(struct contig_batch *batch)
{
	putback_movable_pages(&batch->folios);
	batch->nr_pages = 0;
	batch->nr_single = 0;
}

/*
 * What the request must not do, nothing done for it may: alloc_migration_target()
 * allocates large folios with all of GFP_TRANSHUGE.
 */
static unsigned int enter_scope(const struct contig_request *req)
{
	unsigned int flags = 0;

	if (!(req->gfp & __GFP_IO))
		flags |= PF_MEMALLOC_NOIO;
	if (!(req->gfp & __GFP_FS))
		flags |= PF_MEMALLOC_NOFS;
	return memalloc_flags_save(flags);
}

/**
 * contig_move() - move isolated folios elsewhere
 * @req: for whom; counts what was moved
 * @batch: the folios; empty then, whether they moved or not
 *
 * Waiting for a lock or for writeback is done here and not by migrate_pages(),
 * which knows of no deadline.
 *
 * Context: May sleep.
 * Return: 0; -EBUSY with the blocker noted in @req, -ENOMEM if there was no room
 * to move to, -EINTR, -ETIME.
 */
int contig_move(struct contig_request *req, struct contig_batch *batch)
{
	unsigned int scope = enter_scope(req);
	struct patience patience = { };
	struct contig_target target;
	int err = 0;

	target_init(&target, req, batch->nr_single);
	renew_patience(&patience);
	while (!list_empty(&batch->folios)) {
		unsigned int nr_moved = 0;

		/* One that did not move, and none that did */
		err = 1;
		if (!cma_should_fail(CMA_FAIL_MIGRATE, batch->nr_pages))
			err = migrate_list(&batch->folios, &target,
					   MIGRATE_ASYNC, &nr_moved);
		if (!err)
			break;
		target_release(&target);
		if (nr_moved)
			renew_patience(&patience);
		if (err == -ENOMEM && blocked_by_hugetlb(req, batch)) {
			err = -EBUSY;
			break;
		}
		if (err == -ENOMEM && await_room(&target, &patience))
			continue;
		if (err < 0)
			break;
		if (!be_patient(&target, batch, &patience)) {
			err = -EBUSY;
			break;
		}
		err = 0;
	}
	target_release(&target);
	contig_put_back(batch);
	memalloc_flags_restore(scope);
	if (err)
		err = contig_out_of_time(req) ?: err;
	return err;
}
