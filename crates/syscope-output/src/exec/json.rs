//! One JSON object per line and event. [`crate::record`] specifies the shape.
//!
//! The first seven members of an exec are those that existing users of exec logs know, in their order:
//!
//! ```json
//! {"filename":"/bin/sh","argv":["/bin/sh","-c","which ps"],"truncated":false,"pid":4711,"uid":1002,"gid":1003,
//!  "comm":"node","ts":"2026-11-21T02:30:29.123456789Z","type":"exec","ppid":4700,"tid":4711,
//!  "exec_id":"4711-123456789-3","parent_exec_id":"4700-123400000-2","exe":"/usr/bin/dash","cwd":"/srv",
//!  "comm_after":"sh","euid":1002,"egid":1003,"suid":1002,"sgid":1003,"capabilities_gained":[],
//!  "session":4600,"start":"2026-11-21T02:30:29.120000000Z","ns":{"pid":4026531836},
//!  "cgroup":{"id":4211,"hierarchy":"unified","tracking_id":4180,"path":"/..."},
//!  "owner":{"kind":"container","source":"podman"},"container":{"id":"13765a70...","name":"dev",...,"pid":7}}
//! {"type":"exit","ts":"2026-11-21T02:30:29.135801234Z","pid":4711,"uid":1002,"gid":1003,"comm":"sh","ppid":4700,
//!  "tid":4711,"exec_id":"4711-123456789-3","status":0,"run_ns":12345678,...}
//! ```
//!
//! `cgroup`, `owner` and `container` (or `unit`) are as in a trace ([`crate::jsonl`]).
//! A member that is absent is unknown or does not apply; `error` is there for attempts that failed, `signal`
//! and `core_dumped` in place of `status` for processes that were killed. Strings that are not UTF-8 are
//! `{"bytes":"<base64>"}`, so that every byte of arguments, paths and names comes through.
//! `argv` holds what is there of the arguments: with `"truncated":true` its last element may be the
//! beginning of one, and `args_missing` says how many bytes are missing.

use syscope_event::{Credentials, Event, Exec, ExecId, Exit, Process, Thread, Timestamp, Totals};
use syscope_syscalls::names::process::CAPABILITY;
use syscope_syscalls::names::signal;
use syscope_syscalls::sink::json::{bytes, quote};
use syscope_syscalls::sink::text::escape;

use super::text::Ending;
use super::{Options, Redactor, Shown, comm};
use crate::decimal::{Moments, push_uint};
use crate::jsonl::{self, JsonLines, error_name, namespaces, push};
use crate::owner::Owners;

/// Writes events as lines of JSON.
#[derive(Debug)]
pub struct Json {
    redactor: Redactor,
    objects: Objects,
}

impl Json {
    /// A writer of lines with these options.
    pub fn new(options: &Options) -> Self {
        Json { redactor: options.redactor.clone(), objects: Objects::new() }
    }

    /// Appends the line of `event`, if it has one: system calls belong to another stream.
    pub fn write(&mut self, out: &mut Vec<u8>, event: &Event<'_>) {
        match event {
            Event::Exec(exec) => {
                let shown = Shown::new(&self.redactor, exec);
                self.objects.exec(out, &shown.of(exec), shown.redacted);
                out.push(b'\n');
            }
            Event::Exit(exit) => {
                self.objects.exit(out, exit);
                out.push(b'\n');
            }
            Event::Loss(_) => self.objects.losses.write(out, event),
            Event::Syscall(_) | Event::Cgroup(_) => {}
        }
    }

    /// Appends the account of the run.
    pub fn totals(&mut self, out: &mut Vec<u8>, totals: &Totals) {
        self.objects.losses.totals(out, totals);
    }
}

/// Writes the objects, without the ends of their lines.
#[derive(Debug)]
pub(super) struct Objects {
    moments: Moments,
    /// Apart from the others, because a process began in another second.
    starts: Moments,
    owners: Owners,
    /// Losses look as they do in a trace; these are whole lines.
    pub(super) losses: JsonLines,
}

impl Objects {
    pub(super) fn new() -> Self {
        Objects {
            moments: Moments::default(),
            starts: Moments::default(),
            owners: Owners::default(),
            losses: JsonLines::new(jsonl::Options::default()),
        }
    }

