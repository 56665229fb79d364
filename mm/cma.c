// SPDX-License-Identifier: GPL-2.0
/*
 * Contiguous areas: who asks for a range of pages gets it, who brings one back
 * lends it to the page allocator again.
 *
 * The way of a request:
 *
 *	place    cma_place.c compares windows by what contig_survey.c sees
 *	claim    the window's bits, under the area's lock: it is ours
 *	take     contig_range.c captures what is free, moves out what is not
 *	settle   keep the claim, or drop it and remember the page in the way
 *
 * until a window is had, nothing is left to try, or the deadline is over.
 * Nothing here excludes other requests; two that choose the same window are
 * told apart by the claim.
 *
 * Reservation and activation at boot are in cma_init.c.
 */
#define pr_fmt(fmt) "cma: " fmt

#include <linux/alloc_tag.h>
#include <linux/cma.h>
#include <linux/cma_fail.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/page_owner.h>
#include <linux/ratelimit.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/vmstat.h>

#include "cma.h"
#include "cma_lend.h"
#include "cma_place.h"
#include "contig.h"
#include "internal.h"

#define CREATE_TRACE_POINTS
#include <trace/events/cma.h>

/*
 * Room that a window cuts off is lost to others for as long as it is allocated,
 * while a page is moved once: no window cuts anything off to spare itself moving
 * pages, only to avoid what it would have to wait for.
 */
#define SPLIT_COST		(2 * CONTIG_COST_MOVE)

/*
 * What blocks is often a reference held for the length of a disk access. So long
 * a page in the way is watched before another round over the area.
 */
#define WATCH_MS		40
/*
 * A request that nobody told how hard to try ends when the same page was in the
 * way again so often,
 */
#define MAX_REPEATS		3
/* or after so many rounds, although each time something else was in the way. */
#define MAX_ROUNDS		16

/**
 * struct cma_search - a request on its way
 * @cma: the area
 * @count: pages wanted
 * @align: of their first pfn, in pages
 * @survey: what the last round met
 * @req: the range that is being taken, and what that took so far
 * @began: when the request began
 * @round_began: when the last round over the area began
 * @others_gave_up: windows that other requests had given up when it began
 * @in_flight: windows that had been claimed by its end, ever
 * @at_work: entry in the area's list while a window is claimed
 * @claim: number of that claim
 * @rounds: how many there were
 * @repeats: how often the page in the way was that of the round before
 * @last_blocker: the page that was in the way of the round before
 * @last_kind: what it was
 * @windows: how many windows were tried in vain
 */
struct cma_search {
	struct cma *cma;
	unsigned long count;
	unsigned long align;
	struct contig_survey survey;
	struct contig_request req;
	ktime_t began;
	ktime_t round_began;
	unsigned long others_gave_up;
	unsigned long in_flight;
	struct list_head at_work;
	unsigned long claim;
	unsigned int rounds;
	unsigned int repeats;
	unsigned long last_blocker;
	enum contig_kind last_kind;
	unsigned int windows;
};

/**
 * cma_get_base() - where an area is
 * @cma: the area
 *
 * Context: Any.
 * Return: physical address of its first byte.
 *
 * Since: 6.12
 */
phys_addr_t cma_get_base(const struct cma *cma)
{
	return PFN_PHYS(cma->claims.base_pfn);
}

/**
 * cma_get_size() - how large an area is
 * @cma: the area
 *
 * Context: Any.
 * Return: its size in bytes.
 *
 * Since: 6.12
 */
unsigned long cma_get_size(const struct cma *cma)
{
	return cma->claims.nr_pages << PAGE_SHIFT;
}

/**
 * cma_get_name() - what an area is called
 * @cma: the area
 *
 * Context: Any.
 * Return: its name, which lasts as long as the area.
 *
 * Since: 6.12
 */
const char *cma_get_name(const struct cma *cma)
{
	return cma->name;
}

