//! What must hold for the tables as a whole, whatever the single entries say.

mod capture;
mod classes;
mod formats;
mod headers;
mod hostile;
mod table;

use syscope_syscalls::table::{numbers, syscall};
use syscope_syscalls::{Abi, Syscall};

/// Every call of every table that has a specification.
fn specified() -> impl Iterator<Item = (Abi, u32, &'static Syscall)> {
    Abi::ALL.iter().flat_map(|&abi| {
        numbers(abi).iter().filter_map(move |&(nr, _)| syscall(abi, nr).map(|spec| (abi, nr, spec)))
    })
}

/// Fails with all of `problems`, one per line, if there are any.
#[track_caller]
fn assert_none(what: &str, problems: &[String]) {
    assert!(problems.is_empty(), "{} {what}:\n{}", problems.len(), problems.join("\n"));
}
