//! Specifications: controlling a process from within and from outside: `prctl`, `seccomp`, `ptrace`, keys,
//! BPF, performance events, and calls that no longer do anything.

use crate::Call;
use crate::layout::{Item, Prim};
use crate::names::ptrace::{SECCOMP_FLAGS, SECCOMP_MODE, SECCOMP_OP};
use crate::names::{bpf, keys, perf, prctl as names, process, ptrace};
use crate::structs::bpf::{ATTR, ATTR_BTF, ATTR_NAME, ATTR_PROGRAM, ATTR_QUERY};
use crate::structs::keys::{
    CAPABILITIES, DH_PARAMS, ERROR, KDF_PARAMS, KEY, PKEY_QUERY, pkey_input, pkey_params,
};
use crate::structs::perf::PERF_ATTR;
use crate::structs::prctl::{
    AMBIENT_CAP, CORE_SCOPE, MCE_POLICY, RESULT, SET_NAME, TAGGED_ADDR, TRACER, XFEATURE, XFEATURES,
};
use crate::structs::signal::{SIGINFO, SIGSET_IN, SIGSET_OUT};
use crate::structs::trace::{
    GET_REGISTERS, PEEK_SIGINFO, REGISTER_SET, REQUEST, RSEQ_CONFIGURATION, SECCOMP_ACTION, SECCOMP_METADATA,
    SECCOMP_SIZES, SET_REGISTERS, SOCK_FPROG, SYSCALL_INFO, USER_OFFSET,
};
use crate::syscall::{ByArg, Custom, Len, Ret, Syscall, Ty, a, call};
use crate::taxonomy::{Group, Sets};

static SIGNAL: Item = Item::Scalar(Prim::I32, Ty::Signal);
static INT: Item = Item::Scalar(Prim::I32, Ty::Int);
static WORD: Item = Item::Scalar(Prim::ULong, Ty::ULong);
static POINTER: Item = Item::Scalar(Prim::Ptr, Ty::Addr);
static UNALIGN: Item = Item::Scalar(Prim::U32, Ty::Flags(&names::PR_UNALIGN));
static TSC: Item = Item::Scalar(Prim::U32, Ty::Enum(&names::PR_TSC));
static SHADOW_STACK: Item = Item::Scalar(Prim::ULong, Ty::Flags(&names::PR_SHADOW_STACK));
static SHSTK: Item = Item::Scalar(Prim::U64, Ty::Flags(&names::ARCH_SHSTK_FEATURES));
static XFEATURES_ITEM: Item = Item::Struct(&XFEATURES);
static SIGINFO_ITEM: Item = Item::Struct(&SIGINFO);

static PKEY_PARAMS: Custom = pkey_params::<false>();
static PKEY_VERIFY_PARAMS: Custom = pkey_params::<true>();
static PKEY_INPUT: Custom = pkey_input::<3, 4>();
static PKEY_SECOND_INPUT: Custom = pkey_input::<4, 8>();

/// The bits of an option, operation or request that count: those of an `int`.
const OPTION: u64 = 0xffff_ffff;

/// The filter is an argument of its mode only.
fn is_filter_mode(call: &Call<'_>) -> bool {
    call.args[1] as u32 == 2
}

