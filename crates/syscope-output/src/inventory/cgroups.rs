//! Cgroups as a table, a tree, and JSON.

use std::collections::HashMap;

use syscope_event::CgroupState;

use super::table::{Cell, Color, Table, left, right};
use super::tree::{self, Branch};
use super::{Cgroup, Form, State, owner_cell, source_word, text};
use crate::json;
use crate::record;
use crate::text::push_word;

/// Appends the table: with `form.tree` in the order of the tree, each cgroup by its own name; else in the given
/// order with whole paths.
pub fn push_cgroups(out: &mut Vec<u8>, cgroups: &[Cgroup], form: &Form) {
    let mut table = Table::new(&[
        left("HIERARCHY"),
        right("ID"),
        right("LEVEL"),
        left("STATE"),
        right("PROCS"),
        left("OWNER"),
        left("SOURCE"),
        left("CGROUP"),
    ]);
    for branch in branches(cgroups, form.tree) {
        let cgroup = &cgroups[branch.index];
        // The first that is seen has no name of its own to go by.
        let is_named = form.tree && !branch.lines.is_empty();
        let mut name = branch.lines.into_bytes();
        push_word(&mut name, if is_named { own_name(&cgroup.path) } else { &cgroup.path }, None);
        table.row(vec![
            escaped(&cgroup.hierarchy).into(),
            cgroup.id.to_string().into(),
            cgroup.level.to_string().into(),
            Cell::new(cgroup.state.name().to_owned(), state_color(cgroup.state)),
            cgroup.processes.map_or_else(|| "?".to_owned(), |count| count.to_string()).into(),
            owner_cell(cgroup.owner.as_deref()),
            source_word(cgroup.owner.as_deref()).into(),
            text(name).into(),
        ]);
    }
    table.write(out, form.width, form.color);
}

/// Appends one JSON object a line, a [`record::CgroupEntry`] each.
///
/// # Errors
/// None of the types can fail to be written.
pub fn push_cgroups_json(out: &mut Vec<u8>, cgroups: &[Cgroup]) -> std::io::Result<()> {
    cgroups.iter().try_for_each(|cgroup| json::write_line(out, &record::CgroupEntry::from(cgroup)))
}

fn branches(cgroups: &[Cgroup], tree: bool) -> Vec<Branch> {
    if !tree {
        return (0..cgroups.len()).map(|index| Branch { index, lines: String::new() }).collect();
    }
    // Ids of different hierarchies have nothing to do with each other.
    let places: HashMap<(u32, &str, u64), usize> = cgroups
        .iter()
        .enumerate()
        .map(|(at, cgroup)| ((cgroup.hierarchy_id, &*cgroup.hierarchy, cgroup.id), at))
        .collect();
    let parent = |cgroup: &Cgroup| {
        let key = (cgroup.hierarchy_id, &*cgroup.hierarchy, cgroup.parent?);
        places.get(&key).copied()
    };
    tree::order(&cgroups.iter().map(parent).collect::<Vec<_>>())
}

fn own_name(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/').next().filter(|name| !name.is_empty()).unwrap_or(path)
}

fn escaped(name: &str) -> String {
    let mut out = Vec::new();
    push_word(&mut out, name.as_bytes(), None);
    text(out)
}

fn state_color(state: State) -> Color {
    if state == State::Known(CgroupState::Running) { Color::Plain } else { Color::Faint }
}
