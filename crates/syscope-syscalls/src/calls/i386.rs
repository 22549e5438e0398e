//! Specifications: what i386 has differently, except for files.
//!
//! Ids of 16 bits, times of 32 bits and their successors, signals before there were real-time ones, and
//! calls that multiplex others.

use crate::calls::process::CLONE_BACKWARDS;
use crate::calls::threads::FUTEX_TIME64;
use crate::calls::time::CLOCK;
use crate::decode::{Cx, mask};
use crate::layout::{Item, Prim, Struct, View, f};
use crate::names::ipc::{IPC_CALL, SOCKETCALL};
use crate::names::net::MSG_FLAGS;
use crate::names::process::RLIMIT_RESOURCE;
use crate::names::signal::{SIGACTION_FLAGS, SIGPROCMASK_HOW};
use crate::names::time::{CLOCK_NANOSLEEP_FLAGS, TIMER_SETTIME_FLAGS, TIMERFD_SETTIME_FLAGS};
use crate::sink::Plain;
use crate::structs::ipc::SEMBUF_ITEM;
use crate::structs::memory::{mapping, protection};
use crate::structs::message::{RECEIVED_MANY, RECEIVED_MANY_RET64};
use crate::structs::multiplex::{IPC_ARGS, IPC_RET, MMAP_ARGS, SOCKET_ARGS};
use crate::structs::process::RLIMIT;
use crate::structs::signal::{OLD_SIGSET, SIGINFO, handler, sigset, sized_sigset};
use crate::structs::time::{CLOCK_REMAINING64, CLOCK_STATE_RET, ITIMERSPEC64, TIME_IN, TIMESPEC64, TIMEX64};
use crate::syscall::{Arg, Custom, Len, Ret, Syscall, Ty, a, call};
use crate::taxonomy::{Group, Sets};

/// An id of 16 bits in a register; all ones leave it as it is.
static ID_REGISTER: Custom = Custom {
    capture: |_| Vec::new(),
    print: |cx, arg| {
        let id = cx.arg(arg) as u16;
        cx.out.int(if id == u16::MAX { -1 } else { i64::from(id) });
    },
};
/// An id of 16 bits in a register.
pub const ID16: Ty = Ty::Custom(&ID_REGISTER);
/// An id of 16 bits in memory.
static ID16_ITEM: Item = Item::Scalar(Prim::U16, Ty::Id);
static ID32_ITEM: Item = Item::Scalar(Prim::U32, Ty::Id);
const ID16_OUT: Ty = Ty::Out(&Ty::Ref(&ID16_ITEM));
const ID32_OUT: Ty = Ty::Out(&Ty::Ref(&ID32_ITEM));

const TIMESPEC64_IN: Ty = Ty::Struct(&TIMESPEC64);
const TIMESPEC64_OUT: Ty = Ty::Out(&Ty::Struct(&TIMESPEC64));
const ITIMERSPEC64_OUT: Ty = Ty::Out(&Ty::Struct(&ITIMERSPEC64));

static WAITED_SET: Custom = sized_sigset::<0, 3>();

/// What `sigaction` takes: another order than `rt_sigaction`, and a set of one word.
static OLD_SIGACTION: Struct = Struct {
    name: "old_sigaction",
    fields: &[
        f("sa_handler", Prim::Ptr, Ty::Addr),
        f("sa_mask", Prim::ULong, Ty::Hex),
        f("sa_flags", Prim::ULong, Ty::Flags(&SIGACTION_FLAGS)),
        f("sa_restorer", Prim::Ptr, Ty::Addr),
    ],
    print: Some(print_old_sigaction),
    abbreviated: false,
};

fn print_old_sigaction(cx: &mut Cx<'_, '_>, view: View<'_>) {
    const SA_RESTORER: u64 = 0x0400_0000;
    let word = view.abi.word();
    cx.out.begin_struct();
    cx.out.field("sa_handler");
    handler(cx.out, view.word(0).unwrap_or(0), word);
    cx.out.field("sa_mask");
    sigset(cx.out, view.slice(word, 4));
    cx.out.field("sa_flags");
    let flags = view.word(2 * word).unwrap_or(0);
    cx.out.flags(&SIGACTION_FLAGS, flags);
    if flags & SA_RESTORER != 0 {
        cx.out.field("sa_restorer");
        cx.out.address(view.word(3 * word).unwrap_or(0));
    }
    cx.out.end_struct(false);
}

