#!/usr/bin/env bash
#
# Boots real kernels in virtual machines and tests Syscope inside: Debian's 5.10, 6.1, 6.12 and its
# newest one, each with a pure v2 and a pure v1 cgroup layout. The last line is `N passed, N failed`.

# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage() {
	cat <<'END'
usage: scripts/test-kernels.sh [--refresh] [--keep] [--write-docs] [SUITE|LAYOUT...]

  SUITE      only these kernels: bullseye (5.10), bookworm (6.1), trixie (6.12), sid (the newest)
  LAYOUT     only this cgroup layout: v1 or v2
  --refresh  fetch the kernels anew; otherwise what is in the cache is used
  --write-docs  put the table of what each kernel has into docs/kernels.md
  --keep     keep what the machines said, and say where

Needs no KVM, no root and an x86-64 machine. Kernels come from the Debian mirror of this machine
(see tests/kernels/fetch.sh; elsewhere name one with SYSCOPE_DEBIAN_MIRROR) and are kept in
${XDG_CACHE_HOME:-~/.cache}/syscope/kernels.

Environment:
  SYSCOPE_BINARY        the program to test; by default it is built from the tree
  SYSCOPE_VM_TIMEOUT=S  how long one machine may take: by default 200 s, and as many times that as
                        there are processes for each processor of a busy host (at most 400 s)
  SYSCOPE_VM_JOBS=N     how many run at a time (default 2)
END
}

suites=()
layouts=()
refresh=()
keep=
write_docs=
for argument in "$@"; do
	case $argument in
	bullseye | bookworm | trixie | sid) suites+=("$argument") ;;
	v1 | v2) layouts+=("$argument") ;;
	--refresh) refresh=(--refresh) ;;
	--keep) keep=1 ;;
	--write-docs) write_docs=1 ;;
	-h | --help)
		usage
		exit 0
		;;
	*)
		say "test-kernels.sh: unknown argument $argument"
		usage >&2
		exit 2
		;;
	esac
done
[[ ${#suites[@]} -gt 0 ]] || suites=(bullseye bookworm trixie sid)
[[ ${#layouts[@]} -gt 0 ]] || layouts=(v2 v1)
limit=${SYSCOPE_VM_TIMEOUT:-}
jobs=${SYSCOPE_VM_JOBS:-2}

[[ $(uname -m) == x86_64 ]] || die "the virtual machines are x86-64: this needs an x86-64 machine"
for command in qemu-system-x86_64 busybox jq cpio gcc python3 ldd; do
	have "$command" || die "$command is missing: scripts/setup.sh --ci installs it"
done

work=$(mktemp -d "${TMPDIR:-/tmp}/syscope-kernels.XXXXXX")
finish() {
	local status=$?
	trap - EXIT
	# shellcheck disable=SC2046 # one word for each process
	kill $(jobs -p) 2>/dev/null || true
	wait
	if [[ -n $keep ]]; then
		say "what the machines said is in $work"
	else
		rm -rf "$work"
	fi
	exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

binary=${SYSCOPE_BINARY:-}
if [[ -z $binary ]]; then
	cargo build --bin syscope
	binary=$(target_directory)/debug/syscope
fi
cargo build -p syscope-bpf --example kernel_facts
facts=$(target_directory)/debug/examples/kernel_facts
# The tracer's tests of cgroups run inside as they do here.
tracer=$(cargo test -p syscope-tracer --test integration --no-run --message-format json |
	jq -r 'select(.target.name? == "integration" and .executable) | .executable')
say "--- kernels"
declare -A kernels
for suite in "${suites[@]}"; do
	kernels[$suite]=$(tests/kernels/fetch.sh ${refresh[@]+"${refresh[@]}"} "$suite")
done
tests/kernels/image.sh "$work/image" "$binary" "$facts" "$tracer"

# Prints the seconds for a machine that starts now: processors that others use as well are slower.
time_limit() {
	awk -v processors="$(nproc)" '{ times = $1 / processors; times = times < 1 ? 1 : times > 2 ? 2 : times
		printf "%d\n", 200 * times }' /proc/loadavg
}

# boot SUITE LAYOUT: runs one machine to its end; what it says is in $work/SUITE-LAYOUT. The status in there is
# that of the machine, 124 when its time was up.
boot() {
	local directory=$work/$1-$2 status=0 layout="layout=$2" seconds=${limit:-$(time_limit)}
	mkdir -p "$directory"
	[[ $2 == v1 ]] || layout+=" cgroup_no_v1=all"
	# A kernel that panics reboots, which ends the machine. Two processors, so that there is concurrency; by one thread, because
	# QEMU may run code that the other processor is just patching (tracepoints are), which the kernel takes for a bug.
	# Its clock is trusted: the kernel would else patch itself when the host keeps a processor from it.
	timeout -k 5 "$seconds" qemu-system-x86_64 -accel tcg,thread=single -cpu max -smp 2 -m 1024 \
		-nodefaults -display none -no-reboot \
		-kernel "${kernels[$1]}/vmlinuz" -initrd "$work/image" \
		-append "console=ttyS0 quiet panic=-1 oops=panic tsc=reliable $layout" \
		-serial "file:$directory/console" -serial "file:$directory/report" \
		>"$directory/qemu" 2>&1 </dev/null || status=$?
	[[ ! -s $directory/qemu ]] || cat "$directory/qemu" >>"$directory/console"
	echo "$status" >"$directory/status"
}

say "--- ${#suites[@]} kernels, ${layouts[*]}"
begun=$SECONDS
for suite in "${suites[@]}"; do
	for layout in "${layouts[@]}"; do
		while [[ $(jobs -rp | wc -l) -ge $jobs ]]; do
			wait -n || true
		done
		boot "$suite" "$layout" &
	done
done
wait

passed=0
failed=0
directories=()
for suite in "${suites[@]}"; do
	version=$(cat "${kernels[$suite]}/version")
	for layout in "${layouts[@]}"; do
		directory=$work/$suite-$layout
		directories+=("$directory")
		tests/kernels/report.py run "${version%%-*} $layout" "$(cat "$directory/status")" "$directory" \
			>"$directory/tests" || true
		sed '$d' "$directory/tests"
		read -r run_passed _ run_failed _ < <(tail -n 1 "$directory/tests")
		passed=$((passed + run_passed))
		failed=$((failed + run_failed))
	done
done

# The table in the documentation is what the machines say; with fewer of them it can't be told.
check_table() {
	local page=docs/kernels.md
	tests/kernels/report.py page "$page" "${directories[@]}" >"$work/page" || return 1
	if [[ -n $write_docs ]]; then
		cp "$work/page" "$page"
	fi
	diff -u "$page" "$work/page"
}
if [[ ${#directories[@]} -eq 8 ]]; then
	if check_table; then
		passed=$((passed + 1))
		echo "ok      docs/kernels.md is what the kernels say"
	else
		failed=$((failed + 1))
		echo "FAILED  docs/kernels.md is out of date: make test-kernels ARGS=--write-docs"
	fi
fi
say "$((SECONDS - begun)) s"
echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
