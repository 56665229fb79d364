# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# ./cma kernel: configuration and build of either tree.

readonly CONFIGS=$TOP/base/configs
readonly ARCHS='arm arm64 x86_64'

# use_arch NAME - what is built and booted from now on is for that architecture.
# Sets ARCH, CROSS, IMAGE, DEBIAN_ARCH, BASE_CONFIGS, CONFIG_FROM, KBUILD_ENV, and where
# its things are: KERNELS, KSELFTEST, BUSYBOX stand beside ARM's, with its name behind theirs.
use_arch() {
	local behind=-$1
	ARCH=$1
	case $1 in
	arm) CROSS=arm-linux-gnueabihf- DEBIAN_ARCH=armhf IMAGE=arch/arm/boot/zImage behind= ;;
	arm64) CROSS=aarch64-linux-gnu- DEBIAN_ARCH=arm64 IMAGE=arch/arm64/boot/Image ;;
	x86_64) CROSS=x86_64-linux-gnu- DEBIAN_ARCH=amd64 IMAGE=arch/x86/boot/bzImage ;;
	*) usage_error "--arch: '$1' is none of: $ARCHS" ;;
	esac
	KERNELS=$BUILD/kernel/%s$behind
	KSELFTEST=$BUILD/kselftest$behind
	BUSYBOX=$BUILD/busybox$behind/bin/busybox
	BASE_CONFIGS=("$CONFIGS/common.config" "$CONFIGS/$ARCH.config") CONFIG_FROM=allnoconfig
	# What prints no date, user or count builds and boots the same every time.
	KBUILD_ENV=("ARCH=$ARCH" "CROSS_COMPILE=$CROSS" "CC=ccache ${CROSS}gcc"
		KBUILD_BUILD_TIMESTAMP=2026-01-01 KBUILD_BUILD_USER=cma KBUILD_BUILD_HOST=cma
		KBUILD_BUILD_VERSION=1)
}
use_arch arm

help_kernel() {
	cat <<-E
	usage: ./cma kernel [--stock] [--arch ARCH] [--config FRAGMENT]... [-o DIR]

	Builds a kernel, and its modules, for QEMU's ARM "virt" board.

	  --stock            the distribution's tree, untouched, instead of ours
	  --arch ARCH        arm, arm64 ("virt" as well) or x86_64 ("q35")
	  --config FRAGMENT  merged over base/configs/common.config and ARCH.config: a
	                     file, or a name out of base/configs ($(known_fragments))
	  -o DIR             where kbuild's output goes
	                     (build/kernel/ours or build/kernel/stock, with the
	                     architecture's and the fragments' names behind it)

	DIR gets arch/arm/boot/zImage or its like, vmlinux, .config, and modules/ as a root
	directory would have them.  Options that did not take are reported.
	KERNEL_SRC=DIR or TARBALL names another 6.12.y than Debian's.
	E
}

