//! What calls that wait for many descriptors take: `pollfd`, descriptor sets, `epoll` events.
//!
//! Memory is read when the call has returned, so the sets of `select` and the time limits of `select`
//! and `ppoll` are what the kernel left in them.

use crate::capture::{Op, Operand};
use crate::decode::{Cx, signed};
use crate::layout::{Item, Prim, Struct, View, f};
use crate::names::poll as names;
use crate::structs::file::address;
use crate::structs::signal::{sigset, sized_sigset};
use crate::structs::time::{TIMESPEC, TIMESPEC64, TIMEVAL};
use crate::syscall::{Custom, Len, Ty};
use crate::{Abi, Status};

/// What `poll` is asked about a descriptor.
pub static POLLFD: Struct = Struct {
    name: "pollfd",
    fields: &[
        f("fd", Prim::I32, Ty::Fd),
        f("events", Prim::U16, Ty::Flags(&names::POLL_EVENTS)),
        f("revents", Prim::U16, Ty::Flags(&names::POLL_EVENTS)),
    ],
    print: Some(|cx, view| {
        let fd = view.i32(0).unwrap_or(-1);
        cx.out.begin_struct();
        cx.out.field("fd");
        cx.out.fd(i64::from(fd), None);
        // A negative descriptor is an entry to be skipped.
        if fd >= 0 {
            cx.out.field("events");
            cx.out.flags(&names::POLL_EVENTS, u64::from(view.u16(4).unwrap_or(0)));
        }
        cx.out.end_struct(false);
    }),
    abbreviated: false,
};

/// The array of `poll` in argument 0.
pub const POLL_FDS: Ty = Ty::Array(&Item::Struct(&POLLFD), Len::Arg(1));

/// The signal mask of `ppoll`.
pub static POLL_SIGMASK: Custom = sized_sigset::<3, 4>();
/// The signal mask of `epoll_pwait`. It is shown only if the call succeeded, as strace does.
pub static EPOLL_SIGMASK: Custom = Custom {
    capture: |_| vec![Op::record(Operand::Arg(4), 8).if_ok()],
    print: |cx, arg| {
        let set = cx.record(arg, 0, 8).filter(|_| cx.call.ok() && cx.arg(5) == 8);
        match set {
            Some(view) => sigset(cx.out, view),
            None => address(cx, arg),
        }
    },
};

/// The result of `poll`: how many descriptors are ready, and which.
pub static POLL_RESULT: Custom = Custom { capture: |_| Vec::new(), print: |cx, _| poll_result(cx, None) };

/// The result of `ppoll`, which also tells the time left.
pub static PPOLL_RESULT: Custom =
    Custom { capture: |_| Vec::new(), print: |cx, _| poll_result(cx, Some((2, &TIMESPEC))) };

/// The result of `ppoll_time64`.
pub static PPOLL_TIME64_RESULT: Custom =
    Custom { capture: |_| Vec::new(), print: |cx, _| poll_result(cx, Some((2, &TIMESPEC64))) };

/// The details of a result, opened by the first of them.
struct Details {
    open: bool,
}

impl Details {
    fn item(&mut self, cx: &mut Cx<'_, '_>) {
        if !self.open {
            cx.out.begin_details();
            self.open = true;
        }
        cx.out.item();
    }

    fn close(self, cx: &mut Cx<'_, '_>) {
        if self.open {
            cx.out.end_details();
        }
    }

    /// What is left of the time limit.
    fn left(&mut self, cx: &mut Cx<'_, '_>, limit: Option<(&'static Struct, View<'_>)>) {
        let Some((layout, view)) = limit else { return };
        self.item(cx);
        cx.out.begin_label("left");
        cx.structure(layout, view);
        cx.out.end_label();
    }
}

/// The number that these calls return, and `Timeout` for none. Whether there is more to say.
fn ready(cx: &mut Cx<'_, '_>) -> bool {
    let ret = cx.call.ret.unwrap_or(0);
    cx.out.int(ret);
    if ret == 0 {
        cx.out.begin_details();
        cx.out.item();
        cx.out.symbol("Timeout");
        cx.out.end_details();
    }
    ret > 0
}

