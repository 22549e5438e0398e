//! `ptrace`, `seccomp`, and the descriptors of x86 segments.

use crate::capture::{Op, Operand};
use crate::decode::Cx;
use crate::layout::{Item, Prim, Struct, View, f, pad, plain};
use crate::names::ptrace as names;
use crate::sink::Plain;
use crate::structs::process::address;
use crate::structs::signal::audit_arch;
use crate::syscall::{Custom, Ty};
use crate::{Abi, Sink, Status};

/// The request of `ptrace`, whose names depend on the machine.
pub static REQUEST: Custom = Custom { capture: |_| Vec::new(), print: print_request };

fn print_request(cx: &mut Cx<'_, '_>, arg: usize) {
    let table = match cx.call.abi {
        Abi::Aarch64 => &names::PTRACE_REQUEST_ARM64,
        _ => &names::PTRACE_REQUEST,
    };
    let request = u64::from(cx.arg(arg) as u32);
    match table.name(request) {
        Some(name) => cx.out.symbol(name),
        None => cx.out.unknown(request, table.unknown),
    }
}

/// The registers of a 64-bit process in the order of `struct user_regs_struct`.
const REGISTERS_64: [&str; 27] = [
    "r15", "r14", "r13", "r12", "rbp", "rbx", "r11", "r10", "r9", "r8", "rax", "rcx", "rdx", "rsi", "rdi",
    "orig_rax", "rip", "cs", "eflags", "rsp", "ss", "fs_base", "gs_base", "ds", "es", "fs", "gs",
];

/// The registers of a 32-bit process.
const REGISTERS_32: [&str; 17] = [
    "ebx", "ecx", "edx", "esi", "edi", "ebp", "eax", "xds", "xes", "xfs", "xgs", "orig_eax", "eip", "xcs",
    "eflags", "esp", "xss",
];

fn registers(abi: Abi) -> &'static [&'static str] {
    match abi {
        Abi::X86_64 => &REGISTERS_64,
        Abi::I386 => &REGISTERS_32,
        Abi::Aarch64 | Abi::Arm => &[],
    }
}

/// An offset into `struct user`: a register, the debug registers, or a number.
pub static USER_OFFSET: Custom = Custom { capture: |_| Vec::new(), print: print_user_offset };

fn print_user_offset(cx: &mut Cx<'_, '_>, arg: usize) {
    let (abi, offset) = (cx.call.abi, cx.arg(arg));
    let word = abi.word() as u64;
    let debug = if word == 8 { 848 } else { 252 };
    let name = registers(abi).get((offset / word) as usize).filter(|_| offset % word == 0);
    let text = match name {
        Some(name) => format!("{word}*{}", name.to_ascii_uppercase()),
        None if abi != Abi::Aarch64 && offset == debug => "offsetof(struct user, u_debugreg)".to_owned(),
        None if abi != Abi::Aarch64
            && offset > debug
            && offset <= debug + 7 * word
            && offset % word == debug % word =>
        {
            format!("offsetof(struct user, u_debugreg)+{}", offset - debug)
        }
        None => return cx.out.hex(offset),
    };
    cx.out.form(format_args!("{text}"), Plain::Text(&text));
}

/// The registers that `PTRACE_GETREGS` stores, in argument 3.
pub static GET_REGISTERS: Custom =
    Custom { capture: |abi| register_ops(abi).into_iter().map(Op::if_ok).collect(), print: print_registers };

/// The registers that `PTRACE_SETREGS` reads.
pub static SET_REGISTERS: Custom = Custom { capture: register_ops, print: print_registers };

fn register_ops(abi: Abi) -> Vec<Op> {
    let size = registers(abi).len() * abi.word();
    if size == 0 { Vec::new() } else { vec![Op::record(Operand::Arg(3), size as u16)] }
}

fn print_registers(cx: &mut Cx<'_, '_>, arg: usize) {
    let size = registers(cx.call.abi).len() * cx.call.abi.word();
    match cx.record(arg, 0, size) {
        Some(view) => register_set(cx.out, view),
        None => address(cx, arg),
    }
}

fn register_set(out: &mut dyn Sink, view: View<'_>) {
    let word = view.abi.word();
    out.begin_struct();
    for (n, name) in registers(view.abi).iter().enumerate() {
        out.field(name);
        out.hex(view.word(n * word).unwrap_or(0));
    }
    out.end_struct(false);
}

