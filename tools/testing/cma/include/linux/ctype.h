/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CMA_TEST_LINUX_CTYPE_H
#define _CMA_TEST_LINUX_CTYPE_H

#include <ctype.h>

#endif /* _CMA_TEST_LINUX_CTYPE_H */
