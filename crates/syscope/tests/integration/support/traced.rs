//! Traces that have ended, as typed events.

use std::ffi::OsStr;

use serde_json::Value;
use syscope_output::record::{Gap, Loss, Record, Syscall, Totals};

use super::{Dir, Ended, finish, start, syscope};

/// A trace from begin to end.
#[derive(Debug)]
pub struct Traced {
    pub ended: Ended,
    pub records: Vec<Record>,
}

impl Traced {
    /// The calls, in order.
    pub fn calls(&self) -> impl Iterator<Item = &Syscall> {
        calls(&self.records)
    }

    /// The calls of this name.
    pub fn named(&self, name: &str) -> Vec<&Syscall> {
        self.calls().filter(|call| call.syscall.name == name).collect()
    }

    /// The only call of this name.
    pub fn only(&self, name: &str) -> &Syscall {
        let found = self.named(name);
        assert_eq!(found.len(), 1, "calls of {name}: {found:#?}");
        found[0]
    }

    /// The account at the end.
    pub fn totals(&self) -> &Totals {
        match self.records.last() {
            Some(Record::Loss(Loss::Totals(totals))) => totals,
            other => panic!("the last record is no account: {other:?}"),
        }
    }

    /// The losses where they happened.
    pub fn gaps(&self) -> impl Iterator<Item = &Gap> {
        self.records.iter().filter_map(|record| match record {
            Record::Loss(Loss::Gap(gap)) => Some(gap),
            _ => None,
        })
    }
}

/// Runs `syscope trace FLAGS -- COMMAND` with JSON to a file.
pub fn trace<S: AsRef<OsStr>>(flags: &[&str], command: impl IntoIterator<Item = S>) -> Traced {
    let dir = Dir::new();
    let events = dir.join("events");
    let mut syscope = syscope();
    syscope.args(["trace", "-o", "json", "-w"]).arg(&events).args(flags).arg("--").args(command);
    let ended = finish(start(&mut syscope, &dir), &dir);
    let text = std::fs::read_to_string(&events).unwrap_or_default();
    assert!(!text.is_empty(), "no events: {ended:?}");
    Traced { ended, records: text.lines().map(parse).collect() }
}

/// One line of the stream; what is not specified is refused.
pub fn parse(line: &str) -> Record {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

/// The calls among records.
pub fn calls(records: &[Record]) -> impl Iterator<Item = &Syscall> {
    records.iter().filter_map(|record| match record {
        Record::Syscall(call) => Some(&**call),
        _ => None,
    })
}

/// The bytes of a string argument, however it is written; a cut one is refused.
pub fn bytes_of(value: &Value) -> Vec<u8> {
    match value {
        Value::String(text) => text.clone().into_bytes(),
        Value::Object(map) if map.len() == 1 => from_base64(map["bytes"].as_str().expect("base64")),
        other => panic!("not a whole string: {other}"),
    }
}

fn from_base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::new();
    for group in text.trim_end_matches('=').as_bytes().chunks(4) {
        let digit = |byte| DIGITS.iter().position(|digit| digit == byte).expect("a digit of base64") as u32;
        let bits = group.iter().enumerate().fold(0, |bits, (at, byte)| bits | digit(byte) << (18 - 6 * at));
        bytes.extend(&bits.to_be_bytes()[1..group.len()]);
    }
    bytes
}

#[test]
fn base64_is_read() {
    for (text, bytes) in [("", &b""[..]), ("/w==", b"\xff"), ("Y2Fm6Q==", b"caf\xe9"), ("YWJj", b"abc")] {
        assert_eq!(from_base64(text), bytes);
    }
}
