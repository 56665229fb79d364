// SPDX-License-Identifier: GPL-2.0
/*
 * Input that makes no sense, and input at the border of it: one line of a table
 * each, with the error that has to come of it.  What makes sense is undone at once.
 * After each line the system's accounts have to be what they were before.
 *
 * What a command line can say is in tools/testing/cma/option_cases.c, what a device
 * tree can say in dt/.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-heap.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../kselftest.h"
#include "cma_util.h"

/* Of the buffer that requests are made about */
#define OBJECT		(16 * PAGE)
/* The user's part of the address space ends somewhere in here. */
#define KERNEL_ADDR	0xc0000000ULL

static struct cma_env env;
static struct test_cma_alloc object, unmapped;
static char *memory;

/**
 * enum unit - what a number in a table is counted from
 * @ZERO: 0
 * @AREA: bytes of the area
 * @BLOCK: bytes of a pageblock
 * @LARGEST: bytes of the largest buffer that can be had
 * @AREA_START: physical address of the area
 * @AREA_END: and behind it
 * @RAM_START: physical address of all memory
 * @RAM_END: and behind it
 * @THERE: physical address of the object
 * @MEMORY: address of memory of this process
 * @NR_UNITS: how many there are
 */
enum unit {
	ZERO,
	AREA,
	BLOCK,
	LARGEST,
	AREA_START,
	AREA_END,
	RAM_START,
	RAM_END,
	THERE,
	MEMORY,
	NR_UNITS
};

/**
 * struct number - a number in a table
 * @delta: what is added
 * @unit: to what
 */
struct number {
	long long delta;
	enum unit unit;
};

static __u64 units[NR_UNITS];

static __u64 value(const struct number *number)
{
	return units[number->unit] + number->delta;
}

/* Files */

/**
 * struct write_case - a text that is written
 * @file: of the area: in debugfs if it begins with a +, else in sysfs
 * @text: %N in it stands for the number
 * @number: if the text has one
 * @err: that comes of it
 */
static const struct write_case {
	const char *file;
	const char *text;
	int err;
	struct number number;
} writes[] = {
	{ "+alloc", "", -EINVAL },
	{ "+alloc", "\n", -EINVAL },
	{ "+alloc", " ", -EINVAL },
	{ "+alloc", " 1", -EINVAL },
	{ "+alloc", "+", -EINVAL },
	{ "+alloc", "-", -EINVAL },
	{ "+alloc", "-0", -EINVAL },
	{ "+alloc", "0x0", -EINVAL },
	{ "+alloc", "00", -EINVAL },
	{ "+alloc", "08", -EINVAL },
	{ "+alloc", "1.5", -EINVAL },
	{ "+alloc", "1 2", -EINVAL },
	{ "+alloc", "1,2", -EINVAL },
	{ "+alloc", "1\n2", -EINVAL },
	{ "+alloc", "1K", -EINVAL },
	{ "+alloc", "1e3", -EINVAL },
	{ "+alloc", "one", -EINVAL },
	{ "+alloc", "$(id)", -EINVAL },
	{ "+alloc", "%s%n", -EINVAL },
	{ "+alloc", "4294967295", -EINVAL },
	{ "+alloc", "4294967296", -EINVAL },
	{ "+alloc", "9223372036854775807", -EINVAL },
	{ "+alloc", "9223372036854775808", -EINVAL },
	{ "+alloc", "18446744073709551615", -EINVAL },
	{ "+alloc", "18446744073709551616", -ERANGE },
	{ "+alloc", "0xffffffffffffffff", -EINVAL },
	{ "+alloc", "0x10000000000000000", -ERANGE },
	{ "+alloc", "%N", -ENOMEM, { 0, AREA } },
	{ "+alloc", "%N", -EINVAL, { PAGE, AREA } },
	{ "+alloc", "%N", -EINVAL, { 0x100000000LL, AREA } },
	{ "+alloc", "+1", 0, { PAGE } },
	{ "+alloc", "0x1", 0, { PAGE } },
	{ "+alloc", "1\n", 0, { PAGE } },
	{ "+alloc", "%N", 0, { -(long long)PAGE, BLOCK } },
	{ "+alloc", "%N", 0, { 0, BLOCK } },
	{ "+alloc", "%N", 0, { PAGE, BLOCK } },
	{ "+alloc", "%N", 0, { 0, LARGEST } },
	{ "+free", "", -EINVAL },
	{ "+free", "\n", -EINVAL },
	{ "+free", " 1", -EINVAL },
	{ "+free", "1", -EINVAL },
	{ "+free", "-0", -EINVAL },
	{ "+free", "1.5", -EINVAL },
	{ "+free", "1K", -EINVAL },
	{ "+free", "4294967295", -EINVAL },
	{ "+free", "4294967296", -EINVAL },
	{ "+free", "18446744073709551615", -EINVAL },
	{ "+free", "18446744073709551616", -ERANGE },
	{ "+free", "%N", -EINVAL, { 0, AREA } },
	{ "+free", "%N", -EINVAL, { PAGE, AREA } },
	{ "+count", "1", -EACCES },
	{ "+order_per_bit", "1", -EACCES },
	{ "+maxchunk", "1", -EACCES },
	{ "+map", "1", -EINVAL },
	{ "+blockers", "1", -EINVAL },
	{ "+../../cma_audit", "1", -EINVAL },
	{ "+nothing", "1", -ENOENT },
	/* sysfs does not even ask. */
	{ "deadline_ms", "", 0 },
	{ "deadline_ms", "\n", -EINVAL },
	{ "deadline_ms", " 1", -EINVAL },
	{ "deadline_ms", "1 ", -EINVAL },
	{ "deadline_ms", "1 2", -EINVAL },
	{ "deadline_ms", "1.5", -EINVAL },
	{ "deadline_ms", "0x10", -EINVAL },
	{ "deadline_ms", "-0", -EINVAL },
	{ "deadline_ms", "00", -EINVAL },
	{ "deadline_ms", "60001", -EINVAL },
	{ "deadline_ms", "2147483648", -EINVAL },
	{ "deadline_ms", "4294967295", -EINVAL },
	{ "deadline_ms", "4294967297", -EINVAL },
	{ "deadline_ms", "18446744073709551617", -EINVAL },
	{ "deadline_ms", "1", 0 },
	{ "deadline_ms", "+1", 0 },
	{ "deadline_ms", "60000\n", 0 },
	{ "alloc_pages_fail", "0", -EACCES },
	{ "release_pages_success", "0", -EACCES },
	{ "total_pages", "0", -EACCES },
	{ "used_pages", "0", -EACCES },
	{ "pages_captured", "0", -EACCES },
	{ "pages_migrated", "0", -EACCES },
	{ "pages_dropped", "0", -EACCES },
	{ "alloc_blocked", "0", -EACCES },
	{ "alloc_latency_us", "0", -EACCES },
	{ "drains", "0", -EACCES },
};

