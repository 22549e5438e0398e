//! The kernel and the machine: names, memory, modules, kexec, security modules.

use crate::Status;
use crate::capture::{Op, Operand};
use crate::decode::{Cx, Hex};
use crate::layout::{Field, Item, Prim, Struct, View, f, pad, plain};
use crate::names::process::PERSONALITY;
use crate::names::{Enum, system};
use crate::sink::Plain;
use crate::structs::sockaddr::named;
use crate::syscall::{Custom, Ty};

/// A name that the short form leaves out.
const fn rest(name: &'static str) -> Field {
    Field { name, prim: Prim::Chars(65), ty: Ty::Absent, hidden: true }
}

/// The names of the kernel.
pub static NEW_UTSNAME: Struct = Struct {
    name: "new_utsname",
    fields: &[
        f("sysname", Prim::Chars(65), Ty::Absent),
        f("nodename", Prim::Chars(65), Ty::Absent),
        rest("release"),
        rest("version"),
        rest("machine"),
        rest("domainname"),
    ],
    print: None,
    abbreviated: true,
};

/// Uptime, load and memory.
pub static SYSINFO: Struct = plain(
    "sysinfo",
    &[
        f("uptime", Prim::Long, Ty::Long),
        f("loads", Prim::Array(3, &Item::Scalar(Prim::ULong, Ty::ULong)), Ty::Absent),
        f("totalram", Prim::ULong, Ty::ULong),
        f("freeram", Prim::ULong, Ty::ULong),
        f("sharedram", Prim::ULong, Ty::ULong),
        f("bufferram", Prim::ULong, Ty::ULong),
        f("totalswap", Prim::ULong, Ty::ULong),
        f("freeswap", Prim::ULong, Ty::ULong),
        f("procs", Prim::U16, Ty::UInt),
        pad(Prim::U16),
        f("totalhigh", Prim::ULong, Ty::ULong),
        f("freehigh", Prim::ULong, Ty::ULong),
        f("mem_unit", Prim::U32, Ty::UInt),
    ],
);

/// A piece of a kernel that `kexec_load` puts somewhere.
pub static KEXEC_SEGMENT: Struct = plain(
    "kexec_segment",
    &[
        f("buf", Prim::Ptr, Ty::Addr),
        f("bufsz", Prim::ULong, Ty::ULong),
        f("mem", Prim::Ptr, Ty::Addr),
        f("memsz", Prim::ULong, Ty::ULong),
    ],
);

/// The segments of `kexec_load`; the kernel takes no more than 16.
pub static KEXEC_SEGMENTS: Custom = Custom {
    capture: |abi| {
        let size = KEXEC_SEGMENT.size(abi) as u16;
        vec![Op::array(Operand::Arg(2), Operand::Arg(1), size, size * KEXEC_SEGMENTS_MAX)]
    },
    print: |cx, arg| {
        static ITEM: Item = Item::Struct(&KEXEC_SEGMENT);
        let (value, count) = (cx.arg(arg), cx.arg(1));
        let abi = cx.call.abi;
        match cx.blob(arg, 0).filter(|blob| blob.status != Status::Fault) {
            Some(blob) if count <= u64::from(KEXEC_SEGMENTS_MAX) => {
                let have = (blob.bytes.len() / ITEM.size(abi)) as u64;
                cx.elements(&ITEM, View { abi, bytes: blob.bytes }, count.min(have));
            }
            _ => cx.out.address(value),
        }
    },
};

const KEXEC_SEGMENTS_MAX: u16 = 16;

/// The flags of `kexec_load`: an architecture, which is always there, and bits.
pub static KEXEC_FLAG_WORD: Custom = Custom {
    capture: |_| Vec::new(),
    print: |cx, arg| {
        let value = cx.arg(arg);
        let Some(field) = system::KEXEC_FLAGS.fields.first() else { return cx.out.hex(value) };
        let architecture = value & field.mask;
        cx.out.begin_flags();
        cx.out.item();
        match field.values.iter().find(|entry| entry.0 == architecture) {
            Some(entry) => cx.out.symbol(entry.1),
            None => cx.out.unknown(architecture, "KEXEC_ARCH_???"),
        }
        let mut rest = value & !field.mask;
        for (bit, name) in system::KEXEC_FLAGS.bits {
            if rest & bit == *bit {
                cx.out.item();
                cx.out.symbol(name);
                rest &= !bit;
            }
        }
        if rest != 0 {
            cx.out.item();
            cx.out.hex(rest);
        }
        cx.out.end_flags();
    },
};

/// The argument of the old `sysctl`.
pub static SYSCTL_ARGS: Struct = plain(
    "__sysctl_args",
    &[
        f("name", Prim::Ptr, Ty::Addr),
        f("nlen", Prim::I32, Ty::Int),
        f("oldval", Prim::Ptr, Ty::Addr),
        f("oldlenp", Prim::Ptr, Ty::Addr),
        f("newval", Prim::Ptr, Ty::Addr),
        f("newlen", Prim::ULong, Ty::ULong),
    ],
);

/// The action of `syslog`: a number with its name beside it.
pub static SYSLOG_TYPE: Custom = Custom {
    capture: |_| Vec::new(),
    print: |cx, arg| {
        let value = cx.arg(arg) as u32;
        numbered(cx, value as i32, &system::SYSLOG_ACTION);
    },
};

