# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# ./cma test configs: what we touch or add, built in one configuration after another.

# Objects elsewhere that we add or touch, or that use contiguous memory: path, and the
# options that build it if it is not always there
readonly CONFIG_USERS='
arch/x86/kernel/setup.o             X86
drivers/base/dma-contiguous-boot.o  DMA_CMA
drivers/base/dma-contiguous-of.o    DMA_CMA OF_RESERVED_MEM
drivers/base/dma-contiguous.o       DMA_CMA
drivers/dma-buf/heaps/cma_heap.o    DMABUF_HEAPS_CMA
drivers/iommu/dma-iommu.o           IOMMU_DMA
drivers/of/of_reserved_mem.o        OF_RESERVED_MEM
drivers/virtio/virtio_mem.o         VIRTIO_MEM
fs/proc/meminfo.o                   PROC_FS
fs/splice.o
lib/test_cma.o                      TEST_CMA
net/core/datagram.o                 NET
'

# What a row with a whole board's configuration need not compile: ARM has no hotplug.
readonly CONFIG_ELSEWHERE='mm/memory_hotplug.o'

readonly CONFIG_SYMBOLS=$BUILD/kernel/configs-symbols

# config_out - where a row of this architecture is built, after the one before it
config_out() {
	kernel_dir configs
}

# config_symbols NAME - where it stands what that row's objects define (.has) and want
# (.wants), and that there is nothing else to complain of (.good)
config_symbols() {
	echo "$CONFIG_SYMBOLS/$ARCH/$1"
}

# difference WORD... - what these words of the table stand for, as a fragment
difference() {
	local word
	for word; do
		case $word in
		*_defconfig) ;;
		*=n) echo "# CONFIG_${word%=n} is not set" ;;
		*=*) echo "CONFIG_$word" ;;
		*) cat "$CONFIGS/$word.config" ;;
		esac
	done
}

# begin_from WORD... - with a board's configuration among them, from that
begin_from() {
	local word
	for word; do
		[[ $word != *_defconfig ]] || use_defconfig "$word"
	done
}

# build_dirs - most of what we touch or add, as far as this architecture has it
build_dirs() {
	echo mm/ kernel/dma/ "arch/${ARCH/x86_64/x86}/mm/"
}

# has_options OUT OPTION... - are they all on?
has_options() {
	local option
	for option in "${@:2}"; do
		grep -q "^CONFIG_$option=[ym]" "$1/.config" || return
	done
}

# users OUT - the objects elsewhere that this configuration has
users() {
	local object options
	while read -r object options; do
		# shellcheck disable=SC2086	# one word for each
		[ -z "$object" ] || ! has_options "$1" $options || echo "$object"
	done <<<"$CONFIG_USERS"
}

# config_objects OUT - those that are built
config_objects() {
	local dirs
	read -ra dirs < <(build_dirs)
	(cd "$1" && find "${dirs[@]}" -name '*.o' && users . | xargs ls 2>/dev/null)
}

# build_config OUT WORD... - in that configuration, with all warnings on, but for
# kernel-doc's, which are the same in each.  Objects are made anew, or those of the row
# before would not warn again; ccache makes that short.
build_config() {
	local out=$1 targets
	shift
	begin_from "$@"
	difference "$@" >"$out.fragment"
	configure "$OURS_TREE" "$out" "$out.fragment" || return
	mapfile -t targets < <(build_dirs | tr ' ' '\n'; users "$out")
	config_objects "$out" 2>/dev/null | (cd "$out" && xargs -r rm)
	kmake "$OURS_TREE" "$out" --keep-going W=1 cmd_checkdoc= "${targets[@]}" &&
		compile_contract "$OURS_TREE" "$out" W=1 cmd_checkdoc= C=2 CHECK=sparse
}

# keep_symbols OUT NAME - what its objects define for others, and want of them
keep_symbols() {
	local objects file
	file=$(config_symbols "$2")
	mkdir -p "${file%/*}"
	mapfile -t objects < <(config_objects "$1"; echo contract/contract.o)
	(cd "$1" && "${CROSS}nm" -g "${objects[@]}" 2>/dev/null) |
		awk -v file="$file" 'NF > 1 && $(NF - 1) !~ /[vw]/ {
			print $NF >(file ($(NF - 1) == "U" ? ".wants" : ".has")) }'
	sort -u -o "$file.wants" "$file.wants"
	sort -u -o "$file.has" "$file.has"
}

# unresolved NAME - what row NAME wants and does not have, though another of its
# architecture does: it would not link
unresolved() {
	local file
	file=$(config_symbols "$1")
	comm -23 "$file.wants" "$file.has" | comm -12 - <(sort -u "${file%/*}"/*.has)
}

# took OUT - has the configuration what the table asks for?
took() {
	local missing
	missing=$(missing_options "$1" "$1.fragment" | tr '\n' ' ')
	[ -z "$missing" ] || { echo "did not take: $missing"; return 1; }
}

# touched - the C files that we add or patch, as objects
touched() {
	{ overlay_files; hooks; } | grep -vE '^(tools|Documentation)/' | sed -n 's/\.c$/.o/p' | sort -u
}

# compiled_all OUT - has a whole board's configuration all of them?
compiled_all() {
	local missing
	missing=$(touched | grep -vxF "$CONFIG_ELSEWHERE" | comm -23 - <(config_objects "$1" | sort) |
		tr '\n' ' ')
	[ -z "$missing" ] || { echo "not compiled: $missing"; return 1; }
}

# warnings LOG - of files that we add or patch
warnings() {
	local ours
	ours=$({ overlay_files; hooks; } | sort -u | sed 's/[].[*^$]/\\&/g' | paste -sd '|')
	grep -E "(^|/)($ours):[0-9]+.*(warning|error)" "$1"
}

# build_row NAME ARCH WORD... - and what can be said of it by itself
build_row() {
	local log=$LOGS/test-config-$1.log name=$1 out
	use_arch "$2"
	setup
	shift 2
	out=$(config_out)
	mkdir -p "$out"
	watched "$log" "configuration $name" build_config "$out" "$@" || return
	keep_symbols "$out" "$name"
	took "$out" >>"$log" && ! warnings "$log" >&2 || return
	[[ " $* " != *_defconfig* ]] || compiled_all "$out" >>"$log" || return
	touch "$(config_symbols "$name").good"
}

# row_holds NAME ARCH... - it was built, and would link
row_holds() {
	local missing
	use_arch "$2"
	[ -f "$(config_symbols "$1").good" ] || return
	missing=$(unresolved "$1" | tr '\n' ' ')
	[ -z "$missing" ] || { echo "nothing defines: $missing" >>"$LOGS/test-config-$1.log"; return 1; }
}

# test_configs - the rows that ONLY names, or all.  Whether one would link is known
# when the others are built.
test_configs() {
	local log=$LOGS/test-configs.log only=${ONLY:-.*} table row words n=0
	prepare_ours
	rm -rf "$CONFIG_SYMBOLS"
	# name, architecture, differences
	mapfile -t table < <(rows "$CONFIGS/matrix" | grep -E "^(${only//,/|})[[:blank:]]")
	for row in "${table[@]}"; do
		read -ra words <<<"$row"
		with_lock build_row "${words[@]}" || true
	done
	for row in "${table[@]}"; do
		read -ra words <<<"$row"
		n=$((n + 1))
		if row_holds "${words[@]}"; then
			echo "ok $n $row"
		else
			echo "not ok $n $row: $LOGS/test-config-${words[0]}.log"
		fi
	done >"$log"
	account configs "$log" 0
}
