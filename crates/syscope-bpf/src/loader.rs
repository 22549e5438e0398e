//! A session: the programs loaded for a [`Config`], attached, and gone when it is dropped.

use std::cell::RefCell;
use std::io::Read as _;
use std::mem::size_of;
use std::os::fd::AsFd as _;
use std::slice;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use libbpf_rs::{Iter, IterOpts, Link, MapCore as _, MapFlags, MapHandle, MapType, PrintLevel, ProgramInput};

pub use self::cgroups::CgroupPut;
pub use self::counters::Counters;
pub(crate) use self::counters::sum;
use crate::counts::{Counts, Histograms};
use crate::jobs::{JobCounts, JobRule};
use crate::object::{Loaded, Opened, Variant};
use crate::probe::Probe;
use crate::ring::{Rings, now_boot_ns, possible_cpus};
use crate::wire::{JobStatsValue, RawEvent, TaskTraced};
use crate::{Config, Error};

mod captures;
mod cgroups;
mod counters;

/// Programs that run for as long as this value lives.
pub struct Session {
    /// Detached first: fields are dropped in their order.
    links: Vec<Link>,
    /// Those of the entry, where it is hooked when a job wants it.
    entry: Vec<Link>,
    object: Loaded,
    rings: Rings,
    stats: MapHandle,
    cgroups: MapHandle,
    hooks: Vec<&'static str>,
    variant: Variant,
    /// The number of the tracked hierarchy.
    hierarchy: u32,
}

// SAFETY: the object is owned by the session alone; libbpf ties nothing to a thread.
unsafe impl Send for Session {}

/// How processes are marked ([`Session::mark`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// The process and all that descends from it, from now on.
    Tree,
    /// The process alone, from its next exec on.
    FromExec,
}

impl Session {
    /// Loads and attaches. Nothing is recorded before [`Session::enable`].
    pub fn start(config: &Config) -> Result<Session, Error> {
        let probe = Probe::host()?;
        let log = LoadLog::begin();
        let cpus = possible_cpus();
        let variant = if config.portable { Variant::Portable } else { probe.variant() };
        let mut open = Opened::open(variant).map_err(|source| load_error(source, log.last()))?;
        prepare(&mut open, config, probe, cpus)?;
        let mut object = open.load().map_err(|source| load_error(source, log.last()))?;
        let rings = make_rings(&mut object, config.ring_bytes(cpus), cpus)?;
        captures::write(&mut object, config)?;
        find_tracer(&object)?;
        if config.histograms().is_some() {
            histograms(&mut object)?.fill()?;
        }
        let stats = object.map("stats").map_err(step("find the counters"))?;
        let cgroups = object.map("cgroups").map_err(step("find the table of cgroups"))?;
        let links = attach(&object, |hook| !(config.jobs && hook == ENTRY))?;
        let hierarchy = config.tracked.map_or(0, |tracked| tracked.hierarchy);
        let mut hooks = hooks(config, probe);
        hooks.retain(|hook| !(config.jobs && *hook == ENTRY));
        Ok(Session { links, entry: Vec::new(), object, rings, stats, cgroups, hooks, variant, hierarchy })
    }

    /// Which of the two objects runs.
    pub fn variant(&self) -> Variant {
        self.variant
    }

    /// Tells the pid namespace that a filter was left open for.
    pub fn set_pid_namespace(&self, inode: u32) {
        self.bss_u32(|bss| &raw const bss.pid_ns_late).store(inode, Ordering::SeqCst);
    }

    /// Begins to record.
    pub fn enable(&self) {
        self.bss_u32(|bss| &raw const bss.enabled).store(1, Ordering::SeqCst);
    }

    /// Ends recording; what is in the rings stays readable.
    pub fn disable(&self) {
        self.bss_u32(|bss| &raw const bss.enabled).store(0, Ordering::SeqCst);
    }

    /// After [`Session::disable`]: waits for the programs that were running then, whose records would be
    /// counted and yet come too late.
    pub fn settle() {
        const MEMBARRIER_CMD_GLOBAL: libc::c_int = 1;
        // Programs on tracepoints run with preemption off, so this command, which waits for an RCU grace
        // period (kernel/sched/membarrier.c), waits for them. On hosts with `nohz_full` it is refused; the
        // account may then be short of the records of that moment.
        // SAFETY: a system call without pointers.
        unsafe { libc::syscall(libc::SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) };
    }

