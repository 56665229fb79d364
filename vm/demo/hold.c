// SPDX-License-Identifier: GPL-2.0
/*
 * A process whose anonymous memory carries a pattern, as one that works does:
 * it gives memory back and takes other instead. It is told on stdin what to do,
 * and answers each word with a line on stdout:
 *
 *	check	"intact", or what is damaged
 *	renew	takes other memory for one half of it, writes that, and gives the
 *		old half back; the halves take turns. "renewed"
 *
 * Other memory first: with all else full, the kernel takes it from where there
 * is room, which is where the driver's buffers were.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "test_cma_uapi.h"

#include "demo.h"

/**
 * struct half - one half of the memory
 * @words: where it is
 * @seed: which pattern it carries
 */
struct half {
	uint32_t *words;
	uint32_t seed;
};

static struct half new_half(size_t nr_words, uint32_t seed)
{
	struct half half = { .seed = seed };
	size_t i;

	half.words = mmap(NULL, nr_words * sizeof(uint32_t), PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (half.words == MAP_FAILED)
		die("cannot take memory: %s", strerror(errno));
	for (i = 0; i < nr_words; i++)
		half.words[i] = test_cma_word(seed, i);
	return half;
}

static void renew(struct half *half, size_t nr_words)
{
	struct half old = *half;

	/* Halves never carry the same pattern: one starts odd, one even. */
	*half = new_half(nr_words, old.seed + 2);
	munmap(old.words, nr_words * sizeof(uint32_t));
	puts("renewed");
}

static size_t count_bad(const struct half *half, size_t nr_words)
{
	size_t i, bad = 0;

	for (i = 0; i < nr_words; i++)
		bad += half->words[i] != test_cma_word(half->seed, i);
	return bad;
}

static void check(const struct half halves[2], size_t nr_words)
{
	size_t bad = count_bad(&halves[0], nr_words) +
		     count_bad(&halves[1], nr_words);

	if (bad)
		printf("%zu of %zu words are damaged\n", bad, 2 * nr_words);
	else
		puts("intact");
}

int hold(unsigned long mib)
{
	size_t nr_words = mib * MIB / 2 / sizeof(uint32_t);
	struct half halves[] = { new_half(nr_words, 1), new_half(nr_words, 2) };
	unsigned int turn = 0;
	char order[16];

	setlinebuf(stdout);
	while (scanf("%15s", order) == 1) {
		if (!strcmp(order, "check"))
			check(halves, nr_words);
		else if (!strcmp(order, "renew"))
			renew(&halves[turn++ % 2], nr_words);
		else
			die("hold: unknown order '%s'", order);
	}
	return 0;
}
