# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# ./cma soak stands in vm/soak/.

help_soak() {
	"$TOP/vm/soak/run" --help
}

cmd_soak() {
	exec "$TOP/vm/soak/run" "$@"
}
