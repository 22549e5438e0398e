//! A running trace.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use syscope_bpf::wire::{ABI_COMPAT, EventFlags, EventType, LogCode, RawEvent};
use syscope_bpf::{Config, Execs, Session};
use syscope_container::tree::Node;
use syscope_event::{
    CgroupChange, CgroupState, Comm, Ending, Event, ExecId, Exit, Loss, LossReason, Pid, Syscall, Thread,
    Tid, Timestamp, Totals,
};
use syscope_syscalls::structs::multiplex;
use syscope_syscalls::{Abi, Blobs, Call, MAX_ARGS, Status, table};

use crate::Error;
use crate::account::Account;
use crate::attribution::Attribution;
use crate::clock::Clock;
use crate::descriptors::Descriptors;
use crate::exec;
use crate::held::Held;
use crate::host::Procfs;
use crate::identity;
use crate::interrupted::Interrupted;
use crate::jobs::{JobAccount, Jobs};
use crate::process_table::ProcessTable;
use crate::program::Program;
use crate::whose::Whose;

mod intake;
mod jobs;

/// How long [`Trace::next`] sleeps at most before it looks whether it should end.
const LOOK: Duration = Duration::from_millis(100);
/// How often records that wait for an owner are looked at.
const OWNER_TICK: Duration = Duration::from_millis(2);

/// A running trace. Dropping it releases everything in the kernel.
pub struct Trace {
    session: Session,
    procfs: Procfs,
    processes: ProcessTable,
    descriptors: Descriptors,
    interrupted: Interrupted,
    clock: Clock,
    /// The record that is handed out next, and its blobs.
    raw: RawEvent,
    blobs: Vec<u8>,
    scratch: Vec<u8>,
    /// The program of the process stream that is handed out next.
    program: Program,
    /// Those that are being put together, by CPU: a round may end between the pieces of several.
    assembling: Vec<Program>,
    /// Whether `raw` still waits, because a loss or a program stands before it.
    held: bool,
    /// What is handed out next.
    current: Current,
    account: Account,
    totals: Totals,
    whose: Whose,
    /// Records that wait for the owner of their cgroup.
    waiting: Held,
    /// Records that passed in the kernel and were left out here: their containers were not asked for.
    left_out: u64,
    cgroup_changes: bool,
    cgroup_capacity: u32,
    entry: bool,
    fds: bool,
    execs: Option<Execs>,
    /// The jobs, where they come and go, and those that are over.
    jobs: Option<Jobs>,
    ended: Vec<(u8, JobAccount)>,
    /// Of native and of compat calls.
    special: [Special; 2],
    phase: Phase,
    until: Option<Instant>,
    stop: Arc<AtomicBool>,
    /// The run ends with the last marked task.
    ends_with_tasks: bool,
}

/// The numbers of the calls that need more than their record, by ABI.
#[derive(Debug, Clone, Copy)]
struct Special {
    close: Option<u32>,
    execveat: Option<u32>,
    restart: Option<u32>,
}

impl Special {
    fn of(abi: Abi) -> Special {
        let number = |name| table::number(abi, name);
        Special { close: number("close"), execveat: number("execveat"), restart: number("restart_syscall") }
    }
}

enum Phase {
    /// Between two rounds.
    Waiting,
    /// In a round.
    Round,
    /// In the last round.
    LastRound,
    /// The rings are empty; calls that have not returned follow.
    InProgress(std::vec::IntoIter<RawEvent>),
    /// Only the account of what was lost at the end is missing.
    Account,
    /// Nothing more comes.
    Ended,
}

/// What [`Trace::poll`] found.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "it is handed over and looked at, never kept")]
pub enum Poll<'a> {
    /// An event.
    Event(Event<'a>),
    /// Nothing for now: a good moment to flush.
    Idle,
    /// The run is over.
    End,
}

/// Ends a trace from elsewhere, for example from a signal handler.
#[derive(Debug, Clone, Default)]
pub struct Stopper(Arc<AtomicBool>);

impl Stopper {
    /// Asks the trace to end: what was recorded until now is still handed out.
    pub fn stop(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// The flag itself.
    pub fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0)
    }
}

/// What is handed out next.
#[derive(Debug, Clone, Copy)]
enum Current {
    /// The record in `raw`.
    Record,
    /// The program in `program`.
    Program,
}

