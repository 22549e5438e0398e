//! Names of `prctl` and `arch_prctl`: options and the arguments of each.

use crate::names::{BitField, Enum, Flags};

/// The option of `prctl`.
pub static PRCTL_OPTION: Enum = Enum {
    unknown: "PR_???",
    values: &[
        (1, "PR_SET_PDEATHSIG"),
        (2, "PR_GET_PDEATHSIG"),
        (3, "PR_GET_DUMPABLE"),
        (4, "PR_SET_DUMPABLE"),
        (5, "PR_GET_UNALIGN"),
        (6, "PR_SET_UNALIGN"),
        (7, "PR_GET_KEEPCAPS"),
        (8, "PR_SET_KEEPCAPS"),
        (9, "PR_GET_FPEMU"),
        (10, "PR_SET_FPEMU"),
        (11, "PR_GET_FPEXC"),
        (12, "PR_SET_FPEXC"),
        (13, "PR_GET_TIMING"),
        (14, "PR_SET_TIMING"),
        (15, "PR_SET_NAME"),
        (16, "PR_GET_NAME"),
        (19, "PR_GET_ENDIAN"),
        (20, "PR_SET_ENDIAN"),
        (21, "PR_GET_SECCOMP"),
        (22, "PR_SET_SECCOMP"),
        (23, "PR_CAPBSET_READ"),
        (24, "PR_CAPBSET_DROP"),
        (25, "PR_GET_TSC"),
        (26, "PR_SET_TSC"),
        (27, "PR_GET_SECUREBITS"),
        (28, "PR_SET_SECUREBITS"),
        (29, "PR_SET_TIMERSLACK"),
        (30, "PR_GET_TIMERSLACK"),
        (31, "PR_TASK_PERF_EVENTS_DISABLE"),
        (32, "PR_TASK_PERF_EVENTS_ENABLE"),
        (33, "PR_MCE_KILL"),
        (34, "PR_MCE_KILL_GET"),
        (35, "PR_SET_MM"),
        (36, "PR_SET_CHILD_SUBREAPER"),
        (37, "PR_GET_CHILD_SUBREAPER"),
        (38, "PR_SET_NO_NEW_PRIVS"),
        (39, "PR_GET_NO_NEW_PRIVS"),
        (40, "PR_GET_TID_ADDRESS"),
        (41, "PR_SET_THP_DISABLE"),
        (42, "PR_GET_THP_DISABLE"),
        (43, "PR_MPX_ENABLE_MANAGEMENT"),
        (44, "PR_MPX_DISABLE_MANAGEMENT"),
        (45, "PR_SET_FP_MODE"),
        (46, "PR_GET_FP_MODE"),
        (47, "PR_CAP_AMBIENT"),
        (50, "PR_SVE_SET_VL"),
        (51, "PR_SVE_GET_VL"),
        (52, "PR_GET_SPECULATION_CTRL"),
        (53, "PR_SET_SPECULATION_CTRL"),
        (54, "PR_PAC_RESET_KEYS"),
        (55, "PR_SET_TAGGED_ADDR_CTRL"),
        (56, "PR_GET_TAGGED_ADDR_CTRL"),
        (57, "PR_SET_IO_FLUSHER"),
        (58, "PR_GET_IO_FLUSHER"),
        (59, "PR_SET_SYSCALL_USER_DISPATCH"),
        (60, "PR_PAC_SET_ENABLED_KEYS"),
        (61, "PR_PAC_GET_ENABLED_KEYS"),
        (62, "PR_SCHED_CORE"),
        (63, "PR_SME_SET_VL"),
        (64, "PR_SME_GET_VL"),
        (65, "PR_SET_MDWE"),
        (66, "PR_GET_MDWE"),
        (67, "PR_SET_MEMORY_MERGE"),
        (68, "PR_GET_MEMORY_MERGE"),
        (69, "PR_RISCV_V_SET_CONTROL"),
        (70, "PR_RISCV_V_GET_CONTROL"),
        (71, "PR_RISCV_SET_ICACHE_FLUSH_CTX"),
        (72, "PR_PPC_GET_DEXCR"),
        (73, "PR_PPC_SET_DEXCR"),
        (74, "PR_GET_SHADOW_STACK_STATUS"),
        (75, "PR_SET_SHADOW_STACK_STATUS"),
        (76, "PR_LOCK_SHADOW_STACK_STATUS"),
        (77, "PR_TIMER_CREATE_RESTORE_IDS"),
        (78, "PR_FUTEX_HASH"),
        (0x4155_5856, "PR_GET_AUXV"),
        (0x5356_4d41, "PR_SET_VMA"),
        (0x5961_6d61, "PR_SET_PTRACER"),
    ],
};

