//! Kernel programs, their loader and their wire format.
//!
//! ```text
//!   Probe (what the kernel offers) + Config (what a run wants)
//!        --> Loader: sizes, read-only data, capture programs, attach
//!        --> Session: rings of records, marks on tasks, counters; detaches everything on drop
//! ```
//!
//! The C sources are in `src/bpf` (see its README). Their records and configuration are generated into
//! [`wire`] from the compiled object's own type information, so no layout is written down twice. This
//! crate knows nothing of events, text or containers: it hands on bytes and counts.
//!
//! Nearly all `unsafe` code of Syscope is here, each with its reason. Start with [`Session::start`].

mod config;
mod counts;
mod error;
pub mod inventory;
mod jobs;
mod loader;
mod object;
pub mod probe;
mod ring;
pub mod trial;
pub mod wire;

pub use config::{CgroupFilter, Config, CountsConfig, Execs, Filter, Outcome, Tracked};
pub use counts::{Counted, Counts, Measured};
pub use error::Error;
pub use jobs::{JobCounts, JobRule};
pub use loader::{CgroupPut, Counters, Mark, Session};
pub use object::Variant;
pub use ring::{Rings, now_boot_ns};

/// The generated skeleton.
#[allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    unused_imports,
    clippy::all,
    clippy::undocumented_unsafe_blocks,
    reason = "generated"
)]
mod skel {
    include!(concat!(env!("OUT_DIR"), "/syscalls.skel.rs"));
}

/// The generated types of the portable object, to compare with.
#[cfg(test)]
#[allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    unused_imports,
    clippy::all,
    clippy::undocumented_unsafe_blocks,
    reason = "generated"
)]
mod portable_skel {
    include!(concat!(env!("OUT_DIR"), "/portable.skel.rs"));
}
