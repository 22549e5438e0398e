//! Where Syscope itself runs.
//!
//! The own cgroup's path says it best, but in a cgroup namespace of one's own it is `/`, and on a host
//! without systemd too. So everything that a runtime or service manager leaves behind is looked at, and what
//! was found is said in words.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use syscope_event::Unit;

use crate::claim::{self, Claim};
use crate::mounts;
use crate::walk::parse_proc_cgroup;

/// How this process was started, and what says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// How it was started.
    pub mode: Mode,
    /// What was found, the decisive first; never empty.
    pub evidence: Vec<String>,
}

/// How a process was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// In a pod of Kubernetes.
    Kubernetes,
    /// In a container.
    Container,
    /// As a service of systemd: its name, where the cgroup tells it.
    Service(Option<String>),
    /// In a user's session or below a user's manager: the session's or the unit's name.
    UserSession(String),
    /// By hand, or by something that leaves no trace.
    Standalone,
}

impl Mode {
    /// The name in tables and JSON.
    pub const fn name(&self) -> &'static str {
        match self {
            Mode::Kubernetes => "kubernetes",
            Mode::Container => "container",
            Mode::Service(_) => "service",
            Mode::UserSession(_) => "user-session",
            Mode::Standalone => "standalone",
        }
    }
}

/// What is known about a process and its surroundings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// The text of its `/proc/PID/cgroup`.
    pub cgroup: Vec<u8>,
    /// The text of its `/proc/PID/mountinfo`.
    pub mountinfo: Vec<u8>,
    /// Its pid namespace's inode number; `None`: unknown.
    pub pid_namespace: Option<u64>,
    /// Its cgroup namespace's inode number; `None`: unknown.
    pub cgroup_namespace: Option<u64>,
    /// Which of [`MARKS`] exist.
    pub marks: Vec<&'static str>,
    /// What `container` in the environment, or systemd's note of the same in `/run/systemd/container`, says.
    pub container: Option<String>,
    /// Whether `KUBERNETES_SERVICE_HOST` is in the environment.
    pub kubernetes_service: bool,
    /// Whether `INVOCATION_ID` is in the environment: it, or an ancestor, is a unit's.
    pub invocation: bool,
    /// Whether `SYSTEMD_EXEC_PID` in the environment is this very process.
    pub main_of_unit: bool,
}

/// The mount point of a pod's service account.
const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// Files that runtimes put into containers.
pub const MARKS: [&str; 3] = ["/.dockerenv", "/run/.containerenv", SERVICE_ACCOUNT];

/// The inode numbers of the namespaces that a host boots with (`include/linux/proc_ns.h`, fixed since Linux
/// 3.8).
const PID_INITIAL: u64 = 0xEFFF_FFFC;
const CGROUP_INITIAL: u64 = 0xEFFF_FFFB;

/// Finds out how this process was started. `proc` is usually `/proc`, `root` `/`, and `environment` gives
/// variables by name (usually `std::env::var_os`).
pub fn read(proc: &Path, root: &Path, environment: impl Fn(&str) -> Option<OsString>) -> Deployment {
    let own = |name: &str| proc.join("self").join(name);
    let namespace = |name: &str| fs::metadata(own("ns").join(name)).ok().map(|meta| meta.ino());
    let below = |path: &str| -> PathBuf { root.join(path.trim_start_matches('/')) };
    let text = |variable: &str| environment(variable).map(|value| value.to_string_lossy().into_owned());
    let note = || fs::read_to_string(below("/run/systemd/container")).ok();
    decide(&Facts {
        cgroup: fs::read(own("cgroup")).unwrap_or_default(),
        mountinfo: fs::read(own("mountinfo")).unwrap_or_default(),
        pid_namespace: namespace("pid"),
        cgroup_namespace: namespace("cgroup"),
        marks: MARKS.into_iter().filter(|mark| below(mark).exists()).collect(),
        container: text("container")
            .or_else(note)
            .map(|name| name.trim().to_owned())
            .filter(|name| !name.is_empty()),
        kubernetes_service: environment("KUBERNETES_SERVICE_HOST").is_some(),
        invocation: environment("INVOCATION_ID").is_some(),
        main_of_unit: text("SYSTEMD_EXEC_PID").is_some_and(|pid| pid == std::process::id().to_string()),
    })
}

/// Decides from facts: a pod before a container before a unit. The namespaces alone make a container only
/// where no service manager could have made them (`PrivatePIDs=`, `ProtectControlGroupsEx=`).
pub fn decide(facts: &Facts) -> Deployment {
    let paths = read_paths(&facts.cgroup);
    let isolated = isolation(facts);
    let mut contained = container_evidence(facts, &paths);
    let mut pod = pod_evidence(facts, &paths);
    let marks = mark_evidence(facts);
    // Files and variables are easily left behind: a virtual machine made from an image has its /.dockerenv
    // too. They count for a process that something surer shows to be apart from the host.
    let namespaces_known = facts.pid_namespace.is_some() && facts.cgroup_namespace.is_some();
    let apart = !(namespaces_known && pod.is_empty() && contained.is_empty() && isolated.is_empty());
    if apart {
        for (mark, of_pod) in &marks {
            if *of_pod { &mut pod } else { &mut contained }.push(mark.clone());
        }
    }
    if !pod.is_empty() {
        return Deployment { mode: Mode::Kubernetes, evidence: [pod, contained, isolated].concat() };
    }
    if !contained.is_empty() {
        contained.extend(isolated);
        return Deployment { mode: Mode::Container, evidence: contained };
    }
    let mut found = decide_host(facts, &paths, isolated);
    if !apart {
        let note = |(mark, _)| format!("{mark}, but the namespaces are the host's, so that says nothing");
        found.evidence.extend(marks.into_iter().map(note));
    }
    found
}

