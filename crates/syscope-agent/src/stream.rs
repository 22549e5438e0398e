//! The events of one job, for any number of watchers.
//!
//! ```text
//!   tracer --push--> [chunk][chunk][chunk]  at most `budget` bytes, the oldest go first
//!                       ^             ^
//!                    watcher       watcher   each with a place of its own
//! ```
//!
//! The tracer never waits: it appends and drops what is too old. A watcher that is too slow finds that its place is gone,
//! is told how many events it missed, and goes on with the oldest there are. So memory is bounded by jobs, not by watchers,
//! and no watcher delays another.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::{Bytes, BytesMut};
use tokio::sync::Notify;

/// What a chunk costs beside its bytes.
const CHUNK_COST: usize = 128;

/// The last events of a job.
#[derive(Debug)]
pub struct Log {
    budget: usize,
    inner: Mutex<Inner>,
    pushed: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    chunks: VecDeque<Chunk>,
    /// What the chunks cost.
    cost: usize,
    /// Chunks that were dropped: the number of the first one there is.
    dropped: u64,
    /// Events that were pushed.
    events: u64,
    /// The last line, without what a watcher adds to it; the log has ended.
    end: Option<Arc<dyn EndLine>>,
    watchers: u64,
}

#[derive(Debug)]
struct Chunk {
    bytes: Bytes,
    /// What it costs: the room of its bytes, used or not, and [`CHUNK_COST`].
    cost: usize,
    /// Events before it.
    before: u64,
}

/// The last line of a stream, which says what its watcher missed.
pub trait EndLine: std::fmt::Debug + Send + Sync {
    /// The line; `missed` events were dropped before this watcher had read them.
    fn line(&self, missed: u64) -> Bytes;
    /// A line in the middle: `missed` events are missing at this place.
    fn gap(&self, missed: u64) -> Bytes;
}

/// Where a watcher begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum From {
    /// With the oldest events there are.
    #[default]
    Start,
    /// With the next event.
    Now,
}

impl Log {
    /// An empty log that keeps at most about `budget` bytes.
    pub fn new(budget: usize) -> Arc<Log> {
        Arc::new(Log { budget, inner: Mutex::default(), pushed: Notify::new() })
    }

    /// Appends whole lines that hold `events` events. Never waits for a watcher.
    ///
    /// A log that is full puts them where its oldest lines were, if nobody reads those any more: memory that is given back and asked
    /// for anew all the time, by many jobs, ends up in pieces that fit nobody.
    pub fn push(&self, lines: &[u8], events: u64) {
        let mut inner = self.lock();
        let room = room(lines.len());
        let mut place: Option<BytesMut> = None;
        while inner.cost + room + CHUNK_COST > self.budget
            && let Some(old) = inner.chunks.pop_front()
        {
            inner.cost -= old.cost;
            inner.dropped += 1;
            let fits = |old: &BytesMut| old.capacity() >= lines.len() && old.capacity() <= room + room / 4;
            let old = old.bytes.try_into_mut().ok();
            place = place.or_else(|| old.map(emptied).filter(fits));
        }
        let mut bytes = place.unwrap_or_else(|| BytesMut::with_capacity(room));
        bytes.extend_from_slice(lines);
        let cost = bytes.capacity() + CHUNK_COST;
        let before = inner.events;
        inner.cost += cost;
        inner.events += events;
        inner.chunks.push_back(Chunk { bytes: bytes.freeze(), cost, before });
        drop(inner);
        self.pushed.notify_waiters();
    }

    /// Nothing more comes. What is there is still read.
    pub fn end(&self, line: Arc<dyn EndLine>) {
        self.lock().end.get_or_insert(line);
        self.pushed.notify_waiters();
    }

    /// Watchers that read now.
    pub fn watchers(&self) -> u64 {
        self.lock().watchers
    }

    /// Bytes that are kept.
    pub fn bytes(&self) -> usize {
        self.lock().cost
    }

