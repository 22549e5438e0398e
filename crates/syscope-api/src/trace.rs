//! Trace jobs: what is asked for, and what became of it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::span::Span;

/// How long a job lives without a watcher unless its request says otherwise.
pub const LEASE: Span = Span::seconds(300);

/// What to trace: the `spec` of the custom resource `Trace`, with more ways to name containers. All conditions must hold;
/// of the values of one list any. Without a condition on containers everything on the node is traced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct TraceSpec {
    /// Names, numbers, `%class` or `%Group`, `!` to exclude; none: all.
    #[schemars(length(max = 512), inner(length(min = 1, max = 64)))]
    pub syscalls: Vec<String>,
    /// Labels of the pod or container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label_selector: Option<LabelSelector>,
    /// Fields of the pod: `metadata.name`, `metadata.namespace`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field_selector: Option<FieldSelector>,
    /// Container names, or prefixes of container ids.
    #[schemars(length(max = 256), inner(length(min = 1, max = 256)))]
    pub containers: Vec<String>,
    /// Pod names.
    #[schemars(length(max = 256), inner(length(min = 1, max = 256)))]
    pub pods: Vec<String>,
    /// Images.
    #[schemars(length(max = 256), inner(length(min = 1, max = 512)))]
    pub images: Vec<String>,
    /// Only calls that failed.
    pub failed_only: bool,
    /// Only calls that took at least so long.
    pub min_latency: Span,
    /// Every n-th of the events that pass everything else; what is left out is counted.
    #[schemars(range(min = 1, max = 4_294_967_295_u32))]
    pub sample_rate: u32,
    /// The job ends after so many events; 0: no bound.
    pub max_events: u64,
    /// The job ends after this time; `0s`: no bound.
    pub duration: Span,
}

impl Default for TraceSpec {
    fn default() -> TraceSpec {
        TraceSpec {
            syscalls: Vec::new(),
            label_selector: None,
            field_selector: None,
            containers: Vec::new(),
            pods: Vec::new(),
            images: Vec::new(),
            failed_only: false,
            min_latency: Span::default(),
            sample_rate: 1,
            max_events: 0,
            duration: Span::default(),
        }
    }
}

/// A Kubernetes label selector (meta/v1).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct LabelSelector {
    /// Labels that must have these values.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub match_labels: BTreeMap<String, String>,
    /// Other requirements.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    pub match_expressions: Vec<LabelRequirement>,
}

/// One requirement of a label selector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LabelRequirement {
    /// The label.
    pub key: String,
    /// How its value stands to `values`.
    pub operator: LabelOperator,
    /// The values; none for `Exists` and `DoesNotExist`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    pub values: Vec<String>,
}

/// How a label's value stands to the given ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum LabelOperator {
    /// It is one of them.
    In,
    /// It is there and none of them, or not there.
    NotIn,
    /// It is there.
    Exists,
    /// It is not there.
    DoesNotExist,
}

/// Requirements on fields of the pod.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct FieldSelector {
    /// Fields that must have these values.
    pub match_labels: BTreeMap<String, String>,
}

/// The body of `POST /api/v1/traces`: a [`TraceSpec`] and what the job is called.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct TraceRequest {
    /// A name; posting the same name again with the same spec gives the same job.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub name: Option<String>,
    /// The Kubernetes namespace: only its pods are traced, and the name is one of this namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub namespace: Option<String>,
    /// How long the job outlives its last watcher; `0s`: for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lease: Option<Span>,
    /// What to trace.
    #[serde(flatten)]
    pub spec: TraceSpec,
}

/// A job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    /// Its id on this node.
    pub id: String,
    /// Its name, if it was given one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The namespace it is bound to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// How long it outlives its last watcher; `0s`: for ever.
    pub lease: Span,
    /// What is traced.
    pub spec: TraceSpec,
    /// The node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// When it began: RFC 3339.
    pub started: String,
    /// Whether it still runs.
    pub running: bool,
    /// Why it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<End>,
    /// Containers that match now.
    pub containers: u64,
    /// Streams that read it now.
    pub watchers: u64,
    /// Its account: `produced = delivered + sampledOut + lost`.
    pub counts: Counts,
}

/// Why a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// It was deleted.
    Deleted,
    /// It had no watcher for the time of its lease.
    Lease,
    /// Its time was over.
    Duration,
    /// It had its events.
    MaxEvents,
    /// The agent ends.
    Shutdown,
    /// The agent failed.
    Failed,
}

/// The account of a job: `produced = delivered + sampled_out + lost`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Events that passed the job's filters.
    pub produced: u64,
    /// Those that went into the job's stream. What a watcher missed of it is told in its stream.
    pub delivered: u64,
    /// Those that were left out by `sampleRate`.
    pub sampled_out: u64,
    /// Those that were lost before the stream.
    pub lost: u64,
}

/// The reply to `GET /api/v1/traces`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Jobs {
    /// The jobs that run, and those that ended not long ago.
    pub traces: Vec<Job>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_a_spec_with_a_name() {
        let text = r#"{"name":"hosts","namespace":"prod","syscalls":["openat"],"failedOnly":true,"minLatency":"10ms"}"#;
        let request: TraceRequest = serde_json::from_str(text).unwrap();
        assert_eq!((request.name.as_deref(), request.lease), (Some("hosts"), None));
        assert_eq!(
            (request.spec.sample_rate, request.spec.min_latency),
            (1, Span(std::time::Duration::from_millis(10)))
        );
        let again: TraceRequest = serde_json::from_value(serde_json::to_value(&request).unwrap()).unwrap();
        assert_eq!(again, request);
    }

    #[test]
    fn what_is_misspelt_is_refused() {
        for wrong in
            [r#"{"syscall":["openat"]}"#, r#"{"labelSelector":{"matchlabels":{}}}"#, r#"{"sampleRate":-1}"#]
        {
            assert!(serde_json::from_str::<TraceRequest>(wrong).is_err(), "{wrong}");
        }
    }
}
