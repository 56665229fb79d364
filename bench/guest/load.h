/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Loads: what the memory is busy with while requests are made.  A workload names
 * one or more of them, as NAME or NAME=NUMBER:
 *
 *	anon=PERCENT	anonymous memory, as much of MemTotal (load_memory.c)
 *	held=PAGES	pages of that memory which pipes hold (load_memory.c)
 *	fill		page cache wherever there is room, at first (load_cache.c)
 *	cache		and again after each request (load_cache.c)
 *	churn		trees of files made, read and deleted on ext4 (load_churn.c)
 *	fork=NUMBER	so many processes at once that write and end (load_fork.c)
 *	direct=NUMBER	so many O_DIRECT reads and writes in flight (load_direct.c)
 *
 * A load that is not there any more, or makes no progress, ends the program with
 * an error: a request without its load is no result.
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "bench_util.h"
#include "job.h"

/**
 * struct load - one kind
 * @name: as in a workload's command
 * @start: puts it in place, with the number behind the name
 * @round: before each round of requests, one of each size
 * @settle: before a request, and @displaced bytes after the one before: what that
 *	displaced is put back, and what works gets its time to work
 */
struct load {
	const char *name;
	void (*start)(unsigned int number);
	void (*round)(void);
	void (*settle)(size_t displaced);
};

extern const struct load load_anon, load_held, load_fill, load_cache,
			 load_churn, load_fork, load_direct;

void loads_start(int nr_words, char **words);
void loads_round(void);
void loads_settle(size_t displaced);

/* Which window of @pages no held page is in, as far as this program holds any */
bool held_leaves_window(const struct area *area, unsigned long pages);

/**
 * struct progress - what a working process tells, in memory that is shared
 * @done: units of work that are done
 * @in_flight: units that are begun and not ended
 */
struct progress {
	atomic_ulong done;
	atomic_ulong in_flight;
};

/**
 * struct worker - a process that works until the program ends
 * @name: of its load
 * @pid: its id
 * @progress: what it tells
 * @seen: @progress->done when it was last waited for
 */
struct worker {
	const char *name;
	pid_t pid;
	struct progress *progress;
	unsigned long seen;
};

void worker_start(struct worker *worker, const char *name,
		  void (*work)(struct progress *progress));
void worker_wait(struct worker *worker, unsigned long units);

/* For loads that wait for the disk: see load.c */
void keep_cpu_awake(void);
/* For how long that has been all the CPU had to do */
uint64_t idle_ns(void);

void stream_data(size_t bytes);

#define DISK_DIR	"/disk"
#define DISK_DATA	DISK_DIR "/data"

#endif /* BENCH_LOAD_H */
