// SPDX-License-Identifier: GPL-2.0
/*
 * A virtio-mem device gives memory and takes it back while it is in use.
 *
 * What is taken back are ranges of page frames, by alloc_contig_range(), and whole
 * blocks of memory, which go offline.  How much there is, is QEMU's to say; its monitor
 * is at the other end of a serial line.
 */
#include <fcntl.h>
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

/* QEMU's PC has the device's memory behind 4 GiB, this one no other there. */
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

static int open_monitor(void)
{
	int fd = open(MONITOR, O_RDWR | O_NOCTTY);
	struct termios raw;

	if (access("/sys/bus/virtio/drivers/virtio_mem", X_OK) || tcgetattr(fd, &raw))
		return -1;
	cfmakeraw(&raw);
	tcsetattr(fd, TCSANOW, &raw);
	return fd;
}

FIXTURE_SETUP(virtio_mem)
{
	if (!cma_env_open(&self->env))
		SKIP(return, "%s", self->env.why_not);
	self->monitor = open_monitor();
	if (self->monitor < 0)
		SKIP(return, "needs CONFIG_VIRTIO_MEM, and QEMU's monitor on " MONITOR);
	self->ram = cma_meminfo("MemTotal");
	cma_drop_caches();
}

FIXTURE_TEARDOWN(virtio_mem)
{
	close(self->monitor);
	EXPECT_TRUE(cma_env_close(&self->env));
}

/* Says how large the device shall be, and waits until the kernel has done so. */
static bool resize(int monitor, unsigned long long ram, size_t size)
{
	long long until = cma_now_us() + WAIT_US;
	unsigned long long wanted = ram + size / 1024;

	if (dprintf(monitor, "qom-set " DEVICE " requested-size %zu\n", size) < 0)
		return false;
	while (cma_meminfo("MemTotal") != wanted && cma_now_us() < until)
		usleep(LOOK_US);
	if (cma_meminfo("MemTotal") == wanted)
		return true;
	ksft_print_msg("MemTotal: %llu kB instead of %llu\n", cma_meminfo("MemTotal"), wanted);
	return false;
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
		ASSERT_TRUE(resize(self->monitor, self->ram, MOST));
		addr = mmap(NULL, CONTENT, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		ASSERT_TRUE(addr != MAP_FAILED);
		cma_fill(addr, CONTENT, SEED + round);
		EXPECT_LT(CONTENT / PAGE / 2, pages_in_device(addr));
		ASSERT_TRUE(resize(self->monitor, self->ram, PART));
		EXPECT_TRUE(cma_check(addr, CONTENT, SEED + round));
		ASSERT_TRUE(resize(self->monitor, self->ram, 0));
		EXPECT_EQ(0UL, pages_in_device(addr));
		EXPECT_TRUE(cma_check(addr, CONTENT, SEED + round));
		munmap(addr, CONTENT);
	}
}

TEST_HARNESS_MAIN
