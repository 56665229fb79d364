// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA buffers out of contiguous areas: who gets how much, and where
 *
 * The architecture calls dma_contiguous_reserve() once memblock knows what RAM
 * there is and what is taken of it. That is after the command line was parsed,
 * and after device tree nodes that leave the place to the kernel were set up.
 * What comes out is memory reserved in memblock, which mm/cma.c makes areas of
 * when the page allocator is up.
 *
 * Somebody typed these numbers, or copied them from another board: a request
 * that cannot be met says what was asked for, what is in the way, and what
 * happens instead. The system runs on.
 */

#define pr_fmt(fmt) "dma-contiguous: " fmt

#include <linux/cma.h>
#include <linux/dma-contiguous.h>
#include <linux/initrd.h>
#include <linux/kernel.h>
#include <linux/memblock.h>
#include <linux/nodemask.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include <asm/sections.h>

#include "dma-contiguous.h"
#include "dma-contiguous-option.h"

/**
 * struct area_request - an area that is wanted at boot
 * @who: what asks for it, for messages: "cma=64M"
 * @name: the area's name, or NULL to have one made up
 * @size: bytes
 * @base: first byte, or where to search from if not @fixed
 * @limit: the area ends below this address; 0 for anywhere
 * @fixed: exactly at @base
 * @nid: the node to be on, or NUMA_NO_NODE
 *
 * Addresses are 64 bits wide whatever phys_addr_t is, so that nonsense from a
 * command line can be told from what it would be cut down to.
 */
struct area_request {
	const char *who;
	const char *name;
	u64 size;
	u64 base;
	u64 limit;
	bool fixed;
	int nid;
};

/*
 * What cma= says, and all of it as text: for messages, and empty if there was
 * no such option or none that made sense.
 */
static struct {
	char text[64];
	struct cma_option opt;
} cmdline __initdata;

/**
 * dma_contiguous_early_fixup() - prepare the kernel's mapping of an area
 * @base: first byte of memory that is going to be an area
 * @size: bytes
 *
 * An architecture whose page tables are not yet built when areas are reserved,
 * and which must build them in a special way there, overrides this function
 * and takes note. The memory is reserved in memblock when this is called; if
 * it no longer is when the page tables are made, the area was given up.
 *
 * Context: boot, before paging is set up, on one CPU.
 *
 * Since: 6.12
 */
void __init __weak dma_contiguous_early_fixup(phys_addr_t base,
					      unsigned long size)
{
}

/**
 * dma_contiguous_cmdline() - what the command line says of the default area
 *
 * Return: the text of the option, or NULL if there was none that made sense.
 */
const char *__init dma_contiguous_cmdline(void)
{
	return cmdline.text[0] ? cmdline.text : NULL;
}

/* Is some of it memory that the kernel must not touch, firmware's for instance? */
static bool __init overlaps_nomap(phys_addr_t base, phys_addr_t size)
{
	struct memblock_region *region;

	for_each_mem_region(region) {
		if (memblock_is_nomap(region) &&
		    memblock_addrs_overlap(base, size, region->base,
					   region->size))
			return true;
	}
	return false;
}

/**
 * dma_contiguous_resident() - what lies in memory and must stay there
 * @base: first byte
 * @size: bytes
 *
 * Memblock knows that memory is reserved, but not for whom. What is not to be
 * mapped is RAM to it, and not even reserved.
 *
 * Return: how the memory fails to be free of the kernel, the initrd and what
 * must stay unmapped, as the end of a sentence, or NULL.
 */
const char *__init dma_contiguous_resident(phys_addr_t base, phys_addr_t size)
{
	if (memblock_addrs_overlap(base, size, __pa_symbol(_stext),
				   _end - _stext))
		return "overlaps the kernel";
	if (IS_ENABLED(CONFIG_BLK_DEV_INITRD) && phys_initrd_size &&
	    memblock_addrs_overlap(base, size, phys_initrd_start,
				   phys_initrd_size))
		return "overlaps the initrd";
	if (overlaps_nomap(base, size))
		return "overlaps memory that must stay unmapped";
	return NULL;
}

