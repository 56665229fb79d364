// SPDX-License-Identifier: GPL-2.0
/* What has been done, and what came of it. */
#include <errno.h>
#include <string.h>

#include "soak.h"

static const char * const ways[NR_WAYS] = {
	[WAY_COHERENT]		= "dma_alloc_coherent",
	[WAY_WRITE_COMBINE]	= "  write-combining",
	[WAY_NO_MAPPING]	= "  no kernel mapping",
	[WAY_FORCE_CONTIGUOUS]	= "  force contiguous",
	[WAY_SNOOPING]		= "  device that snoops",
	[WAY_ATOMIC]		= "  GFP_ATOMIC",
	[WAY_PAGES]		= "dma_alloc_pages",
	[WAY_PAGES_SNOOPING]	= "  device that snoops",
	[WAY_RANGE]		= "alloc_contig_range",
	[WAY_HEAP]		= "dma-buf heap",
	[WAY_BY_HAND]		= "debugfs",
};

static const char * const efforts[NR_EFFORTS] = {
	[EFFORT_NORETRY]	= "__GFP_NORETRY",
	[EFFORT_DEFAULT]	= "neither",
	[EFFORT_RETRY_MAYFAIL]	= "__GFP_RETRY_MAYFAIL",
};

static void count(struct tally *tally, enum outcome outcome)
{
	tally->requests[tally->way][outcome]++;
	tally->efforts[tally->effort][outcome]++;
}

void ask_begin(enum way way, enum effort effort)
{
	me->tally.way = way;
	me->tally.effort = effort;
	me->tally.asking = true;
}

void ask_end(int error)
{
	me->tally.asking = false;
	switch (error) {
	case 0:
		count(&me->tally, SERVED);
		break;
	case -ENOMEM:
		count(&me->tally, NO_MEMORY);
		break;
	case -EBUSY:
		count(&me->tally, BUSY);
		break;
	default:
		wrong("%s: %s", ways[me->tally.way], strerror(-error));
	}
}

/* The process is gone: was it asking? */
void ask_cut(struct slot *slot)
{
	if (slot->tally.asking)
		count(&slot->tally, CUT_SHORT);
	slot->tally.asking = false;
}

static void sum_up(struct tally *sum)
{
	const struct tally *tally;
	unsigned int i, way, outcome;

	memset(sum, 0, sizeof(*sum));
	for (i = 0; i < soak->nr_slots; i++) {
		tally = &soak->slots[i].tally;
		for (way = 0; way < NR_WAYS; way++)
			for (outcome = 0; outcome < NR_OUTCOMES; outcome++)
				sum->requests[way][outcome] += tally->requests[way][outcome];
		for (way = 0; way < NR_EFFORTS; way++)
			for (outcome = 0; outcome < NR_OUTCOMES; outcome++)
				sum->efforts[way][outcome] += tally->efforts[way][outcome];
		sum->verified += tally->verified;
		sum->lost += tally->lost;
		sum->wrong += tally->wrong;
	}
}

static unsigned long all_of(const unsigned long (*requests)[NR_OUTCOMES], enum outcome outcome)
{
	unsigned long sum = 0;
	unsigned int way;

	for (way = 0; way < NR_WAYS; way++)
		sum += requests[way][outcome];
	return sum;
}

/* Who was not to be taken is a failure besides. */
static unsigned long oom_kills(void)
{
	return cma_keyed_value("/proc/vmstat", "oom_kill");
}

void tally_progress(unsigned int seconds)
{
	struct tally sum;

	sum_up(&sum);
	report("%u:%02u  %lu requests served, %lu refused, %llu pages moved, %llu MiB verified, %llu bytes lost, %lu killed, %lu by OOM",
	       seconds / 60, seconds % 60, all_of(sum.requests, SERVED),
	       all_of(sum.requests, NO_MEMORY) + all_of(sum.requests, BUSY),
	       cma_area_sysfs(&soak->area, "pages_migrated"),
	       (unsigned long long)(sum.verified / MB), (unsigned long long)sum.lost,
	       soak->kills, oom_kills());
}

static void print_requests(const char *title, const unsigned long (*requests)[NR_OUTCOMES],
			   const char * const *names, unsigned int rows)
{
	unsigned int i;

	report("%-22s %8s %8s %8s %8s", title, "served", "ENOMEM", "EBUSY", "killed");
	for (i = 0; i < rows; i++)
		report("%-22s %8lu %8lu %8lu %8lu", names[i], requests[i][SERVED],
		       requests[i][NO_MEMORY], requests[i][BUSY], requests[i][CUT_SHORT]);
}

/* Each worker must have got somewhere. */
static void check_turns(void)
{
	unsigned int i;

	for (i = 0; i < soak->nr_slots; i++)
		if (!soak->slots[i].tally.turns)
			wrong("worker %u, %s, has done nothing", i, soak->slots[i].job->name);
}

bool tally_print(void)
{
	struct tally sum;

	check_turns();
	sum_up(&sum);
	print_requests("requests through", sum.requests, ways, NR_WAYS);
	print_requests("requests with", sum.efforts, efforts, NR_EFFORTS);
	report("pages moved            %8llu", cma_area_sysfs(&soak->area, "pages_migrated"));
	report("pages dropped          %8llu", cma_area_sysfs(&soak->area, "pages_dropped"));
	report("MiB verified           %8llu", (unsigned long long)(sum.verified / MB));
	report("requests cut short     %8lu", all_of(sum.requests, CUT_SHORT));
	report("workers killed         %8lu", soak->kills);
	report("OOM kills              %8lu", oom_kills());
	report("CPUs unplugged         %8lu", soak->unplugs);
	report("times suspended        %8lu", soak->sleeps);
	report("faults injected        %8lu", soak->faults);
	report("bytes lost             %8llu", (unsigned long long)sum.lost);
	report("other failures         %8lu", sum.wrong + soak->wrong);
	return !sum.lost && !sum.wrong && !soak->wrong;
}
