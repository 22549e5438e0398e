//! Which cgroup layout a host has, and which hierarchy its cgroups are tracked in.

mod choice;
mod numbers;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};

use crate::cgroup_path::Hierarchy;
use crate::mounts::{self, Mount};

pub use choice::decide;

/// How the host mounts cgroups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Only the v2 hierarchy.
    V2,
    /// Only v1 hierarchies.
    V1,
    /// v1 hierarchies, and a v2 one.
    Hybrid,
    /// None is mounted where we look.
    None,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// How cgroups are mounted.
    pub mode: Mode,
    /// The mounts.
    pub mounts: Vec<Mount>,
    /// The hierarchy that cgroups are tracked in; `None` where tracking cannot work.
    pub tracked: Option<Tracked>,
    /// Why this one, or why none and what to do.
    pub reason: String,
    /// All hierarchies that the kernel has, by their number.
    pub hierarchies: Vec<Numbered>,
    /// Who names the cgroups of the tracked hierarchy.
    pub naming: Naming,
}

/// A hierarchy that cgroups are tracked in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tracked {
    /// `unified`, or the v1 controller by which a task's cgroup is found.
    pub name: String,
    /// The v1 controller; `None`: the v2 hierarchy.
    pub controller: Option<String>,
    /// The kernel's number of the hierarchy (column 2 of `/proc/cgroups`; 0 is v2).
    pub hierarchy_id: u32,
    /// Where it is mounted.
    pub at: PathBuf,
    /// The cgroup that is seen there as the mount table names it (`/` unless a cgroup namespace or a bind mount
    /// shows a part only; begins with `/..` where it lies above the reader's cgroup namespace).
    pub root: PathBuf,
    /// Whether the mount point is the root of the whole hierarchy, whatever `root` says.
    pub whole: bool,
    /// The path in the hierarchy of the cgroup that is `/` in our cgroup namespace, so for `/proc/PID/cgroup`;
    /// `None`: unknown.
    pub namespace: Option<PathBuf>,
}

impl Tracked {
    /// The path of the cgroup at the mount point, as far as it can be known: `/` for a whole hierarchy.
    pub fn base(&self) -> &Path {
        if self.whole { Path::new("/") } else { &self.root }
    }

    /// The path in the hierarchy of a cgroup that is seen as `seen` from our cgroup namespace; as it was seen
    /// where that is unknown.
    pub fn resolve(&self, seen: &[u8]) -> Vec<u8> {
        let Some(namespace) = &self.namespace else {
            // What leads all the way up to the root of the hierarchy, and down again, is known nevertheless.
            let below = Path::new(OsStr::from_bytes(seen)).strip_prefix(&self.root);
            return match below {
                Ok(below) if self.whole => [&b"/"[..], below.as_os_str().as_bytes()].concat(),
                _ => seen.to_vec(),
            };
        };
        let path =
            namespace.join(Path::new(OsStr::from_bytes(seen)).strip_prefix("/").unwrap_or(Path::new("")));
        let mut names: Vec<&[u8]> = Vec::new();
        for part in path.components() {
            match part {
                Component::Normal(name) => names.push(name.as_bytes()),
                Component::ParentDir if names.pop().is_none() => return seen.to_vec(),
                _ => {}
            }
        }
        [&b"/"[..], &names.join(&b'/')].concat()
    }
}

/// A hierarchy that the kernel has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbered {
    /// The kernel's number of it; 0 is v2.
    pub number: u32,
    /// What it is: `unified`, `memory`, `cpu,cpuacct`, `name=systemd`.
    pub name: String,
    /// Its controllers; empty for a v1 hierarchy that only has a name.
    pub controllers: Vec<String>,
    /// Where it is mounted, whole if possible; `None`: nowhere that we can reach.
    pub mount: Option<PathBuf>,
    /// How many cgroups it has (`/proc/cgroups`, the first controller's; dying ones count too); `None`: unknown.
    pub cgroups: Option<u32>,
    /// Whether cgroups are tracked in it.
    pub tracked: bool,
}

/// Who names the cgroups of a hierarchy, by what lies at its top.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Naming {
    /// systemd: there are slices or an `init.scope`.
    pub systemd: bool,
    /// A container runtime without systemd ("cgroupfs driver"): there is a `docker`, a `kubepods` or the like.
    pub cgroupfs: bool,
}

