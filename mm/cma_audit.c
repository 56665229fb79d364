// SPDX-License-Identifier: GPL-2.0
/*
 * Audit: do the books of the contiguous areas agree with the pages?
 *
 * What is known twice is counted again and compared: the counters of free and
 * of lent pages with the free lists, that of isolated pageblocks with their
 * types, the type of each pageblock with the holds on it and with the lists that
 * its free pages are on, an area's claims with its pages, and CmaTotal with the
 * sizes of the areas. /sys/kernel/debug/cma_audit has a line for each
 * disagreement, and a last one that counts them.
 *
 * It can be asked for at any time, with requests under way. The rules:
 *
 *  - zone->lock is held for a stretch at a time: the pages of one pageblock and
 *    as many entries of free lists, or the types of as many pageblocks. Longer
 *    lists are not gone through.
 *  - cma->lock is taken around it where claims are compared with pages. Only here
 *    is it held for a walk over a pageblock: with both locks held, neither claims
 *    nor free pages change.
 *  - While a request or a release is under way in an area, its claims tell nothing
 *    about pages. The area is looked at again then.
 *  - What is compared within one stretch is exact, except for pages in somebody's
 *    hands on their way to or from a free list, and for counts on their way from a
 *    CPU's counter to the zone's. Neither lasts. So what was seen right once is
 *    right, and what is reported was wrong at every look for PATIENCE_MS, and at
 *    MIN_LOOKS at least. Pages on per-CPU lists are fetched from there before each
 *    look.
 */
#include <linux/cma.h>
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/page-isolation.h>
#include <linux/seq_buf.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/swap.h>
#include <linux/vmstat.h>

#include "cma.h"
#include "cma_audit.h"
#include "contig.h"
#include "internal.h"

/*
 * Longer than the host of a virtual machine keeps one of its CPUs waiting, and
 * than compaction keeps free pages to itself.
 */
#define PATIENCE_MS	3000
#define PAUSE_MS	10
/* And so often at least: where one look takes long, so does what is looked at. */
#define MIN_LOOKS	10

/* No line of the report is longer. */
#define LINE_ROOM	192

/* Entries of free lists that one stretch goes through. */
#define STRETCH_ENTRIES	pageblock_nr_pages
/* Page frames whose pageblocks' types are looked at in one stretch. */
#define STRETCH_PFNS	(pageblock_nr_pages * pageblock_nr_pages)

enum zone_counter {
	COUNTER_FREE,
	COUNTER_LENT,
	COUNTER_ISOLATED,
	COUNTER_AREAS,
};

/**
 * cma_audit_begin() - prepare for an audit
 *
 * Context: May sleep. Areas are active, or will never be.
 * Return: what the other functions work with, for cma_audit_end(); NULL if there
 * is no memory for it.
 */
struct cma_audit *cma_audit_begin(void)
{
	struct cma_audit *audit = kzalloc(sizeof(*audit), GFP_KERNEL);
	unsigned long most = 0;
	unsigned int i;

	if (!audit)
		return NULL;
	for (i = 0; i < cma_area_count; i++)
		most = max(most, cma_areas[i].claims.nr_pages);
	seq_buf_init(&audit->report, audit->buf, sizeof(audit->buf));
	audit->listed = bitmap_zalloc(pageblock_nr_pages, GFP_KERNEL);
	audit->suspects = kvcalloc(BITS_TO_LONGS(most) + 1, sizeof(long),
				   GFP_KERNEL);
	if (audit->listed && audit->suspects)
		return audit;
	cma_audit_end(audit);
	return NULL;
}

/**
 * cma_audit_end() - an audit is over
 * @audit: from cma_audit_begin()
 *
 * Context: May sleep.
 */
void cma_audit_end(struct cma_audit *audit)
{
	bitmap_free(audit->listed);
	kvfree(audit->suspects);
	kfree(audit);
}

