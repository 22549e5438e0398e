#!/usr/bin/env bash
#
# Installs what is needed to build and test Syscope. Run it as often as you like: what is there is
# found by what it does (a command, a header), not by package names, so a compiler from elsewhere
# counts too, and when nothing is missing no package manager is started.

# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage() {
	cat <<'END'
usage: scripts/setup.sh [--build] [--bench] [--cluster] [--browser] [--ci] [--dry-run] [--quiet]

Installs the system packages that Syscope needs, on Debian and Ubuntu; on Fedora, Arch, Alpine and
openSUSE it prints the command that would. Without options: what the build and the tests need.

  --build     only what the build needs
  --bench     also the tools that the benchmarks compare with (bpftrace, libbpf-tools, perf)
  --cluster   also what the tests in a Kubernetes cluster need (Go, etcd)
  --browser   also what the tests of the charts page need (Chromium, Node.js)
  --ci        also what only .ci/run needs (clang-format, shellcheck, qemu)
  --dry-run   say what is missing and what would be run, change nothing
  --quiet     say nothing when nothing is missing

Exit status: 0 when everything needed is there, 1 when something is missing, 2 for wrong usage.
END
}

groups=" build test "
dry_run=
quiet=
for argument in "$@"; do
	case $argument in
	--build) groups=${groups/ test / } ;;
	--bench) groups+="bench " ;;
	--cluster) groups+="cluster " ;;
	--browser) groups+="browser " ;;
	--ci) groups+="ci " ;;
	--dry-run) dry_run=1 ;;
	--quiet) quiet=1 ;;
	-h | --help)
		usage
		exit 0
		;;
	*)
		say "setup.sh: unknown option $argument"
		usage >&2
		exit 2
		;;
	esac
done

# --- What is needed -------------------------------------------------------------------------------

# Each line: group, need or want (a wanted tool that a distribution lacks is no failure), what it is,
# the check, and the packages of apt, dnf, pacman, apk and zypper: `a+b` is both, `a,b` is the first
# that exists, `-` is none.
requirements() {
	cat <<'END'
build need  clang             cmd:clang        clang                  clang                      clang       clang              clang
build want  llvm              cmd:llvm-objdump llvm                   llvm                       llvm        llvm               llvm
build need  libelf            lib:libelf       libelf-dev             elfutils-libelf-devel      libelf      elfutils-dev       libelf-devel
build need  zlib              lib:zlib         zlib1g-dev             zlib-devel                 zlib        zlib-dev           zlib-devel
build need  pkg-config        cmd:pkg-config   pkg-config,pkgconf     pkgconf-pkg-config         pkgconf     pkgconf            pkg-config
build need  make              cmd:make         make                   make                       make        make               make
build need  c-compiler        cc               gcc+libc6-dev          gcc+glibc-devel            gcc         build-base+linux-headers gcc+glibc-devel
build need  git               cmd:git          git                    git                        git         git                git
build need  certificates      certificates     ca-certificates        ca-certificates            ca-certificates ca-certificates ca-certificates
build need  rust              cmd:cargo        rustup                 rustup                     rustup      rustup             rustup
test  need  strace            cmd:strace       strace                 strace                     strace      strace             strace
test  need  32-bit-compiler   cc32             gcc-multilib           glibc-devel.i686+libgcc.i686 lib32-glibc+lib32-gcc-libs - gcc-32bit+glibc-devel-32bit
test  need  bpftool           cmd:bpftool      bpftool,linux-tools-common+linux-tools-generic bpftool bpf bpftool bpftool
test  need  sqlite3           cmd:sqlite3      sqlite3                sqlite                     sqlite      sqlite             sqlite3
test  need  curl              cmd:curl         curl                   curl                       curl        curl               curl
test  need  python3           cmd:python3      python3                python3                    python      python3            python3
test  need  perl              cmd:perl         perl                   perl                       perl        perl               perl
test  need  tar               cmd:tar          tar                    tar                        tar         tar                tar
test  need  gzip              cmd:gzip         gzip                   gzip                       gzip        gzip               gzip
test  need  find              cmd:find         findutils              findutils                  findutils   findutils          findutils
test  need  wget              cmd:wget         wget                   wget                       wget        wget               wget
test  need  jq                cmd:jq           jq                     jq                         jq          jq                 jq
test  need  xz                cmd:xz           xz-utils               xz                         xz          xz                 xz
test  need  ip                cmd:ip           iproute2               iproute                    iproute2    iproute2           iproute2
test  need  openssl           cmd:openssl      openssl                openssl                    openssl     openssl            openssl
test  need  unshare           cmd:unshare      util-linux             util-linux                 util-linux  util-linux         util-linux
test  need  busybox           static-busybox   busybox-static         busybox                    busybox     busybox-static     busybox-static
test  need  runc              cmd:runc         runc                   runc                       runc        runc               runc
test  need  crun              cmd:crun         crun                   crun                       crun        crun               crun
test  need  podman            cmd:podman       podman                 podman                     podman      podman             podman
test  need  containerd        cmd:containerd   containerd             containerd                 containerd  containerd         containerd
test  need  docker            cmd:dockerd      docker.io              moby-engine                docker      docker             docker
test  need  prometheus        cmd:promtool     prometheus             golang-github-prometheus   prometheus  prometheus         golang-github-prometheus-prometheus
cluster need go               cmd:go           golang-go              golang                     go          go                 go
cluster need dpkg-source      cmd:dpkg-source  dpkg-dev               dpkg-dev                   dpkg        dpkg-dev           -
cluster need etcd             cmd:etcd         etcd-server            etcd                       -           etcd               etcd
cluster need cni-plugins      cni-plugins      containernetworking-plugins containernetworking-plugins cni-plugins cni-plugins  cni-plugins
browser need chromium         cmd:chromedriver chromium+chromium-driver,chromium-browser+chromium-chromedriver chromium+chromedriver chromium chromium+chromium-chromedriver chromium+chromedriver
browser need node             cmd:node         nodejs                 nodejs                     nodejs      nodejs             nodejs
ci    need  clang-format      cmd:clang-format clang-format           clang-tools-extra          clang       clang-extra-tools  clang-tools
ci    need  shellcheck        cmd:shellcheck   shellcheck             ShellCheck                 shellcheck  shellcheck         ShellCheck
ci    need  qemu              cmd:qemu-system-x86_64 qemu-system-x86     qemu-system-x86-core       qemu-system-x86 qemu-system-x86_64 qemu-x86
ci    need  cpio              cmd:cpio         cpio                   cpio                       cpio        cpio               cpio
ci    need  debian-keys       debian-keys      debian-archive-keyring debian-keyring             debian-archive-keyring debian-archive-keyring -
bench need  libbpf            lib:libbpf       libbpf-dev             libbpf-devel               libbpf      libbpf-dev         libbpf-devel
bench want  bpftrace          cmd:bpftrace     bpftrace               bpftrace                   bpftrace    bpftrace           bpftrace
bench want  libbpf-tools      bpf-tools        libbpf-tools           libbpf-tools               libbpf-tools -                 -
bench want  perf              cmd:perf         linux-perf,linux-tools-generic perf               perf        perf               perf
END
}

