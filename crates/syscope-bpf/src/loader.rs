//! A session: the programs loaded for a [`Config`], attached, and gone when it is dropped.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::Read as _;
use std::mem::{ManuallyDrop, MaybeUninit, size_of};
use std::os::fd::AsFd as _;
use std::slice;
use std::sync::atomic::{AtomicU32, Ordering};

use libbpf_rs::skel::{OpenSkel as _, Skel as _, SkelBuilder as _};
use libbpf_rs::{
    Iter, IterOpts, MapCore as _, MapFlags, MapHandle, MapType, OpenObject, PrintLevel, ProgramInput,
};
use syscope_syscalls::capture::{self, Op, When};
use syscope_syscalls::{Abi, table};

use crate::probe::Probe;
use crate::ring::{Rings, possible_cpus};
use crate::skel::{OpenSyscallsSkel, SyscallsSkel, SyscallsSkelBuilder};
use crate::wire::{
    CaptureEntry, CaptureOp, CaptureProgram, CaptureVariant, Limit, RawEvent, Stats, TaskTraced,
};
use crate::{Config, Error};

/// Programs that run for as long as this value lives.
pub struct Session {
    /// Borrows from `object`; dropped first, by hand.
    skel: ManuallyDrop<SyscallsSkel<'static>>,
    object: *mut MaybeUninit<OpenObject>,
    rings: Rings,
    hooks: Vec<&'static str>,
}

// SAFETY: `object` is owned by the session alone; the skeleton itself is `Send`.
unsafe impl Send for Session {}

/// How processes are marked ([`Session::mark`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// The process and all that descends from it, from now on.
    Tree,
    /// The process alone, from its next exec on.
    FromExec,
}

/// The kernel side's account, summed over all CPUs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Records of system calls that passed all filters.
    pub produced: u64,
    /// Those of them that found no room.
    pub lost: u64,
    /// Records of the process stream: execs and ends.
    pub execs_produced: u64,
    /// Those of them that found no room.
    pub execs_lost: u64,
    /// Records about processes that found no room: their events are complete, what is known of the
    /// processes may not be.
    pub processes_lost: u64,
}

impl Session {
    /// Loads and attaches. Nothing is recorded before [`Session::enable`].
    pub fn start(config: &Config) -> Result<Session, Error> {
        let probe = Probe::host()?;
        let log = LoadLog::begin();
        let object: *mut MaybeUninit<OpenObject> = Box::into_raw(Box::new(MaybeUninit::uninit()));
        // SAFETY: the box was just leaked; the skeleton made from it is dropped before it is freed, here on
        // failure and in `drop` otherwise.
        let opened = SyscallsSkelBuilder::default().open(unsafe { &mut *object });
        let loaded = opened.map_err(|source| load_error(source, log.last())).and_then(|mut open| {
            let cpus = possible_cpus();
            prepare(&mut open, config, probe, cpus)?;
            let skel = open.load().map_err(|source| load_error(source, log.last()))?;
            let rings = make_rings(&skel, config.ring_bytes(cpus), cpus)?;
            write_captures(&skel, config)?;
            Ok((skel, rings))
        });
        let (mut skel, rings) = match loaded {
            Ok(loaded) => loaded,
            Err(err) => {
                // SAFETY: what borrowed from the box is gone.
                drop(unsafe { Box::from_raw(object) });
                return Err(err);
            }
        };
        let attached =
            find_tracer(&skel).and_then(|()| skel.attach().map_err(step("attach the kernel programs")));
        let hooks = hooks(config, probe);
        let session = Session { skel: ManuallyDrop::new(skel), object, rings, hooks };
        attached.map(|()| session)
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
    pub fn settle(&self) {
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
        let bss = self.skel.maps.bss_data.as_deref().expect("the object has a .bss");
        let waiting = &raw const bss.waiting;
        // SAFETY: an aligned word of the shared .bss, which lives as long as the skeleton and is only
        // accessed by whole words on both sides.
        let waiting = unsafe { &*waiting.cast::<AtomicU32>() };
        self.rings.wait(waiting, timeout)
    }

    /// The hooks that are attached, by tracepoint.
    pub fn hooks(&self) -> &[&'static str] {
        &self.hooks
    }

    /// Tasks that are marked and alive.
    pub fn marked_tasks(&self) -> i64 {
        let bss = self.skel.maps.bss_data.as_deref().expect("the object has a .bss");
        // SAFETY: an aligned word of the shared .bss.
        unsafe { (&raw const bss.tasks_traced).read_volatile() }
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
            self.iterate(&self.skel.progs.mark_tasks, "mark the process tree")?;
            if self.marked() == reached {
                break;
            }
        }
        if self.marked() == before { Err(Error::NoProcess(pid)) } else { Ok(()) }
    }

