#!/usr/bin/env bash
#
# `make run`: builds Syscope, shows what this machine is doing for a few seconds, and says how to go on.

# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

cargo build --release -p syscope
syscope="$(target_directory)/release/syscope"
find_root || die "tracing needs root: $no_root"

# A machine may be so quiet that three seconds show nothing; then this is what is seen.
(
	for _ in 1 2 3 4 5 6; do
		sleep 0.4
		cat /etc/hostname >/dev/null 2>&1 || true
	done
) &
activity=$!

say
say "System calls of this machine, at most 3 seconds and 60 events:"
say
status=0
as_root "$syscope" trace --duration 3s --max-events 60 || status=$?
kill "$activity" 2>/dev/null || true
wait "$activity" 2>/dev/null || true
if [[ $status -ne 0 ]]; then
	say
	say "syscope ended with status $status (3: this host lacks something that the message names)"
	exit "$status"
fi

shown=$syscope
[[ $shown != "$root"/* ]] || shown=${shown#"$root"/}
[[ $EUID -eq 0 ]] || shown="sudo $shown"
hint() { say "  $(printf '%-70s %s' "$shown $1" "$2")"; }

say
say "These were calls of every process of this machine. Try next:"
say
hint "trace -- ls -l" "one command, like strace"
hint "trace -s openat,connect,execve" "only some system calls"
hint "trace --failed-only --duration 10s" "only calls that fail"
hint "trace --summary -- ls -lR /usr/share" "a table of counts instead of events"
hint "trace -o json | head" "one JSON object per line"
hint "trace --help" "everything else"
