# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# What every part of ./cma uses: where things are, messages, long work.

# Order and messages of other tools are read here
export LC_ALL=C

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BUILD=$TOP/build
LOGS=$BUILD/log

# say TEXT... - one line about what is going on, apart from what stdout carries
say() { echo "cma: $*" >&2; }

die() {
	say "$@"
	exit 1
}

# usage_error TEXT... - the command line is at fault
usage_error() {
	say "$@"
	exit 2
}

# value OPTION [VALUE]... - sets VALUE to that of an option that must have one
value() {
	[ $# -ge 2 ] || usage_error "$1 needs a value"
	VALUE=$2
}

# number OPTION VALUE - a whole number above zero
number() {
	[[ $2 =~ ^[1-9][0-9]*$ ]] || usage_error "$1: '$2' is not a whole number above zero"
}

# existing OPTION PATH KIND - KIND is f (file) or d (directory)
existing() {
	local what=file
	[ "$3" = d ] && what=directory
	test "-$3" "$2" || usage_error "$1: '$2' is not an existing $what"
}

# clock SECONDS - as m:ss
clock() { printf '%d:%02d' $(($1 / 60)) $(($1 % 60)); }

# progress TITLE [TOTAL] - reads lines and shows how many there were, of TOTAL
# that are expected.  A terminal gets one line that is written over each
# second, a file one line in thirty seconds.
progress() {
	local title=$1 total=${2:-0} lines=0 line shown=0 step=30 of='' where
	[ ! -t 2 ] || step=1
	[ "$total" = 0 ] || of=" of about $total"
	while IFS= read -r line; do
		lines=$((lines + 1))
		((SECONDS >= shown + step)) || continue
		shown=$SECONDS
		where="$title, $(clock $SECONDS), $lines$of lines"
		if [ -t 2 ]; then
			printf '\r\033[Kcma: %s: %.40s' "$where" "${line##* }" >&2
		else
			say "$where"
		fi
	done
	[ ! -t 2 ] || printf '\r\033[K' >&2
}

# The lines of a build's log that say what went wrong
ERRORS='error:|ERROR|Error [0-9]|undefined reference|[Nn]o rule|cannot|not found|^E: |multiple definition'

# logged NAME TITLE COMMAND... - run it with its output in build/log/NAME.log.
# When it fails, show the lines that matter and where the rest is.
logged() {
	local log=$LOGS/$1.log title=$2 total=0 lines
	shift 2
	mkdir -p "$LOGS"
	[ ! -f "$log.lines" ] || total=$(<"$log.lines")
	if ! (SECONDS=0; "$@" </dev/null 2>&1 | tee "$log" | progress "$title" "$total"); then
		say "$title failed:"
		{ grep -nE -m8 "$ERRORS" "$log" || tail -n 8 "$log"; } | sed 's/^/    /' >&2
		say "all of it: $log"
		return 1
	fi
	# A second run that had nothing to do is no measure for the next one.
	lines=$(wc -l <"$log")
	((lines <= total)) || echo "$lines" >"$log.lines"
}

# lock_is_held - by us, or by a caller that has the file open (flock build/lock
# ./cma ...)
lock_is_held() {
	local fd
	for fd in "/proc/$BASHPID/fd/"*; do
		[ ! "$fd" -ef "$1" ] || return 0
	done
	return 1
}

# with_lock COMMAND... - what changes build/, one at a time in this checkout
with_lock() {
	local lock=$BUILD/lock fd status
	mkdir -p "$BUILD"
	if lock_is_held "$lock"; then
		"$@"
		return
	fi
	exec {fd}>>"$lock"
	if ! flock -n "$fd"; then
		say "waiting for another build here to end ($lock)"
		flock "$fd"
	fi
	"$@"
	status=$?
	exec {fd}>&-
	return $status
}

# rows FILE - a table's lines, less comments and empty ones
rows() {
	sed 's/^[[:blank:]]*#.*//; /^[[:blank:]]*$/d' "$1"
}

# tracked DIR... - the repository's files below DIR that are not ignored,
# whether git has them already or not
tracked() {
	local f
	git -C "$TOP" -c safe.directory='*' ls-files -co --exclude-standard -- "$@" |
		while IFS= read -r f; do
			[ ! -f "$TOP/$f" ] || echo "$f"
		done || die "$TOP must be a git checkout: git tells which files are ours"
}
