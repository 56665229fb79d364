// SPDX-License-Identifier: GPL-2.0
/*
 * What the kernel shows of areas, zones, pageblocks and pages: see cma_util.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <unistd.h>

#include "cma_util.h"

#define DEBUGFS		"/sys/kernel/debug/cma"
#define SYSFS		"/sys/kernel/mm/cma"
#define PAGEMAP_PRESENT	0x8000000000000000ULL
#define PAGEMAP_PFN	0x007fffffffffffffULL
#define KLOG_READ_ALL	3
#define KLOG_SIZE	10

ssize_t cma_read_text(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY);
	size_t len = 0;
	ssize_t got;

	if (fd < 0)
		return -errno;
	do {
		got = read(fd, buf + len, size - 1 - len);
		len += got > 0 ? got : 0;
	} while (got > 0 && len < size - 1);
	got = got < 0 ? -errno : (ssize_t)len;
	buf[len] = '\0';
	close(fd);
	return got;
}

int cma_write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	int ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

unsigned long long cma_read_value(const char *path)
{
	char text[32], *end;
	unsigned long long value;

	if (cma_read_text(path, text, sizeof(text)) <= 0)
		return CMA_NO_VALUE;
	value = strtoull(text, &end, 10);
	return end == text ? CMA_NO_VALUE : value;
}

/* The first number behind @key in a file of lines "key number ..." */
unsigned long long cma_keyed_value(const char *path, const char *key)
{
	unsigned long long value = CMA_NO_VALUE;
	size_t len = strlen(key);
	char line[512], *found;
	FILE *file = fopen(path, "r");

	if (!file)
		return value;
	while (fgets(line, sizeof(line), file)) {
		found = line + strspn(line, " ");
		if (strncmp(found, key, len) || !strchr(" :\t", found[len]))
			continue;
		value = strtoull(found + len + strspn(found + len, " :\t"), NULL, 10);
		break;
	}
	fclose(file);
	return value;
}

unsigned long long cma_meminfo(const char *key)
{
	return cma_keyed_value("/proc/meminfo", key);
}

/* The last key=value, or key, of the command line */
bool cma_cmdline_value(const char *key, char *buf, size_t size)
{
	static char line[4096];
	size_t len = strlen(key);
	bool found = false;
	char *word;

	if (cma_read_text("/proc/cmdline", line, sizeof(line)) <= 0)
		return false;
	for (word = strtok(line, "\n "); word; word = strtok(NULL, "\n ")) {
		if (strncmp(word, key, len) || !strchr("=", word[len]))
			continue;
		snprintf(buf, size, "%s", word + len + (word[len] == '='));
		found = true;
	}
	return found;
}

/* nn[KMG] from *@text on, which is moved behind it */
unsigned long long cma_parse_bytes(const char **text)
{
	static const char suffixes[] = "KMG";
	char *end, *suffix;
	unsigned long long value = strtoull(*text, &end, 0);

	suffix = *end ? strchr(suffixes, *end) : NULL;
	if (suffix) {
		value <<= 10 * (suffix - suffixes + 1);
		end++;
	}
	*text = end;
	return value;
}

bool cma_dmesg_has(const char *regex)
{
	int size = klogctl(KLOG_SIZE, NULL, 0);
	char *log, *line;
	bool found = false;
	regex_t re;

	if (size <= 0 || regcomp(&re, regex, REG_EXTENDED | REG_NOSUB))
		return false;
	log = calloc(1, size + 1);
	if (log && klogctl(KLOG_READ_ALL, log, size) > 0)
		for (line = strtok(log, "\n"); line && !found; line = strtok(NULL, "\n"))
			found = !regexec(&re, line, 0, NULL, 0);
	free(log);
	regfree(&re);
	return found;
}

bool cma_kernel_has(const char *symbol)
{
	FILE *file = fopen("/proc/kallsyms", "r");
	char line[512], name[256];
	bool found = false;

	if (!file)
		return false;
	while (!found && fgets(line, sizeof(line), file))
		found = sscanf(line, "%*s %*s %255s", name) == 1 && !strcmp(name, symbol);
	fclose(file);
	return found;
}

bool cma_audit_agrees(void)
{
	char report[8192], *line, *last = NULL;

	if (cma_read_text("/sys/kernel/debug/cma_audit", report, sizeof(report)) == -ENOENT)
		return true;
	for (line = strtok(report, "\n"); line; line = strtok(NULL, "\n")) {
		if (last)
			ksft_print_msg("audit: %s\n", last);
		last = line;
	}
	if (last && !strncmp(last, "ok:", 3))
		return true;
	ksft_print_msg("audit: %s\n", last ? last : "no result");
	return false;
}

