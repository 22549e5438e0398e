//! The node agent without its HTTP.
//!
//! ```text
//!   node::Node      what an agent can be asked; the HTTP server is written against it
//!   stream::Log     the events of one job, for any number of watchers, bounded for all together
//! ```

#![forbid(unsafe_code)]

pub mod node;
pub mod stream;

pub use node::{Created, Exposition, Node, Refused};
pub use stream::{From, Log, Watcher};
