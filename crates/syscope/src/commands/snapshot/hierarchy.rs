//! One hierarchy as it is: its cgroups in their order, and whose they are.

use std::collections::{HashMap, HashSet, VecDeque};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use syscope_container::layout::{Layout, Numbered, Tracked};
use syscope_container::resolver::{self, Answer, Question, Resolver};
use syscope_container::tree::{Next, Node, Place, Tree};
use syscope_container::walk::{self, LEVELS_MAX};
use syscope_event::{CgroupState, Owner, OwnerKind, Source};
use syscope_output::inventory::{Cgroup, State};

use crate::failure::Failure;

/// How long all owners together are waited for. A runtime that hangs costs this once, not once a container.
const WAIT: Duration = Duration::from_secs(2);
/// How long a container that no runtime knows is asked about again: it may be in the making right now.
const PATIENCE: Duration = Duration::from_millis(300);

/// The cgroups of a hierarchy.
#[derive(Debug)]
pub struct Hierarchy {
    tracked: Tracked,
    tree: Tree,
    /// Parents before their children.
    order: Vec<u64>,
    /// Those that no answer came for.
    open: HashSet<u64>,
    resolved: bool,
}

/// A hierarchy of the layout as one that can be walked; `None`: it is not mounted where it can be reached.
pub fn reached(layout: &Layout, hierarchy: &Numbered) -> Option<Tracked> {
    if let Some(tracked) = layout.tracked.as_ref().filter(|one| one.hierarchy_id == hierarchy.number) {
        return Some(tracked.clone());
    }
    let at = hierarchy.mount.as_ref()?;
    // Of mounts one over the other the last is the one that is seen.
    let mount = layout.mounts.iter().rev().find(|mount| mount.at == *at && mount.root_id.is_some())?;
    Some(Tracked {
        name: hierarchy.name.clone(),
        controller: (hierarchy.number != 0).then(|| hierarchy.name.clone()),
        hierarchy_id: hierarchy.number,
        at: at.clone(),
        root: mount.root.clone(),
        whole: mount.root_id == Some(1),
        namespace: (!mount.root.starts_with("/..")).then(|| "/".into()),
    })
}

impl Hierarchy {
    /// Reads the cgroups that exist.
    pub fn read(tracked: Tracked) -> Result<Hierarchy, Failure> {
        let mut hierarchy = Hierarchy {
            tree: Tree::new(&tracked.name),
            tracked,
            order: Vec::new(),
            open: HashSet::new(),
            resolved: false,
        };
        let walk = hierarchy.read_again()?;
        let at = hierarchy.tracked.at.display();
        if walk.unreadable > 0 {
            tracing::warn!(
                "{at}: {} directories may not be read; what is below them is missing",
                walk.unreadable
            );
        }
        if walk.too_deep > 0 {
            tracing::warn!(
                "{at}: {} directories lie deeper than {LEVELS_MAX} levels; what is below them is missing",
                walk.too_deep
            );
        }
        Ok(hierarchy)
    }

    /// Adds the cgroups that were made since.
    pub fn read_again(&mut self) -> Result<walk::Walk, Failure> {
        let mut walk = walk::walk(&self.tracked)
            .with_context(|| format!("read the cgroups at {}", self.tracked.at.display()))?;
        let base = self.tracked.base().as_os_str().as_bytes().to_vec();
        for found in &mut walk.cgroups {
            // What is seen of a hierarchy may begin below its root.
            if found.parent == 0 && found.level > 0 {
                found.name = base.clone().into();
            }
            let place = Place {
                id: found.id,
                parent: found.parent,
                level: found.level,
                name: &found.name,
                by_root: found.owner_uid == 0,
            };
            if self.tree.found(place, found.populated) != Next::Known {
                self.order.push(found.id);
            }
        }
        Ok(walk)
    }

    /// The hierarchy's name.
    pub fn name(&self) -> &str {
        &self.tracked.name
    }

    /// Its mount and its names.
    pub fn tracked(&self) -> &Tracked {
        &self.tracked
    }

    /// Whether it has a cgroup with such a path.
    pub fn has(&self, is_wanted: impl Fn(&[u8]) -> bool) -> bool {
        self.order.iter().filter_map(|id| self.tree.get(*id)).any(|node| is_wanted(&node.path))
    }

    /// Whether owners were looked up.
    pub fn is_resolved(&self) -> bool {
        self.resolved
    }

