//! The counts of calls (`bpf/count.bpf.h`), read beside the session.

use std::collections::HashMap;
use std::io;
use std::ops::ControlFlow;
use std::os::fd::{AsFd as _, AsRawFd as _};
use std::sync::Arc;

use libbpf_rs::{MapCore as _, MapFlags, MapHandle};

use crate::Error;
use crate::loader::{bytes_of, step};
use crate::ring::possible_cpus;
use crate::wire::{CountKey, CountValue, HistogramValue, Limit};

/// Entries that are read with one system call.
const BATCH: usize = 4096;

/// A handle of the counts; clones are of the same. It may be used by any thread: reading disturbs no program.
#[derive(Debug, Clone)]
pub struct Counts(Arc<Maps>);

#[derive(Debug)]
struct Maps {
    counts: MapHandle,
    histograms: Histograms,
    cpus: usize,
}

/// The maps of what is measured.
#[derive(Debug)]
pub(crate) struct Histograms {
    /// By key, the number of its histogram.
    pub(crate) numbers: MapHandle,
    /// By number; 0 is nobody's.
    pub(crate) values: MapHandle,
    /// Numbers that are nobody's.
    pub(crate) free: MapHandle,
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
    pub(crate) fn new(counts: MapHandle, histograms: Histograms) -> Counts {
        Counts(Arc::new(Maps { counts, histograms, cpus: possible_cpus() }))
    }

    /// How many entries there is room for.
    pub fn capacity(&self) -> u32 {
        self.0.counts.max_entries()
    }

    /// How many measured entries there is room for; 1: nothing is measured.
    pub fn histogram_capacity(&self) -> u32 {
        self.0.histograms.numbers.max_entries()
    }

    /// All counts. Each is read at one moment, all of them within milliseconds.
    ///
    /// # Errors
    /// The kernel refuses to read the map.
    pub fn read(&self) -> Result<Vec<Counted>, Error> {
        let mut all = Vec::new();
        // A whole struct where time is measured, else only its first field.
        let (counts, size) = (&self.0.counts, self.0.counts.value_size() as usize);
        batches(counts, size * self.0.cpus, |key: CountKey, value| {
            let mut counted = split(key);
            for of_cpu in value.chunks_exact(size) {
                let mut whole = [0; size_of::<CountValue>()];
                whole[..size].copy_from_slice(of_cpu);
                // SAFETY: the bytes are those of the struct, all of whose fields are integers.
                let of_cpu = unsafe { whole.as_ptr().cast::<CountValue>().read_unaligned() };
                counted.calls += of_cpu.calls;
                counted.ns += of_cpu.ns;
            }
            all.push(counted);
            ControlFlow::Continue(())
        })?;
        Ok(all)
    }

    /// All histograms.
    ///
    /// # Errors
    /// The kernel refuses to read the maps.
    pub fn histograms(&self) -> Result<Vec<Measured>, Error> {
        let Histograms { numbers, values, .. } = &self.0.histograms;
        let mut keys = HashMap::new();
        batches(numbers, size_of::<u32>(), |key: CountKey, number| {
            let number = number.try_into().map_or(0, u32::from_ne_bytes);
            keys.insert(number, key);
            ControlFlow::Continue(())
        })?;
        let mut all = Vec::with_capacity(keys.len());
        let mut left = keys.len();
        if left == 0 {
            return Ok(all);
        }
        batches(values, size_of::<HistogramValue>(), |number: u32, value| {
            if let Some(key) = keys.get(&number) {
                let Counted { cgroup, compat, nr, runtime, .. } = split(*key);
                // SAFETY: the bytes are one value of the map, all of whose fields are integers.
                let histogram = unsafe { value.as_ptr().cast::<HistogramValue>().read_unaligned() };
                all.push(Measured { cgroup, compat, nr, runtime, buckets: histogram.buckets });
                left -= 1;
            }
            // The lowest numbers are taken first, so that most of a large array need not be read.
            if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        Ok(all)
    }

    /// Removes a count. What is counted meanwhile begins anew, so that it is only done for cgroups that are gone.
    pub fn remove(&self, counted: &Counted) {
        // That it is not there is no failure.
        let _ = self.0.counts.delete(bytes_of(&key(counted)));
    }

    /// Removes a histogram, as [`Counts::remove`].
    ///
    /// # Errors
    /// The kernel refuses to write the maps.
    pub fn remove_histogram(&self, measured: &Measured) -> Result<(), Error> {
        let Measured { cgroup, compat, nr, runtime, .. } = *measured;
        let key = key(&Counted { cgroup, compat, nr, runtime, ..Counted::default() });
        self.0.histograms.remove(&key).map_err(step("remove a histogram"))
    }
}

impl Histograms {
    /// Frees all numbers, the lowest on top.
    pub(crate) fn fill(&self) -> Result<(), Error> {
        let mut numbers = (1..=self.numbers.max_entries()).rev();
        numbers.try_for_each(|number| self.release(number)).map_err(step("number the histograms"))
    }

    fn remove(&self, key: &CountKey) -> libbpf_rs::Result<()> {
        let Some(number) = self.numbers.lookup_and_delete(bytes_of(key))? else { return Ok(()) };
        // A count that remembers the number finds by this that it is nobody's.
        let mut nobodys = HistogramValue::default();
        nobodys.key.call = u32::MAX;
        self.values.update(&number, bytes_of(&nobodys), MapFlags::EXIST)?;
        self.release(number.try_into().map_or(0, u32::from_ne_bytes))
    }

    fn release(&self, number: u32) -> libbpf_rs::Result<()> {
        self.free.update(&[], &number.to_ne_bytes(), MapFlags::ANY)
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

/// Hands over the entries of a map, a batch at a time (`BPF_MAP_LOOKUP_BATCH`, Linux 5.6), until it is told to stop.
fn batches<K: Copy + Default>(
    map: &MapHandle,
    value_bytes: usize,
    mut each: impl FnMut(K, &[u8]) -> ControlFlow<()>,
) -> Result<(), Error> {
    let capacity = map.max_entries();
    let batch = BATCH.min(capacity as usize).max(64);
    let mut keys = vec![K::default(); batch];
    let mut values = vec![0u8; batch * value_bytes];
    let mut place = 0u32;
    let mut begun = false;
    loop {
        let mut count = batch as u32;
        let from = if begun { (&raw mut place).cast() } else { std::ptr::null_mut() };
        // SAFETY: the arrays have room for `count` keys and values; the place in a hash or array is a u32.
        let status = unsafe {
            libbpf_sys::bpf_map_lookup_batch(
                map.as_fd().as_raw_fd(),
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
                keys.resize(more, K::default());
                values.resize(more * value_bytes, 0);
                continue;
            }
            Some(error) => return Err(Error::Step { step: "read the counts".into(), source: error.into() }),
            None => {}
        }
        for (key, value) in keys.iter().zip(values.chunks_exact(value_bytes)).take(count as usize) {
            if each(*key, value).is_break() {
                return Ok(());
            }
        }
        if error.is_some() {
            return Ok(());
        }
        begun = true;
    }
}
