#!/usr/bin/env bash
#
# Brings up a Kubernetes of one node, from what build.sh has built: etcd, apiserver,
# controller-manager, scheduler, containerd and kubelet, with a bridge for the pods' addresses.
# Everything listens on loopback, containerd at its usual socket. `up.sh control` leaves out the node.
# As root. down.sh takes it down again.

# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

level=${1:-node}
case $level in
control) needed=(kube-apiserver kube-controller-manager kube-scheduler kubectl) ;;
node) needed=(kube-apiserver kube-controller-manager kube-scheduler kubectl kubelet) ;;
*) die "control or node, not '$level'" ;;
esac
for component in "${needed[@]}"; do
	[[ -x $bin/$component ]] || die "$bin/$component is missing: build.sh $component"
done
[[ ! -e $run ]] || die "$run exists: a cluster runs or was not taken down (down.sh)"
[[ ! -S $containerd_socket ]] || die "$containerd_socket exists: another containerd runs"
for pods in /sys/fs/cgroup/kubepods /sys/fs/cgroup/*/kubepods; do
	[[ ! -d $pods || -z $(find "$pods" -mindepth 1 -name 'pod*' -print -quit) ]] ||
		die "$pods is in use: another kubelet runs here"
done

begun=$(seconds)
mkdir -p "$run"/{pids,undo} "$logs" "$pki"
chmod 700 "$run" "$pki"

# The node has the machine's name, and its addresses are loopback and the bridge: the apiserver
# reaches the kubelet by the latter, whatever the name resolves to.
node=$(uname -n | tr '[:upper:]_' '[:lower:]-')
echo "$node" >"$run/node"

# --- Processes ------------------------------------------------------------------------------------

# start NAME CMD...: a process of its own session, its output in logs/NAME.log. pids/NAME holds "pid
# starttime", so that down.sh never ends another process.
start() {
	local name=$1
	shift
	# shellcheck disable=SC2016 # the inner shell expands it
	setsid -f bash -c 'printf "%s %s\n" $$ "$(cut -d" " -f22 /proc/$$/stat)" >"$0"; exec "$@"' \
		"$run/pids/$name" "$@" >"$logs/$name.log" 2>&1 </dev/null 8>&- 9>&-
	for _ in $(seq 100); do
		[[ ! -s $run/pids/$name ]] || return 0
		sleep 0.02
	done
	die "$name does not start"
}

alive() {
	local pid
	pid=$(cut -d' ' -f1 "$run/pids/$1" 2>/dev/null) && kill -0 "$pid" 2>/dev/null
}

# wait_for NAME SECONDS TEST...: until TEST succeeds, while NAME lives.
wait_for() {
	local name=$1 end=$((SECONDS + $2)) begin
	begin=$(seconds)
	shift 2
	until "$@" >/dev/null 2>&1; do
		if ! alive "$name" || [[ $SECONDS -ge $end ]]; then
			tail -n 20 "$logs/$name.log" >&2
			die "$name is not ready ($*)"
		fi
		sleep 0.1
	done
	say "up: $name ready after $(took "$begin") s"
}

answers() { curl -fsSk --noproxy '*' "$@"; }

# --- Certificates ---------------------------------------------------------------------------------

key() { openssl ecparam -name prime256v1 -genkey -noout -out "$pki/$1.key" 2>/dev/null; }

# authority FILE NAME
authority() {
	key "$1"
	openssl req -x509 -new -key "$pki/$1.key" -sha256 -days 3650 -subj "/CN=$2" -out "$pki/$1.crt" \
		-addext basicConstraints=critical,CA:TRUE \
		-addext keyUsage=critical,digitalSignature,keyCertSign,cRLSign 2>/dev/null
}

# certificate FILE SUBJECT USAGE [NAMES] [AUTHORITY]
certificate() {
	local extensions="keyUsage=critical,digitalSignature"$'\n'"extendedKeyUsage=$3"
	[[ -z ${4:-} ]] || extensions+=$'\n'"subjectAltName=$4"
	key "$1"
	openssl req -new -key "$pki/$1.key" -subj "$2" -out "$pki/$1.csr" 2>/dev/null
	openssl x509 -req -in "$pki/$1.csr" -CA "$pki/${5:-ca}.crt" -CAkey "$pki/${5:-ca}.key" \
		-CAcreateserial -days 3650 -sha256 -extfile <(echo "$extensions") -out "$pki/$1.crt" 2>/dev/null
	rm -f "$pki/$1.csr"
}

# kubeconfig FILE CERTIFICATE
kubeconfig() {
	cat >"$1" <<YAML
apiVersion: v1
kind: Config
current-context: default
clusters:
- name: default
  cluster: {server: "$api", certificate-authority: "$pki/ca.crt"}
users:
- name: default
  user: {client-certificate: "$pki/$2.crt", client-key: "$pki/$2.key"}
contexts:
- name: default
  context: {cluster: default, user: default}
YAML
}

make_certificates() {
	local cluster=kubernetes.default.svc.cluster.local
	authority ca kubernetes-ca
	authority front-proxy-ca front-proxy-ca
	certificate apiserver /CN=kube-apiserver serverAuth "IP:127.0.0.1,IP:$service_ip,IP:$gateway,DNS:localhost,DNS:$cluster"
	certificate apiserver-kubelet /O=system:masters/CN=kube-apiserver-kubelet-client clientAuth
	certificate front-proxy /CN=front-proxy-client clientAuth "" front-proxy-ca
	certificate admin /O=system:masters/CN=admin clientAuth
	certificate manager /CN=system:kube-controller-manager clientAuth
	certificate scheduler /CN=system:kube-scheduler clientAuth
	certificate kubelet "/O=system:nodes/CN=system:node:$node" clientAuth
	certificate kubelet-server "/CN=$node" serverAuth "IP:127.0.0.1,IP:$gateway,DNS:localhost"
	openssl genrsa -out "$pki/sa.key" 2048 2>/dev/null
	openssl rsa -in "$pki/sa.key" -pubout -out "$pki/sa.pub" 2>/dev/null
	kubeconfig "$admin" admin
	for name in manager scheduler kubelet; do
		kubeconfig "$run/$name.kubeconfig" "$name"
	done
}

# --- Control plane --------------------------------------------------------------------------------

start_etcd() {
	local url=http://127.0.0.1:$etcd_port peer=http://127.0.0.1:$etcd_peer_port
	start etcd etcd --name default --data-dir "$run/etcd" --logger zap --log-level warn \
		--listen-client-urls "$url" --advertise-client-urls "$url" \
		--listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" \
		--initial-cluster "default=$peer" --unsafe-no-fsync
	wait_for etcd 30 answers "$url/health"
}

start_apiserver() {
	# The address in the "kubernetes" Endpoints may not be a loopback one.
	start apiserver "$bin/kube-apiserver" --etcd-servers="http://127.0.0.1:$etcd_port" \
		--bind-address=127.0.0.1 --secure-port="$api_port" --advertise-address="$gateway" \
		--tls-cert-file="$pki/apiserver.crt" --tls-private-key-file="$pki/apiserver.key" \
		--client-ca-file="$pki/ca.crt" \
		--service-account-key-file="$pki/sa.pub" --service-account-signing-key-file="$pki/sa.key" \
		--service-account-issuer=https://kubernetes.default.svc.cluster.local \
		--service-cluster-ip-range="$service_cidr" \
		--authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction --allow-privileged=true \
		--kubelet-client-certificate="$pki/apiserver-kubelet.crt" \
		--kubelet-client-key="$pki/apiserver-kubelet.key" \
		--kubelet-certificate-authority="$pki/ca.crt" --kubelet-preferred-address-types=InternalIP \
		--requestheader-client-ca-file="$pki/front-proxy-ca.crt" \
		--requestheader-allowed-names=front-proxy-client \
		--requestheader-extra-headers-prefix=X-Remote-Extra- --requestheader-group-headers=X-Remote-Group \
		--requestheader-username-headers=X-Remote-User \
		--proxy-client-cert-file="$pki/front-proxy.crt" --proxy-client-key-file="$pki/front-proxy.key" \
		--cert-dir="$run/apiserver"
	wait_for apiserver 120 answers --cert "$pki/admin.crt" --key "$pki/admin.key" "$api/readyz"
}

start_controllers() {
	start manager "$bin/kube-controller-manager" --kubeconfig="$run/manager.kubeconfig" \
		--authentication-kubeconfig="$run/manager.kubeconfig" \
		--authorization-kubeconfig="$run/manager.kubeconfig" \
		--bind-address=127.0.0.1 --secure-port="$manager_port" --port=0 --cert-dir="$run/manager" \
		--leader-elect=false --service-account-private-key-file="$pki/sa.key" --root-ca-file="$pki/ca.crt" \
		--cluster-signing-cert-file="$pki/ca.crt" --cluster-signing-key-file="$pki/ca.key" \
		--allocate-node-cidrs=true --cluster-cidr="$pod_cidr" --node-cidr-mask-size="${pod_cidr#*/}" \
		--service-cluster-ip-range="$service_cidr" --use-service-account-credentials=true \
		--kube-api-qps=200 --kube-api-burst=400 --concurrent-serviceaccount-token-syncs=20
	start scheduler "$bin/kube-scheduler" --kubeconfig="$run/scheduler.kubeconfig" \
		--authentication-kubeconfig="$run/scheduler.kubeconfig" \
		--authorization-kubeconfig="$run/scheduler.kubeconfig" \
		--bind-address=127.0.0.1 --secure-port="$scheduler_port" --port=0 --cert-dir="$run/scheduler" \
		--leader-elect=false
}

