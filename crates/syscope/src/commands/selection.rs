//! Which processes: from what was typed to what the kernel programs compare.

use std::path::Path;

use anyhow::Context as _;
use syscope_container::cgroup_path::{self, Hierarchy};
use syscope_tracer::CgroupFilter;

use crate::failure::Failure;

/// The cgroup a path names, as the kernel programs compare it.
pub fn cgroup(path: &Path) -> Result<CgroupFilter, Failure> {
    let found = cgroup_path::read_cgroup(path, Path::new("/proc/self/mountinfo"))
        .map_err(|err| Failure::Usage(anyhow::Error::new(err).context("--cgroup")))?;
    let subsystem = match &found.hierarchy {
        Hierarchy::Unified => None,
        Hierarchy::Named(name) => {
            return Err(Failure::usage(format!(
                "--cgroup: the hierarchy name={name} has no controller to find a task's cgroup by; \
                 name the cgroup in another hierarchy"
            )));
        }
        Hierarchy::Controllers(controllers) => {
            let index = controllers.iter().find_map(|name| syscope_bpf::probe::cgroup_subsystem(name));
            Some(
                index
                    .with_context(|| {
                        format!(
                            "--cgroup: this kernel's type information does not know the controllers {}",
                            controllers.join(",")
                        )
                    })
                    .map_err(Failure::Host)?,
            )
        }
    };
    Ok(CgroupFilter { id: found.id, level: found.level, subsystem })
}
