// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the range allocator in a zone of the running kernel.
 *
 * Each test has a range of four pageblocks that were free a moment ago. It keeps
 * some of their pages as a driver's whose pages can be migrated, so that it says
 * itself which of them do move, and asks for others by name. The kernel is booting,
 * so that hardly anybody else allocates; and whatever happened, the books have to
 * agree afterwards (cma_audit.c).
 */
#include <kunit/test.h>
#include <linux/gfp.h>
#include <linux/ktime.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/page-isolation.h>
#include <linux/pagemap.h>

#include "cma_kunit.h"
#include "contig.h"
#include "internal.h"

#define NR_BLOCKS	4
#define NR_PAGES	(NR_BLOCKS * pageblock_nr_pages)
#define MAX_MOVABLE	4

/**
 * struct movable_page - a page that somebody uses and that can be moved
 * @page: where it is now, or NULL
 * @word: what it is filled with
 * @error: what becomes of attempts to move it; 0: it moves
 * @beside: another page of the range, or NULL
 * @type_beside: of that one's pageblock, while this one was moved
 */
struct movable_page {
	struct page *page;
	u32 word;
	int error;
	const struct page *beside;
	int type_beside;
};

/**
 * struct room - where a test takes place
 * @start: first pfn of the range, begin of a pageblock
 * @end: pfn behind its last
 * @movable: pages of the range that are in use
 */
struct room {
	unsigned long start;
	unsigned long end;
	struct movable_page movable[MAX_MOVABLE];
};

static bool isolate_movable(struct page *page, isolate_mode_t mode)
{
	return true;
}

static void putback_movable(struct page *page)
{
}

static int migrate_movable(struct page *dst, struct page *src,
			   enum migrate_mode mode);

static const struct movable_operations movable_ops = {
	.isolate_page = isolate_movable,
	.migrate_page = migrate_movable,
	.putback_page = putback_movable,
};

static int migrate_movable(struct page *dst, struct page *src,
			   enum migrate_mode mode)
{
	struct movable_page *movable = (void *)page_private(src);

	if (movable->error)
		return movable->error;
	if (movable->beside)
		movable->type_beside = get_pageblock_migratetype(movable->beside);
	copy_highpage(dst, src);
	get_page(dst);
	__SetPageMovable(dst, &movable_ops);
	set_page_private(dst, (unsigned long)movable);
	movable->page = dst;

	__ClearPageMovable(src);
	set_page_private(src, 0);
	put_page(src);
	return MIGRATEPAGE_SUCCESS;
}

static unsigned long movable_pfn(const struct movable_page *movable)
{
	return page_to_pfn(movable->page);
}

static void make_movable(struct movable_page *movable, struct page *page, u32 word)
{
	movable->page = page;
	movable->word = word;
	fill_page(page, word);
	lock_page(page);
	set_page_private(page, (unsigned long)movable);
	__SetPageMovable(page, &movable_ops);
	unlock_page(page);
}

static void drop_movable(struct movable_page *movable)
{
	struct page *page = movable->page;

	if (!page)
		return;
	lock_page(page);
	__ClearPageMovable(page);
	set_page_private(page, 0);
	unlock_page(page);
	put_page(page);
	movable->page = NULL;
}

static int room_init(struct kunit *test)
{
	struct room *room = kunit_kzalloc(test, sizeof(*room), GFP_KERNEL);
	struct page *page;

	KUNIT_ASSERT_NOT_NULL(test, room);
	page = alloc_contig_pages(NR_PAGES, GFP_KERNEL, numa_node_id(), NULL);
	KUNIT_ASSERT_NOT_NULL(test, page);
	room->start = page_to_pfn(page);
	room->end = room->start + NR_PAGES;
	free_contig_range(room->start, NR_PAGES);
	test->priv = room;
	return 0;
}

