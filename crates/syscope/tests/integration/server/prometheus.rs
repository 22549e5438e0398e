//! A real Prometheus, and its promtool.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use syscope_testing::containers::processes::{output, run};
use syscope_testing::containers::{Daemon, Host};

use super::Agent;
use super::agent::{fresh, said_after};
use crate::support::wait_for;

/// A sample: its labels and its value.
pub type Sample = (BTreeMap<String, String>, f64);

/// A Prometheus with data of its own, on a port of the loopback interface; ended when it is dropped.
pub struct Prometheus {
    daemon: Daemon,
    address: String,
}

impl Prometheus {
    /// Scrapes an agent every second, as `deploy/prometheus/prometheus.yml` says, and applies the rules that are deployed. What
    /// Prometheus knows of the agent itself has labels that the series have too.
    pub fn scraping(host: &Host, agent: &Agent) -> Prometheus {
        let config = format!(
            "global: {{scrape_interval: 1s, evaluation_interval: 1s}}\n\
             rule_files: [{}]\n\
             scrape_configs:\n\
             - job_name: syscope\n\
             \x20 honor_labels: true\n\
             \x20 static_configs: [{{targets: [\"{}\"], labels: {{namespace: monitoring, pod: agent-0}}}}]\n",
            deployed("prometheus/rules.yml").display(),
            agent.address(),
        );
        Prometheus::start(host, &config, &fresh(host, "prometheus"))
    }

    /// Has only what was written before.
    pub fn reading(host: &Host, data: &Path) -> Prometheus {
        Prometheus::start(host, "global: {}\n", data)
    }

    /// With this configuration, and its data there.
    pub fn start(host: &Host, config: &str, data: &Path) -> Prometheus {
        let (log, file) = (fresh(host, "prometheus.log"), fresh(host, "prometheus.yml"));
        fs::write(&file, config).expect("write its configuration");
        let mut command = Command::new("prometheus");
        command.arg(format!("--config.file={}", file.display()));
        command.arg(format!("--storage.tsdb.path={}", data.display()));
        command.args(["--storage.tsdb.retention.time=100y", "--web.listen-address=127.0.0.1:0"]);
        let address = || said_after(&log, "msg=\"Listening on\" address=");
        let daemon = Daemon::start(&mut command, &log, || {
            let ready = |address: String| {
                let url = format!("http://{address}/-/ready");
                let mut curl = Command::new("curl");
                output(curl.args(["-sf", "--max-time", "5"]).arg(url)).status.success()
            };
            address().is_some_and(ready)
        });
        Prometheus { address: address().expect("it listens"), daemon }
    }

    /// `promtool query instant`; the samples in the order Prometheus gives them.
    pub fn query(&self, expression: &str) -> Vec<Sample> {
        self.instant(&[], expression)
    }

    /// The same at a moment, in seconds since 1970.
    pub fn query_at(&self, time: u64, expression: &str) -> Vec<Sample> {
        self.instant(&["--time", &time.to_string()], expression)
    }

    fn instant(&self, flags: &[&str], expression: &str) -> Vec<Sample> {
        let mut command = Command::new("promtool");
        command.args(["query", "instant", "-o", "json"]).args(flags);
        let text = run(command.arg(format!("http://{}", self.address)).arg(expression));
        let samples: Vec<Value> = serde_json::from_str(&text).expect("a JSON array");
        samples.iter().map(sample).collect()
    }

    /// Waits until a query gives something that fulfils a condition.
    pub fn until(&self, expression: &str, condition: impl Fn(&[Sample]) -> bool) -> Vec<Sample> {
        let mut seen = Vec::new();
        let found = || {
            seen = self.query(expression);
            condition(&seen).then(|| seen.clone())
        };
        wait_for(found).unwrap_or_else(|| panic!("{expression}: {seen:#?}"))
    }

    /// Waits until a query gives exactly these values, in this order, with these labels (without those that say where
    /// Prometheus has them from).
    pub fn until_is(&self, expression: &str, expected: &[(&[(&str, &str)], f64)]) {
        let expected: Vec<Sample> = expected.iter().map(|(labels, value)| (owned(labels), *value)).collect();
        self.until(expression, |found| without_origin(found) == expected);
    }

    /// The rules as it knows them, with their health.
    pub fn rules(&self) -> Vec<Value> {
        let text = run(Command::new("curl")
            .args(["-sSf", "--max-time", "20"])
            .arg(format!("http://{}/api/v1/rules", self.address)));
        let answer: Value = serde_json::from_str(&text).expect("JSON");
        let groups = answer["data"]["groups"].as_array().expect("groups").clone();
        groups.iter().flat_map(|group| group["rules"].as_array().expect("rules").clone()).collect()
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("Prometheus said: {}", self.daemon.said());
        }
    }
}

/// Runs promtool, which must find nothing wrong; what it said.
pub fn promtool(args: &[&str], files: &[&Path]) -> String {
    run(Command::new("promtool").args(args).args(files))
}

/// A file below `deploy/`.
pub fn deployed(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy").join(name)
}

fn sample(value: &Value) -> Sample {
    let labels = value["metric"].as_object().expect("labels").iter();
    let labels = labels.map(|(name, value)| (name.clone(), value.as_str().expect("text").to_owned()));
    let number = value["value"][1].as_str().expect("a number as text");
    (labels.collect(), number.parse().expect("a number"))
}

fn without_origin(samples: &[Sample]) -> Vec<Sample> {
    let mut samples = samples.to_vec();
    for (labels, _) in &mut samples {
        labels.retain(|name, _| !["__name__", "instance", "job"].contains(&name.as_str()));
    }
    samples
}

fn owned(labels: &[(&str, &str)]) -> BTreeMap<String, String> {
    labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}
