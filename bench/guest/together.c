// SPDX-License-Identifier: GPL-2.0
/*
 * Several requesters at a time in one area, each taking and releasing buffers of one
 * size, alone or while a process rewrites and verifies anonymous memory.
 *
 *	together WORKLOAD THREADS PAGES HELD LOAD_MIB SECONDS
 *
 * Each thread holds up to HELD buffers: the oldest is given back before the next is
 * taken. Cells: take-N and give-N, N the thread, each request; all, with the figures rate
 * (pairs of take and give per second), failed, least_free (share of the area that was
 * free at the worst failure; 100 without one), failed_with_room (failures while at least
 * two fifths were free), damaged (pages of the process).
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench_util.h"

#define MAX_THREADS	16
#define ROOM_PERCENT	40
#define SEED		7
/* Printing each request would be what is measured. */
#define MAX_SAMPLES	200

/**
 * struct job - what all threads do
 * @pages: size of a buffer
 * @held: how many a thread holds
 * @until: when to stop
 * @area_pages: size of the area
 * @taken: pages that are taken or being asked for, atomic
 * @damaged: shared with the process that is the load
 */
struct job {
	unsigned long pages;
	unsigned int held;
	uint64_t until;
	unsigned long area_pages;
	atomic_ulong taken;
	atomic_ulong *damaged;
};

static struct job job;

/**
 * struct requester - one thread
 */
struct requester {
	pthread_t thread;
	struct area area;
	unsigned int pairs;
	unsigned int failed;
	unsigned int failed_with_room;
	unsigned int least_free;
	uint64_t ns[MAX_SAMPLES];
	bool had[MAX_SAMPLES];
};

/* The share that was free, had all who are asking right now been served */
static unsigned int free_percent(void)
{
	unsigned long taken = atomic_load(&job.taken);

	return taken >= job.area_pages ? 0 : 100 * (job.area_pages - taken) / job.area_pages;
}

static void note(struct requester *me, unsigned int request, bool had, uint64_t ns)
{
	unsigned int percent = free_percent();

	if (request < MAX_SAMPLES) {
		me->ns[request] = ns;
		me->had[request] = had;
	}
	if (had)
		return;
	me->failed++;
	if (percent < me->least_free)
		me->least_free = percent;
	me->failed_with_room += percent >= ROOM_PERCENT;
}

static void give_one(struct requester *me)
{
	uint64_t ns;

	if (area_give(&me->area, job.pages, &ns))
		die("a buffer cannot be given back");
	atomic_fetch_sub(&job.taken, job.pages);
	me->pairs++;
}

static void *request(void *data)
{
	struct requester *me = data;
	unsigned int held = 0, i;
	uint64_t ns;

	for (i = 0; now_ns() < job.until; i++) {
		bool had;

		if (held == job.held) {
			give_one(me);
			held--;
		}
		atomic_fetch_add(&job.taken, job.pages);
		had = !area_take(&me->area, job.pages, &ns);
		note(me, i, had, ns);
		if (had)
			held++;
		else
			atomic_fetch_sub(&job.taken, job.pages);
	}
	while (held--)
		give_one(me);
	return NULL;
}

/*
 * Verifies a piece, and takes and writes other memory for it, over and over. Says when
 * all of it is there.
 */
static noreturn void work(size_t size, int ready)
{
	const size_t piece = 4 * MIB;
	struct memory *pieces = calloc(size / piece, sizeof(*pieces));
	uint32_t round;
	size_t i;

	for (round = 1;; round++) {
		for (i = 0; i < size / piece; i++) {
			if (pieces[i].addr) {
				atomic_fetch_add(job.damaged, memory_bad_pages(&pieces[i]));
				memory_give(&pieces[i]);
			}
			memory_take(&pieces[i], piece, SEED + round + i);
		}
		if (round == 1 && write(ready, "", 1) != 1)
			die("cannot say that the load is there");
	}
}

/* The load's process, or 0 for none */
static pid_t start_work(size_t size)
{
	int ready[2];
	pid_t child;
	char byte;

	if (!size)
		return 0;
	if (pipe(ready))
		die("no pipe");
	child = fork();
	if (!child)
		work(size, ready[1]);
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		die("the load has ended before it began");
	close(ready[0]);
	return child;
}

static void end_work(pid_t load)
{
	if (!load)
		return;
	if (waitpid(load, NULL, WNOHANG))
		die("the load has ended before its time");
	kill(load, SIGKILL);
	waitpid(load, NULL, 0);
}

static void report(const struct requester *requesters, unsigned int nr, uint64_t ns)
{
	unsigned int pairs = 0, failed = 0, with_room = 0, least = 100, i, k;

	for (i = 0; i < nr; i++) {
		const struct requester *one = &requesters[i];

		for (k = 0; k < MAX_SAMPLES && k < one->pairs + one->failed; k++)
			print_request("take", i * MAX_SAMPLES + k, one->had[k], one->ns[k]);
		pairs += one->pairs;
		failed += one->failed;
		with_room += one->failed_with_room;
		if (one->least_free < least)
			least = one->least_free;
	}
	print_value("all", "rate", pairs * 1000000000ULL / ns, "pairs/s");
	print_value("all", "failed", failed, "requests");
	print_value("all", "least_free", least, "percent");
	print_value("all", "failed_with_room", with_room, "requests");
}

int main(int argc, char **argv)
{
	static struct requester requesters[MAX_THREADS];
	unsigned int nr, i;
	uint64_t begin;
	pid_t load;

	if (argc != 7)
		die("usage: together WORKLOAD THREADS PAGES HELD LOAD_MIB SECONDS");
	workload = argv[1];
	nr = strtoul(argv[2], NULL, 10);
	job.pages = strtoul(argv[3], NULL, 10);
	job.held = strtoul(argv[4], NULL, 10);
	job.damaged = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (nr > MAX_THREADS || job.damaged == MAP_FAILED)
		die("too many threads, or no memory");
	for (i = 0; i < nr; i++) {
		requesters[i].least_free = 100;
		/* Of their own: the kernel serves one at a time of a file. */
		area_open(&requesters[i].area);
	}
	job.area_pages = requesters[0].area.pages;
	job.taken = area_used(&requesters[0].area);
	load = start_work(strtoul(argv[5], NULL, 10) * MIB);
	begin = now_ns();
	job.until = begin + strtoul(argv[6], NULL, 10) * 1000 * MSEC_NS;
	for (i = 0; i < nr; i++)
		if (pthread_create(&requesters[i].thread, NULL, request, &requesters[i]))
			die("no thread");
	for (i = 0; i < nr; i++)
		pthread_join(requesters[i].thread, NULL);
	report(requesters, nr, now_ns() - begin);
	end_work(load);
	print_value("all", "damaged", *job.damaged, "pages");
	return 0;
}