/// A handler in a register.
static HANDLER: Custom = Custom {
    capture: |_| Vec::new(),
    print: |cx, arg| {
        let (value, word) = (cx.arg(arg), cx.call.abi.word());
        handler(cx.out, value, word);
    },
};

/// The handler that `signal` replaced.
static HANDLER_RET: Custom = Custom {
    capture: |_| Vec::new(),
    print: |cx, _| {
        let value = mask(cx.call.ret.unwrap_or(0) as u64, cx.call.abi.word());
        cx.out.hex(value);
        if value < 2 {
            cx.out.begin_details();
            cx.out.item();
            handler(cx.out, value, 4);
            cx.out.end_details();
        }
    },
};

/// A set of 32 signals in a register.
static MASK_REGISTER: Custom = Custom {
    capture: |_| Vec::new(),
    print: |cx, arg| {
        let value = cx.arg(arg);
        cx.out.signals(value, 32);
    },
};

/// The set of signals that `sgetmask` returns.
static MASK_RET: Custom = Custom { capture: |_| Vec::new(), print: |cx, _| returned_mask(cx, "mask") };
/// The set of signals that `ssetmask` replaced.
static OLD_MASK_RET: Custom =
    Custom { capture: |_| Vec::new(), print: |cx, _| returned_mask(cx, "old mask") };

fn returned_mask(cx: &mut Cx<'_, '_>, label: &str) {
    let value = mask(cx.call.ret.unwrap_or(0) as u64, cx.call.abi.word());
    cx.out.hex(value);
    cx.out.begin_details();
    cx.out.item();
    cx.out.begin_label(label);
    cx.out.signals(value, 32);
    cx.out.end_label();
    cx.out.end_details();
}

/// The offset of `mmap2` is counted in pages of 4096 bytes.
static PAGE_OFFSET: Custom = Custom {
    capture: |_| Vec::new(),
    print: |cx, arg| {
        let pages = cx.arg(arg);
        cx.out.hex(pages << 12);
    },
};

/// A set of 32 signals in memory.
const OLD_SET: Ty = Ty::Struct(&OLD_SIGSET);

/// The call that `socketcall` makes.
static SOCKET_NUMBER: Custom = Custom {
    capture: |_| Vec::new(),
    print: |cx, arg| {
        let value = cx.arg(arg) as u32;
        match SOCKETCALL.name(u64::from(value)) {
            Some(name) => cx.out.symbol(name),
            None => cx.out.int(i64::from(value as i32)),
        }
    },
};

/// The call that `ipc` makes, below a version in the upper half.
static IPC_NUMBER: Custom = Custom {
    capture: |_| Vec::new(),
    print: |cx, arg| {
        let value = cx.arg(arg) as u32;
        match (value >> 16, IPC_CALL.name(u64::from(value & 0xffff))) {
            (0, Some(name)) => cx.out.symbol(name),
            (version, Some(name)) => cx.out.form(format_args!("{version}<<16|{name}"), Plain::Text(name)),
            (_, None) => cx.out.int(i64::from(value as i32)),
        }
    },
};

const fn words(count: usize) -> &'static [Arg] {
    const WORDS: &[Arg] = &[
        a("arg1", "unsigned long", Ty::Hex),
        a("arg2", "unsigned long", Ty::Hex),
        a("arg3", "unsigned long", Ty::Hex),
        a("arg4", "unsigned long", Ty::Hex),
        a("arg5", "unsigned long", Ty::Hex),
    ];
    WORDS.split_at(count).0
}

const fn user(name: &'static str, args: &'static [Arg]) -> Syscall {
    call(name, Group::User, Sets::CREDS, Ret::Int, args)
}

const fn clock(name: &'static str, args: &'static [Arg]) -> Syscall {
    call(name, Group::PosixClocks, Sets::CLOCK, Ret::Int, args)
}

/// A number the kernel keeps for a call it lost, or never had.
const fn unused(name: &'static str, group: Group, count: usize) -> Syscall {
    call(name, group, Sets::NONE, Ret::Int, words(count))
}

