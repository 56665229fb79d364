// SPDX-License-Identifier: GPL-2.0
#include "kernel_model.h"

#include "area_trace.h"
#include "cma.h"
#include "guard.h"

const char * const area_sentences[NR_AREA_PROMISES] = {
	[PAGES_ARE_SOMEBODYS] =
		"after each step a page is free, on a per-CPU list, a user's or handed out, and one of it",
	[FREE_IS_COUNTED] =
		"free blocks are on the list of their pageblocks' type, and counted there",
	[TYPES_ARE_BACK] =
		"no pageblock stays isolated, and those of the area are lent",
	[USERS_KEEP_THEIRS] =
		"users have what they had, wherever it is now, but for clean page cache",
	[CLAIMS_ARE_RIGHT] =
		"what was handed out is claimed and counted, and nothing else is",
	[GETS_WHAT_IT_ASKED] =
		"what a request gets is in the area, aligned, nobody's, with one reference each",
	[FINDS_WINDOW] =
		"a request gets a window if there is one in which everything is free or moves",
	[REFUSES_RIGHTLY] =
		"and none if there is a page in each that is handed out or held",
	[WRONG_IS_REFUSED] =
		"a release is refused if not all of the pages are handed out",
	[RANGE_IS_HAD] =
		"a range is to be had if all in it is free or moves, or is written in a moment",
	[SHARED_STAYS] =
		"a page of a range that somebody refers to stays when the others are given back",
	[POISONED_STAYS] =
		"a page of a range that is poisoned is nobody's then, and said to be in the way",
	[ISOLATED_IS_TOLD] =
		"an isolated range is said to be free if all of it is, and only then",
	[HOLES_ARE_REFUSED] =
		"a range is refused if a part of it is no memory",
	[ENDS_IN_TIME] =
		"a request ends a moment behind its deadline",
	[NO_WARNING] =
		"nothing is done that a debugging kernel would warn of",
};

#define DEADLINE_MS	5000
/* What is begun before the deadline may go on for as long as a folio is waited for. */
#define SLACK_MS	120
/* Held for so long, a page is held longer than anyone waits. */
#define FOREVER_MS	100000
/* The range engine waits for a page for longer than that. */
#define RANGE_WAIT_MS	80
/* So many pages that are waited for one after the other take less than the time. */
#define MAX_WAITING	8

#define MAX_PIECES	ZONE_PAGES

enum holder { NOBODY, AREA, RANGE };

/**
 * struct piece - pages that were handed out at once
 * @pfn: the first that is left
 * @nr: how many are left
 * @compound: they are a folio
 */
struct piece {
	unsigned long pfn;
	unsigned long nr;
	bool compound;
};

/**
 * struct memory - the code under test's and ours
 * @cma: the area
 * @trace: what is done
 * @owner: to whom each page was handed out
 * @piece: what was handed out, by owner
 * @nr_pieces: how many of them
 * @had: what users had before the step: of each, its kind; NR_USER_KINDS for none
 * @nr_alloc: pages that the area has handed out, ever
 * @nr_fail: pages that it was asked for in vain
 * @killed: a fatal signal is pending
 */
struct memory {
	struct cma *cma;
	const struct trace *trace;
	enum holder owner[ZONE_PAGES];
	struct piece piece[RANGE + 1][MAX_PIECES];
	unsigned int nr_pieces[RANGE + 1];
	enum user_kind had[MAX_USERS];
	unsigned long nr_alloc;
	unsigned long nr_fail;
	bool killed;
};

void area_forget(void)
{
	if (cma_area_count)
		free(cma_areas[0].claims.bits);
	memset(cma_areas, 0, sizeof(cma_areas));
	cma_area_count = 0;
	totalcma_pages = 0;
}

/* All but the area is free; nothing of it is lent yet. */
struct cma *area_reserve(const struct trace *trace)
{
	unsigned long pfn;
	struct cma *cma;

	kernel_boot();
	memblock_model_reset(PFN_PHYS(ZONE_FIRST_PFN), ZONE_PAGES << PAGE_SHIFT);
	memblock_reserve(PFN_PHYS(trace->base_pfn), trace->nr_pages << PAGE_SHIFT);
	area_forget();

