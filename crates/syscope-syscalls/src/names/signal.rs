//! Names of the signal calls: signals, actions, masks and what `siginfo_t` carries.

use std::borrow::Cow;

use crate::names::{Enum, Flags};

/// The signals of x86 and arm64 below the realtime ones.
pub static SIGNAL: Enum = Enum {
    unknown: "SIG???",
    values: &[
        (1, "SIGHUP"),
        (2, "SIGINT"),
        (3, "SIGQUIT"),
        (4, "SIGILL"),
        (5, "SIGTRAP"),
        (6, "SIGABRT"),
        (7, "SIGBUS"),
        (8, "SIGFPE"),
        (9, "SIGKILL"),
        (10, "SIGUSR1"),
        (11, "SIGSEGV"),
        (12, "SIGUSR2"),
        (13, "SIGPIPE"),
        (14, "SIGALRM"),
        (15, "SIGTERM"),
        (16, "SIGSTKFLT"),
        (17, "SIGCHLD"),
        (18, "SIGCONT"),
        (19, "SIGSTOP"),
        (20, "SIGTSTP"),
        (21, "SIGTTIN"),
        (22, "SIGTTOU"),
        (23, "SIGURG"),
        (24, "SIGXCPU"),
        (25, "SIGXFSZ"),
        (26, "SIGVTALRM"),
        (27, "SIGPROF"),
        (28, "SIGWINCH"),
        (29, "SIGIO"),
        (30, "SIGPWR"),
        (31, "SIGSYS"),
    ],
};

/// The name of `signal`: that of [`SIGNAL`], `SIGRTMIN` and `SIGRT_n` for a realtime one, else its number.
pub fn name(signal: u32) -> Cow<'static, str> {
    match signal {
        32 => Cow::Borrowed("SIGRTMIN"),
        33..=64 => Cow::Owned(format!("SIGRT_{}", signal - 32)),
        _ => match SIGNAL.name(u64::from(signal)) {
            Some(name) => Cow::Borrowed(name),
            None => Cow::Owned(signal.to_string()),
        },
    }
}

/// The flags of `struct sigaction`.
pub static SIGACTION_FLAGS: Flags = Flags {
    unknown: "SA_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x0400_0000, "SA_RESTORER"),
        (0x0800_0000, "SA_ONSTACK"),
        (0x1000_0000, "SA_RESTART"),
        (0x2000_0000, "SA_INTERRUPT"),
        (0x4000_0000, "SA_NODEFER"),
        (0x8000_0000, "SA_RESETHAND"),
        (0x4, "SA_SIGINFO"),
        (0x1, "SA_NOCLDSTOP"),
        (0x2, "SA_NOCLDWAIT"),
        (0x400, "SA_UNSUPPORTED"),
        (0x800, "SA_EXPOSE_TAGBITS"),
    ],
};

/// The handlers that are not addresses.
pub static SIGACTION_HANDLER: Enum = Enum { unknown: "SIG_???", values: &[(0, "SIG_DFL"), (1, "SIG_IGN")] };

/// How `rt_sigprocmask` changes the mask.
pub static SIGPROCMASK_HOW: Enum =
    Enum { unknown: "SIG_???", values: &[(0, "SIG_BLOCK"), (1, "SIG_UNBLOCK"), (2, "SIG_SETMASK")] };

/// The flags of `stack_t`.
pub static SIGALTSTACK_FLAGS: Flags = Flags {
    unknown: "SS_???",
    zero: "",
    fields: &[],
    bits: &[(0x1, "SS_ONSTACK"), (0x2, "SS_DISABLE"), (0x8000_0000, "SS_AUTODISARM")],
};

/// The flags of `signalfd4`.
pub static SIGNALFD_FLAGS: Flags = Flags {
    unknown: "SFD_???",
    zero: "",
    fields: &[],
    bits: &[(0x0008_0000, "SFD_CLOEXEC"), (0x800, "SFD_NONBLOCK")],
};

/// How a timer or a queue notifies.
pub static SIGEV_NOTIFY: Enum = Enum {
    unknown: "SIGEV_???",
    values: &[(0, "SIGEV_SIGNAL"), (1, "SIGEV_NONE"), (2, "SIGEV_THREAD"), (4, "SIGEV_THREAD_ID")],
};

/// The `si_code` of any signal, as a word of 32 bits.
pub static SI_CODE: Enum = Enum {
    unknown: "SI_???",
    values: &[
        (0x0, "SI_USER"),
        (0x80, "SI_KERNEL"),
        (0xffff_ffc4, "SI_ASYNCNL"),
        (0xffff_fff9, "SI_DETHREAD"),
        (0xffff_fffa, "SI_TKILL"),
        (0xffff_fffb, "SI_SIGIO"),
        (0xffff_fffc, "SI_ASYNCIO"),
        (0xffff_fffd, "SI_MESGQ"),
        (0xffff_fffe, "SI_TIMER"),
        (0xffff_ffff, "SI_QUEUE"),
    ],
};

