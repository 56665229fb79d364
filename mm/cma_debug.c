// SPDX-License-Identifier: GPL-2.0
/*
 * Contiguous areas in debugfs: /sys/kernel/debug/cma/<name>/
 *
 * Where an active area is, what of it is allocated (used, maxchunk, bitmap),
 * what is in all of it (map), and which pages stood in the way of requests
 * lately (blockers). Two files make requests by hand: a number of pages
 * written to alloc is allocated as any driver's would be, one written to free
 * gives pages back, those first that came last.
 *
 * What the files show is looked up while they are read, without stopping
 * anybody: it may be outdated when it is printed.
 */
#define pr_fmt(fmt) "cma: " fmt

#include <linux/bits.h>
#include <linux/cma.h>
#include <linux/debugfs.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "cma.h"

/* The map is this wide, and about that high. */
#define MAP_WIDTH	64
#define MAP_HEIGHT	16

/**
 * struct debug_buffer - what one write to an alloc file got
 * @node: in struct debug_area, the latest buffer first
 * @pages: its first page
 * @nr_pages: how many are left of it
 */
struct debug_buffer {
	struct list_head node;
	struct page *pages;
	unsigned long nr_pages;
};

/**
 * struct debug_area - an area, and what was allocated from it by hand
 * @cma: the area
 * @bitmap: its claims as debugfs prints them
 * @lock: protects @buffers and @nr_held. Outside of cma->lock and all that an
 *	allocation or a release takes
 * @buffers: struct debug_buffer
 * @nr_held: pages in them
 */
struct debug_area {
	struct cma *cma;
	struct debugfs_u32_array bitmap;
	struct mutex lock;	/* for the list below, across requests */
	struct list_head buffers;
	unsigned long nr_held;
};

static struct debug_area debug_areas[MAX_CMA_AREAS];

