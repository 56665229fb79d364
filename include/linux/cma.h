/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Contiguous memory areas: reserve at boot, lend to the page allocator, take
 * back for whoever needs a physically contiguous range.
 *
 * Documentation/mm/cma.rst tells how; Documentation/admin-guide/mm/cma.rst is
 * for those who run a machine with it.
 */
#ifndef __CMA_H__
#define __CMA_H__

#include <linux/gfp_types.h>
#include <linux/init.h>
#include <linux/mmzone.h>
#include <linux/numa.h>
#include <linux/types.h>

#ifndef CONFIG_CMA
#include <linux/uio.h>
#endif

struct cma;
struct folio;
struct iov_iter;
struct page;

/* An area is made of whole pageblocks: they carry the type of their pages. */
#define CMA_MIN_ALIGNMENT_PAGES	pageblock_nr_pages
#define CMA_MIN_ALIGNMENT_BYTES	(PAGE_SIZE * CMA_MIN_ALIGNMENT_PAGES)

/* Room for an area's name, the terminating NUL included. */
#define CMA_MAX_NAME		64

#ifdef CONFIG_CMA_AREAS
#define MAX_CMA_AREAS		CONFIG_CMA_AREAS
#endif

/* Pages in all areas, from their reservation on. */
#ifdef CONFIG_CMA
extern unsigned long totalcma_pages;
#else
#define totalcma_pages		0UL
#endif

phys_addr_t cma_get_base(const struct cma *cma);
unsigned long cma_get_size(const struct cma *cma);
const char *cma_get_name(const struct cma *cma);

int __init cma_declare_contiguous_nid(phys_addr_t base, phys_addr_t size,
				      phys_addr_t limit, phys_addr_t alignment,
				      unsigned int order_per_bit, bool fixed,
				      const char *name, struct cma **res_cma,
				      int nid);

/**
 * cma_declare_contiguous() - reserve an area on any node
 * @base: first byte of the area, or where to search from if not @fixed
 * @size: bytes, rounded up to whole pageblocks and units, and to @alignment
 * @limit: the area ends below this address; 0 for anywhere
 * @alignment: bytes, a power of two or 0; at least a pageblock is used
 * @order_per_bit: order of the smallest piece that can be allocated
 * @fixed: the area must be exactly at @base
 * @name: for people, sysfs and debugfs; NULL to have one made up
 * @res_cma: where to put the area
 *
 * See cma_declare_contiguous_nid().
 *
 * Context: Boot, while memblock is there.
 * Return: 0, or a negative errno.
 *
 * Since: 6.12
 */
static inline int __init
cma_declare_contiguous(phys_addr_t base, phys_addr_t size, phys_addr_t limit,
		       phys_addr_t alignment, unsigned int order_per_bit,
		       bool fixed, const char *name, struct cma **res_cma)
{
	return cma_declare_contiguous_nid(base, size, limit, alignment,
					  order_per_bit, fixed, name, res_cma,
					  NUMA_NO_NODE);
}

int cma_init_reserved_mem(phys_addr_t base, phys_addr_t size,
			  unsigned int order_per_bit, const char *name,
			  struct cma **res_cma);

struct page *cma_alloc(struct cma *cma, unsigned long count,
		       unsigned int align, bool no_warn);
struct page *cma_alloc_gfp(struct cma *cma, unsigned long count,
			   unsigned int align, gfp_t gfp);
bool cma_pages_valid(struct cma *cma, const struct page *pages,
		     unsigned long count);
bool cma_release(struct cma *cma, const struct page *pages,
		 unsigned long count);

int cma_for_each_area(int (*it)(struct cma *cma, void *data), void *data);
void cma_reserve_pages_on_error(struct cma *cma);

#ifdef CONFIG_CMA
struct folio *cma_alloc_folio(struct cma *cma, int order, gfp_t gfp);
bool cma_free_folio(struct cma *cma, const struct folio *folio);
ssize_t cma_iter_get_pages(struct iov_iter *iter, struct page **pages,
			   size_t maxsize, unsigned int maxpages,
			   size_t *start);
#else
static inline struct folio *cma_alloc_folio(struct cma *cma, int order,
					    gfp_t gfp)
{
	return NULL;
}

static inline bool cma_free_folio(struct cma *cma, const struct folio *folio)
{
	return false;
}

static inline ssize_t cma_iter_get_pages(struct iov_iter *iter,
					 struct page **pages, size_t maxsize,
					 unsigned int maxpages, size_t *start)
{
	return iov_iter_get_pages2(iter, pages, maxsize, maxpages, start);
}
#endif

#endif /* __CMA_H__ */
