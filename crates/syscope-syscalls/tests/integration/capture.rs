//! The capture programs stay within what the kernel side can carry out.

use std::collections::HashMap;

use syscope_syscalls::capture::{Kind, MAX_OPS, Op, Operand, Options, RECORD_MAX, program};
use syscope_syscalls::{Abi, MAX_ARGS};

use crate::{assert_none, specified};

/// How much of a base record [`Operand::Word`] reaches.
const BASE_MAX: usize = 128;

/// How many programs the kernel side has room for.
const PROGRAMS_MAX: usize = 2048;

#[test]
fn programs_are_within_limits() {
    let mut problems = Vec::new();
    for (abi, _, spec) in specified() {
        for fds in [true, false] {
            let program = program(spec, abi, Options { fds });
            let variants = program.variants.iter().map(|(value, ops)| (format!(" variant {value:#x}"), ops));
            for (which, ops) in std::iter::once((String::new(), &program.ops)).chain(variants) {
                for problem in check(abi, ops) {
                    problems.push(format!("{} {}{which}: {problem}", abi.name(), spec.name));
                }
            }
            if let Some((arg, mask)) = program.selector
                && (usize::from(arg) >= MAX_ARGS
                    || program.variants.iter().any(|(value, _)| value & !mask != 0))
            {
                problems.push(format!("{} {}: selector {arg} {mask:#x}", abi.name(), spec.name));
            }
        }
    }
    problems.sort();
    problems.dedup();
    assert_none("programs can't be carried out", &problems);
}

#[test]
fn programs_fit_the_kernel_side() {
    let mut counts = HashMap::new();
    for (abi, _, spec) in specified() {
        *counts.entry(abi).or_default() += 1 + program(spec, abi, Options { fds: true }).variants.len();
    }
    println!("programs: {counts:?}");
    // A kernel runs the programs of its 64-bit and its 32-bit calls.
    for machine in [Abi::X86_64, Abi::Aarch64] {
        let count: usize = [machine, machine.compat()].iter().filter_map(|abi| counts.get(abi)).sum();
        assert!(count <= PROGRAMS_MAX, "{count} programs on {}", machine.name());
    }
}

/// What is wrong with a program.
fn check(abi: Abi, ops: &[Op]) -> Vec<String> {
    let mut problems = Vec::new();
    if ops.len() > MAX_OPS {
        problems.push(format!("{} ops", ops.len()));
    }
    let mut base = false;
    let mut parts = [0; MAX_ARGS + 1];
    let mut last = 0;
    for (at, op) in ops.iter().enumerate() {
        let mut problem = |text: String| problems.push(format!("op {at}: {text}"));
        match parts.get_mut(usize::from(op.arg)) {
            None => problem(format!("argument {}", op.arg)),
            Some(next) => {
                if op.part != *next || op.arg < last {
                    problem(format!("argument {} part {} out of order", op.arg, op.part));
                }
                *next = op.part + 1;
                last = op.arg;
            }
        }
        for (operand, offset, name) in
            [(op.ptr, op.ptr_off, "address"), (op.count, op.count_off, "count"), (op.total, 0, "total")]
        {
            let width = match operand {
                Operand::Word => abi.word(),
                Operand::Word32 => 4,
                Operand::Arg(n) | Operand::At(n) if usize::from(n) >= MAX_ARGS => {
                    problem(format!("the {name} is argument {n}"));
                    continue;
                }
                _ => continue,
            };
            if !base {
                problem(format!("the {name} is in a record, and none was read"));
            }
            if usize::from(offset) + width > BASE_MAX {
                problem(format!("the {name} is at {offset} in the record"));
            }
        }
        if matches!(op.ptr, Operand::One | Operand::None) {
            problem(format!("the address is {:?}", op.ptr));
        }
        if op.limit > RECORD_MAX {
            problem(format!("{} bytes", op.limit));
        }
        if op.kind == Kind::Bytes
            && (op.size == 0 || op.count == Operand::One && op.limit != 0 && op.size > op.limit)
        {
            problem(format!("a record of {} bytes, at most {}", op.size, op.limit));
        }
        if op.base && op.kind != Kind::Bytes {
            problem(format!("{:?} as base", op.kind));
        }
        base |= op.base;
    }
    problems
}