/// The first argument behind the option of `prctl`.
static PRCTL2: ByArg = ByArg {
    arg: 0,
    mask: OPTION,
    table: &[
        (1, Ty::Signal),
        (2, Ty::Out(&Ty::Ref(&SIGNAL))),
        (3, Ty::Absent),
        (4, Ty::Enum(&names::PR_DUMPABLE)),
        (5, Ty::Out(&Ty::Ref(&UNALIGN))),
        (6, Ty::Flags(&names::PR_UNALIGN)),
        (7, Ty::Absent),
        (8, Ty::ULong),
        (9, Ty::Out(&Ty::Ref(&INT))),
        (10, Ty::ULong),
        (11, Ty::Out(&Ty::Ref(&INT))),
        (12, Ty::ULong),
        (13, Ty::Absent),
        (14, Ty::ULong),
        (15, Ty::Custom(&SET_NAME)),
        (16, Ty::Out(&Ty::Str)),
        (19, Ty::Out(&Ty::Ref(&INT))),
        (20, Ty::ULong),
        (21, Ty::Absent),
        (22, Ty::Enum(&SECCOMP_MODE)),
        (23, Ty::Enum(&process::CAPABILITY)),
        (24, Ty::Enum(&process::CAPABILITY)),
        (25, Ty::Out(&Ty::Ref(&TSC))),
        (26, Ty::Enum(&names::PR_TSC)),
        (27, Ty::Absent),
        (28, Ty::Flags(&names::PR_SECUREBITS)),
        (29, Ty::ULong),
        (30, Ty::Absent),
        (31, Ty::Absent),
        (32, Ty::Absent),
        (33, Ty::Enum(&names::PR_MCE_KILL)),
        (35, Ty::Enum(&names::PR_SET_MM)),
        (36, Ty::ULong),
        (37, Ty::Out(&Ty::Ref(&INT))),
        (38, Ty::ULong),
        (40, Ty::Out(&Ty::Ref(&POINTER))),
        (41, Ty::ULong),
        (45, Ty::Flags(&names::PR_FP_MODE)),
        (46, Ty::Absent),
        (47, Ty::Enum(&names::PR_CAP_AMBIENT)),
        (50, Ty::Flags(&names::PR_SVE_VL)),
        (51, Ty::Absent),
        (52, Ty::Enum(&names::PR_SPEC)),
        (53, Ty::Enum(&names::PR_SPEC)),
        (54, Ty::Flags(&names::PR_PAC_KEYS)),
        (55, Ty::Custom(&TAGGED_ADDR)),
        (57, Ty::ULong),
        (59, Ty::Enum(&names::PR_SYS_DISPATCH)),
        (60, Ty::Flags(&names::PR_PAC_ENABLED_KEYS)),
        (62, Ty::Enum(&names::PR_SCHED_CORE)),
        (63, Ty::Flags(&names::PR_SME_VL)),
        (64, Ty::Absent),
        (65, Ty::Flags(&names::PR_MDWE)),
        (67, Ty::ULong),
        (74, Ty::Out(&Ty::Ref(&SHADOW_STACK))),
        (75, Ty::Flags(&names::PR_SHADOW_STACK)),
        (76, Ty::Flags(&names::PR_SHADOW_STACK)),
        (77, Ty::Enum(&names::PR_TIMER_CREATE_RESTORE_IDS)),
        (78, Ty::Enum(&names::PR_FUTEX_HASH)),
        (0x41555856, Ty::Addr),
        (0x53564d41, Ty::Enum(&names::PR_SET_VMA)),
        (0x59616d61, Ty::Custom(&TRACER)),
    ],
    otherwise: Ty::Hex,
};

/// The second.
static PRCTL3: ByArg = ByArg {
    arg: 0,
    mask: OPTION,
    table: &[
        (1, Ty::Absent),
        (2, Ty::Absent),
        (4, Ty::Absent),
        (5, Ty::Absent),
        (6, Ty::Absent),
        (8, Ty::Absent),
        (9, Ty::Absent),
        (10, Ty::Absent),
        (11, Ty::Absent),
        (12, Ty::Absent),
        (14, Ty::Absent),
        (15, Ty::Absent),
        (16, Ty::Absent),
        (19, Ty::Absent),
        (20, Ty::Absent),
        (22, Ty::When(is_filter_mode, &Ty::Struct(&SOCK_FPROG))),
        (23, Ty::Absent),
        (24, Ty::Absent),
        (25, Ty::Absent),
        (26, Ty::Absent),
        (28, Ty::Absent),
        (29, Ty::Absent),
        (33, Ty::Custom(&MCE_POLICY)),
        (36, Ty::Absent),
        (37, Ty::Absent),
        (40, Ty::Absent),
        (45, Ty::Absent),
        (47, Ty::Custom(&AMBIENT_CAP)),
        (50, Ty::Absent),
        (52, Ty::Absent),
        (53, Ty::Enum(&names::PR_SPEC_CONTROL)),
        (60, Ty::Flags(&names::PR_PAC_ENABLED_KEYS)),
        (62, Ty::Pid),
        (63, Ty::Absent),
        (0x41555856, Ty::ULong),
        (0x59616d61, Ty::Absent),
    ],
    otherwise: Ty::Hex,
};

/// The third.
static PRCTL4: ByArg = ByArg {
    arg: 0,
    mask: OPTION,
    table: &[(22, Ty::Absent), (53, Ty::Absent), (62, Ty::Custom(&CORE_SCOPE)), (0x53564d41, Ty::ULong)],
    otherwise: Ty::Hex,
};

