//! What `syscope cgroups` and `syscope ps` list.

use serde::{Deserialize, Serialize};

#[cfg(any(test, feature = "schema"))]
use schemars::JsonSchema;

use super::{Cgroup, Container, Namespaces, Owner, Text, Unit};
use crate::inventory;

/// A cgroup that exists.
///
/// ```
/// let line = r#"{"hierarchy":"unified","hierarchy_id":0,"id":4211,"parent":23,"level":2,"path":"/kubepods/1376",
///     "state":"running","tracking_id":4211,"owner":{"kind":"container","source":"cri"},
///     "container":{"id":"13765a70","name":"nginx","pod":"web-0","namespace":"prod","labels":{}},"processes":3}"#;
/// let entry: syscope_output::record::CgroupEntry = serde_json::from_str(line)?;
/// assert_eq!(entry.processes, Some(3));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CgroupEntry {
    /// Its hierarchy: `unified`, or what a v1 hierarchy is called by (a controller, or `name=...`).
    pub hierarchy: String,
    /// The kernel's number of the hierarchy; 0 is v2.
    pub hierarchy_id: u32,
    /// Its id in the hierarchy.
    pub id: u64,
    /// Its parent's id; absent for the first that is seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<u64>,
    /// Its depth; 0 is the root.
    pub level: u32,
    /// Its path in the hierarchy.
    pub path: Text,
    /// `running`: it or one below it has processes; `empty`: none has, and whether one ever had is not known;
    /// `new`, `emptied`, `removed`: it was followed since it was made.
    pub state: String,
    /// The cgroup that stands for its owner: itself, or the ancestor that is the container's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking_id: Option<u64>,
    /// Whose it is, and who says so; absent where owners are not looked up, or not in this hierarchy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Owner>,
    /// The container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<Container>,
    /// The unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Unit>,
    /// How many processes are in it, those below it not counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processes: Option<u64>,
}

/// A process that exists.
///
/// ```
/// let line = r#"{"pid":4711,"ppid":4700,"uid":0,"gid":0,"user":"root","comm":"nginx","args":["nginx","-g","daemon off;"],
///     "exe":"/usr/sbin/nginx","owner":{"kind":"container","source":"cri"},
///     "container":{"id":"13765a70","name":"nginx","pod":"web-0","namespace":"prod","labels":{},"pid":1},
///     "cgroup":{"id":4211,"hierarchy":"unified","tracking_id":4211,"path":"/kubepods/1376"},
///     "ns":{"pid":4026535150,"mnt":4026535149,"uts":4026535144}}"#;
/// let entry: syscope_output::record::ProcessEntry = serde_json::from_str(line)?;
/// assert_eq!(entry.container.and_then(|container| container.pid), Some(1));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ProcessEntry {
    /// Its id on the host.
    pub pid: u32,
    /// Its parent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ppid: Option<u32>,
    /// The real user id.
    pub uid: u32,
    /// The real group id.
    pub gid: u32,
    /// The user's name on the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The name of its main thread.
    pub comm: Text,
    /// Its arguments as it has them now; empty for threads of the kernel and for zombies.
    pub args: Vec<Text>,
    /// Whether arguments are missing at the end. Only if it is so.
    #[serde(default, skip_serializing_if = "super::is_false")]
    pub truncated: bool,
    /// The program, as the process sees its path; absent where it may not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exe: Option<Text>,
    /// Whether it is a thread of the kernel. Only if it is so.
    #[serde(default, skip_serializing_if = "super::is_false")]
    pub kernel: bool,
    /// Whose it is, and who says so; absent where owners are not looked up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Owner>,
    /// The container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<Container>,
    /// The unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Unit>,
    /// The cgroup of its main thread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cgroup: Option<Cgroup>,
    /// Its namespaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ns: Option<Namespaces>,
}

impl From<&inventory::Cgroup> for CgroupEntry {
    fn from(cgroup: &inventory::Cgroup) -> CgroupEntry {
        let owner = cgroup.owner.as_deref();
        CgroupEntry {
            hierarchy: cgroup.hierarchy.to_string(),
            hierarchy_id: cgroup.hierarchy_id,
            id: cgroup.id,
            parent: cgroup.parent,
            level: cgroup.level,
            path: Text::new(&cgroup.path),
            state: cgroup.state.name().to_owned(),
            tracking_id: cgroup.tracking_id,
            owner: owner.map(Owner::from),
            container: container(owner, None),
            unit: owner.and_then(syscope_event::Owner::unit).map(Unit::from),
            processes: cgroup.processes,
        }
    }
}

impl From<&inventory::Process> for ProcessEntry {
    fn from(process: &inventory::Process) -> ProcessEntry {
        let owner = process.owner.as_deref();
        let syscope_event::Namespaces { pid, mnt, uts } = process.namespaces;
        ProcessEntry {
            pid: process.pid,
            ppid: process.ppid,
            uid: process.uid,
            gid: process.gid,
            user: process.user.as_deref().map(str::to_owned),
            comm: Text::new(&process.comm),
            args: process.args.iter().map(|arg| Text::new(arg)).collect(),
            truncated: process.args_cut,
            exe: process.exe.as_deref().map(Text::new),
            kernel: process.kernel,
            owner: owner.map(Owner::from),
            container: container(owner, process.ns_pid),
            unit: owner.and_then(syscope_event::Owner::unit).map(Unit::from),
            cgroup: process.cgroup.as_ref().and_then(|place| {
                Some(Cgroup {
                    id: place.id?,
                    hierarchy: Some(place.hierarchy.to_string()),
                    tracking_id: place.tracking_id,
                    path: Some(Text::new(&place.path)),
                })
            }),
            ns: [pid, mnt, uts].iter().any(Option::is_some).then_some(Namespaces { pid, mnt, uts }),
        }
    }
}

fn container(owner: Option<&syscope_event::Owner>, pid: Option<u32>) -> Option<Container> {
    let owner = owner?;
    Some(Container { pid, ..Container::new(owner.container()?, owner.source) })
}
