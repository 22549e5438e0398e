//! The agent: an engine, the jobs, the metrics.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use syscope_api::status::{Map, Source};
use syscope_api::syscalls::Moment;
use syscope_api::trace::{Jobs, LEASE};
use syscope_api::{Containers, End, Job, Readiness, Status, Syscalls, TraceRequest, Version};
use syscope_container::runtime::State;
use syscope_event::{CgroupState, OwnerKind, Timestamp};
use syscope_tracer::directory::Entry;
use syscope_tracer::{Builder, Counts, CountsConfig, Directory, Error};

use crate::config::Config;
use crate::engine::{Command, Engine, Facts, Shared};
use crate::lines::{Ending, Origin};
use crate::metrics::exposition::{self, Family, Scrape};
use crate::metrics::{Series, Snapshot, tables};
use crate::node::{Created, Exposition, Node, Refused};
use crate::registry::JobState;
use crate::spec;
use crate::stream::{From, Log, Watcher};

/// How often the metrics are looked after without a scrape.
const HOUSEKEEPING: Duration = Duration::from_secs(5);
/// Moments that are kept of the past: 15 minutes.
const HISTORY_MAX: usize = 180;
/// How long the engine may take to do what it is asked.
const ENGINE_WAIT: Duration = Duration::from_secs(10);
/// An engine that was not seen for so long does not deliver.
const SEEN: Duration = Duration::from_secs(10);
/// A snapshot that is no older than this serves several readers.
const FRESH: Duration = Duration::from_millis(250);

/// The node agent. Everything is released when it is dropped.
pub struct Agent {
    config: Config,
    shared: Arc<Shared>,
    commands: Mutex<Sender<Command>>,
    metering: Arc<Metering>,
    started: Timestamp,
    extra: Mutex<Vec<MoreMetrics>>,
    engine: Mutex<Option<JoinHandle<()>>>,
    housekeeper: Mutex<Option<JoinHandle<()>>>,
}

/// Metrics that somebody else makes at each scrape.
type MoreMetrics = Box<dyn Fn() -> Vec<Family> + Send + Sync>;

/// What metrics are made from.
struct Metering {
    counts: Option<Counts>,
    directory: Directory,
    latency: bool,
    state: Mutex<Meter>,
}

struct Meter {
    series: Series,
    latest: Arc<Snapshot>,
    read: Option<Instant>,
    entries: [u64; 2],
    error: Option<String>,
    history: Vec<Moment>,
}

impl Agent {
    /// Loads the kernel programs and begins to count.
    ///
    /// # Errors
    /// The host lacks something ([`Error::host_lacks`]), or the kernel refuses.
    pub fn start(config: Config) -> Result<Agent, Error> {
        let counts = CountsConfig {
            capacity: config.counts_capacity,
            histograms: config.latency.then_some(syscope_tracer::CountsConfig::HISTOGRAMS),
        };
        let mut builder = Builder::new().owners(config.resolver.clone()).jobs().counts(counts);
        if let Some(bytes) = config.ring_bytes {
            builder = builder.ring_bytes(bytes);
        }
        let mut trace = builder.start()?;
        let metering = Arc::new(Metering {
            counts: trace.counts()?,
            directory: trace.directory().unwrap_or_default(),
            latency: config.latency,
            state: Mutex::new(Meter {
                series: Series::new(config.retention, config.max_series),
                latest: Arc::default(),
                read: None,
                entries: [0; 2],
                error: None,
                history: Vec::new(),
            }),
        });
        let shared = Arc::new(Shared::default());
        let (commands, inbox) = channel();
        let engine = Engine::new(trace, config.node.clone(), inbox, Arc::clone(&shared));
        let engine = thread::Builder::new().name("engine".into()).spawn(move || engine.run());
        let engine = engine.map_err(|source| Error::Read { path: "a new thread".into(), source })?;
        let (meters, stops) = (Arc::clone(&metering), Arc::clone(&shared));
        let housekeeper =
            thread::Builder::new().name("metrics".into()).spawn(move || keep_house(&meters, &stops));
        Ok(Agent {
            config,
            shared,
            commands: Mutex::new(commands),
            metering,
            started: now(),
            extra: Mutex::default(),
            engine: Mutex::new(Some(engine)),
            housekeeper: Mutex::new(housekeeper.ok()),
        })
    }

