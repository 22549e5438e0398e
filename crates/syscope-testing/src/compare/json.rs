//! Is a JSON value what strace's text says?
//!
//! JSON has plain data where strace has expressions, so only what has one obvious form in both is compared:
//! strings, numbers, constants, sets of flags or signals, and lists of those.

use crate::arguments::split_arguments;
use crate::call::parse_integer;
use crate::literal::{literal_bytes, quote};

/// The names of sets without a flag; JSON has an empty list.
const EMPTY_SETS: &[&str] = &["0", "PROT_NONE", "F_OK", "BPF_ANY", "PR_SPEC_NOT_AFFECTED"];
/// The number of signals.
const SIGNALS: usize = 64;

/// Whether the rendered JSON value `actual` says the same as strace's `expected`; `None` when one of them is
/// a struct or an expression, which are not compared.
pub fn same_value(expected: &str, actual: &str) -> Option<bool> {
    let expected = strip_comments(strip_name(expected));
    let expression = |text: &str| {
        let plain = strip_strings(text);
        plain.contains(['{', '(']) || plain.contains("=>") || plain.contains("<...")
    };
    if expression(&expected) || expression(actual) {
        return None;
    }
    let items = actual.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).map(split_arguments);
    let Some(items) = items else { return Some(same_scalar(&expected, actual)) };
    let listed = expected.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let excluded = expected.strip_prefix("~[").and_then(|rest| rest.strip_suffix(']'));
    Some(match (listed, excluded) {
        (_, Some(excluded)) => {
            let excluded = signals(excluded);
            excluded.len() + items.len() == SIGNALS && !items.iter().any(|item| excluded.contains(item))
        }
        (Some(listed), _) if signals(listed) == items => true,
        (Some(listed), _) => {
            let listed = split_arguments(listed);
            listed.len() == items.len()
                && listed.iter().zip(&items).all(|(left, right)| same_scalar(left, right))
        }
        (None, None) if items.is_empty() => EMPTY_SETS.contains(&expected.as_str()),
        (None, None) => {
            let flags: Vec<&str> = expected.split('|').collect();
            // High bits without a name were taken for an address in the list.
            let same = |flag: &str, item: &str| {
                same_scalar(flag, item) || (item == "ADDR" && parse_integer(flag).is_some())
            };
            flags.len() == items.len() && flags.iter().zip(&items).all(|(left, right)| same(left, right))
        }
    })
}

/// `INT RT_1` as JSON has them, in quotes.
fn signals(list: &str) -> Vec<String> {
    let full = |name: &str| match name {
        _ if parse_integer(name).is_some() => name.to_owned(),
        "RTMIN" => "\"SIGRTMIN\"".to_owned(),
        _ => format!("\"SIG{name}\""),
    };
    list.split_whitespace().map(full).collect()
}

fn same_scalar(expected: &str, actual: &str) -> bool {
    let number = |text: &str| parse_integer(text.trim_matches('"'));
    expected == actual
        || (!expected.starts_with('"') && quote(expected.as_bytes()) == actual)
        || (literal_bytes(expected).is_none() && number(expected).is_some() && number(expected) == number(actual))
}

/// `flags=SIGCHLD` without the name.
fn strip_name(text: &str) -> &str {
    let length = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(0);
    text[length..].strip_prefix('=').filter(|_| length > 0).unwrap_or(text)
}

/// The text without `/* remarks */` outside of strings.
fn strip_comments(text: &str) -> String {
    copy(text, |piece| if piece.starts_with("/*") { "" } else { piece }).trim_end().to_owned()
}

/// The text with its strings empty.
fn strip_strings(text: &str) -> String {
    copy(text, |piece| if piece.starts_with('"') { "\"\"" } else { piece })
}

fn copy<'a>(text: &'a str, map: impl Fn(&'a str) -> &'a str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut position = 0;
    while position < text.len() {
        let end = crate::arguments::skip_one(text, position).min(text.len());
        result.push_str(map(&text[position..end]));
        position = end;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expected: &str, actual: &str, same: Option<bool>) {
        assert_eq!(same_value(expected, actual), same, "{expected} {actual}");
    }

    #[test]
    fn scalars() {
        check("3", "3", Some(true));
        check("0x1f", "31", Some(true));
        check("0x63 /* SIG_??? */", "99", Some(true));
        check("-1", "4294967295", Some(false));
        check("NULL", "NULL", Some(true));
        check("ADDR /* 11 vars */", "ADDR", Some(true));
        check("AT_FDCWD", "\"AT_FDCWD\"", Some(true));
        check("0644", "\"0644\"", Some(true));
        check("\"a\"...", "\"a\"...", Some(true));
        check("\"a\"...", "\"a\"", Some(false));
        check("\"12\"", "12", Some(false));
        check("12", "\"13\"", Some(false));
        check("child_stack=NULL", "NULL", Some(true));
        check("", "3", Some(false));
    }

    #[test]
    fn sets_and_lists() {
        check("O_RDONLY|O_CLOEXEC", r#"["O_RDONLY", "O_CLOEXEC"]"#, Some(true));
        check("O_RDONLY", r#"["O_RDONLY", "O_CLOEXEC"]"#, Some(false));
        check("O_RDONLY|0x800000", r#"["O_RDONLY", ADDR]"#, Some(true));
        check("PROT_NONE", "[]", Some(true));
        check("PROT_READ", "[]", Some(false));
        check("flags=SIGCHLD", r#"["SIGCHLD"]"#, Some(true));
        check("[3, 4]", "[3, 4]", Some(true));
        check("[3, 4]", "[3, 5]", Some(false));
        check(r#"["a", "b"]"#, r#"["a", "b"]"#, Some(true));
        check("[INT RT_2]", r#"["SIGINT", "SIGRT_2"]"#, Some(true));
        check("[INT]", r#"["SIGHUP"]"#, Some(false));
        check("[]", "[]", Some(true));
    }

    #[test]
    fn excluded_signals() {
        let all_but = |left: &str| {
            let names: Vec<String> = (0..63).map(|n| if n == 0 { left.to_owned() } else { format!("\"S{n}\"") }).collect();
            format!("[{}]", names.join(", "))
        };
        check("~[INT]", &all_but("\"SIGHUP\""), Some(true));
        check("~[INT]", &all_but("\"SIGINT\""), Some(false));
        check("~[INT]", r#"["SIGHUP"]"#, Some(false));
    }

    #[test]
    fn structs_and_expressions_are_passed_over() {
        check("{a=1}", "{a=1}", None);
        check("[{WIFEXITED(s) && WEXITSTATUS(s) == 0}]", "\"exit 0\"", None);
        check("makedev(0x1, 0x3)", "\"1:3\"", None);
        check("[128 => 16]", "[16]", None);
        check("\"{(\"", "\"{(\"", Some(true));
    }
}
