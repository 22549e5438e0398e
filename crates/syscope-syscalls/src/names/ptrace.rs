//! Names of `ptrace` and of `seccomp`.

use crate::names::{Enum, Flags};

/// The request of `ptrace` on x86.
pub static PTRACE_REQUEST: Enum = Enum {
    unknown: "PTRACE_???",
    values: &[
        (0, "PTRACE_TRACEME"),
        (1, "PTRACE_PEEKTEXT"),
        (2, "PTRACE_PEEKDATA"),
        (3, "PTRACE_PEEKUSER"),
        (4, "PTRACE_POKETEXT"),
        (5, "PTRACE_POKEDATA"),
        (6, "PTRACE_POKEUSER"),
        (7, "PTRACE_CONT"),
        (8, "PTRACE_KILL"),
        (9, "PTRACE_SINGLESTEP"),
        (12, "PTRACE_GETREGS"),
        (13, "PTRACE_SETREGS"),
        (14, "PTRACE_GETFPREGS"),
        (15, "PTRACE_SETFPREGS"),
        (16, "PTRACE_ATTACH"),
        (17, "PTRACE_DETACH"),
        (18, "PTRACE_GETFPXREGS"),
        (19, "PTRACE_SETFPXREGS"),
        (21, "PTRACE_OLDSETOPTIONS"),
        (24, "PTRACE_SYSCALL"),
        (25, "PTRACE_GET_THREAD_AREA"),
        (26, "PTRACE_SET_THREAD_AREA"),
        (30, "PTRACE_ARCH_PRCTL"),
        (31, "PTRACE_SYSEMU"),
        (32, "PTRACE_SYSEMU_SINGLESTEP"),
        (33, "PTRACE_SINGLEBLOCK"),
        (16896, "PTRACE_SETOPTIONS"),
        (16897, "PTRACE_GETEVENTMSG"),
        (16898, "PTRACE_GETSIGINFO"),
        (16899, "PTRACE_SETSIGINFO"),
        (16900, "PTRACE_GETREGSET"),
        (16901, "PTRACE_SETREGSET"),
        (16902, "PTRACE_SEIZE"),
        (16903, "PTRACE_INTERRUPT"),
        (16904, "PTRACE_LISTEN"),
        (16905, "PTRACE_PEEKSIGINFO"),
        (16906, "PTRACE_GETSIGMASK"),
        (16907, "PTRACE_SETSIGMASK"),
        (16908, "PTRACE_SECCOMP_GET_FILTER"),
        (16909, "PTRACE_SECCOMP_GET_METADATA"),
        (16910, "PTRACE_GET_SYSCALL_INFO"),
        (16911, "PTRACE_GET_RSEQ_CONFIGURATION"),
        (16912, "PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG"),
        (16913, "PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG"),
        (16914, "PTRACE_SET_SYSCALL_INFO"),
    ],
};

/// The request of `ptrace` on arm64.
pub static PTRACE_REQUEST_ARM64: Enum = Enum {
    unknown: "PTRACE_???",
    values: &[
        (0, "PTRACE_TRACEME"),
        (1, "PTRACE_PEEKTEXT"),
        (2, "PTRACE_PEEKDATA"),
        (3, "PTRACE_PEEKUSER"),
        (4, "PTRACE_POKETEXT"),
        (5, "PTRACE_POKEDATA"),
        (6, "PTRACE_POKEUSER"),
        (7, "PTRACE_CONT"),
        (8, "PTRACE_KILL"),
        (9, "PTRACE_SINGLESTEP"),
        (16, "PTRACE_ATTACH"),
        (17, "PTRACE_DETACH"),
        (24, "PTRACE_SYSCALL"),
        (31, "PTRACE_SYSEMU"),
        (32, "PTRACE_SYSEMU_SINGLESTEP"),
        (33, "PTRACE_PEEKMTETAGS"),
        (34, "PTRACE_POKEMTETAGS"),
        (16896, "PTRACE_SETOPTIONS"),
        (16897, "PTRACE_GETEVENTMSG"),
        (16898, "PTRACE_GETSIGINFO"),
        (16899, "PTRACE_SETSIGINFO"),
        (16900, "PTRACE_GETREGSET"),
        (16901, "PTRACE_SETREGSET"),
        (16902, "PTRACE_SEIZE"),
        (16903, "PTRACE_INTERRUPT"),
        (16904, "PTRACE_LISTEN"),
        (16905, "PTRACE_PEEKSIGINFO"),
        (16906, "PTRACE_GETSIGMASK"),
        (16907, "PTRACE_SETSIGMASK"),
        (16908, "PTRACE_SECCOMP_GET_FILTER"),
        (16909, "PTRACE_SECCOMP_GET_METADATA"),
        (16910, "PTRACE_GET_SYSCALL_INFO"),
        (16911, "PTRACE_GET_RSEQ_CONFIGURATION"),
        (16912, "PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG"),
        (16913, "PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG"),
        (16914, "PTRACE_SET_SYSCALL_INFO"),
    ],
};

