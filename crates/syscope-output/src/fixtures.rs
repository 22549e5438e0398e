//! Calls for tests, of specifications that stand here, so that the tables may change.

use syscope_event::{
    Comm, Ending, Event, Loss, LossReason, Namespaces, Pid, Process, Syscall as Called, Thread, Tid,
    Timestamp,
};
use syscope_syscalls::capture::Op;
use syscope_syscalls::names::file::OPEN_FLAGS;
use syscope_syscalls::syscall::{Custom, Len, Ret, Syscall, Ty, a, call};
use syscope_syscalls::taxonomy::{Group, Sets};
use syscope_syscalls::{Abi, Blobs, Call, Status};

/// A path, flags and a descriptor.
pub static OPENAT: Syscall = call(
    "openat",
    Group::Files,
    Sets::NONE,
    Ret::Fd,
    &[
        a("dirfd", "int", Ty::DirFd),
        a("pathname", "const char *", Ty::Path),
        a("flags", "int", Ty::Flags(&OPEN_FLAGS)),
    ],
);

/// Data that the kernel wrote.
pub static READ: Syscall = call(
    "read",
    Group::ReadWrite,
    Sets::NONE,
    Ret::Int,
    &[
        a("fd", "unsigned int", Ty::Fd),
        a("buf", "char *", Ty::Out(&Ty::Bytes(Len::Ret))),
        a("count", "size_t", Ty::ULong),
    ],
);

/// No arguments.
pub static GETPID: Syscall = call("getpid", Group::Process, Sets::NONE, Ret::Pid, &[]);

/// An address as its result.
pub static BRK: Syscall =
    call("brk", Group::VirtualMemory, Sets::NONE, Ret::Hex, &[a("brk", "unsigned long", Ty::Addr)]);

/// No result.
pub static EXIT_GROUP: Syscall =
    call("exit_group", Group::Process, Sets::NONE, Ret::Never, &[a("status", "int", Ty::Int)]);

/// A result with details.
pub static WAIT: Syscall = call(
    "wait",
    Group::MultiplexedIo,
    Sets::NONE,
    Ret::Custom(&Custom { capture: |_| Vec::<Op>::new(), print: print_wait }),
    &[a("timeout", "int", Ty::Int)],
);

fn print_wait(cx: &mut syscope_syscalls::decode::Cx<'_, '_>, _: usize) {
    let ret = cx.call.ret.unwrap_or(0);
    cx.out.int(ret);
    match ret {
        0 => {
            cx.out.begin_details();
            cx.out.item();
            cx.out.symbol("Timeout");
            cx.out.end_details();
        }
        1 => {
            cx.out.begin_details();
            cx.out.item();
            cx.out.begin_struct();
            cx.out.field("fd");
            cx.out.fd(3, None);
            cx.out.end_struct(false);
            cx.out.end_details();
        }
        _ => {}
    }
}

/// A call that owns what its event borrows.
#[derive(Debug, Clone)]
pub struct Made {
    pub abi: Abi,
    pub nr: u32,
    pub syscall: Option<&'static Syscall>,
    pub args: [u64; 6],
    pub ret: Option<i64>,
    pub blobs: Vec<u8>,
    pub ending: Ending,
    pub latency_ns: Option<u64>,
    pub comm: Vec<u8>,
    pub cgroup: u64,
    pub process: Process,
}

impl Made {
    /// A call with these registers and this result.
    pub fn new(syscall: &'static Syscall, args: &[u64], ret: i64) -> Made {
        let mut registers = [0; 6];
        registers[..args.len()].copy_from_slice(args);
        Made {
            abi: Abi::native(),
            nr: 257,
            syscall: Some(syscall),
            args: registers,
            ret: Some(ret),
            blobs: Vec::new(),
            ending: Ending::Returned,
            latency_ns: None,
            comm: b"sh".to_vec(),
            cgroup: 4211,
            process: Process {
                pid: Pid(4711),
                start_boot_ns: 1,
                start: Timestamp(1_795_228_200_000_000_001),
                ppid: Some(Pid(1)),
                exe: Some(Box::from(&b"/bin/busybox"[..])),
                session: Some(4000),
                ns_pid: None,
                namespaces: Namespaces { pid: Some(4_026_535_150), mnt: Some(4_026_535_149), uts: None },
            },
        }
    }

    /// `openat` of `path`.
    pub fn open(path: &[u8], ret: i64) -> Made {
        Made::new(&OPENAT, &[-100_i64 as u64, 0x7ffc_0de0, 0o2_000_000], ret).blob(1, Status::Complete, path)
    }

    /// The same with a copy of memory.
    pub fn blob(mut self, arg: u8, status: Status, bytes: &[u8]) -> Made {
        Blobs::push(&mut self.blobs, arg, 0, status, bytes);
        self
    }

    /// The same with a description of the file behind a descriptor; `names` from the leaf up.
    pub fn file(self, arg: u8, names: &[u8]) -> Made {
        let mut bytes = vec![0; 64];
        bytes[..4].copy_from_slice(&0xef53_u32.to_le_bytes());
        bytes.extend_from_slice(names);
        self.blob(arg, Status::Complete, &bytes)
    }

    /// The same by a thread of another name.
    pub fn comm(mut self, comm: &[u8]) -> Made {
        self.comm = comm.to_vec();
        self
    }

    /// The same with another ending; without a result if it has none.
    pub fn ending(mut self, ending: Ending) -> Made {
        self.ending = ending;
        if matches!(ending, Ending::Never | Ending::Unfinished) {
            self.ret = None;
        }
        self
    }

    /// The same with a latency.
    pub fn latency(mut self, latency_ns: u64) -> Made {
        self.latency_ns = Some(latency_ns);
        self
    }

    /// The same by number only.
    pub fn unknown(mut self, nr: u32) -> Made {
        self.nr = nr;
        self.syscall = None;
        self
    }

    /// The same as a 32-bit call.
    pub fn compat(mut self) -> Made {
        self.abi = Abi::I386;
        self
    }

    /// The event.
    pub fn event(&self) -> Event<'_> {
        let mut comm = [0; 16];
        comm[..self.comm.len()].copy_from_slice(&self.comm);
        Event::Syscall(Called {
            time: Timestamp(1_795_228_229_123_456_789),
            call: Call {
                abi: self.abi,
                nr: self.nr,
                syscall: self.syscall,
                args: self.args,
                ret: self.ret,
                blobs: Blobs(&self.blobs),
            },
            latency_ns: self.latency_ns,
            ending: self.ending,
            thread: Thread {
                tid: Tid(4712),
                comm: Comm(comm),
                uid: 1000,
                gid: 100,
                cgroup: self.cgroup,
                process: &self.process,
            },
        })
    }
}

/// A gap of that many events.
pub fn gap(lost: u64) -> Event<'static> {
    Event::Loss(Loss {
        time: Timestamp(1_795_228_229_123_456_789),
        reason: LossReason::RingFull,
        lost,
        cpu: Some(3),
        since: Some(Timestamp(1_795_228_228_999_999_999)),
    })
}