    /// The calls that have not returned, with the registers they were entered with (needs
    /// [`Config::entry`]).
    pub fn calls_in_progress(&self) -> Result<Vec<RawEvent>, Error> {
        let bytes = self.iterate(&self.skel.progs.calls_in_progress, "list the calls in progress")?;
        Ok(bytes
            .chunks_exact(size_of::<RawEvent>())
            .filter_map(|chunk| crate::wire::Record::parse(chunk).map(|record| record.event))
            .collect())
    }

    /// The account so far.
    pub fn counters(&self) -> Result<Counters, Error> {
        let key = 0u32.to_ne_bytes();
        let per_cpu = self
            .skel
            .maps
            .stats
            .lookup_percpu(&key, MapFlags::ANY)
            .map_err(step("read the counters"))?
            .unwrap_or_default();
        let mut sum = Counters::default();
        for bytes in &per_cpu {
            if bytes.len() < size_of::<Stats>() {
                continue;
            }
            // SAFETY: the bytes are one value of the map, all of whose fields are integers.
            let stats = unsafe { bytes.as_ptr().cast::<Stats>().read_unaligned() };
            sum.produced += stats.syscalls.produced;
            sum.lost += stats.syscalls.lost;
            sum.processes_lost += stats.processes.lost;
            sum.execs_produced += stats.execs.produced;
            sum.execs_lost += stats.execs.lost;
        }
        Ok(sum)
    }

    fn marked(&self) -> u64 {
        let bss = self.skel.maps.bss_data.as_deref().expect("the object has a .bss");
        // SAFETY: an aligned word of the shared .bss.
        unsafe { (&raw const bss.marked).read_volatile() }
    }

    fn bss_u32(&self, field: impl Fn(&crate::skel::types::bss) -> *const u32) -> &AtomicU32 {
        let bss = self.skel.maps.bss_data.as_deref().expect("the object has a .bss");
        // SAFETY: an aligned word of the shared .bss, which lives as long as the skeleton; both sides
        // access it by whole words only.
        unsafe { &*field(bss).cast::<AtomicU32>() }
    }

    fn iterate(&self, program: &libbpf_rs::ProgramMut<'_>, what: &str) -> Result<Vec<u8>, Error> {
        let link = program.attach_iter_with_opts(IterOpts::None).map_err(step(what))?;
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
        // SAFETY: the skeleton is not used again, and the box it borrows from is freed after it.
        unsafe {
            ManuallyDrop::drop(&mut self.skel);
            drop(Box::from_raw(self.object));
        }
    }
}

/// The tracepoints a run hooks. System calls pay only where calls are wanted.
fn hooks(config: &Config, probe: Probe) -> Vec<&'static str> {
    let mut hooks = Vec::new();
    let calls = config.hooks_calls();
    if calls {
        hooks.push("sys_exit");
    }
    if calls && config.entry {
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
    hooks
}

/// Sizes, read-only data, and which programs are loaded.
fn prepare(open: &mut OpenSyscallsSkel<'_>, config: &Config, probe: Probe, cpus: usize) -> Result<(), Error> {
    open.maps.rings.set_max_entries(cpus as u32).map_err(step("size the rings"))?;
    open.maps.scratches.set_max_entries(cpus as u32).map_err(step("size the scratch"))?;
    let hooks = hooks(config, probe);
    open.progs.sys_exit.set_autoload(hooks.contains(&"sys_exit"));
    open.progs.sys_enter.set_autoload(hooks.contains(&"sys_enter"));
    open.progs.sched_process_fork.set_autoload(hooks.contains(&"sched_process_fork"));
    open.progs.sched_process_exit.set_autoload(hooks.contains(&"sched_process_exit"));
    open.progs.sched_prepare_exec.set_autoload(probe.prepare_exec);
    // Iterators are run when they are wanted, not attached.
    open.progs.calls_in_progress.set_autoattach(false);
    open.progs.mark_tasks.set_autoattach(false);
    let rodata = open.maps.rodata_data.as_deref_mut().expect("the object has .rodata");
    rodata.filter = config.filter.to_wire();
    rodata.string_limit = config.string_limit.clamp(1, 1024);
    rodata.want_latency = config.entry;
    rodata.want_processes = config.processes;
    rodata.exit_tells_last = probe.exit_tells_last;
    if let Some(execs) = config.execs {
        rodata.want_execs = true;
        rodata.want_exits = execs.exits;
        rodata.args_limit = execs.args_limit;
        rodata.env_limit = execs.env_limit;
    }
    Ok(())
}

