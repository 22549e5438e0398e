//! What an agent is told.

use std::time::Duration;

use bytes::Bytes;
use syscope_container::resolver;
use syscope_tracer::directory::Entry;

use crate::metrics::Label;

/// How an agent works.
pub struct Config {
    /// The node's name, in every event.
    pub node: Option<String>,
    /// How it was started.
    pub mode: String,
    /// The version of Syscope.
    pub version: String,
    /// Where and how runtimes are asked.
    pub resolver: resolver::Config,
    /// Whether the time of all calls is measured, which hooks their entry.
    pub latency: bool,
    /// How long the series of a container stay after it is gone.
    pub retention: Duration,
    /// How many series there may be; what more there is, is folded.
    pub max_series: usize,
    /// The labels of the series of calls.
    pub labels: Vec<Label>,
    /// Jobs that may run at a time, at most 64.
    pub jobs_max: usize,
    /// Bytes of one job's stream that are kept for its watchers.
    pub stream_bytes: usize,
    /// Watchers that may read at a time.
    pub watchers_max: u64,
    /// How many (cgroup, call, error) the kernel's table has room for.
    pub counts_capacity: u32,
    /// The size of one CPU's ring; `None`: chosen by the number of CPUs.
    pub ring_bytes: Option<u32>,
    /// Makes the lists of cgroups and processes.
    pub lists: Box<dyn Lists>,
}

/// Makes lists of what exists.
pub trait Lists: Send + Sync {
    /// A JSON array of `syscope_output::record::CgroupEntry`.
    ///
    /// # Errors
    /// Why it cannot be made, in words.
    fn cgroups(&self, known: Vec<Entry>) -> Result<Bytes, String>;
    /// A JSON array of `syscope_output::record::ProcessEntry`.
    ///
    /// # Errors
    /// Why it cannot be made, in words.
    fn processes(&self, known: Vec<Entry>) -> Result<Bytes, String>;
}
