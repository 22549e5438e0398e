//! The end.

use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::StreamExt as _;
use syscope_server::Config;
use tokio::io::AsyncWriteExt as _;
use tokio_tungstenite::client_async;

use crate::client::{Reply, chunks, read_until, request, rest};
use crate::harness::{Server, config, until};

#[tokio::test]
async fn streams_get_their_last_line() {
    let server = Server::start(config());
    let job = server.job().await;
    let path = format!("/api/v1/traces/{job}/events");
    let mut lines = server.connect().await;
    lines.write_all(&request("GET", &path, &[("connection", "keep-alive")], b"")).await.unwrap();
    read_until(&mut lines, "\r\n\r\n").await;
    let uri = format!("ws://localhost{path}");
    let (mut socket, _) = client_async(uri, server.connect().await).await.unwrap();
    let idle = server.connect().await;
    until("all are there", || server.stats.watchers() == 2).await;
    let (node, address) = (server.node.clone(), server.address());
    let reading = tokio::spawn(async move {
        // The agent ends its jobs when it hears of the end.
        tokio::time::sleep(Duration::from_millis(100)).await;
        node.end();
        let text = String::from_utf8(chunks(&rest(lines).await)).unwrap();
        assert_eq!(text, "{\"type\":\"loss\",\"final\":true,\"lost\":0}\n");
        let mut last = None;
        while let Some(Ok(message)) = socket.next().await {
            if message.is_text() {
                last = Some(message.into_text().unwrap());
            }
        }
        assert_eq!(last.unwrap().as_str(), "{\"type\":\"loss\",\"final\":true,\"lost\":0}");
    });
    let took = server.stop().await;
    assert!(took < Duration::from_millis(1900), "{took:?}");
    reading.await.unwrap();
    rest(idle).await;
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_request_that_is_worked_on_is_answered() {
    let server = Server::start(config());
    server.node.slow.store(300, Ordering::Relaxed);
    let mut stream = server.connect().await;
    stream.write_all(&request("GET", "/metrics", &[], b"")).await.unwrap();
    until("it reads", || server.node.running.load(Ordering::SeqCst) == 1).await;
    let took = server.stop().await;
    assert_eq!(Reply::from_bytes(&rest(stream).await).status, 200);
    assert!(took < Duration::from_millis(1900), "{took:?}");
}

#[tokio::test]
async fn streams_that_do_not_end_do_not_hold_the_end() {
    let server = Server::start(Config { grace: Duration::from_millis(300), ..config() });
    let job = server.job().await;
    let path = format!("/api/v1/traces/{job}/events");
    let mut streams = Vec::new();
    for at in 0..10 {
        let mut stream = server.connect().await;
        stream.write_all(&request("GET", &path, &[], b"")).await.unwrap();
        if at % 2 == 0 {
            read_until(&mut stream, "\r\n\r\n").await;
        }
        streams.push(stream);
    }
    let uri = format!("ws://localhost{path}");
    let (socket, _) = client_async(uri, server.connect().await).await.unwrap();
    until("all watch", || server.stats.watchers() == 11).await;
    // None of them reads; nothing more fits into their sockets.
    for _ in 0..200 {
        server.push(&job, &"x".repeat(100_000));
        tokio::task::yield_now().await;
    }
    let node = server.node.clone();
    let took = server.stop().await;
    // At once after the grace, not when the server itself goes.
    assert!(took >= Duration::from_millis(300) && took < Duration::from_millis(1200), "{took:?}");
    assert_eq!(node.log(&job).unwrap().watchers(), 0);
    drop((streams, socket));
}

#[tokio::test]
async fn a_server_that_is_dropped_ends_too() {
    let bound = syscope_server::bind(config()).unwrap();
    let (stats, address) = (bound.stats(), bound.addresses()[0].to_string());
    let serving = tokio::spawn(
        bound.serve(std::sync::Arc::new(crate::node::FakeNode::default()), std::future::pending()),
    );
    let stream = tokio::net::TcpStream::connect(&address).await.unwrap();
    until("it is open", || stats.connections() == 1).await;
    serving.abort();
    rest(stream).await;
    until("it is closed", || stats.connections() == 0).await;
    let refused = async || tokio::net::TcpStream::connect(&address).await.is_err();
    while !refused().await {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
