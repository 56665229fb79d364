# shellcheck shell=bash
# shellcheck disable=SC2034	# MEM and its like are read by vm/boot.sh
# SPDX-License-Identifier: GPL-2.0
# ./cma bench: the stock kernel and ours side by side, and the report about it.
#
# The table bench/workloads makes a plan of boots; each leaves a console below
# build/bench/console/, and bench/report.py makes the rest of them.

readonly BENCH=$TOP/bench
BENCH_OUT=$BUILD/bench
BENCH_GUEST=$BUILD/bench-guest
# Twice the guest's memory: what is read on and on is never in memory already
readonly BENCH_DATA_MIB=1024 BENCH_DISK_MIB=1792
readonly BENCH_DISK=$BUILD/bench-disk-$BENCH_DATA_MIB.img
readonly BENCH_TIMEOUT=1800
readonly BENCH_REQUESTS=200 BENCH_QUICK_REQUESTS=100

help_bench() {
	cat <<-E
	usage: ./cma bench [OPTION...] [WORKLOAD[:CELL,...]...]

	Runs all workloads or the named ones on the stock kernel and on ours, built with
	one configuration and booted alternately with one initramfs.  WORKLOAD is a line
	of bench/workloads or a group of them (the part before the '/'), CELL what the
	report calls so.

	  --quick       fewer requests ($BENCH_QUICK_REQUESTS), and only a part of the workloads
	  --runs N      everything N times (1)
	  --requests N  requests in a cell ($BENCH_REQUESTS)
	  --list        explains each workload in a line

	Results go to build/bench/: report.md, headline.md, plots as SVG and PNG,
	requests.csv and values.csv, and the consoles.  What was there is kept beside it
	under its date.  Ctrl-C ends the run and reports what there is.
	E
}

