//! Whose a process is: a container's, a unit's, or the host's own.

use std::collections::BTreeMap;

/// The cgroup of a thread, and whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cgroup<'a> {
    /// Its id in its hierarchy; 0: unknown.
    pub id: u64,
    /// The hierarchy it is tracked in: `unified` (v2), or the v1 controller's name; empty: unknown.
    pub hierarchy: &'a str,
    /// The cgroup that stands for its owner: itself, or the ancestor that is the container's.
    pub tracking_id: Option<u64>,
    /// Its path in the hierarchy; other bytes than UTF-8 are possible.
    pub path: Option<&'a [u8]>,
    /// Whose it is; `None` where owners are not looked up.
    pub owner: Option<&'a Owner>,
    /// Whether the thread is a container runtime at work: it was put into the container's cgroup from outside
    /// and has not become one of its programs yet. It is not part of the container.
    pub entering: bool,
}

impl<'a> Cgroup<'a> {
    /// The container that the thread is part of.
    pub fn container(&self) -> Option<&'a Container> {
        self.owner.and_then(Owner::container).filter(|_| !self.entering)
    }
}

/// Whose a cgroup is, and who says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// Whose it is.
    pub kind: OwnerKind,
    /// Who says so.
    pub source: Source,
    /// What stood in the way of a better answer (a runtime that does not answer, a claim that was refuted).
    pub doubt: Option<Box<str>>,
}

/// Whose a cgroup is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnerKind {
    /// A container's.
    Container(Box<Container>),
    /// A service manager's unit: a service, a scope, or a user's session.
    Unit(Unit),
    /// Nobody's in particular: the host's own.
    Host,
    /// It could not be told; [`Owner::doubt`] says why.
    Unknown,
}

/// Who says whose a cgroup is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// The runtime, by the Container Runtime Interface.
    Cri,
    /// containerd, by its own interface.
    Containerd,
    /// Docker Engine.
    Docker,
    /// Podman: its service, or its storage.
    Podman,
    /// The state files of an OCI runtime (runc, crun).
    Oci,
    /// Only the path of the cgroup, made by root at a place where a runtime makes it.
    Path,
    /// The service manager's place in the hierarchy.
    Unit,
    /// Nothing claimed it.
    None,
}

/// A container, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Container {
    /// Its id, whole (usually 64 hexadecimal digits).
    pub id: Box<str>,
    /// Its name: in a pod that of the container in it, elsewhere that the runtime shows.
    pub name: Option<Box<str>>,
    /// The image as it was asked for.
    pub image: Option<Box<str>>,
    /// The runtime: `containerd`, `cri-o`, `docker`, `podman`, `runc`, `crun`.
    pub runtime: Option<Box<str>>,
    /// The pod's name.
    pub pod: Option<Box<str>>,
    /// The pod's unique id.
    pub pod_uid: Option<Box<str>>,
    /// The pod's namespace.
    pub namespace: Option<Box<str>>,
    /// Labels: of the pod, and of the container where it has none.
    pub labels: BTreeMap<Box<str>, Box<str>>,
}

/// A unit of a service manager.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unit {
    /// Its name: `ssh.service`, `session-3.scope`.
    pub name: Box<str>,
    /// The slice it lies in: `system.slice`.
    pub slice: Option<Box<str>>,
    /// The user whose session or manager it belongs to.
    pub user: Option<u32>,
}

impl Owner {
    /// The host's own.
    pub const HOST: Owner = Owner { kind: OwnerKind::Host, source: Source::None, doubt: None };

    /// The container, if it is one's.
    pub fn container(&self) -> Option<&Container> {
        match &self.kind {
            OwnerKind::Container(container) => Some(container),
            _ => None,
        }
    }

    /// The unit, if it is one's.
    pub fn unit(&self) -> Option<&Unit> {
        match &self.kind {
            OwnerKind::Unit(unit) => Some(unit),
            _ => None,
        }
    }

    /// What kind of owner it is, in one word.
    pub fn kind_name(&self) -> &'static str {
        match self.kind {
            OwnerKind::Container(_) => "container",
            OwnerKind::Unit(_) => "unit",
            OwnerKind::Host => "host",
            OwnerKind::Unknown => "unknown",
        }
    }
}

impl Source {
    /// The name in events and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Source::Cri => "cri",
            Source::Containerd => "containerd",
            Source::Docker => "docker",
            Source::Podman => "podman",
            Source::Oci => "oci",
            Source::Path => "path",
            Source::Unit => "unit",
            Source::None => "none",
        }
    }
}
