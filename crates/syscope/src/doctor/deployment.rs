//! How Syscope was started, and what says so.

use std::ffi::OsString;

use syscope_container::deployment::{self, Mode};

use super::probe::Host;
use super::report::{Finding, Group, Status};

/// All probes of the group. `environment` gives variables by name.
pub fn probe(host: &Host, environment: impl Fn(&str) -> Option<OsString>) -> Vec<Finding> {
    let found = deployment::read(&host.path("proc"), &host.path(""), environment);
    let result = match &found.mode {
        Mode::Kubernetes => "in a pod of Kubernetes".to_owned(),
        Mode::Container => "in a container".to_owned(),
        Mode::Service(Some(name)) => format!("as the systemd service {name}"),
        Mode::Service(None) => "as a systemd service".to_owned(),
        Mode::UserSession(name) => format!("in the user session {name}"),
        Mode::Standalone => "by hand".to_owned(),
    };
    let mut findings = vec![
        Finding::new(Group::Deployment, "started", Status::Ok, result).because(found.evidence.join("; ")),
    ];
    if matches!(found.mode, Mode::Kubernetes | Mode::Container) {
        findings.push(host_root(host));
    }
    findings
}

/// In a container, sockets and files of the host are only there where they are mounted.
fn host_root(host: &Host) -> Finding {
    let name = "host_root";
    if host.altroot() != host.path("") {
        let place = host.altroot().display().to_string();
        return Finding::new(Group::Deployment, name, Status::Ok, place).because("--altroot");
    }
    Finding::new(Group::Deployment, name, Status::Note, "not given")
        .because("this is a container, and --altroot was not given")
        .so("sockets and state of runtimes are looked for in this container's own root; mount the host's and name it")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::testing::{FakeHost, named};

    #[test]
    fn ways_to_be_started() {
        let nothing = |_: &str| None;
        let service = FakeHost::new(&[
            ("proc/self/cgroup", "0::/system.slice/syscope.service\n"),
            ("proc/self/mountinfo", "30 20 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"),
        ]);
        let findings = probe(&service.host(), nothing);
        assert!(named(&findings, "started").result.contains("syscope.service"), "{findings:#?}");
        let pod = FakeHost::new(&[("proc/self/cgroup", "0::/\n"), ("proc/self/mountinfo", "")]);
        let variable = |name: &str| (name == "KUBERNETES_SERVICE_HOST").then(|| "10.0.0.1".into());
        let findings = probe(&pod.host(), variable);
        let started = named(&findings, "started");
        assert!(started.reason.as_deref().is_some_and(|evidence| !evidence.is_empty()), "{started:?}");
    }
}
