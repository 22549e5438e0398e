//! Specifications: sending, handling, blocking and awaiting signals.

use crate::decode::Cx;
use crate::names::process::PIDFD_SIGNAL_FLAGS;
use crate::names::signal::{SIGNALFD_FLAGS, SIGPROCMASK_HOW};
use crate::structs::signal::{SIGACTION, SIGINFO, STACK, sigset, sized_sigset};
use crate::structs::time::TIMESPEC;
use crate::syscall::{Arg, Custom, Ret, Syscall, Ty, a, call};
use crate::taxonomy::{Group, Sets};

const SENDS: Sets = Sets::PROCESS.and(Sets::SIGNAL);

static SET_OF_3: Custom = sized_sigset::<1, 3>();
static OLD_SET_OF_3: Custom = sized_sigset::<2, 3>();
static WAITED_SET: Custom = sized_sigset::<0, 3>();
static SUSPEND_SET: Custom = sized_sigset::<0, 1>();
static SIGNALFD_SET: Custom = sized_sigset::<1, 2>();

/// The mask that `rt_sigreturn` has restored. It lay in the signal frame, which is gone when the call ends;
/// the kernel side reads it from the task.
fn print_restored_mask(cx: &mut Cx<'_, '_>) {
    static CONTEXT: Arg = a("context", "struct ucontext *", Ty::Addr);
    let Some(view) = cx.record(0, 0, 8) else { return };
    cx.out.arg(&CONTEXT);
    cx.out.begin_struct();
    cx.out.field("mask");
    sigset(cx.out, view);
    cx.out.end_struct(false);
}

/// The call that `restart_syscall` resumes, by name where it is known.
fn print_resumed_call(cx: &mut Cx<'_, '_>) {
    let name = cx.blob(0, 0).and_then(|blob| std::str::from_utf8(blob.bytes).ok());
    cx.out.remark(&format!("<... resuming interrupted {} ...>", name.unwrap_or("system call")));
}

/// The result of a call that returns a signal number: `15 (SIGTERM)`.
pub static RETURNED_SIGNAL: Custom = Custom { capture: |_| Vec::new(), print: print_returned_signal };

fn print_returned_signal(cx: &mut Cx<'_, '_>, _: usize) {
    let Some(ret) = cx.call.ret else { return };
    cx.out.int(ret);
    if (1..=64).contains(&ret) {
        cx.out.begin_details();
        cx.out.item();
        cx.signal(ret as i32);
        cx.out.end_details();
    }
}