	for (pfn = 0; pfn < ZONE_PAGES; pfn++) {
		kernel_pages[pfn]._mapcount.counter = -1;
		kernel_pages[pfn]._large_mapcount.counter = -1;
	}
	for (pfn = ZONE_FIRST_PFN; pfn_valid(pfn); pfn += pageblock_nr_pages)
		if (pfn - trace->base_pfn >= trace->nr_pages)
			__free_pages_core(pfn_to_page(pfn), pageblock_order, MEMINIT_EARLY);
	if (cma_init_reserved_mem(PFN_PHYS(trace->base_pfn), trace->nr_pages << PAGE_SHIFT,
				  trace->order, "test", &cma))
		abort();
	cma->deadline_ms = DEADLINE_MS;
	return cma;
}

/* All but the area is free. */
struct cma *area_boot(const struct trace *trace)
{
	struct cma *cma = area_reserve(trace);

	cma_init_reserved_areas_initcall();
	return cma;
}

static void hand_out(struct memory *m, enum holder owner, unsigned long pfn, unsigned long nr,
		     bool compound)
{
	unsigned long i;

	for (i = 0; i < nr; i++)
		m->owner[pfn - ZONE_FIRST_PFN + i] = owner;
	m->piece[owner][m->nr_pieces[owner]++] = (struct piece) {
		.pfn = pfn, .nr = nr, .compound = compound,
	};
}

/* The first @nr pages of a piece go back. */
static void hand_in(struct memory *m, enum holder owner, unsigned int index, unsigned long nr)
{
	struct piece *piece = &m->piece[owner][index];
	unsigned long i;

	for (i = 0; i < nr; i++)
		m->owner[piece->pfn - ZONE_FIRST_PFN + i] = NOBODY;
	piece->pfn += nr;
	piece->nr -= nr;
	if (!piece->nr)
		*piece = m->piece[owner][--m->nr_pieces[owner]];
}

static enum area_promise check_got(const struct memory *m, enum holder owner, unsigned long pfn,
				   unsigned long nr, bool compound)
{
	unsigned long i;

	for (i = 0; i < nr; i++) {
		const struct page *page = pfn_to_page(pfn + i);
		int references = compound && i ? 0 : 1;
		bool inside;

		if (!pfn_valid(pfn + i) || m->owner[pfn - ZONE_FIRST_PFN + i] ||
		    page->content || PageBuddy(page) || page_has(page, PG_pcp) ||
		    page_ref_count(page) != references)
			return GETS_WHAT_IT_ASKED;
		inside = pfn + i - m->cma->claims.base_pfn < m->cma->claims.nr_pages;
		if (PageTransCompound(page) != compound || (inside ? AREA : RANGE) != owner)
			return GETS_WHAT_IT_ASKED;
	}
	return NR_AREA_PROMISES;
}

/**
 * struct outlook - what can become of a request
 * @window: there is a window with nothing in it that does not move at once
 * @hope: and one in which nothing is handed out or held for ever
 */
struct outlook {
	bool window;
	bool hope;
};

static void look_at_page(const struct memory *m, unsigned long pfn, struct outlook *at)
{
	const struct page *page = pfn_to_page(pfn);
	const struct user *user = page->content ? &kernel_users[page->content - 1] : NULL;

	if (m->owner[pfn - ZONE_FIRST_PFN])
		*at = (struct outlook) { };
	if (!user)
		return;
	if (user->pinned && user->until > ktime_get() + FOREVER_MS / 2 * NSEC_PER_MSEC)
		at->hope = false;
	/* Moving large folios takes large free blocks. */
	if (user->pinned || folio_test_writeback(user->folio) || folio_test_large(user->folio))
		at->window = false;
}

/*
 * Is there room outside the area for all of its users, and time for those that are
 * waited for, so that a request need not end because of them?
 */
static bool has_room(const struct memory *m)
{
	unsigned long pfn, free = 0, used = 0, waiting = 0;

	for (pfn = ZONE_FIRST_PFN; pfn_valid(pfn); pfn++) {
		bool inside = pfn - m->trace->base_pfn < m->trace->nr_pages;
		const struct page *page = pfn_to_page(pfn);

		if (inside && page->content) {
			used++;
			waiting += folio_test_writeback(page_folio(page));
			if (folio_test_large(page_folio(page)))
				return false;
		}
		if (!inside && PageBuddy(page) && page->list != MIGRATE_HIGHATOMIC)
			free += 1UL << page->order;
	}
	return free >= used && waiting <= MAX_WAITING;
}

