//! From counts to rates: what was called since the reading before, by whom, with which end.

use std::collections::{BTreeMap, HashMap, VecDeque};

use syscope_api::Syscalls;
use syscope_api::syscalls::Caller;

/// How long a row is remembered for its sparkline.
const MINUTE_MS: u64 = 60_000;
/// Names that are kept; with more than any node has at a time, all are forgotten and learnt anew.
const NAMES_MAX: usize = 200_000;

/// Which rows are looked at: what something is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// Containers and units.
    Owners,
    /// The calls of one.
    Calls(Key),
    /// The ends of one call of one.
    Ends(Key),
}

/// Names a row: the node, who calls, what, and how it ends; the last two only on their levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    node: usize,
    owner: usize,
    call: Option<usize>,
    end: Option<usize>,
}

impl Key {
    fn owner(self) -> Key {
        Key { call: None, end: None, ..self }
    }

    fn call(self) -> Key {
        Key { end: None, ..self }
    }
}

/// A row: rates in the latest interval.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Which.
    pub key: Key,
    /// What it is called: as others chose it, not escaped.
    pub name: String,
    /// Its node.
    pub node: String,
    /// Calls in a second.
    pub calls: f64,
    /// Failed calls in a second.
    pub errors: f64,
    /// Nanoseconds that half of the calls took at most, where that is measured.
    pub p50: Option<u64>,
    /// The same for 99 of 100.
    pub p99: Option<u64>,
    /// Calls in a second over the last minute, the oldest first.
    pub history: Vec<f64>,
}

impl Row {
    /// How many of a hundred calls fail.
    pub fn share(&self) -> f64 {
        if self.calls > 0.0 { self.errors / self.calls * 100.0 } else { 0.0 }
    }
}

/// A node.
#[derive(Debug, Clone, Default)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// Why it says nothing, while it doesn't.
    pub trouble: Option<String>,
    /// Whether rates are known: it was read twice.
    pub measured: bool,
    /// Whether it measures latency.
    pub latency: bool,
    /// Calls that no row has, for want of room.
    pub folded: u64,
    before: Option<Counts>,
    rates: Vec<Rate>,
    /// Calls by time they took, of a call of an owner, in the latest interval.
    histograms: HashMap<Key, Vec<u64>>,
}

/// What was counted up to a moment.
#[derive(Debug, Clone, Default)]
struct Counts {
    ts: u64,
    calls: HashMap<Key, u64>,
    histograms: HashMap<Key, Vec<u64>>,
}

#[derive(Debug, Clone, Copy)]
struct Rate {
    key: Key,
    failed: bool,
    calls: f64,
}

/// Names with numbers.
#[derive(Debug, Default)]
struct Names {
    numbers: HashMap<String, usize>,
    names: Vec<String>,
}

impl Names {
    fn number(&mut self, name: &str) -> usize {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), self.names.len() - 1);
        self.names.len() - 1
    }
}

/// Everything that is known.
#[derive(Debug, Default)]
pub struct Model {
    nodes: Vec<Node>,
    owners: Names,
    calls: Names,
    ends: Names,
    /// Calls in a second at each reading of the last minute.
    history: HashMap<Key, VecDeque<(u64, f64)>>,
    /// When each node was read in the last minute.
    ticks: Vec<VecDeque<u64>>,
}

impl Model {
    /// Of nodes that are called so until they say another name.
    pub fn new(names: Vec<String>) -> Model {
        let ticks = vec![VecDeque::new(); names.len()];
        let nodes = names.into_iter().map(|name| Node { name, ..Node::default() }).collect();
        Model { nodes, ticks, ..Model::default() }
    }

    /// The nodes.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Whether all nodes have rates, or a reason why not.
    pub fn is_measured(&self) -> bool {
        self.nodes.iter().all(|node| node.measured || node.trouble.is_some())
    }

    /// A node could not be read: what is known of it is old.
    pub fn fail(&mut self, node: usize, trouble: String) {
        let node = &mut self.nodes[node];
        node.trouble = Some(trouble);
        node.rates.clear();
        node.histograms.clear();
    }

