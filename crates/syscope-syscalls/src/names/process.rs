//! Names of the process calls: clone, wait, limits, scheduling, capabilities, personality.

use crate::names::{BitField, Enum, Flags};

/// The flags of `clone` above the exit signal in the low byte.
pub static CLONE_FLAGS: Flags = Flags {
    unknown: "CLONE_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x100, "CLONE_VM"),
        (0x200, "CLONE_FS"),
        (0x400, "CLONE_FILES"),
        (0x800, "CLONE_SIGHAND"),
        (0x1000, "CLONE_PIDFD"),
        (0x2000, "CLONE_PTRACE"),
        (0x4000, "CLONE_VFORK"),
        (0x8000, "CLONE_PARENT"),
        (0x0001_0000, "CLONE_THREAD"),
        (0x0002_0000, "CLONE_NEWNS"),
        (0x0004_0000, "CLONE_SYSVSEM"),
        (0x0008_0000, "CLONE_SETTLS"),
        (0x0010_0000, "CLONE_PARENT_SETTID"),
        (0x0020_0000, "CLONE_CHILD_CLEARTID"),
        (0x0080_0000, "CLONE_UNTRACED"),
        (0x0100_0000, "CLONE_CHILD_SETTID"),
        (0x0200_0000, "CLONE_NEWCGROUP"),
        (0x0400_0000, "CLONE_NEWUTS"),
        (0x0800_0000, "CLONE_NEWIPC"),
        (0x1000_0000, "CLONE_NEWUSER"),
        (0x2000_0000, "CLONE_NEWPID"),
        (0x4000_0000, "CLONE_NEWNET"),
        (0x8000_0000, "CLONE_IO"),
    ],
};

/// The flags of `clone3`.
pub static CLONE3_FLAGS: Flags = Flags {
    unknown: "CLONE_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x100, "CLONE_VM"),
        (0x200, "CLONE_FS"),
        (0x400, "CLONE_FILES"),
        (0x800, "CLONE_SIGHAND"),
        (0x1000, "CLONE_PIDFD"),
        (0x2000, "CLONE_PTRACE"),
        (0x4000, "CLONE_VFORK"),
        (0x8000, "CLONE_PARENT"),
        (0x0001_0000, "CLONE_THREAD"),
        (0x0002_0000, "CLONE_NEWNS"),
        (0x0004_0000, "CLONE_SYSVSEM"),
        (0x0008_0000, "CLONE_SETTLS"),
        (0x0010_0000, "CLONE_PARENT_SETTID"),
        (0x0020_0000, "CLONE_CHILD_CLEARTID"),
        (0x0080_0000, "CLONE_UNTRACED"),
        (0x0100_0000, "CLONE_CHILD_SETTID"),
        (0x0200_0000, "CLONE_NEWCGROUP"),
        (0x0400_0000, "CLONE_NEWUTS"),
        (0x0800_0000, "CLONE_NEWIPC"),
        (0x1000_0000, "CLONE_NEWUSER"),
        (0x2000_0000, "CLONE_NEWPID"),
        (0x4000_0000, "CLONE_NEWNET"),
        (0x8000_0000, "CLONE_IO"),
        (0x80, "CLONE_NEWTIME"),
        (0x0000_0001_0000_0000, "CLONE_CLEAR_SIGHAND"),
        (0x0000_0002_0000_0000, "CLONE_INTO_CGROUP"),
    ],
};

/// The flags of `unshare`.
pub static UNSHARE_FLAGS: Flags = Flags {
    unknown: "CLONE_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x80, "CLONE_NEWTIME"),
        (0x100, "CLONE_VM"),
        (0x200, "CLONE_FS"),
        (0x400, "CLONE_FILES"),
        (0x800, "CLONE_SIGHAND"),
        (0x0001_0000, "CLONE_THREAD"),
        (0x0002_0000, "CLONE_NEWNS"),
        (0x0004_0000, "CLONE_SYSVSEM"),
        (0x0200_0000, "CLONE_NEWCGROUP"),
        (0x0400_0000, "CLONE_NEWUTS"),
        (0x0800_0000, "CLONE_NEWIPC"),
        (0x1000_0000, "CLONE_NEWUSER"),
        (0x2000_0000, "CLONE_NEWPID"),
        (0x4000_0000, "CLONE_NEWNET"),
    ],
};