known_fragments() {
	local f names=
	for f in "$CONFIGS"/*.config; do
		f=$(basename "$f" .config)
		[[ " common $ARCHS " == *" $f "* ]] || names+=${names:+, }$f
	done
	echo "$names"
}

# add_fragment NAME - to FRAGMENTS, the file that a --config value stands for
add_fragment() {
	if [ -f "$1" ]; then
		FRAGMENTS+=("$(realpath "$1")")
	elif [ -f "$CONFIGS/$1.config" ]; then
		FRAGMENTS+=("$CONFIGS/$1.config")
	else
		usage_error "--config: '$1' is neither a file nor one of: $(known_fragments)"
	fi
}

# kernel_dir TREE [FRAGMENT-FILE...] - where such a kernel is built by default
kernel_dir() {
	local dir f
	# shellcheck disable=SC2059	# that is what it is for
	printf -v dir "$KERNELS" "$1"
	shift
	for f; do
		dir+=-$(basename "$f" .config)
	done
	echo "$dir"
}

# tree_of WHICH - the source directory of ours or stock
tree_of() {
	if [ "$1" = stock ]; then
		echo "$STOCK_TREE"
	else
		echo "$OURS_TREE"
	fi
}

# use_defconfig NAME - what is configured from now on is what that board's maintainers
# ship, before fragments
use_defconfig() {
	BASE_CONFIGS=("$OURS_TREE/arch/$ARCH/configs/$1") CONFIG_FROM=alldefconfig
}

# kmake TREE OUT TARGET...
kmake() {
	local tree=$1 out=$2
	shift 2
	make -C "$tree" O="$out" "${KBUILD_ENV[@]}" -j"$(nproc)" "$@"
}

# configure TREE OUT FRAGMENT... - CONFIG_FROM under BASE_CONFIGS and the fragments
configure() {
	local tree=$1 out=$2
	shift 2
	mkdir -p "$out"
	cat "${BASE_CONFIGS[@]}" "$@" >"$out/.fragments"
	KCONFIG_ALLCONFIG=$out/.fragments kmake "$tree" "$out" -s "$CONFIG_FROM"
}

# The value that the fragments ask for last, option by option
wanted_options() {
	sed -nE 's/^# (CONFIG_\w+) is not set$/\1=n/p; /^CONFIG_\w+=/p' "$1" |
		awk -F= '{ want[$1] = $0 } END { for (o in want) print want[o] }' | sort
}

# missing_options OUT [FRAGMENT-FILE] - those that the .config does not have so
missing_options() {
	local want option
	wanted_options "${2:-$1/.fragments}" | while IFS= read -r want; do
		option=${want%%=*}
		if [ "${want#*=}" = n ]; then
			! grep -q "^$option=" "$1/.config" || echo "$want"
		else
			grep -qxF "$want" "$1/.config" || echo "$want"
		fi
	done
}

report_missing() {
	local want option have
	missing_options "$1" | while IFS= read -r want; do
		option=${want%%=*}
		has_foreign_module "$1" && [ "$option" = CONFIG_TEST_CMA ] && continue
		have=$(sed -nE "s/^# $option is not set/n/p; s/^$option=(.*)/\1/p" "$1/.config")
		say "$want did not take: it is ${have:-unknown to this kernel, or depends on what is off}"
	done
}

# The driver that the tests drive is ours; a stock kernel gets it from a
# directory of its own, as any module that is not in the tree.
has_foreign_module() {
	[ -d "$1/test_cma" ]
}

wants_foreign_module() {
	[ "$1" = "$STOCK_TREE" ] && [ -f "$TOP/lib/test_cma.c" ] &&
		wanted_options "$2/.fragments" | grep -qx 'CONFIG_TEST_CMA=[ym]'
}

# lay_foreign_module DIR
lay_foreign_module() {
	mkdir -p "$1"
	rsync -c "$TOP"/lib/test_cma* "$1/"
	echo 'obj-m := test_cma.o' >"$1/Kbuild"
}

# counted OUT - for kbuild: a kernel that counts does so in our files only
counted() {
	local f
	grep -q '^CONFIG_GCOV_KERNEL=y' "$1/.config" || return 0
	overlay_files | grep -E '^(mm|drivers|arch)/.*\.c$' | while IFS= read -r f; do
		echo "GCOV_PROFILE_$(basename "$f" .c).o=y"
	done
}

# compile TREE OUT
compile() {
	local counted
	mapfile -t counted < <(counted "$2")
	kmake "$1" "$2" "${counted[@]}" "${IMAGE##*/}" modules || return
	kmake "$1" "$2" INSTALL_MOD_PATH="$2/modules" modules_install || return
	has_foreign_module "$2" || return 0
	kmake "$1" "$2" M="$2/test_cma" modules || return
	kmake "$1" "$2" M="$2/test_cma" INSTALL_MOD_PATH="$2/modules" modules_install
}

# build_kernel WHICH OUT FRAGMENT-FILE... - WHICH is ours or stock
build_kernel() {
	with_lock build_locked "$@"
}

build_locked() {
	local which=$1 out=$2 tree key
	shift 2
	tree=$(tree_of "$which")
	"prepare_$which"
	key=$(kernel_key "$which" "$@")
	mkdir -p "$out"
	out=$(realpath "$out")
	logged "config-${out##*/}" "configuring ${out##*/}" configure "$tree" "$out" "$@" || exit 1
	if wants_foreign_module "$tree" "$out"; then
		lay_foreign_module "$out/test_cma"
	fi
	report_missing "$out"
	rm -f "$out/.built"
	logged "kernel-${out##*/}" "building ${out##*/}" compile "$tree" "$out" || exit 1
	echo "$key" >"$out/.built"
}

# kernel_key WHICH FRAGMENT-FILE... - changes when a kernel must be built anew
kernel_key() {
	local which=$1
	shift
	{
		cat "$BUILD/${which/ours/linux}.stamp" "$TOP/base/kernel.sh" "${BASE_CONFIGS[@]}" "$@"
		[ "$which" = ours ] || cat "$TOP"/lib/test_cma* 2>/dev/null
	} | sha256sum
}

# ensure_kernel WHICH OUT FRAGMENT-FILE... - build it unless it stands there
ensure_kernel() {
	local which=$1 out=$2
	"prepare_$which"
	[ "$(cat "$out/.built" 2>/dev/null)" = "$(kernel_key "$which" "${@:3}")" ] || build_kernel "$@"
}

# parse_kernel_option OPTION [VALUE] - the options that name a kernel, common
# to all that build or boot one.  Sets WHICH, FRAGMENTS, OUT; USED is how many
# words they took, none when this is not one of them.
parse_kernel_option() {
	USED=2
	case $1 in
	--stock) WHICH=stock; USED=1 ;;
	--config) value "$@"; add_fragment "$VALUE" ;;
	*) USED=0 ;;
	esac
}

cmd_kernel() {
	local WHICH=ours FRAGMENTS=() USED out=
	while [ $# -gt 0 ]; do
		parse_kernel_option "$@"
		if [ "$USED" = 0 ]; then
			case $1 in
			--arch) value "$@"; use_arch "$VALUE"; USED=2 ;;
			-o) value "$@"; out=$VALUE; USED=2 ;;
			*) usage_error "kernel: unknown option '$1' (./cma kernel --help)" ;;
			esac
		fi
		shift "$USED"
	done
	setup
	out=${out:-$(kernel_dir "$WHICH" "${FRAGMENTS[@]}")}
	build_kernel "$WHICH" "$out" "${FRAGMENTS[@]}"
	say "$(tree_version "$(tree_of "$WHICH")") $WHICH: $out/$IMAGE"
}
