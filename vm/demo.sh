# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# ./cma demo stands in vm/demo/.

help_demo() {
	"$TOP/vm/demo/run" --help
}

cmd_demo() {
	exec "$TOP/vm/demo/run" "$@"
}
