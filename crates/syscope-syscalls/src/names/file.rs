//! Constants of calls on files: open, stat, lock and directory entries.

use crate::names::{BitField, Enum, Flags};

/// Flags of `open`, `openat` and `F_SETFL` on x86.
pub static OPEN_FLAGS: Flags = Flags {
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

/// Flags of `open`, `openat` and `F_SETFL` on arm64.
pub static OPEN_FLAGS_ARM64: Flags = Flags {
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
        (0x10000, "O_DIRECT"),
        (0x20000, "O_LARGEFILE"),
        (0x8000, "O_NOFOLLOW"),
        (0x40000, "O_NOATIME"),
        (0x80000, "O_CLOEXEC"),
        (0x200000, "O_PATH"),
        (0x404000, "O_TMPFILE"),
        (0x4000, "O_DIRECTORY"),
        (0x400000, "__O_TMPFILE"),
        (0x2000, "FASYNC"),
    ],
};

/// Flags of the `*at` calls.
pub static AT_FLAGS: Flags = Flags {
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
    ],
};

/// Flags of `statx`.
pub static STATX_FLAGS: Flags = Flags {
    unknown: "AT_???",
    zero: "",
    fields: &[BitField {
        mask: 0x6000,
        values: &[
            (0x0, "AT_STATX_SYNC_AS_STAT"),
            (0x2000, "AT_STATX_FORCE_SYNC"),
            (0x4000, "AT_STATX_DONT_SYNC"),
            (0x6000, "AT_STATX_FORCE_SYNC|AT_STATX_DONT_SYNC"),
        ],
    }],
    bits: &[
        (0x100, "AT_SYMLINK_NOFOLLOW"),
        (0x200, "AT_REMOVEDIR"),
        (0x400, "AT_SYMLINK_FOLLOW"),
        (0x800, "AT_NO_AUTOMOUNT"),
        (0x1000, "AT_EMPTY_PATH"),
        (0x8000, "AT_RECURSIVE"),
    ],
};

/// Flags of `unlinkat`.
pub static UNLINKAT_FLAGS: Flags = Flags {
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
    ],
};

/// Flags of `linkat`.
pub static LINKAT_FLAGS: Flags = Flags {
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
    ],
};

/// Flags of `faccessat2`.
pub static FACCESSAT_FLAGS: Flags = Flags {
    unknown: "AT_???",
    zero: "",
    fields: &[],
    bits: &[(0x100, "AT_SYMLINK_NOFOLLOW"), (0x200, "AT_EACCESS"), (0x1000, "AT_EMPTY_PATH")],
};

/// Flags of `fchownat`.
pub static FCHOWNAT_FLAGS: Flags = Flags {
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
    ],
};

/// Flags of `newfstatat`.
pub static FSTATAT_FLAGS: Flags = Flags {
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
    ],
};

/// Flags of `utimensat`.
pub static UTIMENSAT_FLAGS: Flags = Flags {
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
    ],
};

/// Flags of `execveat`.
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
        (0x10000, "AT_EXECVE_CHECK"),
    ],
};

/// Modes of `access`.
pub static ACCESS_MODE: Flags = Flags {
    unknown: "?_OK",
    zero: "F_OK",
    fields: &[],
    bits: &[(0x4, "R_OK"), (0x2, "W_OK"), (0x1, "X_OK")],
};

/// Fields asked for and filled in by `statx`.
pub static STATX_MASK: Flags = Flags {
    unknown: "STATX_???",
    zero: "",
    fields: &[],
    bits: &[
        (0xfff, "STATX_ALL"),
        (0x7ff, "STATX_BASIC_STATS"),
        (0x1, "STATX_TYPE"),
        (0x2, "STATX_MODE"),
        (0x4, "STATX_NLINK"),
        (0x8, "STATX_UID"),
        (0x10, "STATX_GID"),
        (0x20, "STATX_ATIME"),
        (0x40, "STATX_MTIME"),
        (0x80, "STATX_CTIME"),
        (0x100, "STATX_INO"),
        (0x200, "STATX_SIZE"),
        (0x400, "STATX_BLOCKS"),
        (0x800, "STATX_BTIME"),
        (0x1000, "STATX_MNT_ID"),
        (0x2000, "STATX_DIOALIGN"),
        (0x4000, "STATX_MNT_ID_UNIQUE"),
        (0x8000, "STATX_SUBVOL"),
        (0x10000, "STATX_WRITE_ATOMIC"),
        (0x20000, "STATX_DIO_READ_ALIGN"),
    ],
};

