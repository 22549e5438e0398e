//! Specifications: System V shared memory, semaphores and message queues, and POSIX message queues.

use crate::layout::{Item, Prim};
use crate::names::ipc::MSGRCV_FLAGS;
use crate::names::memory::SHMAT_FLAGS;
use crate::structs::ipc::{
    KEY, MESSAGE_RECEIVED, MESSAGE_SENT, MQ_ATTR, MSG_COMMAND, MSG_GET_FLAGS, MSGINFO, MSQID_DS, MSQID_SET,
    NOTIFICATION, SEM_COMMAND, SEM_GET_FLAGS, SEMBUF_ITEM, SEMID_DS, SEMID_SET, SEMINFO, SHM_COMMAND,
    SHM_GET_FLAGS, SHM_INFO, SHMID_DS, SHMID_SET, SHMINFO,
};
use crate::structs::time::TIMESPEC;
use crate::syscall::{ByArg, Len, Ret, Syscall, Ty, a, call};
use crate::taxonomy::{Group, Sets};

/// An `int` without `IPC_64`, which i386 adds to commands for structures in their present form.
const COMMAND_MASK: u64 = 0xffff_feff;

/// The third argument of `shmctl`, by the command.
pub static SHMCTL_ARG: ByArg = ByArg {
    arg: 1,
    mask: COMMAND_MASK,
    table: &[
        (1, Ty::Struct(&SHMID_SET)),
        (2, Ty::Out(&Ty::Struct(&SHMID_DS))),
        (3, Ty::Out(&Ty::Struct(&SHMINFO))),
        (13, Ty::Out(&Ty::Struct(&SHMID_DS))),
        (14, Ty::Out(&Ty::Struct(&SHM_INFO))),
        (15, Ty::Out(&Ty::Struct(&SHMID_DS))),
    ],
    otherwise: Ty::Addr,
};

/// The last argument of `semctl`: a structure or a value, by the command.
pub static SEMCTL_ARG: ByArg = ByArg {
    arg: 2,
    mask: COMMAND_MASK,
    table: &[
        (1, Ty::Struct(&SEMID_SET)),
        (2, Ty::Out(&Ty::Struct(&SEMID_DS))),
        (3, Ty::Out(&Ty::Struct(&SEMINFO))),
        (18, Ty::Out(&Ty::Struct(&SEMID_DS))),
        (19, Ty::Out(&Ty::Struct(&SEMINFO))),
        (20, Ty::Out(&Ty::Struct(&SEMID_DS))),
    ],
    otherwise: Ty::Addr,
};

/// The last argument of `msgctl`, by the command.
pub static MSGCTL_ARG: ByArg = ByArg {
    arg: 1,
    mask: COMMAND_MASK,
    table: &[
        (1, Ty::Struct(&MSQID_SET)),
        (2, Ty::Out(&Ty::Struct(&MSQID_DS))),
        (3, Ty::Out(&Ty::Struct(&MSGINFO))),
        (11, Ty::Out(&Ty::Struct(&MSQID_DS))),
        (12, Ty::Out(&Ty::Struct(&MSGINFO))),
        (13, Ty::Out(&Ty::Struct(&MSQID_DS))),
    ],
    otherwise: Ty::Addr,
};

/// Whether `mq_open` may create a queue: only then has it a mode and attributes.
fn creates(call: &crate::Call<'_>) -> bool {
    const O_CREAT: u64 = 0o100;
    call.args[1] & O_CREAT != 0
}

