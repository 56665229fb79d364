# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# ./cma test: the host tests, then the kselftests in one guest after another.

readonly HOST_TESTS=$TOP/tools/testing/cma
readonly SELFTESTS=$TOP/tools/testing/selftests/cma

help_test() {
	cat <<-E
	usage: ./cma test [--stock] [--all] [--only TEST[,TEST...]] [SUITE...]
	       ./cma test --mutants [NAME...]
	       ./cma test --coverage [SUITE...]
	       ./cma test --list

	Runs the usual suites, and says which it leaves out, or the named ones. Ends with
	'N passed, N failed'.

	  --stock    boots the stock kernel (guest suites only)
	  --all      every suite there is: also other architectures and configurations
	  --only     runs these programs of a guest suite, not those of its line; of
	             'configs', these rows of base/configs/matrix
	  --mutants  plants the bugs of tools/testing/cma/mutants/, all or the named
	             ones, one at a time in a copy: for each a test must fail
	  --coverage says which lines of our kernel files the host tests and the guests
	             reach, all guests of 'boots' or the named ones that are without fragments
	  --list     names the suites and what each is

	'host' is the allocator's logic built for the host, 'series' what ./cma series
	and ./cma apply make, 'kunit' the KUnit tests in a kernel of their own, 'configs'
	builds one configuration after another, 'upstream' runs selftests of the kernel's
	own on the stock kernel and on ours and compares; the other suites are the guests in
	tools/testing/selftests/cma/boots, and with --all or when named those in
	boots.ARCH beside it.  'guest' is all in boots; arm, arm64 and x86_64 are those
	in boots.ARCH.
	Consoles are kept in build/log/.
	E
}

