// SPDX-License-Identifier: GPL-2.0
/*
 * Pages that are lent are not for keeps: who takes references that may last
 * moves them out of their area first.
 *
 * FOLL_LONGTERM does that by itself, in gup.c. This is for those who cannot say
 * it: vmsplice() and MSG_ZEROCOPY get plain references.
 */
#include <linux/cma.h>
#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/page-isolation.h>
#include <linux/swap.h>
#include <linux/uio.h>
#include <linux/vmstat.h>

#include "contig.h"
#include "internal.h"

/*
 * Queue a folio for migration, if it can be. What was faulted in just now is in
 * this CPU's batch still, and what was used often enough in the one of those
 * that become active: to take our reference is a use. Each has a reference.
 */
static void isolate_to(struct folio *folio, struct list_head *list)
{
	if (!folio_test_lru(folio) || contig_excess_refs(folio) > 1)
		lru_add_drain();
	if (!folio_isolate_lru(folio))
		return;
	list_add_tail(&folio->lru, list);
	node_stat_mod_folio(folio, NR_ISOLATED_ANON + folio_is_file_lru(folio),
			    folio_nr_pages(folio));
}

/*
 * Outside of areas, for it is not movable. Nobody is killed to make room for
 * that, and no large folio compacted for.
 */
static struct folio *alloc_outside(struct folio *src, unsigned long private)
{
	gfp_t gfp = GFP_USER | __GFP_NOWARN | __GFP_RETRY_MAYFAIL;

	if (folio_test_large(src))
		gfp = (gfp & ~__GFP_RETRY_MAYFAIL) | __GFP_NORETRY;
	if (folio_test_anon(src) || is_highmem(folio_zone(src)))
		gfp |= __GFP_HIGHMEM;
	return __folio_alloc_node(gfp, folio_order(src), folio_nid(src));
}

/* The caller holds locks: wait for no I/O. */
static void migrate_out(struct list_head *folios)
{
	migrate_pages(folios, alloc_outside, NULL, 0, MIGRATE_SYNC_LIGHT,
		      MR_LONGTERM_PIN, NULL);
	putback_movable_pages(folios);
}

/* Does a folio lie in an area, or in what is being emptied for somebody? */
static bool is_lent(struct folio *folio)
{
	int mt = folio_migratetype(folio);

	return is_migrate_cma(mt) || is_migrate_isolate(mt);
}

/*
 * Move those of the pages that lie in areas out of them. That needs all our
 * references dropped: if it returns true, @pages are the caller's no more.
 */
static bool move_out(struct page **pages, unsigned int nr)
{
	LIST_HEAD(folios);
	unsigned int i;

	for (i = 0; i < nr; i++) {
		struct folio *folio = page_folio(pages[i]);

		if (is_lent(folio))
			isolate_to(folio, &folios);
	}
	if (list_empty(&folios))
		return false;

	for (i = 0; i < nr; i++)
		put_page(pages[i]);
	migrate_out(&folios);
	return true;
}

/**
 * cma_iter_get_pages() - get an iterator's pages, for references that may last
 * @iter: the iterator, which is advanced
 * @pages: where to put the pages
 * @maxsize: at most so many bytes
 * @maxpages: room in @pages
 * @start: where to put the data's offset in the first page
 *
 * As iov_iter_get_pages2(), but user pages that lie in a contiguous area move
 * out of it first. It is tried once: pages that do not move, because others
 * hold them too, because there is no memory to move them to, or because they
 * are hugetlb's, are taken where they are.
 *
 * Context: May sleep.
 * Return: bytes that @pages hold, or a negative errno.
 *
 * Since: 6.12
 */
ssize_t cma_iter_get_pages(struct iov_iter *iter, struct page **pages,
			   size_t maxsize, unsigned int maxpages, size_t *start)
{
	ssize_t got;

	got = iov_iter_get_pages2(iter, pages, maxsize, maxpages, start);
	if (got <= 0 || !user_backed_iter(iter) ||
	    !move_out(pages, DIV_ROUND_UP(got + *start, PAGE_SIZE)))
		return got;
	iov_iter_revert(iter, got);
	return iov_iter_get_pages2(iter, pages, maxsize, maxpages, start);
}
