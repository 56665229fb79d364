// SPDX-License-Identifier: GPL-2.0
/*
 * Survey: what is in a range of pages, and what would it cost to take it?
 *
 * Reads struct pages without locks and without taking references, so that
 * looking at a range disturbs nobody. Everything it says may be outdated at
 * once: it serves to choose a window, never to rely on. What is done to the
 * chosen one is checked again by contig_range.c.
 *
 * Looking at 32 MiB reads 8192 struct pages at the most, and a fraction
 * of that where memory is free: the steps are those of the buddy allocator's
 * blocks and of the folios.
 */
#include <linux/hugetlb.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/page-isolation.h>

#include "contig.h"
#include "internal.h"

const char * const contig_kind_names[NR_CONTIG_KINDS] = {
	[CONTIG_FREE]		= "free",
	[CONTIG_PCP]		= "on a per-CPU list",
	[CONTIG_CLEAN]		= "clean page cache",
	[CONTIG_MOVABLE]	= "movable",
	[CONTIG_WAITING]	= "locked or under writeback",
	[CONTIG_BATCHED]	= "off its LRU list",
	[CONTIG_OPAQUE]		= "in use by someone unknown",
	[CONTIG_HELD]		= "held by an extra reference",
	[CONTIG_UNMOVABLE]	= "unmovable",
};

/*
 * Relative cost of a page. Copying one is the unit that matters; what has to
 * be waited for costs several of them.
 */
static const unsigned int kind_cost[NR_CONTIG_KINDS] = {
	[CONTIG_PCP]		= 1,
	[CONTIG_CLEAN]		= 3,
	[CONTIG_MOVABLE]	= CONTIG_COST_MOVE,
	[CONTIG_WAITING]	= 64,
	[CONTIG_BATCHED]	= 32,
	[CONTIG_OPAQUE]		= 128,
};

/* Pages from @pfn to the end of the free block it is in; 0 if it is in none. */
static unsigned long free_run(unsigned long pfn)
{
	unsigned int order;

	for (order = 0; order <= MAX_PAGE_ORDER; order++) {
		unsigned long head = round_down(pfn, 1UL << order);
		struct page *page = pfn_to_page(head);

		if (PageBuddy(page)) {
			unsigned long size = buddy_order_unsafe(page);

			if (size > MAX_PAGE_ORDER)
				return 0;
			size = 1UL << size;
			return head + size > pfn ? head + size - pfn : 0;
		}
	}
	return 0;
}

/**
 * struct folio_look - a folio as it looked for a moment
 * @folio: the folio; without a reference, it may be something else by now
 * @flags: its flags
 * @order: its order
 *
 * The folio_test_*() functions may be asked of folios only that stay folios.
 */
struct folio_look {
	struct folio *folio;
	unsigned long flags;
	unsigned int order;
};

static struct folio_look look_at(struct folio *folio)
{
	struct folio_look look = {
		.folio = folio,
		.flags = READ_ONCE(folio->flags),
	};

	/* If it is no folio any more, that can be any number. */
	if (look.flags & BIT(PG_head))
		look.order = min(compound_order(&folio->page), 30U);
	return look;
}

static bool has_flag(const struct folio_look *look, enum pageflags flag)
{
	return look->flags & BIT(flag);
}

static bool in_swapcache(const struct folio_look *look)
{
	return IS_ENABLED(CONFIG_SWAP) && has_flag(look, PG_swapbacked) &&
	       has_flag(look, PG_swapcache);
}

static int mapcount(const struct folio_look *look)
{
	const atomic_t *count = &look->folio->_mapcount;

	if (look->order)
		count = &look->folio->_large_mapcount;

	/* Types of pages that nobody maps are negative numbers. */
	return max(atomic_read(count) + 1, 0);
}

static int excess_refs(const struct folio_look *look, int maps)
{
	struct folio *folio = look->folio;
	int explained = maps;

	if (in_swapcache(look) ||
	    (!folio_test_anon(folio) && READ_ONCE(folio->mapping)))
		explained += 1 << look->order;
	if (look->flags & PAGE_FLAGS_PRIVATE)
		explained++;
	return folio_ref_count(folio) - explained;
}

/**
 * contig_excess_refs() - references to a folio that nothing explains
 * @folio: the folio; may be changing or being freed
 *
 * Migration needs to know of everyone who refers to a folio. Mappings, the
 * page cache, the swap cache and private data are accounted for; what is more
 * than that is a pin, I/O in flight, or a per-CPU batch.
 *
 * Context: Any. A snapshot, unless the caller has the folio locked, off the
 * LRU and unmapped.
 * Return: their number; not positive if all are explained.
 */
int contig_excess_refs(struct folio *folio)
{
	struct folio_look look = look_at(folio);

	return excess_refs(&look, mapcount(&look));
}

