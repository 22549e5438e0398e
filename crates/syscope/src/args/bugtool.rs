//! The command line of `syscope bugtool`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::values::parse_duration;

/// `syscope bugtool`.
#[derive(Debug, Args)]
#[command(after_help = BUGTOOL_EXAMPLES)]
pub struct Bugtool {
    /// Where the archive goes: a file that is not there yet, - for stdout; default: syscope-bugtool-HOST-TIME.tar.gz
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Ask no container runtime
    #[arg(long)]
    pub no_container_lookups: bool,
    /// Hide also what this regular expression matches (can be repeated)
    #[arg(long, value_name = "PATTERN")]
    pub redact: Vec<String>,
    /// Take log entries of this time: 1h, 24h
    #[arg(long, value_name = "DUR", default_value = "24h", value_parser = parse_duration)]
    pub since: Duration,
    /// The socket of the container runtime's CRI service; found by itself when not given
    #[arg(short = 'r', long, value_name = "SOCKET")]
    pub cri: Option<PathBuf>,
    /// Where the host's root directory is, if Syscope runs in a container
    #[arg(short = 'A', long, value_name = "DIR")]
    pub altroot: Option<PathBuf>,
}

const BUGTOOL_EXAMPLES: &str = "\
The archive has what the doctor says, versions, configuration, cgroups, eBPF programs and maps,
recent logs, limits and settings. Tokens, passwords, keys and the environment are not in it. Look
at it before you send it to anybody.

Examples:
  sudo syscope bugtool                       an archive in the current directory
  sudo syscope bugtool -o - | tar -tzv       what is in it
  sudo syscope bugtool --redact 'acme-\\w+'   hide names of your own, too";
