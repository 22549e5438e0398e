//! What an agent can be asked.

use bytes::Bytes;
use syscope_api::trace::Jobs;
use syscope_api::{Containers, Job, Readiness, Status, Syscalls, TraceRequest, Version};

use crate::stream::{From, Watcher};

/// An agent as its server sees it. No method waits for the data path; those that read much take milliseconds, so a server calls
/// them where it may block.
pub trait Node: Send + Sync + 'static {
    /// What runs.
    fn version(&self) -> Version;
    /// Whether every source delivers.
    fn readiness(&self) -> Readiness;
    /// How it does.
    fn status(&self) -> Status;
    /// The metrics.
    fn metrics(&self, exposition: Exposition) -> Bytes;
    /// The counts of calls.
    fn syscalls(&self) -> Syscalls;
    /// The containers that are known.
    fn containers(&self) -> Containers;
    /// The cgroups that are known: a JSON array of `syscope_output::record::CgroupEntry`.
    fn cgroups(&self) -> Result<Bytes, Refused>;
    /// The processes that exist: a JSON array of `syscope_output::record::ProcessEntry`.
    fn processes(&self) -> Result<Bytes, Refused>;
    /// Begins a job, or finds the one of this name and spec.
    fn create(&self, request: TraceRequest) -> Result<Created, Refused>;
    /// The jobs that run, and those that ended not long ago.
    fn jobs(&self) -> Jobs;
    /// A job by its id.
    fn job(&self, id: &str) -> Option<Job>;
    /// Ends a job and forgets it; its last state.
    fn delete(&self, id: &str) -> Option<Job>;
    /// Reads a job's stream.
    fn watch(&self, id: &str, from: From) -> Result<Watcher, Refused>;
}

/// What became of a request for a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Created {
    /// It began.
    New(Job),
    /// There was one of this name and spec; its lease begins anew.
    Existing(Job),
}

/// Forms of metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exposition {
    /// Prometheus text, version 0.0.4.
    Prometheus,
    /// OpenMetrics 1.0.0.
    OpenMetrics,
}

/// Why a request is not carried out, in words for whoever asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It makes no sense: 422.
    #[error("{0}")]
    Invalid(String),
    /// It contradicts what is there: 409.
    #[error("{0}")]
    Conflict(String),
    /// A bound is reached: 429.
    #[error("{0}")]
    TooMany(String),
    /// There is no such thing: 404.
    #[error("{0}")]
    NotFound(String),
    /// The agent cannot do it now: 503.
    #[error("{0}")]
    Unavailable(String),
}
