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
#include <linux/dma-direct.h>
#include <linux/dma-map-ops.h>
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <linux/xarray.h>

#include "test_cma_uapi.h"

#define TEST_CMA_MAX_OBJECTS	65535

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

/* The device that needs cache maintenance, and the one that snoops. */
static struct platform_device *test_cma_pdev[2];

static struct device *test_cma_dev(u32 flags)
{
	return &test_cma_pdev[!!(flags & TEST_CMA_COHERENT_DEV)]->dev;
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

/* TEST_CMA_BUDDY and TEST_CMA_PIN */

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
	unsigned long i;
	u64 start;

	if (test_cma_new_pages(obj))
		return -ENOMEM;

	start = ktime_get_ns();
	for (i = 0; i < PHYS_PFN(obj->end); i++) {
		obj->pages[i] = alloc_page(test_cma_gfp(req->flags));
		if (!obj->pages[i]) {
			test_cma_buddy_release(obj, 0, obj->end);
			return -ENOMEM;
		}
	}
	req->time_ns = ktime_get_ns() - start;
	return 0;
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
	return kmap_local_page(phys_to_page(test_cma_phys(obj, offset)));
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

static int test_cma_data(struct xarray *objects, void __user *arg, bool fill)
{
	struct test_cma_object *obj;
	struct test_cma_data req;
	int ret;

	if (copy_from_user(&req, arg, sizeof(req)))
		return -EFAULT;
	obj = test_cma_get(objects, req.id);
	if (IS_ERR(obj))
		return PTR_ERR(obj);

	req.bad_words = 0;
	req.bad_offset = 0;
	ret = test_cma_do_data(obj, &req, fill);
	test_cma_put(obj);
	if (!ret && copy_to_user(arg, &req, sizeof(req)))
		ret = -EFAULT;
	return ret;
}

static int test_cma_fill(struct xarray *objects, void __user *arg)
{
	return test_cma_data(objects, arg, true);
}

static int test_cma_check(struct xarray *objects, void __user *arg)
{
	return test_cma_data(objects, arg, false);
}

/* Mappings */

#ifdef CONFIG_ARM
/* TEX[0], C and B stand for the same in a section and in a page's entry. */
static u32 test_cma_memtype(unsigned int mt)
{
	switch (mt) {
	case L_PTE_MT_BUFFERABLE:
		return TEST_CMA_UNCACHED;
	case L_PTE_MT_WRITETHROUGH:
	case L_PTE_MT_WRITEBACK:
	case L_PTE_MT_WRITEALLOC:
		return TEST_CMA_CACHED;
	default:
		return TEST_CMA_ORDERED;
	}
}

static unsigned int test_cma_section_mt(pmdval_t pmd)
{
#ifdef CONFIG_ARM_LPAE
	return pmd & L_PTE_MT_MASK;
#else
	unsigned int mt = 0;

	if (pmd & PMD_SECT_BUFFERABLE)
		mt |= L_PTE_MT_BUFFERABLE;
	if (pmd & PMD_SECT_CACHEABLE)
		mt |= L_PTE_MT_WRITETHROUGH;
	if (pmd & PMD_SECT_TEX(1))
		mt |= L_PTE_MT_DEV_SHARED;
	return mt;
#endif
}

static int test_cma_walk(unsigned long addr, struct test_cma_mapping *req)
{
	pmd_t *pmd = pmd_offset(pud_offset(p4d_offset(pgd_offset(current->mm, addr),
						      addr), addr), addr);
	pte_t *table, pte;

	/* Where two sections make one Linux entry, the second has its own. */
	if (addr & SECTION_SIZE & ~PMD_MASK)
		pmd++;
	if (pmd_none(*pmd))
		return 0;
	if (pmd_leaf(*pmd)) {
		req->unit = SECTION_SIZE;
		req->phys = (pmd_val(*pmd) & PHYS_MASK & SECTION_MASK) |
			    (addr & ~SECTION_MASK);
		req->memtype = test_cma_memtype(test_cma_section_mt(pmd_val(*pmd)));
		return 0;
	}

	table = kmap_local_page(pmd_page(*pmd));
	pte = table[pte_index(addr)];
	kunmap_local(table);
	if (!pte_present(pte))
		return 0;
	req->unit = PAGE_SIZE;
	req->phys = PFN_PHYS(pte_pfn(pte)) | offset_in_page(addr);
	req->memtype = test_cma_memtype(pte_val(pte) & L_PTE_MT_MASK);
	return 0;
}
#else
static int test_cma_walk(unsigned long addr, struct test_cma_mapping *req)
{
	return -EOPNOTSUPP;
}
#endif

static int test_cma_walk_kernel(struct xarray *objects,
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
			ret = test_cma_walk((unsigned long)addr, req);
	}
	test_cma_put(obj);
	return ret;
}

