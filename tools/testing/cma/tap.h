/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Results in the Test Anything Protocol, and a count of them at the end.
 */
#ifndef _CMA_TEST_TAP_H
#define _CMA_TEST_TAP_H

#include <stdbool.h>
#include <linux/compiler_attributes.h>

void tap_result(bool ok, const char *format, ...) __printf(2, 3);
void tap_note(const char *format, ...) __printf(1, 2);
void tap_bail_out(const char *reason);
int tap_finish(void);

#endif /* _CMA_TEST_TAP_H */
