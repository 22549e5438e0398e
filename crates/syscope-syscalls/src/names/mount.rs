//! Constants of mounts, file systems and quotas.

use crate::names::{BitField, Enum, Flags};

/// Flags of `mount`.
pub static MOUNT_FLAGS: Flags = Flags {
    unknown: "MS_???",
    zero: "",
    fields: &[BitField { mask: 0xffff0000, values: &[(0xc0ed0000, "MS_MGC_VAL")] }],
    bits: &[
        (0x1, "MS_RDONLY"),
        (0x2, "MS_NOSUID"),
        (0x4, "MS_NODEV"),
        (0x8, "MS_NOEXEC"),
        (0x10, "MS_SYNCHRONOUS"),
        (0x20, "MS_REMOUNT"),
        (0x40, "MS_MANDLOCK"),
        (0x80, "MS_DIRSYNC"),
        (0x100, "MS_NOSYMFOLLOW"),
        (0x400, "MS_NOATIME"),
        (0x800, "MS_NODIRATIME"),
        (0x1000, "MS_BIND"),
        (0x2000, "MS_MOVE"),
        (0x4000, "MS_REC"),
        (0x8000, "MS_SILENT"),
        (0x10000, "MS_POSIXACL"),
        (0x20000, "MS_UNBINDABLE"),
        (0x40000, "MS_PRIVATE"),
        (0x80000, "MS_SLAVE"),
        (0x100000, "MS_SHARED"),
        (0x200000, "MS_RELATIME"),
        (0x400000, "MS_KERNMOUNT"),
        (0x800000, "MS_I_VERSION"),
        (0x1000000, "MS_STRICTATIME"),
        (0x2000000, "MS_LAZYTIME"),
        (0x4000000, "MS_SUBMOUNT"),
        (0x8000000, "MS_NOREMOTELOCK"),
        (0x10000000, "MS_NOSEC"),
        (0x20000000, "MS_BORN"),
        (0x40000000, "MS_ACTIVE"),
        (0x80000000, "MS_NOUSER"),
    ],
};

/// Flags of `umount2`.
pub static UMOUNT_FLAGS: Flags = Flags {
    unknown: "MNT_???",
    zero: "",
    fields: &[],
    bits: &[(0x1, "MNT_FORCE"), (0x2, "MNT_DETACH"), (0x4, "MNT_EXPIRE"), (0x8, "UMOUNT_NOFOLLOW")],
};

/// Flags of `fsopen`.
pub static FSOPEN_FLAGS: Flags =
    Flags { unknown: "FSOPEN_???", zero: "", fields: &[], bits: &[(0x1, "FSOPEN_CLOEXEC")] };

/// Flags of `fsmount`.
pub static FSMOUNT_FLAGS: Flags =
    Flags { unknown: "FSMOUNT_???", zero: "", fields: &[], bits: &[(0x1, "FSMOUNT_CLOEXEC")] };

/// Commands of `fsconfig`.
pub static FSCONFIG_CMD: Enum = Enum {
    unknown: "FSCONFIG_???",
    values: &[
        (0, "FSCONFIG_SET_FLAG"),
        (1, "FSCONFIG_SET_STRING"),
        (2, "FSCONFIG_SET_BINARY"),
        (3, "FSCONFIG_SET_PATH"),
        (4, "FSCONFIG_SET_PATH_EMPTY"),
        (5, "FSCONFIG_SET_FD"),
        (6, "FSCONFIG_CMD_CREATE"),
        (7, "FSCONFIG_CMD_RECONFIGURE"),
        (8, "FSCONFIG_CMD_CREATE_EXCL"),
    ],
};

/// Flags of `fspick`.
pub static FSPICK_FLAGS: Flags = Flags {
    unknown: "FSPICK_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "FSPICK_CLOEXEC"),
        (0x2, "FSPICK_SYMLINK_NOFOLLOW"),
        (0x4, "FSPICK_NO_AUTOMOUNT"),
        (0x8, "FSPICK_EMPTY_PATH"),
    ],
};

/// Flags of `move_mount`.
pub static MOVE_MOUNT_FLAGS: Flags = Flags {
    unknown: "MOVE_MOUNT_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "MOVE_MOUNT_F_SYMLINKS"),
        (0x2, "MOVE_MOUNT_F_AUTOMOUNTS"),
        (0x4, "MOVE_MOUNT_F_EMPTY_PATH"),
        (0x10, "MOVE_MOUNT_T_SYMLINKS"),
        (0x20, "MOVE_MOUNT_T_AUTOMOUNTS"),
        (0x40, "MOVE_MOUNT_T_EMPTY_PATH"),
        (0x100, "MOVE_MOUNT_SET_GROUP"),
        (0x200, "MOVE_MOUNT_BENEATH"),
    ],
};

