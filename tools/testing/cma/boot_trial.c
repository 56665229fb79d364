// SPDX-License-Identifier: GPL-2.0
/*
 * The drivers' files are included: what an option has left behind is static there,
 * and must be forgotten between boots.
 */
#include <assert.h>

#include "boot.h"
#include "boot_trial.h"
#include "cma.h"
#include "kernel_model.h"

#include "dma-contiguous-boot.c"
#undef pr_fmt
#include "dma-contiguous-of.c"

const phys_addr_t phys_initrd_start = 0x48000000, phys_initrd_size = 0x123456;
struct cma *dma_contiguous_default_area;
struct cma *dma_contiguous_pernuma_area[MAX_NUMNODES];
struct cma *dma_contiguous_numa_area[MAX_NUMNODES];

const char * const boot_sentences[NR_BOOT_PROMISES] = {
	[TAKES_WHAT_MAKES_SENSE] =
		"an option is taken if it is what it has to be, and only then",
	[RESERVES_AS_ASKED] =
		"the default area is as large and where it was asked for, in memory nobody had",
	[RESERVES_IF_IT_FITS] =
		"there is one if there is room for it and for its entry, and none if none was asked for",
	[RESERVES_NO_MORE] =
		"nothing but the areas is reserved more than before, and nothing twice",
	[NODES_AS_ASKED] =
		"nodes have the areas that they were to have",
	[TREE_AS_ASKED] =
		"a node of the device tree is an area if its memory may be one, and only then",
	[SAYS_WHY_NOT] =
		"what cannot be had is said, and not that memory is missing if it is not",
};

#define GRANULE		((phys_addr_t)CMA_MIN_ALIGNMENT_BYTES)
#define RAM_END		(BOOT_RAM + BOOT_RAM_SIZE)
static_assert(BOOT_MAX_AREAS == MAX_CMA_AREAS, "as many as there can be");

/* So small that it fits if anything does */
#define SMALL		SZ_1M

/* What the kernel has in lib/: the same, by another's hands */

u64 memparse(const char *text, char **end)
{
	static const char suffixes[] = "KMGTPE";
	u64 value = strtoull(text, end, 0);
	const char *suffix = **end ? strchr(suffixes, toupper(**end)) : NULL;

	if (!suffix)
		return value;
	(*end)++;
	return value << 10 * (suffix - suffixes + 1);
}

int get_option(char **text, int *number)
{
	char *begin = *text;

	*number = (int)strtoull(begin, text, 0);
	if (*text == begin)
		return 0;
	if (**text == ',') {
		(*text)++;
		return 2;
	}
	return **text == '-' ? 3 : 1;
}

bool boot_reserved_range(u64 i, phys_addr_t *start, phys_addr_t *end)
{
	if (i >= memblock_model_nr)
		return false;
	*start = memblock_model[i].base;
	*end = *start + memblock_model[i].size;
	return true;
}

/* The device tree */

static const struct boot *now_booting;

static const struct boot_node *node_at(unsigned long node)
{
	return &now_booting->node[node - 1];
}

const void *boot_tree(void)
{
	return now_booting->nr_nodes ? now_booting : NULL;
}

int boot_nr_nodes(void)
{
	return now_booting->nr_nodes;
}

int fdt_path_offset(const void *fdt, const char *path)
{
	(void)path;
	return fdt ? 0 : -1;
}

int fdt_num_mem_rsv(const void *fdt)
{
	(void)fdt;
	return 1;
}

/* Somebody's, in the middle of nowhere */
int fdt_get_mem_rsv(const void *fdt, int n, u64 *start, u64 *size)
{
	(void)fdt;
	(void)n;
	*start = BOOT_RAM + 0x4000000;
	*size = 0x1000;
	return 0;
}

const char *fdt_get_name(const void *fdt, int node, int *len)
{
	(void)fdt;
	(void)node;
	(void)len;
	return "node";
}

bool of_flat_dt_is_compatible(unsigned long node, const char *compatible)
{
	return node_at(node)->area && !strcmp(compatible, "shared-dma-pool");
}

