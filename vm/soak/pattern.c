// SPDX-License-Identifier: GPL-2.0
/* Memory with a pattern: what was written must be read. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "soak.h"

void *map_anon(size_t size)
{
	void *addr = mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (addr == MAP_FAILED)
		die("cannot map %zu bytes: %s", size, strerror(errno));
	return addr;
}

void count_checked(size_t size, size_t bad_bytes)
{
	me->tally.verified += size - bad_bytes;
	me->tally.lost += bad_bytes;
}

void pattern_check(const void *addr, size_t size, uint32_t seed, const char *what)
{
	size_t i, bad = 0, first = 0, count = size / sizeof(uint32_t);
	const uint32_t *words = addr;

	for (i = 0; i < count; i++) {
		if (words[i] == test_cma_word(seed, i))
			continue;
		if (!bad++)
			first = i;
	}
	count_checked(size, bad * sizeof(*words));
	if (bad)
		report("LOST: %s: %zu of %zu words differ, the first at offset %#zx: %#x instead of %#x",
		       what, bad, count, first * sizeof(*words), words[first],
		       test_cma_word(seed, first));
}
