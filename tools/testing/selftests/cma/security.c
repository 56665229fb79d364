// SPDX-License-Identifier: GPL-2.0
/*
 * What a user without privileges can learn from areas, and do to them: no control is
 * theirs, buffers hold nothing of what was in their memory before, and who holds on
 * to memory as hard as he may keeps nobody from a buffer, beyond what
 * Documentation/admin-guide/mm/cma.rst says.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <linux/dma-heap.h>
#include <pthread.h>
#include <regex.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "cma_util.h"

#define NOBODY		65534
#define DEBUGFS		"/sys/kernel/debug"
#define TRIES		16
#define HELD_BY_THEN_US	(60 * 1000000LL)
#define PIPE_SOFT	"/proc/sys/fs/pipe-user-pages-soft"
#define PIPE_HARD	"/proc/sys/fs/pipe-user-pages-hard"

FIXTURE(security)
{
	struct cma_env env;
};

FIXTURE_SETUP(security)
{
	if (!cma_env_open(&self->env))
		SKIP(return, "%s", self->env.why_not);
	if (!self->env.ours)
		SKIP(return, "the stock kernel promises less");
	cma_drop_caches();
}

FIXTURE_TEARDOWN(security)
{
	EXPECT_TRUE(cma_env_close(&self->env));
}

/* Runs @work as a user without privileges: what it returns, up to 255. */
static int as_nobody(int (*work)(void *data), void *data)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY))
			_exit(255);
		_exit(work(data));
	}
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

/* The controls */

static char *files[512];
static size_t nr_files;

static int add_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	if (type == FTW_F && nr_files < ARRAY_LEN(files))
		files[nr_files++] = strdup(path);
	return 0;
}

/* All files below some directories, or those devices, that the kernel has */
static void find_files(const char * const *paths, size_t count)
{
	size_t i;

	nr_files = 0;
	for (i = 0; i < count; i++)
		nftw(paths[i], add_file, 8, FTW_PHYS);
}

/* How many of them can be opened so? */
static int count_open(void *data)
{
	int found = 0, fd;
	size_t i;

	for (i = 0; i < nr_files; i++) {
		fd = open(files[i], *(int *)data);
		if (fd < 0)
			continue;
		ksft_print_msg("%s: open to everybody\n", files[i]);
		found += found < 254;
		close(fd);
	}
	return found;
}

static const char * const controls[] = {
	DEBUGFS "/cma", DEBUGFS "/cma_audit", DEBUGFS "/fail_cma",
	"/sys/kernel/tracing/events/cma", TEST_CMA_DEVICE, "/dev/dma_heap",
};

CMA_TEST(security, controls_are_not_for_everybody)
{
	int reading = O_RDONLY, writing = O_WRONLY;

	find_files(controls, ARRAY_LEN(controls));
	ASSERT_LT(10UL, nr_files);
	/* Root can. */
	ASSERT_LT(0, count_open(&reading));
	EXPECT_EQ(0, as_nobody(count_open, &reading));
	EXPECT_EQ(0, as_nobody(count_open, &writing));
}

CMA_TEST(security, controls_stay_closed_where_debugfs_is_open)
{
	static const char * const ours[] = {
		DEBUGFS "/cma", DEBUGFS "/cma_audit", DEBUGFS "/fail_cma",
	};
	int writing = O_WRONLY;
	struct stat st;

	find_files(ours, ARRAY_LEN(ours));
	ASSERT_EQ(0, stat(DEBUGFS, &st));
	ASSERT_EQ(0, chmod(DEBUGFS, 0755));
	EXPECT_EQ(0, as_nobody(count_open, &writing));
	EXPECT_EQ(0, chmod(DEBUGFS, st.st_mode & 07777));
}

CMA_TEST(security, settings_are_not_for_everybody)
{
	static const char * const settings[] = { "/sys/kernel/mm/cma" };
	int writing = O_WRONLY;

	find_files(settings, ARRAY_LEN(settings));
	ASSERT_LT(10UL, nr_files);
	EXPECT_EQ(0, as_nobody(count_open, &writing));
}

