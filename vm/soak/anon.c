// SPDX-License-Identifier: GPL-2.0
/*
 * A process that takes anonymous memory in pieces, writes, reads and gives it back;
 * swapped out by others, or locked so that nobody can.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "soak.h"

#define PIECE	(256 * 1024)

/* A lock on one page or on all of a piece, taken off again once in a while */
static void lock_some(void *piece)
{
	size_t size = random_one_in(2) ? PIECE : PAGE;

	if (random_one_in(3))
		munlock(piece, PIECE);
	else if (mlock(piece, size) && errno != ENOMEM && errno != EAGAIN)
		wrong("cannot lock %zu bytes: %s", size, strerror(errno));
}

static void work_on(char *piece, uint32_t *seed, bool locks)
{
	if (locks)
		lock_some(piece);
	pattern_check(piece, PIECE, *seed, "anonymous memory");
	switch (random_below(4)) {
	case 0:
		munlock(piece, PIECE);
		madvise(piece, PIECE, MADV_DONTNEED);
		*seed = 0;
		break;
	case 1:
		madvise(piece, PIECE, MADV_PAGEOUT);
		break;
	default:
		*seed = new_seed();
		cma_fill(piece, PIECE, *seed);
	}
}

static void hold(unsigned long mib, bool locks)
{
	unsigned long pieces = mib * MB / PIECE, i;
	char *addr = map_anon(pieces * PIECE);
	uint32_t *seeds = calloc(pieces, sizeof(*seeds));

	if (!seeds)
		die("no memory for %lu seeds", pieces);
	while (!must_stop()) {
		i = random_below(pieces);
		work_on(addr + i * PIECE, &seeds[i], locks);
	}
	for (i = 0; i < pieces; i++)
		pattern_check(addr + i * PIECE, PIECE, seeds[i], "anonymous memory");
	munmap(addr, pieces * PIECE);
	free(seeds);
}

void hold_anon(void)
{
	hold(soak->ram_mib / 6, false);
}

void hold_locked(void)
{
	hold(soak->ram_mib / 32, true);
}
