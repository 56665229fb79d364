/* SPDX-License-Identifier: GPL-2.0 */
/*
 * As much of a kernel as mm/cma.c, mm/contig_*.c and mm/page_isolation.c see of
 * one: every header that they include and that is not in include/ is this one.
 * What is behind it, in kernel.c, is one zone of small pageblocks with a buddy
 * allocator, per-CPU lists, LRU batches and folios that can be moved.
 *
 * Locks are mutexes, what is read without them is read atomically, and the clock
 * is a number: a pause is an addition to it.
 */
#ifndef _CMA_TEST_KERNEL_H
#define _CMA_TEST_KERNEL_H

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <linux/align.h>
#include <linux/array_size.h>
#include <linux/bitmap.h>
#include <linux/compiler_attributes.h>
#include <linux/log2.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/types.h>

/* The language */

typedef unsigned int u32;
typedef u64 phys_addr_t;
typedef unsigned int gfp_t;

#define __init
#define __initdata
#define __ro_after_init
#define __read_mostly
#define __weak			__attribute__((__weak__))
#define __maybe_unused		__attribute__((__unused__))
#ifndef __always_inline
#define __always_inline		inline __attribute__((__always_inline__))
#endif
#define EXPORT_SYMBOL(symbol)	struct page
#define core_initcall(fn)	int (*const fn##_initcall)(void) = fn
#define IS_ENABLED(option)	IS_ENABLED_##option
#define BIT(nr)			(1UL << (nr))
#define READ_ONCE(x)		__atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, value)	__atomic_store_n(&(x), value, __ATOMIC_RELAXED)
/* Before what is read after it */
#define smp_load_acquire(p)	__atomic_load_n(p, __ATOMIC_ACQUIRE)
/* Behind what was written before it */
#define smp_store_release(p, v)	__atomic_store_n(p, v, __ATOMIC_RELEASE)
#define min_t(type, a, b)	min((type)(a), (type)(b))
#define max_t(type, a, b)	max((type)(a), (type)(b))
#define clamp(n, least, most)	min_t(unsigned long, max_t(unsigned long, n, least), most)
#define round_down(n, to)	ALIGN_DOWN(n, to)
#define __fls(n)		((unsigned long)(BITS_PER_LONG - 1 - __builtin_clzl(n)))
#define __ffs(n)		((unsigned long)__builtin_ctzl(n))
#define ilog2(n)		((unsigned int)__fls(n))
#define is_power_of_2(n)	((n) && !((n) & ((n) - 1)))

static inline int fls64(u64 n)
{
	return n ? 64 - __builtin_clzll(n) : 0;
}

/* Compiled as for a kernel with all that the tested code asks about. */
#define IS_ENABLED_CONFIG_CMA			1
#define IS_ENABLED_CONFIG_SWAP			1
#define CONFIG_CMA				1
#define CONFIG_CMA_AREAS			16
#define CONFIG_CONTIG_ALLOC			1
#define CONFIG_MEMORY_ISOLATION			1

/* Messages: counted, for who wants to know that there was one */

#define pr_err(...)		kernel_say(__VA_ARGS__)
#define pr_warn(...)		kernel_say(__VA_ARGS__)
#define pr_notice(...)		kernel_say(__VA_ARGS__)
#define pr_info(...)		kernel_say(__VA_ARGS__)
/* Without __printf(): %p takes letters behind it in the kernel. */
void kernel_say(const char *format, ...);
#define scnprintf(...)		snprintf(__VA_ARGS__)
#define strscpy(to, from)	snprintf(to, sizeof(to), "%s", from)

void kernel_warn(const char *what);
#define WARN(condition, format, ...)	\
	({ bool _on = (condition); if (_on) kernel_warn(format); _on; })
#define WARN_ON_ONCE(condition)		WARN(condition, #condition)

struct ratelimit_state { int unused; };
#define DEFINE_RATELIMIT_STATE(name, interval, burst) struct ratelimit_state name
#define __ratelimit(state)	((void)(state), true)

