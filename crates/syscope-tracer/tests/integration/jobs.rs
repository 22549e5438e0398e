//! Counts and jobs against programs that make a known number of calls.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use syscope_syscalls::set::Set;
use syscope_syscalls::{Abi, table};
use syscope_tracer::{Builder, Counted, CountsConfig, Event, Job, Measured, Poll, Trace};

use crate::cgroups::{Cgroup, id, tracked};

const GOOD: u64 = 20_011;
const FAILING: u64 = 7_013;

fn number(name: &str) -> u32 {
    table::number(Abi::native(), name).expect("a call of every table")
}

/// A program in a cgroup of its own that makes so many calls by hand: `getppid`, and `close(-1)`, which fails.
fn calls(cgroup: &Path, good: u64, failing: u64) {
    let program = format!(
        "for (1..{good}) {{ syscall({}); }} for (1..{failing}) {{ syscall({}, -1); }}",
        number("getppid"),
        number("close")
    );
    let status = Command::new("sh")
        .arg("-c")
        .arg("echo $$ > \"$0/cgroup.procs\" && exec perl -e \"$1\"")
        .arg(cgroup)
        .arg(program)
        .status()
        .expect("run sh");
    assert!(status.success());
}

fn everything() -> Job {
    Job {
        calls: Set::parse("getppid,close").expect("calls"),
        selector: syscope_container::selector::Selector::default(),
        failed_only: false,
        latency_min_ns: 0,
        sample_rate: 1,
    }
}

fn start(histograms: Option<u32>) -> Trace {
    Builder::new().jobs().counts(CountsConfig { capacity: 16_384, histograms }).start().expect("start")
}

/// Reads what comes until a condition holds; how many events each job got.
fn read_until(
    trace: &mut Trace,
    delivered: &mut [u64; 64],
    mut done: impl FnMut(&mut Trace, &[u64; 64]) -> bool,
) {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        assert!(Instant::now() < until, "it does not come: {delivered:?}");
        let is_call = match trace.poll(Duration::from_millis(20)).expect("poll") {
            Poll::Event(Event::Syscall(_)) => true,
            Poll::Event(_) => false,
            Poll::Idle => {
                if done(trace, delivered) {
                    return;
                }
                continue;
            }
            Poll::End => panic!("it ended"),
        };
        if is_call {
            let jobs = trace.jobs_of_event();
            for (job, delivered) in delivered.iter_mut().enumerate() {
                *delivered += jobs >> job & 1;
            }
        }
    }
}

fn of(counts: &[Counted], cgroup: u64, name: &str, errno: u16) -> u64 {
    let found = counts
        .iter()
        .filter(|at| at.cgroup == cgroup && at.nr == number(name) && at.errno == errno && !at.compat);
    found.map(|at| at.calls).sum()
}

#[test]
#[ignore = "root+bpf"]
fn calls_are_counted_exactly() {
    let mut trace = start(None);
    let counts = trace.counts().expect("counts").expect("they are kept");
    let cgroup = Cgroup::new(&tracked().at, "counts");
    calls(&cgroup.0, GOOD, FAILING);
    let read = counts.read().expect("read");
    let cgroup_id = id(&cgroup.0);
    assert_eq!(of(&read, cgroup_id, "getppid", 0), GOOD);
    assert_eq!(of(&read, cgroup_id, "close", 9), FAILING);
    // The shell was moved here, became perl, and ended.
    assert_eq!(of(&read, cgroup_id, "execve", 0), 1);
    assert_eq!(of(&read, cgroup_id, "exit_group", 0), 1);
    assert!(read.iter().filter(|at| at.cgroup == cgroup_id).all(|at| at.ns == 0));
    let ours = read.iter().find(|at| at.cgroup == cgroup_id).expect("a count");
    counts.remove(ours);
    let left = counts.read().expect("read");
    assert!(!left.iter().any(|at| at.cgroup == cgroup_id && at.nr == ours.nr && at.errno == ours.errno));
}