/// Has the kernel note who we are: our own view of our pid is another one in a pid namespace.
fn find_tracer(skel: &SyscallsSkel<'_>) -> Result<(), Error> {
    let ran = skel.progs.find_tracer.test_run(ProgramInput::default());
    ran.map(drop).map_err(step("find the tracer's own pid"))
}

/// One ring per possible CPU.
fn make_rings(skel: &SyscallsSkel<'_>, bytes: u32, cpus: usize) -> Result<Rings, Error> {
    let options = libbpf_sys::bpf_map_create_opts {
        sz: size_of::<libbpf_sys::bpf_map_create_opts>() as u64,
        ..Default::default()
    };
    let mut maps = Vec::with_capacity(cpus);
    for cpu in 0..cpus as u32 {
        let map = MapHandle::create(MapType::RingBuf, Some("syscope_ring"), 0, 0, bytes, &options)
            .map_err(step("create a ring"))?;
        let fd = std::os::fd::AsRawFd::as_raw_fd(&map.as_fd());
        skel.maps
            .rings
            .update(&cpu.to_ne_bytes(), &fd.to_ne_bytes(), MapFlags::ANY)
            .map_err(step("place a ring"))?;
        maps.push(map);
    }
    let fds: Vec<_> = maps.iter().map(|map| map.as_fd()).collect();
    let rings = Rings::map(&fds, bytes)?;
    Ok(rings.keep(maps))
}

/// Writes the capture program of every call that can be recorded; equal ones are shared.
fn write_captures(skel: &SyscallsSkel<'_>, config: &Config) -> Result<(), Error> {
    let options = capture::Options { fds: config.fds };
    let mut ids: HashMap<Vec<Op>, u32> = HashMap::new();
    let mut programs: Vec<Vec<Op>> = vec![Vec::new()];
    let mut id_of = |ops: Vec<Op>| -> u32 {
        if ops.is_empty() {
            return 0;
        }
        *ids.entry(ops).or_insert_with_key(|ops| {
            programs.push(ops.clone());
            programs.len() as u32 - 1
        })
    };
    for (index, abi) in [(0, Abi::native()), (1, Abi::native().compat())] {
        for &(nr, _) in table::numbers(abi) {
            let Some(syscall) = table::syscall(abi, nr) else { continue };
            if nr >= Limit::SYSCALLS_MAX || !config.filter.syscalls.contains(abi, nr) {
                continue;
            }
            let program = capture::program(syscall, abi, options);
            let call = index * Limit::SYSCALLS_MAX + nr;
            let (selector, selector_mask) = program.selector.unwrap_or((255, 0));
            let entry =
                CaptureEntry { program: id_of(program.ops), selector, selector_mask, ..Default::default() };
            skel.maps
                .capture_entries
                .update(&call.to_ne_bytes(), bytes_of(&entry), MapFlags::ANY)
                .map_err(step("write a capture entry"))?;
            for (value, ops) in program.variants {
                let key = CaptureVariant { call, value, ..Default::default() };
                skel.maps
                    .capture_variants
                    .update(bytes_of(&key), &id_of(ops).to_ne_bytes(), MapFlags::ANY)
                    .map_err(step("write a capture variant"))?;
            }
        }
    }
    for (id, ops) in programs.iter().enumerate().skip(1) {
        let mut program = CaptureProgram { ops_count: ops.len() as u32, ..Default::default() };
        for (to, op) in program.ops.iter_mut().zip(ops) {
            *to = encode(op);
        }
        skel.maps
            .capture_programs
            .update(&(id as u32).to_ne_bytes(), bytes_of(&program), MapFlags::ANY)
            .map_err(step("write a capture program"))?;
    }
    Ok(())
}

fn encode(op: &Op) -> CaptureOp {
    let (when, above) = match op.when {
        When::Always => (0, 0),
        When::Ok => (1, 0),
        When::RetAbove(n) => (2, n),
        When::TotalAbove(n) => (3, n),
        When::Failed => (4, 0),
    };
    CaptureOp {
        kind: op.kind as u8,
        arg: op.arg,
        part: op.part,
        when,
        above,
        ptr: op.ptr.code(),
        count: op.count.code(),
        total: op.total.code(),
        ptr_off: op.ptr_off,
        count_off: op.count_off,
        size: op.size,
        limit: op.limit,
        base: u8::from(op.base),
        zero: [0; 3],
    }
}

/// The bytes of a generated structure of integers without padding.
fn bytes_of<T: Copy>(value: &T) -> &[u8] {
    // SAFETY: the structures of intf.h are integers with explicit padding fields.
    unsafe { slice::from_raw_parts((value as *const T).cast(), size_of::<T>()) }
}

fn step(what: &str) -> impl FnOnce(libbpf_rs::Error) -> Error + use<> {
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
