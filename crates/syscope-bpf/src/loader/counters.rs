//! What the kernel side has sent, counted and lost.

use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd};
use std::sync::atomic::Ordering;

use libbpf_rs::{MapCore as _, MapFlags};

use super::{Session, step};
use crate::Error;
use crate::wire::Stats;

/// The kernel side's account, summed over all CPUs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Records of system calls that passed all filters.
    pub produced: u64,
    /// Those of them that found no room.
    pub lost: u64,
    /// Records of the process stream: execs and ends.
    pub execs_produced: u64,
    /// Those of them that found no room.
    pub execs_lost: u64,
    /// Records about processes that found no room: their events are complete, what is known of the
    /// processes may not be.
    pub processes_lost: u64,
    /// Records about cgroups that found no room: the tree of user space must be read again.
    pub cgroups_lost: u64,
    /// Cgroups that found no room in the table: their events pass all container filters.
    pub cgroups_full: u64,
    /// Processes of runtimes that are at work in containers now.
    pub entering: u64,
    /// Those that found no room in the table for them: what they do may be shown as the container's.
    pub entering_full: u64,
    /// Calls that found no room to be counted.
    pub counts_full: u64,
    /// Calls that found no room to be measured.
    pub histograms_full: u64,
    /// At most so many calls or ends of processes were not seen, because the kernel ran no program for them (7.0 and
    /// later, `bpf/turn.bpf.h`). Whether they would have passed the filters is not known.
    pub skipped: u64,
}

impl Session {
    /// The account so far.
    pub fn counters(&self) -> Result<Counters, Error> {
        let key = 0u32.to_ne_bytes();
        let per_cpu = self
            .stats
            .lookup_percpu(&key, MapFlags::ANY)
            .map_err(step("read the counters"))?
            .unwrap_or_default();
        let entering = self.bss_u64(|bss| (&raw const bss.entering_count).cast()).load(Ordering::SeqCst);
        Ok(Counters { skipped: self.skipped(), entering, ..sum(&per_cpu) })
    }

    /// How often the kernel left out the last program of a hook. Where there is only one, it is never preempted.
    fn skipped(&self) -> u64 {
        let last = |program: &libbpf_rs::ProgramMut<'_>| {
            program.autoload() && program.name().as_encoded_bytes().ends_with(b"_third")
        };
        self.object.programs().filter(last).map(|program| recursion_misses(program.as_fd())).sum()
    }
}

/// The account of all CPUs, from the values of the map `stats`.
pub(crate) fn sum(per_cpu: &[Vec<u8>]) -> Counters {
    let mut sum = Counters::default();
    for bytes in per_cpu {
        if bytes.len() < size_of::<Stats>() {
            continue;
        }
        // SAFETY: the bytes are one value of the map, all of whose fields are integers.
        let stats = unsafe { bytes.as_ptr().cast::<Stats>().read_unaligned() };
        sum.produced += stats.syscalls.produced;
        sum.lost += stats.syscalls.lost;
        sum.processes_lost += stats.processes.lost;
        sum.cgroups_lost += stats.cgroups.lost;
        sum.cgroups_full += stats.cgroups_full;
        sum.entering_full += stats.entering_full;
        sum.counts_full += stats.counts_full;
        sum.histograms_full += stats.histograms_full;
        sum.execs_produced += stats.execs.produced;
        sum.execs_lost += stats.execs.lost;
    }
    sum
}

/// How often the kernel left a program out; 0 if it does not tell.
fn recursion_misses(program: BorrowedFd<'_>) -> u64 {
    let mut info = libbpf_sys::bpf_prog_info::default();
    let mut bytes = size_of::<libbpf_sys::bpf_prog_info>() as u32;
    // SAFETY: `info` is a zeroed structure of `bytes` bytes, which the kernel fills as far as it goes; its pointers are
    // null, so nothing else is written.
    let status =
        unsafe { libbpf_sys::bpf_prog_get_info_by_fd(program.as_raw_fd(), &raw mut info, &raw mut bytes) };
    if status == 0 { info.recursion_misses } else { 0 }
}
