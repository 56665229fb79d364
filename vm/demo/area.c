// SPDX-License-Identifier: GPL-2.0
/*
 * The area as the kernel shows it: debugfs for where it is and what is
 * allocated, /proc/kpageflags for what the rest is used for.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/kernel-page-flags.h>

#include "demo.h"

#define DEBUGFS		"/sys/kernel/debug/cma"
#define SYSFS		"/sys/kernel/mm/cma"
#define HAS(flags, bit)	((flags) >> (bit) & 1)

/* How often the books may be looked at anew before they count as wrong */
#define MAX_LOOKS	20

static long figure(const char *path)
{
	FILE *file = fopen(path, "re");
	long value = NO_FIGURE;

	if (!file)
		return NO_FIGURE;
	if (fscanf(file, "%ld", &value) != 1)
		value = NO_FIGURE;
	fclose(file);
	return value;
}

static unsigned long area_debugfs(const struct area *area, const char *file)
{
	char path[128];
	long value;

	snprintf(path, sizeof(path), DEBUGFS "/%s/%s", area->name, file);
	value = figure(path);
	if (value < 0)
		die("cannot read %s", path);
	return value;
}

/* Pages that are allocated */
unsigned long area_used(const struct area *area)
{
	return area_debugfs(area, "used");
}

/* A figure in sysfs, or NO_FIGURE when this kernel does not count that. */
long area_counter(const struct area *area, const char *file)
{
	char path[128];

	snprintf(path, sizeof(path), SYSFS "/%s/%s", area->name, file);
	return figure(path);
}

/* The sum of what stands behind @key, in a file of names and values. */
long keyed_figure(const char *path, const char *key)
{
	FILE *file = fopen(path, "re");
	long sum = NO_FIGURE, value;
	char word[64];

	if (!file)
		die("cannot open %s: %s", path, strerror(errno));
	while (fscanf(file, "%63s", word) == 1)
		if (!strcmp(word, key) && fscanf(file, "%ld", &value) == 1)
			sum = (sum == NO_FIGURE ? 0 : sum) + value;
	fclose(file);
	return sum;
}

void area_find(struct area *area)
{
	const char *name;
	glob_t found;

	if (glob(DEBUGFS "/*", GLOB_ONLYDIR, NULL, &found) || found.gl_pathc != 1)
		die("there must be one area in " DEBUGFS);
	name = strrchr(found.gl_pathv[0], '/') + 1;
	snprintf(area->name, sizeof(area->name), "%s", name);
	globfree(&found);
	area->base_pfn = area_debugfs(area, "base_pfn");
	area->nr_pages = area_debugfs(area, "count");
}

/* Marks what is allocated: one bit for 2^order_per_bit pages, in u32 words. */
static void read_bitmap(const struct area *area, unsigned char *of_page)
{
	unsigned long order = area_debugfs(area, "order_per_bit");
	unsigned long page = 0, word;
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), DEBUGFS "/%s/bitmap", area->name);
	file = fopen(path, "re");
	while (file && page < area->nr_pages && fscanf(file, "%lu", &word) == 1) {
		unsigned long end = page + (32UL << order);
		unsigned long first = page;

		for (; page < end && page < area->nr_pages; page++)
			if (HAS(word, (page - first) >> order))
				of_page[page] = USE_ALLOCATED;
	}
	if (page < area->nr_pages)
		die("%s ends before the area does", path);
	fclose(file);
}

static enum use use_of(uint64_t flags)
{
	if (HAS(flags, KPF_BUDDY))
		return USE_FREE;
	/* The kernel clears all flags of a page before it goes on such a list. */
	if (!flags)
		return USE_IDLE;
	return HAS(flags, KPF_ANON) ? USE_PROCESS : USE_CACHE;
}

static void read_flags(const struct area *area, uint64_t *flags)
{
	size_t size = area->nr_pages * sizeof(*flags);
	off_t from = (off_t)area->base_pfn * sizeof(*flags);
	int fd = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || pread(fd, flags, size, from) != (ssize_t)size)
		die("cannot read /proc/kpageflags: %s", strerror(errno));
	close(fd);
}

