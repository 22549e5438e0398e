#!/usr/bin/env bash
#
# Tests Syscope in a real Kubernetes cluster of one node: builds what is needed, brings the cluster
# up, runs test.sh, and takes it down again. The last line is `N passed, N failed`.
#
# All of it happens in a mount namespace with an empty /run: the cluster's containerd is at its usual
# place and meets no other one.

# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# The part inside the namespace, as root.
if [[ ${1:-} == inside ]]; then
	for directory in /run /var/log/pods /var/log/containers /var/lib/cni /var/lib/kubelet; do
		[[ ! -d $directory ]] || mount -t tmpfs -o mode=755 tmpfs "$directory"
	done
	mkdir -p /run/lock
	trap 'KEEP_LOGS="$3/cluster" "$here/down.sh"' EXIT
	trap 'exit 143' INT TERM
	"$here/up.sh"
	"$here/test.sh" "$2" "$3"
	exit
fi

passed=0
failed=1
output=$(mktemp -d "${TMPDIR:-/tmp}/syscope-cluster.XXXXXX")
finish() {
	trap - EXIT
	if [[ $failed -eq 0 ]]; then
		rm -rf "$output"
	else
		say "the logs are in $output"
	fi
	echo "$passed passed, $failed failed"
	[[ $failed -eq 0 ]] || exit 1
	exit 0
}
trap finish EXIT

find_root || die "a node needs root: $no_root"
"$here/build.sh"
cargo build --quiet -p syscope
syscope=$(target_directory)/debug/syscope
status=0
namespace=("${sudo_command[@]}" env "SYSCOPE_CLUSTER_CACHE=$cache" unshare --mount --propagation private)
run_logged "$output/log" 600 "${namespace[@]}" "$here/run.sh" inside "$syscope" "$output" || status=$?
totals=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$output/log" | tail -n 1 || true)
[[ -z $totals ]] || read -r passed _ failed _ <<<"$totals"
[[ $status -eq 0 || $failed -gt 0 ]] || failed=1
