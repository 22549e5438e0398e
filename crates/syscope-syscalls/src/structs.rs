//! Structures and unions that system calls take: members in order, and printers where the general one
//! does not give strace's form.

pub mod aio;
pub mod bpf;
pub mod capability;
pub mod control_message;
pub mod fcntl;
pub mod file;
pub mod futex;
pub mod ioctl;
pub mod ipc;
pub mod keys;
pub mod landlock;
pub mod memory;
pub mod message;
pub mod mount;
pub mod multiplex;
pub mod netlink;
pub mod perf;
pub mod poll;
pub mod prctl;
pub mod process;
pub mod quota;
pub mod sched;
pub mod signal;
pub mod sockaddr;
pub mod sockopt;
pub mod stat;
pub mod system;
pub mod time;
pub mod trace;
