//! Real container runtimes, for tests.
//!
//! ```text
//!   Host ── Rootfs ──┬── OciRuntime (runc, crun) ── Bundle
//!    │               ├── Podman
//!    │               ├── Docker (dockerd)
//!    └── cgroups     └── Containerd ──┬── ctr
//!                                     └── Cri: pods, as a kubelet makes them
//! ```
//!
//! A test begins with [`Host::enter`]: its thread, and all it starts, get a mount namespace in which `/run` and
//! the runtimes' directories below `/var/lib` are empty. So daemons and storage are at their usual places,
//! where Syscope looks for them, and yet never meet those of the machine or of another test. When the host is
//! dropped (also by a panic), what still runs of it is killed, and the cgroups of its containers are removed in
//! every hierarchy; the mounts go with the namespace.
//!
//! Containers run programs from a static busybox, without network, within the rights of a root user that may
//! not raise limits (no `CAP_SYS_RESOURCE`). Whatever goes wrong is a panic that says what was tried.

pub mod bundle;
pub mod cgroups;
pub mod containerd;
pub mod cri;
pub mod daemon;
pub mod docker;
pub mod host;
pub mod oci;
pub mod podman;
pub mod processes;
pub mod rootfs;

pub use bundle::Bundle;
pub use cgroups::Directory;
pub use containerd::Containerd;
pub use cri::{Cri, Sandbox, Workload};
pub use daemon::Daemon;
pub use docker::Docker;
pub use host::Host;
pub use oci::OciRuntime;
pub use podman::Podman;
pub use rootfs::Rootfs;

#[cfg(test)]
mod tests;
