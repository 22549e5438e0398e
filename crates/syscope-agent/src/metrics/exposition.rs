//! Metrics as text: OpenMetrics and Prometheus text, by `prometheus-client`.
//!
//! A scrape may have 300,000 lines, so what is the same in many of them is made once: every word of a label is escaped once, the
//! labels of a series are put together once, and rows are compared by the ranks of their words.

use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::sync::Arc;

use bytes::Bytes;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeCounterValue, EncodeGaugeValue, EncodeLabelSet, LabelSetEncoder, MetricEncoder,
    NoLabelSet, text,
};
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
    registry.register_collector(Box::new(Writer { scrape, exposition }));
    let mut out = String::with_capacity(1 << 20);
    // Writing to a string does not fail.
    let _ = match exposition {
        Exposition::OpenMetrics => text::encode(&mut out, &registry),
        Exposition::Prometheus => text::encode_registry(&mut out, &registry),
    };
    out.into()
}

/// The upper ends of the buckets that are written: powers of four of ns from 1 µs to 69 s.
const FIRST: u32 = 10;
const LAST: u32 = 36;

#[derive(Debug)]
struct Writer {
    scrape: Scrape,
    exposition: Exposition,
}

impl Collector for Writer {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let (scrape, snapshot) = (&self.scrape, &self.scrape.snapshot);
        let names = Names::of(snapshot)?;
        if scrape.labels.len() == Label::ALL.len() {
            let rows = snapshot.series.iter().map(|(key, value)| (names.ranks(key, &Label::ALL), *value));
            self.calls(&mut encoder, &names, &Label::ALL, rows)?;
        } else {
            // Fewer labels: what they do not tell apart is added up.
            let ranks = |key| names.ranks(key, &scrape.labels);
            let mut rows: Vec<(Ranks, Value)> =
                snapshot.series.iter().map(|(key, value)| (ranks(key), *value)).collect();
            rows.sort_unstable_by_key(|(ranks, _)| *ranks);
            rows.dedup_by(|(ranks, value), (kept, sum)| {
                let same = ranks == kept;
                if same {
                    sum.calls += value.calls;
                    sum.ns += value.ns;
                }
                same
            });
            self.calls(&mut encoder, &names, &scrape.labels, rows.into_iter())?;
        }
        if scrape.latency {
            self.histograms(&mut encoder, &names)?;
        }
        scrape.families.iter().try_for_each(|family| self.family(&mut encoder, family))
    }
}

impl Writer {
    fn calls(
        &self,
        encoder: &mut DescriptorEncoder<'_>,
        names: &Names,
        labels: &[Label],
        rows: impl Iterator<Item = (Ranks, Value)> + Clone,
    ) -> fmt::Result {
        let mut rendered = Rendered::default();
        self.counter(
            encoder,
            "syscope_syscalls",
            "System calls that have ended, by who made them and with what result.",
            |calls| {
                rows.clone().try_for_each(|(ranks, value)| {
                    calls.put(Some(rendered.of(names, labels, &ranks)), value.calls)
                })
            },
        )?;
        if !self.scrape.latency {
            return Ok(());
        }
        self.counter(encoder, "syscope_syscall_seconds", "How long they took together.", |seconds| {
            rows.clone().try_for_each(|(ranks, value)| {
                seconds.put(Some(rendered.of(names, labels, &ranks)), value.ns as f64 / 1e9)
            })
        })
    }

