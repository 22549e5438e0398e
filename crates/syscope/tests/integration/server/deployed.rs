//! What `deploy/` has for Prometheus and Grafana: valid, and every query in it answered by a real Prometheus.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;
use syscope_testing::containers::{Host, Podman};

use super::prometheus::{deployed, promtool};
use super::{Agent, Prometheus, calls};

/// The dashboard.
fn dashboard() -> Value {
    let text = fs::read_to_string(deployed("grafana/syscope.json")).expect("read the dashboard");
    serde_json::from_str(&text).expect("the dashboard is JSON")
}

/// The panels with their titles, those in rows as well.
fn panels(dashboard: &Value) -> Vec<&Value> {
    let list = dashboard["panels"].as_array().expect("panels");
    list.iter().flat_map(|panel| panel["panels"].as_array().into_iter().flatten().chain([panel])).collect()
}

/// The queries of a panel.
fn queries(panel: &Value) -> impl Iterator<Item = &str> {
    let targets = panel["targets"].as_array().into_iter().flatten();
    targets.map(|target| target["expr"].as_str().expect("a query"))
}

/// A query as Grafana sends it with everything chosen, for a Prometheus that scrapes every second.
fn filled_in(query: &str) -> String {
    let mut query = query.replace("$__rate_interval", "4s").replace("$__range", "1m");
    for variable in ["instance", "namespace", "pod", "container", "unit"] {
        query = query.replace(&format!("\"${variable}\""), "\".*\"");
    }
    assert!(!query.contains('$'), "a variable that is not known: {query}");
    query
}

/// What has no answer in the first five minutes of an agent.
fn looks_back(query: &str) -> bool {
    query.contains("offset 5m") || query.contains(":change5m")
}

/// The dashboard's queries that have no answer in the first five minutes.
pub fn that_look_back() -> Vec<String> {
    let dashboard = dashboard();
    let all =
        panels(&dashboard).into_iter().flat_map(|panel| queries(panel).map(filled_in).collect::<Vec<_>>());
    all.filter(|query| looks_back(query)).collect()
}

#[test]
fn rules_and_configuration_are_valid() {
    let said =
        promtool(&["check", "rules", "--lint=all", "--lint-fatal"], &[&deployed("prometheus/rules.yml")]);
    assert!(said.contains("SUCCESS"), "{said}");
    promtool(&["check", "config"], &[&deployed("prometheus/prometheus.yml")]);
    promtool(&["test", "rules"], &[&deployed("prometheus/rules.test.yml")]);
}

/// What is commented out is valid as well.
#[test]
fn the_variants_of_the_configuration_are_valid() {
    let text = fs::read_to_string(deployed("prometheus/prometheus.yml")).expect("read the configuration");
    let dir = crate::support::Dir::new();
    dir.file("rules.yml", "");
    // A setting follows the `#` at once, or is deeper than the words of a comment.
    let is_setting = |rest: &str| !rest.starts_with(' ') || rest.starts_with("  ");
    let lines = text.lines().map(|line| match line.strip_prefix("    #") {
        Some(rest) if is_setting(rest) => format!("    {rest}\n"),
        _ => format!("{line}\n"),
    });
    let open: String = lines.collect();
    for key in
        ["scheme: https", "credentials_file:", "cert_file:", "kubernetes_sd_configs:", "relabel_configs:"]
    {
        let found = open.lines().any(|line| line.trim_start().starts_with(key));
        assert!(found, "{key} is still a comment:\n{open}");
    }
    // Debian's Prometheus is built without Kubernetes.
    let (before, rest) = open.split_once("    kubernetes_sd_configs:").expect("it is there");
    let (_, after) = rest.split_once("    relabel_configs:").expect("it is there");
    let open = format!("{before}    relabel_configs:{after}");
    // The files it names are those of another machine.
    let open = open.replace("/etc/prometheus/", &format!("{}/", dir.path().display()));
    for name in ["syscope-ca.pem", "syscope-client.pem", "syscope-client.key", "syscope-token"] {
        dir.file(name, "");
    }
    promtool(&["check", "config", "--syntax-only"], &[&dir.file("prometheus.yml", &open)]);
}

