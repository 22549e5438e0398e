//! What a run records: decided in user space, fixed before the programs are loaded.

use std::ffi::c_char;

use syscope_syscalls::Abi;
use syscope_syscalls::set::Set;

use crate::wire::{self, FilterBy};

/// Everything a session is started with.
#[derive(Debug, Clone)]
pub struct Config {
    /// Which calls of which processes.
    pub filter: Filter,
    /// Bytes of a string or buffer that are copied (paths are whole); 1 to 1024.
    pub string_limit: u32,
    /// Whether the entry of calls is watched: their duration, and which are in progress at the end.
    pub entry: bool,
    /// Whether processes are described as they begin and exec.
    pub processes: bool,
    /// Whether file descriptors are resolved to what they refer to.
    pub fds: bool,
    /// The process stream: programs that are started, whole.
    pub execs: Option<Execs>,
    /// The hierarchy whose cgroups identify tasks, and whose changes are told; `None`: none.
    pub tracked: Option<Tracked>,
    /// Cgroups that the table has room for, where they are followed.
    pub cgroup_capacity: u32,
    /// The object for old kernels also where the other could be used.
    pub portable: bool,
    /// Trace jobs may come and go ([`crate::Session::put_job`]); what is recorded is theirs alone, and `filter` is empty.
    pub jobs: bool,
    /// Calls are counted ([`crate::Session::counts`]); needs `jobs`.
    pub counts: Option<CountsConfig>,
    /// Bytes of one CPU's ring: a power of two and a multiple of the page size; `None` chooses by the
    /// number of CPUs.
    pub ring_bytes: Option<u32>,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            filter: Filter::default(),
            string_limit: 32,
            entry: false,
            processes: true,
            fds: false,
            execs: None,
            tracked: None,
            cgroup_capacity: wire::Limit::CGROUPS_MAX,
            portable: false,
            jobs: false,
            counts: None,
            ring_bytes: None,
        }
    }
}

/// How much is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountsConfig {
    /// How many (cgroup, call, error) there is room for.
    pub capacity: u32,
    /// How many (cgroup, call) there is room for whose time is measured while the entry is hooked; `None`: no time is.
    pub histograms: Option<u32>,
}

impl CountsConfig {
    /// How many (cgroup, call) there is room for by default.
    pub const HISTOGRAMS: u32 = wire::Limit::HISTOGRAMS_MAX;
    /// How many cgroups.
    pub const CGROUPS: u32 = wire::Limit::CGROUPS_MAX;
    /// How many processes of runtimes at work.
    pub const ENTERING: u32 = wire::Limit::ENTERING_MAX;
}

impl Default for CountsConfig {
    fn default() -> CountsConfig {
        CountsConfig { capacity: wire::Limit::COUNTS_MAX, histograms: None }
    }
}

/// A cgroup hierarchy as the kernel side knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tracked {
    /// The index of a controller of a v1 hierarchy ([`crate::probe::cgroup_subsystem`]); `None`: v2.
    pub subsystem: Option<u8>,
    /// The kernel's number of the hierarchy (column 2 of `/proc/cgroups`); 0 is v2.
    pub hierarchy: u32,
    /// Whether its cgroups are followed, and runtimes at work told from containers; else events only have
    /// the id of their cgroup.
    pub follow: bool,
}

/// What the process stream has of each exec.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Execs {
    /// Bytes of arguments that are copied; the kernel allows 2 MiB and some.
    pub args_limit: u32,
    /// Bytes of environment that are copied; 0: none.
    pub env_limit: u32,
    /// Whether the ends of processes are part of it.
    pub exits: bool,
}

/// Which calls of which processes are recorded; all conditions must hold.
#[derive(Debug, Clone)]
pub struct Filter {
    /// Only marked processes and their descendants ([`crate::Session::mark`]).
    pub tree: bool,
    /// Only processes of the pid namespace with this inode number and those below it; 0 for one that is
    /// told later ([`crate::Session::set_pid_namespace`]).
    pub pid_namespace: Option<u32>,
    /// Only processes of this cgroup and those below it.
    pub cgroup: Option<CgroupFilter>,
    /// Only processes of containers that the table of cgroups marks, and those of cgroups that are not
    /// decided yet ([`crate::Session::put_cgroup`]; needs [`Config::tracked`]).
    pub containers: bool,
    /// Only processes with this real user id.
    pub uid: Option<u32>,
    /// Only threads of this name; at most 15 bytes.
    pub comm: Option<Vec<u8>>,
    /// Which results.
    pub outcome: Outcome,
    /// Only calls that failed with one of these.
    pub errnos: Option<Vec<u16>>,
    /// Only calls that took at least so long (needs [`Config::entry`]).
    pub latency_min_ns: Option<u64>,
    /// Which system calls.
    pub syscalls: Set,
}

impl Default for Filter {
    /// Every call of every process.
    fn default() -> Filter {
        Filter {
            tree: false,
            pid_namespace: None,
            cgroup: None,
            containers: false,
            uid: None,
            comm: None,
            outcome: Outcome::Any,
            errnos: None,
            latency_min_ns: None,
            syscalls: Set::all(),
        }
    }
}

/// A cgroup as the kernel side compares it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CgroupFilter {
    /// Its id in its hierarchy.
    pub id: u64,
    /// Its depth: 0 is the root of the hierarchy.
    pub level: u32,
    /// The index of the controller whose v1 hierarchy it lies in; `None` is the v2 hierarchy.
    pub subsystem: Option<u8>,
}

