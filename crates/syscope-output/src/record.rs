//! The shape of the JSON stream: one [`Record`] per line.
//!
//! (The `log` form of the exec log is one [`Log`] per line, with a [`Record`] inside. The lists of cgroups and
//! processes are no stream: they are one [`CgroupEntry`] or [`ProcessEntry`] per line.)
//!
//! These types are the specification of the format, for readers in Rust and, through the JSON Schema in
//! `docs/event.schema.json`, for all others. The writers ([`crate::jsonl`], [`crate::exec`]) don't use
//! them, because a million lines a second want no intermediate form; tests parse every line they make into
//! them, unknown members forbidden.
//!
//! ```
//! use syscope_output::record::{Record, Text};
//!
//! let line = r#"{"ts":"2026-11-21T02:30:29.123456789Z","type":"syscall",
//!     "syscall":{"nr":257,"name":"openat","class":"FileSystem","group":"Files"},
//!     "args":{"dirfd":"AT_FDCWD","pathname":"/etc/hosts","flags":["O_RDONLY","O_CLOEXEC"]},
//!     "ret":3,"ret_path":"/etc/hosts","error":"OK","latency_ns":37750,
//!     "process":{"pid":3797092,"tid":3797092,"ppid":1,"uid":0,"gid":0,"comm":"sh","exe":"/bin/busybox"},
//!     "owner":{"kind":"container","source":"cri"},
//!     "container":{"id":"13765a70","name":"indexwriter","image":"index:1","runtime":"containerd","pod":"index-0",
//!         "pod_uid":"8a9a5a3c","namespace":"prod","labels":{"app":"index"},"pid":1},
//!     "cgroup":{"id":4211,"hierarchy":"memory","tracking_id":4180,"path":"/kubepods/pod8a9a5a3c/13765a70"},
//!     "ns":{"pid":4026535150,"mnt":4026535149,"uts":4026535144}}"#;
//! let Record::Syscall(event) = serde_json::from_str(line)? else { panic!("not a system call") };
//! assert_eq!(event.syscall.name, "openat");
//! assert_eq!(event.ret_path, Some(Text::Plain("/etc/hosts".into())));
//! assert_eq!(event.container.and_then(|container| container.pod).as_deref(), Some("index-0"));
//! # Ok::<(), serde_json::Error>(())
//! ```

mod inventory;
mod loss;
mod owner;
mod summary;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use syscope_syscalls::sink::json::push_base64;

pub use inventory::{CgroupEntry, ProcessEntry};
pub use loss::{Gap, Loss, LossReason, LostByReason, Totals};
pub use owner::{Cgroup, CgroupChange, Change, Container, Owner, OwnerKind, Source, Unit};
pub use summary::{Block, Calls, Summary, Time};

#[cfg(any(test, feature = "schema"))]
use schemars::JsonSchema;

/// One line of the stream. A member that is absent is unknown or does not apply.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Record {
    /// A system call returned, was denied, is one that doesn't return, or was in progress when the run ended.
    Syscall(Box<Syscall>),
    /// Events are missing at this place of the stream, or the account at its end.
    Loss(Loss),
    /// Calls by number, error and time: what `--summary` gives instead of events.
    Summary(Summary),
    /// A process became another program, or tried to (in the exec log).
    Exec(Box<Exec>),
    /// A process ended (in the exec log).
    Exit(Box<Exit>),
    /// A cgroup began, changed or ended.
    Cgroup(Box<CgroupChange>),
}

/// One line of the exec log in its `log` form: an entry of a structured log around a [`Record`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// When; absent in the account of a run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(any(test, feature = "schema"), schemars(extend("format" = "date-time")))]
    pub ts: Option<String>,
    /// `WARN` if entries are missing.
    pub level: Level,
    /// What it is about.
    pub msg: Message,
    /// Everything else.
    pub fields: Fields,
}

/// How serious an entry of the log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(JsonSchema))]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    /// As it should be.
    Info,
    /// Entries are missing.
    Warn,
}

/// What an entry of the log is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// An exec, or an attempt that failed (`fields.event.error`).
    Exec,
    /// The end of a process.
    Exit,
    /// Entries are missing here.
    Loss,
    /// The account of the run.
    Totals,
}

/// The fields of an entry of the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Fields {
    /// The labels that were given on the command line.
    pub labels: BTreeMap<String, String>,
    /// The arguments of an exec, quoted for a shell; `...` stands for what is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cmdline: Option<String>,
    /// The event.
    pub event: Record,
}

