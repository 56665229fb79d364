/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of the contiguous memory allocator share: finding the area,
 * telling which page is where, driving lib/test_cma.c, patterns, and the room
 * in which a test runs (struct cma_env).
 */
#ifndef CMA_UTIL_H
#define CMA_UTIL_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "../kselftest.h"
#include "../../../../lib/test_cma_uapi.h"

#define ARRAY_LEN(a)	(sizeof(a) / sizeof((a)[0]))
#define PAGE		((size_t)4096)
#define MB		((size_t)1024 * 1024)

/*
 * The least that a device without an area of its own has from the default one: 32-bit
 * ARM takes single pages there, others from the page allocator.
 */
#ifdef __arm__
#define CMA_LEAST	PAGE
#else
#define CMA_LEAST	(2 * PAGE)
#endif

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
unsigned long long cma_parse_bytes(const char **text);
bool cma_dmesg_has(const char *regex);
bool cma_kernel_has(const char *symbol);

/*
 * Does the kernel's audit agree with its own books?  What it finds is printed.
 * True if there is no audit (CONFIG_CMA_DEBUG).
 */
bool cma_audit_agrees(void);

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

bool cma_open_area(const char *name, struct cma_area *area);
bool cma_find_area(struct cma_area *area);
unsigned long long cma_area_debugfs(const struct cma_area *area, const char *file);
unsigned long long cma_area_sysfs(const struct cma_area *area, const char *file);
size_t cma_area_bitmap(const struct cma_area *area, bool *bits, size_t max);
bool cma_remembers(const struct cma_area *area, unsigned long pfn, const char *kind);
int cma_set_deadline(const struct cma_area *area, unsigned long long ms);
bool cma_in_area(const struct cma_area *area, unsigned long pfn);

/**
 * struct cma_zone - the zone that a page frame belongs to
 * @node: its NUMA node
 * @start_pfn: its first page frame
 * @spanned: how many page frames it spans
 * @free: free pages, those of areas among them
 * @free_cma: free pages of areas
 * @high: the watermark up to which it is refilled
 * @boost: the part of that by which watermarks stand higher at the moment
 * @cma: pages of areas
 * @is_highmem: it is high memory
 */
struct cma_zone {
	int node;
	unsigned long start_pfn;
	unsigned long spanned;
	unsigned long free;
	unsigned long free_cma;
	unsigned long low;
	unsigned long high;
	unsigned long boost;
	unsigned long cma;
	bool is_highmem;
};

bool cma_zone_of(unsigned long pfn, struct cma_zone *zone);
unsigned long cma_free_pages(void);
bool cma_kswapd_gave_up(void);
unsigned long cma_zones_cma_pages(void);

/* Pageblocks: how large they are, and how many have a type */
unsigned long cma_pageblock_pages(void);
unsigned long cma_count_blocks(const char *type);

/* Has hugetlb have so many pages of that size: how many they are, and if all are had. */
unsigned int cma_ask_hugetlb_pages(size_t size_kb, unsigned int count);
bool cma_set_hugetlb_pages(size_t size_kb, unsigned int count);

/* Where memory of this process is; 0 when it is not there. */
unsigned long *cma_pfns_of(const void *addr, size_t size);
unsigned long cma_pfn_of(const void *addr);
unsigned long cma_pages_in_area(const struct cma_area *area, const void *addr,
				size_t size);
unsigned long cma_count_flagged(const struct cma_area *area, __u64 flags);

/* The time, counted from boot */
long long cma_now_us(void);

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
/* What is allocated and isolated by now was so before the test. */
void cma_env_measure(struct cma_env *env);
/* False when something was leaked, or the kernel's books are wrong after the test. */
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
/* Can the driver tell mappings on this architecture? */
bool cma_tells_mappings(struct cma_env *env);
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

size_t cma_not_lent_before(const struct cma_area *area);
/* Will most of the area be lent then?  A reason to skip, if not. */
#define CMA_CANNOT_LEND	"pageblocks are large beside the area"
bool cma_can_lend(const struct cma_env *env);
bool cma_hog_begin(struct cma_env *env, struct cma_hog *hog);
bool cma_hog_take(struct cma_env *env, struct cma_hog *hog);
void cma_hog_release(struct cma_hog *hog);

/**
 * struct cma_lent - memory of this process that lives in the area
 * @addr: anonymous memory with the pattern of %CMA_LENT_SEED
 * @size: how much
 * @held: objects that hold a page of each megabyte after cma_hold_pages()
 * @nr_held: how many
 */
