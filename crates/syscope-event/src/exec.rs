//! Programs that are started, and processes that end: the process stream.

use std::fmt;

use crate::{Comm, Pid, Thread, Timestamp};

/// A process became another program, or tried to.
#[derive(Debug, Clone, Copy)]
pub struct Exec<'a> {
    /// When.
    pub time: Timestamp,
    /// Who, as it is after the exec (after a failed one: as it was and is).
    pub thread: Thread<'a>,
    /// Which image of which process this is; for a failed attempt the image that made it.
    pub id: ExecId,
    /// The image that the parent process is at this moment.
    pub parent: Option<ExecId>,
    /// The file name as the call gave it (below a descriptor: `/dev/fd/N` and the rest).
    pub filename: &'a [u8],
    /// The interpreter, if the file is a script.
    pub interpreter: Option<&'a [u8]>,
    /// The program's file as the process sees it; for a script that of the interpreter.
    pub exe: Option<&'a [u8]>,
    /// Whether that file is not reachable by a name: deleted, or never had one (`memfd`).
    pub exe_unlinked: bool,
    /// The current directory.
    pub cwd: Option<&'a [u8]>,
    /// The arguments as the new program finds them, each closed by a NUL (after a failed attempt: as given).
    pub args: &'a [u8],
    /// Bytes of arguments that are missing at the end of `args`, because a limit cut them or their record
    /// was lost.
    pub args_missing: u64,
    /// The environment in the same form; empty unless it was asked for.
    pub env: &'a [u8],
    /// The thread's name before the exec, where the kernel tells (Linux 6.10).
    pub comm_before: Option<Comm>,
    /// Who it acts as.
    pub credentials: Option<Credentials>,
    /// Capabilities that it has and had not before the exec (bit n: capability n), where the kernel tells.
    pub capabilities_gained: Option<u64>,
    /// Why it failed: an error number.
    pub errno: Option<u16>,
}

/// User and group ids in the host's user namespace, and capabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs, reason = "the names are those of credentials(7)")]
pub struct Credentials {
    pub uid: u32,
    pub gid: u32,
    pub euid: u32,
    pub egid: u32,
    pub suid: u32,
    pub sgid: u32,
    pub capabilities_permitted: u64,
    pub capabilities_effective: u64,
}

/// One image of one process: stable, and never used again while the machine runs. The kernel counts the
/// execs of a process, and a pid with a start time is unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ExecId {
    /// The process.
    pub pid: Pid,
    /// Its start, in nanoseconds since boot.
    pub start_boot_ns: u64,
    /// How many execs were made up to this image, its ancestors' included (the kernel's `self_exec_id`).
    pub execs: u64,
}

impl fmt::Display for ExecId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.pid, self.start_boot_ns, self.execs)
    }
}

impl<'a> Exec<'a> {
    /// The arguments one by one.
    pub fn arguments(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        strings(self.args)
    }

    /// The environment as `NAME=value`, one by one.
    pub fn environment(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        strings(self.env)
    }
}

/// Strings that are each closed by a NUL; the last may lack it, because it was cut.
fn strings(area: &[u8]) -> impl Iterator<Item = &[u8]> + use<'_> {
    let mut rest = area;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = rest.iter().position(|byte| *byte == 0).unwrap_or(rest.len());
        let string = &rest[..end];
        rest = rest.get(end + 1..).unwrap_or(&[]);
        Some(string)
    })
}

/// The end of a process.
#[derive(Debug, Clone, Copy)]
pub struct Exit<'a> {
    /// When.
    pub time: Timestamp,
    /// The status as `wait(2)` gives it.
    pub status: i32,
    /// How long the process ran, in nanoseconds.
    pub run_ns: u64,
    /// The image that ended.
    pub id: Option<ExecId>,
    /// The last thread.
    pub thread: Thread<'a>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(area: &[u8], expected: &[&[u8]]) {
        assert_eq!(strings(area).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn empty_arguments_are_arguments() {
        check(b"", &[]);
        check(b"\0", &[b""]);
        check(b"a\0\0b\0", &[b"a", b"", b"b"]);
        check(b"a\0cut", &[b"a", b"cut"]);
    }
}
