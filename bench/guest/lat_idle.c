// SPDX-License-Identifier: GPL-2.0
/*
 * An idle area: how long take requests for memory that is free, and what do they
 * make the rest of the machine do?
 *
 *	lat_idle WORKLOAD PAGES...
 *
 * Cells: take-N and give-N, in pages; take-N-first and give-N-first, the first round;
 * events-N, what was counted during one more request, with tracing on.
 */
#include <stdlib.h>

#include "bench_util.h"
#include "job.h"
#include "lat_events.h"

#define ROUNDS	30

static void round_trip(const struct area *area, unsigned long pages, const char *suffix,
		       unsigned int i)
{
	uint64_t took, gave;
	int err = area_take(area, pages, &took);

	print_request(cell_name("take-%lu%s", pages, suffix), i, !err, took);
	if (err)
		return;
	err = area_give(area, pages, &gave);
	print_request(cell_name("give-%lu%s", pages, suffix), i, !err, gave);
}

static void count_events(const struct area *area, unsigned long pages)
{
	uint64_t ns;

	events_begin();
	if (area_take(area, pages, &ns))
		die("no %lu pages in an idle area", pages);
	events_end(cell_name("events-%lu", pages));
	area_give(area, pages, &ns);
}

static void measure(const struct area *area, unsigned long pages)
{
	unsigned int i;

	if (job_wants(cell_name("take-%lu", pages)) ||
	    job_wants(cell_name("give-%lu", pages))) {
		round_trip(area, pages, "-first", 0);
		for (i = 0; i < ROUNDS; i++)
			round_trip(area, pages, "", i);
	}
	if (job_wants(cell_name("events-%lu", pages)))
		count_events(area, pages);
}

int main(int argc, char **argv)
{
	struct area area;
	int arg;

	if (argc < 3)
		die("usage: lat_idle WORKLOAD PAGES...");
	workload = argv[1];
	area_open(&area);
	drop_caches();
	for (arg = 2; arg < argc; arg++)
		measure(&area, strtoul(argv[arg], NULL, 10));
	return 0;
}