/* Addresses of the kernel */

/* 32 bits: what is not a process's; 64 bits: what is in the upper half */
#define KERNEL_ADDRESS	(sizeof(long) == 4 ? "(^|[^0-9a-f])(0x)?[c-f][0-9a-f]{7}([^0-9a-f]|$)" : \
			 "(^|[^0-9a-f])(0x)?ffff[0-9a-f]{12}([^0-9a-f]|$)")

static bool shows_address(const char *where, char *text)
{
	bool found = false;
	regex_t re;
	char *line;

	if (regcomp(&re, KERNEL_ADDRESS, REG_EXTENDED | REG_NOSUB | REG_ICASE))
		return true;
	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		if (regexec(&re, line, 0, NULL, 0))
			continue;
		ksft_print_msg("%s: %s\n", where, line);
		found = true;
	}
	regfree(&re);
	return found;
}

/* Lines of the kernel's log that are ours: what is left of @log */
static void keep_our_lines(char *log)
{
	char *copy = strdup(log), *line;

	*log = '\0';
	for (line = strtok(copy, "\n"); line; line = strtok(NULL, "\n")) {
		if (!strstr(line, "cma: ") && !strstr(line, "dma-contiguous: ") &&
		    !strstr(line, "test_cma"))
			continue;
		strcat(log, line);
		strcat(log, "\n");
	}
	free(copy);
}

/* Everything that the kernel says when something goes wrong */
static void provoke_messages(struct cma_env *env)
{
	struct test_cma_alloc req = { .kind = TEST_CMA_PAGES, .size = 4 * PAGE };
	char path[160];

	cma_alloc_dma(env, env->area.pages * PAGE, 0, &req);
	req = (struct test_cma_alloc){ .kind = TEST_CMA_PAGES, .size = 4 * PAGE };
	if (!cma_alloc(env, &req) && cma_object_in_area(&env->area, &req)) {
		cma_free_part(env, req.id, 0, PAGE);
		cma_free_flags(env, req.id, 0, 2 * PAGE, TEST_CMA_WRONG);
	}
	snprintf(path, sizeof(path), DEBUGFS "/cma/%s/alloc", env->area.name);
	cma_write_text(path, "0");
	snprintf(path, sizeof(path), DEBUGFS "/cma/%s/free", env->area.name);
	cma_write_text(path, "1000000000");
}

CMA_TEST(security, no_address_of_the_kernel_is_shown)
{
	static const char * const places[] = {
		DEBUGFS "/cma", DEBUGFS "/cma_audit", DEBUGFS "/fail_cma", "/sys/kernel/mm/cma",
	};
	char example[] = "a pointer 0xffffffc0deadbeef\na pointer c0deadbe\n";
	static char text[MB];
	size_t i;

	ASSERT_TRUE(shows_address("as an example", example));
	provoke_messages(&self->env);
	ASSERT_LT(0, klogctl(3, text, sizeof(text) - 1));
	keep_our_lines(text);
	EXPECT_TRUE(strstr(text, "cma: ")) TH_LOG("no line of ours in the log");
	EXPECT_FALSE(shows_address("log", text));
	find_files(places, ARRAY_LEN(places));
	for (i = 0; i < nr_files; i++) {
		if (cma_read_text(files[i], text, sizeof(text)) > 0)
			EXPECT_FALSE(shows_address(files[i], text));
	}
}

/* What was in the memory of a buffer before */

/**
 * struct secret - memory with a pattern that nobody else may see
 * @addr: where it is
 * @size: how much
 * @pfns: its page frames
 * @hog: what else is taken meanwhile
 * @path: the file that it is, if it is one
 */
struct secret {
	char *addr;
	size_t size;
	unsigned long *pfns;
	struct cma_hog hog;
	char path[64];
};

FIXTURE(secret)
{
	struct cma_env env;
	struct secret secret;
};

FIXTURE_VARIANT(secret)
{
	bool file;
	bool freed;
};

FIXTURE_VARIANT_ADD(secret, of_a_process) {
};

