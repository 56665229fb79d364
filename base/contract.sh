# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Checks that whoever uses the stock allocator can use ours, unchanged.

readonly CONTRACT_DIR=$BUILD/contract

# What tells that a file uses contiguous memory, or takes part in it
readonly CONTRACT_NAMES='cma_(get_base|get_size|get_name|declare_contiguous(_nid)?|init_reserved_mem|alloc(_folio)?|release|pages_valid|free_folio|for_each_area|reserve_pages_on_error)|CMA_MAX_NAME|CMA_MIN_ALIGNMENT_(PAGES|BYTES)|dev_get_cma_area|cma_area|dma_contiguous_(default_area|reserve(_area)?|early_fixup)|dma_(alloc|release)_from_contiguous|dma_(alloc|free)_contiguous|alloc_contig_(range|pages)(_noprof)?|free_contig_range|folio_alloc_gigantic(_noprof)?|(start|undo)_isolate_page_range|test_pages_isolated|MIGRATE_ISOLATE|nr_isolate_pageblock|CONFIG_(DMA_)?CMA|CONFIG_CMA_ALIGNMENT|CONFIG_CONTIG_ALLOC'

# hooks - the files that base/hooks names
hooks() {
	sed 's/^[[:blank:]]*#.*//' "$TOP/base/hooks" | awk 'NF { print $1 }' | sort
}

# consumers - files of the base that use contiguous memory and are not hooks,
# nor implementation
consumers() {
	(cd "$STOCK_TREE" && grep -rlwE --include='*.[chS]' --include='Kconfig*' "$CONTRACT_NAMES" \
		arch block drivers fs include init kernel lib mm net sound virt) | sort |
		comm -23 - <(hooks) | comm -23 - <(sort -u "$DELTA/.removed" <(overlay_files))
}

# differing LIST-COMMAND - those of the files that ours has otherwise than stock
differing() {
	"$@" | while IFS= read -r f; do
		cmp -s "$STOCK_TREE/$f" "$OURS_TREE/$f" || echo "$f"
	done
}

# complain TEXT [LINES] - fails when there are lines
complain() {
	local line
	[ -n "$2" ] || return 0
	while IFS= read -r line; do
		echo "$line: $1"
	done <<<"$2"
	return 1
}

# Every path that differs is ours alone, went with the stock allocator, or is a
# hook; every hook is needed; those who use contiguous memory do not differ.
check_consumers() {
	local changed failed=0 used
	changed=$(changed_paths "$DELTA" | comm -23 - <(sort -u "$DELTA/.removed" <(overlay_files)))
	complain "changed, but no hook (base/hooks)" "$(comm -23 <(echo "$changed") <(hooks))" || failed=1
	complain "in base/hooks, but not changed" "$(comm -13 <(echo "$changed") <(hooks))" || failed=1
	used=$(consumers)
	complain "uses contiguous memory and is not the base's" "$(differing echo "$used")" || failed=1
	say "$(wc -l <<<"$used") files use contiguous memory; $(hooks | wc -l) hooks"
	return $failed
}

