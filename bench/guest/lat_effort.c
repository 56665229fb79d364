// SPDX-License-Identifier: GPL-2.0
/*
 * How hard a request tries: without retries, by default, and coming back, against
 * pages that a driver holds for a known time, and against a deadline.
 *
 *	lat_effort WORKLOAD
 *
 * Each request is for 8 MiB of an area that is full of anonymous memory, and of each
 * megabyte a page is held. Cells: EFFORT-N, the pages are let go N ms after the request
 * began; EFFORT-deadline-N, nobody lets go and the area's deadline is N ms (ours only),
 * with the figure overshoot, the worst. The figure damaged of all: the process' pages.
 */
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "bench_util.h"
#include "lat_lend.h"

#define ROUNDS		3
#define SIZE		(8 * MIB)
#define MAX_HELD	64

static const struct {
	const char *name;
	uint32_t flags;
} efforts[] = {
	{ "noretry",	TEST_CMA_NORETRY | TEST_CMA_NOWARN },
	{ "default",	TEST_CMA_NOWARN },
	{ "mayfail",	TEST_CMA_RETRY_MAYFAIL | TEST_CMA_NOWARN },
};

static const unsigned int hold_ms[] = { 5, 50, 500 };
static const unsigned int deadlines_ms[] = { 1, 10, 100, 1000 };

/**
 * struct holder - who holds the pages
 * @driver: /dev/test_cma
 * @ids: a page each
 * @nr: how many
 * @until: when to let go
 * @thread: lets go
 */
struct holder {
	int driver;
	uint32_t ids[MAX_HELD];
	unsigned int nr;
	uint64_t until;
	pthread_t thread;
};

static struct area area;
static int driver;
static unsigned long damaged;

static void hold_page(struct holder *holder, void *page)
{
	struct test_cma_alloc req = {
		.kind = TEST_CMA_PIN, .size = PAGE_BYTES, .uaddr = (uintptr_t)page,
	};

	if (driver_call(holder->driver, TEST_CMA_ALLOC, &req))
		die("the driver cannot pin a page");
	holder->ids[holder->nr++] = req.id;
}

/* One page of each megabyte of the area, wherever the process has it */
static void hold_pages(struct holder *holder, const struct memory *inside)
{
	bool is_held[MAX_HELD] = { };
	size_t offset;

	holder->driver = driver_open();
	holder->nr = 0;
	for (offset = 0; offset < inside->size; offset += PAGE_BYTES) {
		unsigned long page = pfn_of(inside->addr + offset) - area.base_pfn;

		if (page >= area.pages || is_held[page / MIB_PAGES])
			continue;
		is_held[page / MIB_PAGES] = true;
		hold_page(holder, inside->addr + offset);
	}
}

static void *let_go(void *data)
{
	struct holder *holder = data;
	struct timespec until = {
		.tv_sec = holder->until / 1000000000, .tv_nsec = holder->until % 1000000000,
	};
	uint64_t ns;

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
	while (holder->nr)
		driver_give(holder->driver, holder->ids[--holder->nr], &ns);
	return NULL;
}

/* The time that a request took, with what it got given back */
static uint64_t request(const char *cell, unsigned int round, uint32_t flags)
{
	uint64_t ns, ignored;
	uint32_t id;
	bool had = !driver_take(driver, SIZE, flags, &id, &ns);

	print_request(cell, round, had, ns);
	if (had)
		driver_give(driver, id, &ignored);
	return ns;
}

static void end_load(struct lent *lent)
{
	damaged += lent_bad_pages(lent);
	lend_release(lent);
}

/* A load for each: once the pages are let go, what was in the area leaves it. */
static void hold_for(unsigned int effort, unsigned int ms)
{
	struct holder holder;
	unsigned int round;
	struct lent lent;

	for (round = 0; round < ROUNDS; round++) {
		lend_area(&area, &lent);
		hold_pages(&holder, &lent.inside);
		holder.until = now_ns() + ms * MSEC_NS;
		if (pthread_create(&holder.thread, NULL, let_go, &holder))
			die("no thread");
		request(cell_name("%s-%u", efforts[effort].name, ms), round,
			efforts[effort].flags);
		pthread_join(holder.thread, NULL);
		close(holder.driver);
		end_load(&lent);
	}
}

static void set_deadline(long long ms)
{
	char path[128], text[16];

	snprintf(path, sizeof(path), "/sys/kernel/mm/cma/%s/deadline_ms", area.name);
	snprintf(text, sizeof(text), "%lld", ms);
	if (write_text(path, text))
		die("cannot set the area's deadline to %lld ms", ms);
}

static void miss_deadline(unsigned int effort, unsigned int deadline_ms)
{
	const char *cell = cell_name("%s-deadline-%u", efforts[effort].name, deadline_ms);
	struct holder holder;
	long long usual = area_counter(&area, "deadline_ms"), worst = 0;
	unsigned int round;
	struct lent lent;

	/* The stock kernel knows none. */
	if (usual == NO_VALUE)
		return;
	lend_area(&area, &lent);
	hold_pages(&holder, &lent.inside);
	set_deadline(deadline_ms);
	for (round = 0; round < ROUNDS; round++) {
		long long over = request(cell, round, efforts[effort].flags);

		over -= deadline_ms * MSEC_NS;
		worst = over > worst ? over : worst;
	}
	set_deadline(usual);
	/* That lets go of the pages. */
	close(holder.driver);
	end_load(&lent);
	print_value(cell, "overshoot", worst, "ns");
}

int main(int argc, char **argv)
{
	unsigned int effort, i;

	if (argc != 2)
		die("usage: lat_effort WORKLOAD");
	workload = argv[1];
	area_open(&area);
	if (area.pages > MAX_HELD * MIB_PAGES)
		die("the area is larger than %u MiB", MAX_HELD);
	driver = driver_open();
	for (effort = 0; effort < ARRAY_LEN(efforts); effort++)
		for (i = 0; i < ARRAY_LEN(hold_ms); i++)
			hold_for(effort, hold_ms[i]);
	/* Without retries it never gets to the deadline. */
	for (effort = 1; effort < ARRAY_LEN(efforts); effort++)
		for (i = 0; i < ARRAY_LEN(deadlines_ms); i++)
			miss_deadline(effort, deadlines_ms[i]);
	print_value("all", "damaged", damaged, "pages");
	return 0;
}
