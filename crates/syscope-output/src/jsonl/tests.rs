use serde_json::{Value, json};
use syscope_event::{Cgroup, Change, Container, Owner, Pid};
use syscope_syscalls::Status;

use super::*;
use crate::fixtures::{self, BRK, EXIT_GROUP, GETPID, Made, READ, WAIT};
use crate::record::{self, Record};

fn writer() -> JsonLines {
    JsonLines::new(Options::default())
}

/// The line, after it was parsed into [`Record`] and found the same when written by it.
fn line(writer: &mut JsonLines, event: &Event<'_>) -> String {
    let mut out = Vec::new();
    writer.write(&mut out, event);
    checked(out)
}

fn checked(out: Vec<u8>) -> String {
    let line = String::from_utf8(out).unwrap();
    let record: Record = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let (again, value): (Value, Value) =
        (serde_json::to_value(record).unwrap(), serde_json::from_str(&line).unwrap());
    assert_eq!(again, value);
    assert_eq!(line.find('\n'), Some(line.len() - 1));
    line
}

/// `expected` is what stands between the name of the call and the process.
fn check(made: Made, expected: &str) {
    let line = line(&mut writer(), &made.event());
    let start = line.find("\"args\"").unwrap();
    let end = line.find(",\"process\"").unwrap();
    assert_eq!(&line[start..end], expected);
}

