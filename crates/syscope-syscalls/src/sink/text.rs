//! Values as strace writes them.

use std::fmt;
use std::io::Write as _;

use super::{Plain, Sink};
use crate::names::Flags;
use crate::syscall::Arg;

/// Writes values as text.
#[derive(Debug)]
pub struct Text<'b> {
    out: &'b mut Vec<u8>,
    /// Whether arguments are shown with C type and name.
    types: bool,
    /// Whether the next value of the current list is its first; one bit per level, the innermost lowest.
    first: u64,
    /// Whether the current list separates by a space; one bit per level.
    bare: u64,
    /// Whether the current list separates by `|`; one bit per level.
    pipes: u64,
}

impl<'b> Text<'b> {
    /// Writes to `out`; `types` adds `(int)dirfd=` before arguments.
    pub fn new(out: &'b mut Vec<u8>, types: bool) -> Self {
        Text { out, types, first: 1, bare: 0, pipes: 0 }
    }

    fn open(&mut self, bare: bool) {
        self.first = self.first << 1 | 1;
        self.bare = self.bare << 1 | u64::from(bare);
        self.pipes <<= 1;
    }

    fn close(&mut self) {
        self.first >>= 1;
        self.bare >>= 1;
        self.pipes >>= 1;
    }

    fn separate(&mut self) {
        if self.first & 1 == 0 {
            let separator: &[u8] = match (self.bare & 1, self.pipes & 1) {
                (_, 1) => b"|",
                (1, _) => b" ",
                _ => b", ",
            };
            self.out.extend_from_slice(separator);
        }
        self.first &= !1;
    }
}

