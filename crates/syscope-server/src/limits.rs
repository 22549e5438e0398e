//! Bounds of everything that a caller can make grow, and of everything it can make wait.

use std::time::Duration;

/// What a server allows. Whatever goes beyond is refused and counted in [`crate::ServerStats`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections at once over TCP, and as many over socket files; one more is answered 503 and closed.
    pub connections: usize,
    /// Requests that are worked on at once; one more is answered 429.
    pub requests: usize,
    /// Streams of events that are read at once; one more is answered 429.
    pub watchers: usize,
    /// Calls into the agent that run at once; more wait, as long as `request_time`.
    pub calls: usize,
    /// Requests that wait for one reading of the counts; one more is answered 429.
    pub scrapes: usize,
    /// Bytes of a request's body.
    pub body_bytes: usize,
    /// Bytes of a request's headers.
    pub header_bytes: usize,
    /// Bytes of a request's target.
    pub uri_bytes: usize,
    /// How long a request's head, or a TLS handshake, may take to come in.
    pub header_time: Duration,
    /// How long a request's body may take to come in.
    pub body_time: Duration,
    /// How long an answer may take to be made; then it is 503.
    pub request_time: Duration,
    /// How long a finite answer may take to be fetched.
    pub fetch_time: Duration,
    /// How long whoever reads a stream may read nothing of what is there for it; then the connection is closed.
    pub stall_time: Duration,
    /// How long a connection stays open without a request.
    pub idle_time: Duration,
    /// How often a WebSocket is pinged, and a quiet event stream gets a comment; two pings without an answer end it.
    pub ping_every: Duration,
    /// Streams of one HTTP/2 connection.
    pub h2_streams: u32,
    /// Streams of one HTTP/2 connection that were reset before they were looked at; one more closes the connection.
    pub h2_resets: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connections: 1024,
            requests: 256,
            watchers: 256,
            calls: 4,
            scrapes: 64,
            body_bytes: 64 << 10,
            header_bytes: 16 << 10,
            uri_bytes: 4 << 10,
            header_time: Duration::from_secs(5),
            body_time: Duration::from_secs(10),
            request_time: Duration::from_secs(30),
            fetch_time: Duration::from_secs(120),
            stall_time: Duration::from_secs(60),
            idle_time: Duration::from_secs(75),
            ping_every: Duration::from_secs(20),
            h2_streams: 100,
            h2_resets: 50,
        }
    }
}

impl Limits {
    /// How often a connection is looked at: four times within the shortest of its times, between 10 ms and 1 s.
    pub(crate) fn look_every(&self) -> Duration {
        let shortest = [self.header_time, self.fetch_time, self.stall_time, self.idle_time];
        let shortest = shortest.into_iter().min().unwrap_or_default();
        (shortest / 4).clamp(Duration::from_millis(10), Duration::from_secs(1))
    }
}
