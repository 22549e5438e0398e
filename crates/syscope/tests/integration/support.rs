//! What the tests of the binary share: bounded runs, typed events, traced programs.

mod kernel;
mod live;
mod program;
mod run;
mod traced;

pub use kernel::{Objects, mounts};
pub use live::Live;
pub use program::{Puppet, program, said};
pub use run::{Dir, Ended, finish, for_everybody, run, start, syscope, until, wait, wait_for};
pub use traced::{Traced, bytes_of, calls, parse, trace};
