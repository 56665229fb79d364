// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_cma: contiguous memory on request from user space
 *
 * The selftests and demonstrations of the contiguous memory allocator need a
 * driver that asks for DMA buffers like any other, and that tells what it got:
 * addresses, contents, attributes of the mapping, time.  This one is driven
 * through ioctls on /dev/test_cma (see test_cma_uapi.h) and uses nothing but
 * the interfaces that every module has.
 *
 * An object's life: test_cma_alloc() makes it and enters it into the file's
 * xarray with one reference.  Requests and user mappings that work on it hold
 * one more each.  Whoever wants to free it must own the last one
 * (test_cma_claim()), so that memory in use is never given back.
 */
#include <linux/backing-dev.h>
#include <linux/dma-direct.h>
#include <linux/dma-map-ops.h>
#include <linux/file.h>
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/hrtimer.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/of.h>
#include <linux/of_reserved_mem.h>
#include <linux/pagemap.h>
#include <linux/platform_device.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <linux/xarray.h>

#include "test_cma_mapping.h"
#include "test_cma_uapi.h"

#define TEST_CMA_MAX_OBJECTS	65535
#define TEST_CMA_MAX_OF_DEVICES	8

#define TEST_CMA_ALL_FLAGS \
	(TEST_CMA_COHERENT_DEV | TEST_CMA_WRITE_COMBINE | \
	 TEST_CMA_NO_KERNEL_MAPPING | TEST_CMA_FORCE_CONTIGUOUS | \
	 TEST_CMA_ATOMIC | TEST_CMA_NORETRY | TEST_CMA_RETRY_MAYFAIL | \
	 TEST_CMA_NOWARN | TEST_CMA_LONGTERM)

/**
 * struct test_cma_object - memory held for one open file
 * @ref: one for the file's xarray, one for each request or mapping in progress;
 *	0 while somebody is freeing
 * @kind: where the memory comes from
 * @flags: as asked for by user space
 * @begin: offset in bytes of what is left from the front
 * @end: offset in bytes behind what is left
 * @dev: the device it was allocated for, for the DMA kinds
 * @cpu: kernel address of a DMA buffer, or the cookie of one without mapping
 * @dma: the DMA address, for the DMA kinds
 * @page: the first page at offset 0, for the kinds that are one run of pages
 * @pages: each page, for the kinds that are not
 * @file: whose page cache @page is in, for the kinds that keep it from others
 */
struct test_cma_object {
	refcount_t ref;
	enum test_cma_kind kind;
	u32 flags;
	size_t begin;
	size_t end;
	struct device *dev;
	void *cpu;
	dma_addr_t dma;
	struct page *page;
	struct page **pages;
	struct file *file;
};

/**
 * union test_cma_request - what an ioctl brings and takes back
 * @alloc: %TEST_CMA_ALLOC
 * @free: %TEST_CMA_FREE
 * @data: %TEST_CMA_FILL, %TEST_CMA_CHECK
 * @mapping: %TEST_CMA_MAPPING
 * @page: %TEST_CMA_PAGE
 * @copy: %TEST_CMA_COPY
 * @frame: %TEST_CMA_FRAME
 * @watch: %TEST_CMA_WATCH
 */
union test_cma_request {
	struct test_cma_alloc alloc;
	struct test_cma_free free;
	struct test_cma_data data;
	struct test_cma_mapping mapping;
	struct test_cma_page page;
	struct test_cma_copy copy;
	struct test_cma_frame frame;
	struct test_cma_watch watch;
};

/**
 * struct test_cma_ops - what differs from kind to kind
 * @alloc: take the memory that the request describes; 0 or an error.  Stores
 *	the time that the allocator took in test_cma_alloc.time_ns
 * @release: give [offset, offset + size) back, which is all that is left when
 *	@splits is not set
 * @splits: parts can be released
 */
struct test_cma_ops {
	int (*alloc)(struct test_cma_object *obj, struct test_cma_alloc *req);
	void (*release)(struct test_cma_object *obj, size_t offset, size_t size);
	bool splits;
};

static int test_cma_node = NUMA_NO_NODE;
module_param_named(node, test_cma_node, int, 0444);
MODULE_PARM_DESC(node, "NUMA node of the two devices, which reach all memory then");

/* The device that needs cache maintenance, and the one that snoops. */
static struct platform_device *test_cma_pdev[2];

/* The devices that the device tree describes, in its order */
static struct device *test_cma_of_dev[TEST_CMA_MAX_OF_DEVICES];
static u32 test_cma_of_count;

static struct device *test_cma_dev(const struct test_cma_alloc *req)
{
	if (req->device)
		return test_cma_of_dev[req->device - 1];
	return &test_cma_pdev[!!(req->flags & TEST_CMA_COHERENT_DEV)]->dev;
}

static gfp_t test_cma_gfp(u32 flags)
{
	gfp_t gfp = flags & TEST_CMA_ATOMIC ? GFP_ATOMIC : GFP_KERNEL;

	if (flags & TEST_CMA_NORETRY)
		gfp |= __GFP_NORETRY;
	if (flags & TEST_CMA_RETRY_MAYFAIL)
		gfp |= __GFP_RETRY_MAYFAIL;
	if (flags & TEST_CMA_NOWARN)
		gfp |= __GFP_NOWARN;
	return gfp;
}

