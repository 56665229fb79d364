/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A range of pages as a placement test sees it, and a request for a window.
 *
 * A page is a character: '.' is free, 'a' to 'z' cost 1 to 26 to take, '#' is
 * in the way.  'A' to 'Z' look like 'a' to 'z' but will not move, and '*' is
 * claimed, which is for others than the survey to see: both matter in rounds.c
 * only.  As text, a number in front of a character repeats it, so that "12.#3c"
 * is twelve free pages, one that is in the way, three that cost 3 each.  A failing
 * random request is printed as such, ready to become a row of the table in
 * place_cases.c.
 */
#ifndef _CMA_TEST_LAYOUT_H
#define _CMA_TEST_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "cma_place.h"

/* Pages; 128 MiB of them. */
#define LAYOUT_MAX	32768UL

#define PAGE_FREE	'.'
#define PAGE_BLOCKED	'#'
#define PAGE_CHEAPEST	'a'
#define PAGE_DEAREST	'z'
#define PAGE_STUCK	'A'
#define PAGE_CLAIMED	'*'

/*
 * What a page of room that is cut off costs at most: twice the dearest page.
 * The bits of what LAYOUT_MAX of both cost, and a sign; twice over.
 */
#define REQUEST_MAX_SPLIT	(2 * (PAGE_DEAREST - PAGE_CHEAPEST + 1))
#define REQUEST_COST_BITS	24

/**
 * enum report - which pfn in the way a survey names
 * @REPORT_LAST: the last of the first run, which may be behind the piece
 * @REPORT_FIRST: the first one met
 * @REPORT_IN_PIECE: the last of the first run that the piece has
 * @REPORT_FARTHEST: the last of all that the piece has; as it is no longer than
 *	a window, none fits in between
 * @REPORT_ANY: one of the first run
 * @REPORT_BEHIND: the last; a run that goes to the end of the range goes on
 *	for as long again behind it
 * @NR_REPORTS: how many ways there are
 */
enum report {
	REPORT_LAST,
	REPORT_FIRST,
	REPORT_IN_PIECE,
	REPORT_FARTHEST,
	REPORT_ANY,
	REPORT_BEHIND,
	NR_REPORTS
};

/**
 * struct request - pages, and the window wanted of them
 * @start: pfn of the first page
 * @nr: how many pages there are
 * @count: pages in a window
 * @align: what the window's first pfn is a multiple of
 * @scale: what a page 'a' costs
 * @split_cost: what a page of room costs that is cut off
 * @looks: looks that can be had for a cost of 1; 0 if looking is for free
 * @report: how blockers are named
 * @map: the pages
 */
struct request {
	unsigned long start;
	unsigned long nr;
	unsigned long count;
	unsigned long align;
	unsigned long scale;
	unsigned long split_cost;
	unsigned long looks;
	enum report report;
	char map[LAYOUT_MAX];
};

static inline bool page_is_stuck(char page)
{
	return page >= PAGE_STUCK && page <= PAGE_STUCK + (PAGE_DEAREST - PAGE_CHEAPEST);
}

static inline bool request_page_blocked(const struct request *r, unsigned long pfn)
{
	char page = r->map[pfn - r->start];

	return page == PAGE_BLOCKED || page == PAGE_CLAIMED;
}

static inline unsigned long request_page_cost(const struct request *r, unsigned long pfn)
{
	char page = r->map[pfn - r->start];

	if (page == PAGE_FREE)
		return 0;
	return (page - (page_is_stuck(page) ? PAGE_STUCK : PAGE_CHEAPEST) + 1) * r->scale;
}

void request_copy(struct request *to, const struct request *from);
bool request_parse_map(struct request *r, const char *text);
bool request_next_map(struct request *r, const char *pages);
struct cma_piece request_survey(const struct request *r, unsigned long pfn, unsigned long nr);
const char *request_text(const struct request *r);
void request_random(struct request *r);

#endif /* _CMA_TEST_LAYOUT_H */