    /// The rings, and the doorbell to sleep on them with.
    pub fn rings(&mut self) -> &mut Rings {
        &mut self.rings
    }

    /// Sleeps until there may be records ([`Rings::wait`]).
    pub fn wait(&mut self, timeout: std::time::Duration) -> Result<(), Error> {
        let bss = self.object.bss();
        // SAFETY: an aligned word of the shared .bss, which lives as long as the object and is only
        // accessed by whole words on both sides.
        let waiting = unsafe { &*(&raw const (*bss).waiting).cast::<AtomicU32>() };
        self.rings.wait(waiting, timeout)
    }

    /// The hooks that are attached, by tracepoint.
    pub fn hooks(&self) -> &[&'static str] {
        &self.hooks
    }

    /// Hooks the entry of calls, or lets it go ([`Config::jobs`]). What is measured begins with the next entry.
    pub fn hook_entry(&mut self, hook: bool) -> Result<(), Error> {
        let since = self.bss_u64(|bss| &raw const bss.entry_hooked);
        if hook && self.entry.is_empty() {
            since.store(now_boot_ns(), Ordering::SeqCst);
            self.entry = attach(&self.object, |hook| hook == ENTRY)?;
            self.hooks.push(ENTRY);
        } else if !hook && !self.entry.is_empty() {
            since.store(0, Ordering::SeqCst);
            self.entry.clear();
            self.hooks.retain(|hook| *hook != ENTRY);
        }
        Ok(())
    }

    /// The counts of calls; `None` if none are kept. The handle may be used beside the session, by another thread.
    pub fn counts(&mut self) -> Result<Option<Counts>, Error> {
        let counts = self.object.map("counts").map_err(step("find the counts"))?;
        if counts.max_entries() == 1 {
            return Ok(None);
        }
        Ok(Some(Counts::new(counts, histograms(&mut self.object)?)))
    }

    /// Begins a job, or changes what it wants; its account begins anew.
    pub fn put_job(&mut self, job: u8, rule: &JobRule) -> Result<(), Error> {
        let stats = self.object.map("job_stats").map_err(step("find the accounts of jobs"))?;
        let empty = vec![vec![0u8; size_of::<JobStatsValue>()]; possible_cpus()];
        stats
            .update_percpu(&u32::from(job).to_ne_bytes(), &empty, MapFlags::ANY)
            .map_err(step("clear the account of a job"))?;
        // SAFETY: the shared .bss lives as long as the object.
        let bss = unsafe { &*self.object.bss() };
        crate::jobs::put(bss, job, rule);
        Ok(())
    }

    /// Ends a job. Records for it may still be in the rings, so its number must not be used again before they are drained.
    pub fn end_job(&self, job: u8) {
        // SAFETY: as above.
        crate::jobs::end(unsafe { &*self.object.bss() }, job);
    }

    /// For a record whose owner was not known in the kernel, and which a job does want: whether it is one that the job samples.
    pub fn sample(&self, job: u8) -> bool {
        // SAFETY: as above.
        crate::jobs::sample(unsafe { &*self.object.bss() }, job)
    }

    /// Whether the kernel leaves out what a job does not sample. Where it cannot (before 5.12), that is done by
    /// [`Session::sample`].
    pub fn samples(&self) -> bool {
        self.variant == Variant::Typed
    }

    /// The account of a job.
    pub fn job_counts(&mut self, job: u8) -> Result<JobCounts, Error> {
        let stats = self.object.map("job_stats").map_err(step("find the accounts of jobs"))?;
        let per_cpu = stats
            .lookup_percpu(&u32::from(job).to_ne_bytes(), MapFlags::ANY)
            .map_err(step("read the account of a job"))?;
        Ok(JobCounts::sum(&per_cpu.unwrap_or_default()))
    }

    /// Tasks that are marked and alive.
    pub fn marked_tasks(&self) -> i64 {
        let bss = self.object.bss();
        // SAFETY: an aligned word of the shared .bss.
        unsafe { (&raw const (*bss).tasks_traced).read_volatile() }
    }

