# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# ./cma boot: QEMU, and what became of the guest.

readonly GUEST_PANIC=101 GUEST_SPLAT=102 GUEST_SILENT=103 GUEST_TIMEOUT=124
readonly DEFAULT_TIMEOUT=600

help_boot() {
	cat <<-E
	usage: ./cma boot [OPTION...] [-- QEMU-ARG...]

	Boots a kernel, built first when needed, with its console on stdout.  Without
	--rootfs there is an interactive BusyBox shell; 'exit' ends it, and so does
	Ctrl-C, which ends QEMU.

	  --stock            the stock kernel instead of ours
	  --arch ARCH        see ./cma kernel --help
	  --config FRAGMENT  see ./cma kernel --help
	  --mem SIZE         RAM, as 512M or 2G (512M)
	  --smp N            CPUs (1)
	  --icount           deterministic guest time: one instruction is 1 ns; one CPU
	  --append "ARGS"    more kernel parameters, e.g. "cma=64M"
	  --rootfs DIR       added to the initramfs; /run-guest in it, or the program
	                     that the parameter cma.run=PATH names, is run
	  --disk IMG         raw image, /dev/vda in the guest
	  --dtb FILE         device tree instead of QEMU's own
	  --dt FILE          device tree source that adds to QEMU's own
	  --timeout S        seconds of real time ($DEFAULT_TIMEOUT; none for a shell)

	The exit status is that of the guest's program, or, with a line that says so,
	$GUEST_PANIC after a panic or an oops, $GUEST_SPLAT when the program ended well but the
	kernel warned, $GUEST_SILENT when the guest ended without a result, $GUEST_TIMEOUT on time-out.
	E
}

# size OPTION VALUE - an amount of memory for QEMU
size() {
	[[ $2 =~ ^[1-9][0-9]*[MG]$ ]] || usage_error "$1: '$2' is not a size such as 512M or 2G"
}

# parse_boot_option OPTION [VALUE] - as parse_kernel_option, for a machine.
# Sets the architecture, MEM, SMP, ICOUNT, APPEND, ROOTFS, DISK, DTB, DT, TIMEOUT.
parse_boot_option() {
	USED=2
	case $1 in
	--arch) value "$@"; use_arch "$VALUE" ;;
	--icount) ICOUNT=1; USED=1 ;;
	--mem) value "$@"; size "$1" "$VALUE"; MEM=$VALUE ;;
	--smp) value "$@"; number "$1" "$VALUE"; SMP=$VALUE ;;
	--append) value "$@"; APPEND=$VALUE ;;
	--rootfs) value "$@"; existing "$1" "$VALUE" d; ROOTFS=$VALUE ;;
	--disk) value "$@"; existing "$1" "$VALUE" f; DISK=$VALUE ;;
	--dtb) value "$@"; existing "$1" "$VALUE" f; DTB=$VALUE ;;
	--dt) value "$@"; existing "$1" "$VALUE" f; DT=$VALUE ;;
	--timeout) value "$@"; number "$1" "$VALUE"; TIMEOUT=$VALUE ;;
	*) USED=0 ;;
	esac
}

# qemu_command KERNEL-DIR INITRAMFS - sets QEMU to the command line
qemu_command() {
	local console=ttyAMA0 bus=device
	case $ARCH in
	arm) QEMU=(qemu-system-arm -M "virt,highmem=off,dtb-randomness=off" -cpu cortex-a15) ;;
	arm64) QEMU=(qemu-system-aarch64 -M "virt,gic-version=3,dtb-randomness=off" -cpu cortex-a72) ;;
	x86_64)
		# With a thread for each CPU, QEMU 7.2 runs code on one that another has
		# patched meanwhile: "Oops: int3" where a jump label is.
		QEMU=(qemu-system-x86_64 -M q35 -accel "tcg,thread=single" -cpu max)
		# On a busy host timers do not tick while the kernel looks whether they do.
		console='ttyS0 no_timer_check' bus=pci
		;;
	esac
	QEMU+=(-m "$MEM" -smp "$SMP" -nodefaults -display none -no-reboot
		-chardev stdio,id=console,signal=on -serial chardev:console
		-kernel "$1/$IMAGE" -initrd "$2"
		-append "earlycon console=$console panic=-1 printk.devkmsg=on $APPEND")
	[ -z "$ICOUNT" ] || QEMU+=(-icount "shift=0,sleep=off" -rtc "base=2026-01-01,clock=vm")
	[ -z "$DISK" ] || QEMU+=(-drive "if=none,id=disk,format=raw,file=$DISK" -device "virtio-blk-$bus,drive=disk")
	[ -z "$DTB" ] || QEMU+=(-dtb "$DTB")
}

