#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The text that tools cut values from: /proc, the log, names of areas, tracepoints.
# What the values mean is for the other tests.

# shellcheck source=/dev/null
. "$(dirname "$0")/../kselftest/ktap_helpers.sh"

TRACING=/sys/kernel/tracing
OWNERS=/sys/kernel/debug/page_owner
MIGRATE_CMA=4

# check SENTENCE COMMAND... - the point holds if the command succeeds
check() {
	sentence=$1
	shift
	if "$@"; then
		ktap_test_pass "$sentence"
	else
		ktap_test_fail "$sentence"
	fi
}

# in_file FILE REGEX...
in_file() {
	file=$1
	shift
	for regex; do
		grep -qE "$regex" "$file" || return
	done
}

# Each zone's pages of areas come right behind those that it manages.
cma_follows_managed() {
	awk '$1 == "managed" { getline; zones++; cma += $1 == "cma" && $2 ~ /^[0-9]+$/ }
	     END { exit !zones || cma != zones }' /proc/zoneinfo
}

show_mem_tells_of_areas() {
	echo m >/proc/sysrq-trigger
	dmesg >"$log"
	in_file "$log" 'free_pcp:[0-9]+ free_cma:[0-9]+$' 'local_pcp:[0-9]+kB free_cma:[0-9]+kB' \
		'[0-9]+ pages cma reserved$' '[0-9]+\*[0-9]+kB \([UMEHC]*C[I]?\)'
}

# entries DIR
entries() {
	(cd "$1" && printf '%s\n' *)
}

# No blank, no control character, and one in debugfs for each in sysfs
names_are_words() {
	entries /sys/kernel/mm/cma >"$log"
	entries /sys/kernel/debug/cma | diff - "$log" && ! grep -q '[^!-~]' "$log"
}

# has_fields EVENT "TYPE NAME"...
has_fields() {
	event=$1
	shift
	for field; do
		grep -qF "field:$field;" "$TRACING/events/$event/format" || return
	done
}

# prints EVENT TEXT - its text in a trace, as a format
prints() {
	grep -qF "print fmt: \"$2\"" "$TRACING/events/$1/format"
}

event() {
	name=$1 text=$2
	shift 2
	check "$name has the fields that probes read" has_fields "$name" "$@"
	check "$name reads as ever" prints "$name" "$text"
}

# lent_owners AREA - how many of its first pages page_owner calls lent, and lent to
# what may be: the position in that file is a page frame, and each read is answered
# with one page that has an owner.  The first of all are a pool of the kernel's.
lent_owners() {
	dd if=$OWNERS bs=4096 iflag=skip_bytes skip="$(cat "$1/base_pfn")" count=512 2>/dev/null |
		grep -cE '^PFN 0x[0-9a-f]+ type Movable Block [0-9]+ type CMA Flags '
}

# How many MiB files take until more than half of the area's zone is in use: the zones
# behind it come first.
mib_to_fill() {
	awk '$1 == "pages" { all += $3; fill += $3 }
	     $1 == "cma" && $2 { fill = all * 0.6 }
	     END { print int(fill / 256) }' /proc/zoneinfo
}