static struct outlook look_out(const struct memory *m, unsigned long nr, unsigned int order)
{
	unsigned long base = m->trace->base_pfn, end = base + m->trace->nr_pages;
	unsigned long align = 1UL << max(order, m->trace->order), pfn, i;
	struct outlook all = { };

	for (pfn = ALIGN(base, align); nr && pfn + nr <= end; pfn += align) {
		struct outlook at = { .window = true, .hope = true };

		for (i = 0; i < nr; i++)
			look_at_page(m, pfn + i, &at);
		all.window |= at.window;
		all.hope |= at.hope;
	}
	all.window &= has_room(m) && !m->killed && !kernel_fail_nth;
	return all;
}

static enum area_promise judge(struct memory *m, const struct page *page, unsigned long nr,
			       unsigned int order, bool compound, struct outlook before)
{
	unsigned long align = 1UL << max(order, m->trace->order), pfn;
	enum area_promise broken;

	if (!page) {
		m->nr_fail += m->cma->active ? nr : 0;
		return before.window && m->cma->active ? FINDS_WINDOW : NR_AREA_PROMISES;
	}
	if (!before.hope)
		return REFUSES_RIGHTLY;
	pfn = page_to_pfn(page);
	if (!IS_ALIGNED(pfn, align))
		return GETS_WHAT_IT_ASKED;
	broken = check_got(m, AREA, pfn, nr, compound);
	m->nr_alloc += nr;
	hand_out(m, AREA, pfn, nr, compound);
	return broken;
}

static gfp_t gfp_of(enum area_effort effort)
{
	switch (effort) {
	case EFFORT_NORETRY:
		return GFP_KERNEL | __GFP_NORETRY;
	case EFFORT_MAYFAIL:
		return GFP_KERNEL | __GFP_RETRY_MAYFAIL;
	case EFFORT_NOFS:
		return GFP_KERNEL & ~__GFP_FS;
	default:
		return GFP_KERNEL;
	}
}

static enum area_promise area_alloc(struct memory *m, const struct step *s)
{
	enum area_effort effort = s->pfn % NR_EFFORTS;
	unsigned int order = s->pfn / NR_EFFORTS;
	struct outlook before = look_out(m, s->nr, order);
	ktime_t began = ktime_get();
	struct page *page;

	/* Of these, there cannot be one. */
	if ((!is_power_of_2(s->nr) || order < ilog2(s->nr)) &&
	    cma_alloc_gfp(m->cma, s->nr, order, GFP_KERNEL | __GFP_COMP))
		return WRONG_IS_REFUSED;
	before.window &= effort == EFFORT_DEFAULT || effort == EFFORT_MAYFAIL;
	page = cma_alloc_gfp(m->cma, s->nr, order, gfp_of(effort));
	if (ktime_get() - began > (DEADLINE_MS + SLACK_MS) * NSEC_PER_MSEC)
		return ENDS_IN_TIME;
	return judge(m, page, s->nr, order, false, before);
}

static enum area_promise area_folio(struct memory *m, const struct step *s)
{
	struct outlook before = look_out(m, 1UL << s->nr, s->nr);
	struct folio *folio = cma_alloc_folio(m->cma, s->nr, GFP_KERNEL);

	return judge(m, folio ? &folio->page : NULL, 1UL << s->nr, s->nr, true, before);
}

static enum area_promise area_release(struct memory *m, const struct step *s)
{
	unsigned long unit = 1UL << m->trace->order, nr;
	struct piece *piece;
	unsigned int index;

	if (!m->nr_pieces[AREA])
		return NR_AREA_PROMISES;
	index = s->pfn % m->nr_pieces[AREA];
	piece = &m->piece[AREA][index];
	nr = piece->compound || s->nr >= piece->nr ? piece->nr : s->nr;
	nr = min(ALIGN(nr, unit), piece->nr);
	if (!cma_release(m->cma, pfn_to_page(piece->pfn), nr))
		return WRONG_IS_REFUSED;
	hand_in(m, AREA, index, nr);
	return NR_AREA_PROMISES;
}

/* Something in the area that must not be released: what came of it is seen by check(). */
static enum area_promise area_wrong(struct memory *m, const struct step *s)
{
	unsigned long first = s->pfn % ZONE_PAGES, said = kernel_nr_said;
	bool inside = first + ZONE_FIRST_PFN - m->cma->claims.base_pfn < m->cma->claims.nr_pages;
	unsigned long unit = 1UL << m->trace->order, i;
	bool owned = inside;