/// Flags of `open_tree`.
pub static OPEN_TREE_FLAGS: Flags = Flags {
    unknown: "OPEN_TREE_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "OPEN_TREE_CLONE"),
        (0x80000, "OPEN_TREE_CLOEXEC"),
        (0x100, "AT_SYMLINK_NOFOLLOW"),
        (0x200, "AT_REMOVEDIR"),
        (0x400, "AT_SYMLINK_FOLLOW"),
        (0x800, "AT_NO_AUTOMOUNT"),
        (0x1000, "AT_EMPTY_PATH"),
        (0x8000, "AT_RECURSIVE"),
    ],
};

/// Mount attributes of `fsmount` and `mount_setattr`.
pub static MOUNT_ATTR: Flags = Flags {
    unknown: "MOUNT_ATTR_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "MOUNT_ATTR_RDONLY"),
        (0x2, "MOUNT_ATTR_NOSUID"),
        (0x4, "MOUNT_ATTR_NODEV"),
        (0x8, "MOUNT_ATTR_NOEXEC"),
        (0x10, "MOUNT_ATTR_NOATIME"),
        (0x20, "MOUNT_ATTR_STRICTATIME"),
        (0x80, "MOUNT_ATTR_NODIRATIME"),
        (0x100000, "MOUNT_ATTR_IDMAP"),
        (0x200000, "MOUNT_ATTR_NOSYMFOLLOW"),
    ],
};

/// Flags of `mount_setattr`.
pub static MOUNT_SETATTR_FLAGS: Flags = Flags {
    unknown: "AT_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x100, "AT_SYMLINK_NOFOLLOW"),
        (0x800, "AT_NO_AUTOMOUNT"),
        (0x1000, "AT_EMPTY_PATH"),
        (0x8000, "AT_RECURSIVE"),
    ],
};

/// Propagation types of `mount_setattr`.
pub static MOUNT_SETATTR_PROPAGATION: Enum = Enum {
    unknown: "MS_???",
    values: &[
        (0x20000, "MS_UNBINDABLE"),
        (0x40000, "MS_PRIVATE"),
        (0x80000, "MS_SLAVE"),
        (0x100000, "MS_SHARED"),
    ],
};

