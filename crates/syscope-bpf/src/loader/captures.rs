//! The tables that tell the programs which arguments of which call to copy (`bpf/capture.bpf.h`).

use std::collections::HashMap;

use libbpf_rs::{MapCore as _, MapFlags};
use syscope_syscalls::capture::{self, Op, When};
use syscope_syscalls::{Abi, table};

use super::{bytes_of, step};
use crate::object::Loaded;
use crate::wire::{CaptureEntry, CaptureOp, CaptureProgram, CaptureVariant, Limit};
use crate::{Config, Error};

/// Writes the capture program of every call that can be recorded; equal ones are shared.
pub(super) fn write(object: &mut Loaded, config: &Config) -> Result<(), Error> {
    let mut map = |name: &str| object.map(name).map_err(step("find a table of captures"));
    let (entries, variants) = (map("capture_entries")?, map("capture_variants")?);
    let programs_by_id = map("capture_programs")?;
    let options = capture::Options { fds: config.fds };
    let mut ids: HashMap<Vec<Op>, u32> = HashMap::new();
    let mut programs: Vec<Vec<Op>> = vec![Vec::new()];
    let mut id_of = |ops: Vec<Op>| -> u32 {
        if ops.is_empty() {
            return 0;
        }
        *ids.entry(ops).or_insert_with_key(|ops| {
            programs.push(ops.clone());
            programs.len() as u32 - 1
        })
    };
    for (index, abi) in [(0, Abi::native()), (1, Abi::native().compat())] {
        for &(nr, _) in table::numbers(abi) {
            let Some(syscall) = table::syscall(abi, nr) else { continue };
            if nr >= Limit::SYSCALLS_MAX || !config.filter.syscalls.contains(abi, nr) {
                continue;
            }
            let program = capture::program(syscall, abi, options);
            let call = index * Limit::SYSCALLS_MAX + nr;
            let (selector, selector_mask) = program.selector.unwrap_or((255, 0));
            let entry =
                CaptureEntry { program: id_of(program.ops), selector, selector_mask, ..Default::default() };
            entries
                .update(&call.to_ne_bytes(), bytes_of(&entry), MapFlags::ANY)
                .map_err(step("write a capture entry"))?;
            for (value, ops) in program.variants {
                let key = CaptureVariant { call, value, ..Default::default() };
                variants
                    .update(bytes_of(&key), &id_of(ops).to_ne_bytes(), MapFlags::ANY)
                    .map_err(step("write a capture variant"))?;
            }
        }
    }
    for (id, ops) in programs.iter().enumerate().skip(1) {
        let mut program = CaptureProgram { ops_count: ops.len() as u32, ..Default::default() };
        for (to, op) in program.ops.iter_mut().zip(ops) {
            *to = encode(op);
        }
        programs_by_id
            .update(&(id as u32).to_ne_bytes(), bytes_of(&program), MapFlags::ANY)
            .map_err(step("write a capture program"))?;
    }
    Ok(())
}

fn encode(op: &Op) -> CaptureOp {
    let (when, above) = match op.when {
        When::Always => (0, 0),
        When::Ok => (1, 0),
        When::RetAbove(n) => (2, n),
        When::TotalAbove(n) => (3, n),
        When::Failed => (4, 0),
    };
    CaptureOp {
        kind: op.kind as u8,
        arg: op.arg,
        part: op.part,
        when,
        above,
        ptr: op.ptr.code(),
        count: op.count.code(),
        total: op.total.code(),
        ptr_off: op.ptr_off,
        count_off: op.count_off,
        size: op.size,
        limit: op.limit,
        base: u8::from(op.base),
        zero: [0; 3],
    }
}
