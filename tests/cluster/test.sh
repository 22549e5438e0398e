#!/usr/bin/env bash
#
# What Syscope says of the pods of a running cluster. As root.
#
#   test.sh SYSCOPE DIRECTORY
#
# Programs in containers say who they are by an argument, the mark: `/bin/true MARK`. Each check is
# one item; the last line is `N passed, N failed`.

# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

syscope=$1
output=$2
passed=0
failed=0
watchers=()

end_watchers() {
	local pid
	for pid in "${watchers[@]}"; do
		kill -KILL "$pid" 2>/dev/null || true
	done
}
trap end_watchers EXIT

# check NAME CMD...
check() {
	local name=$1
	shift
	# In this very shell: some of them wait for its children.
	if "$@" >"$output/said" 2>&1; then
		echo "ok   $name"
		passed=$((passed + 1))
	else
		echo "FAIL $name: $(tail -n 3 "$output/said" | cut -c-1500)"
		failed=$((failed + 1))
	fi
}

# until_true SECONDS CMD...
until_true() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[[ $SECONDS -lt $end ]] || return 1
		sleep 0.1
	done
}

# --- Pods -----------------------------------------------------------------------------------------

# A shell that shows a mark ten times a second.
tick() { echo "[/bin/sh, -c, 'while :; do /bin/true $1; /bin/sleep 0.1; done']"; }

# container NAME COMMAND
container() { echo "{name: $1, image: $busybox_image, command: $2}"; }

# pod NAME FIELDS CONTAINERS: a pod of the namespace web.
pod() {
	cat <<YAML
---
apiVersion: v1
kind: Pod
metadata: {name: $1, namespace: web, labels: {app: $1, tier: test}}
spec:
  terminationGracePeriodSeconds: 0
  automountServiceAccountToken: false
  $2
  containers: [$3]
YAML
}

deployment() {
	cat <<YAML
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop, namespace: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop, tier: test}}
    spec:
      terminationGracePeriodSeconds: 0
      automountServiceAccountToken: false
      containers: [$(container main "$(tick mark-shop)")]
YAML
}

is_running() { [[ $(kubectl -n "$1" get pod "$2" -o 'jsonpath={.status.phase}') == Running ]]; }

# container_id POD [CONTAINER]
container_id() {
	local pick=0
	[[ -z ${2:-} ]] || pick="?(@.name==\"$2\")"
	kubectl -n web get pod "$1" -o "jsonpath={.status.containerStatuses[$pick].containerID}" | sed 's#.*://##'
}

# --- Events ---------------------------------------------------------------------------------------

# watch NAME ARGUMENTS...: starts Syscope; its events go to NAME.json.
watch() {
	local name=$1
	shift
	"$syscope" "$@" >"$output/$name.json" 2>"$output/$name.stderr" &
	watchers+=($!)
}

# Whole events of NAME that fulfil a jq condition. The program that shows a mark is a `true`; the
# words of an event are where `exec` or `trace` has them.
words='(.argv // .args.argv // [])'
mark="(if (($words | .[0]? // \"\") | tostring | test(\"(^|/)true\$\")) then ($words | .[1]?) else null end)"
events() {
	sed '$!b;/}$/!d' "$output/$1.json" | jq -c --arg wanted "${3:-}" \
		"def mark: $mark; select(.type != \"loss\") | select($2)"
}
# shellcheck disable=SC2016 # $wanted is jq's
of_mark='mark == $wanted'
shows() { [[ -n $(events "$1" "$of_mark" "$2" | head -n 1) ]]; }
count() { events "$1" "$of_mark" "$2" | wc -l; }
has_more() { [[ $(count "$1" "$2") -gt $3 ]]; }

# all NAME MARK CONDITION: every event of the mark fulfils it, and there is one.
all() {
	local wrong
	until_true 20 shows "$1" "$2" || { echo "no $2" && return 1; }
	# shellcheck disable=SC2016 # $wanted is jq's
	wrong=$(events "$1" 'mark == $wanted and ('"$3"' | not)' "$2" | head -n 1)
	[[ -z $wrong ]] || { echo "$wrong" && return 1; }
}

# owned MARK POD CONTAINER: every exec of the mark is of this container of the namespace web.
owned() {
	local id
	id=$(container_id "$2" "$3")
	all all "$1" ".container.namespace == \"web\" and .container.pod == \"$2\" and
		.container.name == \"$3\" and .container.id == \"$id\" and .container.image == \"$busybox_image\" and
		.container.labels.tier == \"test\""
}

# only NAME MARK...: exactly these marks were seen, all of containers.
only() {
	local name=$1 seen expected
	shift
	expected=$(printf '%s\n' "$@" | sort)
	for wanted in "$@"; do
		until_true 20 shows "$name" "$wanted" || { echo "no $wanted" && return 1; }
	done
	seen=$(sed '$!b;/}$/!d' "$output/$name.json" | jq -r "def mark: $mark; select(.type != \"loss\") | mark // empty" |
		grep -v '^mark-probe$' | sort -u)
	[[ $seen == "$expected" ]] || { echo "seen: $seen" && return 1; }
	[[ -z $(events "$name" '.container == null' | head -n 1) ]]
}

shop_pods() { kubectl -n web get pods -l app=shop -o 'jsonpath={.items[*].metadata.name}'; }

