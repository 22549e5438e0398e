//! `syscope ps`.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use syscope_event::Owner;
use syscope_output::inventory::{self, Place, Process};

use super::snapshot::{self, Filter, Found, Hierarchy, Users};
use crate::args::{self, Global, ListFormat};
use crate::failure::Failure;
use crate::output::{Default, Output};

/// Runs the command.
pub fn run(global: &Global, args: &args::Ps) -> Result<ExitCode, Failure> {
    let mut filter = Filter::new(&args.containers)?;
    let layout = snapshot::read_layout();
    let mut hierarchy = match layout.tracked {
        Some(tracked) => Some(Hierarchy::read(tracked)?),
        None => {
            tracing::warn!("whose processes are cannot be told: {}", layout.reason);
            None
        }
    };
    let mut found = read_processes()?;
    found.retain(|process| args.kernel || !process.kernel);
    if let Some(hierarchy) = &mut hierarchy {
        read_younger(hierarchy, &found)?;
        snapshot::resolve(hierarchy, &args.lookups)?;
    }
    let users = Users::read(args.lookups.altroot.as_deref().unwrap_or(Path::new("/")));
    let mut processes = join(found, hierarchy.as_ref(), &users);
    processes.retain(|process| filter.keeps(process.owner.as_deref()));
    filter.warn("processes");
    snapshot::warn_of_doubts("process", processes.iter().filter_map(|process| process.owner.as_ref()));
    show(global, args, &processes)?;
    Ok(ExitCode::SUCCESS)
}

fn read_processes() -> Result<Vec<Found>, Failure> {
    let read = snapshot::read_processes(Path::new(snapshot::PROC));
    Ok(read.with_context(|| format!("read the processes in {}", snapshot::PROC))?)
}

/// Reads the hierarchy again if a process is in a cgroup that was made since.
fn read_younger(hierarchy: &mut Hierarchy, found: &[Found]) -> Result<(), Failure> {
    let ids = hierarchy.ids();
    let mut paths = found.iter().filter_map(|process| path(hierarchy, process));
    if paths.any(|path| !ids.contains_key(&*path) && !path.ends_with(DELETED)) {
        hierarchy.read_again()?;
    }
    Ok(())
}

/// What the kernel puts behind the path of a cgroup that was removed before its last process ended.
const DELETED: &[u8] = b" (deleted)";

/// The path of a process's cgroup in a hierarchy.
fn path(hierarchy: &Hierarchy, found: &Found) -> Option<Box<[u8]>> {
    let seen = found.cgroup(hierarchy.tracked().controller.as_deref())?;
    Some(hierarchy.tracked().resolve(seen).into())
}

/// Processes with their cgroups and owners.
fn join(found: Vec<Found>, hierarchy: Option<&Hierarchy>, users: &Users) -> Vec<Process> {
    let ids = hierarchy.map(Hierarchy::ids).unwrap_or_default();
    let name: Arc<str> = hierarchy.map_or("", Hierarchy::name).into();
    let process = |found: Found| {
        let path = hierarchy.and_then(|hierarchy| path(hierarchy, &found));
        let id = path.as_deref().and_then(|path| ids.get(path).copied());
        let owner = hierarchy.and_then(|hierarchy| owner(hierarchy, path.as_deref(), id));
        let tracking_id = hierarchy.and_then(|hierarchy| hierarchy.tracking(id?));
        let cgroup = path.map(|path| Place { id, hierarchy: Arc::clone(&name), tracking_id, path });
        found.into_process(users, cgroup, owner)
    };
    found.into_iter().map(process).collect()
}

fn owner(hierarchy: &Hierarchy, path: Option<&[u8]>, id: Option<u64>) -> Option<Arc<Owner>> {
    match (id, path) {
        _ if !hierarchy.is_resolved() => None,
        (Some(id), _) => hierarchy.owner(id),
        (None, Some(path)) if path.ends_with(DELETED) => Some(snapshot::unknown("its cgroup was removed")),
        (None, Some(_)) => Some(snapshot::unknown("its cgroup is out of sight from here")),
        (None, None) => Some(snapshot::unknown("the kernel does not tell its cgroup")),
    }
}

fn show(global: &Global, args: &args::Ps, processes: &[Process]) -> Result<(), Failure> {
    let mut output = Output::open(None, Default::Stdout)?;
    let form = snapshot::form(global, &output, args.tree);
    match args.output {
        ListFormat::Table => inventory::push_processes(output.buffer(), processes, &form),
        ListFormat::Json => inventory::push_processes_json(output.buffer(), processes)?,
    }
    output.flush()
}
