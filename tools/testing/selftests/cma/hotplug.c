// SPDX-License-Identifier: GPL-2.0
/*
 * Blocks of memory go offline and come back while memory in them is in use, and a
 * block that cannot go stays what it was.
 *
 * Offlining isolates a block's pageblocks for good and moves out what is in them.
 * The kernel promises that only for movable memory; the guest is booted with some
 * (movablecore=).  A kernel without areas can do that, too: what wants none of these,
 * nor the driver, is tested there as well.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/kernel-page-flags.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "cma_util.h"

#define BLOCKS		"/sys/devices/system/memory"
#define SEED		41
#define FILE_SEED	42
#define ROUNDS		4
#define WORKERS		3

/* What a page table covers */
#define TABLE_SPAN	(PAGE / sizeof(void *) * PAGE)

/**
 * struct block - a block of memory as sysfs shows it
 * @index: the number in its name
 * @start_pfn: its first page frame
 * @pages: how many page frames it has
 */
struct block {
	unsigned int index;
	unsigned long start_pfn;
	unsigned long pages;
};

/**
 * struct content - what must survive
 * @size: how much of each
 * @anon: memory of this process
 * @path: a file of the same size
 * @fd: that file
 */
struct content {
	size_t size;
	char *anon;
	char path[64];
	int fd;
};

FIXTURE(hotplug)
{
	struct cma_env env;
	bool driver;
	unsigned long isolated;
	struct block movable;
	struct content content;
	unsigned long long ram;
};

static void block_path(const struct block *block, const char *file, char *path, size_t size)
{
	snprintf(path, size, BLOCKS "/memory%u/%s", block->index, file);
}

static bool block_says(const struct block *block, const char *file, const char *word)
{
	char path[96], text[96];

	block_path(block, file, path, sizeof(path));
	return cma_read_text(path, text, sizeof(text)) > 0 && strstr(text, word);
}

/* 0, or a negative errno */
static int set_state(const struct block *block, const char *state)
{
	char path[96];

	block_path(block, "state", path, sizeof(path));
	return cma_write_text(path, state);
}

static size_t block_pages(void)
{
	char text[32];

	if (cma_read_text(BLOCKS "/block_size_bytes", text, sizeof(text)) <= 0)
		return 0;
	return strtoull(text, NULL, 16) / PAGE;
}

/* The block of a page frame */
static struct block block_of(unsigned long pfn)
{
	unsigned long pages = block_pages();

	return (struct block){ pfn / pages, pfn / pages * pages, pages };
}

static bool is_movable(const struct block *block)
{
	return block_says(block, "state", "online") &&
	       block_says(block, "valid_zones", "Movable");
}

/* Has it no hole?  Firmware keeps some of the last one for itself. */
static bool is_all_ram(const struct block *block)
{
	unsigned long long start = (unsigned long long)block->start_pfn * PAGE, first, last;
	FILE *file = fopen("/proc/iomem", "r");
	char line[128];
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file))
		found = strstr(line, ": System RAM") &&
			sscanf(line, "%llx-%llx", &first, &last) == 2 &&
			first <= start && last >= start + block->pages * PAGE - 1;
	if (file)
		fclose(file);
	return found;
}

/* Others cannot go, whatever is in them. */
static bool in_one_zone(const struct block *block)
{
	return !block_says(block, "valid_zones", "none");
}

static bool in_block(const struct block *block, unsigned long pfn)
{
	return pfn >= block->start_pfn && pfn - block->start_pfn < block->pages;
}

static unsigned long pages_in_block(const struct block *block, const void *addr, size_t size)
{
	unsigned long *pfns = cma_pfns_of(addr, size), found = 0;
	size_t i;

	for (i = 0; pfns && i < size / PAGE; i++)
		found += in_block(block, pfns[i]);
	free(pfns);
	return found;
}

