//! What each route answers.

use std::sync::atomic::Ordering;

use serde_json::json;

use crate::client::send;
use crate::harness::{Server, config, limited, until};
use crate::node::HOSTILE;

#[tokio::test]
async fn health_version_status_and_lists() {
    let server = Server::start(config());
    assert_eq!(server.get("/healthz").await.text(), "ok\n");
    assert_eq!(server.get("/version").await.json()["arch"], "x86_64");
    assert_eq!(server.get("/api/v1/status").await.json()["jobsMax"], 64);
    assert_eq!(server.get("/api/v1/cgroups").await.json(), json!([{ "id": 1 }]));
    assert_eq!(server.get("/api/v1/processes").await.json(), json!([]));
    let reply = server.get("/api/v1/syscalls").await;
    assert_eq!(reply.json()["rows"][0], json!([0, 0, 0, 7, 0]));
    for header in ["cache-control", "x-content-type-options", "cross-origin-resource-policy"] {
        assert!(reply.header(header).is_some(), "{header}");
    }
    server.node.broken.store(true, Ordering::Relaxed);
    assert!(server.get("/api/v1/processes").await.problem(503).contains("processes"));
    server.stop().await;
}

#[tokio::test]
async fn readiness_is_503_with_the_reason() {
    let server = Server::start(config());
    let ready = server.get("/readyz").await;
    assert_eq!((ready.status, &ready.json()["ready"]), (200, &json!(true)));
    server.node.broken.store(true, Ordering::Relaxed);
    let reply = server.get("/readyz").await;
    assert_eq!((reply.status, reply.header("content-type")), (503, Some("application/json")));
    assert_eq!(reply.json()["sources"][0]["detail"], "secret detail");
    server.stop().await;
}

