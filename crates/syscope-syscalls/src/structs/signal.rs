//! Signal sets, actions, stacks and `siginfo`.

use crate::capture::{Op, Operand};
use crate::decode::Cx;
use crate::layout::{Prim, Struct, View, f, plain};
use crate::names::Enum;
use crate::names::signal as names;
use crate::sink::Plain;
use crate::syscall::{Custom, Ty};
use crate::{Abi, Sink, Status};

/// A set of 64 signals as the kernel has it: `[INT TERM]`, `~[KILL STOP]`.
pub static SIGSET: Struct = Struct {
    name: "sigset_t",
    fields: &[f("bits", Prim::U64, Ty::Hex)],
    print: Some(print_sigset),
    abbreviated: false,
};

/// The set of the old calls: one word (32 signals on i386).
pub static OLD_SIGSET: Struct = Struct {
    name: "old_sigset_t",
    fields: &[f("bits", Prim::ULong, Ty::Hex)],
    print: Some(print_sigset),
    abbreviated: false,
};

/// A pointer to a signal set that the call reads.
pub const SIGSET_IN: Ty = Ty::Struct(&SIGSET);

/// A pointer to a signal set that the call fills.
pub const SIGSET_OUT: Ty = Ty::Out(&Ty::Struct(&SIGSET));

fn print_sigset(cx: &mut Cx<'_, '_>, view: View<'_>) {
    sigset(cx.out, view);
}

/// Shows a signal set of the width of `view`: 8 bytes, or 4 if it has fewer.
pub fn sigset(out: &mut dyn Sink, view: View<'_>) {
    let size = if view.bytes.len() >= 8 { 8 } else { 4 };
    match view.unsigned(0, size) {
        Some(set) => out.signals(set, size as u32 * 8),
        None => out.symbol("???"),
    }
}

/// A signal set in argument `SET` that counts only if argument `SIZE` gives the kernel's own size; any
/// other size is an error, and the set is then a mere address.
pub const fn sized_sigset<const SET: u8, const SIZE: usize>() -> Custom {
    Custom {
        capture: |_| vec![Op::record(Operand::Arg(SET), 8)],
        print: |cx, arg| {
            let bytes = cx.blob(arg, 0).filter(|blob| blob.status == Status::Complete);
            match bytes {
                Some(blob) if cx.arg(SIZE) == 8 && blob.bytes.len() >= 8 => {
                    sigset(cx.out, View { abi: cx.call.abi, bytes: blob.bytes });
                }
                _ => {
                    let address = cx.arg(arg);
                    cx.out.address(address);
                }
            }
        },
    }
}

/// The kernel's `struct sigaction`; all our machines have `sa_restorer`.
pub static SIGACTION: Struct = Struct {
    name: "sigaction",
    fields: &[
        f("sa_handler", Prim::Ptr, Ty::Addr),
        f("sa_flags", Prim::ULong, Ty::Flags(&names::SIGACTION_FLAGS)),
        f("sa_restorer", Prim::Ptr, Ty::Addr),
        f("sa_mask", Prim::U64, Ty::Hex),
    ],
    print: Some(print_sigaction),
    abbreviated: false,
};

fn print_sigaction(cx: &mut Cx<'_, '_>, view: View<'_>) {
    const SA_RESTORER: u64 = 0x0400_0000;
    let word = view.abi.word();
    cx.out.begin_struct();
    cx.out.field("sa_handler");
    handler(cx.out, view.word(0).unwrap_or(0), word);
    cx.out.field("sa_mask");
    sigset(cx.out, view.slice(3 * word, 8));
    cx.out.field("sa_flags");
    let flags = view.word(word).unwrap_or(0);
    cx.out.flags(&names::SIGACTION_FLAGS, flags);
    if flags & SA_RESTORER != 0 {
        cx.out.field("sa_restorer");
        cx.out.address(view.word(2 * word).unwrap_or(0));
    }
    cx.out.end_struct(false);
}

/// A signal handler: `SIG_DFL`, `SIG_IGN`, `SIG_ERR` or an address, out of a word of `size` bytes.
pub fn handler(out: &mut dyn Sink, value: u64, size: usize) {
    match value {
        0 => out.symbol("SIG_DFL"),
        1 => out.symbol("SIG_IGN"),
        _ if value == crate::decode::mask(u64::MAX, size) => out.symbol("SIG_ERR"),
        _ => out.address(value),
    }
}

