/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CMA_TEST_PLACE_SHRINK_H
#define _CMA_TEST_PLACE_SHRINK_H

#include "place_trial.h"

const struct request *place_shrink(const struct request *r, const struct property *p);

#endif /* _CMA_TEST_PLACE_SHRINK_H */
