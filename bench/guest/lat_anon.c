// SPDX-License-Identifier: GPL-2.0
/*
 * Anonymous memory in the way: a request that has to move thousands of pages,
 * beside what merely copying as many costs this machine.
 *
 *	lat_anon WORKLOAD full|MIB PAGES
 *
 * Each round is a new process that fills the area and nearly all else, or MIB of
 * memory wherever the kernel takes them from; then one request is made. Cells: take;
 * copy, copy_highpage() over as many pages, the physical limit; load-N, what was in
 * the area, what was moved, and pages of the process that were damaged.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench_util.h"
#include "lat_lend.h"

#define ROUNDS	5
#define SEED	1

static void measure_copy(unsigned long pages)
{
	struct test_cma_alloc from = {
		.kind = TEST_CMA_BUDDY, .size = pages * PAGE_BYTES,
	}, to = from;
	struct test_cma_copy copy;
	int fd = driver_open(), i;

	if (driver_call(fd, TEST_CMA_ALLOC, &from) || driver_call(fd, TEST_CMA_ALLOC, &to))
		die("no memory to copy");
	copy = (struct test_cma_copy){ .from = from.id, .to = to.id };
	for (i = 0; i < ROUNDS; i++) {
		int err = driver_call(fd, TEST_CMA_COPY, &copy);

		print_request("copy", i, !err, copy.time_ns);
	}
	close(fd);
}

/* The pages of one request, and what became of the process' memory meanwhile */
static void one_request(const struct area *area, const struct memory *memory,
			unsigned long pages, unsigned int round)
{
	const char *cell = cell_name("load-%u", round);
	uint64_t took, gave;
	long long moved;
	int err;

	print_value(cell, "pages_in_area", pages_in_area(area, memory->addr, memory->size),
		    "pages");
	print_value(cell, "free", read_keyed("/proc/meminfo", "MemFree:"), "KiB");
	print_value(cell, "free_in_area", read_keyed("/proc/meminfo", "CmaFree:"), "KiB");
	moved = read_keyed("/proc/vmstat", "pgmigrate_success");
	err = area_take(area, pages, &took);
	print_request("take", round, !err, took);
	print_value(cell, "migrated",
		    read_keyed("/proc/vmstat", "pgmigrate_success") - moved, "pages");
	if (!err)
		area_give(area, pages, &gave);
}

static void one_round(const struct area *area, const char *size, unsigned long pages,
		      unsigned int round)
{
	struct memory memory;
	struct lent lent;
	unsigned long bad;

	if (!strcmp(size, "full")) {
		lend_area(area, &lent);
		one_request(area, &lent.inside, pages, round);
		bad = lent_bad_pages(&lent);
	} else {
		memory_take(&memory, strtoul(size, NULL, 10) * MIB, SEED);
		one_request(area, &memory, pages, round);
		bad = memory_bad_pages(&memory);
	}
	print_value(cell_name("load-%u", round), "damaged", bad, "pages");
}

int main(int argc, char **argv)
{
	unsigned long pages;
	unsigned int round;
	struct area area;
	int status;

	if (argc != 4)
		die("usage: lat_anon WORKLOAD full|MIB PAGES");
	workload = argv[1];
	pages = strtoul(argv[3], NULL, 10);
	area_open(&area);
	for (round = 0; round < ROUNDS; round++) {
		pid_t child = fork();

		if (!child) {
			one_round(&area, argv[2], pages, round);
			return 0;
		}
		if (waitpid(child, &status, 0) != child || status)
			die("round %u ended with status %#x", round, status);
	}
	/* Last: what it gives back stays on the CPU's own lists for a while. */
	measure_copy(pages);
	return 0;
}
