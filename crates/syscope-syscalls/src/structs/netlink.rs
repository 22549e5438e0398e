//! Netlink messages: headers of every protocol, and what follows them for links, addresses, routes and
//! neighbours.
//!
//! A message does not say which protocol it belongs to; the socket knows. Where the descriptor was not
//! resolved, types are shown as numbers.

use std::fmt::Write as _;

use crate::Abi;
use crate::capture::{Op, Operand, When};
use crate::decode::{Cx, Hex};
use crate::layout::View;
use crate::names::{self, Enum, Flags, link, net, netlink as n};
use crate::sink::Plain;
use crate::structs::sockaddr::{interface, ipv4, ipv6_field, mac, named};

/// Bytes of `struct nlmsghdr`.
const HEADER: usize = 16;
/// The most messages and attributes that are shown of one buffer.
const SHOWN: usize = 64;

const NETLINK_ROUTE: u32 = 0;
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;

/// A netlink protocol, where it is known.
pub type Protocol = Option<u32>;

/// Reads what the descriptor in argument 0 is if `address`, the pointer to the address of a message, is not
/// NULL: programs that use netlink name the kernel as the other side, and the many that send on connected
/// sockets don't pay for it.
pub const fn socket_op(address: Operand) -> Op {
    Op::fd(Operand::Arg(0)).total(address).when(When::TotalAbove(0))
}

/// The protocol of the socket in argument 0: `None` if it is not a netlink socket, as far as the resolved
/// descriptor (also copied by [`socket_op`] as part `part` of `arg`) or the address `family` of the message
/// tells.
pub fn protocol(cx: &Cx<'_, '_>, family: Option<u16>, arg: usize, part: usize) -> Option<Protocol> {
    const AF_NETLINK: u16 = 16;
    const SOCKFS: u32 = 0x534f_434b;
    let blob = cx.blob(0, 0).or_else(|| cx.blob(arg, part));
    let socket = blob.map(|blob| View { abi: Abi::native(), bytes: blob.bytes });
    match socket.and_then(|view| Some((view.u32(0)?, view.u16(16)?, view.u32(28)?))) {
        Some((SOCKFS, AF_NETLINK, protocol)) => Some(Some(protocol)),
        Some(_) => None,
        None => (family == Some(AF_NETLINK)).then_some(None),
    }
}

/// A vector of buffers that hold messages.
pub fn vector(
    cx: &mut Cx<'_, '_>,
    protocol: Protocol,
    arg: usize,
    part: usize,
    address: u64,
    count: u64,
    total: Option<u64>,
) {
    cx.iovec_with(arg, part, address, count, total, &mut |cx, bytes, cut| buffer(cx, protocol, bytes, cut));
}

/// A buffer of messages, of which `bytes` were copied.
pub fn buffer(cx: &mut Cx<'_, '_>, protocol: Protocol, bytes: &[u8], cut: bool) {
    // The kernel's device events are text behind the same kind of socket.
    const NETLINK_KOBJECT_UEVENT: u32 = 15;
    let view = View { abi: Abi::native(), bytes };
    let Some(first) =
        view.u32(0).filter(|_| bytes.len() >= HEADER && protocol != Some(NETLINK_KOBJECT_UEVENT))
    else {
        return cx.out.string(bytes, cut);
    };
    let first = first as usize;
    let single = first < HEADER || align(first) >= bytes.len();
    if single {
        return message(cx, protocol, view.slice(0, first.max(HEADER)), cut);
    }
    cx.out.begin_array(false);
    let mut at = 0;
    let mut count = 0;
    let mut more = cut;
    while let Some(len) = view.u32(at).filter(|_| bytes.len() - at >= HEADER) {
        let len = len as usize;
        count += 1;
        cx.out.item();
        let short = cut && at + len > bytes.len();
        message(cx, protocol, view.slice(at, len.max(HEADER)), short);
        if len < HEADER || count == SHOWN || at + align(len) > bytes.len() {
            more |= count == SHOWN;
            break;
        }
        at += align(len);
    }
    cx.out.end_array(more);
}

const fn align(len: usize) -> usize {
    len.saturating_add(3) & !3
}

/// One message: its header alone, or an array of header, body and attributes.
fn message(cx: &mut Cx<'_, '_>, protocol: Protocol, view: View<'_>, cut: bool) {
    let body = view.slice(HEADER, usize::MAX);
    let whole = view.u32(0).unwrap_or(0) as usize;
    if body.bytes.is_empty() && whole <= HEADER {
        return header(cx, protocol, view);
    }
    cx.out.begin_array(false);
    cx.out.item();
    header(cx, protocol, view);
    let mut rest_shown = true;
    if !body.bytes.is_empty() {
        cx.out.item();
        rest_shown = payload(cx, protocol, view.u16(4).unwrap_or(0), body, cut);
    }
    cx.out.end_array(cut && rest_shown);
}

