//! Constants of data transfer: splice, preallocation, memory files, asynchronous I/O, Landlock.

use crate::names::{Enum, Flags};

/// Operations of `flock`.
pub static FLOCK_OP: Flags = Flags {
    unknown: "LOCK_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "LOCK_SH"),
        (0x2, "LOCK_EX"),
        (0x4, "LOCK_NB"),
        (0x8, "LOCK_UN"),
        (0x20, "LOCK_MAND"),
        (0xc0, "LOCK_RW"),
        (0x40, "LOCK_READ"),
        (0x80, "LOCK_WRITE"),
    ],
};

/// Modes of `fallocate`.
pub static FALLOCATE_MODE: Flags = Flags {
    unknown: "FALLOC_FL_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "FALLOC_FL_KEEP_SIZE"),
        (0x2, "FALLOC_FL_PUNCH_HOLE"),
        (0x4, "FALLOC_FL_NO_HIDE_STALE"),
        (0x8, "FALLOC_FL_COLLAPSE_RANGE"),
        (0x10, "FALLOC_FL_ZERO_RANGE"),
        (0x20, "FALLOC_FL_INSERT_RANGE"),
        (0x40, "FALLOC_FL_UNSHARE_RANGE"),
        (0x80, "FALLOC_FL_WRITE_ZEROES"),
    ],
};

/// Advice of `fadvise64`.
pub static FADVISE: Enum = Enum {
    unknown: "POSIX_FADV_???",
    values: &[
        (0, "POSIX_FADV_NORMAL"),
        (1, "POSIX_FADV_RANDOM"),
        (2, "POSIX_FADV_SEQUENTIAL"),
        (3, "POSIX_FADV_WILLNEED"),
        (4, "POSIX_FADV_DONTNEED"),
        (5, "POSIX_FADV_NOREUSE"),
    ],
};

/// Flags of `sync_file_range`.
pub static SYNC_RANGE: Flags = Flags {
    unknown: "SYNC_FILE_RANGE_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "SYNC_FILE_RANGE_WAIT_BEFORE"),
        (0x2, "SYNC_FILE_RANGE_WRITE"),
        (0x4, "SYNC_FILE_RANGE_WAIT_AFTER"),
    ],
};

/// Flags of `splice`, `tee` and `vmsplice`.
pub static SPLICE_FLAGS: Flags = Flags {
    unknown: "SPLICE_F_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "SPLICE_F_MOVE"),
        (0x2, "SPLICE_F_NONBLOCK"),
        (0x4, "SPLICE_F_MORE"),
        (0x8, "SPLICE_F_GIFT"),
    ],
};

/// Flags of `preadv2` and `pwritev2`.
pub static RWF_FLAGS: Flags = Flags {
    unknown: "RWF_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "RWF_HIPRI"),
        (0x2, "RWF_DSYNC"),
        (0x4, "RWF_SYNC"),
        (0x8, "RWF_NOWAIT"),
        (0x10, "RWF_APPEND"),
        (0x20, "RWF_NOAPPEND"),
        (0x40, "RWF_ATOMIC"),
        (0x80, "RWF_DONTCACHE"),
        (0x100, "RWF_NOSIGNAL"),
    ],
};

/// Flags of `pipe2`.
pub static PIPE2_FLAGS: Flags = Flags {
    unknown: "O_???",
    zero: "",
    fields: &[],
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

/// Flags of `close_range`.
pub static CLOSE_RANGE_FLAGS: Flags = Flags {
    unknown: "CLOSE_RANGE_???",
    zero: "",
    fields: &[],
    bits: &[(0x2, "CLOSE_RANGE_UNSHARE"), (0x4, "CLOSE_RANGE_CLOEXEC")],
};

/// Flags of `memfd_create`, without the huge page size.
pub static MEMFD_FLAGS: Flags = Flags {
    unknown: "MFD_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "MFD_CLOEXEC"),
        (0x2, "MFD_ALLOW_SEALING"),
        (0x4, "MFD_HUGETLB"),
        (0x8, "MFD_NOEXEC_SEAL"),
        (0x10, "MFD_EXEC"),
    ],
};