/**
 * dma_contiguous_unfit() - why memory could not be an area
 * @base: first byte
 * @size: bytes
 *
 * Whether the memory is reserved is not looked at.
 *
 * Return: the reason, as the end of a sentence, or NULL.
 */
const char *__init dma_contiguous_unfit(u64 base, u64 size)
{
	const char *why;

	if (!IS_ALIGNED(base | size, CMA_MIN_ALIGNMENT_BYTES))
		return "is not made of whole pageblocks";
	if (!size || base + size < base || base + size - 1 > PHYS_ADDR_MAX)
		return "is not all RAM";
	why = dma_contiguous_resident(base, size);
	if (!why && !memblock_is_region_memory(base, size))
		why = "is not all RAM";
	return why;
}

/* Say what memblock has reserved where @req wants to be: the first of it. */
static void __init note_reserved(const struct area_request *req)
{
	phys_addr_t start, end;
	u64 i;

	for_each_reserved_mem_range(i, &start, &end) {
		if (end <= req->base || start >= req->base + req->size)
			continue;
		pr_err("%s: %pa-%pa is reserved\n", req->who, &start, &end);
		return;
	}
}

/* Why a request for this very place cannot be met, or NULL. */
static const char *__init place_refused(const struct area_request *req)
{
	const char *why = dma_contiguous_unfit(req->base, req->size);

	if (why)
		return why;
	if (req->limit && req->base + req->size > req->limit)
		return "lies above what the platform allows for DMA";
	if (memblock_is_region_reserved(req->base, req->size)) {
		note_reserved(req);
		return "overlaps memory that was reserved before";
	}
	return NULL;
}

/* Why no place could be found for such a request, or NULL. */
static const char *__init window_refused(const struct area_request *req)
{
	if (req->base > PHYS_ADDR_MAX ||
	    (req->limit && (req->limit <= req->base ||
			    req->limit - req->base < req->size)))
		return "is more than the room it may lie in";
	return NULL;
}

static int __init refuse(const struct area_request *req, const char *why)
{
	u64 ram_start = memblock_start_of_DRAM();
	u64 ram_end = memblock_end_of_DRAM();
	u64 end = req->fixed ? req->base + req->size : req->limit;

	pr_err("%s: no area of %llu KiB %s %#llx-%#llx: %s\n", req->who,
	       req->size / SZ_1K, req->fixed ? "at" : "within", req->base,
	       end ?: ram_end, why);
	pr_err("%s: RAM is %llu MiB at %#llx-%#llx, pageblocks are %lu KiB\n",
	       req->who, (u64)memblock_phys_mem_size() / SZ_1M, ram_start,
	       ram_end, CMA_MIN_ALIGNMENT_BYTES / SZ_1K);
	return -EINVAL;
}

static const char *__init why_not_declared(int err)
{
	if (err == -ENOSPC)
		return "there are CONFIG_CMA_AREAS areas already";
	if (err == -ENOMEM)
		return "there is no such piece of free memory";
	return "what mm/cma.c says above stands against it";
}

/*
 * Reserve what @req says, or say why not. The size is rounded up to whole
 * pageblocks; a place that was asked for is taken as it is or not at all.
 */
static int __init reserve_area(struct area_request *req, struct cma **res_cma)
{
	u64 asked = req->size;
	const char *why;
	int err;

	if (asked > memblock_phys_mem_size())
		return refuse(req, "is more than all of RAM");

	req->size = ALIGN(asked, CMA_MIN_ALIGNMENT_BYTES);
	why = req->fixed ? place_refused(req) : window_refused(req);
	if (why)
		return refuse(req, why);
	if (req->size != asked)
		pr_notice("%s: rounded up to %llu KiB, whole pageblocks of %lu KiB\n",
			  req->who, req->size / SZ_1K,
			  CMA_MIN_ALIGNMENT_BYTES / SZ_1K);

	/* A limit beyond what can be addressed is none */
	if (req->limit > PHYS_ADDR_MAX)
		req->limit = 0;

	err = cma_declare_contiguous_nid(req->base, req->size, req->limit, 0, 0,
					 req->fixed, req->name, res_cma,
					 req->nid);
	if (err) {
		refuse(req, why_not_declared(err));
		return err;
	}

	dma_contiguous_early_fixup(cma_get_base(*res_cma),
				   cma_get_size(*res_cma));
	return 0;
}