/// File system types in `f_type`.
pub static STATFS_MAGIC: Enum = Enum {
    unknown: "",
    values: &[
        (0x2f, "QNX4_SUPER_MAGIC"),
        (0x33, "Z3FOLD_MAGIC"),
        (0x187, "AUTOFS_SUPER_MAGIC"),
        (0x1373, "DEVFS_SUPER_MAGIC"),
        (0x137d, "EXT_SUPER_MAGIC"),
        (0x137f, "MINIX_SUPER_MAGIC"),
        (0x138f, "MINIX_SUPER_MAGIC2"),
        (0x1cd1, "DEVPTS_SUPER_MAGIC"),
        (0x2468, "MINIX2_SUPER_MAGIC"),
        (0x2478, "MINIX2_SUPER_MAGIC2"),
        (0x3434, "NILFS_SUPER_MAGIC"),
        (0x4244, "HFS_SUPER_MAGIC"),
        (0x4d44, "MSDOS_SUPER_MAGIC"),
        (0x4d5a, "MINIX3_SUPER_MAGIC"),
        (0x517b, "SMB_SUPER_MAGIC"),
        (0x564c, "NCP_SUPER_MAGIC"),
        (0x6969, "NFS_SUPER_MAGIC"),
        (0x7275, "ROMFS_MAGIC"),
        (0x72b6, "JFFS2_SUPER_MAGIC"),
        (0x9660, "ISOFS_SUPER_MAGIC"),
        (0x9fa0, "PROC_SUPER_MAGIC"),
        (0x9fa1, "OPENPROM_SUPER_MAGIC"),
        (0x9fa2, "USBDEVICE_SUPER_MAGIC"),
        (0xadf5, "ADFS_SUPER_MAGIC"),
        (0xadff, "AFFS_SUPER_MAGIC"),
        (0xef51, "EXT2_OLD_SUPER_MAGIC"),
        (0xef53, "EXT2_SUPER_MAGIC"),
        (0xf15f, "ECRYPTFS_SUPER_MAGIC"),
        (0x11954, "UFS_MAGIC"),
        (0x27e0eb, "CGROUP_SUPER_MAGIC"),
        (0x414a53, "EFS_SUPER_MAGIC"),
        (0xc0ffee, "HOSTFS_SUPER_MAGIC"),
        (0xc36400, "CEPH_SUPER_MAGIC"),
        (0x1021994, "TMPFS_MAGIC"),
        (0x1021997, "V9FS_MAGIC"),
        (0x1161970, "GFS2_MAGIC"),
        (0x12fd16d, "XIAFS_SUPER_MAGIC"),
        (0x12ff7b4, "XENIX_SUPER_MAGIC"),
        (0x12ff7b5, "SYSV4_SUPER_MAGIC"),
        (0x12ff7b6, "SYSV2_SUPER_MAGIC"),
        (0x9041934, "ANON_INODE_FS_MAGIC"),
        (0xbad1dea, "FUTEXFS_SUPER_MAGIC"),
        (0x11307854, "MTD_INODE_FS_MAGIC"),
        (0x13661366, "BALLOON_KVM_MAGIC"),
        (0x15013346, "UDF_SUPER_MAGIC"),
        (0x19800202, "MQUEUE_MAGIC"),
        (0x1badface, "BFS_MAGIC"),
        (0x2011bab0, "EXFAT_SUPER_MAGIC"),
        (0x24051905, "UBIFS_SUPER_MAGIC"),
        (0x28cd3d45, "CRAMFS_MAGIC"),
        (0x2fc12fc1, "ZFS_SUPER_MAGIC"),
        (0x3153464a, "JFS_SUPER_MAGIC"),
        (0x42465331, "BEFS_SUPER_MAGIC"),
        (0x42494e4d, "BINFMTFS_MAGIC"),
        (0x43415d53, "SMACK_MAGIC"),
        (0x444d4142, "DMA_BUF_MAGIC"),
        (0x453dcd28, "CRAMFS_MAGIC_WEND"),
        (0x454d444d, "DEVMEM_MAGIC"),
        (0x474d454d, "GUEST_MEMFD_MAGIC"),
        (0x47504653, "GPFS_SUPER_MAGIC"),
        (0x50494446, "PID_FS_MAGIC"),
        (0x50495045, "PIPEFS_MAGIC"),
        (0x52654973, "REISERFS_SUPER_MAGIC"),
        (0x5345434d, "SECRETMEM_MAGIC"),
        (0x5346414f, "AFS_SUPER_MAGIC"),
        (0x5346544e, "NTFS_SB_MAGIC"),
        (0x534f434b, "SOCKFS_MAGIC"),
        (0x54190100, "UFS_CIGAM"),
        (0x57ac6e9d, "STACK_END_MAGIC"),
        (0x58295829, "ZSMALLOC_MAGIC"),
        (0x58465342, "XFS_SUPER_MAGIC"),
        (0x5a3c69f0, "AAFS_MAGIC"),
        (0x5a4f4653, "ZONEFS_MAGIC"),
        (0x6165676c, "PSTOREFS_MAGIC"),
        (0x61756673, "AUFS_SUPER_MAGIC"),
        (0x62646576, "BDEVFS_MAGIC"),
        (0x62656570, "CONFIGFS_MAGIC"),
        (0x62656572, "SYSFS_MAGIC"),
        (0x63677270, "CGROUP2_SUPER_MAGIC"),
        (0x64626720, "DEBUGFS_MAGIC"),
        (0x64646178, "DAXFS_MAGIC"),
        (0x65735543, "FUSE_CTL_SUPER_MAGIC"),
        (0x65735546, "FUSE_SUPER_MAGIC"),
        (0x67596969, "RPC_PIPEFS_SUPER_MAGIC"),
        (0x68191122, "QNX6_SUPER_MAGIC"),
        (0x6b414653, "AFS_FS_MAGIC"),
        (0x6c6f6f70, "BINDERFS_SUPER_MAGIC"),
        (0x6e667364, "NFSD_MAGIC"),
        (0x6e736673, "NSFS_MAGIC"),
        (0x73636673, "SECURITYFS_MAGIC"),
        (0x73717368, "SQUASHFS_MAGIC"),
        (0x73727279, "BTRFS_TEST_MAGIC"),
        (0x73757245, "CODA_SUPER_MAGIC"),
        (0x7461636f, "OCFS2_SUPER_MAGIC"),
        (0x74726163, "TRACEFS_MAGIC"),
        (0x794c7630, "OVERLAYFS_SUPER_MAGIC"),
        (0x858458f6, "RAMFS_MAGIC"),
        (0x9123683e, "BTRFS_SUPER_MAGIC"),
        (0x958458f6, "HUGETLBFS_MAGIC"),
        (0xa501fcf5, "VXFS_SUPER_MAGIC"),
        (0xabba1974, "XENFS_SUPER_MAGIC"),
        (0xc7571590, "PPC_CMM_MAGIC"),
        (0xc97e8168, "LOGFS_MAGIC"),
        (0xca451a4e, "BCACHEFS_SUPER_MAGIC"),
        (0xcafe4a11, "BPF_FS_MAGIC"),
        (0xde5e81e4, "EFIVARFS_MAGIC"),
        (0xe0f5e1e2, "EROFS_SUPER_MAGIC_V1"),
        (0xf2f52010, "F2FS_SUPER_MAGIC"),
        (0xf97cff8c, "SELINUX_MAGIC"),
        (0xf995e849, "HPFS_SUPER_MAGIC"),
        (0xfe534d42, "SMB2_SUPER_MAGIC"),
        (0xff534d42, "CIFS_SUPER_MAGIC"),
    ],
};