static unsigned long test_cma_attrs(u32 flags)
{
	unsigned long attrs = 0;

	if (flags & TEST_CMA_WRITE_COMBINE)
		attrs |= DMA_ATTR_WRITE_COMBINE;
	if (flags & TEST_CMA_NO_KERNEL_MAPPING)
		attrs |= DMA_ATTR_NO_KERNEL_MAPPING;
	if (flags & TEST_CMA_FORCE_CONTIGUOUS)
		attrs |= DMA_ATTR_FORCE_CONTIGUOUS;
	if (flags & TEST_CMA_NOWARN)
		attrs |= DMA_ATTR_NO_WARN;
	return attrs;
}

/* TEST_CMA_DMA */

static int test_cma_dma_alloc(struct test_cma_object *obj,
			      struct test_cma_alloc *req)
{
	u64 start = ktime_get_ns();

	obj->cpu = dma_alloc_attrs(obj->dev, req->size, &obj->dma,
				   test_cma_gfp(req->flags),
				   test_cma_attrs(req->flags));
	req->time_ns = ktime_get_ns() - start;
	return obj->cpu ? 0 : -ENOMEM;
}

static void test_cma_dma_release(struct test_cma_object *obj, size_t offset,
				 size_t size)
{
	dma_free_attrs(obj->dev, size, obj->cpu, obj->dma,
		       test_cma_attrs(obj->flags));
}

/* TEST_CMA_PAGES */

static int test_cma_pages_alloc(struct test_cma_object *obj,
				struct test_cma_alloc *req)
{
	u64 start = ktime_get_ns();

	obj->page = dma_alloc_pages(obj->dev, req->size, &obj->dma,
				    DMA_BIDIRECTIONAL,
				    test_cma_gfp(req->flags));
	req->time_ns = ktime_get_ns() - start;
	return obj->page ? 0 : -ENOMEM;
}

static void test_cma_pages_release(struct test_cma_object *obj, size_t offset,
				   size_t size)
{
	dma_free_pages(obj->dev, size, obj->page + (offset >> PAGE_SHIFT),
		       obj->dma + offset, DMA_BIDIRECTIONAL);
}

/* TEST_CMA_RANGE */

static bool test_cma_pfns_valid(unsigned long pfn, unsigned long count)
{
	unsigned long end = pfn + count;

	if (end <= pfn)
		return false;
	for (; pfn < end; pfn++)
		if (!pfn_valid(pfn))
			return false;
	return true;
}

static int test_cma_range_alloc(struct test_cma_object *obj,
				struct test_cma_alloc *req)
{
	unsigned long pfn = PHYS_PFN(req->phys);
	unsigned long count = PHYS_PFN(obj->end);
	u64 start;
	int ret;

	if (PFN_PHYS(pfn) != req->phys || !test_cma_pfns_valid(pfn, count))
		return -EINVAL;

	start = ktime_get_ns();
	ret = alloc_contig_range(pfn, pfn + count, MIGRATE_MOVABLE,
				 test_cma_gfp(req->flags));
	req->time_ns = ktime_get_ns() - start;
	obj->page = pfn_to_page(pfn);
	return ret;
}

static void test_cma_range_release(struct test_cma_object *obj, size_t offset,
				   size_t size)
{
	free_contig_range(page_to_pfn(obj->page) + PHYS_PFN(offset),
			  PHYS_PFN(size));
}

/* TEST_CMA_BUDDY, TEST_CMA_STRAY and TEST_CMA_PIN */

static int test_cma_new_pages(struct test_cma_object *obj)
{
	obj->pages = kvcalloc(PHYS_PFN(obj->end), sizeof(*obj->pages),
			      GFP_KERNEL);
	return obj->pages ? 0 : -ENOMEM;
}

static void test_cma_buddy_release(struct test_cma_object *obj, size_t offset,
				   size_t size)
{
	unsigned long i;

	for (i = 0; i < PHYS_PFN(size) && obj->pages[i]; i++)
		__free_page(obj->pages[i]);
	kvfree(obj->pages);
}

static int test_cma_buddy_alloc(struct test_cma_object *obj,
				struct test_cma_alloc *req)
{
	unsigned long count = PHYS_PFN(obj->end), i;
	gfp_t gfp = test_cma_gfp(req->flags);
	u64 start;

	if (obj->kind == TEST_CMA_STRAY)
		gfp |= __GFP_HIGHMEM | __GFP_MOVABLE;
	if (test_cma_new_pages(obj))
		return -ENOMEM;

	start = ktime_get_ns();
	for (i = 0; i < count && !fatal_signal_pending(current); i++) {
		obj->pages[i] = alloc_page(gfp);
		if (!obj->pages[i])
			break;
	}
	req->time_ns = ktime_get_ns() - start;
	if (i == count)
		return 0;
	test_cma_buddy_release(obj, 0, obj->end);
	return -ENOMEM;
}

static int test_cma_stray_alloc(struct test_cma_object *obj,
				struct test_cma_alloc *req)
{
	int ret = test_cma_buddy_alloc(obj, req);
	unsigned long i;

