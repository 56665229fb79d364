// SPDX-License-Identifier: GPL-2.0
/* What the benchmark programs share: see bench_util.h. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "bench_util.h"

#define DEBUGFS		"/sys/kernel/debug/cma"
#define SYSFS		"/sys/kernel/mm/cma"
#define STRIDE		(64 / sizeof(uint32_t))
#define PFN_MASK	((1ULL << 55) - 1)
#define PFN_PRESENT	(1ULL << 63)

const char *workload = "bench";

noreturn void die(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fprintf(stderr, "%s: ", workload);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/* One write each, so that threads and processes do not tear lines apart. */
void print_request(const char *cell, unsigned int i, bool ok, uint64_t ns)
{
	dprintf(STDOUT_FILENO, "BENCH %s %s %u %d %llu\n", workload, cell, i, ok,
		(unsigned long long)ns);
}

void print_value(const char *cell, const char *metric, long long value, const char *unit)
{
	dprintf(STDOUT_FILENO, "BENCHV %s %s %s %lld %s\n", workload, cell, metric,
		value, unit);
}

/* The name is good until the thread's next one. */
const char *cell_name(const char *format, ...)
{
	static __thread char name[64];
	va_list args;

	va_start(args, format);
	vsnprintf(name, sizeof(name), format, args);
	va_end(args);
	return name;
}

/* The first number in a file */
long long read_value(const char *path)
{
	FILE *file = fopen(path, "re");
	long long value;

	if (!file)
		return NO_VALUE;
	if (fscanf(file, "%lld", &value) != 1)
		value = NO_VALUE;
	fclose(file);
	return value;
}

/* The sum of what stands behind @key, in a file of names and values */
long long read_keyed(const char *path, const char *key)
{
	FILE *file = fopen(path, "re");
	long long sum = NO_VALUE, value;
	char word[64];

	while (file && fscanf(file, "%63s", word) == 1)
		if (!strcmp(word, key) && fscanf(file, "%lld", &value) == 1)
			sum = (sum == NO_VALUE ? 0 : sum) + value;
	if (file)
		fclose(file);
	return sum;
}

int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

static const char *area_path(const struct area *area, const char *file)
{
	static __thread char path[128];

	snprintf(path, sizeof(path), DEBUGFS "/%s/%s", area->name, file);
	return path;
}

static unsigned long area_debugfs(const struct area *area, const char *file)
{
	long long value = read_value(area_path(area, file));

	if (value < 0)
		die("cannot read %s", area_path(area, file));
	return value;
}

unsigned long area_used(const struct area *area)
{
	return area_debugfs(area, "used");
}

/* A counter in sysfs, or NO_VALUE on a kernel that does not count that */
long long area_counter(const struct area *area, const char *file)
{
	char path[128];

	snprintf(path, sizeof(path), SYSFS "/%s/%s", area->name, file);
	return read_value(path);
}

void area_open(struct area *area)
{
	glob_t found;

	if (glob(DEBUGFS "/*", GLOB_ONLYDIR, NULL, &found) || found.gl_pathc != 1)
		die("there must be one area in " DEBUGFS);
	snprintf(area->name, sizeof(area->name), "%s",
		 strrchr(found.gl_pathv[0], '/') + 1);
	globfree(&found);
	area->base_pfn = area_debugfs(area, "base_pfn");
	area->pages = area_debugfs(area, "count");
	area->alloc_fd = open(area_path(area, "alloc"), O_WRONLY | O_CLOEXEC);
	area->free_fd = open(area_path(area, "free"), O_WRONLY | O_CLOEXEC);
	if (area->alloc_fd < 0 || area->free_fd < 0)
		die("cannot open the area's alloc and free: %s", strerror(errno));
}

/* debugfs shows one bit for 2^order_per_bit pages, in u32 words. */
void area_allocated(const struct area *area, unsigned char *of_page)
{
	unsigned long order = area_debugfs(area, "order_per_bit");
	unsigned long page = 0, bit, word;
	FILE *file = fopen(area_path(area, "bitmap"), "re");

	memset(of_page, 0, area->pages);
	while (file && page < area->pages && fscanf(file, "%lu", &word) == 1)
		for (bit = 0; bit < 32UL << order && page < area->pages; bit++)
			of_page[page++] = word >> (bit >> order) & 1;
	if (page < area->pages)
		die("the area's bitmap ends before the area does");
	fclose(file);
}

void area_flags(const struct area *area, uint64_t *of_page)
{
	size_t size = area->pages * sizeof(*of_page);
	off_t from = (off_t)area->base_pfn * sizeof(*of_page);
	int fd = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || pread(fd, of_page, size, from) != (ssize_t)size)
		die("cannot read /proc/kpageflags: %s", strerror(errno));
	close(fd);
}

