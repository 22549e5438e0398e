//! Specifications: virtual memory and where its pages are.

use crate::Call;
use crate::layout::{Item, Prim};
use crate::names::memory as names;
use crate::structs::memory::{
    BUFFERS, MEMBARRIER_RESULT, PAGE_STATUS, READ_BUFFERS, RESIDENCY, mapping, protection,
};
use crate::structs::sched::node_mask;
use crate::syscall::{Arg, Custom, Len, Ret, Syscall, Ty, a, call};
use crate::taxonomy::{Group, Sets};

static PAGE: Item = Item::Scalar(Prim::Ptr, Ty::Addr);
static NODE: Item = Item::Scalar(Prim::I32, Ty::Int);
static STATUS: Item = Item::Struct(&PAGE_STATUS);
static MODE: Item = Item::Scalar(Prim::U32, Ty::Flags(&names::MBIND_MODE));

static MBIND_NODES: Custom = node_mask::<3, 4, false>();
static POLICY_NODES: Custom = node_mask::<1, 2, false>();
static STORED_NODES: Custom = node_mask::<1, 2, true>();
static OLD_NODES: Custom = node_mask::<2, 1, false>();
static NEW_NODES: Custom = node_mask::<3, 1, false>();

fn moves_to_address(call: &Call<'_>) -> bool {
    const MREMAP_FIXED: u64 = 2;
    call.args[3] & MREMAP_FIXED != 0
}

fn has_cpu(call: &Call<'_>) -> bool {
    const MEMBARRIER_CMD_FLAG_CPU: u64 = 1;
    call.args[1] & MEMBARRIER_CMD_FLAG_CPU != 0
}

const ADDR: Arg = a("addr", "unsigned long", Ty::Addr);
const LEN: Arg = a("len", "size_t", Ty::ULong);

const fn memory(name: &'static str, ret: Ret, args: &'static [Arg]) -> Syscall {
    call(name, Group::VirtualMemory, Sets::MEMORY, ret, args)
}

const fn other(name: &'static str, ret: Ret, args: &'static [Arg]) -> Syscall {
    call(name, Group::VirtualMemory, Sets::NONE, ret, args)
}

