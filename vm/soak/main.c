// SPDX-License-Identifier: GPL-2.0
/*
 * cma-soak SECONDS SEED [SWAPFILE]: the supervisor. Starts a process for each
 * worker and another one when it is gone, kills some, and when the time is up waits
 * for all of them and looks whether the memory is as it was.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/swap.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "soak.h"

#define PROGRESS_S	30
/* Who has not ended then hangs. A host that is busy otherwise counts for much. */
#define LAST_S		900
/* A worker is killed about that often. */
#define KILL_MS		1500

static const struct job jobs[] = {
	/*			  how many, may be killed, OOM's victim */
	{ "driver",	drive,			4, true,  false },
	{ "heap",	use_heap,		1, true,  false },
	{ "by hand",	allocate_by_hand,	1, false, false },
	{ "cut short",	cut_short,		1, false, false },
	{ "anonymous",	hold_anon,		2, true,  false },
	{ "locked",	hold_locked,		1, true,  false },
	{ "ext4",	churn_files,		2, true,  false },
	{ "tmpfs",	churn_tmpfs,		1, true,  false },
	{ "direct I/O",	do_direct_io,		1, true,  false },
	{ "fork",	fork_and_exit,		1, true,  false },
	{ "pipes",	fill_pipes,		1, true,  false },
	{ "pins",	pin_pages,		1, true,  false },
	{ "greedy",	press,			1, true,  true },
	{ "CPUs",	plug_cpus,		1, false, false },
	{ "sleep",	sleep_and_wake,		1, false, false },
	{ "faults",	inject_faults,		1, false, false },
	{ "audit",	audit,			1, false, false },
};

struct soak *soak;
struct slot *me;

static unsigned int now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec;
}

bool must_stop(void)
{
	me->tally.turns++;
	return soak->stop;
}

void pause_ms(unsigned int ms)
{
	const struct timespec pause = {
		.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L,
	};

	nanosleep(&pause, NULL);
}

/* Never 0, which is the pattern of zeroes */
uint32_t new_seed(void)
{
	return random_between(1, UINT32_MAX - 1);
}

/* Nobody outlives who has started it. */
pid_t fork_or_die(void)
{
	pid_t pid = fork();

	if (pid < 0)
		die("cannot fork: %s", strerror(errno));
	if (!pid)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return pid;
}

/* A line for the host: through the kernel's log, where none is torn apart. */
static void say(const char *format, va_list args)
{
	char line[512];
	int log, len;

	len = snprintf(line, sizeof(line), "<1>soak: ");
	vsnprintf(line + len, sizeof(line) - len, format, args);
	log = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	if (log < 0 || write(log, line, strlen(line)) < 0)
		fprintf(stderr, "%s\n", line);
	close(log);
}

void report(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args);
	va_end(args);
}

static void say_wrong(const char *format, va_list args)
{
	char text[400];

	vsnprintf(text, sizeof(text), format, args);
	if (me)
		report("WRONG: worker %u (%s, life %u, pid %d): %s", me->number, me->job->name,
		       me->lives, getpid(), text);
	else
		report("WRONG: %s", text);
}

void wrong(const char *format, ...)
{
	va_list args;

	if (me)
		me->tally.wrong++;
	else
		soak->wrong++;
	va_start(args, format);
	say_wrong(format, args);
	va_end(args);
}

noreturn void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say_wrong(format, args);
	va_end(args);
	exit(1);
}

void open_driver(struct cma_env *driver)
{
	driver->fd = open(TEST_CMA_DEVICE, O_RDWR | O_CLOEXEC);
	if (driver->fd < 0)
		die("cannot open " TEST_CMA_DEVICE ": %s", strerror(errno));
}

/* A worker's numbers; its successor's are others. */
static unsigned long seed_of(const struct slot *slot)
{
	return soak->seed * 1000003 + slot->number * 1009 + slot->lives;
}

static void set_oom_score(bool is_victim)
{
	if (cma_write_text("/proc/self/oom_score_adj", is_victim ? "1000" : "-900"))
		die("cannot set oom_score_adj");
}

static void start(struct slot *slot)
{
	pid_t pid;

	slot->lives++;
	slot->killed = false;
	pid = fork_or_die();
	if (pid) {
		slot->pid = pid;
		return;
	}
	me = slot;
	set_oom_score(slot->job->is_victim);
	random_seed(seed_of(slot));
	slot->job->run();
	exit(0);
}

