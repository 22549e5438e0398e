//! strace's classes of each call against what strace itself traces by them.

use syscope_syscalls::Abi;
use syscope_syscalls::table::{number, syscall};
use syscope_syscalls::taxonomy::Sets;

use crate::assert_none;

/// Where we deliberately say otherwise: `(call, reason)`.
const DELIBERATE: &[(&str, &str)] = &[];

#[test]
fn classes_are_those_of_strace() {
    let text = include_str!("../data/strace-6.1-classes.txt");
    let mut problems = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split(' ');
        let abi =
            words.next().and_then(|abi| Abi::ALL.iter().copied().find(|known| known.name() == abi)).unwrap();
        let name = words.next().unwrap();
        let expected: Vec<&str> = words.collect();
        let Some(spec) = number(abi, name).and_then(|nr| syscall(abi, nr)) else {
            problems.push(format!("{} {name}: no specification", abi.name()));
            continue;
        };
        let found: Vec<&str> =
            Sets::ALL.iter().filter(|entry| spec.sets.meets(entry.1)).map(|entry| entry.0).collect();
        if found != expected && !DELIBERATE.iter().any(|entry| entry.0 == name) {
            problems.push(format!("{} {name}: {found:?}, {expected:?} in strace", abi.name()));
        }
    }
    assert_none("calls are in other classes", &problems);
}
