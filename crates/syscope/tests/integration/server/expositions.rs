//! Both forms of the metrics, as Prometheus' own parsers take them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use syscope_testing::containers::Host;
use syscope_testing::containers::processes::{output, run};

use super::agent::{OPEN_METRICS, TEXT, fresh};
use super::prometheus::promtool;
use super::{Agent, Prometheus};

/// How many samples there are of each name.
fn samples(text: &str) -> BTreeMap<&str, usize> {
    let mut names = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        *names.entry(line.split(['{', ' ']).next().unwrap_or_default()).or_default() += 1;
    }
    names
}

#[test]
#[ignore = "root+bpf"]
fn are_what_prometheus_reads() {
    let host = Host::enter();
    let agent = Agent::start(&host, &["--metrics-latency"]);
    agent.trace("{\"name\":\"opens\",\"syscalls\":[\"openat\"],\"lease\":\"0s\"}");
    // promtool reads the text, and has nothing to say of names, units and descriptions.
    let text = agent.metrics(TEXT);
    let file = fresh(&host, "metrics.txt");
    fs::write(&file, &text).expect("write the metrics");
    let lint =
        output(std::process::Command::new("sh").args(["-c", "promtool check metrics <\"$0\""]).arg(&file));
    let said = format!("{}{}", String::from_utf8_lossy(&lint.stdout), String::from_utf8_lossy(&lint.stderr));
    assert!(lint.status.success() && said.trim().is_empty(), "{said}");

    // Prometheus takes OpenMetrics when it can have it, and takes all of it.
    let open = agent.metrics(OPEN_METRICS);
    assert!(open.ends_with("# EOF\n"));
    let prometheus = Prometheus::scraping(&host, &agent);
    prometheus.until("up == 1", |found| !found.is_empty());
    for (name, _) in samples(&open) {
        prometheus.until(&format!("count({name})"), |found| !found.is_empty());
    }
    // Its import is stricter: each sample has a time, the document one end.
    let timed = open.lines().fold(String::new(), |mut timed, line| {
        let time = if line.starts_with('#') { "" } else { " 1800000000" };
        writeln!(timed, "{line}{time}").expect("write to a string");
        timed
    });
    let (document, blocks) = (fresh(&host, "metrics.om"), fresh(&host, "blocks"));
    fs::write(&document, timed).expect("write the metrics");
    promtool(&["tsdb", "create-blocks-from", "openmetrics"], &[&document, &blocks]);
    let listed = run(std::process::Command::new("promtool").args(["tsdb", "list"]).arg(&blocks));
    let count = samples(&open).values().sum::<usize>();
    assert!(listed.split_whitespace().any(|word| word == count.to_string()), "{count}: {listed}");

    // Both say the same, but for what is called meanwhile.
    let names = |text: &str| samples(text).into_keys().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(names(&text), names(&open));
}
