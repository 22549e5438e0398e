//! The requests of `ioctl` and what their arguments are.
//!
//! Not listed is shown as a number: most of the thousands of requests that have a name are of one driver.

use std::fmt::Write as _;

use crate::capture::{Op, Operand};
use crate::decode::{Cx, Hex};
use crate::layout::{Field, Item, Prim, Struct, View, f, pad, plain};
use crate::names::ioctl as names;
use crate::names::{file, link, terminal};
use crate::sink::Plain;
use crate::structs::file::address;
use crate::syscall::{ByArg, Custom, Ty};

/// The request: by name, else taken apart as `_IOC` puts it together.
pub static IOCTL_REQUEST: Custom = Custom {
    capture: |_| Vec::new(),
    print: |cx, arg| {
        let request = cx.arg(arg) & 0xffff_ffff;
        if let Some(name) = names::IOCTL_REQUEST.name(request) {
            return cx.out.symbol(name);
        }
        let mut direction = String::new();
        for (bit, name) in [(2, "_IOC_READ"), (1, "_IOC_WRITE")] {
            if request >> 30 & bit != 0 {
                let _ = write!(direction, "{}{name}", if direction.is_empty() { "" } else { "|" });
            }
        }
        if direction.is_empty() {
            direction.push_str("_IOC_NONE");
        }
        let (kind, number, size) =
            (Hex(request >> 8 & 0xff), Hex(request & 0xff), Hex(request >> 16 & 0x3fff));
        cx.out.form(format_args!("_IOC({direction}, {kind}, {number}, {size})"), Plain::Uint(request));
    },
};

const INT: Ty = Ty::Ref(&Item::Scalar(Prim::I32, Ty::Int));
const UINT: Ty = Ty::Ref(&Item::Scalar(Prim::U32, Ty::UInt));
const INT_OUT: Ty = Ty::Out(&INT);
const UINT_OUT: Ty = Ty::Out(&UINT);
const U16_OUT: Ty = Ty::Out(&Ty::Ref(&Item::Scalar(Prim::U16, Ty::UInt)));
const ULONG_OUT: Ty = Ty::Out(&Ty::Ref(&Item::Scalar(Prim::ULong, Ty::ULong)));
const LONG_OUT: Ty = Ty::Out(&Ty::Ref(&Item::Scalar(Prim::Long, Ty::Long)));
const U64: Ty = Ty::Ref(&Item::Scalar(Prim::U64, Ty::ULong));
const U64_OUT: Ty = Ty::Out(&U64);
const MODEM: Ty = Ty::Ref(&Item::Scalar(Prim::U32, Ty::Flags(&terminal::MODEM_LINES)));
const INODE_FLAGS: Ty = Ty::Ref(&Item::Scalar(Prim::U32, Ty::Flags(&file::FS_FLAGS)));
const RANGE: Ty = Ty::Array(&Item::Scalar(Prim::U64, Ty::ULong), crate::syscall::Len::Const(2));
const PERF_FLAGS: Ty = Ty::Flags(&terminal::PERF_IOC_FLAGS);

