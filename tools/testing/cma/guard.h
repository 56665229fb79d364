/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Crashes and hangs of what is tested: the run ends, but says what was tried.
 */
#ifndef _CMA_TEST_GUARD_H
#define _CMA_TEST_GUARD_H

void guard_install(void);
void guard_begin(const char *(*text)(const void *tried), const void *tried);
/* The same is tried another time. */
void guard_again(void);
void guard_end(void);

#endif /* _CMA_TEST_GUARD_H */