# bench_table - the workloads, their fields separated by tabs
bench_table() {
	local fields line
	sed 's/^[[:blank:]]*#.*//; /^[[:blank:]]*$/d' "$BENCH/workloads" | while IFS= read -r line; do
		mapfile -t fields < <(xargs -n1 printf '%s\n' <<<"$line")
		[ ${#fields[@]} = 10 ] || die "$BENCH/workloads: ${#fields[@]} fields instead of 10: $line"
		(IFS=$'\t'; echo "${fields[*]}")
	done
}

bench_list() {
	local name kernels mem smp clock about _
	bench_table | while IFS=$'\t' read -r name _ kernels mem smp clock _ _ _ about; do
		printf '%-20s %s (%s; %s, CPUs: %s, %s time)\n' "$name" "$about" "$kernels" "$mem" "$smp" "${clock/icount/guest}"
	done
}

# bench_select WORD... - lines of the table with the wanted cells before them,
# by the words of the command line; all of them without any
bench_select() {
	local table word name cells found line
	table=$(bench_table) || exit
	if [ $# = 0 ]; then
		while IFS=$'\t' read -r name cells found; do
			[ -z "$QUICK" ] || [ "$cells" != - ] || continue
			[ -n "$QUICK" ] && [ "$cells" != all ] || cells=-
			printf '%s\t%s\t-\t%s\n' "$cells" "$name" "$found"
		done <<<"$table"
		return
	fi
	for word; do
		name=${word%%:*} cells=-
		[ "$name" = "$word" ] || cells=${word#*:}
		[[ -n $name && -n $cells ]] || usage_error "bench: '$word': expected WORKLOAD or WORKLOAD:CELL,..."
		found=$(awk -F'\t' -v name="$name" '$1 == name || index($1, name "/") == 1' <<<"$table")
		[ -n "$found" ] || usage_error "bench: no workload '$name'; there are: $(cut -f1 <<<"$table" | paste -sd ' ')"
		while IFS= read -r line; do
			printf '%s\t%s\n' "$cells" "$line"
		done <<<"$found"
	done
}

# bench_plan RUNS - one line for each boot: run, kernel, cells, fields of the
# table.  What takes real time comes last, as it boots alone.
bench_plan() {
	local clock run line kernel fields
	for clock in icount wall; do
		for ((run = 1; run <= $1; run++)); do
			while IFS= read -r line; do
				IFS=$'\t' read -ra fields <<<"$line"
				[ "${fields[6]}" = "$clock" ] || continue
				for kernel in ${fields[3]//,/ }; do
					printf '%s\t%s\t%s\n' "$run" "$kernel" "$line"
				done
			done <<<"$SELECTED"
		done
	done
}

# bench_programs - for the guest
bench_programs() {
	make -C "$BENCH/guest" O="$BENCH_GUEST" "CC=${CROSS}gcc"
}

# bench_initramfs - one for all boots: the programs, the commands of each
# workload, and the modules of either kernel
bench_initramfs() {
	local root=$BENCH_OUT/rootfs which line fields
	rm -rf "$root"
	mkdir -p "$root/bench/jobs"
	cp "$BENCH/guest/run-guest" "$root/"
	cp -r "$BENCH_GUEST/bin" "$root/bench/"
	for which in stock ours; do
		mkdir -p "$root/bench/$which"
		find "$(kernel_dir "$which")/modules/" -name '*.ko' -exec cp {} "$root/bench/$which/" \;
	done
	while IFS= read -r line; do
		IFS=$'\t' read -ra fields <<<"$line"
		tr ';' '\n' <<<"${fields[9]}" >"$root/bench/jobs/${fields[1]//\//-}"
	done <<<"$SELECTED"
	make_initramfs "$BENCH_OUT/initramfs" /nonexistent "$root"
	rm -rf "$root"
}

# bench_make_disk - an ext4 file system with a file that is no hole, and room
bench_make_disk() {
	local root=$BENCH_DISK.root
	rm -rf "$root"
	mkdir -p "$root"
	head -c "${BENCH_DATA_MIB}M" /dev/urandom >"$root/data"
	rm -f "$BENCH_DISK.new"
	truncate -s "${BENCH_DISK_MIB}M" "$BENCH_DISK.new"
	PATH=$PATH:/usr/sbin:/sbin mke2fs -q -t ext4 -d "$root" "$BENCH_DISK.new" || return
	rm -rf "$root"
	mv "$BENCH_DISK.new" "$BENCH_DISK"
}

# bench_prepare - everything that the boots need
bench_prepare() {
	local which
	for which in stock ours; do
		ensure_kernel "$which" "$(kernel_dir "$which")"
	done
	logged bench-guest "compiling the guest's programs" bench_programs || exit 1
	[ -f "$BENCH_DISK" ] || logged bench-disk "making the guest's disk" bench_make_disk || exit 1
	[ ! -e "$BENCH_OUT" ] || mv "$BENCH_OUT" "$BENCH_OUT-$(date -r "$BENCH_OUT" +%Y%m%d-%H%M%S)"
	mkdir -p "$BENCH_OUT/console"
	bench_initramfs
	logged bench-sizes "comparing the kernels' sizes" bench_sizes || exit 1
}

# bench_lock - one run at a time in this checkout, as they share build/bench
bench_lock() {
	local fd
	mkdir -p "$BUILD"
	exec {fd}>>"$BUILD/bench.lock"
	flock -n "$fd" || die "another ./cma bench runs here ($BUILD/bench.lock)"
}

# bench_facts ARG... - what the report says about the run as a whole
bench_facts() {
	local cpu
	cpu=$(sed -n 's/^model name[[:blank:]]*: //p' /proc/cpuinfo | head -n 1)
	printf 'date\t%s\n' "$(date -u +'%Y-%m-%d %H:%M UTC')"
	printf 'command\t%s\n' "./cma bench${*:+ $*}"
	printf 'base\t%s\n' "$(tree_version "$STOCK_TREE")"
	printf 'commit\t%s\n' "$(git -C "$TOP" -c safe.directory='*' describe --always --dirty --abbrev=12)"
	printf 'host\t%s CPUs, %s\n' "$(nproc)" "${cpu:-unknown}"
	printf 'qemu\t%s\n' "$(qemu-system-arm --version | head -n 1)"
}

# bench_sizes - text, data and bss of both kernels, and where they differ
bench_sizes() {
	local which vmlinux=()
	for which in stock ours; do
		vmlinux+=("$(kernel_dir "$which")/vmlinux")
	done
	"${CROSS}size" "${vmlinux[@]}" | awk -v OFS='\t' 'NR > 1 { print NR == 2 ? "stock" : "ours", $1, $2, $3 }' >"$BENCH_OUT/sizes"
	(cd "$STOCK_TREE" && scripts/bloat-o-meter -p "$CROSS" "${vmlinux[@]}") >"$BENCH_OUT/bloat-o-meter"
}

# bench_console NAME KERNEL RUN
bench_console() {
	echo "$BENCH_OUT/console/${1//\//-}.$2.$3.log"
}

# bench_start JOB... - a line of the plan, as fields; boots it in the background
bench_start() {
	local run=$1 kernel=$2 cells=$3 name=$4 MEM=$7 SMP=$8 clock=$9 disk=${10} append=${11}
	local QEMU ICOUNT='' DISK='' DTB='' APPEND which=$kernel
	[ "$clock" = wall ] || ICOUNT=1
	[ "$disk" = - ] || DISK=$BENCH_DISK
	[ "$kernel" != none ] || which=stock append+=" cma=0"
	APPEND="loglevel=2 ${append#-} bench.job=${name//\//-} bench.kernel=$which"
	APPEND+=" bench.requests=$REQUESTS bench.run=$run bench.cells=${cells#-}"
	qemu_command "$(kernel_dir "$which")" "$BENCH_OUT/initramfs"
	local IFS=$'\t'
	timeout "$BENCH_TIMEOUT" "${QEMU[@]}" -snapshot </dev/null >"$(bench_console "$name" "$kernel" "$run")" 2>&1 &
	# One command: Ctrl-C comes before it or after it
	RUNNING[$!]="$*" BEGAN[$!]=$SECONDS
}

# bench_record PID STATUS - what report.py is told about a boot
bench_record() {
	printf '%s\t%s\t%s\t%s\n' "${RUNNING[$1]}" "$2" $((SECONDS - BEGAN[$1])) "$REQUESTS" >>"$BENCH_OUT/jobs"
}

# bench_end PID STATUS - account for a boot that has ended
bench_end() {
	local job fields console seconds why='' status=0
	job=${RUNNING[$1]} seconds=$((SECONDS - BEGAN[$1]))
	IFS=$'\t' read -ra fields <<<"$job"
	console=$(bench_console "${fields[3]}" "${fields[1]}" "${fields[0]}")
	local TIMEOUT=$BENCH_TIMEOUT
	why=$(verdict "$console" "$2" 2>&1) || status=$?
	if [ "$status" = 0 ] && ! grep -qa '^BENCH' "$console"; then
		status=1 why="it printed no result; the wanted cells were ${fields[2]/#-/all}"
	fi
	DONE=$((DONE + 1))
	bench_record "$1" "$status"
	unset "RUNNING[$1]" "BEGAN[$1]"
	bench_progress "${fields[3]}" "${fields[1]}" "$seconds"
	[ "$status" = 0 ] || bench_complain "${fields[3]} on ${fields[1]}" "$status" "$why" "$console"
}

# bench_weigh - how long each boot takes as compared with others: as measured once
# (bench/times), and something in the middle for those that are new
bench_weigh() {
	local name kernel seconds fields
	while read -r name kernel seconds; do
		WEIGHT["$name $kernel"]=$seconds
	done < <(grep -v '^#' "$BENCH/times")
	while IFS=$'\t' read -ra fields; do
		WORK=$((WORK + ${WEIGHT["${fields[3]} ${fields[1]}"]:-20}))
	done <<<"$PLAN"
}

# bench_progress NAME KERNEL SECONDS - no forecast from less than a fiftieth
bench_progress() {
	local left forecast=''
	WORKED=$((WORKED + ${WEIGHT["$1 $2"]:-20}))
	if ((WORKED * 50 > WORK)); then
		left=$((SECONDS * (WORK - WORKED) / WORKED))
		forecast=", about $(clock $left) to go, until $(date -d "+$left seconds" +%H:%M)"
	fi
	say "$DONE of $TOTAL: $1, $2: $3 s; $(clock $SECONDS) elapsed$forecast"
}

# bench_complain WHAT STATUS WHY CONSOLE
bench_complain() {
	FAILED_JOBS=$((FAILED_JOBS + 1))
	say "$1 failed with status $2${3:+: ${3#cma: }}"
	sed 's/\r$//' "$4" | grep -avE '^BENCHV? |^\[ *0\.000000\]' | tail -n 8 | sed 's/^/    /' >&2
	say "all of it: $4"
}

# bench_wait - until one of the running boots has ended
bench_wait() {
	local pid status=0
	wait -n -p pid "${!RUNNING[@]}" || status=$?
	[ -n "$INTERRUPTED" ] || bench_end "$pid" "$status"
}

# bench_boots - the plan, with as many boots at once as there are CPUs for; those
# that measure real time alone
bench_boots() {
	local job fields slots
	while IFS= read -r job; do
		IFS=$'\t' read -ra fields <<<"$job"
		slots=$(nproc)
		[ "${fields[8]}" != wall ] || slots=1
		while [ -z "$INTERRUPTED" ] && [ ${#RUNNING[@]} -ge "$slots" ]; do
			bench_wait
		done
		[ -z "$INTERRUPTED" ] || return 0
		bench_start "${fields[@]}"
	done <<<"$PLAN"
	while [ -z "$INTERRUPTED" ] && [ ${#RUNNING[@]} -gt 0 ]; do
		bench_wait
	done
}

# bench_kill - no boot outlives us
bench_kill() {
	[ ${#RUNNING[@]} = 0 ] || kill "${!RUNNING[@]}" 2>/dev/null || true
}

# bench_interrupt - ends the boots; the report tells what there is
bench_interrupt() {
	local pid
	INTERRUPTED=1
	bench_kill
	for pid in "${!RUNNING[@]}"; do
		bench_record "$pid" 130
	done
	say "interrupted after $DONE of $TOTAL boots"
}

cmd_bench() {
	local QUICK='' REQUESTS='' runs=1 words=() args=("$@")
	while [ $# -gt 0 ]; do
		case $1 in
		--quick) QUICK=1 ;;
		--runs) value "$@"; number "$1" "$VALUE"; runs=$VALUE; shift ;;
		--requests) value "$@"; number "$1" "$VALUE"; REQUESTS=$VALUE; shift ;;
		--list) bench_list; return ;;
		-*) usage_error "bench: unknown option '$1' (./cma bench --help)" ;;
		*) words+=("$1") ;;
		esac
		shift
	done
	if [ -z "$REQUESTS" ]; then
		REQUESTS=$BENCH_REQUESTS
		[ -z "$QUICK" ] || REQUESTS=$BENCH_QUICK_REQUESTS
	fi
	local SELECTED PLAN TOTAL DONE=0 FAILED_JOBS=0 INTERRUPTED=''
	local WORK=0 WORKED=0
	local -A BEGAN=() WEIGHT=()
	declare -gA RUNNING=()
	SELECTED=$(bench_select "${words[@]}") || exit
	setup
	bench_lock
	bench_prepare
	PLAN=$(bench_plan "$runs")
	TOTAL=$(wc -l <<<"$PLAN")
	bench_weigh
	bench_facts "${args[@]}" >"$BENCH_OUT/facts"
	trap bench_interrupt INT TERM
	trap bench_kill EXIT
	SECONDS=0
	bench_boots
	printf 'boots\t%s of %s in %s\n' "$DONE" "$TOTAL" "$(clock $SECONDS)" >>"$BENCH_OUT/facts"
	trap 'exit 130' INT
	"$BENCH/report.py" "$BENCH_OUT" || exit
	say "$BENCH_OUT/report.md"
	[ -z "$INTERRUPTED" ] || exit 130
	[ "$FAILED_JOBS" = 0 ] || die "$FAILED_JOBS of $DONE boots failed"
}