/// The fourth.
static PRCTL5: ByArg = ByArg {
    arg: 0,
    mask: OPTION,
    table: &[(59, Ty::Addr), (62, Ty::Addr), (0x53564d41, Ty::Str)],
    otherwise: Ty::Hex,
};

/// The first argument behind the operation of `keyctl`.
static KEYCTL2: ByArg = ByArg {
    arg: 0,
    mask: OPTION,
    table: &[
        (0, Ty::Custom(&KEY)),
        (1, Ty::Str),
        (2, Ty::Custom(&KEY)),
        (3, Ty::Custom(&KEY)),
        (4, Ty::Custom(&KEY)),
        (5, Ty::Custom(&KEY)),
        (6, Ty::Custom(&KEY)),
        (7, Ty::Custom(&KEY)),
        (8, Ty::Custom(&KEY)),
        (9, Ty::Custom(&KEY)),
        (10, Ty::Custom(&KEY)),
        (11, Ty::Custom(&KEY)),
        (12, Ty::Custom(&KEY)),
        (13, Ty::Custom(&KEY)),
        (14, Ty::Enum(&keys::KEY_REQKEY_DEFL)),
        (15, Ty::Custom(&KEY)),
        (16, Ty::Custom(&KEY)),
        (17, Ty::Custom(&KEY)),
        (18, Ty::Absent),
        (19, Ty::Custom(&KEY)),
        (20, Ty::Custom(&KEY)),
        (21, Ty::Custom(&KEY)),
        (22, Ty::Id),
        (23, Ty::Struct(&DH_PARAMS)),
        (24, Ty::Custom(&KEY)),
        (25, Ty::Custom(&PKEY_PARAMS)),
        (26, Ty::Custom(&PKEY_PARAMS)),
        (27, Ty::Custom(&PKEY_PARAMS)),
        (28, Ty::Custom(&PKEY_VERIFY_PARAMS)),
        (29, Ty::Custom(&KEY)),
        (30, Ty::Custom(&KEY)),
        (31, Ty::Custom(&CAPABILITIES)),
        (32, Ty::Custom(&KEY)),
    ],
    otherwise: Ty::Hex,
};

/// The second.
static KEYCTL3: ByArg = ByArg {
    arg: 0,
    mask: OPTION,
    table: &[
        (0, Ty::Int),
        (1, Ty::Absent),
        (2, Ty::Bytes(Len::Arg(3))),
        (3, Ty::Absent),
        (4, Ty::Id),
        (5, Ty::Flags(&keys::KEY_PERM)),
        (6, Ty::Out(&Ty::Str)),
        (7, Ty::Absent),
        (8, Ty::Custom(&KEY)),
        (9, Ty::Custom(&KEY)),
        (10, Ty::Str),
        (11, Ty::Out(&Ty::Bytes(Len::Ret))),
        (12, Ty::Bytes(Len::Arg(3))),
        (13, Ty::UInt),
        (14, Ty::Absent),
        (15, Ty::UInt),
        (16, Ty::Absent),
        (17, Ty::Out(&Ty::Str)),
        (19, Ty::UInt),
        (20, Ty::Iovec(3, Len::All)),
        (21, Ty::Absent),
        (22, Ty::Custom(&KEY)),
        (23, Ty::Out(&Ty::Bytes(Len::Ret))),
        (25, Ty::Str),
        (26, Ty::Str),
        (27, Ty::Str),
        (28, Ty::Str),
        (29, Ty::Str),
        (30, Ty::Custom(&KEY)),
        (31, Ty::ULong),
        (32, Ty::Fd),
    ],
    otherwise: Ty::Hex,
};

/// The third.
static KEYCTL4: ByArg = ByArg {
    arg: 0,
    mask: OPTION,
    table: &[
        (0, Ty::Absent),
        (2, Ty::ULong),
        (4, Ty::Id),
        (5, Ty::Absent),
        (6, Ty::ULong),
        (8, Ty::Absent),
        (9, Ty::Absent),
        (10, Ty::Str),
        (11, Ty::ULong),
        (12, Ty::ULong),
        (13, Ty::Custom(&KEY)),
        (15, Ty::Absent),
        (17, Ty::ULong),
        (19, Ty::Custom(&ERROR)),
        (20, Ty::ULong),
        (22, Ty::Absent),
        (23, Ty::ULong),
        (24, Ty::Str),
        (25, Ty::Custom(&PKEY_INPUT)),
        (26, Ty::Custom(&PKEY_INPUT)),
        (27, Ty::Custom(&PKEY_INPUT)),
        (28, Ty::Custom(&PKEY_INPUT)),
        (29, Ty::Str),
        (30, Ty::Custom(&KEY)),
        (31, Ty::Absent),
        (32, Ty::Int),
    ],
    otherwise: Ty::Hex,
};

