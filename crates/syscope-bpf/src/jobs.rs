//! Trace jobs as the kernel programs know them (`bpf/jobs.bpf.h`).

use std::sync::atomic::{AtomicU64, Ordering};

use syscope_syscalls::Abi;
use syscope_syscalls::set::Set;

use crate::skel::types::bss;
use crate::wire::{JobStatsValue, Limit};

/// What a job wants, as far as the kernel judges it.
#[derive(Debug, Clone)]
pub struct JobRule {
    /// Which calls.
    pub calls: Set,
    /// Whether of every cgroup; else of those whose entry names the job ([`crate::Session::put_cgroup`]).
    pub anywhere: bool,
    /// Only those that failed.
    pub failed_only: bool,
    /// Only those that took at least so long, in ns; needs the entry ([`crate::Session::hook_entry`]).
    pub latency_min_ns: u64,
    /// Every n-th; 0 and 1: each.
    pub sample_rate: u32,
}

/// The account of a job: `produced = sent + sampled_out + lost`. Of cgroups whose owner is not known yet it has what may be
/// the job's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct JobCounts {
    /// Calls that passed its filters.
    pub produced: u64,
    /// Those that it does not sample.
    pub sampled_out: u64,
    /// Those that found no room in a ring.
    pub lost: u64,
}

impl JobCounts {
    /// The account of all CPUs.
    pub(crate) fn sum(per_cpu: &[Vec<u8>]) -> JobCounts {
        let mut sum = JobCounts::default();
        for bytes in per_cpu.iter().filter(|bytes| bytes.len() >= size_of::<JobStatsValue>()) {
            // SAFETY: the bytes are one value of the map, all of whose fields are integers.
            let stats = unsafe { bytes.as_ptr().cast::<JobStatsValue>().read_unaligned() };
            sum.produced += stats.produced;
            sum.sampled_out += stats.sampled_out;
            sum.lost += stats.lost;
        }
        sum
    }
}

/// A word that both sides read and write.
fn word(field: *const u64) -> &'static AtomicU64 {
    // SAFETY: an aligned word of the shared .bss; callers hold the object, which keeps it, for as long as they use the word.
    unsafe { &*field.cast::<AtomicU64>() }
}

/// Numbers of one ABI, and one for those beyond.
const CALLS: usize = Limit::SYSCALLS_MAX as usize + 1;

/// Writes what a job wants; the job begins with the last store.
pub(crate) fn put(bss: &bss, job: u8, rule: &JobRule) {
    let bit = 1u64 << job;
    let set = |field: *const u64, on: bool| {
        if on {
            word(field).fetch_or(bit, Ordering::SeqCst);
        } else {
            word(field).fetch_and(!bit, Ordering::SeqCst);
        }
    };
    set(&raw const bss.jobs_active, false);
    let place = &bss.jobs[usize::from(job)];
    word(&raw const place.latency_min).store(rule.latency_min_ns, Ordering::SeqCst);
    word(&raw const place.sample_rate).store(rule.sample_rate.into(), Ordering::SeqCst);
    word(&raw const place.seen).store(0, Ordering::SeqCst);
    for (index, abi) in [Abi::native(), Abi::native().compat()].into_iter().enumerate() {
        for nr in 0..CALLS {
            let beyond = nr == CALLS - 1;
            let wanted =
                if beyond { rule.calls.includes_unknown() } else { rule.calls.contains(abi, nr as u32) };
            set(&raw const bss.jobs_calls[index * CALLS + nr], wanted);
        }
    }
    set(&raw const bss.jobs_anywhere, rule.anywhere);
    set(&raw const bss.jobs_failed, rule.failed_only);
    set(&raw const bss.jobs_slow, rule.latency_min_ns > 0);
    set(&raw const bss.jobs_sampled, rule.sample_rate > 1);
    set(&raw const bss.jobs_active, true);
}

pub(crate) fn end(bss: &bss, job: u8) {
    word(&raw const bss.jobs_active).fetch_and(!(1 << job), Ordering::SeqCst);
}

/// As `jobs_sample` in the kernel, with the same count.
pub(crate) fn sample(bss: &bss, job: u8) -> bool {
    let place = &bss.jobs[usize::from(job)];
    let rate = word(&raw const place.sample_rate).load(Ordering::SeqCst);
    rate < 2 || word(&raw const place.seen).fetch_add(1, Ordering::SeqCst).is_multiple_of(rate)
}
