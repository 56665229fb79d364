/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Steps of a request for contiguous pages that fail on demand, see mm/cma_fail.c
 */
#ifndef _LINUX_CMA_FAIL_H
#define _LINUX_CMA_FAIL_H

#include <linux/types.h>

/**
 * enum cma_fail_point - a step that can be made to fail
 * @CMA_FAIL_CLAIM: a window is claimed: as if another request had been faster
 * @CMA_FAIL_ISOLATE: a pageblock is isolated: as if a page in it could not move
 * @CMA_FAIL_CAPTURE: a piece of a pageblock is taken out of the page allocator: as
 *	if a page of it were in use
 * @CMA_FAIL_MIGRATE: pages are moved away: as if somebody held one of them
 * @CMA_FAIL_TARGET: a page to move to is allocated: as if there were none
 * @CMA_FAIL_REMAP: a buffer is mapped for the kernel: as if there were no room
 * @NR_CMA_FAIL_POINTS: how many points there are
 *
 * The values are bits of fail_cma/points in debugfs.
 */
enum cma_fail_point {
	CMA_FAIL_CLAIM,
	CMA_FAIL_ISOLATE,
	CMA_FAIL_CAPTURE,
	CMA_FAIL_MIGRATE,
	CMA_FAIL_TARGET,
	CMA_FAIL_REMAP,
	NR_CMA_FAIL_POINTS
};

#ifdef CONFIG_FAIL_CMA
bool cma_should_fail(enum cma_fail_point point, unsigned long nr_pages);
#else
static inline bool cma_should_fail(enum cma_fail_point point,
				   unsigned long nr_pages)
{
	return false;
}
#endif

#endif /* _LINUX_CMA_FAIL_H */