/* Requests for memory */

/**
 * struct alloc_case - memory that is asked for
 * @what: says so
 * @kind: of memory
 * @flags: for the driver
 * @size: in bytes
 * @at: where, for the kinds that say so
 * @err: that comes of it
 * @device: whose
 */
static const struct alloc_case {
	const char *what;
	__u32 kind;
	__u32 flags;
	struct number size;
	int err;
	struct number at;
	__u32 device;
} allocs[] = {
	{ "a byte", TEST_CMA_DMA, 0, { 1 }, 0 },
	{ "a page - 1", TEST_CMA_DMA, 0, { PAGE - 1 }, 0 },
	{ "a page + 1", TEST_CMA_DMA, 0, { PAGE + 1 }, 0 },
	{ "a pageblock - 1", TEST_CMA_DMA, 0, { -1, BLOCK }, 0 },
	{ "a pageblock", TEST_CMA_DMA, 0, { 0, BLOCK }, 0 },
	{ "a pageblock + 1", TEST_CMA_DMA, 0, { 1, BLOCK }, 0 },
	{ "a pageblock without a page", TEST_CMA_DMA, 0, { -(long long)PAGE, BLOCK }, 0 },
	{ "a pageblock and a page", TEST_CMA_DMA, 0, { PAGE, BLOCK }, 0 },
	{ "all that can be had", TEST_CMA_DMA, 0, { 0, LARGEST }, 0 },
	{ "the area without a page", TEST_CMA_DMA, 0, { -(long long)PAGE, AREA }, -ENOMEM },
	{ "the area", TEST_CMA_DMA, 0, { 0, AREA }, -ENOMEM },
	{ "the area + 1", TEST_CMA_DMA, 0, { 1, AREA }, -ENOMEM },
	{ "the area and a page", TEST_CMA_DMA, 0, { PAGE, AREA }, -ENOMEM },
	{ "2 GiB - 1", TEST_CMA_DMA, 0, { 0x7fffffff }, -ENOMEM },
	{ "2 GiB", TEST_CMA_DMA, 0, { 0x80000000LL }, -ENOMEM },
	{ "4 GiB - 2 pages", TEST_CMA_DMA, 0, { 0xffffe000LL }, -ENOMEM },
	{ "4 GiB - 1", TEST_CMA_DMA, 0, { 0xffffffffLL }, -EINVAL },
	{ "4 GiB", TEST_CMA_DMA, 0, { 0x100000000LL }, -EINVAL },
	{ "4 GiB and a page", TEST_CMA_DMA, 0, { 0x100001000LL }, -EINVAL },
	{ "2^63", TEST_CMA_DMA, 0, { (long long)(1ULL << 63) }, -EINVAL },
	{ "2^64 - 1", TEST_CMA_DMA, 0, { -1 }, -EINVAL },
	{ "the area, snooping", TEST_CMA_DMA, TEST_CMA_COHERENT_DEV, { 0, AREA }, -ENOMEM },
	{ "2 GiB, snooping", TEST_CMA_DMA, TEST_CMA_COHERENT_DEV, { 0x80000000LL }, -ENOMEM },
	{ "4 GiB - 2 pages, snooping", TEST_CMA_DMA, TEST_CMA_COHERENT_DEV, { 0xffffe000LL },
	  -ENOMEM },
	{ "the area, not mapped", TEST_CMA_DMA, TEST_CMA_NO_KERNEL_MAPPING, { 0, AREA },
	  -ENOMEM },
	{ "the area, no retries", TEST_CMA_DMA, TEST_CMA_NORETRY, { 0, AREA }, -ENOMEM },
	{ "all of the atomic pool and a page", TEST_CMA_DMA, TEST_CMA_ATOMIC,
	  { 65 * PAGE }, -ENOMEM },
	{ "2 GiB, atomic", TEST_CMA_DMA, TEST_CMA_ATOMIC, { 0x80000000LL }, -ENOMEM },
	{ "no pages", TEST_CMA_PAGES, 0, { 0 }, -EINVAL },
	{ "a byte of pages", TEST_CMA_PAGES, 0, { 1 }, 0 },
	{ "pages, the area", TEST_CMA_PAGES, 0, { 0, AREA }, -ENOMEM },
	{ "pages, the area and one", TEST_CMA_PAGES, 0, { PAGE, AREA }, -ENOMEM },
	{ "pages, 2 GiB", TEST_CMA_PAGES, 0, { 0x80000000LL }, -ENOMEM },
	{ "pages, 4 GiB - 1", TEST_CMA_PAGES, 0, { 0xffffffffLL }, -EINVAL },
	{ "a kind that there is not", ~0U, 0, { PAGE }, -EINVAL },
	{ "a flag that there is not", TEST_CMA_DMA, TEST_CMA_LONGTERM << 1, { PAGE }, -EINVAL },
	{ "all flags", TEST_CMA_DMA, ~0U, { PAGE }, -EINVAL },
	{ "a device that there is not", TEST_CMA_DMA, 0, { PAGE }, -EINVAL, .device = 9 },
	{ "device 2^32 - 1", TEST_CMA_DMA, 0, { PAGE }, -EINVAL, .device = ~0U },
	{ "pages of device 2^31", TEST_CMA_PAGES, 0, { PAGE }, -EINVAL, .device = 1U << 31 },
	{ "no range", TEST_CMA_RANGE, 0, { 0 }, -EINVAL, { 0, RAM_START } },
	{ "a range at 0", TEST_CMA_RANGE, 0, { PAGE }, -EINVAL },
	{ "a range from 0 to RAM", TEST_CMA_RANGE, 0, { PAGE, RAM_START }, -EINVAL },
	{ "a range off its page", TEST_CMA_RANGE, 0, { PAGE }, -EINVAL, { 1, AREA_START } },
	{ "a range before RAM", TEST_CMA_RANGE, 0, { PAGE }, -EINVAL,
	  { -(long long)PAGE, RAM_START } },
	{ "a range across the begin of RAM", TEST_CMA_RANGE, 0, { 2 * PAGE }, -EINVAL,
	  { -(long long)PAGE, RAM_START } },
	{ "a range behind RAM", TEST_CMA_RANGE, 0, { PAGE }, -EINVAL, { 0, RAM_END } },
	{ "a range across the end of RAM", TEST_CMA_RANGE, 0, { 2 * PAGE }, -EINVAL,
	  { -(long long)PAGE, RAM_END } },
	{ "a range behind 4 GiB", TEST_CMA_RANGE, 0, { PAGE }, -EINVAL,
	  { 0x100000000LL, RAM_START } },
	{ "a range at 2^64", TEST_CMA_RANGE, 0, { PAGE }, -EINVAL, { -(long long)PAGE } },
	{ "a range round the end of addresses", TEST_CMA_RANGE, 0, { 0xffffe000LL }, -EINVAL,
	  { 0, AREA_START } },
	{ "the kernel's text", TEST_CMA_RANGE, 0, { PAGE }, -EBUSY, { 2 * MB, RAM_START } },
	{ "as much as the area from the begin of RAM on", TEST_CMA_RANGE, 0, { 0, AREA },
	  -EBUSY, { 0, RAM_START } },
	{ "the area's first page", TEST_CMA_RANGE, 0, { PAGE }, -EBUSY, { 0, AREA_START } },
	{ "the area's last page", TEST_CMA_RANGE, 0, { PAGE }, -EBUSY,
	  { -(long long)PAGE, AREA_END } },
	{ "all of the area", TEST_CMA_RANGE, 0, { 0, AREA }, -EBUSY, { 0, AREA_START } },
	{ "a page of the area and one before", TEST_CMA_RANGE, 0, { 2 * PAGE }, -EBUSY,
	  { -(long long)PAGE, AREA_START } },
	{ "a pageblock of the area", TEST_CMA_RANGE, 0, { 0, BLOCK }, -EBUSY,
	  { 0, AREA_START } },
	{ "the buffer", TEST_CMA_RANGE, 0, { OBJECT }, -EBUSY, { 0, THERE } },
	{ "a pin at 0", TEST_CMA_PIN, 0, { PAGE }, -EFAULT },
	{ "a pin off its page", TEST_CMA_PIN, 0, { PAGE }, -EINVAL, { 1, MEMORY } },
	{ "a pin of the kernel's memory", TEST_CMA_PIN, 0, { PAGE }, -EFAULT, { KERNEL_ADDR } },
	{ "a pin behind all addresses", TEST_CMA_PIN, 0, { PAGE }, -EINVAL, { 0x100000000LL } },
	{ "a pin of too much", TEST_CMA_PIN, 0, { 3 * PAGE }, -EFAULT, { 0, MEMORY } },
	{ "a long pin of too much", TEST_CMA_PIN, TEST_CMA_LONGTERM, { 3 * PAGE }, -EFAULT,
	  { 0, MEMORY } },
	{ "a pin", TEST_CMA_PIN, 0, { 2 * PAGE }, 0, { 0, MEMORY } },
	{ "a lock at 0", TEST_CMA_LOCK, 0, { PAGE }, -EFAULT },
	{ "a lock off its page", TEST_CMA_LOCK, 0, { PAGE }, -EINVAL, { 1, MEMORY } },
	{ "a lock of two pages", TEST_CMA_LOCK, 0, { 2 * PAGE }, -EINVAL, { 0, MEMORY } },
	{ "a lock of the kernel's memory", TEST_CMA_LOCK, 0, { PAGE }, -EINVAL,
	  { KERNEL_ADDR } },
	{ "writeback of anonymous memory", TEST_CMA_WRITEBACK, 0, { PAGE }, -EINVAL,
	  { 0, MEMORY } },
};