/* Locks */

typedef struct {
	pthread_mutex_t mutex;
	pthread_t owner;
	bool held;
} spinlock_t;

void spin_lock_init(spinlock_t *lock);
void spin_lock(spinlock_t *lock);
void spin_unlock(spinlock_t *lock);
#define spin_lock_irqsave(lock, flags)		((flags) = 0, spin_lock(lock))
#define spin_unlock_irqrestore(lock, flags)	((void)(flags), spin_unlock(lock))
void lockdep_assert_held(const spinlock_t *lock);

/* Nobody sleeps with one of these held. */
void might_sleep(void);
#define cond_resched()		might_sleep()

/* Lists */

struct list_head {
	struct list_head *next, *prev;
};

#define LIST_HEAD_INIT(name)	{ &(name), &(name) }
#define LIST_HEAD(name)		struct list_head name = LIST_HEAD_INIT(name)
#define list_entry(at, type, member) \
	((type *)((char *)(at) - offsetof(type, member)))
#define list_first_entry_or_null(head, type, member) \
	(list_empty(head) ? NULL : list_entry((head)->next, type, member))
#define list_for_each_entry(at, head, member) \
	for (at = list_entry((head)->next, typeof(*at), member); &at->member != (head); \
	     at = list_entry(at->member.next, typeof(*at), member))

#define list_for_each_entry_safe(at, next_at, head, member) \
	for (at = list_entry((head)->next, typeof(*at), member); \
	     next_at = list_entry(at->member.next, typeof(*at), member), \
	     &at->member != (head); at = next_at)

static inline void INIT_LIST_HEAD(struct list_head *head)
{
	head->next = head;
	head->prev = head;
}

static inline bool list_empty(const struct list_head *head)
{
	return head->next == head;
}

static inline void list_add_tail(struct list_head *entry, struct list_head *head)
{
	entry->prev = head->prev;
	entry->next = head;
	head->prev->next = entry;
	head->prev = entry;
}

static inline void list_del(struct list_head *entry)
{
	entry->prev->next = entry->next;
	entry->next->prev = entry->prev;
}

static inline void list_move(struct list_head *entry, struct list_head *head)
{
	list_del(entry);
	list_add_tail(entry, head);
}

#define list_splice_tail(list, head)	list_splice_tail_init(list, head)
static inline void list_splice_tail_init(struct list_head *list, struct list_head *head)
{
	while (!list_empty(list))
		list_move(list->next, head);
}

/* Time */

typedef s64 ktime_t;
#define KTIME_MAX		0x7fffffffffffffffLL
#define NSEC_PER_USEC		1000LL
#define NSEC_PER_MSEC		1000000LL
#define HZ			100
#define jiffies			((unsigned long)(ktime_get() / (NSEC_PER_MSEC * 1000 / HZ)))
#define ktime_get_ns()		ktime_get()
#define ktime_to_ns(t)		(t)
#define ns_to_ktime(ns)		(ns)
#define ktime_sub(a, b)		((a) - (b))
#define ktime_add_ms(t, ms)	((t) + (ms) * NSEC_PER_MSEC)
#define ktime_us_delta(a, b)	(((a) - (b)) / NSEC_PER_USEC)
#define ktime_after(a, b)	((a) > (b))
#define ktime_before(a, b)	((a) < (b))
ktime_t ktime_get(void);

enum { TASK_KILLABLE, HRTIMER_MODE_REL };
#define set_current_state(state)	((void)(state))
#define schedule_hrtimeout_range(moment, slack, mode) kernel_pass(*(moment))
void kernel_pass(s64 ns);

typedef struct { int unused; } wait_queue_head_t;
#define init_waitqueue_head(queue)	((void)(queue))
#define wake_up_all(queue)		((void)(queue))
#define __wait_event_hrtimeout(queue, condition, timeout, state) \
	do { \
		ktime_t _until = ktime_get() + (timeout); \
		while (!(condition) && !fatal_signal_pending(current) && \
		       ktime_get() < _until) \
			kernel_pass(NSEC_PER_MSEC); \
	} while (0)

