// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that lives in the area: making the kernel lend, finding out what it
 * lent, and keeping pages from being moved.  See cma_util.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cma_util.h"

static size_t block_size(void)
{
	return cma_pageblock_pages() * PAGE;
}

/*
 * Free pages on per-CPU lists, and what CPUs have counted for themselves so far, are
 * missing from the figures, and watermarks rise by up to a pageblock when pages of
 * different kinds come to share one: leave room for that, or the OOM killer comes.
 */
static size_t room_to_leave(const struct cma_zone *zone)
{
	size_t rise = block_size(), risen = zone->boost * PAGE;

	rise = rise > risen ? rise - risen : 0;
	return (rise > 4 * MB ? rise : 4 * MB) + 4 * MB * sysconf(_SC_NPROCESSORS_ONLN);
}

static bool outside_is_full(const struct cma_area *area)
{
	struct cma_zone zone;

	if (!cma_zone_of(area->base_pfn, &zone))
		return true;
	return zone.free < zone.free_cma + zone.high + room_to_leave(&zone) / PAGE;
}

/*
 * What is free outside is used like the area once there is as much of it, so that most of
 * an area is lent only where a few pageblocks do not matter.
 */
bool cma_can_lend(const struct cma_env *env)
{
	return env->largest >= 12 * block_size();
}

bool cma_hog_begin(struct cma_env *env, struct cma_hog *hog)
{
	return !cma_alloc_dma(env, env->largest, 0, &hog->area);
}

bool cma_hog_take(struct cma_env *env, struct cma_hog *hog)
{
	const size_t step = 2 * MB;

	hog->populated = 0;
	hog->size = cma_meminfo("MemFree") * 1024 / step * step;
	hog->addr = mmap(NULL, hog->size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	/* A child must not keep what its parent releases. */
	if (hog->addr != MAP_FAILED)
		madvise(hog->addr, hog->size, MADV_DONTFORK);
	while (hog->addr != MAP_FAILED && hog->populated < hog->size &&
	       !outside_is_full(&env->area) &&
	       !madvise(hog->addr + hog->populated, step, MADV_POPULATE_WRITE))
		hog->populated += step;
	cma_free(env, hog->area.id);
	return hog->addr != MAP_FAILED;
}

void cma_hog_release(struct cma_hog *hog)
{
	munmap(hog->addr, hog->size);
}

/* What processes get before they get low memory */
static size_t free_high_memory(void)
{
	unsigned long long free = cma_meminfo("HighFree");

	return free == CMA_NO_VALUE ? 0 : free * 1024;
}

/*
 * An area that was asked lately is not lent before there is no more free elsewhere in
 * its zone than in the area, and high memory comes before low memory: so many bytes
 * come first, at the least.
 */
size_t cma_not_lent_before(const struct cma_area *area)
{
	struct cma_zone zone;
	size_t first;

	if (!cma_zone_of(area->base_pfn, &zone))
		return 0;
	first = zone.is_highmem ? 0 : free_high_memory();
	if (zone.free > 2 * zone.free_cma)
		first += (zone.free - 2 * zone.free_cma) * PAGE;
	return first / MB * MB;
}

bool cma_lend(struct cma_env *env, struct cma_lent *lent)
{
	struct cma_hog hog;

	lent->size = env->largest / 4 * 3;
	if (!cma_hog_begin(env, &hog) || !cma_hog_take(env, &hog))
		return false;
	lent->addr = mmap(NULL, lent->size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (lent->addr != MAP_FAILED)
		cma_fill(lent->addr, lent->size, CMA_LENT_SEED);
	cma_hog_release(&hog);
	return lent->addr != MAP_FAILED &&
	       cma_pages_in_area(&env->area, lent->addr, lent->size) >
	       lent->size / PAGE / 2;
}

int cma_hold(struct cma_env *env, enum test_cma_kind kind, const void *addr,
	     size_t size, __u32 flags, struct test_cma_alloc *req)
{
	*req = (struct test_cma_alloc){
		.kind = kind, .flags = flags, .uaddr = (uintptr_t)addr, .size = size,
	};
	return cma_alloc(env, req);
}

bool cma_hold_pages(struct cma_env *env, struct cma_lent *lent)
{
	struct test_cma_alloc req;
	size_t offset;

	lent->nr_held = 0;
	for (offset = 0; offset < lent->size; offset += MB) {
		if (lent->nr_held == ARRAY_LEN(lent->held) ||
		    cma_hold(env, TEST_CMA_PIN, lent->addr + offset, PAGE, 0, &req))
			return false;
		lent->held[lent->nr_held++] = req.id;
	}
	return true;
}

void cma_let_go(struct cma_env *env, struct cma_lent *lent)
{
	while (lent->nr_held)
		cma_free(env, lent->held[--lent->nr_held]);
}

bool cma_in_the_way(const struct cma_env *env, unsigned long pfn)
{
	unsigned long pages = env->largest / PAGE, base = env->area.base_pfn;

	return pfn >= base + env->area.pages - pages && pfn < base + pages;
}

/*
 * Tests mount and write between cma_hog_begin() and cma_hog_take(), while there is
 * room for metadata outside of the area, and unmount when they are done.
 */
const char *cma_disk_mount(void)
{
	static const char dir[] = "/tmp/cma-disk";

	if (mkdir(dir, 0700) && errno != EEXIST)
		return NULL;
	/* A test that was cut short may have left it there. */
	if (mount("/dev/vda", dir, "ext4", MS_NOATIME, NULL) && errno != EBUSY)
		return NULL;
	return dir;
}

void cma_disk_unmount(void)
{
	umount2("/tmp/cma-disk", 0);
}

/* The longest that 32 bits of nanoseconds allow, but for a little */
#define LOAD_SLOW_DISK	"modprobe -q null_blk irqmode=2 completion_nsec=4200000000 hw_queue_depth=64 gb=1 bs=4096"

bool cma_slow_disk(void)
{
	return !access(CMA_SLOW_DISK, F_OK) || !system(LOAD_SLOW_DISK);
}

bool cma_write_cold_file(int fd, size_t size, __u32 seed)
{
	char *addr;

	if (ftruncate(fd, size))
		return false;
	addr = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (addr == MAP_FAILED)
		return false;
	cma_fill(addr, size, seed);
	munmap(addr, size);
	return !fsync(fd) && !posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
}

void cma_drop_caches(void)
{
	sync();
	cma_write_text("/proc/sys/vm/drop_caches", "3");
}
