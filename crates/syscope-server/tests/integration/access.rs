//! Who is let in.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use syscope_server::{Config, Error, Rejected, bind};

use crate::client::{ask, request, send};
use crate::harness::{Server, config, until};
use crate::tls::{Authority, Files, get};

const TOKEN: &str = "correct-horse-battery-staple";

/// Routes that hold data.
const DATA: [&str; 9] = [
    "/version",
    "/metrics",
    "/api/v1/status",
    "/api/v1/traces",
    "/api/v1/traces/a",
    "/api/v1/traces/a/events",
    "/api/v1/containers",
    "/api/v1/syscalls",
    "/nosuch",
];

/// Routes that hold none.
const OPEN: [&str; 6] =
    ["/", "/metrics/charts", "/assets/index.html", "/healthz", "/readyz", "/openapi.json"];

fn token_file(text: &str) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("tokens");
    std::fs::write(&path, text).unwrap();
    (directory, path)
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

#[tokio::test]
async fn with_a_token_file_data_needs_a_token() {
    let (directory, path) = token_file(&format!("# ours\n{TOKEN}\nanother\n"));
    let socket = directory.path().join("agent.sock");
    let mut config = Config { token_file: Some(path), ..config() };
    config.listen.push(syscope_server::Listen::Unix(socket.clone()));
    let server = Server::start(config);
    for path in DATA {
        for wrong in [None, Some(""), Some("Bearer"), Some("Bearer wrong"), Some("Basic YTpi"), Some(TOKEN)] {
            let headers: Vec<_> = wrong.iter().map(|value| ("authorization", *value)).collect();
            let reply = server.ask("GET", path, &headers, "").await;
            let detail = reply.problem(401);
            assert!(detail.contains("Bearer TOKEN") && !detail.contains("horse"), "{detail}");
            assert!(reply.header("www-authenticate").unwrap().starts_with("Bearer"));
        }
        let reply = server.ask("GET", path, &[("authorization", &bearer(TOKEN))], "").await;
        assert_ne!(reply.status, 401, "{path}");
    }
    for path in OPEN {
        assert_eq!(server.get(path).await.status, 200, "{path}");
    }
    assert!(server.get("/readyz").await.json()["sources"][0].get("detail").is_none());
    let known = server.ask("GET", "/readyz", &[("authorization", &bearer("another"))], "").await;
    assert_eq!(known.json()["sources"][0]["detail"], "secret detail");
    let file = || async { tokio::net::UnixStream::connect(&socket).await.unwrap() };
    ask(file().await, "GET", "/version", &[], b"").await.problem(401);
    assert_eq!(
        ask(file().await, "GET", "/version", &[("authorization", &bearer(TOKEN))], b"").await.status,
        200
    );
    // The token is the proof: the Host may be any.
    let headers = [("authorization", bearer(TOKEN)), ("host", "node1.example".into())];
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert_eq!(server.ask("GET", "/version", &headers, "").await.status, 200);
    assert_eq!(server.stats.rejected(Rejected::Token), DATA.len() as u64 * 6 + 1);
    server.stop().await;
}

#[tokio::test]
async fn tokens_follow_their_file() {
    let (_directory, path) = token_file("old\n");
    let server = Server::start(Config { token_file: Some(path.clone()), ..config() });
    let status = async |token: &str| {
        server.ask("GET", "/version", &[("authorization", &bearer(token))], "").await.status
    };
    assert_eq!((status("old").await, status("new").await), (200, 401));
    std::fs::write(&path, "new\n").unwrap();
    until("the file is read", || server.stats.reloads() > 0).await;
    // A reading in the middle of the writing finds no token, and the next one all.
    assert_eq!((status("old").await, status("new").await), (401, 200));
    let errors = server.stats.reload_errors();
    std::fs::write(&path, "# none\n").unwrap();
    until("the empty file is seen", || server.stats.reload_errors() > errors).await;
    assert_eq!(status("new").await, 200);
    server.stop().await;
}

#[test]
fn a_token_file_without_tokens_keeps_the_server_from_starting() {
    let (_directory, path) = token_file("# none\n");
    for path in [path, "/nowhere/tokens".into()] {
        let error = bind(Config { token_file: Some(path.clone()), ..config() }).unwrap_err();
        assert!(
            matches!(error, Error::Tokens { .. }) && error.to_string().contains(path.to_str().unwrap()),
            "{error}"
        );
    }
}

#[test]
fn an_open_address_is_refused_before_it_is_taken() {
    let error =
        bind(Config { listen: vec!["0.0.0.0:0".parse().unwrap()], ..config() }).unwrap_err().to_string();
    assert!(
        error.contains("0.0.0.0:0") && error.contains("TLS certificate") && error.contains("127.0.0.1"),
        "{error}"
    );
}