unsigned long long cma_area_debugfs(const struct cma_area *area, const char *file)
{
	char path[160];

	snprintf(path, sizeof(path), DEBUGFS "/%s/%s", area->name, file);
	return cma_read_value(path);
}

unsigned long long cma_area_sysfs(const struct cma_area *area, const char *file)
{
	char path[160];

	snprintf(path, sizeof(path), SYSFS "/%s/%s", area->name, file);
	return cma_read_value(path);
}

/* Every unit's bit, as debugfs prints them: words of 32 bits, the first bit lowest */
size_t cma_area_bitmap(const struct cma_area *area, bool *bits, size_t max)
{
	static char text[256 * 1024];
	size_t count = 0, i;
	char path[160], *word;
	unsigned long value;

	snprintf(path, sizeof(path), DEBUGFS "/%s/bitmap", area->name);
	if (cma_read_text(path, text, sizeof(text)) <= 0)
		return 0;
	for (word = strtok(text, "\n "); word; word = strtok(NULL, "\n ")) {
		value = strtoul(word, NULL, 10);
		for (i = 0; i < 32 && count < max; i++)
			bits[count++] = value >> i & 1;
	}
	return count;
}

/* Is that page among those that would not move, for that reason? */
bool cma_remembers(const struct cma_area *area, unsigned long pfn, const char *kind)
{
	char path[160], line[256], wanted[32], *rest;
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), DEBUGFS "/%s/blockers", area->name);
	snprintf(wanted, sizeof(wanted), "0x%lx", pfn);
	file = fopen(path, "r");
	while (file && !found && fgets(line, sizeof(line), file)) {
		rest = line + strcspn(line, " ");
		*rest++ = '\0';
		found = !strcmp(line, wanted) && strstr(rest, kind);
	}
	if (file)
		fclose(file);
	return found;
}

int cma_set_deadline(const struct cma_area *area, unsigned long long ms)
{
	char path[160], text[32];

	snprintf(path, sizeof(path), SYSFS "/%s/deadline_ms", area->name);
	snprintf(text, sizeof(text), "%llu", ms);
	return cma_write_text(path, text);
}

bool cma_open_area(const char *name, struct cma_area *area)
{
	unsigned long long base, count;

	snprintf(area->name, sizeof(area->name), "%s", name);
	base = cma_area_debugfs(area, "base_pfn");
	count = cma_area_debugfs(area, "count");
	if (base == CMA_NO_VALUE || count == CMA_NO_VALUE)
		return false;
	area->base_pfn = base;
	area->pages = count;
	return true;
}

/* The default area: the one of cma= or Kconfig, else the device tree's. */
bool cma_find_area(struct cma_area *area)
{
	return cma_open_area("reserved", area) || cma_open_area("linux,cma", area);
}

bool cma_in_area(const struct cma_area *area, unsigned long pfn)
{
	return pfn >= area->base_pfn && pfn - area->base_pfn < area->pages;
}

static void take_number(const char *line, const char *key, unsigned long *value)
{
	size_t len = strlen(key);

	line += strspn(line, " ");
	if (!strncmp(line, key, len) && line[len] == ' ')
		*value = strtoul(line + len, NULL, 10);
}

static void take_zone_line(const char *line, struct cma_zone *zone)
{
	take_number(line, "pages free", &zone->free);
	take_number(line, "low", &zone->low);
	take_number(line, "high", &zone->high);
	take_number(line, "boost", &zone->boost);
	take_number(line, "spanned", &zone->spanned);
	take_number(line, "cma", &zone->cma);
	take_number(line, "nr_free_cma", &zone->free_cma);
	take_number(line, "start_pfn:", &zone->start_pfn);
}

bool cma_zone_of(unsigned long pfn, struct cma_zone *zone)
{
	FILE *file = fopen("/proc/zoneinfo", "r");
	bool found = false;
	char line[256];

	if (!file)
		return false;
	while (!found && fgets(line, sizeof(line), file)) {
		if (!strncmp(line, "Node", 4))
			*zone = (struct cma_zone){
				.node = atoi(line + 5),
				.is_highmem = strstr(line, "HighMem"),
			};
		take_zone_line(line, zone);
		/* A zone's start is the last that is told about it. */
		found = strstr(line, "start_pfn:") && pfn >= zone->start_pfn &&
			pfn - zone->start_pfn < zone->spanned;
	}
	fclose(file);
	return found;
}

static unsigned long sum_of_zones(const char *format)
{
	FILE *file = fopen("/proc/zoneinfo", "r");
	unsigned long sum = 0, value;
	char line[256];

	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, format, &value) == 1)
			sum += value;
	fclose(file);
	return sum;
}

