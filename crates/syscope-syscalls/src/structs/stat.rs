//! What `stat` and `statx` tell about a file, and the times that calls set.

use std::fmt::Write as _;

use crate::Abi;
use crate::Sink;
use crate::capture::{Op, Operand};
use crate::decode::{Cx, signed};
use crate::layout::{Field, Item, Prim, Struct, View, f, pad, plain};
use crate::names::file as names;
use crate::structs::file::address;
use crate::syscall::{Custom, Len, Ty};

/// Where the members of a `stat` structure lie: offset and width in bytes, in the order of
/// [`STAT_MEMBERS`]; width 0 where there is no such member.
struct StatLayout {
    size: u16,
    at: [(u8, u8); 16],
}

const STAT_MEMBERS: [&str; 16] = [
    "st_dev",
    "st_ino",
    "st_mode",
    "st_nlink",
    "st_uid",
    "st_gid",
    "st_blksize",
    "st_blocks",
    "st_size",
    "st_rdev",
    "st_atime",
    "st_atime_nsec",
    "st_mtime",
    "st_mtime_nsec",
    "st_ctime",
    "st_ctime_nsec",
];

const MODE: usize = 2;
const SIZE: usize = 8;
const RDEV: usize = 9;

#[rustfmt::skip]
static STAT_X86_64: StatLayout = StatLayout {
    size: 144,
    at: [(0, 8), (8, 8), (24, 4), (16, 8), (28, 4), (32, 4), (56, 8), (64, 8), (48, 8), (40, 8),
         (72, 8), (80, 8), (88, 8), (96, 8), (104, 8), (112, 8)],
};

#[rustfmt::skip]
static STAT_ARM64: StatLayout = StatLayout {
    size: 128,
    at: [(0, 8), (8, 8), (16, 4), (20, 4), (24, 4), (28, 4), (56, 4), (64, 8), (48, 8), (32, 8),
         (72, 8), (80, 8), (88, 8), (96, 8), (104, 8), (112, 8)],
};

#[rustfmt::skip]
static STAT_I386: StatLayout = StatLayout {
    size: 64,
    at: [(0, 4), (4, 4), (8, 2), (10, 2), (12, 2), (14, 2), (24, 4), (28, 4), (20, 4), (16, 4),
         (32, 4), (36, 4), (40, 4), (44, 4), (48, 4), (52, 4)],
};

#[rustfmt::skip]
static STAT64_I386: StatLayout = StatLayout {
    size: 96,
    at: [(0, 8), (88, 8), (16, 4), (20, 4), (24, 4), (28, 4), (52, 4), (56, 8), (44, 8), (32, 8),
         (64, 4), (68, 4), (72, 4), (76, 4), (80, 4), (84, 4)],
};

#[rustfmt::skip]
static OLD_STAT_I386: StatLayout = StatLayout {
    size: 32,
    at: [(0, 2), (2, 2), (4, 2), (6, 2), (8, 2), (10, 2), (0, 0), (0, 0), (16, 4), (12, 2),
         (20, 4), (0, 0), (24, 4), (0, 0), (28, 4), (0, 0)],
};

fn stat_layout(abi: Abi) -> &'static StatLayout {
    match abi {
        Abi::X86_64 => &STAT_X86_64,
        Abi::Aarch64 => &STAT_ARM64,
        Abi::I386 | Abi::Arm => &STAT_I386,
    }
}

/// The `struct stat` that a call fills in argument `ARG`.
pub const fn stat<const ARG: u8>() -> Custom {
    Custom {
        capture: |abi| vec![Op::record(Operand::Arg(ARG), stat_layout(abi).size).if_ok()],
        print: |cx, arg| print_stat(cx, arg, stat_layout(cx.call.abi)),
    }
}

/// The `struct stat64` of 32-bit calls in argument `ARG`.
pub const fn stat64<const ARG: u8>() -> Custom {
    Custom {
        capture: |_| vec![Op::record(Operand::Arg(ARG), STAT64_I386.size).if_ok()],
        print: |cx, arg| print_stat(cx, arg, &STAT64_I386),
    }
}

/// The `struct __old_kernel_stat` of the first calls in argument `ARG`.
pub const fn old_stat<const ARG: u8>() -> Custom {
    Custom {
        capture: |_| vec![Op::record(Operand::Arg(ARG), OLD_STAT_I386.size).if_ok()],
        print: |cx, arg| print_stat(cx, arg, &OLD_STAT_I386),
    }
}

