//! One line of text per event.
//!
//! ```text
//! [4711, comm="node", uid=1002, gid=1003, filename=/bin/sh] /bin/sh -c 'which ps'
//! [4711, comm="node", uid=1002, gid=1003, filename=/bin/sh] LANG=C /bin/sh -c 'which ps'
//! [4711, comm="find", uid=0, gid=0, filename=/bin/rm] /bin/rm a b c ...
//! [4711, comm="sh", uid=0, gid=0, filename=./nope] ./nope -x = -1 ENOENT (No such file or directory)
//! [4711, comm="sh", uid=0, gid=0, filename=/bin/ls, container=prod/web-0/nginx] ls
//! [4711, comm="sh", uid=1002, gid=1003] exited with 0 after 0.012345 s
//! [4711, comm="sh", uid=1002, gid=1003] killed by SIGSEGV (core dumped) after 3.000001 s
//! ... 17 events lost (ring full) ...
//! ```
//!
//! The bracket holds the host's process id, the name of the thread that made the exec, and its real user
//! and group; with `filename` it is an exec, without it an end. With `container` the process is part of one,
//! which is written as in a trace ([`crate::text`]). The name is a C string as in a trace, the
//! file name and the arguments are words of a shell ([`super::words`]): outside of quotes, the first `]`
//! ends the bracket, ` = ` follows the last argument of a failed attempt, and `...` stands for what is
//! missing. Variables that were asked for stand before the command as a shell wants them.

use syscope_event::{Event, Exec, Exit, Thread, Totals};
use syscope_syscalls::names::signal;
use syscope_syscalls::sink::text::escape;

use super::words::{push_command, push_word};
use super::{Options, Redactor, Shown, comm};
use crate::decimal::{push_padded, push_uint};
use crate::owner::push_container;
use crate::text::{self, Style, error_words, push};

/// Writes events as lines of text.
#[derive(Debug)]
pub struct Text {
    redactor: Redactor,
    style: &'static Style,
    /// Losses look as they do in a trace.
    losses: text::Text,
}

impl Text {
    /// A writer of lines with these options.
    pub fn new(options: &Options) -> Self {
        Text {
            redactor: options.redactor.clone(),
            style: Style::new(options.color),
            losses: text::Text::new(text::Options { color: options.color, ..text::Options::default() }),
        }
    }

    /// Appends the line of `event`, if it has one: system calls belong to another stream.
    pub fn write(&mut self, out: &mut Vec<u8>, event: &Event<'_>) {
        match event {
            Event::Exec(exec) => {
                let shown = Shown::new(&self.redactor, exec);
                self.exec(out, &shown.of(exec));
            }
            Event::Exit(exit) => self.exit(out, exit),
            Event::Loss(_) => self.losses.write(out, event),
            Event::Syscall(_) | Event::Cgroup(_) => {}
        }
    }

    /// Appends the account of the run.
    pub fn totals(&mut self, out: &mut Vec<u8>, totals: &Totals) {
        self.losses.totals(out, totals);
    }

    fn exec(&self, out: &mut Vec<u8>, exec: &Exec<'_>) {
        self.begin(out, &exec.thread, comm(exec).bytes());
        push(out, ", filename=");
        push_word(out, exec.filename);
        self.end(out, &exec.thread);
        for variable in exec.environment() {
            // One without a value could be taken for the command, and is of no use to a program.
            if let Some(equals) = variable.iter().position(|byte| *byte == b'=') {
                out.push(b' ');
                push_word(out, &variable[..equals]);
                out.push(b'=');
                push_word(out, &variable[equals + 1..]);
            }
        }
        let end = out.len();
        out.push(b' ');
        push_command(out, exec);
        if out.len() == end + 1 {
            out.truncate(end);
        }
        if let Some(errno) = exec.errno {
            push(out, " = ");
            push(out, self.style.error);
            push(out, "-1 ");
            error_words(out, errno);
            push(out, self.style.end);
        }
        out.push(b'\n');
    }

    fn exit(&self, out: &mut Vec<u8>, exit: &Exit<'_>) {
        self.begin(out, &exit.thread, exit.thread.comm.bytes());
        self.end(out, &exit.thread);
        match Ending::of(exit.status) {
            Ending::Status(status) => {
                push(out, " exited with ");
                push_uint(out, status);
            }
            Ending::Signal { number, core_dumped } => {
                push(out, " ");
                push(out, self.style.error);
                push(out, "killed by ");
                push(out, &signal::name(number));
                if core_dumped {
                    push(out, " (core dumped)");
                }
                push(out, self.style.end);
            }
        }
        push(out, " after ");
        push(out, self.style.latency);
        push_uint(out, exit.run_ns / 1_000_000_000);
        out.push(b'.');
        push_padded::<6>(out, (exit.run_ns % 1_000_000_000 / 1000) as u32);
        push(out, " s");
        push(out, self.style.end);
        out.push(b'\n');
    }

    /// `[4711, comm="node", uid=1002, gid=1003`.
    fn begin(&self, out: &mut Vec<u8>, thread: &Thread<'_>, comm: &[u8]) {
        push(out, self.style.thread);
        out.push(b'[');
        push_uint(out, thread.process.pid.0);
        push(out, ", comm=\"");
        escape(out, comm);
        push(out, "\", uid=");
        push_uint(out, thread.uid);
        push(out, ", gid=");
        push_uint(out, thread.gid);
    }

    /// `, container=prod/web-0/nginx]`, or the bracket alone.
    fn end(&self, out: &mut Vec<u8>, thread: &Thread<'_>) {
        if let Some(container) = thread.cgroup.container() {
            push(out, ", container=");
            push_container(out, container);
        }
        out.push(b']');
        push(out, self.style.end);
    }
}

/// How a process ended: what a status of `wait(2)` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// By itself.
    Status(u32),
    /// By a signal.
    Signal { number: u32, core_dumped: bool },
}

impl Ending {
    pub(super) fn of(status: i32) -> Ending {
        let status = status as u32;
        match status & 0x7f {
            0 => Ending::Status(status >> 8 & 0xff),
            number => Ending::Signal { number, core_dumped: status & 0x80 != 0 },
        }
    }
}
