//! What descriptors referred to, for the one call that leaves nothing to look at: `close`.
//!
//! The kernel side reads a descriptor at the exit of a call, when `close` has emptied its place. What the
//! call that made the descriptor returned is remembered here until it is closed. A descriptor that was
//! made before the trace, or inherited, is not known: it is shown by its number alone.

use std::collections::HashMap;

use syscope_syscalls::Blob;

/// Descriptors that are remembered; the default limit of one process is 1024.
const REMEMBERED_MAX: usize = 1 << 16;

#[derive(Debug, Default)]
pub(crate) struct Descriptors {
    made: HashMap<(u32, u32), Box<[u8]>>,
}

impl Descriptors {
    /// A call of `pid` returned descriptor `fd`, described by `blob`.
    pub(crate) fn made(&mut self, pid: u32, fd: u32, blob: Blob<'_>) {
        if self.made.len() >= REMEMBERED_MAX {
            self.made.clear();
        }
        self.made.insert((pid, fd), blob.bytes.into());
    }

    /// `pid` closed descriptor `fd`.
    pub(crate) fn closed(&mut self, pid: u32, fd: u32) -> Option<Box<[u8]>> {
        self.made.remove(&(pid, fd))
    }
}