#[test]
#[ignore = "root+bpf"]
fn calls_are_measured_exactly() {
    let mut trace = start(Some(1024));
    assert!(trace.hooks().contains(&"sys_enter"));
    let counts = trace.counts().expect("counts").expect("they are kept");
    let cgroup = Cgroup::new(&tracked().at, "measured");
    calls(&cgroup.0, GOOD, FAILING);
    let cgroup_id = id(&cgroup.0);
    let histograms = counts.histograms().expect("read");
    let ours = histograms
        .iter()
        .find(|at| at.cgroup == cgroup_id && at.nr == number("getppid"))
        .expect("it is measured");
    assert_eq!(ours.buckets.iter().sum::<u64>(), GOOD);
    let read = counts.read().expect("read");
    let ns = read.iter().find(|at| at.cgroup == cgroup_id && at.nr == number("getppid")).expect("a count").ns;
    // The sum lies between the lower and the upper ends of the buckets.
    let ends =
        |up: u32| ours.buckets.iter().enumerate().map(|(at, calls)| calls << (at as u32 + up)).sum::<u64>();
    assert!((ends(0)..=ends(1)).contains(&ns), "{ns} of {:?}", ours.buckets);
}

/// A count remembers its histogram's number; once that is removed, the number may be another's.
#[test]
#[ignore = "root+bpf"]
fn a_removed_histogram_is_anothers_without_a_trace() {
    let mut trace = start(Some(256));
    let counts = trace.counts().expect("counts").expect("they are kept");
    let of = |cgroup: u64| -> Vec<_> {
        let histograms = counts.histograms().expect("read");
        histograms.into_iter().filter(|at| at.cgroup == cgroup).collect()
    };
    let getppid = |cgroup: u64| {
        let found = of(cgroup).into_iter().find(|at| at.nr == number("getppid"));
        found.map_or(0, |found| found.buckets.iter().sum::<u64>())
    };
    let [first, second] = ["first", "second"].map(|name| Cgroup::new(&tracked().at, name));
    let ids = [&first, &second].map(|cgroup| id(&cgroup.0));
    calls(&first.0, GOOD, 0);
    assert_eq!(ids.map(getppid), [GOOD, 0]);
    for measured in of(ids[0]) {
        counts.remove_histogram(&measured).expect("remove");
    }
    assert!(of(ids[0]).is_empty());
    calls(&second.0, GOOD + 1, 0);
    calls(&first.0, GOOD + 2, 0);
    assert_eq!(ids.map(getppid), [GOOD + 2, GOOD + 1]);
    // The counts stay.
    assert_eq!(self::of(&counts.read().expect("read"), ids[0], "getppid", 0), 2 * GOOD + 2);
    // Numbers that come back can be taken again: more rounds than there is room for.
    for _ in 0..20 {
        for measured in ids.into_iter().flat_map(&of) {
            counts.remove_histogram(&measured).expect("remove");
        }
        calls(&second.0, 7, 0);
        assert_eq!(ids.map(getppid), [0, 7]);
    }
}

/// Many CPUs that meet a call for the first time at the same moment agree on its histogram.
#[test]
#[ignore = "root+bpf"]
fn all_cpus_agree_on_a_histogram() {
    let mut trace = start(Some(1024));
    let counts = trace.counts().expect("counts").expect("they are kept");
    for round in 0..20 {
        let cgroup = Cgroup::new(&tracked().at, &format!("agree-{round}"));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| calls(&cgroup.0, 50, 0));
            }
        });
        let histograms = counts.histograms().expect("read");
        let ours = |at: &&Measured| at.cgroup == id(&cgroup.0) && at.nr == number("getppid");
        let sums: Vec<u64> = histograms.iter().filter(ours).map(|at| at.buckets.iter().sum()).collect();
        assert_eq!(sums, [200]);
    }
}

#[test]
#[ignore = "root+bpf"]
fn what_finds_no_room_to_be_measured_is_counted() {
    let mut trace = start(Some(2));
    let counts = trace.counts().expect("counts").expect("they are kept");
    let cgroup = Cgroup::new(&tracked().at, "unmeasured");
    calls(&cgroup.0, 100, 100);
    assert_eq!(counts.histograms().expect("read").len(), 2);
    assert!(trace.counters().expect("counters").histograms_full > 0);
    assert_eq!(of(&counts.read().expect("read"), id(&cgroup.0), "getppid", 0), 100);
}