static enum contig_kind hugetlb_kind(const struct folio_look *look)
{
	/* It may be freed under us: take the hstate from its size. */
	struct hstate *h = size_to_hstate(PAGE_SIZE << look->order);

	/* A gigantic one has nowhere to go. */
	if (!h || hstate_is_gigantic(h) || !hugepage_migration_supported(h))
		return CONTIG_UNMOVABLE;
	return CONTIG_MOVABLE;
}

/* Not on an LRU list: isolated, in a batch, of a driver, or the kernel's own. */
static enum contig_kind off_lru_kind(const struct folio_look *look)
{
	struct folio *folio = look->folio;

	if (has_flag(look, PG_reserved) || folio_test_slab(folio) ||
	    PageHWPoison(&folio->page))
		return CONTIG_UNMOVABLE;
	if (__folio_test_movable(folio))
		return CONTIG_MOVABLE;
	if (page_has_type(&folio->page))
		return CONTIG_UNMOVABLE;
	return READ_ONCE(folio->mapping) || in_swapcache(look) ?
		CONTIG_BATCHED : CONTIG_OPAQUE;
}

static enum contig_kind lru_kind(const struct folio_look *look)
{
	int maps = mapcount(look);

	if (look->flags & (BIT(PG_locked) | BIT(PG_writeback)))
		return CONTIG_WAITING;
	if (excess_refs(look, maps) > 0)
		return CONTIG_HELD;
	if (!maps && !folio_test_anon(look->folio) &&
	    !(look->flags & (BIT(PG_swapbacked) | BIT(PG_dirty) |
			     BIT(PG_unevictable))))
		return CONTIG_CLEAN;
	return CONTIG_MOVABLE;
}

static enum contig_kind folio_kind(const struct folio_look *look)
{
	if (has_flag(look, PG_lru))
		return lru_kind(look);
	if (folio_test_hugetlb(look->folio))
		return hugetlb_kind(look);
	return off_lru_kind(look);
}

/* A page without references: free, or changing hands. */
static enum contig_kind unused_kind(struct page *page, unsigned long *nr)
{
	*nr = free_run(page_to_pfn(page));
	if (*nr)
		return CONTIG_FREE;
	*nr = 1;
	/* A driver's, a guard, unaccepted, poisoned: none needs references. */
	if ((page_has_type(page) && !PageBuddy(page)) || PageHWPoison(page))
		return CONTIG_UNMOVABLE;
	return CONTIG_PCP;
}

/* What is at a page, and for how many pages from there on? */
static __always_inline
enum contig_kind page_kind(struct page *page, unsigned long *nr)
{
	struct folio_look look = { };
	unsigned long head;

	*nr = 1;
	/* Nearly always: a page by itself. */
	if (!PageTail(page)) {
		look.folio = (struct folio *)page;
		look.flags = READ_ONCE(page->flags);
		if (!has_flag(&look, PG_head))
			return page_ref_count(page) ? folio_kind(&look) :
						      unused_kind(page, nr);
	}
	look = look_at(page_folio(page));
	head = folio_pfn(look.folio);
	if (head + (1UL << look.order) > page_to_pfn(page))
		*nr = head + (1UL << look.order) - page_to_pfn(page);
	return folio_kind(&look);
}

/**
 * contig_page_kind() - what is at a pfn?
 * @pfn: an online page
 * @nr: how many pages, this one included, the answer is for
 *
 * Context: Any. A snapshot.
 * Return: the kind of page.
 */
enum contig_kind contig_page_kind(unsigned long pfn, unsigned long *nr)
{
	return page_kind(pfn_to_page(pfn), nr);
}

/* Only such pageblocks can be held, without which nothing is taken outside of areas. */
static bool is_whole_pageblock(const struct zone *zone, unsigned long pfn)
{
	return zone_spans_pfn(zone, pageblock_start_pfn(pfn)) &&
	       zone_spans_pfn(zone, pageblock_end_pfn(pfn) - 1);
}

/* Can pages of @pfn's pageblock be taken at all for this survey's purpose? */
static bool pageblock_suits(const struct contig_survey *survey,
			    unsigned long pfn)
{
	struct page *page = pfn_to_online_page(pfn);
	int mt;

	if (!page || page_zone(page) != survey->zone)
		return false;
	mt = get_pageblock_migratetype(page);
	/* A neighbour is emptying a part of it; outside of areas who wants all of it. */
	if (is_migrate_isolate(mt))
		return is_migrate_cma(survey->migratetype);
	if (is_migrate_cma(mt) || is_migrate_cma(survey->migratetype))
		return mt == survey->migratetype;
	return mt != MIGRATE_HIGHATOMIC && is_whole_pageblock(survey->zone, pfn);
}

/**
 * contig_page_users() - how many refer to a page's folio?
 * @pfn: an online page
 * @refs: where to put its references
 * @maps: where to put how often it is mapped
 *
 * Context: Any. A snapshot.
 */
