#!/usr/bin/env bash
#
# Formats the Rust and the C sources in place.

# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

cargo fmt --all
mapfile -t files < <(c_sources)
[[ ${#files[@]} -eq 0 ]] || clang-format -i "${files[@]}"
