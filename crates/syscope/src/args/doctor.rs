//! The command line of `syscope doctor`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// `syscope doctor`.
#[derive(Debug, Args)]
#[command(after_help = DOCTOR_EXAMPLES)]
pub struct Doctor {
    /// The format of the report
    #[arg(short, long, value_enum, default_value_t = ReportFormat::Table, value_name = "FORMAT")]
    pub output: ReportFormat,
    /// Mount what is missing (tracefs, bpffs, a cgroup hierarchy where there is none), and nothing else
    #[arg(long)]
    pub fix: bool,
    /// The socket of the container runtime's CRI service; found by itself when not given
    #[arg(short = 'r', long, value_name = "SOCKET")]
    pub cri: Option<PathBuf>,
    /// Where the host's root directory is, if Syscope runs in a container
    #[arg(short = 'A', long, value_name = "DIR")]
    pub altroot: Option<PathBuf>,
}

const DOCTOR_EXAMPLES: &str = "\
Exit status: 0 if trace and exec can run here, 3 if not; then it says what is missing and how to
get it.

Examples:
  syscope doctor                                          what this host can do, as a table
  syscope doctor -o json | jq '.findings[] | select(.status != \"ok\")'
  sudo syscope doctor --fix                               mount what is missing, then look";

/// Formats of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For people.
    Table,
    /// One JSON object (docs/doctor.schema.json).
    Json,
}
