// SPDX-License-Identifier: GPL-2.0
/*
 * Who holds user memory: for long, or nobody knows how long, then it has to leave
 * the area first; for a moment, then the area waits, and nobody loses data.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "cma_util.h"

#define SEED	4

FIXTURE(hold)
{
	struct cma_env env;
	char *addr;
	size_t size;
};

/*
 * On the CPU that it is on.  What this process touches last is in that CPU's batch of
 * LRU pages then, which who holds it empties; that of another CPU is left alone.
 */
static bool stay_here(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(sched_getcpu(), &set);
	return !sched_setaffinity(0, sizeof(set), &set);
}

/*
 * Anonymous memory that lives in the area, with room to move to.  Of what is lent, the
 * first may come from per-CPU lists, which hold thousands of pages, and the last from
 * elsewhere when the area has no more left: it is what is between.
 */
FIXTURE_SETUP(hold)
{
	struct cma_lent lent;
	size_t before;

	if (!cma_env_open(&self->env))
		SKIP(return, "%s", self->env.why_not);
	cma_drop_caches();
	ASSERT_TRUE(stay_here());
	ASSERT_TRUE(cma_lend(&self->env, &lent));
	self->size = 16 * MB;
	ASSERT_GT(lent.size, self->size);
	before = (lent.size - self->size) / 2 / MB * MB;
	self->addr = lent.addr + before;
	ASSERT_EQ(0, munmap(lent.addr, before));
	ASSERT_EQ(0, munmap(self->addr + self->size, lent.size - before - self->size));
	cma_fill(self->addr, self->size, SEED);
	ASSERT_GT(cma_pages_in_area(&self->env.area, self->addr, self->size),
		  self->size / PAGE / 2);
}

FIXTURE_TEARDOWN(hold)
{
	struct test_cma_alloc req;

	munmap(self->addr, self->size);
	EXPECT_EQ(0, cma_alloc_dma(&self->env, self->env.largest, 0, &req));
	EXPECT_TRUE(cma_env_close(&self->env));
}

CMA_TEST(hold, for_long_moves_the_pages_out_of_the_area_first)
{
	struct test_cma_alloc pinned;

	ASSERT_EQ(0, cma_hold(&self->env, TEST_CMA_PIN, self->addr, self->size,
			      TEST_CMA_LONGTERM, &pinned));
	EXPECT_EQ(0UL, cma_pages_in_area(&self->env.area, self->addr, self->size));
	EXPECT_TRUE(cma_check(self->addr, self->size, SEED));
	EXPECT_EQ(0, cma_check_object(&self->env, pinned.id, SEED));
	EXPECT_EQ(0, cma_free(&self->env, pinned.id));
}

CMA_TEST(hold, for_long_does_not_stand_in_the_way_of_the_area)
{
	struct test_cma_alloc pinned, all;

	ASSERT_EQ(0, cma_hold(&self->env, TEST_CMA_PIN, self->addr, self->size,
			      TEST_CMA_LONGTERM, &pinned));
	EXPECT_EQ(0, cma_alloc_dma(&self->env, self->env.largest, 0, &all));
	EXPECT_EQ(0, cma_check_object(&self->env, pinned.id, SEED));
	EXPECT_EQ(0, cma_free(&self->env, all.id));
	EXPECT_EQ(0, cma_free(&self->env, pinned.id));
}

CMA_TEST(hold, for_a_moment_leaves_the_pages_where_they_are)
{
	unsigned long before, pfn = cma_pfn_of(self->addr);
	struct test_cma_alloc pinned, all;

	before = cma_pages_in_area(&self->env.area, self->addr, self->size);
	ASSERT_EQ(0, cma_hold(&self->env, TEST_CMA_PIN, self->addr, self->size,
			      0, &pinned));
	EXPECT_EQ(before, cma_pages_in_area(&self->env.area, self->addr, self->size));

	/* They cannot be moved now: the request fails, and they stay. */
	EXPECT_EQ(-ENOMEM, cma_alloc_dma(&self->env, self->env.largest, TEST_CMA_NOWARN,
					 &all));
	EXPECT_EQ(pfn, cma_pfn_of(self->addr));
	EXPECT_EQ(0, cma_check_object(&self->env, pinned.id, SEED));
	EXPECT_TRUE(cma_check(self->addr, self->size, SEED));

	/* They can, now. */
	EXPECT_EQ(0, cma_free(&self->env, pinned.id));
	EXPECT_EQ(0, cma_alloc_dma(&self->env, self->env.largest, 0, &all));
	EXPECT_TRUE(cma_check(self->addr, self->size, SEED));
	EXPECT_EQ(0, cma_free(&self->env, all.id));
}

