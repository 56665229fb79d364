// SPDX-License-Identifier: GPL-2.0
/*
 * A virtio-mem device gives memory and takes it back while it is in use, and so does
 * who plugs a DIMM and pulls it out.
 *
 * What virtio-mem takes back are ranges of page frames, by alloc_contig_range(), and
 * whole blocks of memory, which go offline.  A DIMM goes offline as a whole.  How much
 * there is, is QEMU's to say; its monitor is at the other end of a serial line.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "cma_util.h"

#define MONITOR		"/dev/ttyS1"
#define DEVICE		"/machine/peripheral/virtio-mem"
#define SEED		71
#define ROUNDS		3
#define MOST		(512 * MB)

/* A block of memory, and a part of another */
#define PART		(136 * MB)

/* Two blocks of memory */
#define DIMM		(256 * MB)

/* QEMU's PC has memory of both behind 4 GiB, this one no other there. */
#define DEVICE_PFN	(4096 * MB / PAGE)

#define CONTENT		(96 * MB)
#define LOOK_US		20000
#define WAIT_US		120000000LL

FIXTURE(virtio_mem)
{
	struct cma_env env;
	int monitor;
	unsigned long long ram;
};

/*
 * Until the line is raw the terminal sends back what the monitor greets with.  That
 * must not become the beginning of the first command: an end of line ends it, two if
 * it ends with half an escape sequence.
 */
static int open_monitor(void)
{
	int fd = open(MONITOR, O_RDWR | O_NOCTTY);
	struct termios raw;

	if (tcgetattr(fd, &raw))
		return -1;
	cfmakeraw(&raw);
	if (tcsetattr(fd, TCSANOW, &raw) || write(fd, "\n\n", 2) != 2)
		return -1;
	return fd;
}

FIXTURE_SETUP(virtio_mem)
{
	if (!cma_env_open(&self->env))
		SKIP(return, "%s", self->env.why_not);
	self->monitor = open_monitor();
	if (self->monitor < 0 || access("/sys/bus/virtio/drivers/virtio_mem", X_OK))
		SKIP(return, "needs CONFIG_VIRTIO_MEM, and QEMU's monitor on " MONITOR);
	self->ram = cma_meminfo("MemTotal");
	cma_drop_caches();
}

FIXTURE_TEARDOWN(virtio_mem)
{
	close(self->monitor);
	EXPECT_TRUE(cma_env_close(&self->env));
}

/*
 * Waits until the kernel has so much memory, in kB, and is done with it: what virtio-mem
 * has taken back does not count any more when the block that it was in goes offline.
 */
static bool ram_becomes(const struct cma_env *env, unsigned long long wanted)
{
	long long until = cma_now_us() + WAIT_US;
	unsigned long long ram;
	unsigned long isolated;

	do {
		usleep(LOOK_US);
		ram = cma_meminfo("MemTotal");
		isolated = cma_count_blocks("Isolate");
	} while ((ram != wanted || isolated != env->isolated) && cma_now_us() < until);
	if (ram == wanted && isolated == env->isolated)
		return true;
	ksft_print_msg("MemTotal: %llu kB instead of %llu, %lu isolated pageblocks\n", ram,
		       wanted, isolated);
	return false;
}

/* Says how large the device shall be, and waits until the kernel has done so. */
static bool resize(const struct cma_env *env, int monitor, unsigned long long ram,
		   size_t size)
{
	return dprintf(monitor, "qom-set " DEVICE " requested-size %zu\n", size) > 0 &&
	       ram_becomes(env, ram + size / 1024);
}

static size_t pages_in_device(const char *addr)
{
	unsigned long *pfns = cma_pfns_of(addr, CONTENT);
	size_t count = 0, i;

	for (i = 0; pfns && i < CONTENT / PAGE; i++)
		count += pfns[i] >= DEVICE_PFN;
	free(pfns);
	return count;
}

