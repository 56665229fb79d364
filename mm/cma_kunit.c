// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of areas: their bookkeeping, what they lend, and requests to the first
 * area that this kernel has, which lends its memory meanwhile.
 */
#include <kunit/test.h>
#include <linux/cma.h>
#include <linux/file.h>
#include <linux/jiffies.h>
#include <linux/kmsg_dump.h>
#include <linux/mm.h>
#include <linux/shmem_fs.h>
#include <linux/vmstat.h>

#include "cma.h"
#include "cma_claims.h"
#include "cma_kunit.h"
#include "cma_lend.h"
#include "cma_place.h"
#include "cma_stuck.h"
#include "contig.h"
#include "internal.h"

/* Bookkeeping */

#define UNITS	16

static struct cma_claims new_claims(struct kunit *test, unsigned int order)
{
	return (struct cma_claims) {
		.base_pfn = 0x1000,
		.nr_pages = UNITS << order,
		.order = order,
		.bits = kunit_kzalloc(test, sizeof(long), GFP_KERNEL),
	};
}

static void claims_are_whole_units(struct kunit *test)
{
	struct cma_claims claims = new_claims(test, 2);
	unsigned long first, last;

	KUNIT_ASSERT_NOT_NULL(test, claims.bits);
	KUNIT_EXPECT_TRUE(test, cma_claims_take(&claims, 0x1004, 5));
	KUNIT_EXPECT_EQ(test, claims.nr_claimed, 8);
	KUNIT_EXPECT_EQ(test, claims.bits[0], 0x6UL);

	KUNIT_EXPECT_FALSE(test, cma_claims_take(&claims, 0x1008, 1));
	KUNIT_EXPECT_FALSE(test, cma_claims_take(&claims, 0x1000, 5));
	KUNIT_EXPECT_EQ(test, claims.nr_claimed, 8);
	KUNIT_EXPECT_TRUE(test, cma_claims_take(&claims, 0x1000, 4));
	KUNIT_EXPECT_TRUE(test, cma_claims_next(&claims, 0x1001, 1, &first, &last));
	KUNIT_EXPECT_EQ(test, first, 0x1001UL);
	KUNIT_EXPECT_EQ(test, last, 0x100bUL);
	KUNIT_EXPECT_FALSE(test, cma_claims_next(&claims, 0x100c, 52, &first, &last));

	cma_claims_drop(&claims, 0x1004, 4);
	KUNIT_EXPECT_EQ(test, claims.nr_claimed, 8);
	KUNIT_EXPECT_EQ(test, claims.bits[0], 0x5UL);
}

static void claims_are_dropped_only_if_they_are_there(struct kunit *test)
{
	struct cma_claims claims = new_claims(test, 2);

	KUNIT_ASSERT_NOT_NULL(test, claims.bits);
	cma_claims_take(&claims, 0x1004, 8);
	KUNIT_EXPECT_TRUE(test, cma_claims_cover(&claims, 0x1004, 8));
	KUNIT_EXPECT_TRUE(test, cma_claims_cover(&claims, 0x1008, 1));
	KUNIT_EXPECT_FALSE(test, cma_claims_cover(&claims, 0x1004, 9));
	KUNIT_EXPECT_FALSE(test, cma_claims_cover(&claims, 0x1000, 8));
	KUNIT_EXPECT_FALSE(test, cma_claims_cover(&claims, 0x1005, 1));
}

