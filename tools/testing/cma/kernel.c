// SPDX-License-Identifier: GPL-2.0
/*
 * The memory behind kernel.h.  Everything that could be fast in a kernel is slow
 * here, and easy to see through.
 */
#include "kernel_model.h"

struct zone kernel_zone;
struct pglist_data kernel_node;
struct page kernel_pages[ZONE_PAGES];
struct user kernel_users[MAX_USERS];
unsigned long kernel_nr_said, kernel_nr_warned, kernel_fail_nth;
bool kernel_shared;
const char *kernel_warning;
char kernel_log[1024];

/* What a CPU keeps for itself, and who may look at it */
static struct {
	spinlock_t lock;	/* all below */
	struct page *page[16];
	unsigned int nr;
} pcp[KERNEL_CPUS];

/*
 * With less than that free, there is what kswapd frees while we sleep, or what we
 * reclaim ourselves.
 */
#define LOW_WATER	(ZONE_PAGES / 2)
#define RECLAIMED	32

/* So many users in a row have pages of the same file. */
#define RUN_OF_FILE	8

/* Over all users, their folios' flags and the LRU batches */
static spinlock_t users_lock;
static ktime_t now;
/* When a pin or a writeback ends next, at the earliest; users_lock held */
static ktime_t next_end;
static const struct address_space_operations file_ops = { .migrate_folio = &now };
/* A file system that moves only what is written */
static const struct address_space_operations write_first_ops;
/* Of the second one, as of a block device's, no page may be in high memory. */
static struct address_space files[] = {
	{ .a_ops = &file_ops, .gfp_mask = __GFP_HIGHMEM },
	{ .a_ops = &file_ops },
	{ .a_ops = &write_first_ops, .gfp_mask = __GFP_HIGHMEM },
};

/* How long writing takes that nobody gave a time for */
#define WRITE_NS	NSEC_PER_MSEC

static __thread unsigned int this_cpu, nr_held, memalloc_flags, nr_reclaimed;
static __thread bool killed, is_migrating, kswapd_frozen;

/* Locks, messages and time */

void spin_lock_init(spinlock_t *lock)
{
	memset(lock, 0, sizeof(*lock));
	pthread_mutex_init(&lock->mutex, NULL);
}

void spin_lock(spinlock_t *lock)
{
	pthread_mutex_lock(&lock->mutex);
	lock->owner = pthread_self();
	lock->held = true;
	nr_held++;
}

void spin_unlock(spinlock_t *lock)
{
	nr_held--;
	lock->held = false;
	pthread_mutex_unlock(&lock->mutex);
}

void lockdep_assert_held(const spinlock_t *lock)
{
	if (!lock->held || lock->owner != pthread_self())
		kernel_warn("a lock that should be held is not");
}

void might_sleep(void)
{
	if (nr_held)
		kernel_warn("sleeping with a lock held");
}

void kernel_say(const char *format, ...)
{
	size_t used = strlen(kernel_log);
	va_list args;

	if (!kernel_shared) {
		va_start(args, format);
		vsnprintf(kernel_log + used, sizeof(kernel_log) - used, format, args);
		va_end(args);
	}
	__atomic_fetch_add(&kernel_nr_said, 1, __ATOMIC_RELAXED);
}

/*
 * When several threads run, one may look at a page that another is giving back: what
 * has a reference for a moment is still in use, and free when that is dropped.
 */
void kernel_warn(const char *what)
{
	if (kernel_shared && strstr(what, "still in use"))
		return;
	__atomic_fetch_add(&kernel_nr_warned, 1, __ATOMIC_RELAXED);
	WRITE_ONCE(kernel_warning, what);
}

ktime_t ktime_get(void)
{
	/* No two looks at a clock are at the same time. */
	return __atomic_add_fetch(&now, 1, __ATOMIC_RELAXED);
}

bool kernel_killed(void)
{
	return killed;
}

/* Before there is a page allocator: all memory is reserved, none of it lent. */
void kernel_boot(void)
{
	unsigned int cpu, i;

	now = 1;
	next_end = KTIME_MAX;
	this_cpu = 0;
	memalloc_flags = 0;
	nr_reclaimed = 0;
	kernel_node.kswapd_failures = 0;
	kswapd_frozen = false;
	killed = false;
	kernel_nr_said = 0;
	kernel_nr_warned = 0;
	kernel_warning = NULL;
	kernel_log[0] = '\0';
	memset(&kernel_zone, 0, sizeof(kernel_zone));
	memset(kernel_pages, 0, sizeof(kernel_pages));
	memset(kernel_users, 0, sizeof(kernel_users));
	spin_lock_init(&kernel_zone.lock);
	kernel_zone.zone_start_pfn = ZONE_FIRST_PFN;
	spin_lock_init(&users_lock);
	for (cpu = 0; cpu < KERNEL_CPUS; cpu++) {
		spin_lock_init(&pcp[cpu].lock);
		pcp[cpu].nr = 0;
	}
	for (i = 0; i < ZONE_BLOCKS; i++)
		kernel_zone.type[i] = i % 8 == 1 ? MIGRATE_UNMOVABLE :
				      i == 4 ? MIGRATE_HIGHATOMIC : MIGRATE_MOVABLE;
}

