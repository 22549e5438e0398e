//! Makes two runs of one command comparable, by the rules of [`rules`].

pub mod rules;

use std::collections::HashMap;

use crate::arguments::{field_end, skip_one, string_end};
use crate::call::parse_integer;
use crate::literal::{literal_bytes, quote};
use crate::record::{Outcome, Record};
use crate::tree::Place as TreePlace;
pub use rules::RULES;
use rules::{Action, OBJECT_NAMES, Place, READS, Rule, TEMPORARY_NAMES, VARYING_FILES, VARYING_STRINGS};

/// From here on a hexadecimal number is taken for an address (the kernel maps nothing below).
const LOWEST_ADDRESS: i64 = 0x10000;
/// From here on a number in the place of a pid is taken for one of the tracer's pid namespace.
const LOWEST_PID: i64 = 300;
/// Linux's default ephemeral ports begin here.
const LOWEST_EPHEMERAL_PORT: i64 = 32768;

/// A call in the form that is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Normal {
    /// The name of the call.
    pub name: String,
    /// How it ended.
    pub outcome: String,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// The remark behind the result.
    pub note: Option<String>,
    /// Nobody saw the call end; what its arguments say may be incomplete.
    pub partial: bool,
    /// The thread was killed inside this call; it has no result.
    pub dies: bool,
}

/// Normalises the records of one run, in order.
pub struct Normaliser<'a> {
    places: &'a HashMap<i64, TreePlace>,
    ipc_ids: Vec<(String, i64)>,
    varying_fds: HashMap<(i64, i64), bool>,
}

impl<'a> Normaliser<'a> {
    /// A normaliser for a run whose threads have these places.
    pub fn new(places: &'a HashMap<i64, TreePlace>) -> Self {
        Normaliser { places, ipc_ids: Vec::new(), varying_fds: HashMap::new() }
    }

    /// The form of `record` that is compared.
    pub fn normalise(&mut self, record: &Record) -> Normal {
        self.follow_open(record);
        let varying_read = self.reads_varying_file(record);
        let outcome = match record.outcome {
            Outcome::Value(_) if varying_read => "N".to_owned(),
            _ => self.outcome(record),
        };
        let arguments = record.arguments.iter().enumerate().map(|(index, text)| {
            if varying_read && index == 1 { shape(text) } else { self.argument(record, index, text) }
        });
        Normal {
            name: record.name.clone(),
            outcome,
            arguments: arguments.collect(),
            note: record.note.as_deref().map(|note| self.note(note, &record.name)),
            partial: record.partial,
            dies: record.dies,
        }
    }

    fn outcome(&mut self, record: &Record) -> String {
        let value = match &record.outcome {
            Outcome::Value(value) => *value,
            Outcome::Error(name) => return name.clone(),
            Outcome::Interrupted(name) => return format!("? {name}"),
            Outcome::Never => return "?".to_owned(),
        };
        match find_rule(&record.name, Place::Result) {
            Some(Action::Ipc) => self.number_ipc(&record.name, value),
            Some(action) => self.label(action, &value.to_string()),
            None => value.to_string(),
        }
    }

    fn note(&self, text: &str, call: &str) -> String {
        match find_rule(call, Place::Result) {
            Some(Action::Varies) => shape(text),
            _ => self.rewrite(text, call, None),
        }
    }

    fn argument(&mut self, record: &Record, index: usize, text: &str) -> String {
        let name = record.name.as_str();
        let absolute = record.arguments.iter().any(|argument| argument.contains("TIMER_ABSTIME"));
        match find_rule(name, Place::Argument(index)) {
            Some(Action::Ipc) => parse_integer(text).map_or(text.to_owned(), |id| self.find_ipc(name, id)),
            Some(Action::ChosenTime) if absolute => self.rewrite(text, name, None),
            Some(Action::Varies) => shape(text),
            Some(Action::Exact) => text.to_owned(),
            action => self.rewrite(text, name, action),
        }
    }

    /// Remembers which descriptors lead to files that vary.
    fn follow_open(&mut self, record: &Record) {
        let opens = matches!(record.name.as_str(), "open" | "openat" | "openat2");
        let path = record.arguments.iter().take(2).find_map(|text| absolute_path(text));
        if let (true, Some(path), Outcome::Value(fd)) = (opens, path, &record.outcome) {
            let numbered = path
                .strip_prefix("/proc/")
                .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
            let varies = numbered || VARYING_FILES.iter().any(|prefix| path.starts_with(prefix));
            self.varying_fds.insert((record.tid, *fd), varies);
        }
    }

