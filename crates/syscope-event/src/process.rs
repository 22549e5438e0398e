//! Processes and their ids.

use std::fmt;

/// A process id in the host's pid namespace (the kernel's `tgid`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pid(pub u32);

/// A thread id in the host's pid namespace (the kernel's `pid`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tid(pub u32);

impl fmt::Display for Pid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Tid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The name of a thread: at most 15 bytes of its own choosing (`prctl(PR_SET_NAME)`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Comm(pub [u8; 16]);

impl Comm {
    /// The bytes before the NUL.
    pub fn bytes(&self) -> &[u8] {
        let end = self.0.iter().position(|byte| *byte == 0).unwrap_or(self.0.len());
        &self.0[..end]
    }
}

/// What is known of a process. A pid is reused; pid and start time are not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Its id.
    pub pid: Pid,
    /// When it began, in nanoseconds since boot.
    pub start_boot_ns: u64,
    /// The same on the wall clock.
    pub start: crate::Timestamp,
    /// Its parent at the latest event.
    pub ppid: Option<Pid>,
    /// The path of its program as it sees it; other bytes than UTF-8 are possible.
    pub exe: Option<Box<[u8]>>,
    /// Its session, by the host's pid of the leader.
    pub session: Option<u32>,
    /// Its id in its own pid namespace.
    pub ns_pid: Option<u32>,
    /// Its namespaces.
    pub namespaces: Namespaces,
}

/// Namespaces by inode number, as `/proc/PID/ns` shows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Namespaces {
    /// Of process ids.
    pub pid: Option<u32>,
    /// Of mounts.
    pub mnt: Option<u32>,
    /// Of the host name.
    pub uts: Option<u32>,
}