const void *of_get_flat_dt_prop(unsigned long node, const char *name, int *len)
{
	const struct boot_node *at = node_at(node);
	bool on = (!strcmp(name, "reusable") && at->reusable) ||
		  (!strcmp(name, "no-map") && at->no_map) ||
		  (!strcmp(name, "linux,cma-default") && at->is_default);

	if (!strcmp(name, "status"))
		return at->status;
	if (strcmp(name, "reg"))
		return on ? "" : NULL;
	*len = at->reg_len;
	return at->reg_len ? at->reg : NULL;
}

static u64 big_endian(const u8 *bytes, unsigned int nr)
{
	u64 value = 0;

	while (nr--)
		value = value << 8 | *bytes++;
	return value;
}

u64 dt_mem_next_cell(int cells, const __be32 **at)
{
	u64 value = big_endian((const u8 *)*at, cells * 4);

	*at += cells;
	return value;
}

/* The models */

/**
 * struct wish - what an option asks for
 * @size: bytes
 * @start: where, or from where on
 * @end: and up to where; 0 if exactly there
 * @placed: there is a start
 */
struct wish {
	u64 size;
	u64 start;
	u64 end;
	bool placed;
};

static bool is_bytes(const char *begin, const char *end, u64 *bytes)
{
	char number[256] = "", *behind;

	if (begin == end || !isdigit(*begin) || (size_t)(end - begin) >= sizeof(number))
		return false;
	memcpy(number, begin, end - begin);
	*bytes = memparse(number, &behind);
	return !*behind;
}

static bool makes_sense(const char *text, struct wish *wish)
{
	const char *end = text + strlen(text), *at = strchr(text, '@');
	const char *dash = at ? strchr(at, '-') : NULL;

	*wish = (struct wish) { };
	if (!is_bytes(text, at ? at : end, &wish->size))
		return false;
	if (!at || at + 1 == end)
		return true;
	wish->placed = true;
	if (!is_bytes(at + 1, dash ? dash : end, &wish->start))
		return false;
	return !dash || (is_bytes(dash + 1, end, &wish->end) && wish->end > wish->start);
}

static bool overlaps(u64 base, u64 size, u64 other, u64 other_size)
{
	return size && other_size && base < other + other_size && other < base + size;
}

/* What is reserved when areas are, by now */
static struct reserved_range before[MAX_RESERVED];
static unsigned int nr_before;

static bool is_unmapped(u64 base, u64 size)
{
	return now_booting->unmapped && overlaps(base, size, BOOT_FIRMWARE, BOOT_FIRMWARE_SIZE);
}

static bool is_clear(u64 base, u64 size)
{
	unsigned int i;

	if (is_unmapped(base, size))
		return false;
	for (i = 0; i < nr_before; i++)
		if (overlaps(base, size, before[i].base, before[i].size))
			return false;
	return base >= BOOT_RAM && base + size <= RAM_END;
}

/* Where RAM ends, or what devices reach of it, or a wish. An odd limit is itself reached. */
static u64 end_of_room(const struct wish *wish)
{
	u64 limit = now_booting->limit, end = RAM_END;

	if (limit)
		end = min_t(u64, limit + (limit & 1), end);
	return wish->end && wish->end < end ? wish->end : end;
}

/* Is there a place for a wish? Those that are not fixed may be anywhere in between. */
static bool has_place(const struct wish *wish, u64 size)
{
	u64 end = end_of_room(wish), base;

	if (wish->placed && !wish->end)
		return IS_ALIGNED(wish->start, GRANULE) && wish->start < RAM_END &&
		       wish->start + size <= end && is_clear(wish->start, size);
	if (wish->start >= end)
		return false;
	for (base = ALIGN(max_t(u64, wish->start, BOOT_RAM), GRANULE); base + size <= end;
	     base += GRANULE)
		if (is_clear(base, size))
			return true;
	return false;
}

/* The options, given as the kernel is given them: in memory of their own */
static int give(int (*param)(char *text), const char *text)
{
	char *copy = strdup(text);
	int err;

	if (!copy)
		abort();
	err = param(copy);
	free(copy);
	return err;
}

static u64 wanted_on[MAX_NUMNODES];

