//! Specifications: sockets, and the names of the host.

use crate::Status;
use crate::capture::{Op, Operand};
use crate::decode::Cx;
use crate::layout::{Item, Prim, View};
use crate::names::net::{
    ACCEPT4_FLAGS, ADDRESS_FAMILY, BLUETOOTH_PROTOCOL, CAIF_PROTOCOL, CAN_PROTOCOL, IP_PROTOCOL,
    KCM_PROTOCOL, MSG_FLAGS, NETLINK_PROTOCOL, NFC_PROTOCOL, PHONET_PROTOCOL, SHUTDOWN_HOW, SMC_PROTOCOL,
    SOCKET_LEVEL, SOCKET_TYPE, SOCKET_TYPE_FLAGS,
};
use crate::names::{BitField, Flags};
use crate::structs::message::{RECEIVED, RECEIVED_MANY, RECEIVED_MANY_RET, SENT, SENT_MANY};
use crate::structs::sockopt::{GET_NAME, GET_VALUE, SET_NAME, SET_VALUE};
use crate::structs::time::TIMESPEC;
use crate::structs::{netlink, sockaddr};
use crate::syscall::{Custom, Len, Ret, Syscall, Ty, a, call};
use crate::taxonomy::{Group, Sets};

/// The type of a socket: one of many and flags in one number.
static TYPE: Flags = Flags {
    unknown: SOCKET_TYPE.unknown,
    zero: "",
    fields: &[BitField { mask: 0xf, values: SOCKET_TYPE.values }],
    bits: SOCKET_TYPE_FLAGS.bits,
};

/// The type of a socket with its flags.
pub const SOCKET_KIND: Ty = Ty::Flags(&TYPE);

/// The protocol of a socket, by its family.
pub static PROTOCOL: Custom = Custom {
    capture: |_| Vec::new(),
    print: |cx, arg| {
        let (family, protocol) = (cx.arg(0) as u32, cx.arg(arg) as u32);
        socket_protocol(cx, family, protocol);
    },
};

/// Shows the protocol of a socket of `family`.
pub fn socket_protocol(cx: &mut Cx<'_, '_>, family: u32, protocol: u32) {
    let set = match family {
        2 | 10 => &IP_PROTOCOL,
        16 => &NETLINK_PROTOCOL,
        // Packet sockets take a protocol of the link layer in network order.
        17 => return sockaddr::ethertype(cx.out, protocol as u16),
        29 => &CAN_PROTOCOL,
        31 => &BLUETOOTH_PROTOCOL,
        35 => &PHONET_PROTOCOL,
        37 => &CAIF_PROTOCOL,
        39 => &NFC_PROTOCOL,
        41 => &KCM_PROTOCOL,
        43 => &SMC_PROTOCOL,
        _ => return cx.out.int(i64::from(protocol as i32)),
    };
    sockaddr::named(cx.out, set, u64::from(protocol));
}

/// The length that belongs to the address in argument 1; without an address it is not looked at.
static LENGTH_2: Custom = Custom { capture: |_| vec![Op::record(Operand::Arg(2), 4)], print: address_length };
/// The same for the address in argument 4.
static LENGTH_5: Custom = Custom { capture: |_| vec![Op::record(Operand::Arg(5), 4)], print: address_length };

fn address_length(cx: &mut Cx<'_, '_>, arg: usize) {
    let (value, address) = (cx.arg(arg), cx.arg(arg - 1));
    match cx.record(arg, 0, 4).and_then(|view| view.i32(0)) {
        Some(len) if address != 0 => {
            cx.out.begin_array(false);
            cx.out.item();
            cx.out.int(i64::from(len));
            cx.out.end_array(false);
        }
        _ => cx.out.address(value),
    }
}

/// The data of `sendto`: messages if the socket is a netlink one.
static SENT_DATA: Custom = Custom {
    capture: |_| vec![Op::array(Operand::Arg(1), Operand::Arg(2), 1, 0), netlink::socket_op(Operand::Arg(4))],
    print: |cx, arg| {
        let len = cx.arg(2);
        data(cx, arg, len);
    },
};

/// The data of `recvfrom`. With `MSG_TRUNC` the result may be more than the buffer holds.
static RECEIVED_DATA: Custom = Custom {
    capture: |_| {
        vec![Op::array(Operand::Arg(1), Operand::Ret, 1, 0).if_ok(), netlink::socket_op(Operand::Arg(4))]
    },
    print: |cx, arg| match cx.call.ret {
        Some(ret) if cx.call.ok() => {
            let len = (ret as u64).min(cx.arg(2));
            data(cx, arg, len);
        }
        _ => {
            let value = cx.arg(arg);
            cx.out.address(value);
        }
    },
};

