//! The thread that owns the trace: hands every event to the jobs that want it, and begins and ends jobs.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use syscope_api::End;
use syscope_api::trace::Counts;
use syscope_container::runtime::RuntimeStatus;
use syscope_tracer::jobs::bits;
use syscope_tracer::{Attribution, Counters, Event, Job, JobAccount, Poll, Trace};

use crate::lines::{Ending, Lines, Origin};
use crate::registry::{JobState, Registry};

/// How long the thread sleeps at most before it looks for something to do.
const LOOK: Duration = Duration::from_millis(100);
/// How often leases, accounts and facts are looked at, and the runtimes asked how they do.
const TICK: Duration = Duration::from_millis(500);
const RUNTIMES_TICK: Duration = Duration::from_secs(5);
/// Bytes of lines that are collected before they go into a stream: with the line that is the last, 64 KiB.
const CHUNK: usize = 62 << 10;
/// How long an end waits for the last records.
const END_WAIT: Duration = Duration::from_secs(3);

/// What [`crate::Agent::failed`] says of an engine that was told to end.
pub const ENDED: &str = "the agent ends";

/// What the engine is asked to do.
pub(crate) enum Command {
    /// Begins a job.
    Begin { state: Arc<JobState>, job: Box<Job>, done: Sender<Result<(), syscope_tracer::Error>> },
    /// Ends a job; `done` when its last event is in the stream.
    End { id: String, end: End, done: Sender<()> },
}

/// What others may know of the engine.
#[derive(Debug, Default, Clone)]
pub(crate) struct Facts {
    pub(crate) hooks: Vec<&'static str>,
    pub(crate) counters: Counters,
    pub(crate) attribution: Attribution,
    pub(crate) untracked: Option<String>,
    pub(crate) runtimes: Vec<RuntimeStatus>,
    /// When this was written; `None`: never.
    pub(crate) seen: Option<Instant>,
    /// Why the engine has ended.
    pub(crate) failed: Option<String>,
}

/// What the engine and its agent both hold.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    facts: Mutex<Facts>,
    pub(crate) registry: Registry,
    pub(crate) stop: AtomicBool,
    creating: Mutex<()>,
}

