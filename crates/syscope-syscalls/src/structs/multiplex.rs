//! Calls of i386 that stand for many: `socketcall`, `ipc`, and the `mmap` that takes its arguments in
//! memory. Each is shown, and captured, as the call it makes.
//!
//! ```text
//!   socketcall(SYS_SENDTO, args)      args -> fd | buf | len | ...     (words in memory)
//!   ipc(SHMGET, first, second, ...)                                    (registers in another order)
//!          |
//!          +-- capture: the ops of `sendto`, with its registers replaced by where the words are
//!          +-- decode:  a call of `sendto` made of the same words and blobs
//! ```

use std::sync::LazyLock;

use crate::capture::{Op, Operand, Options, When};
use crate::decode::{self, Cx};
use crate::layout::View;
use crate::names::net::MSG_FLAGS;
use crate::syscall::{ByArg, Custom, Len, Ret, Syscall, Ty, a, call};
use crate::taxonomy::{Group, Sets};
use crate::{Abi, Blobs, Call, MAX_ARGS, Status, calls};

/// Bytes of a word where these calls exist.
const WORD: usize = 4;

/// The calls that only `socketcall` makes.
static SEND: Syscall = call(
    "send",
    Group::NetworkIo,
    Sets::NETWORK,
    Ret::Int,
    &[
        a("sockfd", "int", Ty::Fd),
        a("buf", "void *", Ty::Bytes(Len::Arg(2))),
        a("len", "size_t", Ty::ULong),
        a("flags", "unsigned int", Ty::Flags(&MSG_FLAGS)),
    ],
);
static RECV: Syscall = call(
    "recv",
    Group::NetworkIo,
    Sets::NETWORK,
    Ret::Int,
    &[
        a("sockfd", "int", Ty::Fd),
        a("buf", "void *", Ty::Out(&Ty::Bytes(Len::Ret))),
        a("size", "size_t", Ty::ULong),
        a("flags", "unsigned int", Ty::Flags(&MSG_FLAGS)),
    ],
);

/// The calls of `socketcall` by number; 0 is none.
const SOCKET_CALLS: [&str; 21] = [
    "",
    "socket",
    "bind",
    "connect",
    "listen",
    "accept",
    "getsockname",
    "getpeername",
    "socketpair",
    "send",
    "recv",
    "sendto",
    "recvfrom",
    "shutdown",
    "setsockopt",
    "getsockopt",
    "sendmsg",
    "recvmsg",
    "accept4",
    "recvmmsg",
    "sendmmsg",
];

/// The calls of `ipc`: number, name, and the register of each argument (0 is the number itself).
const IPC_CALLS: [(u32, &str, &[u8]); 12] = [
    (SEMOP, "semop", &[1, 4, 2]),
    (2, "semget", &[1, 2, 3]),
    (SEMCTL, "semctl", &[1, 2, 3, 4]),
    (4, "semtimedop", &[1, 4, 2, 5]),
    (11, "msgsnd", &[1, 4, 2, 3]),
    (MSGRCV, "msgrcv", &[1, 4, 2, 5, 3]),
    (13, "msgget", &[1, 2]),
    (MSGCTL, "msgctl", &[1, 2, 4]),
    (SHMAT, "shmat", &[1, 4, 2]),
    (22, "shmdt", &[4]),
    (23, "shmget", &[1, 2, 3]),
    (SHMCTL, "shmctl", &[1, 2, 4]),
];
const SEMOP: u32 = 1;
const SEMCTL: u32 = 3;
const MSGRCV: u32 = 12;
const MSGCTL: u32 = 14;
const SHMAT: u32 = 21;
const SHMCTL: u32 = 24;

/// The longest structure of a control command.
const CONTROL_MAX: u16 = 128;
/// Type and text of a received message whose address stands in memory.
const MESSAGE_MAX: u16 = 4 + 32;

fn common(name: &str) -> Option<&'static Syscall> {
    match name {
        "send" => Some(&SEND),
        "recv" => Some(&RECV),
        // The native specification: i386 has one of its own that leads here.
        "mmap" => calls::find(Abi::X86_64, name),
        _ => calls::find(Abi::I386, name),
    }
}

/// What a multiplexed call captures: ops, and the argument and part of the inner call each is for.
struct Plan {
    inner: &'static Syscall,
    ops: Vec<Op>,
    parts: Vec<(u8, u8)>,
}