static void spans_end_at_the_areas_borders(struct kunit *test)
{
	struct cma_claims claims = { .base_pfn = 0x1000, .nr_pages = 64 };
	const struct {
		unsigned long pfn, nr;
		bool inside;
	} cases[] = {
		{ 0x1000, 1, true }, { 0x1000, 64, true }, { 0x103f, 1, true },
		{ 0x1000, 0, false }, { 0x1000, 65, false }, { 0xfff, 1, false },
		{ 0xfff, 2, false }, { 0x1040, 1, false }, { 0x103f, 2, false },
		{ 0x1001, ULONG_MAX, false }, { 0x1000, ULONG_MAX, false },
		{ ULONG_MAX, 1, false }, { ULONG_MAX, 2, false }, { 0, 0x2000, false },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		KUNIT_EXPECT_EQ_MSG(test, cma_claims_span(&claims, cases[i].pfn,
							  cases[i].nr),
				    cases[i].inside, "case %u", i);
}

#define NOW	(10 * CMA_STUCK_NS)

static void stuck_pages_are_avoided_for_a_while(struct kunit *test)
{
	struct cma_stuck_table table = { };
	struct cma_piece piece;

	cma_stuck_note(&table, 100, CONTIG_HELD, NOW);
	piece = cma_stuck_recall(&table, 90, 20, NOW, NOW);
	KUNIT_EXPECT_TRUE(test, piece.blocked);
	KUNIT_EXPECT_EQ(test, piece.blocker, 100);

	piece = cma_stuck_recall(&table, 90, 20, NOW + 1, NOW + 1);
	KUNIT_EXPECT_FALSE(test, piece.blocked);
	KUNIT_EXPECT_EQ(test, piece.cost, CMA_STUCK_COST);

	piece = cma_stuck_recall(&table, 90, 20, NOW + 1, NOW + CMA_STUCK_NS);
	KUNIT_EXPECT_EQ(test, piece.cost, 0);
	piece = cma_stuck_recall(&table, 90, 10, NOW, NOW);
	KUNIT_EXPECT_FALSE(test, piece.blocked);

	cma_stuck_forget(&table, 101, 50);
	KUNIT_EXPECT_EQ(test, table.nr, 1);
	cma_stuck_forget(&table, 51, 50);
	KUNIT_EXPECT_EQ(test, table.nr, 0);
}

static void stuck_pages_make_room_for_later_ones(struct kunit *test)
{
	struct cma_stuck_table *table;
	unsigned long pfn;

	table = kunit_kzalloc(test, sizeof(*table), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, table);
	for (pfn = 0; pfn < CMA_NR_STUCK; pfn++)
		cma_stuck_note(table, pfn, CONTIG_HELD, NOW + pfn);
	/* One that is there already takes no place. */
	cma_stuck_note(table, 0, CONTIG_BATCHED, NOW + 100);
	KUNIT_EXPECT_EQ(test, table->nr, CMA_NR_STUCK);

	cma_stuck_note(table, 1000, CONTIG_HELD, NOW + 101);
	KUNIT_EXPECT_EQ(test, table->nr, CMA_NR_STUCK);
	KUNIT_EXPECT_TRUE(test, cma_stuck_recall(table, 0, 1, NOW, NOW).blocked);
	KUNIT_EXPECT_FALSE(test, cma_stuck_recall(table, 1, 1, NOW, NOW).blocked);
	KUNIT_EXPECT_TRUE(test, cma_stuck_recall(table, 1000, 1, NOW, NOW).blocked);
}

/* Placement */

#define NOWHERE	ULONG_MAX

/**
 * struct place_case - a search and its answer
 * @name: what it proves
 * @map: the pages: '.' is free, a digit what taking it costs, '#' in the way
 * @count: pages wanted
 * @align: of the first
 * @window: the answer
 */
struct place_case {
	const char *name;
	const char *map;
	unsigned long count;
	unsigned long align;
	unsigned long window;
};

static const struct place_case place_cases[] = {
	{ "a page is found", ".", 1, 1, 0 },
	{ "no page is found where none is", "", 1, 1, NOWHERE },
	{ "no window is longer than the range", "....", 5, 1, NOWHERE },
	{ "a window may be all of it", "1111", 4, 1, 0 },
	{ "what is in the way is avoided", "..#....", 4, 1, 3 },
	{ "nothing fits between what is in the way", "..#..#..", 3, 1, NOWHERE },
	{ "the free window wins", "1111....", 4, 1, 4 },
	{ "the cheapest window wins", "44411444", 2, 1, 3 },
	{ "of the same cost the lowest wins", "#222222", 2, 1, 1 },
	{ "alignment is kept", "#.......", 2, 4, 4 },
	{ "alignment costs a free window", "#...1111", 4, 4, 4 },
	{ "alignment can leave none", "#...#...", 2, 4, NOWHERE },
	{ "no window is asked for beyond all numbers", "....", ULONG_MAX, 1, NOWHERE },
};

KUNIT_ARRAY_PARAM_DESC(place, place_cases, name);

static struct cma_piece survey_map(void *data, unsigned long pfn,
				   unsigned long nr)
{
	const char *map = data;
	struct cma_piece piece = { .looks = nr };
	unsigned long i;

	for (i = pfn; i < pfn + nr; i++) {
		if (map[i] == '#') {
			if (!piece.blocked)
				piece.clear = i - pfn;
			piece.blocked = true;
			piece.blocker = i;
		} else if (map[i] != '.') {
			piece.cost += map[i] - '0';
		}
	}
	return piece;
}

static void places_a_window(struct kunit *test)
{
	const struct place_case *c = test->param_value;
	struct cma_place place = {
		.end = strlen(c->map), .count = c->count, .align = c->align,
		.survey = survey_map, .data = (void *)c->map,
	};
	unsigned long window = NOWHERE;

	if (!cma_place_window(&place, &window))
		window = NOWHERE;
	KUNIT_EXPECT_EQ(test, window, c->window);
}

static void largest_blocks_fit(struct kunit *test)
{
	const unsigned long max = 1UL << MAX_PAGE_ORDER;
	const struct {
		unsigned long pfn, end;
		unsigned int order;
	} cases[] = {
		{ 0, 1, 0 }, { 0, 2, 1 }, { 0, 3, 1 }, { 1, 3, 0 }, { 2, 4, 1 },
		{ 2, 100, 1 }, { 64, 100, 5 }, { 96, 100, 2 }, { 100, 101, 0 },
		{ 0, max, MAX_PAGE_ORDER }, { 0, 4 * max, MAX_PAGE_ORDER },
		{ max, 3 * max, MAX_PAGE_ORDER }, { max, 2 * max - 1, MAX_PAGE_ORDER - 1 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		KUNIT_EXPECT_EQ_MSG(test, buddy_order_fitting(cases[i].pfn,
							      cases[i].end),
				    cases[i].order, "case %u", i);
}

/* Lending */

/**
 * struct lend_case - a zone in which a movable page is wanted
 * @name: what it proves
 * @lent: pages of areas
 * @lent_free: those of them that are free
 * @rest: all other pages
 * @rest_free: those of them that are free
 * @wanted: areas were asked lately
 * @lends: the page comes from an area
 */
struct lend_case {
	const char *name;
	unsigned long lent, lent_free;
	unsigned long rest, rest_free;
	bool wanted;
	bool lends;
};

static const struct lend_case lend_cases[] = {
	{ "without areas nothing is lent", 0, 0, 1000, 0, false, false },
	{ "an area without free pages lends none", 100, 0, 900, 0, false, false },
	{ "the side with the larger share lends: the area", 100, 50, 900, 440, false, true },
	{ "the side with the larger share lends: the rest", 100, 50, 900, 460, false, false },
	{ "with equal shares the rest lends", 100, 50, 900, 450, false, false },
	{ "a full area lends before a rest in use", 100, 100, 900, 899, false, true },
	{ "a wanted area lends last", 100, 50, 900, 440, true, false },
	{ "a wanted area lends not yet as much as there is", 100, 50, 900, 50, true, false },
	{ "a wanted area lends if it has more left", 100, 50, 900, 49, true, true },
	{ "a large area lends by its size", 800, 500, 200, 120, false, true },
	{ "a large area is spared by its size", 800, 480, 200, 121, false, false },
};

KUNIT_ARRAY_PARAM_DESC(lend, lend_cases, name);

static struct zone *new_zone(struct kunit *test, const struct lend_case *c)
{
	struct zone *zone = kunit_kzalloc(test, sizeof(*zone), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, zone);
	zone->cma_pages = c->lent;
	atomic_long_set(&zone->managed_pages, c->lent + c->rest);
	atomic_long_set(&zone->vm_stat[NR_FREE_PAGES], c->lent_free + c->rest_free);
	atomic_long_set(&zone->vm_stat[NR_FREE_CMA_PAGES], c->lent_free);
	if (c->wanted)
		zone_cma_want(zone);
	return zone;
}

static void lends_in_proportion(struct kunit *test)
{
	const struct lend_case *c = test->param_value;
	struct zone *zone = new_zone(test, c);

	KUNIT_EXPECT_EQ(test, zone_lends_first(zone, ALLOC_CMA), c->lends);
	/* Who cannot move gets nothing of it, ever. */
	KUNIT_EXPECT_FALSE(test, zone_lends_first(zone, 0));
	KUNIT_EXPECT_EQ(test, lent_pages_barred(zone, ALLOC_CMA), 0);
	KUNIT_EXPECT_EQ(test, lent_pages_barred(zone, 0), c->lent_free);
}

static void areas_are_wanted_for_a_while(struct kunit *test)
{
	static const struct lend_case never = { .name = "never asked" };
	struct zone *zone = new_zone(test, &never);

	KUNIT_EXPECT_FALSE(test, zone_cma_wanted(zone));
	zone_cma_want(zone);
	KUNIT_EXPECT_TRUE(test, zone_cma_wanted(zone));
	zone->cma_wanted_until = (jiffies - 2) | 1;
	KUNIT_EXPECT_FALSE(test, zone_cma_wanted(zone));
	/* Long ago, so that the counter has come half around. */
	zone->cma_wanted_until = (jiffies + ULONG_MAX / 2) | 1;
	KUNIT_EXPECT_FALSE(test, zone_cma_wanted(zone));
}

static void only_what_moves_is_lent_to(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, alloc_flags_lent(GFP_HIGHUSER_MOVABLE), ALLOC_CMA);
	KUNIT_EXPECT_EQ(test, alloc_flags_lent(GFP_TRANSHUGE), ALLOC_CMA);
	KUNIT_EXPECT_EQ(test, alloc_flags_lent(GFP_KERNEL), 0);
	KUNIT_EXPECT_EQ(test, alloc_flags_lent(GFP_HIGHUSER), 0);
	KUNIT_EXPECT_EQ(test, alloc_flags_lent(GFP_ATOMIC), 0);
	KUNIT_EXPECT_EQ(test, alloc_flags_lent(GFP_NOFS | __GFP_RECLAIMABLE), 0);
	/* Metadata of file systems */
	KUNIT_EXPECT_EQ(test, alloc_flags_lent(GFP_NOFS | __GFP_MOVABLE), 0);
}

/* Movable requests are served from the same per-CPU lists as all others then. */
static void nothing_is_lent_without_grouping(struct kunit *test)
{
	int disabled = page_group_by_mobility_disabled;
	unsigned int lent;

	page_group_by_mobility_disabled = 1;
	lent = alloc_flags_lent(GFP_HIGHUSER_MOVABLE);
	page_group_by_mobility_disabled = disabled;
	KUNIT_EXPECT_EQ(test, lent, 0);
}

static struct kunit_case cma_unit_cases[] = {
	KUNIT_CASE(claims_are_whole_units),
	KUNIT_CASE(claims_are_dropped_only_if_they_are_there),
	KUNIT_CASE(spans_end_at_the_areas_borders),
	KUNIT_CASE(stuck_pages_are_avoided_for_a_while),
	KUNIT_CASE(stuck_pages_make_room_for_later_ones),
	KUNIT_CASE_PARAM(places_a_window, place_gen_params),
	KUNIT_CASE(largest_blocks_fit),
	KUNIT_CASE_PARAM(lends_in_proportion, lend_gen_params),
	KUNIT_CASE(areas_are_wanted_for_a_while),
	KUNIT_CASE(only_what_moves_is_lent_to),
	KUNIT_CASE(nothing_is_lent_without_grouping),
	{}
};

static struct kunit_suite cma_unit_suite = {
	.name = "cma",
	.test_cases = cma_unit_cases,
};

/* An area */

/* Enough that the area lends some. */
#define FILE_PAGES	4096

/**
 * struct area_room - an area that a test may use
 * @cma: the area
 * @start: first pfn of its longest run that is not allocated
 * @nr: pages of it
 * @nr_claimed: pages that were allocated before the test
 * @file: a file with a pattern, whose pages are lent, or NULL
 */
struct area_room {
	struct cma *cma;
	unsigned long start;
	unsigned long nr;
	unsigned long nr_claimed;
	struct file *file;
};

static int find_active(struct cma *cma, void *data)
{
	struct cma **found = data;

	if (!cma->active)
		return 0;
	*found = cma;
	return 1;
}

static void find_room(struct area_room *room)
{
	struct cma_claims *claims = &room->cma->claims;
	unsigned long start, end;

	for_each_clear_bitrange(start, end, claims->bits,
				cma_claims_nr_bits(claims)) {
		unsigned long nr = (end - start) << claims->order;

		if (nr <= room->nr)
			continue;
		room->nr = nr;
		room->start = cma_claims_pfn(claims, start);
	}
	room->nr_claimed = claims->nr_claimed;
}

static int area_init(struct kunit *test)
{
	struct area_room *room = kunit_kzalloc(test, sizeof(*room), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, room);
	if (!cma_for_each_area(find_active, &room->cma))
		kunit_skip(test, "this kernel was booted without an area");
	find_room(room);
	test->priv = room;
	return 0;
}

static void expect_unchanged(struct kunit *test)
{
	struct area_room *room = test->priv;

	KUNIT_EXPECT_EQ(test, room->cma->claims.nr_claimed, room->nr_claimed);
	expect_books_agree(test, 0, 0);
}

static void area_exit(struct kunit *test)
{
	struct area_room *room = test->priv;

	if (!room)
		return;
	if (room->file)
		fput(room->file);
	expect_unchanged(test);
}

static struct page *ask(struct area_room *room, unsigned long count,
			unsigned int align)
{
	return cma_alloc_gfp(room->cma, count, align, GFP_KERNEL | __GFP_NOWARN);
}

/**
 * struct area_request - a request and its answer
 * @name: what it proves
 * @blocks: pageblocks wanted
 * @count: pages more; of all there is if @all
 * @align: as for cma_alloc()
 * @all: the room that there is, and @count pages more
 * @granted: it succeeds
 */
struct area_request {
	const char *name;
	unsigned int blocks;
	unsigned long count;
	unsigned int align;
	bool all;
	bool granted;
};

static const struct area_request area_requests[] = {
	{ "a page", 0, 1, 0, false, true },
	{ "three pages, aligned to two", 0, 3, 1, false, true },
	{ "a page, aligned to 256", 0, 1, 8, false, true },
	{ "a pageblock less a page", 1, -1UL, 0, false, true },
	{ "a pageblock", 1, 0, 0, false, true },
	{ "a pageblock and a page", 1, 1, 0, false, true },
	{ "all that there is", 0, 0, 0, true, true },
	{ "a page less than that", 0, -1UL, 0, true, true },
	{ "no page", 0, 0, 0, false, false },
	{ "a page more than there is", 0, 1, 0, true, false },
	{ "more pages than there are numbers", 0, -1UL, 0, false, false },
	{ "half of all numbers", 0, LONG_MAX, 0, false, false },
	{ "a page, aligned beyond the area's end", 0, 1, BITS_PER_LONG - 2, false, false },
	{ "a page, aligned to no number", 0, 1, BITS_PER_LONG - 1, false, false },
	{ "a page, aligned to nonsense", 0, 1, UINT_MAX, false, false },
};

KUNIT_ARRAY_PARAM_DESC(request, area_requests, name);

static void expect_granted(struct kunit *test, struct page *page,
			   unsigned long count, unsigned int align)
{
	struct area_room *room = test->priv;
	unsigned long i;

	KUNIT_EXPECT_TRUE(test, cma_pages_valid(room->cma, page, count));
	KUNIT_EXPECT_TRUE(test, IS_ALIGNED(page_to_pfn(page), 1UL << align));
	KUNIT_EXPECT_EQ(test, room->cma->claims.nr_claimed, room->nr_claimed +
			round_up(count, 1UL << room->cma->claims.order));
	for (i = 0; i < count; i++) {
		if (page_ref_count(nth_page(page, i)) != 1)
			break;
	}
	KUNIT_EXPECT_EQ(test, i, count);
	expect_books_agree(test, 0, 0);
	KUNIT_EXPECT_TRUE(test, cma_release(room->cma, page, count));
}

static void answers_requests(struct kunit *test)
{
	const struct area_request *request = test->param_value;
	struct area_room *room = test->priv;
	unsigned long count = request->blocks * pageblock_nr_pages +
			      request->count + (request->all ? room->nr : 0);
	struct page *page = ask(room, count, request->align);

	if (request->granted)
		KUNIT_EXPECT_NOT_NULL(test, page);
	else
		KUNIT_EXPECT_NULL(test, page);
	if (page)
		expect_granted(test, page, count, request->align);
}

static void has_no_area_no_pages(struct kunit *test)
{
	KUNIT_EXPECT_NULL(test, cma_alloc(NULL, 1, 0, true));
	KUNIT_EXPECT_NULL(test, cma_alloc_folio(NULL, 1, GFP_KERNEL));
	KUNIT_EXPECT_FALSE(test, cma_release(NULL, ZERO_PAGE(0), 1));
	KUNIT_EXPECT_FALSE(test, cma_pages_valid(NULL, ZERO_PAGE(0), 1));
}

static void refuses_to_release_what_is_not_allocated(struct kunit *test)
{
	struct area_room *room = test->priv;
	struct cma *cma = room->cma;
	struct page *page = ask(room, 8, 3);

	KUNIT_ASSERT_NOT_NULL(test, page);
	/* Somebody else's: the caller may look elsewhere. */
	KUNIT_EXPECT_FALSE(test, cma_release(cma, NULL, 1));
	KUNIT_EXPECT_FALSE(test, cma_release(cma, ZERO_PAGE(0), 1));
	KUNIT_EXPECT_FALSE(test, cma_free_folio(cma, NULL));
	/* The area's, but not as a whole. */
	KUNIT_EXPECT_TRUE(test, cma_release(cma, page, 0));
	KUNIT_EXPECT_TRUE(test, cma_release(cma, page, 9));
	KUNIT_EXPECT_TRUE(test, cma_release(cma, page, ULONG_MAX));
	KUNIT_EXPECT_EQ(test, cma->claims.nr_claimed, room->nr_claimed + 8);
	expect_books_agree(test, 0, 0);

	KUNIT_EXPECT_TRUE(test, cma_release(cma, page, 8));
	KUNIT_EXPECT_TRUE(test, cma_release(cma, page, 8));
	expect_unchanged(test);
}

static void has_buffers_back_in_parts(struct kunit *test)
{
	struct area_room *room = test->priv;
	struct page *page = ask(room, room->nr, 0);
	unsigned long half = room->nr / 2;

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_NULL(test, ask(room, 1, 0));
	KUNIT_EXPECT_TRUE(test, cma_release(room->cma, nth_page(page, 1), half));
	expect_books_agree(test, 0, 0);
	KUNIT_EXPECT_TRUE(test, cma_release(room->cma, page, 1));
	expect_books_agree(test, 0, 0);
	KUNIT_EXPECT_TRUE(test, cma_release(room->cma, nth_page(page, half + 1),
					    room->nr - half - 1));
}

static void gives_folios(struct kunit *test)
{
	struct area_room *room = test->priv;
	struct folio *folio = cma_alloc_folio(room->cma, 5, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, folio);
	KUNIT_EXPECT_EQ(test, folio_order(folio), 5);
	KUNIT_EXPECT_EQ(test, folio_ref_count(folio), 1);
	KUNIT_EXPECT_TRUE(test, IS_ALIGNED(folio_pfn(folio), 1UL << 5));
	expect_books_agree(test, 0, 0);
	KUNIT_EXPECT_TRUE(test, cma_free_folio(room->cma, folio));
}

/* Does the kernel's log say of a page whose flags it shows that an area has it? */
static bool dumped_as_areas(struct kunit *test, struct page *page)
{
	char *line = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL), *flags = NULL;
	struct kmsg_dump_iter iter;

	KUNIT_ASSERT_NOT_NULL(test, line);
	/* What is logged from here on */
	kmsg_dump_rewind(&iter);
	iter.cur_seq = iter.next_seq;
	dump_page(page, "for the test");
	while (!flags &&
	       kmsg_dump_get_line(&iter, false, line, PAGE_SIZE - 1, NULL))
		flags = strstr(line, "flags: ");
	KUNIT_ASSERT_NOT_NULL(test, flags);
	return strstr(flags, ") CMA\n");
}

static void dumps_pages_as_its_own(struct kunit *test)
{
	struct area_room *room = test->priv;
	struct folio *folio = cma_alloc_folio(room->cma, 2, GFP_KERNEL);
	struct page *other = alloc_page(GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, folio);
	KUNIT_ASSERT_NOT_NULL(test, other);
	KUNIT_EXPECT_TRUE(test, dumped_as_areas(test, folio_page(folio, 0)));
	KUNIT_EXPECT_TRUE(test, dumped_as_areas(test, folio_page(folio, 3)));
	KUNIT_EXPECT_FALSE(test, dumped_as_areas(test, other));
	__free_page(other);
	KUNIT_EXPECT_TRUE(test, cma_free_folio(room->cma, folio));
}

static struct page *file_page(struct kunit *test, unsigned long index)
{
	struct area_room *room = test->priv;
	struct page *page = shmem_read_mapping_page(room->file->f_mapping, index);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, page);
	return page;
}

