//! Names of the System V and POSIX interprocess calls and of the two multiplexers of i386.

use crate::names::{Enum, Flags};

/// The key with a meaning of its own; any other is a plain number.
pub static IPC_KEY: Enum = Enum { unknown: "IPC_???", values: &[(0, "IPC_PRIVATE")] };

/// The flag over a control command.
pub static IPC_CMD_FLAGS: Flags =
    Flags { unknown: "IPC_???", zero: "", fields: &[], bits: &[(0x100, "IPC_64")] };

/// The flags of `semget` above its nine mode bits, which stay behind and are shown in octal.
pub static SEMGET_FLAGS: Flags = Flags {
    unknown: "IPC_???",
    zero: "",
    fields: &[],
    bits: &[(0x200, "IPC_CREAT"), (0x400, "IPC_EXCL"), (0x800, "IPC_NOWAIT")],
};

/// The command of `semctl`, without `IPC_64`.
pub static SEMCTL_CMD: Enum = Enum {
    unknown: "SEM_???",
    values: &[
        (0, "IPC_RMID"),
        (1, "IPC_SET"),
        (2, "IPC_STAT"),
        (3, "IPC_INFO"),
        (11, "GETPID"),
        (12, "GETVAL"),
        (13, "GETALL"),
        (14, "GETNCNT"),
        (15, "GETZCNT"),
        (16, "SETVAL"),
        (17, "SETALL"),
        (18, "SEM_STAT"),
        (19, "SEM_INFO"),
        (20, "SEM_STAT_ANY"),
    ],
};

/// The flags of `struct sembuf`.
pub static SEMOP_FLAGS: Flags =
    Flags { unknown: "SEM_???", zero: "", fields: &[], bits: &[(0x1000, "SEM_UNDO"), (0x800, "IPC_NOWAIT")] };

/// The flags of `msgget` above its nine mode bits, which stay behind and are shown in octal.
pub static MSGGET_FLAGS: Flags = Flags {
    unknown: "IPC_???",
    zero: "",
    fields: &[],
    bits: &[(0x200, "IPC_CREAT"), (0x400, "IPC_EXCL"), (0x800, "IPC_NOWAIT")],
};

/// The command of `msgctl`, without `IPC_64`.
pub static MSGCTL_CMD: Enum = Enum {
    unknown: "MSG_???",
    values: &[
        (0, "IPC_RMID"),
        (1, "IPC_SET"),
        (2, "IPC_STAT"),
        (3, "IPC_INFO"),
        (11, "MSG_STAT"),
        (12, "MSG_INFO"),
        (13, "MSG_STAT_ANY"),
    ],
};

/// The flags of `msgrcv` and `msgsnd`.
pub static MSGRCV_FLAGS: Flags = Flags {
    unknown: "MSG_???",
    zero: "",
    fields: &[],
    bits: &[(0x1000, "MSG_NOERROR"), (0x2000, "MSG_EXCEPT"), (0x4000, "MSG_COPY"), (0x800, "IPC_NOWAIT")],
};

/// The flags of `struct mq_attr`.
pub static MQ_ATTR_FLAGS: Flags =
    Flags { unknown: "O_???", zero: "", fields: &[], bits: &[(0x800, "O_NONBLOCK")] };

/// The call that `ipc` makes: the low half of its first argument.
pub static IPC_CALL: Enum = Enum {
    unknown: "IPCOP_???",
    values: &[
        (1, "SEMOP"),
        (2, "SEMGET"),
        (3, "SEMCTL"),
        (4, "SEMTIMEDOP"),
        (11, "MSGSND"),
        (12, "MSGRCV"),
        (13, "MSGGET"),
        (14, "MSGCTL"),
        (21, "SHMAT"),
        (22, "SHMDT"),
        (23, "SHMGET"),
        (24, "SHMCTL"),
    ],
};

/// The call that `socketcall` makes.
pub static SOCKETCALL: Enum = Enum {
    unknown: "SYS_???",
    values: &[
        (1, "SYS_SOCKET"),
        (2, "SYS_BIND"),
        (3, "SYS_CONNECT"),
        (4, "SYS_LISTEN"),
        (5, "SYS_ACCEPT"),
        (6, "SYS_GETSOCKNAME"),
        (7, "SYS_GETPEERNAME"),
        (8, "SYS_SOCKETPAIR"),
        (9, "SYS_SEND"),
        (10, "SYS_RECV"),
        (11, "SYS_SENDTO"),
        (12, "SYS_RECVFROM"),
        (13, "SYS_SHUTDOWN"),
        (14, "SYS_SETSOCKOPT"),
        (15, "SYS_GETSOCKOPT"),
        (16, "SYS_SENDMSG"),
        (17, "SYS_RECVMSG"),
        (18, "SYS_ACCEPT4"),
        (19, "SYS_RECVMMSG"),
        (20, "SYS_SENDMMSG"),
    ],
};

#[cfg(test)]
pub(crate) static ALL_ENUMS: &[&Enum] = &[&IPC_KEY, &SEMCTL_CMD, &MSGCTL_CMD, &IPC_CALL, &SOCKETCALL];
