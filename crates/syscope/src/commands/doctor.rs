//! `syscope doctor`.

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use anyhow::Context as _;

use crate::args::{self, Global, ReportFormat};
use crate::doctor::{self, Look, Options};
use crate::failure::Failure;
use crate::output::wants_color;

/// Columns of a table that no terminal shows.
const WIDTH: usize = 100;

/// Runs the command.
pub fn run(global: &Global, args: &args::Doctor) -> Result<ExitCode, Failure> {
    if let Some(altroot) = args.altroot.as_ref().filter(|altroot| !altroot.is_dir()) {
        return Err(Failure::usage(format!("--altroot: {} is not a directory", altroot.display())));
    }
    let fixes = if args.fix { doctor::fix() } else { Vec::new() };
    let options =
        Options { cri: args.cri.clone(), altroot: args.altroot.clone(), no_container_lookups: false };
    let report = doctor::examine(&options, fixes);
    let text = match args.output {
        ReportFormat::Json => {
            let mut text = serde_json::to_string_pretty(&report).context("write the report as JSON")?;
            text.push('\n');
            text
        }
        ReportFormat::Table => {
            let mut text = String::new();
            doctor::write_table(&mut text, &report, look(global));
            text
        }
    };
    io::stdout().write_all(text.as_bytes())?;
    let works = report.jobs.trace && report.jobs.exec;
    Ok(if works { ExitCode::SUCCESS } else { ExitCode::from(3) })
}

/// As wide as the terminal; elsewhere as wide as `COLUMNS` says, if it says something.
fn look(global: &Global) -> Look {
    let terminal = io::stdout().is_terminal();
    let seen = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)).filter(|_| terminal);
    let said = || std::env::var("COLUMNS").ok()?.parse().ok();
    Look { width: seen.or_else(said).unwrap_or(WIDTH), color: terminal && !global.no_color && wants_color() }
}
