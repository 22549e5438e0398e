//! The library as its users use it: the examples run for real.

mod cgroups;
mod examples;
mod identity;
mod jobs;
