//! Entries of a structured log: the JSON of an event with what log queries look for around it.
//!
//! ```json
//! {"ts":"2026-11-21T02:30:29.123456789Z","level":"INFO","msg":"exec",
//!  "fields":{"labels":{"workspace":"dev"},"cmdline":"uname -a","event":{"filename":"/bin/uname",...}}}
//! ```
//!
//! | `msg` | `level` | what |
//! | --- | --- | --- |
//! | `exec` | `INFO` | an exec; one that failed has `fields.event.error` |
//! | `exit` | `INFO` | the end of a process; without `cmdline` |
//! | `loss` | `WARN` | entries are missing here |
//! | `totals` | `INFO`, or `WARN` if entries are missing | the account of the run; it has no `ts`, because it is of no moment |
//!
//! `cmdline` is the arguments as [`super::Text`] shows them: words of a shell, `...` for what is missing.
//! `event` is what [`super::Json`] writes.

use syscope_event::{Event, Timestamp, Totals};
use syscope_syscalls::sink::json::{bytes, quote};

use super::json::Objects;
use super::words::push_command;
use super::{Options, Redactor, Shown};
use crate::decimal::Moments;
use crate::jsonl::push;

/// Writes events as entries of a log.
#[derive(Debug)]
pub struct Log {
    redactor: Redactor,
    /// `,"fields":{"labels":{"workspace":"dev"}`.
    fields: Vec<u8>,
    moments: Moments,
    objects: Objects,
    /// A command line before it is quoted.
    scratch: Vec<u8>,
}

impl Log {
    /// A writer of entries with these options.
    pub fn new(options: &Options) -> Self {
        let mut fields = b",\"fields\":{\"labels\":{".to_vec();
        for (n, (key, value)) in options.labels.iter().enumerate() {
            if n > 0 {
                fields.push(b',');
            }
            quote(&mut fields, key);
            fields.push(b':');
            quote(&mut fields, value);
        }
        fields.push(b'}');
        Log {
            redactor: options.redactor.clone(),
            fields,
            moments: Moments::default(),
            objects: Objects::new(),
            scratch: Vec::new(),
        }
    }

    /// Appends the entry of `event`, if it has one: system calls belong to another stream.
    pub fn write(&mut self, out: &mut Vec<u8>, event: &Event<'_>) {
        match event {
            Event::Exec(exec) => {
                let shown = Shown::new(&self.redactor, exec);
                let exec = shown.of(exec);
                self.begin(out, Some(exec.time), "INFO", "exec");
                push(out, ",\"cmdline\":");
                self.scratch.clear();
                push_command(&mut self.scratch, &exec);
                // They are UTF-8 whatever the arguments are.
                bytes(out, &self.scratch);
                // Two megabytes of arguments are no reason to keep as much for the next.
                self.scratch.shrink_to(64 << 10);
                push(out, ",\"event\":");
                self.objects.exec(out, &exec, shown.redacted);
            }
            Event::Exit(exit) => {
                self.begin(out, Some(exit.time), "INFO", "exit");
                push(out, ",\"event\":");
                self.objects.exit(out, exit);
            }
            Event::Loss(loss) => {
                self.begin(out, Some(loss.time), "WARN", "loss");
                push(out, ",\"event\":");
                self.objects.losses.write(out, event);
                // That was a line.
                out.pop();
            }
            Event::Syscall(_) | Event::Cgroup(_) => return,
        }
        push(out, "}}\n");
    }

    /// Appends the account of the run.
    pub fn totals(&mut self, out: &mut Vec<u8>, totals: &Totals) {
        self.begin(out, None, if totals.lost() == 0 { "INFO" } else { "WARN" }, "totals");
        push(out, ",\"event\":");
        self.objects.losses.totals(out, totals);
        // That was a line.
        out.pop();
        push(out, "}}\n");
    }

    /// `{"ts":"...","level":"INFO","msg":"exec","fields":{"labels":{}`.
    fn begin(&mut self, out: &mut Vec<u8>, time: Option<Timestamp>, level: &str, message: &str) {
        push(out, "{");
        if let Some(time) = time {
            push(out, "\"ts\":\"");
            self.moments.push(out, time);
            push(out, "\",");
        }
        push(out, "\"level\":\"");
        push(out, level);
        push(out, "\",\"msg\":\"");
        push(out, message);
        out.push(b'"');
        out.extend_from_slice(&self.fields);
    }
}
