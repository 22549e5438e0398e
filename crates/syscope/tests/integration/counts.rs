//! Exactly N calls are exactly N events, or N counted ones.

use std::path::Path;

use syscope_output::record::LossReason;

use crate::support::{Dir, Live, Traced, finish, parse, program, start, syscope, trace};

/// Runs `counted CALL NUMBER...`.
fn counted(flags: &[&str], calls: &[&str]) -> Traced {
    let program = program("counted");
    trace(flags, [program.to_str().expect("a name in UTF-8")].iter().chain(calls))
}

/// With these flags exactly so many events are shown, and the account says so.
fn check(flags: &[&str], calls: &[&str], expected: usize) {
    let traced = counted(flags, calls);
    assert_eq!(traced.calls().count(), expected, "{flags:?} {calls:?}");
    let totals = traced.totals();
    assert_eq!((totals.produced, totals.delivered, totals.lost), (expected as u64, expected as u64, 0));
    let account = format!("syscope: {expected} events, 0 lost\n");
    assert!(traced.ended.stderr.ends_with(&account), "{}", traced.ended.stderr);
}

#[test]
#[ignore = "root+bpf"]
fn a_loop_of_n_calls_gives_n_events() {
    check(&["-s", "getppid"], &["getppid", "12345"], 12_345);
}

#[test]
#[ignore = "root+bpf"]
fn several_threads_at_once_give_the_sum_of_their_calls() {
    check(&["-s", "getppid"], &["threads", "8"], 8000);
}

#[test]
#[ignore = "root+bpf"]
fn the_events_of_a_thread_are_in_the_order_of_their_times() {
    let traced = counted(&["-s", "getppid"], &["threads", "8"]);
    let mut last = std::collections::HashMap::new();
    for call in traced.calls() {
        let before = last.insert(call.process.tid, &call.ts);
        assert!(before.is_none_or(|before| before <= &call.ts), "{call:?}");
    }
    assert_eq!(last.len(), 8);
}

#[test]
#[ignore = "root+bpf"]
fn a_list_of_calls_selects_exactly_those() {
    check(&["-s", "getppid,rmdir"], &["getppid", "300", "missing", "200", "badfd", "100"], 500);
    check(&["-s", "getppid,rmdir,!rmdir"], &["getppid", "300", "missing", "200"], 300);
    check(&["-s", "110"], &["getppid", "300", "missing", "200"], 300);
}

#[test]
#[ignore = "root+bpf"]
fn failed_only_selects_exactly_the_failures() {
    let calls = ["getppid", "300", "missing", "200", "badfd", "100"];
    check(&["-s", "getppid,rmdir,fsync", "-Z"], &calls, 300);
    check(&["-s", "getppid,rmdir,fsync", "--failed-only"], &calls, 300);
}

#[test]
#[ignore = "root+bpf"]
fn successful_only_selects_exactly_the_successes() {
    check(&["-s", "getppid,rmdir,fsync", "-z"], &["getppid", "300", "missing", "200", "badfd", "100"], 300);
}

#[test]
#[ignore = "root+bpf"]
fn errno_selects_exactly_those_failures() {
    let calls = ["getppid", "300", "missing", "200", "badfd", "100"];
    check(&["-s", "getppid,rmdir,fsync", "--errno", "ENOENT"], &calls, 200);
    check(&["-s", "getppid,rmdir,fsync", "--errno", "9"], &calls, 100);
    check(&["-s", "getppid,rmdir,fsync", "--errno", "ENOENT,EBADF"], &calls, 300);
    check(&["-s", "getppid,rmdir,fsync", "--errno", "EIO"], &calls, 0);
}

#[test]
#[ignore = "root+bpf"]
fn min_latency_selects_exactly_the_slow_calls() {
    check(&["-s", "getppid,nanosleep", "--min-latency", "50ms"], &["getppid", "1000", "sleep", "5"], 5);
    let none =
        counted(&["-s", "getppid,nanosleep", "--min-latency", "30s"], &["getppid", "1000", "sleep", "2"]);
    assert_eq!(none.calls().count(), 0);
}

#[test]
#[ignore = "root+bpf"]
fn latencies_are_at_least_the_time_that_was_slept() {
    let traced = counted(&["-s", "nanosleep", "--latency"], &["sleep", "3"]);
    assert_eq!(traced.calls().count(), 3);
    assert!(traced.calls().all(|call| call.latency_ns.is_some_and(|latency| latency >= 60_000_000)));
}

/// The gaps in the stream, the totals and what was delivered say the same.
fn check_account(traced: &Traced) {
    let totals = traced.totals();
    assert_eq!(totals.produced, totals.delivered + totals.lost, "{totals:?}");
    assert_eq!(totals.delivered, traced.calls().count() as u64, "{totals:?}");
    assert_eq!(traced.gaps().map(|gap| gap.lost).sum::<u64>(), totals.lost, "{totals:?}");
    assert!(traced.gaps().all(|gap| gap.reason == LossReason::RingFull && gap.lost > 0));
    assert_eq!(totals.by_reason.ring_full, totals.lost);
}

