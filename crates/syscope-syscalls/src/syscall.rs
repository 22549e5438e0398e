//! What one system call is: its name, its place in the taxonomy, its arguments and its result.
//!
//! Specifications ([`Syscall`]) do not depend on a machine; numbers do and live in [`crate::table`].

use crate::capture::Op;
use crate::decode::Cx;
use crate::layout::{Item, Struct};
use crate::names::{Enum, Flags};
use crate::taxonomy::{Group, Sets};
use crate::{Abi, Call};

/// The specification of one system call.
#[derive(Debug)]
pub struct Syscall {
    /// The name without `sys_`, as strace and man pages spell it.
    pub name: &'static str,
    /// The group of the taxonomy; it implies the class.
    pub group: Group,
    /// The `%class` sets of strace that it belongs to.
    pub sets: Sets,
    /// The arguments in order.
    pub args: &'static [Arg],
    /// What the result means.
    pub ret: Ret,
    /// Shows what the call takes from elsewhere than its arguments: the mask that `rt_sigreturn` restores,
    /// the call that `restart_syscall` resumes. It comes as part 0 of argument 0.
    pub prelude: Option<fn(cx: &mut Cx<'_, '_>)>,
}

impl Syscall {
    /// The same with a [`Syscall::prelude`].
    pub const fn prelude(mut self, show: fn(cx: &mut Cx<'_, '_>)) -> Syscall {
        self.prelude = Some(show);
        self
    }
}

/// One argument of a system call.
#[derive(Debug)]
pub struct Arg {
    /// The name in the man page.
    pub name: &'static str,
    /// The C type as the kernel declares it (`events/syscalls/*/format` in tracefs).
    pub ctype: &'static str,
    /// How it is captured and shown.
    pub ty: Ty,
}

/// Builds an [`Arg`]; short because there are a thousand of them.
pub const fn a(name: &'static str, ctype: &'static str, ty: Ty) -> Arg {
    Arg { name, ctype, ty }
}

/// Builds a [`Syscall`].
pub const fn call(name: &'static str, group: Group, sets: Sets, ret: Ret, args: &'static [Arg]) -> Syscall {
    Syscall { name, group, sets, args, ret, prelude: None }
}

/// How a value is captured in the kernel and shown to a person.
///
/// Scalars read the register (or the field of a structure, whose [`crate::layout::Prim`] then gives
/// width and sign). Pointers are followed by the capture program that [`crate::capture`] derives from
/// the same value; one that could not be read is shown as its address.
#[derive(Debug, Clone, Copy)]
pub enum Ty {
    /// `int`: the low 32 bits, signed, decimal.
    Int,
    /// `unsigned int`: the low 32 bits, decimal.
    UInt,
    /// `long`: a machine word, signed, decimal.
    Long,
    /// `unsigned long`, `size_t`: a machine word, decimal.
    ULong,
    /// A word in hexadecimal (`0` stays `0`).
    Hex,
    /// A pointer that is not followed: `0x7f...` or `NULL`.
    Addr,
    /// A file descriptor.
    Fd,
    /// A directory descriptor, `AT_FDCWD` included.
    DirFd,
    /// Permission bits in octal: `0644`.
    Perm,
    /// A file mode: `S_IFREG|0644`.
    Mode,
    /// A user or group id; the low 32 bits, `-1` for "leave as is".
    Id,
    /// A process, thread, group or session id (signed 32 bits).
    Pid,
    /// A signal number by name; 0 stays 0.
    Signal,
    /// A device number: `makedev(0x8, 0x1)`.
    Dev,
    /// One of many (the low 32 bits).
    Enum(&'static Enum),
    /// A set of bits.
    Flags(&'static Flags),
    /// A set of bits whose meaning depends on the machine.
    FlagsBy(fn(Abi) -> &'static Flags),
    /// A NUL-terminated path; never cut at the string limit.
    Path,
    /// A NUL-terminated string; cut at the string limit.
    Str,
    /// A NULL-terminated vector of strings (`argv`).
    Strings,
    /// A buffer shown as a string.
    Bytes(Len),
    /// A pointer to one structure.
    Struct(&'static Struct),
    /// A pointer to that many elements.
    Array(&'static Item, Len),
    /// A vector of buffers: the argument holding the count, and how much of the data is meaningful
    /// ([`Len::All`] for writes, [`Len::Ret`] for reads).
    Iovec(u8, Len),
    /// A socket address of that length.
    Sockaddr(Len),
    /// A pointer to one scalar, shown as `[value]`.
    Ref(&'static Item),
    /// A pointer that the kernel writes through: followed only when the call succeeded.
    Out(&'static Ty),
    /// The type depends on another argument.
    ByArg(&'static ByArg),
    /// Shown only when the predicate holds; otherwise the argument is not there (`open` without
    /// `O_CREAT` has no mode).
    When(fn(&Call<'_>) -> bool, &'static Ty),
    /// Not an argument of this call: it and all after it are not shown.
    Absent,
    /// Not shown, but those after it are (an argument that the chosen operation ignores).
    Skip,
    /// Shown by a function of its own.
    Custom(&'static Custom),
    /// The same for this argument and all after it: the printer announces them itself by
    /// [`crate::Sink::arg`] or [`crate::Sink::named`], so it chooses order and form.
    Rest(&'static Custom),
}

/// A type chosen by the value of another argument (`fcntl`'s third by its second).
#[derive(Debug)]
pub struct ByArg {
    /// The choosing argument. All [`ByArg`] of one call choose by the same argument and mask.
    pub arg: u8,
    /// The bits of it that count.
    pub mask: u64,
    /// `(value, type)`.
    pub table: &'static [(u64, Ty)],
    /// Where the table has no entry.
    pub otherwise: Ty,
}

impl ByArg {
    /// The type for `value` of the choosing argument.
    pub fn choose(&self, value: u64) -> Ty {
        let value = value & self.mask;
        self.table.iter().find(|entry| entry.0 == value).map_or(self.otherwise, |entry| entry.1)
    }
}

/// A capture program and a printer written for one argument.
#[derive(Debug)]
pub struct Custom {
    /// The memory to read, for the given call ABI; [`Op::arg`] is filled in by the compiler.
    /// Parts are numbered by position.
    pub capture: fn(abi: Abi) -> Vec<Op>,
    /// Shows the argument with this index.
    pub print: fn(cx: &mut Cx<'_, '_>, arg: usize),
}

/// The number of elements (or bytes) behind a pointer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Len {
    /// Always that many.
    Const(u16),
    /// The value of that argument.
    Arg(u8),
    /// The result of the call.
    Ret,
    /// The `socklen_t` (32 bits) that this argument points to, as it stands at the exit.
    At(u8),
    /// No limit but the capture's own.
    All,
}

/// What a result means.
#[derive(Debug, Clone, Copy)]
pub enum Ret {
    /// A number, 0 for success.
    Int,
    /// A file descriptor.
    Fd,
    /// An address or a word of bits, in hexadecimal.
    Hex,
    /// Permission bits in octal (`umask`).
    Octal,
    /// A process id.
    Pid,
    /// Shown by a function: it writes the value and any details after it (`1 ([{fd=3, revents=POLLIN}])`).
    /// Called only for calls that returned without an error. `parts` of capture index 6 are its own.
    Custom(&'static Custom),
    /// The call does not return.
    Never,
}