    /// A node was read.
    pub fn read(&mut self, index: usize, counts: &Syscalls) {
        if self.owners.names.len() + self.calls.names.len() + self.ends.names.len() > NAMES_MAX {
            *self = Model::new(self.nodes.iter().map(|node| node.name.clone()).collect());
        }
        let now = self.counts(index, counts);
        let ok = self.ends.number("OK");
        let node = &mut self.nodes[index];
        if let Some(name) = &counts.node {
            node.name.clone_from(name);
        }
        node.trouble = None;
        node.latency = counts.latency;
        node.folded = counts.folded;
        let Some(before) = &node.before else {
            node.before = Some(now);
            return;
        };
        // An agent that was started anew counts from nothing: what it has is what was called since.
        let anew = now.ts < before.ts
            || now.calls.iter().any(|(key, calls)| before.calls.get(key).is_some_and(|old| old > calls));
        let nothing = Counts { ts: before.ts, ..Counts::default() };
        let before = if anew { &nothing } else { before };
        let seconds = now.ts.saturating_sub(before.ts) as f64 / 1000.0;
        if seconds <= 0.0 {
            if anew {
                node.before = Some(now);
            }
            return;
        }
        let rate = |(key, calls): (&Key, &u64)| {
            let since = calls - before.calls.get(key).copied().unwrap_or(0);
            let (calls, failed) = (since as f64 / seconds, key.end != Some(ok));
            (since > 0).then_some(Rate { key: *key, failed, calls })
        };
        node.rates = now.calls.iter().filter_map(rate).collect();
        node.histograms = now
            .histograms
            .iter()
            .map(|(key, buckets)| {
                let old = before.histograms.get(key);
                let old = |bucket: usize| old.and_then(|old| old.get(bucket)).copied().unwrap_or(0);
                (*key, buckets.iter().enumerate().map(|(at, calls)| calls.saturating_sub(old(at))).collect())
            })
            .collect();
        node.measured = true;
        let ts = now.ts;
        node.before = Some(now);
        self.remember(index, ts);
    }

    /// Counts by the numbers of names. Rows that point outside of their tables are passed over.
    fn counts(&mut self, node: usize, counts: &Syscalls) -> Counts {
        let owners: Vec<usize> = counts.owners.iter().map(|owner| self.owners.number(&name(owner))).collect();
        let calls: Vec<usize> = counts.syscalls.iter().map(|call| self.calls.number(&call.name)).collect();
        let ends: Vec<usize> = counts.errors.iter().map(|end| self.ends.number(end)).collect();
        let at = |table: &[usize], index: u64| table.get(usize::try_from(index).ok()?).copied();
        let mut now = Counts { ts: counts.ts, ..Counts::default() };
        for [owner, call, end, count, _] in &counts.rows {
            let (Some(owner), Some(call), Some(end)) =
                (at(&owners, *owner), at(&calls, *call), at(&ends, *end))
            else {
                continue;
            };
            let sum = now.calls.entry(Key { node, owner, call: Some(call), end: Some(end) }).or_default();
            *sum = sum.saturating_add(*count);
        }
        for histogram in &counts.histograms {
            let found = (at(&owners, histogram.owner.into()), at(&calls, histogram.syscall.into()));
            let (Some(owner), Some(call)) = found else { continue };
            add(
                now.histograms.entry(Key { node, owner, call: Some(call), end: None }).or_default(),
                &histogram.buckets,
            );
        }
        now
    }

    /// Keeps the rates of a reading, and forgets those that are older than a minute.
    fn remember(&mut self, index: usize, ts: u64) {
        let mut sums: HashMap<Key, f64> = HashMap::new();
        for rate in &self.nodes[index].rates {
            for key in [rate.key, rate.key.call(), rate.key.owner()] {
                *sums.entry(key).or_default() += rate.calls;
            }
        }
        for (key, calls) in sums {
            self.history.entry(key).or_default().push_back((ts, calls));
        }
        let old = |then: u64| then + MINUTE_MS <= ts || then > ts;
        self.history.retain(|key, points| {
            if key.node == index {
                points.retain(|(then, _)| !old(*then));
            }
            !points.is_empty()
        });
        self.ticks[index].push_back(ts);
        self.ticks[index].retain(|then| !old(*then));
    }

