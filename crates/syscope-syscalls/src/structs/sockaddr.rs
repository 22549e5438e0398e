//! Socket addresses.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::decode::{Cx, Hex};
use crate::layout::View;
use crate::names::{Enum, Flags, link, net};
use crate::sink::{Plain, text};
use crate::{Abi, Sink};

/// The longest address the kernel takes (`struct sockaddr_storage`).
const STORAGE: usize = 128;
/// The longest path of a local socket.
const UNIX_PATH: usize = 108;

/// Shows a socket address of `len` bytes, of which `bytes` were copied. An address too short for its
/// family is shown as bytes.
pub fn print(cx: &mut Cx<'_, '_>, bytes: &[u8], len: u64) {
    let have = bytes.len().min(STORAGE);
    let bytes = &bytes[..(len as usize).min(have)];
    let view = View { abi: Abi::native(), bytes };
    let out = &mut *cx.out;
    let Some(family) = view.u16(0) else { return out.string(bytes, false) };
    out.begin_struct();
    out.field("sa_family");
    named(out, &net::ADDRESS_FAMILY, u64::from(family));
    let size = bytes.len();
    match family {
        1 => unix(out, &bytes[2..]),
        2 if size >= 16 => inet(out, &view),
        4 if size >= 16 => ipx(out, &view),
        9 if size >= 18 => x25(out, &bytes[2..18]),
        10 if size >= 24 => inet6(out, &view),
        16 if size >= 12 => netlink(out, &view),
        17 if size >= 20 => packet(out, &view),
        31 if matches!(size, 4 | 6 | 8 | 10 | 12 | 14) => bluetooth(out, &view),
        38 if size >= 24 => alg(out, &view),
        40 if size >= 16 => vsock(out, &view),
        42 if size >= 12 => {
            hex_field(out, "sq_node", view.u32(4));
            hex_field(out, "sq_port", view.u32(8));
        }
        44 if size >= 16 => xdp(out, &view),
        45 if size >= 12 => mctp(out, &view),
        _ if size > 2 => {
            out.field("sa_data");
            out.string(&bytes[2..], false);
        }
        _ => {}
    }
    out.end_struct(false);
}

/// One of many by name, or the number with the mark of the table.
pub fn named(out: &mut dyn Sink, set: &Enum, value: u64) {
    match set.name(value) {
        Some(name) => out.symbol(name),
        None => out.unknown(value, set.unknown),
    }
}

/// An interface index. Index 1 is the loopback device of every network namespace; the names of others
/// are not known here.
pub fn interface(out: &mut dyn Sink, index: u32) {
    if index == 1 {
        out.form(format_args!("if_nametoindex(\"lo\")"), Plain::Uint(1));
    } else {
        out.uint(u64::from(index));
    }
}

/// An IPv4 address in network order.
pub fn ipv4(out: &mut dyn Sink, octets: [u8; 4]) {
    let address = Ipv4Addr::from(octets);
    out.form(format_args!("inet_addr(\"{address}\")"), Plain::Text(&address.to_string()));
}

/// An IPv6 address as the member `name`.
pub fn ipv6_field(out: &mut dyn Sink, name: &str, octets: [u8; 16]) {
    let address = Inet6(octets);
    let plain = address.to_string();
    out.field_form(name, format_args!("inet_pton(AF_INET6, \"{address}\", &{name})"), Plain::Text(&plain));
}

/// A number that is kept in network order, such as a port.
pub fn port(out: &mut dyn Sink, value: u16) {
    let value = u16::from_be(value);
    out.form(format_args!("htons({value})"), Plain::Uint(u64::from(value)));
}

/// A protocol of the link layer, in network order.
pub fn ethertype(out: &mut dyn Sink, value: u16) {
    let value = u16::from_be(value);
    match link::PACKET_PROTOCOL.name(u64::from(value)) {
        Some(name) => out.form(format_args!("htons({name})"), Plain::Text(name)),
        None => out.form(
            format_args!("htons({} /* ETH_P_??? */)", Hex(u64::from(value))),
            Plain::Uint(u64::from(value)),
        ),
    }
}

