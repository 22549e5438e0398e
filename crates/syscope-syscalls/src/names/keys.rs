//! Names of the key-management calls.

use crate::names::{Enum, Flags};

/// The operation of `keyctl`.
pub static KEYCTL_CMD: Enum = Enum {
    unknown: "KEYCTL_???",
    values: &[
        (0, "KEYCTL_GET_KEYRING_ID"),
        (1, "KEYCTL_JOIN_SESSION_KEYRING"),
        (2, "KEYCTL_UPDATE"),
        (3, "KEYCTL_REVOKE"),
        (4, "KEYCTL_CHOWN"),
        (5, "KEYCTL_SETPERM"),
        (6, "KEYCTL_DESCRIBE"),
        (7, "KEYCTL_CLEAR"),
        (8, "KEYCTL_LINK"),
        (9, "KEYCTL_UNLINK"),
        (10, "KEYCTL_SEARCH"),
        (11, "KEYCTL_READ"),
        (12, "KEYCTL_INSTANTIATE"),
        (13, "KEYCTL_NEGATE"),
        (14, "KEYCTL_SET_REQKEY_KEYRING"),
        (15, "KEYCTL_SET_TIMEOUT"),
        (16, "KEYCTL_ASSUME_AUTHORITY"),
        (17, "KEYCTL_GET_SECURITY"),
        (18, "KEYCTL_SESSION_TO_PARENT"),
        (19, "KEYCTL_REJECT"),
        (20, "KEYCTL_INSTANTIATE_IOV"),
        (21, "KEYCTL_INVALIDATE"),
        (22, "KEYCTL_GET_PERSISTENT"),
        (23, "KEYCTL_DH_COMPUTE"),
        (24, "KEYCTL_PKEY_QUERY"),
        (25, "KEYCTL_PKEY_ENCRYPT"),
        (26, "KEYCTL_PKEY_DECRYPT"),
        (27, "KEYCTL_PKEY_SIGN"),
        (28, "KEYCTL_PKEY_VERIFY"),
        (29, "KEYCTL_RESTRICT_KEYRING"),
        (30, "KEYCTL_MOVE"),
        (31, "KEYCTL_CAPABILITIES"),
        (32, "KEYCTL_WATCH_KEY"),
    ],
};

/// The key ids with a meaning of their own, as words of 32 bits; any other is a plain number.
pub static KEY_SPEC: Enum = Enum {
    unknown: "KEY_SPEC_???",
    values: &[
        (0xffff_fff8, "KEY_SPEC_REQUESTOR_KEYRING"),
        (0xffff_fff9, "KEY_SPEC_REQKEY_AUTH_KEY"),
        (0xffff_fffa, "KEY_SPEC_GROUP_KEYRING"),
        (0xffff_fffb, "KEY_SPEC_USER_SESSION_KEYRING"),
        (0xffff_fffc, "KEY_SPEC_USER_KEYRING"),
        (0xffff_fffd, "KEY_SPEC_SESSION_KEYRING"),
        (0xffff_fffe, "KEY_SPEC_PROCESS_KEYRING"),
        (0xffff_ffff, "KEY_SPEC_THREAD_KEYRING"),
    ],
};

/// The permissions of `KEYCTL_SETPERM`.
pub static KEY_PERM: Flags = Flags {
    unknown: "KEY_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x0100_0000, "KEY_POS_VIEW"),
        (0x0200_0000, "KEY_POS_READ"),
        (0x0400_0000, "KEY_POS_WRITE"),
        (0x0800_0000, "KEY_POS_SEARCH"),
        (0x1000_0000, "KEY_POS_LINK"),
        (0x2000_0000, "KEY_POS_SETATTR"),
        (0x0001_0000, "KEY_USR_VIEW"),
        (0x0002_0000, "KEY_USR_READ"),
        (0x0004_0000, "KEY_USR_WRITE"),
        (0x0008_0000, "KEY_USR_SEARCH"),
        (0x0010_0000, "KEY_USR_LINK"),
        (0x0020_0000, "KEY_USR_SETATTR"),
        (0x100, "KEY_GRP_VIEW"),
        (0x200, "KEY_GRP_READ"),
        (0x400, "KEY_GRP_WRITE"),
        (0x800, "KEY_GRP_SEARCH"),
        (0x1000, "KEY_GRP_LINK"),
        (0x2000, "KEY_GRP_SETATTR"),
        (0x1, "KEY_OTH_VIEW"),
        (0x2, "KEY_OTH_READ"),
        (0x4, "KEY_OTH_WRITE"),
        (0x8, "KEY_OTH_SEARCH"),
        (0x10, "KEY_OTH_LINK"),
        (0x20, "KEY_OTH_SETATTR"),
    ],
};

