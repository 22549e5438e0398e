//! What this kernel offers: facts only, decisions are made elsewhere.

use std::io;
use std::path::Path;

use libbpf_rs::ReferencesType as _;
use libbpf_rs::btf::Btf;
use libbpf_rs::btf::types::{Enum, FuncProto, Ptr, Typedef};

use crate::Error;

/// Where the kernel shows its type information.
pub const BTF_PATH: &str = "/sys/kernel/btf/vmlinux";

/// Facts about the running kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probe {
    /// `sched_prepare_exec` exists (6.10): the caller's registers of an exec are seen.
    pub prepare_exec: bool,
    /// `sched_process_exit` says whether the thread is the last of its process (6.16).
    pub exit_tells_last: bool,
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
        })
    }
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