#[tokio::test]
async fn client_certificates() {
    let files = Files::new();
    let server = Server::start(files.config(true));
    let (right, wrong) = (files.authority.sign("client"), Authority::new().sign("client"));
    let trust = &files.authority;
    assert_eq!(get(&server, trust, Some(&right), "/version", &[]).await.unwrap().status, 200);
    assert!(get(&server, trust, Some(&wrong), "/version", &[]).await.is_none());
    assert!(get(&server, trust, Some(&wrong), "/healthz", &[]).await.is_none());
    for path in DATA {
        let detail = get(&server, trust, None, path, &[]).await.unwrap().problem(403);
        assert!(detail.contains("client certificate"), "{detail}");
    }
    assert_eq!(get(&server, trust, None, "/healthz", &[]).await.unwrap().status, 200);
    assert_eq!(server.stats.rejected(Rejected::Certificate), DATA.len() as u64);
    assert_eq!(server.stats.rejected(Rejected::Handshake), 2);
    server.stop().await;
}

#[tokio::test]
async fn with_both_both_are_needed() {
    let (files, (_directory, path)) = (Files::new(), token_file(TOKEN));
    let server = Server::start(Config { token_file: Some(path), ..files.config(true) });
    let (identity, token) = (files.authority.sign("client"), bearer(TOKEN));
    for (certificate, header, status) in [
        (Some(&identity), Some(token.as_str()), 200),
        (Some(&identity), None, 401),
        (Some(&identity), Some("Bearer wrong"), 401),
        (None, Some(token.as_str()), 403),
        (None, None, 403),
    ] {
        let headers: Vec<_> = header.iter().map(|value| ("authorization", *value)).collect();
        let reply = get(&server, &files.authority, certificate, "/version", &headers).await.unwrap();
        assert_eq!(reply.status, status, "{reply:?}");
    }
    server.stop().await;
}

/// Whatever is logged, by us or by what we use, at whatever level.
#[tokio::test]
async fn no_token_is_logged() {
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);
    impl std::io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    // Where there is only one subscriber, other threads decide what is of interest to nobody: so here are two.
    let deaf =
        tracing_subscriber::fmt().with_max_level(tracing_subscriber::filter::LevelFilter::OFF).finish();
    let _ = tracing::subscriber::set_global_default(deaf);
    // The test's runtime runs on this thread alone.
    let _logged = tracing::subscriber::set_default(subscriber);
    let (_directory, path) = token_file(TOKEN);
    let server = Server::start(Config { token_file: Some(path.clone()), ..config() });
    for token in [TOKEN, "wrong-horse-battery-staple"] {
        server.ask("GET", "/version", &[("authorization", &bearer(token))], "").await;
        server.ask("GET", &format!("/version?token={token}"), &[], "").await;
    }
    std::fs::write(&path, "two-horses-battery-staple\nwith a space\n").unwrap();
    until("the bad file is seen", || server.stats.reload_errors() == 1).await;
    server.stop().await;
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains("request") && text.contains("/version") && text.contains("line 2"), "{text}");
    assert!(!text.contains("battery"), "{text}");
}

#[tokio::test]
async fn a_page_of_another_site_cannot_use_a_browser_to_get_in() {
    let server = Server::start(Config { host_names: vec!["node1".into()], ..config() });
    let port = server.address().port();
    for host in ["localhost".into(), format!("127.0.0.1:{port}"), format!("[::1]:{port}"), "node1".into()] {
        assert_eq!(server.ask("GET", "/version", &[("host", &host)], "").await.status, 200, "{host}");
    }
    for host in
        ["evil.example", "127.0.0.1.evil.example", "192.0.2.1:9095", "", "a b", "localhost@evil.example@"]
    {
        server.ask("GET", "/", &[("host", host)], "").await.problem(421);
    }
    let v6 = bind(Config { listen: vec!["[::1]:0".parse().unwrap()], ..config() });
    if let Ok(bound) = v6 {
        let address = bound.addresses()[0].to_string();
        let node = Arc::new(crate::node::FakeNode::default());
        let serving = tokio::spawn(bound.serve(node, std::future::pending()));
        let stream = async || tokio::net::TcpStream::connect(&address).await.unwrap();
        assert_eq!(ask(stream().await, "GET", "/version", &[("host", &address)], b"").await.status, 200);
        ask(stream().await, "GET", "/version", &[("host", "evil.example")], b"").await.problem(421);
        serving.abort();
    }
    let none = send(server.connect().await, b"GET /version HTTP/1.0\r\n\r\n").await.unwrap();
    none.problem(400);
    let two = request("GET", "/version", &[("host", "localhost"), ("Host", "evil.example")], b"");
    send(server.connect().await, &two).await.unwrap().problem(400);
    let json = ("content-type", "application/json");
    for origin in ["https://evil.example", "null", "http://localhost:1"] {
        let reply = server.ask("POST", "/api/v1/traces", &[json, ("origin", origin)], "{}").await;
        assert!(reply.problem(403).contains("another site"));
        server.ask("DELETE", "/api/v1/traces/a", &[("origin", origin)], "").await.problem(403);
        server.ask("GET", "/api/v1/traces/a/events", &[("origin", origin)], "").await.problem(403);
    }
    let own = format!("http://localhost:{port}");
    let headers = [json, ("origin", own.as_str()), ("host", &own[7..])];
    assert_eq!(server.ask("POST", "/api/v1/traces", &headers, "{}").await.status, 201);
    assert!(server.stats.rejected(Rejected::Host) >= 7 && server.stats.rejected(Rejected::Origin) == 9);
    server.stop().await;
}
