//! The command line: what was typed, nothing decided yet.
//!
//! Every long flag can also be given as `SYSCOPE_<FLAG>` in the environment or in the file of `--config`;
//! the command line goes first, then the environment, then the file. Both are added here to the one
//! definition of each flag, so help, completions and man pages need no second list.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::builder::BoolishValueParser;
use clap::{Arg, ArgAction, Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};

pub use self::bugtool::Bugtool;
pub use self::cgroups::{Cgroups, ListFormat};
pub use self::client::{Client, ClientCommand, Connection, Create, ShowEvents, Watch};
pub use self::containers::{Containers, Lookups};
pub use self::doctor::{Doctor, ReportFormat};
pub use self::exec::{Exec, ExecFormat, ExecTo};
pub use self::ps::Ps;
pub use self::server::Server;
pub use self::top::Top;
pub use self::trace::{Calls, Format, Processes, Trace};
use self::values::parse_log_level;
use crate::failure::Failure;

mod bugtool;
mod cgroups;
mod client;
mod containers;
mod doctor;
mod exec;
mod ps;
mod server;
mod top;
mod trace;
mod values;

/// Shows what every process and container asks of the kernel.
#[derive(Debug, Parser)]
#[command(
    name = "syscope",
    version,
    about,
    after_help = "Every long flag can also be set as SYSCOPE_<FLAG> in the environment (--max-events as\n\
                  SYSCOPE_MAX_EVENTS) or in a TOML file given with --config, one table per command.\n\n\
                  Exit status: 0 done; 1 failed while running; 2 wrong usage; 3 the host lacks a privilege\n\
                  or a kernel feature. `trace -- COMMAND` ends with the command's own status.",
    subcommand_required = true,
    arg_required_else_help = true
)]
pub struct Cli {
    /// Flags of every command.
    #[command(flatten, next_help_heading = "Of every command")]
    pub global: Global,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// Flags of every command.
#[derive(Debug, Args)]
pub struct Global {
    /// How much is said on stderr: error, warn, info, debug, trace, or target=level,...
    #[arg(long, global = true, default_value = "warn", value_name = "LEVEL", value_parser = parse_log_level)]
    pub log_level: String,
    /// The form of what is said on stderr
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text, value_name = "FORMAT")]
    pub log_format: LogFormat,
    /// No colours, also not on a terminal (as does NO_COLOR)
    #[arg(long, global = true)]
    pub no_color: bool,
    /// Defaults for flags: a TOML file with one table per command, and flags of every command at its top
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Forms of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object per line.
    Json,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show system calls as they happen, decoded like strace
    Trace(Box<Trace>),
    /// Log every program that is started: whole, not forgeable, without a tax on system calls
    Exec(Box<Exec>),
    /// The node agent: metrics, a page of charts, trace jobs for many at once
    Server(Box<Server>),
    /// Trace on one or many nodes: jobs of their agents, merged in the order of time
    Client(Client),
    /// Show live who makes which system calls, how many fail, and how long they take
    Top(Top),
    /// Show the cgroups of this host, and whose they are
    Cgroups(Cgroups),
    /// Show processes with their containers
    Ps(Ps),
    /// Say what this host can do, what it lacks, and what follows from it
    Doctor(Doctor),
    /// Collect what a bug report needs into one archive, without secrets
    Bugtool(Bugtool),
    /// Print a completion script for a shell
    Completions(Completions),
    /// Print the manual page, or that of a command
    Man(Man),
}

/// `syscope completions`.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// `syscope man`.
#[derive(Debug, Args)]
pub struct Man {
    /// The command whose page is wanted
    pub page: Option<String>,
}

/// The definition of the whole command line, without the defaults of a file.
pub fn definition() -> clap::Command {
    with_environment(Cli::command())
}

/// Parses the words of the command line.
pub fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Cli, Failure> {
    let words: Vec<OsString> = words.into_iter().collect();
    if words.iter().position(|word| word == "--").is_some_and(|at| at + 1 == words.len()) {
        return Err(Failure::usage("a command is missing after --"));
    }
    let mut definition = definition();
    if let Some(file) = config_file(&words) {
        definition = match with_file(definition.clone(), &file) {
            // Where something is wrong these two shall find out, not fail for it as well.
            Err(_) if is_diagnosis(&definition, &words) => definition,
            with_file => with_file?,
        };
    }
    let matches = definition.try_get_matches_from(words).map_err(|err| Failure::Clap(Box::new(err)))?;
    Cli::from_arg_matches(&matches).map_err(|err| Failure::Clap(Box::new(err)))
}

/// The flags of `syscope server` as these words set them, without environment and file.
pub fn server_defaults<'a>(words: impl Iterator<Item = &'a str>) -> Result<Server, Failure> {
    let parsed = Cli::try_parse_from(words).map_err(|err| Failure::Clap(Box::new(err)))?;
    match parsed.command {
        Command::Server(server) => Ok(*server),
        _ => Err(Failure::usage("these words are of no server")),
    }
}

/// Lets every long flag be set from the environment.
fn with_environment(command: clap::Command) -> clap::Command {
    command.mut_args(environment).mut_subcommands(with_environment)
}

