// SPDX-License-Identifier: GPL-2.0
/*
 * What the rest of the kernel, and modules that nobody here knows, compile and
 * link against: every function by its exact type, every constant by its value.
 *
 * ./cma check contract compiles this in the stock tree and in ours, with CONFIG_CMA
 * and without it.  What it then leaves undefined must be in the kernel.
 */
#include <linux/build_bug.h>
#include <linux/cma.h>
#include <linux/compiler_types.h>
#include <linux/device.h>
#include <linux/dma-map-ops.h>
#include <linux/gfp.h>
#include <linux/migrate_mode.h>
#include <linux/mmzone.h>
#include <linux/page-isolation.h>
#include <linux/vm_event_item.h>

/* The function has this type, and somebody refers to it. */
#define FUNCTION(result, name, ...)					\
	static_assert(__same_type(name, result(__VA_ARGS__)));		\
	void *contract_##name = name

#define MEMBER(type, structure, member)					\
	static_assert(__same_type(((structure *)0)->member, type))

#define MACRO_IS(name, value)	static_assert((name) == (value))

/* <linux/cma.h>: inline or real, these are always there. */
MACRO_IS(CMA_MAX_NAME, 64);
MACRO_IS(CMA_MIN_ALIGNMENT_PAGES, pageblock_nr_pages);
MACRO_IS(CMA_MIN_ALIGNMENT_BYTES, PAGE_SIZE * pageblock_nr_pages);
static_assert(__same_type(cma_get_base, phys_addr_t(const struct cma *)));
static_assert(__same_type(cma_get_size, unsigned long(const struct cma *)));
FUNCTION(struct folio *, cma_alloc_folio, struct cma *, int, gfp_t);
FUNCTION(bool, cma_free_folio, struct cma *, const struct folio *);

#ifdef CONFIG_CMA
MACRO_IS(MAX_CMA_AREAS, CONFIG_CMA_AREAS);
static_assert(__same_type(totalcma_pages, unsigned long));
unsigned long *contract_totalcma_pages = &totalcma_pages;
FUNCTION(phys_addr_t, cma_get_base, const struct cma *);
FUNCTION(unsigned long, cma_get_size, const struct cma *);
FUNCTION(const char *, cma_get_name, const struct cma *);
FUNCTION(int, cma_declare_contiguous_nid, phys_addr_t, phys_addr_t, phys_addr_t,
	 phys_addr_t, unsigned int, bool, const char *, struct cma **, int);
FUNCTION(int, cma_declare_contiguous, phys_addr_t, phys_addr_t, phys_addr_t,
	 phys_addr_t, unsigned int, bool, const char *, struct cma **);
FUNCTION(int, cma_init_reserved_mem, phys_addr_t, phys_addr_t, unsigned int,
	 const char *, struct cma **);
FUNCTION(struct page *, cma_alloc, struct cma *, unsigned long, unsigned int, bool);
FUNCTION(bool, cma_pages_valid, struct cma *, const struct page *, unsigned long);
FUNCTION(bool, cma_release, struct cma *, const struct page *, unsigned long);
FUNCTION(int, cma_for_each_area, int (*)(struct cma *, void *), void *);
FUNCTION(void, cma_reserve_pages_on_error, struct cma *);
#endif

/* <linux/dma-map-ops.h> */
FUNCTION(struct cma *, dev_get_cma_area, struct device *);
FUNCTION(void, dma_contiguous_reserve, phys_addr_t);
FUNCTION(int, dma_contiguous_reserve_area, phys_addr_t, phys_addr_t, phys_addr_t,
	 struct cma **, bool);
FUNCTION(struct page *, dma_alloc_from_contiguous, struct device *, size_t,
	 unsigned int, bool);
FUNCTION(bool, dma_release_from_contiguous, struct device *, struct page *, int);
FUNCTION(struct page *, dma_alloc_contiguous, struct device *, size_t, gfp_t);
FUNCTION(void, dma_free_contiguous, struct device *, struct page *, size_t);
FUNCTION(void, dma_contiguous_early_fixup, phys_addr_t, unsigned long);

#ifdef CONFIG_DMA_CMA
static_assert(__same_type(dma_contiguous_default_area, struct cma *));
struct cma **contract_dma_contiguous_default_area = &dma_contiguous_default_area;
MEMBER(struct cma *, struct device, cma_area);
#endif

/* <linux/gfp.h> */
FUNCTION(void, free_contig_range, unsigned long, unsigned long);
FUNCTION(struct folio *, folio_alloc_gigantic_noprof, int, gfp_t, int, nodemask_t *);

#ifdef CONFIG_CONTIG_ALLOC
FUNCTION(int, alloc_contig_range_noprof, unsigned long, unsigned long, unsigned int,
	 gfp_t);
FUNCTION(struct page *, alloc_contig_pages_noprof, unsigned long, gfp_t, int,
	 nodemask_t *);

int contract_alloc_contig_range(unsigned long start, unsigned long end);
int contract_alloc_contig_range(unsigned long start, unsigned long end)
{
	return alloc_contig_range(start, end, MIGRATE_MOVABLE, GFP_KERNEL);
}

struct page *contract_alloc_contig_pages(unsigned long nr_pages);
struct page *contract_alloc_contig_pages(unsigned long nr_pages)
{
	return alloc_contig_pages(nr_pages, GFP_KERNEL, NUMA_NO_NODE, NULL);
}
#endif

struct folio *contract_folio_alloc_gigantic(int order);
struct folio *contract_folio_alloc_gigantic(int order)
{
	return folio_alloc_gigantic(order, GFP_KERNEL | __GFP_COMP, NUMA_NO_NODE, NULL);
}

/* <linux/page-isolation.h>, <linux/mmzone.h> */
#ifdef CONFIG_MEMORY_ISOLATION
MACRO_IS(MEMORY_OFFLINE, 1);
MACRO_IS(REPORT_FAILURE, 2);
FUNCTION(int, start_isolate_page_range, unsigned long, unsigned long, int, int, gfp_t);
FUNCTION(void, undo_isolate_page_range, unsigned long, unsigned long, int);
FUNCTION(int, test_pages_isolated, unsigned long, unsigned long, int);
MEMBER(unsigned long, struct zone, nr_isolate_pageblock);
MACRO_IS(MIGRATE_ISOLATE, MIGRATE_TYPES - 1);
#endif

/* Crash dumps and perf kmem know the order of these. */
MACRO_IS(MIGRATE_UNMOVABLE, 0);
MACRO_IS(MIGRATE_MOVABLE, 1);
MACRO_IS(MIGRATE_RECLAIMABLE, 2);
MACRO_IS(MIGRATE_HIGHATOMIC, MIGRATE_PCPTYPES);
MACRO_IS(MIGRATE_TYPES, MIGRATE_PCPTYPES + 1 + IS_ENABLED(CONFIG_CMA) +
	 IS_ENABLED(CONFIG_MEMORY_ISOLATION));

#ifdef CONFIG_CMA
MACRO_IS(MIGRATE_CMA, MIGRATE_HIGHATOMIC + 1);
MACRO_IS(CMA_ALLOC_FAIL, CMA_ALLOC_SUCCESS + 1);
MEMBER(unsigned long, struct zone, cma_pages);
#endif

#ifdef CONFIG_CONTIG_ALLOC
MACRO_IS(MR_CONTIG_RANGE, MR_NUMA_MISPLACED + 1);
MACRO_IS(MR_LONGTERM_PIN, MR_CONTIG_RANGE + 1);
#endif
