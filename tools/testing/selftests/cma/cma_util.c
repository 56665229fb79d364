// SPDX-License-Identifier: GPL-2.0
/*
 * The room in which a test runs, the driver, patterns: see cma_util.h.
 *
 * The tests are built without optimisation, because the harness changes variables
 * between setjmp() and longjmp().  Nothing here does, and patterns would be most
 * of what an emulator has to run.
 */
#pragma GCC optimize("O2")

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "cma_util.h"

#define LONG_DEADLINE_MS	60000

long long cma_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

void cma_fill(void *addr, size_t size, __u32 seed)
{
	__u32 *words = addr;
	size_t i;

	for (i = 0; i < size / sizeof(*words); i++)
		words[i] = test_cma_word(seed, i);
}

bool cma_check(const void *addr, size_t size, __u32 seed)
{
	const __u32 *words = addr;
	size_t i;

	for (i = 0; i < size / sizeof(*words); i++) {
		if (words[i] == test_cma_word(seed, i))
			continue;
		ksft_print_msg("offset %#zx: %#x instead of %#x\n", i * sizeof(*words),
			       words[i], test_cma_word(seed, i));
		return false;
	}
	return true;
}

/* Buffers begin at a multiple of 1 MiB, and debugfs does not say where room is. */
static size_t largest_buffer(const struct cma_area *area)
{
	size_t room = cma_area_debugfs(area, "maxchunk") * PAGE;

	return room < 2 * MB ? 0 : (room - (MB - PAGE)) / MB * MB;
}

static int open_driver(void)
{
	int fd = open(TEST_CMA_DEVICE, O_RDWR | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT && !system("modprobe -q test_cma"))
		fd = open(TEST_CMA_DEVICE, O_RDWR | O_CLOEXEC);
	return fd;
}

void cma_env_measure(struct cma_env *env)
{
	env->used = cma_area_debugfs(&env->area, "used");
	env->isolated = cma_count_blocks("Isolate");
	env->largest = largest_buffer(&env->area);
}

bool cma_env_open(struct cma_env *env)
{
	const char *why = NULL;

	memset(env, 0, sizeof(*env));
	env->fd = open_driver();
	if (geteuid())
		why = "needs root";
	else if (env->fd < 0)
		why = "no " TEST_CMA_DEVICE ": needs CONFIG_TEST_CMA";
	else if (access("/sys/kernel/debug/cma", X_OK))
		why = "needs CONFIG_CMA_DEBUGFS and debugfs on /sys/kernel/debug";
	else if (!cma_find_area(&env->area))
		why = "this kernel was booted without an area";
	if (why) {
		snprintf(env->why_not, sizeof(env->why_not), "%s", why);
		return false;
	}
	/* An emulated machine takes seconds to move what others move in a moment. */
	env->deadline_ms = cma_area_sysfs(&env->area, "deadline_ms");
	env->ours = env->deadline_ms != CMA_NO_VALUE;
	if (env->ours)
		cma_set_deadline(&env->area, LONG_DEADLINE_MS);
	cma_env_measure(env);
	return true;
}

static bool is_back(const char *what, unsigned long before, unsigned long now)
{
	if (before == now)
		return true;
	ksft_print_msg("%s: %lu before the test, %lu after it\n", what, before, now);
	return false;
}

bool cma_env_close(struct cma_env *env)
{
	bool clean;

	cma_trace_close();
	if (env->ours)
		cma_set_deadline(&env->area, env->deadline_ms);
	close(env->fd);
	clean = is_back("allocated pages", env->used,
			cma_area_debugfs(&env->area, "used"));
	clean &= is_back("isolated pageblocks", env->isolated,
			 cma_count_blocks("Isolate"));
	return cma_audit_agrees() && clean;
}

static int driver(struct cma_env *env, unsigned long cmd, void *req)
{
	return ioctl(env->fd, cmd, req) ? -errno : 0;
}

int cma_alloc(struct cma_env *env, struct test_cma_alloc *req)
{
	return driver(env, TEST_CMA_ALLOC, req);
}

int cma_alloc_dma(struct cma_env *env, size_t size, __u32 flags,
		  struct test_cma_alloc *req)
{
	*req = (struct test_cma_alloc){
		.kind = TEST_CMA_DMA, .size = size, .flags = flags,
	};
	return cma_alloc(env, req);
}

int cma_free_flags(struct cma_env *env, __u32 id, size_t offset, size_t size,
		   __u32 flags)
{
	struct test_cma_free req = {
		.id = id, .offset = offset, .size = size, .flags = flags,
	};

	return driver(env, TEST_CMA_FREE, &req);
}

int cma_free_part(struct cma_env *env, __u32 id, size_t offset, size_t size)
{
	return cma_free_flags(env, id, offset, size, 0);
}

int cma_free(struct cma_env *env, __u32 id)
{
	return cma_free_flags(env, id, 0, 0, 0);
}

int cma_fill_object(struct cma_env *env, __u32 id, __u32 seed)
{
	struct test_cma_data req = { .id = id, .seed = seed };

	return driver(env, TEST_CMA_FILL, &req);
}

/* 0, or -EIO when the object does not hold the pattern there */
int cma_check_part(struct cma_env *env, __u32 id, size_t offset, size_t size,
		   __u32 seed)
{
	struct test_cma_data req = {
		.id = id, .seed = seed, .offset = offset, .size = size,
	};
	int ret = driver(env, TEST_CMA_CHECK, &req);

	if (ret || !req.bad_words)
		return ret;
	ksft_print_msg("object %u: %llu words differ, the first at offset %#llx\n", id,
		       req.bad_words, req.bad_offset);
	return -EIO;
}

int cma_check_object(struct cma_env *env, __u32 id, __u32 seed)
{
	return cma_check_part(env, id, 0, 0, seed);
}

int cma_mapping(struct cma_env *env, enum test_cma_where where, __u32 id,
		__u64 addr, struct test_cma_mapping *req)
{
	*req = (struct test_cma_mapping){ .where = where, .id = id, .addr = addr };
	return driver(env, TEST_CMA_MAPPING, req);
}

bool cma_tells_mappings(struct cma_env *env)
{
	struct test_cma_mapping map;

	return cma_mapping(env, TEST_CMA_LINEAR, 0, env->area.base_pfn * (__u64)PAGE,
			   &map) != -EOPNOTSUPP;
}

unsigned long cma_object_pfn(struct cma_env *env, __u32 id, size_t offset)
{
	struct test_cma_page req = { .id = id, .offset = offset };

	return driver(env, TEST_CMA_PAGE, &req) ? 0 : req.phys / PAGE;
}

void *cma_mmap(struct cma_env *env, __u32 id, size_t size)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, env->fd,
		    (off_t)id * PAGE);
}

bool cma_object_in_area(const struct cma_area *area,
			const struct test_cma_alloc *req)
{
	return req->contiguous >= req->size &&
	       cma_in_area(area, req->phys / PAGE) &&
	       cma_in_area(area, (req->phys + req->contiguous - 1) / PAGE);
}