#define current			NULL
#define PF_MEMALLOC_NOFS	BIT(0)
#define PF_MEMALLOC_NOIO	BIT(1)
unsigned int memalloc_flags_save(unsigned int flags);
void memalloc_flags_restore(unsigned int flags);
#define TASK_COMM_LEN		16
bool kernel_killed(void);
#define fatal_signal_pending(task)	((void)(task), kernel_killed())
#define current_gfp_context(gfp)	(gfp)

/* What to allocate */

#define __GFP_HIGHMEM		BIT(0)
#define __GFP_MOVABLE		BIT(1)
#define __GFP_RECLAIMABLE	BIT(2)
#define __GFP_WRITE		BIT(3)
#define __GFP_HARDWALL		BIT(4)
#define __GFP_THISNODE		BIT(5)
#define __GFP_NOMEMALLOC	BIT(6)
#define __GFP_IO		BIT(7)
#define __GFP_FS		BIT(8)
#define __GFP_DIRECT_RECLAIM	BIT(9)
#define __GFP_KSWAPD_RECLAIM	BIT(10)
#define __GFP_COMP		BIT(11)
#define __GFP_ZERO		BIT(12)
#define __GFP_ZEROTAGS		BIT(13)
#define __GFP_SKIP_ZERO		BIT(14)
#define __GFP_SKIP_KASAN	BIT(15)
#define __GFP_RETRY_MAYFAIL	BIT(16)
#define __GFP_NORETRY		BIT(17)
#define __GFP_NOWARN		BIT(18)
#define __GFP_RECLAIM		(__GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM)
#define GFP_KERNEL		(__GFP_RECLAIM | __GFP_IO | __GFP_FS)
#define GFP_ATOMIC		__GFP_KSWAPD_RECLAIM
#define GFP_ZONEMASK		(__GFP_HIGHMEM | __GFP_MOVABLE)
#define gfpflags_allow_blocking(gfp)	(!!((gfp) & __GFP_DIRECT_RECLAIM))
#define gfp_migratetype(gfp)	((gfp) & __GFP_MOVABLE ? MIGRATE_MOVABLE : MIGRATE_UNMOVABLE)
#define ALLOC_CMA		1

unsigned long *bitmap_zalloc(unsigned long nr, gfp_t gfp);

/* Memory */

#define PAGE_SHIFT		12
#define PAGE_SIZE		(1UL << PAGE_SHIFT)
#define PFN_PHYS(pfn)		((phys_addr_t)(pfn) << PAGE_SHIFT)
#define PHYS_PFN(addr)		((unsigned long)((addr) >> PAGE_SHIFT))
#define SZ_1K			0x400UL
#define SZ_1M			0x100000UL
#define NUMA_NO_NODE		(-1)

/* Small ones, so that a trace meets many; free blocks may span two of them. */
#define pageblock_order		4U
#define MAX_PAGE_ORDER		5U
#define MAX_ORDER_NR_PAGES	(1UL << MAX_PAGE_ORDER)
#define pageblock_nr_pages	(1UL << pageblock_order)
#define pageblock_start_pfn(pfn)	ALIGN_DOWN(pfn, pageblock_nr_pages)
#define pageblock_align(pfn)		ALIGN(pfn, pageblock_nr_pages)
#define pageblock_aligned(pfn)		IS_ALIGNED(pfn, pageblock_nr_pages)
#define pageblock_end_pfn(pfn)		ALIGN((pfn) + 1, pageblock_nr_pages)

#define ZONE_FIRST_PFN		0x40UL
#define ZONE_PAGES		512UL
#define ZONE_BLOCKS		(ZONE_PAGES / pageblock_nr_pages)

enum migratetype {
	MIGRATE_UNMOVABLE,
	MIGRATE_MOVABLE,
	MIGRATE_HIGHATOMIC,
	MIGRATE_CMA,
	MIGRATE_ISOLATE,
	MIGRATE_TYPES
};