struct cma_lent {
	char *addr;
	size_t size;
	__u32 held[128];
	size_t nr_held;
};

#define CMA_LENT_SEED	3

/* Most of the area, with room outside to move to; what is held cannot move. */
bool cma_lend(struct cma_env *env, struct cma_lent *lent);
bool cma_hold_pages(struct cma_env *env, struct cma_lent *lent);
void cma_let_go(struct cma_env *env, struct cma_lent *lent);

/* An object of a kind that takes user memory: 0, or a negative errno. */
int cma_hold(struct cma_env *env, enum test_cma_kind kind, const void *addr,
	     size_t size, __u32 flags, struct test_cma_alloc *req);

/**
 * struct cma_obstacle - a page that every request for env.largest bytes meets
 * @kind: what keeps it from being moved: %TEST_CMA_PIN an anonymous page,
 *	%TEST_CMA_LOCK or %TEST_CMA_WRITEBACK a page of a file on the disk, or
 *	%TEST_CMA_STRAY
 * @held: the object that is it
 * @path: the file's name
 * @fd: the file, or -1
 */
struct cma_obstacle {
	enum test_cma_kind kind;
	struct test_cma_alloc held;
	char path[64];
	int fd;
};

/* Both put the page there: 0, -ENODEV without a disk, or another errno. */
int cma_obstacle_begin(struct cma_env *env, struct cma_obstacle *obstacle,
		       enum test_cma_kind kind);
int cma_obstacle_put(struct cma_env *env, struct cma_obstacle *obstacle);
void cma_obstacle_remove(struct cma_env *env, struct cma_obstacle *obstacle);
void cma_obstacle_end(struct cma_env *env, struct cma_obstacle *obstacle);

/**
 * struct cma_rescue - a thread that takes the page away if a request hangs on it
 * @env: the room of the test
 * @obstacle: the page
 * @stop: a pipe whose end says that all is well
 * @thread: the thread
 * @came: it was needed
 *
 * Some pages would otherwise stay for ever: who waits for them is the only one who
 * could let them go.
 */
struct cma_rescue {
	struct cma_env *env;
	struct cma_obstacle *obstacle;
	int stop[2];
	pthread_t thread;
	bool came;
};

bool cma_rescue_begin(struct cma_rescue *rescue, struct cma_env *env,
		      struct cma_obstacle *obstacle);
bool cma_rescue_end(struct cma_rescue *rescue);

/* Does each request for env->largest bytes meet that page? */
bool cma_in_the_way(const struct cma_env *env, unsigned long pfn);

/* The ext4 file system on /dev/vda: where it is mounted, or NULL without one */
const char *cma_disk_mount(void);
void cma_disk_unmount(void);

/* Another disk, which takes 4.2 seconds for each of up to 64 reads at a time */
#define CMA_SLOW_DISK	"/dev/nullb0"

/* False if there is none: that needs CONFIG_BLK_DEV_NULL_BLK. */
bool cma_slow_disk(void);

/* Makes a file on the disk whose pages are not in memory. */
bool cma_write_cold_file(int fd, size_t size, __u32 seed);

void cma_drop_caches(void);

/*
 * Events that the kernel traces, in a buffer of their own.  Names are
 * "system:event" or "system"; those that the kernel lacks are left out.
 *
 * A test names them once, and no more than it looks at: for each place at which the
 * kernel traces one of them, all CPUs are stopped while the code there is changed.
 * Then it traces as often as it wants, between cma_trace_begin() and _end().
 * cma_env_close() ends it all.
 */
bool cma_trace_open(const char * const *events, size_t count);
void cma_trace_close(void);
void cma_trace_begin(void);
void cma_trace_end(void);

/*
 * What was traced last: lines that match an extended regular expression, without
 * those of other threads and of interrupts.
 *
 *	comm-123   [000] d....   12.345678: event: field=value ...
 */
unsigned long cma_trace_count(const char *regex);
/* Only what happened between cma_alloc_start and cma_alloc_finish */
unsigned long cma_trace_count_inside(const char *regex);
/* The number behind @key in each of those lines, so many as there is room for */
size_t cma_trace_numbers_inside(const char *regex, const char *key,
				unsigned long *numbers, size_t room);

#endif /* CMA_UTIL_H */
