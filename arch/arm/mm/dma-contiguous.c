// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA buffers out of contiguous areas, as ARM's caches and page tables need it
 *
 * Between arch/arm/mm/dma-mapping.c, which decides whether a buffer comes from
 * an area, and drivers/base/dma-contiguous.c, which takes the pages from it.
 *
 * A device that does not snoop the caches needs its buffer mapped uncached, and
 * mapped in no other way: a line that some CPU fetches, on a guess, through a
 * cacheable mapping would hide what the device writes behind it. Where the
 * kernel has the memory mapped for good, the area's pages are in one of these:
 *
 *            lent out                      allocated
 *   lowmem   kernel's mapping, cacheable   kernel's mapping, uncached
 *   highmem  none                          one in vmalloc space, uncached
 *
 * Lowmem is mapped by sections of 1 or 2 MiB, and one page of a section cannot
 * be made uncached. dma_contiguous_remap() therefore breaks the sections below
 * the areas up into pages at boot, while no other CPU and no other page table
 * knows them. Lowmem that could not be broken up, for whatever reason, is
 * treated as highmem is: its cacheable mapping stays, as it does for a buffer
 * from the buddy allocator, and nothing but that is lost. It stays as well for
 * DMA_ATTR_NO_KERNEL_MAPPING, as dma-direct allocates and frees such buffers.
 */

#define pr_fmt(fmt) "dma-contiguous: " fmt

#include <linux/cacheflush.h>
#include <linux/cma.h>
#include <linux/cma_fail.h>
#include <linux/dma-contiguous.h>
#include <linux/dma-map-ops.h>
#include <linux/highmem.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/pgalloc.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/vmalloc.h>

#include <asm/barrier.h>
#include <asm/mach/map.h>
#include <asm/memory.h>
#include <asm/outercache.h>
#include <asm/system_info.h>
#include <asm/tlbflush.h>

#include "dma-contiguous.h"
#include "mm.h"

/* Latency: how much is zeroed or flushed before others may run */
#define CHUNK_BYTES	SZ_1M

/* From here on it is cheaper to drop all translations than one after another */
#define TLB_FLUSH_ALL_BYTES	SZ_2M

/* Where areas are going to be, from early_fixup to remap */
static struct {
	phys_addr_t base;
	phys_addr_t size;
} fixups[MAX_CMA_AREAS] __initdata;

/**
 * dma_contiguous_early_fixup() - note memory that is going to be an area
 * @base: first byte
 * @size: bytes
 *
 * An entry counts for as long as its memory is reserved: one that was given up
 * again, a device tree node that cma= stands in for say, makes room.
 *
 * Context: boot, before paging_init().
 *
 * Since: 6.12
 */
void __init dma_contiguous_early_fixup(phys_addr_t base, unsigned long size)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(fixups); i++) {
		if (memblock_is_region_reserved(fixups[i].base,
						fixups[i].size))
			continue;
		fixups[i].base = base;
		fixups[i].size = size;
		return;
	}
	pr_warn("%lu KiB at %pa are one area too many for CONFIG_CMA_AREAS=%d: buffers there get mappings in vmalloc space\n",
		size / SZ_1K, &base, MAX_CMA_AREAS);
}

/*
 * Map the PMD_SIZE bytes at @addr by pages instead of sections, else as lowmem
 * is anyway. The table is complete before it is put in place, and the memory
 * is out of reach for just these few instructions, so it does not matter who
 * uses it. Not even for one cycle are there two translations of different size.
 */
static bool __init break_up_sections(pmd_t *pmd, unsigned long addr)
{
	const struct mem_type *type = get_mem_type(MT_MEMORY_RW);
	const size_t table_bytes = PTE_HWTABLE_OFF + PTE_HWTABLE_SIZE;
	unsigned long pfn = __phys_to_pfn(__pa(addr));
	pte_t *table;
	int i;

	table = memblock_alloc(table_bytes, table_bytes);
	if (!table)
		return false;
	for (i = 0; i < PTRS_PER_PTE; i++)
		set_pte_ext(table + i,
			    pfn_pte(pfn + i, __pgprot(type->prot_pte)), 0);

	pmd_clear(pmd);
	local_flush_tlb_all();
	__pmd_populate(pmd, __pa(table), type->prot_l1);
	isb();
	return true;
}

/* Whatever of a range is lowmem and fills its page tables */
static void __init remap_range(u64 base, u64 size)
{
	u64 start = round_up(base, PMD_SIZE);
	u64 end = round_down(min_t(u64, base + size, arm_lowmem_limit),
			     PMD_SIZE);
	unsigned long addr;
	pmd_t *pmd;

	/* A mistake in the device tree must not cost the kernel its text */
	if (start < kernel_sec_end && end > kernel_sec_start)
		return;

	for (; start < end; start += PMD_SIZE) {
		addr = __phys_to_virt(start);
		pmd = pmd_off_k(addr);
		if (pmd_none(*pmd))
			return;
		if (pmd_leaf(*pmd) && !break_up_sections(pmd, addr)) {
			pr_warn("no memory for page tables of %#llx-%#llx\n",
				start, end);
			return;
		}
	}
}

