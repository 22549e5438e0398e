//! Quoted strings: the same bytes are spelled in different ways (`\303\251`, `\xc3\xa9` and `é`), so what
//! is compared is one spelling of the bytes.

use crate::arguments::string_end;

/// The bytes of the text between two quotes. C's escapes are known, `\x` takes exactly two digits.
pub fn unescape(content: &str) -> Vec<u8> {
    let text = content.as_bytes();
    let mut bytes = Vec::with_capacity(text.len());
    let mut position = 0;
    while position < text.len() {
        let (byte, length) = match &text[position..] {
            [b'\\', b'x', ..] => number(text, position + 2, 2, 16).map_or((b'x', 2), |(b, n)| (b, n + 2)),
            [b'\\', b'0'..=b'7', ..] => {
                number(text, position + 1, 3, 8).map_or((b'\\', 1), |(b, n)| (b, n + 1))
            }
            [b'\\', letter, ..] => (control(*letter), 2),
            [byte, ..] => (*byte, 1),
            [] => break,
        };
        bytes.push(byte);
        position += length;
    }
    bytes
}

/// The byte in at most `most` digits from `start`, and their number.
fn number(text: &[u8], start: usize, most: usize, radix: u32) -> Option<(u8, usize)> {
    let digits = text[start.min(text.len())..].iter().take(most);
    let digits: Vec<u32> = digits.map_while(|byte| char::from(*byte).to_digit(radix)).collect();
    let value = digits.iter().fold(0, |value, digit| value * radix + digit);
    (!digits.is_empty()).then_some((value as u8, digits.len()))
}

fn control(letter: u8) -> u8 {
    match letter {
        b'a' => 7,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 11,
        other => other,
    }
}

/// `bytes` in quotes, in ASCII: what can't be shown has three octal digits, but for `\n`, `\r` and `\t`.
pub fn quote(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() + 2);
    text.push('"');
    for byte in bytes {
        match byte {
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b'\t' => text.push_str("\\t"),
            b'"' | b'\\' => text.extend(['\\', char::from(*byte)]),
            0x20..=0x7e => text.push(char::from(*byte)),
            _ => text.push_str(&format!("\\{byte:03o}")),
        }
    }
    text.push('"');
    text
}

/// The bytes of a literal with its quotes, which may be followed by `...`; `None` for other text.
pub fn literal_bytes(text: &str) -> Option<Vec<u8>> {
    let end = text.starts_with('"').then(|| string_end(text, 0))?;
    let whole = matches!(text.get(end..), Some("" | "..."));
    whole.then(|| text[1..end].strip_suffix('"').map(unescape)).flatten()
}

/// Decodes base64 with padding; `None` for anything else.
pub fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let value = |byte: u8| match byte {
        b'A'..=b'Z' => Some(u32::from(byte - b'A')),
        b'a'..=b'z' => Some(u32::from(byte - b'a') + 26),
        b'0'..=b'9' => Some(u32::from(byte - b'0') + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    if !text.len().is_multiple_of(4) {
        return None;
    }
    for group in text.trim_end_matches('=').as_bytes().chunks(4) {
        let digits = group.iter().try_fold(0, |bits, byte| Some(bits << 6 | value(*byte)?))?;
        let all = (digits << (6 * (4 - group.len()))).to_be_bytes();
        bytes.extend_from_slice(&all[1..group.len()]);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(content: &str, bytes: &[u8]) {
        assert_eq!(unescape(content), bytes, "{content}");
        assert_eq!(unescape(&quote(bytes)[1..quote(bytes).len() - 1]), bytes, "{content}");
    }

    #[test]
    fn reads_every_spelling() {
        check(r"caf\303\251", "café".as_bytes());
        check(r"caf\xc3\xa9", "café".as_bytes());
        check("café", "café".as_bytes());
        check(r#"a\"b\\c\n\t\r\v\f"#, b"a\"b\\c\n\t\r\x0b\x0c");
        check(r"\0001\01\1x\377", b"\x001\x01\x01x\xff");
        check(r"\xffa0", b"\xffa0");
        check(r"\18", b"\x018");
    }

    #[test]
    fn quotes_in_one_way() {
        assert_eq!(quote("é\n\"\u{1}".as_bytes()), r#""\303\251\n\"\001""#);
    }

    #[test]
    fn knows_literals() {
        assert_eq!(literal_bytes(r#""a\n""#), Some(b"a\n".to_vec()));
        assert_eq!(literal_bytes(r#""a"..."#), Some(b"a".to_vec()));
        assert_eq!(literal_bytes("3"), None);
        assert_eq!(literal_bytes(r#""a", "b""#), None);
    }

    #[test]
    fn reads_base64() {
        for (text, bytes) in [("", &b""[..]), ("/w==", b"\xff"), ("/wA=", b"\xff\0"), ("hipP", b"\x86*O")] {
            assert_eq!(decode_base64(text).as_deref(), Some(bytes), "{text}");
        }
        assert_eq!(decode_base64("a"), None);
        assert_eq!(decode_base64("a-=="), None);
    }
}
