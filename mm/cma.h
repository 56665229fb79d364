/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A contiguous area, as mm/cma*.c see it.
 */
#ifndef _MM_CMA_H
#define _MM_CMA_H

#include <linux/cma.h>
#include <linux/kobject.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>

#include "cma_claims.h"
#include "cma_stuck.h"
#include "contig.h"

/*
 * How long a request may work by default. A backstop: what waits for pages that
 * do not move ends long before (see MAX_REPEATS in cma.c), and a request that
 * gets on should be let to, though all of a large area may have to move out over
 * a slow memory bus.
 */
#define CMA_DEADLINE_MS		5000
#define CMA_DEADLINE_MS_MAX	60000

/* Up to 4 seconds and longer, see struct cma_stats. */
#define CMA_NR_LATENCIES	24

/**
 * struct cma_stats - what became of an area's requests
 * @alloc_success: pages handed out
 * @alloc_fail: pages that were asked for in vain
 * @released: pages that came back
 * @captured: pages handed out that were free
 * @migrated: pages moved out of the way
 * @dropped: pages of clean cache dropped
 * @blocked: windows given up because of a page that would not go
 * @drains: times that the per-CPU LRU batches of all CPUs were drained
 * @latency: requests by the time they took, granted or not: [i] are those of
 *	less than 1 << i us that are not in [i - 1], the last all others
 */
struct cma_stats {
	u64 alloc_success;
	u64 alloc_fail;
	u64 released;
	u64 captured;
	u64 migrated;
	u64 dropped;
	u64 blocked;
	u64 drains;
	u64 latency[CMA_NR_LATENCIES];
};

/**
 * struct cma - a contiguous area
 * @name: unique among the areas unless their owners chose otherwise
 * @active: its pages are lent; set once at core_initcall
 * @keep_on_error: if it cannot be activated, its memory stays reserved
 * @nid: node it was reserved on, or NUMA_NO_NODE
 * @deadline_ms: how long a request may work
 * @lock: protects all below it. Held for bits and counters, never across
 *	sleep or a walk over pages, except by an audit. Taken with interrupts
 *	disabled, for pages are released from any context. Outside of
 *	zone->lock, if they nest
 * @claims: pages that belong to requests, granted or being worked on
 * @nr_claimed: windows that requests have claimed, ever
 * @at_work: requests that work on a window, in the order of their claims
 * @oldest: number of the claim of the first of them, @nr_claimed without any;
 *	read without @lock
 * @nr_given_up: windows that requests have given up, ever
 * @nr_releasing: releases under way: pages may be free that are claimed still
 * @stuck: pages that would not move lately
 * @stats: counters
 * @settled: woken when a request is done with a window; has a lock of its own
 * @kobj: /sys/kernel/mm/cma/<name>
 *
 * Requests do not exclude each other: a claim makes its window one request's,
 * and all work on pages is done without @lock.
 */
struct cma {
	char name[CMA_MAX_NAME];
	bool active;
	bool keep_on_error;
	int nid;
	unsigned int deadline_ms;

	spinlock_t lock;	/* all below; irqs off; see above */
	struct cma_claims claims;
	unsigned long nr_claimed;
	struct list_head at_work;
	unsigned long oldest;
	unsigned long nr_given_up;
	unsigned int nr_releasing;
	struct cma_stuck_table stuck;
	struct cma_stats stats;

	wait_queue_head_t settled;
	struct kobject kobj;
};

extern struct cma cma_areas[MAX_CMA_AREAS];
extern unsigned int cma_area_count;

static inline unsigned long cma_end_pfn(const struct cma *cma)
{
	return cma->claims.base_pfn + cma->claims.nr_pages;
}

#endif /* _MM_CMA_H */
