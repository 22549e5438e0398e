//! System V interprocess communication and POSIX queues.

use crate::Abi;
use crate::capture::{Op, Operand};
use crate::decode::Cx;
use crate::layout::{Item, Prim, Struct, View, f, pad, plain};
use crate::names::{Enum, Flags, ipc};
use crate::structs::sockaddr::named;
use crate::structs::time::SIGEVENT;
use crate::syscall::{Custom, Ty};

/// A key: `IPC_PRIVATE` or a number in hexadecimal.
pub const KEY: Ty = Ty::Enum(&KEY_NAMES);
static KEY_NAMES: Enum = Enum { unknown: "", values: &[(0, "IPC_PRIVATE")] };

/// Flags of `shmget` with the permissions in the low bits.
pub static SHM_GET_FLAGS: Custom = Custom {
    capture: |_| Vec::new(),
    print: |cx, arg| get_flags(cx, arg, &crate::names::memory::SHMGET_FLAGS),
};
/// Flags of `semget`.
pub static SEM_GET_FLAGS: Custom =
    Custom { capture: |_| Vec::new(), print: |cx, arg| get_flags(cx, arg, &ipc::SEMGET_FLAGS) };
/// Flags of `msgget`.
pub static MSG_GET_FLAGS: Custom =
    Custom { capture: |_| Vec::new(), print: |cx, arg| get_flags(cx, arg, &ipc::MSGGET_FLAGS) };

fn get_flags(cx: &mut Cx<'_, '_>, arg: usize, set: &'static Flags) {
    let value = cx.arg(arg) as u32;
    show_get_flags(cx, value, set);
}

/// Shows named flags, the rest in hexadecimal, and always the permissions in octal.
pub fn show_get_flags(cx: &mut Cx<'_, '_>, value: u32, set: &'static Flags) {
    const MODE: u32 = 0o777;
    cx.out.begin_flags();
    let rest = set.split(u64::from(value & !MODE), |name| {
        cx.out.item();
        cx.out.symbol(name);
    });
    if rest != 0 {
        cx.out.item();
        cx.out.hex(rest);
    }
    cx.out.item();
    cx.out.octal(u64::from(value & MODE));
    cx.out.end_flags();
}

/// A control command with the flag that asks for the new structures.
pub static SHM_COMMAND: Custom =
    Custom { capture: |_| Vec::new(), print: |cx, arg| command(cx, arg, &crate::names::memory::SHMCTL_CMD) };
/// The command of `semctl`.
pub static SEM_COMMAND: Custom =
    Custom { capture: |_| Vec::new(), print: |cx, arg| command(cx, arg, &ipc::SEMCTL_CMD) };
/// The command of `msgctl`.
pub static MSG_COMMAND: Custom =
    Custom { capture: |_| Vec::new(), print: |cx, arg| command(cx, arg, &ipc::MSGCTL_CMD) };

fn command(cx: &mut Cx<'_, '_>, arg: usize, set: &'static Enum) {
    let value = cx.arg(arg) as u32;
    show_command(cx, value, set);
}

/// Shows a control command.
pub fn show_command(cx: &mut Cx<'_, '_>, value: u32, set: &'static Enum) {
    const IPC_64: u32 = 0x100;
    if value & IPC_64 == 0 {
        return named(cx.out, set, u64::from(value));
    }
    cx.out.begin_flags();
    cx.out.item();
    cx.out.symbol("IPC_64");
    cx.out.item();
    named(cx.out, set, u64::from(value & !IPC_64));
    cx.out.end_flags();
}

/// Owner, permissions and key of an object. The mode has two bytes on i386 and as many of padding.
static PERM: Struct = plain(
    "ipc64_perm",
    &[
        f("key", Prim::I32, Ty::Int),
        f("uid", Prim::U32, Ty::Id),
        f("gid", Prim::U32, Ty::Id),
        f("cuid", Prim::U32, Ty::Id),
        f("cgid", Prim::U32, Ty::Id),
        f("mode", Prim::U32, Ty::Hex),
        pad(Prim::U32),
        pad(Prim::ULong),
        pad(Prim::ULong),
    ],
);

