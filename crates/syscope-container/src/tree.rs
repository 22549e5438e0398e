//! What is known of every cgroup of the tracked hierarchy: its place, where it is in its life, whose it is.
//!
//! Pure: it is told what was read ([`Tree::found`]), what the kernel saw happen ([`Tree::created`], ...) and
//! what was found out about owners ([`Tree::decide`]), in any order that can come about, and says what
//! to do next: which owners to ask for, which cgroups got another owner. Ids are unique in a hierarchy for
//! as long as the machine runs (kernfs counts generations), so nothing is taken for another that had its
//! number before.
//!
//! **Whose a cgroup is.** The first cgroup on the way from the root that is a container's stands for all
//! below it, at any depth: what a container makes inside is the container's, whatever it is called. So that a cgroup is
//! no container's is settled only when that is settled for all above it.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use syscope_event::{Cgroup, CgroupState, Owner};

/// Removed cgroups that stay known, for events that come late.
pub const REMOVED_MAX: usize = 4096;
/// How long they stay known at most, in nanoseconds.
pub const REMOVED_NS: u64 = 60_000_000_000;
/// Bytes of a path that are kept (PATH_MAX); of a longer one the end is missing, and it is counted.
pub const PATH_MAX: usize = 4096;

/// The cgroups of one hierarchy.
#[derive(Debug, Clone)]
pub struct Tree {
    hierarchy: Box<str>,
    nodes: HashMap<u64, Node>,
    /// Removed ones with the time, oldest first.
    removed: VecDeque<(u64, u64)>,
    paths_cut: u64,
}

/// A cgroup.
#[derive(Debug, Clone)]
pub struct Node {
    /// Its id.
    pub id: u64,
    /// Its parent's id; 0: it is the root, or the parent is not known.
    pub parent: u64,
    /// Its depth; 0 is the root.
    pub level: u32,
    /// Its path in the hierarchy.
    pub path: Arc<[u8]>,
    /// Whether only root made the directories of its path.
    pub by_root: bool,
    /// Where it is in its life.
    pub state: CgroupState,
    /// Whose it is; `None`: not known yet.
    pub owner: Option<Arc<Owner>>,
    /// The cgroup that stands for its container; `None`: it is no container's, or that is not known yet.
    pub tracking: Option<u64>,
    /// What it is if nothing above it turns out to be a container's.
    otherwise: Option<Arc<Owner>>,
    /// Those directly below, also removed ones: whose they were may be found out after they are gone.
    children: Vec<u64>,
}

impl Node {
    /// Whether nothing was found out about it yet.
    pub fn is_open(&self) -> bool {
        self.owner.is_none() && self.otherwise.is_none()
    }
}

/// A cgroup as it was read or seen being made.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Its id.
    pub id: u64,
    /// Its parent's id; 0: none.
    pub parent: u64,
    /// Its depth.
    pub level: u32,
    /// Its own name; empty for the root.
    pub name: &'a [u8],
    /// Whether root made it.
    pub by_root: bool,
}

/// What to do about a cgroup that was not known before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Nothing: it was known.
    Known,
    /// Nothing: it belongs to the container above it.
    Inherited,
    /// Find out whose it is.
    Ask,
}

/// What a decision about one cgroup means for others.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Decided {
    /// Those it applies to.
    pub changed: Vec<u64>,
    /// Those that were taken for part of a container and are not: their owners are to be found out. Those further up
    /// come first.
    pub undecided: Vec<u64>,
}

impl Tree {
    /// An empty tree of the hierarchy `name` (as [`Cgroup::hierarchy`]).
    pub fn new(name: &str) -> Tree {
        Tree { hierarchy: name.into(), nodes: HashMap::new(), removed: VecDeque::new(), paths_cut: 0 }
    }

    /// A cgroup was read from the file system. What was seen happen meanwhile goes before it.
    pub fn found(&mut self, place: Place<'_>, populated: bool) -> Next {
        if self.nodes.contains_key(&place.id) {
            return Next::Known;
        }
        self.insert(place, if populated { CgroupState::Running } else { CgroupState::Emptied })
    }

    /// A cgroup was made.
    pub fn created(&mut self, place: Place<'_>) -> Next {
        if self.nodes.contains_key(&place.id) {
            return Next::Known;
        }
        self.insert(place, CgroupState::New)
    }

    /// A cgroup got its first process, or lost its last one.
    pub fn populated(&mut self, id: u64, populated: bool) {
        let Some(node) = self.nodes.get_mut(&id) else { return };
        if node.state != CgroupState::Removed {
            node.state = if populated { CgroupState::Running } else { CgroupState::Emptied };
        }
    }

    /// A cgroup got another name. Whose it is stays: it is the same cgroup.
    pub fn renamed(&mut self, id: u64, name: &[u8]) {
        let Some(parent) = self.nodes.get(&id).map(|node| node.parent) else { return };
        let above = self.nodes.get(&parent).map(|node| Arc::clone(&node.path));
        let path = self.join(above.as_deref(), name);
        self.set_path(id, path);
    }

    /// A cgroup was removed; `now` in nanoseconds of any steady clock. It stays known for a while. Returns those
    /// that are forgotten for it.
    pub fn removed(&mut self, id: u64, now: u64) -> Vec<u64> {
        let Some(node) = self.nodes.get_mut(&id) else { return Vec::new() };
        if node.state == CgroupState::Removed {
            return Vec::new();
        }
        node.state = CgroupState::Removed;
        self.removed.push_back((id, now));
        self.expire(now)
    }