    /// More metrics, asked for at each scrape.
    pub fn add_metrics(&self, metrics: impl Fn() -> Vec<Family> + Send + Sync + 'static) {
        self.extra.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(metrics));
    }

    /// Why the engine has ended, if it has.
    pub fn failed(&self) -> Option<String> {
        self.shared.facts().failed
    }

    /// Ends all jobs, whose streams get their last line, and releases the kernel. Takes a few seconds at most.
    pub fn shutdown(&self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        for thread in [&self.engine, &self.housekeeper] {
            let thread = thread.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(thread) = thread {
                thread.thread().unpark();
                // A thread that panicked has said so.
                let _ = thread.join();
            }
        }
    }

    /// Asks the engine for something and waits for it.
    fn ask<T>(&self, command: impl FnOnce(Sender<T>) -> Command) -> Result<T, Refused> {
        let (done, answer) = channel();
        let gone = || Refused::Unavailable("the engine has ended; the log says why".into());
        let commands = self.commands.lock().unwrap_or_else(PoisonError::into_inner);
        commands.send(command(done)).map_err(|_| gone())?;
        drop(commands);
        answer.recv_timeout(ENGINE_WAIT).map_err(|_| match self.failed() {
            Some(why) => Refused::Unavailable(why),
            None => Refused::Unavailable("the engine is too busy; try again".into()),
        })
    }

    fn entries(&self) -> Vec<Entry> {
        let mut entries = self.metering.directory.entries();
        entries.retain(|entry| entry.state != CgroupState::Removed);
        entries
    }

    fn families(&self, facts: &Facts, snapshot: &Snapshot) -> Vec<Family> {
        let status = self.status();
        let label = |key: &'static str, value: &str| vec![(key, value.to_owned())];
        let mut delivered = Family::counter("syscope_events", "Events that went into the stream of a job.");
        let mut lost =
            Family::counter("syscope_events_lost", "Events of a job that were lost before its stream.");
        for job in self.shared.registry.all() {
            let counts = job.counts();
            delivered = delivered.with(label("job", job.label()), counts.delivered as f64);
            let mut labels = label("job", job.label());
            labels.push(("reason", "ring_full".into()));
            lost = lost.with(labels, counts.lost as f64);
        }
        let mut entries = Family::gauge("syscope_map_entries", "Entries of a table in the kernel.");
        let mut capacity =
            Family::gauge("syscope_map_capacity", "Entries a table in the kernel has room for.");
        let mut errors =
            Family::counter("syscope_map_update_errors", "What found no room in a table in the kernel.");
        for map in &status.maps {
            entries = entries.with(label("map", &map.name), map.entries as f64);
            capacity = capacity.with(label("map", &map.name), map.capacity as f64);
            errors = errors.with(label("map", &map.name), map.update_errors as f64);
        }
        let by = |name, help, key, counts: &BTreeMap<String, u64>| {
            counts.iter().fold(Family::gauge(name, help), |family, (value, count)| {
                family.with(vec![(key, value.clone())], *count as f64)
            })
        };
        let attribution = status.attribution.iter().fold(
            Family::counter("syscope_attribution", "Events by how they found their owner."),
            |family, (outcome, count)| family.with(label("outcome", outcome), *count as f64),
        );
        let info = vec![
            ("version", self.config.version.clone()),
            ("node", self.config.node.clone().unwrap_or_default()),
        ];
        let mut families = vec![
            delivered,
            lost,
            entries,
            capacity,
            errors,
            by("syscope_cgroups", "Cgroups by state.", "state", &status.cgroups),
            by("syscope_containers", "Containers by runtime.", "runtime", &status.containers),
            attribution,
            Family::counter(
                "syscope_syscalls_folded",
                "Calls in no series, because there are as many as there may be.",
            )
            .with(Vec::new(), snapshot.folded as f64),
            Family::gauge(
                "syscope_syscalls_pending",
                "Calls in no series yet, because it is not known whose they are.",
            )
            .with(Vec::new(), snapshot.pending as f64),
            Family::counter("syscope_calls_skipped", "Calls that the kernel ran no program for, at most.")
                .with(Vec::new(), facts.counters.skipped as f64),
            Family::gauge("syscope_jobs", "Jobs that run.").with(Vec::new(), status.jobs as f64),
            Family::gauge("syscope_jobs_max", "Jobs that may run.").with(Vec::new(), status.jobs_max as f64),
            Family::gauge("syscope_watchers", "Streams that are read.")
                .with(Vec::new(), status.watchers as f64),
            Family::gauge("syscope_watchers_max", "Streams that may be read.")
                .with(Vec::new(), status.watchers_max as f64),
            Family::gauge("syscope_ready", "Whether every source delivers.")
                .with(Vec::new(), f64::from(u8::from(status.readiness.ready))),
            status.readiness.sources.iter().fold(
                Family::gauge("syscope_source_ready", "Whether a source delivers."),
                |family, source| family.with(label("source", &source.name), f64::from(u8::from(source.ok))),
            ),
            Family::gauge("syscope_build_info", "What runs; always 1.").with(info, 1.0),
        ];
        families.extend(process_families());
        for more in self.extra.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            families.extend(more());
        }
        families
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        self.shutdown();
    }
}

