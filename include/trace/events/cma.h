/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM cma

#if !defined(_TRACE_CMA_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_CMA_H

#include <linux/mm_types.h>
#include <linux/tracepoint.h>

/*
 * One request: cma_alloc_start, cma_alloc_busy_retry for each window that was
 * given up, cma_alloc_finish; cma_alloc_blocked if it failed because of a page.
 * Then, some time, cma_release.
 */

TRACE_EVENT(cma_alloc_start,

	TP_PROTO(const char *name,
		 unsigned long count, unsigned int align),

	TP_ARGS(name, count, align),

	TP_STRUCT__entry(
		__field(unsigned int, align)
		__field(unsigned long, count)
		__string(name, name)
	),

	TP_fast_assign(
		__entry->align = align;
		__entry->count = count;
		__assign_str(name);
	),

	TP_printk("name=%s count=%lu align=%u",
		  __get_str(name), __entry->count, __entry->align)
);

TRACE_EVENT(cma_alloc_busy_retry,

	TP_PROTO(const char *name,
		 unsigned long pfn, const struct page *page,
		 unsigned long count, unsigned int align),

	TP_ARGS(name, pfn, page, count, align),

	TP_STRUCT__entry(
		__field(unsigned int, align)
		__field(unsigned long, count)
		__field(const struct page *, page)
		__field(unsigned long, pfn)
		__string(name, name)
	),

	TP_fast_assign(
		__entry->align = align;
		__entry->count = count;
		__entry->page = page;
		__entry->pfn = pfn;
		__assign_str(name);
	),

	TP_printk("name=%s pfn=0x%lx page=%p count=%lu align=%u",
		  __get_str(name), __entry->pfn, __entry->page,
		  __entry->count, __entry->align)
);

TRACE_EVENT(cma_alloc_finish,

	TP_PROTO(const char *name,
		 unsigned long pfn, const struct page *page,
		 unsigned long count, unsigned int align, int errorno),

	TP_ARGS(name, pfn, page, count, align, errorno),

	TP_STRUCT__entry(
		__field(int, errorno)
		__field(unsigned int, align)
		__field(unsigned long, count)
		__field(const struct page *, page)
		__field(unsigned long, pfn)
		__string(name, name)
	),

	TP_fast_assign(
		__entry->errorno = errorno;
		__entry->align = align;
		__entry->count = count;
		__entry->page = page;
		__entry->pfn = pfn;
		__assign_str(name);
	),

	TP_printk("name=%s pfn=0x%lx page=%p count=%lu align=%u errorno=%d",
		  __get_str(name), __entry->pfn, __entry->page,
		  __entry->count, __entry->align, __entry->errorno)
);

TRACE_EVENT(cma_alloc_blocked,

	TP_PROTO(const char *name, unsigned long pfn, unsigned long count,
		 unsigned int align, const char *kind, unsigned int windows,
		 s64 us),

	TP_ARGS(name, pfn, count, align, kind, windows, us),

	TP_STRUCT__entry(
		__string(name, name)
		__field(unsigned long, pfn)
		__field(unsigned long, count)
		__field(unsigned int, align)
		__string(kind, kind)
		__field(unsigned int, windows)
		__field(s64, us)
	),

	TP_fast_assign(
		__assign_str(name);
		__entry->pfn = pfn;
		__entry->count = count;
		__entry->align = align;
		__assign_str(kind);
		__entry->windows = windows;
		__entry->us = us;
	),

	TP_printk("name=%s pfn=0x%lx count=%lu align=%u kind=%s windows=%u us=%lld",
		  __get_str(name), __entry->pfn, __entry->count,
		  __entry->align, __get_str(kind), __entry->windows,
		  __entry->us)
);

TRACE_EVENT(cma_release,

	TP_PROTO(const char *name,
		 unsigned long pfn, const struct page *page,
		 unsigned long count),

	TP_ARGS(name, pfn, page, count),

	TP_STRUCT__entry(
		__field(unsigned long, count)
		__field(const struct page *, page)
		__field(unsigned long, pfn)
		__string(name, name)
	),

	TP_fast_assign(
		__entry->count = count;
		__entry->page = page;
		__entry->pfn = pfn;
		__assign_str(name);
	),

	TP_printk("name=%s pfn=0x%lx page=%p count=%lu",
		  __get_str(name), __entry->pfn, __entry->page,
		  __entry->count)
);

#endif /* _TRACE_CMA_H */

#include <trace/define_trace.h>
