//! From a cgroup to its owner.
//!
//! ```text
//!   mounts, layout      which hierarchies there are, and which one cgroups are tracked in
//!   walk                the cgroups that exist
//!   claim               what the path of a cgroup claims (pure; never believed over a runtime's word)
//!   runtime/            CRI, containerd, Docker, Podman, OCI state files: what they say of a container
//!   resolver            asks them beside the data path, bounded in time and number, and decides
//!   selector, rules     which containers were asked for, and which jobs want a cgroup because of that
//!   tree                what is known of every cgroup: where it is in its life, and whose it is (pure)
//!   deployment          where Syscope itself runs
//! ```

#![forbid(unsafe_code)]

pub mod cgroup_path;
pub mod claim;
pub mod deployment;
pub mod layout;
pub mod mounts;
pub mod resolver;
pub mod rules;
pub mod runtime;
pub mod selector;
pub mod tree;
pub mod walk;