static __printf(2, 3)
void disagree(struct cma_audit *audit, const char *fmt, ...)
{
	va_list args;

	audit->nr_wrong++;
	if (seq_buf_buffer_left(&audit->report) < LINE_ROOM)
		return;
	va_start(args, fmt);
	seq_buf_vprintf(&audit->report, fmt, args);
	va_end(args);
}

/**
 * struct attempt - looks at one thing until all of it was seen right
 * @audit: whose
 * @until: when to give up, but not before the last of @looks
 * @looks: how many there must be
 * @report_len: how much was reported before
 * @nr_wrong: disagreements before
 * @nr_busy: busy pageblocks before
 * @nr_long: long lists before
 */
struct attempt {
	struct cma_audit *audit;
	ktime_t until;
	unsigned int looks;
	size_t report_len;
	unsigned long nr_wrong;
	unsigned long nr_busy;
	unsigned long nr_long;
};

static struct attempt first_attempt(struct cma_audit *audit)
{
	return (struct attempt){
		.audit = audit,
		.until = ktime_add_ms(ktime_get(), PATIENCE_MS),
		.looks = MIN_LOOKS,
		.report_len = audit->report.len,
		.nr_wrong = audit->nr_wrong,
		.nr_busy = audit->nr_busy,
		.nr_long = audit->nr_long,
	};
}

/* Is another look due? Waits for it and forgets what the last one found. */
static bool look_again(struct attempt *attempt)
{
	struct cma_audit *audit = attempt->audit;

	if (audit->nr_wrong == attempt->nr_wrong &&
	    audit->nr_busy == attempt->nr_busy)
		return false;
	if (attempt->looks)
		attempt->looks--;
	if (!attempt->looks && !ktime_before(ktime_get(), attempt->until))
		return false;
	msleep(PAUSE_MS);
	audit->report.len = attempt->report_len;
	audit->nr_wrong = attempt->nr_wrong;
	audit->nr_busy = attempt->nr_busy;
	audit->nr_long = attempt->nr_long;
	return true;
}

/**
 * struct zone_look - a look at a zone's counters
 * @audit: for which
 * @zone: the zone
 * @seen_right: enum zone_counter, as bits
 */
struct zone_look {
	struct cma_audit *audit;
	struct zone *zone;
	unsigned long seen_right;
};

static void compare(struct zone_look *look, enum zone_counter counter,
		    const char *name, unsigned long expected,
		    unsigned long found)
{
	if (expected == found)
		look->seen_right |= BIT(counter);
	if (!(look->seen_right & BIT(counter)))
		disagree(look->audit,
			 "zone %s: %s: expected %lu as counted, found %lu\n",
			 look->zone->name, name, expected, found);
}

/* Pages in the free blocks of a type; false if there are too many blocks. */
static bool sum_lists(const struct zone *zone, int mt, unsigned long *sum)
{
	unsigned long left = STRETCH_ENTRIES;
	const struct list_head *block;
	unsigned int order;

	lockdep_assert_held(&zone->lock);

	*sum = 0;
	for (order = 0; order < NR_PAGE_ORDERS; order++) {
		list_for_each(block, &zone->free_area[order].free_list[mt]) {
			if (!left--)
				return false;
			*sum += 1UL << order;
		}
	}
	return true;
}

/* Pages in all free blocks, isolated ones among them. */
static unsigned long sum_blocks(const struct zone *zone)
{
	unsigned long sum = 0;
	unsigned int order;

	lockdep_assert_held(&zone->lock);

	for (order = 0; order < NR_PAGE_ORDERS; order++)
		sum += zone->free_area[order].nr_free << order;
	return sum;
}

