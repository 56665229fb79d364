/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One search, watched, and what must be true of it.
 */
#ifndef _CMA_TEST_PLACE_TRIAL_H
#define _CMA_TEST_PLACE_TRIAL_H

#include <stdbool.h>

#include "layout.h"
#include "place_model.h"

/**
 * struct watch - what a search asked its survey
 * @request: the pages
 * @surveys: how often
 * @blocked: how often the answer was that something is in the way
 * @pages: about how many pages
 * @looks: how much looking that was, and what surveys take beside
 * @end: pfn behind the last page asked about
 * @astray: it asked about nothing, about what is outside the range, or about
 *	more than a window
 * @often: how often a page was looked at that was looked at most.  A survey that
 *	meets a blocker need not look any further, so that what is behind does not
 *	count as looked at.
 * @looked: how often each page was looked at
 * @looks_to: what @looks was when all up to a page was known, it not included
 */
struct watch {
	const struct request *request;
	unsigned long surveys;
	unsigned long blocked;
	unsigned long pages;
	unsigned long looks;
	unsigned long end;
	bool astray;
	unsigned char often;
	unsigned char looked[LAYOUT_MAX];
	unsigned long looks_to[LAYOUT_MAX + 1];
};

/**
 * struct trial - a search and what it should have come to
 * @request: what was asked for
 * @watch: how it went about it
 * @found: its answer
 * @window: the window, if @found
 * @found_if_told: its answer if it can ask whether a window is free
 * @window_if_told: the window then
 * @inside: the window lies in the range
 * @expected: what the model says
 */
struct trial {
	const struct request *request;
	struct watch watch;
	bool found;
	unsigned long window;
	bool found_if_told;
	unsigned long window_if_told;
	bool inside;
	struct verdict expected;
};

/**
 * struct property - what is true of every search
 * @sentence: in words
 * @holds: tells whether it is true of this one
 */
struct property {
	const char *sentence;
	bool (*holds)(const struct trial *t);
};

#define NR_PROPERTIES	14
extern const struct property properties[NR_PROPERTIES];

const struct trial *trial_run(const struct request *r);

#endif /* _CMA_TEST_PLACE_TRIAL_H */
