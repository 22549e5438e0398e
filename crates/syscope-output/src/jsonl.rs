//! One JSON object per line and event. [`crate::record`] specifies the shape.
//!
//! The members come in the order of the specification, so that a line reads well as it is:
//!
//! ```json
//! {"ts":"2026-11-21T02:30:29.123456789Z","type":"syscall","node":"n1","job":"trace-nginx",
//!  "syscall":{"nr":257,"name":"openat","class":"FileSystem","group":"Files"},
//!  "args":{"dirfd":"AT_FDCWD","pathname":"/etc/hosts","flags":["O_RDONLY","O_CLOEXEC"]},
//!  "ret":3,"ret_path":"/etc/hosts","error":"OK","latency_ns":37750,
//!  "process":{"pid":3797092,"tid":3797092,"ppid":1,"uid":0,"gid":0,"comm":"sh","exe":"/bin/busybox"},
//!  "owner":{"kind":"container","source":"cri"},
//!  "container":{"id":"13765a70...","name":"indexwriter","image":"docker.io/library/index:1","runtime":"containerd",
//!               "pod":"index-0","pod_uid":"8a9a...","namespace":"prod","labels":{"app":"index"},"pid":1},
//!  "cgroup":{"id":4211,"hierarchy":"unified","tracking_id":4180,"path":"/kubepods.slice/..."},
//!  "ns":{"pid":4026535150,"mnt":4026535149,"uts":4026535144}}
//! {"ts":"2026-11-21T02:30:28.123456789Z","type":"cgroup","node":"n1","change":"created",
//!  "cgroup":{"id":4211,"hierarchy":"unified","tracking_id":4180,"path":"/kubepods.slice/..."},
//!  "owner":{"kind":"container","source":"cri"},"container":{"id":"13765a70...",...}}
//! ```
//!
//! `ret` is what the kernel returned: for a failure the error number made negative, and `error` has its
//! name. A call that did not return (`exit`, or `"ending":"unfinished"`) has neither.
//!
//! `owner` says whose the thread is and who says so; it is followed by `container` or `unit` where it is one's.
//! A `kind` of `runtime` is a container runtime at work in a container's cgroup: it is not part of the
//! container, which only `container_id` names. `owner` is absent where owners are not looked up.

use syscope_event::{
    CgroupChange, Ending, Event, Loss, Namespaces, Process, Syscall, Thread, Timestamp, Totals,
};
use syscope_syscalls::names::errno;
use syscope_syscalls::sink::json::{Json, bytes, quote};
use syscope_syscalls::syscall::Ret;
use syscope_syscalls::{Call, Sink, decode};

use crate::decimal::{Moments, push_int, push_uint};
use crate::owner::Owners;

/// What stands in every object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The machine.
    pub node: Option<String>,
    /// The trace job.
    pub job: Option<String>,
}

/// Writes events as lines of JSON.
#[derive(Debug)]
pub struct JsonLines {
    /// `,"node":"n1","job":"trace-nginx"`, what of it there is.
    origin: Vec<u8>,
    /// Where it ends in the line that was written last.
    origin_end: usize,
    moments: Moments,
    /// Apart from [`JsonLines::moments`], because a process began in another second.
    starts: Moments,
    owners: Owners,
}

impl JsonLines {
    /// A writer of lines with these options.
    pub fn new(options: Options) -> Self {
        let mut origin = Vec::new();
        for (key, value) in [(",\"node\":", options.node), (",\"job\":", options.job)] {
            if let Some(value) = value {
                push(&mut origin, key);
                quote(&mut origin, &value);
            }
        }
        JsonLines {
            origin,
            origin_end: 0,
            moments: Moments::default(),
            starts: Moments::default(),
            owners: Owners::default(),
        }
    }

    /// Appends the line of `event`, if it has one: ends of processes belong to another stream.
    pub fn write(&mut self, out: &mut Vec<u8>, event: &Event<'_>) {
        match event {
            Event::Syscall(syscall) => self.syscall(out, syscall),
            Event::Loss(loss) => self.gap(out, loss),
            Event::Cgroup(change) => self.change(out, change),
            Event::Exec(_) | Event::Exit(_) => {}
        }
    }

