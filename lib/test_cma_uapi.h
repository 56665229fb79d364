/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * What user space asks of lib/test_cma.c through /dev/test_cma.
 *
 * An object is memory that the driver holds for one open file: a DMA buffer,
 * pages, a range of page frames, pinned user pages.  TEST_CMA_ALLOC makes one
 * and returns its id, TEST_CMA_FREE ends it, and closing the file ends all
 * that are left.  Several threads may work on one file at the same time.
 *
 *	kind			made with		given back with
 *	TEST_CMA_DMA		dma_alloc_attrs()	dma_free_attrs()
 *	TEST_CMA_PAGES		dma_alloc_pages()	dma_free_pages()
 *	TEST_CMA_RANGE		alloc_contig_range()	free_contig_range()
 *	TEST_CMA_BUDDY		alloc_page(), each	__free_page(), each
 *	TEST_CMA_PIN		pin_user_pages_fast()	unpin_user_pages()
 *	TEST_CMA_STRAY		alloc_page(), each	__free_page(), each
 *	TEST_CMA_LOCK		folio_trylock()		folio_unlock()
 *	TEST_CMA_WRITEBACK	folio_start_writeback()	folio_end_writeback()
 *
 * mmap() with offset id * page size shows an object of the first three kinds
 * to user space.  It cannot be freed while it is mapped.
 *
 * All sizes and offsets are in bytes, times in nanoseconds.  Fields marked
 * "in" are read, "out" are written.  Every request returns 0, or -1 with errno:
 * EINVAL for fields that make no sense, ENOENT for an id that is not there,
 * EBUSY for an object in use, else what the kernel's allocator said (ENOMEM
 * when it returns no more than NULL).
 */
#ifndef _TEST_CMA_UAPI_H
#define _TEST_CMA_UAPI_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define TEST_CMA_DEVICE	"/dev/test_cma"

/**
 * enum test_cma_kind - where an object's memory comes from
 * @TEST_CMA_DMA: a DMA buffer, with the attributes of &enum test_cma_flags
 * @TEST_CMA_PAGES: pages that follow one another, from the DMA API
 * @TEST_CMA_RANGE: the page frames from test_cma_alloc.phys on, whoever has
 *	them now
 * @TEST_CMA_BUDDY: unmovable pages one by one, as most of the kernel takes them
 * @TEST_CMA_PIN: user pages from test_cma_alloc.uaddr on
 * @TEST_CMA_STRAY: pages one by one that are asked for as movable and are not: a
 *	driver that does not keep the rules, and marks them reserved
 * @TEST_CMA_LOCK: the user page at test_cma_alloc.uaddr, locked: a file's, or
 *	anonymous and then also pinned
 * @TEST_CMA_WRITEBACK: the user page at test_cma_alloc.uaddr, under writeback: that
 *	of a file on a disk
 *
 * The last two are one page for each object, which may be unmapped meanwhile.  Its
 * file is kept open.  Whoever truncates or syncs it, or faults the page in, waits
 * until the object ends; EBUSY if somebody else has the page so already.
 */
enum test_cma_kind {
	TEST_CMA_DMA,
	TEST_CMA_PAGES,
	TEST_CMA_RANGE,
	TEST_CMA_BUDDY,
	TEST_CMA_PIN,
	TEST_CMA_STRAY,
	TEST_CMA_LOCK,
	TEST_CMA_WRITEBACK,
};

/**
 * enum test_cma_flags - how to allocate; any of them together
 * @TEST_CMA_COHERENT_DEV: for the device whose accesses snoop the caches, which
 *	takes the generic code's way and not the architecture's
 * @TEST_CMA_WRITE_COMBINE: DMA_ATTR_WRITE_COMBINE
 * @TEST_CMA_NO_KERNEL_MAPPING: DMA_ATTR_NO_KERNEL_MAPPING
 * @TEST_CMA_FORCE_CONTIGUOUS: DMA_ATTR_FORCE_CONTIGUOUS
 * @TEST_CMA_ATOMIC: GFP_ATOMIC instead of GFP_KERNEL
 * @TEST_CMA_NORETRY: __GFP_NORETRY
 * @TEST_CMA_RETRY_MAYFAIL: __GFP_RETRY_MAYFAIL
 * @TEST_CMA_NOWARN: no message when it fails
 * @TEST_CMA_LONGTERM: FOLL_LONGTERM, for %TEST_CMA_PIN
 */
