//! From the kernel's clock to the wall clock.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use syscope_event::Timestamp;

/// The offset between the two clocks, renewed every second so that it follows a clock that is set.
#[derive(Debug)]
pub(crate) struct Clock {
    offset_ns: u64,
    read: Instant,
}

impl Clock {
    pub(crate) fn new() -> Clock {
        Clock { offset_ns: offset_ns(), read: Instant::now() }
    }

    /// Renews the offset if it is old.
    pub(crate) fn follow(&mut self) {
        if self.read.elapsed() > Duration::from_secs(1) {
            *self = Clock::new();
        }
    }

    /// The wall-clock time of a moment in nanoseconds since boot.
    pub(crate) fn wall(&self, boot_ns: u64) -> Timestamp {
        Timestamp(self.offset_ns.wrapping_add(boot_ns))
    }
}

fn offset_ns() -> u64 {
    let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos() as u64;
    wall.wrapping_sub(syscope_bpf::now_boot_ns())
}