impl Sink for Text<'_> {
    fn arg(&mut self, arg: &Arg) {
        self.separate();
        if self.types {
            self.out.push(b'(');
            self.out.extend_from_slice(arg.ctype.as_bytes());
            self.out.push(b')');
            self.out.extend_from_slice(arg.name.as_bytes());
            self.out.push(b'=');
        }
    }

    fn named(&mut self, arg: &Arg) {
        if self.types { self.arg(arg) } else { self.field(arg.name) }
    }

    fn remark(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn field(&mut self, name: &str) {
        self.separate();
        self.out.extend_from_slice(name.as_bytes());
        self.out.push(b'=');
    }

    fn item(&mut self) {
        self.separate();
    }

    fn int(&mut self, value: i64) {
        self.out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
    }

    fn uint(&mut self, value: u64) {
        self.out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
    }

    fn hex(&mut self, value: u64) {
        if value == 0 { self.out.push(b'0') } else { push_hex(self.out, value) }
    }

    fn octal(&mut self, value: u64) {
        push_octal(self.out, value);
    }

    fn address(&mut self, value: u64) {
        if value == 0 { self.out.extend_from_slice(b"NULL") } else { push_hex(self.out, value) }
    }

    fn symbol(&mut self, name: &str) {
        self.out.extend_from_slice(name.as_bytes());
    }

    fn unknown(&mut self, value: u64, mark: &str) {
        self.hex(value);
        if !mark.is_empty() {
            self.comment(format_args!("{mark}"));
        }
    }

    fn flags(&mut self, set: &Flags, word: u64) {
        let start = self.out.len();
        let out = &mut *self.out;
        let rest = set.split(word, |name| {
            if out.len() > start {
                out.push(b'|');
            }
            out.extend_from_slice(name.as_bytes());
        });
        let named = self.out.len() > start;
        match (named, rest) {
            (true, 0) => {}
            (true, rest) => {
                self.out.push(b'|');
                push_hex(self.out, rest);
            }
            (false, 0) if set.zero.is_empty() => self.out.push(b'0'),
            (false, 0) => self.out.extend_from_slice(set.zero.as_bytes()),
            (false, rest) => self.unknown(rest, set.unknown),
        }
    }

    fn signals(&mut self, set: u64, count: u32) {
        // A set of most signals is shown by those it lacks.
        let shown = if set.count_ones() >= count * 2 / 3 {
            self.out.push(b'~');
            !set
        } else {
            set
        };
        self.begin_array(true);
        for number in (1..=count.min(64)).filter(|number| shown >> (number - 1) & 1 != 0) {
            self.item();
            let name = crate::names::signal::name(number);
            self.out.extend_from_slice(name.strip_prefix("SIG").unwrap_or(&name).as_bytes());
        }
        self.end_array(false);
    }

    fn string(&mut self, bytes: &[u8], cut: bool) {
        self.out.push(b'"');
        escape(self.out, bytes);
        self.out.push(b'"');
        if cut {
            self.out.extend_from_slice(b"...");
        }
    }

    fn form(&mut self, text: fmt::Arguments<'_>, _plain: Plain<'_>) {
        let _ = self.out.write_fmt(text);
    }

    fn field_form(&mut self, _name: &str, text: fmt::Arguments<'_>, plain: Plain<'_>) {
        self.separate();
        self.form(text, plain);
    }

    fn comment(&mut self, text: fmt::Arguments<'_>) {
        let _ = write!(self.out, " /* {text} */");
    }

    fn begin_struct(&mut self) {
        self.out.push(b'{');
        self.open(false);
    }

    fn end_struct(&mut self, abbreviated: bool) {
        if abbreviated {
            self.separate();
            self.out.extend_from_slice(b"...");
        }
        self.close();
        self.out.push(b'}');
    }

    fn begin_array(&mut self, bare: bool) {
        self.out.push(b'[');
        self.open(bare);
    }

    fn end_array(&mut self, cut: bool) {
        if cut {
            self.separate();
            self.out.extend_from_slice(b"...");
        }
        self.close();
        self.out.push(b']');
    }

    fn begin_flags(&mut self) {
        self.open(false);
        self.pipes |= 1;
    }

    fn end_flags(&mut self) {
        self.close();
    }

    fn begin_details(&mut self) {
        self.out.extend_from_slice(b" (");
        self.open(false);
    }

    fn end_details(&mut self) {
        self.close();
        self.out.push(b')');
    }

    fn begin_label(&mut self, name: &str) {
        self.out.extend_from_slice(name.as_bytes());
        self.out.push(b' ');
    }

    fn end_label(&mut self) {}

    fn abbreviates(&self) -> bool {
        true
    }

    fn fd(&mut self, fd: i64, target: Option<&[u8]>) {
        if fd == -100 && target.is_some() {
            self.symbol("AT_FDCWD")
        } else {
            self.int(fd)
        }
        if let Some(target) = target {
            self.out.push(b'<');
            // The name of a file must not end the brackets; the arrow of a connection is ours.
            let path = matches!(target.first(), Some(b'/' | b'.'));
            escape_also(self.out, target, if path { b"<>" } else { b"" });
            self.out.push(b'>');
        }
    }
}

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Appends `0x` and the digits.
pub(super) fn push_hex(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(b"0x");
    let digits = (64 - value.leading_zeros()).div_ceil(4).max(1);
    for n in (0..digits).rev() {
        out.push(DIGITS[(value >> (n * 4) & 15) as usize]);
    }
}

/// Appends a zero and the octal digits, at least two.
pub(super) fn push_octal(out: &mut Vec<u8>, value: u64) {
    out.push(b'0');
    let digits = (64 - value.leading_zeros()).div_ceil(3).max(2);
    for n in (0..digits).rev() {
        out.push(b'0' + (value >> (n * 3) & 7) as u8);
    }
}

/// Appends `bytes` so that they stay on one line and can't speak to a terminal: C escapes for control
/// characters, `\xNN` for what is not UTF-8, for control and for direction-changing characters outside
/// ASCII, other text as it is.
pub fn escape(out: &mut Vec<u8>, bytes: &[u8]) {
    escape_also(out, bytes, b"");
}

/// [`escape`] that writes the printable characters of `also` in octal.
fn escape_also(out: &mut Vec<u8>, bytes: &[u8], also: &[u8]) {
    let plain = |b: &u8| matches!(b, 0x20..=0x7e) && !matches!(b, b'"' | b'\\') && !also.contains(b);
    let mut rest = bytes;
    while let Some((&byte, tail)) = rest.split_first() {
        // The common run first: printable ASCII that needs no escape.
        let run = rest.iter().take_while(|b| plain(b)).count();
        if run > 0 {
            out.extend_from_slice(&rest[..run]);
            rest = &rest[run..];
            continue;
        }
        if byte < 0x80 {
            escape_ascii(out, byte, tail.first().copied());
            rest = tail;
            continue;
        }
        let len = visible_len(rest);
        if len > 0 {
            out.extend_from_slice(&rest[..len]);
            rest = &rest[len..];
        } else {
            // The bytes after the first of an invisible character begin none: they follow one by one.
            push_byte(out, byte);
            rest = tail;
        }
    }
}

