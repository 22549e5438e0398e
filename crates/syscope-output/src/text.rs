//! One line of text per event, in strace's form.
//!
//! ```text
//! sh[4711] openat(AT_FDCWD, "/etc/hosts", O_RDONLY|O_CLOEXEC) = 3
//! sh[4711] openat(AT_FDCWD, "/nowhere", O_RDONLY) = -1 ENOENT (No such file or directory) <0.000012>
//! sh[4711] chroot("/") = -1 EPERM (Operation not permitted) (denied before entry)
//! sh[4711] pause() = ? ERESTARTNOHAND (To be restarted if no handler)
//! sh[4711] read(0, 0x7ffc0de0, 1024 <unfinished ...>
//! sh[4711] [i386] getpid() = 4711
//! sh[4711] syscall_999(0x1, 0x2, 0, 0, 0, 0) = -1 ENOSYS (Function not implemented)
//! sh[4711] exit_group(0) = ?
//! prod/web-0/nginx sh[4711] getpid() = 7
//! cgroup created /kubepods/pod13/4711 (container prod/web-0/nginx)
//! cgroup attached /system.slice/ssh.service pid 4711 (unit ssh.service)
//! ... 17 events lost (ring full) ...
//! ```
//!
//! The remark `(denied before entry)` says that the call was rejected (by seccomp or a tracer) before the
//! kernel began it. `[i386]` before the name marks a call by another convention than the machine's own.
//!
//! A thread's name is of its own choosing, so it could imitate what stands around it. It is escaped, and
//! quoted when it has a space or a bracket, a quote or a backslash, or is empty: `"tmux: server"[17]`.
//! So the first `[` outside of quotes begins the thread id, and the first space after it ends who made the
//! call.
//!
//! A thread that is part of a container has the container's word before its name:
//! `namespace/pod/container`, `pod/container` or `container`, each part escaped and quoted by the same rule,
//! and quoted also for a slash. No space is outside of quotes but between words, so before the `[` of the
//! thread id there are one or two words: the last is the thread's name, one before it is the container.
//! Units and the host's own have no word, and neither has a container runtime that works in a container's
//! cgroup and is not one of its programs (yet).

use syscope_event::{CgroupChange, Ending, Event, Loss, LossReason, Syscall, Thread, Totals};
use syscope_syscalls::names::errno;
use syscope_syscalls::sink::text::{Text as Values, escape};
use syscope_syscalls::{Call, decode};

use crate::decimal::{push_padded, push_uint};
use crate::owner;

/// What is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// Arguments with their C types and names: `(int)dirfd=AT_FDCWD`.
    pub types: bool,
    /// How long each call took, where that is known.
    pub latency: bool,
    /// Colours for a terminal.
    pub color: bool,
}

/// Writes events as lines of text.
#[derive(Debug)]
pub struct Text {
    options: Options,
    style: &'static Style,
}

/// What is written before each kind of word, and after it.
#[derive(Debug)]
pub(crate) struct Style {
    pub(crate) owner: &'static str,
    pub(crate) thread: &'static str,
    pub(crate) name: &'static str,
    pub(crate) error: &'static str,
    pub(crate) loss: &'static str,
    pub(crate) latency: &'static str,
    pub(crate) end: &'static str,
}

static PLAIN: Style = Style { owner: "", thread: "", name: "", error: "", loss: "", latency: "", end: "" };
static COLOR: Style = Style {
    owner: "\x1b[32m",
    thread: "\x1b[2m",
    name: "\x1b[36m",
    error: "\x1b[31m",
    loss: "\x1b[33m",
    latency: "\x1b[2m",
    end: "\x1b[0m",
};

impl Style {
    /// With colours or without.
    pub(crate) fn new(color: bool) -> &'static Style {
        if color { &COLOR } else { &PLAIN }
    }
}

impl Text {
    /// A writer of lines with these options.
    pub fn new(options: Options) -> Self {
        Text { options, style: Style::new(options.color) }
    }

    /// Appends the line of `event`, if it has one: ends of processes have none.
    pub fn write(&mut self, out: &mut Vec<u8>, event: &Event<'_>) {
        match event {
            Event::Syscall(syscall) => self.syscall(out, syscall),
            Event::Loss(loss) => self.gap(out, loss),
            Event::Cgroup(change) => self.change(out, change),
            Event::Exec(_) | Event::Exit(_) => {}
        }
    }

    /// Appends the account of the run.
    pub fn totals(&mut self, out: &mut Vec<u8>, totals: &Totals) {
        push(out, self.style.loss);
        push(out, "... ");
        count(out, totals.produced);
        if totals.lost() == 0 {
            push(out, ", none lost");
        } else {
            push(out, ", ");
            push_uint(out, totals.lost());
            push(out, " lost (");
            let reasons = [
                (totals.lost_ring_full, LossReason::RingFull),
                (totals.lost_malformed, LossReason::Malformed),
            ];
            let mut first = true;
            for (lost, reason) in reasons.into_iter().filter(|(lost, _)| *lost > 0) {
                if !std::mem::take(&mut first) {
                    push(out, ", ");
                }
                push_uint(out, lost);
                push(out, " ");
                push(out, words(reason));
            }
            push(out, ")");
        }
        push(out, " ...");
        push(out, self.style.end);
        out.push(b'\n');
    }

    fn gap(&self, out: &mut Vec<u8>, loss: &Loss) {
        push(out, self.style.loss);
        push(out, "... ");
        count(out, loss.lost);
        push(out, " lost (");
        push(out, words(loss.reason));
        push(out, ") ...");
        push(out, self.style.end);
        out.push(b'\n');
    }

