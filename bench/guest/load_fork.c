// SPDX-License-Identifier: GPL-2.0
/*
 * Fork storm: a process with memory of its own begins others, which write a part
 * of it, and so get copies, and end.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "load.h"

#define OWN_PAGES	512
#define WRITTEN_PAGES	32

/* So many processes between two requests */
#define UNITS		2

static struct worker worker;
static unsigned int at_once;
static char *memory;

static void write_pages(unsigned int nr_pages)
{
	unsigned int i;

	for (i = 0; i < nr_pages; i++)
		((volatile char *)memory)[i * PAGE_BYTES]++;
}

static void begin_one(struct progress *progress)
{
	pid_t pid = fork();

	if (pid < 0)
		die("cannot fork: %s", strerror(errno));
	if (!pid) {
		write_pages(WRITTEN_PAGES);
		_exit(0);
	}
	progress->in_flight++;
}

static void storm(struct progress *progress)
{
	int status;

	if (!memory) {
		memory = mmap(NULL, OWN_PAGES * PAGE_BYTES, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (memory == MAP_FAILED)
			die("cannot take memory: %s", strerror(errno));
		write_pages(OWN_PAGES);
	}
	while (progress->in_flight < at_once)
		begin_one(progress);
	if (wait(&status) < 0 || status)
		die("a process of the storm ended badly");
	progress->in_flight--;
	progress->done++;
}

static void fork_start(unsigned int number)
{
	if (!number)
		die("fork=NUMBER: how many at once?");
	at_once = number;
	keep_cpu_awake();
	worker_start(&worker, "fork", storm);
	worker_wait(&worker, at_once);
}

static void fork_settle(size_t displaced)
{
	(void)displaced;
	worker_wait(&worker, UNITS);
}

const struct load load_fork = {
	.name = "fork",
	.start = fork_start,
	.settle = fork_settle,
};
