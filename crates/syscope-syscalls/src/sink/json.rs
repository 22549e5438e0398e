//! Values as JSON.
//!
//! Numbers are numbers, pointers are strings in hexadecimal (`null` for `NULL`), constants are strings,
//! flag sets arrays of strings, structures objects. A string is a string when it is UTF-8, otherwise
//! `{"bytes":"<base64>"}`; one that was cut is `{"text":"...","truncated":true}` (or `bytes`). An array
//! that was cut ends in `{"truncated":true}`. A descriptor argument `fd` is followed by `fd_path`.

use std::fmt;
use std::io::Write as _;

use base64::Engine as _;

use super::text::{push_hex, push_octal};
use super::{Plain, Sink};
use crate::names::Flags;
use crate::syscall::Arg;

/// Writes the members of an object, without its braces.
#[derive(Debug)]
pub struct Json<'b> {
    out: &'b mut Vec<u8>,
    first: u64,
    /// The key of the value being written, for `<key>_path`; only at the top and in structures.
    key: Key,
}

/// The latest key, kept without an allocation.
#[derive(Debug, Clone, Copy)]
struct Key {
    start: usize,
    end: usize,
}

impl<'b> Json<'b> {
    /// Writes members to `out`.
    pub fn new(out: &'b mut Vec<u8>) -> Self {
        Json { out, first: 1, key: Key { start: 0, end: 0 } }
    }

    fn separate(&mut self) {
        if self.first & 1 == 0 {
            self.out.push(b',');
        }
        self.first &= !1;
    }

    fn key(&mut self, name: &str) {
        self.separate();
        self.out.push(b'"');
        let start = self.out.len();
        self.out.extend_from_slice(name.as_bytes());
        self.key = Key { start, end: self.out.len() };
        self.out.extend_from_slice(b"\":");
    }
}

impl Sink for Json<'_> {
    fn arg(&mut self, arg: &Arg) {
        self.key(arg.name);
    }

    fn field(&mut self, name: &str) {
        self.key(name);
    }

    fn item(&mut self) {
        self.key = Key { start: 0, end: 0 };
        self.separate();
    }

    fn int(&mut self, value: i64) {
        self.out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
    }

    fn uint(&mut self, value: u64) {
        self.out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
    }

    fn hex(&mut self, value: u64) {
        if value == 0 {
            self.out.push(b'0');
        } else {
            self.out.push(b'"');
            push_hex(self.out, value);
            self.out.push(b'"');
        }
    }

    fn octal(&mut self, value: u64) {
        self.out.push(b'"');
        push_octal(self.out, value);
        self.out.push(b'"');
    }

    fn address(&mut self, value: u64) {
        if value == 0 { self.out.extend_from_slice(b"null") } else { self.hex(value) }
    }

    fn symbol(&mut self, name: &str) {
        quote(self.out, name);
    }

    fn unknown(&mut self, value: u64, _mark: &str) {
        self.uint(value);
    }

    fn flags(&mut self, set: &Flags, word: u64) {
        self.out.push(b'[');
        let start = self.out.len();
        let out = &mut *self.out;
        let rest = set.split(word, |name| {
            if out.len() > start {
                out.push(b',');
            }
            // A capability is written as the shift it is only where an expression is expected.
            quote(out, name.strip_prefix("1<<").unwrap_or(name));
        });
        if rest != 0 {
            if self.out.len() > start {
                self.out.push(b',');
            }
            self.hex(rest);
        }
        self.out.push(b']');
    }

    fn string(&mut self, bytes: &[u8], cut: bool) {
        match (std::str::from_utf8(bytes), cut) {
            (Ok(text), false) => quote(self.out, text),
            (Ok(text), true) => {
                self.out.extend_from_slice(b"{\"text\":");
                quote(self.out, text);
                self.out.extend_from_slice(b",\"truncated\":true}");
            }
            (Err(_), _) => {
                self.out.extend_from_slice(b"{\"bytes\":\"");
                push_base64(self.out, bytes);
                self.out.push(b'"');
                if cut {
                    self.out.extend_from_slice(b",\"truncated\":true");
                }
                self.out.push(b'}');
            }
        }
    }

    fn form(&mut self, _text: fmt::Arguments<'_>, plain: Plain<'_>) {
        match plain {
            Plain::Int(value) => self.int(value),
            Plain::Uint(value) => self.uint(value),
            Plain::Text(text) => quote(self.out, text),
        }
    }

    fn comment(&mut self, _text: fmt::Arguments<'_>) {}

    fn begin_struct(&mut self) {
        self.out.push(b'{');
        self.first = self.first << 1 | 1;
    }

    fn end_struct(&mut self, _abbreviated: bool) {
        self.first >>= 1;
        self.out.push(b'}');
    }

    fn begin_array(&mut self, _bare: bool) {
        self.out.push(b'[');
        self.first = self.first << 1 | 1;
    }

    fn end_array(&mut self, cut: bool) {
        if cut {
            self.separate();
            self.out.extend_from_slice(b"{\"truncated\":true}");
        }
        self.first >>= 1;
        self.out.push(b']');
    }

    fn begin_details(&mut self) {
        self.key("details");
        self.begin_array(false);
    }

    fn end_details(&mut self) {
        self.end_array(false);
    }

    fn fd(&mut self, fd: i64, target: Option<&[u8]>) {
        let key = self.key;
        if fd == -100 {
            self.out.extend_from_slice(b"\"AT_FDCWD\"")
        } else {
            self.int(fd)
        }
        let Some(target) = target.filter(|_| key.end > key.start) else { return };
        self.out.extend_from_slice(b",\"");
        self.out.extend_from_within(key.start..key.end);
        self.out.extend_from_slice(b"_path\":");
        self.string(target, false);
    }
}

