//! The attributes of `bpf`: one union whose members the command chooses.

use crate::capture::{Op, Operand};
use crate::decode::Cx;
use crate::layout::View;
use crate::names::bpf as names;
use crate::names::{Enum, Flags};
use crate::sink::Plain;
use crate::structs::process::address;
use crate::syscall::Custom;
use crate::{Sink, Status};

/// The attributes without what they point to.
pub static ATTR: Custom = Custom { capture: |_| vec![record()], print: print_attr };

/// The same with the string at offset 0: a path or the name of a tracepoint.
pub static ATTR_NAME: Custom =
    Custom { capture: |_| vec![record(), Op::string(Operand::Word, 0)], print: print_attr };

/// The same with the licence and the verifier's log of a program.
pub static ATTR_PROGRAM: Custom = Custom {
    capture: |_| vec![record(), Op::string(Operand::Word, 0).at(16), Op::string(Operand::Word, 0).at(32)],
    print: print_attr,
};

/// The same with the data and the log of type information.
pub static ATTR_BTF: Custom = Custom {
    capture: |_| {
        vec![
            record(),
            Op::array(Operand::Word, Operand::Word32, 1, 0).count_at(16),
            Op::string(Operand::Word, 0).at(8),
        ]
    },
    print: print_attr,
};

/// The same with the name that `BPF_TASK_FD_QUERY` stores.
pub static ATTR_QUERY: Custom =
    Custom { capture: |_| vec![record(), Op::string(Operand::Word, 0).at(16)], print: print_attr };

/// The union, as far as the caller says it goes.
fn record() -> Op {
    Op::array(Operand::Arg(1), Operand::Arg(2), 1, ATTR_MAX).base()
}

/// The size of `union bpf_attr` that is looked at.
const ATTR_MAX: u16 = 160;

