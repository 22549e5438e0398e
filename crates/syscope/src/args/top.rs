//! The command line of `syscope top`.

use std::time::Duration;

use clap::Args;

use super::cgroups::ListFormat;
use super::client::Connection;
use super::values::parse_duration;

/// `syscope top`.
#[derive(Debug, Args)]
#[command(after_help = TOP_EXAMPLES)]
pub struct Top {
    /// Which agents; without any this host is measured.
    #[command(flatten)]
    pub connection: Connection,
    /// How long a measurement lasts: rates are those of this time
    #[arg(short, long, value_name = "DUR", default_value = "2s", value_parser = parse_interval)]
    pub interval: Duration,
    /// Without agents: also measure how long calls take, which hooks their entry
    #[arg(long, conflicts_with = "endpoints")]
    pub latency: bool,
    /// Measure once, print and end
    #[arg(long)]
    pub once: bool,
    /// The format of what --once prints
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table, value_name = "FORMAT")]
    pub output: ListFormat,
}

fn parse_interval(text: &str) -> Result<Duration, String> {
    let interval = parse_duration(text)?;
    let range = Duration::from_millis(100)..=Duration::from_secs(3600);
    if range.contains(&interval) { Ok(interval) } else { Err("write something from 100ms to 1h".to_owned()) }
}

const TOP_EXAMPLES: &str = "\
Keys: up and down choose a row, Enter shows what it is made of (container, system call, error),
Backspace goes back, < and > choose the column to sort by, r reverses, / filters, ? shows all
keys, q ends.

Examples:
  sudo syscope top                                        this host, without an agent
  syscope top --endpoint 127.0.0.1:9095                   what the containers of this node do
  syscope top --endpoint n1:9095,n2:9095 --ca ca.pem      of two nodes together
  syscope top --endpoint n1:9095 --once -o json           one measurement, a JSON object per row";
