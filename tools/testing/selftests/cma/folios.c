// SPDX-License-Identifier: GPL-2.0
/*
 * Large folios that live in the area: they move out whole or in parts, their data
 * survives, and none of their pages is lost, not even when they are given up while
 * the area is being taken.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "cma_util.h"

#define THP		"/sys/kernel/mm/transparent_hugepage"
#define SEED		51
#define HUGE		(2 * MB)
#define WORK_US		15000000LL
/* On a host so slow that nothing was had by then */
#define PATIENCE_US	90000000LL
#define WORKERS		3

/* Bits of /proc/kpageflags: pages of large folios */
#define COMPOUND	(1ULL << 15 | 1ULL << 16)

enum backing { ANON, TMPFS, HUGETLB };

/**
 * struct kind - a kind of large folios
 * @backing: what is behind them
 * @order_kb: how large they are
 */
struct kind {
	enum backing backing;
	unsigned int order_kb;
};

FIXTURE(folios)
{
	struct cma_env env;
	struct cma_hog hog;
	char enabled[96];
	char before[16];
	size_t size;
	int fd;
};

FIXTURE_VARIANT(folios)
{
	struct kind kind;
};

FIXTURE_VARIANT_ADD(folios, anonymous_of_16_kib) {
	{ .backing = ANON, .order_kb = 16 },
};

FIXTURE_VARIANT_ADD(folios, anonymous_of_64_kib) {
	{ .backing = ANON, .order_kb = 64 },
};

FIXTURE_VARIANT_ADD(folios, anonymous_of_2_mib) {
	{ .backing = ANON, .order_kb = 2048 },
};

FIXTURE_VARIANT_ADD(folios, page_cache_of_2_mib) {
	{ .backing = TMPFS, .order_kb = 2048 },
};

FIXTURE_VARIANT_ADD(folios, hugetlb_of_2_mib) {
	{ .backing = HUGETLB, .order_kb = 2048 },
};

/* "always inherit [madvise] never" */
static bool chosen_word(const char *path, char *word, size_t size)
{
	char text[64], *begin, *end;

	if (cma_read_text(path, text, sizeof(text)) <= 0)
		return false;
	begin = strchr(text, '[');
	end = begin ? strchr(begin, ']') : NULL;
	if (!end)
		return false;
	*end = '\0';
	snprintf(word, size, "%s", begin + 1);
	return true;
}

static bool mount_tmpfs(int *fd, size_t size)
{
	static const char dir[] = "/tmp/huge", path[] = "/tmp/huge/file";

	mkdir(dir, 0700);
	if (mount("huge", dir, "tmpfs", 0, "huge=always"))
		return false;
	*fd = open(path, O_RDWR | O_CREAT, 0600);
	return *fd >= 0 && !ftruncate(*fd, size);
}

FIXTURE_SETUP(folios)
{
	const struct kind *kind = &variant->kind;

	self->fd = -1;
	if (!cma_env_open(&self->env))
		SKIP(return, "%s", self->env.why_not);
	snprintf(self->enabled, sizeof(self->enabled), THP "/hugepages-%ukB/enabled",
		 kind->order_kb);
	if (kind->backing != HUGETLB && !chosen_word(self->enabled, self->before,
						     sizeof(self->before)))
		SKIP(return, "no folios of %u KiB: needs CONFIG_TRANSPARENT_HUGEPAGE",
		     kind->order_kb);
	if (kind->backing == HUGETLB && sizeof(long) == 4)
		SKIP(return, "on 32-bit machines hugetlb pages do not move, and borrow nothing");
	if (kind->backing == HUGETLB && access("/sys/kernel/mm/hugepages/hugepages-2048kB", X_OK))
		SKIP(return, "no hugetlb pages of 2 MiB");
	self->size = self->env.largest / 2 / HUGE * HUGE;
	if (kind->backing == ANON)
		ASSERT_EQ(0, cma_write_text(self->enabled, "always"));
	cma_drop_caches();
	cma_write_text("/proc/sys/vm/compact_memory", "1");
	if (kind->backing == TMPFS)
		ASSERT_TRUE(mount_tmpfs(&self->fd, self->size));
	ASSERT_TRUE(cma_hog_begin(&self->env, &self->hog));
}

FIXTURE_TEARDOWN(folios)
{
	if (self->fd >= 0) {
		close(self->fd);
		umount("/tmp/huge");
	}
	if (variant->kind.backing == ANON)
		cma_write_text(self->enabled, self->before);
	EXPECT_TRUE(cma_env_close(&self->env));
}

