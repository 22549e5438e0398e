//! Creating processes, waiting for them, and their limits and usage.

use crate::capture::{Op, Operand, When};
use crate::decode::{Cx, Hex};
use crate::layout::{Prim, Struct, View, f};
use crate::names::process as names;
use crate::names::ptrace::PTRACE_EVENT;
use crate::names::{Flags, signal};
use crate::sink::Plain;
use crate::structs::time::TIMEVAL;
use crate::syscall::{Custom, Ty};
use crate::{Abi, Sink, Status};

/// Shows a user or group id; `-1` is "leave as is" or "nobody".
pub fn id(out: &mut dyn Sink, id: u32) {
    out.int(if id == u32::MAX { -1 } else { i64::from(id) });
}

/// A `wait` status that the call stored, once it reaped someone: argument `ARG`.
pub const fn wait_status<const ARG: u8>() -> Custom {
    Custom {
        capture: |_| vec![Op::record(Operand::Arg(ARG), 4).when(When::RetAbove(0))],
        print: |cx, arg| match cx.record(arg, 0, 4).and_then(|view| view.u32(0)) {
            Some(status) if cx.call.ok() => status_form(cx.out, status),
            _ => address(cx, arg),
        },
    }
}

/// The usage of a reaped child in argument `ARG` of a call that returns its pid.
pub const fn child_usage<const ARG: u8>() -> Custom {
    Custom {
        capture: |abi| vec![Op::record(Operand::Arg(ARG), RUSAGE.size(abi) as u16).when(When::RetAbove(0))],
        print: |cx, arg| match cx.record(arg, 0, RUSAGE.size(cx.call.abi)) {
            Some(view) if cx.call.ok() => cx.structure(&RUSAGE, view),
            _ => address(cx, arg),
        },
    }
}

/// Shows an argument as the address it is.
pub fn address(cx: &mut Cx<'_, '_>, arg: usize) {
    let value = cx.arg(arg);
    cx.out.address(value);
}

/// Shows a `wait` status by the macros that take it apart.
fn status_form(out: &mut dyn Sink, status: u32) {
    let signal = status & 0x7f;
    match (status & 0xff, status >> 8 & 0xff) {
        (0, code) if status >> 16 == 0 => out.form(
            format_args!("[{{WIFEXITED(s) && WEXITSTATUS(s) == {code}}}]"),
            Plain::Text(&format!("exit {code}")),
        ),
        (0x7f, _) => stopped(out, status),
        (0xff, 0xff) if status == 0xffff => {
            out.form(format_args!("[{{WIFCONTINUED(s)}}]"), Plain::Text("continue"));
        }
        _ if signal != 0 && status >> 8 == 0 => {
            let name = signal::name(signal);
            if status & 0x80 == 0 {
                out.form(
                    format_args!("[{{WIFSIGNALED(s) && WTERMSIG(s) == {name}}}]"),
                    Plain::Text(&format!("signal {name}")),
                );
            } else {
                out.form(
                    format_args!("[{{WIFSIGNALED(s) && WTERMSIG(s) == {name} && WCOREDUMP(s)}}]"),
                    Plain::Text(&format!("signal {name} core")),
                );
            }
        }
        _ => out.form(format_args!("[{}]", Hex(u64::from(status))), Plain::Uint(u64::from(status))),
    }
}

fn stopped(out: &mut dyn Sink, status: u32) {
    // A tracer sees system-call stops as SIGTRAP with the top bit, and events in the upper half.
    let number = status >> 8 & 0xff;
    let (number, good) = if number & 0x7f == 5 && number & 0x80 != 0 { (5, " | 0x80") } else { (number, "") };
    let name = signal::name(number);
    let event = status >> 16;
    let event = match PTRACE_EVENT.name(u64::from(event)) {
        _ if event == 0 => String::new(),
        Some(name) => format!("|{name}<<16"),
        None => format!("|{event:#x}<<16"),
    };
    out.form(
        format_args!("[{{WIFSTOPPED(s) && WSTOPSIG(s) == {name}{good}}}{event}]"),
        Plain::Text(&format!("stop {name}{good}{event}")),
    );
}