/// The fourth.
static KEYCTL5: ByArg = ByArg {
    arg: 0,
    mask: OPTION,
    table: &[
        (2, Ty::Absent),
        (4, Ty::Absent),
        (6, Ty::Absent),
        (10, Ty::Custom(&KEY)),
        (11, Ty::Absent),
        (12, Ty::Custom(&KEY)),
        (13, Ty::Absent),
        (17, Ty::Absent),
        (19, Ty::Custom(&KEY)),
        (20, Ty::Custom(&KEY)),
        (23, Ty::Custom(&KDF_PARAMS)),
        (24, Ty::Out(&Ty::Struct(&PKEY_QUERY))),
        (25, Ty::Out(&Ty::Bytes(Len::Ret))),
        (26, Ty::Out(&Ty::Bytes(Len::Ret))),
        (27, Ty::Out(&Ty::Bytes(Len::Ret))),
        (28, Ty::Custom(&PKEY_SECOND_INPUT)),
        (29, Ty::Absent),
        (30, Ty::Flags(&keys::KEYCTL_MOVE_FLAGS)),
        (32, Ty::Absent),
    ],
    otherwise: Ty::Hex,
};

/// The address of `ptrace`, which some requests use otherwise.
static PTRACE_ADDR: ByArg = ByArg {
    arg: 0,
    mask: OPTION,
    table: &[
        (0, Ty::Absent),
        (1, Ty::Addr),
        (2, Ty::Addr),
        (3, Ty::Custom(&USER_OFFSET)),
        (4, Ty::Addr),
        (5, Ty::Addr),
        (6, Ty::Custom(&USER_OFFSET)),
        (7, Ty::Addr),
        (8, Ty::Absent),
        (9, Ty::Addr),
        (12, Ty::Skip),
        (13, Ty::Skip),
        (14, Ty::Skip),
        (15, Ty::Skip),
        (16, Ty::Absent),
        (17, Ty::Addr),
        (18, Ty::Skip),
        (19, Ty::Skip),
        (21, Ty::Addr),
        (24, Ty::Addr),
        (25, Ty::Addr),
        (26, Ty::Addr),
        (31, Ty::Addr),
        (32, Ty::Addr),
        (33, Ty::Addr),
        (0x4200, Ty::Addr),
        (0x4201, Ty::Addr),
        (0x4202, Ty::Addr),
        (0x4203, Ty::Addr),
        (0x4204, Ty::Enum(&ptrace::PTRACE_REGSET)),
        (0x4205, Ty::Enum(&ptrace::PTRACE_REGSET)),
        (0x4206, Ty::Addr),
        (0x4207, Ty::Absent),
        (0x4208, Ty::Absent),
        (0x4209, Ty::Struct(&PEEK_SIGINFO)),
        (0x420a, Ty::ULong),
        (0x420b, Ty::ULong),
        (0x420c, Ty::ULong),
        (0x420d, Ty::ULong),
        (0x420e, Ty::ULong),
        (0x420f, Ty::ULong),
        (0x4210, Ty::ULong),
        (0x4211, Ty::ULong),
        (0x4212, Ty::ULong),
    ],
    otherwise: Ty::Addr,
};

