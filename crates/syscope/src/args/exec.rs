//! The command line of `syscope exec`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::values::{parse_bytes, parse_duration, parse_label, parse_size};

/// `syscope exec`.
#[derive(Debug, Args)]
#[command(after_help = EXEC_EXAMPLES)]
pub struct Exec {
    /// Which processes.
    #[command(flatten, next_help_heading = "Which processes")]
    pub which: ExecWhich,
    /// Which containers.
    #[command(flatten, next_help_heading = "Which containers")]
    pub containers: super::Containers,
    /// Where containers are looked up.
    #[command(flatten, next_help_heading = "Where containers are looked up")]
    pub lookups: super::Lookups,
    /// What is logged.
    #[command(flatten, next_help_heading = "What is logged")]
    pub what: ExecWhat,
    /// Where it goes.
    #[command(flatten, next_help_heading = "Where it goes")]
    pub to: ExecTo,
    /// End after this time: 500ms, 10s, 2m
    #[arg(long, value_name = "DUR", value_parser = parse_duration)]
    pub duration: Option<Duration>,
    /// Use the kernel programs for old kernels also on this one
    #[arg(long, hide = true)]
    pub portable: bool,
    /// The buffer of one CPU: 256K, 8M (rounded down to a power of two, at least 64K)
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub ring_size: Option<u32>,
}

const EXEC_EXAMPLES: &str = "\
Examples:
  syscope exec                                  every program that is started on this host
  syscope exec --exit -f json                   also how processes end, as JSON lines
  syscope exec --failed                         also attempts that failed (hooks system calls)
  syscope exec -c web                           what is started in a container, also once it exists
  syscope exec --use-local-pidns                only this pid namespace and those below it
  syscope exec --label user=ann --write exec.log --rotate-size 64M --rotate-keep 5
  syscope exec --init-address 127.0.0.1:56123   wait for a workspace to send its pid namespace";

/// Whose programs are logged.
#[derive(Debug, Args)]
pub struct ExecWhich {
    /// Programs in this pid namespace and those below it, by inode number (see lsns -t pid)
    #[arg(short, long, value_name = "INUM", conflicts_with_all = ["use_local_pidns", "init_address"])]
    pub pid_ns: Option<u32>,
    /// Programs in this process's own pid namespace and those below it
    #[arg(long, conflicts_with = "init_address")]
    pub use_local_pidns: bool,
    /// Wait for one POST / with a pid namespace number (text/plain), then log that namespace
    #[arg(long, value_name = "HOST:PORT")]
    pub init_address: Option<String>,
    /// How long to wait for it
    #[arg(long, value_name = "DUR", value_parser = parse_duration, default_value = "15m")]
    pub startup_timeout: Duration,
    /// Programs in this cgroup and below it: its directory, or its path as in /proc/PID/cgroup
    #[arg(long, value_name = "PATH")]
    pub cgroup: Option<PathBuf>,
    /// Programs run by this real user id
    #[arg(long, value_name = "UID")]
    pub uid: Option<u32>,
}

/// What the exec log has.
#[derive(Debug, Args)]
pub struct ExecWhat {
    /// Also attempts to exec that failed
    #[arg(long)]
    pub failed: bool,
    /// Also how processes end: status or signal, and run time
    #[arg(long)]
    pub exit: bool,
    /// The value of this environment variable (can be repeated)
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub env: Vec<String>,
    /// Hide what matches in arguments and variables, or its groups (can be repeated)
    #[arg(long, value_name = "REGEX", allow_hyphen_values = true)]
    pub redact: Vec<String>,
    /// Keep at most so many bytes of one argument
    #[arg(long, value_name = "SIZE", value_parser = parse_bytes, default_value = "128K")]
    pub max_arg: u32,
    /// Keep at most so many bytes of all arguments of a program
    #[arg(long, value_name = "SIZE", value_parser = parse_bytes, default_value = "2M")]
    pub max_args: u32,
    /// Put this label on every record of the log format (can be repeated)
    #[arg(long, value_name = "K=V", value_parser = parse_label)]
    pub label: Vec<(String, String)>,
    /// The format; log is the default with --label or --init-address, text otherwise
    #[arg(short = 'f', long, value_enum, value_name = "FORMAT")]
    pub output: Option<ExecFormat>,
}

/// Formats of the exec log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExecFormat {
    /// One line per program, for people.
    Text,
    /// One JSON object per program.
    Json,
    /// The same in the envelope of a structured log, with labels.
    Log,
}

/// Where the exec log goes.
#[derive(Debug, Args)]
pub struct ExecTo {
    /// A file instead of stdout
    #[arg(long, value_name = "FILE")]
    pub write: Option<PathBuf>,
    /// Begin a new file at this size; older ones are FILE.1, FILE.2, ...
    #[arg(long, value_name = "SIZE", value_parser = parse_bytes, requires = "write")]
    pub rotate_size: Option<u32>,
    /// Keep so many older files
    #[arg(long, value_name = "N", default_value_t = 5, requires = "rotate_size")]
    pub rotate_keep: u32,
    /// Wait until the disk has what was written
    #[arg(long, requires = "write")]
    pub fsync: bool,
}
