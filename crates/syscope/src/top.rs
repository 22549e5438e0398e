//! Who makes which system calls, live: the parts of `syscope top`.
//!
//! ```text
//!   source::Source, a thread each ──readings──> model::Model ──rows──> view (a frame of the terminal)
//!     (an agent, this host)                       rates, levels        print (once, for a pipe)
//!                                                    ^
//!   screen: keys, signals, the terminal ────────── state::State: level, order, filter, selection
//! ```
//!
//! Model and state are pure; `screen` alone knows the terminal, and `source` alone whom to ask.

pub mod model;
pub mod print;
pub mod screen;
pub mod source;
pub mod state;
pub mod view;
