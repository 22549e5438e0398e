//! Two runs of one command, held against each other thread by thread.

mod align;
mod json;

use std::collections::{BTreeMap, HashMap};

use crate::commands::Exception;
use crate::normalise::{Normal, Normaliser};
use crate::reasons::{Reason, explain};
use crate::record::Log;
use crate::tree::places;
use align::align;

/// What came of a comparison. `expected` is strace's side, `actual` is Syscope's.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    /// Every thread of either side.
    pub threads: Vec<ThreadComparison>,
    /// Arguments of calls that both sides have.
    pub arguments: Count,
    /// Arguments of calls that both sides have, but whose forms can't be compared (JSON only).
    pub passed_over: usize,
    /// Calls that both sides have; equal when all arguments are.
    pub calls: Count,
    /// The arguments that differ.
    pub differences: Vec<Difference>,
}

/// How many were compared, and how many of them are equal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// All.
    pub compared: usize,
    /// The equal ones.
    pub equal: usize,
}

/// The sequences of (call, result) of one thread.
#[derive(Clone, Debug)]
pub struct ThreadComparison {
    /// Its place in the tree of forks.
    pub place: String,
    /// The number of calls expected.
    pub expected: usize,
    /// The number of calls seen.
    pub actual: usize,
    /// Where the two sequences part, if they do.
    pub first_difference: Option<SequenceDifference>,
}

/// The first place where two sequences differ. A side that has ended has no call there.
#[derive(Clone, Debug)]
pub struct SequenceDifference {
    /// The index of the call.
    pub index: usize,
    /// The calls just before, which are the same.
    pub before: Vec<String>,
    /// The expected call and what follows it.
    pub expected: Vec<String>,
    /// The call seen instead and what follows it.
    pub actual: Vec<String>,
}

/// An argument that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Why, or in what way, see [`reasons`](crate::reasons).
    pub reason: Reason,
    /// The call.
    pub call: String,
    /// The name of the argument, or its number counted from 1.
    pub argument: String,
    /// As expected; empty when there is none.
    pub expected: String,
    /// As seen; empty when there is none.
    pub actual: String,
}

/// The output that is held against strace's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The text lines: every character counts.
    Text,
    /// JSON: the values count, where both forms have them plain.
    Json,
}

/// Names of arguments, by name of the call.
pub type ArgumentNames = HashMap<String, Vec<String>>;

impl Comparison {
    /// Whether every thread made the same calls with the same results.
    pub fn sequences_equal(&self) -> bool {
        self.threads.iter().all(|thread| thread.first_difference.is_none())
    }
}

impl Count {
    /// The share of equal ones; 1 when there are none.
    pub fn share(&self) -> f64 {
        if self.compared == 0 { 1.0 } else { self.equal as f64 / self.compared as f64 }
    }

    /// Counts one more.
    pub fn add(&mut self, equal: bool) {
        self.compared += 1;
        self.equal += usize::from(equal);
    }

    /// Adds what another count has.
    pub fn merge(&mut self, other: Count) {
        self.compared += other.compared;
        self.equal += other.equal;
    }
}

/// The names of the arguments that a JSON log tells.
pub fn collect_names(log: &Log) -> ArgumentNames {
    let mut names = ArgumentNames::new();
    for record in &log.records {
        let known = names.entry(record.name.clone()).or_default();
        if record.argument_names.len() > known.len() {
            known.clone_from(&record.argument_names);
        }
    }
    names
}

/// Compares the sequences, and the arguments of the calls both sides have.
pub fn compare(
    form: Form,
    expected: &Log,
    actual: &Log,
    exceptions: &[Exception],
    names: &ArgumentNames,
) -> Comparison {
    let (expected, actual) = (threads(expected, exceptions), threads(actual, exceptions));
    let mut comparison = Comparison::default();
    let all: BTreeMap<&String, ()> = expected.keys().chain(actual.keys()).map(|place| (place, ())).collect();
    let none = Vec::new();
    for (place, ()) in all {
        let (expected, actual) = (expected.get(place).unwrap_or(&none), actual.get(place).unwrap_or(&none));
        comparison.threads.push(compare_sequences(place, expected, actual));
        for (left, right) in align(expected, actual, same_call) {
            compare_arguments(form, &expected[left], &actual[right], names, &mut comparison);
        }
    }
    comparison
}

