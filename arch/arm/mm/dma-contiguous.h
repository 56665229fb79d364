/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DMA buffers out of contiguous areas, as arch/arm/mm uses them
 */
#ifndef _ARM_MM_DMA_CONTIGUOUS_H
#define _ARM_MM_DMA_CONTIGUOUS_H

#include <linux/init.h>
#include <linux/pgtable.h>
#include <linux/types.h>

struct device;
struct page;

#ifdef CONFIG_DMA_CMA

/* For paging_init(), while there is one CPU and no page allocator */
void __init dma_contiguous_remap(void);

/* For dma_alloc_coherent() and friends */
bool arm_cma_usable(struct device *dev);
void *arm_cma_alloc(struct device *dev, size_t size, gfp_t gfp, pgprot_t prot,
		    bool want_vaddr, const void *caller,
		    struct page **ret_page);
void arm_cma_free(struct device *dev, struct page *page, size_t size,
		  void *cpu_addr, bool want_vaddr);

/* For those who map the pages themselves, for the CPU and the device */
bool arm_cma_alloc_pages(struct device *dev, size_t size, gfp_t gfp,
			 pgprot_t prot, struct page **pages);
void arm_cma_free_pages(struct device *dev, struct page *page, size_t size);

#else

static inline void dma_contiguous_remap(void)
{
}

static inline bool arm_cma_usable(struct device *dev)
{
	return false;
}

static inline void *arm_cma_alloc(struct device *dev, size_t size, gfp_t gfp,
				  pgprot_t prot, bool want_vaddr,
				  const void *caller, struct page **ret_page)
{
	return NULL;
}

static inline void arm_cma_free(struct device *dev, struct page *page,
				size_t size, void *cpu_addr, bool want_vaddr)
{
}

static inline bool arm_cma_alloc_pages(struct device *dev, size_t size,
				       gfp_t gfp, pgprot_t prot,
				       struct page **pages)
{
	return false;
}

static inline void arm_cma_free_pages(struct device *dev, struct page *page,
				      size_t size)
{
}

#endif

#endif /* _ARM_MM_DMA_CONTIGUOUS_H */