    /// Reads it; `gaps` words what a watcher misses.
    pub fn watch(self: &Arc<Log>, from: From, gaps: Arc<dyn EndLine>) -> Watcher {
        let mut inner = self.lock();
        inner.watchers += 1;
        let (next, seen) = match (from, inner.chunks.front()) {
            (From::Start, Some(first)) => (inner.dropped, first.before),
            _ => (inner.dropped + inner.chunks.len() as u64, inner.events),
        };
        drop(inner);
        Watcher { log: Arc::clone(self), gaps, next, seen, missed: 0, ended: false }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The room that is made for so many bytes: one of few sizes, an eighth more at most.
fn room(bytes: usize) -> usize {
    bytes.next_multiple_of((bytes.next_power_of_two() / 16).max(64))
}

fn emptied(mut bytes: BytesMut) -> BytesMut {
    bytes.clear();
    bytes
}

/// One reader of a [`Log`].
#[derive(Debug)]
pub struct Watcher {
    log: Arc<Log>,
    gaps: Arc<dyn EndLine>,
    /// The number of the next chunk.
    next: u64,
    /// Events before it.
    seen: u64,
    missed: u64,
    ended: bool,
}

impl Watcher {
    /// The next lines: one or more whole lines of JSON. Waits for them; `None` after the last line.
    pub async fn next(&mut self) -> Option<Bytes> {
        let log = Arc::clone(&self.log);
        loop {
            let pushed = log.pushed.notified();
            tokio::pin!(pushed);
            // From here on nothing that is pushed is overlooked.
            pushed.as_mut().enable();
            if self.ended {
                return None;
            }
            if let Some(bytes) = self.take() {
                return Some(bytes);
            }
            pushed.await;
        }
    }

    /// The next lines, if there are any now.
    fn take(&mut self) -> Option<Bytes> {
        let inner = self.log.lock();
        if self.next < inner.dropped
            && let Some(first) = inner.chunks.front()
        {
            let missed = first.before - self.seen;
            (self.next, self.seen) = (inner.dropped, first.before);
            if missed > 0 {
                self.missed += missed;
                drop(inner);
                return Some(self.gaps.gap(missed));
            }
        }
        let at = usize::try_from(self.next - inner.dropped).ok()?;
        if let Some(chunk) = inner.chunks.get(at) {
            self.next += 1;
            self.seen = inner.chunks.get(at + 1).map_or(inner.events, |following| following.before);
            return Some(chunk.bytes.clone());
        }
        let end = inner.end.clone()?;
        drop(inner);
        self.ended = true;
        Some(end.line(self.missed))
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.log.lock().watchers -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Lines;

    impl EndLine for Lines {
        fn line(&self, missed: u64) -> Bytes {
            format!("end {missed}").into()
        }

        fn gap(&self, missed: u64) -> Bytes {
            format!("gap {missed}").into()
        }
    }

    fn log(budget: usize) -> Arc<Log> {
        Log::new(budget)
    }

    async fn all(watcher: &mut Watcher) -> Vec<String> {
        let mut lines = Vec::new();
        while let Some(bytes) = watcher.next().await {
            lines.push(String::from_utf8(bytes.to_vec()).unwrap());
        }
        lines
    }

    #[tokio::test]
    async fn every_watcher_reads_everything_in_order() {
        let log = log(1 << 20);
        log.push(b"a", 1);
        let mut early = log.watch(From::Start, Arc::new(Lines));
        let mut late = log.watch(From::Now, Arc::new(Lines));
        log.push(b"b", 2);
        log.end(Arc::new(Lines));
        assert_eq!(all(&mut early).await, ["a", "b", "end 0"]);
        assert_eq!(all(&mut late).await, ["b", "end 0"]);
        assert_eq!(log.watchers(), 2);
        drop((early, late));
        assert_eq!(log.watchers(), 0);
    }

    #[tokio::test]
    async fn a_slow_watcher_is_told_what_it_missed_where_it_is_missing() {
        let log = log(3 * (CHUNK_COST + room(1)));
        let mut slow = log.watch(From::Start, Arc::new(Lines));
        log.push(b"a", 1);
        assert_eq!(slow.next().await.unwrap(), "a");
        for (at, text) in ["b", "c", "d", "e", "f"].into_iter().enumerate() {
            log.push(text.as_bytes(), at as u64 + 1);
        }
        log.end(Arc::new(Lines));
        // b and c, which held 1 and 2 events, are gone.
        assert_eq!(all(&mut slow).await, ["gap 3", "d", "e", "f", "end 3"]);
        assert!(log.bytes() <= 3 * (CHUNK_COST + room(1)));
    }

    #[tokio::test]
    async fn a_watcher_that_waits_is_woken() {
        let log = log(1 << 20);
        let mut watcher = log.watch(From::Start, Arc::new(Lines));
        let reader = tokio::spawn(async move { all(&mut watcher).await });
        tokio::task::yield_now().await;
        log.push(b"a", 1);
        tokio::task::yield_now().await;
        log.end(Arc::new(Lines));
        assert_eq!(reader.await.unwrap(), ["a", "end 0"]);
    }

    #[tokio::test]
    async fn one_chunk_stays_however_large() {
        let log = log(10);
        log.push("x".repeat(1000).as_bytes(), 5);
        let mut watcher = log.watch(From::Start, Arc::new(Lines));
        log.end(Arc::new(Lines));
        assert_eq!(all(&mut watcher).await.len(), 2);
    }

    #[test]
    fn room_is_of_few_sizes() {
        for bytes in 1..200_000 {
            assert!((bytes..=bytes + bytes / 8 + 64).contains(&room(bytes)), "{bytes}");
        }
        assert_eq!(room(63 << 10), 64 << 10);
        let sizes: std::collections::BTreeSet<usize> = (1..=64 << 10).map(room).collect();
        assert!(sizes.len() <= 100, "{}", sizes.len());
    }

    #[tokio::test]
    async fn a_full_log_writes_where_nobody_reads() {
        let log = log(2 * (CHUNK_COST + room(100)));
        let place = |log: &Log| log.lock().chunks.back().unwrap().bytes.as_ptr();
        log.push(&[b'a'; 100], 1);
        let first = place(&log);
        log.push(&[b'b'; 90], 1);
        log.push(&[b'c'; 80], 1);
        assert_eq!(place(&log), first);
        // What somebody still has in hand stays as it is.
        let mut watcher = log.watch(From::Start, Arc::new(Lines));
        let held = watcher.next().await.unwrap();
        log.push(&[b'd'; 100], 1);
        assert_ne!(place(&log), held.as_ptr());
        assert_eq!(held, [b'b'; 90].as_slice());
        assert_eq!(watcher.next().await.unwrap(), [b'c'; 80].as_slice());
        assert_eq!(log.bytes(), 2 * (CHUNK_COST + room(100)));
    }
}
