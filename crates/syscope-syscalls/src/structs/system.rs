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
        if cx.arg(0) as u32 == CONSOLE_LEVEL {
            numbered(cx, value, &LOG_LEVEL)
        } else {
            cx.out.int(i64::from(value))
        }
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

#[cfg(test)]
mod tests {
    use crate::testing::{check, longs};

    #[test]
    fn names_of_the_kernel() {
        let mut names = vec![0; 65 * 6];
        names[..5].copy_from_slice(b"Linux");
        names[65..67].copy_from_slice(b"vm");
        check(
            "uname",
            &[0x1000],
            0,
            &[(0, 0, &names)],
            "uname({sysname=\"Linux\", nodename=\"vm\", ...}) = 0",
        );
    }

    #[test]
    fn log_actions() {
        check("syslog", &[10, 0, 0], 131_072, &[], "syslog(10 /* SYSLOG_ACTION_SIZE_BUFFER */) = 131072");
        check(
            "syslog",
            &[3, 0x1000, 100],
            3,
            &[(1, 0, b"abc")],
            "syslog(3 /* SYSLOG_ACTION_READ_ALL */, \"abc\", 100) = 3",
        );
        check(
            "syslog",
            &[8, 0, 3],
            0,
            &[],
            "syslog(8 /* SYSLOG_ACTION_CONSOLE_LEVEL */, NULL, 3 /* LOGLEVEL_ERR */) = 0",
        );
        check("syslog", &[99, 0, 0], -22, &[], "syslog(99 /* SYSLOG_ACTION_??? */, NULL, 0) = -1");
    }

    #[test]
    fn kernels_and_modules() {
        let segments = longs(&[1, 2, 3, 4, 5, 6, 7, 8]);
        check(
            "kexec_load",
            &[0x1234, 2, 0x1000, 0x1_0041],
            -1,
            &[(2, 0, &segments)],
            "kexec_load(0x1234, 2, [{buf=0x1, bufsz=2, mem=0x3, memsz=4}, {buf=0x5, bufsz=6, mem=0x7, memsz=8}], \
             0x10000 /* KEXEC_ARCH_??? */|KEXEC_ON_CRASH|0x40) = -1",
        );
        check(
            "kexec_load",
            &[1, 17, 0x1000, 0],
            -22,
            &[(2, 0, &segments)],
            "kexec_load(0x1, 17, 0x1000, KEXEC_ARCH_DEFAULT) = -1",
        );
        check(
            "finit_module",
            &[3, 0x1000, 3],
            0,
            &[(1, 0, b"x=y")],
            "finit_module(3, \"x=y\", MODULE_INIT_IGNORE_MODVERSIONS|MODULE_INIT_IGNORE_VERMAGIC) = 0",
        );
    }

    #[test]
    fn the_machine() {
        check(
            "personality",
            &[0xffff_ffff],
            0x4_0000,
            &[],
            "personality(0xffffffff) = 0x40000 (PER_LINUX|ADDR_NO_RANDOMIZE)",
        );
        check(
            "reboot",
            &[0xfee1_dead, 672_274_793, 0xa1b2_c3d4, 0x1000],
            -1,
            &[(3, 0, b"now")],
            "reboot(LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_RESTART2, \"now\") = -1",
        );
        check("sethostname", &[0x1000, 3], 0, &[(0, 0, b"abc")], "sethostname(\"abc\", 3) = 0");
        check("sethostname", &[0x1000, 9999], -22, &[(0, 0, &[b'a'; 64])], "sethostname(0x1000, 9999) = -1");
    }

    #[test]
    fn security_contexts() {
        let context = [&longs(&[101, 0, 40, 6])[..], b"abcde\0\0\0"].concat();
        check(
            "lsm_get_self_attr",
            &[100, 0x1000, 0x2000, 0],
            1,
            &[(1, 0, &context), (2, 0, &40u32.to_le_bytes())],
            "lsm_get_self_attr(LSM_ATTR_CURRENT, [{id=LSM_ID_SELINUX, flags=0, len=40, ctx_len=6, ctx=\"abcde\"}], \
             [40], 0) = 1",
        );
        check(
            "lsm_list_modules",
            &[0x1000, 0x2000, 0],
            2,
            &[(0, 0, &longs(&[100, 104])), (1, 0, &16u32.to_le_bytes())],
            "lsm_list_modules([LSM_ID_CAPABILITY, LSM_ID_APPARMOR], [16], 0) = 2",
        );
    }
}