    /// Where in the line that was written last more about its origin may stand (`,"job":"..."`), counted in bytes from the
    /// line's beginning: one line serves several jobs.
    pub fn origin_end(&self) -> usize {
        self.origin_end
    }

    /// Appends the account of the run.
    pub fn totals(&mut self, out: &mut Vec<u8>, totals: &Totals) {
        push(out, "{\"type\":\"loss\"");
        out.extend_from_slice(&self.origin);
        push(out, ",\"final\":true,\"produced\":");
        push_uint(out, totals.produced);
        push(out, ",\"delivered\":");
        push_uint(out, totals.delivered);
        push(out, ",\"lost\":");
        push_uint(out, totals.lost());
        push(out, ",\"by_reason\":{\"ring_full\":");
        push_uint(out, totals.lost_ring_full);
        push(out, ",\"malformed\":");
        push_uint(out, totals.lost_malformed);
        push(out, "}}\n");
    }

    /// `{"ts":"...","type":"...","node":"...","job":"..."`.
    fn begin(&mut self, out: &mut Vec<u8>, time: Timestamp, kind: &str) {
        let start = out.len();
        push(out, "{\"ts\":\"");
        self.moments.push(out, time);
        push(out, "\",\"type\":\"");
        push(out, kind);
        out.push(b'"');
        out.extend_from_slice(&self.origin);
        self.origin_end = out.len() - start;
    }

    fn gap(&mut self, out: &mut Vec<u8>, loss: &Loss) {
        self.begin(out, loss.time, "loss");
        push(out, ",\"reason\":\"");
        push(out, loss.reason.name());
        push(out, "\",\"lost\":");
        push_uint(out, loss.lost);
        if let Some(cpu) = loss.cpu {
            push(out, ",\"cpu\":");
            push_uint(out, cpu);
        }
        if let Some(since) = loss.since {
            push(out, ",\"since\":\"");
            self.moments.push(out, since);
            out.push(b'"');
        }
        push(out, "}\n");
    }

    fn change(&mut self, out: &mut Vec<u8>, change: &CgroupChange<'_>) {
        self.begin(out, change.time, "cgroup");
        push(out, ",\"change\":\"");
        push(out, change.change.name());
        out.push(b'"');
        let written = self.owners.get(&change.cgroup);
        written.push_cgroup(out);
        written.push_owner(out, None);
        if let Some(pid) = change.pid {
            push(out, ",\"pid\":");
            push_uint(out, pid.0);
        }
        push(out, "}\n");
    }

    fn syscall(&mut self, out: &mut Vec<u8>, syscall: &Syscall<'_>) {
        self.begin(out, syscall.time, "syscall");
        name(out, &syscall.call);
        push(out, ",\"args\":{");
        decode::arguments(&syscall.call, &mut Json::new(out));
        out.push(b'}');
        result(out, &syscall.call);
        match syscall.ending {
            Ending::Returned | Ending::Never => {}
            Ending::Denied => push(out, ",\"ending\":\"denied\""),
            Ending::Unfinished => push(out, ",\"ending\":\"unfinished\""),
        }
        if let Some(latency_ns) = syscall.latency_ns {
            push(out, ",\"latency_ns\":");
            push_uint(out, latency_ns);
        }
        self.thread(out, &syscall.thread);
        push(out, "}\n");
    }

    /// `,"process":{...},"owner":{...},"container":{...},"cgroup":{...},"ns":{...}`.
    fn thread(&mut self, out: &mut Vec<u8>, thread: &Thread<'_>) {
        let process = thread.process;
        push(out, ",\"process\":{\"pid\":");
        push_uint(out, process.pid.0);
        push(out, ",\"tid\":");
        push_uint(out, thread.tid.0);
        if let Some(ppid) = process.ppid {
            push(out, ",\"ppid\":");
            push_uint(out, ppid.0);
        }
        push(out, ",\"uid\":");
        push_uint(out, thread.uid);
        push(out, ",\"gid\":");
        push_uint(out, thread.gid);
        push(out, ",\"comm\":");
        bytes(out, thread.comm.bytes());
        self.program(out, process);
        out.push(b'}');
        let written = self.owners.get(&thread.cgroup);
        written.push_owner(out, process.ns_pid);
        written.push_cgroup(out);
        namespaces(out, &process.namespaces);
    }