/// A system call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Syscall {
    /// When it returned (when it began, if it has not), in UTC with nanoseconds:
    /// `2026-11-21T02:30:29.123456789Z`.
    #[cfg_attr(any(test, feature = "schema"), schemars(extend("format" = "date-time")))]
    pub ts: String,
    /// The machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// The trace job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// Which call.
    pub syscall: Call,
    /// The arguments by name. Numbers are numbers, pointers strings in hexadecimal (`null` for NULL),
    /// constants strings, sets of flags arrays of strings, structures objects. Strings are strings if they
    /// are UTF-8, else `{"bytes":"<base64>"}`; one that was cut is `{"text":"...","truncated":true}` or
    /// `{"bytes":"...","truncated":true}`. A cut array ends in `{"truncated":true}`. A descriptor `fd` whose
    /// file is known is followed by `fd_path`.
    pub args: BTreeMap<String, Value>,
    /// What the kernel returned: the result, or an error number made negative. Absent for a call without
    /// a result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ret: Option<i64>,
    /// What the returned file descriptor refers to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ret_path: Option<Text>,
    /// The result in its decoded form, where that says more than `ret`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Decoded>,
    /// `OK`, the name of the error, or `E<number>` for one without a name. Absent for a call without a
    /// result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// How the call ended, if it is not that it began and returned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending: Option<Ending>,
    /// How long it took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_ns: Option<u64>,
    /// Who made it.
    pub process: Process,
    /// Whose the thread is, and who says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Owner>,
    /// The container that the thread is part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<Container>,
    /// The unit that the thread is part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Unit>,
    /// The cgroup of the thread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cgroup: Option<Cgroup>,
    /// The namespaces of the process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ns: Option<Namespaces>,
}

/// A process became another program, or tried to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Exec {
    /// The file name as the call gave it (below a descriptor: `/dev/fd/N` and the rest).
    pub filename: Text,
    /// The arguments as the new program finds them; for a failed attempt as they were given.
    pub argv: Vec<Text>,
    /// Whether arguments are missing at the end of `argv`. Its last element may be the beginning of one.
    pub truncated: bool,
    /// The process.
    pub pid: u32,
    /// The real user id.
    pub uid: u32,
    /// The real group id.
    pub gid: u32,
    /// The name of the thread that made the exec: the one before it where that is known (then `comm_after`
    /// is there too), else the one after it.
    pub comm: Text,
    /// When, in UTC with nanoseconds.
    #[cfg_attr(any(test, feature = "schema"), schemars(extend("format" = "date-time")))]
    pub ts: String,
    /// The parent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ppid: Option<u32>,
    /// The thread.
    pub tid: u32,
    /// This image of this process, as no other is called while the machine runs; for a failed attempt the
    /// image that made it. It consists of the pid, the start of the process in nanoseconds since boot, and
    /// the execs up to it.
    pub exec_id: String,
    /// The image that the parent was at that moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_exec_id: Option<String>,
    /// The program's file as the process sees it; for a script that of the interpreter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exe: Option<Text>,
    /// Whether that file has no name: it was deleted, or is in memory only (`memfd`). Only if it is so.
    #[serde(default, skip_serializing_if = "is_false")]
    pub exe_unlinked: bool,
    /// The interpreter of a script.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interpreter: Option<Text>,
    /// The current directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<Text>,
    /// The name of the thread after the exec, where `comm` is the one before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comm_after: Option<Text>,
    /// The effective user id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub euid: Option<u32>,
    /// The effective group id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub egid: Option<u32>,
    /// The saved user id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suid: Option<u32>,
    /// The saved group id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sgid: Option<u32>,
    /// Capabilities that the process has and had not before: through a set-uid file, or one with
    /// capabilities. `CAP_<number>` is one without a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capabilities_gained: Option<Vec<String>>,
    /// The name of the error of an attempt that failed, or `E<number>` for one without a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The variables that were asked for and are there, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, Option<Variable>>,
    /// The leader of the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<u32>,
    /// When the process began. A pid is reused; pid and start are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(any(test, feature = "schema"), schemars(extend("format" = "date-time")))]
    pub start: Option<String>,
    /// The namespaces of the process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ns: Option<Namespaces>,
    /// The cgroup of the thread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cgroup: Option<Cgroup>,
    /// Whose the thread is, and who says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Owner>,
    /// The container that the thread is part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<Container>,
    /// The unit that the thread is part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Unit>,
    /// Bytes of arguments that are missing, if any.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub args_missing: u64,
    /// Places in `argv` and `env` where `[REDACTED]` stands for something else, if any.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub redacted: u64,
}

/// A variable of an environment (`null` for one without `=`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(JsonSchema))]
#[serde(untagged)]
pub enum Variable {
    /// Its value.
    One(Text),
    /// The values of a name that occurs more than once, in their order.
    Several(Vec<Option<Text>>),
}

/// A process ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Exit {
    /// When, in UTC with nanoseconds.
    #[cfg_attr(any(test, feature = "schema"), schemars(extend("format" = "date-time")))]
    pub ts: String,
    /// The process.
    pub pid: u32,
    /// The real user id.
    pub uid: u32,
    /// The real group id.
    pub gid: u32,
    /// The name of its last thread.
    pub comm: Text,
    /// The parent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ppid: Option<u32>,
    /// Its last thread.
    pub tid: u32,
    /// The image that ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exec_id: Option<String>,
    /// With what it exited; absent if it was killed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u8>,
    /// The name of the signal that killed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<String>,
    /// Whether the kernel made a core dump; only with `signal`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub core_dumped: Option<bool>,
    /// How long the process ran.
    pub run_ns: u64,
    /// The program's file as the process saw it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exe: Option<Text>,
    /// The leader of the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<u32>,
    /// When the process began. A pid is reused; pid and start are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(any(test, feature = "schema"), schemars(extend("format" = "date-time")))]
    pub start: Option<String>,
    /// The namespaces of the process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ns: Option<Namespaces>,
    /// The cgroup of the thread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cgroup: Option<Cgroup>,
    /// Whose the thread is, and who says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Owner>,
    /// The container that the thread is part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<Container>,
    /// The unit that the thread is part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Unit>,
}

