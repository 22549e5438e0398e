//! What `--summary` gives instead of events.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

#[cfg(any(test, feature = "schema"))]
use schemars::JsonSchema;

use super::{Call, Container, LostByReason};

/// Calls, added up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// One block per container, and others for the calls of none; one alone where none was seen.
    pub blocks: Vec<Block>,
    /// Events that are missing from the counts.
    pub lost: LostByReason,
}

/// The calls of one owner.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Block {
    /// Whose calls they are; absent where all are in one block. `namespace/pod/container` as in the text of a
    /// trace, `(host)` for what is in no container, `(unknown)` where that could not be told, `(others)` for
    /// the containers beyond the bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<Container>,
    /// All calls.
    pub calls: u64,
    /// Those that returned an error.
    pub errors: u64,
    /// By call: the most time first, or the most calls where no times are known.
    pub syscalls: Vec<Calls>,
}

/// The calls of one number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Calls {
    /// Which; absent where numbers that the tables don't know are taken together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub syscall: Option<Call>,
    /// How many.
    pub calls: u64,
    /// Those that returned an error, by its name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub errors: BTreeMap<String, u64>,
    /// How long they took, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Time>,
}

/// How long calls took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Time {
    /// Calls with a known time; the other figures are about them.
    pub calls: u64,
    /// All together.
    pub total_ns: u64,
    /// The mean.
    pub mean_ns: u64,
    /// The median, at most 1.6 % off.
    pub p50_ns: u64,
    /// The 99th percentile, at most 1.6 % off.
    pub p99_ns: u64,
    /// The longest.
    pub max_ns: u64,
}