/// Bytes joined by colons.
pub fn mac(out: &mut dyn Sink, octets: &[u8]) {
    let text = Colons(octets).to_string();
    out.form(format_args!("{text}"), Plain::Text(&text));
}

struct Colons<'a>(&'a [u8]);

impl fmt::Display for Colons<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, octet) in self.0.iter().enumerate() {
            write!(f, "{}{octet:02x}", if at > 0 { ":" } else { "" })?;
        }
        Ok(())
    }
}

/// An IPv6 address as `inet_ntop` writes it: unlike the standard library it also shows the old
/// IPv4-compatible addresses with dots.
pub struct Inet6(pub [u8; 16]);

impl fmt::Display for Inet6 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [head @ .., a, b, c, d] = self.0;
        if head == [0; 12] && (a != 0 || b != 0) {
            write!(f, "::{}", Ipv4Addr::new(a, b, c, d))
        } else {
            Ipv6Addr::from(self.0).fmt(f)
        }
    }
}

fn hex_field(out: &mut dyn Sink, name: &str, value: Option<u32>) {
    out.field(name);
    out.hex(u64::from(value.unwrap_or(0)));
}

fn octets<const N: usize>(view: &View<'_>, at: usize) -> [u8; N] {
    view.slice(at, N).bytes.try_into().unwrap_or([0; N])
}

/// Hexadecimal bytes as the array member `name`, at most `shown` of `all`.
fn byte_array(out: &mut dyn Sink, name: &str, bytes: &[u8], cut: bool) {
    out.field(name);
    out.begin_array(false);
    for byte in bytes {
        out.item();
        match byte {
            0 => out.form(format_args!("00"), Plain::Uint(0)),
            byte => out.hex(u64::from(*byte)),
        }
    }
    out.end_array(cut);
}

fn unix(out: &mut dyn Sink, path: &[u8]) {
    let path = &path[..path.len().min(UNIX_PATH)];
    match path.split_first() {
        None => {}
        // An abstract name is what follows the first NUL, NULs included.
        Some((0, name)) => {
            let mut shown = b"@\"".to_vec();
            text::escape(&mut shown, name);
            shown.push(b'"');
            let plain = format!("@{}", String::from_utf8_lossy(name));
            out.field("sun_path");
            out.form(format_args!("{}", String::from_utf8_lossy(&shown)), Plain::Text(&plain));
        }
        Some(_) => {
            let end = path.iter().position(|byte| *byte == 0).unwrap_or(path.len());
            out.field("sun_path");
            out.string(&path[..end], false);
        }
    }
}

fn inet(out: &mut dyn Sink, view: &View<'_>) {
    out.field("sin_port");
    port(out, view.u16(2).unwrap_or(0));
    out.field("sin_addr");
    ipv4(out, octets(view, 4));
}

fn inet6(out: &mut dyn Sink, view: &View<'_>) {
    out.field("sin6_port");
    port(out, view.u16(2).unwrap_or(0));
    out.field("sin6_flowinfo");
    let flow = u32::from_be(view.u32(4).unwrap_or(0));
    out.form(format_args!("htonl({flow})"), Plain::Uint(u64::from(flow)));
    let address: [u8; 16] = octets(view, 8);
    ipv6_field(out, "sin6_addr", address);
    if let Some(scope) = view.u32(24) {
        out.field("sin6_scope_id");
        // Only for addresses of one link is the scope an interface.
        let of_link =
            address[0] == 0xfe && address[1] & 0xc0 == 0x80 || address[0] == 0xff && address[1] & 15 == 2;
        if of_link { interface(out, scope) } else { out.uint(u64::from(scope)) }
    }
}

