//! What the node agent and those who talk to it say to each other: the bodies of its HTTP API.
//!
//! ```text
//!   trace::TraceRequest --POST /api/v1/traces--> trace::Job
//!   GET /api/v1/status      status::Status         GET /readyz            status::Readiness
//!   GET /api/v1/syscalls    syscalls::Syscalls     GET /api/v1/containers containers::Containers
//!   errors                  problem::Problem
//! ```
//!
//! Plain data: every type is (de)serialised by serde and described by schemars, from which the OpenAPI document is
//! made. Lines of event streams are not here: they are `syscope_output::record::Record`.

#![forbid(unsafe_code)]

pub mod containers;
pub mod problem;
pub mod span;
pub mod status;
pub mod syscalls;
pub mod trace;

pub use containers::Containers;
pub use problem::Problem;
pub use span::Span;
pub use status::{Readiness, Status, Version};
pub use syscalls::Syscalls;
pub use trace::{End, Job, TraceRequest, TraceSpec};
