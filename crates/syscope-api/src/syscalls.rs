//! The counts of calls, in a form that is small for many series: owners, calls and errors once each, and rows of numbers that
//! point into those tables.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The reply to `GET /api/v1/syscalls`: everything that was counted since the agent began (of containers that are gone, for the
/// time of `--metrics-retention`).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Syscalls {
    /// When it was read: milliseconds since 1970.
    pub ts: u64,
    /// The node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// Who calls. A row of `rows` points here.
    pub owners: Vec<Caller>,
    /// What is called.
    pub syscalls: Vec<Call>,
    /// How it ends: `OK` or the error's name.
    pub errors: Vec<String>,
    /// `[owner, syscall, error, calls, nanoseconds]`: the first three are indexes into the tables above, the last is 0 where
    /// latency is not measured.
    pub rows: Vec<[u64; 5]>,
    /// Whether latency is measured.
    pub latency: bool,
    /// Where latency is measured: how long calls took.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub histograms: Vec<Histogram>,
    /// The last minutes of the whole node, the oldest first.
    pub history: Vec<Moment>,
    /// Calls that are in no row, because there was no room for their series.
    pub folded: u64,
}

/// Who calls: a container, a unit, or neither (all empty).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Caller {
    /// The pod's namespace.
    pub namespace: String,
    /// The pod.
    pub pod: String,
    /// The container.
    pub container: String,
    /// The systemd unit of what is in no container.
    pub unit: String,
}

/// What is called.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Call {
    /// Its name; compat calls have their ABI in front (`i386:open`).
    pub name: String,
    /// Its class.
    pub class: String,
    /// Its group.
    pub group: String,
}

/// How long the calls of one owner and syscall took.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Histogram {
    /// Index into `owners`.
    pub owner: u32,
    /// Index into `syscalls`.
    pub syscall: u32,
    /// `buckets[i]`: calls that took from 2^i up to 2^(i+1) nanoseconds; the last has all that took longer. 40 of them at most,
    /// empty ones at the end left out.
    pub buckets: Vec<u64>,
}

/// The whole node at one moment; all numbers count from the beginning.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Moment {
    /// Milliseconds since 1970.
    pub ts: u64,
    /// Calls.
    pub calls: u64,
    /// Those of them that failed.
    pub failed: u64,
    /// As `buckets` of a histogram, of all calls; empty where latency is not measured.
    pub latency: Vec<u64>,
}