fn ipx(out: &mut dyn Sink, view: &View<'_>) {
    out.field("sipx_port");
    port(out, view.u16(2).unwrap_or(0));
    out.field("sipx_network");
    let network = u32::from_be(view.u32(4).unwrap_or(0));
    out.form(format_args!("htonl({})", Hex(u64::from(network))), Plain::Uint(u64::from(network)));
    byte_array(out, "sipx_node", view.slice(8, 6).bytes, false);
    out.field("sipx_type");
    let kind = view.unsigned(14, 1).unwrap_or(0);
    out.form(format_args!("{kind:02x}"), Plain::Uint(kind));
}

fn x25(out: &mut dyn Sink, address: &[u8]) {
    out.field("sx25_addr");
    out.begin_struct();
    out.field("x25_addr");
    let end = address.iter().position(|byte| *byte == 0).unwrap_or(address.len());
    out.string(&address[..end], false);
    out.end_struct(false);
}

fn netlink(out: &mut dyn Sink, view: &View<'_>) {
    let pad = view.u16(2).unwrap_or(0);
    if pad != 0 {
        out.field("nl_pad");
        out.hex(u64::from(pad));
    }
    out.field("nl_pid");
    out.int(i64::from(view.i32(4).unwrap_or(0)));
    out.field("nl_groups");
    let groups = view.u32(8).unwrap_or(0);
    let prefix = if groups == 0 { "00" } else { "0x" };
    out.form(format_args!("{prefix}{groups:06x}"), Plain::Uint(u64::from(groups)));
}

fn packet(out: &mut dyn Sink, view: &View<'_>) {
    out.field("sll_protocol");
    ethertype(out, view.u16(2).unwrap_or(0));
    out.field("sll_ifindex");
    interface(out, view.u32(4).unwrap_or(0));
    out.field("sll_hatype");
    named(out, &link::ARPHRD, u64::from(view.u16(8).unwrap_or(0)));
    out.field("sll_pkttype");
    named(out, &link::PACKET_TYPE, view.unsigned(10, 1).unwrap_or(0));
    let length = view.unsigned(11, 1).unwrap_or(0);
    out.field("sll_halen");
    out.uint(length);
    if length > 0 {
        byte_array(out, "sll_addr", view.slice(12, (length as usize).min(8)).bytes, length > 8);
    }
}

/// Vsock addresses with a meaning of their own.
static VSOCK_CID: Enum = Enum {
    unknown: "",
    values: &[
        (0, "VMADDR_CID_HYPERVISOR"),
        (1, "VMADDR_CID_LOCAL"),
        (2, "VMADDR_CID_HOST"),
        (0xffff_ffff, "VMADDR_CID_ANY"),
    ],
};
static VSOCK_PORT: Enum = Enum { unknown: "", values: &[(0xffff_ffff, "VMADDR_PORT_ANY")] };
static VSOCK_FLAGS: Flags =
    Flags { unknown: "VMADDR_FLAG_???", zero: "", fields: &[], bits: &[(1, "VMADDR_FLAG_TO_HOST")] };

fn vsock(out: &mut dyn Sink, view: &View<'_>) {
    let reserved = view.u16(2).unwrap_or(0);
    if reserved != 0 {
        out.field("svm_reserved1");
        out.hex(u64::from(reserved));
    }
    out.field("svm_cid");
    named(out, &VSOCK_CID, u64::from(view.u32(8).unwrap_or(0)));
    out.field("svm_port");
    named(out, &VSOCK_PORT, u64::from(view.u32(4).unwrap_or(0)));
    out.field("svm_flags");
    out.flags(&VSOCK_FLAGS, view.unsigned(12, 1).unwrap_or(0));
}

static CRYPTO_FLAGS: Flags = Flags {
    unknown: "CRYPTO_ALG_???",
    zero: "",
    fields: &[],
    bits: &[(0x1000, "CRYPTO_ALG_KERN_DRIVER_ONLY")],
};

