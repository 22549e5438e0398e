use syscope_event::{Ending, Event, Owner};
use syscope_syscalls::{Abi, Status, table};

use super::*;
use crate::fixtures::{self, BRK, EXIT_GROUP, GETPID, Made, READ, WAIT};
use crate::{jsonl, text};

fn json(event: &Event<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    jsonl::JsonLines::new(jsonl::Options::default()).write(&mut out, event);
    out
}

fn shown(options: Options, json: &[u8]) -> String {
    let mut out = Vec::new();
    Lines::new(options).write(&mut out, json).unwrap();
    String::from_utf8(out).unwrap()
}

/// By way of JSON an event looks as it does directly.
fn same(event: &Event<'_>) {
    for color in [false, true] {
        let mut expected = Vec::new();
        text::Text::new(text::Options { types: false, latency: true, color }).write(&mut expected, event);
        let options = Options { latency: true, fd_paths: true, color, node: false };
        assert_eq!(shown(options, &json(event)), String::from_utf8(expected).unwrap());
    }
}

fn call(name: &str, args: &[u64], ret: i64) -> Made {
    let abi = Abi::X86_64;
    let number = table::number(abi, name).unwrap();
    Made::new(table::syscall(abi, number).unwrap(), args, ret)
}

/// A line with this call as an agent would send it.
fn line(args: &str, rest: &str) -> String {
    format!(
        r#"{{"ts":"x","type":"syscall","syscall":{{"nr":1,"name":"{rest}"}},"args":{{{args}}},"ret":0,"error":"OK","process":{{"pid":1,"tid":2,"uid":0,"gid":0,"comm":"sh"}}}}"#
    )
}

fn check(name: &str, args: &str, expected: &str) {
    assert_eq!(
        shown(Options::default(), line(args, name).as_bytes()),
        format!("sh[2] {name}({expected}) = 0\n")
    );
}

#[test]
fn what_the_text_says_is_said_by_way_of_json_too() {
    let of = |owner: Owner| Made::new(&GETPID, &[], 1).owner(owner);
    let made = [
        Made::open(b"/etc/hosts", 3),
        Made::open(b"/etc/hosts", 3).file(6, b"hosts\0etc\0"),
        Made::open(b"O_RDONLY", 3),
        Made::open(b"/a>b<", 3).file(6, b"a>b<\0"),
        Made::open(b"/nowhere", -2).latency(12_999),
        Made::new(&BRK, &[0], 0x5555_0000),
        Made::new(&WAIT, &[5], 0),
        Made::new(&WAIT, &[5], 1),
        Made::new(&WAIT, &[5], 2),
        Made::new(&GETPID, &[], 0x7fff_0000_0000),
        Made::new(&GETPID, &[], -200),
        Made::new(&GETPID, &[], -524),
        Made::new(&GETPID, &[], -4095),
        Made::new(&GETPID, &[], -4096),
        Made::new(&GETPID, &[], -512),
        Made::new(&GETPID, &[], -516),
        Made::new(&EXIT_GROUP, &[1], 0).ending(Ending::Never),
        Made::new(&READ, &[0, 0x7ffc_0de0, 1024], 0).ending(Ending::Unfinished),
        Made::new(&GETPID, &[], -1).ending(Ending::Denied).latency(1_000_001_000),
        Made::new(&READ, &[0, 0x7ffc_0de0, 1024], 5).blob(1, Status::Complete, b"\x7fELF\n"),
        Made::new(&READ, &[0, 0x7ffc_0de0, 1024], 5).blob(1, Status::Cut, b"\x7fE\xff"),
        Made::new(&READ, &[0, 0x7ffc_0de0, 1024], 5),
        Made::open(b"/tmp/\xff\x1b[2Jgr\xc3\xbcn\xe2\x80\xae", 3),
        Made::new(&GETPID, &[1, 2], -38).unknown(999),
        Made::new(&GETPID, &[], 7).compat(),
        Made::new(&BRK, &[0], -0x1000_0000).compat(),
        of(fixtures::pod()),
        of(fixtures::guessed()),
        of(fixtures::pod()).entering(),
        of(fixtures::unit()),
        of(fixtures::unknown()),
        of(Owner::HOST),
        of(fixtures::container(Container {
            name: Some("a[1] read() = 0\n\x1b[2J/".into()),
            ..Container::default()
        }))
        .comm(b"b[2] c"),
    ];
    for made in made {
        same(&made.event());
    }
    same(&fixtures::gap(17));
    same(&fixtures::gap(1));
}

