// SPDX-License-Identifier: GPL-2.0
/*
 * What a request makes others do, counted by tracepoints that both kernels have:
 * waits for RCU, interrupts to other CPUs, work for them, drained lists, isolated
 * pageblocks, moved pages.
 */
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "bench_util.h"
#include "lat_events.h"

#define TRACING	"/sys/kernel/tracing/"

/**
 * struct kind - one kind of event
 * @metric: what the figure is called
 * @event: the tracepoint, as set_event wants it
 * @name: what a line of the trace shows
 * @only: counted only if the line has this too, if not NULL
 * @count: how often it was there
 */
static struct kind {
	const char *metric;
	const char *event;
	const char *name;
	const char *only;
	unsigned int count;
} kinds[] = {
	{ .metric = "rcu_expedited_waits", .event = "sched:sched_kthread_work_queue_work",
	  .name = " sched_kthread_work_queue_work: ", .only = "wait_rcu_exp_gp" },
	{ .metric = "lru_drain_works", .event = "workqueue:workqueue_queue_work",
	  .name = " workqueue_queue_work: ", .only = "lru_add_drain_per_cpu" },
	{ .metric = "works", .event = "workqueue:workqueue_queue_work",
	  .name = " workqueue_queue_work: " },
	{ .metric = "interrupts_to_cpus", .event = "ipi:ipi_raise",
	  .name = " ipi_raise: " },
	{ .metric = "pcp_drained_pages", .event = "kmem:mm_page_pcpu_drain",
	  .name = " mm_page_pcpu_drain: " },
	{ .metric = "isolation_events", .event = "page_isolation:",
	  .name = "isolat" },
	{ .metric = "migrations", .event = "migrate:mm_migrate_pages",
	  .name = " mm_migrate_pages: " },
	{ .metric = "context_switches", .event = "sched:sched_switch",
	  .name = " sched_switch: " },
};

static bool is_there(const struct kind *kind)
{
	char path[128], *colon;
	DIR *dir;

	snprintf(path, sizeof(path), TRACING "events/%s", kind->event);
	colon = strrchr(path, ':');
	*colon = '/';
	dir = opendir(path);
	if (dir)
		closedir(dir);
	return dir;
}

/* Opening these files for writing anew empties them. */
static void clear(const char *path)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (fd < 0)
		die("cannot write %s", path);
	close(fd);
}

void events_begin(void)
{
	unsigned int i;

	write_text(TRACING "tracing_on", "0");
	clear(TRACING "set_event");
	for (i = 0; i < ARRAY_LEN(kinds); i++) {
		kinds[i].count = 0;
		if (is_there(&kinds[i]) && write_text(TRACING "set_event", kinds[i].event))
			die("cannot trace %s", kinds[i].event);
	}
	clear(TRACING "trace");
	write_text(TRACING "tracing_on", "1");
}

static void count_line(const char *line)
{
	unsigned int i;

	for (i = 0; i < ARRAY_LEN(kinds); i++)
		if (strstr(line, kinds[i].name) &&
		    (!kinds[i].only || strstr(line, kinds[i].only)))
			kinds[i].count++;
}

void events_end(const char *cell)
{
	char line[512];
	unsigned int i;
	FILE *trace;

	write_text(TRACING "tracing_on", "0");
	trace = fopen(TRACING "trace", "re");
	if (!trace)
		die("cannot read the trace");
	while (fgets(line, sizeof(line), trace))
		if (line[0] != '#')
			count_line(line);
	fclose(trace);
	clear(TRACING "set_event");
	for (i = 0; i < ARRAY_LEN(kinds); i++)
		if (is_there(&kinds[i]))
			print_value(cell, kinds[i].metric, kinds[i].count, "events");
}