void kernel_kill(bool on)
{
	killed = on;
}

void kernel_freeze(bool on)
{
	kswapd_frozen = on;
	nr_reclaimed = 0;
}

void kernel_give_up(void)
{
	kernel_node.kswapd_failures = MAX_RECLAIM_RETRIES;
	nr_reclaimed = 0;
}

void kernel_run_on(unsigned int cpu)
{
	this_cpu = cpu;
}

bool kernel_fails(void)
{
	return kernel_fail_nth && !--kernel_fail_nth;
}

void count_vm_events(enum vm_event_item item, unsigned long nr)
{
	(void)item;
	(void)nr;
}

unsigned long *bitmap_zalloc(unsigned long nr, gfp_t gfp)
{
	(void)gfp;
	return kernel_fails() ? NULL : calloc(BITS_TO_LONGS(nr), sizeof(long));
}

int __wrap_contig_take(struct contig_request *req)
{
	if (!kernel_fails())
		return __real_contig_take(req);
	return contig_blocked_by(req, req->start_pfn, CONTIG_HELD);
}

int __wrap_pageblock_hold_range(struct pageblock_hold *hold, unsigned long pfn, unsigned long end,
				int mt)
{
	unsigned long at = pageblock_start_pfn(pfn);

	if (kernel_fails()) {
		hold->start_pfn = at;
		return -EBUSY;
	}
	if (__real_pageblock_hold_range(hold, pfn, end, mt))
		return -EBUSY;
	for (; at < end; at += pageblock_nr_pages)
		if (!is_migrate_isolate_page(pfn_to_page(at)))
			kernel_warn("a pageblock of a range that is held is in service");
	return 0;
}

/* Pageblocks and free blocks; all of it with the zone's lock held */

static enum migratetype *type_of(unsigned long pfn)
{
	return &kernel_zone.type[(pfn - ZONE_FIRST_PFN) / pageblock_nr_pages];
}

enum migratetype get_pageblock_migratetype(const struct page *page)
{
	return READ_ONCE(*type_of(page_to_pfn(page)));
}

void set_pageblock_migratetype(struct page *page, int migratetype)
{
	WRITE_ONCE(*type_of(page_to_pfn(page)), migratetype);
}

static void put_on_list(unsigned long pfn, unsigned int order, unsigned int list)
{
	struct page *page = pfn_to_page(pfn);

	WRITE_ONCE(page->order, order);
	page->list = list;
	page_set(page, PG_buddy);
	kernel_zone.nr_free[list] += 1L << order;
}

static void take_off_list(struct page *page)
{
	if (!PageBuddy(page))
		kernel_warn("a block is taken that is not free");
	page_clear(page, PG_buddy);
	kernel_zone.nr_free[page->list] -= 1L << page->order;
	WRITE_ONCE(page->order, 0);
}

unsigned int buddy_order_fitting(unsigned long pfn, unsigned long end)
{
	unsigned int order = min(MAX_PAGE_ORDER, ilog2(end - pfn));

	return pfn ? min_t(unsigned int, order, __ffs(pfn)) : order;
}

void buddy_take_block(struct zone *zone, struct page *page, unsigned int order)
{
	lockdep_assert_held(&zone->lock);
	if (page->order != order)
		kernel_warn("a free block is not as large as it was thought to be");
	take_off_list(page);
}

void buddy_put_rest(struct zone *zone, unsigned long pfn, unsigned long end)
{
	unsigned int list = *type_of(pfn), order;

	lockdep_assert_held(&zone->lock);
	for (; pfn < end; pfn += 1UL << order) {
		order = buddy_order_fitting(pfn, end);
		put_on_list(pfn, order, list);
	}
}

/* May a free block and its buddy be one? Beyond a pageblock, of one type only. */
static bool merges(unsigned long pfn, unsigned long buddy, unsigned int order)
{
	struct page *page;

	if (!pfn_valid(buddy) || order >= MAX_PAGE_ORDER)
		return false;
	page = pfn_to_page(buddy);
	return PageBuddy(page) && page->order == order &&
	       (order < pageblock_order || *type_of(pfn) == *type_of(buddy));
}

