/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the host tells a guest's program, through the environment:
 *
 *	BENCH_REQUESTS	how many requests a cell gets
 *	BENCH_CELLS	the cells that are wanted, separated by commas; empty: all
 *	BENCH_RUN	which run this is, from 1 on
 */
#ifndef BENCH_JOB_H
#define BENCH_JOB_H

#include <stdbool.h>
#include <stdint.h>

unsigned int job_requests(void);
bool job_wants(const char *cell);

/**
 * struct lot - what is drawn by lot, the same in each boot of the same run
 * @state: of the generator
 */
struct lot {
	uint64_t state;
};

struct lot job_lot(void);
uint32_t draw_below(struct lot *lot, uint32_t limit);

#endif /* BENCH_JOB_H */
