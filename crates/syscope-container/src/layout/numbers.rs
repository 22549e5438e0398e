//! The numbers that the kernel gives to hierarchies, and what each of them has.

use crate::cgroup_path::Hierarchy;
use crate::layout::{Facts, Numbered, Tracked};
use crate::mounts::Mount;

/// A line of `/proc/cgroups` (`cgroups(7)`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Controller {
    pub(super) name: String,
    /// The number of the hierarchy it is part of; 0: of the v2 hierarchy, or of none.
    pub(super) hierarchy: u32,
    pub(super) cgroups: u32,
    pub(super) enabled: bool,
}

/// The controllers that the kernel lists. Since Linux 6.11 those are not listed that are compiled without
/// their v1 side, so a missing line says "cannot be had as v1", not "does not exist".
pub(super) fn parse_controllers(text: &[u8]) -> Vec<Controller> {
    let text = String::from_utf8_lossy(text);
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let mut fields = line.split_ascii_whitespace();
            Some(Controller {
                name: fields.next()?.to_owned(),
                hierarchy: fields.next()?.parse().ok()?,
                cgroups: fields.next()?.parse().ok()?,
                enabled: fields.next()? != "0",
            })
        })
        .collect()
}

/// The hierarchies of `/proc/PID/cgroup`: number and controllers (`name=NAME` among them), by number.
fn parse_numbers(text: &[u8]) -> Vec<(u32, Vec<String>)> {
    let mut numbers: Vec<_> = text
        .split(|byte| *byte == b'\n')
        .filter_map(|line| {
            let mut fields = line.splitn(3, |byte| *byte == b':');
            let number: u32 = std::str::from_utf8(fields.next()?).ok()?.parse().ok()?;
            let names = String::from_utf8_lossy(fields.next()?).into_owned();
            fields.next()?;
            Some((number, names.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect()))
        })
        .collect();
    numbers.sort();
    numbers
}

/// The number of the v1 hierarchy that has a controller: as the kernel lists it, else as our own membership
/// shows it.
pub(super) fn number_of(facts: &Facts, controllers: &[Controller], name: &str) -> Option<u32> {
    let listed = controllers.iter().find(|controller| controller.name == name).map(|found| found.hierarchy);
    listed.filter(|number| *number != 0).or_else(|| {
        parse_numbers(&facts.own_cgroups)
            .into_iter()
            .find(|(number, names)| *number != 0 && names.iter().any(|other| other == name))
            .map(|(number, _)| number)
    })
}

/// All hierarchies by their number.
pub(super) fn hierarchies(facts: &Facts, tracked: Option<&Tracked>) -> Vec<Numbered> {
    let controllers = parse_controllers(&facts.controllers);
    parse_numbers(&facts.own_cgroups)
        .into_iter()
        .map(|(number, names)| {
            let own: Vec<String> = match number {
                0 => String::from_utf8_lossy(&facts.unified_controllers)
                    .split_ascii_whitespace()
                    .map(str::to_owned)
                    .collect(),
                _ => names.iter().filter(|name| !name.starts_with("name=")).cloned().collect(),
            };
            let cgroups = own
                .iter()
                .find_map(|name| {
                    controllers.iter().find(|found| found.name == *name && found.hierarchy == number)
                })
                .map(|found| found.cgroups);
            let mounts = facts.mounts.iter().filter(|mount| is_mount_of(mount, number, &names));
            Numbered {
                number,
                name: if number == 0 { "unified".to_owned() } else { names.join(",") },
                mount: best(mounts).map(|mount| mount.at.clone()),
                controllers: own,
                cgroups,
                tracked: tracked.is_some_and(|tracked| tracked.hierarchy_id == number),
            }
        })
        .collect()
}

fn is_mount_of(mount: &Mount, number: u32, names: &[String]) -> bool {
    match &mount.hierarchy {
        Hierarchy::Unified => number == 0,
        Hierarchy::Named(name) => {
            number != 0 && names.iter().any(|other| other.strip_prefix("name=") == Some(name))
        }
        Hierarchy::Controllers(controllers) => {
            number != 0 && controllers.iter().any(|name| names.contains(name))
        }
    }
}

/// The mount that shows most: the whole hierarchy, else what a namespace calls its root, else the part nearest
/// to the root; of equals the one at the usual place, then the first.
pub(super) fn best<'a>(mounts: impl Iterator<Item = &'a Mount>) -> Option<&'a Mount> {
    mounts.filter(|mount| mount.root_id.is_some()).min_by_key(|mount| {
        let whole = mount.root_id == Some(1);
        let above = mount.root.starts_with("/..");
        let rank = match (whole, above, mount.root.as_os_str() == "/") {
            (true, ..) => 0,
            (_, true, _) => 1,
            (_, _, true) => 2,
            _ => 3,
        };
        let depth = if rank == 3 { mount.root.components().count() } else { 0 };
        (rank, depth, !mount.at.starts_with("/sys/fs/cgroup"))
    })
}
