#!/usr/bin/env bash
#
# Makes the images that the cluster needs, from what is on this machine: pause, the process of a
# pod's sandbox, and busybox with all its applets.

# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

mkdir -p "$images"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir -p "$work/pause"
cc -static -Os -s -o "$work/pause/pause" "$here/pause.c"
"$here/mkimage.sh" "$pause_image" "$work/pause" "$images/pause.tar" /pause

rootfs=$work/busybox
mkdir -p "$rootfs"/{bin,sbin,usr/bin,usr/sbin,etc,tmp,root,proc,sys,dev,var/run}
chmod 1777 "$rootfs/tmp"
install -m 755 "$(command -v busybox)" "$rootfs/bin/busybox"
for applet in $(busybox --list); do
	[[ $applet == busybox ]] || ln -sf busybox "$rootfs/bin/$applet"
done
printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n' >"$rootfs/etc/passwd"
printf 'root:x:0:\nnogroup:x:65534:\n' >"$rootfs/etc/group"
"$here/mkimage.sh" "$busybox_image" "$rootfs" "$images/busybox.tar" sh
