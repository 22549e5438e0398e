//! State files of OCI runtimes: runc's `state.json` and crun's `status`. They tell which cgroup a container has,
//! so they find it by its path, also when nobody else keeps it, and they show a forged path.
//!
//! Both files are written after the container's cgroup was made and before its own program is started.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::Deserialize;
use syscope_event::{Container, Source};

use super::annotations::{self, own_labels};
use super::files::{self, Owner, Stamp};
use super::place::Place;
use super::spec::Spec;
use super::{Client, Failure, Found, Identity, Query, is_id, text};
use crate::claim::is_drawn_id;

/// The largest state file that is read: it holds the whole configuration, with the seccomp filter.
const STATE_BYTES: u64 = 4 << 20;
/// Containers of one directory, and directories below one, that are looked through.
const ENTRIES: usize = 16 << 10;
const NAMESPACES: usize = 64;
/// How soon a directory that just changed is read again, though its time is the same: a file's time is only as fine
/// as the kernel's tick.
const RESCAN: Duration = Duration::from_millis(3);

/// A directory that has one directory for each container.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Root {
    at: PathBuf,
    runtime: &'static str,
    /// Whether containers are a level deeper: `at/NAMESPACE/ID`.
    by_namespace: bool,
}

/// The state files of a host, or of one user.
#[derive(Debug)]
pub(crate) struct StateFiles {
    roots: Vec<Root>,
    owner: Owner,
    index: RefCell<HashMap<PathBuf, Directory>>,
}

/// A container by its state file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StateFile {
    /// Its id.
    pub id: Box<str>,
    /// Where its cgroup is.
    pub place: Place,
    runtime: &'static str,
    annotations: BTreeMap<String, String>,
}

/// What a directory held when it was read.
#[derive(Debug)]
struct Directory {
    stamp: Stamp,
    scanned: Instant,
    /// By name; `None` where there is no state file yet.
    entries: HashMap<Box<str>, Option<(Stamp, StateFile)>>,
}

#[derive(Deserialize)]
struct RuncState {
    #[serde(default)]
    cgroup_paths: BTreeMap<String, String>,
    #[serde(default)]
    config: RuncConfig,
}

#[derive(Default, Deserialize)]
struct RuncConfig {
    #[serde(default)]
    labels: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct CrunStatus {
    #[serde(default, rename = "cgroup-path")]
    cgroup_path: Option<String>,
}

impl StateFiles {
    /// Those of the host's own containers, below its root directory.
    pub(crate) fn of_host(root: &Path) -> StateFiles {
        let at = |path: &str, runtime, by_namespace| Root { at: root.join(path), runtime, by_namespace };
        let roots = vec![
            at("run/runc", "runc", false),
            at("run/crun", "crun", false),
            at("run/containerd/runc", "containerd", true),
            at("run/docker/runtime-runc", "docker", true),
        ];
        StateFiles { roots, owner: Owner::ROOT, index: RefCell::default() }
    }

    /// Those of the containers of user `uid`.
    pub(crate) fn of_user(root: &Path, uid: u32) -> StateFiles {
        let below = root.join(format!("run/user/{uid}"));
        let at = |name: &'static str| Root { at: below.join(name), runtime: name, by_namespace: false };
        StateFiles { roots: vec![at("runc"), at("crun")], owner: Owner(uid), index: RefCell::default() }
    }

    /// Whether there is any directory of state files.
    pub(crate) fn exist(&self) -> bool {
        self.roots.iter().any(|root| root.at.is_dir())
    }

    /// The container with this id; of several runtimes' the one whose cgroup is `path`, if there is one.
    pub(crate) fn by_id(&self, id: &str, path: &str) -> Option<StateFile> {
        if !is_id(id) {
            return None;
        }
        let mut first = None;
        for (root, directory) in self.directories() {
            let Some((_, state)) = self.read(&root, &directory, id) else { continue };
            if state.place.is_exactly(path) {
                return Some(state);
            }
            first = first.or(Some(state));
        }
        first
    }

    /// The container whose cgroup is `path`.
    pub(crate) fn by_path(&self, path: &str) -> Option<StateFile> {
        let directories = self.directories();
        self.index.borrow_mut().retain(|at, _| directories.iter().any(|(_, directory)| directory == at));
        directories.into_iter().find_map(|(root, directory)| {
            self.refresh(&root, &directory);
            let index = self.index.borrow();
            let mut known = index.get(&directory)?.entries.values().flatten().map(|(_, state)| state);
            known.find(|state| state.place.is_exactly(path)).cloned()
        })
    }

    /// The directories that have one directory for each container.
    fn directories(&self) -> Vec<(Root, PathBuf)> {
        let mut all = Vec::new();
        for root in &self.roots {
            if !root.by_namespace {
                all.push((root.clone(), root.at.clone()));
                continue;
            }
            let Ok(namespaces) = fs::read_dir(&root.at) else { continue };
            let namespaces = namespaces.take(NAMESPACES).filter_map(|entry| Some(entry.ok()?.path()));
            all.extend(namespaces.map(|path| (root.clone(), path)));
        }
        all
    }

