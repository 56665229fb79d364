// SPDX-License-Identifier: GPL-2.0
/*
 * Contiguous areas in sysfs: /sys/kernel/mm/cma/<name>/
 *
 * What became of an area's requests, how large it is, how much of it is
 * allocated, and how long a request may work. Everything shown is kept by
 * mm/cma.c; this file gives it names.
 *
 * Documentation/ABI/testing/sysfs-kernel-mm-cma is the promise that goes with
 * these names.
 */
#define pr_fmt(fmt) "cma: " fmt

#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/kobject.h>
#include <linux/mm.h>
#include <linux/spinlock.h>
#include <linux/stddef.h>
#include <linux/sysfs.h>

#include "cma.h"

/**
 * struct area_counter - a file that shows one of an area's counters
 * @attr: the file
 * @offset: where the counter is in struct cma_stats
 */
struct area_counter {
	struct kobj_attribute attr;
	size_t offset;
};

static struct cma *area_of(struct kobject *kobj)
{
	return container_of(kobj, struct cma, kobj);
}

static ssize_t counter_show(struct kobject *kobj, struct kobj_attribute *attr,
			    char *buf)
{
	size_t offset = container_of(attr, struct area_counter, attr)->offset;
	struct cma *cma = area_of(kobj);
	u64 value;

	/* A 32-bit CPU reads it in two halves. */
	spin_lock_irq(&cma->lock);
	value = *(u64 *)((char *)&cma->stats + offset);
	spin_unlock_irq(&cma->lock);

	return sysfs_emit(buf, "%llu\n", value);
}

#define AREA_COUNTER(file, member)					\
	static struct area_counter file##_counter = {			\
		.attr = __ATTR(file, 0444, counter_show, NULL),		\
		.offset = offsetof(struct cma_stats, member),		\
	}

AREA_COUNTER(alloc_pages_success, alloc_success);
AREA_COUNTER(alloc_pages_fail, alloc_fail);
AREA_COUNTER(release_pages_success, released);
AREA_COUNTER(pages_captured, captured);
AREA_COUNTER(pages_migrated, migrated);
AREA_COUNTER(pages_dropped, dropped);
AREA_COUNTER(alloc_blocked, blocked);
AREA_COUNTER(drains, drains);

static ssize_t total_pages_show(struct kobject *kobj,
				struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%lu\n", cma_get_size(area_of(kobj)) >>
			  PAGE_SHIFT);
}

static ssize_t used_pages_show(struct kobject *kobj,
			       struct kobj_attribute *attr, char *buf)
{
	struct cma *cma = area_of(kobj);
	unsigned long used;

	spin_lock_irq(&cma->lock);
	used = cma->claims.nr_claimed;
	spin_unlock_irq(&cma->lock);

	return sysfs_emit(buf, "%lu\n", used);
}

static ssize_t alloc_latency_us_show(struct kobject *kobj,
				     struct kobj_attribute *attr, char *buf)
{
	struct cma *cma = area_of(kobj);
	u64 latency[CMA_NR_LATENCIES];
	unsigned int i;
	int len = 0;

	spin_lock_irq(&cma->lock);
	memcpy(latency, cma->stats.latency, sizeof(latency));
	spin_unlock_irq(&cma->lock);

	for (i = 0; i < ARRAY_SIZE(latency); i++)
		len += sysfs_emit_at(buf, len, "%s%llu", i ? " " : "",
				     latency[i]);
	return len + sysfs_emit_at(buf, len, "\n");
}

static ssize_t deadline_ms_show(struct kobject *kobj,
				struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(area_of(kobj)->deadline_ms));
}

static ssize_t deadline_ms_store(struct kobject *kobj,
				 struct kobj_attribute *attr, const char *buf,
				 size_t len)
{
	unsigned int ms;

	if (kstrtouint(buf, 10, &ms) || !ms || ms > CMA_DEADLINE_MS_MAX)
		return -EINVAL;
	WRITE_ONCE(area_of(kobj)->deadline_ms, ms);
	return len;
}

static struct kobj_attribute total_pages_attr = __ATTR_RO(total_pages);
static struct kobj_attribute used_pages_attr = __ATTR_RO(used_pages);
static struct kobj_attribute alloc_latency_us_attr =
	__ATTR_RO(alloc_latency_us);
static struct kobj_attribute deadline_ms_attr = __ATTR_RW(deadline_ms);

static struct attribute *area_attrs[] = {
	&alloc_pages_success_counter.attr.attr,
	&alloc_pages_fail_counter.attr.attr,
	&release_pages_success_counter.attr.attr,
	&total_pages_attr.attr,
	&used_pages_attr.attr,
	&pages_captured_counter.attr.attr,
	&pages_migrated_counter.attr.attr,
	&pages_dropped_counter.attr.attr,
	&alloc_blocked_counter.attr.attr,
	&drains_counter.attr.attr,
	&alloc_latency_us_attr.attr,
	&deadline_ms_attr.attr,
	NULL,
};
ATTRIBUTE_GROUPS(area);

/*
 * The kobject is a part of the area, and areas are a static array: when the
 * last reference goes there is nothing to free.
 */
static void area_release(struct kobject *kobj)
{
}

static const struct kobj_type area_ktype = {
	.release = area_release,
	.sysfs_ops = &kobj_sysfs_ops,
	.default_groups = area_groups,
};

static int __init cma_sysfs_init(void)
{
	struct kobject *root;
	unsigned int i;

	root = kobject_create_and_add("cma", mm_kobj);
	if (!root)
		return -ENOMEM;

	for (i = 0; i < cma_area_count; i++) {
		struct cma *cma = &cma_areas[i];
		int err;

		err = kobject_init_and_add(&cma->kobj, &area_ktype, root, "%s",
					   cma->name);
		if (err) {
			pr_warn("%s: no directory in sysfs, error %d\n",
				cma->name, err);
			kobject_put(&cma->kobj);
		}
	}
	return 0;
}
subsys_initcall(cma_sysfs_init);
