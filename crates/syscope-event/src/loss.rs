//! What is missing, and why. `produced = delivered + lost` holds for every run.

use crate::Timestamp;

/// Events that are missing at one place of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loss {
    /// When the gap was closed by the next event that got through, or the run ended.
    pub time: Timestamp,
    /// Why.
    pub reason: LossReason,
    /// How many.
    pub lost: u64,
    /// Where they were lost, if that is one CPU.
    pub cpu: Option<u16>,
    /// The last event before the gap.
    pub since: Option<Timestamp>,
}

/// Why events are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LossReason {
    /// The ring had no room: the consumer was too slow for its size.
    RingFull,
    /// A record did not parse.
    Malformed,
    /// The file that records go to had no room.
    DiskFull,
}

impl LossReason {
    /// The name in events and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            LossReason::RingFull => "ring_full",
            LossReason::Malformed => "malformed",
            LossReason::DiskFull => "disk_full",
        }
    }
}

/// The account of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Records that passed all filters in the kernel.
    pub produced: u64,
    /// Records handed on.
    pub delivered: u64,
    /// Records that found no room in a ring.
    pub lost_ring_full: u64,
    /// Records that did not parse.
    pub lost_malformed: u64,
}

impl Totals {
    /// Everything that is missing.
    pub fn lost(&self) -> u64 {
        self.lost_ring_full + self.lost_malformed
    }
}
