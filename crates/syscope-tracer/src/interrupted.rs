//! Which call `restart_syscall` resumes: the last one of the thread that was interrupted so.

use std::collections::HashMap;

/// Threads that are remembered; more than this many interrupted at once is no ordinary host.
const REMEMBERED_MAX: usize = 1 << 14;

#[derive(Debug, Default)]
pub(crate) struct Interrupted {
    calls: HashMap<u32, u32>,
}

impl Interrupted {
    /// Thread `tid` was interrupted in call `nr` and will resume it.
    pub(crate) fn note(&mut self, tid: u32, nr: u32) {
        if self.calls.len() >= REMEMBERED_MAX {
            self.calls.clear();
        }
        self.calls.insert(tid, nr);
    }

    /// The call that `tid` resumes.
    pub(crate) fn resumed(&self, tid: u32) -> Option<u32> {
        self.calls.get(&tid).copied()
    }
}