/* Memory of that kind, whose begin and size are whole huge pages */
static char *map_folios(enum backing backing, int fd, size_t size)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS;
	size_t before;
	char *addr;

	if (backing == HUGETLB)
		return mmap(NULL, size, PROT_READ | PROT_WRITE, flags | MAP_HUGETLB, -1, 0);
	if (backing == TMPFS)
		flags = MAP_SHARED;
	/* Room to find an aligned begin in */
	addr = mmap(NULL, size + HUGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (addr == MAP_FAILED)
		return addr;
	before = HUGE - (uintptr_t)addr % HUGE;
	munmap(addr, before);
	addr += before;
	if (before < HUGE)
		munmap(addr + size, HUGE - before);
	return mmap(addr, size, PROT_READ | PROT_WRITE, flags | MAP_FIXED, fd, 0);
}

/* Memory of that kind with a pattern, much of it in the area */
static char *lend_folios(struct cma_env *env, struct cma_hog *hog, enum backing backing,
			 int fd, size_t size)
{
	char *addr = MAP_FAILED;

	if (cma_hog_take(env, hog) &&
	    (backing != HUGETLB || cma_set_hugetlb_pages(HUGE / 1024, size / HUGE)))
		addr = map_folios(backing, fd, size);
	if (addr != MAP_FAILED)
		cma_fill(addr, size, SEED);
	cma_hog_release(hog);
	return addr;
}

static bool give_up_folios(enum backing backing, int fd, char *addr, size_t size)
{
	munmap(addr, size);
	if (backing == TMPFS)
		return !ftruncate(fd, 0);
	return backing != HUGETLB || cma_set_hugetlb_pages(HUGE / 1024, 0);
}

CMA_TEST(folios, move_out_and_their_data_survives)
{
	enum backing backing = variant->kind.backing;
	unsigned long large, after, free_before, free_after;
	struct test_cma_alloc req;
	char *addr;

	/* The area is the hog's still. */
	free_before = cma_free_pages() + self->env.largest / PAGE;
	addr = lend_folios(&self->env, &self->hog, backing, self->fd, self->size);
	ASSERT_TRUE(addr != MAP_FAILED);
	large = cma_count_flagged(&self->env.area, COMPOUND);
	EXPECT_GE(large, self->size / PAGE / 8);

	ASSERT_EQ(0, cma_alloc_dma(&self->env, self->env.largest, 0, &req));
	EXPECT_TRUE(cma_check(addr, self->size, SEED));
	EXPECT_EQ(0, cma_check_object(&self->env, req.id, 0));
	EXPECT_EQ(0, cma_free(&self->env, req.id));
	EXPECT_TRUE(cma_check(addr, self->size, SEED));
	EXPECT_TRUE(give_up_folios(backing, self->fd, addr, self->size));
	cma_drop_caches();
	free_after = cma_free_pages();
	after = cma_count_flagged(&self->env.area, COMPOUND);
	TH_LOG("%lu pages of large folios in the area, %lu then; %lu pages free, %lu then",
	       large, after, free_before, free_after);
	EXPECT_GE(free_after + self->size / PAGE / 4, free_before);
}

/**
 * struct counters - what the area's counters say
 * @captured: pages handed out that had been free
 * @evacuated: pages moved or dropped for others
 */
struct counters {
	unsigned long long captured;
	unsigned long long evacuated;
};

static struct counters read_counters(const struct cma_area *area)
{
	return (struct counters){
		.captured = cma_area_sysfs(area, "pages_captured"),
		.evacuated = cma_area_sysfs(area, "pages_migrated") +
			     cma_area_sysfs(area, "pages_dropped"),
	};
}

/* Buffers begin and end in the middle of folios: more is moved than is handed out. */
CMA_TEST(folios, that_reach_out_of_a_buffer_move_as_a_whole)
{
	static const size_t sizes[] = { MB, 5 * PAGE, 3 * MB, MB + 3 * PAGE };
	size_t left = self->env.largest, size, i;
	enum backing backing = variant->kind.backing;
	struct counters before, after;
	struct test_cma_alloc req;
	char *addr;

	addr = lend_folios(&self->env, &self->hog, backing, self->fd, self->size);
	ASSERT_TRUE(addr != MAP_FAILED);
	for (i = 0; left >= 4 * MB; i++) {
		size = sizes[i % ARRAY_LEN(sizes)];
		before = read_counters(&self->env.area);
		ASSERT_EQ(0, cma_alloc_dma(&self->env, size, 0, &req));
		after = read_counters(&self->env.area);
		EXPECT_GE(size / PAGE, after.captured - before.captured);
		EXPECT_LE(size / PAGE, after.captured - before.captured +
				       after.evacuated - before.evacuated);
		EXPECT_EQ(0, cma_check_object(&self->env, req.id, 0));
		EXPECT_EQ(0, cma_fill_object(&self->env, req.id, i));
		left -= (size + MB - 1) / MB * MB;
	}
	EXPECT_TRUE(cma_check(addr, self->size, SEED));
	/* The teardown closes the driver, which gives all of them back. */
	EXPECT_TRUE(give_up_folios(backing, self->fd, addr, self->size));
}

