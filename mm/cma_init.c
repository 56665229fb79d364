// SPDX-License-Identifier: GPL-2.0
/*
 * Contiguous areas at boot: reserve memory for them, and lend it.
 *
 * Before the page allocator is there, memory is set aside through memblock.
 * At core_initcall each area becomes active: its pageblocks get the type
 * MIGRATE_CMA and its pages go to the buddy allocator. An area that cannot be
 * used, because it is not in one zone for instance, is dissolved: its memory
 * becomes ordinary memory.
 *
 * All of it runs while there is one thread, so that nothing here locks.
 */
#define pr_fmt(fmt) "cma: " fmt

#include <linux/bitmap.h>
#include <linux/cma.h>
#include <linux/highmem.h>
#include <linux/kmemleak.h>
#include <linux/log2.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/page-isolation.h>
#include <linux/pgalloc_tag.h>
#include <linux/sizes.h>

#include "cma.h"
#include "internal.h"

struct cma cma_areas[MAX_CMA_AREAS];
unsigned int cma_area_count;
unsigned long totalcma_pages __read_mostly;

static void __init set_name(struct cma *cma, const char *name)
{
	if (name)
		strscpy(cma->name, name);
	else
		snprintf(cma->name, sizeof(cma->name), "cma%u", cma_area_count);
}

/* The smallest alignment, in bytes, that base and size of an area can have. */
static phys_addr_t __init area_alignment(unsigned int order_per_bit)
{
	return max_t(phys_addr_t, CMA_MIN_ALIGNMENT_BYTES,
		     (phys_addr_t)PAGE_SIZE << order_per_bit);
}

/**
 * cma_init_reserved_mem() - make an area of memory that is reserved already
 * @base: first byte, aligned to a pageblock and to a unit
 * @size: bytes, whole pageblocks and units
 * @order_per_bit: order of a unit, the smallest piece that can be allocated
 * @name: for people, sysfs and debugfs; NULL to have one made up
 * @res_cma: where to put the area
 *
 * Context: Boot, before core_initcall.
 * Return: 0; -ENOSPC if there are CONFIG_CMA_AREAS areas; -EINVAL if none of the
 * memory is reserved in memblock, or it is not aligned.
 *
 * Since: 6.12
 */
int __init cma_init_reserved_mem(phys_addr_t base, phys_addr_t size,
				 unsigned int order_per_bit, const char *name,
				 struct cma **res_cma)
{
	phys_addr_t alignment = area_alignment(order_per_bit);
	phys_addr_t end = base + size - 1;
	struct cma *cma;

	if (cma_area_count == ARRAY_SIZE(cma_areas)) {
		pr_err("no room for area %s: CONFIG_CMA_AREAS is %d\n",
		       name ?: "(unnamed)", MAX_CMA_AREAS);
		return -ENOSPC;
	}
	if (!size || !memblock_is_region_reserved(base, size)) {
		pr_err("area %s at [%pa-%pa]: this memory is not reserved\n",
		       name ?: "(unnamed)", &base, &end);
		return -EINVAL;
	}
	if (!IS_ALIGNED(base | size, alignment)) {
		pr_err("area %s at [%pa-%pa] is not aligned to %pa\n",
		       name ?: "(unnamed)", &base, &end, &alignment);
		return -EINVAL;
	}

	cma = &cma_areas[cma_area_count];
	set_name(cma, name);
	cma->nid = NUMA_NO_NODE;
	cma->deadline_ms = CMA_DEADLINE_MS;
	spin_lock_init(&cma->lock);
	INIT_LIST_HEAD(&cma->at_work);
	init_waitqueue_head(&cma->settled);
	cma->claims.base_pfn = PHYS_PFN(base);
	cma->claims.nr_pages = size >> PAGE_SHIFT;
	cma->claims.order = order_per_bit;

	cma_area_count++;
	totalcma_pages += cma->claims.nr_pages;
	*res_cma = cma;
	return 0;
}