	for (i = 0; !ret && i < PHYS_PFN(obj->end); i++)
		SetPageReserved(obj->pages[i]);
	return ret;
}

static void test_cma_stray_release(struct test_cma_object *obj, size_t offset,
				   size_t size)
{
	unsigned long i;

	for (i = 0; i < PHYS_PFN(size); i++)
		ClearPageReserved(obj->pages[i]);
	test_cma_buddy_release(obj, offset, size);
}

static int test_cma_pin_alloc(struct test_cma_object *obj,
			      struct test_cma_alloc *req)
{
	unsigned int gup = FOLL_WRITE;
	int count = PHYS_PFN(obj->end);
	u64 start;
	int got;

	if (!PAGE_ALIGNED(req->uaddr) || req->uaddr > ULONG_MAX)
		return -EINVAL;
	if (req->flags & TEST_CMA_LONGTERM)
		gup |= FOLL_LONGTERM;
	if (test_cma_new_pages(obj))
		return -ENOMEM;

	start = ktime_get_ns();
	got = pin_user_pages_fast(req->uaddr, count, gup, obj->pages);
	req->time_ns = ktime_get_ns() - start;
	if (got == count)
		return 0;

	if (got > 0)
		unpin_user_pages(obj->pages, got);
	kvfree(obj->pages);
	return got < 0 ? got : -EFAULT;
}

static void test_cma_pin_release(struct test_cma_object *obj, size_t offset,
				 size_t size)
{
	unpin_user_pages_dirty_lock(obj->pages, PHYS_PFN(size), true);
	kvfree(obj->pages);
}

/*
 * TEST_CMA_LOCK and TEST_CMA_WRITEBACK
 *
 * A folio of the page cache that is locked, or under writeback, stays there until
 * that is over, without a reference of ours, as during any I/O: a page that is
 * merely waited for must not look like one that is held.  Who would free the file's
 * pages waits as well, so the file is kept open, or a process that dies could wait
 * for itself.  Anonymous memory may go away any time: there the pin stays.
 */
static struct file *test_cma_file_at(unsigned long uaddr)
{
	struct vm_area_struct *vma;
	struct file *file = NULL;

	mmap_read_lock(current->mm);
	vma = vma_lookup(current->mm, uaddr);
	if (vma && vma->vm_file)
		file = get_file(vma->vm_file);
	mmap_read_unlock(current->mm);
	return file;
}

/* Waits for nobody: two who lock several pages would wait for each other. */
static int test_cma_keep_folio(struct test_cma_object *obj)
{
	struct folio *folio = page_folio(obj->page);
	bool anon = folio_test_anon(folio);
	int ret = 0;

	if (!folio_trylock(folio))
		return -EBUSY;

	if (!anon && (!obj->file || folio->mapping != obj->file->f_mapping))
		ret = -EINVAL;
	else if (obj->kind == TEST_CMA_LOCK)
		return 0;
	else if (anon || !mapping_can_writeback(folio->mapping))
		ret = -EINVAL;
	else if (folio_test_writeback(folio))
		ret = -EBUSY;
	else
		folio_start_writeback(folio);
	folio_unlock(folio);
	return ret;
}

static void test_cma_put_file(struct test_cma_object *obj)
{
	if (obj->file)
		fput(obj->file);
	obj->file = NULL;
}

static int test_cma_lock_alloc(struct test_cma_object *obj,
			       struct test_cma_alloc *req)
{
	int ret;

	req->time_ns = 0;
	if (!PAGE_ALIGNED(req->uaddr) || req->uaddr >= TASK_SIZE ||
	    obj->end != PAGE_SIZE)
		return -EINVAL;
	obj->file = test_cma_file_at(req->uaddr);
	if (pin_user_pages_fast(req->uaddr, 1, 0, &obj->page) != 1) {
		test_cma_put_file(obj);
		return -EFAULT;
	}

	ret = test_cma_keep_folio(obj);
	if (ret || PageAnon(obj->page))
		test_cma_put_file(obj);
	if (ret || !PageAnon(obj->page))
		unpin_user_page(obj->page);
	return ret;
}

static void test_cma_lock_release(struct test_cma_object *obj, size_t offset,
				  size_t size)
{
	folio_unlock(page_folio(obj->page));
	if (obj->file)
		test_cma_put_file(obj);
	else
		unpin_user_page(obj->page);
}

static void test_cma_writeback_release(struct test_cma_object *obj,
				       size_t offset, size_t size)
{
	folio_end_writeback(page_folio(obj->page));
	test_cma_put_file(obj);
}

static const struct test_cma_ops test_cma_ops[] = {
	[TEST_CMA_DMA] = {
		.alloc = test_cma_dma_alloc,
		.release = test_cma_dma_release,
	},
	[TEST_CMA_PAGES] = {
		.alloc = test_cma_pages_alloc,
		.release = test_cma_pages_release,
		.splits = true,
	},
	[TEST_CMA_RANGE] = {
		.alloc = test_cma_range_alloc,
		.release = test_cma_range_release,
		.splits = true,
	},
	[TEST_CMA_BUDDY] = {
		.alloc = test_cma_buddy_alloc,
		.release = test_cma_buddy_release,
	},
	[TEST_CMA_PIN] = {
		.alloc = test_cma_pin_alloc,
		.release = test_cma_pin_release,
	},
	[TEST_CMA_STRAY] = {
		.alloc = test_cma_stray_alloc,
		.release = test_cma_stray_release,
	},
	[TEST_CMA_LOCK] = {
		.alloc = test_cma_lock_alloc,
		.release = test_cma_lock_release,
	},
	[TEST_CMA_WRITEBACK] = {
		.alloc = test_cma_lock_alloc,
		.release = test_cma_writeback_release,
	},
};

