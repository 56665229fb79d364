// SPDX-License-Identifier: GPL-2.0
/*
 * fail_cma: faults in the way of a request for contiguous pages
 *
 * What undoes a request that came to a stop half way is hardly ever run. Here
 * its steps fail on demand, each at the place where it may fail by itself, so
 * that all behind it is the way that such a request always goes.
 *
 * Who may fail, and how often, is said as for any fault of the kernel, with
 * fail_cma= on the command line and in /sys/kernel/debug/fail_cma/; see
 * Documentation/fault-injection/fault-injection.rst.
 */
#include <linux/bits.h>
#include <linux/cma_fail.h>
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/fault-inject.h>
#include <linux/init.h>

static DECLARE_FAULT_ATTR(fail_cma);

/* Which steps may fail, a bit for each &enum cma_fail_point */
static u32 fail_points = GENMASK(NR_CMA_FAIL_POINTS - 1, 0);

/**
 * cma_should_fail() - is a step to fail now?
 * @point: the step
 * @nr_pages: how many pages it is about: so much of fail_cma's space is used up
 *
 * May write to the log, so no lock may be held that the console could need.
 *
 * Context: Any. zone->lock not held.
 * Return: true if so. The caller does as if it had found the reason itself.
 *
 * Since: 6.12
 */
bool cma_should_fail(enum cma_fail_point point, unsigned long nr_pages)
{
	return (READ_ONCE(fail_points) & BIT(point)) &&
	       should_fail(&fail_cma, nr_pages);
}

static int __init setup_fail_cma(char *text)
{
	return setup_fault_attr(&fail_cma, text);
}
__setup("fail_cma=", setup_fail_cma);

static int __init fail_cma_debugfs_init(void)
{
	struct dentry *dir = fault_create_debugfs_attr("fail_cma", NULL,
						       &fail_cma);

	if (IS_ERR(dir))
		return PTR_ERR(dir);
	debugfs_create_x32("points", 0600, dir, &fail_points);
	return 0;
}
late_initcall(fail_cma_debugfs_init);
