//! The counts of calls (`bpf/count.bpf.h`), read beside the session.

use std::io;
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::sync::Arc;

use libbpf_rs::{MapCore as _, MapHandle};

use crate::Error;
use crate::ring::possible_cpus;
use crate::wire::{CountKey, CountValue, HistogramValue, Limit};

/// Entries that are read with one system call.
const BATCH: usize = 4096;

/// A handle of the counts; clones are of the same. It may be used by any thread: reading disturbs no program.
#[derive(Debug, Clone)]
pub struct Counts(Arc<Maps>);

#[derive(Debug)]
struct Maps {
    counts: OwnedFd,
    counts_max: u32,
    histograms: OwnedFd,
    histograms_max: u32,
    cpus: usize,
}

/// How often a cgroup made a call with a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counted {
    /// The cgroup's id in the tracked hierarchy; 0 where none is tracked.
    pub cgroup: u64,
    /// Whether by the 32-bit convention.
    pub compat: bool,
    /// The number; [`Limit::SYSCALLS_MAX`] for all beyond the tables.
    pub nr: u32,
    /// The error; 0: none.
    pub errno: u16,
    /// Whether by a runtime at work in a container's cgroup, and not by the container.
    pub runtime: bool,
    /// How often.
    pub calls: u64,
    /// How long they took together, of those that were measured.
    pub ns: u64,
}

/// How long a cgroup's calls of one number took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured {
    /// The cgroup's id.
    pub cgroup: u64,
    /// Whether by the 32-bit convention.
    pub compat: bool,
    /// The number.
    pub nr: u32,
    /// Whether by a runtime at work, as [`Counted::runtime`].
    pub runtime: bool,
    /// Bucket n: calls that took 2^n up to 2^(n+1) ns; the last has all that took longer.
    pub buckets: [u64; Limit::HISTOGRAM_BUCKETS as usize],
}

impl Counts {
    pub(crate) fn new(counts: &MapHandle, histograms: &MapHandle) -> Result<Counts, Error> {
        let own = |map: &MapHandle| {
            map.as_fd()
                .try_clone_to_owned()
                .map_err(|source| Error::Step { step: "keep the counts".into(), source: source.into() })
        };
        Ok(Counts(Arc::new(Maps {
            counts: own(counts)?,
            counts_max: counts.max_entries(),
            histograms: own(histograms)?,
            histograms_max: histograms.max_entries(),
            cpus: possible_cpus(),
        })))
    }

    /// How many entries there is room for.
    pub fn capacity(&self) -> u32 {
        self.0.counts_max
    }

    /// How many measured entries there is room for; 1: nothing is measured.
    pub fn histogram_capacity(&self) -> u32 {
        self.0.histograms_max
    }

    /// All counts. Each is read at one moment, all of them within milliseconds.
    ///
    /// # Errors
    /// The kernel refuses to read the map.
    pub fn read(&self) -> Result<Vec<Counted>, Error> {
        let mut all = Vec::new();
        let cpus = self.0.cpus;
        let size = size_of::<CountValue>() * cpus;
        batches(&self.0.counts, self.0.counts_max, size, &mut |key, value| {
            let mut counted = split(key);
            for cpu in value.chunks_exact(size_of::<CountValue>()) {
                // SAFETY: the bytes are one value of the map, all of whose fields are integers.
                let of_cpu = unsafe { cpu.as_ptr().cast::<CountValue>().read_unaligned() };
                counted.calls += of_cpu.calls;
                counted.ns += of_cpu.ns;
            }
            all.push(counted);
        })?;
        Ok(all)
    }

    /// All histograms.
    ///
    /// # Errors
    /// The kernel refuses to read the map.
    pub fn histograms(&self) -> Result<Vec<Measured>, Error> {
        let mut all = Vec::new();
        if self.0.histograms_max > 1 {
            batches(
                &self.0.histograms,
                self.0.histograms_max,
                size_of::<HistogramValue>(),
                &mut |key, value| {
                    let Counted { cgroup, compat, nr, runtime, .. } = split(key);
                    // SAFETY: as above.
                    let histogram = unsafe { value.as_ptr().cast::<HistogramValue>().read_unaligned() };
                    all.push(Measured { cgroup, compat, nr, runtime, buckets: histogram.buckets });
                },
            )?;
        }
        Ok(all)
    }