/// The namespaces of `setns`.
pub static SETNS_TYPE: Flags = Flags {
    unknown: "CLONE_NEW???",
    zero: "",
    fields: &[],
    bits: &[
        (0x80, "CLONE_NEWTIME"),
        (0x0002_0000, "CLONE_NEWNS"),
        (0x0200_0000, "CLONE_NEWCGROUP"),
        (0x0400_0000, "CLONE_NEWUTS"),
        (0x0800_0000, "CLONE_NEWIPC"),
        (0x1000_0000, "CLONE_NEWUSER"),
        (0x2000_0000, "CLONE_NEWPID"),
        (0x4000_0000, "CLONE_NEWNET"),
    ],
};

/// The options of `wait4`, `waitpid` and `waitid`.
pub static WAIT_OPTIONS: Flags = Flags {
    unknown: "W???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "WNOHANG"),
        (0x4, "WEXITED"),
        (0x2, "WSTOPPED"),
        (0x8, "WCONTINUED"),
        (0x0100_0000, "WNOWAIT"),
        (0x8000_0000, "__WCLONE"),
        (0x4000_0000, "__WALL"),
        (0x2000_0000, "__WNOTHREAD"),
    ],
};

/// What the id of `waitid` names.
pub static WAITID_TYPE: Enum =
    Enum { unknown: "P_???", values: &[(0, "P_ALL"), (1, "P_PID"), (2, "P_PGID"), (3, "P_PIDFD")] };

/// The `si_code` that `waitid` reports.
pub static WAITID_CODE: Enum = Enum {
    unknown: "CLD_???",
    values: &[
        (1, "CLD_EXITED"),
        (2, "CLD_KILLED"),
        (3, "CLD_DUMPED"),
        (4, "CLD_TRAPPED"),
        (5, "CLD_STOPPED"),
        (6, "CLD_CONTINUED"),
    ],
};

/// The resource of the limit calls.
pub static RLIMIT_RESOURCE: Enum = Enum {
    unknown: "RLIMIT_???",
    values: &[
        (0, "RLIMIT_CPU"),
        (1, "RLIMIT_FSIZE"),
        (2, "RLIMIT_DATA"),
        (3, "RLIMIT_STACK"),
        (4, "RLIMIT_CORE"),
        (5, "RLIMIT_RSS"),
        (6, "RLIMIT_NPROC"),
        (7, "RLIMIT_NOFILE"),
        (8, "RLIMIT_MEMLOCK"),
        (9, "RLIMIT_AS"),
        (10, "RLIMIT_LOCKS"),
        (11, "RLIMIT_SIGPENDING"),
        (12, "RLIMIT_MSGQUEUE"),
        (13, "RLIMIT_NICE"),
        (14, "RLIMIT_RTPRIO"),
        (15, "RLIMIT_RTTIME"),
    ],
};

/// The subject of `getrusage`, as a word of 32 bits.
pub static RUSAGE_WHO: Enum = Enum {
    unknown: "RUSAGE_???",
    values: &[
        (0, "RUSAGE_SELF"),
        (1, "RUSAGE_THREAD"),
        (0xffff_fffe, "RUSAGE_BOTH"),
        (0xffff_ffff, "RUSAGE_CHILDREN"),
    ],
};

/// What the id of `getpriority` and `setpriority` names.
pub static PRIORITY_WHICH: Enum =
    Enum { unknown: "PRIO_???", values: &[(0, "PRIO_PROCESS"), (1, "PRIO_PGRP"), (2, "PRIO_USER")] };

/// What the id of `ioprio_get` and `ioprio_set` names.
pub static IOPRIO_WHICH: Enum = Enum {
    unknown: "IOPRIO_WHO_???",
    values: &[(1, "IOPRIO_WHO_PROCESS"), (2, "IOPRIO_WHO_PGRP"), (3, "IOPRIO_WHO_USER")],
};

/// The class of an I/O priority: its bits from 13 up.
pub static IOPRIO_CLASS: Enum = Enum {
    unknown: "IOPRIO_CLASS_???",
    values: &[
        (0, "IOPRIO_CLASS_NONE"),
        (1, "IOPRIO_CLASS_RT"),
        (2, "IOPRIO_CLASS_BE"),
        (3, "IOPRIO_CLASS_IDLE"),
    ],
};

