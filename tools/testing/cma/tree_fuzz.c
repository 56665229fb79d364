// SPDX-License-Identifier: GPL-2.0
#include "boot_random.h"
#include "boot_trial.h"
#include "fuzz.h"
#include "random.h"

int cma_fuzz(const u8 *data, size_t size)
{
	struct boot boot = { };

	random_take(data, size);
	if (random_one_in(4))
		boot.cma = "16M";
	boot_random_tree(&boot);
	boot_fuzz(&boot);
	return 0;
}