/* Fill a file, some of whose pages the area lends; tell one of them. */
static unsigned long lend(struct kunit *test)
{
	struct area_room *room = test->priv;
	unsigned long i, lent = FILE_PAGES;
	struct file *file;

	/* Nobody else will ask it soon. */
	page_zone(pfn_to_page(room->start))->cma_wanted_until = 0;
	file = shmem_kernel_file_setup("cma-kunit",
				       (loff_t)FILE_PAGES << PAGE_SHIFT,
				       VM_NORESERVE);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	room->file = file;
	for (i = 0; i < FILE_PAGES; i++) {
		struct page *page = file_page(test, i);

		fill_page(page, i);
		set_page_dirty(page);
		if (cma_pages_valid(room->cma, page, 1))
			lent = i;
		put_page(page);
	}
	KUNIT_ASSERT_NE(test, lent, FILE_PAGES);
	return lent;
}

static void expect_file_contents(struct kunit *test)
{
	unsigned long i;

	for (i = 0; i < FILE_PAGES; i++) {
		struct page *page = file_page(test, i);
		bool good = page_is_filled(page, i);

		put_page(page);
		if (!good)
			break;
	}
	KUNIT_EXPECT_EQ(test, i, FILE_PAGES);
}

static void moves_out_what_it_has_lent(struct kunit *test)
{
	struct area_room *room = test->priv;
	struct page *page;

	lend(test);
	expect_books_agree(test, 0, 0);
	page = ask(room, room->nr, 0);
	KUNIT_ASSERT_NOT_NULL(test, page);
	expect_file_contents(test);
	expect_granted(test, page, room->nr, 0);
}

