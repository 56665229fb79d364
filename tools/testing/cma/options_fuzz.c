// SPDX-License-Identifier: GPL-2.0
/* The input is what stands behind cma=, numa_cma= and cma_pernuma=, a line for each. */
#include <stdlib.h>
#include <string.h>

#include "boot_random.h"
#include "boot_trial.h"
#include "fuzz.h"

int cma_fuzz(const u8 *data, size_t size)
{
	char *text = calloc(1, size + 1), *rest = text;
	struct boot boot = { };

	if (!text)
		abort();
	memcpy(text, data, size);
	boot.cma = strsep(&rest, "\n");
	boot.numa = strsep(&rest, "\n");
	boot.pernuma = strsep(&rest, "\n");
	boot_fuzz(&boot);
	free(text);
	return 0;
}
