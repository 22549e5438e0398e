//! The messages of `sendmsg`, `recvmsg` and their calls for many at once.

use crate::capture::{Op, Operand, When};
use crate::decode::Cx;
use crate::layout::{Struct, View};
use crate::names::net::MSG_FLAGS;
use crate::structs::time::result_with_time_left;
use crate::structs::{control_message, netlink, sockaddr};
use crate::syscall::Custom;
use crate::{Abi, Status};

/// The most bytes of control messages that are copied.
const CONTROL_MAX: u16 = 1024;
/// The messages that `sendmmsg` and `recvmmsg` copy: the ops of one call are limited.
const MESSAGES: usize = 4;
/// Of these, so many with their control messages.
const WITH_CONTROL: usize = 2;

/// What the socket is, if the message has an address: the first word of the header that was read last.
const SOCKET: Op = netlink::socket_op(Operand::Word);
/// The part of a single message that is the socket; many at once have none.
const SOCKET_PART: usize = 4;
const NO_PART: usize = u8::MAX as usize;

/// Offsets of the members of `struct msghdr`.
struct Offsets {
    name: u16,
    name_len: u16,
    iov: u16,
    iov_len: u16,
    control: u16,
    control_len: u16,
    flags: u16,
    size: u16,
}

const fn offsets(abi: Abi) -> Offsets {
    match abi.word() {
        4 => Offsets {
            name: 0,
            name_len: 4,
            iov: 8,
            iov_len: 12,
            control: 16,
            control_len: 20,
            flags: 24,
            size: 28,
        },
        _ => Offsets {
            name: 0,
            name_len: 8,
            iov: 16,
            iov_len: 24,
            control: 32,
            control_len: 40,
            flags: 48,
            size: 56,
        },
    }
}

/// Bytes from one `struct mmsghdr` to the next: the header, the length and padding.
const fn stride(abi: Abi) -> u16 {
    offsets(abi).size + abi.word() as u16
}

/// Name, vector and control messages of the header that was read last.
fn header_ops(abi: Abi, total: Operand) -> [Op; 3] {
    let at = offsets(abi);
    [
        Op::array(Operand::Word, Operand::Word32, 1, 128).at(at.name).count_at(at.name_len),
        Op::iovec(Operand::Word, Operand::Word, total).at(at.iov).count_at(at.iov_len),
        Op::array(Operand::Word, Operand::Word, 1, CONTROL_MAX).at(at.control).count_at(at.control_len),
    ]
}

/// The message that `sendmsg` sends.
pub static SENT: Custom = Custom {
    capture: |abi| {
        let [name, vector, control] = header_ops(abi, Operand::None);
        vec![Op::record(Operand::Arg(1), offsets(abi).size).base(), name, vector, control, SOCKET]
    },
    print: |cx, arg| one(cx, arg, None),
};

/// The message that `recvmsg` fills.
pub static RECEIVED: Custom = Custom {
    capture: |abi| {
        let [name, vector, control] = header_ops(abi, Operand::Ret);
        vec![
            Op::record(Operand::Arg(1), offsets(abi).size).base(),
            name.if_ok(),
            vector.if_ok(),
            control.if_ok(),
            SOCKET,
        ]
    },
    print: |cx, arg| {
        if cx.call.ok() {
            let total = cx.call.ret.map_or(0, |ret| ret.max(0) as u64);
            return one(cx, arg, Some(total));
        }
        // A call that failed filled in nothing; what it was given of the name's buffer still stands.
        let (at, value) = (offsets(cx.call.abi), cx.arg(arg));
        let Some(view) = cx.record(arg, 0, at.size as usize) else { return cx.out.address(value) };
        cx.out.begin_struct();
        cx.out.field("msg_namelen");
        cx.out.int(i64::from(view.i32(at.name_len as usize).unwrap_or(0)));
        cx.out.end_struct(false);
    },
};

fn one(cx: &mut Cx<'_, '_>, arg: usize, total: Option<u64>) {
    let value = cx.arg(arg);
    match cx.record(arg, 0, offsets(cx.call.abi).size as usize) {
        Some(view) => header(cx, arg, Parts { first: 0, control: true, socket: true }, view, total),
        None => cx.out.address(value),
    }
}

/// Where the copies of one message stand: the header, its name, its vector, then what not all have.
#[derive(Clone, Copy)]
struct Parts {
    first: usize,
    control: bool,
    socket: bool,
}

