//! A running agent.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use syscope_testing::containers::processes::run;
use syscope_testing::containers::{Daemon, Host};

use crate::support::{syscope, until};

/// What Prometheus asks for when it can have OpenMetrics.
pub const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0";
/// The older form.
pub const TEXT: &str = "text/plain; version=0.0.4";

/// `syscope server` on a port of the loopback interface; ended when it is dropped.
pub struct Agent {
    daemon: Daemon,
    address: String,
    /// What curl needs to get in.
    access: Vec<String>,
}

impl Agent {
    /// Starts it and waits until it is ready.
    pub fn start(host: &Host, flags: &[&str]) -> Agent {
        Agent::protected(host, flags, &[])
    }

    /// The same; with the words of `access` curl gets in.
    pub fn protected(host: &Host, flags: &[&str], access: &[&str]) -> Agent {
        let log = fresh(host, "agent.log");
        let mut command = syscope();
        command.args(["server", "--listen", "127.0.0.1:0"]).args(flags);
        let scheme = if flags.contains(&"--tls-cert") { "https" } else { "http" };
        let address = || {
            let said = said_after(&log, &format!("syscope: {scheme}://"))?;
            Some(said.trim_end_matches('/').to_owned())
        };
        let daemon = Daemon::start(&mut command, &log, || address().is_some());
        let mut access: Vec<String> = access.iter().map(|word| (*word).to_owned()).collect();
        access.extend(["--proto-default".to_owned(), scheme.to_owned()]);
        let agent = Agent { address: address().expect("it listens"), daemon, access };
        until("the agent is ready", || agent.try_get("/readyz").then_some(()));
        agent
    }

    /// `HOST:PORT`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The metrics in this form.
    pub fn metrics(&self, form: &str) -> String {
        let text = run(self.curl("/metrics").args(["-H", &format!("Accept: {form}")]));
        // Without the end of the last line it would be no document.
        text + "\n"
    }

    /// Waits until the number of a series is this one. `labels` are parts of its line.
    pub fn until_counted(&self, labels: &[&str], count: u64) {
        let mut seen = Vec::new();
        let found = || {
            let text = self.metrics(TEXT);
            let lines = text.lines().filter(|line| line.starts_with("syscope_syscalls_total{"));
            let lines = lines.filter(|line| labels.iter().all(|label| line.contains(label)));
            seen = lines.map(str::to_owned).collect();
            matches!(&seen[..], [line] if line.ends_with(&format!(" {count}"))).then_some(())
        };
        crate::support::wait_for(found).unwrap_or_else(|| panic!("{labels:?} {count}: {seen:#?}"));
    }

    /// Begins a job.
    pub fn trace(&self, request: &str) {
        run(self.curl("/api/v1/traces").args(["--json", request]));
    }

    fn try_get(&self, path: &str) -> bool {
        self.curl(path).output().expect("run curl").status.success()
    }

    fn curl(&self, path: &str) -> Command {
        let mut command = Command::new("curl");
        command.args(["-sS", "--fail-with-body", "--max-time", "20"]).args(&self.access);
        command.arg(format!("{}{path}", self.address));
        command
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the agent said: {}", self.daemon.said());
        }
    }
}

/// A path of its own below the host's directory.
pub fn fresh(host: &Host, name: &str) -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    host.directory().join(format!("{}-{name}", NEXT.fetch_add(1, Ordering::Relaxed)))
}

/// What follows these words in a log, to the end of the word.
pub fn said_after(log: &Path, words: &str) -> Option<String> {
    let text = std::fs::read_to_string(log).ok()?;
    let (_, rest) = text.rsplit_once(words)?;
    // A line is there as a whole or not at all.
    let (line, _) = rest.split_once('\n')?;
    line.split_whitespace().next().map(str::to_owned)
}