/* What the area's own records say about a piece, before looking at pages. */
static struct cma_piece survey_records(struct cma_search *search,
				       unsigned long pfn, unsigned long nr)
{
	struct cma *cma = search->cma;
	struct cma_piece piece = { };
	unsigned long first, flags;
	bool claimed;

	spin_lock_irqsave(&cma->lock, flags);
	claimed = cma_claims_next(&cma->claims, pfn, nr, &first,
				  &piece.blocker);
	if (claimed) {
		piece.blocked = true;
		piece.clear = first - pfn;
	} else if (cma->stuck.nr) {
		piece = cma_stuck_recall(&cma->stuck, pfn, nr,
					 ktime_to_ns(search->round_began),
					 ktime_get_ns());
	}
	spin_unlock_irqrestore(&cma->lock, flags);

	/* A page that stopped others just now is in the way like any. */
	if (piece.blocked && !claimed && !search->req.blocker) {
		search->req.blocker = piece.blocker;
		search->req.blocker_kind = contig_page_kind(piece.blocker, &nr);
	}
	return piece;
}

static struct cma_piece survey_piece(void *data, unsigned long pfn,
				     unsigned long nr)
{
	struct cma_search *search = data;
	struct cma_piece records, pages;

	records = survey_records(search, pfn, nr);
	if (records.blocked)
		return records;
	/* All the rest is in the way of one whose time is over. */
	if (contig_out_of_time(&search->req)) {
		records.blocked = true;
		records.blocker = cma_end_pfn(search->cma) - 1;
		return records;
	}
	cond_resched();
	pages = contig_survey_piece(&search->survey, pfn, nr);
	pages.cost += records.cost;
	return pages;
}

/* A window that nobody has claimed or tried in vain lately, and all of it free */
static bool is_free(void *data, unsigned long pfn, unsigned long nr)
{
	struct cma_piece records = survey_records(data, pfn, nr);

	return !records.blocked && !records.cost && contig_looks_free(pfn, nr);
}

/*
 * Remember the page in the way. A folio may reach into the window from outside
 * the area: that is not the area's to remember.
 */
static void remember_blocker(struct cma_search *search)
{
	const struct contig_request *req = &search->req;
	struct cma *cma = search->cma;

	lockdep_assert_held(&cma->lock);

	if (cma_claims_span(&cma->claims, req->blocker, 1))
		cma_stuck_note(&cma->stuck, req->blocker, req->blocker_kind,
			       ktime_get_ns());
}

static bool claim_window(struct cma_search *search, unsigned long pfn)
{
	struct cma *cma = search->cma;
	unsigned long flags;
	bool claimed;

	if (cma_should_fail(CMA_FAIL_CLAIM, search->count))
		return false;
	spin_lock_irqsave(&cma->lock, flags);
	claimed = cma_claims_take(&cma->claims, pfn, search->count);
	if (claimed) {
		search->claim = cma->nr_claimed;
		list_add_tail(&search->at_work, &cma->at_work);
		WRITE_ONCE(cma->nr_claimed, cma->nr_claimed + 1);
	}
	spin_unlock_irqrestore(&cma->lock, flags);
	return claimed;
}

/* This request works on no window any more. Whose claim is the oldest now? */
static void leave_work(struct cma_search *search)
{
	struct cma *cma = search->cma;
	struct cma_search *first;

	lockdep_assert_held(&cma->lock);

	list_del(&search->at_work);
	first = list_first_entry_or_null(&cma->at_work, struct cma_search,
					 at_work);
	/* Who sees that all are done sees what they gave up. */
	smp_store_release(&cma->oldest,
			  first ? first->claim : cma->nr_claimed);
}

/* The claimed window was taken (@err is 0), or has to be given up. */
static void settle_window(struct cma_search *search, unsigned long pfn, int err)
{
	struct cma *cma = search->cma;
	unsigned long flags;

	spin_lock_irqsave(&cma->lock, flags);
	if (!err) {
		cma_stuck_forget(&cma->stuck, pfn, search->count);
	} else {
		cma_claims_drop(&cma->claims, pfn, search->count);
		WRITE_ONCE(cma->nr_given_up, cma->nr_given_up + 1);
		search->windows++;
		if (err == -EBUSY)
			remember_blocker(search);
	}
	leave_work(search);
	spin_unlock_irqrestore(&cma->lock, flags);
	wake_up_all(&cma->settled);
}

static int take_window(struct cma_search *search, unsigned long pfn,
		       unsigned int align)
{
	int err;

	search->req.start_pfn = pfn;
	search->req.end_pfn = pfn + search->count;
	search->req.nr_captured = 0;
	err = alloc_hooks(contig_take(&search->req));
	settle_window(search, pfn, err);
	if (!err)
		return 0;

	trace_cma_alloc_busy_retry(search->cma->name, pfn, pfn_to_page(pfn),
				   search->count, align);
	return err;
}

