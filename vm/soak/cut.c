// SPDX-License-Identifier: GPL-2.0
/*
 * Requests whose process is killed while they are at work. A child asks, and a
 * moment later it is killed: before, in the middle or after, as it happens. Its
 * buffers go with it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "soak.h"

#define LONGEST_US	60000

static noreturn void ask(int ready)
{
	struct test_cma_alloc req;
	struct cma_env driver;
	int error;

	open_driver(&driver);
	if (write(ready, "", 1) != 1)
		_exit(1);
	for (;;) {
		ask_begin(WAY_COHERENT, EFFORT_RETRY_MAYFAIL);
		error = cma_alloc_dma(&driver, random_between(1, 4) * soak->area.pages / 16 * PAGE,
				      TEST_CMA_RETRY_MAYFAIL | TEST_CMA_NOWARN, &req);
		ask_end(error);
		if (!error)
			cma_free(&driver, req.id);
	}
}

void cut_short(void)
{
	int ready[2], status;
	char byte;
	pid_t pid;

	while (!must_stop()) {
		if (pipe2(ready, O_CLOEXEC))
			die("no pipe: %s", strerror(errno));
		pid = fork_or_die();
		if (!pid)
			ask(ready[1]);
		close(ready[1]);
		if (read(ready[0], &byte, 1) == 1)
			usleep(random_below(LONGEST_US));
		close(ready[0]);
		kill(pid, SIGKILL);
		if (waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status))
			wrong("a process that asks was not killed: status %#x", status);
		ask_cut(me);
		pause_ms(random_below(200));
	}
}
