//! What calls on mounts and file systems take: options, `mount_attr`, `statfs`, `statmount`.

use crate::Status;
use crate::capture::{Op, Operand};
use crate::decode::Cx;
use crate::layout::{Field, Item, Prim, Struct, View, f, pad, plain};
use crate::names::mount as names;
use crate::sink::Plain;
use crate::structs::file::{address, hex_string, joined, tail};
use crate::syscall::{ByArg, Custom, Len, Ty};

const REMOUNT: u64 = 0x20;
const BIND: u64 = 0x1000;
const MOVE: u64 = 0x2000;
/// `MS_UNBINDABLE`, `MS_PRIVATE`, `MS_SLAVE`, `MS_SHARED`.
const PROPAGATION: u64 = 0x1e_0000;

/// The type of `mount`: the kernel does not look at it when a mount is moved, bound or changed.
pub static MOUNT_TYPE: Custom = Custom {
    capture: |_| vec![Op::string(Operand::Arg(2), 0)],
    print: |cx, arg| print_option(cx, arg, REMOUNT | BIND | MOVE | PROPAGATION),
};

/// The options of `mount`, which only a new mount and a remount read.
pub static MOUNT_DATA: Custom = Custom {
    capture: |_| vec![Op::string(Operand::Arg(4), 0)],
    print: |cx, arg| print_option(cx, arg, BIND | MOVE | PROPAGATION),
};

fn print_option(cx: &mut Cx<'_, '_>, arg: usize, unread: u64) {
    let mut flags = cx.arg(3);
    // The magic number of ancient times shares bits with the propagation types.
    if flags & 0xffff_0000 == 0xc0ed_0000 {
        flags &= 0xffff;
    }
    match cx.blob(arg, 0) {
        Some(blob) if blob.status != Status::Fault && flags & unread == 0 => {
            cx.out.string(blob.bytes, blob.status == Status::Cut);
        }
        _ => address(cx, arg),
    }
}

/// The flags of `swapon`: bits and a priority.
pub static SWAP_FLAGS: Custom = Custom {
    capture: |_| Vec::new(),
    print: |cx, arg| {
        const PRIORITY: u64 = 0x7fff;
        let word = cx.arg(arg) & 0xffff_ffff;
        let (flags, priority) = (word & !PRIORITY, word & PRIORITY);
        match (flags, priority) {
            (0, priority) => cx.out.uint(priority),
            (flags, 0) => cx.out.flags(&names::SWAPON_FLAGS, flags),
            (flags, priority) => {
                let text = joined(&names::SWAPON_FLAGS, flags, &priority.to_string());
                cx.out.form(format_args!("{text}"), Plain::Text(&text));
            }
        }
    },
};

/// The attributes of `mount_setattr`, of the size in argument 4.
pub static MOUNT_ATTR_3: Custom = Custom {
    capture: |_| vec![Op::array(Operand::Arg(3), Operand::Arg(4), 1, 256)],
    print: |cx, arg| {
        const KNOWN: usize = 32;
        let Some(view) = cx.record(arg, 0, KNOWN) else { return address(cx, arg) };
        cx.out.begin_struct();
        for (n, name) in ["attr_set", "attr_clr"].iter().enumerate() {
            cx.out.field(name);
            cx.out.flags(&names::MOUNT_ATTR, view.u64(8 * n).unwrap_or(0));
        }
        cx.out.field("propagation");
        cx.scalar(Ty::Enum(&names::MOUNT_SETATTR_PROPAGATION), view.u64(16).unwrap_or(0), 8, false);
        cx.out.field("userns_fd");
        cx.out.uint(view.u64(24).unwrap_or(0));
        tail(cx.out, view.bytes, KNOWN);
        cx.out.end_struct(false);
    },
};

const KEYED: Ty = Ty::Str;

/// The key of `fsconfig`; the commands without one have none to read.
pub static FSCONFIG_KEY: ByArg = ByArg {
    arg: 1,
    mask: 0xffff_ffff,
    table: &[(0, KEYED), (1, KEYED), (2, KEYED), (3, KEYED), (4, KEYED), (5, KEYED)],
    otherwise: Ty::Addr,
};

