// SPDX-License-Identifier: GPL-2.0
/*
 * Requests that cannot be met fail, say so, and leave everything as it was:
 * the data that stood in their way, the counts, and the next request's chances.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "cma_util.h"

#define MAX_BUFFERS	4096

FIXTURE(exhaust)
{
	struct cma_env env;
};

FIXTURE_SETUP(exhaust)
{
	if (!cma_env_open(&self->env))
		SKIP(return, "%s", self->env.why_not);
	cma_drop_caches();
}

FIXTURE_TEARDOWN(exhaust)
{
	struct test_cma_alloc req;

	EXPECT_EQ(0, cma_alloc_dma(&self->env, self->env.largest, 0, &req))
		TH_LOG("the area cannot be had as it could before");
	EXPECT_TRUE(cma_env_close(&self->env));
}

static size_t area_size(const struct cma_env *env)
{
	return env->area.pages * PAGE;
}

CMA_TEST(exhaust, a_request_larger_than_the_area_fails)
{
	struct test_cma_alloc req;

	EXPECT_EQ(-ENOMEM, cma_alloc_dma(&self->env, area_size(&self->env) + PAGE,
					 TEST_CMA_NOWARN, &req));
}

CMA_TEST(exhaust, a_request_larger_than_the_area_counts_as_failed)
{
	struct cma_area *area = &self->env.area;
	unsigned long long failed = cma_area_sysfs(area, "alloc_pages_fail");
	struct test_cma_alloc req;
	size_t size = area_size(&self->env) + PAGE;

	if (!self->env.ours)
		SKIP(return, "the stock kernel does not count it");
	ASSERT_NE(CMA_NO_VALUE, failed);
	EXPECT_EQ(-ENOMEM, cma_alloc_dma(&self->env, size, TEST_CMA_NOWARN, &req));
	EXPECT_EQ(failed + size / PAGE, cma_area_sysfs(area, "alloc_pages_fail"));
}

CMA_TEST(exhaust, a_request_larger_than_memory_fails)
{
	struct test_cma_alloc req;

	EXPECT_EQ(-ENOMEM, cma_alloc_dma(&self->env, 3UL << 30, TEST_CMA_NOWARN, &req));
	EXPECT_EQ(-ENOMEM, cma_alloc_dma(&self->env, UINT32_MAX - 2 * PAGE,
					 TEST_CMA_NOWARN, &req));
}

CMA_TEST(exhaust, a_request_for_the_whole_area_fails_while_a_part_is_taken)
{
	struct test_cma_alloc part, all;

	ASSERT_EQ(0, cma_alloc_dma(&self->env, PAGE, 0, &part));
	EXPECT_EQ(-ENOMEM, cma_alloc_dma(&self->env, area_size(&self->env),
					 TEST_CMA_NOWARN, &all));
	EXPECT_EQ(0, cma_free(&self->env, part.id));
}

CMA_TEST(exhaust, buffers_fill_the_area_without_overlap_until_one_fails)
{
	static struct test_cma_alloc req[MAX_BUFFERS];
	static bool owned[MAX_BUFFERS];
	const size_t piece = MB;
	unsigned long slot;
	int count = 0, ret, i;

	while (!(ret = cma_alloc_dma(&self->env, piece, TEST_CMA_NOWARN, &req[count]))) {
		ASSERT_TRUE(cma_object_in_area(&self->env.area, &req[count]));
		slot = (req[count].phys / PAGE - self->env.area.base_pfn) / (piece / PAGE);
		ASSERT_LT(slot, MAX_BUFFERS);
		EXPECT_FALSE(owned[slot]);
		owned[slot] = true;
		ASSERT_EQ(0, cma_fill_object(&self->env, req[count].id, count + 1));
		ASSERT_LT(++count, MAX_BUFFERS);
	}
	EXPECT_EQ(-ENOMEM, ret);
	EXPECT_GE(count, self->env.largest / piece);
	for (i = 0; i < count; i++) {
		EXPECT_EQ(0, cma_check_object(&self->env, req[i].id, i + 1));
		EXPECT_EQ(0, cma_free(&self->env, req[i].id));
	}
}

CMA_TEST(exhaust, a_request_between_taken_megabytes_fails_when_larger_than_the_gaps)
{
	static struct test_cma_alloc req[MAX_BUFFERS];
	struct test_cma_alloc big;
	int count = 0, i;

	while (!cma_alloc_dma(&self->env, MB, TEST_CMA_NOWARN, &req[count]))
		ASSERT_LT(++count, MAX_BUFFERS);
	/* Whatever the order in which they were placed: every other slot goes. */
	for (i = 0; i < count; i++)
		if (req[i].phys / MB % 2)
			EXPECT_EQ(0, cma_free(&self->env, req[i].id));
	EXPECT_EQ(-ENOMEM, cma_alloc_dma(&self->env, 2 * MB, TEST_CMA_NOWARN, &big));
	EXPECT_EQ(0, cma_alloc_dma(&self->env, MB, TEST_CMA_NOWARN, &big));
	EXPECT_EQ(0, cma_free(&self->env, big.id));
	for (i = 0; i < count; i++)
		if (req[i].phys / MB % 2 == 0)
			EXPECT_EQ(0, cma_free(&self->env, req[i].id));
}