fn header(cx: &mut Cx<'_, '_>, protocol: Protocol, view: View<'_>) {
    let (kind, flags) = (view.u16(4).unwrap_or(0), view.u16(6).unwrap_or(0));
    cx.out.begin_struct();
    cx.out.field("nlmsg_len");
    cx.out.uint(u64::from(view.u32(0).unwrap_or(0)));
    cx.out.field("nlmsg_type");
    message_type(cx, protocol, kind);
    cx.out.field("nlmsg_flags");
    cx.out.flags(message_flags(protocol, kind), u64::from(flags));
    cx.out.field("nlmsg_seq");
    cx.out.uint(u64::from(view.u32(8).unwrap_or(0)));
    cx.out.field("nlmsg_pid");
    cx.out.int(i64::from(view.i32(12).unwrap_or(0)));
    cx.out.end_struct(false);
}

fn message_type(cx: &mut Cx<'_, '_>, protocol: Protocol, kind: u16) {
    let value = u64::from(kind);
    if kind < 16 {
        return named(cx.out, &n::NETLINK_TYPES, value);
    }
    match protocol {
        Some(0) => named(cx.out, &n::ROUTE_TYPES, value),
        Some(4) => named(cx.out, &n::SOCK_DIAG_TYPES, value),
        Some(6) => named(cx.out, &n::XFRM_TYPES, value),
        Some(7) => named(cx.out, &n::SELINUX_TYPES, value),
        Some(9) => named(cx.out, &n::AUDIT_TYPES, value),
        Some(16) => named(cx.out, &n::GENERIC_TYPES, value),
        Some(21) => named(cx.out, &n::CRYPTO_TYPES, value),
        Some(12) => {
            // The subsystem is the high byte.
            let (subsystem, message) = (u64::from(kind >> 8), kind & 0xff);
            let mut text = String::new();
            let _ = match n::NETFILTER_SUBSYSTEMS.name(subsystem) {
                Some(name) => write!(text, "{name}<<8|{}", Hex(u64::from(message))),
                None => write!(
                    text,
                    "{} /* {} */<<8|{}",
                    Hex(subsystem),
                    n::NETFILTER_SUBSYSTEMS.unknown,
                    Hex(u64::from(message))
                ),
            };
            cx.out.form(format_args!("{text}"), Plain::Uint(value));
        }
        _ => cx.out.hex(value),
    }
}

/// What the upper flags mean depends on what the message asks for.
fn message_flags(protocol: Protocol, kind: u16) -> &'static Flags {
    match (protocol, kind) {
        (_, NLMSG_ERROR) => &n::NETLINK_ACK_FLAGS,
        (_, 0..=15) => &n::NETLINK_FLAGS,
        // Types come in fours.
        (Some(NETLINK_ROUTE), _) => match kind & 3 {
            0 => &n::NETLINK_NEW_FLAGS,
            1 => &n::NETLINK_DELETE_FLAGS,
            2 => &n::NETLINK_GET_FLAGS,
            _ => &n::NETLINK_FLAGS,
        },
        (Some(4), 18..=20) | (Some(16), _) => &n::NETLINK_GET_FLAGS,
        _ => &n::NETLINK_FLAGS,
    }
}

/// Shows what follows a header. Returns whether the end of the message was not marked yet, should it be
/// cut.
fn payload(cx: &mut Cx<'_, '_>, protocol: Protocol, kind: u16, body: View<'_>, cut: bool) -> bool {
    match (protocol, kind) {
        (_, NLMSG_DONE) if body.bytes.len() >= 4 => cx.out.int(i64::from(body.i32(0).unwrap_or(0))),
        (_, NLMSG_ERROR) if body.bytes.len() >= 4 => {
            cx.out.begin_struct();
            cx.out.field("error");
            error(cx, body.i32(0).unwrap_or(0));
            let original = body.slice(4, usize::MAX);
            if original.bytes.len() >= HEADER {
                cx.out.field("msg");
                // A success echoes no more than the header of what it answers.
                let len = (original.u32(0).unwrap_or(0) as usize).clamp(HEADER, original.bytes.len());
                message(cx, protocol, original.slice(0, len), cut);
            }
            cx.out.end_struct(false);
        }
        (Some(NETLINK_ROUTE), 16..) => return route(cx, kind, body, cut),
        _ => {
            cx.out.string(body.bytes, cut);
            return false;
        }
    }
    true
}

/// A negative error number by its name.
fn error(cx: &mut Cx<'_, '_>, code: i32) {
    let name = names::errno::ERRNO.iter().find(|entry| code < 0 && u32::from(entry.0) == code.unsigned_abs());
    match name {
        Some((_, name, _)) => cx.out.form(format_args!("-{name}"), Plain::Text(name)),
        None => cx.out.int(i64::from(code)),
    }
}

