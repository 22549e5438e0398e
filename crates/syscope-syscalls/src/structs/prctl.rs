//! `prctl` and `arch_prctl`.

use crate::Status;
use crate::capture::{Op, Operand};
use crate::decode::Cx;
use crate::layout::{Prim, Struct, View, f};
use crate::names::{Enum, Flags};
use crate::names::{prctl as names, process};
use crate::sink::Plain;
use crate::structs::process::address;
use crate::syscall::{Custom, Ty};

/// Bytes of a thread's name, without its NUL (`TASK_COMM_LEN`).
const NAME_LEN: usize = 15;

/// The name of `PR_SET_NAME`, of which the kernel takes 15 bytes.
pub static SET_NAME: Custom =
    Custom { capture: |_| vec![Op::string(Operand::Arg(1), NAME_LEN as u16 + 1)], print: print_set_name };

fn print_set_name(cx: &mut Cx<'_, '_>, arg: usize) {
    match cx.blob(arg, 0).filter(|blob| blob.status != Status::Fault) {
        Some(blob) => {
            let shown = &blob.bytes[..blob.bytes.len().min(NAME_LEN)];
            cx.out.string(shown, blob.status == Status::Cut || shown.len() < blob.bytes.len());
        }
        None => address(cx, arg),
    }
}

/// A scheduling core scope: a number with its name as a remark.
pub static CORE_SCOPE: Custom = Custom { capture: |_| Vec::new(), print: print_core_scope };

fn print_core_scope(cx: &mut Cx<'_, '_>, arg: usize) {
    let value = cx.arg(arg);
    cx.out.hex(value);
    let scope = &names::PR_SCHED_CORE_SCOPE;
    cx.out.comment(format_args!("{}", scope.name(value).unwrap_or(scope.unknown)));
}

/// The word of `PR_SET_TAGGED_ADDR_CTRL`, with a mask of memory tags in the middle of its bits.
pub static TAGGED_ADDR: Custom = Custom { capture: |_| Vec::new(), print: print_tagged_addr };

fn print_tagged_addr(cx: &mut Cx<'_, '_>, arg: usize) {
    const SHIFT: u32 = 3;
    const TAGS: u64 = 0xffff << SHIFT;
    let word = cx.arg(arg);
    let mut parts = Vec::new();
    let rest = names::PR_TAGGED_ADDR.split(word & !TAGS, |name| parts.push(name.to_owned()));
    if word & TAGS != 0 {
        parts.push(format!("{:#x}<<PR_MTE_TAG_SHIFT", (word & TAGS) >> SHIFT));
    }
    if rest != 0 {
        parts.push(format!("{rest:#x}"));
    }
    let text = parts.join("|");
    cx.out.form(format_args!("{text}"), Plain::Text(&text));
}

/// The policy of `PR_MCE_KILL`, where the one before it asks to set one.
pub static MCE_POLICY: Custom = Custom { capture: |_| Vec::new(), print: print_mce_policy };

fn print_mce_policy(cx: &mut Cx<'_, '_>, arg: usize) {
    const PR_MCE_KILL_SET: u64 = 1;
    named_if(cx, arg, cx.arg(1) == PR_MCE_KILL_SET, &names::PR_MCE_KILL_POLICY);
}

/// The capability of `PR_CAP_AMBIENT`, where the operation before it has one.
pub static AMBIENT_CAP: Custom = Custom { capture: |_| Vec::new(), print: print_ambient_cap };

fn print_ambient_cap(cx: &mut Cx<'_, '_>, arg: usize) {
    let has_one = matches!(cx.arg(1), 1..=3);
    named_if(cx, arg, has_one, &process::CAPABILITY);
}

fn named_if(cx: &mut Cx<'_, '_>, arg: usize, holds: bool, table: &'static Enum) {
    let value = cx.arg(arg);
    match table.name(value) {
        _ if !holds => cx.out.hex(value),
        Some(name) => cx.out.symbol(name),
        None => cx.out.unknown(value, table.unknown),
    }
}

/// The tracer of `PR_SET_PTRACER`: a process or anyone.
pub static TRACER: Custom = Custom { capture: |_| Vec::new(), print: print_tracer };

fn print_tracer(cx: &mut Cx<'_, '_>, arg: usize) {
    match cx.arg(arg) as i32 {
        -1 => cx.out.symbol("PR_SET_PTRACER_ANY"),
        pid => cx.out.int(i64::from(pid)),
    }
}

/// The result of `prctl`, which some options give a meaning.
pub static RESULT: Custom = Custom { capture: |_| Vec::new(), print: print_result };

fn print_result(cx: &mut Cx<'_, '_>, _: usize) {
    let Some(ret) = cx.call.ret else { return };
    let one = |cx: &mut Cx<'_, '_>, table: &'static Enum| {
        cx.out.int(ret);
        if let Some(name) = table.name(ret as u64) {
            cx.out.begin_details();
            cx.out.item();
            cx.out.symbol(name);
            cx.out.end_details();
        }
    };
    match cx.arg(0) as u32 {
        3 => one(cx, &names::PR_DUMPABLE),
        34 => one(cx, &names::PR_MCE_KILL_POLICY),
        27 => bits(cx, &names::PR_SECUREBITS, ret as u64, ret != 0),
        52 => bits(cx, &names::PR_SPEC_STATE, ret as u64, true),
        66 => bits(cx, &names::PR_MDWE, ret as u64, ret != 0),
        _ => cx.out.int(ret),
    }
}