    /// Removes a count. What is counted meanwhile begins anew, so that it is only done for cgroups that are gone.
    pub fn remove(&self, counted: &Counted) {
        delete(&self.0.counts, &key(counted));
    }

    /// Removes a histogram, as [`Counts::remove`].
    pub fn remove_histogram(&self, measured: &Measured) {
        let Measured { cgroup, compat, nr, runtime, .. } = *measured;
        delete(&self.0.histograms, &key(&Counted { cgroup, compat, nr, runtime, ..Counted::default() }));
    }
}

fn split(key: CountKey) -> Counted {
    Counted {
        cgroup: u64::from(key.cgroup_high) << 32 | u64::from(key.cgroup_low),
        compat: key.call >> 10 & 1 != 0,
        nr: key.call & 0x3ff,
        errno: (key.call >> 11) as u16 & 0xfff,
        runtime: key.call >> 23 & 1 != 0,
        ..Counted::default()
    }
}

fn key(counted: &Counted) -> CountKey {
    CountKey {
        cgroup_low: counted.cgroup as u32,
        cgroup_high: (counted.cgroup >> 32) as u32,
        call: counted.nr
            | u32::from(counted.compat) << 10
            | u32::from(counted.errno) << 11
            | u32::from(counted.runtime) << 23,
    }
}

fn delete(map: &OwnedFd, key: &CountKey) {
    // SAFETY: a key of the map's size, which the call only reads. That it is not there is no failure.
    unsafe { libbpf_sys::bpf_map_delete_elem(map.as_raw_fd(), std::ptr::from_ref(key).cast()) };
}

/// Hands over all entries of a hash, a batch at a time (`BPF_MAP_LOOKUP_BATCH`, Linux 5.6).
fn batches(
    map: &OwnedFd,
    capacity: u32,
    value_bytes: usize,
    each: &mut dyn FnMut(CountKey, &[u8]),
) -> Result<(), Error> {
    let batch = BATCH.min(capacity as usize).max(64);
    let mut keys = vec![CountKey::default(); batch];
    let mut values = vec![0u8; batch * value_bytes];
    let mut place = 0u32;
    let mut begun = false;
    loop {
        let mut count = batch as u32;
        let from = if begun { (&raw mut place).cast() } else { std::ptr::null_mut() };
        // SAFETY: the arrays have room for `count` keys and values; the place in a hash is a u32.
        let status = unsafe {
            libbpf_sys::bpf_map_lookup_batch(
                map.as_raw_fd(),
                from,
                (&raw mut place).cast(),
                keys.as_mut_ptr().cast(),
                values.as_mut_ptr().cast(),
                &raw mut count,
                std::ptr::null(),
            )
        };
        let error = (status < 0).then(|| io::Error::from_raw_os_error(-status));
        match error {
            // The end; what is before it was read.
            Some(ref error) if error.raw_os_error() == Some(libc::ENOENT) => {}
            // One bucket of the hash holds more than a batch.
            Some(ref error)
                if error.raw_os_error() == Some(libc::ENOSPC) && keys.len() < capacity as usize =>
            {
                let more = (keys.len() * 2).min(capacity as usize);
                keys.resize(more, CountKey::default());
                values.resize(more * value_bytes, 0);
                continue;
            }
            Some(error) => return Err(Error::Step { step: "read the counts".into(), source: error.into() }),
            None => {}
        }
        for (key, value) in keys.iter().zip(values.chunks_exact(value_bytes)).take(count as usize) {
            each(*key, value);
        }
        if error.is_some() {
            return Ok(());
        }
        begun = true;
    }
}
