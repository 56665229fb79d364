// SPDX-License-Identifier: GPL-2.0
/*
 * A process that takes more and more memory: sometimes up to a part of what there
 * is, and sometimes until the OOM killer takes it.
 */
#include <sys/mman.h>
#include <sys/resource.h>

#include "soak.h"

/* So much of each page is written, as it is many pages that matter here. */
#define PIECE	64

/* All of the memory and of the swap is not enough for this one. */
static unsigned long greed_mib(void)
{
	unsigned long available = cma_keyed_value("/proc/meminfo", "MemAvailable") / 1024;
	unsigned long swap = cma_keyed_value("/proc/meminfo", "SwapTotal") / 1024;

	if (me->lives % 3 == 1)
		return soak->ram_mib + swap;
	return random_below(available + 1);
}

void press(void)
{
	size_t size = greed_mib() * MB, offset, end;
	uint32_t seed = new_seed();
	char *addr = size ? map_anon(size) : NULL;

	/* Among twenty others it would take minutes. */
	if (must_stop() || setpriority(PRIO_PROCESS, 0, -15))
		return;
	for (end = 0; end < size && !soak->stop; end += PAGE)
		cma_fill(addr + end, PIECE, seed + end / PAGE);
	for (offset = 0; offset < end; offset += PAGE)
		pattern_check(addr + offset, PIECE, seed + offset / PAGE,
			      "memory of the greedy");
	pause_ms(random_below(2000));
}
