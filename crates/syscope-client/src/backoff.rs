//! When to try again.

use std::hash::{BuildHasher as _, Hasher as _};
use std::time::Duration;

/// The first wait.
const FIRST: Duration = Duration::from_millis(250);
/// The longest.
pub const LONGEST: Duration = Duration::from_secs(15);

/// Waits that double up to [`LONGEST`]; each is shortened by up to a half, so that many clients of an agent that comes back don't
/// come back together.
#[derive(Debug, Clone, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// How long to wait after another failure. `random` is any number.
    pub fn next(&mut self, random: u64) -> Duration {
        let whole = FIRST.saturating_mul(1 << self.failures.min(16)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        let half = whole / 2;
        half + half.mul_f64((random % 1024) as f64 / 1023.0)
    }

    /// It worked: the next wait is the first again.
    pub fn reset(&mut self) {
        self.failures = 0;
    }
}

/// Any number: enough to spread clients in time and to tell their jobs apart, and not for secrets.
pub fn random() -> u64 {
    std::hash::RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_up_to_a_bound() {
        let mut backoff = Backoff::default();
        let longest: Vec<Duration> = (0..100).map(|_| backoff.next(1023)).collect();
        assert_eq!(&longest[..3], [FIRST, FIRST * 2, FIRST * 4]);
        assert!(longest[10..].iter().all(|wait| *wait == LONGEST));
        assert_eq!(backoff.next(0), LONGEST / 2);
        backoff.reset();
        assert_eq!(backoff.next(0), FIRST / 2);
    }
}
