use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::request::{Progress, examine};
use super::{Error, bind, wait};

/// A number that is sent where another than the test's own would be wrong.
const GOOD: &str =
    "POST / HTTP/1.1\r\nHost: init\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\n4026532567";

/// A server that waits.
struct Waiting {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    waiter: JoinHandle<Result<u32, Error>>,
}

impl Waiting {
    fn new() -> Waiting {
        Waiting::with_timeout(Duration::from_secs(60))
    }

    fn with_timeout(timeout: Duration) -> Waiting {
        let listener = bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let waiter = thread::spawn({
            let stop = Arc::clone(&stop);
            move || wait(listener, timeout, &stop, |_| {})
        });
        Waiting { address, stop, waiter }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }

    /// Sends this and gives all that comes back.
    fn exchange(&self, request: impl AsRef<[u8]>) -> String {
        let mut stream = self.connect();
        stream.write_all(request.as_ref()).unwrap();
        answer(stream)
    }

    /// The wait goes on, and a good request ends it.
    fn still_works(self) {
        assert!(!self.waiter.is_finished());
        assert!(self.exchange(GOOD).starts_with("HTTP/1.1 204 "));
        self.received(4_026_532_567);
    }

    fn received(self, number: u32) {
        assert_eq!(self.waiter.join().unwrap().unwrap(), number);
        assert!(TcpStream::connect(self.address).is_err(), "the listener is closed");
    }
}

fn answer(mut stream: TcpStream) -> String {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Each request is answered with the status and a reason, and the wait goes on.
fn check_refused<R: AsRef<[u8]>>(status: u16, requests: impl IntoIterator<Item = R>) {
    let waiting = Waiting::new();
    for request in requests {
        let answer = waiting.exchange(&request);
        let shown = String::from_utf8_lossy(request.as_ref()).chars().take(200).collect::<String>();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{shown:?} gives {answer:?}");
        assert!(answer.contains("\r\nContent-Type: text/plain; charset=utf-8\r\n"), "{answer:?}");
        assert!(answer.contains("\r\nConnection: close\r\n"), "{answer:?}");
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("\r\nContent-Length: {}\r\n", body.len())), "{answer:?}");
        assert!(body.len() > 10 && body.ends_with('\n'), "{answer:?}");
    }
    waiting.still_works();
}

fn with_head(lines: &str) -> String {
    format!("POST / HTTP/1.1\r\nHost: init\r\n{lines}\r\n4026532567")
}

