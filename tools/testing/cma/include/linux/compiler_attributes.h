/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CMA_TEST_LINUX_COMPILER_ATTRIBUTES_H
#define _CMA_TEST_LINUX_COMPILER_ATTRIBUTES_H

#define __format_as(...)	__attribute__((__VA_ARGS__))
#define __printf(text, first)	__format_as(__format__(__printf__, text, first))

#endif /* _CMA_TEST_LINUX_COMPILER_ATTRIBUTES_H */
