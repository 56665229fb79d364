// SPDX-License-Identifier: GPL-2.0
/*
 * Pages that will not move: 64 of 400 MiB of anonymous memory are held by pipes, by
 * reads from a slow disk, or by a driver, while the area is full. They are at equal
 * distances or drawn by lot, in turns.
 *
 *	held WORKLOAD pipe|disk|driver REQUESTS PAGES...
 *
 * Each request meets a load of its own. Cells: WAY-N, in pages, and the figures
 * possible (requests for which the oracle saw a window without a held page),
 * missed (those of them that failed), unforeseen (had although it saw none: the oracle
 * is wrong, or the slow disk's reads ended before the request did), held (in the area,
 * per request), strangers (others' references that it met), damaged (pages of the
 * process).
 */
#include <stdlib.h>
#include <string.h>

#include "held.h"
#include "job.h"
#include "lat_lend.h"

#define HELD	64

/**
 * struct load - what a request meets
 * @lent: the process' memory
 * @held: the pages of it that are held
 */
struct load {
	struct lent lent;
	void *held[HELD];
};

/**
 * struct tally - what became of a cell's requests: see above
 */
struct tally {
	unsigned int possible;
	unsigned int missed;
	unsigned int unforeseen;
	unsigned int held;
	unsigned int strangers;
	unsigned long damaged;
};

static void *nth_page(const struct lent *lent, unsigned long page)
{
	unsigned long inside = lent->inside.size / PAGE_BYTES;

	if (page < inside)
		return lent->inside.addr + page * PAGE_BYTES;
	return lent->outside.addr + (page - inside) * PAGE_BYTES;
}

static void choose_pages(struct load *load, bool by_lot)
{
	const struct lent *lent = &load->lent;
	unsigned long pages = (lent->inside.size + lent->outside.size) / PAGE_BYTES;
	unsigned long first = rand() % (pages / HELD);
	unsigned int i;

	for (i = 0; i < HELD; i++)
		load->held[i] = nth_page(lent, by_lot ? rand() % pages :
					 first + i * (pages / HELD));
}

static void make_load(const struct area *area, const struct way *way, bool by_lot,
		      struct load *load)
{
	unsigned int i;

	lend_area(area, &load->lent);
	choose_pages(load, by_lot);
	way->begin(HELD);
	for (i = 0; i < HELD; i++)
		way->hold(load->held[i]);
}

static void end_load(const struct way *way, struct load *load, struct tally *tally)
{
	way->end();
	tally->damaged += lent_bad_pages(&load->lent);
	lend_release(&load->lent);
}

static void one_request(struct oracle *oracle, const struct way *way, unsigned long pages,
			unsigned int i, struct tally *tally)
{
	bool possible, had;
	struct load load;
	uint64_t ns;

	make_load(oracle->area, way, i % 2, &load);
	oracle_look(oracle, load.held, HELD);
	possible = oracle_possible(oracle, pages);
	had = !area_take(oracle->area, pages, &ns);
	print_request(cell_name("%s-%lu", way->name, pages), i, had, ns);
	tally->possible += possible;
	tally->missed += possible && !had;
	tally->unforeseen += had && !possible;
	tally->held += oracle->held;
	tally->strangers += oracle->strangers;
	end_load(way, &load, tally);
	if (had)
		area_give(oracle->area, pages, &ns);
}

static void one_cell(struct oracle *oracle, const struct way *way, unsigned int requests,
		     unsigned long pages)
{
	struct tally tally = { };
	unsigned int i;
	const char *cell;

	srand(pages);
	for (i = 0; i < requests; i++)
		one_request(oracle, way, pages, i, &tally);
	cell = cell_name("%s-%lu", way->name, pages);
	print_value(cell, "possible", tally.possible, "requests");
	print_value(cell, "missed", tally.missed, "requests");
	print_value(cell, "unforeseen", tally.unforeseen, "requests");
	print_value(cell, "held", tally.held / requests, "pages");
	print_value(cell, "strangers", tally.strangers, "pages");
	print_value(cell, "damaged", tally.damaged, "pages");
}

static const struct way *find_way(const char *name)
{
	unsigned int i;

	for (i = 0; i < NR_WAYS; i++)
		if (!strcmp(held_ways[i].name, name))
			return &held_ways[i];
	die("unknown way to hold pages: %s", name);
}

int main(int argc, char **argv)
{
	const struct way *way;
	struct oracle oracle;
	struct area area;
	int arg;

	if (argc < 5)
		die("usage: held WORKLOAD pipe|disk|driver REQUESTS PAGES...");
	workload = argv[1];
	way = find_way(argv[2]);
	area_open(&area);
	oracle_open(&oracle, &area);
	for (arg = 4; arg < argc; arg++) {
		unsigned long pages = strtoul(argv[arg], NULL, 10);

		if (job_wants(cell_name("%s-%lu", way->name, pages)))
			one_cell(&oracle, way, strtoul(argv[3], NULL, 10), pages);
	}
	return 0;
}