static void add_slots(const struct job *job)
{
	struct slot *slot;
	unsigned int i;

	for (i = 0; i < job->count; i++) {
		slot = &soak->slots[soak->nr_slots];
		slot->number = soak->nr_slots++;
		slot->job = job;
		report("worker %u: %s, seed %lu", slot->number, job->name, seed_of(slot));
	}
}

static struct slot *slot_of(pid_t pid)
{
	unsigned int i;

	for (i = 0; i < soak->nr_slots; i++)
		if (soak->slots[i].pid == pid)
			return &soak->slots[i];
	return NULL;
}

static void bury(struct slot *slot, int status)
{
	slot->pid = 0;
	ask_cut(slot);
	if (!status)
		return;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
		if (slot->killed || slot->job->is_victim)
			return;
	}
	wrong("worker %u, %s, ended with status %#x", slot->number, slot->job->name, status);
}

static unsigned int bury_all(void)
{
	unsigned int left = 0, i;
	struct slot *slot;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		slot = slot_of(pid);
		if (slot)
			bury(slot, status);
	}
	for (i = 0; i < soak->nr_slots; i++)
		left += soak->slots[i].pid > 0;
	return left;
}

/* Until a worker ends, or some time has passed */
static void wait_ms(unsigned int ms)
{
	const struct timespec limit = {
		.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L,
	};
	sigset_t ends;

	sigemptyset(&ends);
	sigaddset(&ends, SIGCHLD);
	sigtimedwait(&ends, NULL, &limit);
}

static void kill_one(void)
{
	struct slot *slot = &soak->slots[random_below(soak->nr_slots)];

	if (!slot->job->may_be_killed || !slot->pid || slot->killed)
		return;
	/* Some of them end by themselves, or by the OOM killer. */
	if (slot->job->is_victim && !random_one_in(8))
		return;
	slot->killed = true;
	kill(slot->pid, SIGKILL);
	soak->kills++;
}

static void work(unsigned int seconds)
{
	unsigned int begin = now_s(), said = begin, now, i;

	do {
		bury_all();
		for (i = 0; i < soak->nr_slots; i++)
			if (!soak->slots[i].pid)
				start(&soak->slots[i]);
		wait_ms(random_below(2 * KILL_MS));
		kill_one();
		now = now_s();
		if (now - said >= PROGRESS_S) {
			said = now;
			tally_progress(now - begin);
		}
	} while (now - begin < seconds);
}

/* Those that hang are named, and what they wait for is in the log. */
static void end(void)
{
	unsigned int begin = now_s(), i;

	soak->stop = true;
	while (bury_all() && now_s() - begin < LAST_S)
		wait_ms(1000);
	if (!bury_all())
		return;
	cma_write_text("/proc/sysrq-trigger", "w");
	for (i = 0; i < soak->nr_slots; i++)
		if (soak->slots[i].pid > 0)
			wrong("worker %u, %s, does not end", i, soak->slots[i].job->name);
}

static void begin(unsigned long seed)
{
	sigset_t ends;

	soak = mmap(NULL, sizeof(*soak), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		    -1, 0);
	if (soak == MAP_FAILED) {
		perror("cma-soak");
		exit(1);
	}
	soak->seed = seed;
	soak->ram_mib = cma_meminfo("MemTotal") / 1024;
	if (!cma_find_area(&soak->area))
		die("there is no area");
	random_seed(seed);
	sigemptyset(&ends);
	sigaddset(&ends, SIGCHLD);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	set_oom_score(false);
}

int main(int argc, char **argv)
{
	unsigned int seconds, i;
	struct rest before;

	if (argc != 4) {
		fputs("usage: cma-soak SECONDS SEED SWAPFILE\n", stderr);
		return 2;
	}
	setlinebuf(stdout);
	seconds = strtoul(argv[1], NULL, 10);
	begin(strtoul(argv[2], NULL, 10));
	rest_look(&before);
	if (swapon(argv[3], 0))
		die("cannot swap to %s: %s", argv[3], strerror(errno));
	for (i = 0; i < ARRAY_LEN(jobs); i++)
		add_slots(&jobs[i]);
	work(seconds);
	end();
	if (swapoff(argv[3]))
		wrong("cannot take the swap off: %s", strerror(errno));
	rest_compare(&before);
	check_audit();
	return !tally_print();
}
