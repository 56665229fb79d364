/* SPDX-License-Identifier: GPL-2.0 */
/*
 * cma-soak: everything that asks for memory and everything that uses it, at the
 * same time, until the time is up.
 *
 *	main.c		the supervisor: starts workers, kills some, counts
 *	tally.c		what came of it, as lines of progress and as the final table
 *	rest.c		is all memory back when nothing runs any more?
 *	pattern.c	memory with a pattern
 *
 * Workers that ask for contiguous memory:
 *
 *	driver.c	through lib/test_cma.c, each interface and gfp mode
 *	heap.c		the dma-buf heap
 *	byhand.c	the area's debugfs files
 *	cut.c		requests whose process is killed meanwhile
 *
 * Workers that use the memory that is lent:
 *
 *	anon.c		anonymous memory, locked or not
 *	files.c		files that come and go, and direct I/O
 *	fork.c		processes that share memory, write to it and end
 *	pipe.c		pages in pipes
 *	pin.c		pages that a driver pins
 *	pressure.c	more memory than there is: the OOM killer comes
 *
 * Workers that shake the machine:
 *
 *	machine.c	CPUs that come and go, suspend to idle
 *	kernel.c	faults in the allocator, and the audit of its books
 *
 * Each worker is a process with numbers of its own, which come from the seed.
 */
#ifndef CMA_SOAK_H
#define CMA_SOAK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdnoreturn.h>
#include <sys/types.h>

#include "cma_util.h"
#include "random.h"

/**
 * enum way - the interface that a request goes through
 */
enum way {
	WAY_COHERENT,
	WAY_WRITE_COMBINE,
	WAY_NO_MAPPING,
	WAY_FORCE_CONTIGUOUS,
	WAY_SNOOPING,
	WAY_ATOMIC,
	WAY_PAGES,
	WAY_PAGES_SNOOPING,
	WAY_RANGE,
	WAY_HEAP,
	WAY_BY_HAND,
	NR_WAYS,
};

/**
 * enum effort - how hard the caller wants the kernel to try
 */
enum effort {
	EFFORT_NORETRY,
	EFFORT_DEFAULT,
	EFFORT_RETRY_MAYFAIL,
	NR_EFFORTS,
};

/**
 * enum outcome - what came of a request
 * @SERVED: the buffer is there
 * @NO_MEMORY: ENOMEM
 * @BUSY: EBUSY, for a range that somebody needs
 * @CUT_SHORT: its process was killed meanwhile
 */
enum outcome {
	SERVED,
	NO_MEMORY,
	BUSY,
	CUT_SHORT,
	NR_OUTCOMES,
};

/**
 * struct tally - what one worker has done; it alone writes
 * @requests: by interface
 * @efforts: the same by gfp mode
 * @asking: it is in the middle of a request just now
 * @way: of that request
 * @effort: of that request
 * @verified: bytes that were as they had been written
 * @lost: bytes that were not
 * @turns: pieces of work that it has done
 * @wrong: what went wrong otherwise
 */
struct tally {
	unsigned long requests[NR_WAYS][NR_OUTCOMES];
	unsigned long efforts[NR_EFFORTS][NR_OUTCOMES];
	bool asking;
	enum way way;
	enum effort effort;
	uint64_t verified;
	uint64_t lost;
	unsigned long turns;
	unsigned long wrong;
};

/**
 * struct job - what a worker does
 * @name: its name
 * @run: does it until must_stop()
 * @count: so many workers do it
 * @may_be_killed: at any time, without a trace
 * @is_victim: the OOM killer is to take this one
 */
struct job {
	const char *name;
	void (*run)(void);
	unsigned int count;
	bool may_be_killed;
	bool is_victim;
};

/**
 * struct slot - a worker, and those who take its place when it is killed
 * @job: what it does
 * @number: among all workers
 * @lives: how many processes there have been
 * @pid: the process that there is
 * @killed: it was sent SIGKILL from here
 * @tally: what all of them have done
 */
struct slot {
	const struct job *job;
	unsigned int number;
	unsigned int lives;
	pid_t pid;
	bool killed;
	struct tally tally;
};

#define MAX_SLOTS	48

/**
 * struct soak - what all processes share
 * @stop: the time is up
 * @seed: all random numbers come from it
 * @nr_slots: how many workers there are
 * @kills: workers that were killed from here
 * @sleeps: times that the machine was suspended
 * @unplugs: times that a CPU was taken away
 * @faults: steps of requests that were made to fail
 * @wrong: what the supervisor has found wrong
 * @ram_mib: how much memory there is
 * @area: the area
 * @slots: the workers
 */
struct soak {
	volatile bool stop;
	unsigned long seed;
	unsigned int nr_slots;
	unsigned long kills;
	unsigned long sleeps;
	unsigned long unplugs;
	unsigned long faults;
	unsigned long wrong;
	unsigned long ram_mib;
	struct cma_area area;
	struct slot slots[MAX_SLOTS];
};

extern struct soak *soak;
/* The worker that this process is */
extern struct slot *me;

bool must_stop(void);
void pause_ms(unsigned int ms);
uint32_t new_seed(void);
pid_t fork_or_die(void);

void __attribute__((format(printf, 1, 2))) report(const char *format, ...);
void __attribute__((format(printf, 1, 2))) wrong(const char *format, ...);
noreturn void __attribute__((format(printf, 1, 2))) die(const char *format, ...);

void open_driver(struct cma_env *driver);

/* Requests, for the table */
void ask_begin(enum way way, enum effort effort);
void ask_end(int error);
void ask_cut(struct slot *slot);

/* Memory with a pattern, in this process */
void *map_anon(size_t size);
void pattern_check(const void *addr, size_t size, uint32_t seed, const char *what);
void count_checked(size_t size, size_t bad_bytes);

/* Lines on progress and in the end */
void tally_progress(unsigned int seconds);
bool tally_print(void);

/**
 * struct rest - the memory, when nothing runs
 * @used: pages of the area that are allocated
 * @unaccounted: pages of all memory that nobody admits to
 * @isolated: pageblocks that are isolated
 */
struct rest {
	unsigned long used;
	long unaccounted;
	unsigned long isolated;
};

void check_audit(void);
void rest_look(struct rest *rest);
void rest_compare(const struct rest *before);

void drive(void);
void use_heap(void);
void allocate_by_hand(void);
void cut_short(void);
void hold_anon(void);
void hold_locked(void);
void churn_files(void);
void churn_tmpfs(void);
void do_direct_io(void);
void fork_and_exit(void);
void fill_pipes(void);
void pin_pages(void);
void press(void);
void plug_cpus(void);
void sleep_and_wake(void);
void inject_faults(void);
void audit(void);

#endif /* CMA_SOAK_H */