CMA_TEST(hold, for_a_moment_sends_requests_to_other_places)
{
	struct test_cma_alloc pinned, req;
	int i;

	ASSERT_EQ(0, cma_hold(&self->env, TEST_CMA_PIN, self->addr, self->size,
			      0, &pinned));
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, cma_alloc_dma(&self->env, 2 * MB, 0, &req));
		EXPECT_TRUE(cma_object_in_area(&self->env.area, &req));
		EXPECT_EQ(0, cma_fill_object(&self->env, req.id, SEED + 1));
	}
	EXPECT_EQ(0, cma_check_object(&self->env, pinned.id, SEED));

	/* The teardown asks for all of the area. */
	EXPECT_EQ(0, cma_free(&self->env, pinned.id));
	while (req.id > pinned.id)
		EXPECT_EQ(0, cma_free(&self->env, req.id--));
}

/* What a pipe took of memory with a pattern, and when it gives it back is unknown */
struct spliced {
	int pipe[2];
	size_t room;
	size_t size;
};

static bool pipe_open(struct spliced *spliced)
{
	int room;

	spliced->size = 0;
	if (pipe(spliced->pipe))
		return false;
	room = fcntl(spliced->pipe[1], F_SETPIPE_SZ, MB);
	spliced->room = room < 0 ? 16 * PAGE : (size_t)room;
	return true;
}

/* As much as a pipe takes at once: less than @size, or a negative errno */
static ssize_t splice_in(struct spliced *spliced, char *addr, size_t size)
{
	struct iovec iov = {
		.iov_base = addr,
		.iov_len = size < spliced->room ? size : spliced->room,
	};
	ssize_t got = vmsplice(spliced->pipe[1], &iov, 1, SPLICE_F_NONBLOCK);

	if (got < 0)
		return -errno;
	spliced->size = got;
	return got;
}

/* Is what comes out there what is in memory? */
static bool comes_out(int fd, const char *addr, size_t size)
{
	static char block[PAGE];
	size_t done = 0;
	ssize_t got;

	while (done < size) {
		got = read(fd, block, size - done < PAGE ? size - done : PAGE);
		if (got <= 0 || memcmp(block, addr + done, got))
			return false;
		done += got;
	}
	return true;
}

static bool splice_out(struct spliced *spliced, const char *addr)
{
	bool same;

	close(spliced->pipe[1]);
	same = comes_out(spliced->pipe[0], addr, spliced->size);
	close(spliced->pipe[0]);
	return same;
}

CMA_TEST(hold, in_a_pipe_moves_the_pages_out_of_the_area_first)
{
	struct spliced spliced;
	size_t before;
	ssize_t got;

	if (!self->env.ours)
		SKIP(return, "the stock kernel leaves them where they are");
	ASSERT_TRUE(pipe_open(&spliced));
	got = splice_in(&spliced, self->addr, self->size);
	ASSERT_GT(got, 0);
	before = cma_pages_in_area(&self->env.area, self->addr + got, self->size - got);
	EXPECT_GT(before, (self->size - got) / PAGE / 2);
	/* Reclaim may have had a few of them in its hands. */
	EXPECT_GT(got / PAGE / 8, cma_pages_in_area(&self->env.area, self->addr, got));
	EXPECT_TRUE(cma_check(self->addr, self->size, SEED));
	EXPECT_TRUE(splice_out(&spliced, self->addr));
}

/* The first part of memory of which requests for all of the area meet a page */
static char *part_in_the_way(const struct cma_env *env, char *addr, size_t size)
{
	char *part;

	for (part = addr; part < addr + size; part += MB)
		if (cma_in_the_way(env, cma_pfn_of(part)))
			return part;
	return NULL;
}

CMA_TEST(hold, in_a_pipe_does_not_stand_in_the_way_of_the_area)
{
	char *part = part_in_the_way(&self->env, self->addr, self->size);
	struct spliced spliced;
	struct test_cma_alloc all;

	if (!self->env.ours)
		SKIP(return, "the stock kernel leaves them where they are");
	ASSERT_TRUE(!!part);
	ASSERT_TRUE(pipe_open(&spliced));
	ASSERT_GT(splice_in(&spliced, part, MB), 0);
	EXPECT_EQ(0, cma_alloc_dma(&self->env, self->env.largest, 0, &all));
	EXPECT_EQ(0, cma_fill_object(&self->env, all.id, SEED + 1));
	EXPECT_TRUE(cma_check(self->addr, self->size, SEED));
	EXPECT_TRUE(splice_out(&spliced, part));
	EXPECT_EQ(0, cma_check_object(&self->env, all.id, SEED + 1));
	EXPECT_EQ(0, cma_free(&self->env, all.id));
}

