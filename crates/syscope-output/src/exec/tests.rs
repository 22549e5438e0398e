use std::sync::LazyLock;

use base64::Engine as _;
use serde_json::{Value, json};
use syscope_event::{
    Cgroup, Comm, Credentials, Event, Exec, ExecId, Exit, Namespaces, Pid, Process, Thread, Tid, Timestamp,
    Totals,
};

use super::*;
use crate::fixtures::{self, GETPID, Made};
use crate::record::{self, Record};

static PROCESS: LazyLock<Process> = LazyLock::new(|| Process {
    pid: Pid(4711),
    start_boot_ns: 123_456_789,
    start: Timestamp(1_795_228_229_120_000_000),
    ppid: Some(Pid(4700)),
    exe: Some(Box::from(&b"/usr/bin/dash"[..])),
    session: Some(4600),
    ns_pid: None,
    namespaces: Namespaces { pid: Some(4_026_531_836), mnt: None, uts: None },
});

static NOTHING_KNOWN: LazyLock<Process> = LazyLock::new(|| Process {
    start: Timestamp(0),
    ppid: None,
    exe: None,
    session: None,
    namespaces: Namespaces::default(),
    ..PROCESS.clone()
});

fn name(name: &[u8]) -> Comm {
    let mut bytes = [0; 16];
    bytes[..name.len()].copy_from_slice(name);
    Comm(bytes)
}

fn thread(comm: &[u8]) -> Thread<'static> {
    Thread {
        tid: Tid(4711),
        comm: name(comm),
        uid: 1002,
        gid: 1003,
        cgroup: Cgroup { id: 4211, ..Cgroup::default() },
        process: &PROCESS,
    }
}

/// An exec with these arguments, each closed by a NUL.
pub(super) fn exec(args: &[u8]) -> Exec<'_> {
    Exec {
        time: Timestamp(1_795_228_229_123_456_789),
        thread: thread(b"sh"),
        id: ExecId { pid: Pid(4711), start_boot_ns: 123_456_789, execs: 3 },
        parent: Some(ExecId { pid: Pid(4700), start_boot_ns: 123_400_000, execs: 2 }),
        filename: b"/bin/sh",
        interpreter: None,
        exe: Some(b"/usr/bin/dash"),
        exe_unlinked: false,
        cwd: Some(b"/srv"),
        args,
        args_missing: 0,
        env: b"",
        comm_before: Some(name(b"node")),
        credentials: Some(Credentials {
            uid: 1002,
            gid: 1003,
            euid: 1002,
            egid: 1003,
            suid: 1002,
            sgid: 1003,
            ..Credentials::default()
        }),
        capabilities_gained: Some(0),
        errno: None,
    }
}

/// Arguments as the kernel keeps them.
pub(super) fn area<A: AsRef<[u8]>>(arguments: &[A]) -> Vec<u8> {
    let closed = |argument: &A| [argument.as_ref(), b"\0"].concat();
    arguments.iter().flat_map(closed).collect()
}

fn exit(status: i32) -> Event<'static> {
    Event::Exit(Exit {
        time: Timestamp(1_795_228_229_135_801_234),
        status,
        run_ns: 12_345_678,
        id: Some(ExecId { pid: Pid(4711), start_boot_ns: 123_456_789, execs: 3 }),
        thread: thread(b"sh"),
    })
}

fn hiding(patterns: &[&str]) -> Options {
    let patterns: Vec<String> = patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
    Options { redactor: Redactor::new(&patterns).unwrap(), ..Options::default() }
}

/// The line of text, which is safe whatever the event.
fn text(options: &Options, event: &Event<'_>) -> String {
    let mut out = Vec::new();
    Text::new(options).write(&mut out, event);
    one_safe_line(out)
}

/// The line of JSON, after it was parsed into [`Record`] and found the same when written by it.
fn json(options: &Options, event: &Event<'_>) -> String {
    let mut out = Vec::new();
    Json::new(options).write(&mut out, event);
    same::<Record>(out)
}

/// The entry of the log, after it was parsed into [`record::Log`] and found the same when written by it.
fn log(options: &Options, event: &Event<'_>) -> String {
    let mut out = Vec::new();
    Log::new(options).write(&mut out, event);
    same::<record::Log>(out)
}

fn same<T: serde::Serialize + serde::de::DeserializeOwned>(out: Vec<u8>) -> String {
    let line = one_safe_line(out);
    let record: T = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let (again, value): (Value, Value) =
        (serde_json::to_value(record).unwrap(), serde_json::from_str(&line).unwrap());
    assert_eq!(again, value);
    line
}

