/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the benchmark programs in the guest share: the lines that they print, the
 * clock, the area, the test driver, and memory with a pattern that can be
 * verified. They run unchanged on the stock kernel and on ours.
 *
 * A program is given the workload's name and prints, to stdout,
 *
 *	BENCH <workload> <cell> <i> <ok 0|1> <ns>	one request
 *	BENCHV <workload> <cell> <metric> <value> <unit>	a figure
 */
#ifndef BENCH_UTIL_H
#define BENCH_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdnoreturn.h>

#include "test_cma_uapi.h"

#define ARRAY_LEN(a)	(sizeof(a) / sizeof((a)[0]))
#define PAGE_BYTES	4096UL
#define MIB		(1024UL * 1024)
#define MIB_PAGES	(MIB / PAGE_BYTES)
#define MSEC_NS		1000000ULL

/* A file that is not there, or a name that is not in it */
#define NO_VALUE	(-1LL)

noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The clock that the caller of a request sees */
uint64_t now_ns(void);

/* The lines; @workload is the program's first argument. */
extern const char *workload;

void print_request(const char *cell, unsigned int i, bool ok, uint64_t ns);
void print_value(const char *cell, const char *metric, long long value, const char *unit);
__attribute__((format(printf, 1, 2)))
const char *cell_name(const char *format, ...);

/* Text that the kernel shows and takes */
long long read_value(const char *path);
long long read_keyed(const char *path, const char *key);
int write_text(const char *path, const char *text);

/**
 * struct area - the one area of the guest
 * @name: its name
 * @base_pfn: its first page frame
 * @pages: how many pages it has
 * @alloc_fd: debugfs' alloc
 * @free_fd: debugfs' free
 */
struct area {
	char name[64];
	unsigned long base_pfn;
	unsigned long pages;
	int alloc_fd;
	int free_fd;
};

void area_open(struct area *area);
unsigned long area_used(const struct area *area);
long long area_counter(const struct area *area, const char *file);
/* Which pages are allocated: one byte each, 1 or 0, into @of_page */
void area_allocated(const struct area *area, unsigned char *of_page);
void area_flags(const struct area *area, uint64_t *of_page);

/* A request through debugfs: 0, or a negative errno; @ns is the time it took. */
int area_take(const struct area *area, unsigned long pages, uint64_t *ns);
int area_give(const struct area *area, unsigned long pages, uint64_t *ns);

/* A request to the test driver: 0, or a negative errno. */
int driver_open(void);
int driver_call(int fd, unsigned long request, void *arg);
int driver_take(int fd, size_t size, uint32_t flags, uint32_t *id, uint64_t *ns);
int driver_give(int fd, uint32_t id, uint64_t *ns);

/**
 * struct memory - anonymous memory that carries a pattern: a word in 64 bytes
 * @addr: where it is
 * @size: in bytes
 * @seed: which pattern
 */
struct memory {
	char *addr;
	size_t size;
	uint32_t seed;
};

/* memory_map() takes the page tables only, memory_take() the memory as well. */
void memory_map(struct memory *memory, size_t size, uint32_t seed);
void memory_take(struct memory *memory, size_t size, uint32_t seed);
void memory_write(const struct memory *memory, size_t from, size_t to);
/* How many of its pages do not read as written */
unsigned long memory_bad_pages(const struct memory *memory);
void memory_give(struct memory *memory);
void drop_caches(void);

/* Where a page of this process is; 0 when it is not in memory */
unsigned long pfn_of(const void *addr);
unsigned long pages_in_area(const struct area *area, const void *addr, size_t size);

#endif /* BENCH_UTIL_H */
