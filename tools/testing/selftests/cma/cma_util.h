/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of the contiguous memory allocator share: finding the area,
 * telling which page is where, driving lib/test_cma.c, patterns, and the room
 * in which a test runs (struct cma_env).
 */
#ifndef CMA_UTIL_H
#define CMA_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "../kselftest.h"
#include "../../../../lib/test_cma_uapi.h"

#define ARRAY_LEN(a)	(sizeof(a) / sizeof((a)[0]))
#define PAGE		((size_t)4096)
#define MB		((size_t)1024 * 1024)

/* Seconds for one test; emulated machines with debugging on are slow. */
#define CMA_TEST_TIMEOUT	180

#define CMA_TEST(fixture, name) TEST_F_TIMEOUT(fixture, name, CMA_TEST_TIMEOUT)

/* A counter that is not there, as most of ours are on another kernel. */
#define CMA_NO_VALUE	(~0ULL)

/* Text and numbers that the kernel shows */
ssize_t cma_read_text(const char *path, char *buf, size_t size);
int cma_write_text(const char *path, const char *text);
unsigned long long cma_read_value(const char *path);
unsigned long long cma_keyed_value(const char *path, const char *key);
unsigned long long cma_meminfo(const char *key);
bool cma_cmdline_value(const char *key, char *buf, size_t size);
bool cma_dmesg_has(const char *regex);
bool cma_kernel_has(const char *symbol);

/**
 * struct cma_area - an area as debugfs shows it
 * @name: its name
 * @base_pfn: its first page frame
 * @pages: how many pages it has
 */
struct cma_area {
	char name[64];
	unsigned long base_pfn;
	unsigned long pages;
};

bool cma_find_area(struct cma_area *area);
unsigned long long cma_area_debugfs(const struct cma_area *area, const char *file);
unsigned long long cma_area_sysfs(const struct cma_area *area, const char *file);
int cma_set_deadline(const struct cma_area *area, unsigned long long ms);
bool cma_in_area(const struct cma_area *area, unsigned long pfn);

/**
 * struct cma_zone - the zone that a page frame belongs to
 * @start_pfn: its first page frame
 * @spanned: how many page frames it spans
 * @free: free pages, those of areas among them
 * @free_cma: free pages of areas
 * @high: the watermark up to which it is refilled
 * @cma: pages of areas
 */
struct cma_zone {
	unsigned long start_pfn;
	unsigned long spanned;
	unsigned long free;
	unsigned long free_cma;
	unsigned long high;
	unsigned long cma;
};

bool cma_zone_of(unsigned long pfn, struct cma_zone *zone);
unsigned long cma_free_pages(void);
unsigned long cma_zones_cma_pages(void);

/* Pageblocks: how large they are, and how many have a type */
unsigned long cma_pageblock_pages(void);
unsigned long cma_count_blocks(const char *type);

/* Where memory of this process is; 0 when it is not there. */
unsigned long *cma_pfns_of(const void *addr, size_t size);
unsigned long cma_pfn_of(const void *addr);
unsigned long cma_pages_in_area(const struct cma_area *area, const void *addr,
				size_t size);
unsigned long cma_count_flagged(const struct cma_area *area, __u64 flags);

/* The pattern of test_cma_uapi.h from this side */
void cma_fill(void *addr, size_t size, __u32 seed);
bool cma_check(const void *addr, size_t size, __u32 seed);

/**
 * struct cma_env - the room in which a test runs
 * @area: the default area
 * @fd: /dev/test_cma
 * @ours: this kernel has the counters that the stock one lacks
 * @deadline_ms: of the area before the test, while the test has a longer one
 * @used: pages of the area that were allocated before the test
 * @isolated: pageblocks that were isolated before the test
 * @largest: size of the largest buffer that the area could give when it began
 * @why_not: reason to skip, when cma_env_open() returns false
 */
struct cma_env {
	struct cma_area area;
	int fd;
	bool ours;
	unsigned long long deadline_ms;
	unsigned long used;
	unsigned long isolated;
	size_t largest;
	char why_not[80];
};

/* False is a reason to skip, true the begin of a test. */
bool cma_env_open(struct cma_env *env);
/* False when the area is not as it was before the test: something was leaked. */
bool cma_env_close(struct cma_env *env);

/* Requests to the driver: 0, or a negative errno. */
int cma_alloc(struct cma_env *env, struct test_cma_alloc *req);
int cma_alloc_dma(struct cma_env *env, size_t size, __u32 flags,
		  struct test_cma_alloc *req);
int cma_free(struct cma_env *env, __u32 id);
int cma_free_part(struct cma_env *env, __u32 id, size_t offset, size_t size);
int cma_free_flags(struct cma_env *env, __u32 id, size_t offset, size_t size,
		   __u32 flags);
int cma_fill_object(struct cma_env *env, __u32 id, __u32 seed);
int cma_check_object(struct cma_env *env, __u32 id, __u32 seed);
int cma_check_part(struct cma_env *env, __u32 id, size_t offset, size_t size,
		   __u32 seed);
int cma_mapping(struct cma_env *env, enum test_cma_where where, __u32 id,
		__u64 addr, struct test_cma_mapping *req);
unsigned long cma_object_pfn(struct cma_env *env, __u32 id, size_t offset);
void *cma_mmap(struct cma_env *env, __u32 id, size_t size);
bool cma_object_in_area(const struct cma_area *area,
			const struct test_cma_alloc *req);

/**
 * struct cma_hog - memory outside of the area, taken so that others borrow
 * @area: the area, kept away from everybody until all else is taken
 * @addr: anonymous memory
 * @size: how much of it is mapped
 * @populated: how much of it is there
 *
 * What is allocated between cma_hog_begin() and cma_hog_take() lives outside of
 * the area.  After cma_hog_take() nearly all that is free in the area's zone is
 * the area, so that movable memory goes there.
 */
struct cma_hog {
	struct test_cma_alloc area;
	char *addr;
	size_t size;
	size_t populated;
};

bool cma_hog_begin(struct cma_env *env, struct cma_hog *hog);
bool cma_hog_take(struct cma_env *env, struct cma_hog *hog);
void cma_hog_release(struct cma_hog *hog);

/**
 * struct cma_lent - memory of this process that lives in the area
 * @addr: anonymous memory with the pattern of %CMA_LENT_SEED
 * @size: how much
 * @pipes: hold a page of each megabyte after cma_hold_pages()
 */
struct cma_lent {
	char *addr;
	size_t size;
	int pipes[16][2];
};

#define CMA_LENT_SEED	3

/* Most of the area, with room outside to move to; a pipe's pages cannot move. */
bool cma_lend(struct cma_env *env, struct cma_lent *lent);
bool cma_hold_pages(struct cma_lent *lent);
void cma_let_go(struct cma_lent *lent);

/* The ext4 file system on /dev/vda: where it is mounted, or NULL without one */
const char *cma_disk_mount(void);
void cma_disk_unmount(void);

/* Makes a file on the disk whose pages are not in memory. */
bool cma_write_cold_file(int fd, size_t size, __u32 seed);

void cma_drop_caches(void);

#endif /* CMA_UTIL_H */