# compile_contract TREE OUT [MAKE-ARG...] - as a module's objects would be
compile_contract() {
	local dir=$2/contract
	mkdir -p "$dir"
	cp "$TOP"/base/contract/*.c "$dir"
	echo 'obj-m := contract.o traces.o' >"$dir/Kbuild"
	rm -f "$dir"/*.o
	kmake "$1" "$2" modules_prepare || return
	kmake "$1" "$2" M="$dir" KCFLAGS=-Werror "${@:3}" contract.o traces.o
}

# contract_wants OUT - the symbols that those objects leave to the kernel
contract_wants() {
	"${CROSS}nm" -u "$1/contract/contract.o" "$1/contract/traces.o" | awk 'NF == 2 { print $2 }' | sort -u
}

# symbols KERNEL-DIR - of a built kernel
symbols() {
	awk '{ print $3 }' "$1/System.map" | sort -u
}

# Options that only ours shows: the test driver, the audit and the faults, sizes that
# are not looked at, and that ARM has arch_dma_prep_coherent()
readonly CONTRACT_EXTRA='CONFIG_(TEST_CMA|CMA_DEBUG|FAIL_CMA|CMA_SIZE_(MBYTES|PERCENTAGE)|ARCH_HAS_DMA_PREP_COHERENT)='

# contract_kconfig ARCH TARGET [LINE...] - does Kconfig come to the same in both
# trees?
contract_kconfig() {
	local arch=$1 target=$2 which out configs=("$CONTRACT_DIR"/kconfig-{stock,ours}/config)
	shift 2
	for which in stock ours; do
		out=$CONTRACT_DIR/kconfig-$which
		mkdir -p "$out"
		printf '%s\n' "$@" >"$out/.fragment"
		KCONFIG_ALLCONFIG=$out/.fragment make -s -C "$(tree_of "$which")" O="$out" ARCH="$arch" \
			"$target" >"$out/log" 2>&1 || { cat "$out/log"; return 1; }
		grep -E '^(# )?CONFIG_' "$out/.config" | sort >"$out/config"
	done
	which="with ARCH=$arch $target $*"
	complain "only in stock $which" "$(comm -23 "${configs[@]}")" &&
		complain "only in ours $which" "$(comm -13 "${configs[@]}" | grep -vE "$CONTRACT_EXTRA" || true)"
}

check_contract_kconfig() {
	local arch failed=0
	for arch in arm arm64 x86_64; do
		contract_kconfig $arch allmodconfig || failed=1
	done
	contract_kconfig x86_64 allnoconfig CONFIG_CMA=y || failed=1
	contract_kconfig x86_64 allnoconfig CONFIG_SMP=y CONFIG_NUMA=y CONFIG_CMA=y CONFIG_DMA_CMA=y \
		CONFIG_DMA_NUMA_CMA=y CONFIG_CMA_SIZE_SEL_MAX=y CONFIG_CMA_ALIGNMENT=13 || failed=1
	contract_kconfig x86_64 allnoconfig CONFIG_COMPACTION=y CONFIG_SPARSEMEM_VMEMMAP=y \
		CONFIG_MEMORY_HOTPLUG=y || failed=1
	return $failed
}

# area_files - those of an area in sysfs and debugfs, each behind its document
area_files() {
	local guide=Documentation/admin-guide/mm/cma.rst
	sed -nE 's/^\t&(\w+)_(counter|attr)(\.attr)+,$/\1/p' "$TOP/mm/cma_sysfs.c" |
		sed "s|.*|$guide &\nDocumentation/ABI/testing/sysfs-kernel-mm-cma &|"
	sed -nE 's/^\tdebugfs_create_\w+\("(\w+)", 0.*/\1/p' "$TOP"/mm/cma_{debug,audit,fail}.c |
		sed "s|.*|$guide &\nDocumentation/ABI/testing/debugfs-cma &|"
}

undocumented_files() {
	local doc file
	area_files | while read -r doc file; do
		grep -qw "$file" "$TOP/$doc" || echo "$doc, $file"
	done
}

# What is compiled against each tree must compile, and link with ours.
check_contract() {
	local kernel=$BUILD/kernel/ours none=$CONTRACT_DIR/none failed=0
	mkdir -p "$CONTRACT_DIR"
	ensure_kernel ours "$kernel"
	printf '# CONFIG_%s is not set\n' CMA DMA_CMA >"$CONTRACT_DIR/none.config"
	with_lock logged contract-config "configuring CONFIG_CMA=n" \
		configure "$OURS_TREE" "$none" "$CONTRACT_DIR/none.config" || return
	with_lock logged contract-config "configuring the stock kernel" \
		configure "$STOCK_TREE" "$CONTRACT_DIR/stock" || return
	with_lock logged contract-stock "compiling the contract, stock" \
		compile_contract "$STOCK_TREE" "$CONTRACT_DIR/stock" || failed=1
	with_lock logged contract-ours "compiling the contract, ours" \
		compile_contract "$OURS_TREE" "$kernel" || failed=1
	with_lock logged contract-none "compiling the contract, CONFIG_CMA=n" \
		compile_contract "$OURS_TREE" "$none" || failed=1
	[ $failed = 0 ] || return

	complain "not in the kernel" "$(comm -23 <(contract_wants "$kernel") <(symbols "$kernel"))" || failed=1
	complain "not in the kernel with CONFIG_CMA=n" \
		"$(contract_wants "$none" | grep -v '^__trace' | grep -E 'cma|contig|isolat' || true)" || failed=1
	complain "not exported" "$(printf '%s\n' alloc_contig_range_noprof free_contig_range |
		comm -23 - <(awk '{ print $2 }' "$kernel/Module.symvers" | sort))" || failed=1
	# The format that an area without a name gets one by
	complain "a made-up name that ends in a newline" \
		"$(grep -azoP 'cma%[du](?=\n)' "$kernel/vmlinux" | tr '\0' ' ' || true)" || failed=1
	complain "a file of an area that the document does not have" "$(undocumented_files)" || failed=1
	check_contract_kconfig || failed=1
	return $failed
}
