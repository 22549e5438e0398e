//! The one list of what two runs of a command can't agree on.
//!
//! Address space randomisation is switched off for every run (`setarch -R`), the environment is the same
//! and so is the directory, so little is left: numbers the kernel deals out (addresses, process ids,
//! ports, ids of IPC objects), times, and random bytes.

/// What the rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The returned value.
    Result,
    /// The argument with this index.
    Argument(usize),
    /// A struct field with this name, in any argument of any of the calls.
    Field(&'static str),
}

/// What happens to it before it is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// An address becomes `ADDR`. Hexadecimal numbers from 0x10000 in arguments become it without a rule.
    Address,
    /// The number of a traced process or thread becomes its place in the fork tree (`PID:0.1`), another
    /// one `PID:?`. Numbers below 300 stay: 0, -1, and the numbers inside a new pid namespace.
    Pid,
    /// As `Pid`, but only for traced processes: the place holds other numbers as well.
    TracedPid,
    /// The content goes, the form stays: a number becomes `N`, a string `"VARIES"`, a struct `{VARIES}`.
    Varies,
    /// An id becomes its place in the order of first appearance (`IPC:1`).
    Ipc,
    /// A number from 0x10000 becomes `ADDR`, also a decimal one (the halves of an `epoll_data` pointer).
    Pointer,
    /// As `TracedPid` and `Pointer`: the register may hold anything.
    Register,
    /// A port from the ephemeral range becomes `EPHEMERAL`.
    Port,
    /// Nothing is changed: hexadecimal, but no address.
    Exact,
    /// Times in it are compared, because the program chose them. Elsewhere times vary.
    ChosenTime,
}

/// One rule: for these calls (all when empty) do this at that place.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// The names of the calls; empty for all.
    pub calls: &'static [&'static str],
    /// The place it is about.
    pub place: Place,
    /// What to do with it.
    pub action: Action,
    /// Why two runs differ there, for the documentation.
    pub why: &'static str,
}

const fn rule(calls: &'static [&'static str], place: Place, action: Action, why: &'static str) -> Rule {
    Rule { calls, place, action, why }
}

use Action::{Address, ChosenTime, Exact, Ipc, Pid, Pointer, Port, Register, TracedPid, Varies};
use Place::{Argument, Field, Result};

const WHERE_MAPPED: &str = "the kernel chooses the address";
const DEALT_PID: &str = "the kernel deals out process ids";
const CLOCK: &str = "depends on when the run is";
const LOAD: &str = "depends on what else the host does";
const RANDOM: &str = "random bytes";
const DEALT_IPC: &str = "the kernel deals out ids";
const NO_ADDRESS: &str = "a number shown in hexadecimal that is no address";
const TIMEOUT: &str = "a time-out the program chose";
const INODE: &str = "the file system deals out inode numbers";
const POINTER: &str = "user data that is often a pointer";

