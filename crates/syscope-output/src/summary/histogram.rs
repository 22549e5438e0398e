//! Times by how often they occur, in bounded memory.

/// A log-linear histogram of nanoseconds: up to `STEPS` each value has its own count, above it every
/// power of two is divided into `STEPS` equal parts. A percentile is the middle of its part and so at
/// most `1 / (2 * STEPS)`, 1.6 %, off; total, mean and maximum are exact. It grows to at most
/// `STEPS * 60` counts (15 KiB), and that only with the longest time in it: 1 ms needs 4 KiB.
#[derive(Debug, Clone, Default)]
pub struct Histogram {
    counts: Vec<u64>,
    count: u64,
    total: u128,
    min: u64,
    max: u64,
}

/// Parts of a power of two.
const STEPS: u64 = 1 << STEP_BITS;
const STEP_BITS: u32 = 5;

impl Histogram {
    /// Counts a value.
    pub fn add(&mut self, value: u64) {
        let at = part(value);
        if at >= self.counts.len() {
            self.counts.resize(at + 1, 0);
        }
        self.counts[at] += 1;
        self.min = if self.count == 0 { value } else { self.min.min(value) };
        self.count += 1;
        self.total += u128::from(value);
        self.max = self.max.max(value);
    }

    /// Counts all values of another one.
    pub fn merge(&mut self, other: &Histogram) {
        if other.count == 0 {
            return;
        }
        if self.counts.len() < other.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self.min = if self.count == 0 { other.min } else { self.min.min(other.min) };
        self.count += other.count;
        self.total += other.total;
        self.max = self.max.max(other.max);
    }

    /// How many values there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Their sum, at most `u64::MAX` (584 years).
    pub fn total(&self) -> u64 {
        u64::try_from(self.total).unwrap_or(u64::MAX)
    }

    /// Their mean; 0 if there are none.
    pub fn mean(&self) -> u64 {
        self.total.checked_div(u128::from(self.count)).map_or(0, |mean| mean as u64)
    }

    /// The largest; 0 if there are none.
    pub fn max(&self) -> u64 {
        self.max
    }

    /// The value that `per_mille` of 1000 values don't exceed; 0 if there are none.
    pub fn quantile(&self, per_mille: u32) -> u64 {
        let rank = (u128::from(self.count) * u128::from(per_mille)).div_ceil(1000).max(1) as u64;
        let mut seen = 0;
        for (at, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= rank {
                return middle(at).clamp(self.min, self.max);
            }
        }
        self.max
    }
}

/// The part that `value` lies in.
fn part(value: u64) -> usize {
    if value < STEPS {
        return value as usize;
    }
    let power = value.ilog2() - STEP_BITS;
    // The leading bit and the STEP_BITS after it; the former counts the powers.
    ((u64::from(power) << STEP_BITS) + (value >> power)) as usize
}

/// The value in the middle of a part.
fn middle(part: usize) -> u64 {
    let part = part as u64;
    if part < 2 * STEPS {
        return part;
    }
    let power = (part >> STEP_BITS) - 1;
    let low = (part - (power << STEP_BITS)) << power;
    low + ((1 << power) >> 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_contiguous_and_their_middles_close() {
        let mut last = 0;
        for value in (0..100_000).chain((17..64).flat_map(|bit| [(1 << bit) - 1, 1 << bit, (1 << bit) + 1])) {
            let part = part(value);
            assert!(part >= last && (value > 100_000 || part <= last + 1), "{value}");
            last = part;
            let off = middle(part).abs_diff(value);
            assert!(off as f64 <= value as f64 / 63.9, "{value} is shown as {}", middle(part));
        }
        assert!(part(u64::MAX) < (STEPS * 60) as usize);
        assert!(middle(part(u64::MAX)).abs_diff(u64::MAX) < u64::MAX / 63);
    }

    #[test]
    fn quantiles_are_within_the_stated_error() {
        let mut histogram = Histogram::default();
        for value in 1..=10_000 {
            histogram.add(value * 100);
        }
        for (per_mille, exact) in [(500, 500_000_u64), (990, 990_000), (1000, 1_000_000), (0, 100)] {
            let off = histogram.quantile(per_mille).abs_diff(exact);
            assert!(off as f64 <= exact as f64 * 0.016, "{per_mille}: {}", histogram.quantile(per_mille));
        }
        assert_eq!((histogram.count(), histogram.mean(), histogram.max()), (10_000, 500_050, 1_000_000));
        assert_eq!(histogram.total(), 5_000_500_000);
    }

    #[test]
    fn merged_is_as_if_counted_together() {
        let (mut all, mut small, mut large) =
            (Histogram::default(), Histogram::default(), Histogram::default());
        for value in 1..=1000 {
            all.add(value * 1000);
            if value <= 10 { small.add(value * 1000) } else { large.add(value * 1000) }
        }
        for (first, second) in [(&small, &large), (&large, &small)] {
            let mut merged = Histogram::default();
            merged.merge(&Histogram::default());
            merged.merge(first);
            merged.merge(second);
            for per_mille in [0, 5, 500, 990, 1000] {
                assert_eq!(merged.quantile(per_mille), all.quantile(per_mille));
            }
            assert_eq!((merged.count(), merged.total(), merged.max()), (all.count(), all.total(), all.max()));
        }
    }

    #[test]
    fn nothing_and_one_value() {
        let mut histogram = Histogram::default();
        assert_eq!((histogram.quantile(500), histogram.mean(), histogram.total()), (0, 0, 0));
        histogram.add(u64::MAX);
        histogram.add(u64::MAX);
        assert_eq!((histogram.total(), histogram.mean()), (u64::MAX, u64::MAX));
        assert!(histogram.quantile(500) >= u64::MAX / 64 * 63);
    }
}
