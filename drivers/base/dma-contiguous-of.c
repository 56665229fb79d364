// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA buffers out of contiguous areas: the device tree's side
 *
 * A child of /reserved-memory that is compatible with "shared-dma-pool" and
 * says "reusable", but not "no-map", is an area. Devices are given it by their
 * memory-region property; with "linux,cma-default" it is also the default area.
 *
 * drivers/of/of_reserved_mem.c reserves the memory, and calls rmem_setup() as
 * soon as it knows where it is: at once for a node with "size", only when the
 * tree is unflattened for one with "reg". Devices come through rmem_ops, when
 * their drivers call of_reserved_mem_device_init().
 */

#define pr_fmt(fmt) "dma-contiguous: " fmt

#include <linux/cma.h>
#include <linux/dma-contiguous.h>
#include <linux/libfdt.h>
#include <linux/memblock.h>
#include <linux/of_fdt.h>
#include <linux/of_reserved_mem.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "dma-contiguous.h"

/* The node that Kconfig's area makes room for; 0, the root, for none */
static unsigned long default_node __initdata;

/* A node that describes an area, as opposed to memory for one device alone */
static bool __init node_is_area(unsigned long node)
{
	return of_flat_dt_is_compatible(node, "shared-dma-pool") &&
	       of_get_flat_dt_prop(node, "reusable", NULL) &&
	       !of_get_flat_dt_prop(node, "no-map", NULL);
}

static bool __init node_is_default(unsigned long node)
{
	return of_get_flat_dt_prop(node, "linux,cma-default", NULL);
}

static bool __init node_is_enabled(unsigned long node)
{
	const char *status = of_get_flat_dt_prop(node, "status", NULL);

	return !status || !strcmp(status, "ok") || !strcmp(status, "okay");
}

/* Range number @index of a node's reg; the first one is where an area is. */
static bool __init node_range(unsigned long node, int index, u64 *base,
			      u64 *size)
{
	int cells = dt_root_addr_cells + dt_root_size_cells;
	const __be32 *reg;
	int len;

	reg = of_get_flat_dt_prop(node, "reg", &len);
	if (!reg || len < (index + 1) * cells * (int)sizeof(*reg))
		return false;
	reg += index * cells;
	*base = dt_mem_next_cell(dt_root_addr_cells, &reg);
	*size = dt_mem_next_cell(dt_root_size_cells, &reg);
	return true;
}

static bool __init node_claims(unsigned long node, u64 base, u64 size)
{
	u64 start, len;
	int i;

	for (i = 0; node_range(node, i, &start, &len); i++) {
		if (len && start < base + size && base < start + len)
			return true;
	}
	return false;
}

/* Does anybody else in the device tree lay claim to part of this memory? */
static bool __init is_claimed_twice(unsigned long node, u64 base, u64 size)
{
	const void *fdt = initial_boot_params;
	int parent = fdt_path_offset(fdt, "/reserved-memory");
	u64 start, len;
	int other, i;

	fdt_for_each_subnode(other, fdt, parent) {
		if (other != node && node_is_enabled(other) &&
		    node_claims(other, base, size))
			return true;
	}
	for (i = 0; i < fdt_num_mem_rsv(fdt); i++) {
		if (!fdt_get_mem_rsv(fdt, i, &start, &len) &&
		    start < base + size && base < start + len)
			return true;
	}
	return false;
}

/*
 * Why a node's memory is not to be lent, and not to be given to the system
 * either: as the end of a sentence, or NULL.
 */
static const char *__init node_untouchable(unsigned long node, u64 base,
					   u64 size)
{
	if (is_claimed_twice(node, base, size))
		return "overlaps other memory that the device tree reserves";
	return dma_contiguous_resident(base, size);
}

static const char *__init node_unfit(unsigned long node, u64 base, u64 size)
{
	if (!size)
		return "has no size";
	return node_untouchable(node, base, size) ?:
	       dma_contiguous_unfit(base, size);
}

/**
 * dma_contiguous_default_node() - a node that is yet to be the default area
 *
 * Nodes without reg are set up before dma_contiguous_reserve() runs. Those
 * with reg are only reserved by then on some architectures, ARM among them,
 * and become areas when the tree is unflattened. An area made from Kconfig in
 * between would be left without a user.
 *
 * Return: the node's name, or NULL if none will be.
 */