/// The hint of an I/O priority: its bits 3 to 12.
pub static IOPRIO_HINT: Enum = Enum {
    unknown: "IOPRIO_HINT_???",
    values: &[
        (0, "IOPRIO_HINT_NONE"),
        (1, "IOPRIO_HINT_DEV_DURATION_LIMIT_1"),
        (2, "IOPRIO_HINT_DEV_DURATION_LIMIT_2"),
        (3, "IOPRIO_HINT_DEV_DURATION_LIMIT_3"),
        (4, "IOPRIO_HINT_DEV_DURATION_LIMIT_4"),
        (5, "IOPRIO_HINT_DEV_DURATION_LIMIT_5"),
        (6, "IOPRIO_HINT_DEV_DURATION_LIMIT_6"),
        (7, "IOPRIO_HINT_DEV_DURATION_LIMIT_7"),
    ],
};

/// The policy of the scheduler calls.
pub static SCHED_POLICY: Enum = Enum {
    unknown: "SCHED_???",
    values: &[
        (0, "SCHED_OTHER"),
        (1, "SCHED_FIFO"),
        (2, "SCHED_RR"),
        (3, "SCHED_BATCH"),
        (4, "SCHED_ISO"),
        (5, "SCHED_IDLE"),
        (6, "SCHED_DEADLINE"),
        (7, "SCHED_EXT"),
    ],
};

/// The policy of `sched_setscheduler` together with its flag.
pub static SCHED_POLICY_FLAGS: Flags = Flags {
    unknown: "SCHED_???",
    zero: "",
    fields: &[BitField {
        mask: 0xbfff_ffff,
        values: &[
            (0, "SCHED_OTHER"),
            (1, "SCHED_FIFO"),
            (2, "SCHED_RR"),
            (3, "SCHED_BATCH"),
            (4, "SCHED_ISO"),
            (5, "SCHED_IDLE"),
            (6, "SCHED_DEADLINE"),
            (7, "SCHED_EXT"),
        ],
    }],
    bits: &[(0x4000_0000, "SCHED_RESET_ON_FORK")],
};

/// The flags of `struct sched_attr`.
pub static SCHED_ATTR_FLAGS: Flags = Flags {
    unknown: "SCHED_FLAG_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "SCHED_FLAG_RESET_ON_FORK"),
        (0x2, "SCHED_FLAG_RECLAIM"),
        (0x4, "SCHED_FLAG_DL_OVERRUN"),
        (0x8, "SCHED_FLAG_KEEP_POLICY"),
        (0x10, "SCHED_FLAG_KEEP_PARAMS"),
        (0x20, "SCHED_FLAG_UTIL_CLAMP_MIN"),
        (0x40, "SCHED_FLAG_UTIL_CLAMP_MAX"),
    ],
};

/// A capability by its number.
pub static CAPABILITY: Enum = Enum {
    unknown: "CAP_???",
    values: &[
        (0, "CAP_CHOWN"),
        (1, "CAP_DAC_OVERRIDE"),
        (2, "CAP_DAC_READ_SEARCH"),
        (3, "CAP_FOWNER"),
        (4, "CAP_FSETID"),
        (5, "CAP_KILL"),
        (6, "CAP_SETGID"),
        (7, "CAP_SETUID"),
        (8, "CAP_SETPCAP"),
        (9, "CAP_LINUX_IMMUTABLE"),
        (10, "CAP_NET_BIND_SERVICE"),
        (11, "CAP_NET_BROADCAST"),
        (12, "CAP_NET_ADMIN"),
        (13, "CAP_NET_RAW"),
        (14, "CAP_IPC_LOCK"),
        (15, "CAP_IPC_OWNER"),
        (16, "CAP_SYS_MODULE"),
        (17, "CAP_SYS_RAWIO"),
        (18, "CAP_SYS_CHROOT"),
        (19, "CAP_SYS_PTRACE"),
        (20, "CAP_SYS_PACCT"),
        (21, "CAP_SYS_ADMIN"),
        (22, "CAP_SYS_BOOT"),
        (23, "CAP_SYS_NICE"),
        (24, "CAP_SYS_RESOURCE"),
        (25, "CAP_SYS_TIME"),
        (26, "CAP_SYS_TTY_CONFIG"),
        (27, "CAP_MKNOD"),
        (28, "CAP_LEASE"),
        (29, "CAP_AUDIT_WRITE"),
        (30, "CAP_AUDIT_CONTROL"),
        (31, "CAP_SETFCAP"),
        (32, "CAP_MAC_OVERRIDE"),
        (33, "CAP_MAC_ADMIN"),
        (34, "CAP_SYSLOG"),
        (35, "CAP_WAKE_ALARM"),
        (36, "CAP_BLOCK_SUSPEND"),
        (37, "CAP_AUDIT_READ"),
        (38, "CAP_PERFMON"),
        (39, "CAP_BPF"),
        (40, "CAP_CHECKPOINT_RESTORE"),
    ],
};

