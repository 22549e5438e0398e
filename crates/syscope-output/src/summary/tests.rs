use super::*;
use crate::fixtures::{GETPID, Made, gap};
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

#[test]
fn one_block_per_owner_and_what_is_missing() {
    let mut summary = Summary::default();
    summary.add_for("prod/web\n/nginx", &getpid().event());
    summary.add_for("prod/db/pg", &getpid().event());
    summary.add_for("prod/db/pg", &gap(17));
    assert_eq!(
        text(&summary),
        "\
prod/db/pg:
    calls    errors syscall
--------- --------- ----------------
        1           getpid
--------- --------- ----------------
        1           total
prod/web\\n/nginx:
    calls    errors syscall
--------- --------- ----------------
        1           getpid
--------- --------- ----------------
        1           total
... 17 events lost (ring full): not counted above ...
"
    );
    let record = record(&summary);
    assert_eq!(record.blocks[1].owner.as_deref(), Some("prod/web\n/nginx"));
    assert_eq!(record.lost, record::LostByReason { ring_full: 17, malformed: 0 });
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
