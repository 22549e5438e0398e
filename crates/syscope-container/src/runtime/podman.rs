//! Podman by its storage: its service is usually not running. CRI-O keeps its containers in the same storage.
//!
//! `DRIVER-containers/containers.json` lists the containers with name and image; `ID/userdata/config.json` beside
//! it is the runtime specification, which tells the cgroup. Both are written before the cgroup is made. Labels are
//! in Podman's own database only; annotations stand in for them.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use syscope_event::{Container, Source};

use super::annotations::{self, own_labels};
use super::files::{self, Owner, Stamp};
use super::spec::Spec;
use super::{Client, Failure, Found, Identity, Query, is_id, text};
use crate::claim::is_drawn_id;

/// The largest list of containers that is read; a container takes about 1 KiB.
const LIST_BYTES: u64 = 32 << 20;
const SPEC_BYTES: u64 = 2 << 20;
/// Drivers of one storage that are looked through.
const DRIVERS: usize = 16;

/// The storage of one Podman.
#[derive(Debug)]
pub(crate) struct Storage {
    /// The directory that is kept, and the one that a restart empties.
    roots: Vec<PathBuf>,
    owner: Owner,
    lists: RefCell<HashMap<PathBuf, List>>,
}

/// A list of containers as it was read.
#[derive(Debug)]
struct List {
    stamp: Stamp,
    by_id: HashMap<Box<str>, Stored>,
}

/// A container in the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Stored {
    name: Option<Box<str>>,
    image: Option<Box<str>>,
    /// Whether CRI-O made it.
    is_of_crio: bool,
}

#[derive(Deserialize)]
struct Entry {
    id: String,
    #[serde(default)]
    names: Option<Vec<String>>,
    #[serde(default)]
    metadata: Option<String>,
}

/// What Podman or CRI-O keep with a container, as JSON in a text.
#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Metadata {
    #[serde(default)]
    image_name: Option<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    pod_name: Option<String>,
    #[serde(default)]
    metadata_name: Option<String>,
}

impl Storage {
    /// The storage of the host's own containers.
    pub(crate) fn of_host(root: &Path) -> Storage {
        let roots = vec![root.join("var/lib/containers/storage"), root.join("run/containers/storage")];
        Storage { roots, owner: Owner::ROOT, lists: RefCell::default() }
    }

    /// The storage of user `uid`, whose home directory is `home`.
    pub(crate) fn of_user(root: &Path, home: &Path, uid: u32) -> Storage {
        let home = home.strip_prefix("/").unwrap_or(home);
        let kept = root.join(home).join(".local/share/containers/storage");
        let roots = vec![kept, root.join(format!("run/user/{uid}/containers"))];
        Storage { roots, owner: Owner(uid), lists: RefCell::default() }
    }

    /// Whether there is any.
    pub(crate) fn exists(&self) -> bool {
        self.roots.first().is_some_and(|root| root.is_dir())
    }

    /// The container with this id.
    pub(crate) fn by_id(&self, id: &str) -> Option<Found> {
        if !is_id(id) {
            return None;
        }
        let directories = self.directories();
        let stored = directories.iter().find_map(|directory| {
            let names = ["containers.json", "volatile-containers.json"];
            names.iter().find_map(|name| self.stored(&directory.join(name), id))
        })?;
        let spec = directories.iter().find_map(|directory| {
            let path = directory.join(id).join("userdata/config.json");
            let (bytes, _) = files::read(&path, self.owner, SPEC_BYTES).ok()?;
            Spec::parse(&bytes).ok()
        });
        Some(describe(id, stored, &spec.unwrap_or_default()))
    }

    /// `overlay-containers`, `vfs-containers` and their like.
    fn directories(&self) -> Vec<PathBuf> {
        let entries = self.roots.iter().flat_map(|root| fs::read_dir(root).into_iter().flatten().take(1024));
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        let containers = paths.filter(|path| path.to_string_lossy().ends_with("-containers"));
        containers.take(DRIVERS).collect()
    }

    fn stored(&self, list: &Path, id: &str) -> Option<Stored> {
        let mut lists = self.lists.borrow_mut();
        let Ok(meta) = fs::symlink_metadata(list) else {
            lists.remove(list);
            return None;
        };
        // The list is replaced as a whole: another inode, or another time.
        let stamp = Stamp::of(&meta);
        let is_current = lists.get(list).is_some_and(|known| known.stamp == stamp && !stamp.is_fresh());
        if !is_current {
            lists.remove(list);
            let (bytes, stamp) = files::read(list, self.owner, LIST_BYTES).ok()?;
            lists.insert(list.to_owned(), List { stamp, by_id: parse_list(&bytes) });
        }
        lists.get(list)?.by_id.get(id).cloned()
    }
}

/// The containers of a list; what cannot be read is left out.
fn parse_list(json: &[u8]) -> HashMap<Box<str>, Stored> {
    let entries: Vec<Entry> = serde_json::from_slice(json).unwrap_or_default();
    let stored = |entry: Entry| {
        let metadata: Metadata =
            entry.metadata.as_deref().and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default();
        let is_of_crio = metadata.pod_name.is_some();
        let listed = entry.names.unwrap_or_default().into_iter().next();
        let name = if is_of_crio { metadata.metadata_name } else { metadata.name.or(listed) };
        let image = metadata.image_name.as_deref().and_then(text);
        (entry.id.into(), Stored { name: name.as_deref().and_then(text), image, is_of_crio })
    };
    entries.into_iter().map(stored).collect()
}

fn describe(id: &str, stored: Stored, spec: &Spec) -> Found {
    let place = spec.place();
    let mut container = Container {
        id: id.into(),
        name: stored.name,
        image: stored.image,
        runtime: Some(if stored.is_of_crio { "cri-o" } else { "podman" }.into()),
        labels: own_labels(spec.annotations.iter().flatten()),
        ..Container::default()
    };
    if stored.is_of_crio {
        annotations::fill(&mut container, |name| spec.annotation(name));
    } else {
        container.pod_uid = pod_of_path(place.shown()).and_then(text);
    }
    Found { source: Source::Podman, container, place }
}

/// The id of Podman's pod, which its containers' cgroups lie in: `/libpod_parent/POD/libpod-ID`, or with systemd
/// `machine-libpod_pod_POD.slice/libpod-ID.scope`.
fn pod_of_path(path: &str) -> Option<&str> {
    let parent = path.rsplit('/').nth(1)?;
    let slice = parent.strip_suffix(".slice").and_then(|stem| stem.rsplit_once("libpod_pod_"));
    let id = slice.map_or(parent, |(_, id)| id);
    is_drawn_id(id).then_some(id)
}

impl Client for Storage {
    async fn probe(&self) -> Result<Identity, Failure> {
        if self.exists() { Ok(Identity::default()) } else { Err(Failure::Absent) }
    }

    async fn look_up(&self, query: &Query) -> Result<Option<Found>, Failure> {
        if !self.exists() {
            return Err(Failure::Absent);
        }
        Ok(query.id.as_deref().and_then(|id| self.by_id(id)))
    }
}

#[cfg(test)]
mod tests;
