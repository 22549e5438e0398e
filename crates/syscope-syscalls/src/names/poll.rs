//! Constants of event waiting: poll, epoll, inotify and fanotify.

use crate::names::{BitField, Enum, Flags};

/// Flags of `inotify_init1`.
pub static INOTIFY_INIT_FLAGS: Flags = Flags {
    unknown: "IN_???",
    zero: "",
    fields: &[],
    bits: &[(0x800, "IN_NONBLOCK"), (0x80000, "IN_CLOEXEC")],
};

/// Events of `inotify_add_watch`.
pub static INOTIFY_MASK: Flags = Flags {
    unknown: "IN_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "IN_ACCESS"),
        (0x2, "IN_MODIFY"),
        (0x4, "IN_ATTRIB"),
        (0x8, "IN_CLOSE_WRITE"),
        (0x10, "IN_CLOSE_NOWRITE"),
        (0x20, "IN_OPEN"),
        (0x40, "IN_MOVED_FROM"),
        (0x80, "IN_MOVED_TO"),
        (0x100, "IN_CREATE"),
        (0x200, "IN_DELETE"),
        (0x400, "IN_DELETE_SELF"),
        (0x800, "IN_MOVE_SELF"),
        (0x2000, "IN_UNMOUNT"),
        (0x4000, "IN_Q_OVERFLOW"),
        (0x8000, "IN_IGNORED"),
        (0x1000000, "IN_ONLYDIR"),
        (0x2000000, "IN_DONT_FOLLOW"),
        (0x4000000, "IN_EXCL_UNLINK"),
        (0x10000000, "IN_MASK_CREATE"),
        (0x20000000, "IN_MASK_ADD"),
        (0x40000000, "IN_ISDIR"),
        (0x80000000, "IN_ONESHOT"),
    ],
};

/// Flags of `fanotify_init`.
pub static FANOTIFY_INIT_FLAGS: Flags = Flags {
    unknown: "FAN_???",
    zero: "",
    fields: &[BitField {
        mask: 0xc,
        values: &[(0x0, "FAN_CLASS_NOTIF"), (0x4, "FAN_CLASS_CONTENT"), (0x8, "FAN_CLASS_PRE_CONTENT")],
    }],
    bits: &[
        (0x1, "FAN_CLOEXEC"),
        (0x2, "FAN_NONBLOCK"),
        (0x10, "FAN_UNLIMITED_QUEUE"),
        (0x20, "FAN_UNLIMITED_MARKS"),
        (0x40, "FAN_ENABLE_AUDIT"),
        (0x80, "FAN_REPORT_PIDFD"),
        (0x100, "FAN_REPORT_TID"),
        (0x200, "FAN_REPORT_FID"),
        (0x400, "FAN_REPORT_DIR_FID"),
        (0x800, "FAN_REPORT_NAME"),
        (0x1000, "FAN_REPORT_TARGET_FID"),
        (0x2000, "FAN_REPORT_FD_ERROR"),
        (0x4000, "FAN_REPORT_MNT"),
    ],
};

/// Flags of the descriptors in fanotify events.
pub static FANOTIFY_EVENT_FLAGS: Flags = Flags {
    unknown: "O_???",
    zero: "",
    fields: &[BitField {
        mask: 0x3,
        values: &[(0x0, "O_RDONLY"), (0x1, "O_WRONLY"), (0x2, "O_RDWR"), (0x3, "O_ACCMODE")],
    }],
    bits: &[
        (0x40, "O_CREAT"),
        (0x80, "O_EXCL"),
        (0x100, "O_NOCTTY"),
        (0x200, "O_TRUNC"),
        (0x400, "O_APPEND"),
        (0x800, "O_NONBLOCK"),
        (0x101000, "O_SYNC"),
        (0x1000, "O_DSYNC"),
        (0x100000, "__O_SYNC"),
        (0x4000, "O_DIRECT"),
        (0x8000, "O_LARGEFILE"),
        (0x20000, "O_NOFOLLOW"),
        (0x40000, "O_NOATIME"),
        (0x80000, "O_CLOEXEC"),
        (0x200000, "O_PATH"),
        (0x410000, "O_TMPFILE"),
        (0x10000, "O_DIRECTORY"),
        (0x400000, "__O_TMPFILE"),
        (0x2000, "FASYNC"),
    ],
};

