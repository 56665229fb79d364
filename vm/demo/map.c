// SPDX-License-Identifier: GPL-2.0
/* Draws an area: a row for every 8 MiB, a character for every 128 KiB. */
#include <stdio.h>

#include "demo.h"

#define CELL_PAGES	32
#define ROW_CELLS	64

static const struct {
	char sign;
	enum ink ink;
	const char *name;
} looks[NR_USES] = {
	[USE_FREE]	= { '.', INK_FAINT,	"free" },
	[USE_IDLE]	= { '.', INK_FAINT,	NULL },
	[USE_CACHE]	= { 'c', INK_CACHE,	"lent to files" },
	[USE_PROCESS]	= { 'p', INK_PROCESS,	"lent to processes" },
	[USE_ALLOCATED]	= { '#', INK_ALLOCATED,	"allocated" },
};

/* What most pages of a cell are used for */
static enum use use_of_cell(const struct survey *survey, unsigned long first,
			    unsigned long end)
{
	unsigned int count[NR_USES] = { 0 };
	enum use use, most = USE_FREE;
	unsigned long page;

	for (page = first; page < end; page++)
		count[survey->of_page[page]]++;
	for (use = USE_FREE; use < NR_USES; use++)
		if (count[use] > count[most])
			most = use;
	return most;
}

static void draw_row(const struct area *area, const struct survey *survey,
		     unsigned long page)
{
	enum use last = NR_USES;
	int cell;

	printf("  %08lx  ", (area->base_pfn + page) * PAGE_BYTES);
	for (cell = 0; cell < ROW_CELLS && page < area->nr_pages; cell++) {
		unsigned long end = page + CELL_PAGES;
		enum use use;

		if (end > area->nr_pages)
			end = area->nr_pages;
		use = use_of_cell(survey, page, end);
		if (use != last)
			printf("%s%s", ink(INK_NONE), ink(looks[use].ink));
		putchar(looks[use].sign);
		last = use;
		page = end;
	}
	printf("%s\n", ink(INK_NONE));
}

/* What the signs mean, with how much there is of each */
static void draw_legend(const struct survey *survey)
{
	unsigned long pages;
	enum use use;

	printf("          ");
	for (use = USE_FREE; use < NR_USES; use++) {
		if (!looks[use].name)
			continue;
		pages = survey->count[use];
		if (use == USE_FREE)
			pages += survey->count[USE_IDLE];
		printf("  %s%c%s %.1f MiB %s", ink(looks[use].ink), looks[use].sign,
		       ink(INK_NONE), (double)pages / MIB_PAGES, looks[use].name);
	}
	putchar('\n');
}

void map_draw(const struct area *area, const char *title)
{
	struct survey survey;
	unsigned long page;

	survey_begin(area, &survey);
	survey_look(area, &survey);
	printf("\n%s%s%s\n", ink(INK_BOLD), title, ink(INK_NONE));
	for (page = 0; page < area->nr_pages; page += CELL_PAGES * ROW_CELLS)
		draw_row(area, &survey, page);
	draw_legend(&survey);
	survey_end(&survey);
}