static int timed_write(int fd, unsigned long pages, uint64_t *ns)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%lu", pages), err;
	uint64_t begin = now_ns();

	err = write(fd, text, len) == len ? 0 : -errno;
	*ns = now_ns() - begin;
	return err;
}

int area_take(const struct area *area, unsigned long pages, uint64_t *ns)
{
	return timed_write(area->alloc_fd, pages, ns);
}

int area_give(const struct area *area, unsigned long pages, uint64_t *ns)
{
	return timed_write(area->free_fd, pages, ns);
}

int driver_open(void)
{
	int fd = open(TEST_CMA_DEVICE, O_RDWR | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT && !system("modprobe -q test_cma"))
		fd = open(TEST_CMA_DEVICE, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		die("cannot open " TEST_CMA_DEVICE ": %s", strerror(errno));
	return fd;
}

int driver_call(int fd, unsigned long request, void *arg)
{
	return ioctl(fd, request, arg) ? -errno : 0;
}

/* A DMA buffer; the time is the caller's, around the system call. */
int driver_take(int fd, size_t size, uint32_t flags, uint32_t *id, uint64_t *ns)
{
	struct test_cma_alloc req = {
		.kind = TEST_CMA_DMA, .size = size, .flags = flags,
	};
	uint64_t begin = now_ns();
	int err = driver_call(fd, TEST_CMA_ALLOC, &req);

	*ns = now_ns() - begin;
	*id = req.id;
	return err;
}

int driver_give(int fd, uint32_t id, uint64_t *ns)
{
	struct test_cma_free req = { .id = id };
	uint64_t begin = now_ns();
	int err = driver_call(fd, TEST_CMA_FREE, &req);

	*ns = now_ns() - begin;
	return err;
}

/* Writes what lies in [from, to) of it, offsets in bytes. */
void memory_write(const struct memory *memory, size_t from, size_t to)
{
	uint32_t *words = (uint32_t *)memory->addr;
	size_t i;

	for (i = from / sizeof(*words); i < to / sizeof(*words); i += STRIDE)
		words[i] = test_cma_word(memory->seed, i);
}

void memory_map(struct memory *memory, size_t size, uint32_t seed)
{
	size_t offset;

	memory->size = size;
	memory->seed = seed;
	memory->addr = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory->addr == MAP_FAILED)
		die("cannot take %lu MiB: %s", size / MIB, strerror(errno));
	for (offset = 0; offset < size; offset += MIB)
		memory->addr[offset] = 0;
}

void memory_take(struct memory *memory, size_t size, uint32_t seed)
{
	memory_map(memory, size, seed);
	memory_write(memory, 0, size);
}

static bool page_is_bad(const struct memory *memory, size_t offset)
{
	const uint32_t *words = (const uint32_t *)memory->addr;
	size_t i = offset / sizeof(*words);
	size_t end = i + PAGE_BYTES / sizeof(*words);

	for (; i < end; i += STRIDE)
		if (words[i] != test_cma_word(memory->seed, i))
			return true;
	return false;
}

unsigned long memory_bad_pages(const struct memory *memory)
{
	unsigned long bad = 0;
	size_t offset;

	for (offset = 0; offset < memory->size; offset += PAGE_BYTES)
		bad += page_is_bad(memory, offset);
	return bad;
}

void memory_give(struct memory *memory)
{
	munmap(memory->addr, memory->size);
	memory->addr = NULL;
}

void drop_caches(void)
{
	sync();
	if (write_text("/proc/sys/vm/drop_caches", "3"))
		die("cannot write /proc/sys/vm/drop_caches");
}

static int pagemap_fd(void)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		die("cannot open /proc/self/pagemap: %s", strerror(errno));
	return fd;
}

static unsigned long read_pfn(int pagemap, const void *addr)
{
	off_t from = (off_t)((uintptr_t)addr / PAGE_BYTES) * sizeof(uint64_t);
	uint64_t entry;

	if (pread(pagemap, &entry, sizeof(entry), from) != sizeof(entry))
		die("cannot read /proc/self/pagemap: %s", strerror(errno));
	return entry & PFN_PRESENT ? entry & PFN_MASK : 0;
}

unsigned long pfn_of(const void *addr)
{
	int pagemap = pagemap_fd();
	unsigned long pfn = read_pfn(pagemap, addr);

	close(pagemap);
	return pfn;
}

unsigned long pages_in_area(const struct area *area, const void *addr, size_t size)
{
	unsigned long count = 0;
	int pagemap = pagemap_fd();
	size_t offset;

	for (offset = 0; offset < size; offset += PAGE_BYTES)
		count += read_pfn(pagemap, (const char *)addr + offset) -
			 area->base_pfn < area->pages;
	close(pagemap);
	return count;
}
