# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# The two source trees: build/stock, the distribution's, untouched; and
# build/linux, ours: stock less its allocator, plus our files and patches.
#
# What ours changes is computed in build/delta, which has the changed files
# only, and then carried over to build/linux file by file where it differs.

readonly BASE_VERSION=6.12
STOCK_TREE=$BUILD/stock
OURS_TREE=$BUILD/linux
DELTA=$BUILD/delta

# Where new files stand, at the path that they have in the kernel
readonly OVERLAY=(mm drivers include lib arch Documentation tools)

# The Makefile names the version of a tree
tree_version() {
	awk '$1 == "VERSION" { v = $3 } $1 == "PATCHLEVEL" { p = $3 } $1 == "SUBLEVEL" { s = $3 }
	     END { print v "." p "." s }' "$1/Makefile" 2>/dev/null
}

# Refuses any base but the one that base/strip and the patches are made for
check_version() {
	local version
	version=$(tree_version "$1") || version=unknown
	[[ $version == "$BASE_VERSION".* ]] ||
		die "$2 is Linux $version; this series is for $BASE_VERSION.y: set KERNEL_SRC to a tree or tarball of it"
}

# One line that changes when the source does
source_identity() {
	local src=$1
	if [ -d "$src" ]; then
		(cd "$src" && find . -name .git -prune -o -type f -printf '%P %s %T@\n' | sort) | sha256sum | cut -d' ' -f1
	else
		stat -c '%n %s %Y' "$src"
	fi
}

# unpack SOURCE TREE - every file dated now, or make would take what was built
# from another base for newer
unpack() {
	mkdir -p "$2"
	if [ -d "$1" ]; then
		rsync -rlp --exclude=.git "$1/" "$2/" &&
			make -s -C "$2" ARCH=arm mrproper
	else
		tar -m -xf "$1" -C "$2" --strip-components=1 --checkpoint=2000 --checkpoint-action='echo=%T'
	fi
}

# prepare_stock - build/stock from KERNEL_SRC or Debian's package
prepare_stock() {
	local src=${KERNEL_SRC:-$DEBIAN_TARBALL} identity
	[ -e "$src" ] || die "no kernel source: $src does not exist (KERNEL_SRC=DIR or TARBALL names one)"
	src=$(realpath "$src")
	identity=$(source_identity "$src")
	is_stamped "$STOCK_TREE" "$identity" || with_lock make_stock "$src" "$identity"
}

# is_stamped TREE IDENTITY - was it made from just that?
is_stamped() {
	[ -d "$1" ] && [ "$(cat "$1.stamp" 2>/dev/null)" = "$2" ]
}

# make_stock SOURCE IDENTITY
make_stock() {
	local new=$STOCK_TREE.new
	! is_stamped "$STOCK_TREE" "$2" || return 0
	[ ! -d "$1" ] || check_version "$1" "$1"
	rm -rf "$new"
	logged unpack "unpacking ${1##*/}" unpack "$1" "$new" || exit 1
	(check_version "$new" "$1") || { rm -rf "$new"; exit 1; }
	rm -rf "$STOCK_TREE" "$STOCK_TREE.stamp" "$OURS_TREE"
	mv "$new" "$STOCK_TREE"
	echo "$2" >"$STOCK_TREE.stamp"
}

# series - the patches, in order
series() {
	find "$TOP" -maxdepth 2 -path "$TOP/patches/[0-9][0-9][0-9][0-9]-*.patch" | sort
}

# overlay_files - our new files as paths in the kernel tree
overlay_files() {
	tracked "${OVERLAY[@]}"
}

# Everything that build/linux is made from, in one hash
ours_identity() {
	{
		cat "$STOCK_TREE.stamp" "$TOP/base/strip" "$TOP/base/source.sh"
		overlay_files | (cd "$TOP" && xargs -r -d '\n' sha256sum)
		series | xargs -r -d '\n' sha256sum
	} | sha256sum | cut -d' ' -f1
}