/**
 * dma_contiguous_remap() - map the areas in lowmem by pages
 *
 * Context: from paging_init(), when lowmem is mapped and before bootmem_init()
 * hands it out; one CPU, interrupts off.
 */
void __init dma_contiguous_remap(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(fixups); i++) {
		if (memblock_is_region_reserved(fixups[i].base,
						fixups[i].size))
			remap_range(fixups[i].base, fixups[i].size);
	}
}

/* Whether the kernel's own mapping of a buffer can be made uncached */
static bool mapped_by_pages(struct page *page, size_t size)
{
	unsigned long addr, end;

	if (PageHighMem(page))
		return false;

	addr = (unsigned long)page_address(page);
	end = addr + size;
	for (addr &= PMD_MASK; addr < end; addr += PMD_SIZE) {
		if (pmd_leaf(*pmd_off_k(addr)))
			return false;
	}
	return true;
}

static int set_memory_type(pte_t *ptep, unsigned long addr, void *data)
{
	pteval_t *type = data;
	pte_t pte = clear_pte_bit(*ptep, __pgprot(L_PTE_MT_MASK));

	set_pte_ext(ptep, set_pte_bit(pte, __pgprot(*type)), 0);
	return 0;
}

/*
 * Make the kernel's own mapping of a buffer as cacheable as @prot is. The page
 * tables are there, mapped_by_pages() has seen them.
 */
static void set_lowmem_type(struct page *page, size_t size, pgprot_t prot)
{
	unsigned long addr = (unsigned long)page_address(page);
	pteval_t type = pgprot_val(prot) & L_PTE_MT_MASK;

	WARN_ON_ONCE(apply_to_existing_page_range(&init_mm, addr, size,
						  set_memory_type, &type));
	if (size < TLB_FLUSH_ALL_BYTES)
		flush_tlb_kernel_range(addr, addr + size);
	else
		flush_tlb_all();
}

static void zero_lowmem(void *addr, size_t size)
{
	size_t len;

	for (; size; addr += len, size -= len) {
		len = min_t(size_t, size, CHUNK_BYTES);
		memset(addr, 0, len);
		cond_resched();
	}
}

static void flush_lowmem(void *addr, size_t size)
{
	size_t len;

	for (; size; addr += len, size -= len) {
		len = min_t(size_t, size, CHUNK_BYTES);
		dmac_flush_range(addr, addr + len);
		cond_resched();
	}
}

/*
 * Zeroing goes through the cacheable mapping, which is many times faster. What
 * follows must leave no line in a cache, nor a way for one to get there.
 *
 * From ARMv7 on a CPU may fetch lines by itself through any cacheable mapping,
 * so the flush comes when there is no such mapping any more; it works on
 * addresses, whatever their mapping. Before ARMv7 no CPU does that, but ARM11
 * MPCore can only flush a line that it owns (DMA_CACHE_RWFO), and it comes to
 * own one by access through a cacheable mapping: there the flush is first.
 */
static void prepare_lowmem(struct page *page, size_t size, pgprot_t prot)
{
	bool flush_last = cpu_architecture() >= CPU_ARCH_ARMv7;
	void *addr = page_address(page);

	zero_lowmem(addr, size);
	if (!flush_last)
		flush_lowmem(addr, size);
	if (mapped_by_pages(page, size))
		set_lowmem_type(page, size, prot);
	if (flush_last)
		flush_lowmem(addr, size);
}

static void prepare_page(struct page *page)
{
	void *addr = kmap_local_page(page);

	clear_page(addr);
	dmac_flush_range(addr, addr + PAGE_SIZE);
	kunmap_local(addr);
}

static void prepare_highmem(struct page *page, size_t size)
{
	struct page *end = nth_page(page, size >> PAGE_SHIFT);

	for (; page != end; page = nth_page(page, 1)) {
		prepare_page(page);
		cond_resched();
	}
}

/**
 * arch_dma_prep_coherent() - prepare a buffer that will not be mapped here
 * @page: its first page
 * @size: bytes, whole pages
 *
 * For DMA_ATTR_NO_KERNEL_MAPPING, which dma-direct serves by itself. The buffer
 * is zeroed, for its owner may show it to user space, and in no cache.
 *
 * Context: any; the request may be an atomic one.
 */
void arch_dma_prep_coherent(struct page *page, size_t size)
{
	struct page *end = nth_page(page, size >> PAGE_SHIFT);
	phys_addr_t phys = page_to_phys(page);

	for (; page != end; page = nth_page(page, 1))
		prepare_page(page);
	outer_flush_range(phys, phys + size);
}

