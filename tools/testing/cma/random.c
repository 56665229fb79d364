// SPDX-License-Identifier: GPL-2.0
#include <linux/types.h>

#include "random.h"

/* A counter stirred: Sebastiano Vigna's splitmix64. */
static __thread u64 state;

/* Or what a fuzzer has made up */
static __thread const u8 *given;
static __thread size_t nr_given;

void random_seed(unsigned long seed)
{
	state = seed;
	given = NULL;
}

/* Numbers come from these bytes from now on, as few of them as will do, then are 0. */
void random_take(const void *bytes, size_t size)
{
	static const u8 none;

	given = size ? bytes : &none;
	nr_given = size;
}

static unsigned long given_below(unsigned long limit)
{
	unsigned long bits = limit - 1, x = 0;

	for (; bits && nr_given; bits >>= 8) {
		x = x << 8 | *given++;
		nr_given--;
	}
	return x % limit;
}

/* From 0 to @limit - 1. */
unsigned long random_below(unsigned long limit)
{
	u64 x;

	if (given)
		return given_below(limit);
	state += 0x9e3779b97f4a7c15u;
	x = state;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return (x ^ (x >> 31)) % limit;
}

/* From 1 to @most; each doubling of size is as likely as any other. */
unsigned long random_size(unsigned long most)
{
	unsigned int doublings = 0;
	unsigned long size;

	while (most >> doublings > 1)
		doublings++;
	size = 1UL << random_below(doublings + 1);
	size += random_below(size);
	return size < most ? size : most;
}