	/* What would be right, or what a unit that is claimed whole makes right */
	for (i = first; i < ALIGN(first + s->nr, unit) && owned; i++)
		owned = i < ZONE_PAGES && m->owner[i] == AREA;
	if (owned || (inside && !IS_ALIGNED(first, unit)))
		return NR_AREA_PROMISES;
	for (i = first; i < first + s->nr && i < ZONE_PAGES; i++)
		if (unit > 1 && m->owner[i] == AREA)
			return NR_AREA_PROMISES;
	if (cma_release(m->cma, &kernel_pages[first], s->nr) != inside)
		return WRONG_IS_REFUSED;
	return inside == (kernel_nr_said != said) ? NR_AREA_PROMISES : WRONG_IS_REFUSED;
}

/* Will somebody else's writeback of a page be over before the range is given up? */
static bool written_soon(const struct user *user)
{
	return !folio_test_writeback(user->folio) ||
	       user->until - ktime_get() < RANGE_WAIT_MS * NSEC_PER_MSEC;
}

/*
 * Is all of a range free, or moves, and the memory to move it to elsewhere? It may
 * take emptying the batches.
 */
static bool is_to_be_had(const struct memory *m, unsigned long start, unsigned long nr,
			 bool emptied)
{
	unsigned long pfn, free = 0;

	for (pfn = ZONE_FIRST_PFN; pfn_valid(pfn); pfn++) {
		const struct page *page = pfn_to_page(pfn);
		const struct user *user = page->content ? &kernel_users[page->content - 1] : NULL;
		enum migratetype mt = get_pageblock_migratetype(page);

		if (pfn - start >= nr) {
			if ((pfn < pageblock_start_pfn(start) || pfn >= start + nr +
			     pageblock_nr_pages) && PageBuddy(page) &&
			    (mt == MIGRATE_MOVABLE || mt == MIGRATE_UNMOVABLE))
				free += 1UL << page->order;
			continue;
		}
		if (mt == MIGRATE_CMA || mt == MIGRATE_HIGHATOMIC ||
		    m->owner[pfn - ZONE_FIRST_PFN])
			return false;
		if (user && (user->kind == USER_KERNEL || user->pinned ||
			     (user->batched && !emptied) ||
			     folio_test_large(user->folio) || !written_soon(user)))
			return false;
	}
	return free >= nr + MAX_ORDER_NR_PAGES && !m->killed && !kernel_fail_nth;
}

static enum area_promise range_alloc(struct memory *m, const struct step *s)
{
	bool may_be_one = is_power_of_2(s->nr) && IS_ALIGNED(s->pfn, s->nr) &&
			  s->nr <= MAX_ORDER_NR_PAGES;
	/* One page is none, whatever the flag. */
	bool compound = may_be_one && s->nr > 1;
	bool due = is_to_be_had(m, s->pfn, s->nr, false);
	int err = alloc_contig_range_noprof(s->pfn, s->pfn + s->nr, MIGRATE_MOVABLE,
					    GFP_KERNEL | (may_be_one ? __GFP_COMP : 0));
	enum area_promise broken;

	if (err)
		return due ? RANGE_IS_HAD : NR_AREA_PROMISES;
	broken = check_got(m, RANGE, s->pfn, s->nr, compound);
	hand_out(m, RANGE, s->pfn, s->nr, compound);
	return broken;
}

static enum area_promise range_written(struct memory *m, const struct step *s)
{
	struct step range = *s;
	unsigned long i;

	for (i = 0; i < MAX_USERS; i++) {
		const struct folio *folio = kernel_users[(s->pfn + i) % MAX_USERS].folio;

		if (!folio || !folio_test_writeback(folio))
			continue;
		range.pfn = folio_pfn(folio);
		range.nr = min(s->nr, zone_end_pfn(&kernel_zone) - range.pfn);
		return range_alloc(m, &range);
	}
	return NR_AREA_PROMISES;
}

/* Is there a range of that size to be had anywhere? */
static bool is_any_to_be_had(const struct memory *m, unsigned long nr)
{
	unsigned long align = is_power_of_2(nr) ? nr : 1, pfn;

	for (pfn = ALIGN(ZONE_FIRST_PFN, align); pfn_valid(pfn + nr - 1); pfn += align)
		if (is_to_be_had(m, pfn, nr, true))
			return true;
	return false;
}