#[test]
#[ignore = "root+bpf"]
fn a_full_table_counts_what_it_cannot_hold() {
    let mut trace =
        Builder::new().jobs().counts(CountsConfig { capacity: 16, histograms: None }).start().expect("start");
    let counts = trace.counts().expect("counts").expect("they are kept");
    let cgroup = Cgroup::new(&tracked().at, "full");
    calls(&cgroup.0, 100, 100);
    assert!(counts.read().expect("read").len() <= 16);
    assert!(trace.counters().expect("counters").counts_full > 0);
}

#[test]
#[ignore = "root+bpf"]
fn jobs_share_the_programs_and_not_their_events() {
    let mut trace = start(None);
    let cgroup = Cgroup::new(&tracked().at, "jobs");
    let all = trace.add_job(&everything()).expect("a job");
    let failed = trace.add_job(&Job { failed_only: true, ..everything() }).expect("a job");
    let sampled = trace
        .add_job(&Job { sample_rate: 10, calls: Set::parse("getppid").unwrap(), ..everything() })
        .expect("a job");
    let nothing =
        trace.add_job(&Job { calls: Set::parse("reboot").unwrap(), ..everything() }).expect("a job");
    // The only ones that call getppid and fail to close are ours; others may close well.
    calls(&cgroup.0, GOOD, FAILING);
    for job in [all, failed, sampled, nothing] {
        trace.end_job(job).expect("end");
    }
    let mut delivered = [0; 64];
    let mut ended = Vec::new();
    read_until(&mut trace, &mut delivered, |trace, _| {
        ended.extend(trace.ended_jobs());
        ended.len() == 4
    });
    let account = |job| ended.iter().find(|(number, _)| *number == job).expect("it ended").1;
    for job in [all, failed, sampled, nothing] {
        let account = account(job);
        assert_eq!(account.produced, account.delivered + account.sampled_out + account.lost, "{account:?}");
        assert_eq!(account.delivered, delivered[usize::from(job)]);
        assert_eq!(account.lost, 0);
    }
    assert!(account(all).delivered >= GOOD + FAILING);
    assert!(account(failed).delivered >= FAILING);
    assert!(account(failed).delivered < GOOD);
    let sampled = account(sampled);
    assert_eq!(sampled.delivered, sampled.produced.div_ceil(10), "{sampled:?}");
    assert!(sampled.produced >= GOOD);
    assert_eq!(account(nothing).produced, 0);
}

#[test]
#[ignore = "root+bpf"]
fn a_number_is_used_again_and_the_entry_let_go() {
    let mut trace = start(None);
    assert!(!trace.hooks().contains(&"sys_enter"));
    let cgroup = Cgroup::new(&tracked().at, "again");
    let slow = Job {
        latency_min_ns: 1_000_000,
        calls: Set::parse("clock_nanosleep,getppid").unwrap(),
        ..everything()
    };
    let first = trace.add_job(&slow).expect("a job");
    assert!(trace.hooks().contains(&"sys_enter"));
    calls(&cgroup.0, 100, 0);
    let status = Command::new("sleep").arg("0.01").status().expect("run sleep");
    assert!(status.success());
    let mut delivered = [0; 64];
    read_until(&mut trace, &mut delivered, |_, delivered| delivered[usize::from(first)] >= 1);
    trace.end_job(first).expect("end");
    assert!(!trace.hooks().contains(&"sys_enter"));
    let mut ended = Vec::new();
    read_until(&mut trace, &mut delivered, |trace, _| {
        ended.extend(trace.ended_jobs());
        !ended.is_empty()
    });
    assert_eq!(ended[0].0, first);
    // Calls of 100 ns are not among them.
    assert!(delivered[usize::from(first)] < 100, "{}", delivered[usize::from(first)]);
    let second = trace.add_job(&everything()).expect("a job");
    assert_eq!(second, first);
    assert_eq!(trace.job_account(second).produced, trace.job_account(second).lost);
}

#[test]
#[ignore = "root+bpf"]
fn there_are_at_most_as_many_jobs_as_bits() {
    let mut trace = start(None);
    let numbers: Vec<u8> = (0..64).map(|_| trace.add_job(&everything()).expect("a job")).collect();
    assert_eq!(numbers, (0..64).collect::<Vec<u8>>());
    let error = trace.add_job(&everything()).expect_err("one too many");
    assert_eq!(error.to_string(), "at most 64 jobs can run at a time");
}