static int debug_alloc(void *data, u64 nr_pages)
{
	struct debug_area *area = data;
	struct cma *cma = area->cma;
	struct debug_buffer *buffer;

	if (!nr_pages || nr_pages > cma->claims.nr_pages) {
		pr_notice("%s: cannot allocate %llu of %lu pages\n", cma->name,
			  nr_pages, cma->claims.nr_pages);
		return -EINVAL;
	}
	buffer = kmalloc(sizeof(*buffer), GFP_KERNEL);
	if (!buffer)
		return -ENOMEM;
	buffer->nr_pages = nr_pages;
	buffer->pages = cma_alloc_gfp(cma, nr_pages, 0, GFP_KERNEL);
	if (!buffer->pages) {
		kfree(buffer);
		return -ENOMEM;
	}

	mutex_lock(&area->lock);
	list_add(&buffer->node, &area->buffers);
	area->nr_held += nr_pages;
	mutex_unlock(&area->lock);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(alloc_fops, NULL, debug_alloc, "%llu\n");

/*
 * Do the latest buffers come to exactly so many pages? They need not where
 * one of them can be cut in two.
 */
static bool buffers_come_to(const struct debug_area *area, u64 nr_pages)
{
	const struct debug_buffer *buffer;

	if (!area->cma->claims.order)
		return true;
	list_for_each_entry(buffer, &area->buffers, node) {
		if (nr_pages <= buffer->nr_pages)
			return nr_pages == buffer->nr_pages;
		nr_pages -= buffer->nr_pages;
	}
	return false;
}

/* Give back the end of the latest buffer, or all of it. */
static unsigned long release_latest(struct debug_area *area, u64 nr_pages)
{
	struct debug_buffer *buffer =
		list_first_entry(&area->buffers, struct debug_buffer, node);
	unsigned long nr = min_t(u64, nr_pages, buffer->nr_pages);

	buffer->nr_pages -= nr;
	area->nr_held -= nr;
	/* It was allocated here and has not been released since. */
	WARN_ON_ONCE(!cma_release(area->cma,
				  nth_page(buffer->pages, buffer->nr_pages),
				  nr));
	if (!buffer->nr_pages) {
		list_del(&buffer->node);
		kfree(buffer);
	}
	return nr;
}

static int debug_free(void *data, u64 nr_pages)
{
	struct debug_area *area = data;
	struct cma *cma = area->cma;
	int err = 0;

	mutex_lock(&area->lock);
	if (!nr_pages || nr_pages > area->nr_held) {
		pr_notice("%s: cannot release %llu of %lu pages that were allocated through debugfs\n",
			  cma->name, nr_pages, area->nr_held);
		err = -EINVAL;
	} else if (!buffers_come_to(area, nr_pages)) {
		pr_notice("%s: cannot release %llu pages: with order_per_bit %u only whole buffers, the latest first\n",
			  cma->name, nr_pages, cma->claims.order);
		err = -EINVAL;
	}
	while (!err && nr_pages)
		nr_pages -= release_latest(area, nr_pages);
	mutex_unlock(&area->lock);
	return err;
}
DEFINE_DEBUGFS_ATTRIBUTE(free_fops, NULL, debug_free, "%llu\n");

static int used_get(void *data, u64 *nr_pages)
{
	struct cma *cma = data;

	spin_lock_irq(&cma->lock);
	*nr_pages = cma->claims.nr_claimed;
	spin_unlock_irq(&cma->lock);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(used_fops, used_get, NULL, "%llu\n");

/* Pages in the longest run that nobody has allocated. */
static int maxchunk_get(void *data, u64 *nr_pages)
{
	struct cma *cma = data;
	const struct cma_claims *claims = &cma->claims;
	unsigned long start, end, longest = 0;

	spin_lock_irq(&cma->lock);
	for_each_clear_bitrange(start, end, claims->bits,
				cma_claims_nr_bits(claims))
		longest = max(longest, end - start);
	spin_unlock_irq(&cma->lock);

	*nr_pages = (u64)longest << claims->order;
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(maxchunk_fops, maxchunk_get, NULL, "%llu\n");

static void show_blocker(struct seq_file *m, const struct cma_stuck *stuck)
{
	unsigned long nr;
	int refs, maps;

	contig_page_users(stuck->pfn, &refs, &maps);
	seq_printf(m, "0x%-8lx %9lld %5d %5d  %s, now %s\n", stuck->pfn,
		   div_s64(ktime_get_ns() - stuck->when, NSEC_PER_MSEC),
		   refs, maps, contig_kind_names[stuck->kind],
		   contig_kind_names[contig_page_kind(stuck->pfn, &nr)]);
}

static int blockers_show(struct seq_file *m, void *unused)
{
	struct cma *cma = m->private;
	unsigned int i;

	seq_puts(m, "pfn           age_ms  refs  maps  kind\n");
	for (i = 0; i < CMA_NR_STUCK; i++) {
		struct cma_stuck stuck;
		bool in_use;

		spin_lock_irq(&cma->lock);
		in_use = i < cma->stuck.nr;
		stuck = cma->stuck.page[i];
		spin_unlock_irq(&cma->lock);

		if (!in_use)
			break;
		show_blocker(m, &stuck);
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(blockers);

/* What a granule of the map holds besides free pages. */
enum map_use {
	MAP_CLAIMED	= BIT(0),
	MAP_FILE	= BIT(1),
	MAP_ANON	= BIT(2),
	MAP_OTHER	= BIT(3),
	MAP_STUCK	= BIT(4),
};

/* A claimed page, and how many behind it are claimed as well? */
static bool claimed_run(struct cma *cma, unsigned long pfn, unsigned long *nr)
{
	unsigned long first, last;
	bool claimed;

	spin_lock_irq(&cma->lock);
	claimed = cma_claims_next(&cma->claims, pfn, 1, &first, &last);
	spin_unlock_irq(&cma->lock);

	if (claimed)
		*nr = last + 1 - pfn;
	return claimed;
}

/* Which use is made of the pages at @pfn; 0 if they are free. */
static unsigned int use_of_pages(struct cma *cma, unsigned long pfn,
				 unsigned long *nr)
{
	struct folio *folio = pfn_folio(pfn);

	if (claimed_run(cma, pfn, nr))
		return MAP_CLAIMED;

	switch (contig_page_kind(pfn, nr)) {
	case CONTIG_FREE:
	case CONTIG_PCP:
		return 0;
	case CONTIG_CLEAN:
		return MAP_FILE;
	case CONTIG_HELD:
	case CONTIG_UNMOVABLE:
		return MAP_STUCK;
	default:
		break;
	}
	if (folio_test_anon(folio))
		return MAP_ANON;
	return __folio_test_movable(folio) || !READ_ONCE(folio->mapping) ?
		MAP_OTHER : MAP_FILE;
}

static char map_char(unsigned int uses)
{
	if (uses & MAP_STUCK)
		return '!';
	switch (uses) {
	case 0:
		return '.';
	case MAP_CLAIMED:
		return '#';
	case MAP_FILE:
		return 'f';
	case MAP_ANON:
		return 'a';
	default:
		return 'm';
	}
}

/* Pages for one character: a power of two, at least what one bit stands for. */
static unsigned long map_granule(const struct cma_claims *claims)
{
	unsigned long nr = DIV_ROUND_UP(claims->nr_pages,
					MAP_WIDTH * MAP_HEIGHT);

	return max(roundup_pow_of_two(nr), 1UL << claims->order);
}

static int map_show(struct seq_file *m, void *unused)
{
	struct cma *cma = m->private;
	unsigned long pfn = cma->claims.base_pfn;
	unsigned long end = cma_end_pfn(cma);
	unsigned long granule = map_granule(&cma->claims);
	unsigned int column = 0;

	seq_printf(m, "granule %lu pages: # allocated, . free, f file, a anonymous, m mixed or other, ! does not move\n",
		   granule);
	while (pfn < end) {
		unsigned long stop = min(pfn + granule, end), nr;
		unsigned int uses = 0;

		for (; pfn < stop; pfn += nr)
			uses |= use_of_pages(cma, pfn, &nr);
		pfn = stop;
		seq_putc(m, map_char(uses));
		if (++column % MAP_WIDTH == 0 || pfn == end)
			seq_putc(m, '\n');
		cond_resched();
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(map);

static void __init create_files(struct debug_area *area, struct dentry *root)
{
	struct cma *cma = area->cma;
	struct cma_claims *claims = &cma->claims;
	struct dentry *dir = debugfs_create_dir(cma->name, root);

	debugfs_create_file("alloc", 0200, dir, area, &alloc_fops);
	debugfs_create_file("free", 0200, dir, area, &free_fops);
	debugfs_create_ulong("base_pfn", 0444, dir, &claims->base_pfn);
	debugfs_create_ulong("count", 0444, dir, &claims->nr_pages);
	debugfs_create_u32("order_per_bit", 0444, dir, &claims->order);
	debugfs_create_file("used", 0444, dir, cma, &used_fops);
	debugfs_create_file("maxchunk", 0444, dir, cma, &maxchunk_fops);
	debugfs_create_u32_array("bitmap", 0444, dir, &area->bitmap);
	debugfs_create_file("blockers", 0444, dir, cma, &blockers_fops);
	debugfs_create_file("map", 0444, dir, cma, &map_fops);
}

static int __init cma_debugfs_init(void)
{
	struct dentry *root = debugfs_create_dir("cma", NULL);
	unsigned int i;

	for (i = 0; i < cma_area_count; i++) {
		struct debug_area *area = &debug_areas[i];
		struct cma *cma = &cma_areas[i];

		/* The log says why; there is nothing to see. */
		if (!cma->active)
			continue;
		area->cma = cma;
		area->bitmap.array = (u32 *)cma->claims.bits;
		area->bitmap.n_elements =
			DIV_ROUND_UP(cma_claims_nr_bits(&cma->claims), 32);
		mutex_init(&area->lock);
		INIT_LIST_HEAD(&area->buffers);
		create_files(area, root);
	}
	return 0;
}
late_initcall(cma_debugfs_init);
