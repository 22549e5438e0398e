# shellcheck shell=sh
#
# The tests that run inside the virtual machine, with busybox's shell; sourced by init. Each is one
# `run NAME` and then one `ok NAME` or `not ok NAME: REASON` on the serial line.

number=0
out=/tmp/out

# fail REASON: ends a test.
fail() {
	echo "$*" >&2
	exit 1
}

# check NAME FUNCTION ARGS...: runs a test in a shell of its own.
check() {
	name=$1
	shift
	number=$((number + 1))
	report "run $name"
	begun=$(cut -d. -f1 /proc/uptime)
	rm -rf "$out"
	mkdir "$out"
	(
		set -eu
		"$@"
	) >"$out/log" 2>&1 </dev/null 3>&-
	result=$?
	report "# $(($(cut -d. -f1 /proc/uptime) - begun)) s"
	if [ "$result" -eq 0 ]; then
		report "ok $name"
		return
	fi
	reason=$(tail -n 1 "$out/log" | tr -d '\r' | cut -c 1-300)
	report "not ok $name: ${reason:-no reason given}"
	tail -n 20 "$out/log" | cut -c 1-500 | sed 's/^/# /' >&3
}

# same NAME EXPECTED GOT
same() {
	[ "$2" = "$3" ] || fail "$1: expected '$2', got '$3'"
}

