// SPDX-License-Identifier: GPL-2.0
/*
 * A page in the area that does not move, where every request for env.largest bytes
 * meets it: see cma_util.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cma_util.h"

#define MEMORY		(8 * MB)
#define STRAYS		1024
#define SEED		21
/* No request that ends by itself takes so long, on a host that is busy either. */
#define RESCUE_MS	20000

static bool needs_file(const struct cma_obstacle *obstacle)
{
	return obstacle->kind == TEST_CMA_LOCK || obstacle->kind == TEST_CMA_WRITEBACK;
}

/* What is the first of its pages in the way?  NULL if none is */
static char *page_in_the_way(const struct cma_env *env, char *addr, size_t size)
{
	unsigned long *pfns = cma_pfns_of(addr, size);
	char *found = NULL;
	size_t i;

	for (i = 0; pfns && !found && i < size / PAGE; i++)
		if (cma_in_the_way(env, pfns[i]))
			found = addr + i * PAGE;
	free(pfns);
	return found;
}

/* 0, -ENOENT if none of some new pages is in the way, or why one is not kept there */
static int try_user_page(struct cma_env *env, struct cma_obstacle *obstacle)
{
	bool file = needs_file(obstacle);
	char *addr, *page;
	int ret = -ENOENT;

	addr = mmap(NULL, MEMORY, PROT_READ | (file ? 0 : PROT_WRITE),
		    file ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS, obstacle->fd, 0);
	if (addr == MAP_FAILED)
		return -errno;
	madvise(addr, MEMORY, file ? MADV_POPULATE_READ : MADV_POPULATE_WRITE);
	page = page_in_the_way(env, addr, MEMORY);
	if (page)
		ret = cma_hold(env, obstacle->kind, page, PAGE, 0, &obstacle->held);
	/* Somebody else has it in his hands: another one will do. */
	if (ret == -EBUSY)
		ret = -ENOENT;
	munmap(addr, MEMORY);
	/* Nothing else shall be in the way; a sync would wait for that page. */
	cma_write_text("/proc/sys/vm/drop_caches", "1");
	return ret;
}

static int try_stray_page(struct cma_env *env, struct cma_obstacle *obstacle)
{
	struct test_cma_alloc *held = &obstacle->held;
	__u32 others[STRAYS];
	size_t count = 0;
	int ret = -ENOENT;

	while (ret == -ENOENT && count < STRAYS) {
		*held = (struct test_cma_alloc){ .kind = TEST_CMA_STRAY, .size = PAGE };
		ret = cma_alloc(env, held);
		if (ret || cma_in_the_way(env, held->phys / PAGE))
			break;
		others[count++] = held->id;
		ret = -ENOENT;
	}
	while (count)
		cma_free(env, others[--count]);
	return ret;
}

int cma_obstacle_put(struct cma_env *env, struct cma_obstacle *obstacle)
{
	size_t size = (cma_meminfo("MemFree") - cma_meminfo("CmaFree") / 2) * 1024;
	size_t taken = cma_not_lent_before(&env->area);
	int ret = -ENOENT;
	char *others;

	/* Other memory takes up places until one in the way is lent. */
	others = mmap(NULL, size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (others == MAP_FAILED)
		return -errno;
	madvise(others, taken, MADV_POPULATE_WRITE);
	for (; ret == -ENOENT && taken + MEMORY <= size; taken += MEMORY) {
		madvise(others + taken, MEMORY, MADV_POPULATE_WRITE);
		ret = obstacle->kind == TEST_CMA_STRAY ? try_stray_page(env, obstacle) :
							 try_user_page(env, obstacle);
	}
	munmap(others, size);
	return ret;
}

void cma_obstacle_remove(struct cma_env *env, struct cma_obstacle *obstacle)
{
	cma_free(env, obstacle->held.id);
}

static int make_file(struct cma_env *env, struct cma_obstacle *obstacle)
{
	struct test_cma_alloc all;
	const char *dir;
	int ret = -EIO;

	/* What the journal keeps must not be lent. */
	if (cma_alloc_dma(env, env->largest, 0, &all))
		return -ENOMEM;
	dir = cma_disk_mount();
	snprintf(obstacle->path, sizeof(obstacle->path), "%s/obstacle", dir ? dir : "");
	if (dir)
		obstacle->fd = open(obstacle->path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (dir && cma_write_cold_file(obstacle->fd, MEMORY, SEED))
		ret = 0;
	cma_free(env, all.id);
	return dir ? ret : -ENODEV;
}

int cma_obstacle_begin(struct cma_env *env, struct cma_obstacle *obstacle,
		       enum test_cma_kind kind)
{
	int ret = 0;

	*obstacle = (struct cma_obstacle){ .kind = kind, .fd = -1 };
	if (needs_file(obstacle))
		ret = make_file(env, obstacle);
	if (!ret)
		ret = cma_obstacle_put(env, obstacle);
	if (ret)
		cma_obstacle_end(env, obstacle);
	return ret;
}

void cma_obstacle_end(struct cma_env *env, struct cma_obstacle *obstacle)
{
	cma_obstacle_remove(env, obstacle);
	if (obstacle->fd < 0)
		return;
	close(obstacle->fd);
	unlink(obstacle->path);
	cma_disk_unmount();
}

static void *wait_and_rescue(void *data)
{
	struct cma_rescue *rescue = data;
	struct pollfd stop = { .fd = rescue->stop[0] };

	rescue->came = !poll(&stop, 1, RESCUE_MS);
	if (rescue->came)
		cma_obstacle_remove(rescue->env, rescue->obstacle);
	return NULL;
}

bool cma_rescue_begin(struct cma_rescue *rescue, struct cma_env *env,
		      struct cma_obstacle *obstacle)
{
	*rescue = (struct cma_rescue){ .env = env, .obstacle = obstacle };
	return !pipe(rescue->stop) &&
	       !pthread_create(&rescue->thread, NULL, wait_and_rescue, rescue);
}

bool cma_rescue_end(struct cma_rescue *rescue)
{
	close(rescue->stop[1]);
	pthread_join(rescue->thread, NULL);
	close(rescue->stop[0]);
	return rescue->came;
}
