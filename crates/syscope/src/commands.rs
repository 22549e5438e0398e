//! The commands, one module each.

pub mod bugtool;
pub mod cgroups;
pub mod client;
pub mod completions;
pub mod doctor;
pub mod exec;
pub mod man;
pub mod ps;
mod selection;
pub mod server;
mod snapshot;
pub mod top;
pub mod trace;
