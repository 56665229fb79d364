/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Do counters, free lists, pageblocks and claims agree? See cma_audit.c.
 */
#ifndef _MM_CMA_AUDIT_H
#define _MM_CMA_AUDIT_H

#include <linux/seq_buf.h>
#include <linux/types.h>

struct cma;
struct zone;

/* With the summary it fits into the page that a seq_file begins with. */
#define CMA_AUDIT_REPORT	3072

/**
 * struct cma_audit - an audit, and what it has found
 * @report: a line for each disagreement, as long as there is room
 * @nr_wrong: how many there are
 * @nr_busy: pageblocks of areas that were not once seen without a request or a
 *	release under way in the area: nobody knows what their pages should be
 * @nr_long: free lists that were too long to be gone through
 * @listed: pages of a pageblock, set if they begin a block on a free list
 * @suspects: pages of an area, set if they have not been seen right yet
 * @buf: the text of @report
 */
struct cma_audit {
	struct seq_buf report;
	unsigned long nr_wrong;
	unsigned long nr_busy;
	unsigned long nr_long;
	unsigned long *listed;
	unsigned long *suspects;
	char buf[CMA_AUDIT_REPORT];
};

struct cma_audit *cma_audit_begin(void);
void cma_audit_end(struct cma_audit *audit);
void cma_audit_zone(struct cma_audit *audit, struct zone *zone);
void cma_audit_range(struct cma_audit *audit, unsigned long start_pfn,
		     unsigned long end_pfn);
void cma_audit_area(struct cma_audit *audit, struct cma *cma);
void cma_audit_all(struct cma_audit *audit);

#endif /* _MM_CMA_AUDIT_H */
