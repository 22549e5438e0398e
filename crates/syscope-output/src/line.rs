//! A line of text from a line of JSON: what [`Text`](crate::Text) writes of an event, as far as its JSON form has it.
//!
//! For those who get events over the wire, where only the JSON form is. The text is the same but for what JSON doesn't say:
//! structures are whole where the text abbreviates them, and an expression such as `_IOC(...)` is the plain value it stands
//! for. Which strings were data and which names of constants is told by the tables ([`syscope_syscalls::table`]), inside
//! structures by their look.
//!
//! The JSON is read leniently: an agent may be newer than its client, so members and reasons that are not known
//! here don't make a line unreadable. Everything is escaped, also what should be a constant: the other side of a wire is not
//! trusted to have done it.

use serde::Deserialize;
use syscope_event::Container;
use syscope_syscalls::names::errno;
use syscope_syscalls::sink::text::escape;
use syscope_syscalls::syscall::Ret;

use self::value::Value;
use self::words::{Bytes, Members, Words};
use crate::decimal::{push_int, push_uint};
use crate::owner;
use crate::text::{Style, count, error_words, push, push_latency, push_word};

mod value;
mod words;

/// What is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// How long each call took, where that is known.
    pub latency: bool,
    /// What file descriptors refer to: `3</etc/hosts>`.
    pub fd_paths: bool,
    /// The machine before each line.
    pub node: bool,
    /// Colours for a terminal.
    pub color: bool,
}

/// Writes lines of JSON as lines of text.
#[derive(Debug)]
pub struct Lines {
    options: Options,
    style: &'static Style,
}

/// The members of a line that its text needs.
#[derive(Deserialize)]
struct Line {
    r#type: String,
    #[serde(default)]
    node: Option<String>,
    #[serde(default)]
    syscall: Option<Call>,
    #[serde(default)]
    args: Option<Members>,
    #[serde(default)]
    ret: Option<i64>,
    #[serde(default)]
    ret_path: Option<Bytes>,
    #[serde(default)]
    result: Option<Decoded>,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    ending: Option<String>,
    #[serde(default)]
    latency_ns: Option<u64>,
    #[serde(default)]
    process: Option<Process>,
    #[serde(default)]
    container: Option<Owner>,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    lost: Option<u64>,
    #[serde(default, rename = "final")]
    is_final: bool,
}

#[derive(Deserialize)]
struct Call {
    name: String,
    #[serde(default)]
    abi: Option<String>,
}

#[derive(Deserialize)]
struct Decoded {
    value: Value,
    #[serde(default)]
    value_path: Option<Bytes>,
    #[serde(default)]
    details: Option<Vec<Value>>,
}

#[derive(Deserialize)]
struct Process {
    tid: u32,
    comm: Bytes,
}

#[derive(Deserialize)]
struct Owner {
    id: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    pod: Option<String>,
    #[serde(default)]
    namespace: Option<String>,
}

impl Lines {
    /// A writer of lines with these options.
    pub fn new(options: Options) -> Lines {
        Lines { options, style: Style::new(options.color) }
    }

    /// Appends the text of a line of JSON, if it has one: calls and gaps do; accounts, changes of cgroups and kinds that
    /// are not known here don't.
    ///
    /// # Errors
    /// The line is no event; nothing was appended.
    pub fn write(&self, out: &mut Vec<u8>, json: &[u8]) -> Result<(), serde_json::Error> {
        let line: Line = serde_json::from_slice(json)?;
        match (&*line.r#type, &line.syscall, &line.process) {
            ("syscall", Some(call), Some(process)) => {
                self.node(out, &line);
                self.thread(out, &line, process);
                self.syscall(out, &line, call);
            }
            ("loss", ..) if !line.is_final => {
                self.node(out, &line);
                self.gap(out, &line);
            }
            _ => {}
        }
        Ok(())
    }

    /// `n1: `.
    fn node(&self, out: &mut Vec<u8>, line: &Line) {
        if let Some(node) = line.node.as_ref().filter(|_| self.options.node) {
            push_word(out, node.as_bytes(), Some(b':'));
            push(out, ": ");
        }
    }

    /// `... 17 events lost (ring full) ...`.
    fn gap(&self, out: &mut Vec<u8>, line: &Line) {
        push(out, self.style.loss);
        push(out, "... ");
        count(out, line.lost.unwrap_or(0));
        push(out, " lost (");
        escape(out, line.reason.as_deref().unwrap_or("unknown").replace('_', " ").as_bytes());
        push(out, ") ...");
        push(out, self.style.end);
        out.push(b'\n');
    }

    /// `namespace/pod/container comm[tid] `.
    fn thread(&self, out: &mut Vec<u8>, line: &Line, process: &Process) {
        if let Some(container) = &line.container {
            push(out, self.style.owner);
            owner::push_container(out, &container.into());
            push(out, self.style.end);
            out.push(b' ');
        }
        push(out, self.style.thread);
        push_word(out, &process.comm.0, None);
        out.push(b'[');
        push_uint(out, process.tid);
        out.push(b']');
        push(out, self.style.end);
        out.push(b' ');
    }

    fn syscall(&self, out: &mut Vec<u8>, line: &Line, call: &Call) {
        if let Some(abi) = &call.abi {
            out.push(b'[');
            escape(out, abi.as_bytes());
            push(out, "] ");
        }
        push(out, self.style.name);
        escape(out, call.name.as_bytes());
        push(out, self.style.end);
        out.push(b'(');
        let words = Words::new(&call.name, self.options.fd_paths);
        if let Some(args) = &line.args {
            words.arguments(out, args);
        }
        if line.ending.as_deref() == Some("unfinished") {
            push(out, " <unfinished ...>");
        } else {
            push(out, ") = ");
            self.result(out, line, &words);
            if line.ending.as_deref() == Some("denied") {
                push(out, " (denied before entry)");
            }
        }
        if let Some(latency_ns) = line.latency_ns.filter(|_| self.options.latency) {
            push_latency(out, self.style, latency_ns);
        }
        out.push(b'\n');
    }

    /// What follows `= `.
    fn result(&self, out: &mut Vec<u8>, line: &Line, words: &Words) {
        let Some(ret) = line.ret else { return out.push(b'?') };
        match line.error.as_deref() {
            None | Some("OK") => {}
            Some(name) => {
                let number = errno::number(name).or_else(|| u16::try_from(ret.checked_neg()?).ok());
                push(out, self.style.error);
                push(out, if matches!(number, Some(512..=514 | 516)) { "? " } else { "-1 " });
                match number {
                    Some(number) => error_words(out, number),
                    None => escape(out, name.as_bytes()),
                }
                return push(out, self.style.end);
            }
        }
        if let Some(result) = &line.result {
            words.value(out, &result.value);
            words.path(out, result.value_path.as_ref());
            if let Some(details) = &result.details {
                words.details(out, details);
            }
            return;
        }
        match words.ret() {
            Ret::Hex if ret != 0 => push(out, &format!("{ret:#x}")),
            Ret::Octal => push(out, &format!("0{ret:02o}")),
            _ => push_int(out, ret),
        }
        words.path(out, line.ret_path.as_ref());
    }
}

impl From<&Owner> for Container {
    fn from(owner: &Owner) -> Container {
        let text = |text: &Option<String>| text.as_deref().map(Into::into);
        Container {
            id: owner.id.as_str().into(),
            name: text(&owner.name),
            pod: text(&owner.pod),
            namespace: text(&owner.namespace),
            ..Container::default()
        }
    }
}

#[cfg(test)]
mod tests;
