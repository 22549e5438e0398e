//! How long a scrape of 500 containers with 40 calls each takes, without the kernel: from rows of counts to text.
//!
//! ```text
//! cargo run --release -p syscope-agent --example scrape [CONTAINERS [CALLS [ROUNDS]]]
//! ```
//!
//! Prints medians and the longest of the rounds. Half of the series is of calls that failed.

use std::hint::black_box;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use syscope_agent::Exposition;
use syscope_agent::metrics::exposition::{Scrape, write};
use syscope_agent::metrics::{Label, Series};
use syscope_event::{CgroupState, Container, Owner, OwnerKind, Source};
use syscope_tracer::directory::Entry;
use syscope_tracer::{Counted, Measured};

fn main() -> ExitCode {
    let mut sizes = [500, 40, 50];
    for (size, arg) in sizes.iter_mut().zip(std::env::args().skip(1)) {
        match arg.parse() {
            Ok(given) if given > 0 => *size = given,
            _ => {
                eprintln!("usage: scrape [CONTAINERS [CALLS [ROUNDS]]], numbers above 0");
                return ExitCode::from(2);
            }
        }
    }
    let [containers, calls, rounds] = sizes;
    for latency in [false, true] {
        measure(containers, calls, rounds, latency);
    }
    ExitCode::SUCCESS
}

fn measure(containers: usize, calls: usize, rounds: usize, latency: bool) {
    let known: Vec<Entry> = (0..containers).map(container).collect();
    let each = || (0..containers).flat_map(|at| (0..calls).map(move |call| (at as u64 + 1, call as u32)));
    let rows: Vec<Counted> = each()
        .map(|(cgroup, nr)| Counted {
            cgroup,
            nr,
            errno: if nr % 2 == 0 { 0 } else { 2 },
            calls: 1_000_000 + u64::from(nr),
            ns: 7_000_000_000,
            ..Counted::default()
        })
        .collect();
    let measured: Vec<Measured> = each()
        .filter(|_| latency)
        .map(|(cgroup, nr)| Measured { cgroup, compat: false, nr, runtime: false, buckets: [1000; 40] })
        .collect();
    let mut series = Series::new(Duration::from_secs(300), 200_000);
    let (mut folds, mut writes, mut bytes) = (Vec::new(), Vec::new(), 0);
    for _ in 0..rounds {
        let begin = Instant::now();
        let (snapshot, _) = series.fold(&rows, &measured, &known, begin);
        folds.push(begin.elapsed());
        assert_eq!(snapshot.series.len(), containers * calls);
        let scrape = Scrape {
            snapshot: Arc::new(snapshot),
            labels: Label::ALL.to_vec(),
            latency,
            families: Vec::new(),
        };
        let begin = Instant::now();
        bytes = black_box(write(scrape, Exposition::Prometheus)).len();
        writes.push(begin.elapsed());
    }
    println!(
        "{containers} containers x {calls} calls{}: fold {}, exposition {}, {:.1} MB of text",
        if latency { " with latency" } else { "" },
        said(&mut folds),
        said(&mut writes),
        bytes as f64 / 1e6
    );
}

fn said(times: &mut [Duration]) -> String {
    times.sort_unstable();
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    format!("{:.1} ms (at most {:.1})", ms(times[times.len() / 2]), ms(times[times.len() - 1]))
}

fn container(at: usize) -> Entry {
    let container = Container {
        id: format!("{at:064x}").into(),
        name: Some("web".into()),
        namespace: Some(format!("team-{}", at % 20).into()),
        pod: Some(format!("deployment-5d89bdfbf9-{at:05}").into()),
        ..Container::default()
    };
    let owner = Owner { kind: OwnerKind::Container(Box::new(container)), source: Source::Cri, doubt: None };
    let id = at as u64 + 1;
    Entry {
        id,
        parent: 1,
        level: 3,
        owner: Some(Arc::new(owner)),
        tracking: Some(id),
        path: format!("/kubepods/pod{at}/{at:064x}").into_bytes().into(),
        state: CgroupState::Running,
    }
}
