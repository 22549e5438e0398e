//! Prints what Syscope uses of the running kernel and what it does instead, one `fact NAME: VALUE` per
//! line: the rows of docs/kernels.md, which `make test-kernels` makes from it.

use std::process::ExitCode;

use syscope_bpf::probe::Probe;

fn main() -> ExitCode {
    let probe = match Probe::host() {
        Ok(probe) => probe,
        Err(err) => {
            eprintln!("kernel_facts: {err}");
            return ExitCode::FAILURE;
        }
    };
    let pick = |has: bool, yes: &'static str, no: &'static str| if has { yes } else { no };
    let facts = [
        ("fields of a task", pick(probe.typed_tasks, "plain loads", "helper reads")),
        ("notes on a task", pick(probe.typed_tasks, "task storage", "hash map of 65,536")),
        ("memory of maps", pick(probe.typed_tasks, "not limited", "counts against RLIMIT_MEMLOCK")),
        ("registers of a task", pick(probe.task_pt_regs, "bpf_task_pt_regs", "top of its stack")),
        (
            "before an exec",
            pick(probe.prepare_exec, "sched_prepare_exec", "not seen: no flags, no argv[0] of a script"),
        ),
        (
            "last thread of a process",
            pick(probe.exit_tells_last, "told at its exit", "by the count of the living"),
        ),
        ("preemption in programs", pick(probe.preemptible, "three copies of each", "off")),
    ];
    for (name, value) in facts {
        println!("fact {name}: {value}");
    }
    ExitCode::SUCCESS
}
