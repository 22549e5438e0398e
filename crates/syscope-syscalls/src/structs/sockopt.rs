//! Socket options: their names by level and their values.

use std::fmt::Write as _;

use crate::Status;
use crate::capture::{Op, Operand, When};
use crate::decode::{Cx, Hex};
use crate::layout::{Prim, Struct, View, f, plain};
use crate::names::{Enum, errno, sockopt};
use crate::sink::Plain;
use crate::structs::control_message::UCRED;
use crate::structs::sockaddr::{self, interface, ipv4, ipv6_field, mac, named};
use crate::structs::time::{TIMEVAL, TIMEVAL64};
use crate::syscall::{Custom, Ty};

/// The arguments of both calls.
const LEVEL: usize = 1;
const NAME: usize = 2;
const VALUE: u8 = 3;
const LENGTH: u8 = 4;

/// What the string limit copies at least; a longer structure is copied once more, to its own length.
const SHORT: u8 = 32;
/// `struct group_req`, the longest structure that is shown, on a 64-bit machine.
const LONGEST: u16 = 136;

const SOL_IP: i32 = 0;
const SOL_SOCKET: i32 = 1;
const SOL_TCP: i32 = 6;
const SOL_IPV6: i32 = 41;
const SOL_RAW: i32 = 255;
const SOL_PACKET: i32 = 263;
const SOL_NETLINK: i32 = 270;

/// The option's name, by the level before it, in `setsockopt`.
pub static SET_NAME: Custom =
    Custom { capture: |_| Vec::new(), print: |cx, arg| option_name(cx, arg, false) };
/// The option's name in `getsockopt`, where some numbers mean something else.
pub static GET_NAME: Custom = Custom { capture: |_| Vec::new(), print: |cx, arg| option_name(cx, arg, true) };

fn option_name(cx: &mut Cx<'_, '_>, arg: usize, get: bool) {
    let number = u64::from(cx.arg(arg) as u32);
    let level = cx.arg(LEVEL) as i32;
    let own = match level {
        SOL_SOCKET => Some(&sockopt::SO_GET_OPTIONS),
        SOL_IP => Some(&sockopt::IP_GET_OPTIONS),
        SOL_IPV6 => Some(&sockopt::IPV6_GET_OPTIONS),
        _ => None,
    };
    if let Some(name) = own.filter(|_| get).and_then(|set| set.name(number)) {
        return cx.out.symbol(name);
    }
    match options_of(level) {
        Some(set) => named(cx.out, set, number),
        None => cx.out.int(i64::from(number as i32)),
    }
}

/// The options of a level.
fn options_of(level: i32) -> Option<&'static Enum> {
    Some(match level {
        SOL_IP => &sockopt::IP_OPTIONS,
        SOL_SOCKET => &sockopt::SO_OPTIONS,
        SOL_TCP => &sockopt::TCP_OPTIONS,
        17 => &sockopt::UDP_OPTIONS,
        40 | 287 => &sockopt::VSOCK_OPTIONS,
        SOL_IPV6 => &sockopt::IPV6_OPTIONS,
        58 => &sockopt::ICMP6_OPTIONS,
        101 => &sockopt::CAN_RAW_OPTIONS,
        132 => &sockopt::SCTP_OPTIONS,
        136 => &sockopt::UDPLITE_OPTIONS,
        SOL_RAW => &sockopt::RAW_OPTIONS,
        257 => &sockopt::AX25_OPTIONS,
        SOL_PACKET => &sockopt::PACKET_OPTIONS,
        266 => &sockopt::IRDA_OPTIONS,
        268 => &sockopt::LLC_OPTIONS,
        269 => &sockopt::DCCP_OPTIONS,
        SOL_NETLINK => &sockopt::NETLINK_OPTIONS,
        271 => &sockopt::TIPC_OPTIONS,
        272 => &sockopt::RXRPC_OPTIONS,
        273 => &sockopt::PPPOL2TP_OPTIONS,
        274 => &sockopt::BLUETOOTH_OPTIONS,
        275 => &sockopt::PNPIPE_OPTIONS,
        276 => &sockopt::RDS_OPTIONS,
        277 => &sockopt::IUCV_OPTIONS,
        278 => &sockopt::CAIF_OPTIONS,
        279 => &sockopt::ALG_OPTIONS,
        280 => &sockopt::NFC_OPTIONS,
        281 => &sockopt::KCM_OPTIONS,
        282 => &sockopt::TLS_OPTIONS,
        283 => &sockopt::XDP_OPTIONS,
        284 => &sockopt::MPTCP_OPTIONS,
        _ => return None,
    })
}

