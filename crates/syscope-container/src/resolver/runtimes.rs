//! The runtimes of the host: which there are, which answer, and what each is asked at the moment.
//!
//! A runtime that lets a question time out is *silent*: it is not asked any more until it has answered a probe.
//! All time limits are kept here, beside the threads that ask, so that a thread that hangs as a whole (a file
//! system that does not answer) does no harm either.

use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::Config;
use super::coordinator::Message;
use super::worker::{Job, Target, Worker};
use crate::runtime::docker::Engine;
use crate::runtime::{Failure, Identity, Kind, Query, RuntimeStatus, State, containerd, cri, docker};

/// Questions that one runtime is asked at the same time; more wait for their turn.
const AT_ONCE: usize = 16;
/// The pause before a silent runtime is probed again: from the first to the last, doubling.
const PROBE_PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));
/// How often it is seen whether a runtime has come into being.
const LOOK_PAUSE: Duration = Duration::from_millis(500);

/// One runtime.
#[derive(Debug)]
pub(super) struct Runtime {
    pub kind: Kind,
    endpoint: PathBuf,
    target: Target,
    name: Box<str>,
    version: Box<str>,
    state: State,
    worker: Option<Worker>,
    waiting: VecDeque<(u64, Query)>,
    /// Questions that it is asked now, by number, and until when.
    open: HashMap<u64, Instant>,
    /// The probe that is under way, until when.
    probe: Option<Instant>,
    next_probe: Option<Instant>,
    pause: Duration,
    /// Whether it was looked at since the start.
    is_seen: bool,
    asked: u64,
    answered: u64,
    timed_out: u64,
}

/// All of them, by number.
#[derive(Debug)]
pub(super) struct Runtimes {
    all: Vec<Runtime>,
    timeout: Duration,
    reports: mpsc::Sender<Message>,
    has_recovered: bool,
}

/// What asking a runtime led to at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Dispatch {
    /// It is asked, or will be.
    Pending,
    /// It is not there.
    Absent,
    /// It does not answer.
    Silent,
}

impl Runtimes {
    /// Those that may be on the host; none is started yet.
    pub(super) fn new(config: &Config, reports: mpsc::Sender<Message>) -> Runtimes {
        let root = &config.root;
        let mut all = Vec::new();
        let mut add = |kind, endpoint: PathBuf, target| all.push(Runtime::new(kind, endpoint, target));
        let own = config.cri.as_deref().map(socket_path);
        let cri_sockets = match &own {
            Some(own) => vec![own.clone()],
            None => cri::SOCKETS.iter().map(|socket| root.join(socket)).collect(),
        };
        let mut containerd_sockets: Vec<PathBuf> =
            containerd::SOCKETS.iter().map(|socket| root.join(socket)).collect();
        containerd_sockets.extend(own.filter(|own| !containerd_sockets.contains(own)));
        for socket in cri_sockets {
            add(Kind::Cri, socket.clone(), Target::Cri(socket));
        }
        for socket in containerd_sockets {
            add(Kind::Containerd, socket.clone(), Target::Containerd(socket));
        }
        let docker = root.join(docker::DOCKER_SOCKET);
        add(Kind::Docker, docker.clone(), Target::Engine(docker, Engine::Docker, root.clone()));
        let podman = root.join(docker::PODMAN_SOCKET);
        add(Kind::PodmanService, podman.clone(), Target::Engine(podman, Engine::Podman, root.clone()));
        add(Kind::Podman, root.join("var/lib/containers/storage"), Target::Podman(root.clone()));
        // Whether there is any of several directories, the client itself sees.
        add(Kind::Oci, root.join("run"), Target::Oci(root.clone()));
        add(Kind::Rootless, root.join("run/user"), Target::Rootless(root.clone()));
        Runtimes { all, timeout: config.timeout, reports, has_recovered: false }
    }

    /// The numbers of those that `wanted` holds for.
    pub(super) fn numbers(&self, wanted: impl Fn(Kind) -> bool) -> Vec<usize> {
        (0..self.all.len()).filter(|number| wanted(self.all[*number].kind)).collect()
    }