static enum area_promise zone_alloc(struct memory *m, const struct step *s)
{
	bool due = is_any_to_be_had(m, s->nr);
	const struct page *page = alloc_contig_pages_noprof(s->nr, GFP_KERNEL, 0, NULL);
	enum area_promise broken;

	if (!page)
		return due ? RANGE_IS_HAD : NR_AREA_PROMISES;
	broken = check_got(m, RANGE, page_to_pfn(page), s->nr, false);
	hand_out(m, RANGE, page_to_pfn(page), s->nr, false);
	return broken;
}

static enum area_promise range_free(struct memory *m, const struct step *s)
{
	struct piece *piece;
	unsigned long nr;
	unsigned int index;

	if (!m->nr_pieces[RANGE])
		return NR_AREA_PROMISES;
	index = s->pfn % m->nr_pieces[RANGE];
	piece = &m->piece[RANGE][index];
	nr = piece->compound ? piece->nr : min(piece->nr, s->nr);
	free_contig_range(piece->pfn, nr);
	hand_in(m, RANGE, index, nr);
	return NR_AREA_PROMISES;
}

/* The kernel is to warn of it, and whoever has the page to free it. */
static enum area_promise range_shared(struct memory *m, const struct step *s)
{
	struct piece *piece;
	struct page *page;
	unsigned int index;

	if (!m->nr_pieces[RANGE])
		return NR_AREA_PROMISES;
	index = s->pfn % m->nr_pieces[RANGE];
	piece = &m->piece[RANGE][index];
	if (piece->compound || kernel_nr_warned)
		return NR_AREA_PROMISES;
	page = pfn_to_page(piece->pfn + s->nr % piece->nr);
	if (!folio_try_get(page_folio(page)))
		return NR_AREA_PROMISES;
	free_contig_range(piece->pfn, piece->nr);
	hand_in(m, RANGE, index, piece->nr);
	if (kernel_nr_warned != 1 || page_ref_count(page) != 1 || PageBuddy(page))
		return SHARED_STAYS;
	kernel_nr_warned = 0;
	__free_page(page);
	return NR_AREA_PROMISES;
}

/* Until someone replaces the memory. */
static enum area_promise range_poisoned(struct memory *m, const struct step *s)
{
	struct piece *piece;
	struct page *page;
	unsigned int index;
	unsigned long nr;
	bool stayed;

	if (!m->nr_pieces[RANGE])
		return NR_AREA_PROMISES;
	index = s->pfn % m->nr_pieces[RANGE];
	piece = &m->piece[RANGE][index];
	if (piece->compound)
		return NR_AREA_PROMISES;
	page = pfn_to_page(piece->pfn + s->nr % piece->nr);
	page_set(page, PG_hwpoison);
	free_contig_range(piece->pfn, piece->nr);
	hand_in(m, RANGE, index, piece->nr);
	stayed = PageHWPoison(page) && !page_ref_count(page) && !PageBuddy(page) &&
		 contig_page_kind(page_to_pfn(page), &nr) == CONTIG_UNMOVABLE;
	page_clear(page, PG_hwpoison);
	set_page_refcounted(page);
	__free_page(page);
	return stayed ? NR_AREA_PROMISES : POISONED_STAYS;
}

/* A range around isolated pageblocks, which are taken away meanwhile */
static bool is_refused_with_hole(unsigned long start, unsigned long end)
{
	unsigned long pfn;
	int err;

	for (pfn = start; pfn < end; pfn += pageblock_nr_pages)
		is_offline(pfn) = true;
	err = alloc_contig_range_noprof(pfn_valid(start - 1) ? start - 1 : start,
					pfn_valid(end) ? end + 1 : end, MIGRATE_MOVABLE,
					GFP_KERNEL);
	for (pfn = start; pfn < end; pfn += pageblock_nr_pages)
		is_offline(pfn) = false;
	return err == -EINVAL;
}

/* As memory hotplug does */
static enum area_promise offline(struct memory *m, const struct step *s)
{
	unsigned long start = pageblock_start_pfn(ZONE_FIRST_PFN + s->pfn % ZONE_PAGES), pfn;
	unsigned long end = start + s->nr * pageblock_nr_pages, free_until = start;
	bool told, refused;