fn data(cx: &mut Cx<'_, '_>, arg: usize, len: u64) {
    let value = cx.arg(arg);
    let blob = cx.blob(arg, 0).filter(|blob| blob.status != Status::Fault);
    let bytes = match blob {
        Some(blob) => &blob.bytes[..blob.bytes.len().min(usize::try_from(len).unwrap_or(usize::MAX))],
        None if len == 0 && value != 0 => &[],
        None => return cx.out.address(value),
    };
    let cut = (bytes.len() as u64) < len;
    let abi = cx.call.abi;
    let family = cx.blob(4, 0).and_then(|blob| View { abi, bytes: blob.bytes }.u16(0));
    match netlink::protocol(cx, family, arg, 1) {
        Some(protocol) => netlink::buffer(cx, protocol, bytes, cut),
        None => cx.out.string(bytes, cut),
    }
}

/// A name of the host or its domain: not read if it is longer than the kernel takes.
static HOST_NAME: Custom = Custom {
    capture: |_| vec![Op::array(Operand::Arg(0), Operand::Arg(1), 1, HOST_NAME_MAX as u16)],
    print: |cx, arg| {
        let (value, len) = (cx.arg(arg), cx.arg(1) as u32);
        match cx.blob(arg, 0).filter(|blob| blob.status == Status::Complete && len <= HOST_NAME_MAX) {
            Some(blob) => cx.out.string(blob.bytes, false),
            None if len == 0 && value != 0 => cx.out.string(b"", false),
            None => cx.out.address(value),
        }
    },
};

/// `__NEW_UTS_LEN`.
const HOST_NAME_MAX: u32 = 64;

const FAMILY: Ty = Ty::Enum(&ADDRESS_FAMILY);
const FLAGS: Ty = Ty::Flags(&MSG_FLAGS);
const LEVEL: Ty = Ty::Enum(&SOCKET_LEVEL);
/// Two descriptors as the kernel stores them.
static PAIR: Item = Item::Scalar(Prim::I32, Ty::Fd);

