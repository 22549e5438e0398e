//! The loss account: each record says how many of its kind its CPU has lost so far.

use syscope_bpf::wire::{EventType, RawEvent};
use syscope_event::{Loss, LossReason};

use crate::clock::Clock;

/// What was seen of each CPU.
#[derive(Debug)]
pub(crate) struct Account {
    cpus: Vec<Cpu>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Cpu {
    /// Records lost so far, modulo 2^32: of calls, and of the process stream.
    lost: [u32; 2],
    /// The time of the last record.
    last: u64,
}

impl Account {
    pub(crate) fn new(cpus: usize) -> Account {
        Account { cpus: vec![Cpu::default(); cpus] }
    }

    /// What was lost on this record's CPU since the one of its kind before it. A second look finds nothing.
    pub(crate) fn gap(&mut self, raw: &RawEvent, process_stream: bool, clock: &Clock) -> Option<Loss> {
        let kind = match u32::from(raw.r#type) {
            EventType::SYSCALL => 0,
            EventType::PROGRAM | EventType::EXIT if process_stream => 1,
            _ => return None,
        };
        let cpu = self.cpus.get_mut(usize::from(raw.cpu))?;
        let lost = raw.lost.wrapping_sub(cpu.lost[kind]);
        let since = (cpu.last != 0).then(|| clock.wall(cpu.last));
        cpu.lost[kind] = raw.lost;
        cpu.last = raw.ts;
        (lost > 0).then(|| Loss {
            time: clock.wall(raw.ts),
            reason: LossReason::RingFull,
            lost: lost.into(),
            cpu: Some(raw.cpu),
            since,
        })
    }

    /// The time of the last record of the CPU that has been silent longest.
    pub(crate) fn earliest(&self) -> Option<u64> {
        self.cpus.iter().map(|cpu| cpu.last).filter(|last| *last != 0).min()
    }
}
