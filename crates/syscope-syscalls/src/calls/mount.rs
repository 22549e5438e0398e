//! Specifications: mounts, file systems, swap space and quotas.

use crate::names::mount;
use crate::structs::mount::*;
use crate::structs::quota::*;
use crate::syscall::{Ret, Syscall, Ty, a, call};
use crate::taxonomy::{Group, Sets};

/// The calls of this topic.
pub static CALLS: &[Syscall] = &[
    call(
        "mount",
        Group::PrivilegedFileSystem,
        Sets::FILE,
        Ret::Int,
        &[
            a("source", "char *", Ty::Path),
            a("target", "char *", Ty::Path),
            a("filesystemtype", "char *", Ty::Custom(&MOUNT_TYPE)),
            a("mountflags", "unsigned long", Ty::Flags(&mount::MOUNT_FLAGS)),
            a("data", "void *", Ty::Custom(&MOUNT_DATA)),
        ],
    ),
    call(
        "umount2",
        Group::PrivilegedFileSystem,
        Sets::FILE,
        Ret::Int,
        &[a("target", "char *", Ty::Path), a("flags", "int", Ty::Flags(&mount::UMOUNT_FLAGS))],
    ),
    call(
        "pivot_root",
        Group::PrivilegedFileSystem,
        Sets::FILE,
        Ret::Int,
        &[a("new_root", "const char *", Ty::Path), a("put_old", "const char *", Ty::Path)],
    ),
    call(
        "swapon",
        Group::PrivilegedFileSystem,
        Sets::FILE,
        Ret::Int,
        &[a("path", "const char *", Ty::Path), a("swapflags", "int", Ty::Custom(&SWAP_FLAGS))],
    ),
    call(
        "swapoff",
        Group::PrivilegedFileSystem,
        Sets::FILE,
        Ret::Int,
        &[a("path", "const char *", Ty::Path)],
    ),
    call(
        "nfsservctl",
        Group::PrivilegedFileSystem,
        Sets::NONE,
        Ret::Int,
        &[
            a("cmd", "int", Ty::Hex),
            a("argp", "struct nfsctl_arg *", Ty::Hex),
            a("resp", "union nfsctl_res *", Ty::Hex),
        ],
    ),
    call(
        "fsopen",
        Group::PrivilegedFileSystem,
        Sets::DESC,
        Ret::Fd,
        &[a("fsname", "const char *", Ty::Str), a("flags", "unsigned int", Ty::Flags(&mount::FSOPEN_FLAGS))],
    ),
    call(
        "fsconfig",
        Group::PrivilegedFileSystem,
        Sets::DESC.and(Sets::FILE),
        Ret::Int,
        &[
            a("fd", "int", Ty::Fd),
            a("cmd", "unsigned int", Ty::Enum(&mount::FSCONFIG_CMD)),
            a("key", "const char *", Ty::ByArg(&FSCONFIG_KEY)),
            a("value", "const void *", Ty::ByArg(&FSCONFIG_VALUE)),
            a("aux", "int", Ty::ByArg(&FSCONFIG_AUX)),
        ],
    ),
    call(
        "fsmount",
        Group::PrivilegedFileSystem,
        Sets::DESC,
        Ret::Fd,
        &[
            a("fsfd", "int", Ty::Fd),
            a("flags", "unsigned int", Ty::Flags(&mount::FSMOUNT_FLAGS)),
            a("attr_flags", "unsigned int", Ty::Flags(&mount::MOUNT_ATTR)),
        ],
    ),
    call(
        "fspick",
        Group::PrivilegedFileSystem,
        Sets::DESC.and(Sets::FILE),
        Ret::Fd,
        &[
            a("dirfd", "int", Ty::DirFd),
            a("path", "const char *", Ty::Path),
            a("flags", "unsigned int", Ty::Flags(&mount::FSPICK_FLAGS)),
        ],
    ),
    call(
        "move_mount",
        Group::PrivilegedFileSystem,
        Sets::DESC.and(Sets::FILE),
        Ret::Int,
        &[
            a("from_dirfd", "int", Ty::DirFd),
            a("from_path", "const char *", Ty::Path),
            a("to_dirfd", "int", Ty::DirFd),
            a("to_path", "const char *", Ty::Path),
            a("flags", "unsigned int", Ty::Flags(&mount::MOVE_MOUNT_FLAGS)),
        ],
    ),
    call(
        "open_tree",
        Group::PrivilegedFileSystem,
        Sets::DESC.and(Sets::FILE),
        Ret::Fd,
        &[
            a("dirfd", "int", Ty::DirFd),
            a("path", "const char *", Ty::Path),
            a("flags", "unsigned", Ty::Flags(&mount::OPEN_TREE_FLAGS)),
        ],
    ),
    call(
        "open_tree_attr",
        Group::PrivilegedFileSystem,
        Sets::DESC.and(Sets::FILE),
        Ret::Fd,
        &[
            a("dirfd", "int", Ty::DirFd),
            a("path", "const char *", Ty::Path),
            a("flags", "unsigned", Ty::Flags(&mount::OPEN_TREE_FLAGS)),
            a("attr", "struct mount_attr *", Ty::Custom(&MOUNT_ATTR_3)),
            a("size", "size_t", Ty::ULong),
        ],
    ),
    call(
        "mount_setattr",
        Group::PrivilegedFileSystem,
        Sets::DESC.and(Sets::FILE),
        Ret::Int,
        &[
            a("dirfd", "int", Ty::DirFd),
            a("path", "const char *", Ty::Path),
            a("flags", "unsigned int", Ty::Flags(&mount::MOUNT_SETATTR_FLAGS)),
            a("attr", "struct mount_attr *", Ty::Custom(&MOUNT_ATTR_3)),
            a("size", "size_t", Ty::ULong),
        ],
    ),
    call(
        "statmount",
        Group::UnprivilegedFileSystem,
        Sets::NONE,
        Ret::Int,
        &[
            a("req", "const struct mnt_id_req *", Ty::Custom(&MOUNT_REQUEST)),
            a("buf", "struct statmount *", Ty::Out(&Ty::Struct(&STATMOUNT))),
            a("bufsize", "size_t", Ty::ULong),
            a("flags", "unsigned int", Ty::Hex),
        ],
    ),
    call(
        "listmount",
        Group::UnprivilegedFileSystem,
        Sets::NONE,
        Ret::Int,
        &[
            a("req", "const struct mnt_id_req *", Ty::Custom(&MOUNT_REQUEST)),
            a("mnt_ids", "u64 *", MOUNT_IDS),
            a("nr_mnt_ids", "size_t", Ty::ULong),
            a("flags", "unsigned int", Ty::Flags(&mount::LISTMOUNT_FLAGS)),
        ],
    ),
    call(
        "statfs",
        Group::UnprivilegedFileSystem,
        Sets::FILE.and(Sets::STATFS).and(Sets::STATFS_LIKE),
        Ret::Int,
        &[a("path", "const char *", Ty::Path), a("buf", "struct statfs *", Ty::Out(&Ty::Struct(&STATFS)))],
    ),
    call(
        "fstatfs",
        Group::UnprivilegedFileSystem,
        Sets::DESC.and(Sets::FSTATFS).and(Sets::STATFS_LIKE),
        Ret::Int,
        &[a("fd", "unsigned int", Ty::Fd), a("buf", "struct statfs *", Ty::Out(&Ty::Struct(&STATFS)))],
    ),
    call(
        "ustat",
        Group::UnprivilegedFileSystem,
        Sets::STATFS_LIKE,
        Ret::Int,
        &[a("dev", "unsigned", Ty::Dev), a("ubuf", "struct ustat *", Ty::Out(&Ty::Struct(&USTAT)))],
    ),
    call(
        "sysfs",
        Group::UnprivilegedFileSystem,
        Sets::NONE,
        Ret::Int,
        &[
            a("option", "int", Ty::Hex),
            a("arg1", "unsigned long", Ty::Hex),
            a("arg2", "unsigned long", Ty::Hex),
        ],
    ),
    call(
        "quotactl",
        Group::Accounting,
        Sets::FILE,
        Ret::Int,
        &[
            a("cmd", "unsigned int", Ty::Custom(&QUOTA_CMD)),
            a("special", "const char *", Ty::Path),
            a("id", "qid_t", Ty::ByArg(&QUOTA_ID)),
            a("addr", "void *", Ty::ByArg(&QUOTA_ADDR)),
        ],
    ),
    call(
        "quotactl_fd",
        Group::Accounting,
        Sets::DESC,
        Ret::Int,
        &[
            a("fd", "unsigned int", Ty::Fd),
            a("cmd", "unsigned int", Ty::Custom(&QUOTA_CMD)),
            a("id", "qid_t", Ty::ByArg(&QUOTA_FD_ID)),
            a("addr", "void *", Ty::ByArg(&QUOTA_FD_ADDR)),
        ],
    ),
];