fn one_safe_line(out: Vec<u8>) -> String {
    let line = String::from_utf8(out).expect("every line is UTF-8");
    let line = line.strip_suffix('\n').expect("every line has an end");
    assert!(!line.chars().any(char::is_control), "{line:?}");
    line.to_owned()
}

/// `expected` is what follows the bracket.
fn check_text(exec: Exec<'_>, expected: &str) {
    let line = text(&Options::default(), &Event::Exec(exec));
    let start = "[4711, comm=\"node\", uid=1002, gid=1003, filename=/bin/sh]";
    assert_eq!(line.strip_prefix(start), Some(expected), "{line}");
}

fn parsed(exec: Exec<'_>) -> record::Exec {
    match serde_json::from_str(&json(&Options::default(), &Event::Exec(exec))).unwrap() {
        Record::Exec(exec) => *exec,
        other => panic!("{other:?}"),
    }
}

/// The bytes of a string from outside.
fn bytes_of(text: &record::Text) -> Vec<u8> {
    match text {
        record::Text::Plain(text) => text.clone().into_bytes(),
        record::Text::Bytes(bytes) => base64::engine::general_purpose::STANDARD.decode(&bytes.bytes).unwrap(),
    }
}

#[test]
fn text_of_execs() {
    check_text(exec(b"/bin/sh\0-c\0which ps\0"), " /bin/sh -c 'which ps'");
    check_text(exec(b""), "");
    check_text(exec(b"\0"), " ''");
    check_text(Exec { args_missing: 9, ..exec(b"rm\0a b\0") }, " rm 'a b' ...");
    check_text(Exec { args_missing: 9, ..exec(b"rm\0a b") }, " rm 'a b'...");
    check_text(Exec { args_missing: 9, ..exec(b"") }, " ...");
    check_text(exec(b"rm\0...\0a...\0"), " rm '...' 'a...'");
    check_text(
        Exec { env: b"LANG=C\0A=\0B=x y\0what is this=1\0no value\0", ..exec(b"sh\0") },
        " LANG=C A='' B='x y' 'what is this'=1 sh",
    );
    check_text(exec(b"LANG=C\0sh\0"), " 'LANG=C' sh");
}

#[test]
fn text_of_failed_attempts() {
    check_text(
        Exec { errno: Some(2), ..exec(b"./nope\0-x\0") },
        " ./nope -x = -1 ENOENT (No such file or directory)",
    );
    check_text(Exec { errno: Some(200), ..exec(b"") }, " = -1 E200 (Unknown error 200)");
    check_text(exec(b"x\0=\0-1\0ENOENT\0"), " x '=' -1 ENOENT");
}

#[test]
fn text_of_ends() {
    let check = |status, expected: &str| {
        let line = text(&Options::default(), &exit(status));
        assert_eq!(line, format!("[4711, comm=\"sh\", uid=1002, gid=1003] {expected} after 0.012345 s"));
    };
    check(0, "exited with 0");
    check(0xff00, "exited with 255");
    check(9, "killed by SIGKILL");
    check(0x8b, "killed by SIGSEGV (core dumped)");
    check(34, "killed by SIGRT_2");
}

#[test]
fn nobody_can_imitate_the_bracket() {
    let hostile =
        Exec { comm_before: Some(name(b"x\", uid=0] y")), filename: b"/tmp/a] = -1 \x1b[2J", ..exec(b"x\0") };
    assert_eq!(
        text(&Options::default(), &Event::Exec(hostile)),
        r#"[4711, comm="x\", uid=0] y", uid=1002, gid=1003, filename=$'/tmp/a] = -1 \x1b[2J'] x"#
    );
    let unknown = Exec { comm_before: None, ..exec(b"x\0") };
    assert!(text(&Options::default(), &Event::Exec(unknown)).starts_with("[4711, comm=\"sh\","));
}

#[test]
fn text_has_colours_on_request() {
    let options = Options { color: true, ..Options::default() };
    let mut out = Vec::new();
    Text::new(&options).write(&mut out, &Event::Exec(Exec { errno: Some(13), ..exec(b"a\0") }));
    Text::new(&options).write(&mut out, &exit(9));
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "\x1b[2m[4711, comm=\"node\", uid=1002, gid=1003, filename=/bin/sh]\x1b[0m a = \
         \x1b[31m-1 EACCES (Permission denied)\x1b[0m\n\
         \x1b[2m[4711, comm=\"sh\", uid=1002, gid=1003]\x1b[0m \x1b[31mkilled by SIGKILL\x1b[0m after \
         \x1b[2m0.012345 s\x1b[0m\n"
    );
}

