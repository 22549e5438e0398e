//! Specifications: calls on files that only 32-bit x86 has, or has with other arguments.
//!
//! A 64-bit offset takes two words there. The first of them is named like the argument of the 64-bit call
//! and shown as the whole; the second is not shown.

use crate::Status;
use crate::capture::{Op, Operand};
use crate::decode::Cx;
use crate::layout::{Item, Prim, View};
use crate::names::{file, io, poll};
use crate::structs::aio::IO_EVENTS;
use crate::structs::fcntl::FCNTL_RESULT;
use crate::structs::file::*;
use crate::structs::mount::STATFS64;
use crate::structs::poll::*;
use crate::structs::stat::*;
use crate::structs::time::{TIMESPEC64, TIMEVAL};
use crate::syscall::{Arg, Custom, Len, Ret, Syscall, Ty, a, call};
use crate::taxonomy::{Group, Sets};

use super::descriptor::FCNTL_ARG;

static STAT64_1: Custom = stat64::<1>();
static STAT64_2: Custom = stat64::<2>();
static OLD_STAT: Custom = old_stat::<1>();

const OFFSET_OUT: Ty = Ty::Out(&Ty::Ref(&Item::Scalar(Prim::I64, Ty::Long)));

/// The word in argument `arg` and the next as its upper half.
fn pair(cx: &Cx<'_, '_>, arg: usize) -> u64 {
    cx.arg(arg) & 0xffff_ffff | cx.arg(arg + 1) << 32
}

static PAIR: Custom = Custom {
    capture: |_| Vec::new(),
    print: |cx, arg| {
        let value = pair(cx, arg);
        cx.out.int(value as i64);
    },
};

static PAIR_UNSIGNED: Custom = Custom {
    capture: |_| Vec::new(),
    print: |cx, arg| {
        let value = pair(cx, arg);
        cx.out.uint(value);
    },
};

/// `_llseek` has the upper half first.
static PAIR_HIGH_FIRST: Custom = Custom {
    capture: |_| Vec::new(),
    print: |cx, arg| {
        let value = cx.arg(arg) << 32 | cx.arg(arg + 1) & 0xffff_ffff;
        cx.out.int(value as i64);
    },
};

static FANOTIFY_MASK_PAIR: Custom = Custom {
    capture: |_| Vec::new(),
    print: |cx, arg| {
        let value = pair(cx, arg);
        cx.out.flags(&poll::FANOTIFY_MASK, value);
    },
};

/// A user or group id of 16 bits.
static ID16: Custom = Custom {
    capture: |_| Vec::new(),
    print: |cx, arg| {
        let id = cx.arg(arg) as u16;
        cx.out.int(if id == u16::MAX { -1 } else { i64::from(id) });
    },
};

/// The one entry that `readdir` delivers.
static OLD_DIRENT: Custom = Custom {
    capture: |_| vec![Op::record(Operand::Arg(1), 10 + 256).if_ok()],
    print: |cx, arg| {
        let Some(view) = cx.record(arg, 0, 10).filter(|_| cx.call.ok()) else { return address(cx, arg) };
        let length = view.u16(8).unwrap_or(0);
        cx.out.begin_struct();
        cx.out.field("d_ino");
        cx.out.uint(u64::from(view.u32(0).unwrap_or(0)));
        cx.out.field("d_off");
        cx.out.uint(u64::from(view.u32(4).unwrap_or(0)));
        cx.out.field("d_reclen");
        cx.out.uint(u64::from(length));
        cx.out.field("d_name");
        let name = view.slice(10, usize::from(length)).bytes;
        cx.out.string(name, name.len() < usize::from(length));
        cx.out.end_struct(false);
    },
};

/// The five arguments of the old `select`, which lie in memory behind its only one.
static OLD_SELECT: Custom = Custom { capture: capture_select, print: print_select };

/// Its result: the sets that the kernel left.
static OLD_SELECT_RESULT: Custom = Custom { capture: |_| Vec::new(), print: print_select_result };

