//! Owners and cgroups as members of a JSON object.

use syscope_event::{Cgroup, Container, Owner, OwnerKind, Source, Unit};
use syscope_syscalls::sink::json::{bytes, quote};

use crate::decimal::push_uint;
use crate::jsonl::push;

/// How many cgroups are kept as they are written, times two for the runtimes at work in them. A power of two.
const SLOTS: usize = 256;
/// What is longer than this (a container of very many labels) is not kept: with it the memory is bounded by
/// 16 MiB for what is written, and as much again for what it was made from.
const LONG: usize = 64 << 10;

/// The cgroups of late, with their owners, as they are written.
///
/// An entry counts only while it equals what it was made from, by value: an owner becomes better known,
/// and its memory is used again for another.
#[derive(Debug, Default)]
pub(crate) struct Owners {
    slots: Vec<Option<Box<Slot>>>,
    /// What is not kept.
    passing: Written,
}

/// What was written, and from what.
#[derive(Debug)]
struct Slot {
    id: u64,
    hierarchy: Box<str>,
    tracking_id: Option<u64>,
    path: Option<Box<[u8]>>,
    owner: Option<Owner>,
    entering: bool,
    written: Written,
}

/// A cgroup and its owner as members of an object.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// `,"owner":{...},"container":{...` (not closed yet) or `,"owner":{...},"unit":{...}`.
    owner: Vec<u8>,
    container: bool,
    /// `,"cgroup":{...}`.
    cgroup: Vec<u8>,
}

impl Owners {
    /// The members for a cgroup.
    pub(crate) fn get(&mut self, cgroup: &Cgroup<'_>) -> &Written {
        if cgroup.owner.is_none() && cgroup.path.is_none() {
            self.passing.write(cgroup);
            return &self.passing;
        }
        if self.slots.is_empty() {
            self.slots.resize_with(SLOTS, || None);
        }
        let at = place(cgroup);
        let is_kept = matches!(&self.slots[at], Some(slot) if slot.is(cgroup));
        if !is_kept {
            self.passing.write(cgroup);
            if self.passing.len() > LONG {
                return &self.passing;
            }
            self.slots[at] = Some(Box::new(Slot::new(cgroup, std::mem::take(&mut self.passing))));
        }
        match &self.slots[at] {
            Some(slot) => &slot.written,
            None => &self.passing,
        }
    }
}

/// Where the entry of a cgroup is. Ids follow each other closely; multiplying spreads them (Fibonacci hashing).
fn place(cgroup: &Cgroup<'_>) -> usize {
    let key = cgroup.id << 1 | u64::from(cgroup.entering);
    (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - SLOTS.ilog2())) as usize
}

impl Slot {
    fn new(cgroup: &Cgroup<'_>, written: Written) -> Slot {
        Slot {
            id: cgroup.id,
            hierarchy: cgroup.hierarchy.into(),
            tracking_id: cgroup.tracking_id,
            path: cgroup.path.map(Into::into),
            owner: cgroup.owner.cloned(),
            entering: cgroup.entering,
            written,
        }
    }

    fn is(&self, cgroup: &Cgroup<'_>) -> bool {
        self.id == cgroup.id
            && self.entering == cgroup.entering
            && self.tracking_id == cgroup.tracking_id
            && *self.hierarchy == *cgroup.hierarchy
            && self.path.as_deref() == cgroup.path
            && self.owner.as_ref() == cgroup.owner
    }
}

impl Written {
    /// `,"owner":{...},"container":{...}`: `ns_pid` is the process as the container's own programs see it.
    pub(crate) fn push_owner(&self, out: &mut Vec<u8>, ns_pid: Option<u32>) {
        out.extend_from_slice(&self.owner);
        if self.container {
            if let Some(pid) = ns_pid {
                push(out, ",\"pid\":");
                push_uint(out, pid);
            }
            out.push(b'}');
        }
    }

