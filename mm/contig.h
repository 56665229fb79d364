/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Surveying, emptying and taking a range of pages: what mm/cma*.c and
 * mm/contig_*.c share.
 */
#ifndef _MM_CONTIG_H
#define _MM_CONTIG_H

#include <linux/gfp.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mmzone.h>
#include <linux/types.h>

#include "cma_place.h"

struct folio;
struct page;
struct zone;

/* Cost of copying a page, the unit of all costs being an eighth of that. */
#define CONTIG_COST_MOVE	8
/* Pages that a survey looks at in less than the time of one such unit. */
#define CONTIG_LOOKS		4

/**
 * enum contig_kind - what a page is to someone who wants its place
 * @CONTIG_FREE: in the buddy allocator
 * @CONTIG_PCP: free, but on a per-CPU list; or just changing hands
 * @CONTIG_CLEAN: page cache that can be dropped
 * @CONTIG_MOVABLE: can be migrated
 * @CONTIG_WAITING: can be migrated after a wait: locked or under writeback
 * @CONTIG_BATCHED: not on an LRU list: on its way there in a per-CPU batch,
 *	or somebody else is moving or reclaiming it
 * @CONTIG_OPAQUE: in use, and nothing tells by whom: just allocated, or the
 *	kernel's own
 * @CONTIG_HELD: has references that neither mappings nor caches explain
 * @CONTIG_UNMOVABLE: the kernel's own, reserved, or not in this zone
 * @NR_CONTIG_KINDS: how many kinds there are
 */
enum contig_kind {
	CONTIG_FREE,
	CONTIG_PCP,
	CONTIG_CLEAN,
	CONTIG_MOVABLE,
	CONTIG_WAITING,
	CONTIG_BATCHED,
	CONTIG_OPAQUE,
	CONTIG_HELD,
	CONTIG_UNMOVABLE,
	NR_CONTIG_KINDS
};

extern const char * const contig_kind_names[NR_CONTIG_KINDS];

/**
 * struct contig_survey - how to look at a range, and what was met
 * @zone: pages of another zone are in the way
 * @migratetype: MIGRATE_CMA to look at lent pageblocks, MIGRATE_MOVABLE to look
 *	at any others
 * @in_the_way: kinds of page that cannot be had, as bits
 * @blocker: the first page that was in the way, of those that may go if any may
 * @blocker_kind: and what it is
 * @drainable: a page was in the way that draining per-CPU batches may free
 */
struct contig_survey {
	struct zone *zone;
	int migratetype;
	unsigned long in_the_way;
	unsigned long blocker;
	enum contig_kind blocker_kind;
	bool drainable;
};

void contig_survey_init(struct contig_survey *survey, struct zone *zone,
			int migratetype, gfp_t effort);
enum contig_kind contig_page_kind(unsigned long pfn, unsigned long *nr);
void contig_page_users(unsigned long pfn, int *refs, int *maps);
int contig_excess_refs(struct folio *folio);
bool contig_looks_free(unsigned long pfn, unsigned long nr);
struct cma_piece contig_survey_piece(struct contig_survey *survey,
				     unsigned long pfn, unsigned long nr);

/**
 * struct contig_request - a range to take
 * @start_pfn: first pfn
 * @end_pfn: pfn behind the last, in the same zone
 * @migratetype: type of the range's pageblocks; outside of areas, where they
 *	are isolated meanwhile, what they become
 * @gfp: for the pages that others move to, and how to prepare ours; without
 *	__GFP_DIRECT_RECLAIM or with __GFP_NORETRY nothing is migrated and
 *	nothing waited for
 * @deadline: no more work is begun behind it; KTIME_MAX for none
 * @began: when pages were begun to be moved out of the range
 * @waited_ns: for how long since then somebody's hold on one was waited for
 * @pcp_drained: per-CPU page lists were drained, for room to move pages to
 * @lru_drained: per-CPU LRU batches were drained for this request
 * @reclaims: kswapd does not make room to move pages to; the request does
 * @nr_captured: pages that were free
 * @nr_migrated: pages that were moved
 * @nr_mapped: those of them that were mapped
 * @nr_dropped: pages of clean cache that were dropped
 * @nr_drains: times that the per-CPU LRU batches of all CPUs were drained
 * @blocker: the page that made it fail
 * @blocker_kind: what that page was
 *
 * The counters add up over several calls of contig_take(), failed ones too,
 * unless the caller resets them.
 */
struct contig_request {
	unsigned long start_pfn;
	unsigned long end_pfn;
	int migratetype;
	gfp_t gfp;
	ktime_t deadline;
	ktime_t began;
	s64 waited_ns;
	bool pcp_drained;
	bool lru_drained;
	bool reclaims;
	unsigned long nr_captured;
	unsigned long nr_migrated;
	unsigned long nr_mapped;
	unsigned long nr_dropped;
	unsigned long nr_drains;
	unsigned long blocker;
	enum contig_kind blocker_kind;
};

/* What a request may say about reclaim, and about the pages it gets. */
#define CONTIG_GFP_RECLAIM	(__GFP_IO | __GFP_FS | __GFP_RECLAIM)
#define CONTIG_GFP_ACTION	(__GFP_COMP | __GFP_ZERO | __GFP_ZEROTAGS | \
				 __GFP_SKIP_ZERO | __GFP_SKIP_KASAN | \
				 __GFP_RETRY_MAYFAIL | __GFP_NORETRY | \
				 __GFP_NOWARN)
#define CONTIG_GFP_MASK		(CONTIG_GFP_RECLAIM | CONTIG_GFP_ACTION)

/* May the request sleep and migrate, or only take what is there? */
static inline bool contig_may_migrate(gfp_t gfp)
{
	return gfpflags_allow_blocking(gfp) && !(gfp & __GFP_NORETRY);
}

/*
 * Note which page keeps a request from its range. A folio may begin before the
 * range; what is in the way is in it.
 */
static inline int contig_blocked_by(struct contig_request *req,
				    unsigned long pfn, enum contig_kind kind)
{
	req->blocker = max(pfn, req->start_pfn);
	req->blocker_kind = kind;
	return -EBUSY;
}

/**
 * struct contig_batch - folios that are to be moved
 * @folios: they, isolated
 * @nr_pages: pages in them
 * @nr_single: those of them that are folios of one page
 */
struct contig_batch {
	struct list_head folios;
	unsigned long nr_pages;
	unsigned long nr_single;
};

/*
 * How long to wait, without progress, for pages that are locked, under
 * writeback, or in someone's hands on their way to the free lists: in the
 * middle of a window that is all that is missing. Who wants to try longer
 * comes back.
 */
#define CONTIG_WAIT_MS		100

int contig_out_of_time(const struct contig_request *req);
void contig_pause(void);
int contig_move(struct contig_request *req, struct contig_batch *batch);
void contig_put_back(struct contig_batch *batch);
int contig_take(struct contig_request *req);
void contig_drain_lru(struct contig_request *req);

#endif /* _MM_CONTIG_H */
