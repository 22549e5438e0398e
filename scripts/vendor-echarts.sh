#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# Apache ECharts, which draws the charts page, is committed as it was published: nobody who builds
# Syscope needs a network or npm. This script makes the committed files from the packages of the npm
# registry again, and checks that they are the same to the byte.

# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage() {
	cat <<'END_USAGE'
usage: scripts/vendor-echarts.sh [--check] [DIRECTORY]

Puts the minified ES module of Apache ECharts with its licences into DIRECTORY
(default: crates/syscope-server/assets/vendor). With --check nothing is written; the files of
DIRECTORY are compared with those of the packages.

The packages are fetched once into ${XDG_CACHE_HOME:-~/.cache}/syscope/echarts and checked against
the sha512 that is recorded here, each time. npm's own settings choose the registry.

Exit status: 0 done or the same, 1 something differs or could not be fetched, 2 wrong usage.
END_USAGE
}

# Name, version, and the integrity as npm and lock files write it. zrender is part of ECharts' file,
# and only its own package has its licence.
packages() {
	cat <<'END_PACKAGES'
echarts 6.1.0 sha512-q0yaFPggC9FUdsWH4blavRWFmxdrIodbkoKNAjJudAI6CA9gNPxHtV2RcZNEepZVlk4yvBYkOkbk6HIVpIyHZA==
zrender 6.1.0 sha512-oEGMDB6pOP2S6OwRR4PdVv610zrjnA3Bh+JnSG12fYJlBKjtNAoEb5fSUoCOOINlH96I2fU38/A2UpRKs67xYQ==
END_PACKAGES
}

# Package, file in it, and what it is called here.
files() {
	cat <<'END_FILES'
echarts dist/echarts.esm.min.mjs echarts.esm.min.mjs
echarts LICENSE ECHARTS-LICENSE
echarts NOTICE ECHARTS-NOTICE
echarts licenses/LICENSE-d3 D3-LICENSE
zrender LICENSE ZRENDER-LICENSE
END_FILES
}

check=
directory=
for argument in "$@"; do
	case $argument in
	--check) check=1 ;;
	-h | --help)
		usage
		exit 0
		;;
	-*)
		say "vendor-echarts.sh: unknown option $argument"
		usage >&2
		exit 2
		;;
	*)
		[[ -z $directory ]] || die "more than one directory"
		directory=$argument
		;;
	esac
done
directory=${directory:-crates/syscope-server/assets/vendor}
cache=${XDG_CACHE_HOME:-${HOME:?}/.cache}/syscope/echarts
work=$(mktemp -d "${TMPDIR:-/tmp}/syscope-echarts.XXXXXX")
trap 'rm -rf "$work"' EXIT

integrity() { printf 'sha512-%s' "$(openssl dgst -sha512 -binary "$1" | base64 -w 0)"; }

# Unpacks a package into $work/NAME, from the cache or else from the registry.
fetch() {
	local name=$1 version=$2 expected=$3
	local archive=$cache/$name-$version.tgz
	if [[ ! -e $archive || $(integrity "$archive") != "$expected" ]]; then
		have npm || die "$archive is not there, and npm, which fetches it, is not installed"
		(cd "$work" && npm pack --silent "$name@$version" >/dev/null) ||
			die "npm could not fetch $name@$version"
		[[ $(integrity "$work/$name-$version.tgz") == "$expected" ]] ||
			die "$name@$version is not what was recorded: its sha512 differs"
		mkdir -p "$cache"
		mv "$work/$name-$version.tgz" "$archive"
	fi
	mkdir "$work/$name"
	tar -xzf "$archive" -C "$work/$name" --strip-components=1
}

while read -r name version expected; do
	fetch "$name" "$version" "$expected"
done < <(packages)

status=0
while read -r package from to; do
	if [[ -z $check ]]; then
		install -D -m 644 "$work/$package/$from" "$directory/$to"
	elif ! cmp "$work/$package/$from" "$directory/$to" >&2; then
		status=1
	fi
done < <(files)
[[ $status -eq 0 ]] || die "$directory is not as published; scripts/vendor-echarts.sh makes it so"
