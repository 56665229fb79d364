# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# ./cma series: the removal, our patches and our new files as mails.
#
# patches/series says which mails there are and what comes with each.  They are
# made as commits in a repository of their own, which lasts as long as this
# runs and knows only the files that the series touches.

readonly MAILS=$TOP/patches
SERIES_BUILD=$BUILD/series

help_series() {
	cat <<-E
	usage: ./cma series [--build-each] DIR
	       ./cma series --build-each

	Writes the series to DIR, one mail for each patch as git format-patch does,
	for the base that KERNEL_SRC names (Debian's otherwise).  On that tree

	    git am DIR/*

	makes of it what ./cma kernel builds.  The cover letter is in DIR/0000/,
	for git am stops at a mail without a patch.  The same input gives the same
	bytes.  DIR must be empty, or not exist yet.

	  --build-each  builds QEMU's ARM "virt" kernel after each patch, and ends
	                with 'N passed, N failed'.  A warning is a failure.  Half an
	                hour and more; the logs are build/log/series-*.log
	E
}

# series_table - lines of mail and new file, tab-separated; of the mail alone
# where it begins
series_table() {
	local line mail=
	while IFS= read -r line; do
		case $line in
		\#* | '') ;;
		[[:blank:]]*) printf '%s\t%s\n' "$mail" "${line#"${line%%[![:blank:]]*}"}" ;;
		*) mail=$line; echo "$mail" ;;
		esac
	done <"$MAILS/series"
}

# mails - their names, in order
mails() {
	series_table | grep -v $'\t'
}

# message NAME - the file of the mail that the table calls so
message() {
	local f
	for f in "$MAILS/$1" "$MAILS"/[0-9][0-9][0-9][0-9]-"$1"; do
		[ ! -f "$f" ] || echo "$f"
	done
}

# resolve_table - sets BROUGHT to lines of mail and new file, with the files of
# directories; what is not there stays as the table has it
resolve_table() {
	BROUGHT=$(series_table | awk -F '\t' '
		NR == FNR { files[$0]; next }
		NF == 2 {
			found = 0
			for (f in files)
				if (f == $2 || ($2 ~ /\/$/ && index(f, $2) == 1)) {
					print $1 "\t" f
					found = 1
				}
			if (!found)
				print
		}' <(overlay_files) -)
}

# brought_by MAIL - the new files that come with it
brought_by() {
	awk -F '\t' -v mail="$1" '$1 == mail { print $2 }' <<<"$BROUGHT" | sort
}

# unlike WHAT HAVE WANT - say where two sorted lists differ, a line being there
# twice as well; fails if they do
unlike() {
	local line failed=0
	while IFS= read -r line; do
		case $line in
		$'\t'*) say "patches/series: no mail has the $1 ${line#?}" ;;
		*) say "patches/series: $line: no such $1, or more than once" ;;
		esac
		failed=1
	done < <(comm -3 <(echo "$2") <(echo "$3"))
	return $failed
}

# messages - all that patches/ has, by the names that the table gives them
messages() {
	{
		series | sed 's,.*/[0-9]*-,,'
		find "$MAILS" -name '*.txt' ! -name cover-letter.txt -printf '%f\n'
	} | sort
}

# check_table - every message and every new file must be in exactly one mail
check_table() {
	resolve_table
	unlike message "$(mails | sort)" "$(messages)" &&
		unlike "new file" "$(cut -f2 <<<"$BROUGHT" | sort)" "$(overlay_files | sort)"
}

# series_git ARG... - in the series' repository, however git is configured here
series_git() {
	GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 GIT_ATTR_NOSYSTEM=1 GIT_DIR=$SERIES_REPO \
		git -c core.attributesFile=/dev/null "$@"
}

# new_repo - an empty one, which goes when this process ends.  Sets SERIES_REPO.
new_repo() {
	mkdir -p "$BUILD"
	SERIES_REPO=$(mktemp -d "$BUILD/series-XXXXXX")
	trap 'rm -rf "$SERIES_REPO"' EXIT
	series_git init -q --bare "$SERIES_REPO"
	mkdir -p "$SERIES_REPO/info"
	printf '%s\n' '*.[ch] diff=cpp' >"$SERIES_REPO/info/attributes"
}

# stage DIR - into the index, as they are in DIR, the paths on standard input
stage() {
	series_git --work-tree="$1" -C "$1" update-index --add --stdin
}