/// `struct rusage`; strace shows its two times.
pub static RUSAGE: Struct = Struct {
    name: "rusage",
    fields: &[
        f("ru_utime", Prim::Sub(&TIMEVAL), Ty::Absent),
        f("ru_stime", Prim::Sub(&TIMEVAL), Ty::Absent),
        crate::layout::pad(Prim::Array(14, &crate::layout::Item::Scalar(Prim::Long, Ty::Long))),
    ],
    print: None,
    abbreviated: true,
};

/// `struct rlimit`: in machine words.
pub static RLIMIT: Struct = Struct {
    name: "rlimit",
    fields: &[f("rlim_cur", Prim::ULong, Ty::ULong), f("rlim_max", Prim::ULong, Ty::ULong)],
    print: Some(print_rlimit),
    abbreviated: false,
};

/// `struct rlimit64`.
pub static RLIMIT64: Struct = Struct {
    name: "rlimit64",
    fields: &[f("rlim_cur", Prim::U64, Ty::ULong), f("rlim_max", Prim::U64, Ty::ULong)],
    print: Some(print_rlimit),
    abbreviated: false,
};

fn print_rlimit(cx: &mut Cx<'_, '_>, view: View<'_>) {
    let size = view.bytes.len() / 2;
    cx.out.begin_struct();
    for (name, at) in [("rlim_cur", 0), ("rlim_max", size)] {
        cx.out.field(name);
        match (view.unsigned(at, if size >= 8 { 8 } else { 4 }), size) {
            (Some(u64::MAX), _) => cx.out.symbol("RLIM64_INFINITY"),
            (Some(0xffff_ffff), 4) => cx.out.symbol("RLIM_INFINITY"),
            // Limits are mostly sizes, which read better in kibibytes.
            (Some(value), _) if value > 1024 && value % 1024 == 0 => {
                cx.out.form(format_args!("{}*1024", value / 1024), Plain::Uint(value));
            }
            (Some(value), _) => cx.out.uint(value),
            (None, _) => cx.out.symbol("???"),
        }
    }
    cx.out.end_struct(false);
}

/// The environment of `execve` in argument `ARG`: its address and the number of its strings. A successful
/// call has the number from the new image, not through an op; for a failed one the pointers are counted.
pub const fn envp<const ARG: u8>() -> Custom {
    Custom {
        capture: |_| vec![Op::record(Operand::Arg(ARG), ENVP_BYTES).when(When::Failed)],
        print: print_envp,
    }
}

/// Bytes of pointers that are counted; more variables are rare.
const ENVP_BYTES: u16 = 4096;

fn print_envp(cx: &mut Cx<'_, '_>, arg: usize) {
    address(cx, arg);
    let Some(blob) = cx.blob(arg, 0) else { return };
    let view = View { abi: cx.call.abi, bytes: blob.bytes };
    let count = if cx.call.ok() {
        view.u32(0)
    } else {
        let word = cx.call.abi.word();
        blob.bytes
            .chunks_exact(word)
            .position(|pointer| pointer.iter().all(|byte| *byte == 0))
            .map(|at| at as u32)
    };
    if let Some(count) = count {
        let plural = if count == 1 { "" } else { "s" };
        cx.out.comment(format_args!("{count} var{plural}"));
    }
}

const CLONE_PIDFD: u64 = 0x1000;
const CLONE_SETTLS: u64 = 0x8_0000;
const CLONE_PARENT_SETTID: u64 = 0x10_0000;
const CLONE_CHILD_CLEARTID: u64 = 0x20_0000;
const CLONE_CHILD_SETTID: u64 = 0x100_0000;
const CLONE_INTO_CGROUP: u64 = 0x2_0000_0000;

/// All arguments of `clone`, from the flags on: named, the stack first, and of the others those that the
/// flags make the kernel look at. On x86-64 the thread area is the last argument, elsewhere the fourth.
pub static CLONE: Custom = Custom { capture: capture_clone, print: print_clone };

fn capture_clone(abi: Abi) -> Vec<Op> {
    let mut ops = vec![Op::record(Operand::Arg(2), 4).if_ok()];
    if abi == Abi::I386 {
        ops.push(Op::record(Operand::Arg(3), 16));
    }
    ops
}