/*
 * Two ends of a connection.  Nobody reads from theirs, so that only a little gets
 * there (and is copied, as the loopback device does) and the rest waits in ours.
 */
struct connection {
	int ours;
	int theirs;
};

static bool connection_open(struct connection *connection)
{
	const int listener = socket(AF_INET, SOCK_STREAM, 0), room = 4 * MB, on = 1;
	struct ifreq loopback = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	struct sockaddr_in name = { .sin_family = AF_INET };
	struct sockaddr *addr = (struct sockaddr *)&name;
	socklen_t len = sizeof(name);

	name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	connection->theirs = -1;
	connection->ours = socket(AF_INET, SOCK_STREAM, 0);
	if (!ioctl(listener, SIOCSIFFLAGS, &loopback) && !bind(listener, addr, len) &&
	    !listen(listener, 1) && !getsockname(listener, addr, &len) &&
	    !setsockopt(connection->ours, SOL_SOCKET, SO_ZEROCOPY, &on, sizeof(on)) &&
	    !setsockopt(connection->ours, SOL_SOCKET, SO_SNDBUFFORCE, &room,
			sizeof(room)) &&
	    !connect(connection->ours, addr, len))
		connection->theirs = accept(listener, NULL, NULL);
	close(listener);
	return connection->theirs >= 0;
}

static ssize_t send_in_place(struct connection *connection, char *addr, size_t size)
{
	ssize_t sent = send(connection->ours, addr, size, MSG_ZEROCOPY | MSG_DONTWAIT);

	return sent < 0 ? -errno : sent;
}

static bool receive(struct connection *connection, const char *addr, size_t size)
{
	bool same = comes_out(connection->theirs, addr, size);

	close(connection->theirs);
	close(connection->ours);
	return same;
}

/* How many pages have references beside those of the mapping */
static size_t count_held(struct cma_env *env, const char *addr, size_t size)
{
	unsigned long *pfns = cma_pfns_of(addr, size);
	struct test_cma_frame frame;
	size_t held = 0, i;

	for (i = 0; pfns && i < size / PAGE; i++) {
		frame = (struct test_cma_frame){ .phys = (__u64)pfns[i] * PAGE };
		if (!ioctl(env->fd, TEST_CMA_FRAME, &frame))
			held += frame.refs > frame.known_refs;
	}
	free(pfns);
	return held;
}

CMA_TEST(hold, in_a_send_queue_moves_the_pages_out_of_the_area_first)
{
	char *part = part_in_the_way(&self->env, self->addr, self->size);
	struct connection connection;
	size_t before, after;

	if (!self->env.ours)
		SKIP(return, "the stock kernel leaves them where they are");
	ASSERT_TRUE(!!part);
	ASSERT_TRUE(connection_open(&connection));
	ASSERT_LT(MB / PAGE / 2, cma_pages_in_area(&self->env.area, part, MB));
	before = cma_pages_in_area(&self->env.area, self->addr, self->size);
	ASSERT_EQ((ssize_t)MB, send_in_place(&connection, part, MB));
	EXPECT_LT(MB / PAGE / 4 * 3, count_held(&self->env, part, MB));
	/* Reclaim may have had a few of them in its hands. */
	EXPECT_GT(MB / PAGE / 8, cma_pages_in_area(&self->env.area, part, MB));
	/* What was not sent stays. */
	after = cma_pages_in_area(&self->env.area, self->addr, self->size);
	EXPECT_GE(after, before - MB / PAGE);
	EXPECT_TRUE(cma_check(self->addr, self->size, SEED));
	EXPECT_TRUE(receive(&connection, part, MB));
}

CMA_TEST(hold, in_a_send_queue_does_not_stand_in_the_way_of_the_area)
{
	char *part = part_in_the_way(&self->env, self->addr, self->size);
	struct connection connection;
	struct test_cma_alloc all;

	if (!self->env.ours)
		SKIP(return, "the stock kernel leaves them where they are");
	ASSERT_TRUE(!!part);
	ASSERT_TRUE(connection_open(&connection));
	ASSERT_EQ((ssize_t)MB, send_in_place(&connection, part, MB));
	EXPECT_LT(MB / PAGE / 4 * 3, count_held(&self->env, part, MB));
	EXPECT_EQ(0, cma_alloc_dma(&self->env, self->env.largest, 0, &all));
	EXPECT_EQ(0, cma_fill_object(&self->env, all.id, SEED + 1));
	EXPECT_TRUE(cma_check(self->addr, self->size, SEED));
	EXPECT_TRUE(receive(&connection, part, MB));
	EXPECT_EQ(0, cma_check_object(&self->env, all.id, SEED + 1));
	EXPECT_EQ(0, cma_free(&self->env, all.id));
}

