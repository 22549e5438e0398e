//! What calls on files and directories take: flags of `open`, offsets, entries, handles, attributes.

use std::fmt::Write as _;

use crate::capture::{Op, Operand};
use crate::decode::{Cx, signed};
use crate::layout::{Prim, Struct, View, f, plain};
use crate::names::Flags;
use crate::names::file as names;
use crate::sink::Plain;
use crate::syscall::{Custom, Ty};
use crate::{Abi, Sink, Status};

/// The flags of `open` on the machine of the call.
pub const OPEN: Ty = Ty::FlagsBy(open_flags);

/// The flags of `open` on the machine of `abi`.
pub fn open_flags(abi: Abi) -> &'static Flags {
    if abi == Abi::Aarch64 { &names::OPEN_FLAGS_ARM64 } else { &names::OPEN_FLAGS }
}

/// `O_CREAT` and the bit of `O_TMPFILE`: with either, a mode counts.
const CREATES: u64 = 0x40 | 0x40_0000;

/// The mode of `open`, which is there only if the call may create.
pub const OPEN_MODE_AFTER_FLAGS_1: Ty = Ty::When(|call| call.args[1] & CREATES != 0, &Ty::Perm);
/// The mode of `openat`.
pub const OPEN_MODE_AFTER_FLAGS_2: Ty = Ty::When(|call| call.args[2] & CREATES != 0, &Ty::Perm);

/// The device number of `mknod` with the mode in argument `MODE`: only devices have one.
pub const fn device_after(mode: u8) -> Ty {
    const fn is_device(mode: u64) -> bool {
        matches!(mode & 0o170_000, 0o020_000 | 0o060_000)
    }
    match mode {
        1 => Ty::When(|call| is_device(call.args[1]), &Ty::Dev),
        _ => Ty::When(|call| is_device(call.args[2]), &Ty::Dev),
    }
}

/// Shows argument `arg` as a mere pointer.
pub fn address(cx: &mut Cx<'_, '_>, arg: usize) {
    let value = cx.arg(arg);
    cx.out.address(value);
}

/// The names of the bits of `word`, joined by `|`, with `field` (a number inside the word that the set
/// does not name) appended if it is not empty.
pub fn joined(set: &Flags, word: u64, field: &str) -> String {
    let mut text = String::new();
    let rest = set.split(word, |name| {
        if !text.is_empty() {
            text.push('|');
        }
        text.push_str(name);
    });
    if rest != 0 {
        let _ = write!(text, "{}{rest:#x}", if text.is_empty() { "" } else { "|" });
    }
    if !field.is_empty() {
        let _ = write!(text, "{}{field}", if text.is_empty() { "" } else { "|" });
    }
    if text.is_empty() {
        text.push('0');
    }
    text
}

/// Bytes in hexadecimal: text `"\x01\x2f"`, elsewhere `012f`.
pub fn hex_string(out: &mut dyn Sink, bytes: &[u8], cut: bool) {
    let (mut text, mut plain) = (String::from("\""), String::new());
    for byte in bytes {
        let _ = write!(text, "\\x{byte:02x}");
        let _ = write!(plain, "{byte:02x}");
    }
    text.push_str(if cut { "\"..." } else { "\"" });
    out.form(format_args!("{text}"), Plain::Text(&plain));
}

/// The bytes of a structure beyond those that this program knows, if any of them is set.
pub fn tail(out: &mut dyn Sink, bytes: &[u8], known: usize) {
    let Some(rest) = bytes.get(known..).filter(|rest| rest.iter().any(|byte| *byte != 0)) else { return };
    let (mut text, mut plain) = (String::new(), String::new());
    for byte in rest {
        let _ = write!(text, "\\x{byte:02x}");
        let _ = write!(plain, "{byte:02x}");
    }
    out.field_form(
        "unknown",
        format_args!("/* bytes {known}..{} */ \"{text}\"", bytes.len() - 1),
        Plain::Text(&plain),
    );
}

/// The argument of `openat2`, of the size in argument 3.
pub static OPEN_HOW: Custom =
    Custom { capture: |_| vec![Op::array(Operand::Arg(2), Operand::Arg(3), 1, 256)], print: print_open_how };

