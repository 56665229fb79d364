# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# ./cma apply: the series as a branch of somebody's own kernel tree.
#
# The commits are made in a repository of their own, on top of TREE's and with
# TREE's objects at hand.  TREE is written to when nothing can fail any more,
# and gets objects and one ref: no index, no file that is checked out.

help_apply() {
	cat <<-E
	usage: ./cma apply [--branch NAME] TREE

	Makes a branch in TREE, a git tree of Linux $BASE_VERSION.y: the commit that is
	checked out there, the removal of its allocator, and our patches.

	  --branch NAME  what to call it (cma)

	What is checked out stays as it is: git switch NAME goes there.  Refused,
	with a reason and without a trace in TREE: another version, changes that are
	not committed, a branch of that name, a patch that does not fit.

	Needs git, perl and unifdef, and installs nothing.
	E
}

# tree_git ARG... - in TREE, without as much as refreshing its index
tree_git() {
	git --no-optional-locks -C "$TREE" "$@"
}

# check_tools - what making the series takes
check_tools() {
	local tool
	for tool in git perl unifdef; do
		is_installed "$tool" || die "apply needs $tool (./cma setup installs all that is needed)"
	done
}

# check_top - git must take TREE for the top of a work tree
check_top() {
	local top
	top=$(tree_git rev-parse --show-toplevel 2>&1) || die "$TREE is not a git work tree: $top"
	[ "$top" = "$TREE" ] || die "$TREE is not a git work tree of its own, but part of $top"
}

check_base_version() {
	local version
	version=$(tree_version "$TREE") || version=unknown
	[[ $version == "$BASE_VERSION".* ]] || die "$TREE is Linux $version; this series is for $BASE_VERSION.y"
}

# check_clean - base/strip reads what is checked out
check_clean() {
	local changes
	changes=$(tree_git status --porcelain --untracked-files=no) || exit 1
	[ -z "$changes" ] || die "$TREE has changes that are not committed:"$'\n'"$changes"
}

# check_branch NAME COMMIT - may it be made?  Git tries, up to the last step.
check_branch() {
	local reason
	git check-ref-format --branch "$1" >/dev/null 2>&1 || usage_error "--branch: '$1' is no name for a branch"
	reason=$(printf '%s\n' start "create refs/heads/$1 $2" prepare abort | tree_git update-ref --stdin 2>&1 >/dev/null) ||
		die "$TREE: no branch $1 can be made: $reason"
}

# borrow_objects - TREE's commits and files, for our repository
borrow_objects() {
	tree_git rev-parse --path-format=absolute --git-path objects >"$SERIES_REPO/objects/info/alternates"
}

# lend_branch NAME - our commits and files, for TREE
lend_branch() {
	(cd "$SERIES_REPO/objects" && find . -type f -path './??/*' -printf '%P\n') | tr -d / |
		series_git pack-objects -q --stdout | tree_git unpack-objects -q
	tree_git update-ref -m "cma: apply" "refs/heads/$1" "$COMMIT" ''
}

# apply_to BRANCH
apply_to() {
	local head version
	version=$(tree_version "$TREE")
	head=$(tree_git rev-parse -q --verify 'HEAD^{commit}') || die "$TREE has no commit"
	check_branch "$1" "$head"
	new_repo
	borrow_objects
	series_git read-tree "$head"
	COMMIT=$head
	commit_series "$TREE" "$TREE ($version)"
	lend_branch "$1"
	say "$TREE: branch $1 has ${#COMMITS[@]} commits on top of ${head:0:12} ($version)"
}

cmd_apply() {
	local TREE='' branch=cma VALUE
	while [ $# -gt 0 ]; do
		case $1 in
		--branch) value "$@"; branch=$VALUE; shift ;;
		-*) usage_error "apply: unknown option '$1' (./cma apply --help)" ;;
		*) [ -z "$TREE" ] || usage_error "apply: one tree, not '$TREE' and '$1'"; TREE=$1 ;;
		esac
		shift
	done
	[ -n "$TREE" ] || usage_error "apply: which tree? (./cma apply --help)"
	existing apply "$TREE" d
	TREE=$(realpath "$TREE")
	check_tools
	check_top
	check_base_version
	check_clean
	apply_to "$branch"
}