fn alg(out: &mut dyn Sink, view: &View<'_>) {
    let until_nul = |bytes: &[u8]| bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let kind = view.slice(2, 14).bytes;
    out.field("salg_type");
    out.string(&kind[..until_nul(kind)], false);
    for (name, at) in [("salg_feat", 16), ("salg_mask", 20)] {
        out.field(name);
        out.flags(&CRYPTO_FLAGS, u64::from(view.u32(at).unwrap_or(0)));
    }
    let name = view.slice(24, 64).bytes;
    out.field("salg_name");
    out.string(&name[..until_nul(name)], false);
}

static XDP_FLAGS: Flags = Flags {
    unknown: "XDP_???",
    zero: "",
    fields: &[],
    bits: &[
        (1, "XDP_SHARED_UMEM"),
        (2, "XDP_COPY"),
        (4, "XDP_ZEROCOPY"),
        (8, "XDP_USE_NEED_WAKEUP"),
        (16, "XDP_USE_SG"),
    ],
};

fn xdp(out: &mut dyn Sink, view: &View<'_>) {
    out.field("sxdp_flags");
    out.flags(&XDP_FLAGS, u64::from(view.u16(2).unwrap_or(0)));
    out.field("sxdp_ifindex");
    interface(out, view.u32(4).unwrap_or(0));
    out.field("sxdp_queue_id");
    out.uint(u64::from(view.u32(8).unwrap_or(0)));
    out.field("sxdp_shared_umem_fd");
    out.fd(i64::from(view.i32(12).unwrap_or(0)), None);
}

static MCTP_NETWORK: Enum = Enum { unknown: "", values: &[(0, "MCTP_NET_ANY")] };
static MCTP_ADDRESS: Enum = Enum { unknown: "", values: &[(0, "MCTP_ADDR_NULL"), (0xff, "MCTP_ADDR_ANY")] };

fn mctp(out: &mut dyn Sink, view: &View<'_>) {
    out.field("smctp_network");
    named(out, &MCTP_NETWORK, u64::from(view.u32(4).unwrap_or(0)));
    out.field("smctp_addr");
    out.begin_struct();
    out.field("s_addr");
    named(out, &MCTP_ADDRESS, view.unsigned(8, 1).unwrap_or(0));
    out.end_struct(false);
    out.field("smctp_type");
    out.hex(view.unsigned(9, 1).unwrap_or(0));
    out.field("smctp_tag");
    out.hex(view.unsigned(10, 1).unwrap_or(0));
}

static HCI_CHANNEL: Enum = Enum {
    unknown: "HCI_CHANNEL_???",
    values: &[
        (0, "HCI_CHANNEL_RAW"),
        (1, "HCI_CHANNEL_USER"),
        (2, "HCI_CHANNEL_MONITOR"),
        (3, "HCI_CHANNEL_CONTROL"),
        (4, "HCI_CHANNEL_LOGGING"),
    ],
};
static L2CAP_PSM: Enum = Enum {
    unknown: "L2CAP_PSM_???",
    values: &[
        (0x01, "L2CAP_PSM_SDP"),
        (0x03, "L2CAP_PSM_RFCOMM"),
        (0x21, "L2CAP_PSM_3DSP"),
        (0x23, "L2CAP_PSM_IPSP"),
    ],
};
static L2CAP_CID: Enum = Enum {
    unknown: "L2CAP_CID_???",
    values: &[
        (1, "L2CAP_CID_SIGNALING"),
        (2, "L2CAP_CID_CONN_LESS"),
        (3, "L2CAP_CID_A2MP"),
        (4, "L2CAP_CID_ATT"),
        (5, "L2CAP_CID_LE_SIGNALING"),
        (6, "L2CAP_CID_SMP"),
        (7, "L2CAP_CID_SMP_BREDR"),
    ],
};
static BDADDR_TYPE: Enum = Enum {
    unknown: "BDADDR_???",
    values: &[(0, "BDADDR_BREDR"), (1, "BDADDR_LE_PUBLIC"), (2, "BDADDR_LE_RANDOM")],
};

