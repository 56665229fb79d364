// SPDX-License-Identifier: GPL-2.0
/*
 * Several requesters and users of one zone at a time, with nothing but the kernel's
 * own locks between them: ThreadSanitizer looks on.  What is left in the end is
 * checked.
 */
#include "kernel_model.h"

#include "area_trace.h"
#include "cma.h"
#include "random.h"
#include "tap.h"

#define MINE		16

/**
 * struct requester - one thread
 * @thread: it
 * @cpu: where it runs
 * @seed: of what it does
 * @steps: how much it does
 * @cma: the area
 * @piece: what it has got
 * @nr: how many pages each of them is; 0 for none
 * @user: folios that it uses, MAX_USERS for none
 * @nr_had: requests that got what they wanted
 */
struct requester {
	pthread_t thread;
	unsigned int cpu;
	unsigned long seed;
	unsigned long steps;
	struct cma *cma;
	struct page *piece[MINE];
	unsigned long nr[MINE];
	unsigned int user[MINE];
	unsigned long nr_had;
};

static unsigned int nr_races;

/* ThreadSanitizer calls this with each of its reports. */
void __tsan_on_report(void *report);
void __tsan_on_report(void *report)
{
	(void)report;
	__atomic_fetch_add(&nr_races, 1, __ATOMIC_RELAXED);
}

/* What was had is nobody else's: its content stays as it is. */
static void request(struct requester *r, unsigned int i)
{
	unsigned long nr = random_size(24), k;

	r->piece[i] = cma_alloc_gfp(r->cma, nr, random_below(4), random_one_in(4) ?
				    GFP_KERNEL | __GFP_NORETRY : GFP_KERNEL);
	if (!r->piece[i])
		return;
	r->nr[i] = nr;
	r->nr_had++;
	for (k = 0; k < nr; k++)
		r->piece[i][k].private = r;
}

static void release(struct requester *r, unsigned int i)
{
	unsigned long k;

	for (k = 0; k < r->nr[i]; k++)
		if (r->piece[i][k].private != r)
			kernel_warn("two requests got the same page");
	if (!cma_release(r->cma, r->piece[i], r->nr[i]))
		kernel_warn("an area does not know its pages");
	r->nr[i] = 0;
}

static void use_or_not(struct requester *r, unsigned int i)
{
	if (r->user[i] == MAX_USERS) {
		r->user[i] = kernel_use(random_below(USER_KERNEL), random_one_in(8) ? 2 : 0,
					random_one_in(2));
	} else if (random_one_in(4)) {
		kernel_pin(r->user[i], random_below(5) * NSEC_PER_MSEC);
	} else if (random_one_in(4)) {
		kernel_batch(r->user[i]);
	} else {
		kernel_unuse(r->user[i]);
		r->user[i] = MAX_USERS;
	}
}

static void range(void)
{
	unsigned long nr = random_size(20);
	unsigned long pfn = ZONE_FIRST_PFN + random_below(ZONE_PAGES - nr);

	if (!alloc_contig_range(pfn, pfn + nr, MIGRATE_MOVABLE, GFP_KERNEL))
		free_contig_range(pfn, nr);
}

static void *run(void *data)
{
	struct requester *r = data;
	unsigned long step;
	unsigned int i;

	kernel_run_on(r->cpu);
	random_seed(r->seed);
	for (i = 0; i < MINE; i++)
		r->user[i] = MAX_USERS;
	for (step = 0; step < r->steps; step++) {
		i = random_below(MINE);
		if (random_one_in(2))
			use_or_not(r, i);
		else if (random_one_in(8))
			range();
		else if (r->nr[i])
			release(r, i);
		else
			request(r, i);
	}
	for (i = 0; i < MINE; i++)
		if (r->nr[i])
			release(r, i);
	return NULL;
}

int main(void)
{
	static const struct trace zone = {
		.base_pfn = ZONE_FIRST_PFN + 8 * pageblock_nr_pages,
		.nr_pages = 8 * pageblock_nr_pages,
	};
	static struct requester requesters[KERNEL_CPUS];
	const char *text = getenv("STEPS");
	unsigned long steps = text ? strtoul(text, NULL, 0) : 2000, nr_had = 0;
	struct cma *cma = area_boot(&zone);
	enum area_promise broken;
	unsigned int i;

	kernel_shared = true;
	for (i = 0; i < KERNEL_CPUS; i++) {
		requesters[i] = (struct requester) {
			.cpu = i, .seed = i + 1, .steps = steps, .cma = cma,
		};
		if (pthread_create(&requesters[i].thread, NULL, run, &requesters[i]))
			abort();
	}
	for (i = 0; i < KERNEL_CPUS; i++) {
		pthread_join(requesters[i].thread, NULL);
		nr_had += requesters[i].nr_had;
	}
	lru_add_drain_all();
	broken = area_check_idle(&zone, cma);
	tap_note("%u threads of %lu steps, %lu requests granted", KERNEL_CPUS, steps, nr_had);
	for (i = 0; i < NR_AREA_PROMISES; i++)
		tap_result(broken != i, "threads in a zone: %s", area_sentences[i]);
	if (kernel_nr_warned)
		tap_note("%s", kernel_warning);
	tap_result(!nr_races, "threads in a zone: what others may change is read with a lock");
	tap_result(nr_had > steps / 10, "threads in a zone: requests are granted");
	return tap_finish();
}
