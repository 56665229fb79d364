// SPDX-License-Identifier: GPL-2.0
#include "campaign.h"
#include "random.h"
#include "tests.h"

void test_place_random(unsigned long seed, unsigned long iterations)
{
	struct campaign c = { .name = "random requests" };
	static struct request r;

	random_seed(seed);
	while (iterations--) {
		request_random(&r);
		campaign_try(&c, &r);
	}
	campaign_report(&c);
}