/// A set of capabilities, each shown as the shift it is.
pub static CAPABILITIES: Flags = Flags {
    unknown: "CAP_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "1<<CAP_CHOWN"),
        (0x2, "1<<CAP_DAC_OVERRIDE"),
        (0x4, "1<<CAP_DAC_READ_SEARCH"),
        (0x8, "1<<CAP_FOWNER"),
        (0x10, "1<<CAP_FSETID"),
        (0x20, "1<<CAP_KILL"),
        (0x40, "1<<CAP_SETGID"),
        (0x80, "1<<CAP_SETUID"),
        (0x100, "1<<CAP_SETPCAP"),
        (0x200, "1<<CAP_LINUX_IMMUTABLE"),
        (0x400, "1<<CAP_NET_BIND_SERVICE"),
        (0x800, "1<<CAP_NET_BROADCAST"),
        (0x1000, "1<<CAP_NET_ADMIN"),
        (0x2000, "1<<CAP_NET_RAW"),
        (0x4000, "1<<CAP_IPC_LOCK"),
        (0x8000, "1<<CAP_IPC_OWNER"),
        (0x0001_0000, "1<<CAP_SYS_MODULE"),
        (0x0002_0000, "1<<CAP_SYS_RAWIO"),
        (0x0004_0000, "1<<CAP_SYS_CHROOT"),
        (0x0008_0000, "1<<CAP_SYS_PTRACE"),
        (0x0010_0000, "1<<CAP_SYS_PACCT"),
        (0x0020_0000, "1<<CAP_SYS_ADMIN"),
        (0x0040_0000, "1<<CAP_SYS_BOOT"),
        (0x0080_0000, "1<<CAP_SYS_NICE"),
        (0x0100_0000, "1<<CAP_SYS_RESOURCE"),
        (0x0200_0000, "1<<CAP_SYS_TIME"),
        (0x0400_0000, "1<<CAP_SYS_TTY_CONFIG"),
        (0x0800_0000, "1<<CAP_MKNOD"),
        (0x1000_0000, "1<<CAP_LEASE"),
        (0x2000_0000, "1<<CAP_AUDIT_WRITE"),
        (0x4000_0000, "1<<CAP_AUDIT_CONTROL"),
        (0x8000_0000, "1<<CAP_SETFCAP"),
        (0x0000_0001_0000_0000, "1<<CAP_MAC_OVERRIDE"),
        (0x0000_0002_0000_0000, "1<<CAP_MAC_ADMIN"),
        (0x0000_0004_0000_0000, "1<<CAP_SYSLOG"),
        (0x0000_0008_0000_0000, "1<<CAP_WAKE_ALARM"),
        (0x0000_0010_0000_0000, "1<<CAP_BLOCK_SUSPEND"),
        (0x0000_0020_0000_0000, "1<<CAP_AUDIT_READ"),
        (0x0000_0040_0000_0000, "1<<CAP_PERFMON"),
        (0x0000_0080_0000_0000, "1<<CAP_BPF"),
        (0x0000_0100_0000_0000, "1<<CAP_CHECKPOINT_RESTORE"),
    ],
};

/// The version in the header of `capget` and `capset`.
pub static CAP_VERSION: Enum = Enum {
    unknown: "_LINUX_CAPABILITY_VERSION_???",
    values: &[
        (0x1998_0330, "_LINUX_CAPABILITY_VERSION_1"),
        (0x2007_1026, "_LINUX_CAPABILITY_VERSION_2"),
        (0x2008_0522, "_LINUX_CAPABILITY_VERSION_3"),
    ],
};