/// Appends `bytes` in base64.
pub fn push_base64(out: &mut Vec<u8>, bytes: &[u8]) {
    let engine = base64::engine::general_purpose::STANDARD;
    let start = out.len();
    out.resize(start + bytes.len().div_ceil(3) * 4, 0);
    let len = engine.encode_slice(bytes, &mut out[start..]).expect("the room was made for it");
    out.truncate(start + len);
}

/// The bytes that need an escape or begin a character that may.
static SUSPECT: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < table.len() {
        table[byte] = byte < 0x20 || matches!(byte as u8, b'"' | b'\\' | 0x7f | 0xc2 | 0xe2);
        byte += 1;
    }
    table
};

/// Appends `text` as a JSON string (RFC 8259). Control characters are escaped, and so are the C1 controls
/// and line separators, which some terminals act on.
pub fn quote(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut start = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        if !SUSPECT[byte as usize] {
            continue;
        }
        let escaped = match byte {
            // U+0080..U+009F, U+2028 and U+2029, U+202A..U+202E.
            0xc2 => matches!(bytes.get(at + 1), Some(0x80..=0x9f)).then_some(2),
            0xe2 => matches!(bytes.get(at + 1..at + 3), Some([0x80, 0xa8..=0xae])).then_some(3),
            _ => Some(1),
        };
        let Some(len) = escaped else { continue };
        out.extend_from_slice(&bytes[start..at]);
        start = at + len;
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            _ => {
                let c = text[at..].chars().next().expect("a character begins here");
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
        }
    }
    out.extend_from_slice(&bytes[start..]);
    out.push(b'"');
}

/// Appends bytes from outside: a string if they are UTF-8, else `{"bytes":"<base64>"}`.
pub fn bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    Json::new(out).string(bytes, false);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_survive_a_json_parser() {
        for text in ["", "plain", "a\"b\\c\n\t\r\u{1}\u{7f}", "gr\u{fc}n \u{9b} \u{2028}\u{202e} \u{1f600}"] {
            let mut out = Vec::new();
            quote(&mut out, text);
            let back: String = serde_json::from_slice(&out).unwrap();
            assert_eq!(back, text);
            assert!(!out.contains(&0x1b) && !out.windows(2).any(|pair| pair == [0xc2, 0x9b]));
        }
    }
}
