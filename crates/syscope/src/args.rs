//! The command line: what was typed, nothing decided yet.
//!
//! Every long flag can also be given as `SYSCOPE_<FLAG>` in the environment or in the file of `--config`;
//! the command line goes first, then the environment, then the file. Both are added here to the one
//! definition of each flag, so help, completions and man pages need no second list.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Arg, ArgAction, Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};

use crate::failure::Failure;

/// Shows what every process and container asks of the kernel.
#[derive(Debug, Parser)]
#[command(
    name = "syscope",
    version,
    about,
    after_help = "Every long flag can also be set as SYSCOPE_<FLAG> in the environment (--max-events as SYSCOPE_MAX_EVENTS)\n\
                  or in a TOML file given with --config, one table per command.\n\n\
                  Exit status: 0 done; 1 failed while running; 2 wrong usage; 3 the host lacks a privilege or a kernel\n\
                  feature. `trace -- COMMAND` ends with the command's own status.",
    subcommand_required = true,
    arg_required_else_help = true
)]
pub struct Cli {
    /// Flags of every command.
    #[command(flatten)]
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
    /// Defaults for flags: a TOML file with one table per command
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
    /// Print a completion script for a shell
    Completions(Completions),
    /// Print the manual page, or that of a command
    Man(Man),
}

/// `syscope trace`.
#[derive(Debug, Args)]
#[command(after_help = TRACE_EXAMPLES)]
pub struct Trace {
    /// Which processes.
    #[command(flatten, next_help_heading = "Which processes")]
    pub processes: Processes,
    /// Which calls.
    #[command(flatten, next_help_heading = "Which calls")]
    pub calls: Calls,
    /// What is shown.
    #[command(flatten, next_help_heading = "What is shown")]
    pub show: Show,
    /// Bounds.
    #[command(flatten, next_help_heading = "Bounds")]
    pub bounds: Bounds,
    /// Trace this command and its descendants from its first exec on
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}

const TRACE_EXAMPLES: &str = "\
Examples:
  syscope trace -- ls /tmp                     what a command does
  syscope trace -s openat,%network -p 1234     opens and sockets of a process and its descendants
  syscope trace -Z --duration 10s              every failing call of this machine for ten seconds
  syscope trace -C --latency -- make           where a build spends its time in the kernel
  syscope trace -o json -w calls.jsonl -p 1234 one JSON object per call, to a file";

/// Which processes are traced.
#[derive(Debug, Args)]
pub struct Processes {
    /// This process and its descendants (can be repeated)
    #[arg(short, long, value_name = "PID", value_delimiter = ',', value_parser = clap::value_parser!(u32).range(1..))]
    pub pid: Vec<u32>,
    /// Processes in this cgroup and below it: its directory, or its path as in /proc/PID/cgroup
    #[arg(long, value_name = "PATH")]
    pub cgroup: Option<PathBuf>,
    /// Processes in this pid namespace and those below it, by inode number (see lsns -t pid)
    #[arg(long, value_name = "INUM")]
    pub pid_ns: Option<u32>,
    /// Threads of this name (the kernel keeps 15 bytes of it)
    #[arg(long, value_name = "NAME")]
    pub comm: Option<OsString>,
    /// Processes with this real user id
    #[arg(long, value_name = "UID")]
    pub uid: Option<u32>,
}

/// Which calls are recorded.
#[derive(Debug, Args)]
pub struct Calls {
    /// System calls: names, numbers, %class, ! to exclude; default: all
    #[arg(short, long, value_name = "LIST")]
    pub syscalls: Option<String>,
    /// Only calls that failed
    #[arg(short = 'Z', long, conflicts_with = "successful_only")]
    pub failed_only: bool,
    /// Only calls that did not fail
    #[arg(short = 'z', long, conflicts_with = "errno")]
    pub successful_only: bool,
    /// Only calls that failed with one of these: ENOENT,13
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = parse_errno)]
    pub errno: Vec<u16>,
    /// Only calls that took at least so long: 10ms, 1s
    #[arg(long, value_name = "DUR", value_parser = parse_duration)]
    pub min_latency: Option<Duration>,
}

/// What is shown and where.
#[derive(Debug, Args)]
pub struct Show {
    /// The format of events
    #[arg(short, long, value_enum, default_value_t = Format::Cli, value_name = "FORMAT")]
    pub output: Format,
    /// Where events go instead of stdout (with a command: of stderr); - is stdout
    #[arg(short, long, value_name = "FILE")]
    pub write: Option<PathBuf>,
    /// Count calls, errors and times and print a table at the end instead of events
    #[arg(short = 'C', long)]
    pub summary: bool,
    /// How long each call took, and at the end the calls still in progress
    #[arg(long)]
    pub latency: bool,
    /// At the end the calls that have not returned
    #[arg(long)]
    pub unfinished: bool,
    /// C types and names of arguments
    #[arg(long)]
    pub types: bool,
    /// What file descriptors refer to: 3</etc/hosts> (in JSON always shown)
    #[arg(short = 'y', long)]
    pub fd_paths: bool,
    /// Say which hooks the run attaches and what a call costs with them
    #[arg(long)]
    pub explain_cost: bool,
}

/// Formats of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// One line per event, for people.
    Cli,
    /// One JSON object per line.
    Json,
}

/// Bounds of a run.
#[derive(Debug, Args)]
pub struct Bounds {
    /// End after so many events
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub max_events: Option<u64>,
    /// End after this time: 500ms, 10s, 2m
    #[arg(long, value_name = "DUR", value_parser = parse_duration)]
    pub duration: Option<Duration>,
    /// Show at most so many bytes of a string or buffer (paths are whole)
    #[arg(long, value_name = "BYTES", default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub string_limit: u32,
    /// The buffer of one CPU: 256K, 8M (rounded down to a power of two, at least 64K)
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub ring_size: Option<u32>,
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
        definition = with_file(definition, &file)?;
    }
    let matches = definition.try_get_matches_from(words).map_err(|err| Failure::Clap(Box::new(err)))?;
    Cli::from_arg_matches(&matches).map_err(|err| Failure::Clap(Box::new(err)))
}