static SELECT_ARGS: [Arg; 5] = [
    a("nfds", "compat_ulong_t", Ty::Int),
    a("readfds", "compat_ulong_t *", Ty::Addr),
    a("writefds", "compat_ulong_t *", Ty::Addr),
    a("exceptfds", "compat_ulong_t *", Ty::Addr),
    a("timeout", "struct old_timeval32 *", Ty::Addr),
];

fn capture_select(_: crate::Abi) -> Vec<Op> {
    let mut ops = vec![Op::record(Operand::Arg(0), 20).base()];
    ops.extend((1..4).map(|n| Op::record(Operand::Word, 128).at(4 * n)));
    ops.push(Op::record(Operand::Word, 8).at(16));
    ops
}

fn select_part<'a>(cx: &Cx<'a, '_>, part: usize) -> Option<View<'a>> {
    let blob = cx.blob(0, part).filter(|blob| blob.status != Status::Fault)?;
    Some(View { abi: cx.call.abi, bytes: blob.bytes })
}

fn print_select(cx: &mut Cx<'_, '_>, arg: usize) {
    let Some(words) = cx.record(arg, 0, 20) else {
        if let Some(spec) = cx.call.syscall.and_then(|syscall| syscall.args.first()) {
            cx.out.arg(spec);
        }
        return address(cx, arg);
    };
    let count = words.i32(0).unwrap_or(0);
    for (n, spec) in SELECT_ARGS.iter().enumerate() {
        cx.out.arg(spec);
        let pointer = u64::from(words.u32(4 * n).unwrap_or(0));
        match (n, select_part(cx, n).filter(|_| n > 0 && pointer != 0)) {
            (0, _) => cx.out.int(i64::from(count)),
            (1..4, Some(set)) if count >= 0 => print_set(cx, set.bytes, count),
            (4, Some(time)) if time.bytes.len() >= 8 => cx.structure(&TIMEVAL, time),
            _ => cx.out.address(pointer),
        }
    }
}

fn print_select_result(cx: &mut Cx<'_, '_>, _: usize) {
    let count = cx.record(0, 0, 20).and_then(|words| words.i32(0)).unwrap_or(0);
    let sets = [1, 2, 3].map(|part| select_part(cx, part).map_or(&[][..], |set| set.bytes));
    let left = select_part(cx, 4).filter(|time| time.bytes.len() >= 8).map(|time| (&TIMEVAL, time));
    select_details(cx, count, sets, left);
}

