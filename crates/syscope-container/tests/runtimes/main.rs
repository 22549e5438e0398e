//! Owners of real containers, by real runtimes. They need root and the runtimes' packages: runc, crun, podman,
//! containerd, docker.io, busybox-static.

mod containerd;
mod cri;
mod docker;
mod host;
mod oci;
mod podman;
mod rootless;