/// The length of `syslog`, which for one action is the level of the console.
pub static SYSLOG_LEN: Custom = Custom {
    capture: |_| Vec::new(),
    print: |cx, arg| {
        const CONSOLE_LEVEL: u32 = 8;
        let value = cx.arg(arg) as i32;
        if cx.arg(0) as u32 == CONSOLE_LEVEL { numbered(cx, value, &LOG_LEVEL) } else { cx.out.int(i64::from(value)) }
    },
};

static LOG_LEVEL: Enum = Enum {
    unknown: "LOGLEVEL_???",
    values: &[
        (0, "LOGLEVEL_EMERG"),
        (1, "LOGLEVEL_ALERT"),
        (2, "LOGLEVEL_CRIT"),
        (3, "LOGLEVEL_ERR"),
        (4, "LOGLEVEL_WARNING"),
        (5, "LOGLEVEL_NOTICE"),
        (6, "LOGLEVEL_INFO"),
        (7, "LOGLEVEL_DEBUG"),
    ],
};

/// A number whose name is a remark in the text and the value elsewhere.
fn numbered(cx: &mut Cx<'_, '_>, value: i32, set: &'static Enum) {
    match set.name(u64::from(value as u32)) {
        Some(name) => cx.out.form(format_args!("{value} /* {name} */"), Plain::Text(name)),
        None => cx.out.form(format_args!("{value} /* {} */", set.unknown), Plain::Int(i64::from(value))),
    }
}

/// The new personality; all ones ask for the present one.
pub static PERSONA: Custom = Custom {
    capture: |_| Vec::new(),
    print: |cx, arg| match cx.arg(arg) as u32 {
        u32::MAX => cx.out.hex(0xffff_ffff),
        value => cx.out.flags(&PERSONALITY, u64::from(value)),
    },
};

/// The old personality as a number and by name.
pub static PERSONA_RET: Custom = Custom {
    capture: |_| Vec::new(),
    print: |cx, _| {
        let value = u64::from(cx.call.ret.unwrap_or(0) as u32);
        cx.out.form(format_args!("{}", Hex(value)), Plain::Uint(value));
        cx.out.begin_details();
        cx.out.item();
        cx.out.flags(&PERSONALITY, value);
        cx.out.end_details();
    },
};

/// Bytes of `struct lsm_ctx` before the text.
const LSM_HEADER: usize = 32;
/// The most bytes of contexts that are copied.
const LSM_MAX: u16 = 1024;

/// The security contexts that `lsm_get_self_attr` returns.
pub static LSM_CONTEXTS: Custom = Custom {
    capture: |_| vec![Op::array(Operand::Arg(1), Operand::At(2), 1, LSM_MAX).if_ok()],
    print: |cx, arg| {
        let value = cx.arg(arg);
        match cx.blob(arg, 0).filter(|blob| blob.status != Status::Fault && cx.call.ok()) {
            Some(blob) => {
                let count = cx.call.ret.map_or(0, |ret| ret.max(0) as usize);
                contexts(cx, blob.bytes, count);
            }
            None => cx.out.address(value),
        }
    },
};

/// The security context that `lsm_set_self_attr` sets.
pub static LSM_CONTEXT: Custom = Custom {
    capture: |_| vec![Op::array(Operand::Arg(1), Operand::Arg(2), 1, LSM_MAX)],
    print: |cx, arg| {
        let value = cx.arg(arg);
        let view = cx.blob(arg, 0).map(|blob| View { abi: cx.call.abi, bytes: blob.bytes });
        match view.filter(|view| view.bytes.len() >= LSM_HEADER) {
            Some(view) => context(cx, view),
            None => cx.out.address(value),
        }
    },
};

fn contexts(cx: &mut Cx<'_, '_>, bytes: &[u8], count: usize) {
    let view = View { abi: cx.call.abi, bytes };
    let mut at = 0;
    let mut shown = 0;
    cx.out.begin_array(false);
    while shown < count && bytes.len() - at >= LSM_HEADER {
        let len = usize::try_from(view.u64(at + 16).unwrap_or(0)).unwrap_or(usize::MAX);
        cx.out.item();
        context(cx, view.slice(at, len.max(LSM_HEADER)));
        shown += 1;
        // A length shorter than the header would never end.
        if len < LSM_HEADER || len > bytes.len() - at {
            break;
        }
        at += len;
    }
    cx.out.end_array(shown < count);
}

fn context(cx: &mut Cx<'_, '_>, view: View<'_>) {
    let len = view.u64(24).unwrap_or(0);
    let all = view.slice(LSM_HEADER, usize::MAX).bytes;
    let text = &all[..all.len().min(usize::try_from(len).unwrap_or(usize::MAX))];
    let end = text.iter().position(|byte| *byte == 0).unwrap_or(text.len());
    cx.out.begin_struct();
    cx.out.field("id");
    named(cx.out, &system::LSM_ID, view.u64(0).unwrap_or(0));
    cx.out.field("flags");
    cx.out.hex(view.u64(8).unwrap_or(0));
    cx.out.field("len");
    cx.out.uint(view.u64(16).unwrap_or(0));
    cx.out.field("ctx_len");
    cx.out.uint(len);
    cx.out.field("ctx");
    cx.out.string(&text[..end], end == text.len() && (text.len() as u64) < len);
    cx.out.end_struct(false);
}