/// The `si_code` of a `SIGSEGV`.
pub static SIGSEGV_CODE: Enum = Enum {
    unknown: "SEGV_???",
    values: &[
        (1, "SEGV_MAPERR"),
        (2, "SEGV_ACCERR"),
        (3, "SEGV_BNDERR"),
        (4, "SEGV_PKUERR"),
        (5, "SEGV_ACCADI"),
        (6, "SEGV_ADIDERR"),
        (7, "SEGV_ADIPERR"),
        (8, "SEGV_MTEAERR"),
        (9, "SEGV_MTESERR"),
        (10, "SEGV_CPERR"),
    ],
};

/// The `si_code` of a `SIGBUS`.
pub static SIGBUS_CODE: Enum = Enum {
    unknown: "BUS_???",
    values: &[
        (1, "BUS_ADRALN"),
        (2, "BUS_ADRERR"),
        (3, "BUS_OBJERR"),
        (4, "BUS_MCEERR_AR"),
        (5, "BUS_MCEERR_AO"),
    ],
};

/// The `si_code` of a `SIGFPE`.
pub static SIGFPE_CODE: Enum = Enum {
    unknown: "FPE_???",
    values: &[
        (1, "FPE_INTDIV"),
        (2, "FPE_INTOVF"),
        (3, "FPE_FLTDIV"),
        (4, "FPE_FLTOVF"),
        (5, "FPE_FLTUND"),
        (6, "FPE_FLTRES"),
        (7, "FPE_FLTINV"),
        (8, "FPE_FLTSUB"),
        (14, "FPE_FLTUNK"),
        (15, "FPE_CONDTRAP"),
    ],
};

/// The `si_code` of a `SIGILL`.
pub static SIGILL_CODE: Enum = Enum {
    unknown: "ILL_???",
    values: &[
        (1, "ILL_ILLOPC"),
        (2, "ILL_ILLOPN"),
        (3, "ILL_ILLADR"),
        (4, "ILL_ILLTRP"),
        (5, "ILL_PRVOPC"),
        (6, "ILL_PRVREG"),
        (7, "ILL_COPROC"),
        (8, "ILL_BADSTK"),
        (9, "ILL_BADIADDR"),
    ],
};

/// The `si_code` of a `SIGTRAP`.
pub static SIGTRAP_CODE: Enum = Enum {
    unknown: "TRAP_???",
    values: &[
        (1, "TRAP_BRKPT"),
        (2, "TRAP_TRACE"),
        (3, "TRAP_BRANCH"),
        (4, "TRAP_HWBKPT"),
        (5, "TRAP_UNK"),
        (6, "TRAP_PERF"),
    ],
};

/// The `si_code` of a `SIGCHLD`.
pub static SIGCHLD_CODE: Enum = Enum {
    unknown: "CLD_???",
    values: &[
        (1, "CLD_EXITED"),
        (2, "CLD_KILLED"),
        (3, "CLD_DUMPED"),
        (4, "CLD_TRAPPED"),
        (5, "CLD_STOPPED"),
        (6, "CLD_CONTINUED"),
    ],
};

/// The `si_code` of a `SIGPOLL`.
pub static SIGPOLL_CODE: Enum = Enum {
    unknown: "POLL_???",
    values: &[
        (1, "POLL_IN"),
        (2, "POLL_OUT"),
        (3, "POLL_MSG"),
        (4, "POLL_ERR"),
        (5, "POLL_PRI"),
        (6, "POLL_HUP"),
    ],
};

/// The `si_code` of a `SIGSYS`.
pub static SIGSYS_CODE: Enum =
    Enum { unknown: "SYS_???", values: &[(1, "SYS_SECCOMP"), (2, "SYS_USER_DISPATCH")] };

#[cfg(test)]
pub(crate) static ALL_ENUMS: &[&Enum] = &[
    &SIGNAL,
    &SIGACTION_HANDLER,
    &SIGPROCMASK_HOW,
    &SIGEV_NOTIFY,
    &SI_CODE,
    &SIGSEGV_CODE,
    &SIGBUS_CODE,
    &SIGFPE_CODE,
    &SIGILL_CODE,
    &SIGTRAP_CODE,
    &SIGCHLD_CODE,
    &SIGPOLL_CODE,
    &SIGSYS_CODE,
];
