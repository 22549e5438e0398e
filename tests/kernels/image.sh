#!/usr/bin/env bash
#
# Builds the root file system of the virtual machines: busybox, our programs with the libraries they need,
# the tests. One image serves all kernels.

# shellcheck source=../../scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/common.sh"

[[ $# -ge 2 ]] || die "usage: tests/kernels/image.sh IMAGE PROGRAM..."
image=$1
shift
tree=$(mktemp -d "${TMPDIR:-/tmp}/syscope-image.XXXXXX")
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree"/{bin,etc,guest}

# Puts a program where the path finds it, and its libraries where the loader finds them.
add_program() {
	local program=$1 name library
	name=$(basename "$program")
	if [[ $program == "$root"/* || $program == "${CARGO_TARGET_DIR:-$root}"/* ]]; then
		strip --strip-debug -o "$tree/bin/$name" "$program"
	else
		cp -L "$program" "$tree/bin/$name"
	fi
	while read -r library; do
		mkdir -p "$tree$(dirname "$library")"
		cp -Ln "$library" "$tree$library"
	done < <(ldd "$program" 2>/dev/null | grep -oE '/[^ ]+' || true)
}

build_calls() {
	gcc "$1" -O2 -Wall -Wextra -Werror -static -nostdlib -ffreestanding -fno-stack-protector -fno-pie -no-pie \
		-fcf-protection=none -o "$tree/bin/$2" tests/kernels/programs/calls.c
}

busybox=$(command -v busybox)
if ldd "$busybox" >/dev/null 2>&1; then
	add_program "$busybox"
else
	cp "$busybox" "$tree/bin/busybox"
fi
for program in "$@" "$(command -v jq)"; do
	add_program "$program"
done
build_calls -m64 calls
build_calls -m32 calls32
cp tests/kernels/guest/* "$tree/guest/"
mv "$tree/guest/init" "$tree/init"
chmod +x "$tree/init"
echo 'known text' >"$tree/etc/known"
echo 'root:x:0:0:root:/root:/bin/sh' >"$tree/etc/passwd"
# Not compressed: the virtual machine would take longer to unpack it than to read it.
(cd "$tree" && find . -print0 | sort -z | cpio --null --create --format=newc --owner=0:0 --quiet) >"$image"
