# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# ./cma test kunit: the kernel's own kunit.py builds a kernel with our KUnit
# tests, boots it in QEMU and judges what it says.

readonly KUNIT_CONFIG=$TOP/tools/testing/cma/kunit/.kunitconfig
readonly KUNIT_BUILD=$BUILD/kernel/kunit

# kunit SUBCOMMAND [ARG...]
kunit() {
	local sub=$1 setting options=()
	shift
	for setting in "${KBUILD_ENV[@]}"; do
		[[ $setting == ARCH=* || $setting == CROSS_COMPILE=* ]] || options+=(--make_options="$setting")
	done
	(cd "$OURS_TREE" && tools/testing/kunit/kunit.py "$sub" --arch=arm --cross_compile="$CROSS" \
		--kunitconfig="$KUNIT_CONFIG" --build_dir="$KUNIT_BUILD" "${options[@]}" "$@")
}

# kunit_points - the kernel's KTAP as kselftests nest theirs (see tally): a test,
# whatever its parameters, is a point of its suite
kunit_points() {
	sed -nE 's/\r$//; s/^(\[ *[0-9.]+\] )?//; s/^(not )?ok /kselftest: &/p
		s/^ {4}((not )?ok )/kselftest: # \1/p
		s/^(WARNING|BUG|INFO|pagealloc): .*/cma-guest: splat: &/p' "$1"
}

# run_kunit - with two CPUs
run_kunit() {
	local status=0
	rm -f "$KUNIT_BUILD/test.log"
	mkdir -p "$KUNIT_BUILD"
	with_lock kunit build || return
	kunit exec --qemu_args='-smp 2' --timeout="$SUITE_TIMEOUT" || status=$?
	kunit_points "$KUNIT_BUILD/test.log"
	return $status
}

test_kunit() {
	local log=$LOGS/test-kunit.log status=0
	prepare_ours
	watched "$log" "KUnit" run_kunit || status=$?
	account kunit "$log" "$status"
}
