//! The exec log: programs that were started, attempts that failed, processes that ended.
//!
//! ```text
//!                       Redactor
//!                          |        +--> Text  a line to read, its arguments to paste into a shell
//!   Event::Exec  ----------+--------+--> Json  one JSON object a line
//!   Event::Exit, Loss ---------------+-> Log   the same inside the envelope of a structured log
//! ```
//!
//! Each writer appends to a `Vec<u8>` and does no I/O, as those of the trace do. System calls are not part
//! of this stream and are passed over.
//!
//! ```text
//! [4711, comm="node", uid=1002, gid=1003, filename=/bin/sh] /bin/sh -c 'which ps'
//! {"filename":"/bin/sh","argv":["/bin/sh","-c","which ps"],"truncated":false,"pid":4711,...}
//! {"ts":"...","level":"INFO","msg":"exec","fields":{"labels":{},"cmdline":"/bin/sh -c 'which ps'","event":{...}}}
//! ```
//!
//! Who made the exec is named by the thread's name *before* it (`comm`), where the kernel tells: after it,
//! the name is that of the new program, which the file name says already.
//!
//! Everything but the ids is of the observed program's choosing. No byte of it ends a line, reaches a
//! terminal as a control character, or can be taken for what stands around it; [`words`] says how a list
//! of arguments is written so that it is still the same list. What [`Redactor`] hides is gone before
//! any of the writers sees it.

pub mod json;
pub mod log;
pub mod redact;
pub mod text;
pub mod words;

use std::borrow::Cow;
use std::collections::BTreeMap;

use syscope_event::{Comm, Exec};

pub use json::Json;
pub use log::Log;
pub use redact::Redactor;
pub use text::Text;

/// What is written, and what is not. The same for all three writers, each of which looks at its part.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Colours for a terminal ([`Text`]).
    pub color: bool,
    /// What every entry is labelled with ([`Log`]).
    pub labels: BTreeMap<String, String>,
    /// What is hidden in arguments and variables.
    pub redactor: Redactor,
}

/// Who made the exec: the name before it, where that is known.
fn comm(exec: &Exec<'_>) -> Comm {
    exec.comm_before.unwrap_or(exec.thread.comm)
}

/// The arguments and the environment of an exec as they may be shown.
struct Shown<'a> {
    args: Cow<'a, [u8]>,
    env: Cow<'a, [u8]>,
    /// How many places were hidden.
    redacted: u64,
}

impl<'a> Shown<'a> {
    fn new(redactor: &Redactor, exec: &Exec<'a>) -> Self {
        let (args, in_args) = redactor.arguments(exec.args);
        let (env, in_env) = redactor.environment(exec.env);
        Shown { args, env, redacted: in_args + in_env }
    }

    /// The exec with these in place of its own: what a writer may look at.
    fn of<'s>(&'s self, exec: &Exec<'s>) -> Exec<'s> {
        Exec { args: &self.args, env: &self.env, ..*exec }
    }
}

#[cfg(test)]
mod tests;