    /// `,"cgroup":{...}`.
    pub(crate) fn push_cgroup(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.cgroup);
    }

    fn len(&self) -> usize {
        self.owner.len() + self.cgroup.len()
    }

    fn write(&mut self, cgroup: &Cgroup<'_>) {
        self.owner.clear();
        self.cgroup.clear();
        // What is passing and was long is no reason to keep as much for the next.
        self.owner.shrink_to(LONG);
        self.container = cgroup.container().is_some();
        if let Some(owner) = cgroup.owner {
            owner_object(&mut self.owner, owner, cgroup.entering);
            match &owner.kind {
                OwnerKind::Container(container) if self.container => {
                    container_object(&mut self.owner, container, owner.source);
                }
                OwnerKind::Unit(unit) => unit_object(&mut self.owner, unit),
                OwnerKind::Container(_) | OwnerKind::Host | OwnerKind::Unknown => {}
            }
        }
        if cgroup.id != 0 {
            cgroup_object(&mut self.cgroup, cgroup);
        }
    }
}

/// `,"owner":{"kind":"container","source":"cri","doubt":"..."}`.
fn owner_object(out: &mut Vec<u8>, owner: &Owner, entering: bool) {
    let container = owner.container().filter(|_| entering);
    // A thread that comes to a unit or to the host's own cgroup from elsewhere is simply theirs.
    let runtime = entering && matches!(owner.kind, OwnerKind::Container(_) | OwnerKind::Unknown);
    push(out, ",\"owner\":{\"kind\":\"");
    push(out, if runtime { "runtime" } else { owner.kind_name() });
    push(out, "\",\"source\":\"");
    push(out, owner.source.name());
    out.push(b'"');
    optional(out, ",\"container_id\":", container.map(|container| &*container.id));
    optional(out, ",\"doubt\":", owner.doubt.as_deref());
    out.push(b'}');
}

/// `,"container":{"id":"...",...,"labels":{...}`: more may follow.
fn container_object(out: &mut Vec<u8>, container: &Container, source: Source) {
    push(out, ",\"container\":{\"id\":");
    quote(out, &container.id);
    optional(out, ",\"name\":", container.name.as_deref());
    optional(out, ",\"image\":", container.image.as_deref());
    optional(out, ",\"runtime\":", container.runtime.as_deref());
    optional(out, ",\"pod\":", container.pod.as_deref());
    optional(out, ",\"pod_uid\":", container.pod_uid.as_deref());
    optional(out, ",\"namespace\":", container.namespace.as_deref());
    if container.labels.is_empty() && !tells_labels(source) {
        return;
    }
    push(out, ",\"labels\":{");
    for (n, (key, value)) in container.labels.iter().enumerate() {
        if n > 0 {
            out.push(b',');
        }
        quote(out, key);
        out.push(b':');
        quote(out, value);
    }
    out.push(b'}');
}

/// Whether a container without labels has none. Paths and the state of OCI runtimes know of none, and Podman has
/// them in a database of its own, for which only its service could be asked.
pub(crate) fn tells_labels(source: Source) -> bool {
    matches!(source, Source::Cri | Source::Containerd | Source::Docker)
}

/// `,"unit":{"name":"user@1000.service","slice":"user-1000.slice","user":1000}`.
fn unit_object(out: &mut Vec<u8>, unit: &Unit) {
    push(out, ",\"unit\":{\"name\":");
    quote(out, &unit.name);
    optional(out, ",\"slice\":", unit.slice.as_deref());
    if let Some(user) = unit.user {
        push(out, ",\"user\":");
        push_uint(out, user);
    }
    out.push(b'}');
}

/// `,"cgroup":{"id":4211,"hierarchy":"memory","tracking_id":4180,"path":"/..."}`.
fn cgroup_object(out: &mut Vec<u8>, cgroup: &Cgroup<'_>) {
    push(out, ",\"cgroup\":{\"id\":");
    push_uint(out, cgroup.id);
    optional(out, ",\"hierarchy\":", Some(cgroup.hierarchy).filter(|name| !name.is_empty()));
    if let Some(id) = cgroup.tracking_id {
        push(out, ",\"tracking_id\":");
        push_uint(out, id);
    }
    if let Some(path) = cgroup.path {
        push(out, ",\"path\":");
        bytes(out, path);
    }
    out.push(b'}');
}

fn optional(out: &mut Vec<u8>, key: &str, text: Option<&str>) {
    if let Some(text) = text {
        push(out, key);
        quote(out, text);
    }
}

#[cfg(test)]
mod tests;