	(void)m;
	if (!pfn_valid(end - 1) ||
	    start_isolate_page_range(start, end, MIGRATE_MOVABLE, REPORT_FAILURE, GFP_KERNEL)) {
		/* That of the page in the way is meant. */
		kernel_nr_warned = 0;
		return NR_AREA_PROMISES;
	}
	told = !test_pages_isolated(start, end, 0);
	for (pfn = start; pfn < end && pfn <= free_until; pfn++)
		if (PageBuddy(pfn_to_page(pfn)))
			free_until = pfn + (1UL << pfn_to_page(pfn)->order);
	refused = !told || is_refused_with_hole(start, end);
	undo_isolate_page_range(start, end, MIGRATE_MOVABLE);
	if (!refused)
		return HOLES_ARE_REFUSED;
	return told == (free_until >= end) ? NR_AREA_PROMISES : ISOLATED_IS_TOLD;
}

static enum area_promise use(struct memory *m, const struct step *s)
{
	enum user_kind kind = s->pfn % NR_USER_KINDS;
	unsigned int order = s->pfn / NR_USER_KINDS % 4, user;
	unsigned long i;

	for (i = 0; i < s->nr; i++) {
		user = kernel_use(kind, order, s->pfn / NR_USER_KINDS / 4);
		if (user < MAX_USERS)
			m->had[user] = kind;
	}
	return NR_AREA_PROMISES;
}

static enum area_promise unuse(struct memory *m, const struct step *s)
{
	unsigned long i;

	for (i = 0; i < s->nr; i++) {
		unsigned int user = (s->pfn + i) % MAX_USERS;

		if (kernel_users[user].folio && !kernel_users[user].pinned) {
			kernel_unuse(user);
			if (!kernel_users[user].folio)
				m->had[user] = NR_USER_KINDS;
		}
	}
	return NR_AREA_PROMISES;
}

/* Users that can be pinned, written or put into batches are those that there are. */
static unsigned int user_at(unsigned long n)
{
	unsigned int i;

	for (i = 0; i < MAX_USERS && !kernel_users[(n + i) % MAX_USERS].folio; i++)
		;
	return (n + i) % MAX_USERS;
}

static enum area_promise pin(struct memory *m, const struct step *s)
{
	(void)m;
	kernel_pin(user_at(s->pfn), s->nr * NSEC_PER_MSEC);
	return NR_AREA_PROMISES;
}

static enum area_promise write_back(struct memory *m, const struct step *s)
{
	(void)m;
	kernel_write(user_at(s->pfn), s->nr * NSEC_PER_MSEC);
	return NR_AREA_PROMISES;
}

static enum area_promise batch(struct memory *m, const struct step *s)
{
	unsigned long i;

	(void)m;
	for (i = 0; i < s->nr; i++)
		kernel_batch(user_at(s->pfn + i));
	return NR_AREA_PROMISES;
}

static enum area_promise on_cpu(struct memory *m, const struct step *s)
{
	(void)m;
	kernel_run_on(s->pfn % KERNEL_CPUS);
	return NR_AREA_PROMISES;
}

static enum area_promise give_up(struct memory *m, const struct step *s)
{
	(void)m;
	(void)s;
	kernel_give_up();
	return NR_AREA_PROMISES;
}

static enum area_promise freeze(struct memory *m, const struct step *s)
{
	(void)m;
	kernel_freeze(s->nr & 1);
	return NR_AREA_PROMISES;
}

static enum area_promise kill_it(struct memory *m, const struct step *s)
{
	(void)s;
	m->killed = !m->killed;
	kernel_kill(m->killed);
	return NR_AREA_PROMISES;
}

static enum area_promise (*const ops[NR_AREA_OPS])(struct memory *m, const struct step *s) = {
	[AREA_ALLOC] = area_alloc,
	[AREA_FOLIO] = area_folio,
	[AREA_RELEASE] = area_release,
	[AREA_WRONG] = area_wrong,
	[RANGE_ALLOC] = range_alloc,
	[RANGE_WRITTEN] = range_written,
	[RANGE_FREE] = range_free,
	[RANGE_SHARED] = range_shared,
	[RANGE_POISONED] = range_poisoned,
	[ZONE_ALLOC] = zone_alloc,
	[OFFLINE] = offline,
	[USE] = use,
	[UNUSE] = unuse,
	[PIN] = pin,
	[WRITE] = write_back,
	[BATCH] = batch,
	[ON_CPU] = on_cpu,
	[GIVEN_UP] = give_up,
	[FROZEN] = freeze,
	[KILLED] = kill_it,
};