/// The third argument of `ioctl`.
#[rustfmt::skip]
pub static IOCTL_ARG: ByArg = ByArg {
    arg: 1,
    mask: 0xffff_ffff,
    table: &[
        // Terminals.
        (0x5401, Ty::Out(&Ty::Struct(&TERMIOS))),      // TCGETS
        (0x5402, Ty::Struct(&TERMIOS)),                // TCSETS
        (0x5403, Ty::Struct(&TERMIOS)),                // TCSETSW
        (0x5404, Ty::Struct(&TERMIOS)),                // TCSETSF
        (0x5405, Ty::Out(&Ty::Struct(&TERMIO))),       // TCGETA
        (0x5406, Ty::Struct(&TERMIO)),                 // TCSETA
        (0x5407, Ty::Struct(&TERMIO)),                 // TCSETAW
        (0x5408, Ty::Struct(&TERMIO)),                 // TCSETAF
        (0x5409, Ty::Long),                            // TCSBRK
        (0x540a, Ty::Enum(&terminal::FLOW_ACTION)),    // TCXONC
        (0x540b, Ty::Enum(&terminal::FLUSH_QUEUE)),    // TCFLSH
        (0x540c, Ty::Absent),                          // TIOCEXCL
        (0x540d, Ty::Absent),                          // TIOCNXCL
        (0x540e, Ty::Long),                            // TIOCSCTTY
        (0x540f, INT_OUT),                             // TIOCGPGRP
        (0x5410, INT),                                 // TIOCSPGRP
        (0x5411, INT_OUT),                             // TIOCOUTQ
        (0x5412, Ty::Custom(&ONE_CHARACTER)),          // TIOCSTI
        (0x5413, Ty::Out(&Ty::Struct(&WINSIZE))),      // TIOCGWINSZ
        (0x5414, Ty::Struct(&WINSIZE)),                // TIOCSWINSZ
        (0x5415, Ty::Out(&MODEM)),                     // TIOCMGET
        (0x5416, MODEM),                               // TIOCMBIS
        (0x5417, MODEM),                               // TIOCMBIC
        (0x5418, MODEM),                               // TIOCMSET
        (0x5419, INT_OUT),                             // TIOCGSOFTCAR
        (0x541a, INT),                                 // TIOCSSOFTCAR
        (0x541b, INT_OUT),                             // FIONREAD
        (0x541d, Ty::Absent),                          // TIOCCONS
        (0x5420, INT),                                 // TIOCPKT
        (0x5421, INT),                                 // FIONBIO
        (0x5422, Ty::Absent),                          // TIOCNOTTY
        (0x5423, INT),                                 // TIOCSETD
        (0x5424, INT_OUT),                             // TIOCGETD
        (0x5425, Ty::Long),                            // TCSBRKP
        (0x5427, Ty::Absent),                          // TIOCSBRK
        (0x5428, Ty::Absent),                          // TIOCCBRK
        (0x5429, INT_OUT),                             // TIOCGSID
        (0x5437, Ty::Absent),                          // TIOCVHANGUP
        (0x5441, Ty::Hex),                             // TIOCGPTPEER
        (0x5450, Ty::Absent),                          // FIONCLEX
        (0x5451, Ty::Absent),                          // FIOCLEX
        (0x5452, INT),                                 // FIOASYNC
        (0x802c_542a, Ty::Out(&Ty::Struct(&TERMIOS2))),// TCGETS2
        (0x402c_542b, Ty::Struct(&TERMIOS2)),          // TCSETS2
        (0x402c_542c, Ty::Struct(&TERMIOS2)),          // TCSETSW2
        (0x402c_542d, Ty::Struct(&TERMIOS2)),          // TCSETSF2
        (0x8004_5430, UINT_OUT),                       // TIOCGPTN
        (0x4004_5431, INT),                            // TIOCSPTLCK
        // Files and file systems.
        (0x8008_6601, Ty::Out(&INODE_FLAGS)),          // FS_IOC_GETFLAGS
        (0x4008_6602, INODE_FLAGS),                    // FS_IOC_SETFLAGS
        (0x8004_6601, Ty::Out(&INODE_FLAGS)),          // FS_IOC32_GETFLAGS
        (0x4004_6602, INODE_FLAGS),                    // FS_IOC32_SETFLAGS
        (0x801c_581f, Ty::Out(&Ty::Struct(&FSXATTR))), // FS_IOC_FSGETXATTR
        (0x401c_5820, Ty::Struct(&FSXATTR_SET)),       // FS_IOC_FSSETXATTR
        (0x4004_9409, Ty::Fd),                         // FICLONE
        (0x4020_940d, Ty::Struct(&CLONE_RANGE)),       // FICLONERANGE
        (0xc018_9436, Ty::Custom(&DEDUPE)),            // FIDEDUPERANGE
        (0xc020_660b, Ty::Custom(&FIEMAP)),            // FS_IOC_FIEMAP
        (0xc004_5877, Ty::Absent),                     // FIFREEZE
        (0xc004_5878, Ty::Absent),                     // FITHAW
        // Block devices.
        (0x125d, INT),                                 // BLKROSET
        (0x125e, INT_OUT),                             // BLKROGET
        (0x125f, Ty::Absent),                          // BLKRRPART
        (0x1260, ULONG_OUT),                           // BLKGETSIZE
        (0x1261, Ty::Absent),                          // BLKFLSBUF
        (0x1262, Ty::ULong),                           // BLKRASET
        (0x1263, LONG_OUT),                            // BLKRAGET
        (0x1264, Ty::ULong),                           // BLKFRASET
        (0x1265, LONG_OUT),                            // BLKFRAGET
        (0x1267, U16_OUT),                             // BLKSECTGET
        (0x1268, INT_OUT),                             // BLKSSZGET
        (0x8008_1270, INT_OUT),                        // BLKBSZGET
        (0x4008_1271, INT),                            // BLKBSZSET
        (0x8004_1270, INT_OUT),                        // BLKBSZGET of 32-bit programs
        (0x4004_1271, INT),                            // BLKBSZSET
        (0x8004_1272, U64_OUT),                        // BLKGETSIZE64
        (0x8008_1272, U64_OUT),                        // BLKGETSIZE64
        (0x1277, RANGE),                               // BLKDISCARD
        (0x1278, UINT_OUT),                            // BLKIOMIN
        (0x1279, UINT_OUT),                            // BLKIOOPT
        (0x127a, INT_OUT),                             // BLKALIGNOFF
        (0x127b, UINT_OUT),                            // BLKPBSZGET
        (0x127c, UINT_OUT),                            // BLKDISCARDZEROES
        (0x127d, RANGE),                               // BLKSECDISCARD
        (0x127e, U16_OUT),                             // BLKROTATIONAL
        (0x127f, RANGE),                               // BLKZEROOUT
        // Loop devices.
        (0x4c00, Ty::Fd),                              // LOOP_SET_FD
        (0x4c01, Ty::Absent),                          // LOOP_CLR_FD
        (0x4c04, Ty::Struct(&LOOP_INFO64)),            // LOOP_SET_STATUS64
        (0x4c05, Ty::Out(&Ty::Struct(&LOOP_INFO64))),  // LOOP_GET_STATUS64
        (0x4c06, Ty::Fd),                              // LOOP_CHANGE_FD
        (0x4c07, Ty::Absent),                          // LOOP_SET_CAPACITY
        (0x4c08, Ty::ULong),                           // LOOP_SET_DIRECT_IO
        (0x4c09, Ty::ULong),                           // LOOP_SET_BLOCK_SIZE
        (0x4c0a, Ty::Struct(&LOOP_CONFIG)),            // LOOP_CONFIGURE
        (0x4c80, Ty::Int),                             // LOOP_CTL_ADD
        (0x4c81, Ty::Int),                             // LOOP_CTL_REMOVE
        (0x4c82, Ty::Absent),                          // LOOP_CTL_GET_FREE
        // Namespaces.
        (0xb701, Ty::Absent),                          // NS_GET_USERNS
        (0xb702, Ty::Absent),                          // NS_GET_PARENT
        (0xb703, Ty::Absent),                          // NS_GET_NSTYPE
        (0xb704, UINT_OUT),                            // NS_GET_OWNER_UID
        // Sockets and network interfaces.
        (0x8901, INT),                                 // FIOSETOWN
        (0x8902, INT),                                 // SIOCSPGRP
        (0x8903, INT_OUT),                             // FIOGETOWN
        (0x8904, INT_OUT),                             // SIOCGPGRP
        (0x8905, INT_OUT),                             // SIOCATMARK
        (0x8910, Ty::Custom(&IFNAME)),                 // SIOCGIFNAME
        (0x8912, Ty::Struct(&IFCONF)),                 // SIOCGIFCONF
        (0x8913, Ty::Struct(&IFREQ_FLAGS_OUT)),        // SIOCGIFFLAGS
        (0x8914, Ty::Struct(&IFREQ_FLAGS)),            // SIOCSIFFLAGS
        (0x8915, Ty::Struct(&IFREQ_ADDR_OUT)),         // SIOCGIFADDR
        (0x8916, Ty::Struct(&IFREQ_ADDR)),             // SIOCSIFADDR
        (0x8917, Ty::Struct(&IFREQ_DSTADDR_OUT)),      // SIOCGIFDSTADDR
        (0x8918, Ty::Struct(&IFREQ_DSTADDR)),          // SIOCSIFDSTADDR
        (0x8919, Ty::Struct(&IFREQ_BRDADDR_OUT)),      // SIOCGIFBRDADDR
        (0x891a, Ty::Struct(&IFREQ_BRDADDR)),          // SIOCSIFBRDADDR
        (0x891b, Ty::Struct(&IFREQ_NETMASK_OUT)),      // SIOCGIFNETMASK
        (0x891c, Ty::Struct(&IFREQ_NETMASK)),          // SIOCSIFNETMASK
        (0x891d, Ty::Struct(&IFREQ_METRIC_OUT)),       // SIOCGIFMETRIC
        (0x891e, Ty::Struct(&IFREQ_METRIC)),           // SIOCSIFMETRIC
        (0x8921, Ty::Struct(&IFREQ_MTU_OUT)),          // SIOCGIFMTU
        (0x8922, Ty::Struct(&IFREQ_MTU)),              // SIOCSIFMTU
        (0x8924, Ty::Struct(&IFREQ_HWADDR)),           // SIOCSIFHWADDR
        (0x8927, Ty::Struct(&IFREQ_HWADDR_OUT)),       // SIOCGIFHWADDR
        (0x8933, Ty::Struct(&IFREQ_INDEX_OUT)),        // SIOCGIFINDEX
        (0x8942, Ty::Struct(&IFREQ_QLEN_OUT)),         // SIOCGIFTXQLEN
        (0x8943, Ty::Struct(&IFREQ_QLEN)),             // SIOCSIFTXQLEN
        (0x4004_54ca, Ty::Struct(&IFREQ_TUN)),         // TUNSETIFF
        // Perf events.
        (0x2400, PERF_FLAGS),                          // PERF_EVENT_IOC_ENABLE
        (0x2401, PERF_FLAGS),                          // PERF_EVENT_IOC_DISABLE
        (0x2402, Ty::Int),                             // PERF_EVENT_IOC_REFRESH
        (0x2403, PERF_FLAGS),                          // PERF_EVENT_IOC_RESET
        (0x2405, Ty::Fd),                              // PERF_EVENT_IOC_SET_OUTPUT
        (0x4008_2404, U64),                            // PERF_EVENT_IOC_PERIOD
        (0x4008_2406, Ty::Str),                        // PERF_EVENT_IOC_SET_FILTER
        (0x4004_2408, Ty::Fd),                         // PERF_EVENT_IOC_SET_BPF
        (0x4004_2409, Ty::ULong),                      // PERF_EVENT_IOC_PAUSE_OUTPUT
        (0x8008_2407, U64_OUT),                        // PERF_EVENT_IOC_ID
        // Random numbers, virtual machines.
        (0x8004_5200, INT_OUT),                        // RNDGETENTCNT
        (0x4004_5201, INT),                            // RNDADDTOENTCNT
        (0xae41, Ty::ULong),                           // KVM_CREATE_VCPU
    ],
    otherwise: Ty::Hex,
};

