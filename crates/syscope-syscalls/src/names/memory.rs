//! Names of the memory-management calls: protections, mappings, advice, NUMA policies, shared memory.

use crate::names::{BitField, Enum, Flags};

/// The protection of `mmap`, `mprotect` and `pkey_mprotect`.
pub static MMAP_PROT: Flags = Flags {
    unknown: "PROT_???",
    zero: "PROT_NONE",
    fields: &[],
    bits: &[
        (0x1, "PROT_READ"),
        (0x2, "PROT_WRITE"),
        (0x4, "PROT_EXEC"),
        (0x8, "PROT_SEM"),
        (0x0100_0000, "PROT_GROWSDOWN"),
        (0x0200_0000, "PROT_GROWSUP"),
    ],
};

/// The protection as arm64 has it, with its two own bits.
pub static MMAP_PROT_ARM64: Flags = Flags {
    unknown: "PROT_???",
    zero: "PROT_NONE",
    fields: &[],
    bits: &[
        (0x1, "PROT_READ"),
        (0x2, "PROT_WRITE"),
        (0x4, "PROT_EXEC"),
        (0x8, "PROT_SEM"),
        (0x10, "PROT_BTI"),
        (0x20, "PROT_MTE"),
        (0x0100_0000, "PROT_GROWSDOWN"),
        (0x0200_0000, "PROT_GROWSUP"),
    ],
};

/// Bits with a huge-page size behind them: the logarithm of the size in the six bits from 26 up. Larger
/// sizes stand first, so that of all entries whose bits are set the exact one is met first.
macro_rules! with_huge_sizes {
    ($shift:literal: $(($bits:expr, $name:literal)),* $(,)?) => {
        with_huge_sizes!(@sizes $shift [$(($bits, $name)),*]
            63 62 61 60 59 58 57 56 55 54 53 52 51 50 49 48 47 46 45 44 43 42 41 40 39 38 37 36 35 34 33 32
            31 30 29 28 27 26 25 24 23 22 21 20 19 18 17 16 15 14 13 12 11 10 9 8 7 6 5 4 3 2 1)
    };
    (@sizes $shift:literal [$(($bits:expr, $name:literal)),*] $($size:literal)*) => {
        &[$(($bits, $name),)* $(($size << 26, concat!(stringify!($size), "<<", $shift)),)*]
    };
}

/// The flags of `mmap` on x86: the mapping type, the bits, a huge-page size.
pub static MMAP_FLAGS: Flags = Flags {
    unknown: "MAP_???",
    zero: "",
    fields: &[BitField {
        mask: 0xf,
        values: &[
            (0, "MAP_FILE"),
            (1, "MAP_SHARED"),
            (2, "MAP_PRIVATE"),
            (3, "MAP_SHARED_VALIDATE"),
            (8, "MAP_DROPPABLE"),
        ],
    }],
    bits: with_huge_sizes!("MAP_HUGE_SHIFT":
        (0x10, "MAP_FIXED"),
        (0x20, "MAP_ANONYMOUS"),
        (0x40, "MAP_32BIT"),
        (0x80, "MAP_ABOVE4G"),
        (0x4000, "MAP_NORESERVE"),
        (0x8000, "MAP_POPULATE"),
        (0x0001_0000, "MAP_NONBLOCK"),
        (0x100, "MAP_GROWSDOWN"),
        (0x800, "MAP_DENYWRITE"),
        (0x1000, "MAP_EXECUTABLE"),
        (0x2000, "MAP_LOCKED"),
        (0x0002_0000, "MAP_STACK"),
        (0x0004_0000, "MAP_HUGETLB"),
        (0x0008_0000, "MAP_SYNC"),
        (0x0010_0000, "MAP_FIXED_NOREPLACE"),
    ),
};

/// The flags of `mmap` on arm64, which has no bit for low addresses.
pub static MMAP_FLAGS_ARM64: Flags = Flags {
    unknown: "MAP_???",
    zero: "",
    fields: &[BitField {
        mask: 0xf,
        values: &[
            (0, "MAP_FILE"),
            (1, "MAP_SHARED"),
            (2, "MAP_PRIVATE"),
            (3, "MAP_SHARED_VALIDATE"),
            (8, "MAP_DROPPABLE"),
        ],
    }],
    bits: with_huge_sizes!("MAP_HUGE_SHIFT":
        (0x10, "MAP_FIXED"),
        (0x20, "MAP_ANONYMOUS"),
        (0x4000, "MAP_NORESERVE"),
        (0x8000, "MAP_POPULATE"),
        (0x0001_0000, "MAP_NONBLOCK"),
        (0x100, "MAP_GROWSDOWN"),
        (0x800, "MAP_DENYWRITE"),
        (0x1000, "MAP_EXECUTABLE"),
        (0x2000, "MAP_LOCKED"),
        (0x0002_0000, "MAP_STACK"),
        (0x0004_0000, "MAP_HUGETLB"),
        (0x0008_0000, "MAP_SYNC"),
        (0x0010_0000, "MAP_FIXED_NOREPLACE"),
    ),
};