/// The calls of this topic.
pub static CALLS: &[Syscall] = &[
    call(
        "socket",
        Group::Sockets,
        Sets::NETWORK,
        Ret::Fd,
        &[
            a("domain", "int", FAMILY),
            a("type", "int", SOCKET_KIND),
            a("protocol", "int", Ty::Custom(&PROTOCOL)),
        ],
    ),
    call(
        "socketpair",
        Group::Sockets,
        Sets::NETWORK,
        Ret::Int,
        &[
            a("domain", "int", FAMILY),
            a("type", "int", SOCKET_KIND),
            a("protocol", "int", Ty::Custom(&PROTOCOL)),
            a("sv", "int *", Ty::Out(&Ty::Array(&PAIR, Len::Const(2)))),
        ],
    ),
    call(
        "bind",
        Group::Sockets,
        Sets::NETWORK,
        Ret::Int,
        &[
            a("sockfd", "int", Ty::Fd),
            a("addr", "struct sockaddr *", Ty::Sockaddr(Len::Arg(2))),
            a("addrlen", "int", Ty::Int),
        ],
    ),
    call(
        "connect",
        Group::Sockets,
        Sets::NETWORK,
        Ret::Int,
        &[
            a("sockfd", "int", Ty::Fd),
            a("addr", "struct sockaddr *", Ty::Sockaddr(Len::Arg(2))),
            a("addrlen", "int", Ty::Int),
        ],
    ),
    call(
        "listen",
        Group::Sockets,
        Sets::NETWORK,
        Ret::Int,
        &[a("sockfd", "int", Ty::Fd), a("backlog", "int", Ty::Int)],
    ),
    call(
        "accept",
        Group::Sockets,
        Sets::NETWORK,
        Ret::Fd,
        &[
            a("sockfd", "int", Ty::Fd),
            a("addr", "struct sockaddr *", Ty::Out(&Ty::Sockaddr(Len::At(2)))),
            a("addrlen", "int *", Ty::Custom(&LENGTH_2)),
        ],
    ),
    call(
        "accept4",
        Group::Sockets,
        Sets::NETWORK,
        Ret::Fd,
        &[
            a("sockfd", "int", Ty::Fd),
            a("addr", "struct sockaddr *", Ty::Out(&Ty::Sockaddr(Len::At(2)))),
            a("addrlen", "int *", Ty::Custom(&LENGTH_2)),
            a("flags", "int", Ty::Flags(&ACCEPT4_FLAGS)),
        ],
    ),
    call(
        "getsockname",
        Group::Sockets,
        Sets::NETWORK,
        Ret::Int,
        &[
            a("sockfd", "int", Ty::Fd),
            a("addr", "struct sockaddr *", Ty::Out(&Ty::Sockaddr(Len::At(2)))),
            a("addrlen", "int *", Ty::Custom(&LENGTH_2)),
        ],
    ),
    call(
        "getpeername",
        Group::Sockets,
        Sets::NETWORK,
        Ret::Int,
        &[
            a("sockfd", "int", Ty::Fd),
            a("addr", "struct sockaddr *", Ty::Out(&Ty::Sockaddr(Len::At(2)))),
            a("addrlen", "int *", Ty::Custom(&LENGTH_2)),
        ],
    ),
    call(
        "getsockopt",
        Group::Sockets,
        Sets::NETWORK,
        Ret::Int,
        &[
            a("sockfd", "int", Ty::Fd),
            a("level", "int", LEVEL),
            a("optname", "int", Ty::Custom(&GET_NAME)),
            a("optval", "char *", Ty::Custom(&GET_VALUE)),
            a("optlen", "int *", Ty::Ref(&Item::Scalar(Prim::I32, Ty::Int))),
        ],
    ),
    call(
        "setsockopt",
        Group::Sockets,
        Sets::NETWORK,
        Ret::Int,
        &[
            a("sockfd", "int", Ty::Fd),
            a("level", "int", LEVEL),
            a("optname", "int", Ty::Custom(&SET_NAME)),
            a("optval", "char *", Ty::Custom(&SET_VALUE)),
            a("optlen", "int", Ty::Int),
        ],
    ),
    call(
        "shutdown",
        Group::Sockets,
        Sets::NETWORK,
        Ret::Int,
        &[a("sockfd", "int", Ty::Fd), a("how", "int", Ty::Enum(&SHUTDOWN_HOW))],
    ),
    call(
        "sendto",
        Group::NetworkIo,
        Sets::NETWORK,
        Ret::Int,
        &[
            a("sockfd", "int", Ty::Fd),
            a("buf", "void *", Ty::Custom(&SENT_DATA)),
            a("len", "size_t", Ty::ULong),
            a("flags", "unsigned int", FLAGS),
            a("dest_addr", "struct sockaddr *", Ty::Sockaddr(Len::Arg(5))),
            a("addrlen", "int", Ty::Int),
        ],
    ),
    call(
        "recvfrom",
        Group::NetworkIo,
        Sets::NETWORK,
        Ret::Int,
        &[
            a("sockfd", "int", Ty::Fd),
            a("buf", "void *", Ty::Custom(&RECEIVED_DATA)),
            a("size", "size_t", Ty::ULong),
            a("flags", "unsigned int", FLAGS),
            a("src_addr", "struct sockaddr *", Ty::Out(&Ty::Sockaddr(Len::At(5)))),
            a("addrlen", "int *", Ty::Custom(&LENGTH_5)),
        ],
    ),
    call(
        "sendmsg",
        Group::NetworkIo,
        Sets::NETWORK,
        Ret::Int,
        &[
            a("sockfd", "int", Ty::Fd),
            a("msg", "struct user_msghdr *", Ty::Custom(&SENT)),
            a("flags", "unsigned int", FLAGS),
        ],
    ),
    call(
        "recvmsg",
        Group::NetworkIo,
        Sets::NETWORK,
        Ret::Int,
        &[
            a("sockfd", "int", Ty::Fd),
            a("msg", "struct user_msghdr *", Ty::Custom(&RECEIVED)),
            a("flags", "unsigned int", FLAGS),
        ],
    ),
    call(
        "sendmmsg",
        Group::NetworkIo,
        Sets::NETWORK,
        Ret::Int,
        &[
            a("sockfd", "int", Ty::Fd),
            a("msgvec", "struct mmsghdr *", Ty::Custom(&SENT_MANY)),
            a("vlen", "unsigned int", Ty::UInt),
            a("flags", "unsigned int", FLAGS),
        ],
    ),
    call(
        "recvmmsg",
        Group::NetworkIo,
        Sets::NETWORK,
        Ret::Custom(&RECEIVED_MANY_RET),
        &[
            a("sockfd", "int", Ty::Fd),
            a("msgvec", "struct mmsghdr *", Ty::Custom(&RECEIVED_MANY)),
            a("vlen", "unsigned int", Ty::UInt),
            a("flags", "unsigned int", FLAGS),
            a("timeout", "struct __kernel_timespec *", Ty::Struct(&TIMESPEC)),
        ],
    ),
    // Numbers kept for STREAMS, which was never part of the kernel.
    call("getpmsg", Group::NetworkIo, Sets::NETWORK, Ret::Int, UNUSED_5),
    call("putpmsg", Group::NetworkIo, Sets::NETWORK, Ret::Int, UNUSED_5),
    call(
        "sethostname",
        Group::Naming,
        Sets::NONE,
        Ret::Int,
        &[a("name", "char *", Ty::Custom(&HOST_NAME)), a("len", "int", Ty::UInt)],
    ),
    call(
        "setdomainname",
        Group::Naming,
        Sets::NONE,
        Ret::Int,
        &[a("name", "char *", Ty::Custom(&HOST_NAME)), a("len", "int", Ty::UInt)],
    ),
];

/// Arguments of a call without a meaning.
static UNUSED_5: &[crate::syscall::Arg] = &[
    a("arg1", "unsigned long", Ty::Hex),
    a("arg2", "unsigned long", Ty::Hex),
    a("arg3", "unsigned long", Ty::Hex),
    a("arg4", "unsigned long", Ty::Hex),
    a("arg5", "unsigned long", Ty::Hex),
];
