// SPDX-License-Identifier: GPL-2.0
/* Pages that pipes refer to, for a while, so that they cannot be moved. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "soak.h"

#define PIPES		12
/* As much as a pipe takes */
#define CONTENT		(16 * PAGE)

/**
 * struct laid - a pipe, and what is in it
 * @ends: the pipe
 * @addr: the pages that it refers to
 * @size: how much is in it
 * @seed: with this pattern
 */
struct laid {
	int ends[2];
	char *addr;
	size_t size;
	uint32_t seed;
};

static void lay(struct laid *pipe)
{
	struct iovec pages = { .iov_len = random_between(1, 16) * PAGE };
	ssize_t done;

	pipe->seed = new_seed();
	pipe->addr = map_anon(CONTENT);
	cma_fill(pipe->addr, pages.iov_len, pipe->seed);
	pages.iov_base = pipe->addr;
	done = vmsplice(pipe->ends[1], &pages, 1, SPLICE_F_NONBLOCK);
	if (done < 0)
		wrong("vmsplice: %s", strerror(errno));
	pipe->size = done < 0 ? 0 : done;
	/* From now on the pipe alone may have them. */
	if (random_one_in(2)) {
		munmap(pipe->addr, CONTENT);
		pipe->addr = NULL;
	}
}

static void empty(struct laid *pipe)
{
	static char room[CONTENT] __attribute__((aligned(4)));
	size_t got = 0;
	ssize_t part;

	while (got < pipe->size) {
		part = read(pipe->ends[0], room + got, pipe->size - got);
		if (part <= 0) {
			wrong("a pipe ends after %zu of %zu bytes", got, pipe->size);
			break;
		}
		got += part;
	}
	pattern_check(room, got, pipe->seed, "a pipe's pages");
	if (pipe->addr)
		munmap(pipe->addr, CONTENT);
	pipe->addr = NULL;
	pipe->size = 0;
}

void fill_pipes(void)
{
	struct laid pipes[PIPES] = { 0 };
	unsigned int i;

	for (i = 0; i < PIPES; i++)
		if (pipe2(pipes[i].ends, O_CLOEXEC))
			die("no pipe: %s", strerror(errno));
	while (!must_stop()) {
		i = random_below(PIPES);
		if (pipes[i].size)
			empty(&pipes[i]);
		else
			lay(&pipes[i]);
		pause_ms(random_below(40));
	}
	for (i = 0; i < PIPES; i++)
		empty(&pipes[i]);
}
