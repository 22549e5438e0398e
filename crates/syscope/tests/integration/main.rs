//! Tests that run the real binary.

mod clean;
mod cli;
mod command;
mod counts;
mod exec_log;
mod filters;
mod output;
mod parity;
mod support;
mod traps;
