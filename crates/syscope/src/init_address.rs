//! The init address: where a container says which pid namespace it is in.
//!
//! The address of `--init-address` answers one thing, once:
//!
//! ```text
//! POST / HTTP/1.1                         HTTP/1.1 204 No Content
//! Host: 127.0.0.1:7357                    Connection: close
//! Content-Type: text/plain         ──>
//! Content-Length: 10
//!
//! 4026532567
//! ```
//!
//! Then it is closed. Everything else is answered 4xx with the reason in plain text (`request.rs` has the
//! list) and the wait goes on, until the time is over or the run is stopped.
//!
//! Whoever can reach the address can talk to it, so it can't be held open: a connection has five seconds in
//! all, a request a few kilobytes, and 64 connections are looked at together in one thread. When one more
//! comes, the oldest is closed, but none before it had a tenth of a second to say something; meanwhile the
//! others wait in the kernel's queue. So clients that say nothing are passed through at 640 a second, and
//! one that sends its request at once is heard among them.
//!
//! Why this is written by hand: a server library brings an async runtime or a pool of threads for the life
//! of the process, and its own opinion on time-outs, for one request of ten bytes. What is easy to get wrong
//! is the syntax, so that is left to `httparse`, the parser of hyper: no dependencies, fuzzed, and it works
//! on bytes that were read elsewhere. The rest is one loop around `poll`.

mod connection;
mod request;
#[cfg(test)]
mod tests;

use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs as _};
use std::os::fd::AsRawFd as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use connection::{Connection, State};
use request::Refusal;

/// Connections that are served together.
const CONNECTIONS: usize = 64;
/// How long a connection is left alone when there are too many.
const GRACE: Duration = Duration::from_millis(100);
/// How often the stop flag is looked at.
const TICK: Duration = Duration::from_millis(50);
/// How long accepting pauses when it fails, as it does without file descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// Why no number was received.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is not HOST:PORT, or the host has no address.
    #[error("{address:?} is not an address to listen on: {reason}")]
    Address {
        /// What was given.
        address: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Another process listens there.
    #[error("listen on {address}: another process listens there")]
    InUse {
        /// The address.
        address: String,
    },
    /// The kernel refuses, as for an address that is not ours or a port that needs privileges.
    #[error("listen on {address}")]
    Listen {
        /// The address.
        address: String,
        /// Why.
        source: io::Error,
    },
    /// The socket fails.
    #[error("wait for connections")]
    Wait(#[source] io::Error),
    /// Nobody said anything valid in time.
    #[error("no pid namespace number was received within {0:?}")]
    TimedOut(Duration),
    /// The run was stopped.
    #[error("stopped before a pid namespace number was received")]
    Stopped,
}

/// Listens on `HOST:PORT`.
pub fn bind(address: &str) -> Result<TcpListener, Error> {
    let invalid = |reason: String| Error::Address { address: address.to_owned(), reason };
    let (host, port) = address.rsplit_once(':').ok_or_else(|| invalid("the port is missing".into()))?;
    if host.is_empty() {
        return Err(invalid("the host is missing; 0.0.0.0 or [::] is any".into()));
    }
    if host.contains(':') && !(host.starts_with('[') && host.ends_with(']')) {
        return Err(invalid("an IPv6 address needs brackets, as in [::1]:7357".into()));
    }
    if port.is_empty() || !port.bytes().all(|byte| byte.is_ascii_digit()) || port.parse::<u16>().is_err() {
        return Err(invalid(format!("the port {port:?} is not a number up to 65535")));
    }
    let found: Vec<SocketAddr> = address.to_socket_addrs().map_err(|err| invalid(err.to_string()))?.collect();
    TcpListener::bind(&found[..]).map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => Error::InUse { address: address.to_owned() },
        _ => Error::Listen { address: address.to_owned(), source },
    })
}

