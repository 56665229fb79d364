/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What drivers/base/dma-contiguous-boot.c and -of.c see of a kernel more than mm/
 * does: kernel.h, memblock, the command line and a flat device tree.
 */
#ifndef _CMA_TEST_BOOT_H
#define _CMA_TEST_BOOT_H

#include <ctype.h>

#include "kernel.h"

#define MAX_NUMNODES			4
#define CONFIG_DMA_CMA			1
#define CONFIG_DMA_NUMA_CMA		1
#define CONFIG_OF_RESERVED_MEM		1
#define CONFIG_CMA_ALIGNMENT		8
#define CONFIG_CMA_SIZE_MBYTES		16
#define CONFIG_CMA_SIZE_PERCENTAGE	10
#define IS_ENABLED_CONFIG_CMA_SIZE_SEL_MBYTES		1
#define IS_ENABLED_CONFIG_CMA_SIZE_SEL_PERCENTAGE	0
#define IS_ENABLED_CONFIG_CMA_SIZE_SEL_MIN		0
#define IS_ENABLED_CONFIG_BLK_DEV_INITRD		1

typedef u32 __be32;

#define early_param(name, fn)	int (*const fn##_param)(char *) = fn
#define min_not_zero(a, b)	((a) && (b) ? min(a, b) : (a) ? (a) : (b))
#define mult_frac(n, part, of)	((n) * (part) / (of))
#define __pa_symbol(symbol)	((phys_addr_t)(symbol))
#define node_online(nid)	((nid) < 2)
#define for_each_reserved_mem_range(i, start, end) \
	for (i = 0; boot_reserved_range(i, start, end); i++)
bool boot_reserved_range(u64 i, phys_addr_t *start, phys_addr_t *end);
u64 memparse(const char *text, char **end);
int get_option(char **text, int *number);

/* Addresses of things that must stay where they are */
#define _stext			BOOT_KERNEL
#define _end			(BOOT_KERNEL + BOOT_KERNEL_SIZE)
#define BOOT_RAM		0x40000000UL
#define BOOT_RAM_SIZE		0x10000000UL
#define BOOT_KERNEL		0x40008000UL
#define BOOT_KERNEL_SIZE	0x00700000UL
extern const phys_addr_t phys_initrd_start, phys_initrd_size;

struct device {
	struct cma *cma_area;
	const char *name;
};

#define dev_name(dev)		((dev)->name)
#define dev_to_node(dev)	((void)(dev), NUMA_NO_NODE)

/* A flat device tree: below /reserved-memory there are nodes 1, 2 and so on */

struct reserved_mem {
	const char *name;
	unsigned long fdt_node;
	phys_addr_t base;
	phys_addr_t size;
	const struct reserved_mem_ops *ops;
	void *priv;
};

struct reserved_mem_ops {
	int (*device_init)(struct reserved_mem *rmem, struct device *dev);
	void (*device_release)(struct reserved_mem *rmem, struct device *dev);
};

#define RESERVEDMEM_OF_DECLARE(name, compatible, setup) \
	int (*const name##_setup)(struct reserved_mem *rmem) = setup
#define initial_boot_params		boot_tree()
#define dt_root_addr_cells		2
#define dt_root_size_cells		2
#define fdt_for_each_subnode(node, fdt, parent) \
	for ((void)(fdt), (void)(parent), node = 1; node <= boot_nr_nodes(); node++)
const void *boot_tree(void);
int boot_nr_nodes(void);
int fdt_path_offset(const void *fdt, const char *path);
int fdt_num_mem_rsv(const void *fdt);
int fdt_get_mem_rsv(const void *fdt, int n, u64 *start, u64 *size);
const char *fdt_get_name(const void *fdt, int node, int *len);
const void *of_get_flat_dt_prop(unsigned long node, const char *name, int *len);
bool of_flat_dt_is_compatible(unsigned long node, const char *compatible);
u64 dt_mem_next_cell(int cells, const __be32 **at);

#endif /* _CMA_TEST_BOOT_H */
