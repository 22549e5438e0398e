//! Trace jobs: which of them a record is for, and the account of each.
//!
//! The kernel judges what it can (`bpf/jobs.bpf.h`); here the rest is judged, for cgroups whose owner it did not know, with
//! the same rules and the same count of samples. A job that ends keeps its number until every record that was made for it is
//! out of the rings.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use syscope_bpf::wire::{EventFlags, RawEvent};
use syscope_bpf::{JobCounts, JobRule, Session};
use syscope_container::rules::{JOBS_MAX, SelectionId};
use syscope_container::selector::Selector;
use syscope_syscalls::set::Set;

/// What a job wants; all conditions must hold.
#[derive(Debug, Clone)]
pub struct Job {
    /// Which calls.
    pub calls: Set,
    /// Of which containers; an empty selector: of everything.
    pub selector: Selector,
    /// Only calls that failed.
    pub failed_only: bool,
    /// Only calls that took at least so long, in ns; 0: all.
    pub latency_min_ns: u64,
    /// Every n-th; 1: each.
    pub sample_rate: u32,
}

/// The account of a job: `produced = delivered + sampled_out + lost`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct JobAccount {
    /// Events that passed its filters.
    pub produced: u64,
    /// Those that were handed out.
    pub delivered: u64,
    /// Those that it does not sample.
    pub sampled_out: u64,
    /// Those that were lost.
    pub lost: u64,
}

/// The jobs of a trace.
#[derive(Debug)]
pub(crate) struct Jobs {
    slots: Vec<Option<Slot>>,
    /// Whether the entry stays hooked also without a job that needs it.
    entry: bool,
}

#[derive(Debug, Default)]
struct Slot {
    selection: Option<SelectionId>,
    needs_entry: bool,
    sampled: bool,
    /// What has to come before it is over; `None`: it runs.
    ending: Option<Ending>,
    delivered: u64,
    /// Candidates that were not its own.
    left_out: u64,
    sampled_out: u64,
}

/// A job that gets nothing more.
#[derive(Debug)]
struct Ending {
    /// Whether the programs that ran at that moment have ended.
    settled: Arc<AtomicBool>,
    /// Rounds since then.
    rounds: u8,
}

impl Jobs {
    pub(crate) fn new(entry: bool) -> Jobs {
        Jobs { slots: (0..JOBS_MAX).map(|_| None).collect(), entry }
    }

    /// Whether no job runs or ends.
    pub(crate) fn is_empty(&self) -> bool {
        self.slots.iter().all(Option::is_none)
    }

    /// A number that no job has.
    pub(crate) fn free(&self) -> Option<u8> {
        self.slots.iter().position(Option::is_none).map(|at| at as u8)
    }

    pub(crate) fn begin(
        &mut self,
        session: &mut Session,
        number: u8,
        job: &Job,
        selection: Option<SelectionId>,
    ) -> Result<(), syscope_bpf::Error> {
        let rule = JobRule {
            calls: job.calls.clone(),
            anywhere: selection.is_none(),
            failed_only: job.failed_only,
            latency_min_ns: job.latency_min_ns,
            sample_rate: job.sample_rate,
        };
        let needs_entry = job.latency_min_ns > 0;
        if needs_entry {
            session.hook_entry(true)?;
        }
        session.put_job(number, &rule)?;
        self.slots[usize::from(number)] =
            Some(Slot { selection, needs_entry, sampled: job.sample_rate > 1, ..Slot::default() });
        Ok(())
    }

    /// A job gets nothing more from the kernel.
    pub(crate) fn end(&mut self, session: &mut Session, number: u8) -> Result<(), syscope_bpf::Error> {
        let Some(slot) = self.slots.get_mut(usize::from(number)).and_then(Option::as_mut) else {
            return Ok(());
        };
        if slot.ending.is_some() {
            return Ok(());
        }
        session.end_job(number);
        slot.ending = Some(Ending { settled: settle(), rounds: 0 });
        let needed = |slot: &Slot| slot.needs_entry && slot.ending.is_none();
        if !self.entry && !self.slots.iter().flatten().any(needed) {
            session.hook_entry(false)?;
        }
        Ok(())
    }