/* NODE:SIZE and so on, separated by commas; what stands before a mistake holds. */
static bool model_numa(const char *text)
{
	memset(wanted_on, 0, sizeof(wanted_on));
	for (;;) {
		const char *comma = strchr(text, ','), *end = comma ? comma : text + strlen(text);
		const char *colon = memchr(text, ':', end - text);
		unsigned long long node;
		char *behind;

		if (!colon || !isdigit(*text))
			return false;
		node = strtoull(text, &behind, 0);
		if (behind != colon || node >= MAX_NUMNODES || !isdigit(colon[1]))
			return false;
		wanted_on[node] = memparse(colon + 1, &behind);
		if (behind != end)
			return false;
		if (!comma)
			return true;
		text = comma + 1;
	}
}

/* All or nothing */
static bool model_pernuma(const char *text, u64 *bytes)
{
	if (is_bytes(text, text + strlen(text), bytes))
		return true;
	*bytes = 0;
	return false;
}

static bool reg_at(const struct boot_node *node, int index, u64 *base, u64 *size)
{
	if (node->reg_len < (index + 1) * 16)
		return false;
	*base = big_endian(node->reg + index * 16, 8);
	*size = big_endian(node->reg + index * 16 + 8, 8);
	return true;
}

static bool is_enabled(const struct boot_node *node)
{
	return !node->status || !strcmp(node->status, "ok") || !strcmp(node->status, "okay");
}

/* Does another node that is in use, or the table of reservations, have part of it? */
static bool is_promised(const struct boot *boot, const struct boot_node *self, u64 base, u64 size)
{
	u64 other, other_size;
	int i, k;

	for (i = 0; i < boot->nr_nodes; i++)
		for (k = 0; reg_at(&boot->node[i], k, &other, &other_size); k++)
			if (&boot->node[i] != self && is_enabled(&boot->node[i]) &&
			    overlaps(base, size, other, other_size))
				return true;
	fdt_get_mem_rsv(boot, 0, &other, &other_size);
	return overlaps(base, size, other, other_size);
}

static bool may_be_area(const struct boot *boot, const struct boot_node *node)
{
	u64 base, size;

	return node->area && node->reusable && !node->no_map && reg_at(node, 0, &base, &size) &&
	       size && IS_ALIGNED(base | size, GRANULE) && base + size > base &&
	       base >= BOOT_RAM && base + size <= RAM_END &&
	       !overlaps(base, size, BOOT_KERNEL, BOOT_KERNEL_SIZE) &&
	       !overlaps(base, size, phys_initrd_start, phys_initrd_size) &&
	       !is_promised(boot, node, base, size) && !is_unmapped(base, size);
}

/* The boot */

static void reserve(u64 base, u64 size)
{
	if (!size)
		return;
	before[nr_before++] = (struct reserved_range) { base, size };
	if (memblock_reserve(base, size))
		abort();
}

static void forget_last_boot(void)
{
	memset(cma_areas, 0, sizeof(cma_areas));
	totalcma_pages = 0;
	memset(&cmdline, 0, sizeof(cmdline));
	pernuma_size = 0;
	memset(numa_size, 0, sizeof(numa_size));
	default_node = 0;
	dma_contiguous_default_area = NULL;
	memset(dma_contiguous_pernuma_area, 0, sizeof(dma_contiguous_pernuma_area));
	memset(dma_contiguous_numa_area, 0, sizeof(dma_contiguous_numa_area));
	memset(wanted_on, 0, sizeof(wanted_on));
	nr_before = 0;
}

static bool table_is_full(void)
{
	return cma_area_count == MAX_CMA_AREAS;
}

/* As of_reserved_mem.c: what nodes have is reserved, wherever it may be. */
static void power_on(const struct boot *boot)
{
	u64 base, size;
	int i;

	now_booting = boot;
	kernel_boot();
	forget_last_boot();
	/* Of these it counts only how many there are. */
	cma_area_count = boot->nr_others;
	memblock_model_reset(BOOT_RAM, BOOT_RAM_SIZE);
	if (boot->unmapped)
		memblock_model_unmap(BOOT_FIRMWARE, BOOT_FIRMWARE_SIZE);
	reserve(BOOT_KERNEL, BOOT_KERNEL_SIZE);
	reserve(phys_initrd_start, phys_initrd_size);
	for (i = 0; i < boot->nr_nodes; i++)
		if (is_enabled(&boot->node[i]) && reg_at(&boot->node[i], 0, &base, &size))
			reserve(base, size);
}

/* Nodes are set up one by one; what an error is told of is given back. */
static enum boot_promise unflatten(const struct boot *boot)
{
	u64 base, size;
	int i;