    /// Marks a process for [`crate::Filter::tree`].
    pub fn mark(&mut self, pid: u32, mark: Mark) -> Result<(), Error> {
        let as_what = match mark {
            Mark::Tree => TaskTraced::TRACED,
            Mark::FromExec => TaskTraced::ARMED,
        };
        self.bss_u32(|bss| &raw const bss.mark_pid).store(pid, Ordering::SeqCst);
        self.bss_u32(|bss| &raw const bss.mark_as).store(as_what, Ordering::SeqCst);
        let before = self.marked();
        loop {
            let reached = self.marked();
            self.iterate("mark_tasks", "mark the process tree")?;
            if self.marked() == reached {
                break;
            }
        }
        if self.marked() == before { Err(Error::NoProcess(pid)) } else { Ok(()) }
    }

    /// The calls that have not returned, with the registers they were entered with (needs
    /// [`Config::entry`]).
    pub fn calls_in_progress(&self) -> Result<Vec<RawEvent>, Error> {
        let bytes = self.iterate("calls_in_progress", "list the calls in progress")?;
        Ok(bytes
            .chunks_exact(size_of::<RawEvent>())
            .filter_map(|chunk| crate::wire::Record::parse(chunk).map(|record| record.event))
            .collect())
    }

    fn marked(&self) -> u64 {
        let bss = self.object.bss();
        // SAFETY: an aligned word of the shared .bss.
        unsafe { (&raw const (*bss).marked).read_volatile() }
    }

    fn bss_u32(&self, field: impl Fn(&crate::skel::types::bss) -> *const u32) -> &AtomicU32 {
        // SAFETY: the shared .bss lives as long as the object.
        let bss = unsafe { &*self.object.bss() };
        // SAFETY: an aligned word of the shared .bss, which lives as long as the object; both sides
        // access it by whole words only.
        unsafe { &*field(bss).cast::<AtomicU32>() }
    }

    fn bss_u64(&self, field: impl Fn(&crate::skel::types::bss) -> *const u64) -> &AtomicU64 {
        // SAFETY: the shared .bss lives as long as the object.
        let bss = unsafe { &*self.object.bss() };
        // SAFETY: an aligned word of the shared .bss, which lives as long as the object; both sides
        // access it by whole words only.
        unsafe { &*field(bss).cast::<AtomicU64>() }
    }

    fn iterate(&self, program: &str, what: &str) -> Result<Vec<u8>, Error> {
        let link = self.object.program(program).attach_iter_with_opts(IterOpts::None).map_err(step(what))?;
        let mut bytes = Vec::new();
        Iter::new(&link)
            .map_err(step(what))?
            .read_to_end(&mut bytes)
            .map_err(|err| Error::Step { step: what.to_owned(), source: err.into() })?;
        Ok(bytes)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.disable();
        self.entry.clear();
        self.links.clear();
    }
}

fn histograms(object: &mut Loaded) -> Result<Histograms, Error> {
    let mut map = |name| object.map(name).map_err(step("find the histograms"));
    Ok(Histograms {
        numbers: map("histogram_numbers")?,
        values: map("histograms")?,
        free: map("histograms_free")?,
    })
}

/// The tracepoints a run hooks. System calls pay only where calls are wanted.
fn hooks(config: &Config, probe: Probe) -> Vec<&'static str> {
    let mut hooks = Vec::new();
    let calls = config.hooks_calls();
    if calls {
        hooks.push("sys_exit");
    }
    if calls && (config.entry || config.jobs) {
        hooks.push("sys_enter");
    }
    if config.hooks_forks() {
        hooks.push("sched_process_fork");
    }
    hooks.push("sched_process_exec");
    if config.hooks_ends() {
        hooks.push("sched_process_exit");
    }
    if probe.prepare_exec {
        hooks.push("sched_prepare_exec");
    }
    if config.follows_cgroups() {
        hooks.extend(CGROUP_HOOKS);
    }
    hooks
}

/// The tracepoints by which the table of cgroups is kept.
const CGROUP_HOOKS: [&str; 7] = [
    "cgroup_mkdir",
    "cgroup_rmdir",
    "cgroup_release",
    "cgroup_rename",
    "cgroup_notify_populated",
    "cgroup_attach_task",
    "cgroup_transfer_tasks",
];