present() {
	case $1 in
	cmd:*) have "${1#cmd:}" ;;
	lib:*) have pkg-config && pkg-config --exists "${1#lib:}" ;;
	# The compiler alone is not enough: without the C library's headers it builds nothing.
	cc) echo '#include <stdio.h>' | gcc -E - >/dev/null 2>&1 ;;
	# The tests trace 32-bit programs, which only x86-64 kernels run beside the 64-bit ones.
	cc32)
		[[ $(uname -m) != x86_64 ]] ||
			{ echo '#include <stdio.h>' | gcc -m32 -E - >/dev/null 2>&1 &&
				[[ -e $(gcc -m32 -print-file-name=crt1.o) ]] &&
				[[ -e $(gcc -m32 -print-libgcc-file-name) ]]; }
		;;
	certificates) [[ -e /etc/ssl/certs/ca-certificates.crt || -e /etc/ssl/cert.pem || -e /etc/pki/tls/certs/ca-bundle.crt || -e /etc/ssl/ca-bundle.pem ]] ;;
	static-busybox) have busybox && ! ldd "$(command -v busybox)" >/dev/null 2>&1 ;;
	cni-plugins) [[ -x /usr/lib/cni/bridge || -x /opt/cni/bin/bridge || -x /usr/libexec/cni/bridge ]] ;;
	debian-keys) [[ -r /usr/share/keyrings/debian-archive-keyring.gpg ]] ;;
	bpf-tools) have syscount || have bpf-syscount ;;
	*) die "unknown check $1" ;;
	esac
}

# Sets missing_needed and missing_wanted (names) and missing_lines (whole lines of the table).
find_missing() {
	local group need name check packages
	missing_needed=()
	missing_wanted=()
	missing_lines=()
	while read -r group need name check packages; do
		[[ $groups == *" $group "* ]] || continue
		present "$check" && continue
		missing_lines+=("$name $packages")
		if [[ $need == need ]]; then
			missing_needed+=("$name")
		else
			missing_wanted+=("$name")
		fi
	done < <(requirements)
}

# --- Installing -----------------------------------------------------------------------------------

# Prints the package manager of this machine, or nothing.
package_manager() {
	local file=${SYSCOPE_OS_RELEASE:-/etc/os-release} ids=""
	[[ -r $file ]] && ids=$(sed -n 's/^\(ID\|ID_LIKE\)=//p' "$file" | tr -d "\"'" | tr '\n' ' ')
	case " $ids" in
	*" debian "* | *" ubuntu "*) echo apt ;;
	*" fedora "* | *" rhel "*) echo dnf ;;
	*" arch "*) echo pacman ;;
	*" alpine "*) echo apk ;;
	*" suse "* | *" opensuse"*) echo zypper ;;
	esac
}

apt_has() { [[ -n $(apt-cache show --no-all-versions "$1" 2>/dev/null) ]]; }