    /// Appends the object of an exec whose secrets are hidden already, in `redacted` places.
    pub(super) fn exec(&mut self, out: &mut Vec<u8>, exec: &Exec<'_>, redacted: u64) {
        let thread = &exec.thread;
        push(out, "{\"filename\":");
        bytes(out, exec.filename);
        push(out, ",\"argv\":[");
        for (n, argument) in exec.arguments().enumerate() {
            if n > 0 {
                out.push(b',');
            }
            bytes(out, argument);
        }
        push(out, if exec.args_missing > 0 { "],\"truncated\":true" } else { "],\"truncated\":false" });
        who(out, thread, comm(exec).bytes());
        self.moment(out, exec.time);
        push(out, ",\"type\":\"exec\"");
        parent(out, thread);
        id(out, ",\"exec_id\":\"", Some(exec.id));
        id(out, ",\"parent_exec_id\":\"", exec.parent);
        optional(out, ",\"exe\":", exec.exe);
        if exec.exe_unlinked {
            push(out, ",\"exe_unlinked\":true");
        }
        optional(out, ",\"interpreter\":", exec.interpreter);
        optional(out, ",\"cwd\":", exec.cwd);
        if exec.comm_before.is_some() {
            optional(out, ",\"comm_after\":", Some(thread.comm.bytes()));
        }
        if let Some(credentials) = &exec.credentials {
            acting(out, credentials);
        }
        if let Some(gained) = exec.capabilities_gained {
            capabilities(out, gained);
        }
        if let Some(errno) = exec.errno {
            error_name(out, errno);
        }
        environment(out, exec);
        self.rest(out, thread);
        number(out, ",\"args_missing\":", Some(exec.args_missing).filter(|missing| *missing > 0));
        number(out, ",\"redacted\":", Some(redacted).filter(|redacted| *redacted > 0));
        out.push(b'}');
    }

    /// Appends the object of an end.
    pub(super) fn exit(&mut self, out: &mut Vec<u8>, exit: &Exit<'_>) {
        let thread = &exit.thread;
        push(out, "{\"type\":\"exit\"");
        self.moment(out, exit.time);
        who(out, thread, thread.comm.bytes());
        parent(out, thread);
        id(out, ",\"exec_id\":\"", exit.id);
        match Ending::of(exit.status) {
            Ending::Status(status) => number(out, ",\"status\":", Some(status.into())),
            Ending::Signal { number, core_dumped } => {
                push(out, ",\"signal\":\"");
                push(out, &signal::name(number));
                push(out, if core_dumped { "\",\"core_dumped\":true" } else { "\",\"core_dumped\":false" });
            }
        }
        number(out, ",\"run_ns\":", Some(exit.run_ns));
        optional(out, ",\"exe\":", thread.process.exe.as_deref());
        self.rest(out, thread);
        out.push(b'}');
    }

    /// `,"ts":"..."`.
    fn moment(&mut self, out: &mut Vec<u8>, time: Timestamp) {
        push(out, ",\"ts\":\"");
        self.moments.push(out, time);
        out.push(b'"');
    }

    /// `,"session":...,"start":"...","ns":{...},"cgroup":{...},"owner":{...},"container":{...}`, what of it
    /// is known.
    fn rest(&mut self, out: &mut Vec<u8>, thread: &Thread<'_>) {
        let Process { session, start, namespaces: known, .. } = thread.process;
        number(out, ",\"session\":", session.map(u64::from));
        // Nothing began in 1970: the wall clock's time of it is not known.
        if *start != Timestamp(0) {
            push(out, ",\"start\":\"");
            self.starts.push(out, *start);
            out.push(b'"');
        }
        namespaces(out, known);
        let written = self.owners.get(&thread.cgroup);
        written.push_cgroup(out);
        written.push_owner(out, thread.process.ns_pid);
    }
}

/// `,"pid":4711,"uid":1002,"gid":1003,"comm":"node"`.
fn who(out: &mut Vec<u8>, thread: &Thread<'_>, comm: &[u8]) {
    number(out, ",\"pid\":", Some(thread.process.pid.0.into()));
    number(out, ",\"uid\":", Some(thread.uid.into()));
    number(out, ",\"gid\":", Some(thread.gid.into()));
    optional(out, ",\"comm\":", Some(comm));
}

