//! The change of the rate of failing calls against five minutes before, from what an agent really says, without waiting for
//! five minutes: each scrape is given the time that the question needs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use syscope_testing::containers::{Containerd, Host, Podman, Sandbox, Workload};

use super::agent::{OPEN_METRICS, fresh};
use super::prometheus::{Sample, promtool};
use super::{Agent, Prometheus, calls, deployed};

/// The question, of the containers of this test.
const CHANGE: &str = "sort_desc(
    sum by (namespace, pod, container, syscall) (rate(syscope_syscalls_total{container!=\"\",err!=\"OK\"}[1m]))
      / (sum by (namespace, pod, container, syscall) (rate(syscope_syscalls_total{container!=\"\",err!=\"OK\"}[1m] offset 5m)) > 0)
      - 1)";
/// When it is asked.
const NOW: u64 = 1_800_000_000;

/// The series of calls of several scrapes, each at its time, as one OpenMetrics document.
fn at_their_times(scrapes: &[(u64, &str)]) -> String {
    let mut document = String::from("# TYPE syscope_syscalls counter\n");
    let mut lines: Vec<(&str, u64, &str)> = Vec::new();
    for (time, text) in scrapes {
        let calls = text.lines().filter(|line| line.starts_with("syscope_syscalls_total{"));
        lines.extend(
            calls.map(|line| line.rsplit_once(' ').expect("a value")).map(|(key, value)| (key, *time, value)),
        );
    }
    lines.sort_unstable();
    for (key, time, value) in lines {
        writeln!(document, "{key} {value} {time}").expect("write to a string");
    }
    document + "# EOF\n"
}

#[test]
#[ignore = "root+bpf"]
fn against_five_minutes_before() {
    let host = Host::enter();
    calls::install(&host);
    let (podman, containerd) = (Podman::new(&host), Containerd::start(&host));
    let cri = containerd.cri();
    let agent = Agent::start(&host, &[]);
    let pod = cri.pod(&Sandbox::new("shop", "web-0"));
    let web = cri.start(&pod, &Workload::new("web", &calls::words(&calls::of_one_that_stays(50, 10))));
    podman.start("calm", &[], &calls::words(&calls::of_one_that_stays(50, 20)));
    // Failures: in a minute five minutes ago, and in the last one.
    let sessions = |in_web: u64, in_calm: u64| {
        cri.exec(&web, &calls::words(&calls::of(1000, in_web)));
        podman.exec("calm", &calls::words(&calls::of(1, in_calm)));
    };
    let scrape = |web: u64, calm: u64| {
        agent.until_counted(&["container=\"web\"", "syscall=\"openat\"", "err=\"ENOENT\""], web);
        agent.until_counted(&["container=\"calm\"", "syscall=\"openat\"", "err=\"ENOENT\""], calm);
        agent.metrics(OPEN_METRICS)
    };
    let first = scrape(10, 20);
    sessions(40, 60);
    let second = scrape(50, 80);
    sessions(100, 30);
    let third = scrape(150, 110);

    let document = fresh(&host, "scrapes.om");
    let scrapes = [(NOW - 360, &*first), (NOW - 300, &second), (NOW - 60, &second), (NOW, &third)];
    fs::write(&document, at_their_times(&scrapes)).expect("write the scrapes");
    let data = fresh(&host, "blocks");
    promtool(&["tsdb", "create-blocks-from", "openmetrics"], &[&document, &data]);
    let prometheus = Prometheus::reading(&host, &data);
    let dashboard = deployed::that_look_back();
    assert_eq!(dashboard.len(), 1, "one panel asks it");
    for question in [CHANGE, &*dashboard[0]] {
        check(&prometheus.query_at(NOW, question));
    }

    // A Prometheus that scrapes the agent takes the same question; five minutes ago it knew nothing.
    let live = Prometheus::scraping(&host, &agent);
    live.until("up == 1", |found| !found.is_empty());
    assert_eq!(live.query(CHANGE), []);
}

/// 100 after 40, and 30 after 60; the highest first.
fn check(found: &[Sample]) {
    let of = |name: &str| {
        let is = |labels: &BTreeMap<String, String>, label: &str, value: &str| {
            labels.get(label).is_some_and(|found| found == value)
        };
        let mut found = found
            .iter()
            .filter(|(labels, _)| is(labels, "container", name) && is(labels, "syscall", "openat"));
        let (labels, value) = found.next().unwrap_or_else(|| panic!("no change of {name}"));
        assert!(found.next().is_none());
        (labels.clone(), *value)
    };
    let (labels, value) = of("web");
    assert_eq!((labels["namespace"].as_str(), labels["pod"].as_str()), ("shop", "web-0"));
    assert!((value - 1.5).abs() < 1e-9, "{value}");
    let (_, value) = of("calm");
    assert!((value + 0.5).abs() < 1e-9, "{value}");
    assert!(found.is_sorted_by(|a, b| a.1 >= b.1), "{found:?}");
}
