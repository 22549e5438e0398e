//! What asynchronous I/O takes: control blocks and events of `io_submit`, rings of `io_uring`.

use crate::Status;
use crate::capture::{Op, Operand, RECORD_MAX, When};
use crate::decode::Cx;
use crate::layout::{Field, Item, Prim, Struct, View, f, pad, plain};
use crate::names::io as names;
use crate::names::{Enum, Flags, poll};
use crate::structs::file::address;
use crate::structs::signal::sigset;
use crate::syscall::{ByArg, Custom, Len, Ty};

/// The context that `io_setup` delivers.
pub const CONTEXT_OUT: Ty = Ty::Out(&Ty::Ref(&Item::Scalar(Prim::ULong, Ty::Hex)));

/// What became of a request.
pub static IO_EVENT: Struct = plain(
    "io_event",
    &[
        f("data", Prim::U64, Ty::Hex),
        f("obj", Prim::U64, Ty::Hex),
        f("res", Prim::I64, Ty::Long),
        f("res2", Prim::I64, Ty::Long),
    ],
);

/// The events that `io_getevents` delivers.
pub const IO_EVENTS: Ty = Ty::Out(&Ty::Array(&Item::Struct(&IO_EVENT), Len::Ret));

const IOCB_BYTES: usize = 64;

/// A control block as `io_cancel` shows it: enough to know it again.
pub static IOCB_SHORT: Struct = Struct {
    name: "iocb",
    fields: &[f("iocb", Prim::Array(8, &Item::Scalar(Prim::U64, Ty::Hex)), Ty::Absent)],
    print: Some(|cx, view| {
        cx.out.begin_struct();
        iocb_head(cx, view);
        cx.out.end_struct(false);
    }),
    abbreviated: false,
};

/// Control blocks of `io_submit` whose data are copied with them, and all that are copied.
const WITH_DATA: u8 = 3;
const COPIED: u8 = 9;

/// The control blocks of `io_submit`: pointers in argument 2, as many as argument 1 says.
pub static IOCBS: Custom = Custom { capture: |abi| capture_iocbs(abi.word() as u16), print: print_iocbs };

/// A record read by pointers can't keep two levels of them: for each block with data the pointers are
/// read again, then the block, then the data it points to.
fn capture_iocbs(word: u16) -> Vec<Op> {
    let pointers = || Op::array(Operand::Arg(2), Operand::Arg(1), word, 128).base();
    let block = |n: u8| {
        Op::record(Operand::Word, IOCB_BYTES as u16)
            .at(u16::from(n) * word)
            .total(Operand::Arg(1))
            .when(When::TotalAbove(n))
    };
    let mut ops = Vec::new();
    for n in 0..WITH_DATA {
        ops.push(pointers());
        ops.push(block(n).base());
        ops.push(
            Op::array(Operand::Word, Operand::Word32, 1, 0)
                .at(24)
                .count_at(32)
                .total(Operand::Arg(1))
                .when(When::TotalAbove(n)),
        );
    }
    ops.push(pointers());
    ops.extend((WITH_DATA..COPIED).map(block));
    ops
}

fn print_iocbs(cx: &mut Cx<'_, '_>, arg: usize) {
    let count = cx.arg(1);
    let pointers = match cx.blob(arg, 0) {
        Some(blob) if blob.status != Status::Fault => blob.bytes,
        None if count == 0 && cx.arg(arg) != 0 => &[],
        _ => return address(cx, arg),
    };
    let word = cx.call.abi.word();
    cx.out.begin_array(false);
    let mut shown = 0;
    for (n, pointer) in pointers.chunks_exact(word).take(usize::from(COPIED)).enumerate() {
        if n as u64 >= count {
            break;
        }
        let pointer = View { abi: cx.call.abi, bytes: pointer }.word(0).unwrap_or(0);
        let with_data = n < usize::from(WITH_DATA);
        let part =
            if with_data { 3 * n + 1 } else { 3 * usize::from(WITH_DATA) + 1 + n - usize::from(WITH_DATA) };
        cx.out.item();
        match cx.record(arg, part, IOCB_BYTES) {
            Some(view) => print_iocb(cx, view, with_data.then(|| cx.blob(arg, part + 1)).flatten()),
            None => cx.out.address(pointer),
        }
        shown += 1;
    }
    cx.out.end_array(shown < count);
}

