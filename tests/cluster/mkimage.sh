#!/usr/bin/env bash
#
# Makes an OCI image archive of one layer out of a directory; no registry is involved.
#
#   mkimage.sh NAME ROOTFS OUT.tar CMD [ARG...]
#
# NAME is the full reference, such as k8s.local/probe:1. CMD is what runs where a pod names no command.

set -euo pipefail
[[ $# -ge 4 ]] || {
	echo "usage: mkimage.sh NAME ROOTFS OUT.tar CMD [ARG...]" >&2
	exit 2
}
name=$1 rootfs=$2 out=$3
shift 3

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
blobs=$work/oci/blobs/sha256
mkdir -p "$blobs"

# Moves a file among the blobs; prints its descriptor's digest and size.
put() {
	local digest size
	digest=$(sha256sum "$1" | cut -d' ' -f1)
	size=$(stat -c %s "$1")
	mv "$1" "$blobs/$digest"
	echo "$digest $size"
}

case $(uname -m) in
x86_64) architecture=amd64 ;;
aarch64) architecture=arm64 ;;
*) architecture=$(uname -m) ;;
esac
oci=application/vnd.oci.image
tar --sort=name --mtime=@0 --numeric-owner --owner=0 --group=0 -C "$rootfs" -cf "$work/layer" .
read -r layer layer_size < <(put "$work/layer")
jq -n --arg architecture "$architecture" --arg layer "sha256:$layer" '{$architecture, os: "linux",
	config: {Env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"], Cmd: $ARGS.positional},
	rootfs: {type: "layers", diff_ids: [$layer]}}' --args "$@" >"$work/config"
read -r config config_size < <(put "$work/config")
jq -n --arg oci "$oci" --arg config "sha256:$config" --argjson config_size "$config_size" \
	--arg layer "sha256:$layer" --argjson layer_size "$layer_size" '{schemaVersion: 2,
	mediaType: "\($oci).manifest.v1+json",
	config: {mediaType: "\($oci).config.v1+json", digest: $config, size: $config_size},
	layers: [{mediaType: "\($oci).layer.v1.tar", digest: $layer, size: $layer_size}]}' >"$work/manifest"
read -r manifest manifest_size < <(put "$work/manifest")
jq -n --arg oci "$oci" --arg manifest "sha256:$manifest" --argjson size "$manifest_size" --arg name "$name" '
	{schemaVersion: 2, manifests: [{mediaType: "\($oci).manifest.v1+json", digest: $manifest, $size,
	annotations: {"io.containerd.image.name": $name,
	"org.opencontainers.image.ref.name": ($name | split(":") | last)}}]}' >"$work/oci/index.json"
printf '{"imageLayoutVersion":"1.0.0"}' >"$work/oci/oci-layout"
tar -C "$work/oci" -cf "$out.new" oci-layout index.json blobs
mv "$out.new" "$out"
