//! The OpenAPI document, the router and the checked-in copy say the same.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::harness::{Server, config};

#[test]
fn the_checked_in_document_is_the_generated_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let generated = syscope_server::openapi::text();
    if std::env::var_os("SYSCOPE_UPDATE").is_some() {
        std::fs::write(&path, &generated).unwrap();
    }
    // As values: the order of members depends on which features of serde_json a build unites.
    let value = |text: &[u8]| serde_json::from_slice::<Value>(text).unwrap_or_default();
    let there = std::fs::read(&path).unwrap_or_default();
    assert!(
        value(&there) == value(generated.as_ref()),
        "docs/openapi.json is not what the types say; run this test with SYSCOPE_UPDATE=1"
    );
}

fn operations(document: &Value) -> Vec<(&String, &String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    let of = |(path, methods): (_, _)| {
        let methods: &Value = methods;
        methods.as_object().unwrap().iter().map(move |(method, operation)| (path, method, operation))
    };
    paths.iter().flat_map(of).collect()
}

#[test]
fn every_operation_lists_its_answers() {
    let document = syscope_server::openapi::document();
    let mut ids = BTreeSet::new();
    for (path, method, operation) in operations(&document) {
        assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{path}");
        let answers = operation["responses"].as_object().unwrap();
        let open = operation["security"] == serde_json::json!([]);
        assert!(answers.keys().any(|status| status.starts_with('2')), "{method} {path}");
        assert_eq!(answers.contains_key("401"), !open, "{method} {path}");
        for status in ["400", "403", "414", "421", "429", "431", "500", "503"] {
            assert!(answers.contains_key(status), "{method} {path} {status}");
        }
        for (status, answer) in answers.iter().filter(|answer| answer.0.starts_with(['4', '5'])) {
            let problem = &answer["content"]["application/problem+json"]["schema"]["$ref"];
            assert_eq!(problem, "#/components/schemas/Problem", "{method} {path} {status}");
        }
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn walk(value: &Value, document: &Value) {
        match value {
            Value::Object(fields) => {
                if let Some(Value::String(reference)) = fields.get("$ref") {
                    let pointer = reference.strip_prefix('#').unwrap();
                    assert!(document.pointer(pointer).is_some(), "{reference}");
                }
                fields.values().for_each(|value| walk(value, document));
            }
            Value::Array(values) => values.iter().for_each(|value| walk(value, document)),
            _ => {}
        }
    }
    let document = syscope_server::openapi::document();
    walk(&document, &document);
}

/// Each documented operation is there, each documented path knows no other method, and the counters, which know the paths of the
/// router, know the same ones.
#[tokio::test]
async fn the_document_and_the_router_know_the_same_routes() {
    let server = Server::start(config());
    let document = server.get("/openapi.json").await.json();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let target = path.replace("{id}", "none").replace("{path}", "index.html");
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            let reply = server.ask(method, &target, &[], "").await;
            let known = methods.get(method.to_lowercase()).is_some();
            assert_eq!(reply.status != 405, known, "{method} {path}: {reply:?}");
            if known {
                // It is the route that says 404, not the router.
                assert!(
                    reply.status != 404 || !reply.problem(404).contains("nothing at this path"),
                    "{method} {path}"
                );
            } else {
                assert!(reply.problem(405).contains("Allow"));
                let allow = reply.header("allow").unwrap();
                assert!(
                    methods.as_object().unwrap().keys().all(|m| allow.contains(&m.to_uppercase())),
                    "{allow}"
                );
            }
        }
    }
    let routed: BTreeSet<String> = server.stats.requests().map(|row| row.0.replace("{*", "{")).collect();
    let mut documented: BTreeSet<String> = document["paths"].as_object().unwrap().keys().cloned().collect();
    documented.insert("none".into());
    assert_eq!(routed, documented);
    server.stop().await;
}
