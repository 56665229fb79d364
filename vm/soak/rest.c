// SPDX-License-Identifier: GPL-2.0
/*
 * Memory when nothing runs: what is allocated, isolated or missing before the soak
 * and after it must be the same.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "soak.h"

/*
 * What nobody admits to goes up and down a little, by what the kernel takes for
 * itself page by page and does not count. Measured: see vm/README.md.
 */
#define TOLERANCE_PAGES	256

/*
 * Each way to allocate or free memory that page_owner, kmemleak or KASAN meets is
 * kept for ever, in pools of so many pages.
 */
#define POOL_PAGES	4

static unsigned long stack_pages(void)
{
	unsigned long long pools = cma_keyed_value("/sys/kernel/debug/stackdepot/stats", "pools");

	return pools == CMA_NO_VALUE ? 0 : pools * POOL_PAGES;
}

/* All memory less what somebody admits to have, in pages */
static long count_unaccounted(void)
{
	static const char * const admitted[] = {
		"Buffers", "Cached", "SwapCached", "AnonPages", "Slab", "KernelStack",
		"PageTables", "SecPageTables", "VmallocUsed", "Percpu",
	};
	long left = cma_meminfo("MemTotal") / 4 - cma_free_pages() - stack_pages();
	unsigned int i;

	for (i = 0; i < ARRAY_LEN(admitted); i++)
		left -= cma_meminfo(admitted[i]) / 4;
	return left;
}

void rest_look(struct rest *rest)
{
	int i;

	/* What one pass writes back or frees, the next one finds clean. */
	for (i = 0; i < 3; i++) {
		sync();
		cma_write_text("/proc/sys/vm/drop_caches", "3");
	}
	cma_write_text("/proc/sys/vm/stat_refresh", "1");
	rest->used = cma_area_debugfs(&soak->area, "used");
	rest->isolated = cma_count_blocks("Isolate");
	rest->unaccounted = count_unaccounted();
}

void rest_compare(const struct rest *before)
{
	struct rest now;

	rest_look(&now);
	report("at rest, before and after: %lu and %lu pages allocated, %ld and %ld unaccounted for, %lu and %lu pageblocks isolated",
	       before->used, now.used, before->unaccounted, now.unaccounted,
	       before->isolated, now.isolated);
	if (now.used != before->used)
		wrong("%ld pages of the area are leaked", (long)(now.used - before->used));
	if (now.isolated != before->isolated)
		wrong("%ld pageblocks stay isolated", (long)(now.isolated - before->isolated));
	if (now.unaccounted - before->unaccounted > TOLERANCE_PAGES)
		wrong("%ld pages are missing", now.unaccounted - before->unaccounted);
}
