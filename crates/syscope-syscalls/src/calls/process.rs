//! Specifications: running programs, processes, sessions, users, namespaces and limits.

use crate::layout::{Item, Prim, f, plain};
use crate::names::process as names;
use crate::structs::process::{CLONE, CLONE3, RLIMIT, RLIMIT64, RUSAGE, child_usage, envp, wait_status};
use crate::structs::signal::SIGINFO;
use crate::syscall::{Arg, Custom, Len, Ret, Syscall, Ty, a, call};
use crate::taxonomy::{Group, Sets};

/// A user or group id behind a pointer.
pub static ID: Item = Item::Scalar(Prim::U32, Ty::Id);

static STATUS: Custom = wait_status::<1>();
static USAGE: Custom = child_usage::<3>();

/// The request of `listns`.
static NS_ID_REQ: crate::layout::Struct = plain(
    "ns_id_req",
    &[
        f("size", Prim::U32, Ty::UInt),
        crate::layout::pad(Prim::U32),
        f("ns_id", Prim::U64, Ty::ULong),
        f("ns_type", Prim::U32, Ty::Flags(&names::SETNS_TYPE)),
        crate::layout::pad(Prim::U32),
        f("user_ns_id", Prim::U64, Ty::ULong),
    ],
);

static NS_ID: Item = Item::Scalar(Prim::U64, Ty::ULong);

/// The arguments of `clone` where the thread area stands before the child's thread id: everywhere but on
/// x86-64 (`CONFIG_CLONE_BACKWARDS`).
pub static CLONE_BACKWARDS: &[Arg] = &[
    a("flags", "unsigned long", Ty::Rest(&CLONE)),
    a("child_stack", "unsigned long", Ty::Addr),
    a("parent_tid", "int *", Ty::Addr),
    a("tls", "unsigned long", Ty::Hex),
    a("child_tidptr", "int *", Ty::Addr),
];

const fn creds(name: &'static str, args: &'static [Arg]) -> Syscall {
    call(name, Group::User, Sets::CREDS, Ret::Int, args)
}

const fn pure_creds(name: &'static str) -> Syscall {
    call(name, Group::User, Sets::CREDS.and(Sets::PURE), Ret::Int, &[])
}

