//! `syscope cgroups`.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use syscope_container::layout::{Layout, Tracked};
use syscope_output::inventory::{self, Cgroup};

use super::snapshot::{self, Filter, Hierarchy};
use crate::args::{self, Global, ListFormat};
use crate::failure::Failure;
use crate::output::{Default, Output};

/// Runs the command.
pub fn run(global: &Global, args: &args::Cgroups) -> Result<ExitCode, Failure> {
    let layout = snapshot::read_layout();
    let mut filter = Filter::new(&args.containers)?;
    let part =
        args.path.as_deref().map(|path| Part::read(&layout, path, args.hierarchy.as_deref())).transpose()?;
    let wanted = part.as_ref().and_then(|part| part.hierarchy.as_deref()).or(args.hierarchy.as_deref());
    let mut cgroups = Vec::new();
    for tracked in snapshot::choose(&layout, wanted)? {
        let is_tracked = layout.tracked.as_ref().is_some_and(|one| one.hierarchy_id == tracked.hierarchy_id);
        let mut hierarchy = Hierarchy::read(tracked)?;
        let part = part.as_ref().map(|part| part.path(hierarchy.tracked()));
        let is_wanted = |path: &[u8]| {
            part.as_ref().is_none_or(|part| Path::new(OsStr::from_bytes(path)).starts_with(part))
        };
        if is_tracked && hierarchy.has(is_wanted) {
            snapshot::resolve(&mut hierarchy, &args.lookups)?;
        }
        cgroups.extend(hierarchy.cgroups().into_iter().filter(|cgroup| is_wanted(&cgroup.path)));
    }
    if let Some(part) = part.filter(|_| cgroups.is_empty()) {
        return Err(Failure::usage(format!(
            "no cgroup {} (give its directory below /sys/fs/cgroup, or its path as /proc/PID/cgroup shows it)",
            part.path.display()
        )));
    }
    cgroups.retain(|cgroup| filter.keeps(cgroup.owner.as_deref()));
    filter.warn("cgroups");
    snapshot::warn_of_doubts("cgroup", cgroups.iter().filter_map(|cgroup| cgroup.owner.as_ref()));
    show(global, args, &cgroups)?;
    Ok(ExitCode::SUCCESS)
}

fn show(global: &Global, args: &args::Cgroups, cgroups: &[Cgroup]) -> Result<(), Failure> {
    let mut output = Output::open(None, Default::Stdout)?;
    let form = snapshot::form(global, &output, !args.flat);
    match args.output {
        ListFormat::Table => inventory::push_cgroups(output.buffer(), cgroups, &form),
        ListFormat::Json => inventory::push_cgroups_json(output.buffer(), cgroups)?,
    }
    output.flush()
}

/// The part of a hierarchy that a path names.
struct Part {
    /// Its path in the hierarchy, or as in `/proc/PID/cgroup`.
    path: PathBuf,
    /// The hierarchy, where it was given as a directory of one.
    hierarchy: Option<String>,
}

impl Part {
    /// Finds what `path` means: a directory in a mounted hierarchy, or a path in the one that was asked for.
    fn read(layout: &Layout, path: &Path, asked: Option<&str>) -> Result<Part, Failure> {
        let located = path.canonicalize().ok().and_then(|real| snapshot::locate(layout, &real));
        let Some((hierarchy, inner)) = located else {
            return Ok(Part { path: clean(&Path::new("/").join(path)), hierarchy: None });
        };
        if let Some(asked) = asked
            && (asked == "all" || !snapshot::is_called(hierarchy, asked))
        {
            let (path, name) = (path.display(), &hierarchy.name);
            return Err(Failure::usage(format!("{path} is in the hierarchy {name}, not in {asked}")));
        }
        Ok(Part { path: clean(&inner), hierarchy: Some(hierarchy.name.clone()) })
    }

    /// The path in a hierarchy.
    fn path(&self, tracked: &Tracked) -> PathBuf {
        match self.hierarchy {
            Some(_) => self.path.clone(),
            None => OsString::from_vec(tracked.resolve(self.path.as_os_str().as_bytes())).into(),
        }
    }
}

/// Without a slash at the end or doubled ones.
fn clean(path: &Path) -> PathBuf {
    path.components().collect()
}