/// A member that strace's abbreviated form leaves out.
const fn more(name: &'static str, prim: Prim, ty: Ty) -> Field {
    Field { name, prim, ty, hidden: true }
}

const fn terminal<const N: usize>(word: Prim, rest: [Field; N]) -> [Field; N] {
    let mut fields = rest;
    fields[0] = f("c_iflag", word, Ty::Flags(&terminal::INPUT_MODES));
    fields[1] = f("c_oflag", word, Ty::Flags(&terminal::OUTPUT_MODES));
    fields[2] = f("c_cflag", word, Ty::Flags(&terminal::CONTROL_MODES));
    fields[3] = f("c_lflag", word, Ty::Flags(&terminal::LOCAL_MODES));
    fields[4] = more("c_line", Prim::U8, Ty::UInt);
    fields
}

const fn characters(count: u16) -> Field {
    more("c_cc", Prim::Array(count, &Item::Scalar(Prim::U8, Ty::UInt)), Ty::Absent)
}

const HOLE: Field = pad(Prim::U8);
static TERMIOS_FIELDS: [Field; 6] = terminal(Prim::U32, [HOLE, HOLE, HOLE, HOLE, HOLE, characters(19)]);
static TERMIO_FIELDS: [Field; 6] = terminal(Prim::U16, [HOLE, HOLE, HOLE, HOLE, HOLE, characters(8)]);
static TERMIOS2_FIELDS: [Field; 8] = terminal(
    Prim::U32,
    [
        HOLE,
        HOLE,
        HOLE,
        HOLE,
        HOLE,
        characters(19),
        more("c_ispeed", Prim::U32, Ty::UInt),
        more("c_ospeed", Prim::U32, Ty::UInt),
    ],
);

