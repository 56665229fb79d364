// SPDX-License-Identifier: GPL-2.0
/*
 * Page cache: a file twice as large as memory, read on and on, so that each page
 * that is read is a new one.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "load.h"

/* What may be free, in percent of all memory: beyond that it is filled again */
#define REFILL_PERCENT	12
/* And this is too much for a memory that was just filled */
#define MOST_PERCENT	25

static struct {
	int data;
	int nowhere;
	off_t size;
	off_t at;
} stream = { .data = -1 };

static void stream_open(void)
{
	struct stat stat;

	stream.data = open(DISK_DATA, O_RDONLY | O_CLOEXEC);
	stream.nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (stream.data < 0 || stream.nowhere < 0 || fstat(stream.data, &stat))
		die("cannot read " DISK_DATA ": %s", strerror(errno));
	stream.size = stat.st_size;
}

/* Reads on, and at the end from the beginning.  To /dev/null no byte is copied. */
void stream_data(size_t bytes)
{
	ssize_t got;

	if (stream.data < 0)
		stream_open();
	while (bytes) {
		got = sendfile(stream.nowhere, stream.data, &stream.at, bytes);
		if (got < 0)
			die("cannot read " DISK_DATA ": %s", strerror(errno));
		bytes -= got;
		if (stream.at == stream.size)
			stream.at = 0;
	}
}

static void fill_start(unsigned int number)
{
	(void)number;
	keep_cpu_awake();
	stream_data(read_keyed("/proc/meminfo", "MemTotal:") * 1024);
}

/* How many bytes are free beyond @percent of all memory */
static size_t free_beyond(unsigned int percent)
{
	long long most = read_keyed("/proc/meminfo", "MemTotal:") * percent / 100;
	long long unused = read_keyed("/proc/meminfo", "MemFree:");

	return unused > most ? (unused - most) * 1024 : 0;
}

/* A request may have had the kernel drop far more than it took itself. */
static void cache_settle(size_t displaced)
{
	stream_data(displaced);
	stream_data(free_beyond(REFILL_PERCENT));
}

static void cache_round(void)
{
	size_t beyond;

	stream_data(free_beyond(REFILL_PERCENT));
	beyond = free_beyond(MOST_PERCENT);
	if (beyond)
		die("memory is not full: %zu MiB too many are free", beyond / (size_t)MIB);
}

const struct load load_fill = {
	.name = "fill",
	.start = fill_start,
};

const struct load load_cache = {
	.name = "cache",
	.start = fill_start,
	.round = cache_round,
	.settle = cache_settle,
};