const char *__init dma_contiguous_default_node(void)
{
	const void *fdt = initial_boot_params;
	int parent, node;
	u64 base, size;

	if (!fdt)
		return NULL;
	parent = fdt_path_offset(fdt, "/reserved-memory");
	if (parent < 0)
		return NULL;

	fdt_for_each_subnode(node, fdt, parent) {
		if (node_is_area(node) && node_is_default(node) &&
		    node_is_enabled(node) &&
		    node_range(node, 0, &base, &size) &&
		    !node_unfit(node, base, size) &&
		    memblock_is_region_reserved(base, size)) {
			default_node = node;
			return fdt_get_name(fdt, node, NULL);
		}
	}
	return NULL;
}

/* What was no area after all, once zones were known, is none for devices. */
static int rmem_attach(struct reserved_mem *rmem, struct device *dev)
{
	if (!cma_get_size(rmem->priv))
		return -EINVAL;
	dev->cma_area = rmem->priv;
	return 0;
}

static void rmem_detach(struct reserved_mem *rmem, struct device *dev)
{
	dev->cma_area = NULL;
}

static const struct reserved_mem_ops rmem_ops = {
	.device_init	= rmem_attach,
	.device_release	= rmem_detach,
};

static void __init rmem_make_default(struct reserved_mem *rmem)
{
	if (dma_contiguous_default_area) {
		pr_warn("node %s: \"%s\" is the default area already, and stays it\n",
			rmem->name, cma_get_name(dma_contiguous_default_area));
		return;
	}
	dma_contiguous_default_area = rmem->priv;
}

/*
 * Say goodbye to a node with an error, on which its memory is freed. That must
 * not happen to what the kernel runs from or others were promised: let the node
 * have it, to no effect.
 */
static int __init rmem_refuse(struct reserved_mem *rmem, int err)
{
	return node_untouchable(rmem->fdt_node, rmem->base, rmem->size) ? 0 :
									  err;
}

/* Make an area of what a node describes, or say why not. */
static int __init rmem_make_area(struct reserved_mem *rmem)
{
	u64 base = rmem->base, size = rmem->size;
	struct cma *cma;
	const char *why;
	int err;

	/* What does not fit into phys_addr_t was cut down in rmem. */
	node_range(rmem->fdt_node, 0, &base, &size);
	why = node_unfit(rmem->fdt_node, base, size);
	if (why) {
		pr_err("node %s: no area, %#llx bytes at %#llx: %s (pageblocks are %lu KiB)\n",
		       rmem->name, size, base, why,
		       CMA_MIN_ALIGNMENT_BYTES / SZ_1K);
		return rmem_refuse(rmem, -EINVAL);
	}

	err = cma_init_reserved_mem(rmem->base, rmem->size, 0, rmem->name,
				    &cma);
	if (err) {
		pr_err("node %s: no area, %#llx bytes at %#llx: error %d (CONFIG_CMA_AREAS is %d)\n",
		       rmem->name, size, base, err, MAX_CMA_AREAS);
		return err;
	}

	rmem->ops = &rmem_ops;
	rmem->priv = cma;
	pr_info("Reserved memory: created CMA memory pool at %pa, size %llu MiB\n",
		&rmem->base, size / SZ_1M);
	return 0;
}

/* For each "shared-dma-pool". The memory is reserved, or not mapped. */
static int __init rmem_setup(struct reserved_mem *rmem)
{
	unsigned long node = rmem->fdt_node;
	int err;

	if (!of_get_flat_dt_prop(node, "reusable", NULL))
		return -EINVAL;
	/* An error would give the system memory that it has not mapped. */
	if (of_get_flat_dt_prop(node, "no-map", NULL)) {
		pr_err("node %s: no area, %pa bytes at %pa: \"no-map\" rules out \"reusable\"; nobody uses this memory\n",
		       rmem->name, &rmem->size, &rmem->base);
		return 0;
	}
	if (node_is_default(node) && dma_contiguous_cmdline()) {
		pr_info("node %s: not set up, %s takes its place\n",
			rmem->name, dma_contiguous_cmdline());
		return rmem_refuse(rmem, -EBUSY);
	}

	err = rmem_make_area(rmem);
	if (rmem->priv && node_is_default(node))
		rmem_make_default(rmem);
	else if (node == default_node)
		pr_err("node %s: there is no default area\n", rmem->name);
	return err;
}

RESERVEDMEM_OF_DECLARE(dma_contiguous, "shared-dma-pool", rmem_setup);