fn escape_ascii(out: &mut Vec<u8>, byte: u8, next: Option<u8>) {
    let letter = match byte {
        b'"' => b'"',
        b'\\' => b'\\',
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x0b => b'v',
        0x0c => b'f',
        _ => 0,
    };
    if letter != 0 {
        out.extend_from_slice(&[b'\\', letter]);
        return;
    }
    // As short as it can be, but for a digit that would be taken for one of its own.
    let all = next.is_some_and(|next| next.is_ascii_digit());
    out.push(b'\\');
    if all || byte >= 0o100 {
        out.push(b'0' + (byte >> 6));
    }
    if all || byte >= 0o10 {
        out.push(b'0' + (byte >> 3 & 7));
    }
    out.push(b'0' + (byte & 7));
}

/// Appends `\xNN`.
pub fn push_byte(out: &mut Vec<u8>, byte: u8) {
    out.extend_from_slice(&[b'\\', b'x', DIGITS[(byte >> 4) as usize], DIGITS[(byte & 15) as usize]]);
}

/// The length of the character outside ASCII that `bytes` begins with, if it may be shown as it is; 0 if
/// it is not valid UTF-8, invisible, or changes what is around it.
pub fn visible_len(bytes: &[u8]) -> usize {
    let len = utf8_len(bytes);
    if len > 0 && !hidden(&bytes[..len]) { len } else { 0 }
}

/// The length of the valid UTF-8 sequence `bytes` begins with; 0 if it does not.
fn utf8_len(bytes: &[u8]) -> usize {
    let len = match bytes[0] {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return 0,
    };
    match bytes.get(..len) {
        Some(sequence) if std::str::from_utf8(sequence).is_ok() => len,
        _ => 0,
    }
}

/// Whether a character outside ASCII is invisible or changes what is around it: control characters,
/// line separators, and the marks that set the direction of text.
fn hidden(sequence: &[u8]) -> bool {
    let Some(c) = std::str::from_utf8(sequence).ok().and_then(|text| text.chars().next()) else {
        return true;
    };
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        || matches!(c, '\u{61c}' | '\u{ad}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expected: &str) {
        let mut out = Vec::new();
        escape(&mut out, bytes);
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn text_is_one_safe_line() {
        check(b"plain", "plain");
        check(b"a\nb\"c\\\t", "a\\nb\\\"c\\\\\\t");
        check(b"\x7fELF\x02\x01\x000", "\\177ELF\\2\\1\\0000");
        check(b"\x1b[2J", "\\33[2J");
        check("gr\u{fc}n".as_bytes(), "grün");
        check(b"\xff\xfe", "\\xff\\xfe");
        check("a\u{202e}b".as_bytes(), "a\\xe2\\x80\\xaeb");
        check(b"\xe2\x82", "\\xe2\\x82");
        check("\u{9b}1m".as_bytes(), "\\xc2\\x9b1m");
    }

    #[test]
    fn a_file_name_does_not_end_the_brackets() {
        let fd = |target: &[u8]| {
            let mut out = Vec::new();
            Text::new(&mut out, false).fd(3, Some(target));
            String::from_utf8(out).unwrap()
        };
        assert_eq!(fd(b"/tmp/a>, 1) = 0"), "3</tmp/a\\76, 1) = 0>");
        assert_eq!(fd(b"TCP:[127.0.0.1:80->127.0.0.1:5000]"), "3<TCP:[127.0.0.1:80->127.0.0.1:5000]>");
    }

    #[test]
    fn octal_has_two_digits_at_least() {
        let words =
            [(0, "000"), (7, "007"), (0o22, "022"), (0o644, "0644"), (1 << 63, "01000000000000000000000")];
        for (value, expected) in words {
            let mut out = Vec::new();
            push_octal(&mut out, value);
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }
}