static void room_exit(struct kunit *test)
{
	struct room *room = test->priv;
	unsigned int i;

	if (!room)
		return;
	for (i = 0; i < MAX_MOVABLE; i++)
		drop_movable(&room->movable[i]);
	expect_books_agree(test, room->start, room->end);
}

static int take(struct room *room, unsigned long offset, unsigned long nr)
{
	return alloc_contig_range(room->start + offset,
				  room->start + offset + nr, MIGRATE_MOVABLE,
				  GFP_KERNEL);
}

static void give(struct room *room, unsigned long offset, unsigned long nr)
{
	free_contig_range(room->start + offset, nr);
}

/* Pages of the range that are in the buddy allocator. */
static unsigned long count_free(const struct room *room)
{
	unsigned long pfn, nr, sum = 0;

	for (pfn = room->start; pfn < room->end; pfn += nr) {
		bool is_free = contig_page_kind(pfn, &nr) == CONTIG_FREE;

		nr = min(nr, room->end - pfn);
		sum += is_free ? nr : 0;
	}
	return sum;
}

/* Where in the range pages are in use. */
static unsigned long spot(unsigned int i)
{
	const unsigned long spots[MAX_MOVABLE] = {
		0, pageblock_nr_pages - 1, pageblock_nr_pages,
		3 * pageblock_nr_pages + 77,
	};

	return spots[i];
}

/* Have so many pages in use that can be moved. */
static void populate(struct kunit *test, unsigned int nr)
{
	struct room *room = test->priv;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		KUNIT_ASSERT_EQ(test, take(room, spot(i), 1), 0);
		make_movable(&room->movable[i],
			     pfn_to_page(room->start + spot(i)), 0x600d0000 + i);
	}
	KUNIT_ASSERT_EQ(test, count_free(room), NR_PAGES - nr);
}

static bool in_room(const struct room *room, const struct page *page)
{
	unsigned long pfn = page_to_pfn(page);

	return pfn >= room->start && pfn < room->end;
}

static void expect_contents(struct kunit *test)
{
	struct room *room = test->priv;
	unsigned int i;

	for (i = 0; i < MAX_MOVABLE && room->movable[i].page; i++)
		KUNIT_EXPECT_TRUE(test, page_is_filled(room->movable[i].page,
						       room->movable[i].word));
}

/* A request for all of the range, so that what it did can be looked at. */
static struct contig_request whole(const struct room *room, gfp_t gfp)
{
	return (struct contig_request) {
		.start_pfn = room->start,
		.end_pfn = room->end,
		.migratetype = MIGRATE_MOVABLE,
		.gfp = gfp,
		.deadline = KTIME_MAX,
	};
}

/*
 * The request fails with this error, and nothing remains of it but pages that
 * have moved: all others are as they were, and nothing is isolated.
 */
static void expect_failure(struct kunit *test, struct contig_request *req,
			   int error)
{
	struct room *room = test->priv;
	unsigned long nr_used = 0;
	unsigned int i;

	KUNIT_EXPECT_EQ(test, contig_take(req), error);
	for (i = 0; i < MAX_MOVABLE && room->movable[i].page; i++)
		nr_used += in_room(room, room->movable[i].page);
	KUNIT_EXPECT_EQ(test, count_free(room), NR_PAGES - nr_used);
	expect_contents(test);
	expect_books_agree(test, room->start, room->end);
}

static void expect_success(struct kunit *test)
{
	struct room *room = test->priv;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, take(room, 0, NR_PAGES), 0);
	for (i = 0; i < MAX_MOVABLE && room->movable[i].page; i++)
		KUNIT_EXPECT_FALSE(test, in_room(room, room->movable[i].page));
	expect_contents(test);
	expect_books_agree(test, room->start, room->end);
	give(room, 0, NR_PAGES);
	KUNIT_EXPECT_EQ(test, count_free(room), NR_PAGES);
}

/**
 * struct piece - a part of the range
 * @name: which
 * @block: pageblock that @offset counts from
 * @offset: its first page
 * @nr_blocks: whole pageblocks in it
 * @nr: pages more
 */
