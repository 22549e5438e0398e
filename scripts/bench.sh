#!/usr/bin/env bash
#
# `make bench`: measures Syscope side by side with its peers; what and how is in bench/.

# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[[ -f bench/run.py ]] || die "bench/run.py does not exist"
cargo build --release --workspace --bins --examples
find_root || die "measuring needs root: $no_root"
target=$(target_directory)
exec ${sudo_command[@]+"${sudo_command[@]}"} env "PATH=$PATH" \
	"PYTHONDONTWRITEBYTECODE=1" python3 bench/run.py \
	--syscope "$target/release/syscope" --build-dir "$target/bench" "$@"