    /// Forgets what was removed long ago; returns what that was.
    pub fn expire(&mut self, now: u64) -> Vec<u64> {
        let mut forgotten = Vec::new();
        while let Some(&(id, since)) = self.removed.front() {
            if self.removed.len() <= REMOVED_MAX && now.saturating_sub(since) < REMOVED_NS {
                break;
            }
            self.removed.pop_front();
            let gone = self.nodes.remove(&id);
            if let Some(parent) = gone.and_then(|node| self.nodes.get_mut(&node.parent)) {
                parent.children.retain(|child| *child != id);
            }
            forgotten.push(id);
        }
        forgotten
    }

    /// The owner of a cgroup was found out: it applies to the one itself, and if it is a container's to all below it.
    /// What lies inside a container is not decided by itself; if it turns out to be none, that must be asked for. That a
    /// cgroup is no container's waits for those above it.
    pub fn decide(&mut self, id: u64, owner: Arc<Owner>) -> Decided {
        let mut decided = Decided::default();
        let is_container = owner.container().is_some();
        let is_inside = |node: &Node| node.tracking.is_some_and(|tracking| tracking != id);
        let Some(node) = self.nodes.get(&id).filter(|node| !is_inside(node)) else { return decided };
        let is_first = node.owner.is_none();
        let was_container = node.tracking.is_some();
        if is_first && !is_container && self.undecided_above(id).next().is_some() {
            self.nodes.entry(id).and_modify(|node| node.otherwise = Some(owner));
            return decided;
        }
        let tracking = is_container.then_some(id);
        let mut open = vec![id];
        while let Some(at) = open.pop() {
            let Some(node) = self.nodes.get_mut(&at) else { continue };
            let otherwise = node.otherwise.take();
            if at == id || is_container {
                node.owner = Some(Arc::clone(&owner));
                node.tracking = tracking;
                decided.changed.push(at);
            } else if was_container {
                (node.owner, node.tracking) = (None, None);
                decided.undecided.push(at);
            } else if let Some(otherwise) = otherwise {
                node.owner = Some(otherwise);
                decided.changed.push(at);
            } else if node.owner.is_none() || node.tracking.is_some() {
                continue;
            }
            // What is below a container, or was until now, goes with it; so does what waited for this.
            if is_container || was_container || is_first {
                open.extend(&node.children);
            }
        }
        decided
    }

    /// Cgroups above another whose owner is not known yet, the nearest first.
    pub fn undecided_above(&self, id: u64) -> impl Iterator<Item = u64> {
        let above = |node: &&Node| self.nodes.get(&node.parent).filter(|above| above.level < node.level);
        let path = std::iter::successors(self.nodes.get(&id), move |node| above(node));
        path.skip(1).filter(|node| node.owner.is_none()).map(|node| node.id)
    }

    /// What is known of a cgroup.
    pub fn get(&self, id: u64) -> Option<&Node> {
        self.nodes.get(&id)
    }

    /// The cgroup as events show it.
    pub fn cgroup(&self, id: u64) -> Cgroup<'_> {
        let node = self.nodes.get(&id);
        Cgroup {
            id,
            hierarchy: &self.hierarchy,
            tracking_id: node.and_then(|node| node.tracking),
            path: node.map(|node| &*node.path),
            owner: node.and_then(|node| node.owner.as_deref()),
            entering: false,
        }
    }

    /// All cgroups, also removed ones that are still known.
    pub fn iter(&self) -> impl Iterator<Item = &Node> {
        self.nodes.values()
    }

    /// Cgroups that exist.
    pub fn len(&self) -> usize {
        self.nodes.len() - self.removed.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Paths that were longer than [`PATH_MAX`].
    pub fn paths_cut(&self) -> u64 {
        self.paths_cut
    }

    fn insert(&mut self, place: Place<'_>, state: CgroupState) -> Next {
        let above = self.nodes.get(&place.parent).filter(|_| place.parent != place.id);
        let container = above.filter(|above| above.tracking.is_some());
        let (owner, tracking) = container.map_or((None, None), |above| (above.owner.clone(), above.tracking));
        let by_root = place.by_root && above.is_none_or(|above| above.by_root);
        let above_path = above.map(|above| Arc::clone(&above.path));
        let path = self.join(above_path.as_deref(), place.name);
        let next = if owner.is_some() { Next::Inherited } else { Next::Ask };
        if let Some(above) = self.nodes.get_mut(&place.parent) {
            above.children.push(place.id);
        }
        let Place { id, parent, level, .. } = place;
        let (otherwise, children) = (None, Vec::new());
        let node = Node { id, parent, level, path, by_root, state, owner, tracking, otherwise, children };
        self.nodes.insert(id, node);
        next
    }

    fn join(&mut self, above: Option<&[u8]>, name: &[u8]) -> Arc<[u8]> {
        let mut path = above.unwrap_or_default().to_vec();
        if path.last() != Some(&b'/') && !name.starts_with(b"/") {
            path.push(b'/');
        }
        path.extend_from_slice(name);
        if path.len() > PATH_MAX {
            path.truncate(PATH_MAX);
            self.paths_cut += 1;
        }
        path.into()
    }

    fn set_path(&mut self, id: u64, path: Arc<[u8]>) {
        let mut open = vec![(id, path)];
        while let Some((id, path)) = open.pop() {
            let Some(node) = self.nodes.get_mut(&id) else { continue };
            node.path = Arc::clone(&path);
            let children = node.children.clone();
            for child in children {
                let Some(name) = self.nodes.get(&child).map(|child| last_name(&child.path).to_vec()) else {
                    continue;
                };
                let below = self.join(Some(&path), &name);
                open.push((child, below));
            }
        }
    }
}

/// The part of a path behind the last slash.
fn last_name(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests;
