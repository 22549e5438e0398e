//! Metrics: from the kernel's counts to series of owners, calls and errors.
//!
//! ```text
//!   counts (cgroup, call, error) ---+
//!                                   +--> Series::fold --> Snapshot --> exposition (Prometheus, OpenMetrics)
//!   directory (cgroup -> owner) ----+         |                   +--> tables (/api/v1/syscalls)
//!                                             +--> what cgroups left that are gone
//! ```

pub mod exposition;
mod series;
mod tables;

pub use series::{Caller, Key, Series, Snapshot, Value};
pub(crate) use tables::tables;

/// A label of the series of calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Label {
    /// The pod's namespace.
    Namespace,
    /// The pod.
    Pod,
    /// The container.
    Container,
    /// The systemd unit of what is in no container.
    Unit,
    /// The call.
    Syscall,
    /// Its class.
    Class,
    /// Its group.
    Group,
    /// `OK` or the error.
    Err,
}

impl Label {
    /// All of them, in their order.
    pub const ALL: [Label; 8] = [
        Label::Namespace,
        Label::Pod,
        Label::Container,
        Label::Unit,
        Label::Syscall,
        Label::Class,
        Label::Group,
        Label::Err,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Label::Namespace => "namespace",
            Label::Pod => "pod",
            Label::Container => "container",
            Label::Unit => "unit",
            Label::Syscall => "syscall",
            Label::Class => "class",
            Label::Group => "group",
            Label::Err => "err",
        }
    }

    /// The label of this name.
    pub fn parse(name: &str) -> Option<Label> {
        Label::ALL.into_iter().find(|label| label.name() == name)
    }
}