    /// Brings the index of one directory up to date: cheap when nothing was made or removed there, since every
    /// cgroup without a claim asks for that.
    fn refresh(&self, root: &Root, directory: &Path) {
        let mut index = self.index.borrow_mut();
        let Ok(meta) = fs::metadata(directory) else {
            index.remove(directory);
            return;
        };
        let stamp = Stamp::of(&meta);
        let known = index.remove(directory);
        let is_current = |known: &Directory| {
            known.stamp == stamp && (!stamp.is_fresh() || known.scanned.elapsed() < RESCAN)
        };
        let known = match known {
            Some(mut known) if is_current(&known) => {
                // Those whose state file was not there yet.
                for (name, entry) in known.entries.iter_mut().filter(|(_, entry)| entry.is_none()) {
                    *entry = self.read(root, directory, name);
                }
                known
            }
            known => self.scan(root, directory, stamp, known),
        };
        index.insert(directory.to_owned(), known);
    }

    fn scan(&self, root: &Root, directory: &Path, stamp: Stamp, known: Option<Directory>) -> Directory {
        let mut before = known.map(|known| known.entries).unwrap_or_default();
        let mut entries = HashMap::new();
        let names = fs::read_dir(directory).into_iter().flatten().take(ENTRIES);
        for name in names.filter_map(|entry| entry.ok()?.file_name().into_string().ok()) {
            let known = before.remove(name.as_str()).flatten();
            // A container of the same name may have been made anew.
            let current = known.filter(|(stamp, _)| state_stamp(directory, &name) == Some(*stamp));
            let entry = current.or_else(|| self.read(root, directory, &name));
            entries.insert(name.into(), entry);
        }
        Directory { stamp, scanned: Instant::now(), entries }
    }

    fn read(&self, root: &Root, directory: &Path, id: &str) -> Option<(Stamp, StateFile)> {
        let at = directory.join(id);
        let runc = files::read(&at.join("state.json"), self.owner, STATE_BYTES);
        let ((bytes, stamp), is_runc) = match runc {
            Ok(read) => (read, true),
            Err(_) => (files::read(&at.join("status"), self.owner, STATE_BYTES).ok()?, false),
        };
        let (place, annotations) = if is_runc {
            parse_runc(&bytes)?
        } else {
            let spec = files::read(&at.join("config.json"), self.owner, STATE_BYTES).ok();
            let spec = spec.and_then(|(bytes, _)| Spec::parse(&bytes).ok()).unwrap_or_default();
            (parse_crun(&bytes)?, spec.annotations.unwrap_or_default())
        };
        Some((stamp, StateFile { id: id.into(), place, runtime: root.runtime, annotations }))
    }
}

/// The stamp of a container's state file, whichever runtime's.
fn state_stamp(directory: &Path, id: &str) -> Option<Stamp> {
    let at = directory.join(id);
    let meta =
        fs::symlink_metadata(at.join("state.json")).or_else(|_| fs::symlink_metadata(at.join("status")));
    meta.ok().map(|meta| Stamp::of(&meta))
}

fn parse_runc(json: &[u8]) -> Option<(Place, BTreeMap<String, String>)> {
    let state: RuncState = serde_json::from_slice(json).ok()?;
    let paths = state.cgroup_paths.iter().map(|(controller, path)| (controller.as_str(), path.as_str()));
    let annotations = state.config.labels.unwrap_or_default();
    // runc adds the bundle to the annotations.
    let own =
        annotations.iter().filter_map(|label| label.split_once('=')).filter(|(name, _)| *name != "bundle");
    let own = own.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Some((Place::of_directories(paths), own))
}

fn parse_crun(json: &[u8]) -> Option<Place> {
    let status: CrunStatus = serde_json::from_slice(json).ok()?;
    Some(Place::of_path(&status.cgroup_path?))
}

impl StateFile {
    /// As an answer. A name is only what somebody chose, not 64 digits.
    pub(crate) fn into_found(self) -> Found {
        let is_name = !is_drawn_id(&self.id);
        let mut container = Container {
            name: if is_name { text(&self.id) } else { None },
            id: self.id,
            runtime: Some(self.runtime.into()),
            labels: own_labels(&self.annotations),
            ..Container::default()
        };
        annotations::fill(&mut container, |name| self.annotations.get(name).map(String::as_str));
        Found { source: Source::Oci, container, place: self.place }
    }
}

impl Client for StateFiles {
    async fn probe(&self) -> Result<Identity, Failure> {
        if self.exist() { Ok(Identity::default()) } else { Err(Failure::Absent) }
    }

    async fn look_up(&self, query: &Query) -> Result<Option<Found>, Failure> {
        if !self.exist() {
            return Err(Failure::Absent);
        }
        let state = match &query.id {
            Some(id) => self.by_id(id, &query.path),
            None => self.by_path(&query.path),
        };
        Ok(state.map(StateFile::into_found))
    }
}

#[cfg(test)]
mod tests;
