//! The thread that holds the open questions: hands them to the runtimes, collects the replies, asks again what
//! may still be in the making, and gives the answers. It never waits for a runtime.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use syscope_event::{Owner, Source};

use super::decision::{Asked, Case, Decision, Reply, decide};
use super::runtimes::{Dispatch, Runtimes};
use super::worker::{Outcome, Report};
use super::{Answer, Config, Given, Question, Shared};
use crate::claim::{Claim, ContainerClaim, is_drawn_id};
use crate::runtime::{Failure, Found, Kind, Query, RuntimeStatus};

/// The shortest pause before a question is asked again, and the longest where a container is claimed and where
/// nothing is (there are many such cgroups). In between it is a part of the time gone by, so that a container is
/// known soon after its runtime knows it, however long that takes.
const PAUSE_MIN: Duration = Duration::from_millis(1);
const PAUSE_MAX: Duration = Duration::from_millis(100);
const PAUSE_MAX_UNCLAIMED: Duration = Duration::from_millis(400);
/// With more open questions than this (a start on a large host) what claims nothing is asked about seldom.
const CROWD: usize = 1024;
/// How long an answer is waited for before a guess goes out.
const GRACE: Duration = Duration::from_millis(10);
/// How long the thread sleeps when nothing is due.
const IDLE: Duration = Duration::from_secs(1);
/// Answers with a doubt about a runtime that did not answer, which are asked again when it does.
const DOUBTED: usize = 4096;

/// Reads the claim of a path.
pub(super) type Parse = fn(&[u8]) -> Claim;

/// What the coordinator is told.
#[derive(Debug)]
pub(super) enum Message {
    /// Somebody asks.
    Question(Question, Instant),
    /// A runtime's thread has something.
    Report(Report),
    /// Somebody asks how the runtimes do.
    Status(Sender<Vec<RuntimeStatus>>),
    /// The resolver is dropped.
    Stop,
}

/// The open questions and the runtimes.
pub(super) struct Coordinator {
    messages: Receiver<Message>,
    answers: Sender<Given>,
    shared: Arc<Shared>,
    runtimes: Runtimes,
    parse: Parse,
    patience: Duration,
    open: HashMap<u64, Open>,
    next_number: u64,
    timers: BinaryHeap<Reverse<(Instant, u64)>>,
    doubted: VecDeque<Question>,
    is_settled: bool,
    /// How often a runtime began to answer.
    recoveries: u64,
}

/// An open question.
struct Open {
    question: Question,
    path: Box<str>,
    claim: Claim,
    /// By the runtime's number.
    asked: Vec<(usize, Asked)>,
    since: Instant,
    /// Until when it is asked again.
    until: Instant,
    /// When it is asked again, if all have replied and nobody knows the container.
    again_at: Option<Instant>,
    guess_at: Instant,
    guess: Option<Owner>,
    /// Whether it was answered before, in doubt: only a container that a runtime knows is news.
    is_correction: bool,
    /// How often a runtime had begun to answer when it was asked.
    recoveries: u64,
}

impl Coordinator {
    /// A coordinator for the messages that come by `messages`; runtimes' threads report by `reports`.
    pub(super) fn new(
        config: &Config,
        parse: Parse,
        messages: Receiver<Message>,
        reports: Sender<Message>,
        answers: Sender<Given>,
        shared: Arc<Shared>,
    ) -> Coordinator {
        Coordinator {
            messages,
            answers,
            shared,
            runtimes: Runtimes::new(config, reports),
            parse,
            patience: config.patience,
            open: HashMap::new(),
            next_number: 0,
            timers: BinaryHeap::new(),
            doubted: VecDeque::new(),
            is_settled: false,
            recoveries: 0,
        }
    }

    /// Works until the resolver is dropped.
    pub(super) fn run(mut self) {
        loop {
            let now = Instant::now();
            self.tick(now);
            if !self.is_settled && self.runtimes.is_settled() {
                self.is_settled = true;
                self.shared.settle();
            }
            let timers = self.timers.peek().map(|Reverse((at, _))| *at);
            let due = timers.into_iter().chain(self.runtimes.next_due()).min();
            let wait = due.map_or(IDLE, |at| at.saturating_duration_since(Instant::now()));
            match self.messages.recv_timeout(wait) {
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Ok(message) => self.handle(message),
                Err(RecvTimeoutError::Timeout) => continue,
            }
            // What came meanwhile goes the same way, but timers are not forgotten over it.
            for _ in 0..64 {
                match self.messages.try_recv() {
                    Ok(Message::Stop) => return,
                    Ok(message) => self.handle(message),
                    Err(_) => break,
                }
            }
        }
    }

