//! Layouts of the structures that system calls take: C's rules, for a 64-bit and a 32-bit caller.
//!
//! A [`Struct`] lists its fields in order; offsets follow from the ABI's sizes and alignments, so a
//! structure is written down once for both widths.

use crate::Abi;
use crate::syscall::Ty;

/// A primitive C type, or an aggregate of them.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs, reason = "the names are the C types")]
pub enum Prim {
    I8,
    U8,
    I16,
    U16,
    I32,
    U32,
    I64,
    U64,
    /// `long`: 4 or 8 bytes, signed.
    Long,
    /// `unsigned long`: 4 or 8 bytes.
    ULong,
    /// A pointer: 4 or 8 bytes.
    Ptr,
    /// Big-endian `u16` (a port).
    Be16,
    /// `char[n]` holding a NUL-terminated string.
    Chars(u16),
    /// A structure inside the structure.
    Sub(&'static Struct),
    /// `n` elements.
    Array(u16, &'static Item),
}

/// One field.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// The member's name.
    pub name: &'static str,
    /// Its C type.
    pub prim: Prim,
    /// How it is shown (scalars only; aggregates show themselves).
    pub ty: Ty,
    /// Whether it is left out of the text (padding, fields strace abbreviates away).
    pub hidden: bool,
}

/// A field that is shown.
pub const fn f(name: &'static str, prim: Prim, ty: Ty) -> Field {
    Field { name, prim, ty, hidden: false }
}

/// A field that takes space and is not shown.
pub const fn pad(prim: Prim) -> Field {
    Field { name: "", prim, ty: Ty::Absent, hidden: true }
}

/// A structure.
#[derive(Debug)]
pub struct Struct {
    /// The name of the C type.
    pub name: &'static str,
    /// The fields in order.
    pub fields: &'static [Field],
    /// Shows the structure in place of the general printer.
    pub print: Option<fn(&mut crate::decode::Cx<'_, '_>, View<'_>)>,
    /// Whether the text closes with `...` because fields were left out (strace's abbreviation).
    pub abbreviated: bool,
}

/// A structure that is shown field by field.
pub const fn plain(name: &'static str, fields: &'static [Field]) -> Struct {
    Struct { name, fields, print: None, abbreviated: false }
}

/// An element of an array or the target of a pointer.
#[derive(Debug, Clone, Copy)]
pub enum Item {
    /// A scalar with its C type.
    Scalar(Prim, Ty),
    /// A structure.
    Struct(&'static Struct),
}

impl Item {
    /// Size in bytes.
    pub fn size(&self, abi: Abi) -> usize {
        match self {
            Item::Scalar(prim, _) => prim.size(abi),
            Item::Struct(layout) => layout.size(abi),
        }
    }
}

impl Prim {
    /// Size in bytes.
    pub fn size(&self, abi: Abi) -> usize {
        match self {
            Prim::I8 | Prim::U8 => 1,
            Prim::I16 | Prim::U16 | Prim::Be16 => 2,
            Prim::I32 | Prim::U32 => 4,
            Prim::I64 | Prim::U64 => 8,
            Prim::Long | Prim::ULong | Prim::Ptr => abi.word(),
            Prim::Chars(n) => *n as usize,
            Prim::Sub(layout) => layout.size(abi),
            Prim::Array(n, item) => *n as usize * item.size(abi),
        }
    }

    /// Alignment in bytes. On i386 a 64-bit integer aligns to 4.
    pub fn align(&self, abi: Abi) -> usize {
        match self {
            Prim::I64 | Prim::U64 => abi.word(),
            Prim::Chars(_) => 1,
            Prim::Sub(layout) => layout.align(abi),
            Prim::Array(_, Item::Scalar(prim, _)) => prim.align(abi),
            Prim::Array(_, Item::Struct(layout)) => layout.align(abi),
            other => other.size(abi),
        }
    }

    /// Whether the value is signed.
    pub fn signed(&self) -> bool {
        matches!(self, Prim::I8 | Prim::I16 | Prim::I32 | Prim::I64 | Prim::Long)
    }
}

impl Struct {
    /// Size in bytes, trailing padding included.
    pub fn size(&self, abi: Abi) -> usize {
        let mut end = 0;
        for field in self.fields {
            end = align_up(end, field.prim.align(abi)) + field.prim.size(abi);
        }
        align_up(end, self.align(abi))
    }

    /// The largest alignment of a field.
    pub fn align(&self, abi: Abi) -> usize {
        self.fields.iter().map(|field| field.prim.align(abi)).max().unwrap_or(1)
    }

    /// The offset of the field called `name`.
    pub fn offset(&self, abi: Abi, name: &str) -> Option<usize> {
        let mut end = 0;
        for field in self.fields {
            let start = align_up(end, field.prim.align(abi));
            if field.name == name {
                return Some(start);
            }
            end = start + field.prim.size(abi);
        }
        None
    }
}

/// Rounds `at` up to a multiple of `align`.
pub const fn align_up(at: usize, align: usize) -> usize {
    at.div_ceil(align) * align
}

/// Bytes of the caller's memory, read by its ABI. Little-endian, as every ABI here is; what lies
/// beyond the captured bytes reads as `None`.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The call's ABI.
    pub abi: Abi,
    /// The captured bytes.
    pub bytes: &'a [u8],
}

impl<'a> View<'a> {
    /// The unsigned value of `size` bytes (1, 2, 4 or 8) at `at`.
    pub fn unsigned(&self, at: usize, size: usize) -> Option<u64> {
        let bytes = self.bytes.get(at..at.checked_add(size)?)?;
        let mut word = [0; 8];
        word[..size].copy_from_slice(bytes);
        Some(u64::from_le_bytes(word))
    }

    /// A `u16`.
    pub fn u16(&self, at: usize) -> Option<u16> {
        self.unsigned(at, 2).map(|value| value as u16)
    }

    /// A `u32`.
    pub fn u32(&self, at: usize) -> Option<u32> {
        self.unsigned(at, 4).map(|value| value as u32)
    }

    /// An `i32`.
    pub fn i32(&self, at: usize) -> Option<i32> {
        self.u32(at).map(|value| value as i32)
    }

    /// A `u64`.
    pub fn u64(&self, at: usize) -> Option<u64> {
        self.unsigned(at, 8)
    }

    /// A machine word, zero-extended.
    pub fn word(&self, at: usize) -> Option<u64> {
        self.unsigned(at, self.abi.word())
    }

    /// A machine word, sign-extended.
    pub fn long(&self, at: usize) -> Option<i64> {
        let value = self.word(at)?;
        Some(if self.abi.word() == 4 { i64::from(value as i32) } else { value as i64 })
    }

    /// The bytes from `at` on, at most `len` of them.
    pub fn slice(&self, at: usize, len: usize) -> View<'a> {
        let start = at.min(self.bytes.len());
        let end = start.saturating_add(len).min(self.bytes.len());
        View { abi: self.abi, bytes: &self.bytes[start..end] }
    }
}
