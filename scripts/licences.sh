#!/usr/bin/env bash
#
# Checks that the licence of every crate we depend on is allowed by deny.toml. cargo-deny does this
# and more where it is installed; this stands in for it, from `cargo metadata` and Python alone.

# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

if cargo deny --version >/dev/null 2>&1; then
	exec cargo deny --workspace check licenses bans sources
fi

metadata=$(mktemp "${TMPDIR:-/tmp}/syscope-metadata.XXXXXX")
trap 'rm -f "$metadata"' EXIT
cargo metadata --format-version 1 --filter-platform x86_64-unknown-linux-gnu \
	--filter-platform aarch64-unknown-linux-gnu >"$metadata"
python3 scripts/licences.py "$metadata" deny.toml
