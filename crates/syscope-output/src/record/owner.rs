//! Owners and cgroups in the stream.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

#[cfg(any(test, feature = "schema"))]
use schemars::JsonSchema;

use super::Text;
use crate::owner::tells_labels;

/// A cgroup began, changed or ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CgroupChange {
    /// When, in UTC with nanoseconds.
    #[cfg_attr(any(test, feature = "schema"), schemars(extend("format" = "date-time")))]
    pub ts: String,
    /// The machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// The trace job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// What happened to it.
    pub change: Change,
    /// The cgroup, as it is after that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cgroup: Option<Cgroup>,
    /// Whose it is, and who says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Owner>,
    /// The container whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<Container>,
    /// The unit whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Unit>,
    /// The process that was moved into it (`attached`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
}

/// What happened to a cgroup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It was made.
    Created,
    /// It, or one below it, got its first process.
    Populated,
    /// It and all below it lost their last process.
    Emptied,
    /// It got another name (v1 only).
    Renamed,
    /// A process was moved into it.
    Attached,
    /// It was removed.
    Removed,
    /// Its owner became known.
    Identified,
}

/// A cgroup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Cgroup {
    /// Its id in its hierarchy. Ids of different hierarchies have nothing to do with each other.
    pub id: u64,
    /// The hierarchy it is tracked in: `unified` (v2), or a v1 controller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hierarchy: Option<String>,
    /// The cgroup that stands for its owner: itself, or the ancestor that is the container's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking_id: Option<u64>,
    /// Its path in the hierarchy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<Text>,
}

/// Whose something is, and who says so. Absent where owners are not looked up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Owner {
    /// Whose it is.
    pub kind: OwnerKind,
    /// Who says so.
    pub source: Source,
    /// The container in whose cgroup a runtime is at work; only with the kind `runtime`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container_id: Option<String>,
    /// What stood in the way of a better answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubt: Option<String>,
}

/// Whose something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OwnerKind {
    /// A container's: `container` has it.
    Container,
    /// A service manager's unit's: `unit` has it.
    Unit,
    /// Nobody's in particular: the host's own.
    Host,
    /// It could not be told.
    Unknown,
    /// A container runtime at work in a container's cgroup; it is not part of the container.
    Runtime,
}

/// Who says whose something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The runtime, by the Container Runtime Interface.
    Cri,
    /// containerd, by its own interface.
    Containerd,
    /// Docker Engine.
    Docker,
    /// Podman: its service, or its storage.
    Podman,
    /// The state files of an OCI runtime.
    Oci,
    /// Only the path of the cgroup, made by root where a runtime makes it.
    Path,
    /// The service manager's place in the hierarchy.
    Unit,
    /// Nothing claimed it.
    None,
}

/// A container, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Container {
    /// Its id.
    pub id: String,
    /// Its name: in a pod that of the container in it, elsewhere that the runtime shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The image as it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// The runtime: `containerd`, `cri-o`, `docker`, `podman`, `runc`, `crun`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime: Option<String>,
    /// The pod's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pod: Option<String>,
    /// The pod's unique id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pod_uid: Option<String>,
    /// The pod's namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Labels: of the pod, and of the container where it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<BTreeMap<String, String>>,
    /// The process in its own pid namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
}

/// A unit of a service manager.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// Its name: `ssh.service`, `session-3.scope`.
    pub name: String,
    /// The slice it lies in: `system.slice`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slice: Option<String>,
    /// The user whose session or manager it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<u32>,
}

impl From<&syscope_event::Owner> for Owner {
    fn from(owner: &syscope_event::Owner) -> Owner {
        use syscope_event::OwnerKind as Kind;
        Owner {
            kind: match owner.kind {
                Kind::Container(_) => OwnerKind::Container,
                Kind::Unit(_) => OwnerKind::Unit,
                Kind::Host => OwnerKind::Host,
                Kind::Unknown => OwnerKind::Unknown,
            },
            source: owner.source.into(),
            container_id: None,
            doubt: owner.doubt.as_deref().map(str::to_owned),
        }
    }
}

impl From<syscope_event::Source> for Source {
    fn from(source: syscope_event::Source) -> Source {
        use syscope_event::Source as From;
        match source {
            From::Cri => Source::Cri,
            From::Containerd => Source::Containerd,
            From::Docker => Source::Docker,
            From::Podman => Source::Podman,
            From::Oci => Source::Oci,
            From::Path => Source::Path,
            From::Unit => Source::Unit,
            From::None => Source::None,
        }
    }
}

impl Container {
    /// What `source` says of a container.
    pub fn new(container: &syscope_event::Container, source: syscope_event::Source) -> Container {
        let text = |text: &Option<Box<str>>| text.as_deref().map(str::to_owned);
        let labels =
            || container.labels.iter().map(|(key, value)| ((**key).into(), (**value).into())).collect();
        Container {
            id: container.id.to_string(),
            name: text(&container.name),
            image: text(&container.image),
            runtime: text(&container.runtime),
            pod: text(&container.pod),
            pod_uid: text(&container.pod_uid),
            namespace: text(&container.namespace),
            labels: (!container.labels.is_empty() || tells_labels(source)).then(labels),
            pid: None,
        }
    }
}

impl From<&syscope_event::Unit> for Unit {
    fn from(unit: &syscope_event::Unit) -> Unit {
        Unit { name: unit.name.to_string(), slice: unit.slice.as_deref().map(str::to_owned), user: unit.user }
    }
}