    fn histograms(&self, encoder: &mut DescriptorEncoder<'_>, names: &Names) -> fmt::Result {
        let chosen = self.scrape.labels.iter().copied();
        let chosen: Vec<Label> = chosen.filter(|label| !matches!(label, Label::Err | Label::Group)).collect();
        let snapshot = &self.scrape.snapshot;
        let mut rows: Vec<(Ranks, &Buckets)> =
            snapshot.histograms.iter().map(|(key, buckets)| (names.ranks(key, &chosen), buckets)).collect();
        rows.sort_unstable_by_key(|(ranks, _)| *ranks);
        let mut sums: Vec<(Ranks, u64)> = rows.iter().map(|(ranks, _)| (*ranks, 0)).collect();
        sums.dedup_by_key(|(ranks, _)| *ranks);
        for (key, value) in &snapshot.series {
            let ranks = names.ranks(key, &chosen);
            if let Ok(at) = sums.binary_search_by_key(&ranks, |(ranks, _)| *ranks) {
                sums[at].1 += value.ns;
            }
        }
        let mut family = encoder.encode_descriptor(
            "syscope_syscall_duration_seconds",
            "How long system calls took.",
            None,
            MetricType::Histogram,
        )?;
        let mut rendered = Rendered::default();
        let mut bounds = Vec::with_capacity(16);
        let alike = rows.chunk_by(|(one, _), (other, _)| one == other);
        for (rows, (ranks, ns)) in alike.zip(&sums) {
            let mut buckets: Buckets = *rows[0].1;
            for (_, more) in &rows[1..] {
                buckets.iter_mut().zip(*more).for_each(|(sum, calls)| *sum += calls);
            }
            bounds.clear();
            let mut from = 0;
            for power in (FIRST..=LAST).step_by(2) {
                bounds.push(((1u64 << power) as f64 / 1e9, buckets[from..power as usize].iter().sum()));
                from = power as usize;
            }
            bounds.push((f64::INFINITY, buckets[from..].iter().sum()));
            family.encode_family(rendered.of(names, &chosen, ranks))?.encode_histogram::<NoLabelSet>(
                *ns as f64 / 1e9,
                buckets.iter().sum(),
                &bounds,
                None,
            )?;
        }
        Ok(())
    }

    fn family(&self, encoder: &mut DescriptorEncoder<'_>, family: &Family) -> fmt::Result {
        if !family.counter {
            let mut gauge = encoder.encode_descriptor(family.name, family.help, None, MetricType::Gauge)?;
            return family.samples.iter().try_for_each(|(labels, value)| match labels.as_slice() {
                [] => gauge.encode_gauge(value),
                labels => gauge.encode_family(&labels)?.encode_gauge(value),
            });
        }
        self.counter(encoder, family.name, family.help, |counter| {
            family.samples.iter().try_for_each(|(labels, value)| {
                let labels = (!labels.is_empty()).then_some(labels);
                match value.fract() {
                    // Whole numbers stay whole: most counters count things.
                    0.0 => counter.put(labels, *value as u64),
                    _ => counter.put(labels, *value),
                }
            })
        })
    }

    /// A counter, and its samples by `put`. In Prometheus text the description has the name of the samples.
    fn counter(
        &self,
        encoder: &mut DescriptorEncoder<'_>,
        name: &str,
        help: &str,
        put: impl FnOnce(&mut Counter<'_>) -> fmt::Result,
    ) -> fmt::Result {
        let (named, suffixed) = match self.exposition {
            Exposition::OpenMetrics => (name.to_owned(), false),
            Exposition::Prometheus => (format!("{name}_total"), true),
        };
        let encoder = encoder.encode_descriptor(&named, help, None, MetricType::Counter)?;
        put(&mut Counter { encoder, suffixed })
    }
}

/// Writes the samples of a counter.
struct Counter<'a> {
    encoder: MetricEncoder<'a>,
    /// The name it was described by ends with `_total`.
    suffixed: bool,
}

impl Counter<'_> {
    fn put<L: EncodeLabelSet>(
        &mut self,
        labels: Option<&L>,
        value: impl EncodeCounterValue + EncodeGaugeValue,
    ) -> fmt::Result {
        match labels {
            Some(labels) => put_count(&mut self.encoder.encode_family(labels)?, self.suffixed, &value),
            None => put_count(&mut self.encoder, self.suffixed, &value),
        }
    }
}

fn put_count(
    encoder: &mut MetricEncoder<'_>,
    suffixed: bool,
    value: &(impl EncodeCounterValue + EncodeGaugeValue),
) -> fmt::Result {
    match suffixed {
        // The line of a gauge is that of a counter without the suffix.
        true => encoder.encode_gauge(value),
        false => encoder.encode_counter::<NoLabelSet, _, u64>(value, None),
    }
}

/// The places of a row's words among all of the same label, in the order of the labels that were asked for.
type Ranks = [u32; Label::ALL.len()];

/// The words of labels: sorted, and escaped once.
#[derive(Debug)]
struct Names {
    /// For each label of [`Label::ALL`] its words, as `name="word"`.
    words: [Vec<String>; Label::ALL.len()],
    /// For each caller: namespace, pod, container, unit.
    callers: Vec<[u32; 4]>,
    /// For each call: its name, class, group.
    calls: HashMap<(bool, u16), [u32; 3]>,
    errors: HashMap<u16, u32>,
}