/* Releases */

/**
 * struct free_case - a release of something else than the object as a whole
 * @what: says so
 * @flags: of the release
 * @offset: into the object
 * @size: of the part
 * @err: that comes of it
 */
static const struct free_case {
	const char *what;
	__u32 flags;
	struct number offset;
	struct number size;
	int err;
} frees[] = {
	{ "the middle", 0, { PAGE }, { PAGE }, -EINVAL },
	{ "a page off its place", 0, { 1 }, { PAGE }, -EINVAL },
	{ "a byte", 0, { 0 }, { 1 }, -EINVAL },
	{ "a page + 1", 0, { 0 }, { PAGE + 1 }, -EINVAL },
	{ "what begins at its end", 0, { OBJECT }, { PAGE }, -EINVAL },
	{ "a page more", 0, { 0 }, { OBJECT + PAGE }, -EINVAL },
	{ "half of it and as much behind", 0, { OBJECT / 2 }, { OBJECT }, -EINVAL },
	{ "2^64 - a page", 0, { 0 }, { -(long long)PAGE }, -EINVAL },
	{ "all but a page of 2^64 from its second page on", 0, { PAGE },
	  { -(long long)PAGE }, -EINVAL },
	{ "a page before it", 0, { -(long long)PAGE }, { PAGE }, -EINVAL },
	{ "with a flag that there is not", 4, { 0 }, { 0 }, -EINVAL },
	{ "with two flags", TEST_CMA_FOREIGN | TEST_CMA_WRONG, { 0 }, { 0 }, -EINVAL },
	{ "with all flags", ~0U, { 0 }, { 0 }, -EINVAL },
	{ "as foreign pages, which it is not", TEST_CMA_FOREIGN, { 0 }, { 0 }, -EINVAL },
};

