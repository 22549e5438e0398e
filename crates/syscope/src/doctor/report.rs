//! What `syscope doctor` found: one object, which the table and the JSON show.
//!
//! These types are the specification of `syscope doctor -o json`; `docs/doctor.schema.json` is generated
//! from them, and the tests of the binary parse its output into them.

use serde::{Deserialize, Serialize};

#[cfg(test)]
use schemars::JsonSchema;

/// Everything that was found. A member that is absent does not apply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// The version of Syscope.
    pub version: String,
    /// What works.
    pub jobs: Jobs,
    /// Why a main job cannot run, and how to get it; empty if both can.
    pub lacks: Vec<Lack>,
    /// What `--fix` did.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fixes: Vec<Fix>,
    /// Every probe, in order.
    pub findings: Vec<Finding>,
}

/// Which jobs can run here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Jobs {
    /// `syscope trace`: system calls.
    pub trace: bool,
    /// `syscope exec`: the exec log.
    pub exec: bool,
    /// Cgroups can be followed, so containers are told apart.
    pub containers: bool,
}

/// Something that a main job needs and this host does not give.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Lack {
    /// What is missing.
    pub what: String,
    /// How to get it.
    pub remedy: String,
}

/// Something that `--fix` looked after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Fix {
    /// The file system: `tracefs`, `bpf` or `cgroup2`.
    pub filesystem: String,
    /// Where it belongs.
    pub at: String,
    /// What was done.
    pub outcome: FixOutcome,
    /// Why it could not be done, or need not be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What `--fix` did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum FixOutcome {
    /// Mounted it.
    Mounted,
    /// Nothing: it was there, or is not needed.
    Unchanged,
    /// Nothing: it could not.
    Failed,
}

/// What one probe found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// What it is about.
    pub group: Group,
    /// The probe; unique in its group, stable between runs and versions.
    pub name: String,
    /// How good it is.
    pub status: Status,
    /// What was found, in a few words.
    pub result: String,
    /// Why it is so, or how that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What follows for Syscope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consequence: Option<String>,
}

/// How good a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// As it should be.
    Ok,
    /// Worth knowing; nothing is lost by it.
    Note,
    /// Works, with less than there could be.
    Degraded,
    /// Something cannot work.
    Missing,
}

/// What findings are about, in the order they are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// The running kernel.
    Kernel,
    /// What this process may do.
    Privileges,
    /// File systems of the kernel.
    Mounts,
    /// The kernel programs and what they are made of.
    Programs,
    /// CPUs and the memory of the rings.
    Rings,
    /// Cgroups and how they are followed.
    Cgroups,
    /// Container runtimes.
    Runtimes,
    /// Kubernetes.
    Kubernetes,
    /// How Syscope was started.
    Deployment,
    /// Clocks.
    Clock,
    /// Seccomp and the security modules.
    Confinement,
}

impl Status {
    /// The word that stands for it.
    pub fn word(self) -> &'static str {
        match self {
            Status::Ok => "ok",
            Status::Note => "note",
            Status::Degraded => "degraded",
            Status::Missing => "missing",
        }
    }
}

impl Group {
    /// The word that stands for it.
    pub fn word(self) -> &'static str {
        match self {
            Group::Kernel => "kernel",
            Group::Privileges => "privileges",
            Group::Mounts => "mounts",
            Group::Programs => "programs",
            Group::Rings => "rings",
            Group::Cgroups => "cgroups",
            Group::Runtimes => "runtimes",
            Group::Kubernetes => "kubernetes",
            Group::Deployment => "deployment",
            Group::Clock => "clock",
            Group::Confinement => "confinement",
        }
    }
}