# make_dtb SOURCE FILE - the device tree that QEMU has for just this machine, with
# SOURCE behind it, but /memreserve/ where dtc wants it.  dtc takes no % in a node's
# name, the kernel does: +s+n in SOURCE stands for %s%n.
make_dtb() {
	"${QEMU[@]}" -machine "dumpdtb=$2.own" </dev/null &>"$2.log" &&
		dtc -q -I dtb -O dts "$2.own" | sed "1r "<(sed -n '/^\/memreserve\//p' "$1") >"$2.dts" &&
		sed '/^\/memreserve\//d' "$1" >>"$2.dts" &&
		dtc -q -I dts -O dtb -o "$2" "$2.dts" 2>>"$2.log" &&
		sed -i 's/+s+n/%s%n/g' "$2" || { cat "$2.log" >&2; die "$1: no device tree can be made of it"; }
}

# make_disk FILE SIZE - an empty ext4 file system
make_disk() {
	rm -f "$1"
	truncate -s "$2" "$1"
	PATH=$PATH:/usr/sbin:/sbin mke2fs -q -t ext4 "$1"
}

# verdict CONSOLE QEMU-STATUS - the exit status for what the console shows
verdict() {
	local line status
	line=$(grep -aoE -m1 'Kernel panic - not syncing.*|Internal error: .*' "$1") && {
		say "the guest's kernel went down: $line"
		return $GUEST_PANIC
	}
	[ "$2" != 124 ] || { say "no end within $TIMEOUT seconds"; return $GUEST_TIMEOUT; }
	status=$(sed -nE 's/.*cma-guest: exit ([0-9]+)\r?$/\1/p' "$1" | tail -n 1)
	[ -n "$status" ] || { say "the guest ended without a result (QEMU's exit status is $2)"; return $GUEST_SILENT; }
	line=$(sed -nE 's/.*cma-guest: splat: ([^\r]*).*/\1/p' "$1" | tail -n 1)
	[ -z "$line" ] || say "the guest's kernel warned: $line"
	[ -z "$line" ] || [ "$status" != 0 ] || status=$GUEST_SPLAT
	return "$status"
}

# boot KERNEL-DIR [QEMU-ARG...] - on the machine that MEM and its like describe.  %d
# in QEMU's arguments is a directory of this boot's own.
boot() {
	local kernel=$1 scratch status=0 limit=()
	shift
	mkdir -p "$BUILD"
	scratch=$(mktemp -d "$BUILD/boot.XXXXXX")
	# shellcheck disable=SC2064	# now, while scratch is known
	trap "rm -rf '$scratch'" EXIT
	make_initramfs "$scratch/initramfs" "$kernel" "$ROOTFS"
	qemu_command "$kernel" "$scratch/initramfs"
	if [ -n "$DT" ]; then
		make_dtb "$DT" "$scratch/dtb"
		QEMU+=(-dtb "$scratch/dtb")
	fi
	[ -z "$TIMEOUT" ] || limit=(timeout --foreground "$TIMEOUT")
	"${limit[@]}" "${QEMU[@]}" "${@//%d/$scratch}" | tee "$scratch/console" || status=${PIPESTATUS[0]}
	verdict "$scratch/console" "$status"
}

# is_interactive - will the guest end in a shell?
is_interactive() {
	[[ -z $ROOTFS && $APPEND != *cma.run=* ]]
}

cmd_boot() {
	local WHICH=ours FRAGMENTS=() USED kernel status=0
	local MEM=512M SMP=1 ICOUNT='' APPEND='' ROOTFS='' DISK='' DTB='' DT='' TIMEOUT=''
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		parse_kernel_option "$@"
		[ "$USED" != 0 ] || parse_boot_option "$@"
		[ "$USED" != 0 ] || usage_error "boot: unknown option '$1' (./cma boot --help)"
		shift "$USED"
	done
	[ $# = 0 ] || shift
	[ -z "$DTB" ] || [ -z "$DT" ] || usage_error "--dt adds to QEMU's own device tree, --dtb replaces it"
	[ -z "$ICOUNT" ] || [ "$SMP" = 1 ] || usage_error "--icount works with one CPU only, not --smp $SMP"
	[ -n "$TIMEOUT" ] || is_interactive || TIMEOUT=$DEFAULT_TIMEOUT
	setup
	kernel=$(kernel_dir "$WHICH" "${FRAGMENTS[@]}")
	ensure_kernel "$WHICH" "$kernel" "${FRAGMENTS[@]}"
	boot "$kernel" "$@"
}
