// SPDX-License-Identifier: GPL-2.0
/*
 * User pages that a driver pins, for a moment or for long: those of the second
 * kind must be moved out of the area first. A device writes to them, and the
 * process reads what it has written.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "soak.h"

#define PINS		4
#define MOST_PAGES	64

/**
 * struct pin - pages that are pinned
 * @addr: NULL if there are none
 * @size: how much
 * @id: the driver's name for them
 */
struct pin {
	char *addr;
	size_t size;
	uint32_t id;
};

static void check_places(struct cma_env *driver, const struct pin *pin)
{
	size_t offset;

	for (offset = 0; offset < pin->size; offset += PAGE)
		if (cma_in_area(&soak->area, cma_object_pfn(driver, pin->id, offset)))
			wrong("page %zu, pinned for long, is in the area", offset / PAGE);
}

static void pin(struct cma_env *driver, struct pin *pin)
{
	uint32_t flags = random_one_in(2) ? TEST_CMA_LONGTERM : 0;
	struct test_cma_alloc req;
	uint32_t seed = new_seed();
	int error;

	pin->size = random_size(MOST_PAGES) * PAGE;
	pin->addr = map_anon(pin->size);
	cma_fill(pin->addr, pin->size, seed);
	error = cma_hold(driver, TEST_CMA_PIN, pin->addr, pin->size, flags, &req);
	if (error) {
		/* Pages in the area that cannot be moved out of it just now */
		if (error != -ENOMEM && error != -EAGAIN && error != -EFAULT)
			wrong("cannot pin %zu bytes: %s", pin->size, strerror(-error));
		pattern_check(pin->addr, pin->size, seed, "memory that was not pinned");
		munmap(pin->addr, pin->size);
		pin->addr = NULL;
		return;
	}
	pin->id = req.id;
	pattern_check(pin->addr, pin->size, seed, "memory that was pinned");
	if (flags)
		check_places(driver, pin);
}

static void unpin(struct cma_env *driver, struct pin *pin)
{
	uint32_t seed = new_seed();
	int error = cma_fill_object(driver, pin->id, seed);

	if (error)
		wrong("a device cannot write to pinned pages: %s", strerror(-error));
	pattern_check(pin->addr, pin->size, seed, "memory that is pinned");
	error = cma_free(driver, pin->id);
	if (error)
		wrong("cannot unpin: %s", strerror(-error));
	pattern_check(pin->addr, pin->size, seed, "memory that is pinned no more");
	munmap(pin->addr, pin->size);
	pin->addr = NULL;
}

void pin_pages(void)
{
	struct pin pins[PINS] = { 0 };
	struct cma_env driver;
	unsigned int i;

	open_driver(&driver);
	while (!must_stop()) {
		i = random_below(PINS);
		if (pins[i].addr)
			unpin(&driver, &pins[i]);
		else
			pin(&driver, &pins[i]);
		pause_ms(random_below(60));
	}
	for (i = 0; i < PINS; i++)
		if (pins[i].addr)
			unpin(&driver, &pins[i]);
}