#[test]
fn json_of_an_exec() {
    assert_eq!(
        json(&Options::default(), &Event::Exec(exec(b"/bin/sh\0-c\0which ps\0"))),
        concat!(
            r#"{"filename":"/bin/sh","argv":["/bin/sh","-c","which ps"],"truncated":false,"#,
            r#""pid":4711,"uid":1002,"gid":1003,"comm":"node","#,
            r#""ts":"2026-11-21T02:30:29.123456789Z","type":"exec","ppid":4700,"tid":4711,"#,
            r#""exec_id":"4711-123456789-3","parent_exec_id":"4700-123400000-2","#,
            r#""exe":"/usr/bin/dash","cwd":"/srv","comm_after":"sh","#,
            r#""euid":1002,"egid":1003,"suid":1002,"sgid":1003,"capabilities_gained":[],"#,
            r#""session":4600,"start":"2026-11-21T02:30:29.120000000Z","#,
            r#""ns":{"pid":4026531836},"cgroup":{"id":4211}}"#,
        )
    );
    let id = exec(b"").id;
    assert_eq!(parsed(exec(b"")).exec_id, id.to_string());
}

#[test]
fn json_of_an_exec_with_everything() {
    let all = Exec {
        interpreter: Some(b"/bin/bash"),
        exe_unlinked: true,
        args_missing: 17,
        env: b"B=2\0A=1\0A=\xff\0bare\0\xff=x\0\\=y\0A\0",
        capabilities_gained: Some(1 << 13 | 1 << 39 | 1 << 63),
        errno: Some(8),
        ..exec(b"a")
    };
    let line = json(&hiding(&["^2$"]), &Event::Exec(all));
    let start = line.find(r#""exe":"#).unwrap();
    assert_eq!(
        &line[start..],
        concat!(
            r#""exe":"/usr/bin/dash","exe_unlinked":true,"interpreter":"/bin/bash","cwd":"/srv","#,
            r#""comm_after":"sh","euid":1002,"egid":1003,"suid":1002,"sgid":1003,"#,
            r#""capabilities_gained":["CAP_NET_RAW","CAP_BPF","CAP_63"],"error":"ENOEXEC","#,
            r#""env":{"A":["1",{"bytes":"/w=="},null],"B":"[REDACTED]","\\\\":"y","bare":null,"\\xff":"x"},"#,
            r#""session":4600,"start":"2026-11-21T02:30:29.120000000Z","#,
            r#""ns":{"pid":4026531836},"cgroup":{"id":4211},"args_missing":17,"redacted":1}"#,
        )
    );
    assert!(line.starts_with(r#"{"filename":"/bin/sh","argv":["a"],"truncated":true,"pid""#));
}

#[test]
fn what_is_unknown_is_absent() {
    let little = Exec {
        thread: Thread { cgroup: Cgroup::default(), process: &NOTHING_KNOWN, ..thread(b"sh") },
        parent: None,
        exe: None,
        cwd: None,
        comm_before: None,
        credentials: None,
        capabilities_gained: None,
        ..exec(b"")
    };
    assert_eq!(
        json(&Options::default(), &Event::Exec(little)),
        concat!(
            r#"{"filename":"/bin/sh","argv":[],"truncated":false,"pid":4711,"uid":1002,"gid":1003,"comm":"sh","#,
            r#""ts":"2026-11-21T02:30:29.123456789Z","type":"exec","tid":4711,"exec_id":"4711-123456789-3"}"#,
        )
    );
}

#[test]
fn json_of_ends() {
    assert_eq!(
        json(&Options::default(), &exit(0x0100)),
        concat!(
            r#"{"type":"exit","ts":"2026-11-21T02:30:29.135801234Z","pid":4711,"uid":1002,"gid":1003,"#,
            r#""comm":"sh","ppid":4700,"tid":4711,"exec_id":"4711-123456789-3","status":1,"#,
            r#""run_ns":12345678,"exe":"/usr/bin/dash","session":4600,"#,
            r#""start":"2026-11-21T02:30:29.120000000Z","ns":{"pid":4026531836},"cgroup":{"id":4211}}"#,
        )
    );
    let killed = json(&Options::default(), &exit(0x86));
    assert!(killed.contains(r#","signal":"SIGABRT","core_dumped":true,"run_ns""#), "{killed}");
    let killed = json(&Options::default(), &exit(9));
    assert!(killed.contains(r#","signal":"SIGKILL","core_dumped":false,"run_ns""#), "{killed}");
}

#[test]
fn owners_are_in_every_form() {
    let owner = fixtures::pod();
    let inside = |entering| {
        let cgroup = Cgroup { entering, ..fixtures::cgroup(4211, &owner) };
        Event::Exec(Exec { thread: Thread { cgroup, ..thread(b"sh") }, ..exec(b"ls\0") })
    };
    let options = Options::default();
    assert_eq!(
        text(&options, &inside(false)),
        "[4711, comm=\"node\", uid=1002, gid=1003, filename=/bin/sh, container=prod/web-0/nginx] ls"
    );
    assert_eq!(
        text(&options, &inside(true)),
        "[4711, comm=\"node\", uid=1002, gid=1003, filename=/bin/sh] ls"
    );
    let end = concat!(
        r#""ns":{"pid":4026531836},"#,
        r#""cgroup":{"id":4211,"hierarchy":"memory","tracking_id":4180,"path":"/kubepods/pod8a9a/1376"},"#,
        r#""owner":{"kind":"container","source":"cri"},"#,
        r#""container":{"id":"13765a70e8b1","name":"nginx","image":"docker.io/library/nginx:1","#,
        r#""runtime":"containerd","pod":"web-0","pod_uid":"8a9a","namespace":"prod","#,
        r#""labels":{"app":"web","tier":"\"front\""}}}"#,
    );
    let line = json(&options, &inside(false));
    assert!(line.ends_with(end), "{line}");
    assert!(log(&options, &inside(false)).ends_with(&format!("{line}}}}}")));
    let line = json(&options, &inside(true));
    assert!(
        line.ends_with(r#","owner":{"kind":"runtime","source":"cri","container_id":"13765a70e8b1"}}"#),
        "{line}"
    );
    let Event::Exit(ended) = exit(0) else { unreachable!() };
    let process = Process { ns_pid: Some(9), ..PROCESS.clone() };
    let cgroup = fixtures::cgroup(4211, &owner);
    let ended = Event::Exit(Exit { thread: Thread { cgroup, process: &process, ..ended.thread }, ..ended });
    assert_eq!(
        text(&options, &ended),
        "[4711, comm=\"sh\", uid=1002, gid=1003, container=prod/web-0/nginx] exited with 0 after 0.012345 s"
    );
    let line = json(&options, &ended);
    assert!(line.ends_with(r#""labels":{"app":"web","tier":"\"front\""},"pid":9}}"#), "{line}");
}

#[test]
fn entries_of_the_log() {
    let labels = [("workspace", "dev"), ("a\"b", "\n")].map(|(k, v)| (k.to_owned(), v.to_owned()));
    let options = Options { labels: labels.into(), ..Options::default() };
    let event = Event::Exec(Exec { args_missing: 1, ..exec(b"uname\0it's\0\x1b\\") });
    assert_eq!(
        log(&options, &event),
        format!(
            concat!(
                r#"{{"ts":"2026-11-21T02:30:29.123456789Z","level":"INFO","msg":"exec","#,
                r#""fields":{{"labels":{{"a\"b":"\n","workspace":"dev"}},"#,
                r#""cmdline":"uname 'it'\\''s' $'\\x1b\\\\'...","event":{}}}}}"#,
            ),
            json(&options, &event)
        )
    );
    assert_eq!(
        log(&Options::default(), &exit(0)),
        format!(
            concat!(
                r#"{{"ts":"2026-11-21T02:30:29.135801234Z","level":"INFO","msg":"exit","#,
                r#""fields":{{"labels":{{}},"event":{}}}}}"#,
            ),
            json(&options, &exit(0))
        )
    );
}

#[test]
fn losses_and_totals() {
    let options = Options::default();
    assert_eq!(text(&options, &fixtures::gap(17)), "... 17 events lost (ring full) ...");
    let gap = json(&options, &fixtures::gap(17));
    assert!(gap.contains(r#""type":"loss","reason":"ring_full","lost":17"#), "{gap}");
    assert_eq!(
        log(&options, &fixtures::gap(17)),
        format!(
            concat!(
                r#"{{"ts":"2026-11-21T02:30:29.123456789Z","level":"WARN","msg":"loss","#,
                r#""fields":{{"labels":{{}},"event":{}}}}}"#,
            ),
            gap
        )
    );
    let totals = Totals { produced: 3, delivered: 2, lost_ring_full: 1, lost_malformed: 0 };
    let (mut in_text, mut in_json, mut in_log, mut none_lost) = (vec![], vec![], vec![], vec![]);
    Text::new(&options).totals(&mut in_text, &totals);
    Json::new(&options).totals(&mut in_json, &totals);
    Log::new(&options).totals(&mut in_log, &totals);
    Log::new(&options).totals(&mut none_lost, &Totals::default());
    assert_eq!(one_safe_line(in_text), "... 3 events, 1 lost (1 ring full) ...");
    assert_eq!(
        same::<record::Log>(in_log),
        format!(
            r#"{{"level":"WARN","msg":"totals","fields":{{"labels":{{}},"event":{}}}}}"#,
            same::<Record>(in_json)
        )
    );
    assert!(same::<record::Log>(none_lost).starts_with(r#"{"level":"INFO","msg":"totals""#));
}

#[test]
fn system_calls_belong_to_another_stream() {
    let mut out = Vec::new();
    let made = Made::new(&GETPID, &[], 1);
    Text::new(&Options::default()).write(&mut out, &made.event());
    Json::new(&Options::default()).write(&mut out, &made.event());
    Log::new(&Options::default()).write(&mut out, &made.event());
    assert!(out.is_empty());
}

#[test]
fn json_brings_every_byte_back() {
    let every: Vec<u8> = (1..=255).collect();
    let hostile: [&[u8]; 9] = [
        b"sh",
        b"",
        b"a\nb",
        b"'\"\\",
        b"\x1b[2J",
        b"\xff\xfe",
        b"\",\"uid\":0",
        &every,
        "grün\u{202e}".as_bytes(),
    ];
    let record = parsed(exec(&area(&hostile)));
    let back: Vec<Vec<u8>> = record.argv.iter().map(bytes_of).collect();
    assert_eq!(back, hostile);
    for byte in 1..=255 {
        let odd = [b'a', byte, b'b'];
        let made = Exec {
            filename: &odd,
            interpreter: Some(&odd),
            exe: Some(&odd),
            cwd: Some(&odd),
            comm_before: Some(name(&odd)),
            ..exec(&odd)
        };
        let record = parsed(made);
        let texts = [&record.filename, &record.argv[0], &record.comm];
        let known = [&record.interpreter, &record.exe, &record.cwd];
        for text in texts.into_iter().chain(known.into_iter().flatten()) {
            assert_eq!(bytes_of(text), odd);
        }
        // These look for control characters and parse what they get.
        let env = [&b"A="[..], &odd].concat();
        let made = Event::Exec(Exec { env: &env, ..made });
        text(&Options::default(), &made);
        log(&Options::default(), &made);
    }
}

#[test]
fn long_lists_are_whole() {
    let arguments: Vec<String> = (0..100_000).map(|n| format!("argument {n}")).collect();
    let args = area(&arguments);
    assert_eq!(parsed(exec(&args)).argv.len(), 100_000);
    assert!(text(&Options::default(), &Event::Exec(exec(&args))).ends_with(" 'argument 99999'"));
    let one = vec![b'\''; 128 << 10];
    assert_eq!(bytes_of(&parsed(exec(&one)).argv[0]), one);
    let line = log(&Options::default(), &Event::Exec(exec(&one)));
    assert!(line.len() > 5 * one.len());
}

#[test]
fn secrets_are_in_none_of_the_forms() {
    let options = hiding(&["s3cret", r"--password[ =](\S+)", r"^Authorization: (.*)$", "TOKEN=(.*)"]);
    let args = area(&[
        &b"curl"[..],
        b"--password",
        b"hunter\xff2 and\nmore",
        b"--password=hunter3",
        b"Authorization: Basic\nhunter4",
        b"-ds3crets3cret",
        b"plain",
    ]);
    let event = Event::Exec(Exec { env: b"TOKEN=hunter5\0", ..exec(&args) });
    assert_eq!(
        text(&options, &event),
        "[4711, comm=\"node\", uid=1002, gid=1003, filename=/bin/sh] TOKEN='[REDACTED]' curl --password \
         '[REDACTED]' '--password=[REDACTED]' 'Authorization: [REDACTED]' '-d[REDACTED]' plain"
    );
    let object = json(&options, &event);
    let value: Value = serde_json::from_str(&object).unwrap();
    assert_eq!(
        value["argv"],
        json!([
            "curl",
            "--password",
            "[REDACTED]",
            "--password=[REDACTED]",
            "Authorization: [REDACTED]",
            "-d[REDACTED]",
            "plain"
        ])
    );
    assert_eq!(value["env"], json!({"TOKEN": "[REDACTED]"}));
    assert_eq!(value["redacted"], 5);
    let entry = log(&options, &event);
    assert!(entry.ends_with(&format!("\"event\":{object}}}}}")));
    for line in [object, entry] {
        assert!(!line.contains("hunter") && !line.contains("s3cret"), "{line}");
    }
}
