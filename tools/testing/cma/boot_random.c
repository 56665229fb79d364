// SPDX-License-Identifier: GPL-2.0
/*
 * Boots by the table, and random ones: command lines put together from what they are
 * made of, and from what they are not; device trees whose nodes meet one another.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/array_size.h>

#include "boot_random.h"
#include "boot_trial.h"
#include "guard.h"
#include "random.h"
#include "tap.h"
#include "tests.h"

static const struct boot cases[] = {
	{ .cma = "64M" }, { .cma = "0" }, { .cma = "" }, { .cma = "M" }, { .cma = "many" },
	{ .cma = "64Q" }, { .cma = "64M@" }, { .cma = "64M@@" }, { .cma = "64M@-" },
	{ .cma = "64M@0x48000000-" }, { .cma = "64M-" }, { .cma = "-64M" }, { .cma = " 64M" },
	{ .cma = "64M " }, { .cma = "+64M" }, { .cma = "1" }, { .cma = "65537" },
	{ .cma = "64M@0x44000000" }, { .cma = "64M@0x44000001" }, { .cma = "64M@0x44001000" },
	{ .cma = "16M@0x40000000" }, { .cma = "16M@0x48000000" }, { .cma = "16M@0x47000000" },
	{ .cma = "16M@0x4f000000" }, { .cma = "16M@0x4f010000" }, { .cma = "16M@0x50000000" },
	{ .cma = "16M@0x42000000-0x43000000" }, { .cma = "16M@0x42000000-0x42ffffff" },
	{ .cma = "16M@0x43000000-0x42000000" }, { .cma = "16M@0x42000000-0x42000000" },
	{ .cma = "16M@0-0x41800000" }, { .cma = "256M" }, { .cma = "257M" }, { .cma = "16E" },
	{ .cma = "0xffffffffffffffff" }, { .cma = "16M@0xffffffffffff0000" },
	{ .cma = "16M@0-0xffffffffffffffff" }, { .cma = "64K@1-131073" },
	{ .numa = "0:1M" }, { .numa = "0:1M,1:2M" }, { .numa = "0:1M," }, { .numa = "0:1M,,1:1M" },
	{ .numa = "4:1M" }, { .numa = "-1:1M" }, { .numa = "0" }, { .numa = "0:" }, { .numa = "" },
	{ .numa = ":1M" }, { .numa = "0:1M,1:x" }, { .numa = "3:1M" }, { .numa = "0:1M 1:1M" },
	{ .numa = "0-1:1M" }, { .numa = "0K:1M" }, { .numa = "0:1M,0:2M" }, { .numa = "1:1000" },
	{ .pernuma = "1M" }, { .pernuma = "1M@" }, { .pernuma = "" }, { .pernuma = "x" },
	{ .pernuma = "1M", .numa = "0:1M", .cma = "16M" },
	{ .limit = 0x47ffffff, .cma = "16M@0x47000000" },
	{ .limit = 0x48000000, .cma = "16M@0x47000000" },
	{ .limit = 0x47ffffff, .cma = "16M@0x47010000" },
	{ .limit = 0x42ffffff, .cma = "16M@0x42000000-0x43000000" },
	{ .limit = 0x41ffffff }, { .limit = 0x417fffff }, { .limit = 0x4101ffff, .cma = "64K" },
	{ .unmapped = true, .cma = "1M@0x46000000" }, { .unmapped = true, .cma = "64K@0x46110000" },
	{ .unmapped = true, .cma = "1M@0x45f80000" }, { .unmapped = true, .cma = "1M@0x46100000" },
	{ .unmapped = true, .cma = "1M@0x46120000" }, { .unmapped = true, .cma = "128M" },
	{ .unmapped = true, .cma = "1M@0x46000000-0x46200000" },
	{ .nr_others = 16 }, { .nr_others = 16, .cma = "16M" }, { .nr_others = 15, .cma = "16M" },
	{ .nr_others = 16, .cma = "16M@0x4f000000" }, { .nr_others = 16, .cma = "0" },
	{ .nr_others = 14, .numa = "0:1M,1:1M", .pernuma = "1M" },
};

static const char *describe(const void *what)
{
	return boot_text(what);
}

static enum boot_promise run(const struct boot *boot)
{
	enum boot_promise broken;

	guard_begin(describe, boot);
	broken = boot_run(boot);
	guard_end();
	return broken;
}

/* Leave out letters, and nodes, that the promise is broken without. */
static bool shorten_text(struct boot *boot, const char **text, enum boot_promise broken)
{
	static char shorter[4][256];
	const char *was = *text;
	char *next;
	size_t i;

	for (i = 0; was && was[i]; i++) {
		/* Not the one that a text is in already */
		for (next = shorter[0]; next == boot->cma || next == boot->numa ||
		     next == boot->pernuma; next += sizeof(shorter[0]))
			;
		snprintf(next, sizeof(shorter[0]), "%.*s%s", (int)i, was, was + i + 1);
		*text = next;
		if (run(boot) == broken)
			return true;
		*text = was;
	}
	return false;
}