/// Waits until a client has sent the number of a pid namespace, and closes the listener. The client is
/// answered after `ready` has been called with it: what it starts then is not missed.
pub fn wait(
    listener: TcpListener,
    timeout: Duration,
    stop: &AtomicBool,
    ready: impl FnOnce(u32),
) -> Result<u32, Error> {
    listener.set_nonblocking(true).map_err(Error::Wait)?;
    let started = Instant::now();
    let mut server = Server { listener, connections: Vec::new(), paused_until: started };
    loop {
        if stop.load(Ordering::SeqCst) {
            return Err(Error::Stopped);
        }
        let left = timeout
            .checked_sub(started.elapsed())
            .filter(|left| !left.is_zero())
            .ok_or(Error::TimedOut(timeout))?;
        server.poll(left.min(TICK)).map_err(Error::Wait)?;
        if let Some((number, connection)) = server.serve() {
            drop(server);
            ready(number);
            connection.finish();
            return Ok(number);
        }
    }
}

struct Server {
    listener: TcpListener,
    /// The oldest first.
    connections: Vec<Connection>,
    /// Nothing is accepted before.
    paused_until: Instant,
}

impl Server {
    /// Whether one more connection can be taken now.
    fn has_place(&self, now: Instant) -> bool {
        self.connections.len() < CONNECTIONS || self.connections[0].age(now) >= GRACE
    }

    /// Waits until something can be done.
    fn poll(&self, timeout: Duration) -> io::Result<()> {
        let now = Instant::now();
        // A negative descriptor is ignored.
        let listener =
            if now >= self.paused_until && self.has_place(now) { self.listener.as_raw_fd() } else { -1 };
        let mut sockets: Vec<libc::pollfd> = std::iter::once(listener)
            .chain(self.connections.iter().map(Connection::fd))
            .map(|fd| libc::pollfd { fd, events: libc::POLLIN, revents: 0 })
            .collect();
        let timeout = if listener < 0 { timeout.min(GRACE / 10) } else { timeout };
        let millis = timeout.as_millis().max(1) as i32;
        // SAFETY: the entries are valid for the call, and their sockets are open.
        if unsafe { libc::poll(sockets.as_mut_ptr(), sockets.len() as libc::nfds_t, millis) } < 0 {
            let err = io::Error::last_os_error();
            return if err.kind() == io::ErrorKind::Interrupted { Ok(()) } else { Err(err) };
        }
        Ok(())
    }

    /// Does what can be done without waiting. Gives the number and who sent it.
    fn serve(&mut self) -> Option<(u32, Connection)> {
        // Before new ones come, so that none is closed whose request is here.
        if let Some(served) = self.serve_all() {
            return Some(served);
        }
        self.accept();
        self.serve_all()
    }

    fn serve_all(&mut self) -> Option<(u32, Connection)> {
        let now = Instant::now();
        let mut index = 0;
        while index < self.connections.len() {
            match self.connections[index].serve(now) {
                State::Open => index += 1,
                State::Closed => drop(self.connections.remove(index)),
                State::Number(number) => return Some((number, self.connections.remove(index))),
            }
        }
        None
    }

    fn accept(&mut self) {
        let now = Instant::now();
        // What is accepted in one go is not closed in the same one: it is too young.
        while now >= self.paused_until && self.has_place(now) {
            match self.listener.accept() {
                Ok((stream, peer)) => {
                    if self.connections.len() >= CONNECTIONS {
                        self.connections.remove(0).refuse(&Refusal::crowded());
                    }
                    match Connection::new(stream, peer, now) {
                        Ok(connection) => self.connections.push(connection),
                        Err(err) => tracing::debug!("{peer}: {err}"),
                    }
                }
                Err(err) if err.kind() == io::ErrorKind::WouldBlock => return,
                Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
                Err(err) => {
                    // The client's trouble or a lack of descriptors; either passes, and the wait has an end.
                    tracing::debug!("accept: {err}");
                    self.paused_until = now + PAUSE;
                }
            }
        }
    }
}