impl Node for Agent {
    fn version(&self) -> Version {
        let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        Version {
            version: self.config.version.clone(),
            kernel: kernel.trim().to_owned(),
            arch: std::env::consts::ARCH.to_owned(),
        }
    }

    fn readiness(&self) -> Readiness {
        let facts = self.shared.facts();
        let meter = self.metering.state();
        let seen = facts.seen.is_some_and(|seen| seen.elapsed() < SEEN);
        let kernel =
            facts.failed.clone().or_else(|| (!seen).then(|| "the engine has not been seen for 10 s".into()));
        let counted = meter.error.clone();
        let silent: Vec<String> = facts
            .runtimes
            .iter()
            .filter(|runtime| matches!(runtime.state, State::Silent { .. }))
            .map(|runtime| format!("{} at {} does not answer", runtime.name, runtime.endpoint))
            .collect();
        let source = |name: &str, trouble: Option<String>| Source {
            name: name.into(),
            ok: trouble.is_none(),
            detail: trouble,
        };
        let sources = vec![
            source("kernel", kernel),
            source("counts", counted),
            source("cgroups", facts.untracked.map(|why| format!("owners are unknown: {why}"))),
            source("runtimes", (!silent.is_empty()).then(|| silent.join("; "))),
        ];
        Readiness { ready: sources.iter().all(|source| source.ok), sources }
    }

    fn status(&self) -> Status {
        let facts = self.shared.facts();
        let readiness = self.readiness();
        let mut containers: BTreeMap<String, u64> = BTreeMap::new();
        let mut cgroups: BTreeMap<String, u64> = BTreeMap::new();
        for entry in self.entries() {
            *cgroups.entry(entry.state.name().to_owned()).or_default() += 1;
            if entry.tracking == Some(entry.id)
                && let Some(container) = entry.owner.as_ref().and_then(|owner| owner.container())
            {
                let runtime = container.runtime.as_deref().unwrap_or("unknown");
                *containers.entry(runtime.to_owned()).or_default() += 1;
            }
        }
        let a = facts.attribution;
        let attribution = [
            ("held", a.held),
            ("held_too_long", a.held_too_long),
            ("held_too_many", a.held_too_many),
            ("unknown", a.unknown),
            ("rereads", a.rereads),
        ];
        let [counted, measured] = self.metering.state().entries;
        let known = cgroups.values().sum();
        let mut maps = vec![Map {
            name: "cgroups".into(),
            entries: known,
            capacity: syscope_tracer::CountsConfig::CGROUPS.into(),
            update_errors: facts.counters.cgroups_full,
        }];
        maps.push(Map {
            name: "entering".into(),
            entries: facts.counters.entering,
            capacity: syscope_tracer::CountsConfig::ENTERING.into(),
            update_errors: facts.counters.entering_full,
        });
        if let Some(counts) = &self.metering.counts {
            maps.push(Map {
                name: "counts".into(),
                entries: counted,
                capacity: counts.capacity().into(),
                update_errors: facts.counters.counts_full,
            });
            if self.metering.latency {
                maps.push(Map {
                    name: "histograms".into(),
                    entries: measured,
                    capacity: counts.histogram_capacity().into(),
                    update_errors: facts.counters.histograms_full,
                });
            }
        }
        let counters = facts.counters;
        let lost = [
            ("ring_full", counters.lost),
            ("processes", counters.processes_lost),
            ("cgroups", counters.cgroups_lost),
            ("uncounted", counters.counts_full),
            ("skipped", counters.skipped),
        ];
        let named = |counts: &[(&str, u64)]| {
            counts.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
        };
        Status {
            version: self.config.version.clone(),
            node: self.config.node.clone(),
            mode: self.config.mode.clone(),
            started: self.started.to_string(),
            readiness,
            hooks: facts.hooks.iter().map(|hook| (*hook).to_owned()).collect(),
            latency: self.metering.latency,
            maps,
            containers,
            cgroups,
            attribution: named(&attribution),
            jobs: self.shared.registry.running() as u64,
            jobs_max: self.config.jobs_max as u64,
            watchers: self.shared.registry.watchers(),
            watchers_max: self.config.watchers_max,
            lost: named(&lost),
        }
    }

