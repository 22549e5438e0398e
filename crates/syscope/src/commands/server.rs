//! `syscope server`.

mod lists;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use syscope_agent::metrics::exposition::Family;
use syscope_agent::{Agent, Config, Node};
use syscope_container::deployment;
use syscope_server::{Limits, Rejected, ServerStats, TlsFiles};
use tokio::sync::oneshot;

use self::lists::HostLists;
use super::selection;
use crate::args::{self, Lookups};
use crate::failure::Failure;
use crate::logging;
use crate::signals::Waiter;

/// How often it is looked whether the engine still runs.
const LOOK: Duration = Duration::from_millis(500);
/// The stack for the start: that of a main thread, for which the loader is written.
const START_STACK: usize = 8 << 20;

/// Runs the command.
pub fn run(args: args::Server) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("http")
        .enable_all()
        .build()
        .context("start the HTTP server's threads")?;
    // Before there is anything that a signal would leave behind.
    let mut signals = {
        let _inside = runtime.enter();
        Waiter::watch().context("watch signals")?
    };
    raise_descriptors();
    // The addresses first: what is wrong there is found out before anything is loaded.
    let bound = syscope_server::bind(server_config(&args)).map_err(refused)?;
    for address in bound.addresses() {
        tracing::info!(%address, "listening");
    }
    let Some(agent) = runtime.block_on(start(agent_config(&args)?, &mut signals))? else {
        return Ok(ExitCode::SUCCESS);
    };
    let agent = Arc::new(agent);
    let stats = bound.stats();
    agent.add_metrics(move || server_families(&stats));
    agent.add_metrics(program_families);
    say_where(&bound.addresses(), args.tls_cert.is_some());
    let serving = bound.serve(Arc::clone(&agent) as Arc<dyn Node>, until_ended(Arc::clone(&agent), signals));
    let served = runtime.block_on(serving);
    runtime.shutdown_timeout(Duration::from_secs(1));
    let failed = agent.failed().filter(|why| why != syscope_agent::ENDED);
    agent.shutdown();
    served.map_err(refused)?;
    match failed {
        Some(why) => Err(Failure::Run(anyhow::anyhow!("the engine failed: {why}"))),
        None => Ok(ExitCode::SUCCESS),
    }
}

/// Starts the agent, which takes as long as the kernel takes to check its programs. `None`: a signal came first. What is loaded by
/// then is the process's own and ends with it.
async fn start(config: Config, signals: &mut Waiter) -> Result<Option<Agent>, Failure> {
    let (tell, told) = oneshot::channel();
    std::thread::Builder::new().name("start".into()).stack_size(START_STACK).spawn(move || {
        // Nobody listens after a signal.
        drop(tell.send(Agent::start(config)));
    })?;
    tokio::select! {
        biased;
        () = signals.next() => Ok(None),
        started = told => Ok(Some(started.context("start the agent")??)),
    }
}

/// As many descriptors as may be. The usual limit of 1,024 is less than the server's own for connections, and who met it first
/// would be the look-ups of containers.
fn raise_descriptors() {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: system calls with a pointer to a valid structure.
    let raised = unsafe {
        libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) == 0 && {
            limit.rlim_cur = limit.rlim_max;
            libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) == 0
        }
    };
    if !raised {
        tracing::debug!("raise RLIMIT_NOFILE: {}", std::io::Error::last_os_error());
    }
}

/// Waits for a signal or the end of the engine; then ends the jobs, so that their streams have their last lines.
async fn until_ended(agent: Arc<Agent>, mut signals: Waiter) {
    loop {
        tokio::select! {
            () = signals.next() => break,
            () = tokio::time::sleep(LOOK) => if agent.failed().is_some() { break },
        }
    }
    let ending = Arc::clone(&agent);
    // It takes as long as the last records take.
    drop(tokio::task::spawn_blocking(move || ending.shutdown()));
}

fn say_where(addresses: &[syscope_server::Address], tls: bool) {
    for address in addresses {
        let scheme = if tls { "https" } else { "http" };
        match address {
            syscope_server::Listen::Tcp(address) => {
                logging::say(format_args!("{scheme}://{address}/"));
            }
            syscope_server::Listen::Unix(path) => {
                logging::say(format_args!("unix:{}", path.display()));
            }
        }
    }
}

