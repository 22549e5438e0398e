//! What exists: cgroups and processes with their owners, as tables, trees and JSON.
//!
//! ```text
//! HIERARCHY    ID  LEVEL  STATE    PROCS  OWNER             SOURCE  CGROUP
//! unified       1      0  running     12  host              none    /
//! unified      23      1  running      0  system.slice      unit    ├─ system.slice
//! unified      45      2  running      2  ssh.service       unit    │  └─ ssh.service
//! unified    4211      1  running      1  prod/web-0/nginx  cri     └─ 13765a70e8b1
//! ```
//!
//! Whoever makes the lists ([`Cgroup`], [`Process`]) gives them in the order they are to be shown in; this module does no
//! I/O. Everything that others choose is escaped, so that a row stays a row. In JSON each is one object a line
//! ([`CgroupEntry`](crate::record::CgroupEntry), [`ProcessEntry`](crate::record::ProcessEntry)).

mod cgroups;
mod processes;
pub mod table;
mod tree;

use std::sync::Arc;

use syscope_event::{CgroupState, Namespaces, Owner, OwnerKind};

use crate::owner::push_container;
use crate::text::push_word;

use table::{Cell, Color};

pub use cgroups::{push_cgroups, push_cgroups_json};
pub use processes::{push_processes, push_processes_json};

/// How a list is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Form {
    /// As a tree; else with whole paths, or without lines between processes.
    pub tree: bool,
    /// The columns of the terminal; without it nothing is cut.
    pub width: Option<usize>,
    /// Colours for a terminal.
    pub color: bool,
}

/// A cgroup that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cgroup {
    /// Its hierarchy: `unified`, or what a v1 hierarchy is called by (a controller, or `name=...`).
    pub hierarchy: Arc<str>,
    /// The kernel's number of the hierarchy; 0 is v2.
    pub hierarchy_id: u32,
    /// Its id in the hierarchy.
    pub id: u64,
    /// Its parent's id; `None` for the first that is seen.
    pub parent: Option<u64>,
    /// Its depth; 0 is the root.
    pub level: u32,
    /// Its path in the hierarchy.
    pub path: Box<[u8]>,
    /// Where it is in its life.
    pub state: State,
    /// The cgroup that stands for its owner; `None` where owners are not looked up, or not in this hierarchy.
    pub tracking_id: Option<u64>,
    /// Whose it is; `None` where owners are not looked up, or not in this hierarchy.
    pub owner: Option<Arc<Owner>>,
    /// How many processes are in it, those below it not counted; `None`: it could not be read.
    pub processes: Option<u64>,
}

/// Where a cgroup is in its life, as far as that can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It was followed since it was made, or seen to be in this state.
    Known(CgroupState),
    /// Neither it nor one below it has processes, and nobody has seen whether one ever had.
    Empty,
}

impl State {
    /// The name in tables and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            State::Known(state) => state.name(),
            State::Empty => "empty",
        }
    }
}

/// A process that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Its id.
    pub pid: u32,
    /// Its parent.
    pub ppid: Option<u32>,
    /// Its real user id.
    pub uid: u32,
    /// Its real group id.
    pub gid: u32,
    /// The user's name on the host.
    pub user: Option<Arc<str>>,
    /// The name of its main thread.
    pub comm: Box<[u8]>,
    /// Its arguments as it has them now: a process may change what is seen there.
    pub args: Vec<Box<[u8]>>,
    /// Whether arguments are missing at the end.
    pub args_cut: bool,
    /// Its program as it sees the path.
    pub exe: Option<Box<[u8]>>,
    /// Whether it is a thread of the kernel.
    pub kernel: bool,
    /// Its id in its own pid namespace.
    pub ns_pid: Option<u32>,
    /// Its namespaces.
    pub namespaces: Namespaces,
    /// The cgroup of its main thread.
    pub cgroup: Option<Place>,
    /// Whose it is.
    pub owner: Option<Arc<Owner>>,
}

/// The cgroup of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its id; `None`: it is gone, or out of sight.
    pub id: Option<u64>,
    /// Its hierarchy.
    pub hierarchy: Arc<str>,
    /// The cgroup that stands for its owner.
    pub tracking_id: Option<u64>,
    /// Its path.
    pub path: Box<[u8]>,
}

/// An owner in one word: a container's as in the text of a trace, a unit's name, `host`, `unknown`; `-` where
/// owners are not looked up.
fn owner_cell(owner: Option<&Owner>) -> Cell {
    let mut out = Vec::new();
    match owner.map(|owner| &owner.kind) {
        Some(OwnerKind::Container(container)) => push_container(&mut out, container),
        Some(OwnerKind::Unit(unit)) => push_word(&mut out, unit.name.as_bytes(), None),
        Some(OwnerKind::Host) => out.extend_from_slice(b"host"),
        Some(OwnerKind::Unknown) => out.extend_from_slice(b"unknown"),
        None => out.push(b'-'),
    }
    let color = match owner.map(|owner| (&owner.kind, &owner.doubt)) {
        Some((OwnerKind::Unknown, _) | (_, Some(_))) => Color::Doubt,
        Some((OwnerKind::Container(_), None)) => Color::Owner,
        Some((OwnerKind::Unit(_), None)) => Color::Plain,
        Some((OwnerKind::Host, None)) | None => Color::Faint,
    };
    Cell::new(text(out), color)
}

/// Who says so; `-` where owners are not looked up.
fn source_word(owner: Option<&Owner>) -> String {
    owner.map_or("-", |owner| owner.source.name()).to_owned()
}

/// What was escaped is UTF-8.
fn text(escaped: Vec<u8>) -> String {
    String::from_utf8(escaped).unwrap_or_else(|err| String::from_utf8_lossy(err.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests;
