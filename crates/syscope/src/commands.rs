//! The commands, one module each.

pub mod bugtool;
pub mod cgroups;
pub mod completions;
pub mod doctor;
pub mod exec;
pub mod man;
pub mod ps;
mod selection;
mod snapshot;
pub mod trace;
