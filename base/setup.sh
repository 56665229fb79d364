# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# ./cma setup: the Debian packages that the rest needs.

help_setup() {
	cat <<-E
	usage: ./cma setup [--list]

	Installs the Debian packages that are missing (apt-get; through sudo when
	not root) and fetches the guest's BusyBox into build/.  The other
	subcommands do this by themselves.

	  --list  say what is needed and what for, install nothing
	E
}

# Package, how to tell that it is there (a command, or a file when it has a
# slash), what it is for
readonly PACKAGES='
build-essential          /usr/share/build-essential               builds the host tests, and tools of the kernel
linux-source-6.12        /usr/src/linux-source-6.12.tar.xz        the base: Linux 6.12
gcc-arm-linux-gnueabihf  arm-linux-gnueabihf-gcc                  cross compiler
libc6-dev-armhf-cross    /usr/arm-linux-gnueabihf/lib/libc.a      C library for guest programs
qemu-system-arm          qemu-system-arm                          the machine
ccache                   ccache                                   makes rebuilds short
bc                       bc                                       kernel build
bison                    bison                                    kernel build
flex                     flex                                     kernel build
libssl-dev               /usr/include/openssl/ssl.h               kernel build
libelf-dev               /usr/include/libelf.h                    kernel build
cpio                     cpio                                     kernel build, initramfs
kmod                     depmod                                   kernel build
xz-utils                 xz                                       unpacks the base
git                      git                                      knows which files are ours
patch                    patch                                    applies the patches
rsync                    rsync                                    carries changed files over
unifdef                  unifdef                                  takes the stock allocator out
e2fsprogs                mke2fs                                   disk images
device-tree-compiler     dtc                                      device trees of the tests
python3                  python3                                  tables and checks
python3-matplotlib       /usr/lib/python3/dist-packages/matplotlib  plots of ./cma bench
python3-sphinx           sphinx-build                             ./cma check
sparse                   sparse                                   ./cma check
shellcheck               shellcheck                               ./cma check
'

# The same for guests of another architecture than ARM
readonly PACKAGES_arm64='
gcc-aarch64-linux-gnu    aarch64-linux-gnu-gcc                    cross compiler
libc6-dev-arm64-cross    /usr/aarch64-linux-gnu/lib/libc.a        C library for guest programs
'
readonly PACKAGES_x86_64='
gcc-x86-64-linux-gnu     x86_64-linux-gnu-gcc                     compiler
libc6-dev-amd64-cross    /usr/lib/x86_64-linux-gnu/libc.a         C library for guest programs
qemu-system-x86          qemu-system-x86_64                       the machine
libnuma-dev              /usr/include/numa.h                      tests of migration
liburing-dev             /usr/include/liburing.h                  tests of pinned pages
'

readonly DEBIAN_TARBALL=/usr/src/linux-source-6.12.tar.xz

# is_installed PROBE
is_installed() {
	case $1 in
	*/*) [ -e "$1" ] ;;
	*) PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null ;;
	esac
}

# each_package FUNCTION - call it with package, probe, purpose
each_package() {
	local package probe purpose more=PACKAGES_$ARCH
	while read -r package probe purpose; do
		[ -z "$package" ] || "$1" "$package" "$probe" "$purpose"
	done <<<"$PACKAGES${!more-}"
}

# A source that KERNEL_SRC names makes Debian's superfluous.
list_missing() {
	[ "$2" = "$DEBIAN_TARBALL" ] && [ -n "${KERNEL_SRC:-}" ] && return
	is_installed "$2" || echo "$1"
}

show_package() {
	local state=missing
	is_installed "$2" && state=installed
	printf '%-26s%-11s%s\n' "$1" "$state" "$3"
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "need root to run: $*"
	fi
}

# A source that fails to update may well be one that is not needed.
install_packages() {
	as_root apt-get update || true
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
		-o DPkg::Lock::Timeout=300 "$@"
}

# fetch_busybox - the guest's package, unpacked below build/.  It is no package
# for this machine (it would take the place of a native busybox, in its
# initramfs too), so apt gets a state directory of its own for that look-up.
fetch_busybox() {
	local apt=$BUILD/apt-$DEBIAN_ARCH dir=${BUSYBOX%/bin/busybox}
	local options=(-o "APT::Architecture=$DEBIAN_ARCH" -o "APT::Architectures=$DEBIAN_ARCH"
		-o "Dir::State::Lists=$apt/lists" -o "Dir::Cache=$apt/cache" -o APT::Sandbox::User=root)
	rm -rf "$apt"
	mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
	# Sources without it fail here; the download tells what matters.
	apt-get "${options[@]}" update || true
	(cd "$apt" && apt-get "${options[@]}" download "busybox-static:$DEBIAN_ARCH") || return
	rm -rf "$dir"
	dpkg-deb -x "$apt"/busybox-static_*_"$DEBIAN_ARCH".deb "$dir" || return
	rm -rf "$apt"
}

# setup - install what is missing, say nothing when nothing is
setup() {
	local missing=()
	mapfile -t missing < <(each_package list_missing)
	if [ ${#missing[@]} -gt 0 ]; then
		say "installing ${missing[*]} (./cma setup --list says what for)"
		logged setup "installing ${#missing[@]} packages" install_packages "${missing[@]}" || exit 1
		mapfile -t missing < <(each_package list_missing)
		[ ${#missing[@]} = 0 ] || die "still missing after installation: ${missing[*]}"
	fi
	[ -x "$BUSYBOX" ] || logged busybox "fetching BusyBox for $DEBIAN_ARCH" fetch_busybox || exit 1
}

cmd_setup() {
	case ${1-} in
	--list) each_package show_package ;;
	'') setup && say "everything is there" ;;
	*) usage_error "setup: unknown option '$1' (./cma setup --help)" ;;
	esac
}
