/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CMA_TEST_LINUX_MATH_H
#define _CMA_TEST_LINUX_MATH_H

/* For unsigned longs, as all of linux/align.h */
static inline unsigned long DIV_ROUND_UP(unsigned long n, unsigned long by)
{
	return (n + by - 1) / by;
}

#endif /* _CMA_TEST_LINUX_MATH_H */