/// The modes of a terminal as the kernel has them.
pub static TERMIOS: Struct =
    Struct { name: "termios", fields: &TERMIOS_FIELDS, print: None, abbreviated: true };
static TERMIO: Struct = Struct { name: "termio", fields: &TERMIO_FIELDS, print: None, abbreviated: true };
static TERMIOS2: Struct =
    Struct { name: "termios2", fields: &TERMIOS2_FIELDS, print: None, abbreviated: true };

static WINSIZE: Struct = plain(
    "winsize",
    &[
        f("ws_row", Prim::U16, Ty::UInt),
        f("ws_col", Prim::U16, Ty::UInt),
        f("ws_xpixel", Prim::U16, Ty::UInt),
        f("ws_ypixel", Prim::U16, Ty::UInt),
    ],
);

static ONE_CHARACTER: Custom = Custom {
    capture: |_| vec![Op::record(Operand::Arg(2), 1)],
    print: |cx, arg| match cx.record(arg, 0, 1) {
        Some(view) => cx.out.string(&view.bytes[..1], false),
        None => address(cx, arg),
    },
};

static FSXATTR: Struct = plain(
    "fsxattr",
    &[
        f("fsx_xflags", Prim::U32, Ty::Flags(&file::FS_XFLAGS)),
        f("fsx_extsize", Prim::U32, Ty::UInt),
        f("fsx_nextents", Prim::U32, Ty::UInt),
        f("fsx_projid", Prim::U32, Ty::UInt),
        f("fsx_cowextsize", Prim::U32, Ty::UInt),
        pad(Prim::U32),
        pad(Prim::U32),
    ],
);

