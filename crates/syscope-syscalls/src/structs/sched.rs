//! Scheduling: attributes, processor sets, I/O priorities.

use crate::capture::{Op, Operand};
use crate::decode::Cx;
use crate::layout::{Item, Prim, View};
use crate::names::process as names;
use crate::sink::Plain;
use crate::structs::process::address;
use crate::syscall::{Custom, Ty};
use crate::{Sink, Status};

/// `struct sched_param`, whose one member is shown bare: `[0]`.
pub static SCHED_PARAM: Item = Item::Scalar(Prim::I32, Ty::Int);

/// The policy as the result of a call: `1 (SCHED_FIFO)`.
pub static POLICY_RESULT: Custom = Custom { capture: |_| Vec::new(), print: print_policy_result };

fn print_policy_result(cx: &mut Cx<'_, '_>, _: usize) {
    let Some(ret) = cx.call.ret else { return };
    cx.out.int(ret);
    cx.out.begin_details();
    cx.out.item();
    cx.out.flags(&names::SCHED_POLICY_FLAGS, ret as u64);
    cx.out.end_details();
}

/// `struct sched_attr` that the call reads, in argument 1.
pub static SCHED_ATTR_IN: Custom = Custom { capture: |_| attr_ops().to_vec(), print: print_attr };

/// `struct sched_attr` that the call fills, in argument 1.
pub static SCHED_ATTR_OUT: Custom =
    Custom { capture: |_| attr_ops().map(Op::if_ok).to_vec(), print: print_attr };

/// The size of the first version.
const ATTR_V0: usize = 48;

fn attr_ops() -> [Op; 2] {
    // The second version's two members apart, since a caller of the first may end at a page boundary.
    [Op::record(Operand::Arg(1), ATTR_V0 as u16), Op::record(Operand::Arg(1), 8).at(ATTR_V0 as u16)]
}

fn print_attr(cx: &mut Cx<'_, '_>, arg: usize) {
    const KEEP_POLICY: u64 = 8;
    const KEEP_PARAMS: u64 = 16;
    let Some(view) = cx.record(arg, 0, ATTR_V0) else { return address(cx, arg) };
    let clamps = cx.record(arg, 1, 8);
    let size = view.u32(0).unwrap_or(0);
    let flags = view.u64(8).unwrap_or(0);
    let out = &mut *cx.out;
    out.begin_struct();
    out.field("size");
    out.uint(u64::from(size));
    if size != 0 && size < ATTR_V0 as u32 {
        return out.end_struct(false);
    }
    if flags & KEEP_POLICY == 0 {
        out.field("sched_policy");
        let policy = u64::from(view.u32(4).unwrap_or(0));
        match names::SCHED_POLICY.name(policy) {
            Some(name) => out.symbol(name),
            None => out.unknown(policy, names::SCHED_POLICY.unknown),
        }
    }
    out.field("sched_flags");
    out.flags(&names::SCHED_ATTR_FLAGS, flags);
    if flags & KEEP_PARAMS == 0 {
        out.field("sched_nice");
        out.int(i64::from(view.i32(16).unwrap_or(0)));
        out.field("sched_priority");
        out.uint(u64::from(view.u32(20).unwrap_or(0)));
        for (name, at) in [("sched_runtime", 24), ("sched_deadline", 32), ("sched_period", 40)] {
            out.field(name);
            out.uint(view.u64(at).unwrap_or(0));
        }
    }
    if let Some(clamps) = clamps.filter(|_| size >= 56) {
        for (name, at) in [("sched_util_min", 0), ("sched_util_max", 4)] {
            out.field(name);
            out.uint(u64::from(clamps.u32(at).unwrap_or(0)));
        }
    }
    out.end_struct(size > 56);
}

/// A set of processors that the call reads: argument 2, as many bytes as argument 1 says.
pub static CPU_SET_IN: Custom =
    Custom { capture: |_| vec![Op::array(Operand::Arg(2), Operand::Arg(1), 1, 1024)], print: print_cpu_set };

/// A set of processors that the call fills; its result is how many bytes.
pub static CPU_SET_OUT: Custom = Custom {
    capture: |_| vec![Op::array(Operand::Arg(2), Operand::Ret, 1, 1024).if_ok()],
    print: print_cpu_set,
};

fn print_cpu_set(cx: &mut Cx<'_, '_>, arg: usize) {
    let bytes = match cx.blob(arg, 0) {
        Some(blob) if blob.status != Status::Fault => blob.bytes,
        None if cx.arg(1) == 0 && cx.arg(arg) != 0 => &[],
        _ => return address(cx, arg),
    };
    cx.out.begin_array(true);
    for (at, byte) in bytes.iter().enumerate() {
        for bit in (0..8).filter(|bit| byte >> bit & 1 != 0) {
            cx.out.item();
            cx.out.uint((at * 8 + bit) as u64);
        }
    }
    cx.out.end_array(false);
}

/// An I/O priority: class, hint and level.
pub static IOPRIO: Custom = Custom { capture: |_| Vec::new(), print: print_ioprio };

/// An I/O priority as the result of a call.
pub static IOPRIO_RESULT: Custom = Custom { capture: |_| Vec::new(), print: print_ioprio_result };

fn print_ioprio(cx: &mut Cx<'_, '_>, arg: usize) {
    let value = cx.arg(arg) as u32;
    ioprio(cx.out, value);
}