/// The family has four kinds of addresses; which it is shows only in the length.
fn bluetooth(out: &mut dyn Sink, view: &View<'_>) {
    match view.bytes.len() {
        4 | 6 => {
            out.field("hci_dev");
            match view.u16(2).unwrap_or(0) {
                0xffff => out.form(format_args!("htobs(HCI_DEV_NONE)"), Plain::Text("HCI_DEV_NONE")),
                dev => out.form(format_args!("htobs({dev})"), Plain::Uint(u64::from(dev))),
            }
            if let Some(channel) = view.u16(4) {
                out.field("hci_channel");
                named(out, &HCI_CHANNEL, u64::from(channel));
            }
        }
        8 => {
            out.field("sco_bdaddr");
            mac(out, view.slice(2, 6).bytes);
        }
        10 => {
            out.field("rc_bdaddr");
            mac(out, view.slice(2, 6).bytes);
            out.field("rc_channel");
            out.uint(view.unsigned(8, 1).unwrap_or(0));
        }
        _ => l2cap(out, view),
    }
}

fn l2cap(out: &mut dyn Sink, view: &View<'_>) {
    let psm = view.u16(2).unwrap_or(0);
    out.field("l2_psm");
    let ranges = [(0x80, 0xff, "L2CAP_PSM_LE_DYN_START"), (0x1001, 0xffff, "L2CAP_PSM_DYN_START")];
    ranged(out, &L2CAP_PSM, psm, &ranges);
    out.field("l2_bdaddr");
    mac(out, view.slice(4, 6).bytes);
    out.field("l2_cid");
    ranged(out, &L2CAP_CID, view.u16(10).unwrap_or(0), &[(0x40, 0xffff, "L2CAP_CID_DYN_START")]);
    if let Some(kind) = view.unsigned(12, 1) {
        out.field("l2_bdaddr_type");
        named(out, &BDADDR_TYPE, kind);
    }
}