/// Decides for a process that no runtime claims.
fn decide_host(facts: &Facts, paths: &[OwnPath], isolated: Vec<String>) -> Deployment {
    if let Some((unit, path)) = paths.iter().find_map(unit_of) {
        let mut evidence = vec![format!("its cgroup is {path}")];
        evidence.extend(isolated);
        let mode = match unit.user {
            Some(_) => Some(Mode::UserSession(unit.name.into())),
            None if unit.name.ends_with(".service") => Some(Mode::Service(Some(unit.name.into()))),
            None => None,
        };
        return Deployment { mode: mode.unwrap_or(Mode::Standalone), evidence };
    }
    if facts.main_of_unit {
        let mut evidence = vec!["SYSTEMD_EXEC_PID is this process".to_owned()];
        evidence.extend(isolated);
        return Deployment { mode: Mode::Service(None), evidence };
    }
    if !isolated.is_empty() {
        return Deployment { mode: Mode::Container, evidence: isolated };
    }
    let mut evidence = vec![match paths.first() {
        Some(path) => {
            format!("its cgroup {} is nobody's, and nothing else says how it was started", path.text)
        }
        None => "its cgroup is unknown, and nothing else says how it was started".to_owned(),
    }];
    if facts.invocation {
        evidence.push("INVOCATION_ID is set: something above it is a unit of systemd".to_owned());
    }
    Deployment { mode: Mode::Standalone, evidence }
}

/// A path that the process has in some hierarchy, and its claim.
struct OwnPath {
    text: String,
    claim: Claim,
}

/// The paths in all hierarchies, v2 first, then systemd's own.
fn read_paths(cgroup: &[u8]) -> Vec<OwnPath> {
    let mut lines: Vec<_> = parse_proc_cgroup(cgroup).collect();
    lines.sort_by_key(|line| (line.number != 0, line.controllers != "name=systemd"));
    let paths = lines.into_iter().map(|line| line.path);
    paths
        .map(|path| OwnPath {
            text: String::from_utf8_lossy(path).escape_debug().to_string(),
            claim: claim::parse(path),
        })
        .collect()
}

fn unit_of(path: &OwnPath) -> Option<(Unit, String)> {
    match &path.claim {
        Claim::Unit(unit) if !unit.name.ends_with(".slice") => Some((unit.clone(), path.text.clone())),
        _ => None,
    }
}

fn pod_evidence(facts: &Facts, paths: &[OwnPath]) -> Vec<String> {
    let by_path = paths.iter().find(|path| {
        matches!(&path.claim, Claim::Container(found)
            if found.pod_uid.is_some() && found.runtime != Some("podman"))
    });
    let mut evidence: Vec<String> =
        by_path.map(|path| format!("its cgroup is {}", path.text)).into_iter().collect();
    // `/var/lib/kubelet` may be a file system of its own.
    let kubelet = |root: &str| root.contains("/kubelet/pods/") || root.starts_with("/pods/");
    if let Some(mount) = mount_from(&facts.mountinfo, kubelet) {
        evidence.push(format!("{mount} is mounted by a kubelet"));
    }
    evidence
}

fn container_evidence(facts: &Facts, paths: &[OwnPath]) -> Vec<String> {
    let by_path = paths.iter().find(|path| matches!(&path.claim, Claim::Container(found) if found.certain));
    let mut evidence: Vec<String> =
        by_path.map(|path| format!("its cgroup is {}", path.text)).into_iter().collect();
    let containers = |root: &str| root.contains("/containers/") || root.contains("/overlay-containers/");
    if let Some(mount) = mount_from(&facts.mountinfo, containers) {
        evidence.push(format!("{mount} is mounted by a container runtime"));
    }
    evidence
}

/// What files and variables say, and whether it is of a pod.
fn mark_evidence(facts: &Facts) -> Vec<(String, bool)> {
    let mut evidence: Vec<_> =
        facts.marks.iter().map(|mark| (format!("{mark} exists"), *mark == SERVICE_ACCOUNT)).collect();
    if let Some(name) = &facts.container {
        evidence.push((format!("the environment says container={}", name.escape_debug()), false));
    }
    if facts.kubernetes_service {
        evidence.push(("KUBERNETES_SERVICE_HOST is set".to_owned(), true));
    }
    evidence
}

fn isolation(facts: &Facts) -> Vec<String> {
    let own = |namespace: Option<u64>, initial, name| {
        namespace
            .filter(|inode| *inode != initial)
            .map(|inode| format!("it has a {name} namespace of its own ({inode})"))
    };
    [own(facts.pid_namespace, PID_INITIAL, "pid"), own(facts.cgroup_namespace, CGROUP_INITIAL, "cgroup")]
        .into_iter()
        .flatten()
        .collect()
}

/// The first of the files that runtimes mount into containers, if what is mounted there lies at such a place
/// of its file system. A host has such places as mount points, never below `/etc`.
fn mount_from(mountinfo: &[u8], is_place: impl Fn(&str) -> bool) -> Option<&'static str> {
    const FILES: [&str; 4] = ["/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/dev/termination-log"];
    mounts::entries(mountinfo).find_map(|mount| {
        FILES
            .into_iter()
            .find(|file| mount.at == Path::new(file))
            .filter(|_| is_place(&mount.root.to_string_lossy()))
    })
}

#[cfg(test)]
mod tests;