/// Attributes in `struct statx`.
pub static STATX_ATTRIBUTES: Flags = Flags {
    unknown: "STATX_ATTR_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x4, "STATX_ATTR_COMPRESSED"),
        (0x10, "STATX_ATTR_IMMUTABLE"),
        (0x20, "STATX_ATTR_APPEND"),
        (0x40, "STATX_ATTR_NODUMP"),
        (0x800, "STATX_ATTR_ENCRYPTED"),
        (0x1000, "STATX_ATTR_AUTOMOUNT"),
        (0x2000, "STATX_ATTR_MOUNT_ROOT"),
        (0x100000, "STATX_ATTR_VERITY"),
        (0x200000, "STATX_ATTR_DAX"),
        (0x400000, "STATX_ATTR_WRITE_ATOMIC"),
    ],
};

/// File types in `st_mode`.
pub static FILE_TYPE: Enum = Enum {
    unknown: "S_IF???",
    values: &[
        (0o10000, "S_IFIFO"),
        (0o20000, "S_IFCHR"),
        (0o40000, "S_IFDIR"),
        (0o60000, "S_IFBLK"),
        (0o100000, "S_IFREG"),
        (0o120000, "S_IFLNK"),
        (0o140000, "S_IFSOCK"),
    ],
};

/// Origins of `lseek`.
pub static SEEK_WHENCE: Enum = Enum {
    unknown: "SEEK_???",
    values: &[(0, "SEEK_SET"), (1, "SEEK_CUR"), (2, "SEEK_END"), (3, "SEEK_DATA"), (4, "SEEK_HOLE")],
};

/// Flags of `renameat2`.
pub static RENAME_FLAGS: Flags = Flags {
    unknown: "RENAME_??",
    zero: "",
    fields: &[],
    bits: &[(0x1, "RENAME_NOREPLACE"), (0x2, "RENAME_EXCHANGE"), (0x4, "RENAME_WHITEOUT")],
};

/// Commands of `fcntl`.
pub static FCNTL_CMD: Enum = Enum {
    unknown: "F_???",
    values: &[
        (0, "F_DUPFD"),
        (1, "F_GETFD"),
        (2, "F_SETFD"),
        (3, "F_GETFL"),
        (4, "F_SETFL"),
        (5, "F_GETLK"),
        (6, "F_SETLK"),
        (7, "F_SETLKW"),
        (8, "F_SETOWN"),
        (9, "F_GETOWN"),
        (10, "F_SETSIG"),
        (11, "F_GETSIG"),
        (12, "F_GETLK64"),
        (13, "F_SETLK64"),
        (14, "F_SETLKW64"),
        (15, "F_SETOWN_EX"),
        (16, "F_GETOWN_EX"),
        (17, "F_GETOWNER_UIDS"),
        (36, "F_OFD_GETLK"),
        (37, "F_OFD_SETLK"),
        (38, "F_OFD_SETLKW"),
        (1024, "F_SETLEASE"),
        (1025, "F_GETLEASE"),
        (1026, "F_NOTIFY"),
        (1027, "F_DUPFD_QUERY"),
        (1028, "F_CREATED_QUERY"),
        (1029, "F_CANCELLK"),
        (1030, "F_DUPFD_CLOEXEC"),
        (1031, "F_SETPIPE_SZ"),
        (1032, "F_GETPIPE_SZ"),
        (1033, "F_ADD_SEALS"),
        (1034, "F_GET_SEALS"),
        (1035, "F_GET_RW_HINT"),
        (1036, "F_SET_RW_HINT"),
        (1037, "F_GET_FILE_RW_HINT"),
        (1038, "F_SET_FILE_RW_HINT"),
    ],
};