CMA_TEST(exhaust, pages_held_by_a_driver_make_a_large_request_fail_and_stay_intact)
{
	struct test_cma_alloc req;
	struct cma_lent lent;

	ASSERT_TRUE(cma_lend(&self->env, &lent));
	ASSERT_TRUE(cma_hold_pages(&self->env, &lent));
	EXPECT_EQ(-ENOMEM, cma_alloc_dma(&self->env, self->env.largest, TEST_CMA_NOWARN,
					 &req));
	EXPECT_EQ(self->env.used, cma_area_debugfs(&self->env.area, "used"));
	EXPECT_TRUE(cma_check(lent.addr, lent.size, CMA_LENT_SEED));

	cma_let_go(&self->env, &lent);
	EXPECT_EQ(0, cma_alloc_dma(&self->env, self->env.largest, 0, &req));
	EXPECT_TRUE(cma_check(lent.addr, lent.size, CMA_LENT_SEED));
	EXPECT_EQ(0, cma_free(&self->env, req.id));
}

CMA_TEST(exhaust, small_requests_find_room_between_held_pages)
{
	struct test_cma_alloc req;
	struct cma_lent lent;
	int i;

	ASSERT_TRUE(cma_lend(&self->env, &lent));
	ASSERT_TRUE(cma_hold_pages(&self->env, &lent));
	for (i = 0; i < 8; i++) {
		ASSERT_EQ(0, cma_alloc_dma(&self->env, 64 * 1024, 0, &req));
		EXPECT_TRUE(cma_object_in_area(&self->env.area, &req));
	}
	EXPECT_TRUE(cma_check(lent.addr, lent.size, CMA_LENT_SEED));
	cma_let_go(&self->env, &lent);
	/* The teardown asks for all of the area at once. */
	close(self->env.fd);
	self->env.fd = open(TEST_CMA_DEVICE, O_RDWR);
}

CMA_TEST(exhaust, an_atomic_request_beyond_the_pool_fails)
{
	struct test_cma_alloc req;

	EXPECT_EQ(-ENOMEM, cma_alloc_dma(&self->env, 8 * MB,
					 TEST_CMA_ATOMIC | TEST_CMA_NOWARN, &req));
	EXPECT_EQ(self->env.used, cma_area_debugfs(&self->env.area, "used"));
}

#define PIECE		(16 * PAGE)
#define WATERMARK_SCALE	"/proc/sys/vm/watermark_scale_factor"
#define WATERMARK_BOOST	"/proc/sys/vm/watermark_boost_factor"
#define IN_CACHE	(12 * MB)

/* Memory that nobody could reclaim */
struct pieces {
	struct test_cma_alloc req[2048];
	size_t nr;
};

FIXTURE(exhaust_without_kswapd)
{
	struct cma_env env;
	struct cma_hog hog;
	struct pieces pieces;
	unsigned long long scale, boost;
	char path[64];
	int fd;
	char *file;
	char *addr;
	size_t size;
};

static int set_watermarks(unsigned long long scale, unsigned long long boost)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", boost);
	if (cma_write_text(WATERMARK_BOOST, text))
		return -1;
	snprintf(text, sizeof(text), "%llu", scale);
	return cma_write_text(WATERMARK_SCALE, text);
}

static bool take_piece(struct cma_env *env, struct pieces *pieces)
{
	struct test_cma_alloc *req = &pieces->req[pieces->nr];

	*req = (struct test_cma_alloc){
		.kind = TEST_CMA_BUDDY, .size = PIECE,
		.flags = TEST_CMA_NORETRY | TEST_CMA_NOWARN,
	};
	if (pieces->nr == ARRAY_LEN(pieces->req) || cma_alloc(env, req))
		return false;
	pieces->nr++;
	return true;
}

static int give_back_piece(struct cma_env *env, struct pieces *pieces)
{
	return cma_free(env, pieces->req[--pieces->nr].id);
}

