//! The rings of records, read without a system call per record and merged by time.
//!
//! One ring per CPU keeps writers from contending; the order of events is restored here. A round takes
//! the time `T`, then the write positions: every record that a CPU finished before `T` is then visible,
//! so handing out the records up to `T` by their time gives each thread's records in order, wherever it
//! ran. Later ones wait for the next round.
//!
//! Sleeping has two forms. While records flow the reader naps for a few milliseconds; when none came it
//! arms a doorbell (`waiting`) and sleeps in `epoll`: the next record rings it. A busy host pays no
//! wake-ups, a quiet one no polling.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::ptr;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use libbpf_rs::MapHandle;

use crate::{Error, wire};

/// Bits of a record's header word (`include/uapi/linux/bpf.h`).
const BUSY: u32 = 1 << 31;
const DISCARD: u32 = 1 << 30;
const HEADER: u64 = 8;

/// How long the reader naps while records flow. At 3 million records of 152 bytes a second 1.8 MB gather
/// in that time, a quarter of the default ring.
const NAP: Duration = Duration::from_millis(4);

/// All rings of a session.
pub struct Rings {
    /// Keeps the maps' descriptors open, which epoll watches.
    maps: Vec<MapHandle>,
    rings: Vec<Ring>,
    epoll: OwnedFd,
    /// The ring that records are being taken from, and until when it has the earliest ones.
    current: usize,
    bound: u64,
    /// Records up to this time are handed out in this round.
    horizon: u64,
    /// Bytes handed out in this round.
    round_bytes: u64,
    /// A record that wraps around the end of its ring is put together here.
    joined: Vec<u8>,
}

struct Ring {
    /// Our position, read by the kernel.
    consumer: Mapping,
    /// The kernel's position (first page), then the data, mapped once: a record that wraps is joined.
    producer: Mapping,
    mask: u64,
    page: usize,
    /// Where the next record begins; published to the kernel in `release`.
    position: u64,
    /// Up to where the kernel may write again.
    released: u64,
    /// Where this round ends.
    end: u64,
    /// The time of the next record, `u64::MAX` if there is none in this round.
    next: u64,
}