/// The calls of this topic.
pub static CALLS: &[Syscall] = &[
    memory("brk", Ret::Hex, &[a("addr", "unsigned long", Ty::Addr)]),
    call(
        "mmap",
        Group::VirtualMemory,
        Sets::DESC.and(Sets::MEMORY),
        Ret::Hex,
        &[
            ADDR,
            a("length", "unsigned long", Ty::ULong),
            a("prot", "unsigned long", Ty::FlagsBy(protection)),
            a("flags", "unsigned long", Ty::FlagsBy(mapping)),
            a("fd", "unsigned long", Ty::Fd),
            a("offset", "unsigned long", Ty::Hex),
        ],
    ),
    memory("munmap", Ret::Int, &[ADDR, LEN]),
    memory("mprotect", Ret::Int, &[ADDR, LEN, a("prot", "unsigned long", Ty::FlagsBy(protection))]),
    memory(
        "mremap",
        Ret::Hex,
        &[
            a("old_address", "unsigned long", Ty::Addr),
            a("old_size", "unsigned long", Ty::ULong),
            a("new_size", "unsigned long", Ty::ULong),
            a("flags", "unsigned long", Ty::Flags(&names::MREMAP_FLAGS)),
            a("new_address", "unsigned long", Ty::When(moves_to_address, &Ty::Addr)),
        ],
    ),
    memory(
        "madvise",
        Ret::Int,
        &[ADDR, a("length", "size_t", Ty::ULong), a("advice", "int", Ty::Enum(&names::MADVISE))],
    ),
    memory("mlock", Ret::Int, &[ADDR, LEN]),
    memory("mlock2", Ret::Int, &[ADDR, LEN, a("flags", "int", Ty::Flags(&names::MLOCK2_FLAGS))]),
    memory("munlock", Ret::Int, &[ADDR, LEN]),
    memory("mlockall", Ret::Int, &[a("flags", "int", Ty::Flags(&names::MLOCKALL_FLAGS))]),
    memory("munlockall", Ret::Int, &[]),
    memory(
        "mincore",
        Ret::Int,
        &[ADDR, a("length", "size_t", Ty::ULong), a("vec", "unsigned char *", Ty::Custom(&RESIDENCY))],
    ),
    // Synchronizing a mapping belongs to the synchronized I/O of files.
    call(
        "msync",
        Group::SynchronizedIo,
        Sets::MEMORY,
        Ret::Int,
        &[ADDR, a("length", "size_t", Ty::ULong), a("flags", "int", Ty::Flags(&names::MSYNC_FLAGS))],
    ),
    other(
        "membarrier",
        Ret::Custom(&MEMBARRIER_RESULT),
        &[
            a("cmd", "int", Ty::Enum(&names::MEMBARRIER_CMD)),
            a("flags", "unsigned int", Ty::Flags(&names::MEMBARRIER_FLAGS)),
            a("cpu_id", "int", Ty::When(has_cpu, &Ty::Int)),
        ],
    ),
    call(
        "process_madvise",
        Group::VirtualMemory,
        Sets::DESC,
        Ret::Int,
        &[
            a("pidfd", "int", Ty::Fd),
            a("iovec", "const struct iovec *", Ty::Array(&BUFFERS, Len::Arg(2))),
            a("vlen", "size_t", Ty::ULong),
            a("advice", "int", Ty::Enum(&names::MADVISE)),
            a("flags", "unsigned int", Ty::Hex),
        ],
    ),
    call(
        "process_mrelease",
        Group::VirtualMemory,
        Sets::DESC,
        Ret::Int,
        &[a("pidfd", "int", Ty::Fd), a("flags", "unsigned int", Ty::Hex)],
    ),
    other("mseal", Ret::Int, &[ADDR, LEN, a("flags", "unsigned long", Ty::Hex)]),
    memory(
        "pkey_mprotect",
        Ret::Int,
        &[ADDR, LEN, a("prot", "unsigned long", Ty::FlagsBy(protection)), a("pkey", "int", Ty::Int)],
    ),
    other(
        "pkey_alloc",
        Ret::Int,
        &[
            a("flags", "unsigned long", Ty::Hex),
            a("access_rights", "unsigned long", Ty::Flags(&names::PKEY_ACCESS)),
        ],
    ),
    other("pkey_free", Ret::Int, &[a("pkey", "int", Ty::Int)]),
    other(
        "map_shadow_stack",
        Ret::Hex,
        &[
            ADDR,
            a("size", "unsigned long", Ty::ULong),
            a("flags", "unsigned int", Ty::Flags(&names::MAP_SHADOW_STACK_FLAGS)),
        ],
    ),
    memory(
        "mbind",
        Ret::Int,
        &[
            ADDR,
            a("len", "unsigned long", Ty::ULong),
            a("mode", "unsigned long", Ty::Flags(&names::MBIND_MODE)),
            a("nodemask", "const unsigned long *", Ty::Custom(&MBIND_NODES)),
            a("maxnode", "unsigned long", Ty::ULong),
            a("flags", "unsigned int", Ty::Flags(&names::MBIND_FLAGS)),
        ],
    ),
    memory(
        "set_mempolicy",
        Ret::Int,
        &[
            a("mode", "int", Ty::Flags(&names::MBIND_MODE)),
            a("nodemask", "const unsigned long *", Ty::Custom(&POLICY_NODES)),
            a("maxnode", "unsigned long", Ty::ULong),
        ],
    ),
    memory(
        "get_mempolicy",
        Ret::Int,
        &[
            a("mode", "int *", Ty::Out(&Ty::Ref(&MODE))),
            a("nodemask", "unsigned long *", Ty::Out(&Ty::Custom(&STORED_NODES))),
            a("maxnode", "unsigned long", Ty::ULong),
            ADDR,
            a("flags", "unsigned long", Ty::Flags(&names::GET_MEMPOLICY_FLAGS)),
        ],
    ),
    memory(
        "set_mempolicy_home_node",
        Ret::Int,
        &[
            a("start", "unsigned long", Ty::Addr),
            a("len", "unsigned long", Ty::ULong),
            a("home_node", "unsigned long", Ty::ULong),
            a("flags", "unsigned long", Ty::Hex),
        ],
    ),
    memory(
        "migrate_pages",
        Ret::Int,
        &[
            a("pid", "pid_t", Ty::Pid),
            a("maxnode", "unsigned long", Ty::ULong),
            a("old_nodes", "const unsigned long *", Ty::Custom(&OLD_NODES)),
            a("new_nodes", "const unsigned long *", Ty::Custom(&NEW_NODES)),
        ],
    ),
    memory(
        "move_pages",
        Ret::Int,
        &[
            a("pid", "pid_t", Ty::Pid),
            a("count", "unsigned long", Ty::ULong),
            a("pages", "const void * *", Ty::Array(&PAGE, Len::Arg(1))),
            a("nodes", "const int *", Ty::Array(&NODE, Len::Arg(1))),
            a("status", "int *", Ty::Out(&Ty::Array(&STATUS, Len::Arg(1)))),
            a("flags", "int", Ty::Flags(&names::MOVE_PAGES_FLAGS)),
        ],
    ),
    memory(
        "remap_file_pages",
        Ret::Int,
        &[
            ADDR,
            a("size", "unsigned long", Ty::ULong),
            a("prot", "unsigned long", Ty::FlagsBy(protection)),
            a("pgoff", "unsigned long", Ty::ULong),
            a("flags", "unsigned long", Ty::FlagsBy(mapping)),
        ],
    ),
    call(
        "process_vm_readv",
        Group::MiscellaneousProcess,
        Sets::NONE,
        Ret::Int,
        &[
            a("pid", "pid_t", Ty::Pid),
            a("local_iov", "const struct iovec *", Ty::Custom(&READ_BUFFERS)),
            a("liovcnt", "unsigned long", Ty::ULong),
            a("remote_iov", "const struct iovec *", Ty::Array(&BUFFERS, Len::Arg(4))),
            a("riovcnt", "unsigned long", Ty::ULong),
            a("flags", "unsigned long", Ty::ULong),
        ],
    ),
    call(
        "process_vm_writev",
        Group::MiscellaneousProcess,
        Sets::NONE,
        Ret::Int,
        &[
            a("pid", "pid_t", Ty::Pid),
            a("local_iov", "const struct iovec *", Ty::Iovec(2, Len::All)),
            a("liovcnt", "unsigned long", Ty::ULong),
            a("remote_iov", "const struct iovec *", Ty::Array(&BUFFERS, Len::Arg(4))),
            a("riovcnt", "unsigned long", Ty::ULong),
            a("flags", "unsigned long", Ty::ULong),
        ],
    ),
];
