// SPDX-License-Identifier: GPL-2.0
/*
 * What became of the device tree's wishes for areas.
 *
 * The sources in dt/ say in the nodes what is expected of them; dt/areas.dtsi
 * explains the properties.  What is right or wrong about a node is one test point.
 */
#include <dirent.h>
#include <errno.h>
#include <linux/kernel-page-flags.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../kselftest.h"
#include "cma_util.h"

#define TREE	"/sys/firmware/devicetree/base"
#define NODES	TREE "/reserved-memory"
#define AREAS	"/sys/kernel/debug/cma"
#define HEAPS	"/dev/dma_heap"

#define KPF_KERNEL_RESERVED	32	/* kernel/include/linux/kernel-page-flags.h */

static struct cma_env env;
static bool ours;

/* One test point; the name's last part is a sentence about @node. */
static void result(bool good, const char *node, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	ksft_test_result(good, "%s: %s\n", node, text);
}

/* The text of a node's property, or false */
static bool property(const char *dir, const char *node, const char *name,
		     char *text, size_t size)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s/%s", dir, node, name);
	return cma_read_text(path, text, size) >= 0;
}

static bool has_property(const char *dir, const char *node, const char *name)
{
	char text[256];

	return property(dir, node, name, text, sizeof(text));
}

/* Calls @work for each node in @dir that has the property @name. */
static void each_node(const char *dir, const char *name,
		      void (*work)(const char *node, const char *value))
{
	struct dirent **entries;
	int count = scandir(dir, &entries, NULL, alphasort);
	char value[256];
	int i;

	for (i = 0; i < count; i++) {
		if (property(dir, entries[i]->d_name, name, value, sizeof(value)))
			work(entries[i]->d_name, value);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

static bool find_area(const char *name, struct cma_area *area)
{
	unsigned long long base, count;

	snprintf(area->name, sizeof(area->name), "%s", name);
	base = cma_area_debugfs(area, "base_pfn");
	count = cma_area_debugfs(area, "count");
	area->base_pfn = base;
	area->pages = count;
	return base != CMA_NO_VALUE && count != CMA_NO_VALUE;
}

static bool is_where(const struct cma_area *area, const char *text)
{
	unsigned long long size, start, end, base = area->base_pfn * PAGE;

	size = cma_parse_bytes(&text);
	if (*text++ != '@')
		return false;
	start = cma_parse_bytes(&text);
	end = start + size;
	if (*text++ == '-')
		end = cma_parse_bytes(&text);
	return area->pages * PAGE == size && base >= start && base + size <= end;
}

static bool is_announced(const struct cma_area *area)
{
	char line[128];

	snprintf(line, sizeof(line),
		 "Reserved memory: created CMA memory pool at 0x0*%llx, size %llu MiB",
		 (unsigned long long)area->base_pfn * PAGE,
		 (unsigned long long)area->pages * PAGE / MB);
	return cma_dmesg_has(line);
}

static void check_area(const char *node, const char *wish)
{
	struct cma_area area;
	bool exists = find_area(node, &area);
	char heap[128];

	snprintf(heap, sizeof(heap), HEAPS "/%s", node);
	if (!ours && has_property(NODES, node, "cma-test,differs"))
		ksft_test_result_skip("%s: the stock kernel does otherwise\n", node);
	else if (!strcmp(wish, "none"))
		result(!exists && access(heap, F_OK), node, "is no area, and has no heap");
	else
		result(exists && is_where(&area, wish) && is_announced(&area), node,
		       "is an area, %s, and the log says so", wish);
}

static void check_default(const char *node, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), HEAPS "/%s", node);
	result(!access(path, F_OK), node, "is the default area");
}

/* In the log's lines, a node's name is text. */
static void escape(const char *text, char *regex, size_t size)
{
	size_t len = 0;

	for (; *text && len + 3 < size; text++) {
		if (strchr(".+*?", *text))
			regex[len++] = '\\';
		regex[len++] = *text;
	}
	regex[len] = '\0';
}

static void check_says(const char *node, const char *regex)
{
	char name[128], line[1024];

	escape(node, name, sizeof(name));
	snprintf(line, sizeof(line), "%s[':, ].*(%s)|(%s).*%s[':, ]", name, regex,
		 regex, name);
	if (ours)
		result(cma_dmesg_has(line), node, "the log says why: %s", regex);
}

/* The first range of a node, which has two cells for each number */
static bool node_range(const char *node, struct cma_area *area)
{
	unsigned long long numbers[2];
	char path[256];
	uint8_t reg[16];
	size_t i, got;
	FILE *file;

	snprintf(path, sizeof(path), NODES "/%s/reg", node);
	file = fopen(path, "r");
	if (!file)
		return false;
	got = fread(reg, sizeof(reg), 1, file);
	fclose(file);
	for (i = 0; i < 2; i++)
		numbers[i] = (unsigned long long)reg[8 * i + 4] << 24 |
			     reg[8 * i + 5] << 16 | reg[8 * i + 6] << 8 | reg[8 * i + 7];
	area->base_pfn = numbers[0] / PAGE;
	area->pages = numbers[1] / PAGE;
	return got == 1;
}