/// The plan of a call whose arguments are words at argument `at`.
fn plan_in_memory(inner: &'static Syscall, at: u8) -> Plan {
    let words = (inner.args.len() * WORD) as u16;
    let mut ops = vec![Op::record(Operand::Arg(at), words).base()];
    let mut parts = vec![(u8::MAX, 0)];
    let own = crate::capture::program(inner, Abi::I386, Options { fds: false }).ops;
    // A later base takes the place of the words: what needs these comes first.
    let (before, after): (Vec<Op>, Vec<Op>) = own.into_iter().partition(|op| !op.base && takes_no_word(op));
    let mut replaced = false;
    for mut op in before.into_iter().chain(after) {
        let from_words = matches!(op.ptr, Operand::Arg(_));
        // Elements after the first lie at an offset from a word, which no op can express.
        if from_words && (replaced || op.ptr_off != 0) {
            replaced = true;
            continue;
        }
        if replaced && op.part as usize >= MAX_MESSAGE_PARTS {
            continue;
        }
        match op.when {
            When::TotalAbove(0) => op.when = When::Always,
            When::TotalAbove(_) => continue,
            _ => {}
        }
        if let Operand::Arg(n) = op.ptr {
            op.ptr = Operand::Word;
            op.ptr_off = u16::from(n) * WORD as u16;
        }
        match op.count {
            Operand::Arg(n) => {
                op.count = Operand::Word;
                op.count_off = u16::from(n) * WORD as u16;
            }
            // A length behind another pointer: the op's own limit has to do.
            Operand::At(_) => op.count = Operand::None,
            _ => {}
        }
        if matches!(op.total, Operand::Arg(_)) {
            op.total = Operand::None;
        }
        replaced |= op.base;
        parts.push((op.arg, op.part));
        ops.push(op);
    }
    Plan { inner, ops, parts }
}

/// Header, name, vector and control messages of the first message.
const MAX_MESSAGE_PARTS: usize = 4;

fn takes_no_word(op: &Op) -> bool {
    !matches!(op.ptr, Operand::Word) && !matches!(op.count, Operand::Word | Operand::Word32)
}

/// The plan of a call of `ipc`.
fn plan_in_registers(number: u32, inner: &'static Syscall, registers: &[u8]) -> Plan {
    let mut ops = Vec::new();
    let mut parts = Vec::new();
    let mut add = |arg: u8, part: u8, op: Op| {
        parts.push((arg, part));
        ops.push(op);
    };
    match number {
        // Which structure it is depends on a command that can't choose as well.
        SHMCTL | MSGCTL => add(2, 0, Op::array(Operand::Arg(4), Operand::One, CONTROL_MAX, CONTROL_MAX)),
        SEMCTL => {
            add(u8::MAX, 0, Op::record(Operand::Arg(4), WORD as u16).base());
            add(3, 0, Op::record(Operand::Word, CONTROL_MAX));
        }
        MSGRCV => {
            // Two words, the message's address and type, unless the version in the upper half says that
            // they are in registers; the old form is what every program uses.
            add(u8::MAX, 0, Op::record(Operand::Arg(4), 2 * WORD as u16).base());
            add(u8::MAX, 1, Op::record(Operand::Word, MESSAGE_MAX).if_ok());
            add(1, 0, Op::record(Operand::Arg(4), MESSAGE_MAX).if_ok());
        }
        _ => {
            let register = |operand: Operand| match operand {
                Operand::Arg(n) => Operand::Arg(registers.get(n as usize).copied().unwrap_or(n)),
                Operand::At(n) => Operand::At(registers.get(n as usize).copied().unwrap_or(n)),
                other => other,
            };
            for mut op in crate::capture::program(inner, Abi::I386, Options { fds: false }).ops {
                op.ptr = register(op.ptr);
                op.count = register(op.count);
                op.total = register(op.total);
                add(op.arg, op.part, op);
            }
            if number == SHMAT {
                // Where it was attached is stored behind the third register.
                add(u8::MAX, 0, Op::record(Operand::Arg(3), WORD as u16).if_ok());
            }
        }
    }
    Plan { inner, ops, parts }
}

static SOCKET_PLANS: LazyLock<Vec<Option<Plan>>> = LazyLock::new(|| {
    SOCKET_CALLS.iter().map(|name| common(name).map(|inner| plan_in_memory(inner, 1))).collect()
});
static IPC_PLANS: LazyLock<Vec<Option<Plan>>> = LazyLock::new(|| {
    IPC_CALLS
        .iter()
        .map(|(number, name, registers)| {
            common(name).map(|inner| plan_in_registers(*number, inner, registers))
        })
        .collect()
});
static MMAP_PLAN: LazyLock<Option<Plan>> =
    LazyLock::new(|| common("mmap").map(|inner| plan_in_memory(inner, 0)));

