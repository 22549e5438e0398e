//! Records that wait for the owner of their cgroup: briefly, in order, and bounded.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use syscope_bpf::wire::RawEvent;

/// Records that wait at most, and the bytes behind them. With the one too many there are 65,536: the queue's room doubles, and so stays
/// at 12 MiB.
const RECORDS_MAX: usize = 65_535;
const BYTES_MAX: usize = 64 << 20;
/// Records the queue keeps room for when none waits.
const ROOM_KEPT: usize = 1024;

/// The queue. While the first record waits all later ones do, so that the order stays.
#[derive(Debug, Default)]
pub(crate) struct Held {
    records: VecDeque<HeldRecord>,
    bytes: usize,
}

/// A record that waits.
#[derive(Debug)]
pub(crate) struct HeldRecord {
    pub(crate) raw: RawEvent,
    pub(crate) blobs: Vec<u8>,
    since: Instant,
}

/// Why the first record may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Release {
    /// It waited long enough.
    TooLong,
    /// Too many wait.
    TooMany,
}

impl Held {
    pub(crate) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    pub(crate) fn push(&mut self, raw: RawEvent, blobs: &[u8]) {
        self.bytes += blobs.len();
        self.records.push_back(HeldRecord { raw, blobs: blobs.to_vec(), since: Instant::now() });
    }

    /// The first record, if one waits.
    pub(crate) fn first(&self) -> Option<&HeldRecord> {
        self.records.front()
    }

    /// Takes the first record out.
    pub(crate) fn pop(&mut self) -> Option<HeldRecord> {
        let record = self.records.pop_front()?;
        self.bytes -= record.blobs.len();
        if self.records.is_empty() && self.records.capacity() > ROOM_KEPT {
            self.records = VecDeque::new();
        }
        Some(record)
    }

    /// Whether the first record must go even without its owner, which it may wait for so long.
    pub(crate) fn release(&self, at_most: Duration) -> Option<Release> {
        if self.records.len() > RECORDS_MAX || self.bytes > BYTES_MAX {
            return Some(Release::TooMany);
        }
        self.first().filter(|first| first.since.elapsed() >= at_most).map(|_| Release::TooLong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_queue_is_bounded_by_number_and_bytes() {
        let mut held = Held::default();
        for _ in 0..RECORDS_MAX {
            held.push(RawEvent::default(), b"");
        }
        assert_eq!(held.release(Duration::MAX), None);
        held.push(RawEvent::default(), b"");
        assert_eq!(held.release(Duration::MAX), Some(Release::TooMany));
        assert_eq!(held.records.capacity(), RECORDS_MAX + 1);
        let popped = std::iter::from_fn(|| held.pop()).count();
        assert_eq!((popped, held.records.capacity()), (RECORDS_MAX + 1, 0));
        let mut held = Held::default();
        let blob = vec![0; 1 << 20];
        for _ in 0..=BYTES_MAX >> 20 {
            held.push(RawEvent::default(), &blob);
        }
        assert_eq!(held.release(Duration::MAX), Some(Release::TooMany));
        held.pop();
        assert_eq!((held.release(Duration::MAX), held.bytes), (None, BYTES_MAX));
    }
}