/// Shows the permissions in `view`; `all` adds what can't be set.
fn perm(cx: &mut Cx<'_, '_>, name: &str, view: View<'_>, all: bool) {
    let id = |at| view.u32(at).map_or(-1, |id| if id == u32::MAX { -1 } else { i64::from(id) });
    let mode = match view.abi {
        Abi::I386 => u64::from(view.u16(20).unwrap_or(0)),
        _ => u64::from(view.u32(20).unwrap_or(0)),
    };
    cx.out.field(name);
    cx.out.begin_struct();
    cx.out.field("uid");
    cx.out.int(id(4));
    cx.out.field("gid");
    cx.out.int(id(8));
    cx.out.field("mode");
    cx.out.octal(mode);
    if all {
        cx.out.field("key");
        cx.out.uint(u64::from(view.u32(0).unwrap_or(0)));
        cx.out.field("cuid");
        cx.out.int(id(12));
        cx.out.field("cgid");
        cx.out.int(id(16));
    }
    cx.out.end_struct(false);
}

/// Bytes of [`PERM`].
const fn perm_size(abi: Abi) -> usize {
    if abi.word() == 4 { 36 } else { 48 }
}

/// Shows a time of the new structures: in the narrow ABI its upper half stands in the next word.
fn wide_time(cx: &mut Cx<'_, '_>, name: &str, view: View<'_>, at: usize) {
    let low = view.word(at).unwrap_or(0);
    let high = if view.abi.word() == 4 { view.word(at + 4).unwrap_or(0) } else { 0 };
    cx.out.field(name);
    cx.out.int((low | high << 32) as i64);
}

fn uint(cx: &mut Cx<'_, '_>, name: &str, value: Option<u64>) {
    cx.out.field(name);
    cx.out.uint(value.unwrap_or(0));
}

fn pid(cx: &mut Cx<'_, '_>, name: &str, value: Option<i32>) {
    cx.out.field(name);
    cx.out.int(i64::from(value.unwrap_or(0)));
}

/// Bytes of two words: a time with its upper half, or with the padding beside it.
const PAIR: Prim = Prim::Array(2, &Item::Scalar(Prim::ULong, Ty::Hex));

/// A shared memory segment.
pub static SHMID_DS: Struct = Struct {
    name: "shmid64_ds",
    fields: &[
        f("shm_perm", Prim::Sub(&PERM), Ty::Absent),
        f("shm_segsz", Prim::ULong, Ty::ULong),
        // The times: a word each, or two in the narrow ABI, where the rest is that much shorter.
        pad(Prim::Array(3, &Item::Scalar(Prim::I64, Ty::Hex))),
        pad(Prim::I32),
        pad(Prim::I32),
        pad(Prim::ULong),
    ],
    print: Some(|cx, view| {
        let word = view.abi.word();
        let at = perm_size(view.abi);
        let times = at + word;
        let rest = times + 24;
        cx.out.begin_struct();
        perm(cx, "shm_perm", view, true);
        uint(cx, "shm_segsz", view.word(at));
        pid(cx, "shm_cpid", view.i32(rest));
        pid(cx, "shm_lpid", view.i32(rest + 4));
        uint(cx, "shm_nattch", view.word(rest + 8));
        for (n, name) in ["shm_atime", "shm_dtime", "shm_ctime"].into_iter().enumerate() {
            wide_time(cx, name, view, times + n * 8);
        }
        cx.out.end_struct(false);
    }),
    abbreviated: false,
};

/// What `IPC_SET` sets of a segment.
pub static SHMID_SET: Struct = Struct {
    name: "shmid64_ds",
    fields: &[f("shm_perm", Prim::Sub(&PERM), Ty::Absent)],
    print: Some(|cx, view| {
        cx.out.begin_struct();
        perm(cx, "shm_perm", view, false);
        cx.out.end_struct(false);
    }),
    abbreviated: false,
};

/// A set of semaphores: both times are followed by a word of padding or their upper half, except on arm64.
pub static SEMID_DS: Struct = Struct {
    name: "semid64_ds",
    fields: &[
        f("sem_perm", Prim::Sub(&PERM), Ty::Absent),
        pad(PAIR),
        pad(PAIR),
        f("sem_nsems", Prim::ULong, Ty::ULong),
    ],
    print: Some(|cx, view| {
        let word = view.abi.word();
        let stride = if view.abi == Abi::Aarch64 { word } else { 2 * word };
        let at = perm_size(view.abi);
        cx.out.begin_struct();
        perm(cx, "sem_perm", view, true);
        wide_time(cx, "sem_otime", view, at);
        wide_time(cx, "sem_ctime", view, at + stride);
        uint(cx, "sem_nsems", view.word(at + 2 * stride));
        cx.out.end_struct(false);
    }),
    abbreviated: false,
};

