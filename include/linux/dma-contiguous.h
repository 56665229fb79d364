/* SPDX-License-Identifier: GPL-2.0 */
/*
 * DMA buffers out of contiguous areas: what the DMA layer, the architectures
 * and the boot code ask of drivers/base/dma-contiguous.c.
 *
 * Drivers have no business here: they call dma_alloc_coherent() and friends.
 * <linux/dma-map-ops.h> includes this file for those who implement them.
 */
#ifndef _LINUX_DMA_CONTIGUOUS_H
#define _LINUX_DMA_CONTIGUOUS_H

#include <linux/device.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/types.h>

struct cma;

#ifdef CONFIG_DMA_CMA

extern struct cma *dma_contiguous_default_area;

/**
 * dev_get_cma_area() - the area that a device's buffers come from
 * @dev: the device, or NULL for whoever has no area of its own
 *
 * Context: Any.
 * Return: the device's own area, else the default area, which may be NULL.
 *
 * Since: 6.12
 */
static inline struct cma *dev_get_cma_area(struct device *dev)
{
	if (!dev || !dev->cma_area)
		return dma_contiguous_default_area;
	return dev->cma_area;
}

/* Boot: who gets how much, and where */
void dma_contiguous_reserve(phys_addr_t addr_limit);
int dma_contiguous_reserve_area(phys_addr_t size, phys_addr_t base,
				phys_addr_t limit, struct cma **res_cma,
				bool fixed);
int dma_declare_contiguous(struct device *dev, phys_addr_t size,
			   phys_addr_t base, phys_addr_t limit);
void dma_contiguous_early_fixup(phys_addr_t base, unsigned long size);

/* Run time, with a number of pages: from an area or not at all */
struct page *dma_alloc_from_contiguous(struct device *dev, size_t count,
				       unsigned int order, bool no_warn);
struct page *dma_alloc_from_contiguous_gfp(struct device *dev, size_t count,
					   unsigned int order, gfp_t gfp);
bool dma_release_from_contiguous(struct device *dev, struct page *pages,
				 int count);

/* Run time, with a number of bytes: for those who fall back to the buddy */
struct page *dma_alloc_contiguous(struct device *dev, size_t size, gfp_t gfp);
void dma_free_contiguous(struct device *dev, struct page *page, size_t size);

#else /* !CONFIG_DMA_CMA: there are no areas, and everything is the buddy's */

static inline void dma_contiguous_early_fixup(phys_addr_t base,
					      unsigned long size)
{
}

static inline void dma_contiguous_reserve(phys_addr_t addr_limit)
{
}

static inline int
dma_contiguous_reserve_area(phys_addr_t size, phys_addr_t base,
			    phys_addr_t limit, struct cma **res_cma, bool fixed)
{
	return -EOPNOTSUPP;
}

static inline int dma_declare_contiguous(struct device *dev, phys_addr_t size,
					 phys_addr_t base, phys_addr_t limit)
{
	return -EOPNOTSUPP;
}

static inline struct cma *dev_get_cma_area(struct device *dev)
{
	return NULL;
}

static inline struct page *
dma_alloc_from_contiguous(struct device *dev, size_t count, unsigned int order,
			  bool no_warn)
{
	return NULL;
}

static inline struct page *
dma_alloc_from_contiguous_gfp(struct device *dev, size_t count,
			      unsigned int order, gfp_t gfp)
{
	return NULL;
}

static inline bool
dma_release_from_contiguous(struct device *dev, struct page *pages, int count)
{
	return false;
}

static inline struct page *
dma_alloc_contiguous(struct device *dev, size_t size, gfp_t gfp)
{
	return NULL;
}

static inline void
dma_free_contiguous(struct device *dev, struct page *page, size_t size)
{
	__free_pages(page, get_order(size));
}

#endif /* CONFIG_DMA_CMA */

#endif /* _LINUX_DMA_CONTIGUOUS_H */
