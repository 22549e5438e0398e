//! The node agent without its HTTP.
//!
//! ```text
//!   kernel counts --read--> metrics::Series --> metrics::exposition   /metrics
//!        |                        |------------> metrics::tables      /api/v1/syscalls
//!        |                        +------------> metrics::history
//!   kernel records --> engine (one thread, owns the Trace) --> stream::Log of each job --> Watcher, Watcher, ...
//!                        ^
//!   node::Node --create, delete-- registry::Registry (what is known of jobs)
//! ```
//!
//! Metrics are made beside the engine, from the kernel's own counts and the directory of owners, so a scrape never waits for
//! the data path nor the data path for a scrape. Start with [`Agent::start`].

#![forbid(unsafe_code)]

mod agent;
mod config;
mod engine;
mod lines;
pub mod metrics;
pub mod node;
mod registry;
mod spec;
pub mod stream;

pub use agent::Agent;
pub use config::{Config, Lists};
pub use engine::ENDED;
pub use node::{Created, Exposition, Node, Refused};
pub use stream::{From, Log, Watcher};