/// What `IPC_SET` sets of a set of semaphores.
pub static SEMID_SET: Struct = Struct {
    name: "semid64_ds",
    fields: &[f("sem_perm", Prim::Sub(&PERM), Ty::Absent)],
    print: Some(|cx, view| {
        cx.out.begin_struct();
        perm(cx, "sem_perm", view, false);
        cx.out.end_struct(false);
    }),
    abbreviated: false,
};

/// A message queue.
pub static MSQID_DS: Struct = Struct {
    name: "msqid64_ds",
    fields: &[
        f("msg_perm", Prim::Sub(&PERM), Ty::Absent),
        pad(Prim::Array(3, &Item::Scalar(Prim::I64, Ty::Hex))),
        pad(Prim::ULong),
        pad(Prim::ULong),
        pad(Prim::ULong),
        pad(Prim::I32),
        pad(Prim::I32),
    ],
    print: Some(|cx, view| {
        let word = view.abi.word();
        let times = perm_size(view.abi);
        let rest = times + 24;
        cx.out.begin_struct();
        perm(cx, "msg_perm", view, true);
        for (n, name) in ["msg_stime", "msg_rtime", "msg_ctime"].into_iter().enumerate() {
            wide_time(cx, name, view, times + n * 8);
        }
        uint(cx, "msg_qnum", view.word(rest + word));
        uint(cx, "msg_qbytes", view.word(rest + 2 * word));
        pid(cx, "msg_lspid", view.i32(rest + 3 * word));
        pid(cx, "msg_lrpid", view.i32(rest + 3 * word + 4));
        cx.out.end_struct(false);
    }),
    abbreviated: false,
};

/// What `IPC_SET` sets of a queue.
pub static MSQID_SET: Struct = Struct {
    name: "msqid64_ds",
    fields: &[
        f("msg_perm", Prim::Sub(&PERM), Ty::Absent),
        pad(Prim::Array(3, &Item::Scalar(Prim::I64, Ty::Hex))),
        pad(Prim::ULong),
        pad(Prim::ULong),
        f("msg_qbytes", Prim::ULong, Ty::ULong),
    ],
    print: Some(|cx, view| {
        let at = perm_size(view.abi) + 24 + 2 * view.abi.word();
        cx.out.begin_struct();
        perm(cx, "msg_perm", view, false);
        uint(cx, "msg_qbytes", view.word(at));
        cx.out.end_struct(false);
    }),
    abbreviated: false,
};

/// Limits of shared memory.
pub static SHMINFO: Struct = plain(
    "shminfo64",
    &[
        f("shmmax", Prim::ULong, Ty::ULong),
        f("shmmin", Prim::ULong, Ty::ULong),
        f("shmmni", Prim::ULong, Ty::ULong),
        f("shmseg", Prim::ULong, Ty::ULong),
        f("shmall", Prim::ULong, Ty::ULong),
    ],
);

/// Use of shared memory.
pub static SHM_INFO: Struct = plain(
    "shm_info",
    &[
        f("used_ids", Prim::I32, Ty::Int),
        f("shm_tot", Prim::ULong, Ty::ULong),
        f("shm_rss", Prim::ULong, Ty::ULong),
        f("shm_swp", Prim::ULong, Ty::ULong),
        f("swap_attempts", Prim::ULong, Ty::ULong),
        f("swap_successes", Prim::ULong, Ty::ULong),
    ],
);

/// Limits and use of semaphores.
pub static SEMINFO: Struct = plain(
    "seminfo",
    &[
        f("semmap", Prim::I32, Ty::Int),
        f("semmni", Prim::I32, Ty::Int),
        f("semmns", Prim::I32, Ty::Int),
        f("semmnu", Prim::I32, Ty::Int),
        f("semmsl", Prim::I32, Ty::Int),
        f("semopm", Prim::I32, Ty::Int),
        f("semume", Prim::I32, Ty::Int),
        f("semusz", Prim::I32, Ty::Int),
        f("semvmx", Prim::I32, Ty::Int),
        f("semaem", Prim::I32, Ty::Int),
    ],
);

