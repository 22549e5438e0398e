//! The lists of cgroups and processes that the agent serves.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use syscope_agent::Lists;
use syscope_container::layout::Tracked;
use syscope_event::Owner;
use syscope_output::inventory::{self, Cgroup, Place, Process, State};
use syscope_tracer::directory::Entry;

use crate::commands::snapshot::{self, Found, Users};

/// Makes lists from what the agent knows and `/proc`.
pub struct HostLists {
    root: PathBuf,
    tracked: Option<Tracked>,
}

impl HostLists {
    /// Lists of this host, whose root directory is `root`.
    pub fn new(root: &Path) -> HostLists {
        HostLists { root: root.into(), tracked: snapshot::read_layout().tracked }
    }

    fn tracked(&self) -> Result<&Tracked, String> {
        self.tracked
            .as_ref()
            .ok_or_else(|| "no cgroup hierarchy can be followed here; syscope doctor says why".to_owned())
    }

    fn path(&self, found: &Found) -> Option<Box<[u8]>> {
        let tracked = self.tracked.as_ref()?;
        Some(tracked.resolve(found.cgroup(tracked.controller.as_deref())?).into())
    }
}

fn read() -> Result<Vec<Found>, String> {
    snapshot::read_processes(Path::new(snapshot::PROC))
        .map_err(|err| format!("read {}: {err}", snapshot::PROC))
}

impl Lists for HostLists {
    fn cgroups(&self, mut known: Vec<Entry>) -> Result<Bytes, String> {
        let tracked = self.tracked()?;
        let mut processes: HashMap<Box<[u8]>, u64> = HashMap::new();
        for found in read()? {
            if let Some(path) = self.path(&found) {
                *processes.entry(path).or_default() += 1;
            }
        }
        known.sort_by(|a, b| a.path.cmp(&b.path));
        let name: Arc<str> = tracked.name.as_str().into();
        let cgroups: Vec<Cgroup> = known
            .into_iter()
            .map(|entry| Cgroup {
                hierarchy: Arc::clone(&name),
                hierarchy_id: tracked.hierarchy_id,
                id: entry.id,
                parent: Some(entry.parent).filter(|parent| *parent != 0),
                level: entry.level,
                processes: Some(processes.get(&*entry.path).copied().unwrap_or(0)),
                path: (*entry.path).into(),
                state: State::Known(entry.state),
                tracking_id: entry.tracking,
                owner: entry.owner,
            })
            .collect();
        let mut lines = Vec::new();
        inventory::push_cgroups_json(&mut lines, &cgroups).map_err(|err| err.to_string())?;
        Ok(array(&lines))
    }

    fn processes(&self, known: Vec<Entry>) -> Result<Bytes, String> {
        let users = Users::read(&self.root);
        let name: Arc<str> = self.tracked.as_ref().map_or("", |tracked| &tracked.name).into();
        let by_path: HashMap<&[u8], &Entry> = known.iter().map(|entry| (&*entry.path, entry)).collect();
        let process = |found: Found| {
            let path = self.path(&found);
            let entry = path.as_deref().and_then(|path| by_path.get(path).copied());
            let owner = entry.and_then(|entry| entry.owner.clone());
            let owner: Arc<Owner> =
                owner.unwrap_or_else(|| snapshot::unknown("its cgroup is not known (yet)"));
            let cgroup = path.map(|path| Place {
                id: entry.map(|entry| entry.id),
                hierarchy: Arc::clone(&name),
                tracking_id: entry.and_then(|entry| entry.tracking),
                path,
            });
            found.into_process(&users, cgroup, Some(owner))
        };
        let processes: Vec<Process> = read()?.into_iter().map(process).collect();
        let mut lines = Vec::new();
        inventory::push_processes_json(&mut lines, &processes).map_err(|err| err.to_string())?;
        Ok(array(&lines))
    }
}

/// Lines of JSON as one array. (No string in JSON has a line feed.)
fn array(lines: &[u8]) -> Bytes {
    let mut out = Vec::with_capacity(lines.len() + 2);
    out.push(b'[');
    for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        if out.len() > 1 {
            out.push(b',');
        }
        out.extend_from_slice(line);
    }
    out.push(b']');
    out.into()
}

#[cfg(test)]
mod tests {
    use super::array;

    #[test]
    fn lines_become_an_array() {
        assert_eq!(&array(b"")[..], b"[]");
        assert_eq!(&array(b"{\"a\":1}\n{\"b\":2}\n")[..], b"[{\"a\":1},{\"b\":2}]");
    }
}
