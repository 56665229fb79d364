# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# The guest's root: BusyBox, /init, the kernel's modules and what the caller adds.

# make_initramfs FILE KERNEL-DIR [ROOTFS-DIR]
make_initramfs() {
	local file=$1 kernel=$2 rootfs=${3:-} root=$1.root
	rm -rf "$root"
	mkdir -p "$root"/{bin,dev,lib,proc,sys,tmp}
	cp "$BUSYBOX" "$root/bin/busybox"
	cp "$TOP/vm/init" "$root/init"
	[ ! -d "$kernel/modules/lib" ] || cp -r "$kernel/modules/lib" "$root/"
	[ -z "$rootfs" ] || cp -rL "$rootfs/." "$root/"
	(cd "$root" && find . | sort | cpio --quiet -o -H newc -R 0:0 --reproducible) >"$file"
	rm -rf "$root"
}