/* Objects, their references and their pages */

static struct test_cma_object *test_cma_get(struct xarray *objects, u32 id)
{
	struct test_cma_object *obj;

	xa_lock(objects);
	obj = xa_load(objects, id);
	if (!obj)
		obj = ERR_PTR(-ENOENT);
	else if (!refcount_inc_not_zero(&obj->ref))
		obj = ERR_PTR(-EBUSY);
	xa_unlock(objects);
	return obj;
}

/* The table's reference is never dropped here: see test_cma_claim(). */
static void test_cma_put(struct test_cma_object *obj)
{
	refcount_dec(&obj->ref);
}

/* From here on nobody else finds the object, until test_cma_unclaim(). */
static struct test_cma_object *test_cma_claim(struct xarray *objects, u32 id)
{
	struct test_cma_object *obj;

	xa_lock(objects);
	obj = xa_load(objects, id);
	if (!obj)
		obj = ERR_PTR(-ENOENT);
	else if (!refcount_dec_if_one(&obj->ref))
		obj = ERR_PTR(-EBUSY);
	xa_unlock(objects);
	return obj;
}

static void test_cma_unclaim(struct test_cma_object *obj)
{
	refcount_set(&obj->ref, 1);
}

static bool test_cma_has_mapping(const struct test_cma_object *obj)
{
	return obj->kind == TEST_CMA_DMA &&
	       !(obj->flags & TEST_CMA_NO_KERNEL_MAPPING);
}

static phys_addr_t test_cma_phys(const struct test_cma_object *obj,
				 size_t offset)
{
	void *cpu = obj->cpu + offset;

	if (obj->pages)
		return page_to_phys(obj->pages[PHYS_PFN(offset)]) +
		       offset_in_page(offset);
	if (obj->page)
		return page_to_phys(obj->page) + offset;
	if (!test_cma_has_mapping(obj))
		return dma_to_phys(obj->dev, obj->dma) + offset;
	if (is_vmalloc_addr(cpu))
		return page_to_phys(vmalloc_to_page(cpu)) + offset_in_page(cpu);
	return virt_to_phys(cpu);
}

static size_t test_cma_contiguous(const struct test_cma_object *obj)
{
	phys_addr_t first = test_cma_phys(obj, 0);
	size_t offset = 0;

	do {
		offset += PAGE_SIZE;
	} while (offset < obj->end &&
		 test_cma_phys(obj, offset) == first + offset);
	return offset;
}

/* The kernel's view of the page around @offset, for test_cma_unmap_page(). */
static u32 *test_cma_map_page(struct test_cma_object *obj, size_t offset)
{
	if (obj->kind == TEST_CMA_DMA)
		return obj->cpu + ALIGN_DOWN(offset, PAGE_SIZE);
	return kmap_local_page(pfn_to_page(PHYS_PFN(test_cma_phys(obj, offset))));
}

static void test_cma_unmap_page(struct test_cma_object *obj, u32 *words)
{
	if (obj->kind != TEST_CMA_DMA)
		kunmap_local(words);
}

/* Patterns */

static void test_cma_fill_words(u32 *words, u32 index, size_t count, u32 seed)
{
	size_t i;

	for (i = 0; i < count; i++)
		words[i] = test_cma_word(seed, index + i);
}

static void test_cma_check_words(const u32 *words, u32 index, size_t count,
				 struct test_cma_data *req)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (words[i] == test_cma_word(req->seed, index + i))
			continue;
		if (!req->bad_words++)
			req->bad_offset = (u64)(index + i) * sizeof(u32);
	}
}

static int test_cma_do_data(struct test_cma_object *obj,
			    struct test_cma_data *req, bool fill)
{
	size_t offset, end;
	u32 *words;

	if (obj->kind == TEST_CMA_DMA && !test_cma_has_mapping(obj))
		return -EOPNOTSUPP;
	if (req->offset < obj->begin || req->offset > obj->end ||
	    req->size > obj->end - req->offset ||
	    !IS_ALIGNED(req->offset | req->size, sizeof(u32)))
		return -EINVAL;

	offset = req->offset;
	end = req->size ? offset + req->size : obj->end;
	while (offset < end && !fatal_signal_pending(current)) {
		size_t next = min(ALIGN_DOWN(offset, PAGE_SIZE) + PAGE_SIZE, end);
		u32 index = offset / sizeof(u32);
		size_t count = (next - offset) / sizeof(u32);

		words = test_cma_map_page(obj, offset);
		if (fill)
			test_cma_fill_words(words + offset_in_page(offset) / sizeof(u32),
					    index, count, req->seed);
		else
			test_cma_check_words(words + offset_in_page(offset) / sizeof(u32),
					     index, count, req);
		test_cma_unmap_page(obj, words);
		offset = next;
		cond_resched();
	}
	return offset < end ? -EINTR : 0;
}

