//! One call on one line, the form strace and Syscope's text share: `name(arguments) = result`.

use crate::arguments::{find_closing, split_arguments};
use crate::record::{Outcome, Record};

/// Parses `name(arguments) = result`; `None` when `text` has another form.
pub fn parse_call(tid: i64, text: &str) -> Option<Record> {
    let (name, rest) = split_name(text)?;
    let closing = find_closing(rest)?;
    let (arguments, partial) = parse_arguments(&rest[..closing]);
    let result = rest[closing + 1..].trim_start().strip_prefix('=')?;
    let (outcome, note) = parse_result(result.trim())?;
    let partial = partial && outcome == Outcome::Never;
    let argument_names = Vec::new();
    Some(Record { tid, name, number: None, arguments, argument_names, outcome, note, partial, dies: false })
}

/// Splits `name(rest`; the name of an unknown call becomes decimal (`syscall_0x3e7` -> `syscall_999`).
pub fn split_name(text: &str) -> Option<(String, &str)> {
    let length = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))?;
    let (name, rest) = text.split_at(length);
    let rest = rest.strip_prefix('(')?;
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let number = name.strip_prefix("syscall_0x").and_then(|digits| i64::from_str_radix(digits, 16).ok());
    Some((number.map_or_else(|| name.to_owned(), |number| format!("syscall_{number}")), rest))
}

/// The arguments, and whether the tracer said it did not see them all.
fn parse_arguments(text: &str) -> (Vec<String>, bool) {
    const UNFINISHED: &str = "<unfinished ...>";
    let Some(shown) = text.trim_end().strip_suffix(UNFINISHED) else {
        return (split_arguments(text), false);
    };
    let mut arguments = split_arguments(shown);
    if arguments.last().is_some_and(String::is_empty) {
        arguments.pop();
    }
    (arguments, true)
}

/// What follows the equals sign: the outcome and the remark in parentheses.
fn parse_result(text: &str) -> Option<(Outcome, Option<String>)> {
    let text = strip_latency(text);
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    let rest = rest.trim();
    if word == "?" {
        let name = rest.split(' ').next().unwrap_or_default();
        return Some((if name.is_empty() { Outcome::Never } else { Outcome::from_error(name) }, None));
    }
    if rest.starts_with('E') {
        return Some((Outcome::from_error(rest.split(' ').next()?), None));
    }
    let note = rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).map(str::to_owned);
    Some((Outcome::Value(parse_integer(word)?), note))
}

/// Takes a trailing ` <0.000012>` away.
fn strip_latency(text: &str) -> &str {
    let is_latency = |inner: &str| inner.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    match text.rsplit_once(" <") {
        Some((before, after)) if after.strip_suffix('>').is_some_and(is_latency) => before.trim_end(),
        _ => text,
    }
}

/// A number in C's notation: decimal, `0x` or octal with a leading zero.
pub fn parse_integer(text: &str) -> Option<i64> {
    let unsigned = |digits: &str, radix| u64::from_str_radix(digits, radix).ok().map(|value| value as i64);
    if let Some(digits) = text.strip_prefix("0x") {
        unsigned(digits, 16)
    } else if text.len() > 1 && text.starts_with('0') {
        unsigned(text, 8)
    } else {
        text.parse().ok().or_else(|| unsigned(text, 10))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, name: &str, arguments: &[&str], outcome: Outcome, note: Option<&str>) {
        let record = parse_call(1, text).unwrap_or_else(|| panic!("not a call: {text}"));
        assert_eq!(record.name, name, "{text}");
        assert_eq!(record.arguments, arguments, "{text}");
        assert_eq!(record.outcome, outcome, "{text}");
        assert_eq!(record.note.as_deref(), note, "{text}");
    }

    #[test]
    fn reads_results() {
        check("close(3)     = 0", "close", &["3"], Outcome::Value(0), None);
        check("umask(077) = 022", "umask", &["077"], Outcome::Value(18), None);
        check("brk(NULL) = 0x55d0", "brk", &["NULL"], Outcome::Value(0x55d0), None);
        check("mmap(0) = 0xffffffffff600000", "mmap", &["0"], Outcome::Value(-10_485_760), None);
        check("pause() = ?", "pause", &[], Outcome::Never, None);
        check(
            "read(3, 0x1, 1) = -1 EAGAIN (Try again) <0.000012>",
            "read",
            &["3", "0x1", "1"],
            error("EAGAIN"),
            None,
        );
    }

    #[test]
    fn reads_remarks_and_interruptions() {
        check(
            "poll([{fd=3, events=POLLIN}], 1, -1) = 1 ([{fd=3, revents=POLLIN}])",
            "poll",
            &["[{fd=3, events=POLLIN}]", "1", "-1"],
            Outcome::Value(1),
            Some("[{fd=3, revents=POLLIN}]"),
        );
        check(
            "fcntl(1, F_GETFD) = 0x1 (flags FD_CLOEXEC)",
            "fcntl",
            &["1", "F_GETFD"],
            Outcome::Value(1),
            Some("flags FD_CLOEXEC"),
        );
        let interrupted = Outcome::Interrupted("ERESTARTSYS".to_owned());
        check(
            "read(0, 0x1, 1) = ? ERESTARTSYS (To be restarted)",
            "read",
            &["0", "0x1", "1"],
            interrupted,
            None,
        );
    }

    #[test]
    fn reads_unknown_calls_by_number() {
        check("syscall_0x3e7(0x1) = -1 ENOSYS (x)", "syscall_999", &["0x1"], error("ENOSYS"), None);
        check("syscall_999(0x1) = -1 ENOSYS (x)", "syscall_999", &["0x1"], error("ENOSYS"), None);
    }

    #[test]
    fn a_call_nobody_saw_return_is_partial() {
        let record = parse_call(1, "read(3,  <unfinished ...>) = ?").expect("a call");
        assert_eq!((record.arguments, record.partial), (vec!["3".to_owned()], true));
    }

    #[test]
    fn other_text_is_no_call() {
        for text in ["", "read", "read(3", "read(3)", "+++ exited with 0 +++", "3(4) = 5"] {
            assert_eq!(parse_call(1, text), None, "{text}");
        }
    }

    fn error(name: &str) -> Outcome {
        Outcome::Error(name.to_owned())
    }
}