    /// A runtime's kind.
    pub(super) fn kind(&self, number: usize) -> Kind {
        self.all[number].kind
    }

    /// A runtime's name for messages.
    pub(super) fn shown(&self, number: usize) -> Box<str> {
        let runtime = &self.all[number];
        format!("{} ({})", runtime.kind.name(), runtime.endpoint.display()).into()
    }

    /// Asks a runtime, unless it is known not to answer.
    pub(super) fn ask(&mut self, number: usize, question: u64, query: Query, now: Instant) -> Dispatch {
        let runtime = &mut self.all[number];
        if matches!(runtime.state, State::Silent { .. }) {
            return Dispatch::Silent;
        }
        if !runtime.endpoint.exists() {
            runtime.leave(State::Absent);
            return Dispatch::Absent;
        }
        runtime.waiting.push_back((question, query));
        self.dispatch(number, now);
        Dispatch::Pending
    }

    /// Hands the runtime what waits, as far as it may be asked at once.
    fn dispatch(&mut self, number: usize, now: Instant) {
        while self.all[number].open.len() < AT_ONCE {
            let Some((question, query)) = self.all[number].waiting.pop_front() else { return };
            self.all[number].asked += 1;
            self.all[number].open.insert(question, now + self.timeout);
            if !self.send(number, Job::LookUp(question, query)) {
                // The deadline stands: without a thread the runtime is silent.
                return;
            }
        }
    }

    fn send(&mut self, number: usize, job: Job) -> bool {
        let runtime = &mut self.all[number];
        if runtime.worker.is_none() {
            let target = runtime.target.clone();
            runtime.worker = Worker::spawn(number, target, self.timeout, self.reports.clone()).ok();
        }
        runtime.worker.as_ref().is_some_and(|worker| worker.send(job))
    }

    /// Notes that a question was answered; `false`: it had been given up.
    pub(super) fn answered(
        &mut self,
        number: usize,
        question: u64,
        failure: Option<&Failure>,
        now: Instant,
    ) -> bool {
        let runtime = &mut self.all[number];
        // That it took too long is decided here, by the deadline: the thread's report of it may come late.
        if failure == Some(&Failure::Silent) || runtime.open.remove(&question).is_none() {
            return false;
        }
        match failure {
            None => {
                runtime.answered += 1;
                self.has_recovered |= runtime.enter_answering();
            }
            Some(Failure::Absent | Failure::Silent) => runtime.leave(State::Absent),
            Some(Failure::Refused(reason)) => runtime.leave(State::Refused(reason.clone())),
        }
        self.dispatch(number, now);
        true
    }

    /// Notes the outcome of a probe.
    pub(super) fn probed(&mut self, number: usize, outcome: Result<Identity, Failure>, now: Instant) {
        let runtime = &mut self.all[number];
        runtime.probe = None;
        runtime.is_seen = true;
        match outcome {
            Ok(identity) => {
                runtime.name =
                    if identity.name.is_empty() { runtime.kind.name().into() } else { identity.name };
                runtime.version = identity.version;
                self.has_recovered |= runtime.enter_answering();
                runtime.next_probe = None;
                return;
            }
            Err(Failure::Absent) => runtime.leave(State::Absent),
            Err(Failure::Refused(reason)) => runtime.leave(State::Refused(reason)),
            Err(Failure::Silent) => runtime.fall_silent(now),
        }
        runtime.pause = (runtime.pause * 2).min(PROBE_PAUSES.1);
        runtime.next_probe = Some(now + runtime.pause);
    }

    /// Whether a runtime began to answer since this was last asked.
    pub(super) fn take_recovered(&mut self) -> bool {
        std::mem::take(&mut self.has_recovered)
    }