/// The flags of `mremap`.
pub static MREMAP_FLAGS: Flags = Flags {
    unknown: "MREMAP_???",
    zero: "",
    fields: &[],
    bits: &[(0x1, "MREMAP_MAYMOVE"), (0x2, "MREMAP_FIXED"), (0x4, "MREMAP_DONTUNMAP")],
};

/// The advice of `madvise` and `process_madvise`.
pub static MADVISE: Enum = Enum {
    unknown: "MADV_???",
    values: &[
        (0, "MADV_NORMAL"),
        (1, "MADV_RANDOM"),
        (2, "MADV_SEQUENTIAL"),
        (3, "MADV_WILLNEED"),
        (4, "MADV_DONTNEED"),
        (8, "MADV_FREE"),
        (9, "MADV_REMOVE"),
        (10, "MADV_DONTFORK"),
        (11, "MADV_DOFORK"),
        (12, "MADV_MERGEABLE"),
        (13, "MADV_UNMERGEABLE"),
        (14, "MADV_HUGEPAGE"),
        (15, "MADV_NOHUGEPAGE"),
        (16, "MADV_DONTDUMP"),
        (17, "MADV_DODUMP"),
        (18, "MADV_WIPEONFORK"),
        (19, "MADV_KEEPONFORK"),
        (20, "MADV_COLD"),
        (21, "MADV_PAGEOUT"),
        (22, "MADV_POPULATE_READ"),
        (23, "MADV_POPULATE_WRITE"),
        (24, "MADV_DONTNEED_LOCKED"),
        (25, "MADV_COLLAPSE"),
        (100, "MADV_HWPOISON"),
        (101, "MADV_SOFT_OFFLINE"),
        (102, "MADV_GUARD_INSTALL"),
        (103, "MADV_GUARD_REMOVE"),
    ],
};

/// The flags of `msync`.
pub static MSYNC_FLAGS: Flags = Flags {
    unknown: "MS_???",
    zero: "",
    fields: &[],
    bits: &[(0x4, "MS_SYNC"), (0x1, "MS_ASYNC"), (0x2, "MS_INVALIDATE")],
};

/// The flags of `mlock2`.
pub static MLOCK2_FLAGS: Flags =
    Flags { unknown: "MLOCK_???", zero: "", fields: &[], bits: &[(0x1, "MLOCK_ONFAULT")] };

/// The flags of `mlockall`.
pub static MLOCKALL_FLAGS: Flags = Flags {
    unknown: "MCL_???",
    zero: "",
    fields: &[],
    bits: &[(0x1, "MCL_CURRENT"), (0x2, "MCL_FUTURE"), (0x4, "MCL_ONFAULT")],
};

/// The flags of `map_shadow_stack`.
pub static MAP_SHADOW_STACK_FLAGS: Flags = Flags {
    unknown: "SHADOW_STACK_???",
    zero: "",
    fields: &[],
    bits: &[(0x1, "SHADOW_STACK_SET_TOKEN"), (0x2, "SHADOW_STACK_SET_MARKER")],
};

/// The command of `membarrier`.
pub static MEMBARRIER_CMD: Enum = Enum {
    unknown: "MEMBARRIER_CMD_???",
    values: &[
        (0, "MEMBARRIER_CMD_QUERY"),
        (1, "MEMBARRIER_CMD_GLOBAL"),
        (2, "MEMBARRIER_CMD_GLOBAL_EXPEDITED"),
        (4, "MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED"),
        (8, "MEMBARRIER_CMD_PRIVATE_EXPEDITED"),
        (16, "MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED"),
        (32, "MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE"),
        (64, "MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE"),
        (128, "MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ"),
        (256, "MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ"),
        (512, "MEMBARRIER_CMD_GET_REGISTRATIONS"),
    ],
};