/// How many calls an overload makes: at several million calls a second 64 KiB hold some 0.1 ms of them.
const OVERLOAD: u64 = 1_000_000;

#[test]
#[ignore = "root+bpf"]
fn what_an_overload_loses_is_counted_exactly() {
    let loops = program("loop_getppid");
    let command = [loops.as_os_str(), OVERLOAD.to_string().as_ref()].map(ToOwned::to_owned);
    let traced = trace(&["-s", "getppid", "--ring-size", "64K"], command);
    check_account(&traced);
    let totals = traced.totals();
    assert!(totals.lost > 0, "nothing was lost, so nothing is shown: {totals:?}");
    assert_eq!(totals.delivered + totals.lost, OVERLOAD);
    let account = format!("syscope: {} events, {} lost of {OVERLOAD}", totals.delivered, totals.lost);
    assert!(traced.ended.stderr.contains(&account), "{}", traced.ended.stderr);
}

#[test]
#[ignore = "root+bpf"]
fn an_overload_from_several_threads_with_arguments_is_counted_exactly() {
    let flags = ["-s", "getppid,rmdir", "--ring-size", "64K", "--latency"];
    let traced = counted(&flags, &["missing", "300000", "threads", "100", "missing", "300000"]);
    check_account(&traced);
    assert_eq!(traced.totals().produced, 700_000);
}

#[test]
#[ignore = "root+bpf"]
fn the_account_of_an_interrupted_run_is_exact() {
    for _ in 0..5 {
        let loops = program("loop_getppid");
        let mut busy: Vec<_> = (0..3)
            .map(|_| std::process::Command::new(&loops).arg("1000000000").spawn().expect("start a loop"))
            .collect();
        let mut live = Live::start(&["-s", "getppid", "--ring-size", "64K"]);
        live.until_call("a call", |call| call.syscall.name == "getppid");
        let traced = live.end(libc::SIGINT);
        for child in &mut busy {
            child.kill().and_then(|()| child.wait()).expect("end a loop");
        }
        check_account(&traced);
    }
}

/// How often the opens may be tried: other work on this host can take the tracer's CPU away for longer than
/// the rings last.
const ATTEMPTS: usize = 5;
const OPENS: usize = 300_000;

#[test]
#[ignore = "root+bpf"]
fn none_of_300_000_failing_opens_is_lost_at_default_settings() {
    let mut accounts = Vec::new();
    for _ in 0..ATTEMPTS {
        accounts.push(trace_opens());
        if accounts.last().is_some_and(|account| account.contains(", 0 lost")) {
            return;
        }
    }
    panic!("events were lost each time: {accounts:#?}");
}

/// Traces the opens, the tracer on one CPU and what it traces on another. Returns the account; with none
/// lost all are there.
fn trace_opens() -> String {
    let dir = Dir::new();
    let events = dir.join("events");
    let mut command = std::process::Command::new("taskset");
    command.args(["-c", "1"]).arg(syscope().get_program());
    command.args(["trace", "-o", "json", "-w"]).arg(&events);
    command.args(["--", "taskset", "-c", "0"]).arg(program("loop_open")).arg(OPENS.to_string());
    let ended = finish(start(&mut command, &dir), &dir);
    assert!(ended.status.success(), "{ended:?}");
    if ended.stderr.contains(", 0 lost") {
        assert_eq!(count_opens(&events), OPENS);
    }
    ended.stderr
}

/// The failing opens of `loop_open` in a file of events.
fn count_opens(events: &Path) -> usize {
    let text = std::fs::read_to_string(events).expect("read the events");
    let found: Vec<&str> = text.lines().filter(|line| line.contains("/no/such/directory/file")).collect();
    // All have the same form; a few are enough to see that it is right.
    for line in found.iter().step_by(10_000) {
        let syscope_output::record::Record::Syscall(call) = parse(line) else { panic!("{line}") };
        assert_eq!((call.syscall.name.as_str(), call.error.as_deref()), ("openat", Some("ENOENT")));
    }
    found.len()
}

#[test]
#[ignore = "root+bpf"]
fn max_events_ends_a_run_after_exactly_so_many() {
    let mut busy =
        std::process::Command::new(program("loop_getppid")).arg("1000000000").spawn().expect("start a loop");
    for flags in [&[][..], &["--ring-size", "64K"]] {
        let flags = [&["-s", "getppid", "--max-events", "17"], flags].concat();
        let traced = Live::start(&flags).finish();
        assert_eq!(traced.calls().count(), 17);
        check_account(&traced);
        assert!(traced.ended.status.success());
        assert!(traced.ended.stderr.contains("syscope: 17 events"), "{}", traced.ended.stderr);
    }
    busy.kill().and_then(|()| busy.wait()).expect("end the loop");
}
