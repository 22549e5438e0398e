//! Counts of what the resolver did.

use std::collections::BTreeMap;
use std::time::Duration;

use syscope_event::{Owner, OwnerKind, Source};

/// Counts since the start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stats {
    /// Questions taken.
    pub asked: u64,
    /// Questions not taken because too many were open.
    pub dropped: u64,
    /// Questions open now.
    pub open: u64,
    /// Guesses given before a last word.
    pub guesses: u64,
    /// Last words, by who said so.
    pub by_source: BTreeMap<Source, u64>,
    /// Last words that a container it is.
    pub containers: u64,
    /// Last words that refuted what a path claims.
    pub refuted: u64,
    /// Last words with a doubt, those included.
    pub doubted: u64,
    /// Last words that were replaced when a runtime began to answer.
    pub corrected: u64,
    /// Time from question to last word, added up.
    pub time_total: Duration,
    /// The longest of these times.
    pub time_max: Duration,
}

impl Stats {
    /// Counts a last word that took `time`.
    pub(super) fn count(&mut self, owner: &Owner, is_claimed: bool, time: Duration) {
        *self.by_source.entry(owner.source).or_default() += 1;
        let is_container = matches!(owner.kind, OwnerKind::Container(_));
        self.containers += u64::from(is_container);
        self.doubted += u64::from(owner.doubt.is_some());
        self.refuted += u64::from(is_claimed && !is_container);
        self.time_total += time;
        self.time_max = self.time_max.max(time);
    }
}