struct piece {
	const char *name;
	unsigned int block;
	int offset;
	unsigned int nr_blocks;
	int nr;
};

static const struct piece pieces[] = {
	{ "the first page", 0, 0, 0, 1 },
	{ "the last page of a pageblock", 1, -1, 0, 1 },
	{ "two pages on both sides of a border", 1, -1, 0, 2 },
	{ "an odd piece of a pageblock", 0, 3, 0, 101 },
	{ "a pageblock", 1, 0, 1, 0 },
	{ "a pageblock less a page", 1, 0, 1, -1 },
	{ "a pageblock and a page", 1, 0, 1, 1 },
	{ "a pageblock from the middle of one", 1, 7, 1, 0 },
	{ "two pageblocks and a page on either side", 1, -1, 2, 2 },
	{ "all but the first and the last page", 0, 1, 4, -2 },
	{ "everything", 0, 0, 4, 0 },
};

KUNIT_ARRAY_PARAM_DESC(piece, pieces, name);

static void takes_free_pages_to_the_page(struct kunit *test)
{
	const struct piece *piece = test->param_value;
	unsigned long offset = piece->block * pageblock_nr_pages + piece->offset;
	unsigned long nr = piece->nr_blocks * pageblock_nr_pages + piece->nr, i;
	struct room *room = test->priv;

	KUNIT_ASSERT_EQ(test, take(room, offset, nr), 0);
	for (i = 0; i < nr; i++) {
		struct page *page = pfn_to_page(room->start + offset + i);

		if (page_ref_count(page) != 1 || PageCompound(page))
			break;
	}
	KUNIT_EXPECT_EQ_MSG(test, i, nr, "page %lu is not one by itself", i);
	KUNIT_EXPECT_EQ(test, count_free(room), NR_PAGES - nr);
	expect_books_agree(test, room->start, room->end);

	give(room, offset, nr);
	KUNIT_EXPECT_EQ(test, count_free(room), NR_PAGES);
}

static void has_its_pages_back_in_pieces(struct kunit *test)
{
	static const struct { unsigned int offset, nr; } parts[] = {
		{ 100, 1 }, { 0, 100 }, { 101, 399 }, { 501, 1047 }, { 500, 1 },
	};
	struct room *room = test->priv;
	unsigned long nr_free = 0;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, take(room, 0, NR_PAGES), 0);
	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		give(room, parts[i].offset, parts[i].nr);
		nr_free += parts[i].nr;
		KUNIT_EXPECT_EQ(test, count_free(room), nr_free);
		expect_books_agree(test, room->start, room->end);
	}
	give(room, nr_free, NR_PAGES - nr_free);
	KUNIT_EXPECT_EQ(test, count_free(room), NR_PAGES);
}

static void gives_one_compound_page(struct kunit *test)
{
	struct room *room = test->priv;
	struct folio *folio = pfn_folio(room->start);

	KUNIT_ASSERT_EQ(test, alloc_contig_range(room->start,
						 room->start + pageblock_nr_pages,
						 MIGRATE_MOVABLE,
						 GFP_KERNEL | __GFP_COMP), 0);
	KUNIT_EXPECT_EQ(test, folio_nr_pages(folio), pageblock_nr_pages);
	KUNIT_EXPECT_EQ(test, folio_ref_count(folio), 1);
	expect_books_agree(test, room->start, room->end);
	folio_put(folio);
	KUNIT_EXPECT_EQ(test, count_free(room), NR_PAGES);
}

