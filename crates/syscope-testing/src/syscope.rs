//! The two outputs of `syscope trace`: JSON lines and text lines.

use serde_json::{Map, Value};

use crate::arguments::{skip_one, split_arguments};
use crate::call::{parse_call, split_name};
use crate::literal::{decode_base64, quote};
use crate::record::{Log, Outcome, Record};

/// Parses `syscope trace -o json`. Events other than system calls and losses are passed over.
pub fn parse_json(text: &str) -> Log {
    let mut log = Log::default();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let event: Value = serde_json::from_str(line).unwrap_or_default();
        match event["type"].as_str() {
            Some("syscall") => match json_record(&event) {
                Some(record) => log.records.push(record),
                None => log.unparsed.push(line.to_owned()),
            },
            Some("loss") => log.lost = log.lost.max(event["lost"].as_u64().unwrap_or(0)),
            Some(_) => {}
            None => log.unparsed.push(line.to_owned()),
        }
    }
    log
}

fn json_record(event: &Value) -> Option<Record> {
    let error = event["error"].as_str().unwrap_or("OK");
    let outcome = match event["ret"].as_i64().or_else(|| event["ret"].as_u64().map(|value| value as i64)) {
        _ if error != "OK" => Outcome::from_error(error),
        Some(value) => Outcome::Value(value),
        None => Outcome::Never,
    };
    let (argument_names, arguments) = event["args"].as_object().map(named_arguments).unwrap_or_default();
    Some(Record {
        tid: event["process"]["tid"].as_i64()?,
        name: event["syscall"]["name"].as_str()?.to_owned(),
        number: event["syscall"]["nr"].as_i64(),
        arguments,
        argument_names,
        partial: outcome == Outcome::Never,
        outcome,
        note: None,
        dies: false,
    })
}

/// Names and values of the arguments. A member `fd_path` behind `fd` says what the descriptor `fd` refers
/// to; it is no argument.
fn named_arguments(members: &Map<String, Value>) -> (Vec<String>, Vec<String>) {
    let mut last: Option<&str> = None;
    let mut arguments = (Vec::new(), Vec::new());
    for (name, value) in members {
        let described = name.strip_suffix("_path");
        if described.is_none() || described != last {
            arguments.0.push(name.clone());
            arguments.1.push(render(value));
        }
        last = Some(name);
    }
    arguments
}

