// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA buffers out of contiguous areas
 *
 * The DMA layer's side of mm/cma.c: at boot which areas there are for DMA, how
 * large and where, and at run time which of them serves a request.
 *
 *   cma=, Kconfig, device tree          dma_alloc_coherent()
 *             |                                  |
 *             |               kernel/dma/direct.c, arch/.../dma-mapping.c
 *             v                                  v
 *   dma-contiguous-boot.c               dma-contiguous.c (this file)
 *   dma-contiguous-of.c                          |
 *             v                                  v
 *   cma_declare_contiguous()              cma_alloc_gfp()          mm/cma.c
 *
 * Areas, in the order in which a device's request meets them:
 *
 *   the device's own    memory-region in the device tree, or
 *                       dma_declare_contiguous(); nobody else allocates there,
 *                       and this device allocates nowhere else
 *   its node's          cma_pernuma= and numa_cma=, with CONFIG_DMA_NUMA_CMA
 *   the default area    cma=, else a device tree node with linux,cma-default,
 *                       else what Kconfig says
 */

#define pr_fmt(fmt) "dma-contiguous: " fmt

#include <linux/cache.h>
#include <linux/cma.h>
#include <linux/dma-contiguous.h>
#include <linux/dma-map-ops.h>
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/minmax.h>
#include <linux/printk.h>

#include "dma-contiguous.h"

/* The area of every device that has none of its own; NULL if there is none. */
struct cma *dma_contiguous_default_area __ro_after_init;

/* Areas have been lent by now, or turned out to be none. */
static int __init check_default_area(void)
{
	struct cma *cma = dma_contiguous_default_area;

	if (cma && !cma_get_size(cma)) {
		pr_err("%s: there is no default area\n", cma_get_name(cma));
		dma_contiguous_default_area = NULL;
	}
	return 0;
}
core_initcall_sync(check_default_area);

/*
 * What of a gfp is for an area: how hard to try, and what reclaim may do on the
 * way. The rest is about zones and zeroing.
 */
#define EFFORT_MASK	(GFP_KERNEL | __GFP_NORETRY | __GFP_RETRY_MAYFAIL | \
			 __GFP_NOWARN)

static struct page *alloc_from_area(struct cma *cma, size_t count,
				    unsigned int order, gfp_t gfp)
{
	if (!cma)
		return NULL;
	return cma_alloc_gfp(cma, count,
			     min_t(unsigned int, order, CONFIG_CMA_ALIGNMENT),
			     gfp & EFFORT_MASK);
}

/**
 * dma_alloc_from_contiguous_gfp() - take pages from a device's area
 * @dev: the device, or NULL for the default area
 * @count: number of pages
 * @order: alignment as an order of pages, cut down to CONFIG_CMA_ALIGNMENT
 * @gfp: how hard to try: __GFP_NORETRY, nothing or __GFP_RETRY_MAYFAIL; no
 *	 message if it fails: __GFP_NOWARN; what reclaim may do on the way:
 *	 GFP_NOIO, GFP_NOFS. The rest is not looked at.
 *
 * The pages are contiguous, one reference each, not compound, not zeroed, and
 * may be highmem. Give them back with dma_release_from_contiguous().
 *
 * Context: process context, sleeps.
 * Return: the first page, or NULL.
 *
 * Since: 6.12
 */
struct page *dma_alloc_from_contiguous_gfp(struct device *dev, size_t count,
					   unsigned int order, gfp_t gfp)
{
	return alloc_from_area(dev_get_cma_area(dev), count, order, gfp);
}

/**
 * dma_alloc_from_contiguous() - take pages from a device's area
 * @dev: the device, or NULL for the default area
 * @count: number of pages
 * @order: alignment as an order of pages, cut down to CONFIG_CMA_ALIGNMENT
 * @no_warn: no message if it fails
 *
 * dma_alloc_from_contiguous_gfp() with the usual effort.
 *
 * Context: process context, sleeps.
 * Return: the first page, or NULL.
 *
 * Since: 6.12
 */
struct page *dma_alloc_from_contiguous(struct device *dev, size_t count,
				       unsigned int order, bool no_warn)
{
	return dma_alloc_from_contiguous_gfp(dev, count, order, GFP_KERNEL |
					     (no_warn ? __GFP_NOWARN : 0));
}

struct release_request {
	struct page *pages;
	unsigned long count;
	bool released;
};

/* For cma_for_each_area(): stops at the area that the pages belong to. */
static int release_to_area(struct cma *cma, void *data)
{
	struct release_request *req = data;

	if (!cma_pages_valid(cma, req->pages, 1))
		return 0;
	req->released = cma_release(cma, req->pages, req->count);
	return 1;
}

/**
 * dma_release_from_contiguous() - give pages back to their area
 * @dev: the device that they were taken for, or NULL
 * @pages: the first page
 * @count: number of pages
 *
 * The area is found by the pages: the device may have got or lost an area of
 * its own since.
 *
 * Context: process context, may sleep.
 * Return: false, and nothing done, if the pages are in no area. True otherwise,
 * also if the area refuses them because they are not allocated.
 *
 * Since: 6.12
 */