static void look_at_free_counters(struct zone_look *look)
{
	struct zone *zone = look->zone;
	unsigned long all, isolated, lent, flags;
	unsigned long nr_free, nr_lent;
	bool all_counted, lent_counted;

	spin_lock_irqsave(&zone->lock, flags);
	all = sum_blocks(zone);
	all_counted = sum_lists(zone, MIGRATE_ISOLATE, &isolated);
	lent_counted = sum_lists(zone, MIGRATE_CMA, &lent);
	nr_free = zone_page_state_snapshot(zone, NR_FREE_PAGES);
	nr_lent = zone_page_state_snapshot(zone, NR_FREE_CMA_PAGES);
	spin_unlock_irqrestore(&zone->lock, flags);

	look->audit->nr_long += !all_counted + !lent_counted;
	/* What firmware has not handed over yet counts as free and is on no list. */
	if (all_counted && !IS_ENABLED(CONFIG_UNACCEPTED_MEMORY))
		compare(look, COUNTER_FREE, "NR_FREE_PAGES", all - isolated,
			nr_free);
	if (lent_counted)
		compare(look, COUNTER_LENT, "NR_FREE_CMA_PAGES", lent, nr_lent);
}

static bool is_isolated(const struct zone *zone, unsigned long pfn)
{
	struct page *page = pfn_to_online_page(pfn);

	return page && page_zone(page) == zone && is_migrate_isolate_page(page);
}

static void look_at_isolated_counter(struct zone_look *look)
{
	struct zone *zone = look->zone;
	unsigned long pfn = pageblock_start_pfn(zone->zone_start_pfn);
	unsigned long counted = 0, found, flags;

	do {
		unsigned long stop = min(pfn + STRETCH_PFNS, zone_end_pfn(zone));

		spin_lock_irqsave(&zone->lock, flags);
		for (; pfn < stop; pfn += pageblock_nr_pages)
			counted += is_isolated(zone, pfn);
		found = zone->nr_isolate_pageblock;
		spin_unlock_irqrestore(&zone->lock, flags);
		cond_resched();
	} while (pfn < zone_end_pfn(zone));

	compare(look, COUNTER_ISOLATED, "isolated pageblocks", counted, found);
}

static struct zone *area_zone(const struct cma *cma)
{
	return page_zone(pfn_to_page(cma->claims.base_pfn));
}

static void look_at_area_counter(struct zone_look *look)
{
	unsigned long sum = 0;
	unsigned int i;

	for (i = 0; i < cma_area_count; i++) {
		if (cma_areas[i].active && area_zone(&cma_areas[i]) == look->zone)
			sum += cma_areas[i].claims.nr_pages;
	}
	compare(look, COUNTER_AREAS, "pages of areas", sum,
		zone_cma_pages(look->zone));
}

/**
 * cma_audit_zone() - compare a zone's counters with what they count
 * @audit: from cma_audit_begin()
 * @zone: the zone
 *
 * Context: May sleep. Takes zone->lock.
 */
void cma_audit_zone(struct cma_audit *audit, struct zone *zone)
{
	struct attempt attempt = first_attempt(audit);
	struct zone_look look = { .audit = audit, .zone = zone };

	do {
		look_at_free_counters(&look);
		look_at_isolated_counter(&look);
		look_at_area_counter(&look);
	} while (look_again(&attempt));
}

/**
 * struct page_look - a look at the pages of an area, or of another range
 * @audit: for which
 * @cma: the area, or NULL
 * @zone: the zone of the pages
 * @start: the first of the last pages that were wrong, all in the same way
 * @end: behind the last of them; nothing is wrong if that is @start
 * @what: what is wrong about them
 * @expected: what it should be
 * @found: what it is
 */
struct page_look {
	struct cma_audit *audit;
	struct cma *cma;
	struct zone *zone;
	unsigned long start;
	unsigned long end;
	const char *what;
	const char *expected;
	const char *found;
};

/* Report the pages that were noted, as one disagreement. */
static void report_noted(struct page_look *look)
{
	if (look->start == look->end)
		return;
	disagree(look->audit, "%s %s: pfn 0x%lx-0x%lx: %s: expected %s, found %s\n",
		 look->cma ? "area" : "zone",
		 look->cma ? look->cma->name : look->zone->name,
		 look->start, look->end - 1, look->what, look->expected,
		 look->found);
	look->start = look->end;
}

