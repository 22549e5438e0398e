#!/usr/bin/env bash
#
# `make test-load`: builds the node agent and shows that it holds under load and abuse; what and how is in tests/load/.

# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

find_root || die "the node agent and its load need root: $no_root"
target=$(target_directory)
cargo build --release --package syscope --bin syscope
exec ${sudo_command[@]+"${sudo_command[@]}"} env "PATH=$PATH" \
	tests/load/run.sh --binary "$target/release/syscope" "$@"