/// The state of `PR_SET_DUMPABLE`.
pub static PR_DUMPABLE: Enum = Enum {
    unknown: "SUID_DUMP_???",
    values: &[(0, "SUID_DUMP_DISABLE"), (1, "SUID_DUMP_USER"), (2, "SUID_DUMP_ROOT")],
};

/// The bits of `PR_SET_UNALIGN`.
pub static PR_UNALIGN: Flags = Flags {
    unknown: "PR_UNALIGN_???",
    zero: "",
    fields: &[],
    bits: &[(0x1, "PR_UNALIGN_NOPRINT"), (0x2, "PR_UNALIGN_SIGBUS")],
};

/// The state of `PR_SET_TSC`.
pub static PR_TSC: Enum =
    Enum { unknown: "PR_TSC_???", values: &[(1, "PR_TSC_ENABLE"), (2, "PR_TSC_SIGSEGV")] };

/// The bits of `PR_SET_SECUREBITS`.
pub static PR_SECUREBITS: Flags = Flags {
    unknown: "SECBIT_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "SECBIT_NOROOT"),
        (0x2, "SECBIT_NOROOT_LOCKED"),
        (0x4, "SECBIT_NO_SETUID_FIXUP"),
        (0x8, "SECBIT_NO_SETUID_FIXUP_LOCKED"),
        (0x10, "SECBIT_KEEP_CAPS"),
        (0x20, "SECBIT_KEEP_CAPS_LOCKED"),
        (0x40, "SECBIT_NO_CAP_AMBIENT_RAISE"),
        (0x80, "SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED"),
    ],
};

/// The operation of `PR_MCE_KILL`.
pub static PR_MCE_KILL: Enum =
    Enum { unknown: "PR_MCE_KILL_???", values: &[(0, "PR_MCE_KILL_CLEAR"), (1, "PR_MCE_KILL_SET")] };

/// The policy of `PR_MCE_KILL_SET`.
pub static PR_MCE_KILL_POLICY: Enum = Enum {
    unknown: "PR_MCE_KILL_???",
    values: &[(0, "PR_MCE_KILL_LATE"), (1, "PR_MCE_KILL_EARLY"), (2, "PR_MCE_KILL_DEFAULT")],
};

/// The field of `PR_SET_MM`.
pub static PR_SET_MM: Enum = Enum {
    unknown: "PR_SET_MM_???",
    values: &[
        (1, "PR_SET_MM_START_CODE"),
        (2, "PR_SET_MM_END_CODE"),
        (3, "PR_SET_MM_START_DATA"),
        (4, "PR_SET_MM_END_DATA"),
        (5, "PR_SET_MM_START_STACK"),
        (6, "PR_SET_MM_START_BRK"),
        (7, "PR_SET_MM_BRK"),
        (8, "PR_SET_MM_ARG_START"),
        (9, "PR_SET_MM_ARG_END"),
        (10, "PR_SET_MM_ENV_START"),
        (11, "PR_SET_MM_ENV_END"),
        (12, "PR_SET_MM_AUXV"),
        (13, "PR_SET_MM_EXE_FILE"),
        (14, "PR_SET_MM_MAP"),
        (15, "PR_SET_MM_MAP_SIZE"),
    ],
};

/// The flags of `PR_SET_THP_DISABLE`.
pub static PR_THP_DISABLE: Flags =
    Flags { unknown: "PR_THP_???", zero: "", fields: &[], bits: &[(0x2, "PR_THP_DISABLE_EXCEPT_ADVISED")] };

/// The bits of `PR_SET_FP_MODE`.
pub static PR_FP_MODE: Flags = Flags {
    unknown: "PR_FP_MODE_???",
    zero: "",
    fields: &[],
    bits: &[(0x1, "PR_FP_MODE_FR"), (0x2, "PR_FP_MODE_FRE")],
};

/// The operation of `PR_CAP_AMBIENT`.
pub static PR_CAP_AMBIENT: Enum = Enum {
    unknown: "PR_CAP_AMBIENT_???",
    values: &[
        (1, "PR_CAP_AMBIENT_IS_SET"),
        (2, "PR_CAP_AMBIENT_RAISE"),
        (3, "PR_CAP_AMBIENT_LOWER"),
        (4, "PR_CAP_AMBIENT_CLEAR_ALL"),
    ],
};

/// The flags of `PR_SVE_SET_VL` above the vector length.
pub static PR_SVE_VL: Flags = Flags {
    unknown: "PR_SVE_???",
    zero: "",
    fields: &[],
    bits: &[(0x0004_0000, "PR_SVE_SET_VL_ONEXEC"), (0x0002_0000, "PR_SVE_VL_INHERIT")],
};

/// The flags of `PR_SME_SET_VL` above the vector length.
pub static PR_SME_VL: Flags = Flags {
    unknown: "PR_SME_???",
    zero: "",
    fields: &[],
    bits: &[(0x0004_0000, "PR_SME_SET_VL_ONEXEC"), (0x0002_0000, "PR_SME_VL_INHERIT")],
};

