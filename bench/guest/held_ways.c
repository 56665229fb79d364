// SPDX-License-Identifier: GPL-2.0
/* Three ways in which pages of a process get references that keep them in place. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/aio_abi.h>

#include "held.h"

#define MAX_HELD	64

/* Pipes: vmsplice() */

#define PIPE_PAGES	16

static struct {
	int fds[MAX_HELD / PIPE_PAGES][2];
	unsigned int nr_pages;
} pipes;

static void pipes_begin(unsigned int nr)
{
	unsigned int i;

	pipes.nr_pages = 0;
	for (i = 0; i < nr / PIPE_PAGES; i++)
		if (pipe(pipes.fds[i]))
			die("no pipe: %s", strerror(errno));
}

static void pipes_hold(void *page)
{
	struct iovec iov = { page, PAGE_BYTES };
	int fd = pipes.fds[pipes.nr_pages++ / PIPE_PAGES][1];

	if (vmsplice(fd, &iov, 1, 0) != (ssize_t)PAGE_BYTES)
		die("cannot give a page to a pipe: %s", strerror(errno));
}

static void pipes_end(void)
{
	unsigned int i;

	for (i = 0; i < pipes.nr_pages / PIPE_PAGES; i++) {
		close(pipes.fds[i][0]);
		close(pipes.fds[i][1]);
	}
}

/* A slow disk: reads past the page cache, which take seconds to complete */

#define DISK		"/dev/nullb0"
#define SLOW_DISK	"insmod $BENCH_MODULES/configfs.ko; " \
			"insmod $BENCH_MODULES/null_blk.ko irqmode=2 gb=1 bs=4096 " \
			"completion_nsec=4200000000 hw_queue_depth=64"

static struct {
	aio_context_t context;
	int fd;
	unsigned int nr_reads;
} disk = { .fd = -1 };

static void disk_begin(unsigned int nr)
{
	if (disk.fd < 0) {
		if (access(DISK, F_OK) && system(SLOW_DISK))
			die("no slow disk: needs CONFIG_BLK_DEV_NULL_BLK");
		disk.fd = open(DISK, O_RDONLY | O_DIRECT | O_CLOEXEC);
		if (disk.fd < 0)
			die("cannot open " DISK ": %s", strerror(errno));
	}
	disk.nr_reads = 0;
	disk.context = 0;
	if (syscall(SYS_io_setup, nr, &disk.context))
		die("no asynchronous I/O: %s", strerror(errno));
}

static void disk_hold(void *page)
{
	struct iocb read = {
		.aio_lio_opcode = IOCB_CMD_PREAD, .aio_fildes = disk.fd,
		.aio_buf = (uintptr_t)page, .aio_nbytes = PAGE_BYTES,
		/* Not beside one another, or they would become one request */
		.aio_offset = disk.nr_reads++ * 2 * PAGE_BYTES,
	}, *one = &read;

	if (syscall(SYS_io_submit, disk.context, 1, &one) != 1)
		die("cannot read: %s", strerror(errno));
}

static void disk_end(void)
{
	struct io_event events[MAX_HELD];

	if (syscall(SYS_io_getevents, disk.context, disk.nr_reads, disk.nr_reads, events,
		    NULL) != (long)disk.nr_reads)
		die("reads were lost: %s", strerror(errno));
	syscall(SYS_io_destroy, disk.context);
}

/* A driver: pin_user_pages_fast() */

static struct {
	int fd;
	unsigned int nr_pages;
	uint32_t ids[MAX_HELD];
} driver = { .fd = -1 };

static void driver_begin(unsigned int nr)
{
	if (driver.fd < 0)
		driver.fd = driver_open();
	if (nr > MAX_HELD)
		die("no room for %u pages", nr);
	driver.nr_pages = 0;
}

static void driver_hold(void *page)
{
	struct test_cma_alloc req = {
		.kind = TEST_CMA_PIN, .size = PAGE_BYTES, .uaddr = (uintptr_t)page,
	};

	if (driver_call(driver.fd, TEST_CMA_ALLOC, &req))
		die("the driver cannot pin a page: %s", strerror(errno));
	driver.ids[driver.nr_pages++] = req.id;
}

static void driver_end(void)
{
	uint64_t ns;

	while (driver.nr_pages)
		driver_give(driver.fd, driver.ids[--driver.nr_pages], &ns);
}

const struct way held_ways[NR_WAYS] = {
	{ "pipe", pipes_begin, pipes_hold, pipes_end },
	{ "disk", disk_begin, disk_hold, disk_end },
	{ "driver", driver_begin, driver_hold, driver_end },
};