/// `,"ppid":4700,"tid":4711`.
fn parent(out: &mut Vec<u8>, thread: &Thread<'_>) {
    number(out, ",\"ppid\":", thread.process.ppid.map(|ppid| ppid.0.into()));
    number(out, ",\"tid\":", Some(thread.tid.0.into()));
}

/// `,"exec_id":"4711-123456789-3"`, as [`ExecId`] displays itself.
fn id(out: &mut Vec<u8>, key: &str, id: Option<ExecId>) {
    if let Some(ExecId { pid, start_boot_ns, execs }) = id {
        number(out, key, Some(pid.0.into()));
        number(out, "-", Some(start_boot_ns));
        number(out, "-", Some(execs));
        out.push(b'"');
    }
}

/// `,"euid":0,"egid":1003,"suid":0,"sgid":1003`.
fn acting(out: &mut Vec<u8>, credentials: &Credentials) {
    let Credentials { euid, egid, suid, sgid, .. } = *credentials;
    for (key, id) in [(",\"euid\":", euid), (",\"egid\":", egid), (",\"suid\":", suid), (",\"sgid\":", sgid)]
    {
        number(out, key, Some(id.into()));
    }
}

/// `,"capabilities_gained":["CAP_NET_RAW"]`; one without a name is `CAP_<number>`.
fn capabilities(out: &mut Vec<u8>, gained: u64) {
    push(out, ",\"capabilities_gained\":[");
    let mut rest = gained;
    while rest != 0 {
        let capability = rest.trailing_zeros();
        rest &= rest - 1;
        out.push(b'"');
        match CAPABILITY.name(capability.into()) {
            Some(name) => push(out, name),
            None => number(out, "CAP_", Some(capability.into())),
        }
        push(out, if rest != 0 { "\"," } else { "\"" });
    }
    out.push(b']');
}

/// `,"env":{"NAME":"value"}`, sorted by name, if any was asked for and found.
///
/// A name that occurs more than once has the array of its values in their order, because programs differ
/// in which of them they take; one without `=` has `null`. A name that is not UTF-8 or has a backslash is
/// escaped as in text, so that different names are different keys.
fn environment(out: &mut Vec<u8>, exec: &Exec<'_>) {
    let mut variables: Vec<(&[u8], Option<&[u8]>)> = exec
        .environment()
        .map(|variable| match variable.iter().position(|byte| *byte == b'=') {
            Some(equals) => (&variable[..equals], Some(&variable[equals + 1..])),
            None => (variable, None),
        })
        .collect();
    if variables.is_empty() {
        return;
    }
    variables.sort_by_key(|(name, _)| *name);
    push(out, ",\"env\":{");
    for (n, group) in variables.chunk_by(|a, b| a.0 == b.0).enumerate() {
        if n > 0 {
            out.push(b',');
        }
        key(out, group[0].0);
        out.push(b':');
        if let [(_, one)] = group {
            value(out, *one);
            continue;
        }
        for (n, (_, one)) in group.iter().enumerate() {
            out.push(if n == 0 { b'[' } else { b',' });
            value(out, *one);
        }
        out.push(b']');
    }
    out.push(b'}');
}

fn key(out: &mut Vec<u8>, name: &[u8]) {
    match std::str::from_utf8(name) {
        Ok(name) if !name.contains('\\') => quote(out, name),
        _ => {
            let mut escaped = Vec::new();
            escape(&mut escaped, name);
            // What was escaped is UTF-8.
            bytes(out, &escaped);
        }
    }
}

fn value(out: &mut Vec<u8>, value: Option<&[u8]>) {
    match value {
        Some(value) => bytes(out, value),
        None => push(out, "null"),
    }
}

fn optional(out: &mut Vec<u8>, key: &str, value: Option<&[u8]>) {
    if let Some(value) = value {
        push(out, key);
        bytes(out, value);
    }
}

fn number(out: &mut Vec<u8>, key: &str, value: Option<u64>) {
    if let Some(value) = value {
        push(out, key);
        push_uint(out, value);
    }
}
