//! The command line of `syscope server`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use syscope_agent::metrics::Label;
use syscope_server::Listen;

use super::values::{parse_duration, parse_size};

/// `syscope server`.
#[derive(Debug, Args)]
#[command(after_help = SERVER_EXAMPLES)]
pub struct Server {
    /// Where to listen: HOST:PORT or unix:PATH (can be repeated). Other addresses than loopback need TLS, and a token file or
    /// an authority of client certificates
    #[arg(long, value_name = "ADDRESS", value_delimiter = ',', default_value = "127.0.0.1:9095", value_parser = parse_listen)]
    pub listen: Vec<Listen>,
    /// The certificate chain (PEM); read again when it changes
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// Its private key (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// Callers must show a certificate that one of these authorities has signed (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub client_ca: Option<PathBuf>,
    /// Callers must give one of the tokens in this file, one a line; read again when it changes
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Names of this host by which local callers may address it, besides localhost
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub host_name: Vec<String>,
    /// The node's name, in every event and on the page [default: the host's name]
    #[arg(long, value_name = "NAME")]
    pub node_name: Option<String>,
    /// Measure how long calls take, for the metrics and the heat map; hooks the entry of calls as well
    #[arg(long)]
    pub metrics_latency: bool,
    /// How long the series of a container stay after it is gone
    #[arg(long, value_name = "DUR", default_value = "5m", value_parser = parse_duration)]
    pub metrics_retention: Duration,
    /// The labels of the series of calls; with fewer, what they do not tell apart is added up
    #[arg(long, value_name = "LABELS", value_delimiter = ',', value_parser = parse_label_name,
          default_value = "namespace,pod,container,unit,syscall,class,group,err")]
    pub metrics_labels: Vec<Label>,
    /// How many series of calls there may be; the calls of more are counted in syscope_syscalls_folded_total
    #[arg(long, value_name = "N", default_value_t = 200_000)]
    pub metrics_max_series: usize,
    /// How many counts (cgroup, call, error) the kernel's table has room for
    #[arg(long, value_name = "N", default_value_t = 65_536, value_parser = clap::value_parser!(u32).range(1024..=4_194_304))]
    pub metrics_entries: u32,
    /// How many trace jobs may run at a time
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u64).range(0..=64))]
    pub max_jobs: u64,
    /// How many streams may be read at a time
    #[arg(long, value_name = "N", default_value_t = 256)]
    pub max_watchers: u64,
    /// How much of each job's stream is kept for its watchers
    #[arg(long, value_name = "SIZE", default_value = "2M", value_parser = parse_size)]
    pub stream_size: u32,
    /// Size of one CPU's ring [default: 8M, less with many CPUs]
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub ring_size: Option<u32>,
    /// The socket of the container runtime (CRI); found by itself when not given
    #[arg(short = 'r', long, value_name = "SOCKET")]
    pub cri: Option<PathBuf>,
    /// Where the host's root directory is, for sockets and state of runtimes
    #[arg(short = 'A', long, value_name = "DIR")]
    pub altroot: Option<PathBuf>,
}

fn parse_listen(text: &str) -> Result<Listen, String> {
    text.parse().map_err(|err: syscope_server::Error| err.to_string())
}

fn parse_label_name(text: &str) -> Result<Label, String> {
    Label::parse(text).ok_or_else(|| {
        let known: Vec<&str> = Label::ALL.into_iter().map(Label::name).collect();
        format!("no label is called {text:?}; there are {}", known.join(", "))
    })
}

const SERVER_EXAMPLES: &str = "\
Examples:
  sudo syscope server                                     then look at http://127.0.0.1:9095/
  curl -s http://127.0.0.1:9095/metrics | grep syscalls_total
  curl -s http://127.0.0.1:9095/api/v1/traces --json '{\"syscalls\":[\"openat\"]}'
  curl -sN http://127.0.0.1:9095/api/v1/traces/ID/events  the events, one JSON object a line
  sudo syscope server --listen 0.0.0.0:9095 --tls-cert c.pem --tls-key k.pem --token-file tokens";
