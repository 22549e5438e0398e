#!/usr/bin/env bash
#
# Builds and runs the tests: first those that any user can run, then, as root and one after the
# other, those marked #[ignore = "root+bpf"], which load programs into the running kernel. The last
# line is `N passed, N failed` over both.

# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage() {
	cat <<'END'
usage: scripts/test.sh [unit|privileged|all] [FILTER...]

  unit        the tests that need no privilege, and the examples in the documentation
  privileged  the tests marked #[ignore = "root+bpf"], serially, as root
  FILTER      run only the tests whose name contains one of these

Environment:
  SYSCOPE_UNPRIVILEGED=1   do not fail when this machine cannot run the privileged tests
  SYSCOPE_TEST_TIMEOUT=S   the time limit of each of the runs, builds included (default 2400)
END
}

part=all
case ${1:-} in
unit | privileged | all)
	part=$1
	shift
	;;
-h | --help)
	usage
	exit 0
	;;
esac
filters=("$@")
limit=${SYSCOPE_TEST_TIMEOUT:-2400}
logs=$(mktemp -d "${TMPDIR:-/tmp}/syscope-test.XXXXXX")
export CARGO_TERM_PROGRESS_WHEN=never
if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
	export CARGO_TERM_COLOR=always
fi

have cargo || die "cargo is not installed; see https://rustup.rs"
nextest=
if cargo nextest --version >/dev/null 2>&1; then
	nextest=1
fi

passed=0
failed=0

finish() {
	if [[ $failed -eq 0 ]]; then
		rm -rf "$logs"
	else
		say "the whole output is in $logs"
	fi
	echo "$passed passed, $failed failed"
	[[ $failed -eq 0 ]] || exit 1
	exit 0
}

# Adds what `nextest` or `libtest` (KIND) summarised in LOG; a run that failed without a failed test
# (it did not build, or was stopped) counts as one failure, so nothing ends green that did not run.
count() {
	local kind=$1 log=$2 status=$3 run_passed run_failed
	read -r run_passed run_failed < <(
		sed 's/\x1b\[[0-9;]*m//g' "$log" | awk -v kind="$kind" '
			# "Summary [ 0.1s] 4 tests run: 3 passed (1 slow), 1 failed, 2 skipped", or "3/4 tests
			# run" when it was stopped: what did not run has failed.
			kind == "nextest" && /^ *Summary \[/ && / tests? run: / {
				sub(/^ *Summary \[[^]]*\] */, "")
				n = split($1, runs, "/")
				passed = match($0, /run: [0-9]+ passed/) ? substr($0, RSTART + 5) + 0 : 0
				failed = runs[n] - passed
			}
			# "test result: ok. 3 passed; 0 failed; 1 ignored; ...", one for each test program.
			kind == "libtest" && /^test result: / { passed += $4; failed += $6 }
			END { print passed + 0, failed + 0 }'
	)
	if [[ $status -ne 0 && $run_failed -eq 0 ]]; then
		say "the run ended with status $status"
		run_failed=1
	fi
	passed=$((passed + run_passed))
	failed=$((failed + run_failed))
}

# run NAME CMD...
run() {
	local name=$1 kind=libtest status=0
	shift
	[[ $2 != nextest ]] || kind=nextest
	say "--- $name"
	run_logged "$logs/$name.log" "$limit" "$@" || status=$?
	count "$kind" "$logs/$name.log" "$status"
}

run_unit() {
	if [[ -n $nextest ]]; then
		run unit cargo nextest run --workspace --no-tests pass ${filters[@]+"${filters[@]}"}
		# nextest leaves out the examples in the documentation.
		run documentation cargo test --workspace --doc --no-fail-fast -- ${filters[@]+"${filters[@]}"}
	else
		run unit cargo test --workspace --no-fail-fast -- ${filters[@]+"${filters[@]}"}
	fi
}

# Prints the names of the privileged tests.
list_privileged() {
	if [[ -n $nextest ]]; then
		cargo nextest list --workspace --run-ignored only --message-format oneline \
			${filters[@]+"${filters[@]}"} 2>/dev/null
	else
		cargo test --workspace --tests -- --ignored --list ${filters[@]+"${filters[@]}"} 2>/dev/null |
			sed -n 's/: test$//p'
	fi
}

# Privileged tests are built as the user and only run as root: cargo starts each test program
# through its "runner", which here is sudo, so that nothing in the build directory belongs to root.
run_privileged() {
	local why host runner
	if ! find_root; then
		why=$no_root
	elif why=$(as_root python3 scripts/bpf_probe.py 2>&1); then
		why=
	fi
	if [[ -n $why ]]; then
		could_not_run "$why"
		return
	fi
	if [[ $EUID -ne 0 ]]; then
		host=$(rustc -vV | sed -n 's/^host: //p' | tr 'a-z-' 'A-Z_')
		# -n: in a run without standard input a question would never be answered.
		runner="sudo -n -E env PATH=$PATH"
		export "CARGO_TARGET_${host}_RUNNER=$runner"
	fi
	if [[ -n $nextest ]]; then
		run privileged cargo nextest run --workspace --run-ignored only --test-threads 1 \
			--no-tests pass ${filters[@]+"${filters[@]}"}
	else
		run privileged cargo test --workspace --tests --no-fail-fast -- --ignored --test-threads 1 \
			${filters[@]+"${filters[@]}"}
	fi
}

could_not_run() {
	local why=$1 names number
	names=$(list_privileged || true)
	number=$(grep -c . <<<"$names" || true)
	say "--- privileged: $number tests could not run here: $why"
	[[ -z $names ]] || say "    ${names//$'\n'/$'\n'    }"
	if [[ ${SYSCOPE_UNPRIVILEGED:-} == 1 ]]; then
		say "SYSCOPE_UNPRIVILEGED=1: they are not counted"
	else
		say "run as root on a kernel with eBPF and BTF, or set SYSCOPE_UNPRIVILEGED=1 to leave them out"
		# Also with no such test yet: the environment that was asked for is not there.
		failed=$((failed + (number > 0 ? number : 1)))
	fi
}

# Everything is built once, by the user, before anything runs: what does not build is one failure.
say "--- build"
if ! run_logged "$logs/build.log" "$limit" cargo test --workspace --no-run; then
	failed=1
	finish
fi
[[ $part == privileged ]] || run_unit
[[ $part == unit ]] || run_privileged
finish
