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

/* The first range in a node's reg, which is the one that is looked at */
static bool __init node_range(unsigned long node, u64 *base, u64 *size)
{
	int cells = dt_root_addr_cells + dt_root_size_cells;
	const __be32 *reg;
	int len;

	reg = of_get_flat_dt_prop(node, "reg", &len);
	if (!reg || len < cells * (int)sizeof(*reg))
		return false;
	*base = dt_mem_next_cell(dt_root_addr_cells, &reg);
	*size = dt_mem_next_cell(dt_root_size_cells, &reg);
	return true;
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
		    node_is_enabled(node) && node_range(node, &base, &size) &&
		    !dma_contiguous_unfit(base, size) &&
		    memblock_is_region_reserved(base, size))
			return fdt_get_name(fdt, node, NULL);
	}
	return NULL;
}

static int rmem_attach(struct reserved_mem *rmem, struct device *dev)
{
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
 * not happen to what the kernel runs from: let the node have it, to no effect.
 */
static int __init rmem_refuse(struct reserved_mem *rmem, int err)
{
	return dma_contiguous_resident(rmem->base, rmem->size) ? 0 : err;
}

/* Make an area of what a node describes. The memory is reserved. */
static int __init rmem_setup(struct reserved_mem *rmem)
{
	bool is_default = node_is_default(rmem->fdt_node);
	struct cma *cma;
	const char *why;
	int err;

	if (!node_is_area(rmem->fdt_node))
		return -EINVAL;
	if (is_default && dma_contiguous_cmdline()) {
		pr_info("node %s: not set up, %s takes its place\n",
			rmem->name, dma_contiguous_cmdline());
		return rmem_refuse(rmem, -EBUSY);
	}

	why = dma_contiguous_unfit(rmem->base, rmem->size);
	if (why) {
		pr_err("node %s: no area, %pa bytes at %pa: %s (pageblocks are %lu KiB)\n",
		       rmem->name, &rmem->size, &rmem->base, why,
		       CMA_MIN_ALIGNMENT_BYTES / SZ_1K);
		return rmem_refuse(rmem, -EINVAL);
	}

	err = cma_init_reserved_mem(rmem->base, rmem->size, 0, rmem->name,
				    &cma);
	if (err) {
		pr_err("node %s: no area, %pa bytes at %pa: error %d\n",
		       rmem->name, &rmem->size, &rmem->base, err);
		return err;
	}

	rmem->ops = &rmem_ops;
	rmem->priv = cma;
	if (is_default)
		rmem_make_default(rmem);
	pr_info("Reserved memory: created CMA memory pool at %pa, size %llu MiB\n",
		&rmem->base, (u64)rmem->size / SZ_1M);
	return 0;
}

RESERVEDMEM_OF_DECLARE(dma_contiguous, "shared-dma-pool", rmem_setup);
