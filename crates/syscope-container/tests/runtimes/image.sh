#!/bin/sh
# Makes an image archive that every runtime loads (the form of `docker save`), out of the static busybox alone.
# usage: image.sh OUT.tar
# Images: syscope.test/busybox:1 and syscope.test/pause:1 (a process that waits).
set -eu
out=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/root/bin" "$dir/root/proc" "$dir/root/sys" "$dir/root/dev" "$dir/root/etc" "$dir/image"
cp -L "$(command -v busybox)" "$dir/root/bin/busybox"
chmod 755 "$dir/root/bin/busybox"
ln -s busybox "$dir/root/bin/sh"
printf 'root:x:0:0:root:/:/bin/sh\n' >"$dir/root/etc/passwd"
tar --sort=name --mtime=@0 --numeric-owner --owner=0 --group=0 -C "$dir/root" -cf "$dir/image/layer.tar" .
layer=$(sha256sum "$dir/image/layer.tar" | cut -d' ' -f1)
config() {
	printf '{"architecture":"amd64","os":"linux","config":{"Env":["PATH=/bin"],"Cmd":%s},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' \
		"$1" "$layer" >"$dir/config"
	name=$(sha256sum "$dir/config" | cut -d' ' -f1).json
	mv "$dir/config" "$dir/image/$name"
	echo "$name"
}
busybox=$(config '["sh"]')
pause=$(config '["/bin/busybox","sleep","100000"]')
printf '[{"Config":"%s","RepoTags":["syscope.test/busybox:1"],"Layers":["layer.tar"]},{"Config":"%s","RepoTags":["syscope.test/pause:1"],"Layers":["layer.tar"]}]' \
	"$busybox" "$pause" >"$dir/image/manifest.json"
tar -C "$dir/image" -cf "$out" manifest.json "$busybox" "$pause" layer.tar