/// `stack_t`.
pub static STACK: Struct = plain(
    "stack_t",
    &[
        f("ss_sp", Prim::Ptr, Ty::Addr),
        f("ss_flags", Prim::I32, Ty::Flags(&names::SIGALTSTACK_FLAGS)),
        f("ss_size", Prim::ULong, Ty::ULong),
    ],
);

/// `siginfo_t`: three integers and a union that depends on them.
pub static SIGINFO: Struct = Struct {
    name: "siginfo_t",
    fields: &[f("bytes", Prim::Chars(128), Ty::Absent)],
    print: Some(print_siginfo),
    abbreviated: false,
};

fn print_siginfo(cx: &mut Cx<'_, '_>, view: View<'_>) {
    siginfo(cx.out, view);
}

const SI_USER: i32 = 0;
const SI_TIMER: i32 = -2;
const SI_SIGIO: i32 = -5;
const SI_TKILL: i32 = -6;
const SI_KERNEL: i32 = 0x80;

/// Shows a `siginfo_t`. An empty one, of signal 0, is `{}`.
pub fn siginfo(out: &mut dyn Sink, view: View<'_>) {
    let signo = view.i32(0).unwrap_or(0);
    let errno = view.i32(4).unwrap_or(0);
    let code = view.i32(8).unwrap_or(0);
    out.begin_struct();
    if signo != 0 {
        out.field("si_signo");
        signal(out, signo);
        out.field("si_code");
        si_code(out, signo, code);
        if errno != 0 {
            out.field("si_errno");
            match u16::try_from(errno).ok().and_then(crate::names::errno::name) {
                Some(name) => out.symbol(name),
                None => out.int(i64::from(errno)),
            }
        }
        // The union is aligned to a word.
        let start = if view.abi.word() == 8 { 16 } else { 12 };
        members(out, signo, code, view.slice(start, 128 - start));
    }
    out.end_struct(false);
}

fn signal(out: &mut dyn Sink, signo: i32) {
    match u32::try_from(signo) {
        Ok(number @ 1..=64) => out.symbol(&names::name(number)),
        _ => out.int(i64::from(signo)),
    }
}

/// The codes that a signal has for itself.
fn codes(signo: i32) -> Option<&'static Enum> {
    Some(match signo {
        4 => &names::SIGILL_CODE,
        5 => &names::SIGTRAP_CODE,
        7 => &names::SIGBUS_CODE,
        8 => &names::SIGFPE_CODE,
        11 => &names::SIGSEGV_CODE,
        17 => &names::SIGCHLD_CODE,
        29 => &names::SIGPOLL_CODE,
        31 => &names::SIGSYS_CODE,
        _ => return None,
    })
}

fn si_code(out: &mut dyn Sink, signo: i32, code: i32) {
    let word = u64::from(code as u32);
    let own = if code > 0 { codes(signo).and_then(|codes| codes.name(word)) } else { None };
    match own.or_else(|| names::SI_CODE.name(word)) {
        Some(name) => out.symbol(name),
        None => out.hex(word),
    }
}

/// The part of the union that `signo` and `code` choose; `view` starts at the union.
fn members(out: &mut dyn Sink, signo: i32, code: i32, view: View<'_>) {
    match code {
        SI_USER | SI_TKILL => sender(out, view),
        SI_TIMER => {
            out.field("si_timerid");
            out.hex(u64::from(view.u32(0).unwrap_or(0)));
            int(out, "si_overrun", view, 4);
            value(out, view);
        }
        SI_SIGIO => band(out, view),
        ..SI_USER => {
            sender(out, view);
            value(out, view);
        }
        _ => match signo {
            4 | 5 | 7 | 8 | 11 => fault(out, signo, code, view),
            17 => child(out, code, view),
            29 if names::SIGPOLL_CODE.name(code as u64).is_some() => band(out, view),
            29 => {}
            31 => {
                let word = view.abi.word();
                address(out, "si_call_addr", view, 0);
                out.field("si_syscall");
                let number = view.i32(word).unwrap_or(0);
                let arch = view.u32(word + 4).unwrap_or(0);
                system_call(out, number, arch);
                out.field("si_arch");
                audit_arch(out, arch);
            }
            // Nothing is known of the rest; what is not empty may be the usual members.
            _ => {
                let has_value = view.word(8).unwrap_or(0) != 0;
                if has_value || view.u64(0).unwrap_or(0) != 0 {
                    sender(out, view);
                }
                if has_value {
                    value(out, view);
                }
            }
        },
    }
}

