//! What a connection does: tells slow from idle from busy, for HTTP/1 and HTTP/2 alike.
//!
//! Hyper has a time limit for heads only, and none for a caller that does not fetch its answer. So requests and bodies leave their
//! traces here, and a connection's task looks at them every so often.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use axum::body::Body;
use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};

use crate::limits::Limits;
use crate::stats::Rejected;

/// What is known of a connection, for its requests and for the look that is taken at it every so often.
#[derive(Debug)]
pub(crate) struct Connection {
    /// It came to a loopback address and speaks no TLS.
    pub(crate) plain_loopback: bool,
    /// It speaks TLS.
    pub(crate) tls: bool,
    /// The caller showed a good certificate.
    certificate: AtomicBool,
    h2: AtomicBool,
    opened: Instant,
    /// Requests whose answers are not yet fetched.
    active: AtomicUsize,
    /// Requests that were begun.
    begun: AtomicU64,
    /// When it became idle: milliseconds since `opened`.
    idle_since: AtomicU64,
    /// When the first byte of the next request came: milliseconds since `opened`, and one; 0: not yet.
    head_since: AtomicU64,
    answers: Mutex<Vec<Weak<Answer>>>,
}

/// The body of an answer that is on its way.
#[derive(Debug)]
struct Answer {
    /// Since when the connection has a part of it in its hands: milliseconds since `opened`, and one; 0: it waits for us.
    offered: AtomicU64,
    /// When all of it must be fetched, in the same form; 0: it has no end.
    until: u64,
}

/// What a look says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It may go on.
    Fine,
    /// It had no request for too long.
    Idle,
    /// It takes too long for something.
    Slow(Rejected),
}

impl Connection {
    pub(crate) fn new(loopback: bool, tls: bool) -> Connection {
        Connection {
            plain_loopback: loopback && !tls,
            tls,
            certificate: AtomicBool::default(),
            h2: AtomicBool::default(),
            opened: Instant::now(),
            active: AtomicUsize::default(),
            begun: AtomicU64::default(),
            idle_since: AtomicU64::default(),
            head_since: AtomicU64::default(),
            answers: Mutex::default(),
        }
    }

    /// Whether the caller showed a good certificate.
    pub(crate) fn certificate(&self) -> bool {
        self.certificate.load(Ordering::Relaxed)
    }

    /// The caller showed a good certificate.
    pub(crate) fn set_certificate(&self) {
        self.certificate.store(true, Ordering::Relaxed);
    }

    /// It speaks HTTP/2.
    pub(crate) fn set_h2(&self) {
        self.h2.store(true, Ordering::Relaxed);
    }

