//! Metrics as text: OpenMetrics by `prometheus-client`, and from that Prometheus text, which differs in the lines about a metric
//! only.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;

use super::Label;
use super::series::{Buckets, Caller, Key, Snapshot, Value, call_names, error_name};
use crate::node::Exposition;

/// Metrics of one name.
#[derive(Debug, Clone)]
pub struct Family {
    /// The name, for counters without `_total`.
    pub name: &'static str,
    /// What it is.
    pub help: &'static str,
    /// Whether it only grows.
    pub counter: bool,
    /// Labels and values.
    pub samples: Vec<(Vec<(&'static str, String)>, f64)>,
}

impl Family {
    /// A counter.
    pub fn counter(name: &'static str, help: &'static str) -> Family {
        Family { name, help, counter: true, samples: Vec::new() }
    }

    /// A gauge.
    pub fn gauge(name: &'static str, help: &'static str) -> Family {
        Family { name, help, counter: false, samples: Vec::new() }
    }

    /// With one more value.
    #[must_use]
    pub fn with(mut self, labels: Vec<(&'static str, String)>, value: f64) -> Family {
        self.samples.push((labels, value));
        self
    }
}

/// What is written at one scrape.
#[derive(Debug)]
pub struct Scrape {
    /// The series of calls.
    pub snapshot: Arc<Snapshot>,
    /// Their labels.
    pub labels: Vec<Label>,
    /// Whether the time of calls is measured.
    pub latency: bool,
    /// All other metrics.
    pub families: Vec<Family>,
}

/// Writes a scrape.
pub fn write(scrape: Scrape, exposition: Exposition) -> Bytes {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(scrape));
    let mut out = String::with_capacity(1 << 20);
    // Writing to a string does not fail.
    let _ = match exposition {
        Exposition::OpenMetrics => text::encode(&mut out, &registry),
        Exposition::Prometheus => text::encode_registry(&mut out, &registry),
    };
    match exposition {
        Exposition::OpenMetrics => out.into(),
        Exposition::Prometheus => as_prometheus(&out).into(),
    }
}

/// In Prometheus text a counter's description has the name of its samples, and there are no units.
fn as_prometheus(open: &str) -> String {
    let mut out = String::with_capacity(open.len() + 1024);
    let mut help = "";
    for line in open.split_inclusive('\n') {
        if line.starts_with("# HELP ") {
            help = line;
        } else if let Some(described) = line.strip_prefix("# TYPE ") {
            let (name, kind) = described.trim_end().split_once(' ').unwrap_or((described, ""));
            let suffix = if kind == "counter" { "_total" } else { "" };
            let text = help.strip_prefix("# HELP ").and_then(|help| help.strip_prefix(name)).unwrap_or("\n");
            out.push_str(&format!("# HELP {name}{suffix}{text}# TYPE {name}{suffix} {kind}\n"));
        } else if !line.starts_with("# UNIT ") && !line.starts_with("# EOF") {
            out.push_str(line);
        }
    }
    out
}

/// The upper ends of the buckets that are written: powers of four of ns from 1 µs to 69 s.
const FIRST: u32 = 10;
const LAST: u32 = 36;

impl Collector for Scrape {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let names = Names::of(&self.snapshot);
        if self.labels.len() == Label::ALL.len() {
            let rows = self.snapshot.series.iter().map(|(key, value)| (names.labels(key), *value));
            self.calls(&mut encoder, rows)?;
        } else {
            // Fewer labels: what they do not tell apart is added up.
            let mut sums: BTreeMap<Vec<(&str, &str)>, Value> = BTreeMap::new();
            for (key, value) in &self.snapshot.series {
                let sum = sums.entry(names.chosen(key, &self.labels)).or_default();
                sum.calls += value.calls;
                sum.ns += value.ns;
            }
            self.calls(&mut encoder, sums.iter().map(|(labels, value)| (labels.as_slice(), *value)))?;
        }
        if self.latency {
            self.histograms(&mut encoder, &names)?;
        }
        self.families.iter().try_for_each(|family| family_of(&mut encoder, family))
    }
}

impl Scrape {
    fn calls<'a, L: prometheus_client::encoding::EncodeLabelSet + 'a>(
        &self,
        encoder: &mut DescriptorEncoder<'_>,
        rows: impl Iterator<Item = (L, Value)> + Clone,
    ) -> fmt::Result {
        let mut calls = encoder.encode_descriptor(
            "syscope_syscalls",
            "System calls that have ended, by who made them and with what result.",
            None,
            MetricType::Counter,
        )?;
        for (labels, value) in rows.clone() {
            calls.encode_family(&labels)?.encode_counter::<NoLabelSet, _, u64>(&value.calls, None)?;
        }
        if !self.latency {
            return Ok(());
        }
        let mut seconds = encoder.encode_descriptor(
            "syscope_syscall_seconds",
            "How long they took together.",
            None,
            MetricType::Counter,
        )?;
        for (labels, value) in rows {
            let time = value.ns as f64 / 1e9;
            seconds.encode_family(&labels)?.encode_counter::<NoLabelSet, _, u64>(&time, None)?;
        }
        Ok(())
    }

