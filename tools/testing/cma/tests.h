/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CMA_TEST_TESTS_H
#define _CMA_TEST_TESTS_H

void test_activation_cases(void);
void test_deadline_cases(void);
void test_boots(unsigned long seed, unsigned long iterations);
void test_option_cases(void);
void test_place_cases(void);
void test_place_exhaustive(void);
void test_place_random(unsigned long seed, unsigned long iterations);
void test_place_fill(unsigned long seed);
void test_stuck_cases(void);
void test_rounds_cases(void);
void test_rounds(unsigned long seed, unsigned long iterations);

#endif /* _CMA_TEST_TESTS_H */
