// SPDX-License-Identifier: GPL-2.0
/*
 * Processes that begin, share memory with their parent, write to some of it, and
 * end by themselves or by force.
 */
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "soak.h"

#define SHARED		(4 * MB)
#define PART		(64 * 1024)
#define PARTS		(SHARED / PART)
#define MAX_CHILDREN	12

static noreturn void live(char *addr, uint32_t seed)
{
	unsigned int turn, i;

	/* Not the parent's numbers */
	random_seed(seed);
	for (turn = random_below(16); turn; turn--) {
		i = random_below(PARTS);
		pattern_check(addr + i * PART, PART, seed + i, "memory of a parent");
		if (random_one_in(2))
			continue;
		cma_fill(addr + i * PART, PART, seed ^ i);
		pattern_check(addr + i * PART, PART, seed ^ i, "memory of a child");
		cma_fill(addr + i * PART, PART, seed + i);
	}
	_exit(0);
}

static void storm(char *addr, uint32_t seed)
{
	pid_t children[MAX_CHILDREN];
	unsigned int count = random_between(1, MAX_CHILDREN), i;
	int status;

	for (i = 0; i < count; i++) {
		children[i] = fork_or_die();
		if (!children[i])
			live(addr, seed);
	}
	for (i = 0; i < count; i++) {
		bool by_force = random_one_in(3);

		if (by_force)
			kill(children[i], SIGKILL);
		if (waitpid(children[i], &status, 0) != children[i] ||
		    (status && !(by_force && WIFSIGNALED(status))))
			wrong("a child ended with status %#x", status);
	}
}

void fork_and_exit(void)
{
	uint32_t seed = 0;
	unsigned int i;
	char *addr;

	addr = map_anon(SHARED);
	while (!must_stop()) {
		if (!seed || random_one_in(4)) {
			seed = new_seed();
			for (i = 0; i < PARTS; i++)
				cma_fill(addr + i * PART, PART, seed + i);
		}
		storm(addr, seed);
		for (i = 0; i < PARTS; i++)
			pattern_check(addr + i * PART, PART, seed + i, "memory of children");
	}
}