/*
 * Releases that go down to the area, which has to refuse them: what is allocated is
 * from the second page of the object on to its last but one.
 */
static const struct free_case refused[] = {
	{ "the page before", 0, { 0 }, { PAGE } },
	{ "the page behind", 0, { OBJECT - PAGE }, { PAGE } },
	{ "what was released already, and the first page", 0, { 0 }, { 2 * PAGE } },
	{ "the last page, and the one behind", 0, { OBJECT - 2 * PAGE }, { 2 * PAGE } },
	{ "all of it, and a page on either side", 0, { 0 }, { OBJECT } },
	{ "a pageblock", 0, { PAGE }, { 0, BLOCK } },
	{ "a pageblock without a page", 0, { PAGE }, { -(long long)PAGE, BLOCK } },
	{ "a pageblock and a page", 0, { PAGE }, { PAGE, BLOCK } },
	{ "as much as the area, without a page", 0, { PAGE }, { -(long long)PAGE, AREA } },
	{ "as much as the area", 0, { PAGE }, { 0, AREA } },
};

/* Everything else that the driver can be asked about the object */

/**
 * struct ask_case - a question
 * @what: says so
 * @cmd: TEST_CMA_FILL, ...
 * @a: offset, address, or whatever comes first
 * @b: size, or whatever comes then
 * @err: that comes of it
 */
