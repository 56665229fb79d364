// SPDX-License-Identifier: GPL-2.0
/*
 * What the kernel traces: see cma_util.h.
 *
 * An instance of tracefs has its own buffer and its own events, so that nobody
 * else's tracing is disturbed.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cma_util.h"

#define INSTANCE	"/sys/kernel/tracing/instances/cma_selftest"
#define BUFFER_KB	"512"

/* What was traced last, one line after another */
static char *trace;

static int write_file(const char *name, const char *text)
{
	char path[160];

	snprintf(path, sizeof(path), INSTANCE "/%s", name);
	return cma_write_text(path, text);
}

static void enable_event(const char *event)
{
	char name[96], *colon;

	snprintf(name, sizeof(name), "events/%s/enable", event);
	colon = strchr(name, ':');
	if (colon)
		*colon = '/';
	write_file(name, "1");
}

bool cma_trace_open(const char * const *events, size_t count)
{
	size_t i;

	cma_trace_close();
	if (mkdir(INSTANCE, 0700) || write_file("tracing_on", "0") ||
	    write_file("buffer_size_kb", BUFFER_KB))
		return false;
	for (i = 0; i < count; i++)
		enable_event(events[i]);
	return true;
}

/* That disables the events, too. */
void cma_trace_close(void)
{
	rmdir(INSTANCE);
}

void cma_trace_begin(void)
{
	/* Who opens it so clears it. */
	close(open(INSTANCE "/trace", O_WRONLY | O_TRUNC));
	write_file("tracing_on", "1");
}

static void read_trace(void)
{
	const size_t room = 4 * MB;

	free(trace);
	trace = malloc(room);
	if (trace && cma_read_text(INSTANCE "/trace", trace, room) < 0)
		*trace = '\0';
}

void cma_trace_end(void)
{
	write_file("tracing_on", "0");
	read_trace();
}

/* "comm-123 ..." or "comm-with-dashes-123 ..." */
static bool is_of_this_thread(const char *line)
{
	const char *end = strstr(line, " ["), *pid = end;

	while (pid > line && pid[-1] == ' ')
		pid--;
	while (pid > line && isdigit(pid[-1]))
		pid--;
	return pid && atoi(pid) == gettid();
}

/* "comm-123 [000] d.h1. time: ...": an interrupt or what is done behind one */
static bool is_of_an_interrupt(const char *line)
{
	const char *flags = strstr(line, "] ");

	return flags && strlen(flags) > 4 && flags[4] != '.';
}

/**
 * struct search - a walk over the lines that match
 * @copy: the trace, to be cut into lines
 * @rest: what is left of it
 * @inside: between the begin and the end of a request
 * @re: what to look for
 */
struct search {
	char *copy;
	char *rest;
	bool inside;
	regex_t re;
};

static bool search_begin(struct search *search, const char *regex)
{
	search->copy = trace ? strdup(trace) : NULL;
	search->rest = search->copy;
	search->inside = false;
	if (search->copy && !regcomp(&search->re, regex, REG_EXTENDED))
		return true;
	free(search->copy);
	return false;
}

static char *search_next(struct search *search, bool only_inside)
{
	bool counts;
	char *line;

	while ((line = strtok_r(NULL, "\n", &search->rest))) {
		if (!is_of_this_thread(line))
			continue;
		if (strstr(line, ": cma_alloc_finish:"))
			search->inside = false;
		counts = (search->inside || !only_inside) && !is_of_an_interrupt(line);
		if (strstr(line, ": cma_alloc_start:"))
			search->inside = true;
		if (counts && !regexec(&search->re, line, 0, NULL, 0))
			return line;
	}
	return NULL;
}

static void search_end(struct search *search)
{
	regfree(&search->re);
	free(search->copy);
}

static unsigned long count_lines(const char *regex, bool only_inside)
{
	unsigned long found = 0;
	struct search search;

	if (!search_begin(&search, regex))
		return 0;
	while (search_next(&search, only_inside))
		found++;
	search_end(&search);
	return found;
}

unsigned long cma_trace_count(const char *regex)
{
	return count_lines(regex, false);
}

unsigned long cma_trace_count_inside(const char *regex)
{
	return count_lines(regex, true);
}

size_t cma_trace_numbers_inside(const char *regex, const char *key,
				unsigned long *numbers, size_t room)
{
	struct search search;
	char *line, *found;
	size_t count = 0;

	if (!search_begin(&search, regex))
		return 0;
	while (count < room && (line = search_next(&search, true))) {
		found = strstr(line, key);
		if (found)
			numbers[count++] = strtoul(found + strlen(key), NULL, 0);
	}
	search_end(&search);
	return count;
}