fn is_false(value: &bool) -> bool {
    !value
}

fn is_zero(value: &u64) -> bool {
    *value == 0
}

/// Which system call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// Its number.
    pub nr: u32,
    /// Its name; `syscall_<nr>` for a number that the tables don't know.
    pub name: String,
    /// The first level of the taxonomy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// The second level of the taxonomy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The convention it was made by, if that is not the machine's own: `nr` is a number of its table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abi: Option<Abi>,
}

/// A calling convention beside the machine's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Abi {
    /// 32-bit calls on x86.
    I386,
    /// 32-bit calls on arm64.
    Arm,
}

/// How a call ended that didn't begin and return. (One that never returns, such as `exit`, has no `ret`.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// It was rejected before it began, by seccomp or a tracer.
    Denied,
    /// It was in progress when the run ended.
    Unfinished,
}

/// A result in its decoded form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Decoded {
    /// The value.
    pub value: Value,
    /// What the value refers to, if it is a descriptor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_path: Option<Text>,
    /// What the text shows in parentheses after the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Vec<Value>>,
}

/// Text from outside, which need not be UTF-8.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(JsonSchema))]
#[serde(untagged)]
pub enum Text {
    /// It is UTF-8.
    Plain(String),
    /// It is not.
    Bytes(Bytes),
}

impl Text {
    /// Bytes from outside.
    pub fn new(bytes: &[u8]) -> Text {
        match std::str::from_utf8(bytes) {
            Ok(text) => Text::Plain(text.to_owned()),
            Err(_) => {
                let mut base64 = Vec::new();
                push_base64(&mut base64, bytes);
                // Base64 is ASCII.
                Text::Bytes(Bytes { bytes: String::from_utf8_lossy(&base64).into_owned() })
            }
        }
    }
}

/// Bytes that are not UTF-8.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Bytes {
    /// In base64, with padding.
    #[cfg_attr(any(test, feature = "schema"), schemars(extend("contentEncoding" = "base64")))]
    pub bytes: String,
}

/// A thread and its process. Ids are the host's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Process {
    /// The process.
    pub pid: u32,
    /// The thread.
    pub tid: u32,
    /// The parent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ppid: Option<u32>,
    /// The real user id.
    pub uid: u32,
    /// The real group id.
    pub gid: u32,
    /// The name of the thread.
    pub comm: Text,
    /// The program, as the process sees its path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exe: Option<Text>,
    /// The leader of the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<u32>,
    /// When the process began. A pid is reused; pid and start are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(any(test, feature = "schema"), schemars(extend("format" = "date-time")))]
    pub start: Option<String>,
}

/// Namespaces by inode number, as `/proc/PID/ns` shows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Namespaces {
    /// Of process ids.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// Of mounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mnt: Option<u32>,
    /// Of the host name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uts: Option<u32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Any line of any stream: the root of the schema.
    #[derive(JsonSchema)]
    #[schemars(title = "Syscope event")]
    #[serde(untagged)]
    #[expect(dead_code, reason = "only its schema is of interest")]
    enum Line {
        Event(Record),
        Log(Log),
    }

    /// `docs/event.schema.json` is what these types say; `SYSCOPE_UPDATE=1` writes it anew.
    #[test]
    fn schema_is_fresh() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/event.schema.json");
        let mut fresh = serde_json::to_string_pretty(&schemars::schema_for!(Line)).unwrap();
        fresh.push('\n');
        if std::env::var_os("SYSCOPE_UPDATE").is_some() {
            std::fs::create_dir_all(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs")).unwrap();
            std::fs::write(path, &fresh).unwrap();
        }
        // As values: the order of members depends on which features of serde_json a build unites.
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap_or_default();
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(value(&committed) == value(&fresh), "{path} is stale: run the tests with SYSCOPE_UPDATE=1");
    }

    #[test]
    fn members_that_are_not_specified_are_refused() {
        let refused = [
            r#"{"type":"loss","ts":"x","reason":"ring_full","lost":1,"more":1}"#,
            r#"{"type":"loss","ts":"x","reason":"tired","lost":1}"#,
            r#"{"type":"summary","blocks":[],"lost":{"ring_full":0,"malformed":0},"more":1}"#,
            r#"{"type":"other"}"#,
            r#"{"type":"exit","ts":"x","pid":1,"uid":0,"gid":0,"comm":"sh","tid":1,"run_ns":1,"more":1}"#,
        ];
        for line in refused {
            assert!(serde_json::from_str::<Record>(line).is_err(), "{line}");
        }
    }
}
