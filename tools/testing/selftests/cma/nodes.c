// SPDX-License-Identifier: GPL-2.0
/*
 * A device of a NUMA node is served from its node's areas, that of cma_pernuma= first,
 * then that of numa_cma=, and from the default area when they are full.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../kselftest_harness.h"
#include "cma_util.h"

#define CHUNK		MB
#define MOST		256
#define NO_NODE		-1

FIXTURE(nodes)
{
	struct cma_env env;
	struct cma_area order[3];
	size_t areas;
};

FIXTURE_VARIANT(nodes)
{
	int node;
};

FIXTURE_VARIANT_ADD(nodes, first) {
	.node = 0,
};

FIXTURE_VARIANT_ADD(nodes, second) {
	.node = 1,
};

FIXTURE_VARIANT_ADD(nodes, none) {
	.node = NO_NODE,
};

/* The driver, with its devices on that node */
static bool load_driver(int node)
{
	char command[64];

	snprintf(command, sizeof(command), "modprobe -r -q test_cma; modprobe -q test_cma node=%d",
		 node);
	return !system(command);
}

/* The area that this boot has for a node */
static bool open_area_of(const char *option, int node, struct cma_area *area)
{
	char name[32];

	snprintf(name, sizeof(name), "%s%d", option, node);
	return cma_open_area(name, area);
}

FIXTURE_SETUP(nodes)
{
	struct cma_area area;

	if (!open_area_of("pernuma", 1, &area))
		SKIP(return, "nodes have no areas: needs two of them, cma_pernuma=, numa_cma=");
	ASSERT_TRUE(load_driver(variant->node));
	ASSERT_TRUE(cma_env_open(&self->env));
	if (variant->node != NO_NODE) {
		ASSERT_TRUE(open_area_of("pernuma", variant->node, &self->order[0]));
		ASSERT_TRUE(open_area_of("numa", variant->node, &self->order[1]));
		self->areas = 2;
	}
	self->order[self->areas++] = self->env.area;
}

FIXTURE_TEARDOWN(nodes)
{
	EXPECT_TRUE(cma_env_close(&self->env));
	EXPECT_TRUE(load_driver(NO_NODE));
}

CMA_TEST(nodes, have_their_areas_in_their_own_memory)
{
	struct cma_zone zone;
	size_t i;

	for (i = 0; i + 1 < self->areas; i++) {
		ASSERT_TRUE(cma_zone_of(self->order[i].base_pfn, &zone));
		EXPECT_EQ(variant->node, zone.node);
		EXPECT_GE(zone.start_pfn + zone.spanned,
			  self->order[i].base_pfn + self->order[i].pages);
	}
}

/* The default area belongs to none. */
CMA_TEST(nodes, are_named_where_their_areas_are_announced)
{
	char line[128];
	size_t i;

	for (i = 0; i < self->areas; i++) {
		snprintf(line, sizeof(line), "cma: Reserved %zu MiB at 0x0*%llx on node %d$",
			 (size_t)self->order[i].pages * PAGE / MB,
			 (unsigned long long)self->order[i].base_pfn * PAGE,
			 i + 1 < self->areas ? variant->node : NO_NODE);
		EXPECT_TRUE(cma_dmesg_has(line)) TH_LOG("%s", line);
	}
}

CMA_TEST(nodes, serve_their_devices_before_others_do)
{
	unsigned long got[ARRAY_LEN(self->order)] = { };
	struct test_cma_alloc req[MOST];
	size_t count = 0, at = 0, i;

	while (count < MOST && !got[self->areas - 1]) {
		ASSERT_EQ(0, cma_alloc_dma(&self->env, CHUNK, 0, &req[count]));
		while (at < self->areas && !cma_object_in_area(&self->order[at], &req[count]))
			at++;
		ASSERT_LT(at, self->areas);
		EXPECT_EQ(0, cma_check_object(&self->env, req[count].id, 0));
		EXPECT_EQ(0, cma_fill_object(&self->env, req[count].id, count + 1));
		got[at]++;
		count++;
	}
	for (i = 0; i + 1 < self->areas; i++)
		EXPECT_EQ(self->order[i].pages * PAGE / CHUNK, got[i]);
	EXPECT_EQ(1UL, got[self->areas - 1]);
	/* None of these requests failed */
	EXPECT_FALSE(cma_dmesg_has("cma: (per)?numa[0-9]+: no "));
	for (i = 0; i < count; i++) {
		EXPECT_EQ(0, cma_check_object(&self->env, req[i].id, i + 1));
		EXPECT_EQ(0, cma_free(&self->env, req[i].id));
	}
	for (i = 0; i + 1 < self->areas; i++)
		EXPECT_EQ(0ULL, cma_area_debugfs(&self->order[i], "used"));
}

TEST_HARNESS_MAIN
