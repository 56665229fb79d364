// SPDX-License-Identifier: GPL-2.0
/*
 * heap WORKLOAD PAGES...: buffers for user space from an idle area, through the
 * dma-buf heap.  The heap clears them.
 *
 * Cells: alloc-N and close-N, in pages.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/dma-heap.h>

#include "bench_util.h"
#include "job.h"

#define HEAP	"/dev/dma_heap/reserved"
#define ROUNDS	30

static void round_trip(int heap, unsigned long pages, unsigned int i)
{
	struct dma_heap_allocation_data buffer = {
		.len = pages * PAGE_BYTES, .fd_flags = O_RDWR | O_CLOEXEC,
	};
	uint64_t begin = now_ns(), ns;
	int err = ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &buffer) ? errno : 0;

	ns = now_ns() - begin;
	if (err && err != ENOMEM)
		die("cannot ask the heap: %s", strerror(err));
	print_request(cell_name("alloc-%lu", pages), i, !err, ns);
	if (err)
		return;
	begin = now_ns();
	close(buffer.fd);
	ns = now_ns() - begin;
	print_request(cell_name("close-%lu", pages), i, true, ns);
}

int main(int argc, char **argv)
{
	unsigned int i;
	int heap, arg;

	if (argc < 3)
		die("usage: heap WORKLOAD PAGES...");
	workload = argv[1];
	heap = open(HEAP, O_RDONLY | O_CLOEXEC);
	if (heap < 0)
		die("cannot open " HEAP ": %s", strerror(errno));
	for (arg = 2; arg < argc; arg++) {
		unsigned long pages = strtoul(argv[arg], NULL, 10);

		if (!job_wants(cell_name("alloc-%lu", pages)) &&
		    !job_wants(cell_name("close-%lu", pages)))
			continue;
		for (i = 0; i < ROUNDS; i++)
			round_trip(heap, pages, i);
	}
	return 0;
}