/// Shows the message with the header in `view`.
fn header(cx: &mut Cx<'_, '_>, arg: usize, parts: Parts, view: View<'_>, total: Option<u64>) {
    let at = offsets(cx.call.abi);
    let word = |offset: u16| view.word(offset as usize).unwrap_or(0);
    let (name, name_len) = (word(at.name), view.i32(at.name_len as usize).unwrap_or(0));
    cx.out.begin_struct();
    cx.out.field("msg_name");
    let copied =
        cx.blob(arg, parts.first + 1).filter(|blob| blob.bytes.len() >= 2 && name != 0 && name_len >= 2);
    match copied {
        Some(blob) => sockaddr::print(cx, blob.bytes, name_len as u64),
        None => cx.out.address(name),
    }
    cx.out.field("msg_namelen");
    cx.out.int(i64::from(name_len));
    cx.out.field("msg_iov");
    let (iov, iov_len) = (word(at.iov), word(at.iov_len));
    let socket = if parts.socket { parts.first + SOCKET_PART } else { NO_PART };
    let family = copied.and_then(|blob| View { abi: cx.call.abi, bytes: blob.bytes }.u16(0));
    if iov == 0 {
        cx.out.address(0);
    } else if let Some(protocol) = netlink::protocol(cx, family, arg, socket) {
        netlink::vector(cx, protocol, arg, parts.first + 2, iov, iov_len, total);
    } else {
        cx.iovec(arg, parts.first + 2, iov, iov_len, total);
    }
    cx.out.field("msg_iovlen");
    cx.out.uint(iov_len);
    let (control, control_len) = (word(at.control), word(at.control_len));
    if control_len != 0 {
        cx.out.field("msg_control");
        let blob = cx.blob(arg, parts.first + 3).filter(|_| parts.control && control != 0);
        match blob.filter(|blob| blob.status != Status::Fault) {
            Some(blob) => control_message::print(cx, blob.bytes, control_len, control),
            None => cx.out.address(control),
        }
    }
    cx.out.field("msg_controllen");
    cx.out.uint(control_len);
    cx.out.field("msg_flags");
    cx.out.flags(&MSG_FLAGS, u64::from(view.u32(at.flags as usize).unwrap_or(0)));
    cx.out.end_struct(false);
}

/// The first part of message `index`: four for each message with control messages, three for the others.
const fn first_part(index: usize) -> usize {
    if index < WITH_CONTROL { index * 4 } else { index * 3 + WITH_CONTROL }
}

/// The messages of `sendmmsg`.
pub static SENT_MANY: Custom = Custom {
    capture: |abi| {
        many_ops(abi, |index, op, is_vector| match (index, is_vector) {
            // A vector's `total` bounds its data, so that it can't count messages.
            (0, true) => op,
            (_, true) => op.when(When::RetAbove(index)),
            _ => op.total(Operand::Arg(2)).when(When::TotalAbove(index)),
        })
    },
    print: |cx, arg| {
        let count = cx.arg(2) as u32;
        many(cx, arg, u64::from(count), true);
    },
};

/// The messages of `recvmmsg`.
pub static RECEIVED_MANY: Custom = Custom {
    capture: |abi| many_ops(abi, |index, op, _| op.when(When::RetAbove(index))),
    print: |cx, arg| {
        let value = cx.arg(arg);
        match cx.call.ret {
            Some(count) if cx.call.ok() => many(cx, arg, count.max(0) as u64, false),
            _ => cx.out.address(value),
        }
    },
};

/// Parts are numbered by position, so messages without control messages stand last and leave no gap.
fn many_ops(abi: Abi, condition: fn(u8, Op, bool) -> Op) -> Vec<Op> {
    let mut ops = Vec::new();
    for index in 0..MESSAGES {
        let [name, vector, control] = header_ops(abi, Operand::None);
        let at = index as u16 * stride(abi);
        // The length of the message follows its header.
        let header = Op::record(Operand::Arg(1), offsets(abi).size + 4).at(at).base();
        let n = index as u8;
        ops.extend([condition(n, header, false), condition(n, name, false), condition(n, vector, true)]);
        if index < WITH_CONTROL {
            ops.push(condition(n, control, false));
        }
    }
    ops
}

fn many(cx: &mut Cx<'_, '_>, arg: usize, count: u64, sent: bool) {
    let value = cx.arg(arg);
    let size = offsets(cx.call.abi).size as usize;
    if count > 0 && cx.record(arg, 0, size).is_none() || value == 0 {
        return cx.out.address(value);
    }
    let done = cx.call.ret.map_or(0, |ret| ret.max(0) as u64);
    cx.out.begin_array(false);
    let shown = (count as usize).min(MESSAGES);
    let mut cut = count as usize > MESSAGES;
    for index in 0..shown {
        let part = first_part(index);
        let Some(view) = cx.record(arg, part, size) else {
            cut = true;
            break;
        };
        cx.out.item();
        cx.out.begin_struct();
        let length = view.u32(size).map(u64::from);
        let finished = (index as u64) < done;
        cx.out.field("msg_hdr");
        let parts = Parts { first: part, control: index < WITH_CONTROL, socket: false };
        header(cx, arg, parts, view.slice(0, size), length.filter(|_| !sent));
        if let Some(length) = length.filter(|_| finished) {
            cx.out.field("msg_len");
            cx.out.uint(length);
        }
        cx.out.end_struct(false);
    }
    cx.out.end_array(cut);
}