    fn syscall(&self, out: &mut Vec<u8>, syscall: &Syscall<'_>) {
        self.thread(out, &syscall.thread);
        self.call(out, &syscall.call);
        if syscall.ending == Ending::Unfinished {
            push(out, " <unfinished ...>");
        } else {
            push(out, ") = ");
            self.result(out, &syscall.call);
            if syscall.ending == Ending::Denied {
                push(out, " (denied before entry)");
            }
        }
        if let Some(latency_ns) = syscall.latency_ns.filter(|_| self.options.latency) {
            push_latency(out, self.style, latency_ns);
        }
        out.push(b'\n');
    }

    /// `cgroup created /path (container prod/web-0/nginx)`.
    fn change(&self, out: &mut Vec<u8>, change: &CgroupChange<'_>) {
        push(out, "cgroup ");
        push(out, self.style.name);
        push(out, change.change.name());
        push(out, self.style.end);
        out.push(b' ');
        match change.cgroup.path {
            Some(path) => push_word(out, path, None),
            None => {
                push(out, "#");
                push_uint(out, change.cgroup.id);
            }
        }
        if let Some(pid) = change.pid {
            push(out, " pid ");
            push_uint(out, pid.0);
        }
        let end = out.len();
        push(out, " (");
        push(out, self.style.owner);
        let start = out.len();
        owner::push_words(out, &change.cgroup);
        if out.len() == start {
            out.truncate(end);
        } else {
            push(out, self.style.end);
            out.push(b')');
        }
        out.push(b'\n');
    }

    /// `namespace/pod/container comm[tid] `, without the first word where there is no container.
    fn thread(&self, out: &mut Vec<u8>, thread: &Thread<'_>) {
        if let Some(container) = thread.cgroup.container() {
            push(out, self.style.owner);
            owner::push_container(out, container);
            push(out, self.style.end);
            out.push(b' ');
        }
        push(out, self.style.thread);
        push_word(out, thread.comm.bytes(), None);
        out.push(b'[');
        push_uint(out, thread.tid.0);
        out.push(b']');
        push(out, self.style.end);
        out.push(b' ');
    }

    /// `name(arguments`.
    fn call(&self, out: &mut Vec<u8>, call: &Call<'_>) {
        if call.abi == call.abi.compat() {
            out.push(b'[');
            push(out, call.abi.name());
            push(out, "] ");
        }
        push(out, self.style.name);
        match call.syscall {
            Some(syscall) => push(out, syscall.name),
            None => {
                push(out, "syscall_");
                push_uint(out, call.nr);
            }
        }
        push(out, self.style.end);
        out.push(b'(');
        decode::arguments(call, &mut Values::new(out, self.options.types));
    }

    /// What follows `= `.
    fn result(&self, out: &mut Vec<u8>, call: &Call<'_>) {
        let Some(error) = call.errno() else {
            if call.ret.is_none() {
                return out.push(b'?');
            }
            return decode::result(call, &mut Values::new(out, false));
        };
        push(out, self.style.error);
        // The caller doesn't see these: the kernel makes the call again, or turns them into EINTR.
        push(out, if matches!(error, 512..=514 | 516) { "? " } else { "-1 " });
        error_words(out, error);
        push(out, self.style.end);
    }
}

/// ` <seconds.microseconds>`, cut as strace cuts it.
pub(crate) fn push_latency(out: &mut Vec<u8>, style: &Style, latency_ns: u64) {
    out.push(b' ');
    push(out, style.latency);
    out.push(b'<');
    push_uint(out, latency_ns / 1_000_000_000);
    out.push(b'.');
    push_padded::<6>(out, (latency_ns % 1_000_000_000 / 1000) as u32);
    out.push(b'>');
    push(out, style.end);
}

pub(crate) fn push(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}

/// `ENOENT (No such file or directory)`.
pub(crate) fn error_words(out: &mut Vec<u8>, error: u16) {
    match (errno::name(error), errno::message(error)) {
        (Some(name), Some(message)) => {
            push(out, name);
            push(out, " (");
            push(out, message);
        }
        _ => {
            out.push(b'E');
            push_uint(out, error);
            push(out, " (Unknown error ");
            push_uint(out, error);
        }
    }
    out.push(b')');
}

/// `17 events`, `1 event`.
pub(crate) fn count(out: &mut Vec<u8>, events: u64) {
    push_uint(out, events);
    push(out, if events == 1 { " event" } else { " events" });
}

/// A name, quoted if it could be taken for more than a name, or has the byte `also` in it.
pub(crate) fn push_word(out: &mut Vec<u8>, name: &[u8], also: Option<u8>) {
    let marks = |byte: &u8| matches!(byte, b' ' | b'"' | b'\\' | b'[' | b']') || Some(*byte) == also;
    if !name.is_empty() && name.iter().all(|byte| matches!(byte, 0x21..=0x7e) && !marks(byte)) {
        return out.extend_from_slice(name);
    }
    let quoted = name.is_empty() || name.iter().any(marks);
    if quoted {
        out.push(b'"');
    }
    escape(out, name);
    if quoted {
        out.push(b'"');
    }
}

/// The reason as it is read in a sentence.
pub(crate) fn words(reason: LossReason) -> &'static str {
    match reason {
        LossReason::RingFull => "ring full",
        LossReason::Malformed => "malformed",
        LossReason::DiskFull => "disk full",
    }
}

#[cfg(test)]
mod tests;
