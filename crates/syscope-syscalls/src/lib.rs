//! System-call tables and decoders for x86-64, arm64 and i386.
//!
//! ```text
//!   number --table--> Syscall --capture--> Program (what the kernel side reads)
//!                        |
//!   registers, blobs ----+--decode--> Sink (text, JSON, ...)
//! ```
//!
//! Everything here is a pure function of numbers and bytes: nothing reads a file, a clock or a process.
//! A fact stands in one place: the number of a call in [`table`], its name, class, arguments and types
//! in [`calls`], a constant's name in [`names`], a structure's members in [`structs`]. What the kernel
//! has to copy ([`capture`]) and what is shown ([`decode`]) both follow from these.
//!
//! Start with [`Call`] and [`decode::arguments`].

#![forbid(unsafe_code)]

pub mod calls;
pub mod capture;
pub mod decode;
pub mod fd;
pub mod layout;
pub mod names;
pub mod set;
pub mod sink;
pub mod structs;
pub mod syscall;
pub mod table;
pub mod taxonomy;
#[cfg(test)]
mod testing;

pub use sink::Sink;
pub use syscall::Syscall;

/// The most arguments a system call has.
pub const MAX_ARGS: usize = 6;

/// The calling convention of a call: which table its number belongs to and how wide its words are.
/// It is a property of the call, not of the process: 64-bit code can use `int 0x80`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Abi {
    /// 64-bit calls on x86.
    X86_64,
    /// 32-bit calls on x86 (`int 0x80`, `sysenter` and 32-bit programs).
    I386,
    /// 64-bit calls on arm64.
    Aarch64,
    /// 32-bit calls on arm64. There is no table for them: names and arguments are unknown.
    Arm,
}

impl Abi {
    /// Every ABI that has a table of numbers.
    pub const ALL: &'static [Abi] = &[Abi::X86_64, Abi::I386, Abi::Aarch64];

    /// Bytes in a machine word.
    pub const fn word(self) -> usize {
        match self {
            Abi::X86_64 | Abi::Aarch64 => 8,
            Abi::I386 | Abi::Arm => 4,
        }
    }

    /// The ABI of this machine's own 64-bit calls.
    pub const fn native() -> Abi {
        if cfg!(target_arch = "aarch64") { Abi::Aarch64 } else { Abi::X86_64 }
    }

    /// The ABI of 32-bit calls on a machine whose 64-bit calls are `self`.
    pub const fn compat(self) -> Abi {
        match self {
            Abi::X86_64 | Abi::I386 => Abi::I386,
            Abi::Aarch64 | Abi::Arm => Abi::Arm,
        }
    }

    /// The name in events: `x86_64`, `i386`, `aarch64`, `arm`.
    pub const fn name(self) -> &'static str {
        match self {
            Abi::X86_64 => "x86_64",
            Abi::I386 => "i386",
            Abi::Aarch64 => "aarch64",
            Abi::Arm => "arm",
        }
    }
}

/// One system call as it was recorded: registers, result, and copies of the caller's memory.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// The convention it was made by.
    pub abi: Abi,
    /// The number in that convention's table.
    pub nr: u32,
    /// The specification, where the table knows the number.
    pub syscall: Option<&'static Syscall>,
    /// The argument registers.
    pub args: [u64; MAX_ARGS],
    /// What the kernel returned; `None` if the call did not return.
    pub ret: Option<i64>,
    /// The copies, by argument and part.
    pub blobs: Blobs<'a>,
}

impl<'a> Call<'a> {
    /// Whether it returned without an error.
    pub fn ok(&self) -> bool {
        self.ret.is_some_and(|ret| !is_error(ret))
    }

    /// The error number, if it returned one (also the kernel-internal restart codes above 511).
    pub fn errno(&self) -> Option<u16> {
        self.ret.filter(|ret| is_error(*ret)).map(|ret| (-ret) as u16)
    }

    /// Part `part` of what was copied for argument `arg` (6: for the result).
    pub fn blob(&self, arg: usize, part: usize) -> Option<Blob<'a>> {
        self.blobs.find(arg as u8, part as u8)
    }
}

/// Whether a result is an error: only `-4095..=-1` are (`MAX_ERRNO` in `include/linux/err.h`).
pub const fn is_error(ret: i64) -> bool {
    ret < 0 && ret >= -4095
}

/// The copies that came with a call: a run of blobs, each a header of 8 bytes (`arg`, `part`, `status`,
/// zero, then the length as `u32`) and its bytes padded to a multiple of 8.
#[derive(Debug, Clone, Copy, Default)]
pub struct Blobs<'a>(pub &'a [u8]);

/// How completely memory was copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// All of it.
    Complete,
    /// The first bytes; a limit cut the rest.
    Cut,
    /// The memory could not be read; what was readable before it is there.
    Fault,
}

/// One copy of the caller's memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blob<'a> {
    /// The bytes.
    pub bytes: &'a [u8],
    /// Whether they are all.
    pub status: Status,
}

/// Bytes of a blob's header.
pub const BLOB_HEADER: usize = 8;

impl<'a> Blobs<'a> {
    /// The blob of `arg` and `part`.
    pub fn find(&self, arg: u8, part: u8) -> Option<Blob<'a>> {
        self.iter().find(|(a, p, _)| *a == arg && *p == part).map(|(_, _, blob)| blob)
    }

    /// All blobs as `(arg, part, blob)`. A malformed tail ends the iteration.
    pub fn iter(&self) -> impl Iterator<Item = (u8, u8, Blob<'a>)> + use<'a> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let header: &[u8; BLOB_HEADER] = rest.first_chunk()?;
            let len = u32::from_le_bytes([header[4], header[5], header[6], header[7]]) as usize;
            let bytes = rest.get(BLOB_HEADER..BLOB_HEADER.checked_add(len)?)?;
            let status = match header[2] {
                0 => Status::Complete,
                1 => Status::Cut,
                _ => Status::Fault,
            };
            let (arg, part) = (header[0], header[1]);
            rest = rest.get(BLOB_HEADER + layout::align_up(len, 8)..).unwrap_or(&[]);
            Some((arg, part, Blob { bytes, status }))
        })
    }

    /// Appends a blob to `to` in the wire form; for tests and for recorders that are not the kernel.
    pub fn push(to: &mut Vec<u8>, arg: u8, part: u8, status: Status, bytes: &[u8]) {
        to.extend([arg, part, status as u8, 0]);
        to.extend((bytes.len() as u32).to_le_bytes());
        to.extend(bytes);
        to.resize(layout::align_up(to.len(), 8), 0);
    }
}
