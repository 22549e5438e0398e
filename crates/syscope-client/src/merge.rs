//! Many streams in one, in the order of time.
//!
//! Each stream is nearly in order by itself. So what is not younger than the latest of every stream can go out; what a slower
//! stream might still precede waits, but not longer than the delay. What comes after its time was passed goes out at once, late,
//! and is counted.

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, VecDeque};
use std::time::{Duration, Instant};

/// Puts items of several streams into one order.
#[derive(Debug)]
pub struct Merge<T> {
    delay: Duration,
    bytes_max: usize,
    sources: Vec<Source>,
    waiting: BinaryHeap<Reverse<Waiting<T>>>,
    /// What the waiting items weigh.
    bytes: usize,
    /// When items came, in that order; each with its time.
    arrivals: VecDeque<(Instant, u64)>,
    /// Everything up to this time may go out.
    due: u64,
    /// The time of what went out last.
    last: u64,
    /// Items so far: those of one time keep their order.
    count: u64,
    late: u64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Source {
    /// Whether the others wait for it.
    live: bool,
    /// The latest time it had.
    latest: u64,
}

#[derive(Debug)]
struct Waiting<T> {
    time: u64,
    /// Whether the time is its own.
    timed: bool,
    count: u64,
    bytes: usize,
    source: usize,
    item: T,
}

impl<T> Waiting<T> {
    fn key(&self) -> (u64, u64) {
        (self.time, self.count)
    }
}

impl<T> PartialEq for Waiting<T> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl<T> Eq for Waiting<T> {}

impl<T> PartialOrd for Waiting<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Waiting<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl<T> Merge<T> {
    /// Of `sources` streams, none of them live. An item waits for at most `delay`, and items of at most `bytes_max` bytes wait
    /// together: of more the earliest go out before their time.
    pub fn new(sources: usize, delay: Duration, bytes_max: usize) -> Merge<T> {
        Merge {
            delay,
            bytes_max,
            sources: vec![Source::default(); sources],
            waiting: BinaryHeap::new(),
            bytes: 0,
            arrivals: VecDeque::new(),
            due: 0,
            last: 0,
            count: 0,
            late: 0,
        }
    }

    /// From now on the others wait for this stream, or don't: it is down, or has ended.
    pub fn set_live(&mut self, source: usize, live: bool) {
        self.sources[source].live = live;
    }

    /// An item of a stream came: `time` in nanoseconds since 1970; without it, it goes with the one before it.
    pub fn push(&mut self, source: usize, time: Option<u64>, bytes: usize, now: Instant, item: T) {
        let of = &mut self.sources[source];
        let timed = time.is_some();
        let time = time.unwrap_or(of.latest);
        of.latest = of.latest.max(time);
        self.count += 1;
        self.bytes += bytes;
        self.arrivals.push_back((now, time));
        self.waiting.push(Reverse(Waiting { time, timed, count: self.count, bytes, source, item }));
    }

    /// The next item that may go out now, and the stream it is of.
    pub fn pop(&mut self, now: Instant) -> Option<(usize, T)> {
        while let Some((_, time)) =
            self.arrivals.front().copied().filter(|(came, _)| *came + self.delay <= now)
        {
            self.due = self.due.max(time);
            self.arrivals.pop_front();
        }
        let live = self.sources.iter().filter(|source| source.live).map(|source| source.latest).min();
        // With no live stream there is nothing to wait for.
        let passed = live.or_else(|| self.sources.iter().map(|source| source.latest).max());
        self.due = self.due.max(passed.unwrap_or(0));
        let Reverse(first) = self.waiting.peek()?;
        if first.time <= self.due || self.bytes > self.bytes_max { self.take() } else { None }
    }

    /// The next item, whether it may go out or not: nothing more will come.
    pub fn drain(&mut self) -> Option<(usize, T)> {
        self.take()
    }

    fn take(&mut self) -> Option<(usize, T)> {
        let Reverse(first) = self.waiting.pop()?;
        self.bytes -= first.bytes;
        self.late += u64::from(first.timed && first.time < self.last);
        self.last = self.last.max(first.time);
        if self.waiting.is_empty() {
            self.arrivals.clear();
        }
        Some((first.source, first.item))
    }

    /// When something may go out although nothing comes.
    pub fn deadline(&self) -> Option<Instant> {
        self.arrivals.front().map(|(came, _)| *came + self.delay)
    }

    /// Items that came after their time was passed.
    pub fn late(&self) -> u64 {
        self.late
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

/// Nanoseconds since 1970 of `2026-11-21T02:30:29.123456789Z`.
pub fn parse_time(text: &str) -> Option<u64> {
    let text = text.strip_suffix('Z')?;
    let (date, time) = text.split_once('T')?;
    let (time, fraction) = time.split_once('.').unwrap_or((time, ""));
    let [year, month, day] = numbers(date, '-')?;
    let [hour, minute, second] = numbers(time, ':')?;
    if !(1970..=2500).contains(&year)
        || !(1..=12).contains(&month)
        || !(1..=31).contains(&day)
        || hour > 23
        || minute > 59
        || second > 60
    {
        return None;
    }
    if fraction.len() > 9 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let nanoseconds: u64 = format!("{fraction:0<9}").parse().ok()?;
    Some((days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second) * 1_000_000_000 + nanoseconds)
}

fn numbers(text: &str, separator: char) -> Option<[u64; 3]> {
    let mut parts = text.split(separator).map(|part| {
        let digits = part.len() <= 4 && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse().ok().filter(|_| digits)
    });
    let numbers = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(numbers)
}

/// Days from 1970 to a date; years are counted from March, so that the leap day is the last.
fn days(year: u64, month: u64, day: u64) -> u64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - 719_468
}

#[cfg(test)]
mod tests;
