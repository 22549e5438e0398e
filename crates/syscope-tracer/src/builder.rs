//! What to trace.

use std::time::Duration;

use std::path::Path;

use syscope_bpf::{CgroupFilter, Config, CountsConfig, Execs, Mark, Outcome, Session, Tracked, probe};
use syscope_container::layout::{self, Layout};
use syscope_container::resolver;
use syscope_container::selector::Selector;
use syscope_syscalls::set::Set;

use crate::host::Procfs;
use crate::identity::Identity;
use crate::whose::Whose;
use crate::{Error, Stopper, Trace};

/// Collects what a [`Trace`] records; without any condition every call of every process but the
/// tracer's own.
#[derive(Debug, Clone, Default)]
pub struct Builder {
    pub(crate) config: Config,
    pids: Vec<u32>,
    armed: Option<u32>,
    owners: Option<resolver::Config>,
    selector: Selector,
    cgroup_changes: bool,
    duration: Option<Duration>,
    stopper: Stopper,
}

impl Builder {
    /// Everything.
    pub fn new() -> Builder {
        Builder::default()
    }

    /// Only these calls: names, numbers, `%class`, `!` to exclude ([`Set::parse`]).
    pub fn syscalls(self, list: &str) -> Result<Builder, Error> {
        Ok(self.syscall_set(Set::parse(list)?))
    }

    /// Only these calls.
    pub fn syscall_set(mut self, set: Set) -> Builder {
        self.config.filter.syscalls = set;
        self
    }

    /// Only this process and its descendants, those it has and those it will have. Can be given again.
    pub fn pid(mut self, pid: u32) -> Builder {
        self.config.filter.tree = true;
        self.pids.push(pid);
        self
    }

    /// Only this process, from its next exec on, and its descendants; the run ends with the last of them.
    pub fn after_exec_of(mut self, pid: u32) -> Builder {
        self.config.filter.tree = true;
        self.armed = Some(pid);
        self
    }

    /// Only processes of the pid namespace with this inode number and those below it.
    pub fn pid_namespace(mut self, inode: u32) -> Builder {
        self.config.filter.pid_namespace = Some(inode);
        self
    }

    /// Only processes of a pid namespace that is told later ([`Trace::set_pid_namespace`]), and of those
    /// below it; until then nothing is recorded.
    pub fn pid_namespace_later(self) -> Builder {
        self.pid_namespace(0)
    }

    /// Only processes of this cgroup and those below it.
    pub fn cgroup(mut self, cgroup: CgroupFilter) -> Builder {
        self.config.filter.cgroup = Some(cgroup);
        self
    }

    /// Finds out whose processes are: containers, pods, units.
    pub fn owners(mut self, resolver: resolver::Config) -> Builder {
        self.owners = Some(resolver);
        self
    }

    /// Only processes of these containers, those that there are and those that will be; implies
    /// [`Builder::owners`] with its defaults unless that is given.
    pub fn containers(mut self, selector: Selector) -> Builder {
        self.config.filter.containers = !selector.is_empty();
        if self.config.filter.containers && self.owners.is_none() {
            self.owners = Some(resolver::Config::default());
        }
        self.selector = selector;
        self
    }

    /// Also the life of cgroups ([`crate::Event::Cgroup`]); needs [`Builder::owners`].
    pub fn cgroup_changes(mut self, changes: bool) -> Builder {
        self.cgroup_changes = changes;
        self
    }

    /// Only processes with this real user id.
    pub fn uid(mut self, uid: u32) -> Builder {
        self.config.filter.uid = Some(uid);
        self
    }

    /// Only threads of this name; the kernel keeps 15 bytes of it.
    pub fn comm(mut self, comm: impl Into<Vec<u8>>) -> Builder {
        self.config.filter.comm = Some(comm.into());
        self
    }

    /// Only calls that failed, or only those that did not.
    pub fn outcome(mut self, outcome: Outcome) -> Builder {
        self.config.filter.outcome = outcome;
        self
    }

    /// Only calls that failed with one of these error numbers.
    pub fn errnos(mut self, errnos: impl Into<Vec<u16>>) -> Builder {
        self.config.filter.errnos = Some(errnos.into());
        self
    }

    /// Only calls that took at least so long; hooks the entry.
    pub fn min_latency(mut self, latency: Duration) -> Builder {
        self.config.entry = true;
        self.config.filter.latency_min_ns = Some(latency.as_nanos() as u64);
        self
    }

    /// Also measures how long calls take, and shows the ones in progress at the end; hooks the entry.
    pub fn entry(mut self, entry: bool) -> Builder {
        self.config.entry = entry || self.config.filter.latency_min_ns.is_some();
        self
    }

    /// Resolves file descriptors to what they refer to.
    pub fn fds(mut self, fds: bool) -> Builder {
        self.config.fds = fds;
        self
    }

    /// Follows processes as they begin and exec, so that even short ones are known by program, session
    /// and namespaces (default: yes).
    pub fn processes(mut self, processes: bool) -> Builder {
        self.config.processes = processes;
        self
    }

    /// The process stream instead of calls: every program that is started, whole, without any cost for
    /// system calls.
    pub fn execs(mut self, execs: Execs) -> Builder {
        self.config.execs = Some(execs);
        self.config.processes = false;
        self.config.filter.syscalls = Set::parse("none").expect("`none` is a set");
        self
    }

    /// In the process stream also attempts to exec that failed; hooks the exit of system calls.
    pub fn failed_execs(mut self) -> Builder {
        self.config.filter.syscalls = Set::parse("execve,execveat").expect("these calls are in every table");
        self.config.filter.outcome = Outcome::Failed;
        self.config.string_limit = 1024;
        self
    }