static unsigned long others_gave_up(const struct cma_search *search)
{
	return READ_ONCE(search->cma->nr_given_up) - search->windows;
}

/* One round over the area: try windows until one is had or none is left. */
static int search_round(struct cma_search *search, unsigned int align,
			unsigned long *pfn)
{
	struct cma_place place = {
		.start = search->cma->claims.base_pfn,
		.end = cma_end_pfn(search->cma),
		.count = search->count,
		.align = search->align,
		.split_cost = SPLIT_COST,
		.looks = CONTIG_LOOKS,
		.survey = survey_piece,
		.is_free = is_free,
		.data = search,
	};
	unsigned int tries;
	int err;

	search->rounds++;
	search->others_gave_up = others_gave_up(search);
	search->round_began = ktime_get();
	search->req.blocker = 0;
	search->survey.blocker = 0;
	search->survey.drainable = false;

	/* No more than can be remembered, or the first would be tried again. */
	for (tries = 0; tries < CMA_NR_STUCK; ) {
		if (!cma_place_window(&place, pfn))
			break;
		if (claim_window(search, *pfn)) {
			err = take_window(search, *pfn, align);
			if (err != -EBUSY)
				return err;
			tries++;
		}
		err = contig_out_of_time(&search->req);
		if (err)
			return err;
		cond_resched();
	}
	search->in_flight = READ_ONCE(search->cma->nr_claimed);
	/* If no window was worth a try, the survey knows why. */
	if (!search->req.blocker && search->survey.blocker) {
		search->req.blocker = search->survey.blocker;
		search->req.blocker_kind = search->survey.blocker_kind;
	}
	return search->req.blocker ? -EBUSY : -ENOSPC;
}

/* Has every window been settled that was claimed when the round was over? */
static bool others_settled(const struct cma_search *search)
{
	/* Before what they gave up is looked at; see leave_work() */
	unsigned long oldest = smp_load_acquire(&search->cma->oldest);

	return (long)(oldest - search->in_flight) >= 0;
}

static bool others_made_room(const struct cma_search *search)
{
	return others_gave_up(search) != search->others_gave_up;
}

/*
 * Windows that other requests have claimed and then give up are room for this
 * one: wait for those that were at work. True if one of them gave up.
 */
static bool await_others(const struct cma_search *search)
{
	s64 left_ns = ktime_to_ns(ktime_sub(search->req.deadline, ktime_get()));

	/* If a page is in the way, it may be gone before they are done. */
	if (search->req.blocker)
		left_ns = min_t(s64, left_ns, WATCH_MS * NSEC_PER_MSEC);
	/* By the clock: a tick may be all the time there is. Killable has no name. */
	if (left_ns > 0)
		__wait_event_hrtimeout(search->cma->settled,
				       others_made_room(search) ||
				       others_settled(search),
				       ns_to_ktime(left_ns), TASK_KILLABLE);
	return others_made_room(search);
}

/* Watch the page in the way until it is something else. */
static void await_blocker(const struct contig_request *req)
{
	ktime_t until = ktime_add_ms(ktime_get(), WATCH_MS);
	unsigned long nr;

	do {
		contig_pause();
	} while (contig_page_kind(req->blocker, &nr) == req->blocker_kind &&
		 ktime_before(ktime_get(), until) && !contig_out_of_time(req));
}

/* Get folios out of the per-CPU batches, once, if one of them is in the way. */
static bool drain_batches(struct cma_search *search)
{
	struct contig_request *req = &search->req;

	if (!search->survey.drainable || req->lru_drained ||
	    !gfpflags_allow_blocking(req->gfp))
		return false;
	contig_drain_lru(req);
	return true;
}

/* Did somebody ask for that, or is all that is missing the end of some I/O? */
static bool worth_more_rounds(const struct contig_request *req)
{
	return (req->gfp & __GFP_RETRY_MAYFAIL) ||
	       (req->blocker && req->blocker_kind == CONTIG_WAITING);
}