fn print_open_how(cx: &mut Cx<'_, '_>, arg: usize) {
    const KNOWN: usize = 24;
    let Some(view) = cx.record(arg, 0, KNOWN) else { return address(cx, arg) };
    let (flags, mode) = (view.u64(0).unwrap_or(0), view.u64(8).unwrap_or(0));
    cx.out.begin_struct();
    cx.out.field("flags");
    cx.out.flags(open_flags(cx.call.abi), flags);
    if flags & CREATES != 0 || mode != 0 {
        cx.out.field("mode");
        cx.out.octal(mode);
    }
    cx.out.field("resolve");
    cx.out.flags(&names::OPENAT2_RESOLVE, view.u64(16).unwrap_or(0));
    tail(cx.out, view.bytes, KNOWN);
    cx.out.end_struct(false);
}

/// A file offset that the call moves by what it copied, in argument `ARG`. The memory is read after the
/// call; what the caller had put there follows from the result.
pub const fn offset<const ARG: u8>() -> Custom {
    Custom {
        capture: |_| vec![Op::record(Operand::Arg(ARG), 8)],
        print: |cx, arg| match cx.record(arg, 0, 8).and_then(|view| view.u64(0)) {
            Some(after) => {
                let moved = cx.call.ret.filter(|_| cx.call.ok()).unwrap_or(0);
                one(cx.out, (after as i64).wrapping_sub(moved));
            }
            None => address(cx, arg),
        },
    }
}

/// The offset in argument 1.
pub static OFFSET_1: Custom = offset::<1>();
/// The offset in argument 3.
pub static OFFSET_3: Custom = offset::<3>();

/// The offset of `sendfile`: a machine word, shown before and after.
pub static OFFSET_MOVED: Custom = Custom {
    capture: |abi| vec![Op::record(Operand::Arg(2), abi.word() as u16)],
    print: |cx, arg| print_moved(cx, arg, cx.call.abi.word()),
};

/// The offset of `sendfile64`.
pub static OFFSET64_MOVED: Custom =
    Custom { capture: |_| vec![Op::record(Operand::Arg(2), 8)], print: |cx, arg| print_moved(cx, arg, 8) };

fn print_moved(cx: &mut Cx<'_, '_>, arg: usize, width: usize) {
    let Some(after) = cx.record(arg, 0, width).and_then(|view| view.unsigned(0, width)) else {
        return address(cx, arg);
    };
    let after = signed(after, width);
    let moved = cx.call.ret.filter(|_| cx.call.ok()).unwrap_or(0);
    one(cx.out, after.wrapping_sub(moved));
    if moved != 0 {
        cx.out.remark(&format!(" => [{after}]"));
    }
}

fn one(out: &mut dyn Sink, value: i64) {
    out.begin_array(false);
    out.item();
    out.int(value);
    out.end_array(false);
}

/// The names that a call has put into argument `ARG`; where it put none there is only the address.
pub const fn listed<const ARG: u8>() -> Custom {
    Custom {
        capture: |_| vec![Op::array(Operand::Arg(ARG), Operand::Ret, 1, 0).if_ok()],
        print: |cx, arg| match cx.blob(arg, 0).filter(|blob| blob.status != Status::Fault) {
            Some(blob) if cx.call.ok() => {
                let all = cx.call.ret.is_some_and(|ret| blob.bytes.len() as i64 >= ret);
                cx.out.string(blob.bytes, !all);
            }
            _ => address(cx, arg),
        },
    }
}

/// The entries that `getdents64` delivers.
pub static DIRENTS64: Custom =
    Custom { capture: |_| dirents(16), print: |cx, arg| print_dirents(cx, arg, true) };

/// The entries that `getdents` delivers: words, and the type in the last byte of the record.
pub static DIRENTS: Custom =
    Custom { capture: |abi| dirents(2 * abi.word() as u16), print: |cx, arg| print_dirents(cx, arg, false) };

/// The first entries, and the number of all.
fn dirents(length_at: u16) -> Vec<Op> {
    vec![
        Op::array(Operand::Arg(1), Operand::Ret, 1, 4096).if_ok(),
        Op::dirents(Operand::Arg(1), Operand::Ret, length_at).if_ok(),
    ]
}