/// How a member is shown.
enum Show {
    /// A signed 32-bit number (a descriptor).
    Int,
    /// An unsigned 32-bit number.
    U32,
    /// An unsigned 64-bit number.
    U64,
    /// A 64-bit number in hexadecimal.
    Hex64,
    /// A pointer.
    Ptr,
    /// One of many.
    Enum(&'static Enum),
    /// 32 bits.
    Flags(&'static Flags),
    /// 64 bits.
    Flags64(&'static Flags),
    /// `char[16]`.
    Name,
    /// A pointer to a string that is this part of the argument.
    Text(usize),
    /// A pointer to bytes that are this part, as many as the member at that offset says.
    Data(usize, usize),
    /// A kernel version in three bytes.
    Version,
}

use Show::{Data, Flags64, Hex64, Int, Name, Ptr, Text, U32, U64, Version};

impl Show {
    fn size(&self) -> usize {
        match self {
            Int | U32 | Show::Enum(_) | Show::Flags(_) | Version => 4,
            U64 | Hex64 | Ptr | Flags64(_) | Text(_) | Data(..) => 8,
            Name => 16,
        }
    }
}

/// The members of one command, with the name of the structure around them if there is one.
struct Members {
    outer: &'static str,
    list: &'static [(&'static str, usize, Show)],
}

static FD_TYPE: Enum = Enum {
    unknown: "BPF_FD_TYPE_???",
    values: &[
        (0, "BPF_FD_TYPE_RAW_TRACEPOINT"),
        (1, "BPF_FD_TYPE_TRACEPOINT"),
        (2, "BPF_FD_TYPE_KPROBE"),
        (3, "BPF_FD_TYPE_KRETPROBE"),
        (4, "BPF_FD_TYPE_UPROBE"),
        (5, "BPF_FD_TYPE_URETPROBE"),
    ],
};

const UPDATE: Show = Flags64(&names::BPF_MAP_UPDATE_FLAGS);
const OPEN: Show = Show::Flags(&names::BPF_OBJ_FLAGS);
const ATTACH: Show = Show::Enum(&names::BPF_ATTACH_TYPE);
const ATTACH_FLAGS: Show = Show::Flags(&names::BPF_ATTACH_FLAGS);

macro_rules! members {
    ($name:ident $outer:literal: $(($field:literal, $at:literal, $show:expr)),* $(,)?) => {
        static $name: Members = Members { outer: $outer, list: &[$(($field, $at, $show)),*] };
    };
}

members!(MAP_CREATE "":
    ("map_type", 0, Show::Enum(&names::BPF_MAP_TYPE)), ("key_size", 4, U32), ("value_size", 8, U32),
    ("max_entries", 12, U32), ("map_flags", 16, Show::Flags(&names::BPF_MAP_FLAGS)),
    ("inner_map_fd", 20, Int), ("numa_node", 24, U32), ("map_name", 28, Name), ("map_ifindex", 44, U32),
    ("btf_fd", 48, Int), ("btf_key_type_id", 52, U32), ("btf_value_type_id", 56, U32),
    ("btf_vmlinux_value_type_id", 60, U32), ("map_extra", 64, U64));
members!(ELEM "": ("map_fd", 0, Int), ("key", 8, Ptr), ("value", 16, Ptr), ("flags", 24, UPDATE));
members!(KEY "": ("map_fd", 0, Int), ("key", 8, Ptr));
members!(NEXT_KEY "": ("map_fd", 0, Int), ("key", 8, Ptr), ("next_key", 16, Ptr));
members!(PROG_LOAD "":
    ("prog_type", 0, Show::Enum(&names::BPF_PROG_TYPE)), ("insn_cnt", 4, U32), ("insns", 8, Ptr),
    ("license", 16, Text(1)), ("log_level", 24, U32), ("log_size", 28, U32), ("log_buf", 32, Text(2)),
    ("kern_version", 40, Version), ("prog_flags", 44, Show::Flags(&names::BPF_PROG_FLAGS)),
    ("prog_name", 48, Name), ("prog_ifindex", 64, U32), ("expected_attach_type", 68, ATTACH),
    ("prog_btf_fd", 72, Int), ("func_info_rec_size", 76, U32), ("func_info", 80, Ptr),
    ("func_info_cnt", 88, U32), ("line_info_rec_size", 92, U32), ("line_info", 96, Ptr),
    ("line_info_cnt", 104, U32), ("attach_btf_id", 108, U32), ("attach_prog_fd", 112, Int),
    ("fd_array", 120, Ptr));
members!(OBJECT "":
    ("pathname", 0, Text(1)), ("bpf_fd", 8, Int), ("file_flags", 12, OPEN));
members!(PROG_ATTACH "":
    ("target_fd", 0, Int), ("attach_bpf_fd", 4, Int), ("attach_type", 8, ATTACH),
    ("attach_flags", 12, ATTACH_FLAGS), ("replace_bpf_fd", 16, Int));
members!(PROG_DETACH "": ("target_fd", 0, Int), ("attach_type", 8, ATTACH));
members!(TEST_RUN "test":
    ("prog_fd", 0, Int), ("retval", 4, U32), ("data_size_in", 8, U32), ("data_size_out", 12, U32),
    ("data_in", 16, Ptr), ("data_out", 24, Ptr), ("repeat", 32, U32), ("duration", 36, U32),
    ("ctx_size_in", 40, U32), ("ctx_size_out", 44, U32), ("ctx_in", 48, Ptr), ("ctx_out", 56, Ptr),
    ("flags", 64, Show::Flags(&names::BPF_TEST_RUN_FLAGS)), ("cpu", 68, U32), ("batch_size", 72, U32));
members!(NEXT_ID "": ("start_id", 0, U32), ("next_id", 4, U32), ("open_flags", 8, OPEN));
members!(PROG_BY_ID "": ("prog_id", 0, U32), ("next_id", 4, U32), ("open_flags", 8, OPEN));
members!(MAP_BY_ID "": ("map_id", 0, U32), ("next_id", 4, U32), ("open_flags", 8, OPEN));
members!(BTF_BY_ID "": ("btf_id", 0, U32));
members!(LINK_BY_ID "": ("link_id", 0, U32));
members!(INFO "info": ("bpf_fd", 0, Int), ("info_len", 4, U32), ("info", 8, Ptr));
members!(QUERY "query":
    ("target_fd", 0, Int), ("attach_type", 4, ATTACH),
    ("query_flags", 8, Show::Flags(&names::BPF_QUERY_FLAGS)), ("attach_flags", 12, ATTACH_FLAGS),
    ("prog_ids", 16, Ptr), ("prog_cnt", 24, U32));
members!(RAW_TRACEPOINT "raw_tracepoint": ("name", 0, Text(1)), ("prog_fd", 8, Int));
members!(BTF_LOAD "":
    ("btf", 0, Data(1, 16)), ("btf_log_buf", 8, Text(2)), ("btf_size", 16, U32), ("btf_log_size", 20, U32),
    ("btf_log_level", 24, U32));
members!(TASK_FD_QUERY "task_fd_query":
    ("pid", 0, Int), ("fd", 4, Int), ("flags", 8, U32), ("buf_len", 12, U32), ("buf", 16, Text(1)),
    ("prog_id", 24, U32), ("fd_type", 28, Show::Enum(&FD_TYPE)), ("probe_offset", 32, Hex64),
    ("probe_addr", 40, Hex64));
members!(MAP_FREEZE "": ("map_fd", 0, Int));
members!(BATCH "batch":
    ("in_batch", 0, Ptr), ("out_batch", 8, Ptr), ("keys", 16, Ptr), ("values", 24, Ptr), ("count", 32, U32),
    ("map_fd", 36, Int), ("elem_flags", 40, UPDATE), ("flags", 48, Hex64));
members!(UPDATE_BATCH "batch":
    ("keys", 16, Ptr), ("values", 24, Ptr), ("count", 32, U32), ("map_fd", 36, Int),
    ("elem_flags", 40, UPDATE), ("flags", 48, Hex64));
members!(DELETE_BATCH "batch":
    ("keys", 16, Ptr), ("count", 32, U32), ("map_fd", 36, Int), ("elem_flags", 40, UPDATE),
    ("flags", 48, Hex64));
members!(LINK_CREATE "link_create":
    ("prog_fd", 0, Int), ("target_fd", 4, Int), ("attach_type", 8, ATTACH), ("flags", 12, ATTACH_FLAGS));
members!(LINK_ITER "link_create":
    ("prog_fd", 0, Int), ("target_fd", 4, Int), ("attach_type", 8, ATTACH), ("flags", 12, ATTACH_FLAGS),
    ("iter_info", 16, Ptr), ("iter_info_len", 24, U32));
members!(LINK_PERF "perf_event": ("bpf_cookie", 16, Hex64));
members!(LINK_KPROBES "kprobe_multi":
    ("flags", 16, U32), ("cnt", 20, U32), ("syms", 24, Ptr), ("addrs", 32, Ptr), ("cookies", 40, Ptr));
members!(LINK_UPDATE "link_update":
    ("link_fd", 0, Int), ("new_prog_fd", 4, Int), ("flags", 8, ATTACH_FLAGS), ("old_prog_fd", 12, Int));
members!(ENABLE_STATS "enable_stats": ("type", 0, Show::Enum(&names::BPF_STATS_TYPE)));
members!(ITER_CREATE "iter_create": ("link_fd", 0, Int), ("flags", 4, U32));
members!(LINK_DETACH "link_detach": ("link_fd", 0, Int));
members!(PROG_BIND_MAP "prog_bind_map": ("prog_fd", 0, Int), ("map_fd", 4, Int), ("flags", 8, U32));
members!(TOKEN_CREATE "token_create": ("flags", 0, U32), ("bpffs_fd", 4, Int));
members!(STREAM_READ "prog_stream_read":
    ("stream_buf", 0, Ptr), ("stream_buf_len", 8, U32), ("stream_id", 12, U32), ("prog_fd", 16, Int));

fn members(command: u32, view: View<'_>) -> Option<&'static Members> {
    const TRACE_ITER: u32 = 28;
    Some(match command {
        0 => &MAP_CREATE,
        1 | 2 | 21 => &ELEM,
        3 => &KEY,
        4 => &NEXT_KEY,
        5 => &PROG_LOAD,
        6 | 7 => &OBJECT,
        8 => &PROG_ATTACH,
        9 => &PROG_DETACH,
        10 => &TEST_RUN,
        11 | 12 | 23 | 31 => &NEXT_ID,
        13 => &PROG_BY_ID,
        14 => &MAP_BY_ID,
        15 => &INFO,
        16 => &QUERY,
        17 => &RAW_TRACEPOINT,
        18 => &BTF_LOAD,
        19 => &BTF_BY_ID,
        20 => &TASK_FD_QUERY,
        22 => &MAP_FREEZE,
        24 | 25 => &BATCH,
        26 => &UPDATE_BATCH,
        27 => &DELETE_BATCH,
        28 if view.u32(8) == Some(TRACE_ITER) => &LINK_ITER,
        28 => &LINK_CREATE,
        29 => &LINK_UPDATE,
        30 => &LINK_BY_ID,
        32 => &ENABLE_STATS,
        33 => &ITER_CREATE,
        34 => &LINK_DETACH,
        35 => &PROG_BIND_MAP,
        36 => &TOKEN_CREATE,
        37 => &STREAM_READ,
        _ => return None,
    })
}

fn print_attr(cx: &mut Cx<'_, '_>, arg: usize) {
    const PERF_EVENT: u32 = 41;
    const KPROBE_MULTI: u32 = 42;
    let command = cx.arg(0) as u32;
    let Some(view) = cx.record(arg, 0, 4) else { return address(cx, arg) };
    let Some(members) = members(command, view) else { return address(cx, arg) };
    // A link is made from members that depend on where it attaches.
    let nested = match (command, view.u32(8)) {
        (28, Some(PERF_EVENT)) => Some(&LINK_PERF),
        (28, Some(KPROBE_MULTI)) => Some(&LINK_KPROBES),
        _ => None,
    };
    cx.out.begin_struct();
    if !members.outer.is_empty() {
        cx.out.field(members.outer);
        cx.out.begin_struct();
    }
    let mut end = list(cx, arg, members, view);
    if let Some(nested) = nested.filter(|nested| view.bytes.len() > nested.list[0].1) {
        cx.out.field(nested.outer);
        cx.out.begin_struct();
        end = end.max(list(cx, arg, nested, view));
        cx.out.end_struct(false);
    }
    // What no member names is worth a hint only where something stands in it.
    let rest = view.bytes.get(end..).is_some_and(|rest| rest.iter().any(|byte| *byte != 0));
    if !members.outer.is_empty() {
        cx.out.end_struct(rest);
        cx.out.end_struct(false);
    } else {
        cx.out.end_struct(rest);
    }
}

/// Shows the members that the caller's size covers and returns where they end.
fn list(cx: &mut Cx<'_, '_>, arg: usize, members: &'static Members, view: View<'_>) -> usize {
    const NUMA_NODE: u32 = 4;
    const REPLACE: u32 = 4;
    let mut end = 0;
    for (name, at, show) in members.list {
        if at + show.size() > view.bytes.len() {
            break;
        }
        end = at + show.size();
        // Two members count only under a flag.
        if *name == "numa_node" && view.u32(16).unwrap_or(0) & NUMA_NODE == 0
            || *name == "old_prog_fd" && view.u32(8).unwrap_or(0) & REPLACE == 0
        {
            continue;
        }
        cx.out.field(name);
        member(cx, arg, show, view, *at);
    }
    end
}

fn member(cx: &mut Cx<'_, '_>, arg: usize, show: &'static Show, view: View<'_>, at: usize) {
    let text = match show {
        Text(part) | Data(part, _) => cx.blob(arg, *part).filter(|blob| blob.status != Status::Fault),
        _ => None,
    };
    let out: &mut dyn Sink = cx.out;
    let word = view.u32(at).unwrap_or(0);
    let wide = view.u64(at).unwrap_or(0);
    match show {
        Int => out.int(i64::from(word as i32)),
        U32 => out.uint(u64::from(word)),
        U64 => out.uint(wide),
        Hex64 => out.hex(wide),
        Ptr => out.address(wide),
        Show::Enum(table) => match table.name(u64::from(word)) {
            Some(name) => out.symbol(name),
            None => out.unknown(u64::from(word), table.unknown),
        },
        Show::Flags(table) => out.flags(table, u64::from(word)),
        Flags64(table) => out.flags(table, wide),
        Name => {
            let bytes = view.slice(at, 16).bytes;
            let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
            out.string(&bytes[..end], false);
        }
        Text(_) => match text {
            Some(blob) => out.string(blob.bytes, blob.status == Status::Cut),
            None => out.address(wide),
        },
        Data(_, len) => match text {
            Some(blob) => {
                let len = u64::from(view.u32(*len).unwrap_or(0));
                out.string(blob.bytes, (blob.bytes.len() as u64) < len);
            }
            None => out.address(wide),
        },
        Version => {
            let (major, minor, patch) = (word >> 16, word >> 8 & 0xff, word & 0xff);
            out.form(
                format_args!("KERNEL_VERSION({major}, {minor}, {patch})"),
                Plain::Text(&format!("{major}.{minor}.{patch}")),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, longs, words};

    #[test]
    fn members_end_where_the_caller_does() {
        check(
            "bpf",
            &[0, 0x1000, 20],
            4,
            &[(1, 0, &words(&[2, 4, 8, 4, 0]))],
            "bpf(BPF_MAP_CREATE, {map_type=BPF_MAP_TYPE_ARRAY, key_size=4, value_size=8, max_entries=4, \
             map_flags=0}, 20) = 4",
        );
        check(
            "bpf",
            &[3, 0x1000, 32],
            0,
            &[(1, 0, &longs(&[3, 0x10, 0, 1]))],
            "bpf(BPF_MAP_DELETE_ELEM, {map_fd=3, key=0x10, ...}, 32) = 0",
        );
        check("bpf", &[22, 0x1000, 4], 0, &[(1, 0, &words(&[3]))], "bpf(BPF_MAP_FREEZE, {map_fd=3}, 4) = 0");
    }

    #[test]
    fn pointers_to_strings_are_followed() {
        check(
            "bpf",
            &[17, 0x1000, 16],
            7,
            &[(1, 0, &longs(&[0x10, 6])), (1, 1, b"sys_enter")],
            "bpf(BPF_RAW_TRACEPOINT_OPEN, {raw_tracepoint={name=\"sys_enter\", prog_fd=6}}, 16) = 7",
        );
        let program =
            [words(&[1, 2]), longs(&[0x10, 0x20]), words(&[1, 256]), longs(&[0x30]), words(&[0x6_0c00, 0])];
        check(
            "bpf",
            &[5, 0x1000, 48],
            7,
            &[(1, 0, &program.concat()), (1, 1, b"GPL"), (1, 2, b"log")],
            "bpf(BPF_PROG_LOAD, {prog_type=BPF_PROG_TYPE_SOCKET_FILTER, insn_cnt=2, insns=0x10, license=\"GPL\", \
             log_level=1, log_size=256, log_buf=\"log\", kern_version=KERNEL_VERSION(6, 12, 0), prog_flags=0}, 48) = 7",
        );
        check(
            "bpf",
            &[28, 0x1000, 24],
            7,
            &[(1, 0, &words(&[6, 0, 41, 0, 5, 0]))],
            "bpf(BPF_LINK_CREATE, {link_create={prog_fd=6, target_fd=0, attach_type=BPF_PERF_EVENT, flags=0, \
             perf_event={bpf_cookie=0x5}}}, 24) = 7",
        );
    }
}
