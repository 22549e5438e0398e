//! Who owns which cgroup, for other threads to read: metrics and lists are made beside the trace.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use syscope_container::tree::Node;
use syscope_event::{CgroupState, Owner};

/// What is known of the cgroups of the tracked hierarchy. Clones are of the same.
#[derive(Debug, Clone, Default)]
pub struct Directory(Arc<RwLock<HashMap<u64, Entry>>>);

/// A cgroup.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its id.
    pub id: u64,
    /// Its parent's id; 0: none, or not known.
    pub parent: u64,
    /// Its depth; 0 is the root.
    pub level: u32,
    /// Whose it is; `None`: not known yet.
    pub owner: Option<Arc<Owner>>,
    /// The cgroup that stands for its container.
    pub tracking: Option<u64>,
    /// Its path in the hierarchy.
    pub path: Arc<[u8]>,
    /// Where it is in its life. Removed ones stay for a while.
    pub state: CgroupState,
}

impl Directory {
    /// What is known at this moment, in no order.
    pub fn entries(&self) -> Vec<Entry> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// How many cgroups are known, with those that were removed.
    pub fn len(&self) -> usize {
        self.0.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn put(&self, node: &Node) {
        let entry = Entry {
            id: node.id,
            parent: node.parent,
            level: node.level,
            owner: node.owner.clone(),
            tracking: node.tracking,
            path: Arc::clone(&node.path),
            state: node.state,
        };
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(node.id, entry);
    }

    pub(crate) fn forget(&self, ids: &[u64]) {
        if !ids.is_empty() {
            let mut entries = self.0.write().unwrap_or_else(PoisonError::into_inner);
            ids.iter().for_each(|id| drop(entries.remove(id)));
        }
    }
}
