//! Nothing is missed, nothing is forged.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Child, Command};

use syscope_output::record::{Exec, Record};

use super::running::{Running, all_bytes, bytes, plain, records};
use crate::support::{Dir, program, said};

const LOOPS: usize = 4;
const EACH: usize = 5_000;

/// What a loop led to.
#[derive(Default)]
struct Seen {
    own: Option<String>,
    execs: BTreeMap<String, u32>,
    exits: BTreeSet<String>,
    long: usize,
}

/// Runs the loops under a log and counts what it has of them.
fn check_storm(every: usize) {
    let dir = Dir::new();
    let path = dir.join("log");
    let running = Running::start(&["--exit", "--write", path.to_str().unwrap()]);
    let spawns = program("spawns");
    let start = || Command::new(&spawns).args([EACH.to_string(), every.to_string()]).spawn().expect("start");
    let mut loops: Vec<Child> = (0..LOOPS).map(|_| start()).collect();
    assert!(loops.iter_mut().all(|child| child.wait().is_ok_and(|status| status.success())));
    let pids: Vec<u32> = loops.iter().map(Child::id).collect();
    let stopped = running.stop_quietly();
    assert!(stopped.ends_with(" 0 lost\n"), "{stopped}");
    let seen = read(&path, &pids, every);
    for seen in seen.values() {
        assert!(seen.own.is_some());
        assert_eq!((seen.execs.len(), seen.exits.len()), (EACH, EACH));
        assert!(seen.execs.keys().all(|id| seen.exits.contains(id)), "the same images began and ended");
        assert_eq!(seen.execs.values().collect::<BTreeSet<_>>().len(), EACH, "each number once");
        assert_eq!(seen.long, EACH.checked_div(every).unwrap_or(0));
    }
}

fn read(path: &Path, pids: &[u32], every: usize) -> BTreeMap<u32, Seen> {
    let mut all: BTreeMap<u32, Seen> = pids.iter().map(|pid| (*pid, Seen::default())).collect();
    for record in records(path) {
        match record {
            Record::Exec(exec) => {
                if let Some(seen) = all.get_mut(&exec.pid) {
                    seen.own = Some(exec.exec_id.clone());
                } else if let Some(seen) = exec.ppid.and_then(|ppid| all.get_mut(&ppid)) {
                    check_exec(&exec, seen, every);
                }
            }
            Record::Exit(exit) => {
                if let Some(seen) = exit.ppid.and_then(|ppid| all.get_mut(&ppid)) {
                    assert_eq!(exit.status, Some(0));
                    assert!(seen.exits.insert(exit.exec_id.expect("an id")), "an end comes once");
                }
            }
            _ => {}
        }
    }
    all
}

fn check_exec(exec: &Exec, seen: &mut Seen, every: usize) {
    assert_eq!((&exec.filename, exec.truncated), (&plain("/bin/true"), false), "{:.300?}", exec.exec_id);
    assert_eq!(exec.parent_exec_id, seen.own, "the loop is the parent");
    let argv = all_bytes(&exec.argv);
    let number: usize = String::from_utf8_lossy(&argv[1]).parse().expect("its number");
    if every > 0 && number.is_multiple_of(every) {
        assert_eq!(argv.len(), 22);
        for (place, argument) in argv[2..].iter().enumerate() {
            let head = format!("{number}.{place}.");
            let letter = b'a' + ((number / every + place) % 26) as u8;
            assert_eq!(argument.len(), 100_000);
            assert!(argument.starts_with(head.as_bytes()));
            assert!(argument[head.len()..].iter().all(|byte| *byte == letter));
        }
        seen.long += 1;
    } else {
        assert_eq!(argv.len(), 2);
    }
    assert!(seen.execs.insert(exec.exec_id.clone(), number as u32).is_none(), "an exec comes once");
}

#[test]
#[ignore = "root+bpf"]
fn twenty_thousand_programs_are_all_logged_with_their_ends() {
    check_storm(0);
}

#[test]
#[ignore = "root+bpf"]
fn two_megabytes_of_arguments_are_complete_among_many_programs() {
    check_storm(100);
}

#[test]
#[ignore = "root+bpf"]
fn the_log_shows_what_a_program_got_while_its_arguments_were_rewritten() {
    let running = Running::start(&[]);
    let output = Command::new(program("race")).arg("3000").output().expect("run the race");
    let log = running.end();
    let logged: BTreeMap<u32, Vec<u8>> = log
        .with("image")
        .into_iter()
        .map(|exec| {
            assert!(!exec.truncated);
            let area = exec.argv.iter().flat_map(|text| [bytes(text), vec![0]].concat()).collect();
            (exec.pid, area)
        })
        .collect();
    let said = said(&String::from_utf8_lossy(&output.stdout), "cmdline");
    assert_eq!(said.len(), 3000);
    let mut different = BTreeSet::new();
    for line in said {
        let (pid, hex) = line.split_once(' ').expect("pid and bytes");
        let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex");
        let truth: Vec<u8> = (0..hex.len()).step_by(2).map(byte).collect();
        let shown = &logged[&pid.parse().expect("a pid")];
        assert_eq!(String::from_utf8_lossy(shown), String::from_utf8_lossy(&truth));
        different.insert(truth);
    }
    assert!(different.len() > 30, "the memory did change: {}", different.len());
}

/// More than a reader can take: arguments are cut, which shows, but no program and no end is missed.
#[test]
#[ignore = "root+bpf"]
fn a_flood_of_arguments_hides_no_program() {
    let dir = Dir::new();
    let path = dir.join("log");
    let running = Running::start(&["--exit", "--write", path.to_str().unwrap()]);
    let start = || Command::new(program("spawns")).args(["40", "2"]).spawn().expect("start");
    let mut loops: Vec<Child> = (0..LOOPS).map(|_| start()).collect();
    assert!(loops.iter_mut().all(|child| child.wait().is_ok_and(|status| status.success())));
    let said = running.stop_quietly();
    assert!(said.ends_with(" 0 lost\n"), "{said}");
    let pids: Vec<u32> = loops.iter().map(Child::id).collect();
    let ours = |ppid: Option<u32>| ppid.is_some_and(|ppid| pids.contains(&ppid));
    let (mut execs, mut exits) = (0, 0);
    for record in records(&path) {
        match record {
            Record::Exec(exec) if ours(exec.ppid) => {
                execs += 1;
                let argv = all_bytes(&exec.argv);
                let number = String::from_utf8_lossy(&argv[1]).into_owned();
                let number: u32 = number.parse().expect("the beginning is always there");
                assert_eq!(exec.truncated, exec.args_missing > 0);
                if number % 2 == 1 {
                    assert!(!exec.truncated && argv.len() == 2, "{argv:?}");
                    continue;
                }
                // The last one has its NUL only if it is whole.
                let shown: usize = argv.iter().map(|argument| argument.len() + 1).sum();
                let whole = "/bin/true".len() + 1 + argv[1].len() + 1 + 20 * 100_001;
                let sum = shown as u64 + exec.args_missing;
                assert!(sum == whole as u64 || sum == whole as u64 + 1, "{sum} of {whole}");
            }
            Record::Exit(exit) if ours(exit.ppid) => exits += 1,
            _ => {}
        }
    }
    assert_eq!((execs, exits), (LOOPS * 40, LOOPS * 40));
}
