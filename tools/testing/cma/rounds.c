// SPDX-License-Identifier: GPL-2.0
/*
 * Many rounds into one result for each promise: all of a kind, and random ones.
 */
#include <stdlib.h>
#include <string.h>
#include <linux/array_size.h>

#include "cma_stuck.h"
#include "place_shrink.h"
#include "random.h"
#include "rounds_trial.h"
#include "tap.h"
#include "tests.h"

/**
 * struct rounds_campaign - many rounds
 * @name: what they have in common
 * @rounds: how many
 * @found: how many of them got a window
 * @tries: windows tried in vain in all of them
 * @most: and in one of them
 * @failing: for each promise, what broke it first, as small as it could be made, in
 *	words; or NULL
 */
struct rounds_campaign {
	const char *name;
	unsigned long rounds;
	unsigned long found;
	unsigned long tries;
	unsigned int most;
	char *failing[NR_ROUNDS_PROMISES];
};

/**
 * struct broken - what a shorter request must break
 * @how: the circumstances
 * @promise: which one
 */
struct broken {
	struct rounds how;
	enum rounds_promise promise;
};

static bool breaks(const struct request *r, const void *what)
{
	struct broken b = *(const struct broken *)what;

	b.how.request = r;
	return rounds_run(&b.how).broken & 1U << b.promise;
}

static void simplify(struct broken *b, struct rounds simpler)
{
	struct broken attempt = { .how = simpler, .promise = b->promise };

	if (breaks(simpler.request, &attempt))
		b->how = simpler;
}

static char *shrink(const struct rounds *how, enum rounds_promise promise)
{
	struct broken b = { .how = *how, .promise = promise };
	struct rounds simpler;

	simpler = b.how;
	simpler.meets_last = false;
	simplify(&b, simpler);
	simpler = b.how;
	simpler.nr_raced = 0;
	simplify(&b, simpler);
	simpler = b.how;
	simpler.nr_old = 0;
	simplify(&b, simpler);
	simpler = b.how;
	simpler.tick = 0;
	simplify(&b, simpler);
	b.how.request = place_shrink(b.how.request, breaks, &b);
	return strdup(rounds_text(&b.how));
}

static void try_rounds(struct rounds_campaign *c, const struct rounds *how)
{
	struct rounds_trial t = rounds_run(how);
	unsigned int i;

	for (i = 0; i < NR_ROUNDS; i++) {
		c->rounds++;
		c->found += t.outcome[i].found;
		c->tries += t.outcome[i].tries;
		if (t.outcome[i].tries > c->most)
			c->most = t.outcome[i].tries;
	}
	for (i = 0; i < NR_ROUNDS_PROMISES; i++)
		if (t.broken & 1U << i && !c->failing[i])
			c->failing[i] = shrink(how, i);
}

static void report(struct rounds_campaign *c)
{
	unsigned int i;

	tap_note("%s: %lu rounds, %lu got a window, %lu windows tried in vain, %u in one",
		 c->name, c->rounds, c->found, c->tries, c->most);
	for (i = 0; i < NR_ROUNDS_PROMISES; i++) {
		tap_result(!c->failing[i], "%s: %s", c->name, rounds_sentences[i]);
		if (c->failing[i])
			tap_note("%s", c->failing[i]);
		free(c->failing[i]);
	}
}

/* Of what matters beside the pages: each of all, and most pairs. */
static const struct rounds circumstances[] = {
	{ .age = 1 },
	{ .age = 1, .meets_last = true, .tick = 1, .pause = 1 },
	{ .age = 1, .nr_old = 2, .tick = 1, .pause = CMA_STUCK_NS },
	{ .age = CMA_STUCK_NS, .nr_old = 3, .meets_last = true, .pause = CMA_STUCK_NS - 1 },
	{ .age = CMA_STUCK_NS, .nr_old = 2, .nr_raced = 1, .tick = 1 },
};

static void try_layout(struct rounds_campaign *c, struct request *r)
{
	struct rounds how;
	unsigned int i;

	for (r->count = 1; r->count <= r->nr; r->count++) {
		for (r->align = 1; r->align <= 2; r->align *= 2) {
			for (r->start = 0; r->start < r->align; r->start++) {
				for (i = 0; i < ARRAY_SIZE(circumstances); i++) {
					how = circumstances[i];
					how.request = r;
					try_rounds(c, &how);
				}
			}
		}
	}
}

/* Free, cheap, dear; in the way, and not to be seen that it is. */
static void test_short_areas(void)
{
	struct rounds_campaign c = { .name = "rounds over every layout of up to 6 pages" };
	static struct request r = { .scale = 1, .split_cost = 1 };

	for (r.nr = 1; r.nr <= 6; r.nr++) {
		memset(r.map, PAGE_FREE, r.nr);
		do {
			try_layout(&c, &r);
		} while (request_next_map(&r, ".b#A"));
	}
	report(&c);
}

/*
 * Windows that look better than the only one that is to be had, all around it,
 * with a page each that will not move.
 */
static void hide_window(struct request *r, unsigned int nr_front, unsigned int nr_behind)
{
	unsigned long unit = r->count;
	unsigned int i, nr = nr_front + nr_behind;

	r->nr = nr * unit + r->count;
	memset(r->map, PAGE_FREE, r->nr);
	for (i = 0; i < nr; i++)
		r->map[(i + 1) * unit - 1 + (i < nr_front ? 0 : r->count)] = PAGE_STUCK;
	memset(r->map + nr_front * unit, PAGE_DEAREST, r->count);
}

/* From few pages that will not move to more than can be remembered. */
static void test_hidden_window(void)
{
	struct rounds_campaign c = { .name = "rounds for the only window" };
	struct rounds how = { .nr_old = 4, .age = CMA_STUCK_NS, .pause = 1 };
	static struct request r = { .scale = 1 };
	unsigned int nr, front;

	how.request = &r;
	for (r.count = 1; r.count <= 4; r.count++) {
		for (nr = 0; nr <= CMA_NR_STUCK + 2; nr++) {
			for (front = 0; front <= nr; front++) {
				r.align = r.count == 4 && nr % 2 ? 4 : 1;
				hide_window(&r, front, nr - front);
				for (how.tick = 0; how.tick < 2; how.tick++)
					try_rounds(&c, &how);
			}
		}
	}
	report(&c);
}

static void test_random(unsigned long seed, unsigned long iterations)
{
	struct rounds_campaign c = { .name = "random rounds" };
	static struct request r;
	struct rounds how;

	random_seed(seed);
	while (iterations--) {
		rounds_random(&how, &r);
		try_rounds(&c, &how);
	}
	report(&c);
}

void test_rounds(unsigned long seed, unsigned long iterations)
{
	test_short_areas();
	test_hidden_window();
	test_random(seed, iterations);
}
