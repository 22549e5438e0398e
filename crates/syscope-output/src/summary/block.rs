//! The calls of one owner, and their table.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

use syscope_event::Syscall as Called;
use syscope_syscalls::names::errno;
use syscope_syscalls::{Abi, Call};

use super::Histogram;
use crate::record;

/// The most numbers per block that no table knows; a program can make up as many as it likes.
pub const UNKNOWN_MAX: usize = 64;

/// Calls that are shown together.
#[derive(Debug, Default)]
pub(super) struct Block {
    calls: HashMap<(Abi, u32), Calls>,
    unknown: usize,
    /// Calls by other unknown numbers.
    rest: Option<Calls>,
}

/// The calls of one number.
#[derive(Debug, Default)]
pub(super) struct Calls {
    call: Option<record::Call>,
    calls: u64,
    errors: BTreeMap<u16, u64>,
    time: Histogram,
}

impl Block {
    /// Whether it has no calls.
    pub(super) fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// Adds a call.
    pub(super) fn add(&mut self, syscall: &Called<'_>) {
        let call = &syscall.call;
        self.entry((call.abi, call.nr), call.syscall.is_some(), || name(call)).add(syscall);
    }

    /// Adds all calls of another block.
    pub(super) fn merge(&mut self, other: &Block) {
        for (key, calls) in &other.calls {
            let Some(call) = &calls.call else { continue };
            self.entry(*key, call.class.is_some(), || call.clone()).merge(calls);
        }
        if let Some(rest) = &other.rest {
            self.rest.get_or_insert_default().merge(rest);
        }
    }

    fn entry(&mut self, key: (Abi, u32), known: bool, call: impl FnOnce() -> record::Call) -> &mut Calls {
        if !known && !self.calls.contains_key(&key) {
            if self.unknown == UNKNOWN_MAX {
                return self.rest.get_or_insert_default();
            }
            self.unknown += 1;
        }
        self.calls.entry(key).or_insert_with(|| Calls { call: Some(call()), ..Calls::default() })
    }

    /// The most time first, then the most calls, then by name.
    pub(super) fn sorted(&self) -> Vec<&Calls> {
        let mut all: Vec<&Calls> = self.calls.values().chain(&self.rest).collect();
        all.sort_by(|a, b| {
            let key = |calls: &Calls| (calls.time.total(), calls.calls);
            key(b).cmp(&key(a)).then_with(|| a.title().cmp(&b.title()))
        });
        all
    }

    /// Writes the table.
    pub(super) fn write_text(&self, out: &mut impl Write) -> io::Result<()> {
        let all = self.sorted();
        let timed = all.iter().any(|calls| calls.time.count() > 0);
        let mut sum = Sum::default();
        for calls in &all {
            sum.add(calls);
        }
        let (head, rule) = if timed { (TIME_HEAD, TIME_RULE) } else { ("", "") };
        writeln!(out, "{head}{:>9} {:>9} syscall", "calls", "errors")?;
        writeln!(out, "{rule}--------- --------- ----------------")?;
        for calls in &all {
            if timed {
                write_time(out, &calls.time, sum.total_ns)?;
            }
            writeln!(
                out,
                "{:>9} {:>9} {}{}",
                calls.calls,
                positive(calls.failed()),
                calls.title(),
                calls.errors()
            )?;
        }
        writeln!(out, "{rule}--------- --------- ----------------")?;
        if timed {
            let mean_ns = sum.total_ns.checked_div(sum.timed).unwrap_or(0);
            let share = if sum.total_ns > 0 { "100.00" } else { "" };
            write!(
                out,
                "{share:>6} {:>11} {:>11} {:>11} {:>11} ",
                seconds(sum.total_ns),
                micros(mean_ns),
                "",
                ""
            )?;
        }
        writeln!(out, "{:>9} {:>9} total", sum.calls, positive(sum.errors))
    }
}

const TIME_HEAD: &str = "% time     seconds  usecs/call   p50 usecs   p99 usecs ";
const TIME_RULE: &str = "------ ----------- ----------- ----------- ----------- ";

/// The last line of a table.
#[derive(Default)]
struct Sum {
    calls: u64,
    errors: u64,
    timed: u64,
    total_ns: u64,
}