static const struct ask_case {
	const char *what;
	unsigned long cmd;
	struct number a;
	struct number b;
	int err;
} asks[] = {
	{ "fill off a word", TEST_CMA_FILL, { 2 }, { 4 }, -EINVAL },
	{ "fill part of a word", TEST_CMA_FILL, { 0 }, { 3 }, -EINVAL },
	{ "fill a word behind the end", TEST_CMA_FILL, { OBJECT }, { 4 }, -EINVAL },
	{ "fill nothing at the end", TEST_CMA_FILL, { OBJECT }, { 0 }, 0 },
	{ "fill across the end", TEST_CMA_FILL, { OBJECT - 4 }, { 8 }, -EINVAL },
	{ "fill the last word", TEST_CMA_FILL, { OBJECT - 4 }, { 4 }, 0 },
	{ "fill from 2^64 - 4 on", TEST_CMA_FILL, { -4 }, { 8 }, -EINVAL },
	{ "fill 2^64 - 4", TEST_CMA_FILL, { 8 }, { -4 }, -EINVAL },
	{ "check off a word", TEST_CMA_CHECK, { 1 }, { 4 }, -EINVAL },
	{ "check across the end", TEST_CMA_CHECK, { OBJECT - 4 }, { 8 }, -EINVAL },
	{ "check 4 GiB", TEST_CMA_CHECK, { 0 }, { 0x100000000LL }, -EINVAL },
	{ "the page at the end", TEST_CMA_PAGE, { OBJECT }, { 0 }, -EINVAL },
	{ "the page at 4 GiB", TEST_CMA_PAGE, { 0x100000000LL }, { 0 }, -EINVAL },
	{ "the page at 2^64 - 1", TEST_CMA_PAGE, { -1 }, { 0 }, -EINVAL },
	{ "the last byte's page", TEST_CMA_PAGE, { OBJECT - 1 }, { 0 }, 0 },
	{ "a mapping of no kind", TEST_CMA_MAPPING, { 0 }, { TEST_CMA_USER + 1 }, -EINVAL },
	{ "the kernel's mapping behind the end", TEST_CMA_MAPPING, { OBJECT },
	  { TEST_CMA_KERNEL }, -EINVAL },
	{ "the kernel's mapping at 4 GiB", TEST_CMA_MAPPING, { 0x100000000LL },
	  { TEST_CMA_KERNEL }, -EINVAL },
	{ "the linear mapping of no RAM", TEST_CMA_MAPPING, { 0, RAM_END },
	  { TEST_CMA_LINEAR }, -EINVAL },
	{ "the linear mapping of 4 GiB and RAM", TEST_CMA_MAPPING, { 0x100000000LL, RAM_START },
	  { TEST_CMA_LINEAR }, -EINVAL },
	{ "the process's mapping of 0", TEST_CMA_MAPPING, { 0 }, { TEST_CMA_USER }, -EINVAL },
	{ "the process's mapping of the kernel", TEST_CMA_MAPPING, { KERNEL_ADDR },
	  { TEST_CMA_USER }, -EINVAL },
	{ "the process's mapping of 4 GiB and memory", TEST_CMA_MAPPING,
	  { 0x100000000LL, MEMORY }, { TEST_CMA_USER }, -EINVAL },
	{ "a frame that is no RAM", TEST_CMA_FRAME, { 0, RAM_END }, { 0 }, -EINVAL },
	{ "a frame behind 4 GiB", TEST_CMA_FRAME, { 0x100000000LL, RAM_START }, { 0 }, -EINVAL },
	{ "a copy of a buffer", TEST_CMA_COPY, { 0 }, { 0 }, -EINVAL },
	{ "a watch every nanosecond", TEST_CMA_WATCH, { 1 }, { 0 }, -EINVAL },
	{ "a watch too often", TEST_CMA_WATCH, { TEST_CMA_WATCH_MIN_NS - 1 }, { 0 }, -EINVAL },
	{ "a watch too seldom", TEST_CMA_WATCH, { 1000000001 }, { 0 }, -EINVAL },
	{ "a watch every 2^64 - 1 ns", TEST_CMA_WATCH, { -1 }, { 0 }, -EINVAL },
	{ "a request that there is not", _IOWR('C', 0xcf, struct test_cma_alloc), { 0 }, { 0 },
	  -ENOTTY },
	{ "a request of another size", _IOWR('C', 0xc0, struct test_cma_free), { 0 }, { 0 },
	  -ENOTTY },
};

