// SPDX-License-Identifier: GPL-2.0
/*
 * success WORKLOAD [largest=MIB] [LOAD...]: which share of the requests for 1 to 32
 * MiB is served, and how fast, while the loads (load.h) work.  "largest" leaves out
 * those beside which the loads would not fit into memory.
 *
 * A request is a driver's: dma_alloc_coherent() through lib/test_cma.c.  The
 * buffer is held for a moment and given back.  Sizes take turns, so that each
 * cell gets its requests from the whole run.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "job.h"
#include "load.h"

#define HOLD_US		1000

static const unsigned int sizes_mib[] = { 1, 2, 4, 8, 16, 32 };

/* What is summed up for one size, over all its requests */
struct cell {
	const char *name;
	bool wanted;
	unsigned long lent_kib;
	unsigned long free_kib;
	unsigned int windows;
};

static struct area area;
static struct cell cells[ARRAY_LEN(sizes_mib)];

/* What of the area is lent out: neither free nor allocated */
static unsigned long lent_kib(void)
{
	return (area.pages - area_used(&area)) * (PAGE_BYTES / 1024) -
	       read_keyed("/proc/meminfo", "CmaFree:");
}

static void look_around(struct cell *cell, size_t bytes)
{
	cell->free_kib += read_keyed("/proc/meminfo", "MemFree:");
	if (!area.pages)
		return;
	cell->lent_kib += lent_kib();
	cell->windows += held_leaves_window(&area, bytes / PAGE_BYTES);
}

/*
 * One request.  Its time is the driver's around dma_alloc_attrs() when it
 * succeeds, and that of the whole system call when it fails.
 */
static size_t request(int driver, struct cell *cell, unsigned int i, size_t bytes)
{
	struct timespec moment = { .tv_nsec = HOLD_US * 1000 };
	struct test_cma_alloc buffer = {
		.kind = TEST_CMA_DMA,
		.flags = TEST_CMA_NOWARN,
		.size = bytes,
	};
	uint64_t begin, ns;
	int err;

	look_around(cell, bytes);
	begin = now_ns();
	err = driver_call(driver, TEST_CMA_ALLOC, &buffer);
	ns = now_ns() - begin;
	if (err && err != -ENOMEM)
		die("cannot ask for a buffer: %s", strerror(-err));
	if (!err && buffer.contiguous != bytes)
		die("a buffer of %zu bytes has %llu in a row", bytes, buffer.contiguous);
	print_request(cell->name, i, !err, err ? ns : buffer.time_ns);
	nanosleep(&moment, NULL);
	if (err)
		return 0;
	driver_give(driver, buffer.id, &ns);
	return bytes;
}

static void print_cell(const struct cell *cell, unsigned int nr_requests)
{
	print_value(cell->name, "free", cell->free_kib / nr_requests, "KiB");
	if (!area.pages)
		return;
	print_value(cell->name, "lent", cell->lent_kib / nr_requests, "KiB");
	print_value(cell->name, "windows", cell->windows, "requests");
}

int main(int argc, char **argv)
{
	unsigned int nr_requests = job_requests(), largest = UINT_MAX, i, size;
	int driver = driver_open(), arg = 2;
	size_t displaced = 0;

	if (argc < 2)
		die("usage: success WORKLOAD [largest=MIB] [LOAD...]");
	workload = argv[1];
	if (arg < argc && sscanf(argv[arg], "largest=%u", &largest) == 1)
		arg++;
	if (!access("/sys/kernel/debug/cma/reserved", F_OK))
		area_open(&area);
	for (size = 0; size < ARRAY_LEN(sizes_mib); size++) {
		cells[size].name = strdup(cell_name("%uMiB", sizes_mib[size]));
		cells[size].wanted = sizes_mib[size] <= largest && job_wants(cells[size].name);
	}
	loads_start(argc - arg, argv + arg);

	for (i = 0; i < nr_requests; i++) {
		loads_round();
		for (size = 0; size < ARRAY_LEN(sizes_mib); size++) {
			if (!cells[size].wanted)
				continue;
			loads_settle(displaced);
			displaced = request(driver, &cells[size], i, sizes_mib[size] * MIB);
		}
	}

	for (size = 0; size < ARRAY_LEN(sizes_mib); size++)
		if (cells[size].wanted)
			print_cell(&cells[size], nr_requests);
	return 0;
}
