//! Tests that run the real binary.

mod bugtool;
mod cgroups_command;
mod clean;
mod cli;
mod client;
mod command;
mod containers;
mod counts;
mod doctor;
mod exec_log;
mod filters;
mod output;
mod parity;
mod ps;
mod server;
mod support;
mod traps;
mod untracked;