# Both replicas show the same mark; each event names one of them with its own container's id.
both_replicas() {
	local name pods
	pods=$(for name in $(shop_pods); do echo "$name $(container_id "$name" main)"; done | sort)
	until_true 20 shown_by_pods "$pods" || { echo "not $pods" && shown_by_pods "" || return 1; }
}

# The pods that show the mark of the deployment, with the ids of their containers, are these.
shown_by_pods() {
	local shown
	shown=$(events all "$of_mark" mark-shop | jq -r '"\(.container.pod) \(.container.id)"' | sort -u)
	[[ $shown == "$1" ]] || { echo "$shown" && return 1; }
}

# The session's process shows its execve first: what runc did before is not in the trace, nor is any
# other program than the container's.
session_is_whole() {
	local pid first
	until_true 20 shows session mark-session || { echo "no session" && return 1; }
	pid=$(events session "$of_mark" mark-session | head -n 1 | jq .process.pid)
	first=$(events session ".process.pid == $pid" | head -n 1)
	[[ $(jq -r .syscall.name <<<"$first") == execve ]] || { echo "$first" && return 1; }
	# A program that was there before the trace has no path in its events.
	first=$(events session '(.process.exe // "/bin/busybox") != "/bin/busybox" or
		(.process.comm | startswith("runc"))' | head -n 1)
	[[ -z $first ]] || { echo "$first" && return 1; }
}

# containerd hangs: events go on with what is known, and those of the host are not held up.
hang_is_survived() {
	local pid status=0
	read -r pid _ <"$run/pids/containerd"
	kill -STOP "$pid"
	goes_on_without_containerd || status=1
	kill -CONT "$pid"
	return "$status"
}

goes_on_without_containerd() {
	local before begin=$SECONDS
	before=$(count all mark-early)
	/bin/true mark-host
	until_true 20 shows all mark-host || { echo "no event of the host" && return 1; }
	[[ $((SECONDS - begin)) -lt 6 ]] || { echo "the host's event waited" && return 1; }
	until_true 20 has_more all mark-early $((before + 10)) || { echo "no more ticks" && return 1; }
	all all mark-early '.container.pod == "early" and .container.name == "main"'
}

# end_watch NAME PID: a clean end without a loss.
end_watch() {
	local name=$1 status=0
	kill -TERM "$2"
	wait "$2" || status=$?
	[[ $status -eq 0 ]] || { tail -n 3 "$output/$name.stderr" && return 1; }
	[[ $(jq -s 'map(select(.type == "loss") | .lost) | add // 0' "$output/$name.json") == 0 ]] ||
		{ grep '"loss"' "$output/$name.json" | head -n 3 && return 1; }
}

# --- The tests ------------------------------------------------------------------------------------

kubectl create namespace web >/dev/null
until_true 20 kubectl -n web get serviceaccount default >/dev/null 2>&1
pod early "" "$(container main "$(tick mark-early)")" | kubectl apply -f - >/dev/null
check "a pod before Syscope" until_true 60 is_running web early

watch all exec -f json
watch shop exec -f json -n web -l app=shop
watch early trace -o json -s execve --pod early
watch names trace -o json -s execve -n web -c second,prepare
watch session trace -o json --pod early
until_true 20 shows all mark-early || true
until_true 20 shows early mark-early || true
until_true 20 shows session mark-early || true

{
	deployment
	pod shared "shareProcessNamespace: true" \
		"$(container first "$(tick mark-first)"), $(container second "$(tick mark-second)")"
	pod node "hostPID: true" "$(container main "$(tick mark-node)")"
	pod prepared "initContainers: [$(container prepare "[/bin/true, mark-prepare]")]" \
		"$(container main "$(tick mark-prepared)")"
	pod brief "restartPolicy: Never" "$(container main "[/bin/true, mark-brief]")"
	pod guaranteed "" "$(container main "$(tick mark-guaranteed)" | sed 's/}$//
		s/$/, resources: {limits: {cpu: 100m, memory: 32Mi}}}/')"
} | kubectl apply -f - >/dev/null
check "the deployment runs" kubectl -n web rollout status deployment/shop --timeout=60s
for name in shared node prepared guaranteed; do
	check "pod $name runs" until_true 60 is_running web "$name"
done
kubectl -n web exec early -- /bin/true mark-session
/bin/true mark-outside

check "a pod from before" owned mark-early early main
check "both replicas of a deployment" both_replicas
check "shared process ids, first container" owned mark-first shared first
check "shared process ids, second container" owned mark-second shared second
check "hostPID" owned mark-node node main
check "a guaranteed pod" owned mark-guaranteed guaranteed main
check "behind an init container" owned mark-prepared prepared main
check "an init container" all all mark-prepare '.container.pod == "prepared" and .container.name == "prepare"'
check "a container that ended at once" all all mark-brief '.container.pod == "brief" and .container.name == "main"'
check "a session" owned mark-session early main
check "the host" all all mark-outside '.container == null'
check "exec by namespace and label" only shop mark-shop
check "trace by pod" only early mark-early mark-session
check "trace by name, also init containers" only names mark-second mark-prepare
check "a session from its first instruction" session_is_whole
check "containerd hangs" hang_is_survived
index=0
for name in all shop early names session; do
	check "$name ends without a loss" end_watch "$name" "${watchers[index]}"
	index=$((index + 1))
done
watchers=()
echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