/// The `struct stat` in argument 1.
pub static STAT_1: Custom = stat::<1>();
/// The `struct stat` in argument 2.
pub static STAT_2: Custom = stat::<2>();

fn print_stat(cx: &mut Cx<'_, '_>, arg: usize, layout: &StatLayout) {
    let view = cx.record(arg, 0, layout.size as usize).filter(|_| cx.call.ok());
    let Some(view) = view else { return address(cx, arg) };
    let value = |member: usize| {
        let (offset, width) = layout.at[member];
        view.unsigned(offset as usize, width as usize).unwrap_or(0)
    };
    // A device file has a number in place of a size.
    let kind = value(MODE) & 0o170_000;
    let device = matches!(kind, 0o020_000 | 0o060_000);
    let brief = cx.out.abbreviates();
    cx.out.begin_struct();
    for (member, name) in STAT_MEMBERS.iter().enumerate() {
        let (_, width) = layout.at[member];
        let telling = member == MODE || member == if device { RDEV } else { SIZE };
        let moot = member == if device { SIZE } else { RDEV };
        if width == 0 || moot || (brief && !telling) {
            continue;
        }
        cx.out.field(name);
        match member {
            MODE => cx.mode(value(MODE) as u32),
            0 | RDEV => cx.device(value(member)),
            // Before 1970 is a time too; sizes of the old calls are unsigned.
            10.. => cx.out.int(signed(value(member), width as usize)),
            _ => cx.out.uint(value(member)),
        }
    }
    cx.out.end_struct(brief);
}

static STATX_TIMESTAMP: Struct = plain(
    "statx_timestamp",
    &[f("tv_sec", Prim::I64, Ty::Long), f("tv_nsec", Prim::U32, Ty::UInt), pad(Prim::I32)],
);

/// A member that strace's abbreviated form leaves out.
const fn more(name: &'static str, prim: Prim, ty: Ty) -> Field {
    Field { name, prim, ty, hidden: true }
}

/// `struct statx`.
pub static STATX: Struct = Struct {
    name: "statx",
    fields: &[
        f("stx_mask", Prim::U32, Ty::Flags(&names::STATX_MASK)),
        more("stx_blksize", Prim::U32, Ty::UInt),
        f("stx_attributes", Prim::U64, Ty::Flags(&names::STATX_ATTRIBUTES)),
        more("stx_nlink", Prim::U32, Ty::UInt),
        more("stx_uid", Prim::U32, Ty::UInt),
        more("stx_gid", Prim::U32, Ty::UInt),
        f("stx_mode", Prim::U16, Ty::Mode),
        pad(Prim::U16),
        more("stx_ino", Prim::U64, Ty::ULong),
        f("stx_size", Prim::U64, Ty::ULong),
        more("stx_blocks", Prim::U64, Ty::ULong),
        more("stx_attributes_mask", Prim::U64, Ty::Flags(&names::STATX_ATTRIBUTES)),
        more("stx_atime", Prim::Sub(&STATX_TIMESTAMP), Ty::Absent),
        more("stx_btime", Prim::Sub(&STATX_TIMESTAMP), Ty::Absent),
        more("stx_ctime", Prim::Sub(&STATX_TIMESTAMP), Ty::Absent),
        more("stx_mtime", Prim::Sub(&STATX_TIMESTAMP), Ty::Absent),
        more("stx_rdev_major", Prim::U32, Ty::UInt),
        more("stx_rdev_minor", Prim::U32, Ty::UInt),
        more("stx_dev_major", Prim::U32, Ty::UInt),
        more("stx_dev_minor", Prim::U32, Ty::UInt),
        more("stx_mnt_id", Prim::U64, Ty::ULong),
        more("stx_dio_mem_align", Prim::U32, Ty::UInt),
        more("stx_dio_offset_align", Prim::U32, Ty::UInt),
        pad(Prim::Array(12, &Item::Scalar(Prim::U64, Ty::Hex))),
    ],
    print: None,
    abbreviated: true,
};

/// The moment `seconds` after 1970, in UTC, with `digits` digits of a fraction, as a remark on a value.
/// Zero is not a moment, and neither is a fraction of more than a second.
pub fn moment(out: &mut dyn Sink, seconds: i64, fraction: i64, digits: usize) {
    if (seconds == 0 && fraction == 0) || !(0..10_i64.pow(digits as u32)).contains(&fraction) {
        return;
    }
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    if days.unsigned_abs() > 700_000_000_000 {
        return;
    }
    // Counted from 1 March of the year 0, so that the leap day is the last of its year.
    let day = days + 719_468;
    let (era, of_era) = (day.div_euclid(146_097), day.rem_euclid(146_097));
    let of_era_year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * of_era_year + of_era_year / 4 - of_era_year / 100);
    let march_month = (5 * of_year + 2) / 153;
    let date = of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = of_era_year + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    let mut part = String::new();
    if digits > 0 {
        let _ = write!(part, ".{fraction:0digits$}");
    }
    out.comment(format_args!("{year:04}-{month:02}-{date:02}T{hour:02}:{minute:02}:{second:02}{part}+0000"));
}

