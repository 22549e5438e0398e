//! Specifications: threads, futexes and scheduling.

use crate::layout::{Item, Prim};
use crate::names::futex::FUTEX2_FLAGS;
use crate::names::process as names;
use crate::names::time::CLOCK_ID;
use crate::structs::capability::{CAP_DATA_IN, CAP_DATA_OUT, CAP_HEADER};
use crate::structs::futex::{BITSET, FUTEX_OP, FUTEX_WAITV, WAKE_OP};
use crate::structs::sched::{
    CPU_SET_IN, CPU_SET_OUT, IOPRIO, IOPRIO_RESULT, POLICY_RESULT, SCHED_ATTR_IN, SCHED_ATTR_OUT, SCHED_PARAM,
};
use crate::structs::time::{TIMESPEC, TIMESPEC64};
use crate::structs::trace::{KCMP_EPOLL_SLOT, LDT_ENTRY, THREAD_AREA_RESULT, USER_DESC};
use crate::syscall::{Arg, ByArg, Len, Ret, Syscall, Ty, a, call};
use crate::taxonomy::{Group, Sets};

/// The bits of a futex operation that are the command; two flags stand above.
const COMMAND: u64 = 0x7f;

/// The value a futex is compared with, or how many to wake: not looked at by the priority-inheriting
/// commands, which take a time or nothing.
static VALUE: ByArg = ByArg {
    arg: 1,
    mask: COMMAND,
    table: &[(6, Ty::Skip), (7, Ty::Absent), (8, Ty::Absent), (13, Ty::Skip)],
    otherwise: Ty::UInt,
};

const TIMEOUT: Ty = Ty::Struct(&TIMESPEC);
const TIMEOUT64: Ty = Ty::Struct(&TIMESPEC64);

macro_rules! timeout_or_count {
    ($name:ident, $timeout:ident) => {
        static $name: ByArg = ByArg {
            arg: 1,
            mask: COMMAND,
            table: &[
                (0, $timeout),
                (1, Ty::Absent),
                (2, Ty::Absent),
                (3, Ty::UInt),
                (4, Ty::UInt),
                (5, Ty::UInt),
                (6, $timeout),
                (9, $timeout),
                (10, Ty::Skip),
                (11, $timeout),
                (12, Ty::UInt),
                (13, $timeout),
            ],
            otherwise: Ty::Addr,
        };
    };
}
timeout_or_count!(UTIME, TIMEOUT);
timeout_or_count!(UTIME64, TIMEOUT64);

static SECOND: ByArg = ByArg {
    arg: 1,
    mask: COMMAND,
    table: &[(0, Ty::Absent), (6, Ty::Absent), (9, Ty::Skip), (10, Ty::Skip), (13, Ty::Absent)],
    otherwise: Ty::Addr,
};

static VALUE3: ByArg = ByArg {
    arg: 1,
    mask: COMMAND,
    table: &[
        (3, Ty::Absent),
        (4, Ty::UInt),
        (5, Ty::Custom(&WAKE_OP)),
        (9, Ty::Custom(&BITSET)),
        (10, Ty::Custom(&BITSET)),
        (11, Ty::Absent),
        (12, Ty::UInt),
    ],
    otherwise: Ty::Hex,
};

/// The arguments of `futex`.
static FUTEX: &[Arg] = &[
    a("uaddr", "u32 *", Ty::Addr),
    a("futex_op", "int", Ty::Custom(&FUTEX_OP)),
    a("val", "u32", Ty::ByArg(&VALUE)),
    a("timeout", "const struct __kernel_timespec *", Ty::ByArg(&UTIME)),
    a("uaddr2", "u32 *", Ty::ByArg(&SECOND)),
    a("val3", "u32", Ty::ByArg(&VALUE3)),
];

/// The arguments of `futex_time64`, whose time is 64 bits wide on 32-bit machines.
pub static FUTEX_TIME64: &[Arg] = &[
    a("uaddr", "u32 *", Ty::Addr),
    a("futex_op", "int", Ty::Custom(&FUTEX_OP)),
    a("val", "u32", Ty::ByArg(&VALUE)),
    a("timeout", "const struct __kernel_timespec *", Ty::ByArg(&UTIME64)),
    a("uaddr2", "u32 *", Ty::ByArg(&SECOND)),
    a("val3", "u32", Ty::ByArg(&VALUE3)),
];

static WAITER: Item = Item::Struct(&FUTEX_WAITV);
static POINTER: Item = Item::Scalar(Prim::Ptr, Ty::Addr);
static SIZE: Item = Item::Scalar(Prim::ULong, Ty::ULong);
static NUMBER: Item = Item::Scalar(Prim::U32, Ty::UInt);