/// Descriptor flags of `F_SETFD`.
pub static FD_FLAGS: Flags = Flags { unknown: "FD_???", zero: "", fields: &[], bits: &[(0x1, "FD_CLOEXEC")] };

/// Types of record locks.
pub static LOCK_TYPE: Enum = Enum {
    unknown: "F_???",
    values: &[(0, "F_RDLCK"), (1, "F_WRLCK"), (2, "F_UNLCK"), (4, "F_EXLCK"), (8, "F_SHLCK")],
};

/// Types of leases.
pub static LEASE: Enum = Enum {
    unknown: "F_???",
    values: &[(0, "F_RDLCK"), (1, "F_WRLCK"), (2, "F_UNLCK"), (4, "F_EXLCK"), (8, "F_SHLCK")],
};

/// Directory events of `F_NOTIFY`.
pub static NOTIFY: Flags = Flags {
    unknown: "DN_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "DN_ACCESS"),
        (0x2, "DN_MODIFY"),
        (0x4, "DN_CREATE"),
        (0x8, "DN_DELETE"),
        (0x10, "DN_RENAME"),
        (0x20, "DN_ATTRIB"),
        (0x80000000, "DN_MULTISHOT"),
    ],
};

/// Seals of `F_ADD_SEALS`.
pub static SEALS: Flags = Flags {
    unknown: "F_SEAL_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "F_SEAL_SEAL"),
        (0x2, "F_SEAL_SHRINK"),
        (0x4, "F_SEAL_GROW"),
        (0x8, "F_SEAL_WRITE"),
        (0x10, "F_SEAL_FUTURE_WRITE"),
        (0x20, "F_SEAL_EXEC"),
    ],
};

/// Write life-time hints of `F_SET_RW_HINT`.
pub static RW_HINT: Enum = Enum {
    unknown: "RWH_???",
    values: &[
        (0, "RWH_WRITE_LIFE_NOT_SET"),
        (1, "RWH_WRITE_LIFE_NONE"),
        (2, "RWH_WRITE_LIFE_SHORT"),
        (3, "RWH_WRITE_LIFE_MEDIUM"),
        (4, "RWH_WRITE_LIFE_LONG"),
        (5, "RWH_WRITE_LIFE_EXTREME"),
    ],
};

/// Owner types of `F_SETOWN_EX`.
pub static OWNER_TYPE: Enum =
    Enum { unknown: "F_OWNER_???", values: &[(0, "F_OWNER_TID"), (1, "F_OWNER_PID"), (2, "F_OWNER_PGRP")] };

/// Flags of `dup3`.
pub static DUP3_FLAGS: Flags = Flags {
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

/// Flags of `name_to_handle_at`.
pub static NAME_TO_HANDLE_FLAGS: Flags = Flags {
    unknown: "AT_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "AT_HANDLE_MNT_ID_UNIQUE"),
        (0x2, "AT_HANDLE_CONNECTABLE"),
        (0x200, "AT_HANDLE_FID"),
        (0x400, "AT_SYMLINK_FOLLOW"),
        (0x1000, "AT_EMPTY_PATH"),
    ],
};

/// Resolution flags of `openat2`.
pub static OPENAT2_RESOLVE: Flags = Flags {
    unknown: "RESOLVE_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "RESOLVE_NO_XDEV"),
        (0x2, "RESOLVE_NO_MAGICLINKS"),
        (0x4, "RESOLVE_NO_SYMLINKS"),
        (0x8, "RESOLVE_BENEATH"),
        (0x10, "RESOLVE_IN_ROOT"),
        (0x20, "RESOLVE_CACHED"),
    ],
};