/// The calls that exist or differ on i386.
pub static CALLS: &[Syscall] = &[
    // Multiplexers.
    call(
        "socketcall",
        Group::Sockets,
        Sets::DESC,
        Ret::Int,
        &[
            a("call", "int", Ty::Custom(&SOCKET_NUMBER)),
            a("args", "unsigned long *", Ty::ByArg(&SOCKET_ARGS)),
        ],
    ),
    call(
        "ipc",
        Group::SharedMemory,
        Sets::IPC,
        Ret::Custom(&IPC_RET),
        &[
            a("call", "unsigned int", Ty::Custom(&IPC_NUMBER)),
            a("first", "int", Ty::ByArg(&IPC_ARGS)),
            a("second", "unsigned long", Ty::Hex),
            a("third", "unsigned long", Ty::Hex),
            a("ptr", "void *", Ty::Hex),
            a("fifth", "long", Ty::Hex),
        ],
    ),
    // Memory.
    call(
        "mmap",
        Group::VirtualMemory,
        Sets::DESC.and(Sets::MEMORY),
        Ret::Hex,
        &[a("arg", "struct mmap_arg_struct *", Ty::Rest(&MMAP_ARGS))],
    ),
    call(
        "mmap2",
        Group::VirtualMemory,
        Sets::DESC.and(Sets::MEMORY),
        Ret::Hex,
        &[
            a("addr", "unsigned long", Ty::Addr),
            a("length", "unsigned long", Ty::ULong),
            a("prot", "unsigned long", Ty::FlagsBy(protection)),
            a("flags", "unsigned long", Ty::FlagsBy(mapping)),
            a("fd", "unsigned long", Ty::Fd),
            a("pgoffset", "unsigned long", Ty::Custom(&PAGE_OFFSET)),
        ],
    ),
    // Processes.
    call("clone", Group::Execution, Sets::PROCESS, Ret::Pid, CLONE_BACKWARDS),
    call(
        "ugetrlimit",
        Group::Resources,
        Sets::NONE,
        Ret::Int,
        &[
            a("resource", "unsigned int", Ty::Enum(&RLIMIT_RESOURCE)),
            a("rlim", "struct rlimit *", Ty::Out(&Ty::Struct(&RLIMIT))),
        ],
    ),
    call("nice", Group::Scheduling, Sets::NONE, Ret::Int, &[a("inc", "int", Ty::Int)]),
    call("vm86", Group::MiscellaneousProcess, Sets::NONE, Ret::Int, words(5)),
    call("vm86old", Group::MiscellaneousProcess, Sets::NONE, Ret::Int, words(1)),
    // Users: the plain names have ids of 16 bits here.
    user("setuid", &[a("uid", "uid16_t", ID16)]),
    user("setgid", &[a("gid", "gid16_t", ID16)]),
    user("setreuid", &[a("ruid", "uid16_t", ID16), a("euid", "uid16_t", ID16)]),
    user("setregid", &[a("rgid", "gid16_t", ID16), a("egid", "gid16_t", ID16)]),
    user("setresuid", &[a("ruid", "uid16_t", ID16), a("euid", "uid16_t", ID16), a("suid", "uid16_t", ID16)]),
    user("setresgid", &[a("rgid", "gid16_t", ID16), a("egid", "gid16_t", ID16), a("sgid", "gid16_t", ID16)]),
    user(
        "getresuid",
        &[
            a("ruid", "uid16_t *", ID16_OUT),
            a("euid", "uid16_t *", ID16_OUT),
            a("suid", "uid16_t *", ID16_OUT),
        ],
    ),
    user(
        "getresgid",
        &[
            a("rgid", "gid16_t *", ID16_OUT),
            a("egid", "gid16_t *", ID16_OUT),
            a("sgid", "gid16_t *", ID16_OUT),
        ],
    ),
    user("setfsuid", &[a("fsuid", "uid16_t", ID16)]),
    user("setfsgid", &[a("fsgid", "gid16_t", ID16)]),
    user(
        "setgroups",
        &[a("size", "int", Ty::Int), a("list", "gid16_t *", Ty::Array(&ID16_ITEM, Len::Arg(0)))],
    ),
    user(
        "getgroups",
        &[a("size", "int", Ty::Int), a("list", "gid16_t *", Ty::Out(&Ty::Array(&ID16_ITEM, Len::Ret)))],
    ),
    call("getuid32", Group::User, Sets::CREDS.and(Sets::PURE), Ret::Int, &[]),
    call("getgid32", Group::User, Sets::CREDS.and(Sets::PURE), Ret::Int, &[]),
    call("geteuid32", Group::User, Sets::CREDS.and(Sets::PURE), Ret::Int, &[]),
    call("getegid32", Group::User, Sets::CREDS.and(Sets::PURE), Ret::Int, &[]),
    user("setuid32", &[a("uid", "uid_t", Ty::Id)]),
    user("setgid32", &[a("gid", "gid_t", Ty::Id)]),
    user("setreuid32", &[a("ruid", "uid_t", Ty::Id), a("euid", "uid_t", Ty::Id)]),
    user("setregid32", &[a("rgid", "gid_t", Ty::Id), a("egid", "gid_t", Ty::Id)]),
    user(
        "setresuid32",
        &[a("ruid", "uid_t", Ty::Id), a("euid", "uid_t", Ty::Id), a("suid", "uid_t", Ty::Id)],
    ),
    user(
        "setresgid32",
        &[a("rgid", "gid_t", Ty::Id), a("egid", "gid_t", Ty::Id), a("sgid", "gid_t", Ty::Id)],
    ),
    user(
        "getresuid32",
        &[a("ruid", "uid_t *", ID32_OUT), a("euid", "uid_t *", ID32_OUT), a("suid", "uid_t *", ID32_OUT)],
    ),
    user(
        "getresgid32",
        &[a("rgid", "gid_t *", ID32_OUT), a("egid", "gid_t *", ID32_OUT), a("sgid", "gid_t *", ID32_OUT)],
    ),
    user("setfsuid32", &[a("fsuid", "uid_t", Ty::Id)]),
    user("setfsgid32", &[a("fsgid", "gid_t", Ty::Id)]),
    user(
        "setgroups32",
        &[a("size", "int", Ty::Int), a("list", "gid_t *", Ty::Array(&ID32_ITEM, Len::Arg(0)))],
    ),
    user(
        "getgroups32",
        &[a("size", "int", Ty::Int), a("list", "gid_t *", Ty::Out(&Ty::Array(&ID32_ITEM, Len::Ret)))],
    ),
    // Signals.
    call(
        "signal",
        Group::StandardSignals,
        Sets::SIGNAL,
        Ret::Custom(&HANDLER_RET),
        &[a("signum", "int", Ty::Signal), a("handler", "__sighandler_t", Ty::Custom(&HANDLER))],
    ),
    call(
        "sigaction",
        Group::StandardSignals,
        Sets::SIGNAL,
        Ret::Int,
        &[
            a("signum", "int", Ty::Signal),
            a("act", "const struct old_sigaction *", Ty::Struct(&OLD_SIGACTION)),
            a("oldact", "struct old_sigaction *", Ty::Out(&Ty::Struct(&OLD_SIGACTION))),
        ],
    ),
    call("sgetmask", Group::StandardSignals, Sets::SIGNAL, Ret::Custom(&MASK_RET), &[]),
    call(
        "ssetmask",
        Group::StandardSignals,
        Sets::SIGNAL,
        Ret::Custom(&OLD_MASK_RET),
        &[a("newmask", "int", Ty::Custom(&MASK_REGISTER))],
    ),
    call(
        "sigsuspend",
        Group::StandardSignals,
        Sets::SIGNAL,
        Ret::Int,
        &[
            a("unused1", "int", Ty::Skip),
            a("unused2", "int", Ty::Skip),
            a("mask", "old_sigset_t", Ty::Custom(&MASK_REGISTER)),
        ],
    ),
    call(
        "sigpending",
        Group::StandardSignals,
        Sets::SIGNAL,
        Ret::Int,
        &[a("set", "old_sigset_t *", Ty::Out(&OLD_SET))],
    ),
    call(
        "sigprocmask",
        Group::StandardSignals,
        Sets::SIGNAL,
        Ret::Int,
        &[
            a("how", "int", Ty::Enum(&SIGPROCMASK_HOW)),
            a("set", "old_sigset_t *", OLD_SET),
            a("oldset", "old_sigset_t *", Ty::Out(&OLD_SET)),
        ],
    ),
    call("sigreturn", Group::StandardSignals, Sets::SIGNAL, Ret::Int, &[]),
    call(
        "rt_sigtimedwait_time64",
        Group::RealTimeSignals,
        Sets::SIGNAL,
        Ret::Int,
        &[
            a("set", "const sigset_t *", Ty::Custom(&WAITED_SET)),
            a("info", "siginfo_t *", Ty::Out(&Ty::Struct(&SIGINFO))),
            a("timeout", "const struct __kernel_timespec *", TIMESPEC64_IN),
            a("sigsetsize", "size_t", Ty::ULong),
        ],
    ),
    // Times with 64-bit seconds.
    call("stime", Group::TimeOfDay, Sets::NONE, Ret::Int, &[a("t", "old_time32_t *", Ty::Custom(&TIME_IN))]),
    clock(
        "clock_gettime64",
        &[a("clockid", "const clockid_t", CLOCK), a("tp", "struct __kernel_timespec *", TIMESPEC64_OUT)],
    ),
    clock(
        "clock_settime64",
        &[a("clockid", "const clockid_t", CLOCK), a("tp", "const struct __kernel_timespec *", TIMESPEC64_IN)],
    ),
    clock(
        "clock_getres_time64",
        &[a("clockid", "const clockid_t", CLOCK), a("res", "struct __kernel_timespec *", TIMESPEC64_OUT)],
    ),
    call(
        "clock_adjtime64",
        Group::PosixClocks,
        Sets::CLOCK,
        Ret::Custom(&CLOCK_STATE_RET),
        &[
            a("clk_id", "const clockid_t", CLOCK),
            a("buf", "struct __kernel_timex *", Ty::Out(&Ty::Struct(&TIMEX64))),
        ],
    ),
    call(
        "clock_nanosleep_time64",
        Group::PosixClocks,
        Sets::NONE,
        Ret::Int,
        &[
            a("clockid", "const clockid_t", CLOCK),
            a("flags", "int", Ty::Flags(&CLOCK_NANOSLEEP_FLAGS)),
            a("request", "const struct __kernel_timespec *", TIMESPEC64_IN),
            a("remain", "struct __kernel_timespec *", Ty::Custom(&CLOCK_REMAINING64)),
        ],
    ),
    call(
        "timer_settime64",
        Group::ClockTimers,
        Sets::NONE,
        Ret::Int,
        &[
            a("timerid", "timer_t", Ty::Int),
            a("flags", "int", Ty::Flags(&TIMER_SETTIME_FLAGS)),
            a("new_value", "const struct __kernel_itimerspec *", Ty::Struct(&ITIMERSPEC64)),
            a("old_value", "struct __kernel_itimerspec *", ITIMERSPEC64_OUT),
        ],
    ),
    call(
        "timer_gettime64",
        Group::ClockTimers,
        Sets::NONE,
        Ret::Int,
        &[
            a("timerid", "timer_t", Ty::Int),
            a("curr_value", "struct __kernel_itimerspec *", ITIMERSPEC64_OUT),
        ],
    ),
    call(
        "timerfd_settime64",
        Group::FileDescriptorTimers,
        Sets::DESC,
        Ret::Int,
        &[
            a("fd", "int", Ty::Fd),
            a("flags", "int", Ty::Flags(&TIMERFD_SETTIME_FLAGS)),
            a("new_value", "const struct __kernel_itimerspec *", Ty::Struct(&ITIMERSPEC64)),
            a("old_value", "struct __kernel_itimerspec *", ITIMERSPEC64_OUT),
        ],
    ),
    call(
        "timerfd_gettime64",
        Group::FileDescriptorTimers,
        Sets::DESC,
        Ret::Int,
        &[a("fd", "int", Ty::Fd), a("curr_value", "struct __kernel_itimerspec *", ITIMERSPEC64_OUT)],
    ),
    call("futex_time64", Group::Futex, Sets::NONE, Ret::Int, FUTEX_TIME64),
    call(
        "sched_rr_get_interval_time64",
        Group::Scheduling,
        Sets::NONE,
        Ret::Int,
        &[a("pid", "pid_t", Ty::Pid), a("interval", "struct __kernel_timespec *", TIMESPEC64_OUT)],
    ),
    call(
        "semtimedop_time64",
        Group::Semaphore,
        Sets::IPC,
        Ret::Int,
        &[
            a("semid", "int", Ty::Int),
            a("sops", "struct sembuf *", Ty::Array(&SEMBUF_ITEM, Len::Arg(2))),
            a("nsops", "unsigned int", Ty::UInt),
            a("timeout", "const struct __kernel_timespec *", TIMESPEC64_IN),
        ],
    ),
    call(
        "mq_timedsend_time64",
        Group::MessageQueues,
        Sets::DESC,
        Ret::Int,
        &[
            a("mqdes", "mqd_t", Ty::Fd),
            a("msg_ptr", "const char *", Ty::Bytes(Len::Arg(2))),
            a("msg_len", "size_t", Ty::ULong),
            a("msg_prio", "unsigned int", Ty::UInt),
            a("abs_timeout", "const struct __kernel_timespec *", TIMESPEC64_IN),
        ],
    ),
    call(
        "mq_timedreceive_time64",
        Group::MessageQueues,
        Sets::DESC,
        Ret::Int,
        &[
            a("mqdes", "mqd_t", Ty::Fd),
            a("msg_ptr", "char *", Ty::Out(&Ty::Bytes(Len::Ret))),
            a("msg_len", "size_t", Ty::ULong),
            a("msg_prio", "unsigned int *", Ty::Out(&Ty::Ref(&Item::Scalar(Prim::U32, Ty::UInt)))),
            a("abs_timeout", "const struct __kernel_timespec *", TIMESPEC64_IN),
        ],
    ),
    call(
        "recvmmsg_time64",
        Group::NetworkIo,
        Sets::NETWORK,
        Ret::Custom(&RECEIVED_MANY_RET64),
        &[
            a("sockfd", "int", Ty::Fd),
            a("msgvec", "struct mmsghdr *", Ty::Custom(&RECEIVED_MANY)),
            a("vlen", "unsigned int", Ty::UInt),
            a("flags", "unsigned int", Ty::Flags(&MSG_FLAGS)),
            a("timeout", "struct __kernel_timespec *", TIMESPEC64_IN),
        ],
    ),
    // Names of the kernel in their old forms, which strace does not open either.
    call(
        "olduname",
        Group::MiscellaneousSystem,
        Sets::NONE,
        Ret::Int,
        &[a("buf", "struct old_utsname *", Ty::Hex)],
    ),
    call(
        "oldolduname",
        Group::MiscellaneousSystem,
        Sets::NONE,
        Ret::Int,
        &[a("buf", "struct oldold_utsname *", Ty::Hex)],
    ),
    // Numbers without a call.
    call("break", Group::VirtualMemory, Sets::MEMORY, Ret::Int, &[]),
    unused("ftime", Group::TimeOfDay, 0),
    unused("idle", Group::MiscellaneousSystem, 0),
    unused("lock", Group::MiscellaneousSystem, 0),
    unused("mpx", Group::MiscellaneousSystem, 0),
    unused("prof", Group::MiscellaneousSystem, 0),
    unused("profil", Group::MiscellaneousSystem, 4),
    unused("stty", Group::MiscellaneousSystem, 2),
    unused("gtty", Group::MiscellaneousSystem, 2),
    unused("ulimit", Group::Resources, 2),
    unused("bdflush", Group::MiscellaneousSystem, 2),
];