/* Note wrong pages. The texts last: who says the same points to the same. */
static void note(struct page_look *look, unsigned long pfn, unsigned long nr,
		 const char *what, const char *expected, const char *found)
{
	if (look->start == look->end || look->end != pfn ||
	    look->what != what || look->expected != expected ||
	    look->found != found) {
		report_noted(look);
		look->start = pfn;
		look->what = what;
		look->expected = expected;
		look->found = found;
	}
	look->end = pfn + nr;
}

static const char *type_name(int mt)
{
	return mt >= 0 && mt < MIGRATE_TYPES ? migratetype_names[mt] : "none";
}

/* A pageblock is isolated as long as someone holds it, and an area's is lent. */
static void look_at_type(struct page_look *look, unsigned long pfn)
{
	bool held = pageblock_holder(look->zone, pfn);
	int mt = get_pageblock_migratetype(pfn_to_page(pfn));
	const char *expected = NULL;

	if (held && !is_migrate_isolate(mt))
		expected = type_name(MIGRATE_ISOLATE);
	else if (!held && look->cma && !is_migrate_cma(mt))
		expected = type_name(MIGRATE_CMA);
	else if (!held && !look->cma && is_migrate_isolate(mt))
		expected = "a type that is in service";
	if (expected)
		note(look, pfn, pageblock_nr_pages, "type", expected,
		     type_name(mt));
}

/*
 * Which blocks of a pageblock are on the lists of its type? False if these are
 * too long.
 */
static bool mark_listed(struct page_look *look, unsigned long start, int mt)
{
	unsigned long *listed = look->audit->listed;
	unsigned long left = STRETCH_ENTRIES;
	unsigned int order;
	struct page *page;

	bitmap_zero(listed, pageblock_nr_pages);
	for (order = 0; order < NR_PAGE_ORDERS; order++) {
		struct free_area *area = &look->zone->free_area[order];

		list_for_each_entry(page, &area->free_list[mt], buddy_list) {
			unsigned long pfn = page_to_pfn(page);

			if (!left--)
				return false;
			if (pageblock_start_pfn(pfn) == start &&
			    PageBuddy(page) && buddy_order(page) == order)
				__set_bit(pfn - start, listed);
		}
	}
	return true;
}

/* The type of the list that a free block is on, found by going there. */
static int listed_type(const struct zone *zone, struct page *block)
{
	const struct list_head *lists, *at = &block->buddy_list;
	unsigned long left = STRETCH_ENTRIES;

	lists = zone->free_area[buddy_order(block)].free_list;
	while (left--) {
		at = at->prev;
		if (at >= lists && at < lists + MIGRATE_TYPES)
			return at - lists;
	}
	return -1;
}

/* Free pages are on the lists of their pageblock's type, and nowhere else. */
static void look_at_lists(struct page_look *look, unsigned long start)
{
	unsigned long pfn, nr, end = start + pageblock_nr_pages;
	int mt = get_pageblock_migratetype(pfn_to_page(start));

	if (!mark_listed(look, start, mt)) {
		look->audit->nr_long++;
		return;
	}
	for (pfn = start; pfn < end; pfn += nr) {
		struct page *page = pfn_to_page(pfn);

		nr = 1;
		if (!PageBuddy(page))
			continue;
		nr = 1UL << buddy_order(page);
		if (!test_bit(pfn - start, look->audit->listed))
			note(look, pfn, nr, "free list", type_name(mt),
			     type_name(listed_type(look->zone, page)));
	}
}

static void look_at_pageblock(struct page_look *look, unsigned long pfn)
{
	lockdep_assert_held(&look->zone->lock);

	look_at_type(look, pfn);
	look_at_lists(look, pfn);
}

/* Does no request or release work in the area? */
static bool is_settled(const struct cma *cma)
{
	lockdep_assert_held(&cma->lock);

	return list_empty(&cma->at_work) && !cma->nr_releasing;
}