# pid_namespace PID: the inode number of its pid namespace.
pid_namespace() {
	namespace=$(readlink "/proc/$1/ns/pid")
	namespace=${namespace#pid:[}
	echo "${namespace%]}"
}

# --- Everything loads -----------------------------------------------------------------------------

# loads COMMAND ARGS...: a run of some moments ends well and says that it lost nothing.
loads() {
	status=0
	timeout 30 syscope "$@" --duration 300ms >"$out/events" 2>"$out/errors" || status=$?
	cat "$out/errors"
	same status 0 "$status"
}

check loads-trace loads trace
check loads-trace-latency loads trace --latency --unfinished
check loads-trace-paths loads trace -y
check loads-trace-json loads trace -o json --latency -y
check loads-trace-summary loads trace -C --latency
check loads-trace-filters loads trace -Z --errno ENOENT --uid 0 --comm init --pid-ns "$(pid_namespace self)" --min-latency 1us
check loads-trace-tree loads trace -p 1 -s openat,%network
check loads-exec loads exec
check loads-exec-all loads exec --failed --exit --env PATH -f json

# --- What a known program does --------------------------------------------------------------------

known_calls() {
	cat <<-'END'
		execve("PROGRAM", ["PROGRAM", "known"], ENV) = 0
		getppid() = PARENT
		openat(AT_FDCWD, "/etc/known", O_RDONLY|O_CLOEXEC) = 3
		read(3, "known", 5) = 5
		close(3) = 0
		close(3) = -1 EBADF (Bad file descriptor)
		rmdir("/not/there") = -1 ENOENT (No such file or directory)
		mkdir(0x1, 0755) = -1 EFAULT (Bad address)
		nanosleep({tv_sec=0, tv_nsec=20000000}, NULL) = 0
		write(1, "written by calls\n", 17) = 17
		exit_group(7) = ?
	END
}

# Without what differs from run to run: who made the call, addresses, the parent's number.
without_chance() {
	sed -E -e 's/^[^ ]+\[[0-9]+\] (\[i386\] )?//' -e 's/0x[0-9a-f]+ \/\* [0-9]+ vars \*\//ENV/' \
		-e 's/^(getppid\(\) = )[0-9]+/\1PARENT/' -e "s#/bin/$1#PROGRAM#g"
}

# known PROGRAM FLAGS...: exactly the calls that are in its source, and its exit status.
known() {
	program=$1
	shift
	status=0
	syscope trace "$@" -w "$out/events" -- "/bin/$program" known || status=$?
	same status 7 "$status"
	known_calls >"$out/expected"
	without_chance "$program" <"$out/events" | sed -E 's/ <[0-9.]+>$//' >"$out/got"
	diff "$out/expected" "$out/got" >"$out/diff" || {
		cat "$out/diff"
		fail "calls differ, first: $(grep '^+[^+]' "$out/diff" | head -n 1)"
	}
}

known_latency() {
	known calls --latency
	slept=$(sed -n 's/.*nanosleep.* <\([0-9.]*\)>$/\1/p' "$out/events")
	[ -n "$slept" ] || fail "nanosleep has no latency"
	awk -v slept="$slept" 'BEGIN { exit !(slept >= 0.02 && slept < 10) }' || fail "slept for $slept s"
}

# As JSON: every call has its number of arguments, and the process its names.
known_json() {
	status=0
	syscope trace -o json -w "$out/events" -- /bin/calls known || status=$?
	same status 7 "$status"
	same calls '["execve","getppid","openat","read","close","close","rmdir","mkdir","nanosleep","write","exit_group"]' \
		"$(jq -sc 'map(select(.type == "syscall").syscall.name)' "$out/events")"
	same pathname /etc/known "$(jq -r 'select(.syscall.name == "openat").args.pathname' "$out/events")"
	same processes 1 "$(jq -s 'map(select(.type == "syscall").process.pid) | unique | length' "$out/events")"
	same executable /bin/calls "$(jq -sr 'map(select(.syscall.name == "close"))[0].process.exe' "$out/events")"
}

known_paths() {
	syscope trace -y -s read,close -w "$out/events" -- /bin/calls known || true
	grep -q 'read(3</etc/known>, "known", 5) = 5$' "$out/events" || fail "no path of descriptor 3: $(head -n 1 "$out/events")"
}

check known-calls known calls
check known-calls-latency known_latency
check known-calls-json known_json
check known-paths known_paths
if /bin/calls32 leave 0 2>/dev/null; then
	check known-calls-32-bit known calls32
else
	report "# this kernel runs no 32-bit programs"
fi

# --- Counts ---------------------------------------------------------------------------------------

# counts EXPECTED FLAGS...: events of 1,500 failing and 2,500 good calls.
counts() {
	expected=$1
	shift
	syscope trace -s rmdir,getppid "$@" -w "$out/events" -- /bin/calls loop 1500 2500
	same events "$expected" "$(wc -l <"$out/events")"
}

# The same by a tree of processes that run at the same time.
counts_tree() {
	# shellcheck disable=SC2016 # for the inner shell
	syscope trace -s rmdir,getppid -Z -w "$out/events" -- /bin/sh -c '
		for i in 1 2 3 4 5; do /bin/calls loop $((i * 100)) 300 & done; wait'
	same events 1500 "$(wc -l <"$out/events")"
	same processes 5 "$(sed 's/ .*//' "$out/events" | sort -u | wc -l)"
}

summary() {
	syscope trace -C -o json -w "$out/events" -- /bin/calls loop 150 250
	jq -c . "$out/events" | head -n 5
	grep -q getppid "$out/events" || fail "no getppid in the summary"
}

check counts-all counts 4000
check counts-failed counts 1500 -Z
check counts-successful counts 2500 -z
check counts-errno counts 1500 --errno ENOENT
check counts-latency counts 4000 --latency
check counts-tree counts_tree

# --- Filters of a run that is under way -----------------------------------------------------------

# Waits until a run has its programs attached: what it records has come. until_recording FILE CMD...
until_recording() {
	file=$1
	shift
	tries=0
	while [ ! -s "$file" ]; do
		tries=$((tries + 1))
		[ "$tries" -lt 300 ] || fail "nothing was recorded: $(cat "$out/errors")"
		"$@" || true
		sleep 0.1
	done
}

# stop PID: ends a run, and waits for its end. A shell lets what it runs in the background ignore interrupts.
stop() {
	kill -TERM "$1"
	status=0
	wait "$1" || status=$?
	same "status of the run" 0 "$status"
}

# follow COMMAND ARGS...: starts a run in the background; its events go to $out/events.
follow() {
	syscope "$@" >"$out/events" 2>"$out/errors" &
	run=$!
}

comm_filter() {
	cp /bin/calls /tmp/named
	follow trace --comm named -s rmdir,getppid
	until_recording "$out/events" /tmp/named loop 0 1
	/bin/calls loop 1000 1000
	before=$(wc -l <"$out/events")
	/tmp/named loop 300 200
	stop "$run"
	same failed 300 "$(grep -c 'rmdir.*ENOENT' "$out/events")"
	[ "$before" -lt 100 ] || fail "calls of others were recorded"
}

pid_ns_filter() {
	mkfifo "$out/go"
	unshare -p -f sh -c "read line <$out/go; /bin/calls loop 400 0" &
	tries=0
	inside=
	while [ -z "$inside" ]; do
		for process in /proc/[0-9]*; do
			namespace=$(pid_namespace "${process#/proc/}") || continue
			[ "$namespace" = "$(pid_namespace self)" ] || inside=$namespace
		done
		tries=$((tries + 1))
		[ "$tries" -lt 100 ] || fail "no process in the new pid namespace"
		sleep 0.1
	done
	follow trace --pid-ns "$inside" -s rmdir
	# Nothing in it moves until it is let go, so its log tells when it has begun.
	until_hooked
	/bin/calls loop 1000 0
	echo go >"$out/go"
	until_lines "$out/events" 400
	stop "$run"
	same events 400 "$(wc -l <"$out/events")"
}

# Waits until the kernel runs our programs.
until_hooked() {
	tries=0
	while ! find "/proc/$run/fd" -type l -exec readlink {} \; 2>/dev/null | grep -q bpf_link; do
		tries=$((tries + 1))
		[ "$tries" -lt 300 ] || fail "no program was attached: $(cat "$out/errors")"
		sleep 0.1
	done
	sleep 0.5
}

# until_lines FILE NUMBER: waits for so many.
until_lines() {
	tries=0
	while [ "$(wc -l <"$1")" -lt "$2" ]; do
		tries=$((tries + 1))
		[ "$tries" -lt 100 ] || fail "$(wc -l <"$1") of $2 lines after 10 s"
		sleep 0.1
	done
}

# The directory of a cgroup of this layout: of a controller that container engines use, or of the only hierarchy.
hierarchy() {
	for directory in memory pids cpu; do
		if [ -d "/sys/fs/cgroup/$directory" ]; then
			echo "/sys/fs/cgroup/$directory"
			return
		fi
	done
	echo /sys/fs/cgroup
}

# in_cgroup DIRECTORY CMD...: runs a command in it.
in_cgroup() {
	directory=$1
	shift
	sh -c "echo 0 >$directory/cgroup.procs && exec \"\$@\"" sh "$@"
}

# A cgroup and all below it, and no other.
cgroup_filter() {
	base=$(hierarchy)/kernels
	mkdir -p "$base/inner/deep" "$base.not"
	follow trace --cgroup "$base" -s rmdir,getppid
	until_recording "$out/events" in_cgroup "$base" /bin/calls loop 0 1
	in_cgroup "$base.not" /bin/calls loop 500 0
	/bin/calls loop 500 0
	in_cgroup "$base" /bin/calls loop 100 0
	in_cgroup "$base/inner/deep" /bin/calls loop 200 0
	sleep 1
	stop "$run"
	rmdir "$base/inner/deep" "$base/inner" "$base" "$base.not"
	same events 300 "$(grep -c 'rmdir.*ENOENT' "$out/events")"
}

check filter-comm comm_filter
check filter-pid-namespace pid_ns_filter
check filter-cgroup cgroup_filter

# --- The exec log ---------------------------------------------------------------------------------

# 40 programs of a shell: each with its arguments, its parent and its end.
exec_log() {
	follow exec --exit --env MARK -f json
	until_recording "$out/events" /bin/calls leave 0
	MARK=here sh -c 'echo $$ >/tmp/parent; i=1; while [ $i -le 40 ]; do /bin/calls leave $i; i=$((i + 1)); done; /bin/calls leave 99; true'
	until_seen 99
	stop "$run"
	parent=$(cat /tmp/parent)
	jq -sc --argjson parent "$parent" '
		[.[] | select(.argv and .argv[0] == "/bin/calls" and .argv[1] == "leave" and .ppid == $parent)]
		| map([.argv[2], .env.MARK])' "$out/events" >"$out/execs"
	same execs "$(seq 1 40 | jq -Rc '[., "here"]' | jq -sc '. + [["99", "here"]]')" "$(cat "$out/execs")"
	# Every end belongs to one of them, by its exec_id, and has the status that was its argument.
	same ends "$( (seq 1 40; echo 99) | jq -sc .)" "$(jq -sc --argjson parent "$parent" '
		([.[] | select(.argv and .ppid == $parent) | {key: .exec_id, value: (.argv[2] | tonumber)}] | from_entries) as $of
		| [.[] | select(.type == "exit" and $of[.exec_id]) | select($of[.exec_id] == .status) | .status]' "$out/events")"
}

until_seen() {
	tries=0
	while ! grep -q "\"leave\",\"$1\"" "$out/events"; do
		tries=$((tries + 1))
		[ "$tries" -lt 100 ] || fail "the last program was not logged"
		sleep 0.1
	done
	sleep 0.3
}

exec_failed() {
	follow exec --failed -f json
	until_recording "$out/events" /bin/calls leave 0
	sh -c '/not/there/program 1' || true
	/bin/calls leave 98 || true
	until_seen 98
	stop "$run"
	grep -q '"/not/there/program"' "$out/events" || fail "the failed attempt is not in the log"
}

# 300 kB of arguments arrive whole.
exec_large() {
	follow exec -f json
	until_recording "$out/events" /bin/calls leave 0
	long=$(head -c 100000 /dev/zero | tr '\0' x)
	/bin/calls long "$long" "$long" "$long" || true
	/bin/calls leave 97 || true
	until_seen 97
	stop "$run"
	same lengths '[10,4,100000,100000,100000]' \
		"$(jq -sc 'map(select(.argv and .argv[1] == "long"))[0].argv | map(length)' "$out/events")"
}

check exec-log exec_log
check exec-failed exec_failed
check exec-large exec_large

# --- Cgroups --------------------------------------------------------------------------------------

# The tracer's own tests of how cgroups are followed, by their own program.
followed() {
	for program in /bin/integration-*; do
		"$program" --ignored --exact --test-threads 1 "cgroups::$1" >"$out/said" 2>&1 &&
			grep -q "1 passed" "$out/said" && return
	done
	cat "$out/said"
	fail "$(grep -A 1 panicked "$out/said" | tail -n 1)"
}

check cgroups-come-and-go followed a_thousand_cgroups_come_and_go
check cgroups-lost followed changes_that_were_lost_are_made_up_for
check cgroups-states followed states_follow_the_life_of_a_cgroup
check cgroups-hierarchies followed equal_ids_of_other_hierarchies_are_not_mixed_up
check cgroups-nested followed nested_cgroups_of_any_depth_have_their_paths