/// The flags of `pidfd_open`.
pub static PIDFD_OPEN_FLAGS: Flags = Flags {
    unknown: "PIDFD_???",
    zero: "",
    fields: &[],
    bits: &[(0x800, "PIDFD_NONBLOCK"), (0x80, "PIDFD_THREAD")],
};

/// The flags of `pidfd_send_signal`.
pub static PIDFD_SIGNAL_FLAGS: Flags = Flags {
    unknown: "PIDFD_SIGNAL_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "PIDFD_SIGNAL_THREAD"),
        (0x2, "PIDFD_SIGNAL_THREAD_GROUP"),
        (0x4, "PIDFD_SIGNAL_PROCESS_GROUP"),
    ],
};

/// The numbers that stand for the caller in place of a pidfd, as words of 32 bits.
pub static PIDFD_SELF: Enum = Enum {
    unknown: "PIDFD_SELF_???",
    values: &[(0xffff_d8ef, "PIDFD_SELF_THREAD_GROUP"), (0xffff_d8f0, "PIDFD_SELF_THREAD")],
};

/// What `kcmp` compares.
pub static KCMP_TYPE: Enum = Enum {
    unknown: "KCMP_???",
    values: &[
        (0, "KCMP_FILE"),
        (1, "KCMP_VM"),
        (2, "KCMP_FILES"),
        (3, "KCMP_FS"),
        (4, "KCMP_SIGHAND"),
        (5, "KCMP_IO"),
        (6, "KCMP_SYSVSEM"),
        (7, "KCMP_EPOLL_TFD"),
    ],
};

/// The word of `personality`: an execution domain and its bits.
pub static PERSONALITY: Flags = Flags {
    unknown: "PER_???",
    zero: "",
    fields: &[BitField {
        mask: 0xff,
        values: &[
            (0, "PER_LINUX"),
            (6, "PER_BSD"),
            (8, "PER_LINUX32"),
            (12, "PER_RISCOS"),
            (15, "PER_OSF4"),
            (0x10, "PER_HPUX"),
        ],
    }],
    bits: &[
        (0x0002_0000, "UNAME26"),
        (0x0004_0000, "ADDR_NO_RANDOMIZE"),
        (0x0008_0000, "FDPIC_FUNCPTRS"),
        (0x0010_0000, "MMAP_PAGE_ZERO"),
        (0x0020_0000, "ADDR_COMPAT_LAYOUT"),
        (0x0040_0000, "READ_IMPLIES_EXEC"),
        (0x0080_0000, "ADDR_LIMIT_32BIT"),
        (0x0100_0000, "SHORT_INODE"),
        (0x0200_0000, "WHOLE_SECONDS"),
        (0x0400_0000, "STICKY_TIMEOUTS"),
        (0x0800_0000, "ADDR_LIMIT_3GB"),
    ],
};

/// The flags of `execveat`.
pub static EXECVEAT_FLAGS: Flags = Flags {
    unknown: "AT_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x100, "AT_SYMLINK_NOFOLLOW"),
        (0x200, "AT_REMOVEDIR"),
        (0x400, "AT_SYMLINK_FOLLOW"),
        (0x800, "AT_NO_AUTOMOUNT"),
        (0x1000, "AT_EMPTY_PATH"),
        (0x8000, "AT_RECURSIVE"),
        (0x0001_0000, "AT_EXECVE_CHECK"),
    ],
};

/// The flags of `rseq`.
pub static RSEQ_FLAGS: Flags =
    Flags { unknown: "RSEQ_FLAG_???", zero: "", fields: &[], bits: &[(0x1, "RSEQ_FLAG_UNREGISTER")] };

#[cfg(test)]
pub(crate) static ALL_ENUMS: &[&Enum] = &[
    &WAITID_TYPE,
    &WAITID_CODE,
    &RLIMIT_RESOURCE,
    &RUSAGE_WHO,
    &PRIORITY_WHICH,
    &IOPRIO_WHICH,
    &IOPRIO_CLASS,
    &IOPRIO_HINT,
    &SCHED_POLICY,
    &CAPABILITY,
    &CAP_VERSION,
    &PIDFD_SELF,
    &KCMP_TYPE,
];
