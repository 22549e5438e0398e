#!/usr/bin/env bash
#
# Takes the cluster down and leaves the machine as it was. Only processes that up.sh started (by pid
# and start time) and the shims of this containerd are ended. With KEEP_LOGS=DIRECTORY the logs are
# kept there.

# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# One step that fails must not keep the others from their work.
set +e

[[ -d $run ]] || exit 0
begun=$(seconds)

# runs PID START: whether it is still that process, and no zombie.
runs() {
	local stat
	stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
	stat=${stat##*) }
	[[ $stat != Z* && $(cut -d' ' -f20 <<<"$stat") == "$2" ]]
}

# TERM, then KILL after two seconds: nothing here is worth a slow end.
stop() {
	local pid start signal
	read -r pid start 2>/dev/null <"$run/pids/$1" || return 0
	for signal in TERM KILL; do
		runs "$pid" "$start" || return 0
		kill "-$signal" "$pid" 2>/dev/null
		kill -CONT "$pid" 2>/dev/null
		for _ in $(seq 20); do
			runs "$pid" "$start" || return 0
			sleep 0.1
		done
	done
	say "down: $1 (pid $pid) does not end"
}

ctr_kubernetes() { timeout 20 ctr -a "$containerd_socket" -n k8s.io "$@" 2>/dev/null; }

remove_containers() {
	local id
	[[ -S $containerd_socket ]] || return 0
	for id in $(ctr_kubernetes tasks ls -q); do ctr_kubernetes tasks rm -f "$id" >/dev/null; done
	for id in $(ctr_kubernetes containers ls -q); do ctr_kubernetes containers rm "$id" >/dev/null; done
}

# Shims that outlived containerd: those that name its socket, and what they hold.
end_shims() {
	local process pid
	for process in /proc/[0-9]*; do
		[[ "$({ tr '\0' ' ' <"$process/cmdline"; } 2>/dev/null)" == *containerd-shim*"-address $containerd_socket "* ]] || continue
		# shellcheck disable=SC2013 # they are words
		for pid in $(cat "$process/task/"*/children 2>/dev/null); do kill -KILL "$pid" 2>/dev/null; done
		kill -KILL "${process#/proc/}" 2>/dev/null
	done
}

# Mounts below $run, deepest first.
unmount_all() {
	local mounts mount
	for _ in 1 2 3; do
		mounts=$(awk -v below="$run/" 'index($5, below) == 1 { print $5 }' /proc/self/mountinfo | sort -r)
		[[ -n $mounts ]] || return 0
		while read -r mount; do
			umount "$mount" 2>/dev/null || umount -l "$mount" 2>/dev/null
		done <<<"$mounts"
	done
}

remove_cgroups() {
	local hierarchy pods pid
	[[ -e $run/undo/cgroup ]] || return 0
	for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/*; do
		pods=$hierarchy/kubepods
		for _ in $(seq 30); do
			[[ -d $pods ]] || continue 2
			find "$pods" -depth -type d -exec rmdir {} + 2>/dev/null
			[[ -d $pods ]] || continue 2
			for pid in $(find "$pods" -name cgroup.procs -exec cat {} + 2>/dev/null | sort -u); do
				kill -KILL "$pid" 2>/dev/null
			done
			sleep 0.1
		done
		say "down: $pods stays"
	done
}

remove_bridge() {
	local bridge link
	bridge=$(cat "$run/undo/bridge" 2>/dev/null) || return 0
	for link in $(ip -o link show master "$bridge" 2>/dev/null | awk -F': ' '{ sub(/@.*/, "", $2); print $2 }'); do
		ip link del "$link" 2>/dev/null
	done
	ip link del "$bridge" 2>/dev/null
}

restore_settings() {
	local name value directory
	while read -r name value; do
		[[ $(cat "/proc/sys/$name" 2>/dev/null) == "$value" ]] || echo "$value" >"/proc/sys/$name"
	done < <(cat "$run/undo/sysctl" 2>/dev/null)
	while read -r directory; do
		rm -rf --one-file-system "$directory"
	done < <(cat "$run/undo/directories" 2>/dev/null)
}

stop kubelet
remove_containers
stop containerd
end_shims
for name in scheduler manager apiserver etcd; do
	stop "$name"
done
unmount_all
remove_cgroups
remove_bridge
restore_settings
if [[ -n ${KEEP_LOGS:-} ]]; then
	mkdir -p "$KEEP_LOGS"
	cp -a "$logs/." "$KEEP_LOGS/"
fi
rm -rf --one-file-system "$run" || say "down: $run stays in part"
say "down: in $(took "$begun") s"
