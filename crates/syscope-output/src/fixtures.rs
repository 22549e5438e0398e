//! Calls for tests, of specifications that stand here, so that the tables may change.

use syscope_event::{
    Cgroup, CgroupChange, Change, Comm, Container, Ending, Event, Loss, LossReason, Namespaces, Owner,
    OwnerKind, Pid, Process, Source, Syscall as Called, Thread, Tid, Timestamp, Unit,
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
    pub owner: Option<Owner>,
    pub entering: bool,
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
            owner: None,
            entering: false,
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

    /// The same by a thread of this owner's.
    pub fn owner(mut self, owner: Owner) -> Made {
        self.owner = Some(owner);
        self
    }

    /// The same by a runtime that is at work in the cgroup.
    pub fn entering(mut self) -> Made {
        self.entering = true;
        self
    }

    /// Its cgroup: where owners are known, more is known of it.
    fn cgroup(&self) -> Cgroup<'_> {
        match &self.owner {
            Some(owner) => Cgroup { entering: self.entering, ..cgroup(self.cgroup, owner) },
            None => Cgroup { id: self.cgroup, ..Cgroup::default() },
        }
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
                cgroup: self.cgroup(),
                process: &self.process,
            },
        })
    }
}

/// A cgroup below that of its owner.
pub fn cgroup(id: u64, owner: &Owner) -> Cgroup<'_> {
    Cgroup {
        id,
        hierarchy: "memory",
        tracking_id: Some(4180),
        path: Some(b"/kubepods/pod8a9a/1376"),
        owner: Some(owner),
        entering: false,
    }
}

/// `prod/web-0/nginx`, of which everything is known.
pub fn pod() -> Owner {
    container(Container {
        id: "13765a70e8b1".into(),
        name: Some("nginx".into()),
        image: Some("docker.io/library/nginx:1".into()),
        runtime: Some("containerd".into()),
        pod: Some("web-0".into()),
        pod_uid: Some("8a9a".into()),
        namespace: Some("prod".into()),
        labels: [("app".into(), "web".into()), ("tier".into(), "\"front\"".into())].into(),
    })
}

/// A container that a runtime knows.
pub fn container(container: Container) -> Owner {
    Owner { kind: OwnerKind::Container(Box::new(container)), source: Source::Cri, doubt: None }
}

/// A container that is known by its path only.
pub fn guessed() -> Owner {
    let id = "4f1c2a3b4d5e6f70".into();
    Owner {
        source: Source::Path,
        doubt: Some("docker: no answer within 2 s".into()),
        ..container(Container { id, runtime: Some("docker".into()), ..Container::default() })
    }
}

/// `ssh.service`.
pub fn unit() -> Owner {
    let unit = Unit { name: "ssh.service".into(), slice: Some("system.slice".into()), user: None };
    Owner { kind: OwnerKind::Unit(unit), source: Source::Unit, doubt: None }
}

/// An owner that could not be told.
pub fn unknown() -> Owner {
    Owner { kind: OwnerKind::Unknown, source: Source::None, doubt: Some("too many questions".into()) }
}

/// A change of a cgroup of this owner's.
pub fn change(change: Change, owner: &Owner) -> CgroupChange<'_> {
    CgroupChange {
        time: Timestamp(1_795_228_229_123_456_789),
        change,
        cgroup: cgroup(4211, owner),
        pid: None,
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