/// The argument of `utime`.
pub static UTIMBUF: Struct = Struct {
    name: "utimbuf",
    fields: &[f("actime", Prim::Long, Ty::Long), f("modtime", Prim::Long, Ty::Long)],
    print: Some(print_utimbuf),
    abbreviated: false,
};

fn print_utimbuf(cx: &mut Cx<'_, '_>, view: View<'_>) {
    cx.out.begin_struct();
    for (n, name) in ["actime", "modtime"].iter().enumerate() {
        let seconds = view.long(n * cx.call.abi.word()).unwrap_or(0);
        cx.out.field(name);
        cx.out.int(seconds);
        moment(cx.out, seconds, 0, 0);
    }
    cx.out.end_struct(false);
}

static UTIMEVAL: Struct = Struct {
    name: "timeval",
    fields: &[f("tv_sec", Prim::Long, Ty::Long), f("tv_usec", Prim::Long, Ty::Long)],
    print: Some(|cx, view| print_time(cx, view, "tv_usec", 6)),
    abbreviated: false,
};

static UTIMESPEC: Struct = Struct {
    name: "timespec",
    fields: &[f("tv_sec", Prim::Long, Ty::Long), f("tv_nsec", Prim::Long, Ty::Long)],
    print: Some(|cx, view| print_time(cx, view, "tv_nsec", 9)),
    abbreviated: false,
};

static UTIMESPEC64: Struct = Struct {
    name: "__kernel_timespec",
    fields: &[f("tv_sec", Prim::I64, Ty::Long), f("tv_nsec", Prim::I64, Ty::Long)],
    print: Some(|cx, view| print_time(cx, view, "tv_nsec", 9)),
    abbreviated: false,
};

/// The two times of `utimes`.
pub const TIMES_USEC: Ty = Ty::Array(&Item::Struct(&UTIMEVAL), Len::Const(2));
/// The two times of `utimensat`.
pub const TIMES_NSEC: Ty = Ty::Array(&Item::Struct(&UTIMESPEC), Len::Const(2));
/// The two times of `utimensat_time64`.
pub const TIMES_NSEC64: Ty = Ty::Array(&Item::Struct(&UTIMESPEC64), Len::Const(2));

fn print_time(cx: &mut Cx<'_, '_>, view: View<'_>, name: &str, digits: usize) {
    const UTIME_NOW: i64 = 0x3fff_ffff;
    const UTIME_OMIT: i64 = 0x3fff_fffe;
    let half = view.bytes.len() / 2;
    let part = |at: usize| signed(view.unsigned(at, half.clamp(1, 8)).unwrap_or(0), half.clamp(1, 8));
    let (seconds, fraction) = (part(0), part(half));
    match fraction {
        UTIME_NOW if digits == 9 => return cx.out.symbol("UTIME_NOW"),
        UTIME_OMIT if digits == 9 => return cx.out.symbol("UTIME_OMIT"),
        _ => {}
    }
    cx.out.begin_struct();
    cx.out.field("tv_sec");
    cx.out.int(seconds);
    cx.out.field(name);
    cx.out.int(fraction);
    cx.out.end_struct(false);
    moment(cx.out, seconds, fraction, digits);
}

#[cfg(test)]
mod tests {
    use crate::Abi;
    use crate::sink::json::Json;
    use crate::testing::{check, check_i386, longs, show, words};
    use crate::{Blobs, Call, Status, calls, decode};

    fn x86_64(mode: u32) -> Vec<u8> {
        [
            longs(&[0x801, 77, 2]),
            words(&[mode, 1000, 1000, 0]),
            longs(&[0x103, 123, 4096, 8, 1_700_000_000, 5, 1, 6, 1, 7, 0, 0, 0]),
        ]
        .concat()
    }