fn print_dirents(cx: &mut Cx<'_, '_>, arg: usize, wide: bool) {
    if !cx.call.ok() {
        return address(cx, arg);
    }
    let total = cx.call.ret.unwrap_or(0) as u64;
    let bytes =
        cx.blob(arg, 0).filter(|blob| blob.status != Status::Fault).map_or(&[][..], |blob| blob.bytes);
    let view = View { abi: cx.call.abi, bytes };
    let word = if wide { 8 } else { cx.call.abi.word() };
    let (mut count, mut at) = (0, 0);
    let brief = cx.out.abbreviates();
    if !brief {
        cx.out.begin_array(false);
    }
    while let Some(length) = view.u16(at + 2 * word) {
        let length = length as usize;
        let names_at = 2 * word + 2 + usize::from(wide);
        let Some(entry) = bytes.get(at..at + length).filter(|entry| entry.len() > names_at) else { break };
        if !brief {
            let name = entry.get(names_at..).unwrap_or(&[]);
            let name = &name[..name.iter().position(|byte| *byte == 0).unwrap_or(name.len())];
            let kind = if wide { entry[names_at - 1] } else { entry[length - 1] };
            cx.out.item();
            cx.out.begin_struct();
            cx.out.field("d_ino");
            cx.out.uint(view.unsigned(at, word).unwrap_or(0));
            cx.out.field("d_off");
            cx.out.int(signed(view.unsigned(at + word, word).unwrap_or(0), word));
            cx.out.field("d_reclen");
            cx.out.uint(length as u64);
            cx.out.field("d_type");
            cx.scalar(Ty::Enum(&names::DIRENT_TYPE), u64::from(kind), 1, false);
            cx.out.field("d_name");
            cx.out.string(name, false);
            cx.out.end_struct(false);
        }
        count += 1;
        at += length;
    }
    let mut more = (at as u64) < total;
    if brief {
        let all = cx.blob(arg, 1).filter(|all| all.status == Status::Complete);
        if let Some(all) = all.and_then(|all| View { abi: cx.call.abi, bytes: all.bytes }.u32(0)) {
            (count, more) = (all, false);
        }
        address(cx, arg);
        cx.out.comment(format_args!("{count}{} entries", if more { "+" } else { "" }));
    } else {
        cx.out.end_array(more);
    }
}

/// A file handle that `name_to_handle_at` fills; after a failure only its room counts.
pub static HANDLE_OUT: Custom = Custom {
    capture: |_| vec![Op::record(Operand::Arg(2), 136)],
    print: |cx, arg| print_handle(cx, arg, true),
};

/// A file handle that `open_by_handle_at` reads.
pub static HANDLE_IN: Custom = Custom {
    capture: |_| vec![Op::record(Operand::Arg(1), 136)],
    print: |cx, arg| print_handle(cx, arg, false),
};

fn print_handle(cx: &mut Cx<'_, '_>, arg: usize, filled: bool) {
    const LONGEST: usize = 128;
    let Some(view) = cx.record(arg, 0, 4) else { return address(cx, arg) };
    let length = view.u32(0).unwrap_or(0) as usize;
    cx.out.begin_struct();
    cx.out.field("handle_bytes");
    cx.out.uint(length as u64);
    if !filled || cx.call.ok() {
        cx.out.field("handle_type");
        cx.out.int(i64::from(view.i32(4).unwrap_or(0)));
        cx.out.field("f_handle");
        let bytes = view.slice(8, length.min(LONGEST)).bytes;
        hex_string(cx.out, bytes, bytes.len() < length);
    }
    cx.out.end_struct(false);
}

/// The mount id that `name_to_handle_at` delivers: 64 bits with `AT_HANDLE_MNT_ID_UNIQUE`, else 32.
pub static MOUNT_ID: Custom = Custom {
    capture: |_| vec![Op::record(Operand::Arg(3), 8).if_ok()],
    print: |cx, arg| {
        let view = cx.record(arg, 0, 4).filter(|_| cx.call.ok());
        let unique = cx.arg(4) & 1 != 0;
        match view.and_then(|view| if unique { view.u64(0) } else { view.i32(0).map(|id| id as i64 as u64) })
        {
            Some(id) => one(cx.out, id as i64),
            None => address(cx, arg),
        }
    },
};

/// The value of an extended attribute that the call delivers.
pub static XATTR_OUT: Custom = Custom {
    capture: |_| vec![Op::array(Operand::Arg(2), Operand::Ret, 1, 0).if_ok()],
    print: |cx, arg| {
        let length = cx.call.ret.unwrap_or(0);
        // Without room the call only says how much it needs.
        if cx.call.ok() && cx.arg(3) != 0 { print_xattr(cx, arg, length as u64) } else { address(cx, arg) }
    },
};

/// The value of an extended attribute that the call sets.
pub static XATTR_IN: Custom = Custom {
    capture: |_| vec![Op::array(Operand::Arg(2), Operand::Arg(3), 1, 0)],
    print: |cx, arg| {
        let length = cx.arg(3);
        print_xattr(cx, arg, length);
    },
};

