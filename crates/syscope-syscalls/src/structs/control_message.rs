//! Control messages: what `sendmsg` and `recvmsg` carry beside the data.

use crate::decode::Cx;
use crate::layout::{Item, Prim, Struct, View, align_up, f, plain};
use crate::names::{net, sockopt};
use crate::structs::sockaddr::{self, interface, ipv4, named};
use crate::structs::time::{TIMESPEC, TIMEVAL};
use crate::syscall::Ty;

/// The most control messages that are shown.
const SHOWN: usize = 64;

/// The sender of a message.
pub static UCRED: Struct =
    plain("ucred", &[f("pid", Prim::I32, Ty::Int), f("uid", Prim::U32, Ty::Id), f("gid", Prim::U32, Ty::Id)]);

/// Shows the control messages in `bytes`, the copied part of a buffer of `len` bytes at `address`.
pub fn print(cx: &mut Cx<'_, '_>, bytes: &[u8], len: u64, address: u64) {
    let abi = cx.call.abi;
    let word = abi.word();
    let header = word + 8;
    let available = bytes.len().min(usize::try_from(len).unwrap_or(usize::MAX));
    let view = View { abi, bytes: &bytes[..available] };
    if available < header {
        return cx.out.address(address);
    }
    cx.out.begin_array(false);
    let mut at = 0;
    let mut count = 0;
    let mut cut = (bytes.len() as u64) < len;
    while let (Some(length), Some(level), Some(kind)) =
        (view.word(at), view.i32(at + word), view.i32(at + word + 4))
    {
        if count == SHOWN {
            cut = true;
            break;
        }
        count += 1;
        cx.out.item();
        cx.out.begin_struct();
        cx.out.field("cmsg_len");
        cx.out.uint(length);
        let whole = usize::try_from(length).unwrap_or(usize::MAX);
        let data = view.slice(at + header, whole.saturating_sub(header));
        message(cx, level, kind, data, whole > header);
        cx.out.end_struct(false);
        // A length shorter than a header would never end.
        if whole < header || whole > available {
            break;
        }
        at += align_up(whole, word);
        if at >= len as usize {
            cut = false;
            break;
        }
    }
    cx.out.end_array(cut);
}

/// Shows level, type and data of one message.
fn message(cx: &mut Cx<'_, '_>, level: i32, kind: i32, data: View<'_>, has_data: bool) {
    cx.out.field("cmsg_level");
    match net::SOCKET_LEVEL.name(u64::from(level as u32)) {
        Some(name) => cx.out.symbol(name),
        None => cx.out.unknown(u64::from(level as u32), "SOL_???"),
    }
    cx.out.field("cmsg_type");
    let number = u64::from(kind as u32);
    match level {
        0 => named(cx.out, &net::IP_CMSG_TYPES, number),
        1 => named(cx.out, &net::SCM_TYPES, number),
        41 if !cx.out.abbreviates() => name_or_hex(cx, &sockopt::IPV6_OPTIONS, number),
        _ => cx.out.hex(number),
    }
    if !has_data {
        return;
    }
    match level {
        0 => ip(cx, kind, data),
        1 => socket(cx, kind, data),
        41 if !cx.out.abbreviates() => ipv6(cx, kind, data),
        _ => {}
    }
}

fn name_or_hex(cx: &mut Cx<'_, '_>, set: &'static crate::names::Enum, value: u64) {
    match set.name(value) {
        Some(name) => cx.out.symbol(name),
        None => cx.out.hex(value),
    }
}

/// Messages of the socket level.
fn socket(cx: &mut Cx<'_, '_>, kind: i32, data: View<'_>) {
    match kind {
        1 if data.bytes.len() >= 4 => {
            cx.out.field("cmsg_data");
            descriptors(cx, data);
        }
        2 => record(cx, &UCRED, data, false),
        3 => {
            cx.out.field("cmsg_data");
            cx.out.string(data.bytes, false);
        }
        4 if data.bytes.len() >= 4 => {
            cx.out.field("cmsg_data");
            cx.out.begin_array(false);
            cx.out.item();
            cx.out.fd(i64::from(data.i32(0).unwrap_or(0)), None);
            cx.out.end_array(false);
        }
        // The times of old and new numbers differ for 32-bit callers only.
        29 => record(cx, &TIMEVAL, data, true),
        63 => record(cx, &crate::structs::time::TIMEVAL64, data, true),
        35 => record(cx, &TIMESPEC, data, true),
        64 => record(cx, &WIDE_TIMESPEC, data, true),
        37 | 65 => {
            let layout = if kind == 37 { &TIMESPEC } else { &WIDE_TIMESPEC };
            let size = layout.size(cx.call.abi);
            cx.out.field("cmsg_data");
            if data.bytes.len() >= 3 * size {
                cx.elements(if kind == 37 { &OLD_ITEM } else { &WIDE_ITEM }, data, 3);
            } else {
                cx.out.symbol("???");
            }
        }
        _ => {}
    }
}