/// The indexes of `kcmp`: only some comparisons have them.
static INDEX: ByArg = ByArg {
    arg: 2,
    mask: 0xffff_ffff,
    table: &[
        (0, Ty::ULong),
        (1, Ty::Absent),
        (2, Ty::Absent),
        (3, Ty::Absent),
        (4, Ty::Absent),
        (5, Ty::Absent),
        (6, Ty::Absent),
        (7, Ty::ULong),
    ],
    otherwise: Ty::Hex,
};

static SECOND_INDEX: ByArg = ByArg {
    arg: 2,
    mask: 0xffff_ffff,
    table: &[(0, Ty::ULong), (7, Ty::Struct(&KCMP_EPOLL_SLOT))],
    otherwise: Ty::Hex,
};

const PID: Arg = a("pid", "pid_t", Ty::Pid);
const PARAM_TY: Ty = Ty::Ref(&SCHED_PARAM);

const fn sched(name: &'static str, args: &'static [Arg]) -> Syscall {
    call(name, Group::Scheduling, Sets::NONE, Ret::Int, args)
}

const fn thread(name: &'static str, args: &'static [Arg]) -> Syscall {
    call(name, Group::Threading, Sets::NONE, Ret::Int, args)
}

const fn futex(name: &'static str, args: &'static [Arg]) -> Syscall {
    call(name, Group::Futex, Sets::NONE, Ret::Int, args)
}

