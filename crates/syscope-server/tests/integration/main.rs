//! The server as a whole, over real sockets of this host, with an agent without a kernel.

mod access;
mod client;
mod contract;
mod harness;
mod limits;
mod node;
mod paths;
mod routes;
mod shutdown;
mod streams;
mod tls;
mod unix;