impl Rings {
    /// Maps the rings behind `fds`, one per CPU, each of `bytes`.
    pub(crate) fn map(fds: &[BorrowedFd<'_>], bytes: u32) -> Result<Rings, Error> {
        // SAFETY: a plain system call; a negative result is checked.
        let epoll = unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) };
        if epoll < 0 {
            return Err(Error::Wait(io::Error::last_os_error()));
        }
        // SAFETY: the descriptor was just created and is owned by nobody else.
        let epoll = unsafe { OwnedFd::from_raw_fd(epoll) };
        let mut rings = Vec::with_capacity(fds.len());
        for (cpu, fd) in fds.iter().enumerate() {
            rings.push(Ring::map(*fd, bytes).map_err(|source| Error::Ring { cpu, source })?);
            let mut interest = libc::epoll_event { events: libc::EPOLLIN as u32, u64: cpu as u64 };
            // SAFETY: both descriptors are open and `interest` outlives the call.
            let added = unsafe {
                libc::epoll_ctl(epoll.as_raw_fd(), libc::EPOLL_CTL_ADD, fd.as_raw_fd(), &mut interest)
            };
            if added < 0 {
                return Err(Error::Wait(io::Error::last_os_error()));
            }
        }
        Ok(Rings {
            maps: Vec::new(),
            rings,
            epoll,
            current: 0,
            bound: 0,
            horizon: 0,
            round_bytes: 0,
            joined: Vec::new(),
        })
    }

    /// Takes the maps into its keeping.
    pub(crate) fn keep(mut self, maps: Vec<MapHandle>) -> Rings {
        self.maps = maps;
        self
    }

    /// The number of rings.
    pub fn len(&self) -> usize {
        self.maps.len()
    }

    /// Whether there are no rings.
    pub fn is_empty(&self) -> bool {
        self.maps.is_empty()
    }

    /// Begins a round: all records finished before this moment will be handed out by [`Rings::next`].
    /// Returns whether there are any.
    pub fn begin(&mut self) -> bool {
        self.horizon = now_boot_ns();
        self.round_bytes = 0;
        let horizon = self.horizon;
        for ring in &mut self.rings {
            ring.look(horizon);
        }
        self.choose();
        self.rings[self.current].next != u64::MAX
    }

    /// The next record of the round; it stays valid until the next call.
    #[allow(clippy::should_implement_trait, reason = "it lends")]
    pub fn next(&mut self) -> Option<&[u8]> {
        if self.rings[self.current].next > self.bound {
            self.choose();
        }
        let ring = &mut self.rings[self.current];
        if ring.next == u64::MAX {
            for ring in &mut self.rings {
                ring.release();
            }
            return None;
        }
        // All before `position` was handed out earlier; its room goes back now and then, because the
        // kernel reads this word for every record.
        if ring.position - ring.released > ring.mask / 16 {
            ring.release();
        }
        let (start, len) = ring.take(self.horizon);
        self.round_bytes += len as u64;
        Some(self.rings[self.current].bytes(start, len, &mut self.joined))
    }

    /// Finds the ring with the earliest record and how long it stays that.
    fn choose(&mut self) {
        let (mut first, mut second, mut at) = (u64::MAX, u64::MAX, 0);
        for (index, ring) in self.rings.iter().enumerate() {
            if ring.next < first {
                second = first;
                (first, at) = (ring.next, index);
            } else {
                second = second.min(ring.next);
            }
        }
        (self.current, self.bound) = (at, second);
    }

    /// Sleeps until there may be records again, at most `timeout`. After a round that handed out any it
    /// only naps, not at all when a ring was a quarter full; otherwise it arms `waiting` and waits for
    /// the doorbell.
    pub fn wait(&mut self, waiting: &AtomicU32, timeout: Duration) -> Result<(), Error> {
        if self.round_bytes > 0 {
            let full = self.round_bytes > self.rings[0].mask / 4;
            if !full {
                std::thread::sleep(NAP.min(timeout));
            }
            return Ok(());
        }
        waiting.store(1, Ordering::SeqCst);
        // A record may have been written between the round and the arming: look once more.
        if self.rings.iter().any(Ring::pending) {
            waiting.store(0, Ordering::SeqCst);
            return Ok(());
        }
        let mut ready = libc::epoll_event { events: 0, u64: 0 };
        let milliseconds = timeout.as_millis().min(i32::MAX as u128) as i32;
        // SAFETY: room for one event is given and outlives the call.
        let got = unsafe { libc::epoll_wait(self.epoll.as_raw_fd(), &mut ready, 1, milliseconds) };
        waiting.store(0, Ordering::SeqCst);
        if got < 0 {
            let err = io::Error::last_os_error();
            if err.kind() != io::ErrorKind::Interrupted {
                return Err(Error::Wait(err));
            }
        }
        Ok(())
    }
}

impl Ring {
    fn map(fd: BorrowedFd<'_>, bytes: u32) -> io::Result<Ring> {
        // SAFETY: a plain system call.
        let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize;
        let consumer = Mapping::new(fd, 0, page, libc::PROT_READ | libc::PROT_WRITE)?;
        let producer = Mapping::new(fd, page, page + bytes as usize, libc::PROT_READ)?;
        Ok(Ring {
            consumer,
            producer,
            mask: u64::from(bytes) - 1,
            page,
            position: 0,
            released: 0,
            end: 0,
            next: u64::MAX,
        })
    }

    fn written(&self) -> u64 {
        // SAFETY: the kernel's position is an aligned word at the start of the mapping, and it is only
        // ever changed by whole stores.
        unsafe { (*self.producer.start.cast::<AtomicU64>()).load(Ordering::Acquire) }
    }

    /// Whether a finished record waits.
    fn pending(&self) -> bool {
        self.written() != self.position && self.header(self.position) & BUSY == 0
    }

    fn header(&self, position: u64) -> u32 {
        let at = self.page + (position & self.mask) as usize;
        // SAFETY: positions below `written` lie in the data; records are aligned to 8 bytes, so the header
        // word does not wrap. The kernel changes it by an atomic exchange.
        unsafe { (*self.producer.start.add(at).cast::<AtomicU32>()).load(Ordering::Acquire) }
    }

    /// Takes the write position and finds the first record of the round.
    fn look(&mut self, horizon: u64) {
        self.end = self.written();
        self.find(horizon);
    }