    /// The members of `process` that a thread shares with the others of its process.
    fn program(&mut self, out: &mut Vec<u8>, process: &Process) {
        if let Some(exe) = &process.exe {
            push(out, ",\"exe\":");
            bytes(out, exe);
        }
        if let Some(session) = process.session {
            push(out, ",\"session\":");
            push_uint(out, session);
        }
        // Nothing began in 1970: the wall clock's time of it is not known.
        if process.start != Timestamp(0) {
            push(out, ",\"start\":\"");
            self.starts.push(out, process.start);
            out.push(b'"');
        }
    }
}

pub(crate) fn push(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}

/// `,"syscall":{...}`.
fn name(out: &mut Vec<u8>, call: &Call<'_>) {
    push(out, ",\"syscall\":{\"nr\":");
    push_uint(out, call.nr);
    push(out, ",\"name\":\"");
    match call.syscall {
        Some(syscall) => {
            push(out, syscall.name);
            push(out, "\",\"class\":\"");
            push(out, syscall.group.class().name());
            push(out, "\",\"group\":\"");
            push(out, syscall.group.name());
        }
        None => {
            push(out, "syscall_");
            push_uint(out, call.nr);
        }
    }
    if call.abi == call.abi.compat() {
        push(out, "\",\"abi\":\"");
        push(out, call.abi.name());
    }
    push(out, "\"}");
}

/// `,"ret":3,"ret_path":"...","error":"OK"`, with `result` where the decoded form says more.
fn result(out: &mut Vec<u8>, call: &Call<'_>) {
    let Some(ret) = call.ret else { return };
    if let Some(error) = call.errno() {
        push(out, ",\"ret\":");
        push_int(out, ret);
        return error_name(out, error);
    }
    match call.syscall.map_or(Ret::Int, |syscall| syscall.ret) {
        Ret::Fd => {
            out.push(b',');
            let mut json = Json::new(out);
            json.field("ret");
            decode::result(call, &mut json);
        }
        Ret::Custom(_) => custom(out, call, ret),
        // An address above 2 GiB is not a negative number for a 32-bit caller.
        Ret::Hex if call.abi.word() == 4 => number(out, ret & 0xffff_ffff),
        _ => number(out, ret),
    }
    push(out, ",\"error\":\"OK\"");
}

/// `,"ret":<number>`.
fn number(out: &mut Vec<u8>, ret: i64) {
    push(out, ",\"ret\":");
    push_int(out, ret);
}

/// `,"ret":1,"result":{"value":1,"details":[...]}`; without `result` if it is but the same number.
fn custom(out: &mut Vec<u8>, call: &Call<'_>, ret: i64) {
    const VALUE: &str = ",\"result\":{\"value\":";
    number(out, ret);
    let start = out.len();
    push(out, ",\"result\":");
    let mut json = Json::new(out);
    json.begin_struct();
    json.field("value");
    decode::result(call, &mut json);
    json.end_struct(false);
    let value = &out[start + VALUE.len()..out.len() - 1];
    if value == itoa::Buffer::new().format(ret).as_bytes() {
        out.truncate(start);
    }
}

/// `,"error":"ENOENT"`.
pub(crate) fn error_name(out: &mut Vec<u8>, error: u16) {
    push(out, ",\"error\":\"");
    match errno::name(error) {
        Some(name) => push(out, name),
        None => {
            out.push(b'E');
            push_uint(out, error);
        }
    }
    out.push(b'"');
}

/// `,"ns":{...}` with what is known.
pub(crate) fn namespaces(out: &mut Vec<u8>, namespaces: &Namespaces) {
    let known = [(namespaces.pid, ",\"pid\":"), (namespaces.mnt, ",\"mnt\":"), (namespaces.uts, ",\"uts\":")];
    let start = out.len();
    for (inode, key) in known {
        if let Some(inode) = inode {
            if out.len() == start {
                push(out, ",\"ns\":{");
                push(out, &key[1..]);
            } else {
                push(out, key);
            }
            push_uint(out, inode);
        }
    }
    if out.len() > start {
        out.push(b'}');
    }
}

#[cfg(test)]
mod tests;
