//! Names of the calls that run the machine: reboot, modules, kexec, log, swap, security modules.

use crate::names::{BitField, Enum, Flags};

/// The first magic number of `reboot`.
pub static REBOOT_MAGIC1: Enum =
    Enum { unknown: "LINUX_REBOOT_MAGIC_???", values: &[(0xfee1_dead, "LINUX_REBOOT_MAGIC1")] };

/// The second magic number of `reboot`.
pub static REBOOT_MAGIC2: Enum = Enum {
    unknown: "LINUX_REBOOT_MAGIC_???",
    values: &[
        (0x0512_1996, "LINUX_REBOOT_MAGIC2A"),
        (0x1604_1998, "LINUX_REBOOT_MAGIC2B"),
        (0x2011_2000, "LINUX_REBOOT_MAGIC2C"),
        (0x2812_1969, "LINUX_REBOOT_MAGIC2"),
    ],
};

/// The command of `reboot`.
pub static REBOOT_CMD: Enum = Enum {
    unknown: "LINUX_REBOOT_CMD_???",
    values: &[
        (0x0, "LINUX_REBOOT_CMD_CAD_OFF"),
        (0x0123_4567, "LINUX_REBOOT_CMD_RESTART"),
        (0x4321_fedc, "LINUX_REBOOT_CMD_POWER_OFF"),
        (0x4558_4543, "LINUX_REBOOT_CMD_KEXEC"),
        (0x89ab_cdef, "LINUX_REBOOT_CMD_CAD_ON"),
        (0xa1b2_c3d4, "LINUX_REBOOT_CMD_RESTART2"),
        (0xcdef_0123, "LINUX_REBOOT_CMD_HALT"),
        (0xd000_fce2, "LINUX_REBOOT_CMD_SW_SUSPEND"),
    ],
};

/// The action of `syslog`, shown as a comment behind the number.
pub static SYSLOG_ACTION: Enum = Enum {
    unknown: "SYSLOG_ACTION_???",
    values: &[
        (0, "SYSLOG_ACTION_CLOSE"),
        (1, "SYSLOG_ACTION_OPEN"),
        (2, "SYSLOG_ACTION_READ"),
        (3, "SYSLOG_ACTION_READ_ALL"),
        (4, "SYSLOG_ACTION_READ_CLEAR"),
        (5, "SYSLOG_ACTION_CLEAR"),
        (6, "SYSLOG_ACTION_CONSOLE_OFF"),
        (7, "SYSLOG_ACTION_CONSOLE_ON"),
        (8, "SYSLOG_ACTION_CONSOLE_LEVEL"),
        (9, "SYSLOG_ACTION_SIZE_UNREAD"),
        (10, "SYSLOG_ACTION_SIZE_BUFFER"),
    ],
};

/// The flags of `getrandom`.
pub static GETRANDOM_FLAGS: Flags = Flags {
    unknown: "GRND_???",
    zero: "",
    fields: &[],
    bits: &[(0x1, "GRND_NONBLOCK"), (0x2, "GRND_RANDOM"), (0x4, "GRND_INSECURE")],
};

/// The flags of `delete_module`.
pub static DELETE_MODULE_FLAGS: Flags =
    Flags { unknown: "O_???", zero: "", fields: &[], bits: &[(0x800, "O_NONBLOCK"), (0x200, "O_TRUNC")] };

/// The flags of `finit_module`.
pub static FINIT_MODULE_FLAGS: Flags = Flags {
    unknown: "MODULE_INIT_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "MODULE_INIT_IGNORE_MODVERSIONS"),
        (0x2, "MODULE_INIT_IGNORE_VERMAGIC"),
        (0x4, "MODULE_INIT_COMPRESSED_FILE"),
    ],
};