fn poll_result(cx: &mut Cx<'_, '_>, limit: Option<(usize, &'static Struct)>) {
    const SHOWN: usize = 32;
    if !ready(cx) {
        return;
    }
    let mut details = Details { open: false };
    let entries =
        cx.blob(0, 0).filter(|blob| blob.status != Status::Fault).map_or(&[][..], |blob| blob.bytes);
    let count = usize::try_from(cx.arg(1)).unwrap_or(usize::MAX);
    let mut shown = 0;
    for entry in entries.chunks_exact(8).take(count) {
        let view = View { abi: cx.call.abi, bytes: entry };
        let (fd, events) = (view.i32(0).unwrap_or(-1), view.u16(6).unwrap_or(0));
        if fd < 0 || events == 0 {
            continue;
        }
        if shown == SHOWN {
            shown += 1;
            break;
        }
        if shown == 0 {
            details.item(cx);
            cx.out.begin_array(false);
        }
        shown += 1;
        cx.out.item();
        cx.out.begin_struct();
        cx.out.field("fd");
        cx.out.fd(i64::from(fd), None);
        cx.out.field("revents");
        cx.out.flags(&names::POLL_EVENTS, u64::from(events));
        cx.out.end_struct(false);
    }
    if shown > 0 {
        cx.out.end_array(shown > SHOWN);
    }
    let left = limit.and_then(|(arg, layout)| Some((layout, cx.record(arg, 0, layout.size(cx.call.abi))?)));
    details.left(cx, left);
    details.close(cx);
}

/// Bytes of a descriptor set that are copied: 1024 descriptors, the size of `fd_set`.
const SET_BYTES: u16 = 128;

/// The descriptor set in argument `ARG`; argument 0 says how many descriptors count.
pub const fn fd_set<const ARG: u8>() -> Custom {
    Custom {
        capture: |_| vec![Op::record(Operand::Arg(ARG), SET_BYTES)],
        print: |cx, arg| {
            let count = cx.arg(0) as i32;
            let set = cx.blob(arg, 0).filter(|blob| blob.status != Status::Fault && count >= 0);
            match set {
                Some(blob) => print_set(cx, blob.bytes, count),
                None => address(cx, arg),
            }
        },
    }
}

/// The descriptors to read.
pub static FD_SET_1: Custom = fd_set::<1>();
/// The descriptors to write.
pub static FD_SET_2: Custom = fd_set::<2>();
/// The descriptors with exceptional conditions.
pub static FD_SET_3: Custom = fd_set::<3>();

fn members(bytes: &[u8], count: i32) -> impl Iterator<Item = i64> + '_ {
    (0..i64::from(count.max(0)).min(bytes.len() as i64 * 8))
        .filter(|fd| bytes[*fd as usize / 8] >> (fd % 8) & 1 != 0)
}

/// Shows the first `count` descriptors of a set.
pub fn print_set(cx: &mut Cx<'_, '_>, bytes: &[u8], count: i32) {
    cx.out.begin_array(true);
    for fd in members(bytes, count) {
        cx.out.item();
        cx.out.fd(fd, None);
    }
    cx.out.end_array(false);
}

/// The result of `select`: `2 (in [3 5], left {tv_sec=1, tv_usec=0})`.
pub static SELECT_RESULT: Custom =
    Custom { capture: |_| Vec::new(), print: |cx, _| select_result(cx, Some((4, &TIMEVAL))) };

/// The result of `pselect6`.
pub static PSELECT_RESULT: Custom =
    Custom { capture: |_| Vec::new(), print: |cx, _| select_result(cx, Some((4, &TIMESPEC))) };

/// The result of `pselect6_time64`.
pub static PSELECT_TIME64_RESULT: Custom =
    Custom { capture: |_| Vec::new(), print: |cx, _| select_result(cx, Some((4, &TIMESPEC64))) };

