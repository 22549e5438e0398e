//! Paths that try to be something else.

use crate::client::{request, send};
use crate::harness::{Server, config};

#[tokio::test]
async fn no_path_leads_out_of_the_routes() {
    let server = Server::start(config());
    for path in [
        "/assets/../Cargo.toml",
        "/assets/..%2fCargo.toml",
        "/assets/%2e%2e/Cargo.toml",
        "/assets/%2e%2e%2f%2e%2e%2fetc/passwd",
        "/assets//etc/passwd",
        "/assets/%2fetc/passwd",
        "/assets/..%5cCargo.toml",
        "/assets/index.html%00.js",
        "/assets/index.html/",
        "/assets/./index.html",
        "//healthz",
        "/healthz/",
        "/./healthz",
        "/%68ealthz/..",
        "/api/v1/traces/",
        "/api/v1/traces//events",
        "/api/v1/traces/a/b",
        "/api/v1/traces/..%2f..%2fmetrics",
        "/api/v1/traces/%00",
        "/API/V1/STATUS",
        "/metrics;a=b",
        "/assets/",
    ] {
        let reply = server.get(path).await;
        reply.problem(404);
    }
    for path in ["/api/v1/traces/%ff", "/api/v1/traces/%c3%28/events", "/assets/%ff"] {
        let detail = server.get(path).await.problem(400);
        assert!(detail.contains("path"), "{detail}");
    }
    for query in ["from=never", "from=", "from=start&from=now", "from=%ff"] {
        let detail = server.get(&format!("/api/v1/traces/a/events?{query}")).await.problem(400);
        assert!(detail.contains("query"), "{detail}");
    }
    // What is no HTTP at all.
    for bytes in [
        &b"GET /a\0b HTTP/1.1\r\nhost: localhost\r\n\r\n"[..],
        b"GET /\xff HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01",
        b"nonsense\r\n\r\n",
    ] {
        if let Some(reply) = send(server.connect().await, bytes).await {
            assert!((400..500).contains(&reply.status), "{reply:?}");
        }
    }
    let long = format!("/api/v1/traces/{}", "a".repeat(5000));
    assert!(server.get(&long).await.problem(414).contains("target"));
    let long = format!("/?{}", "a".repeat(60_000));
    server.get(&long).await.problem(414);
    assert_eq!(server.get("/healthz").await.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn absolute_targets_and_odd_methods() {
    let server = Server::start(config());
    let reply = server.get("http://localhost/healthz").await;
    assert_eq!(reply.status, 200);
    server.get("http://evil.example/healthz").await.problem(421);
    for method in ["OPTIONS", "TRACE", "PATCH", "FOO"] {
        let reply = server.ask(method, "/healthz", &[], "").await;
        reply.problem(405);
        assert_eq!(reply.header("allow"), Some("GET,HEAD"));
    }
    let reply = send(server.connect().await, &request("CONNECT", "localhost:80", &[], b"")).await.unwrap();
    assert!(reply.status >= 400, "{reply:?}");
    server.stop().await;
}
