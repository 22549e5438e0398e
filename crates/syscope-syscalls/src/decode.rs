//! Shows a recorded call: walks the argument types and feeds a [`Sink`].

use std::fmt::Write as _;

use crate::layout::{Field, Item, Prim, Struct, View, align_up};
use crate::names;
use crate::syscall::{Len, Ret, Ty};
use crate::{Abi, Blob, Call, MAX_ARGS, Sink, Status};

/// A call being shown.
pub struct Cx<'a, 's> {
    /// The call.
    pub call: &'s Call<'a>,
    /// Where its values go.
    pub out: &'s mut dyn Sink,
}

/// Shows the arguments of `call`. Numbers without a table entry show six raw words.
pub fn arguments(call: &Call<'_>, out: &mut dyn Sink) {
    let mut cx = Cx { call, out };
    let Some(syscall) = call.syscall else {
        for (index, value) in call.args.iter().enumerate() {
            cx.out.arg(&RAW_ARGS[index]);
            cx.out.hex(*value);
        }
        return;
    };
    if let Some(show) = syscall.prelude {
        show(&mut cx);
    }
    for (index, arg) in syscall.args.iter().enumerate() {
        let Some(ty) = cx.resolve(arg.ty) else { return };
        match ty {
            Ty::Skip => continue,
            Ty::Rest(custom) => return (custom.print)(&mut cx, index),
            _ => {}
        }
        cx.out.arg(arg);
        cx.argument(index, ty);
    }
}

/// Shows the result of a call that returned without an error.
pub fn result(call: &Call<'_>, out: &mut dyn Sink) {
    let Some(ret) = call.ret else { return };
    let cx = &mut Cx { call, out };
    match call.syscall.map_or(Ret::Int, |syscall| syscall.ret) {
        Ret::Fd => {
            let target = cx.fd_target(MAX_ARGS);
            cx.out.fd(ret, target.as_deref());
        }
        Ret::Hex => cx.out.hex(mask(ret as u64, call.abi.word())),
        Ret::Octal => cx.out.octal(ret as u64),
        Ret::Custom(custom) => (custom.print)(cx, MAX_ARGS),
        Ret::Int | Ret::Pid | Ret::Never => cx.out.int(ret),
    }
}

/// The names of the arguments of a call that no table knows.
static RAW_ARGS: [crate::syscall::Arg; MAX_ARGS] = {
    use crate::syscall::a;
    [
        a("arg0", "unsigned long", Ty::Hex),
        a("arg1", "unsigned long", Ty::Hex),
        a("arg2", "unsigned long", Ty::Hex),
        a("arg3", "unsigned long", Ty::Hex),
        a("arg4", "unsigned long", Ty::Hex),
        a("arg5", "unsigned long", Ty::Hex),
    ]
};

