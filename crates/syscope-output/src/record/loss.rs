//! What is missing from a stream, and its account.

#[cfg(any(test, feature = "schema"))]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is missing from the stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(JsonSchema))]
#[serde(untagged)]
pub enum Loss {
    /// The last line of a bounded run: its account.
    Totals(Totals),
    /// Events are missing here.
    Gap(Gap),
}

/// Names `type`, which [`super::Record`] adds, among the members of an alternative of [`Loss`]: where others are excluded, it would be.
#[cfg(any(test, feature = "schema"))]
fn with_type(schema: &mut schemars::Schema) {
    if let Some(properties) = schema.get_mut("properties").and_then(serde_json::Value::as_object_mut) {
        properties.insert("type".to_owned(), serde_json::json!({"type": "string", "const": "loss"}));
    }
}

/// Events are missing at this place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(JsonSchema), schemars(transform = with_type))]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// When the gap was closed by the next event that got through, or the run ended.
    #[cfg_attr(any(test, feature = "schema"), schemars(extend("format" = "date-time")))]
    pub ts: String,
    /// The machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// The trace job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// Why.
    pub reason: LossReason,
    /// How many.
    pub lost: u64,
    /// Where they were lost, if that is one CPU.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<u16>,
    /// The last event before the gap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(any(test, feature = "schema"), schemars(extend("format" = "date-time")))]
    pub since: Option<String>,
}

/// Why events are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LossReason {
    /// The consumer was too slow for the size of the ring.
    RingFull,
    /// A record did not parse.
    Malformed,
    /// The file that records go to had no room.
    DiskFull,
    /// A watcher of a job read too slowly: this is missing for it alone.
    WatcherSlow,
}

/// The account of a run: `produced = delivered + sampled_out + lost`, and `lost` is the sum of `by_reason`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(JsonSchema), schemars(transform = with_type))]
#[serde(deny_unknown_fields)]
pub struct Totals {
    /// The machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// The trace job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// Always true: it tells the account from a gap.
    #[serde(rename = "final")]
    #[cfg_attr(any(test, feature = "schema"), schemars(extend("const" = true)))]
    pub is_final: bool,
    /// Why the job ended: `deleted`, `lease`, `duration`, `max_events`, `shutdown` or `failed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<String>,
    /// Events that passed all filters.
    pub produced: u64,
    /// Events that were handed on.
    pub delivered: u64,
    /// Events that the job does not sample.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampled_out: Option<u64>,
    /// Delivered events that this watcher did not get, because it read too slowly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missed: Option<u64>,
    /// Events that are missing.
    pub lost: u64,
    /// The missing by reason.
    pub by_reason: LostByReason,
}

/// Missing events by reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LostByReason {
    /// The consumer was too slow for the size of the ring.
    pub ring_full: u64,
    /// Records that did not parse.
    pub malformed: u64,
}