fn with_body(body: &str) -> String {
    let length = body.len();
    format!(
        "POST / HTTP/1.1\r\nHost: init\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

#[test]
fn the_right_request_is_answered_204() {
    for (request, number) in [
        (GOOD.to_owned(), 4_026_532_567),
        (with_body("1"), 1),
        (with_body("4294967295"), u32::MAX),
        (with_body(" \t\r\n4026531836\n"), 4_026_531_836),
        (with_body(&format!("{:64}", 17)), 17),
        (with_body("0000000017"), 17),
        (GOOD.replace("HTTP/1.1\r\nHost: init", "HTTP/1.0"), 4_026_532_567),
        (GOOD.replace("POST /", "POST http://127.0.0.1:80/"), 4_026_532_567),
        (GOOD.replace("text/plain", "Text/Plain; charset=utf-8"), 4_026_532_567),
        (GOOD.replace("Content-Type", "cONTENT-tYPE"), 4_026_532_567),
        (GOOD.replace("\r\n", "\n"), 4_026_532_567),
        (format!("\r\n{GOOD}"), 4_026_532_567),
    ] {
        let waiting = Waiting::new();
        let answer = waiting.exchange(&request);
        assert_eq!(answer, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n", "{request}");
        waiting.received(number);
    }
}

#[test]
fn a_request_may_come_in_pieces() {
    let waiting = Waiting::new();
    let mut stream = waiting.connect();
    stream.set_nodelay(true).unwrap();
    for byte in GOOD.bytes() {
        stream.write_all(&[byte]).unwrap();
        thread::sleep(Duration::from_micros(300));
    }
    assert!(answer(stream).starts_with("HTTP/1.1 204 "));
    waiting.received(4_026_532_567);
    for end in 0..GOOD.len() {
        assert_eq!(examine(&GOOD.as_bytes()[..end]), Progress::More);
    }
}

#[test]
fn curl_is_understood() {
    if Command::new("curl").arg("--version").stdout(Stdio::null()).status().is_err() {
        return;
    }
    for arguments in [
        &["-d", "4026532567"][..],
        &["--http1.0", "-d", "4026532567"],
        &["-H", "Expect: 100-continue", "-d", "4026532567"],
    ] {
        let waiting = Waiting::new();
        let url = format!("http://{}/", waiting.address);
        let curl = |arguments: &[&str]| {
            let output = Command::new("curl")
                .args(["-sS", "--noproxy", "*", "-w", "%{http_code}", "--max-time", "20"])
                .args(arguments)
                .arg(&url)
                .output()
                .unwrap();
            assert!(output.status.success(), "{output:?}");
            String::from_utf8(output.stdout).unwrap()
        };
        assert_eq!(curl(&["-d", "1"]), "the Content-Type must be text/plain\n415");
        let plain = ["-H", "Content-Type: text/plain"];
        let chunked = curl(&[&plain[..], &["-H", "Transfer-Encoding: chunked", "-d", "1"]].concat());
        assert!(chunked.ends_with("\n411"), "{chunked}");
        assert_eq!(curl(&[&plain[..], arguments].concat()), "204");
        waiting.received(4_026_532_567);
    }
}

#[test]
fn a_body_is_asked_for_when_its_head_is_right() {
    let waiting = Waiting::new();
    let head = "POST / HTTP/1.1\r\nHost: init\r\nContent-Type: text/plain\r\nExpect: 100-continue\r\n";
    let mut stream = waiting.connect();
    stream.write_all(format!("{head}Content-Length: 2\r\n\r\n").as_bytes()).unwrap();
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"x1").unwrap();
    assert!(answer(stream).starts_with("HTTP/1.1 400 "), "asked once, then answered");
    // Not when the answer is clear already, and not an old client.
    assert!(waiting.exchange(format!("{head}Content-Length: 2000000\r\n\r\n")).starts_with("HTTP/1.1 413 "));
    let old = head.replace("HTTP/1.1\r\nHost: init", "HTTP/1.0");
    assert_eq!(examine(format!("{old}Content-Length: 2\r\n\r\n").as_bytes()), Progress::More);
    waiting.still_works();
}

#[test]
fn the_method_must_be_post() {
    let methods = ["GET", "PUT", "DELETE", "OPTIONS", "PATCH", "post", "POSTS", "CONNECT", "X"];
    check_refused(405, methods.map(|method| GOOD.replace("POST", method)));
    let waiting = Waiting::new();
    assert!(waiting.exchange(GOOD.replace("POST", "GET")).contains("\r\nAllow: POST\r\n"));
    let answer = waiting.exchange("HEAD / HTTP/1.1\r\nHost: init\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 405 ") && answer.ends_with("\r\n\r\n"), "{answer:?}");
    waiting.still_works();
}

#[test]
fn the_path_must_be_the_root() {
    let paths = ["/x", "//", "/?", "/?x=1", "/#", "*", "http://init/x", "http://init?x", "x", "/%2f", "/."];
    check_refused(404, paths.map(|path| GOOD.replace("POST / ", &format!("POST {path} "))));
}

#[test]
fn the_type_must_be_plain_text() {
    let types = [
        "",
        "Content-Type:\r\n",
        "Content-Type: text/html\r\n",
        "Content-Type: text/plainer\r\n",
        "Content-Type: text\r\n",
        "Content-Type: application/x-www-form-urlencoded\r\n",
        "Content-Type: text/plain, text/plain\r\n",
        "Content-Type: text/plain\r\nContent-Type: text/plain\r\n",
        "Content-Type: \u{fc}\r\n",
        "X-Content-Type: text/plain\r\n",
    ];
    check_refused(415, types.map(|line| with_head(&format!("{line}Content-Length: 10\r\n"))));
}

#[test]
fn the_length_must_be_given() {
    check_refused(
        411,
        [
            with_head("Content-Type: text/plain\r\n"),
            with_head("Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n"),
            with_head("Content-Type: text/plain\r\nTransfer-Encoding: gzip, chunked\r\n"),
        ],
    );
    let lengths = ["-1", "+10", "x", "", "10, 10", "1 0", "0x10", "10\r\nContent-Length: 10", "\u{b2}"];
    check_refused(
        400,
        lengths.map(|length| with_head(&format!("Content-Type: text/plain\r\nContent-Length: {length}\r\n"))),
    );
    check_refused(
        400,
        [with_head("Content-Type: text/plain\r\nContent-Length: 10\r\nTransfer-Encoding: chunked\r\n")],
    );
    let lengths = ["65", "1000000", "18446744073709551615", "99999999999999999999999999999999999999"];
    check_refused(
        413,
        lengths.map(|length| with_head(&format!("Content-Type: text/plain\r\nContent-Length: {length}\r\n"))),
    );
}

#[test]
fn the_number_must_be_one() {
    let bodies = [
        "",
        " ",
        "\n",
        "0",
        "00",
        "-1",
        "+1",
        "4294967296",
        "99999999999999999999999999999999",
        "1 2",
        "1,",
        "0x10",
        "1e3",
        "1.0",
        "pid:[4026531836]",
        "\"1\"",
        "1\0",
        "\u{661}",
        "1\u{a0}",
    ];
    check_refused(400, bodies.map(with_body));
    check_refused(400, [b"POST / HTTP/1.0\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n1\xff"]);
}

#[test]
fn other_wrong_heads() {
    check_refused(417, [with_head("Content-Type: text/plain\r\nContent-Length: 10\r\nExpect: more\r\n")]);
    check_refused(
        400,
        [
            GOOD.replace("Host: init\r\n", ""),
            GOOD.replace("Host: init\r\n", "Host: a\r\nHost: b\r\n"),
            GOOD.replace("Host: init\r\n", "Host: init\r\nBad Name: x\r\n"),
            GOOD.replace("Host: init\r\n", "Host: init\r\nFolded: x\r\n y\r\n"),
            GOOD.replace("Host: init\r\n", "Host: init\r\nContent-Length : 10\r\n"),
            GOOD.replace("Host: init\r\n", "Host: init\r\nX: a\0b\r\n"),
        ],
    );
    check_refused(
        431,
        [
            GOOD.replace("Host: init\r\n", &format!("Host: init\r\nX: {}\r\n", "x".repeat(8200))),
            GOOD.replace("Host: init\r\n", &format!("Host: init\r\n{}", "X: y\r\n".repeat(100))),
            GOOD.replace("POST /", &format!("POST /{}", "x".repeat(100_000))),
            format!("POST / HTTP/1.1\r\nX: {}", "x".repeat(10_000_000)),
            "\r\n".repeat(100_000),
        ],
    );
}

#[test]
fn what_is_not_http() {
    let tls = b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03 and so on".to_vec();
    let noise: Vec<u8> = (0..1_000_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    check_refused(
        400,
        [
            tls,
            noise,
            vec![0; 100_000],
            vec![0xff; 10],
            b"4026532567\n\n".to_vec(),
            b"hello\r\n\r\n".to_vec(),
            // HTTP/0.9, and what came later.
            b"GET /\r\n".to_vec(),
            b"POST /\r\n\r\n4026532567".to_vec(),
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
            GOOD.replace("HTTP/1.1", "HTTP/3.0").into_bytes(),
            GOOD.replace("HTTP/1.1", "HTTP/1.2").into_bytes(),
            GOOD.replace("HTTP/1.1", "HTTP/1.10").into_bytes(),
            GOOD.replace("HTTP/1.1", "http/1.1").into_bytes(),
        ],
    );
}

#[test]
fn a_client_that_sends_10_mb_sees_why_not() {
    let waiting = Waiting::new();
    let mut stream = waiting.connect();
    let head =
        "POST / HTTP/1.1\r\nHost: init\r\nContent-Type: text/plain\r\nContent-Length: 10000000\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    // One that sends all before it reads.
    stream.write_all(&vec![b'1'; 10_000_000]).unwrap();
    assert!(answer(stream).starts_with("HTTP/1.1 413 "));
    waiting.still_works();
}

#[test]
fn clients_that_end_early() {
    let waiting = Waiting::new();
    for end in [1, 10, GOOD.len() - 11, GOOD.len() - 1] {
        let mut stream = waiting.connect();
        stream.write_all(&GOOD.as_bytes()[..end]).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        assert!(answer(stream).starts_with("HTTP/1.1 400 "));
    }
    for _ in 0..200 {
        let mut stream = waiting.connect();
        stream.write_all(b"POST / HT").unwrap();
        drop(stream);
        let mut stream = waiting.connect();
        stream.write_all(&[b'x'; 30_000]).unwrap();
        // The answer is in the way: this resets the connection.
        drop(stream);
    }
    let silent = waiting.connect();
    silent.shutdown(Shutdown::Write).unwrap();
    assert_eq!(answer(silent), "");
    // One that ends its side when it has said all is heard.
    let mut stream = waiting.connect();
    stream.write_all(GOOD.as_bytes()).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    assert!(answer(stream).starts_with("HTTP/1.1 204 "));
    waiting.received(4_026_532_567);
}

#[test]
fn clients_that_stall_are_told_so_after_five_seconds() {
    let waiting = Waiting::new();
    let started = Instant::now();
    thread::scope(|scope| {
        let check = |stream: TcpStream| {
            let answer = answer(stream);
            assert!(answer.starts_with("HTTP/1.1 408 "), "{answer:?}");
            let after = started.elapsed();
            assert!((5.0..7.0).contains(&after.as_secs_f64()), "{after:?}");
        };
        for end in [0, 1, 30, GOOD.len() - 11, GOOD.len() - 1] {
            let mut stream = waiting.connect();
            stream.write_all(&GOOD.as_bytes()[..end]).unwrap();
            scope.spawn(move || check(stream));
        }
        // One that says a little from time to time.
        let mut stream = waiting.connect();
        scope.spawn(move || {
            for byte in GOOD.bytes().take(48) {
                stream.write_all(&[byte]).unwrap();
                thread::sleep(Duration::from_millis(100));
            }
            check(stream);
        });
    });
    waiting.still_works();
}

#[test]
fn five_hundred_silent_clients_do_not_keep_a_good_one_out() {
    let waiting = Waiting::new();
    let silent: Vec<TcpStream> = (0..500).map(|_| waiting.connect()).collect();
    let started = Instant::now();
    assert!(waiting.exchange(GOOD).starts_with("HTTP/1.1 204 "));
    let took = started.elapsed();
    assert!(took < Duration::from_secs(5), "{took:?}");
    waiting.received(4_026_532_567);
    let told = silent.into_iter().filter_map(|mut stream| {
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok().filter(|_| answer.starts_with("HTTP/1.1 429 "))
    });
    assert!(told.count() > 400);
}

#[test]
fn clients_that_keep_coming_do_not_keep_a_good_one_out() {
    let waiting = Waiting::new();
    let enough = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut open = std::collections::VecDeque::new();
                while !enough.load(Ordering::SeqCst) {
                    open.extend(TcpStream::connect_timeout(&waiting.address, Duration::from_millis(100)));
                    if open.len() > 100 {
                        open.pop_front();
                    }
                    thread::sleep(Duration::from_millis(1));
                }
            });
        }
        thread::sleep(Duration::from_millis(500));
        let started = Instant::now();
        let answer = waiting.exchange(GOOD);
        enough.store(true, Ordering::SeqCst);
        assert!(answer.starts_with("HTTP/1.1 204 "), "{answer:?}");
        assert!(started.elapsed() < Duration::from_secs(15), "{:?}", started.elapsed());
    });
    waiting.received(4_026_532_567);
}

