//! Futexes: operations and waiters.

use crate::decode::{Cx, Hex};
use crate::layout::{Prim, Struct, f, pad};
use crate::names::Enum;
use crate::names::futex as names;
use crate::sink::Plain;
use crate::syscall::{Custom, Ty};

/// The operation: a command, two flags of which one joins the command's name.
pub static FUTEX_OP: Custom = Custom { capture: |_| Vec::new(), print: print_op };

const PRIVATE: u32 = 0x80;
const REALTIME: u32 = 0x100;

fn print_op(cx: &mut Cx<'_, '_>, arg: usize) {
    /// The commands that take a time in `CLOCK_REALTIME` if they are told so.
    const TIMED: [u32; 3] = [0, 9, 11];
    let op = cx.arg(arg) as u32;
    let command = op & !(PRIVATE | REALTIME);
    let table = if op & PRIVATE != 0 { &names::FUTEX_OP_PRIVATE } else { &names::FUTEX_OP };
    match table.name(u64::from(command)) {
        Some(name) if op & REALTIME == 0 => cx.out.symbol(name),
        Some(name) if TIMED.contains(&command) => {
            cx.out.symbol(&format!("{name}|FUTEX_CLOCK_REALTIME"));
        }
        _ => cx.out.unknown(u64::from(op), names::FUTEX_OP.unknown),
    }
}

/// The last argument of `FUTEX_WAKE_OP`: an operation on the second word and a comparison.
pub static WAKE_OP: Custom = Custom { capture: |_| Vec::new(), print: print_wake_op };

fn print_wake_op(cx: &mut Cx<'_, '_>, arg: usize) {
    let value = cx.arg(arg) as u32;
    let named = |table: &Enum, bits: u32, shift: u32| match table.name(u64::from(bits)) {
        Some(name) => format!("{name}<<{shift}"),
        None => format!("{bits:#x}<<{shift} /* {} */", table.unknown),
    };
    let shifted = if value >> 31 != 0 { "FUTEX_OP_OPARG_SHIFT<<28|" } else { "" };
    let op = named(&names::FUTEX_WAKE_OP_OP, value >> 28 & 7, 28);
    let cmp = named(&names::FUTEX_WAKE_OP_CMP, value >> 24 & 15, 24);
    let operand = Hex(u64::from(value >> 12 & 0xfff));
    let other = Hex(u64::from(value & 0xfff));
    let text = format!("{shifted}{op}|{operand}<<12|{cmp}|{other}");
    cx.out.form(format_args!("{text}"), Plain::Text(&text));
}

/// The bits to wait for or to wake: mostly all of them.
pub static BITSET: Custom = Custom { capture: |_| Vec::new(), print: print_bitset };

fn print_bitset(cx: &mut Cx<'_, '_>, arg: usize) {
    match cx.arg(arg) as u32 {
        u32::MAX => cx.out.symbol("FUTEX_BITSET_MATCH_ANY"),
        bits => cx.out.hex(u64::from(bits)),
    }
}

/// One futex of `futex_waitv`.
pub static FUTEX_WAITV: Struct = Struct {
    name: "futex_waitv",
    fields: &[
        f("val", Prim::U64, Ty::Hex),
        f("uaddr", Prim::U64, Ty::Addr),
        f("flags", Prim::U32, Ty::Flags(&names::FUTEX_WAITV_FLAGS)),
        pad(Prim::U32),
    ],
    print: None,
    abbreviated: false,
};

#[cfg(test)]
mod tests {
    use crate::testing::{check, longs, words};

    #[test]
    fn operations_choose_the_arguments() {
        let time = longs(&[0, 1000]);
        check(
            "futex",
            &[0x1000, 128, 7, 0x2000, 0, 0],
            -11,
            &[(3, 0, &time)],
            "futex(0x1000, FUTEX_WAIT_PRIVATE, 7, {tv_sec=0, tv_nsec=1000}) = -1",
        );
        check(
            "futex",
            &[0x1000, 129, 0x7fff_ffff, 0, 0, 0],
            1,
            &[],
            "futex(0x1000, FUTEX_WAKE_PRIVATE, 2147483647) = 1",
        );
        check(
            "futex",
            &[0x1000, 393, 7, 0, 0, u64::MAX],
            0,
            &[],
            "futex(0x1000, FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME, 7, NULL, FUTEX_BITSET_MATCH_ANY) = 0",
        );
        check("futex", &[0x1000, 6, 7, 0, 0, 0], 0, &[], "futex(0x1000, FUTEX_LOCK_PI, NULL) = 0");
        check(
            "futex",
            &[0x1000, 4, 1, 5, 0x2000, 9],
            0,
            &[],
            "futex(0x1000, FUTEX_CMP_REQUEUE, 1, 5, 0x2000, 9) = 0",
        );
        check(
            "futex",
            &[0x1000, 5, 1, 1, 0x2000, 2 << 28 | 4 << 24 | 5 << 12 | 6],
            0,
            &[],
            "futex(0x1000, FUTEX_WAKE_OP, 1, 1, 0x2000, FUTEX_OP_OR<<28|0x5<<12|FUTEX_OP_CMP_GT<<24|0x6) = 0",
        );
        check(
            "futex",
            &[0x1000, 77, 1, 2, 3, u64::MAX],
            -38,
            &[],
            "futex(0x1000, 0x4d /* FUTEX_??? */, 1, 0x2, 0x3, 0xffffffff) = -1",
        );
    }

    #[test]
    fn waiters_are_structures() {
        let waiter = [longs(&[1, 0x1000]), words(&[130, 0])].concat();
        check(
            "futex_waitv",
            &[0x2000, 1, 0, 0, 1],
            0,
            &[(0, 0, &waiter)],
            "futex_waitv([{val=0x1, uaddr=0x1000, flags=FUTEX_32|FUTEX_PRIVATE_FLAG}], 1, 0, NULL, CLOCK_MONOTONIC) = 0",
        );
    }
}
