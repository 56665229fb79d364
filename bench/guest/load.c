// SPDX-License-Identifier: GPL-2.0
/* Which loads there are, and the processes that some of them are made of. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "load.h"

#define MAX_LOADS	8
#define POLL_US		100
#define PATIENCE_NS	(60ULL * 1000 * MSEC_NS)

static const struct load *const kinds[] = {
	&load_anon, &load_held, &load_fill, &load_cache,
	&load_churn, &load_fork, &load_direct,
};

static const struct load *active[MAX_LOADS];
static size_t nr_active;

static const struct load *find_kind(const char *word)
{
	size_t length = strcspn(word, "=");
	size_t i;

	for (i = 0; i < ARRAY_LEN(kinds); i++)
		if (strlen(kinds[i]->name) == length &&
		    !strncmp(kinds[i]->name, word, length))
			return kinds[i];
	die("there is no load '%s'", word);
}

/* In the order of the words: later loads may build upon earlier ones. */
void loads_start(int nr_words, char **words)
{
	const char *number;
	int i;

	if (nr_words > MAX_LOADS)
		die("%d loads are too many", nr_words);
	for (i = 0; i < nr_words; i++) {
		active[nr_active] = find_kind(words[i]);
		number = strchr(words[i], '=');
		active[nr_active++]->start(number ? strtoul(number + 1, NULL, 10) : 0);
	}
}

void loads_round(void)
{
	size_t i;

	for (i = 0; i < nr_active; i++)
		if (active[i]->round)
			active[i]->round();
}

void loads_settle(size_t displaced)
{
	size_t i;

	for (i = 0; i < nr_active; i++)
		if (active[i]->settle)
			active[i]->settle(displaced);
}

static pid_t start_process(void)
{
	pid_t pid = fork();

	if (pid < 0)
		die("cannot start a process: %s", strerror(errno));
	if (!pid)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return pid;
}

void worker_start(struct worker *worker, const char *name,
		  void (*work)(struct progress *progress))
{
	worker->name = name;
	worker->progress = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (worker->progress == MAP_FAILED)
		die("cannot share memory: %s", strerror(errno));
	worker->pid = start_process();
	if (!worker->pid)
		for (;;)
			work(worker->progress);
}

/* Until it has done so many units more than when it was last waited for */
void worker_wait(struct worker *worker, unsigned long units)
{
	struct timespec pause = { .tv_nsec = POLL_US * 1000 };
	uint64_t give_up = now_ns() + PATIENCE_NS;

	while (worker->progress->done - worker->seen < units) {
		if (waitpid(worker->pid, NULL, WNOHANG) == worker->pid)
			die("the load '%s' has ended", worker->name);
		if (now_ns() > give_up)
			die("the load '%s' makes no progress", worker->name);
		nanosleep(&pause, NULL);
	}
	worker->seen = worker->progress->done;
}

/*
 * With -icount sleep=off, time jumps to the next timer while the CPU has nothing
 * to do: a wait for the disk would take seconds of guest time, or none.  A
 * process that runs when no other does keeps the clock going by instructions, so
 * that such a wait takes as long as the host's disk does.
 */
static pid_t idler;

static noreturn void idle(void)
{
	static const struct sched_param no_priority;

	if (sched_setscheduler(0, SCHED_IDLE, &no_priority))
		die("cannot be idle: %s", strerror(errno));
	for (;;)
		__asm__ volatile("" ::: "memory");
}

void keep_cpu_awake(void)
{
	if (idler)
		return;
	idler = start_process();
	if (!idler)
		idle();
}

uint64_t idle_ns(void)
{
	struct timespec used;
	clockid_t clock;

	if (!idler)
		return 0;
	if (clock_getcpuclockid(idler, &clock) || clock_gettime(clock, &used))
		die("cannot tell how long the CPU was idle");
	return used.tv_sec * 1000 * MSEC_NS + used.tv_nsec;
}