    /// Bytes came. If no request is worked on, the next one begins.
    pub(crate) fn heard(&self) {
        if self.active.load(Ordering::Relaxed) == 0 {
            let now = self.now() + 1;
            let _ = self.head_since.compare_exchange(0, now, Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// A request begins.
    pub(crate) fn begin(self: &Arc<Connection>) -> Active {
        self.active.fetch_add(1, Ordering::Relaxed);
        self.begun.fetch_add(1, Ordering::Relaxed);
        self.head_since.store(0, Ordering::Relaxed);
        Active(Arc::clone(self))
    }

    /// What is to be done with it.
    pub(crate) fn look(&self, limits: &Limits) -> Verdict {
        let now = self.now();
        let late = |since: u64, limit: Duration| u128::from(now.saturating_sub(since)) > limit.as_millis();
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.retain(|answer| answer.strong_count() > 0);
        for answer in answers.iter().filter_map(Weak::upgrade) {
            let offered = answer.offered.load(Ordering::Relaxed);
            if offered > 0 && late(offered - 1, limits.stall_time)
                || answer.until > 0 && now + 1 > answer.until
            {
                return Verdict::Slow(Rejected::Stalled);
            }
        }
        drop(answers);
        if self.active.load(Ordering::Relaxed) > 0 {
            return Verdict::Fine;
        }
        let (first, head) =
            (self.begun.load(Ordering::Relaxed) == 0, self.head_since.load(Ordering::Relaxed));
        // HTTP/2 says things between requests that begin none.
        let head = if self.h2.load(Ordering::Relaxed) { 0 } else { head };
        if first && late(0, limits.header_time) || head > 0 && late(head - 1, limits.header_time) {
            return Verdict::Slow(Rejected::HeaderTime);
        }
        let idle = late(self.idle_since.load(Ordering::Relaxed), limits.idle_time);
        if idle { Verdict::Idle } else { Verdict::Fine }
    }
}

/// A request whose answer is not yet fetched.
#[derive(Debug)]
pub(crate) struct Active(Arc<Connection>);

impl Active {
    /// Watches over the answer's body. `endless`: it may take as long as it likes.
    pub(crate) fn answer(self, body: Body, endless: bool, limits: &Limits) -> Body {
        if body.is_end_stream() {
            return body;
        }
        let time = u64::try_from(limits.fetch_time.as_millis()).unwrap_or(u64::MAX);
        let until = if endless { 0 } else { self.0.now().saturating_add(time).max(1) };
        let answer = Arc::new(Answer { offered: AtomicU64::default(), until });
        let mut answers = self.0.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.push(Arc::downgrade(&answer));
        drop(answers);
        Body::new(Watched { body, answer, active: self })
    }
}

impl Drop for Active {
    fn drop(&mut self) {
        let connection = &self.0;
        connection.idle_since.store(connection.now(), Ordering::Relaxed);
        connection.active.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A body that notes when its connection took the last part of it.
struct Watched {
    body: Body,
    answer: Arc<Answer>,
    active: Active,
}

impl http_body::Body for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        this.answer.offered.store(0, Ordering::Relaxed);
        let frame = ready!(Pin::new(&mut this.body).poll_frame(cx));
        this.answer.offered.store(this.active.0.now() + 1, Ordering::Relaxed);
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use super::*;

    fn limits(milliseconds: u64) -> Limits {
        let time = Duration::from_millis(milliseconds);
        Limits { header_time: time, idle_time: time, stall_time: time, fetch_time: time, ..Limits::default() }
    }

    #[test]
    fn a_look_tells_slow_from_idle_from_busy() {
        let connection = Arc::new(Connection::new(true, false));
        std::thread::sleep(Duration::from_millis(5));
        let (short, long) = (limits(1), limits(60_000));
        assert_eq!(connection.look(&long), Verdict::Fine);
        // No request yet.
        assert_eq!(connection.look(&short), Verdict::Slow(Rejected::HeaderTime));
        let active = connection.begin();
        assert_eq!(connection.look(&short), Verdict::Fine);
        drop(active);
        std::thread::sleep(Duration::from_millis(5));
        assert_eq!(connection.look(&short), Verdict::Idle);
        connection.head_since.store(1, Ordering::Relaxed);
        assert_eq!(connection.look(&short), Verdict::Slow(Rejected::HeaderTime));
        assert_eq!(connection.look(&long), Verdict::Fine);
    }

    #[test]
    fn an_answer_that_nobody_fetches_is_slow_and_one_that_waits_for_us_is_not() {
        let connection = Arc::new(Connection::new(true, false));
        let short = limits(1);
        let stream = futures_util::stream::iter([Ok::<_, std::io::Error>(Bytes::from("x"))]);
        let body = connection.begin().answer(
            Body::from_stream(futures_util::StreamExt::chain(stream, futures_util::stream::pending())),
            true,
            &short,
        );
        let mut body = pin!(body);
        let mut cx = Context::from_waker(std::task::Waker::noop());
        std::thread::sleep(Duration::from_millis(5));
        assert_eq!(connection.look(&short), Verdict::Fine);
        assert!(body.as_mut().poll_frame(&mut cx).is_ready());
        std::thread::sleep(Duration::from_millis(5));
        assert_eq!(connection.look(&short), Verdict::Slow(Rejected::Stalled));
        assert!(body.as_mut().poll_frame(&mut cx).is_pending());
        std::thread::sleep(Duration::from_millis(5));
        assert_eq!(connection.look(&short), Verdict::Fine);
    }
}