    /// Copies at most so many bytes of strings and buffers (1 to 1024, default 32); paths are whole.
    pub fn string_limit(mut self, bytes: u32) -> Builder {
        self.config.string_limit = bytes;
        self
    }

    /// The size of one CPU's ring in bytes, rounded down to a power of two of at least 64 KiB.
    pub fn ring_bytes(mut self, bytes: u32) -> Builder {
        self.config.ring_bytes = Some(bytes);
        self
    }

    /// How many cgroups the kernel's table has room for (default: 65,536). What finds none is counted
    /// ([`crate::Attribution`]), and its events are sorted in user space.
    pub fn cgroup_capacity(mut self, cgroups: u32) -> Builder {
        self.config.cgroup_capacity = cgroups;
        self
    }

    /// Records nothing by itself: jobs come and go while it runs ([`Trace::add_job`]). Implies [`Builder::owners`] with its
    /// defaults unless that is given.
    pub fn jobs(mut self) -> Builder {
        self.config.jobs = true;
        self.config.fds = true;
        self.owners.get_or_insert_default();
        self
    }

    /// Counts all calls in the kernel ([`Trace::counts`]); needs [`Builder::jobs`]. With histograms the time of each is
    /// measured, and the entry is hooked for it.
    pub fn counts(mut self, counts: CountsConfig) -> Builder {
        self.config.counts = Some(counts);
        self
    }

    /// Uses the kernel programs for old kernels (before 5.11) also on newer ones: to compare them.
    pub fn portable(mut self, portable: bool) -> Builder {
        self.config.portable = portable;
        self
    }

    /// Ends by itself after this time.
    pub fn duration(mut self, duration: Duration) -> Builder {
        self.duration = Some(duration);
        self
    }

    /// Ends the trace when this is asked to: a stopper that existed before the trace did.
    pub fn stopper(mut self, stopper: Stopper) -> Builder {
        self.stopper = stopper;
        self
    }

    /// Loads the kernel programs and begins to record.
    pub fn start(mut self) -> Result<Trace, Error> {
        let procfs = Procfs::default();
        for &pid in self.pids.iter().chain(&self.armed) {
            if !procfs.exists(pid) {
                return Err(Error::NoProcess(pid));
            }
        }
        let layout = layout::read(Path::new("/proc"));
        let (mut session, whose) = self.load(&layout)?;
        for &pid in &self.pids {
            session.mark(pid, Mark::Tree)?;
        }
        if let Some(pid) = self.armed {
            session.mark(pid, Mark::FromExec)?;
        }
        let measured = self.config.counts.is_some_and(|counts| counts.histograms.is_some());
        if measured {
            session.hook_entry(true)?;
        }
        session.enable();
        let mut trace = Trace::new(session, &self.config, procfs, self.duration, self.stopper);
        trace.tell_owners(whose, self.cgroup_changes);
        Ok(trace)
    }
}

impl Builder {
    /// Loads the kernel programs and finds out whose what is there is. Where cgroups cannot be followed, all else
    /// still works, and every event says why its owner is unknown.
    fn load(&mut self, layout: &Layout) -> Result<(Session, Whose), Error> {
        let Some(resolver) = self.owners.take() else {
            self.config.tracked = tracked(layout, false).ok();
            return Ok((Session::start(&self.config)?, Whose::not_asked(layout)));
        };
        let why = match self.follow(layout)? {
            Ok(session) => match Identity::start(&session, layout, resolver, &self.selector) {
                Ok(Some(identity)) => return Ok((session, Whose::Known(Box::new(identity)))),
                Ok(None) => layout.reason.clone(),
                Err(err @ Error::Read { .. }) => in_words(&err),
                Err(err) => return Err(err),
            },
            Err(why) => why,
        };
        if self.config.filter.containers {
            return Err(Error::NoContainers(why));
        }
        tracing::warn!(why, "containers cannot be told: the owners of all events are unknown");
        self.config.tracked = tracked(layout, false).ok();
        Ok((Session::start(&self.config)?, Whose::untracked(layout, &why)))
    }

    /// Loads the programs to follow cgroups, or says why that cannot be.
    fn follow(&mut self, layout: &Layout) -> Result<Result<Session, String>, Error> {
        let tracked = match tracked(layout, true) {
            Ok(tracked) => tracked,
            Err(why) => return Ok(Err(why)),
        };
        self.config.tracked = Some(tracked);
        match Session::start(&self.config) {
            Ok(session) => Ok(Ok(session)),
            // Without the programs for cgroups it may go.
            Err(err @ (syscope_bpf::Error::Load { .. } | syscope_bpf::Error::Step { .. })) => {
                Ok(Err(format!("the programs that follow cgroups cannot be loaded: {}", in_words(&err))))
            }
            Err(err) => Err(err.into()),
        }
    }
}

/// An error with its causes.
fn in_words(err: &dyn std::error::Error) -> String {
    std::iter::successors(err.source(), |cause| cause.source())
        .fold(err.to_string(), |words, cause| format!("{words}: {cause}"))
}

/// The tracked hierarchy as the kernel side knows it, or why there is none.
fn tracked(layout: &Layout, follow: bool) -> Result<Tracked, String> {
    let tracked = layout.tracked.as_ref().ok_or_else(|| layout.reason.clone())?;
    let subsystem = match &tracked.controller {
        Some(controller) => Some(probe::cgroup_subsystem(controller).ok_or_else(|| {
            format!("this kernel's type information does not know the cgroup controller {controller}")
        })?),
        None => None,
    };
    Ok(Tracked { subsystem, hierarchy: tracked.hierarchy_id, follow })
}
