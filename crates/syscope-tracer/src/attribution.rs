//! The account of how events found their owners.

/// How events found their owners.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Attribution {
    /// Records that waited for the owner of their cgroup.
    pub held: u64,
    /// Those of them that went out without it, because it took too long.
    pub held_too_long: u64,
    /// Those of them that went out without it, because too many waited.
    pub held_too_many: u64,
    /// Records of cgroups that were gone before they could be read, or lie outside of what is seen.
    pub unknown: u64,
    /// Records that a container filter left out though their owner was not known.
    pub left_out_undecided: u64,
    /// Cgroups that found no room in the kernel's table.
    pub table_full: u64,
    /// Processes of runtimes at work that found no room in theirs.
    pub entering_full: u64,
    /// Changes of cgroups that found no room in a ring; the hierarchy was read again after them.
    pub changes_lost: u64,
    /// How often the hierarchy was read again.
    pub rereads: u64,
}

impl Attribution {
    /// What went wrong, in words for the end of a run; `None`: nothing.
    pub fn trouble(&self) -> Option<String> {
        let late = self.held_too_long + self.held_too_many;
        let parts = [
            (late, "went out before their owner was known"),
            (self.unknown, "came from cgroups that could not be read"),
            (self.left_out_undecided, "were left out because their owner could not be told"),
        ];
        let parts: Vec<String> =
            parts.into_iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
        let events = (!parts.is_empty()).then(|| format!("of the events, {}", parts.join("; ")));
        let table = (self.table_full > 0).then(|| {
            format!(
                "{} cgroups found no room in the kernel's table; their events were sorted in user space",
                self.table_full
            )
        });
        let entering = (self.entering_full > 0).then(|| {
            format!(
                "{} processes of container runtimes found no room in the kernel's table; what they did may be shown as \
                 their containers'",
                self.entering_full
            )
        });
        let all: Vec<String> = events.into_iter().chain(table).chain(entering).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }
}