/// Flags of `memfd_secret`.
pub static MEMFD_SECRET_FLAGS: Flags =
    Flags { unknown: "O_???", zero: "", fields: &[], bits: &[(0x80000, "O_CLOEXEC")] };

/// Flags of `eventfd2`.
pub static EVENTFD_FLAGS: Flags = Flags {
    unknown: "EFD_???",
    zero: "",
    fields: &[],
    bits: &[(0x1, "EFD_SEMAPHORE"), (0x80000, "EFD_CLOEXEC"), (0x800, "EFD_NONBLOCK")],
};

/// Operations in `struct iocb`.
pub static AIO_OP: Enum = Enum {
    unknown: "IOCB_CMD_???",
    values: &[
        (0, "IOCB_CMD_PREAD"),
        (1, "IOCB_CMD_PWRITE"),
        (2, "IOCB_CMD_FSYNC"),
        (3, "IOCB_CMD_FDSYNC"),
        (4, "IOCB_CMD_PREADX"),
        (5, "IOCB_CMD_POLL"),
        (6, "IOCB_CMD_NOOP"),
        (7, "IOCB_CMD_PREADV"),
        (8, "IOCB_CMD_PWRITEV"),
    ],
};

/// Flags in `struct iocb`.
pub static AIO_FLAGS: Flags = Flags {
    unknown: "IOCB_FLAG_???",
    zero: "",
    fields: &[],
    bits: &[(0x1, "IOCB_FLAG_RESFD"), (0x2, "IOCB_FLAG_IOPRIO")],
};

/// Flags of `io_uring_setup`.
pub static IO_URING_SETUP_FLAGS: Flags = Flags {
    unknown: "IORING_SETUP_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "IORING_SETUP_IOPOLL"),
        (0x2, "IORING_SETUP_SQPOLL"),
        (0x4, "IORING_SETUP_SQ_AFF"),
        (0x8, "IORING_SETUP_CQSIZE"),
        (0x10, "IORING_SETUP_CLAMP"),
        (0x20, "IORING_SETUP_ATTACH_WQ"),
        (0x40, "IORING_SETUP_R_DISABLED"),
        (0x80, "IORING_SETUP_SUBMIT_ALL"),
        (0x100, "IORING_SETUP_COOP_TASKRUN"),
        (0x200, "IORING_SETUP_TASKRUN_FLAG"),
        (0x400, "IORING_SETUP_SQE128"),
        (0x800, "IORING_SETUP_CQE32"),
        (0x1000, "IORING_SETUP_SINGLE_ISSUER"),
        (0x2000, "IORING_SETUP_DEFER_TASKRUN"),
        (0x4000, "IORING_SETUP_NO_MMAP"),
        (0x8000, "IORING_SETUP_REGISTERED_FD_ONLY"),
        (0x10000, "IORING_SETUP_NO_SQARRAY"),
        (0x20000, "IORING_SETUP_HYBRID_IOPOLL"),
        (0x40000, "IORING_SETUP_CQE_MIXED"),
    ],
};

/// Flags of `io_uring_enter`.
pub static IO_URING_ENTER_FLAGS: Flags = Flags {
    unknown: "IORING_ENTER_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "IORING_ENTER_GETEVENTS"),
        (0x2, "IORING_ENTER_SQ_WAKEUP"),
        (0x4, "IORING_ENTER_SQ_WAIT"),
        (0x8, "IORING_ENTER_EXT_ARG"),
        (0x10, "IORING_ENTER_REGISTERED_RING"),
        (0x20, "IORING_ENTER_ABS_TIMER"),
        (0x40, "IORING_ENTER_EXT_ARG_REG"),
        (0x80, "IORING_ENTER_NO_IOWAIT"),
    ],
};

