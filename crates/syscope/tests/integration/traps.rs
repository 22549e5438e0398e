//! The traps of system calls. What is expected is what the traced program itself knows and says.

mod arguments;
mod endings;
mod execs;
mod results;