/* A third of what is free as memory, as much in a file, but not for minutes */
static bool make_content(struct content *content)
{
	const char *dir = cma_disk_mount();

	content->size = cma_meminfo("MemFree") * 1024 / 3 / MB * MB;
	if (content->size > 48 * MB)
		content->size = 48 * MB;
	content->anon = mmap(NULL, content->size, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!dir || content->anon == MAP_FAILED)
		return false;
	snprintf(content->path, sizeof(content->path), "%s/hotplug", dir);
	content->fd = open(content->path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (content->fd < 0 || !cma_write_cold_file(content->fd, content->size, FILE_SEED))
		return false;
	cma_fill(content->anon, content->size, SEED);
	return true;
}

/* A block that can go, and in which some of the content is */
static bool find_movable(const struct content *content, struct block *block)
{
	size_t offset;

	for (offset = 0; offset < content->size; offset += MB) {
		*block = block_of(cma_pfn_of(content->anon + offset));
		if (is_movable(block) && is_all_ram(block))
			return true;
	}
	return false;
}

static bool content_is_intact(const struct content *content)
{
	char *file = mmap(NULL, content->size, PROT_READ, MAP_SHARED, content->fd, 0);
	bool intact;

	if (file == MAP_FAILED)
		return false;
	intact = cma_check(content->anon, content->size, SEED) &&
		 cma_check(file, content->size, FILE_SEED);
	munmap(file, content->size);
	return intact;
}

static void end_content(struct content *content)
{
	if (content->anon && content->anon != MAP_FAILED)
		munmap(content->anon, content->size);
	if (content->fd >= 0) {
		close(content->fd);
		unlink(content->path);
	}
	cma_disk_unmount();
}

FIXTURE_SETUP(hotplug)
{
	self->content.fd = -1;
	self->driver = cma_env_open(&self->env);
	self->isolated = cma_count_blocks("Isolate");
	if (geteuid())
		SKIP(return, "needs root");
	if (!block_pages())
		SKIP(return, "memory is not in blocks: needs CONFIG_MEMORY_HOTREMOVE");
	cma_drop_caches();
	ASSERT_TRUE(make_content(&self->content));
	if (!find_movable(&self->content, &self->movable))
		SKIP(return, "memory is not movable: needs movablecore=");
	self->ram = cma_meminfo("MemTotal");
}

FIXTURE_TEARDOWN(hotplug)
{
	if (self->ram) {
		EXPECT_EQ(self->ram, cma_meminfo("MemTotal"));
		EXPECT_TRUE(content_is_intact(&self->content));
	}
	end_content(&self->content);
	EXPECT_EQ(self->isolated, cma_count_blocks("Isolate"));
	if (self->driver)
		EXPECT_TRUE(cma_env_close(&self->env));
}

CMA_TEST(hotplug, moves_what_is_in_a_block_elsewhere)
{
	const struct content *content = &self->content;
	const struct block *block = &self->movable;
	unsigned long before = 0;
	int round;

	for (round = 0; round < ROUNDS; round++) {
		before += pages_in_block(block, content->anon, content->size);
		ASSERT_EQ(0, set_state(block, "offline"));
		EXPECT_TRUE(block_says(block, "state", "offline"));
		EXPECT_EQ(self->ram - block->pages * PAGE / 1024, cma_meminfo("MemTotal"));
		EXPECT_EQ(0UL, pages_in_block(block, content->anon, content->size));
		EXPECT_TRUE(content_is_intact(content));
		ASSERT_EQ(0, set_state(block, "online_movable"));
		EXPECT_EQ(self->ram, cma_meminfo("MemTotal"));
		/* What is free now is where this goes. */
		madvise(content->anon, content->size, MADV_DONTNEED);
		cma_fill(content->anon, content->size, SEED);
	}
	EXPECT_LT(0UL, before);
}

/**
 * struct worker - somebody who uses memory all the time
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
		addr = mmap(NULL, worker->size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (addr == MAP_FAILED)
			break;
		cma_fill(addr, worker->size, ++worker->rounds);
		worker->wrong |= !cma_check(addr, worker->size, worker->rounds);
		munmap(addr, worker->size);
	}
	return NULL;
}

CMA_TEST(hotplug, goes_on_beside_others_who_come_and_go)
{
	struct worker workers[WORKERS] = { };
	int round, i;

	for (i = 0; i < WORKERS; i++) {
		workers[i].size = (4 + i) * MB;
		ASSERT_EQ(0, pthread_create(&workers[i].thread, NULL, work, &workers[i]));
	}
	for (round = 0; round < ROUNDS; round++) {
		EXPECT_EQ(0, set_state(&self->movable, "offline"));
		EXPECT_EQ(0, set_state(&self->movable, "online_movable"));
	}
	for (i = 0; i < WORKERS; i++) {
		__atomic_store_n(&workers[i].stop, true, __ATOMIC_RELAXED);
		pthread_join(workers[i].thread, NULL);
		EXPECT_FALSE(workers[i].wrong);
		EXPECT_LT(0UL, workers[i].rounds);
	}
}

/* Lent pages go back to their area only. */
CMA_TEST(hotplug, leaves_a_block_with_an_area_alone)
{
	struct test_cma_alloc req;
	struct block block;
	int round;

	if (!self->driver)
		SKIP(return, "%s", self->env.why_not);
	block = block_of(self->env.area.base_pfn);
	if (!in_one_zone(&block))
		SKIP(return, "the area's block is in several zones, or has holes");
	for (round = 0; round < ROUNDS; round++) {
		EXPECT_EQ(-EBUSY, set_state(&block, "offline"));
		EXPECT_TRUE(block_says(&block, "state", "online"));
		EXPECT_EQ(self->isolated, cma_count_blocks("Isolate"));
	}
	ASSERT_EQ(0, cma_alloc_dma(&self->env, self->env.largest, 0, &req));
	EXPECT_EQ(-EBUSY, set_state(&block, "offline"));
	EXPECT_EQ(0, cma_free(&self->env, req.id));
}

/* So many page tables: the kernel's own pages, and they stay where they are. */
static char *make_tables(size_t tables)
{
	char *addr = mmap(NULL, tables * TABLE_SPAN, PROT_READ,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	size_t i;

	if (addr == MAP_FAILED)
		return NULL;
	madvise(addr, tables * TABLE_SPAN, MADV_NOHUGEPAGE);
	for (i = 0; i < tables; i++)
		if (madvise(addr + i * TABLE_SPAN, PAGE, MADV_POPULATE_READ))
			return NULL;
	return addr;
}

/* A block that could go if it were not for them: the one with the most */
static bool find_tables(struct block *tables)
{
	unsigned long most = 0, found;
	struct cma_area range;
	struct block block;
	glob_t blocks;
	size_t i;

	if (glob(BLOCKS "/memory[0-9]*", 0, NULL, &blocks))
		return false;
	for (i = 0; i < blocks.gl_pathc; i++) {
		if (sscanf(blocks.gl_pathv[i], BLOCKS "/memory%u", &block.index) != 1)
			continue;
		block = block_of(block.index * block_pages());
		range = (struct cma_area){ .base_pfn = block.start_pfn, .pages = block.pages };
		found = cma_count_flagged(&range, 1ULL << KPF_PGTABLE);
		if (found > most && in_one_zone(&block) && is_all_ram(&block)) {
			most = found;
			*tables = block;
		}
	}
	globfree(&blocks);
	return most > 0;
}

CMA_TEST(hotplug, leaves_a_block_with_pages_of_the_kernel_alone)
{
	/* More than there is room for in the first block, which has holes */
	const size_t tables = block_pages() / 4 * 5;
	struct block block;
	char *addr;
	int round;

	addr = make_tables(tables);
	ASSERT_NE(NULL, addr);
	ASSERT_TRUE(find_tables(&block));
	for (round = 0; round < ROUNDS; round++) {
		EXPECT_EQ(-EBUSY, set_state(&block, "offline"));
		EXPECT_TRUE(block_says(&block, "state", "online"));
		EXPECT_EQ(self->isolated, cma_count_blocks("Isolate"));
	}
	munmap(addr, tables * TABLE_SPAN);
}

static void interrupt(int signal)
{
}

/* It tries until it is interrupted, and begins anew when the page is let go. */
CMA_TEST(hotplug, waits_for_a_pinned_page_until_a_signal_comes)
{
	/* Once more each second: the first may come before it has begun to try. */
	const struct itimerval soon = {
		.it_value = { .tv_sec = 3 }, .it_interval = { .tv_sec = 1 },
	};
	const struct itimerval never = { };
	const struct sigaction act = { .sa_handler = interrupt };
	const struct content *content = &self->content;
	struct test_cma_alloc pin;
	size_t offset = 0;

	if (!self->driver)
		SKIP(return, "%s", self->env.why_not);
	while (offset < content->size &&
	       !in_block(&self->movable, cma_pfn_of(content->anon + offset)))
		offset += PAGE;
	ASSERT_LT(offset, content->size);
	ASSERT_EQ(0, cma_hold(&self->env, TEST_CMA_PIN, content->anon + offset, PAGE, 0, &pin));
	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
	EXPECT_EQ(-EINTR, set_state(&self->movable, "offline"));
	setitimer(ITIMER_REAL, &never, NULL);
	EXPECT_TRUE(block_says(&self->movable, "state", "online"));
	EXPECT_EQ(self->isolated, cma_count_blocks("Isolate"));
	EXPECT_EQ(0, cma_free(&self->env, pin.id));
	EXPECT_EQ(0, set_state(&self->movable, "offline"));
	EXPECT_EQ(0, set_state(&self->movable, "online_movable"));
}

TEST_HARNESS_MAIN