/* Contiguous pages, zeroed, in no cache, and mapped by the kernel as @prot */
static struct page *alloc_buffer(struct device *dev, size_t size, gfp_t gfp,
				 pgprot_t prot)
{
	struct page *page;
	phys_addr_t phys;

	page = dma_alloc_from_contiguous_gfp(dev, size >> PAGE_SHIFT,
					     get_order(size), gfp);
	if (!page)
		return NULL;

	if (PageHighMem(page))
		prepare_highmem(page, size);
	else
		prepare_lowmem(page, size, prot);
	phys = page_to_phys(page);
	outer_flush_range(phys, phys + size);
	return page;
}

/* The address at which the kernel accesses a buffer, or NULL */
static void *map_buffer(struct page *page, size_t size, pgprot_t prot,
			const void *caller)
{
	if (cma_should_fail(CMA_FAIL_REMAP, size >> PAGE_SHIFT))
		return NULL;
	if (mapped_by_pages(page, size))
		return page_address(page);
	return dma_common_contiguous_remap(page, size, prot, caller);
}

/**
 * arm_cma_usable() - whether a device's buffers can come from its area
 * @dev: the device, or NULL for memory that is good for any device
 *
 * Return: true if there is an area, it came to life, and all of it is within
 * the device's reach.
 */
bool arm_cma_usable(struct device *dev)
{
	struct cma *cma = dev_get_cma_area(dev);
	phys_addr_t base;
	unsigned long size;

	if (!cma)
		return false;
	base = cma_get_base(cma);
	size = cma_get_size(cma);
	if (!size)
		return false;
	return dev ? dma_coherent_ok(dev, base, size) :
		     base + size - 1 <= arm_dma_limit;
}

/**
 * arm_cma_alloc() - allocate a buffer for a device that does not snoop
 * @dev: the device, or NULL for the default area
 * @size: bytes, whole pages
 * @gfp: how hard to try, see dma_alloc_from_contiguous_gfp()
 * @prot: how it is to be mapped
 * @want_vaddr: whether the kernel is going to access it
 * @caller: the driver's place in the code, for /proc/vmallocinfo
 * @ret_page: where to put the first page; untouched on failure
 *
 * The buffer is zeroed and in no cache.
 *
 * Context: process context, sleeps.
 * Return: the address to access the buffer at, or NULL if there is none: on
 * failure, and if not @want_vaddr.
 */
void *arm_cma_alloc(struct device *dev, size_t size, gfp_t gfp, pgprot_t prot,
		    bool want_vaddr, const void *caller,
		    struct page **ret_page)
{
	struct page *page = alloc_buffer(dev, size, gfp, prot);
	void *addr = NULL;

	if (!page)
		return NULL;

	if (want_vaddr) {
		addr = map_buffer(page, size, prot, caller);
		if (!addr) {
			arm_cma_free_pages(dev, page, size);
			return NULL;
		}
	}

	*ret_page = page;
	return addr;
}

/**
 * arm_cma_free() - free what arm_cma_alloc() has allocated
 * @dev: the device, as then
 * @page: the first page
 * @size: bytes, as then
 * @cpu_addr: the address that arm_cma_alloc() returned
 * @want_vaddr: as then
 *
 * Context: process context, may sleep.
 */
void arm_cma_free(struct device *dev, struct page *page, size_t size,
		  void *cpu_addr, bool want_vaddr)
{
	if (want_vaddr && !mapped_by_pages(page, size))
		dma_common_free_remap(cpu_addr, size);
	arm_cma_free_pages(dev, page, size);
}

/**
 * arm_cma_alloc_pages() - allocate contiguous pages that the caller will map
 * @dev: the device, or NULL for the default area
 * @size: bytes, whole pages
 * @gfp: how hard to try, see dma_alloc_from_contiguous_gfp()
 * @prot: how the caller is going to map them
 * @pages: an array for all of them
 *
 * The pages are zeroed and in no cache.
 *
 * Context: process context, sleeps.
 * Return: true, and @pages filled, or false.
 */
bool arm_cma_alloc_pages(struct device *dev, size_t size, gfp_t gfp,
			 pgprot_t prot, struct page **pages)
{
	struct page *page = alloc_buffer(dev, size, gfp, prot);
	unsigned long i;

	if (!page)
		return false;
	for (i = 0; i < size >> PAGE_SHIFT; i++)
		pages[i] = nth_page(page, i);
	return true;
}

/**
 * arm_cma_free_pages() - free what arm_cma_alloc_pages() has allocated
 * @dev: the device, as then
 * @page: the first page
 * @size: bytes, as then
 *
 * The caller has unmapped them. They are cacheable again before somebody else
 * can get them.
 *
 * Context: process context, may sleep.
 */
void arm_cma_free_pages(struct device *dev, struct page *page, size_t size)
{
	if (mapped_by_pages(page, size))
		set_lowmem_type(page, size, PAGE_KERNEL);
	WARN_ON(!dma_release_from_contiguous(dev, page, size >> PAGE_SHIFT));
}
