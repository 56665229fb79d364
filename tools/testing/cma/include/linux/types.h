/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CMA_TEST_LINUX_TYPES_H
#define _CMA_TEST_LINUX_TYPES_H

#include <stdbool.h>
#include <stddef.h>

#define BITS_PER_LONG	__LONG_WIDTH__

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned long long u64;
typedef signed long long s64;

#endif /* _CMA_TEST_LINUX_TYPES_H */
