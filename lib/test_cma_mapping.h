/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How an address is mapped: the one thing that lib/test_cma.c has to ask the
 * architecture, and that no interface of the kernel tells a module.
 */
#ifndef _TEST_CMA_MAPPING_H
#define _TEST_CMA_MAPPING_H

#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/sched.h>

#include "test_cma_uapi.h"

#ifdef CONFIG_ARM

#ifdef CONFIG_ARM_LPAE
static inline pmdval_t test_cma_section_type(pmdval_t pmd)
{
	return pmd & L_PTE_MT_MASK;
}
#else
/* TEX[0], C and B mean in a section's entry what they mean in a page's. */
static inline pmdval_t test_cma_section_type(pmdval_t pmd)
{
	pmdval_t type = 0;

	if (pmd & PMD_SECT_BUFFERABLE)
		type |= L_PTE_MT_BUFFERABLE;
	if (pmd & PMD_SECT_CACHEABLE)
		type |= L_PTE_MT_WRITETHROUGH;
	if (pmd & PMD_SECT_TEX(1))
		type |= L_PTE_MT_DEV_SHARED;
	return type;
}
#endif

static inline u32 test_cma_memtype(pmdval_t type)
{
	switch (type) {
	case L_PTE_MT_BUFFERABLE:
		return TEST_CMA_UNCACHED;
	case L_PTE_MT_WRITETHROUGH:
	case L_PTE_MT_WRITEBACK:
	case L_PTE_MT_WRITEALLOC:
		return TEST_CMA_CACHED;
	default:
		return TEST_CMA_ORDERED;
	}
}

/* The entry for a section or a table; two sections share one of Linux's. */
static inline pmd_t *test_cma_pmd(unsigned long addr)
{
	pgd_t *pgd = pgd_offset(current->mm, addr);
	pud_t *pud = pud_offset(p4d_offset(pgd, addr), addr);
	pmd_t *pmd = pmd_offset(pud, addr);

	return addr & SECTION_SIZE & ~PMD_MASK ? pmd + 1 : pmd;
}

/**
 * test_cma_look_up() - read the page tables of the calling process
 * @addr: a virtual address, of the process or of the kernel
 * @map: @phys, @unit and @memtype are filled in if the address is mapped
 *
 * Context: Process context; for an address of the process with its mmap_lock.
 * Return: 0, or -EOPNOTSUPP on an architecture that is not known here.
 */
static inline int test_cma_look_up(unsigned long addr,
				   struct test_cma_mapping *map)
{
	pmd_t pmd = *test_cma_pmd(addr);
	pte_t *table, pte;

	if (pmd_none(pmd))
		return 0;
	if (pmd_leaf(pmd)) {
		map->unit = SECTION_SIZE;
		map->phys = (pmd_val(pmd) & PHYS_MASK & SECTION_MASK) |
			    (addr & ~SECTION_MASK);
		map->memtype = test_cma_memtype(test_cma_section_type(pmd_val(pmd)));
		return 0;
	}

	table = kmap_local_page(pmd_page(pmd));
	pte = table[pte_index(addr)];
	kunmap_local(table);
	if (!pte_present(pte))
		return 0;
	map->unit = PAGE_SIZE;
	map->phys = PFN_PHYS(pte_pfn(pte)) | offset_in_page(addr);
	map->memtype = test_cma_memtype(pte_val(pte) & L_PTE_MT_MASK);
	return 0;
}

#else

static inline int test_cma_look_up(unsigned long addr,
				   struct test_cma_mapping *map)
{
	return -EOPNOTSUPP;
}

#endif /* CONFIG_ARM */

#endif /* _TEST_CMA_MAPPING_H */
