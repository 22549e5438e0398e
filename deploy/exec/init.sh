#!/bin/sh
#
# The entry point of a workspace container beside `syscope exec --init-address`: it sends the sidecar
# the number of this container's pid namespace and then becomes the command it was given.
#
#     init.sh COMMAND [ARG...]     (without a command it only sends the number)
#
# A workspace is worth more than its log: whatever goes wrong here is said on stderr and the command
# is started all the same. SYSCOPE_STRICT=1 turns that round: no log, no workspace (exit status 1).
#
#     SYSCOPE_INIT_ADDRESS   HOST:PORT of the sidecar (default 127.0.0.1:56123)
#     SYSCOPE_INIT_TIMEOUT   seconds until it gives up (default 60)
#     SYSCOPE_STRICT         1: fail instead of starting the command unlogged
#
# Any POSIX shell runs it. It needs curl, wget (GNU or BusyBox) or busybox, sleep, and readlink or ls.
# Neither `set -e` nor `set -u`: an oversight below must not keep the workspace from starting.

address=${SYSCOPE_INIT_ADDRESS:-127.0.0.1:56123}
timeout=${SYSCOPE_INIT_TIMEOUT:-60}
nl='
'

say() { printf 'syscope-init: %s\n' "$*" >&2; }

# Seconds since boot: a clock that nobody sets.
now() {
	read -r up _ </proc/uptime || up=$(date +%s)
	echo "${up%%.*}"
}

# Which program sends the number.
find_client() {
	client=
	if command -v curl >/dev/null 2>&1; then
		client=curl
	elif command -v wget >/dev/null 2>&1; then
		case $(wget --version 2>&1) in
		*"GNU Wget"*) client=gnu_wget ;;
		*) client=wget ;;
		esac
	elif command -v busybox >/dev/null 2>&1; then
		client="busybox wget"
	fi
}

# Sends $1 once, in at most $2 seconds. Sets status (an HTTP status, 000 without an answer) and reason.
# Proxies and the user's settings of these programs are left out: the sidecar is on this host.
post() {
	status=000
	case $client in
	curl)
		answer=$(curl -q -g -sS --noproxy '*' --max-time "$2" -w '\n%{http_code}' \
			-H 'Content-Type: text/plain' --data-binary "$1" "http://$address/" 2>&1)
		status=${answer##*"$nl"}
		reason=${answer%"$nl"*}
		;;
	*)
		number=$1 limit=$2
		if [ "$client" = gnu_wget ]; then
			set -- wget --no-config --no-proxy --content-on-error -t 1 -T "$limit"
		else
			# shellcheck disable=SC2086 # one word or two
			set -- $client -Y off
		fi
		# BusyBox's own -T crashes in the build of Debian 12, so it is the last resort.
		if timeout 1 true 2>/dev/null; then
			set -- timeout "$limit" "$@"
		elif [ "$client" != gnu_wget ]; then
			set -- "$@" -T "$limit"
		fi
		# Standard output is the body, standard error has the status line; the last one counts.
		answer=$("$@" -q -S -O - --header 'Content-Type: text/plain' \
			--post-data "$number" "http://$address/" 2>&1)
		reason=$answer
		case $answer in
		*HTTP/1.*)
			status=${answer##*HTTP/1.}
			reason="HTTP/1.$status"
			status=${status#* }
			status=${status%%[!0-9]*}
			;;
		esac
		;;
	esac
	reason=${reason#"$nl"}
	reason=${reason%%"$nl"*}
	[ "$status" != 000 ] || reason=${reason:-no answer}
}

# Sends the number until it is accepted. Sets reason when it fails.
announce() {
	link=$(readlink /proc/self/ns/pid 2>/dev/null || ls -l /proc/self/ns/pid 2>/dev/null)
	namespace=${link##*"pid:["}
	namespace=${namespace%"]"}
	case $namespace in
	'' | *[!0-9]*)
		reason="cannot read the pid namespace from /proc/self/ns/pid"
		return 1
		;;
	esac
	find_client
	if [ -z "$client" ]; then
		reason="neither curl nor wget nor busybox is here"
		return 1
	fi
	began=$(now)
	left=$timeout
	# The sidecar mostly comes up in the same second; later tries are 5 seconds apart.
	set -- 0.2 0.2 0.4 0.8 1 2 3
	while :; do
		[ "$left" -le 5 ] || left=5
		post "$namespace" "$left"
		case $status in
		204) return 0 ;;
		408 | 429) ;;
		4??)
			# The same request would get the same answer.
			reason="$address refused it ($status): $reason"
			return 1
			;;
		esac
		left=$((timeout - ($(now) - began)))
		if [ "$left" -le 0 ]; then
			reason="$address did not accept it in $timeout s ($status): $reason"
			return 1
		fi
		pause=${1:-5}
		[ $# -eq 0 ] || shift
		# Where sleep knows no fractions, a whole second.
		sleep "$pause" 2>/dev/null || sleep 1
		left=$((timeout - ($(now) - began)))
		[ "$left" -ge 1 ] || left=1
	done
}

case $timeout in
'' | *[!0-9]* | 0* | ??????*)
	say "SYSCOPE_INIT_TIMEOUT=$timeout is no number of seconds; taking 60"
	timeout=60
	;;
esac

# A shell that is pid 1 ignores these unless it is told not to; the command finds them as they were.
trap 'exit 143' TERM
trap 'exit 130' INT

if announce; then
	say "pid namespace $namespace is being logged"
elif [ "${SYSCOPE_STRICT:-}" = 1 ]; then
	say "$reason; SYSCOPE_STRICT=1: not starting"
	exit 1
else
	say "$reason; starting without an exec log"
fi

trap - TERM INT
[ $# -gt 0 ] || exit 0
exec "$@"
