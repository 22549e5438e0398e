//! Specifications: modules, kexec, accounting, and the machine as a whole.

use crate::Call;
use crate::capture::{Op, Operand};
use crate::layout::{Item, Prim};
use crate::names::system::{
    DELETE_MODULE_FLAGS, FINIT_MODULE_FLAGS, KEXEC_FILE_FLAGS, LSM_ATTR, LSM_FLAGS, LSM_ID, REBOOT_CMD,
    REBOOT_MAGIC1, REBOOT_MAGIC2,
};
use crate::structs::system::{
    KEXEC_FLAG_WORD, KEXEC_SEGMENTS, LSM_CONTEXT, LSM_CONTEXTS, NEW_UTSNAME, PERSONA, PERSONA_RET,
    SYSCTL_ARGS, SYSINFO, SYSLOG_LEN, SYSLOG_TYPE,
};
use crate::syscall::{Arg, Custom, Len, Ret, Syscall, Ty, a, call};
use crate::taxonomy::{Group, Sets};

/// Whether `reboot` takes a string.
fn restarts_with_command(call: &Call<'_>) -> bool {
    const RESTART2: u32 = 0xa1b2_c3d4;
    call.args[2] as u32 == RESTART2
}

/// Whether the action of `syslog` takes more than its number.
fn log_has_buffer(call: &Call<'_>) -> bool {
    !matches!(call.args[0] as u32, 0 | 1 | 5 | 6 | 7 | 9 | 10)
}

/// Whether the action of `syslog` fills the buffer.
fn log_fills_buffer(call: &Call<'_>) -> bool {
    matches!(call.args[0] as u32, 2..=4)
}

/// The buffer of `syslog`: what was read, or an address that nobody looks at.
static LOG_BUFFER: Custom = Custom {
    capture: |_| vec![Op::array(Operand::Arg(1), Operand::Ret, 1, 0).if_ok()],
    print: |cx, arg| {
        let value = cx.arg(arg);
        if log_fills_buffer(cx.call) && cx.call.ok() {
            cx.argument(arg, Ty::Bytes(Len::Ret));
        } else {
            cx.out.address(value);
        }
    },
};

static COUNT: Item = Item::Scalar(Prim::U32, Ty::UInt);
static MODULE_IDS: Item = Item::Scalar(Prim::U64, Ty::Enum(&LSM_ID));

/// Arguments of a call without a meaning: raw words.
static WORDS: &[Arg] = &[
    a("arg1", "unsigned long", Ty::Hex),
    a("arg2", "unsigned long", Ty::Hex),
    a("arg3", "unsigned long", Ty::Hex),
    a("arg4", "unsigned long", Ty::Hex),
    a("arg5", "unsigned long", Ty::Hex),
];
static THREE_WORDS: &[Arg] = &[
    a("arg1", "unsigned long", Ty::Hex),
    a("arg2", "unsigned long", Ty::Hex),
    a("arg3", "unsigned long", Ty::Hex),
];

