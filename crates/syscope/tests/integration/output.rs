//! How events are shown.

use std::collections::BTreeMap;
use std::process::Command;

use syscope_output::record::Record;
use syscope_testing::syscope::parse_text;

use crate::support::{Dir, parse, program, run, syscope, trace};

/// The text of `syscope trace FLAGS -w FILE -- COMMAND`.
fn text(flags: &[&str], command: &[&str]) -> String {
    let dir = Dir::new();
    let events = dir.join("events");
    let ended = run(syscope().args(["trace", "-w"]).arg(&events).args(flags).arg("--").args(command));
    assert!(ended.stderr.contains(" 0 lost"), "{ended:?}");
    std::fs::read_to_string(&events).expect("read the events")
}

#[test]
#[ignore = "root+bpf"]
fn a_dash_writes_to_stdout() {
    let ended =
        run(syscope().args(["trace", "-w", "-", "-s", "exit_group", "--", "sh", "-c", "echo out; exit 3"]));
    assert_eq!(ended.code(), Some(3));
    assert!(ended.stdout().contains("out\n") && ended.stdout().contains("exit_group(3) = ?\n"), "{ended:?}");
    assert_eq!(ended.stderr, "syscope: 1 events, 0 lost\n");
}

#[test]
#[ignore = "root+bpf"]
fn there_are_no_colours_in_a_file() {
    let text = text(&["-s", "%process"], &["sh", "-c", "exit 1"]);
    assert!(text.contains("execve(") && !text.contains('\x1b'), "{text}");
}

#[test]
#[ignore = "root+bpf"]
fn every_line_of_a_busy_run_is_of_the_specified_form() {
    let script =
        "ls -l /etc >/dev/null; cat /etc/passwd | sort >/dev/null; mkdir d; rmdir d; sh -c 'kill -9 $$'";
    let dir = Dir::new();
    let events = dir.join("events");
    for flags in [&[][..], &["--latency"], &["--string-limit", "1"], &["--string-limit", "1024"]] {
        let mut command = syscope();
        command.args(["trace", "-o", "json", "-w"]).arg(&events).args(flags).args(["--", "sh", "-c", script]);
        run(command.current_dir(dir.path()));
        let text = std::fs::read_to_string(&events).expect("read the events");
        let records: Vec<Record> = text.lines().map(parse).collect();
        assert!(text.ends_with('\n') && records.len() > 200, "{}", records.len());
        let loss = records.iter().filter(|record| matches!(record, Record::Loss(_))).count();
        assert_eq!(loss, 1, "the account alone");
    }
}

#[test]
#[ignore = "root+bpf"]
fn text_and_json_show_the_same_calls() {
    // A single thread, so that the order is always the same.
    let command = ["cat", "/no/such/file", "/etc/hostname"];
    let json = trace(&[], command);
    let json: Vec<(String, bool)> = json
        .calls()
        .map(|call| (call.syscall.name.clone(), call.error.as_deref().is_some_and(|error| error != "OK")))
        .collect();
    let log = parse_text(&text(&[], &command));
    assert_eq!(log.unparsed, Vec::<String>::new());
    let text: Vec<(String, bool)> = log
        .records
        .iter()
        .map(|record| {
            (record.name.clone(), matches!(record.outcome, syscope_testing::record::Outcome::Error(_)))
        })
        .collect();
    assert_eq!(text, json);
}

/// Names that a program gives itself to look like something else.
const HOSTILE: &[&str] =
    &["x\n) = 0", "\x1b[31mred", "a[1] getpid(", "\"quoted\"", "back\\slash", "\u{1}\u{7f}"];

#[test]
#[ignore = "root+bpf"]
fn a_hostile_name_does_not_break_its_line() {
    let dir = Dir::new();
    for name in HOSTILE {
        let path = dir.join(name);
        std::fs::copy(program("counted"), &path).expect("copy the program");
        let path = path.to_str().expect("a name in UTF-8");
        let text = text(&["-s", "getppid"], &[path, "getppid", "3"]);
        let log = parse_text(&text);
        assert_eq!((log.records.len(), log.unparsed.len()), (3, 0), "{text:?}");
        assert!(log.records.iter().all(|record| record.name == "getppid"), "{text:?}");
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
        assert_eq!(text.lines().count(), 3, "{text:?}");
        let traced = trace(&["-s", "getppid"], [path, "getppid", "3"]);
        for call in traced.calls() {
            let cut: String = name.chars().take(15).collect();
            assert_eq!(call.process.comm, syscope_output::record::Text::Plain(cut));
        }
    }
}

#[test]
#[ignore = "root+bpf"]
fn hostile_strings_do_not_break_their_line() {
    let program = program("arguments");
    let text = text(&["-s", "rmdir"], &[program.to_str().expect("a name in UTF-8"), "strings"]);
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
    assert!(!text.contains('\u{202e}'), "no change of direction: {text:?}");
    assert!(text.lines().all(|line| line.contains("] rmdir(\"")), "{text}");
}

#[test]
#[ignore = "root+bpf"]
fn types_names_every_argument_with_its_c_type() {
    let text = text(&["-s", "openat", "--types"], &["cat", "/etc/hostname"]);
    let line = text.lines().find(|line| line.contains("/etc/hostname")).expect("the open");
    assert!(
        line.contains(
            "openat((int)dirfd=AT_FDCWD, (const char *)pathname=\"/etc/hostname\", (int)flags=O_RDONLY"
        ),
        "{line}"
    );
}

