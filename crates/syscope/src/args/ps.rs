//! The command line of `syscope ps`.

use clap::Args;

use super::cgroups::ListFormat;
use super::containers::{Containers, Lookups};

/// `syscope ps`.
#[derive(Debug, Args)]
#[command(after_help = PS_EXAMPLES)]
pub struct Ps {
    /// The format of the list
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table, value_name = "FORMAT")]
    pub output: ListFormat,
    /// Children below their parents
    #[arg(short, long)]
    pub tree: bool,
    /// Threads of the kernel too
    #[arg(short, long)]
    pub kernel: bool,
    /// Which containers' processes.
    #[command(flatten, next_help_heading = "Which containers")]
    pub containers: Containers,
    /// Where containers are looked up.
    #[command(flatten, next_help_heading = "Where they are looked up")]
    pub lookups: Lookups,
}

const PS_EXAMPLES: &str = "\
OWNER is namespace/pod/container, a unit of the service manager, or the host; SOURCE says who
knows it: a runtime (cri, containerd, docker, podman, oci), the path of the cgroup alone, the
service manager (unit), or none. COMMAND is what the process shows as its arguments, quoted for a
shell.

Examples:
  syscope ps                                          all processes, and whose they are
  syscope ps --tree -n prod --pod 'web-*'             the processes of these pods as a tree
  syscope ps -o json | jq 'select(.container.name == \"nginx\") | .pid'";
