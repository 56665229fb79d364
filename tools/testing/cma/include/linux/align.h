/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CMA_TEST_LINUX_ALIGN_H
#define _CMA_TEST_LINUX_ALIGN_H

#include <linux/types.h>

/* In the kernel these are macros, for any type; here all of them are pages. */
static inline unsigned long ALIGN_DOWN(unsigned long n, unsigned long power_of_two)
{
	return n & ~(power_of_two - 1);
}

static inline unsigned long ALIGN(unsigned long n, unsigned long power_of_two)
{
	return ALIGN_DOWN(n + power_of_two - 1, power_of_two);
}

static inline bool IS_ALIGNED(unsigned long n, unsigned long power_of_two)
{
	return ALIGN_DOWN(n, power_of_two) == n;
}

#endif /* _CMA_TEST_LINUX_ALIGN_H */