impl Naming {
    /// In words.
    pub const fn name(self) -> &'static str {
        match (self.systemd, self.cgroupfs) {
            (true, false) => "systemd",
            (false, true) => "cgroupfs",
            (true, true) => "systemd, and runtimes with the cgroupfs driver",
            (false, false) => "nobody in particular",
        }
    }
}

/// What the layout is decided from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// The cgroup mounts, with the ids of what is at their mount points.
    pub mounts: Vec<Mount>,
    /// The text of `/proc/cgroups`; empty: unreadable.
    pub controllers: Vec<u8>,
    /// The text of `/proc/self/cgroup`; empty: unreadable.
    pub own_cgroups: Vec<u8>,
    /// The text of `cgroup.controllers` at the root of the v2 mount; empty: unknown, or it has none.
    pub unified_controllers: Vec<u8>,
}

/// Reads the layout of the host whose proc file system is `proc` (usually `/proc`). What cannot be read is
/// taken for absent, and the layout's reason says so.
pub fn read(proc: &Path) -> Layout {
    let (facts, trouble) = read_facts(proc);
    let mut layout = decide(&facts);
    if let Some(tracked) = &mut layout.tracked {
        find_namespace(tracked, &facts.mounts);
    }
    if let Some(err) = trouble {
        layout.reason = format!("{}; {} cannot be read: {err}", layout.reason, proc.display());
    }
    if let Some(tracked) = &layout.tracked {
        layout.naming = naming(read_names(&tracked.at));
    }
    layout
}

/// Finds the root of our cgroup namespace in a hierarchy that is seen from further above: by the mount that the
/// namespace has of its own.
fn find_namespace(tracked: &mut Tracked, mounts: &[Mount]) {
    if tracked.namespace.is_some() {
        return;
    }
    let device = mounts.iter().find(|mount| mount.at == tracked.at).map(|mount| mount.device);
    tracked.namespace = mounts
        .iter()
        .filter(|mount| mount.root == Path::new("/") && Some(mount.device) == device)
        .find_map(|mount| crate::walk::path_of(tracked, mount.root_id?))
        .map(|path| PathBuf::from(OsString::from_vec(path.into_vec())));
}

/// All hierarchies of the host whose proc file system is `proc`, by their number.
pub fn hierarchies(proc: &Path) -> Vec<Numbered> {
    decide(&read_facts(proc).0).hierarchies
}

fn read_facts(proc: &Path) -> (Facts, Option<io::Error>) {
    let (mountinfo, trouble) = match fs::read(proc.join("self/mountinfo")) {
        Ok(text) => (text, None),
        Err(err) => (Vec::new(), Some(err)),
    };
    let mut mounts = mounts::parse(&mountinfo);
    for mount in &mut mounts {
        mount.root_id = read_root_id(mount);
    }
    let unified =
        mounts.iter().find(|mount| mount.hierarchy == Hierarchy::Unified && mount.root_id.is_some());
    let facts = Facts {
        controllers: fs::read(proc.join("cgroups")).unwrap_or_default(),
        own_cgroups: fs::read(proc.join("self/cgroup")).unwrap_or_default(),
        unified_controllers: unified
            .and_then(|mount| fs::read(mount.at.join("cgroup.controllers")).ok())
            .unwrap_or_default(),
        mounts,
    };
    (facts, trouble)
}

/// The id of the cgroup at a mount point, if that is what is found there and not something mounted over it.
fn read_root_id(mount: &Mount) -> Option<u64> {
    let meta = fs::metadata(&mount.at).ok()?;
    let device = (rustix::fs::major(meta.dev()), rustix::fs::minor(meta.dev()));
    (device == mount.device).then(|| meta.ino())
}

fn read_names(at: &Path) -> Vec<Vec<u8>> {
    let Ok(entries) = fs::read_dir(at) else { return Vec::new() };
    entries
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(|entry| entry.file_name().into_vec())
        .collect()
}

/// Who names cgroups, by the directories at the top.
fn naming(names: Vec<Vec<u8>>) -> Naming {
    const RUNTIMES: [&[u8]; 9] = [
        b"docker",
        b"kubepods",
        b"kubelet",
        b"libpod_parent",
        b"lxc",
        b"default",
        b"k8s.io",
        b"moby",
        b"machine",
    ];
    Naming {
        systemd: names.iter().any(|name| {
            name == b"init.scope" || [b"system.slice", &b"user.slice"[..]].contains(&name.as_slice())
        }),
        cgroupfs: names
            .iter()
            .any(|name| RUNTIMES.contains(&name.as_slice()) || name.starts_with(b"lxc.payload")),
    }
}

#[cfg(test)]
mod tests;
