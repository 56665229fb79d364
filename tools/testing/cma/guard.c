// SPDX-License-Identifier: GPL-2.0
#include <signal.h>
#include <stddef.h>
#include <sys/time.h>
#include <unistd.h>

#include "guard.h"
#include "tap.h"

/* What is being tried, how to say it, and the how many-th it is. */
static const void *current;
static const char *(*current_text)(const void *tried);
static unsigned long nr_begun;

void guard_begin(const char *(*text)(const void *tried), const void *tried)
{
	guard_again();
	current_text = text;
	current = tried;
}

void guard_again(void)
{
	nr_begun++;
}

void guard_end(void)
{
	current = NULL;
}

/*
 * A sanitizer aborts; the timer's second tick for the same thing is a hang.
 * Nothing goes on from here, so that printing from a signal is no harm.
 */
static void end_of_run(int sig)
{
	static unsigned long last_tick;

	if (sig == SIGVTALRM && (!current || last_tick != nr_begun)) {
		last_tick = nr_begun;
		return;
	}
	if (current)
		tap_note("%s", current_text(current));
	tap_bail_out(sig == SIGVTALRM ? "this does not end" : "this went wrong, see above");
	_exit(1);
}

/* Seconds are those that the process itself runs. */
void guard_install(void)
{
	static const struct itimerval second = {
		.it_interval.tv_sec = 1,
		.it_value.tv_sec = 1,
	};

	signal(SIGABRT, end_of_run);
	signal(SIGVTALRM, end_of_run);
	setitimer(ITIMER_VIRTUAL, &second, NULL);
}