/// Which results are recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Outcome {
    /// All.
    #[default]
    Any,
    /// Calls that did not fail.
    Successful,
    /// Calls that failed.
    Failed,
}

/// The smallest power of two that still holds one record of the greatest length and its header.
const RING_BYTES_MIN: u32 = 1 << 16;
/// Enough for 8 ms at 3 million plain records a second.
const RING_BYTES_MAX: u32 = 8 << 20;
/// All rings together, so that a host of many CPUs is not asked for gigabytes.
const RINGS_BYTES_MAX: u32 = 256 << 20;

impl Config {
    /// Whether system calls are hooked.
    pub fn hooks_calls(&self) -> bool {
        !self.filter.syscalls.is_empty()
    }

    /// Whether forks are: to mark children, or to describe them.
    pub(crate) fn hooks_forks(&self) -> bool {
        self.filter.tree || self.processes || self.follows_cgroups()
    }

    /// How many (cgroup, call) there is room for whose time is measured; `None`: no time is.
    pub(crate) fn histograms(&self) -> Option<u32> {
        self.counts.and_then(|counts| counts.histograms)
    }

    /// Whether the life of cgroups is.
    pub(crate) fn follows_cgroups(&self) -> bool {
        self.tracked.is_some_and(|tracked| tracked.follow)
    }

    /// Whether ends of processes are: for calls that do not return, for marked tasks, for the process
    /// stream and for what is known of processes.
    pub(crate) fn hooks_ends(&self) -> bool {
        self.hooks_calls()
            || self.filter.tree
            || self.processes
            || self.follows_cgroups()
            || self.execs.is_some_and(|execs| execs.exits)
    }

    /// Bytes of one CPU's ring for a host of `cpus`.
    pub fn ring_bytes(&self, cpus: usize) -> u32 {
        let wanted = self
            .ring_bytes
            .unwrap_or_else(|| (RINGS_BYTES_MAX / cpus.max(1) as u32).clamp(1 << 20, RING_BYTES_MAX));
        // Round down to a power of two, so that a default never grows.
        let rounded = 1 << (31 - wanted.max(1).leading_zeros());
        rounded.max(RING_BYTES_MIN)
    }
}

impl Filter {
    /// The filter in the form the programs read.
    pub(crate) fn to_wire(&self) -> wire::Filter {
        let mut out = wire::Filter { cgroup_subsys: -1, ..wire::Filter::default() };
        let mut by = 0;
        if self.tree {
            by |= FilterBy::TREE;
        }
        if let Some(namespace) = self.pid_namespace {
            by |= FilterBy::PID_NS;
            out.pid_ns = namespace;
        }
        if let Some(cgroup) = self.cgroup {
            by |= FilterBy::CGROUP;
            (out.cgroup, out.cgroup_level) = (cgroup.id, cgroup.level);
            out.cgroup_subsys = cgroup.subsystem.map_or(-1, i32::from);
        }
        if self.containers {
            by |= FilterBy::CONTAINERS;
        }
        if let Some(uid) = self.uid {
            by |= FilterBy::UID;
            out.uid = uid;
        }
        if let Some(comm) = &self.comm {
            by |= FilterBy::COMM;
            let room = out.comm.len() - 1;
            for (to, from) in out.comm[..room].iter_mut().zip(comm) {
                *to = *from as c_char;
            }
        }
        by |= match self.outcome {
            Outcome::Any => 0,
            Outcome::Successful => FilterBy::OK,
            Outcome::Failed => FilterBy::FAILED,
        };
        if let Some(errnos) = &self.errnos {
            by |= FilterBy::ERRNO;
            for &errno in errnos {
                if let Some(word) = out.errnos.get_mut(usize::from(errno) / 64) {
                    *word |= 1 << (errno % 64);
                }
            }
        }
        if let Some(latency) = self.latency_min_ns {
            by |= FilterBy::LATENCY;
            out.latency_min = latency;
        }
        out.by = by;
        out.syscalls = [self.syscalls.bitmap(Abi::native()), self.syscalls.bitmap(Abi::native().compat())];
        out.unknown_syscalls = u8::from(self.syscalls.includes_unknown());
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rings_fit_the_host() {
        let config = Config::default();
        assert_eq!(config.ring_bytes(2), 8 << 20);
        assert_eq!(config.ring_bytes(100), 2 << 20);
        assert_eq!(config.ring_bytes(1000), 1 << 20);
        let tiny = Config { ring_bytes: Some(5000), ..Config::default() };
        assert_eq!(tiny.ring_bytes(2), RING_BYTES_MIN);
        let odd = Config { ring_bytes: Some(3 << 20), ..Config::default() };
        assert_eq!(odd.ring_bytes(2), 2 << 20);
    }

    #[test]
    fn conditions_become_bits() {
        let filter = Filter {
            tree: true,
            uid: Some(0),
            comm: Some(b"a-name-longer-than-fifteen".to_vec()),
            outcome: Outcome::Failed,
            errnos: Some(vec![2, 4095]),
            ..Filter::default()
        };
        let wire = filter.to_wire();
        assert_eq!(
            wire.by,
            FilterBy::TREE | FilterBy::UID | FilterBy::COMM | FilterBy::FAILED | FilterBy::ERRNO
        );
        assert_eq!((wire.errnos[0], wire.errnos[63]), (4, 1 << 63));
        assert_eq!((wire.comm[14], wire.comm[15]), (b't' as c_char, 0));
    }
}