/// A JSON value as text that the rules can be applied to. Constants stay in quotes, as they can't be told
/// from strings, but for numbers in hexadecimal.
fn render(value: &Value) -> String {
    let is_hexadecimal = |text: &str| {
        text.strip_prefix("0x").is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    match value {
        Value::Null => "NULL".to_owned(),
        Value::String(text) if is_hexadecimal(text) => text.clone(),
        Value::String(text) => quote(text.as_bytes()),
        Value::Array(items) => format!("[{}]", items.iter().map(render).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => render_object(members),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// A string that is cut or not UTF-8, the mark of a cut array, or a struct.
fn render_object(members: &Map<String, Value>) -> String {
    let dots = if members.get("truncated") == Some(&Value::Bool(true)) { "..." } else { "" };
    let text = members.get("text").and_then(Value::as_str).map(|text| text.as_bytes().to_vec());
    let bytes = members.get("bytes").and_then(Value::as_str).and_then(decode_base64);
    let others = members.len() - usize::from(!dots.is_empty());
    match text.or(bytes) {
        Some(bytes) if others == 1 => quote(&bytes) + dots,
        None if others == 0 && !dots.is_empty() => dots.to_owned(),
        _ => {
            let members = members.iter().map(|(name, value)| format!("{name}={}", render(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
    }
}

/// Parses `syscope trace`: `comm[tid] name(arguments) = result`, with a container in front or without. A comm
/// with blanks or brackets is quoted.
///
/// A line of another form is a loss line when it says so (`lost` after a number), and otherwise unparsed.
pub fn parse_text(text: &str) -> Log {
    let mut log = Log::default();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        match text_record(line) {
            Some(record) => log.records.push(record),
            None => match lost_in(line) {
                Some(lost) => log.lost = log.lost.max(lost),
                None => log.unparsed.push(line.to_owned()),
            },
        }
    }
    log
}

fn text_record(line: &str) -> Option<Record> {
    let (tid, call) = find_call(line)?;
    match call.strip_suffix(" <unfinished ...>") {
        None => parse_call(tid, call.strip_suffix(" (denied before entry)").unwrap_or(call)),
        Some(start) => {
            let (name, arguments) = split_name(start)?;
            Some(Record {
                tid,
                name,
                number: None,
                arguments: split_arguments(arguments),
                argument_names: Vec::new(),
                outcome: Outcome::Never,
                note: None,
                partial: true,
                dies: false,
            })
        }
    }
}

/// The thread and the call: `[tid]` at the first bracket outside of quotes, then perhaps the mark of
/// another calling convention.
fn find_call(line: &str) -> Option<(i64, &str)> {
    let mut position = 0;
    while !line.get(position..)?.starts_with('[') {
        if position == line.len() {
            return None;
        }
        position = skip_one(line, position);
    }
    let (number, rest) = line[position + 1..].split_once("] ")?;
    let call = match rest.strip_prefix('[') {
        Some(marked) => marked.split_once("] ")?.1,
        None => rest,
    };
    split_name(call)?;
    Some((number.parse().ok()?, call))
}

/// The count of a loss line such as `lost 17 events (ring_full)` or `17 events lost`.
fn lost_in(line: &str) -> Option<u64> {
    let words: Vec<&str> = line.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    words.contains(&"lost").then(|| words.iter().find_map(|word| word.parse().ok())).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_json_events() {
        let log = parse_json(concat!(
            r#"{"type":"syscall","syscall":{"nr":257,"name":"openat"},"args":{"dirfd":"AT_FDCWD","pathname":"/x","flags":["O_RDONLY"]},"ret":-2,"error":"ENOENT","process":{"pid":7,"tid":8}}"#,
            "\n",
            r#"{"type":"syscall","syscall":{"nr":231,"name":"exit_group"},"args":{"error_code":0},"process":{"pid":7,"tid":7}}"#,
            "\n",
            r#"{"type":"exit","process":{"pid":7,"tid":7}}"#,
            "\n",
            r#"{"type":"loss","reason":"ring_full","lost":17}"#,
            "\nnot json\n",
        ));
        assert_eq!(log.records.len(), 2);
        assert_eq!(log.records[0].tid, 8);
        assert_eq!(log.records[0].argument_names, ["dirfd", "pathname", "flags"]);
        assert_eq!(log.records[0].outcome, Outcome::Error("ENOENT".to_owned()));
        assert_eq!(log.records[1].outcome, Outcome::Never);
        assert_eq!((log.lost, log.unparsed.len()), (17, 1));
    }

    #[test]
    fn reads_interrupted_and_huge_results() {
        let parse = |rest: &str| {
            let line = format!(
                r#"{{"type":"syscall","syscall":{{"name":"read"}},"args":{{}},{rest},"process":{{"tid":1}}}}"#
            );
            parse_json(&line).records[0].outcome.clone()
        };
        assert_eq!(
            parse(r#""ret":-512,"error":"ERESTARTSYS""#),
            Outcome::Interrupted("ERESTARTSYS".to_owned())
        );
        assert_eq!(parse(r#""ret":2147483648,"error":"OK""#), Outcome::Value(1 << 31));
        assert_eq!(parse(r#""ret":18446744073699065856,"error":"OK""#), Outcome::Value(-10_485_760));
        assert_eq!(parse(r#""ret":null,"error":"OK""#), Outcome::Never);
    }

    #[test]
    fn renders_values() {
        let check = |value: &str, expected: &str| {
            let line = format!(
                r#"{{"type":"syscall","syscall":{{"name":"f"}},"args":{{"a":{value}}},"ret":0,"process":{{"tid":1}}}}"#
            );
            assert_eq!(parse_json(&line).records[0].arguments, [expected]);
        };
        check("null", "NULL");
        check("-1", "-1");
        check(r#""0x7fff0000""#, "0x7fff0000");
        check(r#""a\"é""#, r#""a\"\303\251""#);
        check(r#"{"text":"a\n","truncated":true}"#, r#""a\n"..."#);
        check(r#"{"bytes":"/wA="}"#, r#""\377\000""#);
        check(r#"["A","B",{"truncated":true}]"#, r#"["A", "B", ...]"#);
        check(r#"{"tv_sec":1,"data":{"bytes":5}}"#, "{tv_sec=1, data={bytes=5}}");
    }

    #[test]
    fn what_a_descriptor_refers_to_is_no_argument() {
        let log = parse_json(
            r#"{"type":"syscall","syscall":{"name":"f"},"args":{"fd":1,"fd_path":"/x","new_path":"y","count":3},"ret":0,"process":{"tid":1}}"#,
        );
        assert_eq!(log.records[0].argument_names, ["fd", "new_path", "count"]);
        assert_eq!(log.records[0].arguments, ["1", "\"y\"", "3"]);
    }

    fn check(line: &str, tid: i64, name: &str, arguments: usize) {
        let log = parse_text(line);
        assert_eq!(log.unparsed, Vec::<String>::new());
        assert_eq!((log.records[0].tid, log.records[0].name.as_str()), (tid, name), "{line}");
        assert_eq!(log.records[0].arguments.len(), arguments, "{line}");
    }

    #[test]
    fn reads_text_lines() {
        check(r#"cat[12] openat(AT_FDCWD, "/etc/hosts", O_RDONLY|O_CLOEXEC) = 3"#, 12, "openat", 3);
        check(r#"prod/nginx/web sh[12] read(3, "[4] x(", 5) = 5 <0.000012>"#, 12, "read", 3);
        check(r#""Web [x] \"y"[13] getpid() = 13"#, 13, "getpid", 0);
        check(r#""tmux: server"[17] read(3, "[4] x(", 5) = 5"#, 17, "read", 3);
        check("int80[12] [i386] getpid() = 12", 12, "getpid", 0);
        check(
            r#"cat[12] chroot("/") = -1 EPERM (Operation not permitted) (denied before entry)"#,
            12,
            "chroot",
            1,
        );
        check("cat[12] getuid() = 5 (denied before entry)", 12, "getuid", 0);
        check("cat[12] read(0, 0x7ffc0de0, 1024 <unfinished ...>", 12, "read", 3);
        check("cat[12] exit_group(0) = ?", 12, "exit_group", 1);
    }

    #[test]
    fn reads_loss_lines() {
        assert_eq!(parse_text("syscope: 17 events lost (ring_full)").lost, 17);
        assert_eq!(parse_text("hello").unparsed, ["hello"]);
    }
}
