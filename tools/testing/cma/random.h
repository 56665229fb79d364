/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Numbers that are the same on every machine for the same seed.
 */
#ifndef _CMA_TEST_RANDOM_H
#define _CMA_TEST_RANDOM_H

#include <stdbool.h>
#include <stddef.h>

void random_seed(unsigned long seed);
void random_take(const void *bytes, size_t size);
unsigned long random_below(unsigned long limit);
unsigned long random_size(unsigned long most);

static inline unsigned long random_between(unsigned long least, unsigned long most)
{
	return least + random_below(most - least + 1);
}

/* Once in @n times. */
static inline bool random_one_in(unsigned long n)
{
	return !random_below(n);
}

#endif /* _CMA_TEST_RANDOM_H */
