//! Events in their three forms.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use syscope_server::Rejected;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::client::{chunks, read_until, request, rest};
use crate::harness::{PATIENCE, Server, config, limited, until};

/// Opens a stream and reads the head of its answer.
async fn open(
    server: &Server,
    job: &str,
    query: &str,
    headers: &[(&str, &str)],
) -> (TcpStream, String, Vec<u8>) {
    let mut stream = server.connect().await;
    let path = format!("/api/v1/traces/{job}/events{query}");
    stream.write_all(&request("GET", &path, headers, b"")).await.unwrap();
    let bytes = read_until(&mut stream, "\r\n\r\n").await;
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
    (stream, String::from_utf8(bytes[..end].to_vec()).unwrap(), bytes[end..].to_vec())
}

async fn web_socket(server: &Server, job: &str) -> WebSocketStream<TcpStream> {
    let uri = format!("ws://localhost/api/v1/traces/{job}/events");
    client_async(uri, server.connect().await).await.unwrap().0
}

async fn next(socket: &mut WebSocketStream<TcpStream>) -> Option<Result<Message, WsError>> {
    timeout(PATIENCE, socket.next()).await.expect("a message comes")
}

#[tokio::test]
async fn lines_of_json() {
    let server = Server::start(config());
    let job = server.job().await;
    server.push(&job, "{\"n\":1}");
    let (mut stream, head, mut bytes) = open(&server, &job, "", &[]).await;
    assert!(
        head.starts_with("HTTP/1.1 200") && head.contains("content-type: application/x-ndjson\r\n"),
        "{head}"
    );
    let (now, _, more) = open(&server, &job, "?from=now", &[]).await;
    assert!(!chunks(&more).starts_with(b"{\"n\":1}"));
    until("both watch", || server.stats.watchers() == 2).await;
    server.push(&job, "{\"n\":2}");
    bytes.extend(read_until(&mut stream, "{\"n\":2}\n").await);
    server.node.end();
    bytes.extend(rest(stream).await);
    let last = "{\"type\":\"loss\",\"final\":true,\"lost\":0}\n";
    assert_eq!(String::from_utf8(chunks(&bytes)).unwrap(), format!("{{\"n\":1}}\n{{\"n\":2}}\n{last}"));
    let now = [more, rest(now).await].concat();
    assert_eq!(String::from_utf8(chunks(&now)).unwrap(), format!("{{\"n\":2}}\n{last}"));
    until("nobody watches", || server.stats.watchers() == 0).await;
    server.stop().await;
}

#[tokio::test]
async fn only_the_head_of_a_stream_needs_no_place() {
    let server = Server::start(config());
    let job = server.job().await;
    let reply = server.ask("HEAD", &format!("/api/v1/traces/{job}/events"), &[], "").await;
    assert_eq!((reply.status, reply.body.len()), (200, 0));
    until("nobody watches", || server.stats.watchers() == 0).await;
    server.stop().await;
}

#[tokio::test]
async fn server_sent_events_with_comments_meanwhile() {
    let server = Server::start(limited(|limits| limits.ping_every = Duration::from_millis(50)));
    let job = server.job().await;
    let (mut stream, head, mut bytes) = open(&server, &job, "", &[("accept", "text/event-stream")]).await;
    assert!(head.contains("content-type: text/event-stream\r\n"), "{head}");
    bytes.extend(read_until(&mut stream, ": \n\n").await);
    server.node.log(&job).unwrap().push("{\"n\":1}\n{\"n\":2}\n".as_bytes(), 2);
    bytes.extend(read_until(&mut stream, "data: {\"n\":1}\n\ndata: {\"n\":2}\n\n").await);
    server.node.end();
    bytes.extend(rest(stream).await);
    let text = String::from_utf8(chunks(&bytes)).unwrap();
    assert!(text.ends_with("data: {\"type\":\"loss\",\"final\":true,\"lost\":0}\n\n"), "{text}");
    server.stop().await;
}

#[tokio::test]
async fn web_socket_messages() {
    let server = Server::start(limited(|limits| limits.ping_every = Duration::from_millis(50)));
    let job = server.job().await;
    let mut socket = web_socket(&server, &job).await;
    server.node.log(&job).unwrap().push("{\"n\":1}\n{\"n\":2}\n".as_bytes(), 2);
    let (mut texts, mut pings) = (Vec::new(), 0);
    while texts.len() < 2 || pings < 3 {
        match next(&mut socket).await.unwrap().unwrap() {
            Message::Text(text) => texts.push(text.to_string()),
            // Answered by the library at the next call.
            Message::Ping(_) => pings += 1,
            other => panic!("{other:?}"),
        }
    }
    socket.send(Message::Ping("x".into())).await.unwrap();
    server.node.end();
    let mut close = None;
    while let Some(Ok(message)) = next(&mut socket).await {
        match message {
            Message::Text(text) => texts.push(text.to_string()),
            Message::Close(frame) => close = frame,
            _ => {}
        }
    }
    assert_eq!(texts, ["{\"n\":1}", "{\"n\":2}", "{\"type\":\"loss\",\"final\":true,\"lost\":0}"]);
    assert_eq!(u16::from(close.unwrap().code), 1000);
    until("nobody watches", || server.stats.watchers() == 0).await;
    server.stop().await;
}

#[tokio::test]
async fn a_web_socket_that_does_not_answer_pings_is_dropped() {
    let server = Server::start(limited(|limits| {
        limits.ping_every = Duration::from_millis(50);
        limits.stall_time = Duration::from_millis(150);
    }));
    let job = server.job().await;
    let headers = [
        ("connection", "upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA=="),
    ];
    let (stream, head, _) = open(&server, &job, "", &headers).await;
    assert!(head.starts_with("HTTP/1.1 101"), "{head}");
    assert_eq!(server.stats.watchers(), 1);
    rest(stream).await;
    until("the watcher is gone", || server.stats.watchers() == 0).await;
    assert_eq!(server.stats.rejected(Rejected::Stalled), 1);
    server.stop().await;
}