/// The options of `PTRACE_SETOPTIONS` and `PTRACE_SEIZE`.
pub static PTRACE_OPTIONS: Flags = Flags {
    unknown: "PTRACE_O_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "PTRACE_O_TRACESYSGOOD"),
        (0x2, "PTRACE_O_TRACEFORK"),
        (0x4, "PTRACE_O_TRACEVFORK"),
        (0x8, "PTRACE_O_TRACECLONE"),
        (0x10, "PTRACE_O_TRACEEXEC"),
        (0x20, "PTRACE_O_TRACEVFORKDONE"),
        (0x40, "PTRACE_O_TRACEEXIT"),
        (0x80, "PTRACE_O_TRACESECCOMP"),
        (0x0010_0000, "PTRACE_O_EXITKILL"),
        (0x0020_0000, "PTRACE_O_SUSPEND_SECCOMP"),
    ],
};

/// The event in the upper half of a stopped status.
pub static PTRACE_EVENT: Enum = Enum {
    unknown: "PTRACE_EVENT_???",
    values: &[
        (1, "PTRACE_EVENT_FORK"),
        (2, "PTRACE_EVENT_VFORK"),
        (3, "PTRACE_EVENT_CLONE"),
        (4, "PTRACE_EVENT_EXEC"),
        (5, "PTRACE_EVENT_VFORK_DONE"),
        (6, "PTRACE_EVENT_EXIT"),
        (7, "PTRACE_EVENT_SECCOMP"),
        (128, "PTRACE_EVENT_STOP"),
    ],
};

/// The flags of `PTRACE_PEEKSIGINFO`.
pub static PTRACE_PEEKSIGINFO_FLAGS: Flags = Flags {
    unknown: "PTRACE_PEEKSIGINFO_???",
    zero: "",
    fields: &[],
    bits: &[(0x1, "PTRACE_PEEKSIGINFO_SHARED")],
};

/// The kind of stop `PTRACE_GET_SYSCALL_INFO` reports.
pub static PTRACE_SYSCALL_INFO_OP: Enum = Enum {
    unknown: "PTRACE_SYSCALL_INFO_???",
    values: &[
        (0, "PTRACE_SYSCALL_INFO_NONE"),
        (1, "PTRACE_SYSCALL_INFO_ENTRY"),
        (2, "PTRACE_SYSCALL_INFO_EXIT"),
        (3, "PTRACE_SYSCALL_INFO_SECCOMP"),
    ],
};