static void give_merged(unsigned long pfn, unsigned int order)
{
	while (merges(pfn, pfn ^ (1UL << order), order)) {
		take_off_list(pfn_to_page(pfn ^ (1UL << order)));
		pfn &= ~(1UL << order);
		order++;
	}
	put_on_list(pfn, order, *type_of(pfn));
}

void buddy_give_block(struct zone *zone, struct page *page, unsigned int order)
{
	unsigned long pfn = page_to_pfn(page), end = pfn + (1UL << order);
	unsigned int piece = min(order, pageblock_order);

	lockdep_assert_held(&zone->lock);
	for (; pfn < end; pfn += 1UL << piece)
		give_merged(pfn, piece);
}

void buddy_move_pageblock(struct zone *zone, unsigned long pfn, int old_mt, int new_mt)
{
	const struct page *wide = pfn_to_page(ALIGN_DOWN(pfn, MAX_ORDER_NR_PAGES));
	unsigned long end = pfn + pageblock_nr_pages, nr;

	lockdep_assert_held(&zone->lock);
	if (PageBuddy(wide) && wide->order > pageblock_order)
		kernel_warn("a free block reaches beyond the pageblock that changes its type");
	if (*type_of(pfn) != (enum migratetype)old_mt)
		kernel_warn("a pageblock has not the type that it was thought to have");
	for (; pfn < end; pfn += nr) {
		struct page *page = pfn_to_page(pfn);

		nr = 1;
		if (!PageBuddy(page))
			continue;
		nr = 1UL << page->order;
		kernel_zone.nr_free[page->list] -= nr;
		page->list = new_mt;
		kernel_zone.nr_free[page->list] += nr;
	}
	set_pageblock_migratetype(pfn_to_page(end - 1), new_mt);
}

unsigned long zone_page_state(struct zone *zone, enum zone_stat_item item)
{
	long nr = 0;
	unsigned int mt;

	spin_lock(&zone->lock);
	for (mt = 0; mt < MIGRATE_TYPES; mt++)
		if (item == NR_FREE_CMA_PAGES ? mt == MIGRATE_CMA : mt != MIGRATE_ISOLATE)
			nr += zone->nr_free[mt];
	spin_unlock(&zone->lock);
	return nr;
}

/* Allocation */

static bool serves(unsigned int list, bool movable, bool lent)
{
	switch (list) {
	case MIGRATE_CMA:
		return lent && movable;
	case MIGRATE_MOVABLE:
	case MIGRATE_UNMOVABLE:
		return !lent;
	default:
		return false;
	}
}

/* The smallest free block that will do; the rest of it goes back. */
static struct page *take_pages(unsigned int order, bool movable, bool lent)
{
	struct page *page, *best = NULL;
	unsigned int list;

	spin_lock(&kernel_zone.lock);
	for (page = kernel_pages; page < kernel_pages + ZONE_PAGES; page++)
		if (PageBuddy(page) && page->order >= order && serves(page->list, movable, lent) &&
		    (!best || page->order < best->order))
			best = page;
	if (best) {
		unsigned long pfn = page_to_pfn(best), end = pfn + (1UL << best->order);

		list = best->list;
		take_off_list(best);
		for (pfn += 1UL << order; pfn < end; pfn += 1UL << ilog2(pfn & -pfn))
			put_on_list(pfn, (unsigned int)__ffs(pfn), list);
	}
	spin_unlock(&kernel_zone.lock);
	return best;
}

static struct page *take_listed(bool lent)
{
	struct page *page = NULL;
	unsigned int i;

	spin_lock(&pcp[this_cpu].lock);
	for (i = 0; i < pcp[this_cpu].nr && !page; i++) {
		if (is_migrate_cma_page(pcp[this_cpu].page[i]) != lent ||
		    is_migrate_isolate_page(pcp[this_cpu].page[i]))
			continue;
		page = pcp[this_cpu].page[i];
		pcp[this_cpu].page[i] = pcp[this_cpu].page[--pcp[this_cpu].nr];
		page_clear(page, PG_pcp);
	}
	spin_unlock(&pcp[this_cpu].lock);
	return page;
}

static struct page *alloc_block(unsigned int order, bool movable, bool lent)
{
	struct page *page = NULL;

	if (lent && !movable)
		return NULL;
	if (!order)
		page = take_listed(lent);
	return page ? page : take_pages(order, movable, lent);
}

static void set_references(struct page *page, int references)
{
	__atomic_store_n(&page->_refcount.counter, references, __ATOMIC_RELEASE);
}

static bool all_is_used(void)
{
	const long *nr_free = kernel_zone.nr_free;
	bool used;

	spin_lock(&kernel_zone.lock);
	used = !nr_free[MIGRATE_CMA] && !nr_free[MIGRATE_MOVABLE] && !nr_free[MIGRATE_UNMOVABLE];
	spin_unlock(&kernel_zone.lock);
	spin_lock(&pcp[this_cpu].lock);
	used = used && !pcp[this_cpu].nr;
	spin_unlock(&pcp[this_cpu].lock);
	return used;
}

