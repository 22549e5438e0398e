//! Events as text, JSON lines and summaries.
//!
//! ```text
//!              +--> text::Text        one line a call, in strace's form
//!   Event -----+--> jsonl::JsonLines  one JSON object a line ---> record::Record (for readers)
//!              +--> summary::Summary  a table at the end, like `strace -c`
//!              +--> exec::{Text, Json, Log}  the exec log: programs started, processes ended
//!
//!   cgroups, processes ---> inventory  tables, trees and JSON of what exists
//! ```
//!
//! The line writers append to a `Vec<u8>` and do no I/O: when and where bytes are written is the
//! caller's decision, and a million lines a second leave no room for more. How the values of a call look
//! is decided in [`syscope_syscalls::sink`]; here is what stands around them: the call, the process, and whose it is
//! ([`owner`]). Everything an observed
//! process can choose (names, paths, data) is escaped, so that a line stays a line and a terminal is
//! never spoken to.
//!
//! What is missing is printed too: a gap in the stream as a line at its place, the account of the run as
//! the last line (`totals`). [`Text`] and [`JsonLines`] write traces and pass over the
//! process stream; the writers of [`exec`] do the opposite.
//!
//! The JSON is specified by the types in [`record`], from which `docs/event.schema.json` is generated;
//! programs that read the stream can parse it with them. Start with [`Text`] or [`JsonLines`]; for the exec
//! log with [`exec`].

#![forbid(unsafe_code)]

pub mod exec;
pub mod inventory;
pub mod jsonl;
pub mod line;
pub mod owner;
pub mod record;
pub mod summary;
pub mod text;

mod decimal;
mod json;

#[cfg(test)]
mod fixtures;

pub use jsonl::JsonLines;
pub use record::Record;
pub use summary::Summary;
pub use text::Text;
