/* SPDX-License-Identifier: GPL-2.0 */
/*
 * cma-demo: what the guest's side of ./cma demo shares.
 *
 *	area.c	the area: its figures, and what each of its pages is used for
 *	map.c	draws it
 *	take.c	the driver's turn: buffers out of the area and back
 *	hold.c	a process whose memory carries a pattern
 *	main.c	the command line
 */
#ifndef CMA_DEMO_H
#define CMA_DEMO_H

#include <stdbool.h>
#include <stdint.h>
#include <stdnoreturn.h>

#define PAGE_BYTES	4096UL
#define MIB		(1024UL * 1024)
#define MIB_PAGES	(MIB / PAGE_BYTES)

/* A figure that this kernel does not give */
#define NO_FIGURE	(-1L)

/**
 * struct area - the contiguous area
 * @name: as in debugfs and sysfs
 * @base_pfn: its first page frame
 * @nr_pages: how many it has
 */
struct area {
	char name[64];
	unsigned long base_pfn;
	unsigned long nr_pages;
};

void area_find(struct area *area);
unsigned long area_used(const struct area *area);
long area_counter(const struct area *area, const char *file);
long keyed_figure(const char *path, const char *key);

/**
 * enum use - what a page of the area is used for
 * @USE_FREE: free, and CmaFree counts it
 * @USE_IDLE: free as well, but on a list that one CPU keeps for itself, where
 *	CmaFree does not see it
 * @USE_CACHE: lent to the page cache
 * @USE_PROCESS: lent to a process (anonymous memory)
 * @USE_ALLOCATED: handed to a driver
 */
enum use {
	USE_FREE,
	USE_IDLE,
	USE_CACHE,
	USE_PROCESS,
	USE_ALLOCATED,
	NR_USES,
};

/**
 * struct survey - the area's pages, sorted
 * @flags: each page's, as /proc/kpageflags has them
 * @of_page: each page's &enum use
 * @count: how many pages there are of each use
 *
 * One that is begun can look often: it takes no memory while it looks, which
 * would change what it looks at.
 */
struct survey {
	uint64_t *flags;
	unsigned char *of_page;
	unsigned long count[NR_USES];
};

void survey_begin(const struct area *area, struct survey *survey);
void survey_look(const struct area *area, struct survey *survey);
void survey_end(struct survey *survey);
int area_account(const struct area *area, unsigned long used_before);

void map_draw(const struct area *area, const char *title);

int take_round(const struct area *area, unsigned int round, bool with_map);

int hold(unsigned long mib);

/* Escape sequences, or nothing when there is to be no colour */
enum ink {
	INK_NONE,
	INK_BOLD,
	INK_FAINT,
	INK_RED,
	INK_CACHE,
	INK_PROCESS,
	INK_ALLOCATED,
};

const char *ink(enum ink ink);

void __attribute__((format(printf, 1, 2))) complain(const char *format, ...);
noreturn void __attribute__((format(printf, 1, 2))) die(const char *format, ...);

#endif /* CMA_DEMO_H */