/* Users take from the rest of the zone or from areas first, as they like. */
static struct page *alloc_pages(unsigned int order, bool movable, bool lent_first)
{
	struct page *page;

	/* Who waits for memory tries often: only what would be had can fail. */
	if (all_is_used() || kernel_fails())
		return NULL;
	page = alloc_block(order, movable, lent_first);
	if (!page)
		page = alloc_block(order, movable, !lent_first);
	if (!page)
		return NULL;
	set_references(page, 1);
	if (order)
		prep_compound_page(page, order);
	return page;
}

void prep_compound_page(struct page *page, unsigned int order)
{
	unsigned long i;

	WRITE_ONCE(page->order, order);
	page_set(page, PG_head);
	for (i = 1; i < 1UL << order; i++) {
		WRITE_ONCE(page[i].first, page);
		page_set(page + i, PG_tail);
	}
}

static void free_listed(struct page *page)
{
	spin_lock(&kernel_zone.lock);
	buddy_give_block(&kernel_zone, page, 0);
	spin_unlock(&kernel_zone.lock);
}

/* As free_unref_page(): to a per-CPU list, unless somebody waits for the page. */
static void free_to_list(struct page *page)
{
	bool listed = false;

	spin_lock(&pcp[this_cpu].lock);
	if (!is_migrate_isolate_page(page) && pcp[this_cpu].nr < ARRAY_SIZE(pcp[0].page)) {
		page_set(page, PG_pcp);
		pcp[this_cpu].page[pcp[this_cpu].nr++] = page;
		listed = true;
	}
	spin_unlock(&pcp[this_cpu].lock);
	if (!listed)
		free_listed(page);
}

unsigned long buddy_fetch_listed(struct zone *zone, unsigned long pfn, unsigned long end)
{
	unsigned long nr = 0;
	unsigned int cpu, i;

	(void)zone;
	for (cpu = 0; cpu < KERNEL_CPUS; cpu++) {
		spin_lock(&pcp[cpu].lock);
		for (i = 0; i < pcp[cpu].nr;) {
			struct page *page = pcp[cpu].page[i];

			if (page_to_pfn(page) - pfn >= end - pfn) {
				i++;
				continue;
			}
			pcp[cpu].page[i] = pcp[cpu].page[--pcp[cpu].nr];
			page_clear(page, PG_pcp);
			free_listed(page);
			nr++;
		}
		spin_unlock(&pcp[cpu].lock);
	}
	return nr;
}

void drain_all_pages(struct zone *zone)
{
	might_sleep();
	buddy_fetch_listed(zone, ZONE_FIRST_PFN, ZONE_FIRST_PFN + ZONE_PAGES);
}

/* What was a folio is pages again, whose flags mean nothing. */
static void clear_pages(struct page *page, unsigned int order)
{
	unsigned long i;

	for (i = 0; i < 1UL << order; i++) {
		if (page_ref_count(page + i))
			kernel_warn("a page is freed that somebody refers to");
		WRITE_ONCE(page[i].flags, 0);
		WRITE_ONCE(page[i].mapping, NULL);
		WRITE_ONCE(page[i].order, 0);
		page[i].content = 0;
		WRITE_ONCE(page[i]._mapcount.counter, -1);
		WRITE_ONCE(page[i]._large_mapcount.counter, -1);
	}
}

/*
 * A block with a bad page is refused. Its pages are told one by one which it is. One
 * that is poisoned is seen to be so if it comes by itself.
 */
bool free_pages_prepare(struct page *page, unsigned int order)
{
	if (order ? kernel_fails() : PageHWPoison(page))
		return false;
	clear_pages(page, order);
	return true;
}

static void free_folio(struct folio *folio)
{
	unsigned int order = folio_order(folio);

	clear_pages(&folio->page, order);
	if (!order) {
		free_to_list(&folio->page);
		return;
	}
	spin_lock(&kernel_zone.lock);
	buddy_give_block(&kernel_zone, &folio->page, order);
	spin_unlock(&kernel_zone.lock);
}

void __free_page(struct page *page)
{
	folio_put(page_folio(page));
}

void post_alloc_hook(struct page *page, unsigned int order, gfp_t gfp)
{
	unsigned long i;

	(void)gfp;
	if (!is_migrate_cma_page(page) && !is_migrate_isolate_page(page))
		kernel_warn("memory hotplug finds pages that are neither free nor in use");
	for (i = 0; i < 1UL << order; i++)
		if (page[i].flags || page_ref_count(page + i) || page[i].content)
			kernel_warn("a page is handed out that is in use");
}

