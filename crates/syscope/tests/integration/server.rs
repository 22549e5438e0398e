//! `syscope server`, run and asked as its users do.

mod agent;
mod calls;
mod change;
mod deployed;
mod exact;
mod expositions;
mod jobs;
mod prometheus;
mod protected;
mod retention;
mod starts;

pub use agent::Agent;
pub use prometheus::Prometheus;