/// The vector of `PTRACE_GETREGSET` and `PTRACE_SETREGSET`; general registers are taken apart.
pub static REGISTER_SET: Custom = Custom {
    capture: |abi| {
        let word = abi.word() as u16;
        vec![
            Op::record(Operand::Arg(3), 2 * word).base(),
            Op::array(Operand::Word, Operand::Word, 1, 512).count_at(word),
        ]
    },
    print: print_register_set,
};

fn print_register_set(cx: &mut Cx<'_, '_>, arg: usize) {
    const NT_PRSTATUS: u64 = 1;
    const PTRACE_SETREGSET: u32 = 0x4205;
    let abi = cx.call.abi;
    let word = abi.word();
    let Some(view) = cx.record(arg, 0, 2 * word) else { return address(cx, arg) };
    let size = registers(abi).len() * word;
    // A failed read has stored nothing.
    let meant = cx.call.ok() || cx.arg(0) as u32 == PTRACE_SETREGSET;
    let regs = cx.record(arg, 1, size).filter(|_| cx.arg(2) == NT_PRSTATUS && meant);
    cx.out.begin_struct();
    cx.out.field("iov_base");
    match regs {
        Some(regs) => register_set(cx.out, regs),
        None => cx.out.address(view.word(0).unwrap_or(0)),
    }
    cx.out.field("iov_len");
    cx.out.uint(view.word(word).unwrap_or(0));
    cx.out.end_struct(false);
}

/// The choice of `PTRACE_PEEKSIGINFO`.
pub static PEEK_SIGINFO: Struct = plain(
    "ptrace_peeksiginfo_args",
    &[
        f("off", Prim::U64, Ty::ULong),
        f("flags", Prim::U32, Ty::Flags(&names::PTRACE_PEEKSIGINFO_FLAGS)),
        f("nr", Prim::I32, Ty::Int),
    ],
);

/// What `PTRACE_SECCOMP_GET_METADATA` exchanges.
pub static SECCOMP_METADATA: Struct = plain(
    "seccomp_metadata",
    &[f("filter_off", Prim::U64, Ty::ULong), f("flags", Prim::U64, Ty::Flags(&names::SECCOMP_FLAGS))],
);

/// What `PTRACE_GET_RSEQ_CONFIGURATION` stores.
pub static RSEQ_CONFIGURATION: Struct = plain(
    "ptrace_rseq_configuration",
    &[
        f("rseq_abi_pointer", Prim::U64, Ty::Addr),
        f("rseq_abi_size", Prim::U32, Ty::UInt),
        f("signature", Prim::U32, Ty::Hex),
        f("flags", Prim::U32, Ty::Hex),
        pad(Prim::U32),
    ],
);

/// What `PTRACE_GET_SYSCALL_INFO` stores in argument 3, cut to argument 2.
pub static SYSCALL_INFO: Custom = Custom {
    capture: |_| vec![Op::array(Operand::Arg(3), Operand::Arg(2), 1, 88).if_ok()],
    print: print_syscall_info,
};

fn print_syscall_info(cx: &mut Cx<'_, '_>, arg: usize) {
    const ENTRY: u64 = 1;
    const EXIT: u64 = 2;
    const SECCOMP: u64 = 3;
    // The part that every stop has.
    let Some(view) = cx.record(arg, 0, 24).filter(|_| cx.call.ok()) else { return address(cx, arg) };
    let len = (cx.call.ret.unwrap_or(0).max(0) as usize).min(88);
    let view = view.slice(0, len.max(24));
    let out = &mut *cx.out;
    let op = view.unsigned(0, 1).unwrap_or(0);
    let arch = view.u32(4).unwrap_or(0);
    out.begin_struct();
    out.field("op");
    match names::PTRACE_SYSCALL_INFO_OP.name(op) {
        Some(name) => out.symbol(name),
        None => out.unknown(op, names::PTRACE_SYSCALL_INFO_OP.unknown),
    }
    out.field("arch");
    audit_arch(out, arch);
    for (name, at) in [("instruction_pointer", 8), ("stack_pointer", 16)] {
        out.field(name);
        out.address(view.u64(at).unwrap_or(0));
    }
    match op {
        ENTRY | SECCOMP if view.u64(24).is_some() => {
            out.field(if op == ENTRY { "entry" } else { "seccomp" });
            out.begin_struct();
            out.field("nr");
            crate::structs::signal::system_call(out, view.u64(24).unwrap_or(0) as i32, arch);
            out.field("args");
            out.begin_array(false);
            for at in (32..80).step_by(8) {
                let Some(value) = view.u64(at) else { break };
                out.item();
                out.hex(value);
            }
            out.end_array(false);
            if let Some(data) = view.u32(80).filter(|_| op == SECCOMP) {
                out.field("ret_data");
                out.hex(u64::from(data));
            }
            out.end_struct(false);
        }
        EXIT if view.u64(24).is_some() => {
            let value = view.u64(24).unwrap_or(0) as i64;
            out.field("exit");
            out.begin_struct();
            out.field("rval");
            match u16::try_from(-value).ok().filter(|error| *error > 0).and_then(crate::names::errno::name) {
                Some(name) => out.form(format_args!("-{name}"), Plain::Text(name)),
                None => out.int(value),
            }
            if let Some(error) = view.unsigned(32, 1) {
                out.field("is_error");
                out.uint(error);
            }
            out.end_struct(false);
        }
        _ => {}
    }
    out.end_struct(false);
}

