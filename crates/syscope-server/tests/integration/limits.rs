//! Bounds, and what happens at them.

use std::time::Duration;

use syscope_server::Rejected;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::client::{read_until, request, rest, send};
use crate::harness::{Server, config, limited, until};

#[tokio::test]
async fn slow_heads_end_and_idle_connections_later() {
    let server = Server::start(limited(|limits| {
        limits.header_time = Duration::from_millis(200);
        limits.idle_time = Duration::from_millis(600);
    }));
    // Nothing at all, a head that does not end, one that drips.
    let silent = server.connect().await;
    let mut half = server.connect().await;
    half.write_all(b"GET /healthz HTTP/1.1\r\nhost: loc").await.unwrap();
    let (reader, mut writer) = server.connect().await.into_split();
    let drip = tokio::spawn(async move {
        writer.write_all(b"GET /healthz HTTP/1.1\r\nx: ").await.unwrap();
        while writer.write_all(b"y").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    assert_eq!((rest(silent).await, rest(half).await, rest(reader).await), (vec![], vec![], vec![]));
    drip.await.unwrap();
    assert_eq!(server.stats.rejected(Rejected::HeaderTime), 3);

    // After a request a connection may be idle for longer, but the next head must come as fast.
    let mut kept = server.connect().await;
    let keep = request("GET", "/healthz", &[("connection", "keep-alive")], b"");
    kept.write_all(&keep).await.unwrap();
    read_until(&mut kept, "ok\n").await;
    tokio::time::sleep(Duration::from_millis(350)).await;
    kept.write_all(&keep).await.unwrap();
    read_until(&mut kept, "ok\n").await;
    kept.write_all(b"GET /heal").await.unwrap();
    let began = std::time::Instant::now();
    rest(kept).await;
    assert!(began.elapsed() < Duration::from_millis(590), "{:?}", began.elapsed());
    assert_eq!(server.stats.rejected(Rejected::HeaderTime), 4);
    let mut idle = server.connect().await;
    idle.write_all(&keep).await.unwrap();
    read_until(&mut idle, "ok\n").await;
    rest(idle).await;
    assert_eq!(server.stats.rejected(Rejected::HeaderTime), 4);
    server.stop().await;
}

#[tokio::test]
async fn bodies_are_bounded_in_size_and_time() {
    let server = Server::start(limited(|limits| limits.body_time = Duration::from_millis(200)));
    let most = 64 << 10;
    let fits = format!("{{}}{}", " ".repeat(most - 2));
    assert_eq!(server.post(&fits).await.status, 201);
    assert!(server.post(&format!("{fits} ")).await.problem(413).contains("65536"));
    let head = "POST /api/v1/traces HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nconnection: close\r\n";
    let chunked = format!("{head}transfer-encoding: chunked\r\n\r\n{:x}\r\n{fits} \r\n", most + 1);
    send(server.connect().await, chunked.as_bytes()).await.unwrap().problem(413);
    let lying = format!("{head}content-length: 99999999999\r\n\r\n");
    send(server.connect().await, lying.as_bytes()).await.unwrap().problem(413);
    let slow = format!("{head}content-length: 10\r\n\r\n{{");
    send(server.connect().await, slow.as_bytes()).await.unwrap().problem(408);
    let broken = format!("{head}transfer-encoding: chunked\r\n\r\nzz\r\n");
    send(server.connect().await, broken.as_bytes()).await.unwrap().problem(400);
    let mut aborted = server.connect().await;
    aborted.write_all(slow.as_bytes()).await.unwrap();
    drop(aborted);
    assert_eq!(server.stats.rejected(Rejected::BodyBytes), 3);
    assert_eq!(server.get("/api/v1/traces").await.json()["traces"].as_array().unwrap().len(), 1);
    server.stop().await;
}

#[tokio::test]
async fn headers_are_bounded() {
    let server = Server::start(config());
    let large = "y".repeat(17 << 10);
    assert!(server.ask("GET", "/healthz", &[("x", &large)], "").await.problem(431).contains("16384"));
    assert_eq!(server.stats.rejected(Rejected::HeaderBytes), 1);
    // Far beyond: the parser ends it, without words.
    let large = "y".repeat(1 << 20);
    let reply = send(server.connect().await, &request("GET", "/healthz", &[("x", &large)], b"")).await;
    assert!(reply.is_none_or(|reply| reply.status == 431));
    let many: Vec<(String, String)> = (0..500).map(|at| (format!("x{at}"), "y".into())).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(server.ask("GET", "/healthz", &many, "").await.status, 431);
    server.stop().await;
}

#[tokio::test]
async fn one_connection_too_many_is_told_so() {
    let server = Server::start(limited(|limits| limits.connections = 3));
    let held = [server.connect().await, server.connect().await, server.connect().await];
    until("three are open", || server.stats.connections() == 3).await;
    let mut fourth = server.connect().await;
    let mut answer = Vec::new();
    fourth.read_to_end(&mut answer).await.unwrap();
    crate::client::Reply::from_bytes(&answer).problem(503);
    assert_eq!(server.stats.rejected(Rejected::Connections), 1);
    drop(held);
    until("they are gone", || server.stats.connections() == 0).await;
    assert_eq!(server.get("/healthz").await.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn one_watcher_too_many_is_told_so() {
    let server = Server::start(limited(|limits| limits.watchers = 2));
    let job = server.job().await;
    let path = format!("/api/v1/traces/{job}/events");
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut stream = server.connect().await;
        stream.write_all(&request("GET", &path, &[], b"")).await.unwrap();
        read_until(&mut stream, "\r\n\r\n").await;
        held.push(stream);
    }
    let reply = server.get(&path).await;
    assert!(reply.problem(429).contains('2'));
    assert_eq!(server.stats.rejected(Rejected::Watchers), 1);
    held.pop();
    until("one is gone", || server.stats.watchers() == 1).await;
    // Who asks for what is not there takes no place.
    server.get("/api/v1/traces/none/events").await.problem(404);
    assert_eq!(server.stats.watchers(), 1);
    drop(held);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_connections_one_after_the_other() {
    let server = Server::start(config());
    let bytes = request("GET", "/healthz", &[], b"");
    let workers: Vec<_> = (0..10)
        .map(|worker| {
            let (address, bytes) = (server.address(), bytes.clone());
            tokio::spawn(async move {
                for at in 0..1000 {
                    let stream = TcpStream::connect(address).await.unwrap();
                    // Some say nothing, some break off.
                    if (worker + at) % 10 == 0 {
                        continue;
                    }
                    assert_eq!(send(stream, &bytes).await.unwrap().status, 200);
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await.unwrap();
    }
    until("all are gone", || server.stats.connections() == 0).await;
    assert_eq!(server.stats.accepted(), 10_000);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_connections_at_once() {
    // Both ends are in this process.
    let most = descriptors().saturating_sub(200) / 2;
    let many = most.min(1000);
    let server = Server::start(config());
    let mut streams = Vec::new();
    for _ in 0..many {
        streams.push(server.connect().await);
    }
    until("all are open", || server.stats.connections() == many).await;
    for stream in &mut streams {
        stream.write_all(&request("GET", "/version", &[], b"")).await.unwrap();
    }
    let (mut good, mut busy) = (0, 0);
    for stream in streams {
        match crate::client::Reply::from_bytes(&rest(stream).await).status {
            200 => good += 1,
            429 => busy += 1,
            other => panic!("{other}"),
        }
    }
    assert!(good > 0 && good + busy == many, "{good} {busy}");
    assert_eq!(server.stats.rejected(Rejected::Connections), 0);
    server.stop().await;
}

#[tokio::test]
async fn a_busy_server_is_healthy() {
    let server = Server::start(limited(|limits| limits.requests = 1));
    server.node.slow.store(300, std::sync::atomic::Ordering::Relaxed);
    let scrape = tokio::spawn(crate::client::ask(server.connect().await, "GET", "/metrics", &[], b""));
    until("it is busy", || server.node.running.load(std::sync::atomic::Ordering::SeqCst) == 1).await;
    server.get("/version").await.problem(429);
    assert_eq!(server.get("/healthz").await.status, 200);
    assert_eq!(scrape.await.unwrap().status, 200);
    server.stop().await;
}

/// Requests with some bytes changed, left out or doubled: each is answered or ended, and the server goes on.
#[tokio::test]
async fn garbled_requests() {
    let server = Server::start(limited(|limits| {
        limits.header_time = Duration::from_millis(200);
        limits.body_time = Duration::from_millis(200);
        limits.idle_time = Duration::from_millis(300);
    }));
    let body =
        br#"{"name":"a","syscalls":["openat"],"minLatency":"5ms","labelSelector":{"matchLabels":{"a":"b"}}}"#;
    let good = request("POST", "/api/v1/traces?from=start", &[("content-type", "application/json")], body);
    // A linear congruential generator (Knuth's MMIX): the same garble every time.
    let mut state = 1u64;
    let mut random = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut garbled = Vec::new();
    for _ in 0..600 {
        let mut bytes = good.clone();
        for _ in 0..=random(4) {
            let at = random(bytes.len());
            match random(3) {
                0 => bytes[at] = random(256) as u8,
                1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, bytes[at]),
            }
        }
        garbled.push(bytes);
    }
    for batch in garbled.chunks(50) {
        let mut asked = Vec::new();
        for bytes in batch {
            let (stream, bytes) = (server.connect().await, bytes.clone());
            asked.push(tokio::spawn(async move { (send(stream, &bytes).await, bytes) }));
        }
        for reply in asked {
            let (reply, bytes) = reply.await.unwrap();
            let shown = String::from_utf8_lossy(&bytes).into_owned();
            assert!(reply.is_none_or(|reply| reply.status < 500), "{shown}");
        }
    }
    assert_eq!(server.get("/healthz").await.status, 200);
    server.stop().await;
}

/// File descriptors that this process may have.
fn descriptors() -> u64 {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    line.split_whitespace().nth(3).unwrap().parse().unwrap_or(u64::MAX)
}