/// The misfeature of `PR_GET_SPECULATION_CTRL` and `PR_SET_SPECULATION_CTRL`.
pub static PR_SPEC: Enum = Enum {
    unknown: "PR_SPEC_???",
    values: &[(0, "PR_SPEC_STORE_BYPASS"), (1, "PR_SPEC_INDIRECT_BRANCH"), (2, "PR_SPEC_L1D_FLUSH")],
};

/// The control of `PR_SET_SPECULATION_CTRL`.
pub static PR_SPEC_CONTROL: Enum = Enum {
    unknown: "PR_SPEC_???",
    values: &[
        (0x2, "PR_SPEC_ENABLE"),
        (0x4, "PR_SPEC_DISABLE"),
        (0x8, "PR_SPEC_FORCE_DISABLE"),
        (0x10, "PR_SPEC_DISABLE_NOEXEC"),
    ],
};

/// The result of `PR_GET_SPECULATION_CTRL`.
pub static PR_SPEC_STATE: Flags = Flags {
    unknown: "PR_SPEC_???",
    zero: "PR_SPEC_NOT_AFFECTED",
    fields: &[],
    bits: &[
        (0x1, "PR_SPEC_PRCTL"),
        (0x2, "PR_SPEC_ENABLE"),
        (0x4, "PR_SPEC_DISABLE"),
        (0x8, "PR_SPEC_FORCE_DISABLE"),
        (0x10, "PR_SPEC_DISABLE_NOEXEC"),
    ],
};

/// The keys of `PR_PAC_RESET_KEYS`.
pub static PR_PAC_KEYS: Flags = Flags {
    unknown: "PR_PAC_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "PR_PAC_APIAKEY"),
        (0x2, "PR_PAC_APIBKEY"),
        (0x4, "PR_PAC_APDAKEY"),
        (0x8, "PR_PAC_APDBKEY"),
        (0x10, "PR_PAC_APGAKEY"),
    ],
};

/// The keys of `PR_PAC_SET_ENABLED_KEYS`.
pub static PR_PAC_ENABLED_KEYS: Flags = Flags {
    unknown: "PR_PAC_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "PR_PAC_APIAKEY"),
        (0x2, "PR_PAC_APIBKEY"),
        (0x4, "PR_PAC_APDAKEY"),
        (0x8, "PR_PAC_APDBKEY"),
    ],
};

/// The word of `PR_SET_TAGGED_ADDR_CTRL`; a tag mask stands in the 16 bits from 3 up.
pub static PR_TAGGED_ADDR: Flags = Flags {
    unknown: "PR_TAGGED_ADDR_???",
    zero: "",
    fields: &[
        BitField { mask: 0x1, values: &[(0, "!PR_TAGGED_ADDR_ENABLE"), (1, "PR_TAGGED_ADDR_ENABLE")] },
        BitField {
            mask: 0x6,
            values: &[
                (0, "PR_MTE_TCF_NONE"),
                (2, "PR_MTE_TCF_SYNC"),
                (4, "PR_MTE_TCF_ASYNC"),
                (6, "PR_MTE_TCF_MASK"),
            ],
        },
    ],
    bits: &[(0x0008_0000, "PR_MTE_STORE_ONLY")],
};

/// The state of `PR_SET_SYSCALL_USER_DISPATCH`.
pub static PR_SYS_DISPATCH: Enum = Enum {
    unknown: "PR_SYS_DISPATCH_???",
    values: &[(0, "PR_SYS_DISPATCH_OFF"), (1, "PR_SYS_DISPATCH_ON"), (2, "PR_SYS_DISPATCH_INCLUSIVE_ON")],
};

/// The operation of `PR_SCHED_CORE`.
pub static PR_SCHED_CORE: Enum = Enum {
    unknown: "PR_SCHED_CORE_???",
    values: &[
        (0, "PR_SCHED_CORE_GET"),
        (1, "PR_SCHED_CORE_CREATE"),
        (2, "PR_SCHED_CORE_SHARE_TO"),
        (3, "PR_SCHED_CORE_SHARE_FROM"),
    ],
};

/// The scope of `PR_SCHED_CORE`, shown as a comment behind the number.
pub static PR_SCHED_CORE_SCOPE: Enum = Enum {
    unknown: "PIDTYPE_???",
    values: &[(0, "PIDTYPE_PID"), (1, "PIDTYPE_TGID"), (2, "PIDTYPE_PGID"), (3, "PIDTYPE_SID")],
};

/// The bits of `PR_SET_MDWE`.
pub static PR_MDWE: Flags = Flags {
    unknown: "PR_MDWE_???",
    zero: "",
    fields: &[],
    bits: &[(0x1, "PR_MDWE_REFUSE_EXEC_GAIN"), (0x2, "PR_MDWE_NO_INHERIT")],
};