# remove_stock STOCK - from the index, what base/strip takes out
remove_stock() {
	local out=$SERIES_REPO/stripped
	"$TOP/base/strip" "$1" "$out" || return
	series_git --work-tree="$out" update-index --force-remove --stdin <"$out/.removed" || return
	(cd "$out" && find . -type f ! -name .removed -printf '%P\n') | stage "$out"
}

# add_new_files MAIL - what the removal leaves of a header gives way to ours,
# anything else of that name does not
add_new_files() {
	local list f failed=0
	list=$(brought_by "$1")
	[ -n "$list" ] || return 0
	while IFS= read -r f; do
		stubbed "$f" || { echo "error: $f: the base has this file" >&2; failed=1; }
	done < <(series_git ls-files | sort | comm -12 - <(echo "$list"))
	[ $failed = 0 ] && stage "$TOP" <<<"$list"
}

# stage_mail MAIL STOCK - what it changes
stage_mail() {
	case $1 in
	removal.txt) remove_stock "$2" ;;
	*.patch) series_git apply --cached --whitespace=nowarn "$(message "$1")" && add_new_files "$1" ;;
	*) add_new_files "$1" ;;
	esac
}

# read_mail MAIL - into files in the repository: header, message, patch
read_mail() {
	series_git mailinfo "$SERIES_REPO/body" "$SERIES_REPO/patch" <"$(message "$1")" >"$SERIES_REPO/header" ||
		die "patches/$1 is no mail"
}

# mail_field FIELD - of the mail that was read last
mail_field() {
	sed -n "s/^$1: //p" "$SERIES_REPO/header"
}

# mail_message - its subject and text
mail_message() {
	mail_field Subject
	echo
	cat "$SERIES_REPO/body"
}

# as_author ARG... - git in the name of who wrote that mail, as committer as
# well and at that time: the same input gives the same commits
as_author() {
	local -x GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_AUTHOR_DATE
	local -x GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL GIT_COMMITTER_DATE
	GIT_AUTHOR_NAME=$(mail_field Author) GIT_COMMITTER_NAME=$GIT_AUTHOR_NAME
	GIT_AUTHOR_EMAIL=$(mail_field Email) GIT_COMMITTER_EMAIL=$GIT_AUTHOR_EMAIL
	GIT_AUTHOR_DATE=$(mail_field Date) GIT_COMMITTER_DATE=$GIT_AUTHOR_DATE
	series_git "$@"
}

# commit_mail MAIL STOCK NAME - sets COMMIT
commit_mail() {
	local report=$SERIES_REPO/report parent=$COMMIT
	stage_mail "$1" "$2" 2>"$report" || die "patches/$1 does not fit $3:"$'\n'"$(<"$report")"
	read_mail "$1"
	COMMIT=$(mail_message | as_author commit-tree -p "$parent" "$(series_git write-tree)")
	! series_git diff --quiet "$parent" "$COMMIT" || die "patches/$1 changes nothing"
}

# commit_series STOCK NAME - all mails, over the commit and the index that are
# there.  STOCK is the same as files; NAME is for messages.  Sets COMMITS.
commit_series() {
	local mail
	COMMITS=()
	check_table || exit 1
	while IFS= read -r mail; do
		commit_mail "$mail" "$1" "$2"
		COMMITS+=("$COMMIT")
	done < <(mails)
}

# stage_changed TREE - of what our tree changes, the files that TREE has
stage_changed() {
	local f
	changed_paths "$DELTA" | while IFS= read -r f; do
		[ ! -e "$1/$f" ] || echo "$f"
	done | stage "$1"
}

# commit_base - what our tree changes, as the base has it.  Sets COMMIT.
commit_base() {
	stage_changed "$STOCK_TREE"
	read_mail cover-letter.txt
	COMMIT=$(echo "Linux $(tree_version "$STOCK_TREE")" | as_author commit-tree "$(series_git write-tree)")
}

# check_result - the last commit must be what ./cma kernel builds
check_result() {
	local differ
	series_git read-tree --empty
	stage_changed "$OURS_TREE"
	differ=$(series_git diff-index --cached --name-only "$COMMIT")
	[ -z "$differ" ] || die "the last patch does not leave what ./cma kernel builds; these differ:"$'\n'"$differ"
}