/// An attribute's value; the NUL that closes most of them is not shown.
fn print_xattr(cx: &mut Cx<'_, '_>, arg: usize, length: u64) {
    match cx.blob(arg, 0) {
        Some(blob) if blob.status != Status::Fault => {
            let cut = (blob.bytes.len() as u64) < length;
            let whole = if cut { None } else { blob.bytes.strip_suffix(&[0]) };
            cx.out.string(whole.unwrap_or(blob.bytes), cut);
        }
        None if length == 0 && cx.arg(arg) != 0 => cx.out.string(b"", false),
        _ => address(cx, arg),
    }
}

/// The `struct xattr_args` of `setxattrat`: where the value is, its length, and flags.
pub static XATTR_ARGS_IN: Custom = Custom { capture: |_| xattr_args(false), print: print_xattr_args };

/// The same of `getxattrat`, which fills the value.
pub static XATTR_ARGS_OUT: Custom = Custom { capture: |_| xattr_args(true), print: print_xattr_args };

fn xattr_args(fills: bool) -> Vec<Op> {
    let value =
        Op::array(Operand::Word, if fills { Operand::Ret } else { Operand::Word32 }, 1, 0).count_at(8);
    let value = if fills { value.if_ok() } else { value };
    vec![Op::record(Operand::Arg(4), 16).base(), value]
}

fn print_xattr_args(cx: &mut Cx<'_, '_>, arg: usize) {
    let Some(view) = cx.record(arg, 0, 16) else { return address(cx, arg) };
    let fills = cx.call.syscall.is_some_and(|syscall| syscall.name == "getxattrat");
    let room = view.u32(8).unwrap_or(0);
    let meant = if fills { cx.call.ret.unwrap_or(0).max(0) as u64 } else { u64::from(room) };
    cx.out.begin_struct();
    cx.out.field("value");
    match cx.blob(arg, 1).filter(|blob| blob.status != Status::Fault && room > 0 && (!fills || cx.call.ok()))
    {
        Some(blob) => cx.out.string(blob.bytes, (blob.bytes.len() as u64) < meant),
        None => cx.out.address(view.u64(0).unwrap_or(0)),
    }
    cx.out.field("size");
    cx.out.uint(u64::from(room));
    cx.out.field("flags");
    cx.out.flags(&names::XATTR_FLAGS, u64::from(view.u32(12).unwrap_or(0)));
    cx.out.end_struct(false);
}

/// Random bytes that the call delivers, in hexadecimal.
pub static RANDOM: Custom = Custom {
    capture: |_| vec![Op::array(Operand::Arg(0), Operand::Ret, 1, 0).if_ok()],
    print: |cx, arg| match cx.blob(arg, 0).filter(|blob| blob.status != Status::Fault && cx.call.ok()) {
        Some(blob) => {
            let cut = (blob.bytes.len() as i64) < cx.call.ret.unwrap_or(0);
            hex_string(cx.out, blob.bytes, cut);
        }
        None => address(cx, arg),
    },
};

/// Inode attributes of `file_setattr`, of the size in argument 3.
pub static FILE_ATTR_IN: Custom =
    Custom { capture: |_| vec![Op::array(Operand::Arg(2), Operand::Arg(3), 1, 256)], print: print_file_attr };

/// Inode attributes that `file_getattr` fills.
pub static FILE_ATTR_OUT: Custom = Custom {
    capture: |_| vec![Op::array(Operand::Arg(2), Operand::Arg(3), 1, 256).if_ok()],
    print: |cx, arg| if cx.call.ok() { print_file_attr(cx, arg) } else { address(cx, arg) },
};

fn print_file_attr(cx: &mut Cx<'_, '_>, arg: usize) {
    const KNOWN: usize = 24;
    let Some(view) = cx.record(arg, 0, KNOWN) else { return address(cx, arg) };
    cx.out.begin_struct();
    cx.out.field("fa_xflags");
    cx.out.flags(&names::FS_XFLAGS, view.u64(0).unwrap_or(0));
    for (n, name) in ["fa_extsize", "fa_nextents", "fa_projid", "fa_cowextsize"].iter().enumerate() {
        cx.out.field(name);
        cx.out.uint(u64::from(view.u32(8 + 4 * n).unwrap_or(0)));
    }
    tail(cx.out, view.bytes, KNOWN);
    cx.out.end_struct(false);
}

/// The page range of `cachestat`.
pub static CACHESTAT_RANGE: Struct =
    plain("cachestat_range", &[f("off", Prim::U64, Ty::ULong), f("len", Prim::U64, Ty::ULong)]);

