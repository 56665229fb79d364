// SPDX-License-Identifier: GPL-2.0
/*
 * For how long are interrupts off at the most, while an area is taken and given back?
 * A timer interrupt of the test driver's notes how late it comes.
 *
 *	lat_irqsoff WORKLOAD
 *
 * Cells: nothing, the same without a request; idle and idle-give: 32 MiB of a free area;
 * anon and anon-give: 32 MiB of one that is full of anonymous memory. The figure of each,
 * irqs_off, is the worst of all rounds. Times of requests include the timer's work.
 */
#include <termios.h>
#include <unistd.h>

#include "bench_util.h"
#include "lat_lend.h"

#define PERIOD_NS	10000
#define PAGES		8192
#define ROUNDS		10

static int driver;

/* The longest time with interrupts off since the last call */
static uint64_t watch(uint64_t period_ns)
{
	struct test_cma_watch req = { .period_ns = period_ns };

	/* A console that is still busy has them off for long. */
	if (period_ns)
		tcdrain(STDOUT_FILENO);
	if (driver_call(driver, TEST_CMA_WATCH, &req))
		die("the driver does not watch");
	return req.worst_ns;
}

/**
 * struct worst - the worst seen in each kind of watch
 */
struct worst {
	uint64_t nothing;
	uint64_t take;
	uint64_t give;
};

static void keep_worst(uint64_t *worst)
{
	uint64_t now = watch(0);

	if (now > *worst)
		*worst = now;
}

static void there_and_back(const struct area *area, const char *cell, unsigned int round,
			   struct worst *worst)
{
	uint64_t ns;
	int err;

	watch(PERIOD_NS);
	err = area_take(area, PAGES, &ns);
	keep_worst(&worst->take);
	print_request(cell, round, !err, ns);
	if (err)
		return;
	watch(PERIOD_NS);
	err = area_give(area, PAGES, &ns);
	keep_worst(&worst->give);
	print_request(cell_name("%s-give", cell), round, !err, ns);
}

static void print_worst(const char *cell, const struct worst *worst)
{
	print_value(cell, "irqs_off", worst->take, "ns");
	print_value(cell_name("%s-give", cell), "irqs_off", worst->give, "ns");
}

/* As long as a request that has to move pages takes */
static void do_nothing(struct worst *worst)
{
	uint64_t until = now_ns() + 20 * MSEC_NS;

	watch(PERIOD_NS);
	while (now_ns() < until)
		;
	keep_worst(&worst->nothing);
	print_value("nothing", "irqs_off", worst->nothing, "ns");
}

int main(int argc, char **argv)
{
	struct worst idle = { }, anon = { };
	unsigned int round;
	struct area area;
	struct lent lent;

	if (argc != 2)
		die("usage: lat_irqsoff WORKLOAD");
	workload = argv[1];
	area_open(&area);
	driver = driver_open();
	do_nothing(&idle);
	for (round = 0; round < ROUNDS; round++)
		there_and_back(&area, "idle", round, &idle);
	print_worst("idle", &idle);
	for (round = 0; round < ROUNDS; round++) {
		lend_area(&area, &lent);
		there_and_back(&area, "anon", round, &anon);
		lend_release(&lent);
	}
	print_worst("anon", &anon);
	return 0;
}