/// The calls of this topic.
pub static CALLS: &[Syscall] = &[
    call(
        "kill",
        Group::StandardSignals,
        SENDS,
        Ret::Int,
        &[a("pid", "pid_t", Ty::Pid), a("sig", "int", Ty::Signal)],
    ),
    call(
        "tkill",
        Group::StandardSignals,
        SENDS,
        Ret::Int,
        &[a("tid", "pid_t", Ty::Pid), a("sig", "int", Ty::Signal)],
    ),
    call(
        "tgkill",
        Group::StandardSignals,
        SENDS,
        Ret::Int,
        &[a("tgid", "pid_t", Ty::Pid), a("tid", "pid_t", Ty::Pid), a("sig", "int", Ty::Signal)],
    ),
    call("pause", Group::StandardSignals, Sets::SIGNAL, Ret::Int, &[]),
    call(
        "rt_sigaction",
        Group::RealTimeSignals,
        Sets::SIGNAL,
        Ret::Int,
        &[
            a("signum", "int", Ty::Signal),
            a("act", "const struct sigaction *", Ty::Struct(&SIGACTION)),
            a("oldact", "struct sigaction *", Ty::Out(&Ty::Struct(&SIGACTION))),
            a("sigsetsize", "size_t", Ty::ULong),
        ],
    ),
    call(
        "rt_sigprocmask",
        Group::RealTimeSignals,
        Sets::SIGNAL,
        Ret::Int,
        &[
            a("how", "int", Ty::Enum(&SIGPROCMASK_HOW)),
            a("set", "sigset_t *", Ty::Custom(&SET_OF_3)),
            a("oldset", "sigset_t *", Ty::Out(&Ty::Custom(&OLD_SET_OF_3))),
            a("sigsetsize", "size_t", Ty::ULong),
        ],
    ),
    call(
        "rt_sigpending",
        Group::RealTimeSignals,
        Sets::SIGNAL,
        Ret::Int,
        &[a("set", "sigset_t *", crate::structs::signal::SIGSET_OUT), a("sigsetsize", "size_t", Ty::ULong)],
    ),
    call(
        "rt_sigqueueinfo",
        Group::RealTimeSignals,
        SENDS,
        Ret::Int,
        &[
            a("pid", "pid_t", Ty::Pid),
            a("sig", "int", Ty::Signal),
            a("info", "siginfo_t *", Ty::Struct(&SIGINFO)),
        ],
    ),
    call(
        "rt_tgsigqueueinfo",
        Group::RealTimeSignals,
        SENDS,
        Ret::Int,
        &[
            a("tgid", "pid_t", Ty::Pid),
            a("tid", "pid_t", Ty::Pid),
            a("sig", "int", Ty::Signal),
            a("info", "siginfo_t *", Ty::Struct(&SIGINFO)),
        ],
    ),
    call(
        "rt_sigtimedwait",
        Group::RealTimeSignals,
        Sets::SIGNAL,
        Ret::Custom(&RETURNED_SIGNAL),
        &[
            a("set", "const sigset_t *", Ty::Custom(&WAITED_SET)),
            a("info", "siginfo_t *", Ty::Out(&Ty::Struct(&SIGINFO))),
            a("timeout", "const struct __kernel_timespec *", Ty::Struct(&TIMESPEC)),
            a("sigsetsize", "size_t", Ty::ULong),
        ],
    ),
    call(
        "rt_sigsuspend",
        Group::RealTimeSignals,
        Sets::SIGNAL,
        Ret::Int,
        &[a("mask", "sigset_t *", Ty::Custom(&SUSPEND_SET)), a("sigsetsize", "size_t", Ty::ULong)],
    ),
    call("rt_sigreturn", Group::RealTimeSignals, Sets::SIGNAL, Ret::Int, &[]).prelude(print_restored_mask),
    call(
        "sigaltstack",
        Group::RealTimeSignals,
        Sets::SIGNAL,
        Ret::Int,
        &[
            a("ss", "const stack_t *", Ty::Struct(&STACK)),
            a("old_ss", "stack_t *", Ty::Out(&Ty::Struct(&STACK))),
        ],
    ),
    call(
        "signalfd",
        Group::FileDescriptorSignals,
        Sets::DESC.and(Sets::SIGNAL),
        Ret::Fd,
        &[
            a("fd", "int", Ty::Fd),
            a("mask", "sigset_t *", Ty::Custom(&SIGNALFD_SET)),
            a("sizemask", "size_t", Ty::ULong),
        ],
    ),
    call(
        "signalfd4",
        Group::FileDescriptorSignals,
        Sets::DESC.and(Sets::SIGNAL),
        Ret::Fd,
        &[
            a("fd", "int", Ty::Fd),
            a("mask", "sigset_t *", Ty::Custom(&SIGNALFD_SET)),
            a("sizemask", "size_t", Ty::ULong),
            a("flags", "int", Ty::Flags(&SIGNALFD_FLAGS)),
        ],
    ),
    call(
        "pidfd_send_signal",
        Group::FileDescriptorSignals,
        Sets::DESC.and(SENDS),
        Ret::Int,
        &[
            a("pidfd", "int", Ty::Fd),
            a("sig", "int", Ty::Signal),
            a("info", "siginfo_t *", Ty::Struct(&SIGINFO)),
            a("flags", "unsigned int", Ty::Flags(&PIDFD_SIGNAL_FLAGS)),
        ],
    ),
    call("restart_syscall", Group::MiscellaneousSignals, Sets::NONE, Ret::Int, &[])
        .prelude(print_resumed_call),
];
