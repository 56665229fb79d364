/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of drivers/base/dma-contiguous*.c know of each other.
 */
#ifndef _BASE_DMA_CONTIGUOUS_H
#define _BASE_DMA_CONTIGUOUS_H

#include <linux/init.h>
#include <linux/numa.h>
#include <linux/types.h>

struct cma;

/* dma-contiguous.c */
#ifdef CONFIG_DMA_NUMA_CMA
/* What cma_pernuma= gives to each node, and numa_cma= to those it names */
extern struct cma *dma_contiguous_pernuma_area[MAX_NUMNODES];
extern struct cma *dma_contiguous_numa_area[MAX_NUMNODES];
#endif

/* dma-contiguous-boot.c */
const char *dma_contiguous_cmdline(void);
const char *dma_contiguous_resident(phys_addr_t base, phys_addr_t size);
const char *dma_contiguous_unfit(u64 base, u64 size);

/* dma-contiguous-of.c */
#ifdef CONFIG_OF_RESERVED_MEM
const char *dma_contiguous_default_node(void);
#else
static inline const char *dma_contiguous_default_node(void)
{
	return NULL;
}
#endif

#endif /* _BASE_DMA_CONTIGUOUS_H */
