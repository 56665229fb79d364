# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# ./cma test --mutants: are the tests any good?  Each file in
# tools/testing/cma/mutants/ plants one bug in a copy of this checkout, and
# names the test that has to fail then.

readonly MUTANTS=$TOP/tools/testing/cma/mutants
# The copy, with a build/ of its own, where kernels are built incrementally
readonly MUTANT_TREE=$BUILD/mutants
# So many searches find every mutant that the host tests are to find
readonly MUTANT_ITERATIONS=100000

# mutant_test PATCH - "host", "kunit" or "guest SUITE TEST": its line "Caught by: ..."
mutant_test() {
	sed -nE 's/^Caught by: (host|kunit|guest [a-z]+ [a-z.]+)$/\1/p; /^---/q' "$1"
}

# files_of CHECKOUT - as tracked
files_of() {
	git -C "$1" -c safe.directory='*' ls-files -co --exclude-standard | sort
}

# lay_mutant_tree - this checkout's files and no others, written only where they
# differ; git tells ./cma there which files are its own
lay_mutant_tree() {
	mkdir -p "$MUTANT_TREE/build"
	[ -d "$MUTANT_TREE/.git" ] || git init -q "$MUTANT_TREE" || return
	comm -13 <(files_of "$TOP") <(files_of "$MUTANT_TREE") | (cd "$MUTANT_TREE" && xargs -r -d '\n' rm)
	(cd "$TOP" && tracked . | rsync -rpc --files-from=- . "$MUTANT_TREE/")
}

# fill_mutant_build - so that nothing is fetched or unpacked there again
fill_mutant_build() {
	local there=$MUTANT_TREE/build
	prepare_ours
	mkdir -p "$there"
	[ -d "$there/linux" ] || {
		cp -a "$OURS_TREE" "$there/linux.new" &&
			cp "$BUILD/linux.paths" "$there/" &&
			mv "$there/linux.new" "$there/linux" || return
	}
	cp -a "$STOCK_TREE.stamp" "$there/"
	ln -sfn "$STOCK_TREE" "$there/stock"
	ln -sfn "$BUILD/busybox" "$there/busybox"
}

# run_in_copy "host"|"kunit"|"guest" [SUITE TEST[,TEST]] - the named test in the copy
run_in_copy() {
	case $1 in
	host) STOP_AT_FAILURE=1 ITERATIONS=$MUTANT_ITERATIONS make -C "$MUTANT_TREE/tools/testing/cma" test ;;
	kunit) "$MUTANT_TREE/cma" test kunit ;;
	guest) "$MUTANT_TREE/cma" test --only "$3" "$2" ;;
	esac
}

# plant PATCH - into the copy
plant() {
	patch -d "$MUTANT_TREE" -p1 -N -F0 --no-backup-if-mismatch --reject-file=- <"$1"
}

# verdict_on LOG - caught, survived, or broken if no test has run to its end
verdict_on() {
	if grep -qE '^(not ok|Bail out!)|, [1-9][0-9]* failed' "$1"; then
		echo caught
	elif grep -qE '^[1-9][0-9]* passed, 0 failed' "$1"; then
		echo survived
	else
		echo broken
	fi
}

# result OK TEXT - a line of TAP, counted
result() {
	if [ "$1" = yes ]; then
		count 1 0 0
		echo "ok $((PASSED + FAILED)) - $2"
	else
		count 0 1 0
		echo "not ok $((PASSED + FAILED)) - $2"
	fi
}

# check_unharmed "host"|"guest" [SUITE TEST[,TEST]] - what is to catch bugs has to
# pass where there are none
check_unharmed() {
	local log=$LOGS/mutants-none-${2:-host}.log
	lay_mutant_tree || die "no copy could be made in $MUTANT_TREE"
	watched "$log" "without bugs, $*" run_in_copy "$@" && [ "$(verdict_on "$log")" = survived ] && return
	tail -n 5 "$log" >&2
	die "no bug is planted yet, and $* does not pass: $log"
}

# try_mutant PATCH
try_mutant() {
	local name test log verdict
	name=$(basename "$1" .patch)
	log=$LOGS/mutant-$name.log
	read -ra test < <(mutant_test "$1")
	[ ${#test[@]} != 0 ] || die "$1: no line 'Caught by: host', 'Caught by: kunit' or 'Caught by: guest SUITE TEST'"
	lay_mutant_tree || die "no copy could be made in $MUTANT_TREE"
	plant "$1" >"$log" || die "$1 does not apply: $log"
	watched "$log" "$name" run_in_copy "${test[@]}" || true
	verdict=$(verdict_on "$log")
	[ "$verdict" = caught ] && result yes "$name: ${test[*]}" && return
	result no "$name $verdict: ${test[*]}; $log"
}

# mutants NAME... - their files, all if none is named
mutant_files() {
	local name
	[ $# -gt 0 ] || { find "$MUTANTS" -name '*.patch' | sort; return; }
	for name; do
		[ -f "$MUTANTS/$name.patch" ] || usage_error "test --mutants: there is no $MUTANTS/$name.patch"
		echo "$MUTANTS/$name.patch"
	done
}

# needed_tests PATCH... - as mutant_test, each suite once with all tests named of it
needed_tests() {
	local f
	for f; do
		mutant_test "$f"
	done | sort -u | awk 'NF == 1 { print; next }
		{ tests[$2] = tests[$2] (tests[$2] ? "," : "") $3 }
		END { for (suite in tests) print "guest", suite, tests[suite] }'
}

# test_mutants [NAME...]
test_mutants() {
	local files file needed test
	mapfile -t files < <(mutant_files "$@")
	[ ${#files[@]} != 0 ] || exit 2
	setup
	mapfile -t needed < <(needed_tests "${files[@]}")
	[ "${needed[*]}" = host ] || fill_mutant_build || die "no kernel tree could be made in $MUTANT_TREE"
	for test in "${needed[@]}"; do
		# shellcheck disable=SC2086	# the words of a line
		check_unharmed $test
	done
	for file in "${files[@]}"; do
		try_mutant "$file"
	done
	lay_mutant_tree
	say_totals
}