fn server_config(args: &args::Server) -> syscope_server::Config {
    let tls = args.tls_cert.clone().zip(args.tls_key.clone());
    syscope_server::Config {
        listen: args.listen.clone(),
        tls: tls.map(|(cert, key)| TlsFiles { cert, key, client_ca: args.client_ca.clone() }),
        token_file: args.token_file.clone(),
        host_names: args.host_name.clone(),
        limits: Limits {
            watchers: usize::try_from(args.max_watchers).unwrap_or(usize::MAX),
            ..Limits::default()
        },
        ..syscope_server::Config::default()
    }
}

/// An agent that only counts what this host does, for this process.
pub fn local_config(latency: bool) -> Result<Config, Failure> {
    let words =
        ["syscope", "server", "--max-jobs", "0"].into_iter().chain(latency.then_some("--metrics-latency"));
    let args = args::server_defaults(words)?;
    agent_config(&args)
}

fn agent_config(args: &args::Server) -> Result<Config, Failure> {
    let lookups = Lookups { no_containers: false, cri: args.cri.clone(), altroot: args.altroot.clone() };
    let root = args.altroot.as_deref().unwrap_or(Path::new("/"));
    let deployment = deployment::read(Path::new("/proc"), root, |name| std::env::var_os(name));
    Ok(Config {
        node: args.node_name.clone().or_else(host_name),
        mode: deployment.mode.name().to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        resolver: selection::resolver(&lookups)?,
        latency: args.metrics_latency,
        retention: args.metrics_retention,
        max_series: args.metrics_max_series,
        labels: args.metrics_labels.clone(),
        jobs_max: usize::try_from(args.max_jobs).unwrap_or(64),
        stream_bytes: args.stream_size as usize,
        watchers_max: args.max_watchers,
        counts_capacity: args.metrics_entries,
        ring_bytes: args.ring_size,
        lists: Box::new(HostLists::new(root)),
    })
}

fn host_name() -> Option<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}

fn refused(error: syscope_server::Error) -> Failure {
    use syscope_server::Error;
    match error {
        Error::Bind { .. } | Error::Busy { .. } | Error::NotSocket { .. } => Failure::Run(error.into()),
        error => Failure::Usage(error.into()),
    }
}

/// What the HTTP server counts.
fn server_families(stats: &ServerStats) -> Vec<Family> {
    let requests = stats.requests().filter(|(_, _, count)| *count > 0).fold(
        Family::counter("syscope_http_requests", "Requests that were answered."),
        |family, (route, class, count)| {
            family.with(vec![("route", route.to_owned()), ("status", class.to_owned())], count as f64)
        },
    );
    let rejected = Rejected::ALL.into_iter().fold(
        Family::counter("syscope_http_rejected", "What the HTTP server refused or ended, by reason."),
        |family, why| family.with(vec![("reason", why.name().to_owned())], stats.rejected(why) as f64),
    );
    vec![
        requests,
        rejected,
        Family::gauge("syscope_http_connections", "Connections that are open.")
            .with(Vec::new(), stats.connections() as f64),
        Family::counter("syscope_http_connections_accepted", "Connections that were accepted.")
            .with(Vec::new(), stats.accepted() as f64),
        Family::counter("syscope_http_accept_errors", "Times that no connection could be accepted.")
            .with(Vec::new(), stats.accept_errors() as f64),
        Family::counter(
            "syscope_http_reload_errors",
            "Changed certificates and token files that were of no use.",
        )
        .with(Vec::new(), stats.reload_errors() as f64),
    ]
}

/// What the kernel says of our programs, while its statistics are on (`kernel.bpf_stats_enabled`).
fn program_families() -> Vec<Family> {
    let mut seconds = Family::counter("syscope_bpf_program_seconds", "Time that a kernel program ran.");
    let mut runs = Family::counter("syscope_bpf_program_runs", "How often a kernel program ran.");
    let statistics = std::fs::read_to_string("/proc/sys/kernel/bpf_stats_enabled").unwrap_or_default();
    if statistics.trim() == "1" {
        let own = syscope_bpf::inventory::own_programs();
        for program in own {
            let labels = vec![("program", program.name)];
            seconds = seconds.with(labels.clone(), program.run_ns as f64 / 1e9);
            runs = runs.with(labels, program.runs as f64);
        }
    }
    vec![seconds, runs]
}
