//! Names of the futex calls.

use crate::names::{BitField, Enum, Flags};

/// The operation of `futex` without its flags.
pub static FUTEX_OP: Enum = Enum {
    unknown: "FUTEX_???",
    values: &[
        (0, "FUTEX_WAIT"),
        (1, "FUTEX_WAKE"),
        (2, "FUTEX_FD"),
        (3, "FUTEX_REQUEUE"),
        (4, "FUTEX_CMP_REQUEUE"),
        (5, "FUTEX_WAKE_OP"),
        (6, "FUTEX_LOCK_PI"),
        (7, "FUTEX_UNLOCK_PI"),
        (8, "FUTEX_TRYLOCK_PI"),
        (9, "FUTEX_WAIT_BITSET"),
        (10, "FUTEX_WAKE_BITSET"),
        (11, "FUTEX_WAIT_REQUEUE_PI"),
        (12, "FUTEX_CMP_REQUEUE_PI"),
        (13, "FUTEX_LOCK_PI2"),
    ],
};

/// The same for a word that has `FUTEX_PRIVATE_FLAG`, which joins the name of the operation.
pub static FUTEX_OP_PRIVATE: Enum = Enum {
    unknown: "FUTEX_???",
    values: &[
        (0, "FUTEX_WAIT_PRIVATE"),
        (1, "FUTEX_WAKE_PRIVATE"),
        (2, "FUTEX_FD|FUTEX_PRIVATE_FLAG"),
        (3, "FUTEX_REQUEUE_PRIVATE"),
        (4, "FUTEX_CMP_REQUEUE_PRIVATE"),
        (5, "FUTEX_WAKE_OP_PRIVATE"),
        (6, "FUTEX_LOCK_PI_PRIVATE"),
        (7, "FUTEX_UNLOCK_PI_PRIVATE"),
        (8, "FUTEX_TRYLOCK_PI_PRIVATE"),
        (9, "FUTEX_WAIT_BITSET_PRIVATE"),
        (10, "FUTEX_WAKE_BITSET_PRIVATE"),
        (11, "FUTEX_WAIT_REQUEUE_PI_PRIVATE"),
        (12, "FUTEX_CMP_REQUEUE_PI_PRIVATE"),
        (13, "FUTEX_LOCK_PI2_PRIVATE"),
    ],
};

/// The flags of the operation of `futex`.
pub static FUTEX_OP_FLAGS: Flags = Flags {
    unknown: "FUTEX_???",
    zero: "",
    fields: &[],
    bits: &[(0x80, "FUTEX_PRIVATE_FLAG"), (0x100, "FUTEX_CLOCK_REALTIME")],
};

/// The flags of `struct futex_waitv`.
pub static FUTEX_WAITV_FLAGS: Flags = Flags {
    unknown: "FUTEX_???",
    zero: "",
    fields: &[],
    bits: &[(0x2, "FUTEX_32"), (0x80, "FUTEX_PRIVATE_FLAG")],
};

/// The flags of `futex_wake`, `futex_wait` and `futex_requeue`.
pub static FUTEX2_FLAGS: Flags = Flags {
    unknown: "FUTEX2_???",
    zero: "",
    fields: &[BitField {
        mask: 0x3,
        values: &[
            (0, "FUTEX2_SIZE_U8"),
            (1, "FUTEX2_SIZE_U16"),
            (2, "FUTEX2_SIZE_U32"),
            (3, "FUTEX2_SIZE_U64"),
        ],
    }],
    bits: &[(0x4, "FUTEX2_NUMA"), (0x8, "FUTEX2_MPOL"), (0x80, "FUTEX2_PRIVATE")],
};

/// The operation of `FUTEX_WAKE_OP`: bits 28 to 30 of its last argument.
pub static FUTEX_WAKE_OP_OP: Enum = Enum {
    unknown: "FUTEX_OP_???",
    values: &[
        (0, "FUTEX_OP_SET"),
        (1, "FUTEX_OP_ADD"),
        (2, "FUTEX_OP_OR"),
        (3, "FUTEX_OP_ANDN"),
        (4, "FUTEX_OP_XOR"),
    ],
};

/// The bit over the operation of `FUTEX_WAKE_OP`, of the four bits from 28 up.
pub static FUTEX_WAKE_OP_SHIFT: Flags =
    Flags { unknown: "FUTEX_OP_???", zero: "", fields: &[], bits: &[(0x8, "FUTEX_OP_OPARG_SHIFT")] };

/// The comparison of `FUTEX_WAKE_OP`: bits 24 to 27 of its last argument.
pub static FUTEX_WAKE_OP_CMP: Enum = Enum {
    unknown: "FUTEX_OP_CMP_???",
    values: &[
        (0, "FUTEX_OP_CMP_EQ"),
        (1, "FUTEX_OP_CMP_NE"),
        (2, "FUTEX_OP_CMP_LT"),
        (3, "FUTEX_OP_CMP_LE"),
        (4, "FUTEX_OP_CMP_GT"),
        (5, "FUTEX_OP_CMP_GE"),
    ],
};

/// The bits over the thread id in the word of a robust or priority-inheriting futex.
pub static ROBUST_FUTEX_WORD: Flags = Flags {
    unknown: "FUTEX_???",
    zero: "",
    fields: &[],
    bits: &[(0x8000_0000, "FUTEX_WAITERS"), (0x4000_0000, "FUTEX_OWNER_DIED")],
};

#[cfg(test)]
pub(crate) static ALL_ENUMS: &[&Enum] =
    &[&FUTEX_OP, &FUTEX_OP_PRIVATE, &FUTEX_WAKE_OP_OP, &FUTEX_WAKE_OP_CMP];
