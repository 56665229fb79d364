/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CMA_TEST_LINUX_MINMAX_H
#define _CMA_TEST_LINUX_MINMAX_H

/* Two values of one type, as in the kernel. */
#define min(a, b) \
	({ typeof(a) _a = (a); typeof(b) _b = (b); (void)(&_a == &_b); _a < _b ? _a : _b; })
#define max(a, b) \
	({ typeof(a) _a = (a); typeof(b) _b = (b); (void)(&_a == &_b); _a > _b ? _a : _b; })

#endif /* _CMA_TEST_LINUX_MINMAX_H */