/* The first two megabytes of memory of which nothing is in the area */
static char *part_outside(const struct cma_env *env, char *addr, size_t size)
{
	char *part;

	for (part = addr; part + 2 * MB <= addr + size; part += MB)
		if (!cma_pages_in_area(&env->area, part, 2 * MB))
			return part;
	return NULL;
}

CMA_TEST(hold, outside_of_the_area_moves_nothing)
{
	unsigned long *before, *after;
	struct connection connection;
	struct test_cma_alloc all;
	struct spliced spliced;
	char *part;

	/* What was lent leaves the area, and does not come back by itself. */
	ASSERT_EQ(0, cma_alloc_dma(&self->env, self->env.largest, 0, &all));
	ASSERT_EQ(0, cma_free(&self->env, all.id));
	part = part_outside(&self->env, self->addr, self->size);
	ASSERT_TRUE(!!part);
	ASSERT_TRUE(pipe_open(&spliced));
	ASSERT_TRUE(connection_open(&connection));
	before = cma_pfns_of(part, 2 * MB);
	EXPECT_LT(0, splice_in(&spliced, part, MB));
	EXPECT_EQ((ssize_t)MB, send_in_place(&connection, part + MB, MB));
	after = cma_pfns_of(part, 2 * MB);
	ASSERT_TRUE(before && after);
	EXPECT_EQ(0, memcmp(before, after, 2 * MB / PAGE * sizeof(*after)));
	EXPECT_TRUE(splice_out(&spliced, part));
	EXPECT_TRUE(receive(&connection, part + MB, MB));
	free(before);
	free(after);
}

FIXTURE(hold_without_room)
{
	struct cma_env env;
	struct cma_hog hog;
	struct spliced spliced[32];
	struct test_cma_alloc rest[512];
	size_t nr_rest;
	char *addr;
	size_t size;
};

/* Memory that lives in the area while the kernel has next to none elsewhere */
FIXTURE_SETUP(hold_without_room)
{
	struct test_cma_alloc *rest = self->rest;
	size_t i;

	if (!cma_env_open(&self->env))
		SKIP(return, "%s", self->env.why_not);
	if (!self->env.ours)
		SKIP(return, "the stock kernel leaves them where they are");
	cma_drop_caches();
	self->size = ARRAY_LEN(self->spliced) * MB;
	/* Nothing of what the kernel needs for itself may be missing later. */
	for (i = 0; i < ARRAY_LEN(self->spliced); i++)
		ASSERT_TRUE(pipe_open(&self->spliced[i]));
	ASSERT_TRUE(cma_hog_begin(&self->env, &self->hog));
	ASSERT_TRUE(cma_hog_take(&self->env, &self->hog));
	self->addr = mmap(NULL, self->size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(self->addr != MAP_FAILED);
	cma_fill(self->addr, self->size, SEED);
	for (i = 0; i < ARRAY_LEN(self->rest); i++) {
		rest[i] = (struct test_cma_alloc){
			.kind = TEST_CMA_BUDDY, .size = 64 * PAGE,
			.flags = TEST_CMA_NORETRY | TEST_CMA_NOWARN,
		};
		if (cma_alloc(&self->env, &rest[i]))
			break;
	}
	self->nr_rest = i;
	ASSERT_LT(0UL, self->nr_rest);
	if (self->nr_rest == ARRAY_LEN(self->rest))
		SKIP(return, "there is more memory than this can take");
}

FIXTURE_TEARDOWN(hold_without_room)
{
	cma_hog_release(&self->hog);
	munmap(self->addr, self->size);
	EXPECT_TRUE(cma_env_close(&self->env));
}

/* There is nowhere to move them to.  That is no reason to refuse, or to kill. */
CMA_TEST(hold_without_room, in_a_pipe_leaves_the_pages_where_they_are)
{
	ssize_t got[ARRAY_LEN(self->spliced)];
	size_t i;

	for (i = 0; i < ARRAY_LEN(got); i++)
		got[i] = splice_in(&self->spliced[i], self->addr + i * MB, MB);
	/* What follows needs memory that is not movable, for page tables even. */
	for (i = 0; i < self->nr_rest; i++)
		EXPECT_EQ(0, cma_free(&self->env, self->rest[i].id));
	for (i = 0; i < ARRAY_LEN(got); i++)
		EXPECT_EQ((ssize_t)MB, got[i]);
	EXPECT_LT(0UL, cma_pages_in_area(&self->env.area, self->addr, self->size));
	EXPECT_TRUE(cma_check(self->addr, self->size, SEED));
	for (i = 0; i < ARRAY_LEN(got); i++)
		EXPECT_TRUE(splice_out(&self->spliced[i], self->addr + i * MB));
}

TEST_HARNESS_MAIN