/// File types in directory entries.
pub static DIRENT_TYPE: Enum = Enum {
    unknown: "DT_???",
    values: &[
        (0, "DT_UNKNOWN"),
        (1, "DT_FIFO"),
        (2, "DT_CHR"),
        (4, "DT_DIR"),
        (6, "DT_BLK"),
        (8, "DT_REG"),
        (10, "DT_LNK"),
        (12, "DT_SOCK"),
        (14, "DT_WHT"),
    ],
};

/// Flags of `setxattr`.
pub static XATTR_FLAGS: Flags = Flags {
    unknown: "XATTR_???",
    zero: "",
    fields: &[],
    bits: &[(0x1, "XATTR_CREATE"), (0x2, "XATTR_REPLACE")],
};

/// Inode flags of `FS_IOC_GETFLAGS`.
pub static FS_FLAGS: Flags = Flags {
    unknown: "FS_???_FL",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "FS_SECRM_FL"),
        (0x2, "FS_UNRM_FL"),
        (0x4, "FS_COMPR_FL"),
        (0x8, "FS_SYNC_FL"),
        (0x10, "FS_IMMUTABLE_FL"),
        (0x20, "FS_APPEND_FL"),
        (0x40, "FS_NODUMP_FL"),
        (0x80, "FS_NOATIME_FL"),
        (0x100, "FS_DIRTY_FL"),
        (0x200, "FS_COMPRBLK_FL"),
        (0x400, "FS_NOCOMP_FL"),
        (0x800, "FS_ENCRYPT_FL"),
        (0x1000, "FS_INDEX_FL"),
        (0x2000, "FS_IMAGIC_FL"),
        (0x4000, "FS_JOURNAL_DATA_FL"),
        (0x8000, "FS_NOTAIL_FL"),
        (0x10000, "FS_DIRSYNC_FL"),
        (0x20000, "FS_TOPDIR_FL"),
        (0x40000, "FS_HUGE_FILE_FL"),
        (0x80000, "FS_EXTENT_FL"),
        (0x100000, "FS_VERITY_FL"),
        (0x200000, "FS_EA_INODE_FL"),
        (0x400000, "FS_EOFBLOCKS_FL"),
        (0x800000, "FS_NOCOW_FL"),
        (0x2000000, "FS_DAX_FL"),
        (0x10000000, "FS_INLINE_DATA_FL"),
        (0x20000000, "FS_PROJINHERIT_FL"),
        (0x40000000, "FS_CASEFOLD_FL"),
        (0x80000000, "FS_RESERVED_FL"),
    ],
};

/// Extended inode flags of `FS_IOC_FSGETXATTR` and `file_getattr`.
pub static FS_XFLAGS: Flags = Flags {
    unknown: "FS_XFLAG_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "FS_XFLAG_REALTIME"),
        (0x2, "FS_XFLAG_PREALLOC"),
        (0x8, "FS_XFLAG_IMMUTABLE"),
        (0x10, "FS_XFLAG_APPEND"),
        (0x20, "FS_XFLAG_SYNC"),
        (0x40, "FS_XFLAG_NOATIME"),
        (0x80, "FS_XFLAG_NODUMP"),
        (0x100, "FS_XFLAG_RTINHERIT"),
        (0x200, "FS_XFLAG_PROJINHERIT"),
        (0x400, "FS_XFLAG_NOSYMLINKS"),
        (0x800, "FS_XFLAG_EXTSIZE"),
        (0x1000, "FS_XFLAG_EXTSZINHERIT"),
        (0x2000, "FS_XFLAG_NODEFRAG"),
        (0x4000, "FS_XFLAG_FILESTREAM"),
        (0x8000, "FS_XFLAG_DAX"),
        (0x10000, "FS_XFLAG_COWEXTSIZE"),
        (0x80000000, "FS_XFLAG_HASATTR"),
    ],
};

/// Every enumeration of this file.
#[cfg(test)]
pub(crate) static ALL_ENUMS: &[&Enum] =
    &[&FILE_TYPE, &SEEK_WHENCE, &FCNTL_CMD, &LOCK_TYPE, &LEASE, &RW_HINT, &OWNER_TYPE, &DIRENT_TYPE];
