//! Processes as a table, a tree, and JSON.

use std::collections::HashMap;

use syscope_syscalls::sink::text::escape;

use super::table::{Table, left, right};
use super::tree::{self, Branch};
use super::{Form, Process, owner_cell, source_word, text};
use crate::exec::words::push_word as push_shell_word;
use crate::json;
use crate::record;
use crate::text::push_word;

/// Appends the table: with `form.tree` in the order of the tree, else in the given order.
///
/// The command is the arguments as words of a shell, so that they are still the same list; `...` follows
/// where some are missing. A process without any (a thread of the kernel, a zombie) has its name in brackets.
pub fn push_processes(out: &mut Vec<u8>, processes: &[Process], form: &Form) {
    let mut table = Table::new(&[
        right("PID"),
        right("PPID"),
        left("USER"),
        left("OWNER"),
        left("SOURCE"),
        left("COMMAND"),
    ]);
    for branch in branches(processes, form.tree) {
        let process = &processes[branch.index];
        table.row(vec![
            process.pid.to_string().into(),
            process.ppid.unwrap_or(0).to_string().into(),
            user(process).into(),
            owner_cell(process.owner.as_deref()),
            source_word(process.owner.as_deref()).into(),
            text(command(branch.lines.into_bytes(), process)).into(),
        ]);
    }
    table.write(out, form.width, form.color);
}

/// Appends one JSON object a line, a [`record::ProcessEntry`] each.
///
/// # Errors
/// None of the types can fail to be written.
pub fn push_processes_json(out: &mut Vec<u8>, processes: &[Process]) -> std::io::Result<()> {
    processes.iter().try_for_each(|process| json::write_line(out, &record::ProcessEntry::from(process)))
}

fn branches(processes: &[Process], tree: bool) -> Vec<Branch> {
    if !tree {
        return (0..processes.len()).map(|index| Branch { index, lines: String::new() }).collect();
    }
    let places: HashMap<u32, usize> =
        processes.iter().enumerate().map(|(at, process)| (process.pid, at)).collect();
    let parent = |process: &Process| places.get(&process.ppid?).copied();
    tree::order(&processes.iter().map(parent).collect::<Vec<_>>())
}

fn user(process: &Process) -> String {
    let Some(user) = &process.user else { return process.uid.to_string() };
    let mut out = Vec::new();
    push_word(&mut out, user.as_bytes(), None);
    text(out)
}

fn command(mut out: Vec<u8>, process: &Process) -> Vec<u8> {
    if process.args.is_empty() && !process.args_cut {
        out.push(b'[');
        escape(&mut out, &process.comm);
        out.push(b']');
        return out;
    }
    for (n, arg) in process.args.iter().enumerate() {
        if n > 0 {
            out.push(b' ');
        }
        push_shell_word(&mut out, arg);
    }
    if process.args_cut {
        out.extend_from_slice(b"...");
    }
    out
}
