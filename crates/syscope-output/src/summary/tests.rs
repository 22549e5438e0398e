use std::collections::BTreeMap;

use syscope_event::Owner;

use super::*;
use crate::fixtures::{self, GETPID, Made, gap};
use crate::record::Record;

fn text(summary: &Summary) -> String {
    let mut out = Vec::new();
    summary.write_text(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn record(summary: &Summary) -> record::Summary {
    let mut out = Vec::new();
    summary.write_json(&mut out).unwrap();
    assert_eq!(out.iter().position(|byte| *byte == b'\n'), Some(out.len() - 1));
    match serde_json::from_slice(&out).unwrap() {
        Record::Summary(summary) => summary,
        other => panic!("{other:?}"),
    }
}

fn opens(summary: &mut Summary, latency_ns: Option<u64>) {
    for ret in [3, -2, -2, -13] {
        let mut made = Made::open(b"/x", ret);
        made.latency_ns = latency_ns;
        summary.add(&made.event());
    }
}

fn getpid() -> Made {
    let mut made = Made::new(&GETPID, &[], 1);
    made.nr = 39;
    made
}

#[test]
fn without_times() {
    let mut summary = Summary::default();
    opens(&mut summary, None);
    summary.add(&getpid().event());
    summary.add(&getpid().compat().event());
    assert_eq!(
        text(&summary),
        "\x20   calls    errors syscall
--------- --------- ----------------
        4         3 openat (ENOENT 2, EACCES 1)
        1           [i386] getpid
        1           getpid
--------- --------- ----------------
        6         3 total
"
    );
    let block = &record(&summary).blocks[0];
    assert_eq!((block.calls, block.errors, &block.owner), (6, 3, &None));
    assert_eq!(block.syscalls[0].errors, BTreeMap::from([("ENOENT".into(), 2), ("EACCES".into(), 1)]));
    assert!(block.syscalls.iter().all(|calls| calls.time.is_none()));
}

#[test]
fn with_times() {
    let mut summary = Summary::default();
    opens(&mut summary, Some(100_000));
    summary.add(&getpid().latency(100_000).event());
    assert_eq!(
        text(&summary),
        "\
% time     seconds  usecs/call   p50 usecs   p99 usecs     calls    errors syscall
------ ----------- ----------- ----------- ----------- --------- --------- ----------------
 80.00    0.000400     100.000     100.000     100.000         4         3 openat (ENOENT 2, EACCES 1)
 20.00    0.000100     100.000     100.000     100.000         1           getpid
------ ----------- ----------- ----------- ----------- --------- --------- ----------------
100.00    0.000500     100.000                                 5         3 total
"
    );
    let time = record(&summary).blocks[0].syscalls[0].time.clone().unwrap();
    assert_eq!((time.calls, time.total_ns, time.mean_ns, time.max_ns), (4, 400_000, 100_000, 100_000));
}

/// A container by its name.
fn named(id: &str, name: &str) -> Owner {
    fixtures::container(Container { id: id.into(), name: Some(name.into()), ..Container::default() })
}

#[test]
fn one_block_per_container_and_what_is_missing() {
    let mut summary = Summary::default();
    summary.add(&getpid().owner(named("2", "web\n[x]")).event());
    for made in [Made::open(b"/x", -2), getpid()] {
        let mut made = made.owner(fixtures::pod());
        made.latency_ns = Some(100_000);
        summary.add(&made.event());
    }
    summary.add(&getpid().owner(fixtures::unit()).event());
    summary.add(&getpid().owner(fixtures::pod()).entering().event());
    summary.add(&gap(17));
    assert_eq!(
        text(&summary),
        "\
\"web\\n[x]\":
    calls    errors syscall
--------- --------- ----------------
        1           getpid
--------- --------- ----------------
        1           total
prod/web-0/nginx:
% time     seconds  usecs/call   p50 usecs   p99 usecs     calls    errors syscall
------ ----------- ----------- ----------- ----------- --------- --------- ----------------
 50.00    0.000100     100.000     100.000     100.000         1           getpid
 50.00    0.000100     100.000     100.000     100.000         1         1 openat (ENOENT 1)
------ ----------- ----------- ----------- ----------- --------- --------- ----------------
100.00    0.000200     100.000                                 2         1 total
(host):
    calls    errors syscall
--------- --------- ----------------
        2           getpid
--------- --------- ----------------
        2           total
(total):
% time     seconds  usecs/call   p50 usecs   p99 usecs     calls    errors syscall
------ ----------- ----------- ----------- ----------- --------- --------- ----------------
 50.00    0.000100     100.000     100.000     100.000         4           getpid
 50.00    0.000100     100.000     100.000     100.000         1         1 openat (ENOENT 1)
------ ----------- ----------- ----------- ----------- --------- --------- ----------------
100.00    0.000200     100.000                                 5         1 total
... 17 events lost (ring full): not counted above ...
"
    );
    let record = record(&summary);
    let owners: Vec<_> = record.blocks.iter().map(|block| block.owner.as_deref()).collect();
    assert_eq!(owners, [Some("\"web\\n[x]\""), Some("prod/web-0/nginx"), Some("(host)")]);
    let containers: Vec<_> =
        record.blocks.iter().map(|block| block.container.as_ref().map(|one| one.id.as_str())).collect();
    assert_eq!(containers, [Some("2"), Some("13765a70e8b1"), None]);
    assert_eq!(record.lost, record::LostByReason { ring_full: 17, malformed: 0 });
}

#[test]
fn a_container_alone_is_named_and_needs_no_total() {
    let mut summary = Summary::default();
    summary.add(&getpid().owner(fixtures::guessed()).event());
    // By now the runtime has answered.
    let answer = Owner { source: Source::Docker, doubt: None, ..named("4f1c2a3b4d5e6f70", "db") };
    summary.add(&getpid().owner(answer).event());
    assert_eq!(
        text(&summary),
        "db:
    calls    errors syscall
--------- --------- ----------------
        2           getpid
--------- --------- ----------------
        2           total
"
    );
}

#[test]
fn without_containers_there_is_one_table() {
    let mut summary = Summary::default();
    summary.add(&getpid().owner(fixtures::unit()).event());
    summary.add(&getpid().owner(Owner::HOST).event());
    summary.add(&getpid().event());
    let all = record(&summary);
    assert_eq!((all.blocks.len(), &all.blocks[0].owner, all.blocks[0].calls), (1, &None, 3));
    assert!(!text(&summary).contains(':'));
    summary.add(&getpid().owner(fixtures::unknown()).event());
    let owners: Vec<_> = record(&summary).blocks.into_iter().map(|block| block.owner.unwrap()).collect();
    assert_eq!(owners, ["(host)", "(unknown)"]);
    assert_eq!(text(&Summary::default()), "");
}

#[test]
fn containers_of_one_name_are_told_apart() {
    let mut summary = Summary::default();
    for id in ["bbbbbbbbbbbbbbbb", "aaaaaaaaaaaaaaaa"] {
        summary.add(&getpid().owner(named(id, "db")).event());
    }
    summary.add(&getpid().owner(named("c", "dc")).event());
    let owners: Vec<_> = record(&summary).blocks.into_iter().map(|block| block.owner.unwrap()).collect();
    assert_eq!(owners, ["db (aaaaaaaaaaaa)", "db (bbbbbbbbbbbb)", "dc"]);
}

#[test]
fn containers_are_bounded() {
    let mut summary = Summary::default();
    for n in 0..CONTAINERS_MAX + 20 {
        summary.add(&getpid().owner(named(&format!("{n}"), "job")).event());
        summary.add(&getpid().owner(named("0", "job")).event());
    }
    let all = record(&summary);
    let last = all.blocks.last().unwrap();
    assert_eq!(
        (all.blocks.len(), last.owner.as_deref(), last.calls),
        (CONTAINERS_MAX + 1, Some("(others)"), 20)
    );
    assert!(text(&summary).contains("(containers beyond the first 1000):\n"));
    assert_eq!(all.blocks.iter().map(|block| block.calls).sum::<u64>(), 2 * (CONTAINERS_MAX as u64 + 20));
}

#[test]
fn made_up_numbers_are_bounded() {
    let mut summary = Summary::default();
    for nr in 1000..2000 {
        summary.add(&getpid().unknown(nr).event());
    }
    let block = &record(&summary).blocks[0];
    assert_eq!((block.calls, block.syscalls.len()), (1000, UNKNOWN_MAX + 1));
    assert_eq!((block.syscalls[0].calls, &block.syscalls[0].syscall), (1000 - UNKNOWN_MAX as u64, &None));
    assert!(text(&summary).contains("      936           (other unknown numbers)\n"));
}
