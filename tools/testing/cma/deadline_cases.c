// SPDX-License-Identifier: GPL-2.0
/*
 * A request that is over in time, whatever it is at just then, says which page was in
 * its way.
 */
#include "area_trace.h"
#include "cma.h"
#include "kernel_model.h"
#include "tap.h"
#include "tests.h"

#define AREA_PAGES	(4 * pageblock_nr_pages)
/* Moving, draining and watching take less, all together. */
#define LAST_MS		400
#define FOREVER_NS	(100000LL * NSEC_PER_MSEC)

static const struct trace area = {
	.base_pfn = ZONE_FIRST_PFN, .nr_pages = AREA_PAGES,
};

/* Of an area in which each page is held */
static bool names_page(gfp_t gfp, unsigned int deadline_ms)
{
	struct cma *cma = area_boot(&area);
	unsigned long i;

	for (i = 0; i < AREA_PAGES; i++)
		kernel_pin(kernel_use(USER_ANON, 0, true), FOREVER_NS);
	cma->deadline_ms = deadline_ms;
	return !cma_alloc_gfp(cma, pageblock_nr_pages, 0, gfp) &&
	       strstr(kernel_log, "pfn 0x") && !kernel_nr_warned;
}

static bool names_page_at_any_time(gfp_t gfp)
{
	bool named = true;
	unsigned int ms;

	for (ms = 1; named && ms <= LAST_MS; ms++) {
		named = names_page(gfp, ms);
		if (!named)
			tap_note("%u ms: %s", ms, kernel_log);
		area_forget();
	}
	return named;
}

/*
 * The second half of each pageblock is being written, for longer than anybody waits.
 * Some of the first move only when they are written: that is begun, and nobody waits for
 * other I/O.
 */
static bool writes_without_waiting(void)
{
	struct cma *cma = area_boot(&area);
	bool done;
	unsigned long i;

	for (i = 0; i < AREA_PAGES; i++) {
		unsigned int user = kernel_use(USER_DIRTY, 0, true);

		if (folio_pfn(kernel_users[user].folio) & (pageblock_nr_pages / 2))
			kernel_write(user, FOREVER_NS);
	}
	cma->deadline_ms = LAST_MS;
	done = !cma_alloc_gfp(cma, pageblock_nr_pages, pageblock_order,
			      GFP_KERNEL | __GFP_RETRY_MAYFAIL) && !kernel_nr_warned;
	if (!done)
		tap_note("%s", kernel_warning ?: "the pages were had");
	area_forget();
	return done;
}

void test_deadline_cases(void)
{
	tap_result(names_page_at_any_time(GFP_KERNEL),
		   "a request names the page in its way, whenever its time is over");
	tap_result(names_page_at_any_time(GFP_KERNEL | __GFP_RETRY_MAYFAIL),
		   "one that comes back for pages names the page, whenever its time is over");
	tap_result(writes_without_waiting(),
		   "one that has a page written waits for no other page's I/O");
}
