// SPDX-License-Identifier: GPL-2.0
/*
 * What the command line can say of areas, and what it must not: a line for each.
 */
#include <stdio.h>
#include <string.h>
#include <linux/array_size.h>
#include <linux/types.h>

#include "dma-contiguous-option.h"
#include "tap.h"
#include "tests.h"

#define K	1024ULL
#define M	(K * K)
#define G	(K * M)
#define NODES	4

/**
 * struct option_case - a text behind cma=
 * @text: it
 * @bad: it makes no sense
 * @size: else the area's, in bytes
 * @start: its first byte, or of the window
 * @end: behind the window
 * @placed: there is a start
 */
static const struct option_case {
	const char *text;
	bool bad;
	u64 size;
	u64 start;
	u64 end;
	bool placed;
} options[] = {
	{ "0", .size = 0 },
	{ "1", .size = 1 },
	{ "4096", .size = 4096 },
	{ "0x1000", .size = 4096 },
	{ "010", .size = 8 },
	{ "5K", .size = 5 * K },
	{ "64M", .size = 64 * M },
	{ "64m", .size = 64 * M },
	{ "2G", .size = 2 * G },
	{ "0x10M", .size = 16 * M },
	{ "4294967295", .size = 4 * G - 1 },
	{ "4294967296", .size = 4 * G },
	{ "18446744073709551615", .size = ~0ULL },
	{ "64M@", .size = 64 * M },
	{ "0@", .size = 0 },
	{ "64M@0", .size = 64 * M, .start = 0, .placed = true },
	{ "64M@0x50000000", .size = 64 * M, .start = 0x50000000, .placed = true },
	{ "64M@1G", .size = 64 * M, .start = G, .placed = true },
	{ "64M@0-1", .size = 64 * M, .start = 0, .end = 1, .placed = true },
	{ "64M@1G-2G", .size = 64 * M, .start = G, .end = 2 * G, .placed = true },
	{ "64M@0x40000000-0x60000000", .size = 64 * M, .start = 0x40000000, .end = 0x60000000,
	  .placed = true },
	{ "64M@4G-8G", .size = 64 * M, .start = 4 * G, .end = 8 * G, .placed = true },
	{ "", .bad = true },
	{ " ", .bad = true },
	{ " 64M", .bad = true },
	{ "64M ", .bad = true },
	{ "M", .bad = true },
	{ "K64", .bad = true },
	{ "-1", .bad = true },
	{ "-64M", .bad = true },
	{ "+64M", .bad = true },
	{ "many", .bad = true },
	{ "0x", .bad = true },
	{ "64MB", .bad = true },
	{ "64MiB", .bad = true },
	{ "64Mi", .bad = true },
	{ "64MM", .bad = true },
	{ "64Q", .bad = true },
	{ "6.4M", .bad = true },
	{ "64,M", .bad = true },
	{ "64M,", .bad = true },
	{ "64M@@", .bad = true },
	{ "64M@ ", .bad = true },
	{ "64M@-", .bad = true },
	{ "64M@M", .bad = true },
	{ "64M@x", .bad = true },
	{ "64M@-1G", .bad = true },
	{ "64M@1G-", .bad = true },
	{ "64M@1G- 2G", .bad = true },
	{ "64M@1G-M", .bad = true },
	{ "64M@1G-x", .bad = true },
	{ "64M@1G-1G", .bad = true },
	{ "64M@2G-1G", .bad = true },
	{ "64M@1G-0", .bad = true },
	{ "64M@0-0", .bad = true },
	{ "64M@1G-2G-3G", .bad = true },
	{ "64M@1G-2G@", .bad = true },
	{ "64M@1G@2G", .bad = true },
	{ "64M@1G,2G", .bad = true },
	{ "64M-1G", .bad = true },
	{ "@1G", .bad = true },
	{ "@", .bad = true },
	{ "-", .bad = true },
	{ "%s%n", .bad = true },
	{ "64M@%n", .bad = true },
	{ "64M\n", .bad = true },
};

/**
 * struct node_case - a text behind numa_cma=, on a machine of %NODES nodes
 * @text: it
 * @bad: it makes no sense, at its end at least
 * @sizes: what each node gets
 */
