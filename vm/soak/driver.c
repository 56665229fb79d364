// SPDX-License-Identifier: GPL-2.0
/*
 * A driver that asks for buffers through lib/test_cma.c, in any way that there is,
 * holds some of them, and gives them back in any order, some in parts. Each one
 * carries a pattern of its own from the first moment to the last.
 *
 * A timer interrupts it all the while: signals that do not kill must not make a
 * request fail, and none is lost.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include "soak.h"

#define HELD		6
#define RAM_BASE	0x40000000ULL

static const struct {
	enum test_cma_kind kind;
	uint32_t flags;
} how[] = {
	[WAY_COHERENT]		= { TEST_CMA_DMA, 0 },
	[WAY_WRITE_COMBINE]	= { TEST_CMA_DMA, TEST_CMA_WRITE_COMBINE },
	[WAY_NO_MAPPING]	= { TEST_CMA_DMA, TEST_CMA_NO_KERNEL_MAPPING },
	[WAY_FORCE_CONTIGUOUS]	= { TEST_CMA_DMA, TEST_CMA_FORCE_CONTIGUOUS },
	[WAY_SNOOPING]		= { TEST_CMA_DMA, TEST_CMA_COHERENT_DEV },
	[WAY_ATOMIC]		= { TEST_CMA_DMA, TEST_CMA_ATOMIC },
	[WAY_PAGES]		= { TEST_CMA_PAGES, 0 },
	[WAY_PAGES_SNOOPING]	= { TEST_CMA_PAGES, TEST_CMA_COHERENT_DEV },
	[WAY_RANGE]		= { TEST_CMA_RANGE, 0 },
};

static const uint32_t effort_flags[NR_EFFORTS] = {
	[EFFORT_NORETRY]	= TEST_CMA_NORETRY,
	[EFFORT_DEFAULT]	= 0,
	[EFFORT_RETRY_MAYFAIL]	= TEST_CMA_RETRY_MAYFAIL,
};

/**
 * struct held - a buffer
 * @req: how it was asked for; no id if there is none
 * @way: the same in short
 * @seed: the pattern that it carries
 * @begin: offset of what is left of it
 * @end: offset behind what is left
 */
struct held {
	struct test_cma_alloc req;
	enum way way;
	uint32_t seed;
	size_t begin;
	size_t end;
};

static struct cma_env driver;

static size_t some_size(enum way way)
{
	unsigned long most = soak->area.pages / 4;

	/* The pool has 64 pages, and gives no warning before it is empty. */
	if (way == WAY_ATOMIC)
		most = 4;
	return random_size(most) * PAGE;
}

static bool falls_back(enum way way)
{
	return way == WAY_SNOOPING || way == WAY_NO_MAPPING || way == WAY_PAGES ||
	       way == WAY_PAGES_SNOOPING || way == WAY_ATOMIC;
}

/* Anywhere in memory, but in one zone: a range in two of them makes no sense. */
static uint64_t some_place(size_t size)
{
	unsigned long pfn = RAM_BASE / PAGE + random_below(soak->ram_mib * (MB / PAGE));
	struct cma_zone zone;

	if (cma_zone_of(pfn, &zone) && pfn + size / PAGE > zone.start_pfn + zone.spanned)
		pfn = zone.start_pfn + zone.spanned - size / PAGE;
	return (uint64_t)pfn * PAGE;
}

static void choose(struct held *held, enum effort effort)
{
	uint32_t flags = effort_flags[effort] | TEST_CMA_NOWARN;

	held->way = random_below(ARRAY_LEN(how));
	/*
	 * Failures are said in the log, once in a while, but not those of the page
	 * allocator, which warns of sizes that it never has.
	 */
	if (!falls_back(held->way) && random_one_in(16))
		flags &= ~TEST_CMA_NOWARN;
	held->req = (struct test_cma_alloc){
		.kind = how[held->way].kind,
		.flags = how[held->way].flags | flags,
		.size = some_size(held->way),
	};
	if (held->way == WAY_RANGE)
		held->req.phys = some_place(held->req.size);
	held->seed = new_seed();
	held->begin = 0;
	held->end = held->req.size;
}

/* Can the driver, and can the process look into it? */
static bool kernel_sees(const struct held *held)
{
	return held->way != WAY_NO_MAPPING;
}

static bool user_sees(const struct held *held)
{
	return held->way != WAY_RANGE;
}

