/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Requests for a window among pages that look movable and are not: mm/cma.c's
 * rounds over an area, with its placement, its claims and its memory.
 */
#ifndef _CMA_TEST_ROUNDS_TRIAL_H
#define _CMA_TEST_ROUNDS_TRIAL_H

#include <stdbool.h>
#include <linux/types.h>

#include "layout.h"

#define NR_ROUNDS	2

/**
 * struct rounds - an area, and requests that make one round over it each
 * @request: the pages, and the window that all of them want
 * @meets_last: of several pages in a window that will not move, a request meets
 *	the last; or the first
 * @nr_raced: windows that others claim in part between choice and claim
 * @nr_old: pages remembered from before, evenly spread, that do move
 * @age: for how long they are, in ns, at least 1
 * @tick: time that a survey takes, and an attempt; 0 if the clock is too coarse
 *	for that
 * @pause: time between the rounds
 */
struct rounds {
	const struct request *request;
	bool meets_last;
	unsigned int nr_raced;
	unsigned int nr_old;
	s64 age;
	s64 tick;
	s64 pause;
};

/**
 * struct outcome - what became of a round
 * @found: it got a window
 * @window: which, if @found
 * @tries: windows tried in vain
 */
struct outcome {
	bool found;
	unsigned long window;
	unsigned int tries;
};

/* What is true of every round; the sentences are in rounds_sentences[]. */
enum rounds_promise {
	FINDS_WHAT_MOVES,
	TRIES_ALL,
	TRIES_ONCE,
	TRIES_WINDOWS,
	ROUND_ENDS,
	AVOIDS_REMEMBERED,
	FORGETS_IN_TIME,
	FORGETS_WHAT_MOVED,
	CLAIMS_WINDOW_ONLY,
	NR_ROUNDS_PROMISES
};

extern const char * const rounds_sentences[NR_ROUNDS_PROMISES];

/**
 * struct rounds_trial - requests, one after the other
 * @outcome: of each
 * @broken: a bit for each promise that one of them broke
 */
struct rounds_trial {
	struct outcome outcome[NR_ROUNDS];
	unsigned int broken;
};

struct rounds_trial rounds_run(const struct rounds *how);
const char *rounds_text(const struct rounds *how);
void rounds_random(struct rounds *how, struct request *r);

#endif /* _CMA_TEST_ROUNDS_TRIAL_H */
