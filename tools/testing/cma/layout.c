// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layout.h"

/* The map is long and most of it unused. */
void request_copy(struct request *to, const struct request *from)
{
	memcpy(to, from, offsetof(struct request, map) + from->nr);
}

static bool is_page(char c)
{
	return c == PAGE_FREE || c == PAGE_BLOCKED || c == PAGE_CLAIMED ||
	       page_is_stuck(c) || (c >= PAGE_CHEAPEST && c <= PAGE_DEAREST);
}

/* Sets @r->map and @r->nr; false if @text is no map or too long a one. */
bool request_parse_map(struct request *r, const char *text)
{
	r->nr = 0;
	while (*text) {
		unsigned long repeat = 1;

		if (isdigit((unsigned char)*text)) {
			char *rest;

			repeat = strtoul(text, &rest, 10);
			text = rest;
		}
		if (!is_page(*text) || repeat > LAYOUT_MAX - r->nr)
			return false;
		memset(r->map + r->nr, *text++, repeat);
		r->nr += repeat;
	}
	return true;
}

/* The next of all maps of these kinds of pages, counting in them; false after the last. */
bool request_next_map(struct request *r, const char *pages)
{
	unsigned long i;

	for (i = 0; i < r->nr; i++) {
		const char *next = strchr(pages, r->map[i]) + 1;

		r->map[i] = *next ? *next : pages[0];
		if (*next)
			return true;
	}
	return false;
}

/* The pfn to name when the survey of a piece up to @end met @first. */
static unsigned long blocker(const struct request *r, unsigned long first,
			     unsigned long end)
{
	unsigned long last = first;

	if (r->report == REPORT_FIRST)
		return first;
	if (r->report == REPORT_FARTHEST) {
		for (last = end - 1; !request_page_blocked(r, last); last--)
			;
		return last;
	}

	if (r->report != REPORT_IN_PIECE)
		end = r->start + r->nr;
	while (last + 1 < end && request_page_blocked(r, last + 1))
		last++;
	if (r->report == REPORT_ANY)
		return first + first * 7 % (last - first + 1);
	if (r->report == REPORT_BEHIND && last + 1 - r->start == r->nr)
		return last + (last - first + 1);
	return last;
}

/* What the pages of a piece look like: free ones in a row are seen in one look. */
struct cma_piece request_survey(const struct request *r, unsigned long pfn, unsigned long nr)
{
	const char *page = r->map + (pfn - r->start);
	struct cma_piece piece = { 0 };
	unsigned long i;

	for (i = 0; i < nr; i++) {
		piece.looks += !i || page[i] != PAGE_FREE || page[i - 1] != PAGE_FREE;
		if (page[i] == PAGE_BLOCKED) {
			piece.blocked = true;
			piece.clear = i;
			piece.blocker = blocker(r, pfn + i, pfn + nr);
			break;
		}
		piece.cost += request_page_cost(r, pfn + i);
	}
	return piece;
}

static size_t print_map(const struct request *r, char *text, size_t size)
{
	unsigned long i, run;
	size_t used = 0;

	text[0] = '\0';
	for (i = 0; i < r->nr && used < size; i += run) {
		for (run = 1; i + run < r->nr; run++)
			if (r->map[i + run] != r->map[i])
				break;
		if (run > 1)
			used += snprintf(text + used, size - used, "%lu", run);
		if (used < size)
			used += snprintf(text + used, size - used, "%c", r->map[i]);
	}
	return used;
}

static const char *report_name(enum report report)
{
	static const char * const names[NR_REPORTS] = {
		[REPORT_LAST] = "REPORT_LAST",
		[REPORT_FIRST] = "REPORT_FIRST",
		[REPORT_IN_PIECE] = "REPORT_IN_PIECE",
		[REPORT_FARTHEST] = "REPORT_FARTHEST",
		[REPORT_ANY] = "REPORT_ANY",
		[REPORT_BEHIND] = "REPORT_BEHIND",
	};

	return names[report];
}

/* As a row of the table of cases.  Good until the next call. */
const char *request_text(const struct request *r)
{
	static char map[2 * LAYOUT_MAX + 1], text[2 * LAYOUT_MAX + 256];

	print_map(r, map, sizeof(map));
	snprintf(text, sizeof(text),
		 "{ .start = 0x%lx, .count = %lu, .align = %lu, .scale = %lu, .split_cost = %lu, .looks = %lu, .report = %s, .map = \"%s\" }",
		 r->start, r->count, r->align, r->scale, r->split_cost,
		 r->looks, report_name(r->report), map);
	return text;
}
