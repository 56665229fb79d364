# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# ./cma test upstream: the kernel's own tests, unmodified, on stock and on ours.

readonly UPSTREAM=$TOP/vm/upstream UPSTREAM_OUT=$BUILD/upstream

# What the tests' programs are made of.  They are compiled in a copy, as a Makefile
# leaves what it finds out about libraries beside itself.
readonly UPSTREAM_SOURCES=(mm/gup_test.h tools/include/uapi
	tools/testing/selftests/{lib.mk,kselftest.h,kselftest_harness.h}
	tools/testing/selftests/{dmabuf-heaps,mm})

# programs DIR - of the table's tests in that directory, those that are compiled
programs() {
	rows "$UPSTREAM/tests" | awk -v dir="$1" '$1 == dir { print substr($2, 3) }' | sort -u
}

# compile_upstream - statically, for the guest
compile_upstream() {
	local dir names tree=$UPSTREAM_OUT/tree root=$UPSTREAM_OUT/rootfs
	mkdir -p "$UPSTREAM_OUT"
	kmake "$STOCK_TREE" "$UPSTREAM_OUT" headers_install || return
	(cd "$STOCK_TREE" && rsync -rRc "${UPSTREAM_SOURCES[@]}" "$tree/") || return
	for dir in dmabuf-heaps mm; do
		mapfile -t names < <(programs $dir)
		mkdir -p "$root/upstream/$dir"
		LDFLAGS=-static kmake "$tree/tools/testing/selftests/$dir" "$root/upstream/$dir" \
			OUTPUT="$root/upstream/$dir" KHDR_INCLUDES="-isystem $UPSTREAM_OUT/usr/include" \
			"${names[@]/#/$root/upstream/$dir/}" || return
	done
	rows "$UPSTREAM/tests" >"$root/upstream/tests"
	install "$UPSTREAM/run-guest" "$root/run-guest"
}

# boot_upstream WHICH - with an area that is a quarter of memory, so that tests get
# pages of it
boot_upstream() {
	local MEM=512M SMP=2 ICOUNT='' ROOTFS=$UPSTREAM_OUT/rootfs DISK=$UPSTREAM_OUT/disk DTB='' DT=''
	local TIMEOUT=$SUITE_TIMEOUT APPEND="$PATIENT cma=128M"
	local fragment=$CONFIGS/upstream.config kernel
	kernel=$(kernel_dir "$1" "$fragment")
	ensure_kernel "$1" "$kernel" "$fragment"
	make_disk "$DISK" 1G
	watched "$LOGS/upstream-$1.log" "the kernel's own tests, $1" boot "$kernel" ||
		say "$1: the guest ended with status $? ($LOGS/upstream-$1.log)"
}

test_upstream() {
	local log=$LOGS/test-upstream.log status=0
	use_arch arm
	setup
	prepare_stock
	with_lock logged upstream "building the kernel's own tests" compile_upstream || exit 1
	boot_upstream stock
	boot_upstream ours
	"$UPSTREAM/compare.py" "$LOGS/upstream-stock.log" "$LOGS/upstream-ours.log" \
		"$UPSTREAM_OUT/upstream.md" >"$log" || status=$?
	account upstream "$log" "$status"
	cat "$UPSTREAM_OUT/upstream.md"
}