/// The ops of socket call `N`, all for argument 1 of `socketcall`.
fn socket_ops<const N: usize>(_: Abi) -> Vec<Op> {
    SOCKET_PLANS.get(N).and_then(Option::as_ref).map_or_else(Vec::new, |plan| plan.ops.clone())
}

/// The ops of entry `N` of the calls of `ipc`, all for argument 1 of it.
fn ipc_ops<const N: usize>(_: Abi) -> Vec<Op> {
    IPC_PLANS.get(N).and_then(Option::as_ref).map_or_else(Vec::new, |plan| plan.ops.clone())
}

macro_rules! variants {
    ($ops:ident, $($name:ident $n:literal,)*) => {
        $(static $name: Custom = Custom { capture: $ops::<$n>, print: rest };)*
    };
}
variants! {
    socket_ops, SOCKET_1 1, SOCKET_2 2, SOCKET_3 3, SOCKET_4 4, SOCKET_5 5, SOCKET_6 6, SOCKET_7 7,
    SOCKET_8 8, SOCKET_9 9, SOCKET_10 10, SOCKET_11 11, SOCKET_12 12, SOCKET_13 13, SOCKET_14 14,
    SOCKET_15 15, SOCKET_16 16, SOCKET_17 17, SOCKET_18 18, SOCKET_19 19, SOCKET_20 20,
}
variants! {
    ipc_ops, IPC_0 0, IPC_1 1, IPC_2 2, IPC_3 3, IPC_4 4, IPC_5 5, IPC_6 6, IPC_7 7, IPC_8 8, IPC_9 9,
    IPC_10 10, IPC_11 11,
}

/// The arguments after the number of `socketcall`.
pub static SOCKET_ARGS: ByArg = ByArg {
    arg: 0,
    mask: 0xffff_ffff,
    table: &[
        (1, Ty::Rest(&SOCKET_1)),
        (2, Ty::Rest(&SOCKET_2)),
        (3, Ty::Rest(&SOCKET_3)),
        (4, Ty::Rest(&SOCKET_4)),
        (5, Ty::Rest(&SOCKET_5)),
        (6, Ty::Rest(&SOCKET_6)),
        (7, Ty::Rest(&SOCKET_7)),
        (8, Ty::Rest(&SOCKET_8)),
        (9, Ty::Rest(&SOCKET_9)),
        (10, Ty::Rest(&SOCKET_10)),
        (11, Ty::Rest(&SOCKET_11)),
        (12, Ty::Rest(&SOCKET_12)),
        (13, Ty::Rest(&SOCKET_13)),
        (14, Ty::Rest(&SOCKET_14)),
        (15, Ty::Rest(&SOCKET_15)),
        (16, Ty::Rest(&SOCKET_16)),
        (17, Ty::Rest(&SOCKET_17)),
        (18, Ty::Rest(&SOCKET_18)),
        (19, Ty::Rest(&SOCKET_19)),
        (20, Ty::Rest(&SOCKET_20)),
    ],
    otherwise: Ty::Addr,
};

/// The arguments after the number of `ipc`.
pub static IPC_ARGS: ByArg = ByArg {
    arg: 0,
    mask: 0xffff,
    table: &[
        (1, Ty::Rest(&IPC_0)),
        (2, Ty::Rest(&IPC_1)),
        (3, Ty::Rest(&IPC_2)),
        (4, Ty::Rest(&IPC_3)),
        (11, Ty::Rest(&IPC_4)),
        (12, Ty::Rest(&IPC_5)),
        (13, Ty::Rest(&IPC_6)),
        (14, Ty::Rest(&IPC_7)),
        (21, Ty::Rest(&IPC_8)),
        (22, Ty::Rest(&IPC_9)),
        (23, Ty::Rest(&IPC_10)),
        (24, Ty::Rest(&IPC_11)),
    ],
    otherwise: Ty::Hex,
};

/// The arguments of the old `mmap`.
pub static MMAP_ARGS: Custom =
    Custom { capture: |_| MMAP_PLAN.as_ref().map_or_else(Vec::new, |plan| plan.ops.clone()), print: rest };

/// The result of `ipc`: for `SHMAT` the address, which the kernel stores in memory.
pub static IPC_RET: Custom = Custom {
    capture: |_| Vec::new(),
    print: |cx, _| {
        let ret = cx.call.ret.unwrap_or(0);
        match attached(cx.call) {
            Some(address) => cx.out.hex(address),
            None => cx.out.int(ret),
        }
    },
};