/// The result of `recvmmsg` with what is left of its time limit.
pub static RECEIVED_MANY_RET: Custom =
    Custom { capture: |_| Vec::new(), print: |cx, _| time_left(cx, &crate::structs::time::TIMESPEC) };

/// The same with 64-bit seconds.
pub static RECEIVED_MANY_RET64: Custom =
    Custom { capture: |_| Vec::new(), print: |cx, _| time_left(cx, &crate::structs::time::TIMESPEC64) };

fn time_left(cx: &mut Cx<'_, '_>, layout: &'static Struct) {
    result_with_time_left(cx, 4, layout);
}

#[cfg(test)]
mod tests {
    use crate::testing::{Copy, check, check_i386, longs, words};

    /// An element of a vector of buffers as the kernel side copies it.
    fn buffer(base: u64, len: u64, bytes: &[u8]) -> Vec<u8> {
        [&longs(&[base, len])[..], &words(&[bytes.len() as u32]), bytes].concat()
    }

    #[test]
    fn one_message() {
        let header = longs(&[0x2000, 16, 0x3000, 1, 0, 0, 0]);
        let name = [2, 0, 0, 80, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
        let data = buffer(0x4000, 10, b"abc");
        let memory: &[Copy<'_>] = &[(1, 0, &header), (1, 1, &name), (1, 2, &data)];
        check(
            "recvmsg",
            &[3, 0x1000, 0x40],
            3,
            memory,
            "recvmsg(3, {msg_name={sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr(\"127.0.0.1\")}, \
             msg_namelen=16, msg_iov=[{iov_base=\"abc\", iov_len=10}], msg_iovlen=1, msg_controllen=0, \
             msg_flags=0}, MSG_DONTWAIT) = 3",
        );
        check("recvmsg", &[3, 0x1000, 0], -11, memory, "recvmsg(3, {msg_namelen=16}, 0) = -1");
        check("sendmsg", &[3, 8, 0], -14, &[], "sendmsg(3, 0x8, 0) = -1");
        let narrow = words(&[0, 0, 0x3000, 1, 0, 0, 0x20]);
        check_i386(
            "sendmsg",
            &[3, 0x1000, 0],
            3,
            &[(1, 0, &narrow), (1, 2, &buffer(0x4000, 3, b"abc"))],
            "sendmsg(3, {msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base=\"abc\", iov_len=3}], msg_iovlen=1, \
             msg_controllen=0, msg_flags=MSG_TRUNC}, 0) = 3",
        );
    }

    #[test]
    fn many_messages() {
        let header = |len| longs(&[0, 0, 0x3000, 1, 0, 0, 0, len]);
        let (first, second, third) = (header(5), header(2), header(9));
        let data = buffer(0x4000, 5, b"hello");
        let memory: &[Copy<'_>] = &[
            (1, 0, &first),
            (1, 2, &data),
            (1, 4, &second),
            (1, 6, &data),
            (1, 8, &third),
            (1, 10, &data),
            (4, 0, &longs(&[0, 7])),
        ];
        let message = |text, len| {
            format!(
                "{{msg_hdr={{msg_name=NULL, msg_namelen=0, msg_iov=[{{iov_base={text}, iov_len=5}}], \
                 msg_iovlen=1, msg_controllen=0, msg_flags=0}}{len}}}"
            )
        };
        let (whole, part) = (message("\"hello\"", ", msg_len=5"), message("\"he\"", ", msg_len=2"));
        check(
            "recvmmsg",
            &[3, 0x1000, 4, 0, 0x2000],
            2,
            memory,
            &format!(
                "recvmmsg(3, [{whole}, {part}], 4, 0, {{tv_sec=0, tv_nsec=7}}) = 2 (left {{tv_sec=0, tv_nsec=7}})"
            ),
        );
        check(
            "recvmmsg",
            &[3, 0x1000, 4, 0, 0],
            -11,
            memory,
            "recvmmsg(3, 0x1000, 4, 0, {tv_sec=0, tv_nsec=7}) = -1",
        );
        let unsent = message("\"hello\"", "");
        check(
            "sendmmsg",
            &[3, 0x1000, 5, 0],
            1,
            memory,
            &format!("sendmmsg(3, [{whole}, {unsent}, {unsent}, ...], 5, 0) = 1"),
        );
        check("sendmmsg", &[3, 0x1000, 0, 0], 0, &[], "sendmmsg(3, [], 0, 0) = 0");
    }

    #[test]
    fn the_ops_fit() {
        for abi in [crate::Abi::X86_64, crate::Abi::I386] {
            let options = crate::capture::Options { fds: true };
            for name in ["sendmmsg", "recvmmsg"] {
                let syscall = crate::calls::find(abi, name).unwrap();
                assert!(crate::capture::program(syscall, abi, options).ops.len() <= crate::capture::MAX_OPS);
            }
        }
    }
}
