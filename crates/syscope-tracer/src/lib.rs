//! The engine: from kernel records to a stream of [`Event`]s.
//!
//! ```text
//!   Builder --start--> Trace --poll--> Event, Event, ... End
//!                        |
//!          syscope-bpf Session (rings) + ProcessTable + loss accounting
//! ```
//!
//! This is what `syscope trace` is made of, as a library. A host-wide trace of every program that is
//! started:
//!
//! ```no_run
//! use syscope_tracer::{Builder, Event};
//!
//! let mut trace = Builder::new().syscalls("execve,execveat")?.start()?;
//! while let Some(event) = trace.next()? {
//!     if let Event::Syscall(call) = event {
//!         println!("{} {}", call.thread.process.pid, String::from_utf8_lossy(call.thread.comm.bytes()));
//!     }
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Everything is released when the [`Trace`] is dropped. Lines that the kernel programs log arrive through
//! `tracing`, target `syscope::kernel`. Whose events are is told on request ([`Builder::owners`],
//! [`Builder::containers`]). What does not happen here: text, JSON.

#![forbid(unsafe_code)]

mod account;
mod attribution;
mod builder;
mod clock;
mod descriptors;
pub mod directory;
mod error;
mod exec;
mod held;
pub mod host;
mod identity;
mod interrupted;
pub mod jobs;
mod process_table;
mod program;
mod trace;
mod whose;

pub use attribution::Attribution;
pub use builder::Builder;
pub use directory::Directory;
pub use error::Error;
pub use jobs::{Job, JobAccount};
pub use syscope_bpf::{CgroupFilter, Counted, Counters, Counts, CountsConfig, Execs, Measured, Outcome};
pub use syscope_event::{Event, Loss, LossReason, Totals};
pub use trace::{CgroupTable, Poll, Stopper, Trace};