/// The commands a `MEMBARRIER_CMD_QUERY` reports.
pub static MEMBARRIER_CMD_SET: Flags = Flags {
    unknown: "MEMBARRIER_CMD_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "MEMBARRIER_CMD_GLOBAL"),
        (0x2, "MEMBARRIER_CMD_GLOBAL_EXPEDITED"),
        (0x4, "MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED"),
        (0x8, "MEMBARRIER_CMD_PRIVATE_EXPEDITED"),
        (0x10, "MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED"),
        (0x20, "MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE"),
        (0x40, "MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE"),
        (0x80, "MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ"),
        (0x100, "MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ"),
        (0x200, "MEMBARRIER_CMD_GET_REGISTRATIONS"),
    ],
};

/// The flags of `membarrier`.
pub static MEMBARRIER_FLAGS: Flags = Flags {
    unknown: "MEMBARRIER_CMD_FLAG_???",
    zero: "",
    fields: &[],
    bits: &[(0x1, "MEMBARRIER_CMD_FLAG_CPU")],
};

/// The policy of `mbind` and `set_mempolicy`, with its mode flags.
pub static MBIND_MODE: Flags = Flags {
    unknown: "MPOL_???",
    zero: "",
    fields: &[BitField {
        mask: 0xffff_1fff,
        values: &[
            (0, "MPOL_DEFAULT"),
            (1, "MPOL_PREFERRED"),
            (2, "MPOL_BIND"),
            (3, "MPOL_INTERLEAVE"),
            (4, "MPOL_LOCAL"),
            (5, "MPOL_PREFERRED_MANY"),
            (6, "MPOL_WEIGHTED_INTERLEAVE"),
        ],
    }],
    bits: &[
        (0x8000, "MPOL_F_STATIC_NODES"),
        (0x4000, "MPOL_F_RELATIVE_NODES"),
        (0x2000, "MPOL_F_NUMA_BALANCING"),
    ],
};

/// The flags of `mbind`.
pub static MBIND_FLAGS: Flags = Flags {
    unknown: "MPOL_???",
    zero: "",
    fields: &[],
    bits: &[(0x1, "MPOL_MF_STRICT"), (0x2, "MPOL_MF_MOVE"), (0x4, "MPOL_MF_MOVE_ALL")],
};

/// The flags of `get_mempolicy`.
pub static GET_MEMPOLICY_FLAGS: Flags = Flags {
    unknown: "MPOL_???",
    zero: "",
    fields: &[],
    bits: &[(0x1, "MPOL_F_NODE"), (0x2, "MPOL_F_ADDR"), (0x4, "MPOL_F_MEMS_ALLOWED")],
};

/// The flags of `move_pages`.
pub static MOVE_PAGES_FLAGS: Flags = Flags {
    unknown: "MPOL_???",
    zero: "",
    fields: &[],
    bits: &[(0x2, "MPOL_MF_MOVE"), (0x4, "MPOL_MF_MOVE_ALL")],
};

/// The access rights of `pkey_alloc`.
pub static PKEY_ACCESS: Flags = Flags {
    unknown: "PKEY_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "PKEY_DISABLE_ACCESS"),
        (0x2, "PKEY_DISABLE_WRITE"),
        (0x4, "PKEY_DISABLE_EXECUTE"),
        (0x8, "PKEY_DISABLE_READ"),
    ],
};

/// The flags of `shmget` above its nine mode bits, which stay behind and are shown in octal.
pub static SHMGET_FLAGS: Flags = Flags {
    unknown: "SHM_???",
    zero: "",
    fields: &[],
    bits: with_huge_sizes!("SHM_HUGE_SHIFT":
        (0x200, "IPC_CREAT"),
        (0x400, "IPC_EXCL"),
        (0x800, "SHM_HUGETLB"),
        (0x1000, "SHM_NORESERVE"),
    ),
};

/// The flags of `shmat`.
pub static SHMAT_FLAGS: Flags = Flags {
    unknown: "SHM_???",
    zero: "",
    fields: &[],
    bits: &[(0x1000, "SHM_RDONLY"), (0x2000, "SHM_RND"), (0x4000, "SHM_REMAP"), (0x8000, "SHM_EXEC")],
};

/// The command of `shmctl`, without `IPC_64`.
pub static SHMCTL_CMD: Enum = Enum {
    unknown: "SHM_???",
    values: &[
        (0, "IPC_RMID"),
        (1, "IPC_SET"),
        (2, "IPC_STAT"),
        (3, "IPC_INFO"),
        (11, "SHM_LOCK"),
        (12, "SHM_UNLOCK"),
        (13, "SHM_STAT"),
        (14, "SHM_INFO"),
        (15, "SHM_STAT_ANY"),
    ],
};

#[cfg(test)]
pub(crate) static ALL_ENUMS: &[&Enum] = &[&MADVISE, &MEMBARRIER_CMD, &SHMCTL_CMD];
