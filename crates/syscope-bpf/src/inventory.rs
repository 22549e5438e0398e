//! The eBPF programs and maps of this host, whoever loaded them, for `syscope bugtool`.

use std::fs;
use std::mem::size_of;
use std::os::fd::{AsFd, AsRawFd as _};

use libbpf_rs::query::{MapInfoIter, ProgInfoIter};
use libbpf_rs::{MapCore as _, MapFlags, MapHandle, MapType, Program};

use crate::Counters;
use crate::loader::sum;
use crate::wire::Stats;

/// Hash tables of ours whose entries are counted; a look-up for each, so not those of others.
const COUNTED: [&str; 3] = ["cgroups", "entering", "tasks"];

/// A loaded program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadedProgram {
    /// The kernel's number.
    pub id: u32,
    /// Its name, at most 15 bytes.
    pub name: String,
    /// Its type.
    pub kind: String,
    /// Its tag: a hash of its instructions, in hexadecimal.
    pub tag: String,
    /// Who loaded it.
    pub uid: u32,
    /// Instructions the verifier went through; 0 where the kernel does not tell.
    pub verified_instructions: u32,
    /// How often it ran, while kernel statistics are on (`kernel.bpf_stats_enabled`).
    pub runs: u64,
    /// How long it ran, in nanoseconds, while they are on.
    pub run_ns: u64,
    /// Runs that were left out because it was running already.
    pub recursion_misses: u64,
    /// Bytes of kernel memory, as far as it says.
    pub memory_bytes: Option<u64>,
}

/// A loaded map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadedMap {
    /// The kernel's number.
    pub id: u32,
    /// Its name, at most 15 bytes.
    pub name: String,
    /// Its type.
    pub kind: String,
    /// Bytes of a key.
    pub key_bytes: u32,
    /// Bytes of a value.
    pub value_bytes: u32,
    /// How many entries fit.
    pub entries_max: u32,
    /// How many are in it; told of our own hash tables only.
    pub entries: Option<u64>,
    /// Its flags (`BPF_F_*`).
    pub flags: u32,
    /// Bytes of kernel memory, as far as it says.
    pub memory_bytes: Option<u64>,
}

/// The first `limit` programs. Without privilege the kernel shows none.
pub fn programs(limit: usize) -> Vec<LoadedProgram> {
    ProgInfoIter::default()
        .take(limit)
        .map(|info| LoadedProgram {
            id: info.id,
            name: info.name.to_string_lossy().into_owned(),
            kind: format!("{:?}", info.ty),
            tag: info.tag.0.iter().map(|byte| format!("{byte:02x}")).collect(),
            uid: info.created_by_uid,
            verified_instructions: info.verified_insns,
            runs: info.run_cnt,
            run_ns: info.run_time_ns,
            recursion_misses: info.recursion_misses,
            memory_bytes: Program::fd_from_id(info.id).ok().and_then(memory),
        })
        .collect()
}

/// The programs that this process holds.
pub fn own_programs() -> Vec<LoadedProgram> {
    let files = fs::read_dir("/proc/self/fdinfo").into_iter().flatten().flatten();
    let own: std::collections::HashSet<u32> = files
        .filter_map(|file| {
            let text = fs::read_to_string(file.path()).ok()?;
            text.lines().find_map(|line| line.strip_prefix("prog_id:"))?.trim().parse().ok()
        })
        .collect();
    let mut programs = programs(usize::MAX);
    programs.retain(|program| own.contains(&program.id));
    programs
}

/// The first `limit` maps. Without privilege the kernel shows none.
pub fn maps(limit: usize) -> Vec<LoadedMap> {
    MapInfoIter::default()
        .take(limit)
        .map(|info| LoadedMap {
            id: info.id,
            name: info.name.to_string_lossy().into_owned(),
            kind: format!("{:?}", info.ty),
            key_bytes: info.key_size,
            value_bytes: info.value_size,
            entries_max: info.max_entries,
            entries: entries(&info),
            flags: info.map_flags,
            memory_bytes: MapHandle::from_map_id(info.id).ok().and_then(memory),
        })
        .collect()
}

fn entries(info: &libbpf_rs::query::MapInfo) -> Option<u64> {
    let ours = COUNTED.iter().any(|name| info.name == *name) && info.ty == MapType::Hash;
    let map = MapHandle::from_map_id(info.id).ok().filter(|_| ours)?;
    // Keys that are removed meanwhile may start the walk anew; the bound ends it.
    Some(map.keys().take(info.max_entries as usize).count() as u64)
}

/// The accounts of the runs of this program on this host: the id of their map, and what they counted.
pub fn counters(limit: usize) -> Vec<(u32, Counters)> {
    // Values of per-CPU maps are padded to eight bytes.
    let bytes = size_of::<Stats>().next_multiple_of(8) as u32;
    MapInfoIter::default()
        .filter(|info| info.name == "stats" && info.ty == MapType::PercpuArray)
        .filter(|info| info.value_size.next_multiple_of(8) == bytes)
        .take(limit)
        .filter_map(|info| {
            let map = MapHandle::from_map_id(info.id).ok()?;
            let values = map.lookup_percpu(&0u32.to_ne_bytes(), MapFlags::ANY).ok()??;
            Some((info.id, sum(&values)))
        })
        .collect()
}

/// The `memlock` line of an object's `fdinfo` (`bpf_map_show_fdinfo`, `bpf_prog_show_fdinfo` in
/// kernel/bpf/syscall.c).
fn memory(object: impl AsFd) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/self/fdinfo/{}", object.as_fd().as_raw_fd())).ok()?;
    text.lines().find_map(|line| line.strip_prefix("memlock:"))?.trim().parse().ok()
}

/// The version of the library that loads programs.
pub fn libbpf_version() -> String {
    // SAFETY: plain functions without arguments.
    let (major, minor) = unsafe { (libbpf_sys::libbpf_major_version(), libbpf_sys::libbpf_minor_version()) };
    format!("{major}.{minor}")
}