impl Sum {
    fn add(&mut self, calls: &Calls) {
        self.calls += calls.calls;
        self.errors += calls.failed();
        self.timed += calls.time.count();
        self.total_ns = self.total_ns.saturating_add(calls.time.total());
    }
}

fn write_time(out: &mut impl Write, time: &Histogram, total_ns: u64) -> io::Result<()> {
    if time.count() == 0 {
        return write!(out, "{:>6} {:>11} {:>11} {:>11} {:>11} ", "", "", "", "", "");
    }
    let share = 100.0 * time.total() as f64 / total_ns.max(1) as f64;
    let (mean, p50, p99) = (micros(time.mean()), micros(time.quantile(500)), micros(time.quantile(990)));
    write!(out, "{share:>6.2} {:>11} {mean:>11} {p50:>11} {p99:>11} ", seconds(time.total()))
}

impl Calls {
    fn add(&mut self, syscall: &Called<'_>) {
        self.calls += 1;
        if let Some(error) = syscall.call.errno() {
            *self.errors.entry(error).or_default() += 1;
        }
        if let Some(latency_ns) = syscall.latency_ns {
            self.time.add(latency_ns);
        }
    }

    fn merge(&mut self, other: &Calls) {
        self.calls += other.calls;
        for (error, count) in &other.errors {
            *self.errors.entry(*error).or_default() += count;
        }
        self.time.merge(&other.time);
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.calls
    }

    /// Those that returned an error.
    pub(super) fn failed(&self) -> u64 {
        self.errors.values().sum()
    }

    /// `openat`, `[i386] open`.
    fn title(&self) -> String {
        match &self.call {
            Some(call) => match call.abi {
                Some(record::Abi::I386) => format!("[{}] {}", Abi::I386.name(), call.name),
                Some(record::Abi::Arm) => format!("[{}] {}", Abi::Arm.name(), call.name),
                None => call.name.clone(),
            },
            None => "(other unknown numbers)".to_owned(),
        }
    }

    /// ` (ENOENT 2, EACCES 1)`, the most frequent first.
    fn errors(&self) -> String {
        let mut errors: Vec<(u16, u64)> = self.errors.iter().map(|(error, count)| (*error, *count)).collect();
        errors.sort_by_key(|(error, count)| (std::cmp::Reverse(*count), *error));
        let words: Vec<String> =
            errors.iter().map(|(error, count)| format!("{} {count}", error_name(*error))).collect();
        if words.is_empty() { String::new() } else { format!(" ({})", words.join(", ")) }
    }

    /// What is known of them.
    pub(super) fn record(&self) -> record::Calls {
        let time = &self.time;
        record::Calls {
            syscall: self.call.clone(),
            calls: self.calls,
            errors: self.errors.iter().map(|(error, count)| (error_name(*error), *count)).collect(),
            time: (time.count() > 0).then(|| record::Time {
                calls: time.count(),
                total_ns: time.total(),
                mean_ns: time.mean(),
                p50_ns: time.quantile(500),
                p99_ns: time.quantile(990),
                max_ns: time.max(),
            }),
        }
    }
}

fn name(call: &Call<'_>) -> record::Call {
    record::Call {
        nr: call.nr,
        name: call.syscall.map_or_else(|| format!("syscall_{}", call.nr), |syscall| syscall.name.to_owned()),
        class: call.syscall.map(|syscall| syscall.group.class().name().to_owned()),
        group: call.syscall.map(|syscall| syscall.group.name().to_owned()),
        abi: match call.abi {
            Abi::I386 => Some(record::Abi::I386),
            Abi::Arm => Some(record::Abi::Arm),
            Abi::X86_64 | Abi::Aarch64 => None,
        },
    }
}

fn error_name(error: u16) -> String {
    errno::name(error).map_or_else(|| format!("E{error}"), str::to_owned)
}

/// The number, or nothing for 0.
fn positive(count: u64) -> String {
    if count == 0 { String::new() } else { count.to_string() }
}

fn seconds(ns: u64) -> String {
    format!("{}.{:06}", ns / 1_000_000_000, ns % 1_000_000_000 / 1000)
}

fn micros(ns: u64) -> String {
    format!("{}.{:03}", ns / 1000, ns % 1000)
}
