//! `syscope man [COMMAND]`.

use std::io::{self, Write as _};
use std::process::ExitCode;

use crate::args::{self, Man};
use crate::failure::Failure;

/// Prints a manual page in roff, generated from the definition of the command line.
pub fn run(args: &Man) -> Result<ExitCode, Failure> {
    let definition = args::definition();
    let command = match &args.page {
        None => definition,
        Some(name) => {
            let mut built = definition;
            built.build();
            // A command's own commands are two words: `client create`.
            let mut words = name.split([' ', '-']);
            let found = words.try_fold(&built, |command, word| command.find_subcommand(word)).cloned();
            let command = found.ok_or_else(|| Failure::usage(format!("no command is called {name:?}")))?;
            command.name(format!("syscope-{}", name.replace(' ', "-"))).version(env!("CARGO_PKG_VERSION"))
        }
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    io::stdout().write_all(&page)?;
    Ok(ExitCode::SUCCESS)
}