static int test_cma_data(struct xarray *objects, struct test_cma_data *req,
			 bool fill)
{
	struct test_cma_object *obj = test_cma_get(objects, req->id);
	int ret;

	if (IS_ERR(obj))
		return PTR_ERR(obj);

	req->bad_words = 0;
	req->bad_offset = 0;
	ret = test_cma_do_data(obj, req, fill);
	test_cma_put(obj);
	return ret;
}

static int test_cma_fill(struct xarray *objects, union test_cma_request *req)
{
	return test_cma_data(objects, &req->data, true);
}

static int test_cma_check(struct xarray *objects, union test_cma_request *req)
{
	return test_cma_data(objects, &req->data, false);
}

/* Mappings */

static int test_cma_kernel_mapping(struct xarray *objects,
				   struct test_cma_mapping *req)
{
	struct test_cma_object *obj = test_cma_get(objects, req->id);
	int ret = -EINVAL;
	void *addr;
	u8 byte;

	if (IS_ERR(obj))
		return PTR_ERR(obj);
	if (test_cma_has_mapping(obj) && req->addr < obj->end) {
		addr = obj->cpu + (size_t)req->addr;
		/* The access brings the entry into this process's table. */
		ret = copy_from_kernel_nofault(&byte, addr, sizeof(byte));
		if (!ret)
			ret = test_cma_look_up((unsigned long)addr, req);
	}
	test_cma_put(obj);
	return ret;
}

static int test_cma_linear_mapping(struct test_cma_mapping *req)
{
	unsigned long pfn = PHYS_PFN(req->addr);

	if (req->addr > PHYS_ADDR_MAX || !pfn_valid(pfn))
		return -EINVAL;
	if (PageHighMem(pfn_to_page(pfn)))
		return 0;
	return test_cma_look_up((unsigned long)phys_to_virt(req->addr), req);
}

static int test_cma_user_mapping(struct test_cma_mapping *req)
{
	int ret = -EINVAL;

	if (req->addr >= TASK_SIZE)
		return ret;
	mmap_read_lock(current->mm);
	if (vma_lookup(current->mm, req->addr))
		ret = test_cma_look_up(req->addr, req);
	mmap_read_unlock(current->mm);
	return ret;
}

static int test_cma_mapping(struct xarray *objects, union test_cma_request *req)
{
	struct test_cma_mapping *map = &req->mapping;

	map->phys = 0;
	map->unit = 0;
	map->memtype = TEST_CMA_UNMAPPED;
	switch (map->where) {
	case TEST_CMA_KERNEL:
		return test_cma_kernel_mapping(objects, map);
	case TEST_CMA_LINEAR:
		return test_cma_linear_mapping(map);
	case TEST_CMA_USER:
		return test_cma_user_mapping(map);
	default:
		return -EINVAL;
	}
}

static int test_cma_page(struct xarray *objects, union test_cma_request *req)
{
	struct test_cma_object *obj = test_cma_get(objects, req->page.id);
	u64 offset = req->page.offset;
	int ret = -EINVAL;

	if (IS_ERR(obj))
		return PTR_ERR(obj);
	if (offset >= obj->begin && offset < obj->end) {
		req->page.phys = test_cma_phys(obj, offset);
		ret = 0;
	}
	test_cma_put(obj);
	return ret;
}

/* What moving a page costs at the least, and who refers to it */

static int test_cma_do_copy(struct test_cma_object *to,
			    struct test_cma_object *from,
			    struct test_cma_copy *req)
{
	unsigned long i, count = PHYS_PFN(from->end);
	u64 start;

	/* Only these are neither mapped otherwise nor given back in parts. */
	if (from->kind != TEST_CMA_BUDDY || to->kind != TEST_CMA_BUDDY ||
	    from->end != to->end)
		return -EINVAL;

	start = ktime_get_ns();
	for (i = 0; i < count; i++)
		copy_highpage(to->pages[i], from->pages[i]);
	req->time_ns = ktime_get_ns() - start;
	return 0;
}

static int test_cma_copy(struct xarray *objects, union test_cma_request *req)
{
	struct test_cma_object *from, *to;
	int ret;

	from = test_cma_get(objects, req->copy.from);
	if (IS_ERR(from))
		return PTR_ERR(from);
	to = test_cma_get(objects, req->copy.to);
	if (IS_ERR(to)) {
		ret = PTR_ERR(to);
	} else {
		ret = test_cma_do_copy(to, from, &req->copy);
		test_cma_put(to);
	}
	test_cma_put(from);
	return ret;
}

/* References that the page tables, the caches and private data account for */
static int test_cma_known_refs(struct folio *folio)
{
	int known = folio_mapcount(folio) + !!folio_test_private(folio);

	if (folio_test_swapcache(folio) ||
	    (folio->mapping && !folio_test_anon(folio)))
		known += folio_nr_pages(folio);
	return known;
}