/// The calls of this topic.
pub static CALLS: &[Syscall] = &[
    call(
        "oldstat",
        Group::BasicAttributes,
        Sets::FILE.and(Sets::STAT).and(Sets::STAT_LIKE),
        Ret::Int,
        &[
            a("pathname", "const char *", Ty::Path),
            a("statbuf", "struct __old_kernel_stat *", Ty::Custom(&OLD_STAT)),
        ],
    ),
    call(
        "oldlstat",
        Group::BasicAttributes,
        Sets::FILE.and(Sets::LSTAT).and(Sets::STAT_LIKE),
        Ret::Int,
        &[
            a("pathname", "const char *", Ty::Path),
            a("statbuf", "struct __old_kernel_stat *", Ty::Custom(&OLD_STAT)),
        ],
    ),
    call(
        "oldfstat",
        Group::BasicAttributes,
        Sets::DESC.and(Sets::FSTAT).and(Sets::STAT_LIKE),
        Ret::Int,
        &[a("fd", "unsigned int", Ty::Fd), a("statbuf", "struct __old_kernel_stat *", Ty::Custom(&OLD_STAT))],
    ),
    call(
        "stat64",
        Group::BasicAttributes,
        Sets::FILE.and(Sets::STAT).and(Sets::STAT_LIKE),
        Ret::Int,
        &[a("pathname", "const char *", Ty::Path), a("statbuf", "struct stat64 *", Ty::Custom(&STAT64_1))],
    ),
    call(
        "lstat64",
        Group::BasicAttributes,
        Sets::FILE.and(Sets::LSTAT).and(Sets::STAT_LIKE),
        Ret::Int,
        &[a("pathname", "const char *", Ty::Path), a("statbuf", "struct stat64 *", Ty::Custom(&STAT64_1))],
    ),
    call(
        "fstat64",
        Group::BasicAttributes,
        Sets::DESC.and(Sets::FSTAT).and(Sets::STAT_LIKE),
        Ret::Int,
        &[a("fd", "unsigned int", Ty::Fd), a("statbuf", "struct stat64 *", Ty::Custom(&STAT64_1))],
    ),
    call(
        "fstatat64",
        Group::BasicAttributes,
        Sets::DESC.and(Sets::FILE).and(Sets::FSTAT).and(Sets::STAT_LIKE),
        Ret::Int,
        &[
            a("dirfd", "unsigned int", Ty::DirFd),
            a("pathname", "const char *", Ty::Path),
            a("statbuf", "struct stat64 *", Ty::Custom(&STAT64_2)),
            a("flags", "int", Ty::Flags(&file::FSTATAT_FLAGS)),
        ],
    ),
    call(
        "chown",
        Group::BasicAttributes,
        Sets::FILE,
        Ret::Int,
        &[
            a("pathname", "const char *", Ty::Path),
            a("owner", "old_uid_t", Ty::Custom(&ID16)),
            a("group", "old_gid_t", Ty::Custom(&ID16)),
        ],
    ),
    call(
        "lchown",
        Group::BasicAttributes,
        Sets::FILE,
        Ret::Int,
        &[
            a("pathname", "const char *", Ty::Path),
            a("owner", "old_uid_t", Ty::Custom(&ID16)),
            a("group", "old_gid_t", Ty::Custom(&ID16)),
        ],
    ),
    call(
        "fchown",
        Group::BasicAttributes,
        Sets::DESC,
        Ret::Int,
        &[
            a("fd", "unsigned int", Ty::Fd),
            a("owner", "old_uid_t", Ty::Custom(&ID16)),
            a("group", "old_gid_t", Ty::Custom(&ID16)),
        ],
    ),
    call(
        "chown32",
        Group::BasicAttributes,
        Sets::FILE,
        Ret::Int,
        &[a("pathname", "const char *", Ty::Path), a("owner", "uid_t", Ty::Id), a("group", "gid_t", Ty::Id)],
    ),
    call(
        "lchown32",
        Group::BasicAttributes,
        Sets::FILE,
        Ret::Int,
        &[a("pathname", "const char *", Ty::Path), a("owner", "uid_t", Ty::Id), a("group", "gid_t", Ty::Id)],
    ),
    call(
        "fchown32",
        Group::BasicAttributes,
        Sets::DESC,
        Ret::Int,
        &[a("fd", "unsigned int", Ty::Fd), a("owner", "uid_t", Ty::Id), a("group", "gid_t", Ty::Id)],
    ),
    call(
        "utimensat_time64",
        Group::BasicAttributes,
        Sets::DESC.and(Sets::FILE),
        Ret::Int,
        &[
            a("dirfd", "unsigned int", Ty::DirFd),
            a("pathname", "const char *", Ty::Path),
            a("times", "struct __kernel_timespec *", TIMES_NSEC64),
            a("flags", "int", Ty::Flags(&file::UTIMENSAT_FLAGS)),
        ],
    ),
    call(
        "readdir",
        Group::Directories,
        Sets::DESC,
        Ret::Int,
        &[
            a("fd", "unsigned int", Ty::Fd),
            a("dirp", "struct compat_old_linux_dirent *", Ty::Custom(&OLD_DIRENT)),
            a("count", "unsigned int", Ty::Absent),
        ],
    ),
    call(
        "lookup_dcookie",
        Group::Directories,
        Sets::NONE,
        Ret::Int,
        &[
            a("cookie", "u32", Ty::Custom(&PAIR_UNSIGNED)),
            a("cookie_high", "u32", Ty::Skip),
            a("buffer", "char *", Ty::Out(&Ty::Bytes(Len::Ret))),
            a("len", "size_t", Ty::ULong),
        ],
    ),
    call(
        "truncate64",
        Group::Files,
        Sets::FILE,
        Ret::Int,
        &[
            a("path", "const char *", Ty::Path),
            a("length", "u32", Ty::Custom(&PAIR_UNSIGNED)),
            a("length_high", "u32", Ty::Skip),
        ],
    ),
    call(
        "ftruncate64",
        Group::Files,
        Sets::DESC,
        Ret::Int,
        &[
            a("fd", "unsigned int", Ty::Fd),
            a("length", "u32", Ty::Custom(&PAIR_UNSIGNED)),
            a("length_high", "u32", Ty::Skip),
        ],
    ),
    call(
        "fallocate",
        Group::Files,
        Sets::DESC,
        Ret::Int,
        &[
            a("fd", "int", Ty::Fd),
            a("mode", "int", Ty::Flags(&io::FALLOCATE_MODE)),
            a("offset", "unsigned int", Ty::Custom(&PAIR)),
            a("offset_high", "unsigned int", Ty::Skip),
            a("len", "unsigned int", Ty::Custom(&PAIR)),
            a("len_high", "unsigned int", Ty::Skip),
        ],
    ),
    call(
        "_llseek",
        Group::ReadWrite,
        Sets::DESC,
        Ret::Int,
        &[
            a("fd", "unsigned int", Ty::Fd),
            a("offset", "unsigned long", Ty::Custom(&PAIR_HIGH_FIRST)),
            a("offset_low", "unsigned long", Ty::Skip),
            a("result", "loff_t *", OFFSET_OUT),
            a("whence", "unsigned int", Ty::Enum(&file::SEEK_WHENCE)),
        ],
    ),
    call(
        "pread64",
        Group::ReadWrite,
        Sets::DESC,
        Ret::Int,
        &[
            a("fd", "unsigned int", Ty::Fd),
            a("buf", "char *", Ty::Out(&Ty::Bytes(Len::Ret))),
            a("count", "u32", Ty::ULong),
            a("offset", "u32", Ty::Custom(&PAIR)),
            a("offset_high", "u32", Ty::Skip),
        ],
    ),
    call(
        "pwrite64",
        Group::ReadWrite,
        Sets::DESC,
        Ret::Int,
        &[
            a("fd", "unsigned int", Ty::Fd),
            a("buf", "const char *", Ty::Bytes(Len::Arg(2))),
            a("count", "u32", Ty::ULong),
            a("offset", "u32", Ty::Custom(&PAIR)),
            a("offset_high", "u32", Ty::Skip),
        ],
    ),
    call(
        "preadv",
        Group::ReadWrite,
        Sets::DESC,
        Ret::Int,
        &[
            a("fd", "compat_ulong_t", Ty::Fd),
            a("iov", "const struct iovec *", Ty::Iovec(2, Len::Ret)),
            a("iovcnt", "compat_ulong_t", Ty::ULong),
            a("offset", "u32", Ty::Custom(&PAIR)),
            a("pos_high", "u32", Ty::Skip),
        ],
    ),
    call(
        "pwritev",
        Group::ReadWrite,
        Sets::DESC,
        Ret::Int,
        &[
            a("fd", "compat_ulong_t", Ty::Fd),
            a("iov", "const struct iovec *", Ty::Iovec(2, Len::All)),
            a("iovcnt", "compat_ulong_t", Ty::ULong),
            a("offset", "u32", Ty::Custom(&PAIR)),
            a("pos_high", "u32", Ty::Skip),
        ],
    ),
    call(
        "preadv2",
        Group::ReadWrite,
        Sets::DESC,
        Ret::Int,
        &[
            a("fd", "compat_ulong_t", Ty::Fd),
            a("iov", "const struct iovec *", Ty::Iovec(2, Len::Ret)),
            a("iovcnt", "compat_ulong_t", Ty::ULong),
            a("offset", "u32", Ty::Custom(&PAIR)),
            a("pos_high", "u32", Ty::Skip),
            a("flags", "rwf_t", Ty::Flags(&io::RWF_FLAGS)),
        ],
    ),
    call(
        "pwritev2",
        Group::ReadWrite,
        Sets::DESC,
        Ret::Int,
        &[
            a("fd", "compat_ulong_t", Ty::Fd),
            a("iov", "const struct iovec *", Ty::Iovec(2, Len::All)),
            a("iovcnt", "compat_ulong_t", Ty::ULong),
            a("offset", "u32", Ty::Custom(&PAIR)),
            a("pos_high", "u32", Ty::Skip),
            a("flags", "rwf_t", Ty::Flags(&io::RWF_FLAGS)),
        ],
    ),
    call(
        "sendfile64",
        Group::ReadWrite,
        Sets::DESC.and(Sets::NETWORK),
        Ret::Int,
        &[
            a("out_fd", "int", Ty::Fd),
            a("in_fd", "int", Ty::Fd),
            a("offset", "compat_loff_t *", Ty::Custom(&OFFSET64_MOVED)),
            a("count", "compat_size_t", Ty::ULong),
        ],
    ),
    call(
        "sync_file_range",
        Group::SynchronizedIo,
        Sets::DESC,
        Ret::Int,
        &[
            a("fd", "int", Ty::Fd),
            a("offset", "unsigned int", Ty::Custom(&PAIR)),
            a("offset_high", "unsigned int", Ty::Skip),
            a("nbytes", "unsigned int", Ty::Custom(&PAIR)),
            a("nbytes_high", "unsigned int", Ty::Skip),
            a("flags", "int", Ty::Flags(&io::SYNC_RANGE)),
        ],
    ),
    call(
        "readahead",
        Group::MiscellaneousFiles,
        Sets::DESC,
        Ret::Int,
        &[
            a("fd", "int", Ty::Fd),
            a("offset", "unsigned int", Ty::Custom(&PAIR)),
            a("offset_high", "unsigned int", Ty::Skip),
            a("count", "size_t", Ty::ULong),
        ],
    ),
    call(
        "fadvise64",
        Group::MiscellaneousFiles,
        Sets::DESC,
        Ret::Int,
        &[
            a("fd", "int", Ty::Fd),
            a("offset", "unsigned int", Ty::Custom(&PAIR)),
            a("offset_high", "unsigned int", Ty::Skip),
            a("len", "size_t", Ty::ULong),
            a("advice", "int", Ty::Enum(&io::FADVISE)),
        ],
    ),
    call(
        "fadvise64_64",
        Group::MiscellaneousFiles,
        Sets::DESC,
        Ret::Int,
        &[
            a("fd", "int", Ty::Fd),
            a("offset", "u32", Ty::Custom(&PAIR)),
            a("offset_high", "u32", Ty::Skip),
            a("len", "u32", Ty::Custom(&PAIR)),
            a("len_high", "u32", Ty::Skip),
            a("advice", "int", Ty::Enum(&io::FADVISE)),
        ],
    ),
    call(
        "fcntl64",
        Group::Descriptors,
        Sets::DESC,
        Ret::Custom(&FCNTL_RESULT),
        &[
            a("fd", "unsigned int", Ty::Fd),
            a("cmd", "unsigned int", Ty::Enum(&file::FCNTL_CMD)),
            a("arg", "compat_ulong_t", Ty::ByArg(&FCNTL_ARG)),
        ],
    ),
    call(
        "select",
        Group::MultiplexedIo,
        Sets::DESC,
        Ret::Custom(&OLD_SELECT_RESULT),
        &[a("arg", "struct compat_sel_arg_struct *", Ty::Rest(&OLD_SELECT))],
    ),
    call(
        "_newselect",
        Group::MultiplexedIo,
        Sets::DESC,
        Ret::Custom(&SELECT_RESULT),
        &[
            a("nfds", "int", Ty::Int),
            a("readfds", "compat_ulong_t *", Ty::Custom(&FD_SET_1)),
            a("writefds", "compat_ulong_t *", Ty::Custom(&FD_SET_2)),
            a("exceptfds", "compat_ulong_t *", Ty::Custom(&FD_SET_3)),
            a("timeout", "struct old_timeval32 *", Ty::Struct(&TIMEVAL)),
        ],
    ),
    call(
        "pselect6_time64",
        Group::MultiplexedIo,
        Sets::DESC,
        Ret::Custom(&PSELECT_TIME64_RESULT),
        &[
            a("nfds", "int", Ty::Int),
            a("readfds", "compat_ulong_t *", Ty::Custom(&FD_SET_1)),
            a("writefds", "compat_ulong_t *", Ty::Custom(&FD_SET_2)),
            a("exceptfds", "compat_ulong_t *", Ty::Custom(&FD_SET_3)),
            a("timeout", "struct __kernel_timespec *", Ty::Struct(&TIMESPEC64)),
            a("sigmask", "void *", Ty::Custom(&PSELECT_MASK)),
        ],
    ),
    call(
        "ppoll_time64",
        Group::MultiplexedIo,
        Sets::DESC,
        Ret::Custom(&PPOLL_TIME64_RESULT),
        &[
            a("fds", "struct pollfd *", POLL_FDS),
            a("nfds", "unsigned int", Ty::UInt),
            a("tmo_p", "struct __kernel_timespec *", Ty::Struct(&TIMESPEC64)),
            a("sigmask", "const compat_sigset_t *", Ty::Custom(&POLL_SIGMASK)),
            a("sigsetsize", "compat_size_t", Ty::ULong),
        ],
    ),
    call(
        "io_pgetevents_time64",
        Group::AsynchronousIo,
        Sets::NONE,
        Ret::Int,
        &[
            a("ctx_id", "compat_aio_context_t", Ty::Hex),
            a("min_nr", "compat_long_t", Ty::Long),
            a("nr", "compat_long_t", Ty::Long),
            a("events", "struct io_event *", IO_EVENTS),
            a("timeout", "struct __kernel_timespec *", Ty::Struct(&TIMESPEC64)),
            a("usig", "const struct __compat_aio_sigset *", Ty::Custom(&PSELECT_MASK)),
        ],
    ),
    call(
        "fanotify_mark",
        Group::Monitoring,
        Sets::DESC.and(Sets::FILE),
        Ret::Int,
        &[
            a("fanotify_fd", "int", Ty::Fd),
            a("flags", "unsigned int", Ty::Flags(&poll::FANOTIFY_MARK_FLAGS)),
            a("mask", "  u32", Ty::Custom(&FANOTIFY_MASK_PAIR)),
            a("mask_high", "  u32", Ty::Skip),
            a("dirfd", "int", Ty::Custom(&FANOTIFY_DIR)),
            a("pathname", "const char *", Ty::Path),
        ],
    ),
    call("umount", Group::PrivilegedFileSystem, Sets::FILE, Ret::Int, &[a("target", "char *", Ty::Path)]),
    call(
        "statfs64",
        Group::UnprivilegedFileSystem,
        Sets::FILE.and(Sets::STATFS).and(Sets::STATFS_LIKE),
        Ret::Int,
        &[
            a("path", "const char *", Ty::Path),
            a("sz", "compat_size_t", Ty::ULong),
            a("buf", "struct compat_statfs64 *", Ty::Out(&Ty::Struct(&STATFS64))),
        ],
    ),
    call(
        "fstatfs64",
        Group::UnprivilegedFileSystem,
        Sets::DESC.and(Sets::FSTATFS).and(Sets::STATFS_LIKE),
        Ret::Int,
        &[
            a("fd", "unsigned int", Ty::Fd),
            a("sz", "compat_size_t", Ty::ULong),
            a("buf", "struct compat_statfs64 *", Ty::Out(&Ty::Struct(&STATFS64))),
        ],
    ),
];
