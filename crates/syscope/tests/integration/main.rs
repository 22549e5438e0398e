//! Tests that run the real binary.

mod clean;
mod cli;
mod command;
mod counts;
mod filters;
mod output;
mod parity;
mod support;
mod traps;