/// Limits and use of message queues.
pub static MSGINFO: Struct = plain(
    "msginfo",
    &[
        f("msgpool", Prim::I32, Ty::Int),
        f("msgmap", Prim::I32, Ty::Int),
        f("msgmax", Prim::I32, Ty::Int),
        f("msgmnb", Prim::I32, Ty::Int),
        f("msgmni", Prim::I32, Ty::Int),
        f("msgssz", Prim::I32, Ty::Int),
        f("msgtql", Prim::I32, Ty::Int),
        f("msgseg", Prim::U16, Ty::UInt),
    ],
);

/// One operation on a semaphore.
pub static SEMBUF: Struct = plain(
    "sembuf",
    &[
        f("sem_num", Prim::U16, Ty::UInt),
        f("sem_op", Prim::I16, Ty::Int),
        f("sem_flg", Prim::U16, Ty::Flags(&ipc::SEMOP_FLAGS)),
    ],
);
/// [`SEMBUF`] as an element.
pub static SEMBUF_ITEM: Item = Item::Struct(&SEMBUF);

/// The attributes of a POSIX queue. The reserved rest is not read.
pub static MQ_ATTR: Struct = plain(
    "mq_attr",
    &[
        f("mq_flags", Prim::Long, Ty::Flags(&ipc::MQ_ATTR_FLAGS)),
        f("mq_maxmsg", Prim::Long, Ty::Long),
        f("mq_msgsize", Prim::Long, Ty::Long),
        f("mq_curmsgs", Prim::Long, Ty::Long),
    ],
);
/// How a queue notifies of a message.
pub const NOTIFICATION: Ty = Ty::Struct(&SIGEVENT);

/// A message that `msgsnd` sends: its type, then as many bytes as the argument after it says.
pub static MESSAGE_SENT: Custom = Custom {
    capture: |abi| message_ops(abi, 1, Operand::Arg(2)),
    print: |cx, arg| {
        let len = cx.arg(2);
        message(cx, arg, len);
    },
};

/// A message that `msgrcv` received: its type, then as many bytes as the result says.
pub static MESSAGE_RECEIVED: Custom = Custom {
    capture: |abi| message_ops(abi, 1, Operand::Ret).into_iter().map(Op::if_ok).collect(),
    print: |cx, arg| match cx.call.ret {
        Some(ret) if cx.call.ok() => message(cx, arg, ret as u64),
        _ => {
            let value = cx.arg(arg);
            cx.out.address(value);
        }
    },
};

/// Reads a message at argument `arg`: the type and the text of `len` bytes.
pub fn message_ops(abi: Abi, arg: u8, len: Operand) -> Vec<Op> {
    let ptr = Operand::Arg(arg);
    vec![Op::record(ptr, abi.word() as u16), Op::array(ptr, len, 1, 0).at(abi.word() as u16)]
}

