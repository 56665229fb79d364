// SPDX-License-Identifier: GPL-2.0
/*
 * Direct I/O: a process has reads and writes past the page cache in flight all
 * the time.  While one is, the pages of its buffer are held; then the buffer is
 * given back, and the next one is other pages.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "load.h"

#define MOST_AT_ONCE	64
#define IO_BYTES	(256UL * 1024)
#define WRITE_FILE	DISK_DIR "/direct"
#define WRITE_BYTES	(32 * MIB)

/* So many reads or writes between two requests */
#define UNITS		2

/* One read or write, and its buffer */
struct slot {
	struct iocb iocb;
	char *buffer;
};

static struct worker worker;
static unsigned int at_once;
static struct slot slots[MOST_AT_ONCE];
static aio_context_t context;
static int data, written;
static size_t data_bytes;
static struct lot lot;

/* Every fourth is a write: of what is in other people's way, most is reads. */
static void submit(unsigned int i, struct progress *progress)
{
	struct slot *slot = &slots[i];
	struct iocb *iocb = &slot->iocb;
	bool writes = i % 4 == 0;

	madvise(slot->buffer, IO_BYTES, MADV_DONTNEED);
	memset(slot->buffer, i, IO_BYTES);
	memset(iocb, 0, sizeof(*iocb));
	iocb->aio_data = i;
	iocb->aio_fildes = writes ? written : data;
	iocb->aio_lio_opcode = writes ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD;
	iocb->aio_buf = (uintptr_t)slot->buffer;
	iocb->aio_nbytes = IO_BYTES;
	iocb->aio_offset = (uint64_t)draw_below(&lot, (writes ? WRITE_BYTES : data_bytes) /
						IO_BYTES) * IO_BYTES;
	if (syscall(SYS_io_submit, context, 1, &iocb) != 1)
		die("cannot begin direct I/O: %s", strerror(errno));
	progress->in_flight++;
}

static void prepare(struct progress *progress)
{
	struct stat stat;
	unsigned int i;

	data = open(DISK_DATA, O_RDONLY | O_DIRECT | O_CLOEXEC);
	written = open(WRITE_FILE, O_RDWR | O_CREAT | O_DIRECT | O_CLOEXEC, 0600);
	if (data < 0 || written < 0 || fstat(data, &stat) ||
	    posix_fallocate(written, 0, WRITE_BYTES))
		die("cannot open files for direct I/O: %s", strerror(errno));
	data_bytes = stat.st_size;
	if (syscall(SYS_io_setup, at_once, &context))
		die("no asynchronous I/O: %s", strerror(errno));
	for (i = 0; i < at_once; i++) {
		slots[i].buffer = mmap(NULL, IO_BYTES, PROT_READ | PROT_WRITE,
				       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (slots[i].buffer == MAP_FAILED)
			die("cannot take memory: %s", strerror(errno));
		submit(i, progress);
	}
}

static void direct(struct progress *progress)
{
	struct io_event event;

	if (!context)
		prepare(progress);
	if (syscall(SYS_io_getevents, context, 1, 1, &event, NULL) != 1)
		die("cannot wait for direct I/O: %s", strerror(errno));
	if (event.res != (int64_t)IO_BYTES)
		die("direct I/O ended with %lld", (long long)event.res);
	progress->in_flight--;
	progress->done++;
	submit(event.data, progress);
}

static void direct_start(unsigned int number)
{
	if (!number || number > MOST_AT_ONCE)
		die("direct=NUMBER: how many at once, of at most %u?", MOST_AT_ONCE);
	at_once = number;
	keep_cpu_awake();
	lot = job_lot();
	worker_start(&worker, "direct", direct);
	worker_wait(&worker, at_once);
}

static void direct_settle(size_t displaced)
{
	(void)displaced;
	do
		worker_wait(&worker, UNITS);
	while (!worker.progress->in_flight);
}

const struct load load_direct = {
	.name = "direct",
	.start = direct_start,
	.settle = direct_settle,
};
