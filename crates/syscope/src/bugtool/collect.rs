//! The collectors: what each may take, and what it gives.

use std::sync::Arc;
use std::time::Duration;

use super::{Context, cgroups, configuration, logs, objects, system};
use crate::doctor::probe::{Pending, start};
use crate::doctor::{self, Look};

/// A text for the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its name in the archive.
    pub name: String,
    /// Its content, still with its secrets.
    pub text: Vec<u8>,
}

/// What a collector gives.
#[derive(Debug, Default)]
pub struct Collected {
    /// Its files.
    pub files: Vec<File>,
    /// What of it could not be collected.
    pub problems: Vec<String>,
}

impl Collected {
    /// Adds a file.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<Vec<u8>>) {
        self.files.push(File { name: name.into(), text: text.into() });
    }

    /// Adds a file, or the reason why there is none.
    pub fn add_or_say<T: Into<Vec<u8>>>(&mut self, name: &str, text: Result<T, impl std::fmt::Display>) {
        match text {
            Ok(text) => self.add(name, text),
            Err(err) => self.problems.push(format!("{name}: {err}")),
        }
    }
}

type Collector = fn(&Context) -> Collected;

/// A collector with its name and its limit.
type Entry = (&'static str, Duration, Collector);

/// Comes first: the doctor loads programs for a moment, which are not to be in the list.
const FIRST: Entry = ("bpf", Duration::from_secs(20), objects::collect);

/// The others, beside each other.
const OTHERS: [Entry; 5] = [
    // The doctor bounds each of its probes itself.
    ("doctor", Duration::from_secs(120), doctor),
    ("system", Duration::from_secs(10), system::collect),
    ("configuration", Duration::from_secs(10), configuration::collect),
    ("cgroups", Duration::from_secs(30), cgroups::collect),
    ("logs", Duration::from_secs(30), logs::collect),
];

/// What all of them give, each with its name.
pub fn run_all(context: &Arc<Context>) -> Vec<(&'static str, Collected)> {
    let first = finish(start_one(context, FIRST));
    let others: Vec<_> = OTHERS.into_iter().map(|entry| start_one(context, entry)).collect();
    others.into_iter().map(finish).chain([first]).collect()
}

fn start_one(context: &Arc<Context>, entry: Entry) -> (&'static str, Pending<Collected>) {
    let (name, limit, collector) = entry;
    let context = Arc::clone(context);
    (name, start(limit, move || collector(&context)))
}

fn finish((name, pending): (&'static str, Pending<Collected>)) -> (&'static str, Collected) {
    let failed = |reason| Collected { files: Vec::new(), problems: vec![reason] };
    (name, pending.finish().unwrap_or_else(failed))
}

fn doctor(context: &Context) -> Collected {
    let report = doctor::examine(&context.options.doctor, Vec::new());
    let mut collected = Collected::default();
    let mut table = String::new();
    doctor::write_table(&mut table, &report, Look { width: 120, color: false });
    collected.add("doctor.txt", table);
    collected.add_or_say("doctor.json", serde_json::to_vec_pretty(&report));
    collected
}