/// The calls of this topic.
pub static CALLS: &[Syscall] = &[
    call(
        "init_module",
        Group::Kernel,
        Sets::NONE,
        Ret::Int,
        &[
            a("module_image", "void *", Ty::Addr),
            a("size", "unsigned long", Ty::ULong),
            a("param_values", "const char *", Ty::Str),
        ],
    ),
    call(
        "finit_module",
        Group::Kernel,
        Sets::DESC,
        Ret::Int,
        &[
            a("fd", "int", Ty::Fd),
            a("param_values", "const char *", Ty::Str),
            a("flags", "int", Ty::Flags(&FINIT_MODULE_FLAGS)),
        ],
    ),
    call(
        "delete_module",
        Group::Kernel,
        Sets::NONE,
        Ret::Int,
        &[a("name", "const char *", Ty::Str), a("flags", "unsigned int", Ty::Flags(&DELETE_MODULE_FLAGS))],
    ),
    // Removed with Linux 2.6.
    call(
        "create_module",
        Group::Kernel,
        Sets::NONE,
        Ret::Int,
        &[a("name", "const char *", Ty::Hex), a("size", "size_t", Ty::Hex)],
    ),
    call(
        "get_kernel_syms",
        Group::Kernel,
        Sets::NONE,
        Ret::Int,
        &[a("table", "struct kernel_sym *", Ty::Hex)],
    ),
    call(
        "query_module",
        Group::Kernel,
        Sets::NONE,
        Ret::Int,
        &[
            a("name", "const char *", Ty::Hex),
            a("which", "int", Ty::Hex),
            a("buf", "void *", Ty::Hex),
            a("bufsize", "size_t", Ty::Hex),
            a("ret", "size_t *", Ty::Hex),
        ],
    ),
    call("acct", Group::Accounting, Sets::FILE, Ret::Int, &[a("filename", "const char *", Ty::Path)]),
    call(
        "_sysctl",
        Group::MiscellaneousSystem,
        Sets::NONE,
        Ret::Int,
        &[a("args", "struct __sysctl_args *", Ty::Struct(&SYSCTL_ARGS))],
    ),
    call(
        "syslog",
        Group::MiscellaneousSystem,
        Sets::NONE,
        Ret::Int,
        &[
            a("type", "int", Ty::Custom(&SYSLOG_TYPE)),
            a("bufp", "char *", Ty::When(log_has_buffer, &Ty::Custom(&LOG_BUFFER))),
            a("len", "int", Ty::When(log_has_buffer, &Ty::Custom(&SYSLOG_LEN))),
        ],
    ),
    call(
        "ioperm",
        Group::MiscellaneousSystem,
        Sets::NONE,
        Ret::Int,
        &[
            a("from", "unsigned long", Ty::Hex),
            a("num", "unsigned long", Ty::Hex),
            a("turn_on", "int", Ty::Int),
        ],
    ),
    call("iopl", Group::MiscellaneousSystem, Sets::NONE, Ret::Int, &[a("level", "unsigned int", Ty::Int)]),
    call(
        "personality",
        Group::MiscellaneousSystem,
        Sets::NONE,
        Ret::Custom(&PERSONA_RET),
        &[a("persona", "unsigned int", Ty::Custom(&PERSONA))],
    ),
    call("vhangup", Group::MiscellaneousSystem, Sets::NONE, Ret::Int, &[]),
    call(
        "reboot",
        Group::MiscellaneousSystem,
        Sets::NONE,
        Ret::Int,
        &[
            a("magic", "int", Ty::Enum(&REBOOT_MAGIC1)),
            a("magic2", "int", Ty::Enum(&REBOOT_MAGIC2)),
            a("op", "unsigned int", Ty::Enum(&REBOOT_CMD)),
            a("arg", "void *", Ty::When(restarts_with_command, &Ty::Str)),
        ],
    ),
    call(
        "kexec_load",
        Group::MiscellaneousSystem,
        Sets::NONE,
        Ret::Int,
        &[
            a("entry", "unsigned long", Ty::Addr),
            a("nr_segments", "unsigned long", Ty::ULong),
            a("segments", "struct kexec_segment *", Ty::Custom(&KEXEC_SEGMENTS)),
            a("flags", "unsigned long", Ty::Custom(&KEXEC_FLAG_WORD)),
        ],
    ),
    call(
        "kexec_file_load",
        Group::MiscellaneousSystem,
        Sets::DESC,
        Ret::Int,
        &[
            a("kernel_fd", "int", Ty::Fd),
            a("initrd_fd", "int", Ty::Fd),
            a("cmdline_len", "unsigned long", Ty::ULong),
            a("cmdline", "const char *", Ty::Bytes(Len::Arg(2))),
            a("flags", "unsigned long", Ty::Flags(&KEXEC_FILE_FLAGS)),
        ],
    ),
    call(
        "uname",
        Group::MiscellaneousSystem,
        Sets::NONE,
        Ret::Int,
        &[a("buf", "struct new_utsname *", Ty::Out(&Ty::Struct(&NEW_UTSNAME)))],
    ),
    call(
        "sysinfo",
        Group::MiscellaneousSystem,
        Sets::NONE,
        Ret::Int,
        &[a("info", "struct sysinfo *", Ty::Out(&Ty::Struct(&SYSINFO)))],
    ),
    call(
        "lsm_get_self_attr",
        Group::Security,
        Sets::NONE,
        Ret::Int,
        &[
            a("attr", "unsigned int", Ty::Enum(&LSM_ATTR)),
            a("ctx", "struct lsm_ctx *", Ty::Custom(&LSM_CONTEXTS)),
            a("size", "u32 *", Ty::Ref(&COUNT)),
            a("flags", "u32", Ty::Flags(&LSM_FLAGS)),
        ],
    ),
    call(
        "lsm_set_self_attr",
        Group::Security,
        Sets::NONE,
        Ret::Int,
        &[
            a("attr", "unsigned int", Ty::Enum(&LSM_ATTR)),
            a("ctx", "struct lsm_ctx *", Ty::Custom(&LSM_CONTEXT)),
            a("size", "u32", Ty::UInt),
            a("flags", "u32", Ty::Flags(&LSM_FLAGS)),
        ],
    ),
    call(
        "lsm_list_modules",
        Group::Security,
        Sets::NONE,
        Ret::Int,
        &[
            a("ids", "u64 *", Ty::Out(&Ty::Array(&MODULE_IDS, Len::Ret))),
            a("size", "u32 *", Ty::Ref(&COUNT)),
            a("flags", "u32", Ty::Flags(&LSM_FLAGS)),
        ],
    ),
    // Numbers that the kernel keeps for calls it never had.
    call("afs_syscall", Group::MiscellaneousSystem, Sets::NONE, Ret::Int, WORDS),
    call("vserver", Group::MiscellaneousSystem, Sets::NONE, Ret::Int, WORDS),
    call("security", Group::MiscellaneousSystem, Sets::NONE, Ret::Int, THREE_WORDS),
    call("tuxcall", Group::MiscellaneousSystem, Sets::NONE, Ret::Int, THREE_WORDS),
];