/// The same as it is set: the number of extents is not.
static FSXATTR_SET: Struct = plain(
    "fsxattr",
    &[
        f("fsx_xflags", Prim::U32, Ty::Flags(&file::FS_XFLAGS)),
        f("fsx_extsize", Prim::U32, Ty::UInt),
        pad(Prim::U32),
        f("fsx_projid", Prim::U32, Ty::UInt),
        f("fsx_cowextsize", Prim::U32, Ty::UInt),
        pad(Prim::U32),
        pad(Prim::U32),
    ],
);

static CLONE_RANGE: Struct = plain(
    "file_clone_range",
    &[
        f("src_fd", Prim::I64, Ty::Fd),
        f("src_offset", Prim::U64, Ty::ULong),
        f("src_length", Prim::U64, Ty::ULong),
        f("dest_offset", Prim::U64, Ty::ULong),
    ],
);

/// Files to be deduplicated that are copied with the request.
const TARGETS: usize = 8;

static DEDUPE: Custom = Custom {
    capture: |_| vec![Op::record(Operand::Arg(2), 24 + 32 * TARGETS as u16)],
    print: |cx, arg| {
        let Some(view) = cx.record(arg, 0, 24) else { return address(cx, arg) };
        let count = view.u16(16).unwrap_or(0);
        let each = |n: usize| view.slice(24 + 32 * n, 32);
        let have = (0..usize::from(count)).take_while(|n| each(*n).bytes.len() == 32).count().min(TARGETS);
        let cut = have < usize::from(count);
        cx.out.begin_struct();
        for (n, name) in ["src_offset", "src_length"].iter().enumerate() {
            cx.out.field(name);
            cx.out.uint(view.u64(8 * n).unwrap_or(0));
        }
        cx.out.field("dest_count");
        cx.out.uint(u64::from(count));
        cx.out.field("info");
        cx.out.begin_array(false);
        for n in 0..have {
            cx.out.item();
            cx.out.begin_struct();
            cx.out.field("dest_fd");
            cx.out.fd(each(n).u64(0).unwrap_or(0) as i64, None);
            cx.out.field("dest_offset");
            cx.out.uint(each(n).u64(8).unwrap_or(0));
            if cx.call.ok() {
                cx.out.field("bytes_deduped");
                cx.out.uint(each(n).u64(16).unwrap_or(0));
                cx.out.field("status");
                cx.out.int(i64::from(each(n).i32(24).unwrap_or(0)));
            }
            cx.out.end_struct(false);
        }
        cx.out.end_array(cut);
        cx.out.end_struct(false);
    },
};