/// All rules. The first that fits a place counts.
pub const RULES: &[Rule] = &[
    // Addresses.
    rule(&["brk", "mmap", "mmap2", "old_mmap", "mremap", "shmat"], Result, Address, WHERE_MAPPED),
    rule(
        &["rt_sigreturn", "sigreturn", "restart_syscall"],
        Result,
        Register,
        "the result of the call the handler interrupted",
    ),
    rule(&["mmap", "mmap2"], Argument(5), Exact, NO_ADDRESS),
    rule(&["ioctl"], Argument(1), Exact, NO_ADDRESS),
    rule(&["rseq"], Argument(3), Exact, NO_ADDRESS),
    rule(&["personality"], Argument(0), Exact, NO_ADDRESS),
    rule(&["shmget", "semget", "msgget"], Argument(0), Exact, NO_ADDRESS),
    rule(&[], Field("u32"), Pointer, POINTER),
    rule(&[], Field("u64"), Pointer, POINTER),
    rule(&[], Field("sival_int"), Pointer, POINTER),
    rule(&[], Field("int"), Pointer, POINTER),
    // Processes and threads.
    rule(
        &[
            "fork",
            "vfork",
            "clone",
            "clone3",
            "getpid",
            "gettid",
            "getppid",
            "set_tid_address",
            "wait4",
            "waitpid",
        ],
        Result,
        Pid,
        DEALT_PID,
    ),
    rule(&["getpgid", "getpgrp", "getsid", "setsid"], Result, Pid, DEALT_PID),
    rule(
        &["kill", "tkill", "tgkill", "wait4", "waitpid", "prlimit64", "pidfd_open"],
        Argument(0),
        Pid,
        DEALT_PID,
    ),
    rule(&["tgkill", "waitid", "setpgid", "ptrace"], Argument(1), Pid, DEALT_PID),
    rule(&["getpgid", "getsid", "setpgid", "ptrace", "get_robust_list"], Argument(0), Pid, DEALT_PID),
    rule(&["rt_sigqueueinfo", "rt_tgsigqueueinfo"], Argument(0), Pid, DEALT_PID),
    rule(&["rt_tgsigqueueinfo"], Argument(1), Pid, DEALT_PID),
    rule(
        &["process_vm_readv", "process_vm_writev", "migrate_pages", "move_pages"],
        Argument(0),
        Pid,
        DEALT_PID,
    ),
    rule(&["sched_setscheduler", "sched_getscheduler", "sched_setparam"], Argument(0), Pid, DEALT_PID),
    rule(&["sched_getparam", "sched_setaffinity", "sched_getaffinity"], Argument(0), Pid, DEALT_PID),
    rule(&["sched_rr_get_interval", "sched_setattr", "sched_getattr"], Argument(0), Pid, DEALT_PID),
    rule(&["getpriority", "setpriority", "ioprio_get", "ioprio_set"], Argument(1), Pid, DEALT_PID),
    rule(&["kcmp"], Argument(0), Pid, DEALT_PID),
    rule(&["kcmp"], Argument(1), Pid, DEALT_PID),
    rule(&["ioctl", "fcntl", "fcntl64"], Argument(2), TracedPid, DEALT_PID),
    rule(&[], Field("parent_tid"), Varies, "a thread that has ended already has set it to 0"),
    rule(&[], Field("child_tid"), Varies, "a thread that has ended already has set it to 0"),
    rule(&[], Field("pid"), Pid, DEALT_PID),
    rule(&[], Field("si_pid"), Pid, DEALT_PID),
    rule(&[], Field("l_pid"), Pid, DEALT_PID),
    rule(&[], Field("msg_lspid"), Pid, DEALT_PID),
    rule(&[], Field("msg_lrpid"), Pid, DEALT_PID),
    rule(&[], Field("shm_cpid"), Pid, DEALT_PID),
    rule(&[], Field("shm_lpid"), Pid, DEALT_PID),
    rule(&[], Field("nl_pid"), Pid, DEALT_PID),
    rule(&[], Field("nlmsg_pid"), Pid, DEALT_PID),
    rule(&[], Field("sival_tid"), Pid, DEALT_PID),
    rule(&[], Field("sigev_notify_thread_id"), Pid, DEALT_PID),
    rule(&[], Field("pidfd"), Exact, "a descriptor"),
    // Ids of System V IPC objects.
    rule(&["shmget", "semget", "msgget"], Result, Ipc, DEALT_IPC),
    rule(&["shmctl", "shmat", "semctl", "semop", "semtimedop"], Argument(0), Ipc, DEALT_IPC),
    rule(&["msgctl", "msgsnd", "msgrcv"], Argument(0), Ipc, DEALT_IPC),
    rule(&["ipc"], Result, Varies, DEALT_IPC),
    rule(&["ipc"], Argument(1), Varies, DEALT_IPC),
    // Times a program asks for. All other `tv_*` vary.
    rule(&["nanosleep"], Argument(0), ChosenTime, TIMEOUT),
    rule(&["setitimer"], Argument(1), ChosenTime, TIMEOUT),
    rule(&["rt_sigtimedwait", "ppoll"], Argument(2), ChosenTime, TIMEOUT),
    rule(&["clock_nanosleep", "timer_settime", "timerfd_settime"], Argument(2), ChosenTime, TIMEOUT),
    rule(&["select", "pselect6"], Argument(4), ChosenTime, TIMEOUT),
    rule(&["epoll_pwait2", "semtimedop"], Argument(3), ChosenTime, TIMEOUT),
    rule(&["recvmmsg"], Argument(4), ChosenTime, TIMEOUT),
    // Times that are read, and what is counted over time.
    rule(&[], Field("tv_sec"), Varies, CLOCK),
    rule(&[], Field("tv_nsec"), Varies, CLOCK),
    rule(&[], Field("tv_usec"), Varies, CLOCK),
    rule(&["time", "times"], Result, Varies, CLOCK),
    rule(&["time"], Argument(0), Varies, CLOCK),
    rule(&["times"], Argument(0), Varies, CLOCK),
    rule(&["utime"], Argument(1), Varies, CLOCK),
    rule(&[], Field("st_atime"), Varies, CLOCK),
    rule(&[], Field("msg_stime"), Varies, CLOCK),
    rule(&[], Field("msg_rtime"), Varies, CLOCK),
    rule(&[], Field("msg_ctime"), Varies, CLOCK),
    rule(&[], Field("shm_atime"), Varies, CLOCK),
    rule(&[], Field("shm_dtime"), Varies, CLOCK),
    rule(&[], Field("shm_ctime"), Varies, CLOCK),
    rule(&[], Field("sem_otime"), Varies, CLOCK),
    rule(&[], Field("sem_ctime"), Varies, CLOCK),
    rule(&[], Field("st_mtime"), Varies, CLOCK),
    rule(&[], Field("st_ctime"), Varies, CLOCK),
    rule(&[], Field("stx_atime"), Varies, CLOCK),
    rule(&[], Field("stx_btime"), Varies, CLOCK),
    rule(&[], Field("stx_ctime"), Varies, CLOCK),
    rule(&[], Field("stx_mtime"), Varies, CLOCK),
    rule(&[], Field("nlmsg_seq"), Varies, "the C library takes the time for it"),
    rule(&["getrusage"], Argument(1), Varies, LOAD),
    rule(&["wait4"], Argument(3), Varies, LOAD),
    rule(&["waitid"], Argument(4), Varies, LOAD),
    rule(&[], Field("si_utime"), Varies, LOAD),
    rule(&[], Field("si_stime"), Varies, LOAD),
    rule(&["sysinfo"], Argument(0), Varies, LOAD),
    rule(&["getcpu"], Argument(0), Varies, LOAD),
    rule(&["getcpu"], Argument(1), Varies, LOAD),
    rule(&["mincore"], Argument(2), Varies, LOAD),
    rule(&["adjtimex"], Argument(0), Varies, CLOCK),
    rule(&["clock_adjtime"], Argument(1), Varies, CLOCK),
    rule(&[], Field("f_bfree"), Varies, LOAD),
    rule(&[], Field("f_bavail"), Varies, LOAD),
    rule(&[], Field("f_ffree"), Varies, LOAD),
    // Numbers of the file system and the network.
    rule(&[], Field("st_ino"), Varies, INODE),
    rule(&[], Field("stx_ino"), Varies, INODE),
    rule(&[], Field("d_ino"), Varies, INODE),
    rule(&[], Field("d_off"), Varies, INODE),
    rule(&["name_to_handle_at"], Argument(2), Varies, INODE),
    rule(&["open_by_handle_at"], Argument(1), Varies, INODE),
    rule(&[], Field("sin_port"), Port, "the kernel chooses the port"),
    rule(&[], Field("sin6_port"), Port, "the kernel chooses the port"),
    // Random bytes.
    rule(&["getrandom"], Argument(0), Varies, RANDOM),
];

