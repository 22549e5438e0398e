//! An agent without a kernel: jobs are names, events come when a test says so.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use syscope_agent::stream::EndLine;
use syscope_agent::{Created, Exposition, From, Log, Node, Refused, Watcher};
use syscope_api::containers::Container;
use syscope_api::status::Source;
use syscope_api::trace::{Counts, Jobs};
use syscope_api::{Containers, End, Job, Readiness, Span, Status, Syscalls, TraceRequest, Version};

/// Jobs that may be.
const JOBS_MAX: usize = 64;

/// What a hostile container is called.
pub const HOSTILE: &str = "a\"\r\nX: y\u{1b}[31m\u{202e}</script><b>\u{0}";

/// A job, what asked for it, and its events.
type Entry = (Job, TraceRequest, Arc<Log>);

/// An agent for tests.
#[derive(Debug, Default)]
pub struct FakeNode {
    jobs: Mutex<BTreeMap<String, Entry>>,
    made: AtomicU64,
    /// It is not ready.
    pub broken: std::sync::atomic::AtomicBool,
    /// How often metrics were read.
    pub scrapes: AtomicU64,
    /// Milliseconds that a reading takes.
    pub slow: AtomicU64,
    /// Readings that run now, and the most that ever did.
    pub running: AtomicU64,
    pub running_max: AtomicU64,
}

#[derive(Debug)]
struct Lines;

impl EndLine for Lines {
    fn line(&self, missed: u64) -> Bytes {
        format!("{{\"type\":\"loss\",\"final\":true,\"lost\":{missed}}}\n").into()
    }

    fn gap(&self, missed: u64) -> Bytes {
        format!("{{\"type\":\"loss\",\"lost\":{missed}}}\n").into()
    }
}

impl FakeNode {
    /// A job's log.
    pub fn log(&self, id: &str) -> Option<Arc<Log>> {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.get(id).map(|job| Arc::clone(&job.2))
    }

    /// Ends all jobs, as an agent does when it ends.
    pub fn end(&self) {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.values().for_each(|job| job.2.end(Arc::new(Lines)));
    }

    /// Begins a job and returns its id.
    pub fn job_of(&self, request: &TraceRequest) -> String {
        match self.create(request.clone()) {
            Ok(Created::New(job) | Created::Existing(job)) => job.id,
            Err(refused) => panic!("{refused}"),
        }
    }

    fn wait(&self) {
        let now = self.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.running_max.fetch_max(now, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(self.slow.load(Ordering::Relaxed)));
        self.running.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Node for FakeNode {
    fn version(&self) -> Version {
        Version { version: "0.0.0".into(), kernel: "6.12.0".into(), arch: "x86_64".into() }
    }

    fn readiness(&self) -> Readiness {
        let ready = !self.broken.load(Ordering::Relaxed);
        let source = Source { name: "kernel".into(), ok: ready, detail: Some("secret detail".into()) };
        Readiness { ready, sources: vec![source] }
    }

    fn status(&self) -> Status {
        self.wait();
        Status {
            version: "0.0.0".into(),
            node: Some("n1".into()),
            mode: "session".into(),
            started: "2026-11-21T02:30:29Z".into(),
            readiness: self.readiness(),
            hooks: vec!["sys_exit".into()],
            latency: false,
            maps: Vec::new(),
            containers: BTreeMap::new(),
            cgroups: BTreeMap::new(),
            attribution: BTreeMap::new(),
            jobs: self.jobs.lock().unwrap().len() as u64,
            jobs_max: JOBS_MAX as u64,
            watchers: 0,
            watchers_max: 256,
            lost: BTreeMap::new(),
        }
    }

    fn metrics(&self, exposition: Exposition) -> Bytes {
        assert!(!self.broken.load(Ordering::Relaxed), "asked to");
        let scrape = self.scrapes.fetch_add(1, Ordering::SeqCst) + 1;
        self.wait();
        let end = if exposition == Exposition::OpenMetrics { "# EOF\n" } else { "" };
        format!("# TYPE fake_scrapes counter\nfake_scrapes_total {scrape}\n{end}").into()
    }

    fn syscalls(&self) -> Syscalls {
        self.wait();
        Syscalls { ts: 1, rows: vec![[0, 0, 0, 7, 0]; 1000], ..Syscalls::default() }
    }

    fn containers(&self) -> Containers {
        let container = Container { id: "abc".into(), name: Some(HOSTILE.into()), ..Container::default() };
        Containers { containers: vec![container] }
    }

    fn cgroups(&self) -> Result<Bytes, Refused> {
        Ok("[{\"id\":1}]".into())
    }

    fn processes(&self) -> Result<Bytes, Refused> {
        if self.broken.load(Ordering::Relaxed) {
            return Err(Refused::Unavailable("processes are not read now".into()));
        }
        Ok("[]".into())
    }

    fn create(&self, request: TraceRequest) -> Result<Created, Refused> {
        if request.spec.syscalls.iter().any(|name| name == "panic") {
            panic!("asked to");
        }
        if request.spec.syscalls.iter().any(|name| name == "nosuch") {
            return Err(Refused::Invalid("syscalls: there is no syscall \"nosuch\"".into()));
        }
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(name) = &request.name {
            let same =
                |job: &&Entry| job.1.name.as_ref() == Some(name) && job.1.namespace == request.namespace;
            if let Some(job) = jobs.values().find(same) {
                let conflict = || Refused::Conflict(format!("there is a job {name:?} with another spec"));
                return if job.1.spec == request.spec {
                    Ok(Created::Existing(job.0.clone()))
                } else {
                    Err(conflict())
                };
            }
        }
        while jobs.len() >= JOBS_MAX {
            // An agent says 429; for tests of the API it is better if there is always room.
            jobs.pop_first();
        }
        let id = format!("job-{}", self.made.fetch_add(1, Ordering::Relaxed));
        let job = Job {
            id: id.clone(),
            name: request.name.clone(),
            namespace: request.namespace.clone(),
            lease: request.lease.unwrap_or(Span::seconds(300)),
            spec: request.spec.clone(),
            node: Some("n1".into()),
            started: "2026-11-21T02:30:29Z".into(),
            running: true,
            end: None,
            containers: 0,
            watchers: 0,
            counts: Counts::default(),
        };
        jobs.insert(id, (job.clone(), request, Log::new(1 << 20)));
        Ok(Created::New(job))
    }

    fn jobs(&self) -> Jobs {
        Jobs { traces: self.jobs.lock().unwrap().values().map(|job| job.0.clone()).collect() }
    }

    fn job(&self, id: &str) -> Option<Job> {
        self.jobs.lock().unwrap().get(id).map(|job| job.0.clone())
    }

    fn delete(&self, id: &str) -> Option<Job> {
        let (job, _, log) = self.jobs.lock().unwrap().remove(id)?;
        log.end(Arc::new(Lines));
        Some(Job { running: false, end: Some(End::Deleted), ..job })
    }

    fn watch(&self, id: &str, from: From) -> Result<Watcher, Refused> {
        let log = self.log(id).ok_or_else(|| Refused::NotFound(format!("there is no job {id:?}")))?;
        Ok(log.watch(from, Arc::new(Lines)))
    }
}