static void gives_zeroed_pages_if_asked(struct kunit *test)
{
	struct room *room = test->priv;
	unsigned long pfn;

	KUNIT_ASSERT_EQ(test, take(room, 0, NR_PAGES), 0);
	for (pfn = room->start; pfn < room->end; pfn++)
		fill_page(pfn_to_page(pfn), 0x5ec4e7);
	give(room, 0, NR_PAGES);

	KUNIT_ASSERT_EQ(test, alloc_contig_range(room->start, room->end,
						 MIGRATE_MOVABLE,
						 GFP_KERNEL | __GFP_ZERO), 0);
	for (pfn = room->start; pfn < room->end; pfn++) {
		if (!page_is_filled(pfn_to_page(pfn), 0))
			break;
	}
	KUNIT_EXPECT_EQ(test, pfn, room->end);
	give(room, 0, NR_PAGES);
}

static void refuses_what_makes_no_sense(struct kunit *test)
{
	struct room *room = test->priv;
	unsigned long start = room->start, end = room->end;
	const struct {
		unsigned long start, end;
		unsigned int migratetype;
		gfp_t gfp;
	} cases[] = {
		{ start, start, MIGRATE_MOVABLE, GFP_KERNEL },
		{ end, start, MIGRATE_MOVABLE, GFP_KERNEL },
		{ start, ULONG_MAX, MIGRATE_MOVABLE, GFP_KERNEL },
		{ start, end, MIGRATE_UNMOVABLE, GFP_KERNEL },
		{ start, end, MIGRATE_CMA, GFP_KERNEL },
		{ start, end, MIGRATE_ISOLATE, GFP_KERNEL },
		{ start, end, MIGRATE_MOVABLE, GFP_KERNEL | __GFP_NOFAIL },
		{ start, end, MIGRATE_MOVABLE, GFP_KERNEL | __GFP_ACCOUNT },
		{ start, start + 3, MIGRATE_MOVABLE, GFP_KERNEL | __GFP_COMP },
		{ start + 1, start + 3, MIGRATE_MOVABLE, GFP_KERNEL | __GFP_COMP },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		KUNIT_EXPECT_EQ_MSG(test, alloc_contig_range(cases[i].start,
							     cases[i].end,
							     cases[i].migratetype,
							     cases[i].gfp),
				    -EINVAL, "case %u", i);
	KUNIT_EXPECT_EQ(test, count_free(room), NR_PAGES);
}

static void fetches_pages_from_per_cpu_lists(struct kunit *test)
{
	struct room *room = test->priv;
	unsigned long nr;

	KUNIT_ASSERT_EQ(test, take(room, 5, 1), 0);
	__free_page(pfn_to_page(room->start + 5));
	KUNIT_EXPECT_EQ(test, contig_page_kind(room->start + 5, &nr), CONTIG_PCP);
	expect_success(test);
}

static void moves_what_is_in_use(struct kunit *test)
{
	struct room *room = test->priv;
	struct contig_request req = whole(room, GFP_KERNEL);

	populate(test, MAX_MOVABLE);
	KUNIT_ASSERT_EQ(test, contig_take(&req), 0);
	KUNIT_EXPECT_EQ(test, req.nr_migrated, MAX_MOVABLE);
	KUNIT_EXPECT_EQ(test, req.nr_captured, NR_PAGES - MAX_MOVABLE);
	KUNIT_EXPECT_EQ(test, count_free(room), 0);
	expect_contents(test);
	give(room, 0, NR_PAGES);
	KUNIT_EXPECT_EQ(test, count_free(room), NR_PAGES);
}

/**
 * struct refusal - a page that does not move
 * @name: how
 * @page: which of those in use
 * @error: of its migration
 */
struct refusal {
	const char *name;
	unsigned int page;
	int error;
};

static const struct refusal refusals[] = {
	{ "the first page, for now", 0, -EAGAIN },
	{ "the first page, for good", 0, -EBUSY },
	{ "the last page of a pageblock, for now", 1, -EAGAIN },
	{ "the last page of a pageblock, for good", 1, -EINVAL },
	{ "the first page of the next pageblock, for now", 2, -EAGAIN },
	{ "the first page of the next pageblock, for good", 2, -ENOMEM },
	{ "the last page in use, for now", 3, -EAGAIN },
	{ "the last page in use, for good", 3, -EBUSY },
};

KUNIT_ARRAY_PARAM_DESC(refusal, refusals, name);

static void rolls_back_when_a_page_does_not_move(struct kunit *test)
{
	const struct refusal *refusal = test->param_value;
	struct room *room = test->priv;
	struct contig_request req = whole(room, GFP_KERNEL);
	struct movable_page *movable = &room->movable[refusal->page];

	populate(test, MAX_MOVABLE);
	movable->error = refusal->error;
	expect_failure(test, &req, -EBUSY);
	KUNIT_EXPECT_EQ(test, req.blocker, movable_pfn(movable));

	movable->error = 0;
	expect_success(test);
}

static void rolls_back_when_a_page_is_locked(struct kunit *test)
{
	struct room *room = test->priv;
	struct contig_request req = whole(room, GFP_KERNEL);
	struct page *locked;

	populate(test, MAX_MOVABLE);
	locked = room->movable[2].page;
	lock_page(locked);
	expect_failure(test, &req, -EBUSY);
	KUNIT_EXPECT_EQ(test, req.blocker, page_to_pfn(locked));
	KUNIT_EXPECT_PTR_EQ(test, room->movable[2].page, locked);

	unlock_page(locked);
	expect_success(test);
}

static void rolls_back_when_a_page_is_the_kernels(struct kunit *test)
{
	const unsigned long offset = 2 * pageblock_nr_pages + 1;
	struct room *room = test->priv;
	struct contig_request req = whole(room, GFP_KERNEL);

	KUNIT_ASSERT_EQ(test, take(room, offset, 1), 0);
	KUNIT_EXPECT_EQ(test, contig_take(&req), -EBUSY);
	KUNIT_EXPECT_EQ(test, req.blocker_kind, CONTIG_UNMOVABLE);
	KUNIT_EXPECT_EQ(test, count_free(room), NR_PAGES - 1);
	expect_books_agree(test, room->start, room->end);

	give(room, offset, 1);
	expect_success(test);
}

static void rolls_back_when_the_deadline_is_over(struct kunit *test)
{
	struct room *room = test->priv;
	struct contig_request req = whole(room, GFP_KERNEL);

	populate(test, MAX_MOVABLE);
	req.deadline = ktime_sub_ns(ktime_get(), 1);
	expect_failure(test, &req, -ETIME);
	KUNIT_EXPECT_EQ(test, req.nr_migrated, 0);
	expect_success(test);
}

static void moves_nothing_with_noretry(struct kunit *test)
{
	struct room *room = test->priv;
	struct contig_request req = whole(room, GFP_KERNEL | __GFP_NORETRY);
	unsigned int i;

	populate(test, MAX_MOVABLE);
	expect_failure(test, &req, -EBUSY);
	KUNIT_EXPECT_EQ(test, req.blocker, room->start);
	KUNIT_EXPECT_EQ(test, req.blocker_kind, CONTIG_MOVABLE);
	for (i = 0; i < MAX_MOVABLE; i++)
		KUNIT_EXPECT_EQ(test, movable_pfn(&room->movable[i]),
				room->start + spot(i));
}

/* The types of the range's pageblocks, and the books. */
static void expect_isolated(struct kunit *test, const char *isolated)
{
	struct room *room = test->priv;
	unsigned int i;

	for (i = 0; i < NR_BLOCKS; i++) {
		unsigned long pfn = room->start + i * pageblock_nr_pages;

		KUNIT_EXPECT_EQ_MSG(test,
				    is_migrate_isolate_page(pfn_to_page(pfn)),
				    isolated[i] == 'I', "pageblock %u of %s", i,
				    isolated);
	}
	expect_books_agree(test, room->start, room->end);
}

/* Memory hotplug must not meet pages that are neither free nor anybody's. */
static void isolates_free_pageblocks_while_pages_move(struct kunit *test)
{
	struct room *room = test->priv;
	unsigned long at = spot(MAX_MOVABLE - 1);

	KUNIT_ASSERT_EQ(test, take(room, at, 1), 0);
	make_movable(&room->movable[0], pfn_to_page(room->start + at), 0x600d0000);
	room->movable[0].beside = pfn_to_page(room->start);

	expect_success(test);
	KUNIT_EXPECT_EQ(test, room->movable[0].type_beside, MIGRATE_ISOLATE);
}

static void keeps_isolated_what_somebody_holds(struct kunit *test)
{
	struct room *room = test->priv;
	unsigned long middle = room->start + 2 * pageblock_nr_pages;
	struct pageblock_hold a, b;

	/* They meet in the second pageblock. */
	KUNIT_ASSERT_EQ(test, pageblock_hold_range(&a, room->start, middle - 9,
						   MIGRATE_MOVABLE), 0);
	expect_isolated(test, "II..");
	KUNIT_EXPECT_EQ(test, pageblock_hold_range(&b, middle - 9, room->end - 1,
						   MIGRATE_MOVABLE), 0);
	expect_isolated(test, "IIII");
	pageblock_unhold_range(&a);
	expect_isolated(test, ".III");
	pageblock_unhold_range(&b);
	expect_isolated(test, "....");
	KUNIT_EXPECT_EQ(test, count_free(room), NR_PAGES);
}

static void holds_nothing_if_it_cannot_hold_all(struct kunit *test)
{
	struct room *room = test->priv;
	unsigned long last = room->end - 1;
	struct pageblock_hold hold;

	KUNIT_ASSERT_EQ(test, take(room, NR_PAGES - 1, 1), 0);
	KUNIT_EXPECT_EQ(test, pageblock_hold_range(&hold, room->start, room->end,
						   MIGRATE_MOVABLE), -EBUSY);
	KUNIT_EXPECT_EQ(test, hold.start_pfn, pageblock_start_pfn(last));
	expect_isolated(test, "....");

	/* A page outside of the range is in nobody's way. */
	KUNIT_EXPECT_EQ(test, pageblock_hold_range(&hold, room->start, last,
						   MIGRATE_MOVABLE), 0);
	expect_isolated(test, "IIII");
	pageblock_unhold_range(&hold);
	expect_isolated(test, "....");
	give(room, NR_PAGES - 1, 1);
}

static void shares_nothing_with_memory_hotplug(struct kunit *test)
{
	struct room *room = test->priv;
	unsigned long second = room->start + pageblock_nr_pages;
	struct pageblock_hold hold;

	KUNIT_ASSERT_EQ(test, start_isolate_page_range(second,
						       second + pageblock_nr_pages,
						       MIGRATE_MOVABLE, 0,
						       GFP_KERNEL), 0);
	KUNIT_EXPECT_EQ(test, test_pages_isolated(second,
						  second + pageblock_nr_pages, 0), 0);
	KUNIT_EXPECT_EQ(test, pageblock_hold_range(&hold, room->start, room->end,
						   MIGRATE_MOVABLE), -EBUSY);
	KUNIT_EXPECT_EQ(test, take(room, 0, NR_PAGES), -EBUSY);
	KUNIT_EXPECT_EQ(test, start_isolate_page_range(room->start, room->end,
						       MIGRATE_MOVABLE, 0,
						       GFP_KERNEL), -EBUSY);
	KUNIT_EXPECT_EQ(test, count_free(room), NR_PAGES);

	undo_isolate_page_range(second, second + pageblock_nr_pages,
				MIGRATE_MOVABLE);
	expect_isolated(test, "....");

	KUNIT_ASSERT_EQ(test, pageblock_hold_range(&hold, second, second + 1,
						   MIGRATE_MOVABLE), 0);
	KUNIT_EXPECT_EQ(test, start_isolate_page_range(room->start, room->end,
						       MIGRATE_MOVABLE, 0,
						       GFP_KERNEL), -EBUSY);
	expect_isolated(test, ".I..");
	pageblock_unhold_range(&hold);
}

/* What is isolated looks free, and is not to be had. */
static void seeks_nothing_where_memory_is_isolated(struct kunit *test)
{
	struct room *room = test->priv;
	struct zone *zone = page_zone(pfn_to_page(room->start));
	unsigned long second = room->start + pageblock_nr_pages;
	struct contig_survey survey;
	struct cma_piece piece;

	contig_survey_init(&survey, zone, MIGRATE_MOVABLE, GFP_KERNEL);
	KUNIT_ASSERT_EQ(test, start_isolate_page_range(second,
						       second + pageblock_nr_pages,
						       MIGRATE_MOVABLE, 0,
						       GFP_KERNEL), 0);
	piece = contig_survey_piece(&survey, room->start, NR_PAGES);
	KUNIT_EXPECT_TRUE(test, piece.blocked);
	KUNIT_EXPECT_EQ(test, piece.clear, pageblock_nr_pages);
	KUNIT_EXPECT_EQ(test, piece.blocker, second + pageblock_nr_pages - 1);

	undo_isolate_page_range(second, second + pageblock_nr_pages,
				MIGRATE_MOVABLE);
	KUNIT_EXPECT_FALSE(test, contig_survey_piece(&survey, room->start,
						     NR_PAGES).blocked);
}

static void tells_hotplug_that_a_page_is_in_use(struct kunit *test)
{
	struct room *room = test->priv;

	populate(test, 1);
	KUNIT_ASSERT_EQ(test, start_isolate_page_range(room->start, room->end,
						       MIGRATE_MOVABLE, 0,
						       GFP_KERNEL), 0);
	KUNIT_EXPECT_EQ(test, test_pages_isolated(room->start, room->end, 0),
			-EBUSY);
	drop_movable(&room->movable[0]);
	KUNIT_EXPECT_EQ(test, test_pages_isolated(room->start, room->end, 0), 0);
	undo_isolate_page_range(room->start, room->end, MIGRATE_MOVABLE);
	KUNIT_EXPECT_EQ(test, count_free(room), NR_PAGES);
}

static struct kunit_case contig_range_cases[] = {
	KUNIT_CASE_PARAM(takes_free_pages_to_the_page, piece_gen_params),
	KUNIT_CASE(has_its_pages_back_in_pieces),
	KUNIT_CASE(gives_one_compound_page),
	KUNIT_CASE(gives_zeroed_pages_if_asked),
	KUNIT_CASE(refuses_what_makes_no_sense),
	KUNIT_CASE(fetches_pages_from_per_cpu_lists),
	KUNIT_CASE(moves_what_is_in_use),
	KUNIT_CASE_PARAM(rolls_back_when_a_page_does_not_move, refusal_gen_params),
	KUNIT_CASE(rolls_back_when_a_page_is_locked),
	KUNIT_CASE(rolls_back_when_a_page_is_the_kernels),
	KUNIT_CASE(rolls_back_when_the_deadline_is_over),
	KUNIT_CASE(moves_nothing_with_noretry),
	KUNIT_CASE(isolates_free_pageblocks_while_pages_move),
	KUNIT_CASE(keeps_isolated_what_somebody_holds),
	KUNIT_CASE(holds_nothing_if_it_cannot_hold_all),
	KUNIT_CASE(shares_nothing_with_memory_hotplug),
	KUNIT_CASE(seeks_nothing_where_memory_is_isolated),
	KUNIT_CASE(tells_hotplug_that_a_page_is_in_use),
	{}
};

static struct kunit_suite contig_range_suite = {
	.name = "contig_range",
	.init = room_init,
	.exit = room_exit,
	.test_cases = contig_range_cases,
};

kunit_test_suite(contig_range_suite);
