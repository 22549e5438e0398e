//! `perf_event_open`.

use crate::capture::{Op, Operand};
use crate::decode::{Cx, Hex};
use crate::layout::View;
use crate::names::perf as names;
use crate::names::{Enum, Flags};
use crate::sink::Plain;
use crate::structs::process::address;
use crate::syscall::Custom;
use crate::{Sink, Status};

/// The attributes of an event, in argument 0. strace's short form needs the first version only.
pub static PERF_ATTR: Custom =
    Custom { capture: |_| vec![Op::record(Operand::Arg(0), ATTR_V0 as u16)], print: print_attr };

/// The size of the first version of `struct perf_event_attr`.
const ATTR_V0: usize = 64;

/// The bits of the attributes in order, from bit 0, each shown when it is set; the two of the
/// precision stand apart.
const BITS: [(u32, &str); 36] = [
    (0, "disabled"),
    (1, "inherit"),
    (2, "pinned"),
    (3, "exclusive"),
    (4, "exclude_user"),
    (5, "exclude_kernel"),
    (6, "exclude_hv"),
    (7, "exclude_idle"),
    (8, "mmap"),
    (9, "comm"),
    (10, "freq"),
    (11, "inherit_stat"),
    (12, "enable_on_exec"),
    (13, "task"),
    (14, "watermark"),
    (17, "mmap_data"),
    (18, "sample_id_all"),
    (19, "exclude_host"),
    (20, "exclude_guest"),
    (21, "exclude_callchain_kernel"),
    (22, "exclude_callchain_user"),
    (23, "mmap2"),
    (24, "comm_exec"),
    (25, "use_clockid"),
    (26, "context_switch"),
    (27, "write_backward"),
    (28, "namespaces"),
    (29, "ksymbol"),
    (30, "bpf_event"),
    (31, "aux_output"),
    (32, "cgroup"),
    (33, "text_poke"),
    (34, "build_id"),
    (35, "inherit_thread"),
    (36, "remove_on_exec"),
    (37, "sigtrap"),
];

const FREQ: u32 = 10;
/// Where the two bits of the precision are, and the first bit behind them.
const PRECISE: u32 = 15;
const AFTER_PRECISE: u32 = 17;
const SKIDS: [&str; 4] = ["arbitrary skid", "constant skid", "requested to have 0 skid", "must have 0 skid"];

fn print_attr(cx: &mut Cx<'_, '_>, arg: usize) {
    let blob = cx.blob(arg, 0).filter(|blob| blob.status == Status::Complete);
    let view = match (blob, cx.record(arg, 0, ATTR_V0)) {
        (Some(_), Some(view)) => view,
        _ => return address(cx, arg),
    };
    let size = view.u32(4).unwrap_or(0);
    if size != 0 && size < ATTR_V0 as u32 {
        return address(cx, arg);
    }
    let bits = view.u64(40).unwrap_or(0);
    let kind = view.u32(0).unwrap_or(0);
    let out = &mut *cx.out;
    out.begin_struct();
    out.field("type");
    symbol(out, &names::PERF_TYPE, u64::from(kind));
    out.field("size");
    symbol(out, &names::PERF_ATTR_SIZE, u64::from(size));
    out.field("config");
    config(out, kind, view);
    out.field(if bits >> FREQ & 1 != 0 { "sample_freq" } else { "sample_period" });
    out.uint(view.u64(16).unwrap_or(0));
    for (name, at, set) in
        [("sample_type", 24, &names::PERF_SAMPLE), ("read_format", 32, &names::PERF_READ_FORMAT)]
    {
        let set: &Flags = set;
        out.field(name);
        out.flags(set, view.u64(at).unwrap_or(0));
    }
    for (bit, name) in BITS {
        if bit == AFTER_PRECISE {
            let precise = bits >> PRECISE & 3;
            out.field("precise_ip");
            out.uint(precise);
            out.comment(format_args!("{}", SKIDS[precise as usize]));
        }
        if bits >> bit & 1 != 0 {
            out.field(name);
            out.uint(1);
        }
    }
    out.end_struct(true);
}

fn symbol(out: &mut dyn Sink, table: &Enum, value: u64) {
    match table.name(value) {
        Some(name) => out.symbol(name),
        None => out.unknown(value, table.unknown),
    }
}

/// The event, whose meaning depends on the type.
fn config(out: &mut dyn Sink, kind: u32, view: View<'_>) {
    let config = view.u64(8).unwrap_or(0);
    match kind {
        0 if config >> 32 == 0 => symbol(out, &names::PERF_HW_ID, config),
        1 => symbol(out, &names::PERF_SW_ID, config),
        2 => out.uint(config),
        3 => {
            let named = |table: &Enum, byte: u64| match table.name(byte) {
                Some(name) => name.to_owned(),
                None => format!("{byte:#x} /* {} */", table.unknown),
            };
            let result = named(&names::PERF_HW_CACHE_RESULT, config >> 16 & 0xff);
            let op = named(&names::PERF_HW_CACHE_OP, config >> 8 & 0xff);
            let cache = named(&names::PERF_HW_CACHE_ID, config & 0xff);
            let rest = config >> 24;
            let rest = if rest == 0 { String::new() } else { format!("{}<<24|", Hex(rest)) };
            let text = format!("{rest}{result}<<16|{op}<<8|{cache}");
            out.form(format_args!("{text}"), Plain::Text(&text));
        }
        _ => out.hex(config),
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, longs};

    #[test]
    fn the_type_says_what_the_event_is() {
        let shown = |kind: u64, config: u64, expected: &str| {
            let attr = longs(&[112 << 32 | kind, config, 1000, 3, 0, 1 | 2 << 15, 0, 0]);
            let expected = format!(
                "perf_event_open({{type={expected}, sample_period=1000, sample_type=PERF_SAMPLE_IP|PERF_SAMPLE_TID, \
                 read_format=0, disabled=1, precise_ip=2 /* requested to have 0 skid */, ...}}, 0, -1, -1, \
                 PERF_FLAG_FD_CLOEXEC) = 3"
            );
            check("perf_event_open", &[0x1000, 0, u64::MAX, u64::MAX, 8], 3, &[(0, 0, &attr)], &expected);
        };
        shown(0, 1, "PERF_TYPE_HARDWARE, size=PERF_ATTR_SIZE_VER5, config=PERF_COUNT_HW_INSTRUCTIONS");
        shown(2, 66, "PERF_TYPE_TRACEPOINT, size=PERF_ATTR_SIZE_VER5, config=66");
        shown(
            3,
            1,
            "PERF_TYPE_HW_CACHE, size=PERF_ATTR_SIZE_VER5, config=PERF_COUNT_HW_CACHE_RESULT_ACCESS<<16|\
                     PERF_COUNT_HW_CACHE_OP_READ<<8|PERF_COUNT_HW_CACHE_L1I",
        );
        shown(4, 1, "PERF_TYPE_RAW, size=PERF_ATTR_SIZE_VER5, config=0x1");
    }
}