/// What `cachestat` counts.
pub static CACHESTAT: Struct = plain(
    "cachestat",
    &[
        f("nr_cache", Prim::U64, Ty::ULong),
        f("nr_dirty", Prim::U64, Ty::ULong),
        f("nr_writeback", Prim::U64, Ty::ULong),
        f("nr_evicted", Prim::U64, Ty::ULong),
        f("nr_recently_evicted", Prim::U64, Ty::ULong),
    ],
);

/// The flags of `memfd_create`: bits, and the logarithm of a huge page's size.
pub static MEMFD_FLAGS: Custom = Custom {
    capture: |_| Vec::new(),
    print: |cx, arg| {
        const SHIFT: u32 = 26;
        let word = cx.arg(arg) & 0xffff_ffff;
        let (size, bits) = (word >> SHIFT, word & ((1 << SHIFT) - 1));
        if size == 0 {
            return cx.out.flags(&crate::names::io::MEMFD_FLAGS, bits);
        }
        let text = joined(&crate::names::io::MEMFD_FLAGS, bits, &format!("{size}<<MFD_HUGE_SHIFT"));
        let text = text.strip_prefix("0|").unwrap_or(&text);
        cx.out.form(format_args!("{text}"), Plain::Text(text));
    },
};

#[cfg(test)]
mod tests {
    use crate::testing::{check, check_i386, longs, words};

    #[test]
    fn open_has_a_mode_only_if_it_may_create() {
        let path: &[u8] = b"/etc/hosts";
        let at = -100_i64 as u64;
        check(
            "openat",
            &[at, 1, 0x8_0000, 0o644],
            3,
            &[(1, 0, path)],
            "openat(AT_FDCWD, \"/etc/hosts\", O_RDONLY|O_CLOEXEC) = 3",
        );
        check(
            "openat",
            &[at, 1, 0x241, 0o644],
            -13,
            &[(1, 0, path)],
            "openat(AT_FDCWD, \"/etc/hosts\", O_WRONLY|O_CREAT|O_TRUNC, 0644) = -1",
        );
        check("open", &[0x10, 0x41_0000, 0o600], -14, &[], "open(0x10, O_RDONLY|O_TMPFILE, 0600) = -1");
        let mut how = longs(&[0x40, 0o22, 9]);
        let shown = "{flags=O_RDONLY|O_CREAT, mode=022, resolve=RESOLVE_NO_XDEV|RESOLVE_BENEATH";
        check(
            "openat2",
            &[at, 1, 2, 24],
            3,
            &[(1, 0, b"a"), (2, 0, &how)],
            &format!("openat2(AT_FDCWD, \"a\", {shown}}}, 24) = 3"),
        );
        how.extend([5, 0, 0, 0, 0, 0, 0, 0]);
        check(
            "openat2",
            &[at, 1, 2, 32],
            -7,
            &[(1, 0, b"a"), (2, 0, &how)],
            &format!(
                "openat2(AT_FDCWD, \"a\", {shown}, /* bytes 24..31 */ \"\\x05\\x00\\x00\\x00\\x00\\x00\\x00\\x00\"}}, 32) = -1"
            ),
        );
        check(
            "mknod",
            &[1, 0o20644, 0x103],
            0,
            &[(0, 0, b"n")],
            "mknod(\"n\", S_IFCHR|0644, makedev(0x1, 0x3)) = 0",
        );
        check("mknod", &[1, 0o10644, 0x103], 0, &[(0, 0, b"n")], "mknod(\"n\", S_IFIFO|0644) = 0");
        check("umask", &[0o22], 7, &[], "umask(022) = 007");
    }

    #[test]
    fn offsets_are_those_of_the_caller() {
        check("sendfile", &[3, 4, 1, 9], 5, &[(2, 0, &longs(&[12]))], "sendfile(3, 4, [7] => [12], 9) = 5");
        check("sendfile", &[3, 4, 1, 9], -9, &[(2, 0, &longs(&[7]))], "sendfile(3, 4, [7], 9) = -1");
        check("sendfile", &[3, 4, 0, 9], 5, &[], "sendfile(3, 4, NULL, 9) = 5");
        check_i386(
            "sendfile",
            &[3, 4, 1, 9],
            5,
            &[(2, 0, &words(&[12]))],
            "sendfile(3, 4, [7] => [12], 9) = 5",
        );
        check(
            "copy_file_range",
            &[3, 1, 4, 0, 9, 0],
            5,
            &[(1, 0, &longs(&[12]))],
            "copy_file_range(3, [7], 4, NULL, 9, 0) = 5",
        );
    }