#[cfg(test)]
mod tests {
    use crate::testing::{check_i386, words};

    #[test]
    fn ids_of_16_bits() {
        check_i386("setreuid", &[5, 0xffff], 0, &[], "setreuid(5, -1) = 0");
        check_i386("setuid", &[70_000], 0, &[], "setuid(4464) = 0");
        check_i386("setreuid32", &[0xffff_ffff, 70_000], 0, &[], "setreuid32(-1, 70000) = 0");
        let ids = [5, 0, 0xff, 0xff];
        check_i386("setgroups", &[2, 0x1000], 0, &[(1, 0, &ids)], "setgroups(2, [5, -1]) = 0");
    }

    #[test]
    fn old_signals() {
        check_i386(
            "sigaction",
            &[10, 0x1000, 0],
            0,
            &[(1, 0, &words(&[1, 0x201, 0x400_0000, 0x1234]))],
            "sigaction(SIGUSR1, {sa_handler=SIG_IGN, sa_mask=[HUP USR1], sa_flags=SA_RESTORER, \
             sa_restorer=0x1234}, NULL) = 0",
        );
        check_i386("signal", &[12, 0], 1, &[], "signal(SIGUSR2, SIG_DFL) = 0x1 (SIG_IGN)");
        check_i386("signal", &[12, 0x1234], 0x1234, &[], "signal(SIGUSR2, 0x1234) = 0x1234");
        check_i386("ssetmask", &[0x800], 0, &[], "ssetmask([USR2]) = 0 (old mask [])");
        check_i386("sgetmask", &[], 0x800, &[], "sgetmask() = 0x800 (mask [USR2])");
        check_i386("sigsuspend", &[0, 0, 0x800], -514, &[], "sigsuspend([USR2]) = -1");
    }
}
