//! Specifications: what arm64 has differently.

use crate::calls::process::CLONE_BACKWARDS;
use crate::syscall::{Ret, Syscall, call};
use crate::taxonomy::{Group, Sets};

/// The calls that differ on arm64.
pub static CALLS: &[Syscall] = &[call("clone", Group::Execution, Sets::PROCESS, Ret::Pid, CLONE_BACKWARDS)];