    #[test]
    fn entries_are_counted() {
        let entry: &[u8] = b"\x01\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\x18\0\x08a\0\0\0\0";
        let two = [entry, entry].concat();
        check(
            "getdents64",
            &[3, 0x10, 48],
            48,
            &[(1, 0, &two)],
            "getdents64(3, 0x10 /* 2 entries */, 48) = 48",
        );
        check(
            "getdents64",
            &[3, 0x10, 99],
            99,
            &[(1, 0, &two)],
            "getdents64(3, 0x10 /* 2+ entries */, 99) = 99",
        );
        check("getdents64", &[3, 0x10, 48], 0, &[], "getdents64(3, 0x10 /* 0 entries */, 48) = 0");
        check("getdents64", &[3, 0x10, 48], -9, &[], "getdents64(3, 0x10, 48) = -1");
    }

    #[test]
    fn handles_and_values() {
        let at = -100_i64 as u64;
        let handle = [words(&[8, 1]), vec![1, 2, 3, 4, 5, 6, 7, 8]].concat();
        check(
            "name_to_handle_at",
            &[at, 1, 2, 3, 0],
            0,
            &[(1, 0, b"a"), (2, 0, &handle), (3, 0, &words(&[77, 9]))],
            "name_to_handle_at(AT_FDCWD, \"a\", {handle_bytes=8, handle_type=1, \
             f_handle=\"\\x01\\x02\\x03\\x04\\x05\\x06\\x07\\x08\"}, [77], 0) = 0",
        );
        check(
            "name_to_handle_at",
            &[at, 1, 2, 3, 0],
            -75,
            &[(1, 0, b"a"), (2, 0, &handle)],
            "name_to_handle_at(AT_FDCWD, \"a\", {handle_bytes=8}, 0x3, 0) = -1",
        );
        let memory: &[_] = &[(0, 0, &b"a"[..]), (1, 0, b"user.x"), (2, 0, b"val\0")];
        check("getxattr", &[1, 2, 3, 9], 4, memory, "getxattr(\"a\", \"user.x\", \"val\", 9) = 4");
        check("getxattr", &[1, 2, 3, 0], 4, memory, "getxattr(\"a\", \"user.x\", 0x3, 0) = 4");
        check("getxattr", &[1, 2, 3, 9], -61, memory, "getxattr(\"a\", \"user.x\", 0x3, 9) = -1");
        check(
            "setxattr",
            &[1, 2, 3, 4, 1],
            0,
            memory,
            "setxattr(\"a\", \"user.x\", \"val\", 4, XATTR_CREATE) = 0",
        );
        check(
            "getrandom",
            &[1, 8, 1],
            2,
            &[(0, 0, b"a\0")],
            "getrandom(\"\\x61\\x00\", 8, GRND_NONBLOCK) = 2",
        );
        check(
            "memfd_create",
            &[1, 4 | 21 << 26],
            3,
            &[(0, 0, b"m")],
            "memfd_create(\"m\", MFD_HUGETLB|21<<MFD_HUGE_SHIFT) = 3",
        );
        check(
            "memfd_create",
            &[1, 21 << 26],
            3,
            &[(0, 0, b"m")],
            "memfd_create(\"m\", 21<<MFD_HUGE_SHIFT) = 3",
        );
    }

    #[test]
    fn offsets_of_32_bit_calls_take_two_words() {
        check_i386(
            "pwrite64",
            &[3, 1, 5, 7, 1],
            5,
            &[(1, 0, b"hello")],
            "pwrite64(3, \"hello\", 5, 4294967303) = 5",
        );
        check_i386(
            "_llseek",
            &[3, 1, 5, 9, 1],
            0,
            &[(3, 0, &longs(&[77]))],
            "_llseek(3, 4294967301, [77], SEEK_CUR) = 0",
        );
        check_i386(
            "fallocate",
            &[3, 1, 2, 1, 3, 4],
            0,
            &[],
            "fallocate(3, FALLOC_FL_KEEP_SIZE, 4294967298, 17179869187) = 0",
        );
        check_i386("truncate64", &[1, 5, 1], 0, &[(0, 0, b"a")], "truncate64(\"a\", 4294967301) = 0");
        check_i386("chown", &[1, 0x1_0005, 0xffff], 0, &[(0, 0, b"a")], "chown(\"a\", 5, -1) = 0");
    }
}
