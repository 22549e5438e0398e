//! Is a JSON value what strace's text says?
//!
//! JSON has plain data where strace has expressions, so only what has one obvious form in both is compared:
//! strings, numbers, constants, sets of flags or signals, and lists and structs of those. Of structs strace
//! shows some members only; those it shows count.

use crate::arguments::{skip_one, split_arguments, value_end};
use crate::call::parse_integer;
use crate::literal::{literal_bytes, quote};

/// The names of sets without a flag; JSON has an empty list.
const EMPTY_SETS: &[&str] = &["0", "PROT_NONE", "F_OK", "BPF_ANY", "PR_SPEC_NOT_AFFECTED"];
/// The number of signals.
const SIGNALS: usize = 64;

/// Whether the rendered JSON value `actual` says the same as strace's `expected`; `None` when one of them is
/// an expression, which is not compared. Of entries of a directory, strace shows the number.
pub fn same_value(expected: &str, actual: &str) -> Option<bool> {
    let items = inside(actual, '[', ']').map(split_arguments);
    if let (Some(count), Some(items)) = (count_of_entries(expected), &items) {
        return (!is_cut(items)).then_some(count == items.len());
    }
    let expected = strip_comments(strip_name(expected));
    if expected == actual {
        return Some(true);
    }
    if let (Some(expected), Some(actual)) = (inside(&expected, '{', '}'), inside(actual, '{', '}')) {
        return same_members(&split_arguments(expected), &split_arguments(actual));
    }
    let is_struct = |text: &String| text.starts_with('{');
    let listed = inside(&expected, '[', ']').map(split_arguments);
    if let (Some(listed), Some(items)) = (&listed, &items)
        && (listed.iter().any(is_struct) || items.iter().any(is_struct))
    {
        return same_items(listed, items);
    }
    if is_expression(&expected) || is_expression(actual) {
        return None;
    }
    Some(match items {
        Some(items) => same_set(&expected, &items),
        None => same_scalar(&expected, actual),
    })
}

/// Whether no member that both show differs; `None` if there is none that can be compared.
fn same_members(expected: &[String], actual: &[String]) -> Option<bool> {
    let find = |name: &str| actual.iter().find(|member| name_of(member) == Some(name));
    let compared = expected.iter().filter_map(|member| {
        let other = find(name_of(member)?)?;
        same_value(member, strip_name(other))
    });
    compared.reduce(|all, same| all && same)
}

/// Whether the lists are equally long and no pair of items differs.
fn same_items(expected: &[String], actual: &[String]) -> Option<bool> {
    if expected.len() != actual.len() && !is_cut(expected) && !is_cut(actual) {
        return Some(false);
    }
    let pairs = expected.iter().zip(actual).filter(|(left, right)| *left != "..." && *right != "...");
    pairs.filter_map(|(left, right)| same_value(left, right)).reduce(|all, same| all && same)
}

/// Whether a set or list of plain values is the same.
fn same_set(expected: &str, items: &[String]) -> bool {
    let all_same = |parts: &[String], same: fn(&str, &str) -> bool| {
        parts.len() == items.len() && parts.iter().zip(items).all(|(left, right)| same(left, right))
    };
    if let Some(listed) = inside(expected, '[', ']') {
        return signals(listed) == items || all_same(&split_arguments(listed), same_scalar);
    }
    if let Some(excluded) = expected.strip_prefix('~').and_then(|rest| inside(rest, '[', ']')) {
        let excluded = signals(excluded);
        return excluded.len() + items.len() == SIGNALS && !items.iter().any(|item| excluded.contains(item));
    }
    if items.is_empty() {
        return EMPTY_SETS.contains(&expected);
    }
    let flags: Vec<String> = expected.split('|').map(str::to_owned).collect();
    // High bits without a name were taken for an address in the list.
    all_same(&flags, |flag, item| {
        same_scalar(flag, item) || (item == "ADDR" && parse_integer(flag).is_some())
    })
}

fn is_cut(items: &[String]) -> bool {
    items.last().is_some_and(|item| item == "...")
}

/// Calls (`htons(80)`), products (`8192*1024`), what became of a value (`[128 => 16]`), words that only
/// text has, and what differs from run to run.
fn is_expression(text: &str) -> bool {
    let plain = strip_strings(text);
    plain.contains(['{', '(', '*']) || ["=>", "<...", "VARIES"].iter().any(|mark| text.contains(mark))
}

/// What is between the brackets, if they enclose the whole text.
fn inside(text: &str, open: char, close: char) -> Option<&str> {
    let inner = text.strip_prefix(open)?.strip_suffix(close)?;
    (value_end(text, 1) == text.len() - 1).then_some(inner)
}