/* Does what is in the way go away, as far as this round shows it? */
static bool gets_on(struct cma_search *search)
{
	unsigned long blocker = search->req.blocker;

	if (blocker && blocker == search->last_blocker)
		search->repeats++;
	search->last_blocker = blocker;
	search->last_kind = search->req.blocker_kind;
	return search->repeats < MAX_REPEATS && search->rounds < MAX_ROUNDS;
}

/* Can a later look at the area show something else? Wait for it, if so. */
static bool another_round(struct cma_search *search)
{
	struct contig_request *req = &search->req;

	if (contig_out_of_time(req))
		return false;
	if (!contig_may_migrate(req->gfp))
		return drain_batches(search);
	if (!gets_on(search) && !worth_more_rounds(req))
		return false;
	if (await_others(search))
		return true;
	if (!req->blocker || req->blocker_kind == CONTIG_UNMOVABLE)
		return false;
	if (!drain_batches(search))
		await_blocker(req);
	return true;
}

/* A round that time cut short may not have come to what stopped the one before. */
static void recall_blocker(struct cma_search *search)
{
	struct contig_request *req = &search->req;

	if (req->blocker)
		return;
	req->blocker = search->last_blocker;
	req->blocker_kind = search->last_kind;
}

static int search_area(struct cma_search *search, unsigned int align,
		       unsigned long *pfn)
{
	int err;

	do {
		err = search_round(search, align, pfn);
	} while ((err == -EBUSY || err == -ENOSPC) && another_round(search));

	if (err)
		err = contig_out_of_time(&search->req) ?: err;
	if (err == -ETIME)
		recall_blocker(search);
	return err;
}

/* What ended a search, other than a page in the way. */
static const char *failure_name(int err)
{
	switch (err) {
	case -ENOSPC:
		return "no room";
	case -ENOMEM:
		return "no memory to move its pages to";
	case -ETIME:
		return "the deadline is over";
	default:
		return "killed";
	}
}

/* Why the request failed, and which page had a part in that. */
static void describe_failure(const struct contig_request *req, int err,
			     char *text, size_t size)
{
	char comm[TASK_COMM_LEN];
	size_t len = 0;
	pid_t pid;

	text[0] = '\0';
	if (err != -EBUSY)
		len = scnprintf(text, size, "%s%s", failure_name(err),
				req->blocker ? ", " : "");
	if (!req->blocker)
		return;
	len += scnprintf(text + len, size - len, "pfn 0x%lx is %s",
			 req->blocker, contig_kind_names[req->blocker_kind]);
	if (page_owner_comm(pfn_to_page(req->blocker), comm, &pid))
		scnprintf(text + len, size - len, ", allocated by %s[%d]",
			  comm, pid);
}

static unsigned long pages_allocated(struct cma *cma)
{
	unsigned long flags, nr;

	spin_lock_irqsave(&cma->lock, flags);
	nr = cma->claims.nr_claimed;
	spin_unlock_irqrestore(&cma->lock, flags);
	return nr;
}

/* One line about a request that failed: what was asked for, and what blocked. */
static void report_failure(const struct cma_search *search, unsigned int align,
			   int err, s64 us)
{
	static DEFINE_RATELIMIT_STATE(limit, DEFAULT_RATELIMIT_INTERVAL,
				      DEFAULT_RATELIMIT_BURST);
	struct cma *cma = search->cma;
	char reason[128];

	if ((search->req.gfp & __GFP_NOWARN) || !__ratelimit(&limit))
		return;
	describe_failure(&search->req, err, reason, sizeof(reason));
	pr_err("%s: no %lu pages aligned to order %u: %s; error %d, %u windows tried, %lld us, %lu of %lu pages allocated\n",
	       cma->name, search->count, align, reason, err, search->windows,
	       us, pages_allocated(cma), cma->claims.nr_pages);
}

/* The request failed: say why, wherever someone may look for it. */
static void tell_failure(struct cma_search *search, unsigned int align, int err,
			 s64 us)
{
	const struct contig_request *req = &search->req;
	unsigned long flags;

	report_failure(search, align, err, us);
	if (!req->blocker)
		return;

	trace_cma_alloc_blocked(search->cma->name, req->blocker, search->count,
				align, contig_kind_names[req->blocker_kind],
				search->windows, us);
	/*
	 * If the survey met it, it was in no window that was tried. What is in
	 * the way of one who moves nothing others may well move.
	 */
	if (!contig_may_migrate(req->gfp))
		return;
	spin_lock_irqsave(&search->cma->lock, flags);
	remember_blocker(search);
	spin_unlock_irqrestore(&search->cma->lock, flags);
}

