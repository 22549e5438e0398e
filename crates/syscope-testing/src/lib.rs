//! Traced programs and the parity harness: does Syscope say the same as strace?
//!
//! A [`Case`](commands::Case) is one command. It runs once under `strace -f`, once under
//! `syscope trace -o json` and once under `syscope trace`, each time in a directory made anew under the
//! same path. The three outputs become [`Log`](record::Log)s of the same shape, and
//! [`compare`](compare::compare) holds them against each other, thread by thread:
//!
//! ```text
//! commands ──> run ──> strace.rs  ─┐
//! programs ─┘     └──> syscope.rs ─┴─> Log ──> tree (who is who) ──> normalise ──> compare ──> report
//! ```
//!
//! Everything behind `run` is a pure function of text. What two runs of one command can't agree on
//! (addresses, process ids, times) is named in one list, [`normalise::RULES`]; what differs and is understood
//! in another, [`reasons::EXPLANATIONS`].
//!
//! Beside it, [`agent`] is a node agent without a node: for tests of its clients.
//!
//! The crate is for tests only: nothing that ships depends on it, and it knows Syscope only by its
//! command line, its output and the bodies of its API.

#![forbid(unsafe_code)]

pub mod agent;
pub mod arguments;
pub mod call;
pub mod commands;
pub mod compare;
pub mod containers;
pub mod literal;
pub mod normalise;
pub mod parity;
pub mod programs;
pub mod reasons;
pub mod record;
pub mod report;
pub mod run;
pub mod strace;
pub mod syscope;
pub mod tree;
