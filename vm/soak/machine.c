// SPDX-License-Identifier: GPL-2.0
/* CPUs that are taken away and come back, and a machine that sleeps and wakes. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "soak.h"

/* EBUSY: the machine is about to sleep. */
static int set_online(unsigned int cpu, bool online)
{
	char path[64];
	int error;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/online", cpu);
	error = cma_write_text(path, online ? "1" : "0");
	if (error && error != -EBUSY)
		wrong("CPU %u does not go %s: %s", cpu, online ? "on" : "off", strerror(-error));
	return error;
}

void plug_cpus(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_CONF);
	unsigned int cpu;

	while (!must_stop()) {
		if (cpus > 1) {
			cpu = random_between(1, cpus - 1);
			soak->unplugs += !set_online(cpu, false);
			pause_ms(random_below(1000));
			while (set_online(cpu, true) == -EBUSY)
				pause_ms(100);
		}
		pause_ms(random_below(1000));
	}
}

#define RTC	"/sys/class/rtc/rtc0/wakealarm"

/*
 * The alarm may come before the machine has gone to sleep, and would not wake it
 * then: with wakeup_count, such a sleep is called off.
 */
static int sleep_once(void)
{
	char count[32] = "", alarm[16];
	int fd, error;

	/* What is left of it to do afterwards is short. */
	sync();
	fd = open("/sys/power/wakeup_count", O_RDWR | O_CLOEXEC);
	if (fd < 0 || read(fd, count, sizeof(count) - 1) <= 0)
		die("cannot read wakeup_count: %s", strerror(errno));
	snprintf(alarm, sizeof(alarm), "+%lu", random_between(3, 6));
	error = cma_write_text(RTC, "0");
	if (!error)
		error = cma_write_text(RTC, alarm);
	if (error)
		die("cannot set an alarm: %s", strerror(-error));
	if (write(fd, count, strlen(count)) < 0)
		error = -errno;
	close(fd);
	return error ? error : cma_write_text("/sys/power/state", "freeze");
}

void sleep_and_wake(void)
{
	while (!must_stop()) {
		soak->sleeps += !sleep_once();
		pause_ms(random_below(20000));
	}
}