/* Is there an obvious reason for a lent page to be unmovable? */
static bool may_be_unmovable(struct page *page)
{
	return page_is_guard(page) || PageHWPoison(page);
}

/* What a page of an area should be, if it is not @kind; NULL if that is right. */
static const char *expected_use(const struct cma *cma, unsigned long pfn,
				enum contig_kind kind)
{
	const struct cma_claims *claims = &cma->claims;
	bool unused = kind == CONTIG_FREE || kind == CONTIG_PCP;

	if (!test_bit(cma_claims_bit(claims, pfn), claims->bits)) {
		bool usual = kind != CONTIG_PCP && kind != CONTIG_OPAQUE &&
			     (kind != CONTIG_UNMOVABLE ||
			      may_be_unmovable(pfn_to_page(pfn)));

		return usual ? NULL : "free or lent";
	}
	/* A request need not have taken more than the beginning of a unit. */
	if (!IS_ALIGNED(pfn - claims->base_pfn, 1UL << claims->order))
		return NULL;
	return unused ? "allocated, with a reference" : NULL;
}

static const char *use_name(enum contig_kind kind)
{
	return kind == CONTIG_PCP ? "no reference, and on no list" :
				    contig_kind_names[kind];
}

/* What is claimed is allocated, and what is not is free or lent. */
static void look_at_claims(struct page_look *look, unsigned long start)
{
	unsigned long *suspects = look->audit->suspects;
	unsigned long base = look->cma->claims.base_pfn;
	unsigned long pfn = start, end = start + pageblock_nr_pages, nr;

	while (pfn < end) {
		enum contig_kind kind = contig_page_kind(pfn, &nr);
		unsigned long stop = min(pfn + nr, end);

		for (; pfn < stop; pfn++) {
			const char *expected;

			if (!test_bit(pfn - base, suspects))
				continue;
			expected = expected_use(look->cma, pfn, kind);
			if (expected)
				note(look, pfn, 1, "page", expected,
				     use_name(kind));
			else
				__clear_bit(pfn - base, suspects);
		}
	}
}

static void look_at_area_pageblock(struct page_look *look, unsigned long pfn)
{
	struct cma *cma = look->cma;
	unsigned long flags;

	spin_lock_irqsave(&cma->lock, flags);
	spin_lock(&look->zone->lock);
	look_at_pageblock(look, pfn);
	if (is_settled(cma))
		look_at_claims(look, pfn);
	else
		look->audit->nr_busy++;
	spin_unlock(&look->zone->lock);
	spin_unlock_irqrestore(&cma->lock, flags);
}

static void look_at_claimed_counter(struct page_look *look)
{
	struct cma_claims *claims = &look->cma->claims;
	unsigned long counted, found, flags;

	spin_lock_irqsave(&look->cma->lock, flags);
	counted = bitmap_weight(claims->bits, cma_claims_nr_bits(claims));
	found = claims->nr_claimed;
	spin_unlock_irqrestore(&look->cma->lock, flags);

	counted <<= claims->order;
	if (counted != found)
		disagree(look->audit,
			 "area %s: allocated pages: expected %lu as in its bitmap, found %lu\n",
			 look->cma->name, counted, found);
}

/**
 * cma_audit_area() - compare an area's claims, pageblocks and pages
 * @audit: from cma_audit_begin()
 * @cma: the area, which is active
 *
 * Context: May sleep. Takes cma->lock, zone->lock and those of per-CPU lists.
 */
void cma_audit_area(struct cma_audit *audit, struct cma *cma)
{
	struct attempt attempt = first_attempt(audit);
	struct page_look look = {
		.audit = audit, .cma = cma, .zone = area_zone(cma),
	};
	unsigned long pfn;

	bitmap_fill(audit->suspects, cma->claims.nr_pages);
	do {
		/* Nothing but a batch may refer to a page that is gone from its file. */
		lru_add_drain_all();
		buddy_fetch_listed(look.zone, cma->claims.base_pfn,
				   cma_end_pfn(cma));
		look_at_claimed_counter(&look);
		for (pfn = cma->claims.base_pfn; pfn < cma_end_pfn(cma);
		     pfn += pageblock_nr_pages) {
			look_at_area_pageblock(&look, pfn);
			cond_resched();
		}
		report_noted(&look);
	} while (look_again(&attempt));
}