/// Shows a message whose text has `len` bytes.
pub fn message(cx: &mut Cx<'_, '_>, arg: usize, len: u64) {
    let value = cx.arg(arg);
    let Some(kind) = cx.record(arg, 0, cx.call.abi.word()).and_then(|view| view.long(0)) else {
        return cx.out.address(value);
    };
    let text = cx.blob(arg, 1).map_or(&[][..], |blob| blob.bytes);
    let shown = &text[..text.len().min(usize::try_from(len).unwrap_or(usize::MAX))];
    cx.out.begin_struct();
    cx.out.field("mtype");
    cx.out.int(kind);
    cx.out.field("mtext");
    cx.out.string(shown, (shown.len() as u64) < len);
    cx.out.end_struct(false);
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, check_i386, longs, words};

    #[test]
    fn keys_and_flags() {
        check("shmget", &[0, 4096, 0o1600], 5, &[], "shmget(IPC_PRIVATE, 4096, IPC_CREAT|0600) = 5");
        check("shmget", &[0x1234, 1, 0], -2, &[], "shmget(0x1234, 1, 000) = -1");
        check("semget", &[1, 1, 0x3_8380], 5, &[], "semget(0x1, 1, IPC_CREAT|0x38000|0600) = 5");
        check("shmctl", &[5, 0x102, 0x1000], -22, &[], "shmctl(5, IPC_64|IPC_STAT, 0x1000) = -1");
    }

    #[test]
    fn objects() {
        let perm = words(&[7, 1, 2, 3, 4, 0o600, 0, 0, 0, 0, 0, 0]);
        let segment = [&perm[..], &longs(&[4096, 11, 12, 13]), &words(&[5, 6]), &longs(&[1, 0, 0])].concat();
        check(
            "shmctl",
            &[5, 2, 0x1000],
            0,
            &[(2, 0, &segment)],
            "shmctl(5, IPC_STAT, {shm_perm={uid=1, gid=2, mode=0600, key=7, cuid=3, cgid=4}, shm_segsz=4096, \
             shm_cpid=5, shm_lpid=6, shm_nattch=1, shm_atime=11, shm_dtime=12, shm_ctime=13}) = 0",
        );
        let set = [&perm[..], &longs(&[11, 0, 12, 0, 3, 0, 0])].concat();
        check(
            "semctl",
            &[5, 0, 2, 0x1000],
            0,
            &[(3, 0, &set)],
            "semctl(5, 0, IPC_STAT, {sem_perm={uid=1, gid=2, mode=0600, key=7, cuid=3, cgid=4}, sem_otime=11, \
             sem_ctime=12, sem_nsems=3}) = 0",
        );
        let queue =
            [&perm[..], &longs(&[11, 12, 13, 9, 2, 16384]), &words(&[5, 6]), &longs(&[0, 0])].concat();
        check(
            "msgctl",
            &[5, 1, 0x1000],
            0,
            &[(2, 0, &queue)],
            "msgctl(5, IPC_SET, {msg_perm={uid=1, gid=2, mode=0600}, msg_qbytes=16384}) = 0",
        );
        // Two bytes of mode and halves of times in the narrow ABI.
        let narrow =
            words(&[7, 1, 2, 3, 4, 0o600 | 0xdead_0000, 0, 0, 0, 4096, 11, 1, 12, 0, 13, 0, 5, 6, 1]);
        check_i386(
            "shmctl",
            &[5, 2, 0x1000],
            0,
            &[(2, 0, &narrow)],
            "shmctl(5, IPC_STAT, {shm_perm={uid=1, gid=2, mode=0600, key=7, cuid=3, cgid=4}, shm_segsz=4096, \
             shm_cpid=5, shm_lpid=6, shm_nattch=1, shm_atime=4294967307, shm_dtime=12, shm_ctime=13}) = 0",
        );
    }

    #[test]
    fn operations_and_messages() {
        let ops = [&[0, 0, 1, 0, 0, 0][..], &[2, 0, 0xff, 0xff, 0, 0x18]].concat();
        check(
            "semop",
            &[5, 0x1000, 2],
            0,
            &[(1, 0, &ops)],
            "semop(5, [{sem_num=0, sem_op=1, sem_flg=0}, {sem_num=2, sem_op=-1, sem_flg=SEM_UNDO|IPC_NOWAIT}], 2) = 0",
        );
        let kind = longs(&[5]);
        check(
            "msgsnd",
            &[5, 0x1000, 3, 0x800],
            0,
            &[(1, 0, &kind), (1, 1, b"abc")],
            "msgsnd(5, {mtype=5, mtext=\"abc\"}, 3, IPC_NOWAIT) = 0",
        );
        check(
            "msgrcv",
            &[5, 0x1000, 64, 0, 0],
            2,
            &[(1, 0, &kind), (1, 1, b"abc")],
            "msgrcv(5, {mtype=5, mtext=\"ab\"}, 64, 0, 0) = 2",
        );
        check("msgrcv", &[5, 0x1000, 64, 0, 0], -42, &[], "msgrcv(5, 0x1000, 64, 0, 0) = -1");
    }

    #[test]
    fn posix_queues() {
        check("mq_open", &[0x1000, 0], -2, &[(0, 0, b"q")], "mq_open(\"q\", O_RDONLY) = -1");
        check(
            "mq_open",
            &[0x1000, 0o102, 0o600, 0x2000],
            3,
            &[(0, 0, b"q"), (3, 0, &longs(&[0x800, 5, 64, 0]))],
            "mq_open(\"q\", O_RDWR|O_CREAT, 0600, {mq_flags=O_NONBLOCK, mq_maxmsg=5, mq_msgsize=64, mq_curmsgs=0}) = 3",
        );
        check(
            "mq_timedreceive",
            &[3, 0x1000, 64, 0x2000, 0],
            5,
            &[(1, 0, b"hello"), (3, 0, &words(&[7]))],
            "mq_timedreceive(3, \"hello\", 64, [7], NULL) = 5",
        );
    }
}