impl Trace {
    pub(crate) fn new(
        mut session: Session,
        config: &Config,
        procfs: Procfs,
        duration: Option<Duration>,
        stopper: Stopper,
    ) -> Trace {
        let cpus = session.rings().len();
        let account = Account::new(cpus);
        Trace {
            session,
            processes: ProcessTable::new(procfs.clone()),
            procfs,
            descriptors: Descriptors::default(),
            interrupted: Interrupted::default(),
            clock: Clock::new(),
            raw: RawEvent::default(),
            blobs: Vec::with_capacity(4096),
            scratch: Vec::new(),
            program: Program::default(),
            assembling: (0..cpus).map(|_| Program::default()).collect(),
            held: false,
            current: Current::Record,
            account,
            totals: Totals::default(),
            whose: Whose::NotAsked(Box::default()),
            waiting: Held::default(),
            left_out: 0,
            cgroup_changes: false,
            cgroup_capacity: config.cgroup_capacity,
            entry: config.entry,
            fds: config.fds,
            execs: config.execs,
            jobs: config
                .jobs
                .then(|| Jobs::new(config.counts.is_some_and(|counts| counts.histograms.is_some()))),
            ended: Vec::new(),
            special: [Special::of(Abi::native()), Special::of(Abi::native().compat())],
            phase: Phase::Waiting,
            until: duration.map(|duration| Instant::now() + duration),
            stop: stopper.0,
            ends_with_tasks: config.filter.tree,
        }
    }

    pub(crate) fn tell_owners(&mut self, whose: Whose, cgroup_changes: bool) {
        self.whose = whose;
        self.cgroup_changes = cgroup_changes;
    }