/* Those that wait on per-CPU lists among them */
unsigned long cma_free_pages(void)
{
	return sum_of_zones(" pages free %lu") + sum_of_zones(" count: %lu");
}

/* On any node: it does not wake then until somebody else has reclaimed. */
bool cma_kswapd_gave_up(void)
{
	return sum_of_zones(" node_unreclaimable: %lu") > 0;
}

unsigned long cma_zones_cma_pages(void)
{
	return sum_of_zones(" cma %lu");
}

/* The page frames behind each page of memory, 0 where there is none; to be freed */
unsigned long *cma_pfns_of(const void *addr, size_t size)
{
	size_t count = size / PAGE, len = count * sizeof(__u64), i;
	unsigned long *pfns = calloc(count, sizeof(*pfns));
	__u64 *entries = calloc(count, sizeof(*entries));
	int fd = open("/proc/self/pagemap", O_RDONLY);

	if (pfns && entries &&
	    pread(fd, entries, len, (uintptr_t)addr / PAGE * sizeof(*entries)) == (ssize_t)len)
		for (i = 0; i < count; i++)
			if (entries[i] & PAGEMAP_PRESENT)
				pfns[i] = entries[i] & PAGEMAP_PFN;
	close(fd);
	free(entries);
	return pfns;
}

unsigned long cma_pfn_of(const void *addr)
{
	unsigned long *pfns = cma_pfns_of(addr, PAGE), pfn = pfns ? *pfns : 0;

	free(pfns);
	return pfn;
}

unsigned long cma_pages_in_area(const struct cma_area *area, const void *addr,
				size_t size)
{
	unsigned long *pfns = cma_pfns_of(addr, size), found = 0;
	size_t i;

	for (i = 0; pfns && i < size / PAGE; i++)
		found += cma_in_area(area, pfns[i]);
	free(pfns);
	return found;
}

/* How many pages of the area have any of @flags in /proc/kpageflags */
unsigned long cma_count_flagged(const struct cma_area *area, __u64 flags)
{
	int fd = open("/proc/kpageflags", O_RDONLY);
	unsigned long found = 0, done = 0, i;
	__u64 entries[512];
	ssize_t got;

	while (done < area->pages) {
		got = pread(fd, entries, sizeof(entries),
			    (off_t)(area->base_pfn + done) * sizeof(*entries));
		if (got <= 0)
			break;
		for (i = 0; i < got / sizeof(*entries) && done < area->pages; i++, done++)
			found += !!(entries[i] & flags);
	}
	close(fd);
	return found;
}

unsigned long cma_pageblock_pages(void)
{
	unsigned long long pages = cma_keyed_value("/proc/pagetypeinfo", "Pages per block");

	return pages == CMA_NO_VALUE ? 0 : pages;
}

/* Which word of a line is @word, counted from 0; -1 when none is */
static int word_index(char *line, const char *word)
{
	char *found, *rest;
	int i = 0;

	for (found = strtok_r(line, "\n ", &rest); found;
	     found = strtok_r(NULL, "\n ", &rest), i++)
		if (!strcmp(found, word))
			return i;
	return -1;
}

static unsigned long number_at(char *line, int index)
{
	char *found, *rest;

	for (found = strtok_r(line, "\n ", &rest); found && index;
	     found = strtok_r(NULL, "\n ", &rest))
		index--;
	return found ? strtoul(found, NULL, 10) : 0;
}

/*
 * /proc/pagetypeinfo has a table of counts for each node, behind others, where four
 * words stand before the types as well as before the numbers:
 *
 *	Number of blocks type     Unmovable      Movable ...      Isolate
 *	Node 0, zone   Normal            4           44 ...            0
 */
unsigned long cma_count_blocks(const char *type)
{
	FILE *file = fopen("/proc/pagetypeinfo", "r");
	unsigned long sum = 0;
	char line[512];
	int index = -1;

	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, "Node", 4))
			index = strncmp(line, "Number of blocks", 16) ? -1 :
				word_index(line, type);
		else if (index >= 0)
			sum += number_at(line, index);
	}
	fclose(file);
	return sum;
}

unsigned int cma_ask_hugetlb_pages(size_t size_kb, unsigned int count)
{
	char path[96], text[16];

	snprintf(path, sizeof(path), "/sys/kernel/mm/hugepages/hugepages-%zukB/nr_hugepages",
		 size_kb);
	snprintf(text, sizeof(text), "%u", count);
	return cma_write_text(path, text) ? 0 : cma_read_value(path);
}

bool cma_set_hugetlb_pages(size_t size_kb, unsigned int count)
{
	return cma_ask_hugetlb_pages(size_kb, count) == count;
}
