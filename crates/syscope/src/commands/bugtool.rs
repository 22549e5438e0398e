//! `syscope bugtool`.

use std::fs::{self, OpenOptions};
use std::io::{self, IsTerminal as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use syscope_event::Timestamp;
use syscope_output::exec::Redactor;

use crate::args::{self, Global};
use crate::bugtool::{self, Options, Summary};
use crate::doctor;
use crate::failure::Failure;
use crate::logging;

/// Runs the command.
pub fn run(global: &Global, args: &args::Bugtool) -> Result<ExitCode, Failure> {
    Redactor::new(&args.redact).map_err(|err| Failure::Usage(anyhow::Error::new(err).context("--redact")))?;
    if let Some(altroot) = args.altroot.as_ref().filter(|altroot| !altroot.is_dir()) {
        return Err(Failure::usage(format!("--altroot: {} is not a directory", altroot.display())));
    }
    let options = Options {
        doctor: doctor::Options {
            cri: args.cri.clone(),
            altroot: args.altroot.clone(),
            no_container_lookups: args.no_container_lookups,
        },
        config: global.config.clone(),
        redact: args.redact.clone(),
        since: args.since,
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = Timestamp(now.as_nanos() as u64);
    let top = bugtool::name(now);
    if args.output.as_deref() == Some(Path::new("-")) {
        if io::stdout().is_terminal() {
            return Err(Failure::usage("-o -: stdout is a terminal; write to a file or pipe"));
        }
        let stdout = fs::File::from(io::stdout().as_fd().try_clone_to_owned()?);
        report(&bugtool::write(stdout, top, now, options)?, None);
        return Ok(ExitCode::SUCCESS);
    }
    let path = args.output.clone().unwrap_or_else(|| PathBuf::from(format!("{top}.tar.gz")));
    let file = create(&path)?;
    let written = bugtool::write(&file, top, now, options)
        .and_then(|summary| file.sync_all().map(|()| summary).map_err(Into::into));
    match written {
        Ok(summary) => report(&summary, Some((&path, file.metadata().map_or(0, |meta| meta.len())))),
        Err(err) => {
            // Half an archive helps nobody; the file is ours, it was not there before.
            let _ = fs::remove_file(&path);
            return Err(Failure::Run(err.context(format!("write {}", path.display()))));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A new file that only we can read.
fn create(path: &Path) -> Result<fs::File, Failure> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("create {}", path.display()))
        .map_err(Failure::Usage)
}

/// Says, on stderr, what was collected.
fn report(summary: &Summary, file: Option<(&Path, u64)>) {
    let mut text = String::from("collected");
    for entry in &summary.entries {
        let cut = if entry.cut { " (cut)" } else { "" };
        text += &format!("\n  {:<36} {:>9} bytes{cut}", entry.name, entry.bytes);
    }
    for problem in &summary.problems {
        text += &format!("\n  not: {}", problem.escape_debug());
    }
    logging::say(text);
    if let Some((path, bytes)) = file {
        logging::say(format_args!("{} ({bytes} bytes)", path.display()));
    }
    logging::say("secrets were hidden where they could be told; look at it before you share it (tar -xzf)");
}