static void account_request(const struct cma_search *search, int err, s64 us)
{
	const struct contig_request *req = &search->req;
	struct cma_stats *stats = &search->cma->stats;
	unsigned long flags;

	count_vm_event(err ? CMA_ALLOC_FAIL : CMA_ALLOC_SUCCESS);

	spin_lock_irqsave(&search->cma->lock, flags);
	if (err)
		stats->alloc_fail += search->count;
	else
		stats->alloc_success += search->count;
	stats->captured += err ? 0 : req->nr_captured;
	stats->migrated += req->nr_migrated;
	stats->dropped += req->nr_dropped;
	stats->drains += req->nr_drains;
	stats->blocked += search->windows;
	stats->latency[min(fls64(us), CMA_NR_LATENCIES - 1)]++;
	spin_unlock_irqrestore(&search->cma->lock, flags);
}

/**
 * cma_alloc_gfp() - allocate contiguous pages from an area, with an effort
 * @cma: the area; NULL is an area without pages
 * @count: how many pages; whole units of the area are used up for them
 * @align: the first page's pfn is a multiple of 1 << @align
 * @gfp: how hard to try: with __GFP_NORETRY take what is free or can be
 *	dropped, and never wait for a page; by default, move pages, and watch those that
 *	someone holds for a moment; with __GFP_RETRY_MAYFAIL, come back for
 *	them until the area's deadline. Without __GFP_FS or __GFP_IO, what moving
 *	pages may do is limited accordingly. __GFP_NOWARN, __GFP_ZERO and
 *	__GFP_COMP mean what they mean elsewhere; with the last, @count is a power
 *	of two and the pages are aligned to it, or there are none.
 *
 * The pages may be in high memory. Unless @gfp says otherwise they are not
 * compound, each has one reference, and their content is undefined.
 *
 * Context: May sleep.
 * Return: the first page, or NULL.
 *
 * Since: 6.12
 */
struct page *cma_alloc_gfp(struct cma *cma, unsigned long count,
			   unsigned int align, gfp_t gfp)
{
	struct cma_search search = { };
	unsigned long pfn = 0, i;
	struct page *page = NULL;
	struct zone *zone;
	int err = -ENOSPC;
	s64 us;

	might_sleep();
	if (!cma || !cma->active || !count)
		return NULL;
	if ((gfp & __GFP_COMP) && (!is_power_of_2(count) || align < ilog2(count)))
		return NULL;

	zone = page_zone(pfn_to_page(cma->claims.base_pfn));
	gfp = current_gfp_context(gfp) & CONTIG_GFP_MASK;
	search.cma = cma;
	search.count = count;
	search.began = ktime_get();
	search.req.gfp = gfp;
	search.req.migratetype = MIGRATE_CMA;
	search.req.deadline = ktime_add_ms(search.began,
					   READ_ONCE(cma->deadline_ms));
	contig_survey_init(&search.survey, zone, MIGRATE_CMA, gfp);
	zone_cma_want(zone);

	trace_cma_alloc_start(cma->name, count, align);
	if (align < BITS_PER_LONG - 1 && count <= cma->claims.nr_pages) {
		search.align = 1UL << max(align, cma->claims.order);
		err = search_area(&search, align, &pfn);
	}
	if (!err) {
		page = pfn_to_page(pfn);
		for (i = 0; i < count; i++)
			page_kasan_tag_reset(page + i);
	}
	us = ktime_us_delta(ktime_get(), search.began);
	trace_cma_alloc_finish(cma->name, page ? pfn : 0, page, count, align,
			       err);
	if (err)
		tell_failure(&search, align, err, us);
	account_request(&search, err, us);
	return page;
}

/**
 * cma_alloc() - allocate contiguous pages from an area
 * @cma: the area; NULL is an area without pages
 * @count: how many pages
 * @align: the first page's pfn is a multiple of 1 << @align
 * @no_warn: say nothing if it fails
 *
 * cma_alloc_gfp() with the default effort.
 *
 * Context: May sleep.
 * Return: the first page, or NULL.
 *
 * Since: 6.12
 */