static void check_memory(const char *node, const char *who)
{
	const __u64 gone = 1ULL << KPF_NOPAGE | 1ULL << KPF_KERNEL_RESERVED;
	struct cma_area range;
	unsigned long kept;

	if (!ours && has_property(NODES, node, "cma-test,differs"))
		return;
	if (!node_range(node, &range)) {
		result(false, node, "has a range");
		return;
	}
	kept = cma_count_flagged(&range, gone);
	if (!strcmp(who, "kept"))
		result(kept == range.pages, node, "nobody uses its memory");
	else
		result(!kept, node, "its memory belongs to the page allocator");
	if (kept && kept != range.pages)
		ksft_print_msg("%lu of %lu pages are reserved\n", kept, range.pages);
}

/* Areas that somebody asked for, and no others: none is left over. */
static void check_no_other_areas(void)
{
	unsigned long long pages = 0, total = cma_meminfo("CmaTotal");
	struct dirent **entries;
	int count = scandir(AREAS, &entries, NULL, alphasort);
	char wish[64] = "none";
	struct cma_area area;
	const char *name;
	int i;

	cma_cmdline_value("cma_test.area", wish, sizeof(wish));
	for (i = 0; i < count; i++) {
		name = entries[i]->d_name;
		if (name[0] == '.' || !find_area(name, &area))
			continue;
		pages += area.pages;
		if (!strcmp(name, "reserved"))
			result(strcmp(wish, "none"), name, "an area was asked for");
		else
			result(has_property(NODES, name, "cma-test,area"), name,
			       "somebody has asked for this area");
	}
	result(total == pages * PAGE / 1024, "CmaTotal",
	       "%llu KiB, and the areas have %llu", total,
	       (unsigned long long)pages * PAGE / 1024);
}

/* Buffers of all sizes come from @area, which is left as it was. */
static bool serves(unsigned int device, const struct cma_area *area, __u32 flags)
{
	static const size_t sizes[] = { PAGE, 5 * PAGE, MB };
	unsigned long used = cma_area_debugfs(area, "used");
	struct test_cma_alloc req;
	bool good = true;
	size_t i;

	for (i = 0; i < ARRAY_LEN(sizes); i++) {
		req = (struct test_cma_alloc){
			.kind = TEST_CMA_DMA, .size = sizes[i],
			.flags = flags, .device = device,
		};
		if (cma_alloc(&env, &req))
			return false;
		good &= cma_object_in_area(area, &req) &&
			!cma_fill_object(&env, req.id, 1) &&
			!cma_check_object(&env, req.id, 1);
		good &= !cma_free(&env, req.id);
	}
	return good && cma_area_debugfs(area, "used") == used;
}

static int take(unsigned int device, size_t size)
{
	struct test_cma_alloc req = {
		.kind = TEST_CMA_DMA, .size = size, .device = device,
		.flags = TEST_CMA_NOWARN,
	};
	int ret = cma_alloc(&env, &req);

	return ret ?: cma_free(&env, req.id);
}

static unsigned int device_number;

/* The driver counts devices in the tree's order, which is that of their names. */
static void check_device(const char *node, const char *name)
{
	struct cma_area area;
	unsigned int device = ++device_number;

	if (!strcmp(name, "none")) {
		result(!take(device, MB), node, "has buffers of the page allocator");
		return;
	}
	if (!find_area(name, &area)) {
		result(false, node, "there is no area %s", name);
		return;
	}
	result(serves(device, &area, 0), node, "has buffers of area %s", name);
	result(take(device, area.pages * PAGE + PAGE) == -ENOMEM, node,
	       "has no more than there is in area %s", name);
}

static void check_own_devices(const char *node, const char *value)
{
	struct cma_area area;

	if (find_area(node, &area))
		result(serves(0, &area, 0), node, "serves devices without an area of their own");
}

int main(void)
{
	ksft_print_header();
	cma_env_open(&env);
	if (env.fd < 0)
		ksft_exit_skip("%s\n", env.why_not);
	if (access(NODES, X_OK))
		ksft_exit_skip("this machine's device tree reserves no memory\n");
	ours = cma_kernel_has("cma_alloc_gfp");

	/* First, as the log goes by */
	each_node(NODES, "cma-test,says", check_says);
	each_node(TREE, "cma-test,says", check_says);
	each_node(NODES, "cma-test,area", check_area);
	each_node(NODES, "cma-test,default", check_default);
	each_node(NODES, "cma-test,memory", check_memory);
	check_no_other_areas();
	each_node(NODES, "cma-test,default", check_own_devices);
	each_node(TREE, "cma-test,buffers", check_device);
	result(take(device_number + 1, PAGE) == -EINVAL, "test_cma",
	       "has the devices of the device tree, and no more");
	ksft_set_plan(ksft_test_num());
	ksft_finished();
}
