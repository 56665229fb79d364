# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# ./cma test configs: what we touch or add, built in one configuration after another.

readonly CONFIGS_OUT=$BUILD/kernel/configs

# difference WORD... - what these words of the table stand for, as a fragment
difference() {
	local word
	for word; do
		case $word in
		*=n) echo "# CONFIG_${word%=n} is not set" ;;
		*=*) echo "CONFIG_$word" ;;
		*) cat "$CONFIGS/$word.config" ;;
		esac
	done
}

# build_dirs - where what we touch or add is, as far as this architecture has it
build_dirs() {
	echo mm/ drivers/base/ kernel/dma/
	[ "$ARCH" != arm ] || echo arch/arm/mm/
}

# build_config WORD... - in that configuration, with all warnings on
build_config() {
	local dirs
	read -ra dirs < <(build_dirs | tr '\n' ' ')
	difference "$@" >"$CONFIGS_OUT.fragment"
	rm -rf "$CONFIGS_OUT"
	configure "$OURS_TREE" "$CONFIGS_OUT" "$CONFIGS_OUT.fragment" &&
		kmake "$OURS_TREE" "$CONFIGS_OUT" --keep-going W=1 "${dirs[@]}"
}

# took OPTION=VALUE... - has the configuration what the table asks for?
took() {
	local missing
	difference "$@" >"$CONFIGS_OUT.fragment"
	missing=$(missing_options "$CONFIGS_OUT" "$CONFIGS_OUT.fragment")
	[ -z "$missing" ] || { echo "did not take: $missing"; return 1; }
}

# warnings LOG - of files that we add or patch
warnings() {
	local ours
	ours=$({ overlay_files; series | xargs -d '\n' cat | sed -nE 's,^\+\+\+ b/([^	]*).*,\1,p'; } |
		sort -u | sed 's/[].[*^$]/\\&/g' | paste -sd '|')
	grep -E "(^|/)($ours):[0-9]+.*(warning|error)" "$1"
}

# test_config NAME ARCH WORD...
test_config() {
	local log=$LOGS/test-config-$1.log name=$1 arch=$2
	shift 2
	use_arch "$arch"
	setup
	mkdir -p "$BUILD/kernel"
	if watched "$log" "configuration $name" build_config "$@" && took "$@" >>"$log" &&
			! warnings "$log" >&2; then
		echo "ok $name"
	else
		echo "not ok $name: $log"
	fi
}

test_configs() {
	local log=$LOGS/test-configs.log table row
	prepare_ours
	mapfile -t table < <(rows "$CONFIGS/matrix")	# name, architecture, differences
	for row in "${table[@]}"; do
		# shellcheck disable=SC2086	# one word for each column
		with_lock test_config $row
	done >"$log"
	account configs "$log" 0
}
