/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the KUnit tests of areas and of the range allocator share.
 */
#ifndef _MM_CMA_KUNIT_H
#define _MM_CMA_KUNIT_H

#include <kunit/test.h>
#include <linux/highmem.h>
#include <linux/seq_buf.h>
#include <linux/string.h>

#include "cma_audit.h"

/* All zones and areas, and the pageblocks of [@start, @end), which may be empty. */
static inline void expect_books_agree(struct kunit *test, unsigned long start,
				      unsigned long end)
{
	struct cma_audit *audit = cma_audit_begin();

	KUNIT_ASSERT_NOT_NULL(test, audit);
	cma_audit_all(audit);
	if (start < end)
		cma_audit_range(audit, start, end);
	KUNIT_EXPECT_EQ_MSG(test, audit->nr_wrong, 0, "%s",
			    seq_buf_str(&audit->report));
	cma_audit_end(audit);
}

static inline void fill_page(struct page *page, u32 word)
{
	u32 *words = kmap_local_page(page);

	memset32(words, word, PAGE_SIZE / sizeof(*words));
	kunmap_local(words);
}

/* Is every word of a page this one? */
static inline bool page_is_filled(struct page *page, u32 word)
{
	u32 *words = kmap_local_page(page);
	bool filled = words[0] == word &&
		      !memcmp(words, words + 1, PAGE_SIZE - sizeof(*words));

	kunmap_local(words);
	return filled;
}

#endif /* _MM_CMA_KUNIT_H */
