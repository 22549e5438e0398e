//! What this host can do, what it lacks, and what follows from it.
//!
//! ```text
//!   Host ---> probes (one module a group, beside each other, each bounded in time) ---> Findings
//!                                                                                         |
//!             table, JSON <--- Report { jobs, lacks, fixes, findings } <--- verdict ------+
//! ```
//!
//! Probes only look: they read files, ask runtimes, and have the kernel load programs that are let go of
//! at once. Only [`mounts::fix`] changes anything, and only when it is asked to.

mod cgroups;
mod clock;
mod confinement;
mod deployment;
mod kernel;
pub mod kubernetes;
pub mod mounts;
mod privileges;
pub mod probe;
mod programs;
mod reach;
pub mod report;
mod rings;
mod runtimes;
mod table;
#[cfg(test)]
mod testing;
mod verdict;

use std::path::PathBuf;
use std::time::Duration;

pub use self::table::{Look, write as write_table};

use self::kubernetes::Surroundings;
use self::probe::{Host, Pending, findings, start};
use self::programs::Tried;
use self::report::{Finding, Fix, Group, Report};

/// How long probes that only read files may take.
const FILES_LIMIT: Duration = Duration::from_secs(5);
/// How long probes may take that ask others: name servers, API servers, runtimes.
const OTHERS_LIMIT: Duration = Duration::from_secs(15);
/// How long the verifier may take for all programs together; an emulated machine needs a while.
const PROGRAMS_LIMIT: Duration = Duration::from_secs(90);

/// What the user said of the host.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The CRI socket.
    pub cri: Option<PathBuf>,
    /// The host's root directory.
    pub altroot: Option<PathBuf>,
    /// Whether runtimes are left alone.
    pub no_container_lookups: bool,
}

/// Looks at everything. `fixes` is what was done before.
pub fn examine(options: &Options, fixes: Vec<Fix>) -> Report {
    let host = Host::new("/", options.altroot.clone().unwrap_or_else(|| "/".into()));
    let files = |probes: fn(&Host) -> Vec<Finding>| -> Pending<Vec<Finding>> {
        let host = host.clone();
        start(FILES_LIMIT, move || probes(&host))
    };
    let kernel = files(kernel::probe);
    let privileges = files(privileges::probe);
    let mounts = files(mounts::probe);
    let rings = files(rings::probe);
    let clock = files(clock::probe);
    let confinement = files(confinement::probe);
    let kubernetes = {
        let host = host.clone();
        start(OTHERS_LIMIT, move || kubernetes::probe(&host, &Surroundings::own()))
    };
    let deployment = {
        let host = host.clone();
        start(FILES_LIMIT, move || deployment::probe(&host, |name| std::env::var_os(name)))
    };
    let runtimes = {
        let (root, cri) = (host.altroot().to_owned(), options.cri.clone());
        match options.no_container_lookups {
            true => start(OTHERS_LIMIT, runtimes::not_asked),
            false => start(OTHERS_LIMIT, move || runtimes::probe(root, cri)),
        }
    };
    let layout = {
        let host = host.clone();
        start(FILES_LIMIT, move || cgroups::read(&host)).finish()
    };
    let tracked = layout.as_ref().ok().and_then(|layout| layout.tracked.clone());
    let cgroups = {
        let (host, layout) = (host.clone(), layout.clone());
        start(OTHERS_LIMIT, move || layout.map(|layout| cgroups::probe(&host, &layout)))
    };
    let programs = {
        let may_load = privileges::may_load(&host) != Some(false);
        start(PROGRAMS_LIMIT, move || Tried::host(may_load, tracked.as_ref()))
    };
    let tried = programs.finish();
    let groups = [
        (Group::Kernel, kernel.finish()),
        (Group::Privileges, privileges.finish()),
        (Group::Mounts, mounts.finish()),
        (Group::Programs, tried.as_ref().map(Tried::findings).map_err(Clone::clone)),
        (Group::Rings, rings.finish()),
        (Group::Cgroups, cgroups.finish().and_then(|found| found)),
        (Group::Runtimes, runtimes.finish()),
        (Group::Kubernetes, kubernetes.finish()),
        (Group::Deployment, deployment.finish()),
        (Group::Clock, clock.finish()),
        (Group::Confinement, confinement.finish()),
    ];
    let findings: Vec<Finding> =
        groups.into_iter().flat_map(|(group, found)| findings(group, found)).collect();
    let jobs = tried.as_ref().map(Tried::jobs).unwrap_or_default();
    let refusal = tried.as_ref().ok().and_then(Tried::refusal);
    let lacks = verdict::lacks(&findings, jobs, refusal);
    Report { version: env!("CARGO_PKG_VERSION").to_owned(), jobs, lacks, fixes, findings }
}

/// Mounts what is missing.
pub fn fix() -> Vec<Fix> {
    mounts::fix(&Host::new("/", "/"))
}

#[cfg(test)]
mod tests {
    use super::report::Report;

    /// `docs/doctor.schema.json` is what the types say; `SYSCOPE_UPDATE=1` writes it anew.
    #[test]
    fn schema_is_fresh() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/doctor.schema.json");
        let mut fresh = serde_json::to_string_pretty(&schemars::schema_for!(Report)).unwrap();
        fresh.push('\n');
        if std::env::var_os("SYSCOPE_UPDATE").is_some() {
            std::fs::write(path, &fresh).unwrap();
        }
        // As values: the order of members depends on which features of serde_json a build unites.
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap_or_default();
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(value(&committed) == value(&fresh), "{path} is stale: run the tests with SYSCOPE_UPDATE=1");
    }
}