/// Mount flags in `f_flags`.
pub static STATFS_FLAGS: Flags = Flags {
    unknown: "ST_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x20, "ST_VALID"),
        (0x1, "ST_RDONLY"),
        (0x2, "ST_NOSUID"),
        (0x4, "ST_NODEV"),
        (0x8, "ST_NOEXEC"),
        (0x10, "ST_SYNCHRONOUS"),
        (0x40, "ST_MANDLOCK"),
        (0x400, "ST_NOATIME"),
        (0x800, "ST_NODIRATIME"),
        (0x1000, "ST_RELATIME"),
        (0x2000, "ST_NOSYMFOLLOW"),
    ],
};

/// Commands of `quotactl`.
pub static QUOTACTL_CMD: Enum = Enum {
    unknown: "Q_???",
    values: &[
        (0x5801, "Q_XQUOTAON"),
        (0x5802, "Q_XQUOTAOFF"),
        (0x5803, "Q_XGETQUOTA"),
        (0x5804, "Q_XSETQLIM"),
        (0x5805, "Q_XGETQSTAT"),
        (0x5806, "Q_XQUOTARM"),
        (0x5807, "Q_XQUOTASYNC"),
        (0x5808, "Q_XGETQSTATV"),
        (0x5809, "Q_XGETNEXTQUOTA"),
        (0x800001, "Q_SYNC"),
        (0x800002, "Q_QUOTAON"),
        (0x800003, "Q_QUOTAOFF"),
        (0x800004, "Q_GETFMT"),
        (0x800005, "Q_GETINFO"),
        (0x800006, "Q_SETINFO"),
        (0x800007, "Q_GETQUOTA"),
        (0x800008, "Q_SETQUOTA"),
        (0x800009, "Q_GETNEXTQUOTA"),
    ],
};

/// Quota types of `quotactl`.
pub static QUOTA_TYPE: Enum =
    Enum { unknown: "???QUOTA", values: &[(0, "USRQUOTA"), (1, "GRPQUOTA"), (2, "PRJQUOTA")] };

/// Quota formats of `Q_QUOTAON`.
pub static QUOTA_FORMAT: Enum = Enum {
    unknown: "QFMT_VFS_???",
    values: &[(1, "QFMT_VFS_OLD"), (2, "QFMT_VFS_V0"), (3, "QFMT_OCFS2"), (4, "QFMT_VFS_V1")],
};

/// Flags of `swapon`, without the priority.
pub static SWAPON_FLAGS: Flags = Flags {
    unknown: "SWAP_FLAG_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x8000, "SWAP_FLAG_PREFER"),
        (0x10000, "SWAP_FLAG_DISCARD"),
        (0x20000, "SWAP_FLAG_DISCARD_ONCE"),
        (0x40000, "SWAP_FLAG_DISCARD_PAGES"),
    ],
};

/// Fields asked for and filled in by `statmount`.
pub static STATMOUNT_MASK: Flags = Flags {
    unknown: "STATMOUNT_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "STATMOUNT_SB_BASIC"),
        (0x2, "STATMOUNT_MNT_BASIC"),
        (0x4, "STATMOUNT_PROPAGATE_FROM"),
        (0x8, "STATMOUNT_MNT_ROOT"),
        (0x10, "STATMOUNT_MNT_POINT"),
        (0x20, "STATMOUNT_FS_TYPE"),
        (0x40, "STATMOUNT_MNT_NS_ID"),
        (0x80, "STATMOUNT_MNT_OPTS"),
        (0x100, "STATMOUNT_FS_SUBTYPE"),
        (0x200, "STATMOUNT_SB_SOURCE"),
        (0x400, "STATMOUNT_OPT_ARRAY"),
        (0x800, "STATMOUNT_OPT_SEC_ARRAY"),
        (0x1000, "STATMOUNT_SUPPORTED_MASK"),
        (0x2000, "STATMOUNT_MNT_UIDMAP"),
        (0x4000, "STATMOUNT_MNT_GIDMAP"),
    ],
};

/// Flags of `listmount`.
pub static LISTMOUNT_FLAGS: Flags =
    Flags { unknown: "LISTMOUNT_???", zero: "", fields: &[], bits: &[(0x1, "LISTMOUNT_REVERSE")] };

/// Every enumeration of this file.
#[cfg(test)]
pub(crate) static ALL_ENUMS: &[&Enum] =
    &[&FSCONFIG_CMD, &MOUNT_SETATTR_PROPAGATION, &STATFS_MAGIC, &QUOTACTL_CMD, &QUOTA_TYPE, &QUOTA_FORMAT];
