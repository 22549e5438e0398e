//! The init address, end to end.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::running::{PROBE, Running, ok};
use super::space::Space;
use crate::support::{run, syscope, until};

fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("listen");
    listener.local_addr().expect("an address").to_string()
}

/// Sends a request and returns the answer.
fn ask(address: &str, request: &str) -> String {
    let mut stream = until("somebody listens", || TcpStream::connect(address).ok());
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("set a limit");
    stream.write_all(request.as_bytes()).expect("send a request");
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer
}

fn post(kind: &str, body: &str) -> String {
    let len = body.len();
    format!("POST / HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: {len}\r\n\r\n{body}")
}

#[test]
#[ignore = "root+bpf"]
fn the_address_takes_one_right_request() {
    let address = free_address();
    let mut space = Space::new();
    let running = Running::quiet(&["--init-address", &address, "--label", "workspace=dev"]);
    let long = format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "y".repeat(9000));
    let wrong = [
        ("GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), "405"),
        (post("text/plain", "1").replace("POST / ", "POST /other "), "404"),
        (post("application/json", &space.inode), "415"),
        (post("text/plain", "not a number"), "400"),
        (post("text/plain", "-1"), "400"),
        (post("text/plain", "0"), "400"),
        (post("text/plain", "99999999999"), "400"),
        (post("text/plain", ""), "400"),
        (post("text/plain", &"1".repeat(65)), "413"),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n\r\n".to_owned(), "411"),
        ("nonsense\r\n\r\n".to_owned(), "400"),
        (long, "431"),
    ];
    for (request, status) in wrong {
        let answer = ask(&address, &request);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{request:.80}: {answer}");
        assert!(answer.split_once("\r\n\r\n").is_some_and(|(_, reason)| !reason.is_empty()), "{answer}");
    }
    // Somebody who says nothing holds nobody up.
    let silent = TcpStream::connect(&address).expect("connect");
    let answer = ask(&address, &post("text/plain", &space.inode));
    assert!(answer.starts_with("HTTP/1.1 204 "), "{answer}");
    drop(silent);
    until("nobody listens", || TcpStream::connect(&address).is_err().then_some(()));
    running.wait_ready(|| assert_eq!(space.run(&format!("/bin/true {PROBE}")), "0"));
    space.run("/bin/true inside");
    ok(Command::new("/bin/true").arg("outside"));
    let ended = running.stop();
    assert!(ended.status.success() && ended.stderr.ends_with(" 0 lost\n"), "{}", ended.stderr);
    let entries: Vec<Value> =
        ended.stdout().lines().map(|line| serde_json::from_str(line).expect("an entry")).collect();
    let found = |line: &str| entries.iter().filter(|entry| entry["fields"]["cmdline"] == json!(line)).count();
    assert_eq!((found("/bin/true inside"), found("/bin/true outside")), (1, 0));
    assert!(entries.iter().all(|entry| entry["fields"]["labels"] == json!({"workspace": "dev"})));
}

#[test]
#[ignore = "root+bpf"]
fn the_wait_has_an_end() {
    let started = Instant::now();
    let address = free_address();
    let ended = run(syscope().args(["exec", "--init-address", &address, "--startup-timeout", "500ms"]));
    assert_eq!(ended.code(), Some(1), "{ended:?}");
    assert!(started.elapsed() >= Duration::from_millis(500) && started.elapsed() < Duration::from_secs(10));
    assert!(ended.stderr.contains("no pid namespace number was received within 500ms"), "{}", ended.stderr);
    assert_eq!(ended.stdout(), "");
}

#[test]
#[ignore = "root+bpf"]
fn a_signal_ends_the_wait() {
    let address = free_address();
    let running = Running::quiet(&["--init-address", &address]);
    until("it listens", || TcpStream::connect(&address).ok());
    let ended = running.stop();
    assert!(ended.status.success(), "{ended:?}");
}

#[test]
#[ignore = "root+bpf"]
fn an_address_in_use_is_a_clear_error() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("listen");
    let address = listener.local_addr().expect("an address").to_string();
    let ended = run(syscope().args(["exec", "--init-address", &address]));
    assert_eq!(ended.code(), Some(1), "{ended:?}");
    assert!(ended.stderr.contains("another process listens there"), "{}", ended.stderr);
}