fn print_clone(cx: &mut Cx<'_, '_>, first: usize) {
    let Some(args) = cx.call.syscall.map(|syscall| syscall.args).filter(|args| args.len() >= 5) else {
        return;
    };
    let (tls, child) = if cx.call.abi == Abi::X86_64 { (4, 3) } else { (3, 4) };
    // One specification may serve both orders; the names say which argument is which.
    let label = |name: &str, at: usize| args.iter().find(|arg| arg.name == name).unwrap_or(&args[at]);
    let flags = cx.arg(first);
    cx.out.named(&args[1]);
    address(cx, 1);
    cx.out.named(&args[0]);
    if flags & 0xff > 64 {
        cx.out.flags(&names::CLONE_FLAGS, flags);
    } else {
        cx.out.flags(&CLONE_FLAGS_SIGNAL, flags);
    }
    if flags & (CLONE_PARENT_SETTID | CLONE_PIDFD) != 0 {
        cx.out.named(&args[2]);
        match cx.record(first, 0, 4).and_then(|view| view.i32(0)) {
            Some(tid) if cx.call.ok() => one_int(cx.out, tid),
            _ => address(cx, 2),
        }
    }
    if flags & CLONE_SETTLS != 0 {
        cx.out.named(label("tls", tls));
        match cx.record(first, 1, 16) {
            Some(view) => cx.structure(&crate::structs::trace::USER_DESC, view),
            None => {
                let value = cx.arg(tls);
                cx.out.hex(value);
            }
        }
    }
    if flags & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID) != 0 {
        cx.out.named(label("child_tidptr", child));
        address(cx, child);
    }
}

fn one_int(out: &mut dyn Sink, value: i32) {
    out.begin_array(false);
    out.item();
    out.int(i64::from(value));
    out.end_array(false);
}

/// The flags of `clone` with the exit signal in the low byte. Signals descend, so that of all whose bits
/// are set the exact one is met first.
static CLONE_FLAGS_SIGNAL: Flags = Flags { unknown: "CLONE_???", zero: "", fields: &[], bits: &CLONE_BITS };

static CLONE_BITS: [(u64, &str); names::CLONE_FLAGS.bits.len() + 64] = {
    const REALTIME: [&str; 33] = [
        "SIGRTMIN", "SIGRT_1", "SIGRT_2", "SIGRT_3", "SIGRT_4", "SIGRT_5", "SIGRT_6", "SIGRT_7", "SIGRT_8",
        "SIGRT_9", "SIGRT_10", "SIGRT_11", "SIGRT_12", "SIGRT_13", "SIGRT_14", "SIGRT_15", "SIGRT_16",
        "SIGRT_17", "SIGRT_18", "SIGRT_19", "SIGRT_20", "SIGRT_21", "SIGRT_22", "SIGRT_23", "SIGRT_24",
        "SIGRT_25", "SIGRT_26", "SIGRT_27", "SIGRT_28", "SIGRT_29", "SIGRT_30", "SIGRT_31", "SIGRT_32",
    ];
    let mut bits = [(0, ""); names::CLONE_FLAGS.bits.len() + 64];
    let mut at = 0;
    while at < names::CLONE_FLAGS.bits.len() {
        bits[at] = names::CLONE_FLAGS.bits[at];
        at += 1;
    }
    let mut signal = 64;
    while signal > 0 {
        let name = if signal >= 32 { REALTIME[signal - 32] } else { signal::SIGNAL.values[signal - 1].1 };
        bits[at] = (signal as u64, name);
        at += 1;
        signal -= 1;
    }
    bits
};

/// The structure of `clone3`, and behind it what the call stored through its pointers.
pub static CLONE3: Custom = Custom { capture: capture_clone3, print: print_clone3 };

/// The first and the present size of `struct clone_args`.
const CLONE_ARGS: (usize, u16) = (64, 88);

fn capture_clone3(_: Abi) -> Vec<Op> {
    vec![
        Op::array(Operand::Arg(0), Operand::Arg(1), 1, CLONE_ARGS.1).base(),
        Op::record(Operand::Word, 4).at(24).if_ok(),
        Op::record(Operand::Word, 4).at(8).if_ok(),
        Op::array(Operand::Word, Operand::Word, 4, 128).at(64).count_at(72),
    ]
}

