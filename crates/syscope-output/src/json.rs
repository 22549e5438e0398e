//! Records as lines of JSON that are safe to print.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

/// Writes `value` as one line. As in the stream of events, no control character of it is written as it is,
/// also none of those beyond ASCII, which some terminals act on.
pub fn write_line(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(&mut *out, Safe))?;
    out.write_all(b"\n")
}

/// serde_json's compact form, which leaves DEL, the C1 controls, line separators and the marks that
/// set the direction of text as they are.
struct Safe;

impl Formatter for Safe {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(is_unsafe) {
            out.write_all(&rest.as_bytes()[..at])?;
            let mut tail = rest[at..].chars();
            if let Some(c) = tail.next() {
                write!(out, "\\u{:04x}", u32::from(c))?;
            }
            rest = tail.as_str();
        }
        out.write_all(rest.as_bytes())
    }
}

fn is_unsafe(c: char) -> bool {
    matches!(c, '\u{7f}'..='\u{9f}' | '\u{2028}'..='\u{202e}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_safe_and_the_same() {
        for text in ["", "plain", "a\"\n\u{1}\\", "\u{7f}\u{9b}1m grün \u{2028}\u{202e}\u{1f600}", "\u{80}"]
        {
            let mut out = Vec::new();
            write_line(&mut out, &[text]).unwrap();
            let line = String::from_utf8(out).unwrap();
            assert_eq!(line.find('\n'), Some(line.len() - 1));
            assert!(!line.trim_end().chars().any(|c| c.is_control() || is_unsafe(c)), "{line:?}");
            assert_eq!(serde_json::from_str::<[String; 1]>(&line).unwrap(), [text]);
        }
    }
}