/// Seconds and nanoseconds of 64 bits each, as the new timestamp messages have them.
static WIDE_TIMESPEC: Struct =
    plain("__kernel_timespec", &[f("tv_sec", Prim::I64, Ty::Long), f("tv_nsec", Prim::U64, Ty::ULong)]);
static OLD_ITEM: Item = Item::Struct(&TIMESPEC);
static WIDE_ITEM: Item = Item::Struct(&WIDE_TIMESPEC);

fn descriptors(cx: &mut Cx<'_, '_>, data: View<'_>) {
    cx.out.begin_array(false);
    for at in 0..data.bytes.len() / 4 {
        cx.out.item();
        cx.out.fd(i64::from(data.i32(at * 4).unwrap_or(0)), None);
    }
    cx.out.end_array(false);
}

/// The data as a structure. What is too short is left out or, for times, marked.
fn record(cx: &mut Cx<'_, '_>, layout: &'static Struct, data: View<'_>, marked: bool) {
    if data.bytes.len() >= layout.size(cx.call.abi) {
        cx.out.field("cmsg_data");
        cx.structure(layout, data);
    } else if marked {
        cx.out.field("cmsg_data");
        cx.out.symbol("???");
    }
}

/// Messages of the IPv4 level.
fn ip(cx: &mut Cx<'_, '_>, kind: i32, data: View<'_>) {
    let size = data.bytes.len();
    let octets = |at: usize| -> [u8; 4] { data.slice(at, 4).bytes.try_into().unwrap_or([0; 4]) };
    match kind {
        // IP_PKTINFO
        8 if size >= 12 => {
            cx.out.field("cmsg_data");
            cx.out.begin_struct();
            cx.out.field("ipi_ifindex");
            interface(cx.out, data.u32(0).unwrap_or(0));
            cx.out.field("ipi_spec_dst");
            ipv4(cx.out, octets(4));
            cx.out.field("ipi_addr");
            ipv4(cx.out, octets(8));
            cx.out.end_struct(false);
        }
        // IP_TTL, IP_CHECKSUM
        2 | 23 if size >= 4 => {
            cx.out.field("cmsg_data");
            cx.out.begin_array(false);
            cx.out.item();
            cx.out.uint(u64::from(data.u32(0).unwrap_or(0)));
            cx.out.end_array(false);
        }
        // IP_TOS, IP_RECVOPTS, IP_RETOPTS
        1 | 6 | 7 if size >= 1 => {
            cx.out.field("cmsg_data");
            cx.out.begin_array(false);
            for byte in data.bytes.iter().take(SHOWN) {
                cx.out.item();
                cx.out.hex(u64::from(*byte));
            }
            cx.out.end_array(size > SHOWN);
        }
        // IP_RECVERR
        11 if size >= 32 => extended_error(cx, data),
        // IP_ORIGDSTADDR
        20 if size >= 16 => {
            cx.out.field("cmsg_data");
            sockaddr::print(cx, data.slice(0, 16).bytes, 16);
        }
        // The security label comes with the number of the socket level.
        3 => {
            cx.out.field("cmsg_data");
            cx.out.string(data.bytes, false);
        }
        _ => {}
    }
}

/// `struct sock_extended_err` and the address of who reported the error.
fn extended_error(cx: &mut Cx<'_, '_>, data: View<'_>) {
    cx.out.field("cmsg_data");
    cx.out.begin_struct();
    cx.out.field("ee_errno");
    cx.out.uint(u64::from(data.u32(0).unwrap_or(0)));
    for (name, at) in [("ee_origin", 4), ("ee_type", 5), ("ee_code", 6)] {
        cx.out.field(name);
        cx.out.uint(data.unsigned(at, 1).unwrap_or(0));
    }
    for (name, at) in [("ee_info", 8), ("ee_data", 12)] {
        cx.out.field(name);
        cx.out.uint(u64::from(data.u32(at).unwrap_or(0)));
    }
    cx.out.field("offender");
    let offender = data.slice(16, usize::MAX);
    sockaddr::print(cx, offender.bytes, offender.bytes.len() as u64);
    cx.out.end_struct(false);
}