    fn metrics(&self, exposition: Exposition) -> Bytes {
        let snapshot = self.metering.snapshot();
        let families = self.families(&self.shared.facts(), &snapshot);
        let (labels, latency) = (self.config.labels.clone(), self.metering.latency);
        exposition::write(Scrape { snapshot, labels, latency, families }, exposition)
    }

    fn syscalls(&self) -> Syscalls {
        let snapshot = self.metering.snapshot();
        let history = self.metering.state().history.clone();
        tables(&snapshot, self.config.node.as_deref(), milliseconds(), self.metering.latency, history)
    }

    fn containers(&self) -> Containers {
        let mut containers: Vec<_> = self.entries().iter().filter_map(describe).collect();
        containers.sort_by(|a, b| {
            let key = |one: &syscope_api::containers::Container| {
                (one.namespace.clone(), one.pod.clone(), one.name.clone(), one.id.clone())
            };
            key(a).cmp(&key(b))
        });
        Containers { containers }
    }

    fn cgroups(&self) -> Result<Bytes, Refused> {
        self.config.lists.cgroups(self.entries()).map_err(Refused::Unavailable)
    }

    fn processes(&self) -> Result<Bytes, Refused> {
        self.config.lists.processes(self.entries()).map_err(Refused::Unavailable)
    }

    fn create(&self, request: TraceRequest) -> Result<Created, Refused> {
        let job = spec::read(&request)?;
        let registry = &self.shared.registry;
        let creating = self.shared.creating();
        if let Some(name) = &request.name
            && let Some(existing) = registry.named(name, request.namespace.as_deref())
        {
            if existing.request.spec != request.spec {
                return Err(Refused::Conflict(format!(
                    "there is a job {name:?} with another spec (id {}); delete it first, or choose another name",
                    existing.id
                )));
            }
            existing.renew();
            return Ok(Created::Existing(existing.describe(self.config.node.as_deref())));
        }
        if registry.running() >= self.config.jobs_max {
            return Err(Refused::TooMany(format!(
                "{} jobs run, as many as may; delete one first",
                self.config.jobs_max
            )));
        }
        let lease = request.lease.unwrap_or(LEASE).0;
        let log = Log::new(self.config.stream_bytes);
        let state = Arc::new(JobState::new(new_id()?, request, lease, now().to_string(), log));
        let begun =
            self.ask(|done| Command::Begin { state: Arc::clone(&state), job: Box::new(job), done })?;
        begun.map_err(|error| match error {
            Error::TooManyJobs(_) => Refused::TooMany(error.to_string()),
            Error::NoContainers(_) => Refused::Unavailable(error.to_string()),
            error => Refused::Unavailable(format!("the kernel refuses the job: {error}")),
        })?;
        registry.add(Arc::clone(&state));
        drop(creating);
        Ok(Created::New(state.describe(self.config.node.as_deref())))
    }

    fn jobs(&self) -> Jobs {
        let jobs = self.shared.registry.all();
        Jobs { traces: jobs.iter().map(|job| job.describe(self.config.node.as_deref())).collect() }
    }

    fn job(&self, id: &str) -> Option<Job> {
        Some(self.shared.registry.find(id)?.describe(self.config.node.as_deref()))
    }

    fn delete(&self, id: &str) -> Option<Job> {
        let job = self.shared.registry.find(id)?;
        if job.is_running() {
            // Without an answer the engine is ending, and the job with it.
            let _ = self.ask(|done| Command::End { id: id.to_owned(), end: End::Deleted, done });
        }
        // Those who watch it still read its end.
        self.shared.registry.remove(id);
        Some(job.describe(self.config.node.as_deref()))
    }

    fn watch(&self, id: &str, from: From) -> Result<Watcher, Refused> {
        let job = self.shared.registry.find(id);
        let job =
            job.ok_or_else(|| Refused::NotFound(format!("there is no job {id:?}; it may have ended")))?;
        if self.shared.registry.watchers() >= self.config.watchers_max {
            return Err(Refused::TooMany(format!(
                "{} streams are read, as many as may; end one first",
                self.config.watchers_max
            )));
        }
        job.renew();
        let origin = Origin::new(self.config.node.as_deref(), job.label());
        Ok(job.log.watch(from, Arc::new(Ending::new(origin, None))))
    }
}

impl Metering {
    fn state(&self) -> MutexGuard<'_, Meter> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is counted now; readers that come at the same moment share it.
    fn snapshot(&self) -> Arc<Snapshot> {
        let mut meter = self.state();
        let is_fresh = meter.read.is_some_and(|read| read.elapsed() < FRESH);
        if !is_fresh && let Some(counts) = &self.counts {
            match self.read(counts, &mut meter) {
                Ok(()) => meter.error = None,
                Err(error) => {
                    tracing::warn!(%error, "the counts cannot be read");
                    meter.error = Some(format!("the counts cannot be read: {error}"));
                }
            }
            meter.read = Some(Instant::now());
        }
        Arc::clone(&meter.latest)
    }

