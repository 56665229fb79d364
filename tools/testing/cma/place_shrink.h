/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CMA_TEST_PLACE_SHRINK_H
#define _CMA_TEST_PLACE_SHRINK_H

#include "layout.h"

typedef bool breaks_fn(const struct request *r, const void *what);

const struct request *place_shrink(const struct request *r, breaks_fn *breaks, const void *what);

#endif /* _CMA_TEST_PLACE_SHRINK_H */
