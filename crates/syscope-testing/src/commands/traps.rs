//! The traced programs of this crate, each with how it is called.

use super::Case;
use super::LeaveOut::Calls;
use crate::programs::PROGRAMS;

/// One case per traced program.
pub fn traps() -> Vec<Case> {
    PROGRAMS.iter().map(|program| call(program.name)).collect()
}

fn call(name: &str) -> Case {
    let case = Case::new(name, &format!("{{programs}}/{name}"));
    match name {
        "threads" => case.except("threads wait for each other as often as they meet", &[Calls("futex")]),
        _ => case,
    }
}