/**
 * cma_audit_range() - compare pageblocks' types with holds and free lists
 * @audit: from cma_audit_begin()
 * @start_pfn: begin of a pageblock
 * @end_pfn: end of one, in the same zone; there are no areas and holes in between
 *
 * Context: May sleep. Takes zone->lock.
 */
void cma_audit_range(struct cma_audit *audit, unsigned long start_pfn,
		     unsigned long end_pfn)
{
	struct page_look look = {
		.audit = audit, .zone = page_zone(pfn_to_page(start_pfn)),
	};
	unsigned long pfn, flags;

	for (pfn = start_pfn; pfn < end_pfn; pfn += pageblock_nr_pages) {
		spin_lock_irqsave(&look.zone->lock, flags);
		look_at_pageblock(&look, pfn);
		spin_unlock_irqrestore(&look.zone->lock, flags);
		cond_resched();
	}
	report_noted(&look);
}

static void audit_total(struct cma_audit *audit)
{
	unsigned long sum = 0;
	unsigned int i;

	for (i = 0; i < cma_area_count; i++)
		sum += cma_areas[i].claims.nr_pages;
	if (sum != totalcma_pages)
		disagree(audit, "CmaTotal: expected %lu pages, the areas' sizes, found %lu\n",
			 sum, totalcma_pages);
}

/**
 * cma_audit_all() - audit all zones and areas
 * @audit: from cma_audit_begin()
 *
 * Context: May sleep.
 */
void cma_audit_all(struct cma_audit *audit)
{
	struct zone *zone;
	unsigned int i;

	audit_total(audit);
	for_each_populated_zone(zone)
		cma_audit_zone(audit, zone);
	for (i = 0; i < cma_area_count; i++) {
		if (cma_areas[i].active)
			cma_audit_area(audit, &cma_areas[i]);
	}
}

/* What the areas look like, for one line. */
static void show_counts(struct seq_file *m)
{
	unsigned long nr_pages = 0, nr_claimed = 0, nr_free = 0;
	unsigned int nr_active = 0, i;
	struct zone *zone;

	for (i = 0; i < cma_area_count; i++) {
		const struct cma *cma = &cma_areas[i];

		nr_active += cma->active;
		nr_pages += cma->claims.nr_pages;
		nr_claimed += READ_ONCE(cma->claims.nr_claimed);
	}
	for_each_populated_zone(zone)
		nr_free += zone_page_state_snapshot(zone, NR_FREE_CMA_PAGES);
	seq_printf(m, "%u areas, %lu pageblocks, %lu pages, %lu allocated, %lu free",
		   nr_active, nr_pages >> pageblock_order, nr_pages, nr_claimed,
		   nr_free);
}

static int audit_show(struct seq_file *m, void *unused)
{
	struct cma_audit *audit = cma_audit_begin();

	if (!audit)
		return -ENOMEM;
	cma_audit_all(audit);

	seq_puts(m, seq_buf_str(&audit->report));
	if (audit->nr_wrong) {
		seq_printf(m, "%lu disagreements", audit->nr_wrong);
	} else {
		seq_puts(m, "ok: ");
		show_counts(m);
	}
	if (audit->nr_busy)
		seq_printf(m, "; %lu pageblocks busy", audit->nr_busy);
	if (audit->nr_long)
		seq_printf(m, "; %lu free lists too long", audit->nr_long);
	seq_putc(m, '\n');
	cma_audit_end(audit);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(audit);

static int __init cma_audit_init(void)
{
	/* Not in cma/, where tools take each name for an area's. */
	debugfs_create_file("cma_audit", 0400, NULL, NULL, &audit_fops);
	return 0;
}
late_initcall(cma_audit_init);