fn environment(arg: Arg) -> Arg {
    let Some(long) = arg.get_long() else { return arg };
    if matches!(
        arg.get_action(),
        ArgAction::Help | ArgAction::HelpShort | ArgAction::HelpLong | ArgAction::Version
    ) {
        return arg;
    }
    let name = format!("SYSCOPE_{}", long.to_uppercase().replace('-', "_"));
    // A variable and a file say `1` or `yes` as well as `true`.
    let arg = match arg.get_action() {
        ArgAction::SetTrue => arg.value_parser(BoolishValueParser::new()),
        _ => arg,
    };
    arg.env(name).hide_env(true)
}

/// The file of `--config`, found before the flags are parsed because it changes their defaults.
fn config_file(words: &[OsString]) -> Option<PathBuf> {
    let mut words = words.iter().take_while(|word| *word != "--");
    while let Some(word) = words.next() {
        if word == "--config" {
            return words.next().map(PathBuf::from);
        }
        if let Some(file) = word.to_str().and_then(|word| word.strip_prefix("--config=")) {
            return Some(PathBuf::from(file));
        }
    }
    std::env::var_os("SYSCOPE_CONFIG").map(PathBuf::from)
}

/// Whether the command is one that looks for what is wrong.
fn is_diagnosis(definition: &clap::Command, words: &[OsString]) -> bool {
    let matches = definition.clone().ignore_errors(true).try_get_matches_from(words);
    matches.is_ok_and(|matches| matches!(matches.subcommand_name(), Some("doctor" | "bugtool")))
}

/// Takes the entries of a file as defaults: at its top the global flags, in a table those of a command, in a table of that those
/// of what the command does (`[client.create]`).
fn with_file(definition: clap::Command, file: &PathBuf) -> Result<clap::Command, Failure> {
    let name = file.display().to_string();
    let text =
        std::fs::read_to_string(file).with_context(|| format!("read {name}")).map_err(Failure::Usage)?;
    let table: toml::Table = text.parse().with_context(|| format!("parse {name}")).map_err(Failure::Usage)?;
    with_entries(definition, &name, table)
}

fn with_entries(
    mut definition: clap::Command,
    name: &str,
    table: toml::Table,
) -> Result<clap::Command, Failure> {
    for (key, value) in table {
        match value {
            // A table that is called like a flag is a wrong value of it.
            toml::Value::Table(entries) if find(&definition, name, &key).is_err() => {
                if definition.find_subcommand(&key).is_none() {
                    return Err(Failure::usage(format!("{name}: no command is called {key:?}")));
                }
                let mut failed = Ok(());
                definition = definition.mut_subcommand(&key, |sub| {
                    with_entries(sub.clone(), name, entries).unwrap_or_else(|failure| {
                        failed = Err(failure);
                        sub
                    })
                });
                failed?;
            }
            value => {
                let arg = find(&definition, name, &key)?;
                let values = joined(arg, name, &key, texts(name, &key, value)?)?;
                definition = definition.mut_arg(id(&key), |arg| arg.default_values(values));
            }
        }
    }
    Ok(definition)
}

/// Clap's name of a flag.
fn id(flag: &str) -> String {
    flag.replace('-', "_")
}

fn find<'a>(command: &'a clap::Command, file: &str, flag: &str) -> Result<&'a Arg, Failure> {
    let mut known = command.get_arguments();
    let found = known.find(|arg| arg.get_long() == Some(flag));
    found.ok_or_else(|| Failure::usage(format!("{file}: no flag is called {flag:?}")))
}

/// The values of an array as the flag takes them: clap would drop all but the first of one that can't be repeated.
fn joined(arg: &Arg, file: &str, flag: &str, values: Vec<String>) -> Result<Vec<String>, Failure> {
    let is_list = arg.get_value_names().is_some_and(|names| names.iter().any(|name| name == "LIST"));
    match arg.get_action() {
        ArgAction::Append => Ok(values),
        _ if values.len() == 1 => Ok(values),
        _ if is_list && !values.is_empty() => Ok(vec![values.join(",")]),
        _ => Err(Failure::usage(format!("{file}: {flag} takes one value, not {}", values.len()))),
    }
}

fn texts(file: &str, flag: &str, value: toml::Value) -> Result<Vec<String>, Failure> {
    let text = |value: toml::Value| match value {
        toml::Value::String(text) => Ok(text),
        toml::Value::Integer(number) => Ok(number.to_string()),
        toml::Value::Boolean(value) => Ok(value.to_string()),
        other => Err(Failure::usage(format!("{file}: {flag} cannot be a {}", other.type_str()))),
    };
    match value {
        toml::Value::Array(values) => values.into_iter().map(text).collect(),
        value => Ok(vec![text(value)?]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_sound() {
        definition().debug_assert();
    }

    /// Clap breaks what is longer, examples as well.
    #[test]
    fn what_follows_the_flags_fits_in_a_line() {
        let mut open = vec![definition()];
        while let Some(command) = open.pop() {
            let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            for line in after.lines() {
                assert!(line.len() <= 100, "{}: {line}", command.get_name());
            }
            open.extend(command.get_subcommands().cloned());
        }
    }

    #[test]
    fn every_long_flag_has_its_variable() {
        let definition = definition();
        let trace = definition.find_subcommand("trace").unwrap();
        for arg in trace.get_arguments().filter(|arg| arg.get_long().is_some() && arg.get_id() != "help") {
            assert!(
                arg.get_env().is_some_and(|name| name.to_string_lossy().starts_with("SYSCOPE_")),
                "{arg}"
            );
        }
    }
}