/// The calls of this topic.
pub static CALLS: &[Syscall] = &[
    futex("futex", FUTEX),
    futex(
        "futex_waitv",
        &[
            a("waiters", "struct futex_waitv *", Ty::Array(&WAITER, Len::Arg(1))),
            a("nr_futexes", "unsigned int", Ty::UInt),
            a("flags", "unsigned int", Ty::Hex),
            a("timeout", "struct __kernel_timespec *", Ty::Struct(&TIMESPEC64)),
            a("clockid", "clockid_t", Ty::Enum(&CLOCK_ID)),
        ],
    ),
    futex(
        "futex_wake",
        &[
            a("uaddr", "void *", Ty::Addr),
            a("mask", "unsigned long", Ty::Hex),
            a("nr", "int", Ty::Int),
            a("flags", "unsigned int", Ty::Flags(&FUTEX2_FLAGS)),
        ],
    ),
    futex(
        "futex_wait",
        &[
            a("uaddr", "void *", Ty::Addr),
            a("val", "unsigned long", Ty::Hex),
            a("mask", "unsigned long", Ty::Hex),
            a("flags", "unsigned int", Ty::Flags(&FUTEX2_FLAGS)),
            a("timeout", "struct __kernel_timespec *", Ty::Struct(&TIMESPEC64)),
            a("clockid", "clockid_t", Ty::Enum(&CLOCK_ID)),
        ],
    ),
    futex(
        "futex_requeue",
        &[
            a("waiters", "struct futex_waitv *", Ty::Array(&WAITER, Len::Const(2))),
            a("flags", "unsigned int", Ty::Hex),
            a("nr_wake", "int", Ty::Int),
            a("nr_requeue", "int", Ty::Int),
        ],
    ),
    futex(
        "set_robust_list",
        &[a("head", "struct robust_list_head *", Ty::Addr), a("len", "size_t", Ty::ULong)],
    ),
    futex(
        "get_robust_list",
        &[
            a("pid", "int", Ty::Pid),
            a("head_ptr", "struct robust_list_head * *", Ty::Out(&Ty::Ref(&POINTER))),
            a("len_ptr", "size_t *", Ty::Out(&Ty::Ref(&SIZE))),
        ],
    ),
    call("set_tid_address", Group::Threading, Sets::NONE, Ret::Pid, &[a("tidptr", "int *", Ty::Addr)]),
    call(
        "set_thread_area",
        Group::Threading,
        Sets::NONE,
        Ret::Custom(&THREAD_AREA_RESULT),
        &[a("u_info", "struct user_desc *", Ty::Struct(&USER_DESC))],
    ),
    thread("get_thread_area", &[a("u_info", "struct user_desc *", Ty::Out(&Ty::Struct(&USER_DESC)))]),
    call(
        "modify_ldt",
        Group::VirtualMemory,
        Sets::NONE,
        Ret::Int,
        &[
            a("func", "int", Ty::Int),
            a("ptr", "void *", Ty::Custom(&LDT_ENTRY)),
            a("bytecount", "unsigned long", Ty::ULong),
        ],
    ),
    thread(
        "rseq",
        &[
            a("rseq", "struct rseq *", Ty::Addr),
            a("rseq_len", "u32", Ty::Hex),
            a("flags", "int", Ty::Flags(&names::RSEQ_FLAGS)),
            a("sig", "u32", Ty::Hex),
        ],
    ),
    thread("rseq_slice_yield", &[]),
    call(
        "capget",
        Group::Threading,
        Sets::CREDS,
        Ret::Int,
        &[
            a("hdrp", "cap_user_header_t", Ty::Struct(&CAP_HEADER)),
            a("datap", "cap_user_data_t", Ty::Custom(&CAP_DATA_OUT)),
        ],
    ),
    call(
        "capset",
        Group::Threading,
        Sets::CREDS,
        Ret::Int,
        &[
            a("hdrp", "cap_user_header_t", Ty::Struct(&CAP_HEADER)),
            a("datap", "const cap_user_data_t", Ty::Custom(&CAP_DATA_IN)),
        ],
    ),
    call(
        "kcmp",
        Group::MiscellaneousProcess,
        Sets::NONE,
        Ret::Int,
        &[
            a("pid1", "pid_t", Ty::Pid),
            a("pid2", "pid_t", Ty::Pid),
            a("type", "int", Ty::Enum(&names::KCMP_TYPE)),
            a("idx1", "unsigned long", Ty::ByArg(&INDEX)),
            a("idx2", "unsigned long", Ty::ByArg(&SECOND_INDEX)),
        ],
    ),
    sched("sched_setparam", &[PID, a("param", "struct sched_param *", PARAM_TY)]),
    sched("sched_getparam", &[PID, a("param", "struct sched_param *", Ty::Out(&PARAM_TY))]),
    sched(
        "sched_setscheduler",
        &[
            PID,
            a("policy", "int", Ty::Flags(&names::SCHED_POLICY_FLAGS)),
            a("param", "struct sched_param *", PARAM_TY),
        ],
    ),
    call("sched_getscheduler", Group::Scheduling, Sets::NONE, Ret::Custom(&POLICY_RESULT), &[PID]),
    sched("sched_get_priority_max", &[a("policy", "int", Ty::Enum(&names::SCHED_POLICY))]),
    sched("sched_get_priority_min", &[a("policy", "int", Ty::Enum(&names::SCHED_POLICY))]),
    sched(
        "sched_rr_get_interval",
        &[PID, a("tp", "struct __kernel_timespec *", Ty::Out(&Ty::Struct(&TIMESPEC)))],
    ),
    sched(
        "sched_setaffinity",
        &[
            PID,
            a("cpusetsize", "unsigned int", Ty::UInt),
            a("mask", "unsigned long *", Ty::Custom(&CPU_SET_IN)),
        ],
    ),
    sched(
        "sched_getaffinity",
        &[
            PID,
            a("cpusetsize", "unsigned int", Ty::UInt),
            a("mask", "unsigned long *", Ty::Out(&Ty::Custom(&CPU_SET_OUT))),
        ],
    ),
    sched(
        "sched_setattr",
        &[
            PID,
            a("attr", "struct sched_attr *", Ty::Custom(&SCHED_ATTR_IN)),
            a("flags", "unsigned int", Ty::Hex),
        ],
    ),
    sched(
        "sched_getattr",
        &[
            PID,
            a("attr", "struct sched_attr *", Ty::Out(&Ty::Custom(&SCHED_ATTR_OUT))),
            a("size", "unsigned int", Ty::UInt),
            a("flags", "unsigned int", Ty::Hex),
        ],
    ),
    sched("sched_yield", &[]),
    sched(
        "setpriority",
        &[
            a("which", "int", Ty::Enum(&names::PRIORITY_WHICH)),
            a("who", "int", Ty::Int),
            a("prio", "int", Ty::Int),
        ],
    ),
    sched("getpriority", &[a("which", "int", Ty::Enum(&names::PRIORITY_WHICH)), a("who", "int", Ty::Int)]),
    sched(
        "ioprio_set",
        &[
            a("which", "int", Ty::Enum(&names::IOPRIO_WHICH)),
            a("who", "int", Ty::Int),
            a("ioprio", "int", Ty::Custom(&IOPRIO)),
        ],
    ),
    call(
        "ioprio_get",
        Group::Scheduling,
        Sets::NONE,
        Ret::Custom(&IOPRIO_RESULT),
        &[a("which", "int", Ty::Enum(&names::IOPRIO_WHICH)), a("who", "int", Ty::Int)],
    ),
    sched(
        "getcpu",
        &[
            a("cpu", "unsigned *", Ty::Out(&Ty::Ref(&NUMBER))),
            a("node", "unsigned *", Ty::Out(&Ty::Ref(&NUMBER))),
            a("tcache", "struct getcpu_cache *", Ty::Addr),
        ],
    ),
];
