// SPDX-License-Identifier: GPL-2.0
/*
 * What those who used contiguous areas have described, in lists and papers:
 *
 *	loops WORKLOAD fill PAGES ROUNDS [LOAD...]	an area is taken in pieces of
 *		PAGES until no whole one is left, and given back
 *	loops WORKLOAD counts [LOAD...]		1 to 32000 pages, 30 times each
 *	loops WORKLOAD release PAGES		so many pages are given back, 30 times
 *	loops WORKLOAD parallel N PAGES		N processes take PAGES and give them back
 *
 * Requests go through debugfs, which clears nothing: the time is the area's.  Only
 * those in parallel are the driver's.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "job.h"
#include "load.h"

#define RUNS	30

static const unsigned int counts[] = {
	1, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32000,
};

static struct area area;

static unsigned long number(const char *word)
{
	unsigned long value = strtoul(word, NULL, 10);

	if (!value)
		die("'%s' is not a number above zero", word);
	return value;
}

/*
 * Takes pieces until as many are had as there is room for, or one is refused.
 * Returns how many that were; @ns is what all of it took.
 */
static unsigned long take_pieces(unsigned long pages, unsigned long wanted, uint64_t *ns)
{
	unsigned long had = 0;
	uint64_t one;

	*ns = 0;
	while (had < wanted && !area_take(&area, pages, &one)) {
		*ns += one;
		had++;
	}
	return had;
}

static void fill(unsigned long pages, unsigned long rounds)
{
	unsigned long wanted = (area.pages - area_used(&area)) / pages;
	unsigned long served = 0;
	unsigned long i, had, piece;
	uint64_t ns, back;

	for (i = 0; i < rounds; i++) {
		loads_round();
		had = take_pieces(pages, wanted, &ns);
		print_request("all-pieces", i, had == wanted, ns);
		served += had;
		for (piece = 0; piece < had; piece++)
			area_give(&area, pages, &back);
		loads_settle(had * pages * PAGE_BYTES);
	}
	print_value("all-pieces", "pieces-wanted", wanted * rounds, "requests");
	print_value("all-pieces", "pieces-served", served, "requests");
}

static void count_pages(unsigned int pages)
{
	const char *cell = cell_name("%u-pages", pages);
	uint64_t ns, back;
	unsigned int i;
	int err;

	if (!job_wants(cell))
		return;
	for (i = 0; i < RUNS; i++) {
		loads_round();
		err = area_take(&area, pages, &ns);
		print_request(cell, i, !err, ns);
		if (!err)
			area_give(&area, pages, &back);
		loads_settle(err ? 0 : pages * PAGE_BYTES);
	}
}

static void release(unsigned long pages)
{
	const char *cell = cell_name("release-%lu-pages", pages);
	uint64_t ns, back;
	unsigned int i;

	for (i = 0; i < RUNS; i++) {
		if (area_take(&area, pages, &ns))
			die("%lu pages are not to be had from an idle area", pages);
		print_request(cell, i, !area_give(&area, pages, &back), back);
	}
}

/* Through the driver: what debugfs gives back is not what the same process took. */
static void requester(unsigned long pages, unsigned int who)
{
	unsigned int i, nr_requests = job_requests();
	const char *cell = cell_name("%lu-pages", pages);
	uint64_t ns;
	uint32_t id;
	int driver = driver_open();
	int err;

	for (i = 0; i < nr_requests; i++) {
		err = driver_take(driver, pages * PAGE_BYTES, TEST_CMA_NOWARN, &id, &ns);
		print_request(cell, who * nr_requests + i, !err, ns);
		if (!err)
			driver_give(driver, id, &ns);
	}
}

static void parallel(unsigned int nr_requesters, unsigned long pages)
{
	unsigned int i;
	int status;

	for (i = 0; i < nr_requesters; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("cannot fork: %s", strerror(errno));
		if (!pid) {
			requester(pages, i);
			_exit(0);
		}
	}
	while (nr_requesters--)
		if (wait(&status) < 0 || status)
			die("a requester ended badly");
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[2] : "";
	unsigned int i;

	if (argc < 3)
		die("usage: loops WORKLOAD fill|counts|release|parallel ...");
	workload = argv[1];
	area_open(&area);
	if (!strcmp(what, "fill") && argc > 4) {
		loads_start(argc - 5, argv + 5);
		fill(number(argv[3]), number(argv[4]));
	} else if (!strcmp(what, "counts")) {
		loads_start(argc - 3, argv + 3);
		for (i = 0; i < ARRAY_LEN(counts); i++)
			count_pages(counts[i]);
	} else if (!strcmp(what, "release") && argc == 4) {
		release(number(argv[3]));
	} else if (!strcmp(what, "parallel") && argc == 5) {
		parallel(number(argv[3]), number(argv[4]));
	} else {
		die("loops: '%s' is not known, or lacks a number", what);
	}
	return 0;
}