/// The value that `setsockopt` sets.
pub static SET_VALUE: Custom = Custom {
    capture: |_| {
        let value = Op::array(Operand::Arg(VALUE), Operand::Arg(LENGTH), 1, 0);
        let long = Op::array(Operand::Arg(VALUE), Operand::Arg(LENGTH), 1, LONGEST)
            .total(Operand::Arg(LENGTH))
            .when(When::TotalAbove(SHORT));
        vec![value, long]
    },
    print: |cx, arg| {
        let len = cx.arg(LENGTH as usize) as i32;
        value(cx, arg, len, false);
    },
};

/// The value that `getsockopt` returns.
pub static GET_VALUE: Custom = Custom {
    capture: |_| vec![Op::array(Operand::Arg(VALUE), Operand::At(LENGTH), 1, 0).if_ok()],
    print: |cx, arg| {
        let len = cx
            .blob(LENGTH as usize, 0)
            .and_then(|blob| View { abi: cx.call.abi, bytes: blob.bytes }.i32(0))
            .filter(|len| *len > 0 && cx.call.ok())
            .unwrap_or(-1);
        value(cx, arg, len, true);
    },
};

/// Shows a value of `len` bytes: as the option's structure, else four bytes as a number, else a string.
fn value(cx: &mut Cx<'_, '_>, arg: usize, len: i32, get: bool) {
    let address = cx.arg(arg);
    let readable =
        |part| cx.blob(arg, part).filter(|blob| blob.status != Status::Fault).map(|blob| blob.bytes);
    let short = match readable(0) {
        Some(bytes) => bytes,
        // Nothing was copied because nothing is there.
        None if len == 0 && address != 0 && !get => &[],
        None => return cx.out.address(address),
    };
    if len < 0 {
        return cx.out.address(address);
    }
    let long = readable(1).filter(|long| long.len() > short.len()).unwrap_or(short);
    let bytes = &long[..long.len().min(len as usize)];
    let view = View { abi: cx.call.abi, bytes };
    let (level, name) = (cx.arg(LEVEL) as i32, cx.arg(NAME) as i32);
    let shape = shape(level, name, get);
    if shown(cx, shape, view, len as usize, get) {
        return;
    }
    if matches!(shape, Shape::Plain) {
        if !cx.out.abbreviates() && detailed(cx, level, name, view, len as usize) {
            return;
        }
        if len == 4 && bytes.len() == 4 {
            return number(cx, view);
        }
    } else if !get {
        // Too short for what the kernel wants there.
        return cx.out.address(address);
    }
    let short = &short[..short.len().min(len as usize)];
    cx.out.string(short, short.len() < len as usize);
}

/// How the value of an option is shown.
#[derive(Clone, Copy)]
enum Shape {
    /// A number if it has four bytes.
    Plain,
    /// A number of which four bytes count.
    Int,
    /// An error number.
    Errno,
    Linger,
    Credentials,
    Program,
    TxRehash,
    Membership,
    Membership6,
    Group,
    IcmpFilter,
    PacketMembership,
    PacketRing,
    PacketStatistics,
}

fn shape(level: i32, name: i32, get: bool) -> Shape {
    match (level, name) {
        (SOL_SOCKET, 4) if get => Shape::Errno,
        (SOL_SOCKET, 13) => Shape::Linger,
        (SOL_SOCKET, 17) if get => Shape::Credentials,
        (SOL_SOCKET, 26 | 51) if !get => Shape::Program,
        (SOL_SOCKET, 74) => Shape::TxRehash,
        // Those that have always been an `int`.
        (SOL_SOCKET, 1..=12 | 14..=16 | 18 | 19 | 27 | 29 | 30 | 32..=37 | 40..=46 | 49 | 53 | 56 | 60)
        | (SOL_SOCKET, 63..=65 | 68..=70 | 73 | 75)
            if !matches!(name, 3 | 4) =>
        {
            Shape::Int
        }
        (SOL_IP, 35 | 36) if !get => Shape::Membership,
        (SOL_IP | SOL_IPV6, 42 | 45) if !get => Shape::Group,
        (SOL_IPV6, 20 | 21 | 27 | 28) if !get => Shape::Membership6,
        (SOL_RAW, 1) => Shape::IcmpFilter,
        (SOL_PACKET, 1 | 2) if !get => Shape::PacketMembership,
        (SOL_PACKET, 5 | 13) if !get => Shape::PacketRing,
        (SOL_PACKET, 6) if get => Shape::PacketStatistics,
        (SOL_NETLINK, _) => Shape::Int,
        _ => Shape::Plain,
    }
}