/// One member of a body: name, offset, width and form.
type Member = (&'static str, usize, usize, Show);

#[derive(Clone, Copy)]
enum Show {
    Uint,
    Hex,
    Interface,
    Enum(&'static Enum),
    Flags(&'static Flags),
}

/// The body of a `NETLINK_ROUTE` message and its attributes.
fn route(cx: &mut Cx<'_, '_>, kind: u16, body: View<'_>, cut: bool) -> bool {
    // Types of one object come in fours, from 16 on.
    let (members, size, attributes): (&[Member], usize, Option<&'static Attributes>) = match (kind - 16) / 4 {
        0 => (LINK, 16, Some(&LINK_ATTRIBUTES)),
        1 => (ADDRESS, 8, Some(&ADDRESS_ATTRIBUTES)),
        2 => (ROUTE, 12, Some(&ROUTE_ATTRIBUTES)),
        3 => (NEIGHBOUR, 12, Some(&NEIGHBOUR_ATTRIBUTES)),
        4 => (RULE, 12, None),
        5..=7 => (TRAFFIC, 20, None),
        _ => (&[], 0, None),
    };
    let family = body.unsigned(0, 1).unwrap_or(0);
    cx.out.begin_struct();
    if members.is_empty() {
        cx.out.field("family");
        named(cx.out, &net::ADDRESS_FAMILY, family);
        if body.bytes.len() > 1 {
            cx.out.field("data");
            cx.out.string(&body.bytes[1..], cut);
        }
        cx.out.end_struct(false);
        return false;
    }
    // Old programs send no more than the family.
    let whole = body.bytes.len() >= size;
    for (name, at, width, show) in members.iter().take(if whole { members.len() } else { 1 }) {
        let value = body.unsigned(*at, *width).unwrap_or(0);
        cx.out.field(name);
        match show {
            Show::Uint => cx.out.uint(value),
            Show::Hex => cx.out.hex(value),
            Show::Interface => interface(cx.out, value as u32),
            Show::Enum(set) => named(cx.out, set, value),
            Show::Flags(set) => cx.out.flags(set, value),
        }
    }
    cx.out.end_struct(!whole);
    let rest = body.slice(size, usize::MAX);
    if !whole || rest.bytes.is_empty() {
        return true;
    }
    cx.out.item();
    attribute_list(cx, attributes, family as u16, rest, cut);
    false
}

/// Attributes: one alone, or an array of several.
fn attribute_list(
    cx: &mut Cx<'_, '_>,
    set: Option<&'static Attributes>,
    family: u16,
    view: View<'_>,
    cut: bool,
) {
    let bytes = view.bytes;
    let Some(first) = view.u16(0).filter(|_| bytes.len() >= 4) else {
        return cx.out.string(bytes, cut);
    };
    if align(first as usize) >= bytes.len() {
        return attribute(cx, set, family, view, cut);
    }
    cx.out.begin_array(false);
    let (mut at, mut count, mut more) = (0, 0, cut);
    while let Some(len) = view.u16(at).filter(|_| bytes.len() - at >= 4) {
        let len = len as usize;
        count += 1;
        cx.out.item();
        attribute(cx, set, family, view.slice(at, len.max(4)), cut && at + len > bytes.len());
        at += align(len);
        if len < 4 || count == SHOWN || at >= bytes.len() {
            more |= count == SHOWN && at < bytes.len();
            break;
        }
    }
    cx.out.end_array(more);
}

fn attribute(cx: &mut Cx<'_, '_>, set: Option<&'static Attributes>, family: u16, view: View<'_>, cut: bool) {
    const NLA_F_NESTED: u16 = 0x8000;
    const NLA_F_NET_BYTEORDER: u16 = 0x4000;
    let kind = view.u16(2).unwrap_or(0);
    let number = kind & !(NLA_F_NESTED | NLA_F_NET_BYTEORDER);
    let data = view.slice(4, usize::MAX);
    let whole = view.u16(0).unwrap_or(0) as usize;
    let alone = whole <= 4;
    if !alone {
        cx.out.begin_array(false);
        cx.out.item();
    }
    cx.out.begin_struct();
    cx.out.field("nla_len");
    cx.out.uint(whole as u64);
    cx.out.field("nla_type");
    let name = set.and_then(|set| set.names.name(u64::from(number)));
    match (name, set) {
        (Some(name), _) if kind & NLA_F_NESTED != 0 => {
            cx.out.form(format_args!("NLA_F_NESTED|{name}"), Plain::Text(name));
        }
        (Some(name), _) => cx.out.symbol(name),
        (None, Some(set)) => cx.out.unknown(u64::from(kind), set.names.unknown),
        (None, None) => cx.out.hex(u64::from(kind)),
    }
    cx.out.end_struct(false);
    if alone {
        return;
    }
    cx.out.item();
    let form = set.map_or(Form::Bytes, |set| (set.form)(number));
    let size = data.bytes.len();
    match form {
        Form::Number if size >= 4 => cx.out.uint(u64::from(data.u32(0).unwrap_or(0))),
        Form::Byte if size >= 1 => cx.out.uint(u64::from(data.bytes[0])),
        Form::Interface if size >= 4 => interface(cx.out, data.u32(0).unwrap_or(0)),
        Form::Flags(set) if size >= 4 => cx.out.flags(set, u64::from(data.u32(0).unwrap_or(0))),
        Form::Table if size >= 4 => named(cx.out, &TABLE, u64::from(data.u32(0).unwrap_or(0))),
        Form::Text => {
            let end = data.bytes.iter().position(|byte| *byte == 0).unwrap_or(size);
            cx.out.string(&data.bytes[..end], cut && end == size);
        }
        Form::Mac if (1..=32).contains(&size) && !cut => mac(cx.out, data.bytes),
        Form::Address if family == 2 && size == 4 => ipv4(cx.out, data.bytes.try_into().unwrap_or([0; 4])),
        Form::Address if family == 10 && size == 16 => {
            // strace writes the call that would read it back.
            ipv6_value(cx, data.bytes.try_into().unwrap_or([0; 16]));
        }
        _ => cx.out.string(data.bytes, cut),
    }
    cx.out.end_array(false);
}

fn ipv6_value(cx: &mut Cx<'_, '_>, octets: [u8; 16]) {
    if cx.out.abbreviates() {
        let address = crate::structs::sockaddr::Inet6(octets).to_string();
        cx.out.form(format_args!("inet_pton(AF_INET6, \"{address}\")"), Plain::Text(&address));
    } else {
        cx.out.begin_struct();
        ipv6_field(cx.out, "in6_addr", octets);
        cx.out.end_struct(false);
    }
}

/// The attributes of one kind of object.
struct Attributes {
    names: &'static Enum,
    form: fn(u16) -> Form,
}

/// How an attribute's data is shown.
#[derive(Clone, Copy)]
enum Form {
    Bytes,
    Number,
    Byte,
    Interface,
    Text,
    Mac,
    Address,
    Table,
    Flags(&'static Flags),
}

static LINK: &[Member] = &[
    ("ifi_family", 0, 1, Show::Enum(&net::ADDRESS_FAMILY)),
    ("ifi_type", 2, 2, Show::Enum(&link::ARPHRD)),
    ("ifi_index", 4, 4, Show::Interface),
    ("ifi_flags", 8, 4, Show::Flags(&INTERFACE_FLAGS)),
    ("ifi_change", 12, 4, Show::Hex),
];
static ADDRESS: &[Member] = &[
    ("ifa_family", 0, 1, Show::Enum(&net::ADDRESS_FAMILY)),
    ("ifa_prefixlen", 1, 1, Show::Uint),
    ("ifa_flags", 2, 1, Show::Flags(&ADDRESS_FLAGS)),
    ("ifa_scope", 3, 1, Show::Enum(&SCOPE)),
    ("ifa_index", 4, 4, Show::Interface),
];
static ROUTE: &[Member] = &[
    ("rtm_family", 0, 1, Show::Enum(&net::ADDRESS_FAMILY)),
    ("rtm_dst_len", 1, 1, Show::Uint),
    ("rtm_src_len", 2, 1, Show::Uint),
    ("rtm_tos", 3, 1, Show::Hex),
    ("rtm_table", 4, 1, Show::Enum(&TABLE)),
    ("rtm_protocol", 5, 1, Show::Enum(&ROUTE_PROTOCOL)),
    ("rtm_scope", 6, 1, Show::Enum(&SCOPE)),
    ("rtm_type", 7, 1, Show::Enum(&ROUTE_TYPE)),
    ("rtm_flags", 8, 4, Show::Flags(&ROUTE_FLAGS)),
];
static NEIGHBOUR: &[Member] = &[
    ("ndm_family", 0, 1, Show::Enum(&net::ADDRESS_FAMILY)),
    ("ndm_ifindex", 4, 4, Show::Interface),
    ("ndm_state", 8, 2, Show::Flags(&NEIGHBOUR_STATE)),
    ("ndm_flags", 10, 1, Show::Flags(&NEIGHBOUR_FLAGS)),
    ("ndm_type", 11, 1, Show::Enum(&ROUTE_TYPE)),
];
static RULE: &[Member] = &[
    ("family", 0, 1, Show::Enum(&net::ADDRESS_FAMILY)),
    ("dst_len", 1, 1, Show::Uint),
    ("src_len", 2, 1, Show::Uint),
    ("tos", 3, 1, Show::Hex),
    ("table", 4, 1, Show::Enum(&TABLE)),
    ("action", 7, 1, Show::Enum(&RULE_ACTION)),
    ("flags", 8, 4, Show::Flags(&RULE_FLAGS)),
];
static TRAFFIC: &[Member] = &[
    ("tcm_family", 0, 1, Show::Enum(&net::ADDRESS_FAMILY)),
    ("tcm_ifindex", 4, 4, Show::Interface),
    ("tcm_handle", 8, 4, Show::Uint),
    ("tcm_parent", 12, 4, Show::Uint),
    ("tcm_info", 16, 4, Show::Uint),
];

static LINK_ATTRIBUTES: Attributes = Attributes {
    names: &LINK_ATTRIBUTE,
    form: |kind| match kind {
        1 | 2 => Form::Mac,
        3 | 6 | 20 | 34 => Form::Text,
        4 | 8 | 13 | 15 | 19 | 21 | 27 | 30 | 31 | 32 | 35 | 40 | 41 | 47 | 48 | 50 | 51 => Form::Number,
        5 | 10 => Form::Interface,
        16 | 17 | 33 | 39 => Form::Byte,
        _ => Form::Bytes,
    },
};
static ADDRESS_ATTRIBUTES: Attributes = Attributes {
    names: &ADDRESS_ATTRIBUTE,
    form: |kind| match kind {
        1 | 2 | 4 | 5 | 7 => Form::Address,
        3 => Form::Text,
        8 => Form::Flags(&ADDRESS_FLAGS),
        9 => Form::Number,
        _ => Form::Bytes,
    },
};
static ROUTE_ATTRIBUTES: Attributes = Attributes {
    names: &ROUTE_ATTRIBUTE,
    form: |kind| match kind {
        1 | 2 | 5 | 7 => Form::Address,
        3 | 4 => Form::Interface,
        6 | 16 => Form::Number,
        15 => Form::Table,
        20 => Form::Byte,
        _ => Form::Bytes,
    },
};
static NEIGHBOUR_ATTRIBUTES: Attributes = Attributes {
    names: &NEIGHBOUR_ATTRIBUTE,
    form: |kind| match kind {
        1 => Form::Address,
        2 => Form::Mac,
        4 | 7 => Form::Number,
        8 | 9 => Form::Interface,
        _ => Form::Bytes,
    },
};

static INTERFACE_FLAGS: Flags = Flags {
    unknown: "IFF_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "IFF_UP"),
        (0x2, "IFF_BROADCAST"),
        (0x4, "IFF_DEBUG"),
        (0x8, "IFF_LOOPBACK"),
        (0x10, "IFF_POINTOPOINT"),
        (0x20, "IFF_NOTRAILERS"),
        (0x40, "IFF_RUNNING"),
        (0x80, "IFF_NOARP"),
        (0x100, "IFF_PROMISC"),
        (0x200, "IFF_ALLMULTI"),
        (0x400, "IFF_MASTER"),
        (0x800, "IFF_SLAVE"),
        (0x1000, "IFF_MULTICAST"),
        (0x2000, "IFF_PORTSEL"),
        (0x4000, "IFF_AUTOMEDIA"),
        (0x8000, "IFF_DYNAMIC"),
        (0x10000, "IFF_LOWER_UP"),
        (0x20000, "IFF_DORMANT"),
        (0x40000, "IFF_ECHO"),
    ],
};
static ADDRESS_FLAGS: Flags = Flags {
    unknown: "IFA_F_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "IFA_F_SECONDARY"),
        (0x2, "IFA_F_NODAD"),
        (0x4, "IFA_F_OPTIMISTIC"),
        (0x8, "IFA_F_DADFAILED"),
        (0x10, "IFA_F_HOMEADDRESS"),
        (0x20, "IFA_F_DEPRECATED"),
        (0x40, "IFA_F_TENTATIVE"),
        (0x80, "IFA_F_PERMANENT"),
        (0x100, "IFA_F_MANAGETEMPADDR"),
        (0x200, "IFA_F_NOPREFIXROUTE"),
        (0x400, "IFA_F_MCAUTOJOIN"),
        (0x800, "IFA_F_STABLE_PRIVACY"),
    ],
};
static ROUTE_FLAGS: Flags = Flags {
    unknown: "RTM_F_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "RTNH_F_DEAD"),
        (0x2, "RTNH_F_PERVASIVE"),
        (0x4, "RTNH_F_ONLINK"),
        (0x8, "RTNH_F_OFFLOAD"),
        (0x10, "RTNH_F_LINKDOWN"),
        (0x20, "RTNH_F_UNRESOLVED"),
        (0x40, "RTNH_F_TRAP"),
        (0x100, "RTM_F_NOTIFY"),
        (0x200, "RTM_F_CLONED"),
        (0x400, "RTM_F_EQUALIZE"),
        (0x800, "RTM_F_PREFIX"),
        (0x1000, "RTM_F_LOOKUP_TABLE"),
        (0x2000, "RTM_F_FIB_MATCH"),
        (0x4000, "RTM_F_OFFLOAD"),
        (0x8000, "RTM_F_TRAP"),
        (0x2000_0000, "RTM_F_OFFLOAD_FAILED"),
    ],
};
static NEIGHBOUR_STATE: Flags = Flags {
    unknown: "NUD_???",
    zero: "NUD_NONE",
    fields: &[],
    bits: &[
        (0x1, "NUD_INCOMPLETE"),
        (0x2, "NUD_REACHABLE"),
        (0x4, "NUD_STALE"),
        (0x8, "NUD_DELAY"),
        (0x10, "NUD_PROBE"),
        (0x20, "NUD_FAILED"),
        (0x40, "NUD_NOARP"),
        (0x80, "NUD_PERMANENT"),
    ],
};
static NEIGHBOUR_FLAGS: Flags = Flags {
    unknown: "NTF_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "NTF_USE"),
        (0x2, "NTF_SELF"),
        (0x4, "NTF_MASTER"),
        (0x8, "NTF_PROXY"),
        (0x10, "NTF_EXT_LEARNED"),
        (0x20, "NTF_OFFLOADED"),
        (0x40, "NTF_STICKY"),
        (0x80, "NTF_ROUTER"),
    ],
};
static RULE_ACTION: Enum = Enum {
    unknown: "FR_ACT_???",
    values: &[
        (0, "FR_ACT_UNSPEC"),
        (1, "FR_ACT_TO_TBL"),
        (2, "FR_ACT_GOTO"),
        (3, "FR_ACT_NOP"),
        (6, "FR_ACT_BLACKHOLE"),
        (7, "FR_ACT_UNREACHABLE"),
        (8, "FR_ACT_PROHIBIT"),
    ],
};
static RULE_FLAGS: Flags = Flags {
    unknown: "FIB_RULE_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "FIB_RULE_PERMANENT"),
        (0x2, "FIB_RULE_INVERT"),
        (0x4, "FIB_RULE_UNRESOLVED"),
        (0x8, "FIB_RULE_IIF_DETACHED"),
        (0x10, "FIB_RULE_OIF_DETACHED"),
        (0x10000, "FIB_RULE_FIND_SADDR"),
    ],
};
static SCOPE: Enum = Enum {
    unknown: "RT_SCOPE_???",
    values: &[
        (0, "RT_SCOPE_UNIVERSE"),
        (200, "RT_SCOPE_SITE"),
        (253, "RT_SCOPE_LINK"),
        (254, "RT_SCOPE_HOST"),
        (255, "RT_SCOPE_NOWHERE"),
    ],
};
static TABLE: Enum = Enum {
    unknown: "RT_TABLE_???",
    values: &[
        (0, "RT_TABLE_UNSPEC"),
        (252, "RT_TABLE_COMPAT"),
        (253, "RT_TABLE_DEFAULT"),
        (254, "RT_TABLE_MAIN"),
        (255, "RT_TABLE_LOCAL"),
    ],
};
static ROUTE_PROTOCOL: Enum = Enum {
    unknown: "RTPROT_???",
    values: &[
        (0, "RTPROT_UNSPEC"),
        (1, "RTPROT_REDIRECT"),
        (2, "RTPROT_KERNEL"),
        (3, "RTPROT_BOOT"),
        (4, "RTPROT_STATIC"),
        (8, "RTPROT_GATED"),
        (9, "RTPROT_RA"),
        (10, "RTPROT_MRT"),
        (11, "RTPROT_ZEBRA"),
        (12, "RTPROT_BIRD"),
        (13, "RTPROT_DNROUTED"),
        (14, "RTPROT_XORP"),
        (15, "RTPROT_NTK"),
        (16, "RTPROT_DHCP"),
        (17, "RTPROT_MROUTED"),
        (18, "RTPROT_KEEPALIVED"),
        (42, "RTPROT_BABEL"),
        (99, "RTPROT_OPENR"),
        (186, "RTPROT_BGP"),
        (187, "RTPROT_ISIS"),
        (188, "RTPROT_OSPF"),
        (189, "RTPROT_RIP"),
        (192, "RTPROT_EIGRP"),
    ],
};
static ROUTE_TYPE: Enum = Enum {
    unknown: "RTN_???",
    values: &[
        (0, "RTN_UNSPEC"),
        (1, "RTN_UNICAST"),
        (2, "RTN_LOCAL"),
        (3, "RTN_BROADCAST"),
        (4, "RTN_ANYCAST"),
        (5, "RTN_MULTICAST"),
        (6, "RTN_BLACKHOLE"),
        (7, "RTN_UNREACHABLE"),
        (8, "RTN_PROHIBIT"),
        (9, "RTN_THROW"),
        (10, "RTN_NAT"),
        (11, "RTN_XRESOLVE"),
    ],
};
static LINK_ATTRIBUTE: Enum = Enum {
    unknown: "IFLA_???",
    values: &[
        (0, "IFLA_UNSPEC"),
        (1, "IFLA_ADDRESS"),
        (2, "IFLA_BROADCAST"),
        (3, "IFLA_IFNAME"),
        (4, "IFLA_MTU"),
        (5, "IFLA_LINK"),
        (6, "IFLA_QDISC"),
        (7, "IFLA_STATS"),
        (8, "IFLA_COST"),
        (9, "IFLA_PRIORITY"),
        (10, "IFLA_MASTER"),
        (11, "IFLA_WIRELESS"),
        (12, "IFLA_PROTINFO"),
        (13, "IFLA_TXQLEN"),
        (14, "IFLA_MAP"),
        (15, "IFLA_WEIGHT"),
        (16, "IFLA_OPERSTATE"),
        (17, "IFLA_LINKMODE"),
        (18, "IFLA_LINKINFO"),
        (19, "IFLA_NET_NS_PID"),
        (20, "IFLA_IFALIAS"),
        (21, "IFLA_NUM_VF"),
        (22, "IFLA_VFINFO_LIST"),
        (23, "IFLA_STATS64"),
        (24, "IFLA_VF_PORTS"),
        (25, "IFLA_PORT_SELF"),
        (26, "IFLA_AF_SPEC"),
        (27, "IFLA_GROUP"),
        (28, "IFLA_NET_NS_FD"),
        (29, "IFLA_EXT_MASK"),
        (30, "IFLA_PROMISCUITY"),
        (31, "IFLA_NUM_TX_QUEUES"),
        (32, "IFLA_NUM_RX_QUEUES"),
        (33, "IFLA_CARRIER"),
        (34, "IFLA_PHYS_PORT_ID"),
        (35, "IFLA_CARRIER_CHANGES"),
        (36, "IFLA_PHYS_SWITCH_ID"),
        (37, "IFLA_LINK_NETNSID"),
        (38, "IFLA_PHYS_PORT_NAME"),
        (39, "IFLA_PROTO_DOWN"),
        (40, "IFLA_GSO_MAX_SEGS"),
        (41, "IFLA_GSO_MAX_SIZE"),
        (42, "IFLA_PAD"),
        (43, "IFLA_XDP"),
        (44, "IFLA_EVENT"),
        (45, "IFLA_NEW_NETNSID"),
        (46, "IFLA_TARGET_NETNSID"),
        (47, "IFLA_CARRIER_UP_COUNT"),
        (48, "IFLA_CARRIER_DOWN_COUNT"),
        (49, "IFLA_NEW_IFINDEX"),
        (50, "IFLA_MIN_MTU"),
        (51, "IFLA_MAX_MTU"),
        (52, "IFLA_PROP_LIST"),
        (53, "IFLA_ALT_IFNAME"),
        (54, "IFLA_PERM_ADDRESS"),
        (55, "IFLA_PROTO_DOWN_REASON"),
        (56, "IFLA_PARENT_DEV_NAME"),
        (57, "IFLA_PARENT_DEV_BUS_NAME"),
        (58, "IFLA_GRO_MAX_SIZE"),
        (59, "IFLA_TSO_MAX_SIZE"),
        (60, "IFLA_TSO_MAX_SEGS"),
        (61, "IFLA_ALLMULTI"),
        (62, "IFLA_DEVLINK_PORT"),
        (63, "IFLA_GSO_IPV4_MAX_SIZE"),
        (64, "IFLA_GRO_IPV4_MAX_SIZE"),
        (65, "IFLA_DPLL_PIN"),
        (66, "IFLA_MAX_PACING_OFFLOAD_HORIZON"),
        (67, "IFLA_NETNS_IMMUTABLE"),
    ],
};
static ADDRESS_ATTRIBUTE: Enum = Enum {
    unknown: "IFA_???",
    values: &[
        (0, "IFA_UNSPEC"),
        (1, "IFA_ADDRESS"),
        (2, "IFA_LOCAL"),
        (3, "IFA_LABEL"),
        (4, "IFA_BROADCAST"),
        (5, "IFA_ANYCAST"),
        (6, "IFA_CACHEINFO"),
        (7, "IFA_MULTICAST"),
        (8, "IFA_FLAGS"),
        (9, "IFA_RT_PRIORITY"),
        (10, "IFA_TARGET_NETNSID"),
        (11, "IFA_PROTO"),
    ],
};
static ROUTE_ATTRIBUTE: Enum = Enum {
    unknown: "RTA_???",
    values: &[
        (0, "RTA_UNSPEC"),
        (1, "RTA_DST"),
        (2, "RTA_SRC"),
        (3, "RTA_IIF"),
        (4, "RTA_OIF"),
        (5, "RTA_GATEWAY"),
        (6, "RTA_PRIORITY"),
        (7, "RTA_PREFSRC"),
        (8, "RTA_METRICS"),
        (9, "RTA_MULTIPATH"),
        (10, "RTA_PROTOINFO"),
        (11, "RTA_FLOW"),
        (12, "RTA_CACHEINFO"),
        (13, "RTA_SESSION"),
        (14, "RTA_MP_ALGO"),
        (15, "RTA_TABLE"),
        (16, "RTA_MARK"),
        (17, "RTA_MFC_STATS"),
        (18, "RTA_VIA"),
        (19, "RTA_NEWDST"),
        (20, "RTA_PREF"),
        (21, "RTA_ENCAP_TYPE"),
        (22, "RTA_ENCAP"),
        (23, "RTA_EXPIRES"),
        (24, "RTA_PAD"),
        (25, "RTA_UID"),
        (26, "RTA_TTL_PROPAGATE"),
        (27, "RTA_IP_PROTO"),
        (28, "RTA_SPORT"),
        (29, "RTA_DPORT"),
        (30, "RTA_NH_ID"),
        (31, "RTA_FLOWLABEL"),
    ],
};
static NEIGHBOUR_ATTRIBUTE: Enum = Enum {
    unknown: "NDA_???",
    values: &[
        (0, "NDA_UNSPEC"),
        (1, "NDA_DST"),
        (2, "NDA_LLADDR"),
        (3, "NDA_CACHEINFO"),
        (4, "NDA_PROBES"),
        (5, "NDA_VLAN"),
        (6, "NDA_PORT"),
        (7, "NDA_VNI"),
        (8, "NDA_IFINDEX"),
        (9, "NDA_MASTER"),
        (10, "NDA_LINK_NETNSID"),
        (11, "NDA_SRC_VNI"),
        (12, "NDA_PROTOCOL"),
        (13, "NDA_NH_ID"),
        (14, "NDA_FDB_EXT_ATTRS"),
        (15, "NDA_FLAGS_EXT"),
        (16, "NDA_NDM_STATE_MASK"),
        (17, "NDA_NDM_FLAGS_MASK"),
    ],
};

