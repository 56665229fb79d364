// SPDX-License-Identifier: GPL-2.0
/*
 * Pages of the area that are allocated by hand, through debugfs, and given back in
 * other portions than they were taken in. Nobody can write to them: that nobody
 * else has them is for the patterns of the others to tell.
 */
#include <stdio.h>
#include <string.h>

#include "soak.h"

static int write_number(const char *file, unsigned long number)
{
	char path[128], text[16];

	snprintf(path, sizeof(path), "/sys/kernel/debug/cma/%s/%s", soak->area.name, file);
	snprintf(text, sizeof(text), "%lu", number);
	return cma_write_text(path, text);
}

static unsigned long give_back(unsigned long held, unsigned long pages)
{
	int error = write_number("free", pages);

	if (error) {
		wrong("cannot free %lu of %lu pages by hand: %s", pages, held, strerror(-error));
		return held;
	}
	return held - pages;
}

void allocate_by_hand(void)
{
	unsigned long most = soak->area.pages / 8, held = 0, pages;
	int error;

	while (!must_stop()) {
		if (held && (held > most || random_one_in(2))) {
			held = give_back(held, random_between(1, held));
			continue;
		}
		pages = random_size(most);
		ask_begin(WAY_BY_HAND, EFFORT_DEFAULT);
		error = write_number("alloc", pages);
		ask_end(error);
		if (!error)
			held += pages;
		pause_ms(random_below(50));
	}
	if (held)
		give_back(held, held);
}
