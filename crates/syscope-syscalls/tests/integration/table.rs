//! Every number has a specification, and specifications are consistent in themselves.

use std::collections::HashSet;

use syscope_syscalls::syscall::{Len, Ty};
use syscope_syscalls::table::{numbers, syscall};
use syscope_syscalls::{Abi, MAX_ARGS, Syscall, calls};

use crate::{assert_none, specified};

#[test]
fn every_number_has_a_specification() {
    let mut missing = Vec::new();
    for abi in Abi::ALL.iter().copied() {
        for &(nr, name) in numbers(abi) {
            match syscall(abi, nr) {
                None => missing.push(format!("{} {nr} {name}", abi.name())),
                Some(spec) => assert_eq!(spec.name, name, "{abi:?} {nr}"),
            }
        }
    }
    assert_none("calls have no specification", &missing);
}

#[test]
fn every_specification_has_a_number() {
    let mut problems = Vec::new();
    let own = [(Abi::I386, i386()), (Abi::Aarch64, aarch64())];
    for (abi, specs) in own {
        for spec in specs {
            if !numbers(abi).iter().any(|entry| entry.1 == spec.name) {
                problems.push(format!("{} has no call {}", abi.name(), spec.name));
            }
        }
    }
    for spec in calls::COMMON.iter().copied().flatten() {
        if !Abi::ALL.iter().any(|abi| numbers(*abi).iter().any(|entry| entry.1 == spec.name)) {
            problems.push(format!("no table has {}", spec.name));
        }
    }
    assert_none("specifications are of no use", &problems);
}

#[test]
fn a_name_is_specified_once() {
    let common: Vec<&Syscall> = calls::COMMON.iter().copied().flatten().collect();
    for specs in [common, i386(), aarch64()] {
        let mut seen = HashSet::new();
        let twice: Vec<_> =
            specs.iter().filter(|spec| !seen.insert(spec.name)).map(|spec| spec.name.to_owned()).collect();
        assert_none("names are specified twice", &twice);
    }
}

#[test]
fn arguments_are_sensible() {
    let mut problems = Vec::new();
    for (abi, _, spec) in specified() {
        let mut problem = |text: String| problems.push(format!("{} {}: {text}", abi.name(), spec.name));
        if spec.args.len() > MAX_ARGS {
            problem(format!("{} arguments", spec.args.len()));
        }
        if spec.group.class().name().is_empty() || spec.group.name().is_empty() {
            problem("no class or group".into());
        }
        let mut names = HashSet::new();
        for arg in spec.args {
            // An argument's name is its key in JSON.
            if arg.name.is_empty()
                || !arg.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
            {
                problem(format!("the name {:?}", arg.name));
            }
            if !names.insert(arg.name) {
                problem(format!("two arguments are called {}", arg.name));
            }
            if arg.ctype.is_empty() {
                problem(format!("{} has no C type", arg.name));
            }
            for other in references(&arg.ty) {
                // A type may mean an argument that this ABI passes, so only the registers bound it.
                if usize::from(other) >= spec.args.len().max(1) {
                    problem(format!("{} refers to argument {other}, of {}", arg.name, spec.args.len()));
                }
            }
        }
    }
    problems.sort();
    problems.dedup();
    assert_none("arguments make no sense", &problems);
}

/// The arguments that a type refers to.
fn references(ty: &Ty) -> Vec<u8> {
    let len = |len: &Len| match len {
        Len::Arg(n) | Len::At(n) => vec![*n],
        _ => Vec::new(),
    };
    match ty {
        Ty::Bytes(length) | Ty::Array(_, length) | Ty::Sockaddr(length) => len(length),
        Ty::Iovec(count, data) => [vec![*count], len(data)].concat(),
        Ty::Out(inner) | Ty::When(_, inner) => references(inner),
        Ty::ByArg(by) => {
            let mut all = vec![by.arg];
            by.table.iter().for_each(|entry| all.extend(references(&entry.1)));
            all.extend(references(&by.otherwise));
            all
        }
        _ => Vec::new(),
    }
}

fn i386() -> Vec<&'static Syscall> {
    calls::i386::CALLS.iter().chain(calls::i386_files::CALLS).collect()
}

fn aarch64() -> Vec<&'static Syscall> {
    calls::aarch64::CALLS.iter().collect()
}