/// Sizes, read-only data, and which programs are loaded.
pub(crate) fn prepare(open: &mut Opened, config: &Config, probe: Probe, cpus: usize) -> Result<(), Error> {
    open.set_entries("rings", cpus as u32).map_err(step("size the rings"))?;
    open.set_entries("scratches", cpus as u32).map_err(step("size the scratch"))?;
    let cgroups = if config.follows_cgroups() { config.cgroup_capacity } else { 1 };
    open.set_entries("cgroups", cgroups).map_err(step("size the table of cgroups"))?;
    let counts = config.counts.map_or(1, |counts| counts.capacity.max(2));
    open.set_entries("counts", counts).map_err(step("size the counts"))?;
    let histograms = config.histograms();
    if histograms.is_none() {
        open.set_value_bytes("counts", size_of::<u64>()).map_err(step("size the counts"))?;
    }
    // The first is nobody's.
    let sizes = [("histograms", 1), ("histogram_numbers", 0), ("histograms_free", 0)];
    for (map, more) in sizes {
        open.set_entries(map, histograms.unwrap_or(1) + more).map_err(step("size the histograms"))?;
    }
    let hooks = hooks(config, probe);
    for mut program in open.programs() {
        // Programs on tracepoints have their names; the others are run when they are wanted, not attached.
        let name = program.name().to_string_lossy().into_owned();
        // Where programs can be preempted there are two more of some (turn.bpf.h).
        let copied = copy_of(&name);
        if program.section().to_string_lossy().starts_with("tp_btf/") {
            let hook = copied.unwrap_or(&name);
            let wanted = hooks.contains(&hook) && (copied.is_none() || probe.preemptible);
            program.set_autoload(wanted);
        }
    }
    if config.portable || probe.variant() == Variant::Portable {
        raise_memlock();
    } else if !probe.preemptible {
        open.set_entries("turns", 1).map_err(step("size the turns"))?;
    }
    let rodata = open.rodata();
    rodata.filter = config.filter.to_wire();
    rodata.string_limit = config.string_limit.clamp(1, 1024);
    rodata.want_latency = config.entry || config.jobs;
    rodata.want_jobs = config.jobs;
    rodata.want_counts = config.counts.is_some();
    rodata.want_histograms = histograms.is_some();
    rodata.want_processes = config.processes;
    rodata.preemptible = probe.preemptible;
    rodata.exit_tells_last = probe.exit_tells_last;
    if let Some(tracked) = config.tracked {
        rodata.tracked_subsys = tracked.subsystem.map_or(TRACKED_UNIFIED, i32::from);
        rodata.tracked_hierarchy = tracked.hierarchy;
    }
    if let Some(execs) = config.execs {
        rodata.want_execs = true;
        rodata.want_exits = execs.exits;
        rodata.args_limit = execs.args_limit;
        rodata.env_limit = execs.env_limit;
    }
    Ok(())
}

/// The program that another is a further copy of.
pub(crate) fn copy_of(name: &str) -> Option<&str> {
    name.strip_suffix("_second").or_else(|| name.strip_suffix("_third"))
}

/// Before 5.11 the memory of maps counts against a limit that is 64 KiB by default. Where it can't be raised
/// (CAP_SYS_RESOURCE) the load says so.
fn raise_memlock() {
    let limit = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: a system call with a pointer to a valid structure, which it only reads.
    if unsafe { libc::setrlimit(libc::RLIMIT_MEMLOCK, &raw const limit) } != 0 {
        tracing::debug!("raise RLIMIT_MEMLOCK: {}", std::io::Error::last_os_error());
    }
}

/// Has the kernel note who we are: our own view of our pid is another one in a pid namespace.
fn find_tracer(object: &Loaded) -> Result<(), Error> {
    let ran = object.program("find_tracer").test_run(ProgramInput::default());
    ran.map(drop).map_err(step("find the tracer's own pid"))
}

/// The hook of the entry of calls.
const ENTRY: &str = "sys_enter";