/// The value of `fsconfig`.
pub static FSCONFIG_VALUE: ByArg = ByArg {
    arg: 1,
    mask: 0xffff_ffff,
    table: &[(1, Ty::Str), (2, Ty::Custom(&FSCONFIG_BLOB)), (3, Ty::Path), (4, Ty::Path)],
    otherwise: Ty::Addr,
};

/// The last argument of `fsconfig`.
pub static FSCONFIG_AUX: ByArg = ByArg {
    arg: 1,
    mask: 0xffff_ffff,
    table: &[(3, Ty::DirFd), (4, Ty::DirFd), (5, Ty::Fd)],
    otherwise: Ty::Int,
};

static FSCONFIG_BLOB: Custom = Custom {
    capture: |_| vec![Op::array(Operand::Arg(3), Operand::Arg(4), 1, 0)],
    print: |cx, arg| {
        let length = cx.arg(4) & 0xffff_ffff;
        match cx.blob(arg, 0) {
            Some(blob) if blob.status != Status::Fault => {
                hex_string(cx.out, blob.bytes, (blob.bytes.len() as u64) < length);
            }
            None if length == 0 && cx.arg(arg) != 0 => cx.out.string(b"", false),
            _ => address(cx, arg),
        }
    },
};

static FSID: Struct =
    plain("fsid_t", &[f("val", Prim::Array(2, &Item::Scalar(Prim::U32, Ty::Hex)), Ty::Absent)]);

/// What `statfs` tells about a file system.
pub static STATFS: Struct = Struct {
    name: "statfs",
    fields: &[
        f("f_type", Prim::ULong, Ty::Enum(&names::STATFS_MAGIC)),
        f("f_bsize", Prim::ULong, Ty::ULong),
        f("f_blocks", Prim::ULong, Ty::ULong),
        f("f_bfree", Prim::ULong, Ty::ULong),
        f("f_bavail", Prim::ULong, Ty::ULong),
        f("f_files", Prim::ULong, Ty::ULong),
        f("f_ffree", Prim::ULong, Ty::ULong),
        f("f_fsid", Prim::Sub(&FSID), Ty::Absent),
        f("f_namelen", Prim::ULong, Ty::ULong),
        f("f_frsize", Prim::ULong, Ty::ULong),
        f("f_flags", Prim::ULong, Ty::Flags(&names::STATFS_FLAGS)),
        pad(Prim::Array(4, &Item::Scalar(Prim::ULong, Ty::Hex))),
    ],
    print: Some(|cx, view| print_statfs(cx, view, &STATFS)),
    abbreviated: false,
};

/// The same with 64-bit counts, for 32-bit callers.
pub static STATFS64: Struct = Struct {
    name: "statfs64",
    fields: &[
        f("f_type", Prim::U32, Ty::Enum(&names::STATFS_MAGIC)),
        f("f_bsize", Prim::U32, Ty::ULong),
        f("f_blocks", Prim::U64, Ty::ULong),
        f("f_bfree", Prim::U64, Ty::ULong),
        f("f_bavail", Prim::U64, Ty::ULong),
        f("f_files", Prim::U64, Ty::ULong),
        f("f_ffree", Prim::U64, Ty::ULong),
        f("f_fsid", Prim::Sub(&FSID), Ty::Absent),
        f("f_namelen", Prim::U32, Ty::ULong),
        f("f_frsize", Prim::U32, Ty::ULong),
        f("f_flags", Prim::U32, Ty::Flags(&names::STATFS_FLAGS)),
        pad(Prim::Array(4, &Item::Scalar(Prim::U32, Ty::Hex))),
    ],
    print: Some(|cx, view| print_statfs(cx, view, &STATFS64)),
    abbreviated: false,
};

/// All members, but the flags only if there are any.
fn print_statfs(cx: &mut Cx<'_, '_>, view: View<'_>, layout: &'static Struct) {
    const FLAGS: usize = 10;
    let abi = cx.call.abi;
    let flags = layout.offset(abi, "f_flags").unwrap_or(0);
    let width = layout.fields[FLAGS].prim.size(abi);
    let shown = if view.unsigned(flags, width).unwrap_or(0) == 0 { FLAGS } else { FLAGS + 1 };
    cx.out.begin_struct();
    cx.fields(&layout.fields[..shown], view);
    cx.out.end_struct(false);
}