static bool shorten_tree(struct boot *boot, enum boot_promise broken)
{
	struct boot shorter;
	int i;

	for (i = 0; i < boot->nr_nodes; i++) {
		shorter = *boot;
		shorter.nr_nodes--;
		memmove(&shorter.node[i], &shorter.node[i + 1],
			(shorter.nr_nodes - i) * sizeof(shorter.node[0]));
		if (run(&shorter) == broken) {
			*boot = shorter;
			return true;
		}
	}
	return false;
}

static void shrink(struct boot *boot, enum boot_promise broken)
{
	while (shorten_text(boot, &boot->cma, broken) || shorten_text(boot, &boot->numa, broken) ||
	       shorten_text(boot, &boot->pernuma, broken) || shorten_tree(boot, broken))
		;
}

static void random_text(char *text, size_t size)
{
	static const char * const pieces[] = {
		"0", "1", "64K", "1M", "16M", "100M", "1G", "4", "3", "0x", "0x42000000",
		"0x4e000000", "0x46000000", "0x48000000", "0x50000000", "0xffffffffffffffff",
		"@", "@", "@", "-", "-", ":", ":", ",", ",", "K", "m", " ", "x", "+", "\\",
		"\377", "65535",
	};
	unsigned int nr = random_between(1, 6);

	*text = '\0';
	while (nr--)
		strncat(text, pieces[random_below(ARRAY_SIZE(pieces))], size - strlen(text) - 1);
}

static void put_big_endian(u8 *bytes, u64 value)
{
	int i;

	for (i = 7; i >= 0; i--, value >>= 8)
		bytes[i] = value;
}

static void random_node(struct boot_node *node)
{
	static const char * const statuses[] = { NULL, NULL, "okay", "ok", "disabled", "" };
	static const int lengths[] = { 0, 4, 15, 16, 16, 16, 16, 16, 31, 32, 48 };
	int i;

	*node = (struct boot_node) {
		.area = !random_one_in(4), .reusable = !random_one_in(4),
		.no_map = random_one_in(6), .is_default = random_one_in(3),
		.status = statuses[random_below(ARRAY_SIZE(statuses))],
		.reg_len = lengths[random_below(ARRAY_SIZE(lengths))],
	};
	for (i = 0; i + 16 <= node->reg_len; i += 16) {
		u64 base = random_one_in(6) ? BOOT_FIRMWARE + random_below(3) * 0x80000 :
			   0x40000000 + random_below(17) * 0x1000000;
		u64 size = random_below(4) * 0x800000;

		if (random_one_in(8))
			base = random_one_in(2) ? base + random_below(0x20000) :
			       ~(u64)0 - random_below(0x2000000);
		if (random_one_in(8))
			size = random_one_in(2) ? size + random_below(0x20000) : ~(u64)0 - base;
		put_big_endian(node->reg + i, base);
		put_big_endian(node->reg + i + 8, size);
	}
}

void boot_random_tree(struct boot *boot)
{
	int i;

	boot->nr_nodes = random_below(BOOT_MAX_NODES + 1);
	for (i = 0; i < boot->nr_nodes; i++)
		random_node(&boot->node[i]);
}

static void random_boot(struct boot *boot, char text[3][256])
{
	unsigned int i;

	*boot = (struct boot) { };
	if (random_one_in(4))
		boot->limit = 0x41000000 + random_below(16) * 0x1000000 - random_below(2);
	boot->unmapped = random_one_in(3);
	if (random_one_in(4))
		boot->nr_others = BOOT_MAX_AREAS - random_below(5);
	for (i = 0; i < 3; i++)
		random_text(text[i], sizeof(text[i]));
	if (random_one_in(2))
		boot->cma = text[0];
	if (random_one_in(4))
		boot->numa = text[1];
	if (random_one_in(6))
		boot->pernuma = text[2];
	if (random_one_in(2))
		boot_random_tree(boot);
}

void test_boots(unsigned long seed, unsigned long iterations)
{
	char *failing[NR_BOOT_PROMISES] = { }, text[3][256];
	enum boot_promise broken;
	struct boot boot;
	unsigned long i;

	random_seed(seed);
	for (i = 0; i < ARRAY_SIZE(cases) + iterations; i++) {
		if (i < ARRAY_SIZE(cases))
			boot = cases[i];
		else
			random_boot(&boot, text);
		broken = run(&boot);
		if (broken == NR_BOOT_PROMISES || failing[broken])
			continue;
		shrink(&boot, broken);
		failing[broken] = strdup(boot_text(&boot));
	}

	tap_note("boots: %zu of the table, %lu random ones", ARRAY_SIZE(cases), iterations);
	for (i = 0; i < NR_BOOT_PROMISES; i++) {
		tap_result(!failing[i], "boots: %s", boot_sentences[i]);
		if (failing[i])
			tap_note("%s", failing[i]);
		free(failing[i]);
	}
}

void boot_fuzz(struct boot *boot)
{
	enum boot_promise broken = run(boot);

	if (broken == NR_BOOT_PROMISES)
		return;
	shrink(boot, broken);
	tap_note("it is not true that %s", boot_sentences[broken]);
	tap_note("%s", boot_text(boot));
	abort();
}
