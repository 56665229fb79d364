// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>

#include "fuzz.h"
#include "random.h"
#include "rounds_trial.h"
#include "tap.h"

int cma_fuzz(const u8 *data, size_t size)
{
	static struct request r;
	struct rounds how;
	unsigned int broken, i;

	random_take(data, size);
	rounds_random(&how, &r);
	broken = rounds_run(&how).broken;
	if (!broken)
		return 0;
	for (i = 0; i < NR_ROUNDS_PROMISES; i++)
		if (broken & 1U << i)
			tap_note("it is not true that %s", rounds_sentences[i]);
	tap_note("%s", rounds_text(&how));
	abort();
}
