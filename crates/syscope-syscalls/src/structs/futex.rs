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
