// SPDX-License-Identifier: GPL-2.0
/* A user of the dma-buf heap: buffers that are mapped, kept by the map or the file. */
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-heap.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "soak.h"

#define HELD	4

/**
 * struct buffer - a buffer of the heap
 * @addr: where it is mapped; NULL if there is none
 * @size: its size
 * @seed: the pattern that it carries
 */
struct buffer {
	void *addr;
	size_t size;
	uint32_t seed;
};

static int open_heap(void)
{
	char path[96];
	int heap;

	snprintf(path, sizeof(path), "/dev/dma_heap/%s", soak->area.name);
	heap = open(path, O_RDWR | O_CLOEXEC);
	if (heap < 0)
		die("cannot open %s: %s", path, strerror(errno));
	return heap;
}

/* The file is closed at once: the map keeps the buffer. */
static void take(int heap, struct buffer *buffer)
{
	struct dma_heap_allocation_data req = { .fd_flags = O_RDWR | O_CLOEXEC };
	int error;

	buffer->size = random_size(soak->area.pages / 4) * PAGE;
	buffer->seed = new_seed();
	req.len = buffer->size;
	ask_begin(WAY_HEAP, EFFORT_DEFAULT);
	error = ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &req) ? -errno : 0;
	ask_end(error);
	if (error)
		return;
	buffer->addr = mmap(NULL, buffer->size, PROT_READ | PROT_WRITE, MAP_SHARED, req.fd, 0);
	close(req.fd);
	if (buffer->addr == MAP_FAILED) {
		wrong("cannot map a buffer of the heap: %s", strerror(errno));
		buffer->addr = NULL;
		return;
	}
	pattern_check(buffer->addr, buffer->size, 0, "a new buffer of the heap");
	cma_fill(buffer->addr, buffer->size, buffer->seed);
}

static void drop(struct buffer *buffer)
{
	pattern_check(buffer->addr, buffer->size, buffer->seed, "a buffer of the heap");
	munmap(buffer->addr, buffer->size);
	buffer->addr = NULL;
}

void use_heap(void)
{
	struct buffer held[HELD] = { 0 };
	int heap = open_heap();
	unsigned int i;

	while (!must_stop()) {
		i = random_below(HELD);
		if (held[i].addr)
			drop(&held[i]);
		else
			take(heap, &held[i]);
	}
	for (i = 0; i < HELD; i++)
		if (held[i].addr)
			drop(&held[i]);
}
