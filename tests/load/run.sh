#!/usr/bin/env bash
#
# Proves that the node agent holds under load and abuse, on loopback, as root.
#
#   tests/load/run.sh [--binary PATH] [--quick] [--seconds N] [PART...]
#
# PART: load, leases, abuse, scrape, rest; none: all. --quick: 10 s of load instead of 60; --seconds: N. PATH: target/release/syscope if not given.
# One line a check; ends with 0 if all passed. README.md has what was measured.

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
binary=$here/../../target/release/syscope
arguments=()
while (($#)); do
	case $1 in
	--binary) binary=${2:?"--binary needs a path"}; shift ;;
	--binary=*) binary=${1#*=} ;;
	-h | --help) sed -n '2,/^$/{s/^# \{0,1\}//;p}' "$0"; exit 0 ;;
	*) arguments+=("$1") ;;
	esac
	shift
done

[[ -x $binary ]] || { echo "$binary is no program; build it, or give --binary PATH" >&2; exit 2; }
((EUID == 0)) || { echo "the agent and its load need root; run this as root" >&2; exit 2; }
for tool in cc python3 bpftool; do
	command -v "$tool" >/dev/null || { echo "$tool is missing; install it" >&2; exit 2; }
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${CC:-cc}" -O2 -Wall -Wextra -o "$work/calls" "$here/calls.c"
# 1,500 connections at once, and their other ends.
ulimit -n "$(ulimit -Hn)"
PYTHONDONTWRITEBYTECODE=1 python3 "$here/main.py" --binary "$binary" --calls "$work/calls" ${arguments[@]+"${arguments[@]}"}