#[tokio::test]
async fn a_job_lives_from_its_creation_to_its_end() {
    let server = Server::start(config());
    let made = server.post(r#"{"name":"hosts","syscalls":["openat"]}"#).await;
    assert_eq!(made.status, 201, "{made:?}");
    let (job, location) = (made.json(), made.header("location").unwrap().to_owned());
    assert_eq!(location, format!("/api/v1/traces/{}", job["id"].as_str().unwrap()));
    let again = server.post(r#"{"syscalls":["openat"],"name":"hosts"}"#).await;
    assert_eq!(
        (again.status, again.json(), again.header("location")),
        (200, job.clone(), Some(location.as_str()))
    );
    assert!(server.post(r#"{"name":"hosts"}"#).await.problem(409).contains("hosts"));
    assert_eq!(server.get(&location).await.json(), job);
    assert_eq!(server.get("/api/v1/traces").await.json()["traces"], json!([job]));
    let deleted = server.ask("DELETE", &location, &[], "").await;
    assert_eq!((deleted.status, &deleted.json()["end"]), (200, &json!("deleted")));
    for method in ["GET", "DELETE"] {
        assert!(server.ask(method, &location, &[], "").await.problem(404).contains("job-0"));
    }
    assert!(server.get(&format!("{location}/events")).await.problem(404).contains("job-0"));
    server.stop().await;
}

#[tokio::test]
async fn a_wrong_body_is_told_what_is_wrong() {
    let server = Server::start(config());
    for (kind, body, status, words) in [
        ("application/json", "{", 400, "line 1"),
        ("application/json", "", 400, "no JSON"),
        ("application/json", r#"{"sampleRate":-1}"#, 422, "sampleRate"),
        ("application/json; charset=utf-8", r#"{"syscalls":["nosuch"]}"#, 422, "nosuch"),
        ("application/json", r#"{"sycalls":[]}"#, 422, "unknown field `sycalls`"),
        ("text/plain", "{}", 415, "application/json"),
        ("application/jsonx", "{}", 415, "application/json"),
        ("\u{1}", "{}", 400, ""),
    ] {
        let bytes =
            crate::client::request("POST", "/api/v1/traces", &[("content-type", kind)], body.as_bytes());
        let reply = send(server.connect().await, &bytes).await.unwrap();
        if kind == "\u{1}" {
            // No HTTP at all: refused by the parser, without words.
            assert_eq!(reply.status, 400);
        } else {
            let detail = reply.problem(status);
            assert!(detail.contains(words), "{body}: {detail}");
        }
    }
    let long = server.post(&json!({ "x".repeat(60_000): 1 }).to_string()).await;
    assert!(long.problem(422).len() < 600);
    assert_eq!(server.ask("POST", "/api/v1/traces", &[], "{}").await.status, 415);
    let twice = [("content-type", "application/json"), ("content-type", "text/plain")];
    assert_eq!(server.ask("POST", "/api/v1/traces", &twice, "{}").await.status, 415);
    server.stop().await;
}

#[tokio::test]
async fn a_failure_in_the_agent_is_500_and_the_server_goes_on() {
    let server = Server::start(config());
    let detail = server.post(r#"{"syscalls":["panic"]}"#).await.problem(500);
    assert!(!detail.contains("asked to"), "{detail}");
    server.node.broken.store(true, Ordering::Relaxed);
    for _ in 0..3 {
        server.get("/metrics").await.problem(500);
    }
    server.node.broken.store(false, Ordering::Relaxed);
    assert_eq!(server.get("/metrics").await.status, 200);
    assert_eq!(server.get("/healthz").await.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn metrics_come_in_the_form_that_is_asked_for() {
    let server = Server::start(config());
    let open = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5";
    for (accept, kind, end) in [
        (open, "application/openmetrics-text; version=1.0.0; charset=utf-8", true),
        ("text/plain", "text/plain; version=0.0.4; charset=utf-8", false),
        ("image/png", "text/plain; version=0.0.4; charset=utf-8", false),
    ] {
        let reply = server.ask("GET", "/metrics", &[("accept", accept)], "").await;
        assert_eq!((reply.status, reply.header("content-type")), (200, Some(kind)), "{accept}");
        assert_eq!(reply.text().ends_with("# EOF\n"), end);
    }
    server.stop().await;
}

#[tokio::test]
async fn large_answers_are_compressed_for_who_takes_it() {
    let server = Server::start(config());
    let plain = server.get("/api/v1/syscalls").await;
    assert_eq!(plain.header("content-encoding"), None);
    let reply = server.ask("GET", "/api/v1/syscalls", &[("accept-encoding", "br, gzip;q=0.5")], "").await;
    assert_eq!(reply.header("content-encoding"), Some("gzip"));
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&reply.body[..]), &mut text).unwrap();
    assert_eq!(text.as_bytes(), plain.body);
    let refused = server.ask("GET", "/api/v1/syscalls", &[("accept-encoding", "gzip;q=0")], "").await;
    assert_eq!(refused.header("content-encoding"), None);
    server.stop().await;
}

#[tokio::test]
async fn scrapes_at_the_same_time_share_a_reading_that_began_after_they_asked() {
    let server = Server::start(config());
    server.node.slow.store(150, Ordering::Relaxed);
    let first = tokio::spawn(crate::client::ask(server.connect().await, "GET", "/metrics", &[], b""));
    until("the first scrape reads", || server.node.scrapes.load(Ordering::SeqCst) == 1).await;
    let mut others = Vec::new();
    for _ in 0..20 {
        others.push(tokio::spawn(crate::client::ask(server.connect().await, "GET", "/metrics", &[], b"")));
    }
    assert!(first.await.unwrap().text().contains("fake_scrapes_total 1\n"));
    for other in others {
        let reply = other.await.unwrap();
        assert!(!reply.text().contains("fake_scrapes_total 1\n"), "{reply:?}");
    }
    assert!(server.node.scrapes.load(Ordering::SeqCst) <= 4);
    assert_eq!(server.node.running_max.load(Ordering::SeqCst), 1);
    server.stop().await;
}

#[tokio::test]
async fn too_many_scrapes_and_too_many_requests_are_429() {
    for (change, refused) in [
        ((|limits| limits.scrapes = 2) as fn(&mut syscope_server::Limits), syscope_server::Rejected::Scrapes),
        (|limits| limits.requests = 2, syscope_server::Rejected::Requests),
    ] {
        let server = Server::start(limited(change));
        server.node.slow.store(400, Ordering::Relaxed);
        let mut asked = Vec::new();
        for _ in 0..10 {
            asked.push(tokio::spawn(crate::client::ask(server.connect().await, "GET", "/metrics", &[], b"")));
        }
        let (mut good, mut too_many) = (0, 0);
        for reply in asked {
            let reply = reply.await.unwrap();
            if reply.status == 200 {
                good += 1;
            } else {
                reply.problem(429);
                assert_eq!(reply.header("retry-after"), Some("1"));
                too_many += 1;
            }
        }
        assert!(good >= 2 && too_many >= 1, "{good} {too_many}");
        assert_eq!(server.stats.rejected(refused), too_many);
        server.stop().await;
    }
}

#[tokio::test]
async fn calls_into_the_agent_are_few_at_once_and_none_waits_for_ever() {
    let server = Server::start(limited(|limits| {
        limits.calls = 2;
        limits.request_time = std::time::Duration::from_millis(300);
    }));
    server.node.slow.store(200, Ordering::Relaxed);
    let mut asked = Vec::new();
    for _ in 0..12 {
        asked.push(tokio::spawn(crate::client::ask(
            server.connect().await,
            "GET",
            "/api/v1/status",
            &[],
            b"",
        )));
    }
    let mut late = 0;
    for reply in asked {
        let reply = reply.await.unwrap();
        if reply.status != 200 {
            reply.problem(503);
            late += 1;
        }
    }
    assert!(late > 0);
    assert_eq!(server.stats.rejected(syscope_server::Rejected::RequestTime), late);
    assert!(server.node.running_max.load(Ordering::SeqCst) <= 2);
    server.stop().await;
}

#[tokio::test]
async fn the_page_is_given_out_with_a_policy_and_to_anyone() {
    let server = Server::start(config());
    for path in ["/", "/metrics/charts", "/assets/index.html"] {
        let reply = server.get(path).await;
        assert_eq!(
            (reply.status, reply.header("content-type")),
            (200, Some("text/html; charset=utf-8")),
            "{path}"
        );
        let policy = reply.header("content-security-policy").unwrap();
        for part in
            ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "form-action 'none'"]
        {
            assert!(policy.contains(part), "{policy}");
        }
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(reply.header("referrer-policy"), Some("no-referrer"));
        let etag = reply.header("etag").unwrap();
        let again = server.ask("GET", path, &[("if-none-match", etag)], "").await;
        assert_eq!((again.status, again.body.len()), (304, 0));
        assert_eq!(server.ask("HEAD", path, &[], "").await.body.len(), 0);
    }
    server.get("/assets/nosuch.js").await.problem(404);
    server.stop().await;
}

#[tokio::test]
async fn hostile_names_are_data_only() {
    let server = Server::start(config());
    let reply = server.get("/api/v1/containers").await;
    assert!(!reply.body.iter().any(|byte| byte.is_ascii_control()), "{reply:?}");
    assert_eq!(reply.json()["containers"][0]["name"], HOSTILE);
    let body = json!({ "name": HOSTILE }).to_string();
    let reply = server.post(&body).await;
    assert_eq!((reply.status, &reply.json()["name"]), (201, &json!(HOSTILE)));
    let conflict = server.post(&json!({ "name": HOSTILE, "failedOnly": true }).to_string()).await;
    conflict.problem(409);
    assert!(!conflict.body.iter().any(|byte| byte.is_ascii_control()));
    let unknown = server.get("/api/v1/traces/%1b%5b31m%0d%0aX:%20y%E2%80%AE").await;
    unknown.problem(404);
    assert!(!unknown.body.iter().any(|byte| byte.is_ascii_control()) && unknown.header("x").is_none());
    server.stop().await;
}

#[tokio::test]
async fn requests_are_counted_by_route() {
    let server = Server::start(config());
    server.get("/api/v1/traces/a").await.problem(404);
    server.get("/api/v1/traces/b").await.problem(404);
    server.get("/nosuch").await.problem(404);
    server.get("/version").await;
    let counted: Vec<_> = server.stats.requests().filter(|row| row.2 > 0).collect();
    assert_eq!(counted, [("/version", "2xx", 1), ("/api/v1/traces/{id}", "4xx", 2), ("none", "4xx", 1)]);
    server.stop().await;
}