enum test_cma_flags {
	TEST_CMA_COHERENT_DEV		= 1 << 0,
	TEST_CMA_WRITE_COMBINE		= 1 << 1,
	TEST_CMA_NO_KERNEL_MAPPING	= 1 << 2,
	TEST_CMA_FORCE_CONTIGUOUS	= 1 << 3,
	TEST_CMA_ATOMIC			= 1 << 4,
	TEST_CMA_NORETRY		= 1 << 5,
	TEST_CMA_RETRY_MAYFAIL		= 1 << 6,
	TEST_CMA_NOWARN			= 1 << 7,
	TEST_CMA_LONGTERM		= 1 << 8,
};

/**
 * struct test_cma_alloc - make an object
 * @kind: in: &enum test_cma_kind
 * @flags: in: &enum test_cma_flags
 * @size: in: bytes, rounded up to whole pages by the allocators
 * @uaddr: in: %TEST_CMA_PIN, %TEST_CMA_LOCK, %TEST_CMA_WRITEBACK: the first user
 *	address, page aligned
 * @phys: in: %TEST_CMA_RANGE: the first physical address, page aligned;
 *	out: the object's first physical address
 * @dma_addr: out: what a device would use, for the two DMA kinds
 * @contiguous: out: how many bytes from @phys on really follow one another,
 *	told from each page of the kernel's mapping by itself (a buffer without
 *	such a mapping: from its DMA address)
 * @time_ns: out: how long the allocator took
 * @id: out: the object, larger than 0
 * @device: in: for the two DMA kinds, 0 for one of the driver's own two devices,
 *	N for the Nth device that is compatible with "linux,test-cma" in the
 *	device tree, which may have a memory-region
 */
struct test_cma_alloc {
	__u32 kind;
	__u32 flags;
	__u64 size;
	__u64 uaddr;
	__u64 phys;
	__u64 dma_addr;
	__u64 contiguous;
	__u64 time_ns;
	__u32 id;
	__u32 device;
};

/**
 * struct test_cma_free - end an object, or give a part of it back
 * @id: in: the object
 * @flags: in: &enum test_cma_free_flags
 * @offset: in: where the part begins, counted from the object's first page
 * @size: in: how much; 0 for all that is left of the object
 * @time_ns: out: how long the allocator took
 *
 * %TEST_CMA_RANGE, and %TEST_CMA_PAGES that came from an area, can be given back
 * in parts, from either end of what is left.  Offsets into the remaining object
 * do not change.
 */
struct test_cma_free {
	__u32 id;
	__u32 flags;
	__u64 offset;
	__u64 size;
	__u64 time_ns;
};

/**
 * enum test_cma_free_flags - releases that are not the plain one
 * @TEST_CMA_FOREIGN: end a %TEST_CMA_BUDDY object through dma_free_pages(): the
 *	DMA layer has to see that no area owns the pages, and pass them on
 * @TEST_CMA_WRONG: give @offset and @size to dma_free_pages() although nothing
 *	of that kind was allocated (for %TEST_CMA_PAGES, @size not 0).  A kernel
 *	that notices refuses and says so, and the object stays what it was; on a
 *	kernel that does not notice, memory is corrupted.
 */
enum test_cma_free_flags {
	TEST_CMA_FOREIGN	= 1 << 0,
	TEST_CMA_WRONG		= 1 << 1,
};

/**
 * struct test_cma_data - fill an object from the kernel's side, or check it
 * @id: in: the object
 * @seed: in: which pattern
 * @offset: in: where to begin, a multiple of 4
 * @size: in: how much, a multiple of 4; 0 for all behind @offset
 * @bad_words: out: TEST_CMA_CHECK: words that differ
 * @bad_offset: out: TEST_CMA_CHECK: offset of the first of them
 *
 * The 32-bit word at offset N, in the machine's byte order, is
 * test_cma_word(seed, N / 4).
 */
struct test_cma_data {
	__u32 id;
	__u32 seed;
	__u64 offset;
	__u64 size;
	__u64 bad_words;
	__u64 bad_offset;
};

/**
 * test_cma_word() - one word of a pattern
 * @seed: which pattern; seed 0 is all zeroes
 * @index: how many words come before it
 *
 * Return: the word.  No two words of a pattern are equal, and neither are those
 * at the same place of two patterns.
 */
static inline __u32 test_cma_word(__u32 seed, __u32 index)
{
	return seed ? (index + seed * 0x9e3779b1u) * 0x85ebca6bu : 0;
}