/// The members before the operation's own.
fn iocb_head(cx: &mut Cx<'_, '_>, view: View<'_>) -> u16 {
    const IOPRIO: u32 = 2;
    let operation = view.u16(16).unwrap_or(0);
    let unsigned = |at: usize, size: usize| view.unsigned(at, size).unwrap_or(0);
    if unsigned(0, 8) != 0 {
        cx.out.field("aio_data");
        cx.out.hex(unsigned(0, 8));
    }
    if unsigned(8, 4) != 0 {
        cx.out.field("aio_key");
        cx.out.uint(unsigned(8, 4));
    }
    if unsigned(12, 4) != 0 {
        cx.out.field("aio_rw_flags");
        cx.out.flags(&names::RWF_FLAGS, unsigned(12, 4));
    }
    cx.out.field("aio_lio_opcode");
    match names::AIO_OP.name(u64::from(operation)) {
        Some(name) => cx.out.symbol(name),
        None => {
            cx.out.uint(u64::from(operation));
            cx.out.comment(format_args!("{}", names::AIO_OP.unknown));
        }
    }
    let priority = view.u16(18).unwrap_or(0);
    if view.u32(56).unwrap_or(0) & IOPRIO != 0 {
        cx.out.field("aio_reqprio");
        crate::structs::sched::ioprio(cx.out, u32::from(priority));
    } else if priority != 0 {
        cx.out.field("aio_reqprio");
        cx.out.int(i64::from(priority as i16));
    }
    cx.out.field("aio_fildes");
    cx.out.fd(i64::from(view.i32(20).unwrap_or(0)), None);
    operation
}

fn print_iocb(cx: &mut Cx<'_, '_>, view: View<'_>, data: Option<crate::Blob<'_>>) {
    const PREAD: u16 = 0;
    const PWRITE: u16 = 1;
    const POLL: u16 = 5;
    const PREADV: u16 = 7;
    const PWRITEV: u16 = 8;
    const RESFD: u32 = 1;
    let (buffer, length) = (view.u64(24).unwrap_or(0), view.u64(32).unwrap_or(0));
    cx.out.begin_struct();
    let operation = iocb_head(cx, view);
    match operation {
        PREAD | PWRITE | PREADV | PWRITEV => {
            cx.out.field("aio_buf");
            match data.filter(|data| operation == PWRITE && data.status != Status::Fault) {
                Some(data) => cx.out.string(data.bytes, (data.bytes.len() as u64) < length),
                None => cx.out.address(buffer),
            }
            cx.out.field("aio_nbytes");
            cx.out.uint(length);
            cx.out.field("aio_offset");
            cx.out.int(view.u64(40).unwrap_or(0) as i64);
        }
        POLL => {
            cx.out.field("aio_buf");
            cx.out.flags(&poll::POLL_EVENTS, buffer);
        }
        _ => {}
    }
    let flags = view.u32(56).unwrap_or(0);
    if flags != 0 {
        cx.out.field("aio_flags");
        cx.out.flags(&names::AIO_FLAGS, u64::from(flags));
    }
    if flags & RESFD != 0 {
        cx.out.field("aio_resfd");
        cx.out.fd(i64::from(view.i32(60).unwrap_or(0)), None);
    }
    cx.out.end_struct(false);
}