# Sets packages to what has to be installed with package manager $1, and unavailable to the names it
# has no package for. With `check` as $2, apt is asked which of several alternatives exists.
choose_packages() {
	local check=${2:-} column line fields choice package found
	case $1 in
	apt) column=1 ;;
	dnf) column=2 ;;
	pacman) column=3 ;;
	apk) column=4 ;;
	zypper) column=5 ;;
	esac
	packages=()
	unavailable=()
	for line in "${missing_lines[@]}"; do
		read -r -a fields <<<"$line"
		found=
		for choice in ${fields[column]//,/ }; do
			[[ $choice != - ]] || continue
			if [[ $check == check ]]; then
				for package in ${choice//+/ }; do
					apt_has "$package" || continue 2
				done
			fi
			for package in ${choice//+/ }; do
				packages+=("$package")
			done
			found=1
			break
		done
		[[ -n $found ]] || unavailable+=("${fields[0]}")
	done
}

# Runs CMD as root up to three times: mirrors and package locks fail for a moment. Each try is bounded.
retry() {
	local try
	for try in 1 2 3; do
		as_root timeout --foreground -k 10 900 "$@" && return 0
		[[ $try -eq 3 ]] || {
			say "setup: try $try of 3 failed, trying again in $((try * 4)) s"
			sleep "$((try * 4))"
		}
	done
	return 1
}

# Removing packages is never right here (gcc-multilib would take cross compilers with it), nor is
# asking questions. apt's own chatter goes to stderr: stdout belongs to whoever called.
apt_install=(env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-remove
	--no-install-recommends -o Acquire::Retries=3 -o DPkg::Lock::Timeout=120)
apt_update=(apt-get update -q -o Acquire::Retries=3 -o Acquire::http::Timeout=30)

# For what is only said: without package lists nothing exists, and the first choice is as good as any.
choose_packages_offline() {
	choose_packages apt check
	[[ ${#packages[@]} -gt 0 ]] || choose_packages apt
}

# The tests start daemons of their own; those of the packages would only be in the way. What asks here
# before it starts a service is invoke-rc.d(8).
keep_services_down() {
	[[ ! -e /usr/sbin/policy-rc.d ]] || return 0
	policy=/usr/sbin/policy-rc.d
	trap allow_services EXIT
	printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
	as_root chmod 755 "$policy"
}

# A Prometheus that begins with the next boot would listen on every address.
keep_prometheus_down() {
	[[ " ${packages[*]} " != *" prometheus "* ]] || ! have systemctl ||
		as_root systemctl disable --quiet prometheus.service 2>/dev/null || true
}

allow_services() {
	[[ -z ${policy:-} ]] || as_root rm -f "$policy"
	policy=
}

install_with_apt() {
	if [[ -n $dry_run ]]; then
		choose_packages_offline
		say "would run: ${apt_update[*]}"
		say "would run: ${apt_install[*]} ${packages[*]}"
		return 0
	fi
	if ! find_root; then
		choose_packages_offline
		say "setup: cannot install packages: $no_root. As root, run:"
		say "    apt-get update && apt-get install -y ${packages[*]}"
		return 1
	fi
	retry "${apt_update[@]}" >&2 ||
		say "setup: the package lists could not be renewed; going on with the ones there are"
	choose_packages apt check
	if [[ ${#unavailable[@]} -gt 0 ]]; then
		say "setup: no package for: ${unavailable[*]}"
	fi
	[[ ${#packages[@]} -gt 0 ]] || return 0
	say "setup: installing ${packages[*]}"
	keep_services_down
	retry "${apt_install[@]}" "${packages[@]}" >&2 ||
		say "setup: apt-get could not install all of: ${packages[*]}"
	keep_prometheus_down
	allow_services
}

show_command() {
	local manager=$1 command
	choose_packages "$manager"
	case $manager in
	dnf) command="dnf install -y" ;;
	pacman) command="pacman -S --needed --noconfirm" ;;
	apk) command="apk add" ;;
	zypper) command="zypper --non-interactive install" ;;
	esac
	if [[ ${#packages[@]} -gt 0 ]]; then
		say "setup: to install what is missing, run as root:"
		say "    $command ${packages[*]}"
	fi
	if [[ ${#unavailable[@]} -gt 0 ]]; then
		say "setup: this distribution has no package for: ${unavailable[*]}"
	fi
}

find_missing
if [[ ${#missing_lines[@]} -eq 0 ]]; then
	[[ -n $quiet ]] || say "setup: everything needed is installed"
	exit 0
fi
say "setup: missing: ${missing_needed[*]} ${missing_wanted[*]}"

manager=$(package_manager)
case $manager in
apt) install_with_apt || true ;;
"") say "setup: unknown distribution: install what is missing with its package manager" ;;
*) show_command "$manager" ;;
esac
[[ -z $dry_run ]] || exit 0

hash -r
find_missing
if [[ ${#missing_wanted[@]} -gt 0 ]]; then
	say "setup: going on without: ${missing_wanted[*]}"
fi
if [[ ${#missing_needed[@]} -gt 0 ]]; then
	say "setup: still missing: ${missing_needed[*]}"
	if [[ " ${missing_needed[*]} " == *" rust "* ]]; then
		say "setup: Rust can be installed with rustup, see https://rustup.rs"
	fi
	exit 1
fi
