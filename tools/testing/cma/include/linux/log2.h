/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CMA_TEST_LINUX_LOG2_H
#define _CMA_TEST_LINUX_LOG2_H

#include <linux/types.h>

/* Of 0 it is undefined, as in the kernel. */
static inline unsigned long rounddown_pow_of_two(unsigned long n)
{
	return 1UL << (BITS_PER_LONG - 1 - __builtin_clzl(n));
}

#endif /* _CMA_TEST_LINUX_LOG2_H */