/*
 * Somewhat below what kswapd aims at it finds nothing to reclaim, again and again.
 * It is woken by who takes memory there, not by who got there.
 */
static bool await_kswapd_gives_up(struct cma_env *env, struct pieces *pieces)
{
	struct cma_zone zone;
	bool there, taken;
	int looks;

	for (looks = 0; looks < 10000 && !cma_kswapd_gave_up(); looks++) {
		if (!cma_zone_of(env->area.base_pfn, &zone))
			return false;
		there = zone.free - zone.free_cma < zone.low;
		taken = take_piece(env, pieces);
		if (taken && there && give_back_piece(env, pieces))
			return false;
		if (!taken || there)
			usleep(1000);
	}
	if (cma_kswapd_gave_up())
		return true;
	ksft_print_msg("kswapd goes on: %lu pages free outside of areas, low %lu, high %lu\n",
		       zone.free - zone.free_cma, zone.low, zone.high);
	return false;
}

/* An area is lent as long as more is free in it than outside. */
static bool lend_all(const struct cma_area *area, char *addr, size_t size)
{
	struct cma_zone zone;
	size_t done;

	for (done = 0; done < size; done += PIECE) {
		if (!cma_zone_of(area->base_pfn, &zone))
			return false;
		if (zone.free_cma <= zone.free - zone.free_cma)
			return true;
		if (madvise(addr + done, PIECE, MADV_POPULATE_WRITE))
			return false;
	}
	return false;
}

/* The area is lent to this process. Of the rest, which is in use, a file could go. */
FIXTURE_SETUP(exhaust_without_kswapd)
{
	unsigned long long high = cma_meminfo("HighTotal");
	const char *dir;

	if (!cma_env_open(&self->env))
		SKIP(return, "%s", self->env.why_not);
	if (high && high != CMA_NO_VALUE)
		SKIP(return, "kswapd is content if one of several zones has enough");
	cma_drop_caches();
	ASSERT_TRUE(cma_hog_begin(&self->env, &self->hog));
	dir = cma_disk_mount();
	if (!dir)
		SKIP(return, "no ext4 file system on /dev/vda");
	snprintf(self->path, sizeof(self->path), "%s/exhaust", dir);
	self->fd = open(self->path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	ASSERT_GE(self->fd, 0);
	ASSERT_TRUE(cma_write_cold_file(self->fd, IN_CACHE, CMA_LENT_SEED));
	self->file = mmap(NULL, IN_CACHE, PROT_READ, MAP_SHARED, self->fd, 0);
	ASSERT_TRUE(self->file != MAP_FAILED);
	ASSERT_EQ(0, mlock(self->file, IN_CACHE));
	/* Far apart, and where they are */
	self->scale = cma_read_value(WATERMARK_SCALE);
	self->boost = cma_read_value(WATERMARK_BOOST);
	ASSERT_EQ(0, set_watermarks(300, 0));
	ASSERT_TRUE(cma_hog_take(&self->env, &self->hog));
	self->size = self->env.largest * 2;
	self->addr = mmap(NULL, self->size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(self->addr != MAP_FAILED);
	cma_fill(self->addr, self->env.largest, CMA_LENT_SEED);
	ASSERT_TRUE(await_kswapd_gives_up(&self->env, &self->pieces));
	ASSERT_TRUE(lend_all(&self->env.area, self->addr + self->env.largest,
			     self->size - self->env.largest));
	/* It can be reclaimed now, but kswapd sleeps. */
	ASSERT_EQ(0, munlock(self->file, IN_CACHE));
	ASSERT_EQ(0, munmap(self->file, IN_CACHE));
}

FIXTURE_TEARDOWN(exhaust_without_kswapd)
{
	EXPECT_EQ(0, set_watermarks(self->scale, self->boost));
	while (self->pieces.nr)
		EXPECT_EQ(0, give_back_piece(&self->env, &self->pieces));
	munmap(self->addr, self->size);
	cma_hog_release(&self->hog);
	close(self->fd);
	unlink(self->path);
	cma_disk_unmount();
	EXPECT_TRUE(cma_env_close(&self->env));
}

CMA_TEST(exhaust_without_kswapd, a_request_reclaims)
{
	struct test_cma_alloc req;

	if (!cma_kswapd_gave_up())
		SKIP(return, "somebody else has reclaimed already");
	/* More than there is room for */
	EXPECT_EQ(0, cma_alloc_dma(&self->env, cma_free_pages() * PAGE + MB, 0, &req));
	EXPECT_EQ(0, cma_free(&self->env, req.id));
	EXPECT_TRUE(cma_check(self->addr, self->env.largest, CMA_LENT_SEED));
}

TEST_HARNESS_MAIN
