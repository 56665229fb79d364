# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# ./cma test upstream: the kernel's own tests, unmodified, on stock and on ours.

readonly UPSTREAM=$TOP/vm/upstream UPSTREAM_OUT=$BUILD/upstream UPSTREAM_ARCHS='arm x86_64'

# What the tests' programs are made of.  They are compiled in a copy, as a Makefile
# leaves what it finds out about libraries beside itself.
readonly UPSTREAM_SOURCES=(lib/test_hmm_uapi.h mm/gup_test.h tools/include/uapi
	tools/testing/selftests/{lib.mk,kselftest.h,kselftest_harness.h}
	tools/testing/selftests/{dmabuf-heaps,memory-hotplug,mm})

# upstream_rows - of the table, what is for this architecture: directory, huge pages, command
upstream_rows() {
	rows "$UPSTREAM/tests" | awk -v arch="$ARCH" '$1 == arch || $1 == "both" { $1 = ""; print substr($0, 2) }'
}

# programs DIR - of the tests in that directory, those that are compiled
programs() {
	upstream_rows | awk -v dir="$1" '$1 == dir { print substr($3, 3) }' | sort -u
}

# compile_upstream DIR - statically, for the guest, whose root comes to lie in DIR/rootfs
compile_upstream() {
	local dir names out=$1 tree=$1/tree root=$1/rootfs
	mkdir -p "$out"
	kmake "$STOCK_TREE" "$out" headers_install || return
	(cd "$STOCK_TREE" && rsync -rRc "${UPSTREAM_SOURCES[@]}" "$tree/") || return
	for dir in dmabuf-heaps mm; do
		mapfile -t names < <(programs $dir)
		mkdir -p "$root/upstream/$dir"
		LDFLAGS=-static kmake "$tree/tools/testing/selftests/$dir" "$root/upstream/$dir" \
			OUTPUT="$root/upstream/$dir" KHDR_INCLUDES="-isystem $out/usr/include" \
			"${names[@]/#/$root/upstream/$dir/}" || return
	done
	install -D -t "$root/upstream/memory-hotplug" "$tree"/tools/testing/selftests/memory-hotplug/*.sh
	mkdir -p "$root/upstream/kunit"
	upstream_rows >"$root/upstream/tests"
	install "$UPSTREAM/run-guest" "$root/run-guest"
}

# boot_upstream WHICH DIR - an area that is so large a part of memory that tests get pages
# of it; where there is memory hotplug, two nodes, and on both memory in which nothing
# stays where it is
boot_upstream() {
	local MEM=512M SMP=2 ICOUNT='' ROOTFS=$2/rootfs DISK=$2/disk DTB='' DT=''
	local TIMEOUT=$SUITE_TIMEOUT APPEND="$PATIENT cma=128M" log=$LOGS/upstream-$ARCH-$1.log
	local fragments=("$CONFIGS/upstream.config") kernel
	if [ "$ARCH" = x86_64 ]; then
		MEM=2G SMP=4 APPEND="$PATIENT numa=fake=2 movablecore=512M cma=256M@0x50000000 kunit.enable=1"
		fragments=("$CONFIGS/server.config" "$CONFIGS/upstream.config" "$CONFIGS/upstream-x86_64.config")
	fi
	kernel=$(kernel_dir "$1" "${fragments[@]}")
	ensure_kernel "$1" "$kernel" "${fragments[@]}"
	make_disk "$DISK" 1G
	watched "$log" "the kernel's own tests, $ARCH, $1" boot "$kernel" ||
		say "$ARCH, $1: the guest ended with status $? ($log)"
}

test_upstream() {
	local log=$LOGS/test-upstream.log status=0 arch which
	for arch in $UPSTREAM_ARCHS; do
		use_arch "$arch"
		setup
		prepare_stock
		with_lock logged "upstream-$arch" "building the kernel's own tests" \
			compile_upstream "$UPSTREAM_OUT/$arch" || exit 1
		for which in stock ours; do
			boot_upstream "$which" "$UPSTREAM_OUT/$arch"
		done
	done
	# shellcheck disable=SC2086	# one word for each architecture
	"$UPSTREAM/compare.py" "$UPSTREAM_OUT" "$LOGS" $UPSTREAM_ARCHS >"$log" || status=$?
	account upstream "$log" "$status"
	cat "$UPSTREAM_OUT/upstream.md"
}
