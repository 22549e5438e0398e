//! Requests and their answers.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::time::Duration;

use syscope_api::Syscalls;
use syscope_client::{Agent, Error, Kind, Settings};
use syscope_testing::agent::{FakeAgent, Options};

use crate::{Dir, agent, client_of, named, wait};

#[test]
fn jobs_are_made_found_and_deleted() {
    let fake = FakeAgent::start("n1");
    let client = client_of(&fake);
    wait(async {
        assert_eq!(client.jobs().await.unwrap(), []);
        let created = client.create(&named("hosts")).await.unwrap();
        assert!(created.new && created.job.name.as_deref() == Some("hosts"));
        let again = client.create(&named("hosts")).await.unwrap();
        assert!(!again.new && again.job == created.job);
        let id = &created.job.id;
        assert_eq!(client.job(id).await.unwrap(), created.job);
        assert_eq!(client.jobs().await.unwrap(), std::slice::from_ref(&created.job));
        client.delete(id).await.unwrap();
        for gone in [client.delete(id).await.unwrap_err(), client.job(id).await.unwrap_err()] {
            assert_eq!(gone.kind(), Kind::NoJob);
            assert_eq!(gone.to_string(), "404 Not Found: no such job");
        }
    });
    assert_eq!(fake.asked()[0].what, "GET /api/v1/traces");
    assert!(fake.asked().iter().all(|asked| asked.authorization.is_none()));
}

#[test]
fn counts_are_read() {
    let fake = FakeAgent::start("n1");
    let counts = Syscalls { ts: 5, rows: vec![[0, 0, 0, 7, 0]; 50_000], ..Syscalls::default() };
    fake.set_syscalls(counts.clone());
    assert_eq!(wait(client_of(&fake).syscalls()).unwrap(), counts);
}

#[test]
fn a_unix_socket_is_an_endpoint() {
    let dir = Dir::new("unix");
    let fake = FakeAgent::with(Options {
        node: "n1".into(),
        unix: Some(dir.path().join("socket")),
        ..Options::default()
    });
    assert_eq!(wait(client_of(&fake).create(&named("a"))).unwrap().job.id, "n1-1");
}

#[test]
fn a_refusal_says_why() {
    let refuses = Some((403, "you may not see \u{1b}[2Jprod".to_owned()));
    let fake = FakeAgent::with(Options { refuses, ..Options::default() });
    let error = wait(client_of(&fake).create(&named("a"))).unwrap_err();
    assert_eq!(error.kind(), Kind::Refused);
    assert_eq!(error.to_string(), r"403 Forbidden: you may not see \u{1b}[2Jprod");
}

#[test]
fn a_token_goes_to_this_host_only() {
    let dir = Dir::new("token");
    let fake = FakeAgent::with(Options { token: Some("secret".into()), ..Options::default() });
    assert_eq!(
        wait(client_of(&fake).jobs()).unwrap_err().to_string(),
        "401 Unauthorized: a bearer token is missing or wrong"
    );
    let settings = |text: &str| Settings { token_file: Some(dir.file("token", text)), ..Settings::default() };
    assert_eq!(wait(agent(&fake.endpoint(), settings("secret\n")).jobs()).unwrap(), []);
    assert_eq!(fake.asked().pop().unwrap().authorization.as_deref(), Some("Bearer secret"));
    // A token that changes is read again.
    let client = agent(&fake.endpoint(), settings("other"));
    assert_eq!(wait(client.jobs()).unwrap_err().kind(), Kind::Refused);
    dir.file("token", "secret");
    assert!(wait(client.jobs()).is_ok());
    for elsewhere in ["http://192.0.2.1:9095", "http://node1", "http://localhost.example.org"] {
        let error = Agent::new(elsewhere.parse().unwrap(), settings("secret")).unwrap_err();
        assert!(matches!(error, Error::TokenInClear) && error.to_string().contains("https://"), "{error}");
        assert!(Agent::new(elsewhere.parse().unwrap(), Settings::default()).is_ok());
    }
    for wrong in ["", "\n", "two words", "b\x1bad"] {
        let error = Agent::new(fake.endpoint().parse().unwrap(), settings(wrong)).unwrap_err();
        assert!(error.kind() == Kind::Settings && error.to_string().starts_with("the token "), "{error}");
    }
}

/// A server that answers everyone with these bytes and closes.
fn answers(bytes: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming().take(4) {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(bytes);
        }
    });
    address
}

#[test]
fn answers_that_are_no_agents_are_told() {
    let get = |bytes| wait(agent(&answers(bytes), Settings::default()).jobs()).unwrap_err();
    assert!(matches!(get(b"SSH-2.0-OpenSSH\r\n"), Error::Http(_)));
    assert!(matches!(get(b""), Error::Http(_)));
    assert!(matches!(get(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"), Error::Answer(_)));
    assert!(matches!(get(b"HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n{"), Error::Broken(_)));
    let error = get(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 6\r\n\r\n<html>");
    assert_eq!((error.kind(), error.to_string().as_str()), (Kind::Down, "502 Bad Gateway"));
    let error = get(b"HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n");
    assert_eq!((error.kind(), error.to_string().as_str()), (Kind::Refused, "302 Found"));
}

#[test]
fn an_agent_that_is_not_there_is_told() {
    let port = FakeAgent::start("n1").port();
    let error = wait(agent(&format!("127.0.0.1:{port}"), Settings::default()).jobs()).unwrap_err();
    assert_eq!(error.kind(), Kind::Down);
    assert!(error.to_string().starts_with("connect: Connection refused"), "{error}");
    // Who accepts and says nothing, in TLS.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let settings = Settings { connect_timeout: Duration::from_millis(50), ..Settings::default() };
    let error =
        wait(agent(&format!("https://{}", silent.local_addr().unwrap()), settings).jobs()).unwrap_err();
    assert_eq!(error.to_string(), "connect: no answer within 50ms");
}
