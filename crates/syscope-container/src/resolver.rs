//! Asks the runtimes, beside the data path.
//!
//! ```text
//!   ask ----> coordinator ----> one thread for each runtime ----> socket or files
//!                |   ^                                               |
//!   answer <-----+   +------------------- replies <------------------+
//! ```
//!
//! Neither [`Resolver::ask`] nor [`Resolver::answer`] waits. A question costs at most [`Config::timeout`] at a
//! runtime that hangs, and from then on nothing, until it answers again; other runtimes go on meanwhile. A container
//! that nobody knows may be in the making (its cgroup is made first), so it is asked about again, with growing
//! pauses, until [`Config::patience`] is over.

mod coordinator;
mod decision;
mod runtimes;
mod stats;
mod worker;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use syscope_event::Owner;

use self::coordinator::{Coordinator, Message};
pub use self::stats::Stats;
use crate::claim::{self, Claim};
use crate::runtime::RuntimeStatus;

/// Questions that may be open at a time: more than a host with 10,000 cgroups has at the start.
const OPEN: u64 = 16 << 10;

/// Where and how to ask.
#[derive(Debug, Clone)]
pub struct Config {
    /// The host's root directory (usually `/`): sockets, state files and storage are looked for below it.
    pub root: PathBuf,
    /// The CRI socket to use instead of the well-known ones.
    pub cri: Option<PathBuf>,
    /// How long one question to one runtime may take.
    pub timeout: Duration,
    /// How long a question is asked again while no runtime knows the container (it is just being made).
    pub patience: Duration,
}

impl Default for Config {
    /// The host's own root. Half a second is more than a busy runtime takes, and two are more than it takes to
    /// make a container.
    fn default() -> Config {
        Config {
            root: PathBuf::from("/"),
            cri: None,
            timeout: Duration::from_millis(500),
            patience: Duration::from_secs(2),
        }
    }
}

/// A cgroup whose owner is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Its id in the tracked hierarchy; comes back in the answer.
    pub cgroup: u64,
    /// Its path in that hierarchy.
    pub path: Box<[u8]>,
    /// Whether all directories of the path belong to root: only then a path alone counts.
    pub by_root: bool,
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The cgroup that was asked about.
    pub cgroup: u64,
    /// Whose it is.
    pub owner: Owner,
    /// Whether this is the last word; a guess by path may be followed by a runtime's word. Where a runtime that did
    /// not answer left a doubt, a better last word may follow when it answers again.
    pub last: bool,
}

/// The look-up of owners; one thread for each runtime, so that one that hangs delays no other.
#[derive(Debug)]
pub struct Resolver {
    messages: Sender<Message>,
    answers: Mutex<Receiver<Given>>,
    shared: Arc<Shared>,
    coordinator: Option<JoinHandle<()>>,
}

/// An answer, and whether it closes its question.
type Given = (Answer, bool);

/// What the caller and the coordinator both see.
#[derive(Debug, Default)]
struct Shared {
    open: AtomicU64,
    dropped: AtomicU64,
    stats: Mutex<Stats>,
    settled: Mutex<bool>,
    on_settled: Condvar,
}

impl Shared {
    fn stats(&self) -> MutexGuard<'_, Stats> {
        self.stats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn closed(&self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
    }

    fn settle(&self) {
        *self.settled.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.on_settled.notify_all();
    }

    fn wait_settled(&self, limit: Duration) {
        let settled = self.settled.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.on_settled.wait_timeout_while(settled, limit, |settled| !*settled);
        drop(waited.map_err(PoisonError::into_inner));
    }
}

impl Resolver {
    /// Finds the runtimes of the host and begins.
    ///
    /// # Panics
    /// If the host cannot start a thread.
    pub fn start(config: Config) -> Resolver {
        Resolver::start_with(config, claim::parse)
    }

    /// As [`Resolver::start`], with other rules for what a path claims.
    ///
    /// # Panics
    /// If the host cannot start a thread.
    pub fn start_with(config: Config, parse: fn(&[u8]) -> Claim) -> Resolver {
        let (messages, inbox) = channel();
        let (answers, outbox) = channel();
        let shared = Arc::new(Shared::default());
        let coordinator =
            Coordinator::new(&config, parse, inbox, messages.clone(), answers, Arc::clone(&shared));
        let thread = thread::Builder::new().name("resolver".to_owned());
        let coordinator = thread.spawn(move || coordinator.run()).expect("a thread can be started");
        Resolver { messages, answers: Mutex::new(outbox), shared, coordinator: Some(coordinator) }
    }

    /// Asks about a cgroup; never waits. `false`: too many questions are open, this one is dropped.
    pub fn ask(&self, question: Question) -> bool {
        let room = self.shared.open.fetch_add(1, Ordering::Relaxed) < OPEN;
        if !room || self.messages.send(Message::Question(question, Instant::now())).is_err() {
            self.shared.closed();
            self.shared.dropped.fetch_add(1, Ordering::Relaxed);
            return false;
        }
        self.shared.stats().asked += 1;
        true
    }

    /// The next answer, if there is one.
    pub fn answer(&self) -> Option<Answer> {
        let given = self.answers.lock().unwrap_or_else(PoisonError::into_inner).try_recv().ok()?;
        Some(self.take(given))
    }

    /// The next answer, waited for at most this long.
    pub fn answer_within(&self, limit: Duration) -> Option<Answer> {
        let given = self.answers.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(limit).ok()?;
        Some(self.take(given))
    }

    /// A question is open until its last answer was taken, so that answers are bounded in number too.
    fn take(&self, (answer, closes): Given) -> Answer {
        if closes {
            self.shared.closed();
        }
        answer
    }

    /// The runtimes that are looked for, and how they do.
    pub fn status(&self) -> Vec<RuntimeStatus> {
        let (asker, status) = channel();
        let _ = self.messages.send(Message::Status(asker));
        // The coordinator never waits for anything, so it answers within its current step.
        status.recv_timeout(Duration::from_secs(1)).unwrap_or_default()
    }

    /// Counts since the start.
    pub fn stats(&self) -> Stats {
        let mut stats = self.shared.stats().clone();
        stats.open = self.shared.open.load(Ordering::Relaxed);
        stats.dropped = self.shared.dropped.load(Ordering::Relaxed);
        stats
    }
}

impl Drop for Resolver {
    fn drop(&mut self) {
        let _ = self.messages.send(Message::Stop);
        if let Some(coordinator) = self.coordinator.take() {
            // Runtimes' threads end by themselves: one that hangs is not waited for.
            let _ = coordinator.join();
        }
    }
}

/// Looks once at all runtimes of the host; takes at most a little longer than [`Config::timeout`].
pub fn probe(config: Config) -> Vec<RuntimeStatus> {
    let limit = config.timeout * 2;
    let resolver = Resolver::start(config);
    resolver.shared.wait_settled(limit);
    resolver.status()
}

#[cfg(test)]
mod tests;
