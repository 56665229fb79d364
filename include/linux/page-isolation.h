/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __LINUX_PAGEISOLATION_H
#define __LINUX_PAGEISOLATION_H

#include <linux/mmzone.h>
#include <linux/types.h>

struct folio_batch;

void set_pageblock_migratetype(struct page *page, int migratetype);
void buddy_give_run(struct zone *zone, unsigned long pfn, unsigned long end);
int free_isolated_run(struct folio_batch *folios, int first);

#ifdef CONFIG_MEMORY_ISOLATION

/* Flags of start_isolate_page_range() and test_pages_isolated(). */
#define MEMORY_OFFLINE	0x1	/* hwpoisoned and offline pages may stay */
#define REPORT_FAILURE	0x2	/* dump the page that is in the way */

#define is_migrate_isolate(mt)		((mt) == MIGRATE_ISOLATE)
#define is_migrate_isolate_page(page)	\
	is_migrate_isolate(get_pageblock_migratetype(page))

/**
 * struct pageblock_hold - pageblocks that one caller keeps isolated
 * @next: further holds in this zone, in no order
 * @zone: the zone they are all in
 * @start_pfn: first pfn of the first pageblock
 * @end_pfn: first pfn behind the last pageblock
 * @migratetype: what the pageblocks become when the last hold on them ends
 *
 * Two ranges may meet inside a pageblock.  A pageblock stays isolated as long
 * as one hold covers it: the holds themselves, linked in the zone under
 * zone->lock, are the count of its holders.  They live on their owner's stack,
 * so that isolating never allocates memory.
 */
struct pageblock_hold {
	struct pageblock_hold *next;
	struct zone *zone;
	unsigned long start_pfn;
	unsigned long end_pfn;
	int migratetype;
};

int pageblock_hold_range(struct pageblock_hold *hold, unsigned long start_pfn,
			 unsigned long end_pfn, int migratetype);
void pageblock_unhold_range(struct pageblock_hold *hold);
const struct pageblock_hold *pageblock_holder(const struct zone *zone,
					      unsigned long pfn);
bool pageblock_serves(const struct zone *zone, unsigned long pfn,
		      int migratetype);

int test_pages_isolated(unsigned long start_pfn, unsigned long end_pfn,
			int isol_flags);
int start_isolate_page_range(unsigned long start_pfn, unsigned long end_pfn,
			     int migratetype, int flags, gfp_t gfp_flags);
void undo_isolate_page_range(unsigned long start_pfn, unsigned long end_pfn,
			     int migratetype);

#else

#define is_migrate_isolate(mt)		((void)(mt), false)
#define is_migrate_isolate_page(page)	((void)(page), false)

#endif /* CONFIG_MEMORY_ISOLATION */

#endif /* __LINUX_PAGEISOLATION_H */