/// Shows the value by its shape; false if it is too short for it.
fn shown(cx: &mut Cx<'_, '_>, shape: Shape, view: View<'_>, len: usize, get: bool) -> bool {
    let size = view.bytes.len().min(len);
    let octets = |at: usize| -> [u8; 4] { view.slice(at, 4).bytes.try_into().unwrap_or([0; 4]) };
    match shape {
        Shape::Plain => return false,
        Shape::Int if size >= 4 => number(cx, view),
        Shape::Errno if size >= 4 => {
            let value = view.i32(0).unwrap_or(0);
            cx.out.begin_array(false);
            cx.out.item();
            match u16::try_from(value).ok().and_then(errno::name) {
                Some(name) => cx.out.symbol(name),
                None => cx.out.int(value.into()),
            }
            cx.out.end_array(false);
        }
        Shape::Linger if size >= 8 || get && size >= 4 => partial(cx, &LINGER, view),
        Shape::Credentials if size >= 4 => partial(cx, &UCRED, view),
        Shape::Program if size >= PROGRAM.size(cx.call.abi) => cx.structure(&PROGRAM, view),
        Shape::TxRehash if size >= 4 => {
            cx.out.begin_array(false);
            cx.out.item();
            let value = view.u32(0).unwrap_or(0);
            match TXREHASH.name(u64::from(value)) {
                Some(name) => cx.out.symbol(name),
                None => {
                    cx.out.uint(u64::from(value));
                    cx.out.comment(format_args!("{}", TXREHASH.unknown));
                }
            }
            cx.out.end_array(false);
        }
        Shape::Membership if size >= 8 => {
            cx.out.begin_struct();
            cx.out.field("imr_multiaddr");
            ipv4(cx.out, octets(0));
            cx.out.field("imr_interface");
            ipv4(cx.out, octets(4));
            cx.out.end_struct(false);
        }
        Shape::Membership6 if size >= 20 => {
            cx.out.begin_struct();
            ipv6_field(cx.out, "ipv6mr_multiaddr", view.slice(0, 16).bytes.try_into().unwrap_or([0; 16]));
            cx.out.field("ipv6mr_interface");
            interface(cx.out, view.u32(16).unwrap_or(0));
            cx.out.end_struct(false);
        }
        Shape::Group => {
            // The address has the alignment of a word.
            let at = cx.call.abi.word();
            if size < at + 128 {
                return false;
            }
            cx.out.begin_struct();
            cx.out.field("gr_interface");
            interface(cx.out, view.u32(0).unwrap_or(0));
            cx.out.field("gr_group");
            sockaddr::print(cx, view.slice(at, 128).bytes, 128);
            cx.out.end_struct(false);
        }
        Shape::IcmpFilter => icmp_filter(cx, view),
        Shape::PacketMembership if size >= 16 => {
            cx.out.begin_struct();
            cx.out.field("mr_ifindex");
            interface(cx.out, view.u32(0).unwrap_or(0));
            cx.out.field("mr_type");
            named(cx.out, &PACKET_MR, u64::from(view.u16(4).unwrap_or(0)));
            let length = view.u16(6).unwrap_or(0);
            cx.out.field("mr_alen");
            cx.out.uint(u64::from(length));
            cx.out.field("mr_address");
            mac(cx.out, view.slice(8, if length == 0 { 6 } else { usize::from(length.min(8)) }).bytes);
            cx.out.end_struct(false);
        }
        Shape::PacketRing if len == 16 && size == 16 => cx.structure(&TPACKET_REQ, view),
        Shape::PacketStatistics if size >= 8 => partial(cx, &TPACKET_STATS, view),
        _ => return false,
    }
    true
}

/// Values of which strace shows the bytes; a form with data types has their meaning.
fn detailed(cx: &mut Cx<'_, '_>, level: i32, name: i32, view: View<'_>, len: usize) -> bool {
    let abi = cx.call.abi;
    let size = view.bytes.len();
    match (level, name) {
        (SOL_SOCKET, 20 | 21) if size >= TIMEVAL.size(abi) => cx.structure(&TIMEVAL, view),
        (SOL_SOCKET, 66 | 67) if size >= 16 => cx.structure(&TIMEVAL64, view),
        // SO_MAX_PACING_RATE, SO_COOKIE, SO_NETNS_COOKIE
        (SOL_SOCKET, 47 | 57 | 71) if size == 8 => cx.out.uint(view.u64(0).unwrap_or(0)),
        // SO_BINDTODEVICE, SO_PEERSEC; TCP_CONGESTION, TCP_ULP
        (SOL_SOCKET, 25 | 31) | (SOL_TCP, 13 | 31) => {
            let end = view.bytes.iter().position(|byte| *byte == 0).unwrap_or(size);
            cx.out.string(&view.bytes[..end], end == size && size < len);
        }
        _ => return false,
    }
    true
}