#[test]
#[ignore = "root+bpf"]
fn descriptors_are_shown_with_what_they_refer_to_when_asked() {
    let command = ["sh", "-c", "read x < /etc/hostname"];
    let with = text(&["-s", "openat,read,close", "-y"], &command);
    assert!(with.contains("read(0</etc/hostname>, "), "{with}");
    let without = text(&["-s", "openat,read,close"], &command);
    assert!(without.contains("read(0, ") && !without.contains('<'), "{without}");
}

#[test]
#[ignore = "root+bpf"]
fn descriptors_in_json_are_always_shown_with_what_they_refer_to() {
    let traced = trace(&["-s", "read"], ["sh", "-c", "read x < /etc/hostname"]);
    let read =
        traced.calls().find(|call| call.args.get("fd_path").is_some_and(|path| path == "/etc/hostname"));
    assert!(read.is_some(), "{:#?}", traced.records);
}

#[test]
#[ignore = "root+bpf"]
fn latency_is_shown_at_the_end_of_the_line() {
    let program = program("counted");
    let command = [program.to_str().expect("a name in UTF-8"), "sleep", "1"];
    let text = text(&["-s", "nanosleep", "--latency"], &command);
    let seconds =
        text.trim_end().rsplit_once(" <").and_then(|(_, rest)| rest.strip_suffix('>')).expect("a latency");
    assert!((0.06..10.0).contains(&seconds.parse::<f64>().expect("a number")), "{text}");
}

/// Calls and errors by name.
type Counts = BTreeMap<String, (u64, u64)>;

/// What `counted` does, counted from the events themselves.
fn counted_events(command: &[&str]) -> Counts {
    let mut counts = Counts::new();
    for call in trace(&[], command).calls() {
        let count = counts.entry(call.syscall.name.clone()).or_default();
        count.0 += 1;
        count.1 += u64::from(call.error.as_deref().is_some_and(|error| error != "OK"));
    }
    counts
}

#[test]
#[ignore = "root+bpf"]
fn the_counts_of_a_summary_are_those_of_the_events() {
    let program = program("counted");
    let command =
        [program.to_str().expect("a name in UTF-8"), "getppid", "500", "missing", "70", "badfd", "9"];
    let events = counted_events(&command);
    assert_eq!((events["getppid"], events["rmdir"], events["fsync"]), ((500, 0), (70, 70), (9, 9)));

    let traced = trace(&["-C"], command);
    let Some(Record::Summary(summary)) = traced.records.last() else { panic!("{:?}", traced.records) };
    let block = &summary.blocks[0];
    let json: Counts = block
        .syscalls
        .iter()
        .map(|calls| {
            (calls.syscall.as_ref().expect("a name").name.clone(), (calls.calls, calls.errors.values().sum()))
        })
        .collect();
    assert_eq!(json, events);
    assert_eq!(block.calls, events.values().map(|count| count.0).sum::<u64>());
    assert_eq!(block.errors, events.values().map(|count| count.1).sum::<u64>());

    let text = text(&["-C"], &command);
    let number = |word: &str| word.parse::<u64>().expect("a number");
    let lines: Counts = text
        .lines()
        .skip(2)
        .take_while(|line| !line.starts_with('-'))
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words[1].parse() {
                Ok(errors) => (words[2].to_owned(), (number(words[0]), errors)),
                Err(_) => (words[1].to_owned(), (number(words[0]), 0)),
            }
        })
        .collect();
    assert_eq!(lines, events, "{text}");
}

#[test]
#[ignore = "root+bpf"]
fn a_summary_with_latency_has_the_time_that_was_slept() {
    let program = program("counted");
    let traced =
        trace(&["-C", "--latency", "-s", "nanosleep"], [program.as_os_str(), "sleep".as_ref(), "3".as_ref()]);
    let Some(Record::Summary(summary)) = traced.records.last() else { panic!("{:?}", traced.records) };
    let time = summary.blocks[0].syscalls[0].time.as_ref().expect("times");
    assert_eq!(time.calls, 3);
    assert!(
        time.total_ns >= 180_000_000 && time.p50_ns >= 59_000_000 && time.max_ns >= time.p50_ns,
        "{time:?}"
    );
}

#[test]
#[ignore = "root+bpf"]
fn a_number_that_is_no_call_is_shown_all_the_same() {
    let traced = trace(&[], [program("unknown_calls")]);
    let unknown = traced.only("syscall_999");
    assert_eq!((unknown.syscall.nr, unknown.ret, unknown.error.as_deref()), (999, Some(-38), Some("ENOSYS")));
}

#[test]
#[ignore = "root+bpf"]
fn events_are_shown_at_once_on_a_quiet_machine() {
    let mut command = Command::new(program("family"));
    let puppet = crate::support::Puppet::start(command.arg("1"));
    puppet.hear("ready");
    let mut live = crate::support::Live::start(&["-s", "getpgid", "-p", &puppet.pid().to_string()]);
    live.until_call("a call", |call| call.syscall.name == "getpgid");
    live.end(libc::SIGINT);
}

#[test]
#[ignore = "root+bpf"]
fn the_cost_is_explained_before_the_run() {
    let ended =
        run(syscope().args(["trace", "--explain-cost", "-s", "exit_group", "--", "sh", "-c", "exit 2"]));
    assert_eq!(ended.code(), Some(2));
    assert!(ended.stderr.contains("syscope: hooks: sys_exit, sched_process_"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("sys_enter,"), "the entry is not hooked: {}", ended.stderr);
    let with =
        run(syscope().args(["trace", "--explain-cost", "--latency", "-s", "exit_group", "--", "true"]));
    assert!(with.stderr.contains("syscope: hooks: sys_exit, sys_enter"), "{}", with.stderr);
    assert!(with.stderr.contains(" ns"), "{}", with.stderr);
}
