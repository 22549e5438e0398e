//! What a request asks for, in the tracer's words.

use syscope_api::TraceRequest;
use syscope_api::trace::{LabelOperator, LabelSelector, TraceSpec};
use syscope_container::selector::{Asked, Selector};
use syscope_syscalls::set::Set;
use syscope_tracer::Job;

use crate::node::Refused;

/// Characters of a name.
const NAME_MAX: usize = 253;

/// The job that a request asks for.
pub(crate) fn read(request: &TraceRequest) -> Result<Job, Refused> {
    if let Some(name) = &request.name {
        check_name("name", name)?;
    }
    if let Some(namespace) = &request.namespace {
        check_name("namespace", namespace)?;
    }
    let spec = &request.spec;
    let calls = if spec.syscalls.is_empty() {
        Set::all()
    } else {
        Set::parse(&spec.syscalls.join(",")).map_err(|err| Refused::Invalid(format!("syscalls: {err}")))?
    };
    if spec.sample_rate == 0 {
        return Err(Refused::Invalid("sampleRate: 0 would deliver nothing; 1 delivers every event".into()));
    }
    let latency_min_ns = u64::try_from(spec.min_latency.0.as_nanos()).unwrap_or(u64::MAX);
    Ok(Job {
        calls,
        selector: selector(request.namespace.as_deref(), spec)?,
        failed_only: spec.failed_only,
        latency_min_ns,
        sample_rate: spec.sample_rate,
    })
}

fn check_name(what: &str, name: &str) -> Result<(), Refused> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.len() > NAME_MAX || !name.chars().all(fits) {
        return Err(Refused::Invalid(format!(
            "{what}: {:?} is no name; use 1 to {NAME_MAX} letters, digits, `-`, `_` and `.`",
            name.chars().take(64).collect::<String>()
        )));
    }
    Ok(())
}

fn selector(namespace: Option<&str>, spec: &TraceSpec) -> Result<Selector, Refused> {
    let namespaces: Vec<String> = namespace.map(str::to_owned).into_iter().collect();
    let labels: Vec<String> = spec.label_selector.as_ref().map(label_terms).transpose()?.unwrap_or_default();
    let fields = spec.field_selector.iter().flat_map(|fields| &fields.match_labels);
    let fields: Vec<String> = fields.map(|(field, value)| format!("{field}={value}")).collect();
    let asked = Asked {
        namespaces: &namespaces,
        pods: &spec.pods,
        containers: &spec.containers,
        images: &spec.images,
        labels: &labels,
        fields: &fields,
    };
    Selector::parse(&asked).map_err(|err| Refused::Invalid(err.to_string()))
}

/// The terms of a label selector as kubectl takes them.
fn label_terms(selector: &LabelSelector) -> Result<Vec<String>, Refused> {
    let mut terms: Vec<String> =
        selector.match_labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
    for one in &selector.match_expressions {
        let values = one.values.join(",");
        let needs_values = matches!(one.operator, LabelOperator::In | LabelOperator::NotIn);
        if needs_values == one.values.is_empty() {
            let rule = if needs_values { "needs values" } else { "takes no values" };
            return Err(Refused::Invalid(format!(
                "labelSelector: {:?} of {:?} {rule}",
                one.operator, one.key
            )));
        }
        terms.push(match one.operator {
            LabelOperator::In => format!("{} in ({values})", one.key),
            LabelOperator::NotIn => format!("{} notin ({values})", one.key),
            LabelOperator::Exists => one.key.clone(),
            LabelOperator::DoesNotExist => format!("!{}", one.key),
        });
    }
    Ok(terms)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(text: &str) -> TraceRequest {
        serde_json::from_str(text).expect("a request")
    }

    #[test]
    fn a_spec_is_a_job() {
        let job = read(&request(
            r#"{"namespace":"prod","syscalls":["%Files","!openat"],"failedOnly":true,"minLatency":"1ms",
                "labelSelector":{"matchLabels":{"app":"web"},"matchExpressions":[{"key":"tier","operator":"In","values":["a","b"]},
                {"key":"debug","operator":"DoesNotExist"}]},"fieldSelector":{"matchLabels":{"metadata.name":"web-0"}}}"#,
        ))
        .expect("a job");
        assert!(job.failed_only && !job.calls.is_empty());
        assert_eq!((job.latency_min_ns, job.sample_rate), (1_000_000, 1));
        assert_eq!(
            (job.selector.namespaces.len(), job.selector.labels.len(), job.selector.fields.len()),
            (1, 3, 1)
        );
        assert!(read(&request("{}")).expect("a job").selector.is_empty());
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_name() {
        for (text, word) in [
            (r#"{"syscalls":["opn"]}"#, "syscalls"),
            (r#"{"sampleRate":0}"#, "sampleRate"),
            (r#"{"name":"a/b"}"#, "name"),
            (r#"{"namespace":""}"#, "namespace"),
            (r#"{"labelSelector":{"matchExpressions":[{"key":"a","operator":"In"}]}}"#, "needs values"),
            (
                r#"{"labelSelector":{"matchExpressions":[{"key":"a","operator":"Exists","values":["b"]}]}}"#,
                "takes no values",
            ),
            (r#"{"fieldSelector":{"matchLabels":{"status.phase":"Running"}}}"#, "status.phase"),
        ] {
            let refused = read(&request(text)).expect_err(text).to_string();
            assert!(refused.contains(word), "{refused}");
        }
    }
}