#define is_migrate_cma(mt)		((mt) == MIGRATE_CMA)
#define is_migrate_highatomic(mt)	((mt) == MIGRATE_HIGHATOMIC)
#define is_migrate_cma_page(page)	is_migrate_cma(get_pageblock_migratetype(page))

typedef struct { int counter; } atomic_t;
#define atomic_read(v)		READ_ONCE((v)->counter)

enum pageflags {
	PG_locked,
	PG_writeback,
	PG_dirty,
	PG_lru,
	PG_head,
	PG_private,
	PG_reserved,
	PG_swapbacked,
	PG_swapcache,
	PG_unevictable,
	PG_hwpoison,
	/* And what the kernel keeps elsewhere */
	PG_buddy,
	PG_pcp,
	PG_tail,
};

#define PAGE_FLAGS_PRIVATE	BIT(PG_private)

struct address_space;

/*
 * @content is what a page holds, as the number of its user; @order that of a free
 * block or of a folio, in its first page; @list the type of the list that a free
 * block is on.
 */
#define PAGE_FIELDS \
	unsigned long flags; \
	struct address_space *mapping; \
	unsigned long index; \
	void *private; \
	struct list_head lru; \
	atomic_t _refcount; \
	atomic_t _mapcount; \
	atomic_t _large_mapcount; \
	unsigned int order; \
	unsigned int list; \
	unsigned int content; \
	struct page *first;

struct page {
	PAGE_FIELDS
};

struct folio {
	union {
		struct {
			PAGE_FIELDS
		};
		struct page page;
	};
};

struct pageblock_hold;

struct zone {
	spinlock_t lock;
	unsigned long zone_start_pfn;
	unsigned long nr_isolate_pageblock;
	struct pageblock_hold *pageblock_holds;
	unsigned long cma_pages;
	unsigned long cma_wanted_until;
	/* Of the model */
	long nr_free[MIGRATE_TYPES];
	enum migratetype type[ZONE_BLOCKS];
	bool offline[ZONE_BLOCKS];
};

#define MAX_RECLAIM_RETRIES	16
struct pglist_data {
	int kswapd_failures;
};

extern struct pglist_data kernel_node;
#define NODE_DATA(nid)		((void)(nid), &kernel_node)

enum zone_stat_item { NR_FREE_PAGES, NR_FREE_CMA_PAGES };

extern struct zone kernel_zone;
extern struct page kernel_pages[ZONE_PAGES];

static inline struct page *pfn_to_page(unsigned long pfn)
{
	return &kernel_pages[pfn - ZONE_FIRST_PFN];
}

static inline unsigned long page_to_pfn(const struct page *page)
{
	return page - kernel_pages + ZONE_FIRST_PFN;
}

static inline bool pfn_valid(unsigned long pfn)
{
	return pfn - ZONE_FIRST_PFN < ZONE_PAGES;
}

#define is_offline(pfn)	(kernel_zone.offline[((pfn) - ZONE_FIRST_PFN) / pageblock_nr_pages])
#define pfn_to_online_page(pfn)	(pfn_valid(pfn) && !is_offline(pfn) ? pfn_to_page(pfn) : NULL)
#define pfn_folio(pfn)		page_folio(pfn_to_page(pfn))
#define page_zone(page)		((void)(page), &kernel_zone)
#define page_to_nid(page)	((void)(page), 0)
#define folio_zone(folio)	page_zone(&(folio)->page)
#define folio_nid(folio)	((void)(folio), 0)
#define zone_end_pfn(zone)	((zone)->zone_start_pfn + ZONE_PAGES)
#define zone_spans_pfn(zone, pfn) ((void)(zone), pfn_valid(pfn))
#define zone_cma_pages(zone)	((zone)->cma_pages)
#define zone_managed_pages(zone) ((void)(zone), ZONE_PAGES)
unsigned long zone_page_state(struct zone *zone, enum zone_stat_item item);

