/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The memory behind kernel.h, for the tests: who uses it, and what is wrong with it.
 */
#ifndef _CMA_TEST_KERNEL_MODEL_H
#define _CMA_TEST_KERNEL_MODEL_H

#include "kernel.h"

#include "contig.h"

#define KERNEL_CPUS	4
#define MAX_USERS	ZONE_PAGES

/**
 * enum user_kind - what a folio holds
 * @USER_ANON: anonymous memory, mapped
 * @USER_CLEAN: page cache that can be dropped
 * @USER_DIRTY: page cache that has to be moved
 * @USER_KERNEL: what does not move; outside of areas only
 * @NR_USER_KINDS: how many there are
 */
enum user_kind {
	USER_ANON,
	USER_CLEAN,
	USER_DIRTY,
	USER_KERNEL,
	NR_USER_KINDS
};

/**
 * struct user - a folio in use
 * @folio: where it is now; NULL for a user without one
 * @kind: what it is
 * @pinned: somebody has a reference more
 * @until: and drops it then; or the end of its writeback
 * @batched: its folio is in an LRU batch, of CPU @batched - 1
 */
struct user {
	struct folio *folio;
	enum user_kind kind;
	bool pinned;
	ktime_t until;
	unsigned int batched;
};

/* All below is one trace's. */
extern struct user kernel_users[MAX_USERS];
extern unsigned long kernel_nr_said, kernel_nr_warned;
extern const char *kernel_warning;
/* What was said first, as long as one thread runs */
extern char kernel_log[1024];

/**
 * kernel_fail_nth - let what can fail do so once
 *
 * The so manieth of all chances from now on fails; 0 for none. Counts down.
 */
extern unsigned long kernel_fail_nth;

/* Several threads run: who waits lets the others have a turn. */
extern bool kernel_shared;

void kernel_boot(void);
void kernel_run_on(unsigned int cpu);
void kernel_kill(bool killed);
/* kswapd has found nothing for so long that it does not look any more. */
void kernel_give_up(void);
/* Nothing that runs in the background does, as when the system suspends. */
void kernel_freeze(bool frozen);
bool kernel_fails(void);
unsigned int kernel_use(enum user_kind kind, unsigned int order, bool lent_first);
void kernel_unuse(unsigned int user);
void kernel_pin(unsigned int user, s64 ns);
void kernel_write(unsigned int user, s64 ns);
void kernel_batch(unsigned int user);

/**
 * struct reserved_range - memory that memblock has given away
 * @base: its first byte
 * @size: bytes
 */
struct reserved_range {
	phys_addr_t base;
	phys_addr_t size;
};

#define MAX_RESERVED	32
extern struct reserved_range memblock_model[MAX_RESERVED];
extern unsigned int memblock_model_nr;

/* One piece of RAM, with nothing reserved */
void memblock_model_reset(phys_addr_t base, phys_addr_t size);
/* A part in its middle is not to be mapped. */
void memblock_model_unmap(phys_addr_t base, phys_addr_t size);

/*
 * The linker has these called in place of what they are named after: calls from one
 * file of the tested code to another fail like any.
 */
int __real_contig_take(struct contig_request *req);
int __wrap_contig_take(struct contig_request *req);
int __real_pageblock_hold_range(struct pageblock_hold *hold, unsigned long pfn, unsigned long end,
				int mt);
int __wrap_pageblock_hold_range(struct pageblock_hold *hold, unsigned long pfn, unsigned long end,
				int mt);

#endif /* _CMA_TEST_KERNEL_MODEL_H */