static int test_cma_frame(struct xarray *objects, union test_cma_request *req)
{
	struct test_cma_frame *frame = &req->frame;
	struct folio *folio;

	if (frame->phys > PHYS_ADDR_MAX || !pfn_valid(PHYS_PFN(frame->phys)))
		return -EINVAL;

	frame->refs = 0;
	frame->known_refs = 0;
	folio = page_folio(pfn_to_page(PHYS_PFN(frame->phys)));
	if (!folio_try_get(folio))
		return 0;
	/* One of them is ours. */
	frame->refs = folio_ref_count(folio) - 1;
	frame->known_refs = test_cma_known_refs(folio);
	folio_put(folio);
	return 0;
}

/* For how long are interrupts off? */

/**
 * struct test_cma_watcher - a timer that notes how late it comes
 * @timer: fires on the CPU that started it
 * @period: between two times that it fires
 * @worst: how late it came at the worst
 * @lock: see there
 */
static struct test_cma_watcher {
	struct hrtimer timer;
	ktime_t period;
	ktime_t worst;
	struct mutex lock;	/* held to start or stop it */
} test_cma_watcher = {
	.lock = __MUTEX_INITIALIZER(test_cma_watcher.lock),
};

static enum hrtimer_restart test_cma_tick(struct hrtimer *timer)
{
	struct test_cma_watcher *watcher =
		container_of(timer, struct test_cma_watcher, timer);
	ktime_t late = ktime_sub(ktime_get(), hrtimer_get_expires(timer));

	if (ktime_after(late, watcher->worst))
		watcher->worst = late;
	hrtimer_forward_now(timer, watcher->period);
	return HRTIMER_RESTART;
}

static int test_cma_watch(struct xarray *objects, union test_cma_request *req)
{
	struct test_cma_watcher *watcher = &test_cma_watcher;
	u64 period_ns = req->watch.period_ns;

	if (period_ns && (period_ns < TEST_CMA_WATCH_MIN_NS || period_ns > NSEC_PER_SEC))
		return -EINVAL;

	mutex_lock(&watcher->lock);
	hrtimer_cancel(&watcher->timer);
	req->watch.worst_ns = ktime_to_ns(watcher->worst);
	watcher->worst = 0;
	watcher->period = ns_to_ktime(period_ns);
	if (period_ns)
		hrtimer_start(&watcher->timer, watcher->period,
			      HRTIMER_MODE_REL_PINNED_HARD);
	mutex_unlock(&watcher->lock);
	return 0;
}

/* Making and ending objects */

static struct test_cma_object *test_cma_new(struct test_cma_alloc *req)
{
	struct test_cma_object *obj;
	int ret;

	obj = kzalloc(sizeof(*obj), GFP_KERNEL);
	if (!obj)
		return ERR_PTR(-ENOMEM);

	refcount_set(&obj->ref, 1);
	obj->kind = req->kind;
	obj->flags = req->flags;
	obj->end = PAGE_ALIGN(req->size);
	obj->dev = test_cma_dev(req);
	ret = test_cma_ops[obj->kind].alloc(obj, req);
	if (!ret)
		return obj;
	kfree(obj);
	return ERR_PTR(ret);
}

static u64 test_cma_destroy(struct test_cma_object *obj)
{
	u64 start = ktime_get_ns(), end;

	test_cma_ops[obj->kind].release(obj, obj->begin, obj->end - obj->begin);
	end = ktime_get_ns();
	kfree(obj);
	return end - start;
}

static int test_cma_alloc(struct xarray *objects, union test_cma_request *req)
{
	struct test_cma_alloc *alloc = &req->alloc;
	struct test_cma_object *obj;
	int ret;

	if (alloc->kind >= ARRAY_SIZE(test_cma_ops) ||
	    alloc->flags & ~TEST_CMA_ALL_FLAGS ||
	    alloc->device > test_cma_of_count ||
	    !alloc->size || alloc->size > SIZE_MAX - PAGE_SIZE)
		return -EINVAL;

	obj = test_cma_new(alloc);
	if (IS_ERR(obj))
		return PTR_ERR(obj);

	alloc->phys = test_cma_phys(obj, 0);
	alloc->dma_addr = obj->dma;
	alloc->contiguous = test_cma_contiguous(obj);
	ret = xa_alloc(objects, &alloc->id, obj,
		       XA_LIMIT(1, TEST_CMA_MAX_OBJECTS), GFP_KERNEL);
	if (ret)
		test_cma_destroy(obj);
	return ret;
}

/* Takes a part off the object's front or end, for the caller to release it. */
static int test_cma_trim(struct test_cma_object *obj, u64 offset, u64 size)
{
	bool front = offset == obj->begin;
	u64 cut = front ? offset + size : offset;

	if (!test_cma_ops[obj->kind].splits || !PAGE_ALIGNED(offset | size) ||
	    offset < obj->begin || offset > obj->end || size > obj->end - offset ||
	    (!front && offset + size != obj->end))
		return -EINVAL;
	/* A block of the page allocator's has one reference, on its first page. */
	if (!page_count(obj->page + PHYS_PFN(cut)))
		return -EINVAL;

	if (front)
		obj->begin = cut;
	else
		obj->end = cut;
	return 0;
}

