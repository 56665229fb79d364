/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Claims: which pages of an area are somebody's.
 *
 * One bit stands for a unit of 1 << order pages. Pure bookkeeping: who uses it
 * brings the lock, and the host's model tests compile it as it is.
 */
#ifndef _MM_CMA_CLAIMS_H
#define _MM_CMA_CLAIMS_H

#include <linux/align.h>
#include <linux/bitmap.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/types.h>

/**
 * struct cma_claims - the claims on an area's pages
 * @base_pfn: the area's first pfn, a multiple of a unit
 * @nr_pages: its pages, a multiple of a unit
 * @order: of a unit
 * @nr_claimed: pages in claimed units
 * @bits: one for each unit, set if claimed
 */
struct cma_claims {
	unsigned long base_pfn;
	unsigned long nr_pages;
	unsigned int order;
	unsigned long nr_claimed;
	unsigned long *bits;
};

static inline unsigned long cma_claims_nr_bits(const struct cma_claims *claims)
{
	return claims->nr_pages >> claims->order;
}

/* Units that hold @nr_pages pages. */
static inline unsigned long cma_claims_units(const struct cma_claims *claims,
					     unsigned long nr_pages)
{
	return DIV_ROUND_UP(nr_pages, 1UL << claims->order);
}

static inline unsigned long cma_claims_bit(const struct cma_claims *claims,
					   unsigned long pfn)
{
	return (pfn - claims->base_pfn) >> claims->order;
}

static inline unsigned long cma_claims_pfn(const struct cma_claims *claims,
					   unsigned long bit)
{
	return claims->base_pfn + (bit << claims->order);
}

/* Do these pages all lie in the area? */
static inline bool cma_claims_span(const struct cma_claims *claims,
				   unsigned long pfn, unsigned long nr_pages)
{
	return nr_pages && pfn >= claims->base_pfn &&
	       nr_pages <= claims->nr_pages &&
	       pfn - claims->base_pfn <= claims->nr_pages - nr_pages;
}

/**
 * cma_claims_next() - the first claimed pages in a range
 * @claims: the area's claims
 * @pfn: first pfn of the range
 * @nr_pages: its pages, all in the area
 * @first: where to put the first pfn in the range that is claimed
 * @last: where to put the last pfn of the run of claimed units that begins in
 *	the range, which may reach beyond it
 *
 * Return: true if something in the range is claimed.
 */
static inline bool cma_claims_next(const struct cma_claims *claims,
				   unsigned long pfn, unsigned long nr_pages,
				   unsigned long *first, unsigned long *last)
{
	unsigned long nr_bits = cma_claims_nr_bits(claims);
	unsigned long end = cma_claims_bit(claims, pfn + nr_pages - 1) + 1;
	unsigned long bit;

	bit = find_next_bit(claims->bits, end, cma_claims_bit(claims, pfn));
	if (bit >= end)
		return false;
	*first = max(pfn, cma_claims_pfn(claims, bit));
	bit = find_next_zero_bit(claims->bits, nr_bits, bit);
	*last = cma_claims_pfn(claims, bit) - 1;
	return true;
}

/**
 * cma_claims_take() - claim pages
 * @claims: the area's claims
 * @pfn: first pfn, a multiple of a unit
 * @nr_pages: how many, all in the area; the last unit is claimed whole
 *
 * Return: true, or false if one of them is claimed already: nothing is then.
 */
static inline bool cma_claims_take(struct cma_claims *claims, unsigned long pfn,
				   unsigned long nr_pages)
{
	unsigned long bit = cma_claims_bit(claims, pfn);
	unsigned long nr = cma_claims_units(claims, nr_pages);

	if (find_next_bit(claims->bits, bit + nr, bit) < bit + nr)
		return false;
	bitmap_set(claims->bits, bit, nr);
	claims->nr_claimed += nr << claims->order;
	return true;
}

/**
 * cma_claims_cover() - can the claim on these pages be dropped?
 * @claims: the area's claims
 * @pfn: first pfn
 * @nr_pages: how many, all in the area
 *
 * Return: true if the pages begin with a unit and are all claimed.
 */
static inline bool cma_claims_cover(const struct cma_claims *claims,
				    unsigned long pfn, unsigned long nr_pages)
{
	unsigned long bit = cma_claims_bit(claims, pfn);
	unsigned long end = bit + cma_claims_units(claims, nr_pages);

	return IS_ALIGNED(pfn - claims->base_pfn, 1UL << claims->order) &&
	       find_next_zero_bit(claims->bits, end, bit) >= end;
}

/**
 * cma_claims_drop() - end the claim on pages
 * @claims: the area's claims
 * @pfn: first pfn
 * @nr_pages: how many; cma_claims_cover() is true for them
 *
 * Part of what was claimed at once may be dropped, in whole units.
 */
static inline void cma_claims_drop(struct cma_claims *claims, unsigned long pfn,
				   unsigned long nr_pages)
{
	unsigned long nr = cma_claims_units(claims, nr_pages);

	bitmap_clear(claims->bits, cma_claims_bit(claims, pfn), nr);
	claims->nr_claimed -= nr << claims->order;
}

#endif /* _MM_CMA_CLAIMS_H */
