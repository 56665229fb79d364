/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bit after bit: slow, and nothing that could be wrong.
 */
#ifndef _CMA_TEST_LINUX_BITMAP_H
#define _CMA_TEST_LINUX_BITMAP_H

#include <linux/types.h>

#define BITS_TO_LONGS(nr)	(((nr) + BITS_PER_LONG - 1) / BITS_PER_LONG)

static inline bool test_bit(unsigned long nr, const unsigned long *map)
{
	return map[nr / BITS_PER_LONG] >> nr % BITS_PER_LONG & 1;
}

static inline void bitmap_set(unsigned long *map, unsigned int start, unsigned int nr)
{
	for (; nr--; start++)
		map[start / BITS_PER_LONG] |= 1UL << start % BITS_PER_LONG;
}

static inline void bitmap_clear(unsigned long *map, unsigned int start, unsigned int nr)
{
	for (; nr--; start++)
		map[start / BITS_PER_LONG] &= ~(1UL << start % BITS_PER_LONG);
}

/* @size if there is none */
static inline unsigned long find_next_bit(const unsigned long *map, unsigned long size,
					  unsigned long from)
{
	while (from < size && !test_bit(from, map))
		from++;
	return from < size ? from : size;
}

static inline unsigned long find_next_zero_bit(const unsigned long *map, unsigned long size,
					       unsigned long from)
{
	while (from < size && test_bit(from, map))
		from++;
	return from < size ? from : size;
}

#endif /* _CMA_TEST_LINUX_BITMAP_H */
