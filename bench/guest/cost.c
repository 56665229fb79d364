// SPDX-License-Identifier: GPL-2.0
/*
 * What an area costs those who do not take it:
 *
 *	cost WORKLOAD boot	the time from reset to here, and memory
 *	cost WORKLOAD anon	a process that takes, writes and gives back memory
 *	cost WORKLOAD cache	a process that reads files larger than memory
 *
 * Times are those in which the CPU worked; waiting for the disk is none of it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "job.h"
#include "load.h"

#define ROUNDS		8
#define ANON_BYTES	(384 * MIB)
#define CACHE_BYTES	(256 * MIB)

/* QEMU's "virt" board: the counter runs at 62.5 MHz from reset on. */
#define COUNTER_NS	16

static uint64_t ns_since_reset(void)
{
	uint64_t ticks;

	__asm__ volatile("isb\n\tmrrc p15, 1, %Q0, %R0, c14" : "=r" (ticks));
	return ticks * COUNTER_NS;
}

static void boot(void)
{
	print_value("boot", "reset-to-user", ns_since_reset(), "ns");
	print_value("boot", "MemTotal", read_keyed("/proc/meminfo", "MemTotal:"), "KiB");
	print_value("boot", "Slab", read_keyed("/proc/meminfo", "Slab:"), "KiB");
}

static void use_anon(void)
{
	char *memory = mmap(NULL, ANON_BYTES, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t at;

	if (memory == MAP_FAILED)
		die("cannot take memory: %s", strerror(errno));
	for (at = 0; at < ANON_BYTES; at += PAGE_BYTES)
		memory[at] = 1;
	munmap(memory, ANON_BYTES);
}

static void use_cache(void)
{
	stream_data(CACHE_BYTES);
}

static void run(const char *cell, void (*use)(void))
{
	uint64_t begin, idle;
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		begin = now_ns();
		idle = idle_ns();
		use();
		print_request(cell, i, true, now_ns() - begin - (idle_ns() - idle));
	}
}

int main(int argc, char **argv)
{
	if (argc != 3)
		die("usage: cost WORKLOAD boot|anon|cache");
	workload = argv[1];
	if (!strcmp(argv[2], "boot")) {
		boot();
	} else if (!strcmp(argv[2], "anon")) {
		run("384MiB", use_anon);
	} else if (!strcmp(argv[2], "cache")) {
		keep_cpu_awake();
		run("256MiB", use_cache);
	} else {
		die("cost: '%s' is not known", argv[2]);
	}
	return 0;
}
