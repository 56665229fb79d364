# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# ./cma test --coverage: which lines of our kernel files do the tests reach?

readonly COVERAGE=$BUILD/coverage

# cover_host - the host tests count, too; slower, and so fewer of them
cover_host() {
	local dir=$COVERAGE/host
	rm -rf "$dir"
	mkdir -p "$dir/data"
	watched "$LOGS/coverage-host.log" "host tests, counting" make -C "$HOST_TESTS" test O="$dir" \
		SANITIZE=--coverage CFLAGS="-std=gnu11 -O1 -g" ITERATIONS=100000 ||
		say "the host tests failed: $LOGS/coverage-host.log"
	find "$dir" -name '*.gcda' -exec gcov --json-format --stdout --branch-probabilities {} + \
		>"$dir/data/host.json" 2>"$LOGS/coverage-gcov.log"
}

# keep_counts NAME KERNEL-DIR - what the guest has left on its disk, as numbers.
# A guest that ended early has left nothing.
keep_counts() {
	local dir=$COVERAGE/guest/$1 out=$COVERAGE/guest/data f
	mkdir -p "$dir" "$out"
	tar -xf "$KSELFTEST/disk" -C "$dir" 2>/dev/null || { say "$1: no counts"; return; }
	while IFS= read -r f; do
		cp "$2/${f%.gcda}.gcno" "$dir/${f%/*}/"
	done < <(cd "$dir" && find . -name '*.gcda')
	find "$dir" -name '*.gcda' -exec "${CROSS}gcov" --json-format --stdout \
		--branch-probabilities {} + >"$out/$1.json" 2>>"$LOGS/coverage-gcov.log"
}

# cover_guests SUITE... - those of the table that are one kernel: the tests' own
# fragments would each be another
cover_guests() {
	local COUNTING=yes
	rm -rf "$COVERAGE/guest"
	run_guests "$@"
}

# test_coverage [SUITE...]
test_coverage() {
	local SUITES BOOTS
	expand_suites "${@:-guest}"
	setup
	mkdir -p "$LOGS" "$COVERAGE"
	cover_host
	# shellcheck disable=SC2086	# one word for each suite
	cover_guests $SUITES
	say_totals || true
	"$TOP/vm/coverage.py" "$TOP" "$COVERAGE/host/data" "$COVERAGE/guest/data" "$COVERAGE/unreached"
}