static void leaves_no_trace_where_a_page_is_held(struct kunit *test)
{
	struct area_room *room = test->priv;
	unsigned long index = lend(test);
	struct page *held = file_page(test, index), *page;

	KUNIT_EXPECT_NULL(test, ask(room, room->nr, 0));
	expect_unchanged(test);
	expect_file_contents(test);

	put_page(held);
	page = ask(room, room->nr, 0);
	KUNIT_ASSERT_NOT_NULL(test, page);
	expect_granted(test, page, room->nr, 0);
	expect_file_contents(test);
}

static void leaves_no_trace_where_a_page_is_locked(struct kunit *test)
{
	struct area_room *room = test->priv;
	unsigned int deadline_ms = room->cma->deadline_ms;
	unsigned long index = lend(test);
	struct page *locked = file_page(test, index);

	lock_page(locked);
	put_page(locked);
	WRITE_ONCE(room->cma->deadline_ms, 300);
	KUNIT_EXPECT_NULL(test, ask(room, room->nr, 0));
	WRITE_ONCE(room->cma->deadline_ms, deadline_ms);
	expect_unchanged(test);
	unlock_page(locked);
	expect_file_contents(test);
}

static void moves_nothing_with_noretry(struct kunit *test)
{
	struct area_room *room = test->priv;
	unsigned long migrated = room->cma->stats.migrated;

	lend(test);
	KUNIT_EXPECT_NULL(test, cma_alloc_gfp(room->cma, room->nr, 0,
					      GFP_KERNEL | __GFP_NORETRY |
					      __GFP_NOWARN));
	KUNIT_EXPECT_EQ(test, room->cma->stats.migrated, migrated);
	expect_unchanged(test);
	expect_file_contents(test);
}

static struct kunit_case cma_area_cases[] = {
	KUNIT_CASE_PARAM(answers_requests, request_gen_params),
	KUNIT_CASE(has_no_area_no_pages),
	KUNIT_CASE(refuses_to_release_what_is_not_allocated),
	KUNIT_CASE(has_buffers_back_in_parts),
	KUNIT_CASE(gives_folios),
	KUNIT_CASE(dumps_pages_as_its_own),
	KUNIT_CASE(moves_out_what_it_has_lent),
	KUNIT_CASE(leaves_no_trace_where_a_page_is_held),
	KUNIT_CASE(leaves_no_trace_where_a_page_is_locked),
	KUNIT_CASE(moves_nothing_with_noretry),
	{}
};

static struct kunit_suite cma_area_suite = {
	.name = "cma_area",
	.init = area_init,
	.exit = area_exit,
	.test_cases = cma_area_cases,
};

kunit_test_suites(&cma_unit_suite, &cma_area_suite);