fn print_clone3(cx: &mut Cx<'_, '_>, arg: usize) {
    let Some(view) = cx.record(arg, 0, CLONE_ARGS.0) else { return address(cx, arg) };
    let word = |at| view.u64(at).unwrap_or(0);
    let flags = word(0);
    let stored = |part| cx.record(arg, part, 4).filter(|_| cx.call.ok()).and_then(|view| view.i32(0));
    let pidfd = if flags & CLONE_PIDFD != 0 { stored(2) } else { None };
    let parent_tid = if flags & CLONE_PARENT_SETTID != 0 { stored(1) } else { None };
    let set_tid = cx.blob(arg, 3).filter(|blob| blob.status != Status::Fault);

    let out = &mut *cx.out;
    out.begin_struct();
    out.field("flags");
    out.flags(&names::CLONE3_FLAGS, flags);
    if flags & CLONE_PIDFD != 0 {
        out.field("pidfd");
        pointer(out, word(8), pidfd);
    }
    if flags & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID) != 0 {
        out.field("child_tid");
        out.address(word(16));
    }
    if flags & CLONE_PARENT_SETTID != 0 {
        out.field("parent_tid");
        pointer(out, word(24), parent_tid);
    }
    out.field("exit_signal");
    match word(32) {
        number @ 1..=64 => out.symbol(&signal::name(number as u32)),
        number => out.uint(number),
    }
    out.field("stack");
    out.address(word(40));
    out.field("stack_size");
    out.hex(word(48));
    if flags & CLONE_SETTLS != 0 {
        out.field("tls");
        out.hex(word(56));
    }
    if word(64) != 0 || word(72) != 0 {
        out.field("set_tid");
        match set_tid {
            Some(blob) => {
                out.begin_array(false);
                for tid in blob.bytes.as_chunks::<4>().0.iter().take(32) {
                    out.item();
                    out.int(i64::from(i32::from_le_bytes(*tid)));
                }
                out.end_array(word(72) > 32);
            }
            None => out.address(word(64)),
        }
        out.field("set_tid_size");
        out.uint(word(72));
    }
    if flags & CLONE_INTO_CGROUP != 0 || word(80) != 0 {
        out.field("cgroup");
        out.uint(word(80));
    }
    out.end_struct(false);
    match (pidfd, parent_tid) {
        (Some(fd), Some(tid)) => out.remark(&format!(" => {{pidfd=[{fd}], parent_tid=[{tid}]}}")),
        (Some(fd), None) => out.remark(&format!(" => {{pidfd=[{fd}]}}")),
        (None, Some(tid)) => out.remark(&format!(" => {{parent_tid=[{tid}]}}")),
        (None, None) => {}
    }
}

/// A pointer in the text, elsewhere what the call stored through it.
fn pointer(out: &mut dyn Sink, address: u64, stored: Option<i32>) {
    match stored {
        Some(value) => out.form(format_args!("{}", Hex(address)), Plain::Int(i64::from(value))),
        None => out.address(address),
    }
}

#[cfg(test)]
mod tests {
    use crate::Abi;
    use crate::testing::{check, check_i386, longs, show, words};

    #[test]
    fn statuses_are_taken_apart() {
        let shown = |status: u32, expected: &str| {
            let expected = format!("wait4(-1, [{expected}], 0, NULL) = 7");
            check("wait4", &[u64::MAX, 0x1000, 0, 0], 7, &[(1, 0, &words(&[status]))], &expected);
        };
        shown(0x300, "{WIFEXITED(s) && WEXITSTATUS(s) == 3}");
        shown(9, "{WIFSIGNALED(s) && WTERMSIG(s) == SIGKILL}");
        shown(0x86, "{WIFSIGNALED(s) && WTERMSIG(s) == SIGABRT && WCOREDUMP(s)}");
        shown(0x137f, "{WIFSTOPPED(s) && WSTOPSIG(s) == SIGSTOP}");
        shown(0x857f, "{WIFSTOPPED(s) && WSTOPSIG(s) == SIGTRAP | 0x80}");
        shown(0x4_057f, "{WIFSTOPPED(s) && WSTOPSIG(s) == SIGTRAP}|PTRACE_EVENT_EXEC<<16");
        shown(0xffff, "{WIFCONTINUED(s)}");
        check("wait4", &[u64::MAX, 0x1000, 1, 0x2000], 0, &[], "wait4(-1, 0x1000, WNOHANG, 0x2000) = 0");
    }