    /// Probes those that are due, and gives up what took too long. Returns the questions that no answer will come
    /// to, with the runtime's number.
    pub(super) fn tick(&mut self, now: Instant) -> Vec<(usize, u64)> {
        let mut given_up = Vec::new();
        for number in 0..self.all.len() {
            let runtime = &mut self.all[number];
            let late = runtime.open.values().any(|until| *until <= now);
            let probe_late = runtime.probe.is_some_and(|until| until <= now);
            if late || probe_late {
                runtime.timed_out += runtime.open.len() as u64;
                given_up.extend(runtime.open.drain().map(|(question, _)| (number, question)));
                given_up.extend(runtime.waiting.drain(..).map(|(question, _)| (number, question)));
                runtime.probe = None;
                runtime.fall_silent(now);
            }
            if runtime.probe.is_none() && runtime.next_probe.is_some_and(|at| at <= now) {
                self.probe(number, now);
            }
        }
        given_up
    }

    fn probe(&mut self, number: usize, now: Instant) {
        let runtime = &mut self.all[number];
        if runtime.endpoint.exists() {
            runtime.next_probe = None;
            // Longer than the thread's own limit, so that its report comes first if it is alive.
            runtime.probe = Some(now + self.timeout + self.timeout / 4);
            self.send(number, Job::Probe);
        } else {
            runtime.leave(State::Absent);
            runtime.is_seen = true;
            runtime.next_probe = Some(now + LOOK_PAUSE);
        }
    }

    /// When something is due.
    pub(super) fn next_due(&self) -> Option<Instant> {
        let due = self.all.iter().flat_map(|runtime| {
            let open = runtime.open.values().min();
            let next = runtime.next_probe.as_ref().filter(|_| runtime.probe.is_none());
            [open, runtime.probe.as_ref(), next].into_iter().flatten()
        });
        due.min().copied()
    }

    /// Whether the first probe of all has ended.
    pub(super) fn is_settled(&self) -> bool {
        self.all.iter().all(|runtime| runtime.is_seen)
    }

    /// How they do.
    pub(super) fn status(&self) -> Vec<RuntimeStatus> {
        self.all.iter().map(Runtime::status).collect()
    }
}

impl Runtime {
    fn new(kind: Kind, endpoint: PathBuf, target: Target) -> Runtime {
        Runtime {
            kind,
            endpoint,
            target,
            name: kind.name().into(),
            version: Box::default(),
            state: State::Absent,
            worker: None,
            waiting: VecDeque::new(),
            open: HashMap::new(),
            probe: None,
            next_probe: Some(Instant::now()),
            pause: PROBE_PAUSES.0 / 2,
            is_seen: false,
            asked: 0,
            answered: 0,
            timed_out: 0,
        }
    }

    /// It answers; `true`: it did not before.
    fn enter_answering(&mut self) -> bool {
        let had_answered = matches!(self.state, State::Answering { .. });
        self.state = State::Answering { version: self.version.clone() };
        self.pause = PROBE_PAUSES.0 / 2;
        !had_answered
    }

    /// It does not answer as it should; it is looked at again.
    fn leave(&mut self, state: State) {
        if self.state != state {
            self.pause = PROBE_PAUSES.0 / 2;
        }
        self.state = state;
        if self.next_probe.is_none() && self.probe.is_none() {
            self.next_probe = Some(Instant::now() + LOOK_PAUSE);
        }
    }

    fn fall_silent(&mut self, now: Instant) {
        self.is_seen = true;
        if !matches!(self.state, State::Silent { .. }) {
            self.state = State::Silent { since: now };
            self.pause = PROBE_PAUSES.0 / 2;
        }
        self.pause = (self.pause * 2).min(PROBE_PAUSES.1);
        self.next_probe = Some(now + self.pause);
    }

    fn status(&self) -> RuntimeStatus {
        RuntimeStatus {
            name: self.name.clone(),
            kind: self.kind,
            endpoint: self.endpoint.to_string_lossy().into(),
            state: self.state.clone(),
            asked: self.asked,
            answered: self.answered,
            timed_out: self.timed_out,
        }
    }
}

/// A socket's path, also if it was given as `unix:///run/x.sock`, which is how kubelets call it.
fn socket_path(given: &Path) -> PathBuf {
    given
        .to_str()
        .and_then(|text| text.strip_prefix("unix://"))
        .map_or_else(|| given.to_owned(), PathBuf::from)
}