/// The data of `ptrace`.
static PTRACE_DATA: ByArg = ByArg {
    arg: 0,
    mask: OPTION,
    table: &[
        (1, Ty::Out(&Ty::Ref(&POINTER))),
        (2, Ty::Out(&Ty::Ref(&POINTER))),
        (3, Ty::Out(&Ty::Ref(&POINTER))),
        (7, Ty::Signal),
        (9, Ty::Signal),
        (12, Ty::Out(&Ty::Custom(&GET_REGISTERS))),
        (13, Ty::Custom(&SET_REGISTERS)),
        (14, Ty::Addr),
        (15, Ty::Addr),
        (17, Ty::Signal),
        (18, Ty::Addr),
        (19, Ty::Addr),
        (21, Ty::Flags(&ptrace::PTRACE_OPTIONS)),
        (24, Ty::Signal),
        (25, Ty::Addr),
        (26, Ty::Addr),
        (31, Ty::Signal),
        (32, Ty::Signal),
        (33, Ty::Signal),
        (0x4200, Ty::Flags(&ptrace::PTRACE_OPTIONS)),
        (0x4201, Ty::Out(&Ty::Ref(&WORD))),
        (0x4202, Ty::Out(&Ty::Struct(&SIGINFO))),
        (0x4203, Ty::Struct(&SIGINFO)),
        (0x4204, Ty::Custom(&REGISTER_SET)),
        (0x4205, Ty::Custom(&REGISTER_SET)),
        (0x4206, Ty::Flags(&ptrace::PTRACE_OPTIONS)),
        (0x4209, Ty::Out(&Ty::Array(&SIGINFO_ITEM, Len::Ret))),
        (0x420a, SIGSET_OUT),
        (0x420b, SIGSET_IN),
        (0x420c, Ty::Addr),
        (0x420d, Ty::Struct(&SECCOMP_METADATA)),
        (0x420e, Ty::Out(&Ty::Custom(&SYSCALL_INFO))),
        (0x420f, Ty::Out(&Ty::Struct(&RSEQ_CONFIGURATION))),
        (0x4210, Ty::Addr),
        (0x4211, Ty::Addr),
        (0x4212, Ty::Addr),
    ],
    otherwise: Ty::Hex,
};

/// What `arch_prctl` takes or stores.
static ARCH: ByArg = ByArg {
    arg: 0,
    mask: OPTION,
    table: &[
        (0x1001, Ty::Addr),
        (0x1002, Ty::Addr),
        (0x1003, Ty::Out(&Ty::Ref(&POINTER))),
        (0x1004, Ty::Out(&Ty::Ref(&POINTER))),
        (0x1011, Ty::Absent),
        (0x1021, Ty::Out(&Ty::Ref(&XFEATURES_ITEM))),
        (0x1022, Ty::Out(&Ty::Ref(&XFEATURES_ITEM))),
        (0x1023, Ty::Custom(&XFEATURE)),
        (0x1024, Ty::Out(&Ty::Ref(&XFEATURES_ITEM))),
        (0x1025, Ty::Custom(&XFEATURE)),
        (0x4001, Ty::Out(&Ty::Ref(&POINTER))),
        (0x4002, Ty::ULong),
        (0x4003, Ty::Out(&Ty::Ref(&WORD))),
        (0x4004, Ty::Absent),
        (0x5001, Ty::Flags(&names::ARCH_SHSTK_FEATURES)),
        (0x5002, Ty::Flags(&names::ARCH_SHSTK_FEATURES)),
        (0x5003, Ty::Flags(&names::ARCH_SHSTK_FEATURES)),
        (0x5004, Ty::Flags(&names::ARCH_SHSTK_FEATURES)),
        (0x5005, Ty::Out(&Ty::Ref(&SHSTK))),
    ],
    otherwise: Ty::Hex,
};

static SECCOMP_FLAG_BITS: ByArg =
    ByArg { arg: 0, mask: OPTION, table: &[(1, Ty::Flags(&SECCOMP_FLAGS))], otherwise: Ty::Hex };

static SECCOMP_ARGS: ByArg = ByArg {
    arg: 0,
    mask: OPTION,
    table: &[
        (1, Ty::Struct(&SOCK_FPROG)),
        (2, Ty::Ref(&SECCOMP_ACTION)),
        (3, Ty::Out(&Ty::Struct(&SECCOMP_SIZES))),
    ],
    otherwise: Ty::Addr,
};

/// The attributes of `bpf`; commands with strings behind them have more to copy.
static BPF_ATTR: ByArg = ByArg {
    arg: 0,
    mask: OPTION,
    table: &[
        (5, Ty::Custom(&ATTR_PROGRAM)),
        (6, Ty::Custom(&ATTR_NAME)),
        (7, Ty::Custom(&ATTR_NAME)),
        (17, Ty::Custom(&ATTR_NAME)),
        (18, Ty::Custom(&ATTR_BTF)),
        (20, Ty::Custom(&ATTR_QUERY)),
    ],
    otherwise: Ty::Custom(&ATTR),
};

/// Everyone but a process that asks to be traced names another one.
static PTRACE_PID: ByArg = ByArg { arg: 0, mask: OPTION, table: &[(0, Ty::Absent)], otherwise: Ty::Pid };

