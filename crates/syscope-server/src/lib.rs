//! The HTTP server of the node agent: routes, streams, TLS, tokens, limits.
//!
//! ```text
//!   Config --bind--> Bound --serve(node, shutdown)--> connection --guard--> route --> syscope_agent::Node
//!                      |                                  |          |        |
//!                      addresses, ServerStats             limits     auth     problem, stream, openapi
//! ```
//!
//! [`bind`] checks the configuration and takes the addresses, so whoever starts an agent learns what is wrong before anything
//! else begins. [`Bound::serve`] runs until its end is asked for, and leaves no task, socket or file behind. What an agent is,
//! this crate does not know: it speaks to a [`syscope_agent::Node`]. Who is let in and what is bounded: `docs/http.md`.

#![forbid(unsafe_code)]

mod activity;
mod app;
mod assets;
mod auth;
mod coalesce;
pub mod config;
mod connection;
mod encoding;

mod guard;
pub mod limits;
mod listener;
mod negotiate;
pub mod openapi;
pub mod problem;
mod reload;
mod router;
mod routes;
mod seldom;
mod server;
pub mod stats;
mod stream;
mod tls;

pub use config::{Address, Config, Error, Listen, TlsFiles};
pub use limits::Limits;
pub use server::{Bound, bind, serve};
pub use stats::{Rejected, ServerStats};