    fn histograms(&self, encoder: &mut DescriptorEncoder<'_>, names: &Names<'_>) -> fmt::Result {
        let chosen: Vec<Label> =
            self.labels.iter().copied().filter(|label| !matches!(label, Label::Err | Label::Group)).collect();
        let mut sums: BTreeMap<Vec<(&str, &str)>, (Buckets, u64)> = BTreeMap::new();
        for (key, buckets) in &self.snapshot.histograms {
            let (sum, _) = sums.entry(names.chosen(key, &chosen)).or_insert(([0; 40], 0));
            sum.iter_mut().zip(buckets).for_each(|(sum, calls)| *sum += calls);
        }
        for (key, value) in &self.snapshot.series {
            if let Some((_, ns)) = sums.get_mut(&names.chosen(key, &chosen)) {
                *ns += value.ns;
            }
        }
        let mut family = encoder.encode_descriptor(
            "syscope_syscall_duration_seconds",
            "How long system calls took.",
            None,
            MetricType::Histogram,
        )?;
        for (labels, (buckets, ns)) in sums {
            let mut bounds = Vec::with_capacity(16);
            let mut from = 0;
            for power in (FIRST..=LAST).step_by(2) {
                bounds.push(((1u64 << power) as f64 / 1e9, buckets[from..power as usize].iter().sum()));
                from = power as usize;
            }
            bounds.push((f64::INFINITY, buckets[from..].iter().sum()));
            let count = buckets.iter().sum();
            family.encode_family(&labels)?.encode_histogram::<NoLabelSet>(
                ns as f64 / 1e9,
                count,
                &bounds,
                None,
            )?;
        }
        Ok(())
    }
}

fn family_of(encoder: &mut DescriptorEncoder<'_>, family: &Family) -> fmt::Result {
    let kind = if family.counter { MetricType::Counter } else { MetricType::Gauge };
    let mut metric = encoder.encode_descriptor(family.name, family.help, None, kind)?;
    for (labels, value) in &family.samples {
        let number = Number { value: *value, counter: family.counter };
        if labels.is_empty() {
            number.put(&mut metric)?;
        } else {
            number.put(&mut metric.encode_family(labels)?)?;
        }
    }
    Ok(())
}

struct Number {
    value: f64,
    counter: bool,
}

impl Number {
    fn put(&self, metric: &mut MetricEncoder<'_>) -> fmt::Result {
        match self.counter {
            // Whole numbers stay whole: most counters count things.
            true if self.value.fract() == 0.0 => {
                metric.encode_counter::<NoLabelSet, _, u64>(&(self.value as u64), None)
            }
            true => metric.encode_counter::<NoLabelSet, _, u64>(&self.value, None),
            false => metric.encode_gauge(&self.value),
        }
    }
}

/// The words of labels, each made once.
struct Names<'a> {
    callers: &'a [Arc<Caller>],
    calls: BTreeMap<(bool, u16), (String, &'static str, &'static str)>,
    errors: BTreeMap<u16, String>,
}

