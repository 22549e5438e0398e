//! One client: reads what is there, answers, and closes without losing the answer.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::fd::{AsRawFd as _, RawFd};
use std::time::{Duration, Instant};

use super::request::{self, CONTINUE, NO_CONTENT, Progress, REQUEST_MAX, Refusal};

/// How long a client has, from the connection to the end.
const LIFE: Duration = Duration::from_secs(5);
/// What is read and thrown away of a request that was answered. Closing with unread data resets the
/// connection, and the client may never see the answer.
const DISCARD_MAX: usize = 16 << 20;
/// What is read at a time, of which so much is that no client is served for long while others wait.
const READS: usize = 16;
/// How long the client that was right has to take its answer.
const FAREWELL: Duration = Duration::from_millis(200);

/// A connection.
pub struct Connection {
    stream: TcpStream,
    peer: SocketAddr,
    accepted: Instant,
    request: Vec<u8>,
    /// Whether the client has been told to send the body.
    continued: bool,
    /// Set when the answer is out: how much was thrown away since.
    discarded: Option<usize>,
}

/// What a connection has come to.
pub enum State {
    /// There may be more.
    Open,
    /// It is of no use any more.
    Closed,
    /// It gave the number, and has its answer.
    Number(u32),
}

enum Received {
    Bytes(usize),
    Nothing,
    End,
}

impl Connection {
    /// Takes a connection.
    pub fn new(stream: TcpStream, peer: SocketAddr, now: Instant) -> io::Result<Connection> {
        stream.set_nonblocking(true)?;
        Ok(Connection { stream, peer, accepted: now, request: Vec::new(), continued: false, discarded: None })
    }

    /// Its socket.
    pub fn fd(&self) -> RawFd {
        self.stream.as_raw_fd()
    }

    /// How long it has been here.
    pub fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.accepted)
    }

    /// Reads and answers what can be, without waiting.
    pub fn serve(&mut self, now: Instant) -> State {
        for _ in 0..READS {
            let mut chunk = [0; 16 << 10];
            let received = match self.stream.read(&mut chunk) {
                Ok(0) => Received::End,
                Ok(count) => Received::Bytes(count),
                Err(err) if err.kind() == io::ErrorKind::WouldBlock => Received::Nothing,
                Err(err) if err.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => return State::Closed,
            };
            if let Some(discarded) = &mut self.discarded {
                match received {
                    Received::Bytes(count) => *discarded += count,
                    Received::Nothing => break,
                    Received::End => return State::Closed,
                }
                if *discarded > DISCARD_MAX {
                    return State::Closed;
                }
                continue;
            }
            match received {
                Received::Bytes(count) => {
                    // What is beyond the limit would not be looked at.
                    let room = REQUEST_MAX.saturating_sub(self.request.len());
                    self.request.extend_from_slice(&chunk[..count.min(room)]);
                }
                Received::Nothing => break,
                Received::End if self.request.is_empty() => return State::Closed,
                Received::End => {}
            }
            let progress = request::examine(&self.request);
            match progress {
                Progress::Number(number) => {
                    tracing::info!("{} says: pid namespace {number}", self.peer);
                    return State::Number(number);
                }
                Progress::Refused(refusal) => self.refuse(&refusal),
                _ if matches!(received, Received::End) => {
                    self.refuse(&Refusal::ended());
                    return State::Closed;
                }
                Progress::BodyWanted if !self.continued => {
                    self.continued = true;
                    self.send(CONTINUE);
                }
                Progress::BodyWanted | Progress::More => {}
            }
        }
        if self.age(now) < LIFE {
            return State::Open;
        }
        if self.discarded.is_none() {
            self.refuse(&Refusal::slow());
        }
        State::Closed
    }

    /// Answers with the reason.
    pub fn refuse(&mut self, refusal: &Refusal) {
        if self.discarded.is_none() {
            tracing::info!("{}: refused with {}: {}", self.peer, refusal.status(), refusal.reason());
            self.answer(&refusal.response());
        }
    }

    /// Answers the client that was right, and gives it the time to take the answer.
    pub fn finish(mut self) {
        self.answer(NO_CONTENT);
        let until = Instant::now() + FAREWELL;
        let waits = self.stream.set_nonblocking(false);
        while waits.is_ok() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || self.stream.set_read_timeout(Some(left)).is_err() {
                return;
            }
            match self.stream.read(&mut [0; 4096]) {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
        }
    }

    fn answer(&mut self, response: &[u8]) {
        self.send(response);
        self.discarded = Some(0);
        self.request = Vec::new();
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// An answer is smaller than the buffer of any socket, so it is taken whole; and a client that is gone
    /// needs none.
    fn send(&mut self, response: &[u8]) {
        if let Err(err) = self.stream.write_all(response) {
            tracing::debug!("answer {}: {err}", self.peer);
        }
    }
}