# boots_in FILE ARCH - name, mem, smp, fragments, append, tests, dt, QEMU's arguments,
# ARCH; tab-separated
boots_in() {
	local fields
	rows "$1" | while IFS= read -r line; do
		mapfile -t fields < <(xargs -n1 printf '%s\n' <<<"$line")
		((${#fields[@]} >= 6 && ${#fields[@]} <= 8)) ||
			die "$1: ${#fields[@]} fields instead of 6 to 8: $line"
		while [ ${#fields[@]} -lt 8 ]; do
			fields+=(-)
		done
		(IFS=$'\t'; echo "${fields[*]}"$'\t'"$2")
	done
}

# boots_table - the guests of boots, then those of boots.ARCH
boots_table() {
	local arch
	boots_in "$SELFTESTS/boots" arm
	for arch in $ARCHS; do
		boots_in "$SELFTESTS/boots.$arch" "$arch"
	done
}

# guests FILE... - the names in these tables
guests() {
	local file
	for file; do
		boots_in "$SELFTESTS/$file" ''
	done | cut -f1 | tr '\n' ' '
}

list_suites() {
	echo "host: make -C tools/testing/cma test"
	echo "series: base/test_series, what ./cma series and ./cma apply make"
	echo "kunit: mm/*_kunit.c, run by the kernel's tools/testing/kunit/kunit.py"
	echo "configs: base/configs.sh, mm/ and its like in many configurations"
	echo "upstream: vm/upstream/tests, selftests of the kernel's own, on stock and on ours"
	boots_table | while IFS=$'\t' read -r name mem smp fragments append tests dt qemu arch; do
		echo "$name: $tests; $arch, $mem, CPUs: $smp, config: $fragments, parameters: $append, device tree: $dt, QEMU: $qemu"
	done
}

# The totals so far, and count PASSED FAILED SKIPPED, which adds to them
PASSED=0 FAILED=0 SKIPPED=0
count() {
	PASSED=$((PASSED + $1)) FAILED=$((FAILED + $2)) SKIPPED=$((SKIPPED + $3))
}

# tally LOG - "passed failed skipped" of TAP as kselftest nests it, where each
# program's own points are comments above the one for the program.  A program
# counts itself when it had no points, and as a failure when it failed
# although all its points did well.  A warning of the kernel is a failure.
tally() {
	sed -E 's/\r$//; s/^\[ *[0-9.]+\] //; s/^kselftest: //' "$1" | awk '
		function result(line) {
			return line ~ /^not ok/ ? "failed" : line ~ /# SKIP/ ? "skipped" : "passed"
		}
		/^# (not )?ok [0-9]/ { r = result(substr($0, 3)); n[r]++; points++; bad += r == "failed" }
		/^(not )?ok [0-9]/ {
			r = result($0)
			if (!points || (r == "failed" && !bad)) n[r]++
			points = bad = 0
		}
		/^cma-guest: splat:/ { n["failed"]++ }
		END { print n["passed"] + 0, n["failed"] + 0, n["skipped"] + 0 }'
}

# show_failures LOG - its lines that say what failed
show_failures() {
	sed -E 's/\r$//; s/^\[ *[0-9.]+\] //; s/^kselftest: (# )?//' "$1" |
		grep -aE '^not ok|cma-guest: splat|^cma: (the guest|no end)' | sed 's/^/    /' >&2
	say "all of it: $1"
}

# The clock when the last suite ended
ENDED=0

# account NAME LOG STATUS - count a suite's results and say them, and what time it
# took, building included.  A status other than 0 is a failure more, unless the TAP
# says which already.
account() {
	local name=$1 log=$2 status=$3 passed failed skipped
	read -r passed failed skipped < <(tally "$log")
	if ((status != 0 && failed == 0)) || ((passed + failed + skipped == 0)); then
		failed=$((failed + 1))
		echo "not ok $name ended with status $status, $((failed + passed - 1)) results" >>"$log"
	fi
	count "$passed" "$failed" "$skipped"
	say "$name: $passed passed, $failed failed, $skipped skipped, $(clock $((SECONDS - ENDED)))"
	ENDED=$SECONDS
	[ "$failed" = 0 ] || show_failures "$log"
}

# watched LOG TITLE COMMAND... - as logged, without a word about failure
watched() {
	local log=$1 title=$2
	shift 2
	mkdir -p "$LOGS"
	(SECONDS=0; "$@" </dev/null 2>&1 | tee "$log" | progress "$title"
		exit "${PIPESTATUS[0]}")
}

# run_host_tests - the allocator's logic, and the bench's arithmetic
run_host_tests() {
	make -C "$HOST_TESTS" test && "$TOP/bench/test_report.py"
}

test_host() {
	local log=$LOGS/test-host.log status=0
	watched "$log" "host tests" run_host_tests || status=$?
	account host "$log" "$status"
}

test_series() {
	local log=$LOGS/test-series.log status=0
	watched "$log" "the series as mails" "$TOP/base/test_series" || status=$?
	account series "$log" "$status"
}

# compile_selftests - with the kernel's own machinery, statically for the guest
compile_selftests() {
	kmake "$OURS_TREE" "$KSELFTEST" headers_install || return
	LDFLAGS=-static kmake "$OURS_TREE/tools/testing/selftests" "$KSELFTEST" TARGETS=cma \
		INSTALL_PATH="$KSELFTEST/rootfs/kselftest" install || return
	install -D "$TOP/vm/run-kselftest" "$KSELFTEST/rootfs/run-guest"
	install -D "$TOP/vm/timeout" "$KSELFTEST/rootfs/usr/bin/timeout"
}

prepare_selftests() {
	prepare_ours
	mkdir -p "$KSELFTEST"
	with_lock logged kselftest "building the kselftests" compile_selftests || exit 1
}

# turned_off KERNEL-DIR - what its fragments say no to, as patterns
turned_off() {
	wanted_options "$1/.fragments" | sed -n 's/=n$/=/p'
}

# test_programs - the names of what a guest can run
test_programs() {
	sed -nE 's/^TEST_(GEN_)?PROGS [:+]?= *//p' "$SELFTESTS/Makefile" | tr '\n' ' '
}

# unknown_words WORDS KNOWN - of a list with commas, what is not among the known
unknown_words() {
	local word
	for word in ${1//,/ }; do
		[[ " $2 " == *" $word "* ]] || echo "$word"
	done
}

# check_only - is there what --only names, in the suites that it is for?
check_only() {
	local known='' unknown
	[ -n "$ONLY" ] || return 0
	[ -z "$BOOTS" ] || known+=$(test_programs)
	[[ "$SUITES " != *" configs "* ]] || known+=" $(rows "$CONFIGS/matrix" | awk '{ print $1 }' | tr '\n' ' ')"
	[ -n "$known" ] || usage_error "test: --only is for guests and 'configs', not for$SUITES"
	unknown=$(unknown_words "$ONLY" "$known")
	[ -z "$unknown" ] || usage_error "test: --only: no test '${unknown%%$'\n'*}'; there are: $known"
}

# check_config KERNEL-DIR - the selftests' config fragment must be met, but where a guest
# is about what is off
check_config() {
	local missing
	missing=$(missing_options "$1" "$SELFTESTS/config" | grep -vFf <(turned_off "$1") || true)
	has_foreign_module "$1" && missing=$(grep -v '^CONFIG_TEST_CMA=' <<<"$missing" || true)
	[ -z "$missing" ] || die "tools/testing/selftests/cma/config wants what ${1##*/} lacks: $missing"
}

# tests_exist NAME TESTS - a line of the boots table names tests that there are
tests_exist() {
	local unknown
	unknown=$(unknown_words "$2" "$(test_programs)")
	[ -z "$unknown" ] || die "guest $1: no test '${unknown%%$'\n'*}'; there are: $(test_programs)"
}

# Without icount the guest's clock goes on while a busy host runs something else,
# and RCU takes a CPU that is not let run for one that hangs.  A guest that does
# hang ends with the suite's time-out.
readonly PATIENT='rcupdate.rcu_cpu_stall_timeout=120' SUITE_TIMEOUT=3600

# boot_suite KERNEL-DIR APPEND TESTS DT [QEMU-ARG...] - MEM and SMP are set
boot_suite() {
	local ICOUNT='' ROOTFS=$KSELFTEST/rootfs DISK=$KSELFTEST/disk DTB='' DT=$4
	local TIMEOUT=$SUITE_TIMEOUT APPEND="$PATIENT $2"
	make_disk "$DISK" 1G
	[ "$3" = all ] || APPEND+=" cma.tests=$3"
	boot "$1" "${@:5}"
}

# test_guest NAME MEM SMP FRAGMENTS APPEND TESTS DT QEMU-ARGS ARCH - one line of the
# boots table
test_guest() {
	local name=$1 MEM=$2 SMP=$3 fragment append=$5 tests=$6 dt='' qemu=() FRAGMENTS=() kernel
	local log=$LOGS/test-$name.log status=0
	[ -z "${COUNTING-}" ] || FRAGMENTS=("$CONFIGS/coverage.config")
	[ "$tests" = all ] || tests_exist "$name" "$tests"
	[ "$9" = "$ARCH" ] || enter_arch "$9"
	[ "$8" = - ] || read -ra qemu <<<"$8"
	if [ "$4" != - ]; then
		for fragment in ${4//,/ }; do
			add_fragment "$fragment"
		done
	fi
	[ "$7" = - ] || dt=$SELFTESTS/$7
	kernel=$(kernel_dir "$WHICH" "${FRAGMENTS[@]}")
	ensure_kernel "$WHICH" "$kernel" "${FRAGMENTS[@]}"
	check_config "$kernel"
	watched "$log" "guest $name" boot_suite "$kernel" "${append#-}" "${ONLY:-$tests}" "$dt" "${qemu[@]}" || status=$?
	account "$name" "$log" "$status"
	[ -z "${COUNTING-}" ] || keep_counts "$name" "$kernel"
}

# enter_arch ARCH - its guests are next
enter_arch() {
	use_arch "$1"
	setup
	prepare_selftests
}

# run_guests SUITE... - the named lines of the table
run_guests() {
	local table row ARCH=
	mapfile -t table < <(boots_table)
	for row in "${table[@]}"; do
		IFS=$'\t' read -ra row <<<"$row"
		[[ " $* " == *" ${row[0]} "* ]] || continue
		if [ -n "${COUNTING-}" ] && [ "${row[3]}" != - ]; then
			say "${row[0]}: left out, its kernel is another (${row[3]})"
			continue
		fi
		test_guest "${row[@]}"
	done
}

# expand_suites SUITE... - sets SUITES to the names that these words stand for,
# BOOTS if a guest is among them, and LEFT_OUT to all others if there is no word
expand_suites() {
	local known word
	known="host series kunit configs upstream $(boots_table | cut -f1 | tr '\n' ' ')"
	SUITES='' BOOTS='' LEFT_OUT=''
	if [ $# = 0 ]; then
		expand_suites host series kunit guest
		for word in $known; do
			[[ "$SUITES " == *" $word "* ]] || LEFT_OUT+=" $word"
		done
		return
	fi
	for word; do
		if [ "$word" = guest ]; then
			word=$(guests boots)
		elif [[ " $ARCHS " == *" $word "* ]]; then
			word=$(guests "boots.$word")
		fi
		[ -n "${word##* *}" ] && [[ " $known" != *" $word "* ]] &&
			usage_error "test: no suite '$word'; there are: $known(or guest, $ARCHS)"
		SUITES+=" $word"
		[[ " host series kunit configs upstream " == *" $word "* ]] || BOOTS=yes
	done
}

# say_totals - the last line of a run, and its status
say_totals() {
	local totals="$PASSED passed, $FAILED failed"
	say "in all $(clock "$SECONDS")"
	[ -z "$LEFT_OUT" ] || say "left out are$LEFT_OUT (./cma test --all)"
	[ "$SKIPPED" = 0 ] || totals+=", $SKIPPED skipped"
	echo "$totals"
	[ "$FAILED" = 0 ]
}

cmd_test() {
	local WHICH=ours ONLY='' SUITES BOOTS LEFT_OUT='' all=
	while [[ ${1-} == -* ]]; do
		case $1 in
		--stock) WHICH=stock ;;
		--all) all=yes ;;
		--only) value "$@"; ONLY=$VALUE; shift ;;
		--coverage) shift; test_coverage "$@"; return ;;
		--mutants) shift; test_mutants "$@"; return ;;
		--list) list_suites; return ;;
		*) usage_error "test: unknown option '$1' (./cma test --help)" ;;
		esac
		shift
	done
	# shellcheck disable=SC2086	# one word for each architecture
	[ -z "$all" ] || set -- host series kunit configs upstream guest $ARCHS
	expand_suites "$@"
	check_only
	setup
	[[ "$SUITES " != *" host "* ]] || test_host
	[[ "$SUITES " != *" series "* ]] || test_series
	[[ "$SUITES " != *" kunit "* ]] || test_kunit
	# shellcheck disable=SC2086	# one word for each suite
	[ -z "$BOOTS" ] || run_guests $SUITES
	[[ "$SUITES " != *" configs "* ]] || test_configs
	[[ "$SUITES " != *" upstream "* ]] || test_upstream
	say_totals
}