static bool choose_kernel(const struct held *held)
{
	return kernel_sees(held) && (!user_sees(held) || random_one_in(2));
}

static void *map_buffer(const struct held *held)
{
	void *addr = cma_mmap(&driver, held->req.id, held->req.size);

	if (addr == MAP_FAILED)
		wrong("cannot map a buffer of %llu bytes: %s",
		      (unsigned long long)held->req.size, strerror(errno));
	return addr;
}

/* From the kernel's side, or from the process's */
static void check_buffer(const struct held *held, uint32_t seed, bool by_kernel)
{
	struct test_cma_data data = {
		.id = held->req.id, .seed = seed, .offset = held->begin,
		.size = held->end - held->begin,
	};
	void *addr;

	if (!by_kernel) {
		addr = map_buffer(held);
		if (addr == MAP_FAILED)
			return;
		pattern_check(addr, held->req.size, seed, "a buffer that is mapped");
		munmap(addr, held->req.size);
		return;
	}
	if (ioctl(driver.fd, TEST_CMA_CHECK, &data)) {
		wrong("the driver cannot check a buffer: %s", strerror(errno));
		return;
	}
	count_checked(data.size, data.bad_words * sizeof(uint32_t));
	if (data.bad_words)
		report("LOST: a buffer at %#llx, way %d, %#zx to %#zx: %llu words differ, the first at offset %#llx",
		       (unsigned long long)held->req.phys, held->way, held->begin,
		       held->end, (unsigned long long)data.bad_words,
		       (unsigned long long)data.bad_offset);
}

static void fill_buffer(const struct held *held)
{
	void *addr;
	int error;

	if (choose_kernel(held)) {
		error = cma_fill_object(&driver, held->req.id, held->seed);
		if (error)
			wrong("the driver cannot fill a buffer: %s", strerror(-error));
		return;
	}
	addr = map_buffer(held);
	if (addr == MAP_FAILED)
		return;
	cma_fill(addr, held->req.size, held->seed);
	munmap(addr, held->req.size);
}

static void take(struct held *held)
{
	enum effort effort = random_below(NR_EFFORTS);
	int error;

	choose(held, effort);
	ask_begin(held->way, effort);
	error = cma_alloc(&driver, &held->req);
	ask_end(error);
	if (error) {
		held->req.id = 0;
		return;
	}
	if (held->req.contiguous < held->req.size && held->way != WAY_ATOMIC)
		wrong("way %d: only %llu of %llu bytes are contiguous", held->way,
		      (unsigned long long)held->req.contiguous,
		      (unsigned long long)held->req.size);
	/* DMA buffers come cleared. */
	if (user_sees(held) && kernel_sees(held))
		check_buffer(held, 0, true);
	fill_buffer(held);
}

static void give_back(struct held *held, size_t offset, size_t size)
{
	int error = cma_free_part(&driver, held->req.id, offset, size);

	if (error)
		wrong("cannot give %zu bytes at %zu of a buffer of way %d back: %s", size,
		      offset, held->way, strerror(-error));
}

/* Some pages from the front or the end */
static void give_part(struct held *held)
{
	size_t pages = (held->end - held->begin) / PAGE, part;

	if (pages < 2)
		return;
	part = random_between(1, pages - 1) * PAGE;
	if (random_one_in(2)) {
		give_back(held, held->begin, part);
		held->begin += part;
	} else {
		give_back(held, held->end - part, part);
		held->end -= part;
	}
}

static void drop(struct held *held)
{
	check_buffer(held, held->seed, choose_kernel(held));
	if (held->way == WAY_RANGE && random_one_in(2)) {
		give_part(held);
		check_buffer(held, held->seed, true);
	}
	give_back(held, 0, 0);
	held->req.id = 0;
}

static void on_alarm(int signal)
{
	(void)signal;
}

static void interrupt_me(void)
{
	struct sigaction action = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
	struct itimerval timer = {
		.it_value.tv_usec = random_between(1000, 90000),
		.it_interval.tv_usec = random_between(1000, 90000),
	};

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}

void drive(void)
{
	struct held held[HELD] = { 0 };
	unsigned int i;

	open_driver(&driver);
	interrupt_me();
	while (!must_stop()) {
		i = random_below(HELD);
		if (held[i].req.id)
			drop(&held[i]);
		else
			take(&held[i]);
	}
	for (i = 0; i < HELD; i++)
		if (held[i].req.id)
			drop(&held[i]);
}