    fn reads_varying_file(&self, record: &Record) -> bool {
        let fd = record.arguments.first().and_then(|text| first_number(text));
        READS.contains(&record.name.as_str())
            && fd.is_some_and(|fd| self.varying_fds.get(&(record.tid, fd)).copied().unwrap_or(false))
    }

    /// Replaces what varies inside one argument.
    fn rewrite(&self, text: &str, call: &str, action: Option<Action>) -> String {
        let mut result = String::with_capacity(text.len());
        let mut position = 0;
        while position < text.len() {
            let end = token_end(text, position);
            let token = &text[position..end];
            position = end;
            if token.starts_with('"') {
                result.push_str(&self.rewrite_string(token));
            } else if token.starts_with("/*") {
                push_comment(&mut result, token);
            } else if is_word(token) && text[position..].starts_with('=') {
                let value_end = field_end(text, position + 1);
                let value = &text[position + 1..value_end];
                result.push_str(token);
                result.push('=');
                result.push_str(&self.field(call, token, value, action));
                position = value_end;
            } else if token.starts_with(|c: char| c.is_ascii_digit()) {
                let flag = result.ends_with('|') || text[position..].starts_with('|');
                result.push_str(&self.number(token, flag, action));
            } else {
                result.push_str(token);
            }
        }
        result
    }

    fn field(&self, call: &str, name: &str, value: &str, action: Option<Action>) -> String {
        match find_field_rule(call, name) {
            Some(Action::Varies) if name.starts_with("tv_") && action == Some(Action::ChosenTime) => {
                value.to_owned()
            }
            Some(rule @ (Action::Pid | Action::Pointer)) if value.starts_with('[') => {
                let inner = value.trim_start_matches('[').trim_end_matches(']');
                format!("[{}]", self.label(rule, inner))
            }
            Some(rule) => self.label(rule, value),
            None => self.rewrite(value, call, action.filter(|action| *action == Action::ChosenTime)),
        }
    }

    fn number(&self, token: &str, flag: bool, action: Option<Action>) -> String {
        match action {
            Some(action @ (Action::Pid | Action::TracedPid | Action::Pointer))
                if !token.starts_with("0x") =>
            {
                self.label(action, token)
            }
            _ if token.starts_with("0x") && !flag && parse_integer(token).is_some_and(is_address) => {
                "ADDR".to_owned()
            }
            _ => token.to_owned(),
        }
    }

    /// What `action` makes of a whole value.
    fn label(&self, action: Action, value: &str) -> String {
        let number = parse_integer(value);
        match action {
            Action::Varies => shape(value),
            Action::Address => number.map_or_else(|| value.to_owned(), |_| "ADDR".to_owned()),
            Action::Pointer if number.is_some_and(is_address) => "ADDR".to_owned(),
            Action::Pid if value.starts_with("0x") => self.number(value, false, None),
            Action::Pid => number.map_or_else(|| value.to_owned(), |number| self.label_pid(number)),
            Action::TracedPid => match number {
                Some(number) if self.places.contains_key(&number.abs()) => self.label_pid(number),
                _ => value.to_owned(),
            },
            Action::Register => match self.label(Action::TracedPid, value) {
                label if label == value => self.label(Action::Pointer, value),
                label => label,
            },
            Action::Port => label_port(value),
            Action::Ipc | Action::Exact | Action::ChosenTime | Action::Pointer => value.to_owned(),
        }
    }

    fn label_pid(&self, number: i64) -> String {
        match self.places.get(&number.abs()) {
            Some(place) if number != 0 => format!("{}PID:{place}", if number < 0 { "-" } else { "" }),
            _ if number.abs() >= LOWEST_PID => "PID:?".to_owned(),
            _ => number.to_string(),
        }
    }

    /// Spells a quoted string in one way and replaces temporary names, object numbers and known pids in it.
    fn rewrite_string(&self, text: &str) -> String {
        let Some(bytes) = literal_bytes(text) else { return text.to_owned() };
        if VARYING_STRINGS.iter().any(|start| bytes.starts_with(start)) {
            return "\"VARIES\"".to_owned();
        }
        let text = TEMPORARY_NAMES.iter().fold(quote(&bytes), |text, (before, length)| {
            replace_after(&text, before, |rest| random_name_length(rest, *length), "RANDOM")
        });
        let text = OBJECT_NAMES.iter().fold(text, |text, before| replace_after(&text, before, digits, "N"));
        self.rewrite_pids(&text)
    }