#[test]
fn calls_of_the_tables() {
    let sockaddr = [2, 0, 0, 80, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
    let mut unix = vec![1, 0];
    unix.extend_from_slice(b"AF_UNIX\0");
    let (mut timeout, mut six) = ([0; 16], [0; 28]);
    (timeout[0], timeout[8]) = (5, 7);
    (six[0], six[3], six[23]) = (10, 53, 1);
    let calls = [
        call("mmap", &[0, 4096, 3, 0x22, u64::MAX, 0], 0x7f00_0000_0000),
        call("mmap", &[0, 4096, 0, 2, 3, 0], -9),
        call("close", &[3], 0),
        call("umask", &[0o22], 0o2),
        call("lseek", &[3, 0, 0], 7),
        call("lseek", &[3, u64::MAX, 1], -22),
        call("kill", &[17, 15], 0),
        call("openat", &[-100_i64 as u64, 0x7ffc_0de0, 0o101, 0o644], 3).blob(1, Status::Complete, b"/x y"),
        call("openat", &[3, 0x7ffc_0de0, 0], -14),
        call("access", &[0x7ffc_0de0, 4], -2).blob(0, Status::Complete, b"0x7"),
        call("connect", &[3, 0x7ffc_0de0, 16], -111).blob(1, Status::Complete, &sockaddr),
        call("connect", &[3, 0x7ffc_0de0, 10], 0).blob(1, Status::Complete, &unix),
        call("connect", &[3, 0x7ffc_0de0, 28], 0).blob(1, Status::Complete, &six),
        call("write", &[1, 0x7ffc_0de0, 8], 8).blob(1, Status::Complete, b"SEEK_SET"),
        call("clone3", &[0x7ffc_0de0, 88], -1),
        call("nanosleep", &[0x7ffc_0de0, 0], 0).blob(0, Status::Complete, &timeout),
        call("rt_sigprocmask", &[0, 0x7ffc_0de0, 0, 8], 0).blob(
            1,
            Status::Complete,
            &[0, 0, 1, 0, 0, 0, 0, 0],
        ),
        call("rt_sigprocmask", &[2, 0x7ffc_0de0, 0, 8], 0).blob(1, Status::Complete, &[0xff; 8]),
        call("rt_sigprocmask", &[2, 0x7ffc_0de0, 0, 8], 0).blob(1, Status::Complete, &[0; 8]),
        call("prlimit64", &[0, 3, 0, 0], 0),
        call("getrandom", &[0x7ffc_0de0, 3, 1], 3).blob(0, Status::Complete, b"\0\x01\xfe"),
        call("sendto", &[3, 0x7ffc_0de0, 4, 0, 0, 0], 4).blob(1, Status::Complete, b"abcd"),
        call("futex", &[0x7ffc_0de0, 129, 1, 0, 0, 0], 1),
        call("wait4", &[u64::MAX, 0, 0, 0], -10),
        call("socket", &[2, 0x80001, 6], 3),
        call("exit_group", &[1], 0).ending(Ending::Never),
    ];
    for call in calls {
        same(&call.event());
    }
}

#[test]
fn values_by_their_look() {
    check(
        "execve",
        r#""pathname":"/bin/sh","argv":["SH","-c",{"text":"echo","truncated":true}],"envp":"0x7ffc0de0""#,
        r#""/bin/sh", ["SH", "-c", "echo"...], 0x7ffc0de0"#,
    );
    check(
        "poll",
        r#""fds":[{"fd":3,"fd_path":"/x","events":["POLLIN","POLLOUT"]},{"truncated":true}],"nfds":1"#,
        "[{fd=3, events=POLLIN|POLLOUT}, ...], 1",
    );
    check(
        "newfstatat",
        r#""dirfd":"AT_FDCWD","pathname":"/x","statbuf":{"st_dev":"makedev(0x8, 0x1)","st_ino":5,"st_mode":"S_IFREG|0644","st_nlink":1,"st_size":7},"flags":[]"#,
        r#"AT_FDCWD, "/x", {st_mode=S_IFREG|0644, st_size=7, ...}, 0"#,
    );
    check(
        "a_call_of_the_future",
        r#""a":"TEXT_LIKE","b":"other text","c":null,"d":true,"e":-1,"f":{"bytes":"/w=="}"#,
        r#"TEXT_LIKE, "other text", NULL, true, -1, "\xff""#,
    );
}

#[test]
fn what_is_not_known_does_not_make_a_line_unreadable() {
    let newer = r#"{"type":"loss","reason":"watcher_slow","lost":3,"new":[1]}"#;
    assert_eq!(shown(Options::default(), newer.as_bytes()), "... 3 events lost (watcher slow) ...\n");
    for silent in [
        r#"{"type":"loss","final":true,"produced":1,"delivered":1,"lost":0,"by_reason":{}}"#,
        r#"{"type":"end","reason":"deleted"}"#,
        r#"{"type":"cgroup","ts":"x","change":"created"}"#,
        r#"{"type":"syscall"}"#,
    ] {
        assert_eq!(shown(Options::default(), silent.as_bytes()), "", "{silent}");
    }
    for wrong in ["", "{", "[]", "{}", r#"{"type":"syscall","args":[1]}"#] {
        let mut out = Vec::new();
        assert!(
            Lines::new(Options::default()).write(&mut out, wrong.as_bytes()).is_err() && out.is_empty(),
            "{wrong}"
        );
    }
}

#[test]
fn the_node_goes_first_where_it_is_wanted() {
    let options = Options { node: true, ..Options::default() };
    let lost = |node: &str| shown(options, format!(r#"{{"type":"loss","node":{node},"lost":1}}"#).as_bytes());
    assert_eq!(lost(r#""n1""#), "n1: ... 1 event lost (unknown) ...\n");
    assert_eq!(lost(r#""a: b""#), "\"a: b\": ... 1 event lost (unknown) ...\n");
}

/// Not even an agent that escapes nothing speaks to the terminal.
#[test]
fn hostile_json_stays_one_safe_line() {
    let evil = r"a\n\u001b[2J\u009b1m\u202e\u0007";
    let text = format!(
        r#"{{"type":"syscall","node":"{evil}","syscall":{{"nr":1,"name":"openat{evil}","abi":"{evil}"}},
        "args":{{"{evil}":"{evil}","b":{{"{evil}":["{evil}"]}},"flags":["{evil}"],"fd":3,"fd_path":"/{evil}"}},
        "ret":-9999,"ret_path":"{evil}","error":"{evil}","ending":"{evil}",
        "process":{{"pid":1,"tid":2,"comm":"{evil}"}},"container":{{"id":"{evil}","name":"{evil}","pod":"{evil}","namespace":"{evil}"}}}}"#
    );
    let options = Options { node: true, fd_paths: true, ..Options::default() };
    for text in [
        text.clone(),
        text.replacen(r#""name":"openat"#, r#""name":""#, 1),
        text.replace("-9999", "5"),
        format!(r#"{{"type":"loss","reason":"{evil}"}}"#),
    ] {
        let line = shown(options, text.as_bytes());
        let body = line.strip_suffix('\n').unwrap();
        assert!(!body.chars().any(|c| c.is_control() || c == '\u{202e}'), "{body:?}");
    }
}