static int test_cma_walk_linear(struct test_cma_mapping *req)
{
	unsigned long pfn = PHYS_PFN(req->addr);

	if (req->addr > PHYS_ADDR_MAX || !pfn_valid(pfn))
		return -EINVAL;
	if (PageHighMem(pfn_to_page(pfn)))
		return 0;
	return test_cma_walk((unsigned long)page_to_virt(pfn_to_page(pfn)) +
			     offset_in_page(req->addr), req);
}

static int test_cma_walk_user(struct test_cma_mapping *req)
{
	int ret = -EINVAL;

	if (req->addr >= TASK_SIZE)
		return ret;
	mmap_read_lock(current->mm);
	if (vma_lookup(current->mm, req->addr))
		ret = test_cma_walk(req->addr, req);
	mmap_read_unlock(current->mm);
	return ret;
}

static int test_cma_mapping(struct xarray *objects, void __user *arg)
{
	struct test_cma_mapping req;
	int ret;

	if (copy_from_user(&req, arg, sizeof(req)))
		return -EFAULT;

	req.phys = 0;
	req.unit = 0;
	req.memtype = TEST_CMA_UNMAPPED;
	switch (req.where) {
	case TEST_CMA_KERNEL:
		ret = test_cma_walk_kernel(objects, &req);
		break;
	case TEST_CMA_LINEAR:
		ret = test_cma_walk_linear(&req);
		break;
	case TEST_CMA_USER:
		ret = test_cma_walk_user(&req);
		break;
	default:
		ret = -EINVAL;
	}
	if (!ret && copy_to_user(arg, &req, sizeof(req)))
		ret = -EFAULT;
	return ret;
}

