//! Capabilities: `capget` and `capset`.

use crate::capture::{Op, Operand};
use crate::decode::Cx;
use crate::layout::{Prim, Struct, f, plain};
use crate::names::process as names;
use crate::structs::process::address;
use crate::syscall::{Custom, Ty};

/// The header: a version and a process.
pub static CAP_HEADER: Struct = plain(
    "__user_cap_header_struct",
    &[f("version", Prim::U32, Ty::Enum(&names::CAP_VERSION)), f("pid", Prim::I32, Ty::Pid)],
);

/// The data that `capset` reads.
pub static CAP_DATA_IN: Custom =
    Custom { capture: |_| data_ops().to_vec(), print: |cx, arg| print_data(cx, arg) };

/// The data that `capget` fills.
pub static CAP_DATA_OUT: Custom =
    Custom { capture: |_| data_ops().map(Op::if_ok).to_vec(), print: |cx, arg| print_data(cx, arg) };

fn data_ops() -> [Op; 2] {
    // The first version has one element of 12 bytes, the others two.
    [Op::record(Operand::Arg(1), 12), Op::record(Operand::Arg(1), 12).at(12)]
}

fn print_data(cx: &mut Cx<'_, '_>, arg: usize) {
    const VERSION_1: u32 = 0x1998_0330;
    const VERSIONS: [u32; 3] = [VERSION_1, 0x2007_1026, 0x2008_0522];
    let Some(low) = cx.record(arg, 0, 12) else { return address(cx, arg) };
    let version = cx.record(0, 0, 4).and_then(|header| header.u32(0)).unwrap_or(VERSIONS[2]);
    let high = cx.record(arg, 1, 12).filter(|_| version != VERSION_1 && VERSIONS.contains(&version));
    cx.out.begin_struct();
    for (name, at) in [("effective", 0), ("permitted", 4), ("inheritable", 8)] {
        let upper = high.and_then(|view| view.u32(at)).unwrap_or(0);
        let lower = low.u32(at).unwrap_or(0);
        cx.out.field(name);
        cx.out.flags(&names::CAPABILITIES, u64::from(upper) << 32 | u64::from(lower));
    }
    cx.out.end_struct(false);
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, words};

    #[test]
    fn both_halves_make_a_set() {
        let header = words(&[0x2008_0522, 0]);
        let (low, high) = (words(&[1, 0x400, 0]), words(&[0x80, 0, 0]));
        check(
            "capset",
            &[0x1000, 0x2000],
            0,
            &[(0, 0, &header), (1, 0, &low), (1, 1, &high)],
            "capset({version=_LINUX_CAPABILITY_VERSION_3, pid=0}, {effective=1<<CAP_CHOWN|1<<CAP_BPF, \
             permitted=1<<CAP_NET_BIND_SERVICE, inheritable=0}) = 0",
        );
        check(
            "capget",
            &[0x1000, 0],
            0,
            &[(0, 0, &words(&[7, 0]))],
            "capget({version=0x7 /* _LINUX_CAPABILITY_VERSION_??? */, pid=0}, NULL) = 0",
        );
    }
}
