//! Which containers, and where they are looked up: flags of several commands.

use std::path::PathBuf;

use clap::Args;

/// Which containers, those that there are and those that start later; conditions of different kinds must
/// all hold, of one kind any.
#[derive(Debug, Args, Default, Clone)]
pub struct Containers {
    /// Containers of pods in this namespace (can be repeated)
    #[arg(short, long, value_name = "NAMESPACE", value_delimiter = ',')]
    pub namespace: Vec<String>,
    /// Containers of this pod; * stands for any text
    #[arg(long, value_name = "POD", value_delimiter = ',')]
    pub pod: Vec<String>,
    /// The container of this name, or whose id begins so
    #[arg(short, long, value_name = "NAME|ID", value_delimiter = ',')]
    pub container: Vec<String>,
    /// Containers of this image
    #[arg(long, value_name = "IMAGE", value_delimiter = ',')]
    pub image: Vec<String>,
    /// Containers with these labels, as kubectl takes them: app=web,tier in (a,b),!old
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    pub selector: Vec<String>,
    /// Containers of pods with these fields: metadata.name=web-0
    #[arg(long, value_name = "SELECTOR")]
    pub field_selector: Vec<String>,
}

/// Where containers are looked up.
#[derive(Debug, Args, Default, Clone)]
pub struct Lookups {
    /// Look up no containers; the process alone is named
    #[arg(long, conflicts_with_all = ["namespace", "pod", "container", "image", "selector", "field_selector"])]
    pub no_containers: bool,
    /// The socket of the container runtime (CRI); found by itself when not given
    #[arg(short = 'r', long, value_name = "SOCKET")]
    pub cri: Option<PathBuf>,
    /// Where the host's root directory is, for sockets and state of runtimes
    #[arg(short = 'A', long, value_name = "DIR")]
    pub altroot: Option<PathBuf>,
}