/**
 * enum test_cma_where - an address to ask about
 * @TEST_CMA_KERNEL: the kernel's own mapping of object @id at offset @addr
 * @TEST_CMA_LINEAR: the kernel's linear mapping of the physical address @addr
 * @TEST_CMA_USER: the address @addr of the calling process
 */
enum test_cma_where {
	TEST_CMA_KERNEL,
	TEST_CMA_LINEAR,
	TEST_CMA_USER,
};

/**
 * enum test_cma_memtype - how an address is mapped
 * @TEST_CMA_UNMAPPED: not at all
 * @TEST_CMA_CACHED: normal memory, write-back (or write-through) caches
 * @TEST_CMA_UNCACHED: normal memory that bypasses the caches; writes may be
 *	merged
 * @TEST_CMA_ORDERED: strongly ordered or device memory
 */
enum test_cma_memtype {
	TEST_CMA_UNMAPPED,
	TEST_CMA_CACHED,
	TEST_CMA_UNCACHED,
	TEST_CMA_ORDERED,
};

/**
 * struct test_cma_mapping - what the page tables say about an address
 * @where: in: &enum test_cma_where
 * @id: in: %TEST_CMA_KERNEL: the object
 * @addr: in: an offset, a physical or a virtual address, after @where
 * @phys: out: the physical address behind it
 * @unit: out: the size of the table entry that maps it
 * @memtype: out: &enum test_cma_memtype
 * @pad: not used
 *
 * EOPNOTSUPP on architectures whose tables the driver cannot read.
 */
struct test_cma_mapping {
	__u32 where;
	__u32 id;
	__u64 addr;
	__u64 phys;
	__u64 unit;
	__u32 memtype;
	__u32 pad;
};

/**
 * struct test_cma_page - one page of an object
 * @id: in: the object
 * @pad: not used
 * @offset: in: where in the object
 * @phys: out: its physical address
 */
struct test_cma_page {
	__u32 id;
	__u32 pad;
	__u64 offset;
	__u64 phys;
};

/**
 * struct test_cma_copy - copy one object to another, as migration copies pages
 * @from: in: a %TEST_CMA_BUDDY object
 * @to: in: another one of the same size
 * @time_ns: out: how long copy_highpage() took for all of it: nobody who moves
 *	so many pages can be faster
 */
struct test_cma_copy {
	__u32 from;
	__u32 to;
	__u64 time_ns;
};

/**
 * struct test_cma_frame - who refers to a page frame, whoever has it
 * @phys: in: its physical address
 * @refs: out: references to the folio that it is part of; 0 for a free page
 * @known_refs: out: how many of them mappings, the page or swap cache and private
 *	data account for. Who has the others keeps the folio from being moved
 *
 * A snapshot of what may be changing, for statistics and for tests that keep the
 * page still.
 */
struct test_cma_frame {
	__u64 phys;
	__u32 refs;
	__u32 known_refs;
};

/**
 * struct test_cma_watch - watch for how long interrupts are off
 * @period_ns: in: let a timer interrupt come that often from now on, on this CPU;
 *	0: stop it
 * @worst_ns: out: how late it was at the worst since it was started. That is the
 *	longest time with interrupts off, short of a period at the most, and
 *	more by what handling an interrupt takes
 *
 * There is one such timer for all who have the device open. One that comes more
 * often than every %TEST_CMA_WATCH_MIN_NS leaves no time for anything else.
 */
struct test_cma_watch {
	__u64 period_ns;
	__u64 worst_ns;
};

#define TEST_CMA_WATCH_MIN_NS	5000

#define TEST_CMA_ALLOC		_IOWR('C', 0xc0, struct test_cma_alloc)
#define TEST_CMA_FREE		_IOWR('C', 0xc1, struct test_cma_free)
#define TEST_CMA_FILL		_IOWR('C', 0xc2, struct test_cma_data)
#define TEST_CMA_CHECK		_IOWR('C', 0xc3, struct test_cma_data)
#define TEST_CMA_MAPPING	_IOWR('C', 0xc4, struct test_cma_mapping)
#define TEST_CMA_PAGE		_IOWR('C', 0xc5, struct test_cma_page)
#define TEST_CMA_COPY		_IOWR('C', 0xc6, struct test_cma_copy)
#define TEST_CMA_FRAME		_IOWR('C', 0xc7, struct test_cma_frame)
#define TEST_CMA_WATCH		_IOWR('C', 0xc8, struct test_cma_watch)

#endif /* _TEST_CMA_UAPI_H */
