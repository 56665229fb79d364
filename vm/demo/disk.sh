# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# The demo's disk: real files of this machine, and their checksums.
#
#	files/SOURCE/...	the files
#	sums/NNN		md5sum's output for about 8 MiB of them each
#	total			how many files, and MiB

readonly DISK=$BUILD/demo/disk.img
readonly DISK_MIB=448		# with the process, more than the guest has memory
readonly DISK_LEAST_MIB=300
readonly DISK_PART_MIB=8
# A name, where the files are, and how many MiB of them at most. The kernel's
# source is the same wherever this runs, and makes up for what others lack.
readonly DISK_SOURCES="
share  /usr/share   150
lib    /usr/lib     150
linux  $STOCK_TREE  $DISK_MIB
"

# candidates DIR - size and name below DIR of files that are neither so small
# that they are all overhead nor larger than a part, and need no quoting
candidates() {
	(cd "$1" && find . -xdev -type f -readable -size +15k -size -$((DISK_PART_MIB * 1024 + 1))k \
		-printf '%s %P\n' 2>/dev/null) | grep -aE '^[0-9]+ [[:alnum:]._+,@=/-]+$' | LC_ALL=C sort -k2
}

# up_to MIB - as many of the lines "size name..." as come to MIB together
up_to() {
	awk -v most="$1" '(sum += $1) <= most * 1024 * 1024'
}

# choose_files - "size name source" of all that go on the disk
choose_files() {
	local source dir most
	while read -r source dir most; do
		[ -z "$source" ] || candidates "$dir" | up_to "$most" | sed "s|\$| $source|"
	done <<<"$DISK_SOURCES" | up_to "$DISK_MIB"
}

# copy_files ROOT - those in ROOT/list
copy_files() {
	local source dir most
	while read -r source dir most; do
		[ -n "$source" ] || continue
		mkdir -p "$1/files/$source"
		sed -nE "s|^[0-9]+ (.*) $source\$|\1|p" "$1/list" |
			(cd "$dir" && xargs cp --parents -t "$1/files/$source") || return
	done <<<"$DISK_SOURCES"
}

# sum_files ROOT - in parts of about the same size
sum_files() {
	local part
	mkdir "$1/sums"
	awk -v bytes=$((DISK_PART_MIB * 1024 * 1024)) \
		'{ printf "%03d files/%s/%s\n", sum / bytes, $3, $2; sum += $1 }' "$1/list" >"$1/parts"
	for part in $(cut -d' ' -f1 "$1/parts" | uniq); do
		echo "part $part"	# for the one who waits
		(cd "$1" && sed -n "s/^$part //p" parts | xargs md5sum >"sums/$part") || return
	done
}

# build_disk - the image, without mounting anything. A file system on a disk
# that is only read needs no journal and no reserve.
build_disk() {
	local root=$DISK.root mib
	rm -rf "$root" "$DISK"
	mkdir -p "$root"
	choose_files >"$root/list"
	mib=$(awk '{ sum += $1 } END { print int(sum / 1024 / 1024) }' "$root/list")
	if ((mib < DISK_LEAST_MIB)); then
		echo "error: found $mib MiB of files instead of $DISK_LEAST_MIB"
		return 1
	fi
	echo "$(wc -l <"$root/list") $mib" >"$root/total"
	copy_files "$root" && sum_files "$root" || return
	rm "$root/list" "$root/parts"
	truncate -s $((mib + mib / 4))M "$DISK.new"
	PATH=$PATH:/usr/sbin:/sbin mke2fs -q -t ext4 -O ^has_journal -m 0 -d "$root" "$DISK.new" || return
	rm -rf "$root"
	mv "$DISK.new" "$DISK"
}

# disk_is_current - is it there, made by this very recipe?
disk_is_current() {
	[ -f "$DISK" ] && [ "$(cat "$DISK.recipe" 2>/dev/null)" = "$(disk_recipe)" ]
}

disk_recipe() { sha256sum <"$TOP/vm/demo/disk.sh"; }

# renew_disk - unless somebody else did while we waited for the lock
renew_disk() {
	! disk_is_current || return 0
	mkdir -p "$BUILD/demo"
	logged demo-disk "filling the disk with files of this machine" build_disk || exit 1
	disk_recipe >"$DISK.recipe"
}

prepare_disk() {
	disk_is_current || with_lock renew_disk
}