/// Files whose content differs from run to run. What is read from them varies, and how much of it there is.
pub const VARYING_FILES: &[&str] = &[
    "/dev/random",
    "/dev/urandom",
    "/proc/loadavg",
    "/proc/meminfo",
    "/proc/self/",
    "/proc/stat",
    "/proc/sys/kernel/random/",
    "/proc/thread-self/",
    "/proc/uptime",
    "/proc/vmstat",
];

/// The calls that read from the descriptor in their first argument into their second.
pub const READS: &[&str] = &["read", "pread64", "readv", "preadv", "preadv2"];

/// Strings that begin so hold times or random bytes of their own: git's index (stat data of the files)
/// and SQLite's rollback journal (a random nonce).
pub const VARYING_STRINGS: &[&[u8]] = &[b"DIRC\0", b"\xd9\xd5\x05\xf9"];

/// Random parts of temporary names: what stands before, and how many characters follow.
pub const TEMPORARY_NAMES: &[(&str, usize)] = &[
    ("tmp_obj_", 6),
    ("tmp_idx_", 6),
    ("tmp_pack_", 6),
    ("/.git/t", 6),
    ("/tmp.", 10),
    ("/tmp", 8),
    ("/here/", 8),
    ("/sort", 6),
    ("/sed", 6),
    ("/cc", 6),
];

/// Numbers inside the names of kernel objects: `socket:[1234]`.
pub const OBJECT_NAMES: &[&str] =
    &["socket:[", "pipe:[", "mnt:[", "net:[", "pid:[", "user:[", "uts:[", "ipc:["];
