//! What is known of each process. Keyed by pid; the start time tells a reused pid from the process
//! before it.

use std::collections::{HashMap, VecDeque};

use syscope_bpf::wire::{BlobTag, RawEvent};
use syscope_event::{Namespaces, Pid, Process};
use syscope_syscalls::{Blobs, fd};

use crate::clock::Clock;
use crate::host::Procfs;

/// Ended processes that are remembered, for events that come after the end.
const ENDED_MAX: usize = 4096;
/// All processes that are remembered: Linux has at most 4 million pids, a busy host a few thousand.
const PROCESSES_MAX: usize = 1 << 18;

pub(crate) struct ProcessTable {
    procfs: Procfs,
    processes: HashMap<u32, Process>,
    ended: VecDeque<(u32, u64)>,
    ticks_ns: u64,
}

impl ProcessTable {
    pub(crate) fn new(procfs: Procfs) -> ProcessTable {
        // USER_HZ is 100 on every architecture Syscope runs on (include/asm-generic/param.h).
        ProcessTable { procfs, processes: HashMap::new(), ended: VecDeque::new(), ticks_ns: 10_000_000 }
    }

    /// The process of a record; read from `/proc` if it is new and still there.
    pub(crate) fn get(&mut self, event: &RawEvent, clock: &Clock) -> &Process {
        let known =
            self.processes.get(&event.pid).is_some_and(|process| process.start_boot_ns == event.start);
        if !known {
            self.insert_from_host(event, clock);
        }
        let process = self.processes.get_mut(&event.pid).expect("it was just inserted");
        if event.ppid != 0 {
            process.ppid = Some(Pid(event.ppid));
        }
        process
    }

    /// A record that describes a process: its begin by fork, or the program it has become.
    pub(crate) fn describe(&mut self, event: &RawEvent, blobs: &[u8], clock: &Clock) {
        let mut process = bare(event, clock);
        let mut parent = 0;
        for (tag, _, blob) in Blobs(blobs).iter() {
            let words: Vec<u32> = blob
                .bytes
                .chunks_exact(4)
                .map(|word| u32::from_le_bytes(word.try_into().expect("4 bytes")))
                .collect();
            if u32::from(tag) == BlobTag::PROCESS && words.len() >= 6 {
                let known = |value: u32| (value != 0).then_some(value);
                process.session = known(words[0]);
                process.namespaces =
                    Namespaces { pid: known(words[1]), mnt: known(words[2]), uts: known(words[3]) };
                parent = words[4];
                process.ns_pid = known(words[5]);
            } else if u32::from(tag) == BlobTag::EXE {
                process.exe = fd::target(blob.bytes).map(Into::into);
            }
        }
        if parent != 0 {
            // A fork: the child runs its parent's program, in a session of the parent's.
            process.ppid = Some(Pid(parent));
            if let Some(parent) = self.processes.get(&parent) {
                process.exe.clone_from(&parent.exe);
            }
        }
        self.insert(process);
    }

    /// A process ended.
    pub(crate) fn end(&mut self, event: &RawEvent) {
        self.ended.push_back((event.pid, event.start));
        while self.ended.len() > ENDED_MAX {
            let Some((pid, start)) = self.ended.pop_front() else { break };
            if self.processes.get(&pid).is_some_and(|process| process.start_boot_ns == start) {
                self.processes.remove(&pid);
            }
        }
    }

    fn insert(&mut self, process: Process) {
        if self.processes.len() >= PROCESSES_MAX {
            // Only a run that is told of no ends gets here; what is needed again is read again.
            self.processes.clear();
        }
        self.processes.insert(process.pid.0, process);
    }

    fn insert_from_host(&mut self, event: &RawEvent, clock: &Clock) {
        let mut process = bare(event, clock);
        if let Some(status) = self.procfs.read_status(event.pid) {
            // The pid may belong to another process by now.
            if status.start_ticks == event.start / self.ticks_ns {
                process.exe = status.exe;
                process.session = status.session;
                process.ns_pid = status.ns_pid;
                process.namespaces = status.namespaces;
            }
        }
        self.insert(process);
    }
}

/// A process of which only the record is known.
fn bare(event: &RawEvent, clock: &Clock) -> Process {
    Process {
        pid: Pid(event.pid),
        start_boot_ns: event.start,
        start: clock.wall(event.start),
        ppid: (event.ppid != 0).then_some(Pid(event.ppid)),
        exe: None,
        session: None,
        ns_pid: None,
        namespaces: Namespaces::default(),
    }
}
