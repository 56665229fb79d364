// SPDX-License-Identifier: GPL-2.0
/*
 * KFENCE that is turned on while the system runs takes its pool out of the zones, with
 * alloc_contig_pages().
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "cma_util.h"

#define INTERVAL	"/sys/module/kfence/parameters/sample_interval"
#define STATS		"/sys/kernel/debug/kfence/stats"
#define POOL_MIN	(256 * 1024)

FIXTURE(kfence)
{
	struct cma_env env;
};

FIXTURE_SETUP(kfence)
{
	if (!cma_env_open(&self->env))
		SKIP(return, "%s", self->env.why_not);
	if (access(INTERVAL, W_OK))
		SKIP(return, "needs CONFIG_KFENCE");
	if (!access(STATS, R_OK))
		SKIP(return, "is on already: needs kfence.sample_interval=0");
}

FIXTURE_TEARDOWN(kfence)
{
	EXPECT_TRUE(cma_env_close(&self->env));
}

CMA_TEST(kfence, takes_its_pool_while_the_system_runs)
{
	unsigned long free = cma_free_pages();

	ASSERT_EQ(0, cma_write_text(INTERVAL, "100"));
	EXPECT_EQ(1ULL, cma_keyed_value(STATS, "enabled"));
	EXPECT_GT(free, cma_free_pages() + POOL_MIN / PAGE);
	EXPECT_TRUE(cma_dmesg_has("kfence: initialized"));
}

TEST_HARNESS_MAIN