    /// A round is over; `waiting`: records still wait for their owners. Adds the jobs that have ended, with their accounts;
    /// returns their selections, which must go as well.
    pub(crate) fn round_ended(
        &mut self,
        session: &mut Session,
        waiting: bool,
        ended: &mut Vec<(u8, JobAccount)>,
    ) -> Vec<SelectionId> {
        let mut selections = Vec::new();
        for number in 0..JOBS_MAX {
            let Some(slot) = &mut self.slots[usize::from(number)] else { continue };
            let Some(ending) = &mut slot.ending else { continue };
            ending.rounds += u8::from(ending.settled.load(Ordering::SeqCst) && ending.rounds < 2);
            // The first round may have begun before the last record came; the second has everything.
            if ending.rounds == 2 && !waiting {
                ended.push((number, self.account(session, number)));
                let slot = self.slots[usize::from(number)].take();
                selections.extend(slot.and_then(|slot| slot.selection));
            }
        }
        selections
    }

    /// The account of a job.
    pub(crate) fn account(&self, session: &mut Session, number: u8) -> JobAccount {
        let Some(Some(slot)) = self.slots.get(usize::from(number)) else { return JobAccount::default() };
        let JobCounts { produced, sampled_out, lost } = session.job_counts(number).unwrap_or_default();
        JobAccount {
            produced: produced - slot.left_out.min(produced),
            delivered: slot.delivered,
            sampled_out: sampled_out + slot.sampled_out,
            lost,
        }
    }

    /// The jobs that a record is for. `wanting` are those that want its cgroup, as far as that is known.
    pub(crate) fn judge(&mut self, session: &Session, raw: &RawEvent, wanting: impl FnOnce() -> u64) -> u64 {
        let mut mask = 0;
        for number in bits(raw.jobs) {
            mask |= u64::from(self.slots[usize::from(number)].is_some()) << number;
        }
        let undecided = raw.flags & EventFlags::UNDECIDED != 0;
        if undecided {
            // A runtime at work is no container's.
            let wanting = if raw.flags & EventFlags::ENTERING != 0 { 0 } else { wanting() };
            for number in bits(mask) {
                let Some(slot) = &mut self.slots[usize::from(number)] else { continue };
                if wanting >> number & 1 == 0 && slot.selection.is_some() {
                    slot.left_out += 1;
                    mask &= !(1 << number);
                }
            }
        }
        if undecided || !session.samples() {
            for number in bits(mask) {
                let Some(slot) = &mut self.slots[usize::from(number)] else { continue };
                if slot.sampled && !session.sample(number) {
                    slot.sampled_out += 1;
                    mask &= !(1 << number);
                }
            }
        }
        for number in bits(mask) {
            if let Some(slot) = &mut self.slots[usize::from(number)] {
                slot.delivered += 1;
            }
        }
        mask
    }
}

/// Tells when the programs that run now have ended. That takes an RCU grace period, which nobody who reads rings may wait for.
fn settle() -> Arc<AtomicBool> {
    let settled = Arc::new(AtomicBool::new(false));
    let done = Arc::clone(&settled);
    let waits = std::thread::Builder::new().name("settle".to_owned()).spawn(move || {
        Session::settle();
        done.store(true, Ordering::SeqCst);
    });
    if waits.is_err() {
        Session::settle();
        settled.store(true, Ordering::SeqCst);
    }
    settled
}

/// The numbers of the bits that are set.
pub fn bits(mask: u64) -> impl Iterator<Item = u8> {
    std::iter::successors((mask != 0).then_some(mask), |left| {
        let left = left & (left - 1);
        (left != 0).then_some(left)
    })
    .map(|left| left.trailing_zeros() as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_numbers() {
        assert_eq!(bits(0).count(), 0);
        assert_eq!(bits(1 << 63 | 0b101).collect::<Vec<_>>(), [0, 2, 63]);
        assert_eq!(bits(u64::MAX).count(), 64);
    }
}