CMA_TEST(virtio_mem, is_plugged_and_unplugged_while_it_is_in_use)
{
	char *addr;
	int round;

	for (round = 0; round < ROUNDS; round++) {
		ASSERT_TRUE(resize(&self->env, self->monitor, self->ram, MOST));
		addr = mmap(NULL, CONTENT, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		ASSERT_TRUE(addr != MAP_FAILED);
		cma_fill(addr, CONTENT, SEED + round);
		EXPECT_LT(CONTENT / PAGE / 2, pages_in_device(addr));
		ASSERT_TRUE(resize(&self->env, self->monitor, self->ram, PART));
		EXPECT_TRUE(cma_check(addr, CONTENT, SEED + round));
		ASSERT_TRUE(resize(&self->env, self->monitor, self->ram, 0));
		EXPECT_EQ(0UL, pages_in_device(addr));
		EXPECT_TRUE(cma_check(addr, CONTENT, SEED + round));
		munmap(addr, CONTENT);
	}
}

FIXTURE(dimm)
{
	struct cma_env env;
	int monitor;
	unsigned long long ram;
};

FIXTURE_SETUP(dimm)
{
	if (!cma_env_open(&self->env))
		SKIP(return, "%s", self->env.why_not);
	self->monitor = open_monitor();
	if (self->monitor < 0 || access("/sys/firmware/acpi/hotplug/memory", X_OK))
		SKIP(return, "needs CONFIG_ACPI_HOTPLUG_MEMORY, and QEMU's monitor on "
		     MONITOR);
	self->ram = cma_meminfo("MemTotal");
	cma_drop_caches();
}

FIXTURE_TEARDOWN(dimm)
{
	close(self->monitor);
	EXPECT_TRUE(cma_env_close(&self->env));
}

static bool plug(const struct cma_env *env, int monitor, unsigned long long ram, int number)
{
	return dprintf(monitor, "object_add memory-backend-ram,id=memory%d,size=%zu\n"
		       "device_add pc-dimm,id=dimm%d,memdev=memory%d\n",
		       number, DIMM, number, number) > 0 &&
	       ram_becomes(env, ram + DIMM / 1024);
}

static bool pull_out(const struct cma_env *env, int monitor, unsigned long long ram,
		     int number)
{
	return dprintf(monitor, "device_del dimm%d\n", number) > 0 && ram_becomes(env, ram);
}

/**
 * struct asker - a driver that asks for buffers all the time
 * @env: the room of the test
 * @thread: it
 * @stop: it shall end
 * @served: how many it got
 * @failed: how many it did not get, or found damaged
 */
struct asker {
	struct cma_env *env;
	pthread_t thread;
	bool stop;
	unsigned long served;
	unsigned long failed;
};

static void *ask(void *data)
{
	struct asker *asker = data;
	struct test_cma_alloc req;

	while (!__atomic_load_n(&asker->stop, __ATOMIC_RELAXED)) {
		if (cma_alloc_dma(asker->env, asker->env->largest / 4, 0, &req)) {
			asker->failed++;
			break;
		}
		asker->served++;
		asker->failed += cma_fill_object(asker->env, req.id, SEED) ||
				 cma_check_object(asker->env, req.id, SEED) ||
				 cma_free(asker->env, req.id);
	}
	return NULL;
}

CMA_TEST(dimm, is_plugged_and_pulled_out_while_it_is_in_use_and_drivers_ask)
{
	struct asker asker = { .env = &self->env };
	char *addr;
	int round;

	ASSERT_EQ(0, pthread_create(&asker.thread, NULL, ask, &asker));
	for (round = 0; round < ROUNDS; round++) {
		ASSERT_TRUE(plug(&self->env, self->monitor, self->ram, round));
		addr = mmap(NULL, CONTENT, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		ASSERT_TRUE(addr != MAP_FAILED);
		cma_fill(addr, CONTENT, SEED + round);
		EXPECT_LT(CONTENT / PAGE / 2, pages_in_device(addr));
		ASSERT_TRUE(pull_out(&self->env, self->monitor, self->ram, round));
		EXPECT_EQ(0UL, pages_in_device(addr));
		EXPECT_TRUE(cma_check(addr, CONTENT, SEED + round));
		munmap(addr, CONTENT);
	}
	__atomic_store_n(&asker.stop, true, __ATOMIC_RELAXED);
	pthread_join(asker.thread, NULL);
	EXPECT_LT(0UL, asker.served);
	EXPECT_EQ(0UL, asker.failed);
}

TEST_HARNESS_MAIN
