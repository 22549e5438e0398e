//! What is known of jobs, for the engine that runs them and whoever asks.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use syscope_api::trace::Counts;
use syscope_api::{End, Job, TraceRequest};

use crate::stream::Log;

/// Jobs that have ended and are still known, and for how long.
const ENDED_MAX: usize = 64;
const ENDED_KEPT: Duration = Duration::from_secs(300);

/// A job as both sides see it.
#[derive(Debug)]
pub(crate) struct JobState {
    pub(crate) id: String,
    pub(crate) request: TraceRequest,
    pub(crate) lease: Duration,
    pub(crate) started: String,
    pub(crate) log: Arc<Log>,
    progress: Mutex<Progress>,
    end: OnceLock<(End, Instant)>,
}

#[derive(Debug)]
struct Progress {
    counts: Counts,
    containers: u64,
    renewed: Instant,
}

impl JobState {
    pub(crate) fn new(
        id: String,
        request: TraceRequest,
        lease: Duration,
        started: String,
        log: Arc<Log>,
    ) -> JobState {
        let progress = Progress { counts: Counts::default(), containers: 0, renewed: Instant::now() };
        JobState { id, request, lease, started, log, progress: Mutex::new(progress), end: OnceLock::new() }
    }

    /// What its events are called by.
    pub(crate) fn label(&self) -> &str {
        self.request.name.as_deref().unwrap_or(&self.id)
    }

    /// Somebody still wants it.
    pub(crate) fn renew(&self) {
        self.progress().renewed = Instant::now();
    }

    /// Whether nobody has wanted it for the time of its lease.
    pub(crate) fn lease_is_over(&self) -> bool {
        if self.log.watchers() > 0 {
            self.renew();
        }
        !self.lease.is_zero() && self.progress().renewed.elapsed() >= self.lease
    }

    pub(crate) fn report(&self, counts: Counts, containers: u64) {
        let mut progress = self.progress();
        (progress.counts, progress.containers) = (counts, containers);
    }

    pub(crate) fn counts(&self) -> Counts {
        self.progress().counts
    }

    pub(crate) fn ended(&self, end: End) {
        let _ = self.end.set((end, Instant::now()));
    }

    pub(crate) fn is_running(&self) -> bool {
        self.end.get().is_none()
    }

    pub(crate) fn describe(&self, node: Option<&str>) -> Job {
        let progress = self.progress();
        let end = self.end.get().map(|(end, _)| *end);
        Job {
            id: self.id.clone(),
            name: self.request.name.clone(),
            namespace: self.request.namespace.clone(),
            lease: syscope_api::Span(self.lease),
            spec: self.request.spec.clone(),
            node: node.map(str::to_owned),
            started: self.started.clone(),
            running: end.is_none(),
            end,
            containers: progress.containers,
            watchers: self.log.watchers(),
            counts: progress.counts,
        }
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All jobs, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct Registry(Mutex<VecDeque<Arc<JobState>>>);

impl Registry {
    pub(crate) fn add(&self, job: Arc<JobState>) {
        self.jobs().push_back(job);
    }

    pub(crate) fn all(&self) -> Vec<Arc<JobState>> {
        self.jobs().iter().cloned().collect()
    }

    pub(crate) fn find(&self, id: &str) -> Option<Arc<JobState>> {
        self.jobs().iter().find(|job| job.id == id).cloned()
    }

    /// The running job of this name in this namespace.
    pub(crate) fn named(&self, name: &str, namespace: Option<&str>) -> Option<Arc<JobState>> {
        let is_it = |job: &&Arc<JobState>| {
            let request = &job.request;
            job.is_running()
                && request.name.as_deref() == Some(name)
                && request.namespace.as_deref() == namespace
        };
        self.jobs().iter().find(is_it).cloned()
    }

    pub(crate) fn running(&self) -> usize {
        self.jobs().iter().filter(|job| job.is_running()).count()
    }

    pub(crate) fn watchers(&self) -> u64 {
        self.jobs().iter().map(|job| job.log.watchers()).sum()
    }

    pub(crate) fn remove(&self, id: &str) {
        self.jobs().retain(|job| job.id != id);
    }

    /// Forgets jobs that ended long ago, and the oldest of too many.
    pub(crate) fn expire(&self) {
        let mut jobs = self.jobs();
        jobs.retain(|job| job.end.get().is_none_or(|(_, at)| at.elapsed() < ENDED_KEPT));
        let ended = jobs.iter().filter(|job| !job.is_running()).count();
        let mut over = ended.saturating_sub(ENDED_MAX);
        jobs.retain(|job| {
            let goes = over > 0 && !job.is_running();
            over -= usize::from(goes);
            !goes
        });
    }

    fn jobs(&self) -> MutexGuard<'_, VecDeque<Arc<JobState>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(id: &str, name: Option<&str>) -> Arc<JobState> {
        let request = TraceRequest { name: name.map(str::to_owned), ..TraceRequest::default() };
        Arc::new(JobState::new(id.into(), request, Duration::ZERO, String::new(), Log::new(1024)))
    }

    #[test]
    fn jobs_are_found_by_id_and_by_name_while_they_run() {
        let registry = Registry::default();
        registry.add(job("1", Some("web")));
        assert_eq!(registry.named("web", None).expect("it runs").id, "1");
        assert!(registry.named("web", Some("prod")).is_none());
        registry.find("1").expect("it is there").ended(End::Deleted);
        assert!(registry.named("web", None).is_none());
        assert!(!registry.find("1").expect("it is still known").describe(None).running);
        assert_eq!(registry.running(), 0);
    }

    #[test]
    fn not_many_ended_jobs_are_kept() {
        let registry = Registry::default();
        registry.add(job("runs", None));
        for number in 0..100 {
            let job = job(&number.to_string(), None);
            job.ended(End::Lease);
            registry.add(job);
        }
        registry.expire();
        assert_eq!(registry.all().len(), ENDED_MAX + 1);
        assert!(
            registry.find("runs").is_some() && registry.find("99").is_some() && registry.find("0").is_none()
        );
    }
}