/// The calls of this topic.
pub static CALLS: &[Syscall] = &[
    call(
        "clone",
        Group::Execution,
        Sets::PROCESS,
        Ret::Pid,
        &[
            a("flags", "unsigned long", Ty::Rest(&CLONE)),
            a("child_stack", "unsigned long", Ty::Addr),
            a("parent_tid", "int *", Ty::Addr),
            a("child_tidptr", "int *", Ty::Addr),
            a("tls", "unsigned long", Ty::Hex),
        ],
    ),
    call(
        "clone3",
        Group::Execution,
        Sets::PROCESS,
        Ret::Pid,
        &[a("cl_args", "struct clone_args *", Ty::Custom(&CLONE3)), a("size", "size_t", Ty::ULong)],
    ),
    call("fork", Group::Execution, Sets::PROCESS, Ret::Pid, &[]),
    call("vfork", Group::Execution, Sets::PROCESS, Ret::Pid, &[]),
    call(
        "execve",
        Group::Execution,
        Sets::FILE.and(Sets::PROCESS),
        Ret::Int,
        &[
            a("pathname", "const char *", Ty::Path),
            a("argv", "const char *const *", Ty::Strings),
            a("envp", "const char *const *", Ty::Custom(&envp::<2>())),
        ],
    ),
    call(
        "execveat",
        Group::Execution,
        Sets::FILE.and(Sets::DESC).and(Sets::PROCESS),
        Ret::Int,
        &[
            a("dirfd", "int", Ty::DirFd),
            a("pathname", "const char *", Ty::Path),
            a("argv", "const char *const *", Ty::Strings),
            a("envp", "const char *const *", Ty::Custom(&envp::<3>())),
            a("flags", "int", Ty::Flags(&names::EXECVEAT_FLAGS)),
        ],
    ),
    call("exit", Group::Execution, Sets::PROCESS, Ret::Never, &[a("status", "int", Ty::Int)]),
    call("exit_group", Group::Execution, Sets::PROCESS, Ret::Never, &[a("status", "int", Ty::Int)]),
    call(
        "wait4",
        Group::Execution,
        Sets::PROCESS,
        Ret::Pid,
        &[
            a("pid", "pid_t", Ty::Pid),
            a("wstatus", "int *", Ty::Custom(&STATUS)),
            a("options", "int", Ty::Flags(&names::WAIT_OPTIONS)),
            a("rusage", "struct rusage *", Ty::Custom(&USAGE)),
        ],
    ),
    call(
        "waitpid",
        Group::Execution,
        Sets::PROCESS,
        Ret::Pid,
        &[
            a("pid", "pid_t", Ty::Pid),
            a("wstatus", "int *", Ty::Custom(&STATUS)),
            a("options", "int", Ty::Flags(&names::WAIT_OPTIONS)),
        ],
    ),
    call(
        "waitid",
        Group::Execution,
        Sets::PROCESS,
        Ret::Int,
        &[
            a("idtype", "int", Ty::Enum(&names::WAITID_TYPE)),
            a("id", "pid_t", Ty::Pid),
            a("infop", "struct siginfo *", Ty::Out(&Ty::Struct(&SIGINFO))),
            a("options", "int", Ty::Flags(&names::WAIT_OPTIONS)),
            a("rusage", "struct rusage *", Ty::Out(&Ty::Struct(&RUSAGE))),
        ],
    ),
    call("getpid", Group::Process, Sets::PURE, Ret::Pid, &[]),
    call("getppid", Group::Process, Sets::PURE, Ret::Pid, &[]),
    call("gettid", Group::Process, Sets::PURE, Ret::Pid, &[]),
    call(
        "pidfd_open",
        Group::Process,
        Sets::DESC,
        Ret::Fd,
        &[a("pid", "pid_t", Ty::Pid), a("flags", "unsigned int", Ty::Flags(&names::PIDFD_OPEN_FLAGS))],
    ),
    call(
        "pidfd_getfd",
        Group::Process,
        Sets::DESC,
        Ret::Fd,
        // The second descriptor is one of the other process.
        &[a("pidfd", "int", Ty::Fd), a("targetfd", "int", Ty::Int), a("flags", "unsigned int", Ty::Hex)],
    ),
    call("setsid", Group::Session, Sets::NONE, Ret::Pid, &[]),
    call("getsid", Group::Session, Sets::NONE, Ret::Pid, &[a("pid", "pid_t", Ty::Pid)]),
    call(
        "setpgid",
        Group::ProcessGroups,
        Sets::NONE,
        Ret::Int,
        &[a("pid", "pid_t", Ty::Pid), a("pgid", "pid_t", Ty::Pid)],
    ),
    call("getpgid", Group::ProcessGroups, Sets::NONE, Ret::Pid, &[a("pid", "pid_t", Ty::Pid)]),
    call("getpgrp", Group::ProcessGroups, Sets::PURE, Ret::Pid, &[]),
    pure_creds("getuid"),
    pure_creds("getgid"),
    pure_creds("geteuid"),
    pure_creds("getegid"),
    creds("setuid", &[a("uid", "uid_t", Ty::Id)]),
    creds("setgid", &[a("gid", "gid_t", Ty::Id)]),
    creds("setreuid", &[a("ruid", "uid_t", Ty::Id), a("euid", "uid_t", Ty::Id)]),
    creds("setregid", &[a("rgid", "gid_t", Ty::Id), a("egid", "gid_t", Ty::Id)]),
    creds("setresuid", &[a("ruid", "uid_t", Ty::Id), a("euid", "uid_t", Ty::Id), a("suid", "uid_t", Ty::Id)]),
    creds("setresgid", &[a("rgid", "gid_t", Ty::Id), a("egid", "gid_t", Ty::Id), a("sgid", "gid_t", Ty::Id)]),
    creds(
        "getresuid",
        &[
            a("ruid", "uid_t *", Ty::Out(&Ty::Ref(&ID))),
            a("euid", "uid_t *", Ty::Out(&Ty::Ref(&ID))),
            a("suid", "uid_t *", Ty::Out(&Ty::Ref(&ID))),
        ],
    ),
    creds(
        "getresgid",
        &[
            a("rgid", "gid_t *", Ty::Out(&Ty::Ref(&ID))),
            a("egid", "gid_t *", Ty::Out(&Ty::Ref(&ID))),
            a("sgid", "gid_t *", Ty::Out(&Ty::Ref(&ID))),
        ],
    ),
    creds("setfsuid", &[a("fsuid", "uid_t", Ty::Id)]),
    creds("setfsgid", &[a("fsgid", "gid_t", Ty::Id)]),
    creds("setgroups", &[a("size", "int", Ty::Int), a("list", "gid_t *", Ty::Array(&ID, Len::Arg(0)))]),
    creds(
        "getgroups",
        &[a("size", "int", Ty::Int), a("list", "gid_t *", Ty::Out(&Ty::Array(&ID, Len::Ret)))],
    ),
    call(
        "unshare",
        Group::MiscellaneousProcess,
        Sets::NONE,
        Ret::Int,
        &[a("flags", "unsigned long", Ty::Flags(&names::UNSHARE_FLAGS))],
    ),
    call(
        "setns",
        Group::Namespace,
        Sets::DESC,
        Ret::Int,
        &[a("fd", "int", Ty::Fd), a("nstype", "int", Ty::Flags(&names::SETNS_TYPE))],
    ),
    call(
        "listns",
        Group::Namespace,
        Sets::NONE,
        Ret::Int,
        &[
            a("req", "const struct ns_id_req *", Ty::Struct(&NS_ID_REQ)),
            a("ns_ids", "u64 *", Ty::Out(&Ty::Array(&NS_ID, Len::Ret))),
            a("nr_ns_ids", "size_t", Ty::ULong),
            a("flags", "unsigned int", Ty::Hex),
        ],
    ),
    call(
        "getrlimit",
        Group::Resources,
        Sets::NONE,
        Ret::Int,
        &[
            a("resource", "unsigned int", Ty::Enum(&names::RLIMIT_RESOURCE)),
            a("rlim", "struct rlimit *", Ty::Out(&Ty::Struct(&RLIMIT))),
        ],
    ),
    call(
        "setrlimit",
        Group::Resources,
        Sets::NONE,
        Ret::Int,
        &[
            a("resource", "unsigned int", Ty::Enum(&names::RLIMIT_RESOURCE)),
            a("rlim", "struct rlimit *", Ty::Struct(&RLIMIT)),
        ],
    ),
    call(
        "prlimit64",
        Group::Resources,
        Sets::NONE,
        Ret::Int,
        &[
            a("pid", "pid_t", Ty::Pid),
            a("resource", "unsigned int", Ty::Enum(&names::RLIMIT_RESOURCE)),
            a("new_limit", "const struct rlimit64 *", Ty::Struct(&RLIMIT64)),
            a("old_limit", "struct rlimit64 *", Ty::Out(&Ty::Struct(&RLIMIT64))),
        ],
    ),
    call(
        "getrusage",
        Group::Resources,
        Sets::NONE,
        Ret::Int,
        &[
            a("who", "int", Ty::Enum(&names::RUSAGE_WHO)),
            a("usage", "struct rusage *", Ty::Out(&Ty::Struct(&RUSAGE))),
        ],
    ),
];