impl Names {
    fn of(snapshot: &Snapshot) -> Result<Names, fmt::Error> {
        let mut calls = HashMap::new();
        let mut errors = HashMap::new();
        let series = snapshot.series.iter().map(|(key, _)| key);
        for key in series.chain(snapshot.histograms.iter().map(|(key, _)| key)) {
            calls.entry((key.compat, key.nr)).or_insert_with(|| call_names(key.compat, key.nr));
            errors.entry(key.errno).or_insert_with(|| error_name(key.errno));
        }
        let mut words: [Vec<&str>; Label::ALL.len()] = Default::default();
        for caller in &snapshot.callers {
            let [namespace, pod, container, unit, ..] = &mut words;
            namespace.push(&caller.namespace);
            pod.push(&caller.pod);
            container.push(&caller.container);
            unit.push(&caller.unit);
        }
        let [.., call_words, classes, groups, error_words] = &mut words;
        for (call, class, group) in calls.values() {
            call_words.push(call);
            classes.push(class);
            groups.push(group);
        }
        error_words.extend(errors.values().map(String::as_str));
        for words in &mut words {
            words.sort_unstable();
            words.dedup();
        }
        let rank = |label: Label, word: &str| {
            let found = words[label as usize].binary_search(&word);
            found.unwrap_or_else(|place| place) as u32
        };
        let of_caller = |caller: &Arc<Caller>| {
            [
                rank(Label::Namespace, &caller.namespace),
                rank(Label::Pod, &caller.pod),
                rank(Label::Container, &caller.container),
                rank(Label::Unit, &caller.unit),
            ]
        };
        let of_call = |(call, class, group): &(String, &str, &str)| {
            [rank(Label::Syscall, call), rank(Label::Class, class), rank(Label::Group, group)]
        };
        Ok(Names {
            callers: snapshot.callers.iter().map(of_caller).collect(),
            calls: calls.iter().map(|(key, names)| (*key, of_call(names))).collect(),
            errors: errors.iter().map(|(key, name)| (*key, rank(Label::Err, name))).collect(),
            words: escape(&words)?,
        })
    }

    fn ranks(&self, key: &Key, labels: &[Label]) -> Ranks {
        let [namespace, pod, container, unit] = self.callers[key.caller as usize];
        let [syscall, class, group] = self.calls[&(key.compat, key.nr)];
        let all = [namespace, pod, container, unit, syscall, class, group, self.errors[&key.errno]];
        let mut ranks = Ranks::default();
        ranks.iter_mut().zip(labels).for_each(|(rank, label)| *rank = all[*label as usize]);
        ranks
    }
}

/// Each word as the library writes it: `name="word"`.
fn escape(words: &[Vec<&str>; Label::ALL.len()]) -> Result<[Vec<String>; Label::ALL.len()], fmt::Error> {
    let mut escaped: [Vec<String>; Label::ALL.len()] = Default::default();
    for ((escaped, words), label) in escaped.iter_mut().zip(words).zip(Label::ALL) {
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        let mut registry = Registry::default();
        registry.register_collector(Box::new(Samples { label, words }));
        let mut text = String::new();
        text::encode_registry(&mut text, &registry)?;
        // A line of its own each: `_{name="word"} 0`.
        let samples = text.lines().filter_map(|line| line.strip_prefix("_{")?.strip_suffix("} 0"));
        *escaped = samples.map(str::to_owned).collect();
    }
    Ok(escaped)
}

/// A sample for each word of a label.
#[derive(Debug)]
struct Samples {
    label: Label,
    words: Vec<String>,
}

impl Collector for Samples {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut samples = encoder.encode_descriptor("_", "", None, MetricType::Gauge)?;
        self.words.iter().try_for_each(|word| {
            samples.encode_family(&[(self.label.name(), word.as_str())])?.encode_gauge(&0u64)
        })
    }
}

/// The labels of one row, as they are written.
#[derive(Debug, Default)]
struct Rendered(String);

impl Rendered {
    fn of(&mut self, names: &Names, labels: &[Label], ranks: &Ranks) -> &Rendered {
        self.0.clear();
        for (label, rank) in labels.iter().zip(ranks) {
            if !self.0.is_empty() {
                self.0.push(',');
            }
            self.0.push_str(&names.words[*label as usize][*rank as usize]);
        }
        self
    }
}