#[test]
fn the_dashboard_is_whole() {
    let dashboard = dashboard();
    assert!(dashboard["schemaVersion"].as_u64().is_some_and(|version| version >= 39));
    let panels = panels(&dashboard);
    let ids: BTreeSet<u64> = panels.iter().filter_map(|panel| panel["id"].as_u64()).collect();
    assert_eq!(ids.len(), panels.len(), "each panel has an id of its own");
    // Panels do not lie on each other.
    let mut taken = BTreeSet::new();
    for panel in &panels {
        let at = |key: &str| panel["gridPos"][key].as_u64().expect("a place");
        for (x, y) in
            (at("x")..at("x") + at("w")).flat_map(|x| (at("y")..at("y") + at("h")).map(move |y| (x, y)))
        {
            assert!(x < 24 && taken.insert((x, y)), "{} lies on another panel", panel["title"]);
        }
    }
    let variables = dashboard["templating"]["list"].as_array().expect("variables");
    let names: Vec<&str> = variables.iter().filter_map(|variable| variable["name"].as_str()).collect();
    assert_eq!(names, ["datasource", "instance", "namespace", "pod", "container", "unit"]);
    for panel in panels.iter().filter(|panel| panel["type"] != "row") {
        assert_eq!(panel["datasource"]["uid"], "${datasource}", "{}", panel["title"]);
        let refs: BTreeSet<&str> = panel["targets"]
            .as_array()
            .expect("targets")
            .iter()
            .filter_map(|target| target["refId"].as_str())
            .collect();
        assert_eq!(refs.len(), queries(panel).count(), "{}", panel["title"]);
        queries(panel).for_each(|query| drop(filled_in(query)));
    }
}

#[test]
#[ignore = "root+bpf"]
fn every_query_has_an_answer() {
    let host = Host::enter();
    calls::install(&host);
    let podman = Podman::new(&host);
    let agent = Agent::start(&host, &["--metrics-latency"]);
    let prometheus = Prometheus::scraping(&host, &agent);
    agent.trace("{\"name\":\"opens\",\"syscalls\":[\"openat\"],\"lease\":\"0s\"}");
    podman.start("busy", &[], &["/bin/sh", "-c", "while /bin/calls 10 5; do /bin/usleep 20000; done"]);
    prometheus
        .until("count(rate(syscope_syscalls_total{container=\"busy\",err=\"ENOENT\"}[4s]) > 0)", |found| {
            !found.is_empty()
        });

    // The rules: all evaluated without error, and those that record have recorded.
    let rules = prometheus.rules();
    assert!(rules.len() >= 15, "{rules:#?}");
    crate::support::until("all rules were evaluated", || {
        prometheus.rules().iter().all(|rule| rule["health"] != "unknown").then_some(())
    });
    for rule in prometheus.rules() {
        assert_eq!(rule["health"], "ok", "{rule:#}");
        let (name, query) =
            (rule["name"].as_str().expect("a name"), rule["query"].as_str().expect("a query"));
        prometheus.query(query);
        if rule["type"] == "recording" && !looks_back(name) {
            prometheus.until(name, |found| !found.is_empty());
        } else {
            // Nothing is wrong with this agent, and only an hour later could it be said that it was.
            assert_eq!(rule["state"].as_str().unwrap_or("inactive"), "inactive", "{rule:#}");
        }
    }
    let ratio = prometheus.until("container:syscope_syscalls_failed:ratio5m{container=\"busy\"}", |found| {
        found.iter().any(|(_, ratio)| *ratio > 0.0)
    });
    assert!(ratio.iter().all(|(_, ratio)| *ratio < 1.0), "{ratio:?}");

    // The dashboard: something to see in every panel.
    let dashboard = dashboard();
    for panel in panels(&dashboard) {
        for query in queries(panel).map(filled_in) {
            if looks_back(&query) {
                prometheus.query(&query);
                continue;
            }
            prometheus.until(&query, |found| found.iter().any(|(_, value)| value.is_finite()));
        }
    }
    // And something to choose from in every variable (`label_values(METRIC, LABEL)`). On this host nothing has a namespace.
    for variable in dashboard["templating"]["list"].as_array().expect("variables").iter().skip(1) {
        let query = variable["query"]["query"].as_str().expect("a query");
        let inner = query.strip_prefix("label_values(").and_then(|rest| rest.strip_suffix(')'));
        let (metric, label) =
            inner.and_then(|inner| inner.rsplit_once(", ")).expect("label_values(METRIC, LABEL)");
        let metric = filled_in(metric);
        prometheus.until(&format!("count by ({label}) ({metric})"), |found| !found.is_empty());
    }
}