static int __init early_cma(char *text)
{
	struct cma_option opt = {};

	if (!text || !parse_option(text, &opt)) {
		pr_err("cma=%s: expected cma=SIZE[KMG][@START[KMG][-END[KMG]]], END above START; ignored\n",
		       text ?: "");
		return -EINVAL;
	}
	snprintf(cmdline.text, sizeof(cmdline.text), "cma=%s", text);
	cmdline.opt = opt;
	return 0;
}
early_param("cma", early_cma);

static void __init reserve_from_cmdline(u64 limit)
{
	const struct cma_option *opt = &cmdline.opt;
	struct area_request req = {
		.who = cmdline.text,
		.name = "reserved",
		.size = opt->size,
		.base = opt->start,
		.limit = min_not_zero(opt->end, limit),
		.fixed = opt->placed && !opt->end,
		.nid = NUMA_NO_NODE,
	};

	if (!opt->size) {
		pr_info("%s: no default area\n", cmdline.text);
		return;
	}
	if (reserve_area(&req, &dma_contiguous_default_area))
		pr_err("%s: there is no default area\n", cmdline.text);
}

static u64 __init kconfig_size(void)
{
	u64 fixed = (u64)CONFIG_CMA_SIZE_MBYTES * SZ_1M;
	u64 share = mult_frac(PHYS_PFN(memblock_phys_mem_size()),
			      (unsigned long)CONFIG_CMA_SIZE_PERCENTAGE, 100UL);

	share <<= PAGE_SHIFT;
	if (IS_ENABLED(CONFIG_CMA_SIZE_SEL_MBYTES))
		return fixed;
	if (IS_ENABLED(CONFIG_CMA_SIZE_SEL_PERCENTAGE))
		return share;
	if (IS_ENABLED(CONFIG_CMA_SIZE_SEL_MIN))
		return min(fixed, share);
	return max(fixed, share);
}

static void __init reserve_from_kconfig(u64 limit)
{
	struct area_request req = {
		.who = "Kconfig's default area",
		.name = "reserved",
		/* A share of RAM is hardly ever whole pageblocks: no note */
		.size = ALIGN(kconfig_size(), CMA_MIN_ALIGNMENT_BYTES),
		.limit = limit,
		.nid = NUMA_NO_NODE,
	};

	if (req.size)
		reserve_area(&req, &dma_contiguous_default_area);
}

#ifdef CONFIG_DMA_NUMA_CMA

static u64 pernuma_size __initdata;
static u64 numa_size[MAX_NUMNODES] __initdata;

static int __init early_cma_pernuma(char *text)
{
	u64 size;

	if (!parse_only_bytes(text, &size)) {
		pr_err("cma_pernuma=%s: expected cma_pernuma=SIZE[KMG]; ignored\n",
		       text ?: "");
		return -EINVAL;
	}
	pernuma_size = size;
	return 0;
}
early_param("cma_pernuma", early_cma_pernuma);

static int __init early_numa_cma(char *text)
{
	if (text && parse_node_sizes(text, MAX_NUMNODES, numa_size))
		return 0;
	pr_err("numa_cma=%s: expected numa_cma=NODE:SIZE[KMG][,NODE:SIZE[KMG]]..., nodes below %d; what stands before the error holds\n",
	       text ?: "", MAX_NUMNODES);
	return -EINVAL;
}
early_param("numa_cma", early_numa_cma);

static void __init reserve_on_node(const char *option, const char *prefix,
				   int nid, u64 size, struct cma **res_cma)
{
	char name[CMA_MAX_NAME];
	struct area_request req = {
		.who = option,
		.name = name,
		.size = size,
		.nid = nid,
	};

	snprintf(name, sizeof(name), "%s%d", prefix, nid);
	if (reserve_area(&req, res_cma))
		pr_err("%s: node %d has no area\n", option, nid);
}