fn parsed(made: &Made) -> record::Syscall {
    match serde_json::from_str(&line(&mut writer(), &made.event())).unwrap() {
        Record::Syscall(syscall) => *syscall,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_whole_line() {
    let mut writer = JsonLines::new(Options { node: Some("n1".into()), job: Some("trace-\"nginx\"".into()) });
    let made = Made::open(b"/etc/hosts", 3).file(6, b"hosts\0etc\0").latency(37_750);
    assert_eq!(
        line(&mut writer, &made.event()),
        concat!(
            r#"{"ts":"2026-11-21T02:30:29.123456789Z","type":"syscall","node":"n1","job":"trace-\"nginx\"","#,
            r#""syscall":{"nr":257,"name":"openat","class":"FileSystem","group":"Files"},"#,
            r#""args":{"dirfd":"AT_FDCWD","pathname":"/etc/hosts","flags":["O_RDONLY","O_CLOEXEC"]},"#,
            r#""ret":3,"ret_path":"/etc/hosts","error":"OK","latency_ns":37750,"#,
            r#""process":{"pid":4711,"tid":4712,"ppid":1,"uid":1000,"gid":100,"comm":"sh","#,
            r#""exe":"/bin/busybox","session":4000,"start":"2026-11-21T02:30:00.000000001Z"},"#,
            r#""cgroup":{"id":4211},"ns":{"pid":4026535150,"mnt":4026535149}}"#,
            "\n",
        )
    );
}

/// `expected` is what stands between the process and the namespaces.
fn check_owner(writer: &mut JsonLines, made: &Made, expected: &str) {
    let line = line(writer, &made.event());
    let start = line.find(r#","owner""#).unwrap();
    let end = line.find(r#","ns""#).unwrap();
    assert_eq!(&line[start + 1..end], expected);
}

const CGROUP: &str =
    r#""cgroup":{"id":4211,"hierarchy":"memory","tracking_id":4180,"path":"/kubepods/pod8a9a/1376"}"#;

const POD: &str = concat!(
    r#""owner":{"kind":"container","source":"cri"},"#,
    r#""container":{"id":"13765a70e8b1","name":"nginx","image":"docker.io/library/nginx:1","#,
    r#""runtime":"containerd","pod":"web-0","pod_uid":"8a9a","namespace":"prod","#,
    r#""labels":{"app":"web","tier":"\"front\""}"#,
);

#[test]
fn owners() {
    let mut made = Made::new(&GETPID, &[], 1).owner(fixtures::pod());
    let mut writer = writer();
    check_owner(&mut writer, &made, &format!("{POD}}},{CGROUP}"));
    made.process.ns_pid = Some(7);
    check_owner(&mut writer, &made, &format!(r#"{POD},"pid":7}},{CGROUP}"#));
    let mut check = |owner: Owner, expected: &str| {
        let made = Made { owner: Some(owner), ..made.clone() };
        check_owner(&mut writer, &made, &format!("{expected},{CGROUP}"));
    };
    check(
        fixtures::guessed(),
        concat!(
            r#""owner":{"kind":"container","source":"path","doubt":"docker: no answer within 2 s"},"#,
            r#""container":{"id":"4f1c2a3b4d5e6f70","runtime":"docker","pid":7}"#,
        ),
    );
    check(
        fixtures::container(Container { id: "\n".into(), ..Container::default() }),
        concat!(
            r#""owner":{"kind":"container","source":"cri"},"#,
            r#""container":{"id":"\n","labels":{},"pid":7}"#,
        ),
    );
    check(
        fixtures::unit(),
        concat!(
            r#""owner":{"kind":"unit","source":"unit"},"#,
            r#""unit":{"name":"ssh.service","slice":"system.slice"}"#,
        ),
    );
    check(Owner::HOST, r#""owner":{"kind":"host","source":"none"}"#);
    check(fixtures::unknown(), r#""owner":{"kind":"unknown","source":"none","doubt":"too many questions"}"#);
}

#[test]
fn a_runtime_at_work_is_not_part_of_the_container() {
    let entering = |owner| Made::new(&GETPID, &[], 1).owner(owner).entering();
    check_owner(
        &mut writer(),
        &entering(fixtures::pod()),
        &format!(r#""owner":{{"kind":"runtime","source":"cri","container_id":"13765a70e8b1"}},{CGROUP}"#),
    );
    check_owner(
        &mut writer(),
        &entering(fixtures::guessed()),
        &format!(
            concat!(
                r#""owner":{{"kind":"runtime","source":"path","container_id":"4f1c2a3b4d5e6f70","#,
                r#""doubt":"docker: no answer within 2 s"}},{}"#
            ),
            CGROUP
        ),
    );
    check_owner(
        &mut writer(),
        &entering(fixtures::unknown()),
        &format!(r#""owner":{{"kind":"runtime","source":"none","doubt":"too many questions"}},{CGROUP}"#),
    );
    check_owner(
        &mut writer(),
        &entering(Owner::HOST),
        &format!(r#""owner":{{"kind":"host","source":"none"}},{CGROUP}"#),
    );
}

#[test]
fn changes_of_cgroups() {
    let owner = fixtures::pod();
    let mut writer = JsonLines::new(Options { node: Some("n1".into()), job: None });
    let created = fixtures::change(Change::Created, &owner);
    let start = r#"{"ts":"2026-11-21T02:30:29.123456789Z","type":"cgroup","node":"n1","change":"#;
    assert_eq!(
        line(&mut writer, &Event::Cgroup(created)),
        format!("{start}\"created\",{CGROUP},{POD}}}}}\n")
    );
    let unit = fixtures::unit();
    let attached = CgroupChange { pid: Some(Pid(4711)), ..fixtures::change(Change::Attached, &unit) };
    assert_eq!(
        line(&mut writer, &Event::Cgroup(attached)),
        format!(
            concat!(
                r#"{}"attached",{},"owner":{{"kind":"unit","source":"unit"}},"#,
                r#""unit":{{"name":"ssh.service","slice":"system.slice"}},"pid":4711}}"#,
                "\n",
            ),
            start, CGROUP
        )
    );
    let cgroup = Cgroup { id: 7, path: Some(b"/\xff"), ..Cgroup::default() };
    assert_eq!(
        line(&mut writer, &Event::Cgroup(CgroupChange { cgroup, ..created })),
        format!("{start}\"created\",\"cgroup\":{{\"id\":7,\"path\":{{\"bytes\":\"L/8=\"}}}}}}\n")
    );
    for change in [Change::Populated, Change::Emptied, Change::Renamed, Change::Removed, Change::Identified] {
        // It is parsed there.
        line(&mut writer, &Event::Cgroup(fixtures::change(change, &owner)));
    }
}

#[test]
fn what_is_unknown_is_absent() {
    let mut made = Made::new(&GETPID, &[], 1);
    made.cgroup = 0;
    made.process.ppid = None;
    made.process.exe = None;
    made.process.session = None;
    made.process.start = Timestamp(0);
    made.process.namespaces = Namespaces::default();
    assert_eq!(
        line(&mut writer(), &made.event()),
        concat!(
            r#"{"ts":"2026-11-21T02:30:29.123456789Z","type":"syscall","#,
            r#""syscall":{"nr":257,"name":"getpid","class":"ProcessManagement","group":"Process"},"#,
            r#""args":{},"ret":1,"error":"OK","#,
            r#""process":{"pid":4711,"tid":4712,"uid":1000,"gid":100,"comm":"sh"}}"#,
            "\n",
        )
    );
    made.process.namespaces.uts = Some(9);
    assert_eq!(parsed(&made).ns, Some(record::Namespaces { pid: None, mnt: None, uts: Some(9) }));
}

#[test]
fn results() {
    check(Made::new(&GETPID, &[], 5), r#""args":{},"ret":5,"error":"OK""#);
    check(Made::new(&GETPID, &[], -2), r#""args":{},"ret":-2,"error":"ENOENT""#);
    check(Made::new(&GETPID, &[], -512), r#""args":{},"ret":-512,"error":"ERESTARTSYS""#);
    check(Made::new(&GETPID, &[], -200), r#""args":{},"ret":-200,"error":"E200""#);
    check(Made::new(&GETPID, &[], -4096), r#""args":{},"ret":-4096,"error":"OK""#);
    check(Made::new(&BRK, &[0], 0x5555_0000), r#""args":{"brk":null},"ret":1431633920,"error":"OK""#);
    check(
        Made::new(&BRK, &[0], -0x1000_0000).compat(),
        r#""args":{"brk":null},"ret":4026531840,"error":"OK""#,
    );
}

#[test]
fn decoded_results() {
    check(Made::new(&WAIT, &[5], 2), r#""args":{"timeout":5},"ret":2,"error":"OK""#);
    check(
        Made::new(&WAIT, &[5], 0),
        r#""args":{"timeout":5},"ret":0,"result":{"value":0,"details":["Timeout"]},"error":"OK""#,
    );
    check(
        Made::new(&WAIT, &[5], 1),
        r#""args":{"timeout":5},"ret":1,"result":{"value":1,"details":[{"fd":3}]},"error":"OK""#,
    );
}

#[test]
fn endings() {
    check(Made::new(&EXIT_GROUP, &[1], 0).ending(Ending::Never), r#""args":{"status":1}"#);
    check(
        Made::new(&READ, &[0, 0x7ffc_0de0, 1024], 0).ending(Ending::Unfinished),
        r#""args":{"fd":0,"buf":"0x7ffc0de0","count":1024},"ending":"unfinished""#,
    );
    check(
        Made::new(&GETPID, &[], -1).ending(Ending::Denied).latency(0),
        r#""args":{},"ret":-1,"error":"EPERM","ending":"denied","latency_ns":0"#,
    );
}

#[test]
fn memory() {
    let read = Made::new(&READ, &[0, 0x7ffc_0de0, 1024], 5).file(0, b"tty\0dev\0");
    check(
        read.clone().blob(1, Status::Complete, b"a\"\n\x1b"),
        "\"args\":{\"fd\":0,\"fd_path\":\"/dev/tty\",\"buf\":{\"text\":\"a\\\"\\n\\u001b\",\"truncated\":true},\
         \"count\":1024},\"ret\":5,\"error\":\"OK\"",
    );
    check(
        read.blob(1, Status::Cut, b"\xff\xfe"),
        "\"args\":{\"fd\":0,\"fd_path\":\"/dev/tty\",\"buf\":{\"bytes\":\"//4=\",\"truncated\":true},\
         \"count\":1024},\"ret\":5,\"error\":\"OK\"",
    );
}

#[test]
fn paths_that_are_not_utf8() {
    let made = Made::open(b"/tmp/\xff", 3).file(6, b"\xff\0tmp\0");
    check(
        made,
        "\"args\":{\"dirfd\":\"AT_FDCWD\",\"pathname\":{\"bytes\":\"L3RtcC//\"},\
         \"flags\":[\"O_RDONLY\",\"O_CLOEXEC\"]},\
         \"ret\":3,\"ret_path\":{\"bytes\":\"L3RtcC//\"},\"error\":\"OK\"",
    );
}

#[test]
fn unknown_and_compat_calls() {
    let call = |made: Made| serde_json::to_value(parsed(&made).syscall).unwrap();
    let made = Made::new(&GETPID, &[1, 2], -38);
    assert_eq!(call(made.clone().unknown(999)), json!({"nr": 999, "name": "syscall_999"}));
    assert_eq!(
        call(made.clone().unknown(999).compat()),
        json!({"nr": 999, "name": "syscall_999", "abi": "i386"})
    );
    assert_eq!(
        call(made.clone().compat()),
        json!({"nr": 257, "name": "getpid", "class": "ProcessManagement", "group": "Process", "abi": "i386"}),
    );
    check(
        made.unknown(999),
        r#""args":{"arg0":"0x1","arg1":"0x2","arg2":0,"arg3":0,"arg4":0,"arg5":0},"ret":-38,"error":"ENOSYS""#,
    );
}

#[test]
fn hostile_names_stay_on_their_line() {
    let hostile: [(&[u8], Value); 4] = [
        (b"a\nb", json!("a\nb")),
        (b"\x1b[2J", json!("\x1b[2J")),
        (b"\",\"uid\":0", json!("\",\"uid\":0")),
        (b"\xff\x00", json!({"bytes": "/w=="})),
    ];
    for (comm, expected) in hostile {
        let mut made = Made::new(&GETPID, &[], 1).comm(comm);
        made.process.exe = Some(comm.split(|byte| *byte == 0).next().unwrap().into());
        let record = parsed(&made);
        assert_eq!(serde_json::to_value(&record.process.comm).unwrap(), expected);
        assert_eq!(serde_json::to_value(&record.process.exe).unwrap(), expected);
        assert_eq!(record.process.uid, 1000);
    }
    for byte in 0..=255 {
        let made = Made::open(&[b'a', byte, b'b'], 3).comm(&[b'a', byte]);
        let line = line(&mut writer(), &made.event());
        assert!(!line.trim_end().chars().any(char::is_control), "{byte:#x}: {line:?}");
    }
}

#[test]
fn losses_and_totals() {
    let mut writer = JsonLines::new(Options { node: Some("n1".into()), job: None });
    assert_eq!(
        line(&mut writer, &fixtures::gap(17)),
        concat!(
            r#"{"ts":"2026-11-21T02:30:29.123456789Z","type":"loss","node":"n1","reason":"ring_full","#,
            r#""lost":17,"cpu":3,"since":"2026-11-21T02:30:28.999999999Z"}"#,
            "\n",
        )
    );
    let mut out = Vec::new();
    writer.totals(&mut out, &Totals { produced: 20, delivered: 1, lost_ring_full: 17, lost_malformed: 2 });
    assert_eq!(
        checked(out),
        concat!(
            r#"{"type":"loss","node":"n1","final":true,"produced":20,"delivered":1,"lost":19,"#,
            r#""by_reason":{"ring_full":17,"malformed":2}}"#,
            "\n",
        )
    );
}