/// Messages of the IPv6 level, which strace shows by number only.
fn ipv6(cx: &mut Cx<'_, '_>, kind: i32, data: View<'_>) {
    match kind {
        // IPV6_PKTINFO
        50 if data.bytes.len() >= 20 => {
            cx.out.field("cmsg_data");
            cx.out.begin_struct();
            sockaddr::ipv6_field(cx.out, "ipi6_addr", data.slice(0, 16).bytes.try_into().unwrap_or([0; 16]));
            cx.out.field("ipi6_ifindex");
            interface(cx.out, data.u32(16).unwrap_or(0));
            cx.out.end_struct(false);
        }
        // IPV6_HOPLIMIT, IPV6_TCLASS
        52 | 67 if data.bytes.len() >= 4 => {
            cx.out.field("cmsg_data");
            cx.out.begin_array(false);
            cx.out.item();
            cx.out.int(i64::from(data.i32(0).unwrap_or(0)));
            cx.out.end_array(false);
        }
        // IPV6_RECVERR
        25 if data.bytes.len() >= 32 => extended_error(cx, data),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, longs, words};

    /// A `sendmsg` without an address or data and with these control messages.
    #[track_caller]
    fn control(bytes: &[u8], expected: &str) {
        let header = longs(&[0, 0, 0, 0, 0x3000, bytes.len() as u64, 0]);
        let expected = format!(
            "sendmsg(3, {{msg_name=NULL, msg_namelen=0, msg_iov=NULL, msg_iovlen=0, msg_control={expected}, \
             msg_controllen={}, msg_flags=0}}, 0) = 0",
            bytes.len()
        );
        check("sendmsg", &[3, 0x1000, 0], 0, &[(1, 0, &header), (1, 3, bytes)], &expected);
    }

    fn message(level: u32, kind: u32, data: &[u8]) -> Vec<u8> {
        let mut bytes = longs(&[16 + data.len() as u64]);
        bytes.extend(words(&[level, kind]));
        bytes.extend(data);
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        bytes
    }

    #[test]
    fn of_sockets() {
        let mut both = message(1, 2, &words(&[7, 0, 0]));
        both.extend(message(1, 1, &words(&[0, 1, 2])));
        control(
            &both,
            "[{cmsg_len=28, cmsg_level=SOL_SOCKET, cmsg_type=SCM_CREDENTIALS, cmsg_data={pid=7, uid=0, gid=0}}, \
             {cmsg_len=28, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[0, 1, 2]}]",
        );
        control(
            &message(1, 29, &longs(&[5, 6])),
            "[{cmsg_len=32, cmsg_level=SOL_SOCKET, cmsg_type=SO_TIMESTAMP_OLD, cmsg_data={tv_sec=5, tv_usec=6}}]",
        );
        control(
            &message(1, 29, b"abc"),
            "[{cmsg_len=19, cmsg_level=SOL_SOCKET, cmsg_type=SO_TIMESTAMP_OLD, cmsg_data=???}]",
        );
        control(&message(1, 99, b""), "[{cmsg_len=16, cmsg_level=SOL_SOCKET, cmsg_type=0x63 /* SCM_??? */}]");
    }

    #[test]
    fn of_internet_protocols() {
        control(
            &message(0, 8, &[1, 0, 0, 0, 127, 0, 0, 1, 127, 0, 0, 2]),
            "[{cmsg_len=28, cmsg_level=SOL_IP, cmsg_type=IP_PKTINFO, cmsg_data={ipi_ifindex=if_nametoindex(\"lo\"), \
             ipi_spec_dst=inet_addr(\"127.0.0.1\"), ipi_addr=inet_addr(\"127.0.0.2\")}}]",
        );
        control(
            &message(0, 2, &words(&[64])),
            "[{cmsg_len=20, cmsg_level=SOL_IP, cmsg_type=IP_TTL, cmsg_data=[64]}]",
        );
        control(&message(17, 103, b"ab"), "[{cmsg_len=18, cmsg_level=SOL_UDP, cmsg_type=0x67}]");
        control(&message(7, 1, b""), "[{cmsg_len=16, cmsg_level=0x7 /* SOL_??? */, cmsg_type=0x1}]");
    }

    #[test]
    fn lengths_that_lie_end_the_list() {
        for length in [0, 15, 17, u64::MAX, 1 << 63] {
            let mut bytes = longs(&[length]);
            bytes.extend(words(&[1, 99]));
            let expected =
                format!("[{{cmsg_len={length}, cmsg_level=SOL_SOCKET, cmsg_type=0x63 /* SCM_??? */}}]");
            control(&bytes, &expected);
        }
    }
}