/// A classic BPF program: strace shows its length and where it is.
pub static SOCK_FPROG: Struct =
    plain("sock_fprog", &[f("len", Prim::U16, Ty::UInt), f("filter", Prim::Ptr, Ty::Addr)]);

/// The action whose presence `SECCOMP_GET_ACTION_AVAIL` asks for.
pub static SECCOMP_ACTION: Item = Item::Scalar(Prim::U32, Ty::Enum(&names::SECCOMP_RET));

/// The sizes of the notification structures.
pub static SECCOMP_SIZES: Struct = plain(
    "seccomp_notif_sizes",
    &[
        f("seccomp_notif", Prim::U16, Ty::UInt),
        f("seccomp_notif_resp", Prim::U16, Ty::UInt),
        f("seccomp_data", Prim::U16, Ty::UInt),
    ],
);

/// A segment of `modify_ldt` and of the thread-area calls.
pub static USER_DESC: Struct = Struct {
    name: "user_desc",
    fields: &[
        f("entry_number", Prim::I32, Ty::Int),
        f("base_addr", Prim::U32, Ty::Hex),
        f("limit", Prim::U32, Ty::Hex),
        f("bits", Prim::U32, Ty::Hex),
    ],
    print: Some(print_user_desc),
    abbreviated: false,
};

fn print_user_desc(cx: &mut Cx<'_, '_>, view: View<'_>) {
    let out = &mut *cx.out;
    out.begin_struct();
    out.field("entry_number");
    out.int(i64::from(view.i32(0).unwrap_or(0)));
    for (name, at) in [("base_addr", 4), ("limit", 8)] {
        let value = view.u32(at).unwrap_or(0);
        out.field(name);
        // C's `%#08x`: eight characters, of which zero spends none on a prefix.
        if value == 0 {
            out.form(format_args!("00000000"), Plain::Uint(0));
        } else {
            out.form(format_args!("{value:#08x}"), Plain::Text(&format!("{value:#x}")));
        }
    }
    let bits = view.u32(12).unwrap_or(0);
    let wide = [
        ("seg_32bit", 0, 1),
        ("contents", 1, 3),
        ("read_exec_only", 3, 1),
        ("limit_in_pages", 4, 1),
        ("seg_not_present", 5, 1),
        ("useable", 6, 1),
        ("lm", 7, 1),
    ];
    for (name, shift, mask) in wide {
        // Code of 32 bits has no long-mode bit.
        if name == "lm" && view.abi == Abi::I386 {
            continue;
        }
        out.field(name);
        out.uint(u64::from(bits >> shift & mask));
    }
    out.end_struct(false);
}

/// The result of `set_thread_area` with the entry that the kernel chose.
pub static THREAD_AREA_RESULT: Custom = Custom { capture: |_| Vec::new(), print: print_thread_area_result };

fn print_thread_area_result(cx: &mut Cx<'_, '_>, _: usize) {
    let Some(ret) = cx.call.ret else { return };
    cx.out.int(ret);
    if let Some(entry) = cx.record(0, 0, 16).and_then(|view| view.i32(0)) {
        cx.out.begin_details();
        cx.out.item();
        cx.out.form(format_args!("entry_number={entry}"), Plain::Int(i64::from(entry)));
        cx.out.end_details();
    }
}

