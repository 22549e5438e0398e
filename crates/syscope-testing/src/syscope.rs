//! The two outputs of `syscope trace`: JSON lines and text lines.

use serde_json::Value;

use crate::call::{parse_call, split_name};
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
    let arguments = event["args"].as_object();
    Some(Record {
        tid: event["process"]["tid"].as_i64()?,
        name: event["syscall"]["name"].as_str()?.to_owned(),
        number: event["syscall"]["nr"].as_i64(),
        arguments: arguments.iter().flat_map(|map| map.values()).map(Value::to_string).collect(),
        argument_names: arguments.iter().flat_map(|map| map.keys()).cloned().collect(),
        partial: outcome == Outcome::Never,
        outcome,
        note: None,
    })
}

/// Parses `syscope trace`: `comm[tid] name(arguments) = result`, with a container in front or without.
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
    parse_call(tid, call)
}

/// The first `[tid] name(` of the line: a comm may contain brackets and blanks itself.
fn find_call(line: &str) -> Option<(i64, &str)> {
    line.match_indices('[').find_map(|(position, _)| {
        let (number, rest) = line[position + 1..].split_once("] ")?;
        let tid = number.parse().ok()?;
        split_name(rest).map(|_| (tid, rest))
    })
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
        check("Web [x] y[13] getpid() = 13", 13, "getpid", 0);
        check("cat[12] exit_group(0) = ?", 12, "exit_group", 1);
    }

    #[test]
    fn reads_loss_lines() {
        assert_eq!(parse_text("syscope: 17 events lost (ring_full)").lost, 17);
        assert_eq!(parse_text("hello").unparsed, ["hello"]);
    }
}
