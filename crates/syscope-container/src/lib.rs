//! From a cgroup to its owner.
//!
//! For now the first step of that way: naming a cgroup as the kernel programs compare it.

#![forbid(unsafe_code)]

pub mod cgroup_path;
