#!/usr/bin/env bash
#
# The checks that read the sources: formatting, lints, documentation, licences. Each is one item;
# the last line is `N passed, N failed`.

# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

check_lock() { cargo metadata --format-version 1 --locked >/dev/null; }

check_rust_format() { cargo fmt --all --check; }

check_c_format() {
	local files
	mapfile -t files < <(c_sources)
	[[ ${#files[@]} -eq 0 ]] || clang-format --dry-run --Werror "${files[@]}"
}

check_clippy() { cargo clippy --workspace --all-targets -- -D warnings; }

check_documentation() {
	RUSTDOCFLAGS="${RUSTDOCFLAGS:-} -Dwarnings" cargo doc --workspace --no-deps
}

check_licences() { scripts/licences.sh; }

check_shell() {
	local files
	mapfile -t files < <(shell_sources)
	shellcheck "${files[@]}"
}

# scripts/test.sh takes every ignored test for a privileged one.
check_ignored_tests() {
	! grep -rnE --include='*.rs' '#\[ignore' crates | grep -v '#\[ignore = "root+bpf"\]'
}

# Each C file names its licence, see LICENSES.md.
check_c_licence() {
	local file status=0
	while read -r file; do
		head -n 3 "$file" | grep -q 'SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT' ||
			{ echo "$file: no SPDX-License-Identifier as in LICENSES.md" && status=1; }
	done < <(c_sources)
	return "$status"
}

# The files for the sidecar: the init script in several shells, the queries on the sample, the YAML.
check_deploy() { deploy/exec/test.sh; }

# What the page draws with is what its project published.
check_vendored() { scripts/vendor-echarts.sh --check; }

names=(lock rust_format c_format clippy documentation licences shell ignored_tests c_licence deploy vendored)

# One check by name: how the loop below starts each in a process of its own.
if [[ $# -gt 0 ]]; then
	[[ " ${names[*]} " == *" $1 "* ]] || die "unknown check $1; there are: ${names[*]}"
	"check_$1"
	exit
fi

logs=$(mktemp -d "${TMPDIR:-/tmp}/syscope-checks.XXXXXX")
trap 'rm -rf "$logs"' EXIT
export CARGO_TERM_PROGRESS_WHEN=never
passed=0
failed=0
for name in "${names[@]}"; do
	status=0
	timeout -k 10 "${SYSCOPE_CHECK_TIMEOUT:-1800}" bash scripts/checks.sh "$name" \
		>"$logs/$name" 2>&1 </dev/null || status=$?
	if [[ $status -eq 0 ]]; then
		echo "ok      $name"
		passed=$((passed + 1))
	else
		echo "FAILED  $name (status $status)"
		tail -n 100 "$logs/$name" | cut -c 1-2000 | sed 's/^/    /'
		failed=$((failed + 1))
	fi
done
echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
