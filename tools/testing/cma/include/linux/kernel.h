/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the kernel's parsers of the command line promise: see lib/cmdline.c.
 */
#ifndef _CMA_TEST_LINUX_KERNEL_H
#define _CMA_TEST_LINUX_KERNEL_H

#include <stdlib.h>
#include <string.h>
#include <linux/types.h>

/* A number in any base, and one of the suffixes, which is skipped */
static inline unsigned long long memparse(const char *text, char **end)
{
	static const char suffixes[] = "KMGTPE";
	unsigned long long value = strtoull(text, end, 0);
	const char *suffix = **end ? strchr(suffixes, **end & ~0x20) : NULL;

	if (!suffix || !(**end & 0x40))
		return value;
	(*end)++;
	return value << 10 * (suffix - suffixes + 1);
}

#endif /* _CMA_TEST_LINUX_KERNEL_H */
