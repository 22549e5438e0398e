//! A web server that always answers the same bytes in the same pieces.
//!
//! Python's `http.server` would do, but it sends the date, and its answer comes in as many pieces as the
//! scheduler likes.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

const ANSWER: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhello\n";

/// Serves until the process ends.
#[derive(Debug)]
pub struct HttpServer {
    port: u16,
}

impl HttpServer {
    /// Listens on a free port of the loopback interface.
    pub fn start() -> io::Result<HttpServer> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        thread::spawn(move || listener.incoming().flatten().for_each(|stream| drop(answer(stream))));
        Ok(HttpServer { port })
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }
}

fn answer(mut stream: TcpStream) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut request = Vec::new();
    let mut piece = [0; 1024];
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read(&mut piece)? {
            0 => return Ok(()),
            length => request.extend_from_slice(&piece[..length]),
        }
    }
    // Late enough that the client waits for it in any case.
    thread::sleep(Duration::from_millis(50));
    stream.write_all(ANSWER)
}
