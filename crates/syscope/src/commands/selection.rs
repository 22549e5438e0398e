//! Which processes: from what was typed to what the kernel programs compare.

use std::path::Path;

use anyhow::Context as _;
use syscope_container::cgroup_path::{self, Hierarchy};
use syscope_tracer::CgroupFilter;

use syscope_container::resolver;
use syscope_container::selector::{Asked, Selector};
use syscope_tracer::{Builder, Trace};

use crate::args::{Containers, Lookups};
use crate::failure::Failure;
use crate::logging;

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

/// Which containers, and where they are looked up.
pub fn containers(builder: Builder, containers: &Containers, lookups: &Lookups) -> Result<Builder, Failure> {
    if lookups.no_containers {
        return Ok(builder);
    }
    Ok(builder.owners(resolver(lookups)?).containers(selector(containers)?))
}

/// How runtimes are asked.
pub fn resolver(lookups: &Lookups) -> Result<resolver::Config, Failure> {
    let mut config = resolver::Config { cri: lookups.cri.clone(), ..resolver::Config::default() };
    if let Some(root) = &lookups.altroot {
        if !root.is_dir() {
            return Err(Failure::usage(format!("--altroot: {} is no directory", root.display())));
        }
        config.root.clone_from(root);
    }
    Ok(config)
}

/// The containers that were asked for.
pub fn selector(containers: &Containers) -> Result<Selector, Failure> {
    let asked = Asked {
        namespaces: &containers.namespace,
        pods: &containers.pod,
        containers: &containers.container,
        images: &containers.image,
        labels: &containers.selector,
        fields: &containers.field_selector,
    };
    Selector::parse(&asked).map_err(|err| Failure::Usage(err.into()))
}

/// Says on stderr what went wrong with owners, if anything did.
pub fn report_trouble(trace: &mut Trace) {
    if let Some(why) = trace.untracked() {
        logging::say(format_args!("the owners of all events are unknown: {why}"));
    }
    if let Some(trouble) = trace.attribution().and_then(|attribution| attribution.trouble()) {
        logging::say(trouble);
    }
}