/// The segment that `modify_ldt` takes, in argument 1 with its size in argument 2.
pub static LDT_ENTRY: Custom =
    Custom { capture: |_| vec![Op::record(Operand::Arg(1), 16)], print: print_ldt_entry };

fn print_ldt_entry(cx: &mut Cx<'_, '_>, arg: usize) {
    let complete = cx.blob(arg, 0).is_some_and(|blob| blob.status == Status::Complete);
    match cx.record(arg, 0, 16) {
        Some(view) if complete && cx.arg(2) == 16 => cx.structure(&USER_DESC, view),
        _ => address(cx, arg),
    }
}

/// An epoll entry that `kcmp` looks up.
pub static KCMP_EPOLL_SLOT: Struct = plain(
    "kcmp_epoll_slot",
    &[f("efd", Prim::U32, Ty::UInt), f("tfd", Prim::U32, Ty::UInt), f("toff", Prim::U32, Ty::UInt)],
);

#[cfg(test)]
mod tests {
    use crate::testing::{check, longs, words};

    #[test]
    fn requests_choose_the_arguments() {
        check("ptrace", &[0, 0, 0, 0], 0, &[], "ptrace(PTRACE_TRACEME) = 0");
        check(
            "ptrace",
            &[3, 7, 120, 0x1000],
            0,
            &[(3, 0, &longs(&[0xea]))],
            "ptrace(PTRACE_PEEKUSER, 7, 8*ORIG_RAX, [0xea]) = 0",
        );
        check(
            "ptrace",
            &[3, 7, 848, 0x1000],
            -5,
            &[],
            "ptrace(PTRACE_PEEKUSER, 7, offsetof(struct user, u_debugreg), 0x1000) = -1",
        );
        check(
            "ptrace",
            &[0x4200, 7, 0, 0x10_0001],
            0,
            &[],
            "ptrace(PTRACE_SETOPTIONS, 7, NULL, PTRACE_O_TRACESYSGOOD|PTRACE_O_EXITKILL) = 0",
        );
        check("ptrace", &[7, 7, 0, 10], 0, &[], "ptrace(PTRACE_CONT, 7, NULL, SIGUSR1) = 0");
        check(
            "ptrace",
            &[0x4204, 7, 0x202, 0x1000],
            0,
            &[(3, 0, &longs(&[0x5000, 216]))],
            "ptrace(PTRACE_GETREGSET, 7, NT_X86_XSTATE, {iov_base=0x5000, iov_len=216}) = 0",
        );
        let info = longs(&[0xc000_003e_0000_0002, 0x10, 0x20, -2_i64 as u64, 1]);
        check(
            "ptrace",
            &[0x420e, 7, 88, 0x1000],
            33,
            &[(3, 0, &info)],
            "ptrace(PTRACE_GET_SYSCALL_INFO, 7, 88, {op=PTRACE_SYSCALL_INFO_EXIT, arch=AUDIT_ARCH_X86_64, \
             instruction_pointer=0x10, stack_pointer=0x20, exit={rval=-ENOENT, is_error=1}}) = 33",
        );
    }

    #[test]
    fn filters_are_abbreviated() {
        check(
            "seccomp",
            &[1, 8, 0x1000],
            3,
            &[(2, 0, &longs(&[4, 0x5000]))],
            "seccomp(SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, {len=4, filter=0x5000}) = 3",
        );
        check(
            "seccomp",
            &[2, 0, 0x1000],
            0,
            &[(2, 0, &words(&[0x7fff_0000]))],
            "seccomp(SECCOMP_GET_ACTION_AVAIL, 0, [SECCOMP_RET_ALLOW]) = 0",
        );
    }

    #[test]
    fn segments() {
        check(
            "modify_ldt",
            &[1, 0x1000, 16],
            0,
            &[(1, 0, &words(&[1, 2, 0, 0x51]))],
            "modify_ldt(1, {entry_number=1, base_addr=0x000002, limit=00000000, seg_32bit=1, contents=0, \
             read_exec_only=0, limit_in_pages=1, seg_not_present=0, useable=1, lm=0}, 16) = 0",
        );
        check(
            "kcmp",
            &[1, 2, 7, 0, 0x1000],
            0,
            &[(4, 0, &words(&[3, 4, 5]))],
            "kcmp(1, 2, KCMP_EPOLL_TFD, 0, {efd=3, tfd=4, toff=5}) = 0",
        );
    }
}