    fn handle(&mut self, message: Message) {
        let now = Instant::now();
        match message {
            Message::Question(question, since) => self.accept(question, since, false, now),
            Message::Report(Report { runtime, outcome: Outcome::Probe(outcome) }) => {
                self.runtimes.probed(runtime, outcome, now);
            }
            Message::Report(Report { runtime, outcome: Outcome::LookUp(number, outcome) }) => {
                if self.runtimes.answered(runtime, number, outcome.as_ref().err(), now) {
                    self.note(number, runtime, outcome, now);
                }
            }
            Message::Status(asker) => drop(asker.send(self.runtimes.status())),
            Message::Stop => {}
        }
        if self.runtimes.take_recovered() {
            self.recoveries += 1;
            self.ask_doubted_again(now);
        }
    }

    fn accept(&mut self, question: Question, since: Instant, is_correction: bool, now: Instant) {
        let number = self.next_number;
        self.next_number += 1;
        let path: Box<str> = String::from_utf8_lossy(&question.path).into();
        let claim = (self.parse)(&question.path);
        let runtimes = match &claim {
            Claim::Unit(_) => Vec::new(),
            Claim::Container(claim) => self.runtimes.numbers(|kind| is_asked(claim, kind)),
            Claim::Nothing => self.runtimes.numbers(|kind| matches!(kind, Kind::Oci | Kind::Containerd)),
        };
        let open = Open {
            question,
            path,
            claim,
            asked: Vec::new(),
            since,
            until: now + self.patience,
            again_at: None,
            guess_at: since + GRACE,
            guess: None,
            is_correction,
            recoveries: self.recoveries,
        };
        self.open.insert(number, open);
        self.ask(number, &runtimes, now);
        self.settle(number, now);
    }

    /// Asks these runtimes.
    fn ask(&mut self, number: u64, runtimes: &[usize], now: Instant) {
        let Some(open) = self.open.get_mut(&number) else { return };
        let (id, user) = match &open.claim {
            Claim::Container(claim) => (Some(claim.id.as_str().into()), claim.user),
            _ => (None, None),
        };
        for &runtime in runtimes {
            let query = Query { path: open.path.clone(), id: id.clone(), user };
            let reply = match self.runtimes.ask(runtime, number, query, now) {
                Dispatch::Pending => Reply::Pending,
                Dispatch::Absent => Reply::Absent,
                Dispatch::Silent => Reply::Silent,
            };
            match open.asked.iter_mut().find(|(other, _)| *other == runtime) {
                Some((_, asked)) => asked.reply = reply,
                None => {
                    let name = self.runtimes.shown(runtime);
                    open.asked.push((runtime, Asked { kind: self.runtimes.kind(runtime), name, reply }));
                }
            }
        }
    }

    /// Notes what a runtime replied.
    fn note(
        &mut self,
        number: u64,
        runtime: usize,
        outcome: Result<Option<Box<Found>>, Failure>,
        now: Instant,
    ) {
        let Some(open) = self.open.get_mut(&number) else { return };
        let reply = match outcome {
            Ok(Some(found)) => Reply::Known(found),
            Ok(None) => Reply::Denied,
            Err(Failure::Absent) => Reply::Absent,
            Err(Failure::Refused(reason)) => Reply::Refused(reason),
            Err(Failure::Silent) => Reply::Silent,
        };
        let adopted = match (&open.claim, &reply) {
            (Claim::Nothing, Reply::Known(found)) if is_drawn_id(&found.container.id) => {
                Some(found.container.id.clone())
            }
            _ => None,
        };
        if let Some((_, asked)) = open.asked.iter_mut().find(|(other, _)| *other == runtime) {
            asked.reply = reply;
        }
        if let Some(id) = adopted {
            // The path told nothing, a state file told the id: the others can be asked by that.
            let level = open.path.split('/').filter(|name| !name.is_empty()).count();
            open.claim = Claim::Container(ContainerClaim {
                id: id.into(),
                runtime: None,
                pod_uid: None,
                user: None,
                level,
                certain: false,
            });
            let others =
                self.runtimes.numbers(|kind| !matches!(kind, Kind::Oci | Kind::Containerd | Kind::Rootless));
            self.ask(number, &others, now);
        }
        self.settle(number, now);
    }

    /// Decides a question as far as that is possible now.
    fn settle(&mut self, number: u64, now: Instant) {
        let is_crowd = self.open.len() > CROWD;
        let Some(open) = self.open.get_mut(&number) else { return };
        let asked: Vec<Asked> = open.asked.iter().map(|(_, asked)| asked.clone()).collect();
        let case = Case { path: &open.path, by_root: open.question.by_root, claim: &open.claim };
        match decide(case, &asked) {
            Decision::Last(owner) => self.finish(number, owner, now),
            Decision::Again { verdict, .. } if now >= open.until => self.finish(number, verdict, now),
            Decision::Again { guess, .. } => {
                let at = (now + pause(open, now, is_crowd)).min(open.until);
                open.again_at = Some(at);
                self.timers.push(Reverse((at, number)));
                self.guess(number, guess, now);
            }
            Decision::Guess(owner) => self.guess(number, owner, now),
        }
    }