void contig_page_users(unsigned long pfn, int *refs, int *maps)
{
	struct folio_look look = look_at(page_folio(pfn_to_page(pfn)));

	*refs = folio_ref_count(look.folio);
	*maps = mapcount(&look);
}

/**
 * contig_survey_init() - get ready to look at pages
 * @survey: what to set up
 * @zone: where
 * @migratetype: as in &struct contig_survey
 * @effort: the caller's flags, see struct contig_request: they decide which
 *	kinds of page are in the way
 */
void contig_survey_init(struct contig_survey *survey, struct zone *zone,
			int migratetype, gfp_t effort)
{
	*survey = (struct contig_survey) {
		.zone = zone,
		.migratetype = migratetype,
		.in_the_way = BIT(CONTIG_HELD) | BIT(CONTIG_UNMOVABLE),
	};
	/* Movable requests only get lent pages: an opaque one is young there. */
	if (!is_migrate_cma(migratetype))
		survey->in_the_way |= BIT(CONTIG_OPAQUE);
	if (!contig_may_migrate(effort))
		survey->in_the_way |= BIT(CONTIG_MOVABLE) | BIT(CONTIG_WAITING) |
				      BIT(CONTIG_BATCHED) | BIT(CONTIG_OPAQUE);
}

/* Will a drain of the LRU batches make this page one that can be had? */
static bool drain_may_help(const struct contig_survey *survey,
			   unsigned long pfn, enum contig_kind kind)
{
	struct folio_look look;

	if (kind != CONTIG_HELD && kind != CONTIG_BATCHED)
		return false;
	if (!(survey->in_the_way & BIT(CONTIG_MOVABLE)))
		return true;
	/* Only if it can be dropped then. */
	look = look_at(page_folio(pfn_to_page(pfn)));
	return !folio_test_anon(look.folio) && !mapcount(&look) &&
	       !(look.flags & (BIT(PG_swapbacked) | BIT(PG_dirty)));
}

static void note_blocker(struct contig_survey *survey, unsigned long pfn,
			 enum contig_kind kind)
{
	/* What may go away again says more than what never will. */
	if (!survey->blocker || (survey->blocker_kind == CONTIG_UNMOVABLE &&
				 kind != CONTIG_UNMOVABLE)) {
		survey->blocker = pfn;
		survey->blocker_kind = kind;
	}
	if (drain_may_help(survey, pfn, kind))
		survey->drainable = true;
}

/*
 * The part of a piece that lies in one pageblock, see contig_survey_piece(): from
 * *@first to @end, or as far as nothing is in the way; true if that is all of it.
 */
static bool survey_part(struct contig_survey *survey, unsigned long *first,
			unsigned long end, struct cma_piece *piece)
{
	unsigned long pfn, step;

	for (pfn = *first; pfn < end; pfn += step) {
		enum contig_kind kind = page_kind(pfn_to_page(pfn), &step);

		piece->looks++;
		if (step > end - pfn)
			step = end - pfn;
		if (survey->in_the_way & BIT(kind)) {
			piece->blocked = true;
			piece->blocker = pfn + step - 1;
			note_blocker(survey, pfn, kind);
			break;
		}
		piece->cost += step * kind_cost[kind];
	}
	*first = pfn;
	return pfn >= end;
}

/**
 * contig_looks_free() - are pages of a contiguous area free?
 * @pfn: first pfn
 * @nr: pages
 *
 * Context: Any. A snapshot.
 * Return: true if all of them are free, in pageblocks that are lent.
 */
bool contig_looks_free(unsigned long pfn, unsigned long nr)
{
	unsigned long end = pfn + nr, run;

	for (; pfn < end; pfn += run) {
		if (!is_migrate_cma_page(pfn_to_page(pfn)))
			return false;
		run = min(free_run(pfn), pageblock_end_pfn(pfn) - pfn);
		if (!run)
			return false;
	}
	return true;
}

/**
 * contig_survey_piece() - look at a piece of memory
 * @survey: how to look; what is in the way is noted there
 * @pfn: first pfn
 * @nr: pages
 *
 * Stops at the first page that is in the way: what lies before it is of no
 * use either to a window that begins before it.
 *
 * Context: Any.
 * Return: what placement wants to know, see cma_place_window().
 */
struct cma_piece contig_survey_piece(struct contig_survey *survey,
				     unsigned long pfn, unsigned long nr)
{
	unsigned long begin = pfn, end = pfn + nr;
	struct cma_piece piece = { };

	while (pfn < end) {
		if (!pageblock_suits(survey, pfn)) {
			piece.blocked = true;
			piece.blocker = pageblock_end_pfn(pfn) - 1;
			note_blocker(survey, pfn, CONTIG_UNMOVABLE);
			break;
		}
		if (!survey_part(survey, &pfn,
				 min(end, pageblock_end_pfn(pfn)), &piece))
			break;
	}
	piece.clear = pfn - begin;
	return piece;
}