/// Attaches what was loaded to its tracepoints, those that are `wanted`.
fn attach(object: &Loaded, wanted: impl Fn(&str) -> bool) -> Result<Vec<Link>, Error> {
    let on_tracepoints = object.programs().filter(|program| {
        let section = program.section().to_string_lossy();
        program.autoload() && section.strip_prefix("tp_btf/").is_some_and(&wanted)
    });
    on_tracepoints
        .map(|program| {
            let name = program.name().to_string_lossy().into_owned();
            program.attach().map_err(step(&format!("attach {name}")))
        })
        .collect()
}

/// One ring per possible CPU.
fn make_rings(object: &mut Loaded, bytes: u32, cpus: usize) -> Result<Rings, Error> {
    let options = libbpf_sys::bpf_map_create_opts {
        sz: size_of::<libbpf_sys::bpf_map_create_opts>() as u64,
        ..Default::default()
    };
    let by_cpu = object.map("rings").map_err(step("find the rings"))?;
    let mut maps = Vec::with_capacity(cpus);
    for cpu in 0..cpus as u32 {
        let map = MapHandle::create(MapType::RingBuf, Some("syscope_ring"), 0, 0, bytes, &options)
            .map_err(step("create a ring"))?;
        let fd = std::os::fd::AsRawFd::as_raw_fd(&map.as_fd());
        by_cpu.update(&cpu.to_ne_bytes(), &fd.to_ne_bytes(), MapFlags::ANY).map_err(step("place a ring"))?;
        maps.push(map);
    }
    let fds: Vec<_> = maps.iter().map(|map| map.as_fd()).collect();
    let rings = Rings::map(&fds, bytes)?;
    Ok(rings.keep(maps))
}

/// `TRACKED_UNIFIED` of state.bpf.h.
const TRACKED_UNIFIED: i32 = -1;

/// The bytes of a generated structure of integers without padding.
pub(crate) fn bytes_of<T: Copy>(value: &T) -> &[u8] {
    // SAFETY: the structures of intf.h are integers with explicit padding fields.
    unsafe { slice::from_raw_parts((value as *const T).cast(), size_of::<T>()) }
}

pub(crate) fn step(what: &str) -> impl FnOnce(libbpf_rs::Error) -> Error + use<> {
    let step = what.to_owned();
    move |source| Error::Step { step, source }
}

fn load_error(source: libbpf_rs::Error, log: String) -> Error {
    if source.kind() == libbpf_rs::ErrorKind::PermissionDenied && !has_bpf_capabilities() {
        return Error::Privilege(std::io::Error::from(std::io::ErrorKind::PermissionDenied));
    }
    Error::Load { log, source }
}

/// Whether this process may load tracing programs: CAP_SYS_ADMIN, or CAP_BPF and CAP_PERFMON.
fn has_bpf_capabilities() -> bool {
    const SYS_ADMIN: u64 = 1 << 21;
    const PERFMON: u64 = 1 << 38;
    const BPF: u64 = 1 << 39;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let effective = status
        .lines()
        .find_map(|line| line.strip_prefix("CapEff:"))
        .and_then(|text| u64::from_str_radix(text.trim(), 16).ok())
        .unwrap_or(0);
    effective & SYS_ADMIN != 0 || effective & (PERFMON | BPF) == PERFMON | BPF
}

thread_local! {
    static LAST_LINE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// What libbpf says while programs are loaded: its lines go to the log, the last telling one into the
/// error.
struct LoadLog;

impl LoadLog {
    fn begin() -> LoadLog {
        LAST_LINE.with_borrow_mut(String::clear);
        libbpf_rs::set_print(Some((PrintLevel::Debug, |level, text| {
            let text = text.trim_end();
            match level {
                PrintLevel::Debug => tracing::trace!(target: "libbpf", "{text}"),
                PrintLevel::Info => tracing::debug!(target: "libbpf", "{text}"),
                PrintLevel::Warn => {
                    tracing::debug!(target: "libbpf", "{text}");
                    if let Some(line) = text.lines().rev().find(|line| !line.starts_with("--")) {
                        LAST_LINE.with_borrow_mut(|last| line.clone_into(last));
                    }
                }
            }
        })));
        LoadLog
    }

    fn last(&self) -> String {
        LAST_LINE.with_borrow(Clone::clone)
    }
}