bool dma_release_from_contiguous(struct device *dev, struct page *pages,
				 int count)
{
	struct release_request req = { .pages = pages, .count = count };

	if (count > 0)
		cma_for_each_area(release_to_area, &req);
	return req.released;
}

#ifdef CONFIG_DMA_NUMA_CMA

struct cma *dma_contiguous_pernuma_area[MAX_NUMNODES] __ro_after_init;
struct cma *dma_contiguous_numa_area[MAX_NUMNODES] __ro_after_init;

/* Sets @areas to those of a node, and returns how many there are. */
static unsigned int node_areas(int nid, gfp_t gfp, struct cma **areas)
{
	unsigned int nr = 0;

	/* They are anywhere on their node, not in the low zones */
	if (nid == NUMA_NO_NODE || (gfp & (GFP_DMA | GFP_DMA32)))
		return 0;

	if (dma_contiguous_pernuma_area[nid])
		areas[nr++] = dma_contiguous_pernuma_area[nid];
	if (dma_contiguous_numa_area[nid])
		areas[nr++] = dma_contiguous_numa_area[nid];
	return nr;
}

#else /* !CONFIG_DMA_NUMA_CMA */

static unsigned int node_areas(int nid, gfp_t gfp, struct cma **areas)
{
	return 0;
}

#endif /* CONFIG_DMA_NUMA_CMA */

/*
 * For devices without an area of their own. That one area has no room is nothing
 * to tell of while another may have it.
 */
static struct page *alloc_shared(int nid, size_t count, unsigned int order,
				 gfp_t gfp)
{
	struct cma *areas[3];
	unsigned int nr = node_areas(nid, gfp, areas);
	struct page *page = NULL;
	unsigned int i;

	if (dma_contiguous_default_area)
		areas[nr++] = dma_contiguous_default_area;
	for (i = 0; i < nr && !page; i++)
		page = alloc_from_area(areas[i], count, order,
				       i + 1 < nr ? gfp | __GFP_NOWARN : gfp);
	return page;
}

/*
 * With DMA_ATTR_NO_KERNEL_MAPPING dma-direct has a buffer zeroed and cleaned out of
 * the caches through the kernel's mapping of it. Highmem has none and is forgotten
 * there, yet others wrote to it, and the buffer may be shown to user space.
 */
static struct page *prepare_highmem(struct page *page, size_t count)
{
	/* Whose arch_dma_prep_coherent() needs no mapping, and zeroes. */
	bool able = IS_ENABLED(CONFIG_ARM) || IS_ENABLED(CONFIG_CSKY);
	size_t i;

	if (!able || !page || !PageHighMem(page))
		return page;
	for (i = 0; i < count; i++) {
		arch_dma_prep_coherent(nth_page(page, i), PAGE_SIZE);
		cond_resched();
	}
	return page;
}

/**
 * dma_alloc_contiguous() - a buffer from an area, where that is worth it
 * @dev: the device, or NULL
 * @size: bytes, rounded up to whole pages
 * @gfp: how hard to try, see dma_alloc_from_contiguous_gfp(); nothing is taken
 *	 if it does not allow to block
 *
 * A device with an area of its own gets everything from there. Others get
 * single pages from the buddy allocator, which is as good and leaves the areas
 * whole, and larger buffers from their node's areas, then the default area.
 * Those with GFP_DMA or GFP_DMA32 pass over the node's, which may lie anywhere.
 *
 * The pages are as dma_alloc_from_contiguous_gfp() says; give them back with
 * dma_free_contiguous().
 *
 * Context: any; sleeps if @gfp allows it.
 * Return: the first page, or NULL: the caller should try the buddy allocator.
 *
 * Since: 6.12
 */
struct page *dma_alloc_contiguous(struct device *dev, size_t size, gfp_t gfp)
{
	size_t count = PAGE_ALIGN(size) >> PAGE_SHIFT;
	unsigned int order = get_order(size);
	struct page *page;

	if (!gfpflags_allow_blocking(gfp))
		return NULL;
	if (dev && dev->cma_area) {
		page = alloc_from_area(dev->cma_area, count, order, gfp);
		return prepare_highmem(page, count);
	}
	if (count <= 1)
		return NULL;

	page = alloc_shared(dev ? dev_to_node(dev) : NUMA_NO_NODE, count, order,
			    gfp);
	return prepare_highmem(page, count);
}

/**
 * dma_free_contiguous() - free a buffer, wherever it came from
 * @dev: the device that it was allocated for, or NULL
 * @page: the first page
 * @size: bytes, as they were asked for
 *
 * For pages from dma_alloc_contiguous() and from the buddy allocator alike.
 *
 * Context: process context, may sleep.
 *
 * Since: 6.12
 */
void dma_free_contiguous(struct device *dev, struct page *page, size_t size)
{
	struct release_request req = {
		.pages = page,
		.count = PAGE_ALIGN(size) >> PAGE_SHIFT,
	};

	/* What an area has refused to take is no buddy's page either */
	if (!cma_for_each_area(release_to_area, &req))
		__free_pages(page, get_order(size));
}
