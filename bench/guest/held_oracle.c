// SPDX-License-Identifier: GPL-2.0
/*
 * Knows without asking the allocator whether a request can be served: from the
 * area's bitmap, /proc/kpageflags, /proc/self/pagemap for the pages that the caller
 * holds, and the test driver's count of references.
 */
#include <stdlib.h>

#include <linux/kernel-page-flags.h>

#include "held.h"

#define HAS(flags, bit)	((flags) >> (bit) & 1)

void oracle_open(struct oracle *oracle, const struct area *area)
{
	oracle->area = area;
	oracle->driver = driver_open();
	oracle->stuck = malloc(area->pages);
	if (!oracle->stuck)
		die("no memory for the oracle");
}

/*
 * Free pages have the buddy flag, or none on a CPU's own list. Lent ones are on an LRU
 * list, or on their way to one.
 */
static bool is_kernels(uint64_t flags)
{
	if (!flags || HAS(flags, KPF_BUDDY) || HAS(flags, KPF_LRU))
		return false;
	return HAS(flags, KPF_SLAB) || HAS(flags, KPF_PGTABLE) || HAS(flags, KPF_NOPAGE) ||
	       HAS(flags, KPF_HWPOISON) || HAS(flags, KPF_OFFLINE);
}

static bool has_unknown_refs(const struct oracle *oracle, unsigned long pfn)
{
	struct test_cma_frame frame = { .phys = (uint64_t)pfn * PAGE_BYTES };

	if (driver_call(oracle->driver, TEST_CMA_FRAME, &frame))
		die("the driver does not know page frame %#lx", pfn);
	return frame.refs > frame.known_refs;
}

/* Marks the pages that the caller holds, and makes sure that they are held. */
static void mark_held(struct oracle *oracle, void *const pages[], unsigned int nr)
{
	const struct area *area = oracle->area;
	unsigned int i;

	oracle->held = 0;
	for (i = 0; i < nr; i++) {
		unsigned long page = pfn_of(pages[i]) - area->base_pfn;

		if (page >= area->pages)
			continue;
		if (!has_unknown_refs(oracle, area->base_pfn + page))
			die("a page that should be held is not");
		oracle->stuck[page] = 1;
		oracle->held++;
	}
}

void oracle_look(struct oracle *oracle, void *const pages[], unsigned int nr)
{
	const struct area *area = oracle->area;
	uint64_t *flags = malloc(area->pages * sizeof(*flags));
	unsigned long page;

	if (!flags)
		die("no memory for the oracle");
	area_flags(area, flags);
	area_allocated(area, oracle->stuck);
	for (page = 0; page < area->pages; page++)
		oracle->stuck[page] |= is_kernels(flags[page]);
	mark_held(oracle, pages, nr);
	oracle->strangers = 0;
	for (page = 0; page < area->pages; page++)
		oracle->strangers += HAS(flags[page], KPF_LRU) && !oracle->stuck[page] &&
				     has_unknown_refs(oracle, area->base_pfn + page);
	free(flags);
}

bool oracle_possible(const struct oracle *oracle, unsigned long pages)
{
	unsigned long page, run = 0;

	for (page = 0; page < oracle->area->pages && run < pages; page++)
		run = oracle->stuck[page] ? 0 : run + 1;
	return run >= pages;
}