impl EncodeLabelSet for Rendered {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return Ok(());
        }
        // To the library it is the key of one label: that is written as it is.
        encoder.encode_label().encode_label_key()?.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

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

    /// Without regard to time: all labels anew for every line, and the descriptions changed afterwards.
    #[derive(Debug)]
    struct Plain(Scrape);

    impl Collector for Plain {
        fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
            let Scrape { snapshot, labels, latency, families } = &self.0;
            type Labels = Vec<(&'static str, String)>;
            let labels_of = |key: &Key, labels: &[Label]| -> Labels {
                let caller = &snapshot.callers[key.caller as usize];
                let (call, class, group) = call_names(key.compat, key.nr);
                let word = |label: &Label| match label {
                    Label::Namespace => caller.namespace.to_string(),
                    Label::Pod => caller.pod.to_string(),
                    Label::Container => caller.container.to_string(),
                    Label::Unit => caller.unit.to_string(),
                    Label::Syscall => call.clone(),
                    Label::Class => class.to_owned(),
                    Label::Group => group.to_owned(),
                    Label::Err => error_name(key.errno),
                };
                labels.iter().map(|label| (label.name(), word(label))).collect()
            };
            let mut rows: Vec<(Labels, Value)> =
                snapshot.series.iter().map(|(key, value)| (labels_of(key, labels), *value)).collect();
            if labels.len() < Label::ALL.len() {
                let mut sums: BTreeMap<Labels, Value> = BTreeMap::new();
                for (labels, value) in rows {
                    let sum = sums.entry(labels).or_default();
                    (sum.calls, sum.ns) = (sum.calls + value.calls, sum.ns + value.ns);
                }
                rows = sums.into_iter().collect();
            }
            let help = "System calls that have ended, by who made them and with what result.";
            let mut calls = encoder.encode_descriptor("syscope_syscalls", help, None, MetricType::Counter)?;
            for (labels, value) in &rows {
                calls.encode_family(labels)?.encode_counter::<NoLabelSet, _, u64>(&value.calls, None)?;
            }
            if *latency {
                let help = "How long they took together.";
                let mut seconds =
                    encoder.encode_descriptor("syscope_syscall_seconds", help, None, MetricType::Counter)?;
                for (labels, value) in &rows {
                    let time = value.ns as f64 / 1e9;
                    seconds.encode_family(labels)?.encode_counter::<NoLabelSet, _, u64>(&time, None)?;
                }
                let chosen: Vec<Label> =
                    labels.iter().copied().filter(|one| ![Label::Err, Label::Group].contains(one)).collect();
                let mut sums: BTreeMap<Labels, ([u64; 40], u64)> = BTreeMap::new();
                for (key, buckets) in &snapshot.histograms {
                    let (sum, _) = sums.entry(labels_of(key, &chosen)).or_insert(([0; 40], 0));
                    sum.iter_mut().zip(buckets).for_each(|(sum, calls)| *sum += calls);
                }
                for (key, value) in &snapshot.series {
                    if let Some((_, ns)) = sums.get_mut(&labels_of(key, &chosen)) {
                        *ns += value.ns;
                    }
                }
                let (name, help) = ("syscope_syscall_duration_seconds", "How long system calls took.");
                let mut family = encoder.encode_descriptor(name, help, None, MetricType::Histogram)?;
                for (labels, (buckets, ns)) in &sums {
                    let mut from = 0;
                    let mut bounds = Vec::new();
                    for power in (10..=36).step_by(2) {
                        bounds.push(((1u64 << power) as f64 / 1e9, buckets[from..power].iter().sum()));
                        from = power;
                    }
                    bounds.push((f64::INFINITY, buckets[from..].iter().sum()));
                    let (seconds, count) = (*ns as f64 / 1e9, buckets.iter().sum());
                    family
                        .encode_family(labels)?
                        .encode_histogram::<NoLabelSet>(seconds, count, &bounds, None)?;
                }
            }
            for Family { name, help, counter, samples } in families {
                let kind = if *counter { MetricType::Counter } else { MetricType::Gauge };
                let mut metric = encoder.encode_descriptor(name, help, None, kind)?;
                let put = |metric: &mut MetricEncoder<'_>, value: &f64| match counter {
                    true if value.fract() == 0.0 => {
                        metric.encode_counter::<NoLabelSet, _, u64>(&(*value as u64), None)
                    }
                    true => metric.encode_counter::<NoLabelSet, _, u64>(value, None),
                    false => metric.encode_gauge(value),
                };
                for (labels, value) in samples {
                    match labels.is_empty() {
                        true => put(&mut metric, value)?,
                        false => put(&mut metric.encode_family(labels)?, value)?,
                    }
                }
            }
            Ok(())
        }
    }

    fn plain(scrape: Scrape, exposition: Exposition) -> String {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(Plain(scrape)));
        let mut open = String::new();
        if exposition == Exposition::OpenMetrics {
            text::encode(&mut open, &registry).unwrap();
            return open;
        }
        text::encode_registry(&mut open, &registry).unwrap();
        let lines: Vec<&str> = open.lines().collect();
        let mut out = String::new();
        for (at, line) in lines.iter().enumerate() {
            let kind = if line.starts_with("# HELP ") { lines[at + 1] } else { line };
            let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            if line.starts_with("# ") && kind.ends_with(" counter") {
                words[2].push_str("_total");
            }
            out.push_str(&words.join(" "));
            out.push('\n');
        }
        out
    }

    /// Callers, calls and errors that share words, and words that need escaping.
    fn varied(labels: &[Label], latency: bool) -> Scrape {
        let caller = |namespace: &str, pod: &str, container: &str, unit: &str| {
            Arc::new(Caller {
                namespace: namespace.into(),
                pod: pod.into(),
                container: container.into(),
                unit: unit.into(),
            })
        };
        let callers = vec![
            caller("z", "web-0", "w\"e\\b", ""),
            caller("z", "web-1", "w\"e\\b", ""),
            caller("a", "web-0", "line\nfeed", ""),
            caller("", "", "", "ssh.service"),
            caller("", "", "", ""),
            caller("ä", "} 0", "_{x=\"y\"} 0\r", "#"),
        ];
        let (mut series, mut histograms) = (Vec::new(), Vec::new());
        for caller in 0..callers.len() as u32 {
            for (nr, compat) in [(0, false), (3, false), (3, true), (57, false), (460, false), (512, false)] {
                let seed = u64::from(caller) * 1000 + u64::from(nr) + u64::from(compat);
                let key = |errno| Key { caller, compat, nr, errno };
                for errno in [0, 2, 9, 4000] {
                    let calls = seed * 7919 + u64::from(errno);
                    series.push((key(errno), Value { calls, ns: calls * 1_234_567 }));
                }
                let mut buckets = [0; 40];
                buckets.iter_mut().enumerate().for_each(|(at, calls)| *calls = seed % (at as u64 + 3));
                if seed % 5 != 0 {
                    histograms.push((key(0), buckets));
                }
            }
        }
        let snapshot = Snapshot { callers, series, histograms, ..Snapshot::default() };
        let families = vec![
            Family::gauge("one", "A gauge.").with(Vec::new(), 2.5),
            Family::counter("two", "Counts, of things.")
                .with(vec![("job", "a\"\n".into()), ("reason", "# HELP".into())], 3.0)
                .with(vec![("job", "b".into())], 0.25),
            Family::counter("three", "None."),
            Family::counter("four", "One.").with(Vec::new(), 1e15),
        ];
        Scrape { snapshot: Arc::new(snapshot), labels: labels.to_vec(), latency, families }
    }

    #[test]
    fn it_is_what_the_library_writes_by_itself() {
        use Label::{Class, Container, Err, Group, Namespace, Pod, Syscall, Unit};
        let chosen: [&[Label]; 8] = [
            &Label::ALL,
            &[Namespace, Pod, Container, Unit, Syscall, Class, Err],
            &[Err, Syscall, Container],
            &[Group, Unit],
            &[Class],
            &[Err],
            &[Err, Group],
            &[],
        ];
        for labels in chosen {
            for latency in [false, true] {
                for exposition in [Exposition::OpenMetrics, Exposition::Prometheus] {
                    let written = text(varied(labels, latency), exposition);
                    let expected = plain(varied(labels, latency), exposition);
                    for (one, other) in written.lines().zip(expected.lines()) {
                        assert_eq!(one, other, "{labels:?} {exposition:?}");
                    }
                    assert_eq!(written, expected, "{labels:?} {exposition:?}");
                }
            }
        }
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
