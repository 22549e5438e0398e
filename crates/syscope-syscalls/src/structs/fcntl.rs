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

#[cfg(test)]
mod tests {
    use crate::testing::{check, check_i386, longs, words};

    #[test]
    fn results_by_command() {
        check("fcntl", &[3, 0, 10], 10, &[], "fcntl(3, F_DUPFD, 10) = 10");
        check("fcntl", &[3, 1], 0, &[], "fcntl(3, F_GETFD) = 0");
        check("fcntl", &[3, 1], 1, &[], "fcntl(3, F_GETFD) = 0x1 (flags FD_CLOEXEC)");
        check("fcntl", &[3, 2, 1], 0, &[], "fcntl(3, F_SETFD, FD_CLOEXEC) = 0");
        check("fcntl", &[3, 3], 0x402, &[], "fcntl(3, F_GETFL) = 0x402 (flags O_RDWR|O_APPEND)");
        check("fcntl", &[3, 4, 0x800], 0, &[], "fcntl(3, F_SETFL, O_RDONLY|O_NONBLOCK) = 0");
        check("fcntl", &[3, 11], 10, &[], "fcntl(3, F_GETSIG) = 10 (SIGUSR1)");
        check("fcntl", &[3, 1025], 2, &[], "fcntl(3, F_GETLEASE) = 0x2 (F_UNLCK)");
        check("fcntl", &[3, 1034], 1, &[], "fcntl(3, F_GET_SEALS) = 0x1 (seals F_SEAL_SEAL)");
        check("fcntl", &[3, 99, 5], -22, &[], "fcntl(3, 0x63 /* F_??? */, 0x5) = -1");
    }

    #[test]
    fn locks_of_both_widths() {
        let lock = [words(&[1, 0]), longs(&[5, 6]), words(&[77, 0])].concat();
        let shown = "{l_type=F_WRLCK, l_whence=SEEK_SET, l_start=5, l_len=6";
        check("fcntl", &[3, 6, 1], 0, &[(2, 0, &lock)], &format!("fcntl(3, F_SETLK, {shown}}}) = 0"));
        check(
            "fcntl",
            &[3, 5, 1],
            0,
            &[(2, 0, &lock)],
            &format!("fcntl(3, F_GETLK, {shown}, l_pid=77}}) = 0"),
        );
        check("fcntl", &[3, 5, 1], -22, &[(2, 0, &lock)], "fcntl(3, F_GETLK, 0x1) = -1");
        let small = words(&[1, 5, 6, 77]);
        check_i386(
            "fcntl64",
            &[3, 6, 1],
            0,
            &[(2, 0, &small)],
            &format!("fcntl64(3, F_SETLK, {shown}}}) = 0"),
        );
        let wide = words(&[1, 5, 0, 6, 0, 77]);
        check_i386(
            "fcntl64",
            &[3, 13, 1],
            0,
            &[(2, 0, &wide)],
            &format!("fcntl64(3, F_SETLK64, {shown}}}) = 0"),
        );
    }
}
