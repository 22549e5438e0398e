//! The counts as `/api/v1/syscalls` gives them.

use std::collections::HashMap;

use syscope_api::Syscalls;
use syscope_api::syscalls::{Call, Caller, Histogram, Moment};

use super::Snapshot;
use super::series::{call_names, error_name};

/// Tables of callers, calls and errors, and rows that point into them.
pub(crate) fn tables(
    snapshot: &Snapshot,
    node: Option<&str>,
    ts: u64,
    latency: bool,
    history: Vec<Moment>,
) -> Syscalls {
    let mut owners = Index::default();
    let mut calls = Index::default();
    let mut errors = Index::default();
    let rows = snapshot
        .series
        .iter()
        .map(|(key, value)| {
            [
                owners.of(key.caller).into(),
                calls.of((key.compat, key.nr)).into(),
                errors.of(key.errno).into(),
                value.calls,
                value.ns,
            ]
        })
        .collect();
    let histograms = snapshot
        .histograms
        .iter()
        .map(|(key, buckets)| {
            let used = buckets.iter().rposition(|calls| *calls > 0).map_or(0, |last| last + 1);
            Histogram {
                owner: owners.of(key.caller),
                syscall: calls.of((key.compat, key.nr)),
                buckets: buckets[..used].to_vec(),
            }
        })
        .collect();
    let owners = owners.keys.iter().map(|id| {
        let caller = &snapshot.callers[*id as usize];
        Caller {
            namespace: caller.namespace.to_string(),
            pod: caller.pod.to_string(),
            container: caller.container.to_string(),
            unit: caller.unit.to_string(),
        }
    });
    let syscalls = calls.keys.iter().map(|(compat, nr)| {
        let (name, class, group) = call_names(*compat, *nr);
        Call { name, class: class.to_owned(), group: group.to_owned() }
    });
    Syscalls {
        ts,
        node: node.map(str::to_owned),
        owners: owners.collect(),
        syscalls: syscalls.collect(),
        errors: errors.keys.iter().map(|error| error_name(*error)).collect(),
        rows,
        latency,
        histograms,
        history,
        folded: snapshot.folded,
    }
}

/// Numbers things in the order they come.
struct Index<T> {
    keys: Vec<T>,
    places: HashMap<T, u32>,
}

impl<T> Default for Index<T> {
    fn default() -> Index<T> {
        Index { keys: Vec::new(), places: HashMap::new() }
    }
}

impl<T: Copy + Eq + std::hash::Hash> Index<T> {
    fn of(&mut self, key: T) -> u32 {
        *self.places.entry(key).or_insert_with(|| {
            self.keys.push(key);
            self.keys.len() as u32 - 1
        })
    }
}
