#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A kernel without CONFIG_CMA: its files say that there are no areas, as they do in a
# kernel that never had any, and its memory works.

# shellcheck source=/dev/null
. "$(dirname "$0")/../kselftest/ktap_helpers.sh"

MB=1048576

meminfo_is_silent() {
	! grep -q '^Cma' /proc/meminfo
}

vmstat_has_no_lent_pages_and_no_requests() {
	grep -qx 'nr_free_cma 0' /proc/vmstat && ! grep -q '^cma_' /proc/vmstat
}

zones_have_no_areas() {
	awk '$1 == "cma" { zones++; pages += $2 } END { exit !zones || pages }' /proc/zoneinfo
}

no_pageblock_is_lent() {
	! grep -qw CMA /proc/pagetypeinfo
}

no_area_has_files() {
	for file in /sys/kernel/mm/cma /sys/kernel/debug/cma /sys/kernel/debug/cma_audit \
		/sys/kernel/tracing/events/cma /dev/dma_heap/reserved; do
		[ ! -e $file ] || return
	done
}

nothing_is_reserved() {
	dmesg | grep -q 'Memory: .* 0K cma-reserved'
}

moved_pages() {
	awk '$1 == "pgmigrate_success" { print $2 }' /proc/vmstat
}

# A third of what is free, with a hole of 1 MiB beside each file
memory_is_compacted_and_holds_what_was_written() {
	count=$(awk '$1 == "MemFree:" { print int($2 / 1024 / 6) }' /proc/meminfo)
	before=$(moved_pages)
	dir=$(mktemp -d)
	head -c $MB /dev/urandom >"$dir/all"
	for i in $(seq "$count"); do
		cp "$dir/all" "$dir/$i" && cp "$dir/all" "$dir/hole$i" || return
	done
	rm "$dir"/hole*
	echo 1 >/proc/sys/vm/compact_memory
	for i in $(seq "$count"); do
		cmp "$dir/all" "$dir/$i" || return
	done
	rm -r "$dir"
	[ "$count" -gt 0 ] && [ "$(moved_pages)" -gt "$before" ]
}

ktap_print_header
if grep -qw cma_alloc /proc/kallsyms; then
	ktap_skip_all "needs a kernel without CONFIG_CMA"
	exit "$KSFT_SKIP"
fi
ktap_set_plan 7
ktap_test_result "/proc/meminfo has no line about areas" meminfo_is_silent
ktap_test_result "/proc/vmstat has no lent pages, and counts no requests" \
	vmstat_has_no_lent_pages_and_no_requests
ktap_test_result "/proc/zoneinfo has no pages of areas" zones_have_no_areas
ktap_test_result "/proc/pagetypeinfo has no type for them" no_pageblock_is_lent
ktap_test_result "no area has files" no_area_has_files
ktap_test_result "the log says that nothing is reserved" nothing_is_reserved
ktap_test_result "memory is compacted, and holds what was written" \
	memory_is_compacted_and_holds_what_was_written
ktap_finished
