/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CMA_TEST_LINUX_ARRAY_SIZE_H
#define _CMA_TEST_LINUX_ARRAY_SIZE_H

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof(*(array)))

#endif /* _CMA_TEST_LINUX_ARRAY_SIZE_H */