    #[test]
    fn limits_are_in_kibibytes() {
        check(
            "prlimit64",
            &[0, 3, 0, 0x1000],
            0,
            &[(3, 0, &longs(&[8 << 20, u64::MAX]))],
            "prlimit64(0, RLIMIT_STACK, NULL, {rlim_cur=8192*1024, rlim_max=RLIM64_INFINITY}) = 0",
        );
        check_i386(
            "setrlimit",
            &[7, 0x1000],
            0,
            &[(1, 0, &words(&[1024, u32::MAX]))],
            "setrlimit(RLIMIT_NOFILE, {rlim_cur=1024, rlim_max=RLIM_INFINITY}) = 0",
        );
        check(
            "getrusage",
            &[0, 0x1000],
            0,
            &[(1, 0, &longs(&[1; 18]))],
            "getrusage(RUSAGE_SELF, {ru_utime={tv_sec=1, tv_usec=1}, ru_stime={tv_sec=1, tv_usec=1}, ...}) = 0",
        );
    }

    #[test]
    fn clone_names_what_its_flags_use() {
        check(
            "clone",
            &[0x120_0011, 0, 0, 0x7f00, 0],
            7,
            &[],
            "clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD, \
             child_tidptr=0x7f00) = 7",
        );
        check(
            "clone",
            &[0x18_0000, 0x1000, 0x2000, 0, 0x3000],
            7,
            &[(0, 0, &words(&[7]))],
            "clone(child_stack=0x1000, flags=CLONE_SETTLS|CLONE_PARENT_SETTID, parent_tid=[7], tls=0x3000) = 7",
        );
        let arm = show(Abi::Aarch64, "clone", &[0x8_0011, 0, 0, 0x3000, 0x4000], 7, &[]);
        assert_eq!(arm, "clone(child_stack=NULL, flags=CLONE_SETTLS|SIGCHLD, tls=0x3000) = 7");
        let segment = words(&[12, 0x2000, 0xf_ffff, 0x51]);
        check_i386(
            "clone",
            &[0x8_0011, 0, 0, 0x3000, 0],
            7,
            &[(0, 1, &segment)],
            "clone(child_stack=NULL, flags=CLONE_SETTLS|SIGCHLD, tls={entry_number=12, base_addr=0x002000, \
             limit=0x0fffff, seg_32bit=1, contents=0, read_exec_only=0, limit_in_pages=1, seg_not_present=0, \
             useable=1}) = 7",
        );
    }

    #[test]
    fn clone3_shows_what_came_back() {
        let args = longs(&[0x10_1000, 0x10, 0, 0x20, 17, 0, 0, 0, 0x30, 1, 0]);
        check(
            "clone3",
            &[0x1000, 88],
            7,
            &[(0, 0, &args), (0, 1, &words(&[7])), (0, 2, &words(&[3])), (0, 3, &words(&[7]))],
            "clone3({flags=CLONE_PIDFD|CLONE_PARENT_SETTID, pidfd=0x10, parent_tid=0x20, exit_signal=SIGCHLD, \
             stack=NULL, stack_size=0, set_tid=[7], set_tid_size=1} => {pidfd=[3], parent_tid=[7]}, 88) = 7",
        );
        check("clone3", &[0x1000, 8], -22, &[(0, 0, &args[..8])], "clone3(0x1000, 8) = -1");
    }

    #[test]
    fn programs_have_their_environment_counted() {
        let argv = [words(&[2]), b"ls".to_vec(), words(&[0x8000_0001]), b"-".to_vec()].concat();
        check(
            "execve",
            &[0x1000, 0x2000, 0x3000],
            0,
            &[(0, 0, b"/bin/ls"), (1, 0, &argv), (2, 0, &words(&[23]))],
            "execve(\"/bin/ls\", [\"ls\", \"-\"...], 0x3000 /* 23 vars */) = 0",
        );
        check("execve", &[0x1000, 0, 0], -2, &[(0, 0, b"/x")], "execve(\"/x\", NULL, NULL) = -1");
    }

    #[test]
    fn ids_can_be_left_as_they_are() {
        let minus = u64::from(u32::MAX);
        check("setresuid", &[1000, minus, 0], 0, &[], "setresuid(1000, -1, 0) = 0");
        check("getgroups", &[8, 0x1000], 2, &[(1, 0, &words(&[4, 24]))], "getgroups(8, [4, 24]) = 2");
    }
}
