/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CMA_TEST_FUZZ_H
#define _CMA_TEST_FUZZ_H

#include <linux/types.h>

/* The Makefile has it called what libFuzzer expects. */
int cma_fuzz(const u8 *data, size_t size);

#endif /* _CMA_TEST_FUZZ_H */