fn int(out: &mut dyn Sink, name: &str, view: View<'_>, at: usize) {
    out.field(name);
    out.int(i64::from(view.i32(at).unwrap_or(0)));
}

fn address(out: &mut dyn Sink, name: &str, view: View<'_>, at: usize) {
    out.field(name);
    out.address(view.word(at).unwrap_or(0));
}

fn sender(out: &mut dyn Sink, view: View<'_>) {
    int(out, "si_pid", view, 0);
    out.field("si_uid");
    crate::structs::process::id(out, view.u32(4).unwrap_or(0));
}

fn value(out: &mut dyn Sink, view: View<'_>) {
    int(out, "si_int", view, 8);
    address(out, "si_ptr", view, 8);
}

fn band(out: &mut dyn Sink, view: View<'_>) {
    out.field("si_band");
    out.int(view.long(0).unwrap_or(0));
    int(out, "si_fd", view, view.abi.word());
}

fn fault(out: &mut dyn Sink, signo: i32, code: i32, view: View<'_>) {
    let word = view.abi.word();
    address(out, "si_addr", view, 0);
    match (signo, code) {
        // BUS_MCEERR_AR and BUS_MCEERR_AO: the affected bits of the address.
        (7, 4 | 5) => {
            out.field("si_addr_lsb");
            out.hex(u64::from(view.u16(word).unwrap_or(0)));
        }
        (11, 3) => {
            address(out, "si_lower", view, 2 * word);
            address(out, "si_upper", view, 3 * word);
        }
        (11, 4) => {
            out.field("si_pkey");
            out.uint(u64::from(view.u32(2 * word).unwrap_or(0)));
        }
        _ => {}
    }
}

fn child(out: &mut dyn Sink, code: i32, view: View<'_>) {
    const CLD_EXITED: i32 = 1;
    sender(out, view);
    out.field("si_status");
    let status = view.i32(8).unwrap_or(0);
    if code == CLD_EXITED || code == SI_KERNEL {
        out.int(i64::from(status))
    } else {
        signal(out, status)
    }
    let word = view.abi.word();
    // After three 32-bit members the times are aligned to a word.
    let times = crate::layout::align_up(12, word);
    for (name, at) in [("si_utime", times), ("si_stime", times + word)] {
        out.field(name);
        let ticks = view.long(at).unwrap_or(0);
        out.int(ticks);
        if ticks != 0 {
            // A tick is a hundredth of a second for every program (`USER_HZ`).
            out.comment(format_args!("{:.2} s", ticks as f64 / 100.0));
        }
    }
}

/// A system call by the name it has on `arch`.
pub fn system_call(out: &mut dyn Sink, number: i32, arch: u32) {
    let abi = match arch {
        0xc000_003e => Some(Abi::X86_64),
        0x4000_0003 => Some(Abi::I386),
        0xc000_00b7 => Some(Abi::Aarch64),
        _ => None,
    };
    match abi.and_then(|abi| crate::table::name(abi, number as u32)) {
        Some(name) => out.form(format_args!("__NR_{name}"), Plain::Text(name)),
        None => out.int(i64::from(number)),
    }
}