/* More zones than this one are never asked for; none is ZONE_MOVABLE. */
typedef unsigned long nodemask_t;
enum { ZONE_MOVABLE = 1 };
#define zone_idx(zone)		((void)(zone), 0)
#define gfp_zone(gfp)		((void)(gfp), 0)
struct zonelist;
struct zoneref;
#define node_zonelist(nid, gfp)	((void)(nid), (void)(gfp), (struct zonelist *)NULL)
#define for_each_zone_zonelist_nodemask(zone, z, list, highest, mask) \
	for ((void)(list), (void)(z), (void)(mask), (void)(highest), zone = &kernel_zone; zone; \
	     zone = NULL)

/* Pages and folios */

static inline bool page_has(const struct page *page, enum pageflags flag)
{
	return READ_ONCE(page->flags) & BIT(flag);
}

static inline void page_set(struct page *page, enum pageflags flag)
{
	__atomic_fetch_or(&page->flags, BIT(flag), __ATOMIC_RELAXED);
}

static inline void page_clear(struct page *page, enum pageflags flag)
{
	__atomic_fetch_and(&page->flags, ~BIT(flag), __ATOMIC_RELAXED);
}

#define PageBuddy(page)			page_has(page, PG_buddy)
#define PageLRU(page)			page_has(page, PG_lru)
#define PageReserved(page)		page_has(page, PG_reserved)
#define PageHWPoison(page)		page_has(page, PG_hwpoison)
#define PageHead(page)			page_has(page, PG_head)
#define PageTail(page)			page_has(page, PG_tail)
#define PageTransCompound(page)		(PageHead(page) || PageTail(page))
#define folio_test_lru(folio)		page_has(&(folio)->page, PG_lru)
#define folio_test_hugetlb(folio)	((void)(folio), false)
#define folio_test_large(folio)		page_has(&(folio)->page, PG_head)
#define folio_test_dirty(folio)		page_has(&(folio)->page, PG_dirty)
#define folio_test_writeback(folio)	page_has(&(folio)->page, PG_writeback)
#define folio_test_swapbacked(folio)	page_has(&(folio)->page, PG_swapbacked)
#define folio_test_unevictable(folio)	page_has(&(folio)->page, PG_unevictable)
#define folio_test_private(folio)	page_has(&(folio)->page, PG_private)

/* What no page here is */
#define PageOffline(page)		((void)(page), false)
#define PageUnaccepted(page)		((void)(page), false)
#define accept_page(page)		((void)(page))
#define PageHuge(page)			((void)(page), false)
#define folio_test_hugetlb(folio)	((void)(folio), false)
#define folio_test_slab(folio)		((void)(folio), false)
#define __PageMovable(page)		((void)(page), false)
#define __folio_test_movable(folio)	((void)(folio), false)
#define page_has_type(page)		PageBuddy(page)
#define page_kasan_tag_reset(page)	((void)(page))
#define page_owner_comm(page, comm, pid) ((void)(page), (void)(comm), (void)(pid), false)
#define dump_page(page, why)		kernel_warn(why)

struct hstate { int unused; };
#define size_to_hstate(size)		((void)(size), (struct hstate *)NULL)
#define hstate_is_gigantic(h)		((void)(h), false)
#define hugepage_migration_supported(h)	((void)(h), false)
#define wait_for_freed_hugetlb_folios()	might_sleep()
#define isolate_or_dissolve_huge_page(page, list) ((void)(page), (void)(list), -ENOMEM)

#define MAPPING_ANON		1UL
#define PAGE_MAPPING_FLAGS	3UL
struct address_space_operations { void *migrate_folio; };
struct address_space {
	const struct address_space_operations *a_ops;
	gfp_t gfp_mask;
};

#define mapping_unevictable(mapping)	((void)(mapping), false)
#define mapping_gfp_mask(mapping)	((mapping)->gfp_mask)
#define rcu_read_lock()			do { } while (0)
#define rcu_read_unlock()		do { } while (0)
#define folio_test_anon(folio)	\
	(!!((unsigned long)READ_ONCE((folio)->mapping) & MAPPING_ANON))