/// The flags of `kexec_load`: an architecture in the upper half and bits.
pub static KEXEC_FLAGS: Flags = Flags {
    unknown: "KEXEC_???",
    zero: "",
    fields: &[BitField {
        mask: 0xffff_0000,
        values: &[
            (0, "KEXEC_ARCH_DEFAULT"),
            (0x0003_0000, "KEXEC_ARCH_386"),
            (0x0004_0000, "KEXEC_ARCH_68K"),
            (0x0008_0000, "KEXEC_ARCH_MIPS"),
            (0x000a_0000, "KEXEC_ARCH_MIPS_LE"),
            (0x000f_0000, "KEXEC_ARCH_PARISC"),
            (0x0014_0000, "KEXEC_ARCH_PPC"),
            (0x0015_0000, "KEXEC_ARCH_PPC64"),
            (0x0016_0000, "KEXEC_ARCH_S390"),
            (0x0028_0000, "KEXEC_ARCH_ARM"),
            (0x002a_0000, "KEXEC_ARCH_SH"),
            (0x0032_0000, "KEXEC_ARCH_IA_64"),
            (0x003e_0000, "KEXEC_ARCH_X86_64"),
            (0x00b7_0000, "KEXEC_ARCH_AARCH64"),
            (0x00f3_0000, "KEXEC_ARCH_RISCV"),
            (0x0102_0000, "KEXEC_ARCH_LOONGARCH"),
        ],
    }],
    bits: &[
        (0x1, "KEXEC_ON_CRASH"),
        (0x2, "KEXEC_PRESERVE_CONTEXT"),
        (0x4, "KEXEC_UPDATE_ELFCOREHDR"),
        (0x8, "KEXEC_CRASH_HOTPLUG_SUPPORT"),
    ],
};

/// The flags of `kexec_file_load`.
pub static KEXEC_FILE_FLAGS: Flags = Flags {
    unknown: "KEXEC_FILE_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "KEXEC_FILE_UNLOAD"),
        (0x2, "KEXEC_FILE_ON_CRASH"),
        (0x4, "KEXEC_FILE_NO_INITRAMFS"),
        (0x8, "KEXEC_FILE_DEBUG"),
        (0x10, "KEXEC_FILE_NO_CMA"),
        (0x20, "KEXEC_FILE_FORCE_DTB"),
    ],
};

/// The flags of `swapon` above the priority in the low 15 bits.
pub static SWAPON_FLAGS: Flags = Flags {
    unknown: "SWAP_FLAG_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x8000, "SWAP_FLAG_PREFER"),
        (0x0001_0000, "SWAP_FLAG_DISCARD"),
        (0x0002_0000, "SWAP_FLAG_DISCARD_ONCE"),
        (0x0004_0000, "SWAP_FLAG_DISCARD_PAGES"),
    ],
};

/// The flags of `userfaultfd`.
pub static USERFAULTFD_FLAGS: Flags = Flags {
    unknown: "UFFD_???",
    zero: "",
    fields: &[],
    bits: &[(0x1, "UFFD_USER_MODE_ONLY"), (0x800, "O_NONBLOCK"), (0x0008_0000, "O_CLOEXEC")],
};

/// A security module.
pub static LSM_ID: Enum = Enum {
    unknown: "LSM_ID_???",
    values: &[
        (0, "LSM_ID_UNDEF"),
        (100, "LSM_ID_CAPABILITY"),
        (101, "LSM_ID_SELINUX"),
        (102, "LSM_ID_SMACK"),
        (103, "LSM_ID_TOMOYO"),
        (104, "LSM_ID_APPARMOR"),
        (105, "LSM_ID_YAMA"),
        (106, "LSM_ID_LOADPIN"),
        (107, "LSM_ID_SAFESETID"),
        (108, "LSM_ID_LOCKDOWN"),
        (109, "LSM_ID_BPF"),
        (110, "LSM_ID_LANDLOCK"),
        (111, "LSM_ID_IMA"),
        (112, "LSM_ID_EVM"),
        (113, "LSM_ID_IPE"),
    ],
};

/// The attribute of `lsm_get_self_attr` and `lsm_set_self_attr`.
pub static LSM_ATTR: Enum = Enum {
    unknown: "LSM_ATTR_???",
    values: &[
        (0, "LSM_ATTR_UNDEF"),
        (100, "LSM_ATTR_CURRENT"),
        (101, "LSM_ATTR_EXEC"),
        (102, "LSM_ATTR_FSCREATE"),
        (103, "LSM_ATTR_KEYCREATE"),
        (104, "LSM_ATTR_PREV"),
        (105, "LSM_ATTR_SOCKCREATE"),
    ],
};

/// The flags of `lsm_get_self_attr`.
pub static LSM_FLAGS: Flags =
    Flags { unknown: "LSM_FLAG_???", zero: "", fields: &[], bits: &[(0x1, "LSM_FLAG_SINGLE")] };

#[cfg(test)]
pub(crate) static ALL_ENUMS: &[&Enum] =
    &[&REBOOT_MAGIC1, &REBOOT_MAGIC2, &REBOOT_CMD, &SYSLOG_ACTION, &LSM_ID, &LSM_ATTR];