/// Features reported by `io_uring_setup`.
pub static IO_URING_FEATURES: Flags = Flags {
    unknown: "IORING_FEAT_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "IORING_FEAT_SINGLE_MMAP"),
        (0x2, "IORING_FEAT_NODROP"),
        (0x4, "IORING_FEAT_SUBMIT_STABLE"),
        (0x8, "IORING_FEAT_RW_CUR_POS"),
        (0x10, "IORING_FEAT_CUR_PERSONALITY"),
        (0x20, "IORING_FEAT_FAST_POLL"),
        (0x40, "IORING_FEAT_POLL_32BITS"),
        (0x80, "IORING_FEAT_SQPOLL_NONFIXED"),
        (0x100, "IORING_FEAT_EXT_ARG"),
        (0x200, "IORING_FEAT_NATIVE_WORKERS"),
        (0x400, "IORING_FEAT_RSRC_TAGS"),
        (0x800, "IORING_FEAT_CQE_SKIP"),
        (0x1000, "IORING_FEAT_LINKED_FILE"),
        (0x2000, "IORING_FEAT_REG_REG_RING"),
        (0x4000, "IORING_FEAT_RECVSEND_BUNDLE"),
        (0x8000, "IORING_FEAT_MIN_TIMEOUT"),
        (0x10000, "IORING_FEAT_RW_ATTR"),
        (0x20000, "IORING_FEAT_NO_IOWAIT"),
    ],
};

/// Operations of `io_uring_register`.
pub static IO_URING_REGISTER_OP: Enum = Enum {
    unknown: "IORING_REGISTER_???",
    values: &[
        (0, "IORING_REGISTER_BUFFERS"),
        (1, "IORING_UNREGISTER_BUFFERS"),
        (2, "IORING_REGISTER_FILES"),
        (3, "IORING_UNREGISTER_FILES"),
        (4, "IORING_REGISTER_EVENTFD"),
        (5, "IORING_UNREGISTER_EVENTFD"),
        (6, "IORING_REGISTER_FILES_UPDATE"),
        (7, "IORING_REGISTER_EVENTFD_ASYNC"),
        (8, "IORING_REGISTER_PROBE"),
        (9, "IORING_REGISTER_PERSONALITY"),
        (10, "IORING_UNREGISTER_PERSONALITY"),
        (11, "IORING_REGISTER_RESTRICTIONS"),
        (12, "IORING_REGISTER_ENABLE_RINGS"),
        (13, "IORING_REGISTER_FILES2"),
        (14, "IORING_REGISTER_FILES_UPDATE2"),
        (15, "IORING_REGISTER_BUFFERS2"),
        (16, "IORING_REGISTER_BUFFERS_UPDATE"),
        (17, "IORING_REGISTER_IOWQ_AFF"),
        (18, "IORING_UNREGISTER_IOWQ_AFF"),
        (19, "IORING_REGISTER_IOWQ_MAX_WORKERS"),
        (20, "IORING_REGISTER_RING_FDS"),
        (21, "IORING_UNREGISTER_RING_FDS"),
        (22, "IORING_REGISTER_PBUF_RING"),
        (23, "IORING_UNREGISTER_PBUF_RING"),
        (24, "IORING_REGISTER_SYNC_CANCEL"),
        (25, "IORING_REGISTER_FILE_ALLOC_RANGE"),
        (26, "IORING_REGISTER_PBUF_STATUS"),
        (27, "IORING_REGISTER_NAPI"),
        (28, "IORING_UNREGISTER_NAPI"),
        (29, "IORING_REGISTER_CLOCK"),
        (30, "IORING_REGISTER_CLONE_BUFFERS"),
        (31, "IORING_REGISTER_SEND_MSG_RING"),
        (32, "IORING_REGISTER_ZCRX_IFQ"),
        (33, "IORING_REGISTER_RESIZE_RINGS"),
        (34, "IORING_REGISTER_MEM_REGION"),
        (35, "IORING_REGISTER_QUERY"),
    ],
};