fn number(cx: &mut Cx<'_, '_>, view: View<'_>) {
    cx.out.begin_array(false);
    cx.out.item();
    cx.out.int(i64::from(view.i32(0).unwrap_or(0)));
    cx.out.end_array(false);
}

/// The members of 32 bits that the value reaches: the kernel fills as many bytes as the caller has.
fn partial(cx: &mut Cx<'_, '_>, layout: &'static Struct, view: View<'_>) {
    cx.out.begin_struct();
    for (at, field) in layout.fields.iter().enumerate() {
        let bytes = view.slice(at * 4, 4);
        if bytes.bytes.len() == 4 {
            cx.out.field(field.name);
            cx.primitive(&field.prim, field.ty, bytes);
        }
    }
    cx.out.end_struct(false);
}

static LINGER: Struct =
    plain("linger", &[f("l_onoff", Prim::I32, Ty::Int), f("l_linger", Prim::I32, Ty::Int)]);
static PROGRAM: Struct =
    plain("sock_fprog", &[f("len", Prim::U16, Ty::UInt), f("filter", Prim::Ptr, Ty::Addr)]);
static TPACKET_REQ: Struct = plain(
    "tpacket_req",
    &[
        f("tp_block_size", Prim::U32, Ty::UInt),
        f("tp_block_nr", Prim::U32, Ty::UInt),
        f("tp_frame_size", Prim::U32, Ty::UInt),
        f("tp_frame_nr", Prim::U32, Ty::UInt),
    ],
);
static TPACKET_STATS: Struct = plain(
    "tpacket_stats_v3",
    &[
        f("tp_packets", Prim::U32, Ty::UInt),
        f("tp_drops", Prim::U32, Ty::UInt),
        f("tp_freeze_q_cnt", Prim::U32, Ty::UInt),
    ],
);

static TXREHASH: Enum = Enum {
    unknown: "SOCK_TXREHASH_???",
    values: &[(0, "SOCK_TXREHASH_DISABLED"), (1, "SOCK_TXREHASH_ENABLED"), (255, "SOCK_TXREHASH_DEFAULT")],
};
static PACKET_MR: Enum = Enum {
    unknown: "PACKET_MR_???",
    values: &[
        (0, "PACKET_MR_MULTICAST"),
        (1, "PACKET_MR_PROMISC"),
        (2, "PACKET_MR_ALLMULTI"),
        (3, "PACKET_MR_UNICAST"),
    ],
};
static ICMP_TYPE: Enum = Enum {
    unknown: "ICMP_???",
    values: &[
        (0, "ICMP_ECHOREPLY"),
        (3, "ICMP_DEST_UNREACH"),
        (4, "ICMP_SOURCE_QUENCH"),
        (5, "ICMP_REDIRECT"),
        (8, "ICMP_ECHO"),
        (11, "ICMP_TIME_EXCEEDED"),
        (12, "ICMP_PARAMETERPROB"),
        (13, "ICMP_TIMESTAMP"),
        (14, "ICMP_TIMESTAMPREPLY"),
        (15, "ICMP_INFO_REQUEST"),
        (16, "ICMP_INFO_REPLY"),
        (17, "ICMP_ADDRESS"),
        (18, "ICMP_ADDRESSREPLY"),
    ],
};

/// A set of message types, one bit each. The short text shows a set of most types by those it lacks.
fn icmp_filter(cx: &mut Cx<'_, '_>, view: View<'_>) {
    let mut bytes = [0; 4];
    let have = view.bytes.len().min(4);
    bytes[..have].copy_from_slice(&view.bytes[..have]);
    let set = u32::from_le_bytes(bytes);
    if !cx.out.abbreviates() {
        cx.out.begin_array(true);
        for bit in (0..32).filter(|bit| set >> bit & 1 != 0) {
            cx.out.item();
            named(cx.out, &ICMP_TYPE, bit);
        }
        return cx.out.end_array(false);
    }
    let inverted = set.count_ones() >= 32 * 2 / 3;
    let listed = if inverted { !set } else { set };
    let mut text = String::from(if inverted { "~[" } else { "[" });
    for bit in (0..32u64).filter(|bit| listed >> bit & 1 != 0) {
        if !text.ends_with('[') {
            text.push(' ');
        }
        let _ = match ICMP_TYPE.name(bit) {
            Some(name) => text.write_str(name),
            None => write!(text, "{} /* {} */", Hex(bit), ICMP_TYPE.unknown),
        };
    }
    text.push(']');
    cx.out.form(format_args!("{text}"), Plain::Text(&text));
}

