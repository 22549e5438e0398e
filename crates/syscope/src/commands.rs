//! The commands, one module each.

pub mod completions;
pub mod exec;
pub mod man;
mod selection;
pub mod trace;