static enum area_promise check_users(struct memory *m)
{
	unsigned long i, page;

	for (i = 0; i < MAX_USERS; i++) {
		const struct folio *folio = kernel_users[i].folio;

		if (m->had[i] == NR_USER_KINDS && !folio)
			continue;
		if (!folio && (m->had[i] == USER_CLEAN ||
			       kernel_users[i].kind == USER_CLEAN)) {
			m->had[i] = NR_USER_KINDS;
			continue;
		}
		if (!folio || m->had[i] == NR_USER_KINDS)
			return USERS_KEEP_THEIRS;
		for (page = 0; page < folio_nr_pages(folio); page++)
			if (pfn_to_page(folio_pfn(folio) + page)->content != i + 1)
				return USERS_KEEP_THEIRS;
		if (page_has(&folio->page, PG_locked) ||
		    (kernel_users[i].kind != USER_KERNEL && !kernel_users[i].batched &&
		     !folio_test_lru(folio)))
			return USERS_KEEP_THEIRS;
	}
	return NR_AREA_PROMISES;
}

static bool is_users(unsigned long pfn)
{
	const struct page *page = pfn_to_page(pfn);
	const struct folio *folio = page->content ? kernel_users[page->content - 1].folio : NULL;

	return folio && pfn - folio_pfn(folio) < folio_nr_pages(folio);
}

static enum area_promise check_pages(const struct memory *m)
{
	unsigned long pfn, free_until = 0;

	for (pfn = ZONE_FIRST_PFN; pfn_valid(pfn); pfn++) {
		const struct page *page = pfn_to_page(pfn);
		bool owned = m->owner[pfn - ZONE_FIRST_PFN], free;

		if (PageBuddy(page)) {
			if (pfn < free_until || !IS_ALIGNED(pfn, 1UL << page->order))
				return PAGES_ARE_SOMEBODYS;
			free_until = pfn + (1UL << page->order);
		}
		free = pfn < free_until;
		if (free + page_has(page, PG_pcp) + is_users(pfn) + owned != 1)
			return PAGES_ARE_SOMEBODYS;
		if ((free || page_has(page, PG_pcp)) && page_ref_count(page))
			return PAGES_ARE_SOMEBODYS;
	}
	return NR_AREA_PROMISES;
}

static enum area_promise check_counts(void)
{
	long nr_free[MIGRATE_TYPES] = { };
	unsigned long pfn;

	for (pfn = ZONE_FIRST_PFN; pfn_valid(pfn); pfn++) {
		const struct page *page = pfn_to_page(pfn);

		if (!PageBuddy(page))
			continue;
		nr_free[page->list] += 1L << page->order;
		if (page->list != get_pageblock_migratetype(page) ||
		    page->list != get_pageblock_migratetype(page + (1UL << page->order) - 1))
			return FREE_IS_COUNTED;
	}
	return memcmp(nr_free, kernel_zone.nr_free, sizeof(nr_free)) ? FREE_IS_COUNTED :
								      NR_AREA_PROMISES;
}

static enum area_promise check_types(const struct memory *m)
{
	unsigned long pfn;

	if (kernel_zone.nr_isolate_pageblock || kernel_zone.pageblock_holds)
		return TYPES_ARE_BACK;
	for (pfn = ZONE_FIRST_PFN; pfn_valid(pfn); pfn += pageblock_nr_pages) {
		bool lent = m->cma->active && pfn - m->trace->base_pfn < m->trace->nr_pages;
		enum migratetype mt = get_pageblock_migratetype(pfn_to_page(pfn));

		if (mt == MIGRATE_ISOLATE || is_migrate_cma(mt) != lent)
			return TYPES_ARE_BACK;
	}
	return kernel_zone.cma_pages == m->cma->claims.nr_pages &&
	       totalcma_pages == m->cma->claims.nr_pages ? NR_AREA_PROMISES : TYPES_ARE_BACK;
}

static enum area_promise check_claims(const struct memory *m)
{
	const struct cma_claims *claims = &m->cma->claims;
	const struct cma_stats *stats = &m->cma->stats;
	unsigned long bit, i, nr = 0, owned = 0;

