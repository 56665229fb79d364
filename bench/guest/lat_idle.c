// SPDX-License-Identifier: GPL-2.0
/*
 * An idle area: how long take requests for memory that is free, and what do they
 * make the rest of the machine do?
 *
 *	lat_idle WORKLOAD [busy] PAGES...
 *
 * "busy": a process computes on each CPU but the one that asks.
 *
 * Cells: take-N and give-N, in pages; take-N-first and give-N-first, the first round;
 * events-N, what was counted during one more request, with tracing on.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench_util.h"
#include "job.h"
#include "lat_events.h"
#include "load.h"

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

static void stay_on_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("cannot stay on CPU %d", cpu);
}

/* That of the next process: each is born with its own. */
static int next_cpu;

static void compute(struct progress *progress)
{
	if (!progress->done)
		stay_on_cpu(next_cpu);
	progress->done++;
}

static void keep_others_busy(void)
{
	static struct worker workers[8];
	int cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (cpus > (int)ARRAY_LEN(workers))
		die("%d CPUs are too many", cpus);
	for (next_cpu = 1; next_cpu < cpus; next_cpu++) {
		worker_start(&workers[next_cpu], "compute", compute);
		worker_wait(&workers[next_cpu], 1);
	}
	stay_on_cpu(0);
}

int main(int argc, char **argv)
{
	struct area area;
	int arg = 2;

	if (argc < 3)
		die("usage: lat_idle WORKLOAD [busy] PAGES...");
	workload = argv[1];
	area_open(&area);
	drop_caches();
	if (!strcmp(argv[arg], "busy")) {
		keep_others_busy();
		arg++;
	}
	for (; arg < argc; arg++)
		measure(&area, strtoul(argv[arg], NULL, 10));
	return 0;
}