    /// The next event; waits for it. `None` when the run is over: it was stopped, its time is up, or the
    /// last traced process is gone.
    #[allow(clippy::should_implement_trait, reason = "it lends")]
    pub fn next(&mut self) -> Result<Option<Event<'_>>, Error> {
        loop {
            match self.advance(LOOK)? {
                Step::Event => return Ok(Some(self.event())),
                Step::Loss(loss) => return Ok(Some(Event::Loss(loss))),
                Step::End => return Ok(None),
                Step::Idle => {}
            }
        }
    }

    /// The next event if there is one within `timeout`. Reports [`Poll::Idle`] once whenever all that was
    /// there has been handed out, before it waits.
    pub fn poll(&mut self, timeout: Duration) -> Result<Poll<'_>, Error> {
        Ok(match self.advance(timeout)? {
            Step::Event => Poll::Event(self.event()),
            Step::Loss(loss) => Poll::Event(Event::Loss(loss)),
            Step::End => Poll::End,
            Step::Idle => Poll::Idle,
        })
    }

    /// Tells the pid namespace to trace, by inode number (see [`crate::Builder::pid_namespace_later`]).
    pub fn set_pid_namespace(&self, inode: u32) {
        self.session.set_pid_namespace(inode);
    }

    /// How events found their owners; `None` where owners are not looked up.
    pub fn attribution(&mut self) -> Option<Attribution> {
        let counters = self.session.counters().unwrap_or_default();
        let attribution = self.whose.identity()?.attribution();
        let table_full = attribution.table_full + counters.cgroups_full;
        Some(Attribution {
            table_full,
            entering_full: counters.entering_full,
            changes_lost: counters.cgroups_lost,
            ..*attribution
        })
    }

    /// Why owners cannot be told here although they were asked for; `None`: they can, or were not asked for.
    pub fn untracked(&self) -> Option<&str> {
        match &self.whose {
            Whose::Untracked { owner, .. } => owner.doubt.as_deref(),
            _ => None,
        }
    }

    /// What is known of cgroups at this moment; `None` where owners are not looked up.
    pub fn cgroup_table(&self) -> Option<CgroupTable> {
        let Whose::Known(identity) = &self.whose else { return None };
        let tree = identity.tree();
        Some(CgroupTable {
            kernel: self.session.cgroups(),
            capacity: self.cgroup_capacity,
            known: tree.iter().filter(|node| node.state != CgroupState::Removed).cloned().collect(),
        })
    }

    /// A handle that ends this trace.
    pub fn stopper(&self) -> Stopper {
        Stopper(Arc::clone(&self.stop))
    }

    /// Whether the last traced task is gone (only for traces of processes).
    pub fn tasks_gone(&self) -> bool {
        self.ends_with_tasks && self.session.marked_tasks() <= 0
    }

    /// The tracepoints that are hooked.
    pub fn hooks(&self) -> &[&'static str] {
        self.session.hooks()
    }

    /// The account so far; exact once the run is over: `produced = delivered + lost`.
    pub fn totals(&self) -> Totals {
        self.totals
    }

    fn advance(&mut self, timeout: Duration) -> Result<Step, Error> {
        if self.held {
            self.held = false;
            if let Some(step) = self.sort() {
                return Ok(step);
            }
        }
        loop {
            match &mut self.phase {
                Phase::Waiting => {
                    if self.over() {
                        self.session.disable();
                        // Tasks that are gone run no programs any more.
                        if !self.tasks_gone() {
                            Session::settle();
                        }
                        self.session.rings().begin();
                        self.phase = Phase::LastRound;
                        continue;
                    }
                    self.session.wait(self.timeout(timeout))?;
                    self.clock.follow();
                    self.follow_owners()?;
                    self.session.rings().begin();
                    self.phase = Phase::Round;
                }
                Phase::Round | Phase::LastRound => {
                    let last = matches!(self.phase, Phase::LastRound);
                    if !self.next_record()? {
                        if last && !self.waiting.is_empty() {
                            std::thread::sleep(OWNER_TICK);
                            continue;
                        }
                        if !last {
                            self.phase = Phase::Waiting;
                            self.round_ended()?;
                            return Ok(Step::Idle);
                        }
                        if let Some(cpu) = self.assembling.iter().position(|program| program.open) {
                            return Ok(self.deliver_assembled(cpu));
                        }
                        let calls = if self.entry { self.session.calls_in_progress()? } else { Vec::new() };
                        self.phase = Phase::InProgress(calls.into_iter());
                        continue;
                    }
                    if let Some(step) = self.sort() {
                        return Ok(step);
                    }
                }
                Phase::InProgress(calls) => match calls.next() {
                    Some(raw) => {
                        self.raw = raw;
                        self.blobs.clear();
                        self.current = Current::Record;
                        if self.is_wanted() {
                            return Ok(Step::Event);
                        }
                    }
                    None => self.phase = Phase::Account,
                },
                Phase::Account => {
                    self.phase = Phase::Ended;
                    if let Some(loss) = self.settle()? {
                        return Ok(Step::Loss(loss));
                    }
                }
                Phase::Ended => return Ok(Step::End),
            }
        }
    }

    /// Whether recording should end.
    fn over(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
            || self.until.is_some_and(|until| Instant::now() >= until)
            || self.tasks_gone()
    }

    fn timeout(&self, wanted: Duration) -> Duration {
        let left = self.until.map(|until| until.saturating_duration_since(Instant::now()));
        let wanted = if self.waiting.is_empty() { wanted } else { OWNER_TICK };
        left.map_or(wanted, |left| left.min(wanted))
    }

    /// Sorts the record in `raw`; the step to take if it leads to one.
    fn sort(&mut self) -> Option<Step> {
        let kind = u32::from(self.raw.r#type);
        let cpu = usize::from(self.raw.cpu);
        if let Some(program) = self.assembling.get_mut(cpu).filter(|program| program.open) {
            if !program.continues(&self.raw, kind) {
                // The pieces of a program follow each other on its CPU: the rest was lost.
                self.held = true;
                return Some(self.deliver_assembled(cpu));
            }
            program.append(&self.raw, &self.blobs);
            return (!program.open).then(|| self.deliver_assembled(cpu));
        }
        if let Some(loss) = self.account.gap(&self.raw, self.execs.is_some(), &self.clock) {
            self.totals.lost_ring_full += loss.lost;
            self.held = true;
            return Some(Step::Loss(loss));
        }
        let counted = kind == EventType::SYSCALL
            || self.execs.is_some() && matches!(kind, EventType::PROGRAM | EventType::EXIT);
        if counted && !self.is_wanted() {
            self.left_out += 1;
            match kind {
                EventType::PROGRAM => self.processes.describe(&self.raw, &self.blobs, &self.clock),
                EventType::EXIT => self.processes.end(&self.raw),
                _ => {}
            }
            return None;
        }
        match kind {
            EventType::SYSCALL => return Some(self.syscall()),
            EventType::PROCESS => self.processes.describe(&self.raw, &self.blobs, &self.clock),
            EventType::PROGRAM => {
                self.processes.describe(&self.raw, &self.blobs, &self.clock);
                let limits = self.execs.map_or((0, 0), |execs| (execs.args_limit, execs.env_limit));
                let program = Program::begin(self.raw, &self.blobs, limits);
                match self.assembling.get_mut(cpu).filter(|_| program.open) {
                    Some(place) => *place = program,
                    None => {
                        self.program = program;
                        return Some(self.deliver_program());
                    }
                }
            }
            EventType::EXIT => {
                self.processes.end(&self.raw);
                self.totals.delivered += u64::from(self.execs.is_some());
                self.current = Current::Record;
                return Some(Step::Event);
            }
            EventType::LOG if self.raw.nr as u32 == LogCode::TASK_STORAGE_FULL => {
                let tid = self.raw.args[0];
                tracing::warn!(target: "syscope::kernel", tid, "no memory to follow a task; its calls are not recorded");
            }
            EventType::CGROUP => {
                if self.cgroup_changes && identity::change_of(&self.raw).is_some() {
                    self.current = Current::Record;
                    return Some(Step::Event);
                }
            }
            // Pieces of a program whose first record was lost; it is counted.
            EventType::AREA | EventType::LOG => {}
            _ => self.totals.lost_malformed += 1,
        }
        None
    }

    /// A call: what is done before it is handed out.
    fn syscall(&mut self) -> Step {
        if self.raw.flags & EventFlags::EXEC != 0 {
            let at = self.special().execveat == Some(self.raw.nr as u32);
            exec::restore(&self.blobs, at, &mut self.scratch);
            std::mem::swap(&mut self.blobs, &mut self.scratch);
        }
        if self.execs.is_some() {
            // In the process stream only attempts to exec that failed come as calls.
            let at = self.special().execveat == Some(self.raw.nr as u32);
            self.program = Program::attempt(self.raw, &self.call(), at);
            return self.deliver_program();
        }
        self.name_resumed();
        if self.fds {
            self.remember_descriptor();
        }
        self.deliver()
    }

    /// Tells `restart_syscall` which call it resumes.
    fn name_resumed(&mut self) {
        /// The kernel's ERESTART_RESTARTBLOCK (include/linux/errno.h): `restart_syscall` will follow.
        const RESTART_BLOCK: i64 = -516;
        let nr = self.raw.nr as u32;
        let resumes = self.special().restart == Some(nr);
        if self.raw.ret == RESTART_BLOCK && !resumes {
            self.interrupted.note(self.raw.tid, nr);
        } else if resumes {
            let call = self.interrupted.resumed(self.raw.tid).and_then(|nr| table::name(self.abi(), nr));
            if let Some(name) = call {
                Blobs::push(&mut self.blobs, 0, 0, Status::Complete, name.as_bytes());
            }
        }
    }

    fn remember_descriptor(&mut self) {
        const RESULT: u8 = MAX_ARGS as u8;
        let blobs = Blobs(&self.blobs);
        if let Some(blob) = blobs.find(RESULT, 0) {
            if self.raw.ret >= 0 {
                self.descriptors.made(self.raw.pid, self.raw.ret as u32, blob);
            }
        } else if self.raw.ret == 0
            && self.special().close == Some(self.raw.nr as u32)
            && let Some(bytes) = self.descriptors.closed(self.raw.pid, self.raw.args[0] as u32)
        {
            Blobs::push(&mut self.blobs, 0, 0, Status::Complete, &bytes);
        }
    }

    /// Closes the account: what was lost after the last record of each CPU.
    fn settle(&mut self) -> Result<Option<Loss>, Error> {
        let counters = self.session.counters()?;
        if counters.processes_lost > 0 {
            tracing::warn!(
                lost = counters.processes_lost,
                "records about processes were lost; what events say of them may be incomplete"
            );
        }
        if counters.skipped > 0 {
            tracing::warn!(
                skipped = counters.skipped,
                "the kernel ran no program for up to so many calls; they are in no account"
            );
        }
        let lost = counters.lost + counters.execs_lost;
        self.totals.produced = counters.produced + counters.execs_produced - self.left_out;
        let missing = lost.saturating_sub(self.totals.lost_ring_full);
        self.totals.lost_ring_full = lost;
        let since = self.account.earliest();
        Ok((missing > 0).then(|| Loss {
            time: self.now(),
            reason: LossReason::RingFull,
            lost: missing,
            cpu: None,
            since: since.map(|last| self.clock.wall(last)),
        }))
    }

    fn now(&self) -> Timestamp {
        self.clock.wall(syscope_bpf::now_boot_ns())
    }

    fn deliver(&mut self) -> Step {
        self.totals.delivered += 1;
        self.current = Current::Record;
        Step::Event
    }

    fn deliver_assembled(&mut self, cpu: usize) -> Step {
        self.program = std::mem::take(&mut self.assembling[cpu]);
        self.deliver_program()
    }

    fn deliver_program(&mut self) -> Step {
        self.totals.delivered += 1;
        self.current = Current::Program;
        Step::Event
    }

    fn special(&self) -> Special {
        self.special[usize::from(self.raw.abi == ABI_COMPAT)]
    }

    fn abi(&self) -> Abi {
        if self.raw.abi == ABI_COMPAT { Abi::native().compat() } else { Abi::native() }
    }

    /// The call of the record in `raw`.
    fn call(&self) -> Call<'_> {
        let (abi, nr) = (self.abi(), self.raw.nr as u32);
        Call {
            abi,
            nr,
            syscall: table::syscall(abi, nr),
            args: self.raw.args,
            ret: (self.raw.flags & EventFlags::NO_RETURN == 0).then_some(self.raw.ret),
            blobs: Blobs(&self.blobs),
        }
    }

    /// The event that is handed out next.
    fn event(&mut self) -> Event<'_> {
        let raw = match self.current {
            Current::Record => &self.raw,
            Current::Program => &self.program.raw,
        };
        let abi = if raw.abi == ABI_COMPAT { Abi::native().compat() } else { Abi::native() };
        let process = self.processes.get(raw, &self.clock);
        let thread = Thread {
            tid: Tid(raw.tid),
            comm: Comm(raw.comm.map(|byte| byte as u8)),
            uid: raw.uid,
            gid: raw.gid,
            cgroup: self.whose.cgroup(raw),
            process,
        };
        let time = self.clock.wall(raw.ts);
        if matches!(self.current, Current::Program) {
            return Event::Exec(self.program.event(time, thread));
        }
        if let Some(change) = identity::change_of(raw).filter(|_| u32::from(raw.r#type) == EventType::CGROUP)
        {
            let pid = (change == syscope_event::Change::Attached).then_some(Pid(raw.args[3] as u32));
            return Event::Cgroup(CgroupChange { time, change, cgroup: thread.cgroup, pid });
        }
        if u32::from(raw.r#type) == EventType::EXIT {
            let id = ExecId { pid: Pid(raw.pid), start_boot_ns: raw.start, execs: raw.execs.into() };
            let run_ns = raw.ts.saturating_sub(raw.start);
            return Event::Exit(Exit {
                time,
                status: raw.ret as i32,
                run_ns,
                id: self.execs.is_some().then_some(id),
                thread,
            });
        }
        let returned = raw.flags & EventFlags::NO_RETURN == 0;
        let has_latency = raw.flags & EventFlags::HAS_LATENCY != 0;
        let ending = match returned {
            true if raw.flags & EventFlags::NO_ENTRY != 0 => Ending::Denied,
            true => Ending::Returned,
            false if raw.flags & EventFlags::IN_PROGRESS != 0 => Ending::Unfinished,
            false => Ending::Never,
        };
        let nr = raw.nr as u32;
        let mut call = Call {
            abi,
            nr,
            syscall: table::syscall(abi, nr),
            args: raw.args,
            ret: (raw.flags & EventFlags::NO_RETURN == 0).then_some(raw.ret),
            blobs: Blobs(&self.blobs),
        };
        if raw.abi == ABI_COMPAT {
            // `socketcall` and its like stand for other calls, and are shown as those.
            self.scratch.clear();
            if let Some(inner) = multiplex::unfold(&call, &mut self.scratch) {
                call = inner;
            }
        }
        Event::Syscall(Syscall { time, call, latency_ns: has_latency.then_some(raw.latency), ending, thread })
    }
}

/// What is known of the cgroups that exist.
#[derive(Debug, Clone)]
pub struct CgroupTable {
    /// The ids in the kernel's table.
    pub kernel: Vec<u64>,
    /// How many it has room for.
    pub capacity: u32,
    /// The cgroups with their places, states and owners.
    pub known: Vec<Node>,
}

enum Step {
    Event,
    Loss(Loss),
    Idle,
    End,
}
