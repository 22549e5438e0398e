//! Capture programs: which memory of the caller the kernel side copies for a system call.
//!
//! A program is a list of [`Op`]s derived from the argument types of a [`Syscall`], so that what is
//! read and what is shown can't disagree. The kernel program interprets it at the exit of the call
//! (`capture.bpf.h` in syscope-bpf) and appends one blob per op that read something.

use crate::syscall::{Len, Syscall, Ty};
use crate::{Abi, MAX_ARGS};

/// What an [`Op`] reads. The values are the kernel side's (`enum capture_kind` in `intf.h`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    /// A NUL-terminated string.
    String = 1,
    /// `count * size` bytes.
    Bytes = 2,
    /// A NULL-terminated vector of strings: per string a `u32` of length and status, then its bytes.
    Strings = 3,
    /// A vector of buffers: per element base and length (`u64` each), the captured length (`u32`), data.
    Iovec = 4,
    /// What a file descriptor refers to.
    Fd = 5,
    /// How many directory entries lie in `count` bytes (`u32`); `size` is the offset of an entry's length.
    Dirents = 6,
}

/// Where an operand of an [`Op`] comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operand {
    /// An argument register.
    Arg(u8),
    /// The result.
    Ret,
    /// The constant 1.
    One,
    /// A machine word inside the last record read by an op with [`Op::base`], at the op's offset.
    Word,
    /// A 32-bit field inside that record.
    Word32,
    /// The 32-bit word that an argument points to.
    At(u8),
    /// No bound.
    None,
}

impl Operand {
    /// The encoding on the wire.
    pub const fn code(self) -> u8 {
        match self {
            Operand::Arg(n) => n,
            Operand::Ret => 6,
            Operand::One => 7,
            Operand::Word => 8,
            Operand::Word32 => 9,
            Operand::At(n) => 16 + n,
            Operand::None => 255,
        }
    }
}

/// When an [`Op`] is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum When {
    /// Always.
    Always,
    /// Only if the call did not fail.
    Ok,
    /// Only if the result is greater than this.
    RetAbove(u8),
    /// Only if the op's `total` operand is greater than this (elements of an array, one op each).
    TotalAbove(u8),
    /// Only if the call failed.
    Failed,
}

/// One read of the caller's memory. At most [`MAX_OPS`] make a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Op {
    /// What is read.
    pub kind: Kind,
    /// The argument the blob belongs to (6: the result).
    pub arg: u8,
    /// Which of the argument's parts it is.
    pub part: u8,
    /// When it is read.
    pub when: When,
    /// The address (for [`Kind::Fd`] the descriptor).
    pub ptr: Operand,
    /// For [`Operand::Word`] the field's offset in the base record; otherwise added to the address.
    pub ptr_off: u16,
    /// The number of elements.
    pub count: Operand,
    /// For [`Operand::Word`] and [`Operand::Word32`]: the field's offset.
    pub count_off: u16,
    /// A bound for the bytes of data in total ([`Kind::Iovec`]), or the operand of [`When::TotalAbove`].
    pub total: Operand,
    /// Bytes per element.
    pub size: u16,
    /// At most so many bytes are read; 0 stands for the run's string limit.
    pub limit: u16,
    /// Whether later ops take [`Operand::Word`] from this record (its first 128 bytes).
    pub base: bool,
}

/// The most ops a program has.
pub const MAX_OPS: usize = 16;
/// The longest path, with its NUL (`PATH_MAX`).
pub const PATH_MAX: u16 = 4096;
/// The most bytes of a structure or array that are copied.
pub const RECORD_MAX: u16 = 4096;

impl Op {
    const fn new(kind: Kind, ptr: Operand) -> Op {
        Op {
            kind,
            arg: 0,
            part: 0,
            when: When::Always,
            ptr,
            ptr_off: 0,
            count: Operand::One,
            count_off: 0,
            total: Operand::None,
            size: 1,
            limit: RECORD_MAX,
            base: false,
        }
    }

    /// A NUL-terminated string; `limit` 0 is the string limit.
    pub const fn string(ptr: Operand, limit: u16) -> Op {
        let mut op = Op::new(Kind::String, ptr);
        op.limit = limit;
        op
    }

    /// One record of `size` bytes.
    pub const fn record(ptr: Operand, size: u16) -> Op {
        let mut op = Op::new(Kind::Bytes, ptr);
        op.size = size;
        op
    }

    /// `count` elements of `size` bytes, at most `limit` bytes.
    pub const fn array(ptr: Operand, count: Operand, size: u16, limit: u16) -> Op {
        let mut op = Op::new(Kind::Bytes, ptr);
        op.count = count;
        op.size = size;
        op.limit = limit;
        op
    }

    /// A vector of buffers; `total` bounds the data (the result of a read).
    pub const fn iovec(ptr: Operand, count: Operand, total: Operand) -> Op {
        let mut op = Op::new(Kind::Iovec, ptr);
        op.count = count;
        op.total = total;
        op.limit = 0;
        op
    }

    /// A vector of strings.
    pub const fn strings(ptr: Operand) -> Op {
        let mut op = Op::new(Kind::Strings, ptr);
        op.limit = 0;
        op
    }

    /// The number of directory entries in `count` bytes; `length_at` is the offset of an entry's length.
    pub const fn dirents(ptr: Operand, count: Operand, length_at: u16) -> Op {
        let mut op = Op::new(Kind::Dirents, ptr);
        op.count = count;
        op.size = length_at;
        op
    }

    /// What a descriptor refers to.
    pub const fn fd(fd: Operand) -> Op {
        Op::new(Kind::Fd, fd)
    }

    /// The same, only when the call succeeded.
    pub const fn if_ok(mut self) -> Op {
        self.when = When::Ok;
        self
    }