/// The bits of `PR_SET_SHADOW_STACK_STATUS`.
pub static PR_SHADOW_STACK: Flags = Flags {
    unknown: "PR_SHADOW_STACK_???",
    zero: "",
    fields: &[],
    bits: &[(0x1, "PR_SHADOW_STACK_ENABLE"), (0x2, "PR_SHADOW_STACK_WRITE"), (0x4, "PR_SHADOW_STACK_PUSH")],
};

/// The operation of `PR_TIMER_CREATE_RESTORE_IDS`.
pub static PR_TIMER_CREATE_RESTORE_IDS: Enum = Enum {
    unknown: "PR_TIMER_CREATE_RESTORE_IDS_???",
    values: &[
        (0, "PR_TIMER_CREATE_RESTORE_IDS_OFF"),
        (1, "PR_TIMER_CREATE_RESTORE_IDS_ON"),
        (2, "PR_TIMER_CREATE_RESTORE_IDS_GET"),
    ],
};

/// The operation of `PR_FUTEX_HASH`.
pub static PR_FUTEX_HASH: Enum = Enum {
    unknown: "PR_FUTEX_HASH_???",
    values: &[(1, "PR_FUTEX_HASH_SET_SLOTS"), (2, "PR_FUTEX_HASH_GET_SLOTS")],
};

/// The attribute of `PR_SET_VMA`.
pub static PR_SET_VMA: Enum = Enum { unknown: "PR_SET_VMA_???", values: &[(0, "PR_SET_VMA_ANON_NAME")] };

/// The one tracer of `PR_SET_PTRACER` that is not a process id.
pub static PR_SET_PTRACER: Enum =
    Enum { unknown: "PR_SET_PTRACER_???", values: &[(0xffff_ffff_ffff_ffff, "PR_SET_PTRACER_ANY")] };

/// The code of `arch_prctl`.
pub static ARCH_PRCTL_CODE: Enum = Enum {
    unknown: "ARCH_???",
    values: &[
        (0x1001, "ARCH_SET_GS"),
        (0x1002, "ARCH_SET_FS"),
        (0x1003, "ARCH_GET_FS"),
        (0x1004, "ARCH_GET_GS"),
        (0x1011, "ARCH_GET_CPUID"),
        (0x1012, "ARCH_SET_CPUID"),
        (0x1021, "ARCH_GET_XCOMP_SUPP"),
        (0x1022, "ARCH_GET_XCOMP_PERM"),
        (0x1023, "ARCH_REQ_XCOMP_PERM"),
        (0x1024, "ARCH_GET_XCOMP_GUEST_PERM"),
        (0x1025, "ARCH_REQ_XCOMP_GUEST_PERM"),
        (0x2001, "ARCH_MAP_VDSO_X32"),
        (0x2002, "ARCH_MAP_VDSO_32"),
        (0x2003, "ARCH_MAP_VDSO_64"),
        (0x4001, "ARCH_GET_UNTAG_MASK"),
        (0x4002, "ARCH_ENABLE_TAGGED_ADDR"),
        (0x4003, "ARCH_GET_MAX_TAG_BITS"),
        (0x4004, "ARCH_FORCE_TAGGED_SVA"),
        (0x5001, "ARCH_SHSTK_ENABLE"),
        (0x5002, "ARCH_SHSTK_DISABLE"),
        (0x5003, "ARCH_SHSTK_LOCK"),
        (0x5004, "ARCH_SHSTK_UNLOCK"),
        (0x5005, "ARCH_SHSTK_STATUS"),
    ],
};

/// The features of `ARCH_SHSTK_ENABLE` and its kin.
pub static ARCH_SHSTK_FEATURES: Flags = Flags {
    unknown: "ARCH_SHSTK_???",
    zero: "",
    fields: &[],
    bits: &[(0x1, "ARCH_SHSTK_SHSTK"), (0x2, "ARCH_SHSTK_WRSS")],
};

#[cfg(test)]
pub(crate) static ALL_ENUMS: &[&Enum] = &[
    &PRCTL_OPTION,
    &PR_DUMPABLE,
    &PR_TSC,
    &PR_MCE_KILL,
    &PR_MCE_KILL_POLICY,
    &PR_SET_MM,
    &PR_CAP_AMBIENT,
    &PR_SPEC,
    &PR_SPEC_CONTROL,
    &PR_SYS_DISPATCH,
    &PR_SCHED_CORE,
    &PR_SCHED_CORE_SCOPE,
    &PR_TIMER_CREATE_RESTORE_IDS,
    &PR_FUTEX_HASH,
    &PR_SET_VMA,
    &PR_SET_PTRACER,
    &ARCH_PRCTL_CODE,
];