/* How the accounts stand */
struct accounts {
	unsigned long used;
	unsigned long long deadline_ms;
};

static struct accounts take_stock(void)
{
	return (struct accounts){
		.used = cma_area_debugfs(&env.area, "used"),
		.deadline_ms = cma_area_sysfs(&env.area, "deadline_ms"),
	};
}

static bool same(const char *what, unsigned long long is, unsigned long long was)
{
	if (is != was)
		ksft_print_msg("%s: %llu instead of %llu\n", what, is, was);
	return is == was;
}

/* One test point: @err came of it, and should have been @wanted. */
static void result(const struct accounts *before, const char *table, const char *what,
		   int err, int wanted)
{
	struct accounts now = take_stock();
	bool good = err == wanted;

	if (!good)
		ksft_print_msg("error %d\n", err);
	good &= same("allocated pages", now.used, before->used);
	good &= same("deadline", now.deadline_ms, before->deadline_ms);
	good &= same("isolated pageblocks", cma_count_blocks("Isolate"), env.isolated);
	good &= cma_audit_agrees();
	ksft_test_result(good, "%s %s: %s\n", table, what,
			 wanted ? strerror(-wanted) : "Success");
}

static int write_file(const struct write_case *c, const char *text)
{
	bool debugfs = *c->file == '+';
	char path[192];

	snprintf(path, sizeof(path), "/sys/kernel/%s/cma/%s/%s", debugfs ? "debug" : "mm",
		 env.area.name, c->file + debugfs);
	return cma_write_text(path, text);
}

/* What was allocated goes back, and a deadline is what it was. */
static void undo_write(const struct write_case *c, const struct accounts *before)
{
	static const struct write_case free_pages = { .file = "+free" };
	char text[24];

	if (!strcmp(c->file, "+alloc")) {
		snprintf(text, sizeof(text), "%llu", value(&c->number) / PAGE);
		write_file(&free_pages, text);
	} else {
		cma_set_deadline(&env.area, before->deadline_ms);
	}
}

/* As it stands in a line of the log */
static void show_text(const char *text, char *shown, size_t size)
{
	size_t len = 0;

	for (; *text && len + 3 < size; text++) {
		if (*text == '\n')
			shown[len++] = '\\';
		shown[len++] = *text == '\n' ? 'n' : *text;
	}
	shown[len] = '\0';
}

static void check_writes(void)
{
	char text[64], shown[64], what[160];
	size_t i;

	for (i = 0; i < ARRAY_LEN(writes); i++) {
		const struct write_case *c = &writes[i];
		struct accounts before = take_stock();
		int err;

		snprintf(text, sizeof(text), "%s", c->text);
		if (!strcmp(c->text, "%N"))
			snprintf(text, sizeof(text), "%llu", value(&c->number) / PAGE);
		err = write_file(c, text);
		if (!err)
			undo_write(c, &before);
		show_text(text, shown, sizeof(shown));
		snprintf(what, sizeof(what), "'%s' to %s", shown, c->file);
		result(&before, "write", what, err, c->err);
	}
}

static void check_allocs(void)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(allocs); i++) {
		const struct alloc_case *c = &allocs[i];
		struct accounts before = take_stock();
		struct test_cma_alloc req = {
			.kind = c->kind, .flags = c->flags | TEST_CMA_NOWARN,
			.size = value(&c->size), .device = c->device,
			.uaddr = value(&c->at), .phys = value(&c->at),
		};
		int err = cma_alloc(&env, &req);

		if (!err)
			cma_free(&env, req.id);
		result(&before, "allocate", c->what, err, c->err);
	}
}

static void check_frees(void)
{
	struct test_cma_alloc req = { .kind = TEST_CMA_PAGES, .size = OBJECT };
	struct accounts before;
	size_t i;

	if (cma_alloc(&env, &req))
		ksft_exit_fail_msg("no buffer\n");
	for (i = 0; i < ARRAY_LEN(frees); i++) {
		before = take_stock();
		result(&before, "release", frees[i].what,
		       cma_free_flags(&env, req.id, value(&frees[i].offset),
				      value(&frees[i].size), frees[i].flags),
		       frees[i].err);
	}
	cma_free(&env, req.id);
	before = take_stock();
	result(&before, "release", "what was released", cma_free(&env, req.id), -ENOENT);
	result(&before, "release", "object 0", cma_free(&env, 0), -ENOENT);
	result(&before, "release", "object 2^32 - 1", cma_free(&env, ~0U), -ENOENT);
}

