//! The life of a cgroup.

use crate::{Cgroup, Pid, Timestamp};

/// A cgroup began, changed or ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CgroupChange<'a> {
    /// When.
    pub time: Timestamp,
    /// What happened to it.
    pub change: Change,
    /// The cgroup, as it is after that.
    pub cgroup: Cgroup<'a>,
    /// The process that was moved into it ([`Change::Attached`]).
    pub pid: Option<Pid>,
}

/// What happened to a cgroup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Change {
    /// It was made.
    Created,
    /// It, or one below it, got its first process.
    Populated,
    /// It and all below it lost their last process.
    Emptied,
    /// It got another name (v1 only).
    Renamed,
    /// A process was moved into it.
    Attached,
    /// It was removed.
    Removed,
    /// Its owner became known.
    Identified,
}

/// Where a cgroup is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CgroupState {
    /// It was made and had no process yet.
    New,
    /// It or one below it has processes.
    Running,
    /// It had processes and has none.
    Emptied,
    /// It is gone; it stays known for a while, for events that come late.
    Removed,
}

impl Change {
    /// The name in events.
    pub const fn name(self) -> &'static str {
        match self {
            Change::Created => "created",
            Change::Populated => "populated",
            Change::Emptied => "emptied",
            Change::Renamed => "renamed",
            Change::Attached => "attached",
            Change::Removed => "removed",
            Change::Identified => "identified",
        }
    }
}

impl CgroupState {
    /// The name in tables and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            CgroupState::New => "new",
            CgroupState::Running => "running",
            CgroupState::Emptied => "emptied",
            CgroupState::Removed => "removed",
        }
    }
}
