/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the command line says of areas: texts into numbers.
 *
 * Nothing but text is looked at here, so that tools/testing/cma/ can try every one.
 */
#ifndef _BASE_DMA_CONTIGUOUS_OPTION_H
#define _BASE_DMA_CONTIGUOUS_OPTION_H

#include <linux/ctype.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/types.h>

/**
 * struct cma_option - what cma= says
 * @size: bytes
 * @start: first byte, or of the window
 * @end: behind the window, 0 if none was given
 * @placed: there is a start
 */
struct cma_option {
	u64 size;
	u64 start;
	u64 end;
	bool placed;
};

/*
 * A number of bytes with a suffix, from *@pos on, which is moved behind it.
 * memparse() alone takes "" and "M" for 0.
 */
static inline bool __init parse_bytes(char **pos, u64 *bytes)
{
	if (!isdigit(**pos))
		return false;
	*bytes = memparse(*pos, pos);
	return true;
}

/* nn[KMG] and nothing behind it */
static inline bool __init parse_only_bytes(char *text, u64 *bytes)
{
	return text && parse_bytes(&text, bytes) && !*text;
}

/*
 * nn[KMG]@[start[KMG][-end[KMG]]], or nn[KMG] alone. A start means this place,
 * with an end behind it any place in between.
 */
static inline bool __init parse_option(char *text, struct cma_option *opt)
{
	if (!parse_bytes(&text, &opt->size))
		return false;
	if (!strcmp(text, "") || !strcmp(text, "@"))
		return true;
	opt->placed = true;
	if (*text++ != '@' || !parse_bytes(&text, &opt->start))
		return false;
	if (!*text)
		return true;
	return *text++ == '-' && parse_only_bytes(text, &opt->end) &&
	       opt->end > opt->start;
}

/* <node>:nn[KMG], from *@pos on, which is moved behind it; nodes are below @nr */
static inline bool __init parse_node_size(char **pos, unsigned int nr, u64 *nid,
					  u64 *bytes)
{
	/* A node's number has no suffix. */
	return parse_bytes(pos, nid) && isdigit((*pos)[-1]) && *nid < nr &&
	       *(*pos)++ == ':' && parse_bytes(pos, bytes);
}

/* <node>:nn[KMG][,<node>:nn[KMG]]...; what stands before an error holds */
static inline bool __init parse_node_sizes(char *pos, unsigned int nr,
					   u64 *sizes)
{
	u64 nid, bytes;

	while (parse_node_size(&pos, nr, &nid, &bytes)) {
		sizes[nid] = bytes;
		if (!*pos)
			return true;
		if (*pos++ != ',')
			break;
	}
	return false;
}

#endif /* _BASE_DMA_CONTIGUOUS_OPTION_H */