fn select_result(cx: &mut Cx<'_, '_>, limit: Option<(usize, &'static Struct)>) {
    let count = cx.arg(0) as i32;
    let sets = [1, 2, 3].map(|arg| {
        cx.blob(arg, 0).filter(|blob| blob.status != Status::Fault).map_or(&[][..], |blob| blob.bytes)
    });
    let left = limit.and_then(|(arg, layout)| Some((layout, cx.record(arg, 0, layout.size(cx.call.abi))?)));
    select_details(cx, count, sets, left);
}

/// The result of `select` with the sets that the kernel left and the time that is left.
pub fn select_details(
    cx: &mut Cx<'_, '_>,
    count: i32,
    sets: [&[u8]; 3],
    left: Option<(&'static Struct, View<'_>)>,
) {
    if !ready(cx) {
        return;
    }
    let mut details = Details { open: false };
    for (label, bytes) in ["in", "out", "except"].into_iter().zip(sets) {
        if members(bytes, count).next().is_some() {
            details.item(cx);
            cx.out.begin_label(label);
            print_set(cx, bytes, count);
            cx.out.end_label();
        }
    }
    details.left(cx, left);
    details.close(cx);
}

/// The signal mask and its size, behind the pointer in argument 5: the last argument of `pselect6` and
/// `io_pgetevents`.
pub static PSELECT_MASK: Custom = Custom {
    capture: |abi| {
        let word = abi.word() as u16;
        vec![Op::record(Operand::Arg(5), 2 * word).base(), Op::record(Operand::Word, 8)]
    },
    print: |cx, arg| {
        let word = cx.call.abi.word();
        let Some(view) = cx.record(arg, 0, 2 * word) else { return address(cx, arg) };
        let (pointer, size) = (view.word(0).unwrap_or(0), view.word(word).unwrap_or(0));
        cx.out.begin_struct();
        cx.out.field("sigmask");
        match cx.record(arg, 1, 8).filter(|_| size == 8 && pointer != 0) {
            Some(set) => sigset(cx.out, set),
            None => cx.out.address(pointer),
        }
        cx.out.field("sigsetsize");
        cx.out.uint(size);
        cx.out.end_struct(false);
    },
};

/// The size of `struct epoll_event` and where its data lie: on x86 it is packed.
const fn epoll_layout(abi: Abi) -> (usize, usize) {
    if matches!(abi, Abi::Aarch64) { (16, 8) } else { (12, 4) }
}

/// The event of `epoll_ctl`; a removal has none.
pub static EPOLL_EVENT: Custom = Custom {
    capture: |abi| vec![Op::record(Operand::Arg(3), epoll_layout(abi).0 as u16)],
    print: |cx, arg| {
        const DEL: u64 = 2;
        let (size, _) = epoll_layout(cx.call.abi);
        match cx.record(arg, 0, size).filter(|_| cx.arg(1) & 0xffff_ffff != DEL) {
            Some(view) => print_event(cx, view),
            None => address(cx, arg),
        }
    },
};

/// The events that `epoll_wait` delivers.
pub static EPOLL_EVENTS: Custom = Custom {
    capture: |abi| {
        vec![
            Op::array(Operand::Arg(1), Operand::Ret, epoll_layout(abi).0 as u16, crate::capture::RECORD_MAX)
                .if_ok(),
        ]
    },
    print: print_events,
};

fn print_events(cx: &mut Cx<'_, '_>, arg: usize) {
    const SHOWN: u64 = 32;
    let (size, _) = epoll_layout(cx.call.abi);
    let count = cx.call.ret.unwrap_or(0).max(0) as u64;
    if !cx.call.ok() || cx.arg(arg) == 0 {
        return address(cx, arg);
    }
    let bytes = match cx.blob(arg, 0) {
        Some(blob) if blob.status != Status::Fault => blob.bytes,
        None if count == 0 => &[],
        _ => return address(cx, arg),
    };
    cx.out.begin_array(false);
    let mut shown = 0;
    for event in bytes.chunks_exact(size).take(count.min(SHOWN) as usize) {
        cx.out.item();
        print_event(cx, View { abi: cx.call.abi, bytes: event });
        shown += 1;
    }
    cx.out.end_array(shown < count);
}

fn print_event(cx: &mut Cx<'_, '_>, view: View<'_>) {
    let (_, data) = epoll_layout(cx.call.abi);
    cx.out.begin_struct();
    cx.out.field("events");
    cx.out.flags(&names::EPOLL_EVENTS, u64::from(view.u32(0).unwrap_or(0)));
    cx.out.field("data");
    cx.out.begin_struct();
    cx.out.field("u32");
    cx.out.uint(u64::from(view.u32(data).unwrap_or(0)));
    cx.out.field("u64");
    cx.out.uint(view.u64(data).unwrap_or(0));
    cx.out.end_struct(false);
    cx.out.end_struct(false);
}

/// The directory of `fanotify_mark`: none is `FAN_NOFD`.
pub static FANOTIFY_DIR: Custom = Custom {
    capture: |_| Vec::new(),
    print: |cx, arg| {
        let fd = signed(cx.arg(arg) & 0xffff_ffff, 4);
        match fd {
            -1 => cx.out.symbol("FAN_NOFD"),
            -100 => cx.out.symbol("AT_FDCWD"),
            _ => cx.out.fd(fd, None),
        }
    },
};

#[cfg(test)]
mod tests {
    use crate::Abi;
    use crate::testing::{check, check_i386, longs, show, words};

    #[test]
    fn poll_tells_what_is_ready() {
        let fds = words(&[3, 0x0001_0001, 4, 4, u32::MAX, 5]);
        let shown = "[{fd=3, events=POLLIN}, {fd=4, events=POLLOUT}, {fd=-1}]";
        check(
            "poll",
            &[1, 3, 5],
            1,
            &[(0, 0, &fds)],
            &format!("poll({shown}, 3, 5) = 1 ([{{fd=3, revents=POLLIN}}])"),
        );
        check(
            "poll",
            &[1, 3, -1_i64 as u64],
            0,
            &[(0, 0, &fds)],
            &format!("poll({shown}, 3, -1) = 0 (Timeout)"),
        );
        check("poll", &[1, 3, 5], -4, &[(0, 0, &fds)], &format!("poll({shown}, 3, 5) = -1"));
        check("poll", &[1, 0, 5], 0, &[], "poll([], 0, 5) = 0 (Timeout)");
        check(
            "ppoll",
            &[1, 3, 2, 4, 8],
            1,
            &[(0, 0, &fds), (2, 0, &longs(&[1, 500])), (3, 0, &longs(&[0x4002]))],
            &format!(
                "ppoll({shown}, 3, {{tv_sec=1, tv_nsec=500}}, [INT TERM], 8) \
                 = 1 ([{{fd=3, revents=POLLIN}}], left {{tv_sec=1, tv_nsec=500}})"
            ),
        );
    }

    #[test]
    fn select_lists_descriptors() {
        let set = longs(&[0x29, 0]);
        let memory: &[_] = &[(1, 0, &set[..]), (4, 0, &longs(&[1, 2]))];
        check(
            "select",
            &[6, 1, 0, 0, 2],
            3,
            memory,
            "select(6, [0 3 5], NULL, NULL, {tv_sec=1, tv_usec=2}) = 3 (in [0 3 5], left {tv_sec=1, tv_usec=2})",
        );
        check("select", &[4, 1, 0, 0, 0], -9, &memory[..1], "select(4, [0 3], NULL, NULL, NULL) = -1");
        check(
            "select",
            &[-1_i64 as u64, 1, 0, 0, 0],
            -22,
            &memory[..1],
            "select(-1, 0x1, NULL, NULL, NULL) = -1",
        );
        check(
            "pselect6",
            &[6, 0, 1, 0, 0, 2],
            1,
            &[(2, 0, &set), (5, 0, &longs(&[9, 8])), (5, 1, &longs(&[1]))],
            "pselect6(6, NULL, [0 3 5], NULL, NULL, {sigmask=[HUP], sigsetsize=8}) = 1 (out [0 3 5])",
        );
        check_i386(
            "select",
            &[1],
            2,
            &[(0, 0, &words(&[6, 1, 0, 0, 2])), (0, 1, &set), (0, 4, &words(&[1, 2]))],
            "select(6, [0 3 5], NULL, NULL, {tv_sec=1, tv_usec=2}) = 2 (in [0 3 5], left {tv_sec=1, tv_usec=2})",
        );
        check_i386("select", &[1], -14, &[], "select(0x1) = -1");
    }

    #[test]
    fn events_are_packed_on_x86_only() {
        let packed = words(&[1, 7, 0, 0x2011, 3, 1]);
        let shown = "[{events=EPOLLIN, data={u32=7, u64=7}}, \
                     {events=EPOLLIN|EPOLLHUP|EPOLLRDHUP, data={u32=3, u64=4294967299}}]";
        check(
            "epoll_wait",
            &[3, 1, 9, 0],
            2,
            &[(1, 0, &packed)],
            &format!("epoll_wait(3, {shown}, 9, 0) = 2"),
        );
        check("epoll_wait", &[3, 1, 9, 0], 0, &[], "epoll_wait(3, [], 9, 0) = 0");
        check("epoll_wait", &[3, 1, 9, 0], -4, &[], "epoll_wait(3, 0x1, 9, 0) = -1");
        let aligned = words(&[1, 0, 7, 0, 0x2011, 0, 3, 1]);
        assert_eq!(
            show(Abi::Aarch64, "epoll_pwait", &[3, 1, 9, 0, 0, 8], 2, &[(1, 0, &aligned)]),
            format!("epoll_pwait(3, {shown}, 9, 0, NULL, 8) = 2")
        );
        check(
            "epoll_ctl",
            &[3, 1, 4, 1],
            0,
            &[(3, 0, &packed[..12])],
            "epoll_ctl(3, EPOLL_CTL_ADD, 4, {events=EPOLLIN, data={u32=7, u64=7}}) = 0",
        );
        check(
            "epoll_ctl",
            &[3, 2, 4, 1],
            0,
            &[(3, 0, &packed[..12])],
            "epoll_ctl(3, EPOLL_CTL_DEL, 4, 0x1) = 0",
        );
        check(
            "fanotify_mark",
            &[3, 1, 2, -1_i64 as u64, 0],
            0,
            &[],
            "fanotify_mark(3, FAN_MARK_ADD, FAN_MODIFY, FAN_NOFD, NULL) = 0",
        );
    }
}
