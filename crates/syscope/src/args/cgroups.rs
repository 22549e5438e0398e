//! The command line of `syscope cgroups`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::containers::{Containers, Lookups};

/// `syscope cgroups`.
#[derive(Debug, Args)]
#[command(after_help = CGROUPS_EXAMPLES)]
pub struct Cgroups {
    /// Only this cgroup and what is below it: its directory, or its path as in /proc/PID/cgroup
    #[arg(value_name = "PATH")]
    pub path: Option<PathBuf>,
    /// The hierarchy: unified (v2), a v1 controller, name=NAME, or all; default: the one that owners are
    /// known in
    #[arg(long, value_name = "NAME")]
    pub hierarchy: Option<String>,
    /// The format of the list
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table, value_name = "FORMAT")]
    pub output: ListFormat,
    /// Whole paths instead of a tree
    #[arg(long)]
    pub flat: bool,
    /// A tree, which is the default
    #[arg(long, conflicts_with = "flat")]
    pub tree: bool,
    /// Which containers' cgroups.
    #[command(flatten, next_help_heading = "Which containers")]
    pub containers: Containers,
    /// Where containers are looked up.
    #[command(flatten, next_help_heading = "Where they are looked up")]
    pub lookups: Lookups,
}

/// Formats of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// For people.
    Table,
    /// One JSON object per line.
    Json,
}

const CGROUPS_EXAMPLES: &str = "\
STATE is running if a cgroup or one below it has processes; PROCS are those in it alone. SOURCE
says who knows the owner: a runtime (cri, containerd, docker, podman, oci), the path alone, the
service manager (unit), or none.

Examples:
  syscope cgroups                                     the tree, and whose each cgroup is
  syscope cgroups -n prod -l app=web                  the cgroups of these pods' containers
  syscope cgroups --hierarchy all --flat              all hierarchies of a host with cgroup v1
  syscope cgroups -o json | jq -r 'select(.owner.kind == \"container\") | .path'";
