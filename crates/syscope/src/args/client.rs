//! The command line of `syscope client`, and how agents are reached.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use syscope_client::Endpoint;

use super::cgroups::ListFormat;
use super::containers::Containers;
use super::trace::Format;
use super::values::parse_duration;

/// `syscope client`.
#[derive(Debug, Args)]
#[command(after_help = CLIENT_EXAMPLES, subcommand_required = true, arg_required_else_help = true)]
pub struct Client {
    /// Which agents.
    #[command(flatten)]
    pub connection: Connection,
    /// What to do.
    #[command(subcommand)]
    pub command: ClientCommand,
}

const CLIENT_EXAMPLES: &str = "\
Without --endpoints the agent of this host is asked (127.0.0.1:9095). Without a scheme a host is
asked by https, and the loopback by plain http. A token is never sent over plain http to another
host.

Examples:
  syscope client create -n prod -l app=web -s %network --oneshot  calls of these pods until Ctrl-C
  syscope client --endpoints n1:9095,n2:9095 --ca ca.pem list     the jobs on two nodes
  syscope client create --name opens -s openat --lease 1h         a job that outlives this command
  syscope client watch opens -o json | jq .args.pathname          its events of all nodes";

/// Which agents are asked, and how.
#[derive(Debug, Args, Clone)]
#[command(next_help_heading = "Which agents")]
pub struct Connection {
    /// Agents: HOST:PORT, https://HOST:PORT, http://HOST:PORT or unix:/PATH (can be repeated)
    #[arg(long, visible_alias = "endpoint", global = true, value_name = "ENDPOINT", value_delimiter = ',')]
    pub endpoints: Vec<Endpoint>,
    /// The file with the bearer token that agents want
    #[arg(long, global = true, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Who may have signed the agents' certificates (PEM); default: those whom this host trusts
    #[arg(long, global = true, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// Our certificate (PEM), for agents that want one
    #[arg(long, global = true, value_name = "FILE")]
    pub cert: Option<PathBuf>,
    /// The key of --cert (PEM)
    #[arg(long, global = true, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// How long a connection may take
    #[arg(long, global = true, value_name = "DUR", default_value = "5s", value_parser = parse_duration)]
    pub connect_timeout: Duration,
}

/// What a client does.
#[derive(Debug, Subcommand)]
pub enum ClientCommand {
    /// Begin a trace job on every agent
    Create(Box<Create>),
    /// Show the jobs
    List(List),
    /// Show one job
    Get(Get),
    /// Show the events of a job, of all agents in the order of time
    Watch(Watch),
    /// End jobs
    Delete(Delete),
}

/// `syscope client create`.
#[derive(Debug, Args)]
#[command(mut_arg("field_selector", |arg| arg.short('f')))]
pub struct Create {
    /// Which containers.
    #[command(flatten, next_help_heading = "Which containers")]
    pub containers: Containers,
    /// System calls: names, numbers, %class, /regex, ! to exclude; default: all
    #[arg(short, long, value_name = "LIST", value_delimiter = ',', help_heading = "Which calls")]
    pub syscalls: Vec<String>,
    /// Only calls that failed
    #[arg(short = 'Z', long, help_heading = "Which calls")]
    pub failed_only: bool,
    /// Only calls that took at least so long: 10ms, 1s
    #[arg(long, value_name = "DUR", value_parser = parse_duration, help_heading = "Which calls")]
    pub min_latency: Option<Duration>,
    /// Only every N-th of these calls; what is left out is counted
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..), help_heading = "Which calls")]
    pub sample_rate: u32,
    /// The name of the job; the same name with the same filters is the same job
    #[arg(long, value_name = "NAME", help_heading = "The job")]
    pub name: Option<String>,
    /// How long the job outlives its last watcher; 0s: for ever (default: 5m, with --oneshot 30s)
    #[arg(long, value_name = "DUR", value_parser = parse_duration, help_heading = "The job")]
    pub lease: Option<Duration>,
    /// End after so many events on a node
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), help_heading = "The job")]
    pub max_events: Option<u64>,
    /// End after this time: 500ms, 10s, 2m
    #[arg(long, value_name = "DUR", value_parser = parse_duration, help_heading = "The job")]
    pub duration: Option<Duration>,
    /// Watch the job, and delete it when the watching ends
    #[arg(long, help_heading = "The job")]
    pub oneshot: bool,
    /// What is shown.
    #[command(flatten, next_help_heading = "What is shown")]
    pub show: ShowEvents,
}

/// How events of agents are shown.
#[derive(Debug, Args)]
pub struct ShowEvents {
    /// The format of events and jobs
    #[arg(short, long, value_enum, default_value_t = Format::Cli, value_name = "FORMAT")]
    pub output: Format,
    /// How long an event waits for earlier ones of slower agents
    #[arg(long, value_name = "DUR", default_value = "500ms", value_parser = parse_duration)]
    pub merge_delay: Duration,
    /// How long each call took, where the agent measures it
    #[arg(long)]
    pub latency: bool,
    /// What file descriptors refer to: 3</etc/hosts> (in JSON always shown)
    #[arg(short = 'y', long)]
    pub fd_paths: bool,
    /// The node before each line (in JSON always there)
    #[arg(long)]
    pub show_node: bool,
}

/// `syscope client list`.
#[derive(Debug, Args)]
pub struct List {
    /// The format of the list
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table, value_name = "FORMAT")]
    pub output: ListFormat,
}

/// `syscope client get`.
#[derive(Debug, Args)]
pub struct Get {
    /// The id or name of the job
    #[arg(value_name = "ID|NAME")]
    pub job: String,
    /// The format
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table, value_name = "FORMAT")]
    pub output: ListFormat,
}

/// `syscope client watch`.
#[derive(Debug, Args)]
pub struct Watch {
    /// The id or name of the job
    #[arg(value_name = "ID|NAME")]
    pub job: String,
    /// What is shown.
    #[command(flatten)]
    pub show: ShowEvents,
}

/// `syscope client delete`.
#[derive(Debug, Args)]
pub struct Delete {
    /// Ids or names of jobs
    #[arg(value_name = "ID|NAME", required = true)]
    pub jobs: Vec<String>,
}
