// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "demo.h"

static const char usage[] =
	"usage: cma-demo map TITLE          draw the area\n"
	"       cma-demo take ROUND [map]   the driver's turn\n"
	"       cma-demo hold MIB           keep memory with a pattern (see hold.c)\n"
	"       cma-demo account USED       is every page where it should be, and are\n"
	"                                   as many allocated as USED?\n";

const char *ink(enum ink ink)
{
	static const char * const sequences[] = {
		[INK_NONE]	= "\033[0m",
		[INK_BOLD]	= "\033[1m",
		[INK_FAINT]	= "\033[2m",
		[INK_RED]	= "\033[1;31m",
		[INK_CACHE]	= "\033[30;46m",
		[INK_PROCESS]	= "\033[30;43m",
		[INK_ALLOCATED]	= "\033[97;41m",
	};

	return getenv("NO_COLOR") ? "" : sequences[ink];
}

/* On stdout, between the rows that it is about. */
void complain(const char *format, ...)
{
	va_list args;

	printf("         %s", ink(INK_RED));
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("%s\n", ink(INK_NONE));
}

noreturn void die(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fprintf(stderr, "cma-demo: ");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";
	struct area area;

	if (argc < 3) {
		fputs(usage, stderr);
		return 2;
	}
	if (!strcmp(word, "hold"))
		return hold(strtoul(argv[2], NULL, 10));

	area_find(&area);
	if (!strcmp(word, "take"))
		return take_round(&area, strtoul(argv[2], NULL, 10),
				  argc > 3 && !strcmp(argv[3], "map"));
	if (!strcmp(word, "account"))
		return area_account(&area, strtoul(argv[2], NULL, 10));
	if (!strcmp(word, "map")) {
		map_draw(&area, argv[2]);
		return 0;
	}
	fputs(usage, stderr);
	return 2;
}