void set_page_refcounted(struct page *page)
{
	if (page_ref_count(page))
		kernel_warn("a page is handed out that somebody refers to");
	set_references(page, 1);
}

void split_page(struct page *page, unsigned int order)
{
	unsigned long i;

	for (i = 1; i < 1UL << order; i++)
		set_page_refcounted(page + i);
}

void __free_pages_core(struct page *page, unsigned int order, int context)
{
	(void)context;
	clear_pages(page, order);
	spin_lock(&kernel_zone.lock);
	buddy_give_block(&kernel_zone, page, order);
	spin_unlock(&kernel_zone.lock);
}

void free_reserved_page(struct page *page)
{
	__free_pages_core(page, 0, MEMINIT_EARLY);
}

/* References and locks */

/* ThreadSanitizer does not follow fences, so that this is as strict as it may be. */
int atomic_dec_return_relaxed(atomic_t *v)
{
	int left = __atomic_sub_fetch(&v->counter, 1, __ATOMIC_ACQ_REL);

	if (left < 0)
		kernel_warn("a reference is dropped that nobody had");
	return left;
}

static bool put_page_testzero(struct page *page)
{
	return !atomic_dec_return_relaxed(&page->_refcount);
}

void folio_put(struct folio *folio)
{
	if (put_page_testzero(&folio->page))
		free_folio(folio);
}

/* As free_unref_folios(): those in an isolated pageblock go side by side. */
static void free_folios(struct folio_batch *batch)
{
	unsigned int i = 0;

	while (i < batch->nr) {
		struct folio *folio = batch->folios[i];

		if (is_migrate_isolate_page(&folio->page)) {
			i += free_isolated_run(batch, i);
			continue;
		}
		spin_lock(&kernel_zone.lock);
		buddy_give_block(&kernel_zone, &folio->page, (unsigned long)folio->private);
		spin_unlock(&kernel_zone.lock);
		folio->private = NULL;
		i++;
	}
}

void folios_put(struct folio_batch *batch)
{
	unsigned int i, nr = 0;

	for (i = 0; i < batch->nr; i++) {
		struct folio *folio = batch->folios[i];
		unsigned long order = folio_order(folio);

		if (!put_page_testzero(&folio->page))
			continue;
		clear_pages(&folio->page, order);
		folio->private = (void *)order;
		batch->folios[nr++] = folio;
	}
	batch->nr = nr;
	free_folios(batch);
	batch->nr = 0;
}

