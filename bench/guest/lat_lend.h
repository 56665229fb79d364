/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LAT_LEND_H
#define LAT_LEND_H

#include "bench_util.h"

/*
 * How much of the area a kernel lends is its own choice, and what is not lent is not
 * in the way. To compare how two kernels take back the same, fill everything but the
 * area first, so that what comes next has to go into it:
 *
 *	memory_map()	page tables that will be needed: they cannot be in the area
 *	lend_begin()	all but the area is taken
 *	...		memory that is used now comes from the area
 *	lend_end()	there is room outside of the area again, to move to
 */
void lend_begin(const struct area *area, struct memory *outside);
void lend_end(struct memory *outside);

/**
 * struct lent - anonymous memory that fills the area, and most of the rest
 * @inside: as large as the area, nearly all of it in there
 * @outside: the rest, but for some room to move to
 */
struct lent {
	struct memory inside;
	struct memory outside;
};

void lend_area(const struct area *area, struct lent *lent);
unsigned long lent_bad_pages(const struct lent *lent);
void lend_release(struct lent *lent);

#endif /* LAT_LEND_H */