static bool was_refused(const struct test_cma_alloc *req, const struct free_case *c)
{
	char regex[128];

	snprintf(regex, sizeof(regex), "^<3>.*cma: .*refusing to release %llu pages at pfn 0x%llx:",
		 value(&c->size) / PAGE, (req->phys + value(&c->offset)) / PAGE);
	return cma_dmesg_has(regex);
}

static void check_refused(void)
{
	struct test_cma_alloc req = { .kind = TEST_CMA_PAGES, .size = OBJECT };
	size_t i;

	if (cma_alloc(&env, &req))
		ksft_exit_fail_msg("no buffer\n");
	if (!cma_object_in_area(&env.area, &req)) {
		ksft_test_result_skip("dma_alloc_pages() takes no pages of high memory\n");
		cma_free(&env, req.id);
		return;
	}
	cma_free_part(&env, req.id, 0, PAGE);
	cma_free_part(&env, req.id, OBJECT - PAGE, PAGE);
	for (i = 0; i < ARRAY_LEN(refused); i++) {
		const struct free_case *c = &refused[i];
		struct accounts before = take_stock();
		int err = cma_free_flags(&env, req.id, value(&c->offset), value(&c->size),
					 TEST_CMA_WRONG);

		/* Where RAM ends behind the area, the driver refuses it before. */
		if (!err && !was_refused(&req, c))
			err = -ENOMSG;
		result(&before, "to the area, release", c->what, err == -EINVAL ? 0 : err, 0);
	}
	cma_free(&env, req.id);
}

static int ask(const struct ask_case *c, __u32 id)
{
	__u64 a = value(&c->a), b = value(&c->b);
	union {
		struct test_cma_data data;
		struct test_cma_mapping mapping;
		struct test_cma_page page;
		struct test_cma_copy copy;
		struct test_cma_frame frame;
		struct test_cma_watch watch;
		struct test_cma_alloc other;
	} req = { };

	if (c->cmd == TEST_CMA_FILL || c->cmd == TEST_CMA_CHECK)
		req.data = (struct test_cma_data){ .id = id, .offset = a, .size = b };
	else if (c->cmd == TEST_CMA_MAPPING)
		req.mapping = (struct test_cma_mapping){ .where = b, .id = id, .addr = a };
	else if (c->cmd == TEST_CMA_PAGE)
		req.page = (struct test_cma_page){ .id = id, .offset = a };
	else if (c->cmd == TEST_CMA_COPY)
		req.copy = (struct test_cma_copy){ .from = id, .to = id };
	else if (c->cmd == TEST_CMA_FRAME)
		req.frame.phys = a;
	else if (c->cmd == TEST_CMA_WATCH)
		req.watch.period_ns = a;
	return ioctl(env.fd, c->cmd, &req) ? -errno : 0;
}

static void check_asks(void)
{
	static const unsigned long about_object[] = {
		TEST_CMA_FILL, TEST_CMA_CHECK, TEST_CMA_PAGE, TEST_CMA_MAPPING, TEST_CMA_COPY,
	};
	struct accounts before = take_stock();
	size_t i;

	for (i = 0; i < ARRAY_LEN(asks); i++)
		result(&before, "ask for", asks[i].what, ask(&asks[i], object.id), asks[i].err);
	for (i = 0; i < ARRAY_LEN(about_object); i++) {
		struct ask_case none = { .cmd = about_object[i] };

		result(&before, "ask about", "no object", ask(&none, 0), -ENOENT);
		result(&before, "ask about", "an object that there is not", ask(&none, ~0U),
		       -ENOENT);
	}
	result(&before, "ask with", "a pointer to nothing",
	       ioctl(env.fd, TEST_CMA_ALLOC, NULL) ? -errno : 0, -EFAULT);
	result(&before, "ask with", "a pointer into the kernel",
	       ioctl(env.fd, TEST_CMA_ALLOC, KERNEL_ADDR) ? -errno : 0, -EFAULT);
	result(&before, "fill", "a buffer that is not mapped",
	       cma_fill_object(&env, unmapped.id, 1), -EOPNOTSUPP);
}

static int map(__u32 id, size_t size, int how)
{
	char *addr = mmap(NULL, size, PROT_READ | PROT_WRITE, how, env.fd, (off_t)id * PAGE);

	return addr == MAP_FAILED ? -errno : munmap(addr, size);
}