/// The calls of this topic.
pub static CALLS: &[Syscall] = &[
    call(
        "prctl",
        Group::MiscellaneousProcess,
        Sets::CREDS,
        Ret::Custom(&RESULT),
        &[
            a("option", "int", Ty::Enum(&names::PRCTL_OPTION)),
            a("arg2", "unsigned long", Ty::ByArg(&PRCTL2)),
            a("arg3", "unsigned long", Ty::ByArg(&PRCTL3)),
            a("arg4", "unsigned long", Ty::ByArg(&PRCTL4)),
            a("arg5", "unsigned long", Ty::ByArg(&PRCTL5)),
        ],
    ),
    call(
        "arch_prctl",
        Group::Threading,
        Sets::NONE,
        Ret::Int,
        &[
            a("option", "int", Ty::Enum(&names::ARCH_PRCTL_CODE)),
            a("arg2", "unsigned long", Ty::ByArg(&ARCH)),
        ],
    ),
    call(
        "seccomp",
        Group::MiscellaneousProcess,
        Sets::NONE,
        Ret::Int,
        &[
            a("operation", "unsigned int", Ty::Enum(&SECCOMP_OP)),
            a("flags", "unsigned int", Ty::ByArg(&SECCOMP_FLAG_BITS)),
            a("args", "void *", Ty::ByArg(&SECCOMP_ARGS)),
        ],
    ),
    call(
        "ptrace",
        Group::MiscellaneousProcess,
        Sets::NONE,
        Ret::Int,
        &[
            a("request", "long", Ty::Custom(&REQUEST)),
            a("pid", "long", Ty::ByArg(&PTRACE_PID)),
            a("addr", "unsigned long", Ty::ByArg(&PTRACE_ADDR)),
            a("data", "unsigned long", Ty::ByArg(&PTRACE_DATA)),
        ],
    ),
    call(
        "add_key",
        Group::ExtendedAttributes,
        Sets::NONE,
        Ret::Int,
        &[
            a("type", "const char *", Ty::Str),
            a("description", "const char *", Ty::Str),
            a("payload", "const void *", Ty::Bytes(Len::Arg(3))),
            a("plen", "size_t", Ty::ULong),
            a("keyring", "key_serial_t", Ty::Custom(&KEY)),
        ],
    ),
    call(
        "request_key",
        Group::ExtendedAttributes,
        Sets::NONE,
        Ret::Int,
        &[
            a("type", "const char *", Ty::Str),
            a("description", "const char *", Ty::Str),
            a("callout_info", "const char *", Ty::Str),
            a("dest_keyring", "key_serial_t", Ty::Custom(&KEY)),
        ],
    ),
    call(
        "keyctl",
        Group::ExtendedAttributes,
        Sets::NONE,
        Ret::Int,
        &[
            a("operation", "int", Ty::Enum(&keys::KEYCTL_CMD)),
            a("arg2", "unsigned long", Ty::ByArg(&KEYCTL2)),
            a("arg3", "unsigned long", Ty::ByArg(&KEYCTL3)),
            a("arg4", "unsigned long", Ty::ByArg(&KEYCTL4)),
            a("arg5", "unsigned long", Ty::ByArg(&KEYCTL5)),
        ],
    ),
    call(
        "bpf",
        Group::Filtering,
        Sets::DESC,
        Ret::Int,
        &[
            a("cmd", "int", Ty::Enum(&bpf::BPF_CMD)),
            a("attr", "union bpf_attr *", Ty::ByArg(&BPF_ATTR)),
            a("size", "unsigned int", Ty::UInt),
        ],
    ),
    call(
        "perf_event_open",
        Group::MiscellaneousSystem,
        Sets::DESC,
        Ret::Fd,
        &[
            a("attr", "struct perf_event_attr *", Ty::Custom(&PERF_ATTR)),
            a("pid", "pid_t", Ty::Pid),
            a("cpu", "int", Ty::Int),
            a("group_fd", "int", Ty::Fd),
            a("flags", "unsigned long", Ty::Flags(&perf::PERF_OPEN_FLAGS)),
        ],
    ),
    call(
        "uselib",
        Group::MiscellaneousProcess,
        Sets::FILE,
        Ret::Int,
        &[a("library", "const char *", Ty::Path)],
    ),
    call("uprobe", Group::MiscellaneousSystem, Sets::NONE, Ret::Int, &[]),
    call("uretprobe", Group::MiscellaneousSystem, Sets::NONE, Ret::Int, &[]),
];
