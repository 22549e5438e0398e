//! The command line of `syscope trace`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::values::{parse_duration, parse_errno, parse_size};

/// `syscope trace`.
#[derive(Debug, Args)]
#[command(after_help = TRACE_EXAMPLES, mut_arg("field_selector", |arg| arg.short('f')))]
pub struct Trace {
    /// Which processes.
    #[command(flatten, next_help_heading = "Which processes")]
    pub processes: Processes,
    /// Which containers.
    #[command(flatten, next_help_heading = "Which containers")]
    pub containers: super::Containers,
    /// Where containers are looked up.
    #[command(flatten, next_help_heading = "Where containers are looked up")]
    pub lookups: super::Lookups,
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
  syscope trace -n prod -l app=web -Z          failing calls of the pods with that label
  syscope trace -c web -s %network             the network calls of a container, also once it starts
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
    /// System calls: names, numbers, %class, /regex, ! to exclude; default: all
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
    /// Use the kernel programs for old kernels also on this one
    #[arg(long, hide = true)]
    pub portable: bool,
    /// The buffer of one CPU: 256K, 8M (rounded down to a power of two, at least 64K)
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub ring_size: Option<u32>,
}