    fn read(&self, counts: &Counts, meter: &mut Meter) -> Result<(), Error> {
        // Owners first: what is gone by then gets no more counts, so what is read of it is the last word.
        let known = self.directory.entries();
        let (rows, measured) = (counts.read()?, counts.histograms()?);
        meter.entries = [rows.len() as u64, measured.len() as u64];
        let (snapshot, retired) = meter.series.fold(&rows, &measured, &known, Instant::now());
        retired.counts.iter().for_each(|row| counts.remove(row));
        meter.latest = Arc::new(snapshot);
        for row in &retired.histograms {
            counts.remove_histogram(row)?;
        }
        Ok(())
    }

    fn remember(&self) {
        let snapshot = self.snapshot();
        let mut moment = Moment { ts: milliseconds(), ..Moment::default() };
        for (key, value) in &snapshot.series {
            moment.calls += value.calls;
            moment.failed += if key.errno == 0 { 0 } else { value.calls };
        }
        let mut buckets = [0; 40];
        for (_, calls) in &snapshot.histograms {
            buckets.iter_mut().zip(calls).for_each(|(sum, calls)| *sum += calls);
        }
        let used = buckets.iter().rposition(|calls: &u64| *calls > 0).map_or(0, |last| last + 1);
        moment.latency = buckets[..used].to_vec();
        let mut meter = self.state();
        if meter.history.len() >= HISTORY_MAX {
            meter.history.remove(0);
        }
        meter.history.push(moment);
    }
}

/// Reads the counts now and then, so that what is gone leaves the kernel's tables also when nobody scrapes.
fn keep_house(metering: &Metering, shared: &Shared) {
    while !shared.stop.load(Ordering::SeqCst) {
        metering.remember();
        thread::park_timeout(HOUSEKEEPING);
    }
}

fn describe(entry: &Entry) -> Option<syscope_api::containers::Container> {
    if entry.tracking != Some(entry.id) {
        return None;
    }
    let owner = entry.owner.as_ref()?;
    let OwnerKind::Container(container) = &owner.kind else { return None };
    let text = |text: &Option<Box<str>>| text.as_deref().map(str::to_owned);
    Some(syscope_api::containers::Container {
        id: container.id.to_string(),
        name: text(&container.name),
        image: text(&container.image),
        runtime: text(&container.runtime),
        pod: text(&container.pod),
        namespace: text(&container.namespace),
        labels: container.labels.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect(),
        source: owner.source.name().to_owned(),
        cgroup: String::from_utf8_lossy(&entry.path).into_owned(),
        state: entry.state.name().to_owned(),
    })
}

/// The metrics that every process has.
fn process_families() -> Vec<Family> {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<f64> = stat
        .rsplit_once(')')
        .map(|(_, rest)| rest.split_whitespace().map(|field| field.parse().unwrap_or(0.0)).collect())
        .unwrap_or_default();
    // The first field here is the third of proc_pid_stat(5); ticks are 1/100 s, pages 4 KiB.
    let field = |number: usize| fields.get(number - 3).copied().unwrap_or(0.0);
    let open = std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    let boot = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    let boot = boot.lines().find_map(|line| line.strip_prefix("btime ")?.parse::<f64>().ok()).unwrap_or(0.0);
    vec![
        Family::counter("process_cpu_seconds", "CPU time of this process.")
            .with(Vec::new(), (field(14) + field(15)) / 100.0),
        Family::gauge("process_resident_memory_bytes", "Resident memory of this process.")
            .with(Vec::new(), field(24) * 4096.0),
        Family::gauge("process_virtual_memory_bytes", "Virtual memory of this process.")
            .with(Vec::new(), field(23)),
        Family::gauge("process_open_fds", "Open file descriptors of this process.")
            .with(Vec::new(), open as f64),
        Family::gauge("process_threads", "Threads of this process.").with(Vec::new(), field(20)),
        Family::gauge("process_start_time_seconds", "When this process began, in seconds since 1970.")
            .with(Vec::new(), boot + field(22) / 100.0),
    ]
}

fn new_id() -> Result<String, Refused> {
    let mut bytes = [0; 6];
    let drawn = getrandom::fill(&mut bytes);
    drawn.map_err(|error| Refused::Unavailable(format!("no random number for the job's id: {error}")))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The wall clock.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

fn milliseconds() -> u64 {
    now().0 / 1_000_000
}
