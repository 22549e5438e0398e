//! Says seldom what happens often: lines of a log that callers could otherwise flood.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How often one kind of line is written at most.
const EVERY: Duration = Duration::from_secs(10);

/// Lets one in ten seconds through.
#[derive(Debug)]
pub(crate) struct Seldom {
    last: Mutex<Option<Instant>>,
    left_out: AtomicU64,
}

impl Seldom {
    /// One that lets the first through.
    pub(crate) const fn new() -> Seldom {
        Seldom { last: Mutex::new(None), left_out: AtomicU64::new(0) }
    }

    /// How many were left out since the last one, if this one may be said.
    pub(crate) fn say(&self) -> Option<u64> {
        self.say_at(Instant::now())
    }

    fn say_at(&self, now: Instant) -> Option<u64> {
        // Whoever finds it locked is one of many at this moment.
        if let Ok(mut last) = self.last.try_lock()
            && last.is_none_or(|last| now.saturating_duration_since(last) >= EVERY)
        {
            *last = Some(now);
            return Some(self.left_out.swap(0, Ordering::Relaxed));
        }
        self.left_out.fetch_add(1, Ordering::Relaxed);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_in_ten_seconds() {
        let (seldom, start) = (Seldom::new(), Instant::now());
        assert_eq!(seldom.say_at(start), Some(0));
        assert_eq!(seldom.say_at(start + EVERY / 2), None);
        assert_eq!(seldom.say_at(start + EVERY / 2), None);
        assert_eq!(seldom.say_at(start + EVERY), Some(2));
        assert_eq!(seldom.say_at(start + 2 * EVERY), Some(0));
    }
}
