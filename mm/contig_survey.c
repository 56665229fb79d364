// SPDX-License-Identifier: GPL-2.0
/*
 * Survey: what is in a range of pages, and what would it cost to take it?
 *
 * Reads struct pages without locks and without taking references, so that
 * looking at a range disturbs nobody. Everything it says may be outdated at
 * once: it serves to choose a window, never to rely on. What is done to the
 * chosen one is checked again by contig_range.c.
 *
 * Looking at 32 MiB reads 256 KiB of struct page at the most, and a fraction
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
 * contig_excess_refs() - references to a folio that nothing explains
 * @folio: the folio; may be changing or being freed
 *
 * Migration needs to know of everyone who refers to a folio. Mappings, the
 * page cache, the swap cache and private data are accounted for; what is more
 * than that is a pin, I/O in flight, or a per-CPU batch.
 *
 * Context: Any. A snapshot, unless the caller has the folio locked, off the
 *	LRU and unmapped.
 * Return: their number; not positive if all are explained.
 */
int contig_excess_refs(struct folio *folio)
{
	int explained = folio_mapcount(folio);

	if (folio_test_swapcache(folio) ||
	    (!folio_test_anon(folio) && READ_ONCE(folio->mapping)))
		explained += folio_nr_pages(folio);
	if (folio_has_private(folio))
		explained++;
	return folio_ref_count(folio) - explained;
}

static enum contig_kind hugetlb_kind(struct folio *folio)
{
	/* It may be freed under us: take the hstate from its size. */
	struct hstate *h = size_to_hstate(folio_size(folio));

	/* A gigantic one has nowhere to go. */
	if (!h || hstate_is_gigantic(h) || !hugepage_migration_supported(h))
		return CONTIG_UNMOVABLE;
	return CONTIG_MOVABLE;
}

/* Not on an LRU list: isolated, in a batch, of a driver, or the kernel's own. */
static enum contig_kind off_lru_kind(struct folio *folio)
{
	if (folio_test_slab(folio) || PageHWPoison(&folio->page))
		return CONTIG_UNMOVABLE;
	if (__folio_test_movable(folio))
		return CONTIG_MOVABLE;
	if (page_has_type(&folio->page))
		return CONTIG_UNMOVABLE;
	return READ_ONCE(folio->mapping) || folio_test_swapcache(folio) ?
		CONTIG_BATCHED : CONTIG_OPAQUE;
}

static enum contig_kind folio_kind(struct folio *folio)
{
	if (folio_test_hugetlb(folio))
		return hugetlb_kind(folio);
	if (folio_test_reserved(folio))
		return CONTIG_UNMOVABLE;
	if (!folio_test_lru(folio))
		return off_lru_kind(folio);
	if (folio_test_locked(folio) || folio_test_writeback(folio))
		return CONTIG_WAITING;
	if (contig_excess_refs(folio) > 0)
		return CONTIG_HELD;
	if (!folio_test_swapbacked(folio) && !folio_test_anon(folio) &&
	    !folio_test_dirty(folio) && !folio_test_unevictable(folio) &&
	    !folio_mapped(folio))
		return CONTIG_CLEAN;
	return CONTIG_MOVABLE;
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
	struct page *page = pfn_to_page(pfn);
	struct folio *folio;
	unsigned long end;

	*nr = 1;
	if (!PageCompound(page) && !page_ref_count(page)) {
		*nr = free_run(pfn);
		if (*nr)
			return CONTIG_FREE;
		*nr = 1;
		/* A driver's, a guard, unaccepted: none needs references. */
		if (page_has_type(page) && !PageBuddy(page))
			return CONTIG_UNMOVABLE;
		return CONTIG_PCP;
	}

	folio = page_folio(page);
	end = folio_pfn(folio) + folio_nr_pages(folio);
	if (end > pfn)
		*nr = end - pfn;
	return folio_kind(folio);
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
	/* Somebody is emptying it; ours if it is lent otherwise. */
	if (is_migrate_isolate(mt))
		return true;
	if (is_migrate_cma(mt) || is_migrate_cma(survey->migratetype))
		return mt == survey->migratetype;
	return mt != MIGRATE_HIGHATOMIC;
}

/* Is a page of this kind in the way of this survey's request? */
static bool kind_blocks(const struct contig_survey *survey,
			enum contig_kind kind)
{
	switch (kind) {
	case CONTIG_FREE:
	case CONTIG_PCP:
	case CONTIG_CLEAN:
		return false;
	case CONTIG_OPAQUE:
		/* Movable requests only get lent pages: it is a young one. */
		return !is_migrate_cma(survey->migratetype) ||
		       !contig_may_migrate(survey->effort);
	case CONTIG_MOVABLE:
	case CONTIG_WAITING:
	case CONTIG_BATCHED:
		return !contig_may_migrate(survey->effort);
	default:
		return true;
	}
}

static void note_blocker(struct contig_survey *survey, unsigned long pfn,
			 enum contig_kind kind)
{
	/* What may go away again says more than what never will. */
	if (kind != CONTIG_UNMOVABLE || !survey->blocker ||
	    survey->blocker_kind == CONTIG_UNMOVABLE) {
		survey->blocker = pfn;
		survey->blocker_kind = kind;
	}
	if (kind == CONTIG_HELD || kind == CONTIG_BATCHED)
		survey->drainable = true;
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
	unsigned long end = pfn + nr, step, first = pfn;
	struct cma_piece piece = { };

	for (; pfn < end; pfn += step) {
		enum contig_kind kind;

		if ((pfn == first || pageblock_aligned(pfn)) &&
		    !pageblock_suits(survey, pfn)) {
			piece.blocked = true;
			piece.blocker = pageblock_end_pfn(pfn) - 1;
			note_blocker(survey, pfn, CONTIG_UNMOVABLE);
			break;
		}
		kind = contig_page_kind(pfn, &step);
		/* Each pageblock's type is looked at. */
		step = min3(step, end - pfn, pageblock_end_pfn(pfn) - pfn);
		if (kind_blocks(survey, kind)) {
			piece.blocked = true;
			piece.blocker = pfn + step - 1;
			note_blocker(survey, pfn, kind);
			break;
		}
		piece.cost += step * kind_cost[kind];
	}
	return piece;
}
