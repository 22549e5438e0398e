//! What exists on this host at one moment: cgroups, whose they are, and processes. No eBPF is needed for it, and
//! no privilege beyond what the files ask for.
//!
//! ```text
//!   layout ---> choose ---> walk ---> Tree <--- decide --- Resolver
//!                                      |
//!   /proc/PID ---> processes ----------+--> inventory (syscope-output)
//! ```

mod hierarchy;
mod processes;
mod users;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use syscope_container::layout::{self, Layout, Numbered, Tracked};
use syscope_container::selector::Selector;
use syscope_event::{Owner, OwnerKind};
use syscope_output::inventory::Form;

use super::selection;
use crate::args::{Containers, Global, Lookups};
use crate::failure::Failure;
use crate::output::{self, Output};

pub use hierarchy::{Hierarchy, unknown};
pub use processes::{Found, read_processes};
pub use users::Users;

/// The proc file system.
pub const PROC: &str = "/proc";

/// How many different doubts are said at most.
const DOUBTS_MAX: usize = 8;

/// The layout of this host.
pub fn read_layout() -> Layout {
    layout::read(Path::new(PROC))
}

/// The hierarchies that `name` means: none: the one that cgroups are tracked in.
pub fn choose(layout: &Layout, name: Option<&str>) -> Result<Vec<Tracked>, Failure> {
    let host = |message: String| Failure::Host(anyhow::anyhow!(message));
    let Some(name) = name else {
        let tracked = layout.tracked.clone().map(|tracked| vec![tracked]);
        return tracked.ok_or_else(|| host(format!("no cgroups to show: {}", layout.reason)));
    };
    let known = &layout.hierarchies;
    if name == "all" {
        let all: Vec<Tracked> = known.iter().filter_map(|one| hierarchy::reached(layout, one)).collect();
        return if all.is_empty() {
            Err(host(format!("no cgroups to show: {}", layout.reason)))
        } else {
            Ok(all)
        };
    }
    let Some(meant) = known.iter().find(|one| is_called(one, name)) else {
        let names: Vec<&str> = known.iter().map(|one| one.name.as_str()).collect();
        return Err(Failure::usage(format!(
            "--hierarchy: none is called {name:?}; this host has {} (or all)",
            if names.is_empty() { "none".to_owned() } else { names.join(", ") }
        )));
    };
    match hierarchy::reached(layout, meant) {
        Some(tracked) => Ok(vec![tracked]),
        None => Err(host(format!("--hierarchy: {name} is not mounted where it can be reached"))),
    }
}

/// Whether a hierarchy is called so: by its whole name, one of its controllers, or its own name.
pub fn is_called(hierarchy: &Numbered, name: &str) -> bool {
    let mut parts = hierarchy.name.split(',');
    hierarchy.name == name || parts.any(|part| part == name || part.strip_prefix("name=") == Some(name))
}

/// The hierarchy that a directory (without symbolic links) lies in, and its path there.
pub fn locate<'a>(layout: &'a Layout, directory: &Path) -> Option<(&'a Numbered, PathBuf)> {
    // The nearest, because hierarchies are mounted below each other on hybrid hosts; of mounts one over the
    // other, the last.
    let mounts =
        layout.mounts.iter().filter(|mount| mount.root_id.is_some() && directory.starts_with(&mount.at));
    let mount = mounts.max_by_key(|mount| mount.at.as_os_str().len())?;
    let is_its = |one: &&Numbered| {
        let mut shown = layout.mounts.iter().filter(|other| one.mount.as_ref() == Some(&other.at));
        shown.any(|other| other.device == mount.device)
    };
    let hierarchy = layout.hierarchies.iter().find(is_its)?;
    let base = if mount.root_id == Some(1) { Path::new("/") } else { &mount.root };
    Some((hierarchy, base.join(directory.strip_prefix(&mount.at).ok()?)))
}

/// The containers that were asked for, of those that are known.
#[derive(Debug)]
pub struct Filter {
    selector: Selector,
    undecided: usize,
}

impl Filter {
    /// What was asked for.
    pub fn new(containers: &Containers) -> Result<Filter, Failure> {
        Ok(Filter { selector: selection::selector(containers)?, undecided: 0 })
    }

    /// Whether something of this owner's was asked for.
    pub fn keeps(&mut self, owner: Option<&Owner>) -> bool {
        if self.selector.is_empty() {
            return true;
        }
        match owner.map(|owner| &owner.kind) {
            Some(OwnerKind::Container(container)) => self.selector.matches(container),
            Some(OwnerKind::Unknown) => {
                self.undecided += 1;
                false
            }
            _ => false,
        }
    }

    /// Says what could not be told.
    pub fn warn(&self, what: &str) {
        if self.undecided > 0 {
            tracing::warn!("{} {what} are left out: whose they are is not known", self.undecided);
        }
    }
}

/// Looks up the owners of a hierarchy's cgroups, unless that is not wanted.
pub fn resolve(hierarchy: &mut Hierarchy, lookups: &Lookups) -> Result<(), Failure> {
    if !lookups.no_containers {
        hierarchy.resolve(selection::resolver(lookups)?);
    }
    Ok(())
}

/// Says what stood in the way of better answers, each once; `what` has them: a word without its plural's s or es.
pub fn warn_of_doubts<'a>(what: &str, owners: impl Iterator<Item = &'a Arc<Owner>>) {
    let mut doubts: BTreeMap<&str, usize> = BTreeMap::new();
    for doubt in owners.filter_map(|owner| owner.doubt.as_deref()) {
        *doubts.entry(doubt).or_default() += 1;
    }
    let mut doubts: Vec<(&str, usize)> = doubts.into_iter().collect();
    doubts.sort_by_key(|(doubt, count)| (std::cmp::Reverse(*count), *doubt));
    for (doubt, count) in doubts.iter().take(DOUBTS_MAX) {
        // A doubt may quote what a runtime said.
        let mut escaped = Vec::new();
        syscope_syscalls::sink::text::escape(&mut escaped, doubt.as_bytes());
        let plural = match (*count, what.ends_with('s')) {
            (1, _) => "",
            (_, true) => "es",
            (_, false) => "s",
        };
        tracing::warn!("{count} {what}{plural}: {}", String::from_utf8_lossy(&escaped));
    }
    if let Some(more) = doubts.len().checked_sub(DOUBTS_MAX).filter(|more| *more > 0) {
        tracing::warn!("{more} other doubts; -o json has them all");
    }
}

/// How a list looks on this output.
pub fn form(global: &Global, output: &Output, tree: bool) -> Form {
    let terminal = output.is_terminal();
    let width = terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| width.0.into());
    Form {
        tree,
        width: width.filter(|_| terminal),
        color: terminal && !global.no_color && output::wants_color(),
    }
}