static int test_cma_release_foreign(struct test_cma_object *obj)
{
	unsigned long i;

	if (obj->kind != TEST_CMA_BUDDY)
		return -EINVAL;

	for (i = 0; i < PHYS_PFN(obj->end); i++) {
		dma_free_pages(obj->dev, PAGE_SIZE, obj->pages[i],
			       phys_to_dma(obj->dev, page_to_phys(obj->pages[i])),
			       DMA_BIDIRECTIONAL);
		obj->pages[i] = NULL;
	}
	return 0;
}

static int test_cma_release_wrong(struct test_cma_object *obj, u64 offset,
				  u64 size)
{
	if (obj->kind != TEST_CMA_PAGES || !PAGE_ALIGNED(offset | size) ||
	    offset > SIZE_MAX || size > INT_MAX ||
	    !test_cma_pfns_valid(page_to_pfn(obj->page) + PHYS_PFN(offset),
				 PHYS_PFN(size)))
		return -EINVAL;

	test_cma_pages_release(obj, offset, size);
	return 0;
}

/* @obj is claimed.  Returns whether it is ended: *@ret is only for who stays. */
static bool test_cma_free_part(struct test_cma_object *obj,
			       struct test_cma_free *req, int *ret)
{
	bool all = !req->size || (req->offset == obj->begin &&
				  req->size == obj->end - obj->begin);
	u64 start;

	if (req->flags == TEST_CMA_WRONG) {
		*ret = test_cma_release_wrong(obj, req->offset, req->size);
		return false;
	}
	if (req->flags == TEST_CMA_FOREIGN) {
		*ret = all ? test_cma_release_foreign(obj) : -EINVAL;
		return !*ret;
	}
	if (all)
		return true;

	*ret = test_cma_trim(obj, req->offset, req->size);
	if (*ret)
		return false;
	start = ktime_get_ns();
	test_cma_ops[obj->kind].release(obj, req->offset, req->size);
	req->time_ns = ktime_get_ns() - start;
	return false;
}

static int test_cma_free(struct xarray *objects, union test_cma_request *req)
{
	struct test_cma_free *free = &req->free;
	struct test_cma_object *obj;
	int ret = 0;

	if (free->flags && free->flags != TEST_CMA_FOREIGN &&
	    free->flags != TEST_CMA_WRONG)
		return -EINVAL;
	obj = test_cma_claim(objects, free->id);
	if (IS_ERR(obj))
		return PTR_ERR(obj);

	free->time_ns = 0;
	if (test_cma_free_part(obj, free, &ret)) {
		xa_erase(objects, free->id);
		free->time_ns = test_cma_destroy(obj);
	} else {
		test_cma_unclaim(obj);
	}
	return ret;
}

/* The file */

static int test_cma_open(struct inode *inode, struct file *file)
{
	struct xarray *objects = kzalloc(sizeof(*objects), GFP_KERNEL);

	if (!objects)
		return -ENOMEM;
	xa_init_flags(objects, XA_FLAGS_ALLOC1);
	file->private_data = objects;
	return 0;
}

static int test_cma_close(struct inode *inode, struct file *file)
{
	struct xarray *objects = file->private_data;
	struct test_cma_object *obj;
	unsigned long id;

	xa_for_each(objects, id, obj)
		test_cma_destroy(obj);
	xa_destroy(objects);
	kfree(objects);
	return 0;
}

static void test_cma_vma_open(struct vm_area_struct *vma)
{
	struct test_cma_object *obj = vma->vm_private_data;

	refcount_inc(&obj->ref);
}

static void test_cma_vma_close(struct vm_area_struct *vma)
{
	test_cma_put(vma->vm_private_data);
}

static const struct vm_operations_struct test_cma_vm_ops = {
	.open = test_cma_vma_open,
	.close = test_cma_vma_close,
};

static int test_cma_do_mmap(struct test_cma_object *obj,
			    struct vm_area_struct *vma)
{
	/* What was trimmed is no longer the object's. */
	if (obj->begin || vma->vm_end - vma->vm_start > obj->end)
		return -ENXIO;
	if (obj->kind == TEST_CMA_DMA)
		return dma_mmap_attrs(obj->dev, vma, obj->cpu, obj->dma,
				      obj->end, test_cma_attrs(obj->flags));
	if (obj->kind == TEST_CMA_PAGES)
		return dma_mmap_pages(obj->dev, vma, obj->end, obj->page);
	return -EINVAL;
}

static int test_cma_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct test_cma_object *obj;
	int ret;

	/* A private mapping would copy the buffer and show the copy. */
	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	obj = test_cma_get(file->private_data, vma->vm_pgoff);
	if (IS_ERR(obj))
		return PTR_ERR(obj);

	vma->vm_pgoff = 0;
	ret = test_cma_do_mmap(obj, vma);
	if (ret) {
		test_cma_put(obj);
		return ret;
	}
	vma->vm_private_data = obj;
	vma->vm_ops = &test_cma_vm_ops;
	return 0;
}