/* First address behind low memory. */
static phys_addr_t __init highmem_start(void)
{
#ifdef CONFIG_HIGHMEM
	/* high_memory itself need not be an address __pa() knows. */
	return __pa(high_memory - 1) + 1;
#else
	return PHYS_ADDR_MAX;
#endif
}

static int __init reserve_fixed(phys_addr_t base, phys_addr_t size)
{
	phys_addr_t end = base + size - 1, border = highmem_start();

	if (base < border && end >= border) {
		pr_err("[%pa-%pa] is partly in high memory, which begins at %pa\n",
		       &base, &end, &border);
		return -EINVAL;
	}
	if (!memblock_is_region_memory(base, size)) {
		pr_err("[%pa-%pa] is not all RAM\n", &base, &end);
		return -EINVAL;
	}
	if (memblock_is_region_reserved(base, size)) {
		pr_err("[%pa-%pa] is in use already, at least in part\n", &base,
		       &end);
		return -EBUSY;
	}
	return memblock_reserve(base, size);
}

/*
 * An area must not span the border between low and high memory. High memory
 * is what fewer others can use, so it comes first.
 */
static phys_addr_t __init reserve_anywhere(phys_addr_t from, phys_addr_t size,
					   phys_addr_t limit,
					   phys_addr_t alignment, int nid)
{
	phys_addr_t border = highmem_start(), base = 0;

	if (limit > border)
		base = memblock_alloc_range_nid(size, alignment,
						max(from, border), limit, nid,
						true);
	if (!base)
		base = memblock_alloc_range_nid(size, alignment, from,
						min(limit, border), nid, true);
	/* Nothing in an area ever points to an object. */
	if (base)
		kmemleak_ignore_phys(base);
	return base;
}

static void __init note_reserved(const struct cma *cma, int nid)
{
	phys_addr_t base = cma_get_base(cma);

	pr_info("Reserved %lu MiB at %pa on node %d\n",
		cma_get_size(cma) / SZ_1M, &base, nid);
}

/**
 * cma_declare_contiguous_nid() - reserve an area
 * @base: first byte of the area, or where to search from if not @fixed
 * @size: bytes, rounded up to whole pageblocks and units, and to @alignment
 * @limit: the area ends below this address; 0 for anywhere
 * @alignment: bytes, a power of two or 0; at least a pageblock is used
 * @order_per_bit: order of a unit, the smallest piece that can be allocated
 * @fixed: the area must be exactly at @base
 * @name: for people, sysfs and debugfs; NULL to have one made up
 * @res_cma: where to put the area
 * @nid: node that the memory must be on unless it is @fixed, or NUMA_NO_NODE
 *
 * Context: Boot, while memblock is there.
 * Return: 0; -EINVAL for arguments that make no sense, -ENOMEM if there is no
 * such memory, -EBUSY if a fixed one is taken, -ENOSPC if there are
 * CONFIG_CMA_AREAS areas. Nothing is reserved then.
 *
 * Since: 6.12
 */
int __init cma_declare_contiguous_nid(phys_addr_t base, phys_addr_t size,
				      phys_addr_t limit, phys_addr_t alignment,
				      unsigned int order_per_bit, bool fixed,
				      const char *name, struct cma **res_cma,
				      int nid)
{
	phys_addr_t ram_end = memblock_end_of_DRAM();
	int err;

	if (!size || (alignment && !is_power_of_2(alignment))) {
		pr_err("area %s: size %pa and alignment %pa make no sense\n",
		       name ?: "(unnamed)", &size, &alignment);
		return -EINVAL;
	}
	alignment = max(alignment, area_alignment(order_per_bit));
	size = ALIGN(size, alignment);
	if (!limit || limit > ram_end)
		limit = ram_end;
	if (fixed && !IS_ALIGNED(base, alignment)) {
		pr_err("area %s: base %pa is not aligned to %pa\n",
		       name ?: "(unnamed)", &base, &alignment);
		return -EINVAL;
	}
	if (size > limit || base > limit - size) {
		pr_err("area %s: %pa bytes from %pa on do not end below %pa\n",
		       name ?: "(unnamed)", &size, &base, &limit);
		return -EINVAL;
	}

	if (fixed) {
		err = reserve_fixed(base, size);
		if (err)
			return err;
	} else {
		base = reserve_anywhere(base, size, limit, alignment, nid);
		if (!base) {
			pr_err("area %s: no %pa bytes in one piece below %pa\n",
			       name ?: "(unnamed)", &size, &limit);
			return -ENOMEM;
		}
	}

	err = cma_init_reserved_mem(base, size, order_per_bit, name, res_cma);
	if (err) {
		memblock_phys_free(base, size);
		return err;
	}
	(*res_cma)->nid = nid;
	note_reserved(*res_cma, nid);
	return 0;
}