static const struct node_case {
	const char *text;
	bool bad;
	u64 sizes[NODES];
} nodes[] = {
	{ "0:64M", .sizes = { 64 * M } },
	{ "3:1G", .sizes = { 0, 0, 0, G } },
	{ "0:64M,1:16M", .sizes = { 64 * M, 16 * M } },
	{ "1:16M,0:64M", .sizes = { 64 * M, 16 * M } },
	{ "0:1,1:2,2:3,3:4", .sizes = { 1, 2, 3, 4 } },
	{ "0:64M,0:16M", .sizes = { 16 * M } },
	{ "0:0", .sizes = { 0 } },
	{ "0x1:5K", .sizes = { 0, 5 * K } },
	{ "", .bad = true },
	{ "64M", .bad = true },
	{ "0", .bad = true },
	{ "0:", .bad = true },
	{ ":64M", .bad = true },
	{ "0:M", .bad = true },
	{ "0:x", .bad = true },
	{ "0:-1", .bad = true },
	{ "0: 64M", .bad = true },
	{ " 0:64M", .bad = true },
	{ "-1:64M", .bad = true },
	{ "4:64M", .bad = true },
	{ "4294967296:64M", .bad = true },
	{ "2147483648:64M", .bad = true },
	{ "4294967295:64M", .bad = true },
	{ "0,64M", .bad = true },
	{ "0-64M", .bad = true },
	{ "0-1:64M", .bad = true },
	{ "0K:64M", .bad = true },
	{ "0:64M,", .bad = true, .sizes = { 64 * M } },
	{ "0:64M,,1:64M", .bad = true, .sizes = { 64 * M } },
	{ "0:64M 1:64M", .bad = true, .sizes = { 64 * M } },
	{ "0:64M:1:64M", .bad = true, .sizes = { 64 * M } },
	{ "0:64M,4:64M", .bad = true, .sizes = { 64 * M } },
	{ "0:64M,1:", .bad = true, .sizes = { 64 * M } },
	{ "0:64M,1:64M,x", .bad = true, .sizes = { 64 * M, 64 * M } },
	{ "0:64MB", .bad = true, .sizes = { 64 * M } },
};

/* As it stands on one line */
static void show(const char *text, char *shown)
{
	for (; *text; text++)
		*shown++ = *text == '\n' ? '~' : *text;
	*shown = '\0';
}

static void test_option(const struct option_case *c)
{
	struct cma_option opt = { 0 };
	char text[64], shown[64];
	bool ok;

	snprintf(text, sizeof(text), "%s", c->text);
	show(text, shown);
	ok = parse_option(text, &opt) == !c->bad;
	if (!c->bad)
		ok = ok && opt.size == c->size && opt.start == c->start &&
		     opt.end == c->end && opt.placed == c->placed;
	tap_result(ok, "cma=%s makes %s", shown, c->bad ? "no sense" : "sense");
	if (!ok)
		tap_note("size %#llx, start %#llx, end %#llx", opt.size, opt.start, opt.end);
}

static void test_node(const struct node_case *c)
{
	u64 sizes[NODES] = { 0 };
	char text[64];
	bool ok;

	snprintf(text, sizeof(text), "%s", c->text);
	ok = parse_node_sizes(text, NODES, sizes) == !c->bad &&
	     !memcmp(sizes, c->sizes, sizeof(sizes));
	tap_result(ok, "numa_cma=%s makes %s", c->text, c->bad ? "no sense" : "sense");
}

/* cma_pernuma= is a size alone. */
static void test_size(const char *text, bool good)
{
	char copy[16];
	u64 bytes;

	snprintf(copy, sizeof(copy), "%s", text);
	tap_result(parse_only_bytes(copy, &bytes) == good, "cma_pernuma=%s makes %s", text,
		   good ? "sense" : "no sense");
}

void test_option_cases(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(options); i++)
		test_option(&options[i]);
	for (i = 0; i < ARRAY_SIZE(nodes); i++)
		test_node(&nodes[i]);
	test_size("16M", true);
	test_size("0", true);
	test_size("", false);
	test_size("M", false);
	test_size("16M@", false);
	test_size("16M,", false);
	test_size("16 M", false);
}