/// Flags of `fanotify_mark`.
pub static FANOTIFY_MARK_FLAGS: Flags = Flags {
    unknown: "FAN_MARK_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "FAN_MARK_ADD"),
        (0x2, "FAN_MARK_REMOVE"),
        (0x4, "FAN_MARK_DONT_FOLLOW"),
        (0x8, "FAN_MARK_ONLYDIR"),
        (0x10, "FAN_MARK_MOUNT"),
        (0x20, "FAN_MARK_IGNORED_MASK"),
        (0x40, "FAN_MARK_IGNORED_SURV_MODIFY"),
        (0x80, "FAN_MARK_FLUSH"),
        (0x100, "FAN_MARK_FILESYSTEM"),
        (0x200, "FAN_MARK_EVICTABLE"),
        (0x400, "FAN_MARK_IGNORE"),
    ],
};

/// Events of `fanotify_mark`.
pub static FANOTIFY_MASK: Flags = Flags {
    unknown: "FAN_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "FAN_ACCESS"),
        (0x2, "FAN_MODIFY"),
        (0x4, "FAN_ATTRIB"),
        (0x8, "FAN_CLOSE_WRITE"),
        (0x10, "FAN_CLOSE_NOWRITE"),
        (0x20, "FAN_OPEN"),
        (0x40, "FAN_MOVED_FROM"),
        (0x80, "FAN_MOVED_TO"),
        (0x100, "FAN_CREATE"),
        (0x200, "FAN_DELETE"),
        (0x400, "FAN_DELETE_SELF"),
        (0x800, "FAN_MOVE_SELF"),
        (0x1000, "FAN_OPEN_EXEC"),
        (0x4000, "FAN_Q_OVERFLOW"),
        (0x8000, "FAN_FS_ERROR"),
        (0x10000, "FAN_OPEN_PERM"),
        (0x20000, "FAN_ACCESS_PERM"),
        (0x40000, "FAN_OPEN_EXEC_PERM"),
        (0x80000, "FAN_DIR_MODIFY"),
        (0x40000000, "FAN_ONDIR"),
        (0x8000000, "FAN_EVENT_ON_CHILD"),
        (0x10000000, "FAN_RENAME"),
        (0x100000, "FAN_PRE_ACCESS"),
        (0x1000000, "FAN_MNT_ATTACH"),
        (0x2000000, "FAN_MNT_DETACH"),
    ],
};

/// Flags of `epoll_create1`.
pub static EPOLL_CREATE_FLAGS: Flags =
    Flags { unknown: "EPOLL_???", zero: "", fields: &[], bits: &[(0x80000, "EPOLL_CLOEXEC")] };

/// Operations of `epoll_ctl`.
pub static EPOLL_CTL_OP: Enum = Enum {
    unknown: "EPOLL_CTL_???",
    values: &[(1, "EPOLL_CTL_ADD"), (2, "EPOLL_CTL_DEL"), (3, "EPOLL_CTL_MOD")],
};

/// Events of `epoll_wait`.
pub static EPOLL_EVENTS: Flags = Flags {
    unknown: "EPOLL???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "EPOLLIN"),
        (0x2, "EPOLLPRI"),
        (0x4, "EPOLLOUT"),
        (0x8, "EPOLLERR"),
        (0x10, "EPOLLHUP"),
        (0x20, "EPOLLNVAL"),
        (0x40, "EPOLLRDNORM"),
        (0x80, "EPOLLRDBAND"),
        (0x100, "EPOLLWRNORM"),
        (0x200, "EPOLLWRBAND"),
        (0x400, "EPOLLMSG"),
        (0x2000, "EPOLLRDHUP"),
        (0x10000000, "EPOLLEXCLUSIVE"),
        (0x20000000, "EPOLLWAKEUP"),
        (0x40000000, "EPOLLONESHOT"),
        (0x80000000, "EPOLLET"),
    ],
};

/// Events of `poll`.
pub static POLL_EVENTS: Flags = Flags {
    unknown: "POLL???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "POLLIN"),
        (0x2, "POLLPRI"),
        (0x4, "POLLOUT"),
        (0x8, "POLLERR"),
        (0x10, "POLLHUP"),
        (0x20, "POLLNVAL"),
        (0x40, "POLLRDNORM"),
        (0x80, "POLLRDBAND"),
        (0x100, "POLLWRNORM"),
        (0x200, "POLLWRBAND"),
        (0x400, "POLLMSG"),
        (0x1000, "POLLREMOVE"),
        (0x2000, "POLLRDHUP"),
        (0x8000, "POLL_BUSY_LOOP"),
    ],
};

/// Every enumeration of this file.
#[cfg(test)]
pub(crate) static ALL_ENUMS: &[&Enum] = &[&EPOLL_CTL_OP];