/// The architecture of a system call as the audit and seccomp machinery names it.
pub fn audit_arch(out: &mut dyn Sink, arch: u32) {
    match arch {
        0xc000_003e => out.symbol("AUDIT_ARCH_X86_64"),
        0x4000_0003 => out.symbol("AUDIT_ARCH_I386"),
        0xc000_00b7 => out.symbol("AUDIT_ARCH_AARCH64"),
        0x4000_0028 => out.symbol("AUDIT_ARCH_ARM"),
        _ => out.unknown(u64::from(arch), "AUDIT_ARCH_???"),
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, check_i386, longs, words};

    #[test]
    fn sets_are_shown_by_the_shorter_side() {
        let size = [2, 0x1000, 0x2000, 8];
        check(
            "rt_sigprocmask",
            &size,
            0,
            &[(1, 0, &longs(&[0x4002])), (2, 0, &longs(&[0]))],
            "rt_sigprocmask(SIG_SETMASK, [INT TERM], [], 8) = 0",
        );
        check(
            "rt_sigprocmask",
            &size,
            0,
            &[(1, 0, &longs(&[!0x4_0100])), (2, 0, &longs(&[3 << 31]))],
            "rt_sigprocmask(SIG_SETMASK, ~[KILL STOP], [RTMIN RT_1], 8) = 0",
        );
        check(
            "rt_sigprocmask",
            &[0, 0x1000, 0, 4],
            -22,
            &[(1, 0, &longs(&[2]))],
            "rt_sigprocmask(SIG_BLOCK, 0x1000, NULL, 4) = -1",
        );
        check(
            "signalfd4",
            &[u64::MAX, 0x1000, 8, 0o2_000_000],
            3,
            &[(1, 0, &longs(&[6]))],
            "signalfd4(-1, [INT QUIT], 8, SFD_CLOEXEC) = 3",
        );
    }

    #[test]
    fn actions_differ_by_word_size() {
        let action = longs(&[1, 0x1400_0000, 0x1234, 0x4002]);
        check(
            "rt_sigaction",
            &[10, 0x1000, 0x2000, 8],
            0,
            &[(1, 0, &action), (2, 0, &longs(&[0, 0, 0, 0]))],
            "rt_sigaction(SIGUSR1, {sa_handler=SIG_IGN, sa_mask=[INT TERM], sa_flags=SA_RESTORER|SA_RESTART, \
             sa_restorer=0x1234}, {sa_handler=SIG_DFL, sa_mask=[], sa_flags=0}, 8) = 0",
        );
        check_i386(
            "rt_sigaction",
            &[34, 0x1000, 0x2000, 8],
            -22,
            &[(1, 0, &words(&[0x5000, 4, 0, 2, 0]))],
            "rt_sigaction(SIGRT_2, {sa_handler=0x5000, sa_mask=[INT], sa_flags=SA_SIGINFO}, 0x2000, 8) = -1",
        );
    }

    fn info(signo: i32, code: i32, rest: &[u32]) -> Vec<u8> {
        let mut info = words(&[signo as u32, 0, code as u32, 0]);
        info.extend(words(rest));
        info.resize(128, 0);
        info
    }

    #[test]
    fn siginfo_has_the_members_of_its_code() {
        let shown = |info: &[u8], expected: &str| {
            let expected = format!("waitid(P_ALL, 0, {expected}, WEXITED, NULL) = 0");
            check("waitid", &[0, 0, 0x1000, 4, 0], 0, &[(2, 0, info)], &expected);
        };
        shown(&info(0, 0, &[]), "{}");
        shown(&info(15, 0, &[7, 1000]), "{si_signo=SIGTERM, si_code=SI_USER, si_pid=7, si_uid=1000}");
        shown(
            &info(17, 2, &[7, 0, 9, 0, 2, 0, 0, 0]),
            "{si_signo=SIGCHLD, si_code=CLD_KILLED, si_pid=7, si_uid=0, si_status=SIGKILL, \
             si_utime=2 /* 0.02 s */, si_stime=0}",
        );
        shown(&info(11, 1, &[8, 0]), "{si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x8}");
        shown(
            &info(34, -1, &[7, 0, 77, 0]),
            "{si_signo=SIGRT_2, si_code=SI_QUEUE, si_pid=7, si_uid=0, si_int=77, si_ptr=0x4d}",
        );
        shown(&info(14, 128, &[]), "{si_signo=SIGALRM, si_code=SI_KERNEL}");
        shown(
            &info(31, 1, &[0x1000, 0, 39, 0xc000_003e]),
            "{si_signo=SIGSYS, si_code=SYS_SECCOMP, si_call_addr=0x1000, si_syscall=__NR_getpid, \
             si_arch=AUDIT_ARCH_X86_64}",
        );
    }

    #[test]
    fn results_name_the_signal() {
        check(
            "rt_sigtimedwait",
            &[0x1000, 0, 0, 8],
            15,
            &[(0, 0, &longs(&[0x4000]))],
            "rt_sigtimedwait([TERM], NULL, NULL, 8) = 15 (SIGTERM)",
        );
        check(
            "restart_syscall",
            &[],
            0,
            &[],
            "restart_syscall(<... resuming interrupted system call ...>) = 0",
        );
        check(
            "sigaltstack",
            &[0x1000, 0],
            0,
            &[(0, 0, &longs(&[0x5000, 2, 8192]))],
            "sigaltstack({ss_sp=0x5000, ss_flags=SS_DISABLE, ss_size=8192}, NULL) = 0",
        );
    }
}