static FIEMAP: Custom = Custom {
    capture: |_| vec![Op::record(Operand::Arg(2), 32)],
    print: |cx, arg| {
        let Some(view) = cx.record(arg, 0, 32) else { return address(cx, arg) };
        cx.out.begin_struct();
        for (n, name) in ["fm_start", "fm_length"].iter().enumerate() {
            cx.out.field(name);
            cx.out.uint(view.u64(8 * n).unwrap_or(0));
        }
        cx.out.field("fm_flags");
        cx.out.flags(&terminal::FIEMAP_FLAGS, u64::from(view.u32(16).unwrap_or(0)));
        if cx.call.ok() {
            cx.out.field("fm_mapped_extents");
            cx.out.uint(u64::from(view.u32(20).unwrap_or(0)));
        }
        cx.out.field("fm_extent_count");
        cx.out.uint(u64::from(view.u32(24).unwrap_or(0)));
        cx.out.end_struct(cx.call.ok());
    },
};

static LOOP_INFO64: Struct = Struct {
    name: "loop_info64",
    fields: &[
        more("lo_device", Prim::U64, Ty::Dev),
        more("lo_inode", Prim::U64, Ty::ULong),
        more("lo_rdevice", Prim::U64, Ty::Dev),
        f("lo_offset", Prim::U64, Ty::Hex),
        more("lo_sizelimit", Prim::U64, Ty::ULong),
        f("lo_number", Prim::U32, Ty::UInt),
        f("lo_encrypt_type", Prim::U32, Ty::Enum(&terminal::LOOP_CRYPT)),
        f("lo_encrypt_key_size", Prim::U32, Ty::UInt),
        f("lo_flags", Prim::U32, Ty::Flags(&terminal::LOOP_FLAGS)),
        f("lo_file_name", Prim::Chars(64), Ty::Absent),
        f("lo_crypt_name", Prim::Chars(64), Ty::Absent),
        f("lo_encrypt_key", Prim::Chars(32), Ty::Absent),
        pad(Prim::U64),
        pad(Prim::U64),
    ],
    print: None,
    abbreviated: true,
};

static LOOP_CONFIG: Struct = plain(
    "loop_config",
    &[
        f("fd", Prim::U32, Ty::Fd),
        f("block_size", Prim::U32, Ty::UInt),
        f("info", Prim::Sub(&LOOP_INFO64), Ty::Absent),
        pad(Prim::Array(8, &Item::Scalar(Prim::U64, Ty::Hex))),
    ],
);

const NAME_BYTES: usize = 16;
/// The request's union: 24 bytes in 64-bit programs, 16 in others, of which we need 16.
static IFREQ_FIELDS: [Field; 2] = [
    f("ifr_name", Prim::Chars(NAME_BYTES as u16), Ty::Absent),
    pad(Prim::Array(4, &Item::Scalar(Prim::U32, Ty::Hex))),
];