/**
 * struct worker - somebody who uses large folios and gives them up, all the time
 * @thread: it
 * @size: how much
 * @stop: it shall end
 * @rounds: how often it did
 * @wrong: it found something else than it had left
 */
struct worker {
	pthread_t thread;
	size_t size;
	bool stop;
	unsigned long rounds;
	bool wrong;
};

static void *work(void *data)
{
	struct worker *worker = data;
	char *addr;

	while (!__atomic_load_n(&worker->stop, __ATOMIC_RELAXED)) {
		addr = map_folios(ANON, -1, worker->size);
		if (addr == MAP_FAILED)
			break;
		madvise(addr, worker->size, MADV_POPULATE_WRITE);
		cma_fill(addr, PAGE, ++worker->rounds);
		worker->wrong |= !cma_check(addr, PAGE, worker->rounds);
		munmap(addr, worker->size);
	}
	return NULL;
}

/*
 * A page that is lost while it is given up is in the way of the last request.  The
 * others are for the whole area as well, or what is free would do for them.
 */
CMA_TEST(folios, given_up_while_the_area_is_taken_are_all_free_afterwards)
{
	struct worker workers[WORKERS] = { };
	struct test_cma_alloc req;
	long long until;
	int i, had = 0;

	if (variant->kind.backing != ANON)
		SKIP(return, "what comes and goes is anonymous");
	ASSERT_TRUE(cma_hog_take(&self->env, &self->hog));
	for (i = 0; i < WORKERS; i++) {
		workers[i].size = HUGE;
		ASSERT_EQ(0, pthread_create(&workers[i].thread, NULL, work, &workers[i]));
	}
	until = cma_now_us() + WORK_US;
	while (cma_now_us() < until || (!had && cma_now_us() < until + PATIENCE_US)) {
		if (cma_alloc_dma(&self->env, self->env.largest, TEST_CMA_NOWARN, &req))
			continue;
		had++;
		EXPECT_EQ(0, cma_free(&self->env, req.id));
	}
	for (i = 0; i < WORKERS; i++) {
		__atomic_store_n(&workers[i].stop, true, __ATOMIC_RELAXED);
		pthread_join(workers[i].thread, NULL);
		EXPECT_FALSE(workers[i].wrong);
		EXPECT_LT(0UL, workers[i].rounds);
	}
	cma_hog_release(&self->hog);
	EXPECT_LT(0, had);
	ASSERT_EQ(0, cma_alloc_dma(&self->env, self->env.largest, 0, &req));
	EXPECT_EQ(0, cma_free(&self->env, req.id));
}

/* Is a page in the area remembered for having been in the way, as one that cannot move? */
static bool remembers_unmovable(const struct cma_area *area)
{
	const unsigned long step = MB / PAGE;
	unsigned long pfn = area->base_pfn;

	while (pfn < area->base_pfn + area->pages && !cma_remembers(area, pfn, "unmovable"))
		pfn += step;
	return pfn < area->base_pfn + area->pages;
}

/* Some windows that could be taken are given up, and not the request at the first. */
static void ask_beside_hugetlb(struct __test_metadata *_metadata, struct cma_env *env)
{
	unsigned long long given_up = cma_area_sysfs(&env->area, "alloc_blocked");
	struct test_cma_alloc req;

	EXPECT_EQ(-ENOMEM, cma_alloc_dma(env, env->largest / 2, TEST_CMA_NOWARN, &req));
	EXPECT_LE(2ULL, cma_area_sysfs(&env->area, "alloc_blocked") - given_up);
	EXPECT_TRUE(remembers_unmovable(&env->area));
}

/* First while they wait in their pool for somebody to use them, then in use. */
CMA_TEST(folios, of_hugetlb_are_in_the_way_if_no_other_can_be_had)
{
	struct test_cma_alloc req;
	unsigned int count;
	char *addr;

	if (variant->kind.backing != HUGETLB)
		SKIP(return, "others can be split");
	ASSERT_TRUE(cma_hog_take(&self->env, &self->hog));
	/* More than there is memory for */
	count = cma_ask_hugetlb_pages(HUGE / 1024, 10000);
	ASSERT_LE(self->env.largest / 2 / HUGE, count);
	ask_beside_hugetlb(_metadata, &self->env);

	addr = map_folios(HUGETLB, -1, count * HUGE);
	ASSERT_TRUE(addr != MAP_FAILED);
	memset(addr, SEED, count * HUGE);
	ask_beside_hugetlb(_metadata, &self->env);

	EXPECT_TRUE(give_up_folios(HUGETLB, -1, addr, count * HUGE));
	ASSERT_EQ(0, cma_alloc_dma(&self->env, self->env.largest, 0, &req));
	EXPECT_EQ(0, cma_free(&self->env, req.id));
	cma_hog_release(&self->hog);
}

TEST_HARNESS_MAIN