static void __init reserve_on_nodes(void)
{
	int nid;

	for (nid = 0; nid < MAX_NUMNODES; nid++) {
		if (pernuma_size && node_online(nid))
			reserve_on_node("cma_pernuma", "pernuma", nid,
					pernuma_size,
					&dma_contiguous_pernuma_area[nid]);
		if (numa_size[nid] && node_online(nid))
			reserve_on_node("numa_cma", "numa", nid, numa_size[nid],
					&dma_contiguous_numa_area[nid]);
		else if (numa_size[nid])
			pr_err("numa_cma: there is no node %d\n", nid);
	}
}

#else /* !CONFIG_DMA_NUMA_CMA */

static void __init reserve_on_nodes(void)
{
}

#endif /* CONFIG_DMA_NUMA_CMA */

/**
 * dma_contiguous_reserve() - reserve the areas that the system is to have
 * @addr_limit: the default area ends below this address, or with it if it is a page's
 *	last byte; 0 for anywhere
 *
 * Reserves the areas that the command line asks for, and a default area if
 * none was made yet: from cma=, else from Kconfig unless a device tree node is
 * about to become it. What cannot be had is reported and left out.
 *
 * Context: boot, once memblock knows RAM and what is taken of it, before the
 * page allocator is up.
 *
 * Since: 6.12
 */
void __init dma_contiguous_reserve(phys_addr_t addr_limit)
{
	/* ARM's is the last byte that DMA can reach, not the one behind it */
	u64 limit = ALIGN((u64)addr_limit, PAGE_SIZE);
	const char *node;

	reserve_on_nodes();

	if (dma_contiguous_default_area)
		return;
	if (dma_contiguous_cmdline()) {
		reserve_from_cmdline(limit);
		return;
	}
	node = dma_contiguous_default_node();
	if (node)
		pr_info("node %s is going to be the default area\n", node);
	else
		reserve_from_kconfig(limit);
}

/**
 * dma_contiguous_reserve_area() - reserve an area for a purpose of its own
 * @size: bytes, rounded up to whole pageblocks
 * @base: first byte, or where to search from if not @fixed
 * @limit: the area ends below this address; 0 for anywhere
 * @res_cma: where to put the area
 * @fixed: the area must be exactly at @base
 *
 * For platform code that knows better than the command line. The area is
 * nobody's until the caller gives it to somebody.
 *
 * Context: as dma_contiguous_reserve().
 * Return: 0; -EINVAL if @size is 0, or another negative errno, the reason being
 * in the log.
 *
 * Since: 6.12
 */
int __init dma_contiguous_reserve_area(phys_addr_t size, phys_addr_t base,
				       phys_addr_t limit, struct cma **res_cma,
				       bool fixed)
{
	struct area_request req = {
		.who = "platform's area",
		.size = size,
		.base = base,
		.limit = limit,
		.fixed = fixed,
		.nid = NUMA_NO_NODE,
	};

	if (!size)
		return -EINVAL;
	return reserve_area(&req, res_cma);
}

/**
 * dma_declare_contiguous() - reserve an area for one device
 * @dev: the device; it need not be registered yet
 * @size: bytes, rounded up to whole pageblocks
 * @base: first byte, or 0 for any place
 * @limit: the area ends below this address; 0 for anywhere
 *
 * From then on all contiguous buffers of @dev come from this area, and those
 * of no other device do. This is for board code; a device tree says the same
 * with a memory-region property.
 *
 * Context: as dma_contiguous_reserve().
 * Return: 0; -EBUSY if the device has an area already, -EINVAL if @size is 0, or
 * another negative errno, the reason being in the log.
 *
 * Since: 6.12
 */
int __init dma_declare_contiguous(struct device *dev, phys_addr_t size,
				  phys_addr_t base, phys_addr_t limit)
{
	const char *name = dev_name(dev);
	struct area_request req = {
		.who = name ?: "device's area",
		.name = name,
		.size = size,
		.base = base,
		.limit = limit,
		.fixed = base,
		.nid = NUMA_NO_NODE,
	};

	if (!size)
		return -EINVAL;
	if (dev->cma_area)
		return -EBUSY;
	return reserve_area(&req, &dev->cma_area);
}
