//! The records as they lie in a ring. Structures are generated from the object's type information; the
//! enumerations, which that information does not keep, are compared with `intf.h` by a test.

use std::mem;

pub use crate::skel::types::{
    capture_entry as CaptureEntry, capture_op as CaptureOp, capture_program as CaptureProgram,
    capture_variant as CaptureVariant, cgroup_entry as CgroupEntry, cgroup_key as CgroupKey,
    count as CountValue, count_key as CountKey, event as RawEvent, filter as Filter,
    histogram as HistogramValue, job as JobValue, job_stats as JobStatsValue, stats as Stats,
    task_state as TaskState,
};

/// Bytes of a record before its blobs.
pub const EVENT_BYTES: usize = mem::size_of::<RawEvent>();

macro_rules! constants {
    ($(#[$doc:meta])* $name:ident $prefix:literal { $($constant:ident = $value:expr,)* }) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name;

        #[allow(missing_docs, reason = "documented in intf.h")]
        impl $name {
            $(pub const $constant: u32 = $value;)*

            /// `(enumerator in intf.h, value)`.
            #[cfg(test)]
            const ALL: &[(&str, u32)] = &[$((concat!($prefix, stringify!($constant)), $value),)*];
        }
    };
}

constants! {
    /// `enum event_type`.
    EventType "EVENT_" { SYSCALL = 1, PROCESS = 2, EXIT = 3, LOG = 4, PROGRAM = 5, AREA = 6, CGROUP = 7, }
}
constants! {
    /// `enum event_flags`.
    EventFlags "EVENT_" { HAS_LATENCY = 1 << 0, NO_ENTRY = 1 << 1, NO_RETURN = 1 << 2, EXEC = 1 << 3, IN_PROGRESS = 1 << 5, ENTERING = 1 << 6, UNDECIDED = 1 << 7, }
}
constants! {
    /// `enum filter_by`.
    FilterBy "FILTER_" {
        TREE = 1 << 0, PID_NS = 1 << 1, CGROUP = 1 << 2, UID = 1 << 3, COMM = 1 << 4, OK = 1 << 5,
        FAILED = 1 << 6, ERRNO = 1 << 7, LATENCY = 1 << 8, CONTAINERS = 1 << 9,
    }
}
constants! {
    /// `enum blob_tag`.
    BlobTag "BLOB_" { PROCESS = 16, EXE = 17, CWD = 18, EXEC = 19, FILENAME = 20, INTERPRETER = 21, CGROUP_NAME = 22, }
}
constants! {
    /// `enum area`.
    Area "AREA_" { ARGS = 1, ENV = 2, }
}
constants! {
    /// `enum task_traced`.
    TaskTraced "TASK_" { UNTRACED = 0, TRACED = 1, ARMED = 2, }
}
constants! {
    /// `enum log_code`.
    LogCode "LOG_" { TASK_STORAGE_FULL = 1, }
}
constants! {
    /// `enum cgroup_change`.
    CgroupChange "CGROUP_" { CREATED = 1, POPULATED = 2, EMPTIED = 3, RENAMED = 4, ATTACHED = 5, REMOVED = 6, }
}
constants! {
    /// The limits.
    Limit "" { SYSCALLS_MAX = 512, OPS_MAX = 16, PROGRAMS_MAX = 2048, STRINGS_MAX = 64, IOVEC_MAX = 32, CGROUPS_MAX = 65536,
        ENTERING_MAX = 16384, JOBS_MAX = 64, COUNTS_MAX = 65536, HISTOGRAMS_MAX = 32768, HISTOGRAM_BUCKETS = 40,
    }
}

/// Whether the call of a record was made by the 32-bit convention (`ABI_COMPAT`).
pub const ABI_COMPAT: u8 = 1;

/// A record: the fixed part and the blobs behind it.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// The fixed part.
    pub event: RawEvent,
    /// The copies of memory.
    pub blobs: &'a [u8],
}

impl<'a> Record<'a> {
    /// Reads a record; `None` if the bytes are too few.
    pub fn parse(bytes: &'a [u8]) -> Option<Record<'a>> {
        let (head, blobs) = bytes.split_at_checked(EVENT_BYTES)?;
        // SAFETY: `head` has the size of the structure, every field is an integer and any bits are a value
        // of it; `read_unaligned` asks for no alignment.
        let event = unsafe { head.as_ptr().cast::<RawEvent>().read_unaligned() };
        Some(Record { event, blobs })
    }
}

/// The time of a record without reading the rest of it.
pub(crate) fn time(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTF: &str = include_str!("bpf/intf.h");

    /// The value that `intf.h` gives a name, by `#define NAME value` or `NAME = value,`.
    fn value(name: &str) -> Option<u32> {
        INTF.lines().find_map(|line| {
            let line = line.trim();
            let rest = line.strip_prefix("#define ").unwrap_or(line).strip_prefix(name)?;
            let text = rest.trim_start().trim_start_matches("= ");
            let text = text.split([',', '/']).next()?.trim();
            match text.split_once("<<") {
                Some((left, right)) => {
                    Some(left.trim().parse::<u32>().ok()? << right.trim().parse::<u32>().ok()?)
                }
                None => text.parse().ok(),
            }
        })
    }

    #[test]
    fn enumerations_are_those_of_the_header() {
        let all = [
            EventType::ALL,
            EventFlags::ALL,
            FilterBy::ALL,
            BlobTag::ALL,
            TaskTraced::ALL,
            Area::ALL,
            LogCode::ALL,
            CgroupChange::ALL,
            Limit::ALL,
        ];
        for &(name, ours) in all.iter().copied().flatten() {
            assert_eq!(value(name), Some(ours), "{name}");
        }
        assert_eq!(value("ABI_COMPAT"), Some(u32::from(ABI_COMPAT)));
    }

    #[test]
    fn capture_codes_are_those_of_the_header() {
        use syscope_syscalls::capture::{Kind, MAX_OPS, Operand};
        for (name, ours) in [
            ("CAPTURE_STRING", Kind::String as u32),
            ("CAPTURE_BYTES", Kind::Bytes as u32),
            ("CAPTURE_STRINGS", Kind::Strings as u32),
            ("CAPTURE_IOVEC", Kind::Iovec as u32),
            ("CAPTURE_FD", Kind::Fd as u32),
            ("CAPTURE_DIRENTS", Kind::Dirents as u32),
            ("OPERAND_RET", Operand::Ret.code().into()),
            ("OPERAND_ONE", Operand::One.code().into()),
            ("OPERAND_WORD", Operand::Word.code().into()),
            ("OPERAND_WORD32", Operand::Word32.code().into()),
            ("OPERAND_AT", Operand::At(0).code().into()),
            ("OPERAND_NONE", Operand::None.code().into()),
            ("OPS_MAX", MAX_OPS as u32),
        ] {
            assert_eq!(value(name), Some(ours), "{name}");
        }
    }

    #[test]
    fn a_short_record_is_no_record() {
        assert!(Record::parse(&[0; EVENT_BYTES - 1]).is_none());
        assert!(Record::parse(&[0; EVENT_BYTES]).is_some());
    }
}
