/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Taking a given range of pages, whatever movable pages are in it.
 *
 * <linux/gfp.h> includes this file at its end.
 */
#ifndef _LINUX_CONTIG_RANGE_H
#define _LINUX_CONTIG_RANGE_H

struct folio;
struct page;

#ifdef CONFIG_CONTIG_ALLOC

int alloc_contig_range_noprof(unsigned long start, unsigned long end,
			      unsigned int migratetype, gfp_t gfp_mask);
#define alloc_contig_range(...)	\
	alloc_hooks(alloc_contig_range_noprof(__VA_ARGS__))

struct page *alloc_contig_pages_noprof(unsigned long nr_pages, gfp_t gfp_mask,
				       int nid, nodemask_t *nodemask);
#define alloc_contig_pages(...)	\
	alloc_hooks(alloc_contig_pages_noprof(__VA_ARGS__))

void free_contig_range(unsigned long pfn, unsigned long nr_pages);

#else

/* Nobody can have a range to free. */
static inline void free_contig_range(unsigned long pfn, unsigned long nr_pages)
{
	WARN_ON_ONCE(1);
}

#endif /* CONFIG_CONTIG_ALLOC */

/**
 * folio_alloc_gigantic() - a folio beyond the buddy allocator's orders
 * @order: its order, 1 or more
 * @gfp: as for alloc_contig_pages(); __GFP_COMP is implied
 * @nid: preferred node
 * @node: nodes allowed, or NULL
 *
 * Freed with folio_put(), not with free_contig_range().
 *
 * Context: May sleep.
 * Return: the folio with one reference, or NULL.
 *
 * Since: 6.12
 */
static inline struct folio *folio_alloc_gigantic_noprof(int order, gfp_t gfp,
							int nid,
							nodemask_t *node)
{
#ifdef CONFIG_CONTIG_ALLOC
	struct page *head;

	if (WARN_ON_ONCE(order <= 0))
		return NULL;
	head = alloc_contig_pages_noprof(1UL << order, gfp | __GFP_COMP, nid,
					 node);
	return head ? page_folio(head) : NULL;
#else
	return NULL;
#endif
}

#define folio_alloc_gigantic(...)	\
	alloc_hooks(folio_alloc_gigantic_noprof(__VA_ARGS__))

#endif /* _LINUX_CONTIG_RANGE_H */