    fn guess(&mut self, number: u64, owner: Owner, now: Instant) {
        let Some(open) = self.open.get_mut(&number) else { return };
        if now < open.guess_at {
            self.timers.push(Reverse((open.guess_at, number)));
        } else if !open.is_correction && open.guess.as_ref() != Some(&owner) {
            open.guess = Some(owner.clone());
            self.shared.stats().guesses += 1;
            let _ = self.answers.send((Answer { cgroup: open.question.cgroup, owner, last: false }, false));
        }
    }

    fn finish(&mut self, number: u64, owner: Owner, now: Instant) {
        let Some(open) = self.open.remove(&number) else { return };
        let is_silence = |reply: &Reply| matches!(reply, Reply::Silent | Reply::Refused(_));
        let is_silent = open.asked.iter().any(|(_, asked)| is_silence(&asked.reply));
        // Podman's storage tells no labels: its service may yet.
        let is_doubted = owner.doubt.is_some() && (is_silent || owner.source == Source::Path);
        if is_doubted || (is_silent && owner.source == Source::Podman) {
            self.doubt(&open, now);
        }
        if open.is_correction {
            let is_news =
                owner.container().is_some() && owner.source != Source::Path && owner.doubt.is_none();
            self.shared.stats().corrected += u64::from(is_news);
            if is_news {
                let _ =
                    self.answers.send((Answer { cgroup: open.question.cgroup, owner, last: true }, false));
            }
            return;
        }
        let is_claimed = matches!(open.claim, Claim::Container(_));
        self.shared.stats().count(&owner, is_claimed, now.saturating_duration_since(open.since));
        let _ = self.answers.send((Answer { cgroup: open.question.cgroup, owner, last: true }, true));
    }

    /// Keeps a question whose answer is in doubt until a runtime begins to answer; one did perhaps meanwhile.
    fn doubt(&mut self, open: &Open, now: Instant) {
        if open.recoveries != self.recoveries {
            self.accept(open.question.clone(), now, true, now);
        } else if !self.doubted.contains(&open.question) {
            if self.doubted.len() >= DOUBTED {
                self.doubted.pop_front();
            }
            self.doubted.push_back(open.question.clone());
        }
    }

    /// A runtime answers again, or has come into being: what was left in doubt is asked once more.
    fn ask_doubted_again(&mut self, now: Instant) {
        for question in std::mem::take(&mut self.doubted) {
            self.accept(question, now, true, now);
        }
    }

    /// Does what is due.
    fn tick(&mut self, now: Instant) {
        for (runtime, number) in self.runtimes.tick(now) {
            self.note(number, runtime, Err(Failure::Silent), now);
        }
        while self.timers.peek().is_some_and(|Reverse((at, _))| *at <= now) {
            let Some(Reverse((_, number))) = self.timers.pop() else { return };
            let Some(open) = self.open.get_mut(&number) else { continue };
            if open.again_at.is_none_or(|at| at > now) {
                if open.again_at.is_none() || now >= open.guess_at {
                    self.show_guess(number, now);
                }
                continue;
            }
            open.again_at = None;
            let unsure = open.asked.iter().filter(|(_, asked)| !matches!(&asked.reply, Reply::Pending));
            let runtimes: Vec<usize> = unsure.map(|(runtime, _)| *runtime).collect();
            self.ask(number, &runtimes, now);
            self.settle(number, now);
        }
    }

    /// Lets out what is likely so far, without deciding anew when to ask.
    fn show_guess(&mut self, number: u64, now: Instant) {
        let Some(open) = self.open.get(&number) else { return };
        let asked: Vec<Asked> = open.asked.iter().map(|(_, asked)| asked.clone()).collect();
        let case = Case { path: &open.path, by_root: open.question.by_root, claim: &open.claim };
        if let Decision::Guess(guess) | Decision::Again { guess, .. } = decide(case, &asked) {
            self.guess(number, guess, now);
        }
    }
}

/// The pause before a question is asked again.
fn pause(open: &Open, now: Instant, is_crowd: bool) -> Duration {
    let age = now.saturating_duration_since(open.since);
    match open.claim {
        Claim::Nothing if is_crowd => PAUSE_MAX_UNCLAIMED,
        Claim::Nothing => (age / 3).clamp(PAUSE_MIN, PAUSE_MAX_UNCLAIMED),
        _ => (age / 4).clamp(PAUSE_MIN, PAUSE_MAX),
    }
}

/// Whether a runtime of this kind is asked about a container of this form: those that would know it, those that
/// can tell its cgroup, and for a user's one those whose container it pretends to be.
fn is_asked(claim: &ContainerClaim, kind: Kind) -> bool {
    match (kind, claim.runtime) {
        (Kind::Oci, _) => true,
        (Kind::Rootless, _) => claim.user.is_some(),
        (Kind::Docker, Some("docker")) | (Kind::Containerd, Some("docker" | "containerd")) => true,
        (Kind::PodmanService | Kind::Podman, Some("podman")) => true,
        (Kind::Cri, Some("containerd" | "cri-o")) | (Kind::Podman, Some("cri-o")) => true,
        (_, Some(_)) => false,
        (Kind::PodmanService, None) => claim.pod_uid.is_none(),
        (_, None) => true,
    }
}
