/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CMA_TEST_BOOT_RANDOM_H
#define _CMA_TEST_BOOT_RANDOM_H

struct boot;

void boot_random_tree(struct boot *boot);

/* A boot that a fuzzer has made up */
void boot_fuzz(struct boot *boot);

#endif /* _CMA_TEST_BOOT_RANDOM_H */
