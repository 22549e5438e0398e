//! Specifications: aarch64.

use crate::syscall::Syscall;

/// The calls of this topic.
pub static CALLS: &[Syscall] = &[];