const fn ring_offsets(last: [&'static str; 3]) -> [Field; 9] {
    [
        f("head", Prim::U32, Ty::UInt),
        f("tail", Prim::U32, Ty::UInt),
        f("ring_mask", Prim::U32, Ty::UInt),
        f("ring_entries", Prim::U32, Ty::UInt),
        f(last[0], Prim::U32, Ty::UInt),
        f(last[1], Prim::U32, Ty::UInt),
        f(last[2], Prim::U32, Ty::UInt),
        Field { name: "resv1", prim: Prim::U32, ty: Ty::Hex, hidden: true },
        Field { name: "user_addr", prim: Prim::U64, ty: Ty::Addr, hidden: true },
    ]
}

static SQ_FIELDS: [Field; 9] = ring_offsets(["flags", "dropped", "array"]);
static CQ_FIELDS: [Field; 9] = ring_offsets(["overflow", "cqes", "flags"]);

static RESERVED: Item = Item::Scalar(Prim::U32, Ty::Hex);

/// The parameters of `io_uring_setup`: what was asked for and, after success, what the ring is.
pub static IO_URING_PARAMS: Custom = Custom {
    capture: |_| vec![Op::record(Operand::Arg(1), 120)],
    print: |cx, arg| {
        const ATTACH_WQ: u32 = 0x20;
        let Some(view) = cx.record(arg, 0, 120) else { return address(cx, arg) };
        let word = |n: usize| view.u32(4 * n).unwrap_or(0);
        cx.out.begin_struct();
        cx.out.field("flags");
        cx.out.flags(&names::IO_URING_SETUP_FLAGS, u64::from(word(2)));
        cx.out.field("sq_thread_cpu");
        cx.out.hex(u64::from(word(3)));
        cx.out.field("sq_thread_idle");
        cx.out.uint(u64::from(word(4)));
        if word(2) & ATTACH_WQ != 0 {
            cx.out.field("wq_fd");
            cx.out.fd(i64::from(word(6) as i32), None);
        }
        if (7..10).any(|n| word(n) != 0) {
            cx.out.field("resv");
            cx.elements(&RESERVED, view.slice(28, 12), 3);
        }
        if cx.call.ok() {
            cx.out.field("sq_entries");
            cx.out.uint(u64::from(word(0)));
            cx.out.field("cq_entries");
            cx.out.uint(u64::from(word(1)));
            cx.out.field("features");
            cx.out.flags(&names::IO_URING_FEATURES, u64::from(word(5)));
            for (name, fields, at) in [("sq_off", &SQ_FIELDS, 40), ("cq_off", &CQ_FIELDS, 80)] {
                cx.out.field(name);
                cx.out.begin_struct();
                cx.fields(&fields[..7], view.slice(at, 40));
                if view.u32(at + 28).unwrap_or(0) != 0 {
                    cx.out.field("resv1");
                    cx.out.hex(u64::from(view.u32(at + 28).unwrap_or(0)));
                }
                if view.u64(at + 32).unwrap_or(0) != 0 {
                    cx.out.field("resv2");
                    cx.out.hex(view.u64(at + 32).unwrap_or(0));
                }
                cx.out.end_struct(false);
            }
        }
        cx.out.end_struct(false);
    },
};

/// The signal mask of `io_uring_enter`; with `IORING_ENTER_EXT_ARG` the pointer is to something else.
pub static IO_URING_SIG: Custom = Custom {
    capture: |_| vec![Op::record(Operand::Arg(4), 8)],
    print: |cx, arg| {
        const EXT_ARG: u64 = 8;
        let plain = cx.arg(3) & EXT_ARG == 0 && cx.arg(5) == 8;
        match cx.record(arg, 0, 8).filter(|_| plain) {
            Some(view) => sigset(cx.out, view),
            None => address(cx, arg),
        }
    },
};

/// The operation of `io_uring_register`, with the bit that says the ring is a registered one.
pub static IO_URING_OPCODE: Custom = Custom {
    capture: |_| Vec::new(),
    print: |cx, arg| {
        const REGISTERED: u64 = 1 << 31;
        let word = cx.arg(arg) & 0xffff_ffff;
        let name = names::IO_URING_REGISTER_OP.name(word & !REGISTERED);
        match name {
            Some(name) if word & REGISTERED == 0 => cx.out.symbol(name),
            Some(name) => {
                let text = format!("IORING_REGISTER_USE_REGISTERED_RING|{name}");
                cx.out.form(format_args!("{text}"), crate::sink::Plain::Text(&text));
            }
            None => cx.out.unknown(word, names::IO_URING_REGISTER_OP.unknown),
        }
    },
};

static IOVEC: Struct =
    plain("iovec", &[f("iov_base", Prim::Ptr, Ty::Addr), f("iov_len", Prim::ULong, Ty::ULong)]);
const FDS: Ty = Ty::Array(&Item::Scalar(Prim::I32, Ty::Fd), Len::Arg(3));

static FD: Item = Item::Scalar(Prim::I32, Ty::Fd);

/// Descriptors that replace registered ones.
static FILES_UPDATE: Custom = Custom {
    capture: |_| {
        vec![
            Op::record(Operand::Arg(2), 16).base(),
            Op::array(Operand::Word, Operand::Arg(3), 4, RECORD_MAX).at(8),
        ]
    },
    print: |cx, arg| {
        let Some(view) = cx.record(arg, 0, 16) else { return address(cx, arg) };
        cx.out.begin_struct();
        cx.out.field("offset");
        cx.out.uint(u64::from(view.u32(0).unwrap_or(0)));
        cx.out.field("fds");
        match cx.blob(arg, 1) {
            Some(fds) if fds.status != Status::Fault => {
                let count = (cx.arg(3) & 0xffff_ffff).min(fds.bytes.len() as u64 / 4);
                cx.elements(&FD, View { abi: cx.call.abi, bytes: fds.bytes }, count);
            }
            _ => cx.out.address(view.u64(8).unwrap_or(0)),
        }
        cx.out.end_struct(false);
    },
};
static RSRC_REGISTER: Struct = plain(
    "io_uring_rsrc_register",
    &[
        f("nr", Prim::U32, Ty::UInt),
        f("flags", Prim::U32, Ty::Flags(&RSRC_FLAGS)),
        pad(Prim::U64),
        f("data", Prim::U64, Ty::Addr),
        f("tags", Prim::U64, Ty::Addr),
    ],
);
static RSRC_FLAGS: Flags =
    Flags { unknown: "IORING_RSRC_???", zero: "", fields: &[], bits: &[(1, "IORING_RSRC_REGISTER_SPARSE")] };
static RSRC_UPDATE2: Struct = plain(
    "io_uring_rsrc_update2",
    &[
        f("offset", Prim::U32, Ty::UInt),
        pad(Prim::U32),
        f("data", Prim::U64, Ty::Addr),
        f("tags", Prim::U64, Ty::Addr),
        f("nr", Prim::U32, Ty::UInt),
        pad(Prim::U32),
    ],
);
static RING_FD: Struct = plain(
    "io_uring_rsrc_update",
    &[f("offset", Prim::U32, Ty::UInt), pad(Prim::U32), f("data", Prim::U64, Ty::ULong)],
);
static PBUF_RING: Struct = plain(
    "io_uring_buf_reg",
    &[
        f("ring_addr", Prim::U64, Ty::Addr),
        f("ring_entries", Prim::U32, Ty::UInt),
        f("bgid", Prim::U16, Ty::UInt),
        pad(Prim::U16),
        pad(Prim::Array(3, &Item::Scalar(Prim::U64, Ty::Hex))),
    ],
);
static RESTRICTION: Struct = plain(
    "io_uring_restriction",
    &[
        f("opcode", Prim::U16, Ty::Enum(&RESTRICTION_OP)),
        f("value", Prim::U8, Ty::UInt),
        pad(Prim::U8),
        pad(Prim::Array(3, &Item::Scalar(Prim::U32, Ty::Hex))),
    ],
);
static RESTRICTION_OP: Enum = Enum {
    unknown: "IORING_RESTRICTION_???",
    values: &[
        (0, "IORING_RESTRICTION_REGISTER_OP"),
        (1, "IORING_RESTRICTION_SQE_OP"),
        (2, "IORING_RESTRICTION_SQE_FLAGS_ALLOWED"),
        (3, "IORING_RESTRICTION_SQE_FLAGS_REQUIRED"),
    ],
};

/// What `io_uring_register` registers.
pub static IO_URING_ARG: ByArg = ByArg {
    arg: 1,
    mask: 0x7fff_ffff,
    table: &[
        (0, Ty::Array(&Item::Struct(&IOVEC), Len::Arg(3))),
        (2, FDS),
        (4, FDS),
        (6, Ty::Custom(&FILES_UPDATE)),
        (7, FDS),
        (8, Ty::Custom(&PROBE)),
        (11, Ty::Array(&Item::Struct(&RESTRICTION), Len::Arg(3))),
        (13, Ty::Struct(&RSRC_REGISTER)),
        (14, Ty::Struct(&RSRC_UPDATE2)),
        (15, Ty::Struct(&RSRC_REGISTER)),
        (16, Ty::Struct(&RSRC_UPDATE2)),
        (20, Ty::Array(&Item::Struct(&RING_FD), Len::Arg(3))),
        (21, Ty::Array(&Item::Struct(&RING_FD), Len::Arg(3))),
        (22, Ty::Struct(&PBUF_RING)),
        (23, Ty::Struct(&PBUF_RING)),
    ],
    otherwise: Ty::Addr,
};

/// The operations that a kernel supports.
static PROBE: Custom = Custom {
    capture: |_| vec![Op::record(Operand::Arg(2), RECORD_MAX.min(16 + 8 * 128)).if_ok()],
    print: |cx, arg| {
        let Some(view) = cx.record(arg, 0, 16).filter(|_| cx.call.ok()) else { return address(cx, arg) };
        let count = u64::from(view.bytes[1]).min(cx.arg(3) & 0xffff_ffff);
        cx.out.begin_struct();
        cx.out.field("last_op");
        cx.out.uint(u64::from(view.bytes[0]));
        cx.out.field("ops_len");
        cx.out.uint(u64::from(view.bytes[1]));
        cx.out.field("ops");
        let have = ((view.bytes.len() - 16) / 8) as u64;
        cx.elements(&PROBE_ITEM, view.slice(16, usize::MAX), count.min(have));
        cx.out.end_struct(false);
    },
};

static PROBE_FLAGS: Flags =
    Flags { unknown: "IO_URING_OP_???", zero: "", fields: &[], bits: &[(1, "IO_URING_OP_SUPPORTED")] };
static PROBE_ITEM: Item = Item::Struct(&PROBE_OP);
static PROBE_OP: Struct = plain(
    "io_uring_probe_op",
    &[
        f("op", Prim::U8, Ty::UInt),
        pad(Prim::U8),
        f("flags", Prim::U16, Ty::Flags(&PROBE_FLAGS)),
        pad(Prim::U32),
    ],
);

#[cfg(test)]
mod tests {
    use crate::testing::{check, longs, words};

    #[test]
    fn control_blocks_show_what_they_write() {
        let block = [longs(&[0x11]), words(&[0, 0, 1, 5]), longs(&[0x99, 5, 7, 0]), words(&[1, 9])].concat();
        check(
            "io_submit",
            &[0x10, 1, 1],
            1,
            &[(2, 0, &longs(&[0x88])), (2, 1, &block), (2, 2, b"hello")],
            "io_submit(0x10, 1, [{aio_data=0x11, aio_lio_opcode=IOCB_CMD_PWRITE, aio_fildes=5, aio_buf=\"hello\", \
             aio_nbytes=5, aio_offset=7, aio_flags=IOCB_FLAG_RESFD, aio_resfd=9}]) = 1",
        );
        check("io_submit", &[0x10, 0, 1], 0, &[], "io_submit(0x10, 0, []) = 0");
        check("io_submit", &[0x10, 1, 1], -14, &[(2, 0, &longs(&[0]))], "io_submit(0x10, 1, [NULL]) = -1");
        check(
            "io_getevents",
            &[0x10, 1, 9, 1, 0],
            1,
            &[(3, 0, &longs(&[1, 2, 3, 4]))],
            "io_getevents(0x10, 1, 9, [{data=0x1, obj=0x2, res=3, res2=4}], NULL) = 1",
        );
    }

    #[test]
    fn rings() {
        let mut parameters = words(&[1, 2, 8, 0, 5, 2, 0, 0, 0, 0]);
        parameters.resize(120, 0);
        check(
            "io_uring_setup",
            &[8, 1],
            -22,
            &[(1, 0, &parameters)],
            "io_uring_setup(8, {flags=IORING_SETUP_CQSIZE, sq_thread_cpu=0, sq_thread_idle=5}) = -1",
        );
        check(
            "io_uring_register",
            &[3, 2, 1, 2],
            0,
            &[(2, 0, &words(&[3, u32::MAX]))],
            "io_uring_register(3, IORING_REGISTER_FILES, [3, -1], 2) = 0",
        );
        check(
            "io_uring_register",
            &[3, 0x8000_0002, 1, 1],
            0,
            &[(2, 0, &words(&[3]))],
            "io_uring_register(3, IORING_REGISTER_USE_REGISTERED_RING|IORING_REGISTER_FILES, [3], 1) = 0",
        );
        check(
            "io_uring_enter",
            &[3, 1, 2, 1, 1, 8],
            1,
            &[(4, 0, &longs(&[0x4002]))],
            "io_uring_enter(3, 1, 2, IORING_ENTER_GETEVENTS, [INT TERM], 8) = 1",
        );
    }
}
