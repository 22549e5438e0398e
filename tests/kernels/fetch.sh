#!/usr/bin/env bash
#
# Fetches the kernel of a Debian release, for a virtual machine only: nothing is installed, and apt's own
# lists and cache of this machine are neither read nor changed. The mirror is the machine's own.

# shellcheck source=../../scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/common.sh"

usage() {
	cat <<'END'
usage: tests/kernels/fetch.sh [--refresh] SUITE

Makes sure that the newest kernel of the Debian release SUITE (bullseye, ..., sid) is in the cache and
prints its directory, which has `vmlinuz` and `version`. With --refresh it is fetched anew.

Environment:
  SYSCOPE_DEBIAN_MIRROR  the Debian mirror; by default the one in this machine's own apt sources.
                         A machine that is not Debian (Ubuntu, ...) has none and must name one.
  XDG_CACHE_HOME         the cache is $XDG_CACHE_HOME/syscope/kernels
END
}

keyring=/usr/share/keyrings/debian-archive-keyring.gpg
refresh=
suite=
for argument in "$@"; do
	case $argument in
	--refresh) refresh=1 ;;
	-h | --help)
		usage
		exit 0
		;;
	[a-z]*) suite=$argument ;;
	*)
		usage >&2
		exit 2
		;;
	esac
done
if [[ -z $suite ]]; then
	usage >&2
	exit 2
fi

kernels=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/syscope/kernels
directory=$kernels/$suite
if [[ -z $refresh && -s $directory/vmlinuz && -s $directory/version ]]; then
	echo "$directory"
	exit 0
fi

# Prints the mirror of this machine: that of the release it runs. apt is asked where it would fetch
# from, so that sources in either form, with options or not, are read as apt reads them.
own_mirror() {
	local id codename
	id=$(sed -n 's/^ID=//p' /etc/os-release | tr -d \"\')
	codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release | tr -d \"\')
	[[ $id == debian ]] || return 1
	apt-get --print-uris update 2>/dev/null |
		sed -nE "s#^'([^']+)/dists/(${codename:-sid}|stable|testing|unstable|sid)/InRelease'.*#\\1#p" |
		head -n 1
}

have apt-get || die "apt-get is needed to fetch Debian's kernels"
have dpkg-deb || die "dpkg-deb is needed to unpack Debian's kernels"
[[ -r $keyring ]] || die "$keyring is missing: install debian-archive-keyring"
mirror=${SYSCOPE_DEBIAN_MIRROR:-$(own_mirror || true)}
[[ -n $mirror ]] ||
	die "no Debian mirror in this machine's apt sources: name one with SYSCOPE_DEBIAN_MIRROR=URL"

mkdir -p "$kernels"
exec 8>"$kernels/.lock"
flock -w 900 8 || die "another run fetches into $kernels"
# Beside the result, so that it moves there whole.
work=$(mktemp -d "$kernels/.fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{state/lists/partial,cache/archives/partial,packages,new}
touch "$work/status"
echo "deb [arch=amd64 signed-by=$keyring] $mirror $suite main" >"$work/sources.list"
options=(
	-o "Dir::Etc::SourceList=$work/sources.list" -o Dir::Etc::SourceParts=/dev/null
	-o "Dir::State=$work/state" -o "Dir::State::status=$work/status" -o "Dir::Cache=$work/cache"
	-o APT::Architecture=amd64 -o APT::Architectures::=amd64
	-o Acquire::Languages=none -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false
	-o Acquire::Retries=3 -o Acquire::http::Timeout=60
	# A release that has come to its end is not signed anew; its kernel is what is tested.
	-o Acquire::Check-Valid-Until=false
)
# apt gives up root's rights for downloads, and its user may not enter our directories.
[[ $EUID -ne 0 ]] || options+=(-o APT::Sandbox::User=root)

if ! timeout -k 10 300 apt-get "${options[@]}" update -q >"$work/log" 2>&1; then
	cat "$work/log" >&2
	if grep -q NO_PUBKEY "$work/log"; then
		die "$suite is signed with a key that this machine's debian-archive-keyring lacks: update it"
	fi
	die "the package lists of $suite could not be fetched"
fi

# depends PACKAGE PATTERN: prints the first dependency of PACKAGE that matches.
depends() {
	apt-cache "${options[@]}" depends "$1" | sed -n "s/^ *Depends: \\($2\\)\$/\\1/p" | head -n 1
}

# download PACKAGE: unpacks what may be a kernel from it, signature checked by apt.
download() {
	(cd "$work/packages" && timeout -k 10 600 apt-get "${options[@]}" download -q "$1") \
		>"$work/log" 2>&1 || { cat "$work/log" >&2 && die "the package $1 could not be fetched"; }
	dpkg-deb --fsys-tarfile "$work/packages/$1"_*.deb |
		tar -x -C "$work/packages" --wildcards --no-anchored 'vmlinuz*' 2>/dev/null || true
}

image=$(depends linux-image-amd64 'linux-image-[0-9].*')
[[ -n $image ]] || die "$suite has no kernel package"
say "kernels: fetching ${image#linux-image-} ($suite)"
download "$image"
vmlinuz=$(find "$work/packages" -type f -name 'vmlinuz*' | head -n 1)
if [[ -z $vmlinuz ]]; then
	# Newer packages only depend on the one with the kernel in it.
	binary=$(depends "$image" 'linux-binary-[0-9].*')
	[[ -n $binary ]] || die "$image has no kernel in it"
	download "$binary"
	vmlinuz=$(find "$work/packages" -type f -name 'vmlinuz*' | head -n 1)
fi
[[ -n $vmlinuz ]] || die "no kernel in the packages of $suite"
mv "$vmlinuz" "$work/new/vmlinuz"
echo "${image#linux-image-}" >"$work/new/version"
rm -rf "$directory"
mv "$work/new" "$directory"
echo "$directory"