/// The destination of `KEYCTL_SET_REQKEY_KEYRING`, as a word of 32 bits.
pub static KEY_REQKEY_DEFL: Enum = Enum {
    unknown: "KEY_REQKEY_DEFL_???",
    values: &[
        (0, "KEY_REQKEY_DEFL_DEFAULT"),
        (1, "KEY_REQKEY_DEFL_THREAD_KEYRING"),
        (2, "KEY_REQKEY_DEFL_PROCESS_KEYRING"),
        (3, "KEY_REQKEY_DEFL_SESSION_KEYRING"),
        (4, "KEY_REQKEY_DEFL_USER_KEYRING"),
        (5, "KEY_REQKEY_DEFL_USER_SESSION_KEYRING"),
        (6, "KEY_REQKEY_DEFL_GROUP_KEYRING"),
        (7, "KEY_REQKEY_DEFL_REQUESTOR_KEYRING"),
        (0xffff_ffff, "KEY_REQKEY_DEFL_NO_CHANGE"),
    ],
};

/// The flags of `KEYCTL_MOVE`.
pub static KEYCTL_MOVE_FLAGS: Flags =
    Flags { unknown: "KEYCTL_MOVE_???", zero: "", fields: &[], bits: &[(0x1, "KEYCTL_MOVE_EXCL")] };

/// The operations `KEYCTL_PKEY_QUERY` reports.
pub static KEYCTL_PKEY_OPS: Flags = Flags {
    unknown: "KEYCTL_SUPPORTS_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "KEYCTL_SUPPORTS_ENCRYPT"),
        (0x2, "KEYCTL_SUPPORTS_DECRYPT"),
        (0x4, "KEYCTL_SUPPORTS_SIGN"),
        (0x8, "KEYCTL_SUPPORTS_VERIFY"),
    ],
};

/// The first byte of `KEYCTL_CAPABILITIES`.
pub static KEYCTL_CAPS0: Flags = Flags {
    unknown: "KEYCTL_CAPS0_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "KEYCTL_CAPS0_CAPABILITIES"),
        (0x2, "KEYCTL_CAPS0_PERSISTENT_KEYRINGS"),
        (0x4, "KEYCTL_CAPS0_DIFFIE_HELLMAN"),
        (0x8, "KEYCTL_CAPS0_PUBLIC_KEY"),
        (0x10, "KEYCTL_CAPS0_BIG_KEY"),
        (0x20, "KEYCTL_CAPS0_INVALIDATE"),
        (0x40, "KEYCTL_CAPS0_RESTRICT_KEYRING"),
        (0x80, "KEYCTL_CAPS0_MOVE"),
    ],
};

/// The second byte of `KEYCTL_CAPABILITIES`.
pub static KEYCTL_CAPS1: Flags = Flags {
    unknown: "KEYCTL_CAPS1_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "KEYCTL_CAPS1_NS_KEYRING_NAME"),
        (0x2, "KEYCTL_CAPS1_NS_KEY_TAG"),
        (0x4, "KEYCTL_CAPS1_NOTIFICATIONS"),
    ],
};

#[cfg(test)]
pub(crate) static ALL_ENUMS: &[&Enum] = &[&KEYCTL_CMD, &KEY_SPEC, &KEY_REQKEY_DEFL];
