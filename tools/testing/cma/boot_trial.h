/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A boot with a command line and a device tree, and what is true of what comes of it.
 */
#ifndef _CMA_TEST_BOOT_TRIAL_H
#define _CMA_TEST_BOOT_TRIAL_H

#include <stdbool.h>
#include <linux/types.h>

#define BOOT_MAX_NODES	6
#define BOOT_MAX_REG	48
#define BOOT_FIRMWARE	0x46000000
#define BOOT_FIRMWARE_SIZE	0x00120000
/* CONFIG_CMA_AREAS */
#define BOOT_MAX_AREAS	16

/**
 * struct boot_node - a child of /reserved-memory
 * @area: it is compatible with shared-dma-pool
 * @reusable: it says so
 * @no_map: likewise
 * @is_default: likewise, linux,cma-default
 * @status: what it says of that, or NULL
 * @reg: bytes of that property
 * @reg_len: how many
 */
struct boot_node {
	bool area;
	bool reusable;
	bool no_map;
	bool is_default;
	const char *status;
	u8 reg[BOOT_MAX_REG];
	int reg_len;
};

/**
 * struct boot - what a boot is told
 * @nr_others: areas that somebody else has made before
 * @limit: how far DMA reaches: the last byte, or the one behind it, or 0
 * @unmapped: firmware has the memory from %BOOT_FIRMWARE on
 * @cma: behind cma=; NULL if there is no such option
 * @numa: behind numa_cma=, likewise
 * @pernuma: behind cma_pernuma=, likewise
 * @nr_nodes: how many of @node there are
 * @node: they
 */
struct boot {
	unsigned int nr_others;
	u64 limit;
	bool unmapped;
	const char *cma;
	const char *numa;
	const char *pernuma;
	int nr_nodes;
	struct boot_node node[BOOT_MAX_NODES];
};

/* What is true of every boot; the sentences are in boot_sentences[]. */
enum boot_promise {
	TAKES_WHAT_MAKES_SENSE,
	RESERVES_AS_ASKED,
	RESERVES_IF_IT_FITS,
	RESERVES_NO_MORE,
	NODES_AS_ASKED,
	TREE_AS_ASKED,
	SAYS_WHY_NOT,
	NR_BOOT_PROMISES
};

extern const char * const boot_sentences[NR_BOOT_PROMISES];

enum boot_promise boot_run(const struct boot *boot);
const char *boot_text(const struct boot *boot);

#endif /* _CMA_TEST_BOOT_TRIAL_H */