/// A request about an interface: shows the member after the name.
type Member = fn(&mut Cx<'_, '_>, View<'_>);

fn interface(cx: &mut Cx<'_, '_>, view: View<'_>, told: bool, name: &str, member: Member) {
    cx.out.begin_struct();
    cx.fields(&IFREQ_FIELDS[..1], view);
    // What the kernel is asked for is there only after success.
    if told {
        cx.out.field(name);
        member(cx, view.slice(NAME_BYTES, 16));
    }
    cx.out.end_struct(false);
}

macro_rules! interface_requests {
    ($($set:ident $get:ident $name:literal $member:expr,)*) => {
        $(
            #[allow(dead_code, reason = "some are only asked for, some only set")]
            static $set: Struct = Struct {
                name: "ifreq",
                fields: &IFREQ_FIELDS,
                print: Some(|cx, view| interface(cx, view, true, $name, $member)),
                abbreviated: false,
            };
            #[allow(dead_code, reason = "some are only asked for, some only set")]
            static $get: Struct = Struct {
                name: "ifreq",
                fields: &IFREQ_FIELDS,
                print: Some(|cx, view| interface(cx, view, cx.call.ok(), $name, $member)),
                abbreviated: false,
            };
        )*
    };
}

interface_requests! {
    IFREQ_FLAGS IFREQ_FLAGS_OUT "ifr_flags"
        |cx, view| cx.out.flags(&terminal::INTERFACE_FLAGS, u64::from(view.u16(0).unwrap_or(0))),
    IFREQ_TUN IFREQ_TUN_OUT "ifr_flags"
        |cx, view| cx.out.flags(&terminal::TUN_FLAGS, u64::from(view.u16(0).unwrap_or(0))),
    IFREQ_ADDR IFREQ_ADDR_OUT "ifr_addr" socket_address,
    IFREQ_DSTADDR IFREQ_DSTADDR_OUT "ifr_dstaddr" socket_address,
    IFREQ_BRDADDR IFREQ_BRDADDR_OUT "ifr_broadaddr" socket_address,
    IFREQ_NETMASK IFREQ_NETMASK_OUT "ifr_netmask" socket_address,
    IFREQ_HWADDR IFREQ_HWADDR_OUT "ifr_hwaddr" hardware_address,
    IFREQ_METRIC IFREQ_METRIC_OUT "ifr_metric" number,
    IFREQ_MTU IFREQ_MTU_OUT "ifr_mtu" number,
    IFREQ_INDEX IFREQ_INDEX_OUT "ifr_ifindex" number,
    IFREQ_QLEN IFREQ_QLEN_OUT "ifr_qlen" number,
}

fn number(cx: &mut Cx<'_, '_>, view: View<'_>) {
    cx.out.int(i64::from(view.i32(0).unwrap_or(0)));
}

fn socket_address(cx: &mut Cx<'_, '_>, view: View<'_>) {
    crate::structs::sockaddr::print(cx, view.bytes, 16);
}

fn hardware_address(cx: &mut Cx<'_, '_>, view: View<'_>) {
    cx.out.begin_struct();
    cx.out.field("sa_family");
    cx.scalar(Ty::Enum(&link::ARPHRD), u64::from(view.u16(0).unwrap_or(0)), 2, false);
    cx.out.field("sa_data");
    let mut text = String::new();
    for byte in view.slice(2, 6).bytes {
        let _ = write!(text, "{}{byte:02x}", if text.is_empty() { "" } else { ":" });
    }
    cx.out.form(format_args!("{text}"), Plain::Text(&text));
    cx.out.end_struct(false);
}

/// `SIOCGIFNAME` goes the other way: from the index to the name.
static IFNAME: Custom = Custom {
    capture: |_| vec![Op::record(Operand::Arg(2), 32)],
    print: |cx, arg| {
        let Some(view) = cx.record(arg, 0, 32) else { return address(cx, arg) };
        cx.out.begin_struct();
        cx.out.field("ifr_ifindex");
        number(cx, view.slice(NAME_BYTES, 4));
        if cx.call.ok() {
            cx.fields(&IFREQ_FIELDS[..1], view);
        }
        cx.out.end_struct(false);
    },
};

static IFCONF: Struct = Struct {
    name: "ifconf",
    fields: &[f("ifc_len", Prim::I32, Ty::Int), f("ifc_buf", Prim::Ptr, Ty::Addr)],
    print: Some(|cx, view| {
        let request = if cx.call.abi.word() == 8 { 40 } else { 32 };
        let length = view.i32(0).unwrap_or(0);
        cx.out.begin_struct();
        cx.out.field("ifc_len");
        cx.out.int(i64::from(length));
        if length > 0 && length % request == 0 {
            cx.out.comment(format_args!("{} * sizeof(struct ifreq)", length / request));
        }
        cx.out.field("ifc_buf");
        cx.out.address(view.word(cx.call.abi.word()).unwrap_or(0));
        cx.out.end_struct(false);
    }),
    abbreviated: false,
};

#[cfg(test)]
mod tests {
    use crate::testing::{check, words};

    #[test]
    fn terminals() {
        let mut modes = words(&[0x500, 5, 0xbf, 0x8a3b]);
        modes.resize(36, 0);
        let shown = "{c_iflag=ICRNL|IXON, c_oflag=NL0|CR0|TAB0|BS0|VT0|FF0|OPOST|ONLCR, c_cflag=B38400|CS8|CREAD, \
                     c_lflag=ISIG|ICANON|ECHO|ECHOE|ECHOK|IEXTEN|ECHOCTL|ECHOKE, ...}";
        check("ioctl", &[0, 0x5401, 1], 0, &[(2, 0, &modes)], &format!("ioctl(0, TCGETS, {shown}) = 0"));
        check("ioctl", &[0, 0x5401, 1], -25, &[(2, 0, &modes)], "ioctl(0, TCGETS, 0x1) = -1");
        check(
            "ioctl",
            &[1, 0x5413, 1],
            0,
            &[(2, 0, &[24, 0, 80, 0, 0, 0, 0, 0])],
            "ioctl(1, TIOCGWINSZ, {ws_row=24, ws_col=80, ws_xpixel=0, ws_ypixel=0}) = 0",
        );
        check("ioctl", &[1, 0x5421, 1], 0, &[(2, 0, &words(&[1]))], "ioctl(1, FIONBIO, [1]) = 0");
        check("ioctl", &[1, 0x5422], 0, &[], "ioctl(1, TIOCNOTTY) = 0");
        check("ioctl", &[1, 0x540b, 2], 0, &[], "ioctl(1, TCFLSH, TCIOFLUSH) = 0");
    }

    #[test]
    fn requests_without_a_name_are_taken_apart() {
        check("ioctl", &[1, 0x8004_5103, 5], -25, &[], "ioctl(1, _IOC(_IOC_READ, 0x51, 0x3, 0x4), 0x5) = -1");
        check("ioctl", &[1, 0x1234, 0], -25, &[], "ioctl(1, _IOC(_IOC_NONE, 0x12, 0x34, 0), 0) = -1");
    }

    #[test]
    fn interfaces_and_files() {
        let mut request = b"eth0".to_vec();
        request.resize(16, 0);
        request.extend([0x43, 0x10]);
        request.resize(40, 0);
        let flags = "ifr_flags=IFF_UP|IFF_BROADCAST|IFF_RUNNING|IFF_MULTICAST";
        check(
            "ioctl",
            &[3, 0x8913, 1],
            0,
            &[(2, 0, &request)],
            &format!("ioctl(3, SIOCGIFFLAGS, {{ifr_name=\"eth0\", {flags}}}) = 0"),
        );
        check(
            "ioctl",
            &[3, 0x8913, 1],
            -19,
            &[(2, 0, &request)],
            "ioctl(3, SIOCGIFFLAGS, {ifr_name=\"eth0\"}) = -1",
        );
        check(
            "ioctl",
            &[3, 0x8008_6601, 1],
            0,
            &[(2, 0, &words(&[0x10]))],
            "ioctl(3, FS_IOC_GETFLAGS, [FS_IMMUTABLE_FL]) = 0",
        );
        check("ioctl", &[3, 0xb701], 4, &[], "ioctl(3, NS_GET_USERNS) = 4");
    }
}
