//! Named values: the constants a number in a system call stands for.
//!
//! An [`Enum`] is one value out of many (`SEEK_SET`), a [`Flags`] is a word of bits, some of which may
//! form enumerated fields (`O_RDONLY` is the zero of the two access-mode bits). Tables are plain data,
//! one file per topic; [`Enum::values`] is sorted by value so that a look-up is a binary search.

/// Values of which a word is exactly one.
#[derive(Debug)]
pub struct Enum {
    /// What an unknown value is marked with, e.g. `"SEEK_???"`.
    pub unknown: &'static str,
    /// `(value, name)`, ascending by value, one name per value (the one strace prints).
    pub values: &'static [(u64, &'static str)],
}

/// Bits of which a word is a set.
#[derive(Debug)]
pub struct Flags {
    /// What a word without any known bit is marked with, e.g. `"O_???"`.
    pub unknown: &'static str,
    /// The name of the empty set, or `""` where it has none and is shown as `0`.
    pub zero: &'static str,
    /// Enumerated fields inside the word, shown before the bits.
    pub fields: &'static [BitField],
    /// `(bits, name)` in the order they are shown; an entry of several bits matches only when all are
    /// set, so it stands before its parts.
    pub bits: &'static [(u64, &'static str)],
}

/// An enumerated field inside a flag word: `word & mask` is one of `values`.
#[derive(Debug)]
pub struct BitField {
    /// The bits of the field.
    pub mask: u64,
    /// `(value, name)`; the value zero may be listed and is then always shown.
    pub values: &'static [(u64, &'static str)],
}

impl Enum {
    /// The name of `value`, if it has one.
    pub fn name(&self, value: u64) -> Option<&'static str> {
        self.values.binary_search_by_key(&value, |entry| entry.0).ok().map(|at| self.values[at].1)
    }

    /// The value called `name`.
    pub fn value(&self, name: &str) -> Option<u64> {
        self.values.iter().find(|entry| entry.1 == name).map(|entry| entry.0)
    }
}

impl Flags {
    /// Calls `show` with each name in `word`, in order, and returns the bits that no name covers.
    pub fn split(&self, word: u64, mut show: impl FnMut(&'static str)) -> u64 {
        let mut rest = word;
        for field in self.fields {
            let value = word & field.mask;
            if let Some(entry) = field.values.iter().find(|entry| entry.0 == value) {
                show(entry.1);
                rest &= !field.mask;
            }
        }
        for &(bits, name) in self.bits {
            if rest & bits == bits {
                show(name);
                rest &= !bits;
                if rest == 0 {
                    break;
                }
            }
        }
        rest
    }
}

pub mod bpf;
pub mod errno;
pub mod file;
pub mod futex;
pub mod io;
pub mod ioctl;
pub mod ipc;
pub mod keys;
pub mod link;
pub mod memory;
pub mod mount;
pub mod net;
pub mod netlink;
pub mod perf;
pub mod poll;
pub mod prctl;
pub mod process;
pub mod ptrace;
pub mod signal;
pub mod sockopt;
pub mod system;
pub mod terminal;
pub mod time;

#[cfg(test)]
mod tests {
    use super::*;

    static LISTS: &[&[&Enum]] = &[
        bpf::ALL_ENUMS,
        file::ALL_ENUMS,
        futex::ALL_ENUMS,
        io::ALL_ENUMS,
        ioctl::ALL_ENUMS,
        ipc::ALL_ENUMS,
        keys::ALL_ENUMS,
        link::ALL_ENUMS,
        memory::ALL_ENUMS,
        mount::ALL_ENUMS,
        net::ALL_ENUMS,
        netlink::ALL_ENUMS,
        perf::ALL_ENUMS,
        poll::ALL_ENUMS,
        prctl::ALL_ENUMS,
        process::ALL_ENUMS,
        ptrace::ALL_ENUMS,
        signal::ALL_ENUMS,
        sockopt::ALL_ENUMS,
        system::ALL_ENUMS,
        time::ALL_ENUMS,
    ];

    #[test]
    fn values_ascend() {
        for list in LISTS.iter().flat_map(|list| list.iter()) {
            for pair in list.values.windows(2) {
                assert!(pair[0].0 < pair[1].0, "{} before {}", pair[0].1, pair[1].1);
            }
        }
    }

    #[test]
    fn names_are_found() {
        assert_eq!(file::SEEK_WHENCE.name(2), Some("SEEK_END"));
        assert_eq!(file::SEEK_WHENCE.value("SEEK_END"), Some(2));
        assert_eq!(ioctl::IOCTL_REQUEST.name(0x5401), Some("TCGETS"));
    }

    #[test]
    fn composites_precede_their_parts() {
        let mut names = Vec::new();
        let rest = file::OPEN_FLAGS.split(0o4010002 | 0o20200000, |name| names.push(name));
        assert_eq!((names.as_slice(), rest), (["O_RDWR", "O_SYNC", "O_TMPFILE"].as_slice(), 0));
    }
}