/// What `ustat` tells.
pub static USTAT: Struct = plain(
    "ustat",
    &[
        f("f_tfree", Prim::I32, Ty::Int),
        f("f_tinode", Prim::ULong, Ty::ULong),
        f("f_fname", Prim::Chars(6), Ty::Absent),
        f("f_fpack", Prim::Chars(6), Ty::Absent),
    ],
);

/// The `struct mnt_id_req` of `statmount` and `listmount`.
pub static MOUNT_REQUEST: Custom = Custom {
    capture: |_| vec![Op::record(Operand::Arg(0), 32)],
    print: |cx, arg| {
        let Some(view) = cx.record(arg, 0, 24) else { return address(cx, arg) };
        let size = view.u32(0).unwrap_or(0);
        let list = cx.call.syscall.is_some_and(|syscall| syscall.name == "listmount");
        cx.out.begin_struct();
        cx.out.field("size");
        cx.out.uint(u64::from(size));
        cx.out.field("mnt_id");
        match view.u64(8).unwrap_or(0) {
            u64::MAX => cx.out.symbol("LSMT_ROOT"),
            id => cx.out.hex(id),
        }
        cx.out.field("param");
        match view.u64(16).unwrap_or(0) {
            last if list => cx.out.hex(last),
            mask => cx.out.flags(&names::STATMOUNT_MASK, mask),
        }
        if let Some(namespace) = view.u64(24).filter(|id| size >= 32 && *id != 0) {
            cx.out.field("mnt_ns_id");
            cx.out.hex(namespace);
        }
        cx.out.end_struct(false);
    },
};

/// The mounts that `listmount` delivers.
pub const MOUNT_IDS: Ty = Ty::Out(&Ty::Array(&Item::Scalar(Prim::U64, Ty::Hex), Len::Ret));

/// A member that the text leaves out.
const fn more(name: &'static str, prim: Prim, ty: Ty) -> Field {
    Field { name, prim, ty, hidden: true }
}

/// What `statmount` tells about a mount; the strings that follow are not read.
pub static STATMOUNT: Struct = Struct {
    name: "statmount",
    fields: &[
        f("size", Prim::U32, Ty::UInt),
        pad(Prim::U32),
        f("mask", Prim::U64, Ty::Flags(&names::STATMOUNT_MASK)),
        more("sb_dev_major", Prim::U32, Ty::UInt),
        more("sb_dev_minor", Prim::U32, Ty::UInt),
        more("sb_magic", Prim::U64, Ty::Enum(&names::STATFS_MAGIC)),
        more("sb_flags", Prim::U32, Ty::Hex),
        pad(Prim::U32),
        more("mnt_id", Prim::U64, Ty::Hex),
        more("mnt_parent_id", Prim::U64, Ty::Hex),
        more("mnt_id_old", Prim::U32, Ty::UInt),
        more("mnt_parent_id_old", Prim::U32, Ty::UInt),
        more("mnt_attr", Prim::U64, Ty::Flags(&names::MOUNT_ATTR)),
        more("mnt_propagation", Prim::U64, Ty::Enum(&names::MOUNT_SETATTR_PROPAGATION)),
        more("mnt_peer_group", Prim::U64, Ty::ULong),
        more("mnt_master", Prim::U64, Ty::ULong),
        more("propagate_from", Prim::U64, Ty::ULong),
        pad(Prim::U32),
        pad(Prim::U32),
        more("mnt_ns_id", Prim::U64, Ty::ULong),
    ],
    print: None,
    abbreviated: true,
};

#[cfg(test)]
mod tests {
    use crate::testing::{check, check_i386, longs, words};