void survey_begin(const struct area *area, struct survey *survey)
{
	survey->flags = malloc(area->nr_pages * sizeof(*survey->flags));
	survey->of_page = malloc(area->nr_pages);
	if (!survey->flags || !survey->of_page)
		die("no memory for a survey");
}

void survey_end(struct survey *survey)
{
	free(survey->flags);
	free(survey->of_page);
}

/* Looks at every page. */
void survey_look(const struct area *area, struct survey *survey)
{
	unsigned long page;

	read_flags(area, survey->flags);
	for (page = 0; page < area->nr_pages; page++)
		survey->of_page[page] = use_of(survey->flags[page]);
	read_bitmap(area, survey->of_page);

	memset(survey->count, 0, sizeof(survey->count));
	for (page = 0; page < area->nr_pages; page++)
		survey->count[survey->of_page[page]]++;
}

/*
 * Makes CPUs add what they have counted for themselves to the totals. They also
 * return a part of the pages on their own lists then.
 */
static void fold_counters(void)
{
	int fd = open("/proc/sys/vm/stat_refresh", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "1", 1) != 1)
		die("cannot write /proc/sys/vm/stat_refresh: %s", strerror(errno));
	close(fd);
}

/**
 * struct books - what the kernel says in total beside what its pages say
 * @total: CmaTotal, in pages as all here
 * @free: CmaFree
 * @used: allocated, as the allocator counts
 * @on_cpus: pages on all CPUs' own lists, of the area or not
 * @survey: what the pages say
 */
struct books {
	unsigned long total;
	unsigned long free;
	unsigned long used;
	unsigned long on_cpus;
	struct survey survey;
};

static void open_books(const struct area *area, struct books *books)
{
	fold_counters();
	books->free = keyed_figure("/proc/meminfo", "CmaFree:") * 1024 / PAGE_BYTES;
	survey_look(area, &books->survey);
	books->on_cpus = keyed_figure("/proc/zoneinfo", "count:");
	books->used = area_used(area);
	books->total = keyed_figure("/proc/meminfo", "CmaTotal:") * 1024 / PAGE_BYTES;
}

static unsigned long lent(const struct books *books)
{
	const unsigned long *count = books->survey.count;

	return count[USE_CACHE] + count[USE_PROCESS] + count[USE_IDLE];
}

/*
 * CmaFree cannot simply be compared with what it was: the difference may be
 * lent. What must hold at any time is that no page is missing or counted twice:
 *
 *	CmaFree + lent == CmaTotal - allocated
 *
 * and when the driver has given everything back, that as much is allocated as
 * before. Lent are the pages that somebody uses and those on a CPU's own list.
 * The latter cannot be told from pages that were lost on the way, so there must
 * not be more of them than these lists have in all.
 */
static const char *wrong_in(const struct books *books, unsigned long used_before)
{
	const unsigned long *count = books->survey.count;

	if (books->used != used_before)
		return "not as many are allocated as before";
	if (books->used != count[USE_ALLOCATED])
		return "the bitmap says otherwise about what is allocated";
	if (books->free + lent(books) != books->total - books->used)
		return "the sum is wrong";
	if (count[USE_IDLE] > books->on_cpus)
		return "there are pages neither used nor free nor on a CPU's list";
	return NULL;
}

/*
 * Prints the books, and returns whether they are wrong. While they are read the
 * guest goes on using memory, so that only what stays wrong counts.
 */
int area_account(const struct area *area, unsigned long used_before)
{
	struct books books = { 0 };
	const char *wrong;
	int looks = 0;

	survey_begin(area, &books.survey);
	do {
		open_books(area, &books);
		wrong = wrong_in(&books, used_before);
	} while (wrong && ++looks < MAX_LOOKS);

	printf("CmaFree %lu + lent %lu = CmaTotal %lu - allocated %lu pages\n",
	       books.free, lent(&books), books.total, books.used);
	if (wrong)
		printf("%s (allocated before: %lu, in the bitmap: %lu; "
		       "idle: %lu, on CPUs' lists: %lu)\n", wrong, used_before,
		       books.survey.count[USE_ALLOCATED],
		       books.survey.count[USE_IDLE], books.on_cpus);
	survey_end(&books.survey);
	return !!wrong;
}
