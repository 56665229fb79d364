/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CMA_TEST_LINUX_INIT_H
#define _CMA_TEST_LINUX_INIT_H

#define __init

#endif /* _CMA_TEST_LINUX_INIT_H */
