/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HELD_H
#define HELD_H

#include "bench_util.h"

/**
 * struct way - a way to hold pages of a process so that they cannot be moved
 * @name: of the cells
 * @begin: get ready to hold @nr pages
 * @hold: one more page
 * @end: let go of all
 */
struct way {
	const char *name;
	void (*begin)(unsigned int nr);
	void (*hold)(void *page);
	void (*end)(void);
};

#define NR_WAYS	3

extern const struct way held_ways[NR_WAYS];

/**
 * struct oracle - what is in the area, and what of it can be had
 * @area: the area
 * @driver: /dev/test_cma
 * @stuck: a byte for each page: it is allocated, the kernel's own, or held
 * @held: how many are held that the caller knows of
 * @strangers: how many more have references that the kernel cannot explain
 */
struct oracle {
	const struct area *area;
	int driver;
	unsigned char *stuck;
	unsigned int held;
	unsigned int strangers;
};

void oracle_open(struct oracle *oracle, const struct area *area);
void oracle_look(struct oracle *oracle, void *const pages[], unsigned int nr);
/* Is there a window of so many pages without one that is stuck? */
bool oracle_possible(const struct oracle *oracle, unsigned long pages);

#endif /* HELD_H */