    /// Skips discarded records and notes the time of the next one.
    fn find(&mut self, horizon: u64) {
        self.next = u64::MAX;
        while self.position < self.end {
            let header = self.header(self.position);
            if header & BUSY != 0 {
                return;
            }
            if header & DISCARD == 0 {
                let time = self.time();
                if time <= horizon {
                    self.next = time;
                }
                return;
            }
            self.position += step(header);
        }
    }

    /// The time of the record at `position`: its first word, which does not wrap.
    fn time(&self) -> u64 {
        let at = self.page + ((self.position + HEADER) & self.mask) as usize;
        // SAFETY: as for `header`; a finished record is not changed any more.
        let bytes = unsafe { std::slice::from_raw_parts(self.producer.start.add(at), 8) };
        wire::time(bytes)
    }

    /// Moves past the next record and returns where its bytes are.
    fn take(&mut self, horizon: u64) -> (u64, usize) {
        let header = self.header(self.position);
        let start = self.position + HEADER;
        self.position += step(header);
        self.find(horizon);
        (start, (header & !(BUSY | DISCARD)) as usize)
    }

    fn bytes<'a>(&'a self, start: u64, len: usize, joined: &'a mut Vec<u8>) -> &'a [u8] {
        let at = (start & self.mask) as usize;
        let room = (self.mask as usize + 1) - at;
        // SAFETY: the record was finished by its writer, and its room is not given back before `release`,
        // which comes with a later call of `Rings::next`; `len` is within the ring, since the kernel wrote it.
        unsafe {
            let data = self.producer.start.add(self.page);
            if len <= room {
                return std::slice::from_raw_parts(data.add(at), len);
            }
            joined.clear();
            joined.extend_from_slice(std::slice::from_raw_parts(data.add(at), room));
            joined.extend_from_slice(std::slice::from_raw_parts(data, len - room));
        }
        joined
    }

    /// Gives the room of what was taken back to the kernel.
    fn release(&mut self) {
        self.released = self.position;
        // SAFETY: our position is an aligned word at the start of its mapping.
        unsafe { (*self.consumer.start.cast::<AtomicU64>()).store(self.position, Ordering::Release) }
    }
}

/// Bytes from one record to the next.
const fn step(header: u32) -> u64 {
    ((header & !(BUSY | DISCARD)) as u64 + HEADER + 7) & !7
}

/// Now by the clock of the records (`CLOCK_BOOTTIME`), in nanoseconds.
pub fn now_boot_ns() -> u64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `now` is valid for writing.
    unsafe { libc::clock_gettime(libc::CLOCK_BOOTTIME, &mut now) };
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

/// A shared mapping, unmapped on drop.
struct Mapping {
    start: *mut u8,
    len: usize,
}

// SAFETY: the mapping belongs to its owner; what it shares with the kernel is only accessed atomically.
unsafe impl Send for Mapping {}

impl Mapping {
    fn new(fd: BorrowedFd<'_>, offset: usize, len: usize, protection: i32) -> io::Result<Mapping> {
        // SAFETY: a new mapping at an address of the kernel's choice touches nothing that exists.
        let start = unsafe {
            libc::mmap(
                ptr::null_mut(),
                len,
                protection,
                libc::MAP_SHARED,
                fd.as_raw_fd(),
                offset as libc::off_t,
            )
        };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(Mapping { start: start.cast(), len })
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the range was mapped by `new` and nothing borrowed from it outlives its owner.
        unsafe { libc::munmap(self.start.cast(), self.len) };
    }
}

/// The number of possible CPUs, from `/sys/devices/system/cpu/possible` (`0-3`, `0,2-5`).
pub(crate) fn possible_cpus() -> usize {
    let text = std::fs::read_to_string("/sys/devices/system/cpu/possible").unwrap_or_default();
    parse_possible(&text).unwrap_or(1)
}

fn parse_possible(text: &str) -> Option<usize> {
    let last = text.trim().rsplit([',', '-']).next()?;
    Some(last.parse::<usize>().ok()? + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn possible_cpus_are_counted_to_the_last() {
        assert_eq!(parse_possible("0\n"), Some(1));
        assert_eq!(parse_possible("0-3\n"), Some(4));
        assert_eq!(parse_possible("0,2-127\n"), Some(128));
        assert_eq!(parse_possible(""), None);
    }

    #[test]
    fn records_are_aligned() {
        assert_eq!(step(1), 16);
        assert_eq!(step(8), 16);
        assert_eq!(step(9 | DISCARD), 24);
    }
}