#[test]
fn only_the_first_of_pipelined_requests_counts() {
    let waiting = Waiting::new();
    let answer = waiting.exchange(format!("{}{GOOD}", GOOD.replace("POST", "PUT")));
    assert!(answer.starts_with("HTTP/1.1 405 ") && answer.matches("HTTP/1.1").count() == 1, "{answer:?}");
    let answer = waiting.exchange(format!("{GOOD}{}", with_body("17")));
    assert!(answer.starts_with("HTTP/1.1 204 ") && answer.matches("HTTP/1.1").count() == 1, "{answer:?}");
    waiting.received(4_026_532_567);
}

#[test]
fn the_wait_ends() {
    let waiting = Waiting::with_timeout(Duration::from_millis(300));
    let (address, started) = (waiting.address, Instant::now());
    let _silent = waiting.connect();
    assert!(waiting.exchange("x\r\n\r\n").starts_with("HTTP/1.1 400 "));
    let ended = waiting.waiter.join().unwrap();
    assert!(matches!(ended, Err(Error::TimedOut(_))), "{ended:?}");
    assert!((200..3000).contains(&started.elapsed().as_millis()), "{:?}", started.elapsed());
    assert!(TcpStream::connect(address).is_err());

    let waiting = Waiting::new();
    let _silent = waiting.connect();
    let started = Instant::now();
    waiting.stop.store(true, Ordering::SeqCst);
    assert!(matches!(waiting.waiter.join().unwrap(), Err(Error::Stopped)));
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
}

#[test]
fn addresses() {
    for (address, words) in [
        ("localhost", "the port is missing"),
        ("", "the port is missing"),
        (":80", "the host is missing"),
        ("::1", "brackets"),
        ("::1:80", "brackets"),
        ("localhost:", "the port \"\""),
        ("localhost:http", "the port \"http\""),
        ("localhost:65536", "the port \"65536\""),
        ("localhost:+80", "the port \"+80\""),
        ("no such host:80", "is not an address to listen on: "),
        ("1.2.3.4.5:80", "is not an address to listen on: "),
    ] {
        let err = bind(address).unwrap_err();
        assert!(matches!(err, Error::Address { .. }) && err.to_string().contains(words), "{address}: {err}");
    }
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    assert!(matches!(bind(&address), Err(Error::InUse { .. })));
    // Reserved for documentation: nobody's.
    assert!(matches!(bind("192.0.2.1:80"), Err(Error::Listen { .. })));
    assert!(bind("localhost:0").is_ok());
}