/// The number in `ADDR /* 3 entries */`.
fn count_of_entries(text: &str) -> Option<usize> {
    text.strip_prefix("ADDR /* ")?.strip_suffix(" entries */")?.parse().ok()
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
    let is_text = literal_bytes(expected).is_some();
    expected == actual
        || (!is_text && quote(plain_form(expected).as_bytes()) == actual)
        || (!is_text && number(expected).is_some() && number(expected) == number(actual))
        || is_abstract(expected, actual)
}

/// A constant without what C needs around it: `1<<CAP_CHOWN`, `-ENODEV`.
fn plain_form(constant: &str) -> &str {
    let error = constant.strip_prefix('-').filter(|rest| rest.starts_with('E'));
    constant.strip_prefix("1<<").or(error).unwrap_or(constant)
}

/// `@"name"` and `"@name"`: an abstract socket.
fn is_abstract(expected: &str, actual: &str) -> bool {
    let name = expected.strip_prefix('@').and_then(literal_bytes);
    name.is_some_and(|name| quote(&[b"@", name.as_slice()].concat()) == actual)
}

/// `flags=SIGCHLD` without the name.
fn strip_name(text: &str) -> &str {
    name_of(text).map_or(text, |name| &text[name.len() + 1..])
}

/// The name in `flags=SIGCHLD`.
fn name_of(text: &str) -> Option<&str> {
    let length = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))?;
    (length > 0 && text[length..].starts_with('=') && !text[length..].starts_with("=>"))
        .then(|| &text[..length])
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
        let end = skip_one(text, position).min(text.len());
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
        check("@\"name\"", "\"@name\"", Some(true));
        check("@\"name\"", "\"name\"", Some(false));
        check("-ENODEV", "\"ENODEV\"", Some(true));
        check("", "3", Some(false));
    }

    #[test]
    fn sets_and_lists() {
        check("O_RDONLY|O_CLOEXEC", r#"["O_RDONLY", "O_CLOEXEC"]"#, Some(true));
        check("O_RDONLY", r#"["O_RDONLY", "O_CLOEXEC"]"#, Some(false));
        check("O_RDONLY|0x800000", r#"["O_RDONLY", ADDR]"#, Some(true));
        check("1<<CAP_KILL|1<<CAP_CHOWN", r#"["CAP_KILL", "CAP_CHOWN"]"#, Some(true));
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
            let names: Vec<String> =
                (0..63).map(|n| if n == 0 { left.to_owned() } else { format!("\"S{n}\"") }).collect();
            format!("[{}]", names.join(", "))
        };
        check("~[INT]", &all_but("\"SIGHUP\""), Some(true));
        check("~[INT]", &all_but("\"SIGINT\""), Some(false));
        check("~[INT]", r#"["SIGHUP"]"#, Some(false));
    }

    #[test]
    fn entries_are_counted() {
        check("ADDR /* 0 entries */", "[]", Some(true));
        check("ADDR /* 2 entries */", r#"[{d_name="."}, {d_name=".."}]"#, Some(true));
        check("ADDR /* 2 entries */", r#"[{d_name="."}]"#, Some(false));
        check("ADDR /* 2 entries */", r#"[{d_name="."}, ...]"#, None);
    }

    #[test]
    fn members_that_both_show_are_compared() {
        check("{a=1}", "{a=1, b=2}", Some(true));
        check("{a=1}", "{a=2}", Some(false));
        check("{a=1, c=3, ...}", "{a=1, b=2, c=4}", Some(false));
        check("{a=htons(80), b=A|B}", r#"{a=80, b=["A", "B"]}"#, Some(true));
        check("{a=htons(80)}", "{a=80}", None);
        check("{a={b=[INT]}}", r#"{a={b=["SIGINT"]}}"#, Some(true));
        check("[{fd=1}, {fd=2}]", "[{fd=1}, {fd=2}]", Some(true));
        check("[{fd=1}, {fd=2}]", "[{fd=1}, {fd=3}]", Some(false));
        check("[{fd=1}, {fd=2}]", "[{fd=1, x=2}]", Some(false));
        check("[{fd=1}, ...]", "[{fd=1, x=2}, {fd=2}]", Some(true));
    }

    #[test]
    fn expressions_are_passed_over() {
        check("{a=1} => {a=2}", "{a=2}", None);
        check("parent_tid=[VARIES]", "[4711]", None);
        check("[{WIFEXITED(s) && WEXITSTATUS(s) == 0}]", "\"exit 0\"", None);
        check("makedev(0x1, 0x3)", "\"1:3\"", None);
        check("[128 => 16]", "[16]", None);
        check("{rlim_cur=8192*1024}", "{rlim_cur=8388608}", None);
        check("\"{(\"", "\"{(\"", Some(true));
    }
}
