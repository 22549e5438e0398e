//! What `fcntl` takes and returns: record locks, owners, sets of flags.

use crate::decode::Cx;
use crate::layout::{Prim, Struct, f, plain};
use crate::names::Flags;
use crate::names::file as names;
use crate::structs::file::open_flags;
use crate::syscall::{Custom, Ty};

/// A record lock that the call sets.
pub static FLOCK: Struct = plain(
    "flock",
    &[
        f("l_type", Prim::I16, Ty::Enum(&names::LOCK_TYPE)),
        f("l_whence", Prim::I16, Ty::Enum(&names::SEEK_WHENCE)),
        f("l_start", Prim::Long, Ty::Long),
        f("l_len", Prim::Long, Ty::Long),
    ],
);

/// A record lock that the call looks for: it tells who holds it.
pub static FLOCK_FOUND: Struct = plain(
    "flock",
    &[
        f("l_type", Prim::I16, Ty::Enum(&names::LOCK_TYPE)),
        f("l_whence", Prim::I16, Ty::Enum(&names::SEEK_WHENCE)),
        f("l_start", Prim::Long, Ty::Long),
        f("l_len", Prim::Long, Ty::Long),
        f("l_pid", Prim::I32, Ty::Pid),
    ],
);

/// The lock with 64-bit offsets, also of 32-bit callers.
pub static FLOCK64: Struct = plain(
    "flock64",
    &[
        f("l_type", Prim::I16, Ty::Enum(&names::LOCK_TYPE)),
        f("l_whence", Prim::I16, Ty::Enum(&names::SEEK_WHENCE)),
        f("l_start", Prim::I64, Ty::Long),
        f("l_len", Prim::I64, Ty::Long),
    ],
);

/// The same, looked for.
pub static FLOCK64_FOUND: Struct = plain(
    "flock64",
    &[
        f("l_type", Prim::I16, Ty::Enum(&names::LOCK_TYPE)),
        f("l_whence", Prim::I16, Ty::Enum(&names::SEEK_WHENCE)),
        f("l_start", Prim::I64, Ty::Long),
        f("l_len", Prim::I64, Ty::Long),
        f("l_pid", Prim::I32, Ty::Pid),
    ],
);

/// Who gets the signals of a descriptor.
pub static OWNER: Struct =
    plain("f_owner_ex", &[f("type", Prim::I32, Ty::Enum(&names::OWNER_TYPE)), f("pid", Prim::I32, Ty::Pid)]);

/// The result of `fcntl`, which some commands make a set of bits, a lease or a signal.
pub static FCNTL_RESULT: Custom = Custom { capture: |_| Vec::new(), print: print_fcntl_result };

fn print_fcntl_result(cx: &mut Cx<'_, '_>, _: usize) {
    let Some(ret) = cx.call.ret else { return };
    let value = ret as u64;
    let (label, set): (&str, &Flags) = match cx.arg(1) as u32 {
        1 if ret != 0 => ("flags", &names::FD_FLAGS),
        3 => ("flags", open_flags(cx.call.abi)),
        1034 if ret != 0 => ("seals", &names::SEALS),
        1025 => {
            cx.out.hex(value);
            if let Some(name) = names::LEASE.name(value) {
                cx.out.begin_details();
                cx.out.item();
                cx.out.symbol(name);
                cx.out.end_details();
            }
            return;
        }
        11 if ret != 0 => {
            cx.out.int(ret);
            cx.out.begin_details();
            cx.out.item();
            cx.signal(ret as i32);
            return cx.out.end_details();
        }
        _ => return cx.out.int(ret),
    };
    cx.out.hex(value);
    cx.out.begin_details();
    cx.out.item();
    cx.out.begin_label(label);
    // Bits without a name stand alone here: the label says what they are.
    let known = set.split(value, |_| {}) != value || !set.fields.is_empty();
    if known {
        cx.out.flags(set, value)
    } else {
        cx.out.hex(value)
    }
    cx.out.end_label();
    cx.out.end_details();
}
