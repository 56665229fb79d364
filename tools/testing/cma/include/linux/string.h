/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CMA_TEST_LINUX_STRING_H
#define _CMA_TEST_LINUX_STRING_H

#include <string.h>

#endif /* _CMA_TEST_LINUX_STRING_H */
