/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is done with an area, one step after the other, beside a model that has
 * a few flags for each page.
 */
#ifndef _CMA_TEST_TRACE_H
#define _CMA_TEST_TRACE_H

#include <stddef.h>
#include <linux/types.h>

#define TRACE_MAX_PAGES	4096UL
#define TRACE_MAX_STEPS	128

/**
 * struct step - one thing that is done
 * @op: what
 * @pfn: with which pages; or see the op
 * @nr: how many; or see the op
 * @ns: time that passes
 */
struct step {
	unsigned int op;
	unsigned long pfn;
	unsigned long nr;
	s64 ns;
};

/**
 * struct trace - an area and what is done with it
 * @base_pfn: its first page
 * @nr_pages: its pages
 * @order: of the unit that can be claimed
 * @nr_steps: how many of @steps there are
 * @steps: one after the other
 */
struct trace {
	unsigned long base_pfn;
	unsigned long nr_pages;
	unsigned int order;
	unsigned int nr_steps;
	struct step steps[TRACE_MAX_STEPS];
};

/**
 * struct trace_kind - traces of a kind
 * @name: of what is tested
 * @sentences: what is promised of it
 * @nr_promises: how many of them
 * @make: makes up a trace
 * @run: does it, and returns the first promise that a step breaks, or
 *	@nr_promises if none does
 * @text: says a step in words, and returns how long that is, as snprintf()
 */
struct trace_kind {
	const char *name;
	const char * const *sentences;
	unsigned int nr_promises;
	void (*make)(struct trace *trace);
	unsigned int (*run)(const struct trace *trace);
	int (*text)(const struct step *s, char *text, size_t size);
};

extern const struct trace_kind area_faults;
extern const struct trace_kind area_traces;
extern const struct trace_kind claims_traces;
extern const struct trace_kind stuck_traces;

void trace_test(const struct trace_kind *kind, unsigned long seed, unsigned long iterations);
void trace_fuzz(const struct trace_kind *kind, const u8 *data, size_t size);

#endif /* _CMA_TEST_TRACE_H */