# make_series - over build/stock.  Sets BASE, COMMITS, COMMIT.
make_series() {
	prepare_ours
	new_repo
	commit_base
	BASE=$COMMIT
	commit_series "$STOCK_TREE" "this base ($(tree_version "$STOCK_TREE"))"
	check_result
}

# figures - those of README.md, in letters that every mail program shows
figures() {
	sed -n '/<!-- figures/,/<!-- end of figures/p' "$TOP/README.md" | sed -E '/<!-- /d; s/^(\* |  )//' |
		iconv -f UTF-8 -t ASCII//TRANSLIT
}

# write_mails DIR - git takes the cover letter's text from the branch
write_mails() {
	local numbers
	numbers=$(figures) || exit 1
	[[ $numbers == *'|'* ]] || die "README.md has no table of figures for the cover letter"
	read_mail cover-letter.txt
	series_git update-ref refs/heads/series "$COMMIT"
	series_git config branch.series.description "$(mail_message; echo; echo "$numbers")"
	as_author format-patch -q -o "$1" --numbered --subject-prefix='PATCH 6.12' --abbrev=12 --cover-letter \
		--cover-from-description=subject --no-renames --no-signature --zero-commit "$BASE..series"
	mkdir "$1/0000"
	mv "$1/0000-cover-letter.patch" "$1/0000/"
	say "$1: ${#COMMITS[@]} patches for $(tree_version "$STOCK_TREE"), and the cover letter in $1/0000"
}

# lay_tree TREE - the base as files, and the index in step with them
lay_tree() {
	mkdir -p "$1"
	rsync -a --delete "$STOCK_TREE/" "$1/"
	series_git read-tree "$BASE"
	series_git --work-tree="$1" -C "$1" update-index -q --refresh
}

# compile_after TREE OUT - configured anew, as patches bring options
compile_after() {
	configure "$1" "$2" && kmake "$1" "$2" zImage modules
}

# builds_quietly NUMBER - the tree as it is now, without a warning
builds_quietly() {
	logged "series-$1" "building after patch $1 of ${#COMMITS[@]}" \
		compile_after "$SERIES_BUILD/tree" "$SERIES_BUILD/out" &&
		! grep -n 'warning:' "$LOGS/series-$1.log" >&2
}

# build_after NUMBER COMMIT - counts in PASSED what builds
build_after() {
	local result='not ok'
	series_git --work-tree="$SERIES_BUILD/tree" -C "$SERIES_BUILD/tree" read-tree -m -u "$2"
	if builds_quietly "$1"; then
		PASSED=$((PASSED + 1))
		result=ok
	fi
	echo "$result $1 - $(series_git log -1 --format=%s "$2")"
}

# build_each - after each patch, where the kernel before it was built.  The
# lock is everybody's: it is let go between two builds.
build_each() {
	local n lock PASSED=0
	mkdir -p "$SERIES_BUILD"
	exec {lock}>"$SERIES_BUILD/lock"
	flock -n "$lock" || die "another ./cma series --build-each is at work here"
	rm -rf "$SERIES_BUILD/out"
	logged series-copy "copying the base" lay_tree "$SERIES_BUILD/tree" || exit 1
	for n in "${!COMMITS[@]}"; do
		with_lock build_after $((n + 1)) "${COMMITS[n]}"
	done
	echo "$PASSED passed, $((${#COMMITS[@]} - PASSED)) failed"
	[ "$PASSED" = ${#COMMITS[@]} ]
}

# check_empty DIR - old mails beside the new ones would be applied as well
check_empty() {
	[ ! -e "$1" ] || [ -z "$(ls -A "$1")" ] || usage_error "series: '$1' is not an empty directory"
}

cmd_series() {
	local build='' dir=''
	while [ $# -gt 0 ]; do
		case $1 in
		--build-each) build=yes ;;
		-*) usage_error "series: unknown option '$1' (./cma series --help)" ;;
		*) [ -z "$dir" ] || usage_error "series: one directory, not '$dir' and '$1'"; dir=$1 ;;
		esac
		shift
	done
	[ -n "$dir$build" ] || usage_error "series: which directory? (./cma series --help)"
	[ -z "$dir" ] || check_empty "$dir"
	setup
	make_series
	[ -z "$dir" ] || write_mails "$dir"
	[ -z "$build" ] || build_each
}