    /// The same, under another condition.
    pub const fn when(mut self, when: When) -> Op {
        self.when = when;
        self
    }

    /// The same, as the base record of the ops that follow.
    pub const fn base(mut self) -> Op {
        self.base = true;
        self
    }

    /// The same with the offset of the pointer (see [`Op::ptr_off`]).
    pub const fn at(mut self, offset: u16) -> Op {
        self.ptr_off = offset;
        self
    }

    /// The same with the offset of the count field.
    pub const fn count_at(mut self, offset: u16) -> Op {
        self.count_off = offset;
        self
    }

    /// The same with a total operand.
    pub const fn total(mut self, total: Operand) -> Op {
        self.total = total;
        self
    }
}

/// What [`program`] includes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Options {
    /// Whether file descriptors are resolved.
    pub fds: bool,
}

/// The capture program of a system call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Program {
    /// The ops where no variant applies.
    pub ops: Vec<Op>,
    /// The argument and the mask that choose a variant.
    pub selector: Option<(u8, u64)>,
    /// Whole programs by the selector's value.
    pub variants: Vec<(u64, Vec<Op>)>,
}

/// Compiles the capture program of `syscall` for calls of `abi`.
pub fn program(syscall: &Syscall, abi: Abi, options: Options) -> Program {
    let mut program = Program::default();
    for arg in syscall.args {
        if let Some(by) = choice(&arg.ty) {
            program.selector = Some((by.arg, by.mask));
        }
    }
    program.ops = compile(syscall, abi, options, None);
    if let Some((_, mask)) = program.selector {
        let mut values: Vec<u64> = Vec::new();
        for arg in syscall.args {
            if let Some(by) = choice(&arg.ty) {
                values.extend(by.table.iter().map(|entry| entry.0 & mask));
            }
        }
        values.sort_unstable();
        values.dedup();
        for value in values {
            let ops = compile(syscall, abi, options, Some(value));
            if ops != program.ops {
                program.variants.push((value, ops));
            }
        }
    }
    program
}

fn choice(ty: &Ty) -> Option<&'static crate::syscall::ByArg> {
    match ty {
        Ty::ByArg(by) => Some(by),
        Ty::When(_, inner) | Ty::Out(inner) => choice(inner),
        _ => None,
    }
}

fn compile(syscall: &Syscall, abi: Abi, options: Options, selected: Option<u64>) -> Vec<Op> {
    let mut ops = Vec::new();
    for (index, arg) in syscall.args.iter().enumerate().take(MAX_ARGS) {
        let start = ops.len();
        emit(&arg.ty, index as u8, abi, options, selected, When::Always, &mut ops);
        number(&mut ops[start..], index as u8);
    }
    let start = ops.len();
    match syscall.ret {
        crate::syscall::Ret::Custom(custom) => ops.extend((custom.capture)(abi)),
        crate::syscall::Ret::Fd if options.fds => ops.push(Op::fd(Operand::Ret).if_ok()),
        _ => {}
    }
    number(&mut ops[start..], MAX_ARGS as u8);
    debug_assert!(ops.len() <= MAX_OPS, "{} needs {} capture ops", syscall.name, ops.len());
    ops.truncate(MAX_OPS);
    ops
}

fn number(ops: &mut [Op], arg: u8) {
    for (part, op) in ops.iter_mut().enumerate() {
        op.arg = arg;
        op.part = part as u8;
    }
}

fn emit(ty: &Ty, arg: u8, abi: Abi, options: Options, selected: Option<u64>, when: When, ops: &mut Vec<Op>) {
    let ptr = Operand::Arg(arg);
    let op = match *ty {
        Ty::Path => Op::string(ptr, PATH_MAX),
        Ty::Str => Op::string(ptr, 0),
        Ty::Strings => Op::strings(ptr),
        Ty::Bytes(len) => Op::array(ptr, count(len), extent(1, len), 0),
        Ty::Struct(layout) => Op::record(ptr, layout.size(abi) as u16),
        Ty::Array(item, len) => Op::array(ptr, count(len), extent(item.size(abi), len), RECORD_MAX),
        Ty::Ref(item) => Op::record(ptr, item.size(abi) as u16),
        Ty::Iovec(n, data) => Op::iovec(ptr, Operand::Arg(n), count(data)),
        Ty::Sockaddr(len) => Op::array(ptr, count(len), extent(1, len), 128),
        Ty::Fd | Ty::DirFd if options.fds => Op::fd(ptr),
        Ty::Out(inner) => return emit(inner, arg, abi, options, selected, When::Ok, ops),
        Ty::When(_, inner) => return emit(inner, arg, abi, options, selected, when, ops),
        Ty::ByArg(by) => {
            let ty = selected.map_or(by.otherwise, |value| by.choose(value));
            return emit(&ty, arg, abi, options, selected, when, ops);
        }
        Ty::Custom(custom) | Ty::Rest(custom) => {
            let own = (custom.capture)(abi).into_iter();
            ops.extend(own.map(|op| if op.when == When::Always { op.when(when) } else { op }));
            return;
        }
        _ => return,
    };
    ops.push(op.when(when));
}

/// Bytes per counted element.
fn extent(size: usize, len: Len) -> u16 {
    match len {
        Len::Const(n) => size as u16 * n,
        _ => size as u16,
    }
}

fn count(len: Len) -> Operand {
    match len {
        // A constant count is folded into the element size (`extent`).
        Len::Const(_) => Operand::One,
        Len::Arg(n) => Operand::Arg(n),
        Len::Ret => Operand::Ret,
        Len::At(n) => Operand::At(n),
        Len::All => Operand::None,
    }
}