/// The calls of this topic.
pub static CALLS: &[Syscall] = &[
    call(
        "shmget",
        Group::SharedMemory,
        Sets::IPC,
        Ret::Int,
        &[
            a("key", "key_t", KEY),
            a("size", "size_t", Ty::ULong),
            a("shmflg", "int", Ty::Custom(&SHM_GET_FLAGS)),
        ],
    ),
    call(
        "shmat",
        Group::SharedMemory,
        Sets::IPC.and(Sets::MEMORY),
        Ret::Hex,
        &[
            a("shmid", "int", Ty::Int),
            a("shmaddr", "char *", Ty::Addr),
            a("shmflg", "int", Ty::Flags(&SHMAT_FLAGS)),
        ],
    ),
    call(
        "shmctl",
        Group::SharedMemory,
        Sets::IPC,
        Ret::Int,
        &[
            a("shmid", "int", Ty::Int),
            a("cmd", "int", Ty::Custom(&SHM_COMMAND)),
            a("buf", "struct shmid_ds *", Ty::ByArg(&SHMCTL_ARG)),
        ],
    ),
    call(
        "shmdt",
        Group::SharedMemory,
        Sets::IPC.and(Sets::MEMORY),
        Ret::Int,
        &[a("shmaddr", "char *", Ty::Addr)],
    ),
    call(
        "semget",
        Group::Semaphore,
        Sets::IPC,
        Ret::Int,
        &[a("key", "key_t", KEY), a("nsems", "int", Ty::Int), a("semflg", "int", Ty::Custom(&SEM_GET_FLAGS))],
    ),
    call(
        "semop",
        Group::Semaphore,
        Sets::IPC,
        Ret::Int,
        &[
            a("semid", "int", Ty::Int),
            a("sops", "struct sembuf *", Ty::Array(&SEMBUF_ITEM, Len::Arg(2))),
            a("nsops", "unsigned", Ty::UInt),
        ],
    ),
    call(
        "semctl",
        Group::Semaphore,
        Sets::IPC,
        Ret::Int,
        &[
            a("semid", "int", Ty::Int),
            a("semnum", "int", Ty::Int),
            a("cmd", "int", Ty::Custom(&SEM_COMMAND)),
            a("arg", "unsigned long", Ty::ByArg(&SEMCTL_ARG)),
        ],
    ),
    call(
        "semtimedop",
        Group::Semaphore,
        Sets::IPC,
        Ret::Int,
        &[
            a("semid", "int", Ty::Int),
            a("sops", "struct sembuf *", Ty::Array(&SEMBUF_ITEM, Len::Arg(2))),
            a("nsops", "unsigned int", Ty::UInt),
            a("timeout", "const struct __kernel_timespec *", Ty::Struct(&TIMESPEC)),
        ],
    ),
    call(
        "msgget",
        Group::MessageQueues,
        Sets::IPC,
        Ret::Int,
        &[a("key", "key_t", KEY), a("msgflg", "int", Ty::Custom(&MSG_GET_FLAGS))],
    ),
    call(
        "msgsnd",
        Group::MessageQueues,
        Sets::IPC,
        Ret::Int,
        &[
            a("msqid", "int", Ty::Int),
            a("msgp", "struct msgbuf *", Ty::Custom(&MESSAGE_SENT)),
            a("msgsz", "size_t", Ty::ULong),
            a("msgflg", "int", Ty::Flags(&MSGRCV_FLAGS)),
        ],
    ),
    call(
        "msgrcv",
        Group::MessageQueues,
        Sets::IPC,
        Ret::Int,
        &[
            a("msqid", "int", Ty::Int),
            a("msgp", "struct msgbuf *", Ty::Custom(&MESSAGE_RECEIVED)),
            a("msgsz", "size_t", Ty::ULong),
            a("msgtyp", "long", Ty::Long),
            a("msgflg", "int", Ty::Flags(&MSGRCV_FLAGS)),
        ],
    ),
    call(
        "msgctl",
        Group::MessageQueues,
        Sets::IPC,
        Ret::Int,
        &[
            a("msqid", "int", Ty::Int),
            a("cmd", "int", Ty::Custom(&MSG_COMMAND)),
            a("buf", "struct msqid_ds *", Ty::ByArg(&MSGCTL_ARG)),
        ],
    ),
    call(
        "mq_open",
        Group::MessageQueues,
        Sets::DESC,
        Ret::Fd,
        &[
            a("name", "const char *", Ty::Path),
            a("oflag", "int", QUEUE_FLAGS),
            a("mode", "umode_t", Ty::When(creates, &Ty::Perm)),
            a("attr", "struct mq_attr *", Ty::When(creates, &Ty::Struct(&MQ_ATTR))),
        ],
    ),
    call("mq_unlink", Group::MessageQueues, Sets::NONE, Ret::Int, &[a("name", "const char *", Ty::Path)]),
    call(
        "mq_timedsend",
        Group::MessageQueues,
        Sets::DESC,
        Ret::Int,
        &[
            a("mqdes", "mqd_t", Ty::Fd),
            a("msg_ptr", "const char *", Ty::Bytes(Len::Arg(2))),
            a("msg_len", "size_t", Ty::ULong),
            a("msg_prio", "unsigned int", Ty::UInt),
            a("abs_timeout", "const struct __kernel_timespec *", Ty::Struct(&TIMESPEC)),
        ],
    ),
    call(
        "mq_timedreceive",
        Group::MessageQueues,
        Sets::DESC,
        Ret::Int,
        &[
            a("mqdes", "mqd_t", Ty::Fd),
            a("msg_ptr", "char *", Ty::Out(&Ty::Bytes(Len::Ret))),
            a("msg_len", "size_t", Ty::ULong),
            a("msg_prio", "unsigned int *", Ty::Out(&Ty::Ref(&Item::Scalar(Prim::U32, Ty::UInt)))),
            a("abs_timeout", "const struct __kernel_timespec *", Ty::Struct(&TIMESPEC)),
        ],
    ),
    call(
        "mq_notify",
        Group::MessageQueues,
        Sets::DESC,
        Ret::Int,
        &[a("mqdes", "mqd_t", Ty::Fd), a("sevp", "const struct sigevent *", NOTIFICATION)],
    ),
    call(
        "mq_getsetattr",
        Group::MessageQueues,
        Sets::DESC,
        Ret::Int,
        &[
            a("mqdes", "mqd_t", Ty::Fd),
            a("newattr", "const struct mq_attr *", Ty::Struct(&MQ_ATTR)),
            a("oldattr", "struct mq_attr *", Ty::Out(&Ty::Struct(&MQ_ATTR))),
        ],
    ),
];

/// The flags of `mq_open` are those of `open`.
pub const QUEUE_FLAGS: Ty = Ty::FlagsBy(|abi| match abi {
    crate::Abi::Aarch64 => &crate::names::file::OPEN_FLAGS_ARM64,
    _ => &crate::names::file::OPEN_FLAGS,
});