/// Flags of `landlock_create_ruleset`.
pub static LANDLOCK_CREATE_RULESET_FLAGS: Flags = Flags {
    unknown: "LANDLOCK_CREATE_RULESET_???",
    zero: "",
    fields: &[],
    bits: &[(0x1, "LANDLOCK_CREATE_RULESET_VERSION"), (0x2, "LANDLOCK_CREATE_RULESET_ERRATA")],
};

/// Rule types of `landlock_add_rule`.
pub static LANDLOCK_RULE_TYPE: Enum = Enum {
    unknown: "LANDLOCK_RULE_???",
    values: &[(1, "LANDLOCK_RULE_PATH_BENEATH"), (2, "LANDLOCK_RULE_NET_PORT")],
};

/// File system rights of Landlock rulesets.
pub static LANDLOCK_ACCESS_FS: Flags = Flags {
    unknown: "LANDLOCK_ACCESS_FS_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "LANDLOCK_ACCESS_FS_EXECUTE"),
        (0x2, "LANDLOCK_ACCESS_FS_WRITE_FILE"),
        (0x4, "LANDLOCK_ACCESS_FS_READ_FILE"),
        (0x8, "LANDLOCK_ACCESS_FS_READ_DIR"),
        (0x10, "LANDLOCK_ACCESS_FS_REMOVE_DIR"),
        (0x20, "LANDLOCK_ACCESS_FS_REMOVE_FILE"),
        (0x40, "LANDLOCK_ACCESS_FS_MAKE_CHAR"),
        (0x80, "LANDLOCK_ACCESS_FS_MAKE_DIR"),
        (0x100, "LANDLOCK_ACCESS_FS_MAKE_REG"),
        (0x200, "LANDLOCK_ACCESS_FS_MAKE_SOCK"),
        (0x400, "LANDLOCK_ACCESS_FS_MAKE_FIFO"),
        (0x800, "LANDLOCK_ACCESS_FS_MAKE_BLOCK"),
        (0x1000, "LANDLOCK_ACCESS_FS_MAKE_SYM"),
        (0x2000, "LANDLOCK_ACCESS_FS_REFER"),
        (0x4000, "LANDLOCK_ACCESS_FS_TRUNCATE"),
        (0x8000, "LANDLOCK_ACCESS_FS_IOCTL_DEV"),
    ],
};

/// Network rights of Landlock rulesets.
pub static LANDLOCK_ACCESS_NET: Flags = Flags {
    unknown: "LANDLOCK_ACCESS_NET_???",
    zero: "",
    fields: &[],
    bits: &[(0x1, "LANDLOCK_ACCESS_NET_BIND_TCP"), (0x2, "LANDLOCK_ACCESS_NET_CONNECT_TCP")],
};

/// Scopes of Landlock rulesets.
pub static LANDLOCK_SCOPE: Flags = Flags {
    unknown: "LANDLOCK_SCOPE_???",
    zero: "",
    fields: &[],
    bits: &[(0x1, "LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET"), (0x2, "LANDLOCK_SCOPE_SIGNAL")],
};

/// Flags of `landlock_restrict_self`.
pub static LANDLOCK_RESTRICT_SELF_FLAGS: Flags = Flags {
    unknown: "LANDLOCK_RESTRICT_SELF_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "LANDLOCK_RESTRICT_SELF_LOG_SAME_EXEC_OFF"),
        (0x2, "LANDLOCK_RESTRICT_SELF_LOG_NEW_EXEC_ON"),
        (0x4, "LANDLOCK_RESTRICT_SELF_LOG_SUBDOMAINS_OFF"),
    ],
};

/// Flags of `userfaultfd`.
pub static USERFAULTFD_FLAGS: Flags = Flags {
    unknown: "UFFD_???",
    zero: "",
    fields: &[],
    bits: &[(0x1, "UFFD_USER_MODE_ONLY"), (0x800, "O_NONBLOCK"), (0x80000, "O_CLOEXEC")],
};

/// Every enumeration of this file.
#[cfg(test)]
pub(crate) static ALL_ENUMS: &[&Enum] = &[&FADVISE, &AIO_OP, &IO_URING_REGISTER_OP, &LANDLOCK_RULE_TYPE];