static const struct {
	unsigned int cmd;
	int (*serve)(struct xarray *objects, union test_cma_request *req);
} test_cma_requests[] = {
	{ TEST_CMA_ALLOC, test_cma_alloc },
	{ TEST_CMA_FREE, test_cma_free },
	{ TEST_CMA_FILL, test_cma_fill },
	{ TEST_CMA_CHECK, test_cma_check },
	{ TEST_CMA_MAPPING, test_cma_mapping },
	{ TEST_CMA_PAGE, test_cma_page },
	{ TEST_CMA_COPY, test_cma_copy },
	{ TEST_CMA_FRAME, test_cma_frame },
	{ TEST_CMA_WATCH, test_cma_watch },
};

static long test_cma_ioctl(struct file *file, unsigned int cmd,
			   unsigned long arg)
{
	void __user *uarg = (void __user *)arg;
	union test_cma_request req;
	int i, ret;

	for (i = 0; i < ARRAY_SIZE(test_cma_requests); i++)
		if (test_cma_requests[i].cmd == cmd)
			break;
	if (i == ARRAY_SIZE(test_cma_requests))
		return -ENOTTY;

	if (copy_from_user(&req, uarg, _IOC_SIZE(cmd)))
		return -EFAULT;
	ret = test_cma_requests[i].serve(file->private_data, &req);
	/* An object whose id does not get through is freed with the file. */
	if (!ret && copy_to_user(uarg, &req, _IOC_SIZE(cmd)))
		return -EFAULT;
	return ret;
}

static const struct file_operations test_cma_fops = {
	.owner = THIS_MODULE,
	.open = test_cma_open,
	.release = test_cma_close,
	.mmap = test_cma_mmap,
	.unlocked_ioctl = test_cma_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice test_cma_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "test_cma",
	.fops = &test_cma_fops,
	.mode = 0600,
};

/* The devices */

/* Without an area of its own, a device has the default one. */
static int test_cma_probe_of(struct platform_device *pdev)
{
	int ret;

	if (test_cma_of_count == ARRAY_SIZE(test_cma_of_dev))
		return -ENOSPC;
	ret = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(32));
	if (ret)
		return ret;
	ret = of_reserved_mem_device_init(&pdev->dev);
	if (ret && ret != -ENODEV)
		dev_notice(&pdev->dev, "memory-region cannot be used: %d\n", ret);
	test_cma_of_dev[test_cma_of_count++] = &pdev->dev;
	return 0;
}

static int test_cma_probe(struct platform_device *pdev)
{
	u64 mask = test_cma_node == NUMA_NO_NODE ? DMA_BIT_MASK(32) :
						   DMA_BIT_MASK(64);

	if (pdev->dev.of_node)
		return test_cma_probe_of(pdev);
#ifdef CONFIG_ARCH_HAS_SYNC_DMA_FOR_DEVICE
	/* No firmware describes these two: the second one snoops. */
	pdev->dev.dma_coherent = pdev->id == 1;
#endif
	set_dev_node(&pdev->dev, test_cma_node);
	return dma_set_mask_and_coherent(&pdev->dev, mask);
}

static void test_cma_unprobe(struct platform_device *pdev)
{
	of_reserved_mem_device_release(&pdev->dev);
}

static const struct of_device_id test_cma_of_match[] = {
	{ .compatible = "linux,test-cma" },
	{ }
};

/* Unbinding would take the devices away from objects that still need them. */
static struct platform_driver test_cma_driver = {
	.probe = test_cma_probe,
	.remove = test_cma_unprobe,
	.driver = {
		.name = "test_cma",
		.of_match_table = test_cma_of_match,
		.suppress_bind_attrs = true,
	},
};

static void test_cma_remove_devices(void)
{
	int i;

	for (i = ARRAY_SIZE(test_cma_pdev) - 1; i >= 0; i--)
		platform_device_unregister(test_cma_pdev[i]);
	platform_driver_unregister(&test_cma_driver);
}

static int __init test_cma_add_devices(void)
{
	struct platform_device_info info = {
		.name = "test_cma",
		.dma_mask = DMA_BIT_MASK(32),
	};
	int i, ret;

	ret = platform_driver_register(&test_cma_driver);
	if (ret)
		return ret;

	for (i = 0; i < ARRAY_SIZE(test_cma_pdev); i++) {
		info.id = i;
		test_cma_pdev[i] = platform_device_register_full(&info);
		if (IS_ERR(test_cma_pdev[i])) {
			ret = PTR_ERR(test_cma_pdev[i]);
			test_cma_pdev[i] = NULL;
			test_cma_remove_devices();
			return ret;
		}
	}
	return 0;
}

static int __init test_cma_init(void)
{
	int ret = test_cma_add_devices();

	if (ret)
		return ret;
	hrtimer_init(&test_cma_watcher.timer, CLOCK_MONOTONIC,
		     HRTIMER_MODE_REL_PINNED_HARD);
	test_cma_watcher.timer.function = test_cma_tick;
	ret = misc_register(&test_cma_misc);
	if (ret)
		test_cma_remove_devices();
	return ret;
}

static void __exit test_cma_exit(void)
{
	misc_deregister(&test_cma_misc);
	hrtimer_cancel(&test_cma_watcher.timer);
	test_cma_remove_devices();
}

module_init(test_cma_init);
module_exit(test_cma_exit);

MODULE_DESCRIPTION("Contiguous memory on request from user space");
MODULE_LICENSE("GPL");