/// The normalised calls of each thread, by its place.
fn threads(log: &Log, exceptions: &[Exception]) -> HashMap<String, Vec<Normal>> {
    let places = places(&log.records);
    let mut normaliser = Normaliser::new(&places);
    let mut threads: HashMap<String, Vec<Normal>> = HashMap::new();
    for record in &log.records {
        let mut normal = normaliser.normalise(record);
        exceptions.iter().for_each(|exception| exception.blank(&mut normal));
        let thread = threads.entry(places[&record.tid].clone()).or_default();
        let excepted = exceptions.iter().any(|exception| exception.leaves_out(&normal, thread.last()));
        if !excepted {
            thread.push(normal);
        }
    }
    threads
}

/// The same call with the same result.
fn same_call(expected: &Normal, actual: &Normal) -> bool {
    let same_outcome = expected.outcome == actual.outcome || (expected.dies && ends_as_killed(actual));
    expected.name == actual.name && same_outcome
}

/// What the kernel ends the last call of a killed thread with. strace never sees it (`pause() = ?`), since
/// the thread does not stop for its tracer any more, but a tracer inside the kernel does: the call was
/// interrupted, or it is the one that killed its own thread and has succeeded.
fn ends_as_killed(call: &Normal) -> bool {
    const KILLERS: &[&str] =
        &["kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_send_signal"];
    let killed_itself = call.outcome == "0" && KILLERS.contains(&call.name.as_str());
    call.outcome.starts_with('?') || call.outcome == "EINTR" || killed_itself
}

fn compare_sequences(place: &str, expected: &[Normal], actual: &[Normal]) -> ThreadComparison {
    const CONTEXT: usize = 3;
    let same = expected.iter().zip(actual).take_while(|(left, right)| same_call(left, right)).count();
    let show = |calls: &[Normal], from: usize, to: usize| {
        let to = to.min(calls.len());
        calls[from.min(to)..to].iter().map(show_call).collect::<Vec<_>>()
    };
    let differs = same < expected.len().max(actual.len());
    ThreadComparison {
        place: place.to_owned(),
        expected: expected.len(),
        actual: actual.len(),
        first_difference: differs.then(|| SequenceDifference {
            index: same,
            before: show(expected, same.saturating_sub(CONTEXT), same),
            expected: show(expected, same, same + CONTEXT),
            actual: show(actual, same, same + CONTEXT),
        }),
    }
}

fn show_call(call: &Normal) -> String {
    format!("{}({}) = {}", call.name, call.arguments.join(", "), call.outcome)
}

fn compare_arguments(
    form: Form,
    expected: &Normal,
    actual: &Normal,
    names: &ArgumentNames,
    comparison: &mut Comparison,
) {
    let names = names.get(&expected.name);
    let count = expected.arguments.len();
    // Of a call whose end nobody saw, only what strace shows can be compared.
    let count = if expected.partial { count } else { count.max(actual.arguments.len()) };
    let argument = |side: &Normal, index: usize| side.arguments.get(index).cloned().unwrap_or_default();
    let mut pairs: Vec<(String, String, String)> = (0..count)
        .map(|index| {
            let name = names.and_then(|names| names.get(index)).cloned();
            let name = name.unwrap_or_else(|| (index + 1).to_string());
            (name, argument(expected, index), argument(actual, index))
        })
        .collect();
    if form == Form::Text && (expected.note.is_some() || actual.note.is_some()) {
        let note = |side: &Normal| side.note.clone().unwrap_or_default();
        pairs.push(("result".to_owned(), note(expected), note(actual)));
    }
    let mut all_equal = true;
    for (argument, left, right) in pairs {
        let equal = match form {
            Form::Text => Some(left == right),
            Form::Json => json::same_value(&left, &right),
        };
        let Some(equal) = equal else {
            comparison.passed_over += 1;
            continue;
        };
        all_equal &= equal;
        comparison.arguments.add(equal);
        if !equal {
            let reason = explain(&expected.name, &argument, &left, &right);
            let call = expected.name.clone();
            comparison.differences.push(Difference { reason, call, argument, expected: left, actual: right });
        }
    }
    comparison.calls.add(all_equal);
}

#[cfg(test)]
mod tests;