#[cfg(test)]
mod tests {
    use crate::testing::{Copy, check, longs, words};

    #[track_caller]
    fn set(level: u64, name: u64, bytes: &[u8], expected: &str) {
        let len = bytes.len() as u64;
        let expected = format!("setsockopt(3, {expected}, {len}) = 0");
        check("setsockopt", &[3, level, name, 0x1000, len], 0, &[(3, 0, bytes), (3, 1, bytes)], &expected);
    }

    #[track_caller]
    fn get(level: u64, name: u64, bytes: &[u8], expected: &str) {
        let len = words(&[bytes.len() as u32]);
        let expected = format!("getsockopt(3, {expected}, [{}]) = 0", bytes.len());
        let memory: &[Copy<'_>] = &[(3, 0, bytes), (4, 0, &len)];
        check("getsockopt", &[3, level, name, 0x1000, 0x2000], 0, memory, &expected);
    }

    #[test]
    fn values_set() {
        set(1, 2, &words(&[1]), "SOL_SOCKET, SO_REUSEADDR, [1]");
        set(1, 7, &words(&[5, 0]), "SOL_SOCKET, SO_SNDBUF, [5]");
        set(1, 7, b"ab", "SOL_SOCKET, SO_SNDBUF, 0x1000");
        set(1, 13, &words(&[1, 5]), "SOL_SOCKET, SO_LINGER, {l_onoff=1, l_linger=5}");
        set(1, 25, b"lo\0", "SOL_SOCKET, SO_BINDTODEVICE, \"lo\\0\"");
        set(1, 26, &longs(&[4, 0x5000]), "SOL_SOCKET, SO_ATTACH_FILTER, {len=4, filter=0x5000}");
        set(6, 1, &words(&[1]), "SOL_TCP, TCP_NODELAY, [1]");
        set(0, 1, b"\x10", "SOL_IP, IP_TOS, \"\\20\"");
        set(
            0,
            35,
            &[224, 0, 0, 1, 0, 0, 0, 0],
            "SOL_IP, IP_ADD_MEMBERSHIP, {imr_multiaddr=inet_addr(\"224.0.0.1\"), \
             imr_interface=inet_addr(\"0.0.0.0\")}",
        );
        let mut group = vec![0; 136];
        (group[0], group[8], group[12], group[15]) = (1, 2, 224, 1);
        set(
            0,
            42,
            &group,
            "SOL_IP, MCAST_JOIN_GROUP, {gr_interface=if_nametoindex(\"lo\"), \
             gr_group={sa_family=AF_INET, sin_port=htons(0), sin_addr=inet_addr(\"224.0.0.1\")}}",
        );
        set(255, 1, &words(&[!0x101]), "SOL_RAW, ICMP_FILTER, ~[ICMP_ECHOREPLY ICMP_ECHO]");
        set(99, 5, b"abcdef", "0x63 /* SOL_?? */, 5, \"abcdef\"");
    }

    #[test]
    fn values_returned() {
        get(1, 4, &words(&[0]), "SOL_SOCKET, SO_ERROR, [0]");
        get(1, 4, &words(&[111]), "SOL_SOCKET, SO_ERROR, [ECONNREFUSED]");
        get(1, 13, &words(&[1]), "SOL_SOCKET, SO_LINGER, {l_onoff=1}");
        get(1, 17, &words(&[7, 0, 0]), "SOL_SOCKET, SO_PEERCRED, {pid=7, uid=0, gid=0}");
        get(1, 57, &longs(&[5]), "SOL_SOCKET, SO_COOKIE, \"\\5\\0\\0\\0\\0\\0\\0\\0\"");
        get(263, 6, &words(&[1, 2]), "SOL_PACKET, PACKET_STATISTICS, {tp_packets=1, tp_drops=2}");
        check(
            "getsockopt",
            &[3, 1, 7, 0x1000, 0x2000],
            -9,
            &[(4, 0, &words(&[4]))],
            "getsockopt(3, SOL_SOCKET, SO_SNDBUF, 0x1000, [4]) = -1",
        );
    }
}