fn attached(call: &Call<'_>) -> Option<u64> {
    if call.args[0] as u32 & 0xffff != SHMAT {
        return None;
    }
    let at = IPC_CALLS.iter().position(|entry| entry.0 == SHMAT)?;
    let part = IPC_PLANS.get(at)?.as_ref()?.parts.iter().position(|part| part.0 == u8::MAX)?;
    View { abi: call.abi, bytes: call.blob(1, part)?.bytes }.word(0)
}

/// Shows the arguments of the inner call in place of this argument and those after it.
fn rest(cx: &mut Cx<'_, '_>, arg: usize) {
    let mut storage = Vec::new();
    match unfold(cx.call, &mut storage) {
        Some(inner) => decode::arguments(&inner, cx.out),
        None => {
            let value = cx.arg(arg);
            if let Some(syscall) = cx.call.syscall {
                cx.out.arg(&syscall.args[arg]);
            }
            cx.out.address(value);
        }
    }
}

/// The call that a multiplexed `call` makes; its copies are put into `storage`. `None` for other calls, and
/// where the arguments could not be read. The result of `ipc(SHMAT)` becomes the address.
pub fn unfold<'b>(call: &Call<'_>, storage: &'b mut Vec<u8>) -> Option<Call<'b>> {
    if call.abi != Abi::I386 {
        return None;
    }
    match call.syscall?.name {
        "socketcall" => {
            let plan = SOCKET_PLANS.get(call.args[0] as u32 as usize)?.as_ref()?;
            from_memory(call, plan, 1, storage)
        }
        "mmap" => from_memory(call, MMAP_PLAN.as_ref()?, 0, storage),
        "ipc" => from_registers(call, storage),
        _ => None,
    }
}

fn from_memory<'b>(call: &Call<'_>, plan: &Plan, at: usize, storage: &'b mut Vec<u8>) -> Option<Call<'b>> {
    let words = call.blob(at, 0).filter(|blob| blob.status == Status::Complete)?;
    let view = View { abi: call.abi, bytes: words.bytes };
    let mut args = [0; MAX_ARGS];
    for (n, arg) in args.iter_mut().enumerate().take(plan.inner.args.len()) {
        *arg = view.word(n * WORD)?;
    }
    hand_over(call, plan, at, storage);
    Some(Call {
        abi: call.abi,
        nr: call.nr,
        syscall: Some(plan.inner),
        args,
        ret: call.ret,
        blobs: Blobs(storage),
    })
}

fn from_registers<'b>(call: &Call<'_>, storage: &'b mut Vec<u8>) -> Option<Call<'b>> {
    const IPC_64: u32 = 0x100;
    let (number, version) = (call.args[0] as u32 & 0xffff, call.args[0] as u32 >> 16);
    let at = IPC_CALLS.iter().position(|entry| entry.0 == number)?;
    let plan = IPC_PLANS.get(at)?.as_ref()?;
    let mut args = [0; MAX_ARGS];
    for (arg, register) in args.iter_mut().zip(IPC_CALLS[at].2) {
        *arg = call.args[*register as usize];
    }
    let mut ret = call.ret;
    let words = call.blob(1, 0).map(|blob| View { abi: call.abi, bytes: blob.bytes });
    match number {
        SEMCTL => {
            args[3] = words.and_then(|view| view.word(0)).unwrap_or(args[3]);
            // Without the flag the structures have the form of old.
            if call.args[3] as u32 & IPC_64 != 0 {
                hand_over(call, plan, 1, storage);
            }
        }
        SHMCTL | MSGCTL => {
            if call.args[2] as u32 & IPC_64 != 0 {
                hand_over(call, plan, 1, storage);
            }
        }
        MSGRCV => {
            let part = if version == 0 { 1 } else { 2 };
            if version == 0 {
                args[1] = words.and_then(|view| view.word(0))?;
                args[3] = words.and_then(|view| view.word(WORD))?;
            }
            if let Some(blob) = call.blob(1, part).filter(|blob| blob.bytes.len() >= WORD) {
                let (kind, text) = blob.bytes.split_at(WORD);
                Blobs::push(storage, 1, 0, Status::Complete, kind);
                Blobs::push(storage, 1, 1, blob.status, text);
            }
        }
        _ => hand_over(call, plan, 1, storage),
    }
    if number == SHMAT && call.ok() {
        ret = attached(call).map(|address| address as i64).or(ret);
    }
    Some(Call { abi: call.abi, nr: call.nr, syscall: Some(plan.inner), args, ret, blobs: Blobs(storage) })
}

