// SPDX-License-Identifier: GPL-2.0
/* Makes either kernel lend all of the area: see lat_lend.h. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "lat_lend.h"

#define STEP		MIB
#define SEED_OUTSIDE	0x1e4d
#define SEED_INSIDE	0x1e4e
/* How much room there is to move to */
#define ROOM		(48 * MIB)
/* Leave that much, or what is still asked for kills somebody. */
#define SPARE_KIB	(8 * 1024)

static long long meminfo_kib(const char *key)
{
	return read_keyed("/proc/meminfo", key);
}

static void fill(struct memory *outside)
{
	size_t most = meminfo_kib("MemTotal:") * 1024;

	outside->seed = SEED_OUTSIDE;
	outside->size = 0;
	outside->addr = mmap(NULL, most, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (outside->addr == MAP_FAILED)
		die("cannot map memory: %s", strerror(errno));
	while (meminfo_kib("MemFree:") > SPARE_KIB) {
		memory_write(outside, outside->size, outside->size + STEP);
		outside->size += STEP;
	}
	munmap(outside->addr + outside->size, most - outside->size);
}

void lend_begin(const struct area *area, struct memory *outside)
{
	unsigned long rest = area->pages - area_used(area);
	uint64_t ns;

	drop_caches();
	/* Or the kernel wants more free memory for a while, each time that types mix. */
	if (write_text("/proc/sys/vm/watermark_boost_factor", "0"))
		die("cannot write vm.watermark_boost_factor");
	if (area_take(area, rest, &ns))
		die("the area's %lu pages cannot be had before it is lent", rest);
	fill(outside);
	if (area_give(area, rest, &ns))
		die("the area cannot be given back");
}

/* How much of a zone all CPUs' own lists of free pages may have; 0 for the usual */
static void limit_lists(const char *fraction)
{
	if (write_text("/proc/sys/vm/percpu_pagelist_high_fraction", fraction))
		die("cannot write vm.percpu_pagelist_high_fraction");
}

/* What goes to a CPU's own lists is no room for all. */
void lend_end(struct memory *outside)
{
	outside->size -= ROOM;
	limit_lists("1000");
	munmap(outside->addr + outside->size, ROOM);
	limit_lists("0");
}

void lend_area(const struct area *area, struct lent *lent)
{
	memory_map(&lent->inside, area->pages * PAGE_BYTES, SEED_INSIDE);
	lend_begin(area, &lent->outside);
	memory_write(&lent->inside, 0, lent->inside.size);
	lend_end(&lent->outside);
}

unsigned long lent_bad_pages(const struct lent *lent)
{
	return memory_bad_pages(&lent->inside) + memory_bad_pages(&lent->outside);
}

void lend_release(struct lent *lent)
{
	memory_give(&lent->inside);
	memory_give(&lent->outside);
}
