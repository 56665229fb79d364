# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# ./cma check: what a maintainer's scripts would say about our files.

readonly CHECK_TREE=$BUILD/kernel/check
readonly DOCS_OUT=$BUILD/docs

help_check() {
	cat <<-E
	usage: ./cma check [CHECK...]

	Runs all checks or the named ones over our files, prints what they find, and
	ends with 'N passed, N failed'.

	  checkpatch  scripts/checkpatch.pl --strict on new files and on patches/
	  compile     our objects with W=1 and sparse (C=2), no warning
	  kernel-doc  scripts/kernel-doc -Wall -Werror on new C files
	  docs        Sphinx on the documents that we add or change; the ABI entries
  shellcheck  every shell script in the repository
	  consumers   nothing of the base differs but what base/hooks names
	  contract    what others compile and link against: types, symbols, Kconfig
	E
}

# Findings of checkpatch that stand: type, files, reason
readonly CHECKPATCH_EXCEPTIONS='
FILE_PATH_CHANGES          *                           MAINTAINERS entries come with mailing
OPEN_ENDED_LINE            include/trace/events/*      the layout of every TRACE_EVENT()
PARENTHESIS_ALIGNMENT      include/trace/events/*      the layout of every TRACE_EVENT()
SPACING                    include/trace/events/*.h    the columns of an EM() table
SPLIT_STRING               mm/show_mem.c               a line more in a long format string
SPLIT_STRING               mm/vmstat.c                 a line more in a long format string
UNDOCUMENTED_SETUP         mm/cma_fail.c               documented with the patch that builds it
UNDOCUMENTED_DT_STRING     lib/test_cma.c              only device trees of tests have it
UNDOCUMENTED_DT_STRING     tools/testing/selftests/*   only device trees of tests have it
EMBEDDED_FILENAME          mm/Kconfig                  it sources mm/Kconfig.cma
SPACING                    tools/testing/selftests/*   FIXTURE_DATA(x) *self is no product
BIT_MACRO                  tools/testing/*             user space has no BIT_ULL()
MACRO_WITH_FLOW_CONTROL    tools/testing/selftests/*   SKIP() of the harness returns
MACRO_ARG_REUSE            tools/testing/selftests/*   as in every macro of the harness
*                          tools/testing/cma/kernel.h  names as the kernel has them
*                          tools/testing/cma/boot.h    names as the kernel has them
AVOID_EXTERNS              tools/testing/cma/*.c       sanitizers look for functions of a name
QUOTED_WHITESPACE_BEFORE_NEWLINE  tools/testing/selftests/*  separators for strtok()
TRAILING_WHITESPACE        tools/testing/cma/mutants/*  an empty line of a patch
NAKED_SSCANF               tools/testing/selftests/*   a line with another key changes nothing
OPEN_BRACE                 mm/cma.c                    the brace follows a function as parameter
PRINTK_WITHOUT_KERN_LEVEL  mm/show_mem.c               the level is that of the line it continues
'

# new_files REGEX - our files in the kernel tree, by name
new_files() {
	overlay_files | grep -E "$1" || true
}

# stands TYPE FILE - is this one of the exceptions?
stands() {
	local type files reason
	while read -r type files reason; do
		# shellcheck disable=SC2053	# they are patterns
		[[ $1 != $type || $2 != $files ]] || return 0
	done <<<"$CHECKPATCH_EXCEPTIONS"
	return 1
}

# checkpatch ARG... - its findings less the exceptions; fails when one is left
checkpatch() {
	local file line level type text failed=0
	while IFS=: read -r file line level type text; do
		stands "$type" "$file" && continue
		echo "${file:-${*: -1}}:$line:$level:$type:$text"
		failed=1
	done < <(cd "$OURS_TREE" && scripts/checkpatch.pl --strict --terse --show-types \
		--showfile --no-summary --color=never "$@")
	return $failed
}

check_checkpatch() {
	local f failed=0
	while IFS= read -r f; do
		checkpatch -f "$f" || failed=1
	done < <(new_files '\.([chS]|sh|rst|dtsi?|yaml)$|Kconfig|Makefile')
	while IFS= read -r f; do
		checkpatch "$f" || failed=1
	done < <(series)
	return $failed
}

# objects - what the kernel builds from our C files
objects() {
	new_files '^(mm|drivers|lib|arch)/.*\.c$' | sed 's/\.c$/.o/'
}

# compile_objects - with all warnings on.  Their own directory, as the flags
# differ; made anew each time, or make would pass over what has not changed.
compile_objects() {
	local list
	mapfile -t list < <(objects)
	configure "$OURS_TREE" "$CHECK_TREE" "$CONFIGS/debug.config" || return
	kmake "$OURS_TREE" "$CHECK_TREE" modules_prepare || return
	(cd "$CHECK_TREE" && rm -f "${list[@]}")
	kmake "$OURS_TREE" "$CHECK_TREE" --keep-going W=1 C=2 CHECK=sparse "${list[@]}"
}

# no_warning LOG - the base's own files warn as well; those lines are not ours
no_warning() {
	local ours
	ours=$(overlay_files | sed 's/[].[*^$]/\\&/g' | paste -sd '|')
	! grep -iE "(^|/)($ours):[0-9]+.*(warning|error)" "$1"
}

check_compile() {
	with_lock logged check-compile "compiling our objects with W=1 and sparse" compile_objects || return
	no_warning "$LOGS/check-compile.log"
}

check_kernel-doc() {
	local f failed=0
	cd "$OURS_TREE" || return
	while IFS= read -r f; do
		scripts/kernel-doc -none -Wall -Werror "$f" || failed=1
	done < <(new_files '^(mm|drivers|lib|arch|include)/.*\.[ch]$')
	return $failed
}

# Made anew each time, or Sphinx would say nothing about what has not changed.
build_docs() {
	rm -rf "$DOCS_OUT"
	make -C "$OURS_TREE" O="$DOCS_OUT" SPHINXDIRS="mm admin-guide/mm" htmldocs
}

# A warning without a line of ours is about the text that comes out of kernel-doc.
check_docs() {
	with_lock logged check-docs "building the documents" build_docs || return
	no_warning "$LOGS/check-docs.log" || return
	(cd "$OURS_TREE" && scripts/get_abi.pl validate --dir Documentation/ABI/testing) 2>&1 |
		{ ! grep -i cma; }
}

# shell_scripts - every tracked file that a shell runs, less the parts of ./cma
shell_scripts() {
	tracked . | while IFS= read -r f; do
		head -n 1 "$TOP/$f" | grep -qaE '^#!.*sh\b' && echo "$f"
	done || true
}

check_shellcheck() {
	cd "$TOP" || return
	shell_scripts | xargs -d '\n' shellcheck -x -P SCRIPTDIR
}

readonly CHECKS='checkpatch compile kernel-doc docs shellcheck consumers contract'

cmd_check() {
	local check passed=0 failed=0
	for check; do
		[[ " $CHECKS " == *" $check "* ]] || usage_error "check: no check '$check'; there are: $CHECKS"
	done
	setup
	prepare_ours
	# shellcheck disable=SC2086	# one word for each check
	[ $# -gt 0 ] || set -- $CHECKS
	for check; do
		if ("check_$check"); then
			passed=$((passed + 1))
			say "$check: clean"
		else
			failed=$((failed + 1))
			say "$check: failed"
		fi
	done
	echo "$passed passed, $failed failed"
	[ "$failed" = 0 ]
}