# Files fill more than half of the memory that the area is in; then most of it is
# asked for.
trace_evacuation() {
	area=$(echo /sys/kernel/debug/cma/* | cut -d ' ' -f 1)
	pages=$(($(cat "$area/count") * 3 / 4))
	files=$(mktemp -d)
	mount -t tmpfs -o size=100% tmpfs "$files"
	echo >"$TRACING/trace"
	echo 1 >"$TRACING/events/kmem/mm_alloc_contig_migrate_range_info/enable"
	dd if=/dev/zero of="$files/fill" bs=1M count="$(mib_to_fill)" 2>/dev/null
	owners=$(lent_owners "$area")
	echo $pages >"$area/alloc" && echo $pages >"$area/free"
	echo 0 >"$TRACING/events/kmem/mm_alloc_contig_migrate_range_info/enable"
	umount "$files" && rmdir "$files"
	grep mm_alloc_contig_migrate_range_info: "$TRACING/trace" >"$log"
}

# Every field is where its name says: the type is that of areas, and no more pages
# went than were there.
fields_are_in_place() {
	[ -s "$log" ] && sed 's/.*info: //; s/[a-z_]*=//g' "$log" |
		while read -r start end type moved dropped mapped; do
			[ "$type" = $MIGRATE_CMA ] && [ $((start)) -lt $((end)) ] &&
				[ $((moved + dropped)) -le $((end - start)) ] &&
				[ $((mapped)) -le $((moved + dropped)) ] || exit 1
		done
}

if [ ! -d /sys/kernel/debug/cma ] || [ ! -d "$TRACING/events/cma" ]; then
	ktap_skip_all "needs CONFIG_CMA_DEBUGFS and tracepoints"
	exit "$KSFT_SKIP"
fi

log=$(mktemp)
ktap_print_header
ktap_set_plan 22

check "/proc/meminfo has CmaTotal and CmaFree, in kB" \
	in_file /proc/meminfo '^CmaTotal: +[0-9]+ kB$' '^CmaFree: +[0-9]+ kB$'
check "/proc/vmstat has nr_free_cma and counts requests" \
	in_file /proc/vmstat '^nr_free_cma [0-9]+$' '^cma_alloc_success [0-9]+$' \
	'^cma_alloc_fail [0-9]+$'
check "/proc/zoneinfo has cma behind managed in each zone" cma_follows_managed
check "/proc/zoneinfo has nr_free_cma" in_file /proc/zoneinfo '^ +nr_free_cma +[0-9]+$'
check "/proc/pagetypeinfo has the types CMA and Isolate" \
	in_file /proc/pagetypeinfo 'type +CMA( +[0-9]+)+' 'type +Isolate( +[0-9]+)+'
check "show_mem() tells of areas" show_mem_tells_of_areas
check "areas have the same names, in one word, in sysfs and debugfs" names_are_words

event cma/cma_alloc_start "name=%s count=%lu align=%u" \
	"__data_loc char[] name" "unsigned long count" "unsigned int align"
event cma/cma_alloc_finish "name=%s pfn=0x%lx page=%p count=%lu align=%u errorno=%d" \
	"__data_loc char[] name" "unsigned long pfn" "const struct page * page" \
	"unsigned long count" "unsigned int align" "int errorno"
event cma/cma_alloc_busy_retry "name=%s pfn=0x%lx page=%p count=%lu align=%u" \
	"__data_loc char[] name" "unsigned long pfn" "const struct page * page" \
	"unsigned long count" "unsigned int align"
event cma/cma_release "name=%s pfn=0x%lx page=%p count=%lu" \
	"__data_loc char[] name" "unsigned long pfn" "const struct page * page" \
	"unsigned long count"
event kmem/mm_alloc_contig_migrate_range_info \
	"start=0x%lx end=0x%lx migratetype=%d nr_migrated=%lu nr_reclaimed=%lu nr_mapped=%lu" \
	"unsigned long start" "unsigned long end" "unsigned long nr_migrated" \
	"unsigned long nr_reclaimed" "unsigned long nr_mapped" "int migratetype"
event page_isolation/test_pages_isolated \
	"start_pfn=0x%lx end_pfn=0x%lx fin_pfn=0x%lx ret=%s" \
	"unsigned long start_pfn" "unsigned long end_pfn" "unsigned long fin_pfn"
check "migrate events know the reason contig_range" \
	in_file "$TRACING/events/migrate/mm_migrate_pages/format" '"contig_range"'

trace_evacuation
check "mm_alloc_contig_migrate_range_info has each value under its name" fields_are_in_place
if [ -e $OWNERS ]; then
	check "page_owner has the types of lent pages" [ "$owners" -gt 0 ]
else
	ktap_test_skip "page_owner has the types of lent pages: needs page_owner=on"
fi
rm "$log"
ktap_finished
