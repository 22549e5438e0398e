//! The commands, one module each.

pub mod completions;
pub mod man;
pub mod trace;