/**
 * cma_reserve_pages_on_error() - keep an area's memory whatever happens
 * @cma: the area
 *
 * For owners who use the memory without allocating it: if the area cannot be
 * activated, it is not given to the page allocator.
 *
 * Context: Boot, before core_initcall.
 *
 * Since: 6.12
 */
void __init cma_reserve_pages_on_error(struct cma *cma)
{
	cma->keep_on_error = true;
}

/* Is all of the area memory of one zone? */
static bool __init in_one_zone(const struct cma *cma)
{
	unsigned long pfn = cma->claims.base_pfn;
	struct zone *zone;

	if (!pfn_valid(pfn))
		return false;
	zone = page_zone(pfn_to_page(pfn));
	for (; pfn < cma_end_pfn(cma); pfn += pageblock_nr_pages) {
		unsigned long last = pfn + pageblock_nr_pages - 1;

		if (!pfn_valid(pfn) || page_zone(pfn_to_page(pfn)) != zone ||
		    !pfn_valid(last) || page_zone(pfn_to_page(last)) != zone)
			return false;
	}
	return true;
}

static void __init lend_pages(struct cma *cma)
{
	struct zone *zone = page_zone(pfn_to_page(cma->claims.base_pfn));
	unsigned long pfn;

	for (pfn = cma->claims.base_pfn; pfn < cma_end_pfn(cma);
	     pfn += pageblock_nr_pages) {
		struct page *page = pfn_to_page(pfn);

		set_pageblock_migratetype(page, MIGRATE_CMA);
		/* Was reserved, not allocated. */
		clear_page_tag_ref(page);
		__free_pages_core(page, pageblock_order, MEMINIT_EARLY);
	}
	totalram_pages_add(cma->claims.nr_pages);
	zone->cma_pages += cma->claims.nr_pages;
}

/* Make ordinary memory of an area that cannot be one. */
static void __init dissolve(struct cma *cma)
{
	unsigned long pfn;

	for (pfn = cma->claims.base_pfn; pfn < cma_end_pfn(cma); pfn++) {
		if (pfn_valid(pfn))
			free_reserved_page(pfn_to_page(pfn));
	}
}

static void __init activate(struct cma *cma)
{
	const char *trouble = NULL;

	if (!in_one_zone(cma)) {
		trouble = "it is not all memory of one zone";
	} else {
		cma->claims.bits = bitmap_zalloc(cma_claims_nr_bits(&cma->claims),
						 GFP_KERNEL);
		if (!cma->claims.bits)
			trouble = "no memory for its bitmap";
	}
	if (!trouble) {
		lend_pages(cma);
		cma->active = true;
		return;
	}

	pr_err("area %s of %lu MiB cannot be used: %s; its memory %s\n",
	       cma->name, cma_get_size(cma) / SZ_1M, trouble,
	       cma->keep_on_error ? "stays reserved" :
				    "goes to the page allocator");
	if (!cma->keep_on_error)
		dissolve(cma);
	totalcma_pages -= cma->claims.nr_pages;
	/* Who asks for its size sees that there is nothing to be had. */
	cma->claims.nr_pages = 0;
}

static int __init cma_init_reserved_areas(void)
{
	unsigned int i;

	for (i = 0; i < cma_area_count; i++)
		activate(&cma_areas[i]);
	return 0;
}
core_initcall(cma_init_reserved_areas);