    /// Asks whose the cgroups are, all at once, and waits for the answers, but not for ever.
    pub fn resolve(&mut self, config: resolver::Config) {
        let resolver = Resolver::start(resolver::Config { patience: PATIENCE, ..config });
        self.resolved = true;
        let mut unasked: VecDeque<u64> = VecDeque::new();
        for &id in &self.order {
            match self.tree.get(id) {
                // The root is nobody's but the host's.
                Some(Node { level: 0, .. }) => drop(self.tree.decide(id, Arc::new(Owner::HOST))),
                _ => unasked.push_back(id),
            }
        }
        self.open = unasked.iter().copied().collect();
        let until = Instant::now() + WAIT;
        while !self.open.is_empty() && Instant::now() < until {
            self.ask(&resolver, &mut unasked);
            let mut any = false;
            while let Some(answer) = resolver.answer() {
                any = true;
                // What was taken for part of a container, and is not, is asked for after all.
                unasked.extend(self.decide(answer));
            }
            if !any {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    }

    /// Asks until the resolver has no room. What lies in a container need not be asked for.
    fn ask(&self, resolver: &Resolver, unasked: &mut VecDeque<u64>) {
        while let Some(&id) = unasked.front() {
            let node = self.tree.get(id).filter(|_| self.open.contains(&id));
            let asked = node.is_none_or(|node| {
                let path = node.path.as_ref().into();
                resolver.ask(Question { cgroup: id, path, by_root: node.by_root })
            });
            if !asked {
                return;
            }
            unasked.pop_front();
        }
    }

    /// Takes an answer; returns what is to be asked for because of it.
    fn decide(&mut self, answer: Answer) -> Vec<u64> {
        let is_container = answer.owner.container().is_some();
        let decided = self.tree.decide(answer.cgroup, Arc::new(answer.owner));
        if answer.last {
            self.open.remove(&answer.cgroup);
        }
        if is_container {
            for id in decided.changed.iter().filter(|id| **id != answer.cgroup) {
                self.open.remove(id);
            }
        }
        self.open.extend(&decided.undecided);
        decided.undecided
    }

    /// Whose a cgroup is; `None`: that was not looked up.
    pub fn owner(&self, id: u64) -> Option<Arc<Owner>> {
        if !self.resolved {
            return None;
        }
        let known = self.tree.get(id).and_then(|node| node.owner.clone());
        Some(known.unwrap_or_else(|| unknown("no runtime has answered in time")))
    }

    /// The cgroup that stands for the container that a cgroup belongs to.
    pub fn tracking(&self, id: u64) -> Option<u64> {
        self.tree.get(id)?.tracking
    }

    /// The cgroups by their paths.
    pub fn ids(&self) -> HashMap<&[u8], u64> {
        self.order.iter().filter_map(|id| Some((&*self.tree.get(*id)?.path, *id))).collect()
    }

    /// The cgroups as they are shown, in the order of the tree.
    pub fn cgroups(&self) -> Vec<Cgroup> {
        let name: Arc<str> = self.tracked.name.as_str().into();
        let nodes = self.order.iter().filter_map(|id| self.tree.get(*id));
        let cgroup = |node: &Node| Cgroup {
            hierarchy: Arc::clone(&name),
            hierarchy_id: self.tracked.hierarchy_id,
            id: node.id,
            parent: Some(node.parent).filter(|parent| *parent != 0),
            level: node.level,
            path: node.path.as_ref().into(),
            // Nobody has seen its life.
            state: match node.state {
                CgroupState::New | CgroupState::Emptied => State::Empty,
                state => State::Known(state),
            },
            tracking_id: node.tracking,
            owner: self.owner(node.id),
            processes: count_processes(&self.directory(&node.path)),
        };
        nodes.map(cgroup).collect()
    }

    /// Where a cgroup's directory is.
    fn directory(&self, path: &[u8]) -> PathBuf {
        let path = Path::new(OsStr::from_bytes(path));
        let below = path.strip_prefix(self.tracked.base()).unwrap_or(path);
        self.tracked.at.join(below.strip_prefix("/").unwrap_or(below))
    }
}

/// An owner that could not be told.
pub fn unknown(doubt: &str) -> Arc<Owner> {
    Arc::new(Owner { kind: OwnerKind::Unknown, source: Source::None, doubt: Some(doubt.into()) })
}

/// How many processes are in a cgroup; `None`: it is gone, may not be read, or is one of threads.
fn count_processes(directory: &Path) -> Option<u64> {
    let list = fs::read(directory.join("cgroup.procs")).ok()?;
    Some(list.iter().filter(|byte| **byte == b'\n').count() as u64)
}