/// A number with a name, or the distance from the beginning of a named range.
fn ranged(out: &mut dyn Sink, set: &Enum, value: u16, ranges: &[(u16, u16, &str)]) {
    let number = u64::from(value);
    let range = ranges.iter().find(|(first, last, _)| (*first..=*last).contains(&value));
    match (set.name(number), range) {
        (Some(name), _) => out.form(format_args!("htobs({name})"), Plain::Text(name)),
        (None, Some((first, _, name))) if value == *first => {
            out.form(format_args!("htobs({name})"), Plain::Uint(number));
        }
        (None, Some((first, _, name))) => {
            out.form(format_args!("htobs({name}+{})", value - first), Plain::Uint(number));
        }
        (None, None) => {
            out.form(format_args!("htobs({} /* {} */)", Hex(number), set.unknown), Plain::Uint(number));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, words};

    /// A `bind` of these bytes, and the address it shows.
    #[track_caller]
    fn address(family: u16, rest: &[u8], expected: &str) {
        let mut bytes = family.to_le_bytes().to_vec();
        bytes.extend(rest);
        let len = bytes.len() as u64;
        let expected = format!("bind(3, {expected}, {len}) = 0");
        check("bind", &[3, 0x1000, len], 0, &[(1, 0, &bytes)], &expected);
    }

    #[test]
    fn internet_addresses() {
        let v4 = [0, 80, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
        address(2, &v4, "{sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr(\"127.0.0.1\")}");
        address(2, &v4[..6], "{sa_family=AF_INET, sa_data=\"\\0P\\177\\0\\0\\1\"}");
        let mut v6 = vec![1, 187, 0, 0, 0, 0, 0xfe, 0x80];
        v6.extend([0; 13]);
        v6.push(1);
        address(
            10,
            &v6,
            "{sa_family=AF_INET6, sin6_port=htons(443), sin6_flowinfo=htonl(0), \
             inet_pton(AF_INET6, \"fe80::1\", &sin6_addr)}",
        );
        v6.extend(words(&[1]));
        address(
            10,
            &v6,
            "{sa_family=AF_INET6, sin6_port=htons(443), sin6_flowinfo=htonl(0), \
             inet_pton(AF_INET6, \"fe80::1\", &sin6_addr), sin6_scope_id=if_nametoindex(\"lo\")}",
        );
    }

    #[test]
    fn old_compatible_addresses_have_dots() {
        let mut octets = [0; 16];
        octets[12..].copy_from_slice(&[1, 2, 3, 4]);
        assert_eq!(super::Inet6(octets).to_string(), "::1.2.3.4");
        octets[10..12].copy_from_slice(&[255, 255]);
        assert_eq!(super::Inet6(octets).to_string(), "::ffff:1.2.3.4");
        assert_eq!(super::Inet6([0; 16]).to_string(), "::");
    }

    #[test]
    fn local_addresses() {
        address(1, b"", "{sa_family=AF_UNIX}");
        address(1, b"/tmp/x\0", "{sa_family=AF_UNIX, sun_path=\"/tmp/x\"}");
        address(1, b"\0abs\0def", "{sa_family=AF_UNIX, sun_path=@\"abs\\0def\"}");
        let mut json = Vec::new();
        let bytes = [&[1, 0][..], b"\0abs"].concat();
        let call = crate::Call {
            abi: crate::Abi::X86_64,
            nr: 0,
            syscall: None,
            args: [0; 6],
            ret: None,
            blobs: crate::Blobs::default(),
        };
        let out = &mut crate::sink::json::Json::new(&mut json);
        super::print(&mut crate::decode::Cx { call: &call, out }, &bytes, 6);
        assert_eq!(String::from_utf8(json).unwrap(), r#"{"sa_family":"AF_UNIX","sun_path":"@abs"}"#);
    }

    #[test]
    fn addresses_of_the_kernel_and_the_link() {
        let netlink = [&[0, 0][..], &words(&[1, 2])].concat();
        address(16, &netlink, "{sa_family=AF_NETLINK, nl_pid=1, nl_groups=0x000002}");
        let packet = [&[0, 3, 1, 0, 0, 0, 1, 0, 0, 6][..], &[1, 2, 3, 4, 5, 0, 0, 0]].concat();
        address(
            17,
            &packet,
            "{sa_family=AF_PACKET, sll_protocol=htons(ETH_P_ALL), sll_ifindex=if_nametoindex(\"lo\"), \
             sll_hatype=ARPHRD_ETHER, sll_pkttype=PACKET_HOST, sll_halen=6, \
             sll_addr=[0x1, 0x2, 0x3, 0x4, 0x5, 00]}",
        );
        let vsock = [&[0, 0][..], &words(&[1024, 2, 0])].concat();
        address(40, &vsock, "{sa_family=AF_VSOCK, svm_cid=VMADDR_CID_HOST, svm_port=0x400, svm_flags=0}");
        address(
            31,
            &[0x10, 0x10, 1, 2, 3, 4, 5, 6, 7, 0, 1, 0],
            "{sa_family=AF_BLUETOOTH, l2_psm=htobs(L2CAP_PSM_DYN_START+15), l2_bdaddr=01:02:03:04:05:06, \
             l2_cid=htobs(L2CAP_CID_SMP_BREDR), l2_bdaddr_type=BDADDR_LE_PUBLIC}",
        );
        address(77, b"ab\0", "{sa_family=0x4d /* AF_??? */, sa_data=\"ab\\0\"}");
    }

    #[test]
    fn lengths_that_make_no_address() {
        check("bind", &[3, 0x1000, 1], -22, &[(1, 0, b"\x02")], "bind(3, 0x1000, 1) = -1");
        check("bind", &[3, 0x1000, u64::MAX], -22, &[(1, 0, &[2; 128])], "bind(3, 0x1000, -1) = -1");
        check("accept", &[3, 0, 0], 4, &[], "accept(3, NULL, NULL) = 4");
        check(
            "getsockname",
            &[3, 0x1000, 0x2000],
            0,
            &[(1, 0, &[1, 0]), (2, 0, &words(&[2]))],
            "getsockname(3, {sa_family=AF_UNIX}, [2]) = 0",
        );
    }
}