	for (bit = 0; bit < cma_claims_nr_bits(claims); bit++) {
		unsigned long first = cma_claims_pfn(claims, bit) - ZONE_FIRST_PFN;
		bool any = false;

		for (i = 0; i < 1UL << claims->order; i++) {
			any |= m->owner[first + i] == AREA;
			owned += m->owner[first + i] == AREA;
		}
		if (any != test_bit(bit, claims->bits))
			return CLAIMS_ARE_RIGHT;
		nr += any ? 1UL << claims->order : 0;
	}
	if (nr != claims->nr_claimed || !list_empty(&m->cma->at_work) ||
	    stats->alloc_success != m->nr_alloc || stats->alloc_fail != m->nr_fail ||
	    stats->alloc_success - stats->released != owned ||
	    stats->captured > stats->alloc_success)
		return CLAIMS_ARE_RIGHT;
	return NR_AREA_PROMISES;
}

static enum area_promise check(struct memory *m)
{
	enum area_promise broken = kernel_nr_warned ? NO_WARNING : check_pages(m);

	if (broken == NR_AREA_PROMISES)
		broken = check_counts();
	if (broken == NR_AREA_PROMISES)
		broken = check_types(m);
	if (broken == NR_AREA_PROMISES)
		broken = check_users(m);
	return broken == NR_AREA_PROMISES ? check_claims(m) : broken;
}

unsigned int area_trace_run(const struct trace *trace)
{
	enum area_promise broken;
	static struct memory m;
	unsigned int i;

	memset(&m, 0, sizeof(m));
	for (i = 0; i < MAX_USERS; i++)
		m.had[i] = NR_USER_KINDS;
	m.trace = trace;
	m.cma = area_boot(trace);
	broken = check(&m);
	for (i = 0; i < trace->nr_steps && broken == NR_AREA_PROMISES; i++) {
		kernel_pass(trace->steps[i].ns);
		broken = ops[trace->steps[i].op](&m, &trace->steps[i]);
		if (broken == NR_AREA_PROMISES)
			broken = check(&m);
	}
	return broken;
}

/* Each chance to fail is taken once, in a run of its own. */
unsigned int area_faults_run(const struct trace *trace)
{
	unsigned int broken;
	unsigned long nth;

	for (nth = 1; ; nth++) {
		guard_again();
		kernel_fail_nth = nth;
		broken = area_trace_run(trace);
		if (broken != NR_AREA_PROMISES || kernel_fail_nth)
			break;
	}
	kernel_fail_nth = 0;
	return broken;
}

enum area_promise area_check_idle(const struct trace *trace, struct cma *cma)
{
	static struct memory m;
	unsigned int i;

	memset(&m, 0, sizeof(m));
	m.trace = trace;
	m.cma = cma;
	m.nr_alloc = cma->stats.alloc_success;
	m.nr_fail = cma->stats.alloc_fail;
	for (i = 0; i < MAX_USERS; i++)
		m.had[i] = kernel_users[i].folio ? kernel_users[i].kind : NR_USER_KINDS;
	return check(&m);
}

int area_step_text(const struct step *s, char *text, size_t size)
{
	static const char * const names[NR_AREA_OPS] = {
		[AREA_ALLOC] = "AREA_ALLOC", [AREA_FOLIO] = "AREA_FOLIO",
		[AREA_RELEASE] = "AREA_RELEASE", [AREA_WRONG] = "AREA_WRONG",
		[RANGE_ALLOC] = "RANGE_ALLOC", [RANGE_WRITTEN] = "RANGE_WRITTEN",
		[RANGE_FREE] = "RANGE_FREE", [RANGE_SHARED] = "RANGE_SHARED",
		[RANGE_POISONED] = "RANGE_POISONED",
		[ZONE_ALLOC] = "ZONE_ALLOC", [OFFLINE] = "OFFLINE", [USE] = "USE",
		[UNUSE] = "UNUSE", [PIN] = "PIN", [WRITE] = "WRITE", [BATCH] = "BATCH",
		[ON_CPU] = "ON_CPU", [GIVEN_UP] = "GIVEN_UP", [FROZEN] = "FROZEN",
		[KILLED] = "KILLED",
	};

	return snprintf(text, size, "{ %s, 0x%lx, %lu, %lld }", names[s->op], s->pfn, s->nr, s->ns);
}