# --- Node -----------------------------------------------------------------------------------------

# It has the name and the address that the CNI plugin uses, which finds and keeps it.
make_bridge() {
	ip link add "$bridge" type bridge
	echo "$bridge" >"$run/undo/bridge"
	ip addr add "$gateway/${pod_cidr#*/}" dev "$bridge"
	ip link set "$bridge" up
}

write_containerd_config() {
	local plugins=/usr/lib/cni capabilities restrict=true
	[[ -d $plugins ]] || plugins=/opt/cni/bin
	# A sandbox wants oom_score_adj -998. Without CAP_SYS_RESOURCE (bit 24) runc fails on that;
	# containerd can keep to what it may set.
	capabilities=$((16#$(awk '/^CapEff/ { print $2 }' /proc/self/status)))
	[[ $((capabilities >> 24 & 1)) -eq 0 ]] || restrict=false
	mkdir -p "$run/containerd" "$run/cni" "${containerd_socket%/*}"
	cat >"$run/containerd.toml" <<TOML
version = 2
root = "$run/containerd/root"
state = "$run/containerd/state"
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.internal.v1.opt"]
[grpc]
  address = "$containerd_socket"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "$pause_image"
  stream_server_address = "127.0.0.1"
  stream_server_port = "$stream_port"
  disable_apparmor = true
  restrict_oom_score_adj = $restrict
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "$plugins"
    conf_dir = "$run/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      Root = "$run/containerd/runc"
TOML
	cat >"$run/cni/10-bridge.conflist" <<JSON
{"cniVersion": "0.4.0", "name": "pods", "plugins": [
  {"type": "bridge", "bridge": "$bridge", "isGateway": true, "ipMasq": false, "hairpinMode": true,
   "ipam": {"type": "host-local", "dataDir": "$run/ipam",
            "ranges": [[{"subnet": "$pod_cidr", "gateway": "$gateway"}]],
            "routes": [{"dst": "0.0.0.0/0"}]}}]}
JSON
}

start_containerd() {
	local image
	"$here/images.sh"
	write_containerd_config
	start containerd containerd --config "$run/containerd.toml"
	wait_for containerd 30 ctr -a "$containerd_socket" version
	for image in "$images"/*.tar; do
		ctr -a "$containerd_socket" -n k8s.io images import "$image" >>"$logs/import.log" 2>&1 ||
			die "cannot import $image: $(tail -n 3 "$logs/import.log")"
	done
}

# What the kubelet changes is noted for down.sh.
note_for_undo() {
	local name directory
	for name in vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops \
		kernel/keys/root_maxkeys kernel/keys/root_maxbytes net/ipv4/ip_forward \
		net/ipv4/conf/all/route_localnet; do
		[[ ! -r /proc/sys/$name ]] || echo "$name $(cat "/proc/sys/$name")" >>"$run/undo/sysctl"
	done
	for directory in /var/log/pods /var/log/containers /var/lib/kubelet /var/lib/cni; do
		[[ -e $directory ]] || echo "$directory" >>"$run/undo/directories"
	done
	: >"$run/undo/cgroup"
}

start_kubelet() {
	note_for_undo
	: >"$run/resolv.conf"
	mkdir -p "$run/kubelet"
	cat >"$run/kubelet.yaml" <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $gateway
port: $kubelet_port
readOnlyPort: 0
healthzBindAddress: 127.0.0.1
healthzPort: $kubelet_healthz_port
tlsCertFile: $pki/kubelet-server.crt
tlsPrivateKeyFile: $pki/kubelet-server.key
authentication:
  anonymous: {enabled: false}
  webhook: {enabled: true}
  x509: {clientCAFile: $pki/ca.crt}
authorization: {mode: Webhook}
cgroupDriver: cgroupfs
cgroupsPerQOS: true
enforceNodeAllocatable: [pods]
failSwapOn: false
makeIPTablesUtilChains: false
imageGCHighThresholdPercent: 100
evictionHard: {memory.available: 100Mi, nodefs.available: "1%", imagefs.available: "1%", nodefs.inodesFree: "1%"}
volumePluginDir: $run/kubelet/volume-plugins
resolvConf: $run/resolv.conf
clusterDomain: cluster.local
nodeStatusUpdateFrequency: 5s
kubeAPIQPS: 100
kubeAPIBurst: 200
featureGates:
  DevicePlugins: false
YAML
	start kubelet "$bin/kubelet" --config="$run/kubelet.yaml" --kubeconfig="$run/kubelet.kubeconfig" \
		--hostname-override="$node" --node-ip="$gateway" --root-dir="$run/kubelet" \
		--cert-dir="$run/kubelet/pki" --container-runtime=remote \
		--container-runtime-endpoint="unix://$containerd_socket" --pod-infra-container-image="$pause_image"
	wait_for kubelet 120 node_is_ready
}

node_is_ready() {
	[[ $(kubectl get node "$node" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}') == True ]]
}
node_is_untainted() { [[ -z $(kubectl get node "$node" -o 'jsonpath={.spec.taints}') ]]; }

# This machine may have a proxy in its environment.
export NO_PROXY="127.0.0.1,localhost,$node,$pod_cidr,$service_cidr"
export no_proxy=$NO_PROXY
make_certificates
[[ $level == control ]] || make_bridge
start_etcd
start_apiserver
start_controllers
if [[ $level == node ]]; then
	start_containerd
	start_kubelet
fi
wait_for scheduler 60 answers "https://127.0.0.1:$scheduler_port/healthz"
# No pod can be created before its service account is there.
wait_for manager 60 kubectl get serviceaccount default -n default
# The controller takes the not-ready taint away a moment after Ready.
[[ $level == control ]] || wait_for manager 60 node_is_untainted
say "up: $level in $(took "$begun") s"
