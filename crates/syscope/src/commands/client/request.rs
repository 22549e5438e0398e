//! From what was typed to what agents are asked for.

use std::collections::BTreeMap;
use std::time::Duration;

use syscope_api::trace::{FieldSelector, LabelOperator, LabelRequirement, LabelSelector};
use syscope_api::{Span, TraceRequest, TraceSpec};
use syscope_container::selector::{Field, FieldRequirement, Operator, Requirement};

use crate::args::Create;
use crate::commands::selection;
use crate::failure::Failure;

/// The lease of a job that is watched from its beginning to its end: only a client that can't come back loses it.
const ONESHOT_LEASE: Duration = Duration::from_secs(30);

/// The request. A job of `--oneshot` without a name gets one that no other job has: so a request that is sent again because its
/// answer was lost finds the job.
pub fn request(args: &Create, random: u64) -> Result<TraceRequest, Failure> {
    let containers = &args.containers;
    let selector = selection::selector(containers)?;
    let namespace = match &containers.namespace[..] {
        [] => None,
        [one] if one.contains('*') => {
            return Err(Failure::usage(format!(
                "--namespace {one}: a job is bound to one namespace; leave it away for all"
            )));
        }
        [one] => Some(one.clone()),
        _ => return Err(Failure::usage("--namespace: a job is bound to one namespace; create one for each")),
    };
    let oneshot = args.oneshot.then_some(ONESHOT_LEASE);
    Ok(TraceRequest {
        name: args.name.clone().or_else(|| args.oneshot.then(|| format!("oneshot-{random:016x}"))),
        namespace,
        lease: args.lease.or(oneshot).map(Span),
        spec: TraceSpec {
            syscalls: args.syscalls.iter().map(|one| one.trim().to_owned()).collect(),
            label_selector: labels(&selector.labels),
            field_selector: fields(&selector.fields)?,
            containers: containers.container.clone(),
            pods: containers.pod.clone(),
            images: containers.image.clone(),
            failed_only: args.failed_only,
            min_latency: Span(args.min_latency.unwrap_or_default()),
            sample_rate: args.sample_rate,
            max_events: args.max_events.unwrap_or(0),
            duration: Span(args.duration.unwrap_or_default()),
        },
    })
}

fn labels(requirements: &[Requirement]) -> Option<LabelSelector> {
    let requirement = |one: &Requirement| LabelRequirement {
        key: one.key.clone(),
        operator: match one.operator {
            Operator::In => LabelOperator::In,
            Operator::NotIn => LabelOperator::NotIn,
            Operator::Exists => LabelOperator::Exists,
            Operator::DoesNotExist => LabelOperator::DoesNotExist,
        },
        values: one.values.clone(),
    };
    let match_expressions: Vec<LabelRequirement> = requirements.iter().map(requirement).collect();
    let selector = LabelSelector { match_labels: BTreeMap::new(), match_expressions };
    (!requirements.is_empty()).then_some(selector)
}

fn fields(requirements: &[FieldRequirement]) -> Result<Option<FieldSelector>, Failure> {
    let mut match_labels = BTreeMap::new();
    for one in requirements {
        let field = match one.field {
            Field::Name => "metadata.name",
            Field::Namespace => "metadata.namespace",
            Field::Uid => "metadata.uid",
        };
        if !one.equal {
            return Err(Failure::usage(format!(
                "--field-selector {field}!={}: agents take only FIELD=VALUE",
                one.value
            )));
        }
        if match_labels.insert(field.to_owned(), one.value.clone()).is_some_and(|other| other != one.value) {
            return Err(Failure::usage(format!(
                "--field-selector {field}: it has two values, so no pod matches"
            )));
        }
    }
    Ok((!match_labels.is_empty()).then_some(FieldSelector { match_labels }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{self, ClientCommand, Command};

    fn typed(words: &str) -> Result<TraceRequest, Failure> {
        let words =
            ["syscope", "client", "create"].into_iter().chain(words.split_whitespace()).map(Into::into);
        let Command::Client(client) = args::parse(words)?.command else { panic!("another command") };
        let ClientCommand::Create(create) = client.command else { panic!("another command") };
        request(&create, 7)
    }

    /// What is typed makes this body.
    fn check(words: &str, expected: serde_json::Value) {
        let mut body = serde_json::to_value(typed(words).unwrap()).unwrap();
        let whole = serde_json::to_value(TraceRequest::default()).unwrap();
        body.as_object_mut().unwrap().retain(|key, value| whole.get(key) != Some(value));
        assert_eq!(body, expected, "{words}");
    }

    #[test]
    fn filters_are_those_of_trace() {
        use serde_json::json;
        check("", json!({}));
        check(
            "-s openat,%network -s !close -n prod --pod web-* -c nginx,4f1c --image nginx:1 -Z --min-latency 10ms",
            json!({"syscalls": ["openat", "%network", "!close"], "namespace": "prod", "pods": ["web-*"],
                "containers": ["nginx", "4f1c"], "images": ["nginx:1"], "failedOnly": true, "minLatency": "10ms"}),
        );
        check(
            "-l app=web,!old -f metadata.name=web-0 --sample-rate 10 --max-events 5 --duration 1m --name a --lease 0s",
            json!({"labelSelector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["web"]},
                {"key": "old", "operator": "DoesNotExist"}]}, "fieldSelector": {"matchLabels": {"metadata.name": "web-0"}},
                "sampleRate": 10, "maxEvents": 5, "duration": "1m", "name": "a", "lease": "0s"}),
        );
    }

    #[test]
    fn a_oneshot_has_a_name_of_its_own_and_a_short_lease() {
        check("--oneshot", serde_json::json!({"name": "oneshot-0000000000000007", "lease": "30s"}));
        check("--oneshot --name a --lease 1m", serde_json::json!({"name": "a", "lease": "1m"}));
    }

    #[test]
    fn what_an_agent_does_not_take_is_refused_here() {
        for wrong in [
            "-n a -n b",
            "-n a*",
            "-f metadata.name!=a",
            "-f metadata.name=a,metadata.name=b",
            "-l =",
            "--sample-rate 0",
        ] {
            assert!(typed(wrong).is_err(), "{wrong}");
        }
    }
}