#[cfg(test)]
mod tests {
    use crate::testing::{Copy, check, words};

    /// What the kernel side copies of a netlink socket of this protocol.
    fn socket(protocol: u8) -> Vec<u8> {
        let mut info = vec![0; 64];
        info[..4].copy_from_slice(&0x534f_434bu32.to_le_bytes());
        (info[16], info[28]) = (16, protocol);
        info
    }

    #[track_caller]
    fn sent(protocol: u8, bytes: &[u8], expected: &str) {
        let len = bytes.len() as u64;
        let name = [&[16, 0, 0, 0][..], &[0; 8]].concat();
        let info = socket(protocol);
        let memory: &[Copy<'_>] = &[(1, 0, bytes), (1, 1, &info), (4, 0, &name)];
        let expected = format!(
            "sendto(3, {expected}, {len}, 0, {{sa_family=AF_NETLINK, nl_pid=0, nl_groups=00000000}}, 12) = {len}"
        );
        check("sendto", &[3, 0x1000, len, 0, 0x2000, 12], len as i64, memory, &expected);
    }

    fn message(kind: u16, flags: u16, body: &[u8]) -> Vec<u8> {
        let mut bytes = words(&[16 + body.len() as u32, u32::from(kind) | u32::from(flags) << 16, 1, 0]);
        bytes.extend(body);
        bytes
    }

    #[test]
    fn requests() {
        let link = message(18, 0x301, &[0; 16]);
        sent(
            0,
            &link,
            "[{nlmsg_len=32, nlmsg_type=RTM_GETLINK, nlmsg_flags=NLM_F_REQUEST|NLM_F_DUMP, nlmsg_seq=1, \
             nlmsg_pid=0}, {ifi_family=AF_UNSPEC, ifi_type=ARPHRD_NETROM, ifi_index=0, ifi_flags=0, ifi_change=0}]",
        );
        sent(
            0,
            &message(22, 0x301, &[2, 0, 0, 0]),
            "[{nlmsg_len=20, nlmsg_type=RTM_GETADDR, nlmsg_flags=NLM_F_REQUEST|NLM_F_DUMP, nlmsg_seq=1, \
             nlmsg_pid=0}, {ifa_family=AF_INET, ...}]",
        );
        let address = [&[2, 8, 0, 0, 1, 0, 0, 0][..], &[8, 0, 2, 0, 127, 0, 0, 5]].concat();
        sent(
            0,
            &message(20, 5, &address),
            "[{nlmsg_len=32, nlmsg_type=RTM_NEWADDR, nlmsg_flags=NLM_F_REQUEST|NLM_F_ACK, nlmsg_seq=1, \
             nlmsg_pid=0}, {ifa_family=AF_INET, ifa_prefixlen=8, ifa_flags=0, ifa_scope=RT_SCOPE_UNIVERSE, \
             ifa_index=if_nametoindex(\"lo\")}, [{nla_len=8, nla_type=IFA_LOCAL}, inet_addr(\"127.0.0.5\")]]",
        );
        sent(
            12,
            &message(0xa01, 1, b""),
            "{nlmsg_len=16, nlmsg_type=NFNL_SUBSYS_NFTABLES<<8|0x1, nlmsg_flags=NLM_F_REQUEST, nlmsg_seq=1, \
             nlmsg_pid=0}",
        );
    }

    #[test]
    fn answers() {
        let request = message(18, 1, &[0; 16]);
        let error = [&(-19i32).to_le_bytes()[..], &request].concat();
        sent(
            0,
            &message(2, 0, &error),
            "[{nlmsg_len=52, nlmsg_type=NLMSG_ERROR, nlmsg_flags=0, nlmsg_seq=1, nlmsg_pid=0}, \
             {error=-ENODEV, msg=[{nlmsg_len=32, nlmsg_type=RTM_GETLINK, nlmsg_flags=NLM_F_REQUEST, nlmsg_seq=1, \
             nlmsg_pid=0}, {ifi_family=AF_UNSPEC, ifi_type=ARPHRD_NETROM, ifi_index=0, ifi_flags=0, \
             ifi_change=0}]}]",
        );
        let two = [message(1, 1, b""), message(3, 2, &[0; 4])].concat();
        sent(
            0,
            &two,
            "[{nlmsg_len=16, nlmsg_type=NLMSG_NOOP, nlmsg_flags=NLM_F_REQUEST, nlmsg_seq=1, nlmsg_pid=0}, \
             [{nlmsg_len=20, nlmsg_type=NLMSG_DONE, nlmsg_flags=NLM_F_MULTI, nlmsg_seq=1, nlmsg_pid=0}, 0]]",
        );
        sent(0, b"abc", "\"abc\"");
    }

    #[test]
    fn an_unknown_protocol_gives_numbers() {
        let bytes = message(18, 1, b"ab");
        let name = [&[16, 0, 0, 0][..], &[0; 8]].concat();
        check(
            "sendto",
            &[3, 0x1000, 18, 0, 0x2000, 12],
            18,
            &[(1, 0, &bytes), (4, 0, &name)],
            "sendto(3, [{nlmsg_len=18, nlmsg_type=0x12, nlmsg_flags=NLM_F_REQUEST, nlmsg_seq=1, nlmsg_pid=0}, \
             \"ab\"], 18, 0, {sa_family=AF_NETLINK, nl_pid=0, nl_groups=00000000}, 12) = 18",
        );
    }
}