/// The register set of `PTRACE_GETREGSET` and `PTRACE_SETREGSET`.
pub static PTRACE_REGSET: Enum = Enum {
    unknown: "NT_???",
    values: &[
        (0x1, "NT_PRSTATUS"),
        (0x2, "NT_FPREGSET"),
        (0x3, "NT_PRPSINFO"),
        (0x4, "NT_PRXREG"),
        (0x5, "NT_PLATFORM"),
        (0x6, "NT_AUXV"),
        (0x7, "NT_GWINDOWS"),
        (0x8, "NT_ASRS"),
        (0xa, "NT_PSTATUS"),
        (0xd, "NT_PSINFO"),
        (0xe, "NT_PRCRED"),
        (0xf, "NT_UTSNAME"),
        (0x10, "NT_LWPSTATUS"),
        (0x11, "NT_LWPSINFO"),
        (0x14, "NT_PRFPXREG"),
        (0x200, "NT_386_TLS"),
        (0x201, "NT_386_IOPERM"),
        (0x202, "NT_X86_XSTATE"),
        (0x204, "NT_X86_SHSTK"),
        (0x205, "NT_X86_XSAVE_LAYOUT"),
        (0x400, "NT_ARM_VFP"),
        (0x401, "NT_ARM_TLS"),
        (0x402, "NT_ARM_HW_BREAK"),
        (0x403, "NT_ARM_HW_WATCH"),
        (0x404, "NT_ARM_SYSTEM_CALL"),
        (0x405, "NT_ARM_SVE"),
        (0x406, "NT_ARM_PAC_MASK"),
        (0x407, "NT_ARM_PACA_KEYS"),
        (0x408, "NT_ARM_PACG_KEYS"),
        (0x409, "NT_ARM_TAGGED_ADDR_CTRL"),
        (0x40a, "NT_ARM_PAC_ENABLED_KEYS"),
        (0x40b, "NT_ARM_SSVE"),
        (0x40c, "NT_ARM_ZA"),
        (0x40d, "NT_ARM_ZT"),
        (0x40e, "NT_ARM_FPMR"),
        (0x40f, "NT_ARM_POE"),
        (0x410, "NT_ARM_GCS"),
    ],
};

/// The operation of `seccomp`.
pub static SECCOMP_OP: Enum = Enum {
    unknown: "SECCOMP_SET_MODE_???",
    values: &[
        (0, "SECCOMP_SET_MODE_STRICT"),
        (1, "SECCOMP_SET_MODE_FILTER"),
        (2, "SECCOMP_GET_ACTION_AVAIL"),
        (3, "SECCOMP_GET_NOTIF_SIZES"),
    ],
};

/// The flags of `SECCOMP_SET_MODE_FILTER`.
pub static SECCOMP_FLAGS: Flags = Flags {
    unknown: "SECCOMP_FILTER_FLAG_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "SECCOMP_FILTER_FLAG_TSYNC"),
        (0x2, "SECCOMP_FILTER_FLAG_LOG"),
        (0x4, "SECCOMP_FILTER_FLAG_SPEC_ALLOW"),
        (0x8, "SECCOMP_FILTER_FLAG_NEW_LISTENER"),
        (0x10, "SECCOMP_FILTER_FLAG_TSYNC_ESRCH"),
        (0x20, "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"),
    ],
};

/// The mode of `PR_SET_SECCOMP`.
pub static SECCOMP_MODE: Enum = Enum {
    unknown: "SECCOMP_MODE_???",
    values: &[(0, "SECCOMP_MODE_DISABLED"), (1, "SECCOMP_MODE_STRICT"), (2, "SECCOMP_MODE_FILTER")],
};

/// The action of a seccomp filter: the upper half of its result.
pub static SECCOMP_RET: Enum = Enum {
    unknown: "SECCOMP_RET_???",
    values: &[
        (0x0, "SECCOMP_RET_KILL_THREAD"),
        (0x0003_0000, "SECCOMP_RET_TRAP"),
        (0x0005_0000, "SECCOMP_RET_ERRNO"),
        (0x7fc0_0000, "SECCOMP_RET_USER_NOTIF"),
        (0x7ff0_0000, "SECCOMP_RET_TRACE"),
        (0x7ffc_0000, "SECCOMP_RET_LOG"),
        (0x7fff_0000, "SECCOMP_RET_ALLOW"),
        (0x8000_0000, "SECCOMP_RET_KILL_PROCESS"),
    ],
};

#[cfg(test)]
pub(crate) static ALL_ENUMS: &[&Enum] = &[
    &PTRACE_REQUEST,
    &PTRACE_REQUEST_ARM64,
    &PTRACE_EVENT,
    &PTRACE_SYSCALL_INFO_OP,
    &PTRACE_REGSET,
    &SECCOMP_OP,
    &SECCOMP_MODE,
    &SECCOMP_RET,
];