impl Shared {
    pub(crate) fn facts(&self) -> Facts {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Held while a job is made, so that two of one name are one.
    pub(crate) fn creating(&self) -> MutexGuard<'_, ()> {
        self.creating.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, write: impl FnOnce(&mut Facts)) {
        write(&mut self.facts.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// A job that runs.
struct Running {
    state: Arc<JobState>,
    origin: Origin,
    buffer: Vec<u8>,
    /// Events in the buffer.
    buffered: u64,
    delivered: u64,
    /// Losses that are told in the stream.
    lost: u64,
    deadline: Option<Instant>,
    ending: Option<End>,
    /// Who waits for the end.
    done: Vec<Sender<()>>,
}

pub(crate) struct Engine {
    trace: Trace,
    node: Option<String>,
    lines: Lines,
    jobs: Vec<Option<Running>>,
    commands: Receiver<Command>,
    shared: Arc<Shared>,
    ticked: Instant,
    asked: Option<Instant>,
}

impl Engine {
    pub(crate) fn new(
        trace: Trace,
        node: Option<String>,
        commands: Receiver<Command>,
        shared: Arc<Shared>,
    ) -> Engine {
        let lines = Lines::new(node.clone());
        let jobs = (0..64).map(|_| None).collect();
        let mut engine =
            Engine { trace, node, lines, jobs, commands, shared, ticked: Instant::now(), asked: None };
        engine.tell_facts();
        engine
    }

    /// Runs until it is told to stop, or the trace fails.
    pub(crate) fn run(mut self) {
        let failed = loop {
            if self.shared.stop.load(Ordering::SeqCst) {
                break None;
            }
            if let Err(error) = self.step() {
                break Some(error);
            }
        };
        let end = if failed.is_some() { End::Failed } else { End::Shutdown };
        if let Some(error) = &failed {
            tracing::error!(%error, "the engine failed");
            self.shared.write(|facts| facts.failed = Some(error.to_string()));
        }
        self.end_all(end, failed.is_none());
    }

    /// One event, or what is to do between rounds.
    fn step(&mut self) -> Result<(), syscope_tracer::Error> {
        let found = match self.trace.poll(LOOK)? {
            Poll::Event(event) => {
                match &event {
                    Event::Syscall(_) => self.lines.render(&event),
                    Event::Loss(_) => {}
                    _ => return Ok(()),
                }
                matches!(event, Event::Syscall(_))
            }
            Poll::Idle => return self.between_rounds(),
            Poll::End => return Err(syscope_tracer::Error::NoContainers("the trace ended by itself".into())),
        };
        if found {
            self.deliver(self.trace.jobs_of_event())
        } else {
            self.tell_losses();
            Ok(())
        }
    }

    fn deliver(&mut self, jobs: u64) -> Result<(), syscope_tracer::Error> {
        for number in bits(jobs) {
            let Some(job) = &mut self.jobs[usize::from(number)] else { continue };
            if job.ending == Some(End::MaxEvents) {
                continue;
            }
            self.lines.append(&mut job.buffer, &job.origin);
            job.buffered += 1;
            job.delivered += 1;
            if job.delivered == job.state.request.spec.max_events {
                job.ending = Some(End::MaxEvents);
                self.trace.end_job(number)?;
            }
            if job.buffer.len() >= CHUNK {
                job.flush();
            }
        }
        Ok(())
    }

    /// Puts what the ring had no room for into the streams of the jobs that miss it.
    fn tell_losses(&mut self) {
        for (number, job) in self.jobs.iter_mut().enumerate() {
            let Some(job) = job else { continue };
            let lost = self.trace.job_account(number as u8).lost;
            if lost > job.lost {
                job.buffer.extend_from_slice(job.origin.gap("ring_full", lost - job.lost).as_bytes());
                job.lost = lost;
            }
        }
    }

    fn between_rounds(&mut self) -> Result<(), syscope_tracer::Error> {
        self.jobs.iter_mut().flatten().for_each(Running::flush);
        for (number, account) in self.trace.ended_jobs() {
            if let Some(job) = self.jobs[usize::from(number)].take() {
                self.close(job, account);
            }
        }
        while let Ok(command) = self.commands.try_recv() {
            self.carry_out(command)?;
        }
        if self.ticked.elapsed() >= TICK {
            self.ticked = Instant::now();
            self.tick()?;
        }
        Ok(())
    }

    fn carry_out(&mut self, command: Command) -> Result<(), syscope_tracer::Error> {
        match command {
            Command::Begin { state, job, done } => {
                let begun = self.trace.add_job(&job).map(|number| {
                    let duration = state.request.spec.duration;
                    self.jobs[usize::from(number)] = Some(Running {
                        origin: Origin::new(self.node.as_deref(), state.label()),
                        buffer: Vec::new(),
                        buffered: 0,
                        delivered: 0,
                        lost: 0,
                        deadline: (!duration.is_zero()).then(|| Instant::now() + duration.0),
                        ending: None,
                        done: Vec::new(),
                        state,
                    });
                });
                let _ = done.send(begun);
            }
            Command::End { id, end, done } => {
                let found =
                    self.jobs.iter_mut().position(|job| job.as_ref().is_some_and(|job| job.state.id == id));
                let Some(number) = found else {
                    let _ = done.send(());
                    return Ok(());
                };
                if let Some(job) = &mut self.jobs[number] {
                    job.done.push(done);
                }
                self.end(number, end)?;
            }
        }
        Ok(())
    }

    fn end(&mut self, number: usize, end: End) -> Result<(), syscope_tracer::Error> {
        if let Some(job) = &mut self.jobs[number] {
            job.ending.get_or_insert(end);
        }
        self.trace.end_job(number as u8)
    }

    fn tick(&mut self) -> Result<(), syscope_tracer::Error> {
        let mut over = Vec::new();
        for (number, job) in self.jobs.iter_mut().enumerate() {
            let Some(job) = job else { continue };
            let account = self.trace.job_account(number as u8);
            let (delivered, sampled_out, lost) = (job.delivered, account.sampled_out, account.lost);
            // What is in the rings now is not yet accounted for on either side.
            let counts = Counts { produced: delivered + sampled_out + lost, delivered, sampled_out, lost };
            job.state.report(counts, self.trace.containers_of(number as u8));
            if job.ending.is_some() {
                continue;
            }
            if job.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                over.push((number, End::Duration));
            } else if job.state.lease_is_over() {
                over.push((number, End::Lease));
            }
        }
        for (number, end) in over {
            self.end(number, end)?;
        }
        self.shared.registry.expire();
        self.tell_facts();
        Ok(())
    }

    fn tell_facts(&mut self) {
        let asks = self.asked.is_none_or(|asked| asked.elapsed() >= RUNTIMES_TICK);
        if asks {
            self.asked = Some(Instant::now());
        }
        let runtimes = asks.then(|| self.trace.runtimes());
        let attribution = self.trace.attribution().unwrap_or_default();
        let counters = self.trace.counters().unwrap_or_default();
        let hooks = self.trace.hooks().to_vec();
        let untracked = self.trace.untracked().map(str::to_owned);
        self.shared.write(|facts| {
            facts.runtimes = runtimes.unwrap_or_else(|| std::mem::take(&mut facts.runtimes));
            (facts.hooks, facts.counters, facts.attribution) = (hooks, counters, attribution);
            (facts.untracked, facts.seen) = (untracked, Some(Instant::now()));
        });
    }

    /// The last of a job: what is left of its lines, and its account.
    fn close(&mut self, mut job: Running, account: JobAccount) {
        if account.lost > job.lost {
            let gap = job.origin.gap("ring_full", account.lost - job.lost);
            job.buffer.extend_from_slice(gap.as_bytes());
        }
        job.flush();
        let end = job.ending.unwrap_or(End::Failed);
        // A job that had its events gets no more, though some may have been on their way, with those not sampled between them.
        let beyond = account.delivered - job.delivered.min(account.delivered);
        let between = beyond.saturating_mul(u64::from(job.state.request.spec.sample_rate.max(1)) - 1);
        let between = between.min(account.sampled_out);
        let counts = Counts {
            produced: account.produced - (beyond + between).min(account.produced),
            delivered: job.delivered,
            sampled_out: account.sampled_out - between,
            lost: account.lost,
        };
        if counts.produced != counts.delivered + counts.sampled_out + counts.lost {
            tracing::warn!(job = job.state.id, ?counts, "the account of a job does not add up");
        }
        job.state.report(counts, 0);
        job.state.ended(end);
        job.state.log.end(Arc::new(Ending::new(job.origin, Some((end, counts)))));
        for done in job.done {
            // Whoever asked may have stopped waiting.
            let _ = done.send(());
        }
    }

    /// Ends all jobs; waits for their last records if the trace still works.
    fn end_all(&mut self, end: End, works: bool) {
        let until = Instant::now() + END_WAIT;
        let mut works = works;
        for number in 0..self.jobs.len() {
            works = works && self.end(number, end).is_ok();
        }
        while works && self.jobs.iter().any(Option::is_some) && Instant::now() < until {
            works = self.step().is_ok();
        }
        for number in 0..self.jobs.len() {
            if let Some(mut job) = self.jobs[number].take() {
                job.ending.get_or_insert(end);
                let account = self.trace.job_account(number as u8);
                self.close(job, account);
            }
        }
        self.shared.write(|facts| facts.failed = facts.failed.take().or_else(|| Some(ENDED.into())));
    }
}

impl Running {
    fn flush(&mut self) {
        if !self.buffer.is_empty() {
            self.state.log.push(&self.buffer, std::mem::take(&mut self.buffered));
            self.buffer.clear();
        }
    }
}