	for (i = 0; i < boot->nr_nodes; i++) {
		const struct boot_node *node = &boot->node[i];
		struct reserved_mem rmem = { .name = "node", .fdt_node = i + 1 };
		bool due = may_be_area(boot, node) && !table_is_full() &&
			   !(node->is_default && dma_contiguous_cmdline());

		/* What is not reusable is the business of kernel/dma/coherent.c. */
		if (!node->area || !node->reusable || !is_enabled(node) ||
		    !reg_at(node, 0, &base, &size))
			continue;
		rmem.base = base;
		rmem.size = size;
		if (dma_contiguous_setup(&rmem)) {
			if (size)
				memblock_phys_free(base, size);
			if (is_promised(boot, node, base, size))
				return RESERVES_NO_MORE;
		}
		if (due != !!rmem.priv)
			return TREE_AS_ASKED;
		if (due && (cma_get_base(rmem.priv) != base || cma_get_size(rmem.priv) != size))
			return TREE_AS_ASKED;
		if (due && node->is_default && !dma_contiguous_default_area)
			return TREE_AS_ASKED;
	}
	return NR_BOOT_PROMISES;
}

static enum boot_promise check_default(const struct wish *wish, bool possible)
{
	const struct cma *cma = dma_contiguous_default_area;
	u64 base, size;

	if (!cma)
		return possible ? RESERVES_IF_IT_FITS : NR_BOOT_PROMISES;
	if (!possible)
		return RESERVES_IF_IT_FITS;
	base = cma_get_base(cma);
	size = cma_get_size(cma);
	if (size != ALIGN(wish->size, GRANULE) || !IS_ALIGNED(base, GRANULE) ||
	    !is_clear(base, size) || base < wish->start ||
	    (wish->placed && !wish->end && base != wish->start) ||
	    base + size > end_of_room(wish))
		return RESERVES_AS_ASKED;
	return NR_BOOT_PROMISES;
}

static enum boot_promise check_reserved(const struct boot *boot)
{
	unsigned int i, k;

	if (memblock_model_nr != nr_before + cma_area_count - boot->nr_others)
		return RESERVES_NO_MORE;
	for (i = nr_before; i < memblock_model_nr; i++)
		for (k = 0; k < i; k++)
			if (overlaps(memblock_model[i].base, memblock_model[i].size,
				     memblock_model[k].base, memblock_model[k].size))
				return RESERVES_NO_MORE;
	return kernel_nr_warned ? RESERVES_NO_MORE : NR_BOOT_PROMISES;
}

/* Nodes of the tree can have reserved nearly all. */
static bool has_room_left(u64 size)
{
	u64 base;

	for (base = BOOT_RAM; base + size <= RAM_END; base += GRANULE)
		if (!memblock_is_region_reserved(base, size) && !is_unmapped(base, size))
			return true;
	return false;
}

/* Is there to be a small area on this node, if one was asked for? */
static bool must_have(int nid)
{
	return node_online(nid) && !table_is_full() && has_room_left(SMALL);
}

static enum boot_promise check_nodes(u64 pernuma)
{
	int nid;

	for (nid = 0; nid < MAX_NUMNODES; nid++) {
		const struct cma *cma = dma_contiguous_numa_area[nid];
		const struct cma *each = dma_contiguous_pernuma_area[nid];

		if (cma ? cma_get_size(cma) != ALIGN(wanted_on[nid], GRANULE) :
		    wanted_on[nid] && wanted_on[nid] <= SMALL && must_have(nid))
			return NODES_AS_ASKED;
		if (each ? cma_get_size(each) != ALIGN(pernuma, GRANULE) :
		    pernuma && pernuma <= SMALL && must_have(nid))
			return NODES_AS_ASKED;
		if ((cma && !wanted_on[nid]) || (each && !pernuma))
			return NODES_AS_ASKED;
	}
	return NR_BOOT_PROMISES;
}

/* The areas of nodes come first: what they take is in the way of the default one. */
static bool only_default(const struct boot *boot)
{
	return !boot->numa && !boot->pernuma;
}

static bool tree_has_default(const struct boot *boot)
{
	int i;

	for (i = 0; i < boot->nr_nodes; i++)
		if (boot->node[i].is_default && is_enabled(&boot->node[i]) &&
		    may_be_area(boot, &boot->node[i]))
			return true;
	return false;
}

