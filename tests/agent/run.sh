#!/usr/bin/env bash
#
# Tests the node agent from outside, as root: the page in a browser against agents of the tests and the real one, the API against
# its OpenAPI document, and jobs whose clients are killed. Each is one item; the last line is `N passed, N failed`.

# shellcheck source=../../scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/common.sh"

work=$(mktemp -d "${TMPDIR:-/tmp}/syscope-agent.XXXXXX")
agent=
passed=0
failed=0

# shellcheck disable=SC2317 # the trap calls it
finish() {
	local status=$?
	trap - EXIT
	stop_agent
	rm -rf "$work"
	exit "$status"
}
trap finish EXIT

build() {
	cargo build --quiet --bin syscope
	binary=${CARGO_TARGET_DIR:-target}/debug/syscope
}

# Starts a real agent; its address is in $address.
start_agent() {
	# No function in between: the signal that ends it goes to this process.
	${sudo_command[@]+"${sudo_command[@]}"} "$binary" server --listen 127.0.0.1:0 --node-name test "$@" 2>"$work/stderr" &
	agent=$!
	for _ in $(seq 200); do
		address=$(sed -n 's|^syscope: \(http://.*\)/$|\1|p' "$work/stderr")
		[[ -z $address ]] || return 0
		kill -0 "$agent" 2>/dev/null || break
		sleep 0.1
	done
	cat "$work/stderr" >&2
	die "the agent does not start"
}

stop_agent() {
	[[ -n $agent ]] || return 0
	as_root kill -TERM "$agent" 2>/dev/null || true
	wait "$agent" 2>/dev/null || true
	agent=
}

# item NAME SECONDS CMD...
item() {
	local name=$1 limit=$2 status=0
	shift 2
	timeout -k 10 "$limit" "$@" >"$work/log" 2>&1 </dev/null || status=$?
	if [[ $status -eq 0 ]]; then
		echo "ok      $name"
		passed=$((passed + 1))
	else
		echo "FAILED  $name (status $status)"
		tail -n 100 "$work/log" | cut -c 1-2000 | sed 's/^/    /'
		failed=$((failed + 1))
	fi
}

find_root || die "the node agent needs root: $no_root"
build
item page_pure 120 node --test tests/page/pure.test.mjs
item page 600 python3 tests/page/browser.py
start_agent --metrics-latency
item page_of_the_agent 600 python3 tests/page/browser.py "$address"
stop_agent
# What a user gets as JSON beside an agent.
lines() {
	as_root "$binary" trace -o json -w "$work/trace.jsonl" -- sh -c 'ls /; cat /no/such/file; true' >/dev/null 2>&1
	as_root "$binary" trace -C -o json -w "$work/summary.jsonl" -- ls / >/dev/null
	as_root "$binary" exec -f json --exit --failed --duration 1s --write "$work/exec.jsonl" 2>/dev/null &
	while kill -0 $! 2>/dev/null; do
		sh -c '/bin/true; sleep 0.05'
	done
	as_root chmod a+r "$work"/*.jsonl
}

start_agent
lines
item api 600 tests/api/run.sh "$address" "" "$work/trace.jsonl" "$work/summary.jsonl" "$work/exec.jsonl"
stop_agent
# The whole load wants a release build: make test-load.
item leases 300 ${sudo_command[@]+"${sudo_command[@]}"} tests/load/run.sh --quick --binary "$binary" leases
echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
