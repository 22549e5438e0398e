//! Whose events are, or why that is not told.

use syscope_bpf::wire::{EventFlags, RawEvent};
use syscope_container::layout::Layout;
use syscope_event::{Cgroup, Owner, OwnerKind, Source};

use crate::identity::Identity;

/// Whose events are.
pub(crate) enum Whose {
    /// The owners of cgroups are looked up.
    Known(Box<Identity>),
    /// They were not asked for; the name of the tracked hierarchy, for the ids in events.
    NotAsked(Box<str>),
    /// They were, but cgroups can't be tracked here: what is said of every event, and the name of the hierarchy.
    Untracked { owner: Box<Owner>, hierarchy: Box<str> },
}

impl Whose {
    /// The owners of events were not asked for.
    pub(crate) fn not_asked(layout: &Layout) -> Whose {
        Whose::NotAsked(layout.tracked.as_ref().map_or("", |tracked| &tracked.name).into())
    }

    /// They were, and cannot be told, because `why`.
    pub(crate) fn untracked(layout: &Layout, why: &str) -> Whose {
        let owner = Owner { kind: OwnerKind::Unknown, source: Source::None, doubt: Some(why.into()) };
        let hierarchy = layout.tracked.as_ref().map_or("", |tracked| &tracked.name).into();
        Whose::Untracked { owner: Box::new(owner), hierarchy }
    }

    pub(crate) fn identity(&mut self) -> Option<&mut Identity> {
        match self {
            Whose::Known(identity) => Some(identity),
            _ => None,
        }
    }

    /// Why containers cannot be told.
    pub(crate) fn untracked_because(&self) -> String {
        match self {
            Whose::Untracked { owner, .. } => owner.doubt.as_deref().unwrap_or_default().to_owned(),
            _ => "owners are not looked up".to_owned(),
        }
    }

    /// The cgroup of a record as events show it.
    pub(crate) fn cgroup(&self, raw: &RawEvent) -> Cgroup<'_> {
        match self {
            Whose::Known(identity) => identity.cgroup(raw, raw.flags & EventFlags::ENTERING != 0),
            Whose::NotAsked(hierarchy) => Cgroup { id: raw.cgroup, hierarchy, ..Cgroup::default() },
            Whose::Untracked { owner, hierarchy } => {
                Cgroup { id: raw.cgroup, hierarchy, owner: Some(owner), ..Cgroup::default() }
            }
        }
    }
}