static int test_cma_page(struct xarray *objects, void __user *arg)
{
	struct test_cma_object *obj;
	struct test_cma_page req;
	int ret = -EINVAL;

	if (copy_from_user(&req, arg, sizeof(req)))
		return -EFAULT;
	obj = test_cma_get(objects, req.id);
	if (IS_ERR(obj))
		return PTR_ERR(obj);

	if (req.offset >= obj->begin && req.offset < obj->end) {
		req.phys = test_cma_phys(obj, req.offset);
		ret = 0;
	}
	test_cma_put(obj);
	if (!ret && copy_to_user(arg, &req, sizeof(req)))
		ret = -EFAULT;
	return ret;
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
	obj->dev = test_cma_dev(req->flags);
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

static int test_cma_alloc(struct xarray *objects, void __user *arg)
{
	struct test_cma_object *obj;
	struct test_cma_alloc req;
	int ret;

	if (copy_from_user(&req, arg, sizeof(req)))
		return -EFAULT;
	if (req.kind >= ARRAY_SIZE(test_cma_ops) ||
	    req.flags & ~TEST_CMA_ALL_FLAGS ||
	    !req.size || req.size > SIZE_MAX - PAGE_SIZE)
		return -EINVAL;

	obj = test_cma_new(&req);
	if (IS_ERR(obj))
		return PTR_ERR(obj);

	req.phys = test_cma_phys(obj, 0);
	req.dma_addr = obj->dma;
	req.contiguous = test_cma_contiguous(obj);
	ret = xa_alloc(objects, &req.id, obj,
		       XA_LIMIT(1, TEST_CMA_MAX_OBJECTS), GFP_KERNEL);
	if (ret) {
		test_cma_destroy(obj);
		return ret;
	}
	/* User space does not learn the id: close() will free the object. */
	if (copy_to_user(arg, &req, sizeof(req)))
		return -EFAULT;
	return 0;
}

/* Trims the object and returns 0, or says that this part cannot go alone. */
static int test_cma_trim(struct test_cma_object *obj, u64 offset, u64 size)
{
	if (!test_cma_ops[obj->kind].splits)
		return -EINVAL;
	if (!PAGE_ALIGNED(offset | size))
		return -EINVAL;
	if (offset < obj->begin || offset > obj->end || size > obj->end - offset)
		return -EINVAL;

	if (offset == obj->begin)
		obj->begin += size;
	else if (offset + size == obj->end)
		obj->end -= size;
	else
		return -EINVAL;
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

static int test_cma_do_free(struct xarray *objects, struct test_cma_object *obj,
			    struct test_cma_free *req)
{
	u64 start;
	int ret;

	if (req->flags == TEST_CMA_WRONG) {
		ret = test_cma_release_wrong(obj, req->offset, req->size);
		test_cma_unclaim(obj);
		return ret;
	}
	if (req->size && (req->offset != obj->begin ||
			  req->size != obj->end - obj->begin)) {
		ret = req->flags ? -EINVAL
				 : test_cma_trim(obj, req->offset, req->size);
		if (!ret) {
			start = ktime_get_ns();
			test_cma_ops[obj->kind].release(obj, req->offset, req->size);
			req->time_ns = ktime_get_ns() - start;
		}
		test_cma_unclaim(obj);
		return ret;
	}
	if (req->flags == TEST_CMA_FOREIGN) {
		ret = test_cma_release_foreign(obj);
		if (ret) {
			test_cma_unclaim(obj);
			return ret;
		}
	}
	xa_erase(objects, req->id);
	req->time_ns = test_cma_destroy(obj);
	return 0;
}

static int test_cma_free(struct xarray *objects, void __user *arg)
{
	struct test_cma_object *obj;
	struct test_cma_free req;
	int ret;

	if (copy_from_user(&req, arg, sizeof(req)))
		return -EFAULT;
	if (req.flags && req.flags != TEST_CMA_FOREIGN &&
	    req.flags != TEST_CMA_WRONG)
		return -EINVAL;
	obj = test_cma_claim(objects, req.id);
	if (IS_ERR(obj))
		return PTR_ERR(obj);

	req.time_ns = 0;
	ret = test_cma_do_free(objects, obj, &req);
	if (!ret && copy_to_user(arg, &req, sizeof(req)))
		ret = -EFAULT;
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

static long test_cma_ioctl(struct file *file, unsigned int cmd,
			   unsigned long arg)
{
	void __user *uarg = (void __user *)arg;
	struct xarray *objects = file->private_data;

	switch (cmd) {
	case TEST_CMA_ALLOC:
		return test_cma_alloc(objects, uarg);
	case TEST_CMA_FREE:
		return test_cma_free(objects, uarg);
	case TEST_CMA_FILL:
		return test_cma_fill(objects, uarg);
	case TEST_CMA_CHECK:
		return test_cma_check(objects, uarg);
	case TEST_CMA_MAPPING:
		return test_cma_mapping(objects, uarg);
	case TEST_CMA_PAGE:
		return test_cma_page(objects, uarg);
	default:
		return -ENOTTY;
	}
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

static int test_cma_probe(struct platform_device *pdev)
{
#ifdef CONFIG_ARCH_HAS_SYNC_DMA_FOR_DEVICE
	/* No firmware describes these devices: the second one snoops. */
	pdev->dev.dma_coherent = pdev->id == 1;
#endif
	return dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(32));
}

/* Unbinding would take the devices away from objects that still need them. */
static struct platform_driver test_cma_driver = {
	.probe = test_cma_probe,
	.driver = {
		.name = "test_cma",
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
	ret = misc_register(&test_cma_misc);
	if (ret)
		test_cma_remove_devices();
	return ret;
}

static void __exit test_cma_exit(void)
{
	misc_deregister(&test_cma_misc);
	test_cma_remove_devices();
}

module_init(test_cma_init);
module_exit(test_cma_exit);

MODULE_DESCRIPTION("Contiguous memory on request from user space");
MODULE_LICENSE("GPL");
