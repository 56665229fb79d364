// SPDX-License-Identifier: GPL-2.0
/* What the kernel itself offers to find its mistakes: faults on demand, the audit. */
#include <stdio.h>

#include "soak.h"

#define FAIL_CMA	"/sys/kernel/debug/fail_cma/"
/* More than there will be in the time that they are on */
#define MOST_FAULTS	1000000
#define MOST_LOOKS	6

static void set(const char *file, unsigned int value)
{
	char path[64], text[16];

	snprintf(path, sizeof(path), FAIL_CMA "%s", file);
	snprintf(text, sizeof(text), "%u", value);
	if (cma_write_text(path, text))
		die("cannot write %s to %s", text, path);
}

/* Now and then one step of a hundred fails, for some seconds. */
void inject_faults(void)
{
	set("verbose", 0);
	set("interval", 1);
	set("space", 0);
	while (!must_stop()) {
		pause_ms(random_below(8000));
		set("times", MOST_FAULTS);
		set("probability", 1);
		pause_ms(random_below(4000));
		set("probability", 0);
		soak->faults += MOST_FAULTS - cma_read_value(FAIL_CMA "times");
	}
}

/*
 * Pages that are being moved, and free ones that compaction keeps for itself, look
 * wrong until that is done. On a host that is busy otherwise, it may take longer
 * than the audit is ready to wait. What is really wrong stays so.
 */
void check_audit(void)
{
	unsigned int looks;

	for (looks = 0; looks < MOST_LOOKS; looks++)
		if (cma_audit_agrees())
			return;
	wrong("the audit does not agree, %u times", looks);
}

void audit(void)
{
	while (!must_stop()) {
		check_audit();
		pause_ms(random_below(4000));
	}
}
