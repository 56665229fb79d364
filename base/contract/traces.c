// SPDX-License-Identifier: GPL-2.0
/* The tracepoints that probes may attach to, by their exact types: see contract.c. */
#include <linux/build_bug.h>
#include <linux/compiler_types.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <trace/events/cma.h>
#include <trace/events/kmem.h>
#include <trace/events/page_isolation.h>

/* The tracepoint has this type, and somebody refers to it. */
#define TRACEPOINT(name, ...)						\
	static_assert(__same_type(trace_##name, void(__VA_ARGS__)));	\
	void *contract_trace_##name = trace_##name

TRACEPOINT(cma_alloc_start, const char *, unsigned long, unsigned int);
TRACEPOINT(cma_alloc_finish, const char *, unsigned long, const struct page *,
	   unsigned long, unsigned int, int);
TRACEPOINT(cma_alloc_busy_retry, const char *, unsigned long, const struct page *,
	   unsigned long, unsigned int);
TRACEPOINT(cma_release, const char *, unsigned long, const struct page *,
	   unsigned long);
TRACEPOINT(test_pages_isolated, unsigned long, unsigned long, unsigned long);

#ifdef CONFIG_CONTIG_ALLOC
TRACEPOINT(mm_alloc_contig_migrate_range_info, unsigned long, unsigned long,
	   unsigned long, unsigned long, unsigned long, int);
#endif