    fn rewrite_pids(&self, text: &str) -> String {
        let mut result = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
            // `\123` is an escaped byte, not a number.
            let escaped = rest[..start].ends_with('\\');
            let length = digits(&rest[start..]).unwrap_or(1).min(if escaped { 3 } else { usize::MAX });
            let (before, number) = (&rest[..start], &rest[start..start + length]);
            result.push_str(before);
            let place = if escaped || length < 3 { None } else { number.parse().ok() };
            match place.and_then(|number: i64| self.places.get(&number)) {
                Some(place) => result.push_str(&format!("PID:{place}")),
                None => result.push_str(number),
            }
            rest = &rest[start + length..];
        }
        result + rest
    }

    fn number_ipc(&mut self, call: &str, id: i64) -> String {
        let key = (call[..3].to_owned(), id);
        if !self.ipc_ids.contains(&key) {
            self.ipc_ids.push(key);
        }
        self.find_ipc(call, id)
    }

    fn find_ipc(&self, call: &str, id: i64) -> String {
        let kind = &call[..3];
        let index = self.ipc_ids.iter().position(|(known, number)| known == kind && *number == id);
        index.map_or_else(|| id.to_string(), |index| format!("IPC:{}", index + 1))
    }
}

fn find_rule(call: &str, place: Place) -> Option<Action> {
    find_rule_where(call, |rule| *rule == place)
}

fn find_field_rule(call: &str, field: &str) -> Option<Action> {
    find_rule_where(call, |rule| matches!(rule, Place::Field(name) if *name == field))
}

fn find_rule_where(call: &str, fits: impl Fn(&Place) -> bool) -> Option<Action> {
    let applies = |rule: &&Rule| fits(&rule.place) && (rule.calls.is_empty() || rule.calls.contains(&call));
    RULES.iter().find(applies).map(|rule| rule.action)
}

/// The first absolute path in quotes, in text or in JSON.
fn absolute_path(text: &str) -> Option<&str> {
    let start = text.find("\"/")? + 1;
    text[start..].split('"').next()
}

/// The first number, in text or in JSON.
fn first_number(text: &str) -> Option<i64> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let length = digits(&text[start..])?;
    text[start..start + length].parse().ok()
}

fn is_address(number: i64) -> bool {
    !(-LOWEST_ADDRESS..LOWEST_ADDRESS).contains(&number)
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

/// The end of the word, number, string, comment or single character at `position`.
fn token_end(text: &str, position: usize) -> usize {
    let rest = &text[position..];
    if rest.starts_with('"') {
        return string_end(text, position).min(text.len());
    }
    match rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')) {
        Some(0) => skip_one(text, position),
        Some(length) => position + length,
        None => text.len(),
    }
}

/// A comment with a date goes (`/* 2026-11-21T02:30:29+0000 */`), any other stays.
fn push_comment(result: &mut String, comment: &str) {
    let inner = comment.trim_start_matches("/*").trim_start();
    if inner.bytes().take(4).all(|b| b.is_ascii_digit()) && inner.as_bytes().get(4) == Some(&b'-') {
        result.truncate(result.trim_end().len());
    } else {
        result.push_str(comment);
    }
}

/// What is left of a value whose content varies: enough to tell a decoded one from an address.
fn shape(text: &str) -> String {
    match text.as_bytes().first() {
        Some(b'"') => "\"VARIES\"".to_owned(),
        Some(b'{') => "{VARIES}".to_owned(),
        Some(b'[') => "[VARIES]".to_owned(),
        _ if text.starts_with("0x") && parse_integer(text).is_some_and(is_address) => "ADDR".to_owned(),
        Some(b'-' | b'0'..=b'9') => "N".to_owned(),
        _ => text.to_owned(),
    }
}

fn label_port(value: &str) -> String {
    let number = value.strip_prefix("htons(").and_then(|rest| rest.strip_suffix(')')).and_then(parse_integer);
    match number {
        Some(port) if port >= LOWEST_EPHEMERAL_PORT => "htons(EPHEMERAL)".to_owned(),
        _ => value.to_owned(),
    }
}

/// After each `before`, replaces as many bytes as `length` finds.
fn replace_after(text: &str, before: &str, length: impl Fn(&str) -> Option<usize>, label: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(before) {
        let (head, tail) = rest.split_at(start + before.len());
        result.push_str(head);
        rest = tail;
        if let Some(length) = length(tail) {
            result.push_str(label);
            rest = &tail[length..];
        }
    }
    result + rest
}

/// `length`, when `rest` begins with exactly that many characters of a random name.
fn random_name_length(rest: &str, length: usize) -> Option<usize> {
    let found = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
    (found == length).then_some(length)
}

fn digits(text: &str) -> Option<usize> {
    let length = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    (length > 0).then_some(length)
}

#[cfg(test)]
mod tests;