struct page *cma_alloc(struct cma *cma, unsigned long count,
		       unsigned int align, bool no_warn)
{
	return cma_alloc_gfp(cma, count, align,
			     GFP_KERNEL | (no_warn ? __GFP_NOWARN : 0));
}

/**
 * cma_alloc_folio() - allocate a folio from an area
 * @cma: the area; NULL is an area without pages
 * @order: of the folio, at least 1
 * @gfp: as for cma_alloc_gfp()
 *
 * Context: May sleep.
 * Return: the folio with one reference, or NULL.
 *
 * Since: 6.12
 */
struct folio *cma_alloc_folio(struct cma *cma, int order, gfp_t gfp)
{
	struct page *page;

	if (WARN_ON_ONCE(order <= 0))
		return NULL;
	page = cma_alloc_gfp(cma, 1UL << order, order, gfp | __GFP_COMP);
	return page ? page_folio(page) : NULL;
}

/**
 * cma_pages_valid() - are these pages of an area?
 * @cma: the area, or NULL
 * @pages: the first page, or NULL
 * @count: how many
 *
 * Context: Any.
 * Return: true if all of them are.
 *
 * Since: 6.12
 */
bool cma_pages_valid(struct cma *cma, const struct page *pages,
		     unsigned long count)
{
	return cma && pages &&
	       cma_claims_span(&cma->claims, page_to_pfn(pages), count);
}

/* Are these pages allocated, so that they can be released? */
static bool begin_release(struct cma *cma, unsigned long pfn,
			  unsigned long count)
{
	unsigned long flags;
	bool may;

	spin_lock_irqsave(&cma->lock, flags);
	may = cma_claims_span(&cma->claims, pfn, count) &&
	      cma_claims_cover(&cma->claims, pfn, count);
	if (may)
		cma->nr_releasing++;
	spin_unlock_irqrestore(&cma->lock, flags);
	return may;
}

static void end_release(struct cma *cma, unsigned long pfn,
			unsigned long count)
{
	unsigned long flags;

	spin_lock_irqsave(&cma->lock, flags);
	cma_claims_drop(&cma->claims, pfn, count);
	cma->stats.released += count;
	cma->nr_releasing--;
	spin_unlock_irqrestore(&cma->lock, flags);
}

/**
 * cma_release() - give pages back to their area
 * @cma: the area, or NULL
 * @pages: the first page, or NULL
 * @count: how many; part of an allocation is fine, in whole units of the
 *	area's order_per_bit
 *
 * Pages of the area that are not allocated, a wrong count among them, are
 * refused with a message and nothing happens to them.
 *
 * Context: Any that may take a spinlock.
 * Return: false if the first page is not the area's, so that the caller may
 * look for its owner elsewhere; true otherwise.
 *
 * Since: 6.12
 */
bool cma_release(struct cma *cma, const struct page *pages,
		 unsigned long count)
{
	unsigned long pfn;

	if (!cma_pages_valid(cma, pages, 1))
		return false;

	pfn = page_to_pfn(pages);
	if (!begin_release(cma, pfn, count)) {
		pr_err("%s: refusing to release %lu pages at pfn 0x%lx: not all of them are allocated\n",
		       cma->name, count, pfn);
		return true;
	}

	trace_cma_release(cma->name, pfn, pages, count);
	zone_cma_want(page_zone(pages));
	/* Who sees the claim gone must find the pages free. */
	free_contig_range(pfn, count);
	end_release(cma, pfn, count);
	return true;
}

/**
 * cma_free_folio() - give a folio back to its area
 * @cma: the area, or NULL
 * @folio: from cma_alloc_folio(), with its one reference; or any other, or NULL
 *
 * Context: Any that may take a spinlock.
 * Return: false if the folio is not the area's.
 *
 * Since: 6.12
 */
bool cma_free_folio(struct cma *cma, const struct folio *folio)
{
	return folio && cma_release(cma, &folio->page, folio_nr_pages(folio));
}

/**
 * cma_for_each_area() - call a function for each area
 * @it: called with each area and @data; anything but 0 ends the walk
 * @data: for @it
 *
 * Context: As that of @it.
 * Return: what @it returned last, 0 if there is no area.
 *
 * Since: 6.12
 */
int cma_for_each_area(int (*it)(struct cma *cma, void *data), void *data)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < cma_area_count && !ret; i++)
		ret = it(&cma_areas[i], data);
	return ret;
}