FIXTURE_VARIANT_ADD(secret, of_a_process_that_is_gone) {
	.freed = true,
};

FIXTURE_VARIANT_ADD(secret, of_a_file) {
	.file = true,
};

static bool map_file(struct secret *secret)
{
	int fd = open(secret->path, O_RDONLY);

	secret->addr = mmap(NULL, secret->size, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	return secret->addr != MAP_FAILED &&
	       !madvise(secret->addr, secret->size, MADV_POPULATE_READ);
}

static bool map_anonymous(struct secret *secret)
{
	secret->addr = mmap(NULL, secret->size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (secret->addr == MAP_FAILED)
		return false;
	cma_fill(secret->addr, secret->size, CMA_LENT_SEED);
	return true;
}

static bool make_file(struct secret *secret)
{
	const char *dir = cma_disk_mount();
	bool good;
	int fd;

	if (!dir)
		return false;
	snprintf(secret->path, sizeof(secret->path), "%s/secret", dir);
	fd = open(secret->path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	good = fd >= 0 && cma_write_cold_file(fd, secret->size, CMA_LENT_SEED);
	close(fd);
	return good;
}

/* Most of the area holds the secret then. */
static bool place_secret(struct cma_env *env, struct secret *secret, bool file)
{
	bool good;

	secret->size = env->largest / 4 * 3;
	if (!cma_hog_begin(env, &secret->hog))
		return false;
	if (file && !make_file(secret))
		return false;
	if (!cma_hog_take(env, &secret->hog))
		return false;
	good = file ? map_file(secret) : map_anonymous(secret);
	if (good)
		secret->pfns = cma_pfns_of(secret->addr, secret->size);
	cma_hog_release(&secret->hog);
	return good && secret->pfns;
}

FIXTURE_SETUP(secret)
{
	if (!cma_env_open(&self->env))
		SKIP(return, "%s", self->env.why_not);
	if (!self->env.ours)
		SKIP(return, "the stock kernel hands out some memory as it is");
	if (variant->file && access("/dev/vda", F_OK))
		SKIP(return, "no ext4 file system on /dev/vda");
	cma_drop_caches();
	ASSERT_TRUE(place_secret(&self->env, &self->secret, variant->file));
	if (variant->freed || variant->file)
		munmap(self->secret.addr, self->secret.size);
}

FIXTURE_TEARDOWN(secret)
{
	if (variant->file) {
		unlink(self->secret.path);
		cma_disk_unmount();
	}
	EXPECT_TRUE(cma_env_close(&self->env));
}

/* How many pages of a buffer had the secret? */
static unsigned long had_secret(const struct secret *secret, __u64 phys, size_t size)
{
	unsigned long found = 0;
	size_t i;

	for (i = 0; i < secret->size / PAGE; i++)
		found += secret->pfns[i] >= phys / PAGE &&
			 secret->pfns[i] < (phys + size) / PAGE;
	return found;
}

CMA_TEST(secret, is_not_in_a_buffer_of_the_heap)
{
	struct dma_heap_allocation_data request = {
		.len = self->env.largest, .fd_flags = O_RDWR | O_CLOEXEC,
	};
	struct test_cma_mapping map;
	char path[96], *addr;
	int heap;

	snprintf(path, sizeof(path), "/dev/dma_heap/%s", self->env.area.name);
	heap = open(path, O_RDWR | O_CLOEXEC);
	if (heap < 0)
		SKIP(return, "no %s: needs CONFIG_DMABUF_HEAPS_CMA", path);
	ASSERT_EQ(0, ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &request));
	addr = mmap(NULL, request.len, PROT_READ, MAP_SHARED, request.fd, 0);
	ASSERT_TRUE(addr != MAP_FAILED);
	EXPECT_TRUE(cma_check(addr, request.len, 0));
	ASSERT_EQ(0, cma_mapping(&self->env, TEST_CMA_USER, 0, (uintptr_t)addr, &map));
	EXPECT_LT(1000UL, had_secret(&self->secret, map.phys, request.len));
	munmap(addr, request.len);
	close(request.fd);
	close(heap);
}

CMA_TEST(secret, is_not_in_a_drivers_buffer_that_is_mapped)
{
	static const struct { enum test_cma_kind kind; __u32 flags; } ways[] = {
		{ TEST_CMA_DMA, 0 },
		{ TEST_CMA_DMA, TEST_CMA_WRITE_COMBINE },
		{ TEST_CMA_DMA, TEST_CMA_COHERENT_DEV },
		{ TEST_CMA_DMA, TEST_CMA_NO_KERNEL_MAPPING },
		{ TEST_CMA_PAGES, 0 },
	};
	const size_t size = self->env.largest / 6 / MB * MB;
	unsigned long found = 0;
	size_t i;

	/* All of them are held, so that each gets other memory. */
	for (i = 0; i < ARRAY_LEN(ways); i++) {
		struct test_cma_alloc req = {
			.kind = ways[i].kind, .size = size,
			.flags = ways[i].flags | TEST_CMA_NOWARN,
		};
		char *addr;

		/* High memory has no address for dma_alloc_pages(). */
		if (cma_alloc(&self->env, &req) && req.kind == TEST_CMA_PAGES)
			continue;
		ASSERT_LT(0U, req.id);
		addr = cma_mmap(&self->env, req.id, size);
		ASSERT_TRUE(addr != MAP_FAILED);
		EXPECT_TRUE(cma_check(addr, size, 0)) TH_LOG("way %zu", i);
		munmap(addr, size);
		found += had_secret(&self->secret, req.phys, size);
	}
	EXPECT_LT(1000UL, found);
}

/* Who holds on to memory */

/* Memory in the area, of which a page is held every so often, in pipes */
static struct {
	char *addr;
	size_t size;
} piped;

/* How each kind of attacker holds memory, as nobody; returns when it has it. */
static void hold_in_pipes(void)
{
	size_t offset;
	int ends[2];

	if (pipe2(ends, O_NONBLOCK))
		return;
	for (offset = 0; offset < piped.size; offset += 16 * PAGE) {
		struct iovec piece = { .iov_base = piped.addr + offset, .iov_len = PAGE };

		while (vmsplice(ends[1], &piece, 1, SPLICE_F_NONBLOCK) <= 0) {
			if (pipe2(ends, O_NONBLOCK))
				return;
		}
	}
}

static void hold_locked(void)
{
	struct rlimit limit = { };

	getrlimit(RLIMIT_MEMLOCK, &limit);
	if (limit.rlim_cur > 4 * MB)
		limit.rlim_cur = 4 * MB;
	mlock(mmap(NULL, limit.rlim_cur, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), limit.rlim_cur);
}

/* Nobody is left when a test is killed: who waits for its output would wait for ever. */
static void die_with_parent(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* Many processes map the same pages. */
static void hold_forked(void)
{
	const size_t size = 4 * MB;
	char *addr = mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	int i;

	cma_fill(addr, size, 1);
	for (i = 0; i < 8; i++) {
		if (fork())
			continue;
		die_with_parent();
		madvise(addr, size, MADV_POPULATE_WRITE);
		pause();
	}
}

/* Memory comes and goes. */
static void churn(void)
{
	const size_t size = 2 * MB;

	if (fork())
		return;
	die_with_parent();
	for (;;) {
		char *addr = mmap(NULL, size, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

		if (!fork())
			_exit(addr[0]);
		wait(NULL);
		munmap(addr, size);
	}
}

static void (* const pipe_attack[])(void) = { hold_in_pipes };
static void (* const attacks[])(void) = { hold_locked, hold_forked, churn };

/* The file of which a page is held every so often, in pipes */
static struct {
	char path[64];
	size_t size;
	size_t step;
} held_file;

static void hold_file_in_pipes(void)
{
	int fd = open(held_file.path, O_RDONLY), ends[2];
	char *addr = mmap(NULL, held_file.size, PROT_READ, MAP_SHARED, fd, 0);
	size_t offset;

	madvise(addr, held_file.size, MADV_POPULATE_READ);
	munmap(addr, held_file.size);
	if (pipe2(ends, O_NONBLOCK))
		return;
	for (offset = 0; offset < held_file.size; offset += held_file.step) {
		off64_t from = offset;

		while (splice(fd, &from, ends[1], NULL, PAGE, SPLICE_F_NONBLOCK) <= 0) {
			if (pipe2(ends, O_NONBLOCK))
				return;
		}
	}
}

/* Memory that a disk reads into, a page every so often, again and again */
static struct {
	int fd;
	size_t size;
	size_t pages;
	char *addr;
	sem_t begun;
} direct;

/* Not one behind the other, or they would become one read. */
static bool read_directly(size_t i)
{
	char *addr = direct.addr + direct.size / direct.pages / PAGE * PAGE * i;

	return pread(direct.fd, addr, PAGE, 2 * i * PAGE) == PAGE;
}

static void *read_for_ever(void *data)
{
	if (read_directly((size_t)data))
		sem_post(&direct.begun);
	while (read_directly((size_t)data))
		;
	return NULL;
}

/*
 * Returns when each page was read once, and is again.  A disk reads whatever the
 * priority; who asks for memory must not have to wait for 64 others' turns of the CPU.
 */
static void hold_in_reads(void)
{
	pthread_t thread;
	size_t i;

	setpriority(PRIO_PROCESS, 0, 19);
	sem_init(&direct.begun, 0, 0);
	direct.addr = mmap(NULL, direct.size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	for (i = 0; i < direct.pages; i++)
		if (pthread_create(&thread, NULL, read_for_ever, (void *)i))
			_exit(1);
	for (i = 0; i < direct.pages; i++)
		sem_wait(&direct.begun);
}

/* A group of processes of nobody's, each of which holds memory when this returns. */
static pid_t attack(void (* const *how)(void), size_t count)
{
	pid_t group = 0, pid;
	int ready[2];
	char byte;
	size_t i;

	for (i = 0; i < count; i++) {
		if (pipe(ready))
			return -1;
		pid = fork();
		if (!pid) {
			setpgid(0, group);
			if (setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY))
				_exit(1);
			die_with_parent();
			how[i]();
			if (write(ready[1], "", 1) == 1)
				for (;;)
					pause();
			_exit(1);
		}
		setpgid(pid, group);
		group = group ?: pid;
		close(ready[1]);
		if (read(ready[0], &byte, 1) != 1)
			return -1;
		close(ready[0]);
	}
	return group;
}

static void end_attack(pid_t group)
{
	kill(-group, SIGKILL);
	while (waitpid(-group, NULL, 0) > 0)
		;
}

static const size_t sizes[] = { 64 * 1024, MB, 4 * MB, 16 * MB };

/* How many requests of each size are served, out of so many? */
static void measure(struct cma_env *env, const char *when, unsigned int *served)
{
	struct test_cma_alloc req;
	size_t i;
	int try;

	for (i = 0; i < ARRAY_LEN(sizes); i++) {
		served[i] = 0;
		for (try = 0; try < TRIES; try++) {
			if (cma_alloc_dma(env, sizes[i], TEST_CMA_NOWARN, &req))
				continue;
			served[i]++;
			cma_free(env, req.id);
		}
		ksft_print_msg("%s: %zu KiB: %u of %d\n", when, sizes[i] / 1024, served[i], TRIES);
	}
}

/* Pages of the area that are lent, and that somebody keeps where they are */
static unsigned long held_pages(struct cma_env *env)
{
	unsigned long end = env->area.base_pfn + env->area.pages, found = 0, pfn;
	struct test_cma_frame frame;

	for (pfn = env->area.base_pfn; pfn < end; pfn++) {
		frame = (struct test_cma_frame){ .phys = (__u64)pfn * PAGE };
		found += !ioctl(env->fd, TEST_CMA_FRAME, &frame) &&
			 frame.refs > frame.known_refs;
	}
	/* Those that are allocated have a reference as well. */
	return found - cma_area_debugfs(&env->area, "used");
}

CMA_TEST(security, who_holds_memory_keeps_nobody_from_a_buffer)
{
	unsigned int served[ARRAY_LEN(sizes)];
	unsigned long lent, held;
	struct cma_hog hog;
	pid_t group, pipes;
	size_t i;

	ASSERT_TRUE(cma_hog_begin(&self->env, &hog));
	ASSERT_TRUE(cma_hog_take(&self->env, &hog));
	piped.size = self->env.largest / 4 * 3;
	piped.addr = mmap(NULL, piped.size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	ASSERT_TRUE(piped.addr != MAP_FAILED);
	lent = cma_pages_in_area(&self->env.area, piped.addr, piped.size);
	EXPECT_LT(piped.size / PAGE / 2, lent);
	/* There is room now to move what is about to be held. */
	cma_hog_release(&hog);
	pipes = attack(pipe_attack, ARRAY_LEN(pipe_attack));
	ASSERT_LT(0, pipes);
	/* Batches of LRU pages hold some as well, until they are emptied. */
	cma_drop_caches();
	held = held_pages(&self->env);
	ksft_print_msg("%lu pages of the area are held\n", held);
	EXPECT_GT(lent / 16 / 8, held);

	group = attack(attacks, ARRAY_LEN(attacks));
	ASSERT_LT(0, group);
	measure(&self->env, "memory is held", served);
	end_attack(group);
	end_attack(pipes);
	munmap(piped.addr, piped.size);
	for (i = 0; i < ARRAY_LEN(sizes); i++)
		EXPECT_EQ((unsigned int)TRIES, served[i]);
}

/*
 * A page is held for as long as a read takes, which may be no time at all: with one CPU
 * the disk is done before it is this process's turn to look.  There is a next read.
 */
static unsigned long await_held_pages(struct cma_env *env)
{
	const long long until = cma_now_us() + HELD_BY_THEN_US;
	unsigned long pages;

	do {
		pages = held_pages(env);
	} while (!pages && cma_now_us() < until);
	return pages;
}

/*
 * Who holds @held pages, or more, keeps so many windows from being had, and no more;
 * and none when he has let go of them.
 */
static bool only_so_many_are_kept(struct cma_env *env, struct cma_hog *hog,
				  void (* const how)(void), unsigned long held)
{
	unsigned int meanwhile[ARRAY_LEN(sizes)], afterwards[ARRAY_LEN(sizes)];
	bool good = cma_hog_take(env, hog);
	unsigned long pages;
	pid_t group;
	size_t i;

	group = attack(&how, 1);
	cma_hog_release(hog);
	if (group <= 0)
		return false;
	pages = await_held_pages(env);
	ksft_print_msg("%lu pages of the area are held\n", pages);
	good &= pages > 0;
	pages = pages > held ? pages : held;
	measure(env, "pages are held", meanwhile);
	end_attack(group);
	measure(env, "they are let go", afterwards);
	for (i = 0; i < ARRAY_LEN(sizes); i++) {
		good &= afterwards[i] == TRIES;
		good &= meanwhile[i] == TRIES || env->largest / sizes[i] <= pages;
	}
	return good;
}

/* A page of a file does not move while it is in a pipe. */
FIXTURE(pipes)
{
	struct cma_env env;
	struct cma_hog hog;
	char soft[16];
	char hard[16];
	int fd;
};

/* How many pages are held, and what fs.pipe-user-pages-* are set to, if they are */
FIXTURE_VARIANT(pipes)
{
	size_t pages;
	const char *limit;
};

FIXTURE_VARIANT_ADD(pipes, of_512_pages) {
	.pages = 512,
};

FIXTURE_VARIANT_ADD(pipes, limited_to_32_pages) {
	.pages = 32, .limit = "32",
};

FIXTURE_SETUP(pipes)
{
	const char *dir;

	if (!cma_env_open(&self->env))
		SKIP(return, "%s", self->env.why_not);
	if (self->env.largest < 48 * MB)
		SKIP(return, "the area is too small for several windows");
	cma_drop_caches();
	ASSERT_TRUE(cma_hog_begin(&self->env, &self->hog));
	dir = cma_disk_mount();
	if (!dir)
		SKIP(return, "no ext4 file system on /dev/vda");
	ASSERT_EQ(0, chmod(dir, 0755));
	held_file.size = self->env.largest;
	held_file.step = held_file.size / variant->pages / PAGE * PAGE;
	snprintf(held_file.path, sizeof(held_file.path), "%s/held", dir);
	self->fd = open(held_file.path, O_RDWR | O_CREAT | O_TRUNC, 0644);
	ASSERT_TRUE(cma_write_cold_file(self->fd, held_file.size, CMA_LENT_SEED));
	cma_read_text(PIPE_SOFT, self->soft, sizeof(self->soft));
	cma_read_text(PIPE_HARD, self->hard, sizeof(self->hard));
	if (variant->limit) {
		ASSERT_EQ(0, cma_write_text(PIPE_SOFT, variant->limit));
		ASSERT_EQ(0, cma_write_text(PIPE_HARD, variant->limit));
	}
}

FIXTURE_TEARDOWN(pipes)
{
	cma_write_text(PIPE_SOFT, self->soft);
	cma_write_text(PIPE_HARD, self->hard);
	close(self->fd);
	unlink(held_file.path);
	cma_disk_unmount();
	EXPECT_TRUE(cma_env_close(&self->env));
}

CMA_TEST(pipes, keep_no_more_windows_than_they_hold_pages_of_files)
{
	EXPECT_TRUE(only_so_many_are_kept(&self->env, &self->hog, hold_file_in_pipes, 0));
}

/* Nor does a page that a disk is reading into, and there is always a next read. */
FIXTURE(reads)
{
	struct cma_env env;
	struct cma_hog hog;
	char path[64];
};

FIXTURE_VARIANT(reads)
{
	size_t pages;
	bool slow;
};

FIXTURE_VARIANT_ADD(reads, of_a_slow_disk) {
	.pages = 64, .slow = true,
};

FIXTURE_VARIANT_ADD(reads, of_a_slow_disk_now_and_then) {
	.pages = 8, .slow = true,
};

FIXTURE_VARIANT_ADD(reads, of_a_file) {
	.pages = 64,
};

static bool make_readable(const char *path, size_t size)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
	bool good = fd >= 0 && cma_write_cold_file(fd, size, CMA_LENT_SEED);

	close(fd);
	return good;
}

FIXTURE_SETUP(reads)
{
	const char *dir = NULL;

	if (!cma_env_open(&self->env))
		SKIP(return, "%s", self->env.why_not);
	if (self->env.largest < 48 * MB)
		SKIP(return, "the area is too small for several windows");
	if (variant->slow && !cma_slow_disk())
		SKIP(return, "no slow disk: needs CONFIG_BLK_DEV_NULL_BLK");
	cma_drop_caches();
	ASSERT_TRUE(cma_hog_begin(&self->env, &self->hog));
	if (!variant->slow)
		dir = cma_disk_mount();
	if (!variant->slow && !dir)
		SKIP(return, "no ext4 file system on /dev/vda");
	snprintf(self->path, sizeof(self->path), "%s%s", dir ?: "",
		 dir ? "/read" : CMA_SLOW_DISK);
	if (!variant->slow)
		ASSERT_TRUE(make_readable(self->path, 2 * variant->pages * PAGE));
	direct.pages = variant->pages;
	direct.size = self->env.largest;
	direct.fd = open(self->path, O_RDONLY | O_DIRECT);
	ASSERT_LE(0, direct.fd);
}

FIXTURE_TEARDOWN(reads)
{
	close(direct.fd);
	if (!variant->slow) {
		unlink(self->path);
		cma_disk_unmount();
	}
	EXPECT_TRUE(cma_env_close(&self->env));
}

CMA_TEST(reads, keep_no_more_windows_than_they_read_pages)
{
	EXPECT_TRUE(only_so_many_are_kept(&self->env, &self->hog, hold_in_reads,
					  variant->pages));
}

TEST_HARNESS_MAIN