static void check_maps(void)
{
	struct test_cma_alloc buddy = { .kind = TEST_CMA_BUDDY, .size = PAGE };
	struct accounts before = take_stock();

	if (cma_alloc(&env, &buddy))
		ksft_exit_fail_msg("no memory\n");
	result(&before, "map", "all of it", map(object.id, OBJECT, MAP_SHARED), 0);
	result(&before, "map", "a part", map(object.id, PAGE, MAP_SHARED), 0);
	result(&before, "map", "a page more", map(object.id, OBJECT + PAGE, MAP_SHARED), -ENXIO);
	result(&before, "map", "a copy", map(object.id, OBJECT, MAP_PRIVATE), -EINVAL);
	result(&before, "map", "object 0", map(0, PAGE, MAP_SHARED), -ENOENT);
	result(&before, "map", "an object that there is not", map(65535, PAGE, MAP_SHARED),
	       -ENOENT);
	result(&before, "map", "an object that cannot be mapped", map(buddy.id, PAGE, MAP_SHARED),
	       -EINVAL);
	cma_free(&env, buddy.id);
}

static const struct {
	const char *what;
	struct dma_heap_allocation_data request;
	int err;
} heaps[] = {
	{ "an fd", { .len = PAGE, .fd = 1 }, -EINVAL },
	{ "a flag for the heap", { .len = PAGE, .heap_flags = 1 }, -EINVAL },
	{ "flags that no file has", { .len = PAGE, .fd_flags = 1U << 31 }, -EINVAL },
	{ "4 GiB - 1", { .len = 0xffffffff }, -EINVAL },
	{ "4 GiB - a page", { .len = 0xfffff000 }, -ENOMEM },
	{ "2 GiB", { .len = 0x80000000 }, -ENOMEM },
	{ "1 GiB", { .len = 0x40000000 }, -ENOMEM },
};

static void check_heap(void)
{
	char path[96];
	size_t i;
	int heap;

	snprintf(path, sizeof(path), "/dev/dma_heap/%s", env.area.name);
	heap = open(path, O_RDWR | O_CLOEXEC);
	if (heap < 0) {
		ksft_test_result_skip("no %s: needs CONFIG_DMABUF_HEAPS_CMA\n", path);
		return;
	}
	for (i = 0; i < ARRAY_LEN(heaps); i++) {
		struct dma_heap_allocation_data request = heaps[i].request;
		struct accounts before = take_stock();
		int err = ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &request) ? -errno : 0;

		if (!err)
			close(request.fd);
		result(&before, "of the heap,", heaps[i].what, err, heaps[i].err);
	}
	close(heap);
}

/* From the lowest zone's start to the highest one's end */
static bool find_ram(void)
{
	unsigned long start = env.area.base_pfn, end = start;
	struct cma_zone zone;

	while (cma_zone_of(end, &zone))
		end = zone.start_pfn + zone.spanned;
	while (start && cma_zone_of(start - 1, &zone))
		start = zone.start_pfn;
	units[RAM_START] = start * (__u64)PAGE;
	units[RAM_END] = end * (__u64)PAGE;
	return start < env.area.base_pfn && end > start;
}

static bool prepare(void)
{
	units[AREA] = env.area.pages * (__u64)PAGE;
	units[BLOCK] = cma_pageblock_pages() * (__u64)PAGE;
	units[AREA_START] = env.area.base_pfn * (__u64)PAGE;
	units[AREA_END] = units[AREA_START] + units[AREA];

	/* The third page is a hole. */
	memory = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (memory == MAP_FAILED || munmap(memory + 2 * PAGE, PAGE))
		return false;
	units[MEMORY] = (uintptr_t)memory;

	if (cma_alloc_dma(&env, OBJECT, 0, &object) ||
	    cma_alloc_dma(&env, PAGE, TEST_CMA_NO_KERNEL_MAPPING, &unmapped))
		return false;
	units[THERE] = object.phys;
	/* Beside these two */
	units[LARGEST] = env.largest - MB;
	return units[BLOCK] && find_ram();
}

int main(void)
{
	ksft_print_header();
	if (!cma_env_open(&env))
		ksft_exit_skip("%s\n", env.why_not);
	if (!env.ours)
		ksft_exit_skip("the stock kernel cuts numbers down, and corrupts memory\n");
	cma_drop_caches();
	if (!prepare())
		ksft_exit_fail_msg("no buffers to ask about\n");

	check_writes();
	check_allocs();
	check_frees();
	check_refused();
	check_asks();
	check_maps();
	check_heap();
	ksft_test_result(cma_env_close(&env), "the area is as it was\n");
	ksft_set_plan(ksft_test_num());
	ksft_finished();
}
