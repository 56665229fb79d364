// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/minmax.h>

#include "cma_stuck.h"
#include "stuck_trace.h"

const char * const stuck_sentences[NR_STUCK_PROMISES] = {
	[OLDEST_MAKES_ROOM] =
		"if there is no room for a page, one is forgotten that is oldest",
	[TABLE_IS_RIGHT] =
		"after each step all pages are known that should be, once, and no other",
	[BLOCKED_IN_ROUND] =
		"a piece is blocked if and only if a page in it would not move in the round",
	[LAST_IS_NAMED] =
		"the last such page is named",
	[LATELY_COSTS] =
		"each page of the last five seconds makes a piece dearer, and no other does",
};

/**
 * struct page - what the model knows of a page
 * @known: it would not move, and that is not forgotten
 * @kind: what it was
 * @when: and when
 */
struct page {
	bool known;
	unsigned int kind;
	s64 when;
};

/**
 * struct memory - the code under test and the model
 * @table: the one
 * @base_pfn: of the first of @page
 * @nr_pages: how many of @page there are
 * @nr_known: and of those that are known
 * @now: what time it is
 * @since: when the round began
 * @page: the other
 */
struct memory {
	struct cma_stuck_table *table;
	unsigned long base_pfn;
	unsigned long nr_pages;
	unsigned int nr_known;
	s64 now;
	s64 since;
	struct page page[TRACE_MAX_PAGES];
};

/* Is one of the table's first @nr entries for this page? */
static bool has_entry(const struct cma_stuck_table *table, unsigned int nr, unsigned long pfn)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (table->page[i].pfn == pfn)
			return true;
	return false;
}

/* Forget the page that the table has forgotten; false if that was not one of the oldest. */
static bool make_room(struct memory *m)
{
	struct page *gone = NULL;
	unsigned long i;
	s64 oldest = m->now;

	for (i = 0; i < m->nr_pages; i++) {
		if (!m->page[i].known)
			continue;
		oldest = min(oldest, m->page[i].when);
		if (!has_entry(m->table, m->table->nr, m->base_pfn + i))
			gone = &m->page[i];
	}
	if (!gone || gone->when != oldest)
		return false;
	gone->known = false;
	m->nr_known--;
	return true;
}

static enum stuck_promise note(struct memory *m, const struct step *s)
{
	struct page *page = &m->page[s->pfn - m->base_pfn];

	cma_stuck_note(m->table, s->pfn, s->nr, m->now);
	if (!page->known) {
		if (m->nr_known == CMA_NR_STUCK && !make_room(m))
			return OLDEST_MAKES_ROOM;
		m->nr_known++;
	}
	*page = (struct page) { .known = true, .kind = s->nr, .when = m->now };
	return NR_STUCK_PROMISES;
}

/* The pages, as far as there are so many. */
static unsigned long last_of(const struct memory *m, const struct step *s)
{
	return min(s->pfn - m->base_pfn + s->nr, m->nr_pages);
}

static enum stuck_promise forget(struct memory *m, const struct step *s)
{
	unsigned long i;

	cma_stuck_forget(m->table, s->pfn, s->nr);
	for (i = s->pfn - m->base_pfn; i < last_of(m, s); i++) {
		m->nr_known -= m->page[i].known;
		m->page[i].known = false;
	}
	return NR_STUCK_PROMISES;
}

static enum stuck_promise recall(struct memory *m, const struct step *s)
{
	struct cma_piece piece = cma_stuck_recall(m->table, s->pfn, s->nr, m->since, m->now);
	struct cma_piece expected = { 0 };
	unsigned long i;

	for (i = s->pfn - m->base_pfn; i < last_of(m, s); i++) {
		if (!m->page[i].known)
			continue;
		if (m->page[i].when >= m->since) {
			expected.blocked = true;
			expected.blocker = m->base_pfn + i;
		} else if (m->now - m->page[i].when < CMA_STUCK_NS) {
			expected.cost += CMA_STUCK_COST;
		}
	}
	if (piece.blocked != expected.blocked)
		return BLOCKED_IN_ROUND;
	if (piece.blocked)
		return piece.blocker == expected.blocker ? NR_STUCK_PROMISES : LAST_IS_NAMED;
	return piece.cost == expected.cost ? NR_STUCK_PROMISES : LATELY_COSTS;
}

static enum stuck_promise begin_round(struct memory *m, const struct step *s)
{
	(void)s;
	m->since = m->now;
	return NR_STUCK_PROMISES;
}

/* As there are as many as should be, none is missing if each of them should be. */
static enum stuck_promise check(const struct memory *m)
{
	const struct cma_stuck_table *table = m->table;
	unsigned int i;

	if (table->nr != m->nr_known)
		return TABLE_IS_RIGHT;
	for (i = 0; i < table->nr; i++) {
		const struct cma_stuck *stuck = &table->page[i];
		const struct page *page = &m->page[stuck->pfn - m->base_pfn];

		if (stuck->pfn - m->base_pfn >= m->nr_pages || !page->known ||
		    page->kind != stuck->kind || page->when != stuck->when ||
		    has_entry(table, i, stuck->pfn))
			return TABLE_IS_RIGHT;
	}
	return NR_STUCK_PROMISES;
}

static enum stuck_promise (*const ops[NR_STUCK_OPS])(struct memory *m, const struct step *s) = {
	[STUCK_NOTE] = note,
	[STUCK_FORGET] = forget,
	[STUCK_RECALL] = recall,
	[STUCK_ROUND] = begin_round,
};

unsigned int stuck_trace_run(const struct trace *trace)
{
	enum stuck_promise broken = NR_STUCK_PROMISES;
	static struct memory m;
	unsigned int i;

	memset(&m, 0, offsetof(struct memory, page) + trace->nr_pages * sizeof(m.page[0]));
	m.base_pfn = trace->base_pfn;
	m.nr_pages = trace->nr_pages;
	/* By itself: the sanitizer watches its end. */
	m.table = calloc(1, sizeof(*m.table));
	if (!m.table)
		abort();

	for (i = 0; i < trace->nr_steps && broken == NR_STUCK_PROMISES; i++) {
		m.now += trace->steps[i].ns;
		broken = ops[trace->steps[i].op](&m, &trace->steps[i]);
		if (broken == NR_STUCK_PROMISES)
			broken = check(&m);
	}
	free(m.table);
	return broken;
}

int stuck_step_text(const struct step *s, char *text, size_t size)
{
	static const char * const names[NR_STUCK_OPS] = {
		[STUCK_NOTE] = "note kind",
		[STUCK_FORGET] = "forget pages",
		[STUCK_RECALL] = "recall pages",
		[STUCK_ROUND] = "begin a round",
	};
	int used = snprintf(text, size, "+%lld ns %s", s->ns, names[s->op]);

	if (s->op == STUCK_ROUND)
		return used;
	return used + snprintf(text + used, size - used, " %lu at 0x%lx", s->nr, s->pfn);
}
