// SPDX-License-Identifier: GPL-2.0
#include "fuzz.h"
#include "trace.h"

int cma_fuzz(const u8 *data, size_t size)
{
	trace_fuzz(&area_traces, data, size);
	return 0;
}
