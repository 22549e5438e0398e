#!/usr/bin/env bash
#
# Tests the files of this directory: init.sh in several shells and with several clients against a small
# server on loopback, the jq commands of queries.md on sample.jsonl, and the form of the others. Needs no
# cluster, no privilege and no network. The last line is `N passed, N failed`.
#
# What a missing tool (dash, busybox, curl, jq, PyYAML, ...) would have tested is skipped and named; with
# SYSCOPE_TEST_ALL=1 that is a failure.

set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
work=$(mktemp -d "${TMPDIR:-/tmp}/syscope-deploy.XXXXXX")
server=
trap 'stop_server; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

passed=0
failed=0

have() { command -v "$1" >/dev/null 2>&1; }

# ok NAME STATUS [FILE...]: one test with its result; FILEs tell why it failed.
ok() {
	local name=$1 status=$2 file
	shift 2
	if [[ $status -eq 0 ]]; then
		echo "ok      $name"
		passed=$((passed + 1))
		return
	fi
	echo "FAILED  $name"
	failed=$((failed + 1))
	for file in "$@"; do
		sed 's/^/    /' "$file" 2>/dev/null | head -n 40
	done
}

skip() {
	echo "skipped $1: $2"
	[[ ${SYSCOPE_TEST_ALL:-} != 1 ]] || failed=$((failed + 1))
}

# --- The server -----------------------------------------------------------------------------------

# As `syscope exec --init-address`: one right request is answered 204 and ends it, all others get 4xx
# and it waits on. `refuse` answers 400 to everything, `hang` nothing, `once_busy` 503 to the first
# request. Each request is a line of $work/requests.
cat >"$work/server.py" <<'END'
import socket, sys

mode, port = sys.argv[1], int(sys.argv[2])
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", port))
listener.listen()
with open(sys.argv[3], "w") as file:
    file.write(str(listener.getsockname()[1]))
log = open(sys.argv[4], "a", buffering=1)
held = []
seen = 0
while True:
    peer, _ = listener.accept()
    seen += 1
    if mode == "hang":
        held.append(peer)
        log.write("held\n")
        continue
    peer.settimeout(5)
    data = b""
    try:
        while b"\r\n\r\n" not in data:
            data += peer.recv(4096) or sys.exit("cut request")
        head, body = data.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        fields = [line.split(":", 1) for line in lines[1:]]
        fields = [(name.lower(), value.strip()) for name, value in fields]
        length = int(dict(fields).get("content-length", "0"))
        while len(body) < length:
            body += peer.recv(4096) or sys.exit("cut body")
    except (OSError, ValueError) as err:
        log.write(f"bad {err}\n")
        peer.close()
        continue
    types = [value for name, value in fields if name == "content-type"]
    log.write(f"{lines[0]}|{types}|{body.decode('latin-1')}\n")
    right = lines[0].startswith("POST / HTTP/1.") and types == ["text/plain"] and body.isdigit()
    status, text = ("204 No Content", "") if right else ("400 Bad Request", "not a pid namespace\n")
    if mode == "refuse":
        status, text = "400 Bad Request", "not a pid namespace\n"
    elif mode == "once_busy" and seen == 1:
        status, text = "503 Service Unavailable", "later\n"
    answer = f"HTTP/1.1 {status}\r\nConnection: close\r\n"
    if text:
        answer += f"Content-Type: text/plain\r\nContent-Length: {len(text)}\r\n"
    peer.sendall((answer + "\r\n" + text).encode())
    peer.close()
    if status.startswith("204"):
        sys.exit(0)
END

stop_server() {
	[[ -z $server ]] || { kill "$server" && wait "$server"; } 2>/dev/null
	server=
}

# start_server MODE [PORT [DELAY]]: sets port. With a delay it comes up later.
start_server() {
	stop_server
	rm -f "$work/port" "$work/requests"
	: >"$work/requests"
	(
		[[ -z ${3:-} ]] || sleep "$3"
		exec python3 "$work/server.py" "$1" "${2:-0}" "$work/port" "$work/requests" 2>"$work/server.err"
	) &
	server=$!
	port=${2:-}
	[[ -z ${3:-} ]] || return 0
	for _ in {1..100}; do
		[[ ! -s $work/port ]] || break
		sleep 0.05
	done
	port=$(cat "$work/port")
}

free_port() {
	python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# --- init.sh --------------------------------------------------------------------------------------

# A PATH with what every system has and, beside it, only the client that is tested.
make_path() {
	local dir=$work/bin/$1 tool
	mkdir -p "$dir"
	for tool in readlink ls sleep date timeout true sh; do
		ln -sf "$(type -P "$tool")" "$dir/$tool"
	done
	case $1 in
	curl) ln -sf "$(command -v curl)" "$dir/curl" ;;
	gnu_wget) ln -sf "$(command -v wget)" "$dir/wget" ;;
	busybox_wget) ln -sf "$(command -v busybox)" "$dir/wget" ;;
	busybox) ln -sf "$(command -v busybox)" "$dir/busybox" ;;
	esac
}