fn print_ioprio_result(cx: &mut Cx<'_, '_>, _: usize) {
    let Some(ret) = cx.call.ret else { return };
    cx.out.int(ret);
    cx.out.begin_details();
    cx.out.item();
    ioprio(cx.out, ret as u32);
    cx.out.end_details();
}

pub(crate) fn ioprio(out: &mut dyn Sink, value: u32) {
    let class = u64::from(value >> 13);
    let class = match names::IOPRIO_CLASS.name(class) {
        Some(name) => name.to_owned(),
        None => format!("{class:#x} /* {} */", names::IOPRIO_CLASS.unknown),
    };
    let hint = value >> 3 & 0x3ff;
    let level = value & 7;
    let text = match names::IOPRIO_HINT.name(u64::from(hint)) {
        _ if hint == 0 => format!("IOPRIO_PRIO_VALUE({class}, {level})"),
        Some(name) => format!("IOPRIO_PRIO_VALUE_HINT({class}, {level}, {name})"),
        None => format!("IOPRIO_PRIO_VALUE({class}, {})", value & 0x1fff),
    };
    out.form(format_args!("{text}"), Plain::Text(&text));
}

/// The nodes of a memory policy: words in hexadecimal. The set is argument `SET`, its length in bits
/// argument `BITS`; `OUT` says whether the call fills it.
pub const fn node_mask<const SET: u8, const BITS: u8, const OUT: bool>() -> Custom {
    Custom {
        capture: |abi| {
            // A length in bits is no length in bytes: the first word is always there, the rest is read
            // as far as the record allows.
            let word = abi.word() as u16;
            let ops = [
                Op::record(Operand::Arg(SET), word),
                Op::array(Operand::Arg(SET), Operand::Arg(BITS), 1, 120).at(word),
            ];
            if OUT { ops.map(Op::if_ok).to_vec() } else { ops.to_vec() }
        },
        print: |cx, arg| print_node_mask(cx, arg, BITS as usize),
    }
}

fn print_node_mask(cx: &mut Cx<'_, '_>, arg: usize, bits: usize) {
    let abi = cx.call.abi;
    let word = abi.word();
    let Some(first) = cx.record(arg, 0, word) else { return address(cx, arg) };
    let rest = View { abi, bytes: cx.blob(arg, 1).map_or(&[], |blob| blob.bytes) };
    // The kernel ignores the last bit.
    let wanted = (cx.arg(bits).saturating_sub(1) as usize).div_ceil(word * 8).max(1);
    let have = 1 + rest.bytes.len() / word;
    cx.out.begin_array(false);
    for n in 0..wanted.min(have) {
        let value = if n == 0 { first.word(0) } else { rest.word((n - 1) * word) }.unwrap_or(0);
        cx.out.item();
        // C's `%#0*lx`: zero has no prefix but all its digits.
        let width = 2 * word;
        if value == 0 {
            cx.out.form(format_args!("{value:0width$x}"), Plain::Uint(0));
        } else {
            cx.out.form(format_args!("{value:#0width$x}"), Plain::Text(&format!("{value:#x}")));
        }
    }
    cx.out.end_array(wanted > have);
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, longs, words};

    #[test]
    fn processor_sets_list_their_processors() {
        check(
            "sched_getaffinity",
            &[0, 128, 0x1000],
            8,
            &[(2, 0, &[3, 1, 0, 0, 0, 0, 0, 0x80])],
            "sched_getaffinity(0, 128, [0 1 8 63]) = 8",
        );
        check("sched_setaffinity", &[0, 0, 0x1000], -22, &[], "sched_setaffinity(0, 0, []) = -1");
    }

    #[test]
    fn attributes_depend_on_size_and_flags() {
        let mut attr = words(&[56, 3, 1, 0, 5, 0]);
        attr.extend(longs(&[1, 2, 3]));
        check(
            "sched_setattr",
            &[0, 0x1000, 0],
            0,
            &[(1, 0, &attr), (1, 1, &words(&[4, 5]))],
            "sched_setattr(0, {size=56, sched_policy=SCHED_BATCH, sched_flags=SCHED_FLAG_RESET_ON_FORK, \
             sched_nice=5, sched_priority=0, sched_runtime=1, sched_deadline=2, sched_period=3, \
             sched_util_min=4, sched_util_max=5}, 0) = 0",
        );
        check("sched_setparam", &[0, 0x1000], 0, &[(1, 0, &words(&[9]))], "sched_setparam(0, [9]) = 0");
    }

    #[test]
    fn io_priorities_are_classes_and_levels() {
        check(
            "ioprio_set",
            &[1, 0, 2 << 13 | 4],
            0,
            &[],
            "ioprio_set(IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 4)) = 0",
        );
        check(
            "ioprio_get",
            &[1, 0],
            16388,
            &[],
            "ioprio_get(IOPRIO_WHO_PROCESS, 0) = 16388 (IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 4))",
        );
        check("sched_getscheduler", &[0], 1, &[], "sched_getscheduler(0) = 1 (SCHED_FIFO)");
    }

    #[test]
    fn node_masks_are_words() {
        check(
            "mbind",
            &[0x1000, 4096, 0x8002, 0x2000, 129, 6],
            0,
            &[(3, 0, &longs(&[5])), (3, 1, &longs(&[0, 9]))],
            "mbind(0x1000, 4096, MPOL_BIND|MPOL_F_STATIC_NODES, [0x00000000000005, 0000000000000000], 129, \
             MPOL_MF_MOVE|MPOL_MF_MOVE_ALL) = 0",
        );
    }
}
