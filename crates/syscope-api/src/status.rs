//! How the agent does.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The reply to `GET /version`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Version {
    /// The version of Syscope.
    pub version: String,
    /// The kernel that runs: `uname -r`.
    pub kernel: String,
    /// The architecture.
    pub arch: String,
}

/// The reply to `GET /readyz`: 200 while every source really delivers, else 503.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Readiness {
    /// Whether all of `sources` deliver.
    pub ready: bool,
    /// What the agent is made of.
    pub sources: Vec<Source>,
}

/// Something that must deliver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "SourceState")]
pub struct Source {
    /// `kernel`, `counts`, `cgroups`, `runtimes`.
    pub name: String,
    /// Whether it delivers.
    pub ok: bool,
    /// Why not, and what follows; or what it is made of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// The reply to `GET /api/v1/status`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// The version of Syscope.
    pub version: String,
    /// The node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// How it was started: `kubernetes`, `container`, `systemd`, `session`, `unknown`.
    pub mode: String,
    /// When it began: RFC 3339.
    pub started: String,
    /// Readiness.
    pub readiness: Readiness,
    /// The tracepoints that are hooked now.
    pub hooks: Vec<String>,
    /// Whether latency is measured for the metrics.
    pub latency: bool,
    /// The kernel's tables.
    pub maps: Vec<Map>,
    /// Containers that are known now, by runtime.
    pub containers: BTreeMap<String, u64>,
    /// Cgroups that are known now, by state.
    pub cgroups: BTreeMap<String, u64>,
    /// How events found their owners, by outcome.
    pub attribution: BTreeMap<String, u64>,
    /// Jobs that run.
    pub jobs: u64,
    /// How many may run.
    pub jobs_max: u64,
    /// Streams that are read.
    pub watchers: u64,
    /// How many may be.
    pub watchers_max: u64,
    /// What was lost, by reason.
    pub lost: BTreeMap<String, u64>,
}

/// A table in the kernel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Map {
    /// Its name.
    pub name: String,
    /// Entries in use.
    pub entries: u64,
    /// Entries it has room for.
    pub capacity: u64,
    /// Entries that found no room.
    pub update_errors: u64,
}