# lay_over DIR - our files; one that the base has is a hook and belongs in a
# patch, unless strip took the base's away
lay_over() {
	local f
	overlay_files | while IFS= read -r f; do
		if [ -e "$STOCK_TREE/$f" ] && ! grep -qxF "$f" "$1/.removed" && ! stubbed "$f"; then
			die "$f: the base has this file; what changes it belongs in patches/"
		fi
		mkdir -p "$1/$(dirname "$f")" && cp "$TOP/$f" "$1/$f" || exit 1
	done
}

# The headers that strip replaces by a stub give way to ours
stubbed() {
	grep -qx "stub $1 <<'STUB'" "$TOP/base/strip"
}

# patched_files PATCH - the files it changes
patched_files() {
	sed -nE 's,^(---|\+\+\+) [ab]/([^	]*).*,\2,p' "$1" | sort -u
}

# apply_series DIR - every patch, without fuzz
apply_series() {
	local patch f report
	series | while IFS= read -r patch; do
		while IFS= read -r f; do
			[ -e "$1/$f" ] || [ ! -e "$STOCK_TREE/$f" ] || (cd "$STOCK_TREE" && cp --parents "$f" "$1") || exit 1
		done < <(patched_files "$patch")
		report=$(patch -d "$1" -p1 -N -F0 --no-backup-if-mismatch --reject-file=- <"$patch") ||
			die "patches/${patch##*/} does not apply to this base ($(tree_version "$STOCK_TREE")):"$'\n'"$report"
	done
}

# changed_paths DIR - what a delta has or removes
changed_paths() {
	(cd "$1" && find . -type f ! -name .removed -printf '%P\n' && cat .removed) | sort -u
}

# carry_over NEW - make build/linux the stock tree with that delta.
# linux.paths lists what may differ from stock, also after an interrupted run.
carry_over() {
	local paths=$BUILD/linux.paths f
	[ -d "$OURS_TREE" ] || copy_stock || return
	changed_paths "$1" >"$paths.new" || return
	cat "$paths.new" >>"$paths" || return
	sort -u "$paths" | comm -23 - "$paths.new" | while IFS= read -r f; do
		if [ -e "$STOCK_TREE/$f" ]; then
			cp "$STOCK_TREE/$f" "$OURS_TREE/$f" || exit 1
		else
			rm -f "$OURS_TREE/$f"
		fi
	done || return
	rsync -rpc --exclude=/.removed "$1/" "$OURS_TREE/" || return
	while IFS= read -r f; do
		[ -e "$1/$f" ] || rm -f "$OURS_TREE/$f"
	done <"$paths.new"
	mv "$paths.new" "$paths"
}

copy_stock() {
	rm -rf "$OURS_TREE.new"
	logged copy "copying the base" cp -a "$STOCK_TREE/." "$OURS_TREE.new" || return
	: >"$BUILD/linux.paths"
	mv "$OURS_TREE.new" "$OURS_TREE"
}

# prepare_ours - build/linux, touching only what changed
prepare_ours() {
	local identity
	prepare_stock
	identity=$(ours_identity)
	is_stamped "$OURS_TREE" "$identity" || with_lock make_ours "$identity"
}

# make_ours IDENTITY
make_ours() {
	local new=$DELTA.new
	! is_stamped "$OURS_TREE" "$1" || return 0
	rm -rf "$new" "$OURS_TREE.stamp"
	"$TOP/base/strip" "$STOCK_TREE" "$new" || die "base/strip does not fit this base ($(tree_version "$STOCK_TREE"))"
	lay_over "$new" || exit 1
	apply_series "$new" || exit 1
	carry_over "$new" || exit 1
	rm -rf "$DELTA"
	mv "$new" "$DELTA"
	echo "$1" >"$OURS_TREE.stamp"
	say "build/linux: $(overlay_files | wc -l) new files, $(series | wc -l) patches over $(tree_version "$STOCK_TREE")"
}
