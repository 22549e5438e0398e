# shellcheck shell=bash
#
# What the scripts of this directory share. It is sourced, never run: it sets strict mode, enters
# the root of the checkout and defines functions. Nothing here prints to stdout on its own.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

# A login shell that rustup has not touched, and the PATH of an ordinary user, lack these two.
export PATH="$PATH:${CARGO_HOME:-${HOME:-/root}/.cargo}/bin:/usr/local/sbin:/usr/sbin:/sbin"

have() { command -v "$1" >/dev/null 2>&1; }
say() { printf '%s\n' "$*" >&2; }
die() {
	say "${0##*/}: $*"
	exit 1
}

# Finds the way to root once: `as_root CMD...` afterwards runs CMD with it. Fails, with the reason
# in $no_root, when there is none. sudo may ask for a password only when somebody can answer.
no_root=
sudo_command=()
find_root() {
	if [[ $EUID -eq 0 ]]; then
		return 0
	elif ! have sudo; then
		no_root="not root, and sudo is not installed"
	elif sudo -n true 2>/dev/null || { [[ -t 0 ]] && sudo -v; }; then
		sudo_command=(sudo)
		[[ -t 0 ]] || sudo_command=(sudo -n)
		return 0
	else
		# shellcheck disable=SC2034 # read by those who source this
		no_root="not root, and sudo would ask for a password"
	fi
	return 1
}
as_root() { ${sudo_command[@]+"${sudo_command[@]}"} "$@"; }

# Our C files, one per line: all of crates/ and tests/, without the vendored kernel type headers.
c_sources() {
	[[ -d crates ]] || return 0
	find crates tests \( -name target -o -name vmlinux \) -prune -o -type f \
		\( -name '*.c' -o -name '*.h' \) ! -name 'vmlinux*.h' -print | sort
}

shell_sources() {
	local dir dirs=()
	for dir in scripts .ci bench tests deploy crates; do
		[[ -d $dir ]] && dirs+=("$dir")
	done
	{
		find "${dirs[@]}" -name target -prune -o -type f -name '*.sh' -print
		echo .ci/run
	} | sort
}

target_directory() {
	cargo metadata --format-version 1 --no-deps | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p'
}

# run_logged LOG SECONDS CMD...: runs CMD without standard input and with a time limit, its output
# in LOG, and shows LOG as it grows. The command writes to a file and not to a pipe, so that a
# process it leaves behind cannot keep us waiting; it is a process group of its own, so that an
# interrupt or the time limit ends all of it. The status is the command's; 124 is the time limit.
logged_group=
stop_logged() {
	[[ -z $logged_group ]] || kill -TERM -- "-$logged_group" 2>/dev/null || true
}
run_logged() {
	local log=$1 limit=$2 status=0 follower
	shift 2
	: >"$log"
	set -m
	timeout -k 10 "$limit" "$@" >"$log" 2>&1 </dev/null &
	logged_group=$!
	set +m
	trap 'stop_logged; exit 130' INT
	trap 'stop_logged; exit 143' TERM
	# A bound on what one command may print: the rest stays in the log.
	local lines=${SYSCOPE_LOG_LINES:-4000}
	{ tail -n +1 -s 0.2 -f --pid="$logged_group" "$log" 2>/dev/null || true; } | {
		sed -u -e 's/^\(.\{2000\}\).*/\1.../' \
			-e "${lines}{s|\$|\n... the rest of the output is in $log|;q}"
		cat >/dev/null
	} &
	follower=$!
	wait "$logged_group" || status=$?
	logged_group=
	wait "$follower" || true
	trap - INT TERM
	if [[ $status -eq 124 ]]; then
		say "stopped after ${limit} s: $*"
	fi
	return "$status"
}