    #[test]
    fn stat_shows_type_and_size() {
        let shown = |mode| show(Abi::X86_64, "fstat", &[3, 1], 0, &[(1, 0, &x86_64(mode))]);
        assert_eq!(shown(0o100_644), "fstat(3, {st_mode=S_IFREG|0644, st_size=123, ...}) = 0");
        assert_eq!(shown(0o020_666), "fstat(3, {st_mode=S_IFCHR|0666, st_rdev=makedev(0x1, 0x3), ...}) = 0");
        assert_eq!(
            shown(0o106_755),
            "fstat(3, {st_mode=S_IFREG|S_ISUID|S_ISGID|0755, st_size=123, ...}) = 0"
        );
        assert_eq!(shown(0), "fstat(3, {st_mode=000, st_size=123, ...}) = 0");
        check("fstat", &[3, 1], -9, &[(1, 0, &x86_64(0))], "fstat(3, 0x1) = -1");
        let arm64 = [
            longs(&[0x801, 77]),
            words(&[0o100_644, 1, 0, 0]),
            longs(&[0, 0, 99, 4096, 8, 0, 0, 0, 0, 0, 0, 0]),
        ];
        assert_eq!(
            show(Abi::Aarch64, "fstat", &[3, 1], 0, &[(1, 0, &arm64.concat())]),
            "fstat(3, {st_mode=S_IFREG|0644, st_size=99, ...}) = 0"
        );
        let small = [words(&[0x801, 77, 0o100_644, 0, 0x103, 55]), vec![0; 40]].concat();
        check_i386(
            "fstat",
            &[3, 1],
            0,
            &[(1, 0, &small)],
            "fstat(3, {st_mode=S_IFREG|0644, st_size=55, ...}) = 0",
        );
        let wide = [words(&[0x801, 0, 0, 77, 0o100_644, 1, 0, 0, 0, 0, 0, 55]), vec![0; 48]].concat();
        check_i386(
            "fstat64",
            &[3, 1],
            0,
            &[(1, 0, &wide)],
            "fstat64(3, {st_mode=S_IFREG|0644, st_size=55, ...}) = 0",
        );
    }

    #[test]
    fn json_has_all_of_stat() {
        let mut blobs = Vec::new();
        Blobs::push(&mut blobs, 1, 0, Status::Complete, &x86_64(0o100_644));
        let syscall = calls::find(Abi::X86_64, "fstat");
        let call = Call {
            abi: Abi::X86_64,
            nr: 5,
            syscall,
            args: [3, 1, 0, 0, 0, 0],
            ret: Some(0),
            blobs: Blobs(&blobs),
        };
        let mut out = Vec::new();
        decode::arguments(&call, &mut Json::new(&mut out));
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("\"st_ino\":77,"), "{text}");
        assert!(text.contains("\"st_mtime\":1,\"st_mtime_nsec\":6,"), "{text}");
    }

    #[test]
    fn statx_is_abbreviated() {
        let mut bytes =
            [words(&[0xfff, 4096]), longs(&[0x10]), words(&[1, 0, 0, 0o100_644]), longs(&[77, 123])].concat();
        bytes.resize(256, 0);
        check(
            "statx",
            &[-100_i64 as u64, 1, 0x100, 0xfff, 2],
            0,
            &[(1, 0, b"a"), (4, 0, &bytes)],
            "statx(AT_FDCWD, \"a\", AT_STATX_SYNC_AS_STAT|AT_SYMLINK_NOFOLLOW, STATX_ALL, {stx_mask=STATX_ALL, \
             stx_attributes=STATX_ATTR_IMMUTABLE, stx_mode=S_IFREG|0644, stx_size=123, ...}) = 0",
        );
    }

    #[test]
    fn times_say_when() {
        let times = longs(&[1_700_000_000, 5, 0, 0x3fff_ffff]);
        check(
            "utimensat",
            &[3, 0, 1, 0],
            0,
            &[(2, 0, &times)],
            "utimensat(3, NULL, [{tv_sec=1700000000, tv_nsec=5} /* 2023-11-14T22:13:20.000000005+0000 */, UTIME_NOW], 0) = 0",
        );
        check(
            "utime",
            &[1, 2],
            0,
            &[(0, 0, b"a"), (1, 0, &longs(&[0, u64::MAX]))],
            "utime(\"a\", {actime=0, modtime=-1 /* 1969-12-31T23:59:59+0000 */}) = 0",
        );
        check(
            "utimes",
            &[1, 2],
            0,
            &[(0, 0, b"a"), (1, 0, &longs(&[951_782_400, 0, 0, 0]))],
            "utimes(\"a\", [{tv_sec=951782400, tv_usec=0} /* 2000-02-29T00:00:00.000000+0000 */, {tv_sec=0, tv_usec=0}]) = 0",
        );
    }
}
