//! Container runtimes: which are there, which answer, and why others do not.

use std::path::PathBuf;

use syscope_container::resolver::{self, Config};
use syscope_container::runtime::{Kind, RuntimeStatus, State};

use super::report::{Finding, Group, Status};

/// What is lost without a runtime.
const LOST: &str = "containers that only it knows have no name, image and labels";

/// Asks every runtime once.
pub fn probe(root: PathBuf, cri: Option<PathBuf>) -> Vec<Finding> {
    let wanted = cri.is_some();
    describe(&resolver::probe(Config { root, cri, ..Config::default() }), wanted)
}

/// The finding of a run that asks none.
pub fn not_asked() -> Vec<Finding> {
    vec![finding("runtimes", Status::Note, "not asked").because("--no-container-lookups")]
}

fn finding(name: impl Into<String>, status: Status, result: impl Into<String>) -> Finding {
    Finding::new(Group::Runtimes, name, status, result)
}

/// What they answered. `cri_wanted` is whether a socket was named, which then has to be there.
fn describe(runtimes: &[RuntimeStatus], cri_wanted: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut kinds: Vec<Kind> = Vec::new();
    for runtime in runtimes {
        if !kinds.contains(&runtime.kind) {
            kinds.push(runtime.kind);
        }
    }
    for kind in kinds {
        let of_kind = || runtimes.iter().filter(|runtime| runtime.kind == kind);
        let there = of_kind().filter(|runtime| runtime.state != State::Absent);
        if there.clone().next().is_none() {
            findings.push(absent(kind, of_kind(), cri_wanted && kind == Kind::Cri));
        }
        // Several may be asked by one interface.
        findings.extend(there.enumerate().map(|(index, runtime)| match index {
            0 => one(kind.name().to_owned(), runtime),
            _ => one(format!("{}#{}", kind.name(), index + 1), runtime),
        }));
    }
    if !runtimes.iter().any(|runtime| matches!(runtime.state, State::Answering { .. })) {
        findings.push(
            finding("all", Status::Note, "none answers")
                .because(
                    "no runtime is installed or running, or its socket is hidden from here (see --altroot)",
                )
                .so("containers are named by the paths of their cgroups only"),
        );
    }
    findings
}

/// None of this kind is there.
fn absent<'a>(kind: Kind, looked_for: impl Iterator<Item = &'a RuntimeStatus>, wanted: bool) -> Finding {
    let places: Vec<&str> = looked_for.map(|runtime| &*runtime.endpoint).collect();
    let places = places.join(", ");
    if wanted {
        return finding(kind.name(), Status::Degraded, format!("{places} is not there"))
            .because("named by --cri")
            .so(LOST);
    }
    finding(kind.name(), Status::Ok, "none").because(format!("nothing at {places}"))
}

fn one(name: String, runtime: &RuntimeStatus) -> Finding {
    let endpoint = &runtime.endpoint;
    match &runtime.state {
        State::Answering { version } if version.is_empty() => {
            finding(name, Status::Ok, format!("{} at {endpoint}", runtime.name))
        }
        State::Answering { version } => {
            finding(name, Status::Ok, format!("{} {version} at {endpoint}", runtime.name))
        }
        State::Silent { since } => finding(name, Status::Degraded, format!("{endpoint} does not answer"))
            .because(format!("asked {:.1} s ago, it has not answered since", since.elapsed().as_secs_f32()))
            .so(LOST),
        State::Refused(words) => {
            finding(name, Status::Degraded, format!("{endpoint} refuses")).because(words.as_ref()).so(LOST)
        }
        State::Absent => finding(name, Status::Ok, "none").because(format!("nothing at {endpoint}")),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::doctor::testing::named;

    fn runtime(kind: Kind, state: State) -> RuntimeStatus {
        let (name, endpoint) = ("containerd".into(), "/run/x.sock".into());
        RuntimeStatus { name, kind, endpoint, state, asked: 0, answered: 0, timed_out: 0 }
    }

    #[test]
    fn every_state_has_its_words() {
        let findings = describe(
            &[
                runtime(Kind::Cri, State::Answering { version: "1.6.20".into() }),
                runtime(Kind::Docker, State::Silent { since: Instant::now() }),
                runtime(Kind::Podman, State::Refused("permission denied".into())),
                runtime(Kind::Oci, State::Absent),
                runtime(Kind::Oci, State::Answering { version: "".into() }),
                runtime(Kind::Rootless, State::Absent),
                runtime(Kind::Rootless, State::Absent),
            ],
            false,
        );
        assert_eq!(named(&findings, "cri").result, "containerd 1.6.20 at /run/x.sock");
        assert_eq!(named(&findings, "docker").status, Status::Degraded);
        assert_eq!(named(&findings, "podman").reason.as_deref(), Some("permission denied"));
        assert_eq!(named(&findings, "oci").result, "containerd at /run/x.sock");
        assert_eq!(named(&findings, "rootless").result, "none");
        let reason = named(&findings, "rootless").reason.as_deref();
        assert_eq!(reason, Some("nothing at /run/x.sock, /run/x.sock"));
        assert_eq!(findings.len(), 5);
    }

    #[test]
    fn a_named_socket_has_to_be_there() {
        let absent = [runtime(Kind::Cri, State::Absent)];
        assert_eq!(named(&describe(&absent, true), "cri").status, Status::Degraded);
        assert_eq!(named(&describe(&absent, false), "cri").status, Status::Ok);
        assert_eq!(named(&describe(&absent, false), "all").status, Status::Note);
    }
}
