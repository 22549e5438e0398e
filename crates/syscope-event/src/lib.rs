//! The vocabulary of Syscope: what an event is, whose it is, and when it was.
//!
//! ```text
//!   sources (eBPF, a file, ...) ---> Event ---> views (text, JSON, summary, ...)
//! ```
//!
//! Sources make [`Event`]s, views read them, and neither knows the other. An event borrows from its
//! source, so that passing a million of them a second copies nothing; what a source does not know is
//! `None`, never a made-up value. This crate does no I/O and promises no serialised form.
//!
//! Start with [`Event`].

#![forbid(unsafe_code)]

pub mod cgroup;
pub mod exec;
pub mod loss;
pub mod owner;
pub mod process;
pub mod time;

use syscope_syscalls::Call;

pub use cgroup::{CgroupChange, CgroupState, Change};
pub use exec::{Credentials, Exec, ExecId, Exit};
pub use loss::{Loss, LossReason, Totals};
pub use owner::{Cgroup, Container, Owner, OwnerKind, Source, Unit};
pub use process::{Comm, Namespaces, Pid, Process, Tid};
pub use time::Timestamp;

/// Something that happened.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// A system call ended, or was still in progress when the run did.
    Syscall(Syscall<'a>),
    /// A process became another program, or tried to (only in the process stream).
    Exec(Exec<'a>),
    /// A process ended.
    Exit(Exit<'a>),
    /// A cgroup began, changed or ended (only where that is asked for).
    Cgroup(CgroupChange<'a>),
    /// Events are missing at this place of the stream.
    Loss(Loss),
}

/// A system call.
#[derive(Debug, Clone, Copy)]
pub struct Syscall<'a> {
    /// When it returned; for a call in progress, when it began.
    pub time: Timestamp,
    /// What was called and what came back.
    pub call: Call<'a>,
    /// How long it took, in nanoseconds, where the entry was watched.
    pub latency_ns: Option<u64>,
    /// How it ended.
    pub ending: Ending,
    /// Who made it.
    pub thread: Thread<'a>,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It returned.
    Returned,
    /// It was rejected before it began (by seccomp or a tracer): an exit without an entry.
    Denied,
    /// It is one that does not return (`exit`).
    Never,
    /// It was in progress when the run ended.
    Unfinished,
}

/// The thread that an event is about, as it was at that moment.
#[derive(Debug, Clone, Copy)]
pub struct Thread<'a> {
    /// Its id in the host's pid namespace.
    pub tid: Tid,
    /// Its name.
    pub comm: Comm,
    /// Its real user id, in the host's user namespace.
    pub uid: u32,
    /// Its real group id.
    pub gid: u32,
    /// Its cgroup, and whose that is.
    pub cgroup: Cgroup<'a>,
    /// Its process.
    pub process: &'a Process,
}
