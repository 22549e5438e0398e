# shellcheck shell=bash
#
# Settings that the scripts of this directory share. Sourced, never run.
#
# What is built and downloaded is kept in $cache, outside the checkout; the state of the running
# cluster is in $run. Beside them only this is touched, and put back by down.sh: sysctls that a
# kubelet insists on, the cgroup kubepods, one network bridge, and the directories of /var that a
# kubelet and containerd expect.

# shellcheck disable=SC2034 # most of this is read by those who source it

# shellcheck source=../../scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/common.sh"

here=$root/tests/cluster
cache=${SYSCOPE_CLUSTER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/syscope/kubernetes}
bin=$cache/bin
# Short: the names of unix sockets are bounded.
run=${SYSCOPE_CLUSTER_RUN:-/run/syscope-cluster}
logs=$run/logs
pki=$run/pki
images=$run/images
admin=$run/admin.kubeconfig

# What Debian 12's source package holds.
version=v1.20.2
# Unusual ports, so that another control plane or etcd on this machine is not in the way.
port_base=${SYSCOPE_CLUSTER_PORTS:-26000}
etcd_port=$((port_base + 1))
etcd_peer_port=$((port_base + 2))
api_port=$((port_base + 3))
manager_port=$((port_base + 4))
scheduler_port=$((port_base + 5))
kubelet_port=$((port_base + 6))
kubelet_healthz_port=$((port_base + 7))
stream_port=$((port_base + 8))
service_cidr=10.97.0.0/24
service_ip=10.97.0.1
pod_cidr=10.98.0.0/24
gateway=10.98.0.1
bridge=kbr$port_base
api=https://127.0.0.1:$api_port

# The runtime listens where Syscope looks for it.
containerd_socket=${SYSCOPE_CLUSTER_CRI:-/run/containerd/containerd.sock}
pause_image=k8s.local/pause:1
busybox_image=k8s.local/busybox:1

kubectl() { "$bin/kubectl" --kubeconfig "$admin" "$@"; }

# The clock in seconds, and how many have passed since $1: for the lines that tell how long it took.
seconds() { date +%s.%3N; }
took() { awk -v begin="$1" -v end="$(seconds)" 'BEGIN { printf "%.1f", end - begin }'; }