/// Lets every long flag be set from the environment.
fn with_environment(command: clap::Command) -> clap::Command {
    command.mut_args(environment).mut_subcommands(|sub| sub.mut_args(environment))
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

/// Takes the entries of a file as defaults: at its top the global flags, in a table those of a command.
fn with_file(mut definition: clap::Command, file: &PathBuf) -> Result<clap::Command, Failure> {
    let name = file.display().to_string();
    let text =
        std::fs::read_to_string(file).with_context(|| format!("read {name}")).map_err(Failure::Usage)?;
    let table: toml::Table = text.parse().with_context(|| format!("parse {name}")).map_err(Failure::Usage)?;
    for (key, value) in table {
        match value {
            toml::Value::Table(entries) => {
                if definition.find_subcommand(&key).is_none() {
                    return Err(Failure::usage(format!("{name}: no command is called {key:?}")));
                }
                for (flag, value) in entries {
                    check(definition.find_subcommand(&key), &name, &flag)?;
                    let values = texts(&name, &flag, value)?;
                    definition = definition
                        .mut_subcommand(&key, |sub| sub.mut_arg(id(&flag), |arg| with_default(arg, values)));
                }
            }
            value => {
                check(Some(&definition), &name, &key)?;
                let values = texts(&name, &key, value)?;
                definition = definition.mut_arg(id(&key), |arg| with_default(arg, values));
            }
        }
    }
    Ok(definition)
}

/// Clap's name of a flag.
fn id(flag: &str) -> String {
    flag.replace('-', "_")
}

fn check(command: Option<&clap::Command>, file: &str, flag: &str) -> Result<(), Failure> {
    let known =
        command.is_some_and(|command| command.get_arguments().any(|arg| arg.get_long() == Some(flag)));
    if known { Ok(()) } else { Err(Failure::usage(format!("{file}: no flag is called {flag:?}"))) }
}

fn with_default(arg: Arg, values: Vec<String>) -> Arg {
    arg.default_values(values)
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

/// `10s`, `500ms`, `1m30s`; a plain number is seconds.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    const UNITS: [(&str, f64); 6] =
        [("ns", 1e-9), ("us", 1e-6), ("ms", 1e-3), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];
    let wrong = || format!("{text:?} is no duration; write 500ms, 10s, 2m or 1h30m");
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).map_err(|_| wrong());
    }
    let (mut rest, mut total) = (text, 0.0);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(wrong)?;
        let unit_end = rest[digits..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |at| digits + at);
        let number: f64 = rest[..digits].parse().map_err(|_| wrong())?;
        let unit = UNITS.iter().find(|unit| unit.0 == &rest[digits..unit_end]).ok_or_else(wrong)?;
        total += number * unit.1;
        rest = &rest[unit_end..];
    }
    if text.is_empty() { Err(wrong()) } else { Duration::try_from_secs_f64(total).map_err(|_| wrong()) }
}

/// `65536`, `256K`, `8M`.
fn parse_size(text: &str) -> Result<u32, String> {
    let wrong = || format!("{text:?} is no size; write 256K or 8M");
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let factor: u64 = match unit.to_ascii_uppercase().trim_end_matches("IB").trim_end_matches('B') {
        "" => 1,
        "K" => 1 << 10,
        "M" => 1 << 20,
        "G" => 1 << 30,
        _ => return Err(wrong()),
    };
    let size = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(factor)).ok_or_else(wrong)?;
    match size {
        0..65_536 => Err(format!("{text:?} is too small: a ring has at least 64K")),
        65_536..=1_073_741_824 => Ok(size as u32),
        _ => Err(format!("{text:?} is too large: a ring has at most 1G")),
    }
}

/// What the log understands: a level, or levels by target.
fn parse_log_level(text: &str) -> Result<String, String> {
    match tracing_subscriber::EnvFilter::try_new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("write error, warn, info, debug, trace, or target=level,...".to_owned()),
    }
}

/// `ENOENT`, `enoent` or `2`.
fn parse_errno(text: &str) -> Result<u16, String> {
    use syscope_syscalls::names::errno;
    if let Ok(number) = text.parse::<u16>() {
        return if (1..=4095).contains(&number) {
            Ok(number)
        } else {
            Err(format!("{text} is no error number (1 to 4095)"))
        };
    }
    errno::number(&text.to_ascii_uppercase())
        .ok_or_else(|| format!("no error is called {text:?} (as ENOENT, EPERM, 13)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_sound() {
        definition().debug_assert();
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

    #[test]
    fn durations() {
        assert_eq!(parse_duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse_duration("1m30s"), Ok(Duration::from_secs(90)));
        assert_eq!(parse_duration("1.5"), Ok(Duration::from_millis(1500)));
        for wrong in ["", "s", "10x", "-1s", "1s2", "nan", "1e400s"] {
            assert!(parse_duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes() {
        assert_eq!(parse_size("64K"), Ok(65_536));
        assert_eq!(parse_size("8MiB"), Ok(8 << 20));
        for wrong in ["", "1K", "K", "8X", "99999999999999999999", "2G"] {
            assert!(parse_size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn errors_by_name_and_number() {
        assert_eq!(parse_errno("enoent"), Ok(2));
        assert_eq!(parse_errno("13"), Ok(13));
        assert!(parse_errno("0").is_err() && parse_errno("ENOSUCH").is_err());
    }
}