#define folio_mapping(folio)	(folio_test_anon(folio) ? NULL : READ_ONCE((folio)->mapping))
#define folio_mapped(folio)	(atomic_read(&(folio)->_mapcount) >= 0 || \
				 atomic_read(&(folio)->_large_mapcount) >= 0)
#define page_ref_count(page)	atomic_read(&(page)->_refcount)
#define smp_mb__before_atomic()		do { } while (0)
#define smp_mb__after_atomic()		do { } while (0)
#define VM_WARN_ON_ONCE_PAGE(cond, page)	((void)sizeof(cond))
#define page_ref_tracepoint_active(t)	false
#define __page_ref_mod_and_test(page, v, ret)	((void)(ret))
#define page_count(page)	page_ref_count(page)
#define folio_ref_count(folio)	page_ref_count(&(folio)->page)
#define folio_pfn(folio)	page_to_pfn(&(folio)->page)
#define folio_order(folio)	(folio_test_large(folio) ? READ_ONCE((folio)->order) : 0)
#define folio_nr_pages(folio)	(1UL << folio_order(folio))
#define folio_size(folio)	(PAGE_SIZE << folio_order(folio))
#define folio_next_index(folio)	((folio)->index + folio_nr_pages(folio))
#define compound_head(page)	(&page_folio(page)->page)
#define compound_order(page)	READ_ONCE((page)->order)
#define compound_nr(page)	(1UL << compound_order(page))

static inline struct folio *page_folio(const struct page *page)
{
	struct page *first = PageTail(page) ? READ_ONCE(page->first) : NULL;

	return (struct folio *)(first ? first : page);
}

bool folio_try_get(struct folio *folio);
void folio_put(struct folio *folio);
int atomic_dec_return_relaxed(atomic_t *v);
bool folio_trylock(struct folio *folio);
void folio_unlock(struct folio *folio);
bool filemap_release_folio(struct folio *folio, gfp_t gfp);

#define PAGEVEC_SIZE		31
struct folio_batch {
	unsigned char nr;
	struct folio *folios[PAGEVEC_SIZE];
};

static inline void folio_batch_init(struct folio_batch *batch)
{
	batch->nr = 0;
}

static inline unsigned int folio_batch_count(const struct folio_batch *batch)
{
	return batch->nr;
}

/* Returns how much room is left. */
static inline unsigned int folio_batch_add(struct folio_batch *batch, struct folio *folio)
{
	batch->folios[batch->nr++] = folio;
	return PAGEVEC_SIZE - batch->nr;
}

void folios_put(struct folio_batch *batch);
void filemap_drop_batch(struct address_space *mapping, struct folio_batch *batch);

/* Migration and LRU batches */

enum migrate_mode { MIGRATE_ASYNC, MIGRATE_SYNC_LIGHT, MIGRATE_SYNC };
enum { MR_CONTIG_RANGE };

struct migration_target_control {
	int nid;
	gfp_t gfp_mask;
	int reason;
};

int migrate_pages(struct list_head *from, struct folio *(*get)(struct folio *, unsigned long),
		  void *put, unsigned long data, enum migrate_mode mode, int reason,
		  unsigned int *nr_moved);
void putback_movable_pages(struct list_head *folios);
bool isolate_folio_to_list(struct folio *folio, struct list_head *list);
void lru_add_drain(void);
void lru_add_drain_all(void);
#define invalidate_bh_lrus_cpu()	do { } while (0)

/* The buddy allocator */

enum migratetype get_pageblock_migratetype(const struct page *page);
#define buddy_order(page)	READ_ONCE((page)->order)
#define buddy_order_unsafe(page) READ_ONCE((page)->order)
unsigned int buddy_order_fitting(unsigned long pfn, unsigned long end);
void buddy_take_block(struct zone *zone, struct page *page, unsigned int order);
void buddy_put_rest(struct zone *zone, unsigned long pfn, unsigned long end);
void buddy_give_block(struct zone *zone, struct page *page, unsigned int order);
void buddy_move_pageblock(struct zone *zone, unsigned long pfn, int old_mt, int new_mt);
unsigned long buddy_fetch_listed(struct zone *zone, unsigned long pfn, unsigned long end);
void drain_all_pages(struct zone *zone);
unsigned int alloc_pages_bulk_array_node(gfp_t gfp, int nid, unsigned long nr,
					 struct page **pages);