impl<'a> Names<'a> {
    fn of(snapshot: &'a Snapshot) -> Names<'a> {
        let keys =
            snapshot.series.iter().map(|(key, _)| key).chain(snapshot.histograms.iter().map(|(key, _)| key));
        let mut names = Names { callers: &snapshot.callers, calls: BTreeMap::new(), errors: BTreeMap::new() };
        for key in keys {
            names.calls.entry((key.compat, key.nr)).or_insert_with(|| call_names(key.compat, key.nr));
            names.errors.entry(key.errno).or_insert_with(|| error_name(key.errno));
        }
        names
    }

    fn word(&self, key: &Key, label: Label) -> &str {
        let caller = &self.callers[key.caller as usize];
        let (call, class, group) = &self.calls[&(key.compat, key.nr)];
        match label {
            Label::Namespace => &caller.namespace,
            Label::Pod => &caller.pod,
            Label::Container => &caller.container,
            Label::Unit => &caller.unit,
            Label::Syscall => call,
            Label::Class => class,
            Label::Group => group,
            Label::Err => &self.errors[&key.errno],
        }
    }

    fn labels(&self, key: &Key) -> [(&'static str, &str); 8] {
        Label::ALL.map(|label| (label.name(), self.word(key, label)))
    }

    fn chosen(&self, key: &Key, labels: &[Label]) -> Vec<(&'static str, &str)> {
        labels.iter().map(|label| (label.name(), self.word(key, *label))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scrape(labels: &[Label], latency: bool) -> Scrape {
        let caller = |container: &str| Arc::new(Caller { container: container.into(), ..Caller::default() });
        let key = |caller, errno| Key { caller, compat: false, nr: 3, errno };
        let mut buckets = [0; 40];
        (buckets[9], buckets[10], buckets[39]) = (1, 2, 3);
        let snapshot = Snapshot {
            callers: vec![caller("we\"b\n"), caller("db")],
            series: vec![
                (key(0, 0), Value { calls: 5, ns: 1_500_000_000 }),
                (key(0, 9), Value { calls: 7, ns: 0 }),
                (key(1, 0), Value { calls: 11, ns: 0 }),
            ],
            histograms: vec![(key(0, 0), buckets)],
            ..Snapshot::default()
        };
        let families = vec![Family::gauge("syscope_jobs", "Jobs.").with(Vec::new(), 2.0)];
        Scrape { snapshot: Arc::new(snapshot), labels: labels.to_vec(), latency, families }
    }

    fn text(scrape: Scrape, exposition: Exposition) -> String {
        String::from_utf8(write(scrape, exposition).to_vec()).expect("text")
    }

    #[test]
    fn open_metrics_and_prometheus_text() {
        let open = text(scrape(&Label::ALL, false), Exposition::OpenMetrics);
        assert!(open.contains("# TYPE syscope_syscalls counter\n"), "{open}");
        assert!(open.contains(r#"container="we\"b\n",unit="",syscall="close","#), "{open}");
        assert!(open.contains(r#"err="EBADF"} 7"#), "{open}");
        assert!(open.ends_with("# EOF\n"));
        let prometheus = text(scrape(&Label::ALL, false), Exposition::Prometheus);
        assert!(prometheus.contains("# HELP syscope_syscalls_total System calls"), "{prometheus}");
        assert!(prometheus.contains("# TYPE syscope_syscalls_total counter\n"), "{prometheus}");
        assert!(prometheus.contains("# TYPE syscope_jobs gauge\nsyscope_jobs 2.0\n"), "{prometheus}");
        assert!(!prometheus.contains("EOF") && !prometheus.contains("seconds"));
    }

    #[test]
    fn fewer_labels_add_up() {
        let open = text(scrape(&[Label::Syscall], false), Exposition::OpenMetrics);
        assert!(open.contains("syscope_syscalls_total{syscall=\"close\"} 23\n"), "{open}");
    }

    #[test]
    fn histograms_have_all_calls() {
        let open = text(scrape(&Label::ALL, true), Exposition::OpenMetrics);
        assert!(open.contains("le=\"+Inf\""), "{open}");
        let bucket = |bound: f64| {
            let le = |line: &&str| line.split("le=\"").nth(1)?.split('"').next()?.parse::<f64>().ok();
            let line = open.lines().find(|line| le(line) == Some(bound)).expect("a bucket");
            line.rsplit(' ').next().expect("a value").to_owned()
        };
        assert_eq!(
            (bucket(1.024e-6), bucket(4.096e-6), bucket(f64::INFINITY)),
            ("1".into(), "3".into(), "6".into())
        );
        assert!(open.contains("syscope_syscall_duration_seconds_sum{"), "{open}");
        assert!(open.contains("} 1.5\n"), "{open}");
    }
}