bool folio_try_get(struct folio *folio)
{
	int old = page_ref_count(&folio->page);

	if (kernel_fails())
		return false;
	while (old)
		if (__atomic_compare_exchange_n(&folio->_refcount.counter, &old, old + 1, false,
						__ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			return true;
	return false;
}

static bool lock_folio(struct folio *folio)
{
	unsigned long old = __atomic_fetch_or(&folio->flags, BIT(PG_locked), __ATOMIC_ACQUIRE);

	return !(old & BIT(PG_locked));
}

bool folio_trylock(struct folio *folio)
{
	return !kernel_fails() && lock_folio(folio);
}

void folio_unlock(struct folio *folio)
{
	if (!page_has(&folio->page, PG_locked))
		kernel_warn("a folio is unlocked that was not locked");
	__atomic_fetch_and(&folio->flags, ~BIT(PG_locked), __ATOMIC_RELEASE);
}

/* Users */

static struct user *user_of(const struct folio *folio)
{
	struct user *user = folio->content ? &kernel_users[folio->content - 1] : NULL;

	return user && user->folio == folio ? user : NULL;
}

/* What a folio's users refer to it for: the mapping or the cache, and pins */
static int references_of(const struct user *user, const struct folio *folio)
{
	int cached = user->kind == USER_CLEAN || user->kind == USER_DIRTY ?
		     (int)folio_nr_pages(folio) : 1;

	return cached + user->pinned + !!user->batched;
}

/*
 * Make @folio, which is new and has a reference, what the user has. Its mapping changes
 * while it is locked, as everywhere.
 */
static void settle(struct user *user, struct folio *folio)
{
	unsigned long content = user - kernel_users + 1, i;
	bool anon = user->kind == USER_ANON, cache = user->kind != USER_KERNEL && !anon;

	if (!lock_folio(folio))
		kernel_warn("a folio is locked that nobody knows");
	for (i = 0; i < folio_nr_pages(folio); i++)
		(&folio->page)[i].content = content;
	if (anon) {
		WRITE_ONCE(folio->mapping, (struct address_space *)MAPPING_ANON);
		page_set(&folio->page, PG_swapbacked);
		if (folio_test_large(folio))
			WRITE_ONCE(folio->_large_mapcount.counter, 0);
		else
			WRITE_ONCE(folio->_mapcount.counter, 0);
	}
	if (cache) {
		WRITE_ONCE(folio->mapping, &files[content / RUN_OF_FILE % ARRAY_SIZE(files)]);
		folio->index = content * 2;
	}
	if (user->kind == USER_DIRTY)
		page_set(&folio->page, PG_dirty);
	if (user->kind != USER_KERNEL)
		page_set(&folio->page, PG_lru);
	/* One of them is there already. */
	__atomic_fetch_add(&folio->_refcount.counter, references_of(user, folio) - 1,
			   __ATOMIC_RELEASE);
	user->folio = folio;
	folio_unlock(folio);
}

/* The folio is nobody's any more; one reference is left, for the caller to drop. */
static void forsake(struct user *user)
{
	struct folio *folio = user->folio;
	int extra = references_of(user, folio) - 1;

	WRITE_ONCE(folio->mapping, NULL);
	WRITE_ONCE(folio->_mapcount.counter, -1);
	WRITE_ONCE(folio->_large_mapcount.counter, -1);
	page_clear(&folio->page, PG_lru);
	__atomic_fetch_sub(&folio->_refcount.counter, extra, __ATOMIC_RELEASE);
	user->folio = NULL;
	user->pinned = false;
	user->batched = 0;
}

static void end_at(struct user *user, ktime_t until)
{
	user->until = until;
	next_end = min(next_end, until);
}

/* Pins and writeback end when their time is over; users_lock held. */
static void expire(struct user *user)
{
	if (!user->folio)
		return;
	if (user->until > READ_ONCE(now)) {
		next_end = min(next_end, user->until);
		return;
	}
	if (page_has(&user->folio->page, PG_writeback))
		page_clear(&user->folio->page, PG_writeback);
	if (user->pinned) {
		user->pinned = false;
		__atomic_fetch_sub(&user->folio->_refcount.counter, 1, __ATOMIC_RELEASE);
	}
}

static void expire_all(void)
{
	unsigned int i;

	next_end = KTIME_MAX;
	for (i = 0; i < MAX_USERS; i++)
		expire(&kernel_users[i]);
}

void kernel_pass(s64 ns)
{
	might_sleep();
	__atomic_fetch_add(&now, ns, __ATOMIC_RELAXED);
	spin_lock(&users_lock);
	if (next_end <= READ_ONCE(now))
		expire_all();
	spin_unlock(&users_lock);
	if (!kswapd_frozen && READ_ONCE(kernel_node.kswapd_failures) < MAX_RECLAIM_RETRIES)
		nr_reclaimed = RECLAIMED;
	if (kernel_shared)
		sched_yield();
}

/* Returns the user's number, or MAX_USERS if there is no memory. */
unsigned int kernel_use(enum user_kind kind, unsigned int order, bool lent_first)
{
	struct page *page = alloc_pages(order, kind != USER_KERNEL, lent_first);
	unsigned int i;

	if (!page)
		return MAX_USERS;
	spin_lock(&users_lock);
	for (i = 0; kernel_users[i].folio; i++)
		;
	kernel_users[i] = (struct user) { .kind = kind };
	settle(&kernel_users[i], page_folio(page));
	spin_unlock(&users_lock);
	return i;
}

/* Is the folio with its user, and not on its way somewhere? Users wait for it if so. */
static bool at_home(const struct user *user)
{
	return user->folio && !page_has(&user->folio->page, PG_locked) &&
	       (user->kind == USER_KERNEL || user->batched || folio_test_lru(user->folio));
}

void kernel_unuse(unsigned int i)
{
	struct user *user = &kernel_users[i];
	struct folio *folio = NULL;

	spin_lock(&users_lock);
	if (at_home(user) && !page_has(&user->folio->page, PG_writeback) &&
	    lock_folio(user->folio)) {
		folio = user->folio;
		forsake(user);
		folio_unlock(folio);
	}
	spin_unlock(&users_lock);
	if (folio)
		folio_put(folio);
}

void kernel_pin(unsigned int i, s64 ns)
{
	struct user *user = &kernel_users[i];

	spin_lock(&users_lock);
	if (at_home(user) && !user->pinned) {
		user->pinned = true;
		end_at(user, READ_ONCE(now) + ns);
		__atomic_fetch_add(&user->folio->_refcount.counter, 1, __ATOMIC_RELEASE);
	}
	spin_unlock(&users_lock);
}

void kernel_write(unsigned int i, s64 ns)
{
	struct user *user = &kernel_users[i];

	spin_lock(&users_lock);
	if (at_home(user) && user->kind == USER_DIRTY && !user->pinned) {
		end_at(user, READ_ONCE(now) + ns);
		page_set(&user->folio->page, PG_writeback);
	}
	spin_unlock(&users_lock);
}

/* Its folio is on its way to its LRU list, in a batch of this CPU. */
void kernel_batch(unsigned int i)
{
	struct user *user = &kernel_users[i];

	spin_lock(&users_lock);
	if (at_home(user) && user->kind != USER_KERNEL && !user->batched) {
		user->batched = this_cpu + 1;
		page_clear(&user->folio->page, PG_lru);
		__atomic_fetch_add(&user->folio->_refcount.counter, 1, __ATOMIC_RELEASE);
	}
	spin_unlock(&users_lock);
}

static void drain_batches(unsigned int cpu)
{
	unsigned int i;

	spin_lock(&users_lock);
	for (i = 0; i < MAX_USERS; i++) {
		struct user *user = &kernel_users[i];

		if (!user->folio || user->batched != cpu + 1)
			continue;
		user->batched = 0;
		page_set(&user->folio->page, PG_lru);
		__atomic_fetch_sub(&user->folio->_refcount.counter, 1, __ATOMIC_RELEASE);
	}
	spin_unlock(&users_lock);
}

void lru_add_drain(void)
{
	drain_batches(this_cpu);
}

void lru_add_drain_all(void)
{
	unsigned int cpu;

	might_sleep();
	for (cpu = 0; cpu < KERNEL_CPUS; cpu++)
		drain_batches(cpu);
}

/* Moving and dropping folios */

bool filemap_release_folio(struct folio *folio, gfp_t gfp)
{
	(void)folio;
	(void)gfp;
	return !kernel_fails();
}

/* As the real one: who has more references than the cache and the caller keeps it. */
void filemap_drop_batch(struct address_space *mapping, struct folio_batch *batch)
{
	struct folio_batch used;
	unsigned int i, nr = 0;

	folio_batch_init(&used);
	spin_lock(&users_lock);
	for (i = 0; i < batch->nr; i++) {
		struct folio *folio = batch->folios[i];
		struct user *user = user_of(folio);
		int mine = (int)folio_nr_pages(folio) + 1;

		if (folio->mapping != mapping || kernel_fails() ||
		    page_ref_count(&folio->page) != mine) {
			folio_batch_add(&used, folio);
			continue;
		}
		forsake(user);
		/* What is left of the user's is not the caller's. */
		__atomic_fetch_sub(&folio->_refcount.counter, 1, __ATOMIC_RELEASE);
		batch->folios[nr++] = folio;
	}
	batch->nr = nr;
	spin_unlock(&users_lock);

	for (i = 0; i < used.nr; i++)
		folio_unlock(used.folios[i]);
	folios_put(&used);
}

bool isolate_folio_to_list(struct folio *folio, struct list_head *list)
{
	bool isolated = false;

	if (kernel_fails())
		return false;
	spin_lock(&users_lock);
	if (folio_test_lru(folio) && user_of(folio)) {
		page_clear(&folio->page, PG_lru);
		__atomic_fetch_add(&folio->_refcount.counter, 1, __ATOMIC_RELEASE);
		list_add_tail(&folio->lru, list);
		isolated = true;
	}
	spin_unlock(&users_lock);
	return isolated;
}

static void put_back(struct folio *folio)
{
	spin_lock(&users_lock);
	if (user_of(folio))
		page_set(&folio->page, PG_lru);
	spin_unlock(&users_lock);
	folio_put(folio);
}

void putback_movable_pages(struct list_head *folios)
{
	while (!list_empty(folios)) {
		struct folio *folio = list_entry(folios->next, struct folio, lru);

		list_del(&folio->lru);
		put_back(folio);
	}
}

/* May a page be had?  Who reclaims for it gives kswapd new courage. */
static bool has_room(gfp_t gfp)
{
	if ((gfp & __GFP_DIRECT_RECLAIM) && is_migrating)
		kernel_warn("memory is reclaimed whatever the deadline");
	if (!(gfp & (__GFP_DIRECT_RECLAIM | __GFP_NOMEMALLOC)))
		kernel_warn("memory is taken that is there for those who cannot wait");
	if (zone_page_state(&kernel_zone, NR_FREE_PAGES) >= LOW_WATER)
		return true;
	if ((gfp & __GFP_DIRECT_RECLAIM) && !nr_reclaimed) {
		nr_reclaimed = RECLAIMED;
		WRITE_ONCE(kernel_node.kswapd_failures, 0);
	}
	if (!nr_reclaimed)
		return false;
	nr_reclaimed--;
	return true;
}

unsigned int alloc_pages_bulk_array_node(gfp_t gfp, int nid, unsigned long nr, struct page **pages)
{
	unsigned int i;

	(void)nid;
	for (i = 0; i < nr && has_room(gfp); i++) {
		pages[i] = alloc_pages(0, gfp & __GFP_MOVABLE, false);
		if (!pages[i])
			break;
	}
	return i;
}

struct page *alloc_pages_node(int nid, gfp_t gfp, unsigned int order)
{
	(void)nid;
	might_sleep();
	return has_room(gfp) ? alloc_pages(order, gfp & __GFP_MOVABLE, false) : NULL;
}

unsigned int memalloc_flags_save(unsigned int flags)
{
	unsigned int added = flags & ~memalloc_flags;

	memalloc_flags |= flags;
	return added;
}

void memalloc_flags_restore(unsigned int flags)
{
	memalloc_flags &= ~flags;
}

/* As the real one, which allocates large folios with all of GFP_TRANSHUGE. */
struct folio *alloc_migration_target(struct folio *from, unsigned long control)
{
	const struct migration_target_control *mtc = (void *)control;
	struct page *page = NULL;

	if (folio_order(from) || has_room(mtc->gfp_mask))
		page = alloc_pages(folio_order(from), mtc->gfp_mask & __GFP_MOVABLE, false);
	if (folio_order(from) && !(mtc->gfp_mask & __GFP_FS) &&
	    !(memalloc_flags & PF_MEMALLOC_NOFS))
		kernel_warn("reclaim for a large folio may need the caller's locks");
	return page ? page_folio(page) : NULL;
}

/* Can a folio move, which the caller has one reference to? */
static bool is_free_to_move(struct folio *folio, const struct user *user)
{
	return !page_has(&folio->page, PG_writeback) &&
	       page_ref_count(&folio->page) == references_of(user, folio) + 1 && !user->pinned;
}

static bool move_folio(struct folio *from, struct folio *to)
{
	struct user *user;
	bool moved = false;

	/* Somebody else may begin to, after the page was allocated. */
	if (!kernel_shared && is_migrate_isolate_page(&to->page))
		kernel_warn("a folio moves to where somebody is clearing up");
	spin_lock(&users_lock);
	user = user_of(from);
	if (user && is_free_to_move(from, user)) {
		forsake(user);
		settle(user, to);
		moved = true;
	}
	spin_unlock(&users_lock);
	if (!moved)
		return false;
	/* What was the user's, and what isolation took */
	folio_put(from);
	folio_put(from);
	return true;
}

static bool moves_written(const struct folio *folio)
{
	return folio_test_dirty(folio) && !folio_test_anon(folio) &&
	       !folio->mapping->a_ops->migrate_folio;
}

/*
 * What is written is clean, and can be moved or dropped when that is done: at once, if
 * the file system waits for it itself.
 */
static void begin_writing(struct folio *folio)
{
	struct user *user;

	spin_lock(&users_lock);
	user = user_of(folio);
	if (user && !user->pinned) {
		user->kind = USER_CLEAN;
		page_clear(&folio->page, PG_dirty);
		if (folio->index % 4) {
			page_set(&folio->page, PG_writeback);
			end_at(user, READ_ONCE(now) + WRITE_NS);
		}
	}
	spin_unlock(&users_lock);
}

/*
 * Does migration pass over a folio this time? Only who asks for all of it has folios
 * written, and waits for I/O, whoever began it.
 */
static bool passes_over(struct folio *folio, enum migrate_mode mode)
{
	if (page_has(&folio->page, PG_writeback)) {
		if (mode == MIGRATE_SYNC && !kernel_shared)
			kernel_warn("I/O is waited for by who knows of no deadline");
		return true;
	}
	if (!moves_written(folio))
		return false;
	if (mode == MIGRATE_SYNC)
		begin_writing(folio);
	return page_has(&folio->page, PG_writeback) || moves_written(folio);
}

/* As the real one: those that did not move stay in the list, and their number is told. */
int migrate_pages(struct list_head *from, struct folio *(*get)(struct folio *, unsigned long),
		  void *put, unsigned long data, enum migrate_mode mode, int reason,
		  unsigned int *nr_moved)
{
	struct list_head *at, *next;
	int left = 0;

	(void)put;
	(void)reason;
	might_sleep();
	*nr_moved = 0;
	for (at = from->next; at != from; at = next) {
		struct folio *folio = list_entry(at, struct folio, lru), *to;
		unsigned long nr = folio_nr_pages(folio);

		next = at->next;
		if (passes_over(folio, mode) || kernel_fails()) {
			left++;
			continue;
		}
		is_migrating = true;
		to = get(folio, data);
		is_migrating = false;
		if (!to)
			return -ENOMEM;
		list_del(at);
		if (move_folio(folio, to)) {
			*nr_moved += nr;
			continue;
		}
		folio_put(to);
		list_add_tail(at, next);
		left++;
	}
	return left;
}