    #[test]
    fn what_mount_does_not_read_is_an_address() {
        let memory: &[_] = &[(0, 0, &b"a"[..]), (1, 0, b"b"), (2, 0, b"ext4"), (4, 0, b"ro")];
        check("mount", &[1, 2, 3, 1, 4], 0, memory, "mount(\"a\", \"b\", \"ext4\", MS_RDONLY, \"ro\") = 0");
        check("mount", &[1, 2, 3, 0x1000, 4], 0, memory, "mount(\"a\", \"b\", 0x3, MS_BIND, 0x4) = 0");
        check("mount", &[1, 2, 3, 0x20, 4], 0, memory, "mount(\"a\", \"b\", 0x3, MS_REMOUNT, \"ro\") = 0");
        check("umount2", &[1, 2], 0, memory, "umount2(\"a\", MNT_DETACH) = 0");
        check("swapon", &[1, 0x8005], 0, memory, "swapon(\"a\", SWAP_FLAG_PREFER|5) = 0");
        check(
            "fsconfig",
            &[3, 1, 1, 2, 0],
            0,
            &[(2, 0, b"k"), (3, 0, b"v")],
            "fsconfig(3, FSCONFIG_SET_STRING, \"k\", \"v\", 0) = 0",
        );
        check("fsconfig", &[3, 6, 0, 0, 0], 0, &[], "fsconfig(3, FSCONFIG_CMD_CREATE, NULL, NULL, 0) = 0");
        check(
            "mount_setattr",
            &[-100_i64 as u64, 1, 0x8000, 2, 32],
            0,
            &[(1, 0, b"a"), (3, 0, &longs(&[1, 0x10, 1 << 18, 3]))],
            "mount_setattr(AT_FDCWD, \"a\", AT_RECURSIVE, {attr_set=MOUNT_ATTR_RDONLY, attr_clr=MOUNT_ATTR_NOATIME, \
             propagation=MS_PRIVATE, userns_fd=3}, 32) = 0",
        );
    }

    #[test]
    fn statfs_of_both_widths() {
        let shown = "{f_type=EXT2_SUPER_MAGIC, f_bsize=4096, f_blocks=100, f_bfree=90, f_bavail=80, f_files=70, \
                     f_ffree=60, f_fsid={val=[0x1, 0x2]}, f_namelen=255, f_frsize=4096, f_flags=ST_VALID|ST_RELATIME}";
        let wide = longs(&[0xef53, 4096, 100, 90, 80, 70, 60, 1 | 2 << 32, 255, 4096, 0x1020, 0, 0, 0, 0]);
        check("statfs", &[1, 2], 0, &[(0, 0, b"/"), (1, 0, &wide)], &format!("statfs(\"/\", {shown}) = 0"));
        let small = words(&[0xef53, 4096, 100, 90, 80, 70, 60, 1, 2, 255, 4096, 0x1020, 0, 0, 0, 0]);
        check_i386(
            "statfs",
            &[1, 2],
            0,
            &[(0, 0, b"/"), (1, 0, &small)],
            &format!("statfs(\"/\", {shown}) = 0"),
        );
        let mixed =
            words(&[0xef53, 4096, 100, 0, 90, 0, 80, 0, 70, 0, 60, 0, 1, 2, 255, 4096, 0x1020, 0, 0, 0, 0]);
        check_i386(
            "statfs64",
            &[1, 84, 2],
            0,
            &[(0, 0, b"/"), (2, 0, &mixed)],
            &format!("statfs64(\"/\", 84, {shown}) = 0"),
        );
    }

    #[test]
    fn mounts_are_asked_for_by_id() {
        check(
            "listmount",
            &[1, 2, 9, 0],
            2,
            &[(0, 0, &longs(&[24, u64::MAX, 5, 0])), (1, 0, &longs(&[7, 8]))],
            "listmount({size=24, mnt_id=LSMT_ROOT, param=0x5}, [0x7, 0x8], 9, 0) = 2",
        );
        check(
            "statmount",
            &[1, 2, 512, 0],
            -2,
            &[(0, 0, &longs(&[24, 5, 3, 0]))],
            "statmount({size=24, mnt_id=0x5, param=STATMOUNT_SB_BASIC|STATMOUNT_MNT_BASIC}, 0x2, 512, 0) = -1",
        );
    }
}