/// Copies the blobs of argument `at` to the arguments and parts they are for.
fn hand_over(call: &Call<'_>, plan: &Plan, at: usize, storage: &mut Vec<u8>) {
    for (arg, part, blob) in call.blobs.iter() {
        if arg as usize != at {
            continue;
        }
        if let Some((arg, part)) = plan.parts.get(part as usize).filter(|part| part.0 != u8::MAX) {
            Blobs::push(storage, *arg, *part, blob.status, blob.bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check_i386, words};

    use crate::{Abi, Blobs, Call, Status, calls, capture, decode};

    #[test]
    fn socket_calls() {
        check_i386(
            "socketcall",
            &[1, 0x1000],
            3,
            &[(1, 0, &words(&[2, 2, 17]))],
            "socketcall(SYS_SOCKET, AF_INET, SOCK_DGRAM, IPPROTO_UDP) = 3",
        );
        // Parts: the words, the data, the socket, the address.
        check_i386(
            "socketcall",
            &[9, 0x1000],
            3,
            &[(1, 0, &words(&[3, 0x2000, 3, 0x4000])), (1, 1, b"abc")],
            "socketcall(SYS_SEND, 3, \"abc\", 3, MSG_NOSIGNAL) = 3",
        );
        check_i386("socketcall", &[99, 0x1000], -22, &[], "socketcall(99, 0x1000) = -1");
        check_i386("socketcall", &[1, 8], -14, &[], "socketcall(SYS_SOCKET, 0x8) = -1");
    }

    #[test]
    fn mappings() {
        check_i386(
            "mmap",
            &[0x1000],
            0xf7f1_e000,
            &[(0, 0, &words(&[0, 4096, 3, 0x22, u32::MAX, 0]))],
            "mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0xf7f1e000",
        );
        check_i386("mmap", &[8], -14, &[], "mmap(0x8) = -1");
        check_i386(
            "mmap2",
            &[0, 4096, 1, 2, 3, 1],
            0xf7f1_e000,
            &[],
            "mmap2(NULL, 4096, PROT_READ, MAP_PRIVATE, 3, 0x1000) = 0xf7f1e000",
        );
    }

    #[test]
    fn ipc_calls() {
        check_i386(
            "ipc",
            &[23, 0, 4096, 0o1600, 0, 0],
            5,
            &[],
            "ipc(SHMGET, IPC_PRIVATE, 4096, IPC_CREAT|0600) = 5",
        );
        check_i386(
            "ipc",
            &[21, 5, 0, 0x1000, 0, 0],
            0,
            &[(1, 0, &words(&[0xf7f1_c000]))],
            "ipc(SHMAT, 5, NULL, 0) = 0xf7f1c000",
        );
        check_i386("ipc", &[99, 1, 2, 3, 4, 5], -38, &[], "ipc(99, 0x1, 0x2, 0x3, 0x4, 0x5) = -1");
    }

    #[test]
    fn the_inner_call_stands_on_its_own() {
        let mut blobs = Vec::new();
        Blobs::push(&mut blobs, 1, 0, Status::Complete, &words(&[3, 1]));
        let call = Call {
            abi: Abi::I386,
            nr: 102,
            syscall: calls::find(Abi::I386, "socketcall"),
            args: [13, 0x1000, 0, 0, 0, 0],
            ret: Some(0),
            blobs: Blobs(&blobs),
        };
        let mut storage = Vec::new();
        let inner = super::unfold(&call, &mut storage).unwrap();
        assert_eq!(inner.syscall.unwrap().name, "shutdown");
        let mut text = Vec::new();
        decode::arguments(&inner, &mut crate::sink::text::Text::new(&mut text, false));
        assert_eq!(text, b"3, SHUT_WR");
        assert!(super::unfold(&inner, &mut Vec::new()).is_none());
    }

    #[test]
    fn every_variant_has_a_program() {
        for name in ["socketcall", "ipc", "mmap"] {
            let syscall = calls::find(Abi::I386, name).unwrap();
            let program = capture::program(syscall, Abi::I386, capture::Options { fds: true });
            for (_, ops) in program.variants {
                assert!(ops.len() <= capture::MAX_OPS);
                // The kernel side takes base words from the first 128 bytes only.
                assert!(ops.iter().all(|op| op.ptr != capture::Operand::Word || op.ptr_off < 128));
            }
        }
    }
}