enum boot_promise boot_run(const struct boot *boot)
{
	struct wish wish = { .size = CONFIG_CMA_SIZE_MBYTES * SZ_1M };
	enum boot_promise broken = NR_BOOT_PROMISES;
	bool taken = false, fits, possible;
	unsigned long said;
	u64 pernuma = 0;

	power_on(boot);
	said = kernel_nr_said;
	if (boot->cma) {
		taken = makes_sense(boot->cma, &wish);
		if (!give(early_cma_param, boot->cma) != taken)
			return TAKES_WHAT_MAKES_SENSE;
		if (!taken && kernel_nr_said == said)
			return SAYS_WHY_NOT;
		if (!taken)
			wish = (struct wish) { .size = CONFIG_CMA_SIZE_MBYTES * SZ_1M };
	}
	if (boot->numa && !give(early_numa_cma_param, boot->numa) != model_numa(boot->numa))
		return TAKES_WHAT_MAKES_SENSE;
	if (boot->pernuma && !give(early_cma_pernuma_param, boot->pernuma) !=
	    model_pernuma(boot->pernuma, &pernuma))
		return TAKES_WHAT_MAKES_SENSE;

	fits = wish.size && wish.size <= BOOT_RAM_SIZE &&
	       has_place(&wish, ALIGN(wish.size, GRANULE));
	possible = fits && !table_is_full() && (taken || !tree_has_default(boot));
	said = kernel_nr_said;
	dma_contiguous_reserve(boot->limit);
	if (only_default(boot))
		broken = check_default(&wish, possible);
	if (taken && wish.size && !dma_contiguous_default_area && kernel_nr_said == said)
		broken = SAYS_WHY_NOT;
	if (fits && only_default(boot) && strstr(kernel_log, "no such piece of free memory"))
		broken = SAYS_WHY_NOT;
	if (broken == NR_BOOT_PROMISES)
		broken = check_reserved(boot);
	if (broken == NR_BOOT_PROMISES)
		broken = check_nodes(pernuma);
	return broken == NR_BOOT_PROMISES ? unflatten(boot) : broken;
}

static int quoted(char *text, size_t size, const char *name, const char *value)
{
	int used;

	if (!value)
		return 0;
	used = snprintf(text, size, ".%s = \"", name);
	for (; *value; value++) {
		bool plain = isprint(*value) && *value != '"' && *value != '\\';

		used += snprintf(text + used, size - used, plain ? "%c" : "\\%03o",
				 (unsigned char)*value);
	}
	return used + snprintf(text + used, size - used, "\", ");
}

static int node_text(char *text, size_t size, const struct boot_node *node)
{
	int used = snprintf(text, size, "{ %s%s%s%s", node->area ? ".area = true, " : "",
			    node->reusable ? ".reusable = true, " : "",
			    node->no_map ? ".no_map = true, " : "",
			    node->is_default ? ".is_default = true, " : ""), i;

	used += quoted(text + used, size - used, "status", node->status);
	used += snprintf(text + used, size - used, ".reg_len = %d, .reg = { ", node->reg_len);
	for (i = 0; i < node->reg_len; i++)
		used += snprintf(text + used, size - used, "%d, ", node->reg[i]);
	return used + snprintf(text + used, size - used, "} }, ");
}

/* Good until the next call. */
const char *boot_text(const struct boot *boot)
{
	static char text[8192];
	int used = snprintf(text, sizeof(text), "{ .nr_others = %u, .limit = %#llx, %s",
			    boot->nr_others, boot->limit,
			    boot->unmapped ? ".unmapped = true, " : ""), i;

	used += quoted(text + used, sizeof(text) - used, "cma", boot->cma);
	used += quoted(text + used, sizeof(text) - used, "numa", boot->numa);
	used += quoted(text + used, sizeof(text) - used, "pernuma", boot->pernuma);
	used += snprintf(text + used, sizeof(text) - used, ".nr_nodes = %d, .node = { ",
			 boot->nr_nodes);
	for (i = 0; i < boot->nr_nodes; i++)
		used += node_text(text + used, sizeof(text) - used, &boot->node[i]);
	snprintf(text + used, sizeof(text) - used, "} },");
	return text;
}