# init SHELL CLIENT [VARIABLE=VALUE...]: runs init.sh in front of a command that prints its arguments.
# Sets status and seconds; what was printed is in $work/out and $work/err.
init() {
	local shell=$1 client=$2 began=$SECONDS
	shift 2
	local command=("$(command -v "${shell%% *}")")
	[[ $shell != "busybox sh" ]] || command+=(sh)
	status=0
	env -i PATH="$work/bin/$client" http_proxy=http://127.0.0.1:9 SYSCOPE_INIT_ADDRESS="127.0.0.1:$port" \
		SYSCOPE_INIT_TIMEOUT=20 "$@" "${command[@]}" ./init.sh sh -c 'printf "<%s>" "$@"' sh 'a b' '' '*' \
		>"$work/out" 2>"$work/err" </dev/null || status=$?
	seconds=$((SECONDS - began))
}

started() { [[ $status -eq 0 && $(cat "$work/out") == '<a b><><*>' ]]; }
refused() { [[ $status -eq 1 && ! -s $work/out ]]; }
says() { grep -qF -- "$1" "$work/err"; }
number=$(readlink /proc/self/ns/pid)
number=${number//[!0-9]/}
# The last request is the right one.
told() { tail -n 1 "$work/requests" | grep -qxE "POST / HTTP/1\.[01]\|\['text/plain'\]\|$number"; }
requests_are() { [[ $(wc -l <"$work/requests") -eq $1 ]]; }
within() { [[ $seconds -ge $1 && $seconds -le $2 ]]; }
status_is() { [[ $status -eq $1 ]]; }
one_pid() { [[ $(sort -u "$work/out" | wc -l) -eq 1 ]]; }

# check NAME CONDITION...: each condition is a command line.
check() {
	local name=$1 condition
	shift
	for condition in "$@"; do
		if ! eval "$condition"; then
			echo "not so: $condition (status $status, after $seconds s)" >"$work/why"
			ok "$name" 1 "$work/why" "$work/out" "$work/err" "$work/requests"
			return
		fi
	done
	ok "$name" 0
}

test_client() {
	local shell=$1 client=$2
	local name="init.sh $shell, $client"

	start_server right
	init "$shell" "$client"
	check "$name: first try" started told 'requests_are 1' 'says "is being logged"'

	start_server right "$(free_port)" 0.7
	init "$shell" "$client"
	check "$name: server comes up late" started told 'requests_are 1' 'within 0 10'

	start_server once_busy
	init "$shell" "$client"
	check "$name: busy once" started told 'requests_are 2'

	start_server refuse
	init "$shell" "$client"
	check "$name: 4xx" started 'says "refused it (400): "' 'says "without an exec log"' 'requests_are 1'
	init "$shell" "$client" SYSCOPE_STRICT=1
	check "$name: 4xx, strict" refused 'says "refused it (400): "' 'says "not starting"'

	stop_server
	: >"$work/requests"
	port=$(free_port)
	init "$shell" "$client" SYSCOPE_INIT_TIMEOUT=2
	check "$name: no server" started 'says "in 2 s (000): "' 'within 1 6'
	init "$shell" "$client" SYSCOPE_INIT_TIMEOUT=1 SYSCOPE_STRICT=1
	check "$name: no server, strict" refused "within 0 5"

	start_server hang
	init "$shell" "$client" SYSCOPE_INIT_TIMEOUT=1
	check "$name: a server that says nothing" started 'within 0 7'
	stop_server
}

test_shell() {
	local shell=$1 client tool
	local name="init.sh $shell"
	if ! have "${shell%% *}"; then
		skip "$name" "no ${shell%% *}"
		return
	fi
	for client in curl gnu_wget busybox_wget busybox; do
		tool=${client%_wget}
		[[ $tool != gnu ]] || tool=wget
		if ! have "$tool"; then
			skip "$name, $client" "no $tool"
		elif [[ $client == gnu_wget && $(wget --version 2>&1) != *"GNU Wget"* ]]; then
			skip "$name, $client" "wget is another one"
		else
			make_path "$client"
			test_client "$shell" "$client"
		fi
	done

	make_path none
	: >"$work/requests"
	port=1
	# A busybox that prefers its own applets always has a wget.
	if [[ $shell == "busybox sh" ]] && PATH=$work/bin/none "$(command -v busybox)" sh -c 'command -v wget' >/dev/null; then
		skip "$name: neither curl nor wget" "this busybox has its own"
	else
		init "$shell" none
		check "$name: neither curl nor wget" started 'says "neither curl nor wget"' 'within 0 2'
		init "$shell" none SYSCOPE_STRICT=1
		check "$name: neither curl nor wget, strict" refused 'says "neither curl nor wget"'
	fi

	if have curl; then
		start_server right
		init "$shell" curl SYSCOPE_INIT_TIMEOUT=08
		check "$name: a time-out that is no number" started told 'says "no number of seconds"'
	fi
}

test_init() {
	local shell
	if have shellcheck; then
		shellcheck init.sh test.sh >"$work/log" 2>&1
		ok "shellcheck" $? "$work/log"
	else
		skip "shellcheck" "no shellcheck"
	fi
	if ! have python3; then
		skip "init.sh" "no python3 for the server"
		return
	fi
	for shell in dash "busybox sh" bash; do
		test_shell "$shell"
	done

	# The command replaces the script: its pid and its exit status are the script's.
	have curl || return
	start_server right
	status=0 seconds=0
	SYSCOPE_INIT_ADDRESS=127.0.0.1:$port sh -c 'echo $$; exec ./init.sh sh -c "echo \$\$; exit 7"' \
		>"$work/out" 2>"$work/err" || status=$?
	check "init.sh becomes the command" 'status_is 7' one_pid
	start_server right
	status=0
	SYSCOPE_INIT_ADDRESS=127.0.0.1:$port ./init.sh >"$work/out" 2>"$work/err" || status=$?
	check "init.sh without a command" 'status_is 0' told
	stop_server

	# As the first process of its pid namespace it sends that namespace, and SIGTERM ends the wait.
	if unshare --pid --fork --mount-proc true 2>/dev/null; then
		start_server right
		SYSCOPE_INIT_ADDRESS=127.0.0.1:$port unshare --pid --fork --mount-proc --kill-child \
			./init.sh readlink /proc/self/ns/pid >"$work/out" 2>"$work/err"
		number=$(tr -dc 0-9 <"$work/out") check "init.sh in a pid namespace of its own" told
		port=$(free_port)
		SYSCOPE_INIT_ADDRESS=127.0.0.1:$port unshare --pid --fork --mount-proc --kill-child ./init.sh true \
			>"$work/out" 2>"$work/err" &
		local pid=$! began=$SECONDS child=
		sleep 1
		child=$(ps -o pid= --ppid "$pid" | tr -d ' ')
		[[ -z $child ]] || kill -TERM "$child"
		status=0
		wait "$pid" || status=$?
		seconds=$((SECONDS - began))
		check "init.sh as pid 1: SIGTERM" 'status_is 143' 'within 0 8'
	else
		skip "init.sh in a pid namespace of its own" "not permitted"
	fi
}

# --- queries.md -----------------------------------------------------------------------------------

test_queries() {
	local n=0 file name
	if ! have jq; then
		skip "queries.md" "no jq"
		return
	fi
	jq -e -s 'length >= 15 and all(.[]; .level and (.fields.labels | type == "object")
		and (.msg == "totals" or .ts)
		and .fields.event.type == {exec: "exec", exit: "exit", loss: "loss", totals: "loss"}[.msg]
		and (.msg != "exec" or ((.fields.cmdline | type == "string") and .fields.event.ts == .ts and .fields.event.exec_id
			and (.fields.event | keys_unsorted[:7] == ["filename", "argv", "truncated", "pid", "uid", "gid", "comm"]))))
		' sample.jsonl >"$work/log" 2>&1
	ok "sample.jsonl has the shape of the log" $? "$work/log"
	# Each ```sh block is run; the ```text block right behind it is what it prints.
	awk -v dir="$work" '
		/^```sh$/ { kind = "sh"; file = sprintf("%s/query%02d.sh", dir, ++n); printf "" >file; next }
		/^```text$/ && after { kind = "text"; file = sprintf("%s/query%02d.text", dir, n); printf "" >file; next }
		/^```/ { after = kind == "sh"; kind = ""; next }
		kind { print >file; next }
		{ after = 0 }' queries.md
	for file in "$work"/query*.sh; do
		n=$((n + 1))
		name=$(grep -v '^$' "${file%.sh}.text" | head -n 1)
		sh "$file" >"$work/out" 2>&1 && diff "${file%.sh}.text" "$work/out" >"$work/log"
		ok "queries.md: query $n ($name)" $? "$work/log" "$work/out"
	done
	[[ $n -ge 9 ]]
	ok "queries.md: all queries were found" $?
}

# --- The others -----------------------------------------------------------------------------------

test_pods() {
	local file
	if ! python3 -c 'import yaml' 2>/dev/null; then
		skip "pods" "no python3 with yaml"
		return
	fi
	for file in pod.yaml pod-envbox.yaml; do
		python3 - "$file" >"$work/log" 2>&1 <<'END'
import sys, yaml

class Strict(yaml.SafeLoader):
    """Keys that come twice are errors, as they are for the API server."""

def mapping(loader, node):
    keys = [loader.construct_object(key) for key, _ in node.value]
    assert len(keys) == len(set(keys)), f"a key comes twice: {keys}"
    return yaml.SafeLoader.construct_mapping(loader, node, deep=True)

Strict.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping)
[pod] = yaml.load_all(open(sys.argv[1]), Strict)
assert (pod["apiVersion"], pod["kind"]) == ("v1", "Pod")
spec = pod["spec"]
# Both would hand the workspace the namespace that the number is to tell apart.
assert not spec.get("hostPID") and not spec.get("hostNetwork") and not spec.get("shareProcessNamespace")
workspace, syscope = spec["containers"]
assert (workspace["name"], syscope["name"]) == ("workspace", "syscope")
volumes = {volume["name"]: volume for volume in spec["volumes"]}
assert not any("hostPath" in volume for volume in volumes.values())
for container in spec["containers"]:
    for mount in container.get("volumeMounts", []):
        assert mount["name"] in volumes, mount
    for variable in container.get("env", []):
        assert isinstance(variable.get("value", ""), str), f"{variable} must be quoted"
    assert all(isinstance(word, str) for word in container.get("args", []))
assert workspace["command"] == ["/opt/syscope/init.sh"]
args = syscope["args"]
assert args[0] == "exec" and "--init-address=127.0.0.1:56123" in args and "--output=log" in args
assert any(arg.startswith("--label=") for arg in args)
names = {variable["name"] for variable in syscope["env"]}
used = {arg.split("$(")[1].rstrip(")") for arg in args if "$(" in arg}
assert used == names, (used, names)
security = syscope["securityContext"]
assert not security["privileged"] and security["allowPrivilegeEscalation"] is False
assert security["readOnlyRootFilesystem"] is True and security["runAsUser"] == 0
assert security["capabilities"] == {"drop": ["ALL"], "add": ["BPF", "PERFMON"]}
assert security["seccompProfile"] == {"type": "RuntimeDefault"}
assert syscope["resources"]["limits"]["memory"] and "cpu" not in syscope["resources"]["limits"]
END
		ok "$file" $? "$work/log"
	done
}

# The flags that the files use are flags that the program has.
test_flags() {
	local syscope=${SYSCOPE:-../../target/release/syscope} flag status=0
	[[ -x $syscope ]] || syscope=../../target/debug/syscope
	if ! "$syscope" exec --help >"$work/help" 2>&1; then
		skip "flags" "no syscope with exec (set SYSCOPE)"
		return
	fi
	: >"$work/log"
	while read -r flag; do
		grep -qE -- "(^|[ ,])$flag([ ,=]|\$)" "$work/help" ||
			{ echo "no flag $flag" >>"$work/log" && status=1; }
	done < <({
		sed -n 's/^ *- \(--[a-z-]*\).*/\1/p' pod.yaml pod-envbox.yaml
		sed -n '/^ExecStart=/,/[^\\]$/p' syscope-exec.service | grep -oE -- '--[a-z-]+'
	} | sort -u)
	ok "flags" "$status" "$work/log"
}

test_unit() {
	if ! have systemd-analyze; then
		skip "syscope-exec.service" "no systemd-analyze"
		return
	fi
	# The program need not be installed here.
	sed "s#^ExecStart=/usr/bin/syscope #ExecStart=$(command -v true) #" syscope-exec.service >"$work/syscope-exec.service"
	systemd-analyze verify "$work/syscope-exec.service" >"$work/log" 2>&1 && [[ ! -s $work/log ]]
	ok "syscope-exec.service" $? "$work/log"
}

# Each file that the image is built from is there.
test_dockerfile() {
	local path status=0
	: >"$work/log"
	while read -r path; do
		[[ -e ../../$path ]] || { echo "no $path" >>"$work/log" && status=1; }
		# The ignore file lets it through.
		case $path in
		LICENSE*) path='LICENSE*' ;;
		esac
		grep -qxF "!$path" Dockerfile.dockerignore || { echo "$path is ignored" >>"$work/log" && status=1; }
	done < <(sed -n '/^COPY --from/d; s/^COPY \(.*\) [^ ]*$/\1/p' Dockerfile | tr ' ' '\n')
	ok "Dockerfile" "$status" "$work/log"
}

test_pods
test_flags
test_unit
test_dockerfile
test_queries
test_init
echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
