// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "tap.h"

static unsigned int nr_passed, nr_failed;

/* The plan and the count; returns what main() should. */
int tap_finish(void)
{
	printf("1..%u\n", nr_passed + nr_failed);
	printf("%u passed, %u failed\n", nr_passed, nr_failed);
	return nr_failed ? 1 : 0;
}

/*
 * One result; its name is the sentence that the test proves. Who has planted a bug
 * wants to know of one failure only, and soon.
 */
void tap_result(bool ok, const char *format, ...)
{
	va_list args;

	if (nr_failed && getenv("STOP_AT_FAILURE"))
		exit(tap_finish());
	if (ok)
		nr_passed++;
	else
		nr_failed++;

	printf("%s %u - ", ok ? "ok" : "not ok", nr_passed + nr_failed);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

/* A line for the reader. */
void tap_note(const char *format, ...)
{
	va_list args;

	printf("# ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

/* The last line of a run that cannot go on. */
void tap_bail_out(const char *reason)
{
	printf("Bail out! %s\n", reason);
	fflush(stdout);
}
