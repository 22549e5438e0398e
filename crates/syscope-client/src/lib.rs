//! A client of the node agent's HTTP API (`syscope_api` has the bodies), for one agent or many.
//!
//! ```text
//!   Endpoint ──> Agent ──connect──> tcp / tls / unix ──> one HTTP/1.1 connection per request
//!                  ├── jobs, job, create, delete, syscalls   a body, bounded, read whole
//!                  └── events ──> Events ──> lines           of any length up to a bound
//!
//!   follow::follow, one per agent ──> merge::Merge ──> one stream in the order of time
//! ```
//!
//! The client never follows a redirect, and never sends a token where it could be read on the way: see [`Settings`].
//! A request is not retried: [`Error::kind`] says what may help, and [`backoff::Backoff`] when. [`follow`] does it for streams.
//! Start with [`Agent`].

#![forbid(unsafe_code)]

mod agent;
pub mod backoff;
mod connection;
pub mod endpoint;
mod error;
mod events;
pub mod follow;
mod lines;
pub mod merge;
mod tls;

pub use agent::{Agent, Created, Settings};
pub use endpoint::Endpoint;
pub use error::{Error, Kind};
pub use events::{Events, Line};
pub use lines::LINE_MAX;
pub use tls::Trust;
