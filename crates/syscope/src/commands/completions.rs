//! `syscope completions SHELL`.

use std::io;
use std::process::ExitCode;

use crate::args::{self, Completions};
use crate::failure::Failure;

/// Prints the completion script, generated from the definition of the command line.
pub fn run(args: &Completions) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut args::definition(), "syscope", &mut script);
    io::Write::write_all(&mut io::stdout(), &script)?;
    Ok(ExitCode::SUCCESS)
}
