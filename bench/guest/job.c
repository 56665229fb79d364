// SPDX-License-Identifier: GPL-2.0
/* What the host tells a guest's program: see job.h. */
#include <stdlib.h>
#include <string.h>

#include "job.h"

#define DEFAULT_REQUESTS	200

static unsigned int environment(const char *name, unsigned int otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoul(text, NULL, 10) : otherwise;
}

unsigned int job_requests(void)
{
	return environment("BENCH_REQUESTS", DEFAULT_REQUESTS);
}

/* Is this cell to be measured? */
bool job_wants(const char *cell)
{
	const char *cells = getenv("BENCH_CELLS");
	size_t length = strlen(cell), n;

	if (!cells || !*cells)
		return true;
	for (; *cells; cells += n + (cells[n] == ',')) {
		n = strcspn(cells, ",");
		if (n == length && !strncmp(cells, cell, n))
			return true;
	}
	return false;
}

struct lot job_lot(void)
{
	return (struct lot){ .state = environment("BENCH_RUN", 1) };
}

/* A linear congruential generator modulo 2^64, of which the upper half counts */
uint32_t draw_below(struct lot *lot, uint32_t limit)
{
	lot->state = lot->state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (lot->state >> 32) % limit;
}