/// A word in hexadecimal and, as details, its bits.
fn bits(cx: &mut Cx<'_, '_>, table: &'static Flags, word: u64, details: bool) {
    cx.out.hex(word);
    if details {
        cx.out.begin_details();
        cx.out.item();
        cx.out.flags(table, word);
        cx.out.end_details();
    }
}

/// Sets of processor state, as `ARCH_GET_XCOMP_*` store them.
pub static XFEATURES: Struct = Struct {
    name: "u64",
    fields: &[f("mask", Prim::U64, Ty::Hex)],
    print: Some(print_xfeatures),
    abbreviated: false,
};

static XFEATURE_MASK: Flags = Flags {
    unknown: "XFEATURE_MASK_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x3, "XFEATURE_MASK_FPSSE"),
        (0x4, "XFEATURE_MASK_YMM"),
        (0x8, "XFEATURE_MASK_BNDREGS"),
        (0x10, "XFEATURE_MASK_BNDCSR"),
        (0xe0, "XFEATURE_MASK_AVX512"),
        (0x100, "XFEATURE_MASK_PT"),
        (0x200, "XFEATURE_MASK_PKRU"),
        (0x400, "XFEATURE_MASK_PASID"),
        (0x800, "XFEATURE_MASK_CET_USER"),
        (0x1000, "XFEATURE_MASK_CET_KERNEL"),
        (0x8000, "XFEATURE_MASK_LBR"),
        (0x6_0000, "XFEATURE_MASK_XTILE"),
    ],
};

fn print_xfeatures(cx: &mut Cx<'_, '_>, view: View<'_>) {
    let mask = view.u64(0).unwrap_or(0);
    let mut names = String::new();
    let rest = XFEATURE_MASK.split(mask, |name| {
        if !names.is_empty() {
            names.push('|');
        }
        names.push_str(name);
    });
    cx.out.hex(mask);
    if !names.is_empty() && rest != 0 {
        names.push_str(&format!("|{rest:#x}"));
    }
    if !names.is_empty() {
        cx.out.comment(format_args!("{names}"));
    }
}

/// The number of one processor state.
pub static XFEATURE: Custom = Custom { capture: |_| Vec::new(), print: print_xfeature };

fn print_xfeature(cx: &mut Cx<'_, '_>, arg: usize) {
    let value = cx.arg(arg);
    cx.out.hex(value);
    let name = match value {
        17 => "XFEATURE_XTILE_CFG",
        18 => "XFEATURE_XTILE_DATA",
        _ => return,
    };
    cx.out.comment(format_args!("{name}"));
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, longs, words};

    #[test]
    fn options_choose_the_arguments() {
        check(
            "prctl",
            &[15, 0x1000, 0, 0, 0],
            0,
            &[(1, 0, b"a very long process name")],
            "prctl(PR_SET_NAME, \"a very long pro\"...) = 0",
        );
        check("prctl", &[3, 0, 0, 0, 0], 1, &[], "prctl(PR_GET_DUMPABLE) = 1 (SUID_DUMP_USER)");
        check(
            "prctl",
            &[2, 0x1000, 0, 0, 0],
            0,
            &[(1, 0, &words(&[15]))],
            "prctl(PR_GET_PDEATHSIG, [SIGTERM]) = 0",
        );
        check("prctl", &[38, 1, 0, 0, 0], 0, &[], "prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) = 0");
        check(
            "prctl",
            &[47, 2, 12, 0, 0],
            -1,
            &[],
            "prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_ADMIN, 0, 0) = -1",
        );
        check(
            "prctl",
            &[52, 0, 0, 0, 0],
            2,
            &[],
            "prctl(PR_GET_SPECULATION_CTRL, PR_SPEC_STORE_BYPASS) = 0x2 (PR_SPEC_ENABLE)",
        );
        check(
            "prctl",
            &[22, 2, 0x1000, 1, 1],
            0,
            &[(2, 0, &longs(&[4, 0x5000]))],
            "prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, {len=4, filter=0x5000}) = 0",
        );
        check(
            "prctl",
            &[0x5356_4d41, 0, 0x1000, 4096, 0x2000],
            0,
            &[(4, 0, b"name")],
            "prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, 0x1000, 4096, \"name\") = 0",
        );
        check("prctl", &[999, 1, 2, 3, 4], -22, &[], "prctl(0x3e7 /* PR_??? */, 0x1, 0x2, 0x3, 0x4) = -1");
        check(
            "prctl",
            &[55, 0x7_fff1, 0, 0, 0],
            0,
            &[],
            "prctl(PR_SET_TAGGED_ADDR_CTRL, PR_TAGGED_ADDR_ENABLE|PR_MTE_TCF_NONE|0xfffe<<PR_MTE_TAG_SHIFT, 0, 0, 0) = 0",
        );
    }

    #[test]
    fn processor_states() {
        check("arch_prctl", &[0x1002, 0x1000], 0, &[], "arch_prctl(ARCH_SET_FS, 0x1000) = 0");
        check(
            "arch_prctl",
            &[0x1021, 0x1000],
            0,
            &[(1, 0, &longs(&[7]))],
            "arch_prctl(ARCH_GET_XCOMP_SUPP, [0x7 /* XFEATURE_MASK_FPSSE|XFEATURE_MASK_YMM */]) = 0",
        );
    }
}