#[tokio::test]
async fn a_web_socket_that_goes_away_or_says_too_much_is_dropped() {
    let server = Server::start(config());
    let job = server.job().await;
    let gone = web_socket(&server, &job).await;
    let mut closing = web_socket(&server, &job).await;
    let mut loud = web_socket(&server, &job).await;
    until("three watch", || server.stats.watchers() == 3).await;
    drop(gone);
    until("two watch", || server.stats.watchers() == 2).await;
    closing.close(None).await.unwrap();
    until("one watches", || server.stats.watchers() == 1).await;
    let _ = loud.send(Message::Text("x".repeat(100_000).into())).await;
    until("nobody watches", || server.stats.watchers() == 0).await;
    server.stop().await;
}

#[tokio::test]
async fn an_upgrade_that_is_none_is_refused() {
    let server = Server::start(config());
    let job = server.job().await;
    let path = format!("/api/v1/traces/{job}/events");
    let upgrade = [("connection", "upgrade, close"), ("upgrade", "websocket")];
    let reply = server.ask("GET", &path, &upgrade, "").await;
    reply.problem(400);
    let headers =
        [&upgrade[..], &[("sec-websocket-version", "7"), ("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA==")]]
            .concat();
    server.ask("GET", &path, &headers, "").await.problem(400);
    let headers = [&upgrade[..], &[("origin", "https://evil.example")]].concat();
    server.ask("GET", &path, &headers, "").await.problem(403);
    assert_eq!(server.stats.watchers(), 0);
    server.stop().await;
}

#[tokio::test]
async fn a_slow_watcher_is_told_what_it_missed_and_delays_nobody() {
    let server = Server::start(config());
    let job = server.job().await;
    let (mut slow, _, mut bytes) = open(&server, &job, "", &[]).await;
    let (mut fast, ..) = open(&server, &job, "", &[]).await;
    // Far more than sockets and the job's log keep.
    let line = format!("{{\"x\":\"{}\"}}", "x".repeat(10_000));
    for _ in 0..4000 {
        server.push(&job, &line);
    }
    server.push(&job, "{\"last\":true}");
    timeout(PATIENCE, read_until(&mut fast, "{\"last\":true}")).await.unwrap();
    server.node.end();
    let mut buffer = vec![0; 1 << 20];
    while let Ok(read @ 1..) = slow.read(&mut buffer).await {
        bytes.extend_from_slice(&buffer[..read]);
    }
    let text = String::from_utf8(chunks(&bytes)).unwrap();
    let (mut events, mut gaps, mut total) = (0, 0, None);
    for line in text.lines() {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        match (&value["lost"], &value["final"]) {
            (lost, serde_json::Value::Bool(true)) => total = lost.as_u64(),
            (lost, _) if lost.is_u64() => gaps += lost.as_u64().unwrap(),
            _ => events += 1,
        }
    }
    assert!(gaps > 0, "{events} events");
    assert_eq!((events + gaps, total), (4001, Some(gaps)));
    server.stop().await;
}

#[tokio::test]
async fn a_watcher_that_reads_nothing_is_dropped_and_one_that_waits_is_not() {
    let server = Server::start(limited(|limits| limits.stall_time = Duration::from_millis(300)));
    let job = server.job().await;
    let quiet = server.job().await;
    let (stalled, ..) = open(&server, &job, "", &[]).await;
    let (mut waiting, ..) = open(&server, &quiet, "", &[]).await;
    // As much as the log keeps, again and again, until no socket takes more.
    let line = "x".repeat(100_000);
    let began = std::time::Instant::now();
    while server.stats.watchers() == 2 {
        assert!(began.elapsed() < PATIENCE, "the stalled watcher stays");
        (0..10).for_each(|_| server.push(&job, &line));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(server.stats.rejected(Rejected::Stalled), 1);
    drop(stalled);
    server.push(&quiet, "{\"n\":1}");
    read_until(&mut waiting, "{\"n\":1}").await;
    drop(waiting);
    server.stop().await;
}

/// Watchers that never read take nothing from those who do: each of these has every event or is told that it missed it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_watchers_a_quarter_of_which_never_reads() {
    const EVENTS: u64 = 10_000;
    let server = Server::start(config());
    let job = server.job().await;
    let (mut readers, mut stalled) = (Vec::new(), Vec::new());
    for at in 0..48 {
        let (stream, _, bytes) = open(&server, &job, "", &[]).await;
        if at % 4 == 0 {
            stalled.push(stream);
        } else {
            readers.push(tokio::spawn(async move { [bytes, rest(stream).await].concat() }));
        }
    }
    for at in 0..EVENTS {
        server.push(&job, &format!("{{\"at\":{at},\"x\":\"{}\"}}", "x".repeat(500)));
        if at % 20 == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    server.node.end();
    for reader in readers {
        let text = String::from_utf8(chunks(&reader.await.unwrap())).unwrap();
        let (mut next, mut missed, mut total) = (0, 0, None);
        for line in text.lines() {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            if value["final"] == true {
                total = value["lost"].as_u64();
            } else if let Some(lost) = value["lost"].as_u64() {
                // At the place where they are missing.
                (next, missed) = (next + lost, missed + lost);
            } else {
                assert_eq!(value["at"], next);
                next += 1;
            }
        }
        assert_eq!((next, total), (EVENTS, Some(missed)));
    }
    assert_eq!(server.stats.watchers(), stalled.len() as u64);
    drop(stalled);
    server.stop().await;
}