impl<'a> Cx<'a, '_> {
    /// The value of an argument register, cut to the ABI's word.
    pub fn arg(&self, index: usize) -> u64 {
        mask(self.call.args[index], self.call.abi.word())
    }

    /// Part `part` of what was copied for an argument.
    pub fn blob(&self, arg: usize, part: usize) -> Option<Blob<'a>> {
        self.call.blob(arg, part)
    }

    /// The same as a [`View`] by the call's ABI, if all `size` bytes are there.
    pub fn record(&self, arg: usize, part: usize, size: usize) -> Option<View<'a>> {
        let blob = self.blob(arg, part)?;
        (blob.bytes.len() >= size && size > 0).then_some(View { abi: self.call.abi, bytes: blob.bytes })
    }

    /// The type after conditions; `None` where the argument list ends.
    pub fn resolve(&self, ty: Ty) -> Option<Ty> {
        match ty {
            Ty::Absent => None,
            Ty::When(holds, inner) => holds(self.call).then(|| self.resolve(*inner))?,
            Ty::ByArg(by) => self.resolve(by.choose(self.call.args[by.arg as usize])),
            Ty::Out(inner) => match self.resolve(*inner)? {
                // A pointer the kernel writes through is followed only after success.
                _ if !self.call.ok() => Some(Ty::Addr),
                resolved => Some(resolved),
            },
            other => Some(other),
        }
    }

    /// Shows argument `index` as `ty` (already [resolved](Cx::resolve)).
    pub fn argument(&mut self, index: usize, ty: Ty) {
        let value = self.arg(index);
        match ty {
            Ty::Int | Ty::Pid => self.out.int(i64::from(value as i32)),
            Ty::UInt => self.out.uint(u64::from(value as u32)),
            Ty::Long => self.out.int(signed(value, self.call.abi.word())),
            Ty::ULong => self.out.uint(value),
            Ty::Hex => self.out.hex(mask(value, self.width(index))),
            Ty::Enum(_) | Ty::Id => self.scalar(ty, value, 4, false),
            Ty::Flags(_) | Ty::FlagsBy(_) => self.scalar(ty, value, self.width(index), false),
            Ty::Fd | Ty::DirFd => {
                let target = self.fd_target(index);
                let fd = value as i32;
                self.dirfd(fd, ty, target.as_deref());
            }
            Ty::Path | Ty::Str => match self.blob(index, 0) {
                Some(blob) if blob.status != Status::Fault => {
                    self.out.string(blob.bytes, blob.status == Status::Cut);
                }
                _ => self.out.address(value),
            },
            Ty::Bytes(len) => self.bytes(index, len),
            Ty::Strings => self.strings(index),
            Ty::Struct(layout) => match self.record(index, 0, layout.size(self.call.abi)) {
                Some(view) => self.structure(layout, view),
                None => self.out.address(value),
            },
            Ty::Ref(item) => match self.record(index, 0, item.size(self.call.abi)) {
                Some(view) => {
                    self.out.begin_array(false);
                    self.out.item();
                    self.element(item, view);
                    self.out.end_array(false);
                }
                None => self.out.address(value),
            },
            Ty::Array(item, len) => self.array(index, item, len),
            Ty::Iovec(count, data) => {
                let total = match data {
                    Len::Ret => self.call.ret.map(|ret| ret.max(0) as u64),
                    _ => None,
                };
                let count = self.arg(count as usize);
                self.iovec(index, 0, value, count, total);
            }
            Ty::Sockaddr(len) => {
                let len = self.length(len);
                match self.blob(index, 0) {
                    // Without a whole family there is nothing to tell apart.
                    Some(blob) if blob.bytes.len() >= 2 && len as i32 >= 2 => {
                        crate::structs::sockaddr::print(self, blob.bytes, len);
                    }
                    _ => self.out.address(value),
                }
            }
            Ty::Custom(custom) => (custom.print)(self, index),
            Ty::Addr => self.out.address(value),
            _ => self.scalar(ty, value, self.call.abi.word(), false),
        }
    }

    /// The bytes of an argument register that the kernel looks at: four unless the C type is a long one.
    fn width(&self, index: usize) -> usize {
        let arg = self.call.syscall.and_then(|syscall| syscall.args.get(index));
        let narrow = |ctype: &str| {
            matches!(ctype, "int" | "unsigned int" | "unsigned" | "u32" | "__u32" | "mode_t" | "umode_t")
        };
        if arg.is_some_and(|arg| narrow(arg.ctype)) { 4 } else { self.call.abi.word() }
    }

    /// What the descriptor in argument `arg` (6: the result) refers to.
    pub fn fd_target(&self, arg: usize) -> Option<Vec<u8>> {
        self.blob(arg, 0).and_then(|blob| crate::fd::target(blob.bytes))
    }

    fn dirfd(&mut self, fd: i32, ty: Ty, target: Option<&[u8]>) {
        if matches!(ty, Ty::DirFd) && fd == -100 {
            match target {
                None => self.out.symbol("AT_FDCWD"),
                Some(_) => self.out.fd(-100, target),
            }
        } else {
            self.out.fd(i64::from(fd), target);
        }
    }

    /// A length in elements.
    pub fn length(&self, len: Len) -> u64 {
        match len {
            Len::Const(n) => u64::from(n),
            Len::Arg(n) => self.arg(n as usize),
            Len::Ret => self.call.ret.map_or(0, |ret| ret.max(0) as u64),
            Len::At(n) => self
                .blob(n as usize, 0)
                .and_then(|blob| View { abi: self.call.abi, bytes: blob.bytes }.u32(0))
                .map_or(u64::MAX, u64::from),
            Len::All => u64::MAX,
        }
    }

    fn bytes(&mut self, index: usize, len: Len) {
        let len = self.length(len);
        match self.blob(index, 0) {
            Some(blob) if blob.status != Status::Fault => {
                self.out.string(blob.bytes, (blob.bytes.len() as u64) < len && len != u64::MAX);
            }
            None if len == 0 && self.arg(index) != 0 => self.out.string(b"", false),
            _ => {
                let value = self.arg(index);
                self.out.address(value);
            }
        }
    }

    /// The vector of strings copied for argument `index`.
    pub fn strings(&mut self, index: usize) {
        let value = self.arg(index);
        let Some(blob) = self.blob(index, 0).filter(|blob| blob.status != Status::Fault) else {
            return self.out.address(value);
        };
        self.out.begin_array(false);
        let view = View { abi: self.call.abi, bytes: blob.bytes };
        let mut at = 0;
        while let Some(word) = view.u32(at) {
            let (len, cut, fault) = ((word & 0x3fff_ffff) as usize, word >> 31 != 0, word & 1 << 30 != 0);
            let Some(bytes) = blob.bytes.get(at + 4..at + 4 + len) else { break };
            self.out.item();
            match bytes.first_chunk() {
                // Of a string that can't be read the address is there.
                Some(address) if fault => self.out.address(u64::from_le_bytes(*address)),
                _ => self.out.string(bytes, cut),
            }
            at += 4 + len;
        }
        self.out.end_array(blob.status == Status::Cut);
    }

    fn array(&mut self, index: usize, item: &'static Item, len: Len) {
        let (abi, value, wanted) = (self.call.abi, self.arg(index), self.length(len));
        let size = item.size(abi);
        match self.blob(index, 0) {
            Some(blob) if blob.status != Status::Fault => {
                let have = (blob.bytes.len() / size) as u64;
                self.elements(item, View { abi, bytes: blob.bytes }, wanted.min(have));
                let _ = have;
            }
            None if wanted == 0 && value != 0 => {
                self.out.begin_array(false);
                self.out.end_array(false);
            }
            _ => self.out.address(value),
        }
    }

    /// Shows `count` elements that lie one after the other in `view`; more than 32 are abbreviated.
    pub fn elements(&mut self, item: &'static Item, view: View<'_>, count: u64) {
        const SHOWN: u64 = 32;
        let size = item.size(self.call.abi);
        self.out.begin_array(false);
        for n in 0..count.min(SHOWN) {
            self.out.item();
            self.element(item, view.slice(n as usize * size, size));
        }
        self.out.end_array(count > SHOWN);
    }

    /// Shows one element.
    pub fn element(&mut self, item: &'static Item, view: View<'_>) {
        match item {
            Item::Scalar(prim, ty) => self.primitive(prim, *ty, view),
            Item::Struct(layout) => self.structure(layout, view),
        }
    }

    /// Shows a structure that lies in `view`.
    pub fn structure(&mut self, layout: &'static Struct, view: View<'_>) {
        if let Some(print) = layout.print {
            return print(self, view);
        }
        self.out.begin_struct();
        self.fields(layout.fields, view);
        self.out.end_struct(layout.abbreviated);
    }

    /// Shows the members of a structure.
    pub fn fields(&mut self, fields: &'static [Field], view: View<'_>) {
        let abi = self.call.abi;
        let mut end = 0;
        for field in fields {
            let start = align_up(end, field.prim.align(abi));
            let size = field.prim.size(abi);
            end = start + size;
            if !field.hidden || (!field.name.is_empty() && !self.out.abbreviates()) {
                self.out.field(field.name);
                self.primitive(&field.prim, field.ty, view.slice(start, size));
            }
        }
    }

    /// Shows a value of a C type.
    pub fn primitive(&mut self, prim: &Prim, ty: Ty, view: View<'_>) {
        match prim {
            Prim::Chars(n) => {
                let bytes = view.bytes;
                let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
                self.out.string(&bytes[..end], false);
                let _ = n;
            }
            Prim::Sub(layout) => self.structure(layout, view),
            Prim::Array(n, item) => self.elements(item, view, u64::from(*n)),
            Prim::Be16 => {
                let value = view.u16(0).unwrap_or(0);
                self.scalar(ty, u64::from(u16::from_be(value)), 2, false);
            }
            _ => {
                let size = prim.size(self.call.abi);
                let value = view.unsigned(0, size).unwrap_or(0);
                self.scalar(ty, value, size, prim.signed());
            }
        }
    }

    /// Shows a scalar of `size` bytes. `wide_signed` says whether a plain number is signed.
    pub fn scalar(&mut self, ty: Ty, raw: u64, size: usize, wide_signed: bool) {
        let value = mask(raw, size);
        match ty {
            Ty::Int | Ty::Long | Ty::UInt | Ty::ULong if wide_signed => self.out.int(signed(value, size)),
            Ty::Int | Ty::Long | Ty::UInt | Ty::ULong => self.out.uint(value),
            Ty::Pid => self.out.int(signed(value, size)),
            Ty::Hex => self.out.hex(value),
            Ty::Addr => self.out.address(value),
            Ty::Fd | Ty::DirFd => self.dirfd(value as i32, ty, None),
            Ty::Perm => self.out.octal(value & 0o177_777),
            Ty::Mode => self.mode(value as u32),
            // All ones leave the id as it is, in the old calls with ids of 16 bits as well.
            Ty::Id => {
                let none = value as u32 == mask(u64::MAX, size.min(4)) as u32;
                self.out.int(if none { -1 } else { i64::from(value as u32) });
            }
            Ty::Signal => self.signal(value as i32),
            Ty::Dev => self.device(value),
            Ty::Enum(set) => match set.name(value) {
                Some(name) => self.out.symbol(name),
                None => self.out.unknown(value, set.unknown),
            },
            Ty::Flags(set) => self.out.flags(set, value),
            Ty::FlagsBy(choose) => self.out.flags(choose(self.call.abi), value),
            _ => self.out.hex(value),
        }
    }

    /// A file mode: type and permission bits.
    pub fn mode(&mut self, mode: u32) {
        let kind = names::file::FILE_TYPE.name(u64::from(mode & 0o170_000));
        let special = [(0o4000, "S_ISUID"), (0o2000, "S_ISGID"), (0o1000, "S_ISVTX")];
        let mut text = String::with_capacity(32);
        if let Some(kind) = kind {
            text.push_str(kind);
        }
        for (bit, name) in special {
            if mode & bit != 0 {
                if !text.is_empty() {
                    text.push('|');
                }
                text.push_str(name);
            }
        }
        if !text.is_empty() {
            text.push('|');
        }
        let rest = if kind.is_some() { mode & 0o777 } else { mode & 0o170_777 };
        let _ = write!(text, "{}", Octal(rest));
        self.out.form(format_args!("{text}"), crate::sink::Plain::Text(&text));
    }

    /// A signal by name.
    pub fn signal(&mut self, signal: i32) {
        match u32::try_from(signal) {
            Ok(0) => self.out.int(0),
            Ok(number) if number <= 64 => self.out.symbol(&names::signal::name(number)),
            _ => self.out.int(i64::from(signal)),
        }
    }

    /// A device number.
    pub fn device(&mut self, dev: u64) {
        let major = (dev >> 8 & 0xfff) | (dev >> 32 & !0xfff);
        let minor = (dev & 0xff) | (dev >> 12 & !0xff) & 0xffff_ffff;
        self.out.form(
            format_args!("makedev({}, {})", Hex(major), Hex(minor)),
            crate::sink::Plain::Text(&format!("{major}:{minor}")),
        );
    }

    /// A vector of buffers copied as part `part` of argument `index`.
    pub fn iovec(&mut self, index: usize, part: usize, address: u64, count: u64, total: Option<u64>) {
        self.iovec_with(index, part, address, count, total, &mut |cx, bytes, cut| cx.out.string(bytes, cut));
    }

    /// The same with buffers shown by `show`, which gets the bytes and whether there were more.
    pub fn iovec_with(
        &mut self,
        index: usize,
        part: usize,
        address: u64,
        count: u64,
        total: Option<u64>,
        show: &mut dyn FnMut(&mut Self, &[u8], bool),
    ) {
        let Some(blob) = self.blob(index, part).filter(|blob| blob.status != Status::Fault) else {
            if count == 0 && address != 0 {
                self.out.begin_array(false);
                return self.out.end_array(false);
            }
            return self.out.address(address);
        };
        let view = View { abi: Abi::native(), bytes: blob.bytes };
        let mut left = total.unwrap_or(u64::MAX);
        let mut at = 0;
        self.out.begin_array(false);
        while let (Some(base), Some(len), Some(have)) = (view.u64(at), view.u64(at + 8), view.u32(at + 16)) {
            let Some(bytes) = blob.bytes.get(at + 20..at + 20 + have as usize) else { break };
            let meant = len.min(left);
            self.out.item();
            self.out.begin_struct();
            self.out.field("iov_base");
            // A failed read, of which nothing is meant, has left no data to show.
            let unread = total == Some(0) && !self.call.ok();
            if base == 0 || unread || (bytes.is_empty() && meant > 0) {
                self.out.address(base);
            } else {
                let shown = &bytes[..bytes.len().min(meant as usize)];
                show(self, shown, (shown.len() as u64) < meant);
            }
            self.out.field("iov_len");
            self.out.uint(len);
            self.out.end_struct(false);
            left -= meant;
            at += 20 + have as usize;
        }
        self.out.end_array(blob.status == Status::Cut);
    }
}

/// The low `size` bytes of a word.
pub const fn mask(value: u64, size: usize) -> u64 {
    if size >= 8 { value } else { value & ((1 << (size * 8)) - 1) }
}

/// A word of `size` bytes, sign-extended.
pub const fn signed(value: u64, size: usize) -> i64 {
    if size >= 8 {
        return value as i64;
    }
    let shift = 64 - size * 8;
    ((value << shift) as i64) >> shift
}

/// Hexadecimal as strace writes it: `0` has no prefix.
pub struct Hex(pub u64);

impl std::fmt::Display for Hex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0 == 0 { f.write_str("0") } else { write!(f, "{:#x}", self.0) }
    }
}

/// Octal as strace writes a mode: at least three digits, of which the first is zero.
pub struct Octal(pub u32);

impl std::fmt::Display for Octal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "0{:02o}", self.0)
    }
}
