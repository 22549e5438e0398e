//! The decision: which hierarchy is tracked.

use std::path::Path;

use super::numbers::{self, Controller};
use super::{Facts, Layout, Mode, Naming, Tracked};
use crate::cgroup_path::Hierarchy;
use crate::mounts::Mount;

/// The v1 controllers in the order they are tried. Every runtime puts its containers into memory and pids;
/// the later ones may be left out by a runtime or by the host. cpuacct comes with cpu, and what is left is
/// seldom mounted.
const ORDER: [&str; 13] = [
    "memory",
    "pids",
    "cpu",
    "cpuset",
    "blkio",
    "devices",
    "freezer",
    "cpuacct",
    "perf_event",
    "net_cls",
    "net_prio",
    "hugetlb",
    "rdma",
];

/// What to do where no hierarchy is mounted.
const REMEDY: &str =
    "mount one with `mount -t cgroup2 none /sys/fs/cgroup`, or let `syscope doctor --fix` do it";

/// Decides which hierarchy is tracked.
///
/// Pure v2: it. v1 and hybrid: the v1 hierarchy of the first controller of `memory, pids, cpu, ...` that is
/// mounted and has a number, because there the runtimes place containers by the v1 controllers. A v2 mount
/// at `/sys/fs/cgroup` itself is how runtimes recognise a v2 host, so it wins over v1 hierarchies that
/// are mounted beside it. A v1 hierarchy that has only a name (`name=systemd`) cannot be tracked: a task's cgroup
/// in it has no place in `css_set` that kernel programs could look up.
pub fn decide(facts: &Facts) -> Layout {
    let reachable = || facts.mounts.iter().filter(|mount| mount.root_id.is_some());
    let unified = || reachable().filter(|mount| mount.hierarchy == Hierarchy::Unified);
    let has_v2 = unified().next().is_some();
    let has_v1 = reachable().any(|mount| mount.hierarchy != Hierarchy::Unified);
    let (mode, (tracked, reason)) = match (has_v1, has_v2) {
        (false, false) => (Mode::None, (None, nothing(facts))),
        (false, true) => (Mode::V2, track_unified(facts, "only the v2 hierarchy is mounted")),
        (true, true) if unified().any(|mount| mount.at.ends_with("sys/fs/cgroup")) => (
            Mode::Hybrid,
            track_unified(
                facts,
                "the v2 hierarchy is mounted at /sys/fs/cgroup itself, where runtimes look; v1 hierarchies are \
                 only mounted beside it",
            ),
        ),
        (true, true) => (Mode::Hybrid, track_v1(facts, "v1 hierarchies and a v2 one are mounted")),
        (true, false) => (Mode::V1, track_v1(facts, "only v1 hierarchies are mounted")),
    };
    let hierarchies = numbers::hierarchies(facts, tracked.as_ref());
    Layout { mode, mounts: facts.mounts.clone(), tracked, reason, hierarchies, naming: Naming::default() }
}

fn nothing(facts: &Facts) -> String {
    match facts.mounts.first() {
        None => format!("no cgroup hierarchy is mounted; {REMEDY}"),
        Some(mount) => format!(
            "the cgroup hierarchies in the mount table cannot be reached (something is mounted over {}); {REMEDY}",
            mount.at.display()
        ),
    }
}

fn track_unified(facts: &Facts, why: &str) -> (Option<Tracked>, String) {
    let mounts = facts.mounts.iter().filter(|mount| mount.hierarchy == Hierarchy::Unified);
    let Some(mount) = numbers::best(mounts) else { return (None, why.to_owned()) };
    let tracked = tracked(mount, None, 0);
    let reason = format!("{why}{}", remarks(&tracked));
    (Some(tracked), reason)
}

fn track_v1(facts: &Facts, mounted: &str) -> (Option<Tracked>, String) {
    let controllers = numbers::parse_controllers(&facts.controllers);
    let mut passed = Vec::new();
    for name in ORDER {
        match usable(facts, &controllers, name) {
            Ok((mount, number)) => {
                let tracked = tracked(mount, Some(name), number);
                let reason = format!(
                    "{mounted}; {name} is the {} that can be used{}{}",
                    if passed.is_empty() { "first controller" } else { "first one in order" },
                    if passed.is_empty() { String::new() } else { format!(" ({})", passed.join(", ")) },
                    remarks(&tracked)
                );
                return (Some(tracked), reason);
            }
            Err(why) => passed.push(format!("{name} {why}")),
        }
    }
    let why = format!("{mounted}, but no v1 controller can be used ({})", passed[..7].join(", "));
    if facts.mounts.iter().any(|mount| mount.hierarchy == Hierarchy::Unified && mount.root_id.is_some()) {
        return track_unified(facts, &format!("{why}, so the v2 hierarchy is used"));
    }
    (
        None,
        format!(
            "{why}, and in a hierarchy that has only a name no task's cgroup can be looked up; \
             mount a controller with `mount -t cgroup -o memory none DIR`, or the v2 hierarchy with \
             `mount -t cgroup2 none DIR`, or let `syscope doctor --fix` do it"
        ),
    )
}

/// The mount and the number of a v1 controller, or why it cannot be used.
fn usable<'a>(
    facts: &'a Facts,
    controllers: &[Controller],
    name: &str,
) -> Result<(&'a Mount, u32), &'static str> {
    let has_it = |mount: &&Mount| match &mount.hierarchy {
        Hierarchy::Controllers(names) => names.iter().any(|other| other == name),
        _ => false,
    };
    let mounts = facts.mounts.iter().filter(has_it);
    let listed = controllers.iter().find(|controller| controller.name == name);
    let Some(mount) = numbers::best(mounts) else {
        return Err(match listed {
            None if !controllers.is_empty() => "is not in the kernel as a v1 controller",
            Some(controller) if !controller.enabled => "is disabled",
            _ => "is not mounted",
        });
    };
    let number = numbers::number_of(facts, controllers, name).ok_or("has no hierarchy number")?;
    Ok((mount, number))
}

fn tracked(mount: &Mount, controller: Option<&str>, hierarchy_id: u32) -> Tracked {
    Tracked {
        name: controller.unwrap_or("unified").to_owned(),
        controller: controller.map(str::to_owned),
        hierarchy_id,
        at: mount.at.clone(),
        root: mount.root.clone(),
        whole: mount.root_id == Some(1),
        // A part that is not above our namespace begins at the same "/" as what /proc/PID/cgroup shows.
        namespace: (!mount.root.starts_with("/..")).then(|| "/".into()),
    }
}

fn remarks(tracked: &Tracked) -> String {
    let mut out = String::new();
    if !tracked.at.starts_with("/sys/fs/cgroup") {
        out.push_str(&format!("; found at {}", tracked.at.display()));
    }
    if !tracked.whole {
        let part = if tracked.root == Path::new("/") {
            "the cgroups of this cgroup namespace".to_owned()
        } else {
            format!("the cgroups below {}", tracked.root.display())
        };
        out.push_str(&format!("; only {part} are seen there, those of the rest of the host are not"));
    }
    out
}