    /// The rows of a level, in no order.
    pub fn rows(&self, level: Level) -> Vec<Row> {
        let of = |key: Key| match level {
            Level::Owners => Some(key.owner()),
            Level::Calls(within) => (key.owner() == within).then(|| key.call()),
            Level::Ends(within) => (key.call() == within).then_some(key),
        };
        let mut sums: BTreeMap<Key, (f64, f64)> = BTreeMap::new();
        let mut buckets: HashMap<Key, Vec<u64>> = HashMap::new();
        // What was called in the last minute stays in sight.
        sums.extend(
            self.history
                .keys()
                .filter(|key| self.depth(key) == level)
                .filter_map(|key| Some((of(*key)?, (0.0, 0.0)))),
        );
        for node in &self.nodes {
            for rate in &node.rates {
                let Some(key) = of(rate.key) else { continue };
                let sum = sums.entry(key).or_default();
                sum.0 += rate.calls;
                sum.1 += if rate.failed { rate.calls } else { 0.0 };
            }
            // How long calls take is not known by how they end.
            if !matches!(level, Level::Ends(_)) {
                for (key, calls) in &node.histograms {
                    if let Some(key) = of(*key) {
                        add(buckets.entry(key).or_default(), calls);
                    }
                }
            }
        }
        let row = |(key, (calls, errors)): (Key, (f64, f64))| {
            let buckets = buckets.get(&key).map_or(&[][..], Vec::as_slice);
            Row {
                key,
                name: self.name(key),
                node: self.nodes[key.node].name.clone(),
                calls,
                errors,
                p50: quantile(buckets, 0.5),
                p99: quantile(buckets, 0.99),
                history: self.line(key),
            }
        };
        sums.into_iter().map(row).collect()
    }

    /// The level on which a row of this key stands.
    fn depth(&self, key: &Key) -> Level {
        match (key.call, key.end) {
            (None, _) => Level::Owners,
            (Some(_), None) => Level::Calls(key.owner()),
            (Some(_), Some(_)) => Level::Ends(key.call()),
        }
    }

    /// The last word of a row's name.
    pub fn name(&self, key: Key) -> String {
        match (key.call, key.end) {
            (_, Some(end)) => self.ends.names[end].clone(),
            (Some(call), None) => self.calls.names[call].clone(),
            (None, None) => self.owners.names[key.owner].clone(),
        }
    }

    /// What a level is of: the owner, and the call.
    pub fn path(&self, level: Level) -> Vec<String> {
        match level {
            Level::Owners => Vec::new(),
            Level::Calls(key) => vec![self.name(key)],
            Level::Ends(key) => vec![self.name(key.owner()), self.name(key)],
        }
    }

    /// What a row is made of.
    pub fn inside(&self, key: Key) -> Option<Level> {
        match (key.call, key.end) {
            (None, _) => Some(Level::Calls(key)),
            (Some(_), None) => Some(Level::Ends(key)),
            (Some(_), Some(_)) => None,
        }
    }

    /// The level above.
    pub fn above(&self, level: Level) -> Option<Level> {
        match level {
            Level::Owners => None,
            Level::Calls(_) => Some(Level::Owners),
            Level::Ends(key) => Some(Level::Calls(key.owner())),
        }
    }

    /// The row of the level above that a level is of.
    pub fn origin(&self, level: Level) -> Option<Key> {
        match level {
            Level::Owners => None,
            Level::Calls(key) | Level::Ends(key) => Some(key),
        }
    }

    /// Rates at the readings of the last minute, 0 where there was no call.
    fn line(&self, key: Key) -> Vec<f64> {
        let points = self.history.get(&key);
        let at = |ts: u64| points?.iter().find(|point| point.0 == ts).map(|point| point.1);
        self.ticks[key.node].iter().map(|ts| at(*ts).unwrap_or(0.0)).collect()
    }
}

/// `namespace/pod/container`, a unit, or `host`.
fn name(owner: &Caller) -> String {
    let parts = [&owner.namespace, &owner.pod, &owner.container];
    let parts: Vec<&str> = parts.into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    match (parts.is_empty(), owner.unit.is_empty()) {
        (false, _) => parts.join("/"),
        (true, false) => owner.unit.clone(),
        (true, true) => "host".to_owned(),
    }
}

/// Adds buckets to buckets; there are no more than 64 powers of two.
fn add(sum: &mut Vec<u64>, buckets: &[u64]) {
    let buckets = &buckets[..buckets.len().min(64)];
    sum.resize(sum.len().max(buckets.len()), 0);
    for (sum, calls) in sum.iter_mut().zip(buckets) {
        *sum = sum.saturating_add(*calls);
    }
}

/// Nanoseconds that this share of the calls took at most: within a bucket they are taken as even.
fn quantile(buckets: &[u64], share: f64) -> Option<u64> {
    let total: f64 = buckets.iter().map(|calls| *calls as f64).sum();
    let wanted = total * share;
    let mut below = 0.0;
    for (power, &calls) in buckets.iter().enumerate() {
        if calls > 0 && below + calls as f64 >= wanted {
            let from = (1u64 << power.min(62)) as f64;
            return Some((from + from * (wanted - below) / calls as f64) as u64);
        }
        below += calls as f64;
    }
    None
}

#[cfg(test)]
pub mod tests;
