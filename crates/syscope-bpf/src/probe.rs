//! What this kernel offers: facts only, decisions are made elsewhere.

use std::io;
use std::path::Path;

use libbpf_rs::ReferencesType as _;
use libbpf_rs::btf::Btf;
use libbpf_rs::btf::types::{Enum, FuncProto, Ptr, Typedef};

use crate::Error;
use crate::object::Variant;

/// Where the kernel shows its type information.
pub const BTF_PATH: &str = "/sys/kernel/btf/vmlinux";

/// Facts about the running kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probe {
    /// `sched_prepare_exec` exists (6.10): the caller's registers of an exec are seen.
    pub prepare_exec: bool,
    /// `sched_process_exit` says whether the thread is the last of its process (6.16).
    pub exit_tells_last: bool,
    /// `bpf_task_pt_regs` exists (5.15): the registers of any task.
    pub task_pt_regs: bool,
    /// Programs on tracepoints can be preempted (7.0).
    pub preemptible: bool,
    /// Tracing programs have typed pointers to the current task, and task storage (5.11).
    pub typed_tasks: bool,
}

impl Probe {
    /// Asks the kernel. Fails with [`Error::NoBtf`] where nothing can be loaded at all.
    pub fn host() -> Result<Probe, Error> {
        if !Path::new(BTF_PATH).exists() {
            return Err(Error::NoBtf(BTF_PATH.into()));
        }
        let btf = Btf::from_vmlinux().map_err(|source| {
            if source.kind() == libbpf_rs::ErrorKind::PermissionDenied {
                Error::Privilege(io::Error::from(io::ErrorKind::PermissionDenied))
            } else {
                Error::Step { step: format!("read {BTF_PATH}"), source }
            }
        })?;
        let tracepoint = |name: &str| btf.type_by_name::<Typedef<'_>>(&format!("btf_trace_{name}")).is_some();
        // The prototype of a tracepoint begins with a context.
        let parameters = |name: &str| -> usize {
            let typedef = btf.type_by_name::<Typedef<'_>>(&format!("btf_trace_{name}"));
            let pointer = typedef.and_then(|typedef| Ptr::try_from(typedef.referenced_type()).ok());
            let prototype = pointer.and_then(|pointer| FuncProto::try_from(pointer.referenced_type()).ok());
            prototype.map_or(0, |prototype| prototype.len().saturating_sub(1))
        };
        Ok(Probe {
            prepare_exec: tracepoint("sched_prepare_exec"),
            exit_tells_last: parameters("sched_process_exit") >= 2,
            task_pt_regs: has_helper(&btf, "BPF_FUNC_task_pt_regs"),
            // Type information does not tell this. Commit f7d327654b88 "bpf: Have __bpf_trace_run() use
            // rcu_read_lock_dont_migrate()" is in 7.0.
            preemptible: kernel_version().is_some_and(|version| version >= (7, 0)),
            typed_tasks: has_helper(&btf, "BPF_FUNC_get_current_task_btf"),
        })
    }

    /// Which object this kernel takes.
    pub fn variant(&self) -> Variant {
        if self.typed_tasks { Variant::Typed } else { Variant::Portable }
    }
}

/// The kernel's version: its first two numbers.
fn kernel_version() -> Option<(u32, u32)> {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").ok()?;
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map_while(|digits| digits.parse().ok());
    Some((numbers.next()?, numbers.next()?))
}

/// Whether the kernel lists a helper among those for programs.
fn has_helper(btf: &Btf<'_>, name: &str) -> bool {
    let ids = btf.type_by_name::<Enum<'_>>("bpf_func_id");
    ids.is_some_and(|ids| ids.iter().any(|id| id.name.is_some_and(|found| *found == *name)))
}

/// The index of a cgroup controller in the kernel's tables (`enum cgroup_subsys_id`); `None` if this
/// kernel has no such controller.
pub fn cgroup_subsystem(controller: &str) -> Option<u8> {
    // The tables use older names for two of them (include/linux/cgroup_subsys.h).
    let name = match controller {
        "blkio" => "io",
        other => other,
    };
    let btf = Btf::from_vmlinux().ok()?;
    let ids = btf.type_by_name::<Enum<'_>>("cgroup_subsys_id")?;
    let wanted = format!("{name}_cgrp_id");
    ids.iter()
        .find(|member| member.name.is_some_and(|name| *name == *wanted))
        .and_then(|member| u8::try_from(member.value).ok())
}
