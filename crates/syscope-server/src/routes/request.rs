//! A request for a job, from its JSON; a refusal says where it is wrong and why.

use http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use syscope_api::{Span, TraceRequest, TraceSpec};

use crate::problem::Fault;

/// Labels of a selector, and bytes of one of their names or values.
const LABELS: (usize, usize) = (64, 317);

/// Reads the request.
///
/// # Errors
/// 400 if it is no JSON, 422 if it is no request.
pub(crate) fn parse(text: &[u8]) -> Result<TraceRequest, Fault> {
    let value: Value = serde_json::from_slice(text)
        .map_err(|error| Fault::new(StatusCode::BAD_REQUEST, format!("the body is no JSON: {error}")))?;
    let Value::Object(mut fields) = value else { return Err(invalid("the body is no JSON object")) };
    // The spec's fields stand beside these; taken apart here, errors know their place.
    let name: Option<String> = field(&mut fields, "name")?;
    let namespace: Option<String> = field(&mut fields, "namespace")?;
    let lease: Option<Span> = field(&mut fields, "lease")?;
    let spec: TraceSpec = at("", Value::Object(fields))?;
    let request = TraceRequest { name, namespace, lease, spec };
    check(&request)?;
    Ok(request)
}

fn field<T: DeserializeOwned>(fields: &mut Map<String, Value>, name: &str) -> Result<Option<T>, Fault> {
    fields.remove(name).map_or(Ok(None), |value| at(name, value))
}

/// Reads a value; an error says where in it, below `place`.
fn at<T: DeserializeOwned>(place: &str, value: Value) -> Result<T, Fault> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let below = error.path().to_string();
        let path = match (place, below.as_str()) {
            ("", ".") => return invalid(error.inner().to_string()),
            ("", below) => below.to_owned(),
            (place, ".") => place.to_owned(),
            (place, below) => format!("{place}.{below}"),
        };
        invalid(format!("{path}: {}", error.inner()))
    })
}

fn invalid(detail: impl Into<String>) -> Fault {
    Fault::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
}

/// The bounds that the schema states. What the names mean, the agent knows.
fn check(request: &TraceRequest) -> Result<(), Fault> {
    let spec = &request.spec;
    for (path, text, most) in [("name", &request.name, 253), ("namespace", &request.namespace, 63)] {
        if let Some(text) = text {
            length(path, text, most)?;
        }
    }
    for (path, list, most, text_most) in [
        ("syscalls", &spec.syscalls, 512, 64),
        ("containers", &spec.containers, 256, 256),
        ("pods", &spec.pods, 256, 256),
        ("images", &spec.images, 256, 512),
    ] {
        count(path, list.len(), most)?;
        for (at, text) in list.iter().enumerate() {
            length(&format!("{path}[{at}]"), text, text_most)?;
        }
    }
    if let Some(selector) = &spec.label_selector {
        count("labelSelector.matchLabels", selector.match_labels.len(), LABELS.0)?;
        count("labelSelector.matchExpressions", selector.match_expressions.len(), LABELS.0)?;
        for (at, requirement) in selector.match_expressions.iter().enumerate() {
            count(
                &format!("labelSelector.matchExpressions[{at}].values"),
                requirement.values.len(),
                LABELS.0,
            )?;
        }
    }
    if spec.sample_rate == 0 {
        return Err(invalid("sampleRate: is 0; 1 is every event, 2 every second one"));
    }
    Ok(())
}

fn count(path: &str, count: usize, most: usize) -> Result<(), Fault> {
    if count > most { Err(invalid(format!("{path}: has {count} entries; at most {most}"))) } else { Ok(()) }
}

fn length(path: &str, text: &str, most: usize) -> Result<(), Fault> {
    match text.chars().count() {
        0 => Err(invalid(format!("{path}: is empty"))),
        length if length > most => Err(invalid(format!("{path}: has {length} characters; at most {most}"))),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse as _;

    use super::*;

    fn refused(text: &str) -> (u16, String) {
        let fault = parse(text.as_bytes()).unwrap_err();
        let detail = format!("{fault:?}");
        (fault.into_response().status().as_u16(), detail)
    }

    #[test]
    fn a_request_is_read() {
        let request =
            parse(br#"{"name":"a","lease":"10s","syscalls":["openat"],"minLatency":"5ms"}"#).unwrap();
        assert_eq!((request.name.as_deref(), request.lease), (Some("a"), Some(Span::seconds(10))));
        assert_eq!(request.spec.syscalls, ["openat"]);
        assert_eq!(parse(b"{}").unwrap(), TraceRequest::default());
        assert_eq!(
            parse(br#"{"name":null,"namespace":null,"lease":null}"#).unwrap(),
            TraceRequest::default()
        );
    }

    #[test]
    fn a_refusal_says_where_and_why() {
        for (text, status, words) in [
            ("", 400, "no JSON"),
            ("{", 400, "line 1"),
            ("[1,]", 400, "line 1"),
            ("\u{0}", 400, "no JSON"),
            ("[]", 422, "no JSON object"),
            (r#"{"sampleRate":-1}"#, 422, "sampleRate: "),
            (r#"{"sampleRate":0}"#, 422, "sampleRate: "),
            (r#"{"syscall":[]}"#, 422, "unknown field `syscall`"),
            (r#"{"syscalls":["a",1]}"#, 422, "syscalls[1]: "),
            (r#"{"syscalls":[""]}"#, 422, "syscalls[0]: is empty"),
            (r#"{"minLatency":"5"}"#, 422, "minLatency: "),
            (r#"{"lease":5}"#, 422, "lease: "),
            (r#"{"name":""}"#, 422, "name: is empty"),
            (
                r#"{"labelSelector":{"matchExpressions":[{"key":"a","operator":"Like"}]}}"#,
                422,
                "matchExpressions[0].operator",
            ),
        ] {
            let (refusal, detail) = refused(text);
            assert_eq!(refusal, status, "{text}: {detail}");
            assert!(detail.contains(words), "{text}: {detail}");
        }
        assert_eq!(refused(&"[".repeat(100_000)).0, 400);
        assert_eq!(refused(&format!(r#"{{"name":"{}"}}"#, "é".repeat(254))).0, 422);
    }
}