struct page *alloc_pages_node(int nid, gfp_t gfp, unsigned int order);
struct folio *alloc_migration_target(struct folio *from, unsigned long control);
void __free_page(struct page *page);
void post_alloc_hook(struct page *page, unsigned int order, gfp_t gfp);
void set_page_refcounted(struct page *page);
void split_page(struct page *page, unsigned int order);
void prep_compound_page(struct page *page, unsigned int order);
bool free_pages_prepare(struct page *page, unsigned int order);
#define mem_alloc_profiling_enabled()	false

/* Counters and trace points */

enum vm_event_item { CMA_ALLOC_SUCCESS, CMA_ALLOC_FAIL, PGFREE, NR_VM_EVENTS };
#define count_vm_event(item)		count_vm_events(item, 1)
#define __count_vm_events(item, nr)	count_vm_events(item, nr)
void count_vm_events(enum vm_event_item item, unsigned long nr);

static inline void kernel_trace(int none, ...)
{
	(void)none;
}

#define kernel_ignore(...)				kernel_trace(0, __VA_ARGS__)
#define trace_cma_alloc_start(...)			kernel_ignore(__VA_ARGS__)
#define trace_cma_alloc_finish(...)			kernel_ignore(__VA_ARGS__)
#define trace_cma_alloc_busy_retry(...)			kernel_ignore(__VA_ARGS__)
#define trace_cma_alloc_blocked(...)			kernel_ignore(__VA_ARGS__)
#define trace_cma_release(...)				kernel_ignore(__VA_ARGS__)
#define trace_mm_alloc_contig_migrate_range_info(...)	kernel_ignore(__VA_ARGS__)
#define trace_test_pages_isolated(...)			kernel_ignore(__VA_ARGS__)

/* Boot: an area is reserved before there is a page allocator, see cma_init.c. */

struct kobject { int unused; };
#define MEMINIT_EARLY			0
bool memblock_is_region_reserved(phys_addr_t base, phys_addr_t size);
bool memblock_is_region_memory(phys_addr_t base, phys_addr_t size);
bool memblock_addrs_overlap(phys_addr_t base, phys_addr_t size, phys_addr_t other,
			    phys_addr_t other_size);
phys_addr_t memblock_start_of_DRAM(void);
phys_addr_t memblock_end_of_DRAM(void);
phys_addr_t memblock_phys_mem_size(void);
int memblock_reserve(phys_addr_t base, phys_addr_t size);
struct memblock_region {
	phys_addr_t base;
	phys_addr_t size;
	bool nomap;
};

extern struct memblock_region memblock_regions[3];
extern unsigned int memblock_nr_regions;
#define for_each_mem_region(region) \
	for (region = memblock_regions; region < memblock_regions + memblock_nr_regions; \
	     region++)
#define memblock_is_nomap(region)	((region)->nomap)
void memblock_phys_free(phys_addr_t base, phys_addr_t size);
phys_addr_t memblock_alloc_range_nid(phys_addr_t size, phys_addr_t align, phys_addr_t from,
				     phys_addr_t to, int nid, bool exact);
#define kmemleak_ignore_phys(addr)	((void)(addr))
#define clear_page_tag_ref(page)	((void)(page))
#define PHYS_ADDR_MAX			(~(phys_addr_t)0)
#define totalram_pages_add(nr)		((void)(nr))
void __free_pages_core(struct page *page, unsigned int order, int context);
void free_reserved_page(struct page *page);

#define alloc_hooks(expression)		(expression)
#include <linux/contig_range.h>
#include <linux/page-isolation.h>

#endif /* _CMA_TEST_KERNEL_H */
