// SPDX-License-Identifier: GPL-2.0
/*
 * What memory there is before there are pages: one piece of RAM, of which a part may
 * have to stay unmapped, and a few ranges of it that are reserved.
 */
#include "kernel_model.h"

struct reserved_range memblock_model[MAX_RESERVED];
unsigned int memblock_model_nr;
struct memblock_region memblock_regions[3];
unsigned int memblock_nr_regions;

static struct reserved_range ram;

void memblock_model_reset(phys_addr_t base, phys_addr_t size)
{
	ram = (struct reserved_range) { .base = base, .size = size };
	memblock_regions[0] = (struct memblock_region) { base, size, false };
	memblock_nr_regions = 1;
	memblock_model_nr = 0;
}

void memblock_model_unmap(phys_addr_t base, phys_addr_t size)
{
	phys_addr_t end = base + size;

	memblock_regions[0].size = base - ram.base;
	memblock_regions[1] = (struct memblock_region) { base, size, true };
	memblock_regions[2] = (struct memblock_region) {
		end, ram.base + ram.size - end, false
	};
	memblock_nr_regions = 3;
}

bool memblock_addrs_overlap(phys_addr_t base, phys_addr_t size, phys_addr_t other,
			    phys_addr_t other_size)
{
	return base < other + other_size && other < base + size;
}

bool memblock_is_region_reserved(phys_addr_t base, phys_addr_t size)
{
	unsigned int i;

	for (i = 0; i < memblock_model_nr; i++)
		if (memblock_addrs_overlap(base, size, memblock_model[i].base,
					   memblock_model[i].size))
			return true;
	return false;
}

/* Regions of which one is mapped and the other one is not are two. */
bool memblock_is_region_memory(phys_addr_t base, phys_addr_t size)
{
	struct memblock_region *region;

	for_each_mem_region(region)
		if (base >= region->base && size <= region->size &&
		    base - region->base <= region->size - size)
			return true;
	return false;
}

phys_addr_t memblock_start_of_DRAM(void)
{
	return ram.base;
}

phys_addr_t memblock_end_of_DRAM(void)
{
	return ram.base + ram.size;
}

phys_addr_t memblock_phys_mem_size(void)
{
	return ram.size;
}

int memblock_reserve(phys_addr_t base, phys_addr_t size)
{
	if (memblock_model_nr == MAX_RESERVED)
		return -ENOMEM;
	memblock_model[memblock_model_nr++] = (struct reserved_range) { base, size };
	return 0;
}

void memblock_phys_free(phys_addr_t base, phys_addr_t size)
{
	unsigned int i;

	for (i = 0; i < memblock_model_nr; i++) {
		if (memblock_model[i].base != base || memblock_model[i].size != size)
			continue;
		memblock_model[i] = memblock_model[--memblock_model_nr];
		return;
	}
	kernel_warn("memory is given back to memblock that nobody had reserved");
}

static bool is_unmapped(phys_addr_t base, phys_addr_t size)
{
	struct memblock_region *region;

	for_each_mem_region(region)
		if (region->nomap && memblock_addrs_overlap(base, size, region->base, region->size))
			return true;
	return false;
}

/* The highest place that will do */
phys_addr_t memblock_alloc_range_nid(phys_addr_t size, phys_addr_t align, phys_addr_t from,
				     phys_addr_t to, int nid, bool exact)
{
	phys_addr_t base, end = min(to, memblock_end_of_DRAM());

	(void)nid;
	(void)exact;
	from = max(from, ram.base);
	if (end < from || end - from < size)
		return 0;
	for (base = ALIGN_DOWN(end - size, align); base >= from; base -= align)
		if (!memblock_is_region_reserved(base, size) && !is_unmapped(base, size))
			return memblock_reserve(base, size) ? 0 : base;
	return 0;
}
